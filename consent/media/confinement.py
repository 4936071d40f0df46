"""What the sandboxed child gives up before it looks at a stranger's file. Linux has the most to give up.

Nothing here relies on the child's good will afterwards: the limits are the kernel's. Each part that a system
does not offer is reported as "inherited", and never claimed.

Sources: setrlimit(2), unshare(2), capset(2), prctl(2), Linux Documentation/userspace-api/landlock.rst and
seccomp_filter.rst; syscall numbers from the kernel's tables for the two machines named below.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
CAPSET = {"x86_64": 126, "aarch64": 91}
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_READ_SEARCH = 1 << 2  # root must still read code that belongs to somebody else

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_QUERY_VERSION, LANDLOCK_PATH_BENEATH = 1, 1
FS_READ_FILE, FS_READ_DIR = 1 << 2, 1 << 3
FS_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # by first version that knows them
NET_TCP, SCOPE_SIGNAL_AND_ABSTRACT = 0b11, 0b11
NET_SINCE, SCOPE_SINCE = 4, 6
READABLE = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/proc",
    "/sys/devices/system/cpu",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
)

SECCOMP_FILTER_MODE = 2
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
AT_NUMBER, AT_ARCHITECTURE, AT_FIRST_ARGUMENT = 0, 4, 16
X32 = 0x40000000  # the second calling convention of x86-64, which would go round the numbers
CLONE_THREAD = 0x10000
# socket connect bind listen sendto sendmsg; fork vfork execve execveat; ptrace process_vm_readv/writev; io_uring_setup
# unshare setns mount bpf; chmod, chown, utime and setxattr with their relatives, which Landlock does not cover
REFUSED = {
    "x86_64": [
        *(41, 42, 49, 50, 44, 46, 57, 58, 59, 322, 101, 310, 311, 425, 272, 308, 165, 321),
        *(90, 91, 92, 93, 94, 132, 188, 189, 190, 235, 260, 261, 268, 280, 452),
    ],
    "aarch64": [
        *(198, 203, 200, 201, 206, 211, 221, 281, 117, 270, 271, 425, 97, 268, 40, 280),
        *(5, 6, 7, 52, 53, 54, 55, 88, 452),
    ],
}
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_…
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435


def confine(limits: dict[str, Any], *, packages: list[Path], parent: int) -> dict[str, str]:
    """Give up everything that the system lets us give up, and say what that was."""
    _limit(limits)
    if sys.platform != "linux":
        return {"network": "inherited", "files": "inherited", "calls": "inherited"}
    unplugged = _unplug()
    libc = ctypes.CDLL(None, use_errno=True)
    _drop_capabilities(libc)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    sealed = _seal_files(libc, packages)
    _die_with(libc, parent)
    filtered = _filter_calls(libc)
    return {
        "network": "none" if unplugged or filtered else "inherited",
        "files": "sealed" if sealed else "inherited",
        "calls": "filtered" if filtered else "inherited",
    }


def _limit(limits: dict[str, Any]) -> None:
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits["output_bytes"],
        resource.RLIMIT_NOFILE: limits["files"],
        resource.RLIMIT_AS: limits["memory"],
    }
    if not limits["threads"]:
        wanted[resource.RLIMIT_NPROC] = 0  # root is exempt: for it the filter of calls stops processes
    for what, most in wanted.items():
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS; the wall clock remains
            resource.setrlimit(what, (least, least))
    seconds = limits["cpu_seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def _unplug() -> bool:
    """Move to a network namespace of our own, which holds nothing but a loopback that is down."""
    for flags in (os.CLONE_NEWNET, os.CLONE_NEWUSER | os.CLONE_NEWNET):
        try:
            os.unshare(flags)
        except OSError:  # as root, then as anybody
            continue
        return True
    return False


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Keep of root's (or a user namespace's) powers only the reading of files, which Landlock narrows next."""
    number = CAPSET.get(platform.machine())
    if number is None:
        return
    head = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    for keep in (CAP_DAC_READ_SEARCH, 0):  # who does not have it cannot keep it
        if libc.syscall(ctypes.c_long(number), head, struct.pack("=6I", keep, keep, 0, 0, 0, 0)) == 0:
            return


def _seal_files(libc: ctypes.CDLL, packages: list[Path]) -> bool:
    """Landlock: no file can be written, and none read but Python, system libraries and the packages named."""
    version = libc.syscall(
        ctypes.c_long(LANDLOCK_CREATE), None, ctypes.c_size_t(0), ctypes.c_uint(LANDLOCK_QUERY_VERSION)
    )
    if version < 1:
        return False
    rights = FS_RIGHTS[max(known for known in FS_RIGHTS if known <= version)]
    rules = struct.pack(
        "=QQQ",
        rights,
        NET_TCP if version >= NET_SINCE else 0,
        SCOPE_SIGNAL_AND_ABSTRACT if version >= SCOPE_SINCE else 0,
    )
    size = 24 if version >= SCOPE_SINCE else 16 if version >= NET_SINCE else 8
    ruleset = libc.syscall(ctypes.c_long(LANDLOCK_CREATE), rules, ctypes.c_size_t(size), ctypes.c_uint(0))
    if ruleset < 0:
        return False
    try:
        for path in (*READABLE, sys.prefix, sys.base_prefix, *map(str, packages)):
            _allow_reading(libc, ruleset, path)
        return bool(libc.syscall(ctypes.c_long(LANDLOCK_RESTRICT), ctypes.c_int(ruleset), ctypes.c_uint(0)) == 0)
    finally:
        os.close(ruleset)


def _allow_reading(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    """Add one file or folder. One that does not exist here needs no rule."""
    with suppress(FileNotFoundError, PermissionError):
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rights = FS_READ_FILE | (FS_READ_DIR if Path(path).is_dir() else 0)
            rule = struct.pack("=Qi", rights, descriptor)
            libc.syscall(
                ctypes.c_long(LANDLOCK_ADD),
                ctypes.c_int(ruleset),
                ctypes.c_int(LANDLOCK_PATH_BENEATH),
                rule,
                ctypes.c_uint(0),
            )
        finally:
            os.close(descriptor)


def _die_with(libc: ctypes.CDLL, parent: int) -> None:
    """Have the kernel kill us when the parent dies; it may already have."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent has gone")


def _filter_calls(libc: ctypes.CDLL) -> bool:
    """Seccomp: no sockets, no other programs, no changes of modes and owners. A refused call fails with EPERM."""
    machine = platform.machine()
    if machine not in REFUSED or sys.byteorder != "little":
        return False
    program = b"".join(_instructions(machine))
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_FILTER_MODE, head, 0, 0) == 0)


def _instructions(machine: str) -> list[bytes]:
    """Classic BPF over `struct seccomp_data`. Each pair reads: if the number is this one, refuse."""

    def step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
        return struct.pack("=HBBI", code, then, otherwise, value)

    refuse = step(RETURN, REFUSE | errno.EPERM)
    steps = [
        step(LOAD, AT_ARCHITECTURE),
        step(JUMP_EQUAL, ARCHITECTURE[machine], 1, 0),
        step(RETURN, KILL),
        step(LOAD, AT_NUMBER),
        step(JUMP_AT_LEAST, X32, 0, 1),
        refuse,
        step(JUMP_EQUAL, CLONE3, 0, 1),  # its flags lie in memory, out of our sight; libc then falls back to clone
        step(RETURN, REFUSE | errno.ENOSYS),
    ]
    for number in REFUSED[machine]:
        steps += [step(JUMP_EQUAL, number, 0, 1), refuse]
    return [
        *steps,
        step(JUMP_EQUAL, CLONE[machine], 0, 4),
        step(LOAD, AT_FIRST_ARGUMENT),
        step(JUMP_ANY_BIT, CLONE_THREAD, 1, 0),
        refuse,
        step(RETURN, ALLOW),
        step(RETURN, ALLOW),
    ]
