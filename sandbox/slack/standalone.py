"""Messages as one file that any browser shows without a server and without the net: the page's own renderer, put into the document.

The page's modules find each other through an import map of data addresses; the document's policy lets it load nothing else.
It must not know what the messages say.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "page"
ALONE = Path(__file__).parent / "alone"
STYLES = ("base.css", "message.css", "blocks.css", "controls.css")
_IMPORT = re.compile(r'(from\s+|import\s+)"\./([\w-]+)\.js"')
_POLICY = "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data:"


def standalone(
    scenes: Sequence[Mapping[str, Any]],
    workspace: Mapping[str, Any],
    *,
    title: str,
    remarks: Sequence[str] = (),
    language: str = "en",
    now: str = "",
    unclickable: str = "",
) -> str:
    """The document. A scene is {heading, remark} or {channel, kind, message}, a message as the sandbox shows it; `workspace` has
    users and channels for names; `now` (ISO) is what counts as today; `unclickable` is said when something is clicked."""
    data = {
        "scenes": [*scenes], "workspace": workspace, "language": language, "now": now or None, "unclickable": unclickable,
    }  # fmt: skip
    style = "\n".join([*(_read(PAGE / name) for name in STYLES), _read(ALONE / "preview.css")])
    intro = "".join(f"<p>{html.escape(one)}</p>" for one in remarks)
    return f"""<!doctype html>
<html lang="{html.escape(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{html.escape(title)}</title>
<style>
{style}
</style>
<script type="importmap">{json.dumps({"imports": _modules()})}</script>
</head>
<body>
<main class="preview"><header><h1>{html.escape(title)}</h1>{intro}</header><div id="scenes"></div></main>
<script type="application/json" id="preview">{_harmless(data)}</script>
<script type="module">import "preview";</script>
</body>
</html>
"""


def _modules() -> dict[str, str]:
    """Every module that the drawing needs, by the name under which the others ask for it."""
    wanted, found = ["preview"], dict[str, str]()
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        text = _read((ALONE if name == "preview" else PAGE) / f"{name}.js")
        wanted.extend(match[2] for match in _IMPORT.finditer(text))
        bare = _IMPORT.sub(lambda match: f'{match[1]}"{match[2]}"', text)
        found[name] = "data:text/javascript;base64," + base64.b64encode(bare.encode()).decode()
    return found


def _harmless(data: Any) -> str:
    """JSON that cannot end the element it stands in."""
    return (
        json.dumps(data, ensure_ascii=False)
        .replace("<", "\\u003c")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
