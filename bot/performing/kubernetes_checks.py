"""One look at one object of a cluster: whether everything a plan says of it holds, and the number that this is about.

It must not know what a look is for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from bot.adapters.kubernetes import Cluster, Ref
from bot.performing.comparing import SEARCH_FAILS, same, show, together
from bot.performing.kubernetes_changes import Filling
from bot.performing.kubernetes_objects import Object, search
from bot.performing.kubernetes_pods import document, pods_of
from bot.performing.kubernetes_rollout import KINDS, images, ready, restarts, rollout
from bot.performing.ports import Compared
from core.plan.models import KubernetesCheck


async def look(cluster: Cluster, ref: Ref, wanted: KubernetesCheck, filling: Filling) -> Compared:
    """What the object says to the check; raises what reading it raises."""
    whole = await cluster.find(ref)
    if whole is None or not wanted.exists:
        there = "is there" if whole is not None else "is not there"
        return Compared((whole is not None) == wanted.exists, f"{ref} {there}.")
    said = [
        *await _fields(cluster, wanted, whole, filling),
        *await _health(cluster, wanted, whole, filling),
    ]
    value, unit = _number_of(said)
    lines = "; ".join(one.line for one in said) or "is there"
    return Compared(together([one.agrees for one in said]), f"{ref}: {lines}.", value=value, unit=unit)


@dataclass(frozen=True)
class _Part:
    """One thing that a look said. `number`: what was counted, in `unit`, where it was a number; `whole`: it sums up the others."""

    agrees: bool | None
    line: str
    number: float | None = None
    unit: str = ""
    whole: bool = False


_Said = list[_Part]


def _number_of(said: _Said) -> tuple[float | None, str]:
    """The number that a look is about: of what is not as it must be the first, be it a number or not; else how many pods are ready;
    else the only one there is."""
    wrong = next((one for one in said if one.agrees is not True), None)
    if wrong is not None:
        return wrong.number, wrong.unit
    numbers = [one for one in said if one.number is not None]
    found = next((one for one in numbers if one.whole), numbers[0] if len(numbers) == 1 else None)
    return (found.number, found.unit) if found is not None else (None, "")


def _finite(value: object) -> float | None:
    """A number as one; None for anything else."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if number else None  # type: ignore[arg-type]  # it is one


async def _fields(cluster: Cluster, wanted: KubernetesCheck, whole: Object, filling: Filling) -> _Said:
    """What the object's fields say to what is expected of them."""
    if not wanted.expect and not wanted.at_least:
        return []
    found = await document(cluster, whole, [*wanted.expect, *wanted.at_least])
    said: _Said = []
    for expression, written in wanted.expect.items():
        value, expected = found_in(expression, found), filling.value(written)
        if value is None:
            said.append(_Part(None, f"{expression} is missing"))
            continue
        met = same(value, expected)
        shown = f"{expression} is {show(value)}" + ("" if met else f", not {show(expected)}")
        said.append(_Part(met, shown, _finite(value) if _finite(expected) is not None else None))
    for expression, least in wanted.at_least.items():
        value = found_in(expression, found)
        number = _finite(value)
        shown = "missing" if value is None else show(value)
        met_least = number >= least if number is not None else None
        said.append(_Part(met_least, f"{expression} is {shown}, wanted at least {least:g}", number))
    return said


async def _health(cluster: Cluster, wanted: KubernetesCheck, whole: Object, filling: Filling) -> _Said:
    """What the object says to being ready, to its restarts and its image."""
    said: _Said = []
    workload = whole.get("kind") in KINDS.values()
    if wanted.ready:
        seen = rollout(whole)
        # Rolled out to nothing is rolled out, and does no work.
        line = seen.failed or (
            seen.said if seen.wanted else f"{seen.said}; no pod is wanted, so none is ready"
        )
        pods = _Part(seen.done and seen.wanted > 0, line, seen.ready, f"/{seen.wanted}", whole=True)
        said.append(pods if workload else _Part(ready(whole), "whether it is ready"))
    if wanted.restarts is not None:
        said.append(_few(wanted.restarts.below, await pods_of(cluster, whole) if workload else [whole]))
    if wanted.image is not None:
        image, have = filling.text(wanted.image), images(whole)
        shown = ", ".join(f"{name} {one}" for name, one in have.items()) or "no containers"
        said.append(_Part(image in have.values(), f"{shown}; wanted {image}"))
    return said


def _few(below: int, pods: list[Object]) -> _Part:
    count = restarts(pods)
    if count is None:
        return _Part(None, "it has no containers whose restarts could be counted")
    return _Part(count < below, f"{count} restarts, wanted fewer than {below}", count, "restarts")


def found_in(expression: str, whole: Object) -> Any:
    """The value of a JMESPath in an object; None when it is missing, or when the expression does not fit."""
    try:
        return search(expression, whole)
    except SEARCH_FAILS:
        return None
