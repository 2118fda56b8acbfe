"""The page about a rehearsal. Pure: a report in, HTML out; charts are inline SVG, drawn here."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

from chalicelib.console.pages import FOLDER, Frame
from chalicelib.console.rehearsal_wording import TEXTS
from chalicelib.console.wording import Wording
from chalicelib.domain.rehearsal_report import DayFigures, Report, SampleRow

DAYS_SHOWN = 120
"""Days up to which each has its bar; of more, each week has one."""
COLLISIONS_SHOWN = 12
"""The most frequent ones; the others are folded away."""
DAY = 86400
WIDTH, HEIGHT = 960, 180
"""Of a chart, in units of its own."""
LEAST_BAR = 2
"""So high is the smallest bar, that it can be seen."""


@dataclass(frozen=True)
class Bar:
    """One bar of a chart: its place and size, what it stands for, and how much."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int


def render_rehearsal(
    report: Report,
    frame: Frame,
    *,
    choices: Sequence[str] = (),
    chosen: str = "",
    layout: str = "frame.html",
    style: str = "",
) -> str:
    """The page about a report. With `choices`, journeys to rehearse, it has a form that asks for one of them."""
    language = frame.words.language
    say, zone = Wording(language, TEXTS), ZoneInfo(report.history.time_zone)
    by_week = len(report.days) > 1 and (report.days[-1].day - report.days[0].day).days >= DAYS_SHOWN
    sends = sends_by_day(report.days, by_week=by_week)
    return frame.render(
        "rehearsal.html",
        title=say("rehearsal"),
        report=report,
        say=say,
        choices=choices,
        chosen=chosen,
        layout=layout,
        style=style,
        policy=_policy(style),
        days=upright({day.isoformat(): count for day, count in sends.items()}),
        by_week=by_week,
        busiest=max(sends.items(), key=lambda one: one[1], default=None),
        people=upright({str(sends): people for sends, people in report.people_by_sends.items()}),
        entered=sum(one.entries for one in report.journeys),
        row_words=lambda row: row_words(row, say),
        tone=lambda row: _TONES[row.kind],
        moment=lambda at: say.moment(at, zone),
        number=lambda count: f"{count:,}".replace(",", "\u202f"),
        money=money,
        cap=lambda cap: f"{cap.tag}: {cap.count} / {cap.window / DAY:g} {say('days')}",
        collisions_shown=COLLISIONS_SHOWN,
        width=WIDTH,
        height=HEIGHT,
    )


def page_of_its_own(report: Report, language: str) -> str:
    """The page as one file that needs nothing else: style within, no script, and a policy that allows no other."""
    style = (FOLDER / "console.css").read_text("utf-8")
    return render_rehearsal(report, Frame(Wording(language)), layout="alone.html", style=style)


def sends_by_day(days: Sequence[DayFigures], *, by_week: bool) -> dict[date, int]:
    """The sends of every day from the first to the last, those without any too; or of every week, by its Monday."""
    if not days:
        return {}
    step = timedelta(days=7 if by_week else 1)
    sends: dict[date, int] = {}
    day = _monday(days[0].day) if by_week else days[0].day
    while day <= days[-1].day:
        sends[day] = 0
        day += step
    for one in days:
        sends[_monday(one.day) if by_week else one.day] += one.sends
    return sends


def upright(counts: Mapping[str, int]) -> list[Bar]:
    """Bars side by side, from the left, the highest as high as the chart."""
    most = max(counts.values(), default=0)
    if not most:
        return []
    pitch = WIDTH / max(len(counts), 12)
    bars = []
    for place, (label, count) in enumerate(counts.items()):
        height = max(HEIGHT * count / most, LEAST_BAR) if count else 0
        x, y = round(place * pitch, 1), round(HEIGHT - height, 1)
        bars.append(Bar(x, y, round(pitch * 0.8, 1), round(height, 1), label, count))
    return bars


def money(amount: Decimal) -> str:
    """US dollars, with as many places as a small sum needs."""
    return f"${amount:,.2f}" if amount >= Decimal("0.1") or not amount else f"${amount:.4f}"


def row_words(row: SampleRow, say: Wording) -> tuple[str, tuple[str, ...]]:
    """A line of a sample timeline as a title and details."""
    match row.kind:
        case "event":
            return say.event(row.name), (f"×{row.times}",) if row.times > 1 else ()
        case "entered":
            return f"{say('enters')} {row.journey}", ()
        case "ended":
            return f"{row.journey} {say('is-over')}", (say(row.name),)
        case "sent":
            return row.name, (say.status("sent"), say(row.detail), row.journey)
        case "put-off":
            return row.name, (say.status("deferred"), say.reason(row.detail), row.journey)
        case _:
            return row.name, (say.status("skipped"), say.reason(row.detail), row.journey)


_TONES = {
    "event": "event", "entered": "waiting", "ended": "quiet", "sent": "sent", "put-off": "waiting",
    "skipped": "trouble",
}


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _policy(style: str) -> str:
    """The content policy of a page of its own: its one style, known by its hash (CSP level 3, 6.7.3)."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
