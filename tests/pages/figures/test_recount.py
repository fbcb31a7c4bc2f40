"""Figures of every map, list, board and export equal a recount in plain SQL (`tests/recount.py`).

Histories are random: two communes, on both engines, seen by the commune's leader and by the Front, for whom small cells
are hidden: what they can read is right, and no count from 1 to 4 can be read.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from itertools import product
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from openpyxl import load_workbook

from tests.pages.blockers.test_routes import lines_of as blocker_lines_of
from tests.pages.counted import (
    HAMLETS,
    HIDDEN,
    NOW,
    OF_COMMUNE,
    OFFICIAL,
    READERS,
    SERVICE,
    SPOKEN,
    TODAY,
    Counted,
    as_text,
    assert_says,
    tight,
    told,
    weave_of,
    when_last,
)
from tests.pages.left_behind.test_routes import lists_of
from tests.people import COMMUNE, FAR_HAMLET, MINH, OTHER_COMMUNE, PROVINCE, THE_FRONT
from tests.recount import chosen_in_plain_sql, phones_in_plain_sql
from volunteer_app.domain.blockers import BLOCKER_NAMES, Blocker
from volunteer_app.domain.periods import Span
from volunteer_app.domain.places import Signal
from volunteer_app.domain.public_services import core_slugs


def places_json(
    c: Counted, hamlets: list[UUID], service: str = SERVICE, blocker: str = "any"
) -> dict[str, Any]:
    """A row of the figures by place."""
    official, so_far = sum(OFFICIAL[id_] for id_ in hamlets), c.sum(c.so_far, hamlets, "first_met")
    last, needing = c.last(hamlets), so_far - c.at(hamlets, service, -1)
    return {
        "official_households": official, "turns": c.sum(c.now, hamlets, "turns"),
        "households_visited": c.sum(c.now, hamlets, "attempted"), "households_met": c.sum(c.now, hamlets, "met"),
        "households_met_so_far": so_far, "independent_households": c.sum(c.stands, hamlets, "independent"),
        "gap": official - c.sum(c.stands, hamlets, "independent"), "households_needing": needing,
        "households_alone": c.at(hamlets, service, 3, 4), "households_with_help": c.at(hamlets, service, 2),
        "households_done_for": c.at(hamlets, service, 1),
        "households_blocked": c.sum(c.blockers, hamlets, (blocker, "standing")),
        "households_relapsed": c.sum(c.stands, hamlets, "relapsed"), "last_visit": last.isoformat() if last else None,
        "days_without_visit": (c.last_day - last).days if last else None, "last_visit_when": when_last(last, c.last_day),
    }  # fmt: skip


NOT_COUNTED = ("official_households", "gap", "last_visit", "days_without_visit", "last_visit_when")


def from_outside(counted: Counted, hamlets: list[UUID], *named: str, adds_up: bool) -> dict[str, Any]:
    """The same as it is told outside the commune. adds_up: what is told of each hamlet, added up?"""
    right = places_json(counted, hamlets, *named)
    parts = [places_json(counted, [one], *named) for one in hamlets] if adds_up else [dict(right)]
    for part in parts:
        ladder = [part[f"households_{one}"] for one in ("alone", "with_help", "done_for")]
        part["not_started"] = part["households_needing"] - sum(ladder)
    for name in right.keys() - set(NOT_COUNTED) | {"not_started"}:
        said = [told(part[name]) for part in parts]
        if name == "turns":
            said = ["•" if told(part["households_visited"]) == "•" else told(part[name]) for part in parts]
        right[name] = "•" if "•" in said else sum(said)
    independent = right["independent_households"]
    right["gap"] = "•" if independent == "•" else right["official_households"] - independent
    return right | {"last_visit": None, "days_without_visit": None}


class Seen(NamedTuple):
    """What somebody chooses to see of a place: its query, and what plain SQL counts for it (names → hamlets)."""

    query: dict[str, str]
    counted: Counted
    names: dict[str, list[UUID]]
    hides: bool

    def right(self, name: str) -> dict[str, Any]:
        """What must be said of a place, or of all together."""
        named = (self.query.get("service", SERVICE), self.query.get("blocker") or "any")
        if self.hides:
            narrowed = bool({"signal", "spoken"} & self.query.keys())
            return from_outside(self.counted, self.of[name], *named, adds_up=narrowed)
        found = places_json(self.counted, self.of[name], *named)
        ladder = [found[f"households_{one}"] for one in ("alone", "with_help", "done_for")]
        return found | {"not_started": found["households_needing"] - sum(ladder)}

    @property
    def of(self) -> dict[str, list[UUID]]:
        """The rows of its table."""
        return self.names | {"Together": [id_ for some in self.names.values() for id_ in some]}


def assert_exports_say(seen: Seen, place: dict[str, str], visitor: Any) -> None:
    """Every file of figures by place says what plain SQL counts."""
    query = place | seen.query | {"language": "en"}
    ask = lambda kind: visitor.get(f"/api/v1/figures/places/{kind}", params=query).content  # noqa: E731
    sheet = [list(row) for row in load_workbook(io.BytesIO(ask("xlsx"))).worksheets[0].values]
    exports = {
        "json": json.loads(ask("json")),
        "geojson": [one["properties"] for one in json.loads(ask("geojson"))["features"]],
        "csv": [dict(row) for row in csv.DictReader(io.StringIO(ask("csv").decode("utf-8-sig")))],
        "xlsx": [dict(zip(sheet[0], row, strict=True)) for row in sheet[1:]],
    }
    for kind, found in exports.items():
        assert {row["name"] for row in found} == seen.names.keys()
        for row in found:
            right = seen.right(row["name"])
            for name in right.keys() - {"not_started"}:
                cell = None if row[name] == "" else as_text(row[name])
                if cell is None and right[name] is None:
                    continue
                about_days = str(right[name]) if name == "days_without_visit" else right[name]
                if name == "last_visit_when":
                    about_days = BY_WORD[right[name]]
                assert_says(cell, about_days, (kind, query, row["name"], name), hides=seen.hides)


BY_WORD = {
    "this month": "this_month", "1–3 months ago": "three_months", "longer ago": "longer", "never": "never",
}  # fmt: skip
MEASURES = {
    "coverage": ["households_met", "official_households", "households_visited", "turns"],
    "independent": ["independent_households", "official_households", "households_met"],
    "alone": ["households_alone", "households_with_help", "households_done_for", "not_started"],
    "gap": ["gap", "official_households", "independent_households", "households_met"],
    "blockers": ["households_blocked", "households_relapsed"],
    "staleness": ["days_without_visit", "turns", "households_met"],
}
WHOLES = {
    "coverage": "official_households", "independent": "official_households", "alone": "households_needing",
    "blockers": "households_met_so_far",
}  # fmt: skip


def assert_figure(seen: Seen, measure: str, name: str, figure: str, note: str) -> None:
    """A measure's figure and what it was made from."""
    column, right, where = MEASURES[measure][0], seen.right(name), (seen.query, measure, name)
    is_whole = name == "Together"
    if measure in WHOLES and figure not in HIDDEN:
        part, whole = right[column], right[WHOLES[measure]]
        if seen.hides and is_whole and whole != 0:
            shown = note.removesuffix(" households").split("/")
            assert_says(shown[0], part, where, hides=True, is_whole=True)
            assert_says(shown[1], whole, where, hides=True, is_whole=True)
            part, whole = map(int, shown)
        assert note == (f"{part}/{whole} households" if whole else "nobody met yet"), where
        assert figure == (f"{round(100 * part / whole)} %" if whole else "–"), where
        assert not seen.hides or not 0 < part < 5, where
    elif column == "days_without_visit" and seen.hides:
        assert (figure, note) == (right["last_visit_when"], "no visit yet" if figure == "never" else ""), (
            where
        )
    elif column == "days_without_visit":
        assert figure == ("never" if right[column] is None else str(right[column])), where
        last = date.fromisoformat(right["last_visit"]) if right["last_visit"] else None
        assert note == (f"{last:%d/%m/%Y}" if last else "no visit yet"), where
    else:
        assert_says(figure, right[column], where, hides=seen.hides, is_whole=is_whole)


def rows_of(text: str) -> dict[str, list[tuple[str, str]]]:
    """A table's rows: the place's name → each cell's figure and note."""
    rows = re.findall(r'<tr[^>]*><th scope="row">(.*?)</th>(.*?)</tr>', text, re.DOTALL)
    cell = r"<td[^>]*>([^<]*)(?:<small[^>]*>([^<]*)</small>)?</td>"
    return {re.sub(r"<[^>]+>", "", name): re.findall(cell, row) for name, row in rows}


def assert_map_says(seen: Seen, text: str) -> None:
    """A page's table, its picture, its headline and its list of the quiet ones say what plain SQL counts."""
    measure, of_communes = seen.query["measure"], "Minh Tân" in seen.names or "Bình Xa" in seen.names
    text = tight(text)
    rows = rows_of(text)
    assert rows.keys() == seen.of.keys()
    for name, cells in rows.items():
        assert_figure(seen, measure, name, *cells[0])
        for (figure, _note), column in zip(cells[1:], MEASURES[measure][1:], strict=False):
            where = (seen.query, name, column)
            assert_says(
                figure, seen.right(name)[column], where, hides=seen.hides, is_whole=name == "Together"
            )
    drawn = {
        name: (number, weave)
        for name, number, weave in re.findall(
            r"<title>([^<]*): ([^<]*)</title><path d=\"[^\"]*\"(?: fill=\"url\(#weave-(\w+)\)\"| class=\"unknown\")", text
        )
        or re.findall(
            r'class="name">([^<]+)</span><b>([^<]+)</b>.*?<rect[^>]*?(?: fill="url\(#weave-(\w+)\)"| fill="none")', text, re.DOTALL
        )
    }  # fmt: skip
    shown = {name: cells[0][0] for name, cells in rows.items() if name != "Together"}
    assert drawn == {
        name: (figure, weave_of(measure, figure, of_communes=of_communes)) for name, figure in shown.items()
    }
    right = {name: seen.right(name) for name in shown}
    ago: Any = {None: "no visit yet", 0: "today", 1: "1 day ago"}
    if seen.hides:
        ago = {"never": "no visit yet"}
        when = {name: one["last_visit_when"] for name, one in right.items()}
        quiet: dict[str, Any] = {name: some for name, some in when.items() if some != "this month"}
    else:
        days = {name: one["days_without_visit"] for name, one in right.items()}
        quiet = {name: some for name, some in days.items() if some is None or some >= 14}
    headline = re.findall(r'<p class="stat"><b>([^<]+)</b>', text)[0]
    assert headline == (str(len(quiet)) if measure == "staleness" else rows["Together"][0][0])
    facts, together = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", text)), seen.right("Together")
    for fact, column in FACTS.items():
        assert_says(facts[fact], together[column], (seen.query, fact), hides=seen.hides, is_whole=True)
    listed = re.findall(r'<b>([^<]+)</b> ?<span class="numeral">([^<]+)</span>', text)
    as_days = (lambda some: some) if seen.hides else (lambda some: f"{some} days ago")
    assert dict(listed) == {name: ago.get(some, as_days(some)) for name, some in quiet.items()}


FACTS = {
    "Visits (turns)": "turns", "Households visited": "households_visited", "Households met": "households_met",
    "Independent households": "independent_households",
}  # fmt: skip


def so_many_before(span: Span, back: int) -> date:
    """A day in the span so many before today's; the last day of the month, for the time from the beginning."""
    if span in (Span.DAY, Span.WEEK):
        return TODAY - timedelta(days=back * (7 if span is Span.WEEK else 1))
    months = TODAY.year * 12 + TODAY.month - 1 - back * (3 if span is Span.QUARTER else 1)
    first_of_next = date((months + 1) // 12, (months + 1) % 12 + 1, 1)
    return min(first_of_next - timedelta(days=1), TODAY)


def some_views(
    counted: Any, chosen: Any, chance: Random, names: dict[str, list[UUID]], *, hides: bool
) -> Iterator[Seen]:
    """Every measure in periods of every kind, now and so many before, and inside the commune in chosen days; of all hamlets,
    or of those with a signal or a language; of every core service and blocker."""
    periods: list[tuple[dict[str, str], Counted]] = []
    for span, furthest in {Span.ALL: 3, Span.WEEK: 12, Span.MONTH: 4, Span.QUARTER: 2, Span.DAY: 13}.items():
        if span is not Span.DAY or not hides:
            for back in {0, chance.randrange(1, furthest)}:
                c = counted(span, so_many_before(span, back))
                periods.append(({"span": span.value, "back": str(back)}, c))
    weeks_ago = () if hides else range(3, 10)
    mondays = [TODAY - timedelta(days=TODAY.weekday() + 7 * weeks) for weeks in weeks_ago]
    visits_on = lambda day: (c := counted(Span.DAY, day)).sum(c.now, list(OFFICIAL), "turns")  # noqa: E731
    for monday in [one for one in chance.sample(mondays, k=len(mondays)) if visits_on(one)][:1]:
        sunday = monday + timedelta(days=13)
        days = {"first_day": monday.isoformat(), "last_day": sunday.isoformat()}
        periods.append(({"span": "dates"} | days, counted(Span.DATES, sunday, monday)))
    narrowings = [{"signal": one.value} for one in Signal] + [{"spoken": tag} for tag in SPOKEN]
    choices = [(period, narrowed) for period in periods for narrowed in ({}, *chance.sample(narrowings, k=2))]
    for turn, ((period, c), narrowed) in enumerate(choices):
        measure = list(MEASURES)[(turn + turn // 3) % len(MEASURES)]
        passing = chosen(**narrowed)
        kept = {name: [id_ for id_ in of if id_ in passing] for name, of in names.items()}
        query = {"measure": measure} | period | narrowed
        if measure == "alone":
            query["service"] = chance.choice(core_slugs())
        if measure == "blockers":
            query["blocker"] = chance.choice(["", "no_signal", "sim_not_own", "level_2_not_issued"])
        yield Seen(query, c, {name: of for name, of in kept.items() if of}, hides)


@pytest.fixture
def chosen(in_database) -> Any:
    """The hamlets that plain SQL finds: `chosen(signal="none")`."""
    return lambda **narrowed: in_database(lambda database: chosen_in_plain_sql(database, **narrowed))


def test_m1_m5_m6_x1_x2_x3_maps_and_exports_of_any_period_and_choice_say_what_plain_sql_counts(
    signed_in, counted, chosen, request
):
    chance, united = Random(request.node.name), 0
    for reader, place, names in READERS:
        visitor = signed_in(reader)
        in_api = {"province": PROVINCE} | ({"commune": COMMUNE} if names is HAMLETS else {})
        for number, seen in enumerate(some_views(counted, chosen, chance, names, hides=reader == THE_FRONT)):
            text = unescape(visitor.get(f"/en/coverage/{place}", params=seen.query).text)
            if seen.names:
                assert_map_says(seen, text)
            else:
                assert "There is no such hamlet here." in text
            if number % 4 == 0:
                assert_exports_say(seen, in_api, visitor)
            united += len(seen.names.get("Minh Tân", [])) == 2
    assert united > 5, "some hamlets of a commune, and not all of them, must be added up"


def test_m2_maps_side_by_side_say_what_plain_sql_counts(signed_in, counted, chosen):
    for (reader, place, names), span, measure in product(
        READERS, [Span.ALL, Span.WEEK, Span.MONTH], ["coverage", "independent", "staleness"]
    ):
        backs = range(7, 1, -1)
        query = {"measure": measure, "span": span.value}
        periods = [
            Seen(query, counted(span, so_many_before(span, back)), names, reader == THE_FRONT)
            for back in backs
        ]
        text = (
            signed_in(reader)
            .get(f"/en/coverage/{place}", params=query | {"back": "2", "beside": "time"})
            .text
        )
        assert_panels_say(dict.fromkeys(backs, measure), periods, text)
    for (reader, place, names), narrowed in product(READERS, [{}, {"signal": "none"}, {"spoken": "hmn"}]):
        passing = chosen(**narrowed)
        kept = {name: [id_ for id_ in of if id_ in passing] for name, of in names.items()}
        query = {"span": "month", "back": "1"} | narrowed
        seen = Seen(
            query, counted(Span.MONTH, so_many_before(Span.MONTH, 1)),
            {name: of for name, of in kept.items() if of}, reader == THE_FRONT,
        )  # fmt: skip
        text = signed_in(reader).get(f"/en/coverage/{place}", params=query | {"beside": "measures"}).text
        assert_panels_say({one: one for one in BESIDE}, [seen] * len(BESIDE), text)


BESIDE = ("coverage", "independent", "alone", "gap", "staleness", "blockers")
"""The measures in the order in which they stand beside one another."""


def assert_panels_say(measures: dict[Any, str], seen: list[Seen], text: str) -> None:
    """Each small map, its figure, how each place is woven, and its column of the table. measures: of each map."""
    text = tight(text)
    panels = re.findall(
        r"<figcaption>.*?<b>(.*?)</b><small>(.*?)</small></figcaption>.*?<svg[^>]*>(.*?)</svg>",
        text,
        re.DOTALL,
    )
    shapes = [re.findall(r'<use href="#s(\d+)"(?: fill="url\(#weave-(\w+)\)")?', svg) for _, _, svg in panels]
    rows = rows_of(unescape(text))
    assert len(panels) == len(measures) == len(seen)
    places = list(seen[0].names)
    order = [name for name in rows if name != "Together"]
    assert sorted(order) == sorted(places)
    for column, (measure, one) in enumerate(zip(measures.values(), seen, strict=True)):
        for name, cells in rows.items():
            assert_figure(one, measure, name, *cells[column])
        assert panels[column][:2] == rows["Together"][column]
        woven = dict(shapes[column])
        assert len(woven) == len(places)
        of_communes = "Minh Tân" in places or "Bình Xa" in places
        assert [woven[number] for number in sorted(woven, key=int)] == [
            weave_of(measure, rows[name][column][0], of_communes=of_communes) for name in order
        ]


def lists_right(
    c: Counted, hamlets: dict[str, list[UUID]], quiet: int, *, hides: bool
) -> dict[str, dict[str, Any]]:
    """Who belongs on each list of those left behind, and with which number."""
    rows = {name: places_json(c, of) for name, of in hamlets.items()}
    seen = rows
    if hides:
        seen = {name: from_outside(c, of, SERVICE, "any", adds_up=False) for name, of in hamlets.items()}
    days = {name: row["days_without_visit"] for name, row in rows.items()}
    return {
        "quiet": {name: some for name, some in days.items() if some is not None and some >= quiet},
        "not_this_month": {
            name: row["last_visit_when"]
            for name, row in rows.items()
            if row["last_visit_when"] not in ("never", "this month")
        },
        "unreached": {n: r["official_households"] for n, r in rows.items() if not r["households_met_so_far"]},
        "gap": {name: row["gap"] for name, row in seen.items() if row["gap"] == "•" or row["gap"] > 0},
        "relapse": {name: lost for name, row in rows.items() if (lost := row["households_relapsed"])},
    }


def test_m4_the_lists_of_those_left_behind_say_what_plain_sql_counts(signed_in, counted, chosen):
    c = counted(Span.ALL)
    choices = product(READERS, [7, 14, 30], [{}, {"signal": "none"}, {"signal": "weak"}, {"spoken": "hmn"}])
    for (reader, place, names), quiet, narrowed in choices:
        passing = chosen(**narrowed)
        hamlets = HAMLETS if names is HAMLETS else HAMLETS | {"Bản Mẫu": [FAR_HAMLET]}
        kept = {name: of for name, of in hamlets.items() if set(of) <= passing}
        right = lists_right(c, kept, quiet, hides=reader == THE_FRONT)
        query = narrowed | {"quiet": str(quiet)}
        text = signed_in(reader).get(f"/en/left-behind/{place}", params=query).text
        lists = lists_of(text)
        not_this_month = right.pop("not_this_month")
        if reader == THE_FRONT:
            right.pop("quiet")
            said = lists.get("quiet", [])
            assert dict(said) == not_this_month
            assert [when for _, when in said] == sorted((when for _, when in said), reverse=True)
        for key, of in right.items():
            shown = [(name, number.split(" ")[0]) for name, number in lists.get(key, [])]
            assert {name for name, _ in shown} == of.keys(), (query, key)
            for name, figure in shown:
                is_days = key == "quiet"
                assert_says(
                    figure,
                    str(of[name]) if is_days else of[name],
                    (query, key, name),
                    hides=reader == THE_FRONT,
                )
            read = [int(figure) for _, figure in shown if figure not in HIDDEN]
            assert read == sorted(read, reverse=True), "what waits most comes first"
            assert all(figure not in HIDDEN for _, figure in shown[: len(read)]), "hidden ones come last"
        met = {name: c.sum(c.so_far, of, "first_met") for name, of in hamlets.items()}
        said = re.findall(
            r"<b>([^<]+)</b>(?: <span[^>]*>[^<]*</span>)?<small>of (\d+) households met</small>", text
        )
        assert bool(said) or reader == THE_FRONT or not right["relapse"]
        for name, number in said:
            assert_says(number, met[unescape(name)], (query, name), hides=reader == THE_FRONT)


@pytest.fixture
def phones(counted, in_database) -> list[dict[str, Any]]:
    """The phones of two communes as plain SQL finds them, each once for each commune."""
    since = NOW - timedelta(days=3)
    return in_database(lambda database: phones_in_plain_sql(database, TODAY, since))


def test_m9_silent_phones_are_as_many_on_every_page_as_plain_sql_counts(signed_in, phones):
    for reader, place, names in READERS:
        of_place = [one for one in phones if names is not HAMLETS or one["commune_code"] == COMMUNE]
        silent = [one for one in of_place if one["is_silent"]]
        numbers = [len({one["id"] for one in some}) for some in (silent, of_place)]
        assert 0 < numbers[0] < numbers[1]
        pages = {
            page: signed_in(reader).get(f"/en/{page}/{place}").text
            for page in ("coverage", "reports", "blockers", "left-behind")
        }
        for page, text in pages.items():
            assert f"{numbers[0]} of {numbers[1]} phones not heard from for 3 days" in text, page
        ago = [f"{(TODAY - one['day']).days} days ago" for one in silent]
        if reader == MINH:
            right = [(one["name"], since) for one, since in zip(silent, ago, strict=True)]
        else:
            of_commune = Counter(one["commune_code"] for one in silent)
            name_of = {COMMUNE: "" if names is HAMLETS else "Minh Tân", OTHER_COMMUNE: "Bình Xa"}
            right = [
                (name_of[code], f"{count} phone{'s' if count > 1 else ''}")
                for code, count in of_commune.items()
            ]
            longest = {
                one["commune_code"]: since for one, since in reversed(list(zip(silent, ago, strict=True)))
            }
            notes = re.findall(r"longest silent: ([^<]+)<", pages["left-behind"])
            assert notes == [longest[code] for code in of_commune]
        assert lists_of(pages["left-behind"])["phones"] == right[:8]


def test_m8_the_households_behind_lost_skills_and_blockers_are_as_many_as_said(signed_in, counted):
    c = counted(Span.ALL)
    leader = signed_in(MINH)
    codes = lambda what: set(  # noqa: E731
        re.findall(
            r'<th scope="row">([^<]+).*?</th><td>([^<]*)',
            leader.get(f"/en/left-behind/{OF_COMMUNE}/households?what={what}").text,
        )
    )
    both = [id_ for some in HAMLETS.values() for id_ in some]

    assert len(codes("relapsed")) == c.sum(c.stands, both, "relapsed")
    assert len(codes("blocked")) == c.sum(c.blockers, both, ("any", "standing"))
    for blocker in Blocker:
        standing = c.sum(c.blockers, both, (blocker.value, "standing"))
        assert len(codes(f"blocked/{blocker.value}")) == standing


def test_the_board_of_blockers_says_and_draws_what_plain_sql_counts(signed_in, counted):
    a_month_ago = TODAY.replace(day=1) - timedelta(days=1)
    for (reader, place, names), (span, on) in product(
        READERS, [(Span.MONTH, TODAY), (Span.QUARTER, TODAY), (Span.MONTH, a_month_ago)]
    ):
        c, hides = counted(span, on), reader == THE_FRONT
        text = signed_in(reader).get(f"/en/blockers/{place}?span={span.value}&on={on}").text
        all_ = [id_ for some in names.values() for id_ in some]
        lines, courses = blocker_lines_of(text), courses_of(text)
        weeks = [counted(Span.WEEK, on - timedelta(weeks=ago)) for ago in range(11, -1, -1)]
        headings = [unescape(h) for h in re.findall(r'<th scope="col" class="number">([^<]+)</th>', text)]
        rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', text, re.DOTALL)
        of_name = {BLOCKER_NAMES[one]: one.value for one in Blocker} | {"Households in all": "any"}
        for blocker in Blocker:
            stuck, homes, left = (
                c.sum(c.blockers, all_, (blocker.value, name)) for name in ("stuck", "households", "standing")
            )
            course = [
                [week.sum(week.blockers, all_, (blocker.value, name)) for name in ("stuck", "households")]
                for week in weeks
            ]
            if not stuck and not left and not any(turns for turns, _ in course):
                assert BLOCKER_NAMES[blocker] not in lines
                continue
            standing, said = lines[BLOCKER_NAMES[blocker]]
            turns, households = re.findall(r"In this period: (\S+) turns, (\S+) households", said)[0]
            for shown, right in ((standing, left), (turns, stuck), (households, homes)):
                assert_says(shown, right, blocker, hides=hides)
            starts = [f"{week.first_day:%d/%m}" for week in weeks]
            assert_sparkline_draws(
                dict(zip(starts, course, strict=True)), *courses[BLOCKER_NAMES[blocker]], hides=hides
            )
        assert rows
        for name, row in rows:
            plain = unescape(re.sub(r"<[^>]+>", "", name))
            cells = re.findall(r"<td[^>]*>([^<]*)</td>", row)
            for heading, cell in zip(headings, cells, strict=True):
                right = c.sum(c.blockers, names[plain], (of_name[heading], "standing"))
                assert_says(cell, right, (plain, heading), hides=hides)


def courses_of(text: str) -> dict[str, tuple[str, list[float]]]:
    """Each blocker's small bars: in words, and how high they are."""
    found = re.findall(
        r'<li><h3>(.*?)</h3>.*?<svg class="sparkline"[^>]*aria-label="([^"]+)">(.*?)</svg>', text, re.DOTALL
    )
    height = r'<rect[^>]* height="([\d.]+)"'
    return {
        unescape(name): (said, [float(one) for one in re.findall(height, svg)]) for name, said, svg in found
    }


def assert_sparkline_draws(
    course: dict[str, list[int]], said: str, heights: list[float], *, hides: bool
) -> None:
    """Turns week by week, as said and as high as they are many. course: week → turns and households.

    Hidden is what is about fewer than 5 households, and nothing else."""
    shown = {
        week: str(turns) if not hides else "•" if "•" in (told(turns), told(homes)) else str(told(turns))
        for week, (turns, homes) in course.items()
    }
    assert said == "Turns by week: " + "; ".join(f"{week} {number}" for week, number in shown.items())
    counts = [0 if number == "•" else int(number) for number in shown.values()]
    drawn = [max(3, 26 * count / max(counts)) if count else 1.5 for count in counts]
    assert heights == pytest.approx(drawn, abs=0.051)


def test_the_leaders_overview_says_what_plain_sql_counts(signed_in, counted):
    c = counted(Span.ALL)
    text = signed_in(MINH).get("/en/desk").text

    for name, (hamlet_id,) in HAMLETS.items():
        said = re.findall(rf">{name}</a></th>.*?(\d+) of (\d+) met.*?<td>([^<]+)</td>", text, re.DOTALL)[0]
        last = c.last([hamlet_id])
        day = f"{last:%d/%m/%Y}" if last else "never"
        assert said == (str(c.sum(c.so_far, [hamlet_id], "first_met")), str(OFFICIAL[hamlet_id]), day)


def test_the_list_of_visits_has_every_visit(signed_in, counted):
    c = counted(Span.ALL)
    place = {"province": PROVINCE, "commune": COMMUNE}
    text = signed_in(MINH).get("/api/v1/figures/visits.csv", params=place).content.decode("utf-8-sig")

    found = Counter(row["hamlet"] for row in csv.DictReader(io.StringIO(text)))

    assert found == {name: c.sum(c.now, of, "turns") for name, of in HAMLETS.items()}
