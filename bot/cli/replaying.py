"""`captain replay`: a gate of a plan over recorded looks, a file or a stream; what it would have said and done, and when.

It touches no database and no network. It must not know how a verdict is made: `core.replaying` does.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path

from pydantic_core import from_json, to_json

from bot.library import ENDINGS, Library
from commands import replaying
from commands.telling import Voice
from core.errors import Refused
from core.plan.models import SetTraffic
from core.plan.problems import PlanInvalid
from core.plan.runbook import Runbook, read_runbook
from core.replay_tally import Step
from core.replaying import Player, as_line
from core.verdict.replay import BadLine

LONGEST_LINE = 4_000_000
BLOCK = 1 << 16
"""Bytes that are read at most before what they come to is written: some fifty looks."""
BAD_INPUT = 2
CLOCK_FROM = 1e8
"""Times after this many seconds are of a clock (unix time), not of the canary."""


class Unusable(Exception):
    """What cannot be replayed, in one sentence."""


def replay(wanted: argparse.Namespace) -> int:
    """0; 2 when the plan, the gate or a line cannot be used. Good lines are judged all the same."""
    if wanted.deployment:
        return _stored(wanted)
    try:
        if wanted.plan is None or wanted.samples is None:
            raise Unusable("Say a plan and --samples FILE, or --deployment D12.")
        runbook = plan_of(wanted.plan)
        player = Player(runbook, gate_of(runbook, wanted.gate))
        with _opened(wanted.samples) as stream:
            gc.freeze()  # what was loaded for the plan stays
            voice = Voice(wanted.language, plain=True, runbook=runbook)
            Saying(player, voice, as_json=wanted.json, every=wanted.every).all(stream)
    except Unusable as refused:
        print(f"captain: {refused}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        sys.stderr.close()  # whoever read has gone: there is nobody to tell
        return 0
    return BAD_INPUT if player.tally.bad_lines else 0


def _stored(wanted: argparse.Namespace) -> int:
    """The looks of a deployment, by its own plan or by another one; the database is opened for nothing else."""
    if wanted.samples is not None or wanted.gate is not None:
        print(
            "captain: A deployment has its own gates and samples: take --gate and --samples out.",
            file=sys.stderr,
        )
        return BAD_INPUT
    try:
        other = None if wanted.plan is None else plan_of(wanted.plan)
    except Unusable as refused:
        print(f"captain: {refused}", file=sys.stderr)
        return BAD_INPUT
    from bot.cli import replaying_stored  # a stream needs neither database nor Slack

    return replaying_stored.deployment(
        wanted.deployment, other, as_json=wanted.json, every=wanted.every, language=wanted.language
    )


def plan_of(name: str) -> Runbook:
    """The plan in a file, or the plan of this name in the bot's folder. Unusable."""
    path = Path(name)
    try:
        if path.suffix in ENDINGS or path.is_file():
            return read_runbook(path.read_text(encoding="utf-8"))
        from bot.settings import Settings  # a plan's file needs no environment

        return Library(Settings().plans).read(name)
    except OSError as error:
        raise Unusable(f"{name}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Unusable(f"{name}: is not UTF-8 text.") from None
    except Refused as refused:
        known = str(dict(refused.args_).get("known", "")).replace(",", ", ") or "none"
        raise Unusable(f"There is no plan '{name}': give a file, or one of {known}.") from None
    except PlanInvalid as invalid:
        first = invalid.problems[0]
        rest = f" (and {len(invalid.problems) - 1} more: captain plan check)" if invalid.problems[1:] else ""
        raise Unusable(f"{name}:{first}{rest}") from None


def gate_of(runbook: Runbook, wanted: str | None) -> str:
    """The gate that is meant: the one asked for, or the only one that looks while traffic is set. Unusable."""
    gates = runbook.plan.gates
    if wanted is not None:
        if wanted not in gates:
            raise Unusable(f"The plan has no gate '{wanted}': there are {', '.join(gates) or 'none'}.")
        return wanted
    used = list(dict.fromkeys(p.body.gate for p in runbook.route if isinstance(p.body, SetTraffic)))
    found = used or list(gates)
    if len(found) != 1:
        told = ", ".join(found) or "none"
        raise Unusable(f"Say which gate with --gate: the canary of this plan is judged by {told}.")
    return found[0]


@contextmanager
def _opened(samples: str) -> Iterator[BufferedReader]:
    if samples == "-":
        assert isinstance(sys.stdin.buffer, BufferedReader)  # noqa: S101  # as Python opens it
        yield sys.stdin.buffer
        return
    try:
        stream = Path(samples).open("rb")  # noqa: SIM115  # closed below; only the opening may fail with a sentence
    except OSError as error:
        raise Unusable(f"{samples}: cannot be read: {error.strerror}.") from None
    with stream:
        yield stream


def blocks(stream: BufferedReader) -> Iterator[list[bytes]]:
    """The lines that have come since the ones before, without their ends: as many as there are, at least one. Whoever takes the next
    block may wait for it, so what was said of this one has to be written before."""
    begun: list[bytes] = []
    while block := stream.read1(BLOCK):
        *whole, rest = block.split(b"\n")
        if whole:
            whole[0] = b"".join([*begun, whole[0]])
            begun.clear()
        begun.append(rest)
        if whole:
            yield whole
    if last := b"".join(begun):
        yield [last]


class Saying:
    """Says what every line came to: as JSON, or in words whenever the verdict changes and at the end of a stage."""

    def __init__(self, player: Player, voice: Voice, *, as_json: bool, every: bool) -> None:
        self._player = player
        self._voice = voice
        self._as_json = as_json
        self._every = every
        self._word = ""
        self._told: set[str] = set()

    def all(self, stream: BufferedReader) -> None:
        """Every line, one after another; then the tally. A stream that is written line by line is answered line by line; one that is
        behind is answered block by block."""
        number, out = 1, sys.stdout.buffer
        for lines in blocks(stream):
            said = [
                answer
                for place, line in enumerate(lines, number)
                if (answer := self._line(place, line)) is not None
            ]
            number += len(lines)
            if said:
                out.write(b"\n".join([*said, b""]))
                out.flush()
        total = replaying.tally(self._player.tally, self._voice, moment)
        print("", *total, sep="\n", file=sys.stderr if self._as_json else sys.stdout, flush=True)

    def _line(self, number: int, line: bytes) -> bytes | None:
        """What is said of one line, without its end; None for nothing."""
        if not line or line.isspace():
            return None
        try:
            if len(line) > LONGEST_LINE:
                raise BadLine(f"the line has more than {LONGEST_LINE:,} bytes")
            step = self._player.feed(line, from_json)
        except BadLine as bad:
            self._player.tally.bad_lines += 1
            return self._bad(f"line {number}: {bad}", number)
        if step.unknown:
            self._unknown(step.unknown)
        if self._as_json:
            return to_json(as_line(step))
        told = self._said(step)
        return None if told is None else told.encode()

    def _said(self, step: Step) -> str | None:
        """A line, or None where nothing new is to be said."""
        new = step.word != self._word
        self._word = step.word
        wanted = new or step.stage_end or self._every
        return replaying.step(step, self._voice, moment, between="\n      ") if wanted else None

    def _bad(self, said: str, number: int) -> bytes | None:
        if self._as_json:
            return to_json({"line": number, "error": said})
        print(said, file=sys.stderr, flush=True)
        return None

    def _unknown(self, names: tuple[str, ...]) -> None:
        """Once a name: a misspelt metric would read as missing data for ever."""
        for name in names:
            if name not in self._told:
                self._told.add(name)
                known = ", ".join(self._player.metrics)
                print(
                    f"captain: The samples have a metric '{name[:60]}' that the plan does not have: the gate judges {known}.",
                    file=sys.stderr,
                    flush=True,
                )


def moment(t: float) -> str:
    """'0:05:00' since the canary began, or a UTC time."""
    if abs(t) >= CLOCK_FROM:
        return f"{datetime.fromtimestamp(t, UTC):%Y-%m-%d %H:%M:%S} UTC"
    minutes, seconds = divmod(round(abs(t)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if t < 0 else ''}{hours}:{minutes:02}:{seconds:02}"
