"""`python -m tests.formatted`: templates and style sheets are formatted, and templates have no fault that their linter
knows; `--write` mends them.

The tool is djangofmt (pyproject.toml, `[tool.djangofmt]`). It never adds white space where somebody would see it. Sheets
go to it as the `<style>` of a page, for it opens no other files.
"""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

TOOL = Path(sys.executable).parent / "djangofmt"
TEMPLATES = "volunteer_app/pages"


def main(*words: str) -> int:
    """0 when all is as the tool would write it and its linter is content."""
    check = [] if "--write" in words else ["--check"]
    steps = ([*check, TEMPLATES], ["check", *([] if check else ["--fix"]), TEMPLATES])
    codes = [subprocess.run([TOOL, *step], cwd=ROOT).returncode for step in steps]
    for sheet in sorted((ROOT / "static").rglob("*.css")):
        now, wanted = sheet.read_text("utf-8"), formatted_sheet(sheet.read_text("utf-8"))
        if now != wanted and check:
            print("Would reformat:", sheet.relative_to(ROOT))
            codes.append(1)
        elif now != wanted:
            sheet.write_text(wanted, "utf-8")
    return max(codes)


def formatted_sheet(text: str) -> str:
    """A sheet as the tool writes it. Raises CalledProcessError when the tool cannot read it."""
    page = subprocess.run(
        [TOOL, "--stdin-filename", "sheet.html", "-"],
        input=f"<style>\n{text}</style>\n",
        capture_output=True,
        check=True,
        text=True,
        cwd=ROOT,
    ).stdout
    lines = page.splitlines()[1:-1]
    return "".join(line.removeprefix("  ") + "\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
