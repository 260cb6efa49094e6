"""Regular expressions that a plan may hold against an answer, and that cannot hang the bot.

They run in the engine that pydantic brings along (Rust's regex), whose time grows with the text and not with the number of
ways in which the text could match. What is left, a pattern unfolded by its counts, is bounded here: measured, the worst
pattern of this size takes well under a second on a text of this length.
It must not know where a text comes from.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

LONGEST = 200
"""Characters of a pattern."""
LARGEST = 300
"""Parts of a pattern with its counts unfolded: 'a{3}' has three."""
SEARCHED = 32_000
"""Characters of a text: a longer one is not searched."""

# A class, an escape (with its name in braces), a group's beginning with what it says about itself, or one character.
_PART = re.compile(
    r"\[\^?\]?(?:\\.|\[:[^\]]*:\]|[^\]\\])*\]|\\[pPxuU]\{[^}]*\}|\\.|\(\?P?<[^>]*>|\(\?[a-zA-Z-]*:?|.",
    re.DOTALL,
)
_COUNT = re.compile(r"\{\s*(\d*)\s*(,?)\s*(\d*)\s*\}")
# Spaced patterns hide what a count belongs to.
_SPACED = re.compile(r"\(\?[a-wyzA-Z-]*x")


def check(pattern: str) -> str:
    """The pattern itself. Raises ValueError with one sentence for one that cannot be used."""
    if len(pattern) > LONGEST:
        raise ValueError(f"this pattern has {len(pattern)} characters: at most {LONGEST} are read")
    if _SPACED.search(pattern):
        raise ValueError("the flag 'x' is not read here: write the pattern without spaces")
    if unfolded(pattern) > LARGEST:
        raise ValueError(
            f"with its counts written out this pattern has more than {LARGEST} parts: count less"
        )
    _engine(pattern)
    return pattern


def found(pattern: str, text: str) -> bool | None:
    """Whether the pattern is somewhere in the text; None when the text is longer than what is searched: its end, and what is
    not in it, would be guesses. The pattern has passed `check`."""
    if len(text) > SEARCHED:
        return None
    try:
        # Half a character (a lone surrogate) is none to the engine.
        _engine(pattern).validate_python(text.encode("utf-8", "replace").decode("utf-8"))
    except ValidationError:
        return False
    return True


@lru_cache(maxsize=64)
def _engine(pattern: str) -> SchemaValidator:
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as wrong:
        lines = [line.strip() for line in str(wrong).splitlines() if line.strip()]
        why = next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), lines[-1])
        raise ValueError(
            f"'{pattern[:60]}' is not a regular expression that can be used: {why[:160]}"
        ) from None


def unfolded(pattern: str) -> int:
    """How many parts the pattern has when every count is written out; never less than it really has."""
    sizes: list[int] = [0]  # of every group that is open, the outermost first
    last = 0  # of the part that a count would repeat
    at = 0
    while at < len(pattern):
        count = _COUNT.match(pattern, at)
        if count is not None and (count[1] or count[3]):
            times = max(int(count[1] or 0), int(count[3] or 0), 1)
            sizes[-1] += last * (times - 1)
            last *= times
            at = count.end()
            continue
        part = _PART.match(pattern, at)
        said = part[0] if part is not None else pattern[at]
        at += len(said)
        if said.startswith("("):
            sizes.append(0)
            last = 0
        elif said == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        else:
            last = 1
            sizes[-1] += 1
        if max(sizes) > LARGEST:
            return max(sizes)
    return sum(sizes)
