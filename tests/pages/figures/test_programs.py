"""Programs that read figures by themselves: let in for a time, for one place, with a secret shown once."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from tests.field_work import deliver
from tests.pages.coverage.test_routes import met_households
from tests.people import COMMUNE, LAN, MINH, OTHER_COMMUNE, PROVINCE, THE_FRONT
from volunteer_app import limits
from volunteer_app.domain.programs import MOST_AT_ONCE
from volunteer_app.storage.audit import AuditRow
from volunteer_app.storage.programs import ProgramRow

DESK = "/vi/figures-api"
PLACES = "/api/v1/figures/places/json"
REPORT = "/api/v1/figures/report/json"
PLACE = {"province": PROVINCE, "commune": COMMUNE}
NOW = datetime.now(UTC)


def let_in(leader, name: str = "Sở Khoa học và Công nghệ", days: int = 30) -> str:
    """Let a program in; its secret as the page shows it."""
    page = leader.post_from_us(f"{DESK}/programs", data={"name": name, "days": days}).text
    return re.findall(r'class="secret">([^<]+)<', page)[0]


@pytest.fixture
def ask(another_phone):
    """Ask as a program, with nobody signed in: `ask(secret, path)`."""
    program = another_phone()
    return lambda secret, path=PLACES, query=PLACE: program.get(
        path, params=query, headers={"authorization": f"Bearer {secret}"}
    )


def test_x3_a_program_reads_the_figures_of_its_place_with_small_numbers_left_out(signed_in, ask, in_database):
    met = met_households(3)
    in_database(lambda database: deliver(database, met, now=NOW))
    leader = signed_in(MINH)
    secret = let_in(leader)

    seen_by_program, seen_by_leader = ask(secret).json(), leader.get(PLACES, params=PLACE).json()

    assert [row["name"] for row in seen_by_program] == [row["name"] for row in seen_by_leader]
    assert seen_by_leader[0]["households_met"] == 3
    assert seen_by_program[0]["households_met"] is None
    assert ask(secret, REPORT).status_code == 200
    assert "Nông Văn Mẫu" not in ask(secret).text + ask(secret, REPORT).text


def test_x3_a_program_reads_nothing_else(signed_in, ask):
    secret = let_in(signed_in(MINH))

    for query in ({"province": PROVINCE}, PLACE | {"commune": OTHER_COMMUNE}, {"province": "20"}):
        assert ask(secret, PLACES, query).status_code == 404
    assert ask(secret, "/api/v1/figures/visits.csv").status_code == 401
    for path in ("/vi/households", "/vi/figures-api", f"/vi/coverage/{PROVINCE}/{COMMUNE}", "/vi/audit"):
        assert ask(secret, path).url.path.endswith("/sign-in")


@pytest.mark.parametrize("ended", ["stopped", "over", "invented", "another scheme"])
def test_a_program_that_nobody_lets_in_any_more_reads_nothing(
    signed_in, ask, another_phone, in_database, ended
):
    leader = signed_in(MINH)
    secret = let_in(leader)
    assert ask(secret).status_code == 200

    if ended == "stopped":
        (path,) = re.findall(r'action="([^"]+/end)"', leader.get(DESK).text)
        leader.post_from_us(unescape(path))
        assert "Đã dừng ngày" in leader.get(DESK).text
    elif ended == "over":
        yesterday = (NOW - timedelta(days=2)).date()

        async def end(database):
            async with database.writing() as db:
                await (await db.connection()).execute(sa.update(ProgramRow).values(last_day=yesterday))

        in_database(end)
    if ended == "another scheme":
        answer = another_phone().get(PLACES, params=PLACE, headers={"authorization": f"Basic {secret}"})
    else:
        answer = ask(secret if ended != "invented" else secret[:-1] + "?")

    assert answer.status_code == 401


def test_the_secret_is_shown_once_and_not_kept(signed_in, in_database):
    leader = signed_in(MINH)
    secret = let_in(leader)

    async def kept(database):
        async with database.reading() as db:
            return (await db.exec(select(ProgramRow))).one().model_dump()

    assert secret not in leader.get(DESK).text
    assert secret not in str(in_database(kept))


def test_every_reading_is_noted_and_counted(signed_in, ask, in_database):
    leader = signed_in(MINH)
    secret = let_in(leader)
    ask(secret)
    ask(secret, REPORT)

    async def lines(database):
        async with database.reading() as db:
            return [(row.action, row.person_id, row.reason.split(" ")[0]) for row in await db.exec(
                select(AuditRow).where(col(AuditRow.action).in_(["program.allowed", "export.made"])).order_by(col(AuditRow.seq))
            )]  # fmt: skip

    assert in_database(lines) == [
        ("program.allowed", MINH, ""), ("export.made", None, "places.json"), ("export.made", None, "report.json"),
    ]  # fmt: skip
    assert "2 lượt đọc" in leader.get(DESK).text


def test_a_program_that_asks_too_often_waits(signed_in, ask, monkeypatch):
    monkeypatch.setattr(limits, "MOST_READINGS", 2)
    secret = let_in(signed_in(MINH))

    answers = [ask(secret) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["retry-after"] == "900"


def test_i11_a_right_secret_opens_in_a_flood_of_wrong_ones(signed_in, ask):
    """The attack (S4): 151 wrong tries of anybody behind the same address shut the good program out."""
    secret = let_in(signed_in(MINH))

    assert {ask(f"tn_wrong {number}").status_code for number in range(160)} == {401}
    assert ask(secret).status_code == 200


@pytest.mark.parametrize(
    ("form", "said"), [({"name": " "}, "chương trình nào"), ({"name": "x" * 61}, "60 ký tự")]
)
def test_a_form_that_says_too_little_comes_back_with_what_is_missing(signed_in, form, said):
    answer = signed_in(MINH).post_from_us(f"{DESK}/programs", data=form)

    assert answer.status_code == 422
    assert said in answer.text


def test_no_more_programs_than_somebody_can_keep_in_mind(signed_in):
    leader = signed_in(MINH)
    for number in range(MOST_AT_ONCE):
        let_in(leader, f"Chương trình {number}")

    assert leader.post_from_us(f"{DESK}/programs", data={"name": "Một nữa", "days": 30}).status_code == 422


@pytest.mark.parametrize("person", [LAN, THE_FRONT])
def test_only_leaders_and_administrators_let_programs_in(signed_in, person):
    assert (
        signed_in(person).post_from_us(f"{DESK}/programs", data={"name": "x", "days": 30}).status_code == 404
    )


def test_x3_openapi_says_how_a_program_shows_its_secret(signed_in, visitor):
    schema = visitor.get("/api/v1/figures/openapi.json").json()

    assert schema["components"]["securitySchemes"]["program"] == {"type": "http", "scheme": "bearer"}
    names = {one["name"] for one in schema["paths"]["/api/v1/figures/places/{kind}"]["get"]["parameters"]}
    assert {"province", "commune", "span", "first_day", "last_day", "service", "language"} <= names
