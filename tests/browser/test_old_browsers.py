"""A browser that is too old for the app says so, instead of an empty screen."""

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import Server


@pytest.mark.parametrize("is_old", [True, False])
def test_a_browser_that_is_too_old_is_told_what_to_do(chromium: Browser, server: Server, is_old: bool):
    """Old: it neither knows nested rules nor runs the screen's module."""
    context = chromium.new_context(service_workers="block")
    page = context.new_page()

    def as_the_old_see_it(route: Route) -> None:
        styles = route.fetch()
        assert "selector(&)" in styles.text()
        route.fulfill(response=styles, body=styles.text().replace("selector(&)", "selector(::unknown)"))

    if is_old:
        page.route("**/field.*.css", as_the_old_see_it)
    page.route("**/today.*.js", lambda route: route.abort())
    page.goto(f"{server.origin}/vi/field/today")

    notice = page.get_by_text("trình duyệt của máy này đã quá cũ")
    expect(notice).to_be_visible() if is_old else expect(notice).to_be_hidden()
    context.close()
