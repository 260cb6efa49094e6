"""What stands outside of Slack in a demo and in tests: a mail server that keeps what it is sent, and a status page with tickets.

It must not know the bot.
"""

from __future__ import annotations

from sandbox.outside.mail import Kept, MailSink
from sandbox.outside.receiver import Received, Receiver

__all__ = ["Kept", "MailSink", "Outside", "Received", "Receiver"]


class Outside:
    """Both of them, on free ports of this machine."""

    def __init__(self) -> None:
        self.mail = MailSink()
        self.receiver = Receiver()

    async def start(self) -> None:
        """They listen."""
        await self.mail.start()
        await self.receiver.start()

    async def stop(self) -> None:
        """They are gone."""
        await self.receiver.stop()
        await self.mail.stop()

    def environment(self) -> dict[str, str]:
        """Where a plan finds them: SMTP_HOST, SMTP_PORT and SMTP_TLS, STATUS_URL."""
        return {
            "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(self.mail.port), "SMTP_TLS": "none",
            "STATUS_URL": self.receiver.url, "STATUS_TOKEN": "sandbox-status-token",
            "SMTP_USER": "captain", "SMTP_PASSWORD": "sandbox-mail-password",
        }  # fmt: skip
