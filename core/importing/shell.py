"""The commands of a shell block, and of lines that are commands by the look of them. Nothing is ever run from here.

It must not know where the block stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LANGUAGES = frozenset(
    [
        "bash",
        "sh",
        "shell",
        "zsh",
        "fish",
        "console",
        "shell-session",
        "sh-session",
        "terminal",
        "cmd",
        "bat",
        "batch",
        "powershell",
        "ps1",
        "pwsh",
    ]
)
PLAIN = frozenset(("", "text", "txt", "plain", "plaintext", "none", "checklist", "log"))
_PROGRAMS = frozenset(
    [
        "curl",
        "wget",
        "kubectl",
        "docker",
        "docker-compose",
        "podman",
        "helm",
        "kustomize",
        "terraform",
        "tofu",
        "ansible",
        "ansible-playbook",
        "aws",
        "gcloud",
        "az",
        "git",
        "pytest",
        "pylint",
        "mypy",
        "bandit",
        "ruff",
        "black",
        "python",
        "python3",
        "pip",
        "npm",
        "npx",
        "yarn",
        "pnpm",
        "node",
        "make",
        "mvn",
        "gradle",
        "go",
        "cargo",
        "java",
        "psql",
        "mysql",
        "mongo",
        "redis-cli",
        "systemctl",
        "journalctl",
        "service",
        "ssh",
        "scp",
        "rsync",
        "sudo",
        "argocd",
        "istioctl",
        "vault",
        "consul",
        "flyctl",
        "heroku",
        "cd",
        "export",
        "echo",
        "cat",
        "tail",
        "kafka-topics",
        "kafka-topics.sh",
        "kafka-consumer-groups",
        "kafka-console-consumer",
        "alembic",
        "flask",
        "django-admin",
        "rails",
        "bundle",
    ]
)
_PROMPT = re.compile(r"(?:[$#%>]|PS>)\s+")
_ASKED = re.compile(r"\$\s+")
"""The one prompt that is nothing else: '#' and '>' may begin a remark and a quotation."""
_FIRST = re.compile(r"(?:\./|\.\./|/(?:usr|opt|bin|path)/)?[A-Za-z0-9_./-]+")
_LABEL = re.compile(r"(?:명령어?|커맨드|실행|commands?|cmd|run)\s*[:：]\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """A command with the comment above it."""

    text: str
    title: str
    line: int
    script: bool = False


_SCRIPTED = re.compile(
    r"(?:if|for|while|until|case|select|function)\b.*|[A-Za-z_][A-Za-z0-9_]*\s*\(\)\s*\{?|(?:do|then|else|done|fi|esac|\{|\})(?:\s.*)?|.*[\s;](?:do|then|\{)|.*<<-?\s*[\"'\\]?[A-Za-z_].*",
)
_CHAINED = ("&&", "||", "|")


def is_script(lines: Sequence[str]) -> bool:
    """Whether only a shell can make sense of a block: loops, conditions, functions, texts over several lines."""
    return any(_SCRIPTED.fullmatch(line.strip()[:400]) for line in lines) or any(
        line.count("'") % 2 or line.count('"') % 2 for line in lines if not line.strip().startswith("#")
    )


def commands(lines: Sequence[str], first: int, *, prompted: bool = False) -> Iterator[Line]:
    """Every command of a block whose first line is number `first`. Continuation lines are joined; a comment is the title of the
    commands below it. With prompts ('$ ') the other lines are output."""
    prompted = prompted or any(line.lstrip().startswith("$ ") for line in lines)
    script = is_script(lines)
    title, parts, began = "", list[str](), first
    for number, raw in enumerate(lines, first):
        text = raw.strip()
        if not parts:
            began = number
            if not text or text.startswith("#"):
                title = text.lstrip("#! ").strip()
                continue
            if prompted and not text.startswith("$ "):
                continue
            text = text[2:].strip() if prompted else text
        goes_on = text.endswith("\\")
        parts.append(text[:-1].rstrip() if goes_on else text)
        if goes_on or text.endswith(_CHAINED):
            continue
        if whole := " ".join(parts).strip():
            yield Line(whole, title, began, script)
        parts = []
    if parts:
        yield Line(" ".join(parts), title, began, script)


def command_in(text: str) -> str:
    """The command that a line of plain text is or ends with: './deploy.sh check', 'Linting: pylint app/', '명령어: curl ...'. '' for none."""
    if found := _LABEL.match(text):
        text = text[found.end() :]
        return _bare(text) if looks_like(text) else ""
    if looks_like(text):
        return _bare(text)
    head, colon, tail = text[:400].partition(": ")
    return _bare(text[len(head) + 2 :]) if colon and looks_like(tail) else ""


def _bare(text: str) -> str:
    """Without quotes of code around it, the prompt before it, and a remark in Korean behind it."""
    text = _ASKED.sub("", text.strip().strip("`").strip(), count=1)
    opened = text.rfind(" (", max(0, len(text) - 80))
    remark = text[opened:] if opened >= 0 and text.endswith(")") else ""
    return text[: len(text) - len(remark)] if any("가" <= sign <= "힣" for sign in remark) else text


def looks_like(text: str) -> bool:
    """Whether a line begins like a command."""
    text = _PROMPT.sub("", text.strip()[:200], count=1)
    found = _FIRST.match(text)
    if found is None:
        return False
    word, rest = found[0], text[found.end() :]
    if word.startswith(("./", "../")) and len(word) > 3:
        return True
    return (
        word in _PROGRAMS
        and rest[:1] in ("", " ")
        and bool(rest.strip())
        and not re.match(r"\s+[가-힣]", rest)
    )


def all_commands(lines: Sequence[str]) -> bool:
    """Whether a block without a language holds commands and comments, and nothing else."""
    joined, any_ = False, False
    for raw in lines[:400]:
        text = raw.strip()
        if not text or text.startswith("#"):
            continue
        if not joined and not looks_like(text):
            return False
        any_, joined = True, text.endswith("\\")
    return any_
