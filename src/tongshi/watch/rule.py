"""THE table of rules about accounts, and how one is applied.

A rule counts traces of one account within a window and compares the figure with a threshold.  None
of them asks what a picture shows.  What a closed finding counted counts no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from tongshi.settings import WatchSettings
from tongshi.watch.past import Past, Usual
from tongshi.watch.trace import (
    DAY,
    HOUR,
    LOOKS,
    TEN_MINUTES,
    Kind,
    Stretch,
    Trace,
    busiest,
    hour_of,
    stretch_of,
)


class Measure(Enum):
    """What of the traces is counted."""

    TRACES = "traces"
    CAMERAS = "cameras"
    """Different ones."""
    NEW_DIVISIONS = "new-divisions"
    """County-level divisions that the account never looked at before."""
    ODD_HOURS = "odd-hours"
    """Traces at hours at which the account is not in use."""
    UNCERTIFIED = "uncertified"
    """Traces after the account's certificate had run out."""


class Against(Enum):
    """What the figure is compared with."""

    FIXED = "fixed"
    """The setting itself."""
    OWN = "own"
    """So many times the own median, the setting at the least; so many times the setting where
    nothing is known of the past."""
    ROLE = "role"
    """So many times the median of the role, the setting at the least; nothing where none is
    known."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row.

    code: its name, as people and programs see it.  window: s; a day is a day of the node's zone,
    what is shorter slides.  least: name of the setting of ``[watch]``; empty when each one counts.
    """

    code: str
    kinds: frozenset[Kind]
    window: float
    least: str
    measure: Measure = Measure.TRACES
    against: Against = Against.FIXED


RULES: tuple[Rule, ...] = (
    Rule("looks-hour-own", LOOKS, HOUR, "looks_hour", against=Against.OWN),
    Rule("looks-hour-role", LOOKS, HOUR, "looks_hour", against=Against.ROLE),
    Rule("looks-day-own", LOOKS, DAY, "looks_day", against=Against.OWN),
    Rule("looks-day-role", LOOKS, DAY, "looks_day", against=Against.ROLE),
    Rule("odd-hours", LOOKS, DAY, "odd_hours", Measure.ODD_HOURS),
    Rule("far-from-duty", LOOKS, DAY, "divisions", Measure.NEW_DIVISIONS),
    Rule("refusals", frozenset({Kind.REFUSAL}), HOUR, "refusals"),
    Rule("many-cameras", LOOKS, TEN_MINUTES, "cameras", Measure.CAMERAS),
    Rule("many-downloads", frozenset({Kind.DOWNLOAD}), DAY, "downloads"),
    Rule("break-glass", frozenset({Kind.EMERGENCY}), DAY, ""),
    Rule("mark-tampered", frozenset({Kind.TAMPERING}), DAY, ""),
    Rule("failed-sign-ins", frozenset({Kind.SIGN_IN}), HOUR, "sign_ins"),
    Rule("certificate-expired", LOOKS, DAY, "", Measure.UNCERTIFIED),
)


@dataclass(frozen=True, slots=True)
class Span:
    """Where a rule looks.  begin: of the day, UNIX time, s.  offset: s east of UTC.

    after: up to when a closed finding of the same rule has counted already.
    """

    begin: float
    offset: float
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that found something.

    figure: what was counted.  threshold: from which on it is unusual.  usual: the median it was
    made from, None where there was none.  stretch: the traces behind it.
    """

    rule: Rule
    figure: float
    threshold: float
    usual: float | None
    stretch: Stretch


def judge(
    rule: Rule, traces: Sequence[Trace], past: Past, settings: WatchSettings, span: Span
) -> Hit | None:
    """Return what *rule* finds among the *traces* of one account; None when nothing is unusual.

    traces: by time, of the day and of one window before it.
    """
    usual = _usual(rule, past)
    threshold = _threshold(rule, usual, settings)
    if threshold is None:
        return None
    counted = [trace for trace in traces if trace.kind in rule.kinds and trace.at > span.after]
    stretch, figure = _measure(rule, counted, past, span)
    if stretch is None or figure < threshold:
        return None
    return Hit(rule, figure, threshold, usual, stretch)


def _usual(rule: Rule, past: Past) -> float | None:
    of: dict[Against, Usual] = {Against.OWN: past.own, Against.ROLE: past.role}
    usual = of.get(rule.against)
    if usual is None:
        return None
    return usual.hour if rule.window == HOUR else usual.day


def _threshold(rule: Rule, usual: float | None, settings: WatchSettings) -> float | None:
    least = float(getattr(settings, rule.least)) if rule.least else 1.0
    match rule.against:
        case Against.FIXED:
            return least
        case Against.OWN:
            return settings.factor * least if usual is None else max(least, settings.factor * usual)
        case Against.ROLE:
            return None if usual is None else max(least, settings.role_factor * usual)


def _measure(
    rule: Rule, traces: Sequence[Trace], past: Past, span: Span
) -> tuple[Stretch | None, float]:
    """Return what was counted, and how much that is."""
    if rule.window < DAY:
        cameras = rule.measure is Measure.CAMERAS
        found = busiest(traces, rule.window, from_on=span.begin, cameras=cameras)
        return found, 0.0 if found is None else _size(rule.measure, found.traces)
    today = [trace for trace in traces if trace.at >= span.begin]
    kept = _choose(rule.measure, today, past, span.offset)
    return stretch_of(kept), _size(rule.measure, kept)


def _choose(
    measure: Measure, traces: Sequence[Trace], past: Past, offset: float
) -> Sequence[Trace]:
    """Return the traces of a day that *measure* is about."""
    match measure:
        case Measure.ODD_HOURS:
            odd = past.settled and bool(past.hours)
            return [t for t in traces if odd and hour_of(t.at, offset) not in past.hours]
        case Measure.NEW_DIVISIONS:
            known = past.divisions
            return [t for t in traces if past.settled and t.county and t.county not in known]
        case Measure.UNCERTIFIED:
            return [t for t in traces if t.uncertified]
        case _:
            return traces


def _size(measure: Measure, traces: Sequence[Trace]) -> float:
    match measure:
        case Measure.CAMERAS:
            return float(len({trace.camera for trace in traces}))
        case Measure.NEW_DIVISIONS:
            return float(len({trace.county for trace in traces}))
        case _:
            return float(len(traces))
