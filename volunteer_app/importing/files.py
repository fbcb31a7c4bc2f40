"""Files as they come: size, encoding, and what a reader hands back."""

from pathlib import Path
from typing import Any, NamedTuple

from volunteer_app.domain.problems import N_, Problem
from volunteer_app.storage.imports import ImportChange

MEGABYTE = 1024 * 1024

NOT_UTF8 = N_(
    "Line %(line)s is not in UTF-8; the file may come from an old program or font (Windows-1258, TCVN3, VNI). "
    "Please save it as “CSV UTF-8”, with Unicode letters."
)


class Read(NamedTuple):
    """What a reader found: rows (each with its line), why the file may not be taken, what one should know."""

    rows: list[Any]
    problems: list[Problem]
    remarks: list[Problem]


class ImportPlan(NamedTuple):
    """What an import would do. With any problem it does nothing.

    wanted: how many rows the file stands for.
    questions: what a person should look at before (possible duplicates).
    """

    changes: list[ImportChange]
    wanted: int
    problems: list[Problem]
    remarks: list[Problem]
    questions: list[Problem] = []  # noqa: RUF012 - never changed


def content_of(path: Path, *, largest_mb: int) -> bytes | Problem:
    """The file's bytes, or why it is not read. The size is looked at before anything is read."""
    try:
        size = path.stat().st_size
        if size > largest_mb * MEGABYTE:
            sentence = N_("The file has %(size)s MB; the largest that is read has %(limit)s MB.")
            return Problem("file.too_large", sentence, {"size": -(-size // MEGABYTE), "limit": largest_mb})
        content = path.read_bytes()
    except OSError:
        return Problem("file.unreadable", N_("The file cannot be opened. Is the name right?"))
    if not content.strip():
        return Problem("file.empty", N_("The file is empty."))
    return content


def text_of(content: bytes) -> str | Problem:
    """The file's text (UTF-8, with or without a byte order mark), or why it cannot be read."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        sentence = N_("The file is in UTF-16. Please save it as “CSV UTF-8”.")
        return Problem("file.utf_16", sentence)
    if b"\0" in content:
        return Problem("file.not_text", N_("This is not a text file. Expected: CSV, GeoJSON or XLSX."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Problem("file.not_utf_8", NOT_UTF8, {"line": line})
