"""The command `countenance-monitor`: follow a published log like a stranger, and say what broke.

Exit codes: 0 all held (with --once), 1 something broke, 2 unreadable input or state, 3 nothing could be learned for a
while. What broke stays in the state file, and every further run ends with it, until a person removes that file; only a
log that is merely stale or silent may recover.
"""

import argparse
import sqlite3
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .findings import FALSE, GOOD, UNCHECKED, UNREADABLE, NotTrue, Unreadable
from .inputs import demanded
from .logformat import LogKey
from .memory import Memory
from .policy import Policy
from .tiles import Unreachable, reader
from .watch import Stale, Watch

INTERVAL = 2.0
PATIENCE = 30.0  # seconds for which a silent server is asked again


@dataclass(frozen=True)
class Pace:
    """How often to look, within how many seconds to have read every file again, and how long to bear silence."""

    interval: float = INTERVAL
    full_seconds: float = 60.0
    patience: float = PATIENCE
    once: bool = False


def follow(
    location: str,
    state: Path,
    keys: Sequence[LogKey],
    policies: Sequence[Policy] = (),
    *,
    max_age: float | None = None,
    pace: Pace | None = None,
) -> int:
    """Follow the log until something breaks; return the exit code. Writes what it finds to stderr.

    `max_age` is how many seconds old the needed cosignatures may be; `None` asks for no age. Raises `Unreadable` for a
    state that is none, or one of another log.
    """
    memory = Memory(state)
    try:
        watch = Watch(reader(location), memory, keys, policies, max_age=max_age, folder=_folder(location), state=state)
        return _rounds(watch, pace or Pace())
    except sqlite3.Error as error:
        raise Unreadable(f"the state {state}: {error}") from error
    finally:
        memory.close()


def _rounds(watch: Watch, pace: Pace) -> int:
    silent_since: float | None = None
    before = time.monotonic() - pace.full_seconds
    while True:
        began = time.monotonic()
        try:
            signed = watch.round(
                now=time.time(), share=1.0 if pace.once else 1.25 * (began - before) / pace.full_seconds
            )
        except Unreachable as why:
            silent_since = silent_since or began
            if pace.once or began - silent_since > pace.patience:
                return _say(f"NOT CHECKED {why}", UNCHECKED)
            _say(f"silent: {why}", UNCHECKED)
        except Stale as why:
            return _say(f"STALE {why}", FALSE)
        except NotTrue as why:
            return _say(f"BROKEN {why}", FALSE)
        else:
            silent_since, before = None, began
            if pace.once:
                return _say(f"everything holds at size {signed.size}", GOOD)
        time.sleep(max(0.0, pace.interval - (time.monotonic() - began)))


def _say(text: str, code: int) -> int:
    printable = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    print(printable, file=sys.stderr, flush=True)  # noqa: T201 - a command line program speaks
    return code


def _folder(location: str) -> Path | None:
    return None if location.startswith(("http://", "https://")) else Path(location)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; `None` takes the arguments of the process."""
    options = _parser().parse_args(arguments)
    pace = Pace(options.interval, options.full_seconds, options.patience, options.once)
    try:
        keys, policies = demanded(options)
        return follow(options.location, options.state, keys, policies, max_age=options.max_age, pace=pace)
    except Unreadable as why:
        return _say(f"unreadable: {why}", UNREADABLE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="countenance-monitor", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("location", help="the published log: a folder, or an http(s) address")
    parser.add_argument("--state", type=Path, required=True, help="the monitor's own file; removing it forgets a break")
    parser.add_argument("--vkey", action="append", default=[], help="the log's verifier key, from where you trust it")
    parser.add_argument("--witness-vkey", action="append", default=[], help="a witness that must have cosigned")
    parser.add_argument("--quorum", type=int, metavar="K", help="so many of the given witnesses are enough")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="a C2SP tlog-policy that must be met")
    text = "a statement that a key was stolen; may be repeated"
    parser.add_argument("--compromised", type=Path, action="append", default=[], metavar="FILE", help=text)
    parser.add_argument("--max-age", type=float, metavar="SECONDS", help="how old the needed cosignatures may be")
    parser.add_argument("--interval", type=float, default=INTERVAL, metavar="SECONDS", help="between two rounds")
    parser.add_argument("--full-seconds", type=float, default=60.0, metavar="SECONDS", help="to read every file again")
    parser.add_argument("--patience", type=float, default=PATIENCE, metavar="SECONDS", help="to bear a silent server")
    parser.add_argument("--once", action="store_true", help="one round that reads every file, then end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
