"""A whole commune on a new phone: how many bytes, how long at 1 Mbit/s.

`python -m tests.bench.first_download` (about a minute)
"""

import time
from typing import Any

from playwright.sync_api import expect, sync_playwright

from tests.bench.measured import LEADER, MeasuredServer
from tests.browser.conftest import launch_options, sign_in
from tests.browser.phones import Phone
from tests.browser.slow_network import Network

HOUSEHOLDS = 1000
BYTES_PER_SECOND, LATENCY_S = 125_000, 0.1
PACK = "/api/v1/field-pack"


def register_missing(phone: Phone) -> None:
    """As many households as it takes, beside those with a history that the demo has."""
    for number in range(HOUSEHOLDS - len(phone.rows("households"))):
        phone.register(f"Nông Văn Mẫu {number}", hamlet=number % 5)
    phone.send()


def main() -> None:
    """Print the figures."""
    with MeasuredServer() as measured, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        network = Network(measured.port)
        first = Phone(browser, network)
        sign_in(first.page, network.origin, LEADER)
        first.open("today")
        expect(first.page.locator("[data-download]")).to_be_hidden()
        first.send()
        register_missing(first)
        first.context.close()

        phone = Phone(browser, network)
        sign_in(phone.page, network.origin, LEADER)
        session = phone.context.new_cdp_session(phone.page)
        packs: dict[str, int] = {}

        def asked(event: Any) -> None:
            if PACK in event["request"]["url"]:
                packs[event["requestId"]] = 0

        def came(event: Any) -> None:
            if event["requestId"] in packs:
                packs[event["requestId"]] = int(event["encodedDataLength"])

        session.on("Network.requestWillBeSent", asked)
        session.on("Network.loadingFinished", came)
        session.send("Network.enable")
        network.bytes_per_second, network.delay = BYTES_PER_SECOND, LATENCY_S
        began = time.monotonic()
        phone.page.goto(f"{network.origin}/vi/field/today")
        shown: float | None = None
        while not phone.fact("is_complete"):
            if shown is None and phone.page.locator("#main[data-state=ready]").count():
                shown = time.monotonic() - began
            phone.page.wait_for_timeout(20)
        complete = time.monotonic() - began
        first_list = f"{shown:.1f} s" if shown else "with the last page"
        print(
            f"{len(phone.rows('households')):,} households, {len(phone.rows('visits')):,} visits,"
            f" {len(phone.rows('observations')):,} observations: {sum(packs.values()):,} B in {len(packs)} pages;"
            f" first list after {first_list}, complete after {complete:.1f} s (app, guides and list, 1 Mbit/s, 100 ms)"
        )
        phone.context.close()
        network.close()
        browser.close()


if __name__ == "__main__":
    main()
