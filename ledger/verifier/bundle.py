"""Check an export bundle `countenance-export/1`: what a party did, and that the log has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from . import keychain, webauthn
from .acts import Act
from .findings import CouldNotCheck, Findings, NotTrue, Unreadable, require
from .logformat import LogKey, verified_place
from .policy import Policy
from .strict import Malformed, from_base64url, read_json, to_base64url, write_json

FORMAT = "countenance-export/1"
COMMITMENT = b"countenance/commitment/v1\x00"
GRANT = b"countenance/grant/v1\x00"
GRANT_KIND = "grant.recorded"
SALT = 32
ED25519, WEBAUTHN = "Ed25519", "WebAuthn"


@dataclass(frozen=True)
class Place:
    """Where passkeys sign for us: the relying party's id and the origins of its pages. `None` and empty: not known."""

    rp_id: str | None = None
    origins: tuple[str, ...] = ()


def read(data: bytes) -> dict[str, Any]:
    """Return the bundle; raise `Unreadable` if it is not one."""
    try:
        bundle = read_json(data)
    except Malformed as error:
        raise Unreadable(f"not strict JSON: {error}") from error
    if not isinstance(bundle, dict) or bundle.get("format") != FORMAT:
        raise Unreadable(f"not a {FORMAT} bundle")
    if not isinstance(bundle.get("acts"), list) or not all(isinstance(act, dict) for act in bundle["acts"]):
        raise Unreadable("the bundle has no list of acts")
    return bundle


def check(
    bundle: dict[str, Any], keys: Sequence[LogKey], policies: Sequence[Policy] = (), place: Place | None = None
) -> Findings:
    """Check everything that the bundle claims. The given `keys` count; the one inside the bundle proves nothing.

    Each of the given `policies` must be met by the checkpoint of every proof. `place` is for grants of passkeys.
    """
    findings = Findings()
    with findings.check("the bundle is of the log of the given key"):
        named = LogKey.parse(bundle["log"]["vkey"])
        require(named in keys, "it names another verifier key")
        require(bundle["log"]["origin"] == named.name, "it names another origin")
    acts = [Act(claims) for claims in bundle["acts"]]
    for number, act in enumerate(acts, start=1):
        name = f"act {number} ({act.claims.get('kind')!s:.40})"
        _check_act(name, act, keys, findings)
        for policy in policies:
            _check_cosigned(name, act, policy, findings)
    for number, act in enumerate(acts, start=1):
        if act.is_a(GRANT_KIND) or act.claims.get("kind") == GRANT_KIND or act.claims.get("statement") is not None:
            _check_statement(f"act {number} (statement)", act, acts, bundle, findings)
            _check_place(f"act {number} (statement)", act, place or Place(), findings)
    keychain.check(acts, _party(bundle), findings)
    with findings.check("no act is listed twice"):
        entries = [act.claims.get("entry") for act in acts]
        places = [act.index for act in acts if act.index is not None]
        require(len(set(entries)) == len(entries) and len(set(places)) == len(places), "one is")
    with findings.check("there is something to check"):
        if not acts:
            raise CouldNotCheck("the bundle lists no act")
    return findings


def _party(bundle: dict[str, Any]) -> object:
    """Return the id of the party whose acts these are said to be; `None` if the bundle does not say it."""
    party = bundle.get("party")
    return party.get("id") if isinstance(party, dict) else None


def _check_act(name: str, act: Act, keys: Sequence[LogKey], findings: Findings) -> None:
    with findings.check(f"{name}: 1 the entry is canonical and of its kind"):
        entry = from_base64url(act.claims["entry"])
        body = read_json(entry)
        require(write_json(body) == entry, "it is not in canonical form")
        require(isinstance(body["time"], str) and type(body["v"]) is int, "it lacks a version or a time")
        require(len(from_base64url(body["commit"])) == SALT, "its commitment is malformed")
        require(body["kind"] == act.claims["kind"], f"the log calls it {body['kind']!r}")
        act.entry, act.body = entry, body
    with findings.check(f"{name}: 2 the entry commits to the payload"):
        act.payload = _opened(act)
    with findings.check(f"{name}: 3 the log has the entry, under a checkpoint that its key signed"):
        if act.claims.get("proof") is None:
            raise CouldNotCheck("there is no proof")
        require(act.entry is not None, "the entry does not hold")
        act.index = verified_place(act.claims["proof"], act.entry or b"", *keys)


def _check_cosigned(name: str, act: Act, policy: Policy, findings: Findings) -> None:
    with findings.check(f"{name}: 6 the checkpoint of its proof is {policy.title()}"):
        if act.claims.get("proof") is None:
            raise CouldNotCheck("there is no proof")
        policy.cosigned_at(act.claims["proof"].partition("\n\n")[2])


def _opened(act: Act) -> dict[str, Any]:
    if act.claims.get("opening") is None:
        raise CouldNotCheck("there is no opening")
    if act.body is None:
        raise NotTrue("the entry does not hold")
    salt, payload = (from_base64url(act.claims["opening"][part]) for part in ("salt", "payload"))
    require(len(salt) == SALT, "the salt does not have 32 bytes")
    require(to_base64url(sha256(COMMITMENT + salt + payload).digest()) == act.body["commit"], "it does not")
    opened = read_json(payload)
    require(write_json(opened) == payload and set(opened) == {"actor", "payload"}, "the payload is malformed")
    return dict(opened["payload"])


def _check_statement(name: str, act: Act, acts: list[Act], bundle: dict[str, Any], findings: Findings) -> None:
    signer: dict[str, Any] = {}
    with findings.check(f"{name}: 4 it is signed by the named key, and is what the log's payload names"):
        require(act.is_a(GRANT_KIND), "it does not stand with an entry of a grant")
        if act.claims.get("statement") is None:
            raise CouldNotCheck("the grant comes without its statement")
        signer = _signed(act, bundle)
    with findings.check(f"{name}: 5 its key was registered in the log before, and not revoked"):
        if act.claims.get("statement") is None:
            raise CouldNotCheck("the grant comes without its statement")
        require(signer, "the signature does not hold")
        _check_key(signer, act, acts)


def _check_place(name: str, act: Act, place: Place, findings: Findings) -> None:
    """Check where a passkey signed; a statement without such evidence has no place."""
    statement = act.claims.get("statement")
    if not isinstance(statement, dict) or statement.get("evidence") is None:
        return
    with findings.check(f"{name}: 4a its passkey signed it on a page of the relying party"):
        webauthn.check_place(statement["evidence"], place.rp_id, place.origins)


def _signed(act: Act, bundle: dict[str, Any]) -> dict[str, Any]:
    """Return the listed key whose signature over the document holds."""
    statement = act.claims["statement"]
    document, key_id = statement["document"], statement["key_id"]
    listed = [key for key in bundle["keys"] if key["key_id"] == key_id]
    require(len(listed) == 1, "the bundle does not list its key")
    require(document.get("key", key_id) == key_id, "the document names another key")
    digest = sha256(GRANT + write_json(document)).digest()
    _check_signature(statement, digest, listed[0])
    if act.payload is None:
        raise NotTrue("the payload does not hold")
    require(act.payload["statement"] == to_base64url(digest), "the log's payload names another statement")
    return dict(listed[0])


def _check_signature(statement: dict[str, Any], digest: bytes, key: dict[str, Any]) -> None:
    """Verify by the kind of the listed key. What is of the other kind must be absent: nobody would have checked it."""
    public, evidence, signature = from_base64url(key["public"]), statement.get("evidence"), statement.get("signature")
    if key["algorithm"] == WEBAUTHN:
        require(signature is None, "a passkey signs by its evidence, and by nothing else")
        if evidence is None:
            raise NotTrue("there is no evidence of the passkey")
        return webauthn.check_signed(evidence, digest, public)
    require(key["algorithm"] == ED25519, "its key is of an unknown algorithm")
    require(evidence is None, "evidence of a passkey stands beside a key that is none")
    try:
        return Ed25519PublicKey.from_public_bytes(public).verify(from_base64url(statement["signature"]), digest)
    except InvalidSignature as error:
        raise NotTrue("the signature does not verify") from error


def _check_key(signer: dict[str, Any], grant: Act, acts: list[Act]) -> None:
    begun = [act for act in acts if keychain.begins(act, signer["key_id"]) and _registers(act.payload or {}, signer)]
    require(begun, "no act of the bundle registers this key")
    ended = [act for act in acts if keychain.ends(act, signer["key_id"])]
    if grant.index is None or any(act.index is None for act in (*begun, *ended)):
        raise CouldNotCheck("without proofs the order of the acts is unknown")
    require(min(act.index or 0 for act in begun) < grant.index, "the key was registered later")
    require(all(grant.index < (act.index or 0) for act in ended), "the key was revoked before")


def _registers(payload: dict[str, Any], signer: dict[str, Any]) -> bool:
    """Tell whether the log's payload binds this very key; a payload that names no algorithm is of an Ed25519 key."""
    named = (payload.get("public"), payload.get("algorithm", ED25519))
    return named == (signer["public"], signer["algorithm"])
