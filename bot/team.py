"""The team file: who holds which role, the language, and which channel is which. People change more often than plans.

An empty or missing role means nobody. Whether an account may act at all (deactivated, a bot, a guest, from another
workspace) is Slack's to say, and is asked at most once a minute and person.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.inputs import People
from core.rota import Rota, Shift
from storage.clock import Clock

log = logging.getLogger(__name__)

UserId = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{2,20}$")]
CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{6,20}")
FRESH = timedelta(minutes=1)
_FAST: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TeamRefused(Exception):
    """What is wrong with the team file, in one sentence."""


class ShiftLine(BaseModel):
    """One line of a rota: `{from: 2025-10-22, to: 2025-10-23, who: [jun]}`. The days are those of the plan's zone, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: date = Field(alias="from")
    until: date = Field(alias="to")
    who: tuple[str, ...] = Field(min_length=1)


class TeamFile(BaseModel):
    """`team.yml`. Names under `people` may stand in the roles instead of Slack ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1]
    language: Literal["ko", "en"] = "en"
    people: dict[str, UserId] = {}
    roles: dict[str, tuple[str, ...]] = {}
    deputies: dict[str, tuple[str, ...]] = {}
    rota: dict[str, tuple[ShiftLine, ...]] = {}
    rehearsal: str = ""
    channels: dict[str, Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,20}$")]] = {}


def read_team(path: Path) -> TeamFile:
    """The file at `path`. Raises TeamRefused with one sentence."""
    try:
        team = TeamFile.model_validate(_yaml(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as unreadable:
        raise TeamRefused(f"{path} cannot be read: {unreadable}") from unreadable
    except yaml.YAMLError as broken:
        raise TeamRefused(f"{path} is not YAML: {' '.join(str(broken).split())}") from broken
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise TeamRefused(f"{path}, {where}: {first['msg']}") from wrong
    named = [(f"roles.{role}", people) for role, people in (*team.roles.items(), *team.deputies.items())]
    named += [(f"rota.{role}", shift.who) for role, shifts in team.rota.items() for shift in shifts]
    for where, people in named:
        for person in people:
            if person not in team.people and not _is_id(person):
                raise TeamRefused(
                    f"{path}, {where}: '{person}' is neither a Slack id (U...) nor a name under 'people'"
                )
    _check_rota(path, team)
    return team


def _yaml(text: str) -> Any:
    """The text read by libyaml where PyYAML was built with it. What that refuses is read once more by PyYAML's own parser, whose
    errors say more."""
    try:
        return yaml.load(text, Loader=_FAST)  # noqa: S506  # a safe loader, as the line that names it says
    except yaml.YAMLError:
        return yaml.safe_load(text)


def _check_rota(path: Path, team: TeamFile) -> None:
    """Raises TeamRefused for days that go backwards, or that two shifts of one role share."""
    for role, shifts in team.rota.items():
        before: ShiftLine | None = None
        for shift in sorted(shifts, key=lambda one: one.since):
            if shift.until < shift.since:
                raise TeamRefused(
                    f"{path}, rota.{role}: from {shift.since} to {shift.until} goes backwards; swap the two days"
                )
            if before is not None and shift.since <= before.until:
                raise TeamRefused(
                    f"{path}, rota.{role}: {shift.since} stands in two shifts "
                    f"({', '.join(before.who)} and {', '.join(shift.who)}); end one before the other begins"
                )
            before = shift


def _is_id(person: str) -> bool:
    return len(person) > 2 and person[0] in "UW" and person.isalnum() and person.isupper()


def roles_of(file: TeamFile) -> People:
    """Role -> Slack ids, holders before deputies."""
    return tuple(
        (role, tuple(dict.fromkeys(file.people.get(person, person) for person in everybody)))
        for role, people in file.roles.items()
        for everybody in ((*people, *file.deputies.get(role, ())),)
    )


def rota_of(file: TeamFile) -> Rota:
    """Role -> its shifts with Slack ids, in the order of time."""
    return tuple(
        (
            role,
            tuple(
                Shift(
                    line.since,
                    line.until,
                    tuple(dict.fromkeys(file.people.get(one, one) for one in line.who)),
                )
                for line in sorted(shifts, key=lambda line: line.since)
            ),
        )
        for role, shifts in file.rota.items()
        if shifts
    )


def deputies_of(file: TeamFile) -> People:
    """Role -> Slack ids of the deputies."""
    return tuple(
        (role, tuple(dict.fromkeys(file.people.get(one, one) for one in people)))
        for role, people in file.deputies.items()
    )


Profile = Callable[[str], Awaitable[dict[str, Any]]]


class Team:
    """What commands ask about people. The file is read again when it changes; a broken one is said and the last good one
    stays. `profile` answers Slack's user object; raising means that it cannot be known now."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        language: str = "",
        profile: Profile | None = None,
        listed: Callable[[str], str | None] = lambda name: None,
    ) -> None:
        self._path = path
        self._path_name = str(path)  # looked at with every question; a Path takes longer than the look
        self._good = read_team(path)
        self._changed = path.stat().st_mtime_ns
        self._language = language
        self._clock = clock
        self._profile = profile
        self._listed = listed
        self._seen: dict[str, tuple[datetime, bool, str]] = {}

    @property
    def _file(self) -> TeamFile:
        try:
            changed = os.stat(self._path_name).st_mtime_ns
            if changed != self._changed:
                self._changed = changed
                self._good = read_team(self._path)
        except (OSError, TeamRefused) as refused:
            log.error("the team file is not used as it is now: %s", refused, extra={"action": "team.refused"})
        return self._good

    @property
    def language(self) -> str:
        """'ko' or 'en'."""
        return self._language or self._file.language

    @property
    def rehearsal(self) -> str:
        """The channel of rehearsals, by name or id; '' where there is none."""
        return self._file.rehearsal

    def people(self) -> People:
        """Role -> Slack ids, holders before deputies."""
        return roles_of(self._file)

    def rota(self) -> Rota:
        """Role -> its shifts."""
        return rota_of(self._file)

    def deputies(self) -> People:
        """Role -> Slack ids of those who step in."""
        return deputies_of(self._file)

    def named_channel(self, name: str) -> str | None:
        """The id of a channel the team file names, or None."""
        return self._file.channels.get(name.lstrip("#"))

    def channel_id(self, name: str) -> str | None:
        """The id of a channel the team file names or the bot sees, or None."""
        return name if CHANNEL_ID.fullmatch(name) else self.named_channel(name) or self._listed(name)

    @property
    def _named(self) -> dict[str, str]:
        return {user: name for name, user in self._file.people.items()}

    def known_to_use(self, user_id: str) -> bool | None:
        """As `may_use`, without a wait: None when Slack has to be asked first."""
        kept = self._seen.get(user_id)
        return kept[1] if kept is not None and self._clock() - kept[0] < FRESH else None

    async def may_use(self, user_id: str) -> bool:
        """Whether this account may act at all. Unknown accounts may not."""
        return (await self._look(user_id))[0]

    async def display_name(self, user_id: str) -> str:
        """The person's name, or the id when Slack does not say."""
        return (await self._look(user_id))[1]

    async def _look(self, user_id: str) -> tuple[bool, str]:
        kept = self._seen.get(user_id)
        now = self._clock()
        if kept is not None and now - kept[0] < FRESH:
            return kept[1], kept[2]
        if self._profile is None:
            return True, user_id
        user = await self._profile(user_id)
        flags = (
            "deleted",
            "is_bot",
            "is_restricted",
            "is_ultra_restricted",
            "is_stranger",
            "is_workflow_bot",
        )
        allowed = bool(user) and not any(user.get(flag) for flag in flags)
        profile = user.get("profile") or {}
        name = str(profile.get("display_name") or user.get("real_name") or user_id)
        if len(self._seen) > 5000:
            self._seen.clear()
        self._seen[user_id] = (now, allowed, name)
        return allowed, name

    def name(self, user_id: str) -> str:
        """A name that is known already, else the one in the team file, else the id."""
        kept = self._seen.get(user_id)
        return kept[2] if kept is not None else self._named.get(user_id, user_id)
