"""`captain replay`: a gate of a plan over recorded looks, a file or a stream; what it would have said and done, and when.

It touches no database and no network. It must not know how a verdict is made: `core.replaying` does.
"""

from __future__ import annotations

import argparse
import codecs
import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from pydantic_core import from_json, to_json

from bot.cli.halves import Ended, Halves
from bot.library import ENDINGS, Library
from commands import replaying
from commands.telling import Voice
from core.errors import Refused
from core.plan.models import SetTraffic
from core.plan.problems import PlanInvalid
from core.plan.runbook import Runbook, read_runbook
from core.replay_tally import Step
from core.replaying import Gatherer, Judge, Moved, Plain, Player, as_line, moved, plain
from core.verdict.replay import BadLine

LONGEST_LINE = 4_000_000
BLOCK = 1 << 16
"""Bytes that are read at most before what they come to is written: some fifty looks."""
GARBAGE = (100_000, 50, 50)
"""Objects between two looks for garbage: a look's values hold no circles, and are freed as soon as nobody has them."""
FAILED = 1
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
            gc.set_threshold(*GARBAGE)
            voice = Voice(wanted.language, plain=True, runbook=runbook)
            saying = Saying(player.judge, voice, as_json=wanted.json, every=wanted.every)
            return _played(Gathering(player.gatherer), saying, stream)
    except Unusable as refused:
        print(f"captain: {refused}", file=sys.stderr)
        return BAD_INPUT
    except Ended as ended:
        print(f"captain: {ended}", file=sys.stderr)
        return FAILED


def _played(gathering: Gathering, saying: Saying, stream: BufferedReader) -> int:
    """Every line, one after another; then the tally. A stream that is written line by line is answered line by line; one that is behind
    is answered block by block, and judged in another process than the one that reads it."""
    with Halves(saying.say, saying.end, _packed, _unpacked) as halves:
        for lines, behind in blocks(stream):
            if behind:
                halves.part()
            halves.give(gathering.moved(lines))
        return halves.end()


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


def blocks(stream: BufferedReader) -> Iterator[tuple[list[bytes], bool]]:
    """(the lines that have come since the ones before, without their ends; whether more of them stand there already): as many as there
    are, at least one. Whoever takes the next block may wait for it, so what was said of this one has to be written before. Of a line that
    is too long to be one, only so much is kept that this can be told."""
    begun: list[bytes] = []
    kept = 0
    while block := stream.read1(BLOCK):
        *whole, rest = block.split(b"\n")
        if whole:
            whole[0] = b"".join([*begun, whole[0]])
            begun.clear()
            kept = 0
        if kept <= LONGEST_LINE:
            begun.append(rest)
            kept += len(rest)
        if whole:
            yield whole, len(block) == BLOCK
    if last := b"".join(begun):
        yield [last], False


class Bad(NamedTuple):
    """A line that is no look, and why: one sentence."""

    number: int
    why: str


def _packed(found: list[Moved | Bad]) -> list[Plain | Bad]:
    return [one if isinstance(one, Bad) else plain(one) for one in found]


def _unpacked(given: list[Plain | Bad]) -> list[Moved | Bad]:
    return [one if isinstance(one, Bad) else moved(one) for one in given]


class Gathering:
    """Takes the lines, and answers what they moved."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._number = 0

    def moved(self, lines: list[bytes]) -> list[Moved | Bad]:
        """What these lines moved; of an empty one nothing."""
        found: list[Moved | Bad] = []
        if self._number == 0:
            lines[0] = lines[0].removeprefix(codecs.BOM_UTF8)  # as some editors begin a file
        for number, line in enumerate(lines, self._number + 1):
            if not line or line.isspace():
                continue
            try:
                if len(line) > LONGEST_LINE:
                    raise BadLine(f"the line has more than {LONGEST_LINE:,} bytes")
                found.append(self._gatherer.feed(line, from_json))
            except BadLine as bad:
                found.append(Bad(number, f"line {number}: {bad}"))
        self._number += len(lines)
        return found


class Saying:
    """Says what was moved amounts to: as JSON, or in words whenever the verdict changes and at the end of a stage."""

    def __init__(self, judge: Judge, voice: Voice, *, as_json: bool, every: bool) -> None:
        self._judge = judge
        self._voice = voice
        self._as_json = as_json
        self._every = every
        self._word = ""
        self._told: set[str] = set()

    def say(self, found: Sequence[Moved | Bad]) -> None:
        """All of these at once, and nothing is left unwritten."""
        said = [answer for one in found if (answer := self._answer(one)) is not None]
        if said:
            out = sys.stdout.buffer
            out.write(b"\n".join([*said, b""]))
            out.flush()

    def end(self) -> int:
        """The tally. 0, or 2 when a line was no look."""
        total = replaying.tally(self._judge.tally, self._voice, moment)
        print("", *total, sep="\n", file=sys.stderr if self._as_json else sys.stdout, flush=True)
        return BAD_INPUT if self._judge.tally.bad_lines else 0

    def _answer(self, one: Moved | Bad) -> bytes | None:
        """What is said of one line, without its end; None for nothing."""
        if isinstance(one, Bad):
            self._judge.tally.bad_lines += 1
            return self._bad(one)
        step = self._judge.step(one)
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

    def _bad(self, bad: Bad) -> bytes | None:
        if self._as_json:
            return to_json({"line": bad.number, "error": bad.why})
        print(bad.why, file=sys.stderr, flush=True)
        return None

    def _unknown(self, names: tuple[str, ...]) -> None:
        """Once a name: a misspelt metric would read as missing data for ever."""
        for name in names:
            if name not in self._told:
                self._told.add(name)
                known = ", ".join(self._judge.metrics)
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
