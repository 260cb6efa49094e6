"""How much a gate's numbers must prove before anything is done: the keys of a gate and of a rule that say so, and their checks.

Every key has a default that makes a plan safe which names only limits; the defaults themselves stand in
`core.verdict.settings`, so None here means: as there. It must not know how evidence is worked out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from core.plan.kinds import Frozen
from core.plan.quantities import DurationField, Limit, figure, parse_limit, parse_percent

DecideBy = Literal["streak", "evidence", "either"]
MOST_BETS = 12


def _read_share(raw: Any) -> float:
    """'1%' as 0.01. A bare number could be either, so it is refused."""
    if isinstance(raw, str) and raw.strip().endswith("%"):
        return parse_percent(raw) / 100.0
    raise ValueError("a share belongs here: write a percentage from 0 to 100, like '5%'")


def _read_figure(raw: Any) -> Limit:
    if isinstance(raw, Limit):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise ValueError("a figure with its unit belongs here: write it like '100ms' or '2%'")
    return parse_limit(raw if isinstance(raw, str) else figure(raw))


ShareField = Annotated[
    float,
    PlainValidator(_read_share),
    PlainSerializer(lambda share: f"{figure(round(share * 100, 9))}%", return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\s*[0-9][0-9.]*\s*%\s*$", "description": "A share in percent.", "examples": ["5%"]}
    ),
]  # fmt: skip
FigureField = Annotated[
    Limit,
    PlainValidator(_read_figure),
    PlainSerializer(lambda limit: limit.text, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "number"}],
            "description": "A figure in the metric's unit.",
            "examples": ["100ms", "2%"],
        }
    ),
]
Odds = Annotated[float, Field(gt=1, le=1e9)]
Positive = Annotated[float, Field(gt=0, le=1e9)]


class Shares(Frozen):
    """How the risk of one false alarm is shared between what may accuse; together 100% at most."""

    comparison: ShareField | None = Field(default=None, description="Errors against control; default 35%.")
    limit: ShareField | None = Field(default=None, description="Errors over their limit; default 15%.")
    latency: ShareField | None = Field(default=None, description="Latency against control; default 20%.")
    latency_limit: ShareField | None = Field(
        default=None, alias="latency-limit", description="Latency over its limit; default 10%."
    )
    growth: ShareField | None = Field(default=None, description="Growth of gauges; default 20%.")

    @model_validator(mode="after")
    def _together(self) -> Shares:
        usual = (0.35, 0.15, 0.20, 0.10, 0.20)
        held = (self.comparison, self.limit, self.latency, self.latency_limit, self.growth)
        whole = sum(given if own is None else own for own, given in zip(held, usual, strict=True))
        if whole > 1.0 + 1e-9:
            raise ValueError(
                f"the shares are {figure(round(whole * 100, 3))}% together, with the defaults of those that are not "
                "written: lower some to 100% at most"
            )
        return self


class Capital(Frozen):
    """When bets are placed: at the canary's start, at later stages' starts, bit by bit; together 100% at most."""

    start: ShareField | None = Field(default=None, description="Default 60%.")
    stages: ShareField | None = Field(default=None, description="Default 20%.")
    spread: ShareField | None = Field(default=None, description="Default 20%.")

    @model_validator(mode="after")
    def _together(self) -> Capital:
        held = (self.start, self.stages, self.spread)
        whole = sum(given if own is None else own for own, given in zip(held, (0.6, 0.2, 0.2), strict=True))
        if whole > 1.0 + 1e-9:
            raise ValueError(
                f"the parts are {figure(round(whole * 100, 3))}% together, with the defaults of those that are not "
                "written: lower some to 100% at most"
            )
        return self


class Incident(Frozen):
    """When control's own failures are an incident: then nobody is accused, and the stage's time stands still."""

    ratio: Odds | None = Field(default=None, description="So many times its usual rate; default 3.")
    on: Positive | None = Field(
        default=None, description="Begins at this much evidence, in nats; default 4.6."
    )
    off: Positive | None = Field(default=None, description="Ends under this; default 2.3.")
    most: Positive | None = Field(default=None, description="More evidence is not kept; default 6.9.")
    margin: Annotated[float, Field(ge=1, le=100)] | None = Field(
        default=None, description="As 'margin' of the gate, while there is an incident; default 2."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Incident:
        off, on, most = self.off or 2.3, self.on or 4.6, self.most or 6.9
        if not off < on <= most:
            raise ValueError(
                f"an incident ends at {figure(off)}, begins at {figure(on)} and keeps {figure(most)} at most: let them rise"
            )
        return self


class GateEvidence(Frozen):
    """The rarer constants of a gate's evidence; docs/verdicts.md says what each of them trades for what."""

    shares: Shares = Shares()
    capital: Capital = Capital()
    incident: Incident = Incident()
    observe_odds: Odds | None = Field(default=None, alias="observe-odds")
    blame_odds: Odds | None = Field(default=None, alias="blame-odds")
    blame_odds_latency: Odds | None = Field(default=None, alias="blame-odds-latency")
    ratios: tuple[Odds, ...] | None = Field(default=None, min_length=1, max_length=MOST_BETS)
    points: tuple[ShareField, ...] | None = Field(default=None, max_length=MOST_BETS)
    latency_odds: tuple[Odds, ...] | None = Field(
        default=None, alias="latency-odds", min_length=1, max_length=MOST_BETS
    )
    multiples: tuple[Odds, ...] | None = Field(default=None, min_length=1, max_length=MOST_BETS)
    cap_nats: Positive | None = Field(default=None, alias="cap-nats")
    planned: DurationField | None = Field(
        default=None, description="How long the canary has traffic; else worked out from the plan."
    )
    beyond: ShareField | None = None
    usual_guess: ShareField | None = Field(default=None, alias="usual-guess")
    usual_guess_requests: Positive | None = Field(default=None, alias="usual-guess-requests")
    usual_requests: Positive | None = Field(default=None, alias="usual-requests")
    control_memory: DurationField | None = Field(default=None, alias="control-memory")
    clump_worth: Positive | None = Field(default=None, alias="clump-worth")
    first_phi: Annotated[float, Field(ge=1, le=100)] | None = Field(default=None, alias="first-phi")
    first_worth: Positive | None = Field(default=None, alias="first-worth")
    many_errors: Positive | None = Field(default=None, alias="many-errors")
    surprise: Positive | None = None
    arrears: Positive | None = None
    go_alpha: ShareField | None = Field(default=None, alias="go-alpha")
    plausible: ShareField | None = None
    plausible_slack: Annotated[float, Field(ge=1, le=100)] | None = Field(
        default=None, alias="plausible-slack"
    )
    block: DurationField | None = None
    blocks: Annotated[int, Field(ge=3, le=100)] | None = None
    blocks_kept: Annotated[int, Field(ge=3, le=500)] | None = Field(default=None, alias="blocks-kept")
    warm_up: DurationField | None = Field(default=None, alias="warm-up")
    control_from: DurationField | None = Field(default=None, alias="control-from")
    floor_share: ShareField | None = Field(default=None, alias="floor-share")
    growth_alpha: ShareField | None = Field(default=None, alias="growth-alpha")
    noise_worth: Positive | None = Field(default=None, alias="noise-worth")
    knowledge_floor: ShareField | None = Field(default=None, alias="knowledge-floor")
    coverage_needed: ShareField | None = Field(default=None, alias="coverage-needed")
    trend_memory: DurationField | None = Field(default=None, alias="trend-memory")
    trend_z: Positive | None = Field(default=None, alias="trend-z")
    edges_after: Positive | None = Field(default=None, alias="edges-after")

    @model_validator(mode="after")
    def _risks(self) -> GateEvidence:
        for name in ("go_alpha", "growth_alpha", "plausible", "usual_guess", "floor_share"):
            share = getattr(self, name)
            if share is not None and not 0.0 < share < 1.0:
                raise ValueError(
                    f"'{name.replace('_', '-')}' is more than 0% and less than 100%, not {figure(share * 100)}%"
                )
        for name in ("planned", "control_memory", "block", "trend_memory"):
            if getattr(self, name) == timedelta(0):
                raise ValueError(f"'{name.replace('_', '-')}' may not be zero: write how long, like '20m'")
        if (self.blocks_kept or 36) < (self.blocks or 3):
            raise ValueError("fewer blocks are kept than growth needs: raise 'blocks-kept'")
        return self


class RuleEvidence(Frozen):
    """What is known of a rule's metric beforehand, from the stable version's history."""

    phi: Annotated[float, Field(ge=1, le=1000)] | None = Field(
        default=None, description="How much more errors scatter than single requests would; 1: not at all."
    )
    edges: tuple[FigureField, ...] = Field(
        default=(),
        max_length=8,
        description="Bucket edges at which latency is compared; else chosen from control.",
    )
    noise: FigureField | None = Field(
        default=None, description="How much 20-minute floors of a gauge scatter about their trend."
    )
    budget: Annotated[float, Field(gt=0, le=1e12)] | None = Field(
        default=None, description="Bad requests that may be spent in all: then it is foretold when they are."
    )
