"""Our ODRL profile: the words that ODRL 2.2 does not have, and how a policy that names the profile is to be read.

Pure. ODRL Information Model 2.2, "ODRL Profiles", says what a profile may add (operands, actions, rules of reading) and
that a policy names it. Served at `<public address>/profile/odrl`. Terms are only ever added.
"""

from __future__ import annotations

from typing import Any, Final

from consent import vocabulary

ODRL: Final = "http://www.w3.org/ns/odrl/2/"
PREFIXES: Final = {
    "odrl": ODRL,
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "loc": "https://w3id.org/dpv/loc#",
}
READING: Final = (
    "What no permission allows is forbidden, and what cannot be decided is forbidden.",
    "A permission covers a use that meets all its constraints. An operand that is not constrained is not limited.",
    "A prohibition of cn:depict is a veto: it binds whatever any policy for the asset permits, and outlives its own.",
    "A prohibition of cn:train limits its own policy only.",
    "Nothing permits a scene of class intimate.",
    "An operand may have several values in one use: isPartOf holds if all are in the list, isAnyOf if one of them is.",
    "Where an Agreement has several permissions, cn:totalCount and cn:totalMeteredTime are counted over all of them.",
)
OPERANDS: Final = {
    "modality": "What of the person a use shows or lets hear.",
    "sceneClass": "The classes of the scenes that a use shows.",
    "speech": "What a use makes the person say: none, scripts, or own_words of whoever asks.",
    "script": "A text that the person may be made to say, word for word.",
    "spokenWord": "A word that is said, in its plain form.",
    "coAppearance": "The likenesses, other than the asset, that are in the same video.",
    "remix": "How many videos of videos lie between a use and a video that has no parent; 0 is no remix.",
    "campaign": "The campaign that a use belongs to, by its id.",
    "secondsEach": "The length of one rendered video in seconds.",
    "totalCount": "The number of uses by everybody under the policy together.",
    "totalMeteredTime": "The rendered time of all uses by everybody under the policy together.",
    "per": "What an amount is paid for: each second, use or view.",
    "part": "The share of an amount that goes to the compensated party.",
    "fullAmount": "The amount that the shares are parts of.",
    "credit": "The line that names the person where the video is shown.",
}
ACTIONS: Final = {
    "depict": "Render and show a video in which the asset, a likeness, can be recognised.",
    "train": "Use what shows the likeness to train a model.",
}
PROPERTIES: Final = {
    "termsVersion": "The version of the terms that were signed.",
    "afterEnd": "What becomes of a published video when the policy ends.",
    "representation": "Who advised the assigner before signing.",
    "textDigest": "SHA-256 of the text that was shown before signing, base64url.",
    "statementDigest": "What the signature covers: the digest of the signed statement, base64url.",
    "entryCommitment": "The salted commitment of the entry in the public log, base64url.",
    "policyDigest": "SHA-256 of the grant's ODRL policy in canonical form (RFC 8785), base64url.",
    "likeness": "The likeness that a grant is about.",
    "recipient": "Whom a grant permits something, as far as the bearer of the credential is told.",
    "purpose": "What for.",
    "shows": "What of the person may be shown or heard.",
    "scene": "The classes of scenes that may be shown.",
    "territory": "Where a video may be shown; absent: anywhere.",
    "training": "Whether a model may be trained with it.",
    "log": "The origin of the public log that has the entry.",
}
CLASSES: Final = {
    "Everyone": "Anybody with an account.",
    "Mutual": "Whoever has named the assigner in a policy that stands.",
    "Holder": "The holder of the asset, and nobody else.",
    "LikenessGrant": "A grant, as the subject of a credential.",
    "LikenessGrantCredential": "The credential that a grant is on record.",
    "nobody": "No other likeness at all.",
}
_WORDS: Final = {
    "purpose": vocabulary.PURPOSES,
    "modality": vocabulary.MODALITIES,
    "sceneClass": vocabulary.SCENES,
    "speech": vocabulary.SPEECH,
    "afterEnd": vocabulary.AFTER_END,
    "representation": vocabulary.REPRESENTATION,
    "per": vocabulary.RATE_PER,
    "currency": vocabulary.CURRENCIES,  # ISO 4217, which names no IRIs
}


def address(base: str) -> str:
    """Return the profile's IRI; `base` is our public address."""
    return f"{base}/profile/odrl"


def namespace(base: str) -> str:
    """Return what the prefix `cn` stands for."""
    return f"{address(base)}#"


def word(kind: str, value: str) -> str:
    """Return the compact IRI of a word of a closed list: `speech` and `representation` both have a `none`."""
    return f"cn:{kind}-{value}"


def value_of(kind: str, found: str) -> str:
    """Return the word that a compact IRI names. Raises `ValueError` for another one."""
    head, dash, value = found.partition("-")
    if head != f"cn:{kind}" or not dash:
        raise ValueError(found)
    return value


def document(base: str) -> dict[str, Any]:
    """Return the profile as JSON-LD."""
    return {
        "@context": {**PREFIXES, "cn": namespace(base)},
        "@graph": [
            {
                "@id": address(base),
                "@type": "owl:Ontology",
                "dct:title": "Countenance: an ODRL 2.2 profile for grants of a likeness",
                "rdfs:comment": list(READING),
            },
            *(_term(base, f"cn:{name}", "odrl:LeftOperand", text) for name, text in OPERANDS.items()),
            *(_term(base, f"cn:{name}", "odrl:Action", text, included="odrl:use") for name, text in ACTIONS.items()),
            *(_term(base, f"cn:{name}", "rdf:Property", text) for name, text in PROPERTIES.items()),
            *(_term(base, f"cn:{name}", "odrl:RightOperand", text) for name, text in CLASSES.items()),
            *(
                _term(base, word(kind, value), "odrl:RightOperand", f"{value.replace('_', ' ')}, of {kind}.")
                for kind, values in _WORDS.items()
                for value in values
            ),
        ],
    }


def _term(base: str, name: str, kind: str, text: str, *, included: str | None = None) -> dict[str, Any]:
    term: dict[str, Any] = {
        "@id": name,
        "@type": [kind, "skos:Concept"],
        "rdfs:isDefinedBy": {"@id": address(base)},
        "skos:definition": {"@value": text, "@language": "en"},
    }
    return term if included is None else term | {"odrl:includedIn": {"@id": included}}
