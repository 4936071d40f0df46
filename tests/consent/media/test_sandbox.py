"""What a program in the sandbox cannot do, tried for real."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from consent.media import sandbox, zygote
from consent.media.sandbox import Limits, SandboxFailed

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux cuts network, files and calls")
PROGRAM = "tests.consent.media.programs.misbehaves"


@pytest.fixture(params=["forked", "started"])
def each_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test with a child of the zygote, and with one that is started from nothing, as where none can fork."""
    if request.param == "started":
        monkeypatch.setattr(zygote, "AVAILABLE", False)
    elif not zygote.AVAILABLE:
        pytest.skip("this system forks no children safely")


def misbehave(how: str, source: Any = b"", *, limits: Limits | None = None, output: Any = None, **more: Any) -> Any:  # noqa: ANN401
    return sandbox.run(PROGRAM, source, limits=limits, arguments={"how": how, **more}, output=output)


def children(pid: int) -> list[int]:
    """List the children of a process; none where the system does not tell."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def failure(how: str, limits: Limits | None = None) -> SandboxFailed:
    with pytest.raises(SandboxFailed) as caught:
        misbehave(how, limits=limits)
    return caught.value


def test_the_program_gets_the_bytes_and_its_arguments() -> None:
    seen = misbehave("look", b"a stranger's bytes", number=7)
    assert seen["read"] == "a stranger's bytes"
    assert seen["arguments"] == {"how": "look", "number": 7}
    assert not seen["writable"]


def test_more_bytes_than_a_pipe_holds_arrive() -> None:
    assert len(misbehave("look", b"z" * 700_000)["read"]) == 700_000


@pytest.mark.usefixtures("each_way")
def test_a_file_arrives_as_a_descriptor_from_its_start(tmp_path: Path) -> None:
    (tmp_path / "clip").write_bytes(b"from a file")
    with (tmp_path / "clip").open("rb") as source:
        source.read(5)
        assert misbehave("look", source)["read"] == "from a file"
    assert misbehave("look", tmp_path / "clip")["read"] == "from a file"


@pytest.mark.usefixtures("each_way")
def test_the_environment_holds_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    with contextlib.suppress(SandboxFailed):  # cv2, which this program loads, sets a search path of its own
        sandbox.run("consent.media.capture_child", b"")
    seen = misbehave("look")
    assert set(seen["environment"]) <= {"LANG", "LC_CTYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}
    assert seen["folder"] == "/"
    assert seen["umask"] == 0o077
    assert seen["session"]


@pytest.mark.usefixtures("each_way")
def test_descriptors_of_the_parent_are_not_inherited(tmp_path: Path) -> None:
    with (tmp_path / "open").open("wb") as kept:
        os.set_inheritable(kept.fileno(), True)  # noqa: FBT003 - the function's own signature
        assert misbehave("look")["descriptors"] == 4  # three pipes, and the answer's copy


@pytest.mark.usefixtures("each_way")
def test_a_memory_hog_is_stopped() -> None:
    assert failure("hoard").code == "media-check-memory-limit"


def test_a_spinning_program_is_stopped_by_the_processor_limit() -> None:
    assert failure("spin", Limits(cpu_seconds=1, wall_seconds=30)).code == "media-check-cpu-limit"


@pytest.mark.usefixtures("each_way")
def test_a_sleeping_program_is_stopped_by_the_clock() -> None:
    refusal = failure("sleep", Limits(wall_seconds=1))
    assert (refusal.code, refusal.status) == ("media-check-timed-out", 503)


def test_what_is_stopped_by_the_clock_does_not_go_on(tmp_path: Path) -> None:
    limits = Limits(wall_seconds=1, output_bytes=100)
    with (tmp_path / "out").open("w+b") as output, pytest.raises(SandboxFailed):
        misbehave("sleep", output=output, limits=limits, seconds=4)
    assert (tmp_path / "out").read_bytes() == b""


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    assert failure("flood").code == "media-check-flooded"


def test_much_chatter_on_the_error_pipe_does_not_block() -> None:
    assert misbehave("chatter")["done"]


@pytest.mark.parametrize("how", ["garble", "vanish"])
def test_an_answer_that_is_not_the_agreed_json_is_garbled(how: str) -> None:
    assert failure(how).code == "media-check-garbled"


@pytest.mark.parametrize("how", ["fail", "crash"])
def test_a_program_that_dies_means_could_not_check(how: str) -> None:
    assert failure(how).code == "media-check-crashed"


def test_the_childs_own_words_are_kept_from_the_answer() -> None:
    refusal = failure("fail")
    assert "the program broke" in refusal.trace
    assert "the program broke" not in refusal.detail + refusal.remedy + str(refusal.extra)


def test_the_program_cannot_forge_what_the_sandbox_says_of_itself() -> None:
    answer = misbehave("print")
    assert answer["heard"]
    assert answer["network"] in {"none", "inherited"}


@pytest.mark.usefixtures("each_way")
def test_no_process_is_left_behind() -> None:
    failure("sleep", Limits(wall_seconds=0.5))
    mine = children(os.getpid())
    assert not any(b"consent.media.child" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in mine)
    assert not [
        child for pid in mine for child in children(pid) if b"forker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


@LINUX
@pytest.mark.usefixtures("each_way")
def test_nothing_is_heard_on_the_network_when_it_is_said_to_be_cut(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", port))
        unix.bind(str(tmp_path / "unix"))
        unix.listen()
        answer = misbehave("dial", port=port, unix=str(tmp_path / "unix"))
        assert answer["network"] == "none"
        assert "done" not in answer.values()
        for listener in (tcp, udp, unix):
            listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            tcp.accept()
        with pytest.raises(TimeoutError):
            udp.recv(1)
        with pytest.raises(TimeoutError):
            unix.accept()


@LINUX
def test_where_the_system_gives_one_the_child_has_a_network_of_its_own() -> None:
    asked = (
        "import sys; sys.path[:0] = sys.argv[1:]; from consent.media import confinement as c; sys.exit(not c._unplug())"
    )
    if subprocess.run([sys.executable, "-I", "-c", asked, str(sandbox.ROOT)], check=False).returncode:
        pytest.skip("this system gives no network namespace")
    mine = [line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]]
    if mine == ["lo"]:
        pytest.skip("this system has no network to cut")
    assert misbehave("look")["interfaces"] != mine


@LINUX
@pytest.mark.usefixtures("each_way")
def test_no_file_can_be_written_or_changed(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    (tmp_path / "there").write_bytes(b"untouched")
    before = (tmp_path / "there").stat()
    answer = misbehave("write", folder=str(tmp_path))
    assert answer["files"] == "sealed"
    assert "done" not in answer.values()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["there"]
    assert (tmp_path / "there").read_bytes() == b"untouched"
    assert (tmp_path / "there").stat().st_mode == before.st_mode


@LINUX
@pytest.mark.usefixtures("each_way")
def test_no_file_of_others_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"a key")
    (tmp_path / "clip").write_bytes(b"bytes")
    answer = misbehave("pry", tmp_path / "clip", secret=str(tmp_path / "secret"))
    assert "done" not in {answer[name] for name in ("secret", "list", "environment", "again")}


@LINUX
@pytest.mark.usefixtures("each_way")
def test_no_other_program_is_started_and_the_parent_is_out_of_reach() -> None:
    answer = misbehave("spawn")
    assert answer["calls"] == "filtered"
    assert "done" not in {answer[name] for name in ("fork", "program", "kill")}


def test_threads_start_only_when_they_are_allowed() -> None:
    assert misbehave("thread", limits=Limits(threads=True))["heard"] == [1]


def test_an_output_takes_as_many_bytes_as_it_may(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w+b") as output:
        misbehave("fill", output=output, limits=Limits(output_bytes=1000), bytes=1000)
    assert (tmp_path / "out").read_bytes() == b"y" * 1000


@pytest.mark.usefixtures("each_way")
def test_an_output_takes_no_more(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w+b") as output:
        misbehave("fill", output=output, limits=Limits(output_bytes=1000), bytes=5000)
    assert (tmp_path / "out").stat().st_size <= 1000


def test_an_unknown_program_means_could_not_check() -> None:
    with pytest.raises(SandboxFailed):
        sandbox.run("consent.media.no_such_program", b"")


@pytest.mark.usefixtures("each_way")
def test_python_that_cannot_start_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    zygote.close()
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    assert failure("look").code == "media-check-unavailable"


# each layer by itself: two of them cut the network, and neither may hide that the other is broken
ALONE = """
import ctypes, os, socket, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from consent.media import confinement
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(confinement.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
{layer}
try:
    {deed}
except OSError as error:
    sys.exit(0)
sys.exit(3)
"""
TCP = 'socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=1)'


@LINUX
@pytest.mark.parametrize(
    ("layer", "deed"),
    [
        ("assert confinement._unplug()", TCP),
        ("assert confinement._filter_calls(libc)", TCP),
        ("assert confinement._seal_files(libc, [])", TCP),
        ("assert confinement._seal_files(libc, [])", "open(sys.argv[3], 'rb')"),
        ("assert confinement._seal_files(libc, [])", "Path(sys.argv[3]).unlink()"),
        ("assert confinement._filter_calls(libc)", "os.chmod(sys.argv[3], 0o777)"),
        ("assert confinement._filter_calls(libc)", "os.execv('/bin/true', ['true'])"),
        ("confinement._drop_capabilities(libc)", "os.unshare(os.CLONE_NEWNET)"),
        ("pass", "int('3') and sys.exit(3)"),
    ],
)
def test_each_layer_holds_alone(layer: str, deed: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        code = ALONE.format(layer=layer, deed=deed)
        done = subprocess.run(
            [sys.executable, "-I", "-B", "-c", code, str(sandbox.ROOT), port, str(tmp_path / "file")],
            check=False,
            capture_output=True,
            timeout=20,
        )
    assert done.returncode == (3 if layer == "pass" else 0), done.stderr.decode()


@LINUX
@pytest.mark.parametrize("way", ["forked", "started"])
def test_a_child_dies_with_its_parent(way: str) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(sandbox.ROOT)!r})
from consent.media import sandbox, zygote
zygote.AVAILABLE = {way == "forked"}
sandbox.run({PROGRAM!r}, b"", arguments={{"how": "sleep"}})
"""
    parent = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 20
    line: list[int] = []  # the parent's child, and its child if it is one that forks
    while len(line) < 1 + (way == "forked") and time.monotonic() < deadline:
        line = [next(iter(children(parent.pid)), 0)]
        line += children(line[0]) if line[0] and way == "forked" else []
        line = [pid for pid in line if pid]
        time.sleep(0.02)
    assert line, "this system lists no children"
    # the filter of calls is the last thing that it sets up, after the wish to die with its parent
    while "Seccomp:\t2" not in Path(f"/proc/{line[-1]}/status").read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    while any(Path(f"/proc/{pid}").exists() for pid in line) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(Path(f"/proc/{pid}").exists() for pid in line)
