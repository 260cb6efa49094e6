"""Papers drawn from a deployment's record: the record itself, the draft of a post-mortem, the hand-over note, the metrics.

Pure: a record in, text out. The door is `write`; who reads the journal and where the text goes stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from commands.papers import hand_over, post_mortem, snapshot, whole
from commands.telling import Voice
from core.record import Record

WRITERS: Final[Mapping[str, Callable[[Record, Voice], str]]] = {
    "record": whole.write,
    "post-mortem": post_mortem.write,
    "hand-over": hand_over.write,
    "snapshot": snapshot.write,
}


def write(kind: str, record: Record, voice: Voice) -> str:
    """The paper of this kind as Markdown. `voice` must be plain: a document has no mentions. KeyError for an unknown kind."""
    return WRITERS[kind](record, voice)


def file_name(kind: str, record: Record, ending: str = "md") -> str:
    """'D12-record.md'."""
    return f"{record.deployment.id}-{kind}.{ending}"
