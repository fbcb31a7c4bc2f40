"""Files for browsers: named by content, imports rewritten, nothing circular."""

import re

import pytest

from tests.conftest import ROOT
from volunteer_app.assets import Assets, without_comments

MODULES = sorted(path for folder in ("static", "service_worker") for path in (ROOT / folder).rglob("*.js"))


@pytest.fixture(scope="module")
def assets():
    return Assets()


def test_a_file_is_named_by_its_content(assets):
    before = assets.add("js/example.js", b"export const a = 1\n").address
    after = assets.add("js/example.js", b"export const a = 2\n").address

    assert re.fullmatch(r"/assets/js/example\.[0-9a-f]{12}\.js", before)
    assert before != after


def test_a_module_imports_by_address_so_its_name_covers_what_it_imports(assets):
    outbox = assets.source("service_worker/outbox.js").body.decode()

    assert f'from "{assets.address("service_worker/store.js")}"' in outbox
    assert not re.search(r'from "\.', outbox)


def test_every_file_that_a_module_names_is_there(assets):
    named = assets.named_in(assets.source("js/visit.js").body)

    assert assets.address("service_worker/store.js") in named
    assert all(assets.at(address) for address in named)


def test_modules_that_import_each_other_are_refused(assets, monkeypatch):
    sources = {"js/a.js": b'import "./b.js"\n', "js/b.js": b'import "./a.js"\n'}

    class Path:
        def __init__(self, source):
            self.source = source

        def read_bytes(self):
            return sources[self.source]

    monkeypatch.setattr(assets, "_path", Path)
    with pytest.raises(ValueError, match=r"js/a\.js → js/b\.js → js/a\.js"):
        assets.add_file("js/a.js")


def test_htmx_comes_from_the_installed_package(assets):
    assert b"htmx" in assets.source("htmx.min.js").body[:200]


def test_comments_stay_in_the_tree():
    module = b'// @ts-check\n/** Says\n * more. */\nconst a = "// kept" // kept too\n'

    assert without_comments(module) == b'const a = "// kept" // kept too\n'


@pytest.mark.parametrize(
    "kept",
    [
        "const a = `\n// a line of the text\n/** and\n more */\n`\n",
        "const a = `${b ? `\n// of the inner\n` : {c: {}}}\n// of the outer\n`\n",
        "const a = `\\`\n// still inside\n`\n",
        "const a = /[`'\"]/\nconst b = `\n// a line\n`\n",
        "const a = b.replace(/\\/`/, '`')\nconst c = `$\n// a line\n`\n",
        "const a = 1 / 2 / 3 // `\nconst b = `\n// a line\n`\n",
    ],
)
def test_what_only_looks_like_a_comment_stays(kept):
    module = f"// gone\n{kept}  // gone, too\n/** Gone. */\nend()\n"

    assert without_comments(module.encode()).decode() == f"{kept}end()\n"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_every_comment_of_our_modules_goes_and_nothing_else(path):
    """Our modules hold no such texts today: there, lines tell."""
    module = path.read_bytes()
    plain = re.sub(rb"^[ \t]*/\*\*.*?\*/[ \t]*\n", b"", module, flags=re.MULTILINE | re.DOTALL)

    assert without_comments(module) == re.sub(rb"^[ \t]*//.*\n", b"", plain, flags=re.MULTILINE)
