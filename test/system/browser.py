"""A real browser: Debian's Chromium without a window, driven over its DevTools protocol.

One browser serves a whole test file; each page is opened in a context of its own, so that no page sees the storage of
another. Whatever a page says in its console, and every breach of its content security policy, is kept for the test.
"""

import asyncio
import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile

import websockets

from harness import PATIENCE, wait_until

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0"]

START_PATIENCE = 60.0  # a cold start on a busy machine

# Breaches are not always told over the protocol; the page itself always hears of them.
WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


class Chromium:
    """A running browser. start() to stop()."""

    def start(self):
        program = shutil.which("chromium")
        if program is None:
            raise AssertionError("chromium is not installed")
        self.folder = tempfile.mkdtemp(prefix="aldis-chromium-")
        self.process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self.folder}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port, path = wait_until(self._port, "the port of the browser", START_PATIENCE)
        except BaseException:
            self.stop()
            raise
        self.url = f"ws://127.0.0.1:{port}{path}"
        return self

    def _port(self):
        if self.process.poll() is not None:
            raise AssertionError(f"chromium ended with {self.process.returncode}")
        try:
            with open(os.path.join(self.folder, "DevToolsActivePort"), encoding="ascii") as file:
                lines = file.read().split("\n")
        except FileNotFoundError:
            return None
        return lines[:2] if len(lines) >= 2 and lines[1] else None

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        wait_until(self._removed, "the end of what the browser leaves")

    def _removed(self):
        """Its helpers may live, and write, a moment longer than itself."""
        shutil.rmtree(self.folder, ignore_errors=True)
        return not os.path.exists(self.folder)


class Page:
    """A page in a context of its own. `async with Page(browser) as page`."""

    def __init__(self, browser, width=1280, height=900, dark=False):
        self.browser = browser
        self.width, self.height, self.dark = width, height, dark
        self.numbers = itertools.count(1)
        self.waiting = {}
        self.session = None
        self.console = []  # (source, text) of everything that went wrong, in the page's own view
        self.requests = []  # every address the page asked for

    async def __aenter__(self):
        self.ws = await websockets.connect(self.browser.url, max_size=None, ping_interval=None)
        self.reader = asyncio.ensure_future(self._read())
        self.context = (await self.call("Target.createBrowserContext"))["browserContextId"]
        target = await self.call("Target.createTarget", url="about:blank", browserContextId=self.context)
        attached = await self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{domain}.enable")
        await self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH_POLICY)
        await self.resize(self.width, self.height)
        await self.colours(self.dark)
        return self

    async def __aexit__(self, kind, value, trace):
        self.session = None
        await self.call("Target.disposeBrowserContext", browserContextId=self.context)
        await self.ws.close()
        await asyncio.gather(self.reader, return_exceptions=True)

    async def _read(self):
        async for text in self.ws:
            message = json.loads(text)
            if "id" in message:
                self.waiting.pop(message["id"]).set_result(message)
            else:
                self._heard(message["method"], message["params"])

    def _heard(self, method, params):
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.console.append(("exception", details.get("exception", {}).get("description", details["text"])))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.console.append(("console", " ".join(str(arg.get("value")) for arg in params["args"])))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            entry = params["entry"]
            self.console.append((entry["source"], f"{entry['text']} {entry.get('url', '')}"))
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    async def call(self, method, **params):
        """A command of the protocol; to this page once there is one."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params}
        if self.session is not None:
            message["sessionId"] = self.session
        future = self.waiting[number] = asyncio.get_running_loop().create_future()
        await self.ws.send(json.dumps(message))
        answer = await asyncio.wait_for(future, PATIENCE)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    async def resize(self, width, height):
        await self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                        mobile=False)

    async def colours(self, dark):
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def goto(self, url):
        await self.value("window.before = true")
        await self.call("Page.navigate", url=url)
        await self.until("window.before === undefined && document.readyState === 'complete'", "the page")

    async def value(self, script):
        """What an expression is, as JSON."""
        result = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def until(self, script, what, patience=PATIENCE):
        """Wait until an expression is true (a node is), and return what it is."""
        end = asyncio.get_running_loop().time() + patience
        while True:
            value = await self.value(f"((found) => found instanceof Node ? true : found)({script})")
            if value:
                return value
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"{what}: not within {patience} s: {script}; console: {self.console}")
            await asyncio.sleep(0.02)

    async def text(self, selector):
        return await self.value(f"document.querySelector({json.dumps(selector)})?.innerText")

    async def until_text(self, selector, part, patience=PATIENCE):
        one, text = json.dumps(selector), json.dumps(part)
        script = f"document.querySelector({one})?.innerText.includes({text})"
        await self.until(script, f"{part!r} in {selector}", patience)

    async def click(self, selector):
        """With the mouse, in the middle of it; so it must be there, and nothing may lie over it."""
        script = f"""(() => {{
            const node = document.querySelector({json.dumps(selector)});
            if (node === null) return null;
            node.scrollIntoView({{ block: "center" }});
            const box = node.getBoundingClientRect();
            const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
            const top = document.elementFromPoint(x, y);
            return node.contains(top) || top?.contains(node) ? [x, y] : null;
        }})()"""
        x, y = await self.until(script, f"a place to click at {selector}")
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def press(self, key, modifiers=0):
        """One key; modifiers: 1 Alt, 2 Control, 8 Shift."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowDown": 40, "ArrowUp": 38, "a": 65}
        texts = {"Enter": "\r", " ": " "}
        press = {"key": key, "modifiers": modifiers, "windowsVirtualKeyCode": codes.get(key, ord(key[0].upper()))}
        text = texts.get(key, key if len(key) == 1 else None)
        if text is not None and modifiers in (0, 8):
            press["text"] = text
        await self.call("Input.dispatchKeyEvent", type="keyDown", **press)
        await self.call("Input.dispatchKeyEvent", type="keyUp", key=key, modifiers=modifiers)

    async def type(self, selector, text):
        """Click a field, empty it, and type."""
        await self.click(selector)
        await self.call("Input.dispatchKeyEvent", type="keyDown", key="a", modifiers=2, windowsVirtualKeyCode=65,
                        commands=["selectAll"])
        await self.call("Input.dispatchKeyEvent", type="keyUp", key="a", modifiers=2)
        await self.call("Input.insertText", text=text)

    async def choose(self, selector, value):
        """Set a select as its user would, without the system's own pop-up."""
        await self.value(f"""(() => {{
            const node = document.querySelector({json.dumps(selector)});
            node.value = {json.dumps(value)};
            node.dispatchEvent(new Event("input", {{ bubbles: true }}));
            return node.value;
        }})()""")

    async def screenshot(self, path):
        """The whole page, for a person to look at."""
        size = await self.value("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        picture = await self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))
