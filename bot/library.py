"""The plans in a folder, read when they are asked for. A broken plan is refused with its problems and never hides the others."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from core.errors import Refused
from core.plan.runbook import Runbook, read_runbook

ENDINGS = (".yml", ".yaml")


class Library:
    """`names` and `read`: what commands need of the plans."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, tuple[int, Runbook]] = {}

    def names(self) -> tuple[str, ...]:
        """The plans' names (their files without ending), sorted."""
        found = {
            path.stem
            for path in self._folder.iterdir()
            if path.suffix in ENDINGS and not path.stem.startswith((".", "team"))
        }
        return tuple(sorted(found))

    def read(self, name: str) -> Runbook:
        """The plan of this name as it stands in its file now. Raises Refused for a name that is not there, PlanInvalid for a broken plan."""
        if name not in self.names():
            near = get_close_matches(name, self.names(), 1)
            raise Refused(
                "unknown-plan", name=name[:60], known=",".join(self.names()), near=near[0] if near else ""
            )
        path = next(path for ending in ENDINGS if (path := self._folder / f"{name}{ending}").is_file())
        changed = path.stat().st_mtime_ns
        kept = self._read.get(name)
        if kept is None or kept[0] != changed:
            kept = (changed, read_runbook(path.read_text(encoding="utf-8")))
            self._read[name] = kept
        return kept[1]
