"""How limits are said in English and Korean: figures with units, and the words and signs before and behind them, with their opposites.

It must not know what a limit is of.
"""

from __future__ import annotations

import re

from core.importing.understood import Op

_NUMBER = r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,15}(?:\.[0-9]{1,9})?)(?P<factor>[KkM](?![A-Za-z]))?"
UNITS: dict[str, str] = {
    **dict.fromkeys(("%/시간", "%/h", "%/hour", "% per hour"), "%/h"),
    **dict.fromkeys(("%", "퍼센트", "percent"), "%"),
    **dict.fromkeys(("밀리초", "milliseconds", "millisecond", "msec", "ms"), "ms"),
    **dict.fromkeys(("마이크로초", "microseconds", "µs", "μs", "us"), "us"),
    **dict.fromkeys(("req/sec", "req/s", "requests/s", "requests/sec", "requests per second", "건/초", "/second", "/sec", "/s", "rps", "tps", "qps"), "/s"),
    **dict.fromkeys(("req/min", "requests/min", "requests per minute", "/minute", "/min", "/분"), "/min"),
    **dict.fromkeys(("seconds", "second", "secs", "sec", "초", "s"), "s"),
    **dict.fromkeys(("minutes", "minute", "mins", "min", "분", "m"), "min"),
    **dict.fromkeys(("hours", "hour", "hrs", "hr", "시간", "h"), "h"),
    **dict.fromkeys(("days", "day", "일", "d"), "d"),
    **{name.lower(): name for name in ("KB", "MB", "GB", "TB", "KiB", "MiB", "GiB")},
    **dict.fromkeys(("개", "회", "건", "명", "대", "번"), ""),
}  # fmt: skip
_UNIT_NAMES = "|".join(re.escape(name) for name in sorted(UNITS, key=len, reverse=True))
_UNIT = rf"(?:\s*(?P<unit>{_UNIT_NAMES})(?![A-Za-z0-9]))?"
FIGURE = rf"{_NUMBER}{_UNIT}(?![0-9]|[.,:/-][0-9])"
_SIGNS: dict[str, Op] = {
    "<": "<", ">": ">", "<=": "<=", "=<": "<=", "≤": "<=", "≦": "<=", ">=": ">=", "≥": ">=", "≧": ">=", "=": "=", "==": "=",
}  # fmt: skip
_BEFORE: dict[str, Op] = {
    **dict.fromkeys(("less than", "lower than", "fewer than", "smaller than", "below", "under", "beneath"), "<"),
    **dict.fromkeys(("less than or equal to", "lower than or equal to", "at most", "at or below", "not over", "within", "maximum of", "max of"), "<="),
    **dict.fromkeys(("more than", "greater than", "higher than", "larger than", "longer than", "slower than", "exceeds", "exceed", "exceeding", "above", "over"), ">"),
    **dict.fromkeys(("greater than or equal to", "more than or equal to", "higher than or equal to", "at least", "at or above", "minimum of"), ">="),
}  # fmt: skip
_ONLY_OF = {
    "within": ("ms", "s", "us"),
    "over": ("%", "ms"),
    "not over": ("%", "ms"),
    "longer than": ("ms", "s"),
    "slower than": ("ms", "s"),
}
"""Words that say a limit only of figures in these units: 'within 5 minutes' and 'over 24 h' are times."""
_BEHIND: dict[str, Op] = {
    "이상": ">=", "이하": "<=", "초과": ">", "미만": "<", "이내": "<=", "or less": "<=", "or fewer": "<=", "or lower": "<=", "or below": "<=", "or under": "<=",
    "or more": ">=", "or higher": ">=", "or greater": ">=", "or above": ">=", "or better": ">=", "max": "<=", "maximum": "<=", "minimum": ">=",
}  # fmt: skip
LEAST: dict[str, Op] = {
    **dict.fromkeys(("최소", "minimum", "min"), ">="),
    **dict.fromkeys(("최대", "maximum", "max"), "<="),
}
"""Words before a figure, with perhaps what it is of between them: 'min. instances: 2'."""
_VERBS: tuple[tuple[str, Op], ...] = (
    (r"(?:넘지|넘어서지|초과하지)\s*(?:않|말|못)|넘으면 안|(?:초과\s*)금지|웃돌지 않", "<="),
    (r"(?:밑돌지|떨어지지|내려가지|미달하지)\s*(?:않|말)", ">="),
    (r"넘|초과하|웃돌|(?:높|크|많|길)(?:[은을]|다|아|면)|상회", ">"),
    (r"밑돌|(?:낮|작|적|짧)(?:[은을]|다|아|면)|아래|하회|떨어지", "<"),
)
"""What a sentence says behind a figure and its particle."""
_NOT = re.compile(
    r"(?:\bnot|n't|\bno|\bnever|\bcannot|\bwithout|\bnor)\s+(?:be\s+|go\s+|get\s+)?$", re.IGNORECASE
)
_OPPOSITE: dict[Op, Op] = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "=": "="}
_words = "|".join(re.escape(word) for word in sorted(_BEFORE, key=len, reverse=True))
_behind = "|".join(re.escape(word) for word in sorted(_BEHIND, key=len, reverse=True))
_verbs = "|".join(f"(?P<verb{number}>{pattern})" for number, (pattern, _) in enumerate(_VERBS))
FORMS = re.compile(
    rf"(?:(?<![-=<>─━])(?P<sign><=|>=|=<|[<>≤≥≦≧]|(?<=\s)==?(?=\s))\s*|(?P<before>\b(?:{_words}))\s+)?"
    rf"(?<![0-9A-Za-z.,:/_-]){FIGURE}(?:\s*(?:을|를|보다|이|가|으로)?\s*(?:{_verbs})|(?:을|를|보다)?\s*(?P<behind>{_behind})(?![A-Za-z]))?",
    re.IGNORECASE,
)
_OF_A_RANGE = ("%", "ms", "s", "us", "/s", "%/h", "GB", "MB", "GiB", "MiB")
RANGE = re.compile(
    rf"(?P<between>\bbetween\s+)?(?<![0-9A-Za-z.,:/_~-])(?P<low>[0-9]{{1,9}}(?:\.[0-9]{{1,9}})?)\s*(?P<low_unit>{_UNIT_NAMES})?\s*(?:[-~–∼]|(?P<and>and\b))\s*{FIGURE}",
    re.IGNORECASE,
)
PROMISE = re.compile(rf"\b(?P<of>SLA|SLO)(?![A-Za-z])[^0-9<>≤≥=]{{0,20}}{FIGURE}", re.IGNORECASE)
_HALFWIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2212: 0x2D}


def halfwidth(text: str) -> str:
    """The text with its fullwidth letters, digits and signs as plain ones, each at its place."""
    return text if text.isascii() else text.translate(_HALFWIDTH)


def figure(found: re.Match[str]) -> tuple[float, str]:
    """The number of a match, with its unit."""
    factor = {"K": 1000.0, "k": 1000.0, "M": 1e6}.get(found["factor"] or "", 1.0)
    return float(found["number"].replace(",", "")) * factor, UNITS.get((found["unit"] or "").lower(), "")


def op_of(found: re.Match[str]) -> Op | None:
    """The side that a match of FORMS names; None for a figure that is no limit."""
    if found["sign"]:
        return _SIGNS[found["sign"]]
    if found["before"]:
        word = " ".join(found["before"].lower().split())
        if word in _ONLY_OF and figure(found)[1] not in _ONLY_OF[word]:
            return None
        op = _BEFORE[word]
        return _OPPOSITE[op] if _NOT.search(found.string[max(0, found.start() - 20) : found.start()]) else op
    if found["behind"]:
        return _BEHIND[" ".join(found["behind"].lower().split())]
    return next((op for number, (_, op) in enumerate(_VERBS) if found[f"verb{number}"]), None)


def range_of(found: re.Match[str]) -> tuple[float, float, str] | None:
    """The two ends of a range with their unit; None where it is one of times, of days, or of nothing."""
    if found["and"] and not found["between"]:
        return None
    high, unit = figure(found)
    low = float(found["low"])
    own = UNITS.get((found["low_unit"] or "").lower(), unit) if found["low_unit"] else unit
    return (low, high, unit) if unit in _OF_A_RANGE and own == unit and low < high else None
