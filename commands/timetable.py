"""A timeline in words: one line a moment, for Slack and for the command line; and as data.

Who holds a role is asked of whoever knows (a deployment, the team file). It must not know how the lines are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from commands.telling import Voice
from core.timeline import Point

Holders = Callable[[str], tuple[str, ...]]
NAMED = 3
"""So many items of a due moment are named; of more, only the number is said."""


@dataclass(frozen=True)
class Timetable:
    """Speaks about the points of one plan. `holders` answers who has a role; None: nobody is asked, and roles stand alone."""

    voice: Voice
    holders: Holders | None = None

    def line(self, point: Point) -> str:
        """What it is, who is needed, and how it stands; without the time."""
        said = [self.what(point), self._who(point), self._stands(point)]
        return ". ".join(part for part in said if part)

    def what(self, point: Point) -> str:
        """The moment itself in a phrase."""
        say, title = self.voice.say, self.title(point)
        if point.what == "step":
            return say("timeline.step", title=title, kind=say(f"timeline.kind-{point.kind}"))
        if point.what == "decision":
            until = (
                self.voice.when(point.until)
                if point.until is not None and point.state in ("ahead", "now", "late")
                else ""
            )
            key = "timeline.decision-until" if until else "timeline.decision"
            return say(key, title=title, until=until, default=self.voice.answer(point.default))
        if point.what == "due":
            return self._due(point, title)
        return say(f"timeline.{point.what}", title=title)

    def title(self, point: Point) -> str:
        """The title of the step, or of the phase."""
        if point.step:
            return self.voice.step(point.step)
        runbook = self.voice.runbook
        phases = runbook.plan.phases if runbook is not None else ()
        return next((self.voice.text(one.title) for one in phases if one.id == point.phase), point.phase)

    def _due(self, point: Point, title: str) -> str:
        names = [self.voice.item(point.step, item) for item in point.items]
        if not names:
            return self.voice.say("timeline.due", title=title)
        if len(names) > NAMED:
            return self.voice.say("timeline.due-many", title=title, n=len(names))
        return self.voice.say("timeline.due-items", title=title, items=", ".join(names))

    def _who(self, point: Point) -> str:
        if not point.roles or point.state in ("done", "skipped"):
            return ""
        shown = [self.voice.role(role) if self.holders is None else self._held(role) for role in point.roles]
        return self.voice.say("timeline.needed", who=", ".join(shown))

    def _held(self, role: str) -> str:
        assert self.holders is not None  # noqa: S101  # the caller has looked
        return f"{self.voice.role(role)} ({self.voice.people(self.holders(role), most=5)})"

    def _stands(self, point: Point) -> str:
        if point.state == "ahead" or (point.what == "phase" and point.state not in ("missed", "skipped")):
            return ""  # a phase is as far as its steps are, and they say so
        planned = point.at if point.happened is not None and point.at != point.happened else None
        if point.state == "done" and planned is not None:
            return self.voice.say("timeline.state-done-planned", planned=self.voice.when(planned))
        return self.voice.say(f"timeline.state-{point.state}")

    def remarks(self, points: Iterable[Point], zone: ZoneInfo) -> list[str]:
        """In words, which local times do not exist or come twice, and what counts instead."""
        found: dict[str, None] = {}
        for point in points:
            if point.note and point.at is not None:
                there = f"{point.at.astimezone(zone):%Y-%m-%d %H:%M}"
                said = self.voice.say(
                    f"timeline.{point.note}", written=point.written, zone=zone.key, at=there
                )
                found[said] = None
        return list(found)

    def day_and_time(self, point: Point, zone: ZoneInfo) -> str:
        """'Wed 2025-10-22 14:05' in a zone; 'about' before an estimate, words where nobody can say."""
        when = point.when
        if when is None:
            return self.voice.say("timeline.no-time")
        there = when.astimezone(zone)
        day = self.voice.say(f"timeline.weekday-{there.weekday()}")
        shown = f"{day} {there:%Y-%m-%d %H:%M}"
        return self.voice.say("timeline.about", at=shown) if point.about and point.happened is None else shown


def as_data(points: Iterable[Point], table: Timetable, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The points for programs: times in ISO format with the zone's offset."""

    def iso(at: datetime | None) -> str | None:
        return None if at is None else at.astimezone(zone).isoformat()

    return [
        {
            "at": iso(point.at), "estimated": point.about, "what": point.what, "phase": point.phase, "step": point.step,
            "kind": point.kind, "items": list(point.items), "roles": list(point.roles), "until": iso(point.until),
            "default": point.default, "state": point.state, "happened": iso(point.happened), "note": point.note,
            "people": {role: list(table.holders(role)) for role in point.roles} if table.holders is not None else None,
            "text": table.line(point),
        }
        for point in points
    ]  # fmt: skip
