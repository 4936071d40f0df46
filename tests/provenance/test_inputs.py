"""What a manifest says of a clip and of a prompt can be opened by us, linked by nobody, and by none after erasure."""

from __future__ import annotations

import hashlib
import json
from uuid import uuid4

import pytest

from consent.models import Enrolment
from ledger import base64url, erasure, log
from ledger.commitment import commit
from provenance import inputs
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


def test_each_likeness_and_the_prompt_are_named_by_commitments_that_we_can_open() -> None:
    world = w.world()
    video = world.ask()
    permit = w.permit_of(video)
    clip, prompt = inputs.of(video, permit)
    enrolment = Enrolment.objects.select_related("entry").get(likeness=world.likeness)
    salt = inputs.salt_of(log.opening(enrolment.entry).salt, video.id)
    opened = commit(salt, bytes(enrolment.entry.body), label="input")
    assert clip.instance == f"urn:countenance:input:{base64url.encode(opened)}"
    salt = inputs.salt_of(log.opening(permit.entry).salt, video.id)
    payload = json.loads(log.opening(permit.entry).payload)["payload"]
    digest = hashlib.sha256(video.prompt.encode()).digest()
    committed = commit(base64url.decode(payload["prompt_salt"]), digest, label="prompt")
    assert permit.binding_document["prompt"] == base64url.encode(committed)
    opened = commit(salt, committed, label="input")
    assert prompt.instance == f"urn:countenance:input:{base64url.encode(opened)}"


def test_two_videos_of_one_person_share_no_name_of_an_input() -> None:
    world = w.world()
    one, other = (world.ask() for _ in range(2))
    names = {each.instance for video in (one, other) for each in inputs.of(video, w.permit_of(video))}
    assert len(names) == 4
    assert None not in names
    assert inputs.clip(world.likeness.pk, one.id) == inputs.clip(world.likeness.pk, one.id)


def test_once_a_person_is_erased_their_clip_has_no_name_that_anybody_could_make() -> None:
    world = w.world()
    assert inputs.clip(world.likeness.pk, uuid4())
    erasure.erase(world.ada.party.actor, actor="system:test", reason="subject-request")
    assert inputs.clip(world.likeness.pk, uuid4()) is None
