"""What a phone has to fetch, in bytes as they go over the wire (brotli). Bounds: performance.md, first open of the form."""

import json

import pytest

from volunteer_app.app import template_environment
from volunteer_app.assets import Assets
from volunteer_app.field_screens import SCREENS, FieldScreens
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.guides.packs import all_packs
from volunteer_app.pages.voices.texts import words_pack

VISIT_FORM = 25 * 1024
SCREEN = 50 * 1024
KEPT_SET = 352 * 1024
"""All that a phone keeps in one language: screens, code, pictures, every guide in every language, with what each of its
facts rests on. It comes in the background, once; what is needed to work has bounds of its own above."""
LARGEST_PACK = 12 * 1024


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets()


@pytest.fixture(scope="module")
def screens(assets: Assets) -> FieldScreens:
    return FieldScreens(assets, template_environment(assets), all_packs() | words_pack())


def weight(assets: Assets, screens: FieldScreens, address: str) -> int:
    """Bytes of one file over the wire."""
    if kept := screens.kept.get(address):
        return len(kept.compressed)
    asset = assets.at(address)
    assert asset is not None, address
    return len(asset.compressed or asset.body)


def first_open(assets: Assets, screens: FieldScreens, language: str, screen: str) -> dict[str, int]:
    """Everything that a screen needs until it is usable: file → bytes. The app's icon and what modules import only
    when it is used (`import("…")`) are fetched after it."""
    address = f"/{language}/field/{screen}"
    named = assets.named_in(screens.kept[address].body, at_once=True)
    named = [name for name in named if "/icons/app." not in name]
    return {name: weight(assets, screens, name) for name in [address, *named]}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", SCREENS)
def test_the_first_open_of_a_screen_is_light(assets, screens, screen, language):
    files = first_open(assets, screens, language, screen)
    total = sum(files.values())
    print(f"{language} {screen}: {total:,} B in {len(files)} files")

    assert any(name.endswith(".css") for name in files)
    assert any("/sprite." in name for name in files)
    assert any("/store." in name for name in files), "modules that modules import"
    assert total <= (VISIT_FORM if screen == "visit" else SCREEN), files


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_a_phone_keeps_is_bounded(assets, screens, language):
    listed = assets.source(f"service_worker/kept.{language}.js").body.removeprefix(b"export const KEPT = ")
    marks = json.loads(listed)["marks"]
    weights = {address: weight(assets, screens, address) for address in marks}
    total = sum(weights.values())
    print(f"{language}: {total:,} B in {len(marks)} files, the worker {len(screens.workers[language]):,} B")

    assert {f"/{language}/field/{screen}" for screen in SCREENS} < set(marks)
    assert total <= KEPT_SET, sorted(weights.items(), key=lambda item: -item[1])[:10]
    assert (
        max(weights[address] for address in weights if address.startswith("/guides/packs/")) <= LARGEST_PACK
    )
