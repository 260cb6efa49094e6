"""A file in, the understood document and its plan out: the one door to this folder for the command line and for Slack.

The plan has been read back as any other plan is before it is handed out. It must not know where the file came from.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Refused
from core.importing.bounds import decode
from core.importing.reading import read
from core.importing.understood import Understood
from core.importing.writing import Written, write
from core.plan.document import LARGEST_BYTES
from core.plan.problems import PlanInvalid
from core.plan.runbook import Runbook, read_runbook


@dataclass(frozen=True)
class Imported:
    """What was understood, and the plan, checked."""

    found: Understood
    written: Written
    runbook: Runbook


def understand(content: bytes, name: str) -> Understood:
    """What a file says. Raises Refused with one sentence for a file that is none of ours."""
    return read(decode(content, name), name)


def plan_of(found: Understood, name: str) -> Imported:
    """The plan for it. Raises Refused when it would be larger than a plan may be."""
    written = write(found, name)
    size = len(written.text.encode())
    if size > LARGEST_BYTES:
        raise Refused("import-plan-too-large", items=len(found.items), size=size, most=LARGEST_BYTES)
    try:
        return Imported(found, written, read_runbook(written.text))
    except PlanInvalid as invalid:
        raise Refused("import-unplannable", detail=str(invalid.problems[0])) from None
