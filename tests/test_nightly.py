"""`nightly`: every step in parts, gone on with after a stop, recorded; a list never grows into a statement."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests.conftest import opened
from tests.field_work import deliver, some_months
from tests.installations import an_installation
from tests.people import LAN, MINH, PROVINCE, SCOPES, a_household, a_visit
from volunteer_app import nightly
from volunteer_app.copies import make
from volunteer_app.settings import Settings
from volunteer_app.storage import audit, pace, retention, standings
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.nights import Night, Step, last_night


@pytest.fixture
def settings(database_url, tmp_path) -> Settings:
    """An installation on each engine in turn."""
    return an_installation(database_url, tmp_path / "home")


def night_of(settings: Settings, change=None) -> Night | None:
    """One run."""

    async def run():
        async with opened(settings.database_url, Path(settings.register_folder)) as database:
            if change:
                await change(database)
            return await nightly.run_night(database, settings, lambda _line: None)

    return asyncio.run(run())


def in_(settings: Settings, work):
    async def run():
        async with opened(settings.database_url) as database:
            return await work(database)

    return asyncio.run(run())


def worked(settings: Settings, households: int) -> None:
    in_(settings, lambda database: deliver(database, some_months(3, households=households), of=MINH))


def statement(text: str):
    async def run(database):
        async with database.writing() as db:
            await (await db.connection()).execute(sa.text(text))

    return run


@pytest.fixture
def small_parts(monkeypatch):
    for module, name in (
        (standings, "PART"),
        (retention, "PART"),
        (retention, "ERASED_TOGETHER"),
        (audit, "PART"),
    ):
        monkeypatch.setattr(module, name, 5)
    monkeypatch.setattr(pace, "AIM_SECONDS", 100)  # no part is made smaller on a slow machine
    parts = tallies.in_parts
    monkeypatch.setattr(tallies, "in_parts", lambda ids, size=5: parts(ids, size))


@pytest.fixture
def most_parameters(small_parts):
    """The largest number of parameters that one statement was given."""
    found = [0]

    def look(_connection, _cursor, _statement, parameters, _context, is_many):
        if not is_many and isinstance(parameters, (tuple, list)):
            found[0] = max(found[0], len(parameters))

    event.listen(sa.Engine, "before_cursor_execute", look)
    yield found
    event.remove(sa.Engine, "before_cursor_execute", look)


def test_a_night_finds_a_sound_installation_well_and_says_what_it_did(settings):
    worked(settings, 12)
    night = night_of(settings)

    assert night is not None and night.is_good and nightly.code_of(night, []) == 0
    assert [step.name for step in night.steps] == list(nightly.NIGHT_STEPS)
    assert in_(settings, last_night) == night


def test_the_parameters_of_a_statement_do_not_grow_with_the_province(settings, most_parameters):
    """PostgreSQL takes 32,767: a province has 400,000 households. Everything is due for erasing as well."""
    settings = replace(settings, keep_households_months=1, keep_notes_months=1)
    years_ago = datetime.now(UTC) - timedelta(days=900)
    found = []
    for households in (10, 60):
        most_parameters[0] = 0
        made = some_months(households, now=years_ago, households=households)
        in_(settings, lambda database, made=made: deliver(database, made, now=years_ago))
        most_parameters[0] = 0
        night = night_of(settings)
        assert night is not None and night.is_good, night
        assert night.steps[1].done["households"] == households
        found.append(most_parameters[0])

    assert found[0] == found[1] > 5, found


@pytest.mark.parametrize(
    ("harm", "step"),
    [
        ("UPDATE standings SET visit_count = visit_count + 1", "recount"),
        ("UPDATE tallies SET turns = turns + 1", "tallies"),
        ("UPDATE audit SET reason = 'other'", "audit"),
    ],
)
def test_what_is_wrong_is_found_counted_and_told_by_the_exit_code(settings, small_parts, harm, step):
    worked(settings, 30)

    async def a_line(database):
        async with database.writing() as db:
            for _ in range(12):
                await audit.note(db, SCOPES[MINH], "household.opened", now=datetime.now(UTC))

    in_(settings, a_line)
    night = night_of(settings, statement(harm))

    assert night is not None and nightly.code_of(night, []) == 1
    wrong = {one.name: one for one in night.steps if one.found}
    assert list(wrong) == [step]
    assert len(wrong[step].lines) == min(wrong[step].found, nightly.LINES_KEPT) > 1


def test_a_night_that_was_cut_short_goes_on_where_it_stood_and_forgets_nothing_it_found(
    settings, small_parts, monkeypatch
):
    worked(settings, 30)
    in_(settings, statement("UPDATE standings SET visit_count = visit_count + 1"))
    monkeypatch.setattr(nightly, "SAID_EVERY", -1.0)
    looked, next_differences = [], standings.next_differences

    def cut_short(connection, province, after):
        if len(looked) == 3:
            raise SystemExit
        looked.append(after)
        return next_differences(connection, province, after)

    monkeypatch.setattr(standings, "next_differences", cut_short)
    with pytest.raises(SystemExit):
        night_of(settings)
    stood = in_(settings, last_night)
    assert [one.name for one in stood.steps] == ["register", "retention"] and stood.now.found > 1
    assert night_of(settings) is None, "somebody may still be at it"
    assert nightly.code_of(None, []) == 3

    monkeypatch.setattr(nightly, "STILL_THERE", timedelta(0))
    looked.clear()
    monkeypatch.setattr(
        standings, "next_differences", lambda *which: (looked.append(which[2]), next_differences(*which))[1]
    )
    night = night_of(settings)

    assert night is not None and looked[0].int > 0, "it began anew"
    recounted = next(step for step in night.steps if step.name == "recount")
    assert recounted.found == in_(settings, _with_a_standing)


async def _with_a_standing(database) -> int:
    async with database.reading() as db:
        query = sa.text("SELECT count(*) FROM standings")
        return (await (await db.connection()).execute(query)).scalar_one()


def test_a_step_that_fails_keeps_no_other_from_being_done(settings, monkeypatch):
    async def fails(_work):
        raise RuntimeError("Nông Văn Bí Mật")

    monkeypatch.setitem(nightly.NIGHT_STEPS, "retention", fails)
    night = night_of(settings)

    assert night is not None and [one.name for one in night.steps] == list(nightly.NIGHT_STEPS)
    assert night.steps[1] == Step(
        "retention", night.steps[1].seconds, 1, ["it could not be done: RuntimeError"]
    )
    assert not night.is_good


def test_a_recount_waits_for_no_delivery_and_lets_none_wait(settings):
    """A delivery holds a household's rows: the night goes by."""
    worked(settings, 12)

    async def both():
        async with opened(settings.database_url) as one, opened(settings.database_url) as other:
            async with one.writing() as db:
                await (await db.connection()).execute(
                    sa.text("UPDATE standings SET visit_count = visit_count")
                )
                found = []
                for step in (nightly.recount_tallies, nightly.recount):
                    work = nightly.NightWork(other, settings, Night(datetime.now(UTC), datetime.now(UTC)))
                    work.night.now = Step(step.__name__)
                    await asyncio.wait_for(step(work), 10)
                    found.append(work.night.now.found)
            return found

    assert asyncio.run(both()) == [0, 0]


def test_d11_older_copies_go_after_a_new_one_was_tried_out_and_never_before(settings, tmp_path):
    folder, now = tmp_path / "copies", datetime.now(UTC)
    worked(settings, 2)
    for days in (40, 20):
        copy = make.back_up(settings, folder, now - timedelta(minutes=days))
        copy.rename(folder / (now - timedelta(days=days)).strftime(make.MARK))
    assert nightly.copy_and_let_go(settings, folder, 35, now) == []
    assert len(list(folder.iterdir())) == 2

    in_(settings, statement("UPDATE standings SET visit_count = visit_count + 1"))
    wrong = nightly.copy_and_let_go(settings, folder, 1, now + timedelta(minutes=1))

    assert "recount" in wrong[0]
    assert len([one for one in folder.iterdir() if (one / "tried.json").exists()]) == 2


def test_a_household_of_a_night_is_really_gone(settings):
    """As one by one: no figure changes, the register knows it."""
    settings = replace(settings, keep_households_months=1)
    years_ago = datetime.now(UTC) - timedelta(days=900)
    home = a_household(recorded_at=years_ago, label="Chim hoàng yến")
    visit = a_visit(home.id, recorded_at=years_ago)
    in_(settings, lambda database: deliver(database, [home, visit], of=LAN, now=years_ago))
    night = night_of(settings)

    assert night is not None and night.is_good and night.steps[1].done["households"] == 1
    written = (Path(settings.register_folder) / "register.jsonl").read_text()
    assert str(home.id) in written and PROVINCE in written
