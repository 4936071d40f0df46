"""After an erasure a search through everything that we keep finds nothing of the person, and the log still verifies.

What is searched: a dump of the whole database, every file, the broker's keys, and what was logged. Before the erasure
the same search must find what stands in the clear, and a clip that somebody leaves in the clear must be found as well.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import random
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as configured
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from config import embedded
from consent import (
    capture,
    claims,
    enrolment,
    erasure,
    exclusions,
    grants,
    keys,
    likenesses,
    parties,
    register,
    revocations,
    suspensions,
    tokens,
    undo,
)
from consent.media import capture as measuring
from consent.media import challenge, clip
from consent.models import Enrolment, Grant, Party, Withdrawal
from ledger import base64url, keyring, published, vault
from ledger.canonical import digest
from ledger.erasure import ErasureUndone, refuse_if_undone
from ledger.subjectkeys import Erased
from ledger.verifier import logformat, publishedlog
from ledger.verifier.tiles import reader
from provenance import renders
from provenance.models import Video
from provenance.renders import ConsentRequired
from tests.conftest import address
from tests.consent import deals, people
from tests.consent.media.followed import ASKED as ASKED_OF
from tests.consent.media.followed import followed
from tests.consent.test_undo import long_ago
from tests.consent.test_undo import signed as undo_signed
from tests.ledger.test_erasure import Backup
from tests.provenance import world as w

CLIP = random.Random(20261122).randbytes(200_000)
FILM = random.Random(1864).randbytes(60_000)
HANDLE, NAME = "quillfeather-zq7", "Zéphyrine Quillfeather"
FACE = "Quillfeather au naturel"
MAIL = "zephyrine@quillfeather.example"
PROMPT = "A wobblethatch waltzes by the sea"
ASKED = "A grumblespoon sleeps in the sun"
KEY = "keyed-by-flimmerwick"
BASIS, PAGE = "as the sister of a thistlebrook", b"%PDF- a deed of snowberrow"
OFFERED, CREDIT = "a reel of marrowdrift", "Courtesy of Fennelwhisk"
ANSWER = random.Random(1729).randbytes(50_000)
SHINGLE = 24  # bytes


def shingles(data: bytes, count: int = 40) -> list[bytes]:
    step = (len(data) - SHINGLE) // count
    return [data[at : at + SHINGLE] for at in range(0, step * count, step)]


def spellings(needle: bytes) -> Iterable[bytes]:
    """Return a needle as it stands in the clear, in hex, in JSON, and in base64 at each of its three phases."""
    yield needle
    yield needle.hex().encode()
    with contextlib.suppress(UnicodeDecodeError):
        yield json.dumps(needle.decode()).strip('"').encode()
    for phase in range(3):
        inner = base64.b64encode(bytes(phase) + needle)[4 if phase else 0 : -4]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


class Person:
    """The one who will be erased, and what of theirs is looked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.private = Ed25519PrivateKey.generate()
        public = self.private.public_key().public_bytes_raw()
        proof = self.private.sign(keys.possession_digest(HANDLE, public))
        self.party, self.token = parties.register_party(
            handle=HANDLE, name=NAME, kind="person", public=public, proof=proof
        )
        self.party.user = get_user_model().objects.create_user("zq", email=MAIL, first_name=NAME)
        self.party.save()
        self.likeness = likenesses.register_likeness(name=FACE, kind="person", actor=self.party)
        monkeypatch.setattr(clip, "probe", lambda _data: people.MEASURED)
        enrolment.enrol(self.likeness, io.BytesIO(CLIP), actor=self.party)
        self.likeness.refresh_from_db()
        self.public = public

    def grant(self, to: Party) -> Grant:
        key = self.party.keys.get()
        document = grants.draft(self.likeness, people.terms(to), key=key, actor=self.party)
        self.nonce = str(document["nonce"])
        signature = self.private.sign(digest("grant", document))
        self.signature = signature
        return grants.record_grant(document, signature, actor=self.party)

    def needles(self) -> dict[str, list[bytes]]:
        """Return what is looked for: in the clear before, and sealed even then."""
        return {
            "handle": [HANDLE.encode()],
            "name": [NAME.encode(), b"Quillfeather"],
            "likeness": [FACE.encode()],
            "mail": [MAIL.encode()],
            "key": [self.public, self.party.keys.get().key_id.encode()],
            "signature": [self.signature],
            "token": [tokens.digest(self.token)],
            "prompts": [PROMPT.encode(), ASKED.encode()],
            "idempotency": [KEY.encode()],
            "film": shingles(FILM),
            "offer": [OFFERED.encode()],
            "credit": [CREDIT.encode()],
            "clip (sealed)": shingles(CLIP) + shingles(ANSWER),
            "claim (sealed)": [BASIS.encode(), PAGE],
            "statement (sealed)": [self.nonce.encode()],
        }


def leave_all_open(person: Person, other: people.Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave something open of every kind: what waits for staff, what rests, who is out, what is offered and owed."""
    key = person.party.keys.get()
    me = people.Person(person.party, key, person.private, person.token)
    doing, signature = undo_signed(me, long_ago(me))
    undo.undo_since(doing, signature, actor=me.party)
    given = people.full_grant(me, person.likeness, other.party, credit=CREDIT, rate=deals.rate())
    deals.accept(deals.offer(given, me, other, description=OFFERED), other)
    deals.offer(given, me, None, description=OFFERED)
    deals.minted(other, person.likeness)
    names = ["Zéphyrine Quillfeather"]
    register.protect(names, ground="own_likeness", likeness=person.likeness, actor=me.party)
    exclusions.withdraw_party(people.register("gus").party, likeness=person.likeness, actor=me.party)
    made = people.claim(me, basis=BASIS)
    claims.add_document(made, io.BytesIO(PAGE), kind="evidence", actor=me.party)
    with monkeypatch.context() as patched:
        patched.setattr(challenge, "draw", lambda: ASKED_OF)
        patched.setattr(measuring, "measure", lambda data: followed(clip=data, heard=()))
        waiting = capture.open_session(person.likeness, language="es", actor=me.party)
        for _ in range(capture.TRIES):
            capture.submit_clip(waiting, io.BytesIO(ANSWER), actor=me.party)
    assert waiting.state == "in_review"
    suspensions.suspend(given, reason="paused", actor=me.party)


def dump() -> bytes:
    """Dump the database as `pg_dump` does for a backup."""
    program = embedded.postgres_programs() / "pg_dump"
    name = str(connection.settings_dict["NAME"])
    command = [str(program), "--no-password", f"--dbname={address(name)}"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert b"consent_party" in done.stdout
    return done.stdout


def broker() -> bytes:
    """Return every key of the broker with what it holds, as the broker itself serialises it."""
    with redis.Redis.from_url(configured.CELERY_BROKER_URL.replace("redis+socket", "unix")) as session:
        return b"\n".join(key + b" " + (session.dump(key) or b"") for key in session.scan_iter())


def everything(folder: Path, logged: Callable[[], str]) -> dict[str, bytes]:
    found = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return found | {"database": dump(), "broker": broker(), "log lines": logged().encode()}


def places(needles: dict[str, list[bytes]], where: dict[str, bytes]) -> dict[str, list[str]]:
    """Return for each kind of needle where it was found."""
    wanted = {kind: [text for one in group for text in spellings(one)] for kind, group in needles.items()}
    return {
        kind: [name for name, data in where.items() if any(text in data for text in texts)]
        for kind, texts in wanted.items()
    }


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []

    def read() -> str:
        said.extend(capfd.readouterr())
        return caplog.text + "".join(said)

    return read


def ask(*path: str, token: str, method: str = "get", **more: Any) -> Any:  # noqa: ANN401 - JSON
    answer = getattr(Client(), method)("/v1/" + "/".join(path), headers={"Authorization": f"Bearer {token}"}, **more)
    assert answer.status_code == 200, answer.content
    return answer.json()


def videos_of(person: Person, client: w.Person) -> Video:
    """Make a published video and one whose result waits, ask for something in vain, and be the client of one."""
    configured.GPU_RENDERERS = [
        {"name": "reference", "url": "http://127.0.0.1:9", "token": "t", "sealing_key": None, "model": w.MODEL}
    ]
    order: dict[str, Any] = {"cast": [person.likeness.pk], "model": w.MODEL, "seconds": 4, "size": w.SIZE}
    made = renders.request(prompt=PROMPT, purpose="satire", idempotency_key=KEY, actor=client.party, **order)
    w.shown(made, FILM)
    w.deliver(renders.request(prompt=PROMPT, purpose="satire", actor=client.party, **order), FILM)
    renders.remix(made, prompt=ASKED, actor=client.party)
    with pytest.raises(ConsentRequired):
        renders.request(prompt=ASKED, purpose="advertising", actor=person.party, **order)
    return made


def verified() -> int:
    """Check the published log with the program that shares no code with the writer; return its exit code."""
    key = logformat.LogKey.parse(keyring.log_vkey())
    return publishedlog.check(reader(str(published.folder())), [key]).code()


@pytest.mark.django_db  # and so the template of the other tests' databases is made
def test_the_search_knows_each_spelling() -> None:
    for text in (NAME.encode(), CLIP[:SHINGLE]):
        for before in range(4):
            whole = bytes(before) + text + b"after it"
            for spelt in (whole, whole.hex().encode(), base64.b64encode(whole), base64url.encode(whole).encode()):
                assert places({"it": [text]}, {"here": spelt}) == {"it": ["here"]}
    assert places({"it": [NAME.encode()]}, {"here": json.dumps({"name": NAME}).encode()}) == {"it": ["here"]}
    assert places({"it": [b"something else entirely"]}, {"here": CLIP}) == {"it": []}


def test_nothing_of_an_erased_person_is_left(
    fresh_database: str,
    own_folders: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    logged: Callable[[], str],
) -> None:
    settings.SERVING_LEASE_SECONDS = 0.01
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    person, client = Person(monkeypatch), w.person("ben", "client")
    other = people.register("noor", "Noor Example")
    leave_all_open(person, other, monkeypatch)
    person.grant(client.party)
    people.grant(other, people.enrolled(other, monkeypatch), person.party)  # somebody else's grant names the person
    videos_of(person, client)
    w.publish_log()
    needles = person.needles()

    before = places(needles, everything(own_folders, logged))
    assert [kind for kind, found in before.items() if not found and "sealed" not in kind] == []
    assert [kind for kind, found in before.items() if found and "sealed" in kind] == []
    left = own_folders / "left-in-the-clear"
    left.write_bytes(b"x" + CLIP)
    assert places(needles, everything(own_folders, logged))["clip (sealed)"] == [str(left)]
    left.unlink()

    shown = ask("parties", "me", "erasure", token=person.token)
    body = {"data": {"confirm": shown["confirm"]}, "content_type": "application/json"}
    receipt = ask("parties", "me", token=person.token, method="delete", **body)
    w.publish_log()
    call_command("ledger_follow", once=True)
    w.publish_log()

    after = places(needles, everything(own_folders, logged))
    assert {kind: found for kind, found in after.items() if found} == {}
    with pytest.raises(Erased):
        vault.read_blob(Enrolment.objects.get(likeness=person.likeness).blob)
    assert verified() == 0
    bundles = [path for path in (published.folder() / "tile/entries").rglob("*") if path.is_file()]
    assert any(receipt["entry"].encode() in path.read_bytes() for path in bundles)
    assert parties.by_token(other.token) == other.party


def test_a_restored_backup_forgets_the_person_again(
    fresh_database: str, own_folders: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SERVING_LEASE_SECONDS = 0.01
    person, client = Person(monkeypatch), w.person("ben", "client")
    leave_all_open(person, people.register("noor"), monkeypatch)
    person.grant(client.party)
    videos_of(person, client)
    w.publish_log()
    needles = person.needles()
    backup = Backup()
    try:
        erasure.erase_party(person.party, actor=person.party)
        backup.restore()
    finally:
        backup.drop()
    with pytest.raises(ErasureUndone):
        refuse_if_undone()
    assert places(needles, everything(own_folders, str))["name"] == ["database"]
    call_command("ledger_erasures", replay=True, stdout=io.StringIO())
    refuse_if_undone()
    after = places(needles, everything(own_folders, str))
    assert {kind: found for kind, found in after.items() if found} == {}
    assert not Grant.objects.filter(grantor=person.party, ended_at=None).exists()
    assert revocations.drain_all(list(Withdrawal.objects.filter(effective_at=None)))
