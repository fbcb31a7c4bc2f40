"""Templates are read whole: each can be compiled, uses no filter and no variable that nobody gives, and is used."""

import ast
import re
from functools import cache

import pytest
from jinja2 import Environment, TemplateAssertionError, TemplateSyntaxError, meta, nodes

from tests.conftest import ROOT
from volunteer_app.app import template_environment
from volunteer_app.assets import Assets

PAGES = ROOT / "volunteer_app/pages"
NAMES = sorted(path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*.html"))


@cache
def environment() -> Environment:
    return template_environment(Assets())


@cache
def given() -> frozenset[str]:
    """Names under which anything is handed to a template: keys and keyword arguments in Python, `set`s in templates."""
    names = set(environment().globals)
    for path in (ROOT / "volunteer_app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg:
                names.add(node.arg)
            elif isinstance(node, ast.Dict):
                names |= {key.value for key in node.keys if isinstance(key, ast.Constant)}
            elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                names.add(node.slice.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names.add(node.target.id)  # a field of what is handed over as a whole
    for name in NAMES:
        for node in environment().parse((PAGES / name).read_text("utf-8")).find_all(nodes.Name):
            if node.ctx == "store":
                names.add(node.name)
    return frozenset(name for name in names if isinstance(name, str))


def faults_of(source: str) -> list[str]:
    """What a template says and nobody knows."""
    try:
        tree = environment().parse(source)
        environment().compile(source)
    except (TemplateAssertionError, TemplateSyntaxError) as error:
        return [str(error)]
    unknown = {one.name for one in tree.find_all(nodes.Test)} - environment().tests.keys()
    unknown |= {one.name for one in tree.find_all(nodes.Filter)} - environment().filters.keys()
    return sorted(unknown | (meta.find_undeclared_variables(tree) - given() - own_macros(tree) - {"caller"}))


def own_macros(tree: nodes.Template) -> set[str]:
    """What a template imports or defines at its head, for its blocks too."""
    imported = {as_ for one in tree.find_all(nodes.FromImport) for as_ in one.names if isinstance(as_, str)}
    renamed = {
        as_[1] for one in tree.find_all(nodes.FromImport) for as_ in one.names if isinstance(as_, tuple)
    }
    return imported | renamed | {macro.name for macro in tree.find_all(nodes.Macro)}


@pytest.mark.parametrize("name", NAMES)
def test_a_template_uses_only_what_is_given_to_it(name):
    assert faults_of((PAGES / name).read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "{{ housholds }}",
        "{% if consnt %}{% endif %}",
        "{{ name | momnt }}",
        "{% if name is evn %}{% endif %}",
        "{% if %}",
    ],
)
def test_a_fault_that_is_planted_is_found(source):
    assert faults_of(source) != []


def test_every_template_is_used():
    texts = [
        path.read_text("utf-8")
        for path in (ROOT / "volunteer_app").rglob("*")
        if path.suffix in (".py", ".html")
    ]
    said = {word for text in texts for word in re.findall(r"[\w/.%-]+\.html", text)}
    pattern = re.compile("|".join(re.escape(word).replace("%s", r"\w+") for word in said))

    assert [name for name in NAMES if not pattern.fullmatch(name) and not name.endswith("/field.html")] == []


NEVER_TRANSLATED = {
    "*": {"label", "late_at", "door_name", "own", "typed", "who"},
    "households/_row.html": {"name"},
    "guide/_step.html": {"button"},
    "lock/field.html": {"name"},
    "me/field.html": {"name"},
    "map/field.html": {"name"},
    "today/field.html": {"name"},
}
"""Names of people and places, codes, the words on a real button: a browser that translates the page must leave them."""


def test_names_codes_and_the_words_on_real_buttons_are_kept_from_a_browsers_translation():
    found, bare = 0, []
    for name in NAMES:
        wanted = NEVER_TRANSLATED["*"] | NEVER_TRANSLATED.get(name, set())
        for tag in re.findall(r"<\w+[^<>]*data-text=[^<>]*>", (PAGES / name).read_text("utf-8")):
            said = re.search(r'data-text="(\w+)"', tag)
            if said and said[1] in wanted:
                found += 1
                bare += [f"{name}: {tag}"] if 'translate="no"' not in tag else []

    assert bare == []
    assert found > 15
