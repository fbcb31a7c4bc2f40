"""The reader's list of every fee and time in the guides: `python -m tests.figures_list` writes docs/figures.md."""

from pathlib import Path

from volunteer_app.domain.guides.figures import filled
from volunteer_app.domain.guides.guide import Figure, Guide
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.guides.packs import all_acts, all_guides, all_sources, translated

FILE = Path(__file__).parents[1] / "docs/figures.md"
HEAD = """# Fees and times, as people read and hear them

Written by `python -m tests.figures_list` from the guides; a test compares it. Of each topic one sentence is told on a day: the one
whose days are running, else the one without days. *Sure*: H two sources or the law's text, M one source, L nobody official;
**ask** means that “Chỗ này xin hỏi lại cán bộ” is shown and said with it.
"""


def listed() -> str:
    """The whole list, guide by guide."""
    parts = [HEAD]
    for guide in all_guides():
        if guide.figures:
            parts.append(
                f"\n## {guide.number}. {guide.title}\n\n| Days | Sentence | Sure | From |\n|---|---|---|---|\n"
            )
            parts += [_line(guide, figure) for figure in guide.figures]
    return "".join(parts)


def _line(guide: Guide, figure: Figure) -> str:
    days = (
        f"{figure.valid_from or ''} – {figure.valid_to or ''}" if figure.valid_from or figure.valid_to else ""
    )
    said = "<br>".join(
        filled(figure, translated(language, figure.text) or figure.text, language) for language in LANGUAGES
    )
    sure = f"{figure.confidence.value if figure.confidence else ''}{' **ask**' if figure.check else ''}"
    acts = [all_acts()[key].name for key in figure.acts] + ([figure.article] if figure.article else [])
    source = all_sources()[figure.source or ""]
    return (
        f"| {days} | {said} | {sure.strip()} | {'; '.join([*acts, f'{source.publisher}, {source.date}'])} |\n"
    )


if __name__ == "__main__":
    FILE.write_text(listed(), encoding="utf-8")
