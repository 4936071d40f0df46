"""Entry kinds and their bytes: the leaves of the public log. Kinds and fields are only ever added to. Pure.

A leaf is canonical JSON: `v`, `kind`, `time` (to the minute), `commit`, and the public fields of its kind.
It never holds a person's name or key, an address or an unsalted hash; what happened is in the vault, under the
commitment.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar

from ledger import base64url
from ledger.canonical import MAX_INTEGER, canonical
from ledger.problem import Problem

MAX_BYTES = 65535  # C2SP tlog-tiles: an entry's length is a u16 in its bundle
MAX_ENDS = 1000
RESERVED = frozenset({"v", "kind", "time", "commit"})
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z", re.ASCII)
COMMIT = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)  # the last one carries four bits
KEY_ID = re.compile(r"[0-9a-f]{8}(?:[0-9a-f]{8})?", re.ASCII)
SERIAL = re.compile(r"[1-9][0-9]{0,48}", re.ASCII)
MINUTE = "%Y-%m-%dT%H:%MZ"

_sorted_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class EntryInvalid(Problem):
    """The bytes or fields are not an entry of a known kind."""

    code: ClassVar[str] = "entry-invalid"
    title: ClassVar[str] = "Not a log entry"


def is_commitment(value: object) -> bool:
    """Tell whether `value` is the base64url text of 32 bytes."""
    return isinstance(value, str) and COMMIT.fullmatch(value) is not None


def is_commitment_list(value: object) -> bool:
    """Tell whether `value` lists at most 1,000 different commitments; an empty list is one."""
    if not isinstance(value, list) or len(value) > MAX_ENDS:
        return False
    return all(map(is_commitment, value)) and len(set(value)) == len(value)


def is_count(value: object) -> bool:
    """Tell whether `value` is a whole number from 0 up to the largest that JSON spells safely."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER


def is_minute(value: object) -> bool:
    """Tell whether `value` is a UTC minute such as 2026-11-22T14:35Z."""
    return isinstance(value, str) and _is_minute(value)


@lru_cache(maxsize=4096)  # whole batches are of one minute
def _is_minute(text: str) -> bool:
    if not TIME.fullmatch(text):
        return False
    try:
        datetime.strptime(text, MINUTE).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def is_public_key(value: object) -> bool:
    """Tell whether `value` is the base64url text of 32 bytes, as an Ed25519 public key has."""
    return is_commitment(value)


def is_signer(value: object) -> bool:
    """Tell whether `value` is a purpose for which a key of the operator signs."""
    return value in ("log", "permit", "receipt", "statement", "status", "credential")


def is_key_id(value: object) -> bool:
    """Tell whether `value` is the id of a key of the operator: 8 hex digits for the log's, 16 for the others."""
    return isinstance(value, str) and KEY_ID.fullmatch(value) is not None


def is_serial(value: object) -> bool:
    """Tell whether `value` is the serial number of a certificate in decimal (RFC 5280: at most 20 octets)."""
    return isinstance(value, str) and SERIAL.fullmatch(value) is not None


Fields = Mapping[str, Callable[[object], bool]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entry. `public_fields` maps each further member of the leaf to the test that it must pass.

    `earlier` holds the fields of version 1 and on of a kind that has grown: what is in the log stays readable.
    """

    name: str
    meaning: str
    public_fields: Fields = field(default_factory=dict)
    earlier: tuple[Fields, ...] = ()

    @property
    def version(self) -> int:
        """The version that is written."""
        return len(self.earlier) + 1

    def fields(self, version: object) -> Fields:
        """Return the public fields of one version; raise `EntryInvalid` for one that never was."""
        if type(version) is not int or not 1 <= version <= self.version:
            raise EntryInvalid("Unknown version", pointer="/v", remedy=f"{self.name} has version {self.version}")
        return (*self.earlier, self.public_fields)[version - 1]


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("log.opened", "The log begins; always index 0"),
        Kind("party.registered", "A person, organisation or client got an account"),
        Kind("key.registered", "A party's signing key was accepted"),
        Kind("key.revoked", "A party's signing key is no longer accepted"),
        Kind("login.changed", "How a party logs in to the pages was changed"),
        Kind("likeness.registered", "A depicted identity was named by its holder"),
        Kind("enrolment.accepted", "A calibration clip was checked and sealed"),
        Kind("enrolment.opened", "A holder was shown a notice and given a challenge to answer with a clip"),
        Kind("enrolment.tried", "A calibration clip was judged, and not accepted by the checks alone"),
        Kind("enrolment.refused", "A person looked at a calibration clip and refused it"),
        Kind(
            "grant.recorded",
            "A holder's signed permission was verified and recorded; it ends by itself at `expires`, rounded down",
            {"expires": is_minute},
            earlier=({},),
        ),
        Kind(
            "consent.withdrawn",
            "A holder took permission back; `ends` are the grant.recorded entries that it ends",
            {"ends": is_commitment_list},
        ),
        Kind(
            "consent.revoked",
            "Somebody other than the holder ended permission; `ends` are the grant.recorded entries that it ends",
            {"ends": is_commitment_list},
        ),
        Kind(
            "consent.suspended",
            "Permission rests until it is resumed; `suspends` are the grant.recorded entries that rest",
            {"suspends": is_commitment_list},
        ),
        Kind(
            "consent.resumed",
            "A suspension was lifted; `resumes` are the grant.recorded entries that permit again",
            {"resumes": is_commitment_list},
        ),
        Kind(
            "grant.narrowed",
            "A permission was made smaller without a new signature; `narrows` is its grant.recorded entry",
            {"narrows": is_commitment},
        ),
        Kind("approval.asked", "A holder was asked for a yes to one video, as their permission reserves"),
        Kind("approval.given", "A holder said yes to one video"),
        Kind("approval.refused", "A holder said no to one video"),
        Kind("approval.timed_out", "A holder did not answer in time about one video, which is a no"),
        Kind("exclusion.lifted", "A holder let a party back in whom they had excluded"),
        Kind("revocation.proposed", "A member of staff proposed to end permission; a second one has to approve it"),
        Kind("consent.undone", "A holder undid what was done in their name since a moment of their choice"),
        Kind(
            "withdrawal.drained",
            "Nothing affected by that withdrawal, revocation, suspension or block is served any more",
            {"withdrawal": is_commitment},
        ),
        Kind("block.placed", "It was ordered, provisionally, that a video must not be shown"),
        Kind("block.confirm_proposed", "A member of staff proposed to confirm a block that a sworn notice placed"),
        Kind("block.confirmed", "A second member of staff confirmed a block"),
        Kind("block.lift_proposed", "A member of staff proposed to lift a block; a second one has to do it"),
        Kind("block.lifted", "A block was lifted"),
        Kind("notice.received", "Somebody said that a video or a likeness must not be shown"),
        Kind("notice.completed", "What a notice lacked was added"),
        Kind("notice.documented", "A file was sealed with a notice"),
        Kind("notice.withdrawn", "A notice was taken back"),
        Kind("case.located", "A member of staff found the video that a case is about"),
        Kind("case.paused", "A clock of the operator's own was stopped, with a reason"),
        Kind("case.resumed", "A clock that was stopped goes on"),
        Kind("case.video_seen", "A member of staff looked at the video of a case, whatever stops it"),
        Kind("notice.read", "A member of staff opened what a notice says"),
        Kind("notice.evidence_read", "A member of staff opened a file of a notice"),
        Kind("counternotice.received", "Whose video it is swore that it may be shown"),
        Kind("counternotice.sued", "It was shown that a court was asked, so that nothing is restored by itself"),
        Kind("counternotice.withdrawn", "A counter-notice was taken back"),
        Kind("appeal.received", "Somebody asked that a ruling be looked at again by somebody else"),
        Kind("appeal.withdrawn", "An appeal was taken back"),
        Kind("strike.given", "A proven abuse was counted against who notified or who uploaded"),
        Kind("strike.reversed", "A proven abuse was counted no more"),
        Kind("order.recorded", "A member of staff recorded the order of a court or an authority"),
        Kind(
            "ruling.proposed",
            "A member of staff proposed a decision about a takedown case; a second one has to confirm it",
        ),
        Kind("ruling.made", "A member of staff decided a takedown case in which one is enough"),
        Kind("ruling.confirmed", "A second member of staff confirmed a decision about a takedown case"),
        Kind("ruling.declined", "A second member of staff declined a proposed decision about a takedown case"),
        Kind("ruling.applied", "What a decision ordered for a later date was done"),
        Kind("appeal.upheld", "Somebody who had no part in a decision looked again, and it stands"),
        Kind("appeal.overturned", "Somebody who had no part in a decision looked again, and another replaces it"),
        Kind("appeal.closed", "An appeal became pointless: another decision was made, or the one appealed ended"),
        Kind("counternotice.accepted", "Two of the staff accepted a counter-notice"),
        Kind("counternotice.rejected", "A member of staff rejected a counter-notice"),
        Kind("order.documented", "A member of staff added the document of an order"),
        Kind("order.read", "A member of staff opened what an order says, or its document"),
        Kind("appeal.read", "A member of staff opened what somebody wrote who appealed"),
        Kind("counternotice.read", "A member of staff opened a counter-notice"),
        Kind("order.carried_out", "What an order forbids was blocked, or a likeness was suspended for it"),
        Kind("order.end_proposed", "A member of staff proposed that an order is over; a second one has to agree"),
        Kind("order.ended", "Two of the staff found that an order is over"),
        Kind("case.asked", "Whoever filed notices in a case was asked for more"),
        Kind("case.merged", "The notices of a case went to another about the same"),
        Kind("case.redirected", "A case went to another lane"),
        Kind("clock.breached", "A time by which somebody had to act passed"),
        Kind("reasons.stated", "A statement of reasons was given about a case, or took another's place"),
        Kind("transparency.proposed", "A member of staff proposed the figures of a period for publication"),
        Kind("transparency.released", "Another member of staff published them"),
        Kind("denials.digested", "So many requests were denied since the last digest", {"count": is_count}),
        Kind(
            "permit.minted",
            "A render was allowed; `binding` commits to video, permit, grants and prompt",
            {"binding": is_commitment},
        ),
        Kind("permit.redeemed", "The render service began work under a permit"),
        Kind("permit.released", "What a permit counted was given back, because nothing came of it"),
        Kind("render.delivered", "The render service delivered a result"),
        Kind("render.failed", "A render ended without a result"),
        Kind("render.cancelled", "A render was stopped"),
        Kind("video.stamped", "A video was signed with its consent assertion"),
        Kind(
            "stamp.signer_certified",
            "Stamps may be signed under the certificate of this `serial`, from `not_before` until `not_after`",
            {"serial": is_serial, "not_before": is_minute, "not_after": is_minute},
        ),
        Kind(
            "stamp.signer_suspected", "A member of staff proposed to revoke a certificate that stamps are signed under"
        ),
        Kind(
            "stamp.signer_revoked",
            "From `since` on, and without a trusted time, stamps under the certificate of this `serial` prove nothing",
            {"serial": is_serial, "since": is_minute},
        ),
        Kind("video.published", "A video became visible"),
        Kind("video.withheld", "A video ceased to be visible"),
        Kind("reuse.restricted", "A client keeps others from remixing a video of its own"),
        Kind("reuse.opened", "A client lets others remix a video of its own again"),
        Kind("video.removed", "The files of a video were removed, as a permission behind it says for after its end"),
        Kind("video.failed", "A request for a video ended without a video"),
        Kind("subject.erased", "A subject's vault key and records were destroyed"),
        Kind(
            "state.recorded",
            "What holds after the first `as_of` entries: the state of so many grants, its root, and their status list",
            {"as_of": is_count, "grants": is_count, "root": is_commitment, "status_list": is_commitment},
        ),
        Kind(
            "signer.registered",
            "A key of the operator's may sign for this purpose",
            {"purpose": is_signer, "key_id": is_key_id, "public": is_public_key},
        ),
        Kind("signer.retired", "A key of the operator's signs nothing any more", {"key_id": is_key_id}),
        Kind(
            "signer.compromised",
            "From `since` on, what a key of the operator's has signed proves nothing",
            {"key_id": is_key_id, "since": is_minute},
        ),
        Kind("key.rotated", "A party's signing key was accepted in the place of another, which is no longer accepted"),
        Kind("claim.made", "A party swore that it may act for somebody, or for what is its own"),
        Kind("claim.documented", "A document was sealed with a claim"),
        Kind("claim.reviewed", "One member of staff recommended what becomes of a claim"),
        Kind("claim.read", "A member of staff opened what a claimant swore to"),
        Kind("claim.accepted", "Another member of staff accepted a claim: its claimant has authority"),
        Kind("claim.refused", "A claim was refused, with a reason"),
        Kind("claim.disputed", "A claim stands against another: the likeness is held until it is settled"),
        Kind("claim.ended", "A claim gives no authority any more, or was taken back"),
        Kind("authority.assented", "One of several who hold authority agreed to a document"),
        Kind("authority.transferred", "Authority over a likeness moved; every right of who held it before has ended"),
        Kind("name.protected", "A person's name may not be used in prompts without their consent"),
        Kind("name.unprotected", "The protection of a name ended"),
        Kind("video.screened", "The faces in a video were compared with those of its cast"),
        Kind("video.reviewed", "A member of staff decided whether a face in a video is one of its cast's"),
        Kind("copy.found", "A video is like one that has to stay down, and waits for a person"),
        Kind("copy.reviewed", "A member of staff decided whether a video is a copy of what has to stay down"),
        Kind("removal.proposed", "A member of staff proposed that the protection of a name end"),
        Kind("licence.offered", "A holder offered terms and a rate for uses that a grant permits"),
        Kind("offer.withdrawn", "An offer of a licence was taken back"),
        Kind("licence.agreed", "An offer of a licence was accepted by its licensee's signature"),
        Kind("licence.ended", "One of its parties ended a licence"),
        Kind("royalty.accrued", "What a use costs was posted: its client owes it, and its payees are owed"),
        Kind("royalty.held", "An accrual was put on hold while it is disputed"),
        Kind("royalty.released", "An accrual is no longer on hold"),
        Kind("royalty.reversed", "An accrual was reversed: it is owed no more"),
        Kind("ask.made", "A party asked for a permission, whether or not that reaches anybody"),
        Kind("ask.withdrawn", "Who asked for a permission took the request back"),
        Kind("ask.declined", "A holder said no to a request for permission"),
        Kind("ask.granted", "A holder answered a request with a permission, as asked for or smaller"),
        Kind("ask.expired", "The time of a request for permission was over"),
        Kind("asking.refused", "A holder closed their door to requests, of one party or of all"),
        Kind("asking.allowed", "A holder opened that door again"),
        Kind("webhook.registered", "A party named an address that is told of what concerns it"),
        Kind("webhook.changed", "A party changed such an address, or what it is told, or switched it on or off"),
        Kind("webhook.rotated", "The secret that signs what such an address is told was replaced"),
        Kind("webhook.disabled", "Such an address was switched off, for it took nothing any more"),
        Kind("webhook.removed", "A party took such an address back"),
        Kind("token.made", "A party made a token for a program of its own"),
        Kind("token.rotated", "A party made a token in the place of another"),
        Kind("token.revoked", "A token was made good for nothing"),
        Kind("app.registered", "A party registered an app"),
        Kind("app.changed", "A secret of an app was added or ended"),
        Kind("app.removed", "A party removed an app, and all that it was allowed ended"),
        Kind("app.authorised", "A party let an app act for it, within limits"),
        Kind("app.dismissed", "An app may act for a party no longer"),
        Kind("work.taken", "A member of staff took an item of work"),
        Kind("work.ended", "An item of work left a member of staff's hands: done, released, skipped or moved"),
        Kind("note.written", "A member of staff wrote an internal note"),
        Kind("note.erased", "An internal note was erased"),
        Kind("tag.set", "A member of staff set a tag on an item of work"),
        Kind("tag.removed", "A tag on an item of work was removed"),
        Kind("work.escalated", "An item of work was handed to a role or a queue"),
        Kind("escalation.settled", "What was escalated was settled"),
        Kind("work.snoozed", "An item of work is not handed out for a while"),
        Kind("work.woken", "A snoozed item of work is handed out again before its time"),
        Kind("act.scheduled", "A member of staff scheduled an act for later"),
        Kind("act.ended", "A scheduled act was carried out, refused or cancelled"),
        Kind("proposal.made", "A member of staff proposed an act that needs two"),
        Kind("proposal.confirmed", "A second member of staff confirmed what a first one proposed"),
        Kind("proposal.refused", "A proposal was refused, or taken back"),
        Kind("sealed.viewed", "A member of staff looked at something sealed that a second one let them see"),
        Kind("bulk.made", "A member of staff asked for one act upon many items"),
        Kind("bulk.ended", "Such an act has been tried upon each of its items"),
        Kind("reply.written", "A version of a template of replies was written"),
        Kind("reply.retired", "A version of a template of replies was retired"),
        Kind("sample.drawn", "A decision was drawn for a second, blind look"),
        Kind("sample.looked", "A second look at a decision was recorded"),
    )
}


def to_minute(at: datetime) -> str:
    """Return the UTC minute in which `at` lies, as entries spell it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="minutes") + "Z"


def encode(kind: str, commit: bytes, at: datetime, public: Mapping[str, object] | None = None) -> bytes:
    """Return the leaf bytes. `at` is aware; it is coarsened to the minute, so that times do not single people out."""
    if at.tzinfo is None:
        raise EntryInvalid("The time has no zone", pointer="/time", remedy="Use an aware UTC time")
    known = _kind(kind)
    body = {
        "v": known.version,
        "kind": kind,
        "time": to_minute(at),
        "commit": base64url.encode(commit),
        **(public or {}),
    }
    if RESERVED & set(public or {}):
        raise EntryInvalid("A public field has a reserved name", remedy=f"Rename {sorted(RESERVED)}")
    _check(body)
    data = canonical(body)
    if len(data) > MAX_BYTES:
        raise EntryInvalid(f"The entry has {len(data)} bytes", remedy=f"An entry has at most {MAX_BYTES}")
    return data


def decode(data: bytes) -> dict[str, Any]:
    """Return the members of a leaf; raise `EntryInvalid` unless these are the only bytes that could spell it.

    Every member that passes its test is plain ASCII or a safe integer. For such a body sorted, spaceless JSON is its
    RFC 8785 form, and comparing with it also refuses a member that stands twice, white space, and other spellings.
    """
    try:
        body = json.loads(data) if len(data) <= MAX_BYTES else None
    except (ValueError, RecursionError) as error:
        raise EntryInvalid("The bytes are not JSON") from error
    if not isinstance(body, dict):
        raise EntryInvalid(f"The bytes are not one JSON object of at most {MAX_BYTES} bytes")
    _check(body)
    if _sorted_json(body).encode() != data:
        raise EntryInvalid("The bytes are not in canonical form")
    return body


def _kind(name: object) -> Kind:
    if not isinstance(name, str) or name not in KINDS:
        raise EntryInvalid(f"No entry kind {name!r}", pointer="/kind", remedy="Use a kind of ledger.entry.KINDS")
    return KINDS[name]


def _check(body: Mapping[str, Any]) -> None:
    kind = _kind(body.get("kind"))
    fields = kind.fields(body.get("v"))
    if set(body) != RESERVED | set(fields):
        raise EntryInvalid(f"{kind.name} has exactly the public fields {sorted(fields)}")
    if not is_minute(body["time"]):
        raise EntryInvalid("The time is not a UTC minute", pointer="/time")
    for name, holds in {"commit": is_commitment, **fields}.items():
        if not holds(body[name]):
            raise EntryInvalid(f"The field {name} does not hold what {kind.name} needs", pointer=f"/{name}")
