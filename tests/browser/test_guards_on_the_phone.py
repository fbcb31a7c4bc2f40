"""Guards of the phone's own code switched off, in a copy that the network hands out: what they guard breaks."""

import re
import urllib.request

import pytest

from tests.browser.phones import Phone, offline
from tests.browser.slow_network import Asked, Network, Said
from tests.browser.test_worker_delivery import is_delivery, record_without_network
from tests.browser.test_worker_room import KEEP_RECORDING, NO_ROOM_BUT_FOR


def change(network: Network, module: str, before: str, after: str) -> None:
    """From now on the network hands out this module with something else in it."""

    def instead(asked: Asked) -> Said | None:
        if not re.search(rf"/assets/[\w/]*\b{module}\.\w+\.js$", asked.path):
            return None
        address = f"http://localhost:{network.server_port}{asked.path}"
        with urllib.request.urlopen(address) as answer:
            code = answer.read().decode()
        assert code.count(before) == 1, f"{module} does not say {before!r} once"
        return Said("200 OK", code.replace(before, after).encode(), ("Content-Type: text/javascript",))

    network.instead = instead


@pytest.mark.parametrize("guard", [True, False])
def test_e18_what_has_no_answer_stays_ready_for_it_is_settled_only_by_its_own_answer(
    new_phone, network, guard
):
    """Off: it counts as received when it goes out; the phone would never send it again."""
    if not guard:
        early = 'await settle(item.id, { state: "received", reason: null, receipt: { at: item.recorded_at, code: "-" } })'
        sending = "const said = await ask(address, await delivery(batch.map(asSent)))"
        change(network, "delivery", sending, f"for (const item of batch) {early}\n    {sending}")
    phone: Phone = new_phone(network)
    phone.sign_in()
    phone.wait_for_the_worker()
    made = record_without_network(phone)
    network.instead, network.loses_answer = lambda _: None, is_delivery

    page = phone.open("outbox")
    page.get_by_role("button", name="Gửi ngay").click()
    page.locator("[data-answer]:not([data-tone=sun])").or_(
        page.locator("[data-send]:enabled")
    ).first.wait_for()
    page.evaluate("navigator.locks.request('outbox', () => undefined)")

    assert {phone.outbox()[id_] for id_ in made} == {"ready" if guard else "received"}


@pytest.mark.parametrize("guard", [True, False])
def test_e19_at_audio_the_last_room_is_kept_for_entries(new_phone, network, guard):
    """Off: a voice is taken although nothing is left that could be thrown for an entry."""
    if not guard:
        change(network, "recordings", "if (!(await keepBallast()))", "if (false)")
    phone: Phone = new_phone(network)
    phone.context.add_init_script(NO_ROOM_BUT_FOR)
    phone.sign_in()
    phone.wait_for_the_worker()
    network.instead = lambda _: None
    with offline(phone):
        phone.page.evaluate(
            "() => { sessionStorage.setItem('frees', 'nothing'); return caches.delete('ballast').then(fillUp) }"
        )
        taken = phone.page.evaluate(KEEP_RECORDING)

    assert taken == ("QuotaExceededError" if guard else "kept")
