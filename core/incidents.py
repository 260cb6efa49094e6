"""An incident as frozen values: a playbook that people walk through, how far they are, and the acts that move it.

Part of a deployment's state (`core.state`) and of its inputs (`core.inputs`), and read from there. It must not know a rule.
All times are UTC plan time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal

from core.effects import Words
from core.plan.playbooks import Remedy

Stage = Literal["diagnosing", "asking", "acting", "watching", "fixing", "back", "closed"]
"""diagnosing: its steps · asking: the question is open · acting: an answer's action is under way · watching: until the next
look · fixing: somebody writes a fix, and the deployment stands still · back: the traffic is taken back, what is left of its
steps stays to be done · closed: over."""
Cause = Literal["rule", "failed", "rollback", "person"]
TodoMark = Literal["done", "not-applicable", "open"]

PREFIX = "incident:"
"""How the refs of an incident's effects and the keys of its messages begin: 'incident:NUMBER:...'."""


@dataclass(frozen=True)
class Todo:
    """One step of the playbook: who settled it when and with which note, and what its action showed."""

    mark: TodoMark = "open"
    by: str = ""
    at: datetime | None = None
    note: str = ""
    ref: str = ""  # of its look that is under way
    seen: str = ""  # what the look showed
    failed: str = ""  # why it showed nothing
    reminded: bool = False


@dataclass(frozen=True)
class Incident:
    """One playbook being walked. `number` counts from 1 in its deployment."""

    number: int
    playbook: str
    by: str  # 'bot', or who declared it
    cause: Cause
    note: str
    opened_at: datetime
    todos: tuple[Todo, ...]
    words: Words = ()  # of the rule or failure that began it
    page: int = 0  # the call it belongs to
    stage: Stage = "diagnosing"
    round: int = 0  # counts the times it was asked
    asked_at: datetime | None = None
    deadline: datetime | None = None
    answer: Remedy | Literal[""] = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    reason: str = ""
    defaulted: bool = False
    ref: str = ""  # of the action that is under way
    outcome: str = ""  # what the last action showed
    failed: str = ""  # why the last action did not do it
    next_at: datetime | None = None  # the next look
    next_try: datetime | None = None
    next_try_by: str = ""
    next_try_note: str = ""
    closed_at: datetime | None = None
    closed_by: str = ""
    closed: str = ""  # why

    @property
    def open(self) -> bool:
        """It is not over."""
        return self.stage != "closed"

    @property
    def settled(self) -> bool:
        """No step is open."""
        return all(todo.mark != "open" for todo in self.todos)

    @property
    def key(self) -> str:
        """The key of its message, and the `step` under which its steps are asked for: 'incident:3'."""
        return f"{PREFIX}{self.number}"

    @property
    def question(self) -> str:
        """The key of the message with its present question: 'incident:3:question:2'."""
        return f"{self.key}:question:{self.round}"

    def with_todo(self, index: int, todo: Todo) -> Incident:
        """With one step replaced."""
        return replace(self, todos=(*self.todos[:index], todo, *self.todos[index + 1 :]))


def number_in(ref: str) -> int:
    """The number of the incident a ref, key or step is about; 0 for any other."""
    parts = ref.split(":")
    return int(parts[1]) if len(parts) > 1 and f"{parts[0]}:" == PREFIX and parts[1].isdigit() else 0


# ------------------------------------------------------------------------------------------------------ a person's acts


@dataclass(frozen=True)
class IncidentDeclared:
    """`/deploy incident NAME`: a person begins to walk a playbook."""

    by: str
    playbook: str
    note: str = ""
    kind: ClassVar[Literal["incident-declared"]] = "incident-declared"


@dataclass(frozen=True)
class IncidentMarked:
    """A step of the playbook (counted from 0) is done, not applicable (needs a note), or open again."""

    by: str
    incident: int
    todo: int
    mark: TodoMark
    note: str = ""
    kind: ClassVar[Literal["incident-marked"]] = "incident-marked"


@dataclass(frozen=True)
class IncidentAsked:
    """Somebody does not wait for the rest of the steps: the question is asked now."""

    by: str
    incident: int
    kind: ClassVar[Literal["incident-asked"]] = "incident-asked"


@dataclass(frozen=True)
class IncidentAnswered:
    """An answer to the open question. roll-back needs a reason."""

    by: str
    incident: int
    round: int
    remedy: Remedy
    reason: str = ""
    kind: ClassVar[Literal["incident-answered"]] = "incident-answered"


@dataclass(frozen=True)
class IncidentClosed:
    """It is over, and why."""

    by: str
    incident: int
    reason: str
    kind: ClassVar[Literal["incident-closed"]] = "incident-closed"


@dataclass(frozen=True)
class NextTrySet:
    """When it will be tried again."""

    by: str
    incident: int
    at: datetime
    note: str = ""
    kind: ClassVar[Literal["next-try-set"]] = "next-try-set"


IncidentAct = (
    IncidentDeclared | IncidentMarked | IncidentAsked | IncidentAnswered | IncidentClosed | NextTrySet
)
