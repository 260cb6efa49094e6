"""What a gate's statistics remember between two looks: a few numbers a metric, versioned, and as JSON. No rule lives here.

A look needs this, the settings and the metrics, and nothing else; so a restart between two looks changes nothing. All records are
named tuples: they are made anew with every look, and are JSON's lists as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from core.verdict.bets import Capital
from core.verdict.dispersion import Scatter
from core.verdict.growth import Block, Floor, Growth

VERSION = 1


class Cut(NamedTuple):
    """One stream of bad requests: errors, or requests slower than `edge`. `stage_*`: since the stage began; `since_*`: since
    the metric's evidence was last nothing, which is what a sentence tells."""

    edge: float
    stage_bad: float = 0.0
    stage_control_bad: float = 0.0
    since_bad: float = 0.0
    since_control_bad: float = 0.0


class Sums(NamedTuple):
    """Requests: of the stage, since the evidence was last nothing, of control decayed (`ref_*`), of the canary decayed (`recent_*`);
    bad requests spent of a budget; the heat of an incident in nats, and whether there is one; how much control scatters."""

    stage_total: float = 0.0
    stage_control_total: float = 0.0
    stage_seconds: float = 0.0
    since_at: float | None = None
    since_total: float = 0.0
    since_control_total: float = 0.0
    ref_bad: float = 0.0
    ref_total: float = 0.0
    recent_bad: float = 0.0
    recent_total: float = 0.0
    spent: float = 0.0
    heat: float = 0.0
    incident: bool = False
    scatter: Scatter = Scatter()


class Streak(NamedTuple):
    """The person's rule: the window that is filling, and how many broken ones stand in a row (of these, control's too)."""

    open_at: float
    bad: float = 0.0
    total: float = 0.0
    control_bad: float = 0.0
    control_total: float = 0.0
    length: int = 0
    broken_bad: float = 0.0
    broken_total: float = 0.0
    control: int = 0


class Last(NamedTuple):
    """The newest window with data, and when control last showed any."""

    at: float | None = None
    control_at: float | None = None
    bad: float = 0.0
    total: float = 0.0
    control_bad: float = 0.0
    control_total: float = 0.0
    quantile: float | None = None
    control_quantile: float | None = None


class CountRun(NamedTuple):
    """A metric that counts. `judged`: the place of the cut that the limit is about; `early`: control's histogram while the
    edges are not chosen yet; `accused`: the evidence has sufficed, and has not fallen back since."""

    cuts: tuple[Cut, ...]
    judged: int
    comparison: Capital
    absolute: Capital
    accused: bool
    sums: Sums
    streak: Streak
    last: Last
    early: tuple[tuple[float, float], ...] = ()

    def with_streak(self, length: int, control: int, bad: float, total: float) -> CountRun:
        """With a streak that was counted elsewhere; its window, which is filling, stays this one's own."""
        open_at, own_bad, own_total, control_bad, control_total, *was = self.streak
        if was == [length, bad, total, control]:
            return self
        streak = Streak(open_at, own_bad, own_total, control_bad, control_total, length, bad, total, control)
        cuts, judged, comparison, absolute, accused, sums, _, last, early = self
        return CountRun(cuts, judged, comparison, absolute, accused, sums, streak, last, early)


class GaugeRun(NamedTuple):
    """A metric that is a level. `judged_at`: when the streak last took a reading."""

    block: Block
    floors: tuple[Floor, ...] = ()
    growth: Growth | None = None
    accused: bool = False
    at: float | None = None
    value: float | None = None
    control: float | None = None
    judged_at: float | None = None
    streak: int = 0
    control_streak: int = 0


Run = CountRun | GaugeRun


class State(NamedTuple):
    """A gate between two looks. Times are plan-time seconds; `staged`: the capital put down at later stages' starts so far."""

    began: float
    at: float
    stage: int
    stage_at: float
    weight: float | None
    next_weight: float | None
    staged: float
    stages: int
    looks: int
    runs: tuple[Run, ...]


def encode(state: State) -> dict[str, Any]:
    """The state as JSON values, records as lists in the order of their fields. Floats survive exactly."""
    return {
        "version": VERSION,
        "gate": state[:-1],
        "runs": [(isinstance(run, CountRun), *run) for run in state.runs],
    }


def decode(stored: Mapping[str, Any]) -> State:
    """The state again. ValueError for another version: the caller then begins anew and says so."""
    if stored.get("version") != VERSION:
        raise ValueError(
            f"evidence was stored in version {stored.get('version')}, this reads version {VERSION}"
        )
    began, at, stage, stage_at, weight, next_weight, staged, stages, looks = stored["gate"]
    runs = tuple(_count(run[1:]) if run[0] else _gauge(run[1:]) for run in stored["runs"])
    return State(began, at, stage, stage_at, weight, next_weight, staged, stages, looks, runs)


def _count(stored: Sequence[Any]) -> CountRun:
    cuts, judged, comparison, absolute, accused, sums, streak, last, early = stored
    return CountRun(
        tuple(Cut(*cut) for cut in cuts), judged, _capital(comparison), _capital(absolute), accused, _sums(sums),
        Streak(*streak), Last(*last), tuple((edge, count) for edge, count in early),
    )  # fmt: skip


def _sums(stored: Sequence[Any]) -> Sums:
    stage_total, stage_control, seconds, since, total, control, *rest, heat, incident, scatter = stored
    ref_bad, ref_total, recent_bad, recent_total, spent = rest
    return Sums(
        stage_total, stage_control, seconds, since, total, control, ref_bad, ref_total, recent_bad, recent_total, spent,
        heat, incident, Scatter(*scatter),
    )  # fmt: skip


def _capital(stored: Sequence[Any]) -> Capital:
    bets, put, evidence, *credit = stored  # a state of before there was a credit begins with a whole one
    return Capital(tuple(bets), put, evidence, tuple(credit[0]) if credit else ())


def _gauge(stored: Sequence[Any]) -> GaugeRun:
    (number, canary, control), floors, growth, *rest = stored
    return GaugeRun(
        Block(number, tuple(canary), tuple(control)), tuple(Floor(*floor) for floor in floors), None if growth is None else _growth(growth), *rest
    )  # fmt: skip


def _growth(stored: Sequence[Any]) -> Growth:
    slope, low, high, watch_low, halves, level, against = stored
    return Growth(slope, low, high, watch_low, (halves[0], halves[1]), level, against)
