"""An app asks for a permission; the person signs, narrows, declines, or is never asked again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from consent import ask_delivery, ask_letter, ask_refusals, asks, clock, erasure, exclusions, fields
from consent.models import Ask, AskRefusal, Grant, Likeness, Message
from consent.webhooks import hearing
from ledger.models import Entry, Sealed
from tests.consent import people
from tests.consent.asking import BACK, REASON, ask, asked_terms, drafted, sign
from tests.consent.people import Person

pytestmark = pytest.mark.django_db
State = Ask.State
NOWHERE = "11111111-1111-4111-8111-111111111111"


def kinds() -> list[str]:
    rows = Entry.objects.filter(kind__regex=r"^(ask|asking)\.").order_by("created_at", "pk")
    return list(rows.values_list("kind", flat=True))


def known_to_app(row: Ask) -> dict[str, Any]:
    """Return all that the app is ever shown."""
    row.refresh_from_db()
    return {"state": row.state, "ended": row.ended_at is not None, "grant": row.grant_id}


def over(row: Ask) -> None:
    """Let the time of a request be over."""
    ago = clock.now() - timedelta(days=2)
    Ask.objects.filter(pk=row.pk).update(asked_at=ago, expires_at=ago + timedelta(hours=1))
    asks.expire_due()
    row.refresh_from_db()


def events_of(kind: str, party: Person) -> list[dict[str, object]]:
    words = [word for entry in Entry.objects.filter(kind=kind) for word in hearing.words(entry)]
    return [dict(word.data) for word in words if party.party.pk in word.parties]


def test_a_person_is_told_who_may_decide_and_signs_what_was_asked_for(
    ada: Person, carl: Person, face: Likeness
) -> None:
    made = ask(carl, "@ada")
    told = Message.objects.get(kind=Message.Kind.PERMISSION_ASKED)
    assert told.party == ada.party
    assert f"/me/asks/{made.pk}" in told.text
    assert carl.party.name not in told.text  # no words of a stranger's in our e-mail
    assert REASON not in told.text
    assert list(asks.put_to(ada.party)) == [made]
    assert asks.letter_of(made).reason == REASON
    assert asks.letter_of(made).host == "app.example.com"
    granted = sign(ada, face, made)
    assert granted.state == State.GRANTED
    assert granted.grant is not None
    assert granted.grant.terms == asked_terms(made)
    assert kinds() == ["ask.made", "ask.granted"]
    assert {"ask": str(made.pk), "grant": str(granted.grant_id)} in events_of("ask.granted", carl)


def test_a_signature_that_is_sent_twice_is_one_answer(ada: Person, carl: Person, face: Likeness) -> None:
    made = ask(carl, face.pk)
    document = drafted(ada, face, asked_terms(made))
    first = asks.sign(made, document, ada.sign(document), actor=ada.party)
    assert asks.sign(made, document, ada.sign(document), actor=ada.party).grant_id == first.grant_id
    assert Grant.objects.count() == 1


def test_less_may_be_signed(ada: Person, carl: Person, face: Likeness) -> None:
    made = ask(carl, face.pk)
    limits = {"uses": 3, "seconds": None, "seconds_each": 8}
    assert sign(ada, face, made, limits=limits, purposes=["satire"]).state == State.GRANTED


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"training": True}, "/terms/training"),
        ({"after_end": "keep"}, "/terms/after_end"),
        ({"purposes": ["advertising", "entertainment", "satire"]}, "/terms/purposes"),
        ({"audience": {"kind": "everyone", "except": []}}, "/terms/audience"),
    ],
    ids=["training", "after-end", "purposes", "audience"],
)
def test_more_than_was_asked_for_is_no_answer_and_nothing_is_recorded(
    ada: Person, carl: Person, face: Likeness, changes: dict[str, Any], pointer: str
) -> None:
    made = ask(carl, face.pk)
    with pytest.raises(asks.AskExceeded) as caught:
        sign(ada, face, made, **changes)
    assert caught.value.pointer == pointer
    assert not Grant.objects.exists()
    made.refresh_from_db()
    assert made.state == State.OPEN


def test_the_answer_is_a_grant_of_the_likeness_that_was_asked_for(
    ada: Person, carl: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, other = ask(carl, face.pk), people.enrolled(ada, monkeypatch)
    document = drafted(ada, other, asked_terms(made))
    with pytest.raises(Exception, match="no such likeness"):
        asks.sign(made, document, ada.sign(document), actor=ada.party)
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    "way", ["absent", "no-such-id", "not-enrolled", "shut-out", "refused", "nobody-may", "flooded"]
)
def test_whoever_reaches_nobody_sees_what_a_request_shows_that_is_ignored(
    ada: Person, carl: Person, face: Likeness, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heeded = ask(carl, "@ada")
    name = {"absent": "@nobody-here", "no-such-id": NOWHERE}.get(way, str(face.pk))
    if way == "not-enrolled":
        Likeness.objects.filter(pk=face.pk).update(state="enrolling")
    if way == "shut-out":
        exclusions.withdraw_party(carl.party, likeness=face, actor=ada.party)
    if way == "refused":
        ask_refusals.refuse(face, carl.party, actor=ada.party)
    if way == "nobody-may":
        ask_refusals.refuse(face, None, actor=ada.party)
    if way == "flooded":
        monkeypatch.setattr(ask_delivery, "A_DAY", 1)
    lost = ask(carl, name, credit="Carl")
    assert lost.looked_at is not None
    assert not lost.reached
    assert known_to_app(lost) == known_to_app(heeded)
    assert lost not in asks.put_to(ada.party)
    assert Message.objects.filter(kind=Message.Kind.PERMISSION_ASKED).count() == 1
    over(lost)
    over(heeded)
    assert known_to_app(lost) == known_to_app(heeded) == {"state": "expired", "ended": True, "grant": None}


def test_a_quiet_no_is_for_the_app_what_silence_is(ada: Person, carl: Person, face: Likeness) -> None:
    ignored, declined = ask(carl, face.pk), ask(carl, face.pk, credit="Carl")
    asks.decline(declined, actor=ada.party)
    assert known_to_app(declined) == known_to_app(ignored)
    assert events_of("ask.declined", carl) == []
    again = ask(carl, face.pk, credit="Carl")  # asking again tells nothing either
    assert again.pk == declined.pk
    over(declined)
    assert known_to_app(declined)["state"] == "expired"
    assert kinds() == ["ask.made", "ask.made", "ask.declined", "ask.expired"]


def test_a_person_may_want_the_app_to_know_of_the_no(ada: Person, carl: Person, face: Likeness) -> None:
    made = ask(carl, face.pk)
    asks.decline(made, actor=ada.party)
    told = asks.decline(made, tell=True, actor=ada.party)
    assert told.state == State.DECLINED
    assert {"ask": str(made.pk)} in events_of("ask.declined", carl)
    with pytest.raises(asks.AskClosed):
        sign(ada, face, made)


def test_a_quiet_no_can_still_become_a_yes(ada: Person, carl: Person, face: Likeness) -> None:
    made = ask(carl, face.pk)
    asks.decline(made, actor=ada.party)
    assert sign(ada, face, made).state == State.GRANTED


def test_never_again_is_a_no_to_all_that_waits_and_to_what_comes(ada: Person, carl: Person, face: Likeness) -> None:
    first, second = ask(carl, face.pk), ask(carl, face.pk, credit="Carl")
    refusal = ask_refusals.never_again(first, actor=ada.party)
    assert ask_refusals.never_again(second, actor=ada.party) == refusal
    second.refresh_from_db()
    assert second.declined_at is not None
    assert known_to_app(second)["state"] == "open"
    assert not ask(carl, face.pk, credit="Once more").reached
    ask_refusals.allow(refusal, actor=ada.party)
    assert ask(carl, face.pk, credit="And now").reached
    assert kinds()[-3:] == ["ask.made", "asking.allowed", "ask.made"]


def test_a_door_is_closed_once_and_by_whoever_decides(ada: Person, carl: Person, eve: Person, face: Likeness) -> None:
    assert ask_refusals.refuse(face, None, actor=ada.party) == ask_refusals.refuse(face, None, actor=ada.party)
    with pytest.raises(Exception, match="no such likeness"):
        ask_refusals.refuse(face, carl.party, actor=eve.party)
    with pytest.raises(ask_refusals.AskRefusalMissing):
        ask_refusals.allow(AskRefusal.objects.get(), actor=eve.party)


def test_strangers_can_do_nothing_with_a_request(ada: Person, carl: Person, eve: Person, face: Likeness) -> None:
    made = ask(carl, face.pk)
    for act in (
        lambda: asks.decline(made, actor=eve.party),
        lambda: asks.withdraw(made, actor=eve.party),
        lambda: asks.withdraw(made, actor=ada.party),
        lambda: asks.decline(made, actor=carl.party),
        lambda: ask_refusals.never_again(made, actor=eve.party),
    ):
        with pytest.raises(asks.AskMissing):
            act()
    assert list(asks.put_to(eve.party)) == []


def test_what_is_taken_back_cannot_be_answered(ada: Person, carl: Person, face: Likeness) -> None:
    made = ask(carl, face.pk)
    assert asks.withdraw(made, actor=carl.party).state == State.WITHDRAWN
    assert asks.withdraw(made, actor=carl.party).state == State.WITHDRAWN
    with pytest.raises(asks.AskMissing):
        sign(ada, face, made)
    assert list(asks.put_to(ada.party)) == []


def test_a_request_whose_time_is_over_cannot_be_signed_though_nobody_wrote_that_down(
    ada: Person, carl: Person, face: Likeness
) -> None:
    made = ask(carl, face.pk)
    ago = clock.now() - timedelta(days=2)
    Ask.objects.filter(pk=made.pk).update(asked_at=ago, expires_at=ago + timedelta(hours=1))
    with pytest.raises(asks.AskClosed):
        sign(ada, face, made)
    assert ask(carl, face.pk).pk != made.pk  # and the same may be asked anew


def test_one_app_reaches_a_person_thrice_a_month_and_gets_few_e_mails_out(
    ada: Person, carl: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_delivery, "TOLD", 2)
    reached = [ask(carl, face.pk, credit=f"Number {n}").reached for n in range(4)]
    assert reached == [True, True, True, False]
    assert ask(ben, face.pk).reached
    assert Message.objects.filter(kind=Message.Kind.PERMISSION_ASKED).count() == 2


def test_an_app_asks_only_so_often_a_day(carl: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asks, "PER_DAY", 2)
    ask(carl, "@one-of-them")
    ask(carl, "@two-of-them")
    ask(carl, "@two-of-them")  # the same again is no new one
    with pytest.raises(asks.TooManyAsks):
        ask(carl, "@three-of-them")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"audience": {"kind": "everyone", "except": []}}, "/terms/audience"),
        ({"company": {"never": [], "only": [NOWHERE]}}, "/terms/company/only/0"),
        (
            {"rate": {"currency": "EUR", "per": "use", "amount": "1", "split": [{"party": NOWHERE, "part": "1"}]}},
            "/terms/rate/split/0/party",
        ),
        ({"purposes": ["world-domination"]}, "/terms/purposes/0"),
    ],
    ids=["everyone", "company", "split", "purpose"],
)
def test_one_asks_for_oneself_and_of_one_person_alone(carl: Person, changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises((ask_letter.AskInvalid, fields.StatementInvalid)) as caught:
        ask(carl, "@ada", **changes)
    assert caught.value.pointer == pointer


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("named", "ada"),
        ("named", "@Ada"),
        ("reason", ""),
        ("reason", "x" * 601),
        ("reason", "two\nlines"),
        ("reason", "\u202eabc"),
        ("return_url", "http://app.example.com/"),
        ("return_url", "https://u:p@app.example.com/"),
        ("return_url", "https://localhost/"),
        ("return_url", "javascript:alert(1)"),
    ],
)
def test_a_hostile_letter_is_refused(carl: Person, field: str, value: str) -> None:
    sent: dict[str, Any] = {"named": "@ada", "reason": REASON, "return_url": BACK} | {field: value}
    with pytest.raises((ask_letter.AskInvalid, fields.StatementInvalid)):
        asks.ask(sent.pop("named"), people.full_terms(carl.party), **sent, actor=carl.party)


@pytest.mark.parametrize("days", [-1, 0, 31])
def test_nobody_is_asked_in_the_past_or_for_longer_than_30_days(carl: Person, days: int) -> None:
    with pytest.raises(ask_letter.AskInvalid):
        asks.ask(
            "@ada",
            people.full_terms(carl.party),
            reason=REASON,
            expires_at=clock.now() + timedelta(days=days),
            actor=carl.party,
        )


def test_an_erasure_of_either_side_destroys_what_was_written(
    ada: Person, ben: Person, carl: Person, face: Likeness
) -> None:
    made, other = ask(carl, face.pk), ask(ben, face.pk)
    letters = [one.letter_id for one in (made, other) if one.letter_id is not None]
    erasure.erase_party(ada.party, actor=ada.party)
    assert not Sealed.objects.filter(pk__in=letters).exists()
    made.refresh_from_db()
    assert (made.letter, made.same) == (None, None)
    with pytest.raises(asks.AskClosed):
        asks.letter_of(made)


def test_what_old_requests_said_is_forgotten(ada: Person, carl: Person, face: Likeness) -> None:
    made = ask(carl, face.pk)
    over(made)
    assert asks.forget_old() == 0
    Ask.objects.filter(pk=made.pk).update(ended_at=clock.now() - timedelta(days=91))
    assert asks.forget_old() == 1
    made.refresh_from_db()
    assert made.letter is None
