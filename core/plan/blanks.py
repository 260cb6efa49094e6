"""Every `$name` in a plan has a value where it stands, and every input can be asked for.

Secrets (`${NAME}`) stay where adapters resolve them, so they never reach the outbox or the journal.
It must not know how a variable is filled in: that is `core.plan.variables`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from core.plan import models as m
from core.plan.audiences import SUBJECT, TEXT
from core.plan.problems import Finding, Path, did_you_mean
from core.plan.queries import speaks_jmespath
from core.plan.variables import names_in
from core.plan.walk import keyed, parts

_SECRET = re.compile(r"\$\{[^}]*\}?")


def unfilled(plan: m.Plan) -> Iterator[Finding]:
    """Everything about inputs and variables that cannot work as it is written."""
    yield from _inputs(plan)
    yield from _variables(plan)


def _inputs(plan: m.Plan) -> Iterator[Finding]:
    for name, asked in plan.inputs.items():
        path: Path = ("inputs", name)
        if name in ("weight", "rest", "track", "window") or names_in(f"${name}") != [name]:
            yield Finding(
                path,
                f"An input cannot be called '{name}'.",
                "Use letters, digits and '-', and not 'weight', 'rest', 'track' or 'window'.",
            )
        if asked.pattern is None:
            continue
        try:
            pattern = re.compile(asked.pattern)
        except (re.error, RecursionError, OverflowError) as wrong:
            yield Finding(
                (*path, "pattern"),
                f"The pattern is not a regular expression: {wrong}.",
                r"Write it like 'v\d+\.\d+\.\d+'.",
            )
            continue
        if asked.example and not pattern.fullmatch(asked.example):
            yield Finding(
                (*path, "example"),
                f"The example '{asked.example[:60]}' does not match the pattern.",
                "Change one of the two.",
            )


def _variables(plan: m.Plan) -> Iterator[Finding]:
    """Whether every `$name` has a value where it stands, and whether `${SECRET}` stays where adapters resolve it."""
    for path, text, known in _texts(plan):
        if _SECRET.search(text):
            advice = "Secrets stand in sources (url, headers, auth, tls) and in programs only."
            yield Finding(path, "'${...}' is not filled in here.", advice)
        for name in names_in(text):
            if name not in known:
                advice = did_you_mean(name, known, "Write '$$' for a plain dollar sign.")
                yield Finding(
                    path,
                    f"'${name}' has no value here.",
                    advice.replace("'", "'$", 1) if advice.startswith("Did") else advice,
                )


def _without_queries(plan: m.Plan) -> Iterator[tuple[Path, BaseModel]]:
    """Every part but PromQL: `core.plan.queries` knows where a variable may stand in that. Without its source nobody knows in which
    language a metric speaks."""
    for path, part in parts(plan):
        if path[:1] != ("metrics",) or speaks_jmespath(plan, str(path[1])):
            yield path, part


def _texts(plan: m.Plan) -> Iterator[tuple[Path, str, list[str]]]:
    inputs = list(plan.inputs)
    for path, part in _without_queries(plan):
        given = path[:1] == ("actions",) or path[:2] == ("rollback", "healthy") or _of_traffic(path)
        weight = ["weight"] if given else []
        yield from _requests(part, path, inputs, weight)
        if isinstance(part, m.Command):
            yield from _keys(part, path, ("args", "dry-run"), [*inputs, *weight])
            yield from _inner(part.folder, (*path, "folder"), [])
        elif isinstance(part, m.HttpCheck):
            yield from _keys(part, path, ("get", "head", "json", "header"), [*inputs, *weight])
        elif isinstance(part, m.Comparison):
            yield from _inner(part.contains, (*path, "contains"), [*inputs, *weight])
        elif isinstance(part, m.KubernetesAct | m.KubernetesCheck):
            rest = ["rest"] if weight and isinstance(part, m.KubernetesAct) else []
            values = part.model_dump(mode="json", by_alias=True, exclude_none=True)
            yield from _inner(values, path, [*inputs, *weight, *rest])
        elif isinstance(part, m.Metric | m.Ratio | m.Quantile | m.ReadWeight):
            known = [] if isinstance(part, m.ReadWeight) else ["track"]
            expressions = (
                (key, value) for key, value in keyed(part) if key not in ("title", "source", "unit")
            )
            for key, value in expressions:
                plain = (
                    value.model_dump(exclude_none=True)
                    if isinstance(value, m.Resource | m.Replicas)
                    else value
                )
                yield from _inner(plain, (*path, key), known)


def _of_traffic(path: Path) -> bool:
    """Whether it is a confirmation of a share that was set: a run has none."""
    return "confirm" in path and "run" not in path[:5]


def _requests(
    part: BaseModel, path: Path, inputs: list[str], weight: list[str]
) -> Iterator[tuple[Path, str, list[str]]]:
    if isinstance(part, m.HttpAct):
        yield from _keys(part, path, ("path", "body", "headers"), [*inputs, *weight])
    elif isinstance(part, m.HttpDryRun):
        yield from _keys(part, path, ("path", "query", "body"), [*inputs, *weight])
    elif isinstance(part, m.Webhook):
        yield from _keys(part, path, ("path", "headers"), inputs)
        yield from _keys(part, path, ("body",), [*inputs, TEXT, SUBJECT])


def _keys(
    part: BaseModel, path: Path, keys: tuple[str, ...], known: list[str]
) -> Iterator[tuple[Path, str, list[str]]]:
    for key, value in keyed(part):
        if key in keys:
            yield from _inner(value, (*path, key), known)


def _inner(value: Any, path: Path, known: list[str]) -> Iterator[tuple[Path, str, list[str]]]:
    if isinstance(value, str):
        yield path, value, known
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _inner(inner, (*path, key), known)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _inner(inner, (*path, index), known)
