"""A party of the link protocol made of python3-websockets: a host or a control, as link.md's appendix C has it."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
import tempfile

import websockets

from harness import PATIENCE, HubCase


SECRET = "TestSecretDoNotUse"  # as in link.md 6.1


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(secret=SECRET, **payload):
    """A JWT as the original makes it."""
    key = base64.b64decode(secret + "=" * (-len(secret) % 4))
    head = encode(json.dumps({"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode())
    body = encode(json.dumps({"iat": 1700000000, **payload}, separators=(",", ":")).encode())
    signature = hmac.new(key, head + b"." + body, hashlib.sha256).digest()
    return (head + b"." + body + b"." + encode(signature)).decode()


class Closed(Exception):
    """The hub closed: `code` and `reason`."""

    def __init__(self, code, reason):
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


class Link:
    """One party and its session, over one connection after the other.

    `handlers[name]` takes a request and returns the data of the response, raises Refusal, or returns None to say nothing.
    What came in otherwise is kept: requests in `requests`, events in `events`, all frames in `frames`.
    """

    def __init__(self, hub, host=None, shown=None, handlers=None, plugins=None, beats=True, place=None):
        self.hub = hub
        self.place = place  # the address it comes from
        self.host = host
        self.token = shown
        if shown is None:
            self.token = token(aud="user", user="test") if host is None else token(aud="host", host=host)
        self.handlers = handlers or {}
        self.plugins = plugins or {}
        self.beats = beats
        self.seq = 0
        self.last = None
        self.acked = 0
        self.request_id = 0
        self.src = None
        self.session = None
        self.sent = []  # frames not acknowledged
        self.frames, self.requests, self.events, self.errors = [], [], [], []
        self.waiting = {}
        self.disconnects = []
        self.closed = None
        self.task = self.beat = None

    # --- frames

    async def send(self, frame):
        await self.ws.send(json.dumps(frame, separators=(",", ":")))

    async def receive(self, patience=PATIENCE):
        try:
            text = await asyncio.wait_for(self.ws.recv(), patience)
        except websockets.ConnectionClosed as closed:
            raise Closed(closed.code, closed.reason) from None
        assert isinstance(text, str), text
        return json.loads(text)

    async def say(self, frame):
        """A routable frame, numbered and kept until it is acknowledged."""
        self.seq += 1
        frame = {"type": frame.pop("type"), "seq": self.seq, **frame}
        self.sent.append(frame)
        with contextlib.suppress(websockets.ConnectionClosed):
            await self.send(frame)

    # --- handshake

    async def dial(self):
        self.ws = await websockets.connect(self.hub.url("/api/socket"), max_size=128 * 1024 * 1024, ping_interval=None,
                                           compression=None, local_addr=self.place and (self.place, 0))
        return await self.receive()

    def registration(self):
        if self.host is None:
            return {"type": "registerControl", "data": {"token": self.token, "version": "1"}}
        return {"type": "registerHost",
                "data": {"token": self.token, "version": "1", "id": self.host, "plugins": self.plugins}}

    async def register(self):
        await self.send(self.registration())
        ready = await self.receive()
        assert ready["type"] == "ready", ready
        self.src, self.session = ready["data"]["src"], ready["data"]["sessionToken"]
        self.seq, self.last, self.sent = 0, None, []
        self.interval = ready["data"]["heartbeatInterval"]
        return ready

    async def open(self):
        hello = await self.dial()
        assert hello["type"] == "hello", hello
        self.ready = await self.register()
        self.run()
        return self

    def run(self):
        self.closed = None
        self.task = asyncio.ensure_future(self.serve())
        self.beat = asyncio.ensure_future(self.heartbeat()) if self.beats else None

    async def resume(self, with_last=True):
        """On a new connection: what the hub says to it."""
        await self.dial()
        data = {"sessionToken": self.session}
        if with_last and self.last is not None:
            data["lastSeq"] = self.last
        await self.send({"type": "resume", "data": data})
        answer = await self.receive()
        if answer["type"] == "continue":
            self.acknowledge(answer["data"].get("lastSeq", 0))
            self.run()
            for frame in list(self.sent):
                await self.send(frame)
        return answer

    def acknowledge(self, seq):
        self.acked = max(self.acked, seq)
        self.sent = [frame for frame in self.sent if frame["seq"] > seq]

    # --- life

    async def heartbeat(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.sleep(self.interval)
                await self.ack()

    async def ack(self):
        await self.send({"type": "heartbeat", **({} if self.last is None else {"seq": self.last})})

    async def serve(self):
        try:
            while True:
                frame = await self.receive(3600)
                self.frames.append(frame)
                if frame["type"] == "heartbeat":
                    self.acknowledge(frame.get("seq", 0))
                elif frame["type"] == "disconnect":
                    self.disconnects.append(frame["data"])
                else:
                    assert self.last is None or frame["seq"] == self.last + 1, (self.last, frame)
                    self.last = frame["seq"]
                    await self.handle(frame)
        except Closed as closed:
            self.closed = closed

    async def handle(self, frame):
        if frame["type"] == "event":
            self.events.append(frame)
        elif frame["type"] == "request":
            self.requests.append(frame)
            if frame["name"] in self.handlers:
                await self.respond(frame)
        else:
            future = self.waiting.pop(tuple(frame["dst"]), None)
            if future is None:
                self.errors.append(frame)
            else:
                future.set_result(frame)

    async def respond(self, frame):
        try:
            data = self.handlers[frame["name"]](frame)
        except Refusal as refusal:
            await self.answer(frame, type="responseError", data=refusal.data)
            return
        if data is not None:
            await self.answer(frame, data=data)

    async def answer(self, frame, type="response", src=None, **members):
        await self.say({"type": type, "src": src or self.src, "dst": frame["src"], **members})

    async def ask(self, dst, name, src=None, **members):
        """Send a request; returns the future of its answer."""
        self.request_id += 1
        source = [*(src or self.src), self.request_id]
        future = self.waiting[tuple(source)] = asyncio.get_running_loop().create_future()
        await self.say({"type": "request", "src": source, "dst": dst, "name": name, **members})
        return future

    async def call(self, dst, name, patience=PATIENCE, **members):
        return await asyncio.wait_for(await self.ask(dst, name, **members), patience)

    async def event(self, dst, name, src=None, **members):
        await self.say({"type": "event", "src": src or self.src, "dst": dst, "name": name, **members})

    async def cut(self):
        """The connection ends without a word."""
        self.stop()
        self.ws.transport.abort()
        await self.ended()

    async def ended(self, patience=PATIENCE):
        """Wait for the end; the close code and reason."""
        await asyncio.wait_for(asyncio.shield(self.task), patience)
        return self.closed

    def stop(self):
        if self.beat is not None:
            self.beat.cancel()

    async def close(self):
        self.stop()
        await self.ws.close()
        await asyncio.gather(self.task, return_exceptions=True)

    async def __aenter__(self):
        return await self.open()

    async def __aexit__(self, kind, value, trace):
        await self.close()


class Refusal(Exception):
    """A request fails: the data of its responseError."""

    def __init__(self, message, code=None, **members):
        super().__init__(message)
        self.data = {"message": message, **({} if code is None else {"code": code}), **members}


class LinkCase(HubCase):
    def hub(self, *settings, **options):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        secret = os.path.join(folder, "secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write(SECRET + "\n")
        os.chmod(secret, 0o600)
        return super().hub(f"link.secret={secret}", *settings, **options)

    def link_counter(self, hub, name):
        return hub.dialect_counter(f"link_{name}", "link")
