"""The documents say what is there: links, paths, names, commands, settings, log actions, and plans that can be read.

Prose cannot be tested; whatever in it names something can.
"""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

ROOT = Path(__file__).parent.parent
# The root stands before tests/, because tests/core must not be taken for core.
sys.path.insert(0, str(ROOT))

from bot.cli.parser import parse  # noqa: E402  # found through the line above
from bot.settings import PLANS, Settings  # noqa: E402  # the same
from core.plan import models  # noqa: E402  # the same
from core.plan.parse import parse_plan  # noqa: E402  # the same

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
ROOMS = ("core", "storage", "commands", "bot", "sandbox")


def named(path: Path) -> str:
    """As it stands in the repository."""
    return path.relative_to(ROOT).as_posix()


every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=named)


@cache
def text_of(path: Path) -> str:
    """What stands in a file."""
    return path.read_text(encoding="utf-8")


def prose(document: Path) -> str:
    """The document without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text_of(document), flags=re.MULTILINE | re.DOTALL)


def blocks(document: Path, language: str) -> list[str]:
    """Its blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(document), re.MULTILINE | re.DOTALL)


def anchors(document: Path) -> set[str]:
    """What may stand behind '#': the headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# ------------------------------------------------------------------------------------------------ links, paths, names


@every_document
def test_every_link_inside_the_repository_leads_somewhere(document: Path) -> None:
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (document.parent / path).resolve() if path else document
        if not found.exists() or (anchor and found.suffix == ".md" and anchor not in anchors(found)):
            dead.append(target)
    assert dead == []


@every_document
def test_every_path_in_the_text_exists(document: Path) -> None:
    mentioned = set(re.findall(r"`([\w.-]+(?:/[\w.-]+)+/?)`", prose(document)))
    paths = {
        one for one in mentioned if one.split("/")[0] in (*ROOMS, "docs", "plans", "tests", "benchmarks")
    }
    assert {one for one in paths if not (ROOT / one).exists()} == set()


@every_document
def test_every_dotted_name_in_the_text_exists(document: Path) -> None:
    names = set(re.findall(rf"`((?:{'|'.join(ROOMS)})(?:\.\w+)+)(?:\(.*?\))?`", prose(document)))
    assert {name for name in names if not exists(name)} == set()


def exists(name: str) -> bool:
    """Whether a dotted name is a module or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def test_the_list_of_decisions_is_complete() -> None:
    pages = sorted(path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md") if "0000" not in path.name)
    listed = re.findall(
        r"^\| \[\d{4}\]\((\d{4}-[\w-]+\.md)\)", text_of(ROOT / "docs" / "adr" / "README.md"), re.MULTILINE
    )
    assert listed == pages
    assert [page[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        text = text_of(ROOT / "docs" / "adr" / page)
        assert text.startswith(f"# {page[:4]}: ")
        assert re.search(
            r"^\*Status: (proposed|accepted|replaced by \d{4})\. Date: \d{4}-\d{2}-\d{2}\.\*$",
            text,
            re.MULTILINE,
        )
        for heading in ("## Context", "## Decision", "## Consequences"):
            assert f"\n{heading}\n" in text, f"{page}: {heading}"


# --------------------------------------------------------------------------------------------------- what people type


def lines(document: Path, program: str) -> list[str]:
    """Lines of code blocks that begin with a program, as they would be typed."""
    found = re.findall(r"^ {4,}(?:\.venv/bin/)?(" + program + r" .+)$", text_of(document), re.MULTILINE)
    return [re.split(r" {2,}| #", line)[0] for line in found]


def mentions(document: Path, program: str) -> list[str]:
    """Code inside sentences that begins with a program; it need not be complete."""
    found = re.findall(r"`(" + program + r" [^`]+)`", prose(document))
    return [re.split(r" [A-Z.\[-]", mention)[0] for mention in found]


@every_document
def test_every_captain_command_can_be_typed(document: Path) -> None:
    complete = [
        shlex.split(line)[1:] for line in lines(document, "captain") if "..." not in line and "|" not in line
    ]
    begun = [mention.split()[1:] for mention in mentions(document, "captain")]
    for words in complete:
        assert parse(words).run
    for words in begun:
        with pytest.raises(SystemExit) as ended:
            parse([*words, "--help"])
        assert ended.value.code == 0, f"there is no 'captain {' '.join(words)}'"


@every_document
def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    wanted = {line.split()[1] for line in (*lines(document, "make"), *mentions(document, "make"))}
    assert wanted <= targets, wanted - targets


# ------------------------------------------------------------------------------------------------------ the operator's


def settings_table() -> dict[str, str]:
    """Variable -> default, as the page of operations says."""
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (.+?) \| .+ \|$", text_of(ROOT / "docs" / "operations.md"), re.MULTILINE
    )
    assert len(rows) == len({name for name, _ in rows}), "a variable stands there twice"
    return {name: default.strip("`") for name, default in rows}


def shown(default: Any) -> str:
    """A setting's default as the table writes it."""
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default == PLANS:
        return "the shipped plans"
    return str(default) or "–"


def test_the_table_of_settings_is_the_settings() -> None:
    fields = Settings.model_fields.values()
    assert settings_table() == {str(field.alias): shown(field.default) for field in fields}


@every_document
def test_every_variable_in_the_text_is_a_setting(document: Path) -> None:
    mentioned = set(re.findall(r"\b(?:CAPTAIN|SLACK)_[A-Z_]+\b", text_of(document)))
    known = {str(field.alias) for field in Settings.model_fields.values()}
    assert mentioned <= known, mentioned - known


def test_the_table_of_log_actions_is_what_the_code_logs() -> None:
    code = {
        action
        for room in ("storage", "commands", "bot")
        for path in (ROOT / room).rglob("*.py")
        for action in re.findall(r'extra=\{\s*"action": "([a-z.-]+)"', text_of(path))
    }
    section = text_of(ROOT / "docs" / "operations.md").partition("\n## Log\n")[2]
    table = {
        action
        for cell in re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)
        for action in re.findall(r"`([^`]+)`", cell)
    }
    assert table == code


# ----------------------------------------------------------------------------------------------------------- plans


@every_document
def test_every_whole_plan_in_the_text_can_be_read(document: Path) -> None:
    for block in blocks(document, "yaml"):
        if block.startswith("format:"):
            parse_plan(block)


def test_the_part_of_a_plan_in_the_readme_is_one() -> None:
    (block,) = blocks(ROOT / "README.md", "yaml")
    part = yaml.safe_load(block)
    assert set(part) == {"gates", "rollback", "phases"}
    for gate in part["gates"].values():
        models.Gate.model_validate(gate)
    models.Rollback.model_validate(part["rollback"])
    for phase in part["phases"]:
        models.Phase.model_validate(phase)
