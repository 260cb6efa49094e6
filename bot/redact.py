"""Takes secrets out of text that people, logs or the journal will see: known values, and whatever looks like a token.

It must not know where a text comes from. A known value is replaced by the name it has in the plan, `${NAME}`, which
tells the reader more than a row of stars.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

# Shorter values (a port, "on") stand in ordinary text by chance: replacing them would spoil evidence and hide nothing.
SHORTEST_VALUE: Final = 6
HIDDEN: Final = "[redacted]"

# Each begins where a word does, so that it looks at a word once: a program may print a megabyte of anything.
_LOOKS_SECRET: Final = (
    (re.compile(r"\bxox[a-z]-[\w-]{8,}|\bxapp-[\w-]{8,}"), HIDDEN),  # Slack
    (re.compile(r"\b(?:ghp|gho|ghu|ghs|ghr)_\w{20,}|\bgithub_pat_\w{20,}"), HIDDEN),  # GitHub
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), HIDDEN),  # AWS key ids
    (re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), HIDDEN),  # JSON Web Tokens
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
        ),
        HIDDEN,
    ),
    (re.compile(r"(?i)\b(bearer|basic)(\s+)[\w.~+/=-]{8,}"), rf"\1\2{HIDDEN}"),
    (
        re.compile(r"(?i)(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*://)[^\s/@:]+:[^\s/@]+@"),
        rf"\1{HIDDEN}@",
    ),  # user:password@host
    (
        re.compile(
            r"""(?ix)((?:password|passwd|secret|token|api[_-]?key|access[_-]?key)["']?\s*[:=]\s*)
                (?!\[redacted\])("[^"]*"|'[^']*'|[^\s,;&"']+)"""
        ),
        rf"\1{HIDDEN}",
    ),
)

_KEY_ENDS: Final = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
_KEY_LINE: Final = re.compile(r"[A-Za-z0-9+/=]+")


def redact(text: str, secrets: Mapping[str, str]) -> str:
    """`text` without the values of `secrets` (name -> value) and without anything that looks like a token."""
    for name, value in sorted(secrets.items(), key=lambda pair: -len(pair[1])):
        if len(value) >= SHORTEST_VALUE:
            shown = f"${{{name}}}"
            text = text.replace(value, shown).replace(quote(value, safe=""), shown)
    for pattern, instead in _LOOKS_SECRET:
        text = pattern.sub(instead, text)
    return _without_ends_of_keys(text)


def _without_ends_of_keys(text: str) -> str:
    """Without the rest of a private key whose beginning was cut off."""
    if _KEY_ENDS.search(text) is None:
        return text
    kept: list[str] = []
    for line in text.split("\n"):
        if _KEY_ENDS.search(line):
            while kept and _KEY_LINE.fullmatch(kept[-1].strip()):
                kept.pop()
            line = HIDDEN
        kept.append(line)
    return "\n".join(kept)
