"""The one form for every regime, version 1: typed, bounded, and kept as it was written.

Pure. Nothing here asks whether it is complete: that is for `regimes`. What people write is kept, whatever it is, but
for what no text can hold (NUL, halves of surrogate pairs), which becomes U+FFFD; whoever shows it escapes it. What is
too long, of another type, or unknown is refused with the field's JSON pointer (RFC 6901).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Final, Never
from urllib.parse import urlsplit
from uuid import UUID

from ledger.problem import Problem

VERSION: Final = 1
TOPICS: Final = ("intimate", "likeness", "character", "personal_data", "other")
ROLES: Final = ("self", "parent", "agent", "estate", "rights_holder")
STANDINGS: Final = ("living", "deceased", "character")
EXCLUSIONS: Final = ("news", "documentary", "commentary", "parody", "fleeting", "none")
ACTIONS: Final = ("remove", "disable", "label", "demonetise", "block_future")
LAWS: Final = ("take-it-down", "dsa-16", "dmca-512", "no-fakes", "ordinary")
MAX_EXPLANATION: Final = 10_000  # characters, as all of these
MAX_NAME: Final = 200
MAX_ADDRESS: Final = 500
MAX_PHONE: Final = 40
MAX_EMAIL: Final = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets
MAX_URL: Final = 2000
MAX_WORKS: Final = 20
MAX_LINKS: Final = 10
MAX_SECONDS: Final = 86_400
MAX_BYTES: Final = 512 * 1024  # of the whole document as JSON: more than all fields at their longest
# No quoted local parts, no literal addresses, nothing that a header could be broken with.
EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}", re.ASCII
)
COUNTRY: Final = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?", re.ASCII)
UNWRITABLE: Final = re.compile("[\x00\ud800-\udfff]")


class NoticeInvalid(Problem):
    """A field of the notice is of no form that is read, or longer than is read."""

    code: ClassVar[str] = "notice-invalid"
    title: ClassVar[str] = "The notice cannot be read"


@dataclass(frozen=True, slots=True)
class Depicted:
    """Who is shown."""

    name: str = ""
    standing: str = "living"
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who writes."""

    name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    role: str = "self"


@dataclass(frozen=True, slots=True)
class Work:
    """Where it is: by address or by the id of a record here. `start`, `end`: seconds of the video; None: all of it."""

    url: str = ""
    record: str = ""
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class NoticeDocument:
    """What the notifier wrote. Every field may be empty. `likeness`: the id of a whole likeness; "": none."""

    topic: str = "likeness"
    depicted: Depicted = field(default_factory=Depicted)
    claimant: Claimant = field(default_factory=Claimant)
    works: tuple[Work, ...] = ()
    links: tuple[str, ...] = ()
    likeness: str = ""
    explanation: str = ""
    intimate: bool = False
    non_consent: bool = False  # "I, or the person, did not consent to this"
    authority_perjury: bool = False  # "under penalty of perjury, I may act for the person or the owner"
    good_faith: bool = False
    accuracy: bool = False
    exclusions: tuple[str, ...] = ()  # what was considered; "none": none of them applies
    signature: str = ""  # a typed name
    laws: tuple[str, ...] = ()  # what the notifier relies on; empty: whatever applies
    jurisdiction: str = ""  # ISO 3166; "": not said
    requested: tuple[str, ...] = ("remove",)
    fingerprint_consent: bool = False

    @property
    def about_intimate(self) -> bool:
        """Whether either way of saying so was used."""
        return self.intimate or self.topic == "intimate"

    @property
    def located(self) -> bool:
        """Whether the notice says where at least one video is."""
        return any(work.url or work.record for work in self.works)


def parse(value: object) -> NoticeDocument:
    """Return the document; what is left out is empty. Raises `NoticeInvalid`."""
    given = _object(value, "", ("v", *NoticeDocument.__dataclass_fields__))
    if given.pop("v", VERSION) != VERSION or (isinstance(value, dict) and value.get("v") is True):
        _refuse("/v", "This form is of a version not known here.", f"Use version {VERSION}.")
    return NoticeDocument(**{name: READERS[name](found, f"/{name}") for name, found in given.items()})


def written(document: NoticeDocument) -> dict[str, Any]:
    """Return the document as JSON has it: `parse` of it is the same document."""
    plain = asdict(document)
    plain["works"] = [dict(work) for work in plain["works"]]
    for name in ("links", "exclusions", "laws", "requested"):
        plain[name] = list(plain[name])
    return {"v": VERSION, **plain}


def rendered(document: NoticeDocument) -> str:
    """Return the document as plain text, one "field: value" a line, with nothing in it that reorders or hides text."""
    lines: list[str] = []
    for name, value in written(document).items():
        _lines(name, value, lines)
    return "\n".join(lines) + "\n"


def is_email(text: str) -> bool:
    """Tell whether the text has the form of an address that a letter can be sent to."""
    return len(text) <= MAX_EMAIL and EMAIL.fullmatch(text) is not None and ".." not in text


def shown(text: str) -> str:
    """Return the text with control and bidirectional characters (UAX 9) made visible as their code points."""
    return "".join(f"[U+{ord(char):04X}]" if _hides(char) else char for char in text)


def _hides(char: str) -> bool:
    return char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")


def _lines(name: str, value: object, lines: list[str]) -> None:
    if isinstance(value, dict):
        for inner, found in value.items():
            _lines(f"{name}.{inner}", found, lines)
    elif isinstance(value, list):
        for number, found in enumerate(value, 1):
            _lines(f"{name}.{number}", found, lines)
    elif value not in ("", None):
        text = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else str(value)
        lines.append(f"{name}: {shown(str(text)).replace(chr(10), chr(10) + '    ')}")


def _refuse(at: str, detail: str, remedy: str) -> Never:
    raise NoticeInvalid(detail, pointer=at, remedy=remedy)


def _object(value: object, at: str, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(at, "A group of fields is required here.", "Send an object.")
    for name in value:
        if name not in known:
            pointer = UNWRITABLE.sub("\ufffd", str(name))[:64].replace("~", "~0").replace("/", "~1")
            _refuse(f"{at}/{pointer}", "This field is not known.", f"Leave it out. Known: {', '.join(known)}.")
    return dict(value)


def _text(most: int, *, lines: bool = False) -> Any:  # noqa: ANN401 - a reader
    def read(value: object, at: str) -> str:
        if not isinstance(value, str):
            _refuse(at, "A text is required here.", "Write a text.")
        text = UNWRITABLE.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
        if not lines:
            text = " ".join(text.split())
        if len(text) > most:
            _refuse(at, f"This is longer than {most} characters.", f"Write at most {most} characters.")
        return text

    return read


def _email(value: object, at: str) -> str:
    text: str = _text(10 * MAX_EMAIL)(value, at)
    if text and not is_email(text):
        _refuse(at, "This does not look like an e-mail address.", "Write it like name@example.org.")
    return text


def _url(value: object, at: str) -> str:
    text: str = _text(MAX_URL)(value, at)
    try:
        fine = not text or (urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).hostname))
    except ValueError:
        fine = False
    if not fine:
        _refuse(at, "This is no web address.", "Copy the whole address, from https:// on.")
    return text


def _id(value: object, at: str) -> str:
    text: str = _text(64)(value, at)
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        _refuse(at, "This is no id of a record.", "Copy the id, or leave it empty and give the web address.")


def _flag(value: object, at: str) -> bool:
    if not isinstance(value, bool):
        _refuse(at, "Yes or no is required here.", "Send true or false.")
    return value


def _country(value: object, at: str) -> str:
    text: str = _text(64)(value, at)
    if text and not COUNTRY.fullmatch(text):
        _refuse(at, "This is no country code.", "Use two capital letters, for example US, or US-CA.")
    return text


def _seconds(value: object, at: str) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= MAX_SECONDS:
        _refuse(at, "This is no second of a video.", f"Send a whole number up to {MAX_SECONDS}, or nothing.")
    return value


def _one_of(known: tuple[str, ...]) -> Any:  # noqa: ANN401 - a reader
    def read(value: object, at: str) -> str:
        if not isinstance(value, str) or value not in known:
            _refuse(at, "This choice is not known.", f"Choose one of: {', '.join(known)}.")
        return value

    return read


def _many(one: Any, most: int) -> Any:  # noqa: ANN401 - readers
    def read(value: object, at: str) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)) or len(value) > most:
            _refuse(at, f"A list of at most {most} is required here.", f"List at most {most}.")
        found = [one(each, f"{at}/{number}") for number, each in enumerate(value)]
        return tuple(dict.fromkeys(each for each in found if each not in ("", Work())))

    return read


def _group(made: Any, readers: dict[str, Any]) -> Any:  # noqa: ANN401 - a class and its readers
    def read(value: object, at: str) -> Any:  # noqa: ANN401 - one of the class
        given = _object(value, at, tuple(readers))
        return made(**{name: readers[name](found, f"{at}/{name}") for name, found in given.items()})

    return read


READERS: Final[dict[str, Any]] = {
    "topic": _one_of(TOPICS),
    "depicted": _group(Depicted, {"name": _text(MAX_NAME), "standing": _one_of(STANDINGS), "minor": _flag}),
    "claimant": _group(
        Claimant,
        {
            "name": _text(MAX_NAME),
            "email": _email,
            "phone": _text(MAX_PHONE),
            "address": _text(MAX_ADDRESS, lines=True),
            "role": _one_of(ROLES),
        },
    ),
    "works": _many(_group(Work, {"url": _url, "record": _id, "start": _seconds, "end": _seconds}), MAX_WORKS),
    "links": _many(_url, MAX_LINKS),
    "likeness": _id,
    "explanation": _text(MAX_EXPLANATION, lines=True),
    "intimate": _flag,
    "non_consent": _flag,
    "authority_perjury": _flag,
    "good_faith": _flag,
    "accuracy": _flag,
    "exclusions": _many(_one_of(EXCLUSIONS), len(EXCLUSIONS)),
    "signature": _text(MAX_NAME),
    "laws": _many(_one_of(LAWS), len(LAWS)),
    "jurisdiction": _country,
    "requested": _many(_one_of(ACTIONS), len(ACTIONS)),
    "fingerprint_consent": _flag,
}
