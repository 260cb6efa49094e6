"""Names for the plan: ids out of titles in any script, roles out of what people are called.

Hangul is written in Latin letters by the letters it is made of (Revised Romanization, letter by letter, without the changes of
sound between syllables): an id has to be typed, not pronounced. It must not know where a name is used.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from core.plan.document import scalar

LONGEST_ID = 40
_INITIAL = [
    "g",
    "kk",
    "n",
    "d",
    "tt",
    "r",
    "m",
    "b",
    "pp",
    "s",
    "ss",
    "-",
    "j",
    "jj",
    "ch",
    "k",
    "t",
    "p",
    "h",
]
_VOWEL = [
    "a",
    "ae",
    "ya",
    "yae",
    "eo",
    "e",
    "yeo",
    "ye",
    "o",
    "wa",
    "wae",
    "oe",
    "yo",
    "u",
    "wo",
    "we",
    "wi",
    "yu",
    "eu",
    "ui",
    "i",
]
_FINAL = [
    "-",
    "k",
    "k",
    "k",
    "n",
    "n",
    "n",
    "t",
    "l",
    "l",
    "l",
    "l",
    "l",
    "l",
    "l",
    "l",
    "m",
    "p",
    "p",
    "t",
    "t",
    "ng",
    "t",
    "t",
    "k",
    "t",
    "p",
    "t",
]
_OUTSIDE = re.compile(r"[^a-z0-9]+")

_ROLES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"최종\s*승인|final\s*approv", "final-approver"),
        (r"배포\s*(?:담당|실행|리더|리드|팀)|^배포자|deployer|deployment\s*(?:lead|manager|owner|team)|release\s*(?:manager|lead|owner)", "deployer"),
        (r"dev\s*ops|인프라|infrastructure|platform", "devops-lead"),
        (r"운영|operations|\bops\b|\bsre\b", "operations"),
        (r"\bqa\b|품질|quality|테스트|test", "qa-lead"),
        (r"engineering\s*(?:lead|manager)|tech(?:nical)?\s*lead|기술\s*(?:리드|리더|책임)", "engineering-lead"),
        (r"백엔드|back-?end", "backend-lead"),
        (r"프론트|front-?end", "frontend-lead"),
        (r"\bdba\b|데이터베이스|database", "dba"),
        (r"온콜|당직|on-?call", "on-call"),
        (r"보안|security", "security-lead"),
        (r"제품|product", "product-owner"),
        (r"아키텍트|architect", "architect"),
        (r"고객|\bcs\b|지원|support", "support"),
        (r"경영|executive|\bcto\b|\bceo\b", "executives"),
        (r"개발|develop", "development"),
    )
)  # fmt: skip


def slug(text: str, otherwise: str, longest: int = LONGEST_ID) -> str:
    """An id out of a title: '1.2 인프라 준비' is '1.2-inpeura-junbi' without its sign, at most `longest` characters."""
    spelt = "".join(_spelt(text[:200])).lower()
    plain = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()
    whole = _OUTSIDE.sub("-", plain).strip("-")
    if len(whole) > longest:
        head, _, _ = whole[: longest + 1].rpartition("-")
        whole = (head if len(head) > longest // 2 else whole[:longest]).strip("-")
    if not isinstance(scalar(whole), str):  # '1' and 'true' would be read as a number and a switch
        whole = f"{otherwise}-{whole}"[:longest].rstrip("-")
    return whole if whole[:1].isalnum() else otherwise


def _spelt(text: str) -> Iterator[str]:
    for sign in unicodedata.normalize("NFC", text):
        at = ord(sign) - 0xAC00
        if not 0 <= at < 11_172:
            yield sign
            continue
        parts = (_INITIAL[at // 588], _VOWEL[at % 588 // 28], _FINAL[at % 28])
        yield "".join(part for part in parts if part != "-")


class Names:
    """Ids that were given out: the second of the same name gets a number."""

    def __init__(self, longest: int = LONGEST_ID) -> None:
        self._longest = longest
        self._given: dict[str, int] = {}

    def name(self, text: str, otherwise: str) -> str:
        """An id for `text` that nobody else has."""
        wanted = slug(text, otherwise, self._longest)
        while wanted in self._given:
            self._given[wanted] += 1
            number = f"-{self._given[wanted]}"
            wanted = wanted[: self._longest - len(number)].rstrip("-.") + number
        self._given[wanted] = 1
        return wanted


def role_of(title: str) -> str:
    """The id of a role that is called so: the usual roles have usual ids, so that a team file fits several plans."""
    for pattern, name in _ROLES:
        if pattern.search(title[:100]):
            return name
    return slug(title, "role", 30)
