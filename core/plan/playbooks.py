"""What to do when something particular goes wrong: timed things to look at, what the measured values suggest, and the
decision it ends in.

A playbook with nothing but `title` and `steps` is shown to whoever is called; with a `decide` it is walked: an incident is
opened from it (`core.rules.incidents`). It must not know how an incident runs.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from core.plan.kinds import Frozen, Id, Text, exactly_one
from core.plan.quantities import AboveField, BelowField, DurationField, GrowthField

Remedy = Literal["watch", "hot-fix", "scale-out", "restart", "roll-back"]
REMEDIES: tuple[Remedy, ...] = ("watch", "hot-fix", "scale-out", "restart", "roll-back")
Carried = Literal["scale-out", "restart"]
"""What the bot sets going itself, with an action of the plan."""


class PlaybookStep(Frozen):
    """One thing to look at or to do in an emergency. `within` counts from the moment the incident began."""

    text: Text
    within: DurationField | None = None
    role: Id | None = Field(default=None, description="Whose it is; else anybody's with a role in the plan.")
    action: Id | None = Field(
        default=None,
        description="An action that only looks (changes: false): run when the incident begins, its output is the evidence.",
    )


class Band(Frozen):
    """What a value suggests; it never acts. Exactly one of above, below, growth-above, growth-below (of `metric`) and lasts.
    The first band that holds counts, so the worst stands first."""

    metric: Id | None = None
    track: Literal["canary", "control"] = "canary"
    above: AboveField | None = Field(default=None, description="Holds when the value is more than this.")
    below: BelowField | None = Field(default=None, description="Holds when the value is less than this.")
    growth_above: GrowthField | None = Field(
        default=None, alias="growth-above", description="Of a gauge, as a gate's growth rule measures it."
    )
    growth_below: GrowthField | None = Field(default=None, alias="growth-below")
    lasts: DurationField | None = Field(
        default=None, description="Holds when the incident has lasted this long."
    )
    suggest: Remedy

    @model_validator(mode="after")
    def _one_limit(self) -> Band:
        kind = exactly_one(self, "a band", "above", "below", "growth-above", "growth-below", "lasts")
        if (kind == "lasts") != (self.metric is None):
            raise ValueError(
                "a band names a 'metric' with above, below, growth-above or growth-below, and none with 'lasts'"
            )
        return self


class PlaybookDecide(Frozen):
    """The question an incident ends in. Without a default nothing follows from silence but that more people are called."""

    by: tuple[Id, ...] = Field(min_length=1, description="Any holder of one of these roles may answer.")
    within: DurationField = Field(
        default="15m", validate_default=True, description="Counted from the moment it is asked."
    )
    options: tuple[Remedy, ...] = Field(default=("watch", "hot-fix", "roll-back"), min_length=1)
    default: Literal["roll-back", "watch"] | None = None

    @model_validator(mode="after")
    def _default_is_an_option(self) -> PlaybookDecide:
        if self.default is not None and self.default not in self.options:
            raise ValueError(f"the default '{self.default}' is not among the options")
        if len(set(self.options)) != len(self.options):
            raise ValueError("an option is named twice")
        return self


class Playbook(Frozen):
    """An emergency: shown to whoever is called, and with `decide` walked step by step to a decision."""

    title: Text
    steps: tuple[PlaybookStep, ...] = Field(min_length=1)
    decide: PlaybookDecide | None = None
    bands: tuple[Band, ...] = ()
    actions: dict[Carried, Id] = Field(
        default={}, description="What the answers scale-out and restart set going."
    )
    watch: DurationField = Field(
        default="10m",
        validate_default=True,
        description="After WATCH or an action: so long to the next look.",
    )
    at_once: Literal["roll-back"] | None = Field(
        default=None,
        alias="at-once",
        description="When a person declares it the way back begins at once, or is proposed where rollback.automatic is false.",
    )
    next_try: bool = Field(
        default=False,
        alias="next-try",
        description="Afterwards a person gives the date and time of the next try.",
    )

    @model_validator(mode="after")
    def _hangs_together(self) -> Playbook:
        options = self.decide.options if self.decide is not None else ()
        if self.decide is None and (self.bands or self.actions):
            raise ValueError("'bands' and 'actions' belong to a decision: add 'decide:'")
        for option in ("scale-out", "restart"):
            if (option in options) != (option in self.actions):
                raise ValueError(
                    f"the option '{option}' and 'actions: {{{option}: ...}}' go together: write both or neither"
                )
        for band in self.bands:
            if band.suggest not in options:
                raise ValueError(f"a band suggests '{band.suggest}', which is not among the options")
        return self

    @property
    def walked(self) -> bool:
        """Whether a rule or a failed action opens an incident from it; a person may from any."""
        return self.decide is not None or self.at_once is not None or self.next_try
