"""The desk of voices: gaps by language, two persons publish, translations go over the catalogs and grow old."""

from uuid import UUID, uuid4

import pytest

from tests.pages.conftest import FROM_US
from tests.people import LAN, MINH, NOW, PROVINCE, SCOPES, THE_FRONT
from volunteer_app.domain.languages import LANGUAGES, load_languages
from volunteer_app.domain.recordings import Recording, Review
from volunteer_app.domain.spoken_texts import mark_of
from volunteer_app.pages.voices.texts import all_texts, groups, sentences, texts_to_say
from volunteer_app.storage import recordings, translations

GROUP = "get-level-2"
TEXT = next(text for text in all_texts().values() if text.key.startswith(f"step.{GROUP}."))
HX = FROM_US | {"hx-request": "true"}


@pytest.fixture
def recorded(in_database):
    """A recording made by somebody: `recorded(LAN)`."""

    def make(by: UUID = LAN, **changes) -> UUID:
        values = {
            "province_code": PROVINCE,
            "id": uuid4(),
            "text_key": TEXT.key,
            "text_mark": TEXT.mark,
            "language": "tyz",
            "recorded_by": by,
            "recorded_at": NOW,
            "received_at": NOW,
            "file": "0" * 32 + ".mp3",
            "size": 9000,
            "seconds": 4.5,
        }
        recording = Recording(**values | changes)

        async def work(database):
            async with database.writing() as db:
                await recordings.keep(db, SCOPES[LAN], recording)

        in_database(work)
        return recording.id

    return make


def review(desk, id_: UUID, **said):
    return desk.post(f"/vi/voices/tyz/recordings/{id_}", data=said, headers=FROM_US, follow_redirects=False)


def cell(desk, tag: str) -> list[str]:
    """The figures of a language's voices on the overview."""
    row = desk.get("/vi/voices").text.partition(f'href="/vi/voices/{tag}"')[2].partition("</tr>")[0]
    return [part.partition("</td>")[0] for part in row.split('<td class="number">')[1:-1]]


def written_in(desk, tag: str) -> str:
    """How many sentences have words in a language, on the overview."""
    row = desk.get("/en/voices").text.partition(f'href="/en/voices/{tag}"')[2].partition("</tr>")[0]
    return row.rpartition('<td class="number">')[2].partition("</td>")[0]


@pytest.mark.parametrize(
    "address",
    [
        "/vi/voices",
        "/en/voices",
        f"/vi/voices/tyz?group={GROUP}",
        "/vi/voices/ium",
        "/vi/voices/en?group=terms",
        "/vi/voices/tyz/gaps",
    ],
)
def test_l11_the_desk_opens_for_those_who_review(signed_in, visitor, address, recorded):
    recorded()

    assert visitor.get(address, follow_redirects=False).status_code == 303
    assert signed_in(MINH).get(address).status_code == 200
    assert signed_in(LAN).get(address).status_code == 404
    assert signed_in(THE_FRONT).get(address).status_code == 404


@pytest.mark.parametrize("address", ["/vi/voices/xx", "/vi/voices/..%2fvi", "/vi/voices/tyz?group=none"])
def test_what_is_not_a_language_or_a_guide_is_not_found(signed_in, address):
    assert signed_in(MINH).get(address).status_code == 404


def test_l11_every_state_is_counted(signed_in, recorded):
    total, others = len(texts_to_say()), list(texts_to_say().values())
    recorded()
    recorded(text_key=others[5].key, text_mark=others[5].mark, review=Review.APPROVED)
    recorded(text_key=others[6].key, text_mark="older", review=Review.APPROVED)
    recorded(text_key=others[7].key, text_mark=others[7].mark, review=Review.SENT_BACK)

    assert cell(signed_in(MINH), "tyz") == ["1", "1", "1", str(total - 3)]


def test_l11_what_is_said_in_many_guides_is_recorded_once(signed_in, visitor, recorded):
    same = [text for text in all_texts().values() if text.text == "Bác mở ứng dụng VNeID."]
    recorded(text_key=same[0].key, text_mark=same[0].mark, review=Review.APPROVED)
    desk = signed_in(MINH)
    pack = desk.get("/api/v1/languages?kept=tyz").json()["packs"]["tyz"]

    assert len(same) > 3
    assert list(pack["voices"]) == [text.key for text in same]
    assert pack["bytes"] == 9000, "one file"
    assert cell(desk, "tyz")[0] == "1"


@pytest.mark.parametrize(
    "kind", ["summary", "question", "option", "warning", "prepare", "teach-back", "remedy", "never"]
)
def test_l4_all_that_a_guide_tells_is_recorded_reviewed_and_reaches_phones(signed_in, recorded, kind):
    text = next(one for one in all_texts().values() if one.key.partition(".")[0] == kind)
    group = next(name for name, some in groups().items() if text in some)
    id_ = recorded(text_key=text.key, text_mark=text.mark)
    desk = signed_in(MINH)
    waiting = (
        desk.get(f"/vi/voices/tyz?group={group}").text.partition(f'id="{text.key}"')[2].partition("</li>")[0]
    )

    assert f"/recordings/{id_}" in waiting
    assert review(desk, id_, decision="approve", native="yes").status_code == 303
    pack = desk.get("/api/v1/languages?kept=tyz").json()["packs"]["tyz"]
    assert pack["voices"][text.key]["text"] == text.text
    assert pack["standings"][text.key] == "approved"


def test_l5_a_second_person_who_speaks_the_language_publishes(signed_in, recorded):
    id_ = recorded()
    desk = signed_in(MINH)

    assert review(desk, id_, decision="approve").status_code == 422, "not said to be a native speaker"
    assert review(desk, id_, decision="approve", native="yes").status_code == 303
    page = desk.get(f"/vi/voices/tyz?group={GROUP}").text
    assert "là người bản ngữ nghe duyệt" in page
    assert cell(desk, "tyz")[0] == "1"


def test_l5_nobody_publishes_what_they_recorded_themselves(signed_in, recorded):
    id_ = recorded(by=MINH)
    desk = signed_in(MINH)

    assert review(desk, id_, decision="approve", native="yes").status_code == 422
    assert cell(desk, "tyz")[0] == "–"


def test_l11_what_no_longer_says_the_text_cannot_be_published(signed_in, recorded):
    id_ = recorded(text_mark="older")

    assert review(signed_in(MINH), id_, decision="approve", native="yes").status_code == 422


def test_sent_back_it_is_missing_again(signed_in, recorded):
    id_ = recorded()
    desk = signed_in(MINH)

    assert review(desk, id_, decision="send_back").status_code == 303
    assert review(desk, id_, decision="approve", native="yes").status_code == 422, "already decided"
    assert cell(desk, "tyz") == ["–", "–", "–", str(len(texts_to_say()))]


def test_a_published_voice_is_taken_down_with_a_reason_and_phones_let_it_go(signed_in, visitor, recorded):
    id_ = recorded()
    desk = signed_in(MINH)
    review(desk, id_, decision="approve", native="yes")
    assert TEXT.key in voices_on_phones(visitor)

    assert review(desk, id_, decision="take_down").status_code == 422, "without a reason"
    assert TEXT.key in voices_on_phones(visitor)
    assert review(desk, id_, decision="take_down", why="Người nói xin rút").status_code == 303

    assert TEXT.key not in voices_on_phones(visitor)
    assert cell(desk, "tyz") == ["–", "–", "–", str(len(texts_to_say()))]
    assert "Gỡ bản đọc đã phát hành" in desk.get("/vi/audit").text


def test_a_recording_under_another_language_is_not_found(signed_in, recorded):
    id_ = recorded(language="nut")

    assert review(signed_in(MINH), id_, decision="approve", native="yes").status_code == 404
    assert review(signed_in(MINH), uuid4(), decision="approve").status_code == 404


def say(desk, text: str, tag: str = "tyz", key: str = TEXT.key, part: str = "text", **headers):
    return desk.post(f"/vi/voices/{tag}/words/{key}/{part}", data={"text": text}, headers=HX | headers)


def approve(desk, tag: str = "tyz", **said):
    return desk.post(f"/vi/voices/{tag}/words/{TEXT.key}/text/review", data=said, headers=HX)


def voices_on_phones(visitor) -> dict[str, str]:
    return visitor.get("/api/v1/languages?kept=tyz").json()["packs"]["tyz"]["voices"]


def texts_on_phones(visitor) -> dict[str, str]:
    return visitor.get("/api/v1/languages?kept=tyz").json()["packs"]["tyz"]["texts"]


def test_translations_are_kept_as_typed_and_published_by_a_second_person(signed_in, in_database):
    desk = signed_in(MINH)
    assert "Chờ người thứ hai nghe" in say(desk, "Lời Tày thử").text
    assert texts_on_phones(desk) == {}
    assert approve(desk, native="yes").status_code == 422, "their own words"

    in_database(lambda database: hand_to(database, LAN))
    assert approve(desk).status_code == 422
    assert approve(desk, native="yes").status_code == 200
    assert texts_on_phones(desk) == {TEXT.text: "Lời Tày thử"}

    say(desk, "Lời Tày khác")
    assert texts_on_phones(desk) == {TEXT.text: "Lời Tày thử"}, "the new words wait beside them"
    in_database(lambda database: hand_to(database, LAN))
    approve(desk, native="yes")
    assert texts_on_phones(desk) == {TEXT.text: "Lời Tày khác"}


@pytest.mark.parametrize("letter", ["Lời Tày thử x", "L", ""])
def test_d13_a_stray_letter_unpublishes_nothing_and_the_same_words_are_as_approved(
    signed_in, in_database, letter
):
    """The attack (desk A9): one letter took published words off every phone, and taking it back did not help."""
    desk = signed_in(MINH)
    say(desk, "Lời Tày thử")
    in_database(lambda database: hand_to(database, LAN))
    approve(desk, native="yes")
    before = (texts_on_phones(desk), written_in(desk, "tyz"), in_database(published_words))

    shown = say(desk, letter).text

    assert "Lời Tày thử" in shown and "Chờ người thứ hai nghe" in shown
    assert (texts_on_phones(desk), written_in(desk, "tyz"), in_database(published_words)) == before
    say(desk, "Chữ khác nữa")
    back = say(desk, "Lời Tày thử").text
    assert "Đã công bố" in back or "Chờ" not in back
    assert (texts_on_phones(desk), written_in(desk, "tyz"), in_database(published_words)) == before


def test_published_words_are_taken_down_by_two(signed_in, in_database):
    desk = signed_in(MINH)
    say(desk, "Lời Tày thử")
    in_database(lambda database: hand_to(database, LAN))
    approve(desk, native="yes")
    say(desk, "")
    assert approve(desk, native="yes").status_code == 422, "one alone takes nothing down"

    in_database(lambda database: hand_to(database, LAN))
    approve(desk, native="yes")

    assert texts_on_phones(desk) == {}
    assert in_database(published_words) == []
    assert "Chưa có" in say(desk, "").text, "what was never published goes at once"


def test_d13_words_that_somebody_else_has_written_meanwhile_are_not_written_over(signed_in):
    """The attack (desk A4b): a stale page of a second person replaced a translator's newer words, unseen."""
    desk = signed_in(MINH)
    seen = mark_of("")
    first = say_over(desk, "Lời của Lan", seen)
    assert first.status_code == 200 and f'value="{mark_of("Lời của Lan")}"' in first.text

    stale = say_over(desk, "Lời khác", seen)

    assert stale.status_code == 422 and "Lời của Lan" in stale.text and "Lời khác" in stale.text
    assert "Lời của Lan" in desk.get(f"/vi/voices/tyz?group={GROUP}").text
    assert say_over(desk, "Lời của Lan", seen).status_code == 200, "the same words are no quarrel"
    assert say_over(desk, "Lời khác", mark_of("Lời của Lan")).status_code == 200
    assert "Lời khác" in desk.get(f"/vi/voices/tyz?group={GROUP}").text


def say_over(desk, text: str, seen: str):
    return desk.post(f"/vi/voices/tyz/words/{TEXT.key}/text", data={"text": text, "seen": seen}, headers=HX)


async def published_words(database) -> list[str]:
    async with database.reading() as db:
        return [row.text for row in await translations.published_anywhere(db)]


def test_l11_the_overview_counts_what_is_written_and_published(signed_in, in_database):
    desk, whole = signed_in(MINH), f"{len(sentences()):,}"
    assert written_in(desk, "tyz") == f"0 of {whole}"
    assert written_in(desk, "en") == f"{whole} of {whole}", "from the release's catalog"
    assert written_in(desk, "ium") == "–", "only spoken"

    say(desk, "Lời Tày thử")
    assert written_in(desk, "tyz") == f"0 of {whole}", "waits for a second person"
    in_database(lambda database: hand_to(database, LAN))
    approve(desk, native="yes")
    assert written_in(desk, "tyz") == f"1 of {whole}"


async def hand_to(database, person: UUID) -> None:
    """As if somebody else had translated it."""
    async with database.writing() as db:
        for row in await translations.in_languages(db, SCOPES[MINH], ["tyz"]):
            row.translated_by = person
            db.add(row)


def test_a_changed_source_marks_the_translation_out_of_date(signed_in, in_database):
    desk = signed_in(MINH)
    say(desk, "Lời Tày thử")

    async def grow_old(database) -> None:
        async with database.writing() as db:
            for row in await translations.in_languages(db, SCOPES[MINH], ["tyz"]):
                row.source_mark = mark_of("what it said before")
                row.review = Review.APPROVED
                db.add(row)

    in_database(grow_old)

    assert "Đã cũ" in desk.get(f"/vi/voices/tyz?group={GROUP}").text
    assert texts_on_phones(desk) == {}


def test_l11_what_the_text_said_before_stands_beside_what_it_says_now(signed_in, recorded, in_database):
    first, *rest = TEXT.text.split()
    before = " ".join(["Xưa", *rest])
    desk = signed_in(MINH)
    recorded(text_mark=mark_of(before), said=before, review=Review.APPROVED)
    say(desk, "Lời Tày thử")

    async def grow_old(database) -> None:
        async with database.writing() as db:
            for row in await translations.in_languages(db, SCOPES[MINH], ["tyz"]):
                assert row.source == TEXT.text, "kept with what was typed"
                row.source_mark, row.source = mark_of(before), before
                db.add(row)

    in_database(grow_old)

    here = (
        desk.get(f"/vi/voices/tyz?group={GROUP}").text.partition(f'id="{TEXT.key}"')[2].partition("<li ")[0]
    )
    assert here.count(f"<del>Xưa</del> <ins>{first}</ins> {' '.join(rest)}") == 2, (
        "beside the voice, beside the words"
    )
    assert f"{'0' * 32}.mp3" in here, "what was spoken then can still be heard"


def test_the_bench_gives_one_text_as_it_stands_now(signed_in, recorded):
    desk = signed_in(MINH)
    address = f"/vi/voices/tyz/texts/{TEXT.key}"
    recorded(by=MINH)

    piece = desk.get(address, headers=HX).text
    assert piece.count("<li") == 1 and "do chính anh chị ghi" in piece
    assert desk.get(address, follow_redirects=False).headers["location"].endswith(f"#{TEXT.key}")
    assert desk.get("/vi/voices/tyz/texts/none").status_code == 404
    assert signed_in(LAN).get(address).status_code == 404


@pytest.mark.parametrize(
    ("tag", "key", "part"),
    [("xx", TEXT.key, "text"), ("tyz", "none", "text"), ("tyz", TEXT.key, "none"), ("ium", TEXT.key, "text")],
)
def test_words_for_what_is_not_there_or_not_written_are_not_found(signed_in, tag, key, part):
    assert say(signed_in(MINH), "x", tag, key, part).status_code == 404


def test_an_id_number_is_not_kept(signed_in):
    assert say(signed_in(MINH), "Số 001203004567").status_code == 422


def test_l11_the_gap_list_names_every_text_that_cannot_be_heard_and_why(signed_in, recorded):
    others = list(texts_to_say().values())
    recorded(text_key=others[5].key, text_mark=others[5].mark, review=Review.APPROVED)
    recorded(text_key=others[6].key, text_mark="older", review=Review.APPROVED)
    page = signed_in(MINH).get("/en/voices/tyz/gaps").text
    rows = [row.partition("</tr>")[0] for row in page.split("<tr>")[2:]]

    assert len(rows) == len(others) - 1
    assert not [row for row in rows if f'#{others[5].key}"' in row], "what is published is no gap"
    (old,) = [row for row in rows if f'#{others[6].key}"' in row]
    assert "Out of date" in old


def test_l10_the_bench_explains_the_portals_words_where_they_stand(signed_in):
    text = next(one for one in all_texts().values() if one.key.startswith("step.") and "VNeID" in one.text)
    page = signed_in(MINH).get(f"/vi/voices/tyz?group={text.key.split('.')[1]}").text
    here = page.partition(f'id="{text.key}"')[2].partition("</li>")[0]

    assert "ứng dụng của Bộ Công an" in here


def test_a_new_spoken_only_language_is_one_table_from_the_desk_to_the_phones(
    signed_in, recorded, in_database, monkeypatch
):
    table = '[pcz]\nname = "Tiếng Thử"\nenglish = "Try"\nown = "Thử"\nwritten = false\n'
    monkeypatch.setitem(LANGUAGES, "pcz", load_languages(table)["pcz"])
    desk = signed_in(MINH)

    assert '<span lang="pcz">Thử</span>' in desk.get("/vi/voices").text
    assert "<textarea" not in desk.get("/vi/voices/pcz").text, "it is not written here"
    id_ = recorded(language="pcz")
    said = {"decision": "approve", "native": "yes"}
    assert desk.post(f"/vi/voices/pcz/recordings/{id_}", data=said, headers=FROM_US).status_code == 200
    phones = desk.get("/api/v1/languages?kept=pcz").json()
    assert list(phones["packs"]["pcz"]["voices"]) == [TEXT.key]
    (listed,) = [one for one in phones["languages"] if one["tag"] == "pcz"]
    assert (listed["own"], listed["confirmed"], listed["voices"], listed["bytes"]) == ("Thử", False, 1, 9000)
