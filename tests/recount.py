"""What the raw records say, in plain SQL, without a line of the application's own counting: tests compare with it.

Everything is counted by hamlet. Days are days in Vietnam, moments are compared with both ends of those days.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from volunteer_app.domain.calendar import VIETNAM
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.storage.visits import WalkThroughRow

MOMENT = WalkThroughRow.__table__.c.recorded_at.type  # type: ignore[attr-defined]

VISITED = """
with days as (
  select v.household_id, v.visited_on as day, v.outcome = 'met' as is_met from visits v
), firsts as (
  select household_id, min(day) first_visit, min(case when is_met then day end) first_met from days group by 1
), within as (
  select d.household_id, count(*) turns, max(case when is_met then 1 else 0 end) met
  from days d where d.day between :first_day and :last_day group by 1
)
select h.hamlet_id, sum(w.turns) turns, count(w.household_id) attempted, sum(w.met) met,
  sum(case when f.first_visit between :first_day and :last_day then 1 else 0 end) first_attempted,
  sum(case when f.first_met between :first_day and :last_day then 1 else 0 end) first_met
from households h left join within w on w.household_id = h.id left join firsts f on f.household_id = h.id
group by h.hamlet_id
"""
FIRST_GUIDED = """
with firsts as (
  select household_id, member_id, min(recorded_at) as first_at from walk_throughs group by 1, 2
)
select h.hamlet_id, sum(case when f.first_at >= :begins and f.first_at < :ends then 1 else 0 end) first_persons
from firsts f join households h on h.id = f.household_id group by h.hamlet_id
"""
GUIDED = """
select h.hamlet_id, count(*) runs, count(distinct r.member_id) persons, count(distinct r.household_id) guided,
  count(case when o.level >= 3 then 1 end) alone_runs, count(case when o.level = 2 then 1 end) help_runs,
  count(case when o.level = 1 then 1 end) done_runs
from walk_throughs r join households h on h.id = r.household_id
left join observations o on o.id = r.id
where r.recorded_at >= :begins and r.recorded_at < :ends group by h.hamlet_id
"""
RECHECKED = """
with counted as (
  select o.*, coalesce(sum(case when level < 3 then 1 else 0 end) over (
    partition by household_id, member_id, service order by observed_at, id
    rows between unbounded preceding and 1 preceding), 0) as fallen
  from observations o where basis <> 'self_said'
), since as (
  select c.*, first_value(observed_at) over stretch as alone_at, first_value(person_id) over stretch as alone_with
  from counted c where exists (
    select 1 from counted a where a.household_id = c.household_id and a.member_id = c.member_id
      and a.service = c.service and a.fallen = c.fallen and a.level >= 3
      and (a.observed_at < c.observed_at or (a.observed_at = c.observed_at and a.id < c.id) or a.id = c.id))
  window stretch as (partition by household_id, member_id, service, fallen order by observed_at, id)
)
select h.hamlet_id, count(*) rechecks, count(distinct s.household_id) rechecked,
  count(case when s.person_id <> s.alone_with then 1 end) second_rechecks,
  count(case when s.level >= 3 then 1 end) confirmed_rechecks
from since s join households h on h.id = s.household_id
where {at_least_14_days} and s.observed_at >= :begins and s.observed_at < :ends group by h.hamlet_id
"""
LEVELS = """
with latest as (
  select o.household_id, o.member_id, o.service, case when basis = 'self_said' then 0 else o.level end as level,
    row_number() over (partition by household_id, member_id, service
      order by case when basis = 'self_said' then 1 else 0 end, observed_at desc, id desc) n
  from observations o where observed_at < :ends
), homes as (
  select l.household_id, l.service, max(l.level) as level from latest l where l.n = 1 group by 1, 2
)
select h.hamlet_id, h.id household_id, s.service, s.level from homes s join households h on h.id = s.household_id
where exists (select 1 from visits v where v.household_id = h.id and v.outcome = 'met' and v.visited_on <= :last_day)
"""
CONFIRMED = """
with stretch as (
  select o.household_id, o.member_id, o.service, min(o.observed_at) as alone_at, max(o.observed_at) as observed_at
  from observations o where o.basis <> 'self_said' and o.level >= 3 and o.observed_at < :ends and not exists (
    select 1 from observations f where f.household_id = o.household_id and f.member_id = o.member_id
      and f.service = o.service and f.basis <> 'self_said' and f.level < 3 and f.observed_at < :ends
      and (f.observed_at > o.observed_at or (f.observed_at = o.observed_at and f.id > o.id)))
  group by 1, 2, 3
)
select distinct s.household_id, s.service from stretch s where {at_least_14_days}
"""
ONCE_ALONE = """
select o.household_id, o.service, {day} as day, o.level, o.member_id
from observations o where basis <> 'self_said' and observed_at < :ends order by observed_at, id
"""
STUCK = """
select h.hamlet_id, r.blocker, count(*) stuck, count(distinct r.household_id) households
from walk_throughs r join households h on h.id = r.household_id
where r.blocker is not null and r.recorded_at >= :begins and r.recorded_at < :ends group by 1, 2
union all
select h.hamlet_id, 'any', count(*), count(distinct r.household_id)
from walk_throughs r join households h on h.id = r.household_id
where r.blocker is not null and r.recorded_at >= :begins and r.recorded_at < :ends group by 1
"""
STANDING = """
with happened as (
  select r.household_id, r.member_id, r.service, r.blocker, r.recorded_at as at, r.id from walk_throughs r
  union all
  select o.household_id, o.member_id, o.service, null, o.observed_at, o.id from observations o
  where o.basis <> 'self_said' and (o.level >= 3 or o.level = -1) and not exists (
    select 1 from walk_throughs w where w.id = o.id)
), latest as (
  select household_id, blocker,
    row_number() over (partition by household_id, member_id, service order by at desc, id desc) n
  from happened where at < :ends
), standing as (
  select distinct l.household_id, l.blocker from latest l where l.n = 1 and l.blocker is not null and exists (
    select 1 from visits v where v.household_id = l.household_id and v.outcome = 'met' and v.visited_on <= :last_day)
)
select h.hamlet_id, s.blocker, count(*) standing from standing s join households h on h.id = s.household_id group by 1, 2
union all
select h.hamlet_id, 'any', count(distinct s.household_id)
from standing s join households h on h.id = s.household_id group by 1
"""
BY_SERVICE = """
select h.hamlet_id, r.service, count(*) runs, count(distinct r.member_id) persons, count(distinct r.household_id) guided,
  count(case when o.level >= 3 then 1 end) alone_runs, count(case when o.level = 2 then 1 end) help_runs,
  count(case when o.level = 1 then 1 end) done_runs
from walk_throughs r join households h on h.id = r.household_id left join observations o on o.id = r.id
where r.recorded_at >= :begins and r.recorded_at < :ends group by 1, 2
"""
FIRST_ALONE = """
with visited as (select household_id, cast(min(visited_on) as text) first_visit from visits group by 1)
select h.hamlet_id, o.household_id, o.service, v.first_visit, min({day}) as day
from observations o join households h on h.id = o.household_id join visited v on v.household_id = o.household_id
where o.basis <> 'self_said' and o.level >= 3 group by 1, 2, 3, 4
"""
LAST_VISIT = """
select h.hamlet_id, cast(max(v.visited_on) as text) last_visit from visits v join households h on h.id = v.household_id
where v.visited_on <= :last_day group by 1
"""
CHOSEN = """
select id as hamlet_id from hamlets where (cast(:signal as text) = '' or signal = :signal)
  and (cast(:spoken as text) = '' or cast(languages as text) like '%"' || :spoken || '"%')
"""
PHONES = """
select d.id, p.name, m.commune_code, {called} as day, case when d.last_contact_at < :since then 1 else 0 end as is_silent
from devices d join people p on p.id = d.person_id join (
  select distinct person_id, commune_code from memberships
  where role in ('volunteer', 'leader') and (last_day is null or last_day >= :last_day)
) m on m.person_id = d.person_id order by d.last_contact_at
"""
OWN_WORDS = {
    "sqlite": {
        "at_least_14_days": (
            "julianday(date(s.observed_at / 1000000, 'unixepoch', '+7 hours'))"
            " - julianday(date(s.alone_at / 1000000, 'unixepoch', '+7 hours')) >= 14"
        ),
        "day": "date(o.observed_at / 1000000, 'unixepoch', '+7 hours')",
        "called": "date(d.last_contact_at / 1000000, 'unixepoch', '+7 hours')",
    },
    "postgresql": {
        "at_least_14_days": (
            "(s.observed_at at time zone 'Asia/Ho_Chi_Minh')::date"
            " - (s.alone_at at time zone 'Asia/Ho_Chi_Minh')::date >= 14"
        ),
        "day": "cast((o.observed_at at time zone 'Asia/Ho_Chi_Minh')::date as text)",
        "called": "cast((d.last_contact_at at time zone 'Asia/Ho_Chi_Minh')::date as text)",
    },
}

Counts = dict[Any, Any]


async def in_plain_sql(database: Any, first_day: date, last_day: date) -> dict[UUID, Counts]:
    """What was done in these days, by hamlet."""
    counted: dict[UUID, Counts] = {}
    for text in (VISITED, GUIDED, FIRST_GUIDED, RECHECKED):
        for row in await _rows(database, text, first_day, last_day):
            found = counted.setdefault(row["hamlet_id"], {})
            found |= {name: int(count or 0) for name, count in row.items() if name != "hamlet_id"}
    return counted


async def blockers_in_plain_sql(database: Any, first_day: date, last_day: date) -> dict[UUID, Counts]:
    """(blocker, what) → count by hamlet: turns and households in these days, and what stands at their end."""
    counted: dict[UUID, Counts] = defaultdict(dict)
    for text in (STUCK, STANDING):
        for row in await _rows(database, text, first_day, last_day):
            hamlet_id, blocker = row["hamlet_id"], row["blocker"]
            for name in ("stuck", "households", "standing"):
                if row.get(name):
                    counted[hamlet_id][blocker, name] = row[name]
    return dict(counted)


async def standing_in_plain_sql(database: Any, last_day: date) -> dict[UUID, Counts]:
    """At the end of this day, by hamlet: (service, level) → households met, independent households, and those in which a
    skill was lost."""
    rows = await _rows(database, LEVELS, last_day, last_day)
    lasted = {
        (row["household_id"], row["service"]) for row in await _rows(database, CONFIRMED, last_day, last_day)
    }
    counted: dict[UUID, Counts] = defaultdict(lambda: defaultdict(int))
    of_home: dict[tuple[UUID, UUID], dict[str, int]] = defaultdict(dict)
    for row in rows:
        level = 4 if (row["household_id"], row["service"]) in lasted else row["level"]
        counted[row["hamlet_id"]][row["service"], level] += 1
        of_home[row["hamlet_id"], row["household_id"]][row["service"]] = level
    best: dict[tuple[UUID, str], dict[str, int]] = defaultdict(dict)
    once: set[tuple[UUID, str]] = set()
    events = await _rows(database, ONCE_ALONE, last_day, last_day)
    ends = {(e["household_id"], e["service"], e["day"]): position for position, e in enumerate(events)}
    for position, row in enumerate(events):
        key = (row["household_id"], row["service"])
        best[key][row["member_id"]] = row["level"]
        if ends[*key, row["day"]] == position and max(best[key].values()) >= 3:
            once.add(key)
    for (hamlet_id, household_id), levels in of_home.items():
        core = [levels.get(slug, 0) for slug in core_slugs()]
        is_independent = all(level >= 3 or level == -1 for level in core) and any(
            level >= 3 for level in core
        )
        counted[hamlet_id]["independent"] += is_independent
        lost = any((household_id, slug) in once and level in (0, 1, 2) for slug, level in levels.items())
        counted[hamlet_id]["relapsed"] += lost
    return {hamlet_id: dict(counts) for hamlet_id, counts in counted.items()}


async def services_in_plain_sql(database: Any, first_day: date, last_day: date) -> dict[UUID, Counts]:
    """(service, what) → count by hamlet, of the walk-throughs of these days."""
    counted: dict[UUID, Counts] = defaultdict(dict)
    for row in await _rows(database, BY_SERVICE, first_day, last_day):
        names = [name for name in row if name not in ("hamlet_id", "service")]
        counted[row["hamlet_id"]] |= {(row["service"], name): row[name] for name in names}
    return dict(counted)


async def waits_in_plain_sql(
    database: Any, first_day: date, last_day: date
) -> dict[UUID, list[tuple[UUID, int]]]:
    """Household and days from its first visit, for each service seen alone for the first time in these days."""
    counted: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    for row in await _rows(database, FIRST_ALONE, first_day, last_day):
        day, first_visit = date.fromisoformat(row["day"]), date.fromisoformat(row["first_visit"])
        if first_day <= day <= last_day:
            counted[row["hamlet_id"]].append((row["household_id"], max(0, (day - first_visit).days)))
    return dict(counted)


async def last_visits_in_plain_sql(database: Any, last_day: date) -> dict[UUID, date]:
    """The day of the last visit until this day, by hamlet."""
    rows = await _rows(database, LAST_VISIT, last_day, last_day)
    return {row["hamlet_id"]: date.fromisoformat(row["last_visit"]) for row in rows}


async def chosen_in_plain_sql(database: Any, signal: str = "", spoken: str = "") -> set[UUID]:
    """The hamlets with this signal, or where this language is spoken."""
    named = {"signal": signal, "spoken": spoken}
    return {row["hamlet_id"] for row in await _rows(database, CHOSEN, date.min, date.min, **named)}


async def phones_in_plain_sql(database: Any, today: date, since: datetime) -> list[Counts]:
    """The phones of those who work today, once for each commune, longest silent first; silent: not heard from since."""
    rows = await _rows(database, PHONES, today, today, since=since)
    return [row | {"day": date.fromisoformat(row["day"])} for row in rows]


async def _rows(
    database: Any, text: str, first_day: date, last_day: date, **more: Any
) -> list[dict[str, Any]]:
    begins = datetime.combine(first_day, datetime.min.time(), VIETNAM)
    ends = datetime.combine(last_day + timedelta(days=1), datetime.min.time(), VIETNAM)
    given = {
        "first_day": sa.bindparam("first_day", first_day, sa.Date),
        "last_day": sa.bindparam("last_day", last_day, sa.Date),
        "begins": sa.bindparam("begins", begins, MOMENT),
        "ends": sa.bindparam("ends", ends, MOMENT),
        "since": sa.bindparam("since", more.get("since"), MOMENT),
        "signal": sa.bindparam("signal", more.get("signal"), sa.Text),
        "spoken": sa.bindparam("spoken", more.get("spoken"), sa.Text),
    }
    async with database.reading() as db:
        connection = await db.connection()
        words = text.format(**OWN_WORDS[connection.dialect.name]) if "{" in text else text
        query = sa.text(words).bindparams(*(bind for name, bind in given.items() if f":{name}" in words))
        found = (await connection.execute(query)).mappings().all()
    return [{name: _id(value) if name in IDS else value for name, value in row.items()} for row in found]


IDS = ("id", "hamlet_id", "household_id", "member_id")


def _id(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(bytes=bytes(value))
