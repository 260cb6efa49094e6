"""The two ways in which the world fails, as the performer sees them.

Adapters raise nothing else: whatever a vendor throws is one of these by the time it leaves `bot.adapters`. They carry
what is known, never what ought to follow: that is for the rules. Imports nothing of the house.
"""

from __future__ import annotations


class TryLater(Exception):
    """It did not work now and may work later.

    `after_s` is in seconds of real time, at least; `reason` is a sentence for people, without secrets. `unknown` is
    True when the request may have had its effect, for only its answer was lost. `code` is the vendor's own word.
    """

    def __init__(self, after_s: float, reason: str, *, unknown: bool = False, code: str = "") -> None:
        super().__init__(reason)
        self.after_s = after_s
        self.reason = reason
        self.unknown = unknown
        self.code = code


class GaveUp(Exception):
    """Trying again cannot help.

    `reason`, `unknown` and `code` mean the same as for TryLater.
    """

    def __init__(self, reason: str, *, unknown: bool = False, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.unknown = unknown
        self.code = code
