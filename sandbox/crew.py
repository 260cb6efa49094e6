"""The team file of a world: the people of the workspace by the names that plans' worlds use, and what each world says of them.

It must not know what a role is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from sandbox.slack import roster

PEOPLE: Final = {
    "gitcode": roster.GITCODE,
    "lubit": roster.LUBIT,
    "sena": roster.SENA,
    "ops": roster.OPS,
    "mina": roster.MINA,
    "jun": roster.JUN,
}
CHANNELS: Final = {
    "deployment": roster.DEPLOYMENT,
    "deployment-alerts": roster.ALERTS,
    "incident": roster.INCIDENT,
}
"""The channels that are in every workspace."""
Shift = tuple[str, str, str]
"""The first day, the last day (both ISO), and who."""


def team(
    *,
    roles: Mapping[str, str],
    deputies: Mapping[str, str] | None = None,
    rota: Mapping[str, Sequence[Shift]] | None = None,
    channels: Mapping[str, str] = CHANNELS,
) -> str:
    """The file's text, with `{language}` where the language is to stand. One name a role is enough for every world."""
    whole: dict[str, Any] = {"format": 1, "language": "{language}", "people": PEOPLE}
    whole["roles"] = {role: [name] for role, name in roles.items()}
    whole["deputies"] = {role: [name] for role, name in (deputies or {}).items()}
    shifts = {
        role: [{"from": since, "to": until, "who": [name]} for since, until, name in kept]
        for role, kept in (rota or {}).items()
    }
    if shifts:
        whole["rota"] = shifts
    whole["channels"] = dict(channels)
    return yaml.safe_dump(whole, sort_keys=False)
