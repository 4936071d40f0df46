"""Published figures as a page shows them: tiles, pictures with a table each, and words for every code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from consent import charts
from consent.transparency.figures import TABLES
from consent.transparency.small import LEAST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from django.utils.functional import Promise

    from consent.charts import Chart
    from consent.transparency.small import Public

MOST: Final = 12  # bars that can be told apart
MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400

# a title, a sentence, and the heads of the keys
SAID: Final[dict[str, tuple[str | Promise, str | Promise, tuple[str | Promise, ...]]]] = {
    "notices": (_("Notices"), _("How many notices were filed."), (_("Which"),)),
    "notices-by-regime": (
        _("Notices by rule, clock and outcome"),
        _("A notice that is valid under several rules is counted under each."),
        (_("Rule"), _("Clock"), _("Outcome")),
    ),
    "first-action": (
        _("Time to the first act"),
        _("Until a video was held back, or a decision took force."),
        (_("Clock"),),
    ),
    "decision": (_("Time to the decision"), _("Until the first decision took force."), (_("Clock"),)),
    "clock": (_("Clocks kept"), _("Of the cases that were due, how many were decided in time."), (_("Clock"),)),
    "provisional-blocks": (
        _("Held back at once"),
        _("Videos that a sworn notice held back before a person had read it, and what became of that."),
        (_("What became of it"),),
    ),
    "rulings": (_("Decisions"), _("Decisions that took force."), (_("Decision"), _("Policy"))),
    "reversals": (_("Decisions reversed"), _("Decisions that a later one reversed."), (_("Before"), _("After"))),
    "appeals": (_("Appeals"), _("Appeals that were filed, and where they stand."), (_("By"), _("State"))),
    "overturned": (_("Appeals that changed the decision"), _("Of the appeals that were decided."), (_("By"),)),
    "counter-notices": (
        _("Counter-notices"),
        _("Sworn answers of those whose video it is."),
        (_("Ground"), _("State")),
    ),
    "orders": (_("Orders"), _("Orders of courts and authorities."), (_("Place"), _("Kind"), _("Reach"))),
    "strikes": (
        _("Proven abuse"),
        _("Counted against who notified or who uploaded; and how much was taken back."),
        (_("Side"), _("For what")),
    ),
    "automation": (
        _("People and machines"),
        _("How decisions were made, by our statements of reasons."),
        (_("Decided"), _("Found")),
    ),
    "reasons": (_("Statements of reasons"), _("Grounds that we gave."), (_("Ground"), _("Category"), _("Source"))),
    "renders": (_("Requests to use a likeness"), _("What was answered before anything was made."), (_("Answer"),)),
    "refused-renders": (
        _("Why requests were refused"),
        _("A request can be refused for several reasons."),
        (_("Reason"),),
    ),
}
WORDS: Final[dict[str, str | Promise]] = {
    "all": _("All notices"),
    "incomplete": _("Not complete yet"),
    "take-it-down": _("TAKE IT DOWN Act (law)"),
    "dsa-16": _("DSA Article 16 (law)"),
    "dmca-512": _("DMCA 512 (law)"),
    "no-fakes": _("Digital replica (own standard)"),
    "ordinary": _("Our own rules"),
    "in-intimate": _("2 h, India"),
    "in-order": _("3 h, order, India"),
    "us-intimate": _("48 h, intimate"),
    "us-ca-order": _("2 working days, order"),
    "order-time": _("Time set by an order"),
    "licence-stripped": _("96 h, licensee"),
    "order": _("24 h, order"),
    "ours": _("24 h, likeness"),
    "work": _("72 h, work"),
    "gdpr": _("1 month, data"),
    "open": _("Open"),
    "closed": _("Closed"),
    "refuse": _("Kept up"),
    "remove": _("Removed"),
    "disable": _("Disabled in places"),
    "label": _("Labelled"),
    "demonetise": _("Not paid for"),
    "block_future": _("Removed, copies refused"),
    "restore": _("Restored"),
    "withdrawn": _("Taken back"),
    "lifted": _("Lifted"),
    "confirmed": _("Confirmed"),
    "ran-out": _("Ended by itself"),
    "standing": _("Still in force"),
    "notifier": _("Notifier"),
    "uploader": _("Uploader"),
    "pending": _("Pending"),
    "upheld": _("Decision upheld"),
    "overturned": _("Decision changed"),
    "superseded": _("Pointless by now"),
    "suit": _("A court was asked"),
    "allow": _("Allowed"),
    "deny": _("Refused"),
    "detected": _("By a machine"),
    "reported": _("By people"),
    "AUTOMATED_DECISION_FULLY": _("By a machine alone"),
    "AUTOMATED_DECISION_PARTIALLY": _("Partly by a machine"),
    "AUTOMATED_DECISION_NOT_AUTOMATED": _("By people"),
}
PREFIXES: Final = ("DECISION_GROUND_", "STATEMENT_CATEGORY_", "SOURCE_")


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the page; `chart` None: too much, or nothing, to draw."""

    code: str
    title: str
    text: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    keys: int  # how many of the columns are no numbers
    chart: Chart | None

    @property
    def cells(self) -> list[list[tuple[str, str]]]:
        """Return each cell with the head of its column."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]


def sections(lines: Iterable[Public]) -> list[Section]:
    """Return a section for each table that has a figure, in the order in which they are counted."""
    by: dict[str, list[Public]] = {name: [] for name in TABLES}
    for each in lines:
        by.setdefault(each.table, []).append(each)
    return [_section(name, rows) for name, rows in by.items() if rows]


def tiles(lines: Iterable[Public]) -> list[tuple[str, str]]:
    """Return the few figures that stand on top: a value and what it is."""
    found = list(lines)
    shares = [each for each in found if each.table == "overturned" and each.share is not None]
    asked = [("notices", "all"), ("renders", "allow"), ("renders", "deny")]
    told = [(each, key) for key in asked for each in found if (each.table, *each.of) == key]
    titles = {"all": gettext("notices"), "allow": gettext("requests allowed"), "deny": gettext("requests refused")}
    counts = [(number(each.count), titles[key[1]]) for each, key in told]
    changed = gettext("of decided appeals changed the decision (%s)")
    return counts + [(f"{each.share} %", changed % word(each.of[0]).lower()) for each in shares]


def word(code: str) -> str:
    """Return the words for a code; for one that has none, the code without its prefix."""
    if code in WORDS:
        return str(WORDS[code])
    bare = next((code.removeprefix(prefix) for prefix in PREFIXES if code.startswith(prefix)), code)
    return (
        bare if bare.isupper() and len(bare) <= len("US-CA") else bare.replace("_", " ").replace("-", " ").capitalize()
    )


def number(count: int | None) -> str:
    """Return a count as it is told."""
    return gettext("fewer than %d") % LEAST if count is None else f"{count:,}"


def duration(seconds: int) -> str:
    """Return minutes, hours or days: never more exact than what was published."""
    if seconds < HOUR:
        return gettext("%d min") % (seconds // MINUTE)
    if seconds < DAY:
        minutes = seconds % HOUR // MINUTE
        return (gettext("%d h") % (seconds // HOUR)) + (gettext(" %d min") % minutes if minutes else "")
    days, hours = seconds // DAY, seconds % DAY // HOUR
    return (ngettext("%d day", "%d days", days) % days) + (gettext(" %d h") % hours if hours else "")


def _section(name: str, rows: Sequence[Public]) -> Section:
    title, text, keys = SAID.get(name, (word(name), "", (_("Which"),)))
    columns = _columns(rows)
    head = (*(str(key) for key in keys), *(str(label) for label, _value in columns))
    told = tuple((*_keys(each, len(keys)), *(value(each) for _label, value in columns)) for each in rows)
    return Section(name, str(title), str(text), head, told, len(keys), _chart(str(title), str(text), rows))


def _keys(each: Public, count: int) -> tuple[str, ...]:
    return tuple(word(key) for key in (*each.of, "", "", "")[:count])


def _columns(rows: Sequence[Public]) -> list[tuple[str | Promise, Callable[[Public], str]]]:
    columns: list[tuple[str | Promise, Callable[[Public], str]]] = [(_("Number"), lambda each: number(each.count))]
    if any(each.share is not None for each in rows):
        columns.append((_("Share"), lambda each: gettext("not told") if each.share is None else f"{each.share} %"))
    if any(each.median is not None for each in rows):
        columns.append((_("Half within"), lambda each: _told(each.median)))
        columns.append((_("Nine of ten within"), lambda each: _told(each.p90)))
    return columns


def _told(seconds: int | None) -> str:
    return gettext("not told") if seconds is None else duration(seconds)


def _chart(title: str, text: str, rows: Sequence[Public]) -> Chart | None:
    """Draw what is measured in tables of one key: times, else shares, else counts. What is not told is not drawn."""
    if not all(len(each.of) == 1 for each in rows):
        return None
    timed = [each for each in rows if each.median is not None and each.p90 is not None]
    shared = [each for each in rows if each.share is not None]
    counted = [each for each in rows if each.count is not None]
    drawn = (timed or shared or counted)[:MOST]
    if len(drawn) < 2:  # noqa: PLR2004 - a picture of one bar says nothing
        return None
    labels = [word(each.of[0]) for each in drawn]
    if timed:
        half, most = gettext("Half within, in hours"), gettext("Nine of ten: so many hours more")
        medians = tuple((each.median or 0) / HOUR for each in drawn)
        above = tuple(max(0, (each.p90 or 0) - (each.median or 0)) / HOUR for each in drawn)
        return charts.stacked(title, text, labels, [charts.Series(half, medians), charts.Series(most, above)])
    if shared:
        return charts.bars(title, text, labels, [float(e.share or 0) for e in drawn], unit="%")
    return charts.bars(title, text, labels, [float(e.count or 0) for e in drawn], unit=gettext("Number"))
