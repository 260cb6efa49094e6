"""What is kept of a long output, and where: a message has its end, the journal its beginning and end with the digest of the
whole, a file in the thread the whole.

It must not know where an output comes from. What comes here is redacted already.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from commands.blocks.log import OUTPUT

IN_A_FILE: Final = 1_000_000
"""Bytes of a file: what Slack shows as text is at most a megabyte."""
IN_THE_JOURNAL: Final = 20_000
"""Characters of evidence."""
_MARGIN: Final = 100  # for the line that says what was left out


@dataclass(frozen=True)
class Output:
    """`evidence` goes into the journal. `whole` is '' when a message shows all of it; `printed` counts its bytes before
    anything was left out; `digest` is the SHA-256 of `whole` as it is sent."""

    evidence: str
    whole: str = ""
    printed: int = 0
    digest: str = ""


def kept(text: str, printed: int = 0) -> Output:
    """`text` sorted by where it is kept. `printed`: bytes of all there was, when `text` is not all of it."""
    if len(text) <= OUTPUT:
        return Output(text)
    whole = _fitting(text, IN_A_FILE)
    sent = whole.encode()
    digest = hashlib.sha256(sent).hexdigest()
    printed = max(printed, len(text.encode()))
    size = (
        f"{printed} bytes" if printed == len(sent) else f"{printed} bytes, of which the file has {len(sent)}"
    )
    said = f"(output of {size}; SHA-256 of the file {digest})"
    return Output(f"{said}\n{_fitting(text, IN_THE_JOURNAL)}", whole, printed, digest)


def _fitting(text: str, most: int) -> str:
    """The text within `most` bytes: its beginning (a quarter) and its end, on whole lines where there are any."""
    raw = text.encode()
    if len(raw) <= most:
        return text
    first, last = (most - _MARGIN) // 4, (most - _MARGIN) * 3 // 4
    head, tail = raw[:first].decode("utf-8", "ignore"), raw[-last:].decode("utf-8", "ignore")
    head, tail = head[: head.rfind("\n") + 1] or head, tail[tail.find("\n") + 1 :] or tail
    lost = len(raw) - len(head.encode()) - len(tail.encode())
    return f"{head}… ({lost} bytes left out) …\n{tail}"
