"""Log-ins, set-up, messages, export and erasure by the pages; what changes a log-in is told or does not happen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from consent import keys, login_letters, messages, parties
from consent import logins as changes
from consent.models import ErasureReceipt, LoginLetter, Message, Party
from consent.portal import adapters
from ledger import base64url
from ledger.models import Entry
from ledger.problem import Problem
from tests.consent import logins
from tests.consent.people import Person
from tests.consent.softpasskey import SoftPasskey

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202ea\u202d",
    "x" * 100_000,
    "a\x00b",
    "\U0001f600",
]


@pytest.fixture
def browser(ada: Person) -> Client:
    return logins.client_of(logins.own(ada.party))


def asked_again(browser: Client, path: str, sent: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - Django's test response
    """Show that it is oneself when asked, and return what the page answers then."""
    answer = browser.post(path, sent) if sent is not None else browser.get(path)
    if answer.status_code == 302 and "reauthenticate" in answer["Location"]:
        answer = browser.post(answer["Location"], {"password": PASSWORD, "next": path})
    return browser.get(path) if sent is None and answer.status_code == 302 else answer


def test_sign_up_sends_a_code_by_a_row_and_never_from_the_request(client: Client) -> None:
    client.post("/account/signup/passkey/", {"email": "new@example.org"})
    assert mail.outbox == []
    letter = LoginLetter.objects.get()
    content = login_letters.opened(letter)
    assert content["address"] == "new@example.org"
    assert b"new@example.org" not in bytes(letter.content)
    code = content["text"].splitlines()[0]
    answer = client.post("/account/confirm-email/", {"code": code})
    assert answer["Location"] == "/account/second-factor/webauthn/signup/"
    assert login_letters.send(letter.pk)
    assert [sent.to for sent in mail.outbox] == [["new@example.org"]]
    assert not LoginLetter.objects.exists()
    assert not login_letters.send(letter.pk)


def test_a_known_address_is_told_so_by_letter_and_nobody_else_is() -> None:
    logins.user("old")
    known = Client().post("/account/signup/passkey/", {"email": "old@example.org"})
    new = Client().post("/account/signup/passkey/", {"email": "new@example.org"})
    assert (known.status_code, known["Location"]) == (new.status_code, new["Location"])
    subjects = {login_letters.opened(letter)["subject"] for letter in LoginLetter.objects.all()}
    assert subjects == {"You have an account already / Ya tiene una cuenta", "Your code / Su código"}


def test_every_letter_and_notice_of_the_log_in_has_our_words() -> None:
    import allauth

    folder = Path(allauth.__file__).parent / "templates"
    names = {
        str(file.relative_to(folder)).removesuffix("_subject.txt")
        for file in folder.rglob("email/*_subject.txt")
        if "socialaccount" not in str(file)
    }
    links = {"account/email/password_reset_key", "account/email/password_reset"}  # of resets by link, which are off
    letters = {f"account/email/{name}" for name in login_letters.LETTERS}
    assert names - links == letters | (set(adapters.TOLD) - {"account/email/password_reset"})


def test_attempts_are_counted_for_every_process_alike(client: Client) -> None:
    logins.user("ada")
    wrong = {"login": "ada@example.org", "password": "wrong"}
    answers = [client.post("/account/login/", wrong).content for _ in range(11)]
    assert b"Too many" not in answers[0]
    assert b"Too many" in answers[-1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM countenance_cache")
        assert cursor.fetchone() != (0,)


def test_a_change_of_the_log_in_is_an_entry_a_message_and_an_e_mail(ada: Person, browser: Client) -> None:
    page = asked_again(browser, "/account/second-factor/totp/activate/")
    secret = page.context["form"].secret
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    browser.post("/account/second-factor/totp/activate/", {"code": code})
    told = Message.objects.get(party=ada.party)
    assert (told.kind, told.entry.kind) == ("login-changed", "login.changed")
    assert "code app" in told.text
    assert told.mail_due_at is not None
    stored = Authenticator.objects.get(type=Authenticator.Type.TOTP).data["secret"]
    assert secret not in stored
    browser.post("/account/second-factor/recovery-codes/generate/", {})
    assert Message.objects.filter(party=ada.party, text__contains="recovery codes").count() == 1


def test_what_cannot_be_told_is_not_changed(ada: Person, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    page = asked_again(browser, "/account/second-factor/totp/activate/")
    secret = page.context["form"].secret
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the vault is gone")

    monkeypatch.setattr(messages, "write", broken)
    assert browser.post("/account/second-factor/totp/activate/", {"code": code}).status_code == 500
    assert not Authenticator.objects.exists()
    assert not Entry.objects.filter(kind=changes.KIND).exists()
    logins.with_second_factor(User.objects.get(party=ada.party))
    assert browser.post("/account/second-factor/recovery-codes/generate/", {}).status_code == 500
    assert not Authenticator.objects.filter(type=Authenticator.Type.RECOVERY_CODES).exists()


def test_both_addresses_hear_of_a_new_one(ada: Person, browser: Client) -> None:
    asked_again(browser, "/account/email/", {"email": "new@example.org", "action_add": "1"})
    letter = LoginLetter.objects.get()
    code = login_letters.opened(letter)["text"].splitlines()[0]
    letter.delete()
    browser.post("/account/confirm-email/", {"code": code})
    ada.party.refresh_from_db()
    assert ada.party.user is not None
    assert ada.party.user.email == "new@example.org"
    told = Message.objects.filter(party=ada.party, kind="login-changed")
    assert told.count() >= 1
    assert {login_letters.opened(one)["address"] for one in LoginLetter.objects.all()} == {"ada@example.org"}
    assert "example.org" not in "".join(one.text for one in told)


def test_staff_and_who_has_no_password_keep_their_last_factor() -> None:
    adapter = adapters.MFAAdapter()
    boss = logins.staff("boss")
    row = Authenticator.objects.get(user=boss)
    assert not adapter.can_delete_authenticator(row)
    person = logins.with_second_factor(logins.user("person"))
    row = Authenticator.objects.get(user=person)
    assert adapter.can_delete_authenticator(row)
    person.set_unusable_password()
    row.user = person
    RecoveryCodes.activate(person)
    assert not adapter.can_delete_authenticator(row)


def test_a_secret_of_a_second_factor_is_sealed() -> None:
    adapter = adapters.MFAAdapter()
    sealed = adapter.encrypt("SECRET")
    assert "SECRET" not in sealed
    assert adapter.decrypt(sealed) == "SECRET"
    with pytest.raises(Problem):
        adapter.decrypt(base64url.encode(bytes(64)))


SHOWN = {"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA", "userHandle": "AA"}
CREDENTIALS = [
    "", "[]", "{}", "1", "null", "\x00", "[" * 5000, '{"response": []}', '{"response": {"userHandle": 1}}',
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": SHOWN}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "\x00"}}),
]  # fmt: skip


@pytest.mark.parametrize("credential", CREDENTIALS, ids=range(len(CREDENTIALS)))
def test_a_hostile_passkey_is_refused_without_a_word(client: Client, credential: str) -> None:
    client.get("/account/second-factor/webauthn/login/", headers={"x-requested-with": "XMLHttpRequest"})
    answer = client.post("/account/second-factor/webauthn/login/", {"credential": credential})
    assert (answer.status_code, answer["Location"]) == (302, "/account/login/")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_refused_kept_and_escaped(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from consent.portal import set_up, signing

    monkeypatch.setattr(signing, "of_user", lambda _user: [signing.Passkey(1, "p", b"id", SoftPasskey().public, "k")])
    del set_up
    browser = logins.client_of(logins.user("new"))
    for sent in ({"handle": text, "name": "Ada", "kind": "person"}, {"handle": "ada", "name": text, "kind": text}):
        answer = browser.post("/me/set-up", sent)
        assert answer.status_code == 422
        assert b"<script>alert" not in answer.content
        assert b"<img src=x" not in answer.content
    assert not Party.objects.exists()


def test_a_party_made_by_the_api_gets_a_log_in_on_the_word_of_its_key(ada: Person, ben: Person) -> None:
    browser = logins.client_of(logins.user("pages"))
    page = browser.post("/me/set-up/link", {"handle": "ada", "key": ada.key.key_id})
    challenge = page.context["form"].data["challenge"]
    digest = parties.link_digest("ada", ada.key.key_id, "pages@example.org", challenge)
    assert page.context["hex"] == digest.hex()
    sent = {"handle": "ada", "key": ada.key.key_id, "challenge": challenge}
    other = parties.link_digest("ada", ada.key.key_id, "thief@example.org", challenge)
    wrong = [ben.private.sign(digest), ada.private.sign(other), bytes(64), bytes(3)]
    for signature in wrong:
        answer = browser.post("/me/set-up/link", sent | {"signature": base64url.encode(signature)})
        assert answer.status_code == 422
    ada.party.refresh_from_db()
    assert ada.party.user_id is None
    right = sent | {"signature": base64url.encode(ada.private.sign(digest))}
    assert browser.post("/me/set-up/link", right)["Location"] == "/me/account"
    ada.party.refresh_from_db()
    assert ada.party.user_id is not None
    assert Message.objects.get(party=ada.party).kind == "login-changed"
    thief = logins.client_of(logins.user("thief"))
    assert thief.post("/me/set-up/link", right).status_code == 422


def tell(person: Person, number: int) -> None:
    for _ in range(number):
        changes.note(User.objects.get(party=person.party), changes.Change.PASSWORD_CHANGED)


def test_the_inbox_costs_the_same_however_much_is_in_it(
    ada: Person, browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    tell(ada, 1)
    with CaptureQueriesContext(connection) as few:
        browser.get("/me/messages")
    tell(ada, 40)
    with django_assert_max_num_queries(len(few)):
        page = browser.get("/me/messages")
    assert len(page.context["messages_told"]) == 25
    second = browser.get("/me/messages" + page.context["older"])
    assert len(second.context["messages_told"]) == 16
    assert browser.get("/me/messages?before=nonsense").status_code == 400


def test_opening_a_message_reads_it_and_somebody_elses_is_not_there(ada: Person, ben: Person, browser: Client) -> None:
    tell(ada, 2)
    first, second = Message.objects.filter(party=ada.party)
    stranger = logins.client_of(logins.own(ben.party))
    assert stranger.get(f"/me/messages/{first.pk}").status_code == 404
    assert browser.get(f"/me/messages/{first.pk}").status_code == 200
    first.refresh_from_db()
    assert first.read_at is not None
    browser.post("/me/messages/read")
    second.refresh_from_db()
    assert second.read_at is not None


def test_a_key_is_shown_with_its_chain_and_taken_out_of_use_after_asking_again(
    ada: Person, ben: Person, browser: Client
) -> None:
    page = browser.get("/me/keys")
    assert page.context["checked"]
    assert ada.key.key_id.encode() in page.content
    path = f"/me/keys/{ada.key.key_id}/revocation"
    assert "reauthenticate" in browser.post(path, {})["Location"]
    ada.key.refresh_from_db()
    assert ada.key.revoked_at is None
    assert asked_again(browser, path, {})["Location"] == "/me/keys"
    ada.key.refresh_from_db()
    assert ada.key.revoked_at is not None
    assert browser.get(f"/me/keys/{ben.key.key_id}/revocation").status_code == 404
    assert browser.get("/me/keys/%00/revocation").status_code == 404


def test_an_erasure_needs_the_handle_and_leaves_a_receipt_behind_a_secret_link(ada: Person, browser: Client) -> None:
    page = asked_again(browser, "/me/erasure")
    confirm = page.context["preview"].confirm
    wrong = browser.post("/me/erasure", {"handle": "<script>", "confirm": confirm})
    assert wrong.status_code == 422
    assert b"&lt;script&gt;" in wrong.content
    assert browser.post("/me/erasure", {"handle": "ada", "confirm": "x"}).status_code == 422
    assert not ErasureReceipt.objects.exists()
    done = browser.post("/me/erasure", {"handle": "ada", "confirm": confirm})
    link = done["Location"]
    assert "_auth_user_id" not in browser.session
    assert not User.objects.filter(username="ada").exists()
    assert not EmailAddress.objects.exists()
    receipt = Client().get(link)
    ada.party.refresh_from_db()
    assert ada.party.erased_entry is not None
    assert ada.party.erased_entry.commit_text.encode() in receipt.content
    assert (receipt["Referrer-Policy"], receipt["X-Robots-Tag"]) == ("no-referrer", "noindex")
    assert "no-store" in receipt["Cache-Control"]
    secret = link.rpartition("/")[2]
    assert secret.encode() not in bytes(ErasureReceipt.objects.get().digest)
    assert Client().get(link[:-1]).status_code == 404


def test_an_export_waits_for_the_checkpoint_with_a_page(browser: Client) -> None:
    browser.raise_request_exception = True
    answer = asked_again(browser, "/me/export/file", {})
    assert answer.status_code == 409


def test_one_log_in_has_one_party(ada: Person, ben: Person) -> None:
    user = logins.own(ada.party)
    challenge = "unused"
    with pytest.raises(parties.AccountLinked):
        linked(user, ben, challenge)


def linked(user: User, person: Person, _challenge: str) -> Party:
    from consent import challenges

    fresh = challenges.issue().text
    asked = parties.link_digest(person.party.handle, person.key.key_id, user.email, fresh)
    return parties.link_account(
        user,
        handle=person.party.handle,
        key_id=person.key.key_id,
        challenge=fresh,
        signature=person.private.sign(asked),
    )


def test_a_passkey_is_made_for_our_domain_whatever_host_was_asked_for(settings: Settings) -> None:
    settings.CONSENT_RP_ID = "countenance.example"
    assert adapters.MFAAdapter().get_public_key_credential_rp_entity()["id"] == "countenance.example"


def test_a_key_that_is_no_passkey_of_the_log_in_cannot_let_one_join(browser: Client) -> None:
    page = browser.get("/me/keys/join")
    assert page.status_code == 200
    assert keys.KeyMissing.code == "key-missing"
    assert browser.post("/me/keys/join", {"new": "1", "by": "1"}).status_code == 422
