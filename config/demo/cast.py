"""The demo's people, who are nobody: Ada is filmed, Ben is allowed, Carl is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from config.demo.person import Person
from consent.countries import EUROPEAN_UNION

CLIP = Path(__file__).with_name("people") / "ada.mp4"
ROLES = {"Ada": "holder of a likeness", "Ben": "may make videos with Ada", "Carl": "may not"}
PURPOSE = "entertainment"
SHOWN_IN = ["DE", "FR"]  # what Ben asks for, of the European Union that Ada permits
USES = 3  # what Ada permits Ben in the story: a video, its remix, and one more


def people(url: str) -> tuple[Person, Person, Person]:
    """Return the three, not signed up yet, each with a new key."""
    return (
        Person(url, "ada", "Ada Vellacourt"),
        Person(url, "ben", "Ben Okonjo-Reyes"),
        Person(url, "carl", "Carl Unruh"),
    )


def terms_for(party: str, *, uses: int = USES, days: int = 365) -> dict[str, Any]:
    """Return what Ada allows, version 2: this party, so often, short everyday entertainment in the EU, one remix."""
    now = datetime.now(UTC).replace(microsecond=0)
    return {
        "v": 2,
        "audience": {"kind": "named", "parties": [{"party": party, "not_after": None, "uses": uses, "seconds": None}]},
        "window": {"not_before": stamp(now - timedelta(minutes=1)), "not_after": stamp(now + timedelta(days=days))},
        "limits": {"uses": None, "seconds": None, "seconds_each": 12},
        "purposes": [PURPOSE],
        "campaigns": None,
        "territories": sorted(EUROPEAN_UNION),
        "modalities": ["body", "face", "voice"],
        "scenes": {"allowed": ["everyday"], "denied": []},
        "speech": {"kind": "none", "scripts": [], "banned": [], "languages": None},
        "company": {"never": [], "only": None},
        "remix": {"allowed": True, "depth": 1},
        "after_end": "hide",
        "approval": None,
        "training": False,
        "rate": None,
        "credit": None,
        "description": "",
        "representation": "none",
    }


def stamp(at: datetime) -> str:
    """Write a moment as statements have it: RFC 3339 in UTC with `Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def settle(url: str, file: Path, say: Callable[[str], None]) -> dict[str, dict[str, str]]:
    """Let the three move into a running house once; return their names, roles and tokens.

    `file` (mode 0600) remembers the tokens: the house itself keeps only their hashes.
    """
    if file.exists():
        return dict(json.loads(file.read_text()))
    say("the demo's people move in")
    ada, ben, carl = people(url)
    for person in (ada, ben, carl):
        person.sign_up()
    likeness = ada.register()
    ada.enrol(likeness, CLIP.read_bytes())
    ada.grant(ada.draft(likeness, terms_for(ben.party, uses=100))["document"])
    known = {
        person.name.split()[0]: {"role": ROLES[person.name.split()[0]], "token": person.token, "party": person.party}
        for person in (ada, ben, carl)
    }
    known["Ada"]["likeness"] = likeness
    for person in (ada, ben, carl):
        person.http.close()
    file.touch(mode=0o600)
    file.write_text(json.dumps(known, indent=2))
    return known
