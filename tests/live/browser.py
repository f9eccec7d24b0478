"""A headless Chromium that a test drives through its debugging pipe, in a network namespace that leads nowhere.

The browser asks its maker's servers by itself, whatever flags it is given, so it only ever runs in a namespace of its
own. Commands and events are those of the Chrome DevTools Protocol: JSON, each ended by a zero byte.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Self

CHROMIUM = shutil.which("chromium")
ALONE = (
    ("unshare", "--net") if sys.platform == "linux" and os.geteuid() == 0 else ("unshare", "--map-root-user", "--net")
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--allow-file-access-from-files",
)
PATIENCE_S = 120.0
_LAUNCH = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execvp(sys.argv[3], sys.argv[3:])"
)


def can_be_alone() -> bool:
    """Whether there is a browser and a network namespace without a way out to run it in."""
    if not CHROMIUM or not shutil.which(ALONE[0]):
        return False
    return subprocess.run([*ALONE, "true"], capture_output=True).returncode == 0


class Page:
    """One tab. asked: every address that it requested, its own file aside."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._buffer = b""
        self._events: deque[dict[str, Any]] = deque()
        self._number = 0
        self._session = ""
        self.asked: list[str] = []
        self.complaints: list[str] = []

    def attach(self) -> Self:
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            self.tell(f"{domain}.enable")
        return self

    def tell(self, method: str, **params: Any) -> dict[str, Any]:
        """A command, and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            said = self._next()
            if said.get("id") == self._number:
                assert "error" not in said, f"{method}: {said['error']}"
                result: dict[str, Any] = said["result"]
                return result
            self._note(said)

    def open(self, page: Path, *, dark: bool = False, media: str = "", width: int = 1400, height: int = 1000) -> None:
        """Load a file and wait until it is there."""
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", media=media, features=[theme])
        self.asked.clear()
        self.complaints.clear()
        self._events.clear()
        self.tell("Page.navigate", url=page.as_uri())
        while not any(one["method"] == "Page.loadEventFired" for one in self._events):
            self._note(self._next())
        self.asked = [url for url in self.asked if url != page.as_uri()]

    def run(self, expression: str) -> Any:
        """What an expression of the page's own world gives; a promise is awaited."""
        told = self.tell("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def click(self, selector: str) -> None:
        """Move to the middle of an element and press the left button there."""
        x, y = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'});"
            "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Type into whatever has the focus."""
        self.tell("Input.insertText", text=text)

    def picture(self, selector: str = "") -> bytes:
        """A PNG of an element, of what is in sight without one."""
        clip: dict[str, Any] = {}
        if selector:
            x, y, width, height = self.run(
                f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
                "return [r.x + scrollX, r.y + scrollY, r.width, r.height]; })()"
            )
            clip = {"clip": {"x": x, "y": y, "width": width, "height": height, "scale": 1}}
        told = self.tell("Page.captureScreenshot", format="png", captureBeyondViewport=bool(clip), **clip)
        return base64.b64decode(told["data"])

    def paper(self) -> bytes:
        """The page as a PDF."""
        return base64.b64decode(self.tell("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])

    def _note(self, said: dict[str, Any]) -> None:
        if "method" not in said:
            return
        self._events.append(said)
        params = said["params"]
        if said["method"] == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])
        elif said["method"] == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif said["method"] == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"]["text"])

    def _next(self) -> dict[str, Any]:
        limit = monotonic() + PATIENCE_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, limit - monotonic()))
            assert ready, "the browser has not answered"
            more = os.read(self._read, 1 << 20)
            assert more, "the browser has ended"
            self._buffer += more
        message, _, self._buffer = self._buffer.partition(b"\0")
        said: dict[str, Any] = json.loads(message)
        return said


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    """A browser with one tab, ended with the block."""
    their_read, our_write = os.pipe()
    our_read, their_write = os.pipe()
    fds = (their_read, their_write)
    launch = [sys.executable, "-c", _LAUNCH, *map(str, fds), str(CHROMIUM)]
    command = [*ALONE, *launch, *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, pass_fds=fds, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for fd in fds:
        os.close(fd)
    try:
        yield Page(our_read, our_write).attach()
    finally:
        os.close(our_write)
        os.close(our_read)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
