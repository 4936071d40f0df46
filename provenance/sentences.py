"""What a person reads: one plain sentence for each verdict and, where it helps, for its reason. Pure."""

from __future__ import annotations

from enum import StrEnum

from provenance.consent_proof import Flaw
from provenance.report import Consent, Integrity, Lineage, Recovery, Signer, Since


def gettext_noop(text: str) -> str:
    """Mark a text for translation and leave it English: who shows it to a person looks it up (`provenance.answers`)."""
    return text


_ = gettext_noop

# By question first: two enums may use one word, and a `StrEnum` is equal to its word.
SENTENCES: dict[type[StrEnum], dict[StrEnum, str]] = {
    Integrity: {
        Integrity.INTACT: _("The picture and sound are exactly what was signed."),
        Integrity.TAMPERED: _("The file was changed after it was signed."),
        Integrity.NO_PROVENANCE: _("The file carries no record of where it comes from."),
        Integrity.COULD_NOT_CHECK: _("The file could not be checked, so nothing is known about it."),
    },
    Signer: {
        Signer.OURS: _("It was signed by this service."),
        Signer.OTHER_TRUSTED: _("It was signed by somebody else, whom a recognised authority vouches for."),
        Signer.UNTRUSTED: _("It was signed by somebody whom nobody we recognise vouches for."),
        Signer.NONE: _("No signature could be read."),
    },
    Consent: {
        Consent.PROVEN: _("Permission for this video was on public record before the video was made."),
        Consent.NOT_PROVEN: _("The file does not prove that the people in it had given permission."),
        Consent.NOT_APPLICABLE: _("The file says nothing about permission."),
    },
    Since: {
        Since.STANDING: _("The permission still stands."),
        Since.KEPT: _("The permission has ended since. The person's own clause keeps this work visible."),
        Since.KEPT_WITH_LABEL: _(
            "The permission has ended since. The person's own clause keeps this work visible, "
            "with a label that says so."
        ),
        Since.WITHDRAWN: _("The permission has been withdrawn since."),
        Since.EXPIRED: _("The permission has run out since."),
        Since.BLOCKED: _("An order stops the video, or one that it was made from, for now."),
        Since.UNKNOWN: _("This service has no record of the permission."),
        Since.COULD_NOT_CHECK: _("Whether the permission still stands was not checked."),
        Since.NOT_APPLICABLE: _("No permission was proven, so there is none that could still stand."),
    },
    Lineage: {
        Lineage.NONE: _("It was not made from another video."),
        Lineage.SOUND: _("Every video that it was made from is in order too."),
        Lineage.FLAWED: _("Something is wrong with a video that it was made from."),
        Lineage.COULD_NOT_CHECK: _("What it was made from could not be checked."),
    },
    Recovery: {
        Recovery.RECOVERED: _(
            "Recovered by fingerprint: the content matches a video that this service signed, "
            "the bytes were changed. So nothing here shows that it is authentic."
        ),
        Recovery.NOTHING: _("The content matches no video that this service has published."),
        Recovery.COULD_NOT_CHECK: _("Whether the content matches a video of this service could not be checked."),
    },
}

BECAUSE: dict[Flaw, str] = {
    Flaw.NOT_OURS: _("It repeats a permission of this service, but is not proven to be signed by this service."),
    Flaw.UNSEEN: _(
        "It is not known whether this is the file as it was signed, so the permission in it does not count."
    ),
    Flaw.CHANGED: _("The permission is for the file as it was signed, not for this one."),
    Flaw.ABSENT: _("It was signed by this service, but holds no permission."),
    Flaw.SEVERAL: _("It holds more than one permission, so none of them counts."),
    Flaw.GATHERED: _("The permission in it was put there by somebody other than the signer."),
    Flaw.MALFORMED: _("The permission in it is not written as it should be."),
    Flaw.OTHER_VIDEO: _("The permission in it was given for another video."),
    Flaw.NOT_A_PERMIT: _("The entry in the public log does not record this permission."),
    Flaw.NO_LOG: _("Without the key of the public log the permission cannot be checked."),
    Flaw.OTHER_LOG: _("The permission is said to be in another log than the one that was asked about."),
    Flaw.NOT_IN_LOG: _("The permission is not proven to be in the public log."),
    Flaw.OTHER_RECEIPT: _("The receipt of the permission is not one of the public log for this permission."),
    Flaw.UNRECORDED: _("It bears the signature of this service, which has no record of having made it."),
}

# What is shown beside a work that a clause keeps with a label.
LABEL = _("Permission for this work has ended. It stays visible because the person in it chose so beforehand.")
BYTES_DIFFER = _("The picture and sound are what was signed, but other bytes of the file were changed.")
NOT_THE_STAMP = _("The file bears a signature that is not the one on record for this video.")
HIDDEN_RECORD = _("The record of where the file comes from was damaged or disabled.")
UNRULY = _("The record in the file breaks the rules for such records, so it could not be relied upon.")
EXPIRED_SIGNER = _("The signer's certificate had run out, and nothing proves that it had not when it signed.")
REVOKED_SIGNER = _("It was signed with a certificate of this service that has been revoked.")
BROKEN_SIGNATURE = _("The signature does not fit the record that it is attached to.")
PARENT_UNSEEN = _("It is not known whether its picture and sound were intact when they were used.")
RECEIPT_UNSIGNED = _("No key for receipts was given; the log itself proves the permission without it.")
NO_ANSWER = _("The service that knows whether the permission still stands did not answer.")
REMOTE = _(
    "The file names an address for its record of where it comes from; this service does not follow such addresses."
)


def of(verdict: StrEnum) -> str:
    """Return the plain sentence of a verdict."""
    return SENTENCES[type(verdict)][verdict]
