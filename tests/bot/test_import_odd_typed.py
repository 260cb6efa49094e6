"""`captain plan import` of documents as people really leave them: times of other zones, boxes that are nearly right, rows that are too
long, secrets in prose, names that no terminal should obey."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.__main__ import main


@dataclass(frozen=True)
class Said:
    """What the command line has said: the status, the plan (or the JSON), and the report."""

    status: int
    out: str
    err: str


Import = Callable[..., Said]


@pytest.fixture
def imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Import:
    def do(text: str | bytes, *arguments: str, name: str = "release.md") -> Said:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        status = main(["plan", "import", str(path), *arguments])
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return do


@pytest.mark.parametrize(
    ("line", "zone"),
    [
        ("Deployment time: 14:00 UTC", "timezone: UTC\n"), ("배포 시간: 14:00 KST", "timezone: Asia/Seoul\n"),
        ("배포 시간: 14:00 (한국 시간)", "timezone: Asia/Seoul\n"), ("Deployment time: 14:00 UTC+9", "timezone: Etc/GMT-9\n"),
        ("Deployment time: 14:00 GMT+09:00", "timezone: Etc/GMT-9\n"), ("Deployment time: 14:00 UTC-5", "timezone: Etc/GMT+5\n"),
        ("Deployment time: 14:00 UTC-16:00 UTC", "timezone: UTC\n"), ("Deployment time: 9:00 am PST", "timezone: America/Los_Angeles\n"),
        ("Deployment time: 14:00 EDT", "timezone: America/New_York\n"), ("Deployment time: 14:00 Europe/Berlin", "timezone: Europe/Berlin\n"),
        ("배포 시간： １４：００ ＫＳＴ", "timezone: Asia/Seoul\nt0: \"14:00\""),
        ("Updated: 2025-01-02 09:00 UTC\n\nDeployment time: 14:00 KST", "timezone: Asia/Seoul\n"),
        ("Deployment time: 14:00 UTC+5:30", "timezone: UTC  # the document names no time zone that is known"),
        ("Deployment time: 14:00 CST", "timezone: UTC  # the document names no time zone that is known"),
        ("Effort (EST): 3:00\n\nDeployment time: 14:00", "timezone: UTC  # the document names no time zone that is known"),
    ],
)  # fmt: skip
def test_the_zone_is_that_of_the_deployments_hour_and_a_guess_says_so(
    imported: Import, line: str, zone: str
) -> None:
    said = imported(f"# Shop\n\n{line}\n\n- [ ] a\n")
    assert said.status == 0, said.err
    assert zone in said.out


def test_the_date_in_a_title_is_no_time_of_its_sections(imported: Import) -> None:
    said = imported(
        "# Release 2025-11-02\n\n## Prepare\n- [ ] a\n\n## D-1\n- [ ] b\n\n## Afterwards\n- [ ] c\n"
    )
    assert "its time is before" not in said.err
    assert [line.strip() for line in said.out.split("\n") if " at: " in line] == ["at: D-1"]


def test_what_stands_under_a_day_without_an_hour_has_not_fallen_behind_that_days_hours(
    imported: Import,
) -> None:
    said = imported(
        "# Shop\n\nDeployment time: 14:00 UTC\n\n## Deployment day (D-Day)\n### T-2h\n- [ ] a\n### Notes\n- [ ] b\n"
    )
    assert "its time is before" not in said.err
    said = imported("# Shop\n\nDeployment time: 14:00 UTC\n\n## T-2h\n- [ ] a\n## D-1\n- [ ] b\n")
    assert "8: D-1 (D-1)" in said.err


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("- [ ]touching", "[ ]touching", "put a space behind it"), ("- [x]touching", "[x]touching", "put a space behind it"),
        ("- [  ] wide", "wide", "write [ ] or [x]"), ("- [ x ] wide", "wide", "write [ ] or [x]"), ("- ［ ］ wide", "wide", "write [ ] or [x]"),
        ("| ⬜ | first |\n| ✅ | second |", "| ✅ | second |", "write the headings and a line like |---|---| above it"),
        ("<details>\n- [ ] hidden\n</details>", "- [ ] hidden", "put an empty line above it"),
        ("| Task | Done |\n|---|---|\n| a | b | ⬜ |", "⬜", "cells beyond the table's columns"),
        ("> | Task | Done |\n> |---|---|\n> | a | ⬜ | by hand |", "by hand", "cells beyond the table's columns"),
    ],
)  # fmt: skip
def test_what_was_nearly_an_item_says_how_to_write_it(
    imported: Import, text: str, line: str, why: str
) -> None:
    said = imported(f"# Shop\n\n- [ ] one\n\n{text}\n")
    reasons = [part for part in said.err.split("Left out")[1].split("\n") if part.endswith(":")]
    assert any(why in reason for reason in reasons), said.err
    assert f": {line}\n" in said.err + "\n"
    korean = imported(f"# Shop\n\n- [ ] one\n\n{text}\n", "--language", "ko").err
    assert why not in korean
    assert f": {line}\n" in korean + "\n"


def test_a_row_as_long_as_its_headings_loses_nothing(imported: Import) -> None:
    said = imported(
        "| Task | Done |\n|---|---|\n| a \\| b | ⬜ |\n| c | ⬜\n\n- | Task | Done |\n  |---|---|\n  | d | ⬜ |\n"
    )
    assert "understood 3 items" in said.err
    assert "Left out" not in said.err


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("docker login -u admin -p hunter2xyz registry", "hunter2xyz"), ("curl -uadmin:hunter2 http://x", "hunter2"),
        ("curl --user=admin:hunter2 http://x", "hunter2"), ("postgres://shop:hun@ter2@db/shop", "ter2@db"),
        ("see https://hooks.slack.com/services/T0000/B0000/abcdefgh", "abcdefgh"), ("DB_PASS=hunter2 ./run.sh", "hunter2"),
        ("aws_secret_access_key = wJalrXUtnFEMI7K7MDENG", "wJalrXUtnFEMI"), ("sshpass -p 'hunter two' ssh x", "two"),
        ("AIzaSyA1234567890abcdefghijklmnopqrstuvw", "AIzaSy"), ("sk_live_abcdefghijklmnop1234", "sk_live_"),
        ("**Password**: hunter22", "hunter22"), ("password: `hunter22`", "hunter22"), ("비밀번호는 hunter22", "hunter22"), ("the password is hunter22", "hunter22"),
    ],
)  # fmt: skip
def test_a_secret_in_prose_is_nowhere(imported: Import, line: str, secret: str) -> None:
    for text in (f"- [ ] {line}\n", f"- [ ] a\n- {line}\n"):
        for arguments in ((), ("--json",)):
            said = imported(text, *arguments)
            assert secret not in said.out + said.err
            assert "[redacted]" in said.out + said.err


@pytest.mark.parametrize(
    "line",
    ["token: rotated", "access_token_ttl = 15m", "password policy: 12chars", "API key | D-1 14:00", "pass=3 fail=0", "docker compose -p shop1 up"],
)  # fmt: skip
def test_the_words_of_a_document_stay(imported: Import, line: str) -> None:
    assert "[redacted]" not in imported(f"- [ ] {line}\n").out


def test_a_terminal_obeys_nothing_of_a_document(imported: Import) -> None:
    said = imported("# A\n\n## \x1b[31mred \u202e\x9bx\n- [ ] \x1b]0;t\x07errors < 5%\n", name="r\x1b[1m.md")
    assert said.status == 0
    assert all(sign.isprintable() or sign == "\n" for sign in said.err + said.out)


def test_a_file_whose_name_is_not_utf8_is_read(imported: Import) -> None:
    said = imported("- [ ] a\n", "--json", name=os.fsdecode(b"r\xff.md"))
    assert json.loads(said.out)["title"] == "r\N{REPLACEMENT CHARACTER}.md"
    assert (said.out + said.err).encode()


def test_a_plan_whose_name_no_folder_takes_is_one_sentence(imported: Import, tmp_path: Path) -> None:
    said = imported("- [ ] a\n", "-o", str(tmp_path / f"{'a' * 300}.yml"))
    assert said.status == 1
    assert "cannot be written" in said.err


def test_a_file_that_is_too_large_is_not_said_to_be_smaller_than_it_is(imported: Import) -> None:
    assert "larger than 6000000 bytes" in imported(b"a" * 6_000_003).err
    assert "6000001" not in imported(b"a" * 6_000_003, "--language", "ko").err


def test_a_long_table_of_criteria_is_parted_as_a_long_list_is(imported: Import) -> None:
    rows = "".join(f"| c{n} | {'< 5 %' if n % 2 else 'fine'} | |\n" for n in range(150))
    said = imported(f"# Shop\n\n| Check | Criterion | Actual |\n|---|---|---|\n{rows}")
    lists = said.out.split("- checklist:")[1:]
    assert [part.count("{id: c") for part in lists] == [60, 60, 15, 15]


def test_a_box_may_stand_at_its_words_where_there_is_nothing_to_choose(imported: Import) -> None:
    said = imported(
        "# 배포\n□항목 하나\n□\u3000전각\n- [ ]\u00a0nbsp\n\n```\n□코드\n  └─□아래\n□정상 □이상\n```\n\n상태: □정상 □이상\n"
    )
    assert "understood 5 items" in said.err
    assert all(f'"{title}"' in said.out for title in ("항목 하나", "전각", "nbsp", "코드"))
    assert "9: □정상 □이상" in said.err
    assert "12: 상태: □정상 □이상" in said.err


def test_a_prompt_is_no_part_of_its_command(imported: Import) -> None:
    said = imported(
        "# Shop\n\n- [ ] Deploy:\n\n  ```\n  $ kubectl set image deployment/web web=web:v2\n  image updated\n  ```\n"
    )
    assert 'program: kubectl, args: ["set", "image", "deployment/web", "web=web:v2"]' in said.out
    assert "$ $" not in said.out
    said = imported("# Shop\n\n- [ ] Deploy\n\n  ```\n  # kubectl delete all\n  ```\n")
    assert "program: kubectl" not in said.out, "a command behind '#' may be one that was taken out"


def test_a_colon_is_said_once(imported: Import) -> None:
    said = imported(
        "# Shop\n\n## On trouble:\n\nFirst:\n\n- [ ] Smoke tests:\n  - [ ] login\n", "--language", "ko"
    )
    assert "::" not in said.out + said.err
    assert "Smoke tests: login" in said.out
    assert "On trouble: First" in said.out


def test_a_letter_is_no_list_and_the_report_says_how_one_begins(imported: Import) -> None:
    said = imported("# 배포\n\n- [ ] 하나\n\n가. [ ] 점검 페이지 전환\n", "--language", "ko")
    assert "항목은 `- [ ]`로 시작합니다:\n    5: 가. [ ] 점검 페이지 전환" in said.err
