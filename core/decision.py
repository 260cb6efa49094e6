"""What follows from something that happened: a new value, what is now true, what is asked of the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.effects import Effect, Fact, Word
from core.state import Deployment


@dataclass(frozen=True)
class Decision:
    """The outcome of one rule. Two follow each other with `then`."""

    deployment: Deployment
    facts: tuple[Fact, ...] = ()
    effects: tuple[Effect, ...] = ()
    cancels_world: bool = False  # pending effects of the world lane that nobody has begun are withdrawn

    def then(self, rule: Callable[[Deployment], Decision]) -> Decision:
        """What follows when `rule` is applied to the new value."""
        return self.followed(rule(self.deployment))

    def followed(self, after: Decision) -> Decision:
        """This and then `after`, which was made from the new value."""
        if after.deployment is self.deployment and not (after.facts or after.effects or after.cancels_world):
            return self  # nothing followed, as for most rules most of the time
        return Decision(
            after.deployment,
            self.facts + after.facts,
            self.effects + after.effects,
            self.cancels_world or after.cancels_world,
        )

    def fact(self, key: str, /, **words: Word) -> Decision:
        """With one more fact, which the thread will tell."""
        return self._with(Fact(key, tuple(words.items())))

    def note(self, key: str, /, **words: Word) -> Decision:
        """With one more fact for the journal only: people see it elsewhere, or need not."""
        return self._with(Fact(key, tuple(words.items()), quiet=True))

    def ask(self, *effects: Effect) -> Decision:
        """With more effects."""
        return Decision(self.deployment, self.facts, (*self.effects, *effects), self.cancels_world)

    def _with(self, fact: Fact) -> Decision:
        return Decision(self.deployment, (*self.facts, fact), self.effects, self.cancels_world)
