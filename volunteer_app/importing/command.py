"""`volunteer-app import …`: official places, a commune's household list, and taking the last import back."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from volunteer_app.domain.problems import N_, Problem
from volunteer_app.i18n import LANGUAGES, format_number
from volunteer_app.importing.files import content_of
from volunteer_app.importing.run import KIND_NAMES, ImportReport, kind_of, run_import
from volunteer_app.settings import Settings
from volunteer_app.storage.database import Database
from volunteer_app.storage.imports import undo_last

MOST_LINES = 40
"""How many problems, remarks or questions of one file are printed."""

Translate = Callable[[Problem], str]


class _TakeBack(Exception):
    """Ends the transaction without keeping anything."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The words after `volunteer-app import`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="WHAT")
    places = actions.add_parser("places", help="provinces, communes, former units, outlines, hamlets")
    places.add_argument("files", nargs="+", type=Path, metavar="FILE")
    kinds = [kind for kind in KIND_NAMES if kind != "households"]
    places.add_argument(
        "--kind", choices=kinds, help="what the files are, where they do not say it themselves"
    )
    households = actions.add_parser("households", help="a commune's household list, XLSX or CSV")
    households.add_argument("files", nargs=1, type=Path, metavar="FILE")
    households.add_argument("--commune", required=True, metavar="CODE", help="official code, 5 digits")
    for action in (places, households):
        action.add_argument("--preview", action="store_true", help="say what would change, change nothing")
    undo = actions.add_parser("undo", help="take the last import back")
    for action in (places, households, undo):
        action.add_argument("--language", choices=list(LANGUAGES), default=argparse.SUPPRESS)


async def run(
    arguments: argparse.Namespace, database: Database, settings: Settings, translate: Translate, now: datetime
) -> int:
    """Do what was asked for; returns the exit code: 0 done, 1 nothing was changed because of a problem."""
    voice = _Voice(translate)
    if arguments.action == "undo":
        return await _undo(database, voice, now)
    households = arguments.action == "households"
    kind = "households" if households else arguments.kind
    commune_code = arguments.commune if households else None
    files = _in_order(arguments.files, kind, settings.largest_import_mb)
    reports: list[ImportReport] = []
    try:
        async with database.writing() as db:
            for path in files:
                report = await run_import(
                    db,
                    kind,
                    path,
                    preview=False,
                    now=now,
                    by=None,
                    largest_mb=settings.largest_import_mb,
                    commune_code=commune_code,
                )
                reports.append(report)
                voice.report(report)
                if report.problems:
                    break  # the files after it may need what it would have brought
            if arguments.preview or reports[-1].problems:
                raise _TakeBack
    except _TakeBack:
        pass
    return voice.end(reports, left=len(files) - len(reports), is_preview=arguments.preview)


async def _undo(database: Database, voice: "_Voice", now: datetime) -> int:
    async with database.writing() as db:
        undone = await undo_last(db, now=now)
    if isinstance(undone, Problem):
        voice.say(undone)
        return 1
    voice.tell(N_("Taken back: %(file)s. Everything is as it was before."), file=undone.file_name)
    return 0


def _in_order(files: list[Path], kind: str | None, largest_mb: int) -> list[Path]:
    """Files in the order in which they need each other; of outlines the larger, coarser files first."""
    if len(files) == 1 or kind:
        return files
    order = list(KIND_NAMES)

    def place(path: Path) -> tuple[int, int]:
        content = content_of(path, largest_mb=largest_mb)
        found = content if isinstance(content, Problem) else kind_of(content)
        if isinstance(found, Problem):
            return (-1, 0)
        return (order.index(found), -len(content))

    return sorted(files, key=place)


@dataclass
class _Voice:
    """Prints to the person at the keyboard, in their language."""

    translate: Translate

    def say(self, problem: Problem, indent: str = "") -> None:
        print(f"{indent}{self.translate(problem)}")

    def tell(self, sentence: str, indent: str = "", **values: object) -> None:
        self.say(Problem("", sentence, values), indent)

    def report(self, report: ImportReport) -> None:
        """One file: what it is, the figures, then what to know, look at or mend."""
        if report.kind is None:
            print(report.file_name)
        else:
            kind = self.translate(Problem("", KIND_NAMES[report.kind]))
            self.tell(N_("%(file)s: %(kind)s"), file=report.file_name, kind=kind)
        if not report.problems:
            figures = {name: format_number(number) for name, number in report.counts._asdict().items()}
            figures_sentence = N_(
                "Added %(added)s, changed %(changed)s, removed %(removed)s, already right %(unchanged)s."
            )
            self.tell(figures_sentence, "  ", **figures)
        self._list(report.problems)
        self._list(report.remarks)
        if report.questions:
            self.tell(N_("Please look at these first:"), "  ")
            self._list(report.questions)

    def end(self, reports: list[ImportReport], *, left: int, is_preview: bool) -> int:
        """How it ended, in one sentence; returns the exit code."""
        if reports[-1].problems:
            if left:
                self.tell(N_("Files not looked at: %(count)s."), count=left)
            self.tell(N_("Nothing was changed. Please mend what is listed above and try again."))
            return 1
        if is_preview:
            self.tell(N_("This was a preview: nothing was changed."))
        elif any(report.counts.added + report.counts.changed + report.counts.removed for report in reports):
            self.tell(N_("Done. “volunteer-app import undo” takes the last file back."))
        else:
            self.tell(N_("Everything was there already; nothing was changed."))
        return 0

    def _list(self, problems: list[Problem]) -> None:
        for problem in problems[:MOST_LINES]:
            self.say(problem, "  – ")
        if len(problems) > MOST_LINES:
            self.tell(N_("… and %(count)s more."), "  ", count=len(problems) - MOST_LINES)
