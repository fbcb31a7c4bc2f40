"""What people of a house are called on a page."""

from collections.abc import Iterable
from uuid import UUID

from volunteer_app.domain.households import NOBODY_BY_NAME, Member, numbers_of
from volunteer_app.i18n import gettext as _


def names_of_members(members: Iterable[Member]) -> dict[UUID, str]:
    """Each member's label; of a family that has not agreed to one, "Person 1"."""
    rows = list(members)
    numbers = numbers_of(rows)
    return {row.id: row.label or _(NOBODY_BY_NAME) % {"number": numbers[row.id]} for row in rows}
