"""A file that left our servers holds nothing about an erased person, and nothing that we answer adds to it."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from consent import erasure
from consent.models import Enrolment
from ledger.canonical import canonical
from ledger.follower import LoggedEntry
from provenance import cascade, publication
from provenance.models import Fingerprint, Stamp, Video
from tests.provenance import copies
from tests.provenance import world as w

pytestmark = pytest.mark.django_db
PROMPT = "Quillfeather waltzes by the sea"
TELLING = 8  # bytes; fewer are somewhere in any film
CODE = {"alg": "io.iscc.v0"}


@pytest.fixture
def http(settings: Settings) -> Client:
    settings.SERVING_LEASE_SECONDS = 0.01
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns without it
    return Client(raise_request_exception=False)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return four seconds in the size that `w.world` orders, of which a picture tells something."""
    target = tmp_path_factory.mktemp("film") / "film.mp4"
    size = w.SIZE.replace("x", ":")
    copies.ffmpeg("-i", str(copies.CLIPS["astronaut"]), "-t", "4", "-vf", f"scale={size}", *copies.X264, str(target))
    return target.read_bytes()


class Kept:
    """What a stranger keeps of a video while it is public: the file, its sidecar, the receipt, the pages."""

    def __init__(self, http: Client, world: w.World, film: bytes) -> None:
        video = world.ask(prompt=PROMPT)
        w.publish_log()
        w.deliver(video, film)
        self.video = publication.finish(video.pk)
        w.publish_log()
        self.http, self.label = http, Stamp.objects.get(video=video).manifest_label
        self.file = (Path(configured.MEDIA_ROOT) / self.video.path).read_bytes()
        row = Fingerprint.objects.filter(video=video, kind="picture", mirrored=False).first()
        assert row is not None
        self.code = CODE | {"value": base64.b64encode(bytes(row.code)).decode()}
        self.before = self.answers()

    def answers(self) -> dict[str, Any]:
        """Ask every door that needs no account."""
        base = f"/v1/videos/{self.video.pk}"
        doors = {name: f"{base}/{name}" for name in ("status", "manifest", "receipt")}
        doors |= {"record": f"/v/{self.video.pk}", "store": f"/v1/manifests/{self.label}"}
        found = {name: self.http.get(door) for name, door in doors.items()}
        found["binding"] = self.http.get("/v1/matches/byBinding", self.code)
        found["content"] = self.http.post("/v1/matches/byContent", self.file, content_type="video/mp4")
        upload = SimpleUploadedFile("a.mp4", self.file)
        return found | {"check": self.http.post("/v1/verifications", {"file": upload})}


def guesses(world: w.World, video: Video) -> Iterator[bytes]:
    """Yield what somebody would try out who wants to know whether it is she, and what was asked for."""
    ids: list[UUID] = [world.ada.party.pk, world.ben.party.pk, world.likeness.pk, world.grant.pk]
    ids += [Enrolment.objects.get(likeness=world.likeness).pk]
    texts = [str(each) for each in ids] + [world.ada.party.actor, world.ben.party.actor]
    for party in (world.ada.party, world.ben.party):
        texts += [party.handle, party.name, party.name.lower()]
    texts += [PROMPT, PROMPT.lower(), json.dumps(PROMPT), world.likeness.name]
    for text in texts:
        yield text.encode()
    for each in ids:
        yield each.bytes
    yield hashlib.sha256(PROMPT.encode()).digest() + str(video.pk).encode()
    yield canonical({"prompt": PROMPT})


def digests(data: bytes) -> Iterator[bytes]:
    yield from (hashlib.new(name, data).digest() for name in ("sha256", "sha1", "md5", "sha512"))
    yield hashlib.sha256(hashlib.sha256(data).digest()).digest()


def spellings(data: bytes) -> Iterator[bytes]:
    yield data
    yield data.hex().encode()
    yield base64.b64encode(data).rstrip(b"=")
    yield base64.urlsafe_b64encode(data).rstrip(b"=")


def told(world: w.World, video: Video, data: bytes) -> list[bytes]:
    """Return the guesses that `data` confirms: in the clear, or by a digest without a salt."""
    found = []
    salts = [b"", *(m[1] for m in itertools.islice(SALT.finditer(data), 50))]
    opened = [base64.urlsafe_b64decode(salt + b"=" * (-len(salt) % 4)) for salt in salts]
    for guess in guesses(world, video):
        tried = [guess, *digests(guess)]
        for salt, label in itertools.product(opened[1:], (b"input", b"prompt", b"binding", b"commitment")):
            salted = b"countenance/" + label + b"/v1\0" + salt
            tried += [hashlib.sha256(salted + inner).digest() for inner in (guess, hashlib.sha256(guess).digest())]
        if any(spelt in data for one in tried if len(one) >= TELLING for spelt in spellings(one)):
            found.append(guess)
    return found


SALT = re.compile(rb"[^A-Za-z0-9_-]([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])")  # 32 bytes in base64url


def erased(person: w.Person) -> None:
    receipt = erasure.erase_party(person.party, actor=person.party)
    for _ in range(2):
        cascade.handle(LoggedEntry(1, receipt.entry.kind, receipt.entry.pk, {}))


@pytest.mark.parametrize("who", ["ada", "ben"])  # whom it shows, and who asked for it
def test_nothing_in_a_file_or_an_answer_is_about_a_person_who_is_erased(http: Client, film: bytes, who: str) -> None:
    world = w.world()
    kept = Kept(http, world, film)
    assert {name: one.status_code for name, one in kept.before.items()} == dict.fromkeys(kept.before, 200)
    assert [kept.before[name].json()["matches"][0]["manifestId"] for name in ("binding", "content")] == [kept.label] * 2
    assert [name for name, one in kept.before.items() if "no-store" not in one.headers.get("Cache-Control", "")] == []
    control = kept.file + hashlib.sha256(PROMPT.encode()).digest() + str(world.likeness.pk).encode()
    assert told(world, kept.video, control) == [str(world.likeness.pk).encode(), PROMPT.encode()]
    stamped = {name: one.content for name, one in kept.before.items()} | {"file": kept.file}
    assert [name for name, data in stamped.items() if told(world, kept.video, data)] == []

    known = [*guesses(world, kept.video)]  # the rows forget them
    erased(getattr(world, who))
    after = kept.answers()
    said = {name: one.content for name, one in after.items()}
    for name, data in said.items():
        assert [one for one in known if len(one) >= TELLING and one in data] == [], name
    assert (after["store"].status_code, after["store"].json()["code"]) == (404, "manifest-missing")
    assert [after[name].status_code for name in ("manifest", "receipt")] == [410, 410]
    assert [after[name].json() for name in ("binding", "content")] == [{"matches": []}] * 2
    assert after["status"].json()["state"] == ("withdrawn" if who == "ada" else "consented")
    report = after["check"].json()
    assert report["integrity"]["verdict"] == "intact"
    assert report["ok"] is (who == "ben")
