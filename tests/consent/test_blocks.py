"""Blocks: one of staff places one, two decide about it, it ends by itself, and it is effective once drained."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from consent import blocks, clock, revocations
from consent.models import Block
from consent.revocation_reasons import ReasonRefused
from consent.staff import SecondPersonNeeded, Staff
from ledger.models import Entry

FIRST, SECOND, THIRD = Staff(7), Staff(8), Staff(9)
VIDEO = uuid.UUID("5b0f7a1e-7a55-4c43-8d61-0d2f64c1f0aa")


def place(**changes: Any) -> Block:  # noqa: ANN401 - arguments of the verb
    said: dict[str, Any] = {"case": "N-2026-17", "reason": "notice", "actor": FIRST} | changes
    return blocks.place(said.pop("video", VIDEO), **said)


def stands() -> bool:
    return blocks.in_force([VIDEO]).exists()


@pytest.mark.django_db
def test_one_person_blocks_at_once_and_provisionally_and_for_ninety_days_with_what_was_made_from_it() -> None:
    block = place()
    assert stands()
    assert (block.provisional, block.scope, block.until - block.accepted_at) == (True, "family", timedelta(days=90))
    assert Entry.objects.get(pk=block.entry_id).kind == "block.placed"


@pytest.mark.django_db
def test_the_same_order_twice_is_one_and_with_a_later_end_it_is_renewed() -> None:
    block = place()
    assert place(actor=SECOND) == block
    assert place(until=block.until + timedelta(days=1)) != block
    assert place(case="N-2026-18") != block


@pytest.mark.django_db
def test_another_confirms_it_and_nobody_alone() -> None:
    block = place()
    with pytest.raises(SecondPersonNeeded):
        blocks.confirm(block, actor=FIRST)
    confirmed = blocks.confirm(block, actor=SECOND)
    assert not confirmed.provisional
    assert blocks.confirm(confirmed, actor=THIRD).confirmed_by == SECOND.actor


@pytest.mark.django_db
def test_what_one_placed_another_lifts() -> None:
    block = place()
    with pytest.raises(SecondPersonNeeded):
        blocks.lift(block, actor=FIRST)
    assert stands()
    blocks.lift(block, actor=SECOND)
    assert not stands()


@pytest.mark.django_db
def test_what_two_confirmed_two_lift() -> None:
    block = blocks.confirm(place(), actor=SECOND)
    with pytest.raises(SecondPersonNeeded):  # nobody proposed
        blocks.lift(block, actor=THIRD)
    blocks.propose_lift(block, actor=SECOND)
    with pytest.raises(SecondPersonNeeded):
        blocks.lift(block, actor=SECOND)
    assert stands()
    blocks.lift(block, actor=FIRST)
    assert not stands()


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["confirmed_by", "lifted_by"])
def test_the_database_too_wants_two_people(column: str) -> None:
    block = place()
    entry = place(case="other").entry_id
    prefix = column.removesuffix("_by")
    values = {column: FIRST.actor, f"{prefix}_at": clock.now(), f"{prefix}_entry_id": entry}
    with pytest.raises(IntegrityError, match=r"by_another|by_two"), transaction.atomic():
        Block.objects.filter(pk=block.pk).update(**values)


@pytest.mark.django_db
def test_a_block_ends_by_itself_and_cannot_be_confirmed_any_more() -> None:
    block = place()
    Block.objects.update(until=clock.now() - timedelta(seconds=1), accepted_at=clock.now() - timedelta(days=1))
    assert not stands()
    assert not blocks.refusing_copies().exists()
    with pytest.raises(blocks.BlockRefused):
        blocks.confirm(block, actor=SECOND)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"case": ""}, "/case"),
        ({"case": "Ada Lovelace"}, "/case"),
        ({"case": "ada@example.org"}, "/case"),
        ({"scope": "world"}, "/scope"),
        ({"until": datetime(9999, 1, 1)}, "/until"),  # noqa: DTZ001 - what is refused
        ({"lasts": timedelta(days=3660)}, "/until"),
        ({"lasts": timedelta(0)}, "/until"),
    ],
    ids=["no case", "a name", "an address", "scope", "no zone", "for ever", "over"],
)
def test_a_block_has_a_case_that_names_nobody_and_an_end(changes: dict[str, Any], pointer: str) -> None:
    if "lasts" in changes:
        changes = {"until": clock.now() + changes["lasts"]}
    with pytest.raises(blocks.BlockRefused) as refused:
        place(**changes)
    assert refused.value.pointer == pointer
    assert not stands()


@pytest.mark.django_db
def test_a_reason_is_on_the_list() -> None:
    with pytest.raises(ReasonRefused):
        place(reason="because")


@pytest.mark.django_db
def test_only_a_block_that_says_so_refuses_copies_and_only_while_it_stands() -> None:
    place()
    assert not blocks.refusing_copies().exists()
    kept = place(case="other", stay_down=True)
    assert list(blocks.refusing_copies()) == [kept]
    blocks.lift(kept, actor=SECOND)
    assert not blocks.refusing_copies().exists()


def test_it_is_effective_once_drained_by_its_door_or_by_the_sweeper(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []
    monkeypatch.setattr("consent.revocations.time.sleep", naps.append)
    block, left = place(), place(case="left")
    assert block.effective_at is None
    assert revocations.drain(block).effective_at is not None
    Block.objects.filter(pk=left.pk).update(accepted_at=clock.now() - timedelta(minutes=1))
    assert revocations.drain_overdue() == 1
    assert Entry.objects.filter(kind="withdrawal.drained").count() == 2
    assert len(naps) == 2


def member(name: str, *may: str) -> str:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=may))
    return name


def run(*words: str) -> str:
    out = StringIO()
    call_command("consent_blocks", *words, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_staff_do_it_by_a_command_each_in_their_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocations, "drain", lambda block: block)
    max_, lin = member("max", "place_block"), member("lin", "decide_block")
    order = ("place", str(VIDEO), "--case", "N-1", "--reason", "court-order")
    with pytest.raises(CommandError, match="permission"):
        run(*order, "--as", lin)
    with pytest.raises(CommandError, match="member of staff"):
        run(*order)
    with pytest.raises(CommandError, match="no moment"):
        run(*order, "--as", max_, "--until", "tomorrow")
    made = run(*order, "--as", max_).split()[1].rstrip(";")
    assert "provisional" in run("list")
    with pytest.raises(CommandError, match="permission"):
        run("confirm", made, "--as", max_)
    assert "confirmed" in run("confirm", made, "--as", lin)
    assert "proposed" in run("propose-lift", made, "--as", lin)
    with pytest.raises(CommandError, match="yourself"):
        run("lift", made, "--as", lin)
    assert "lift proposed" in run("list")
    with pytest.raises(CommandError, match="no such block"):
        run("lift", str(VIDEO), "--as", lin)
    assert stands()
