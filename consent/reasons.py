"""Why a use is denied: the closed list.

Pure. Only ever added to. Who may hear which is decided in `consent.disclosure`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a use is denied."""

    NO_APPEARANCE = "no_appearance"  # nobody declared is not the same as nobody owed
    NO_GRANT = "no_grant"  # also all that a stranger ever hears
    NOT_IN_AUDIENCE = "not_in_audience"
    OUTSIDE_WINDOW = "outside_window"  # the grant has not begun
    GRANT_EXPIRED = "grant_expired"  # the grant, or this party's place in it, is over
    GRANT_WITHDRAWN = "grant_withdrawn"
    GRANT_SUSPENDED = "grant_suspended"
    PURPOSE = "purpose"
    CAMPAIGN = "campaign"
    TERRITORY = "territory"
    MODALITY = "modality"
    SCENE_CLASS = "scene_class"
    SPEECH = "speech"
    CO_APPEARANCE = "co_appearance"
    REMIX = "remix"
    TRAINING = "training"
    COUNT_EXHAUSTED = "count_exhausted"  # the grant's number of uses
    SECONDS_EXHAUSTED = "seconds_exhausted"  # the grant's seconds, in all or of each
    QUOTA_EXHAUSTED = "quota_exhausted"  # this party's own number of uses or seconds
    MINOR_SCOPE = "minor_scope"  # a child's likeness is never for everybody, and never beyond their eighteenth birthday
    BLOCKED = "blocked"
    ACCOUNT_SUSPENDED = "account_suspended"
    AUTHORITY_DISPUTED = "authority_disputed"
    APPROVAL_PENDING = "approval_pending"
    APPROVAL_REFUSED = "approval_refused"
    APPROVAL_TIMED_OUT = "approval_timed_out"
    CHECK_FAILED = "check_failed"  # a fact is unreadable, contradictory or of a kind not known here
    UNKNOWN_AT_THAT_POINT = "unknown_at_that_point"  # of the past only: what stood then is erased, or was not kept


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason, and where it stands in the grant."""

    likeness: str  # "": the use as a whole
    reason: Reason
    clause: str | None = None  # JSON pointer into the grant's statement; None: no clause says so
    grant: str | None = None  # None: not the saying of any one grant
