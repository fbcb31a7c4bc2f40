"""How the server writes its log: one line for each event, its moment in UTC, and never anybody's name.

Errors are told by their kind and place in the code, not by their message: a database, for one, repeats the values that
it refused. Events name ids only (`noun.verb key=value`); that is the caller's part.
"""

import json
import logging
import secrets
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

request_now: ContextVar[str] = ContextVar("request_now", default="")
"""The number of the request that is being answered: every line that it leaves carries it, and so does an error page."""

FORMATS = ("lines", "json")


def new_request() -> str:
    """A number for a request; says nothing about it."""
    return secrets.token_hex(4)


class LogLine(logging.Formatter):
    """`2026-11-24T02:00:00.123Z WARNING pin.wrong person=…`, on one line whatever it says."""

    def format(self, record: logging.LogRecord) -> str:
        """The event; an error's way through the code comes below it, each of its lines set in."""
        line = f"{_moment(record)} {record.levelname} {_on_one_line(record.getMessage())}"
        if request := request_now.get():
            line += f" request={request}"
        if record.exc_info and record.exc_info[1]:
            line += "".join(f"\n  {told}" for told in told_of(record.exc_info[1]))
        return line


class JsonLine(logging.Formatter):
    """The same as one JSON object, for programs that gather logs: at, level, event, request, error."""

    def format(self, record: logging.LogRecord) -> str:
        """The event, with an error's way through the code as a list."""
        said: dict[str, object] = {
            "at": _moment(record),
            "level": record.levelname,
            "event": record.getMessage(),
        }
        if request := request_now.get():
            said["request"] = request
        if record.exc_info and record.exc_info[1]:
            said["error"] = told_of(record.exc_info[1])
        return json.dumps(said, ensure_ascii=False)


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")


def told_of(error: BaseException) -> list[str]:
    """What the log says of an error and of those that led to it: kind, code of the database, places in our code."""
    told = []
    seen: list[BaseException] = []
    while error not in seen:
        seen.append(error)
        state = getattr(getattr(error, "orig", None), "sqlstate", None)
        told.append(f"{type(error).__module__}.{type(error).__qualname__}{f' {state}' if state else ''}")
        told += [
            f"at {place.filename}:{place.lineno} {place.name}"
            for place in traceback.extract_tb(error.__traceback__)
        ]
        error = error.__cause__ or error.__context__ or error
    return told


def _on_one_line(text: str) -> str:
    """Nobody can make up a second event inside a first."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def begin(log_format: str = "lines") -> None:
    """From here on everything is logged so, on standard error: our own events, and what libraries warn of. Nothing may
    set up logging after this (`Litestar(logging_config=None)`)."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine() if log_format == "json" else LogLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("volunteer_app").setLevel(logging.INFO)
