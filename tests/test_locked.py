"""The locked sets are whole: what each locked package needs is locked in a version that it takes (as `pip check` asks)."""

import re
from importlib import metadata

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

LEFT_OUT = {
    (
        "django-htmx",
        "django",
    ): "only htmx-2.min.js is read from it; no package was found that carries htmx 2 without a framework",
    ("django-htmx", "asgiref"): "only Django's part of that package imports it",
}
"""(package, what it needs and does not get): why. `pip check` names exactly these."""


def locked(name: str) -> dict[str, str]:
    text = (ROOT / ".ci" / name).read_text("utf-8")
    found = re.findall(r"^([\w.-]+)==([\w.+!-]+)(?: *;([^\\\n]*))?", text, re.MULTILINE)
    return {canonicalize_name(package): version for package, version, marker in found if _is_for_us(marker)}


def _is_for_us(marker: str) -> bool:
    return not marker.strip() or bool(Requirement(f"x ;{marker}").marker.evaluate())  # type: ignore[union-attr]


def unmet(name: str) -> set[tuple[str, str]]:
    versions = locked(name)
    here = default_environment() | {"extra": ""}
    return {
        (package, canonicalize_name(need.name))
        for package in versions
        for need in map(Requirement, metadata.requires(package) or [])
        if need.marker is None or need.marker.evaluate(dict(here))
        if canonicalize_name(need.name) not in versions
        or not need.specifier.contains(versions[canonicalize_name(need.name)], prereleases=True)
    }


@pytest.mark.parametrize("name", ["locked-app.txt", "locked-tests.txt"])
def test_every_need_of_a_locked_package_is_locked_or_left_out_for_a_reason(name):
    assert unmet(name) == set(LEFT_OUT)


def test_what_is_installed_is_what_is_locked():
    there = {package: metadata.version(package) for package in locked("locked-tests.txt")}

    assert there == locked("locked-tests.txt")


def test_what_we_ask_for_is_locked_in_a_version_that_we_take():
    asked = re.search(
        r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert asked is not None
    needs = [Requirement(text) for text in re.findall(r'^ +"([^"]+)",$', asked[1], re.MULTILINE)]
    versions = locked("locked-app.txt")

    assert len(needs) > 15
    assert not [
        str(one) for one in needs if not one.specifier.contains(versions[canonicalize_name(one.name)])
    ]
