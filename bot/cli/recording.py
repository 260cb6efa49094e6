"""`captain record ID`: a deployment as one document, from the database, with or without Slack.

Reads only. What stands in the document is `commands.papers`' work.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from bot.cli.acting import Unknown, load, refuse
from bot.settings import Settings
from bot.team import TeamRefused, read_team
from commands.papers import file_name, write
from commands.papers.as_json import as_json
from commands.papers.reading import read
from commands.telling import Voice
from core.record import Record
from storage.clock import utcnow
from storage.database import Database
from storage.inspection import DatabaseRefused
from storage.queries import Queries


def record(wanted: argparse.Namespace) -> int:
    """Prints the paper, or writes it to a new file. 1: no such deployment or database; 2: the file cannot be written."""
    settings = Settings()
    try:
        found = asyncio.run(_read(settings, wanted.deployment))
    except DatabaseRefused as refused:
        print(f"captain: {refused}", file=sys.stderr)
        return 1
    except Unknown as unknown:
        return refuse(
            Voice(settings.language or "en", plain=True),
            "cli.unknown-deployment",
            {"deployment": str(unknown)},
        )
    text = _text(found, wanted, settings)
    if wanted.output is None:
        sys.stdout.write(text)
        return 0
    ending = "json" if wanted.json else "md"
    return _save(wanted.output, file_name(wanted.paper, found, ending), text)


async def _read(settings: Settings, deployment_id: str) -> Record:
    database = await Database.open(settings.database_url, migrate=False)
    try:
        queries = Queries(database, utcnow)
        return await read(queries, (await load(queries, deployment_id)).id, utcnow())
    finally:
        await database.close()


def _text(found: Record, wanted: argparse.Namespace, settings: Settings) -> str:
    if wanted.json:
        return json.dumps(as_json(found), ensure_ascii=False, indent=2) + "\n"
    deployment = found.deployment
    language = wanted.language or settings.language or deployment.language
    names = names_of(settings.team)
    voice = Voice(language, plain=True, runbook=deployment.runbook, names=lambda user: names.get(user, user))
    return write(wanted.paper, found, voice)


def names_of(path: Path) -> dict[str, str]:
    """Names for Slack's ids, as far as the team file has them; without one the ids stand in the document."""
    try:
        return {user: name for name, user in read_team(path).people.items()}
    except TeamRefused:
        return {}


def _save(path: Path, name: str, text: str) -> int:
    """Into a new file, or under `name` into a folder."""
    try:
        path = path / name if path.is_dir() else path
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        print(f"captain: {path} is already there and was left as it is; name another file.", file=sys.stderr)
        return 2
    except OSError as wrong:
        print(f"captain: {path} cannot be written: {wrong.strerror}.", file=sys.stderr)
        return 2
    print(path)
    return 0
