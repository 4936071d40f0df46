"""A `Problem` in a form: beside its field where it has one, above the form otherwise. What was typed is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.forms import Form

    from ledger.problem import Problem


def put(form: Form, problem: Problem) -> None:
    """Put the words of a refusal where they belong."""
    name = (problem.pointer or "").lstrip("/").partition("/")[0]
    words = f"{problem.detail} {problem.remedy}".strip()
    form.add_error(name if name in form.fields else None, words)


def fields(form: Form) -> set[str]:
    """Return the pointers that name a field of the form."""
    return {f"/{name}" for name in form.fields}
