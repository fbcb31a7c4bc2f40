"""The hamlets' map on the phone without a network: the same figures as the desk's, its table twin, a way to the doors."""

import re
import sqlite3
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, sign_in
from tests.browser.phones import DELIVER_ELSEWHERE, G3, Phone, offline, until
from tests.pages.counted import weave_of
from tests.people import a_household, a_member, a_visit, a_walk_through
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.domain.visits import CLOSED_STAYS_DAYS

TILES, TABLE = "[data-list=tiles] > li", "[data-list=rows] > tr"


def moved_away(hamlet_id: str, since: datetime) -> list[Operation]:
    """A household that could do everything alone, also 15 days later, and moved away so long ago that no phone
    carries it."""
    home = a_household(hamlet_id=hamlet_id, code="NT-998", label="", consent="refused", recorded_at=since)
    operations = [home, member := a_member(home.id, recorded_at=since)]
    for at in (since, since + timedelta(days=15)):
        operations.append(visit := a_visit(home.id, recorded_at=at))
        operations += [
            a_walk_through(home.id, visit.id, member.id, guide=slug, service=slug, recorded_at=at)
            for slug in core_slugs()
        ]
    left_on = datetime.now(UTC) - timedelta(days=CLOSED_STAYS_DAYS + 1)
    return [*operations, a_visit(home.id, outcome="moved", recorded_at=left_on)]


def test_m3_the_hamlet_map_opens_without_a_network_with_the_figures_of_the_desk(new_phone, network):
    leader: Phone = new_phone(network)
    sign_in(leader.page, network.origin, "Hoàng Văn Minh (mẫu)")
    expect(leader.open("today").locator("#main")).to_have_attribute("data-state", "ready")
    hamlet_id = max(leader.rows("hamlets"), key=lambda row: row["position"])["id"]
    sent = moved_away(hamlet_id, datetime.now(UTC) - timedelta(days=60))
    assert set(leader.page.evaluate(DELIVER_ELSEWHERE, msgspec.to_builtins(sent))) == {"accepted"}
    leader.open("today")
    leader.wait_for_the_worker()
    until(leader.page, lambda: leader.fact("is_complete"), "the whole pack")
    expected = {}
    for measure in ("coverage", "independent", "staleness"):
        leader.page.goto(f"{network.origin}/vi/coverage/08/00919?measure={measure}")
        tiles = leader.page.locator(".mosaic > li")
        expected[measure] = [
            (" ".join(tile.locator(".tag").inner_text().split()), tile.locator("rect").get_attribute("fill"))
            for tile in tiles.all()
        ]

    with offline(leader):
        page = leader.open("map")
        left = [one for row in leader.rows("hamlets") for one in row["closed"]]
        seen = {}
        for measure, tiles in expected.items():
            choose(page, measure)
            seen[measure] = [
                (
                    " ".join(tile.locator(".tag").inner_text().split()),
                    tile.locator("rect").get_attribute("fill"),
                )
                for tile in page.locator(TILES).all()
            ]
            assert page.locator(TABLE).count() == len(tiles)
        page.locator(TABLE).nth(1).get_by_role("link").click()
        expect(page.locator("#hamlet")).to_have_value(re.compile("."))
        about = page.locator("[data-filter] summary").inner_text()

    assert seen == expected
    assert [one for one in left if one["is_met"] and one["is_independent"]], (
        "one has left the phone and counts"
    )
    assert len(expected["coverage"]) > 10
    assert len({fill for _, fill in expected["coverage"]}) >= 3
    second_hamlet = page.locator("#hamlet option:checked").text_content() or "?"
    assert second_hamlet in about


def choose(page: Page, measure: str) -> None:
    """Let the map show this."""
    page.locator(f"[name=measure][value={measure}]").check(force=True)
    expect(page.locator(f"[data-scale={measure}]")).to_be_visible()


HELD = """
with latest as (
  select household_id, member_id, service, case when basis = 'self_said' then 0 else level end as level,
    row_number() over (partition by household_id, member_id, service
      order by basis = 'self_said', julianday(observed_at) desc, id desc) n
  from observations
), homes as (
  select household_id, service, max(level) as level from latest where n = 1 group by 1, 2
), needed as (
  select h.id, coalesce(l.level, 0) as level from households h join core
  left join homes l on l.household_id = h.id and l.service = core.service where coalesce(l.level, 0) <> -1
), here as (
  select hamlet_id, id, is_met, (select min(level) >= 3 from needed n where n.id = h.id) as is_independent,
    date(last_visit_at, '+7 hours') as last_visit_on from households h
), counted as (
  select * from here union all select * from closed where id not in (select id from here)
)
select t.name, t.household_count, coalesce(sum(c.is_met), 0), coalesce(sum(c.is_met and c.is_independent), 0),
  max(c.last_visit_on)
from hamlets t left join counted c on c.hamlet_id = t.id group by t.id order by t.position
"""


def recounted(phone: Phone) -> list[tuple[str, int, int, int, str]]:
    """What the phone holds, counted in plain SQL, by hamlet: its name, its official households, households met and
    independent, the day of the last visit."""
    hamlets = phone.rows("hamlets")
    held: dict[str, tuple[str, list[dict[str, Any]]]] = {
        "hamlets": ("id, name, household_count, position", hamlets),
        "households": ("hamlet_id, id, is_met, last_visit_at", phone.rows("households")),
        "observations": (
            "id, household_id, member_id, service, level, basis, observed_at", phone.rows("observations"),
        ),
        "closed": (
            "hamlet_id, id, is_met, is_independent, last_visit_on",
            [one | {"hamlet_id": row["id"]} for row in hamlets for one in row["closed"]],
        ),
        "core": ("service", [{"service": one["slug"]} for one in phone.fact("services") if one["core"]]),
    }  # fmt: skip
    connection = sqlite3.connect(":memory:")
    for table, (columns, rows) in held.items():
        names = columns.split(", ")
        connection.execute(f"create table {table} ({columns})")
        values = [tuple(row.get(name) for name in names) for row in rows]
        connection.executemany(f"insert into {table} values ({', '.join('?' * len(names))})", values)
    return connection.execute(HELD).fetchall()


def tiles_of(page: Page) -> list[tuple[str | None, ...]]:
    """Each tile: name, figure, what it was made from, how it is woven."""
    return [
        (
            *(tile.locator(part).text_content() for part in (".name", "b", "small")),
            re.sub(r"\D", "", tile.locator("rect").get_attribute("fill") or ""),
        )
        for tile in page.locator(TILES).all()
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_m3_the_map_of_a_phone_equals_a_recount_of_what_the_phone_holds(lan: Phone, seed: int):
    with offline(lan):
        before = {row["id"] for row in lan.rows("observations")}
        record_at_random(lan, Random(seed))
        assert {row["level"] for row in lan.rows("observations") if row["id"] not in before} >= {2, 3}
        page = lan.open("map")
        right = recounted(lan)
        shown, wholes = {}, {}
        for measure in ("coverage", "independent", "staleness"):
            choose(page, measure)
            shown[measure] = tiles_of(page)
            wholes[measure] = page.locator(".whole").inner_text()
        as_of = page.locator("[data-text=as_of]").inner_text()
        known_at = local_moment(lan.fact("as_of"))
    lan.send()

    for number, measure in enumerate(("coverage", "independent"), start=2):
        figures = [
            (row[0], f"{round(100 * row[number] / row[1])} %", f"{row[number]}/{row[1]} hộ") for row in right
        ]
        assert shown[measure] == [(*said, weave_of(measure, said[1])) for said in figures]
        part, whole = (sum(row[column] for row in right) for column in (number, 1))
        assert re.findall(r"\d+", wholes[measure].replace(".", "")) == [str(part), str(whole)]
    today = local_day(datetime.now(UTC))
    since = [(row[0], row[4] and date.fromisoformat(row[4])) for row in right]
    assert shown["staleness"] == [
        (name, str((today - day).days), f"{day:%d/%m/%Y}", weave_of("staleness", str((today - day).days)))
        if day
        else (name, "chưa lần nào", "chưa có lượt thăm", "5")
        for name, day in since
    ]
    quiet = [name for name, day in since if not day or (today - day).days >= 14]
    assert re.findall(r"\d+", wholes["staleness"])[:2] == [str(len(quiet)), str(len(right))]
    assert known_at in as_of
    assert "máy khác chưa gửi" in as_of


def local_moment(said: str) -> str:
    """The time of day in Vietnam."""
    return f"{datetime.fromisoformat(said) + timedelta(hours=7):%H:%M}"


def record_at_random(phone: Phone, chance: Random) -> None:
    """Some households with visits and walk-throughs of every end, one that learns everything; all on the phone."""
    record = lambda work, *said: phone.module("records", work, *said)  # noqa: E731
    for number in range(4):
        home = phone.register(hamlet=chance.randrange(len(phone.rows("hamlets"))))
        members = [phone.add_member(home["id"], label)["id"] for label in ("bà nội", "con trai cả")]
        for outcome in ["met"] if number < 2 else chance.choices(["met", "nobody_home", "refused"], k=2):
            visit = record("recordVisit", {"household_id": home["id"], "outcome": outcome})
            for slug in core_slugs() if outcome == "met" else ():
                run = {
                    "household_id": home["id"],
                    "visit_id": visit["id"],
                    "member_id": chance.choice(members),
                }
                end = chance.choice(["alone", "help"]) if number else "alone"
                run |= {"guide": G3, "guide_version": 1, "service": slug, "marks": {"open-app": end}}
                record("finishWalkThrough", run | {"teach_back": end, "minutes": 5})


def test_m3_what_waits_on_the_phone_is_on_its_map_at_once(lan: Phone, busy_server: Server):
    def met(page) -> int:
        return int(page.locator(TABLE).first.locator("small").first.inner_text().split("/")[0])

    with offline(lan):
        page = lan.open("map")
        before = met(page)
        household = lan.register("Nông Thị Bản Đồ")
        lan.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met"})
        page = lan.open("map")

        assert met(page) == before + 1
        expect(page.locator("[data-text=unsent]")).to_contain_text("hộp chờ gửi")
    lan.send()
