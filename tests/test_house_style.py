"""Habits that a machine can keep."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import features, formatted, imports, reference
from tests.conftest import ROOT
from volunteer_app import messages
from volunteer_app.domain.all_problems import PROBLEMS

APP = ROOT / "volunteer_app"
README = (ROOT / "README.md").read_text("utf-8")


WEB = {"litestar", "jinja2", "markupsafe", "starlette"}
WEB_OF_OURS = {
    f"volunteer_app.{name}" for name in ("app", "shell", "dependencies", "field_screens", "i18n", "cli")
}
"""What stands above the pages or beside them: neither rules nor storage may lead there, by whatever way."""


def modules_in(folder: str) -> list[str]:
    return [name for name in imports.paths() if name.startswith(f"volunteer_app.{folder}.")]


def ways_to_foreign(module: str, foreign: set[str]) -> list[str]:
    """How a module comes to what it must not know: the whole way, so that one sees where to cut."""
    return [
        " → ".join(way)
        for name, way in imports.reached(module).items()
        if name in foreign or name.startswith("volunteer_app.pages")
    ]


@pytest.mark.parametrize("module", modules_in("domain"))
def test_rules_know_no_web_and_no_database(module):
    storage = {name for name in imports.paths() if name.startswith("volunteer_app.storage")}

    assert not ways_to_foreign(module, WEB | WEB_OF_OURS | storage | {"sqlalchemy"})


@pytest.mark.parametrize("module", modules_in("storage"))
def test_storage_knows_no_pages_and_no_web_framework(module):
    assert not ways_to_foreign(module, WEB | WEB_OF_OURS)


def test_rules_and_storage_are_loaded_without_the_web_framework():
    """The same by running it, for what other packages take with them is in no file of ours (alembic's mako: markupsafe)."""
    wanted = modules_in("domain") + [
        name for name in modules_in("storage") if not name.endswith("migrations.env")
    ]
    program = (
        "import importlib, json, sys\n"
        "for name in json.loads(sys.stdin.read()): importlib.import_module(name)\n"
        f"print([name for name in {sorted(WEB - {'markupsafe'})} if name in sys.modules])"
    )
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, input=json.dumps(wanted), capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.strip() == "[]"


def test_rules_in_folders_are_known_by_their_codes():
    """What was said of an operation when it first came is said again by its code: none may hide in a folder."""
    texts = [path.read_text("utf-8") for path in (APP / "domain").rglob("*.py")]
    codes = {
        code
        for text in texts
        for code in re.findall(r'^[A-Z_]+ = Problem\(\s*"([\w.]+)"', text, re.MULTILINE)
    }

    assert "operation.not_assigned" in codes and codes <= PROBLEMS.keys()


def test_no_modules_need_each_other():
    assert not [" → ".join(circle) for circle in imports.circles()]


def test_no_page_imports_the_handlers_of_another_folder():
    """What two folders need stands in a module without handlers, beside them or in one of them."""
    handlers = {
        name
        for name, path in imports.paths().items()
        if name.startswith("volunteer_app.pages.")
        and re.search(r"^ *@(get|post|put|patch|delete|head|route)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    of_all = {"volunteer_app.pages.places"}
    foreign = {
        f"{name} → {taken}"
        for name in modules_in("pages")
        for taken in imports.imported(name) & handlers - of_all
        if name.split(".")[2] != taken.split(".")[2]
    }

    assert len(handlers) > 30, "the test finds none any more where many are"
    assert not foreign


def readings_of_the_clock(path: Path) -> list[int]:
    """Lines that ask which moment or day it is now. How long something takes (`monotonic`) is no moment."""
    asked = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
    asked |= {("time", "time"), ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime")}
    return [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and (getattr(node.value, "id", getattr(node.value, "attr", "")), node.attr) in asked
    ]


def test_only_pages_and_what_starts_them_read_the_clock():
    """Everywhere else time is an argument."""
    may = {
        "app.py", "cli.py", "copies/commands.py", "dependencies.py",
        "nightly.py",  # works for hours: each part has a moment of its own
        "watch/doctor.py", "watch/figures.py", "watch/health.py",  # how old things are
        "storage/register.py",  # when a line was written, whatever moment it tells of
    }  # fmt: skip
    read = {str(path.relative_to(APP)) for path in APP.rglob("*.py") if readings_of_the_clock(path)}

    assert may <= read, "the test finds none any more where some are"
    assert not {name for name in read - may if not name.startswith("pages/")}


def test_a_scope_is_made_in_one_place():
    made = {
        str(path.relative_to(APP))
        for path in APP.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Scope"
    }

    assert made == {"domain/permissions.py"}


@pytest.mark.parametrize("path", sorted(APP.rglob("*.py")), ids=lambda p: str(p.relative_to(APP)))
def test_only_settings_read_the_environment(path):
    allowed = {"settings.py", "__main__.py"}

    assert path.name in allowed or not re.search(r"os\.environ|getenv", path.read_text("utf-8"))


@pytest.mark.parametrize(
    "path", sorted((APP / "storage/migrations/versions").glob("*.py")), ids=lambda p: p.name
)
def test_migrations_import_nothing_of_ours(path):
    assert not [
        name for name in imports.imports_in(ast.parse(path.read_text())) if name.startswith("volunteer_app")
    ]


def test_the_papers_say_what_the_program_knows():
    """Every setting, command, address, refusal, act of the audit log and log line."""
    assert (reference.readme(), reference.page()) == (README, reference.FILE.read_text("utf-8")), (
        "run python -m tests.reference"
    )


@pytest.mark.parametrize("path", sorted((APP / "pages").rglob("field.html")), ids=lambda p: p.parent.name)
def test_phone_screens_know_no_person(path):
    assert not re.search(r"\bme\b\s*[.|}]", path.read_text("utf-8"))


@pytest.mark.parametrize(
    "path", sorted((APP / "pages").rglob("*.html")), ids=lambda p: str(p.relative_to(APP))
)
def test_templates_have_nothing_inline_and_trust_nothing(path):
    text = path.read_text("utf-8")

    assert not re.search(r"\sstyle=|\son[a-z]+=|hx-on|\|\s*safe|<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize(
    "path",
    sorted([*(APP / "pages").rglob("*.html"), *(ROOT / "static").rglob("*.css")]),
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_templates_and_sheets_can_be_read_without_scrolling_sideways(path):
    assert [line for line in path.read_text("utf-8").splitlines() if len(line) > 120] == []


def test_templates_and_sheets_are_formatted():
    assert formatted.main() == 0, "run python -m tests.formatted --write"


def test_sheets_and_templates_know_each_other():
    """No class without a rule, no rule and no token that nobody uses. `q1`, `w1`: letters of answers, made by number."""
    sheets = "".join(path.read_text("utf-8") for path in (ROOT / "static").rglob("*.css"))
    pages = "".join(path.read_text("utf-8") for path in (APP / "pages").rglob("*.html"))
    code = [
        *(ROOT / "static").rglob("*.js"),
        *(ROOT / "static").rglob("*.svg"),
        *(APP / "guides").rglob("*.svg"),
        *(APP / "pages").rglob("*.py"),
    ]
    speaking = pages + "".join(path.read_text("utf-8") for path in code)
    numbered, of_htmx = {"q", "w", "q1", "q2", "q3", "q4", "w1", "w2", "w4"}, {"htmx-request"}
    styled = set(re.findall(r"\.([a-zA-Z_][\w-]*)", re.sub(r"(?s)/\*.*?\*/|'[^']*'", "", sheets)))
    named = re.findall(r'class="([^"]*)"', re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", pages, flags=re.DOTALL))
    tokens = set(re.findall(r"(--[\w-]+):", sheets))

    assert {word for words in named for word in words.split()} - styled - numbered == set()
    assert {
        word for word in styled if not re.search(rf"\b{re.escape(word)}\b", speaking)
    } - of_htmx <= numbered
    assert {token for token in tokens if not re.search(rf"var\({token}\b", sheets + speaking)} == set()


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
    (listed,) = re.findall(r"^- \*\*([^*]+)\*\*: no test\s+carries their name", before, re.MULTILINE)
    assert [row for row in listed.split(", ") if row in shown] == []


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


LEAVERS = re.compile(
    r"\blocation\s*\.\s*(assign|replace|reload)\b|\blocation(\.href)?\s*=[^=]|\bhistory\s*\.\s*(back|go|forward)\b"
)


@pytest.mark.parametrize("path", sorted((ROOT / "static" / "js").glob("*.js")), ids=lambda p: p.name)
def test_a_page_is_left_in_one_way_only(path):
    """A page that is left while it writes stops every WebKit phone (`leave_page.js`)."""
    left = LEAVERS.findall(path.read_text("utf-8"))

    assert bool(left) == (path.name == "leave_page.js")


def waits_for_a_promise(source: str) -> list[int]:
    """Lines that give the driver's `wait_for_function` something that answers with a promise: it counts as a yes."""
    return [
        call.lineno
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "wait_for_function"
        and any(word in ast.unparse(call) for word in ("async", "await", ".then(", "caches.", "Promise"))
    ]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "browser").glob("*.py")), ids=lambda path: path.stem
)
def test_browser_tests_wait_for_answers_and_not_for_promises(path):
    assert waits_for_a_promise(path.read_text("utf-8")) == []


def test_a_wait_for_a_promise_is_seen():
    assert waits_for_a_promise("page.wait_for_function(\"caches.has('ballast')\")") == [1]


def waits_without_end(text: str) -> list[int]:
    """The lines of loops that wait for something and never give up."""
    found = []
    for loop in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.While)):
        inside = [node for statement in loop.body for node in ast.walk(statement)]
        waits = any(
            isinstance(node, ast.Attribute) and node.attr in {"wait_for_timeout", "sleep"} for node in inside
        )
        gives_up = any(isinstance(node, ast.Assert | ast.Raise | ast.Break | ast.Return) for node in inside)
        if waits and not (gives_up or "time.monotonic" in ast.unparse(loop.test)):
            found.append(loop.lineno)
    return found


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "browser").rglob("*.py")), ids=lambda path: path.stem
)
def test_browser_tests_give_up_waiting(path):
    """One phone that stands still is one failed test, and says what was waited for; it held the whole run once."""
    assert waits_without_end(path.read_text("utf-8")) == []


def test_a_wait_without_end_is_seen():
    assert waits_without_end("while not is_there():\n    page.wait_for_timeout(20)\n") == [1]
    assert (
        waits_without_end("while not is_there():\n    assert early()\n    page.wait_for_timeout(20)\n") == []
    )
