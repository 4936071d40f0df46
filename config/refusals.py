"""Every refusal that the product can make, read from the classes that make them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache

from ledger.problem import Problem

APPS = ("ledger", "consent", "gpu_client", "provenance")
NOT_IMPORTED = ("__main__", "migrations", "management", "verifier", "reference_renderer")  # programs of their own


@cache
def known() -> tuple[dict[str, str | int], ...]:
    """Return code, status, title and meaning of each, by code."""
    for app in APPS:
        load(app)
    found = {kind.code: described(kind) for kind in kinds(Problem) if "code" in vars(kind) and in_product(kind)}
    return tuple(found[code] for code in sorted(found))


def load(package: str) -> None:
    """Import a package's modules: a class that nobody imported is not among its parent's subclasses."""
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__, package + "."):
        if module.name.rpartition(".")[2] in NOT_IMPORTED:
            continue
        importlib.import_module(module.name)
        if module.ispkg:
            load(module.name)


def kinds(kind: type[Problem]) -> list[type[Problem]]:
    """Return the subclasses at every depth."""
    below = kind.__subclasses__()
    return below + [deeper for each in below for deeper in kinds(each)]


def in_product(kind: type[Problem]) -> bool:
    """Leave out what only a test defines."""
    return kind.__module__.partition(".")[0] in APPS


def described(kind: type[Problem]) -> dict[str, str | int]:
    """Return what a reader needs to know of one refusal; its meaning is the first paragraph of its docstring."""
    meaning = (inspect.getdoc(kind) or kind.title).split("\n\n")[0].replace("\n", " ").replace("`", "")
    return {"code": kind.code, "status": kind.status, "title": kind.title, "meaning": meaning}
