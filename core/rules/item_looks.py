"""What the bot looks at for the items of a list: checks, metrics since the traffic began or over the last stretch, and the
metrics of a daily row in one look.

It asks and says what an answer means; what follows for the item is `core.rules.checklist`'s.
"""

from __future__ import annotations

from datetime import UTC, datetime

from core.effects import STRETCH, Backfill, CheckItem, Measure
from core.inputs import Backfilled, Checked
from core.plan.models import Item
from core.plan.runbook import Runbook
from core.plan.written_out import RowItem
from core.readings import against
from core.stretch import moments, seen_over

Look = CheckItem | Measure | Backfill


def looks(step: str, items: tuple[Item, ...], attempt: int, now: datetime) -> tuple[Look, ...]:
    """Everything the bot looks at for these items."""
    checks = [
        _look(step, item, attempt, now)
        for item in items
        if item.check is not None and not isinstance(item, RowItem)
    ]
    metrics = tuple(item.reads for item in items if isinstance(item, RowItem))
    return (*checks, *((Measure(f"row:{step}:{attempt}", metrics),) if metrics else ()))


def _look(step: str, item: Item, attempt: int, now: datetime) -> Look:
    wanted = item.check.metric if item.check is not None else None
    if wanted is None:
        return CheckItem(step, item.id, attempt)
    if wanted.over is None:
        return Measure(f"check:{step}:{item.id}:{attempt}", (wanted.metric,))
    ref = f"{STRETCH}{step}:{item.id}:{attempt}:{int(now.timestamp())}"
    return Backfill(ref, (wanted.metric,), moments(wanted.over, now))


def is_of_an_item(ref: str) -> bool:
    """Whether a stretch was asked for by an item, and not by the verdict."""
    return ref.startswith(STRETCH) and ref.count(":") == 4


def place_of(ref: str) -> tuple[str, str, int, datetime]:
    """(step, item, round, the stretch's end) of a stretch that an item asked for."""
    _, step, item, attempt, until = ref.split(":")
    return step, item, int(attempt), datetime.fromtimestamp(int(until), UTC)


def judged(runbook: Runbook, item: Item, happened: Backfilled, normal: float | None = None) -> Checked | None:
    """What the looks of a stretch say about an item; None when it does not ask for any. `normal`: what a baseline step measured."""
    wanted = item.check.metric if item.check is not None else None
    if wanted is None or wanted.over is None:
        return None
    step, _, attempt, until = place_of(happened.ref)
    metric = runbook.metric(wanted.metric)
    seen = seen_over(metric, wanted, happened.looks, until)
    met, evidence = against(wanted, metric, seen, normal)
    return Checked(step, item.id, attempt, met is True, evidence, value=seen.value, unit=metric.unit)
