"""The local Slack workspace as one server: Web API, Socket Mode, response URLs, files, the control API and the page.

Here the parts are put together; nothing is decided. Binds to this machine only.
"""

import asyncio
import base64
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.clock import Clock, utcnow
from sandbox.slack import roster
from sandbox.slack.acts import Acts
from sandbox.slack.api import WebApi
from sandbox.slack.calllog import CallLog
from sandbox.slack.channelacts import ChannelActs
from sandbox.slack.context import Context
from sandbox.slack.control import Control
from sandbox.slack.deliver import Deliverer
from sandbox.slack.errors import Refused, SlackError
from sandbox.slack.faults import Faults
from sandbox.slack.guard import guard
from sandbox.slack.handing import hand, private_content
from sandbox.slack.httpmode import HttpDelivery
from sandbox.slack.manifest import read_manifest
from sandbox.slack.methods_files import LARGEST, receive
from sandbox.slack.methods_scheduled import post_due
from sandbox.slack.people import People
from sandbox.slack.posting import Draft, post
from sandbox.slack.records import SLACKBOT
from sandbox.slack.socketmode import SocketHub
from sandbox.slack.state import Workspace
from sandbox.slack.viewacts import ViewActs

BOT_TOKEN = "xoxb-sandbox-bot"  # noqa: S105 - a name for the sandbox, not a secret
APP_TOKEN = "xapp-sandbox-app"  # noqa: S105 - the same
SIGNING_SECRET = "sandbox-signing-secret"  # noqa: S105 - the same
PAGE = Path(__file__).parent / "page"
# How often scheduled messages are looked at, in real seconds.
BEAT = 0.2


class SlackSandbox:
    """A Slack workspace on this machine, for one app with the given manifest.

    `ack_timeout` (real seconds) is Slack's three seconds; `retry_delays` are the pauses before an unacknowledged event
    is sent again; `ping_interval` is how often sockets are pinged. ValueError if the manifest is not one.
    """

    def __init__(
        self,
        manifest: dict[str, Any],
        *,
        clock: Clock = utcnow,
        page_dir: Path | None = None,
        ack_timeout: float = 3.0,
        retry_delays: Sequence[float] = (0.0, 60.0, 300.0),
        ping_interval: float = 10.0,
    ) -> None:
        app = read_manifest(manifest)
        workspace = roster.default_workspace(app.bot_name)
        self._ctx = Context(
            workspace=workspace, app=app, app_id=roster.APP, bot_id=roster.BOT_ID, clock=clock
        )
        self._hub = SocketHub(self._ctx, ack_timeout=ack_timeout, ping_interval=ping_interval)
        self._http = HttpDelivery(self._ctx, secret=SIGNING_SECRET, ack_timeout=ack_timeout)
        self._deliverer = Deliverer(self._ctx, self._hub, self._http, retry_delays=retry_delays)
        self._api = WebApi(self._ctx, bot_token=BOT_TOKEN, app_token=APP_TOKEN)
        self._acts = Acts(self._ctx, self._deliverer)
        self._views = ViewActs(self._ctx, self._deliverer, self._acts)
        self.people = People(self._ctx, self._acts, self._views, ChannelActs(self._ctx, self._acts))
        self.app = web.Application(middlewares=[guard], client_max_size=LARGEST)
        self._page_dir = page_dir or PAGE
        self._mount()
        self._runner: web.AppRunner | None = None
        self._beating: asyncio.Task[None] | None = None

    # -- what others use ---------------------------------------------------------------------------
    @property
    def bot_token(self) -> str:
        """The bot token (SLACK_BOT_TOKEN)."""
        return BOT_TOKEN

    @property
    def app_token(self) -> str:
        """The app-level token (SLACK_APP_TOKEN)."""
        return APP_TOKEN

    @property
    def signing_secret(self) -> str:
        """The signing secret (SLACK_SIGNING_SECRET)."""
        return SIGNING_SECRET

    @property
    def url(self) -> str:
        """The server's address, without a slash at the end; empty before start."""
        return self._ctx.base_url

    @property
    def api_url(self) -> str:
        """The Web API's address (SLACK_API_URL)."""
        return f"{self.url}/api/"

    @property
    def workspace(self) -> Workspace:
        """The state: people, channels, messages ..."""
        return self._ctx.workspace

    @property
    def faults(self) -> Faults:
        """Where misbehaviour is injected."""
        return self._ctx.faults

    def welcome(self, channel: str, text: str) -> None:
        """Slackbot's first words in a channel, for everybody who comes."""
        post(self._ctx, channel, SLACKBOT, Draft(text=text))

    @property
    def watching(self) -> str:
        """The person that the newest open page acts as; "" while no page is open."""
        return self._ctx.stream.newest

    @property
    def log(self) -> CallLog:
        """Every Web API call and every delivery."""
        return self._ctx.log

    @property
    def connections(self) -> int:
        """How many sockets are open."""
        return len(self._hub.connections)

    @property
    def refuse_blocks(self) -> set[str]:
        """Block types that this workspace answers with invalid_blocks; empty at first."""
        return self._ctx.refuse_blocks

    @property
    def deliver_to(self) -> str:
        """The app's request URL: with one, deliveries go over HTTP; "" means Socket Mode."""
        return self._http.url

    @deliver_to.setter
    def deliver_to(self, url: str) -> None:
        self._http.url = url

    @property
    def enforce_rate_limits(self) -> bool:
        """Whether calls beyond Slack's limits are answered with 429."""
        return self._api.enforce_rate_limits

    @enforce_rate_limits.setter
    def enforce_rate_limits(self, on: bool) -> None:
        self._api.enforce_rate_limits = on

    def revoke_token(self, error: str = "token_revoked") -> None:
        """Makes every call with the bot token fail (token_revoked, account_inactive ...); "" restores it."""
        self._api.revoked = error

    def set_clock_ahead(self, span: timedelta) -> None:
        """Slack's clock, as its answers show it, is so much ahead of this machine's (behind when negative)."""
        self._api.ahead = span

    def add_routes(self, routes: Iterable[web.AbstractRouteDef]) -> None:
        """Mounts further routes; before start."""
        self.app.add_routes(routes)

    def publish(self, event: dict[str, Any]) -> None:
        """Pushes an event of one's own to every page."""
        self._ctx.stream.publish(event)

    def trigger_for(self, user: str, view_id: str | None = None) -> str:
        """A trigger id as a click of this person (in a view, if given) carries it."""
        return self._ctx.lent.new_trigger(self.workspace.user(user).id, self._ctx.now, view_id)

    def tick(self) -> None:
        """Posts what has come due; after a test has moved its clock."""
        post_due(self._ctx)

    async def until(self, condition: Callable[[], object], timeout: float = 5.0, *, what: str = "") -> None:
        """Waits until `condition()` holds; TimeoutError after `timeout` real seconds."""
        await self._ctx.stream.until(condition, timeout, what=what)

    async def idle(self, timeout: float = 5.0) -> None:
        """Waits until no delivery is under way."""
        await self.until(lambda: self._deliverer.in_flight == 0, timeout, what="no delivery is under way")

    # -- start and stop ----------------------------------------------------------------------------
    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Opens the server; port 0 takes a free one. ValueError for an address that others could reach."""
        if host not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError(
                f"The sandbox has no passwords, so it listens on this machine only, not on {host}."
            )
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        name = "[::1]" if host == "::1" else host
        self._ctx.base_url = f"http://{name}:{self._runner.addresses[0][1]}"
        self._beating = asyncio.ensure_future(self._beat())

    async def _beat(self) -> None:
        while True:
            post_due(self._ctx)
            await asyncio.sleep(BEAT)

    async def stop(self) -> None:
        """Closes every socket and the server. Does no harm twice."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        if self._beating is not None:
            self._beating.cancel()
        self._api.stop()
        await self._ctx.stop_tasks()
        self._ctx.stream.close()
        await self._hub.stop()
        await self._http.stop()
        await runner.cleanup()

    async def __aenter__(self) -> "SlackSandbox":
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    # -- routes ------------------------------------------------------------------------------------
    def _mount(self) -> None:
        control = Control(self._ctx, self._acts, self._views)
        self.app.add_routes(
            [
                web.get("/api/{method}", self._api.endpoint),
                web.post("/api/{method}", self._api.endpoint),
                web.post("/commands/{team}/{token}", self._api.response_endpoint),
                web.post("/actions/{team}/{token}", self._api.response_endpoint),
                web.get("/link/", self._hub.endpoint),
                web.post("/upload/v1/{file}", self._upload),
                web.get("/files/{file}", self._download),
                web.get("/files-pri/{file}/download/{name}", self._private),
                web.post("/sandbox/files", self._hand),
                web.get("/", self._index),
                web.get("/archives/{channel}/{ts}", self._index),
                *control.routes(),
            ]
        )
        if self._page_dir.is_dir():
            self.app.router.add_static("/static/", self._page_dir)
            self.app.on_response_prepare.append(_always_fresh)

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        index = self._page_dir / "index.html"
        if not index.is_file():
            return web.Response(text="The sandbox is running. It has no page.")
        return web.FileResponse(index, headers={"Cache-Control": "no-cache"})

    async def _upload(self, request: web.Request) -> web.Response:
        try:
            content = await _uploaded(request)
            receive(self._ctx, request.match_info["file"], content)
        except SlackError as error:
            return web.Response(status=400, text=error.code)
        return web.Response(text=f"OK - {len(content)}")

    async def _download(self, request: web.Request) -> web.Response:
        file = self._ctx.workspace.files.get(request.match_info["file"])
        if file is None or file.content is None:
            raise web.HTTPNotFound
        # Nothing that an app uploads runs as a page of this server.
        shown = (
            file.mimetype
            if file.mimetype in ("image/png", "image/jpeg", "image/gif")
            else "application/octet-stream"
        )
        return web.Response(body=file.content, content_type=shown)

    async def _private(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "")
        content = private_content(self._ctx, request.match_info["file"], token, BOT_TOKEN)
        if content is None:
            raise web.HTTPFound("/")
        return web.Response(body=content, content_type="application/octet-stream")

    async def _hand(self, request: web.Request) -> web.Response:
        """A person's file for a window's file input ({user, name, content in base64}): its id."""
        try:
            body = await request.json()
            content = base64.b64decode(str(body.get("content", "")), validate=True)
            person = self._acts.person(str(body.get("user", "")))
            file = hand(self._ctx, person, str(body.get("name", "")), content)
        except (Refused, ValueError, AttributeError) as refusal:
            return web.json_response({"ok": False, "error": str(refusal)}, status=409)
        return web.json_response({"ok": True, "id": file.id})


async def _always_fresh(request: web.Request, response: web.StreamResponse) -> None:
    """The page's files may change from one run to the next at the same address."""
    if request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-cache"


async def _uploaded(request: web.Request) -> bytes:
    """The bytes of an upload: the raw body, or the first file of a form."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    form = await request.post()
    for value in form.values():
        if isinstance(value, web.FileField):
            return value.file.read()
    raise SlackError("no_file_data")
