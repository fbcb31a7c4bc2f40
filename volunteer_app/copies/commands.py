"""`volunteer-app backup`, `confirm`, `restore`, `take-over`: the way back on the command line."""

import argparse
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from volunteer_app.copies import make, restore
from volunteer_app.copies.manifest import CopyError
from volunteer_app.settings import Settings


def add_commands(command: Callable[[str, Callable[..., int], str], Any]) -> None:
    """Put them among the others."""
    copy = command("backup", run_backup, "Copy database, keys and media into a folder, and try the copy out.")
    copy.add_argument("folder", type=Path)
    copy.add_argument(
        "--confirm-later", action="store_true", help="it is moved elsewhere first: tell phones nothing yet"
    )
    tried = command("confirm", run_confirm, "Try a copy out where it is kept now, and tell phones of it.")
    tried.add_argument("copy", type=Path)
    back = command("restore", run_restore, "Put a copy in the database's place (stop the server first).")
    back.add_argument("copy", type=Path)
    back.add_argument("--despite", action="store_true", help="also a copy in which the trial found something")
    command(
        "take-over",
        run_take_over,
        "This database was put here by other means (a point in time, a standby, a machine's snapshot): "
        "try it out, and let phones send again.",
    )


def run_backup(arguments: argparse.Namespace, settings: Settings) -> int:
    """A copy that was tried out; phones then know that what it holds is safe twice."""

    def work() -> str:
        copy = make.make(settings, arguments.folder, datetime.now(UTC))
        if arguments.confirm_later:
            return f"{copy}\nwhole; move it to where it is kept, then: confirm {copy.name}"
        return f"{copy}\nrestorable, {make.confirm(settings, copy, datetime.now(UTC)):.0f} s"

    return _or_why_not(work)


def run_confirm(arguments: argparse.Namespace, settings: Settings) -> int:
    """The second half of `backup --confirm-later`; also a rehearsal of any copy."""
    return _or_why_not(
        lambda: f"restorable, {make.confirm(settings, arguments.copy.absolute(), datetime.now(UTC)):.0f} s"
    )


def run_restore(arguments: argparse.Namespace, settings: Settings) -> int:
    """The copy takes the database's place; phones notice the new epoch and send again."""

    def work() -> str:
        done = restore.restore(settings, arguments.copy, datetime.now(UTC), despite=arguments.despite)
        aside = f"\nwhat stood there before: {done.aside}" if done.aside else ""
        again = "".join(f"\nagain, since the copy: {what} {count}" for what, count in done.again.items())
        return f"restored, epoch {done.epoch}{aside}{again}\nstart the server: phones send again what they still hold"

    return _or_why_not(work)


def run_take_over(_arguments: argparse.Namespace, settings: Settings) -> int:
    """The same for a database that something else has put here."""
    return _or_why_not(lambda: f"epoch {restore.take_over(settings, datetime.now(UTC))}: phones send again")


def _or_why_not(work: Callable[[], str]) -> int:
    try:
        print(work())
    except CopyError as error:
        print(error, file=sys.stderr)
        return 1
    except (OSError, sqlite3.Error) as error:  # such as a full disk: what stood there stands there
        print(f"{error}: stopped; the installation is as it was", file=sys.stderr)
        return 1
    return 0
