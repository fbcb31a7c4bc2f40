"""The way out: a server that was told so takes the worker off every phone and leaves what was recorded alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.phones import PATIENCE, Phone, offline
from tests.browser.slow_network import Network

REGISTRATIONS = "navigator.serviceWorker.getRegistrations().then(all => all.length)"


@pytest.mark.parametrize("worker", ["off", "on"], ids=["switched off", "mutation: left on"])
def test_a4_the_worker_can_be_taken_off_every_phone_and_entries_stay(
    new_phone, own_server, monkeypatch, worker
):
    network = Network(own_server.port)
    phone: Phone = new_phone(network)
    phone.sign_in()
    phone.wait_for_the_worker()
    with offline(phone):
        made = phone.register("Nông Thị Ở Lại")
    own_server.stop()
    monkeypatch.setenv("WORKER", worker)
    own_server.start()
    network.server_port = own_server.port

    phone.open("today")
    phone.page.evaluate(
        "navigator.serviceWorker.getRegistration().then(r => r?.update()).catch(() => undefined)"
    )

    if worker == "on":
        assert phone.page.evaluate(REGISTRATIONS) == 1
        assert phone.page.evaluate("caches.keys().then(all => all.length)") > 0
    else:
        for _ in range(PATIENCE * 10):
            if not phone.page.evaluate(
                "caches.keys().then(all => all.filter(n => n.startsWith('tung-nha')).length)"
            ):
                break
            phone.page.wait_for_timeout(100)
        phone.open("outbox")
        expect(phone.page.locator("main")).to_have_attribute("data-state", "ready")
    phone.wait_until("received", [made["id"]])
    network.close()
