"""Core values to JSON and back, exactly: what is read is equal to what was written, or it is refused.

A snapshot leaves out two things: the runbook, which is read again from the plan's text, and the gate, which has a row of
its own. A snapshot carries the number of its schema; one that was written under older rules goes through their upgrades.
It must not know a table or a connection.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, field, fields, make_dataclass, replace
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import Discriminator

from core.effects import Effect, Fact
from core.inputs import Backfilled, Input, Measured
from core.plan.runbook import Runbook
from core.state import Deployment, GateRun, StepState
from storage.forms import Form, Unreadable
from storage.packing import pack_looks, pack_readings, unpack_looks, unpack_readings

SCHEMA = 1
"""The number of the snapshot's outer shape. The rules' own changes are counted by rules_version instead."""

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""A snapshot as plain data under one rules_version -> the same under the next; its gate, or None, stands under 'gate'."""


def _with_stages(old: dict[str, Any]) -> dict[str, Any]:
    """Rules 1 knew of a rollback only whether it was being proved; 2 has a stage for it."""
    run = old.get("rollback")
    if run is None or "verifying" not in run:
        return old
    stage = "proving" if run["verifying"] else "acting"
    kept = {name: value for name, value in run.items() if name != "verifying"}
    return old | {"rollback": kept | {"stage": stage, "decided_at": run.get("asked_at")}}


UPGRADES: Mapping[int, Upgrade] = {1: _with_stages}
"""rules_version -> what leads from it to the next. A version without an entry left the snapshot as it was."""

_HEAD = f'{{"schema":{SCHEMA},"state":'


# ------------------------------------------------------------------------------------------------------ the snapshot


def _snapshot_shape(*elsewhere: str) -> type[Any]:
    """Deployment without what is written elsewhere: it follows Deployment by itself."""
    hints = get_type_hints(Deployment)
    kept = [part for part in fields(Deployment) if part.name not in elsewhere]
    return make_dataclass(
        "Snapshot", [(part.name, hints[part.name], _default_of(part)) for part in kept], frozen=True
    )


def _default_of(part: Field[Any]) -> Any:
    if part.default_factory is not MISSING:
        return field(default_factory=part.default_factory)
    return field() if part.default is MISSING else field(default=part.default)


class _Steps:
    """The JSON of steps, remembered for those that are the same object as before: a decision changes one of fifty."""

    MOST = 2_048

    def __init__(self) -> None:
        self._form = Form("step", StepState)
        # The step is kept beside its text: so its id cannot become another's.
        self._written: dict[int, tuple[StepState, str]] = {}
        self._last: tuple[tuple[StepState, ...], str] = ((), "")

    def write(self, steps: tuple[StepState, ...]) -> str:
        last, text = self._last
        if steps is last:
            return text
        known = self._written
        if len(known) > self.MOST:
            known.clear()
        texts = []
        for step in steps:
            found = known.get(id(step))
            if found is None:
                found = known[id(step)] = (step, self._form.write(step))
            texts.append(found[1])
        self._last = (steps, ",".join(texts))
        return self._last[1]


_SNAPSHOT = _snapshot_shape("runbook", "gate")
_SNAPSHOT_FORM = Form("deployment", _SNAPSHOT)
_KEPT = tuple(part.name for part in fields(_SNAPSHOT))
_REST = _snapshot_shape("runbook", "gate", "steps")
_REST_FORM = Form("deployment", _REST)
_REST_KEPT = tuple(part.name for part in fields(_REST))
_STEPS = _Steps()


def write_snapshot(deployment: Deployment) -> str:
    """The deployment without runbook and gate, as '{"schema":1,"state":{...}}'; its steps stand last in it."""
    values = {name: getattr(deployment, name) for name in _REST_KEPT} | {"inputs": dict(deployment.inputs)}
    rest = _REST_FORM.write(_REST(**values))
    return f'{_HEAD}{rest[:-1]},"steps":[{_STEPS.write(deployment.steps)}]}}}}'


def read_snapshot(
    text: str,
    gate: str | None,
    *,
    runbook: Runbook,
    rules_version: int,
    rules_now: int,
    upgrades: Mapping[int, Upgrade] = UPGRADES,
) -> Deployment:
    """The deployment again, put together with its runbook and its gate (`write_gate`'s text).

    `rules_version` is the one it was written under, `rules_now` the program's. Raises Unreadable, also for anything newer.
    """
    if not text.startswith(_HEAD) or not text.endswith("}"):
        raise Unreadable(f"a stored deployment cannot be read: it does not begin with schema {SCHEMA}")
    state = text[len(_HEAD) : -1]
    if rules_version > rules_now:
        raise Unreadable(
            f"it was written under rules {rules_version}; this program knows them up to {rules_now}"
        )
    versions = [version for version in range(rules_version, rules_now) if version in upgrades]
    if versions:
        state, gate = _upgraded(state, gate, [upgrades[version] for version in versions])
    snapshot = _SNAPSHOT_FORM.read(state)
    values = {name: getattr(snapshot, name) for name in _KEPT}
    return Deployment(runbook=runbook, gate=read_gate(gate), **values)


def _upgraded(state: str, gate: str | None, upgrades: list[Upgrade]) -> tuple[str, str | None]:
    try:
        data = json.loads(state) | {"gate": None if gate is None else json.loads(gate)}
    except ValueError as wrong:
        raise Unreadable(f"a stored deployment cannot be read: {wrong}") from wrong
    for upgrade in upgrades:
        data = upgrade(data)
    newer = data.pop("gate")
    return json.dumps(data), None if newer is None else json.dumps(newer)


# --------------------------------------------------------------------------------------------------- everything else

_GATE = Form("gate", GateRun)
_EFFECT = Form("effect", Annotated[Effect, Discriminator("kind")])
# Writing need not ask which of all effects it is, as reading must: that takes as long again.
_WRITTEN_EFFECTS: dict[type[Effect], Form] = {}
_FACTS = Form("list of facts", tuple[Fact, ...])
# The kind of an input is no field of it: it has a column of its own.
_INPUTS = {shape.kind: Form(shape.kind, shape) for shape in get_args(Input)}


def write_gate(gate: GateRun | None) -> str | None:
    """A gate's hot state; None when no gate runs."""
    return None if gate is None else _GATE.write(gate)


def read_gate(text: str | None) -> GateRun | None:
    """The gate again, or None. Raises Unreadable."""
    gate: GateRun | None = None if text is None else _GATE.read(text)
    return gate


def write_input(happened: Input) -> tuple[str, str, bytes | None]:
    """(kind, JSON, packed readings) of something that happened; the readings of looks are many and go apart, None for all else.

    Raises Unreadable for an input that could not be read back: what the rules make of it could not be either.
    """
    packed = None
    if isinstance(happened, Backfilled):
        packed = pack_looks(look.readings for look in happened.looks)
        happened = replace(happened, looks=tuple(replace(look, readings=()) for look in happened.looks))
    if isinstance(happened, Measured):
        packed = pack_readings(happened.readings)
        happened = replace(happened, readings=())
    return happened.kind, _INPUTS[happened.kind].write(happened, proof=True), packed


def read_input(kind: str, text: str, packed: bytes | None) -> Input:
    """The input again. Raises Unreadable, also for a kind this program does not know."""
    if kind not in _INPUTS:
        raise Unreadable(f"an input of kind '{kind}' is not known to this program")
    happened: Input = _INPUTS[kind].read(text)
    if isinstance(happened, Measured) and packed is not None:
        return replace(happened, readings=unpack_readings(packed))
    if isinstance(happened, Backfilled) and packed is not None:
        found = unpack_looks(packed)
        if len(found) != len(happened.looks):
            raise Unreadable("stored readings cannot be read: they are not those of these looks")
        looks = zip(happened.looks, found, strict=True)
        return replace(happened, looks=tuple(replace(look, readings=seen) for look, seen in looks))
    return happened


def write_effect(effect: Effect) -> str:
    """An effect with its kind."""
    form = _WRITTEN_EFFECTS.get(type(effect))
    if form is None:
        form = _WRITTEN_EFFECTS[type(effect)] = Form("effect", type(effect))
    return form.write(effect)


def read_effect(text: str) -> Effect:
    """The effect again. Raises Unreadable."""
    effect: Effect = _EFFECT.read(text)
    return effect


def write_facts(facts: tuple[Fact, ...]) -> str:
    """Facts in their order."""
    return _FACTS.write(facts)


def read_facts(text: str) -> tuple[Fact, ...]:
    """The facts again. Raises Unreadable."""
    facts: tuple[Fact, ...] = _FACTS.read(text)
    return facts
