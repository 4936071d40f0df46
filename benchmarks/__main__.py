"""`./dev bench [NAME …] [--json]`: run the benchmarks in a throw-away house, durable settings on."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from benchmarks.pairing import Figure, NotPinned
from config.embedded import Postgres

NAMES = ("append", "policy")


def main() -> int:
    """Print the tables; exit 1 if a goal is missed, 3 if a comparison could not be made."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--json", action="store_true", help="print one JSON list instead of tables")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="countenance-bench-") as folder:
        base = Path(folder)
        base.chmod(0o755)  # PostgreSQL's unprivileged user must be able to enter it
        postgres = Postgres(base / "pg").start()
        try:
            prepare(base, postgres.make_database("bench"))
            return measure(given.names or list(NAMES), as_json=given.json)
        finally:
            postgres.stop()


def prepare(base: Path, url: str) -> None:
    """Point Django at the throw-away database and make keys and tables."""
    os.environ |= {"COUNTENANCE_ENV": "development", "COUNTENANCE_SECRET_KEY": "only for benchmarks"}
    os.environ |= {"COUNTENANCE_VAR": str(base), "DATABASE_URL": url, "BROKER_URL": "memory://"}
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "COUNTENANCE_LOG_LEVEL": "WARNING"}
    import django

    django.setup()
    from django.core.management import call_command

    call_command("prepare", permit_keys=base / "permit-keys.json")


def measure(names: list[str], *, as_json: bool) -> int:
    """Run the named benchmarks in order; one that cannot conclude says so and the others go on."""
    found: list[Figure] = []
    inconclusive = 0
    for name in names:
        module: ModuleType = importlib.import_module(f"benchmarks.{name}")
        try:
            figures = module.figures()
        except NotPinned as control:
            print(f"{name}: {control}", file=sys.stderr)
            inconclusive = 3
            continue
        found += figures
        if not as_json:
            print(table(module, figures))
    if as_json:
        print(json.dumps([figure.as_dict() for figure in found], indent=2))
    return 1 if any(not figure.ok for figure in found) else inconclusive


def table(module: ModuleType, figures: list[Figure]) -> str:
    """Lay out one benchmark's figures."""
    lines = [
        f"\n{(module.__doc__ or '').splitlines()[0]}\n",
        f"{'':42}{'value':>10}{'floor':>10}{'ratio':>8}{'goal':>7}",
    ]
    for figure in figures:
        mark = "ok" if figure.ok else "MISSED"
        lines.append(
            f"{figure.name:42}{figure.value:>7.0f} {figure.unit}{figure.floor:>7.0f} {figure.unit}"
            f"{figure.ratio:>8.2f}{figure.goal:>7.1f}  {mark} ({figure.spread})"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
