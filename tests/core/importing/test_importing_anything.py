"""Whatever is in a document, it is understood, or refused with one sentence; and what is understood makes a good plan."""

from __future__ import annotations

from documents import CLOCKED, DRAWN, READY, SCRIPTED, SHARDED
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.importing.understood import Understood, as_json
from core.importing.whole import plan_of, understand

PIECES = (
    "- [ ] a", "- [x] b: < 5%", "□ c", "  └─ d: 95ms < 100ms ✅", "| a | b |\n|---|---|\n| ⬜ | ✅ |", "```", "```bash\nls -l\n```", "# h", "## D-1",
    "T-2h", "14:00: x", "> ", "\t", "    ", "<!--", "-->", "\r\n", "\x00", "\u202e", "\ufeff", "---", "===", "1. [ ] z", "| 역할 | 서명 |\n|-|-|\n| QA | |",
    "| 조건 | 임계값 |\n|-|-|\n| x | >1% |", "| 항목 | 기준 | 실제 |\n|-|-|-|\n| y | 2 | |", "| 날짜 | x |\n|-|-|\n| D+1 | |", "\\", "`", "*", "_", "&lt;", '"', "'", "{", "}",
    "${A}", "$x", "D+9999", "T-9999h", "9" * 300, "ㄱ가힣", "😀", "[", "](", "<div>", "- - - [ ] q", "2025-10-22", "배포 날짜: 2025-10-22 14:00", "롤백",
    "## 롤백\n```sh\n./x.sh go\n```", "│", "├─", "+--+", "\u2028", "\x85", "- [ ] 1", "- [ ] true", "## null", "## Emergency", "### Scenario 1: x", "## 긴급 상황 대응", "1. look\n2. roll back", "- a: hotfix", "증상: 에러율 > 1%", "진단 (5분 이내):",
    "참석자:\n  - A (QA)\n", "Attendees: A, B", "안건:", "## Meeting 14:00", "```sh\n./x.sh now\nkubectl apply -f y\n```", "```sh\ncd ../a\nls | x\nfor i in 1; do\n```",
    "  ```sh\n  ./y.sh <v>\n  ```", "$ ./z.sh --password hunter2", "명령어: ./w.sh go", "## Appendix", "만약 x:", "- [ ] ~~s~~", "- [x] t (by Ann, 2025-01-02)", "1-5%/시간", "연락처", "## 연락처\n- A: b\n", "Tier 1 (x)\n  └─ A + B (5분)",
)  # fmt: skip
broken = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=40)


def outcome(content: bytes) -> Understood | str:
    """What was understood, or the refusal's key."""
    try:
        return understand(content, "d.md")
    except Refused as refused:
        return refused.key


def held(text: str) -> None:
    """Understood with a good plan, or refused."""
    found = outcome(text.encode(errors="surrogatepass"))
    if isinstance(found, str):
        assert found.startswith("import-")
        return
    count = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(1 <= item.line <= count and item.title for item in found.items)
    assert as_json(found, {})["title"]
    made = plan_of(found, "d.md")
    assert len(made.written.text) >= len(found.items)


@given(broken, st.sampled_from(("\n", "\n\n", "\r\n", "")))
def test_pieces_of_documents_in_any_order(pieces: list[str], between: str) -> None:
    held(between.join(pieces))


@given(st.sampled_from((SHARDED, CLOCKED, DRAWN, SCRIPTED, READY)), st.data())
def test_documents_with_lines_lost_moved_and_broken(text: str, data: st.DataObject) -> None:
    lines = text.split("\n")
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(lines) - 1))
        piece = data.draw(st.sampled_from(PIECES))
        change = data.draw(st.sampled_from(("lose", "put", "cut", "indent")))
        if change == "lose" and len(lines) > 1:
            del lines[place]
        elif change == "put":
            lines.insert(place, piece)
        elif change == "cut":
            lines[place] = lines[place][data.draw(st.integers(0, 6)) :] + piece
        else:
            lines[place] = " " * data.draw(st.integers(1, 9)) + lines[place]
    held("\n".join(lines))


@given(st.binary(max_size=200))
def test_bytes(content: bytes) -> None:
    found = outcome(content)
    assert not isinstance(found, str) or found.startswith("import-")


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_a_title_survives_as_it_is_read(title: str) -> None:
    """Whatever an item is called, the plan says it, and nothing else gets into the plan by it."""
    found = outcome(f"- [ ] x{title}\n".encode())
    if isinstance(found, str):
        return
    made = plan_of(found, "d.md")
    assert len(made.runbook.plan.phases) == 1
    assert len(made.runbook.route[0].body.items) == len(found.items)  # type: ignore[union-attr]
