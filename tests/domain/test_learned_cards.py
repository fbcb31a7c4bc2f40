"""A card is its own address: what it says can be read from it, and nothing else is in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain.learned_cards import HIGHEST_NUMBER, LearnedCard, card_path, read_card
from volunteer_app.pages.guides.packs import all_guides

NUMBERS = st.sets(st.integers(1, HIGHEST_NUMBER)).map(lambda some: tuple(sorted(some)))


@given(st.builds(LearnedCard, NUMBERS, NUMBERS))
def test_s8_a_card_says_what_was_written_on_it(card):
    assert read_card(card_path(card).removeprefix("/k/").upper()) == card


@pytest.mark.parametrize(
    "code", ["", "-", "5s", "5s-", "5s-40-1", "5s_40", "a" * 12 + "-0", "../x-0", "5s-é"]
)
def test_what_cannot_be_a_card_is_none(code):
    assert read_card(code) is None


def test_every_guide_fits_a_card():
    assert max(guide.number for guide in all_guides()) <= HIGHEST_NUMBER
