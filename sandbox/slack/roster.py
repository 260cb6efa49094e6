"""The default workspace: the people of a deployment, their channels, and the bot.

Ids look like Slack's. Must not know the Web API; it only fills a Workspace.
"""

from sandbox.slack.records import SLACKBOT
from sandbox.slack.state import Workspace

TEAM = "T0SANDBOX"
APP = "A0CAPTAIN"
BOT_ID = "B0CAPTAIN"
BOT = "U0CAPTAIN"

LUBIT = "U0LUBIT00"
GITCODE = "U0GITCODE"
SENA = "U0SENA000"
OPS = "U0OPSLEAD"
MINA = "U0MINA000"
JUN = "U0JUN0000"
GONE = "U0DANA000"
GUEST = "U0GUEST00"

DEPLOYMENT = "C0DEPLOY0"
ALERTS = "C0ALERTS0"
INCIDENT = "C0INCIDNT"
GENERAL = "C0GENERAL"

ON_CALL_GROUP = "S0ONCALL0"

# (id, handle, name, title in English, title in Korean)
PEOPLE = (
    (GITCODE, "gitcode", "GitCode", "Deployer", "배포 담당"),
    (LUBIT, "lubit", "Lubit", "Final approver", "최종 승인자"),
    (SENA, "sena", "Sena", "Monitoring", "모니터링 담당"),
    (OPS, "ops-lead", "Ops Lead", "Operations lead", "운영 리드"),
    (MINA, "mina", "Mina", "Engineering lead", "개발 리드"),
    (JUN, "jun", "Jun", "On-call engineer", "당직 엔지니어"),
)
TEAM_IDS = tuple(person[0] for person in PEOPLE)


def default_workspace(bot_name: str) -> Workspace:
    """A workspace with six people, one who has left, one guest, four channels and the bot in three of them."""
    workspace = Workspace(team_id=TEAM, name="Deploy Captain sandbox", domain="captain-sandbox", bot_user=BOT)
    workspace.add_user(BOT, "deploy_captain", bot_name, bot=True, email="", tz="UTC", tz_offset=0)
    workspace.add_user(SLACKBOT, "slackbot", "Slackbot", bot=True, email="", tz="UTC", tz_offset=0)
    for user_id, handle, name, title_en, title_ko in PEOPLE:
        workspace.add_user(user_id, handle, name, title_en=title_en, title_ko=title_ko, admin=user_id == OPS)
    workspace.add_user(GONE, "dana", "Dana", title_en="Left the company", title_ko="퇴사", deleted=True)
    workspace.add_user(
        GUEST, "pat", "Pat", title_en="Guest, one channel", title_ko="단일 채널 게스트", guest=True
    )
    workspace.add_channel(
        DEPLOYMENT, "deployment", members=(*TEAM_IDS, BOT), purpose="Production deployments happen here."
    )
    workspace.add_channel(
        ALERTS, "deployment-alerts", members=(*TEAM_IDS, BOT), purpose="What is wrong, early."
    )
    workspace.add_channel(INCIDENT, "incident", members=(*TEAM_IDS, BOT), purpose="When it is really wrong.")
    workspace.add_channel(GENERAL, "general", members=(*TEAM_IDS, GUEST), purpose="Everybody.")
    workspace.add_group(ON_CALL_GROUP, "on-call", "On-call", (JUN,))
    return workspace
