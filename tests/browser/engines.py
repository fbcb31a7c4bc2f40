"""A phone in anybody's hands: the same few movements in Chromium, Firefox and WebKit.

Chromium is led by Playwright; the two others by the W3C's WebDriver, whose commands are so few that no further library is
needed: WebKit takes them over HTTP (Debian's WebKitWebDriver), Firefox over a socket of its own (Marionette).
What is tapped is looked for by its words and hit where a finger would hit it, the same way in each.
"""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from base64 import b64decode
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, ClassVar

from playwright.sync_api import Browser, ViewportSize

from tests.browser.phones import PATIENCE, SIZE
from tests.leash import started

ENGINES = ("chromium", "firefox", "webkit")
MINI_BROWSERS = (
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
)
SLOW = 2 * PATIENCE
"""Seconds for one answer of a whole browser: three of them may share two busy cores."""

LOOK = """async (words, kind, near) => {
    const one = text => (text ?? "").replace(/\\s+/g, " ").trim()
    const kinds = kind || "a[href], button, summary, label, select, input:not([type=radio], [type=checkbox], [type=hidden]), textarea"
    const name = e => one(e.getAttribute("aria-label")
        || (e.matches("input, select, textarea") ? [...e.labels ?? []].map(l => l.innerText).join(" ") || e.placeholder : e.innerText))
    const rooms = near ? [...document.querySelectorAll(near)] : [document]
    const open = document.querySelector("dialog[open]")
    const found = rooms.flatMap(room => [...(open ?? room).querySelectorAll(kinds)])
        .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.closest("[inert]"))
    const chosen = found.find(e => name(e) === words) ?? found.find(e => name(e).includes(words))
    if (!chosen) return null
    chosen.scrollIntoView({ block: "center", behavior: "instant" })
    const where = () => [...chosen.getClientRects()].find(r => r.width && r.height)
    const before = where()
    await new Promise(done => setTimeout(done, 60))
    const box = where()
    if (!chosen.isConnected || !before || !box || before.top !== box.top || before.left !== box.left) return null // it is still moving
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2]
    const hit = document.elementFromPoint(x, y)
    const covered = !hit || !chosen.contains(hit)
    return { x, y, disabled: chosen.disabled ?? false, covered: covered && (hit?.outerHTML.slice(0, 200) ?? "nothing") }
}"""
"""Where a finger finds what says these words; nothing if nobody could see it."""

WRITE = """text => {
    const field = document.activeElement
    if (!field.matches("input, textarea")) throw new Error("nothing to write into")
    field.select()
    document.execCommand("insertText", false, text)
}"""
"""As a phone's keyboard puts a word in: whole, also with accents."""

CHOOSE = """(words, option) => {
    const select = [...document.querySelectorAll("select")].find(s => s.checkVisibility() && [...s.labels].some(l => l.innerText.includes(words)))
    select.selectedIndex = option
    for (const event of ["input", "change"]) select.dispatchEvent(new Event(event, { bubbles: true }))
}"""
"""A native list opens outside of the page, where no driver's finger reaches."""

TEXT = "() => document.body.innerText"
READY = """() => document.readyState === "complete" && document.querySelector("main")?.dataset.state"""


class Hands(ABC):
    """One phone with an engine of its own."""

    @abstractmethod
    def go(self, address: str) -> None:
        """Type an address. Everything else is reached by taps."""

    @abstractmethod
    def run(self, function: str, *said: Any) -> Any:
        """What a JavaScript function says in the page."""

    @abstractmethod
    def touch(self, x: float, y: float) -> None:
        """A fingertip on the glass."""

    @abstractmethod
    def reload(self) -> None:
        """Load the page anew."""

    @abstractmethod
    def back(self) -> None:
        """The phone's own way back."""

    @abstractmethod
    def picture(self) -> bytes:
        """What is seen."""

    def until(self, what: str, function: str, *said: Any, patience: float = SLOW) -> Any:
        """Wait for a true answer; a page that is just being left may give none."""
        end, last = time.monotonic() + patience, None
        while time.monotonic() < end:
            try:
                if last := self.run(function, *said):
                    return last
            except LostPage as error:
                last = error
            time.sleep(0.05)
        raise AssertionError(f"waited in vain for {what}: {last}\n{self.text()[:3000]}")

    def tap(self, words: str, kind: str = "", near: str = "") -> None:
        """Tap what says these words, as soon as it is there and nothing lies over it."""
        end, place = time.monotonic() + SLOW, None
        while time.monotonic() < end:
            try:
                place = self.run(LOOK, words, kind, near)
            except LostPage:
                place = None
            if place and not place["covered"] and not place["disabled"]:
                return self.touch(place["x"], place["y"])
            time.sleep(0.05)
        raise AssertionError(f"no finger reaches “{words}”: {place}\n{self.text()[:3000]}")

    def write(self, label: str, text: str) -> None:
        """Tap a field and write into it."""
        self.tap(label, "input, textarea")
        self.run(WRITE, text)

    def choose(self, label: str, option: int) -> None:
        """An option of a native list."""
        self.run(CHOOSE, label, option)

    def sees(self, words: str) -> None:
        """Wait until the screen says this."""
        self.until(f"“{words}”", "words => document.body.innerText.includes(words)", words)

    def is_at(self, screen: str, state: str = "ready") -> None:
        """Wait until this screen of the phone is drawn."""
        self.until(
            f"{screen}, {state}",
            "(screen, state) => document.readyState === 'complete' && document.body.dataset.screen === screen"
            " && document.querySelector('main').dataset.state === state",
            screen,
            state,
        )

    def text(self) -> str:
        """All that the screen says."""
        try:
            return self.run(TEXT)
        except LostPage as error:
            return f"(no page: {error})"


class LostPage(Exception):
    """The page gave no answer: it was being left, or it hangs."""


class InChromium(Hands):
    """Chromium, by Playwright."""

    def __init__(self, browser: Browser, stack: ExitStack, size: ViewportSize = SIZE) -> None:
        context = browser.new_context(
            viewport=size, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", has_touch=True
        )
        stack.callback(context.close)
        context.set_default_timeout(SLOW * 1000)
        self.page = context.new_page()

    def go(self, address: str) -> None:
        self.page.goto(address)

    def run(self, function: str, *said: Any) -> Any:
        from playwright.sync_api import Error

        try:
            return self.page.evaluate(f"said => ({function})(...said)", list(said))
        except Error as error:
            raise LostPage(str(error)) from error

    def touch(self, x: float, y: float) -> None:
        self.page.touchscreen.tap(x, y)

    def reload(self) -> None:
        self.page.reload()

    def back(self) -> None:
        self.page.go_back()

    def picture(self) -> bytes:
        return self.page.screenshot()


class ByWebDriver(Hands):
    """An engine that takes the W3C's commands; `_do` carries one to it."""

    def __init__(self) -> None:
        self._do("timeouts", script=int(SLOW * 1000), pageLoad=int(SLOW * 1000))

    @abstractmethod
    def _do(self, command: str, **said: Any) -> Any:
        """Carry a command out."""

    def go(self, address: str) -> None:
        self._do("go", url=address)

    def run(self, function: str, *said: Any) -> Any:
        script = f"""const said = [...arguments]
            return Promise.resolve().then(() => ({function})(...said)).then(value => [value ?? null], error => String(error))"""
        answer = self._do("run", script=script, args=list(said))
        if not isinstance(answer, list):  # Firefox says nothing when the page was left meanwhile
            raise LostPage(str(answer))
        return answer[0]

    def touch(self, x: float, y: float) -> None:
        move = {"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y), "origin": "viewport"}
        press, lift = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
        # “touch” is unknown to WebKitGTK's driver
        finger = {"type": "pointer", "id": "finger", "parameters": {"pointerType": "mouse"}}
        self._do("act", actions=[finger | {"actions": [move, press, lift]}])

    def reload(self) -> None:
        """As the reload button does; WebDriver's own command goes past the worker in Firefox."""
        self.run(
            "() => { document.documentElement.dataset.old = 'yes'; setTimeout(() => location.reload(), 50) }"
        )
        self.until(
            "the page anew",
            "() => !document.documentElement.dataset.old && document.readyState === 'complete'",
        )

    def back(self) -> None:
        self._do("back")

    def picture(self) -> bytes:
        return b64decode(self._do("picture"))


class InWebKit(ByWebDriver):
    """WebKitGTK's little browser, in a window that nobody sees."""

    PATHS: ClassVar = {
        "timeouts": ("POST", "timeouts"),
        "go": ("POST", "url"),
        "run": ("POST", "execute/sync"),
        "act": ("POST", "actions"),
        "back": ("POST", "back"),
        "rect": ("POST", "window/rect"),
        "picture": ("GET", "screenshot"),
        "end": ("DELETE", ""),
    }

    def __init__(self, display: str, folder: Path, stack: ExitStack) -> None:
        port = free_port()
        environ = os.environ | {
            "DISPLAY": display,
            "GDK_BACKEND": "x11",
            "LANG": "C.UTF-8",
            "TZ": "Asia/Ho_Chi_Minh",
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # root may not make one in a container
        }
        log = stack.enter_context((folder / "webkit.log").open("wb"))
        stack.enter_context(
            started(["WebKitWebDriver", f"--port={port}"], env=environ, stdout=log, stderr=log)
        )
        self.root = f"http://127.0.0.1:{port}/session"
        options = {"binary": mini_browser(), "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        until_open("127.0.0.1", port)
        self.root += "/" + self._ask("POST", "", capabilities=wanted)["sessionId"]
        stack.callback(self._end)
        super().__init__()
        self._do("rect", **SIZE)

    def _end(self) -> None:
        with suppress(LostPage, OSError):  # its driver is ended all the same
            self._do("end")

    def _do(self, command: str, **said: Any) -> Any:
        method, path = self.PATHS[command]
        return self._ask(method, f"/{path}".rstrip("/"), **said)

    def _ask(self, method: str, path: str, **said: Any) -> Any:
        body = json.dumps(said).encode() if method == "POST" else None
        request = urllib.request.Request(
            self.root + path, body, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=SLOW * 2) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise LostPage(error.read().decode()[:500]) from error


class InFirefox(ByWebDriver):
    """Firefox without a window, over its own socket."""

    COMMANDS: ClassVar = {
        "timeouts": "WebDriver:SetTimeouts",
        "go": "WebDriver:Navigate",
        "run": "WebDriver:ExecuteScript",
        "act": "WebDriver:PerformActions",
        "back": "WebDriver:Back",
        "rect": "WebDriver:SetWindowRect",
        "picture": "WebDriver:TakeScreenshot",
    }

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        profile = folder / "firefox"
        profile.mkdir()
        wishes = {
            "marionette.port": 0,
            "intl.locale.requested": "vi",
            "intl.accept_languages": "vi",
            "app.update.enabled": False,
            "datareporting.policy.dataSubmissionEnabled": False,
            "browser.shell.checkDefaultBrowser": False,
            "network.connectivity-service.enabled": False,
        }
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wishes.items())
        (profile / "user.js").write_text("\n".join(lines))
        command = [firefox(), "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
        environ = os.environ | {"MOZ_HEADLESS": "1", "HOME": str(folder), "TZ": "Asia/Ho_Chi_Minh"}
        log = stack.enter_context((folder / "firefox.log").open("wb"))
        stack.enter_context(started(command, env=environ, stdout=log, stderr=log))
        port = int(until_there(profile / "MarionetteActivePort"))
        until_open("127.0.0.1", port)
        self.line = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=SLOW * 2))
        self.number = 0
        self._read()  # it says who it is
        self._send("WebDriver:NewSession", {})
        super().__init__()
        self._do("rect", **SIZE)

    def _do(self, command: str, **said: Any) -> Any:
        answer = self._send(self.COMMANDS[command], said)
        return answer["value"] if isinstance(answer, dict) and set(answer) == {"value"} else answer

    def _send(self, command: str, said: dict) -> Any:
        self.number += 1
        body = json.dumps([0, self.number, command, said]).encode()
        self.line.sendall(f"{len(body)}:".encode() + body)
        _, _, error, result = self._read()
        if error:
            raise LostPage(error["message"])
        return result

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._bytes(1)
        return json.loads(self._bytes(int(length[:-1])))

    def _bytes(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            if not (more := self.line.recv(count - len(got))):
                raise LostPage("Firefox is gone")
            got += more
        return got


def mini_browser() -> str:
    """WebKitGTK's own little browser."""
    found = next((path for path in MINI_BROWSERS if Path(path).exists()), None)
    assert found, "WebKit is missing: `python3 tests/run.py` installs Debian's webkit2gtk-driver"
    return found


def firefox() -> str:
    """Debian's Firefox, or the machine's own."""
    return os.environ.get("FIREFOX", "/usr/bin/firefox-esr")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def until_open(host: str, port: int) -> None:
    """Wait until somebody listens there."""
    end = time.monotonic() + SLOW
    while True:
        try:
            socket.create_connection((host, port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < end, f"nobody listens on {port}"
            time.sleep(0.05)


def until_there(file: Path) -> str:
    """What a file says, once it says something."""
    end = time.monotonic() + SLOW
    while not (file.exists() and file.read_text().strip()):
        assert time.monotonic() < end, f"{file.name} did not come"
        time.sleep(0.05)
    return file.read_text().strip()


def display(stack: ExitStack) -> str:
    """A screen that nobody looks at, for the engine that wants a window."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "800x900x24", "-nolisten", "tcp"]
    screen = stack.enter_context(started(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
    assert screen.stdout
    return f":{screen.stdout.readline().decode().strip()}"
