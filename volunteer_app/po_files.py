"""The bench's translations as PO files, to work on them in Poedit or Weblate, and back again.

A message is one text in one place (`msgctxt`: its key and part), its source the Vietnamese. What is out of date goes
out marked fuzzy; what comes back fuzzy stays out. What comes back waits for a second person like everything typed here.
"""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

from volunteer_app.domain.languages import Language
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.domain.recordings import Standing
from volunteer_app.domain.spoken_texts import SpokenText
from volunteer_app.domain.translations import LONGEST, Part, Translated, problems_with, standing_of, words_of
from volunteer_app.messages import entitle

LARGEST_PO_BYTES = 2 * 1024 * 1024

NOT_WRITTEN = Problem(
    "po.not_written", N_("This language is only spoken here: it has recordings and no written words.")
)
BROKEN = Problem(
    "po.broken", N_("This is no PO file that can be read. Nothing was taken. Please export it again.")
)
UNKNOWN_LANGUAGE = N_("There is no such language; they stand in volunteer_app/languages.toml.")
OTHER_LANGUAGE = "po.other_language"
OTHER = N_(
    "The file says that it is in “%(language)s”. Nothing was taken. Please choose the file of this language."
)


class BrokenFile(Exception):
    """The file is refused whole. problem: why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class Said(NamedTuple):
    """One translation of a file. source: the Vietnamese that it translates, as the file has it."""

    key: str
    part: Part
    source: str
    text: str


class RefusedWords(NamedTuple):
    """One line of a file that is not taken, and why."""

    key: str
    problem: Problem


class Content(NamedTuple):
    """What a file says: what can be taken, what is still doubtful or empty, and what is refused."""

    said: list[Said]
    left_out: int
    refused: list[RefusedWords]


UNKNOWN_TEXT = Problem("po.unknown_text", N_("There is no such text any more."))
TOO_LONG = Problem("po.too_long", N_("The words are too long."))


def as_po(
    language: Language,
    texts: Iterable[SpokenText],
    made: Translated[Any],
    otherwise: Callable[[str], str],
) -> bytes:
    """Every text in a language, each wording once.

    otherwise: what the release's own catalog says where nobody has translated here.
    """
    catalog = Catalog(locale=language.tag, charset="utf-8")
    entitle(catalog, language.tag)
    listed: set[str] = set()
    for text in texts:
        for part in Part:
            source = words_of(text, part)
            if not source or source in listed:
                continue
            listed.add(source)
            row = made.of(text, part)
            is_old = standing_of(row, source) is Standing.OUT_OF_DATE
            catalog.add(
                source,
                row.text if row else otherwise(source),
                context=f"{text.key} {part}",
                flags=["fuzzy"] if is_old else [],
                auto_comments=[text.about],
            )
    out = BytesIO()
    write_po(out, catalog, width=0)
    return out.getvalue()


def read(body: bytes, language: Language, texts: dict[str, SpokenText]) -> Content:
    """What a file says. Raises BrokenFile when it is no PO file, or one of another language."""
    if not language.written:
        raise BrokenFile(NOT_WRITTEN)
    try:
        body.decode("utf-8")
        catalog = read_po(BytesIO(body), abort_invalid=True)
    except (PoFileError, ValueError, LookupError, IndexError) as error:
        raise BrokenFile(BROKEN) from error
    if not len(catalog):
        raise BrokenFile(BROKEN)
    if catalog.locale_identifier != language.tag:
        raise BrokenFile(Problem(OTHER_LANGUAGE, OTHER, {"language": str(catalog.locale_identifier)[:20]}))
    said, refused, left_out = [], [], 0
    for message in catalog:
        if not message.id:
            continue
        key, _, part = (message.context or "").rpartition(" ")
        text = message.string if isinstance(message.string, str) else ""
        if not text or message.fuzzy:
            left_out += 1
        elif key not in texts or part not in list(Part):
            refused.append(RefusedWords(message.context or str(message.id)[:40], UNKNOWN_TEXT))
        elif len(text) > LONGEST:
            refused.append(RefusedWords(key, TOO_LONG))
        elif problems := problems_with(text):
            refused.append(RefusedWords(key, problems[0]))
        else:
            said.append(Said(key, Part(part), str(message.id), text))
    return Content(said, left_out, refused)
