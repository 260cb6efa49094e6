"""English: all sentences by key, put together from their modules."""

from commands.texts.en.answers import ALL
from commands.texts.en.daily import DAILY
from commands.texts.en.difference import DIFFERENCE
from commands.texts.en.doctor import DOCTOR
from commands.texts.en.duty import DUTY
from commands.texts.en.ending import ENDING
from commands.texts.en.evidence import ALL as EVIDENCE
from commands.texts.en.facts import FACTS
from commands.texts.en.importing import IMPORTING
from commands.texts.en.incidents import INCIDENTS
from commands.texts.en.items import ITEMS
from commands.texts.en.preview import PREVIEW
from commands.texts.en.reasons import REASONS
from commands.texts.en.record import RECORD
from commands.texts.en.refusals import REFUSALS
from commands.texts.en.rehearsal import REHEARSAL
from commands.texts.en.replay import REPLAY
from commands.texts.en.screens import SCREENS
from commands.texts.en.timeline import TIMELINE
from commands.texts.en.way_back import WAY_BACK

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
