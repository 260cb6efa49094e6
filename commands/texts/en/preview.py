"""English: the page on which all messages of a plan can be read."""

PREVIEW = {
    "preview.title": "Messages of {name}",
    "preview.remark": "Messages: {n}. People, versions, outputs and numbers are made up; reports of one kind are shown once. The lines of the thread are left out.",
    "preview.card": "The pinned card at this moment, then the new messages.",
    "preview.back": "When it goes wrong",
    "preview.back-remark": "A person rolls back after something has been changed, and nobody answers the calls.",
    "preview.direct": "direct message to {name}",
    "preview.unclickable": "This is a preview: nothing is recorded.",
    "preview.view-card": "card",
    "preview.view-checklist": "checklist",
    "preview.view-signoff": "sign-off",
    "preview.view-decision": "decision",
    "preview.view-outcome": "unknown outcome",
    "preview.view-missed": "missed moments",
    "preview.view-report": "report",
    "preview.view-page": "call",
    "preview.view-announce": "announcement",
    "preview.view-rollback": "rollback",
    "preview.view-verdict": "verdict",
    "preview.view-rescheduled": "T0 was moved",
    "preview.view-rehearsal": "report of a rehearsal",
}
