"""What a person does in modals and on the Home tab: click, submit, close, open the Home tab, search in a select.

A submission's answer (errors, update, push, clear) is carried out here. Must not know HTTP.
"""

from dataclasses import replace

from sandbox.slack.acts import ActResult, Acts, choice_of, failed
from sandbox.slack.context import Context
from sandbox.slack.deliver import Deliverer
from sandbox.slack.errors import Refused, SlackError
from sandbox.slack.handing import troubles
from sandbox.slack.inputs import client_errors, find_element, state_of, value_object, with_choice
from sandbox.slack.methods_views import change_view, checked_view, push_view, show_view
from sandbox.slack.payloads import action_of, block_suggestion, view_action, view_closed, view_submission
from sandbox.slack.records import Json, User, View
from sandbox.slack.shapes import view_json

TROUBLE = "We had some trouble connecting. Try again?"


class ViewActs:
    """The acts that concern views."""

    def __init__(self, ctx: Context, deliverer: Deliverer, acts: Acts) -> None:
        self._ctx = ctx
        self._deliverer = deliverer
        self._acts = acts

    def _own_view(self, person: User, view_id: str) -> View:
        view = self._ctx.workspace.view(view_id)
        if view is None or view.user != person.id:
            raise Refused(f"{person.name} has no open view {view_id}.")
        return view

    def _top_view(self, person: User, view_id: str) -> View:
        view = self._own_view(person, view_id)
        stack = self._ctx.workspace.modals.get(person.id, [])
        if view.kind != "modal" or stack[-1].id != view_id:
            raise Refused(f"The view {view_id} is not the one {person.name} sees on top.")
        return view

    async def click(
        self,
        user: str,
        view_id: str,
        action_id: str,
        *,
        block_id: str | None = None,
        value: str | None = None,
        selected: object = None,
        confirmed: bool = True,
    ) -> ActResult:
        """Clicks or chooses in a modal or on the Home tab; arguments as for a click in a message."""
        person = self._acts.person(user)
        view = self._own_view(person, view_id)
        found = find_element(view.blocks, action_id, block_id, value)
        if found.element.get("confirm") and not confirmed:
            return ActResult(True, status="not_confirmed")
        choice = choice_of(found, value, selected)
        if choice is not None and found.element["type"] != "overflow":
            state = with_choice(view.state, found.block_id, action_id, choice)
            view = self._ctx.workspace.put_view(replace(view, state=state))
        if found.block.get("type") == "input" and not found.block.get("dispatch_action"):
            return ActResult(True)  # a plain input tells the app nothing before the submission
        payload = view_action(self._ctx, person, view, action_of(self._ctx, found, choice))
        ack = await self._deliverer.send("interactive", payload)
        return ActResult(True, ack.ms) if ack.ok else failed(ack)

    async def submit(self, user: str, view_id: str, values: Json | None = None) -> ActResult:
        """Submits the view on top. `values` is {block_id: {action_id: what was typed or chosen}}.

        What Slack's client refuses by itself (an empty required field) is not delivered; it is in `view_errors`.
        """
        person = self._acts.person(user)
        view = self._top_view(person, view_id)
        if not view.body.get("submit"):
            raise Refused(f"The view {view_id} has no submit button.")
        view = self._filled(view, values or {})
        values_now = state_of(view.blocks, view.state)
        errors = client_errors(view.blocks, values_now) | troubles(self._ctx, view.blocks, values_now)
        if errors:
            self._show_errors(view, errors)
            return ActResult(
                False, 0.0, "incomplete", "incomplete", " ".join(errors.values()), view_errors=errors
            )
        ack = await self._deliverer.send(
            "interactive", view_submission(self._ctx, person, view), accepts=True
        )
        if not ack.ok:
            return replace(failed(ack), message=TROUBLE)
        return self._answered(person, view, ack.payload or {}, ack.ms)

    def _filled(self, view: View, values: Json) -> View:
        state = view.state
        for block_id, actions in values.items():
            for action_id, given in actions.items():
                found = find_element(view.blocks, action_id, block_id)
                state = with_choice(state, block_id, action_id, value_object(found.element, given))
        return self._ctx.workspace.put_view(replace(view, state=state, errors={}))

    def _show_errors(self, view: View, errors: dict[str, str]) -> None:
        current = self._ctx.workspace.view(view.id)
        if current is not None:
            show_view(self._ctx, self._ctx.workspace.put_view(replace(current, errors=errors)), "view_update")

    def _answered(self, person: User, view: View, answer: Json, ms: float) -> ActResult:
        """Carries out a submission's response_action on the view stack."""
        action = answer.get("response_action")
        try:
            if action == "errors":
                return self._refused(view, answer, ms)
            if action in ("update", "push"):
                self._changed(view, answer, push=action == "push")
            elif action == "clear":
                self._close(person, everything=True)
            elif action is None:
                self._close(person, view_id=view.id)
            else:
                raise SlackError("invalid_response_action")
        except SlackError as error:
            messages = error.extra.get("response_metadata", {}).get("messages", [])
            return ActResult(False, ms, "failed", error.code, " ".join([TROUBLE, *messages]), answer)
        return ActResult(True, ms, response=answer)

    def _refused(self, view: View, answer: Json, ms: float) -> ActResult:
        errors = answer.get("errors")
        inputs = {block["block_id"] for block in view.blocks if block.get("type") == "input"}
        if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
            raise SlackError("invalid_response_action")
        self._show_errors(view, errors)
        sentence = " ".join(str(text) for text in errors.values())
        return ActResult(False, ms, "refused_by_app", "view_errors", sentence, answer, view_errors=errors)

    def _changed(self, view: View, answer: Json, *, push: bool) -> None:
        body = checked_view(self._ctx, answer.get("view"), "modal")
        current = self._ctx.workspace.view(view.id)
        if current is None:
            raise SlackError("not_found")
        if push:
            push_view(self._ctx, view.user, body)
        else:
            change_view(self._ctx, current, body)

    def _close(self, person: User, *, view_id: str | None = None, everything: bool = False) -> list[View]:
        """Takes a view (and what lies on it), or all of them, off the stack; answers what was closed."""
        stack = self._ctx.workspace.modals.get(person.id, [])
        ids = [view.id for view in stack]
        keep = 0 if everything else ids.index(view_id) if view_id in ids else len(ids)
        closed = stack[keep:]
        self._ctx.workspace.modals[person.id] = stack[:keep]
        for view in reversed(closed):
            event = {"type": "view_close", "view_id": view.id}
            self._ctx.stream.publish(event, lambda user: user == person.id)
        return closed

    async def close(self, user: str, view_id: str) -> ActResult:
        """Closes the view on top (all of them if it says clear_on_close); the app is told if the view asked for it."""
        person = self._acts.person(user)
        view = self._top_view(person, view_id)
        cleared = bool(view.body.get("clear_on_close"))
        closed = self._close(person, view_id=view_id, everything=cleared)
        result = ActResult(True)
        for one in reversed(closed):
            if one.body.get("notify_on_close"):
                payload = view_closed(self._ctx, person, one, cleared=cleared)
                ack = await self._deliverer.send("interactive", payload)
                result = ActResult(True, ack.ms) if ack.ok else failed(ack)
        return result

    async def open_home(self, user: str) -> ActResult:
        """Opens the app's Home tab; the app hears app_home_opened if it is subscribed."""
        person = self._acts.person(user)
        if not self._ctx.app.home_tab:
            raise Refused(
                "The app has no Home tab: the manifest does not enable features.app_home.home_tab_enabled."
            )
        channel = self._ctx.workspace.direct(person.id, self._ctx.now)
        event: Json = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": channel.id,
            "tab": "home",
            "event_ts": f"{self._ctx.now.timestamp():.6f}",
        }
        home = self._ctx.workspace.homes.get(person.id)
        if home is not None:
            event["view"] = view_json(self._ctx, home)
        self._ctx.emit("app_home_opened", event)
        return ActResult(True)

    async def suggest(self, user: str, view_id: str, action_id: str, typed: str) -> ActResult:
        """Types into an external select of a view; `response` has the options the app offers."""
        person = self._acts.person(user)
        view = self._own_view(person, view_id)
        found = find_element(view.blocks, action_id, None)
        payload = block_suggestion(self._ctx, person, found, typed, view)
        ack = await self._deliverer.send("interactive", payload, accepts=True)
        return ActResult(True, ack.ms, response=ack.payload) if ack.ok else failed(ack)
