"""One reading of the service, said twice: as the JSON of its metrics endpoint and as Prometheus text.

Both come from the same counters, so they can never disagree. It must not know how the numbers came about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sandbox.service.config import CanaryConfig
from sandbox.service.faults import Track
from sandbox.service.latency import LABELS_MS, LABELS_S
from sandbox.service.traffic import TrackReading

POD_GB = 2.5
"""What a pod may use of memory; `memory_percent` is of this."""

Readings = Mapping[Track, TrackReading]


def metrics_json(
    readings: Readings, config: CanaryConfig, begin: datetime, at: datetime
) -> dict[str, object]:
    """Counters since `begin`, never rates; a track without data is not there."""
    answer: dict[str, object] = {
        "plan_time": at.isoformat(),
        "window": {"from": begin.isoformat(), "to": at.isoformat()},
        "tracks": {track: _track_json(reading) for track, reading in readings.items()},
        "traffic": {"canary": config.weight, "control": 100 - config.weight},
    }
    if "canary" in readings:
        answer["canary"] = {"request_count": readings["canary"].requests}
    return answer


def _track_json(reading: TrackReading) -> dict[str, object]:
    return {
        "requests": reading.requests,
        "errors": reading.errors,
        "served": reading.requests - reading.errors,
        "latency_ms_buckets": [list(pair) for pair in zip(LABELS_MS, reading.latency_buckets, strict=True)],
        "latency_ms_sum": reading.latency_sum_ms,
        "recommendation_ms_buckets": [
            list(pair) for pair in zip(LABELS_MS, reading.recommendation_buckets, strict=True)
        ],
        "recommendation_ms_sum": reading.recommendation_sum_ms,
        "memory_percent": reading.memory_percent,
        "memory_gb": round(reading.memory_percent * POD_GB / 100, 3),
        "cpu_percent": reading.cpu_percent,
        "pods": {"ready": reading.pods_ready, "wanted": reading.pods_wanted},
    }


def metrics_text(readings: Readings, config: CanaryConfig, stable_version: str) -> str:
    """The Prometheus text format 0.0.4; times in seconds."""
    return "\n".join(_lines(readings, config, stable_version)) + "\n"


def _lines(readings: Readings, config: CanaryConfig, stable_version: str) -> Iterator[str]:
    yield from _family("http_requests_total", "counter", "Requests answered, by track and status code.")
    for track, one in readings.items():
        yield f'http_requests_total{{track="{track}",code="200"}} {one.requests - one.errors}'
        yield f'http_requests_total{{track="{track}",code="500"}} {one.errors}'
    yield from _family("http_request_duration_seconds", "histogram", "Time to answer a request.")
    for track, one in readings.items():
        yield from _histogram("http_request_duration_seconds", track, one.latency_buckets, one.latency_sum_ms)
    yield from _family(
        "recommendation_duration_seconds", "histogram", "Time of one call of the recommendation engine."
    )
    for track, one in readings.items():
        yield from _histogram(
            "recommendation_duration_seconds", track, one.recommendation_buckets, one.recommendation_sum_ms
        )
    yield from _gauges("process_memory_percent", "Memory in use.", _by_track(readings, "memory_percent"))
    yield from _gauges("process_cpu_percent", "CPU in use.", _by_track(readings, "cpu_percent"))
    yield from _gauges("pods_ready", "Pods that answer.", _by_track(readings, "pods_ready"))
    yield from _gauges("pods_wanted", "Pods there should be.", _by_track(readings, "pods_wanted"))
    yield from _gauges("canary_weight", "Percent of requests that the canary gets.", [("", config.weight)])
    labels = f'{{version="{_label(stable_version)}",canary_version="{_label(config.version)}"}}'
    yield from _gauges("ion_api_info", "What is running.", [(labels, 1)])


def _by_track(readings: Readings, field: str) -> list[tuple[str, float]]:
    return [(f'{{track="{track}"}}', getattr(reading, field)) for track, reading in readings.items()]


def _family(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"


def _histogram(name: str, track: Track, buckets: tuple[int, ...], sum_ms: float) -> Iterator[str]:
    for label, count in zip(LABELS_S, buckets, strict=True):
        yield f'{name}_bucket{{track="{track}",le="{label}"}} {count}'
    yield f'{name}_sum{{track="{track}"}} {sum_ms / 1000:.4f}'
    yield f'{name}_count{{track="{track}"}} {buckets[-1]}'


def _gauges(name: str, text: str, values: Iterable[tuple[str, float]]) -> Iterator[str]:
    yield from _family(name, "gauge", text)
    for labels, value in values:
        yield f"{name}{labels} {value}"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
