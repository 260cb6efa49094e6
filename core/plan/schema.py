"""The plan language as a JSON Schema, for editors: completion, descriptions, and a red line under a wrong key.

Generated from the models, so it cannot say anything else than they do. An editor sees one file at a time: what needs the
whole plan (names, order, units) is left to `core.plan.parse`. It must not know where the schema is kept.
"""

from __future__ import annotations

import json
from typing import Any

from core.plan.kubernetes import VERBS, WORKLOADS
from core.plan.models import Plan

DRAFT = "https://json-schema.org/draft/2020-12/schema"
# Parts of which exactly one of some keys must be there.
_ONE_OF: dict[str, tuple[str, ...]] = {
    "Rule": ("below", "above", "growth-below"),
    "MetricCheck": ("below", "above", "at-least-baseline"),
    "MetricCriterion": ("below", "above", "at-least-baseline"),
    "Audience": ("channel", "email", "webhook"),
    "Check": ("http", "metric", "run", "kubernetes", "prometheus"),
    "Ratio": ("bad", "good"),
    "PrometheusCheck": ("rules", "targets", "alerts", "query"),
    "Metric": ("ratio", "quantile", "gauge", "rate"),
    "Action": ("command", "http", "kubernetes"),
    "Source": ("http", "kubernetes", "prometheus", "smtp"),
    "KubernetesAct": VERBS,
    "ReadWeight": ("get", "object", "replicas"),
    "Patch": ("merge", "json", "strategic"),
    "Apply": ("file", "manifest"),
    "Logs": (*WORKLOADS, "selector"),
    **dict.fromkeys(("SetImage", "SetEnv", "Restart", "Wait", "Undo", "Scale"), WORKLOADS),
    "Criterion": ("metric", "holds", "item", "category"),
}


def plan_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) as plain values, ready for `json.dumps`."""
    schema = _without_titles(Plan.model_json_schema(by_alias=True, mode="validation"))
    parts = schema["$defs"]
    parts["Text"] = {
        "description": parts["Text"]["description"],
        "anyOf": [
            {"type": "string", "minLength": 1, "maxLength": 3000},
            {key: value for key, value in parts["Text"].items() if key != "description"},
        ],
    }
    parts["Program"] = {
        "description": parts["Program"]["description"],
        "anyOf": [
            {"type": "string", "minLength": 1},
            {key: value for key, value in parts["Program"].items() if key != "description"},
        ],
    }
    for name, keys in _ONE_OF.items():
        parts[name]["oneOf"] = [{"required": [key]} for key in keys]
    return {"$schema": DRAFT, "title": "A plan of Deploy Captain", **schema}


def _without_titles(value: Any) -> Any:
    """The titles pydantic makes from names say nothing new. A key that is itself called 'title' stays."""
    if isinstance(value, list):
        return [_without_titles(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_titles(inner)
        for key, inner in value.items()
        if key != "title" or isinstance(inner, dict)
    }


def schema_text() -> str:
    """The schema as the file that is shipped: `plans/plan.schema.json`."""
    return json.dumps(plan_schema(), indent=1, ensure_ascii=False) + "\n"
