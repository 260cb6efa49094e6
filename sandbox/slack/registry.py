"""The table of Web API methods: each with its arguments, scopes, tier and handler.

Must not know HTTP; api.py turns requests into calls of these handlers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.slack.args import Args
from sandbox.slack.records import Json

if TYPE_CHECKING:  # the context holds the workspace; importing it here would be a circle
    from sandbox.slack.context import Context

Handler = Callable[["Context", Args], Json]

# Every method takes these; the SDK adds team_id when a default team is set.
COMMON = frozenset({"token", "team_id"})


@dataclass(frozen=True)
class Method:
    """One method. `scopes` are alternatives: any of them will do. `caller` is the kind of token: "bot", "app" or "any"."""

    name: str
    handler: Handler
    args: frozenset[str]
    required: tuple[str, ...]
    scopes: tuple[str, ...]
    tier: str
    caller: str


METHODS: dict[str, Method] = {}


def method(
    name: str, args: str = "", *, scopes: str = "", tier: str = "t3", caller: str = "bot"
) -> Callable[[Handler], Handler]:
    """Registers a handler. `args` are names with spaces between; a "!" at the end means required."""

    def register(handler: Handler) -> Handler:
        names = args.split()
        METHODS[name] = Method(
            name=name,
            handler=handler,
            args=frozenset(word.rstrip("!") for word in names) | COMMON,
            required=tuple(word[:-1] for word in names if word.endswith("!")),
            scopes=tuple(scopes.split()),
            tier=tier,
            caller=caller,
        )
        return handler

    return register
