"""Slow 2G: 30 kbit/s, two seconds there and back, one connection of twenty reset. Everything arrives, taps answer at once."""

import time

from playwright.sync_api import expect

from tests.browser.phones import Phone, offline

VISITS = 20
KBIT_PER_SECOND, ROUND_TRIP_SECONDS, RESET_EVERY = 30, 2.0, 20
LONGEST_TAP_SECONDS = 3.0
"""Until what was tapped is said to be saved, on a machine that runs other tests beside."""


def test_e39_twenty_visits_over_slow_2g_arrive_once_each_and_the_screen_never_waits(
    new_phone, network, busy_server
):
    phone: Phone = new_phone(network)
    phone.sign_in()
    phone.wait_for_the_worker()
    household = phone.register()
    phone.send()
    with offline(phone):
        said = {"household_id": household["id"], "outcome": "nobody_home"}
        made = [phone.module("records", "recordVisit", said)["id"] for _ in range(VISITS)]
        page = phone.open("household", household["id"])
    network.bytes_per_second, network.delay = KBIT_PER_SECOND * 1000 / 8, ROUND_TRIP_SECONDS
    network.reset_every = RESET_EVERY
    asked_before, resets_before = len(network.asked), network.resets

    page.evaluate("dispatchEvent(new Event('online'))")
    taps, tapped = [], []
    for outcome in ("later", "away_working", "refused"):
        page.wait_for_timeout(2_000)  # a second tap within a moment is a trembling thumb
        page.reload()  # as who comes a second time on one day
        page.locator("[data-other]").click()
        label = page.locator(f"[data-outcome={outcome}]").inner_text().strip()
        is_sending = network.is_busy
        begun = time.monotonic()
        page.locator(f"[data-outcome={outcome}]").click()
        expect(page.locator("[data-saved]")).to_contain_text(f"Đã lưu trong máy này: {label}")
        taps.append(time.monotonic() - begun)
        tapped.append(is_sending)
    made += [id_ for id_ in phone.outbox() if id_ not in (*made, household["id"])]
    until = time.monotonic() + 120
    while {phone.outbox()[id_] for id_ in made} != {"received"}:
        assert time.monotonic() < until, phone.outbox()
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_timeout(1_000)

    print(
        f"{len(made)} visits, {len(network.asked) - asked_before} requests, {network.resets - resets_before} reset,"
    )
    print(f"taps took {', '.join(f'{tap:.2f} s' for tap in taps)}; sending meanwhile: {tapped}")
    assert any(tapped) and max(taps) < LONGEST_TAP_SECONDS
    assert network.resets > resets_before
    ids = ", ".join(f"x'{id_.replace('-', '')}'" for id_ in made)
    assert len(made) == VISITS + 3
    assert busy_server.rows(f"SELECT count(*) FROM visits WHERE id IN ({ids})") == [(len(made),)]
    of_household = f"SELECT count(*) FROM visits WHERE household_id = x'{household['id'].replace('-', '')}'"
    assert busy_server.rows(of_household) == [(len(made),)], "none of them twice"
