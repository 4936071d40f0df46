"""From the fields of a permission's form to its terms document, with each refusal beside the field that it is about."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext

from consent import rfc3339, speech, statements
from consent.countries import CODES, ENGLISH, EUROPEAN_UNION, SPANISH
from consent.models import Party
from consent.portal.acting import read_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.forms import BaseFormSet, Form

    from consent.fields import StatementInvalid
    from consent.portal.terms_form import PersonForm

PLACES: Final = {name.casefold(): code for table in (ENGLISH, SPANISH) for code, name in table.items()}
_FIELDS: Final = {  # where a pointer's clause is asked for; the longest that fits
    "/terms/audience/except": "left_out",
    "/terms/audience": "audience",
    "/terms/window/not_before": "not_before",
    "/terms/window": "not_after",
    "/terms/limits/uses": "uses",
    "/terms/limits/seconds_each": "seconds_each",
    "/terms/limits": "seconds",
    "/terms/purposes": "purposes",
    "/terms/campaigns": "campaigns",
    "/terms/territories": "territories",
    "/terms/modalities": "modalities",
    "/terms/scenes/denied": "scenes_denied",
    "/terms/scenes": "scenes_allowed",
    "/terms/speech/scripts": "scripts",
    "/terms/speech/banned": "banned",
    "/terms/speech/languages": "languages",
    "/terms/speech": "speech",
    "/terms/company/never": "company_never",
    "/terms/company": "company_only",
    "/terms/remix": "remix_depth",
    "/terms/after_end": "after_end",
    "/terms/approval": "approval",
    "/terms/training": "training",
    "/terms/rate/split": "split",
    "/terms/rate": "amount",
    "/terms/credit": "credit",
    "/terms/description": "description",
    "/terms/representation": "representation",
}


def field_of(pointer: str) -> str | None:
    """Return the field in which a clause is typed; `None`: in none."""
    fitting = [clause for clause in _FIELDS if pointer == clause or pointer.startswith(f"{clause}/")]
    return _FIELDS[max(fitting, key=len)] if fitting else None


def document(form: Form, people: BaseFormSet[PersonForm]) -> dict[str, Any] | None:
    """Return the terms document of two valid forms; `None`: the form says beside its fields what is wrong."""
    parties = _Parties(form, people)
    made = _document(form.cleaned_data, parties, form)
    if not form.errors:
        try:
            statements.parse_terms(made)
        except statements.StatementInvalid as problem:
            put(form, problem)
    return None if form.errors else made


def put(form: Form, problem: StatementInvalid) -> None:
    """Put a refusal beside its field."""
    name = field_of(problem.pointer or "")
    form.add_error(name if name in form.fields else None, f"{problem.detail} {problem.remedy}".strip())


class _Parties:
    """The parties that the fields name, found by one query."""

    def __init__(self, form: Form, people: BaseFormSet[PersonForm]) -> None:
        self.form, self.fields = form, form.cleaned_data
        self.rows = [row.cleaned_data for row in people if row.cleaned_data.get("handle")]
        self.left_out = lines(self.fields["left_out"])
        self.split = [line.rsplit(None, 1) for line in lines(self.fields["split"])]
        wanted = {_handle(one) for one in (*self._named(), *self.left_out, *(pair[0] for pair in self.split))}
        found = Party.objects.filter(handle__in=wanted, erased_at=None).values_list("handle", "pk")
        self.known = {handle: str(pk) for handle, pk in found}

    def _named(self) -> list[str]:
        return [row["handle"] for row in self.rows]

    def id_of(self, handle: str, field: str) -> str:
        """Return the id; "" where there is nobody, which the form says at the field."""
        found = self.known.get(_handle(handle), "")
        if (
            not found and read_id(handle) is not None
        ):  # whoever has no handle any more: the terms are judged as they are
            return handle
        if not found:
            self.form.add_error(
                field, gettext("There is nobody with the handle “{handle}”.").format(handle=handle[:64])
            )
        return found


def _handle(typed: str) -> str:
    return typed.strip().lower().removeprefix("@")


def _document(sent: Mapping[str, Any], parties: _Parties, form: Form) -> dict[str, Any]:
    depth = sent["remix_depth"] or 0
    company = {"anybody": None, "nobody": []}.get(sent["company"], sorted(set(lines(sent["company_only"]))))
    return {
        "v": 2,
        "audience": _audience(sent, parties),
        "window": {"not_before": _written(sent["not_before"]), "not_after": _written(sent["not_after"])},
        "limits": {name: sent[name] for name in ("uses", "seconds", "seconds_each")},
        "purposes": sorted(sent["purposes"]),
        "campaigns": sorted(set(lines(sent["campaigns"]))) or None,
        "territories": _territories(sent, form),
        "modalities": sorted(sent["modalities"]),
        "scenes": {"allowed": sorted(sent["scenes_allowed"]), "denied": sorted(sent["scenes_denied"])},
        "speech": _speech(sent),
        "company": {"never": sorted(set(lines(sent["company_never"]))), "only": company},
        "remix": {"allowed": depth > 0, "depth": depth},
        "after_end": sent["after_end"],
        "approval": None if sent["approval"] is None else {"hours": sent["approval"]},
        "training": sent["training"],
        "rate": _rate(sent, parties, form),
        "credit": spelled(sent["credit"]) or None,
        "description": spelled(sent["description"]),
        "representation": sent["representation"],
    }


def _audience(sent: Mapping[str, Any], parties: _Parties) -> dict[str, Any]:
    kind = sent["audience"]
    if kind == "only_me":
        return {"kind": kind}
    if kind != "named":
        return {"kind": kind, "except": sorted({parties.id_of(one, "left_out") for one in parties.left_out})}
    named = [
        {
            "party": parties.id_of(row["handle"], "audience"),
            "not_after": None if row["not_after"] is None else _written(row["not_after"]),
            "uses": row["uses"],
            "seconds": row["seconds"],
        }
        for row in parties.rows
    ]
    if not named:
        parties.form.add_error("audience", gettext("Name at least one person, or choose somebody else."))
    return {"kind": kind, "parties": named}


def _territories(sent: Mapping[str, Any], form: Form) -> list[str] | None:
    if sent["where"] == "world":
        return None
    if sent["where"] == "eu":
        return sorted(EUROPEAN_UNION)
    found = set()
    for typed in lines(sent["territories"]):
        code = typed.upper() if typed.upper() in CODES else PLACES.get(typed.casefold())
        if code is None:
            form.add_error("territories", gettext("“{name}” is no country known here.").format(name=typed[:64]))
        else:
            found.add(code)
    if not found and "territories" not in form.errors:
        form.add_error("territories", gettext("Name at least one country."))
    return sorted(found)


def _speech(sent: Mapping[str, Any]) -> dict[str, Any]:
    kind = sent["speech"]
    banned = {word for line in lines(sent["banned"]) for word in speech.words_in(line)}
    languages = sent["languages"].lower().replace(",", " ").split()
    return {
        "kind": kind,
        "scripts": sorted({speech.spelled(line) for line in lines(sent["scripts"])}) if kind == "scripts" else [],
        "banned": sorted(banned),
        "languages": sorted(set(languages)) or None,
    }


def _rate(sent: Mapping[str, Any], parties: _Parties, form: Form) -> dict[str, Any] | None:
    if sent["amount"] is None:
        return None
    split = []
    for pair in parties.split:
        try:
            part = Decimal(pair[1].rstrip("%").replace(",", ".")) / 100
            split.append({"party": parties.id_of(pair[0], "split"), "part": plain(part)})
        except (IndexError, InvalidOperation, ValueError):
            form.add_error("split", gettext("Write a handle and a number on each line, such as “agency 30”."))
    return {
        "currency": sent["currency"] or "EUR",
        "per": sent["per"] or "use",
        "amount": plain(sent["amount"]),
        "split": sorted(split, key=lambda share: share["party"]),
    }


def plain(number: Decimal) -> str:
    """Return a decimal in its one spelling: no exponent, no idle zero. What is no number is left to be refused."""
    if not number.is_finite():
        return str(number)
    text = f"{number:f}" if abs(number.adjusted()) < 30 else ""  # noqa: PLR2004 - longer than any money
    return text.rstrip("0").rstrip(".") if "." in text else text


def lines(typed: str) -> list[str]:
    """Return the lines of a box, each in the one spelling that is signed."""
    return [line for line in map(spelled, typed.splitlines()) if line]


def spelled(typed: str) -> str:
    """Return a text as it is signed: NFC, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", typed).split())


def _written(at: datetime) -> str:
    return rfc3339.write(at.astimezone(UTC).replace(microsecond=0))


def handles(ids: Iterable[str]) -> dict[str, str]:
    """Return the handles of parties by id; one query."""
    rows = Party.objects.filter(pk__in=list(ids), erased_at=None).values_list("pk", "handle")
    return {str(pk): handle for pk, handle in rows}
