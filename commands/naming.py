"""Names in a sentence: people, and the parts of a plan by their titles, made harmless. What `commands.telling` is built on.

It must not know how a sentence is put together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from commands import texts
from commands.figures import Figures
from core.plan.models import Checklist, Item, Risk, Text, Trigger
from core.plan.runbook import Runbook
from core.roles import LOCAL

_USER = re.compile(r"[UW][A-Z0-9]{2,}")


@dataclass(frozen=True)
class Naming(Figures):
    """Who and what is meant. Where it is `plain`, `names` turns user ids into names."""

    runbook: Runbook | None = None
    names: Callable[[str], str] | None = None

    def person(self, by: str) -> str:
        """Somebody: a mention, the bot, or a name from the command line."""
        if by in ("bot", "plan"):
            return self.say(f"word.{by}")
        if by == "!here":
            return "@here" if self.plain else "<!here>"
        if by.startswith(LOCAL):
            return self.say("word.cli", name=self.safe(by.removeprefix(LOCAL), 60))
        if _USER.fullmatch(by):
            if not self.plain:
                return _mentioned(by, self.language)
            name = self.safe(self.names(by), 60) if self.names is not None else by
            return self.say("word.person", name=name)
        return self.safe(by, 60) if by else self.say("word.nobody")

    def people(self, everybody: Iterable[str], most: int = 10) -> str:
        """Several people, or the word for nobody."""
        found = [*everybody]
        names = [self.person(by) for by in found[:most]]
        if len(found) > most:
            names.append(self.say("word.more", n=len(found) - most))
        return ", ".join(names) or self.say("word.nobody")

    def text(self, text: Text, most: int = 300) -> str:
        """A text of the plan."""
        return self.safe(text.in_(self.language), most)

    def step(self, step_id: str) -> str:
        """A step's title."""
        try:
            return (
                self.text(self.runbook.step(step_id).body.title)
                if self.runbook is not None
                else self.safe(step_id)
            )
        except KeyError:
            return self.say("word.rollback-checklist") if step_id == "rollback" else self.safe(step_id)

    def item(self, step_id: str, item_id: str) -> str:
        """A checklist item's title; in a rollback's checklist too."""
        found = next((item for item in items_of(self.runbook, step_id) if item.id == item_id), None)
        return self.safe(item_id) if found is None else self.text(found.title)

    def metric(self, name: str) -> str:
        """A metric's title."""
        return self._part("metrics", name)

    def role(self, name: str) -> str:
        """A role's title."""
        return self._part("roles", name)

    def action(self, name: str) -> str:
        """An action's title."""
        return self._part("actions", name)

    def gate(self, name: str) -> str:
        """A gate's title."""
        return self._part("gates", name)

    def playbook(self, name: str) -> str:
        """A playbook's title."""
        return self._part("playbooks", name)

    def todo(self, name: str) -> str:
        """A playbook's step ('PLAYBOOK/INDEX', counted from 0) by its text, or the name as it is."""
        playbook, _, index = name.rpartition("/")
        found = self.runbook.plan.playbooks.get(playbook) if self.runbook is not None else None
        known = found is not None and index.isdigit() and int(index) < len(found.steps)
        return (
            self.text(found.steps[int(index)].text, 150) if found is not None and known else self.safe(name)
        )

    def remedy(self, remedy: str) -> str:
        """WATCH, FIX, SCALE OUT, RESTART or ROLL BACK."""
        return self.say(f"remedy.{remedy}") if texts.known(f"remedy.{remedy}") else self.safe(remedy, 40)

    def audience(self, name: str) -> str:
        """An audience's title."""
        return self._part("audiences", name)

    def risk(self, name: str) -> str:
        """The title of a risk of the readiness board."""
        board = self.runbook.plan.readiness if self.runbook is not None else None
        return self._listed(board.risks if board is not None else (), name)

    def _part(self, kind: str, name: str) -> str:
        found = getattr(self.runbook.plan, kind).get(name) if self.runbook is not None else None
        return self.safe(name) if found is None else self.text(found.title, 150)

    def answer(self, answer: str) -> str:
        """GO, OBSERVE, NO-GO or HOLD."""
        return self.say(f"answer.{answer}") if texts.known(f"answer.{answer}") else self.safe(answer, 40)

    def trigger(self, name: str) -> str:
        """The title of a reason for a rollback that a person declares."""
        plan = self.runbook.plan.rollback if self.runbook is not None else None
        return self._listed(plan.triggers if plan is not None else (), name)

    def _listed(self, known: Iterable[Trigger | Risk], name: str) -> str:
        found = next((one for one in known if one.id == name), None)
        return self.safe(name) if found is None else self.text(found.title, 150)

    def ref(self, ref: str) -> str:
        """What an effect's ref is about: 'step:ID:ROUND', 'check:STEP:ITEM', 'rollback:N:ROUND'."""
        kind, _, rest = ref.partition(":")
        if kind == "rollback":
            plan = self.runbook.plan.rollback if self.runbook is not None else None
            number = rest.partition(":")[0]
            known = plan is not None and number.isdigit() and int(number) < len(plan.steps)
            return self.action(plan.steps[int(number)]) if plan is not None and known else self.safe(ref)
        step, _, last = rest.rpartition(":")
        return self.step(step or last)


def items_of(runbook: Runbook | None, step_id: str) -> tuple[Item, ...]:
    """The items of a checklist step, or of the checklist after a rollback."""
    if runbook is None:
        return ()
    try:
        body = runbook.step(step_id).body
    except KeyError:
        plan = runbook.plan.rollback
        return plan.checklist if plan is not None and step_id == "rollback" else ()
    return body.items if isinstance(body, Checklist) else ()


@lru_cache(maxsize=1_024)  # the same few people stand in every sentence
def _mentioned(user_id: str, language: str) -> str:
    return texts.say("word.person", language, name=f"<@{user_id}>")
