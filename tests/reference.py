"""`python -m tests.reference` writes down what the program knows: README's settings and docs/reference.md.

Read from the program itself, so that nothing can be missing or stand there without being so: `tests/test_docs.py`.
"""

import argparse
import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import pairwise

from tests.conftest import ROOT
from tests.imports import paths
from volunteer_app import cli, site_map
from volunteer_app.domain.recordings import REFUSALS
from volunteer_app.pages.audit.routes import ACTION_NAMES
from volunteer_app.settings import Settings

README, FILE = ROOT / "README.md", ROOT / "docs/reference.md"
BEGIN, END = "<!-- made by tests/reference.py -->", "<!-- end -->"
HEAD = """# Every command, address, refusal and log line

Written by `python -m tests.reference` from the program; a test compares it. Settings stand in the README.
"""
CODE = re.compile(r"[a-z_]+\.[a-z0-9_]+")


def table(*rows: tuple[str, ...]) -> str:
    """Rows of cells, the first of them the head."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "| " + " | ".join("---" for _ in rows[0]) + " |", *lines[1:]])


def first_paragraph(text: str | None) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((text or "").partition("\n\n")[0].split())


def explained(tree: ast.Module | ast.ClassDef) -> dict[str, str]:
    """Name → the text that stands under its assignment."""
    return {
        ast.unparse(node.target): first_paragraph(text.value.value)
        for node, text in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(node, ast.AnnAssign)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def texts_of(module: str, of_class: str = "") -> dict[str, str]:
    """What a module, or a class in it, says of its names."""
    tree = ast.parse(paths()[module].read_text("utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return explained(classes[of_class] if of_class else tree)


def settings() -> str:
    """Every variable of the environment."""
    meanings = texts_of("volunteer_app.settings", "Settings")
    rows = [(f"`{one.name.upper()}`", f"`{one.default}`", meanings[one.name]) for one in fields(Settings)]
    return table(("variable", "default", "meaning"), *rows)


Command = tuple[str, argparse.ArgumentParser]


def commands_in(parser: argparse.ArgumentParser, words: str = "volunteer-app") -> Iterator[Command]:
    """Every command and sub-command with its parser."""
    subs = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not subs:
        yield words, parser
    for name, below in subs[0].choices.items() if subs else ():
        yield from commands_in(below, f"{words} {name}")


def commands() -> str:
    """Every command with each of its words."""
    rows = [("command", "", "meaning")]
    for words, parser in commands_in(cli._parser()):
        rows.append((f"`{words}`", "", parser.description or _help_of_choice(words)))
        rows += [
            ("", f"`{_shown(action)}`", _sentence(action))
            for action in parser._actions
            if not isinstance(action, argparse._HelpAction)
        ]
    return table(*rows)


def _help_of_choice(words: str) -> str:
    parser, *names = cli._parser(), *words.split()[1:]
    text = ""
    for name in names:
        (sub,) = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        text = next(choice.help or "" for choice in sub._choices_actions if choice.dest == name)
        parser = sub.choices[name]
    return text


def _shown(action: argparse.Action) -> str:
    name = action.option_strings[0] if action.option_strings else ""
    word = (
        " / ".join(map(str, action.choices)) if action.choices else str(action.metavar or action.dest.upper())
    )
    shown = name if action.nargs == 0 else f"{name} {word}".strip()
    return shown if action.required else f"[{shown}]"


def _sentence(action: argparse.Action) -> str:
    usual = action.default if isinstance(action.default, str) and action.default != argparse.SUPPRESS else ""
    return "; ".join(part for part in (action.help or "", f"usually `{usual}`" if usual else "") if part)


def addresses() -> str:
    """The site, group by group."""
    tree = ast.parse(paths()["volunteer_app.site_map"].read_text("utf-8"))
    parts = []
    for name, text in explained(tree).items():
        rows = [
            (
                method,
                " ".join(f"`{address}`" for address in answered.split()),
                first_paragraph(handler.fn.__doc__),
            )
            for method, answered, handler in getattr(site_map, name)
        ]
        parts.append(f"{text}\n\n{table(('', 'address', 'answer'), *rows)}")
    return "\n\n".join(parts)


def refusals() -> dict[str, set[str]]:
    """Code → the sentences it carries: where a code stands beside a marked sentence, in whatever makes a `Problem`."""
    trees = [ast.parse(path.read_text("utf-8")) for path in paths().values()]
    constants = _assigned([node for tree in trees for node in tree.body])
    found = {f"recording.{code}": {sentence} for code, sentence in REFUSALS.items()}
    for tree in trees:
        known = constants | _assigned(ast.walk(tree))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            values = [_value(argument, known, call.lineno) for argument in call.args]
            for code, sentence in [*pairwise(values), *pairwise(values[::-1])]:
                if isinstance(code, str) and CODE.fullmatch(code) and isinstance(sentence, Marked):
                    found.setdefault(code, set()).add(sentence)
    return found


class Marked(str):
    """A sentence that `N_` marks."""

    __slots__ = ()


Assigned = dict[str, dict[int, ast.expr]]
"""Name → line → what it is from there on."""


def _assigned(nodes: Iterable[ast.AST]) -> Assigned:
    found: Assigned = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, {})[node.lineno] = node.value
    return found


def _value(node: ast.expr, known: Assigned, line: int) -> str | None:
    """What an argument is, where it is a text: written there, or under a name."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    lines = known.get(name, {})
    before = [other for other in lines if other < line] or list(lines)
    here = lines[max(before)] if before else node
    if isinstance(here, ast.Call) and getattr(here.func, "id", "") == "N_":
        return Marked(ast.literal_eval(here.args[0]))
    return here.value if isinstance(here, ast.Constant) and isinstance(here.value, str) else None


def log_lines() -> dict[str, str]:
    """Event → its whole line."""
    calls = [node for path in paths().values() for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    said = [
        str(node.args[0].value)
        for node in calls
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and getattr(node.func.value, "id", "") in ("log", "logger")
        and isinstance(node.args[0], ast.Constant)
    ]
    return {line.partition(" ")[0]: line for line in said}


def page() -> str:
    """docs/reference.md."""
    codes = [(f"`{code}`", " / ".join(sorted(said))) for code, said in sorted(refusals().items())]
    acts = [(f"`{code}`", said) for code, said in sorted(ACTION_NAMES.items())]
    lines = [(f"`{event}`", f"`{line}`") for event, line in sorted(log_lines().items())]
    parts = [
        HEAD,
        "## Commands",
        commands(),
        "## Addresses",
        "Without the language in front. Two addresses in a line are one page.",
        addresses(),
        "## Refusals",
        "The code that a machine reads, and what a person is told, in the reader's language.",
        table(("code", "sentence"), *codes),
        "## What the log of who did what knows",
        table(("act", "as people read it"), *acts),
        "## Lines of the server's own log",
        "No names, no texts that somebody wrote.",
        table(("event", "line"), *lines),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def readme() -> str:
    """The README with its settings as they are."""
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n\n{settings()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    FILE.write_text(page(), "utf-8")
    README.write_text(readme(), "utf-8")
