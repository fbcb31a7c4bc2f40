"""The first look at a public guide on a cheap phone: bytes, requests, time to the first words, with and without scripts.

`python -m tests.bench.first_view` (about three minutes)
"""

from playwright.sync_api import Browser, sync_playwright

from tests.bench.measured import MeasuredServer, median
from tests.bench.slow_phone import HEAD, slowed
from tests.browser.conftest import PHONE, launch_options

ROUNDS = 5
PAGES = (
    "/vi/huong-dan/activate-level-2",
    "/en/huong-dan/activate-level-2",
    "/vi/huong-dan/file-on-portal",
    "/vi/huong-dan",
)


def look(browser: Browser, address: str, *, scripts: bool) -> tuple[float, int, int, int]:
    """Seconds and bytes to the first words, then requests and bytes of it all; a phone without a past."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=scripts, service_workers="block")
    page = context.new_page()
    _, carried = slowed(context, page)
    page.goto(address, wait_until="networkidle")
    while carried.painted <= carried.began:
        page.wait_for_timeout(20)
    painted = carried.painted - carried.began
    context.close()
    return painted, carried.bytes_before_paint, carried.requests, carried.bytes


def main() -> None:
    """Print one line a page."""
    print(f"{HEAD}; median of {ROUNDS}")
    print("| page | scripts | first words | bytes before them | requests | bytes in all |")
    print("| --- | --- | --- | --- | --- | --- |")
    with MeasuredServer() as measured, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        for path in PAGES:
            for scripts in (True, False):
                address = measured.server.origin + path
                looks = [look(browser, address, scripts=scripts) for _ in range(ROUNDS)]
                painted, before, requests, weight = (median(values) for values in zip(*looks, strict=True))
                said = "with" if scripts else "without"
                print(f"| `{path}` | {said} | {painted:.1f} s | {before:,} | {requests} | {weight:,} |")
        browser.close()


if __name__ == "__main__":
    main()
