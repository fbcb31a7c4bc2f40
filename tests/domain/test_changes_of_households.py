"""What becomes of changes of a household, without any database."""

from datetime import timedelta

import pytest

from tests.people import COMMUNE, HAMLET, LAN, NOW, PROVINCE, an_operation, id_of
from volunteer_app.domain.households import Consent, Household
from volunteer_app.domain.operations import kinds
from volunteer_app.domain.operations.households import Change, Clash
from volunteer_app.domain.operations.known import Known

HOME = id_of("a home")


def changed(body, base, **stands):
    """What a change leads to where the household stands so: the fields that are set, and the clashes."""
    known = Known(PROVINCE, LAN, COMMUNE, None, hamlets={HAMLET: COMMUNE})
    known.households[HOME] = Household(
        province_code=PROVINCE,
        id=HOME,
        commune_code=COMMUNE,
        hamlet_id=HAMLET,
        code="NT-1",
        **{"consent": Consent.GIVEN, "label": "Nông Văn Một", "people_count": 3} | stands,
    )
    operation = an_operation(
        "household_change",
        {"household_id": HOME, "base": base, **body},
        schema=kinds.SCHEMA,
        recorded_at=NOW - timedelta(hours=1),
    )
    taken = kinds.take(operation, kinds.read_body(operation), known, NOW)
    (change,) = [one for one in taken if isinstance(one, Change)]
    return change.fields, [(one.field, one.stood, one.said) for one in taken if isinstance(one, Clash)]


@pytest.mark.parametrize("consent", [Consent.WITHDRAWN, Consent.REFUSED, Consent.NOT_ASKED])
def test_p10_without_consent_no_name_is_kept_neither_set_nor_in_a_clash(consent):
    fields, clashes = changed(
        {"consent": consent, "label": "Nông Văn Hai"}, {"consent": "given", "label": "Nông Văn Không"}
    )

    assert (fields["label"], fields["consent"]) == ("", consent)
    assert clashes == []


def test_an_answer_is_dated_by_the_operation_and_other_changes_leave_its_date():
    fields, _ = changed({"consent": "given"}, {"consent": "given"})
    others, _ = changed({"people_count": 4}, {"people_count": 3})

    assert fields["consent_at"] == NOW - timedelta(hours=1)
    assert others == {"people_count": 4}


@pytest.mark.parametrize(
    ("said", "knew", "clashes"),
    [
        (4, 3, []),  # nobody else changed it
        (4, 2, [("people_count", 3, 4)]),
        (3, 2, []),  # both say the same
        (4, None, [("people_count", 3, 4)]),  # it was empty when the phone knew it
    ],
)
def test_e9_two_values_clash_only_where_both_sides_changed_to_different_ones(said, knew, clashes):
    fields, found = changed({"people_count": said}, {"people_count": knew})

    assert (fields, found) == ({"people_count": said}, clashes)


@pytest.mark.parametrize("said", [Consent.GIVEN, Consent.NOT_ASKED])
@pytest.mark.parametrize("stands", [Consent.WITHDRAWN, Consent.REFUSED])
@pytest.mark.parametrize("knew", [{}, {"consent": "given"}, {"consent": "not_asked"}])
def test_p10_who_did_not_know_of_a_no_cannot_undo_it_nor_bring_the_name_back(said, stands, knew):
    body = {"consent": said, "label": "Nông Văn Hai", "people_count": 4}
    fields, clashes = changed(body, knew | {"people_count": 3}, consent=stands, label="")

    assert fields == {"people_count": 4}
    assert clashes == [("consent", stands, said)]
