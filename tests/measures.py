"""`python -m tests.measures`: how large the house is, and how its rooms hang together; the figures of docs/architecture.md."""

import ast
import re
from collections import Counter
from statistics import median, quantiles

from tests import imports, names
from tests.conftest import ROOT

FOLDERS = {
    "volunteer_app": "volunteer_app/*.py",
    "domain": "volunteer_app/domain/**/*.py",
    "storage": "volunteer_app/storage/**/*.py",
    "pages (Python)": "volunteer_app/pages/**/*.py",
    "templates": "volunteer_app/pages/**/*.html",
    "importing": "volunteer_app/importing/**/*.py",
    "demo": "volunteer_app/demo/**/*.py",
    "static/js": "static/js/**/*.js",
    "service_worker": "service_worker/**/*.js",
    "css": "static/css/**/*.css",
    "tests": "tests/**/*.py",
}
A_FIELD = "own_sim"
"""A field of a member: what a new one would touch."""


def lines_of(pattern: str) -> list[int]:
    """Lines of each file, the shortest first."""
    files = (path for path in ROOT.glob(pattern) if "/migrations/" not in path.as_posix())
    return sorted(path.read_text("utf-8").count("\n") for path in files)


def functions() -> list[tuple[int, str]]:
    """Lines of each function of the app, the shortest first."""
    return sorted(
        ((node.end_lineno or 0) - node.lineno + 1, f"{module.removeprefix('volunteer_app.')}.{node.name}")
        for module, path in imports.paths().items()
        if ".migrations" not in module
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def wide(pattern: str, most: int = 120) -> int:
    """Lines longer than that."""
    return sum(
        len(line) > most for path in ROOT.glob(pattern) for line in path.read_text("utf-8").splitlines()
    )


def mirrored(folder: str) -> tuple[int, int]:
    """How many files of a folder have a test of their name, and how many there are."""
    tests = {path.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    own = [path for path in (ROOT / "volunteer_app" / folder).rglob("*.py") if path.name != "__init__.py"]
    own = [path for path in own if "migrations" not in path.parts]
    wanted = [
        path.relative_to(ROOT / "volunteer_app").with_name(f"test_{path.name}").as_posix() for path in own
    ]
    return sum(name in tests for name in wanted), len(own)


def files_that_name(field: str) -> list[str]:
    """Files of the product that a field of a member touches, without the invented commune and pictures."""
    folders = ("volunteer_app", "static", "service_worker")
    return sorted(
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".js", ".html")
        and not {"demo", "migrations"} & set(path.parts)
        and re.search(rf"\b{field}\b", path.read_text("utf-8"))
    )


def main() -> None:
    """Print them."""
    for name, pattern in FOLDERS.items():
        lines = lines_of(pattern)
        print(
            f"{name}: {len(lines)} files, {sum(lines)} lines, median {median(lines):.0f}, largest {lines[-1]}"
        )
    lengths = functions()
    print(
        f"functions: {len(lengths)}, median {median(n for n, _ in lengths):.0f},",
        f"95th {quantiles([n for n, _ in lengths], n=20)[-1]:.0f}, longest {lengths[-3:]}",
    )
    used = Counter(
        name for module in imports.paths() for name in imports.imported(module) if name in imports.paths()
    )
    print(f"imported most: {used.most_common(3)}; circles: {len(imports.circles())}")
    print(
        f"wider than 120: templates {wide('volunteer_app/pages/**/*.html')}, sheets {wide('static/css/**/*.css')},",
        end=" ",
    )
    print(f"JavaScript {wide('static/js/**/*.js') + wide('service_worker/**/*.js')}")
    for folder in ("domain", "storage"):
        found, all_ = mirrored(folder)
        print(f"{folder}: {found} of {all_} files have a test of their name")
    print(f"names defined twice: {len(names.defined_twice())}")
    touched = files_that_name(A_FIELD)
    print(f"files that name {A_FIELD}: {len(touched)}: {', '.join(touched)}")


if __name__ == "__main__":
    main()
