"""What could not be looked at because a variable is not set, said once for each variable instead of once for each look.

Every look that needs the variable names it in its reason, whichever vendor it is; that is how they are known to have one cause. It
must not know what was looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from core.findings import Area, Finding

NAMED: tuple[Area, ...] = ("source", "program", "metric")
"""Of these the names are said, since they are few; the others are counted."""
COUNTED: tuple[Area, ...] = ("check", "action", "traffic", "rollback")


def said_once(findings: Sequence[Finding], unset: Iterable[str]) -> list[Finding]:
    """The findings without those that only repeat that a variable of `unset` is missing; in their place, at the beginning, what
    each of these variables keeps from being looked at. That it is missing stands with the variable itself."""
    causes = {name: re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])") for name in unset}
    kept: list[Finding] = []
    hidden: dict[str, list[Finding]] = {}
    for finding in findings:
        cause = next((name for name, named in causes.items() if _because(finding, named)), None)
        if cause is None:
            kept.append(finding)
        else:
            hidden.setdefault(cause, []).append(finding)
    return [*(_together(name, found) for name, found in hidden.items()), *kept]


def _because(finding: Finding, named: re.Pattern[str]) -> bool:
    if finding.state == "works":
        return False
    said = dict(finding.words)
    return any(named.search(str(said[word])) for word in ("reason", "evidence", "why") if word in said)


def _together(name: str, found: Sequence[Finding]) -> Finding:
    """One finding: it breaks nothing more, since the variable's own one does that already."""
    words: list[tuple[str, str | int]] = [("name", name)]
    for area in NAMED:
        words.append((f"{area}s", ", ".join(dict.fromkeys(_names(one) for one in found if one.area == area))))
    words += [(area, sum(one.area == area for one in found)) for area in COUNTED]
    return Finding("variable", name, "mind", "variable-stops", tuple(words))


def _names(finding: Finding) -> str:
    """The parts of the plan a finding is about: several metrics may be in one."""
    return str(dict(finding.words).get("names") or finding.subject.split("/")[0])
