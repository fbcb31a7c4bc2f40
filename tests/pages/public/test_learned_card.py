"""The card somebody takes along: opened without signing in, made from its address alone."""

import pytest

from tests.qr_readers import drawn, zxing
from volunteer_app.domain.learned_cards import LearnedCard, card_path
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.guides.packs import all_guides, translated

CARD = LearnedCard((3, 7), (16,))
TITLES = {guide.number: guide.title for guide in all_guides()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_s8_a_card_opens_without_signing_in_and_leads_to_its_guides(visitor, language):
    page = visitor.get(card_path(CARD).upper(), headers={"accept-language": language})

    alone, learning = page.text.split('data-state="alone"')[1].split('data-state="learning"')
    for number, part in ((3, alone), (7, alone), (16, learning)):
        assert (translated(language, TITLES[number]) or "") in part
    assert page.status_code == 200
    assert not visitor.cookies


def test_s8_the_card_carries_its_own_code(visitor):
    page = visitor.get(f"/vi/the/{card_path(CARD).rpartition('/')[2]}").text
    svg = page[page.index('<svg class="qr"') :].partition("</svg>")[0] + "</svg>"

    assert zxing(drawn(svg)) == [f"HTTP://LOCALHOST{card_path(CARD).upper()}"]


@pytest.mark.parametrize("code", ["nonsense", "0-0", "zzzzzzzzzzz-zzzzzzzzzzz", "%C3%A9-1"])
def test_a_card_that_says_nothing_or_too_much_is_a_calm_page(visitor, code):
    page = visitor.get(f"/vi/the/{code}")

    assert page.status_code == 200
    assert ("Thẻ này chưa ghi gì" in page.text) == (code != "zzzzzzzzzzz-zzzzzzzzzzz")
