"""The command line: `volunteer-app COMMAND`; `--help` lists what there is."""

import argparse
import asyncio
import gc
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

from volunteer_app import machine_voice, messages, nightly
from volunteer_app.closed_files import closed_to_others
from volunteer_app.copies import commands as copies
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.invites import InviteKind, shown_code
from volunteer_app.domain.people import Role
from volunteer_app.domain.periods import Span
from volunteer_app.domain.permissions import member_scope, program_scope
from volunteer_app.domain.short_links import JOIN_PATH
from volunteer_app.i18n import DEFAULT_LANGUAGE, LANGUAGES, catalog, language_now, sentence_of
from volunteer_app.importing import command as importing
from volunteer_app.keys_at_hand import KeysMissing, ensure_keys
from volunteer_app.sealing import Keys
from volunteer_app.settings import Settings, SettingsError, settings_from
from volunteer_app.storage import audit, installation, invites, people, standings
from volunteer_app.storage.database import (
    SQLITE_SAFE_FROM,
    Database,
    is_fault_of_the_database,
    sqlite_is_safe,
)
from volunteer_app.storage.figures import tallies
from volunteer_app.storage.figures.put_right import put_right
from volunteer_app.storage.migrations import Misfit, bring_up_to_date, check_fits
from volunteer_app.storage.places import ProvinceRow
from volunteer_app.storage.presence import BeingReplaced

log = logging.getLogger(__name__)

DEMO_DATABASE = "sqlite:///data/demo.db"


def main() -> None:
    """Read the command and run it; ends the process with its exit code."""
    os.umask(0o077)  # what is made here is nobody else's on this machine
    arguments = _parser().parse_args()
    language = getattr(arguments, "language", None) or DEFAULT_LANGUAGE
    language_now.set(language)
    try:
        settings = settings_from()
    except SettingsError as error:
        sys.exit(f"{catalog(language).gettext('These settings cannot work:')}\n{error}")
    try:
        sys.exit(arguments.run(arguments, settings))
    except (KeysMissing, BeingReplaced, Misfit) as error:
        sys.exit(str(error))
    except Exception as error:
        if not is_fault_of_the_database(error):
            raise
        said = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        sys.exit(f"The database does not answer ({said}). Is it started, and is DATABASE_URL right?")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="volunteer-app", description="Từng Nhà")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    parser.add_argument("--version", action="version", version=version("volunteer-app"))
    served = command("serve", serve, "Start the server.")
    served.add_argument(
        "--workers", type=int, default=1, help="processes that answer (1); PostgreSQL: one a core"
    )
    command("doctor", run_doctor, "Look at this installation as an operator would; says what to mend.")
    demo = command("demo", start_demo, "Start the server with an invented demo commune.")
    demo.add_argument("--fresh", action="store_true", help="make the demo commune anew")
    command("migrate", run_migrations, "Bring the database's tables up to date.")
    places = command(
        "import", run_import, "Import official places or a commune's household list; undo an import."
    )
    importing.add_arguments(places)
    for text in (places,):
        text.add_argument("--language", choices=list(LANGUAGES), default=DEFAULT_LANGUAGE)
    texts = command(
        "messages", run_messages, "Extract or check the sentences of the interface and the guides."
    )
    texts.add_argument("action", choices=["update", "check", "export", "import"])
    texts.add_argument("tag", nargs="?", help="export, import: the language of the words made at the desk")
    texts.add_argument("file", nargs="?", type=Path, help="export, import: a PO file")
    texts.add_argument("--province", default="08", help="official code of the province")
    texts.add_argument(
        "--by", type=UUID, help="import: the person (id) who translated; another one publishes"
    )
    checked = command("guides", check_guides, "Check every guide.")
    checked.add_argument("action", choices=["check"], nargs="?")
    keys = command(
        "keys", run_keys, "Show the key pairs that open what phones have sealed, or make a new one."
    )
    keys.add_argument("action", choices=["list", "rotate", "accept-loss"])
    admin = command("admin", admin_invite, "Invite the first administrator: prints a QR code here.")
    admin.add_argument("action", choices=["invite"])
    admin.add_argument("--province", default="08", help="official code of the province")
    chain = command("audit", verify_audit, "Check that nobody has changed the log of who did what.")
    chain.add_argument("action", choices=["verify"])
    copies.add_commands(command)
    machine_voice.add_command(command)
    command("retention", run_retention, "Let go what need not be kept any longer; run it every night.")
    every_night = command(
        "nightly",
        run_nightly,
        "What has to be done every night: retention, recount, audit, sound files; exit code 0 says that all is well.",
    )
    nightly.add_arguments(every_night)
    figures = command(
        "export", run_export, "Write a place's figures and report into a folder; run it at fixed times."
    )
    figures.add_argument("folder", type=Path)
    figures.add_argument("--province", default="08", help="official code of the province")
    figures.add_argument("--commune", help="only this commune, by its hamlets: its official code")
    figures.add_argument("--span", choices=["week", "month", "quarter"], default="week", help="of the report")
    figures.add_argument("--language", choices=list(LANGUAGES), default=DEFAULT_LANGUAGE)
    again = command(
        "recount", recount, "Recount standings and tallies from the raw records; report differences."
    )
    again.add_argument("--mend", action="store_true", help="count both anew first")
    return parser


def serve(arguments: argparse.Namespace, settings: Settings) -> int:
    """Migrate, then serve until stopped."""
    if not sqlite_is_safe() and settings.database_url.startswith("sqlite"):
        wanted = ".".join(map(str, SQLITE_SAFE_FROM))
        print(f"SQLite {wanted} or newer is needed: older ones can lose commits.", file=sys.stderr)
        if not settings.is_demo:
            return 1
    import uvicorn

    from volunteer_app import connections, log_lines, proxies

    log_lines.begin(settings.log_format)
    if open_to_others := closed_to_others(settings):
        print(f"Other accounts of this machine can read {open_to_others}; give it mode 600.", file=sys.stderr)
        if not settings.is_demo:
            return 1
    _with_database(settings, _migrate, fits=False)
    _with_database(settings, lambda database: _find_keys(database, settings))
    for problem in proxies.problems_at_start(settings):
        log.warning("addresses.wrong why=%s", problem)
    workers = getattr(arguments, "workers", 1)
    log.info(
        "server.starts version=%s workers=%s at=%s:%s",
        version("volunteer-app"),
        workers,
        settings.listen_host,
        settings.listen_port,
    )
    uvicorn.run(
        _application(settings) if workers == 1 else "volunteer_app.cli:application",
        factory=workers > 1,
        workers=workers,
        host=settings.listen_host,
        port=settings.listen_port,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # `proxies.py` reads them
        **connections.LIMITS,
        timeout_graceful_shutdown=10,  # streams of events would hold it up for ten minutes
    )
    return 0


def application() -> Any:
    """For each process of a server with several, made from the environment alone."""
    from volunteer_app import log_lines

    settings = settings_from()
    log_lines.begin(settings.log_format)
    return _application(settings)


def _application(settings: Settings) -> Any:
    from volunteer_app import proxies
    from volunteer_app.app import create_app

    app = proxies.Addresses(create_app(settings), settings)
    look_for_garbage_seldom()
    return app


def look_for_garbage_seldom() -> None:
    """What is made by now stays; to look through it again and again for garbage would halt everybody for a while."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def start_demo(arguments: argparse.Namespace, settings: Settings) -> int:
    """An invented commune, made once, then the server; prints where to look and as whom."""
    from volunteer_app.demo import commune

    url = DEMO_DATABASE if settings.database_url == Settings.database_url else settings.database_url
    settings = replace(settings, mode="demo", database_url=url)
    if arguments.fresh and url == DEMO_DATABASE:
        for leftover in Path("data").glob("demo.db*"):
            leftover.unlink()
    _with_database(settings, _migrate, fits=False)
    _with_database(settings, lambda database: commune.ensure(database, datetime.now(UTC)))
    is_silent = settings.machine_voice == "on" and not machine_voice.engine_is_here()
    print(commune.welcome(settings.origin, is_silent), flush=True)
    return serve(arguments, settings)


def run_doctor(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Settings, folders, database, copies, the road from outside; nothing is changed."""
    from volunteer_app.watch import doctor

    code = 0
    for found in doctor.look(settings):
        code = 1 if found.mend else code
        print(doctor.lines(found))
    return code


def run_migrations(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Bring the tables up to date."""
    return _with_database(settings, _migrate, fits=False)


def run_import(arguments: argparse.Namespace, settings: Settings) -> int:
    """Import, preview or undo; see `importing/command.py`."""
    return _with_database(
        settings,
        lambda database: importing.run(arguments, database, settings, sentence_of, datetime.now(UTC)),
    )


def run_messages(arguments: argparse.Namespace, settings: Settings) -> int:
    """Update the catalogs from the sources, or check them; words made at the desk as PO files, out and in."""
    if arguments.action in ("export", "import"):
        return _exchange_words(arguments, settings)
    if arguments.action == "update":
        messages.update()
    problems = messages.problems()
    for one in messages.completeness():
        print(f"{one.name:20} {one.translated:5} of {one.said:5} translated, {one.fuzzy} doubtful")
    print("\n".join(problems) or "Every sentence is there, in every language.")
    return 1 if problems else 0


def _exchange_words(arguments: argparse.Namespace, settings: Settings) -> int:
    from volunteer_app import po_files
    from volunteer_app.domain.languages import LANGUAGES as LANGUAGES_TO_SAY
    from volunteer_app.pages.voices.po_exchange import problem_of, take_words, words_file
    from volunteer_app.pages.voices.texts import all_texts

    if arguments.file is None or (arguments.action == "import" and arguments.by is None):
        print("messages export LANGUAGE FILE | messages import LANGUAGE FILE --by PERSON", file=sys.stderr)
        return 2
    if problem := problem_of(arguments.tag):
        print(sentence_of(problem), file=sys.stderr)
        return 1
    person_id = arguments.by or UUID(int=0)
    scope = member_scope(person_id, Role.EDITOR, arguments.province)

    async def exchange(database: Database) -> int:
        if arguments.action == "export":
            async with database.reading() as db:
                arguments.file.write_bytes(await words_file(db, scope, arguments.tag))
            return 0
        async with database.reading() as db:
            if not await people.names_of(db, scope, {person_id}):
                print(f"{person_id}: nobody of province {arguments.province}", file=sys.stderr)
                return 1
        content = po_files.read(arguments.file.read_bytes(), LANGUAGES_TO_SAY[arguments.tag], all_texts())
        taken = await take_words(database, scope, arguments.tag, content, datetime.now(UTC))
        for key, refused in taken.refused:
            print(f"{key}: {sentence_of(refused)}", file=sys.stderr)
        print(f"{taken.changed} new or changed, {taken.same} as before, {taken.left_out} left out")
        return 1 if taken.refused else 0

    try:
        return _with_database(settings, exchange)
    except po_files.BrokenFile as broken:
        print(sentence_of(broken.problem), file=sys.stderr)
        return 1


def check_guides(_arguments: argparse.Namespace, _settings: Settings) -> int:
    """Every guide's problems, by file."""
    from volunteer_app.domain.guides.files import GUIDE_FILES, check_all
    from volunteer_app.pages.guides.packs import FOLDER

    found = check_all(FOLDER, local_day(datetime.now(UTC)))
    for name, problems in found.items():
        for problem in problems:
            print(f"{name}: {sentence_of(problem)}")
    print(f"{len(list(FOLDER.glob(GUIDE_FILES)))} guides, {sum(map(len, found.values()))} problems")
    return 1 if any(found.values()) else 0


def run_keys(arguments: argparse.Namespace, settings: Settings) -> int:
    """List the key pairs, oldest first; `rotate` makes a new one. Old ones stay, to open old boxes; `accept-loss` gives
    up those that the database knows of and that nobody has any more."""
    keys = Keys(Path(settings.keys_folder))

    async def work(database: Database) -> int:
        now = datetime.now(UTC)
        async with database.writing() as db:
            if arguments.action == "rotate":
                keys.rotate(now)
            missing = await installation.note_keys(db, {key.id for key in keys.all()})
            if arguments.action == "accept-loss":
                await installation.accept_loss(db, {key.id for key in keys.all()})
        for key in keys.all():
            print(key.id)
        for id_ in sorted(missing):
            print(f"{id_} is given up" if arguments.action == "accept-loss" else f"{id_} is MISSING")
        return 1 if missing and arguments.action == "list" else 0

    return _with_database(settings, work)


def recount(arguments: argparse.Namespace, settings: Settings) -> int:
    """Differences between what is kept and what the records say; 0 is the only good answer."""

    async def count(database: Database) -> int:
        if arguments.mend:
            await standings.mend(database)
            await put_right(database)
        async with database.reading() as db:
            wrong = await standings.all_differences(db)
            wrong += await (await db.connection()).run_sync(tallies.all_differences)
        print("\n".join(wrong))
        print(f"{len(wrong)} differences")
        return 1 if wrong else 0

    return _with_database(settings, count)


def admin_invite(arguments: argparse.Namespace, settings: Settings) -> int:
    """An invitation for an administrator, shown here only; whoever stands at this terminal is trusted."""
    from qrcode.main import QRCode

    async def invite(database: Database) -> int:
        now = datetime.now(UTC)
        async with database.reading() as db:
            if await db.get(ProvinceRow, arguments.province) is None:
                print(
                    f"There is no province {arguments.province} here: import its places first "
                    "(volunteer-app import places), or look at --province.",
                    file=sys.stderr,
                )
                return 1
        async with database.writing() as db:
            made = await invites.make(
                db,
                kind=InviteKind.FIRST,
                province_code=arguments.province,
                role=Role.ADMIN,
                now=now,
                issued_by=None,
            )
            await audit.note_for(
                db, arguments.province, None, "invite.made", made.invite.id, now=now, reason="first"
            )
        address = f"{settings.origin}/{DEFAULT_LANGUAGE}{JOIN_PATH}#{made.secret}"
        code = QRCode(border=2)
        code.add_data(address)
        code.print_ascii(invert=True)
        print(f"{address}\n{shown_code(made.code)}")
        return 0

    return _with_database(settings, invite)


def run_export(arguments: argparse.Namespace, settings: Settings) -> int:
    """Figures by place as JSON, CSV, XLSX and GeoJSON, and the report; no names, small numbers left out."""
    from litestar.exceptions import NotFoundException

    from volunteer_app.pages.figures.folder import figures_as_files, write

    scope = program_scope(UUID(int=0), arguments.province, arguments.commune)

    async def export(database: Database) -> int:
        now = datetime.now(UTC)
        try:
            async with database.reading() as db:
                files = await figures_as_files(db, scope, now, span=Span(arguments.span))
            written = write(arguments.folder, files)
        except NotFoundException:
            print(f"{arguments.province} {arguments.commune or ''}: no such place", file=sys.stderr)
            return 1
        except OSError as error:
            print(error, file=sys.stderr)
            return 1
        async with database.writing() as db:
            await audit.note_for(
                db, arguments.province, None, "export.made", arguments.commune or arguments.province,
                now=now, commune_code=arguments.commune, reason="folder",
            )  # fmt: skip
        print("\n".join(map(str, written)))
        return 0

    return _with_database(settings, export)


def run_retention(_arguments: argparse.Namespace, settings: Settings) -> int:
    """What `nightly` does about it, on its own."""

    async def forget(database: Database) -> int:
        done = await nightly.let_go_old(database, settings, datetime.now(UTC))
        print("\n".join(f"{name}: {count}" for name, count in done.items()))
        return 0

    return _with_database(settings, forget)


def run_nightly(arguments: argparse.Namespace, settings: Settings) -> int:
    """All of it; exit code 0: well, 1: something is wrong, 3: another run is under way."""

    async def work(database: Database) -> int:
        night = await nightly.run_night(database, settings)
        return nightly.code_of(night, [])

    code = _with_database(settings, work)
    if arguments.copies and code != 3:
        wrong = nightly.copy_and_let_go(settings, arguments.copies, arguments.keep_days, datetime.now(UTC))
        print("\n".join(wrong) or "copied")
        code = 1 if wrong else code
    return code


def verify_audit(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Where the chain of the log is broken; 0 is the only good answer."""

    async def verify(database: Database) -> int:
        async with database.reading() as db:
            found = await audit.broken(db)
            heads = await audit.heads(db)
        print("\n".join(found) or "The log is whole.")
        for province_code, seq, digest in heads:
            print(
                f"{province_code} ends with line {seq}, {digest}: kept elsewhere, it shows a log cut short."
            )
        return 1 if found else 0

    return _with_database(settings, verify)


async def _find_keys(database: Database, settings: Settings) -> int:
    async with database.writing() as db:
        await ensure_keys(db, Keys(Path(settings.keys_folder)), datetime.now(UTC))
    return 0


async def _migrate(database: Database) -> int:
    await bring_up_to_date(database)
    return 0


def _with_database(
    settings: Settings, work: Callable[[Database], Awaitable[int]], *, fits: bool = True
) -> int:
    """fits: refuse a database of another release, which only `serve` and `migrate` change."""

    async def run() -> int:
        database = Database(settings.database_url, Path(settings.register_folder))
        try:
            if fits:
                await check_fits(database)
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
