"""Makes the demo installation: Minh Tân commune (official code 00919, Tuyên Quang) and two months of work."""

import csv
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.demo.around import late_visit, leave_notes, more_work, renumber, two_values, undecided
from volunteer_app.demo.history import InventedPhone, field_work
from volunteer_app.demo.invented import HAMLETS, LISTED_TWICE, MERGED, PEOPLE, SEED, DemoPerson, head_name
from volunteer_app.demo.public import make_public
from volunteer_app.demo.returns import keep_returns
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.households import Consent
from volunteer_app.domain.names import initials
from volunteer_app.domain.operations.envelope import MOST_PER_BATCH
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import Scope, member_scope
from volunteer_app.domain.places import Signal
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.guides.packs import all_guides
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.database import Database
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.figures import cohort
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.operations import taking
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import (
    CommuneRow,
    HamletPredecessorRow,
    HamletRow,
    ProvinceRow,
    search_words,
)
from volunteer_app.storage.team import TeamRow

PROVINCE, COMMUNE = "08", "00919"
COMMUNES_FILE = Path(__file__).with_name("communes-08.csv")
NAMESPACE = UUID("6f1d2b1e-0919-4e00-8000-000000000919")
LIST_DATE = date(2026, 9, 1)
APP_BUILD = "demo"
LEFT_AGO = timedelta(days=8)
"""How long ago a hamlet went from one volunteer to another."""


def _id(*parts: object) -> UUID:
    """The same id at every start for the same invented thing."""
    return uuid5(NAMESPACE, "/".join(map(str, parts)))


def _person_id(person: DemoPerson) -> UUID:
    """Ids in the order of the list, so that it stays the order on the screen."""
    return UUID(int=(PEOPLE.index(person) << 112) | (_id("person", person.name).int & ((1 << 112) - 1)))


async def ensure(database: Database, now: datetime) -> int:
    """Make the demo commune if this database does not hold it yet. Returns 0 (an exit code)."""
    async with database.writing() as db:
        if (await db.exec(select(PersonRow).where(PersonRow.province_code == PROVINCE))).first():
            return 0
        hamlets = await _places(db)
        households = _households(db, hamlets, now)
        await _people(db, hamlets, now)
        await make_public(db, hamlets, now)
    await _work(database, hamlets, households, now)
    await database.writing_at_once(partial(count_commune_now, day=local_day(now)))
    return 0


def count_commune_now(connection: sa.Connection, day: date) -> None:
    """What the night does (`nightly.count_cohorts`), so that the first look has something to show."""
    cohort.keep_commune(
        connection, PROVINCE, COMMUNE, cohort.count_commune(connection, PROVINCE, COMMUNE, day)
    )


async def _places(db: AsyncSession) -> list[HamletRow]:
    if await db.get(ProvinceRow, PROVINCE) is None:
        db.add(
            ProvinceRow(
                code=PROVINCE,
                name="Tuyên Quang",
                kind="Tỉnh",
                full_name="Tỉnh Tuyên Quang",
                search=search_words(["Tuyên Quang"]),
            )
        )
        await db.flush()
        with COMMUNES_FILE.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                name, kind = row["name"], row["kind"]
                db.add(
                    CommuneRow(
                        code=row["code"],
                        name=name,
                        kind=kind,
                        full_name=f"{kind} {name}",
                        province_code=PROVINCE,
                        search=search_words([name]),
                    )
                )
        await db.flush()
    rows = []
    for position, (name, languages, signal, count) in enumerate(HAMLETS, start=1):
        rows.append(_hamlet(name, position, count, list(languages), Signal(signal)))
    successor = rows[-1]
    successor.valid_from = date(2026, 6, 1)
    db.add_all(rows)
    await db.flush()
    for part in MERGED[1]:
        before = _hamlet(part, len(HAMLETS), 25, successor.languages, successor.signal)
        before.valid_to = date(2026, 5, 31)
        db.add(before)
        await db.flush()
        db.add(HamletPredecessorRow(province_code=PROVINCE, hamlet_id=successor.id, predecessor_id=before.id))
    await db.flush()
    return rows


def _hamlet(name: str, position: int, count: int, languages: list[str], signal: Signal) -> HamletRow:
    return HamletRow(
        province_code=PROVINCE,
        id=_id("hamlet", name),
        commune_code=COMMUNE,
        name=name,
        kind="thôn",
        position=position,
        household_count=count,
        household_count_source="danh sách hộ của xã (giả định)",
        household_count_date=LIST_DATE,
        languages=languages,
        signal=signal,
        search=search_words([name]),
    )


def _households(db: AsyncSession, hamlets: list[HamletRow], now: datetime) -> dict[UUID, list[UUID]]:
    """Every household of the commune's (invented) list. Two thirds agreed to have the head's name written down."""
    chance = Random(SEED)  # noqa: S311
    made: dict[UUID, list[UUID]] = {}
    listed_at = now - timedelta(days=70)
    for hamlet in hamlets:
        taken: set[frozenset[str]] = set()
        first, again = LISTED_TWICE.get(hamlet.name, (0, 0))
        named_first = ""
        for number in range(1, (hamlet.household_count or 0) + 1):
            agreed = chance.random() < 0.66 or number in (first, again)
            label = head_name(chance, taken) if agreed else ""
            if number == first:
                named_first = label
            row = HouseholdRow(
                province_code=PROVINCE,
                id=_id("household", hamlet.name, number),
                commune_code=COMMUNE,
                hamlet_id=hamlet.id,
                code=f"{initials(hamlet.name)}-{number:03}",
                label=named_first if number == again else label,
                people_count=chance.choice([2, 3, 4, 4, 5, 5, 6, 7]),
                consent=Consent.GIVEN if agreed else Consent.NOT_ASKED,
                consent_version=1 if agreed else None,
                consent_at=listed_at if agreed else None,
                recorded_at=listed_at,
                received_at=listed_at,
            )
            db.add(row)
            made.setdefault(hamlet.id, []).append(row.id)
    return made


async def _people(db: AsyncSession, hamlets: list[HamletRow], now: datetime) -> None:
    today = local_day(now)
    first_day, last_day = today - timedelta(days=62), today + timedelta(days=30)
    team = TeamRow(
        province_code=PROVINCE,
        id=_id("team"),
        commune_code=COMMUNE,
        name="Đội thanh niên tình nguyện xã Minh Tân (mẫu)",
    )
    db.add(team)
    for person in PEOPLE:
        person_id = _person_id(person)
        spoken = sorted({"vi", *(hamlets[index].languages[0] for index in person.hamlets)})
        db.add(PersonRow(province_code=PROVINCE, id=person_id, name=person.name, languages=spoken))
        db.add(
            MembershipRow(
                province_code=PROVINCE,
                id=_id("membership", person.name),
                person_id=person_id,
                role=person.role,
                commune_code=None if person.is_province_wide or person.role is Role.EDITOR else COMMUNE,
                team_id=team.id if person.role in (Role.VOLUNTEER, Role.LEADER) else None,
                first_day=first_day,
            )
        )
        leases = [(index, first_day, last_day) for index in person.hamlets]
        if person.had_before is not None:
            leases.append((person.had_before, first_day, today - LEFT_AGO))
        for index, begins, ends in leases:
            db.add(
                AssignmentRow(
                    province_code=PROVINCE,
                    id=_id("assignment", person.name, index),
                    commune_code=COMMUNE,
                    hamlet_id=hamlets[index].id,
                    person_id=person_id,
                    first_day=begins,
                    last_day=ends,
                    target=round((hamlets[index].household_count or 0) * 0.8),
                )
            )
    await db.flush()


async def _work(
    database: Database, hamlets: list[HamletRow], households: dict[UUID, list[UUID]], now: datetime
) -> None:
    """Let every volunteer's phone deliver its two months, and the leader's what they recorded on their way, through
    the same door as real phones."""
    core = core_slugs()
    guides = [guide for guide in all_guides() if guide.service in core]
    phones: dict[str, tuple[InventedPhone, Scope, datetime]] = {}
    for number, person in enumerate(p for p in PEOPLE if p.role is Role.VOLUNTEER):
        chance = Random(f"{SEED}/{person.name}")  # noqa: S311
        phone = InventedPhone(chance, device_id=_id("device", person.name))
        last_contact = now - timedelta(hours=chance.choice([1, 2, 5, 20, 30, 120]))
        for index in person.hamlets:
            reach = chance.uniform(0.25, 0.9) if number % 5 != 4 else chance.uniform(0.05, 0.3)
            field_work(phone, households[hamlets[index].id], guides, reach, last_contact)
        keep_returns(phone, f"{SEED}/returns/{person.name}", last_contact)
        more_work(phone, number, hamlets[person.hamlets[0]].id, last_contact)
        undecided(phone, number, households[hamlets[2].id], last_contact)
        if person.had_before is not None:
            late_visit(phone, households[hamlets[person.had_before].id][-1], now - LEFT_AGO)
        own = [hamlets[index].id for index in person.hamlets]
        phones[person.name] = (
            phone,
            member_scope(_person_id(person), Role.VOLUNTEER, PROVINCE, COMMUNE, own),
            last_contact,
        )
    lan, leader = PEOPLE[0], next(person for person in PEOPLE if person.role is Role.LEADER)
    minhs = InventedPhone(Random(SEED), device_id=_id("device", leader.name))  # noqa: S311
    minh = member_scope(_person_id(leader), Role.LEADER, PROVINCE, COMMUNE)
    phones[leader.name] = minhs, minh, now - timedelta(hours=1)
    async with database.writing() as db:
        shared = await db.get_one(HouseholdRow, (PROVINCE, households[hamlets[0].id][3]))
        two_values((phones[lan.name][0], minhs), shared.id, shared.people_count or 4, phones[lan.name][2])
        agreed = [await _first_agreed(db, hamlets[index].id) for index in (0, 4)]
        done = await leave_notes(db, minh, agreed, now)
        phones[lan.name][0].record(phones[lan.name][2] - timedelta(hours=3), "note_done", done)
    for number, (phone, scope, last_contact) in enumerate(phones.values()):
        renumber(phone)
        await _deliver(database, phone, scope, last_contact, now, free_mb=FREE_MB[number % len(FREE_MB)])


async def _first_agreed(db: AsyncSession, hamlet_id: UUID) -> HouseholdRow:
    """A leader's note is about a family that has agreed to something being written down."""
    query = select(HouseholdRow).where(
        HouseholdRow.hamlet_id == hamlet_id, HouseholdRow.consent == Consent.GIVEN
    )
    return (await db.exec(query.order_by(col(HouseholdRow.code)).limit(1))).one()


FREE_MB = (2150, 840, 30, 5620, 410, 1270)
"""Room that the phones say they have; one of them has little."""


async def _deliver(
    database: Database,
    phone: InventedPhone,
    scope: Scope,
    last_contact: datetime,
    now: datetime,
    *,
    free_mb: int,
) -> None:
    sender = Sender(scope, phone.device_id, APP_BUILD)
    async with database.writing() as db:
        for start in range(0, len(phone.operations), MOST_PER_BATCH * 10):
            batch = phone.operations[start : start + MOST_PER_BATCH * 10]
            await taking.take_all(db, sender, batch, last_contact)
        db.add(
            DeviceRow(
                province_code=PROVINCE,
                id=phone.device_id,
                person_id=scope.person_id,
                app_build=APP_BUILD,
                last_seq=len(phone.operations),
                made=len(phone.operations) + (4 if now - last_contact > timedelta(days=4) else 0),
                free_mb=free_mb,
                first_contact_at=now - timedelta(days=60),
                last_contact_at=last_contact,
            )
        )


def welcome(origin: str, is_silent: bool) -> str:
    """What the terminal says when the demo is up: where to look and as whom; and that no machine speaks here."""
    silence = _("No machine voice here: guides are read, not heard. It comes with the package espeak-ng.")
    return "\n".join(
        [
            "",
            _("Từng Nhà demo: Minh Tân commune, Tuyên Quang. People, households and visits are invented."),
            "",
            f"  {origin}/vi/sign-in",
            "",
            _("Open this address in a browser at phone size and tap somebody:"),
            "  · " + _("a volunteer: visits, guides, also offline"),
            "  · " + _("the team leader: coverage and the team"),
            "  · " + _("a Front officer: coverage maps without names"),
            "  · " + _("the guide editor: the guides and their languages"),
            "",
            *([silence, ""] if is_silent else []),
            _("Stop with Ctrl+C."),
        ]
    )
