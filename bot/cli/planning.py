"""`captain plan`: files in, problems and schema out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bot.diagnosing.follow import follows
from bot.library import Library
from core.machine import describe
from core.plan.problems import PlanInvalid
from core.plan.runbook import Runbook, read_runbook
from core.plan.schema import schema_text

STATES = """# States

What may happen to a deployment, and what follows. This page is generated from the table in `core/machine.py`
(`make generate`); a cell names the rule that answers, 'refused' means that the input is refused with a reason and
changes nothing. After every rule the deployment settles: whatever follows by itself is applied until nothing changes.

"""


def check(wanted: argparse.Namespace) -> int:
    """0 when every file is a good plan; 1 with every problem, its line and a suggestion."""
    bad = 0
    for path in wanted.files:
        runbook = read_plan(path)
        if runbook is None:
            bad += 1
            continue
        plan = runbook.plan
        items = sum(len(getattr(placed.body, "items", ())) for placed in runbook.route)
        print(
            f"{path}: good: {len(plan.phases)} phases, {len(runbook.route)} steps, {runbook.stages} stages, {items} items"
        )
        after = follows(runbook)
        if after and after not in Library(path.parent).names():
            print(f"{path}: mind: the plan '{after}', which follows on GO, is not in the same folder")
    return 1 if bad else 0


def read_plan(path: Path) -> Runbook | None:
    """The plan in a file; None when it cannot be used, with everything that is wrong on the error output."""
    try:
        return read_runbook(path.read_text(encoding="utf-8"))
    except OSError as error:
        print(f"{path}: cannot be read: {error.strerror}", file=sys.stderr)
    except UnicodeDecodeError:
        print(f"{path}: is not UTF-8 text", file=sys.stderr)
    except PlanInvalid as invalid:
        for problem in invalid.problems:
            suggestion = f" {problem.suggestion}" if problem.suggestion else ""
            print(f"{path}:{problem.line}: {problem.path}: {problem.message}{suggestion}", file=sys.stderr)
    return None


def schema(wanted: argparse.Namespace) -> int:
    """The JSON Schema."""
    print(schema_text(), end="")
    return 0


def states(wanted: argparse.Namespace) -> int:
    """docs/states.md."""
    print(STATES + describe(), end="")
    return 0
