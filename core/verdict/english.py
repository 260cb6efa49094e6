"""Reasons in English, for replays and benchmarks. The chat's own texts are elsewhere; figures are the same ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter

from core.verdict.verdicts import Sentence

Figures = Mapping[str, float | int | str | None]

TEXTS = {
    "nothing-known": "No metric has data: nothing can be said.",
    "no-data": "{metric}: no data in this look. Missing data is neither good nor bad.",
    "edges-unknown": "{metric}: which latencies are compared is chosen from control's first requests, and known from one of the next looks on.",
    "coverage": "Only {known} of the metrics, by weight, are known.",
    "worse": "{metric}: {bad} {what} in {total} canary requests vs {control_bad} in {control_total} on control: {sure} sure that it is worse{ratio}.",
    "perhaps-worse": "{metric}: {bad} {what} in {total} canary requests vs {control_bad} in {control_total} on control: {sure} sure that it is worse{ratio}, not enough to act.",
    "over-limit": "{metric}: {bad} {what} in {total} canary requests: {sure} sure that it is over {limit}; whether the canary is to blame is another question.",
    "over-limit-without-control": "{metric}: {bad} {what} in {total} canary requests: {sure} sure that it is over {limit}. Without a control nobody can tell whose fault it is: a person must.",
    "incident": "{metric}: control fails too, {bad} of its last {total} requests (usual {usual}): an incident, not the canary's alone. The stage's clock stands still.",
    "streak": "{metric}: {streak} of {needed} in a row at {limit} or more.",
    "streak-fired": "{metric}: {streak} in a row at {limit} or more ({needed} needed).",
    "streak-shared": "{metric}: {streak} in a row at {limit} or more, but control fails as often ({control} in a row): held.",
    "streak-held": "{metric}: {streak} in a row at {limit} or more, but the evidence does not blame the canary: held.",
    "excluded": "{metric}: {bad} {what} in {total} canary requests of this stage: rates over {excluded} are excluded.",
    "too-few": "{metric}: only {total} requests in this stage ({bad} {what}): rates up to {excluded} not excluded; {more}.",
    "unusual": "{metric}: {bad} {what} in {total} requests are more than a healthy canary shows; {more}.",
    "level-fine": "{metric}: {value}{limit}.",
    "level-broken": "{metric}: {value}, limit {limit}: {streak} of {needed} in a row.",
    "level-fired": "{metric}: {value}, limit {limit}: {streak} in a row ({needed} needed).",
    "level-shared": "{metric}: {value}, limit {limit}: {streak} in a row, but control breaks it as often: held.",
    "growing": "{metric} grows by {slope}/h, certainly more than {low}/h{until}.",
    "growing-fast": "{metric} grows by {slope}/h, certainly more than {low}/h: too fast{until}.",
    "growth-unknown": "{metric}: growth is not measurable before about {minutes} minutes from now.",
}


_WHOLE, _SHORT, _PERCENT = "%d", "%.3g", "%g %%"
_WHOLE_PERCENT, _SHORT_PERCENT = "%.0f %%", "%.2g %%"
"""Figures of fewer than four digits before the point: so they are written in a third of the time that a format with commas takes."""
_SHARES = ("excluded", "usual", "tolerated", "known")


def say(reason: Sentence) -> str:
    """One whole sentence."""
    key, words = reason
    pattern, makers = _PARTS[key]
    return pattern % tuple([make(words) for make in makers])


def _word(key: str, name: str) -> Callable[[Figures], str]:
    """How a field of the sentence `key` is worded; found out once, because a replay says thousands of sentences a second."""
    made = _MADE.get(name)
    if made is not None:
        return made
    if name in _SHARES or (name == "limit" and key.startswith(("over", "streak"))):
        return lambda words: percent(words.get(name))
    if name == "limit" and key == "level-fine":
        return lambda words: "" if words.get("limit") is None else f", limit {_count(words['limit'])}"
    if name == "metric":
        return lambda words: str(words["metric"])
    return lambda words: _count(words.get(name))


def percent(share: float | int | str | None) -> str:
    """A share as percent, with the digits that matter."""
    if share is None:
        return "unknown"
    value = 100.0 * _number(share)
    if value >= 0.001:
        return (_WHOLE_PERCENT if value >= 10.0 else _SHORT_PERCENT) % value
    return "under 0.001 %"


def certainty(sure: float) -> str:
    """1 - 1/evidence as percent, never rounded up to certainty."""
    value = min(100.0 * sure, 99.99)
    return _PERCENT % (int(value * 100) / 100) if sure > 0.0 else "not at all"


def minutes(value: float | int | str | None) -> str:
    """Minutes that a person reads."""
    if value is None:
        return "?"
    number = _number(value)
    return f"{number:.0f}" if number >= 1.0 else "1"


def _what(words: Figures) -> str:
    return "bad" if words.get("edge") is None else f"slower than {_count(words['edge'])}"


def _ratio(words: Figures) -> str:
    ratio = words.get("ratio")
    return "" if ratio is None else f" ({_count(round(_number(ratio), 1))}x)"


def _more(words: Figures) -> str:
    requests = words.get("more")
    if requests is None:
        return "no number of requests would change that soon"
    text = f"{_count(requests)} more clean requests"
    if words.get("minutes") is not None:
        text += f", about {minutes(words['minutes'])} minutes at this traffic"
    if words.get("minutes_next") is not None:
        text += f", {minutes(words['minutes_next'])} at the next stage's"
    return text


def _until(words: Figures) -> str:
    earliest, latest = words.get("earliest"), words.get("latest")
    if earliest is None or latest is None:
        return ""
    return f"; reaches {_count(words.get('limit'))} in {_number(earliest):.1f} to {_number(latest):.1f} h"


def _number(value: float | int | str | None) -> float:
    return float(value) if value is not None else 0.0


def _count(value: float | int | str | None) -> str:
    if value is None:
        return "?"
    if isinstance(value, str):
        return value
    if value % 1 == 0:
        return _WHOLE % value if 0 < value < 1000 else f"{value:,.0f}"
    return _SHORT % value if -1000 < value < 1000 else f"{value:,.3g}"


_MADE: dict[str, Callable[[Figures], str]] = {
    "what": _what,
    "ratio": _ratio,
    "more": _more,
    "until": _until,
    "sure": lambda words: certainty(_number(words["sure"])),
    "minutes": lambda words: minutes(words["minutes"]),
}


def _parted(key: str, text: str) -> tuple[str, tuple[Callable[[Figures], str], ...]]:
    """(the sentence with a %s a field, how each of them is worded)"""
    parts = list(Formatter().parse(text))
    pattern = "".join(
        [literal.replace("%", "%%") + ("" if name is None else "%s") for literal, name, _, _ in parts]
    )
    return pattern, tuple([_word(key, name) for _, name, _, _ in parts if name is not None])


_PARTS = {key: _parted(key, text) for key, text in TEXTS.items()}
