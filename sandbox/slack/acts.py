"""What a person of the workspace does: type a command, click, choose, submit, close, say something, open the Home tab.

Each act is delivered to the app, waits for its acknowledgement, and shows what came of it. Must not know HTTP.
"""

import re
from dataclasses import dataclass, field

from sandbox.slack import posting, responses
from sandbox.slack.context import Context
from sandbox.slack.deliver import Deliverer
from sandbox.slack.errors import Refused, SlackError
from sandbox.slack.inputs import Found, find_element, value_object, with_choice
from sandbox.slack.methods_marks import change_reaction
from sandbox.slack.payloads import action_of, message_action, slash_command
from sandbox.slack.posting import Draft
from sandbox.slack.records import Channel, Json, Message, User
from sandbox.slack.screen import seen_message
from sandbox.slack.socketmode import Ack

EXPLAINED = {
    "operation_timeout": "The app did not answer within 3 seconds.",
    "dispatch_failed": "The app is not connected, so nobody heard this.",
    "http_service_error": "The app answered with an error.",
}
_NOT_INTERACTIVE = (
    "This app is not configured to handle interactive responses: the manifest does not enable interactivity."
)
_TOKEN = re.compile(r"&lt;([@#][A-Z0-9]+(?:\|[^&]*)?)&gt;")
_AT = re.compile(r"(?<![\w<])@([a-z0-9][a-z0-9._-]*)")
_HASH = re.compile(r"(?<![\w<&])#([a-z0-9][a-z0-9_-]*)")


@dataclass(frozen=True)
class ActResult:
    """What came of an act.

    `status` is done, refused, timeout, not_connected or failed; `error` is Slack's code or sentence, `message` a
    sentence for people; `response` is what the acknowledgement carried; `shown` are the messages that the app showed
    in answer before it acknowledged; `view_errors` are sentences by block_id.
    """

    ok: bool
    ack_ms: float = 0.0
    status: str = "done"
    error: str | None = None
    message: str | None = None
    response: Json | None = None
    shown: tuple[Json, ...] = ()
    view_errors: Json = field(default_factory=dict)

    def as_json(self) -> Json:
        """The answer of POST /sandbox/act."""
        return {
            "ok": self.ok,
            "ack_ms": round(self.ack_ms, 1),
            "status": self.status,
            "error": self.error,
            "message": self.message,
            "response": self.response,
            "shown": list(self.shown),
            "view_errors": self.view_errors,
        }


def failed(ack: Ack, error: str | None = None) -> ActResult:
    """The result of an act that the app did not acknowledge."""
    status = {"operation_timeout": "timeout", "dispatch_failed": "not_connected"}.get(ack.error, "failed")
    return ActResult(False, ack.ms, status, error or ack.error, EXPLAINED[ack.error])


def refused(error: str, message: str | None = None) -> ActResult:
    """The result of an act that Slack itself refuses; nothing was delivered."""
    return ActResult(False, 0.0, "refused", error, message or error)


class Acts:
    """The acts that concern messages and channels."""

    def __init__(self, ctx: Context, deliverer: Deliverer) -> None:
        self._ctx = ctx
        self._deliverer = deliverer

    def person(self, user: str) -> User:
        """Somebody who can act; Refused if they have left or are a bot."""
        person = self._ctx.workspace.user(user)
        if person.deleted:
            raise Refused(f"{person.name}'s account is deactivated, so they cannot do anything.")
        if person.bot:
            raise Refused(f"{person.name} is a bot; only people act here.")
        return person

    def place(self, person: User, channel: str) -> Channel:
        """A channel that this person can see; "dm" is their direct message with the bot."""
        if channel == "dm":
            return self._ctx.workspace.direct(person.id, self._ctx.now)
        found = self._ctx.workspace.channel(channel)
        if not self._ctx.workspace.can_see(person.id, found.id):
            raise Refused(f"{person.name} cannot see #{found.name}.")
        return found

    async def command(
        self, user: str, channel: str, command: str, text: str = "", *, thread_ts: str | None = None
    ) -> ActResult:
        """Types a slash command; `command` may hold its text too ("/deploy start x")."""
        person = self.person(user)
        place = self.place(person, channel)
        name, _, rest = command.strip().partition(" ")
        text = text or rest.strip()
        known = self._ctx.app.command(name)
        if known is None:
            return self._remark(person, place, f"{name} is not a valid command.", "not_a_command")
        if thread_ts:
            return self._remark(
                person, place, f"{name} is not supported in threads. Sorry!", "not_in_threads"
            )
        if known.escape:
            text = self._escaped(text)
        token = self._ctx.lent.new_link(place.id, person.id, self._ctx.now)
        payload = slash_command(self._ctx, person, place, name, text, token)
        ack = await self._deliverer.send("slash_commands", payload, accepts=True)
        if not ack.ok:
            sentence = f'{name} failed with the error "{ack.error}"'
            posting.slackbot_says(self._ctx, place.id, person.id, sentence)
            return failed(ack, sentence)
        if ack.payload:
            try:
                responses.respond(self._ctx, self._ctx.lent.link(token), ack.payload)
            except SlackError as error:
                details = error.extra.get("response_metadata", {}).get("messages", [])
                sentence = f'{name} failed with the error "invalid_command_response"'
                posting.slackbot_says(self._ctx, place.id, person.id, sentence)
                return ActResult(
                    False, ack.ms, "failed", sentence, " ".join([error.code, *details]), ack.payload
                )
        return ActResult(True, ack.ms, response=ack.payload, shown=self.shown(person, place, token))

    def _remark(self, person: User, place: Channel, sentence: str, code: str) -> ActResult:
        posting.slackbot_says(self._ctx, place.id, person.id, sentence)
        return refused(code, sentence)

    def _escaped(self, text: str, *, labels: bool = True) -> str:
        """Typed text with special signs encoded and people and channels as ids (with their names, if `labels`)."""
        safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        safe = _TOKEN.sub(r"<\1>", safe)
        users = {user.handle: user for user in self._ctx.workspace.users.values()}
        channels = {
            channel.name: channel for channel in self._ctx.workspace.channels.values() if channel.name
        }

        def mention(found: re.Match[str]) -> str:
            user = users.get(found.group(1))
            if user is None:
                return found.group(0)
            return f"<@{user.id}|{user.handle}>" if labels else f"<@{user.id}>"

        def link(found: re.Match[str]) -> str:
            channel = channels.get(found.group(1))
            return f"<#{channel.id}|{channel.name}>" if channel else found.group(0)

        return _HASH.sub(link, _AT.sub(mention, safe))

    def shown(self, person: User, place: Channel, token: str) -> tuple[Json, ...]:
        """The messages that the app has shown through a response URL (or in the acknowledgement), oldest first."""
        private = self._ctx.workspace.ephemerals.get(person.id, {})
        found = (
            private.get(ts) or self._ctx.workspace.find(place.id, ts) for ts in self._ctx.lent.answers(token)
        )
        return tuple(seen_message(self._ctx, message) for message in found if message is not None)

    def message(self, person: User, place: Channel, ts: str) -> Message:
        """A message that this person sees; Refused if it is not there (any more)."""
        private = self._ctx.workspace.ephemerals.get(person.id, {}).get(ts)
        message = private or self._ctx.workspace.find(place.id, ts)
        if message is None or message.channel != place.id:
            raise Refused(
                f"There is no message {ts} that {person.name} could see in #{place.name or place.id}."
            )
        return message

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        value: str | None = None,
        selected: object = None,
        confirmed: bool = True,
    ) -> ActResult:
        """Clicks a button or chooses in an element of a message.

        `selected` is what is chosen in a select, picker or menu; `value` tells buttons with one action_id apart, or
        is what is typed into an input; `confirmed` is the answer to the button's confirm dialog, if it has one.
        """
        person = self.person(user)
        place = self.place(person, channel)
        message = self.message(person, place, ts)
        if not self._ctx.app.interactive:
            return refused("not_interactive", _NOT_INTERACTIVE)
        found = find_element(list(message.blocks), action_id, block_id, value)
        if found.element.get("confirm") and not confirmed:
            return ActResult(True, status="not_confirmed")
        choice = choice_of(found, value, selected)
        if choice is not None and found.element["type"] != "overflow":
            key = (place.id, ts, person.id)
            before = self._ctx.workspace.selections.get(key, {})
            self._ctx.workspace.selections[key] = with_choice(before, found.block_id, action_id, choice)
        token = self._ctx.lent.new_link(
            place.id,
            person.id,
            self._ctx.now,
            ts=message.ts,
            ephemeral=message.only_for is not None,
            thread_ts=message.thread_ts if message.is_reply else None,
        )
        payload = message_action(self._ctx, person, message, action_of(self._ctx, found, choice), token)
        ack = await self._deliverer.send("interactive", payload)
        return ActResult(True, ack.ms, shown=self.shown(person, place, token)) if ack.ok else failed(ack)

    async def say(
        self, user: str, channel: str, text: str, *, thread_ts: str | None = None, broadcast: bool = False
    ) -> ActResult:
        """Writes a message; people are mentioned by @handle."""
        person = self.person(user)
        place = self.place(person, channel)
        if place.archived:
            raise Refused(f"#{place.name} is archived; nobody can write there.")
        if person.id not in place.members:
            raise Refused(f"{person.name} is not a member of #{place.name}.")
        if not text.strip():
            raise Refused("An empty message cannot be sent.")
        draft = Draft(text=self._escaped(text, labels=False), thread_ts=thread_ts, broadcast=broadcast)
        message = posting.post(self._ctx, place.id, person.id, draft)
        return ActResult(True, shown=(seen_message(self._ctx, message),))

    async def react(self, user: str, channel: str, ts: str, name: str, *, add: bool = True) -> ActResult:
        """Adds (or takes away) a reaction."""
        person = self.person(user)
        place = self.place(person, channel)
        try:
            change_reaction(self._ctx, self.message(person, place, ts), person.id, name, add=add)
        except SlackError as error:
            return refused(error.code)
        return ActResult(True)

    async def delete(self, user: str, channel: str, ts: str) -> ActResult:
        """Deletes a message (anybody's: people of the sandbox may), or dismisses an own ephemeral one."""
        person = self.person(user)
        place = self.place(person, channel)
        posting.delete(self._ctx, self.message(person, place, ts))
        return ActResult(True)

    async def unpin(self, user: str, channel: str, ts: str) -> ActResult:
        """Takes a pin off a message."""
        place = self.place(self.person(user), channel)
        pins = tuple(pin for pin in place.pins if pin.ts != ts)
        if pins == place.pins:
            raise Refused(f"The message {ts} is not pinned in #{place.name}.")
        self._ctx.workspace.change_channel(place.id, pins=pins)
        message = self._ctx.workspace.find(place.id, ts)
        if message is not None:
            posting.show(self._ctx, message, "update")
        self._ctx.emit(
            "pin_removed",
            {"type": "pin_removed", "user": user, "channel_id": place.id, "has_pins": bool(pins)},
        )
        return ActResult(True)


def choice_of(found: Found, value: str | None, selected: object) -> Json | None:
    """What is chosen or typed in an element, as a value object; None for buttons."""
    if found.element["type"] in ("button", "icon_button"):
        return None
    given = selected if selected is not None else value
    if given is None and found.element["type"] in ("overflow", "static_select", "radio_buttons"):
        raise Refused(f"Say which option of {found.action_id!r} is chosen: selected=...")
    return value_object(found.element, given)
