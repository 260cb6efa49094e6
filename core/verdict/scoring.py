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
    whole = known = 0.0
    for finding in findings:
        if not finding.advisory:
            whole += finding.weight
            known += finding.weight if finding.known else 0.0
    return known / whole if whole > 0.0 else 0.0


def score(word: Word, findings: Sequence[Finding], settings: Settings) -> Score:
    """Inside the verdict's band: low + (high - low)(1 - used)(floor + (1 - floor) knowledge) coverage.

    used: evidence against the canary over the evidence needed, of the worst metric, in nats; knowledge: how much of what GO needs
    is known, by weight. Caps: a key metric that is NO-GO, coverage under `coverage_needed`. Nothing known: no score at all.
    More bad requests in the canary never raise it: they raise `used` and lower `knowledge` and the band, and touch nothing else.
    """
    low, high = BANDS[word]
    covered = coverage(findings)
    if covered <= 0.0:
        return Score(None, low, high, 0.0, 0.0, 0.0)
    used = knowledge = whole = 0.0
    key_broken = False
    for finding in findings:
        if finding.advisory:
            continue
        whole += finding.weight
        if finding.known:
            used = max(used, finding.used)
            knowledge += finding.weight * finding.knowledge
            key_broken = key_broken or (finding.key and finding.word == "NO-GO")
    knowledge /= whole
    floor = settings.knowledge_floor
    inside = (1.0 - used) * (floor + (1.0 - floor) * knowledge) * covered
    value, capped = low + (high - low) * inside, None
    if covered < settings.coverage_needed and value > COVERAGE_CAP:
        value, capped = COVERAGE_CAP, "coverage"
    if value > KEY_CAP and key_broken:
        value, capped = KEY_CAP, "key"
    return Score(round(value), low, high, used, knowledge, covered, capped)
