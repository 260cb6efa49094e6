"""Whether a command of a document is one plain program with arguments, so that it could be run without a shell, and why not.

What needs a shell, has a place to fill in, never ends, or asks back is for a person. When in doubt it is for a person.
Nothing is run from here. It must not know where in a document a command stands.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import isabs, join, normpath

from core.importing.masking import HIDDEN
from core.importing.understood import Command

LONGEST, MOST_WORDS = 1_000, 60

_PROGRAM = re.compile(r"(?:\./)?[A-Za-z0-9_/][A-Za-z0-9_./+@-]*")
_ASSIGNS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_FILL_IN = re.compile(
    r"<[A-Za-z가-힣][^<>|&;]{0,60}>|\{\{|(?<![\"'$])\{[A-Za-z가-힣_][A-Za-z가-힣0-9_ -]*\}|\[[A-Za-z가-힣_][A-Za-z가-힣0-9_ -]*\]|…"
    r"|(?<![./])\.\.\.|_{3,}|\bx{3,}\b|(?<![A-Za-z])your[-_. ]?[a-z]|/path/to/|\b(?:TODO|TBD|CHANGE_?ME|REPLACE_?ME)\b|example\.(?:com|org|net)\b",
    re.IGNORECASE,
)
_SHOUTED = re.compile(
    r"(?:^|[\s:=/@])(?:[A-Z]+_)*(?:VERSION|TAG|NAMESPACE|RELEASE|HOSTNAME|HOST|POD|CLUSTER|REGION|DATE|SHA|PASSWORD|USER|ENVIRONMENT)(?=$|[\s:/@.])"
)
_SHELLS = frozenset(
    ("sh", "bash", "zsh", "dash", "ksh", "fish", "cmd", "powershell", "pwsh", "eval", "exec", "xargs", "env", "ssh", "su", "nohup", "watch")
)  # fmt: skip
_BUILTINS = frozenset(
    ("export", "source", ".", "alias", "unalias", "set", "unset", "exit", "return", "read", "wait", "trap", "pushd", "popd", "if", "for",
     "while", "until", "case", "do", "done", "then", "else", "elif", "fi", "esac", "function", "select", "time", "declare", "local", "shopt")
)  # fmt: skip
_ASKS_BACK = frozenset(
    ("vi", "vim", "nano", "emacs", "less", "more", "top", "htop", "k9s", "tmux", "screen", "passwd")
)
_CLIENTS = {
    "psql": ("-c", "-f", "-l", "--command", "--file", "--list"), "mysql": ("-e", "--execute"), "mongo": ("--eval",), "mongosh": ("--eval",),
    "python": (), "python3": (), "node": (), "redis-cli": (),
}  # fmt: skip
_FOLLOWS = frozenset(("-f", "--follow", "-w", "--watch", "-F"))
_FOLLOWING = frozenset(
    (
        "kubectl",
        "oc",
        "docker",
        "docker-compose",
        "podman",
        "tail",
        "journalctl",
        "aws",
        "stern",
        "heroku",
        "gcloud",
    )
)
_ENDLESS = ("port-forward", "proxy", "attach")


def judged(commands: Iterable[Command]) -> Iterator[Command]:
    """The commands in order, each with its arguments and its folder, or with the reason why it is for a person. A `cd` counts for what
    follows in its section."""
    where: dict[tuple[str, ...], str | None] = {}
    for one in commands:
        words, why = split(one.text)
        folder = where.get(one.section, "")
        if words[:1] == ("cd",) or (why and one.text.split()[:1] == ["cd"]):
            where[one.section] = _into(folder, words) if not why else None
            yield replace(one, why="cd")
        elif one.script:
            yield replace(one, why="script")
        elif why or one.beside:
            yield replace(one, why=why or "beside")
        elif folder is None and not _anywhere(words):
            yield replace(one, why="folder")
        else:
            yield replace(one, argv=(_program(words[0], folder or ""), *words[1:]), folder=folder or "")


def _anywhere(words: tuple[str, ...]) -> bool:
    """Whether it does the same in every folder: it names no file by a path from where it runs."""
    first, rest = words[0], words[1:]
    return ("/" not in first or isabs(first)) and all(
        "://" in word or isabs(word) or ("." not in word and "/" not in word) for word in rest
    )


def _into(folder: str | None, words: tuple[str, ...]) -> str | None:
    """The folder after a `cd`, or None when nobody can say which it is or it leads out."""
    if len(words) != 2 or folder is None or words[1].startswith(("-", "~")):
        return None
    path = normpath(words[1] if isabs(words[1]) else join(folder, words[1]))
    return None if path.startswith("..") else "" if path == "." else path


def _program(word: str, folder: str) -> str:
    """A relative path begins in the bot's own folder, so it takes the folder along."""
    return normpath(join(folder, word)) if folder and "/" in word and not isabs(word) else word


def split(text: str) -> tuple[tuple[str, ...], str]:
    """The program and its arguments, and ''; or nothing, and the reason why a person has to run it."""
    text = _without_remark(text)
    if HIDDEN in text:
        return (), "secret"
    if len(text) > LONGEST or not text.isprintable():
        return (), "unclear"
    if _FILL_IN.search(text) or _SHOUTED.search(text):
        return (), "fill-in"
    if why := _special(text):
        return (), why
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        return (), "shell"
    return (words, "") if not (why := _unfit(words)) else ((), why)


def _without_remark(text: str) -> str:
    """Without ' # remark' at the end, where the sign stands outside of quotes."""
    head, sign, _ = text.partition(" #")
    if not sign:
        return text
    try:
        shlex.split(head)
    except ValueError:
        return text
    return head.rstrip()


def _special(text: str) -> str:  # noqa: C901  # one kind of sign a line
    """What a shell would do something about, outside of the quotes that keep it from that."""
    quote = ""
    for at, sign in enumerate(text):
        if quote:
            if sign == quote:
                quote = ""
            elif sign == "$" or (quote == '"' and sign == "`"):
                return "variable"
            elif quote == '"' and sign in "\\!":
                return "shell"
        elif sign in "'\"":
            quote = sign
        elif sign in "$`":
            return "variable"
        elif sign in "|&;<>()\\" or (sign == "!" and at == 0):
            return "shell"
        elif sign in "*?[]{}" or (sign == "~" and text[at - 1 : at] in ("", " ", "=", ":")):
            return "glob"
        elif "가" <= sign <= "힣":
            return "unclear"
    return "shell" if quote else ""


def _unfit(words: tuple[str, ...]) -> str:  # one reason a line
    """Why a person has to run these words, or ''."""
    if not words or len(words) > MOST_WORDS:
        return "unclear"
    first, rest = words[0], words[1:]
    name = first.rsplit("/", 1)[-1]
    if _ASSIGNS.match(first):
        return "variable"
    if first in _BUILTINS or name in _SHELLS:
        return "shell"
    if first == "cd":
        return ""
    if ".." in first.split("/"):
        return "folder"
    if not _PROGRAM.fullmatch(first) or not any(sign.isalpha() for sign in first):
        return "unclear"
    if first[:1].isupper() and "/" not in first:
        return "unclear"
    if name in ("sudo", "doas"):
        return "privilege"
    return _never_over(name, rest)


def _never_over(name: str, rest: tuple[str, ...]) -> str:
    """Why it would not come to an end by itself, or ''."""
    if name in _ASKS_BACK or any(word in ("-it", "-ti", "--interactive") for word in rest):
        return "asks-back"
    if name in _CLIENTS and not (set(rest) & set(_CLIENTS[name]) if _CLIENTS[name] else rest):
        return "asks-back"
    if name in _FOLLOWING and (any(word in _ENDLESS for word in rest[:2]) or _follows(name, rest)):
        return "endless"
    detached = {"-d", "--detach"} & set(rest)
    return "endless" if name in ("docker", "docker-compose") and "up" in rest[:3] and not detached else ""


def _follows(name: str, rest: tuple[str, ...]) -> bool:
    """Whether it goes on showing what comes; '-f' is the name of a file to most verbs."""
    shows = name in ("tail", "journalctl", "stern") or any(
        word in ("logs", "tail", "log") for word in rest[:3]
    )
    return any(word in _FOLLOWS if shows else word in ("-w", "--watch") for word in rest)
