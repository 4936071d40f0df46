"""Read a policy of our own back into the grant that it is of.

Pure. This is how it is known that an export loses nothing: what is read is written again, and a policy that does not
come out byte for byte is refused. Policies of others are not read: a word of theirs could not be held to its meaning.
"""

from __future__ import annotations

from typing import Any, Final

from consent import fields, rfc3339, vocabulary
from consent.exports.granted import Granted, uuid_of
from consent.exports.odrl import policy
from consent.exports.profile import value_of
from consent.terms_document import FIELDS, parse_terms
from ledger.canonical import canonical
from ledger.problem import Problem

AUDIENCES: Final = {"cn:Holder": "only_me", "cn:Mutual": "mutuals", "cn:Everyone": "everyone"}

Json = dict[str, Any]
Constraints = dict[tuple[str, str], list[Any]]


def read(unverified_document: Json, *, base: str) -> Granted:
    """Return the grant of a policy that `odrl.policy` wrote. Raises `StatementInvalid` for any other document."""
    try:
        granted = _granted(unverified_document)
        same = canonical(policy(granted, base=base)) == canonical(unverified_document)
    except (Problem, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        same = False
    if not same:
        fields.refuse("", "This is not a policy that was exported here.", "Export the grant again.")
    return granted


def _granted(document: Json) -> Granted:
    replaces = document.get("dct:replaces")
    return Granted(
        id=uuid_of(document["uid"]),
        likeness=uuid_of(document["target"]),
        grantor=uuid_of(document["assigner"]),
        issued_at=rfc3339.read(document["dct:issued"]["@value"]),
        supersedes=None if replaces is None else uuid_of(replaces["@id"]),
        terms=parse_terms(_terms(document)),
    )


def _terms(document: Json) -> Json:
    """Return the terms document; of its version, so that version 1 is read from the few fields that it had."""
    first = document["permission"][0]
    held = _constraints(first)
    vetoes = [_constraints(rule) for rule in document.get("prohibition", ())]
    version = document["cn:termsVersion"]
    found = {
        "v": version,
        "window": {
            "not_before": held["dateTime", "gteq"][0]["@value"],
            "not_after": held["dateTime", "lt"][0]["@value"],
        },
        "audience": _audience(document, held, vetoes, version),
        "limits": _limits(held, several=_is_named(held)),
        "purposes": _words("purpose", held["purpose", "isAnyOf"][0]),
        "campaigns": _texts(held.get(("cn:campaign", "isAnyOf"))),
        "territories": _codes(held.get(("spatial", "isPartOf"))),
        "modalities": _words("modality", held["cn:modality", "isPartOf"][0]),
        "scenes": {
            "allowed": _words("sceneClass", held["cn:sceneClass", "isPartOf"][0]),
            "denied": _words("sceneClass", _vetoed(vetoes, "cn:sceneClass")),
        },
        "speech": _speech(held, vetoes),
        "company": _company(held, vetoes),
        "remix": _remix(held, version),
        "after_end": value_of("afterEnd", document["cn:afterEnd"]["@id"]),
        "training": "cn:train" in first["action"],
        "description": document["dct:description"]["@value"],
        "representation": value_of("representation", document["cn:representation"]["@id"]),
        **_owed(first.get("duty", []), uuid_of(document["assigner"])),
    }
    return {name: found[name] for name in FIELDS[version].split()}


def _constraints(rule: Json) -> Constraints:
    """Return the right operands of a rule by left operand and operator, in their order."""
    found: Constraints = {}
    for one in rule.get("constraint", ()):
        found.setdefault((one["leftOperand"], one["operator"]), []).append(one["rightOperand"])
    return found


def _is_named(held: Constraints) -> bool:
    return ("recipient", "eq") in held


def _audience(document: Json, held: Constraints, vetoes: list[Constraints], version: int) -> Json:
    if _is_named(held):
        parties = [_party(_constraints(rule), version) for rule in document["permission"]]
        return {"kind": "named", "parties": parties}
    kind = AUDIENCES[held["recipient", "isA"][0]["@id"]]
    if kind == "only_me":
        return {"kind": kind}
    return {"kind": kind, "except": _urns(_vetoed(vetoes, "recipient"))}


def _party(held: Constraints, version: int) -> Json:
    """Return a named party. The first `dateTime lt` is the policy's end, a second one the party's own."""
    ends = held["dateTime", "lt"]
    party: Json = {
        "party": uuid_of(held["recipient", "eq"][0]["@id"]),
        "not_after": ends[1]["@value"] if ends[1:] else None,
    }
    if version == 1:
        return party
    return party | {"uses": _first(held, "count"), "seconds": _seconds(_first(held, "meteredTime"))}


def _limits(held: Constraints, *, several: bool) -> Json:
    count, metered = ("cn:totalCount", "cn:totalMeteredTime") if several else ("count", "meteredTime")
    return {
        "uses": _first(held, count),
        "seconds": _seconds(_first(held, metered)),
        "seconds_each": _first(held, "cn:secondsEach"),
    }


def _first(held: Constraints, operand: str) -> Any:  # noqa: ANN401 - a right operand, or None where there is none
    return held.get((operand, "lteq"), [None])[0]


def _speech(held: Constraints, vetoes: list[Constraints]) -> Json:
    return {
        "kind": value_of("speech", held["cn:speech", "eq"][0]["@id"]),
        "scripts": _texts(held.get(("cn:script", "isAnyOf"))) or [],
        "banned": _texts([_vetoed(vetoes, "cn:spokenWord")]),
        "languages": _texts(held.get(("language", "isAnyOf"))),
    }


def _company(held: Constraints, vetoes: list[Constraints]) -> Json:
    only: list[str] | None = None
    if ("cn:coAppearance", "eq") in held:
        only = []
    elif ("cn:coAppearance", "isPartOf") in held:
        only = _urns(held["cn:coAppearance", "isPartOf"][0])
    return {"never": _urns(_vetoed(vetoes, "cn:coAppearance")), "only": only}


def _remix(held: Constraints, version: int) -> Json:
    depth = held["cn:remix", "lteq"][0]
    if version == 1:
        return {"allowed": depth == vocabulary.MAX_DEPTH}
    return {"allowed": depth > 0, "depth": depth}


def _owed(duties: list[Json], grantor: str) -> Json:
    """Return approval, rate and credit out of the duties of a permission."""
    owed: Json = {"approval": None, "rate": None, "credit": None}
    shares = []
    for duty in duties:
        if duty["action"] == "obtainConsent":
            owed["approval"] = {"hours": int(_cut(duty["constraint"][0]["rightOperand"]["@value"], "PT", "H"))}
        elif "attributedParty" in duty:
            owed["credit"] = duty["action"][0]["refinement"][0]["rightOperand"]["@value"]
        else:
            owed["rate"], share = _rate(duty, grantor)
            shares += share
    if owed["rate"] is not None:
        owed["rate"]["split"] = shares
    return owed


def _rate(duty: Json, grantor: str) -> tuple[Json, list[Json]]:
    """Return the rate without its split, and this duty's share of it: none where all is the grantor's."""
    held = {one["leftOperand"]: one for one in duty["action"][0]["refinement"]}
    full = held.get("cn:fullAmount", held["payAmount"])
    rate = {
        "currency": value_of("currency", full["unit"]["@id"]),
        "per": value_of("per", held["cn:per"]["rightOperand"]["@id"]),
        "amount": full["rightOperand"]["@value"],
    }
    party = uuid_of(duty["compensatedParty"])
    if "cn:part" in held:
        return rate, [{"party": party, "part": held["cn:part"]["rightOperand"]["@value"]}]
    if party != grantor:
        raise ValueError(party)
    return rate, []


def _vetoed(vetoes: list[Constraints], operand: str) -> list[Any]:
    return next((held[operand, "isAnyOf"][0] for held in vetoes if (operand, "isAnyOf") in held), [])


def _words(kind: str, values: list[Json]) -> list[str]:
    return [value_of(kind, one["@id"]) for one in values]


def _urns(values: list[Json]) -> list[str]:
    return [uuid_of(one["@id"]) for one in values]


def _texts(found: list[list[Json]] | None) -> list[str] | None:
    return None if found is None else [one["@value"] for one in found[0]]


def _codes(found: list[list[Json]] | None) -> list[str] | None:
    return None if found is None else [_cut(one["@id"], "loc:", "") for one in found[0]]


def _seconds(value: Json | None) -> int | None:
    return None if value is None else int(_cut(value["@value"], "PT", "S"))


def _cut(text: str, before: str, after: str) -> str:
    """Return what stands between; raise `ValueError` if these do not."""
    if not (text.startswith(before) and text.endswith(after)):
        raise ValueError(text)
    return text[len(before) : len(text) - len(after)]
