"""한국어: 모든 문장을 한데 모은다."""

from commands.texts.ko.answers import ALL
from commands.texts.ko.daily import DAILY
from commands.texts.ko.difference import DIFFERENCE
from commands.texts.ko.doctor import DOCTOR
from commands.texts.ko.duty import DUTY
from commands.texts.ko.ending import ENDING
from commands.texts.ko.evidence import ALL as EVIDENCE
from commands.texts.ko.facts import FACTS
from commands.texts.ko.importing import IMPORTING
from commands.texts.ko.incidents import INCIDENTS
from commands.texts.ko.items import ITEMS
from commands.texts.ko.preview import PREVIEW
from commands.texts.ko.reasons import REASONS
from commands.texts.ko.record import RECORD
from commands.texts.ko.refusals import REFUSALS
from commands.texts.ko.rehearsal import REHEARSAL
from commands.texts.ko.replay import REPLAY
from commands.texts.ko.screens import SCREENS
from commands.texts.ko.timeline import TIMELINE
from commands.texts.ko.way_back import WAY_BACK

CATALOGUE: dict[str, str] = {
    **ALL,
    **DAILY,
    **DIFFERENCE,
    **DOCTOR,
    **DUTY,
    **ENDING,
    **EVIDENCE,
    **FACTS,
    **IMPORTING,
    **INCIDENTS,
    **ITEMS,
    **PREVIEW,
    **REASONS,
    **RECORD,
    **REFUSALS,
    **REHEARSAL,
    **REPLAY,
    **SCREENS,
    **TIMELINE,
    **WAY_BACK,
}
