"""Assignments (A1, A2, A3): given ahead from list or map, expiring visibly, handed over, suggested and adjusted."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.field_work import deliver
from tests.people import (
    COMMUNE,
    FAR_HAMLET,
    HAMLET,
    HOA,
    LAN,
    MINH,
    NEXT_HAMLET,
    PROVINCE,
    THE_FRONT,
    a_household,
    a_visit,
    id_of,
)
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.people import Role
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import HamletPredecessorRow, HamletRow

NOW = datetime.now(UTC)
TODAY = local_day(NOW)
PAO = id_of("Pao")
LANS_LEASE = id_of(f"assignment {LAN}")


@pytest.fixture
def pao(in_database):
    """A second volunteer of Lan's commune, who speaks Mông and has no hamlet yet."""

    async def work(database):
        async with database.writing() as db:
            db.add(PersonRow(province_code=PROVINCE, id=PAO, name="Thào A Páo", languages=["hmn"]))
            db.add(
                MembershipRow(
                    province_code=PROVINCE,
                    id=PAO,
                    person_id=PAO,
                    role=Role.VOLUNTEER,
                    commune_code=COMMUNE,
                    first_day=TODAY - timedelta(days=9),
                )
            )

    in_database(work)
    return PAO


@pytest.fixture
def leases(in_database):
    """Every lease of the commune: `leases()` → {(hamlet, person): row}."""

    def read():
        async def work(database):
            async with database.reading() as db:
                from volunteer_app.storage import assignments

                return await assignments.since(db, scope_of_minh(), date.min)

        return {(row.hamlet_id, row.person_id): row for row in in_database(work)}

    return read


def scope_of_minh():
    from tests.people import SCOPES

    return SCOPES[MINH]


def given(first=TODAY, last=TODAY + timedelta(days=30), people=(LAN,), hamlet=NEXT_HAMLET, **more):
    return {
        "hamlet": str(hamlet),
        "person": [str(person) for person in people],
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
    } | more


def test_a1_a_hamlet_is_given_ahead_to_several_from_the_map(signed_in, pao, leases):
    minh = signed_in(MINH)
    page = minh.get(f"/en/assignments?hamlet={NEXT_HAMLET}").text
    assert f'href="/en/assignments?hamlet={NEXT_HAMLET}#give" data-state="none"' in page
    assert f'<option value="{NEXT_HAMLET}" selected' in page
    ahead = TODAY + timedelta(days=5)

    answer = minh.post_from_us("/en/assignments", data=given(first=ahead, people=(LAN, PAO), target="12"))

    assert answer.status_code == 200
    assert {person for hamlet, person in leases() if hamlet == NEXT_HAMLET} == {LAN, PAO}
    assert (leases()[NEXT_HAMLET, PAO].first_day, leases()[NEXT_HAMLET, PAO].target) == (ahead, 12)
    assert "Given ahead" in answer.text
    assert "2 volunteers" in answer.text


def test_giving_twice_makes_one_lease_and_a_later_day_makes_it_longer(signed_in, leases):
    minh = signed_in(MINH)
    minh.post_from_us("/en/assignments", data=given())
    minh.post_from_us("/en/assignments", data=given())
    later = TODAY + timedelta(days=60)

    minh.post_from_us("/en/assignments", data=given(first=TODAY + timedelta(days=31), last=later))

    of_lan = [row for (hamlet, _), row in leases().items() if hamlet == NEXT_HAMLET]
    assert [(row.first_day, row.last_day) for row in of_lan] == [(TODAY, later)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hamlet": ""}, "hamlet"),
        ({"hamlet": str(FAR_HAMLET)}, "hamlet"),
        ({"person": []}, "person"),
        ({"person": [str(HOA)]}, "person"),
        ({"last_day": (TODAY - timedelta(days=1)).isoformat()}, "last_day"),
        ({"last_day": (TODAY + timedelta(days=700)).isoformat()}, "last_day"),
        ({"first_day": "soon"}, "first_day"),
        ({"target": "many"}, "target"),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(signed_in, leases, change, field):
    before = leases()

    answer = signed_in(MINH).post_from_us("/en/assignments", data=given() | change)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert leases() == before


def test_a2_handed_over_the_old_phone_is_told_who_has_it_now_and_late_work_is_taken(
    signed_in, pao, in_database
):
    minh = signed_in(MINH)

    minh.post_from_us(f"/en/assignments/{LANS_LEASE}/end", data={"person": str(PAO)})

    lan = signed_in(LAN)
    pack = lan.get(f"/api/v1/field-pack?since={HAMLET}:0").json()
    assert [(m["hamlet_id"], m["now_with"]) for m in pack["moved"]] == [(str(HAMLET), ["Thào A Páo"])]
    assert pack["hamlets"] == []
    paos = signed_in(PAO).get("/api/v1/field-pack").json()
    assert [h["id"] for h in paos["hamlets"]] == [str(HAMLET)]
    home = a_household(recorded_at=NOW)
    in_database(
        lambda database: deliver(database, [home, a_visit(home.id, recorded_at=NOW)], of=LAN, now=NOW)
    )
    assert signed_in(PAO).get("/api/v1/field-pack").json()["visits"][0]["person_name"].startswith("Người mẫu")


def test_a3_a_lease_begun_today_and_taken_back_still_counts_for_what_was_done(signed_in, leases, in_database):
    minh = signed_in(MINH)
    minh.post_from_us("/en/assignments", data=given())
    new = leases()[NEXT_HAMLET, LAN]

    minh.post_from_us(f"/en/assignments/{new.id}/end", data={})

    assert leases()[NEXT_HAMLET, LAN].last_day == TODAY - timedelta(days=1)
    home = a_household(hamlet_id=NEXT_HAMLET, recorded_at=NOW)
    in_database(lambda database: deliver(database, [home], of=LAN, now=NOW))


def test_a_lease_given_ahead_and_taken_back_is_gone(signed_in, leases):
    minh = signed_in(MINH)
    minh.post_from_us("/en/assignments", data=given(first=TODAY + timedelta(days=3)))

    minh.post_from_us(f"/en/assignments/{leases()[NEXT_HAMLET, LAN].id}/end", data={})

    assert (NEXT_HAMLET, LAN) not in leases()


def test_a3_leases_end_visibly(signed_in, in_database):
    async def work(database):
        async with database.writing() as db:
            row = await db.get(AssignmentRow, (PROVINCE, LANS_LEASE))
            row.last_day = TODAY + timedelta(days=2)

    in_database(work)

    assert "Ends soon" in signed_in(MINH).get("/en/assignments").text


def test_a_plan_is_suggested_in_words_changed_and_accepted(signed_in, pao, leases):
    minh = signed_in(MINH)
    minh.post_from_us("/en/assignments/languages", data={"person": str(LAN), "language": ["tyz", "vi", "xx"]})
    days = {"first_day": TODAY.isoformat(), "last_day": (TODAY + timedelta(days=9)).isoformat()}

    page = minh.get("/en/assignments/plan", params=days | {"per_day": "4"})

    assert page.status_code == 200
    assert "Already works there" in page.text
    assert "No household met yet" in page.text
    assert not re.search(r'name="(person|target)-[^"]*" value="speaks', page.text)
    assert "Tày" in minh.get("/en/assignments").text
    suggested = dict(
        re.findall(
            r'name="person-([0-9a-f-]+)".*?<option value="([0-9a-f-]+)" selected', page.text, re.DOTALL
        )
    )
    assert set(suggested) == {str(HAMLET), str(NEXT_HAMLET)}

    ours = {f"person-{HAMLET}": str(LAN), f"person-{NEXT_HAMLET}": str(PAO)}
    minh.post_from_us(
        "/en/assignments/plan", data=days | ours | {f"target-{HAMLET}": "", f"target-{NEXT_HAMLET}": "30"}
    )

    assert leases()[NEXT_HAMLET, PAO].target == 30
    assert (NEXT_HAMLET, LAN) not in leases()


def test_a_plan_knows_who_worked_in_a_hamlet_that_was_united_with_another(signed_in, in_database, pao):
    united = id_of("Nà Thử united")

    async def unite(database):
        async with database.writing() as db:
            before = await db.get(HamletRow, (PROVINCE, HAMLET))
            before.valid_to = TODAY - timedelta(days=1)
            said = before.model_dump() | {"id": united, "name": "Nà Thử Mới", "valid_from": TODAY}
            db.add(HamletRow(**said | {"valid_to": None}))
            await db.flush()
            db.add(HamletPredecessorRow(province_code=PROVINCE, hamlet_id=united, predecessor_id=HAMLET))

    in_database(unite)
    days = {"first_day": TODAY.isoformat(), "last_day": (TODAY + timedelta(days=19)).isoformat()}

    page = signed_in(MINH).get("/en/assignments/plan", params=days | {"per_day": "9"}).text

    there = page[page.index("Nà Thử Mới") :]
    assert re.search(rf'<option value="{LAN}" selected', there[: there.index("</select>")])
    assert "Already works there" in page


def test_a_large_hamlet_is_shared(signed_in, pao):
    days = {
        "first_day": TODAY.isoformat(),
        "last_day": (TODAY + timedelta(days=4)).isoformat(),
        "per_day": "5",
    }

    page = signed_in(MINH).get("/en/assignments/plan", params=days).text

    assert page.count(f'name="person-{HAMLET}"') == 2


def test_a_plan_for_the_past_is_not_made(signed_in):
    page = signed_in(MINH).get(
        "/en/assignments/plan", params={"first_day": "2026-01-01", "last_day": "2026-01-05"}
    )

    assert page.status_code == 422
    assert "plan_last_day" in page.text


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_nobody_else_gives_hamlets(signed_in, person, leases):
    before = leases()
    somebody = signed_in(person)

    assert somebody.get("/en/assignments").status_code == 404
    assert somebody.get("/en/assignments/plan").status_code == 404
    assert somebody.post_from_us("/en/assignments", data=given()).status_code == 404
    assert somebody.post_from_us(f"/en/assignments/{LANS_LEASE}/end", data={}).status_code == 404
    assert leases() == before


def test_a_lease_of_another_commune_is_not_found(signed_in, in_database):
    of_hoa = id_of(f"assignment {HOA}")

    assert signed_in(MINH).post_from_us(f"/en/assignments/{of_hoa}/end", data={}).status_code == 404
    assert signed_in(MINH).post_from_us("/en/assignments/not-an-id/end", data={}).status_code == 404


def test_who_is_signed_out_is_asked_to_sign_in(visitor):
    assert (
        visitor.get("/vi/assignments", follow_redirects=False).headers["location"]
        == "/vi/sign-in?back=/vi/assignments"
    )


def test_a1_a_longer_lease_keeps_its_target_and_nobody_has_met_more_than_it_says(
    signed_in, in_database, leases
):
    """desk.md A1: the plan wrote what is still to be met (39) into a lease that counts everybody met since it began."""
    met = [a_household(recorded_at=NOW, code=f"NT-{n:03}") for n in range(5)]
    visits = [a_visit(home.id, recorded_at=NOW) for home in met]
    in_database(lambda database: deliver(database, [*met, *visits], of=LAN, now=NOW))
    desk = signed_in(MINH)
    assert leases()[HAMLET, LAN].target is None

    desk.post_from_us("/en/assignments", data=given(hamlet=HAMLET, target="35"))
    assert leases()[HAMLET, LAN].target == 40  # five are met, 35 are still to be met
    plan = {
        f"person-{HAMLET}": str(LAN),
        f"target-{HAMLET}": "7",
        "first_day": (TODAY + timedelta(days=320)).isoformat(),
    }
    desk.post_from_us(
        "/en/assignments/plan", data=plan | {"last_day": (TODAY + timedelta(days=380)).isoformat()}
    )

    assert leases()[HAMLET, LAN].target == 40
    assert leases()[HAMLET, LAN].last_day == TODAY + timedelta(days=380)
    assert "5 of 40 households met" in desk.get("/en/team").text


def test_a2_who_has_left_has_no_hamlet_any_more_and_the_hamlet_asks_for_somebody(signed_in, pao, leases):
    """desk.md A2: whoever left the team stood there as in charge for a month."""
    desk = signed_in(MINH)
    desk.post_from_us("/en/assignments", data=given(people=(PAO,)))
    before = desk.get("/en/assignments").text
    assert "nobody any more" not in before and "has left the team" not in before

    said = desk.post_from_us(
        f"/en/team/members/{PAO}", data={"last_day": (TODAY - timedelta(days=1)).isoformat()}
    ).text

    assert "Their hamlets ask for somebody now" in said
    page = desk.get("/en/assignments").text
    assert page.count("has left the team") == 1 and "Thào A Páo" in page
    work = re.search(rf'id="hamlet-{NEXT_HAMLET}".*?</li>', page, re.DOTALL)
    assert work and "Running" not in work[0] and "nobody any more" in work[0]
    overview = desk.get("/en/desk").text
    assert f"/en/assignments?hamlet={NEXT_HAMLET}" in overview
    lease = leases()[NEXT_HAMLET, PAO]
    assert f'action="/en/assignments/{lease.id}/end"' in work[0]
    desk.post_from_us(f"/en/assignments/{lease.id}/end", data={"person": str(LAN)})
    assert leases()[NEXT_HAMLET, LAN].last_day == lease.last_day
    assert "has left the team" not in desk.get("/en/assignments").text
