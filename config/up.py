"""`./dev up`: everything running at http://localhost:8000 with the demo's people in it, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import sys
import time
from urllib.parse import urlsplit

from config.demo.cast import settle
from config.embedded import place
from config.house import ROOT, STAFF_ADDRESS, House, Plan, answers, interruptible, kept_secret
from config.processes import ProcessEnded

PORT = 8000
ORIGIN = "localhost:8000/log"
VAR = ROOT / "var/up"


def running_environment() -> dict[str, str] | None:
    """Return the environment of the house that runs now; `None` if none does."""
    file = VAR / "environment.json"
    if not file.exists():
        return None
    found: dict[str, str] = json.loads(file.read_text())
    port = urlsplit(found["COUNTENANCE_PUBLIC_URL"]).port
    return found if port and answers(port, "/healthz") else None


def main() -> None:
    """Start the house, let the people move in, print where everything is, wait."""
    parser = argparse.ArgumentParser(prog="./dev up", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="forget everything of earlier runs first")
    parser.add_argument("--port", type=int, default=PORT, help=f"where to listen on the loopback ({PORT})")
    given = parser.parse_args()
    refuse_if_taken(given.port)
    if given.fresh:
        forget()
    VAR.mkdir(parents=True, exist_ok=True)
    password = kept_secret(VAR / "staff-password", 12)
    house = House(Plan(var=VAR, origin=ORIGIN, port=given.port, host="localhost", staff_password=password), say)
    try:
        with interruptible(), house:
            keep(house, password)
    except KeyboardInterrupt:
        say("stopped; what was recorded is kept in var/up (--fresh forgets it)")
    except ProcessEnded as ended:
        sys.exit(str(ended))
    finally:
        (VAR / "environment.json").unlink(missing_ok=True)


def keep(house: House, password: str) -> None:
    """Serve until interrupted; raise `ProcessEnded` if any part ends."""
    file = VAR / "environment.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(house.environment))
    people = settle(house.url, VAR / "people.json", say)
    print(addresses(house, password, people), flush=True)  # noqa: T201 - what the command is for
    while True:
        house.processes.check()
        time.sleep(0.5)


def addresses(house: House, password: str, people: dict[str, dict[str, str]]) -> str:
    """Say where everything is, and who may log in."""
    tokens = "\n".join(f"    {name:6} {person['role']:42} {person['token']}" for name, person in people.items())
    return f"""
  Countenance runs.

    start here      {house.url}/
    API             {house.url}/v1/openapi.json
    log             {house.url}/log/checkpoint     (origin {house.plan.origin})
    staff pages     {house.url}/console/   {STAFF_ADDRESS}, password {password}; asks for a second factor first
    portal          {house.url}/account/signup/   its e-mails are written to {VAR.relative_to(ROOT)}/logs/worker.log
    renderer        {house.renderer_url}/healthz   (not a generative model)

  Development tokens (Authorization: Bearer …)
{tokens}

  Records in {VAR.relative_to(ROOT)}, logs in {(VAR / "logs").relative_to(ROOT)}. Ctrl-C stops everything.
"""


def refuse_if_taken(port: int) -> None:
    """End with a clear message if something listens on the port already, or another house has the records open."""
    if running_environment() is not None:
        sys.exit("Another `./dev up` is running on these records. Stop it first.")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            sys.exit(f"Something listens on 127.0.0.1:{port} already. Stop it, or choose another with --port.")


def forget() -> None:
    """Remove the records of earlier runs."""
    shutil.rmtree(place(VAR / "postgres"), ignore_errors=True)
    shutil.rmtree(VAR, ignore_errors=True)


def say(line: str) -> None:
    """Report progress."""
    print(f"  {line} …" if "stopped" not in line else f"\n  {line}", flush=True)  # noqa: T201 - what the command is for


if __name__ == "__main__":
    main()
