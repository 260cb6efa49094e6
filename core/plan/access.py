"""How a source over HTTP is entered: whom its TLS is trusted by, as whom the bot comes. Values stand as ${NAME}.

It must not know what is asked for once inside.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from core.plan.kinds import Env, Frozen, exactly_one


class Basic(Frozen):
    """A user and a password."""

    user: Env
    password: Env


class Auth(Frozen):
    """Who the bot is for a source: exactly one of bearer, basic. It becomes the header Authorization."""

    bearer: Env | None = None
    basic: Basic | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Auth:
        exactly_one(self, "'auth'", "bearer", "basic")
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that may hold ${NAME}."""
        if self.basic is not None:
            return (self.basic.user, self.basic.password)
        return (self.bearer or "",)


class Tls(Frozen):
    """Files (PEM) for the TLS of a source; relative ones stand in the bot's work folder."""

    ca: Env | None = Field(
        default=None, description="Certificates that are trusted instead of the system's own."
    )
    certificate: Env | None = Field(default=None, description="The bot's own certificate, with its chain.")
    key: Env | None = Field(default=None, description="Its key, when it is not in the same file.")

    @model_validator(mode="after")
    def _whole(self) -> Tls:
        if self.key is not None and self.certificate is None:
            raise ValueError("a key without its certificate: add 'certificate:'")
        if self.ca is None and self.certificate is None:
            raise ValueError("'tls' says nothing: write 'ca:', 'certificate:', or both")
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that may hold ${NAME}."""
        return tuple(text for text in (self.ca, self.certificate, self.key) if text is not None)
