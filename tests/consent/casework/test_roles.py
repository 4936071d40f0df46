"""Roles: the table is the truth, groups follow it, and no permission is asked for that it does not know."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command

from consent.casework import acts, queues, roles, verbs
from consent.staff import Staff

pytestmark = pytest.mark.django_db
ASKED = {"member", "require", "named_member"}


def asked_in_code() -> Iterator[tuple[str, str]]:
    """Yield module and permission of each `may=` in a call that asks for one, evaluated where it stands."""
    for module, source in roles._sources():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ASKED:
                for keyword in node.keywords:
                    if keyword.arg == "may":
                        yield from ((module, found) for found in values(module, keyword.value))


def values(module: str, node: ast.expr) -> list[str]:
    """Return what an expression can be: a text, a name of the module, a table of the module's. Nothing for a field."""
    whole = node.value if isinstance(node, ast.Subscript) else node
    try:
        found = eval(ast.unparse(whole), vars(importlib.import_module(module)))  # noqa: S307 - our own source
    except NameError:
        return []  # a local: a queue's, act's or verb's permission, which the next test reads from the registries
    return [found] if isinstance(found, str) else list(found.values())


def test_every_permission_that_the_code_asks_for_is_in_the_matrix_with_where() -> None:
    lines = {line.permission: line for line in roles.matrix()}
    found = list(asked_in_code())
    assert len(found) > 15
    assert {permission for _, permission in found} - set(lines) == set()
    assert {permission for _, permission in found if not lines[permission].used} == set()


def test_every_permission_of_a_queue_an_act_and_a_verb_is_declared_and_somebody_has_it() -> None:
    asked = {queue.may for queue in queues.registered()} | {verb.may for verb in verbs.table()}
    asked |= {may for act in acts.table() for may in (act.propose, act.confirm)}
    given = frozenset().union(*roles.ROLES.values())
    assert asked - set(roles.declared()) == set()
    assert asked - given == set()


def test_every_declared_permission_belongs_to_a_role_and_no_role_has_one_that_nobody_declares() -> None:
    given = frozenset().union(*roles.ROLES.values())
    assert set(roles.declared()) - given == set()
    assert given - set(roles.declared()) == set()


def test_the_matrix_says_who_may_and_where() -> None:
    line = next(line for line in roles.matrix() if line.permission == "consent.decide_block")
    assert {"moderator", "moderator-manager"} <= line.roles
    assert "analyst" not in line.roles
    assert "consent.blocks" in line.used
    assert "queue lifts" in line.used
    assert line.meaning


def test_groups_are_made_from_the_table_and_mended() -> None:
    assert set(roles.synchronise()) == set(roles.ROLES)
    assert roles.synchronise() == []
    extra = Permission.objects.get(codename="edit_replies")
    Group.objects.get(name="analyst").permissions.add(extra)
    Group.objects.create(name="the football team").permissions.add(extra)
    assert roles.differences() == {"analyst": (frozenset(), frozenset({"consent.edit_replies"}))}
    with pytest.raises(CommandError):
        call_command("staff_roles", "--check", stdout=StringIO())
    call_command("staff_roles", stdout=StringIO())
    call_command("staff_roles", "--check", stdout=StringIO())
    assert Group.objects.get(name="the football team").permissions.count() == 1


def test_a_role_gives_its_permissions_and_queues() -> None:
    roles.synchronise()
    user = User.objects.create_user("ana", is_staff=True)
    user.groups.add(Group.objects.get(name="moderator"))
    assert User.objects.get(pk=user.pk).has_perm("consent.review_claim")
    assert not User.objects.get(pk=user.pk).has_perm("consent.confirm_bulk")
    assert roles.of(Staff(user.pk)) == ["moderator"]
    assert {"claims", "lifts"} <= set(roles.queues_of(Staff(user.pk)))
    assert "second-looks" not in roles.queues_of(Staff(user.pk))


def test_nobody_proposes_and_confirms_keys_but_administrators() -> None:
    assert {role for role, may in roles.ROLES.items() if "consent.confirm_key_act" in may} == {"administrator"}
    assert {role for role, may in roles.ROLES.items() if "consent.confirm_erasure" in may} == {"administrator"}
