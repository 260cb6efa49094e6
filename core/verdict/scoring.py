"""The score from 0 to 100 and its arithmetic. It sums up a verdict for people; nothing is decided by it."""

from __future__ import annotations

from collections.abc import Sequence

from core.verdict.settings import Settings
from core.verdict.verdicts import Finding, Score, Word

BANDS: dict[Word, tuple[int, int]] = {"NO-GO": (0, 29), "OBSERVE": (30, 79), "GO": (80, 100)}
KEY_CAP = 29
COVERAGE_CAP = 79


def coverage(findings: Sequence[Finding]) -> float:
    """The known share of the metrics in force, by weight, 0..1."""
    whole = sum(f.weight for f in findings if not f.advisory)
    return sum(f.weight for f in findings if f.known and not f.advisory) / whole if whole > 0.0 else 0.0


def score(word: Word, findings: Sequence[Finding], settings: Settings) -> Score:
    """Inside the verdict's band: low + (high - low)(1 - used)(floor + (1 - floor) knowledge) coverage.

    used: evidence against the canary over the evidence needed, of the worst metric, in nats; knowledge: how much of what GO needs
    is known, by weight. Caps: a key metric that is NO-GO, coverage under `coverage_needed`. Nothing known: no score at all.
    More bad requests in the canary never raise it: they raise `used` and lower `knowledge` and the band, and touch nothing else.
    """
    low, high = BANDS[word]
    force = [finding for finding in findings if not finding.advisory]
    covered = coverage(findings)
    if covered <= 0.0:
        return Score(None, low, high, 0.0, 0.0, 0.0)
    used = max((finding.used for finding in force if finding.known), default=0.0)
    whole = sum(finding.weight for finding in force)
    knowledge = sum(finding.weight * finding.knowledge for finding in force if finding.known) / whole
    floor = settings.knowledge_floor
    inside = (1.0 - used) * (floor + (1.0 - floor) * knowledge) * covered
    value, capped = low + (high - low) * inside, None
    if covered < settings.coverage_needed and value > COVERAGE_CAP:
        value, capped = COVERAGE_CAP, "coverage"
    if value > KEY_CAP and any(
        finding.key and finding.known and finding.word == "NO-GO" for finding in force
    ):
        value, capped = KEY_CAP, "key"
    return Score(round(value), low, high, used, knowledge, covered, capped)
