"""Where a thing stands and whose it is, at every distance from who asks."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from tests.people import COMMUNE, HAMLET, NEXT_HAMLET, OTHER_COMMUNE, PROVINCE, id_of
from volunteer_app.domain.calendar import local_day

FAR_PROVINCE, FAR_COMMUNE = "01", "00001"
NOW = datetime.now(UTC)
TODAY = local_day(NOW)


class Where(NamedTuple):
    """The distance of a thing. asker: who asks; owner: whose it is."""

    province: str
    commune: str
    hamlet: UUID
    asker: UUID
    owner: UUID


def distances(asker: UUID) -> dict[str, Where]:
    """From one's own to another province's."""
    stranger = uuid4
    return {
        "own": Where(PROVINCE, COMMUNE, HAMLET, asker, asker),
        "sibling": Where(PROVINCE, COMMUNE, NEXT_HAMLET, asker, stranger()),
        "other commune": Where(PROVINCE, OTHER_COMMUNE, id_of("far hamlet"), asker, stranger()),
        "other province": Where(FAR_PROVINCE, FAR_COMMUNE, id_of("farther hamlet"), asker, stranger()),
    }


Values = dict[str, Any]
