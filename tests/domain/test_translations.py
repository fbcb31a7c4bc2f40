"""A text's translation is found by its own key, else by the same words elsewhere; an outdated one only where nothing newer is."""

from datetime import timedelta

from tests.people import LAN, NOW, PROVINCE
from volunteer_app.domain.spoken_texts import SpokenText, mark_of
from volunteer_app.domain.translations import Part, Translated, Translation

HERE = SpokenText("step.one.open", "Bác mở ứng dụng.", "Một")
THERE = SpokenText("step.two.open", "Bác mở ứng dụng.", "Hai")


def a_translation(key: str, source: str, text: str, days: int = 0) -> Translation:
    return Translation(
        province_code=PROVINCE,
        language="tyz",
        text_key=key,
        part=Part.TEXT,
        source_mark=mark_of(source),
        source=source,
        text=text,
        translated_by=LAN,
        translated_at=NOW + timedelta(days=days),
    )


def test_the_same_words_are_translated_once():
    made = Translated([a_translation(HERE.key, HERE.text, "Lời Tày")])

    assert made.of(HERE, Part.TEXT) is made.of(THERE, Part.TEXT) is not None
    assert made.of(HERE, Part.MORE) is None


def test_what_is_out_of_date_stands_only_where_nothing_says_the_text_of_now():
    old = a_translation(HERE.key, "Bác mở máy.", "Lời cũ", days=1)
    now = a_translation(THERE.key, THERE.text, "Lời nay")

    assert Translated([old]).of(HERE, Part.TEXT) is old
    assert Translated([old, now]).of(HERE, Part.TEXT) is now
