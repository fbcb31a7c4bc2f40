"""Languages are data: what the list says, and what it may not say."""

from datetime import UTC, date, datetime

import pytest

from volunteer_app import i18n
from volunteer_app.domain.languages import LANGUAGES, LANGUAGES_FILE, fallbacks, load_languages

A_LANGUAGE = '[xyz]\nname = "Tiếng Thử"\nenglish = "Try"\nown = "Thử"\nwritten = false\n'


def test_the_languages_of_the_province_are_there():
    assert {
        "vi",
        "en",
        "tyz",
        "nut",
        "hmn",
        "hmv",
        "hnj",
        "mww",
        "hmd",
        "ium",
        "mji",
        "mlc",
        "pcc",
        "lbt",
    } <= set(LANGUAGES)


def test_a_spoken_only_language_is_one_more_table_and_no_code():
    added = load_languages(LANGUAGES_FILE.read_text("utf-8") + "\n" + A_LANGUAGE)

    assert added["xyz"].written is False
    assert added["xyz"].confirmed is False, "marked until somebody who speaks it has confirmed its name"


def test_a_variety_is_heard_in_its_language_before_vietnamese():
    assert fallbacks("mww") == ("mww", "hmn", "vi")
    assert fallbacks("tyz") == ("tyz", "vi")
    assert fallbacks("vi") == ("vi",)


@pytest.mark.parametrize("tag", ["xx", "../vi", "vi/..", "VI", ""])
def test_an_unknown_tag_is_refused(tag):
    with pytest.raises(KeyError):
        fallbacks(tag)


@pytest.mark.parametrize(
    "broken",
    [
        A_LANGUAGE.replace("xyz", '"../x"'),
        A_LANGUAGE + 'instead = "none"\n',
        A_LANGUAGE + 'instead = "xyz"\n',
        A_LANGUAGE + 'colour = "red"\n',
        A_LANGUAGE.replace("written = false\n", ""),
    ],
)
def test_a_list_that_does_not_fit_is_refused(broken):
    with pytest.raises(ValueError):
        load_languages(broken)


@pytest.mark.parametrize("tag", [tag for tag in LANGUAGES if tag != "en"])
def test_dates_and_numbers_take_their_vietnamese_form(tag):
    token = i18n.language_now.set(tag)
    try:
        assert i18n.format_day(date(2026, 11, 5)) == "05/11/2026"
        assert i18n.format_day(datetime(2026, 11, 4, 18, 30, tzinfo=UTC)) == "05/11/2026", "a day of Vietnam"
        assert i18n.format_number(1234567.89, 2) == "1.234.567,89"
        assert i18n.gettext("Guides"), "a sentence, never nothing"
    finally:
        i18n.language_now.reset(token)


def test_only_languages_with_a_catalog_are_languages_of_the_app():
    assert list(i18n.LANGUAGES) == ["vi", "en"]
