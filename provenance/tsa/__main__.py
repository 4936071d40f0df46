"""`python -m provenance.tsa`: start a time-stamping authority for development, and say loudly that it is one."""

from __future__ import annotations

import argparse
import ipaddress
import json
import logging
import signal
import sys
from pathlib import Path

from provenance.tsa import authority
from provenance.tsa.server import Server

WARNING = (
    "This time-stamping authority is for DEVELOPMENT. Its key lies in a file and its clock is this machine's: "
    "what it stamps proves nothing to anybody else. Production refuses it."
)


def main() -> None:
    """Serve until SIGTERM or Ctrl-C. The first line on standard output is {"url", "roots"}."""
    options = _options().parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=options.log_level)
    try:
        authority.make(options.state)
        server = Server(str(options.host), options.port, authority.load(options.state))
    except (OSError, authority.AuthorityUnfit) as error:
        sys.exit(f"The time-stamping authority does not start: {error}")
    logging.getLogger(__name__).warning(WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    url = f"http://{options.host}:{server.server_address[1]}/"
    found = {"url": url, "roots": str((options.state / authority.ROOT_FILE).absolute())}
    print(json.dumps(found), flush=True)  # noqa: T201 - whoever started us reads it
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        sys.exit(0)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="provenance.tsa", description=WARNING)
    parser.add_argument("--state", type=Path, required=True, help="folder of its key and certificates, made if absent")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--host", type=ipaddress.IPv4Address, default="127.0.0.1", help="the loopback, unless you must")
    parser.add_argument("--log-level", default="WARNING")
    return parser


if __name__ == "__main__":
    main()
