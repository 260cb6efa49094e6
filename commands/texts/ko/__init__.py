"""한국어: 모든 문장을 한데 모은다."""

from commands.texts.ko.answers import ALL
from commands.texts.ko.doctor import DOCTOR
from commands.texts.ko.evidence import ALL as EVIDENCE
from commands.texts.ko.facts import FACTS
from commands.texts.ko.incidents import INCIDENTS
from commands.texts.ko.items import ITEMS
from commands.texts.ko.reasons import REASONS
from commands.texts.ko.record import RECORD
from commands.texts.ko.refusals import REFUSALS
from commands.texts.ko.rehearsal import REHEARSAL
from commands.texts.ko.replay import REPLAY
from commands.texts.ko.screens import SCREENS
from commands.texts.ko.timeline import TIMELINE
from commands.texts.ko.way_back import WAY_BACK

CATALOGUE: dict[str, str] = {
    **SCREENS, **REASONS, **REFUSALS, **FACTS, **ALL, **DOCTOR, **REHEARSAL, **WAY_BACK, **ITEMS, **RECORD, **TIMELINE,
    **INCIDENTS, **EVIDENCE, **REPLAY,
}  # fmt: skip
