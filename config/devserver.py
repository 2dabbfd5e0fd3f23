"""`bin/run`: prepares the database, then keeps the web server and the job worker running until Ctrl-C.

Meant for one machine (trying, demonstrating, developing). Real deployments run the same processes under Docker
or systemd: see docker-compose.yml and docs/operations.md.
"""

from __future__ import annotations

import argparse
import ctypes
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured

from config.database import BASE_DIR, DATABASE, OWNER, RUNTIME, embedded_server, var_dir
from config.postgres import PostgresError

DEFAULT_PORT = 8000
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
START_TIMEOUT = 60  # seconds for the web server to answer
STOP_TIMEOUT = 15  # seconds left to the children for finishing what they are doing
_PR_SET_PDEATHSIG = 1


class StartError(RuntimeError):
    """Something could not start or stay up; the message is for the person at the keyboard (French)."""


class Stop(Exception):
    """Ctrl-C or SIGTERM was received."""


@dataclass(frozen=True)
class Child:
    """A process under supervision and the file its messages go to."""

    label: str
    process: subprocess.Popen[bytes]
    log: Path


def main(arguments: list[str] | None = None) -> int:
    """Run until stopped; returns the exit status (0 after Ctrl-C, 1 when something could not start or died)."""
    options = _options(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_stop)
    try:
        if not _port_is_free(options.host, options.port):
            return _fail(
                f"Le port {options.port} est déjà utilisé par un autre programme. "
                f"Choisissez-en un autre, par exemple : bin/run --port {options.port + 1}"
            )
        with ExitStack() as stack:
            _prepare_database(stack)
            children = stack.enter_context(_children(options.host, options.port))
            _wait_until_ready(children, options.host, options.port)
            _announce(options.host, options.port)
            _watch(children)
    except Stop:
        print("\nCosigne est arrêté.", flush=True)
        return 0
    except (StartError, PostgresError, ImproperlyConfigured) as error:
        return _fail(str(error))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/run", description="Lance Cosigne sur cette machine.", add_help=False)
    parser.add_argument("-h", "--help", action="help", help="affiche cette aide")
    parser.add_argument(
        "--port",
        type=_port,
        default=os.environ.get("PORT") or str(DEFAULT_PORT),
        help=f"port (par défaut {DEFAULT_PORT})",
    )
    parser.add_argument("--host", default="127.0.0.1", help="adresse d'écoute (0.0.0.0 pour ouvrir au réseau)")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"« {text} » n'est pas un numéro de port (de 1 à 65535)")
    return int(text)


def _raise_stop(number: int, frame: FrameType | None) -> NoReturn:
    for later in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(later, signal.SIG_IGN)  # one request is enough: do not interrupt the clean stop
    raise Stop


def _fail(message: str) -> int:
    print(f"\n{message}", file=sys.stderr, flush=True)
    return 1


def _port_is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise StartError(f"Le port {port} est réservé à l'administrateur : essayez bin/run --port 8000") from error
        except OSError:
            return False
    return True


# --- Database ---------------------------------------------------------------------------------------------------------


def _prepare_database(stack: ExitStack) -> None:
    """Start the embedded server (unless DATABASE_URL is set), migrate, load the reference and demo data if absent."""
    server = embedded_server()
    if server:
        from config.provision import provision

        stack.enter_context(server.in_use())
        provision(server.conninfo(), database=DATABASE, owner=OWNER, runtime=RUNTIME)

    import django
    from django.conf import settings
    from django.core.management import CommandError, call_command
    from django.db import OperationalError, connections

    django.setup()
    try:
        connections["owner"].ensure_connection()
    except OperationalError as error:
        raise StartError(f"La base indiquée par DATABASE_URL ne répond pas : {error}") from error
    _say("Préparation de la base de données…")
    try:
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        call_command("load_reference", if_empty=True, stdout=io.StringIO())
        call_command("load_models", stdout=io.StringIO())
        if settings.COSIGNE_DEMO:
            call_command("load_demo", if_empty=True, stdout=io.StringIO())
    except CommandError as error:
        raise StartError(f"La base de données n'a pas pu être préparée : {error}") from error
    connections.close_all()


# --- Processes --------------------------------------------------------------------------------------------------------


@contextmanager
def _children(host: str, port: int) -> Iterator[list[Child]]:
    environment = os.environ.copy()
    if host not in LOOPBACK:
        environment.setdefault("ALLOWED_HOSTS", "*")  # opened to the network on purpose, under names unknown here
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    web = ["gunicorn", "config.wsgi", f"--bind={address}", "--workers=2", "--worker-class=gthread", "--threads=4"]
    web += ["--timeout=120", f"--graceful-timeout={STOP_TIMEOUT - 5}", "--no-control-socket", "--error-logfile=-"]
    worker = ["manage.py", "procrastinate", "worker", f"--shutdown-graceful-timeout={STOP_TIMEOUT - 5}"]
    children: list[Child] = []
    try:
        children.append(_start("le serveur web", ["-m", *web], "web.log", environment))
        children.append(_start("le traitement des tâches", worker, "worker.log", environment))
        yield children
    finally:
        _stop(children)


def _start(label: str, arguments: list[str], log_name: str, environment: dict[str, str]) -> Child:
    log = var_dir() / "log" / log_name
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")  # each run starts its own journal
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches this supervisor alone, which then stops its children in order
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    return Child(label, process, log)


def _die_with_parent() -> None:
    """Ask Linux to end this process if the supervisor is killed outright, so that its port and database are freed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(children: list[Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT
    for child in children:
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.process.pid, signal.SIGKILL)  # its own session, hence its own group
            child.process.wait()


def _wait_until_ready(children: list[Child], host: str, port: int) -> None:
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        _check_alive(children)
        try:
            socket.create_connection((target, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise StartError(f"Le serveur web ne répond pas après {START_TIMEOUT} secondes. Son journal : {children[0].log}")


def _watch(children: list[Child]) -> NoReturn:
    while True:
        time.sleep(0.5)
        _check_alive(children)


def _check_alive(children: list[Child]) -> None:
    for child in children:
        status = child.process.poll()
        if status is not None:
            tail = "\n".join(child.log.read_text(errors="replace").splitlines()[-20:])
            raise StartError(
                f"{child.label.capitalize()} s'est arrêté (code {status}) : Cosigne s'arrête aussi.\n"
                f"Fin de son journal ({child.log}) :\n{tail}"
            )


# --- Messages ---------------------------------------------------------------------------------------------------------


def _announce(host: str, port: int) -> None:
    shown = "localhost" if host in LOOPBACK else host
    _say(f"\nCosigne est prêt : http://{shown}:{port}/")
    accounts = subprocess.run(
        [sys.executable, "manage.py", "demo_accounts"],
        cwd=BASE_DIR,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if accounts.returncode == 0 and accounts.stdout.strip():
        _say("Comptes de démonstration :")
        for line in accounts.stdout.strip().splitlines():
            _say(f"  {line}")
    _say("Ctrl-C pour arrêter. Journaux : var/log/.")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
