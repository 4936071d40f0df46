"""`python -m gpu_client.reference_renderer`: start the service on 127.0.0.1 and tell where it is."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gpu_client.reference_renderer import film
from gpu_client.reference_renderer.misbehaviour import MODES, MisbehavingHandler, shoot_for
from gpu_client.reference_renderer.redeem import redeem
from gpu_client.reference_renderer.renders import Renders
from gpu_client.reference_renderer.server import Handler, Service, make_server

KEY_SIZE = 32  # bytes, Ed25519


def main() -> None:
    """Serve until SIGTERM or Ctrl-C. The first line on standard output is {"url", "sealing_key"}."""
    options = _options().parse_args()
    if not options.token:
        sys.exit("A service token is needed: --token, or COUNTENANCE_RENDERER_TOKEN.")
    if options.misbehave:
        warning = f"!!! THIS RENDERER MISBEHAVES ON PURPOSE ({options.misbehave}: {MODES[options.misbehave]}) !!!"
        print(warning, file=sys.stderr, flush=True)  # noqa: T201 - a fake shouts
    options.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = X25519PrivateKey.generate()  # new at each start: what was sealed for an earlier one can never be opened
    public = key.public_key().public_bytes_raw().hex()
    _publish(options.state / "sealing-key.hex", public)
    renders = Renders(
        options.state / "renders",
        lambda permit, give_up: redeem(options.countenance, token=options.token, permit=permit, give_up=give_up),
        shoot_for(options.misbehave) if options.misbehave else film.shoot,
    )
    renders.start(options.workers)
    service = Service(
        renders, _keys(options.permit_keys), key, options.client_token or options.token, options.misbehave
    )
    server = make_server(options.port, service, MisbehavingHandler if options.misbehave else Handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    url = f"http://127.0.0.1:{server.server_address[1]}"
    print(json.dumps({"url": url, "sealing_key": public}), flush=True)  # noqa: T201 - whoever started us reads it
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        sys.exit(0)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gpu_client.reference_renderer", description="Not a generative model.")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--state", type=Path, required=True, help="our own folder")
    parser.add_argument(
        "--permit-keys", type=Path, required=True, help="JSON file: key id to Ed25519 public key in hex"
    )
    parser.add_argument("--countenance", required=True, help="address where permits are redeemed")
    parser.add_argument("--token", default=os.environ.get("COUNTENANCE_RENDERER_TOKEN", ""), help="ours, for redeeming")
    parser.add_argument("--client-token", default="", help="what callers must show; default: the same token")
    parser.add_argument("--workers", type=int, default=1, help="renders at a time")
    parser.add_argument("--misbehave", choices=sorted(MODES), help="tests only")
    return parser


def _keys(path: Path) -> dict[str, bytes]:
    """Read the permit keys. A service that knows no key can check no permit, so it does not start."""
    keys = {key_id: bytes.fromhex(public) for key_id, public in json.loads(path.read_bytes()).items()}
    if not keys or any(len(public) != KEY_SIZE for public in keys.values()):
        sys.exit(f"{path} must map at least one key id to 64 hex digits.")
    return keys


def _publish(path: Path, text: str) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_text(text + "\n")
    temporary.replace(path)


if __name__ == "__main__":
    main()
