"""English: what has become true, why a deployment stands still or rolls back, why people are called."""

from commands.texts.en.way_back import SIDES

HOLDS = {
    "paused": "Paused by {by}.{reasoned}",
    "rule": "A limit is broken: {figures}, {streak} in a row (counts from {needed}).",
    "no-data": "No evidence for {minutes}: {metric}, {state} ({detail}). Without data nothing is passed and nothing is rolled back.",
    "no-evidence": "“{step}” is over, but the evidence says {recommendation}, so it does not go on by itself.",
    "rejected": "{by} ({role}) rejected the sign-off.{reasoned}",
    "decision": "{by} answered HOLD to “{step}”.{reasoned}",
    "no-go": "{by} answered NO-GO to “{step}”.{reasoned}",
    "run-failed": "“{step}” failed: {reason}",
    "gave-up": "“{step}” could not be carried out: {reason}",
    "confirm-failed": "“{step}” was not confirmed in time: {reason}",
    "baseline-missing": "No baseline could be measured in “{step}”: {reason}",
    "weight-differs": "“{step}” asked for {wanted} % of the traffic, but a fresh read says {weight} %.",
    "unknown": "Nobody knows whether “{step}” happened: {reason}",
    "target-missing": "It cannot be recorded what the rollback's “{action}” would go back to: {reason}. Nothing is changed before that is known. `/deploy resume` looks again; `/deploy resume force=reason` goes on all the same.",
    "target-sick": "What the rollback's “{action}” would go back to is not healthy: {what}. Nothing is changed before there is a way back. `/deploy resume` looks again; `/deploy resume force=reason` goes on all the same.",
    "target-unknown": "Nobody can tell whether what the rollback's “{action}” would go back to is healthy: {what}. `/deploy resume` looks again; `/deploy resume force=reason` goes on all the same.",
    "verdict": "The final verdict is HOLD: required criteria that are not met: {unmet}.",
}

ROLLBACKS = {
    "rule": "The plan's rule acted: {figures}, {streak} in a row (counts from {needed}).",
    "trigger": "{by} declared “{trigger}”.{reasoned}",
    "person": "{by} asked for it.{reasoned}",
    "no-go": "{by} answered NO-GO to “{step}”.{reasoned}",
}

PAGES = {
    **HOLDS,
    **SIDES,
    "unanswered": "Nobody answered “{step}” in time, so the default counts: {answer}.",
    "rollback": "A rollback is under way. Please watch it until it is proved.",
    "rollback-failed": "The rollback's action failed and must be done by hand: {reason}",
    "rollback-late": "The rollback is not proved after {minutes}; the last read says {weight} % of the traffic is on the canary. Metrics that are not back to normal: {metrics}. Please check by hand.",
    "rollback-unverified": "The canary's share cannot be read, so the rollback cannot be proved: {reason}",
}

FACTS = {
    "fact.started": "{by} started the deployment with the plan {plan}; T0 is {at}.",
    "fact.missed": "Moments of the plan that had passed before {by} started: {steps}. Each must be settled.",
    "fact.missed-settled": "{by} settled the missed “{step}”: {how}.{noted}",
    "fact.returned": "The bot was away for {away_s} (from {since} to {until}) and is back. Nothing was advanced meanwhile.",
    "fact.unlocked": "{by} lifted the lock.{reasoned}",
    "fact.resumed": "{by} resumed the deployment.",
    "fact.aborted": "{by} ended the deployment.{reasoned}",
    "fact.assigned": "{by} gave the role {role} to {people}.",
    "fact.outcome-settled": "{by} says that “{step}” {happened}.{noted}",
    "fact.step-opened": "“{step}” is open.",
    "fact.late-answer": "An answer to {ref} came after nobody waited for it any more; it changed nothing.",
    # --- items
    "fact.item-done": "{by} ticked “{item}” in “{step}”.{noted}",
    "fact.item-not-applicable": "{by} marked “{item}” in “{step}” as not applicable.{noted}",
    "fact.item-reopened": "{by} opened “{item}” in “{step}” again.{noted}",
    "fact.item-verified": "The bot verified “{item}” in “{step}”: {evidence}",
    "fact.item-check-failed": "The bot could not confirm “{item}” in “{step}”: {evidence}. A person has to look.",
    "fact.item-overdue": "{people}: “{item}” in “{step}” was due {due} and is still open.",
    "fact.checklist-done": "“{step}” is complete (items: {items}).",
    # --- signatures and decisions
    "fact.signed-approve": "{by} signed “{step}” as {role}.{noted}",
    "fact.signed-reject": "{by} rejected “{step}” as {role}.{noted}",
    "fact.signed-withdraw": "{by} withdrew the signature of {role} on “{step}”.{noted}",
    "fact.signature-stale": "The signature of {by} as {role} on “{step}” no longer counts: what it was given on has changed. Please look and sign again.",
    "fact.signoff-overdue": "{people}: the signatures of {roles} on “{step}” were due {due} and are still missing.",
    "fact.signoff-done": "“{step}” is signed by every role.",
    "fact.asked": "Question “{step}” is asked (round {round}).",
    "fact.decided": "{by} answered {answer} to “{step}”.{reasoned}",
    "fact.defaulted": "Nobody answered “{step}” in time; the default counts: {answer}.",
    "fact.verdict-go": "The final verdict is GO (criteria: {criteria}), settled by {by}.",
    # --- work and traffic
    "fact.run-asked": "Running “{action}” for “{step}”.",
    "fact.ran": "“{step}” was carried out in {took_s}: {evidence}",
    "fact.traffic-asked": "“{step}”: setting the canary's share from {was} % to {weight} %.",
    "fact.traffic-set": "“{step}”: a fresh read confirms {share}.",
    "fact.confirmed": "“{step}”, confirmed: {evidence}",
    "fact.not-confirmed": "“{step}”, not confirmed yet: {evidence}",
    "fact.traffic-confirmed": "“{step}” is confirmed at {weight} % (checks: {checks}).",
    "fact.bake-opened": "“{step}”: {minutes} under observation begin, with {share}.",
    "fact.bake-done": "“{step}”: {minutes} under observation are over, with {share}.",
    "fact.baseline": "“{step}”: what is normal is kept (metrics: {metrics}). Not available: {missing}.",
    "fact.watch-opened": "“{step}”: on watch until {until}, with {share}.",
    "fact.watch-done": "“{step}” is over.",
    "fact.review": "“{step}”: review time.",
    # --- the gate
    "fact.breach": "Over the limit: {figures}, {streak} in a row (counts from {needed}).",
    "fact.cleared": "Back within the limit: {figures}.",
    "fact.recommendation": "The recommendation changed from {was} to {now}.",
    "fact.data-back": "{gate}: there is evidence again; the deployment goes on.",
    # --- calls
    "fact.page-called": "Call {page}, tier {tier}: {people}.",
    "fact.page-acknowledged": "{by} answered call {page} (tier {tier}) after {took_s}.",
    "fact.page-undelivered": "Call {page} (tier {tier}) could not be delivered: {reason}. The next tier is called at once.",
    "fact.page-reopened": "Call {page} was answered by {by}, but its reason still stands. Calling again.",
    "fact.page-exhausted": "NOBODY ANSWERED call {page} in any tier. Everybody in the channel has been called.",
    "fact.tier-empty": "Call {page}: nobody holds {roles} (tier {tier}), so that tier is skipped.",
    # --- rollback
    "fact.rollback-ran": "Rollback, “{action}” done in {took_s}: {evidence}",
    "fact.rollback-run-failed": "Rollback, “{action}” failed (try {round}): {evidence}",
    "fact.rollback-effect-failed": "Rollback, {ref} could not be carried out: {reason}",
    "fact.rollback-read": "Rollback, a fresh read says {weight} % of the traffic on the canary ({zero_reads} zero reads in a row).",
    "fact.rollback-late": "The rollback is not proved after {minutes}; the last read says {weight} %. Metrics that are not back to normal: {metrics}.",
    "fact.rollback-again": "{by} had the rollback's actions tried again.{reasoned}",
    "fact.rolled-back": "ROLLED BACK and proved: detected in {detect_s}, decided in {decide_s}, acted in {act_s}, recovered in {recover_s}; {total_s} in all.",
    # --- derived: a hold and a rollback are told in the words that also stand on the card
    **{f"fact.held-{key}": f"ON HOLD. {sentence}" for key, sentence in HOLDS.items()},
    **{f"fact.rollback-{key}": f"ROLLING BACK. {sentence}" for key, sentence in ROLLBACKS.items()},
    **{f"hold.{key}": sentence for key, sentence in HOLDS.items()},
    **{f"rollback.{key}": sentence for key, sentence in ROLLBACKS.items()},
    **{f"page.{key}": sentence for key, sentence in PAGES.items()},
}
