"""A stranger: both ends of the exchange as existing programs have them, made of python3-websockets and the page alone.

Nothing here knows how aldis is built. What it reads it reads twice: as strictly as the grammar allows, and with the
mistakes that peers in the field make (exchange.md 2.7, 2.9), and both must come out the same; so every frame of every
test is held against the grammar. What it writes it writes as the original does, defects of its writers included.
"""

import asyncio
import contextlib
import http
import json
import os
import re
import signal
import ssl
import subprocess
import tempfile
import threading
import uuid

import websockets

from harness import PATIENCE, HubCase, binary

FRAME_MAX = 65536  # exchange.md 2.5: a longer frame breaks the connection of an existing peer
MESSAGE_MAX = 13107200

COMMAND_ORDER = ["id", "type", "payload"]
REPLY_ORDER = ["commandId", "type", "commandStatus", "errorDetails", "payload"]


def dumps(value):
    """As the original writes: compact, everything raw (exchange.md 2.6)."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def no_duplicates(pairs):
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), f"a member stands twice: {names}"
    return dict(pairs)


def loads(text):
    return json.loads(text, object_pairs_hook=no_duplicates)


def check_exchange(kind, exchange, text):
    """What every frame of a good writer keeps to (exchange.md 2.6, writing)."""
    order = COMMAND_ORDER if kind == "COMMAND" else REPLY_ORDER
    known = [name for name in exchange if name in order]
    assert known == sorted(known, key=order.index), f"the members stand in another order: {text[:200]}"
    assert re.match(r'\{"(id|commandId|type)":', text), f"this is not compact: {text[:200]}"
    assert "type" in exchange, f"no type: {text[:200]}"
    if kind == "REPLY":
        assert exchange["commandStatus"] in ("SUCCEEDED", "ERROR"), text[:200]


def check_plain(kind, exchange):
    """A peer that did not announce the extension never sees a member of it."""
    order = COMMAND_ORDER if kind == "COMMAND" else [*REPLY_ORDER, "message", "installationId"]
    assert set(exchange) <= set(order), f"an existing peer does not know all of {list(exchange)}"
    assert None not in exchange.values(), f"a null is written: {list(exchange)}"


class V1:
    """The grammar of exchange.md 2.7."""

    name = "v1"
    headers = {"X-Gravitee-Exchange-Protocol": "v1"}
    path = "/exchange/controller"

    @staticmethod
    def write(kind, exchange):
        typed = f"et:{exchange['type']};;" if exchange.get("type") and ";" not in exchange["type"] else ""
        return f"t:{kind};;{typed}e:{dumps(exchange)}".encode()

    @staticmethod
    def read(message, extended=False):
        text = message.decode()
        match = re.fullmatch(r"t:(COMMAND|REPLY|STATUS|CANCEL);;(?:et:((?:(?!;;).)*);;)?e:(\{.*\})", text, re.S)
        assert match, f"this is no frame: {text[:200]}"
        kind, hint, body = match.groups()
        exchange = loads(body)
        if kind in ("STATUS", "CANCEL"):
            assert extended, f"an existing peer does not know {text[:200]}"
            return kind, exchange
        check_exchange(kind, exchange, body)
        assert hint == exchange["type"] or (hint is None and ";" in exchange["type"]), text[:200]
        if not extended:
            check_plain(kind, exchange)
            # What readers before 2.0.2 do: cut at every `;;`, one inside the JSON included.
            cut = [part[2:] for part in text.split(";;") if part.startswith("e:")]
            assert cut and loads(cut[0]) == exchange, f"an old peer would cut this: {text[:200]}"
        return kind, exchange

    @staticmethod
    def hello(target, **payload):
        return {"id": str(uuid.uuid4()), "type": "HELLO", "payload": {"targetId": target, **payload}}

    hello_reply = "HELLO"

    @staticmethod
    def target_of(reply):
        return reply["payload"]["targetId"]


class Legacy:
    """The grammar of exchange.md 2.9."""

    name = "legacy"
    headers = {"X-Gravitee-Exchange-Protocol": "legacy"}
    path = "/exchange/controller"

    @staticmethod
    def write(kind, exchange):
        return f"{kind.lower()}: {dumps(exchange)}".encode()

    @staticmethod
    def read(message, extended=False):
        assert not extended, "the extension exists with v1 only"
        text = message.decode()
        if text in ("primary: true", "replica: true"):
            return "COMMAND", {"type": "PRIMARY", "payload": {"primary": text == "primary: true"}}
        match = re.fullmatch(r"(command|reply): (\{.*\})", text, re.S)
        assert match, f"this is no frame: {text[:200]}"
        kind, body = match.group(1).upper(), match.group(2)
        exchange = loads(body)
        check_exchange(kind, exchange, body)
        check_plain(kind, exchange)
        # What legacy readers do: delete the prefix wherever it stands.
        assert loads(text.replace(f"{match.group(1)}: ", "")) == exchange, f"a legacy peer would garble {text[:200]}"
        return kind, exchange

    @staticmethod
    def hello(target, **payload):
        payload = {"node": {"installationId": target}, **payload}
        return {"id": str(uuid.uuid4()), "type": "HELLO_COMMAND", "payload": payload}

    hello_reply = "HELLO_REPLY"

    @staticmethod
    def target_of(reply):
        return reply["payload"]["installationId"]


class Watched:
    """Mixed into a protocol of websockets: what came in below the messages; a deaf peer leaves pings unanswered."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.pings_heard = []
        self.deaf = False
        self.largest_frame = 0

    async def pong(self, data=b""):
        self.pings_heard.append(data)
        if not self.deaf:
            await super().pong(data)

    async def read_frame(self, max_size):
        frame = await super().read_frame(max_size)
        self.largest_frame = max(self.largest_frame, len(frame.data))
        return frame


class WatchedClient(Watched, websockets.WebSocketClientProtocol):
    pass


class WatchedServer(Watched, websockets.WebSocketServerProtocol):
    pass


OPTIONS = {"max_size": 2 * MESSAGE_MAX, "max_queue": None, "ping_interval": None, "close_timeout": PATIENCE}


def succeeded(payload=None):
    """An answer."""
    return lambda command: {"commandStatus": "SUCCEEDED", "payload": {} if payload is None else payload}


def failed(text):
    return lambda command: {"commandStatus": "ERROR", "errorDetails": text}


def no_reply(text="Unexpected internal error occurred"):
    return lambda command: {"type": "NO_REPLY", "commandStatus": "ERROR", "errorDetails": text, "payload": {}}


def unknown(command):
    return {"type": "UNKNOWN", "commandStatus": "ERROR", "errorDetails": "Command unknown", "payload": {}}


def echo(command):
    return {"commandStatus": "SUCCEEDED", "payload": command.get("payload", {})}


def silent(command):
    return None


class Peer:
    """One end of an established WebSocket, whichever. Frames are read as they come and kept, in order, until hear().

    `answers[type]` answers a command at once: it takes the command and returns members of the reply, or None for
    silence.
    """

    def __init__(self, ws, grammar, answers=None, extended=False):
        self.ws = ws
        self.grammar = grammar
        self.answers = dict(answers or {})
        self.extended = extended
        self.log = []  # everything
        self.raw = []  # as it stood on the wire, if it was short
        self.unheard = []  # what hear() has not taken
        self.fault = None  # the assertion that a frame broke
        self.ended = False
        self.changed = asyncio.Event()
        self.target = None
        self.task = asyncio.ensure_future(self.serve())

    async def serve(self):
        try:
            while True:
                message = await self.ws.recv()
                assert isinstance(message, bytes), f"a text message: {message!r}"
                assert self.ws.largest_frame <= FRAME_MAX, f"a frame of {self.ws.largest_frame} bytes"
                kind, exchange = self.grammar.read(message, self.extended)
                self.log.append((kind, exchange))
                self.raw += [message] if len(message) < 4096 else []
                answer = self.answers.get(exchange.get("type")) if kind == "COMMAND" else None
                if answer is None:
                    self.unheard.append((kind, exchange))
                else:
                    members = answer(exchange)
                    if members is not None:
                        await self.reply(exchange, **members)
                self.wake()
        except websockets.ConnectionClosed:
            pass
        except Exception as fault:  # told by whoever waits
            self.fault = fault
        finally:
            self.ended = True
            self.wake()

    def wake(self):
        self.changed.set()
        self.changed = asyncio.Event()

    async def until(self, condition, what, patience=PATIENCE):
        """Wait until `condition()`, which is looked at whenever something came, gives something, and return it."""

        async def look():
            while True:
                if self.fault is not None:
                    raise self.fault
                value = condition()
                if value:
                    return value
                if self.ended:
                    raise AssertionError(f"{what}: the connection ended first {self.ending()}; heard {self.log[-5:]}")
                await self.changed.wait()

        try:
            return await asyncio.wait_for(look(), patience)
        except asyncio.TimeoutError:
            raise AssertionError(f"{what}: not within {patience} s; heard {self.log[-5:]}") from None

    async def hear(self, kind, type=None, patience=PATIENCE, **members):
        """Take the first frame of that kind and type (and members) out of what came, or wait for it."""

        def find():
            for i, (one, exchange) in enumerate(self.unheard):
                if one == kind and type in (None, exchange.get("type")) and members.items() <= exchange.items():
                    return self.unheard.pop(i)
            return None

        return (await self.until(find, f"{kind} {type or ''} {members or ''}", patience))[1]

    def told(self):
        """What PRIMARY has said so far."""
        return [exchange["payload"]["primary"] for kind, exchange in self.log if exchange.get("type") == "PRIMARY"]

    def heard(self, type):
        return [exchange for _, exchange in self.log if exchange.get("type") == type]

    async def say(self, kind, exchange):
        await self.ws.send(self.grammar.write(kind, exchange))

    async def say_raw(self, message):
        await self.ws.send(message)

    async def reply(self, command, **members):
        """Answer; the type is the command's unless `members` say another. Legacy's literals have no id to answer."""
        if "id" in command:
            await self.say("REPLY", {"commandId": command["id"], "type": command["type"], **members})

    async def ask(self, type, payload=None, patience=PATIENCE, **members):
        """Command, and return the reply."""
        command = {"id": str(uuid.uuid4()), "type": type, "payload": {} if payload is None else payload, **members}
        await self.say("COMMAND", command)
        return await self.hear("REPLY", commandId=command["id"], patience=patience)

    async def hello(self, target=None, **payload):
        """Say hello; return the reply."""
        command = self.grammar.hello(target or str(uuid.uuid4()), **payload)
        await self.say("COMMAND", command)
        reply = await self.hear("REPLY", self.grammar.hello_reply, commandId=command["id"])
        if reply["commandStatus"] == "SUCCEEDED":
            self.target = self.grammar.target_of(reply)
        return reply

    def ending(self):
        """Code and reason that came; 1006: none did."""
        return self.ws.close_code, self.ws.close_reason

    async def closed(self, patience=PATIENCE):
        """Wait for the end; code and reason."""
        try:
            await asyncio.wait_for(self.ws.wait_closed(), patience)
            await asyncio.wait_for(self.task, patience)
        except asyncio.TimeoutError:
            raise AssertionError(f"not closed within {patience} s; heard {self.log[-5:]}") from None
        if self.fault is not None:
            raise self.fault
        return self.ending()

    async def close(self, code=1000, reason=""):
        await self.ws.close(code, reason)
        return await self.closed()

    def cut(self):
        """End it without a word."""
        with contextlib.suppress(AttributeError):  # Python 3.11's TLS transport does not know that it is closed
            self.ws.transport.abort()

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, value, trace):
        if self.ws.open:
            await self.ws.close()
        else:
            self.cut()
        await asyncio.gather(self.task, return_exceptions=True)
        if kind is None and self.fault is not None:
            raise self.fault


CONNECTOR_ANSWERS = {
    # What the original adds to every connector (exchange.md 4.1).
    "HEALTH_CHECK": succeeded({"healthy": True}),
    "PRIMARY": succeeded(),
}


async def connect(url, grammar, answers=None, extended=False, headers=None, tls=None, **options):
    """Upgrade as a connector does; no hello yet."""
    headers = {**grammar.headers, **(headers or {})}
    if extended:
        headers["X-Aldis-Exchange"] = "1"
    ws = await websockets.connect(url, extra_headers=headers, ssl=tls, create_protocol=WatchedClient, compression=None,
                                  open_timeout=PATIENCE, **{**OPTIONS, **options})
    announced = ws.response_headers.get("X-Aldis-Exchange")
    assert announced == ("1" if extended else None), f"the extension is announced to nobody who did not: {announced}"
    return Peer(ws, grammar, {**CONNECTOR_ANSWERS, **(answers or {})}, extended)


async def connector(url, grammar, target, **options):
    """A connector that is in."""
    peer = await connect(url, grammar, **options)
    reply = await peer.hello(target)
    assert reply["commandStatus"] == "SUCCEEDED", reply
    return peer


class Controller:
    """A Gravitee controller of one process: accepts connectors and does what a test tells it to."""

    def __init__(self, tls=None, answers=None, statuses=()):
        self.tls = tls
        self.answers = answers or {}
        self.statuses = list(statuses)  # given to the first upgrades instead of a 101
        self.requests = []  # (path, headers) of every upgrade
        self.arrivals = asyncio.Queue()
        self.peers = []

    async def __aenter__(self):
        self.server = await websockets.serve(self.arrive, "127.0.0.1", 0, ssl=self.tls, create_protocol=WatchedServer,
                                             process_request=self.judge, **OPTIONS)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"wss://localhost:{self.port}" if self.tls else f"ws://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, kind, value, trace):
        for peer in self.peers:
            peer.task.cancel()
            peer.cut()
        self.server.close()
        await self.server.wait_closed()
        for peer in self.peers:
            if kind is None and peer.fault is not None:
                raise peer.fault

    async def judge(self, path, headers):
        self.requests.append((path, headers))
        if self.statuses:
            return http.HTTPStatus(self.statuses.pop(0)), [], b""
        return None

    async def arrive(self, ws):
        peer = Peer(ws, V1, self.answers)
        self.peers.append(peer)
        self.arrivals.put_nowait(peer)
        await peer.ws.wait_closed()

    async def accept(self, patience=PATIENCE):
        """The next connector, which has not said hello yet."""
        try:
            return await asyncio.wait_for(self.arrivals.get(), patience)
        except asyncio.TimeoutError:
            raise AssertionError(f"no connector came within {patience} s") from None

    async def welcome(self, target=None, patience=PATIENCE):
        """The next connector, whose hello is answered with its own target or this one."""
        peer = await self.accept(patience)
        hello = await peer.hear("COMMAND", "HELLO")
        peer.target = target or hello["payload"]["targetId"]
        await peer.reply(hello, commandStatus="SUCCEEDED", payload={"targetId": peer.target})
        return peer


class Agent:
    """A running `aldis agent`. What it says on standard error is kept in `said`."""

    def __init__(self, url, *words, target="lamp", env=None):
        self.command = [binary("aldis"), "agent", "-H", url, "--target", target, *words]
        self.env = {**os.environ, **(env or {})}
        self.said = []

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env=self.env, text=True, errors="replace")
        self.collector = threading.Thread(target=self.collect, daemon=True)
        self.collector.start()
        return self

    def collect(self):
        for line in self.process.stderr:
            self.said.append(line)

    def text(self):
        return "".join(self.said)

    async def ended(self, patience=PATIENCE):
        """The exit status."""
        loop = asyncio.get_running_loop()
        try:
            status = await loop.run_in_executor(None, self.process.wait, patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the agent did not end: {self.text()}") from None
        self.collector.join()
        return status

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    async def __aenter__(self):
        return self.start()

    async def __aexit__(self, kind, value, trace):
        """An agent that is still there must stop in order when it is told to."""
        if self.process.poll() is None:
            self.signal()
            status = await self.ended()
            if kind is None:
                assert status == 0, f"the agent ended with {status}: {self.text()}"
        self.collector.join()
        self.process.stderr.close()
        for word in ("Sanitizer", "runtime error", "assert"):
            assert word not in self.text(), self.text()
        if kind is not None:
            print(self.text())


class Certificates:
    """An authority, a certificate of it for localhost, one for a client; and a stranger's authority."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="aldis-test-")
        self.authority("ca")
        self.authority("other")
        self.leaf("server", "ca", "subjectAltName=DNS:localhost")
        self.leaf("elsewhere", "ca", "subjectAltName=DNS:hub.example")
        self.leaf("client", "ca", "extendedKeyUsage=clientAuth")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=self.folder.name)

    def authority(self, name):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", f"/CN=the authority {name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")

    def leaf(self, name, authority, extension):
        with open(self.path(f"{name}.ext"), "w", encoding="ascii") as file:
            file.write(extension)
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
                     "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")

    def trust(self, authority="ca", client=None):
        """What a client trusts, and who it says it is."""
        context = ssl.create_default_context(cafile=self.path(f"{authority}.pem"))
        if client is not None:
            context.load_cert_chain(self.path(f"{client}.pem"), self.path(f"{client}.key"))
        return context

    def server(self, name="server"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(f"{name}.pem"), self.path(f"{name}.key"))
        return context

    def close(self):
        self.folder.cleanup()


GRAMMARS = (V1, Legacy)


class ForeignCase(HubCase):
    """A test case whose hub may stand behind TLS: a subclass that sets `secure` runs all tests again that way."""

    secure = False

    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates()
        cls.addClassCleanup(cls.certificates.close)

    def hub(self, *settings, **options):
        if self.secure:
            settings = (f"http.tls_cert={self.certificates.path('server.pem')}",
                        f"http.tls_key={self.certificates.path('server.key')}", *settings)
        return super().hub(*settings, **options)

    @contextlib.contextmanager
    def about(self, *what, **named):
        """Say what a failure is about. Unlike subTest() the first one ends the test: each may cost a deadline."""
        try:
            yield
        except AssertionError as fault:
            raise AssertionError(f"{what or ''}{named or ''}: {fault}") from fault

    def trust(self):
        return self.certificates.trust() if self.secure else None

    def place(self, hub, path=V1.path):
        return f"wss://localhost:{hub.port}{path}" if self.secure else f"ws://127.0.0.1:{hub.port}{path}"

    async def connect(self, hub, grammar=V1, path=V1.path, **options):
        """Upgraded, no hello yet."""
        return await connect(self.place(hub, path), grammar, tls=self.trust(), **options)

    async def connector(self, hub, target, grammar=V1, **options):
        return await connector(self.place(hub), grammar, target, tls=self.trust(), **options)

    async def caller(self, hub):
        """An extended party that serves nothing: it can say whom a command is for."""
        peer = await self.connect(hub, extended=True)
        await peer.say("COMMAND", {"id": "hello", "type": "HELLO", "payload": {}})
        reply = await peer.hear("REPLY", "HELLO", commandId="hello")
        assert reply["commandStatus"] == "SUCCEEDED", reply
        return peer


class Gate:
    """What a program of an agent may wait at: `read -r line < "$GATE"` returns when it is opened."""

    def __init__(self, case):
        self.path = case.certificates.path(f"gate-{uuid.uuid4()}")
        self.env = {"GATE": self.path}
        os.mkfifo(self.path)

    def write(self):
        with open(self.path, "w", encoding="ascii") as gate:  # waits until a program reads
            gate.write("go\n")

    async def open(self):
        await asyncio.get_running_loop().run_in_executor(None, self.write)


class ControllerCase(ForeignCase):
    def controller(self, secure=None, **options):
        secure = self.secure if secure is None else secure
        return Controller(tls=self.certificates.server() if secure else None, **options)

    def agent(self, controller, *words, path="", **options):
        trust = ["--ca", self.certificates.path("ca.pem")] if controller.tls else []
        return Agent(controller.url + path, *trust, *words, **options)

    @contextlib.asynccontextmanager
    async def pair(self, *words, secure=None, **options):
        """A controller, an agent that is registered there, and the controller's end of the connection."""
        async with self.controller(secure) as controller:
            async with self.agent(controller, *(words or ["--echo"]), **options) as agent:
                yield controller, agent, await controller.welcome()
