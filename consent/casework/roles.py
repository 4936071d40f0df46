"""Roles as code: what each may do. Groups of accounts are made from this table, and never the other way round.

Permissions of packages to the right stand here by name alone: nothing of them is imported.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from consent.casework import queues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from consent.staff import Staff

APPS: Final = ("ledger", "consent", "gpu_client", "provenance")

_LOOK = frozenset({"consent.see_queues"})
_WORK = _LOOK | {"consent.annotate_work"}
_MODERATE = _WORK | {
    "consent.review_claim",
    "consent.review_enrolment",
    "consent.place_block",
    "consent.decide_block",
    "consent.work_case",
    "consent.propose_ruling",
    "consent.confirm_ruling",
    "consent.decide_appeal",
    "consent.give_strike",
    "consent.propose_viewing",
    "consent.propose_bulk",
    "provenance.look_at_video",
    "provenance.review_copies",
    "provenance.review_faces",
}
_MANAGE = _MODERATE | {
    "consent.confirm_viewing",
    "consent.confirm_bulk",
    "consent.propose_revocation",
    "consent.approve_revocation",
    "consent.suspend_likeness",
    "consent.keep_register",
    "consent.record_order",
    "consent.erase_note",
    "consent.look_again",
    "consent.see_quality",
    "consent.release_transparency",
}
ROLES: Final[dict[str, frozenset[str]]] = {
    # accounts, keys and erasures; not the work itself, so that nobody gives themselves a decision
    "administrator": _LOOK
    | {
        "consent.propose_erasure",
        "consent.confirm_erasure",
        "consent.propose_key_act",
        "consent.confirm_key_act",
        "consent.erase_note",
        "provenance.revoke_signer",
    },
    "policy-manager": _WORK | {"consent.edit_replies", "consent.look_again", "consent.see_quality"},
    "moderator-manager": _MANAGE,
    "moderator": _MODERATE,
    # alone in opening what a notice about a minor says: a manager who needs it is given this role as well
    "child-safety": _MODERATE
    | {
        "consent.open_minor_notice",
        "consent.suspend_likeness",
        "consent.propose_revocation",
        "consent.confirm_viewing",
    },
    "analyst": _LOOK | {"consent.see_quality"},
    "external-reviewer": frozenset({"consent.look_again"}),  # sees what was drawn for a second look, and no queue
    "support": _WORK | {"consent.propose_erasure", "consent.propose_key_act"},
}


@dataclass(frozen=True, slots=True)
class Line:
    """One permission, the roles that have it, and the modules and queues in which it is asked for."""

    permission: str
    meaning: str
    roles: frozenset[str]
    used: tuple[str, ...]


def of(actor: Staff) -> list[str]:
    """Return the roles that an account has now."""
    return list(Group.objects.filter(user=actor.user, name__in=ROLES).values_list("name", flat=True))


def queues_of(actor: Staff) -> list[str]:
    """Return the queues that somebody's roles let them work. What was given beside the roles counts for verbs alone."""
    held: frozenset[str] = frozenset().union(*(ROLES[role] for role in of(actor)))
    return [queue.name for queue in queues.registered() if queue.may in held]


def declared() -> dict[str, str]:
    """Return each permission of ours with its meaning; Django's own four of each table are none of ours."""
    found: dict[str, str] = {}
    for label in APPS:
        for model in apps.get_app_config(label).get_models():
            found |= {f"{label}.{code}": str(meaning) for code, meaning in model._meta.permissions}  # noqa: SLF001 - Django's documented API
    return dict(sorted(found.items()))


def matrix() -> list[Line]:
    """Return permission by role by where it is used, as the code has it now; permissions that nothing asks for too."""
    meanings, used = declared(), _used()
    named = set(meanings).union(*ROLES.values())
    return [
        Line(each, meanings.get(each, ""), frozenset(role for role, may in ROLES.items() if each in may), used(each))
        for each in sorted(named)
    ]


def differences() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Return per role what its group lacks and what it has too much; nothing for a role whose group is right."""
    found = {}
    for role, may in ROLES.items():
        held = _held(role)
        wanted = may & set(declared())  # what a package brings that is not installed cannot be given
        if held != wanted or not Group.objects.filter(name=role).exists():
            found[role] = (frozenset(wanted - held), frozenset(held - wanted))
    return found


def synchronise() -> list[str]:
    """Make the groups what this table says, and return the roles that changed. Groups of other names are left alone."""
    with transaction.atomic():
        changed = sorted(differences())
        for role in changed:
            group, _ = Group.objects.get_or_create(name=role)
            group.permissions.set(_rows(ROLES[role]))
    return changed


def _held(role: str) -> frozenset[str]:
    rows = Permission.objects.filter(group__name=role).values_list("content_type__app_label", "codename")
    return frozenset(f"{label}.{codename}" for label, codename in rows)


def _rows(names: frozenset[str]) -> list[Permission]:
    wanted = names & set(declared())
    rows = Permission.objects.filter(codename__in=[name.partition(".")[2] for name in wanted])
    return [
        row for row in rows.select_related("content_type") if f"{row.content_type.app_label}.{row.codename}" in wanted
    ]


class _used:  # noqa: N801 - called like the function that it is
    """Say where a permission stands in the code, and which queues ask for it."""

    def __init__(self) -> None:
        self.modules = _modules()

    def __call__(self, permission: str) -> tuple[str, ...]:
        asked = [f"queue {queue.name}" for queue in queues.registered() if queue.may == permission]
        return (*self.modules.get(permission, ()), *asked)


@lru_cache(maxsize=1)
def _modules() -> dict[str, tuple[str, ...]]:
    """Read the code that is installed once: each permission, and the modules in which its name stands."""
    names, found = set(declared()), dict[str, set[str]]()
    for module, source in _sources():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names:
                found.setdefault(node.value, set()).add(module)
    return {name: tuple(sorted(modules)) for name, modules in found.items()}


def _sources() -> Iterator[tuple[str, str]]:
    for label in APPS:
        config = apps.get_app_config(label)
        root = Path(config.path)
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            if "migrations" not in parts and parts[-2:] != ("casework", "roles"):
                yield ".".join((config.name, *parts)), path.read_text()
