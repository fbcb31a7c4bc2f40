"""A calendar file (RFC 5545) of whole-day entries: the phone's own calendar reminds, without a native app."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

WIDEST = 74
"""Bytes of a line before it is folded."""


class Entry(NamedTuple):
    """One entry over whole days, both inclusive."""

    uid: str
    first_day: date
    last_day: date
    title: str


def calendar_file(entries: Iterable[Entry], name: str, now: datetime) -> str:
    """The file. An entry keeps its uid, so that fetching again changes it instead of adding another."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tung Nha//VI", f"X-WR-CALNAME:{_text(name)}"]
    for entry in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{entry.uid}",
            f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{entry.first_day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{entry.last_day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_text(entry.title)}",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "TRIGGER:PT7H",
            f"DESCRIPTION:{_text(entry.title)}",
            "END:VALARM",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _text(said: str) -> str:
    said = said.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return said.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Lines of at most 75 bytes, cut between characters; what follows begins with a space."""
    parts, part = [], ""
    for letter in line:
        if len((part + letter).encode()) > WIDEST:
            parts.append(part)
            part = ""
        part += letter
    return "\r\n ".join([*parts, part])
