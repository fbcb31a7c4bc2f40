"""The history of levels (S1, S2, S3): every change with its reason, and always the level that the ladder gives."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain import history
from volunteer_app.domain.history import history_of
from volunteer_app.domain.independence import Basis, IndependenceLevel, current_level

START = datetime(2026, 9, 1, tzinfo=UTC)
LAN, PAO, GRANDMOTHER = UUID(int=1), UUID(int=2), UUID(int=3)


@dataclass(frozen=True)
class Observed:
    id: UUID
    level: int
    observed_at: datetime
    basis: Basis = Basis.OBSERVED
    person_id: UUID = LAN
    member_id: UUID = GRANDMOTHER
    service: str = "spot-scams"
    reason: str = ""


@dataclass(frozen=True)
class Run:
    id: UUID
    marks: dict = field(default_factory=lambda: {"a": "help"})
    teach_back: str = "alone"
    is_needed: bool = True


def seen(day: int, level: int, **more) -> Observed:
    return Observed(UUID(int=1000 + day), level, START + timedelta(days=day), **more)


def reasons(step) -> list[str]:
    return [sentence.text for sentence in step.why]


def test_s3_alone_then_confirmed_by_somebody_else_then_lost():
    steps = history_of([seen(0, 3), seen(5, 3), seen(20, 3, person_id=PAO), seen(40, 2)], [])

    assert [(int(s.before), int(s.after)) for s in steps] == [(0, 3), (3, 3), (3, 4), (4, 2)]
    assert [reasons(s)[-1] for s in steps] == [
        history.SEEN,
        history.TOO_SOON,
        history.CONFIRMED,
        history.LOST,
    ]
    assert steps[2].why[-1].values == {"days": 20}


def test_a_recheck_by_the_same_person_says_so():
    steps = history_of([seen(0, 3), seen(14, 3)], [])

    assert reasons(steps[1])[-1] == history.CONFIRMED_BY_SAME


def test_s2_self_said_is_in_the_history_and_moves_nothing():
    steps = history_of([seen(0, 1), seen(3, 4, basis=Basis.SELF_SAID)], [])

    assert (steps[1].before, steps[1].after) == (IndependenceLevel.DONE_FOR, IndependenceLevel.DONE_FOR)
    assert reasons(steps[1]) == [history.SELF_SAID]


def test_an_overruled_level_carries_its_reason():
    steps = history_of([seen(0, 2, reason="Bà làm được, chỉ run tay")], [])

    assert steps[0].why == [(history.DECIDED, {"reason": "Bà làm được, chỉ run tay"})]


def test_a_run_tells_what_was_seen():
    one = seen(0, 3)

    assert "only watched" in reasons(history_of([one], [Run(one.id)])[0])[0]


@given(
    st.lists(
        st.builds(
            Observed,
            id=st.uuids(version=4),
            level=st.integers(-1, 4),
            observed_at=st.integers(0, 60).map(lambda day: START + timedelta(days=day)),
            basis=st.sampled_from(Basis),
            person_id=st.sampled_from([LAN, PAO]),
            service=st.sampled_from(["spot-scams", "file-on-portal"]),
        ),
        max_size=10,
        unique_by=lambda o: o.id,
    )
)
def test_the_last_line_of_the_history_is_the_level_that_counts(observations):
    steps = history_of(observations, [])

    assert len(steps) == len(observations)
    for service in {o.service for o in observations}:
        last = [step for step in steps if step.service == service][-1]
        assert last.after == current_level([o for o in observations if o.service == service])
