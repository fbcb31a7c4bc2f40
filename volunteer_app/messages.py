"""The sentences of interface and guides: gathering them from the sources, and checking their translations."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from volunteer_app.i18n import LANGUAGES, LOCALES

PACKAGE = Path(__file__).parent
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")

INTERFACE = "messages"
GUIDES = "guides"
SOURCE_LANGUAGE = {INTERFACE: "en", GUIDES: "vi"}
"""The language that each catalog's sources are written in; it needs no translation."""

METHODS = {
    INTERFACE: [("**.py", "python"), ("**.html", "jinja2")],
    GUIDES: [
        ("guides/*.toml", "volunteer_app.domain.guide_files:extract"),
        ("glossary.toml", "volunteer_app.domain.guide_files:extract"),
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
        catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # no noise in diffs
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, sort_output=True, no_location=True, omit_header=False, width=0)


def problems() -> list[str]:
    """What is missing, fuzzy, broken or no longer said, one line each; empty when every catalog is complete."""
    found: list[str] = []
    for domain, language, path in _catalogs():
        where = f"{language}/{domain}.po"
        if not path.exists():
            found.append(f"{where}: the catalog is missing")
            continue
        catalog, wanted = _read(path, language), sentences(domain)
        for message in wanted:
            if message.id:
                found += [f"{where}: {text}" for text in _problems_with(message, catalog.get(message.id))]
        said = {_key(message) for message in wanted}
        found += [f"{where}: no longer said: {_key(m)}" for m in catalog if m.id and _key(m) not in said]
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
        return read_po(file, locale=language)


def _key(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else message.id


def _problems_with(wanted: Message, there: Message | None) -> list[str]:
    key = _key(wanted)
    if there is None:
        return [f"missing: {key}"]
    texts = there.string if isinstance(there.string, tuple | list) else (there.string,)
    if not all(texts):
        return [f"not translated: {key}"]
    if there.fuzzy:
        return [f"fuzzy: {key}"]
    ids = wanted.id if isinstance(wanted.id, tuple | list) else (wanted.id,)
    asked = {name for text in ids for name in _placeholders(text)}
    return [
        f"placeholders differ: {key}"
        for text in map(str, texts)
        if not _placeholders(text) <= asked or (len(ids) == 1 and _placeholders(text) != asked)
    ]


def _placeholders(text: str) -> set[str]:
    return {a or b for a, b in PLACEHOLDER.findall(text)}
