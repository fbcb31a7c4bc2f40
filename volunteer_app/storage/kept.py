"""From a record to its row. Tables with more to say have a row function beside them."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from volunteer_app.domain.operations.envelope import Body, Operation
from volunteer_app.domain.operations.known import Known


class Kept(NamedTuple):
    """What a row needs to know beside its record."""

    operation: Operation
    body: Body
    known: Known
    received_at: datetime

    def place_of(self, household_id: UUID) -> dict[str, Any]:
        """The household's place, as rows name it."""
        household = self.known.households[household_id]
        return {
            "province_code": household.province_code,
            "commune_code": household.commune_code,
            "hamlet_id": household.hamlet_id,
        }


def received_row(record: Any, kept: Kept) -> dict[str, Any]:
    """A record that says by itself who recorded it and when."""
    return record.__dict__ | {"received_at": kept.received_at}


def row_by_somebody(record: Any, kept: Kept) -> dict[str, Any]:
    """A record of which the operation says who recorded it and when."""
    by = {"province_code": kept.known.province_code, "person_id": kept.known.person_id}
    return record.__dict__ | by | {"recorded_at": kept.operation.recorded_at}
