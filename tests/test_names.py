"""Words: what people read, where it is found, and that a name means one thing."""

import re

import pytest

from tests import names
from tests.conftest import ROOT
from volunteer_app.field_screens import SCREENS
from volunteer_app.site_map import GROUPS

PAGES = ROOT / "volunteer_app/pages"
NAVIGATION = (PAGES / "navigation.py").read_text("utf-8")
MENU = re.findall(r'\("/([\w/-]+)", _\("([^"]+)"\)', NAVIGATION)
TABS = re.findall(r'\("(\w+)", _\("([^"]+)"\), "', (PAGES / "field_layout.html").read_text("utf-8"))

MOST_DEFINED_TWICE = 88
"""Names that two modules define; it may only fall (`python -m tests.names`). Rooms of one kind share some on purpose:
each kind of record has a `take`, each form `problems_with`."""


def stems(text: str) -> set[str]:
    """Its words of two letters and more, without their plural: "People and phones" → people, phone."""
    small = {"and", "all", "the", "of", "be", "to", "in", "did"}
    return {word.removesuffix("s") for word in re.findall(r"[a-z]{2,}", text.lower()) if word not in small}


def folder_of(address: str) -> str:
    """The folder that answers an address."""
    for group in GROUPS:
        for method, addresses, handler in group:
            if method == "GET" and f"/{address}" in addresses.split():
                module = handler.fn.__module__
                made_of_places = module == "volunteer_app.pages.places"
                return address.replace("-", "_") if made_of_places else module.split(".")[2]
    raise AssertionError(f"nobody answers /{address}")


DESK = [(address, label) for address, label in MENU if not address.startswith("field/")]
"""The ways of the desk; the phone's screens are asked below."""


@pytest.mark.parametrize(("address", "label"), DESK, ids=[address for address, _ in DESK])
def test_the_words_of_the_menu_are_found_among_the_names_of_files(address, label):
    """A stranger searches for what stands on the screen, and comes to the folder that answers."""
    folder = PAGES / folder_of(address)
    found = stems(
        " ".join(path.relative_to(PAGES).as_posix().replace("_", " ") for path in folder.rglob("*"))
    )

    assert stems(label) & found, f"“{label}” is nowhere in {folder.name}/"


@pytest.mark.parametrize(("screen", "label"), TABS, ids=[screen for screen, _ in TABS])
def test_the_words_of_the_tabs_are_those_of_their_screens(screen, label):
    found = stems(" ".join(path.name for path in (PAGES / screen).rglob("*")) + f" {screen}")

    assert stems(label) & found


def test_the_menu_is_read_whole():
    assert len(MENU) == NAVIGATION.count('("/')


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_of_the_phone_has_one_word_for_its_address_file_and_script(screen):
    assert (PAGES / screen / "field.html").is_file()
    assert (ROOT / f"static/js/{screen}.js").is_file() or (ROOT / f"static/js/screens/{screen}.js").is_file()


def test_no_folder_holds_a_screen_under_another_word():
    assert {path.parent.name for path in PAGES.rglob("*field.html")} == set(SCREENS)


def test_ever_fewer_names_mean_two_things():
    assert len(names.defined_twice()) <= MOST_DEFINED_TWICE
