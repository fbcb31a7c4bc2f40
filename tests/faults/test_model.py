"""Phones and a server against a model in plain Python: whatever is lost, repeated, reordered, rolled back or restored,
every acknowledged operation is kept once, and in the end all are (invariants I1, I2, I6, I9).

`STEPS` is the most steps of one run; some are shorter, so that the beginnings of a phone's life are tried often too.
"""

import asyncio
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.installations import an_installation
from tests.people import (
    LAN,
    LANS_PHONE,
    NOW,
    PROVINCE,
    SCOPES,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
)
from tests.postgres import Postgres
from volunteer_app.copies import make, restore, trial
from volunteer_app.storage import standings
from volunteer_app.storage.database import Database
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.operations import taking
from volunteer_app.storage.operations.log import Sent
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.visits import VisitRow, WalkThroughRow

LANS = Sender(SCOPES[LAN], LANS_PHONE, "test")
EXAMPLES, STEPS = 60, 50
TABLES = (HouseholdRow, MemberRow, VisitRow, WalkThroughRow)


class SQLite:
    """Each run begins with a copy of a file."""

    def __init__(self, migrated: Path) -> None:
        self.migrated = migrated

    def begin(self, folder: Path) -> str:
        shutil.copy(self.migrated, folder / "test.db")
        return f"sqlite:///{folder}/test.db"

    def end(self, url: str) -> None:
        """Its folder goes with everything in it."""


class PostgreSQL:
    """Each run begins with a copy of a database in the tests' own cluster."""

    def __init__(self, cluster: Postgres) -> None:
        self.cluster = cluster

    def begin(self, folder: Path) -> str:
        return self.cluster.database(f"model_{folder.name[:12]}", template="migrated")

    def end(self, url: str) -> None:
        self.cluster.drop(url.rpartition("/")[2])


async def no_pull(*_):
    """In place of a trial's pull."""
    return []


@dataclass
class Totals:
    """What runs of the model have tried; that nothing was lost or doubled is asserted after every step."""

    runs: int = 0
    steps: int = 0
    sent: int = 0
    acknowledged: int = 0
    lost_answers: int = 0
    cuts: int = 0
    restarts: int = 0
    restores: int = 0

    def __str__(self) -> str:
        faults = self.lost_answers + self.cuts + self.restarts + self.restores
        return (
            f"{self.runs:,} runs, {self.steps:,} steps, {self.sent:,} operations sent, {self.acknowledged:,} in the end"
            f" received; {faults:,} faults: {self.lost_answers:,} answers lost, {self.cuts:,} cut before the commit,"
            f" {self.restarts:,} restarts, {self.restores:,} restores; lost 0, doubled 0"
        )


class PowerCut(Exception):
    """The transaction never commits."""


class Phones(RuleBasedStateMachine):
    """`outbox`: everything made; `acknowledged`: what the phone has a receipt for."""

    def __init__(
        self,
        server: "SQLite | PostgreSQL",
        folder: Path,
        forgets: bool = False,
        totals: Totals | None = None,
    ) -> None:
        super().__init__()
        self.totals = totals or Totals()
        self.totals.runs += 1
        self.totals.steps -= 1  # the state before the first step is looked at too
        self.forgets = forgets
        self.folder = folder / uuid4().hex
        self.folder.mkdir()
        self.server = server
        self.url = server.begin(self.folder)
        self.runner = asyncio.Runner()
        self.database = Database(self.url)
        self.outbox: list = []
        self.acknowledged: set = set()
        self.copy: Path | None = None
        self.copies = 0

    def teardown(self):
        try:
            if self.outbox:
                self._send(self.outbox)
                self._send(self.outbox)
                assert self.acknowledged == {o.id for o in self.outbox}, "in the end all are received"
                self.kept_once()
                self.totals.acknowledged += len(self.acknowledged)
        finally:
            self.runner.run(self.database.close())
            self.runner.close()
            self.server.end(self.url)
            shutil.rmtree(self.folder)

    @rule(hours=st.integers(1, 900))
    def a_whole_visit(self, hours):
        at = NOW - timedelta(hours=hours)
        household = a_household(recorded_at=at)
        member, visit = a_member(household.id, recorded_at=at), a_visit(household.id, recorded_at=at)
        run = a_walk_through(household.id, visit.id, member.id, recorded_at=at)
        self.outbox += [household, member, visit, run]

    @precondition(lambda self: self.outbox)
    @rule(data=st.data(), is_answer_lost=st.booleans())
    def deliver_some(self, data, is_answer_lost):
        some = data.draw(st.lists(st.sampled_from(self.outbox), min_size=1, max_size=8))
        self.totals.lost_answers += is_answer_lost
        self._send(some, hears=not is_answer_lost)

    @precondition(lambda self: self.outbox)
    @rule(data=st.data())
    def cut_before_the_commit(self, data):
        some = data.draw(st.lists(st.sampled_from(self.outbox), min_size=1, max_size=8))
        self.totals.cuts += 1
        with pytest.raises(PowerCut):
            self._send(some, cut=True)

    @precondition(lambda self: self.outbox)
    @rule()
    def restart(self):
        self.totals.restarts += 1
        self.runner.run(self.database.close())
        self.database = Database(self.url)

    @precondition(lambda self: self.copies < 2)
    @rule()
    def back_up(self):
        self.copies += 1
        moment = NOW + timedelta(seconds=self.copies)
        self.settings = an_installation(self.url, self.folder)
        self.copy = make.make(self.settings, self.folder / "copies", moment)

    @precondition(lambda self: self.copy)
    @rule()
    def restore_and_begin_again(self):
        self.totals.restores += 1
        self.runner.run(self.database.close())
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(trial, "_pull", no_pull)  # a second each; tests/copies pulls
            restore.restore(self.settings, self.copy, NOW + timedelta(days=self.totals.restores))
        self.copy = None
        self.database = Database(self.url)
        if not self.forgets:
            self.acknowledged.clear()  # another epoch: all that the phone still holds is sent again

    @invariant()
    def kept_once(self):
        """What was acknowledged as accepted stands in its table exactly once; summaries equal a recount."""

        async def look():
            async with self.database.reading() as db:
                connection = await db.connection()
                kept = set()
                for table in TABLES:
                    kept |= {row[0] for row in await connection.execute(sa.select(table.id))}
                return kept, await standings.differences(db, PROVINCE)

        self.totals.steps += 1
        kept, differences = self.runner.run(look())
        assert self.acknowledged <= kept
        assert kept <= {o.id for o in self.outbox}
        assert differences == []

    def _send(self, some, *, hears=True, cut=False):
        def take(connection):
            answers = taking.take(connection, PROVINCE, [Sent(LANS, one) for one in some], NOW)
            if cut:
                raise PowerCut
            return answers

        self.totals.sent += len(some)
        answers = self.runner.run(self.database.writing_at_once(take))
        assert {answer.outcome for answer in answers} <= {"accepted", "duplicate", "held"}
        if hears:
            self.acknowledged |= {a.id for a in answers if a.outcome in ("accepted", "duplicate")}


STEADY = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
    phases=[Phase.generate],  # a failure is told by its steps; making it smaller takes minutes
)


def test_i1_i2_i9_nothing_acknowledged_is_lost_or_doubled_over_2000_steps(migrated, tmp_path):
    totals = Totals()
    run_state_machine_as_test(lambda: Phones(SQLite(migrated), tmp_path, totals=totals), settings=STEADY)
    print(f"SQLite: {totals}")
    assert totals.steps >= 2_000


def test_i1_i2_i9_the_same_on_postgresql(postgres, tmp_path):
    shorter = settings(STEADY, max_examples=3, stateful_step_count=20)
    totals = Totals()
    run_state_machine_as_test(lambda: Phones(PostgreSQL(postgres), tmp_path, totals=totals), settings=shorter)
    print(f"PostgreSQL: {totals}")
    assert totals.steps >= 40


@pytest.mark.parametrize("forgets", [True, False])
def test_the_model_notices_a_phone_that_does_not_send_again_after_a_restore(migrated, tmp_path, forgets):
    """The mutation check: a phone that ignores the new epoch has lost what came after the backup."""
    phones = Phones(SQLite(migrated), tmp_path, forgets=forgets)
    phones.outbox.append(a_household())
    phones.back_up()
    phones._send(phones.outbox)
    phones.kept_once()
    phones.restore_and_begin_again()
    try:
        if forgets:
            with pytest.raises(AssertionError):
                phones.kept_once()
            phones.outbox.clear()
        else:
            phones.kept_once()
    finally:
        phones.teardown()
