"""`captain plan import`: a Markdown checklist in, a plan and a report out. The plan goes to the standard output or a file, the report to
the standard error, or everything as JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from commands import importing, texts
from commands.telling import Voice
from core.errors import Refused
from core.importing.bounds import LARGEST_BYTES
from core.importing.understood import Understood, as_json
from core.importing.whole import Imported, plan_of, understand

MOST_LEFT = 500


class _Trouble(Exception):
    """With a file, not with what is in it. `key` names a sentence 'importing.KEY'."""

    def __init__(self, key: str, **words: str) -> None:
        super().__init__(key)
        self.key, self.words = key, words


def import_(wanted: argparse.Namespace) -> int:
    """0 when a plan was written (or, with --json alone, when the document was understood); 1 with one sentence otherwise."""
    language = wanted.language or "en"
    try:
        found = understand(_content(wanted.file), _name(wanted.file))
        if wanted.json:
            print(
                json.dumps(
                    as_json(found, importing.reasons(language), importing.hands(language)),
                    ensure_ascii=False,
                    indent=2,
                )
            )
            if wanted.output is None:
                return 0
        return _write(wanted, found, language)
    except Refused as refused:
        said = Voice(language, plain=True).tell("refused." + refused.key, refused.args_)
        print(f"captain: {said}", file=sys.stderr)
        return 1
    except _Trouble as trouble:
        print(f"captain: {texts.say('importing.' + trouble.key, language, **trouble.words)}", file=sys.stderr)
        return 1


def _name(path: Path) -> str:
    """What the file is called, as text: a name of other bytes than UTF-8 cannot be printed."""
    return os.fsencode(path.name).decode("utf-8", "replace")


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise _Trouble("unreadable", file=_name(path), detail=error.strerror or "?") from None


def _write(wanted: argparse.Namespace, found: Understood, language: str) -> int:
    if wanted.output is not None and not wanted.force and _there(wanted.output):
        raise _Trouble("exists", path=str(wanted.output))
    made = plan_of(found, _name(wanted.file))
    if not wanted.json:
        print(
            importing.report(found, made.written, _name(wanted.file), language, most=MOST_LEFT),
            file=sys.stderr,
        )
    if wanted.output is None:
        print(made.written.text, end="")
        return 0
    try:
        wanted.output.write_text(made.written.text, encoding="utf-8")
    except OSError as error:
        raise _Trouble("unwritable", path=str(wanted.output), detail=error.strerror or "?") from None
    if not wanted.json:
        print("\n".join(_ending(made, wanted.output, language)), file=sys.stderr)
    return 0


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:  # a folder that may not be looked into, a name that is too long
        raise _Trouble("unwritable", path=str(path), detail=error.strerror or "?") from None


def _ending(made: Imported, path: Path, language: str) -> list[str]:
    plan = made.runbook.plan
    said = [
        "",
        texts.say(
            "importing.written",
            language,
            path=str(path),
            plan=plan.plan,
            phases=len(plan.phases),
            steps=len(made.runbook.route),
        ),
    ]
    if made.written.rollback:
        said.append(texts.say("importing.rollback", language))
    return [*said, texts.say("importing.next", language, path=str(path), plan=path.stem)]
