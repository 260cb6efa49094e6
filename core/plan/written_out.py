"""Steps that stand for several: a run that is approved first, a meeting, a watch with daily rows. Written out into steps that
the rules know, so that no rule has to know them. (A canary is written out in `core.plan.runbook`.)

Pure: the same plan is always written out into the same steps. It must not know what has happened to a deployment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time, timedelta

from core.plan.models import (
    Approval,
    Check,
    Checklist,
    Gate,
    Item,
    Meeting,
    Metric,
    MetricCheck,
    Plan,
    Rows,
    Run,
    Signoff,
    StepBody,
    Stretch,
    Text,
    Watch,
    Written,
)
from core.plan.moments import Moment, MomentField, parse_clock

GO, ITEMS, ROW = ".go", ".items", ".row"
"""Behind the id of the step that was written: the question before a run, the items of a meeting, a row of a watch."""
LONGEST_ROWS_ID = 26
"""A row's checklist is called 'ID.d366.0800.row': the watch's own id leaves room for that."""
MOST_ROWS = 100
LARGEST_ID = 40


class RowItem(Item):
    """A metric in a row: the bot fills it in. It has a `check` where the gate has a limit for it."""

    reads: str
    after: str  # the step of the row before, or '' for the first

    @property
    def by_bot(self) -> bool:
        """The bot fills it in."""
        return True


class Row(Checklist):
    """A row of a watch as the checklist that it is: the day it belongs to, and the title of its watch."""

    day: MomentField
    label: str
    watch: Text


@dataclass(frozen=True)
class Due:
    """One row of a watch: its moment, and the ids of the stretch that leads to it and of its checklist."""

    at: Moment
    stretch: str
    row: str


def written_out(plan: Plan, body: Written) -> Iterator[StepBody]:
    """The steps that `body` stands for, in order; itself where it stands for itself."""
    if isinstance(body, Meeting):
        yield from _meeting(body)
    elif isinstance(body, Run) and body.approve:
        yield _approval(body)
        yield body.model_copy(update={"at": None})
    elif isinstance(body, Watch) and body.rows is not None:
        yield from _watch(plan, body, body.rows)
    else:
        yield body  # type: ignore[misc]  # a canary does not come here


def titled(title: Text, en: str, ko: str) -> Text:
    """The title with something behind it. Built without the length check: a title at its limit must not make the plan fail
    after it was accepted."""
    return Text.model_construct(en=f"{title.en}: {en}", ko=f"{title.ko}: {ko}")


def ids(body: Written) -> Iterator[str]:
    """The ids of the steps that `body` is written out into, besides its own."""
    if isinstance(body, Meeting) and body.items:
        yield f"{body.id}{ITEMS}"
    elif isinstance(body, Run) and body.approve:
        yield f"{body.id}{GO}"
    elif isinstance(body, Watch) and body.rows is not None:
        for due in dues(body, body.rows):
            yield from dict.fromkeys(name for name in (due.stretch, due.row) if name != body.id)


def run_of(approval: Approval) -> str:
    """The id of the run that a question is about."""
    return approval.id.removesuffix(GO)


def fits(body: Written) -> bool:
    """Whether the names that follow from the step's own are short enough; `core.plan.doings` says so where they are not."""
    return all(len(name) <= LARGEST_ID for name in ids(body))


def _approval(run: Run) -> Approval:
    return Approval(
        id=f"{run.id}{GO}",
        title=titled(run.title, "run it?", "실행할까요?"),
        at=run.at,
        by=run.approve,
        options=("go", "no-go", "hold"),
        within=run.approve_within,
        action=run.action,
        optional=run.optional,
    )


def _meeting(meeting: Meeting) -> Iterator[StepBody]:
    yield Signoff(
        id=meeting.id,
        title=meeting.title,
        at=meeting.at,
        roles=meeting.roles,
        wait=meeting.wait,
        attendance=True,
        within=meeting.within,
    )
    if meeting.items:
        yield Checklist(
            id=f"{meeting.id}{ITEMS}",
            title=titled(meeting.title, "agenda", "안건"),
            wait=meeting.wait,
            items=meeting.items,
        )


# ------------------------------------------------------------------------------------------------------ a watch's rows


def dues(watch: Watch, rows: Rows) -> list[Due]:
    """Every row of a watch in order; none where it does not end on a day."""
    if watch.until.days is None:
        return []
    days = sorted(set(rows.days)) or range(1, watch.until.days + 1)
    clocks = sorted({parse_clock(clock) for clock in rows.at})
    moments = [
        (day, clock)
        for day in days
        for clock in clocks
        if (day, clock) <= (watch.until.days, watch.until.clock or time())
    ]
    found = []
    for day, clock in moments:
        name = f"{watch.id}.d{day}" + (f".{clock:%H%M}" if len(clocks) > 1 else "")
        last = (day, clock) == moments[-1] and (day, clock) == (watch.until.days, watch.until.clock or time())
        found.append(Due(Moment(days=day, clock=clock), watch.id if last else name, f"{name}{ROW}"))
    return found


def _watch(plan: Plan, watch: Watch, rows: Rows) -> Iterator[StepBody]:
    since, before = None, ""
    written = dues(watch, rows)
    for due in written:
        yield _stretch(watch, due.stretch, due.at, since)
        yield _row(plan, watch, rows, due, before, several=len(rows.at) > 1)
        since, before = due.at, due.row
    if not written or written[-1].stretch != watch.id:
        yield _stretch(watch, watch.id, watch.until, since)


def _stretch(watch: Watch, name: str, until: Moment, since: Moment | None) -> Stretch:
    return Stretch(
        id=name,
        title=watch.title,
        at=watch.at if since is None else None,
        until=until,
        gate=watch.gate,
        reviews=watch.reviews,
        since=since,
    )


def _row(plan: Plan, watch: Watch, rows: Rows, due: Due, before: str, *, several: bool) -> Row:
    label = due.at.text if several else f"D{due.at.days:+d}" if due.at.days else "D0"
    gate = plan.gates.get(watch.gate) if watch.gate is not None else None
    measured = tuple(
        _measured(name, plan.metrics[name], gate, before) for name in rows.metrics if name in plan.metrics
    )
    filled = tuple(
        item if item.role is not None else item.model_copy(update={"role": rows.role}) for item in rows.items
    )
    return Row(
        id=due.row,
        day=due.at,
        label=label,
        watch=watch.title,
        title=titled(watch.title, label, label),
        due=_later(due.at, rows.due),
        wait=False,
        items=(*measured, *filled),
    )


def _measured(name: str, metric: Metric, gate: Gate | None, before: str) -> RowItem:
    return RowItem(id=name, title=metric.title, check=_limited(name, gate), reads=name, after=before)


def _limited(name: str, gate: Gate | None) -> Check | None:
    """The gate's own limit of a metric as a check; of several the first, which is the one that reports show."""
    if gate is None:
        return None
    for rule in gate.rules:
        if rule.metric == name and rule.growth_below is None:
            return Check(
                metric=MetricCheck(metric=name, track=gate.track, below=rule.below, above=rule.above)
            )
    return None


def _later(moment: Moment, span: timedelta) -> Moment:
    clock = moment.clock or time()
    minutes = clock.hour * 60 + clock.minute + int(span.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    return Moment(days=(moment.days or 0) + days, clock=time(rest // 60, rest % 60))
