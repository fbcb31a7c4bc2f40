"""What was erased, refused or taken from somebody's hands after a copy is so again after its restore. On both engines."""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from tests.conftest import opened
from tests.copies.conftest import NOW, Installation
from tests.people import (
    COMMUNE,
    HAMLET,
    LAN,
    LANS_PHONE,
    MINH,
    PROVINCE,
    SCOPES,
    a_household,
    an_operation,
    id_of,
)
from volunteer_app.copies import make, restore
from volunteer_app.copies.engines import engine_of
from volunteer_app.domain.operations.kinds import SCHEMA
from volunteer_app.domain.people import Role
from volunteer_app.domain.privacy_requests import RequestEnding, RequestKind
from volunteer_app.domain.recordings import Review
from volunteer_app.storage import people, privacy, programs, recordings, register, sign_ins, signing_keys
from volunteer_app.storage.database import at_once
from volunteer_app.storage.devices import DevicePersonRow
from volunteer_app.storage.following import STEPS
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.privacy import PrivacyRequestRow
from volunteer_app.storage.programs import ProgramRow
from volunteer_app.storage.recordings import RecordingRow
from volunteer_app.storage.register import Register, RegisterEntry
from volunteer_app.storage.sign_in_keys import PinRow
from volunteer_app.storage.sign_ins import SignInRow
from volunteer_app.storage.signing_keys import NewKey, SigningKeyRow
from volunteer_app.storage.stopping import stop_everything

LATER = NOW + timedelta(days=1)
NAME = "Nông Văn Hoàng Yến"


def work(installation: Installation, something: Callable[[Any], Awaitable[Any]]) -> Any:
    """In one writing transaction of the installation."""
    settings = installation.settings

    async def run() -> Any:
        folder = Path(settings.register_folder)
        async with opened(settings.database_url, folder) as database, database.writing() as db:
            return await something(db)

    return asyncio.run(run())


def everything(installation: Installation) -> str:
    async def read(db: Any) -> str:
        tables = SQLModel.metadata.sorted_tables
        connection = await db.connection()
        return "\n".join([f"{(await connection.execute(sa.select(table))).all()}" for table in tables])

    return work(installation, read)


@pytest.fixture
def family(installation) -> UUID:
    """A household with a name, and a request of theirs to be erased."""
    household = a_household(label=NAME, code="NT-777")
    assert installation.deliver(household) == ["accepted"]

    async def ask(db):
        db.add(
            PrivacyRequestRow(
                province_code=PROVINCE, id=uuid4(), commune_code=COMMUNE, kind=RequestKind.ERASE,
                house_code="NT-777", household_id=household.id, received_at=NOW, person_id=MINH,
            )
        )  # fmt: skip

    work(installation, ask)
    return household.id


def erase(installation: Installation, household_id: UUID) -> None:
    async def done(db):
        row = await privacy.household_of(db, SCOPES[MINH], household_id)
        await privacy.erase(db, row)

    work(installation, done)


def copied(installation: Installation, tmp_path: Path) -> Path:
    return make.make(installation.settings, tmp_path / "copies", NOW)


def follow_again(installation: Installation) -> None:
    """As `nightly` does."""

    async def run() -> None:
        async with opened(installation.settings.database_url) as database:
            await restore.follow_register_again(database, installation.settings, LATER)

    asyncio.run(run())


def test_d11_o19_p6_a_household_that_was_erased_after_the_copy_is_erased_again(
    installation, family, tmp_path
):
    copy = copied(installation, tmp_path)
    erase(installation, family)
    done = restore.restore(installation.settings, copy, LATER)

    assert done.again == {register.ERASED: 1}
    assert NAME not in everything(installation)
    request = work(installation, lambda db: _one(db, select(PrivacyRequestRow)))
    assert (request.settled, request.household_id, request.house_code) == (RequestEnding.DONE, None, "")
    assert NAME.encode() not in Register(Path(installation.settings.register_folder)).path.read_bytes()


def test_d11_p6_also_where_the_machine_with_the_register_is_gone_and_a_later_copy_is_not(
    installation, family, tmp_path
):
    """The later copy cannot be restored (say, its database is damaged), but it has the register."""
    copy = copied(installation, tmp_path)
    erase(installation, family)
    make.make(installation.settings, tmp_path / "copies", LATER)
    shutil.rmtree(installation.settings.register_folder)
    shutil.rmtree(installation.keys)
    done = restore.restore(installation.settings, copy, LATER)

    assert done.again == {register.ERASED: 1}
    assert NAME not in everything(installation)
    assert Register(Path(installation.settings.register_folder)).entries()[0].ids == (family,)


def test_d11_o19_p6_what_a_phone_sends_again_after_the_restore_is_erased_the_next_night(
    installation, tmp_path
):
    """Registered after the copy and erased: the copy knows neither; the phone still holds the registration."""
    copy = copied(installation, tmp_path)
    household = a_household(label=NAME, code="NT-778")
    installation.deliver(household)
    erase(installation, household.id)
    restore.restore(installation.settings, copy, LATER)
    installation.deliver(household)
    assert NAME in everything(installation)

    follow_again(installation)

    assert NAME not in everything(installation)


def a_no(household_id: UUID, answer: str = "withdrawn", **changes: Any) -> Any:
    body = {"household_id": household_id, "base": {"consent": "given"}, "consent": answer}
    return an_operation("household_change", body, schema=SCHEMA, **changes)


def test_d11_p1_a_no_that_came_after_the_copy_holds_again_though_it_was_given_before(
    installation, family, tmp_path
):
    """Said at the door an hour before the copy, delivered after it."""
    copy = copied(installation, tmp_path)
    assert installation.deliver(a_no(family, recorded_at=NOW - timedelta(hours=1))) == ["accepted"]
    done = restore.restore(installation.settings, copy, LATER)

    assert done.again == {register.SAID_NO: 1}
    household = work(installation, lambda db: privacy.household_of(db, SCOPES[MINH], family))
    assert (household.consent, household.label) == ("withdrawn", "")
    assert NAME not in everything(installation).replace(str(family), "")


def test_a_later_yes_is_not_overruled_by_an_earlier_no(installation, family, tmp_path):
    copy = copied(installation, tmp_path)
    said_no, said_yes = (
        a_no(family, recorded_at=NOW - timedelta(hours=2)),
        an_operation(
            "household_change",
            {"household_id": family, "base": {"consent": "withdrawn", "label": ""}, "consent": "given", "label": NAME},
            recorded_at=NOW - timedelta(hours=1), seq=2, schema=SCHEMA,
        ),
    )  # fmt: skip
    assert [installation.deliver(one) for one in (said_no, said_yes)] == [["accepted"]] * 2
    restore.restore(installation.settings, copy, LATER)
    assert [installation.deliver(one) for one in (said_no, said_yes)] == [["accepted"]] * 2
    follow_again(installation)

    household = work(installation, lambda db: privacy.household_of(db, SCOPES[MINH], family))
    assert (household.consent, household.label) == ("given", NAME)


async def _one(db, query):
    return (await db.exec(query)).one()


async def a_team_with_things_that_can_be_taken_away(db) -> dict[str, Any]:
    token = await sign_ins.begin_sign_in(
        db, province_code=PROVINCE, person_id=LAN, membership_id=LAN, method="pin", phone="", now=NOW
    )
    pin = PinRow(
        province_code=PROVINCE, id=uuid4(), person_id=LAN, phone_hash="0" * 64, salt=b"1" * 16,
        pin_hash=b"2" * 32, created_at=NOW, last_used_at=NOW,
    )  # fmt: skip
    voice = RecordingRow(
        province_code=PROVINCE, id=uuid4(), text_key="a", text_mark="b", language="tay", recorded_by=LAN,
        file="f.mp3", size=9, seconds=3, review=Review.APPROVED, recorded_at=NOW, received_at=NOW,
    )  # fmt: skip
    db.add_all([pin, voice])
    program, _ = await programs.allow(db, SCOPES[MINH], "máy tính tỉnh", NOW.date() + timedelta(days=9), NOW)
    phone = DevicePersonRow(province_code=PROVINCE, device_id=uuid4(), person_id=LAN, first_contact_at=NOW)
    db.add(phone)
    return {"token": token, "voice": voice.id, "program": program.id}


async def take_it_all_away(db, things) -> None:
    new = NewKey(id_of("a key made after the copy"), LAN, LANS_PHONE, id_of("her session"))
    await at_once(db, signing_keys.keep, PROVINCE, new, NOW)
    await stop_everything(db, PROVINCE, LAN, NOW)
    await programs.stop(db, SCOPES[MINH], things["program"], NOW)
    voice = await recordings.recording_of(db, SCOPES[MINH], things["voice"])
    await recordings.settle(db, voice, Review.SENT_BACK, by=MINH, at=NOW, why="sai tiếng")
    lan, minh = [await db.get(MembershipRow, (PROVINCE, id_)) for id_ in (LAN, MINH)]
    await people.end_on(db, lan, NOW.date())
    await people.give_role(db, minh, Role.VOLUNTEER)


async def what_is_left(db) -> list[Any]:
    async def all_of(*columns):
        return list(await db.exec(select(*columns)))

    return [
        await all_of(col(SignInRow.revoked_at).is_(None)),
        await all_of(PinRow.id),
        await all_of(col(ProgramRow.stopped_at).is_(None)),
        await all_of(RecordingRow.review),
        await all_of(col(DevicePersonRow.ended_at).is_(None)),
        await all_of(SigningKeyRow.id, col(SigningKeyRow.ended_at).is_(None)),
        (await db.get(MembershipRow, (PROVINCE, LAN))).last_day,
        (await db.get(MembershipRow, (PROVINCE, MINH))).role,
    ]


def test_d11_i5_what_was_taken_from_somebodys_hands_is_not_given_back(installation, tmp_path):
    """The stolen phone's session and keys, a stopped program, a voice that was taken down, who left, a lower duty. A key
    that was made and stopped after the copy is known again, and stopped."""
    things = work(installation, a_team_with_things_that_can_be_taken_away)
    copy = copied(installation, tmp_path)
    work(installation, lambda db: take_it_all_away(db, things))
    away = work(installation, what_is_left)
    done = restore.restore(installation.settings, copy, LATER)

    assert work(installation, what_is_left) == away
    assert set(done.again) == set(STEPS) - {register.ERASED, register.SAID_NO}


def test_what_was_given_back_before_the_copy_stays(installation, tmp_path):
    async def left_and_came_back(db):
        lan = await db.get(MembershipRow, (PROVINCE, LAN))
        await people.end_on(db, lan, NOW.date())
        await people.end_on(db, lan, None)

    work(installation, left_and_came_back)
    done = restore.restore(
        installation.settings, make.make(installation.settings, tmp_path / "copies", LATER), LATER
    )

    assert "member.last_day" not in done.again


def test_a_torn_line_hides_no_other(tmp_path):
    kept = Register(tmp_path)
    entries = [RegisterEntry(NOW, NOW, register.ERASED, PROVINCE, (uuid4(),)) for _ in range(2)]
    kept.add(entries[:1])
    with kept.path.open("ab") as file:
        file.write(b'{"noted":"2026-11-2')
    kept.add(entries[1:])

    assert kept.entries() == entries
    assert [json.loads(line)["what"] for line in kept.path.read_text().splitlines() if line[-1:] == "}"]


def test_what_cannot_be_written_down_is_not_done(installation, family, tmp_path):
    """No erasure that a restore would undo is ever acknowledged."""
    (tmp_path / "a file").write_text("no folder")
    broken = Installation(replace(installation.settings, register_folder=str(tmp_path / "a file")))

    with pytest.raises(OSError):
        erase(broken, family)
    with pytest.raises(OSError):
        broken.deliver(a_no(family))

    household = work(installation, lambda db: privacy.household_of(db, SCOPES[MINH], family))
    assert household.label == NAME and household.hamlet_id == HAMLET


def test_take_over_follows_the_whole_register(installation, family):
    """A machine's snapshot from before the erasure: the register lies elsewhere and was not rolled back."""
    folder = Path(installation.settings.register_folder)
    Register(folder).add([RegisterEntry(NOW, NOW, register.ERASED, PROVINCE, (family,))])
    restore.take_over(installation.settings, LATER)

    assert NAME not in everything(installation)
    assert engine_of(installation.settings.database_url).facts()["epoch"] != "1"
