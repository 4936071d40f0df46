"""What a token may do, in the words in which a person is asked; `consent.scopes` has the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise

WORDS: Final[dict[str, str | Promise]] = {
    "videos:read": _("see your videos and download them"),
    "videos:write": _("make, remix and delete videos in your name"),
    "decisions": _("ask whether a use would be allowed"),
    "appearances:read": _("see where your likeness appears, and who asked for it"),
    "likenesses:read": _("see your likenesses and how far their enrolment is"),
    "likenesses": _("name likenesses and send clips to enrol them"),
    "grants:read": _("see your permissions"),
    "grants": _("draft permissions, hand in those that you signed yourself, make them smaller"),
    "withdrawals": _("take your permissions back"),
    "approvals": _("say yes or no where a permission asks you each time, and no to who asks for one"),
    "pauses": _("pause permissions and end pauses, let people back in, undo"),
    "claims": _("claim to act for somebody, take claims back, agree as one of several"),
    "names": _("protect names and end that protection"),
    "licences": _("offer licences, agree to them with your signature, end them"),
    "statements:read": _("see what you earned or owe"),
    "messages": _("read your messages"),
    "evidence:read": _("see the proofs of what concerns you"),
    "parties:read": _("see your account, and find others by their handle"),
    "requests": _("ask people for permission, and see their answers"),
    "cases": _("file notices and follow their cases"),
    "webhooks": _("name addresses that are told of what concerns you"),
    "account": _("change your keys, export everything, erase the account"),
    "tokens": _("make and end tokens and apps"),
}
