"""The reader's list of the style sheet of words: `python -m tests.words_list` writes docs/words.md."""

from pathlib import Path

from volunteer_app.domain.glossary import TERMS
from volunteer_app.domain.independence import LEVEL_NAMES, IndependenceLevel
from volunteer_app.domain.words import LONGEST_SENTENCE, THINGS
from volunteer_app.i18n import catalog

FILE = Path(__file__).parents[1] / "docs/words.md"
HEAD = """# Which words we use

Written by `python -m tests.words_list` from `volunteer_app/words.toml`; a test compares it, and `volunteer-app messages check` refuses
what stands under *never*. In guides a sentence has {longest} words at most. What stands between “ ” is a real button and stays as it is.
The ladder (bậc) in its words, lowest first: {ladder}. The words of offices are said in plain ones in the word list
(`volunteer_app/glossary.toml`, {terms} of them), which also the interpreter reads.

| Thing | Say | Never | Where |
|---|---|---|---|
"""


def listed() -> str:
    """The whole list."""
    _ = catalog("vi").gettext
    ladder = " · ".join(_(LEVEL_NAMES[level]) for level in IndependenceLevel if level >= 0)
    rows = [
        f"| {one.thing} | {one.say} | {', '.join(one.never)} | {one.where or 'pages, guides'} |\n"
        for one in THINGS
    ]
    return HEAD.format(longest=LONGEST_SENTENCE, ladder=ladder, terms=len(TERMS)) + "".join(rows)


if __name__ == "__main__":
    FILE.write_text(listed(), encoding="utf-8")
