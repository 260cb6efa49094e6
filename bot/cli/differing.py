"""`captain plan diff`: what one version of a plan changes against another, in words or as JSON."""

from __future__ import annotations

import argparse
import json

from bot.cli.planning import read_plan
from bot.settings import Settings
from commands.plan_difference import grouped, sentence, summary
from commands.telling import Voice
from core.plan.difference import Change, difference


def show(wanted: argparse.Namespace) -> int:
    """0 when both say the same, 1 when they differ, 2 when one of them cannot be used."""
    old, new = read_plan(wanted.old), read_plan(wanted.new)
    if old is None or new is None:
        return 2
    voice = Voice(wanted.language or Settings().language or "en", plain=True)
    changes = difference(old, new)
    if wanted.json:
        print(json.dumps([_as_data(one, voice) for one in changes], ensure_ascii=False, indent=2))
    else:
        print(summary(changes, voice))
        for weight, ones in grouped(changes).items():
            print(f"\n{voice.say(f'diff.group-{weight}')}")
            for one in ones:
                print(f"- {sentence(one, voice)}")
    return 1 if changes else 0


def _as_data(change: Change, voice: Voice) -> dict[str, object]:
    return {
        "kind": change.kind, "weight": change.weight, "path": change.where, "line": change.line, "old": change.old,
        "new": change.new, "text": sentence(change, voice),
    }  # fmt: skip
