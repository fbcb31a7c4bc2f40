"""Habits that a machine can keep."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from tests import features
from tests.conftest import ROOT
from volunteer_app import messages
from volunteer_app.settings import Settings

APP = ROOT / "volunteer_app"
README = (ROOT / "README.md").read_text("utf-8")


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return found | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("path", sorted((APP / "domain").glob("*.py")), ids=lambda p: p.name)
def test_rules_know_no_web_and_no_database(path):
    foreign = {
        "litestar",
        "sqlalchemy",
        "jinja2",
        "volunteer_app.storage",
        "volunteer_app.pages",
        "volunteer_app.i18n",
    }

    assert not [
        name for name in imports_of(path) if any(name == f or name.startswith(f + ".") for f in foreign)
    ]


@pytest.mark.parametrize("path", sorted((APP / "storage").glob("*.py")), ids=lambda p: p.name)
def test_storage_knows_no_pages(path):
    assert not [name for name in imports_of(path) if name.startswith(("volunteer_app.pages", "jinja2"))]


@pytest.mark.parametrize("path", sorted(APP.rglob("*.py")), ids=lambda p: str(p.relative_to(APP)))
def test_only_settings_read_the_environment(path):
    allowed = {"settings.py", "__main__.py"}

    assert path.name in allowed or not re.search(r"os\.environ|getenv", path.read_text("utf-8"))


@pytest.mark.parametrize(
    "path", sorted((APP / "storage/migrations/versions").glob("*.py")), ids=lambda p: p.name
)
def test_migrations_import_nothing_of_ours(path):
    assert not [name for name in imports_of(path) if name.startswith("volunteer_app")]


def test_every_setting_is_explained_in_the_readme():
    assert not [f.name for f in fields(Settings) if f"`{f.name.upper()}`" not in README]


def test_the_readme_names_the_defaults_as_they_are():
    assert not [f.name for f in fields(Settings) if f"`{f.default}`" not in README]


@pytest.mark.parametrize("path", sorted((APP / "pages").rglob("field.html")), ids=lambda p: p.parent.name)
def test_phone_screens_know_no_person(path):
    assert not re.search(r"\bme\b\s*[.|}]", path.read_text("utf-8"))


@pytest.mark.parametrize(
    "path", sorted((APP / "pages").rglob("*.html")), ids=lambda p: str(p.relative_to(APP))
)
def test_templates_have_nothing_inline_and_trust_nothing(path):
    text = path.read_text("utf-8")

    assert not re.search(r"\sstyle=|\son[a-z]+=|hx-on|\|\s*safe|<script(?![^>]*\bsrc=)", text)


def test_l1_every_sentence_is_there_in_every_language():
    assert messages.problems() == []


def test_no_file_outgrows_its_subject():
    counted = {
        path.relative_to(ROOT): path.read_text("utf-8").count("\n")
        for folder in ("volunteer_app", "static", "service_worker", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".js", ".css", ".html") and "vendor" not in path.parts
    }

    assert not {path: lines for path, lines in counted.items() if lines > 500}


def test_nothing_names_this_machine_or_a_download_host():
    banned = re.compile(r"/wor" + r"k/main|index-ur" + r"l|files\.python" + r"hosted|find-link" + r"s")
    kept = [
        p
        for p in ROOT.rglob("*")
        if p.is_file() and p.suffix in (".py", ".md", ".txt", ".toml", ".js", ".html")
    ]
    ours = [p for p in kept if not {".venv", ".git", "node_modules", "data"} & set(p.relative_to(ROOT).parts)]

    assert not [p for p in ours if banned.search(p.read_text("utf-8", "replace"))]


def test_the_ledger_of_what_is_shown_is_up_to_date():
    assert features.table() in features.LEDGER.read_text(), "run python -m tests.features"


def test_what_no_test_shows_is_named_in_the_ledger():
    before = features.LEDGER.read_text().partition(features.BEGIN)[0]
    shown = features.shown()

    assert not [row for row in features.rows() if row not in shown and not re.search(rf"\b{row}\b", before)]


def test_what_the_security_papers_name_exists():
    """ASVS 5.0.0 has 253 requirements of levels 1 and 2; each stands on the sheet once, and every file and test is real."""
    sheet, text = ((ROOT / "docs" / name).read_text() for name in ("asvs.md", "security.md"))
    numbers = [
        f"{section}.{n}"
        for cell in re.findall(r"^\| ([\d., –]+) \|", sheet, re.MULTILINE)
        for section, first, last in re.findall(r"(\d+\.\d+)\.(\d+)(?:–\d+\.\d+\.(\d+))?", cell)
        for n in range(int(first), int(last or first) + 1)
    ]
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    paths = re.findall(r"`((?:tests|docs|service_worker|static|\.ci)/[\w./-]+)`", sheet + text)
    named = re.findall(r"`(test_\w+?)_?…?`", sheet + text)

    assert len(numbers) == len(set(numbers)) == 253
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert [name for name in named if f"def {name}" not in tests] == []


def test_the_tests_that_the_faults_table_names_exist():
    said = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    paths = list((ROOT / "tests").rglob("test_*.py"))
    known = "\n".join([f"def {path.stem}" for path in paths] + [path.read_text("utf-8") for path in paths])

    assert [name for name in re.findall(r"test_\w+", said) if f"def {name}" not in known] == []


def test_what_is_left_out_by_default_is_named_with_its_command_and_last_result():
    said = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    left_out = re.search(r"-m 'not (\w+)'", (ROOT / "pyproject.toml").read_text("utf-8"))

    assert left_out is not None
    assert f"pytest -m {left_out[1]} " in said and "Last result" in said and "lost 0, doubled 0" in said
