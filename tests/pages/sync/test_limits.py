"""F16: the phone refuses at the field what the server would refuse. Every field of every kind is asked on both sides, at
its limit and beyond, with the running application as the judge."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from tests import javascript
from tests.pages.sync.test_routes import RECENTLY, deliver
from tests.people import HAMLET, LAN, LANS_PHONE, a_household, a_member, a_visit, an_operation, id_of
from volunteer_app import phone_facts
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.dossiers import LONGEST_WAIT
from volunteer_app.domain.operations.envelope import GIVEN_ON, NOT_THEIRS
from volunteer_app.domain.operations.kinds import KINDS, SCHEMA
from volunteer_app.domain.operations.personal import TAKEN_WITHOUT_WORDS

TODAY = local_day(RECENTLY)
HOME = a_household(recorded_at=RECENTLY, label="Sùng A Thử", consent="given")
MEMBER = a_member(HOME.id, recorded_at=RECENTLY)
VISIT = a_visit(HOME.id, recorded_at=RECENTLY)
TAPPED = a_visit(HOME.id, recorded_at=RECENTLY, outcome="later")
DOSSIER = an_operation(
    "dossier",
    {"household_id": HOME.id, "member_id": MEMBER.id, "service": "register-birth", "result_on": TODAY},
    recorded_at=RECENTLY,
)
SKILL = {"household_id": HOME.id, "member_id": MEMBER.id, "service": "activate-level-2"}
GOOD = {
    "household": {"hamlet_id": HAMLET, "code": "NL-1", "consent": "given", "label": "Lan", "people_count": 4},
    "household_change": {"household_id": HOME.id, "base": {}, "label": "Lan", "consent": "given"},
    "member": {"household_id": HOME.id, "label": "bà"},
    "member_change": {"household_id": HOME.id, "member_id": MEMBER.id, "base": {}, "label": "mẹ"},
    "visit": {"household_id": HOME.id, "outcome": "met", "note": "", "return_on": None},
    "walk_through": SKILL
    | {"visit_id": VISIT.id, "guide": "activate-level-2", "guide_version": 1, "marks": {"a": "alone"}}
    | {"teach_back": "alone", "minutes": 12},
    "observation": SKILL | {"level": 2, "basis": "observed", "reason": "tôi đã xem"},
    "screen_changed": {"guide": "activate-level-2", "guide_version": 1, "step": "open-app", "note": "khác"},
    "follow_up_settled": {"household_id": HOME.id, "follow_up_id": VISIT.id, "settled_as": "done", "why": ""},
    "note_done": {"household_id": HOME.id, "note_id": VISIT.id},
    "request_answered": {"request_id": id_of("asked"), "status": "done"},
    "dossier": DOSSIER.body,
    "dossier_result": {"household_id": HOME.id, "dossier_id": DOSSIER.id, "result": "received"},
    "rating": {"household_id": HOME.id, "visit_id": VISIT.id, "smiley": 3},
    "taken_back": {"household_id": HOME.id, "record_id": TAPPED.id},
    "outreach_session": {
        "hamlet_id": HAMLET,
        "place": "market",
        "service": "activate-level-2",
        "people_count": 150,
    },
}
"""A body of each kind that nobody refuses."""


NAMED_WRONGLY = (NOT_THEIRS.code, GIVEN_ON.code)
"""An id that is not of whoever sends: no phone can know."""


def a_tick() -> dict:
    return {"id": uuid4(), "household_id": HOME.id, "member_id": MEMBER.id, "level": 2}


def values_of(field: str, limit: dict) -> list:
    """What may stand in a field by its bounds, just so and just not."""
    least, most = limit.get("min"), limit.get("max")
    if limit["type"] == "text" and "pattern" in limit:
        return ["A b", "", "-a", 7, "a" * (most + 1)]
    if limit["type"] == "text":
        odd = ["x\u0001", "một\nhai", "số 079123456789", "0912345678", "", 7]
        return [*odd, "a" * most, "a" * (most + 1), "😀" * most, "😀" * (most + 1)]
    if limit["type"] == "number":
        return [least, most, least - 1, most + 1, 1.5, "1", True, -(10**9)]
    if limit["type"] == "day":
        far = [TODAY + LONGEST_WAIT + timedelta(days=days) for days in (0, 1)]
        return [TODAY, TODAY - timedelta(days=1), *far, "2026-02-30", "9999-12-31", "0001-01-01", "mai"]
    if limit["type"] == "choice":
        return [*limit["of"], "nonsense", ""]
    if limit["type"] == "list" and field == "ticked":
        few = [[a_tick() | {"level": level}] for level in (-2, -1, 2, 3, 5)]
        return [*few, [a_tick() for _ in range(most)], [a_tick() for _ in range(most + 1)], [{"id": uuid4()}]]
    if limit["type"] == "list":
        return [[uuid4() for _ in range(many)] for many in (0, most, most + 1)] + [["x"]]
    if limit["type"] == "map":
        return [
            {},
            {"a": "nonsense"},
            {"A b": "alone"},
            {"a": "stuck"},
            {"a" * 41: "alone"},
            {"a" * 40: "did"},
        ]
    if limit["type"] == "fields":
        return [{"label": "x" * 81}, {"strange": 1}, {"label": "Lan"}, {"label": ""}]
    return ["x"]  # an id, a yes or a no


def bodies():
    """Every kind with every value of every field in turn; also left out, and empty."""
    for kind, fields in phone_facts.limits().items():
        yield kind, GOOD[kind]
        yield kind, GOOD[kind] | {"strange": 1}
        for field, limit in fields.items():
            yield kind, {name: value for name, value in GOOD[kind].items() if name != field}
            yield from ((kind, GOOD[kind] | {field: value}) for value in [None, *values_of(field, limit)])


ALSO = [
    ("household", GOOD["household"] | {"consent": "refused", "label": "Lan"}),
    ("observation", GOOD["observation"] | {"basis": "self_said", "reason": ""}),
    ("observation", GOOD["observation"] | {"reason": "  "}),
    ("follow_up_settled", GOOD["follow_up_settled"] | {"settled_as": "cancelled", "why": "  "}),
    ("follow_up_settled", GOOD["follow_up_settled"] | {"settled_as": "cancelled", "why": "đã xong"}),
    ("walk_through", GOOD["walk_through"] | {"marks": {"a": "stuck"}, "stuck_step": "a", "blocker": "other"}),
    ("outreach_session", GOOD["outreach_session"] | {"people_count": 1, "ticked": [a_tick(), a_tick()]}),
]


def test_there_is_a_good_body_of_every_kind():
    assert set(GOOD) == set(KINDS)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_f16_the_phone_refuses_just_what_the_server_would(signed_in, tmp_path):
    lan = signed_in(LAN)
    deliver(lan, HOME, MEMBER, VISIT, TAPPED, DOSSIER)
    made, homes = [], []
    for kind, said in [*bodies(), *ALSO]:
        body = said
        if kind == "household_change" and said.get("household_id") == HOME.id:
            homes.append(a_household(recorded_at=RECENTLY))  # what one answers decides about the next
            body = said | {"household_id": homes[-1].id}
        made.append(an_operation(kind, body, recorded_at=RECENTLY, schema=SCHEMA))
    for start in range(0, len(homes), 20):
        deliver(lan, *homes[start : start + 20])
    plain = [json.loads(json.dumps({"kind": one.kind, "body": one.body}, default=str)) for one in made]

    told = javascript.asked(
        javascript.assembled(tmp_path),
        {"made": plain, "at": RECENTLY.isoformat()},
        'const { faultsOf } = await import("./service_worker/checks.js")\n'
        "return questions.made.map(({ kind, body }) => faultsOf(kind, body, questions.at))",
    )
    answers = []
    for start in range(0, len(made), 20):
        answers += deliver(lan, *made[start : start + 20]).json()["answers"]

    assert len(answers) == len(made) > 400
    for one, body, faults, answer in zip(made, plain, told, answers, strict=True):
        is_refused = answer["outcome"] == "parked" and answer["reason"]["code"] not in NAMED_WRONGLY
        # taken for the part that may be kept: a phone that knows better refuses it at the field
        is_refused |= (answer.get("reason") or {}).get("code") == TAKEN_WITHOUT_WORDS.code
        assert bool(faults) == is_refused, f"{one.kind} {body['body']}: {faults} and {answer}"


def test_e5_half_a_picture_sets_one_entry_aside_and_not_the_delivery(signed_in):
    lan = signed_in(LAN)
    home = a_household(recorded_at=RECENTLY, label="Sùng A Thử \ud83d", consent="given")
    ops = [
        {"id": str(one.id), "seq": 1, "kind": "household", "schema": 4, "recorded_at": RECENTLY.isoformat()}
        | {"body": json.loads(json.dumps(one.body, default=str))}
        for one in (home, a_household(recorded_at=RECENTLY, label="Vàng 😀", consent="given"))
    ]
    body = json.dumps({"device_id": str(LANS_PHONE), "app_build": "test", "ops": ops})

    answer = lan.post_from_us("/api/v1/ops", content=body.encode())

    assert answer.status_code == 200
    assert [one["outcome"] for one in answer.json()["answers"]] == ["parked", "accepted"]
    assert lan.get("/api/v1/field-pack").json()["households"][0]["label"] == "Vàng 😀"


@pytest.mark.parametrize(
    ("said", "kept"),
    [("tốt 😀", "tốt 😀"), ("\ud83d", "\ufffd"), ("a\ude00b", "a\ufffdb"), ("😀\ud83d😀", "😀\ufffd😀")],
)
def test_e5_a_text_is_made_whole_before_it_is_kept(tmp_path, said, kept):
    script = 'return (await import("./service_worker/checks.js")).wellFormed({ body: [{ note: questions }] }).body[0].note'
    escaped = json.dumps(said)  # as its own text: a file of JSON has no place for half a picture

    asked = javascript.asked(javascript.assembled(tmp_path), {}, script.replace("questions", escaped))

    assert asked == kept
