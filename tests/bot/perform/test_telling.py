"""Audiences outside Slack and tickets, against a mail server and a receiver that really listen: what arrives, what never may, and what
a failure is called."""

from __future__ import annotations

import smtplib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from room_world import KEY, Authority, Rooms, rooms, runbook
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack import SlackWeb
from bot.adapters.smtp import MEANING, as_failure
from bot.errors import GaveUp, TryLater
from bot.performing.notifying import Notices
from bot.performing.ports import Attempt, Saying
from bot.performing.work import Patience, Work
from bot.secrets import Secrets
from core.effects import Notify
from core.inputs import EffectFailed, Ran
from core.plan.audiences import is_address
from core.plan.problems import PlanInvalid
from core.plan.runbook import Runbook, read_runbook
from sandbox.outside import MailSink, Receiver

SAYING = Saying(
    "ion-api v7 → production: Done", "The new version has all the traffic.\n.\n..\n한국어도 그대로"
)
PASSWORD = "p-0123456789"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(
        tmp_path,
        SMTP_PASSWORD=PASSWORD,
        SMTP_PORT="2525",
        SUPPORT="support@shop.example",
        ODD="a@b>\r\nBcc: c@d.example",
    ) as one:
        yield one


@pytest.fixture
async def mail() -> AsyncIterator[MailSink]:
    sink = MailSink()
    await sink.start()
    yield sink
    await sink.stop()


@pytest.fixture
async def status() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


def by_mail(port: int | str, *to: str, **smtp: Any) -> Runbook:
    source = {"host": "localhost", "port": port, "from": "captain@shop.example", "tls": "none", **smtp}
    return runbook(
        sources={"mail": {"smtp": source}},
        audiences={
            "support": {"title": "Support", "email": {"source": "mail", "to": list(to) or ["${SUPPORT}"]}}
        },
    )


def by_webhook(url: str, **webhook: Any) -> Runbook:
    told = {
        "source": "status",
        "path": "/incidents",
        "body": {"name": "$subject", "message": "$text"},
        **webhook,
    }
    return runbook(
        sources={"status": {"http": {"url": url}}},
        audiences={"customers": {"title": "Status page", "webhook": told}},
    )


async def tell(room: Rooms, book: Runbook, saying: Saying = SAYING) -> Attempt:
    audience = next(iter(book.plan.audiences.values()))
    return await room.all.telling(book.plan, audience).tell(room.work(book), audience, saying)


# ------------------------------------------------------------------------------------------------------------ e-mail


async def test_a_message_arrives_whole_as_plain_utf8(room: Rooms, mail: MailSink) -> None:
    attempt = await tell(room, by_mail(mail.port, "${SUPPORT}", "ops@shop.example"))
    assert attempt.ok
    assert "took the message for 2 of 2" in attempt.evidence
    kept = mail.kept[0]
    assert kept.sender == "captain@shop.example"
    assert kept.to == ("support@shop.example", "ops@shop.example")
    assert kept.text.rstrip("\n") == SAYING.text
    assert str(kept.message["Subject"]) == SAYING.subject
    assert kept.message.get_content_type() == "text/plain"
    assert kept.message.get_content_charset() == "utf-8"
    assert kept.message["Auto-Submitted"] == "auto-generated"


async def test_every_attempt_has_the_same_name(room: Rooms, mail: MailSink) -> None:
    book = by_mail(mail.port)
    await tell(room, book)
    await tell(room, book)
    first, second = (one.message["Message-ID"] for one in mail.kept)
    assert first == second
    assert first.startswith(f"<{KEY.replace('/', '.')}.")
    assert first.endswith("@shop.example>")


@pytest.mark.parametrize("wrong", ["a\r\nBcc: evil@x.example", "a\nX: 1", "a\x00b"])
async def test_a_subject_never_begins_another_header(room: Rooms, mail: MailSink, wrong: str) -> None:
    try:
        await tell(room, by_mail(mail.port), Saying(wrong, "text"))
    except GaveUp:
        assert mail.kept == []
        return
    assert set(mail.kept[0].message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert mail.kept[0].to == ("support@shop.example",)


async def test_an_address_of_the_environment_is_one_address(room: Rooms, mail: MailSink) -> None:
    with pytest.raises(GaveUp, match="is not an address"):
        await tell(room, by_mail(mail.port, "${ODD}"))
    assert mail.kept == []


@given(st.text(max_size=60))
def test_no_address_holds_what_could_end_one(text: str) -> None:
    if is_address(text):
        assert not set(text) & set(' \t\r\n<>,;:"()[]\\')
        assert text.count("@") == 1


@pytest.mark.parametrize("implicit", [True, False])
async def test_over_tls_with_a_password(room: Rooms, tmp_path: Path, implicit: bool) -> None:
    authority = Authority(tmp_path)
    sink = MailSink(tls=authority.server(), implicit=implicit, users={"captain": PASSWORD})
    await sink.start()
    tls = "implicit" if implicit else "starttls"
    book = by_mail(
        sink.port, user="captain", password="${SMTP_PASSWORD}", tls=tls, trust={"ca": str(authority.file)}
    )
    assert (await tell(room, book)).ok
    assert (sink.kept[0].encrypted, sink.kept[0].user) == (True, "captain")
    with pytest.raises(GaveUp, match="certificate of the mail server 'mail' is not trusted"):
        await tell(room, by_mail(sink.port, user="captain", password="${SMTP_PASSWORD}", tls=tls))
    await sink.stop()


async def test_a_password_that_is_not_known_is_for_good(room: Rooms, mail: MailSink) -> None:
    mail.users["captain"] = "another"
    with pytest.raises(GaveUp, match="535") as refused:
        await tell(room, by_mail(mail.port, user="captain", password="${SMTP_PASSWORD}"))
    assert PASSWORD not in refused.value.reason


@pytest.mark.parametrize(
    ("command", "answer", "later"),
    [
        ("MAIL", "451 4.7.1 try later", True),
        ("MAIL", "550 no", False),
        ("RCPT", "450 4.2.1 greylisted", True),
        ("RCPT", "550 5.1.1 nobody", False),
        ("DATA", "452 full", True),
        (".", "554 5.7.1 looks like spam", False),
        (".", "451 later", True),
    ],
)
async def test_4xx_is_tried_again_and_5xx_is_not(
    room: Rooms, mail: MailSink, command: str, answer: str, later: bool
) -> None:
    mail.will(command, answer)
    with pytest.raises(TryLater if later else GaveUp) as problem:
        await tell(room, by_mail(mail.port))
    assert answer[:3] in str(problem.value)
    assert "'mail'" in str(problem.value)
    assert mail.kept == []


async def test_one_of_two_refused_is_named(room: Rooms, mail: MailSink) -> None:
    mail.refuses["gone@shop.example"] = "550 5.1.1 nobody of that name"
    attempt = await tell(room, by_mail(mail.port, "${SUPPORT}", "gone@shop.example"))
    assert not attempt.ok
    assert "1 of 2" in attempt.evidence
    assert "gone@shop.example (550 5.1.1 nobody of that name)" in attempt.evidence
    assert "support@shop.example" not in attempt.evidence  # it stands in the environment


async def test_a_connection_that_breaks_after_the_message_leaves_it_unknown(
    room: Rooms, mail: MailSink
) -> None:
    mail.fail("cut")
    with pytest.raises(TryLater) as problem:
        await tell(room, by_mail(mail.port))
    assert problem.value.unknown
    assert len(mail.kept) == 1


async def test_a_server_that_hangs_is_given_up_after_the_timeout(room: Rooms, mail: MailSink) -> None:
    mail.fail("hang")
    with pytest.raises(TryLater) as problem:
        await tell(room, by_mail(mail.port, timeout="0.2s"))
    assert problem.value.unknown


async def test_a_server_that_is_not_there_has_taken_nothing(room: Rooms, mail: MailSink) -> None:
    await mail.stop()
    with pytest.raises(TryLater, match="could not be reached") as problem:
        await tell(room, by_mail(mail.port))
    assert not problem.value.unknown


async def test_a_server_without_starttls_is_not_spoken_to_in_the_clear(room: Rooms, mail: MailSink) -> None:
    with pytest.raises(GaveUp, match="cannot do what the plan wants"):
        await tell(room, by_mail(mail.port, tls="starttls"))
    assert "MAIL" not in mail.commands


async def test_the_environment_may_say_port_and_tls(room: Rooms) -> None:
    with pytest.raises(GaveUp, match="is none of starttls, implicit, none"):
        await tell(room, by_mail("${SMTP_PORT}", tls="${SUPPORT}"))
    with pytest.raises(GaveUp, match="is no port"):
        await tell(room, by_mail("${SUPPORT}"))


async def test_a_password_does_not_travel_in_the_clear(room: Rooms) -> None:
    with pytest.raises(PlanInvalid, match="in the clear"):
        by_mail(25, host="mail.shop.example", user="captain", password="${SMTP_PASSWORD}")
    book = by_mail(25, host="${SUPPORT}", user="captain", password="${SMTP_PASSWORD}")
    with pytest.raises(GaveUp, match="in the clear"):
        await tell(room, book)


def test_every_error_of_the_library_means_something() -> None:
    raised = {
        one
        for one in vars(smtplib).values()
        if isinstance(one, type) and issubclass(one, smtplib.SMTPException)
    }
    assert raised == set(MEANING)
    for kind in raised - {smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused}:
        problem = kind(421, b"busy") if issubclass(kind, smtplib.SMTPResponseException) else kind("no")
        assert isinstance(as_failure(problem, "mail"), TryLater | GaveUp)


# ---------------------------------------------------------------------------------------------------------- webhooks


async def test_what_is_said_stays_inside_its_value(room: Rooms, status: Receiver) -> None:
    nasty = Saying('a "subject"', 'x", "admin": true, "y": "\n$version ${SMTP_PASSWORD}')
    attempt = await tell(
        room, by_webhook(status.url, body={"list": [{"deep": "$text"}], "line": "now: $subject"}), nasty
    )
    assert attempt.ok
    assert status.received[0].body == {"list": [{"deep": nasty.text}], "line": 'now: a "subject"'}
    assert status.received[0].key == KEY


async def test_the_same_key_makes_no_second_incident(room: Rooms, status: Receiver) -> None:
    book = by_webhook(status.url)
    await tell(room, book)
    await tell(room, book)
    assert (status.asked, len(status.received)) == (2, 1)


@pytest.mark.parametrize(
    ("code", "later"), [(500, True), (503, True), (502, True), (429, True), (400, False), (404, False)]
)
async def test_a_service_in_trouble_is_asked_again(
    room: Rooms, status: Receiver, code: int, later: bool
) -> None:
    status.statuses = [code]
    if later:
        with pytest.raises(TryLater):
            await tell(room, by_webhook(status.url))
        return
    attempt = await tell(room, by_webhook(status.url))
    assert not attempt.ok
    assert f"answered {code}" in attempt.evidence


# ----------------------------------------------------------------------------------------------------------- tickets


async def test_the_link_of_a_ticket_is_picked_from_the_answer(room: Rooms, status: Receiver) -> None:
    book = runbook(
        sources={"status": {"http": {"url": status.url}}},
        action={
            "http": {
                "source": "status",
                "path": "/tickets",
                "body": {"title": "ion-api $version"},
                "status": 201,
                "link": "url",
            },
            "repeat": "safe",
        },
    )
    attempt = await room.attempt(book, {"version": "v7"})
    assert attempt.ok
    assert attempt.link == "https://status.example/tickets/1"
    assert status.received[0].body == {"title": "ion-api v7"}


@pytest.mark.parametrize("where", ["nothing", "id"])
async def test_an_answer_without_a_link_has_none(room: Rooms, status: Receiver, where: str) -> None:
    book = runbook(
        sources={"status": {"http": {"url": status.url}}},
        action={
            "http": {"source": "status", "path": "/tickets", "body": {}, "status": 201, "link": where},
            "repeat": "safe",
        },
    )
    assert (await room.attempt(book, {"version": "v7"})).link == ""


# ------------------------------------------------------------------------------------------------------- the effect


def notices(room: Rooms, *, acts: int = 3) -> Notices:
    """Slack is asked for names only, and an announcement names nobody."""
    secrets = Secrets({"SMTP_PASSWORD": PASSWORD, "SUPPORT": "support@shop.example"})
    client = AsyncWebClient(token="xoxb-none", base_url="http://127.0.0.1:9/api/")
    return Notices(room.all, secrets, SlackWeb(client), Patience(acts=acts))


def asked(room: Rooms, book: Runbook, effect: Notify, attempts: int) -> Work:
    work = room.work(book)
    return replace(work, claim=replace(work.claim, effect=effect, attempts=attempts))


ANNOUNCED = [
    {"announce": {"id": "told", "title": "Told", "text": "Shop has <a> & b.", "to": ["main", "support"]}}
]
ONLY = [
    {
        "id": "only",
        "title": "Only",
        "steps": [
            *ANNOUNCED,
            {"checklist": {"id": "list", "title": "List", "items": [{"id": "x", "title": "X"}]}},
        ],
    }
]


async def test_it_is_tried_so_often_and_then_a_person_tells_them(room: Rooms, mail: MailSink) -> None:
    book = by_mail(mail.port)
    book = read_runbook(yaml.safe_dump({**yaml.safe_load(book.text), "phases": ONLY}))
    effect = Notify("notice:announce:told:support", "support", "announce", "told")
    mail.will("MAIL", "451 later", "451 later")
    with pytest.raises(TryLater, match="451 later"):
        await notices(room, acts=2).notify(asked(room, book, effect, 1), effect)
    done = await notices(room, acts=2).notify(asked(room, book, effect, 2), effect)
    assert isinstance(done.answer, EffectFailed)
    assert done.answer.ref == effect.ref
    assert "Tried 2 times" in done.answer.reason
    done = await notices(room).notify(asked(room, book, effect, 1), effect)
    assert isinstance(done.answer, Ran)
    assert done.answer.ok
    assert "Shop has <a> & b." in mail.kept[0].text
    assert str(mail.kept[0].message["Subject"]) == "ion-api v7 → production: Told"


async def test_an_audience_the_plan_does_not_have_is_said(room: Rooms, mail: MailSink) -> None:
    effect = Notify("notice:announce:told:nobody", "nobody", "announce", "told")
    done = await notices(room).notify(asked(room, by_mail(mail.port), effect, 1), effect)
    assert isinstance(done.answer, EffectFailed)
    assert "no audience 'nobody'" in done.answer.reason
