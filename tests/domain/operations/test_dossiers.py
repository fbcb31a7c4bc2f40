"""Papers that were handed in, and what came of them."""

from datetime import date

import pytest

from tests.people import an_operation, id_of
from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.dossiers import DossierResult
from volunteer_app.domain.follow_ups import Reason, Settled


def papers(family, **said):
    body = {"household_id": family.home, "member_id": family.member, "service": "activate-level-2"}
    return an_operation("dossier", body | {"result_on": "2026-12-01"} | said)


def result_of(family, dossier_id, result):
    return an_operation(
        "dossier_result", {"household_id": family.home, "dossier_id": dossier_id, "result": result}
    )


def test_papers_bring_somebody_back_on_the_day_of_their_result(take, known, family):
    operation = papers(family)

    dossier, left = take(operation)

    assert (dossier.id, left.id, known.dossiers[operation.id]) == (operation.id, operation.id, family.home)
    assert (left.proposed.reason, left.proposed.due_from) == (Reason.DOSSIER, date(2026, 12, 1))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"result_on": "2026-11-21"}, "dossier.result_before"),
        ({"result_on": "2028-01-01"}, "dossier.result_too_late"),
        ({"service": "no-such-service"}, "operation.unknown_service"),
        ({"number": "G12.34"}, "operation.unreadable"),
    ],
)
def test_papers_that_cannot_be_are_refused(take, family, said, code):
    assert take(papers(family, **said)) == code


@pytest.mark.parametrize("result", DossierResult)
def test_a_result_settles_the_return_of_its_papers_and_papers_to_add_bring_a_new_one(take, family, result):
    handed_in = papers(family)
    take(handed_in)
    operation = result_of(family, handed_in.id, result.value)

    came, settled, *more = take(operation)

    assert (came.dossier_id, came.result) == (handed_in.id, result)
    assert (settled.follow_up_id, settled.settled_as) == (handed_in.id, Settled.DONE)
    expected = (
        [(operation.id, Reason.STUCK, Blocker.PAPERS_MISSING)] if result is DossierResult.MORE_NEEDED else []
    )
    assert [(one.id, one.proposed.reason, one.blocker) for one in more] == expected


def test_a_result_waits_for_its_papers(take, family):
    assert take(result_of(family, id_of("no papers"), DossierResult.MORE_NEEDED.value)) == id_of("no papers")
