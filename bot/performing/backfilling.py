"""Backfill: what looks would have read at moments that have passed while the bot was away, from sources that keep a past.

It never fails: a source without a past leaves its metrics without data, and a moment whose real time nobody knows any more is
left out. It must not know a vendor, nor limits, streaks or gates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.errors import GaveUp, TryLater
from bot.performing.measuring import by_kind, wanted_of
from bot.performing.ports import Vendors, Wanted
from bot.performing.stretching import in_plan_time
from bot.performing.work import Done, Work
from core.effects import STRETCH, Backfill
from core.inputs import Backfilled, PastLook, Reading
from storage.queries import Queries

MOST_KEPT: Final = 600
"""Looks of a stretch that go into the journal: two days of looks every five minutes."""


async def backfill(work: Work, effect: Backfill, vendors: Vendors, queries: Queries) -> Done:
    """The past looks; the answer is Backfilled, always. For a stretch of time, what the gates have read of sources without a
    past comes with them."""
    known = [(moment, work.pace.was(moment)) for moment in effect.moments]
    moments = [(plan, real) for plan, real in known if real is not None]
    groups = by_kind(work, wanted_of(work, effect.metrics))
    real_moments = [real for _, real in moments]
    came = await asyncio.gather(
        *(_history(work, vendors, kind, group, real_moments) for kind, group in groups.items())
    )
    looks = [
        PastLook(plan, tuple(in_plan_time(work, one) for looks_of in came for one in looks_of[number]))
        for number, (plan, _) in enumerate(moments)
    ]
    if effect.ref.startswith(STRETCH) and effect.moments:
        looks += await _kept(work, effect, queries, _with_a_past(looks))
    return Done(f"filled in: {len(looks)}", Backfilled(effect.ref, tuple(looks)))


def _with_a_past(looks: Sequence[PastLook]) -> frozenset[tuple[str, str]]:
    """The series (metric, track) that their source remembers. A gate has counted the same from another beginning: side by side, every
    reading of the one would read as a restart of the other."""
    return frozenset((one.metric, one.track) for look in looks for one in look.readings if one.state == "ok")


async def _kept(
    work: Work, effect: Backfill, queries: Queries, besides: frozenset[tuple[str, str]]
) -> list[PastLook]:
    """What the gates of this deployment have read themselves, thinned out where that is very much; without the series in `besides`."""
    slack = (effect.moments[-1] - effect.moments[0]) / 12
    rows = await queries.looks(work.deployment.id, effect.moments[0] - slack, effect.moments[-1] + slack)
    every = max(1, -(-len(rows) // MOST_KEPT))
    thin = [row for number, row in enumerate(reversed(rows)) if number % every == 0]
    return [
        PastLook(
            row.at,
            tuple(
                one
                for one in row.readings
                if one.metric in effect.metrics and (one.metric, one.track) not in besides
            ),
        )
        for row in reversed(thin)
    ]


async def _history(
    work: Work, vendors: Vendors, kind: str, wanted: Sequence[Wanted], moments: Sequence[datetime]
) -> list[list[Reading]]:
    """One list of readings for each moment, whatever the source can say."""
    vendor = vendors.measures.get(kind)
    why = "no-past"
    try:
        past = await vendor.history(work, wanted, moments) if vendor is not None and moments else None
    except (TryLater, GaveUp) as problem:
        past, why = None, problem.reason
    if past is not None and len(past) == len(moments):
        return past
    return [[Reading(one.name, one.track, "no-data", (), why) for one in wanted] for _ in moments]
