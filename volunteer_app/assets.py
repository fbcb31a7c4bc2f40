"""Files for browsers: `static/`, `service_worker/`, htmx; read once, named by their content, compressed in memory.

A file's address carries a hash of what it says; imports inside modules (`new URL("./…", import.meta.url)` is one too)
and style sheets are rewritten to such addresses, so a module's hash covers all it imports and a browser may keep it
for ever.
"""

import json
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import brotli

from volunteer_app import phone_facts
from volunteer_app.settings import repository_root

HTMX = ("django-htmx", "django_htmx/static/django_htmx/htmx-2.min.js")
"""The installed package that carries htmx, and the file in it."""

WORKER = "service_worker/main.js"
"""The worker's entry, served at /sw.js; it is made last, for it names everything that is kept (`field_screens.py`)."""

IMPORT = re.compile(r"""((?:from|import|new URL)\s*\(?\s*["'])(\.{1,2}/[^"']+)(["'])""")
STYLE_URL = re.compile(r"""(url\(["'])(\.{1,2}/[^"']+)(["'])""")
STYLE_PART = re.compile(r"@import '(\./_[^']+)';\n")
STYLE_PICTURE = re.compile(r"url\('inline:(\.\./[^']+)'\)")
LATER = re.compile(rb"""import\(\s*["'][^"']+["']\s*\)""")
ADDRESS = re.compile(rb"/assets/[\w./-]+")
TOKEN = re.compile(
    rb"""(?P<line>^[ \t]*//[^\n]*\n) | (?P<block>^[ \t]*/\*\*.*?\*/[ \t]*\n) | //[^\n]* | /\*.*?\*/
    | '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*"
    | (?:(?<=[(,=:\[!&|?{};])|(?<=return)|^)[ \t]*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/
    | (?P<brace>[`{}])""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
"""What may hold something that looks like a comment, or is one: comments, texts, patterns; and what ends a template."""

IN_TEMPLATE = re.compile(rb"(?:\\.|\$(?!\{)|[^`\\$])*(?P<end>`|\$\{|$)", re.DOTALL)
STYLE_COMMENT = re.compile(r"[ \t]*/\*.*?\*/\n?", re.DOTALL)
STYLE_INDENTATION = re.compile(r"\n\s+")
COMPRESSIBLE = (".js", ".css", ".svg", ".json", ".webmanifest", ".html")


@dataclass(frozen=True)
class Asset:
    """One file as it is served."""

    address: str
    body: bytes
    media_type: str

    @cached_property
    def compressed(self) -> bytes | None:
        """The body in brotli, made when a browser first asks; None where it would not pay."""
        suffix = PurePosixPath(self.address).suffix
        return (
            brotli.compress(self.body, quality=11)
            if suffix in COMPRESSIBLE and len(self.body) > 256
            else None
        )


class Assets:
    """All files, by source path ("css/app.css") and by address ("/assets/css/app.3f2a….css")."""

    def __init__(self) -> None:
        self._by_source: dict[str, Asset] = {}
        self._by_address: dict[str, Asset] = {}
        self._folders = {"": _folder("static"), "service_worker/": _folder("service_worker")}
        self._underway: list[str] = []
        for prefix, folder in self._folders.items():
            for path in sorted(folder.rglob("*")):
                source = prefix + path.relative_to(folder).as_posix()
                if path.is_file() and not path.name.startswith((".", "_")) and source != WORKER:
                    self.add_file(source)
        for source in phone_facts.MODULES:
            self.add_file(source)
        self.add("htmx.min.js", metadata.distribution(HTMX[0]).locate_file(HTMX[1]).read_bytes())  # type: ignore[attr-defined]

    def add_file(self, source: str) -> Asset:
        """Read a file of ours, its imports first. Raises ValueError when modules import each other in a circle."""
        if found := self._by_source.get(source):
            return found
        if source in self._underway:
            raise ValueError(f"modules import each other: {' → '.join([*self._underway, source])}")
        self._underway.append(source)
        write = phone_facts.MODULES.get(source)
        body = write().encode() if write else self._path(source).read_bytes()
        suffix = PurePosixPath(source).suffix
        if suffix == ".js":
            body = self._with_addresses(source, without_comments(body), IMPORT)
        elif suffix == ".css":
            body = self._with_addresses(source, self.sheet(source).encode(), STYLE_URL)
        self._underway.pop()
        return self.add(source, body)

    def sheet(self, source: str) -> str:
        """A style sheet as one file: its parts (`@import`) and small pictures (`inline:`) in it."""
        text = STYLE_PART.sub(lambda part: self.sheet(_joined(source, part[1])), self.read(source))
        text = STYLE_PICTURE.sub(lambda picture: _as_url(self.read(_joined(source, picture[1]))), text)
        return STYLE_INDENTATION.sub("\n", STYLE_COMMENT.sub("", text))

    def read(self, source: str) -> str:
        """A file's text as it stands in the tree."""
        return self._path(source).read_text("utf-8")

    def rewritten(self, source: str, body: str) -> bytes:
        """A module's text with its imports turned into addresses."""
        return self._with_addresses(source, without_comments(body.encode()), IMPORT)

    def add(self, source: str, body: bytes) -> Asset:
        """Serve these bytes under a name made from their content."""
        path = PurePosixPath(source)
        mark = blake2b(body, digest_size=6).hexdigest()
        address = f"/assets/{path.with_suffix('')}.{mark}{path.suffix}"
        asset = Asset(address, body, _media_type(path))
        self._by_source[source] = self._by_address[address] = asset
        return asset

    def address(self, source: str) -> str:
        """Where a file is served. Raises KeyError for one that is not there."""
        return self._by_source[source].address

    def at(self, address: str) -> Asset | None:
        """The file served at an address."""
        return self._by_address.get(address)

    def all(self) -> list[Asset]:
        """Every file of this version."""
        return list(self._by_address.values())

    def source(self, source: str) -> Asset:
        """A file by its path in the tree."""
        return self._by_source[source]

    def named_in(self, *bodies: bytes, at_once: bool = False) -> list[str]:
        """Addresses of the files that these texts name, and of all that those import or name in turn. `at_once`:
        without what modules import only later, with `import("…")`."""
        found: dict[str, None] = {}
        left = list(bodies)
        while left:
            body = left.pop()
            for match in ADDRESS.finditer(LATER.sub(b"", body) if at_once else body):
                address = match.group().decode()
                if address not in found and (asset := self._by_address.get(address)):
                    found[address] = None
                    left.append(asset.body)
        return list(found)

    def _with_addresses(self, source: str, body: bytes, pattern: re.Pattern[str]) -> bytes:
        def replace(match: re.Match[str]) -> str:
            target = _joined(source, match[2])
            return match[1] + (self._by_source.get(target) or self.add_file(target)).address + match[3]

        return pattern.sub(replace, body.decode()).encode()

    def _path(self, source: str) -> Path:
        for prefix, folder in reversed(self._folders.items()):
            if source.startswith(prefix):
                return folder / source.removeprefix(prefix)
        raise KeyError(source)


def without_comments(module: bytes) -> bytes:
    """A module without its whole-line comments: people read them in the tree, phones need not carry them.

    What only looks like a comment, inside of a text or a template, stays."""
    kept, at, done = [], 0, 0
    open_ones: list[bytes] = []  # "{" and, for the "${" of a template, "`"
    while token := TOKEN.search(module, at):
        at = token.end()
        if token["line"] or token["block"]:
            kept.append(module[done : token.start()])
            done = at
            continue
        brace = token["brace"]
        if brace == b"{":
            open_ones.append(brace)
        elif brace == b"`" or (brace == b"}" and open_ones and open_ones.pop() == b"`"):
            rest = IN_TEMPLATE.match(module, at)
            at = rest.end() if rest else at
            if rest and rest["end"] == b"${":
                open_ones.append(b"`")
    return b"".join([*kept, module[done:]])


def _joined(source: str, relative: str) -> str:
    """The file a relative import means. `static/` and `service_worker/` lie side by side."""
    inside = source if source.startswith("service_worker/") else f"static/{source}"
    parts: list[str] = list(PurePosixPath(inside).parent.parts)
    for part in relative.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts).removeprefix("static/")


def _as_url(picture: str) -> str:
    return f'url("data:image/svg+xml,{quote(picture.replace(chr(10), ""), safe=" =:/")}")'


def _folder(name: str) -> Path:
    """Beside the package in an installed wheel (`_static`), beside its folder in a checkout."""
    packed = Path(__file__).parent / f"_{name}"
    return packed if packed.is_dir() else repository_root() / name


def media_type_of(address: str) -> str:
    """What a file is, by the end of its address."""
    return _media_type(PurePosixPath(address))


def _media_type(path: PurePosixPath) -> str:
    if path.suffix == ".webmanifest":
        return "application/manifest+json"
    if path.suffix == ".js":
        return "text/javascript"
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def as_json(value: Any) -> bytes:
    """Compact JSON for browsers."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
