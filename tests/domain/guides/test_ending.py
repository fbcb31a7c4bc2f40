"""What ends within 60 days stands at the desk before it does."""

from datetime import date, timedelta

from volunteer_app.domain.guides.ending import ENDING_WITHIN, ending_soon
from volunteer_app.pages.guides.packs import all_acts, all_guides

LAST = date(2026, 12, 31)
"""The last day of the half fee of the ID card (Circular 64/2025)."""


def listed(today: date) -> list[str]:
    return [
        one.text for one in ending_soon(all_guides(), today) if one.last == LAST and one.guide.number == 2
    ]


def test_g14_a_figure_that_ends_is_listed_for_sixty_days_and_not_before_or_after():
    assert listed(LAST) and listed(LAST - ENDING_WITHIN) == listed(LAST)
    assert listed(LAST - ENDING_WITHIN - timedelta(days=1)) == listed(LAST + timedelta(days=1)) == []
    assert any("25.000 đồng" in text for text in listed(LAST))


def test_g14_every_guide_is_listed_before_it_has_to_be_read_again():
    for guide in all_guides():
        found = ending_soon(all_guides(), guide.review_by)
        assert any(one.guide is guide and not one.text for one in found)
        assert [one.last for one in found] == sorted(one.last for one in found)


def test_g14_a_day_that_nobody_has_read_in_the_act_is_listed_as_assumed():
    act = all_acts()["resolution-190-2025"]
    assert act.end_assumed and act.valid_to

    found = [one for one in ending_soon(all_guides(), act.valid_to) if one.last == act.valid_to]

    assert {one.guide.number for one in found if one.assumed} == {30}
    assert any(not one.assumed for one in found), "other acts of that day were read"
