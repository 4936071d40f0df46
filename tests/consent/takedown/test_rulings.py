"""A case is decided by people who have no part in it, by two where it matters, and everything can be taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction

from consent import blocks, clock, reasons_given
from consent.models import Appeal, Block, Case, Notice, Party, ReasonsStated, Ruling, Strike
from consent.reasons_statement import StatementPersonal
from consent.staff import SecondPersonNeeded, Staff
from consent.takedown import appeals, cases, letters, policies, rulings, second_looks
from ledger.models import Entry
from tests.consent import people
from tests.consent.takedown.notices import VIDEO, filed

pytestmark = pytest.mark.django_db
ONE, TWO, THREE, FOUR = Staff(7), Staff(8), Staff(9), Staff(10)
FACTS = "The video shows a face without any permission on record."


def case_of(notice: Notice) -> Case:
    return Case.objects.get(pk=notice.case_id)


def decide(case: Case, action: str = "remove", actor: Staff = ONE, **changes: Any) -> Ruling:  # noqa: ANN401 - arguments
    case.refresh_from_db()
    said: dict[str, Any] = {"policy": "likeness", "reason": "no-consent", "facts": FACTS, "version": case.version}
    if action in policies.SPARING:
        said |= {"policy": "permitted", "reason": "no-proof"}
    return rulings.decide(case, action, actor=actor, **(said | changes))


def confirm(ruling: Ruling, actor: Staff = TWO) -> Ruling:
    return rulings.confirm(ruling, version=Case.objects.get(pk=ruling.case_id).version, actor=actor)


def restore(ruling: Ruling, actor: Staff = THREE, action: str = "restore", **changes: Any) -> Ruling:  # noqa: ANN401
    said: dict[str, Any] = {"policy": "permitted", "reason": "our-mistake", "facts": FACTS}
    version = Case.objects.get(pk=ruling.case_id).version
    return rulings.reverse(ruling, action, **(said | changes), version=version, actor=actor)


def down() -> bool:
    return blocks.in_force([VIDEO]).exists()


def test_two_people_take_a_video_down_and_everybody_is_told_why() -> None:
    notice = filed(language="es").notice
    proposed = decide(case_of(notice))
    assert proposed.state == "proposed"
    ruling = confirm(proposed)
    block = blocks.in_force([VIDEO]).get()
    assert (block.scope, block.provisional, block.case) == ("video", False, notice.case.number)
    assert (case_of(notice).state, ruling.state, ruling.confirmed_by) == ("decided", "in_force", TWO.actor)
    letter = letters.read(notice.letters.get(kind="decided"))
    assert "El vídeo se retiró" in letter
    assert "seis meses" in letter
    assert FACTS in letter
    statement = rulings.facts_of(ruling)["statement"]
    assert statement["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    stated = ReasonsStated.objects.get(ruling=ruling)
    assert (stated.entry.kind, FACTS in reasons_given.rendered(stated, "es")) == ("reasons.stated", True)
    assert confirm(ruling).pk == ruling.pk


def test_a_video_that_stays_is_shown_again_only_by_two() -> None:
    notice = filed().notice
    proposed = decide(case_of(notice), "refuse")
    assert down()
    with pytest.raises(SecondPersonNeeded):
        confirm(proposed, ONE)
    assert down()
    confirm(proposed)
    assert not down()


def test_where_nothing_is_held_back_one_person_may_refuse() -> None:
    notice = filed(signature="").notice
    assert decide(case_of(notice), "refuse").state == "in_force"
    assert case_of(notice).state == "decided"


def test_a_stale_version_is_refused_and_says_what_changed() -> None:
    notice = filed().notice
    read = case_of(notice)
    filed()
    with pytest.raises(cases.CaseStale, match="2 notices"):
        rulings.decide(
            read, "remove", policy="likeness", reason="no-consent", facts=FACTS, version=read.version, actor=ONE
        )
    proposed = decide(read)
    before = case_of(notice).version
    filed()
    with pytest.raises(cases.CaseStale):
        rulings.confirm(proposed, version=before, actor=TWO)


@pytest.mark.parametrize(
    ("action", "policy", "reason"),
    [
        ("remove", "", "no-consent"),
        ("remove", "likeness", ""),
        ("remove", "permitted", "no-proof"),
        ("refuse", "intimate", "intimate-image"),
        ("remove", "intimate", "minor"),
        ("burn", "likeness", "no-consent"),
    ],
    ids=["no policy", "no reason", "other action", "spared", "foreign reason", "no action"],
)
def test_a_decision_needs_a_policy_that_carries_it_and_one_of_its_reasons(
    action: str, policy: str, reason: str
) -> None:
    notice = filed().notice
    with pytest.raises(policies.PolicyRefused):
        decide(case_of(notice), action, policy=policy, reason=reason)
    assert not Ruling.objects.exists()


def test_facts_that_name_somebody_are_refused_before_anything_is_written() -> None:
    notice = filed().notice
    with pytest.raises(StatementPersonal):
        decide(case_of(notice), facts="Rosa Example told us so.")
    with pytest.raises(StatementPersonal):
        decide(case_of(notice), "refuse", facts="Marta Example agreed.")
    assert not Ruling.objects.exists()


def test_declined_the_case_is_open_as_before_and_what_the_proposal_placed_is_lifted() -> None:
    notice = filed(signature="").notice
    proposed = decide(case_of(notice))
    assert down()
    with pytest.raises(SecondPersonNeeded):
        rulings.decline(proposed, actor=ONE)
    assert rulings.decline(proposed, actor=TWO).state == "declined"
    assert not down()
    assert case_of(notice).state == "open"
    assert confirm(decide(case_of(notice))).state == "in_force"


def test_who_filed_does_not_decide() -> None:
    party = people.register("rosa").party
    user = get_user_model().objects.create(username="rosa")
    Party.objects.filter(pk=party.pk).update(user=user)
    party.refresh_from_db()
    notice = filed(actor=party).notice
    with pytest.raises(SecondPersonNeeded):
        decide(case_of(notice), actor=Staff(user.pk))


def test_a_ruling_is_reversed_only_by_another_of_two_who_did_not_decide_before() -> None:
    notice = filed().notice
    ruling = confirm(decide(case_of(notice)))
    for actor in (ONE, TWO):
        with pytest.raises(SecondPersonNeeded):
            restore(ruling, actor)
    back = restore(ruling)
    assert down()
    for actor in (ONE, TWO, THREE):
        with pytest.raises(SecondPersonNeeded):
            confirm(back, actor)
    confirm(back, FOUR)
    ruling.refresh_from_db()
    assert (ruling.state, down()) == ("reversed", False)
    over = ReasonsStated.objects.get(ruling=back)
    assert (over.supersedes, over.restores) == (ReasonsStated.objects.get(ruling=ruling), True)
    with pytest.raises(rulings.RulingRefused):
        restore(ruling, Staff(11))


def test_abuse_is_counted_and_counted_no_more_when_the_ruling_is_reversed() -> None:
    notice = filed().notice
    ruling = confirm(
        decide(case_of(notice), "refuse", policy="abuse", reason="false-statement", terms=rulings.Terms(notice=notice))
    )
    assert Strike.objects.get().reversed_at is None
    confirm(restore(ruling, action="remove", policy="likeness", reason="no-consent"), FOUR)
    assert Strike.objects.get().reversed_at is not None
    assert down()


def test_an_appeal_is_upheld_by_one_who_had_no_part() -> None:
    notice = filed().notice
    ruling = confirm(decide(case_of(notice), "refuse"))
    appeal = appeals.file_by_notifier(ruling, "Look again.", notice=notice, actor=None)
    for actor in (ONE, TWO):
        with pytest.raises(SecondPersonNeeded):
            second_looks.uphold(appeal, FACTS, actor=actor)
    assert second_looks.uphold(appeal, FACTS, actor=THREE).state == "upheld"
    assert second_looks.uphold(appeal, FACTS, actor=THREE).state == "upheld"
    assert "It stands" in letters.read(notice.letters.get(kind="upheld"))


def test_an_appeal_is_overturned_by_a_ruling_of_two_who_had_no_part() -> None:
    notice = filed().notice
    ruling = confirm(decide(case_of(notice), "refuse"))
    appeal = appeals.file_by_notifier(ruling, "Look again.", notice=notice, actor=None)
    proposed = second_looks.overturn(
        appeal, "remove", policy="likeness", reason="no-consent", facts=FACTS, version=case_of(notice).version,
        actor=THREE,
    )  # fmt: skip
    assert Appeal.objects.get().state == "pending"
    result = confirm(proposed, FOUR)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.result, appeal.decided_by) == ("overturned", result, FOUR.actor)
    assert down()


def test_a_removal_for_a_time_says_until_when_and_what_it_cannot_do_by_territory() -> None:
    notice = filed().notice
    end = clock.now() + timedelta(days=10)
    with pytest.raises(rulings.RulingRefused):
        decide(case_of(notice), "disable")
    confirm(decide(case_of(notice), "disable", terms=rulings.Terms(ends_at=end, territory=["DE"])))
    assert blocks.in_force([VIDEO]).get().until == end
    assert "in one place alone" in letters.read(notice.letters.get(kind="decided"))


RAW = (
    ("UPDATE consent_ruling SET confirmed_by = proposed_by, state = 'in_force', in_force_at = now()", "one person"),
    ("UPDATE consent_ruling SET state = 'in_force', in_force_at = now()", "nobody"),
    ("UPDATE consent_ruling SET needs_two = false", "needs two no more"),
    ("UPDATE consent_ruling SET action = 'label'", "another action"),
    ("UPDATE consent_ruling SET proposed_by = 'staff:99'", "another proposer"),
    (
        (
            "UPDATE consent_ruling SET confirmed_by = 'staff:99', state = 'in_force', in_force_at = now(), "
            "settled_entry_id = (SELECT id FROM ledger_entry WHERE kind = 'notice.received' LIMIT 1)"
        ),
        "an entry of something else",
    ),
    ("DELETE FROM consent_ruling", "deleted"),
    ("UPDATE consent_block SET lifted_at = now(), lifted_by = 'staff:7', lifted_entry_id = entry_id", "lifted alone"),
)


@pytest.mark.parametrize("statement", [each for each, _ in RAW], ids=[name for _, name in RAW])
def test_one_person_passes_neither_the_verb_nor_the_orm_nor_sql(statement: str) -> None:
    proposed = decide(case_of(filed().notice))
    with pytest.raises(SecondPersonNeeded):
        confirm(proposed, ONE)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    proposed.confirmed_by, proposed.state, proposed.in_force_at = ONE.actor, "in_force", clock.now()
    proposed.settled_entry = Entry.objects.exclude(pk=proposed.entry_id).first()
    with pytest.raises(DatabaseError), transaction.atomic():
        proposed.save()
    assert Ruling.objects.get().state == "proposed"
    assert Block.objects.filter(lifted_at=None).exists()


def test_who_decided_before_passes_no_appeal_in_sql() -> None:
    notice = filed().notice
    ruling = confirm(decide(case_of(notice), "refuse"))
    appeals.file_by_notifier(ruling, "Look again.", notice=notice, actor=None)
    with pytest.raises(DatabaseError, match="had a word before"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE consent_appeal SET state = 'upheld', decided_at = now(), decided_by = %s, "
            "decided_entry_id = entry_id",
            [TWO.actor],
        )


def test_the_texts_of_every_policy_are_in_both_languages() -> None:
    for policy in policies.POLICIES.values():
        assert policy.english
        assert policy.spanish
        assert policy.actions
        assert all(each.english and each.spanish for each in policy.reasons)
        assert bool(policy.ground) == bool(policy.actions & policies.RESTRICTING)
