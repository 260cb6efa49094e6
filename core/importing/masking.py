"""Takes out of a document what looks like a secret, line by line, before anything is read: a plan, a report and a program's output
are shown to many. It must not know what a line says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

HIDDEN: Final = "[redacted]"

_HINT = re.compile(
    r"pass|pwd|token|secret|key|auth|bearer|credential|://[^\s/]*:|-[uap]\S*\s|-p\S|curl|hooks\.slack|AIza|[sr]k_live_|xox|xapp-|gh[pousr]_|github_pat|glpat-|AKIA|ASIA|eyJ|BEGIN |비밀번호|암호|토큰",
    re.IGNORECASE,
)
_WORD = r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|client[_-]?secret|credentials?)"
_VALUE = r"(?!\[redacted\])(?:\"[^\"]*\"|'[^']*'|[^\s,;&\"'`)]+)"
_MASKS: Final = (
    (re.compile(r"\bxox[a-z]-[\w-]{8,}|\bxapp-[\w-]{8,}|\b(?:gh[pousr]_|github_pat_|glpat-)[\w-]{16,}"), HIDDEN),
    (re.compile(r"\bAIza[\w-]{30,}|\b[sr]k_live_\w{16,}"), HIDDEN),
    (re.compile(r"(\bhooks\.slack\.com/(?:services|workflows|triggers)/)[\w/+-]+"), rf"\1{HIDDEN}"),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), HIDDEN),
    (re.compile(r"\b(bearer|basic)(\s+)[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1\2{HIDDEN}"),
    (re.compile(r"(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,20}://)[^\s/@:]{1,200}:[^\s/]{1,200}@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    (re.compile(rf"(--?{_WORD}(?:=|\s+)){_VALUE}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(rf"({_WORD}[A-Z0-9_]{{0,20}}[\"']?=)(?!=|\s){_VALUE}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(?<![A-Za-z0-9])([A-Z][A-Z0-9_]{0,40}_PASS=)(?!\[redacted\])(?:\"[^\"]*\"|'[^']*'|[^\s,;&\"'`)]+)"), rf"\1{HIDDEN}"),
    (re.compile(rf"((?:{_WORD}|access_key)[A-Z0-9_]{{0,20}}[\"']?\s{{1,3}}=\s{{1,3}})(?=[^\s\[]{{8}})(?=[^\s\[]*[0-9])(?=[^\s\[]*[A-Za-z]){_VALUE}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(rf"([\"']?{_WORD}[\"']?\s*:\s*)(?=[\"']){_VALUE}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(rf"((?:{_WORD}|비밀번호|암호|토큰)[\"'*_`]{{0,3}}(?:\s*[:：|]|[은는]\s|\sis\s)[*_]{{0,2}}\s*`?)(?!\[redacted\])(?=[^\s\[]*[0-9])(?=[^\s\[]*[A-Za-z])[^\s\[\"'`<>$|]{{6,}}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(rf"((?:authorization|x-api-key|x-auth-token)[\"']?\s*:\s*(?:bearer |basic )?)(?=\S){_VALUE}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(\bcurl\b[^|]{0,400}?\s(?:-u\s*|--user(?:\s+|=)))(?!\[redacted\])\S+:\S+"), rf"\1{HIDDEN}"),
    (re.compile(r"(\b(?:docker|podman|helm|oras|az|twine)\b[^|]{0,60}?\blogin\b[^|]{0,200}?\s-p\s+)(?!\[redacted\])(?:\"[^\"]*\"|'[^']*'|\S+)"), rf"\1{HIDDEN}"),
    (re.compile(r"(\b(?:mysql|mysqldump|mysqladmin|sshpass|redis-cli)\b[^|]{0,200}?\s-(?:p|a )\s?)(?!\[redacted\]|\s|ort)(?:\"[^\"]*\"|'[^']*'|[^\s-]\S*)"), rf"\1{HIDDEN}"),
)  # fmt: skip
_BEGINS, _ENDS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"), re.compile(r"-----END [A-Z ]*PRIVATE KEY")
_KEY_LINES = 200


def masked(lines: Iterable[str]) -> Iterator[str]:
    """The lines, as many as came in."""
    key = 0
    for line in lines:
        if _BEGINS.search(line):
            key = _KEY_LINES
        if key:
            key = 0 if _ENDS.search(line) or line.lstrip().startswith("```") else key - 1
            yield line if line.lstrip().startswith("```") else HIDDEN
        else:
            yield _line(line)


def _line(line: str) -> str:
    if _HINT.search(line) is None:
        return line
    for pattern, instead in _MASKS:
        line = pattern.sub(instead, line)
    return line
