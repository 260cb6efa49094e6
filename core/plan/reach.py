"""What a plan asks of a source must be something that kind of source can do, and be written the way that kind wants it.

Names that do not exist are passed over here: `core.plan.references` reports them. It must not know how a source is reached.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from core.plan import models as m
from core.plan.fields import parse_field
from core.plan.problems import Finding, Path
from core.plan.walk import parts
from core.plan.wording import sentence

# Parts that only one kind of source can serve.
_ONLY: dict[type[BaseModel], str] = {
    m.HttpAct: "http",
    m.HttpCheck: "http",
    m.Webhook: "http",
    m.Email: "smtp",
    m.KubernetesAct: "kubernetes",
    m.KubernetesCheck: "kubernetes",
}
# Parts that several can, and the keys each of them may be asked with.
_PLACES: dict[type[BaseModel], dict[str, tuple[str, ...]]] = {
    m.Metric: {"http": ("get",), "kubernetes": ("object",)},
    m.ReadWeight: {"http": ("get",), "kubernetes": ("object", "replicas")},
}


def out_of_reach(plan: m.Plan) -> Iterator[Finding]:
    """Everything that asks a source for what it cannot do."""
    for path, part in parts(plan):
        kind = _kind(plan, part)
        only = _ONLY.get(type(part))
        if kind is not None and only is not None and only != kind:
            source = getattr(part, "source", "")
            yield Finding(
                (*path, "source"),
                f"'{source}' is a {kind} source, and this asks for {only}.",
                f"Name a {only} source.",
            )
        if kind is not None and type(part) in _PLACES:
            yield from _places(part, path, kind)
        if isinstance(part, m.Metric) and kind == "kubernetes" and part.kind != "gauge":
            yield Finding(
                path, "Objects of a cluster hold no counters of requests.", "Write it as a 'gauge'."
            )
        if isinstance(part, m.SetFields):
            yield from _fields(part, path)
    yield from _shares(plan)


def _kind(plan: m.Plan, part: BaseModel) -> str | None:
    source = plan.sources.get(str(getattr(part, "source", "")))
    return None if source is None else source.kind


def _places(part: BaseModel, path: Path, kind: str) -> Iterator[Finding]:
    places = _PLACES[type(part)]
    if kind not in places:
        return
    foreign = [
        key
        for keys in places.values()
        for key in keys
        if key not in places[kind] and getattr(part, key) is not None
    ]
    if foreign:
        yield Finding(
            (*path, foreign[0]),
            f"A {kind} source is not asked with '{foreign[0]}'.",
            f"Write {' or '.join(repr(key) for key in places[kind])}.",
        )
    elif all(getattr(part, key) is None for key in places[kind]):
        yield Finding(
            path, f"It is not said where the {kind} source has it.", f"Add '{places[kind][0]}: ...'."
        )


def _fields(part: m.SetFields, path: Path) -> Iterator[Finding]:
    for field in part.fields:
        try:
            parse_field(field)
        except ValueError as wrong:
            yield Finding((*path, "fields", field), sentence(str(wrong)))


def _shares(plan: m.Plan) -> Iterator[Finding]:
    """A ratio of pods knows no halves: every share of the plan must be a whole number of them."""
    action = plan.actions.get(plan.traffic.set) if plan.traffic is not None else None
    ratio = (
        action.kubernetes.replicas_by_weight if action is not None and action.kubernetes is not None else None
    )
    if ratio is None:
        return
    for path, part in parts(plan):
        share, key = (part.to, "to") if isinstance(part, m.SetTraffic) else (0, "")
        if isinstance(part, m.Stage):
            share, key = part.weight, "weight"
        if share * ratio.total % 100:
            yield Finding(
                (*path, key),
                f"{share} % of {ratio.total} pods is no whole number of pods.",
                "Choose another share, or another 'total'.",
            )
