"""docs/runbook.md, followed word for word: installed from nothing, harmed as each heading says, mended by its lines.

Installing packages is left out here (`test_the_wheel_holds_everything_and_starts_where_there_is_no_tree` does it).
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.test_deploy import needs
from tests.watch.machine import RUNBOOK, Machine, Phone, counted, sections
from volunteer_app.copies.engines import engine_of
from volunteer_app.nightly import NIGHT_STEPS
from volunteer_app.watch import health

INSTALL, LOST, RELEASE = "A server from nothing", "The server is lost", "The wrong release"


UP_TO_THE_DATABASE = slice(0, -1)


class Place(NamedTuple):
    """A machine with people, and a phone that has delivered."""

    machine: Machine
    phone: Phone


def installed(machine: Machine) -> Place:
    """From nothing, word for word; then people, a phone that delivers, and a night's copy."""
    said = machine.follow(INSTALL)
    assert "MEND" not in said, said
    phone = Phone(machine, machine.with_people())
    phone.calls()
    for _ in range(3):
        phone.records()
    assert phone.calls() == ["accepted"] * 6
    machine.run("nightly", "--copies", "/srv/copies")
    return Place(machine, phone)


@pytest.fixture(scope="session")
def machines(tmp_path_factory) -> Iterator[Callable[[str], Place]]:
    """One for each engine, made when it is first wanted, for the symptoms of a worker: each leaves it well."""
    made: dict[str, Place] = {}
    with ExitStack() as stack:

        def on(engine: str) -> Place:
            if engine not in made:
                folder = tmp_path_factory.mktemp("place")
                (folder / "copies").mkdir()
                machine = Machine(engine, folder / "machine", folder / "copies")
                stack.callback(machine.destroy)
                made[engine] = installed(machine)
            return made[engine]

        yield on


@pytest.fixture
def place(request, machines) -> Place:
    """A machine that is well, on SQLite unless told."""
    return machines(getattr(request, "param", "sqlite"))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_d11_x7_the_drill_from_nothing_to_a_lost_server_and_phones_go_on(engine, tmp_path):
    """Installed, delivered to (signed, over HTTP), copied, destroyed; restored on another machine from the copies alone;
    the phone goes on: nothing lost, nothing doubled."""
    copies = tmp_path / "copies"
    copies.mkdir()
    machine, phone = installed(Machine(engine, tmp_path / "first", copies))
    other = None
    try:
        phone.records()
        phone.records(sealed=True)
        assert phone.calls() == ["accepted"] * 4, "after the copy"
        there = len(machine.visits())
        machine.destroy()
        phone.records(sealed=True)  # nobody answers: it stays on the phone

        other = phone.machine = Machine(engine, tmp_path / "second", copies)
        other.follow(INSTALL, blocks=UP_TO_THE_DATABASE)
        epoch = phone.epoch
        said = other.follow(LOST)

        assert "MEND" not in said, said
        assert there == 5 and len(other.visits()) == 3, "the copy is from before the last two"
        outcomes = phone.calls()
        assert phone.epoch > epoch and sorted(set(outcomes)) == ["accepted", "duplicate"], outcomes
        phone.finds_all_once()
        assert len(other.visits()) == 6
        other.run("recount")
        other.run("audit", "verify")
    finally:
        for one in (machine, other):
            if one and one.home.exists():
                one.destroy()


def test_an_upgrade_and_the_first_people(place):
    """The words of the first administrator lead to this installation; an upgrade leaves every row where it was."""
    machine, phone = place
    head = "level,code,name,type,full_name,parent_code\n"
    (machine.home / "units.csv").write_text(
        f"{head}1,01,Hà Nội,Thành phố,Thành phố Hà Nội,\n2,00004,Ba Đình,Phường,Phường Ba Đình,01\n"
    )
    said = machine.follow("The first people")
    assert f"http://localhost:{machine.port}/vi/" in said
    said, failed = machine.shell("tungnha admin invite --province 99")
    assert failed and "no province 99" in said and "Traceback" not in said

    before = counted(machine)
    said = machine.follow("An upgrade")
    assert "0 differences" in said and "The log is whole" in said
    assert {name: count for name, count in counted(machine).items() if count != before[name]} == {}
    phone.finds_all_once()


def test_a_copy_elsewhere_is_encrypted_and_counts_when_it_has_come_back(place):
    machine, _ = place
    needs("gpg")
    machine.shell(
        "mkdir -m 700 $GNUPGHOME; gpg --batch -q --passphrase '' --quick-generate-key tungnha-copies"
    )
    title, told = "A copy goes to another place", facts(machine)["durable_through"]
    machine.follow(title, blocks=slice(0, 1))
    (sent,) = (machine.home / "elsewhere").glob("*.tar.gpg")
    copy = machine.copies / sent.name.partition(".")[0]
    assert b"manifest.json" not in sent.read_bytes() and b"PRIVATE KEY" not in sent.read_bytes()
    assert not copy.exists() and facts(machine)["durable_through"] == told
    said = machine.follow(title, blocks=slice(1, 2), moment=copy.name)

    assert "restorable" in said and (copy / "tried.json").exists()
    assert facts(machine)["durable_through"] > told


def test_it_moves_to_another_machine(place, tmp_path):
    machine, phone = place
    machine.follow("The province moves to another machine")
    assert machine.process is None
    other = Machine(machine.engine, tmp_path / "other", machine.copies)
    try:
        other.follow(INSTALL, blocks=UP_TO_THE_DATABASE)
        other.follow(LOST)
        phone.machine = other
        phone.finds_all_once()
    finally:
        other.destroy()
        phone.machine = machine
        machine.start()
    phone.finds_all_once()


def facts(machine: Machine) -> dict[str, str]:
    """What the installation knows of itself."""
    return engine_of(machine.url).facts()


Symptom = Callable[[Place], None]
SYMPTOMS: dict[str, Symptom] = {}


def symptom(title: str) -> Callable[[Symptom], Symptom]:
    """How a heading's harm is done, and what its lines must bring about."""

    def keep(work: Symptom) -> Symptom:
        SYMPTOMS[title] = work
        return work

    return keep


@symptom("Phones are asked to wait (503), or nothing opens")
def _does_not_answer(place: Place) -> None:
    machine, _ = place
    machine.stop()
    machine.follow(
        "Phones are asked to wait (503), or nothing opens",
        fails={"curl -s http://127.0.0.1:8000/health/ready", "tungnha doctor"},
    )


@symptom("The database does not answer")
def _no_database(place: Place) -> None:
    machine, _ = place
    if not machine.cluster:
        pytest.skip("a server of PostgreSQL's own")
    machine.cluster.pause()
    assert "database" in machine.problems()
    assert machine.get("/vi/huong-dan").status_code == 200, "guides are read on"
    machine.follow("The database does not answer")


@symptom("The disk is nearly full")
def _disk(place: Place) -> None:
    machine, phone = place
    machine.follow(LOST)
    phone.calls()
    if machine.engine == "sqlite":
        _is_full(place)
    for aside in set(re.findall(r"before[-_](\d{8}T\d{6}Z)", asides(machine), re.IGNORECASE)):
        machine.follow("The disk is nearly full", moment=aside)
    assert not re.findall(r"before[-_]\d{8}T", asides(machine), re.IGNORECASE)


def _is_full(place: Place) -> None:
    """Phones wait until there is room (the lines free less than a test can see)."""
    machine, phone = place
    usage = shutil.disk_usage(machine.home)
    full = 100 - usage.used * 100 // usage.total + 1
    machine.set("LEAST_FREE_PERCENT", str(min(100, full)))
    machine.stop()
    machine.start()
    assert "disk" in machine.problems()
    phone.records()
    assert phone.calls() == ["503"]
    machine.set("LEAST_FREE_PERCENT", "1")
    machine.stop()
    machine.start()


def asides(machine: Machine) -> str:
    """What restores have put aside."""
    line = "ls /var/lib/tungnha" if machine.engine == "sqlite" else "runuser -u postgres -- psql -l"
    return machine.shell(line)[0]


@symptom("A key is lost")
def _key_lost(place: Place) -> None:
    machine, phone = place
    phone.calls()
    phone.records(sealed=True)
    shutil.rmtree(machine.home / "var/keys")
    assert "keys" in machine.problems()
    machine.follow("A key is lost", fails={"tungnha keys list"})
    assert "MISSING" not in machine.run("keys", "list")


@symptom("A key is lost and no copy has it")
def _key_gone(place: Place) -> None:
    machine, phone = place
    key = next((machine.home / "var/keys").iterdir())
    away = key.rename(machine.home / "key")
    said = machine.follow("A key is lost and no copy has it")
    assert "is given up" in said
    phone.records()
    assert set(phone.calls()) == {"accepted"}
    away.rename(key)


@symptom(LOST)
def _harmed(place: Place) -> None:
    machine, phone = place
    machine.run("backup", "/srv/copies")
    phone.records()
    phone.calls()
    machine.statement("DELETE FROM visits")
    said = machine.follow(LOST)
    assert "what stood there before" in said


@symptom("Phones cannot open the app since the new release")
def _worker_off(place: Place) -> None:
    machine, phone = place
    off, on = sections()["Phones cannot open the app since the new release"]
    worker = machine.get("/sw.js").text
    machine.shell(off.splitlines()[0])
    machine.stop()
    machine.start()
    assert machine.get("/sw.js").text != worker
    phone.records()
    assert set(phone.calls()) == {"accepted"}
    machine.shell(on.splitlines()[0])
    machine.stop()
    machine.start()
    assert machine.get("/sw.js").text == worker
    machine.follow("Phones cannot open the app since the new release")


@symptom(RELEASE)
def _wrong_release(place: Place) -> None:
    """A release that nobody has yet has changed the tables, and phones have delivered to it."""
    machine, phone = place
    machine.run("backup", "/srv/copies")
    phone.records()
    phone.calls()
    machine.statement("UPDATE alembic_version SET version_num = '9999'")
    machine.statement("UPDATE installation SET value = '9999' WHERE key = 'oldest_program'")
    machine.statement("CREATE TABLE of_the_next_release (id INTEGER)")
    assert "schema" in machine.problems()
    said, failed = machine.shell("tungnha serve")
    assert failed and "newer release" in said and "Traceback" not in said
    said = machine.follow(RELEASE)
    assert "0 differences" in said and "of_the_next_release" not in counted(machine)


@symptom("The clock is wrong")
def _clock(place: Place) -> None:
    machine, _ = place
    ahead = datetime.now(UTC) + timedelta(days=2)
    keep = f"UPDATE devices SET last_contact_at = {moment(machine, ahead)}"
    machine.statement(keep)
    assert "clock" in machine.problems(), "as on a machine whose clock is two days behind what it wrote down"
    machine.statement(f"UPDATE devices SET last_contact_at = {moment(machine, datetime.now(UTC))}")
    machine.follow("The clock is wrong")
    assert (machine.home / "clock-was-set").exists()


def moment(machine: Machine, when: datetime) -> str:
    """As it stands in a statement."""
    return str(int(when.timestamp() * 1_000_000)) if machine.engine == "sqlite" else f"'{when.isoformat()}'"


@symptom("Figures look wrong, or a night said recount or tallies")
def _figures(place: Place) -> None:
    machine, _ = place
    machine.statement("UPDATE standings SET visit_count = visit_count + 1")
    machine.statement("UPDATE tallies SET turns = turns + 1")
    said, failed = machine.shell("tungnha recount")
    assert failed and "0 differences" not in said
    said = machine.follow("Figures look wrong, or a night said recount or tallies")
    assert said.count("0 differences") == 2


@symptom("A night found something wrong")
def _night(place: Place) -> None:
    """A sound file that the database names has gone; the copy of before has it."""
    machine, _ = place
    title = "A night found something wrong"
    machine.statement("UPDATE standings SET visit_count = visit_count + 1")
    said, failed = machine.shell(sections()[title][0])
    assert failed and "recount: 3 wrong" in said.replace(str(len(machine.visits())), "3")
    machine.run("recount", "--mend")
    machine.follow(title)


@symptom("A copy is stolen")
def _stolen(place: Place) -> None:
    machine, phone = place
    before = set(machine.run("keys", "list").split())
    machine.follow("A copy is stolen")
    phone.calls()
    assert phone.seals_with["key_id"] not in before, "phones have the new key"


@symptom("Nobody can sign in: too many tries")
def _addresses(place: Place) -> None:
    machine, _ = place
    machine.follow("Nobody can sign in: too many tries")
    assert "addresses.wrong" not in machine.run("doctor")
    machine.set("TRUSTED_PROXIES", "127.0.0.1")


@symptom("The only administrator has lost the phone")
def _administrator(place: Place) -> None:
    said = place.machine.follow("The only administrator has lost the phone")
    assert "/vi/" in said


ON_BOTH = ("The disk is nearly full", "A key is lost", LOST, RELEASE, "The database does not answer")


@pytest.mark.parametrize(
    ("place", "title"),
    [("sqlite", title) for title in SYMPTOMS if title != "The database does not answer"]
    + [("postgresql", title) for title in ON_BOTH],
    indirect=["place"],
    scope="module",  # else each title would have a machine of its own
)
def test_x7_what_the_runbook_says_mends_what_its_heading_names(place, title):
    """Afterwards phones deliver, nothing that was ever recorded is lost or doubled, and the doctor finds nothing."""
    SYMPTOMS[title](place)

    place.phone.records()
    place.phone.finds_all_once()
    assert place.machine.problems() == {}


def test_every_heading_with_a_step_is_tried_and_its_tables_name_all_there_is():
    """Whoever adds a heading adds its harm; whoever adds a reason for a 503 or a step of the night says what to do."""
    others = {
        INSTALL, "The first people", "An upgrade", "Back from a release", "A copy goes to another place",
        "The province moves to another machine",
    }  # fmt: skip
    assert {title for title, blocks in sections().items() if blocks} == others | SYMPTOMS.keys()
    text = RUNBOOK.read_text("utf-8")
    reasons = re.findall(r'found\["(\w+)"\]|\{"(\w+)": f"does', Path(health.__file__).read_text("utf-8"))
    rows = re.findall(r"^\| (`.+?) \| (.+) \|$", text, re.MULTILINE)
    named = {word for names, _ in rows for word in re.findall(r"`(\w+)`", names)}
    assert {a or b for a, b in reasons} | NIGHT_STEPS.keys() <= named
    for _, to in rows[1:6]:
        assert to in sections(), to
