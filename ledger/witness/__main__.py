"""`python -m ledger.witness`: start a witness on 127.0.0.1 and say where it is and what its verifier key is."""

import argparse
import json
import logging
import signal
import sys
from functools import partial
from pathlib import Path

from ledger import durable, note
from ledger.problem import Problem
from ledger.witness import key
from ledger.witness.judge import Judge
from ledger.witness.memory import Memory
from ledger.witness.server import Server

NAME = "witness.countenance.localhost"


def main() -> None:
    """Serve until SIGTERM or Ctrl-C. The first line on standard output is {"url", "vkey"}."""
    options = _options().parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=options.log_level)
    try:
        logs = partial(_logs, options.log_vkey, options.log_vkeys)
        logs()  # raises if it would raise at each submission
        judge = Judge(_key(options.key, options.state, options.name), Memory(options.state), logs)
    except (Problem, ValueError, OSError) as error:
        sys.exit(f"The witness does not start: {error}")
    durable.replace(options.key.with_suffix(".vkey"), f"{judge.key.vkey()}\n".encode())  # public; for whoever asks us
    server = Server(options.port, judge)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    url = f"http://127.0.0.1:{server.server_address[1]}"
    print(json.dumps({"url": url, "vkey": judge.key.vkey()}), flush=True)  # noqa: T201 - whoever started us reads it
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        sys.exit(0)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ledger.witness", description="A C2SP tlog-witness for a few logs.")
    parser.add_argument("--state", type=Path, required=True, help="SQLite file: what was cosigned, who was caught")
    parser.add_argument("--key", type=Path, required=True, help="our key, made at the first start; mode 0600")
    parser.add_argument("--log-vkey", action="append", default=[], help="a log's verifier key; may be repeated")
    text = "file of verifier keys, one a line; read again at each submission, so that a log can rotate its key"
    parser.add_argument("--log-vkeys", type=Path, help=text)
    parser.add_argument("--port", type=int, default=0, help="on the loopback; 0: any free one")
    parser.add_argument("--name", default=NAME, help="our name, used when the key is made")
    parser.add_argument("--log-level", default="WARNING")
    return parser


def _logs(given: list[str], file: Path | None) -> dict[str, list[note.Verifier]]:
    """Return the trusted keys by origin: a log's key bears its origin as its name. `None`: there is no file of them.

    A file that is gone or malformed raises, so that nothing is cosigned until it is put right.
    """
    vkeys = [*given, *(() if file is None else file.read_text().split())]
    logs: dict[str, list[note.Verifier]] = {}
    for verifier in map(note.parse_vkey, vkeys):
        logs.setdefault(verifier.name, []).append(verifier)
    if not logs:
        raise key.KeyUnfit("no log is named: --log-vkey, or --log-vkeys with a file that names one")
    return logs


def _key(path: Path, state: Path, name: str) -> key.WitnessKey:
    """Return our key, made at the first start, and only together with an empty memory.

    A key without its memory would sign a second history in good faith.
    """
    if path.exists() and not state.exists():
        raise key.KeyUnfit(f"{path} has signed, and {state}, where it is written what, is gone. Make a new witness")
    Memory(state).prepare()  # before the key: if we crash in between, there is a memory of nothing and no key
    if not path.exists():
        key.make(path, name)
    return key.load(path)


if __name__ == "__main__":
    main()
