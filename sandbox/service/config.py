"""How much traffic the canary gets: the configuration, who may change it how, and every change that was made.

A repeated request with the same idempotency key is one change. It must not know HTTP, counters or faults.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_KEYS_KEPT: Final = 10_000


class ConfigRefused(ValueError):
    """A change that cannot be made; the text is one sentence for the person who asked for it."""


class KeyReused(ValueError):
    """An idempotency key that came with another request before."""


@dataclass(frozen=True, slots=True)
class CanaryConfig:
    """`percentage`: the share asked for, 0..100; it counts only while `enabled`. `revision` grows with each change."""

    enabled: bool
    percentage: int
    version: str
    revision: int

    @property
    def weight(self) -> int:
        """The share of requests that the canary really gets, in percent."""
        return self.percentage if self.enabled else 0

    def to_json(self) -> dict[str, object]:
        """As GET /api/v2/canary/config shows it."""
        return {
            "enabled": self.enabled,
            "canary_percentage": self.percentage,
            "version": self.version,
            "revision": self.revision,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the world: when (plan time), by which request, and what holds since."""

    at: datetime
    path: str
    config: CanaryConfig


def read_wish(body: bytes) -> tuple[bool, int]:
    """(enabled, percentage) from a JSON body; ConfigRefused with one sentence when it is not exactly that."""
    try:
        wish = json.loads(body)
    except (ValueError, RecursionError):
        raise ConfigRefused("The body is not JSON; send enabled and canary_percentage.") from None
    if not isinstance(wish, dict):
        raise ConfigRefused("The body must be a JSON object with enabled and canary_percentage.")
    unknown = sorted(set(wish) - {"enabled", "canary_percentage"})
    if unknown:
        raise ConfigRefused(f"There is no setting {unknown[0]!r:.60}; send enabled and canary_percentage.")
    enabled, percentage = wish.get("enabled"), wish.get("canary_percentage")
    if not isinstance(enabled, bool):
        raise ConfigRefused(f"enabled must be true or false, not {enabled!r:.60}.")
    if not isinstance(percentage, int) or isinstance(percentage, bool) or not 0 <= percentage <= 100:
        raise ConfigRefused(
            f"canary_percentage must be a whole number from 0 to 100, not {percentage!r:.60}."
        )
    return enabled, percentage


class ConfigDesk:
    """The configuration in force and the changes that led to it."""

    def __init__(self, version: str) -> None:
        self.config = CanaryConfig(enabled=False, percentage=0, version=version, revision=0)
        self.changes: list[Change] = []
        self._answered: dict[str, tuple[str, CanaryConfig]] = {}

    def answered(self, key: str | None, path: str, body: bytes) -> CanaryConfig | None:
        """What was answered to this very request before, if its key is known; KeyReused if it was another request."""
        if key is None or key not in self._answered:
            return None
        fingerprint, config = self._answered[key]
        if fingerprint != _fingerprint(path, body):
            raise KeyReused(
                "This Idempotency-Key came with another request before; take a new key for a new change."
            )
        return config

    def change(
        self, at: datetime, path: str, body: bytes, key: str | None, wish: tuple[bool, int]
    ) -> CanaryConfig:
        """Make the change and remember it under its key, if it has one."""
        enabled, percentage = wish
        self.config = CanaryConfig(enabled, percentage, self.config.version, self.config.revision + 1)
        self.changes.append(Change(at, path, self.config))
        if key is not None:
            self._answered[key] = (_fingerprint(path, body), self.config)
            if len(self._answered) > _KEYS_KEPT:
                del self._answered[next(iter(self._answered))]
        return self.config


def _fingerprint(path: str, body: bytes) -> str:
    """The same for bodies that say the same: spaces and the order of keys do not matter."""
    try:
        said = json.dumps(json.loads(body), sort_keys=True)
    except (ValueError, RecursionError):
        said = body.hex()
    return f"{path}\n{said}"
