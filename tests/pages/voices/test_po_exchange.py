"""Words of the bench out as a PO file and in again: another judge reads it, nothing is published by it, nonsense is refused."""

import threading
import time
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from tests.people import LAN, MINH, id_of
from tests.test_messages import msgfmt
from volunteer_app import po_files
from volunteer_app.cli import main
from volunteer_app.domain.languages import LANGUAGES
from volunteer_app.pages.voices.texts import all_texts

TEXT = next(text for text in all_texts().values() if text.more)


@pytest.fixture
def desk(signed_in):
    return signed_in(MINH)


def exported(desk, tag: str = "tyz") -> Catalog:
    return read_po(BytesIO(desk.get(f"/vi/voices/{tag}/words.po").content))


def brought(desk, catalog: Catalog | bytes, tag: str = "tyz"):
    out = BytesIO(catalog if isinstance(catalog, bytes) else b"")
    if isinstance(catalog, Catalog):
        write_po(out, catalog)
    return desk.post_from_us(f"/en/voices/{tag}/words.po", files={"file": ("words.po", out.getvalue())})


@pytest.mark.parametrize("tag", ["tyz", "en", "mww"])
def test_gettext_takes_what_is_exported_and_every_text_is_in_it(desk, tag, tmp_path):
    file = tmp_path / "words.po"
    file.write_bytes(desk.get(f"/vi/voices/{tag}/words.po").content)
    parts = len({words for text in all_texts().values() for words in (text.text, text.more)} - {""})

    assert msgfmt(file) == ""
    assert len(exported(desk, tag)) == parts
    assert any(message.string for message in exported(desk, tag) if message.id) is (tag == "en")


def test_words_come_back_and_wait_for_a_second_person(desk):
    catalog = exported(desk)
    catalog.get(TEXT.text, f"{TEXT.key} text").string = "Lời Tày thử"
    catalog.get(TEXT.more, f"{TEXT.key} more").string = "Chưa chắc"
    catalog.get(TEXT.more, f"{TEXT.key} more").flags.add("fuzzy")

    answer = brought(desk, catalog)

    assert "New or changed: 1." in answer.text
    assert exported(desk).get(TEXT.text, f"{TEXT.key} text").string == "Lời Tày thử"
    assert exported(desk).get(TEXT.more, f"{TEXT.key} more").string == "", "doubtful words stay out"
    assert desk.get("/api/v1/languages?kept=tyz").json()["packs"]["tyz"]["texts"] == {}, (
        "nobody has read them"
    )
    assert "New or changed: 0." in brought(desk, exported(desk)).text, "twice changes nothing"


def test_words_of_an_older_text_arrive_out_of_date_and_go_out_doubtful(desk):
    catalog = Catalog(locale="tyz")
    catalog.add("Câu cũ", "Lời cũ", context=f"{TEXT.key} text")

    assert "New or changed: 1." in brought(desk, catalog).text
    assert exported(desk).get(TEXT.text, f"{TEXT.key} text").fuzzy
    assert "Đã cũ" in desk.get(f"/vi/voices/tyz?group={TEXT.key.split('.')[1]}").text


def test_lines_that_cannot_be_taken_are_told_one_by_one_and_the_rest_is_taken(desk):
    catalog = exported(desk)
    catalog.get(TEXT.text, f"{TEXT.key} text").string = "Lời Tày thử"
    catalog.get(TEXT.more, f"{TEXT.key} more").string = "Số 001203004567"
    catalog.add("Câu", "Lời", context="step.none.none text")
    page = brought(desk, catalog).text

    assert "New or changed: 1." in page
    assert "Not taken: 2" in page
    assert "step.none.none" in page


@pytest.mark.parametrize(
    "body", [b"", b"%PDF-1.4", b"<!doctype html>", b"\xff\xfe\x00", b'msgid "', b"PK\x03\x04" * 20]
)
def test_what_is_no_po_file_is_refused_whole(desk, body):
    answer = brought(desk, body)

    assert answer.status_code == 422
    assert "Nothing was taken" in answer.text


def test_a_file_of_another_language_is_refused_whole(desk):
    assert brought(desk, exported(desk, "nut")).status_code == 422


@pytest.mark.parametrize("tag", ["xx", *(tag for tag, one in LANGUAGES.items() if not one.written)][:3])
def test_unknown_and_spoken_languages_have_no_file(desk, tag):
    assert desk.get(f"/vi/voices/{tag}/words.po").status_code == 404
    assert brought(desk, b"", tag).status_code == 404


def test_volunteers_do_not_exchange_words(signed_in):
    assert signed_in(LAN).get("/vi/voices/tyz/words.po").status_code == 404


def typed(monkeypatch, *words: str) -> int:
    """Type `volunteer-app` with these words; the exit code."""
    monkeypatch.setattr("sys.argv", ["volunteer-app", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_the_command_takes_words_out_and_in_like_the_desk(desk, database_url, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("DATABASE_URL", database_url)
    file = tmp_path / "words.po"
    assert typed(monkeypatch, "messages", "export", "tyz", str(file)) == 0
    assert msgfmt(file) == ""
    catalog = read_po(BytesIO(file.read_bytes()))
    catalog.get(TEXT.text, f"{TEXT.key} text").string = "Lời Tày thử"
    with file.open("wb") as out:
        write_po(out, catalog)

    assert typed(monkeypatch, "messages", "import", "tyz", str(file), "--by", str(MINH)) == 0

    assert "1 new or changed" in capsys.readouterr().out
    assert exported(desk).get(TEXT.text, f"{TEXT.key} text").string == "Lời Tày thử"
    assert typed(monkeypatch, "messages", "import", "tyz", str(file), "--by", str(id_of("nobody"))) == 1
    assert typed(monkeypatch, "messages", "export", "xqz", str(file)) == 1


def test_security_s13_a_file_of_digits_is_read_at_once_and_outside_the_event_loop(desk, monkeypatch):
    """The attack: 25 texts of "0 0 0 …" stood the whole server still for 22 seconds."""
    catalog = exported(desk)
    for message in list(catalog)[1:60]:
        message.string = "0 " * 950
    threads, real = [], po_files.read
    monkeypatch.setattr(
        po_files, "read", lambda *args: threads.append(threading.current_thread().name) or real(*args)
    )
    began = time.process_time()

    assert brought(desk, catalog).status_code == 200

    assert time.process_time() - began < 3
    assert threads and threads[0].startswith("asyncio_"), "a thread of its own"
