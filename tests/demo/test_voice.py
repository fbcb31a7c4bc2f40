"""The demo speaks from its first minute where packages may be installed, and starts all the same where they may not."""

import shutil

import pytest

from tests.browser.conftest import Server
from volunteer_app import __main__ as start


@pytest.mark.parametrize("may_install", [True, False])
def test_g13_the_first_start_installs_the_machines_voice_and_asks_only_once(
    tmp_path, monkeypatch, may_install
):
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(start, "VENV", tmp_path)
    monkeypatch.setattr(start.shutil, "which", lambda name: None)
    monkeypatch.setattr(start, "install_debian", lambda *names: bool(asked.append(names)) or may_install)

    start.give_a_voice()
    start.give_a_voice()

    assert asked == [("espeak-ng",)]


def test_g13_where_the_machine_speaks_already_nothing_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(start, "VENV", tmp_path)
    monkeypatch.setattr(start.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(start, "install_debian", lambda *names: pytest.fail("nothing is missing"))

    start.give_a_voice()


def test_g13_without_a_machine_voice_the_demo_starts_and_says_so(tmp_path, monkeypatch):
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "git", "env"):  # and no engine
        if found := shutil.which(tool):
            (tools / tool).symlink_to(found)
    monkeypatch.setenv("PATH", str(tools))
    server = Server(tmp_path)
    server.start()
    try:
        assert "chưa có giọng đọc của máy" in server.log.read_text()
    finally:
        server.stop()
