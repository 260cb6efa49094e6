"""A headless Chromium driven over the DevTools protocol: open a page, look, click, type, take a picture.

Must not know what the page is about.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp

START_SECONDS = 30.0
WAIT_SECONDS = 30.0
POLL_SECONDS = 0.02

# key -> (code, windows virtual key, text it types)
KEYS: dict[str, tuple[str, int, str]] = {
    "Enter": ("Enter", 13, "\r"),
    "Tab": ("Tab", 9, ""),
    "Escape": ("Escape", 27, ""),
    "Backspace": ("Backspace", 8, ""),
    " ": ("Space", 32, " "),
    "ArrowUp": ("ArrowUp", 38, ""),
    "ArrowDown": ("ArrowDown", 40, ""),
    "Home": ("Home", 36, ""),
    "End": ("End", 35, ""),
}
SHIFT = 8


@contextmanager
def chromium(profile: Path) -> Iterator[str]:
    """Starts Chromium with a profile directory of its own; gives the WebSocket address of its DevTools."""
    arguments = [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
        "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en-US", "--force-color-profile=srgb",
        f"--user-data-dir={profile}", "about:blank",
    ]  # fmt: skip
    process = subprocess.Popen(["chromium", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield _devtools_address(process, profile / "DevToolsActivePort")
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def _devtools_address(process: "subprocess.Popen[bytes]", port_file: Path) -> str:
    """Waits until Chromium has written where it listens."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"Chromium ended with code {process.returncode} before it listened.")
        if port_file.exists():
            lines = port_file.read_text().splitlines()
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"Chromium did not listen within {START_SECONDS:g} s.")


class Connection:
    """One DevTools WebSocket: numbered calls and their answers, and events for the pages."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._pages: dict[str, Page] = {}

    def listen(self, session: str, page: "Page") -> None:
        """Sends the events of a session to a page."""
        self._pages[session] = page

    async def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """One DevTools call; RuntimeError with the browser's words if it fails."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        await self._socket.send_str(json.dumps(message))
        async with asyncio.timeout(START_SECONDS):
            return await answer

    async def read(self) -> None:
        """Reads until the connection ends."""
        async for message in self._socket:
            data: dict[str, Any] = json.loads(message.data)
            if "id" in data:
                self._settle(self._waiting.pop(data["id"]), data)
            elif data.get("sessionId") in self._pages:
                self._pages[data["sessionId"]].heard(data["method"], data["params"])

    @staticmethod
    def _settle(answer: "asyncio.Future[dict[str, Any]]", data: dict[str, Any]) -> None:
        if answer.done():
            return
        if "error" in data:
            answer.set_exception(RuntimeError(str(data["error"].get("message"))))
        else:
            answer.set_result(data["result"])


class Page:
    """One tab.

    `problems` holds every uncaught exception, console error and breach of the page's policy; `refusals` every request
    that was answered with an error status or not at all; `requests` every address asked for.
    """

    def __init__(self, connection: Connection, session: str) -> None:
        self._connection = connection
        self._session = session
        self.problems: list[str] = []
        self.refusals: list[str] = []
        self.requests: list[str] = []

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One DevTools call for this tab."""
        return await self._connection.call(method, self._session, **parameters)

    def heard(self, method: str, parameters: dict[str, Any]) -> None:
        """Keeps what a test wants to know of an event."""
        if method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.problems.append(str(details.get("exception", {}).get("description") or details.get("text")))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            entry = parameters["entry"]
            found = f"{entry['text']} {entry.get('url', '')}"
            (self.refusals if entry["source"] == "network" else self.problems).append(found)
        elif method == "Runtime.consoleAPICalled" and parameters["type"] == "error":
            self.problems.append(
                str([one.get("value") or one.get("description") for one in parameters["args"]])
            )
        elif method == "Network.requestWillBeSent":
            self.requests.append(str(parameters["request"]["url"]))

    async def goto(self, url: str) -> None:
        """Opens an address; returns when the document has loaded."""
        await self.call("Page.navigate", url=url)
        await self.wait_for(
            f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'"
        )

    async def eval(self, script: str) -> Any:
        """The value of a JavaScript expression (promises are awaited)."""
        answer = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(
                f"{details.get('exception', {}).get('description', details['text'])} in: {script}"
            )
        return answer["result"].get("value")

    async def wait_for(self, condition: str, seconds: float = WAIT_SECONDS) -> Any:
        """Waits until a JavaScript expression is true, and gives its value; AssertionError if it never is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            # While a navigation is under way there is no document to ask.
            with contextlib.suppress(RuntimeError):
                value = await self.eval(condition)
                if value not in (None, False, 0, ""):  # a DOM node arrives as {}, which is an answer too
                    return value
            await asyncio.sleep(POLL_SECONDS)
        screen = await self.eval("document.body.innerText")
        raise AssertionError(
            f"Not true within {seconds:g} s: {condition}\nThe page says:\n{screen}\n{self.problems}"
        )

    async def wait_text(self, text: str, within: str = "body") -> None:
        """Waits until a text stands in the (first) element that a selector names."""
        await self.wait_for(
            f"document.querySelector({json.dumps(within)})?.innerText.includes({json.dumps(text)})"
        )

    async def text(self, selector: str = "body") -> str:
        """What stands in an element, as it is seen; "" if there is none."""
        return str(await self.eval(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    async def click(self, selector: str) -> None:
        """Moves the mouse to the middle of an element and clicks; waits until it is there, at rest, not covered."""
        frame = "new Promise((done) => requestAnimationFrame(done))"
        place = await self.wait_for(
            "(async () => { const node = document.querySelector(" + json.dumps(selector) + ");"
            " if (!node) return null; node.scrollIntoView({block: 'nearest'});"
            " const box = node.getBoundingClientRect();"
            f" await {frame}; await {frame}; const later = node.getBoundingClientRect();"
            " if (box.x !== later.x || box.y !== later.y || !node.isConnected) return null;"
            " const x = box.x + box.width / 2, y = box.y + box.height / 2;"
            " const top = document.elementFromPoint(x, y);"
            " return top && (node.contains(top) || top.contains(node)) ? {x, y} : null; })()"
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=place["x"], y=place["y"], button="left", clickCount=1
            )

    async def click_text(self, selector: str, text: str) -> None:
        """Clicks the last of the elements a selector names whose words contain a text."""
        mark = f"clicked-{len(text)}-{abs(hash((selector, text)))}"
        await self.wait_for(
            f"(() => {{ const found = [...document.querySelectorAll({json.dumps(selector)})]"
            f".filter((node) => node.innerText.includes({json.dumps(text)}));"
            f" const node = found.at(-1); if (!node) return false;"
            f" document.querySelector('[data-test-mark]')?.removeAttribute('data-test-mark');"
            f" node.dataset.testMark = {json.dumps(mark)}; return true; }})()"
        )
        await self.click(f'[data-test-mark="{mark}"]')

    async def type(self, text: str) -> None:
        """Types a text into what has the focus."""
        await self.call("Input.insertText", text=text)

    async def press(self, key: str, *, shift: bool = False, times: int = 1) -> None:
        """Presses a key (see KEYS, or one character) the given number of times."""
        code, number, text = KEYS.get(key, (f"Key{key.upper()}", ord(key.upper()[0]), key))
        common = {
            "key": key,
            "code": code,
            "windowsVirtualKeyCode": number,
            "modifiers": SHIFT if shift else 0,
        }
        for _ in range(times):
            down = {**common, "text": text} if text else common
            await self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **down)
            await self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    async def viewport(self, width: int, height: int, *, phone: bool = False) -> None:
        """Sets the size of the window in CSS pixels."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )

    async def media(self, **features: str) -> None:
        """Emulates media features: media(prefers_color_scheme="dark")."""
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        await self.call("Emulation.setEmulatedMedia", features=wanted)

    async def screenshot(self, path: Path) -> None:
        """Writes what is seen as a PNG file."""
        answer = await self.call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(answer["data"]))


@asynccontextmanager
async def open_page(devtools: str, *, width: int = 1280, height: int = 800) -> AsyncIterator[Page]:
    """A fresh tab with cookies and storage of its own, closed at the end."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(devtools, max_msg_size=64 * 1024 * 1024) as socket,
    ):
        connection = Connection(socket)
        reader = asyncio.create_task(connection.read())
        try:
            context = (await connection.call("Target.createBrowserContext"))["browserContextId"]
            target = (
                await connection.call("Target.createTarget", url="about:blank", browserContextId=context)
            )["targetId"]
            attached = await connection.call("Target.attachToTarget", targetId=target, flatten=True)
            page = Page(connection, attached["sessionId"])
            connection.listen(attached["sessionId"], page)
            for domain in ("Page", "Runtime", "Log", "Network"):
                await page.call(f"{domain}.enable")
            await page.viewport(width, height)
            yield page
            await connection.call("Target.disposeBrowserContext", browserContextId=context)
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader
