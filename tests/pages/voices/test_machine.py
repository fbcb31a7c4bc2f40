"""What nobody has recorded is said by a machine, marked as such; people's voices take its place text by text."""

import argparse
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine import put_a_voice_in
from tests.pages.public.test_guides import Aloud
from tests.spoken import say
from volunteer_app import machine_voice
from volunteer_app.domain.glossary import TERMS
from volunteer_app.domain.guides.guide import DOUBT
from volunteer_app.domain.independence import LEVEL_MEANINGS, LEVEL_NAMES
from volunteer_app.domain.spoken_texts import mark_of, texts_of
from volunteer_app.i18n import catalog
from volunteer_app.machine_voice import MachineVoice, make_all
from volunteer_app.pages.guides.packs import all_guides, all_packs
from volunteer_app.pages.public import spoken
from volunteer_app.pages.voices import machine
from volunteer_app.settings import Settings
from volunteer_app.storage.media import Media

GUIDE = next(guide for guide in all_guides() if guide.slug == "activate-level-2")
LIST = f"/media/machine/guides/{GUIDE.slug}"


def bare(text: str) -> str:
    """As the page's own module asks: letters without spaces."""
    return "".join(text.split())


@pytest.fixture(autouse=True)
def _looked_up_each_time(monkeypatch):
    monkeypatch.setattr(spoken, "REST_SECONDS", 0)


@pytest.fixture
def speaking(tmp_path, monkeypatch):
    """This machine can speak."""
    monkeypatch.setenv("PATH", f"{put_a_voice_in(tmp_path / 'bin')}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def silent(monkeypatch):
    """This machine cannot."""
    monkeypatch.setattr(machine_voice.shutil, "which", lambda name: None)


@pytest.mark.parametrize("guide", all_guides(), ids=lambda guide: guide.slug)
def test_g13_everything_that_a_page_says_is_heard_figures_deadlines_and_doubts_too(visitor, speaking, guide):
    html = visitor.get(f"/vi/huong-dan/{guide.slug}").text
    said = {bare(text) for text in Aloud(html).said}
    voices = visitor.get(f"/media/machine/guides/{guide.slug}").json()["voices"]

    assert len(said) > 5
    assert said - set(voices) == set(), "shown, and said by nobody"


def told(part: object) -> set[str]:
    """Every text of a pack that the player shows as said to the citizen."""
    if isinstance(part, list):
        return set().union(*map(told, part))
    if not isinstance(part, dict):
        return set()
    if isinstance(part.get("text"), str):
        return {bare(part["text"])}
    return set().union(*(told(value) for key, value in part.items() if key != "title"))


@pytest.mark.parametrize("guide", all_guides(), ids=lambda guide: guide.slug)
def test_g13_the_volunteers_player_has_a_voice_for_all_that_it_tells_and_every_word_of_the_list(
    visitor, speaking, guide
):
    pack = json.loads(all_packs()[f"/guides/packs/{guide.slug}.vi.json"])
    voices = visitor.get(f"{LIST.rpartition('/')[0]}/{guide.slug}?whole=true").json()["voices"]

    assert bare(DOUBT) in told(pack) and len(told(pack)) > 5
    assert told(pack) | {bare(term.text) for term in TERMS} <= set(voices)
    assert visitor.get(voices[bare(TERMS[0].text)]).status_code == 200


def test_g13_every_house_of_the_ladder_has_a_voice_alone_and_explained(visitor, speaking):
    voices = visitor.get(f"{LIST.rpartition('/')[0]}/ladder").json()["voices"]

    say = catalog("vi").gettext
    for level, told in LEVEL_MEANINGS.items():
        name = say(LEVEL_NAMES[level])
        for shown in (name, name + say(told)):
            assert visitor.get(voices[bare(shown)]).status_code == 200


def test_g13_a_volunteers_phone_may_lack_a_persons_voice_and_gets_the_machines(
    visitor, speaking, in_database
):
    texts = [text for text in texts_of(GUIDE) if text.text == GUIDE.steps[0].action]
    in_database(lambda database: say(database, Media(visitor.media), texts, "vi"))

    assert bare(GUIDE.steps[0].action) in visitor.get(f"{LIST}?whole=true").json()["voices"]


def test_g13_a_machines_voice_is_marked_small_and_made_once(visitor, speaking, monkeypatch):
    listed = visitor.get(LIST).json()
    address = listed["voices"][bare(GUIDE.steps[0].action)]
    first = visitor.get(address)
    monkeypatch.setattr(machine_voice, "spoken", lambda text: pytest.fail("made again"))
    part = visitor.get(address, headers={"range": "bytes=0-9"})

    assert listed["name"] == "giọng máy"
    assert first.headers["content-type"] == "audio/mpeg" and "immutable" in first.headers["cache-control"]
    assert 500 < len(first.content) < 15_000
    assert (part.status_code, part.content) == (206, first.content[:10])
    assert "set-cookie" not in first.headers


def test_g13_two_who_ask_for_the_same_words_at_once_are_both_answered(tmp_path, speaking):
    voice = MachineVoice(settings(tmp_path))
    with ThreadPoolExecutor(8) as threads:
        for text in ("Một.", "Hai.", "Ba."):
            said = list(threads.map(voice.says, [text] * 8))
            assert None not in said and len(set(said)) == 1
    assert not list((tmp_path / "machine").glob("*.new"))


def test_g13_people_take_the_machines_place_text_by_text(visitor, speaking, in_database):
    texts = [text for text in texts_of(GUIDE) if text.text == GUIDE.steps[0].action]
    in_database(lambda database: say(database, Media(visitor.media), texts, "vi"))
    voices = visitor.get(LIST).json()["voices"]

    assert bare(GUIDE.steps[0].action) not in voices
    assert bare(GUIDE.steps[1].action) in voices
    assert "<audio" in visitor.get(f"/vi/huong-dan/{GUIDE.slug}?device=computer").text


def test_g13_where_the_machine_cannot_speak_nothing_is_offered(visitor, silent):
    assert visitor.get(LIST).json()["voices"] == {}
    assert visitor.get(f"/media/machine/{mark_of(GUIDE.steps[0].action)}.mp3").status_code == 404


def test_g13_it_says_only_what_stands_in_the_guides(visitor, speaking):
    for name in (f"{mark_of('Chuyển tiền ngay')}.mp3", mark_of(GUIDE.steps[0].action), "..%2fx.mp3"):
        assert visitor.get(f"/media/machine/{name}").status_code == 404
    assert visitor.get("/media/machine/guides/nothing").status_code == 404


def settings(folder: Path) -> Settings:
    return Settings(media_folder=str(folder))


def test_g13_an_installation_can_switch_it_off(tmp_path, speaking, capsys):
    off = replace(settings(tmp_path), machine_voice="off")

    assert not MachineVoice(off).can_say("x") and MachineVoice(settings(tmp_path)).can_say("x")
    assert make_all(argparse.Namespace(), off) == 1
    assert "MACHINE_VOICE" in capsys.readouterr().err


def test_g13_one_command_says_what_is_new_and_only_that(tmp_path, speaking, monkeypatch, capsys):
    texts = {mark_of(text): text for text in ("Một.", "Hai.")}
    monkeypatch.setattr(machine, "machine_texts", lambda: texts)
    assert make_all(argparse.Namespace(), settings(tmp_path)) == 0
    texts[mark_of("Ba.")] = "Ba."
    assert make_all(argparse.Namespace(), settings(tmp_path)) == 0

    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("2 texts") and said[1].startswith("1 texts")
    assert len(list((tmp_path / "machine").glob("*.mp3"))) == 3


def test_g13_the_command_says_what_it_lacks(tmp_path, silent, capsys):
    assert make_all(argparse.Namespace(), settings(tmp_path)) == 1
    assert "apt-get install espeak-ng" in capsys.readouterr().err
