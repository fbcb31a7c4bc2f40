"""The phone's rules and the server's are one: both answer the examples of `tests/golden/` and thousands of questions
made by chance, and the first difference is shown."""

import itertools
import json
import re
from datetime import UTC, date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from uuid import UUID

import pytest

from tests import javascript
from tests.conftest import ROOT
from volunteer_app.domain import (
    duplicates,
    follow_ups,
    free_text,
    independence,
    invites,
    names,
    walk_throughs,
)
from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.calendar import VIETNAM, local_day
from volunteer_app.domain.figures import measures
from volunteer_app.domain.figures.coverage import Figures
from volunteer_app.domain.figures.left_behind import QUIET_BY_DEFAULT, Ranking, ranked
from volunteer_app.domain.figures.measures import MeasuredPlace
from volunteer_app.domain.follow_ups import FINISHED_AT_SIGNAL, Reason
from volunteer_app.domain.guides.figures import told_on
from volunteer_app.domain.guides.guide import is_doubtful
from volunteer_app.domain.households import PREREQUISITES
from volunteer_app.domain.independence import Basis, IndependenceLevel
from volunteer_app.domain.visits import Outcome
from volunteer_app.domain.walk_throughs import Mark, TeachBack

GOLDEN = ROOT / "tests" / "golden"
SEED = 13
BEGIN = datetime(2026, 11, 22, 16, 59, 59, tzinfo=UTC)


def golden(name: str):
    return json.loads((GOLDEN / name).read_text("utf-8"))


# Questions by chance: each maker gives one input; each rule says how Python answers and how JavaScript is asked.


def a_moment(chance: Random) -> datetime:
    """Near one another and near midnight in Vietnam, so that edges are met often."""
    day = BEGIN + timedelta(days=chance.choice([0, 0, 1, 6, 7, 13, 14, 15, 28, 365]))
    return day + timedelta(milliseconds=chance.choice([0, 1, 999, 1000, 1001, 3_600_000, 50_000_000, -1]))


def a_day(chance: Random) -> date:
    return local_day(a_moment(chance)) + timedelta(days=chance.randint(-2, 16))


SURNAMES = ["Nguyễn", "Hoàng", "Lý", "Sùng", "Văn", "Đặng", "Giàng", "Vi"]
MIDDLE = ["Văn", "Thị", "thi", "VĂN", "A", "Hồng", "Ngọc"]
GIVEN = ["Lan", "Páo", "Thị", "Thi", "Văn", "Trùng", "Chứ", "lán", "Đô"]


def a_name(chance: Random) -> str:
    words = [chance.choice(SURNAMES)] * chance.randint(0, 1)
    words += [chance.choice(MIDDLE) for _ in range(chance.randint(0, 2))]
    return chance.choice([" ", "  "]).join([*words, *[chance.choice(GIVEN)] * chance.choice([0, 1, 1, 1])])


LETTERS = "aAăâÂbdđĐeêgiklmnoôơpqrstuưvxyzfwjàảãáạữ0127９² .,-_'\"(\u0301\u200b\ud55c\u2f00ß"


def a_text(chance: Random) -> str:
    return "".join(chance.choice(LETTERS) for _ in range(chance.randint(0, 14)))


def some_digits(chance: Random) -> str:
    groups = [
        str(chance.randrange(10 ** chance.choice([1, 2, 3, 4, 9, 12]))) for _ in range(chance.randint(1, 5))
    ]
    glue = chance.choice([" ", ".", "-", " - ", "", "/", ", "])
    return (
        chance.choice(["", "Số ", "H60-", "x"]) + glue.join(groups) + chance.choice(["", " đ", "đ", " nhà"])
    )


def some_observations(chance: Random) -> list[dict]:
    return [
        {
            "id": str(UUID(int=chance.randrange(1 << 128))),
            "member_id": chance.choice("ab"),
            "service": chance.choice(["x", "y"]),
            "level": chance.choice(list(IndependenceLevel)),
            "basis": chance.choice(list(Basis)),
            "observed_at": a_moment(chance).isoformat(),
        }
        for _ in range(chance.randint(0, 6))
    ]


def seen(rows: list[dict]) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            **row | {"id": UUID(row["id"]), "observed_at": datetime.fromisoformat(row["observed_at"])}
        )
        for row in rows
    ]


def some_figures(chance: Random) -> dict:
    """Of two topics: one without days each, and stretches that begin or end near the day that is asked about."""
    figures, day = [], a_day(chance)
    for topic in "ab":
        figures.append({"key": f"{topic}-always", "topic": topic, "dated": False})
        first = day + timedelta(days=chance.choice([-9, -1, 0, 1]))
        last = first + timedelta(days=chance.choice([0, 1, 9, 10]))
        bounds = {"valid_from": chance.choice([None, first.isoformat()]), "valid_to": last.isoformat()}
        figures += [{"key": f"{topic}-dated", "topic": topic, "dated": True, **bounds}] * chance.randint(0, 1)
    return {"figures": figures, "day": day.isoformat()}


def told_keys(asked: dict) -> set[str]:
    def day_of(text):
        return date.fromisoformat(text) if text else None

    figures = [
        SimpleNamespace(
            **{name: row[name] for name in ("key", "topic")},
            valid_from=day_of(row.get("valid_from")),
            valid_to=day_of(row.get("valid_to")),
        )
        for row in asked["figures"]
    ]
    return {one.key for one in told_on(figures, date.fromisoformat(asked["day"]))}


def levels_by_service(rows: list[dict]) -> dict[str, int]:
    found = {}
    for service in {row["service"] for row in rows}:
        here = [row for row in rows if row["service"] == service]
        members = {row["member_id"] for row in here}
        found[service] = independence.household_level(
            independence.current_level(seen([row for row in here if row["member_id"] == one]))
            for one in members
        )
    return found


def a_run(chance: Random) -> dict:
    marks = {f"s{n}": chance.choice(list(Mark)) for n in range(chance.randint(0, 3))}
    return {"marks": marks, "teach_back": chance.choice(list(TeachBack)), "is_needed": chance.random() < 0.8}


def a_finished_run(chance: Random) -> dict:
    return {
        "isStuck": chance.random() < 0.4,
        "level": chance.choice([None, *IndependenceLevel]),
        "finishedAt": a_moment(chance).isoformat(),
        "returnOn": chance.choice([None, None, a_day(chance).isoformat()]),
        "blocker": chance.choice([None, *Blocker]),
        "isCore": chance.random() < 0.5,
    }


def a_return(chance: Random) -> dict:
    due_from = a_day(chance)
    return {
        "reason": chance.choice(list(Reason)),
        "blocker": chance.choice([None, *Blocker]),
        "due_from": due_from.isoformat(),
        "due_to": (due_from + timedelta(days=chance.choice([0, 1, 7]))).isoformat(),
        "created_at": a_moment(chance).isoformat(),
        "met_at": a_moment(chance).isoformat(),
    }


def a_member(chance: Random) -> dict:
    known = {key: chance.choice([None, True, False]) for key in PREREQUISITES}
    return known | {"vneid_level": chance.choice([None, 0, 1, 2]), "needed": chance.choice([0, 1, 2])}


def what_is_missing(member: dict) -> list[str]:
    """F10: what is known not to be there; what nobody has asked is not missing."""
    level = member["vneid_level"]
    return [
        key
        for key in PREREQUISITES
        if (level is not None and level < member["needed"] if key == "vneid_level" else member[key] is False)
    ]


def said(proposed: follow_ups.Return | None) -> list | None:
    return proposed and [proposed.reason, proposed.due_from.isoformat(), proposed.due_to.isoformat()]


def is_quiet(last: str | None, today: str) -> bool:
    if last is None:
        return True
    place = MeasuredPlace("a", "A", None, Figures(last_visit_on=date.fromisoformat(last)), {})
    return bool(ranked(Ranking.QUIET, [place], date.fromisoformat(today), QUIET_BY_DEFAULT))


RETURN = "((f) => f && [f.reason, f.due_from, f.due_to])"
RULES = {
    # name: (how many, one question, Python's answer, JavaScript's answer to `e`)
    "names folded": (1500, a_text, names.folded, "names.folded(e)"),
    "names squeezed": (300, a_text, names.squeezed, "names.squeezed(e)"),
    "searches": (
        1500,
        lambda c: [a_text(c)[:3] if c.random() < 0.5 else a_name(c), a_name(c) + a_text(c)],
        lambda e: names.matches(*e),
        "names.finder(e[0])(names.squeezed(e[1]))",
    ),
    "initials": (
        800,
        lambda c: f"{a_name(c)} {c.randint(0, 40)}{a_text(c)}",
        names.initials,
        "names.initials(e)",
    ),
    "names alike": (
        3000,
        lambda c: [a_name(c), a_name(c)],
        lambda e: duplicates.look_alike(*e),
        "names.lookAlike(...e)",
    ),
    "ID numbers": (
        3000,
        some_digits,
        lambda e: bool(free_text.problems_with_text(e)),
        "texts.hasIdNumber(e)",
    ),
    "days": (
        500,
        lambda c: a_moment(c).isoformat(),
        lambda e: str(local_day(datetime.fromisoformat(e))),
        "rules.localDay(e)",
    ),
    "clocks": (
        500,
        lambda c: a_moment(c).isoformat(),
        lambda e: f"{datetime.fromisoformat(e).astimezone(VIETNAM):%H:%M}",
        "rules.localClock(e)",
    ),
    "level of a run": (
        800,
        a_run,
        lambda e: walk_throughs.level_of(e["marks"], e["teach_back"], is_needed=e["is_needed"]),
        "rules.levelOf(e.marks, e.teach_back, e.is_needed)",
    ),
    "level of a member": (
        3000,
        some_observations,
        lambda e: independence.current_level(seen(e)),
        "rules.currentLevel(e)",
    ),
    "levels of a household": (1000, some_observations, levels_by_service, "rules.levelsByService(e)"),
    "independent household": (
        2000,
        lambda c: [
            {s: c.choice(list(IndependenceLevel)) for s in "xyz" if c.random() < 0.7},
            [s for s in "xyz" if c.random() < 0.7],
        ],
        lambda e: independence.is_independent({s: IndependenceLevel(n) for s, n in e[0].items()}, e[1]),
        "rules.isIndependent(...e)",
    ),
    "return after a visit": (
        600,
        lambda c: [c.choice(list(Outcome)), a_moment(c).isoformat(), c.choice([None, a_day(c).isoformat()])],
        lambda e: said(
            follow_ups.after_visit(
                Outcome(e[0]), datetime.fromisoformat(e[1]), date.fromisoformat(e[2]) if e[2] else None
            )
        ),
        f"{RETURN}(rules.afterVisit(...e))",
    ),
    "return after a run": (
        2000,
        a_finished_run,
        lambda e: said(
            follow_ups.after_walk_through(
                is_stuck=e["isStuck"],
                level=e["level"],
                finished_at=datetime.fromisoformat(e["finishedAt"]),
                return_on=date.fromisoformat(e["returnOn"]) if e["returnOn"] else None,
                blocker=e["blocker"],
                is_core=e["isCore"],
            )
        ),
        f"{RETURN}(rules.afterWalkThrough(e))",
    ),
    "return for papers": (
        100,
        lambda c: a_day(c).isoformat(),
        lambda e: said(follow_ups.window(Reason.DOSSIER, date.fromisoformat(e))),
        f"{RETURN}(rules.returnWindow('dossier', e))",
    ),
    "what a meeting settles": (
        3000,
        a_return,
        lambda e: follow_ups.is_closed_by(
            e["reason"],
            date.fromisoformat(e["due_from"]),
            datetime.fromisoformat(e["created_at"]),
            datetime.fromisoformat(e["met_at"]),
        ),
        "rules.isClosedBy(e, e.met_at)",
    ),
    "finished at signal": (
        600,
        a_return,
        lambda e: e["blocker"] in FINISHED_AT_SIGNAL and e["due_from"] != e["due_to"],
        "rules.isFinishedAtSignal(e)",
    ),
    "what is missing": (600, a_member, what_is_missing, "rules.gate(e, e.needed)"),
    "numbers rounded": (
        2000,
        lambda c: 100 * c.randint(0, 400) / c.choice([1, 2, 3, 8, 40, 200, 400]),
        round,
        "rules.rounded(e)",
    ),
    "classes of the map": (
        500,
        lambda c: [c.choice(["coverage", "staleness"]), c.randint(0, 100)],
        lambda e: measures.class_of(measures.Measure(e[0]), measures.Reading(measures.State.KNOWN, e[1])),
        (
            f"rules.classOf(e[1], {json.dumps(measures.PERCENT_FROM)}.map((p, i) => e[0] === 'coverage' ? p : "
            f"{json.dumps(measures.DAYS_FROM)}[i]))"
        ),
    ),
    "figures told on a day": (
        600,
        some_figures,
        lambda e: [f["key"] for f in e["figures"] if f["key"] in told_keys(e)],
        "packs.figuresOf({figures: e.figures}, {shows: ['a', 'b']}, {}, e.day).map((f) => f.key)",
    ),
    "claims to ask about": (
        300,
        lambda c: [
            {"check": c.choice([None, "x"]), "doubtful_from": c.choice([None, a_day(c).isoformat()])},
            a_day(c).isoformat(),
        ],
        lambda e: is_doubtful(
            SimpleNamespace(
                check=bool(e[0]["check"]),
                doubtful_from=e[0]["doubtful_from"] and date.fromisoformat(e[0]["doubtful_from"]),
            ),
            date.fromisoformat(e[1]),
        ),
        "packs.isDoubtful(...e)",
    ),
    "quiet places": (
        300,
        lambda c: [c.choice([None, a_day(c).isoformat()]), a_day(c).isoformat()],
        lambda e: is_quiet(*e),
        "rules.isQuiet(...e)",
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return javascript.assembled(tmp_path_factory.mktemp("phone"))


IMPORTS = """
    const rules = await import("./service_worker/rules.js")
    const names = await import("./service_worker/names.js")
    const texts = await import("./service_worker/free_text.js")
    globalThis.addEventListener ??= () => undefined // the phone's store listens for a page that leaves; node has none
    const packs = await import("./static/js/guide_pack.js")
"""


def answers_of(folder, questions: dict[str, list], asked: dict[str, str]) -> dict[str, list]:
    lines = [
        f"{json.dumps(name)}: questions[{json.dumps(name)}].map((e) => {call})"
        for name, call in asked.items()
    ]
    return javascript.asked(folder, questions, f"{IMPORTS} return {{ {', '.join(lines)} }}")


@pytest.fixture(scope="module")
def by_chance(folder):
    """Questions of every rule, and the phone's answers, all at once."""
    chance = Random(SEED)
    questions = {name: [make(chance) for _ in range(many)] for name, (many, make, _py, _js) in RULES.items()}
    return questions, answers_of(folder, questions, {name: rule[3] for name, rule in RULES.items()})


@pytest.mark.parametrize("rule", RULES)
def test_phone_and_server_answer_alike_whatever_is_asked(by_chance, rule):
    questions, answers = by_chance
    ours = RULES[rule][2]
    made = [json.loads(json.dumps(ours(question))) for question in questions[rule]]

    assert len({json.dumps(answer) for answer in made}) > 1, "the questions never change the answer"
    for question, mine, theirs in zip(questions[rule], made, answers[rule], strict=True):
        assert theirs == mine, f"the phone says {theirs}, the server {mine}, to {question}"


def test_every_weak_pin_is_weak_on_both_sides(folder):
    weak = javascript.asked(
        folder,
        {},
        IMPORTS
        + "return Array.from({ length: 1e6 }, (_, n) => String(n).padStart(6, '0')).filter(rules.isWeakPin)",
    )
    digits = ("".join(one) for one in itertools.product("0123456789", repeat=6))

    assert weak == [pin for pin in digits if invites.problems_with_pin(pin, pin)]
    assert "123123" in weak and "271828" not in weak


def test_l8_examples_of_names_searches_and_id_numbers(folder):
    questions = {name: golden(f"{name}.json") for name in ("folded", "matches", "free_text")}
    answers = answers_of(
        folder,
        questions,
        {
            "folded": "names.folded(e[0])",
            "matches": "names.finder(e[0])(names.squeezed(e[1]))",
            "free_text": "texts.hasIdNumber(e[0])",
        },
    )

    for name, examples in questions.items():
        assert answers[name] == [example[-1] for example in examples]


def test_p3_a5_examples_of_levels_and_returns(folder):
    examples = golden("levels.json")
    for example in examples["current_level"]:
        for number, one in enumerate(example["observations"]):
            one["id"] = f"{number:08}"
            one["observed_at"] = f"2026-{9 + one['day'] // 30:02}-{1 + one['day'] % 30:02}T00:00:00Z"
    answers = answers_of(
        folder,
        examples,
        {
            "current_level": "rules.currentLevel(e.observations)",
            "level_of": "rules.levelOf(e.marks, e.teach_back, e.is_needed)",
            "after_visit": f"{RETURN}(rules.afterVisit(e.outcome, e.at, e.return_on))",
            "after_walk_through": f"{RETURN}(rules.afterWalkThrough({{ isStuck: e.is_stuck, level: e.level, "
            "finishedAt: e.at, returnOn: e.return_on, blocker: e.blocker, isCore: e.is_core }))",
        },
    )

    assert answers["current_level"] == [e["level"] for e in examples["current_level"]]
    assert answers["level_of"] == [e["level"] for e in examples["level_of"]]
    for kind in ("after_visit", "after_walk_through"):
        assert answers[kind] == [e["return"] for e in examples[kind]]


def test_a11_the_day_goes_by_overdue_then_due_then_unvisited_in_hamlet_order(folder):
    """What is finished at signal, comes later or was refused is no door of today."""
    homes = [
        {"id": id_, "is_met": id_ in "bcde", "last_outcome": "refused" if id_ == "g" else None}
        for id_ in "abcdefgh"
    ]
    returns = [
        {"household_id": "b", "due_from": "2026-11-01", "due_to": "2026-11-25"},
        {"household_id": "d", "due_from": "2026-11-01", "due_to": "2026-11-10"},
        {"household_id": "e", "due_from": "2026-11-01", "due_to": "2026-11-09"},
        {"household_id": "c", "due_from": "2026-11-01", "due_to": "2026-11-09", "blocker": "no_signal"},
        {"household_id": "f", "due_from": "2026-12-01", "due_to": "2026-12-09"},
        {"household_id": "c", "due_from": "2026-11-01", "due_to": "2026-11-09", "settled_as": "done"},
    ]
    plan = """const { dayPlan } = await import("./static/js/day_plan.js")
        return dayPlan(questions.homes, questions.returns, "2026-11-22").map((h) => h.id).join("")"""

    assert javascript.asked(folder, {"homes": homes, "returns": returns}, plan) == "edbah"


def test_the_worker_imports_nothing_of_the_screens():
    """Arrows between the two folders point one way."""
    back = [
        path.name
        for path in (ROOT / "service_worker").glob("*.js")
        if re.search(r"""["'][./]+static/js""", path.read_text("utf-8"))  # a comment may name one
    ]

    assert back == []
