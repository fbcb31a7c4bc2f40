"""People find a guide by the words they use."""

import pytest

from volunteer_app.domain.guides.search import SAME_THING, GuideSearch
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.guides.packs import all_guides, translated


def texts_of(guide):
    def in_all(text):
        return [translated(language, text) or text for language in LANGUAGES]

    return in_all(guide.title), in_all(guide.summary)


@pytest.fixture(scope="module")
def search():
    return GuideSearch(all_guides(), {guide.slug: texts_of(guide) for guide in all_guides()})


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ("hộ khẩu", "register-residence"),
        ("ho khau", "register-residence"),
        ("thường trú", "register-residence"),
        ("CCCD", "child-id-card"),
        ("làm lại căn cước", "child-id-card"),
        ("sổ đỏ", "land-tax"),
        ("BHYT", "renew-health-insurance"),
        ("bảo hiểm", "renew-health-insurance"),
        ("độc thân", "marriage-status"),
        ("vê nờ i đi", "install-vneid"),
        ("khaisinh", "register-birth"),
        ("GIẤY KHAI SINH", "register-birth"),
        ("khai tử", "register-death"),
        ("khai tuwr", "register-death"),
        ("chuwsng thuwcj", "certified-copy"),
        ("quên mật khẩu", "recover-account"),
        ("mất máy", "recover-account"),
        ("bằng lái", "integrate-papers"),
        ("tiền người già", "social-pension"),
        ("con đi học", "school-enrolment"),
        ("phạt nguội", "traffic-fine"),
        ("1022", "send-feedback"),
        ("health insurance", "renew-health-insurance"),
        ("birth", "register-birth"),
        ("17", "send-feedback"),
        (" 3 ", "activate-level-2"),
    ],
)
def test_a_guide_is_found_by_what_people_call_it(search, query, slug):
    found = search.find(query)

    assert found.is_exact
    assert slug in [guide.slug for guide in found.guides[:3]]


@pytest.mark.parametrize("query", ["", "  ", "?"])
def test_no_words_find_every_guide(search, query):
    assert search.find(query).is_exact
    assert len(search.find(query).guides) == len(all_guides())


@pytest.mark.parametrize("query", ["xyzzy", "99", "0", "máy bay"])
def test_words_for_nothing_we_have_say_so_and_show_every_guide(search, query):
    found = search.find(query)

    assert not found.is_exact
    assert len(found.guides) == len(all_guides())


def test_a_short_word_does_not_find_the_inside_of_others(search):
    assert "new-electricity" in [guide.slug for guide in search.find("mua điện").guides]
    assert not search.find("hoa").is_exact


@pytest.mark.parametrize("group", SAME_THING, ids=lambda group: group[0])
def test_every_name_of_a_thing_finds_the_same_guides_as_its_first(search, group):
    first = {guide.slug for guide in search.find(group[0]).guides}

    for name in group:
        found = search.find(name)
        assert found.is_exact, name
        assert first & {guide.slug for guide in found.guides}, name
