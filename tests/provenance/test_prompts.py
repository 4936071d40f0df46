"""Gate 1 reads the prompt: who is named without being in the cast is not drawn."""

from __future__ import annotations

import pytest

from consent import disclosure, register
from consent.models import Decision, Permit
from gpu_client.models import RenderJob
from provenance import renders
from provenance.models import Video
from provenance.renders import ConsentRequired, PromptNamesAPerson
from tests.consent.namers import keeper
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


def stranger() -> w.Person:
    """Return somebody who protects their name, and is in no cast."""
    eve = w.person("eve")
    likeness = w.likeness_of(eve)
    register.protect(["Evelyn Outsider"], ground="own_likeness", likeness=likeness, actor=eve.party)
    return eve


def nothing_was_made() -> bool:
    return not (Permit.objects.exists() or RenderJob.objects.exists() or Video.objects.exists())


def test_a_protected_name_is_refused_and_its_holder_sees_the_attempt() -> None:
    world, eve = w.world(), stranger()
    with pytest.raises(PromptNamesAPerson) as refused:
        world.ask(prompt="Evelyn Outs1der waves")
    assert nothing_was_made()
    denial = Decision.objects.get(pk=str(refused.value.extra["decision_id"]))
    assert denial.outcome == "deny"
    concerned = denial.cast.values_list("likeness__holder", flat=True)
    assert set(concerned) == {world.ada.party.pk, eve.party.pk}
    told = disclosure.reasons_for(denial, eve.party)
    assert [(one["reason"], one["clause"]) for one in told] == [("check_failed", "/prompt")]
    assert "utsider" not in str(denial.use) + str(denial.reasons)


def test_every_refusal_reads_alike_whomever_it_protects_and_however_sure_it_is() -> None:
    world = w.world()
    stranger()
    register.protect(["Nikola Tesla"], ["NT"], ground="deceased_without_estate", actor=keeper())
    answers = set()
    for prompt in ("Evelyn Outsider", "Outsider, Evelyn", "Nikola Tesla", "NT", "Nikola Tesla and Evelyn Outsider"):
        with pytest.raises(PromptNamesAPerson) as refused:
            world.ask(prompt=prompt)
        extra = sorted(refused.value.extra)
        answers.add((refused.value.code, refused.value.detail, refused.value.remedy, refused.value.pointer, *extra))
    assert len(answers) == 1
    assert nothing_was_made()


def test_the_cast_may_be_named() -> None:
    world = w.world()
    register.protect(["Ada Example"], ground="own_likeness", likeness=world.likeness, actor=world.ada.party)
    assert world.ask(prompt="Ada Example waves").state == "queued"


def test_a_remix_is_read_too_and_the_cast_of_its_parent_may_be_named() -> None:
    world = w.world()
    stranger()
    register.protect(["Ada Example"], ground="own_likeness", likeness=world.likeness, actor=world.ada.party)
    parent = w.shown(world.ask(), b"parent")
    with pytest.raises(PromptNamesAPerson):
        renders.remix(parent, prompt="now Evelyn Outsider joins", actor=world.ben.party)
    assert Video.objects.count() == 1
    assert renders.remix(parent, prompt="Ada Example waves again", actor=world.ben.party).state == "queued"


def test_a_name_never_permits_and_a_denied_use_says_nothing_of_names() -> None:
    world = w.world()
    stranger()
    carl = w.person("carl", "client")
    for prompt in ("Evelyn Outsider waves", "nobody waves"):
        with pytest.raises(ConsentRequired):
            world.ask(prompt=prompt, actor=carl.party)


def test_a_check_that_fails_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = w.world()

    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(register, "digests_of", broken)
    with pytest.raises(RuntimeError):
        world.ask(prompt="anything")
    assert nothing_was_made()
