"""What people are told about claims of authority: plain, kind, and the same words for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings

from consent import messages
from consent.models import Message

if TYPE_CHECKING:
    from consent.models import Party
    from ledger.models import Entry

Kind = Message.Kind

SUBJECTS: Final = {
    Kind.CLAIM_MADE: "We have your claim",
    Kind.CLAIM_NEEDS_YOU: "Somebody asks to act for a likeness of yours",
    Kind.CLAIM_ACCEPTED: "Your claim is accepted",
    Kind.CLAIM_REFUSED: "We could not accept your claim",
    Kind.CLAIM_ENDED: "Your authority over a likeness has ended",
    Kind.CLAIM_DISPUTED: "A likeness is on hold while we look at a dispute",
    Kind.AUTHORITY_LEFT: "Somebody else now decides over a likeness",
}
TEXTS: Final = {
    Kind.CLAIM_MADE: (
        "Thank you. We know that there may be a hard time behind this, and we will not make it harder.\n\n"
        "Two people will read what you sent. You will have an answer by {due} UTC; everybody has the same clock. "
        "If something is missing, you can add it now: {url}/me/claims/{claim}\n"
        "You need no lawyer for this. You can take the claim back at any time."
    ),
    Kind.CLAIM_NEEDS_YOU: (
        "Somebody asks to act as agent for a likeness about which you decide.\n\n"
        "Nothing happens unless you agree with your own key. Read it first: {url}/me/claims/{claim}\n"
        "If you do not know them, there is nothing to do."
    ),
    Kind.CLAIM_ACCEPTED: (
        "Two people have read what you sent, and accepted it. From now on you decide within the claim.\n\n"
        "What you can do: {url}/me/claims/{claim}"
    ),
    Kind.CLAIM_REFUSED: (
        "We have read everything that you sent, with care, and this time it was not enough.\n\n"
        "The reason: {reason}\n\n"
        "This says nothing about you or about whom you lost. You can send a new claim with more at any time, "
        "and somebody else will read it: {url}/me/claims"
    ),
    Kind.CLAIM_ENDED: (
        "From now on your claim gives no authority. What was signed before is not undone by this.\n\n"
        "If you think that this is wrong, write to the people who run this service, or make a new claim: "
        "{url}/me/claims"
    ),
    Kind.CLAIM_DISPUTED: (
        "Two sides say that they decide over a likeness, and we cannot tell yet who is right. Until it is settled "
        "nobody can use it or give new permission, and nothing of it is shown.\n\n"
        "You can still withdraw. If you have documents that would help, add them to your claim: {url}/me/claims"
    ),
    Kind.AUTHORITY_LEFT: (
        "Two people have read a signed writing, and accepted that somebody else now decides over a likeness that was "
        "yours to decide about. What you permitted stands until they take it back; you can permit nothing more.\n\n"
        "If you did not sign such a writing, tell the people who run this service at once."
    ),
}
REASONS: Final = {
    "not-shown": "The documents do not show that you may act here.",
    "unreadable": "We could not read the documents.",
    "not-authentic": "We could not satisfy ourselves that the documents are genuine.",
    "somebody-else": "The documents show that somebody else has to decide.",
    "no-such-likeness": "There is no such likeness here.",
    "not-ours-to-decide": "Only a court can decide this.",
}
FOOT: Final = "\n\nWe never ask for a password, a token or a key by e-mail. The entry in the public log is {commit}.\n"


def write(party: Party, kind: Message.Kind, entry: Entry, **facts: str) -> None:
    """Tell the party, in the transaction that appends the entry. Who was erased is told nothing."""
    if party.is_erased:
        return
    text = (TEXTS[kind] + FOOT).format(url=settings.PUBLIC_URL, commit=entry.commit_text, **facts)
    messages.write(party, kind, entry, subject=SUBJECTS[kind], text=text)
