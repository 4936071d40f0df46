"""Whose signatures a checkpoint needs: some of the given witnesses, or what a C2SP tlog-policy file says."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .findings import NotTrue, Unreadable, require
from .logformat import LogKey, WitnessKey, cosigned_times

MAX_LINES = 4096
SKEW = 300  # seconds by which the clock of a witness may run before ours
NONE = "none"


@dataclass(frozen=True)
class Group:
    """So many of these must have cosigned."""

    least: int
    members: tuple["WitnessKey | Group", ...]


Rule = WitnessKey | Group


@dataclass(frozen=True)
class Policy:
    """A rule over witnesses; `rule` `None` asks for no cosignature. `logs` is empty where the policy names none."""

    rule: Rule | None = None
    witnesses: tuple[WitnessKey, ...] = ()
    logs: tuple[LogKey, ...] = ()

    def cosigned_at(self, text: str) -> int:
        """Return the second since which the rule holds by the newest cosignatures; raise `NotTrue` if it does not.

        A bad cosignature of any known witness raises, whether or not the rule needs it.
        """
        if self.rule is None:
            raise NotTrue("no witness is asked for")
        times = {one: max(cosigned_times(text, one), default=0) for one in self.witnesses}
        since = _since(self.rule, times)
        require(
            since,
            f"has not cosigned, or too few witnesses have: {sum(map(bool, times.values()))} of {len(times)}",
        )
        return since

    def complete_at(self, text: str) -> float:
        """Return the second at which the rule first held, by the oldest cosignatures; infinity if it does not hold.

        So it is too if no cosignature is asked for: nobody dates the checkpoint then. A bad one raises `NotTrue`.
        """
        if self.rule is None:
            return math.inf
        times = {one: min(cosigned_times(text, one), default=math.inf) for one in self.witnesses}
        return _complete(self.rule, times)

    def title(self) -> str:
        """Return what the rule demands, in words."""
        if isinstance(self.rule, Group):
            return f"cosigned by {self.rule.least} of {len(self.rule.members)} witnesses or groups of the policy"
        return f"cosigned by {self.rule.name}" if self.rule else "cosigned by nobody in particular"


def _since(rule: Rule, times: Mapping[WitnessKey, int]) -> int:
    """Return the time of the oldest cosignature among the newest that meet the rule; 0 if it is not met."""
    if isinstance(rule, WitnessKey):
        return times[rule]
    return sorted((_since(member, times) for member in rule.members), reverse=True)[rule.least - 1]


def _complete(rule: Rule, times: Mapping[WitnessKey, float]) -> float:
    """Return when the rule first held; infinity: never."""
    if isinstance(rule, WitnessKey):
        return times[rule]
    return sorted(_complete(member, times) for member in rule.members)[rule.least - 1]


def fresh(at: int, now: float, max_age: float) -> None:
    """Return if the time of a cosignature is at most `max_age` seconds before `now`; raise `NotTrue` otherwise."""
    require(at <= now + SKEW, "the cosignatures are dated in the future")
    require(now - at <= max_age, f"the newest cosignatures that are needed are {int(now - at)} seconds old")


def of_witnesses(witnesses: Sequence[WitnessKey], quorum: int | None = None) -> Policy:
    """Return the policy `quorum` of these; `None` demands all. Raises `Unreadable` for what could not be met."""
    if not witnesses and not quorum:
        return Policy()
    least = len(witnesses) if quorum is None else quorum
    _distinct(witnesses)
    if not 1 <= least <= len(witnesses):
        raise Unreadable(f"a quorum of {least} among {len(witnesses)} witnesses")
    return Policy(Group(least, tuple(witnesses)), tuple(witnesses))


def parse(data: bytes) -> Policy:
    """Read a C2SP tlog-policy file; raise `Unreadable` if it is not one, to the letter."""
    if any((octet < 0x20 and octet not in b"\t\n") or octet == 0x7F for octet in data) or data.count(b"\n") > MAX_LINES:  # noqa: PLR2004 - controls
        raise Unreadable("the policy holds a control character, or too many lines")
    draft = _Draft([], {}, set(), [])
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), start=1):
        words = line.replace("\t", " ").strip(" ").split(" ")
        words = [word for word in words if word]
        if words and not words[0].startswith("#"):
            try:
                draft.read(words)
            except (NotTrue, ValueError) as error:
                raise Unreadable(f"line {number} of the policy: {error}") from error
    if len(draft.quorum) != 1:
        raise Unreadable("the policy does not have exactly one quorum")
    witnesses = tuple(rule for rule in draft.named.values() if isinstance(rule, WitnessKey))
    _distinct(witnesses)
    _distinct(draft.logs)
    return Policy(draft.quorum[0], witnesses, tuple(draft.logs))


@dataclass
class _Draft:
    """A policy as far as it has been read."""

    logs: list[LogKey]
    named: dict[str, Rule]
    members: set[str]
    quorum: list[Rule | None]

    def read(self, words: list[str]) -> None:
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self.logs.append(LogKey.parse(vkey))
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                self._name(name, WitnessKey.parse(vkey))
            case ["group", name, least, *members]:
                self._name(name, self._group(least, members))
            case ["quorum", name]:
                self.quorum.append(None if name == NONE else self._known(name))
            case _:
                raise NotTrue("it is no line of a policy")

    def _name(self, name: str, rule: Rule) -> None:
        require(name not in self.named and name != NONE, "the name is taken")
        self.named[name] = rule

    def _group(self, least: str, members: list[str]) -> Group:
        rules = tuple(self._known(name) for name in members)
        again = self.members & set(members) or len(set(members)) < len(members)
        require(not again, "a name is a member of a group already")
        self.members |= set(members)
        known = {"any": 1, "all": len(rules)}
        require(least in known or (least.isdecimal() and least.isascii()), "the threshold is malformed")
        count = known[least] if least in known else int(least)
        require(1 <= count <= len(rules), "the threshold cannot be met, or is none")
        return Group(count, rules)

    def _known(self, name: str) -> Rule:
        require(name in self.named, "a name is not defined above")
        return self.named[name]


def _distinct(keys: Sequence[LogKey] | Sequence[WitnessKey]) -> None:
    if len({key.public for key in keys}) != len(keys):
        raise Unreadable("two names share one key, which would count twice")
