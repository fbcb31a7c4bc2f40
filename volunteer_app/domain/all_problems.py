"""Every problem with an operation, by its code: to say again what was said when it first came."""

from volunteer_app.domain import (
    dossiers,
    follow_ups,
    free_text,
    households,
    observations,
    operations,
    outreach,
    screen_reports,
    visits,
    walk_throughs,
)
from volunteer_app.domain.problems import Problem

_TAKEN_BY = (
    dossiers,
    follow_ups,
    free_text,
    households,
    observations,
    operations,
    outreach,
    screen_reports,
    visits,
    walk_throughs,
)

PROBLEMS = {
    value.code: value for module in _TAKEN_BY for value in vars(module).values() if isinstance(value, Problem)
}
