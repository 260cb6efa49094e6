"""Turns `${NAME}` into the value it has in the environment, and knows which values must not be shown.

This is the only place where a secret has a value. Nothing here is logged or stored; what is resolved goes straight into
a request or a process. It must not know what a request is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from bot.errors import GaveUp
from bot.redact import redact
from core.plan.models import Plan

_NAME: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def names_in(text: str) -> tuple[str, ...]:
    """The NAMEs of every `${NAME}` in `text`."""
    return tuple(_NAME.findall(text))


def names_of(plan: Plan) -> tuple[str, ...]:
    """Every environment variable the plan uses, sorted: in its sources and programs, and what it gives to its programs."""
    texts = [text for source in plan.sources.values() for text in source.texts]
    texts += [text for program in plan.programs.values() for text in program.texts]
    texts += [text for audience in plan.audiences.values() for text in audience.texts]
    given = {name for program in plan.programs.values() for name in program.environment}
    return tuple(sorted(given | {name for text in texts for name in names_in(text)}))


class Secrets:
    """The environment seen as a source of secrets."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)

    def __repr__(self) -> str:
        return "Secrets(...)"  # a traceback or debug line must not print them

    def resolve(self, text: str) -> str:
        """`text` with every `${NAME}` replaced. GaveUp names the variables that are missing or empty."""
        missing = sorted({name for name in names_in(text) if not self._environ.get(name)})
        if missing:
            raise GaveUp(
                f"The plan needs the environment variable {', '.join(missing)}, which is not set for the bot: "
                "set it and try again."
            )
        return _NAME.sub(lambda match: self._environ[match[1]], text)

    def missing(self, plan: Plan) -> tuple[str, ...]:
        """The names the plan uses that have no value (for a check before the start)."""
        return tuple(name for name in names_of(plan) if not self._environ.get(name))

    def some(self, names: Iterable[str]) -> dict[str, str]:
        """Those of `names` that have a value, for a process's environment."""
        return {name: self._environ[name] for name in names if self._environ.get(name)}

    def redact(self, text: str, plan: Plan) -> str:
        """`text` without the values this plan's names stand for."""
        return redact(text, self.some(names_of(plan)))
