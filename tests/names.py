"""Public names that several modules define, each time as something else: `python -m tests.names` lists them.

A name that a newcomer searches should lead to one thing. Handlers of the same verb, `View`s of other pages and so on
are counted all the same: the number may only fall (`tests/test_house_style.py`).
"""

import ast
from collections import defaultdict

from tests.imports import paths


def public_names(tree: ast.Module) -> set[str]:
    """Functions, classes and constants that stand at a module's outermost level without an underscore."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in found if not name.startswith("_")}


def defined_twice() -> dict[str, list[str]]:
    """Name → the modules that define it, where those are several. Migrations share nothing and are left out."""
    places: dict[str, list[str]] = defaultdict(list)
    for module, path in paths().items():
        if ".migrations" not in module:
            for name in public_names(ast.parse(path.read_text("utf-8"))):
                places[name].append(module.removeprefix("volunteer_app."))
    return {name: modules for name, modules in sorted(places.items()) if len(modules) > 1 and name != "log"}


if __name__ == "__main__":
    found = defined_twice()
    for name, modules in found.items():
        print(f"{name}: {', '.join(modules)}")
    print(f"{len(found)} public names are defined in two or more modules")
