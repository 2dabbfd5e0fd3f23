"""The embedded server lives as long as somebody uses it, wherever the checkout is."""

import os
import subprocess
import sys

import psycopg
import pytest

from config.postgres import PostgresError, Server

HOLD = """
import sys
from pathlib import Path
from config.postgres import Server
with Server(Path(sys.argv[1]), durable=False).in_use():
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def directory(tmp_path):
    # pytest's own directories are closed to others; a root user's server runs under another account.
    for path in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        path.chmod(path.stat().st_mode | 0o011)
    return tmp_path


def test_the_last_user_to_leave_stops_the_server(directory, settings):
    server = Server(directory / "data", durable=False)
    with server.in_use():
        other = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(server.data_dir)],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert other.stdout.readline() == b"ready\n"
    assert server.answers(), "the other process still uses it"
    other.communicate(b"")
    assert other.returncode == 0
    assert not server.answers()


def test_a_long_path_with_spaces_and_a_stale_pid_file(directory):
    server = Server(directory / ("un dossier " * 12).strip() / "data", durable=False)
    assert server.socket_dir != server.data_dir
    with server.in_use(), psycopg.connect(**server.conninfo()) as connection:
        assert connection.execute("SELECT upper('é')").fetchone() == ("É",)
    # As after a power cut: the number written there now belongs to a living process that is no PostgreSQL.
    (server.data_dir / "postmaster.pid").write_text(
        f"{os.getpid()}\n{server.data_dir}\n0\n5432\n{server.socket_dir}\n\n0 0\nready\n"
    )
    with server.in_use():
        assert server.answers()


def test_data_of_another_version_is_left_alone_and_named(directory):
    data = directory / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("15\n")
    with pytest.raises(PostgresError, match="PostgreSQL 15"), Server(data).in_use():
        pass
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]
