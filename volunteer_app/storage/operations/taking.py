"""The one way in for what phones recorded.

Operations of many phones are planned and written together (synchronous statements, table by table); if the database
refuses them, each half is tried alone in its own savepoint, so one bad record never blocks the rest.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.assignments import is_after_lease
from volunteer_app.domain.budgets import TOO_MUCH_TODAY
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.households import Consent
from volunteer_app.domain.operations import kinds
from volunteer_app.domain.operations.claims import homes
from volunteer_app.domain.operations.envelope import (
    AFTER_LEASE,
    ERASED,
    MENDED,
    NOT_KEPT,
    OTHER_CONTENT,
    UNREADABLE,
    WAITS,
    Body,
    Operation,
    OperationOutcome,
)
from volunteer_app.domain.operations.kinds import read_body
from volunteer_app.domain.operations.known import Held, Known
from volunteer_app.domain.operations.personal import TAKEN_WITHOUT_WORDS, as_may_be_kept
from volunteer_app.domain.problems import Problem
from volunteer_app.storage import feeds, personal
from volunteer_app.storage.database import at_once, hold_to_ties_at_once, is_fault_of_the_database
from volunteer_app.storage.kept import Kept
from volunteer_app.storage.operations import log, lookups, mending, records, senders
from volunteer_app.storage.operations.log import Answer, OperationRow, Sent
from volunteer_app.storage.operations.records import Rows
from volunteer_app.storage.operations.senders import Sender

logger = logging.getLogger(__name__)

Touched = dict[UUID, UUID]
"""Households that a delivery changed, each with its hamlet."""


async def take_all(db: AsyncSession, sender: Sender, made: list[Operation], now: datetime) -> list[Answer]:
    """Take one sender's operations inside the session's transaction: one answer for each, in their order."""
    province_code = sender.scope.province_code
    by = sender.scope.person_id
    sent = [Sent(sender, operation, delivered_by=by) for operation in made]
    return await at_once(db, take, province_code, sent, now)


def take(connection: sa.Connection, province_code: str, sent: list[Sent], now: datetime) -> list[Answer]:
    """Take what phones of a province sent: one answer for each operation, in their order.

    The numbers that phones fetch by are raised last in the transaction: their locks make commits come in their order.
    """
    hold_to_ties_at_once(connection)
    answers, touched = _take_or_halve(connection, province_code, sent, now)
    feeds.note_changes(connection, province_code, touched)
    return answers


def _take_or_halve(
    connection: sa.Connection,
    province_code: str,
    sent: list[Sent],
    now: datetime,
    *,
    is_last_try: bool = False,
) -> tuple[list[Answer], Touched]:
    try:
        with connection.begin_nested():
            return _take(connection, province_code, sent, now)
    except Exception as error:
        if is_fault_of_the_database(error):
            raise
        if len(sent) == 1 and not is_last_try:
            # Another server may have taken the same meanwhile; now its rows can be seen.
            return _take_or_halve(connection, province_code, sent, now, is_last_try=True)
        if len(sent) == 1:
            logger.exception("operation.refused id=%s", sent[0].operation.id)
            return [_keep_refused(connection, sent[0], now)], {}
        logger.warning("operations.refused_together count=%s", len(sent))
    half = len(sent) // 2
    first, touched = _take_or_halve(connection, province_code, sent[:half], now)
    second, touched_too = _take_or_halve(connection, province_code, sent[half:], now)
    return first + second, touched | touched_too


def _in_time(one: Sent, now: datetime) -> Sent:
    """With a time that can be; what tells its content from other content under its id is still what came."""
    return one._replace(operation=kinds.in_time(one.operation, now))


def _keep_refused(connection: sa.Connection, one: Sent, now: datetime) -> Answer:
    """What the database refuses is kept as it came and tried again at the next delivery; refused again, it is put
    aside for the leader, so that no phone sends it for ever."""
    province_code, id_, its_digest = one.sender.scope.province_code, one.operation.id, one.digest()
    before = log.kept_before(connection, province_code, [id_]).get(id_)
    is_known = before is not None and before.digest == its_digest
    answer = Answer(id_, OperationOutcome.PARKED if is_known else OperationOutcome.RETRY, now, NOT_KEPT)
    try:
        with connection.begin_nested():
            if is_known:
                log.forget_tries(connection, province_code, [id_])
            row = log.row_of(one, its_digest, answer, now)
            personal.leave_out(connection, province_code, [row])
            log.keep_once(connection, [row])
    except Exception as error:
        if is_fault_of_the_database(error):
            raise
        logger.exception("operation.not_even_kept id=%s", id_)
        return Answer(id_, OperationOutcome.RETRY, now)
    return answer


def _take(
    connection: sa.Connection, province_code: str, sent: list[Sent], now: datetime
) -> tuple[list[Answer], Touched]:
    """Corrections come after all else, each alone: what they mend may have come with them."""
    last = [one for one in sent if one.operation.mends]
    last.sort(key=lambda one: mending.place(one.operation.mends, one.operation.seq))
    if not last or len(sent) == 1:
        return _take_together(connection, province_code, sent, now)
    first = [one for one in sent if not one.operation.mends]
    found, touched = _take_together(connection, province_code, first, now)
    answers = dict(zip(map(id, first), found, strict=True))
    for one in last:
        (answers[id(one)],), more = _take_together(connection, province_code, [one], now)
        touched |= more
    return [answers[id(one)] for one in sent], touched


def _take_together(
    connection: sa.Connection, province_code: str, sent: list[Sent], now: datetime
) -> tuple[list[Answer], Touched]:
    kept_before = log.kept_before(connection, province_code, [one.operation.id for one in sent])
    tried = [
        one.operation.id
        for one in sent
        if (row := kept_before.get(one.operation.id))
        and (
            (row.outcome is OperationOutcome.RETRY and row.digest == one.digest())
            or (
                row.reason == UNREADABLE.code and one.raw is None
            )  # it is readable now: its key has come back
        )
    ]
    if tried:  # as if they came for the first time; refused again, this deletion is undone with all else
        log.forget_tries(connection, province_code, tried)
        kept_before = {id_: row for id_, row in kept_before.items() if id_ not in tried}
    if (
        set_aside := [
            one
            for one in sent
            if (row := kept_before.get(one.operation.id))
            and row.outcome in log.NOT_YET_TAKEN
            and row.digest == one.digest()
            and row.person_id == _author(one)  # nobody brings on what was said in another's name
            and one.refused is None  # who recorded it is proven
        ]
    ):  # no answer is for ever: the lease may have been given since, the day have come, what it waits for have arrived
        log.note_proof(connection, province_code, set_aside)
        ids = [one.operation.id for one in set_aside]
        replay(connection, province_code, ids, now)
        kept_before |= log.kept_before(connection, province_code, ids)
    answers: dict[tuple[UUID, bytes], Answer] = {}
    fresh: dict[UUID, tuple[Sent, bytes]] = {}
    others: list[tuple[Sent, bytes]] = []
    for one in sent:
        id_, its_digest = one.operation.id, one.digest()
        if before := kept_before.get(id_):
            answers[id_, its_digest] = _answer_again(before, its_digest)
            if before.digest not in (its_digest, log.NOT_SEEN):
                others.append((one, its_digest))
        elif id_ not in fresh and one.room and not one.room.takes_another():
            answers[id_, its_digest] = _another_day(one, now)
        elif fresh.setdefault(id_, (_in_time(one, now), its_digest))[1] != its_digest:
            answers[id_, its_digest] = Answer(id_, OperationOutcome.MISMATCH, now, OTHER_CONTENT)
            others.append((one, its_digest))
    others = _with_room(connection, province_code, others, answers, now)
    touched: Touched = {}
    if others:
        _keep_apart(connection, province_code, others, now)
    if fresh:
        fresh_answers = _keep(connection, province_code, list(fresh.values()), now, touched)
        answers |= {(answer.id, fresh[answer.id][1]): answer for answer in fresh_answers}
        _release(connection, province_code, _accepted(fresh_answers), now, touched)
    return [answers[one.operation.id, one.digest()] for one in sent], touched


def _author(one: Sent) -> UUID:
    return one.sender.scope.person_id


ASIDE = (OperationOutcome.PARKED, OperationOutcome.HELD)


def _another_day(one: Sent, now: datetime) -> Answer:
    """Nothing of it is kept here. The phone keeps it, says why, and asks again by itself; all else goes on."""
    return Answer(one.operation.id, OperationOutcome.HELD, now, TOO_MUCH_TODAY)


def _with_room(
    connection: sa.Connection,
    province_code: str,
    others: list[tuple[Sent, bytes]],
    answers: dict[tuple[UUID, bytes], Answer],
    now: datetime,
) -> list[tuple[Sent, bytes]]:
    """Those that are kept apart already, or for which there is room today; the rest is answered so."""
    if not others:
        return []
    ids = [UUID(bytes=its_digest) for _, its_digest in others]
    there = log.kept_before(connection, province_code, ids)
    found = []
    for one, its_digest in others:
        if UUID(bytes=its_digest) in there or one.room is None or one.room.sets_another_aside():
            found.append((one, its_digest))
        else:
            answers[one.operation.id, its_digest] = _another_day(one, now)
    return found


def _keep_apart(
    connection: sa.Connection, province_code: str, others: list[tuple[Sent, bytes]], now: datetime
) -> None:
    """Other content under an id that is taken: kept once for the leader, its digest being its id."""
    rows = {}
    for one, its_digest in others:
        answer = Answer(one.operation.id, OperationOutcome.MISMATCH, now, OTHER_CONTENT)
        rows[its_digest] = log.row_of(one, its_digest, answer, now) | {
            "id": UUID(bytes=its_digest),
            "seq": 0,
        }
    personal.leave_out(connection, province_code, rows.values())
    log.keep_once(connection, list(rows.values()))


def _accepted(answers: Iterable[Answer]) -> list[UUID]:
    """What is there now: the ids of the records that follow."""
    return [answer.mends or answer.id for answer in answers if answer.outcome is OperationOutcome.ACCEPTED]


def _answer_again(row: Any, its_digest: bytes) -> Answer:
    """A repeat: the same content is a success, other content is kept apart and shown."""
    if row.digest not in (its_digest, log.NOT_SEEN):
        return Answer(row.id, OperationOutcome.MISMATCH, row.received_at, OTHER_CONTENT)
    outcome = OperationOutcome.DUPLICATE if row.outcome in log.ENDED else row.outcome
    return Answer(row.id, outcome, row.received_at, log.last_said_of(row), row.waits_for)


def _keep(
    connection: sa.Connection,
    province_code: str,
    fresh: list[tuple[Sent, bytes]],
    now: datetime,
    touched: Touched,
) -> list[Answer]:
    """Plan every operation, then write all that follows, table by table."""
    rows: Rows = defaultdict(list)
    answers, kept = [], []
    planned, promised = _plan(connection, province_code, [one for one, _ in fresh], now, rows, touched)
    for (one, its_digest), answer in zip(fresh, planned, strict=True):
        if answer.outcome in ASIDE and one.room and not one.room.sets_another_aside():
            answers.append(_another_day(one, now))
            continue
        is_ended = answer.outcome is OperationOutcome.DISCARDED
        answers.append(replace(answer, outcome=OperationOutcome.DUPLICATE) if is_ended else answer)
        kept.append(log.row_of(one, its_digest, answer, now))
    personal.leave_out(connection, province_code, kept)
    log.INSERT.run(connection, kept)
    records.write(connection, province_code, rows)
    personal.forget_without_consent(connection, province_code, promised)
    _settle_mended(connection, province_code, [one for one, _ in fresh], answers)
    return answers


def _settle_mended(
    connection: sa.Connection, province_code: str, sent: list[Sent], answers: list[Answer]
) -> None:
    for one, answer in zip(sent, answers, strict=True):
        if answer.mends and answer.outcome is OperationOutcome.ACCEPTED:
            mending.settle(connection, province_code, one, answer)


def _plan(
    connection: sa.Connection,
    province_code: str,
    sent: list[Sent],
    now: datetime,
    rows: Rows,
    touched: Touched,
) -> tuple[list[Answer], set[UUID]]:
    """One answer for each operation; the rows of those that are accepted are added to `rows`. Also the families whose
    "yes" names were let through for, though it could not be taken."""
    bodies = [
        one.refused or mending.what_stands_before(connection, province_code, one) or read_body(one.operation)
        for one in sent
    ]
    people = {one.sender.scope.person_id: one.sender.scope for one in sent if one.refused is None}
    known_by = lookups.known(connection, province_code, people, bodies)
    today = local_day(now)
    answers = []
    taken_now: dict[UUID, int | None] = {}
    for one, body_or_problem in zip(sent, bodies, strict=True):
        operation, said = one.operation, body_or_problem
        if operation.mends and operation.mends in taken_now and not isinstance(said, Problem):
            said = mending.comes_after(operation, taken_now[operation.mends])
        if isinstance(said, Problem):
            outcome = OperationOutcome.DISCARDED if said is MENDED else OperationOutcome.PARKED
            answers.append(Answer(operation.id, outcome, now, said))
            continue
        known = known_by[one.sender.scope.person_id]
        known.device_id = one.sender.device_id
        body, is_less = as_may_be_kept(said, known)
        recorded = mending.as_recorded(operation) if operation.mends else operation
        taken = kinds.take(recorded, body, known, now)
        if taken is ERASED:
            answers.append(Answer(operation.id, OperationOutcome.DISCARDED, now, ERASED))
        elif isinstance(taken, Problem):
            answers.append(Answer(operation.id, OperationOutcome.PARKED, now, taken))
        elif isinstance(taken, Held):
            answers.append(Answer(operation.id, OperationOutcome.HELD, now, WAITS, taken.waits_for))
        else:
            of_households = records.add_rows(rows, taken, Kept(recorded, body, known, now))
            is_late = is_after_lease(known.assigned, _recorded_in(body, of_households, known), today)
            mark = AFTER_LEASE if is_late else TAKEN_WITHOUT_WORDS if is_less else None
            answers.append(Answer(operation.id, OperationOutcome.ACCEPTED, now, mark, mends=operation.mends))
            taken_now[recorded.id] = operation.seq if operation.mends else None
            touched |= of_households
    said_yes = {household for known in known_by.values() for household in known.will_agree}
    return answers, {
        household.id
        for known in known_by.values()
        for id_ in said_yes
        if (household := known.households.get(id_)) and household.consent is not Consent.GIVEN
    }


def _recorded_in(body: Body, touched: Touched, known: Known) -> Iterable[UUID]:
    """The hamlets in which it was recorded: of a duplicate, where that stood."""
    lost = [id_ for _, id_ in homes(known.person_id, body) if id_ in known.lost_places]
    if not lost:
        return touched.values()
    instead = {known.households[id_].id: known.lost_places[id_][1] for id_ in lost}
    return (touched | instead).values()


def _release(
    connection: sa.Connection, province_code: str, arrived: list[UUID], now: datetime, touched: Touched
) -> None:
    """Take the operations that waited for what has just arrived; what they bring may release more."""
    while arrived:
        waiting = list(connection.execute(log.WAITING, {"province": province_code, "ids": arrived}).all())
        arrived = _accepted(_release_or_halve(connection, province_code, waiting, now, touched))


def _release_or_halve(
    connection: sa.Connection, province_code: str, waiting: list[Any], now: datetime, touched: Touched
) -> list[Answer]:
    """What the database refuses is put aside: it must not take down what it waited for."""
    if not waiting:
        return []
    try:
        with connection.begin_nested():
            return _take_again(connection, province_code, waiting, now, touched)
    except Exception as error:
        if is_fault_of_the_database(error):
            raise
        logger.warning("operations.not_released count=%s error=%s", len(waiting), type(error).__name__)
    if len(waiting) == 1:
        aside = {"outcome": OperationOutcome.PARKED, "reason": NOT_KEPT.code, "waits_for": None}
        this_one = (
            col(OperationRow.province_code) == province_code,
            col(OperationRow.id) == waiting[0].id,
        )
        connection.execute(sa.update(OperationRow).where(*this_one).values(**aside))
        return []
    half = len(waiting) // 2
    first = _release_or_halve(connection, province_code, waiting[:half], now, touched)
    return first + _release_or_halve(connection, province_code, waiting[half:], now, touched)


def _take_again(
    connection: sa.Connection,
    province_code: str,
    waiting: list[Any],
    now: datetime,
    touched: Touched,
    mended: Mapping[UUID, dict[str, Any]] | None = None,
) -> list[Answer]:
    """Take operations that are already kept, in the order in which they were recorded; credited to their authors,
    judged by the authors' own assignments."""
    if not waiting:
        return []
    waiting.sort(key=lambda row: (*mending.place(row.mends, row.seq), row.recorded_at, row.id.bytes))
    scopes = senders.scopes_of(connection, province_code, {row.person_id for row in waiting})
    waiting = [row for row in waiting if row.person_id in scopes]
    sent = [
        Sent(
            Sender(scopes[row.person_id], row.device_id, row.app_build),
            Operation(
                id=row.id,
                seq=row.seq,
                kind=row.kind,
                schema=row.body_schema,
                recorded_at=row.recorded_at,
                time_quality=row.time_quality,
                mends=row.mends,
                body=(mended or {}).get(row.id) or msgspec.json.decode(row.body),
            ),
        )
        for row in waiting
    ]
    rows: Rows = defaultdict(list)
    answers, promised = _plan(connection, province_code, sent, now, rows, touched)
    records.write(connection, province_code, rows)
    personal.forget_without_consent(connection, province_code, promised)
    still = [
        {"id": row.id, "kind": row.kind, "body": None if answer.outcome in log.ENDED else row.body}
        for row, answer in zip(waiting, answers, strict=True)
    ]
    personal.leave_out(connection, province_code, still)
    connection.execute(
        sa.update(OperationRow)
        .where(
            col(OperationRow.province_code) == province_code,
            col(OperationRow.id) == sa.bindparam("of_operation"),
        )
        .values({name: sa.bindparam(f"new_{name}") for name in CHANGING}),
        [
            {
                "of_operation": row.id,
                "new_outcome": answer.outcome,
                "new_waits_for": answer.waits_for,
                "new_reason": answer.problem.code if answer.problem else None,
                "new_field": answer.problem.field if answer.problem else None,
                "new_body": kept["body"],
            }
            for row, answer, kept in zip(waiting, answers, still, strict=True)
        ],
    )
    _settle_mended(connection, province_code, sent, answers)
    return answers


CHANGING = ("outcome", "waits_for", "reason", "field", "body")
"""What another look at an operation changes of it."""


def replay(
    connection: sa.Connection,
    province_code: str,
    ids: Collection[UUID],
    now: datetime,
    bodies: Mapping[UUID, dict[str, Any]] | None = None,
) -> list[Answer]:
    """Take parked or held operations again, some with a mended body. What they bring may release others."""
    rows = [
        row
        for row in connection.execute(log.BY_ID, {"province": province_code, "ids": list(ids)})
        if row.outcome in log.NOT_YET_TAKEN and row.kind != log.UNREAD_KIND
    ]
    touched: Touched = {}
    hold_to_ties_at_once(connection)
    try:
        with connection.begin_nested():
            answers = _take_again(connection, province_code, rows, now, touched, bodies)
            _release(connection, province_code, _accepted(answers), now, touched)
    except Exception as error:
        if is_fault_of_the_database(error):
            raise
        logger.exception("operations.not_replayed count=%s", len(rows))
        return [Answer(row.id, row.outcome, now, NOT_KEPT) for row in rows]
    feeds.note_changes(connection, province_code, touched)
    return answers
