"""Strangers and phones write texts: reading one eight times as long may take about eight times as long, whatever
stands in it: what grows with the square takes sixty-four times, so no busy machine is taken for it."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volunteer_app.domain import free_text, invites, names, spoken_texts, translations, visit_requests
from volunteer_app.pages.public.routes import search
from volunteer_app.pages.reports import files

RULES: dict[str, Callable[[str], object]] = {
    "an ID card's number": free_text.problems_with_text,
    "twelve digits": free_text.has_twelve_digits,
    "folded": names.folded,
    "without Telex": names.without_telex,
    "found by a search": lambda text: names.matches(text, "Chiêm Hoá"),
    "searched": lambda text: names.matches("Chiêm Hoá", text),
    "tidy": names.tidy,
    "without its kind": names.without_kind,
    "initials": names.initials,
    "one name": names.same_name_key,
    "in order": names.sort_key.__wrapped__,
    "people in order": names.person_sort_key,
    "a name": invites.problems_with_name,
    "a code": invites.read_typed,
    "a browser": invites.phone_name,
    "an app's window": invites.in_app_browser,
    "a telephone": visit_requests.tidy_phone,
    "a translation": translations.problems_with,
    "a text's mark": spoken_texts.mark_of,
    "a cell": files.safe,
    "a search among guides": lambda text: search().find(text),
}
PIECES = (
    *("0", "12", "123", "0 ", "0 9 ", "111.", "1.", "1-", "1 - ", "111.đ", "12/11/2026 ", "20", "2026-1"),
    *("a", "ă", "đ", "nđ", "aa", "sr", "dd", " ", "\t", "\u200b", "\u0301", "\ufdfa", "Xã ", "thôn", "(", "é"),
)  # fmt: skip
SHORT, TIMES = 1_000, 8


def seconds(rule: Callable[[str], object], text: str) -> float:
    """The least of three: what else the machine does counts as little as can be."""
    took = []
    for _ in range(3):
        began = time.process_time()
        rule(text)
        took.append(time.process_time() - began)
    return min(took)


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=3))
def test_security_s12_s13_a_text_eight_times_as_long_takes_about_eight_times_as_long(name, pieces):
    rule, piece = RULES[name], "".join(pieces)
    text = (piece * SHORT)[:SHORT]
    once = seconds(rule, text)

    assert seconds(rule, text * TIMES) < 4 * TIMES * once + 0.02, repr(piece)


def test_what_grows_with_the_square_is_told_from_what_does_not():
    """The measure itself: a text in which each place looks at all that follows."""
    text = "0" * SHORT

    def squared(text):
        return [len(list(text[place:])) for place in range(len(text))]

    assert seconds(squared, text * TIMES) >= 4 * TIMES * seconds(squared, text) + 0.02


def test_security_s12_five_hundred_digits_apart_are_read_at_once():
    """The attack: 50 notes like this one held the one writer for a second."""
    assert seconds(free_text.problems_with_text, "0 9 " * 125) < 0.004
