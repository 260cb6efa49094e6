"""What a plan may say about Prometheus: how it is reached, what a check may ask it, and which of its alerts a gate shows.

Queries are templates (`core.plan.promql`); what they may hold is checked by `core.plan.queries`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from core.plan.access import Auth, Tls
from core.plan.kinds import Env, Frozen, Id, exactly_one
from core.plan.quantities import AboveField, BelowField, DurationField

PROMETHEUS_ASKS = ("rules", "targets", "alerts", "query")


class PrometheusSource(Frozen):
    """A Prometheus server, or what speaks its API. `url`, headers and credentials may hold ${NAME}, and never leave the adapter."""

    url: Env
    timeout: DurationField = Field(
        default="10s", validate_default=True, description="For one question; a look asks a few."
    )
    headers: dict[str, Env] = {}
    auth: Auth | None = None
    tls: Tls | None = None
    insecure: bool = Field(
        default=False, description="true: any certificate is taken. Anybody can then read along."
    )
    lookback: DurationField = Field(
        default="5m",
        validate_default=True,
        description="A series without a sample for so long is stale; at most 5m.",
    )
    settle: DurationField = Field(
        default="5s",
        validate_default=True,
        description="How far behind the present a look reads, so that every scrape of that moment has arrived.",
    )

    @model_validator(mode="after")
    def _one_who(self) -> PrometheusSource:
        if self.auth is not None and any(name.lower() == "authorization" for name in self.headers):
            raise ValueError("'auth' and the header Authorization say the same: keep one of the two")
        if self.insecure and self.tls is not None and self.tls.ca is not None:
            raise ValueError("'insecure' trusts anybody, 'tls: ca' does not: keep one of the two")
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that may hold ${NAME}."""
        entered = [one.texts for one in (self.auth, self.tls) if one is not None]
        return (self.url, *self.headers.values(), *(text for texts in entered for text in texts))


class WantedRules(Frozen):
    """Alert rules that must be loaded. `count` is exact: eleven are eleven."""

    count: int | None = Field(default=None, ge=0)
    names: tuple[str, ...] = ()
    group: str | None = Field(default=None, description="Only the rules of this group count.")
    health: Literal["ok", "any"] = Field(
        default="ok", description="ok: Prometheus could evaluate every one of them."
    )

    @model_validator(mode="after")
    def _something(self) -> WantedRules:
        if self.count is None and not self.names:
            raise ValueError("a check of rules says how many ('count') or which ('names')")
        return self


class WantedTargets(Frozen):
    """What Prometheus must be scraping."""

    job: str
    at_least: int = Field(default=1, ge=1, alias="at-least")
    up: bool = Field(default=True, description="true: every target of the job answers its scrapes.")


class WantedAlerts(Frozen):
    """Alerts that must not be firing. `matching`: only those with all of these labels."""

    none_firing: Literal[True] = Field(default=True, alias="none-firing")
    matching: dict[str, str] = {}


class PrometheusCheck(Frozen):
    """A question to Prometheus: exactly one of rules, targets, alerts, query. A query gives one value, which is held against
    exactly one of below, above, equals."""

    source: Id
    rules: WantedRules | None = None
    targets: WantedTargets | None = None
    alerts: WantedAlerts | None = None
    query: str | None = None
    below: BelowField | None = None
    above: AboveField | None = None
    equals: float | None = None
    unit: Literal["%", "ms", "s", "/s", ""] = Field(
        default="", description="What the query's value is measured in."
    )

    @model_validator(mode="after")
    def _one_question(self) -> PrometheusCheck:
        asked = exactly_one(self, "a prometheus check", *PROMETHEUS_ASKS)
        if asked == "query":
            exactly_one(self, "a query's check", "below", "above", "equals")
        elif any(value is not None for value in (self.below, self.above, self.equals)):
            raise ValueError(f"'below', 'above' and 'equals' go with 'query', not with '{asked}'")
        return self


class GateAlerts(Frozen):
    """Firing alerts that a gate shows. They never roll back: `then: call` holds nothing and calls people, `observe` only shows."""

    source: Id
    matching: dict[str, str] = {}
    then: Literal["observe", "call"] = "observe"
