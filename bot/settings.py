"""Everything that may be set from outside, read once, in `__main__`. Values are frozen; secrets never show in a repr."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PLANS = Path(__file__).parent.parent / "plans"


class Settings(BaseSettings):
    """Environment variables, by the names below (no prefix for Slack's own, CAPTAIN_ for ours)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    slack_bot_token: SecretStr = Field(default=SecretStr(""), alias="SLACK_BOT_TOKEN")
    """xoxb-...: what the app is in the workspace."""
    slack_app_token: SecretStr = Field(default=SecretStr(""), alias="SLACK_APP_TOKEN")
    """xapp-...: opens Socket Mode connections; not needed over HTTP."""
    slack_signing_secret: SecretStr = Field(default=SecretStr(""), alias="SLACK_SIGNING_SECRET")
    """Proves that a request comes from Slack; needed over HTTP only."""
    slack_api_url: str = Field(default="https://slack.com/api/", alias="SLACK_API_URL")
    """Any Slack-compatible server."""
    mode: Literal["socket", "http"] = Field(default="socket", alias="CAPTAIN_SLACK_MODE")
    """socket: two outgoing connections, no public address. http: Slack posts to /slack/events."""

    database: str = Field(default="captain.sqlite3", alias="CAPTAIN_DATABASE")
    """A path of an SQLite file, or a database URL (sqlite+aiosqlite:///...)."""
    plans: Path = Field(default=PLANS, alias="CAPTAIN_PLANS")
    """The folder of the plans (*.yml)."""
    team: Path = Field(default=Path("team.yml"), alias="CAPTAIN_TEAM")
    """Who holds which role, and which channel is which."""
    workdir: Path = Field(default=Path(), alias="CAPTAIN_WORKDIR")
    """Where the plans' programs run."""
    language: Literal["", "ko", "en"] = Field(default="", alias="CAPTAIN_LANGUAGE")
    """Overrides the team file's language."""

    http_host: str = Field(default="0.0.0.0", alias="CAPTAIN_HTTP_HOST")  # noqa: S104  # a container's port is published by its runtime
    http_port: int = Field(default=8080, alias="CAPTAIN_HTTP_PORT")
    """/healthz, /readyz, and /slack/events over HTTP. 0 takes a free port; -1 opens none."""
    beat_s: float = Field(default=1.0, gt=0, alias="CAPTAIN_BEAT")
    """How often due deployments are looked for, in seconds."""
    posts_per_s: float = Field(default=1.0, gt=0, alias="CAPTAIN_POSTS_PER_S")
    """Messages a second and channel; Slack allows about one."""
    updates_per_min: float = Field(default=40.0, gt=0, alias="CAPTAIN_UPDATES_PER_MIN")
    """Edits a minute for the whole app; Slack allows about fifty."""
    away_s: float = Field(default=30.0, ge=0, alias="CAPTAIN_AWAY")
    """An absence longer than this is told in the threads."""
    world: str = Field(default="", alias="CAPTAIN_WORLD_URL")
    """A sandbox that keeps the plan time of a rehearsal or demo; empty in production, where plan time is real time."""
    tempo: Literal["demo", "script", "quick"] = Field(default="demo", alias="CAPTAIN_TEMPO")
    """How plan time passes with a world: for somebody who watches, or as fast as everything can be done."""
    sampling_s: float = Field(default=0.0, ge=0, alias="CAPTAIN_SAMPLING")
    """With a world: real seconds in which a source that keeps real time (Prometheus) surely takes a sample. 0: there is none."""
    log_level: str = Field(default="INFO", alias="CAPTAIN_LOG_LEVEL")

    @property
    def database_url(self) -> str:
        """`database` as a URL."""
        return self.database if "://" in self.database else f"sqlite+aiosqlite:///{self.database}"


class SettingsRefused(Exception):
    """What is missing, in one sentence."""


def check(settings: Settings) -> None:
    """Raises SettingsRefused when the bot could not work with these."""
    missing = [] if settings.slack_bot_token.get_secret_value() else ["SLACK_BOT_TOKEN"]
    if settings.mode == "socket" and not settings.slack_app_token.get_secret_value():
        missing.append("SLACK_APP_TOKEN")
    if settings.mode == "http" and not settings.slack_signing_secret.get_secret_value():
        missing.append("SLACK_SIGNING_SECRET")
    if settings.mode == "http" and settings.http_port < 0:
        raise SettingsRefused(
            "CAPTAIN_SLACK_MODE is http, but CAPTAIN_HTTP_PORT is -1: give Slack a port to reach."
        )
    if missing:
        raise SettingsRefused(
            f"{' and '.join(missing)} not set: see the README, 'Install in your workspace', for where to find it."
        )
    if not settings.plans.is_dir():
        raise SettingsRefused(
            f"CAPTAIN_PLANS names {settings.plans}, which is no folder: give the folder of your plans."
        )
    if not settings.team.is_file():
        raise SettingsRefused(
            f"CAPTAIN_TEAM names {settings.team}, which is not there: copy team.example.yml and name your people."
        )
