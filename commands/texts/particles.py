"""Korean particles after words that are only known at run time: '{step}을(를)' becomes '점검표를' or '승인을'.

A sentence writes the pair, 은(는) 이(가) 을(를) 과(와) (으)로 이라는(라는); the sound of the word before it decides.
"""

from __future__ import annotations

import re

_PAIR = re.compile(r"(?P<before>\S)(?P<pair>은\(는\)|이\(가\)|을\(를\)|과\(와\)|\(으\)로|이\(라\))")
_SKIPPED = " *_`'\"”’»」』)]}>…"
_CHOICES = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "이(라)": ("이라", "라"),
}
_ENDING_DIGITS = "013678"  # 영 일 삼 육 칠 팔 end in a consonant
_ENDING_LETTERS = "LMNRlmnr"  # 엘 엠 엔 알, read letter by letter
_RIEUL_DIGITS, _RIEUL_LETTERS = "178", "LRlr"


def settle(text: str) -> str:
    """The text with every pair of particles settled."""
    found = _PAIR.search(text)
    while found is not None:
        choice = _particle(text[: found.start() + 1], found["pair"])
        text = text[: found.start("pair")] + choice + text[found.end() :]
        found = _PAIR.search(text, found.start("pair") + len(choice) - 1)
    return text


def _particle(before: str, pair: str) -> str:
    sound = before.rstrip(_SKIPPED)[-1:]
    closed, rieul = _ends_closed(sound)
    if pair == "(으)로":
        return "으로" if closed and not rieul else "로"
    with_consonant, with_vowel = _CHOICES[pair]
    return with_consonant if closed else with_vowel


def _ends_closed(sound: str) -> tuple[bool, bool]:
    """Whether the last sound is a consonant, and whether that is ㄹ."""
    if "가" <= sound <= "힣":
        final = (ord(sound) - ord("가")) % 28
        return final != 0, final == 8
    if sound.isdigit():
        return sound in _ENDING_DIGITS, sound in _RIEUL_DIGITS
    return sound != "" and sound in _ENDING_LETTERS, sound != "" and sound in _RIEUL_LETTERS
