"""P9: a refusal keeps only what it says: the house code, days and what was taught; nothing about persons.

Every free text of every kind of operation carries a canary, read off the bodies themselves, so that a field that is
added later is tried too; then every table is searched for it. Whatever the order, and whoever sends it.
"""

import re
from dataclasses import replace
from datetime import timedelta
from itertools import product
from uuid import uuid4

import msgspec
import pytest
import sqlalchemy as sa
from msgspec import inspect
from sqlmodel import SQLModel, select

from tests.conftest import ROOT
from tests.people import (
    HAMLET,
    LAN,
    LANS_PHONE,
    MINH,
    NOW,
    SCOPES,
    a_household,
    an_operation,
)
from volunteer_app.domain.households import PREREQUISITES, Consent, Member
from volunteer_app.domain.operations import personal as rule
from volunteer_app.domain.operations.claims import Thing, things_of
from volunteer_app.domain.operations.envelope import NOT_PROVEN, OperationOutcome
from volunteer_app.domain.operations.kinds import KINDS, SCHEMA
from volunteer_app.domain.privacy_notice import NOTICE
from volunteer_app.storage import households, merging, personal, privacy
from volunteer_app.storage.database import Id
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.operations import taking
from volunteer_app.storage.operations.log import Sent
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.visits import ObservationRow, VisitRow, WalkThroughRow

CANARY = "Chim vàng anh"
BEGUN = NOW - timedelta(days=20)
MINHS = SCOPES[MINH]
WITHOUT = (Consent.NOT_ASKED, Consent.REFUSED, Consent.WITHDRAWN)
TRAITS = {"own_phone": True, "own_sim": False, "chip_card": True, "vneid_level": 2, "signal_at_home": True}

ABOUT_FAMILIES = sorted(
    kind for kind, (body, *_) in KINDS.items() if kind == "household" or Thing.HOUSEHOLD in things_of(body)
)


def free_texts(body) -> dict[str, str]:
    """Every field of a body in which somebody can write whatever they like, filled with the canary. Read off the types
    themselves, not off the product's own list."""
    found = {}
    for field in msgspec.structs.fields(body):
        read = inspect.type_info(field.type)
        parts = read.types if isinstance(read, inspect.UnionType) else (read,)
        if field.name != "code" and any(isinstance(p, inspect.StrType) and p.pattern is None for p in parts):
            found[field.name] = CANARY
    return found


class Family:
    """A household with somebody in it, a visit and papers, and one operation of each kind with words in every field."""

    def __init__(self, number: int, home_id=None, **said):
        self.home = a_household(code=f"NT-{number:03}", recorded_at=BEGUN, **said)
        if home_id:
            self.home = msgspec.structs.replace(self.home, id=home_id)
        self.member = self.op("member", household_id=self.home.id, label=CANARY, **TRAITS)
        self.visit = self.op("visit", household_id=self.home.id, outcome="met", note=CANARY)
        self.tapped = self.op("visit", household_id=self.home.id, outcome="later", note=CANARY)
        self.dossier = self.op("dossier", **self.of_somebody("register-birth"), result_on="2026-11-25")

    def op(self, kind, after=1, **body):
        return an_operation(kind, body, schema=SCHEMA, recorded_at=BEGUN + timedelta(minutes=after))

    def of_somebody(self, service="activate-level-2"):
        return {"household_id": self.home.id, "member_id": self.member.id, "service": service}

    def first(self):
        return [self.home, self.member, self.visit, self.tapped, self.dossier]

    def words(self, minutes=5):
        """One operation of each kind about this family, with the canary in every free text."""
        run = {"visit_id": self.visit.id, "guide": "activate-level-2", "guide_version": 1, "minutes": 9}
        run |= {"marks": {"open-app": "stuck"}, "stuck_step": "open-app", "blocker": "no_signal"}
        ours = {"household_id": self.home.id}
        bodies = {
            "household": {"hamlet_id": HAMLET, "code": "NT-900", "consent": "refused"},
            "household_change": ours | {"base": {"label": CANARY}},
            "member": ours | TRAITS,
            "member_change": ours | {"member_id": self.member.id, "base": {"label": CANARY, **TRAITS}},
            "visit": ours | {"outcome": "met"},
            "walk_through": self.of_somebody() | run | {"teach_back": "skipped"},
            "observation": self.of_somebody() | {"level": 2, "basis": "observed"},
            "follow_up_settled": ours | {"follow_up_id": self.dossier.id, "settled_as": "cancelled"},
            "note_done": ours | {"note_id": self.visit.id},
            "dossier": self.dossier.body,
            "dossier_result": ours | {"dossier_id": self.dossier.id, "result": "received"},
            "rating": ours | {"visit_id": self.visit.id, "smiley": 3},
            "taken_back": ours | {"record_id": self.tapped.id},
            "outreach_session": {
                "hamlet_id": HAMLET,
                "place": "market",
                "service": "register-birth",
                "people_count": 3,
                "ticked": [{"id": str(uuid4()), "level": 2} | ours | {"member_id": self.member.id}],
            },
        }
        assert sorted(bodies) == ABOUT_FAMILIES
        return [
            self.op(kind, minutes, **body | free_texts(KINDS[kind].body)) for kind, body in bodies.items()
        ]

    def answer(self, consent, knew, minutes=60):
        body = {"household_id": self.home.id, "consent": consent, "base": {"consent": knew}}
        if consent == "given":
            body["label"] = CANARY
        return self.op("household_change", minutes, **body)


@pytest.fixture
def send(work):
    """Deliver operations together; each one's answer."""

    def run(*operations, of=LAN):
        sender = Sender(SCOPES[of], LANS_PHONE, "test")
        return work(lambda db: taking.take_all(db, sender, list(operations), NOW))

    return run


async def lines_with_the_canary(db):
    connection = await db.connection()
    return [
        f"{table.name}: {dict(row)}"
        for table in SQLModel.metadata.sorted_tables
        for row in (await connection.execute(sa.select(table))).mappings()
        if CANARY in str(dict(row)) or CANARY.encode() in (row.get("body") or "").encode()
    ]


async def traits(db):
    return {
        value
        for row in await db.exec(select(MemberRow))
        for value in (getattr(row, p) for p in PREREQUISITES)
    }


async def counted(db):
    return [len(list(await db.exec(select(table)))) for table in (VisitRow, WalkThroughRow, ObservationRow)]


def test_every_free_text_about_a_family_is_under_the_rule():
    for kind in ABOUT_FAMILIES:
        body = KINDS[kind].body
        assert set(free_texts(body)) <= set(rule.personal_fields(body)), kind
    assert set(Member.model_fields) - personal.PERSONAL == {"province_code", "id", "household_id"}


def test_every_list_in_a_table_about_families_is_our_own_or_looked_through():
    lists = {
        (table.name, column.name)
        for table in (*privacy.tables_about_households(), SQLModel.metadata.tables["mergers"])
        for column in table.columns
        if isinstance(getattr(column.type, "impl", column.type), sa.JSON)
    }
    ours = {
        ("visits", "companions"),
        ("walk_throughs", "marks"),
        ("standings", "levels"),
        ("so_far", "said"),
        ("mergers", "moved"),
        ("taken_back", "said"),
    }
    looked_through = {("changes", name) for name in ("fields", "outdated", "knew")}
    looked_through |= {("clashes", "stood"), ("clashes", "said")}
    assert lists == ours | looked_through | {("mergers", "lost"), ("mergers", "kept")}


@pytest.mark.parametrize("consent", ["not_asked", "refused"])
def test_p9_without_consent_no_word_is_kept_and_everything_else_counts(send, work, consent):
    family = Family(1, consent=consent, label="")

    answers = send(*family.first(), *family.words())

    assert {answer.outcome for answer in answers if answer.outcome != "accepted"} <= {OperationOutcome.PARKED}
    parked = [answer.problem.code for answer in answers if answer.outcome == "parked"]
    assert parked == ["operation.not_theirs"]  # the note of a leader that there never was
    assert work(lines_with_the_canary) == []
    assert work(traits) == {None}
    assert work(counted) == [2, 1, 2]


def test_p9_who_sent_the_words_is_told_that_they_were_left_out(send):
    family = Family(1, consent="refused", label="")

    answers = send(*family.first())

    assert [answer.problem and answer.problem.code for answer in answers] == [
        None, "consent.left_out", "consent.left_out", "consent.left_out", None,
    ]  # fmt: skip


@pytest.mark.parametrize("consent", ["refused", "withdrawn", "not_asked"])
def test_p9_when_the_yes_is_taken_back_every_word_goes_and_every_visit_counts_on(send, work, consent):
    family = Family(1, consent="given", label=CANARY)
    send(*family.first(), *family.words())
    before = work(counted)
    assert len(work(lines_with_the_canary)) > 8

    send(family.answer(consent, "given"))

    assert work(lines_with_the_canary) == []
    assert work(traits) == {None}
    assert work(counted) == before


def test_p9_old_phones_that_know_nothing_of_it_bring_no_word_back(send, work):
    family = Family(1, consent="given", label=CANARY)
    send(*family.first(), family.answer("withdrawn", "given"))

    late = send(*family.words(minutes=90))

    assert [one.outcome for one in late if one.outcome != "accepted"] == ["parked"]
    assert work(lines_with_the_canary) == []
    assert work(counted) == [2, 1, 2]


def unreadable(operation):
    return msgspec.structs.replace(operation, body=operation.body | {"strange": CANARY, "outcome": CANARY})


@pytest.mark.parametrize(
    ("why", "first"),
    list(product(["unreadable", "other author", "other content", "not assigned"], ["yes", "no"])),
)
def test_p9_what_is_set_aside_keeps_no_word_either(send, work, why, first):
    """`first`: was the family's answer there before it was set aside, or does it come later?"""
    family = Family(1, consent="given" if first == "no" else "refused", label=CANARY if first == "no" else "")
    send(*family.first())
    said = family.words()

    if why == "other content":
        send(*said)
        send(*(msgspec.structs.replace(one, recorded_at=NOW) for one in said))
    elif why == "unreadable":
        send(*(unreadable(one) for one in said))
    elif why == "other author":
        sender = Sender(SCOPES[LAN], LANS_PHONE, "test")
        sent = [Sent(sender, one, NOT_PROVEN) for one in said]
        work(lambda db: taking.at_once(db, taking.take, "08", sent, NOW))
    else:
        stranger = Sender(replace(SCOPES[LAN], person_id=MINH), LANS_PHONE, "test")
        work(lambda db: taking.take_all(db, stranger, said, NOW))
    if first == "no":
        send(family.answer("withdrawn", "given"))

    assert work(lines_with_the_canary) == []


def test_p9_what_waited_for_a_family_that_said_no_is_taken_without_its_words(send, work):
    family = Family(1, consent="refused", label="")
    held = send(*family.words(), family.member, family.visit, family.tapped, family.dossier)
    assert {one.outcome for one in held} >= {OperationOutcome.HELD}

    send(family.home)

    assert work(lines_with_the_canary) == []
    assert work(counted) == [2, 1, 2]


def test_p9_a_yes_that_stands_further_down_in_the_same_delivery_lets_names_through(send, work):
    """Phones of old versions send who lives there before the family's answer."""
    family = Family(1, consent="not_asked", label="")

    send(*family.first(), family.answer("given", "not_asked"))

    kept = {line.partition(":")[0] for line in work(lines_with_the_canary)}
    assert kept == {"households", "members", "visits", "changes"}


def test_p9_a_yes_that_cannot_be_taken_lets_no_name_through(send, work):
    family = Family(1, consent="not_asked", label="")
    said = family.answer("given", "not_asked")
    said = msgspec.structs.replace(said, body=said.body | {"label": "Số 079123456789"})

    answers = send(*family.first(), said)

    assert answers[-1].outcome == "parked"
    assert work(lines_with_the_canary) == []
    assert work(traits) == {None}


async def doors(db):
    return {row.code: (row.consent.value, bool(row.label)) for row in await db.exec(select(HouseholdRow))}


async def merge(db, kept, lost):
    rows = [await households.household_of(db, MINHS, one.id) for one in (kept, lost)]
    return await merging.merge(db, MINHS, *rows, NOW)


async def undo(db, merger_id):
    merger = await merging.merger_of(db, MINHS, merger_id)
    return await merging.undo(db, MINHS, merger, NOW + timedelta(minutes=5))


@pytest.mark.parametrize("which", ["kept", "lost"])
def test_p9_a_merger_with_a_family_that_said_no_keeps_no_word_of_either(send, work, which):
    yes, no = Family(1, consent="given", label=CANARY), Family(2, consent="refused", label="")
    for family in (yes, no):
        send(*family.first(), *family.words())
    before = work(counted)
    kept, lost = (no, yes) if which == "kept" else (yes, no)

    merger_id = work(lambda db: merge(db, kept.home, lost.home))
    send(*lost.words(minutes=95))

    assert work(lines_with_the_canary) == []
    assert work(lambda db: undo(db, merger_id)) is None
    assert work(lines_with_the_canary) == []
    assert work(doors)["NT-002"] == ("refused", False)
    assert work(counted)[0] == before[0] + 1


def test_p9_a_door_where_nobody_had_asked_takes_over_the_yes_of_its_duplicate_until_that_is_undone(
    send, work
):
    asked, unasked = Family(1, consent="given", label=CANARY), Family(2, consent="not_asked", label="")
    send(*asked.first(), *unasked.first())

    merger_id = work(lambda db: merge(db, unasked.home, asked.home))

    assert work(doors) == {"NT-002": ("given", True)}
    assert {line.partition(":")[0] for line in work(lines_with_the_canary)} >= {"members", "visits"}
    assert work(lambda db: undo(db, merger_id)) is None
    assert work(doors) == {"NT-001": ("given", True), "NT-002": ("not_asked", False)}
    assert {line.partition(":")[0] for line in work(lines_with_the_canary)} >= {
        "households",
        "members",
        "visits",
    }


SAID_OF_A_NO = "the house code, how many live there, the day, what was shown and how it went"
KEPT_OF_A_NO = {
    "the house code": {"households.code"},
    "how many live there": {"households.people_count"},
    "what was shown": {
        *("walk_throughs.guide", "walk_throughs.guide_version", "standings.levels", "dossiers.service"),
        "so_far.said",
        *(f"{table}.service" for table in ("walk_throughs", "observations", "follow_ups")),
    },
    "how it went": {
        *("visits.outcome", "taken_back.said", "ratings.smiley", "settlements.settled_as", "settlements.why"),
        *("observations.basis", "observations.level", "observations.reason", "dossier_results.result"),
        *(f"walk_throughs.{name}" for name in ("marks", "minutes", "is_needed", "teach_back", "stuck_step")),
        *("walk_throughs.blocker", "follow_ups.blocker", "follow_ups.reason"),
        *("standings.is_independent", "standings.visit_count"),
    },
    "their answer": {"households.consent", "consents.answer", "consents.method", "consents.purpose"},
}
"""What a table may say of a family that said no, by the words in which they are told so; days besides."""


async def said_of_families(db):
    """The columns that say something, of every table that names households; ids, days and places aside."""
    connection, found = await db.connection(), set()
    for table in (SQLModel.metadata.tables["households"], *privacy.tables_that_name_households()):
        told = [
            column
            for column in table.columns
            if not isinstance(column.type, Id)
            and type(getattr(column.type, "impl", column.type)).__name__ not in ("Moment", "DateTime", "Date")
            and column.name not in ("province_code", "commune_code", "feed_seq")
        ]
        for row in (await connection.execute(sa.select(table))).mappings():
            found |= {f"{table.name}.{c.name}" for c in told if row[c.name] not in (None, "", [], {})}
    return found


def test_p9_after_a_no_only_that_is_kept_which_the_sentence_says(send, work):
    """A column more is a sentence more: whoever adds one has to tell the family."""
    family = Family(1, consent="refused", label="", people_count=4)

    send(*family.first(), *family.words())

    assert work(said_of_families) | {"so_far.said"} == set().union(*KEPT_OF_A_NO.values())
    assert all(part in SAID_OF_A_NO for part in list(KEPT_OF_A_NO)[:-1])
    shown = (ROOT / "volunteer_app/pages/households/_consent.html").read_text("utf-8")
    told = [text for section in NOTICE for text in section.sentences]
    assert SAID_OF_A_NO in re.sub(r'"\s+"', "", shown) and any(SAID_OF_A_NO in text for text in told)
