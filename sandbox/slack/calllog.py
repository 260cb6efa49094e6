"""A record of every Web API call and every delivery, for tests and for the page's log.

Must not decide anything; tokens never get into it.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sandbox.slack.records import Json

LIMIT = 5_000


@dataclass
class Call:
    """One Web API call (or use of a response_url): what was asked, what was answered, and whether it took effect.

    `answer` is None when no answer was sent (an injected time-out or disconnect).
    """

    seq: int
    at: datetime
    method: str
    args: Json
    status: int = 0
    answer: Json | None = None
    effect: bool = False
    fault: str | None = None

    @property
    def ok(self) -> bool:
        """True if the caller was told that it worked."""
        return self.status == 200 and bool((self.answer or {}).get("ok"))

    def as_json(self) -> Json:
        """The record for GET /sandbox/log."""
        return {
            "seq": self.seq,
            "record": "call",
            "at": self.at.isoformat(),
            "method": self.method,
            "args": self.args,
            "status": self.status,
            "answer": self.answer,
            "effect": self.effect,
            "fault": self.fault,
        }


@dataclass
class Delivery:
    """One payload sent to the app: when, by which connection, and after how many ms it was acknowledged (None: never).

    `late` is True if the acknowledgement came after the time-out.
    """

    seq: int
    at: datetime
    kind: str
    envelope_id: str
    via: str
    attempt: int = 0
    payload: Json = field(default_factory=dict)
    ack_ms: float | None = None
    late: bool = False
    error: str | None = None

    def as_json(self) -> Json:
        """The record for GET /sandbox/log."""
        return {
            "seq": self.seq,
            "record": "delivery",
            "at": self.at.isoformat(),
            "kind": self.kind,
            "envelope_id": self.envelope_id,
            "via": self.via,
            "attempt": self.attempt,
            "ack_ms": self.ack_ms,
            "late": self.late,
            "error": self.error,
        }


Record = TypeVar("Record", "Call", "Delivery")


class CallLog:
    """The last 5,000 calls and deliveries, oldest first."""

    def __init__(self, touched: Callable[[], None]) -> None:
        self._records: deque[Call | Delivery] = deque(maxlen=LIMIT)
        self._seq = 0
        self._touched = touched

    def __iter__(self) -> Iterator[Call | Delivery]:
        return iter(list(self._records))

    def __len__(self) -> int:
        return len(self._records)

    @property
    def calls(self) -> list[Call]:
        """All Web API calls, oldest first."""
        return [record for record in self._records if isinstance(record, Call)]

    @property
    def deliveries(self) -> list[Delivery]:
        """All deliveries, oldest first."""
        return [record for record in self._records if isinstance(record, Delivery)]

    def calls_of(self, method: str) -> list[Call]:
        """The calls of one method, for example "chat.postMessage"."""
        return [call for call in self.calls if call.method == method]

    def call(self, at: datetime, method: str, args: Json) -> Call:
        """Starts the record of a call."""
        return self._add(Call(self._next(), at, method, _without_tokens(args)))

    def delivery(self, at: datetime, **about: Any) -> Delivery:
        """Starts the record of a delivery."""
        return self._add(Delivery(self._next(), at, **about))

    def done(self) -> None:
        """Says that a record was completed, so that those who wait look again."""
        self._touched()

    def clear(self) -> None:
        """Forgets everything."""
        self._records.clear()

    def since(self, seq: int, method: str | None = None) -> list[Json]:
        """The records after `seq` as JSON; with `method`, only the calls of that method."""
        found = (record for record in self._records if record.seq > seq)
        if method:
            return [
                record.as_json() for record in found if isinstance(record, Call) and record.method == method
            ]
        return [record.as_json() for record in found]

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _add(self, record: Record) -> Record:
        self._records.append(record)
        self._touched()
        return record


def _without_tokens(args: Json) -> Json:
    return {key: value for key, value in args.items() if key not in {"token", "app_token"}}
