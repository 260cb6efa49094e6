"""Every `$name` in a plan has a value where it stands, and every input can be asked for.

Secrets (`${NAME}`) stay where adapters resolve them, so they never reach the outbox or the journal.
It must not know how a variable is filled in: that is `core.plan.variables`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from core.plan import models as m
from core.plan.problems import Finding, Path, did_you_mean
from core.plan.queries import over_prometheus
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
        if name in ("weight", "track", "window") or names_in(f"${name}") != [name]:
            yield Finding(
                path,
                f"An input cannot be called '{name}'.",
                "Use letters, digits and '-', and neither 'weight', 'track' nor 'window'.",
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
            advice = "Secrets stand in sources (url, headers) and in programs only."
            yield Finding(path, "'${...}' is not filled in here.", advice)
        for name in names_in(text):
            if name not in known:
                advice = did_you_mean(name, known, "Write '$$' for a plain dollar sign.")
                yield Finding(
                    path,
                    f"'${name}' has no value here.",
                    advice.replace("'", "'$", 1) if advice.startswith("Did") else advice,
                )


def _texts(plan: m.Plan) -> Iterator[tuple[Path, str, list[str]]]:
    inputs = list(plan.inputs)
    for path, part in parts(plan):
        given = path[:1] == ("actions",) or path[:2] == ("rollback", "healthy") or "confirm" in path
        weight = ["weight"] if given else []
        if isinstance(part, m.Command):
            yield from _inner(part.args, (*path, "args"), [*inputs, *weight])
        elif isinstance(part, m.HttpAct):
            yield from _inner(part.path, (*path, "path"), [*inputs, *weight])
            yield from _inner(part.body, (*path, "body"), [*inputs, *weight])
        elif isinstance(part, m.HttpCheck):
            yield from _inner(part.get, (*path, "get"), [*inputs, *weight])
            yield from _inner(part.json_, (*path, "json"), [*inputs, *weight])
        elif path[:1] == ("metrics",) and over_prometheus(plan, str(path[1])):
            continue  # PromQL: core.plan.queries knows where a variable may stand in it
        elif isinstance(part, m.Metric | m.Ratio | m.Quantile | m.ReadWeight):
            known = [] if isinstance(part, m.ReadWeight) else ["track"]
            expressions = (
                (key, value) for key, value in keyed(part) if key not in ("title", "source", "unit")
            )
            for key, value in expressions:
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
