"""What ion-api's answers mean: its weight, its components, its counters, in facts and in words.

A value that is not there is said to be missing; it is never read as zero or as healthy. It must not ask the service.
"""

from __future__ import annotations

from typing import Any

from sandbox.scripts.ion_service import Failed


def components_words(said: dict[str, Any]) -> str:
    """Each component with its state."""
    parts = said.get("components")
    if not isinstance(parts, dict):
        return "no components named"
    return ", ".join(f"{name} {one.get('status')}" for name, one in parts.items() if isinstance(one, dict))


def health_detail(said: dict[str, Any]) -> str:
    """What stands behind a health answer, in brackets; empty when it says no more than its state."""
    if "components" in said:
        return f" ({components_words(said)})"
    pods = said.get("pods")
    return f" ({pods.get('ready')} of {pods.get('wanted')} pods ready)" if isinstance(pods, dict) else ""


def tracks(said: dict[str, Any]) -> dict[str, Any]:
    """The tracks that the metrics hold; a track without data is not among them."""
    found = said.get("tracks")
    return found if isinstance(found, dict) else {}


def weight(config: dict[str, Any]) -> int:
    """The percentage the canary gets; Failed when the settings do not say it, because unknown is not zero."""
    enabled, percentage = config.get("enabled"), config.get("canary_percentage")
    if not isinstance(enabled, bool) or not isinstance(percentage, int):
        raise Failed("The canary's settings do not say whether it is enabled, or at how many percent.")
    return percentage if enabled else 0


def traffic_words(config: dict[str, Any]) -> str:
    """The split of the traffic, in words."""
    share = weight(config)
    return f"canary {share} %, control {100 - share} %"


def track_facts(reading: dict[str, Any]) -> tuple[dict[str, object], str]:
    """One track's counters and gauges as facts and as a line; LookupError, TypeError or ValueError when they are malformed."""
    requests, errors = int(reading["requests"]), int(reading["errors"])
    facts: dict[str, object] = {"requests": requests, "errors": errors}
    line = f"{requests} requests, {errors} errors"
    if requests > 0:
        buckets = [(str(label), int(count)) for label, count in reading["latency_ms_buckets"]]
        facts["error_percent"] = round(100 * errors / requests, 4)
        line += f" ({facts['error_percent']:.2f} %)"
        for share in (50, 95, 99):
            facts[f"p{share}_ms"] = value = _quantile(buckets, share / 100)
            line += f", P{share} {f'{value:.0f} ms' if value is not None else 'above the last bucket'}"
    else:
        line += ", so there is no error rate and no percentile yet"
    pods = reading["pods"]
    facts |= {
        "memory_percent": float(reading["memory_percent"]),
        "cpu_percent": float(reading["cpu_percent"]),
    }
    facts["pods"] = {"ready": int(pods["ready"]), "wanted": int(pods["wanted"])}
    line += f", memory {facts['memory_percent']:.1f} %, CPU {facts['cpu_percent']:.1f} %"
    return facts, f"{line}, pods {pods['ready']} of {pods['wanted']} ready."


def _quantile(buckets: list[tuple[str, int]], share: float) -> float | None:
    """In ms, linear within a bucket as Prometheus' histogram_quantile does; None when it lies in the open last one."""
    rank = share * buckets[-1][1]
    low, before = 0.0, 0
    for label, reached in buckets:
        if reached >= rank and reached > before:
            if label == "+Inf":
                return None
            high = float(label)
            return round(low + (high - low) * (rank - before) / (reached - before), 1)
        if label != "+Inf":
            low = float(label)
        before = reached
    raise ValueError("the buckets hold no requests")
