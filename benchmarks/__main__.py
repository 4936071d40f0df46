"""`./dev bench [NAME …] [--full] [--json]`: run the benchmarks in a throw-away house, durable settings on."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from benchmarks.pairing import Figure, NotPinned
from config.embedded import Postgres

NAMES = (
    "api",
    "append",
    "cascade",
    "decide",
    "fsck",
    "home",
    "memory",
    "play",
    "policy",
    "prove",
    "recover",
    "screen",
    "sequence",
    "sight",
    "stamp",
    "verify",
)


def main() -> int:
    """Print the tables; exit 1 if a goal is missed, 3 if a comparison could not be made."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--json", action="store_true", help="print one JSON list instead of tables")
    parser.add_argument("--full", action="store_true", help="build the big logs as well; takes minutes")
    given = parser.parse_args()
    names = given.names or list(NAMES)
    if len(names) > 1:
        return apart(names, full=given.full, as_json=given.json)
    with tempfile.TemporaryDirectory(prefix="countenance-bench-") as folder:
        base = Path(folder)
        base.chmod(0o755)  # PostgreSQL's unprivileged user must be able to enter it
        postgres = Postgres(base / "pg").start()
        try:
            prepare(base, postgres.make_database("bench"))
            return measure(names[0], full=given.full, as_json=given.json)
        finally:
            postgres.stop()


def apart(names: list[str], *, full: bool, as_json: bool) -> int:
    """Run each benchmark in a process and a house of its own: none is pinned or filled by the one before it."""
    found, codes = [], []
    options = [*(["--full"] if full else []), *(["--json"] if as_json else [])]
    for name in names:
        command = [sys.executable, "-m", "benchmarks", name, *options]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE if as_json else None)
        codes.append(done.returncode)
        found += json.loads(done.stdout or b"[]") if as_json else []
    if as_json:
        print(json.dumps(found, indent=2))
    return 1 if 1 in codes else max(codes)


def prepare(base: Path, url: str) -> None:
    """Point Django at the throw-away database and make keys and tables."""
    os.environ |= {"COUNTENANCE_ENV": "development", "COUNTENANCE_SECRET_KEY": "only for benchmarks"}
    os.environ |= {"COUNTENANCE_VAR": str(base), "DATABASE_URL": url, "BROKER_URL": "memory://"}
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "COUNTENANCE_LOG_LEVEL": "WARNING"}
    import django

    django.setup()
    from django.core.management import call_command

    call_command("prepare", permit_keys=base / "permit-keys.json")


def measure(name: str, *, full: bool, as_json: bool) -> int:
    """Run one benchmark; one that cannot conclude says so."""
    module: ModuleType = importlib.import_module(f"benchmarks.{name}")
    try:
        figures: list[Figure] = module.figures(full=full)
    except NotPinned as control:
        print(f"{name}: {control}", file=sys.stderr)
        return 3
    print(json.dumps([figure.as_dict() for figure in figures], indent=2) if as_json else table(module, figures))
    return 0 if all(figure.ok for figure in figures) else 1


def table(module: ModuleType, figures: list[Figure]) -> str:
    """Lay out one benchmark's figures."""
    lines = [
        f"\n{(module.__doc__ or '').splitlines()[0]}\n",
        f"{'':50}{'value':>16}{'floor':>14}{'ratio':>8}{'goal':>12}",
    ]
    return "\n".join([*lines, *(figure.line for figure in figures)])


if __name__ == "__main__":
    sys.exit(main())
