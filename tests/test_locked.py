"""The locked sets are whole: what each locked package needs is locked in a version that it takes (as `pip check` asks)."""

import re
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

ONLY_ASKED_FOR = ("django", "asgiref", "sqlparse")
"""Locked because django-htmx asks for them: we read one file of it, htmx 2, and import nothing of theirs."""


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
def test_every_need_of_a_locked_package_is_locked(name):
    assert unmet(name) == set()


def test_pip_finds_nothing_missing_in_the_environment():
    asked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)

    assert (asked.returncode, asked.stdout.strip()) == (0, "No broken requirements found.")


def test_nothing_of_what_is_only_asked_for_runs():
    code = "import sys, volunteer_app.app, volunteer_app.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert "volunteer_app" in loaded.stdout.split()
    assert not set(ONLY_ASKED_FOR) & set(loaded.stdout.split())


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
