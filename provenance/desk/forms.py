"""The steps of the form, each of which fits a phone: what is asked, why, and where the answer stands in the document.

Everything may be left empty: what a missing answer would add is said beside the form, and a half-written notice can be
sent. What people wrote is refused only where no notice could hold it.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from consent.takedown import notice_document
from consent.takedown.notice_document import MAX_WORKS, UNWRITABLE, NoticeDocument, NoticeInvalid
from provenance.desk import locate

if TYPE_CHECKING:
    from django.http import QueryDict

Path = tuple[str, ...]
SAID: Final = (  # by `notice_document`, which knows no catalogue
    gettext_noop("This does not look like an e-mail address."),
    gettext_noop("Write it like name@example.org."),
    gettext_noop("This is no web address."),
    gettext_noop("Copy the whole address, from https:// on."),
    gettext_noop("A list of at most 20 is required here."),
    gettext_noop("List at most 20."),
)


class Step(forms.Form):
    """One step. `paths`: where each answer stands in the document."""

    paths: ClassVar[dict[str, Path]] = {}
    title: ClassVar[str | Promise] = ""

    @classmethod
    def shown(cls, document: NoticeDocument) -> dict[str, Any]:
        """Return what was answered before."""
        plain = notice_document.written(document)
        return {name: _at(plain, path) for name, path in cls.paths.items()}

    def written(self, document: NoticeDocument) -> dict[str, Any] | None:
        """Return the document with these answers; `None`: one of them cannot be read, and says so at its field."""
        plain = deepcopy(notice_document.written(document))
        if self.is_valid():
            try:
                self.put(plain)
                notice_document.parse(plain)
            except NoticeInvalid as problem:
                self.add_error(
                    self._named(problem.pointer or ""), f"{gettext(problem.detail)} {gettext(problem.remedy)}"
                )
        return None if self.errors else plain

    def put(self, plain: dict[str, Any]) -> None:
        """Write the answers into the document."""
        for name, path in self.paths.items():
            inner = plain if len(path) == 1 else plain[path[0]]
            inner[path[-1]] = self.cleaned_data[name]

    def _named(self, pointer: str) -> str | None:
        return next((name for name, path in self.paths.items() if pointer.startswith("/" + "/".join(path))), None)


class Who(Step):
    """Who is shown, and who writes."""

    title = _("You and the person shown")
    paths: ClassVar = {
        "role": ("claimant", "role"),
        "depicted_name": ("depicted", "name"),
        "standing": ("depicted", "standing"),
        "minor": ("depicted", "minor"),
    }
    role = forms.ChoiceField(
        label=_("Who are you?"),
        widget=forms.RadioSelect,
        choices=[
            ("self", _("It is me in the video")),
            ("parent", _("I am a parent or guardian")),
            ("estate", _("I speak for somebody who died")),
            ("agent", _("Somebody asked me to act for them")),
            ("rights_holder", _("A character or a work of mine is in it")),
        ],
    )
    depicted_name = forms.CharField(
        label=_("Who is in the video?"),
        help_text=_("Their name, as they are known. Only the people who work on this read it."),
        required=False,
        max_length=notice_document.MAX_NAME,
    )
    standing = forms.ChoiceField(
        label=_("Is this person alive?"),
        widget=forms.RadioSelect,
        choices=[("living", _("Yes")), ("deceased", _("No, they have died")), ("character", _("It is no real person"))],
    )
    minor = forms.BooleanField(label=_("The person is under 18, or was when it was filmed"), required=False)


class Place(Step):
    """Which video."""

    title = _("The video")
    paths: ClassVar = {"places": ("works",)}
    places = forms.CharField(
        label=_("Where is the video?"),
        help_text=_("Its web address, or the id of its record. One a line, if there are several."),
        required=False,
        max_length=MAX_WORKS * (notice_document.MAX_URL + 2),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"}),
    )

    @classmethod
    def shown(cls, document: NoticeDocument) -> dict[str, Any]:
        """Return the places, one a line."""
        return {"places": "\n".join(work.url or work.record for work in document.works)}

    def put(self, plain: dict[str, Any]) -> None:
        """Write the places; those that were there before keep their stretch. Raises `NoticeInvalid` for too many."""
        before = {work["url"] or work["record"]: work for work in plain["works"]}
        lines = dict.fromkeys(filter(None, map(str.strip, self.cleaned_data["places"].splitlines())))
        plain["works"] = [before.get(line) or place(line) for line in lines]


def place(line: str) -> dict[str, Any]:
    """Return a place as the document has it: an id of a record, or a web address, whose beginning may be left out."""
    if locate.ID.fullmatch(line):
        return {"url": locate.address(UUID(line)), "record": str(UUID(line))}
    return {"url": line if "://" in line or "." not in line.split("/", maxsplit=1)[0] else f"https://{line}"}


class Wrong(Step):
    """What is wrong with it: the kind first."""

    title = _("What is wrong")
    paths: ClassVar = {
        "topic": ("topic",),
        "explanation": ("explanation",),
        "fingerprint_consent": ("fingerprint_consent",),
    }
    topic = forms.ChoiceField(
        label=_("What does it show?"),
        widget=forms.RadioSelect,
        choices=[
            (
                "intimate",
                _("Somebody naked or in a sexual act. This goes before everything else: we answer within 48 hours"),
            ),
            ("likeness", _("A face, a voice or a body that nobody permitted")),
            ("character", _("A character or a work of mine")),
            ("personal_data", _("Facts about a person that should not be there")),
            ("other", _("Something else")),
        ],
    )
    explanation = forms.CharField(
        label=_("What is wrong with it?"),
        help_text=_("A few words are enough. You need not describe what hurts."),
        required=False,
        max_length=notice_document.MAX_EXPLANATION,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    fingerprint_consent = forms.BooleanField(
        label=_("Look for copies of it too"),
        help_text=_("For that we keep numbers from which copies are recognised, and no picture."),
        required=False,
    )


class Contact(Step):
    """How to answer."""

    title = _("How we answer you")
    paths: ClassVar = {
        "name": ("claimant", "name"),
        "email": ("claimant", "email"),
        "phone": ("claimant", "phone"),
        "address": ("claimant", "address"),
        "jurisdiction": ("jurisdiction",),
    }
    name = forms.CharField(
        label=_("Your name"), required=False, max_length=notice_document.MAX_NAME,
        help_text=_("Whoever made the video does not hear it from us."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    email = forms.CharField(
        label=_("Your e-mail address"), required=False, max_length=notice_document.MAX_EMAIL,
        help_text=_("The link to your page and each answer go there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    phone = forms.CharField(
        label=_("A telephone number"), required=False, max_length=notice_document.MAX_PHONE,
        help_text=_("If you would rather not give an e-mail address."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )  # fmt: skip
    address = forms.CharField(
        label=_("A postal address"), required=False, max_length=notice_document.MAX_ADDRESS,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "street-address"}),
    )  # fmt: skip
    jurisdiction = forms.ChoiceField(
        label=_("Where do you live?"),
        help_text=_("In some places an answer is due sooner."),
        required=False,
        choices=[
            ("", _("Somewhere else, or I would rather not say")),
            ("US", _("United States")),
            ("US-CA", _("California, United States")),
            ("IN", _("India")),
            ("ES", _("Spain")),
            ("MX", _("Mexico")),
            ("DE", _("Germany")),
            ("FR", _("France")),
            ("IT", _("Italy")),
            ("GB", _("United Kingdom")),
        ],
    )


class Statements(Step):
    """What whoever writes stands behind, in plain words, each with why it is asked."""

    title = _("What you declare")
    paths: ClassVar = {
        "non_consent": ("non_consent",),
        "good_faith": ("good_faith",),
        "accuracy": ("accuracy",),
        "authority_perjury": ("authority_perjury",),
        "exclusions": ("exclusions",),
        "signature": ("signature",),
    }
    non_consent = forms.BooleanField(
        label=_("I, or the person shown, did not agree to this"), required=False,
        help_text=_("For intimate images this is what the 48-hour duty rests on."),
    )  # fmt: skip
    good_faith = forms.BooleanField(
        label=_("I believe in good faith what I say here"), required=False,
        help_text=_("An honest mistake is no lie."),
    )  # fmt: skip
    accuracy = forms.BooleanField(
        label=_("What I write is accurate, as far as I know"), required=False,
        help_text=_("With it the video can be hidden before anybody has read this."),
    )  # fmt: skip
    authority_perjury = forms.BooleanField(
        label=_("Under penalty of perjury: I may act for the person, or the work is mine"), required=False,
        help_text=_("Needed only if you are not the person shown. To swear falsely is a crime in some countries."),
    )  # fmt: skip
    exclusions = forms.MultipleChoiceField(
        label=_("Could it be one of these?"),
        help_text=_("The law leaves room for them; to say so does not end your notice."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("none", _("None of these")),
            ("news", _("News")),
            ("documentary", _("A documentary")),
            ("commentary", _("Commentary or criticism")),
            ("parody", _("Parody or satire")),
            ("fleeting", _("Seen only in passing")),
        ],
    )
    signature = forms.CharField(
        label=_("Sign: type your full name"), required=False, max_length=notice_document.MAX_NAME,
        help_text=_("It counts like a signature on paper."),
    )  # fmt: skip


STEPS: Final[dict[str, type[Step]]] = {
    "who": Who,
    "video": Place,
    "wrong": Wrong,
    "contact": Contact,
    "declare": Statements,
}


def after(step: str) -> str:
    """Return the step after one; after the last it is read."""
    names = [*STEPS, "review"]
    return names[names.index(step) + 1]


def before(step: str) -> str:
    """Return the step before one; "": it is the first."""
    names = ["", *STEPS, "review"]
    return names[names.index(step) - 1]


def clean(posted: QueryDict) -> QueryDict:
    """Return what was posted without what no text can hold, which becomes U+FFFD."""
    found = posted.copy()
    for name, values in posted.lists():
        found.setlist(name, [UNWRITABLE.sub("\ufffd", str(value)) for value in values])
    return found


def _at(plain: dict[str, Any], path: Path) -> Any:  # noqa: ANN401 - JSON
    found: Any = plain
    for name in path:
        found = found[name]
    return found
