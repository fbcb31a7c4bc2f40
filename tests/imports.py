"""Which module imports which, read from the files: the house tests ask it."""

import ast
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

APP = ROOT / "volunteer_app"


def module_name(path: Path) -> str:
    """`volunteer_app/storage/people.py` → `volunteer_app.storage.people`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def paths() -> dict[str, Path]:
    """Every module of the app with its file."""
    return {module_name(path): path for path in sorted(APP.rglob("*.py"))}


def imports_in(tree: ast.AST) -> set[str]:
    """Everything that is imported, each name also as if it were a module: `from a import b` is `a` and `a.b`."""
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@cache
def imported(module: str) -> frozenset[str]:
    """What a module of ours imports, wherever in its text: modules of ours, and other packages by their first name."""
    known = paths()
    said = imports_in(ast.parse(known[module].read_text("utf-8")))
    return frozenset(name if name in known else name.partition(".")[0] for name in said) - {
        "volunteer_app",
        module,
    }


@cache
def at_start(module: str) -> frozenset[str]:
    """Modules of ours that this one needs before it is there itself: what is imported outside of functions."""
    known = paths()
    tree = ast.parse(known[module].read_text("utf-8"))
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = []
    return frozenset(name for name in imports_in(tree) if name in known) - {"volunteer_app", module}


def reached(module: str) -> dict[str, tuple[str, ...]]:
    """Everything that a module takes with it, through all of ours, each with the way to it."""
    ways: dict[str, tuple[str, ...]] = {}
    waiting = [(module, (module,))]
    while waiting:
        here, way = waiting.pop()
        for name in imported(here) if here in paths() else ():
            if name not in ways:
                ways[name] = (*way, name)
                waiting.append((name, ways[name]))
    return ways


def circles() -> list[tuple[str, ...]]:
    """Modules that need each other before either is there: each circle once, from its first module."""
    done: set[str] = set()
    found: list[tuple[str, ...]] = []

    def walk(module: str, way: list[str]) -> None:
        if module in way:
            found.append((*way[way.index(module) :], module))
        if module in done or module in way:
            return
        for name in sorted(at_start(module)):
            walk(name, [*way, module])
        done.add(module)

    for module in paths():
        walk(module, [])
    return found
