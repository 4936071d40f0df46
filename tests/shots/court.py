"""What the pictures of appeals, orders and everything above single cases show: a desk on which something lies."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from consent import clock, likenesses, register, revocation_proposals
from consent.casework import assignments, bulks, replies, sampling, schedule
from consent.models import Order, QualitySample
from consent.staff import Staff
from consent.takedown import enforcement, orders
from tests.consent import people
from tests.provenance.hearings import bench
from tests.shots import scenes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.shots.registry import Scene

VIDEO = uuid.UUID("5b0f7a1e-7a55-4c43-8d61-0d2f64c1f0ab")


def _desk(scene: Scene) -> dict[str, str]:
    """Lay out one of everything; return the path of each page."""
    me, one, two = Staff(scenes.moderator(scene).pk), bench.moderator("first"), bench.moderator("second")
    notice, ben = bench.noticed(), bench.ben() if "ben" not in scene.kept else people.register("bert").party
    appeal = bench.appealed(notice, bench.ruled(notice.case, one, two), ben)
    counter = bench.countered(bench.noticed(), ben)
    assignments.claim("appeals", appeal.pk, actor=me)
    assignments.claim("counter-notices", counter.pk, actor=me)
    order = _order(me)
    like = likenesses.register_likeness(name="Someone", kind="person", actor=ben)
    proposal = revocation_proposals.propose_revocation(like, reason="not-the-person", actor=one.actor)
    name = register.protect(["Marta Example"], ground="opted_out", actor=me)
    return {
        "appeal": f"appeals/{appeal.pk}", "counter-notice": f"counter-notices/{counter.pk}",
        "order": f"orders/{order.pk}", "orders": "orders", "order-new": "orders/new",
        "revocation": f"revocations/{proposal.pk}", "revocations": "revocations", "names": "names",
        "name": f"names/{name.pk}", **_above(me, one),
    }  # fmt: skip


def _order(me: Staff) -> Order:
    made = orders.record_order(
        VIDEO, kind="restraining", court="Superior Court of Los Angeles", country="US-CA", docket="23-CV-Doe",
        words="Not to be shown.", scope="video", served_at=clock.now(), actor=me,
    )  # fmt: skip
    return enforcement.carry_out(made, actor=me)


def _above(me: Staff, one: bench.Moderator) -> dict[str, str]:
    said = {"case": "T-1", "reason": "notice"}
    bulk = bulks.ask("place-block", [uuid.uuid4() for _ in range(12)], said, reason="One upload.", actor=one.actor)
    texts = {"en": "Send {{ what }}.", "es": "Envíe {{ what }}."}
    replies.write("more", subject={"en": "Your notice", "es": "Su aviso"}, text=texts, actor=me)
    schedule.plan("confirm-block", uuid.uuid4(), clock.now() + timedelta(hours=3), {}, actor=me)
    sample = _sample(one.actor)
    assignments.claim("second-looks", sample.pk, actor=me)
    return {
        "bulks": "bulks", "bulk": f"bulks/{bulk.pk}", "bulk-new": "bulks/new", "replies": "replies",
        "reply": "replies/more", "plans": "plans", "quality": "quality", "second-looks": "second-looks",
        "second-look": f"second-looks/{sample.pk}", "figures": "figures",
    }  # fmt: skip


def _sample(first: Staff) -> QualitySample:
    case = bench.noticed().case
    held = assignments.claim("cases", case.pk, actor=first)
    assignments.submit(held, "remove", lambda: None, actor=first)
    at = clock.now()
    sampling.take(b"seed", at - timedelta(hours=1), at + timedelta(hours=1), {held.lane: 1.0})
    return QualitySample.objects.get(assignment=held)


_laid = scenes.once("court", _desk)


def page(name: str) -> Callable[[Scene], str]:
    """Return the path of a page of the desk."""
    return lambda scene: f"/console/{_laid(scene)[name]}"


NAMES = (
    "appeal", "counter-notice", "order", "orders", "order-new", "revocation", "revocations", "names", "name", "bulks",
    "bulk", "bulk-new", "replies", "reply", "plans", "quality", "second-looks", "second-look", "figures",
)  # fmt: skip
