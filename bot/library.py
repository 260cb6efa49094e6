"""The plans in a folder, read when they are asked for. A broken plan is refused with its problems and never hides the others.

What was there when the bot started, or when somebody last had it read anew, is kept only to say what has changed since.
"""

from __future__ import annotations

import logging
from difflib import get_close_matches
from pathlib import Path

from core.errors import Refused
from core.plan.problems import PlanInvalid, Problem
from core.plan.runbook import Runbook
from core.plan.shelf import News, Shelf, news, read_plan

ENDINGS = (".yml", ".yaml")
log = logging.getLogger(__name__)


class Library:
    """`names`, `read` and `reload`: what commands need of the plans."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, tuple[int, Runbook]] = {}
        self._shelf: Shelf = {}

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
        path = self._path(name)
        changed = path.stat().st_mtime_ns
        kept = self._read.get(name)
        if kept is None or kept[0] != changed:
            found = _of_file(path)
            if isinstance(found, PlanInvalid):
                raise found
            kept = (changed, found)
            self._read[name] = kept
        return kept[1]

    def reload(self) -> tuple[News, ...]:
        """Reads every file anew, and says what has changed since the last time. A broken plan cannot be started, whatever it was
        before: its name answers with its problems."""
        self._read.clear()
        before, self._shelf = self._shelf, {name: _of_file(self._path(name)) for name in self.names()}
        found = news(before, self._shelf)
        for one in found:
            if one.what == "broken":
                log.error(
                    "the plan %s cannot be started: %s", one.name, one.problems[0], extra={"action": "plan.broken"}
                )  # fmt: skip
        return found

    def _path(self, name: str) -> Path:
        return next(path for ending in ENDINGS if (path := self._folder / f"{name}{ending}").is_file())


def _of_file(path: Path) -> Runbook | PlanInvalid:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        return PlanInvalid([Problem(0, "", f"The file cannot be read: {error.strerror}.")])
    except UnicodeDecodeError:
        return PlanInvalid([Problem(0, "", "The file is not UTF-8 text.", "Save it as UTF-8.")])
    return read_plan(text)
