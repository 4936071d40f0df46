"""Everything that has to run, started in order and stopped in reverse: one house on one machine.

PostgreSQL, Valkey        unless DATABASE_URL and BROKER_URL name servers of one's own
reference renderer        a separate program: no database, no keys of ours, its own state folder
tsa                       a separate program: no database, its own key; gives the time for development, unless
                          PROVENANCE_TSA_URL names another
witness                   a separate program: no database, its own key and memory; cosigns the log
sequencer, publisher      the log's two writers
follower                  carries consequences from left to right
worker                    Celery with beat
web                       gunicorn
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from config.embedded import Postgres, Valkey, run_as
from config.processes import Processes

ROOT = Path(__file__).resolve().parent.parent
MODEL = "countenance-reference"
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STAFF_ADDRESS = "staff@localhost.localdomain"  # what the staff of a development house log in with
ALONE = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
ALONE |= {"PYTHONDONTWRITEBYTECODE": "1"}  # all that a program which is not ours is told of its surroundings
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a house stands. `port=0` takes any free one; `origin` is the name under which its log signs.

    host: how people's browsers call this machine; browsers make passkeys for a name only, never for an address
    """

    var: Path
    origin: str
    port: int = 0
    host: str = "127.0.0.1"
    staff_password: str | None = None
    renderer_options: tuple[str, ...] = ()


class House:
    """A running house; use it as a context manager, so that nothing outlives it."""

    def __init__(self, plan: Plan, say: Say = lambda _line: None) -> None:
        self.plan, self.say = plan, say
        self.port = plan.port or free_port()
        self.renderer_port, self.witness_port, self.tsa_port = free_port(), free_port(), free_port()
        self.url = f"http://{plan.host}:{self.port}"
        self.renderer_url = f"http://127.0.0.1:{self.renderer_port}"
        self.processes = Processes(plan.var / "logs")
        self.servers: list[Postgres | Valkey] = []
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start all of it; raise, with the end of the log concerned, if any part does not come up."""
        self.plan.var.mkdir(parents=True, exist_ok=True)
        self.environment = self._environment()
        self.say("database and broker")
        self._start_servers()
        self.say("keys, certificates, tables")
        permit_keys = self._prepare()
        self.say("render service")
        self._start_renderer(permit_keys)
        self.say("witness")
        self._start_witness()
        self.say("time-stamping authority (development)")
        self._start_tsa()
        self.say("web, worker, sequencer, publisher, follower")
        self._start_processes()

    def stop(self) -> None:
        """Stop everything that was started, in reverse."""
        self.processes.stop()
        while self.servers:
            self.servers.pop().stop()

    def run_once(self, arguments: list[str]) -> int:
        """Run one of Django's commands with the database and broker up for its time; return its exit status."""
        try:
            self.plan.var.mkdir(parents=True, exist_ok=True)
            self.environment = self._environment()
            self._start_servers()
            self._prepare()
            command = [sys.executable, str(ROOT / "manage.py"), *arguments]
            return subprocess.run(command, env=self.environment, cwd=ROOT, check=False).returncode
        finally:
            self.stop()

    def manage(self, *arguments: str) -> str:
        """Run one of Django's commands in this house; return what it printed."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"manage.py {arguments[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        token = kept_secret(self.plan.var / "renderer-token", 32)
        renderer = {"name": "reference", "url": self.renderer_url, "token": token, "model": MODEL}
        renderer["sealing_key"] = str(self.plan.var / "renderer" / "sealing-key.hex")
        ours = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "COUNTENANCE_ENV": "development",
            "COUNTENANCE_VAR": str(self.plan.var),
            "COUNTENANCE_PUBLIC_URL": self.url,
            "COUNTENANCE_SECRET_KEY": "development " + kept_secret(self.plan.var / "secret-key", 40),
            "LEDGER_ORIGIN": self.plan.origin,
            "GPU_RENDERERS": json.dumps([renderer]),
            "PYTHONUNBUFFERED": "1",
        }
        folders = {"LEDGER_KEYS_DIR", "LEDGER_PUBLIC_DIR", "LEDGER_VAULT_DIR", "LEDGER_CHECKPOINT_STORE"}
        folders |= {"MEDIA_ROOT", "GPU_RESULTS_DIR", "PROVENANCE_CLAIM_DIR"}
        kept = {name: value for name, value in os.environ.items() if name not in folders}  # below `var`, all of them
        return kept | ours

    def _start_servers(self) -> None:
        if "DATABASE_URL" not in os.environ:
            postgres = Postgres(self.plan.var / "postgres")
            self.servers.append(postgres)
            self.environment["DATABASE_URL"] = postgres.start().make_database("countenance")
        if "BROKER_URL" not in os.environ:
            valkey = Valkey(self.plan.var / "valkey")
            self.servers.append(valkey)
            self.environment["BROKER_URL"] = valkey.start().url

    def _prepare(self) -> Path:
        permit_keys = self.plan.var / "permit-keys.json"
        staff = ("--staff-password", self.plan.staff_password) if self.plan.staff_password else ()
        self.manage("prepare", "--permit-keys", str(permit_keys), "--log-vkey", str(self._log_vkey), *staff)
        return permit_keys

    @property
    def _log_vkey(self) -> Path:
        return self.plan.var / "log.vkey"

    def witnesses(self) -> list[dict[str, str]]:
        """Return name, verifier key and address of each witness of this house."""
        found: list[dict[str, str]] = json.loads(self.environment["LEDGER_WITNESSES"])
        return found

    def _start_renderer(self, permit_keys: Path) -> None:
        state = self.plan.var / "renderer"
        who = own_folder(state)
        token = kept_secret(self.plan.var / "renderer-token", 32)
        options = {"--port": self.renderer_port, "--state": state, "--permit-keys": permit_keys}
        options |= {"--countenance": self.url}
        command = [sys.executable, "-m", "gpu_client.reference_renderer"]
        command += [str(part) for pair in options.items() for part in pair] + list(self.plan.renderer_options)
        alone = ALONE | {"COUNTENANCE_RENDERER_TOKEN": token}
        self.processes.spawn("renderer", command, alone, cwd=ROOT, **who)
        self.processes.wait_for("renderer", lambda: answers(self.renderer_port, "/healthz"))

    def _start_witness(self) -> None:
        """Start the witness, and name it to every process that is started from here on."""
        state = self.plan.var / "witness"
        who = own_folder(state)
        options = {"--port": self.witness_port, "--state": state / "memory.sqlite3", "--key": state / "key.json"}
        options |= {"--log-vkeys": self._log_vkey}
        command = [sys.executable, "-m", "ledger.witness", *(str(part) for pair in options.items() for part in pair)]
        self.processes.spawn("witness", command, ALONE, cwd=ROOT, **who)
        self.processes.wait_for("witness", lambda: answers(self.witness_port, "/healthz"))
        vkey = (state / "key.vkey").read_text().strip()
        witness = {"name": vkey.partition("+")[0], "vkey": vkey, "url": f"http://127.0.0.1:{self.witness_port}"}
        self.environment |= {"LEDGER_WITNESSES": json.dumps([witness]), "LEDGER_WITNESS_QUORUM": "1"}

    def _start_tsa(self) -> None:
        """Start the authority for the time, and name it to every process that is started from here on."""
        if self.environment.get("PROVENANCE_TSA_URL"):
            return  # one of one's own
        state = self.plan.var / "tsa"
        who = own_folder(state)
        command = [sys.executable, "-m", "provenance.tsa", "--port", str(self.tsa_port), "--state", str(state)]
        self.processes.spawn("tsa", command, ALONE, cwd=ROOT, **who)
        self.processes.wait_for("tsa", lambda: answers(self.tsa_port, "/healthz"))
        roots = self.plan.var / "tsa-root.pem"  # a copy: the folder is that program's alone
        roots.write_bytes((state / "tsa-root.pem").read_bytes())
        url = f"http://127.0.0.1:{self.tsa_port}/"
        self.environment |= {"PROVENANCE_TSA_URL": url, "PROVENANCE_TSA_ROOTS": str(roots)}

    def _start_processes(self) -> None:
        manage = [sys.executable, str(ROOT / "manage.py")]
        for name in ("ledger_sequencer", "ledger_publisher", "ledger_follow"):
            self.processes.spawn(name, [*manage, name], self.environment, cwd=ROOT)
        celery = [sys.executable, "-m", "celery", "-A", "config", "worker", "--beat", "--concurrency", "2"]
        celery += ["--without-gossip", "--without-mingle"]
        self.processes.spawn("worker", [*celery, "--loglevel", "INFO"], self.environment, cwd=ROOT)
        gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}"]
        gunicorn += [
            "--preload",
            "--worker-class",
            "config.worker.Worker",
            "--workers",
            "2",
            "--threads",
            "16",
            "--graceful-timeout",
            "3",
        ]
        self.processes.spawn("web", gunicorn, self.environment, cwd=ROOT)
        self.processes.wait_for("web", lambda: answers(self.port, "/healthz"))


def own_folder(state: Path) -> dict[str, Any]:
    """Make the state folder of a program that stands apart from us; return who it runs as."""
    state.mkdir(mode=0o700, exist_ok=True)
    who = unprivileged_user()
    if who:
        os.chown(state, who["user"], who["group"])
    return who


def unprivileged_user() -> dict[str, Any]:
    """Return who render service and witness run as: nobody, if we are root and `nobody` can run our Python.

    As an ordinary user we cannot give it another one; then only its empty environment keeps it from our database.
    """
    if not run_as():
        return {}
    import pwd

    user = pwd.getpwnam("nobody")
    who: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        probe = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); import gpu_client.sealing"]
        subprocess.run(probe, check=True, capture_output=True, cwd="/", env={"PATH": "/usr/bin:/bin"}, **who)
        return who
    return {}


def kept_secret(file: Path, size: int) -> str:
    """Return the secret in a file of mode 0600, made on first use."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(size))
    return file.read_text()


def free_port() -> int:
    """Return a TCP port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str) -> bool:
    """Tell whether a server on the loopback answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Turn every polite signal into KeyboardInterrupt, so that every way of being stopped unwinds the same way.

    SIGINT too: a shell starts background jobs with it ignored, and Python then leaves it so.
    """

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
