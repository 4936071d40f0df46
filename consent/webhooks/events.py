"""What a webhook can tell: a closed list, only ever added to. Pure.

A name is that of the entry's kind, but where somebody hears a consequence and not the act: that a permission which
named them ended says not who ended it, or whether they were shut out.
"""

from __future__ import annotations

from typing import Final

ALL: Final = "*"
TEST: Final = "webhook.test"
EVENTS: Final[dict[str, str]] = {
    TEST: "a test that you asked for; about nothing",
    "party.registered": "your account",
    "key.registered": "a key of yours was added",
    "key.rotated": "a key of yours was replaced",
    "key.revoked": "a key of yours was taken out of use",
    "login.changed": "how you log in to the pages was changed: a passkey, a code app, the address",
    "likeness.registered": "a likeness of yours was named",
    "enrolment.opened": "an enrolment of yours began",
    "enrolment.tried": "a clip of yours was judged, and not accepted by the checks alone",
    "enrolment.accepted": "a clip of yours was accepted",
    "enrolment.refused": "a person refused a clip of yours",
    "claim.made": "a claim of yours, or one that asks for your agreement",
    "claim.documented": "a document was added to a claim of yours",
    "claim.accepted": "a claim of yours was accepted",
    "claim.refused": "a claim of yours was refused",
    "claim.disputed": "a likeness that concerns you is held while a dispute is settled",
    "claim.ended": "a claim of yours ended",
    "authority.assented": "you agreed to a document that several decide",
    "authority.transferred": "somebody else decides over a likeness from now on",
    "grant.recorded": "a grant that you gave, or that names you",
    "grant.narrowed": "a grant that you gave, or that names you, was made smaller",
    "grant.superseded": "another grant took the place of one that named you",
    "grant.suspended": "grants that name you rest",
    "grant.resumed": "grants that name you permit again",
    "grant.ended": "grants that named you ended, or name you no more",
    "consent.withdrawn": "a withdrawal about your likeness was accepted; `withdrawal.drained` is its effect",
    "consent.revoked": "permission that you gave was ended by somebody else",
    "consent.suspended": "your likeness, or a grant of it, rests",
    "consent.resumed": "your likeness, or a grant of it, permits again",
    "consent.undone": "you undid what was done in your name",
    "withdrawal.drained": "a withdrawal, revocation or suspension is effective: nothing affected is served any more",
    "exclusion.lifted": "you let somebody back in",
    "approval.asked": "a video waits for your yes; or one that you asked for waits for somebody's",
    "approval.given": "the yes to such a video",
    "approval.refused": "the no to such a video",
    "approval.timed_out": "nobody answered in time, which is a no",
    "name.protected": "a name of your likeness is protected",
    "name.unprotected": "that protection ended",
    "licence.offered": "a licence that you offered, or that was offered to you",
    "offer.withdrawn": "such an offer was taken back",
    "licence.agreed": "a licence of which you are one side",
    "licence.ended": "such a licence ended",
    "royalty.accrued": "what a use costs was posted to you",
    "royalty.held": "such an accrual is on hold",
    "royalty.released": "such an accrual is no longer on hold",
    "royalty.reversed": "such an accrual was reversed",
    "permit.minted": "a render that you asked for, or that shows your likeness, was allowed",
    "permit.redeemed": "the render service began that render",
    "video.stamped": "a video of yours, or with your likeness, was signed; it is a draft",
    "video.published": "such a video became visible",
    "video.withheld": "such videos ceased to be visible; `videos` lists those that concern you",
    "video.removed": "the files of such a video were removed",
    "video.failed": "a request for such a video ended without one",
}
