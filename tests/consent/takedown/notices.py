"""Notices for the tests: one that is complete, and how it is filed."""

from __future__ import annotations

import io
import uuid
from typing import Any

from consent import clock
from consent.models import Case, Party, Ruling
from consent.staff import Staff
from consent.takedown import appeals, counter_notices, drafts, evidence, filing, links, orders, strikes
from consent.takedown.filing import Filed
from consent.takedown.provisional import Found, Video
from ledger import log, vault

VIDEO = uuid.UUID("5b0f7a1e-7a55-4c43-8d61-0d2f64c1f0aa")
SHOWN = Found((Video(VIDEO),))
FIRST, SECOND = Staff(7), Staff(8)
COUNTER = {
    "ground": "authorised",
    "location": "https://videos.example.org/v/1",
    "name": "Ben",
    "address": "1 Street",
    "email": "ben@example.org",
    "signature": "Ben",
    "perjury": True,
    "jurisdiction": True,
}


def document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a document
    """Return what a mother writes about her living daughter: valid, and sworn."""
    whole: dict[str, Any] = {
        "v": 1,
        "topic": "likeness",
        "depicted": {"name": "Marta Example", "standing": "living", "minor": False},
        "claimant": {"name": "Rosa Example", "email": "rosa@example.org", "role": "parent"},
        "works": [{"url": "https://videos.example.org/v/1"}],
        "explanation": "This is my daughter and she never agreed.",
        "non_consent": True,
        "authority_perjury": True,
        "good_faith": True,
        "accuracy": True,
        "exclusions": ["none"],
        "signature": "Rosa Example",
    }
    return whole | changes


def filed(
    found: Found = SHOWN,
    *,
    token: str | None = None,
    language: str = "en",
    actor: Party | None = None,
    address: str = "",
    **changes: Any,  # noqa: ANN401 - members of a document
) -> Filed:
    return filing.file(
        document(**changes), token=token or links.new(), language=language, actor=actor, found=found, address=address
    )


def one_of_each(uploader: Party) -> None:
    """Make a row of every model of takedowns."""
    made = filed(address="192.0.2.1").notice
    evidence.add_evidence(made, io.BytesIO(b"%PDF-1.7"), actor=None)
    drafts.save_draft({"explanation": "half"})
    strikes.give_notifier(made, "false-statement", actor=FIRST)
    counter_notices.file_counter_notice(made.case, COUNTER, actor=uploader)
    appeals.file_by_notifier(decided(made.case), "Please look again.", notice=made, actor=None)
    orders.record_order(
        VIDEO,
        kind="court",
        court="Court",
        country="DE",
        docket="4 C 7/26",
        words="Not to be shown.",
        scope="video",
        served_at=clock.now(),
        actor=FIRST,
    )


def decided(case: Case) -> Ruling:
    """Return a ruling in force, by two of the staff."""
    sealed = vault.seal(case.subject, b"{}", context=f"ruling:{uuid.uuid4()}")
    made = Ruling.objects.create(
        case=case,
        action="remove",
        policy="likeness",
        reason="no-consent",
        facts=sealed,
        version=case.version,
        proposed_by=FIRST.actor,
        entry=case.entry,
    )
    made.settled_entry = log.append("ruling.confirmed", {}, actor=SECOND.actor, subject=case.subject)
    made.state, made.confirmed_by, made.in_force_at = "in_force", SECOND.actor, clock.now()
    made.save()
    return made
