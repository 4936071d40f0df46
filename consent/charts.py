"""Charts as SVG, drawn here so that a page needs no script: bars, stacked bars, lines, a ring, a timeline, a sparkline.

Pure: values in, a `Chart` out. The picture has a title and a description, and `Chart.rows` are the same figures for a
table beside it, because a picture alone tells nothing to whoever cannot see it. Colours come from classes alone
(`chart-1` to `chart-6`, in `consent/static/consent/charts.css`): a strict CSP allows no inline style, and dark pages
have colours of their own. Whoever cannot tell colours apart has the labels, and the table.

Labels are anybody's text: they are escaped, and what XML 1.0 (section 2.2) cannot hold is replaced. A value that is
not finite, or is negative, is refused with `ChartInvalid`; it is a fault of whoever asks.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final
from xml.sax.saxutils import escape, quoteattr

from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 640
NARROW: Final = 320  # of the same picture for a telephone, where the other would be drawn too small to read
HEIGHT: Final = 260
LEFT: Final = 56.0  # room for the numbers of the axis
BOTTOM: Final = 36.0
TOP: Final = 12.0
RIGHT: Final = 12.0
COLOURS: Final = 6
MOST: Final = 400  # marks of one picture; nobody reads more
MARK: Final = 80  # of the width for a label below, at least
LETTER: Final = 7.5  # the width of one of its characters, or less
LABEL: Final = 14  # characters of a label in the picture; the table has it whole
UNSPEAKABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")  # a label turns no other text around


class ChartInvalid(Problem):
    """The figures cannot be drawn: not finite, negative, too many, or of different lengths."""

    code: ClassVar[str] = "chart-invalid"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "These figures cannot be drawn"


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, and the same figures for a table: `head` names the columns of `rows`.

    `narrow`: the same for a narrow window; "": the picture is small enough for any.
    """

    svg: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    narrow: str = ""

    @property
    def legend(self) -> tuple[tuple[int, str], ...]:
        """The number of each colour, and what it stands for; empty for one series, which the title names."""
        names = self.head[1:]
        return tuple((i % COLOURS + 1, name) for i, name in enumerate(names)) if len(names) > 1 else ()


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one layer: a value for each label."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a timeline. `at`: its place from 0 (the beginning) to 1 (the end); `when`: the words for it."""

    label: str
    at: float
    when: str


def bars(title: str, about: str, labels: Sequence[str], values: Sequence[float], *, unit: str = "") -> Chart:
    """Draw one bar for each label."""
    return stacked(title, about, labels, [Series(unit, tuple(values))])


def stacked(title: str, about: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """Draw a bar for each label, made of a layer for each series."""
    _check(labels, series)
    tops = [sum(each.values[i] for each in series) for i in range(len(labels))]
    top = _ceiling(max(tops, default=0))
    wide, narrow = (
        _svg(title, about, _columns(labels, series, top, width), "chart-bars", (width, HEIGHT))
        for width in (WIDTH, NARROW)
    )
    return Chart(wide, _head(series), _table(labels, series), narrow)


def lines(title: str, about: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """Draw a line for each series through a value for each label."""
    _check(labels, series)
    top = _ceiling(max((value for each in series for value in each.values), default=0))
    wide, narrow = (
        _svg(title, about, _curves(labels, series, top, width), "chart-lines", (width, HEIGHT))
        for width in (WIDTH, NARROW)
    )
    return Chart(wide, _head(series), _table(labels, series), narrow)


def ring(title: str, about: str, labels: Sequence[str], values: Sequence[float], *, centre: str = "") -> Chart:
    """Draw the share of each label as a part of a ring, clockwise from the top. All 0: an empty ring."""
    series = [Series(title, tuple(values))]
    _check(labels, series)
    total, before = sum(values), 0.0
    parts = ['<circle class="chart-track" cx="100" cy="100" r="76"/>']
    for number, (label, value) in enumerate(zip(labels, values, strict=True)):
        if total and value:
            parts.append(_arc(number, before / total, value / total, f"{label}: {_number(value)}"))
            before += value
    parts.append(f'<text class="chart-centre" x="100" y="108" text-anchor="middle">{_text(_short(centre))}</text>')
    return Chart(_svg(title, about, parts, "chart-ring", (200, 200)), _head(series), _table(labels, series))


def timeline(title: str, about: str, moments: Sequence[Moment]) -> Chart:
    """Draw events on a line; each has its row, so that no two labels lie upon each other."""
    if len(moments) > MOST or not all(0 <= each.at <= 1 for each in moments):  # NaN is not between
        raise _invalid("A moment lies between 0 and 1.")
    rows = tuple((clean(each.label), clean(each.when)) for each in moments)
    wide, narrow = (_line_of_time(title, about, moments, width) for width in (WIDTH, NARROW))
    return Chart(wide, ("", title), rows, narrow)


def sparkline(title: str, about: str, labels: Sequence[str], values: Sequence[float]) -> Chart:
    """Draw a line without axes, to stand in a row of text."""
    series = [Series(title, tuple(values))]
    _check(labels, series)
    top, last = max([*values, 0]) or 1, max(1, len(values) - 1)
    points = [(2 + 116 * i / last, 26 - 22 * (value / top)) for i, value in enumerate(values)]
    return Chart(
        _svg(title, about, [_line(0, points)], "chart-spark", (120, 28)), _head(series), _table(labels, series)
    )


def clean(text: str) -> str:
    """Return the text as XML and a reader can bear it: what is no character, or turns text around, is replaced."""
    return TURNING.sub("\ufffd", UNSPEAKABLE.sub("\ufffd", text))


def _check(labels: Sequence[str], series: Sequence[Series]) -> None:
    if len(labels) * max(1, len(series)) > MOST:
        raise _invalid(f"A picture has at most {MOST} marks.")
    if any(len(each.values) != len(labels) for each in series):
        raise _invalid("Each series has a value for each label.")
    for value in (value for each in series for value in each.values):
        if not math.isfinite(value) or not 0 <= value <= 1e15:  # noqa: PLR2004 - beyond it a float skips whole numbers
            raise _invalid("A value is finite, and at least 0.")


def _invalid(detail: str) -> ChartInvalid:
    return ChartInvalid(detail, remedy="Draw fewer figures, or mend where they come from.")


def _inner(width: int) -> float:
    return width - LEFT - RIGHT


def _columns(labels: Sequence[str], series: Sequence[Series], top: float, width: int) -> list[str]:
    step = _inner(width) / max(1, len(labels))
    marks = [_bar(i, step, series, top) for i in range(len(labels))]
    feet = [(LEFT + step * (i + 0.5), each) for i, each in enumerate(labels)]
    return [_axis(top, width), *marks, _feet(feet, width)]


def _curves(labels: Sequence[str], series: Sequence[Series], top: float, width: int) -> list[str]:
    share = [i / (len(labels) - 1) if len(labels) > 1 else 0.5 for i in range(len(labels))]
    xs = [LEFT + _inner(width) * each for each in share]
    drawn = [_line(n, [(x, _y(v, top)) for x, v in zip(xs, s.values, strict=True)]) for n, s in enumerate(series)]
    return [_axis(top, width), *drawn, _feet(list(zip(xs, labels, strict=True)), width)]


def _line_of_time(title: str, about: str, moments: Sequence[Moment], width: int) -> str:
    height, left = 24 * len(moments) + 24, 200 if width == WIDTH else 128
    axis = f'<line class="chart-axis" x1="{left}" y1="{height - 12}" x2="{width - 20}" y2="{height - 12}"/>'
    parts = [axis, *(_moment(i, each, height, left, width) for i, each in enumerate(moments))]
    return _svg(title, about, parts, "chart-timeline", (width, height))


def _ceiling(highest: float) -> float:
    """Return the end of the axis: 1, 2 or 5 times a power of ten, not below the highest value."""
    if highest <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next((power * each for each in (1, 2, 5, 10) if power * each >= highest), power * 20)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value / top)


def _axis(top: float, width: int) -> str:
    """Return three lines across and their numbers."""
    marks = []
    for value in (0.0, top / 2, top):
        y = _y(value, top)
        marks.append(f'<line class="chart-grid" x1="{LEFT:g}" y1="{y:.2f}" x2="{width - RIGHT:g}" y2="{y:.2f}"/>')
        number = _number(value)
        marks.append(f'<text class="chart-tick" x="{LEFT - 8:g}" y="{y + 4:.2f}" text-anchor="end">{number}</text>')
    return "".join(marks)


def _feet(places: Sequence[tuple[float, str]], width: int) -> str:
    """Return the labels below, so many as fit beside each other."""
    every = max(1, math.ceil(len(places) * MARK / _inner(width)))
    y, most = HEIGHT - 12, min(LABEL, int(_inner(width) / max(1, len(places)) * every / LETTER))
    return "".join(
        f'<text class="chart-tick" x="{x:.2f}" y="{y}" text-anchor="{_anchor(x, width)}">{said}</text>'
        for x, said in ((x, _text(_short(each, most))) for x, each in places[::every])
    )


def _anchor(x: float, width: int) -> str:
    """Keep a label at the right edge inside the picture; at the left there is the room of the axis."""
    return "end" if x > width - RIGHT - 30 else "middle"


def _bar(index: int, step: float, series: Sequence[Series], top: float) -> str:
    drawn, below = [], 0.0
    for number, each in enumerate(series):
        value = each.values[index]
        high, low = _y(below + value, top), _y(below, top)
        x, width = LEFT + step * index + step * 0.15, step * 0.7
        box = f'x="{x:.2f}" y="{high:.2f}" width="{width:.2f}" height="{max(0.0, low - high):.2f}"'
        drawn.append(f'<rect class="chart-{number % COLOURS + 1}" {box}/>')
        below += value
    return "".join(drawn)


def _line(number: int, points: Sequence[tuple[float, float]]) -> str:
    colour = f"chart-{number % COLOURS + 1}"
    path = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
    dots = "".join(f'<circle class="chart-dot {colour}" cx="{x:.2f}" cy="{y:.2f}" r="2"/>' for x, y in points)
    return f'<polyline class="chart-line {colour}" fill="none" points="{path}"/>{dots}'


def _arc(number: int, start: float, share: float, label: str) -> str:
    """Return a part of the ring as a dash of a circle's length (2 pi 76): it needs no path, and may be all of it."""
    length = 2 * math.pi * 76
    dash = f'stroke-dasharray="{length * share:.3f} {length:.3f}" stroke-dashoffset="{-length * start:.3f}"'
    place = 'cx="100" cy="100" r="76" fill="none" transform="rotate(-90 100 100)"'
    return (
        f'<circle class="chart-arc chart-{number % COLOURS + 1}" {place} {dash}><title>{_text(label)}</title></circle>'
    )


def _moment(index: int, moment: Moment, height: int, left: int, width: int) -> str:
    x, y = left + (width - left - 20) * moment.at, 18 + 24 * index
    stem = f'<line class="chart-grid" x1="{x:.2f}" y1="{y}" x2="{x:.2f}" y2="{height - 12}"/>'
    dot = f'<circle class="chart-dot chart-{index % COLOURS + 1}" cx="{x:.2f}" cy="{y}" r="5"/>'
    said = _text(_short(moment.label, left // 8))
    label = f'<text class="chart-tick" x="{left - 12}" y="{y + 4}" text-anchor="end">{said}</text>'
    return stem + dot + label


def _svg(title: str, about: str, parts: Sequence[str], kind: str, size: tuple[int, int] = (WIDTH, HEIGHT)) -> str:
    """Return the picture. The name is said by `aria-label`, not by ids, which two pictures of one page could share."""
    said = quoteattr(clean(f"{title}. {about}"), {"\n": " ", "\t": " ", "\r": " "})
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="chart {kind}" viewBox="0 0 {size[0]} {size[1]}" role="img"'
    return f"{head} aria-label={said}><title>{_text(title)}</title><desc>{_text(about)}</desc>{''.join(parts)}</svg>"


def _head(series: Sequence[Series]) -> tuple[str, ...]:
    return ("", *(clean(each.name) for each in series))


def _table(labels: Sequence[str], series: Sequence[Series]) -> tuple[tuple[str, ...], ...]:
    return tuple((clean(label), *(_number(s.values[i]) for s in series)) for i, label in enumerate(labels))


def _number(value: float) -> str:
    """Return 1,234 or 12.5: no more than a reader needs, and nothing for a machine to compute with."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}".rstrip("0").rstrip(".")


def _short(text: str, most: int = LABEL) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _text(text: str) -> str:
    return escape(clean(text))
