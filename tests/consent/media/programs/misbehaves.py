"""Does one thing, named by arguments["how"], that a program in the sandbox must not manage to do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

Answer = dict[str, Any]


def main(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    """Misbehave."""
    return WAYS[arguments["how"]](source, arguments, output)


def look(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    """Not wrong: say what can be seen."""
    return {
        "environment": sorted(os.environ),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())) - 1,  # one of them reads this list
        "interfaces": [line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]],
        "folder": os.getcwd(),  # noqa: PTH109 - as text
        "umask": os.umask(0),
        "session": os.getsid(0) == os.getpid(),
        "read": source.read().decode(),
        "arguments": arguments,
        "writable": output is not None,
    }


def print_(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    """Print on what libraries think is the standard output."""
    print('{"network": "forged"}', flush=True)  # noqa: T201 - the point
    return {"network": "forged", "heard": True}


def hoard(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    return {"bytes": len(bytearray(4 << 30))}


def spin(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    while True:
        pass


def sleep(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    """Sleep for long, and leave a mark if nobody stops it."""
    time.sleep(arguments.get("seconds", 60))
    if output is not None:
        output.write(b"awake")
    return {}


def flood(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    return {"flood": "x" * (8 << 20)}


def chatter(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    """Say far more on the error pipe than is kept."""
    for _ in range(4096):
        sys.stderr.write("x" * 1024)
    return {"done": True}


def garble(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    return [1, 2]  # type: ignore[return-value] # the point


def vanish(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    os._exit(0)


def fail(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    raise RuntimeError("the program broke")


def crash(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    os.kill(os.getpid(), signal.SIGSEGV)
    return {}


def dial(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    """Reach a port of this machine, by TCP and by UDP, and a path of this machine's file system by a Unix socket."""
    there = ("127.0.0.1", arguments["port"])
    tries: dict[str, Callable[[], object]] = {
        "tcp": lambda: socket.create_connection(there, timeout=1),
        "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", there),
        "unix": lambda: socket.socket(socket.AF_UNIX).connect(arguments["unix"]),
    }
    return {name: attempted(attempt) for name, attempt in tries.items()}


def write(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    """Create, overwrite, remove, rename and change files in a folder that anybody may write to."""
    folder = Path(arguments["folder"])
    there = folder / "there"
    tries: dict[str, Callable[[], object]] = {
        "create": lambda: (folder / "new").write_bytes(b"x"),
        "empty": (folder / "empty").touch,
        "overwrite": lambda: there.write_bytes(b"x"),
        "truncate": lambda: os.truncate(there, 0),
        "remove": there.unlink,
        "rename": lambda: there.rename(folder / "elsewhere"),
        "mode": lambda: there.chmod(0o777),
        "folder": (folder / "sub").mkdir,
        "link": lambda: (folder / "link").symlink_to("/etc/passwd"),
    }
    return {name: attempted(attempt) for name, attempt in tries.items()}


def pry(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    """Read what is none of its business."""
    tries: dict[str, Callable[[], object]] = {
        "secret": lambda: Path(arguments["secret"]).read_bytes(),
        "list": lambda: list(Path(arguments["secret"]).parent.iterdir()),
        "environment": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
        "again": lambda: Path(f"/proc/self/fd/{source.fileno()}").read_bytes(),
    }
    return {name: attempted(attempt) for name, attempt in tries.items()}


def spawn(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    tries: dict[str, Callable[[], object]] = {
        "fork": os.fork,
        "program": lambda: subprocess.run(["/bin/true"], check=True),
        "kill": lambda: os.kill(os.getppid(), 0),
    }
    return {name: attempted(attempt) for name, attempt in tries.items()}


def thread(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    heard: list[int] = []
    helper = threading.Thread(target=heard.append, args=[1])
    helper.start()
    helper.join()
    return {"heard": heard}


def fill(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    """Write as many bytes to the output as are asked for."""
    assert output is not None
    output.write(b"y" * arguments["bytes"])
    return {"written": arguments["bytes"]}


def spy(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    """Look into the child that runs beside this one, and into whoever forked both."""
    found: Answer = {}
    for name, pid in (("beside", arguments["beside"]), ("above", os.getppid())):
        tries: dict[str, Callable[[], object]] = {
            "files": lambda pid=pid: [one.readlink() for one in Path(f"/proc/{pid}/fd").iterdir()],  # type: ignore[misc]
            "memory": lambda pid=pid: Path(f"/proc/{pid}/mem").open("rb").close(),  # type: ignore[misc]
            "maps": lambda pid=pid: Path(f"/proc/{pid}/maps").read_text(),  # type: ignore[misc]
            "kill": lambda pid=pid: os.kill(pid, 0),  # type: ignore[misc]
        }
        found |= {f"{what} {name}": attempted(attempt) for what, attempt in tries.items()}
    return found | {"there": Path(f"/proc/{arguments['beside']}").exists()}


REMEMBERED: list[str] = []


def remember(source: BinaryIO, arguments: Answer, output: BinaryIO | None) -> Answer:
    """Leave something in memory for whoever comes next, and say what was there."""
    REMEMBERED.append(source.read().decode())
    return {"remembered": REMEMBERED}


def attempted(attempt: Callable[[], object]) -> str:
    """Say how it went: "done", or the name of the error."""
    try:
        attempt()
    except (OSError, subprocess.SubprocessError) as error:
        return type(error).__name__ + (
            f" {os.strerror(error.errno)}" if isinstance(error, OSError) and error.errno else ""
        )
    return "done"


WAYS: dict[str, Callable[[BinaryIO, Answer, BinaryIO | None], Answer]] = {
    "look": look,
    "print": print_,
    "hoard": hoard,
    "spin": spin,
    "sleep": sleep,
    "flood": flood,
    "chatter": chatter,
    "garble": garble,
    "vanish": vanish,
    "fail": fail,
    "crash": crash,
    "dial": dial,
    "write": write,
    "pry": pry,
    "spawn": spawn,
    "thread": thread,
    "fill": fill,
    "spy": spy,
    "remember": remember,
}
