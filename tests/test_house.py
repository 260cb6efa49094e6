"""What keeps the house in order and no linter sees: versions, lock files, sizes, generated pages, the manifest, the image.

Everything here reads files. What the code does is tested elsewhere.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

ROOT = Path(__file__).parent.parent
# The root stands before tests/, because tests/core must not be taken for core.
sys.path.insert(0, str(ROOT))

from bot.cli.planning import STATES  # noqa: E402  # found through the line above
from core.effects import Effect  # noqa: E402  # the same
from core.inputs import Input  # noqa: E402  # the same
from core.machine import TRANSITIONS, describe  # noqa: E402  # the same

ROOMS = ("core", "storage", "commands", "bot", "sandbox", "benchmarks")
NOT_OURS = {".git", ".venv", ".mypy_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache", ".cache", "__pycache__",
            "build", "dist", "out", "demo-data", "node_modules"}  # fmt: skip
LONGEST_MODULE = 330
LONGEST_FUNCTION = 45
LONG_MODULES = {
    "commands/texts/en/screens.py": (420, "a table of sentences"),
    "commands/texts/ko/screens.py": (420, "a table of sentences"),
}
LONG_FUNCTIONS = {
    "storage/migrations/versions/0001_first.py:upgrade": "a list of tables and columns",
}


@cache
def everything() -> tuple[Path, ...]:
    """Every file of the project, as a fresh clone has it; folders that tools make are not entered."""
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(
            name for name in folders if name not in NOT_OURS and not name.endswith(".egg-info")
        )
        # In a worktree .git is a file.
        found += [Path(folder, name) for name in sorted(names) if name not in NOT_OURS]
    return tuple(found)


def files(*endings: str) -> Iterator[Path]:
    """Those with one of the endings, or all."""
    return (path for path in everything() if not endings or path.suffix in endings)


def modules(*rooms: str) -> Iterator[Path]:
    """Every Python module of the rooms."""
    return (path for path in files(".py") if path.relative_to(ROOT).parts[0] in rooms)


def named(path: Path) -> str:
    """As it stands in the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """The module, parsed once."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def canonical(requirement: str) -> str:
    """The package's name as an index would write it."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def wanted(*groups: str) -> set[str]:
    """Names of what the project depends on directly: at run time, and in the groups."""
    found = {canonical(one) for one in project()["project"]["dependencies"]}
    for group in groups:
        found |= {canonical(one) for one in project()["dependency-groups"][group] if isinstance(one, str)}
    return found


# --------------------------------------------------------------------------------------------- versions and dependencies


def test_the_changelog_begins_with_the_version_that_is_built() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$", text, re.MULTILINE)
    assert versions, "the changelog has no version"
    released = [(version, day) for version, day in versions if version != "Unreleased"]
    assert released[0][0] == project()["project"]["version"]
    assert released[0][1], "the newest version has no date"


@pytest.mark.parametrize(
    ("lock", "groups"), [("requirements.lock", ("build",)), ("requirements-dev.lock", ("build", "dev"))]
)
def test_a_lock_file_pins_and_hashes_everything_and_names_no_index(
    lock: str, groups: tuple[str, ...]
) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n?", "", text, flags=re.MULTILINE).strip())
    names = set()
    for entry in entries:
        assert re.match(r"[a-z0-9._\[\]-]+==\S+", entry), f"not pinned: {entry[:80]}"
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), f"no hash: {entry[:80]}"
        names.add(canonical(entry))
    assert not re.search(r"https?://|--index|--extra-index|--find-links|--trusted", text)
    assert wanted(*groups) <= names, f"missing: {wanted(*groups) - names}; run make lock"


def test_what_the_rooms_import_is_named_in_pyproject() -> None:
    """A package that is there only because another one needs it goes away when that one changes its mind."""
    packages = {"yaml": "pyyaml", "markdown_it": "markdown-it-py", "pydantic_core": "pydantic"}
    always, measuring = wanted(), wanted("dev")
    undeclared = {}
    for path in modules(*ROOMS):
        may = measuring if named(path).startswith("benchmarks/") else always
        for name in imported(path):
            package = canonical(packages.get(name, name))
            if name not in sys.stdlib_module_names and name not in ROOMS and package not in may:
                undeclared[name] = named(path)
    assert undeclared == {}


def imported(path: Path) -> set[str]:
    """The top packages a module imports."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lists = re.findall(r"^(?:dependencies|build|dev) = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    lines = [
        line for block in lists for line in block.splitlines() if line.strip() and "include-group" not in line
    ]
    assert len(lines) > 15
    assert [line.strip() for line in lines if not re.search(r'",?\s+# \S', line)] == []


def test_every_ignored_lint_rule_has_its_reason_beside_it() -> None:
    ignored = [
        (f"{named(path)}:{number}", line)
        for path in modules(*ROOMS)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "# noqa" in line
    ]
    assert ignored, "none was found: the search is broken"
    reason = re.compile(r"# noqa: [A-Z]+[0-9]+(, [A-Z]+[0-9]+)*\s+(#|--?)\s*\S")
    assert [place for place, line in ignored if not reason.search(line)] == []


# ----------------------------------------------------------------------------------------------------- what is written


def test_no_file_names_this_machine_or_a_package_index() -> None:
    # Put together here, so that this file is none of them.
    forbidden = [f"/{name}/" for name in ("work", "root", "Users")] + [
        "py" + "pi.",
        "python" + "hosted",
        "/home" + "/",
    ]
    found = [
        f"{named(path)}: {word}"
        for path in files()
        for word in forbidden
        if word.encode() in path.read_bytes()
    ]
    assert found == []


def test_no_merge_was_left_half_done() -> None:
    marks = tuple(sign * 7 + b" " for sign in (b"<", b">"))
    assert [
        named(path)
        for path in files()
        if any(line.startswith(marks) for line in path.read_bytes().splitlines())
    ] == []


def test_every_module_says_what_it_is_for() -> None:
    assert [named(path) for path in modules(*ROOMS, "tests") if not ast.get_docstring(tree(path))] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert [named(path) for path in modules(*ROOMS, "tests") if path.stem in nothing] == []


def test_modules_stay_short() -> None:
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*ROOMS)}
    most = {name: LONG_MODULES.get(name, (LONGEST_MODULE, ""))[0] for name in lengths}
    assert {name: length for name, length in lengths.items() if length > most[name]} == {}
    over = {name for name, length in lengths.items() if length > LONGEST_MODULE}
    assert set(LONG_MODULES) <= over, "an exception that is not needed any more"


def test_functions_stay_short() -> None:
    long = {
        f"{named(path)}:{node.name}"
        for path in modules(*ROOMS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == set(LONG_FUNCTIONS)


# ------------------------------------------------------------------------------------------------- one place, and another


def test_every_effect_has_its_branch_in_the_performer() -> None:
    perform = next(
        node
        for node in ast.walk(tree(ROOT / "bot" / "perform.py"))
        if isinstance(node, ast.AsyncFunctionDef) and node.name == "_perform"
    )
    branches = {
        node.cls.id
        for node in ast.walk(perform)
        if isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Name)
    }
    assert branches == {effect.__name__ for effect in get_args(Effect)}


def test_every_input_has_a_row_in_the_table() -> None:
    assert {kind for _, kind in TRANSITIONS} == {one.kind for one in get_args(Input)}


def test_the_page_of_states_is_the_table() -> None:
    assert (ROOT / "docs" / "states.md").read_text(encoding="utf-8") == STATES + describe()


def test_the_readme_and_the_manifest_have_the_same_commands() -> None:
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    commands = [entry["command"] for entry in manifest["features"]["slash_commands"]]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(/[a-z]+)` \|", readme, re.MULTILINE) == commands


# ---------------------------------------------------------------------------------------------------------- the image


def dockerfile() -> list[str]:
    """Its instructions, continued lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_the_image_is_one_careful_process() -> None:
    lines = dockerfile()
    last = max(index for index, line in enumerate(lines) if line.startswith("FROM "))
    stage = lines[last:]
    users = [line.split()[1] for line in stage if line.startswith("USER ")]
    assert users, "it would run as root"
    assert users[-1] not in ("root", "0")
    for instruction in ("HEALTHCHECK ", "VOLUME ", "STOPSIGNAL SIGTERM", "ENTRYPOINT ["):
        assert [line for line in stage if line.startswith(instruction)], f"{instruction} is missing"
    assert any("--require-hashes -r requirements.lock" in line for line in lines)


def test_everything_the_image_copies_is_there_and_every_room_is_in_it() -> None:
    sources = [
        source
        for line in dockerfile()
        if line.startswith("COPY ") and "--from=" not in line
        for source in line.split()[1:-1]
    ]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert [source for source in sources if source in ignored] == []
    assert {"core", "storage", "commands", "bot", "sandbox", "plans"} <= set(sources)
