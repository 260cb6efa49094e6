"""Injected misbehaviour: of Web API calls (429, 5xx, time-outs, error codes) and of sockets (duplicates, disconnects).

Must not know how a fault is carried out; it keeps the list and says which one is next.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sandbox.slack.records import Json

# The call takes effect and then the answer is bad: the caller cannot know what happened.
AFTER = frozenset({"500_after", "503_after", "timeout_after", "disconnect_after", "fatal_error_after"})
# The call takes no effect and the answer is bad.
BEFORE = frozenset({"429", "500_before", "503_before", "timeout_before", "disconnect_before"})
SOCKET = frozenset({"duplicate", "reorder", "half_open"})
DISCONNECTS = frozenset({"warning", "refresh_requested", "link_disabled", "too_many_websockets"})


@dataclass(frozen=True)
class Fault:
    """One injected fault: `left` is how often it still happens. `method` "*" means every method.

    Any `kind` that is not named above is a Slack error code, answered without effect.
    """

    id: int
    kind: str
    method: str
    channel: str | None
    retry_after: int
    left: int

    @property
    def after(self) -> bool:
        """True if the call takes effect before the bad answer."""
        return self.kind in AFTER

    def as_json(self) -> Json:
        """The fault for GET and POST /sandbox/faults."""
        return {
            "id": self.id,
            "kind": self.kind,
            "method": self.method,
            "channel": self.channel,
            "retry_after": self.retry_after,
            "left": self.left,
        }


class Faults:
    """The faults that are waiting to happen, in the order they were added."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._count = 0
        self.on_socket: Callable[[str, int], None] | None = None

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._waiting))

    def add(
        self,
        *,
        kind: str,
        method: str = "*",
        times: int = 1,
        channel: str | None = None,
        retry_after: int = 2,
    ) -> Fault:
        """Injects a fault.

        Web API kinds are "429" (with `retry_after` seconds), "500_before"/"500_after", "503_before"/"503_after",
        "timeout_before"/"timeout_after", "disconnect_before"/"disconnect_after", "fatal_error",
        "fatal_error_after", or any Slack error code; "before" has no effect, "after" has. They hit the next `times`
        calls of `method` (and `channel`, if given). A response_url is the method "response_url".

        Socket kinds: "duplicate" delivers the next envelope `times` times, "reorder" holds the next envelope back
        until the one after it was sent, "disconnect:REASON" goes at once to the `times` oldest connections, and
        "half_open" makes the `times` oldest connections deaf and mute without closing them.
        ValueError if `times` is not positive or the disconnect reason is unknown.
        """
        if times < 1:
            raise ValueError(f"A fault happens at least once, not {times} times.")
        if kind.startswith("disconnect:") and kind.partition(":")[2] not in DISCONNECTS:
            raise ValueError(
                f"Slack knows no disconnect reason {kind.partition(':')[2]!r}; use one of {sorted(DISCONNECTS)}."
            )
        self._count += 1
        fault = Fault(self._count, kind, method, channel, retry_after, times)
        if (kind.startswith("disconnect:") or kind == "half_open") and self.on_socket is not None:
            self.on_socket(kind, times)
        else:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Takes back every fault that has not happened yet."""
        self._waiting.clear()

    def for_call(self, method: str, channel: str | None) -> Fault | None:
        """The fault that hits this call, counted down; None if the call goes well."""
        for fault in self._waiting:
            if fault.kind in SOCKET or fault.method not in ("*", method):
                continue
            if fault.channel is None or fault.channel == channel:
                self._count_down(fault)
                return fault
        return None

    def take_duplicates(self) -> int:
        """How many copies of the next envelope to send (1 if there is no such fault)."""
        return self._take("duplicate")

    def take_reorder(self) -> bool:
        """True if the next envelope is to be held back behind the one after it."""
        for fault in self._waiting:
            if fault.kind == "reorder":
                self._count_down(fault)
                return True
        return False

    def _take(self, kind: str) -> int:
        for fault in self._waiting:
            if fault.kind == kind:
                self._waiting.remove(fault)
                return fault.left
        return 1

    def _count_down(self, fault: Fault) -> None:
        at = self._waiting.index(fault)
        if fault.left > 1:
            self._waiting[at] = replace(fault, left=fault.left - 1)
        else:
            del self._waiting[at]
