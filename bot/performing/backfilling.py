"""Backfill: what looks would have read at moments that have passed while the bot was away, from sources that keep a past.

It never fails: a source without a past leaves its metrics without data, and a moment whose real time nobody knows any more is
left out. It must not know a vendor, nor limits, streaks or gates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from bot.errors import GaveUp, TryLater
from bot.performing.measuring import by_kind, wanted_of
from bot.performing.ports import Vendors, Wanted
from bot.performing.work import Done, Work
from core.effects import Backfill
from core.inputs import Backfilled, PastLook, Reading


async def backfill(work: Work, effect: Backfill, vendors: Vendors) -> Done:
    """The past looks; the answer is Backfilled, always."""
    known = [(moment, work.pace.was(moment)) for moment in effect.moments]
    moments = [(plan, real) for plan, real in known if real is not None]
    wanted = wanted_of(work, effect.metrics)
    groups = by_kind(work, wanted)
    came = await asyncio.gather(
        *(
            _history(work, vendors, kind, group, [real for _, real in moments])
            for kind, group in groups.items()
        )
    )
    looks = tuple(
        PastLook(plan, tuple(reading for looks_of in came for reading in looks_of[number]))
        for number, (plan, _) in enumerate(moments)
    )
    return Done(f"filled in: {len(looks)}", Backfilled(effect.ref, looks))


async def _history(
    work: Work, vendors: Vendors, kind: str, wanted: Sequence[Wanted], moments: Sequence[datetime]
) -> list[list[Reading]]:
    """One list of readings for each moment, whatever the source can say."""
    vendor = vendors.measures.get(kind)
    why = "The source keeps no past."
    try:
        past = await vendor.history(work, wanted, moments) if vendor is not None and moments else None
    except (TryLater, GaveUp) as problem:
        past, why = None, problem.reason
    if past is not None and len(past) == len(moments):
        return past
    return [[Reading(one.name, one.track, "no-data", (), why) for one in wanted] for _ in moments]
