"""What cannot come true in criteria, audiences, tickets, objectives and the board is said when the plan is read, in one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.plan.parse import parse_plan
from core.plan.problems import PlanInvalid

EXAMPLE = (
    (Path(__file__).parents[3] / "docs" / "plan.md")
    .read_text(encoding="utf-8")
    .split("```yaml\n")[1]
    .split("```")[0]
)
ITEM = "- {title: The service is healthy, item: ready/health}"

WRONG = [
    ("two kinds", ITEM, "- {title: Both, item: ready/health, holds: signed}", "exactly one of: metric, holds, item, category"),
    ("no such list", ITEM, "- {title: X, item: redy/health}", "There is no list 'redy'. Did you mean 'ready'?"),
    ("no such item", ITEM, "- {title: X, item: ready/helth}", "The list 'ready' has no item 'helth'. Did you mean 'health'?"),
    ("not a place", ITEM, "- {title: X, item: health}", "'health' cannot be a name"),
    ("no such category", "category: {id: quality, at-least: 90%}", "category: {id: qualty, at-least: 90%}", "There is no category 'qualty'. Did you mean 'quality'?"),
    ("more than all", "at-least: 90%", "at-least: 190%", "is not a share"),
    ("a metric on the board", ITEM, "- {title: X, metric: {metric: errors, below: 1%}}", "The board stands before there is traffic"),
    ("a stretch of nothing", "over: 24h", "over: 0s", "This time may not be zero."),
    ("more than there are", "            at-least: 1\n", "            at-least: 3\n", "3 of 2 criteria can never be met"),
    ("follows on itself", "on-go: {plan: shop-experiment}", "on-go: {plan: shop-release}", "This plan would follow on itself."),
    ("listed twice", "of: [ready], claimed: 95%", "of: [ready, ready], claimed: 95%", "The items of 'ready' count in 'quality' already."),
    ("no list", "of: [ready], claimed: 95%", "of: [signed], claimed: 95%", "There is no list 'signed' among the steps."),
    ("no weight", "weight: 2, of", "weight: 0, of", "Write a number above 0"),
    ("nothing to achieve", "objectives: {rto: 5m, rpo: 1m}", "objectives: {}", "objectives say nothing"),
    ("nobody of that name", "to: [executives, support, customers]", "to: [executives, suport]", "There is no audience or channel 'suport'. Did you mean 'support'?"),
    ("told twice", "to: [executives, support, customers]", "to: [support, support]", "'support' is told twice."),
    ("two places", "to: [executives, support, customers]", "to: [support], channel: main", "'channel' and 'to' both say where"),
    ("a tier's audience", "also: [support]", "also: [suport]", "There is no audience 'suport'. Did you mean 'support'?"),
    ("an audience like a channel", "  support: {title: Support,", "  alerts: {title: Support,", "There is a channel 'alerts' too"),
    ("no audience at all", "{title: Executives, channel: executives}", "{title: Executives}", "an audience has exactly one of: channel, email, webhook"),
    ("says nothing", "message: $text", "message: hello", "The request does not say what is announced."),
    ("unknown word", "message: $text", "message: $txt", "'$txt' has no value here. Did you mean '$text'?"),
    ("not an address", "support@shop.example,", "support at shop,", "'support at shop' is not an address"),
    ("two addresses in one", "[support@shop.example,", '["a@b.example, c@d.example",', "is not an address"),
    ("the wrong source", "email: {source: mail,", "email: {source: api,", "'api' is a http source, and this asks for smtp."),
    ("the wrong way round", "source: status\n      method", "source: mail\n      method", "'mail' is a smtp source, and this asks for http."),
    ("no path", "path: /incidents", "path: incidents", "'incidents' is not a path on the source."),
    ("a header of the source", "X-Component: shop", "Authorization: me", "the header 'Authorization' is not for an action to set"),
    ("a password alone", '      user: "${SMTP_USER}"\n', "", "'user:' and 'password:' go together"),
    ("a password in the clear", "      host: \"${SMTP_HOST}\"\n      port: 587", "      host: mail.shop.example\n      port: 587", ""),
    ("no port", "port: 587", "port: 70000", "a port is a number from 1 to 65535"),
    ("no ticket system", "ticket: open-ticket", "ticket: look", "'look' is a command action, and a ticket is opened over HTTP."),
    ("no link", ", status: 201, link: url}", ", status: 201}", "'open-ticket' does not say where the link to the ticket stands"),
    ("ticket and check", "role: deployer, ticket: open-ticket}", "ticket: open-ticket, check: {run: look}}", "a ticket is all there is to do for its item"),
    ("no such action", "ticket: open-ticket", "ticket: open-tiket", "There is no action 'open-tiket'. Did you mean 'open-ticket'?"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_what_cannot_work_is_said_in_a_sentence(old: str, new: str, said: str) -> None:
    assert EXAMPLE.count(old) == 1, old
    text = EXAMPLE.replace(old, new)
    if not said:  # with TLS a password may go anywhere; without it only to the bot's own host
        assert parse_plan(text).plan
        text, said = (
            text.replace("tls: starttls\n      trust: {ca: certs/ca.pem}", "tls: none"),
            "a password would travel in the clear",
        )
    with pytest.raises(PlanInvalid) as invalid:
        parse_plan(text)
    problems = [f"{one.message} {one.suggestion}" for one in invalid.value.problems]
    assert any(said.lower() in problem.lower() for problem in problems), problems
    assert all(
        re.match(r"['A-Z0-9]", one.message) and one.message.endswith((".", "?"))
        for one in invalid.value.problems
    )


def test_something_serious_needs_a_way_back() -> None:
    head, _, rest = EXAMPLE.partition("\nrollback:\n")
    _, _, tail = rest.partition("\nreadiness:\n")
    text = f"{head}\nreadiness:\n{tail}".replace("then: rollback}", "then: call}").replace(
        "item: ready/health", "holds: signed"
    )
    with pytest.raises(PlanInvalid) as invalid:
        parse_plan(text)
    assert any("would propose a rollback" in one.message for one in invalid.value.problems)


def test_the_items_of_a_meeting_and_of_a_row_are_items_too() -> None:
    text = EXAMPLE.replace(ITEM, "- {title: X, item: kick-off.items/risk}")
    with pytest.raises(PlanInvalid) as invalid:
        parse_plan(text)
    (one,) = invalid.value.problems
    assert one.message == "The list 'kick-off.items' has no item 'risk'."
    assert parse_plan(EXAMPLE.replace(ITEM, "- {title: X, item: kick-off.items/risks}")).plan
