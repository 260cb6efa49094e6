"""What a plan measures: where numbers come from, what they are, and the gates that judge them."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from core.plan.access import Auth, Tls
from core.plan.audiences import SmtpSource
from core.plan.evidence import DecideBy, GateEvidence, RuleEvidence, ShareField
from core.plan.kinds import Env, Frozen, Id, Text, exactly_one
from core.plan.kubernetes import KubernetesSource, Resource
from core.plan.prometheus import GateAlerts, PrometheusSource
from core.plan.quantities import AboveField, BelowField, DurationField, GrowthField

USUAL_LOOK = timedelta(minutes=1)
SOURCE_KINDS = ("http", "kubernetes", "prometheus", "smtp")


class HttpSource(Frozen):
    """A JSON API. `url` may hold ${NAME}; headers too, and they never leave the adapter."""

    url: Env
    timeout: DurationField = Field(default="5s", validate_default=True)
    headers: dict[str, Env] = {}
    auth: Auth | None = None
    tls: Tls | None = None

    @model_validator(mode="after")
    def _one_who(self) -> HttpSource:
        if self.auth is not None and any(name.lower() == "authorization" for name in self.headers):
            raise ValueError("'auth' and the header Authorization say the same: keep one of the two")
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that may hold ${NAME}."""
        entered = [one.texts for one in (self.auth, self.tls) if one is not None]
        return (self.url, *self.headers.values(), *(text for texts in entered for text in texts))


class Source(Frozen):
    """Where numbers come from, and where things are done: exactly one of http, kubernetes, prometheus, smtp."""

    http: HttpSource | None = None
    kubernetes: KubernetesSource | None = None
    prometheus: PrometheusSource | None = None
    smtp: SmtpSource | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Source:
        exactly_one(self, "a source", *SOURCE_KINDS)
        return self

    @property
    def kind(self) -> str:
        """Which vendor it is: one of SOURCE_KINDS."""
        return exactly_one(self, "a source", *SOURCE_KINDS)

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that may hold ${NAME}."""
        held = self.http or self.kubernetes or self.prometheus or self.smtp
        return held.texts if held is not None else ()


class Ratio(Frozen):
    """Two counters that only grow; a window is the difference of two readings. `bad` of `total` is a share of failures, `good`
    of `total` an availability: exactly one of the two."""

    bad: str | None = None
    good: str | None = None
    total: str

    @model_validator(mode="after")
    def _one_part(self) -> Ratio:
        exactly_one(self, "a ratio", "bad", "good")
        return self

    @property
    def part(self) -> str:
        """The expression of what is counted out of the total."""
        return self.bad if self.bad is not None else self.good or ""


class Quantile(Frozen):
    """A quantile from cumulative histogram buckets [[upper edge, count], ...] that only grow."""

    buckets: str
    q: float = Field(gt=0, lt=1)
    edges: Literal["s", "ms"] | None = Field(
        default=None, description="What Prometheus' bucket edges (le) are measured in; s unless said."
    )


class Metric(Frozen):
    """What a number is, so that it can be judged. Expressions are JMESPath over the answer of `get`, or over a cluster's
    `object` (with `pods` and `restarts` of a workload), or PromQL where the source is a Prometheus; `$track` stands for 'canary'
    or 'control'."""

    title: Text
    source: Id
    get: str | None = None
    object: Resource | None = None
    ratio: Ratio | None = None
    quantile: Quantile | None = None
    gauge: str | None = None
    rate: str | None = Field(default=None, description="A counter that only grows, shown per second.")
    unit: Literal["%", "ms", "s", "/s", ""] = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Metric:
        exactly_one(self, "a metric", "ratio", "quantile", "gauge", "rate")
        return self

    @property
    def kind(self) -> Literal["ratio", "quantile", "gauge", "rate"]:
        """Which of the four shapes this metric has."""
        if self.ratio is not None:
            return "ratio"
        if self.quantile is not None:
            return "quantile"
        return "gauge" if self.gauge is not None else "rate"


# ------------------------------------------------------------------------------------------------------------- gates


class Rule(Frozen):
    """One threshold of a gate. Exactly one of below, above, growth-below."""

    metric: Id
    below: BelowField | None = Field(
        default=None, description="Breached when the value is this or more: '1%', '500ms'."
    )
    above: AboveField | None = Field(default=None, description="Breached when the value is this or less.")
    growth_below: GrowthField | None = Field(
        default=None, alias="growth-below", description="Per hour: '1%/h'."
    )
    streak: int = Field(default=1, ge=1, le=100, description="So many breached windows in a row.")
    minimum: int | None = Field(
        default=None, ge=1, description="Requests a window needs to count; else the gate's."
    )
    then: Literal["rollback", "call", "observe"] = Field(
        default="observe",
        description="rollback acts; call holds and calls people; observe only changes the recommendation.",
    )
    playbook: Id | None = None
    advisory: bool = Field(default=False, description="true: it only says what it would have done.")
    weight: float = Field(default=1.0, gt=0, le=1000, description="How much it counts in the score.")
    key: bool = Field(default=False, description="true: the score stays under 30 while it is broken.")
    usual: ShareField | None = Field(
        default=None,
        description="The bad share of the stable version (of a latency: slower than the limit): '0.1%'. The best thing to know.",
    )
    tolerance: ShareField | None = Field(
        default=None, description="So many points over the usual rate are tolerated; else the gate's."
    )
    evidence: RuleEvidence = RuleEvidence()

    @model_validator(mode="after")
    def _one_limit(self) -> Rule:
        exactly_one(self, "a rule", "below", "above", "growth-below")
        if self.growth_below is not None and self.then == "rollback":
            raise ValueError("growth only proposes: use 'then: observe' or 'then: call'")
        return self

    @property
    def label(self) -> str:
        """A name for the rule, unique inside its gate."""
        kind = "below" if self.below is not None else "above" if self.above is not None else "growth"
        return f"{self.metric}.{kind}.{self.then}"


class Gate(Frozen):
    """A set of rules, looked at every so often. Windows run from one look to the next, so they never overlap."""

    title: Text
    every: DurationField = Field(default="5m", validate_default=True)
    minimum: int = Field(
        default=10, ge=1, description="Requests a window of the canary needs before it counts."
    )
    track: Literal["canary", "control"] = "canary"
    patience: DurationField = Field(
        default="15m", validate_default=True, description="So long without evidence, then people are called."
    )
    alerts: GateAlerts | None = Field(
        default=None, description="Firing alerts of a Prometheus, shown beside the rules."
    )
    rules: tuple[Rule, ...] = Field(min_length=1)
    decide_by: DecideBy | None = Field(
        default=None,
        alias="decide-by",
        description="What acts: 'streak' the rules literally, 'evidence' that the canary is to blame, 'either' whichever comes "
        "first. Default: evidence while there is a control, else either.",
    )
    look: DurationField | None = Field(
        default=None, description="How often evidence looks; default 1m, or 'every' if that is less."
    )
    alpha: ShareField | None = Field(
        default=None, description="The risk of rolling a healthy deployment back, in all; default 1%."
    )
    tolerance: ShareField | None = Field(
        default=None, description="GO excludes more than so many points over the usual rate; default 5%."
    )
    margin: float | None = Field(
        default=None,
        ge=1,
        le=100,
        description="A canary so many times as bad as control is tolerated; default 1.5.",
    )
    evidence: GateEvidence = GateEvidence()

    @property
    def pace(self) -> timedelta:
        """How often the gate looks."""
        return self.look or min(self.every, USUAL_LOOK)
