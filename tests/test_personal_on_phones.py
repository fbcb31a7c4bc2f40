"""P9: what the server keeps of a family without its consent, the phone keeps too, field by field, read off the bodies."""

import json

import msgspec

from tests import javascript
from tests.storage.test_without_consent import ABOUT_FAMILIES, CANARY, Family
from volunteer_app.domain.operations.kinds import KINDS
from volunteer_app.domain.operations.personal import said_without


def test_p9_phone_and_server_leave_out_the_same_of_every_kind_of_entry(tmp_path):
    entries = [
        (one.kind, json.loads(msgspec.json.encode(one.body))) for one in Family(1, consent="refused").words()
    ]
    assert sorted(kind for kind, _ in entries) == ABOUT_FAMILIES

    told = javascript.asked(
        javascript.assembled(tmp_path),
        {"entries": entries},
        "globalThis.navigator ??= {}\n"
        "globalThis.addEventListener ??= () => undefined\n"  # the store listens for a page that leaves
        'const { withoutPersonal } = await import("./service_worker/personal.js")\n'
        "return questions.entries.map(([kind, body]) => withoutPersonal(kind, body))",
    )

    for (kind, body), kept in zip(entries, told, strict=True):
        assert kept == said_without(KINDS[kind].body, body), kind
    assert CANARY in json.dumps(entries, ensure_ascii=False)
    assert CANARY not in json.dumps(told, ensure_ascii=False)
