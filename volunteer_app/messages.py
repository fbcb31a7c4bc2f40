"""The sentences of interface and guides: gathering them from the sources, and checking their translations."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import PoFileError, read_po, write_po

from volunteer_app import __version__
from volunteer_app.domain.words import Place, problems_in
from volunteer_app.i18n import LANGUAGES, LOCALES

PACKAGE = Path(__file__).parent
NAMED_HOLE = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")

INTERFACE = "messages"
GUIDES = "guides"
SOURCE_LANGUAGE = {INTERFACE: "en", GUIDES: "vi"}
"""The language that each catalog's sources are written in; it needs no translation."""

VIETNAMESE: dict[str, Place] = {INTERFACE: "pages", GUIDES: "guides"}
"""What the style sheet of words calls each catalog's Vietnamese side."""

METHODS = {
    INTERFACE: [("**.py", "python"), ("**.html", "jinja2")],
    GUIDES: [
        ("guides/*.toml", "volunteer_app.domain.guides.files:extract"),
        ("glossary.toml", "volunteer_app.domain.guides.files:extract"),
    ],
}
OPTIONS = {"**.html": {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}}
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


def update() -> None:
    """Bring every catalog up to date with the sources; translations stay, what nobody says any more goes."""
    for domain, language, path in _catalogs():
        catalog = _read(path, language) if path.exists() else Catalog(locale=language)
        catalog.update(sentences(domain), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        entitle(catalog, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, sort_output=True, no_location=True, omit_header=False, width=0)


def entitle(catalog: Catalog, language: str) -> None:
    """The head of a catalog as `msgfmt --check` wants it, without a day: no noise in diffs."""
    catalog.project, catalog.version, catalog.fuzzy = "Từng Nhà", __version__, False
    catalog.last_translator, catalog.language_team, catalog.copyright_holder = (
        "Từng Nhà",
        language,
        "Từng Nhà",
    )
    catalog.msgid_bugs_address = ""
    catalog.header_comment = f"# Từng Nhà: {language}"
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)


def problems() -> list[str]:
    """What is missing, fuzzy, broken or no longer said, one line each; empty when every catalog is complete."""
    found: list[str] = []
    for domain, language, path in _catalogs():
        where = f"{language}/{domain}.po"
        if not path.exists():
            found.append(f"{where}: the catalog is missing")
            continue
        try:
            catalog, wanted = _read(path, language), sentences(domain)
        except PoFileError as error:  # a plural form too many, a broken line
            found.append(f"{where}: cannot be read: {error}")
            continue
        for message in wanted:
            if message.id:
                found += [
                    f"{where}: {text}" for text in _problems_with(message, catalog.get(message.id), catalog)
                ]
        said = {_key(message) for message in wanted}
        found += [f"{where}: no longer said: {_key(m)}" for m in catalog if m.id and _key(m) not in said]
        found += [
            f"{where}: {problem}: {text}"
            for text in _vietnamese(catalog, language)
            for problem in problems_in(text, VIETNAMESE[domain])
        ]
    return found


class Completeness(NamedTuple):
    """How far one catalog is: sentences said, translated, and of those doubtful (fuzzy)."""

    name: str
    said: int
    translated: int
    fuzzy: int


def completeness() -> list[Completeness]:
    """How far each catalog is."""
    found = []
    for domain, language, path in _catalogs():
        catalog = _read(path, language) if path.exists() else Catalog(locale=language)
        wanted = [message for message in sentences(domain) if message.id]
        there = [one for message in wanted if (one := catalog.get(message.id)) and all(_texts(one))]
        fuzzy = sum(one.fuzzy for one in there)
        found.append(Completeness(f"{language}/{domain}.po", len(wanted), len(there) - fuzzy, fuzzy))
    return found


def sentences(domain: str) -> Catalog:
    """Every sentence that the sources say."""
    catalog = Catalog(charset="utf-8")
    for _file, _line, message, comments, _context in extract_from_dir(
        str(PACKAGE), METHODS[domain], OPTIONS, keywords=KEYWORDS, comment_tags=("Translators:",)
    ):
        catalog.add(message, None, auto_comments=comments)
    return catalog


def _catalogs() -> Iterable[tuple[str, str, Path]]:
    for domain, source_language in SOURCE_LANGUAGE.items():
        for language in LANGUAGES:
            if language != source_language:
                yield domain, language, LOCALES / language / "LC_MESSAGES" / f"{domain}.po"


def _read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def _vietnamese(catalog: Catalog, language: str) -> list[str]:
    """The Vietnamese sentences of a catalog: its translations, or its sources when they are Vietnamese."""
    some = [message for message in catalog if message.id]
    return [text for message in some for text in (_texts(message) if language == "vi" else [_key(message)])]


def _key(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else message.id


def _texts(message: Message) -> list[str]:
    found = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return [text or "" for text in found]


def _problems_with(wanted: Message, there: Message | None, catalog: Catalog) -> list[str]:
    key = _key(wanted)
    if there is None:
        return [f"missing: {key}"]
    texts = _texts(there)
    if not all(texts):
        return [f"not translated: {key}"]
    if there.fuzzy:
        return [f"fuzzy: {key}"]
    if broken := there.check(catalog):
        return [f"{error}: {key}" for error in broken]
    ids = wanted.id if isinstance(wanted.id, tuple | list) else (wanted.id,)
    asked = {name for text in ids for name in _placeholders(text)}
    return [
        f"placeholders differ: {key}"
        for text in map(str, texts)
        if not _placeholders(text) <= asked or (len(ids) == 1 and _placeholders(text) != asked)
    ]


def _placeholders(text: str) -> set[str]:
    return {a or b for a, b in NAMED_HOLE.findall(text)}
