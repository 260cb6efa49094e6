"""`captain plan preview`: every message of a plan on one page, as Slack would show it. It writes that file and nothing else."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from typing import Any

from bot.cli.planning import read_plan
from bot.performing.drawing import Message
from bot.settings import Settings
from commands.preview import Heading, Scene, Shown, names, preview
from commands.telling import Voice
from core.plan.moments import any_start
from core.plan.runbook import Runbook
from sandbox.slack.standalone import standalone
from storage.clock import utcnow

BOT = "U0CAPTAIN"


def show(wanted: argparse.Namespace) -> int:
    """0 with the file written; 1 for a plan that is not good; 2 for a start or a file that cannot be used."""
    runbook = read_plan(wanted.file)
    if runbook is None:
        return 1
    language = wanted.language or Settings().language or "en"
    try:
        t0 = any_start(wanted.t0, runbook.plan.t0, runbook.zone, utcnow()).at
        wanted.output.write_text(page(runbook, t0, language), encoding="utf-8")
    except ValueError as wrong:
        print(f"captain plan preview: {wrong}", file=sys.stderr)
        return 2
    except OSError as refused:
        print(f"captain plan preview: {wanted.output} cannot be written: {refused.strerror}", file=sys.stderr)
        return 2
    print(wanted.output)
    return 0


def page(runbook: Runbook, t0: datetime, language: str) -> str:
    """The document."""
    scenes, speaking = preview(runbook, t0, language), Voice(language, t0, runbook=runbook)
    called = names(runbook, language)
    users = [{"id": BOT, "name": "Deploy Captain", "is_bot": True}]
    users += [{"id": user, "name": name} for user, name in called.items()]
    count = sum(isinstance(one, Shown) for one in scenes)
    return standalone(
        [_scene(one, called, speaking) for one in scenes],
        {"app": {"name": "Deploy Captain"}, "users": users, "channels": []},
        title=speaking.say("preview.title", name=runbook.plan.title.in_(language)),
        remarks=[speaking.say("preview.remark", n=count)],
        language=language,
        now=t0.isoformat(),
        unclickable=speaking.say("preview.unclickable"),
    )


def _scene(scene: Scene, called: dict[str, str], speaking: Voice) -> dict[str, Any]:
    if isinstance(scene, Heading):
        return {"heading": scene.text, "remark": scene.remark}
    sent = Message(scene.drawn.text, tuple(scene.drawn.blocks), "").mentioning(scene.people)
    message = {
        "ts": f"{scene.at.timestamp():.6f}", "user": BOT, "bot": True, "text": sent.text, "blocks": list(sent.blocks),
        "pinned": scene.view == "card",
    }  # fmt: skip
    channel = called.get(scene.channel, scene.channel)
    return {"channel": f"#{channel}", "kind": speaking.say(f"preview.view-{scene.view}"), "message": message}
