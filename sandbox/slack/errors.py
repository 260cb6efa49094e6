"""The one exception of the sandbox's Slack side: an answer of the form {"ok": false, "error": code}.

Must not know HTTP: the API endpoint turns it into an answer.
"""

from typing import Any


class SlackError(Exception):
    """A refusal that Slack would give.

    `code` is Slack's error code ("channel_not_found"); `extra` are further fields of the answer, such as
    `needed` and `provided` of missing_scope, or `response_metadata` with its messages.
    """

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra

    def answer(self) -> dict[str, Any]:
        """The JSON body that Slack answers with."""
        return {"ok": False, "error": self.code, **self.extra}


def invalid_arguments(*messages: str) -> SlackError:
    """Slack's invalid_arguments, with its sentences in response_metadata.messages."""
    return SlackError(
        "invalid_arguments",
        response_metadata={"messages": [f"[ERROR] {message}" for message in messages]},
    )


class Refused(Exception):
    """Something a person of the workspace cannot do (click a button that is not there, type while deactivated).

    The message is one sentence for the person or the test author.
    """
