"""Remove each check of the verifier in turn, and run its tests: every mutant must die.

A mutant lacks one `raise`, one call that is there to check (`CHECKS`), or the body of one check block. Each runs in a
process of its own, forked from one that has imported what the tests need, so that a mutant costs its tests only.
Run as `python -m tests.ledger.verifier.mutants [third | module ...]`; the exit code is 1 if one survives.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import os
import re
import signal
import sys
import tempfile
import types
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

PACKAGE = "ledger.verifier"
FOLDER = Path(__file__).resolve().parents[3] / "ledger/verifier"
TESTS = Path(__file__).resolve().parent
PROCESSES = 2
SECONDS = 60

RELEVANT = {
    "acts": ["keychain"],
    "bundle": ["bundle", "webauthn", "keychain", "reasons"],
    "cbor": ["receipt", "statuslist"],
    "checkpoint": ["checkpoint", "reasons"],
    "cli": ["checkpoint", "receipt", "extension", "statuslist", "compromise", "reasons"],
    "compromise": ["compromise"],
    "cose": ["reasons", "receipt", "statuslist"],
    "findings": ["findings", "bundle"],
    "inputs": ["reasons", "checkpoint", "receipt", "extension", "compromise"],
    "keychain": ["keychain"],
    "logformat": ["reasons", "logformat", "compromise", "policy", "checkpoint", "bundle"],
    "memory": ["monitor"],
    "monitor": ["reasons", "monitor"],
    "policy": ["policy", "checkpoint", "compromise"],
    "publishedlog": ["publishedlog", "state"],
    "receipt": ["receipt", "extension", "reasons"],
    "replay": ["publishedlog", "state", "monitor"],
    "state": ["state"],
    "statuslist": ["statuslist", "reasons"],
    "strict": ["strict", "bundle"],
    "tiles": ["reasons", "publishedlog", "checkpoint", "monitor"],
    "tlogproof": ["checkpoint"],
    "tree": ["tree", "logformat", "extension"],
    "watch": ["monitor"],
    "webauthn": ["webauthn"],
}


CHECKS = re.compile(
    r"_?(require|verify|(check|refuse)\w*|extends|fresh|cosigned_at|verified_place|whole|distinct|compare)"
)


@dataclass(frozen=True)
class Mutant:
    """One statement to leave out: the number of a node in the order of `ast.walk`."""

    module: str
    place: int
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.module}.py:{self.line}: {self.text}"


def mutants(module: str) -> Iterator[Mutant]:
    """Yield every mutant of a module."""
    for place, node in enumerate(ast.walk(ast.parse((FOLDER / f"{module}.py").read_text()))):
        if isinstance(node, ast.stmt) and _checks(node):
            yield Mutant(module, place, node.lineno, ast.unparse(node).partition("\n")[0][:100])


def _checks(node: ast.stmt) -> bool:
    if isinstance(node, ast.Raise):
        return True
    if isinstance(node, ast.With):
        return ast.unparse(node.items[0].context_expr).startswith("findings.check(")
    if not isinstance(node, ast.Expr | ast.Return) or not isinstance(node.value, ast.Call):
        return False
    called = node.value.func
    name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
    return CHECKS.fullmatch(name) is not None and not (isinstance(node, ast.Return) and name != "verify")


def source_of(mutant: Mutant) -> ast.Module:
    """Return the module without the statement."""
    tree = ast.parse((FOLDER / f"{mutant.module}.py").read_text())
    node = list(ast.walk(tree))[mutant.place]
    if isinstance(node, ast.With):
        node.body = [ast.Pass()]
    else:
        for parent in ast.walk(tree):
            for name in ("body", "orelse", "finalbody"):
                held = getattr(parent, name, None)
                if isinstance(held, list) and node in held:
                    held[held.index(node)] = ast.copy_location(ast.Pass(), node)
    return ast.fix_missing_locations(tree)


class Finder:
    """Import the mutant in place of the module that it spoils."""

    def __init__(self, mutant: Mutant) -> None:
        self.name, self.code = f"{PACKAGE}.{mutant.module}", compile(source_of(mutant), mutant.module, "exec")

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> object:
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self, origin=str(FOLDER)) if name == self.name else None  # type: ignore[arg-type]  # a loader

    def create_module(self, _spec: object) -> None:
        """Let Python make the module."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the mutant."""
        exec(self.code, module.__dict__)  # noqa: S102 - our own source, less one statement


def survivors(wanted: list[Mutant]) -> list[Mutant]:
    """Return those whose relevant tests pass; so many children at a time."""
    import_what_the_tests_need()
    waiting, running, found = list(wanted), dict[int, Mutant](), list[Mutant]()
    while waiting or running:
        while waiting and len(running) < PROCESSES:
            mutant = waiting.pop(0)
            running[_forked(mutant)] = mutant
        pid, status = os.wait()
        mutant = running.pop(pid)
        if status == 0:
            found.append(mutant)
            print(f"survives: {mutant}", flush=True)  # noqa: T201 - a program that is run by hand, and by a test
    return found


def import_what_the_tests_need() -> None:
    """Import it once, before forking; nothing of the verifier, which each child imports spoiled."""
    for name in ("cbor2", "ledger.canonical", "ledger.proof", "ledger.cosignature", "tests.ledger.test_tile"):
        importlib.import_module(name)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    hypothesis.settings.register_profile("mutants", database=None, derandomize=True, deadline=None)
    hypothesis.settings.load_profile("mutants")
    with contextlib.redirect_stderr(io.StringIO()):
        pytest.main(["--version"])
    assert not [name for name in sys.modules if name.startswith(PACKAGE)]


def _forked(mutant: Mutant | None) -> int:
    pid = os.fork()
    if pid == 0:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        code = 1
        try:
            code = _run(mutant)
        finally:
            os._exit(code)
    return pid


def _run(mutant: Mutant | None) -> int:
    signal.alarm(SECONDS)  # a mutant that never ends is dead too
    if mutant is not None:
        sys.meta_path.insert(0, Finder(mutant))  # type: ignore[arg-type]  # it is a finder
    wanted = (
        RELEVANT[mutant.module] if mutant is not None else sorted({one for some in RELEVANT.values() for one in some})
    )
    files = [str(TESTS / f"test_{name}.py") for name in wanted]
    plain = ["-c", os.devnull, "--noconftest", "--assert=plain", "-p", "no:cacheprovider", "-x", "-q"]
    places = [f"--rootdir={FOLDER.parents[1]}", f"--basetemp={tempfile.gettempdir()}/mutant-{os.getpid()}"]
    return int(pytest.main([*plain, *places, *files]))


def every_mutant() -> list[Mutant]:
    """Return the mutants of the whole package."""
    return [mutant for module in sorted(RELEVANT) for mutant in mutants(module)]


def main() -> int:
    """Run all mutants, one `third`, or those of the named modules; print what survives, and how many die by module."""
    named = sys.argv[1:]
    if named == ["third"]:
        wanted = every_mutant()[::3]
    else:
        wanted = [mutant for mutant in every_mutant() if not named or mutant.module in named]
    assert os.waitstatus_to_exitcode(os.waitpid(_forked_whole(), 0)[1]) == 0, "the tests fail without any mutant"
    found = survivors(wanted)
    for module, count in sorted(Counter(mutant.module for mutant in wanted).items()):
        print(f"{module}: {count - sum(mutant.module == module for mutant in found)} of {count}")  # noqa: T201
    print(f"{len(wanted) - len(found)} of {len(wanted)} mutants die")  # noqa: T201
    return 1 if found else 0


def _forked_whole() -> int:
    import_what_the_tests_need()
    return _forked(None)


if __name__ == "__main__":
    sys.exit(main())
