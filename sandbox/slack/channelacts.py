"""What people do to channels, and what the app hears of it: archive, rename, invite somebody, remove somebody.

These are how a deployment channel breaks under a running bot. Must not know HTTP.
"""

from typing import Any

from sandbox.slack.acts import Acts
from sandbox.slack.context import Context
from sandbox.slack.records import Channel, Json


class ChannelActs:
    """The acts that change a channel; each answers the channel as it is afterwards."""

    def __init__(self, ctx: Context, acts: Acts) -> None:
        self._ctx = ctx
        self._acts = acts

    def archive(self, user: str, channel: str) -> Channel:
        """Archives a channel: nobody can write there any more."""
        return self._change(user, channel, "channel_archive", archived=True)

    def unarchive(self, user: str, channel: str) -> Channel:
        """Takes a channel out of the archive."""
        return self._change(user, channel, "channel_unarchive", archived=False)

    def rename(self, user: str, channel: str, name: str) -> Channel:
        """Gives a channel another name; its id stays."""
        return self._change(user, channel, "channel_rename", name=name)

    def invite(self, user: str, channel: str, whom: str) -> Channel:
        """Makes somebody (or the bot) a member."""
        place = self._acts.place(self._acts.person(user), channel)
        changed = self._ctx.workspace.join(place.id, whom)
        self._moved("member_joined_channel", changed, whom, user)
        return changed

    def remove(self, user: str, channel: str, whom: str) -> Channel:
        """Takes somebody (or the bot) out; the bot itself hears channel_left."""
        place = self._acts.place(self._acts.person(user), channel)
        changed = self._ctx.workspace.leave(place.id, whom)
        gone = self._ctx.workspace.user(whom).id
        if gone == self._ctx.workspace.bot_user:
            actor = self._ctx.workspace.user(user).id
            self._ctx.emit("channel_left", {"type": "channel_left", "channel": changed.id, "actor_id": actor})
            self._tell_pages(changed)
        else:
            self._moved("member_left_channel", changed, whom, user)
        return changed

    def _change(self, user: str, channel: str, kind: str, **changes: Any) -> Channel:
        person = self._acts.person(user)
        place = self._acts.place(person, channel)
        changed = self._ctx.workspace.change_channel(place.id, **changes)
        event: Json = {"type": kind, "channel": changed.id, "user": person.id}
        if kind == "channel_rename":
            event["channel"] = {"id": changed.id, "name": changed.name, "created": changed.created}
        self._ctx.emit(kind, event)
        self._tell_pages(changed)
        return changed

    def _moved(self, kind: str, channel: Channel, whom: str, by: str) -> None:
        event: Json = {
            "type": kind,
            "user": self._ctx.workspace.user(whom).id,
            "channel": channel.id,
            "channel_type": "G" if channel.private else "C",
            "team": self._ctx.workspace.team_id,
            "inviter": self._ctx.workspace.user(by).id,
        }
        self._ctx.emit(kind, event)
        self._tell_pages(channel)

    def _tell_pages(self, channel: Channel) -> None:
        self._ctx.stream.publish({"type": "channel", "channel": channel.id})
