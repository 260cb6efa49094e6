"""What a Kafka cluster of some brokers, topics and consumer groups looks like from outside, as a function of time and faults.

It must not know how its numbers are served, nor read a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

RATE: Final = 20.0
"""Messages a second that come into each partition."""
BEHIND: Final = 5.0
"""Messages that a healthy consumer is behind in each partition."""


class FaultRefused(ValueError):
    """A fault that makes no sense, in one sentence."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong. `brokers_down`: so many brokers are away, the last first. `lag_per_s`: messages a second by which every
    consumer falls behind in each partition. `consumers_away`: nobody consumes. `down`: the exporter itself does not answer."""

    brokers_down: int = 0
    lag_per_s: float = 0.0
    consumers_away: bool = False
    down: bool = False


def read_faults(raw: Any, brokers: int) -> dict[str, Any]:
    """The faults in a JSON value, by name. Raises FaultRefused."""
    known = {one.name: type(one.default) for one in fields(Faults)}
    if not isinstance(raw, dict) or not set(raw) <= set(known):
        raise FaultRefused(f"faults are a mapping of {', '.join(known)}")
    for name, value in raw.items():
        wanted: tuple[type, ...] = (int, float) if known[name] is float else (known[name],)
        negative = isinstance(value, int | float) and value < 0
        fits = isinstance(value, wanted) and isinstance(value, bool) == (known[name] is bool)
        if not fits or negative:
            raise FaultRefused(f"{name} is {' or '.join(kind.__name__ for kind in wanted)}, and not negative")
    if raw.get("brokers_down", 0) > brokers:
        raise FaultRefused(f"there are only {brokers} brokers")
    return dict(raw)


@dataclass(slots=True)
class Cluster:
    """`topics`: partitions of each. `groups`: the topics that each consumer group reads. `replication`: copies of a partition,
    unless `copies` says otherwise for a topic."""

    topics: Mapping[str, int]
    groups: Mapping[str, tuple[str, ...]]
    brokers: int = 3
    replication: int = 3
    faults: Faults = Faults()
    copies: dict[str, int] = field(default_factory=dict)
    _since_s: float = 0.0
    _lag: float = BEHIND

    def create(self, topic: str, partitions: int, replication: int) -> bool:
        """A new topic; False when it is there already. Raises FaultRefused for what Kafka would refuse."""
        if topic in self.topics:
            return False
        if partitions < 1 or not 1 <= replication <= self.up:
            raise FaultRefused(
                f"{partitions} partitions in {replication} copies do not fit {self.up} brokers"
            )
        self.topics = {**self.topics, topic: partitions}
        self.copies[topic] = replication
        return True

    def set(self, at_s: float, **faults: Any) -> None:
        """From this moment on (seconds since the beginning) these faults hold too."""
        self._lag, self._since_s = self._behind(at_s), at_s
        self.faults = replace(self.faults, **faults)

    def clear(self, at_s: float) -> None:
        """From this moment on everything is well; consumers have caught up."""
        self._lag, self._since_s, self.faults = BEHIND, at_s, Faults()

    @property
    def up(self) -> int:
        """Brokers that are there."""
        return self.brokers - self.faults.brokers_down

    def replicas(self, topic: str, partition: int) -> list[int]:
        """The brokers that hold a partition, the preferred leader first."""
        first = sum(map(ord, topic)) + partition
        return [
            (first + place) % self.brokers
            for place in range(min(self.copies.get(topic, self.replication), self.brokers))
        ]

    def in_sync(self, topic: str, partition: int) -> list[int]:
        """Those of them that are there."""
        return [broker for broker in self.replicas(topic, partition) if broker < self.up]

    def offset(self, at_s: float) -> int:
        """Messages that each partition has got so far."""
        return 1_000 + int(RATE * at_s)

    def lag(self, at_s: float) -> int:
        """Messages by which every group is behind in each partition."""
        return min(int(self._behind(at_s)), self.offset(at_s))

    def _behind(self, at_s: float) -> float:
        passed = max(0.0, at_s - self._since_s)
        growth = RATE if self.faults.consumers_away else self.faults.lag_per_s
        return self._lag + growth * passed
