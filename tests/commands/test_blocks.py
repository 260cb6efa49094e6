"""Whole deployments drawn message by message, in both languages: within Slack's limits, and saying what they must."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from gallery import STORIES, Gallery, Hung, buttons, label, said, verbs
from pure_world import APPROVER, DEPLOYER, OPS


@cache
def story(name: str) -> Gallery:
    """Played once; every drawing in it has been checked against the limits on the way."""
    return STORIES[name]()


@pytest.mark.parametrize("name", sorted(STORIES))
def test_every_message_of_a_story_is_within_the_limits(name: str) -> None:
    gallery = story(name)
    assert len(gallery.hung) > 15
    assert {"card", "log"} <= {one.view for one in gallery.hung}


def test_every_view_is_drawn_in_some_story() -> None:
    from commands.blocks import VIEWS

    drawn = {one.view for name in STORIES for one in story(name).hung}
    assert drawn | {"started", "progress"} == set(VIEWS)


def test_the_same_state_draws_the_same_message() -> None:
    assert [h.en for h in STORIES["late"]().hung] == [h.en for h in story("late").hung]


def first(gallery: Gallery, view: str, key: str = "") -> Hung:
    return next(one for one in gallery.hung if one.view == view and one.key.startswith(key))


# --------------------------------------------------------------------------------------------------------------- card


def test_the_card_says_where_it_stands_and_whom_it_waits_for() -> None:
    card = first(story("happy"), "card").en
    shown = said(card)
    assert card.blocks[0]["text"]["text"] == "ion-api v2.14.0 → production: RUNNING"
    assert "Waiting for" in shown
    assert f"Operations team (<@{OPS}>)" in shown
    assert verbs(card) == ["card.details", "card.pause"]
    assert card.text.startswith("ion-api v2.14.0 → production is RUNNING, 0 % of the traffic on the canary.")


def test_a_running_canary_offers_the_rollback_and_says_when_it_looks_next() -> None:
    cards = [one for one in story("happy").hung if one.view == "card" and one.deployment.weight == 5]
    shown = said(cards[-1].en)
    assert "card.rollback" in verbs(cards[-1].en)
    assert "next look" in shown
    assert "5 % on the canary since" in shown


def test_a_finished_card_has_no_buttons_that_act() -> None:
    assert verbs(story("happy").last("card").en) == ["card.details"]
    ended = [one for one in story("rolled-back").hung if one.view == "card" and one.deployment.locked]
    assert verbs(ended[-1].en) == ["card.details", "unlock.start"]


def test_a_held_card_says_why_and_offers_to_resume() -> None:
    held = next(
        one for one in story("stopped").hung if one.view == "card" and one.deployment.hold is not None
    )
    shown = said(held.en)
    assert "*On hold since <!date^" in shown
    assert f"Paused by <@{DEPLOYER}>. Reason: lunch @channel &amp; *bold*." in shown
    assert "card.resume" in verbs(held.en)
    assert "보류" in held.ko.blocks[0]["text"]["text"]


# --------------------------------------------------------------------------------------------------- checklists, signs


def test_a_checklist_has_a_button_for_each_open_item_and_says_whose_it_is() -> None:
    post = first(story("happy"), "checklist", "checklist:last-checks")
    assert post.en.blocks[0]["text"]["text"] == "Stand-by: the last checklist: 0 of 7 done"
    assert "the bot is checking it" in said(post.en)
    assert "owner: Operations team" in said(post.en)
    assert [verb for verb in verbs(post.en) if verb == "item.done"] == ["item.done"] * 7
    done = story("happy").last("checklist", "last-checks").en
    assert "item.done" not in verbs(done)
    assert "7 of 7 done" in said(done)


def test_a_sign_off_board_shows_who_signed_on_which_evidence() -> None:
    board = story("rejected").last("signoff")
    shown = said(board.en)
    assert "1 of 2 signed" in shown
    assert "“all fine”" in shown
    assert "REJECTED by" in shown
    assert "“dashboards missing”" in shown
    assert "거절" in said(board.ko)


# ----------------------------------------------------------------------------------------------------------- decisions


def test_a_decision_shows_evidence_recommendation_deadline_and_default() -> None:
    asked = next(one for one in story("refused-go").hung if one.key == "decision:look-45:1" and one.new)
    shown = said(asked.en)
    assert "Decision needed: " in shown
    assert "*Error rate: 0 %*\nwithin the limit (under 1 %)\nstable 0 %" in shown
    assert "*The evidence recommends OBSERVE.*" in shown
    assert "Response time, P50: 140 ms, limit under 300 ms: within" not in shown, (
        "only what speaks against GO is told"
    )
    assert "Memory" in shown
    assert "over the limit" in shown
    assert f"*Who may answer:* Final approver (<@{APPROVER}>)" in shown
    assert f"<@{DEPLOYER}> started this deployment and cannot answer GO." in shown
    assert "*Answer by <!date^" in shown
    assert "else the default counts" in shown
    go = next(b for b in buttons(asked.en) if b["action_id"] == "decision.go")
    assert "style" not in go, "GO stands out only where the evidence recommends it"
    answered = story("refused-go").last("decision", "look-45:1")
    assert verbs(answered.en) == []
    assert f"*GO*, answered by <@{APPROVER}>" in said(answered.en)
    assert "growth is the cache warming up" in said(answered.en)


def test_a_default_is_shown_and_can_still_be_answered() -> None:
    hung = [one for one in story("unanswered").hung if one.view == "decision"]
    lapsed = next(one for one in hung if "by default" in said(one.en))
    assert "decision.go" in verbs(lapsed.en)
    assert "*HOLD* by default: nobody answered in time" in said(lapsed.en)


# ----------------------------------------------------------------------------------------------------------------- calls


def test_a_call_mentions_its_tier_says_why_and_gives_the_playbook() -> None:
    call = next(
        one for one in story("silent").hung if one.view == "page" and one.subject == "1:1" and one.new
    )
    shown = said(call.en)
    assert f"<@{DEPLOYER}>" in call.en.text
    assert "No evidence for 15 min" in shown
    assert "Please acknowledge within 5 min" in shown
    assert "If nobody does, tier 2 is called: " in shown
    assert verbs(call.en) == ["page.ack"]
    tiers = [one.subject for one in story("silent").posted("page") if ":dm:" not in one.key]
    assert tiers[:4] == ["1:1", "1:2", "1:3", "1:0"]
    passed = next(
        one for one in story("silent").hung if one.subject == "1:1" and "passed on to tier 2" in said(one.en)
    )
    assert not passed.new
    everybody = next(one for one in story("silent").hung if one.subject == "1:0")
    assert everybody.en.text.startswith("<!here>")
    assert f"<@{APPROVER}>" not in said(everybody.en)


def test_the_next_tier_is_named_but_not_mentioned() -> None:
    call = next(one for one in story("silent").hung if one.subject == "1:1" and one.new)
    assert f"<@{APPROVER}>" not in said(call.en)


def test_an_answered_call_says_who_is_on_it() -> None:
    answered = next(
        one for one in story("unanswered").hung if one.view == "page" and "is on it since" in said(one.en)
    )
    assert verbs(answered.en) == []
    assert f"<@{APPROVER}> is on it since" in said(answered.en)


# --------------------------------------------------------------------------------------------------------------- reports


def test_a_full_report_has_changes_metrics_reasons_and_the_next_time() -> None:
    reports = [
        one for one in story("refused-go").hung if one.view == "report" and one.subject.startswith("step:")
    ]
    shown = said(reports[-1].en)
    assert "*Changed since the last report:*" in shown
    assert "Memory up from 61 % to" in shown
    assert "within the limit (under 85 %)" in shown
    assert "before 60 %" in shown
    assert "*The evidence recommends OBSERVE.*" in shown
    assert "next report <!date^" in shown


def test_a_brief_report_is_six_lines_at_most() -> None:
    briefs = [
        one
        for name in STORIES
        for one in story(name).hung
        if one.view == "report" and one.subject.startswith("brief")
    ]
    assert briefs
    assert all(len(one.en.blocks[0]["text"]["text"].splitlines()) <= 6 for one in briefs)


def test_no_data_is_never_shown_as_a_value() -> None:
    shown = [
        said(one.en)
        for one in story("silent").hung
        if one.view == "report" and one.deployment.hold is not None
    ]
    assert shown
    assert all("no data" in text for text in shown)


# -------------------------------------------------------------------------------------------------- rollback, the end


def test_a_rollback_shows_its_steps_its_proof_and_its_stopwatch() -> None:
    gallery = story("rolled-back")
    begun = first(gallery, "rollback")
    assert begun.new
    assert "ROLLING BACK: ion-api v2.14.0 → production" in said(begun.en)
    assert "The evidence is enough: Error rate: " in said(begun.en)
    assert re.search(r"sure that the canary is worse|sure that the limit is broken", said(begun.en))
    assert "1. Roll back: running, try 1" in said(begun.en)
    done = gallery.last("rollback").en
    assert "1. Roll back: done" in said(done)
    assert "Fresh reads that say 0 %: 2 of 2" in said(done)
    assert "*Stopwatch:* detect" in said(done)
    assert "롤백 완료" in said(gallery.last("rollback").ko)


def test_a_rollback_whose_action_failed_says_so_and_offers_another_try() -> None:
    stuck = story("stopped").last("rollback")
    shown = said(stuck.en)
    assert "NOT CONFIRMED" in shown
    again = [
        one for one in story("stopped").hung if one.view == "rollback" and "rollback.start" in verbs(one.en)
    ]
    assert (
        again
        or stuck.deployment.rollback is None
        or stuck.deployment.rollback.zero_reads > 0
        or stuck.deployment.rollback.outstanding
    )


def test_the_verdict_lists_every_criterion_with_its_evidence() -> None:
    verdict = story("happy").last("verdict")
    shown = said(verdict.en)
    assert "GO: ion-api v2.14.0 → production is complete" in shown
    assert shown.count(": met") == 5
    locked = story("rolled-back").last("verdict")
    assert "unlock.start" in verbs(next(o.en for o in story("rolled-back").hung if o.view == "verdict"))
    assert "*Stopwatch:*" in said(locked.en)


def test_missed_moments_each_have_three_answers() -> None:
    asked = first(story("late"), "missed")
    assert [verb for verb in verbs(asked.en)][:3] == ["missed.done", "missed.na", "missed.todo"]
    assert "was planned for <!date^" in said(asked.en)
    assert "are settled" in said(story("late").last("missed").en)


def test_an_unknown_outcome_asks_the_people_who_can_look() -> None:
    asked = first(story("unknown"), "outcome")
    assert verbs(asked.en) == ["outcome.happened", "outcome.not-happened"]
    assert "Did it happen? Canary at 5 %" in said(asked.en)
    assert "the connection was lost after sending" in said(asked.en)
    assert verbs(story("unknown").last("outcome").en) == []


# ------------------------------------------------------------------------------------------------------------- the log


def test_a_log_line_is_one_sentence_and_long_output_stands_below_it() -> None:
    lines = [one for one in story("unknown").hung if one.view == "log"]
    assert all(one.en.text.startswith("ion-api v2.14.0 → production: ") for one in lines)
    failed_ = next(one for one in lines if "image not found" in said(one.en))
    assert "ON HOLD." in failed_.en.text


def test_every_button_is_labelled_in_words() -> None:
    for name in STORIES:
        for one in story(name).hung:
            for picture in (one.en, one.ko):
                assert all(any(sign.isalpha() for sign in label(button)) for button in buttons(picture))


def test_values_carry_ids_only() -> None:
    from commands.buttons import MOST, read

    found: list[dict[str, Any]] = [b for name in STORIES for one in story(name).hung for b in buttons(one.en)]
    assert len(found) > 200
    assert all(len(b["value"]) <= MOST and read(b["value"]) is not None for b in found)


# ------------------------------------------------------------------------------------------------------- the way back


def views(name: str, view: str) -> list[str]:
    return [said(one.en) for one in story(name).hung if one.view == view]


def test_a_refused_rollback_says_why_and_offers_both_ways_on() -> None:
    stopped = next(
        one for one in story("refused").hung if one.view == "rollback" and "STOPPED" in said(one.en)
    )
    shown = said(stopped.en)
    assert "the side the traffic would go to is not healthy" in shown
    assert "“Roll back” goes back to revision 7 of rollback-script (healthy, recorded <!date^" in shown
    assert "Side the traffic goes to: GET /health answered (NOT HEALTHY)" in shown
    assert "Try again looks at that side anew" in shown
    assert verbs(stopped.en) == ["rollback.start", "rollback.force"]
    assert "그래도 롤백" in said(stopped.ko)
    assert f"<@{DEPLOYER}>" in shown


def test_people_are_called_for_a_refused_rollback_and_the_card_waits_for_them() -> None:
    calls = [one for one in story("refused").posted("page") if "REFUSED" in said(one.en)]
    assert [one.subject for one in calls][:1] == ["2:1"]
    card = next(one for one in story("refused").hung if one.view == "card" and "REFUSED" in said(one.en))
    assert "a person who says how the stopped rollback goes on" in said(card.en)
    assert "card.rollback" in verbs(card.en)
    assert any("nobody can tell whether the side" in text for text in views("nobody-knows", "rollback"))


def test_what_a_rollback_would_change_stands_in_the_thread() -> None:
    lines = views("refused", "log")
    assert any("asked what a rollback would change; nothing is done (steps: 1)" in line for line in lines)
    assert any("Dry run, step 1, “Roll back”: would change nothing else" in line for line in lines)


def test_a_forced_rollback_names_the_person_and_shows_its_stopwatch_and_metrics() -> None:
    hung = [one for one in story("refused").hung if one.view == "rollback"]
    shown = said(hung[-1].en)
    assert (
        f"<@{APPROVER}> rolls back all the same. Reason: the canary loses &lt;b&gt;orders&lt;/b&gt;." in shown
    )
    assert "*Detect* not known: " in shown
    assert "*Decide*" in shown
    assert "*Act* under 1 s: “Roll back” ended" in shown
    assert "proved by 2 reads of 0 % and the metrics" in shown
    assert "before the change" in shown
    assert "back to normal" in shown
    assert any("NOT BACK" in said(one.en) for one in hung)
    late = next(line for line in views("refused", "log") if "is not proved after" in line)
    assert "Metrics that are not back to normal: Error rate" in late


def test_an_unsafe_way_back_is_said_before_anything_is_changed() -> None:
    cards = views("unsafe", "card")
    for sentence in (
        "It cannot be recorded what the rollback&#39;s",
        "Nobody can tell whether what the rollback",
        "is not healthy: revision 7",
    ):
        assert any(sentence.replace("&#39;", "'") in card for card in cards), sentence
    lines = views("unsafe", "log")
    assert any(
        "goes on although the way back is not safe. Reason: the first version ever." in line for line in lines
    )
    assert any(
        "The way back: “Roll back” would go back to revision 7 (NOT HEALTHY)" in line for line in lines
    )


def test_an_absence_says_what_was_filled_in() -> None:
    lines = views("away", "log")
    assert any("samples filled in: 2, breaches found: 1" in line for line in lines)
    assert any("the sources keep no past" in line for line in lines)
    assert any("the past did not come in time" in line for line in lines)
    assert any("채운 측정 2개" in said(one.ko) for one in story("away").hung if one.view == "log")


def test_a_rehearsed_share_is_told_as_rehearsed() -> None:
    assert any("rehearsed. 5 % count as set" in line for line in views("rehearsed", "log"))


# ------------------------------------------------------------------------------------------------ incidents and duty


def test_an_incident_shows_its_steps_with_buttons_owners_and_what_the_bot_saw() -> None:
    one = first(story("walked"), "incident", "incident:1")
    shown = said(one.en)
    assert one.en.blocks[0]["text"]["text"] == "INCIDENT 1: P95 above 500 ms, 0 of 4 steps done"
    assert verbs(one.en).count("incident.done") == 4
    assert "a limit is broken" in shown
    assert f"<@{DEPLOYER}>" in shown
    assert "due <!date" in shown
    late = next(h for h in story("walked").hung if h.view == "incident" and "overdue" in said(h.en))
    assert "OPEN AND OVERDUE" in said(late.en)


def test_its_question_shows_what_the_values_suggest_and_what_each_answer_does() -> None:
    asked = first(story("walked"), "incident-question")
    shown = said(asked.en)
    assert verbs(asked.en) == [
        "incident.watch", "incident.hot-fix", "incident.scale-out", "incident.roll-back",
    ]  # fmt: skip
    assert "The measured values suggest ROLL BACK" in shown
    assert "else the default counts: *WATCH*" in shown
    assert "SCALE OUT runs “More pods”" in shown
    again = [
        h for h in story("walked").hung if h.view == "incident-question" and "did not succeed" in said(h.en)
    ]
    assert "refused by the cluster" in said(again[0].en)
    answered = story("walked").last("incident-question", "1:1")
    assert verbs(answered.en) == []


def test_an_incident_that_is_over_says_when_the_next_try_is() -> None:
    over = story("walked").last("incident", "1")
    assert "Incident 1 is over" in said(over.en)
    assert "Next try" in said(over.en)
    assert verbs(over.en) == []


def test_a_plan_that_never_acts_alone_proposes_with_a_button_and_the_evidence() -> None:
    calls = [h for h in story("walked").hung if h.view == "page" and "wants the traffic back" in said(h.en)]
    assert "rollback.start" in verbs(calls[0].en)
    assert "orders are doubled" in said(calls[0].en)


def test_a_day_without_anybody_is_told_with_the_command_that_fills_it_and_named_beside_calls() -> None:
    gap = first(story("on-duty"), "gap")
    assert "Nobody is on duty: Engineering lead" in said(gap.en)
    assert "/deploy assign engineering-lead @somebody from=2025-10-22" in said(gap.en)
    assert "somebody is on duty" in said(story("on-duty").last("gap").en)
    call = first(story("on-duty"), "page")
    assert "Ask when needed:* Final approver" in said(call.en)
    assert "Business:* Engineering lead" in said(call.en)
