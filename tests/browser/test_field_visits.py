"""A call at a door: one tap, what follows from it, who recorded it when, and what it says about who can do what alone."""

import re
import sqlite3
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from playwright.sync_api import expect

from tests.browser.conftest import Server
from tests.browser.phones import DELIVER_ELSEWHERE, G3, LAN, OPEN, SIZE, Phone, offline
from tests.people import an_operation
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.follow_ups import after_visit
from volunteer_app.domain.guides.guide import FLAG_NAMES, Flag
from volunteer_app.domain.public_services import PUBLIC_SERVICES, core_slugs
from volunteer_app.domain.visits import Outcome
from volunteer_app.i18n import catalog
from volunteer_app.pages.guides.packs import all_guides
from volunteer_app.storage.moments import moment_of

ONE_TAP = {
    Outcome.NOBODY_HOME: "Vắng nhà",
    Outcome.LATER: "Hẹn hôm khác",
    Outcome.AWAY_WORKING: "Đi làm xa",
    Outcome.REFUSED: "Từ chối",
    Outcome.MOVED: "Đã chuyển đi",
}


def blob(id_: str) -> str:
    """An id as SQLite is asked for it."""
    return f"x'{id_.replace('-', '')}'"


def written(day) -> str:
    return f"{day:%d/%m/%Y}"


def test_f3_each_outcome_is_one_tap_and_sets_the_next_action(lan: Phone, busy_server: Server):
    today = datetime.now(UTC)
    expected = {}
    with offline(lan):
        for outcome, label in ONE_TAP.items():
            household = lan.register(f"Nông Văn {outcome.value.title()}")
            page = lan.open("household", household["id"])

            if outcome is not Outcome.NOBODY_HOME:
                page.get_by_role("button", name="Khác…").click()
            page.get_by_role("button", name=label, exact=True).click()

            following = after_visit(outcome, today, None)
            saved = page.locator("[data-saved]")
            expect(saved).to_contain_text(f"Đã lưu trong máy này: {label}")
            rows = lan.rows("follow_ups", household_id=household["id"])
            said = [(row["reason"], row["due_from"], row["due_to"]) for row in rows]
            if following is None:
                expect(saved).to_contain_text("Không cần quay lại")
                assert said == []
            else:
                expect(saved).to_contain_text(written(following.due_from))
                expect(saved).to_contain_text(written(following.due_to))
                assert said == [(following.reason, str(following.due_from), str(following.due_to))]
            expected[household["id"]] = (outcome, said)

    lan.send()
    for id_, (outcome, said) in expected.items():
        where = f"WHERE household_id = {blob(id_)}"
        assert busy_server.rows(f"SELECT outcome FROM visits {where}") == [(outcome.value,)]
        assert busy_server.rows(f"SELECT reason, due_from, due_to FROM follow_ups {where}") == said


def test_f3_a_second_tap_by_a_trembling_thumb_records_nothing(lan: Phone):
    with offline(lan):
        household = lan.register("Nông Văn Run Tay")
        page = lan.open("household", household["id"])

        page.get_by_role("button", name="Vắng nhà").dblclick()
        expect(page.locator("[data-saved]")).to_contain_text("Vắng nhà")

        assert len(lan.rows("visits", household_id=household["id"])) == 1


def test_f4_each_record_says_who_when_on_which_phone_with_which_app_and_guide(
    lan: Phone, busy_server: Server
):
    household = lan.register("Nông Văn Ai Ghi")
    member = lan.add_member(household["id"])
    begun = datetime.now(UTC)
    with offline(lan):
        visit = lan.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met"})
        run = walk(lan, household["id"], visit["id"], member["id"], teach_back="alone")
        device = lan.fact("device")["id"]
        build = lan.fact("app_build")
    lan.send()

    ids = f"{blob(visit['id'])}, {blob(run['id'])}"
    rows = busy_server.rows(
        "SELECT operations.kind, people.name, device_id, app_build, recorded_at, received_at FROM operations"
        f" JOIN people ON people.id = operations.person_id WHERE operations.id IN ({ids}) ORDER BY kind"
    )
    assert [row[:2] for row in rows] == [("visit", LAN), ("walk_through", LAN)]
    assert {str(UUID(bytes=row[2])) for row in rows} == {device}
    assert {row[3] for row in rows} == {build}
    assert build and len(build) == 10
    for *_, recorded, received in rows:
        assert begun - timedelta(seconds=5) <= moment_of(recorded) < moment_of(received)
    guide = next(guide for guide in all_guides() if guide.slug == G3)
    found = busy_server.rows(f"SELECT guide, guide_version FROM walk_throughs WHERE id = {blob(run['id'])}")
    assert found == [(G3, guide.version)]
    assert busy_server.rows(f"SELECT last_seq FROM devices WHERE id = {blob(device)}")[0][0] > 0


def test_f4_the_next_person_on_the_phone_is_named_and_the_app_too(new_lan: Phone, busy_server: Server):
    before, build = new_lan.register(), new_lan.fact("app_build")
    page = new_lan.open("me")
    page.get_by_role("button", name="Đăng xuất khỏi máy này").click()
    page.get_by_role("button", name="Hoàng Văn Ví").click()
    expect(page.locator("#main")).to_have_attribute("data-state", "ready")
    after = new_lan.register()
    new_lan.send()

    ids = f"{blob(before['id'])}, {blob(after['id'])}"
    assert busy_server.rows(
        "SELECT people.name, app_build FROM operations JOIN people ON people.id = operations.person_id"
        f" WHERE operations.id IN ({ids}) ORDER BY recorded_at"
    ) == [(LAN, build), ("Hoàng Văn Ví (mẫu)", build)]
    assert build


def walk(phone: Phone, household_id: str, visit_id: str, member_id: str, **said) -> dict:
    """A run of guide 3 as its player records it, in one go; where the player itself is meant, see test_field_guides."""
    body = {
        "household_id": household_id,
        "visit_id": visit_id,
        "member_id": member_id,
        "guide": G3,
        "guide_version": next(guide.version for guide in all_guides() if guide.slug == G3),
        "service": G3,
        "marks": {"open-app": "alone", "activate": "help"},
        "teach_back": "skipped",
        "minutes": 7,
    }
    return phone.module("records", "finishWalkThrough", body | said)


def test_s1_s6_the_card_shows_one_level_and_done_for_them_is_never_alone(lan: Phone, busy_server: Server):
    household = lan.register("Nông Văn Bậc Thang")
    member = lan.add_member(household["id"])
    steps = [
        ({"marks": {"open-app": "did"}, "teach_back": "alone"}, 1, "Làm hộ"),
        ({"teach_back": "help"}, 2, "Làm được khi có người giúp"),
        ({"teach_back": "alone"}, 3, "Tự làm được một lần"),
        ({"marks": {"open-app": "did"}, "teach_back": "skipped"}, 1, "Làm hộ"),
    ]
    with offline(lan):
        visit = lan.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met"})
        page = lan.open("household", household["id"])
        mark = page.locator("[data-list=services] > li").first.locator(".level_mark")
        expect(mark).to_have_attribute("data-level", "0")
        for said, level, _word in steps:
            walk(lan, household["id"], visit["id"], member["id"], **said)
            page = lan.open("household", household["id"])
            expect(mark).to_have_attribute("data-level", str(level))
            if level == 1:
                expect(page.locator("[data-list=services]")).not_to_contain_text("Tự làm")
        page = lan.open("households")
        page.locator("#search").fill("Nông Văn Bậc Thang")
        expect(page.locator("[data-list=households] .level_mark").first).to_have_attribute("data-level", "1")

    lan.send()
    levels = busy_server.rows(
        f"SELECT level, basis FROM observations WHERE household_id = {blob(household['id'])} ORDER BY observed_at"
    )
    assert levels == [(level, "observed") for _said, level, _word in steps]


def test_s2_what_somebody_only_says_of_themself_is_kept_and_not_counted(lan: Phone):
    household = lan.register("Nông Văn Tự Nói")
    member = lan.add_member(household["id"])
    lan.send()
    said = {"household_id": household["id"], "member_id": member["id"], "service": G3, "basis": "self_said"}
    assert deliver(lan, "observation", said | {"level": 4}) == ["accepted"]
    lan.send()
    assert [row["basis"] for row in lan.rows("observations", household_id=household["id"])] == ["self_said"]

    with offline(lan):
        page = lan.open("household", household["id"])
        mark = page.locator("[data-list=services] > li").first.locator(".level_mark")
        expect(mark).to_have_attribute("data-level", "0")


def deliver(phone: Phone, kind: str, body: dict) -> list[str]:
    """What another phone of the same person delivers."""
    one = an_operation(kind, body, recorded_at=datetime.now(UTC))
    return phone.page.evaluate(DELIVER_ELSEWHERE, [msgspec.to_builtins(one)])


def test_s4_a_household_is_independent_when_every_core_service_is_done_alone(lan: Phone):
    household = lan.register("Nông Văn Đủ Cả")
    member, other = lan.add_member(household["id"]), lan.add_member(household["id"], "con gái")
    core = core_slugs()
    with offline(lan):
        visit = lan.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met"})
        for number, service in enumerate(core):
            who = (member, other)[number % 2]
            guide = PUBLIC_SERVICES[service].guide
            said = {"guide": guide, "service": service, "marks": {"open-app": "alone"}, "teach_back": "alone"}
            walk(lan, household["id"], visit["id"], who["id"], **said)
        lan.open("household", household["id"])
        levels = lan.page.locator("[data-list=services] .level_mark").evaluate_all(
            "marks => marks.map(mark => Number(mark.dataset.level))"
        )
        observations = lan.rows("observations", household_id=household["id"])
        by_service = lan.module("rules", "levelsByService", observations)

        assert levels == [3] * len(core)
        assert lan.module("rules", "isIndependent", by_service, core)
        assert not lan.module("rules", "isIndependent", by_service | {core[0]: 1}, core)


def test_g5_today_lists_before_departure_what_the_due_returns_need(lan: Phone):
    translated = catalog("vi").gettext
    guide = next(guide for guide in all_guides() if guide.slug == G3)
    flags = {flag for step in guide.steps for flag in step.flags}
    needed = [flag for flag in (Flag.SIGNAL, Flag.OTP, Flag.POLICE, Flag.FEE) if flag in flags]
    assert needed == [Flag.SIGNAL, Flag.OTP, Flag.POLICE]

    page = lan.open("today")
    before = needs_on(page)
    household = lan.register("Nông Văn Hẹn Lại")
    member = lan.add_member(household["id"])
    visit = lan.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met"})
    today = str(local_day(datetime.now(UTC)))
    walk(
        lan,
        household["id"],
        visit["id"],
        member["id"],
        marks={"open-app": "stuck"},
        stuck_step="open-app",
        blocker="no_signal",
        return_on=today,
    )
    with offline(lan):
        page = lan.open("today")
        page.locator("[data-needs] summary").click()
        after = needs_on(page)

    for flag in needed:
        name = translated(FLAG_NAMES[flag])
        assert after[name] == before.get(name, 0) + 1


def needs_on(page) -> dict[str, int]:
    """What Today says must be ready: need → households."""
    texts = [" ".join(text.split()) for text in page.locator("[data-list=needs] > li").all_text_contents()]
    return {need: int(count.removesuffix(" hộ")) for need, count in (text.split(" · ") for text in texts)}


PUT = (
    f"async row => {{ {OPEN}; await asked("
    "db => db.transaction('follow_ups', 'readwrite').objectStore('follow_ups').put(row)) }"
)


def test_a6_finishing_at_a_house_shows_what_else_is_due_and_the_family_rates_the_visit(
    lan: Phone, busy_server: Server
):
    """Two things are due; one is walked through; the other still stands on the card. A smiley, and who came along."""
    household = lan.register("Nông Thị Còn Việc")
    member = lan.add_member(household["id"])
    with offline(lan):
        page = lan.open("today")
        page.locator("[data-companions] summary").click()
        mate = page.locator("[data-list=team] label").first
        mate.click()
        mate_id = mate.locator("input").get_attribute("value")
        expect(page.locator("[data-text=companions]")).not_to_be_empty()
        due = {"due_from": "2026-01-01", "due_to": "2026-01-09", "created_at": "2026-01-01T00:00:00Z"}
        for n, service in enumerate(core_slugs()[:2]):
            row = {"id": f"{household['id'][:-1]}{n}", "household_id": household["id"], "service": service}
            page.evaluate(PUT, row | due | {"reason": "practise", "blocker": None})
        visit = lan.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met"})
        ends = {"household_id": household["id"], "visit_id": visit["id"], "member_id": member["id"]}
        ends |= {"guide": core_slugs()[0], "service": core_slugs()[0], "guide_version": 1, "minutes": 5}
        lan.module(
            "records",
            "finishWalkThrough",
            ends | {"marks": {"open-app": "help"}, "teach_back": "alone"},
        )

        page = lan.open("household", household["id"])

        others = page.locator("[data-list=follow_ups] > li")
        other = catalog("vi").gettext(PUBLIC_SERVICES[core_slugs()[1]].name)
        expect(others).to_have_count(2)  # beside it the recheck of what went alone, which is for later
        expect(others.filter(has_text=other)).to_have_count(1)
        for tapped in (1, 3):  # the first by mistake: F12
            page.get_by_role("button", name="Mời gia đình").click()
            expect(page.locator("[data-faces]")).to_have_css(
                "width", f"{SIZE['width']}px"
            )  # alone on the screen
            page.locator(f"[data-faces] [value='{tapped}']").dblclick()
            expect(page.locator("[data-rating]")).to_contain_text("Cảm ơn gia đình")
            expect(page.locator("[data-faces]")).to_be_hidden()
            if tapped == 1:
                page.get_by_role("button", name="Hoàn tác").click()
                expect(page.locator("[data-rating]")).not_to_contain_text("Cảm ơn gia đình")
    lan.send()
    assert busy_server.rows(f"SELECT smiley FROM ratings WHERE visit_id = {blob(visit['id'])}") == [(3,)]
    kept = busy_server.rows(f"SELECT companions FROM visits WHERE id = {blob(visit['id'])}")
    assert str(mate_id) in kept[0][0]


def test_s3_who_taught_is_told_that_somebody_else_should_look_again(lan: Phone):
    household = lan.register("Nông Thị Xem Lại")
    member = lan.add_member(household["id"])
    today = str(local_day(datetime.now(UTC)))
    with offline(lan):
        visit = lan.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met"})
        walk(lan, household["id"], visit["id"], member["id"], teach_back="alone")
        [recheck] = lan.rows("follow_ups", household_id=household["id"], reason="recheck")
        me = lan.fact("me")["person_id"]
        for taught_by, is_told in ((me, True), ("00000000-0000-7000-8000-000000000001", False)):
            due = {"due_from": today, "due_to": today, "taught_by": taught_by}
            lan.page.evaluate(PUT, recheck | due)
            page = lan.open("household", household["id"])
            told = page.locator("[data-list=follow_ups]").get_by_text("Chính anh chị đã hướng dẫn")
            expect(told).to_have_count(int(is_told))
            page = lan.open("guide", "/".join([household["id"], member["id"], G3, visit["id"]]))
            expect(page.locator("main")).to_have_attribute("data-state", "prepare")
            expect(page.locator("[data-recheck]")).to_be_visible(visible=is_told)


def test_s3_what_a_recheck_confirms_on_the_phone_is_not_asked_for_once_more(lan: Phone):
    household = lan.register("Nông Thị Đã Chắc")
    member = lan.add_member(household["id"])
    with offline(lan):
        visit = lan.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met"})
        for days, asks in ((13, 1), (20, 0)):
            seen = {
                "id": f"{member['id'][:-2]}{days}",
                "household_id": household["id"],
                "member_id": member["id"],
                "service": G3,
                "level": 3,
                "basis": "observed",
                "observed_at": (datetime.now(UTC) - timedelta(days=days)).isoformat(),
            }
            lan.page.evaluate(PUT.replace("follow_ups", "observations"), seen)
            run = walk(lan, household["id"], visit["id"], member["id"], teach_back="alone")
            assert len(lan.rows("follow_ups", id=run["id"])) == asks, days


def test_what_stopped_for_want_of_signal_is_finished_at_signal_not_at_the_door(lan: Phone):
    household = lan.register("Nông Văn Chờ Sóng")
    member = lan.add_member(household["id"])
    with offline(lan):
        visit = lan.module("records", "recordVisit", {"household_id": household["id"], "outcome": "met"})
        walk(lan, household["id"], visit["id"], member["id"], stuck_step="activate", blocker="no_signal")
        page = lan.open("today")

        at_signal = page.locator("[data-list=at_signal] a").filter(has_text="Nông Văn Chờ Sóng")
        page.locator("[data-at-signal] summary").click()
        expect(at_signal).to_be_visible()
        expect(at_signal).to_have_attribute("href", re.compile(f"#{household['id']}$"))
        expect(page.locator("[data-list=follow_ups]")).not_to_contain_text("Nông Văn Chờ Sóng")


def leave_note(server: Server, household_id: str, note: dict) -> None:
    """As the leader's desk keeps it: a phone can mark only a note that is there."""
    with sqlite3.connect(server.database, timeout=20) as connection:
        connection.execute(
            "INSERT INTO notes (province_code, id, commune_code, hamlet_id, household_id, text, person_id, written_at)"
            f" SELECT province_code, {blob(note['id'])}, commune_code, hamlet_id, id, ?,"
            f" (SELECT id FROM people LIMIT 1), 0 FROM households WHERE id = {blob(household_id)}",
            [note["text"]],
        )


def test_a9_a_leaders_note_is_read_without_a_network_and_marked_done(lan: Phone, busy_server: Server):
    household = lan.register("Lý Thị Có Dặn")
    lan.send()
    note = {"id": household["id"][:-1] + "7", "text": "Mang kính cho bà (mẫu)", "done_at": None}
    leave_note(busy_server, household["id"], note)
    with offline(lan):
        rows = [row for row in lan.rows("households") if row["id"] == household["id"]]
        written = {"notes": [note | {"written_at": "2026-11-20T08:00:00Z"}]}
        lan.page.evaluate(PUT.replace("follow_ups", "households"), rows[0] | written)
        page = lan.open("household", household["id"])
        notes = page.locator("[data-notes]")
        expect(notes).to_contain_text("Mang kính cho bà")

        notes.get_by_role("button", name="Đánh dấu đã xong").click()

        expect(notes).to_contain_text("Xong lúc")
        expect(notes.get_by_role("button")).to_have_count(0)
        page.get_by_role("button", name="Hoàn tác").click()  # F12: it was not done after all
        expect(notes).not_to_contain_text("Xong lúc")
        notes.get_by_role("button", name="Đánh dấu đã xong").click()
        expect(notes).to_contain_text("Xong lúc")
    lan.send()
    kept = busy_server.rows(f"SELECT count(*) FROM notes_done WHERE note_id = {blob(note['id'])}")
    assert kept == [(1,)]
