"""Figures, times and lengths of time in words, and text from outside made harmless: the part of speaking that needs no runbook.

It must not know a deployment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from commands import escape, texts

LONGEST_WORD = 500


@dataclass(frozen=True)
class Figures:
    """`plain` leaves Slack's tokens out, for plain_text and terminals; `now` decides which moments need their date."""

    language: str
    now: datetime | None = None
    plain: bool = False

    def say(self, key: str, **words: object) -> str:
        """The sentence `key` with words that are ready (built by this module or by hand)."""
        return texts.say(key, self.language, **words)

    def safe(self, text: str, most: int = LONGEST_WORD) -> str:
        """Text from people or vendors on one line."""
        return (
            escape.cut(" ".join(escape.bare(text).split()), most) if self.plain else escape.line(text, most)
        )

    def value(self, value: float | None, unit: str) -> str:
        """A number with its unit, or the words for 'no value'."""
        if value is None:
            return self.say("word.no-value")
        space = "" if unit.startswith("/") or not unit else " "
        key = f"unit.{unit}"  # only the bot's own; those of a plan stand as they are written
        return f"{texts.number(value)}{space}{self.say(key) if texts.known(key) else unit}"

    def reason(self, detail: str) -> str:
        """Why a metric has no value: a code of ours ('CODE', 'CODE: about') in words, anything else as it was written."""
        code, _, about = detail.partition(": ")
        key = f"detail.{code}"
        return self.say(key, about=self.safe(about, 200)) if texts.known(key) else self.safe(detail, 200)

    def advised(self, detail: str) -> str:
        """' What to do about it.'; '' where nothing can be advised."""
        key = f"advice.{detail.partition(': ')[0]}"
        return f" {self.say(key)}" if texts.known(key) else ""

    def sample(self, bad: object, count: object) -> str:
        """' (1 of 12 requests)', ' (12 requests)', or nothing where the metric has no sample size."""
        if not isinstance(count, int | float):
            return ""
        if isinstance(bad, int | float):
            return self.say("phrase.bad-of", bad=texts.number(float(bad)), count=texts.number(float(count)))
        return self.say("phrase.requests", count=texts.number(float(count)))

    def limit(self, limit: str, side: str) -> str:
        """'under 1 %' or 'over 10'."""
        if not limit:
            return self.say("word.no-limit")
        return self.say("phrase.over" if side == "above" else "phrase.under", limit=self.safe(limit, 40))

    def limits(self, limits: str) -> str:
        """Several in words: 'below=1 %;at-least=0 %' as 'at least 0 %, under 1 %'."""
        sides = {
            "below": "phrase.under",
            "above": "phrase.over",
            "at-least": "phrase.at-least",
            "at-most": "phrase.at-most",
        }
        parts = [part.partition("=") for part in limits.split(";") if part]
        said = [
            self.say(sides[side], limit=self.safe(limit, 40)) for side, _, limit in parts if side in sides
        ]
        return ", ".join(said) or self.say("word.no-limit")

    def share(self, weight: int) -> str:
        """The canary's share of the traffic (percent) in words; with all of it there is no canary any more."""
        return self.say("phrase.share-all" if weight == 100 else "phrase.share", weight=weight)

    def span(self, span: timedelta) -> str:
        """A length of time in words: '2 h 5 min', '45 s'."""
        seconds = max(0, round(span.total_seconds()))
        parts: list[str] = []
        for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
            amount, seconds = divmod(seconds, size)
            if amount and len(parts) < 2:
                parts.append(self.say(f"span.{unit}", n=amount))
        return " ".join(parts) or self.say("span.none")

    def when(self, at: datetime) -> str:
        """A moment in each reader's own time, with UTC for those whose Slack cannot; with its date unless it is today's."""
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        today = self.now is not None and self.now.astimezone(UTC).date() == at.date()
        utc = f"{at:%H:%M} UTC" if today else f"{at:%Y-%m-%d %H:%M} UTC"
        if self.plain:
            return utc
        return f"<!date^{int(at.timestamp())}^{'{time}' if today else '{date_short_pretty} {time}'}|{utc}>"
