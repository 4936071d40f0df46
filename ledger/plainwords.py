"""What an entry means for a first-time reader of the log. A kind without a line has its meaning. Pure."""

WORDS = {
    "log.opened": "The first entry of the log. It says nothing about anybody.",
    "party.registered": "Somebody got an account. Who it is does not stand here.",
    "key.registered": "A party named a key with which it signs from now on.",
    "key.revoked": "What that key signs from here on no longer counts.",
    "likeness.registered": "Somebody named a likeness, such as their own face and voice.",
    "enrolment.accepted": "A person showed by a calibration clip that the likeness is theirs. The clip is sealed.",
    "grant.recorded": "A person permitted uses of their likeness, signed with their own key. "
    "For whom and for what stands in the signed grant, which this entry commits to.",
    "consent.withdrawn": "A person took permission back. From here on, nothing may be rendered under these grants.",
    "consent.revoked": "Somebody other than the person ended permission, for a reason that the person was told: "
    "two members of staff, or a court's order. From here on, nothing may be rendered under these grants.",
    "consent.suspended": "These grants permit nothing until an entry resumes them.",
    "consent.resumed": "These grants, which were suspended, permit again.",
    "exclusion.lifted": "Somebody whom a person had excluded may be permitted again. Who it is does not stand here.",
    "revocation.proposed": "One member of staff proposed to end permission. Nothing happens before a second approves.",
    "consent.undone": "A person undid what was done in their name since a moment that they chose, "
    "for example with a stolen key. The entries beside this one say what ended.",
    "withdrawal.drained": "The withdrawal took full effect: the last response that was still being served has ended.",
    "denials.digested": "A count of requests that were refused, so that refusals cannot be hidden.",
    "permit.minted": "Every likeness in one video was covered by a grant, and one render of it was allowed.",
    "permit.redeemed": "A render service used its permit. A permit works once.",
    "video.stamped": "A finished video was signed, with the proof of consent inside the file.",
    "video.published": "A video became visible to others.",
    "video.withheld": "A video is no longer shown.",
    "subject.erased": "Somebody's sealed records were destroyed. Commitments to them stay, and open nothing any more.",
    "state.recorded": "What holds of every grant at this point, so that anybody can prove that one still stands, "
    "or does not, without trusting us.",
    "signer.registered": "We announced a key of our own and what it signs.",
    "signer.retired": "A key of our own signs nothing any more.",
    "signer.compromised": "A key of our own may be in wrong hands. What it signed from that minute on proves nothing.",
}


def explained(kind: str, meaning: str) -> str:
    """Return a sentence or two about this kind of entry."""
    return WORDS.get(kind, f"{meaning}.")
