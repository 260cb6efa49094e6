"""What every part of a plan is made of: frozen models that refuse unknown keys, ids, and texts in two languages."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Id = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,39}$", description="Lower case letters, digits, '-' and '.'.")
]
Env = str  # may hold ${NAME}, which only adapters resolve
Choice = Literal["go", "observe", "no-go", "hold"]


class Frozen(BaseModel):
    """Frozen, and refuses keys it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=True
    )


def exactly_one(part: BaseModel, what: str, *names: str) -> str:
    """The one name of `names` (as people write them) under which `part` holds a value. Raises ValueError with a sentence for
    none or several; `what` names the part in it: 'a check'."""
    fields = type(part).model_fields
    written = {info.alias or name: name for name, info in fields.items()}
    held = [name for name in names if getattr(part, written[name]) is not None]
    if len(held) != 1:
        raise ValueError(f"{what} has exactly one of: {', '.join(names)}")
    return held[0]


class Text(Frozen):
    """A text people read. A plain string in YAML serves both languages."""

    en: str = Field(min_length=1, max_length=3000)
    ko: str = Field(min_length=1, max_length=3000)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, raw: Any) -> Any:
        return {"en": raw, "ko": raw} if isinstance(raw, str) else raw

    def in_(self, language: str) -> str:
        """The text in `language` ('ko' or anything else for English)."""
        return self.ko if language == "ko" else self.en
