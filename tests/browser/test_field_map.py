"""The hamlets' map on the phone without a network: the same figures as the desk's, its table twin, a way to the doors."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Server, sign_in
from tests.browser.phones import Phone, offline

TILES, TABLE = "[data-list=tiles] > li", "[data-list=rows] > tr"


def test_m3_the_hamlet_map_opens_without_a_network_with_the_figures_of_the_desk(new_phone, network):
    leader: Phone = new_phone(network)
    sign_in(leader.page, network.origin, "Hoàng Văn Minh (mẫu)")
    expect(leader.open("today").locator("#main")).to_have_attribute("data-state", "ready")
    leader.wait_for_the_worker()
    while not leader.fact("is_complete"):
        leader.page.wait_for_timeout(100)
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
        seen = {}
        for measure in expected:
            page.locator(f"[name=measure][value={measure}]").check(force=True)
            expect(page.locator(f"[data-scale={measure}]")).to_be_visible()
            seen[measure] = [
                (
                    " ".join(tile.locator(".tag").inner_text().split()),
                    tile.locator("rect").get_attribute("fill"),
                )
                for tile in page.locator(TILES).all()
            ]
            assert page.locator(TABLE).count() == len(expected[measure])
        page.locator(TABLE).nth(1).get_by_role("link").click()
        expect(page.locator("#hamlet")).to_have_value(re.compile("."))
        about = page.locator("[data-list=households] > li").first.inner_text()

    assert seen == expected
    assert len(expected["coverage"]) > 10
    assert len({fill for _, fill in expected["coverage"]}) >= 3
    second_hamlet = page.locator("#hamlet option:checked").inner_text()
    assert second_hamlet in about


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
