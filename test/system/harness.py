"""What the system tests share: a hub of one's own, its API, and an exchange connector made of python3-websockets.

Every hub listens on a free port and on a socket in a folder of its own, so any number of tests may run at once. Nothing
sleeps for a guessed time: everything waits for a condition, with a deadline.
"""

import asyncio
import contextlib
import http.client
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import uuid

import websockets

PATIENCE = 20.0  # seconds until a condition that should hold soon is called failed; sanitizers and a busy machine fit

BINARIES = os.environ.get("ALDIS_BIN", "")


def binary(name):
    """The path of a program under test; ALDIS_BIN names the folder."""
    return os.path.join(BINARIES, name)


def wait_until(condition, what, patience=PATIENCE):
    """Call `condition` until it is true, and return what it gave."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {patience} s")
        time.sleep(0.005)


async def wait_until_async(condition, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {patience} s")
        await asyncio.sleep(0.005)


class UnixHttp(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout=PATIENCE):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Response:
    """A whole HTTP response."""

    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Hub:
    """A running aldisd. Use as a context manager: leaving it stops the hub and demands a clean end."""

    def __init__(self, *settings, config=None, extra=(), http="127.0.0.1:0", unix=True, env=None, clean=True):
        self.folder = tempfile.mkdtemp(prefix="aldis-test-")
        self.unix = os.path.join(self.folder, "aldis.sock") if unix else None
        self.settings = [f"http.listen={http}", f"unix.path={self.unix or ''}", *settings]
        self.config = config
        self.extra = list(extra)
        self.env = {**os.environ, **(env or {})}
        self.clean = clean
        self.doors = []
        self.process = None
        self.log = []

    def command(self):
        words = [binary("aldisd")]
        if self.config is not None:
            path = os.path.join(self.folder, "aldis.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.config)
            words += ["-c", path]
        if not any("link.secret" in text or "[link]" in text for text in (self.config or "", *self.settings)):
            words += ["-s", "link.secret="]  # a test leaves nothing in the state of its user
        for setting in self.settings:
            words += ["-s", setting]
        return words + self.extra

    def start(self):
        self.process = subprocess.Popen(
            self.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env, text=True, errors="replace"
        )
        self._collector = threading.Thread(target=self._collect, daemon=True)
        self._collector.start()
        guard = threading.Timer(PATIENCE, self.process.kill)
        guard.start()
        try:
            for line in self.process.stdout:
                words = line.rstrip("\n").split(" ", 2)
                if words == ["ready"]:
                    return self
                if words[0] != "door" or len(words) != 3:
                    raise AssertionError(f"aldisd said: {line!r}")
                self.doors.append((words[1], words[2]))
        finally:
            guard.cancel()
        self.process.wait()
        self._collector.join()
        raise AssertionError(f"aldisd ended with {self.process.returncode}: {''.join(self.log)}")

    def _collect(self):
        for line in self.process.stderr:
            self.log.append(line)
            if "ALDIS_SHOW" in os.environ:
                print(line, end="", flush=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        try:
            if self.process is not None and self.process.poll() is None:
                status = self.stop() if kind is None else self.kill()
                if kind is None and self.clean and status != 0:
                    raise AssertionError(f"aldisd ended with {status}: {''.join(self.log[-40:])}")
            if kind is not None and self.log:
                print("".join(self.log[-40:]))
        finally:
            if self.process is not None:
                self.process.stdout.close()
                self.process.stderr.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        """The exit status."""
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"aldisd did not end: {''.join(self.log[-40:])}") from None
        self._collector.join()
        self.process.stderr.close()
        return status

    def stop(self, number=signal.SIGTERM):
        self.send_signal(number)
        return self.wait()

    def kill(self):
        self.process.kill()
        return self.wait()

    def door(self, name):
        """The address of the first door of that name."""
        return next(address for door, address in self.doors if door == name)

    @property
    def host(self):
        return self.door("http").rsplit(":", 1)[0].strip("[]")

    @property
    def port(self):
        return int(self.door("http").rsplit(":", 1)[1])

    def http(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)

    def request(self, method, path, headers=None, body=None, over_unix=None):
        """One request on a connection of its own; over the Unix socket unless there is none."""
        over_unix = self.unix is not None if over_unix is None else over_unix
        connection = UnixHttp(self.unix) if over_unix else self.http()
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return Response(response, response.read())

    def get(self, path, **options):
        """The JSON at a path, which must be there."""
        response = self.request("GET", path, **options)
        if response.status != 200:
            raise AssertionError(f"GET {path}: {response.status} {response.body!r}")
        return response.json()

    def state(self):
        return self.get("/api/v1/hub")

    def counter(self, name):
        """A counter of the hub itself."""
        return self.state()["counters"][name]

    def dialect_counter(self, name, dialect="exchange"):
        return self.state()["dialects"][dialect][name]

    def edge_counter(self, name):
        return self.state()["edge"][name]

    def transport_counter(self, name):
        return self.state()["transport"][name]

    def door_counter(self, name, door="http"):
        return sum(d["counters"][name] for d in self.state()["doors"] if d["name"] == door)

    def wait_counter(self, read, value, what="counter"):
        """Wait until `read()` is at least `value`."""
        return wait_until(lambda: read() >= value, f"{what} >= {value}")

    def channels(self, target):
        return self.get(f"/api/v1/channels?target={target}")["channels"]

    def wait_channel(self, target, condition=lambda channel: True, count=1):
        """Wait until so many channels of a target satisfy `condition`."""

        def found():
            matching = [channel for channel in self.channels(target) if condition(channel)]
            return matching if len(matching) >= count else None

        return wait_until(found, f"{count} channel(s) of {target}")

    def rss(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def socket(self, over_unix=False):
        """A bare connection."""
        if over_unix:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.settimeout(PATIENCE)
            sock.connect(self.unix)
            return sock
        return socket.create_connection((self.host, self.port), timeout=PATIENCE)

    def url(self, path="/exchange/controller"):
        return f"ws://{self.door('http')}{path}"


def frame(kind, exchange):
    """A frame of the v1 grammar (exchange.md 2.7)."""
    text = json.dumps(exchange, separators=(",", ":"), ensure_ascii=False)
    return f"t:{kind};;et:{exchange.get('type', '')};;e:{text}".encode()


def unframe(message):
    """Kind and exchange of a v1 frame."""
    assert isinstance(message, bytes), f"not a binary message: {message!r}"
    head, _, text = message.decode().partition(";;e:")
    fields = dict(part.split(":", 1) for part in head.split(";;"))
    return fields["t"], json.loads(text)


class Connector:
    """A v1 connector as the reference has it: answers health checks and PRIMARY, and commands by `handlers`.

    `handlers[type]` takes the command and returns members of the reply (`commandStatus`, `payload`, `errorDetails`), or
    None to say nothing. What came in is kept in `commands`, statuses and what nobody waits for in `others`; `primary` is the
    last one told.
    """

    def __init__(self, url, target=None, handlers=None, headers=None, unix=None, extended=False, **options):
        self.url = url
        self.proposal = target or str(uuid.uuid4())
        self.handlers = handlers or {}
        self.headers = {"X-Gravitee-Exchange-Protocol": "v1", **(headers or {})}
        if extended:
            self.headers["X-Aldis-Exchange"] = "1"
        self.unix = unix
        self.options = {"max_size": 16 * 1024 * 1024, "ping_interval": None, "compression": None, **options}
        self.commands = []
        self.health_checks = 0
        self.healthy = True
        self.primary = None
        self.goodbyes = []
        self.answers_goodbye = True
        self.others = []
        self.waiting = {}
        self.target = None

    async def open(self):
        """Upgrade only."""
        if self.unix is not None:
            self.ws = await websockets.unix_connect(
                self.unix, self.url, extra_headers=self.headers, **self.options)
        else:
            self.ws = await websockets.connect(self.url, extra_headers=self.headers, **self.options)
        return self

    async def hello(self, **payload):
        """Say hello and return the reply."""
        command = {"id": str(uuid.uuid4()), "type": "HELLO", "payload": {"targetId": self.proposal, **payload}}
        await self.ws.send(frame("COMMAND", command))
        kind, reply = unframe(await asyncio.wait_for(self.ws.recv(), PATIENCE))
        assert kind == "REPLY" and reply["commandId"] == command["id"], (kind, reply)
        if reply["commandStatus"] == "SUCCEEDED":
            self.target = reply["payload"]["targetId"]
        return reply

    async def __aenter__(self):
        await self.open()
        reply = await self.hello()
        assert reply["commandStatus"] == "SUCCEEDED", reply
        self.task = asyncio.ensure_future(self.serve())
        return self

    async def __aexit__(self, kind, value, trace):
        with contextlib.suppress(websockets.ConnectionClosed):  # it may end under the close frame
            await self.ws.close()
        await asyncio.gather(self.task, return_exceptions=True)

    async def serve(self):
        """Answer what comes until the connection ends."""
        try:
            async for message in self.ws:
                kind, exchange = unframe(message)
                if kind == "COMMAND":
                    await self.handle(exchange)
                elif kind == "REPLY" and exchange.get("commandId") in self.waiting:
                    self.waiting.pop(exchange["commandId"]).set_result(exchange)
                else:
                    self.others.append((kind, exchange))
        except websockets.ConnectionClosed:
            pass
        finally:
            for future in self.waiting.values():
                if not future.done():
                    future.set_exception(ConnectionError("the connection ended"))

    async def reply(self, command, **members):
        await self.ws.send(frame("REPLY", {"commandId": command["id"], "type": command["type"], **members}))

    async def handle(self, command):
        if command["type"] == "HEALTH_CHECK":
            self.health_checks += 1
            await self.reply(command, commandStatus="SUCCEEDED", payload={"healthy": self.healthy})
        elif command["type"] == "PRIMARY":
            self.primary = command["payload"]["primary"]
            await self.reply(command, commandStatus="SUCCEEDED", payload={})
        elif command["type"] == "GOOD_BYE":
            self.goodbyes.append(command["payload"])
            if self.answers_goodbye:
                # What the reference does instead of replying (exchange.md 4.4).
                await self.ws.close(1013, "GoodBye Command with reconnection requested.")
        else:
            self.commands.append(command)
            members = self.handlers.get(command["type"], lambda command: None)(command)
            if members is not None:
                await self.reply(command, **members)

    async def command(self, name, payload=None, patience=PATIENCE, **members):
        """Send a command to the controller and return its reply; with `extended`, `to` and the like may be given."""
        command = {"id": str(uuid.uuid4()), "type": name, **members}
        if payload is not None:
            command["payload"] = payload
        self.waiting[command["id"]] = asyncio.get_running_loop().create_future()
        future = self.waiting[command["id"]]
        await self.ws.send(frame("COMMAND", command))
        return await asyncio.wait_for(future, patience)


def echo(command):
    """A handler: the payload back."""
    return {"commandStatus": "SUCCEEDED", "payload": command.get("payload", {})}


class HubCase(unittest.TestCase):
    """A test case whose hub is stopped, cleanly, when the test is over."""

    maxDiff = None

    def hub(self, *settings, **options):
        hub = Hub(*settings, **options)
        self.addCleanup(hub.__exit__, None, None, None)
        return hub.start()

    def run_async(self, coroutine):
        return asyncio.run(asyncio.wait_for(coroutine, 3 * PATIENCE))
