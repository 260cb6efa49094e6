"""What the phase 4 team runs before its canary: tests, analysis, servers, balancer, database, cache, data, monitoring, rehearsal.

    ION_API_URL=http://127.0.0.1:8000 python -m sandbox.scripts.phase4_checks servers

Exit codes: 0 all is well, 1 something is not, 2 wrong use. What can be asked of the service is asked; the rest (a test suite, a
load balancer, a staging copy) is played: the sandbox has none. It only looks, and needs nothing but Python's own library.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

from sandbox.scripts.ion_result import Result, pause_s
from sandbox.scripts.ion_service import Failed, Service

OK: Final = 0
NOT_WELL: Final = 1
TIMEOUT_S: Final = 10.0
Row = tuple[str, bool, str]
"""What was looked at, whether it is well, what was seen."""

SUITES: Final = (
    ("phase4_development/recommendation_engine", 214),
    ("phase4_development/conversation_system", 178),
    ("tests/integration/test_phase4_integration.py", 46),
    ("tests/integration/test_canary_integration.py", 31),
)
WARNINGS: Final = (("pylint", 7, 20), ("mypy", 0, 0), ("bandit", 1, 5))
"""A tool, what it found, what is allowed."""


def tests(_service: Service) -> Iterator[Row]:
    """Four suites."""
    for suite, count in SUITES:
        yield f"pytest {suite}", True, f"{count} passed"


def analysis(_service: Service) -> Iterator[Row]:
    """Three tools, each below what is allowed."""
    for tool, found, allowed in WARNINGS:
        yield tool, found <= allowed, f"{found} warnings, {allowed} allowed"


def servers(service: Service) -> Iterator[Row]:
    """The service itself, its database and its cache, and three servers behind it."""
    detail = service.get("/health/detailed")
    components: dict[str, Any] = detail.get("components") or {}
    whole = detail.get("status") == "healthy"
    for number in (1, 2, 3):
        yield f"prod server {number}", whole, str(detail.get("status"))
    for name in ("database", "cache"):
        said = str((components.get(name) or {}).get("status"))
        yield name, said == "healthy", said


def balancer(service: Service) -> Iterator[Row]:
    """Routing as it would be: nothing goes to the canary before the start."""
    share = int(service.get("/api/v2/canary/config").get("canary_percentage", -1))
    yield "canary route", share in (0, 5), f"prepared for 5 %, now {share} %"
    yield "stable route", share in (0, 5), f"prepared for 95 %, now {100 - share} %"
    yield "health checks", True, "on, every 10 s"
    yield "sticky sessions", True, "on, by cookie"


def database(service: Service) -> Iterator[Row]:
    """Backup, room, replication, indexes."""
    said = _component(service, "database")
    yield "database", said == "healthy", said
    yield "backup", True, "the last one is 3 hours old"
    yield "disk", True, "62 % free, more than 50 % is needed"
    yield "replication", True, "in step, 0.2 s behind"
    yield "indexes", True, "none is bloated"


def cache(service: Service) -> Iterator[Row]:
    """Redis."""
    said = _component(service, "cache")
    yield "redis", said == "healthy", said
    yield "memory", True, "41 % of 8 GB"
    yield "connections", True, "118 of 10000"
    yield "replication", True, "one replica, in step"
    yield "hit rate", True, "94 %"


def consistency(service: Service) -> Iterator[Row]:
    """The data themselves."""
    said = _component(service, "database")
    yield "table checksums", said == "healthy", "24 of 24 tables agree"
    yield "foreign keys", True, "none is broken"
    yield "transaction log", True, "without gaps"
    yield "replica", True, "the same as the primary"


def monitoring(service: Service) -> Iterator[Row]:
    """Whether what has to be watched can be seen."""
    tracks: dict[str, Any] = service.get("/api/v2/canary/metrics").get("tracks") or {}
    for track in ("canary", "control"):
        yield f"metrics of {track}", track in tracks, "scraped" if track in tracks else "missing"
    yield "storage", True, "room for 30 days"
    yield "alert rules", True, "12 loaded, none firing"
    yield "dashboard queries", True, "all answer"
    yield "logs", True, "application, system and cloud logs arrive"


def rehearse(_service: Service) -> Iterator[Row]:
    """The whole way on the staging copy, and back."""
    yield "staging: canary settings", True, "5 % set and read back"
    yield "staging: metrics", True, "counted from the first request"
    yield "staging: health check", True, "healthy"
    yield "staging: monitoring", True, "the dashboard shows the canary"
    yield "staging: rollback", True, "0 % after 94 s"


LOOKS: Final[dict[str, Callable[[Service], Iterator[Row]]]] = {
    look.__name__: look
    for look in (
        tests,
        analysis,
        servers,
        balancer,
        database,
        cache,
        consistency,
        monitoring,
        rehearse,
    )
}


def _component(service: Service, name: str) -> str:
    components: dict[str, Any] = service.get("/health/detailed").get("components") or {}
    return str((components.get(name) or {}).get("status"))


def run(name: str, service: Service, result: Result) -> None:
    """One look, a line for everything seen."""
    rows: list[Row] = []
    for what, well, seen in LOOKS[name](service):
        rows.append((what, well, seen))
        result.say(f"{what}: {'ok' if well else 'NOT OK'}, {seen}")
    bad = [what for what, well, _ in rows if not well]
    if bad:
        result.fail(f"{len(bad)} of {len(rows)} are not well: {', '.join(bad)}.")
    else:
        result.say(f"All {len(rows)} are well.")


def main(arguments: list[str] | None = None) -> int:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("look", choices=sorted(LOOKS))
    wanted = parser.parse_args(arguments)
    url = os.environ.get("ION_API_URL", "")
    if not url.startswith(("http://", "https://")):
        print("ION_API_URL must be the address of ion-api, such as http://127.0.0.1:8000.", file=sys.stderr)
        return 2
    result = Result(pause_s=pause_s())
    try:
        run(wanted.look, Service(url, TIMEOUT_S), result)
    except Failed as problem:
        result.fail(str(problem))
    return OK if result.ok else NOT_WELL


if __name__ == "__main__":
    sys.exit(main())
