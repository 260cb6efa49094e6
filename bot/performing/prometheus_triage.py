"""Why a series is not there: a few side questions to the same Prometheus, each asked once a look.

The codes are those of `commands.texts` ('detail.CODE', 'advice.CODE'). It must not know what the series was wanted for.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from bot.performing.prometheus_look import PAST, Gap, Look, Unanswered
from core.counting import Series
from core.plan.selectors import Selector

_TARGET: Final = ("job", "instance", "namespace", "cluster", "service")
_SHOWN: Final = 5


async def why(look: Look, selectors: Sequence[Selector], *, stopped: bool) -> Gap | None:
    """Why nothing answers to these selectors: the first of them that explains it. `stopped`: there were samples, but they are
    too old. None: nothing more can be said. Side questions that are not answered explain nothing."""
    for selector in selectors:
        try:
            gap = await (_stopped if stopped else _why)(look, selector)
        except Unanswered as unanswered:
            return unanswered.gap if unanswered.gap.state == "failed" else None
        if gap is not None:
            return gap
    return None if stopped else Gap("no-data", "no-result")


async def _stopped(look: Look, selector: Selector) -> Gap | None:
    down = await _down_targets(look, selector)
    if down:
        return _down(down)
    if await look.aside(f"group({selector})"):
        return None  # Prometheus still shows it, though it is older than the plan allows
    # Nothing at all is scraped any more, or only this is gone?
    alive = await look.aside(f"up{selector.only(*_TARGET)}")
    return Gap("no-data", "gone", str(selector)) if alive else None


async def _down_targets(look: Look, selector: Selector) -> Sequence[Series]:
    """The targets from which the series came in the past day, and which do not answer now."""
    return await look.aside(
        f"up{selector.only(*_TARGET)} == 0 and on (job, instance) "
        f"group by (job, instance) (last_over_time({selector}[{PAST}]))"
    )


async def absent(look: Look, selectors: Sequence[Selector], total: Sequence[Series]) -> Gap | None:
    """Whether a part of a total (errors, say) that nobody has ever seen may be taken for zero: None when it may.

    It may when its metric is known and has the labels it is asked by; a misspelt name would read as 'no errors' for ever."""
    try:
        for selector in selectors:
            gap = await _absent(look, selector, total)
            if gap is not None:
                return gap
    except Unanswered as unanswered:
        return unanswered.gap
    return None


async def _absent(look: Look, selector: Selector, total: Sequence[Series]) -> Gap | None:
    asked = {one.label for one in selector.matchers if one.match in ("=", "=~") and one.value}
    shown = {name for one in total for name, _ in one.labels if one.label("__name__") == selector.metric}
    if shown and asked <= shown:
        return None
    if not selector.metric:
        return None
    if selector.metric not in await look.metric_names():
        # A counter with labels has no series before its first event; its target may describe it all the same.
        return None if await look.described(selector.metric) else await _unknown(look, selector)
    return await _labels(look, selector, asked)


async def _labels(look: Look, selector: Selector, asked: set[str]) -> Gap | None:
    known = set(await look.label_names(selector.metric))
    strange = sorted(asked - known)
    if not known or not strange:
        return None
    shown = ", ".join(sorted(known - {"__name__"})[: 2 * _SHOWN])
    return Gap("no-data", "label-unknown", f"{selector.metric}{{{', '.join(strange)}}} ({shown})")


async def _why(look: Look, selector: Selector) -> Gap | None:
    if await look.aside(f"group({selector})"):
        return None  # it is there: another selector is the reason
    down = await _down_targets(look, selector)
    if down:
        return _down(down)
    if selector.metric and selector.metric not in await look.metric_names():
        away = await look.aside(f"up{selector.only(*_TARGET)} == 0")
        return _down(away) if away else await _unknown(look, selector)
    if await look.aside(f"group(last_over_time({selector}[{PAST}]))"):
        return Gap("no-data", "gone", str(selector))
    asked = {one.label for one in selector.matchers if one.match in ("=", "=~") and one.value}
    gap = await _labels(look, selector, asked) if selector.metric else None
    return gap or Gap("no-data", "no-match", str(selector))


async def _unknown(look: Look, selector: Selector) -> Gap:
    near = get_close_matches(selector.metric, await look.metric_names(), n=3, cutoff=0.6)
    return Gap(
        "no-data", "never-seen", f"{selector.metric} ({', '.join(near)}?)" if near else selector.metric
    )


def _down(targets: Sequence[Series]) -> Gap:
    names = [one.label("instance") or one.label("job") for one in targets]
    more = f" +{len(names) - _SHOWN}" if len(names) > _SHOWN else ""
    return Gap("no-data", "target-down", ", ".join(names[:_SHOWN]) + more)
