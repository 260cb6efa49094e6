"""`captain doctor`: looks at everything plans will need and says what does not work and how to mend it. It changes nothing.

The exit status is 0 only when nothing that is needed is missing. It must not know what is looked at (`bot.diagnosing`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp
from pydantic import ValidationError

from bot.adapters.slack import slack_client
from bot.adapters.slack_inspection import SlackInspection
from bot.diagnosing.doctor import Doctor, Surroundings
from bot.library import Library
from bot.secrets import Secrets
from bot.settings import Settings
from bot.team import TeamRefused, read_team
from bot.vendors import vendors
from commands.findings import told, verdict
from commands.telling import Voice
from core.findings import Finding, complete
from core.plan.runbook import Runbook
from storage import checkup
from storage.clock import utcnow
from storage.database import Database
from storage.queries import Queries


@dataclass(frozen=True)
class _Part:
    """A heading ('' for the bot's own house), its findings, and the voice that knows the plan's titles."""

    name: str
    findings: Sequence[Finding]
    voice: Voice


def doctor(wanted: argparse.Namespace) -> int:
    """0 when nothing that is needed is missing; 1 when something is; 2 for settings that cannot be read."""
    try:
        settings = Settings()
    except ValidationError as wrong:
        first = wrong.errors()[0]
        print(f"captain doctor: {'.'.join(map(str, first['loc']))}: {first['msg']}", file=sys.stderr)
        return 2
    language = wanted.language or settings.language or _team_language(settings)
    parts = asyncio.run(_examine(wanted, settings, language))
    findings = [finding for part in parts for finding in part.findings]
    print(_as_json(parts) if wanted.json else _as_table(parts, Voice(language, plain=True)))
    return 0 if complete(findings) else 1


def _team_language(settings: Settings) -> str:
    try:
        return read_team(settings.team).language
    except TeamRefused:
        return "en"


async def _examine(wanted: argparse.Namespace, settings: Settings, language: str) -> list[_Part]:
    names = [one for one in wanted.plans if "=" not in one]
    inputs = dict(one.split("=", 1) for one in wanted.plans if "=" in one)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        token = settings.slack_bot_token.get_secret_value() or "none"
        secrets = Secrets(os.environ)
        around = Surroundings(
            settings, session, SlackInspection(slack_client(session, token, settings.slack_api_url)),
            vendors(session, secrets, settings.workdir.resolve()), secrets, utcnow, await _queries(settings, stack),
        )  # fmt: skip
        examining = Doctor(around)
        parts = [_Part("", await examining.house(), Voice(language, plain=True))]
        for name in names or (Library(settings.plans).names() if settings.plans.is_dir() else ()):
            runbook = examining.read(name)
            if isinstance(runbook, Finding):
                parts.append(_Part(name, [runbook], Voice(language, plain=True)))
                continue
            findings = await examining.look(runbook, inputs, programs=True)
            parts.append(_Part(name, findings, _voice(language, runbook, examining)))
        return parts


def _voice(language: str, runbook: Runbook, examining: Doctor) -> Voice:
    return Voice(language, plain=True, runbook=runbook, names=examining.workspace.name)


async def _queries(settings: Settings, stack: AsyncExitStack) -> Queries | None:
    """For the locks: only from a database that is there and of this version. What is wrong with another is a finding."""
    if checkup.look(settings.database_url).state != "good":
        return None
    database = await Database.open(settings.database_url, migrate=False)
    stack.push_async_callback(database.close)
    return Queries(database, utcnow)


# ------------------------------------------------------------------------------------------------------------- showing


def _as_table(parts: Sequence[_Part], voice: Voice) -> str:
    rows = [(part, [told(finding, part.voice) for finding in part.findings]) for part in parts]
    every = [row for _, told_ in rows for row in told_]
    states = max((_width(row.state) for row in every), default=0)
    areas = max((_width(row.area) for row in every), default=0)
    lines: list[str] = []
    for part, told_ in rows:
        lines += [part.name or part.voice.say("doctor.house")]
        for row in told_:
            head = f"  {_padded(row.state, states)}  {_padded(row.area, areas)}  "
            lines.append(head + row.what)
            if row.mend:
                lines.append(" " * (states + areas + 6) + part.voice.say("doctor.mend", mend=row.mend))
        lines.append("")
    findings = [finding for part in parts for finding in part.findings]
    return "\n".join([*lines, verdict(findings, voice)])


def _as_json(parts: Sequence[_Part]) -> str:
    shown = [
        {"plan": part.name, "findings": [_row(finding, part.voice) for finding in part.findings]}
        for part in parts
    ]
    every = [finding for part in parts for finding in part.findings]
    return json.dumps({"complete": complete(every), "parts": shown}, ensure_ascii=False, indent=2)


def _row(finding: Finding, voice: Voice) -> dict[str, object]:
    row = told(finding, voice)
    return {
        "area": finding.area, "subject": finding.subject, "state": finding.state, "key": finding.key,
        "words": dict(finding.words), "what": row.what, "mend": row.mend, "took_s": finding.took_s,
    }  # fmt: skip


def _width(text: str) -> int:
    """Columns in a terminal: Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
