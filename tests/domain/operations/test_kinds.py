"""All kinds of operations: what is asked of every one."""

import pytest

from tests.conftest import ROOT
from tests.people import an_operation
from volunteer_app.domain.operations.kinds import KINDS, SCHEMA

HERE = ROOT / "tests/domain/operations"


def test_every_file_of_kinds_has_a_test_without_a_database():
    rooms = {kind.take.__module__.rpartition(".")[2] for kind in KINDS.values()}

    assert rooms == {path.stem.removeprefix("test_") for path in HERE.glob("test_*.py")} - {"kinds"}


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_carried_by_its_table_its_room_and_one_line(name):
    kind = KINDS[name]

    assert kind.body.__module__ == kind.take.__module__
    assert kind.words and kind.take.__doc__


@pytest.mark.parametrize("name", KINDS)
def test_nothing_stands_in_a_body_that_has_no_name(take, name):
    assert take(an_operation(name, {"religion": "any"})) == "operation.unreadable"


@pytest.mark.parametrize("name", KINDS)
def test_e15_what_is_newer_than_the_server_is_kept_for_later(take, name):
    assert take(an_operation(name, {}, schema=SCHEMA + 1)) == "operation.newer_app"
    assert take(an_operation("no_such_kind", {})) == "operation.newer_app"
