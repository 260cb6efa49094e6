"""The deployment script of ion-api: check it, open its canary, read its metrics, roll it back.

    ION_API_URL=http://127.0.0.1:8000 python -m sandbox.scripts.phase4_deployment_automation check

Exit codes: 0 done, 1 failed, 2 wrong use. Its lines are plain sentences, printed as they become true, so that they can
stand as evidence and be followed; `--json` gives the same result as one JSON object at the end. A change counts as done only when a fresh read of the service says so. It needs
nothing but Python's own library, and it must not know what asked for it. With ION_STEP_SECONDS a change takes its time
from line to line, for somebody who watches.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.parse
from collections.abc import Callable
from typing import Any, Final

from sandbox.scripts.ion_reading import (
    health_detail,
    track_facts,
    tracks,
    traffic_words,
    weight,
)
from sandbox.scripts.ion_result import Result, pause_s
from sandbox.scripts.ion_service import Failed, Service

DONE: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2
_CONFIG: Final = "/api/v2/canary/config"
_ROLLBACK: Final = "/api/v2/canary/rollback"
_METRICS: Final = "/api/v2/canary/metrics"
_OLDEST_PYTHON: Final = (3, 11)


# ---------------------------------------------------------------------------------------------- commands


def check(service: Service, _options: argparse.Namespace, result: Result) -> None:
    """Whether everything that a deployment needs is there; changes nothing."""
    rows = [
        _python_row(),
        _row("service health", service, "/health", _healthy),
        _row("components", service, "/health/detailed", _healthy),
        _row("canary settings", service, _CONFIG, traffic_words),
        _row("metrics", service, _METRICS, _both_tracks),
    ]
    width = max(len(name) for name, _, _ in rows)
    for name, ok, found in rows:
        result.say(f"{name:<{width}}  {'ok' if ok else 'FAILED':<6}  {found}")
    result.facts["checks"] = [{"name": name, "ok": ok, "detail": found} for name, ok, found in rows]
    bad = [name for name, ok, _ in rows if not ok]
    if bad:
        result.fail(f"{len(bad)} of {len(rows)} checks did not pass: {', '.join(bad)}.")
    else:
        result.say(f"All {len(rows)} checks passed.")


def enable_canary(service: Service, options: argparse.Namespace, result: Result) -> None:
    """Send `--traffic` percent of the requests to the canary, and prove it. `--dry-run` only says what would happen."""
    wanted: int = options.traffic
    try:
        state = service.get("/health").get("status")
        before = traffic_words(service.get(_CONFIG))
    except Failed as problem:
        raise Failed(f"{problem} Nothing was changed.") from None
    result.say(f"Before: the service is {state}; {before}.")
    if state != "healthy":
        raise Failed("The service does not call itself healthy, so no traffic is moved. Nothing was changed.")
    wish: dict[str, object] = {"enabled": True, "canary_percentage": wanted}
    if options.dry_run:
        result.facts["dry_run"] = True
        result.say(
            f"Dry run: POST {_CONFIG} {json.dumps(wish)} would be sent, then the settings would be read again."
        )
        result.say(
            f"Dry run: the canary would get {wanted} % and control {100 - wanted} %. Nothing was changed."
        )
        return
    result.say(f"The service is asked for {wanted} %.")
    now, lost = _change(service, _CONFIG, wish, options.idempotency_key)
    result.facts["config"] = now
    if weight(now) != wanted:
        why = lost or "The service took the change, but a fresh read shows something else."
        result.fail(f"{why} Now: {traffic_words(now)}; {wanted} % were asked for.")
        return
    if lost:
        result.say(f"The answer did not arrive ({lost}), but a fresh read shows the change.")
    result.say(f"After: {traffic_words(now)} (settings revision {now.get('revision')}).")
    result.say(f"The canary now gets {wanted} % of the traffic.")


def roll_back(service: Service, options: argparse.Namespace, result: Result) -> None:
    """Take all traffic from the canary, and prove it. `--dry-run` only says what would happen."""
    before = _settings_before(service, result, forced=options.force)
    if options.dry_run:
        result.facts["dry_run"] = True
        result.say(f"Dry run: POST {_ROLLBACK} would be sent, then the settings would be read again.")
        result.say("Dry run: the canary would get 0 % and control 100 % of the traffic. Nothing was changed.")
        return
    if before is not None and before["enabled"] is False and not options.force:
        result.facts["config"] = before
        result.say("There is nothing to roll back: the canary is off. --force sends the rollback anyway.")
        return
    now, lost = _change(service, _ROLLBACK, {}, options.idempotency_key)
    result.facts["config"] = now
    if weight(now) != 0:
        result.fail(f"{lost or 'The rollback was taken, but it has no effect.'} Now: {traffic_words(now)}.")
        return
    if lost:
        result.say(f"The answer to the rollback: {lost} A fresh read shows no traffic on the canary.")
    result.say(f"After: {traffic_words(now)} (settings revision {now.get('revision')}).")
    result.say("Rolled back: control gets all traffic.")


def status(service: Service, _options: argparse.Namespace, result: Result) -> None:
    """Health, split of the traffic and pods, as they are now."""
    config = service.get(_CONFIG)
    result.facts["config"] = config
    result.say(f"Traffic: {traffic_words(config)} (canary version {config.get('version')}).")
    for name, path in (
        ("Service", "/health"),
        ("Components", "/health/detailed"),
        ("Canary", "/api/v2/phase4/health"),
    ):
        try:
            said = service.get(path)
        except Failed as problem:
            result.fail(f"{name}: {problem}")
            continue
        result.facts[name.lower()] = said
        line = f"{name}: {said.get('status', 'of unknown health')}{health_detail(said)}."
        if said.get("status") == "healthy":
            result.say(line)
        else:
            result.fail(line)


def metrics(service: Service, _options: argparse.Namespace, result: Result) -> None:
    """Requests, errors, percentiles and resources of both tracks since the service began to count."""
    said = service.get(_METRICS)
    window = said.get("window")
    since = window.get("from") if isinstance(window, dict) else None
    result.say(
        f"Counted from {since or 'an unknown moment'} to {said.get('plan_time', 'an unknown moment')}."
    )
    found: dict[str, object] = {}
    for track in ("canary", "control"):
        one = tracks(said).get(track)
        if one is None:
            result.fail(f"{track}: no data. Missing data say nothing about its health.")
            continue
        try:
            found[track], line = track_facts(one)
        except (LookupError, TypeError, ValueError):
            result.fail(
                f"{track}: the data cannot be read; the service answered in another form than expected."
            )
        else:
            result.say(f"{track}: {line}")
    result.facts["tracks"] = found
    result.facts["traffic"] = said.get("traffic")


# ---------------------------------------------------------------------------------------------- parts of commands


def _change(
    service: Service, path: str, body: dict[str, object], key: str | None
) -> tuple[dict[str, Any], str | None]:
    """Send a change, then read afresh: the settings now, and what went wrong with the answer, if anything did."""
    lost = None
    try:
        service.post(path, body, key)
    except Failed as problem:
        lost = str(problem)
    try:
        return service.get(_CONFIG), lost
    except Failed as problem:
        sent = f"{lost} " if lost else ""
        raise Failed(
            f"{sent}{problem} So it is not known whether the change was made; read the status."
        ) from None


def _settings_before(service: Service, result: Result, *, forced: bool) -> dict[str, Any] | None:
    try:
        config = service.get(_CONFIG)
        result.say(f"Before: {traffic_words(config)}.")
    except Failed as problem:
        if not forced:
            raise Failed(
                f"{problem} Nothing was changed; --force rolls back without looking first."
            ) from None
        result.say(f"Before: unknown ({problem}) Going on, because --force was given.")
        return None
    return config


def _python_row() -> tuple[str, bool, str]:
    found = sys.version_info[:2]
    return "python", found >= _OLDEST_PYTHON, f"{found[0]}.{found[1]} (3.11 or newer is needed)"


def _row(
    name: str, service: Service, path: str, words: Callable[[dict[str, Any]], str]
) -> tuple[str, bool, str]:
    try:
        said = service.get(path)
        return name, True, words(said)
    except Failed as problem:
        return name, False, str(problem)


def _healthy(said: dict[str, Any]) -> str:
    if said.get("status") != "healthy":
        raise Failed(f"{said.get('status', 'of unknown health')}{health_detail(said)}")
    return f"healthy{health_detail(said)}"


def _both_tracks(said: dict[str, Any]) -> str:
    missing = [track for track in ("canary", "control") if track not in tracks(said)]
    if missing:
        raise Failed(f"no data of {' and '.join(missing)}")
    return "data of canary and control"


# ---------------------------------------------------------------------------------------------- the command line


def _percent(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= 100:
        raise argparse.ArgumentTypeError(
            "give a whole number from 1 to 100; to take the traffic away use rollback"
        )
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 300:
        raise argparse.ArgumentTypeError("give a number of seconds from 0.1 to 300")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="phase4_deployment_automation",
        description="Deploy the canary of ion-api. The environment variable ION_API_URL says where the service is.",
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print the result as one JSON object")
    common.add_argument("--timeout", type=_seconds, default=5.0, help="seconds for one request (default: 5)")
    changes = argparse.ArgumentParser(add_help=False)
    changes.add_argument(
        "--idempotency-key", metavar="KEY", help="the same key makes a repeated change one change"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("check", parents=[common], help="is everything there? changes nothing").set_defaults(
        do=check
    )
    enable = commands.add_parser(
        "enable-canary", parents=[common, changes], help="send traffic to the canary"
    )
    enable.add_argument("--traffic", type=_percent, required=True, metavar="PERCENT", help="1 to 100")
    enable.add_argument("--dry-run", action="store_true", help="say what would happen; change nothing")
    enable.set_defaults(do=enable_canary)
    commands.add_parser("metrics", parents=[common], help="what both tracks counted").set_defaults(do=metrics)
    commands.add_parser("status", parents=[common], help="health and split of the traffic").set_defaults(
        do=status
    )
    back = commands.add_parser("rollback", parents=[common, changes], help="take all traffic from the canary")
    how = back.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="say what would happen; change nothing")
    how.add_argument("--force", action="store_true", help="do not look first: send the rollback in any case")
    back.set_defaults(do=roll_back)
    return parser


def _address(given: str | None) -> str:
    """The service's address from the environment; ValueError with a sentence when it is none."""
    if not given:
        raise ValueError(
            "ION_API_URL is not set; set it to the address of ion-api, such as http://127.0.0.1:8000."
        )
    parts = urllib.parse.urlsplit(given)  # the address itself is never shown: it may carry a password
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("ION_API_URL is no web address; it must look like http://127.0.0.1:8000.")
    return given


def main(given: list[str] | None = None) -> int:
    """Run one command and print what came of it. Returns the exit code."""
    options = _parser().parse_args(given)
    try:
        url = _address(os.environ.get("ION_API_URL"))
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return WRONG_USE
    changes = options.command in ("enable-canary", "rollback") and not options.dry_run
    result = Result(silent=options.json, pause_s=pause_s() if changes else 0.0)
    try:
        options.do(Service(url, options.timeout), options, result)
    except Failed as problem:
        result.fail(str(problem))
    if options.json:
        said = {"command": options.command, "ok": result.ok, "lines": result.lines, **result.facts}
        print(json.dumps(said, ensure_ascii=False, indent=2))
    return DONE if result.ok else FAILED


if __name__ == "__main__":
    sys.exit(main())
