"""The text of terms of version 2, template `grant/2`, out of the sentences of a language.

Pure. Every field of the terms has its line, also where it says "no limit": what is not said is not read. What people
typed (names, scripts, descriptions) stands on a line of its own behind "- " or "> ", and holds no line break
(`consent.fields.text`), so that it cannot imitate a sentence of ours.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from consent import rfc3339
from consent.terms import Everyone, Mutuals, Named, OnlyMe, has_vetoes
from consent.vocabulary import CURRENCIES, MODALITIES, PURPOSES, SCENES
from consent.wording.sentences import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from consent.terms import Audience, NamedParty, Rate, Terms
    from consent.wording.sentences import Sentences


def render(terms: Terms, names: Mapping[str, str], say: Sentences) -> str:
    """Return the text. Raises `KeyError` for a party or likeness without a name."""
    parts = [
        [say.opening, say.closed],
        [say.who, *_audience(terms.audience, names, say)],
        [say.what, *_each(say.modalities[one] for one in MODALITIES if one in terms.modalities)],
        [say.purposes_head, *_purposes(terms, say)],
        [say.scenes_head, *_scenes(terms, say)],
        [say.speech_head, *_speech(terms, say)],
        [say.company_head, *_company(terms, names, say)],
        [say.where_head, *_where(terms, say)],
        [say.when_head, *_when(terms, say)],
        [say.remix_head, counted(say.remix_yes, terms.remix_depth) if terms.remix else say.remix_no],
        [say.approval_head, _approval(terms, say)],
        [say.after_head, say.after[terms.after_end]],
        [say.training_head, say.training[terms.training]],
        [say.pay_head, *_pay(terms.rate, names, say)],
        [say.credit_head, say.credit_no if terms.credit is None else say.credit_yes.format(credit=terms.credit)],
        [say.advice_head, say.advice[terms.representation]],
        [*([say.vetoes_last] if has_vetoes(terms) else []), say.closing],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _audience(audience: Audience, names: Mapping[str, str], say: Sentences) -> list[str]:
    match audience:
        case OnlyMe():
            return [say.only_me]
        case Named(parties=parties):
            return [say.named, *_each(_named(named, names, say) for named in parties)]
        case Mutuals(excluded=excluded):
            return [say.mutuals, *_excepting(excluded, names, say)]
        case Everyone(excluded=excluded):
            return [say.everyone, *_excepting(excluded, names, say)]
        case _:
            assert_never(audience)


def _named(named: NamedParty, names: Mapping[str, str], say: Sentences) -> str:
    """One line a party, in the order signed, each with its id: a shown name alone can be imitated."""
    limits = [_party(named.party, names, say)]
    if named.not_after is not None:
        limits.append(say.until.format(time=rfc3339.write(named.not_after)))
    if named.uses is not None:
        limits.append(counted(say.at_most_uses, named.uses))
    if named.seconds is not None:
        limits.append(counted(say.at_most_seconds, named.seconds))
    return ", ".join(limits)


def _excepting(excluded: frozenset[str], names: Mapping[str, str], say: Sentences) -> list[str]:
    if not excluded:
        return []
    return [say.excepting, *_each(_party(party, names, say) for party in sorted(excluded))]


def _party(party: str, names: Mapping[str, str], say: Sentences) -> str:
    return say.party.format(name=names[party], party=party)


def _purposes(terms: Terms, say: Sentences) -> list[str]:
    lines = _each(say.purposes[purpose] for purpose in PURPOSES if purpose in terms.purposes)
    if terms.description:
        lines += [say.description, f"> {terms.description}"]
    if terms.campaigns is not None:
        lines += [say.campaigns, *_each(sorted(terms.campaigns))]
    return lines


def _scenes(terms: Terms, say: Sentences) -> list[str]:
    lines = _each(say.scenes[scene] for scene in SCENES if scene in terms.scenes.allowed)
    if terms.scenes.denied:
        lines += [say.scenes_denied, *_each(say.scenes[scene] for scene in SCENES if scene in terms.scenes.denied)]
    return [*lines, say.never_intimate]


def _speech(terms: Terms, say: Sentences) -> list[str]:
    said = terms.speech
    lines = [say.speech[said.kind], *(f"> {script}" for script in sorted(said.scripts))]
    if said.banned:
        lines += [say.banned, *_each(sorted(said.banned))]
    if said.languages is not None:
        lines += [say.languages, *_each(sorted(said.languages))]
    return lines


def _company(terms: Terms, names: Mapping[str, str], say: Sentences) -> list[str]:
    company = terms.company
    lines = [say.company_anybody if company.only is None else say.company_nobody]
    if company.only:
        lines = [say.company_only, *_likenesses(company.only, names, say)]
    if company.never:
        lines += [say.company_never, *_likenesses(company.never, names, say)]
    return lines


def _likenesses(ids: frozenset[str], names: Mapping[str, str], say: Sentences) -> list[str]:
    return _each(say.likeness.format(name=names[one], likeness=one) for one in sorted(ids))


def _where(terms: Terms, say: Sentences) -> list[str]:
    if terms.territories is None:
        return [say.everywhere]
    return [say.only_in, *_each(f"{say.countries[code]} ({code})" for code in sorted(terms.territories))]


def _when(terms: Terms, say: Sentences) -> list[str]:
    window, limits = terms.window, terms.limits
    lines = [say.window.format(start=rfc3339.write(window.not_before), end=rfc3339.write(window.not_after))]
    forms = (
        (say.limits_uses, limits.uses),
        (say.limits_seconds, limits.seconds),
        (say.limits_each, limits.seconds_each),
    )
    limited = [counted(form, n) for form, n in forms if n is not None]
    return lines + (limited or [say.no_limit])


def _approval(terms: Terms, say: Sentences) -> str:
    if terms.approval is None:
        return say.approval_no
    return counted(say.approval_yes, terms.approval // timedelta(hours=1))


def _pay(rate: Rate | None, names: Mapping[str, str], say: Sentences) -> list[str]:
    if rate is None:
        return [say.pay_nothing]
    lines = [say.pay[rate.per].format(amount=_money(rate), currency=rate.currency)]
    if not rate.shares:
        return [*lines, say.pay_all]
    shares = (
        say.share.format(part=f"{(share.part * 100).normalize():f}", party=_party(share.party, names, say))
        for share in rate.shares
    )
    return [*lines, say.pay_split, *_each(shares)]


def _money(rate: Rate) -> str:
    """Return the amount as money is written: with the decimals of its currency, or more where it has more."""
    least = CURRENCIES[rate.currency]
    written = -int(rate.amount.as_tuple().exponent)
    return f"{rate.amount:.{max(least, written)}f}"


def _each(lines: Iterable[str]) -> list[str]:
    return [f"- {line}" for line in lines]
