"""A grant as an ODRL 2.2 policy in JSON-LD: an Agreement with those it names, or an Offer to a class of parties.

Pure. Terms: ODRL Information Model 2.2 (sections 2.1 Policy, 2.4 Action, 2.5 Constraint, 2.6 Rule, 2.10 Conflict)
and ODRL Vocabulary & Expression 2.2; what they lack is in `consent.exports.profile`. Nothing of the terms is left out:
`consent.exports.odrl_reading` reads them back, and refuses a policy that is spelled otherwise than here.

Durations are xsd:duration in seconds or hours, amounts xsd:decimal, times xsd:dateTime in UTC.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from consent import rfc3339
from consent.exports.granted import urn
from consent.exports.profile import PREFIXES, address, namespace, word
from consent.terms import Everyone, Mutuals, Named, NamedParty, OnlyMe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from consent.exports.granted import Granted
    from consent.terms import Rate, Terms

CONTEXT: Final = "http://www.w3.org/ns/odrl.jsonld"
HOUR: Final = timedelta(hours=1)

Json = dict[str, Any]


def policy(granted: Granted, *, base: str) -> Json:
    """Return the policy; `base` is our public address, below which the profile is served."""
    terms = granted.terms
    offered = isinstance(terms.audience, Mutuals | Everyone)
    document: Json = {
        "@context": context(base),
        "type": "Offer" if offered else "Agreement",
        "uid": urn(granted.id),
        "profile": address(base),
        "conflict": "prohibit",
        "dct:issued": _time(granted.issued_at),
        "dct:description": _text(terms.description),
        "cn:termsVersion": terms.version,
        "cn:afterEnd": _iri(word("afterEnd", terms.after_end)),
        "cn:representation": _iri(word("representation", terms.representation)),
        "assigner": urn(granted.grantor),
        "target": urn(granted.likeness),
        "permission": list(_permissions(granted)),
    }
    if granted.supersedes is not None:
        document["dct:replaces"] = _iri(urn(granted.supersedes))
    prohibitions = list(_prohibitions(terms))
    return document | ({"prohibition": prohibitions} if prohibitions else {})


def context(base: str) -> list[Any]:
    """Return the JSON-LD context: ODRL's own, and ours. Two terms that older copies of ODRL's lack are said here."""
    refinement = {"@id": "odrl:refinement", "@type": "@id"}
    return [CONTEXT, {**PREFIXES, "cn": namespace(base), "refinement": refinement, "unit": {"@id": "odrl:unit"}}]


def _permissions(granted: Granted) -> Iterator[Json]:
    """Yield a permission for each party that is named, or the one for a class."""
    terms = granted.terms
    match terms.audience:
        case OnlyMe():
            yield _permission(granted, [_holds("recipient", "isA", _iri("cn:Holder"))], assignee=granted.grantor)
        case Named(parties=parties):
            for named in parties:
                yield _permission(granted, list(_own(named)), assignee=named.party)
        case Mutuals():
            yield _permission(granted, [_holds("recipient", "isA", _iri("cn:Mutual"))], assignee=None)
        case Everyone():
            yield _permission(granted, [_holds("recipient", "isA", _iri("cn:Everyone"))], assignee=None)


def _permission(granted: Granted, own: list[Json], *, assignee: str | None) -> Json:
    rule: Json = {
        "action": ["cn:depict", "cn:train"] if granted.terms.training else ["cn:depict"],
        "constraint": [*_shared(granted.terms), *own],
    }
    if assignee is not None:
        rule["assignee"] = urn(assignee)
    duties = list(_duties(granted))
    return rule | ({"duty": duties} if duties else {})


def _own(named: NamedParty) -> Iterator[Json]:
    """Yield what limits this party alone. Its end comes after the policy's own."""
    yield _holds("recipient", "eq", _iri(urn(named.party)))
    if named.not_after is not None:
        yield _holds("dateTime", "lt", _time(named.not_after))
    if named.uses is not None:
        yield _holds("count", "lteq", named.uses)
    if named.seconds is not None:
        yield _holds("meteredTime", "lteq", _seconds(named.seconds))


def _shared(terms: Terms) -> Iterator[Json]:
    """Yield what limits whoever may use the likeness."""
    yield _holds("dateTime", "gteq", _time(terms.window.not_before))
    yield _holds("dateTime", "lt", _time(terms.window.not_after))
    yield from _limits(terms)
    yield _holds("purpose", "isAnyOf", _words("purpose", terms.purposes))
    if terms.campaigns is not None:
        yield _holds("cn:campaign", "isAnyOf", _texts(terms.campaigns))
    if terms.territories is not None:
        yield _holds("spatial", "isPartOf", [_iri(f"loc:{code}") for code in sorted(terms.territories)])
    yield _holds("cn:modality", "isPartOf", _words("modality", terms.modalities))
    yield _holds("cn:sceneClass", "isPartOf", _words("sceneClass", terms.scenes.allowed))
    yield _holds("cn:speech", "eq", _iri(word("speech", terms.speech.kind)))
    if terms.speech.scripts:
        yield _holds("cn:script", "isAnyOf", _texts(terms.speech.scripts))
    if terms.speech.languages is not None:
        yield _holds("language", "isAnyOf", _texts(terms.speech.languages))
    yield from _company(terms)
    yield _holds("cn:remix", "lteq", terms.remix_depth if terms.remix else 0)


def _limits(terms: Terms) -> Iterator[Json]:
    """Yield the limits of all uses together: plain `count` where one rule covers all, and ours where several do."""
    several = isinstance(terms.audience, Named)
    if terms.limits.uses is not None:
        yield _holds("cn:totalCount" if several else "count", "lteq", terms.limits.uses)
    if terms.limits.seconds is not None:
        operand = "cn:totalMeteredTime" if several else "meteredTime"
        yield _holds(operand, "lteq", _seconds(terms.limits.seconds))
    if terms.limits.seconds_each is not None:
        yield _holds("cn:secondsEach", "lteq", terms.limits.seconds_each)


def _company(terms: Terms) -> Iterator[Json]:
    """Yield who else may be there. An empty list would vanish from the graph, so nobody has a name of its own."""
    if terms.company.only is None:
        return
    if terms.company.only:
        yield _holds("cn:coAppearance", "isPartOf", _urns(terms.company.only))
    else:
        yield _holds("cn:coAppearance", "eq", _iri("cn:nobody"))


def _prohibitions(terms: Terms) -> Iterator[Json]:
    """Yield the vetoes, and training unless it is permitted."""
    if not terms.training:
        yield {"action": ["cn:train"]}
    if isinstance(terms.audience, Mutuals | Everyone) and terms.audience.excluded:
        yield _never("recipient", _urns(terms.audience.excluded))
    if terms.scenes.denied:
        yield _never("cn:sceneClass", _words("sceneClass", terms.scenes.denied))
    if terms.company.never:
        yield _never("cn:coAppearance", _urns(terms.company.never))
    if terms.speech.banned:
        yield _never("cn:spokenWord", _texts(terms.speech.banned))


def _never(operand: str, values: list[Any]) -> Json:
    return {"action": ["cn:depict"], "constraint": [_holds(operand, "isAnyOf", values)]}


def _duties(granted: Granted) -> Iterator[Json]:
    """Yield what is owed for a use: consent within a time, money, a credit."""
    terms = granted.terms
    if terms.approval is not None:
        deadline = _typed(f"PT{terms.approval // HOUR}H", "duration")
        within = [_holds("elapsedTime", "lteq", deadline)]
        yield {"action": "obtainConsent", "consentingParty": urn(granted.grantor), "constraint": within}
    if terms.rate is not None:
        yield from _compensations(terms.rate, granted.grantor)
    if terms.credit is not None:
        line = [_holds("cn:credit", "eq", _text(terms.credit))]
        yield {"action": [_refined("attribute", line)], "attributedParty": urn(granted.grantor)}


def _compensations(rate: Rate, grantor: str) -> Iterator[Json]:
    """Yield a payment for each share. `payAmount` is what that party gets, so that nobody pays twice."""
    per = _holds("cn:per", "eq", _iri(word("per", rate.per)))
    unit = {"unit": _iri(word("currency", rate.currency))}
    full = _typed(f"{rate.amount:f}", "decimal")
    if not rate.shares:
        yield _compensation(grantor, [_holds("payAmount", "eq", full) | unit, per])
    for share in rate.shares:
        gets = _typed(f"{rate.amount * share.part:f}", "decimal")
        part = _holds("cn:part", "eq", _typed(f"{share.part:f}", "decimal"))
        amounts = [_holds("payAmount", "eq", gets) | unit, _holds("cn:fullAmount", "eq", full) | unit, part, per]
        yield _compensation(share.party, amounts)


def _compensation(party: str, amounts: list[Json]) -> Json:
    return {"action": [_refined("compensate", amounts)], "compensatedParty": urn(party)}


def _refined(action: str, refinement: list[Json]) -> Json:
    return {"rdf:value": _iri(f"odrl:{action}"), "refinement": refinement}


def _holds(left: str, operator: str, right: object) -> Json:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _words(kind: str, values: Iterable[str]) -> list[Json]:
    return [_iri(word(kind, value)) for value in sorted(values)]


def _urns(values: Iterable[str]) -> list[Json]:
    return [_iri(urn(value)) for value in sorted(values)]


def _texts(values: Iterable[str]) -> list[Json]:
    return [_text(value) for value in sorted(values)]


def _iri(value: str) -> Json:
    return {"@id": value}


def _text(value: str) -> Json:
    return _typed(value, "string")


def _time(at: datetime) -> Json:
    return _typed(rfc3339.write(at), "dateTime")


def _seconds(number: int) -> Json:
    return _typed(f"PT{number}S", "duration")


def _typed(value: str, datatype: str) -> Json:
    return {"@value": value, "@type": f"xsd:{datatype}"}
