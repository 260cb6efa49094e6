"""What a rehearsal has in the place of something, and which actions act upon it. It must not know what a rehearsal is otherwise."""

from __future__ import annotations

from core.plan.models import Action, Rehearsal


def acts_upon(rehearsal: Rehearsal, action: Action) -> bool:
    """Whether an action acts upon a source or program that a rehearsal replaces."""
    deed = getattr(action, action.kind)
    program, source = getattr(deed, "program", None), getattr(deed, "source", None)
    return program in rehearsal.programs or source in rehearsal.sources
