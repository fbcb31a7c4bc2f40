"""Languages (tiếng nói) of the people whom volunteers visit: data, not code. See `languages.toml`.

No locale library knows most of them, so names are ours and dates and numbers take their Vietnamese form. A tag that is
not in the list is refused everywhere; it is looked up, never made part of a path.
"""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, StringConstraints, TypeAdapter
from pydantic.dataclasses import dataclass

LANGUAGES_FILE = Path(__file__).parent.parent / "languages.toml"
SOURCE = "vi"
"""The language that guides are written in; what nobody has translated or recorded is told in it."""

Tag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Language:
    """One language. confirmed: a native speaker has confirmed `own`. instead: heard where it has no recording."""

    tag: Tag
    name: str
    english: str
    own: str
    written: bool
    confirmed: bool = False
    instead: Tag | None = None
    interface: bool = False


def load_languages(source: str) -> dict[str, Language]:
    """Every language of the file by its tag. Raises ValueError when the file does not fit."""
    tables = tomllib.loads(source)
    languages = TypeAdapter(dict[Tag, Language]).validate_python(
        {tag: table | {"tag": tag} for tag, table in tables.items()}
    )
    for language in languages.values():
        if language.instead is not None and language.instead not in languages:
            raise ValueError(f"{language.tag}: there is no language {language.instead}")
        _chain(languages, language.tag)
    return languages


def _chain(languages: dict[str, Language], tag: str) -> tuple[str, ...]:
    chain: list[str] = []
    following: str | None = tag
    while following is not None:
        if following in chain:
            raise ValueError(f"{tag}: its languages lead in a circle")
        chain.append(following)
        following = languages[following].instead
    return tuple(chain if SOURCE in chain else [*chain, SOURCE])


LANGUAGES = load_languages(LANGUAGES_FILE.read_text(encoding="utf-8"))


def fallbacks(tag: str) -> tuple[str, ...]:
    """The language itself, then those told where it has nothing, Vietnamese last. Raises KeyError when unknown."""
    return _chain(LANGUAGES, tag)
