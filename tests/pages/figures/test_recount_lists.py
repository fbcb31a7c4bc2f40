"""Lists of those left behind, silent phones and the board of blockers equal a recount in plain SQL (`tests/recount.py`)."""

import re
from collections import Counter
from datetime import timedelta
from html import unescape
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from tests.pages.blockers.test_routes import lines_of as blocker_lines_of
from tests.pages.counted import (
    HAMLETS,
    HIDDEN,
    NOW,
    OF_COMMUNE,
    READERS,
    SERVICE,
    TODAY,
    Counted,
    assert_says,
    from_outside,
    places_json,
    told,
)
from tests.pages.left_behind.test_routes import lists_of
from tests.people import COMMUNE, FAR_HAMLET, MINH, OTHER_COMMUNE, THE_FRONT
from tests.recount import chosen_in_plain_sql, phones_in_plain_sql
from volunteer_app.domain.blockers import BLOCKER_NAMES, Blocker
from volunteer_app.domain.periods import Span


@pytest.fixture
def chosen(in_database) -> Any:
    """The hamlets that plain SQL finds: `chosen(signal="none")`."""
    return lambda **narrowed: in_database(lambda database: chosen_in_plain_sql(database, **narrowed))


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
