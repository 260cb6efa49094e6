"""`captain plan timeline`: when everything of a plan is, on the terminal, as JSON, or as a calendar file. It writes that file only."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.cli.planning import read_plan
from bot.settings import Settings
from bot.team import TeamRefused, read_team, roles_of
from commands.calendar_file import Origin, calendar_file
from commands.telling import Voice
from commands.timetable import Timetable, as_data
from core import timeline
from core.plan.moments import Resolved, any_start
from core.plan.runbook import Runbook
from core.timeline import Point
from storage.clock import utcnow


class Unusable(Exception):
    """What is wrong with the line, in one sentence."""


def show(wanted: argparse.Namespace) -> int:
    """0 with the timeline; 1 for a plan that is not good; 2 for a zone, a start or a file that cannot be used."""
    runbook = read_plan(wanted.file)
    if runbook is None:
        return 1
    settings = Settings()
    try:
        zone = _zone(wanted.zone or runbook.plan.timezone)
        t0 = any_start(wanted.t0, runbook.plan.t0, runbook.zone, utcnow())
        points = timeline.of_plan(runbook, t0)
        table = _table(runbook, zone, settings, wanted.language or settings.language or "en")
        if wanted.ics is not None:
            _write(wanted.ics, points, table)
    except (Unusable, ValueError) as wrong:
        print(f"captain plan timeline: {wrong}", file=sys.stderr)
        return 2
    if wanted.json:
        shown = {"plan": runbook.plan.plan, "t0": t0.at.astimezone(zone).isoformat(), "zone": zone.key}
        print(json.dumps({**shown, "points": as_data(points, table, zone)}, ensure_ascii=False, indent=2))
    else:
        print(_as_text(points, table, t0, zone))
    return 0


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unusable(f"'{name[:60]}' is not a time zone: write it like 'Asia/Seoul' or 'UTC'") from None


def _table(runbook: Runbook, zone: ZoneInfo, settings: Settings, language: str) -> Timetable:
    """With people where there is a team file that can be read."""
    try:
        team = read_team(settings.team)
    except TeamRefused:
        return Timetable(Voice(language, plain=True, runbook=runbook, zone=zone))
    named = {user: name for name, user in team.people.items()}
    voice = Voice(language, plain=True, runbook=runbook, zone=zone, names=lambda user: named.get(user, user))
    people = dict(roles_of(team))
    return Timetable(voice, lambda role: people.get(role, ()))


def _write(path: Path, points: tuple[Point, ...], table: Timetable) -> None:
    plan = table.voice.runbook.plan if table.voice.runbook is not None else None
    assert plan is not None  # noqa: S101  # the table was made with one
    origin = Origin(f"plan/{plan.plan}", table.voice.text(plan.title), utcnow())
    try:
        path.write_bytes(calendar_file(points, table, origin))
    except OSError as refused:
        raise Unusable(f"{path} cannot be written: {refused.strerror}") from None


def _as_text(points: tuple[Point, ...], table: Timetable, t0: Resolved, zone: ZoneInfo) -> str:
    voice = table.voice
    plan = voice.runbook.plan if voice.runbook is not None else None
    assert plan is not None  # noqa: S101  # the table was made with one
    lines = [voice.say("timeline.title", name=voice.text(plan.title), t0=voice.when(t0.at))]
    lines.append(voice.say("timeline.zone", zone=zone.key))
    if any(point.about for point in points):
        lines.append(voice.say("timeline.estimates"))
    lines += [*table.remarks(points, ZoneInfo(plan.timezone)), ""]
    for point in points:
        if point.what == "phase":
            lines.append("")
        lines.append(f"{table.day_and_time(point, zone)}  {table.line(point)}")
    return "\n".join(lines)
