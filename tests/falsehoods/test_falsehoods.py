"""The list of falsehoods is true, and five of them, others every day, are seen. All: `python -m tests.falsehoods`."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.falsehoods import planting
from volunteer_app.domain.calendar import local_day

KNOWN = planting.known()
TODAY = local_day(datetime.now(UTC))


def test_every_falsehood_can_still_be_planted_and_names_tests_that_exist():
    """When code moves, its falsehoods move with it: the text that stands there now, the tests that see it now."""
    assert {one.name: faults for one in KNOWN if (faults := one.faults())} == {}


def test_no_two_falsehoods_have_the_same_name_and_none_is_planted_twice():
    names = Counter(one.name for one in KNOWN)
    planted = Counter((one.file, one.before, one.after) for one in KNOWN)

    assert max(names.values()) == max(planted.values()) == 1


def test_within_a_season_every_quick_falsehood_has_its_day():
    days = [date(2026, 11, 30) + timedelta(days=number) for number in range(92)]
    tried = {one.name for day in days for one in planting.of_the_day(day)}

    assert tried == {one.name for one in KNOWN if not one.is_slow}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    with planting.a_copy(tmp_path_factory.mktemp("falsehoods")) as copied:
        yield copied


def test_a_falsehood_that_its_tests_do_not_look_at_is_not_seen(tree):
    """The runner says *seen* for a reason: the same tests are content with the tree as it stands."""
    today = planting.of_the_day(TODAY)
    tests = sorted({test for one in today for test in one.tests})

    assert planting.failed_in(tree, tests) == ([], "")


@pytest.mark.parametrize("falsehood", planting.of_the_day(TODAY), ids=lambda one: one.name)
def test_a_falsehood_of_the_day_is_seen(tree, falsehood):
    outcome = planting.plant(tree, falsehood)

    assert outcome.seen_by, f"{falsehood.says} {outcome.trouble}"
