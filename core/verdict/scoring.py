"""The score from 0 to 100 and its arithmetic. It sums up a verdict for people; nothing is decided by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.verdict.settings import Settings
from core.verdict.verdicts import Finding, Score, Word

BANDS: dict[Word, tuple[int, int]] = {"NO-GO": (0, 29), "OBSERVE": (30, 79), "GO": (80, 100)}
KEY_CAP = 29
COVERAGE_CAP = 79


class Summed(NamedTuple):
    """What the metrics in force come to. `knowledge` and `coverage`: of 1, by weight; `used`: of the worst; `key`: a key metric is NO-GO."""

    used: float
    knowledge: float
    coverage: float
    key: bool


def summed(findings: Sequence[Finding]) -> Summed:
    """Over all metrics but the advisory ones."""
    used = knowledge = whole = known = 0.0
    key = False
    for finding in findings:
        if finding.advisory:
            continue
        weight = finding.weight
        whole += weight
        if finding.known:
            known += weight
            if finding.used > used:
                used = finding.used
            knowledge += weight * finding.knowledge
            if finding.key and finding.word == "NO-GO":
                key = True
    if whole <= 0.0:
        return Summed(0.0, 0.0, 0.0, key)
    return Summed(used, knowledge / whole, known / whole, key)


def score(word: Word, findings: Sequence[Finding], settings: Settings) -> Score:
    """Inside the verdict's band: low + (high - low)(1 - used)(floor + (1 - floor) knowledge) coverage.

    used: evidence against the canary over the evidence needed, of the worst metric, in nats; knowledge: how much of what GO needs
    is known, by weight. Caps: a key metric that is NO-GO, coverage under `coverage_needed`. Nothing known: no score at all.
    More bad requests in the canary never raise it: they raise `used` and lower `knowledge` and the band, and touch nothing else.
    """
    return within(word, summed(findings), settings)


def within(word: Word, found: Summed, settings: Settings) -> Score:
    """`score`, of metrics that have been summed up."""
    low, high = BANDS[word]
    used, knowledge, covered, key_broken = found
    if covered <= 0.0:
        return Score(None, low, high, 0.0, 0.0, 0.0)
    floor = settings.knowledge_floor
    inside = (1.0 - used) * (floor + (1.0 - floor) * knowledge) * covered
    value, capped = low + (high - low) * inside, None
    if covered < settings.coverage_needed and value > COVERAGE_CAP:
        value, capped = COVERAGE_CAP, "coverage"
    if value > KEY_CAP and key_broken:
        value, capped = KEY_CAP, "key"
    return Score(round(value), low, high, used, knowledge, covered, capped)
