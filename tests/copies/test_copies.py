"""A copy is whole or no copy; a restore leaves old or new; phones go on. On both engines."""

import asyncio
import json
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.conftest import opened
from tests.copies.conftest import NOW, Installation
from tests.installations import an_installation
from volunteer_app.copies import engines, make, manifest, restore
from volunteer_app.copies.engines import engine_of
from volunteer_app.copies.manifest import CopyError
from volunteer_app.keys_at_hand import KeysMissing, ensure_keys
from volunteer_app.sealing import Keys

LATER = NOW + timedelta(days=1)


@pytest.fixture
def copy(installation, tmp_path) -> Path:
    """A copy of it that was tried out."""
    return make.back_up(installation.settings, tmp_path / "copies", NOW)


def facts(installation) -> dict[str, str]:
    return engine_of(installation.settings.database_url).facts()


def test_d11_a_copy_holds_database_keys_and_media_and_says_so_last(installation, copy):
    said = manifest.read(copy)

    assert {name.split("/")[0] for name in said.parts} >= {"keys", "media"}
    assert (said.counts["visits"], said.lacking, said.server_id) == (1, [], facts(installation)["server_id"])
    assert said.keys == [key.id for key in Keys(installation.keys).all()]
    assert json.loads((copy / "tried.json").read_text())["seconds"] > 0


def test_d11_phones_are_told_of_a_copy_less_the_margin_and_only_when_it_was_tried_out(installation, tmp_path):
    copy = make.make(installation.settings, tmp_path / "copies", NOW)
    before = facts(installation).get("durable_through")
    make.confirm(installation.settings, copy, NOW)

    assert before is None
    assert datetime.fromisoformat(facts(installation)["durable_through"]) == NOW - timedelta(minutes=5)


def test_an_older_copy_that_is_tried_again_takes_nothing_back(installation, copy, tmp_path):
    make.back_up(installation.settings, tmp_path / "copies", LATER)
    make.confirm(installation.settings, copy, NOW)

    assert datetime.fromisoformat(facts(installation)["durable_through"]) == LATER - timedelta(minutes=5)


def test_d11_a_copy_that_lacks_a_row_is_no_copy(sqlite_url, tmp_path, monkeypatch):
    installation = Installation(an_installation(sqlite_url, tmp_path / "home"))
    installation.visit()
    counted = engines.SQLite.counts

    def one_less_in_the_copy(engine):
        counts = counted(engine)
        return counts | {"visits": counts["visits"] - 1} if "unfinished" in str(engine.path) else counts

    monkeypatch.setattr(engines.SQLite, "counts", one_less_in_the_copy)

    with pytest.raises(CopyError, match="as many rows"):
        make.make(installation.settings, tmp_path / "copies", NOW)
    assert list((tmp_path / "copies").iterdir()) == []


def test_d11_a_copy_that_phones_could_not_go_on_with_does_not_count(installation, tmp_path):
    """Whole, but the recount of the throw-away installation finds a difference."""
    engine = engine_of(installation.settings.database_url)
    if engine.name == "sqlite":
        import sqlite3

        with sqlite3.connect(make_url(installation.settings.database_url).database) as connection:
            connection.execute("UPDATE standings SET visit_count = 7")
    else:
        engine._run(lambda connection: connection.execute("UPDATE standings SET visit_count = 7"))

    with pytest.raises(CopyError, match="recount: 1 differences"):
        make.back_up(installation.settings, tmp_path / "copies", NOW)

    assert "durable_through" not in facts(installation)


def test_d11_without_a_key_that_phones_have_sealed_to_there_is_no_copy(installation, tmp_path):
    """As when `backup` is run from another folder."""
    elsewhere = replace(installation.settings, keys_folder=str(tmp_path / "nothing"))

    with pytest.raises(CopyError, match="lacks the key"):
        make.back_up(elsewhere, tmp_path / "copies", NOW)

    assert list((tmp_path / "copies").iterdir()) == []
    assert "durable_through" not in facts(installation)


def test_a_server_without_its_keys_does_not_start_and_makes_no_new_ones(installation, tmp_path):
    async def start():
        async with opened(installation.settings.database_url) as database, database.writing() as db:
            await ensure_keys(db, Keys(tmp_path / "nothing"), NOW)

    with pytest.raises(KeysMissing, match="accept-loss"):
        asyncio.run(start())

    assert not (tmp_path / "nothing").exists()


def test_a_file_that_the_database_names_and_nobody_has_is_told_but_stops_no_copy(
    installation, tmp_path, monkeypatch
):
    async def wanted(_db):
        return {f"{'0' * 32}.mp3"}

    monkeypatch.setattr("volunteer_app.copies.trial.recordings.wanted_files", wanted)
    copy = make.back_up(installation.settings, tmp_path / "copies", NOW)

    assert manifest.read(copy).lacking == [f"{'0' * 32}.mp3"]


def test_d11_a_restore_brings_back_the_copy_and_puts_aside_what_stood_there(installation, copy):
    before, newer = installation.visits(), installation.visit()
    done = restore.restore(installation.settings, copy, LATER)

    assert installation.visits() == before
    assert int(facts(installation)["epoch"]) == done.epoch > 1
    aside = make_url(installation.settings.database_url).set(database=done.aside)
    kept = Installation(
        replace(installation.settings, database_url=aside.render_as_string(hide_password=False))
    )
    assert sorted(kept.visits()) == sorted([*before, newer.id])


def test_d11_from_the_copy_alone_onto_nothing(installation, copy, tmp_path):
    """The machine is gone: no database, no keys, no media. The same installation goes on."""
    before, url = installation.visits(), make_url(installation.settings.database_url)
    name = str(tmp_path / "new" / "place.db") if url.get_backend_name() == "sqlite" else f"{url.database}_new"
    elsewhere = replace(
        installation.settings,
        database_url=url.set(database=name).render_as_string(hide_password=False),
        keys_folder=str(tmp_path / "new" / "keys"),
        media_folder=str(tmp_path / "new" / "media"),
    )
    shutil.rmtree(installation.keys)
    shutil.rmtree(installation.media)
    try:
        done = restore.restore(elsewhere, copy, LATER)
        there = Installation(elsewhere)

        assert (there.visits(), done.aside) == (before, "")
        assert [key.id for key in Keys(there.keys).all()] == manifest.read(copy).keys
        assert len(list(there.media.rglob("*.mp3"))) == 1
        assert there.visit().id in there.visits()
    finally:
        engine_of(elsewhere.database_url).drop()


def test_o19_an_epoch_never_repeats_not_even_for_two_restores_of_one_copy_on_new_machines(installation, copy):
    """Both machines know the copy only; their clocks say the same."""
    epochs = [restore.next_epoch(LATER, 1) for _ in range(5)]
    first = restore.restore(installation.settings, copy, LATER)
    again = restore.restore(installation.settings, copy, LATER - timedelta(days=300))

    assert len({*epochs, first.epoch}) > 1
    assert again.epoch > first.epoch, "also when the clock was put back meanwhile"


def test_d11_nobody_is_connected_while_a_copy_takes_the_place(installation, copy):
    async def with_somebody_there():
        async with opened(installation.settings.database_url) as database, database.reading() as db:
            await db.connection()
            with pytest.raises(CopyError, match="in use"):
                await asyncio.to_thread(restore.restore, installation.settings, copy, LATER)

    before = facts(installation)
    asyncio.run(with_somebody_there())

    assert facts(installation) == before


def test_take_over_lets_phones_send_again_to_a_database_that_something_else_brought(installation):
    epoch = restore.take_over(installation.settings, LATER)

    assert int(facts(installation)["epoch"]) == epoch > 1
