"""English: private answers, windows, the Home tab and the help pages."""

ANSWERS = {
    "answer.late": "Not recorded yet: the bot is slow to write right now. The outcome follows here by itself; please do not repeat it.",
    "answer.recorded": "Recorded.",
    "answer.repeated": "This was already recorded; nothing was done a second time.",
    "start.which": "Say which plan, like `/deploy start PLAN version=v2.14.0 at=14:00`. There are:\n{plans}",
    "start.begun": "*{name}* has begun as *{id}*; T0 is {t0}.",
    "start.next": "The card is in this channel. `/deploy status` shows it here, `/deploy help` all commands.",
    "list.title": "*The last deployments*",
    "list.row": "• *{id}* {service} → {environment}: {status} (started {at})",
    "list.none": "There has been no deployment yet. `/deploy start` begins one.",
    "list.next": "`/deploy status ID` shows one of them.",
    "gate.no-traffic": "The canary has no traffic, so there is nothing to judge.",
    "gate.over": "This deployment is over. `/gate explain` shows the arithmetic of its last look, `/gate replay` judges its looks anew.",
    "gate.no-question": "No decision is open now; when one is, it comes as a message with buttons.",
    "rollback-view.dry-run": "This is what a rollback would do. Nothing has been done.",
    "rollback-view.window": "A window shows what will happen and asks for the reason. Quicker: `/rollback reason`.",
    "refused.unknown-flag": "There is no option {flag}. There is: {known}.",
    "refused.id-taken": "The id {deployment} is already taken; please start again.",
    "phrase.growth-limit": "growth limit {limit}",
    "step.waiting": "waiting",
    "step.open": "OPEN",
    "step.done": "done",
    "step.skipped": "skipped",
    "step.missed": "MISSED, to be settled",
}

WINDOWS = {
    "window.title": "Deploy Captain",
    "window.loading": "One moment, the current state is being read…",
    "window.failed": "The current state could not be read because of a fault on the bot's side. Nothing was done; please try again.",
    "window.close": "Close",
    "window.cancel": "Cancel",
    "window.submit": "Record",
    "window.reason": "Reason",
    "window.note": "Note (optional)",
    "window.recorded": "It is kept in the record with your name and the time.",
    "window.which-item": "Which item",
    "window.which-role": "Which role",
    "window.item-ev": "How was it verified? A note or a link; then the item in “{step}” is done.",
    "window.item-na": "Why does it not apply? Then the item in “{step}” counts as settled.",
    "window.item-op": "The item in “{step}” will be open again.",
    "window.item-ev-title": "Done with evidence",
    "window.item-na-title": "Not applicable",
    "window.item-op-title": "Open again",
    "window.more-items": "Only the first can be chosen here; {n} more have their own Done button in the list.",
    "window.no-items": "No item of this list is in that state any more.",
    "window.reject-title": "Reject the sign-off",
    "window.reject": "Rejecting “{step}” puts the deployment on hold. Say what is missing.",
    "window.decide-title": "Answer: {answer}",
    "window.decide-go": "You answer *{answer}* to “{step}” with a reason.",
    "window.decide-no-go": "You answer *{answer}* to “{step}”. If the canary has traffic, it is rolled back *at once*.",
    "window.decide-leaves-out": "You answer *{answer}* to “{step}”: nothing is run, and it goes on without it. Say who has done it by hand, or why nobody has to.",
    "window.decide-hold": "You answer *{answer}* to “{step}”. Everything stands still until somebody answers again or resumes.",
    "window.rollback-title": "Roll back",
    "window.rollback-submit": "Roll back now",
    "window.trigger": "Known reason (optional)",
    "window.rollback-now": "The canary has {weight} % of the traffic. Submitting starts the rollback *at once*:",
    "window.rollback-nothing": "The canary has no traffic ({weight} %), so right now there is nothing to roll back. With traffic, this happens:",
    "window.rollback-cancel": "Everything planned that nobody has begun is withdrawn.",
    "window.rollback-run": "“{action}” runs; up to three tries, then people are called.",
    "window.rollback-verify": "The canary's share is read afresh until it says 0 % {n} times in a row (within {span}, else people are called).",
    "window.rollback-metric": "On the stable side {metric} must be {limit}.",
    "window.rollback-checklist": "A checklist of {n} items for afterwards is opened.",
    "window.rollback-lock": "{service} is locked until somebody lifts the lock with a reason.",
    "window.rollback-unlock": "{service} stays open for the next deployment.",
    "window.rollback-told": "Who may do this and is told: {who}",
    "window.details-title": "Details",
    "window.people": "Roles",
    "window.checklist-title": "Checklist",
    "window.pause-title": "Pause",
    "window.pause": "*{name}* stands still until somebody resumes it. The gate goes on looking, and a broken limit still acts.",
    "window.unlock-title": "Lift the lock",
    "window.unlock": "Lifting the lock of *{name}* lets the next deployment start. Say why the cause of the rollback is gone.",
    "window.missed-title": "Missed moment",
    "window.missed-done": "Done elsewhere: say where, or how you know.",
    "window.missed-not-applicable": "Not applicable: say why.",
    "window.outcome-title": "Did it happen?",
    "window.outcome-happened": "“{action}” *did happen*: the deployment goes on from there.",
    "window.outcome-not-happened": "“{action}” *did not happen*: the bot does it now.",
    "home.needs": "Needs you now",
    "home.nothing": "Nothing waits for you.",
    "home.active": "Under way",
    "home.none-active": "No deployment is under way.",
    "home.roles": "Your roles: {roles}",
    "home.no-role": "none",
    "home.item": "Checklist “{step}”: {item}{due}",
    "home.sign": "Sign “{step}” as {role}{due}",
    "home.decide": "Decision “{step}”{due}: answer on its message in the channel, beside the evidence.",
    "home.page": "You are called (call {number}){due}: acknowledge it.",
    "home.hold": "It stands still; resume it when the reason is gone.",
    "home.outcome": "Say whether “{action}” happened.",
    "home.missed": "The moment of “{step}” has passed; say what is true.",
}

HELP = {
    "help.deploy": (
        "*Deploy Captain: `/deploy`*\n"
        "• `/deploy start PLAN version=v2.14.0 at=14:00` begins a deployment (`at=` also takes `tomorrow 14:00`, `+2h`, `now`)\n"
        "• `/deploy start PLAN ... --rehearsal` rehearses it in another channel: sixty times the speed, actions as dry runs\n"
        "• `/deploy status [ID]` where it stands and whom it waits for\n"
        "• `/deploy list` the last deployments\n"
        "• `/deploy checklist` the open checklists with their buttons\n"
        "• `/deploy pause [reason]`, `/deploy resume` stands still, goes on (`resume force=reason` without a safe way back)\n"
        "• `/deploy abort reason` ends a deployment without traffic\n"
        "• `/deploy assign ROLE @name [from=2025-10-24 to=2025-10-25]` gives a role to somebody from now on, or on those days\n"
        "• `/deploy oncall` who is on duty on which day; `/deploy contacts` whom to ask, tier by tier\n"
        "• `/deploy incident [NAME note]` the playbooks, or walks one; `/deploy incident close NAME reason`, `/deploy incident next NAME at=...`\n"
        "• `/deploy unlock SERVICE [ENVIRONMENT] reason` lifts the lock a rollback left\n"
        "• `/deploy readiness` how ready it is, and what stands in the way of GO; `/deploy risk ID [withdraw] reason` declares or withdraws a risk\n"
        "• `/deploy watch` the daily rows in one table: figures, limits, what is open and whose it is\n"
        "• `/deploy outcome success|partial|failed reason` how it went; `/deploy loss 30s [note]` how much data a rollback lost\n"
        "• `/deploy record [post-mortem|hand-over|snapshot] [ID]` everything that was done, signed and decided, as a file in the thread\n"
        "• `/deploy timeline [ID or PLAN]` when everything is and who is needed; `--ics` puts a calendar file into the thread\n"
        "• `/deploy reschedule [ID] at=2025-10-23T14:00 reason=...` moves T0, as long as no traffic has moved\n"
        "• `/deploy reload` reads the plans anew and says what has changed\n"
        "• `/deploy import` makes a plan of the checklist you have, in a window that takes the file\n"
        "• `/deploy doctor PLAN` what the plan needs and does not have, long before it starts; changes nothing\n"
        "Others: `/gate help`, `/signoff help`, `/rollback help`. With several deployments, add the id at the end of the line."
    ),
    "help.gate": (
        "*`/gate`*\n"
        "• `/gate status` the evidence and the recommendation\n"
        "• `/gate explain [METRIC]` the arithmetic behind it\n"
        "• `/gate replay [D12]` judges the stored looks anew: what changed when, and what every rule did alone\n"
        "• `/gate go [reason]`, `/gate observe`, `/gate nogo reason`, `/gate hold reason` answers the open decision\n"
        "NO-GO rolls back at once when the canary has traffic. The buttons on the decision's message do the same."
    ),
    "help.signoff": (
        "*`/signoff`*\n"
        "• `/signoff` shows the open board\n"
        "• `/signoff [ROLE] approve [comment]`, `/signoff [ROLE] reject comment`, `/signoff [ROLE] withdraw`\n"
        "The role may be left out when you hold only one that signs. Rejecting puts the deployment on hold."
    ),
    "help.rollback": (
        "*`/rollback`*\n"
        "• `/rollback reason` takes the traffic away at once\n"
        "• `/rollback` opens a window that shows step by step what will happen and asks for the reason\n"
        "• `/rollback --dry-run` shows it, and what each step would change exactly\n"
        "• `/rollback force=reason` also when the side the traffic goes to is not healthy\n"
        "A rollback counts as done when fresh reads and the metrics prove it."
    ),
}

ALL = {**ANSWERS, **WINDOWS, **HELP}
