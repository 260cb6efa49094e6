"""What a program prints, while it prints: the beginning and the end are kept, the middle is counted and let go.

It must not know what program it is, nor who reads it; taking secrets out is for the caller, who knows them.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from typing import Final

LARGEST_OUTPUT: Final = 1_000_000
"""Bytes kept: the beginning says what was tried, the end how it came out."""
_HEAD: Final = 250_000
_LAST: Final = 8_000  # bytes looked at for the last lines: enough to see a whole private key as one
_LINES: Final = 12
_LONGEST_LINE: Final = 300

# Colours and cursor movements; titles of a terminal's window.
_ANSI: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Marks that turn the direction of writing can make a line read as its opposite.
_TURNING: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0x200E, 0x200F])


class Output:
    """Both streams of one program. `printed` counts every byte."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._changed = changed
        self.printed = 0

    async def read(self, pipe: int) -> None:
        """Reads a pipe to its end and closes it; calls `changed` whenever something came."""
        stream = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(pipe, "rb", 0)
        )
        try:
            while chunk := await stream.read(65_536):
                self._take(chunk)
                self._changed()
        finally:
            transport.close()

    def _take(self, chunk: bytes) -> None:
        self.printed += len(chunk)
        room = _HEAD - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        over = len(self._tail) - (LARGEST_OUTPUT - _HEAD)
        if over > 0:
            del self._tail[:over]

    def text(self) -> str:
        """All that was kept, as plain text."""
        head, tail = self._head.decode("utf-8", "replace"), self._tail.decode("utf-8", "replace")
        lost = self.printed - len(self._head) - len(self._tail)
        if not lost:
            return plain((self._head + self._tail).decode("utf-8", "replace"))
        # Half a line may be half a secret, which nobody could recognise any more: only whole lines stand at the cut.
        head, tail = head[: head.rfind("\n") + 1], tail[tail.find("\n") + 1 :]
        return plain(f"{head}… (about {lost} bytes left out) …\n{tail}")

    def last_lines(self) -> str:
        """The last whole lines so far, as plain text, with more before them than is to be shown (`shortened` does that):
        what takes secrets out has to see them whole."""
        end = (
            bytes(self._tail[-_LAST:])
            if len(self._tail) >= _LAST
            else bytes((self._head + self._tail)[-_LAST:])
        )
        whole = max(end.rfind(b"\n"), end.rfind(b"\r")) + 1
        text = end[:whole].decode("utf-8", "replace")
        begun = text.find("\n") + 1 if self.printed > _LAST else 0
        return plain(text[begun:])


def shortened(text: str) -> str:
    """The last few lines of a text, none of them long."""
    lines = [line for line in text.splitlines() if line.strip()][-_LINES:]
    return "\n".join(line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…" for line in lines)


def plain(text: str) -> str:
    """What a terminal would show in the end: no colours, no controls, of a line that was written over the last state."""
    text = _ANSI.sub("", text).translate(_TURNING).replace("\r\n", "\n")
    if "\r" in text:
        text = "\n".join(_written_over(line) for line in text.split("\n"))
    return _CONTROLS.sub("", text)


def _written_over(line: str) -> str:
    states = [state for state in line.split("\r") if state.strip()]
    return states[-1] if states else ""
