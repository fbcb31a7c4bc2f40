"""Phones' deliveries, one after the other in the order in which they come, those that wait together in one transaction.

A commit waits for the disk; many deliveries share one (group commit). Each answer is given after that commit.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlmodel import col

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.operations.envelope import NOT_PROVEN, Operation
from volunteer_app.domain.operations.proof import SigningKey
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import may_work_in_the_field, member_scope
from volunteer_app.storage import signing_keys
from volunteer_app.storage.database import Database, is_fault_of_the_database
from volunteer_app.storage.installation import InstallationRow
from volunteer_app.storage.operations import senders, spending, taking
from volunteer_app.storage.operations.log import UNREAD, Answer, Sent, unreadable
from volunteer_app.storage.operations.senders import Contact, Sender
from volunteer_app.storage.signing_keys import NewKey

log = logging.getLogger(__name__)

LONGEST_HOLD_SECONDS = 0.04
"""How long one transaction should hold the writer, and with it the interpreter that makes everybody's pages. How many
operations that is follows from what the last ones took of the processor: waiting for others makes no group smaller."""

LEAST_TOGETHER, MOST_TOGETHER = 50, 500
"""Never fewer, however slow they are: a commit is shared. Never more."""


class Unread(msgspec.Struct):
    """An operation that could not be decoded, with what could be read of it."""

    id: UUID
    seq: int
    raw: bytes


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass
class Arrival:
    """A delivery that waits to be taken.

    token_hash: the sign-in that it came with; None for a deposit: sealed boxes from a phone where nobody is signed in.
    signed_with: the key that its bytes are signed with, signer: whose that is said to be; keys: those of single
    operations, by their place. brought_by: who hands a deposit in. is_key_over: that key proves nothing any more;
    is_key_known: it is the signer's, who is signed in.
    """

    token_hash: str | None
    device_id: UUID
    app_build: str
    received_at: datetime
    made: int = 0
    free_mb: int | None = None
    lock: str | None = None
    cards: int | None = None
    operations: list[Operation] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    signed_with: UUID | None = None
    signer: UUID | None = None
    keys: dict[int, UUID] = field(default_factory=dict)
    brought_by: UUID | None = None
    is_key_over: bool = False
    is_key_known: bool = False
    session_id: UUID | None = None
    size: int = 0

    def __len__(self) -> int:
        return len(self.operations) + len(self.unread)

    def read(
        self, raws: Sequence[msgspec.Raw], read: Callable[[msgspec.Raw], tuple[Operation, UUID | None]]
    ) -> None:
        """Decode the operations; what cannot be decoded stands apart, as long as it has an id."""
        for raw in raws:
            self.size += len(bytes(raw))
            try:
                operation, signed_with = read(raw)
                if signed_with:
                    self.keys[len(self.operations)] = signed_with
                self.operations.append(operation)
            except UNREADABLE:
                if unread := _what_can_be_read(bytes(raw)):
                    self.unread.append(unread)


def _what_can_be_read(raw: bytes) -> Unread | None:
    """The id of an operation that is otherwise unreadable, and its number; None when it has no id."""
    try:
        head = msgspec.json.decode(raw, type=_Head)
    except UNREADABLE:
        return None
    seq = bytes(head.seq)
    return Unread(head.id, int(seq) if seq.isdigit() and len(seq) < 10 else 0, raw)


class _Head(msgspec.Struct):
    """All else of an operation is passed over, whatever it is."""

    id: UUID
    seq: msgspec.Raw = msgspec.Raw(b"0")


MOST_WAITING = 400
"""How many deliveries may wait at once; over it phones are asked to come back (bounded memory, bounded waiting)."""


class Busy(Exception):
    """The server cannot take this now; nothing of it was kept. The phone keeps it and tries again."""


NOT_SIGNED_IN = "not signed in"
NOT_IN_THE_FIELD = "not in the field"


class Deliveries:
    """The one way in for deliveries: a queue, and a writer that takes what waits."""

    def __init__(self, database: Database, least_free_percent: int = 5) -> None:
        self._database = database
        self._least_free_percent = least_free_percent
        self.durable_through: str | None = None
        """The moment through which everything received is also in a checked backup."""
        self.epoch: int | None = None
        """Read with each delivery: another process may have put a copy in the database's place."""
        self.outcomes: Counter[str] = Counter()
        """How many operations ended how, since this process began."""
        self.refused = 0
        """How many deliveries were asked to come back."""
        self._waiting: list[tuple[Arrival, asyncio.Future[Any]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._most_together = LEAST_TOGETHER

    @property
    def waiting(self) -> int:
        """How many deliveries wait."""
        return len(self._waiting)

    async def take(self, arrival: Arrival) -> list[Answer] | str:
        """One answer for each operation, once all are committed; or why the sender may not deliver.

        Raises Busy when too many wait, or the database cannot write: full, locked, gone.
        """
        if len(self._waiting) >= MOST_WAITING or not self._database.has_room(self._least_free_percent):
            self.refused += 1
            raise Busy
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, future))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await future

    async def _write(self) -> None:
        try:
            while self._waiting:
                group = self._next_group()
                arrivals = [arrival for arrival, _ in group]
                try:
                    taken = await self._database.writing_at_once(lambda c, a=arrivals: self._timed(c, a))
                except Exception as error:  # noqa: BLE001 - those who wait are told
                    if is_fault_of_the_database(error):
                        log.warning(
                            "deliveries.not_written count=%s kind=%s", len(group), type(error).__name__
                        )
                        error = Busy()
                        self.refused += len(group)
                    for _, future in group:
                        if not future.done():
                            future.set_exception(error)
                else:
                    taken, facts = taken
                    self.durable_through, self.epoch = facts.get("durable_through"), int(facts["epoch"])
                    for (_, future), answers in zip(group, taken, strict=True):
                        if not isinstance(answers, str):
                            self.outcomes.update(str(answer.outcome) for answer in answers)
                        if not future.done():
                            future.set_result(answers)
        finally:
            self._writer = None

    def _timed(
        self, connection: sa.Connection, arrivals: list[Arrival]
    ) -> tuple[list[list[Answer] | str], dict[str, str]]:
        begun = time.thread_time()
        taken = take_together(connection, arrivals)
        if (size := sum(map(len, arrivals))) >= LEAST_TOGETHER:  # of fewer most of the time is not their own
            fit = int(size * LONGEST_HOLD_SECONDS / max(time.thread_time() - begun, 1e-6))
            self._most_together = min(max(fit, LEAST_TOGETHER), MOST_TOGETHER)
        return taken

    def _next_group(self) -> list[tuple[Arrival, asyncio.Future[Any]]]:
        count = size = 0
        for arrival, _ in self._waiting:
            size += len(arrival)
            if count and size > self._most_together:
                break
            count += 1
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return group


def take_together(
    connection: sa.Connection, arrivals: list[Arrival]
) -> tuple[list[list[Answer] | str], dict[str, str]]:
    """Take deliveries, each with the sign-in that it came with, in the caller's transaction; and say through which
    moment everything is in a checked backup, and which epoch it is."""
    now = max(arrival.received_at for arrival in arrivals)
    token_hashes = {arrival.token_hash for arrival in arrivals if arrival.token_hash}
    sessions = senders.signed_in(connection, token_hashes, now)
    deposited_from = {arrival.device_id for arrival in arrivals if arrival.token_hash is None}
    holders = senders.last_holders(connection, deposited_from)
    facts = {row.key: row.value for row in connection.execute(TOLD)}
    results: list[list[Answer] | str] = []
    by_province: dict[str, list[tuple[Arrival, Sender, list[Answer]]]] = defaultdict(list)
    for arrival in arrivals:
        session = sessions.get(arrival.token_hash) if arrival.token_hash else None
        arrival.session_id = session.id if session else None
        scope = session.scope if session else None if arrival.token_hash else holders.get(arrival.device_id)
        if scope is None:
            results.append(NOT_SIGNED_IN)
        elif not may_work_in_the_field(scope):
            results.append(NOT_IN_THE_FIELD)
        else:
            sender = Sender(scope, arrival.device_id, arrival.app_build)
            answers: list[Answer] = []
            results.append(answers)
            by_province[scope.province_code].append((arrival, sender, answers))
    today = local_day(now)
    for province_code, of_province in by_province.items():
        arriving: dict[UUID, int] = defaultdict(int)
        for arrival, sender, _ in of_province:
            arriving[_spender(arrival, sender)] += arrival.size
        rooms = spending.rooms(connection, province_code, arriving, today)
        before = {id_: replace(room) for id_, room in rooms.items()}
        sent = [
            [one._replace(room=rooms[_spender(arrival, sender)]) for one in of_arrival]
            for (arrival, sender, _), of_arrival in zip(
                of_province,
                _sent(connection, province_code, of_province, now),
                strict=True,
            )
        ]
        together = [one for of_arrival in sent for one in of_arrival]
        taken = iter(taking.take(connection, province_code, together, now))
        for (_, _, answers), of_arrival in zip(of_province, sent, strict=True):
            answers += [next(taken) for _ in of_arrival]
        contacts = [
            Contact(
                sender,
                max((one.operation.seq for one in of_arrival), default=0),
                arrival.made,
                arrival.free_mb,
                arrival.token_hash is not None,
                arrival.lock,
                arrival.cards,
            )
            for (arrival, sender, _), of_arrival in zip(of_province, sent, strict=True)
        ]
        senders.note_contacts(connection, contacts, now)
        spending.note_spent(connection, province_code, before, rooms, arriving, today)
    return results, facts


def _spender(arrival: Arrival, sender: Sender) -> UUID:
    """Whose day it is counted to: the person who is signed in, else the phone."""
    return sender.scope.person_id if arrival.token_hash else sender.device_id


TOLD = sa.select(InstallationRow).where(col(InstallationRow.key).in_(("durable_through", "epoch")))


def take_what_was_unreadable(
    connection: sa.Connection, read: Callable[[bytes], tuple[Operation, UUID | None]], now: datetime
) -> int:
    """Take the boxes for which there is a key now; how many. The rest waits on."""
    by_province: dict[str, list[tuple[Arrival, Sender, list[Answer]]]] = defaultdict(list)
    rows = connection.execute(UNREAD).all()
    holders = senders.last_holders(connection, {row.device_id for row in rows})
    for row in rows:
        try:
            operation, signed_with = read(row.body.encode())
        except UNREADABLE:
            continue
        if scope := holders.get(row.device_id):
            keys = {0: signed_with} if signed_with else {}
            by = row.delivered_by
            arrival = Arrival(
                None, row.device_id, row.app_build, now, operations=[operation], keys=keys, brought_by=by
            )
            by_province[scope.province_code].append(
                (arrival, Sender(scope, row.device_id, row.app_build), [])
            )
    for province_code, of_province in by_province.items():
        for of_arrival in _sent(connection, province_code, of_province, now):
            taking.take(connection, province_code, of_arrival, now)
    return sum(map(len, by_province.values()))


def _keys(
    connection: sa.Connection,
    province_code: str,
    arrivals: list[tuple[Arrival, Sender, list[Answer]]],
    now: datetime,
) -> dict[UUID, SigningKey]:
    """The keys that these arrivals are signed with. One that is new is its signer's from now on, if it is they who are
    signed in."""
    ids = {
        key_id
        for arrival, _, _ in arrivals
        for key_id in (arrival.signed_with, *arrival.keys.values())
        if key_id
    }
    known = signing_keys.owners_of(connection, province_code, ids)
    for arrival, sender, _ in arrivals:
        key_id, signer, session_id = arrival.signed_with, arrival.signer, arrival.session_id
        key = known.get(key_id) if key_id else None
        arrival.is_key_over = key is not None and key.ended_at is not None
        if key_id and signer and session_id and signer == sender.scope.person_id:
            if key is None:
                new = NewKey(key_id, signer, arrival.device_id, session_id)
                signing_keys.keep(connection, province_code, new, now)
                known[key_id] = SigningKey(signer, session_id)
            elif key.sign_in_id != session_id and key.person_id == signer and key.ended_at is None:
                signing_keys.note_session(connection, province_code, key_id, session_id)
            arrival.is_key_known = _is_signed_by(arrival, signer, known)
    return known


def _is_signed_by(arrival: Arrival, person_id: UUID, known: dict[UUID, SigningKey]) -> bool:
    key = known.get(arrival.signed_with) if arrival.signed_with and arrival.signer == person_id else None
    return key is not None and key.person_id == person_id and key.ended_at is None


def _sent(
    connection: sa.Connection,
    province_code: str,
    arrivals: list[tuple[Arrival, Sender, list[Answer]]],
    now: datetime,
) -> list[list[Sent]]:
    """Each arrival's operations with their authors. Whose work it is, is proven by a signature with that person's key,
    over the delivery or of the operation's own; else by the person's sign-in, as long as they have no key. All other is
    set aside."""
    known = _keys(connection, province_code, arrivals, now)
    unsigned = {
        sender.scope.person_id
        for arrival, sender, _ in arrivals
        if arrival.token_hash
        and arrival.operations
        and not _is_signed_by(arrival, sender.scope.person_id, known)
    }
    signing = signing_keys.who_signs(connection, province_code, unsigned)
    authors = {
        operation.person_id
        for arrival, _, _ in arrivals
        for operation in arrival.operations
        if operation.person_id
    }
    scopes = senders.scopes_of(connection, province_code, authors)

    def proof(operation: Operation, author: UUID, arrival: Arrival, own: UUID | None) -> UUID | None:
        of_delivery = arrival.signed_with if arrival.signer == author else None
        for key_id in (of_delivery, own):
            key = known.get(key_id) if key_id else None
            if key and key.proves(author, operation.recorded_at, arrival.received_at):
                return key_id
        return None

    def with_author(operation: Operation, sender: Sender, arrival: Arrival, own: UUID | None) -> Sent:
        by = sender.scope.person_id if arrival.token_hash else arrival.brought_by
        author = operation.person_id or sender.scope.person_id
        is_own = arrival.token_hash is not None and author == sender.scope.person_id
        key_id = proof(operation, author, arrival, own)
        scope = sender.scope if is_own else scopes.get(author)
        if scope is not None and (key_id or (is_own and author not in signing)):
            own_sender = sender if is_own else Sender(scope, sender.device_id, sender.app_build)
            return Sent(own_sender, operation, delivered_by=by, signed_with=key_id)
        stranger = member_scope(author, Role.VOLUNTEER, province_code, sender.scope.commune_code)
        aside = Sender(stranger, sender.device_id, sender.app_build)
        return Sent(aside, operation, NOT_PROVEN, delivered_by=by)

    return [
        [
            with_author(operation, sender, arrival, arrival.keys.get(place))
            for place, operation in enumerate(arrival.operations)
        ]
        + [
            unreadable(sender, one.raw, one.id, one.seq, now)._replace(
                delivered_by=sender.scope.person_id if arrival.token_hash else arrival.brought_by
            )
            for one in arrival.unread
        ]
        for arrival, sender, _ in arrivals
    ]
