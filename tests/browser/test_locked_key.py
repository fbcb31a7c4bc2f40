"""While a drawer is closed nobody signs in its person's name: the key lies in there, and it is the same one afterwards."""

from tests.browser.conftest import Server
from tests.browser.phones import OPEN, Phone, offline, until
from tests.browser.test_shared_phone import LAN, PIN_OF_LAN, lock, set_pin, unlock

KEYS_THAT_SIGN = f"""async () => {{ {OPEN.replace("opened.close(); ", "")}
    const found = []
    const look = (value) => {{
        if (value instanceof CryptoKey) found.push(value)
        else if (value && typeof value === "object" && !ArrayBuffer.isView(value)) Object.values(value).forEach(look)
    }}
    for (const name of opened.objectStoreNames) (await asked(db => db.transaction(name).objectStore(name).getAll())).forEach(look)
    opened.close()
    return found.filter(key => key.algorithm.name === "ECDSA" && key.usages.includes("sign")).map(key => key.extractable)
}}"""
"""What somebody finds who reads the whole store: every key that signs, and whether scripts can read it."""

SIGN = """async person => {
    const shell = await (await fetch("/vi/field/household")).text()
    const outbox = shell.match(/\\/assets\\/[\\w/]*outbox\\.\\w+\\.js/g).find(address => address.includes("service_worker"))
    const [said] = (await (await fetch(outbox)).text()).match(/[\\w./]*signing\\.\\w+\\.js/)
    return (await import(new URL(said, new URL(outbox, location.href)))).signed(person, "delivery", "{}")
}"""
"""The app's own way to sign, asked by somebody at the locked phone."""


def next_key(phone: Phone) -> object:
    """The key that waits until the server knows it."""
    return phone.fact("signing")[phone.fact("me")["person_id"]].get("next")


def keys_at_the_server(server: Server, person_id: str, device_id: str) -> list[str]:
    """The keys of this person's phone that are good."""
    query = (
        "SELECT hex(id) FROM signing_keys WHERE lower(hex(person_id)) = '{}' AND lower(hex(device_id)) = '{}'"
        " AND ended_at IS NULL"
    )
    return [
        id_ for (id_,) in server.rows(query.format(*(id_.replace("-", "") for id_ in (person_id, device_id))))
    ]


def test_i9_i3_while_a_phone_is_locked_nobody_signs_in_its_persons_name(new_lan: Phone, busy_server: Server):
    """The drawer gives the same key back, also without a network: what it signs is proven when another phone brings it."""
    set_pin(new_lan, PIN_OF_LAN)
    me, device = new_lan.fact("me")["person_id"], new_lan.fact("device")["id"]
    new_lan.wait_until("received", [new_lan.register()["id"]])
    until(new_lan.page, lambda: not next_key(new_lan), "the server to know the key that the drawer can hold")
    before = keys_at_the_server(busy_server, me, device)
    assert new_lan.page.evaluate(KEYS_THAT_SIGN) == [False], (
        "an open phone signs, and no script reads the key"
    )
    with offline(new_lan):
        for _ in range(2):
            lock(new_lan)
            assert new_lan.page.evaluate(KEYS_THAT_SIGN) == []
            assert new_lan.page.evaluate(SIGN, me) is None
            assert list(new_lan.fact("signing")) == [me], "and none is made in their name"
            unlock(new_lan, LAN, PIN_OF_LAN)
        assert new_lan.page.evaluate(KEYS_THAT_SIGN) == [False]
        made = [new_lan.register()["id"]]
        assert [row["is_signed"] for row in new_lan.rows("outbox", id=made[0])] == [True]
        lock(new_lan)
    new_lan.page.reload()
    new_lan.wait_until("received", made)
    outcome = busy_server.rows(
        f"SELECT outcome, signed_with IS NULL FROM operations WHERE hex(id) = upper('{made[0].replace('-', '')}')"
    )
    assert outcome == [("accepted", 0)], "it came without a session, and its signature proved it"
    assert keys_at_the_server(busy_server, me, device) == before


def test_i9_a_key_from_before_the_lock_gives_way_to_one_that_the_drawer_can_hold(
    new_lan: Phone, busy_server: Server
):
    """A phone signs before it has a lock; what it signed then and now is proven, and the old key is not on it any more."""
    first = [new_lan.register()["id"]]
    new_lan.wait_until("received", first)
    old = new_lan.fact("signing")[new_lan.fact("me")["person_id"]]["point"]
    set_pin(new_lan, PIN_OF_LAN)
    with offline(new_lan):
        between = [new_lan.register()["id"]]
        lock(new_lan)
        assert len(new_lan.page.evaluate(KEYS_THAT_SIGN)) == 1, (
            "until the server knows the next: no work unproven"
        )
        unlock(new_lan, LAN, PIN_OF_LAN)
    new_lan.page.reload()
    until(new_lan.page, lambda: not next_key(new_lan), "the server to know the key that the drawer can hold")
    made = [new_lan.register()["id"]]
    new_lan.wait_until("received", made)
    signing = new_lan.fact("signing")
    assert [key["point"] == old for key in signing.values()] == [False]
    for id_ in first + between + made:
        query = f"SELECT outcome FROM operations WHERE hex(id) = upper('{id_.replace('-', '')}')"
        assert busy_server.rows(query) == [("accepted",)]


BY_PIN_ALONE = f"""async pin => {{ {OPEN}
    const [drawer] = await asked(db => db.transaction("drawers").objectStore("drawers").getAll())
    const handed = await crypto.subtle.exportKey("raw", drawer.own).catch(error => error.name)
    const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"])
    const how = {{ name: "PBKDF2", hash: "SHA-256", salt: drawer.salt, iterations: drawer.rounds }}
    const key = await crypto.subtle.deriveKey(how, typed, {{ name: "AES-GCM", length: 256 }}, false, ["decrypt"])
    const opened_it = await crypto.subtle.decrypt({{ name: "AES-GCM", iv: drawer.nonce }}, key, drawer.wrapped).then(() => true, () => false)
    return [handed, opened_it]
}}"""

AS_BEFORE = f"""async pin => {{ {OPEN.replace("opened.close(); ", "")}
    const [drawer] = await asked(db => db.transaction("drawers").objectStore("drawers").getAll())
    const pair = await crypto.subtle.generateKey({{ name: "ECDH", namedCurve: "P-256" }}, true, ["deriveBits"])
    const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"])
    const how = {{ name: "PBKDF2", hash: "SHA-256", salt: drawer.salt, iterations: 600000 }}
    const key = await crypto.subtle.deriveKey(how, typed, {{ name: "AES-GCM", length: 256 }}, false, ["encrypt"])
    const secret = await crypto.subtle.exportKey("pkcs8", pair.privateKey)
    const wrapped = new Uint8Array(await crypto.subtle.encrypt({{ name: "AES-GCM", iv: drawer.nonce }}, key, secret))
    const {{ own, rounds, ...old }} = drawer
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))
    await asked(db => db.transaction("drawers", "readwrite").objectStore("drawers").put({{ ...old, point, wrapped }}))
    opened.close()
}}"""
"""A drawer as the app made it before it had a key of the browser's beside the PIN."""


def test_i3_p4_who_is_handed_all_that_scripts_can_read_cannot_even_try_pins(new_lan: Phone):
    set_pin(new_lan, PIN_OF_LAN)
    lock(new_lan)
    assert new_lan.page.evaluate(BY_PIN_ALONE, PIN_OF_LAN) == ["InvalidAccessError", False]
    unlock(new_lan, LAN, PIN_OF_LAN)


def test_i3_a_drawer_from_before_opens_with_its_pin_alone(new_lan: Phone):
    set_pin(new_lan, PIN_OF_LAN)
    new_lan.page.evaluate(AS_BEFORE, PIN_OF_LAN)
    held = {row["id"] for row in new_lan.rows("households")}
    lock(new_lan)
    unlock(new_lan, LAN, PIN_OF_LAN)
    assert {row["id"] for row in new_lan.rows("households")} == held
