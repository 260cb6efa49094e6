"""What a plan does over SMTP: it tells audiences by e-mail. `Tells` for `smtp:`.

It must not know what is said, nor what an outcome leads to.
"""

from __future__ import annotations

import time

from bot.adapters.smtp import Mail, MailServers
from bot.errors import GaveUp
from bot.performing.ports import Attempt, Saying
from bot.performing.work import Work
from bot.secrets import Secrets
from core.plan.models import Audience


class OverSmtp:
    """One message to all addresses of an audience."""

    def __init__(self, servers: MailServers, secrets: Secrets) -> None:
        self._servers = servers
        self._secrets = secrets

    async def tell(self, work: Work, audience: Audience, saying: Saying) -> Attempt:
        """Hands the message over. Its Message-ID is the same in every attempt; `ok` is False when somebody was refused."""
        email = audience.email
        if email is None:
            raise GaveUp("The audience is not told by e-mail.")
        began = time.monotonic()
        mail = Mail(email.to, saying.subject, saying.text, work.claim.id, work.claim.created_at)
        refused = await self._servers.send(work.plan, email.source, mail)
        taken = len(email.to) - len(refused)
        said = f"The mail server '{email.source}' took the message for {taken} of {len(email.to)}."
        if refused:
            said += " Refused: " + "; ".join(f"{one} ({why})" for one, why in refused.items()) + "."
        return Attempt(not refused, self._secrets.redact(said, work.plan), time.monotonic() - began)
