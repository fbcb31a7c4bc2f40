"""What the running program makes is nobody else's on its machine, and what an earlier version left open is closed."""

import stat

from tests.served import serving


def open_to_others(folder) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.name != "server.log" and path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]


def test_nobody_else_reads_the_database_of_a_running_server(sqlite_url, tmp_path):
    path = tmp_path / sqlite_url.rpartition("/")[2]
    assert path.exists()
    path.chmod(0o644)

    with serving(sqlite_url, tmp_path) as served:
        made = tmp_path / "made-here"
        made.touch()  # mutation check: the reader of this test sees what is open
        made.chmod(0o644)
        assert served.get("/vi/sign-in").status_code == 200
        assert open_to_others(tmp_path) == ["made-here"]
