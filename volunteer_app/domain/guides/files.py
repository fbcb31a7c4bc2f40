"""Guides as files: one TOML file each, `NN-slug.toml`, pictures beside; read, checked, texts extracted."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter, ValidationError

from volunteer_app.domain.blockers import BLOCKER_PICTURES
from volunteer_app.domain.guides.guide import Act, Confidence, Guide, GuideSource, claims_of
from volunteer_app.domain.guides.packs import pictures_of
from volunteer_app.domain.guides.pictures import picture_problems
from volunteer_app.domain.guides.rules import problems_with
from volunteer_app.domain.guides.tables import NoSuchFragment, expanded, resolved
from volunteer_app.domain.problems import N_, Problem

TEXT_KEYS = frozenset({"title", "summary", "label", "text", "question", "action", "explanation", "ask"})
"""The keys of a guide file whose values are spoken or read, and therefore translated."""

GUIDE_FILES = "[0-9][0-9]-*.toml"

Location = tuple[str | int, ...]

_GUIDE = TypeAdapter(Guide)
_SOURCES = TypeAdapter(dict[str, GuideSource])
_ACTS = TypeAdapter(dict[str, Act])
_TABLE = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([\w-]+)\s*=")


class BrokenGuide(Exception):
    """A guide file cannot be read. problems: each with its line in `values`."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        super().__init__(f"{file}: " + "; ".join(p.sentence % p.values for p in problems))
        self.problems = problems


def load_guide(path: Path) -> Guide:
    """Read one guide file. Raises `BrokenGuide` when its form is wrong; `problems_with` judges its sense."""
    source = path.read_text(encoding="utf-8")
    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        values = {"line": int(line[1]) if line else source.count("\n") + 1}
        raise BrokenGuide(
            path.name, [Problem("guide.not_toml", N_("This line cannot be read"), values)]
        ) from error
    folder = path.parent
    table = _with_lines(table, (), _lines_of(source))
    try:
        table = expanded(table, load_fragments(folder))
        table = resolved(table, load_acts(folder), load_sources(folder))
        return _GUIDE.validate_python(table)
    except NoSuchFragment as missing:
        values = {"line": missing.line, "name": missing.name}
        problem = Problem("guide.no_fragment", N_("There is no “%(name)s” in fragments.toml"), values)
        raise BrokenGuide(path.name, [problem]) from missing
    except ValidationError as error:
        raise BrokenGuide(
            path.name, [_form_problem(dict(e), table, source) for e in error.errors()]
        ) from error


def load_guides(folder: Path) -> list[Guide]:
    """Every guide of the folder, by number. Raises `BrokenGuide` for the first file that cannot be read."""
    return [load_guide(path) for path in sorted(folder.glob(GUIDE_FILES))]


def load_pictures(folder: Path) -> dict[str, str]:
    """Every picture of the folder's `pictures/`, as SVG source by name."""
    return {
        path.stem: path.read_text(encoding="utf-8").strip() for path in sorted(folder.glob("pictures/*.svg"))
    }


def load_sources(folder: Path) -> dict[str, GuideSource]:
    """Every source by its key, from `sources.toml`."""
    return _SOURCES.validate_python(tomllib.loads((folder / "sources.toml").read_text(encoding="utf-8")))


def load_acts(folder: Path) -> dict[str, Act]:
    """Every legal act by its key, from `acts.toml`."""
    return _ACTS.validate_python(_shared(folder / "acts.toml"))


def load_fragments(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """What guides share, by part and name, from `fragments.toml`."""
    return _shared(folder / "fragments.toml")


@cache
def _shared(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def check_all(folder: Path, today: date) -> dict[str, list[Problem]]:
    """Problems by file name (guides and pictures), only of files that have some; empty when all is well."""
    pictures, sources, acts = load_pictures(folder), load_sources(folder), load_acts(folder)
    found: dict[str, list[Problem]] = {}
    guides: list[Guide] = []
    for path in sorted(folder.glob(GUIDE_FILES)):
        try:
            guide = load_guide(path)
        except BrokenGuide as broken:
            found[path.name] = broken.problems
            continue
        guides.append(guide)
        found[path.name] = [
            *_name_problems(path, guide, guides[:-1]),
            *problems_with(guide, today),
            *_missing(guide, pictures, sources, acts),
        ]
    used = {name for guide in guides for name in pictures_of(guide)} | set(BLOCKER_PICTURES.values())
    for name, svg in pictures.items():
        found[f"pictures/{name}.svg"] = picture_problems(svg)
        if name not in used:
            unused = Problem("picture.unused", N_("No guide shows this picture"), {"line": 1})
            found[f"pictures/{name}.svg"].append(unused)
    return {name: problems for name, problems in found.items() if problems}


def extract(
    fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Mapping[str, Any]
) -> Iterator[tuple[int, None, str, list[str]]]:
    """Babel extractor for guide files: each text, its line, and as a comment where it stands."""
    source = fileobj.read().decode("utf-8")
    table = tomllib.loads(source)
    lines = _lines_of(source)
    slug = table.get("slug", "fragments")
    for location, text in texts_of(table):
        yield lines[location], None, text, [f"{slug}: {_spoken_place(table, location)}"]


def texts_of(value: Any, location: Location = ()) -> Iterator[tuple[Location, str]]:
    """Every text of a guide file's contents that is to be translated, with its place."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in TEXT_KEYS and isinstance(item, str):
                yield (*location, key), item
            else:
                yield from texts_of(item, (*location, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts_of(item, (*location, index))


def _spoken_place(table: Any, location: Location) -> str:
    """A place as translators read it: the keys of the things it stands in ("steps otp remedies action")."""
    words: list[str] = []
    for part in location:
        table = table[part]
        words.append(part if isinstance(part, str) else str(table.get("key", part + 1)))
    return " ".join(words)


def _lines_of(source: str) -> dict[Location, int]:
    """The line of every table and key of a TOML source whose keys each begin a line."""
    lines: dict[Location, int] = {}
    counts: dict[Location, int] = {}
    table: Location = ()
    for number, line in enumerate(source.splitlines(), 1):
        if header := _TABLE.match(line):
            table = ()
            *parents, last = header[2].split(".")
            for name in parents:
                table = (*table, name)
                table = (*table, counts[table]) if table in counts else table
            table = (*table, last)
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            lines[table] = number
        elif key := _KEY.match(line):
            lines[(*table, key[1])] = number
    return lines


def _with_lines(value: Any, location: Location, lines: dict[Location, int]) -> Any:
    """The contents of a guide file, each table of its form told the line it begins on."""
    if isinstance(value, list):
        return [_with_lines(item, (*location, index), lines) for index, item in enumerate(value)]
    if isinstance(value, dict) and (not location or location in lines) and location[-1:] != ("only_if",):
        told = {key: _with_lines(item, (*location, key), lines) for key, item in value.items()}
        return {**told, "line": lines.get(location, 1)}
    return value


def _line_of_key(source: str, line: int, key: str) -> int:
    """Where a key stands in the table that begins on this line; the table's own line when it does not."""
    for number, text in enumerate(source.splitlines()[line - 1 :], line):
        if number > line and _TABLE.match(text):
            break
        if (found := _KEY.match(text)) and found[1] == key:
            return number
    return line


def _form_problem(error: dict[str, Any], table: Any, source: str) -> Problem:
    """A problem of form in our words, with the nearest line."""
    location: Location = error["loc"]
    key = next((part for part in reversed(location) if isinstance(part, str)), "")
    line = 1
    for part in location:
        if isinstance(table, dict):
            line = table.get("line", line)
        try:
            table = table[part]
        except (KeyError, IndexError, TypeError):
            break
    values = {"line": _line_of_key(source, line, key), "key": key}
    match error["type"]:
        case "missing":
            return Problem("guide.missing", N_("“%(key)s” is missing"), values)
        case "unexpected_keyword_argument":
            return Problem("guide.unknown_key", N_("“%(key)s” is not a word of the guide format"), values)
        case "enum":
            values |= {"value": str(error["input"]), "allowed": str(error["ctx"]["expected"])}
            return Problem(
                "guide.not_allowed", N_("“%(value)s” is not allowed here; allowed: %(allowed)s"), values
            )
        case _:
            return Problem("guide.wrong_form", N_("“%(key)s” does not have the right form"), values)


def _name_problems(path: Path, guide: Guide, others: list[Guide]) -> list[Problem]:
    """The file's name says the number and slug; both are used once."""
    problems = []
    if path.name != f"{guide.number:02d}-{guide.slug}.toml":
        values = {"line": 1, "name": f"{guide.number:02d}-{guide.slug}.toml"}
        problems.append(Problem("guide.name", N_("The file should be called %(name)s"), values))
    if any(guide.number == other.number or guide.slug == other.slug for other in others):
        problems.append(Problem("guide.twice", N_("Another guide has this number or slug"), {"line": 1}))
    return problems


def _missing(
    guide: Guide, pictures: Mapping[str, str], sources: Mapping[str, GuideSource], acts: Mapping[str, Act]
) -> Iterator[Problem]:
    """Pictures, sources and acts that the guide names and the folder does not hold; leads taken for more."""
    for name in sorted(set(pictures_of(guide)) - set(pictures)):
        values = {"line": _line_showing(guide, name), "name": name}
        yield Problem("guide.no_picture", N_("There is no picture “%(name)s”"), values)
    claims = list(claims_of(guide))
    named = [
        *((key, guide.line) for key in guide.sources),
        *((claim.source, claim.line) for claim in claims if claim.source),
    ]
    for key, line in named:
        if key not in sources:
            values = {"line": line, "name": key}
            yield Problem("guide.no_source", N_("There is no source “%(name)s” in sources.toml"), values)
    for claim in claims:
        for key in claim.acts:
            if key not in acts:
                values = {"line": claim.line, "name": key}
                yield Problem("guide.no_act", N_("There is no act “%(name)s” in acts.toml"), values)
        source = sources.get(claim.source or "")
        if source and source.lead and claim.confidence not in (None, Confidence.LOW):
            values = {"line": claim.line, "name": claim.source or ""}
            yield Problem("guide.lead", N_("“%(name)s” is a lead: what rests on it has confidence L"), values)


def _line_showing(guide: Guide, picture: str) -> int:
    options = (option for situation in guide.situations for option in situation.options)
    shown = (item for item in (*guide.prepare, *options, *guide.steps) if item.picture == picture)
    return next((item.line for item in shown), guide.line)
