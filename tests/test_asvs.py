"""`docs/asvs.md` says of nothing that it is met unless a test that exists shows it; and what our code never does."""

import ast
import re

import pytest

from tests.conftest import ROOT
from tests.test_docs import is_file, is_test

APP = ROOT / "volunteer_app"
CODE = {
    path.relative_to(APP).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in sorted(APP.rglob("*.py"))
    if "migrations/versions" not in path.as_posix()
}
SCRIPTS = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for folder in ("static", "service_worker")
    for path in sorted((ROOT / folder).rglob("*.js"))
}
SHEET = (ROOT / "docs/asvs.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in SHEET.splitlines()
    if re.match(r"\| \d+\.\d", line)
]
STATES = {"met", "n/a", "operator", "half", "deviation"}


def shown_by(text: str) -> list[str]:
    """The tests that a row names, and files of tests."""
    words = re.findall(r"`([^`]+)`", text)
    return [
        word for word in words if word.startswith("test_") or re.match(r"tests/\S*(test_\w+\.py|\w)$", word)
    ]


def test_every_row_has_a_verdict_and_every_requirement_one_row():
    assert {row[2] for row in ROWS} == STATES
    numbers = [number for row in ROWS for number in re.split(", |–", row[0])]
    assert len(numbers) == len(set(numbers)) and len(ROWS) > 150


@pytest.mark.parametrize("row", [row for row in ROWS if row[2] == "met"], ids=lambda row: row[0])
def test_what_is_called_met_names_a_test_that_exists(row):
    named = shown_by(row[3])

    assert named, f"{row[0]}: name a test, or say half or deviation"
    assert [
        word
        for word in named
        if not (is_test(word) if "test_" in word and "/" not in word else is_file(word))
    ] == []


def test_every_chapter_that_the_sheet_names_is_there():
    """What is only to be written down stands where the sheet says."""
    for paper, chapter in re.findall(r"`(docs/\w+\.md)`, \*([^*]+)\*", SHEET):
        headings = re.findall(r"^#+ (.+)$", (ROOT / paper).read_text("utf-8"), re.MULTILINE)
        assert chapter in headings, (paper, chapter)


def calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Everything that a module calls, by its name as written."""
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def modules_of(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def never_made_of_text(tree: ast.AST) -> list[str]:
    """Code, objects or templates that are made of a text."""
    called = {name for name, _ in calls(tree)} & {
        "eval",
        "exec",
        "compile",
        "__import__",
        "os.system",
        "os.popen",
    }
    made = {name for name, _ in calls(tree) if name.endswith((".from_string", ".template_string"))}
    return sorted(
        called | made | modules_of(tree) & {"pickle", "marshal", "shelve", "yaml", "dill", "jsonpickle"}
    )


def test_no_code_no_object_and_no_template_is_made_of_a_text():
    assert {name: found for name, tree in CODE.items() if (found := never_made_of_text(tree))} == {}
    assert '"allowEval":false' in (APP / "pages/layout.html").read_text("utf-8")


def patterns_of_others(tree: ast.AST) -> list[str]:
    """Patterns and statements that hold anything but our own words."""
    found = []
    for name, call in calls(tree):
        if re.fullmatch(r"re\.(compile|match|search|sub|fullmatch|findall|finditer|split)", name):
            parts = [call.args[0]]
            while parts:
                part = parts.pop()
                if isinstance(part, ast.JoinedStr):
                    parts += part.values
                elif isinstance(part, ast.FormattedValue):
                    parts.append(part.value)
                elif isinstance(part, ast.Call) and ast.unparse(part.func) == "re.escape":
                    continue
                elif not (
                    isinstance(part, ast.Constant)
                    or all(
                        word.strip("_").isupper()
                        for word in re.findall(r"\b[A-Za-z_]+\b(?!['\"(.])", ast.unparse(part))
                    )
                ):
                    found.append(ast.unparse(call))
    return found


def test_no_pattern_holds_what_somebody_typed():
    assert {name: found for name, tree in CODE.items() if (found := patterns_of_others(tree))} == {}


def test_pages_write_no_statements_and_no_statement_is_put_together_from_texts():
    written = {"text", "sa.text", "literal_column", "sa.literal_column"}
    for name, tree in CODE.items():
        if name.startswith("pages/"):
            assert not {
                called for called, _ in calls(tree) if called in written or "exec_driver_sql" in called
            }, name
    excused = {
        name for name in CODE if "S608" in (APP / name).read_text("utf-8")
    }  # ruff looks for statements made of texts
    assert excused == {"copies/engines.py", "copies/postgres.py", "storage/many.py"}, (
        "they count the rows of the database's own tables, or name the types of a table's columns"
    )


STARTERS = {
    "solver.py",
    "voices.py",
    "machine_voice.py",
    "copies/postgres.py",
    "watch/doctor.py",
    "__main__.py",
}


def test_programs_are_started_by_few_and_never_through_a_shell():
    started = {
        name
        for name, tree in CODE.items()
        for called, _ in calls(tree)
        if called.startswith(("subprocess.", "asyncio.create_subprocess"))
    }
    assert started == STARTERS
    for name, tree in CODE.items():
        for called, call in calls(tree):
            assert "shell" not in {word.arg for word in call.keywords} and "subprocess_shell" not in called, (
                name
            )


CONNECTING = {
    "socket",
    "http.client",
    "urllib.request",
    "requests",
    "httpx",
    "aiohttp",
    "smtplib",
    "ftplib",
    "asyncssh",
}


def test_nothing_but_the_doctor_opens_a_connection():
    """It asks our own public name, when whoever runs the server says so."""
    assert {name for name, tree in CODE.items() if modules_of(tree) & CONNECTING} <= {
        "watch/doctor.py",
        "watch/tell.py",
    }


def test_secrets_are_made_by_secret_chance():
    """`random` is for invented people only."""
    assert {name.split("/")[0] for name, tree in CODE.items() if "random" in modules_of(tree)} <= {"demo"}


def test_logs_go_to_standard_error_alone():
    handlers = {
        (name, called)
        for name, tree in CODE.items()
        for called, _ in calls(tree)
        if called.endswith("Handler") and called.startswith(("logging.", "handlers."))
    }
    assert {called for _, called in handlers} <= {"logging.StreamHandler"} and {
        name for name, _ in handlers
    } <= {"log_lines.py"}


AS_CODE = re.compile(
    r"\.(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function|setTimeout\([\"'`]"
)


def test_scripts_put_text_on_a_page_as_text():
    assert {name for name, text in SCRIPTS.items() if AS_CODE.search(text)} == set()


def test_what_one_script_says_to_another_is_not_carried_out():
    """Messages come between our own pages and workers; each listener knows its words."""
    listening = {
        name for name, text in SCRIPTS.items() if re.search(r"addEventListener\(\"message\"|onmessage", text)
    }
    assert listening <= {
        "service_worker/main.js",
        "service_worker/public_guides.js",
        "service_worker/changes.js",
        "static/js/ready.js",
    }
    heard = re.search(r"function hear\(.*?\n}", SCRIPTS["service_worker/main.js"], re.DOTALL)
    assert heard and set(re.findall(r'data === ("[^"]+")', heard[0])) == {'"take over"', '"is it whole?"'}


def test_what_the_sheet_says_of_ciphers_is_what_is_used():
    keys, sealing = ((APP / name).read_text("utf-8") for name in ("storage/sign_in_keys.py", "sealing.py"))
    drawers = SCRIPTS["service_worker/drawers.js"]

    assert "hashlib.scrypt(pin.encode(), salt=salt, n=2**14, r=8, p=1" in keys
    assert (
        "const ROUNDS = 600_000" in drawers
        and '"PBKDF2", hash: "SHA-256", salt, iterations: rounds' in drawers
        and "Math.max(ROUNDS, most)" in drawers
    ), "as many rounds as the phone does in its time, and never fewer"
    assert {*re.findall(r"ec\.(SECP\w+)", sealing)} == {"SECP256R1"} and "AESGCM" in sealing
    assert "HKDF(hashes.SHA256(), 32" in sealing
    weak = re.compile(r"\b(md5|sha1|DES|RC4|ECB|MD5|SHA1)\b(?!\w)")
    assert {name for name in CODE if weak.search((APP / name).read_text("utf-8"))} == set()


def test_a_pin_is_typed_unseen_and_may_be_pasted_and_never_grows_old():
    templates = [path.read_text("utf-8") for path in (APP / "pages").rglob("*.html")]
    fields = [
        field
        for text in templates
        for field in re.findall(
            r"<input[^>]*name=\"(?:pin|again)\"[^>]*>|field\(\s*\"(?:pin|again)\",[^}]*}}", text
        )
    ]

    assert len(fields) >= 4 and [field for field in fields if 'type="password"' not in field] == []
    assert not [name for name, text in SCRIPTS.items() if re.search(r"[\"']paste[\"']|onpaste", text)]
    from volunteer_app.storage.sign_in_keys import PinRow

    assert not [name for name in PinRow.model_fields if "expire" in name]


@pytest.mark.parametrize(
    ("what", "planted"),
    [
        (never_made_of_text, "import pickle"),
        (never_made_of_text, "eval(said)"),
        (never_made_of_text, "environment.from_string(said)"),
        (patterns_of_others, "re.search(said, text)"),
        (patterns_of_others, "re.compile(f'{said}$')"),
    ],
)
def test_what_is_planted_is_found(what, planted):
    assert what(ast.parse(planted))
