"""What the verifier says: a numbered list, and one exit code that follows from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

GOOD, FALSE, UNREADABLE, UNCHECKED = 0, 1, 2, 3


class Unreadable(Exception):  # noqa: N818 - what the exit code is called
    """The input is not of the format at all."""


class NotTrue(Exception):  # noqa: N818 - a verdict, not a fault of the program
    """Something that the input claims is false."""


class CouldNotCheck(Exception):  # noqa: N818 - a verdict, not a fault of the program
    """What would be needed for this check is not there."""


class Verdict(Enum):
    """The outcome of one check, as it is printed."""

    TRUE = "ok"
    FALSE = "FALSE"
    UNCHECKED = "NOT CHECKED"


@dataclass
class Findings:
    """The checks so far, in order."""

    lines: list[tuple[Verdict, str]] = field(default_factory=list)

    @contextmanager
    def check(self, title: str) -> Iterator[None]:
        """Record `title` as true if the block ends, false or not checked if it says so by raising.

        An exception that nobody foresaw comes from hostile input and counts as false: such a check proved nothing.
        """
        try:
            yield
        except CouldNotCheck as why:
            self.lines.append((Verdict.UNCHECKED, f"{title}: {why}"))
        except NotTrue as why:
            self.lines.append((Verdict.FALSE, f"{title}: {why}"))
        except Exception as why:  # noqa: BLE001 - see above
            self.lines.append((Verdict.FALSE, f"{title}: malformed ({type(why).__name__})"))
        else:
            self.lines.append((Verdict.TRUE, title))

    def code(self) -> int:
        """Return the exit code; a list without a check proves nothing and is 3."""
        verdicts = {verdict for verdict, _ in self.lines}
        if Verdict.FALSE in verdicts:
            return FALSE
        return UNCHECKED if Verdict.UNCHECKED in verdicts or not verdicts else GOOD

    def summary(self) -> str:
        """Return the last line."""
        count = {verdict: sum(one is verdict for one, _ in self.lines) for verdict in Verdict}
        counted = f"{count[Verdict.TRUE]} true, {count[Verdict.FALSE]} false, {count[Verdict.UNCHECKED]} not checked"
        words = {GOOD: "everything holds", FALSE: "something is false", UNCHECKED: "not everything could be checked"}
        return f"{words[self.code()]} ({counted})"


def require(holds: object, otherwise: str) -> None:
    """Raise `NotTrue` unless `holds`."""
    if not holds:
        raise NotTrue(otherwise)
