"""The check of the catalogs finds every way in which one can be broken; gettext's own judge agrees."""

import shutil
import subprocess
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from volunteer_app import messages
from volunteer_app.i18n import LOCALES

HELLO, HOUSES = "Good day, %(name)s", ("%(count)s house", "%(count)s houses")


def msgfmt(file: Path) -> str:
    """What `msgfmt --check` complains of."""
    program = shutil.which("msgfmt")
    assert program, "msgfmt is missing: run python3 tests/run.py once, it installs gettext"
    said = subprocess.run(
        [program, "--check", "-o", "/dev/null", str(file)], capture_output=True, text=True, check=False
    )
    return said.stderr + ("" if said.returncode == 0 else "!")


@pytest.mark.parametrize(
    "path", sorted(LOCALES.rglob("*.po")), ids=lambda path: f"{path.parts[-3]} {path.stem}"
)
def test_gettext_takes_every_catalog_of_the_tree(path):
    assert msgfmt(path) == ""


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """What the check says of a small Vietnamese catalog: `judged(hello="…", houses=(…,), fuzzy=True)`."""
    said = Catalog(charset="utf-8")
    said.add(HELLO, None)
    said.add(HOUSES, None)
    path = tmp_path / "messages.po"
    monkeypatch.setattr(messages, "sentences", lambda _domain: said)
    monkeypatch.setattr(messages, "_catalogs", lambda: [("messages", "vi", path)])

    def judge(
        hello="Chào %(name)s", houses=("%(count)s nhà",), fuzzy=False, more=(), instead=("", "")
    ) -> list[str]:
        made = Catalog(locale="vi")
        if hello is not None:
            made.add(HELLO, hello, flags=["fuzzy"] if fuzzy else [])
        made.add(HOUSES, houses)
        for text in more:
            made.add(text, text)
        with path.open("wb") as file:
            write_po(file, made)
        path.write_text(
            path.read_text("utf-8").replace(*instead) if instead[0] else path.read_text("utf-8"), "utf-8"
        )
        return messages.problems()

    return judge


def test_a_whole_catalog_has_no_problem(judged):
    assert judged() == []
    assert messages.completeness() == [messages.Completeness("vi/messages.po", 2, 2, 0)]


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        ({"hello": None}, "missing"),
        ({"hello": ""}, "not translated"),
        ({"fuzzy": True}, "fuzzy"),
        ({"hello": "Chào"}, "name"),
        ({"hello": "Chào %(ten)s"}, "name"),
        ({"hello": "Chào %(name)"}, "format"),
        ({"instead": ('msgstr[0] "%(count)s nhà"', 'msgstr[0] "a"\nmsgstr[1] "b"')}, "cannot be read"),
        ({"instead": ('msgstr "Chào %(name)s"', "msgstr Chào")}, "cannot be read"),
        ({"houses": ("",)}, "not translated"),
        ({"houses": ("%(ten)s nhà",)}, "ten"),
        ({"more": ["Nobody says this"]}, "no longer said"),
        ({"hello": "Chào bạn %(name)s"}, "should be"),
    ],
)
def test_l1_every_way_to_break_a_catalog_is_found(judged, broken, word):
    found = judged(**broken)

    assert found and all("vi/messages.po" in line for line in found)
    assert any(word in line or "placeholders" in line for line in found), found


def test_a_missing_catalog_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(messages, "_catalogs", lambda: [("guides", "xyz", tmp_path / "none.po")])

    assert messages.problems() == ["xyz/guides.po: the catalog is missing"]


def test_the_completeness_table_counts_what_is_doubtful_apart(judged):
    judged(fuzzy=True, houses=("",))

    assert messages.completeness() == [messages.Completeness("vi/messages.po", 2, 0, 1)]
