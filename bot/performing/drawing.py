"""A message as it goes out: the drawing of the state, with mentions before it and notes after it, or as plain words.

The digest is of the drawing alone, so that a note or a mention does not make an edit. It must not know how messages are
sent.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.performing.notes import note
from bot.performing.work import Work
from commands.blocks import draw
from core.effects import Post, Update

MOST_BLOCKS: Final = 50
LONGEST_TEXT: Final = 3_900  # chat.update refuses more than 4,000
_MENTIONED: Final = 40
_MENTION: Final = re.compile(r"<@([UW][A-Z0-9]{2,})>")
_PERSON: Final = re.compile(r"[UW][A-Z0-9]{2,}")


@dataclass(frozen=True)
class Message:
    """Text and blocks ready to be sent; `digest` tells two drawings apart; `broadcast` also shows a reply in the channel."""

    text: str
    blocks: tuple[Mapping[str, Any], ...]
    digest: str
    broadcast: bool = False

    def mentioning(self, people: Sequence[str]) -> Message:
        """With everybody mentioned who is not in the drawing already; cli users and other names are no mentions."""
        shown = json.dumps([self.text, *self.blocks])
        tokens = [
            "<!here>" if one == "!here" else f"<@{one}>"
            for one in people
            if one == "!here" or _PERSON.fullmatch(one)
        ]
        missing = [token for token in dict.fromkeys(tokens) if token not in shown][:_MENTIONED]
        if not missing:
            return self
        called = " ".join(missing)
        section = {"type": "section", "text": {"type": "mrkdwn", "text": called}}
        blocks = (section, *self.blocks) if self.blocks and len(self.blocks) < MOST_BLOCKS else self.blocks
        return Message(_cut(f"{called} {self.text}"), blocks, self.digest, self.broadcast)

    def people(self) -> tuple[str, ...]:
        """Everybody who is mentioned in it."""
        return tuple(
            dict.fromkeys(_MENTION.findall(json.dumps([self.text, *self.blocks], ensure_ascii=False)))
        )

    def naming(self, names: Mapping[str, str]) -> Message:
        """With these people named instead of mentioned: a line of the log calls nobody."""

        def named(text: str) -> str:
            return _MENTION.sub(
                lambda found: f"@{_escaped(names[found[1]])}" if names.get(found[1]) else found[0], text
            )

        blocks = tuple(_everywhere(block, named) for block in self.blocks)
        return Message(named(self.text), blocks, self.digest, self.broadcast)

    def noting(self, notes: Sequence[str]) -> Message:
        """With notes about the delivery at its end."""
        if not notes:
            return self
        added = [{"type": "context", "elements": [{"type": "mrkdwn", "text": line}]} for line in notes]
        blocks = (
            (*self.blocks, *added)
            if self.blocks and len(self.blocks) + len(added) <= MOST_BLOCKS
            else self.blocks
        )
        return Message(_cut("\n".join((self.text, *notes))), blocks, self.digest, self.broadcast)

    def plain(self, language: str) -> Message:
        """The same in words alone, with a note that says so."""
        words = "\n".join(dict.fromkeys((self.text, *words_of(self.blocks))))
        added = note("plain", language)
        return Message(
            f"{_cut(words, LONGEST_TEXT - len(added) - 1)}\n{added}", (), self.digest, self.broadcast
        )


def drawn(work: Work, effect: Post | Update) -> Message:
    """The effect's message from the deployment as it stands now."""
    drawing = draw(
        effect.view,
        work.deployment,
        subject=effect.subject,
        words=effect.words if isinstance(effect, Post) else (),
        now=work.plan_now(),
        language=work.deployment.language,
    )
    return Message(
        drawing.text, tuple(drawing.blocks), _digest(drawing.text, drawing.blocks), drawing.broadcast
    )


def words_of(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every line a reader would see in the blocks, without buttons and inputs."""
    lines: list[str] = []
    for block in blocks:
        if block.get("type") in ("actions", "input"):
            continue
        for part in (
            block.get("text"),
            block.get("title"),
            *(block.get("fields") or ()),
            *(block.get("elements") or ()),
        ):
            text = part.get("text") if isinstance(part, Mapping) else part
            if isinstance(text, str) and text.strip():
                lines.append(text.strip())
    return lines


def _everywhere(part: Any, change: Callable[[str], str]) -> Any:
    """The part with every text of it changed; ids, values and the like are not texts."""
    if isinstance(part, Mapping):
        return {
            key: change(value) if key == "text" and isinstance(value, str) else _everywhere(value, change)
            for key, value in part.items()
        }
    return [_everywhere(one, change) for one in part] if isinstance(part, list) else part


def _escaped(name: str) -> str:
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _digest(text: str, blocks: Sequence[Mapping[str, Any]]) -> str:
    canonical = json.dumps([text, blocks], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _cut(text: str, longest: int = LONGEST_TEXT) -> str:
    return text if len(text) <= longest else text[: longest - 2].rstrip() + " …"
