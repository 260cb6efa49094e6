"""The people of the workspace, for tests: they type, click, submit, read their screens, without a browser.

A thin Python form of the control API; it must not do anything that the page could not do.
"""

from dataclasses import dataclass

from sandbox.slack.acts import ActResult, Acts
from sandbox.slack.channelacts import ChannelActs
from sandbox.slack.context import Context
from sandbox.slack.handing import hand
from sandbox.slack.methods_scheduled import post_due
from sandbox.slack.records import Json, Notification
from sandbox.slack.screen import messages_for, seen_pins, seen_view, thread_for
from sandbox.slack.viewacts import ViewActs


@dataclass(frozen=True)
class CommandResult:
    """What came of a slash command.

    `text` and `blocks` are those of the last message that the app showed in answer before it acknowledged (private or
    in the channel), or Slack's own remark if the command failed; `ts` is that message's. `status` as in ActResult.
    """

    ok: bool
    status: str
    text: str
    blocks: list[Json]
    elapsed_ms: float
    error: str | None
    ts: str | None = None
    shown: tuple[Json, ...] = ()


class People:
    """Everybody in the workspace; each verb begins with who does it (an id or a handle).

    `channels` has what people do to channels: archive, rename, invite, remove.
    """

    def __init__(self, ctx: Context, acts: Acts, views: ViewActs, channels: ChannelActs) -> None:
        self.channels = channels
        self._ctx = ctx
        self._acts = acts
        self._views = views

    # -- acting ------------------------------------------------------------------------------------
    async def command(
        self, user: str, channel: str, command: str, text: str = "", *, thread_ts: str | None = None
    ) -> CommandResult:
        """Types a slash command in a channel ("dm" is the direct message with the bot)."""
        result = await self._acts.command(user, channel, command, text, thread_ts=thread_ts)
        last = result.shown[-1] if result.shown else None
        own = "" if result.ok else (result.message if result.status == "refused" else result.error) or ""
        return CommandResult(
            ok=result.ok,
            status=result.status,
            text=last["text"] if last else own,
            blocks=last["blocks"] if last else [],
            elapsed_ms=result.ack_ms,
            error=result.error,
            ts=last["ts"] if last else None,
            shown=result.shown,
        )

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        block_id: str | None = None,
        value: str | None = None,
        selected: object = None,
        *,
        confirmed: bool = True,
    ) -> ActResult:
        """Clicks a button, or chooses in an element, of a message; Refused if it is not there."""
        return await self._acts.click(
            user,
            channel,
            ts,
            action_id,
            block_id=block_id,
            value=value,
            selected=selected,
            confirmed=confirmed,
        )

    async def view_click(
        self,
        user: str,
        view_id: str,
        action_id: str,
        block_id: str | None = None,
        value: str | None = None,
        selected: object = None,
        *,
        confirmed: bool = True,
    ) -> ActResult:
        """Clicks or chooses in a modal or on the Home tab."""
        return await self._views.click(
            user, view_id, action_id, block_id=block_id, value=value, selected=selected, confirmed=confirmed
        )

    async def submit(self, user: str, view_id: str, values: Json | None = None) -> ActResult:
        """Submits the view on top with {block_id: {action_id: value}}; errors by block are in `view_errors`."""
        return await self._views.submit(user, view_id, values)

    def hand(self, user: str, name: str, content: bytes) -> str:
        """Chooses a file in a window's file input; its id is the value to submit."""
        return hand(self._ctx, self._acts.person(user), name, content).id

    async def close_view(self, user: str, view_id: str) -> ActResult:
        """Closes the view on top."""
        return await self._views.close(user, view_id)

    async def open_home(self, user: str) -> ActResult:
        """Opens the app's Home tab."""
        return await self._views.open_home(user)

    async def suggest(self, user: str, view_id: str, action_id: str, typed: str) -> ActResult:
        """Types into an external select of a view."""
        return await self._views.suggest(user, view_id, action_id, typed)

    async def say(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, *, broadcast: bool = False
    ) -> str:
        """Writes a message; answers its ts."""
        result = await self._acts.say(user, channel, text, thread_ts=thread_ts, broadcast=broadcast)
        return str(result.shown[0]["ts"])

    async def react(self, user: str, channel: str, ts: str, name: str, *, add: bool = True) -> ActResult:
        """Adds or takes away a reaction."""
        return await self._acts.react(user, channel, ts, name, add=add)

    async def delete(self, user: str, channel: str, ts: str) -> ActResult:
        """Deletes a message, the bot's too, or dismisses an own ephemeral one."""
        return await self._acts.delete(user, channel, ts)

    async def unpin(self, user: str, channel: str, ts: str) -> ActResult:
        """Takes a pin off a message."""
        return await self._acts.unpin(user, channel, ts)

    # -- seeing ------------------------------------------------------------------------------------
    def screen(self, user: str, channel: str) -> list[Json]:
        """The messages a person sees in a channel (their own ephemerals too), newest last."""
        post_due(self._ctx)
        person = self._ctx.workspace.user(user)
        return messages_for(self._ctx, person.id, self._acts.place(person, channel))

    def thread(self, user: str, channel: str, ts: str) -> list[Json]:
        """A thread: the parent first, then the replies, oldest first."""
        post_due(self._ctx)
        person = self._ctx.workspace.user(user)
        return thread_for(self._ctx, person.id, self._acts.place(person, channel), ts)

    def pins(self, user: str, channel: str) -> list[Json]:
        """The pinned messages of a channel, newest pin first."""
        return seen_pins(self._ctx, self._acts.place(self._ctx.workspace.user(user), channel))

    def views(self, user: str) -> list[Json]:
        """The open modal views, the one on top last."""
        return [
            seen_view(view) for view in self._ctx.workspace.modals.get(self._ctx.workspace.user(user).id, [])
        ]

    def home(self, user: str) -> Json | None:
        """The Home tab as the app has published it, or None."""
        home = self._ctx.workspace.homes.get(self._ctx.workspace.user(user).id)
        return seen_view(home) if home else None

    def notifications(self, user: str) -> list[Notification]:
        """What this person was notified of, oldest first."""
        return list(self._ctx.workspace.notifications.get(self._ctx.workspace.user(user).id, []))
