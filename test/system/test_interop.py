"""Everybody commands everybody: each dialect's caller with each dialect's agent, over real sockets.

What is found is a table, which docs/interop.md shows: `test_interop.py --write FILE` writes that page, and a test holds the page
against what happens now. The peers are made of sockets and the protocols' pages alone.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import sys
import tempfile
import time
import unittest

import websockets

import foreign
from comm_case import split
from harness import PATIENCE, HubCase

LAMP, BELL, HOST = "lamp", "bell", 4  # the agents: of exchange, communicator, link
LAMP_ID, BELL_ID = 100, 101  # and what link calls the first two
ASKED, ANSWERED, TROUBLE = {"level": "3"}, {"seen": "yes"}, "the bulb is gone"
SHORT_MS = 400  # a deadline that comes soon

# What agents do with a command of that name.
SHINE, BREAK, DANCE, SLEEP, HINT = "SHINE", "BREAK", "DANCE", "SLEEP", "HINT"
GLOW = "GLOW"  # as SHINE

PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "interop.md")


class Heard:
    """What an agent was told, in order."""

    def __init__(self):
        self.messages = asyncio.Queue()

    def tell(self, name, payload):
        self.messages.put_nowait((name, payload))

    async def next(self):
        return await asyncio.wait_for(self.messages.get(), PATIENCE)


def level_of(payload):
    """Numbers are texts where a protocol has nothing else (DESIGN section 3)."""
    return {name: str(value) for name, value in payload.items()}


# --- exchange -------------------------------------------------------------------------------------------------------


class ExchangeAgent:
    """A connector as existing programs have it."""

    title, target = "exchange", LAMP

    def __init__(self):
        self.heard = Heard()

    def answer(self, reply):
        def take(command):
            self.heard.tell(command["type"], level_of(command.get("payload", {})))
            return reply(command)
        return take

    async def start(self, place):
        answers = {SHINE: foreign.succeeded(ANSWERED), GLOW: foreign.succeeded(ANSWERED), BREAK: foreign.failed(TROUBLE),
                   DANCE: foreign.unknown, SLEEP: foreign.silent, HINT: foreign.succeeded()}
        self.peer = await foreign.connector(place.exchange, foreign.V1, LAMP,
                                            answers={name: self.answer(reply) for name, reply in answers.items()})

    async def stop(self):
        await self.peer.close()


class ExchangeCaller:
    """With the extension, which says whom a command is for."""

    title = "exchange"

    async def start(self, place):
        self.peer = await foreign.connect(place.exchange, foreign.V1, extended=True)
        await self.peer.say("COMMAND", {"id": "hello", "type": "HELLO", "payload": {}})
        await self.peer.hear("REPLY", "HELLO")

    async def call(self, agent, name, deadline_ms=None, asked=ASKED):
        members = {} if deadline_ms is None else {"ttl_ms": deadline_ms}
        reply = await self.peer.ask(name, asked, to=str(agent.target), **members)
        return reply["outcome"], reply.get("errorDetails") or reply["payload"]

    async def event(self, agent, name, asked=ASKED):
        await self.peer.say("COMMAND", {"id": "e1", "type": name, "payload": asked, "to": str(agent.target), "event": True})

    async def stop(self):
        await self.peer.close()


# --- communicator ---------------------------------------------------------------------------------------------------


class Lines:
    """A service."""

    async def open(self, place, name):
        self.reader, self.writer = await asyncio.open_connection(*place.communicator)
        self.say(f"REGISTER service={name};version=1")
        while (await self.line()).split(" ")[1] != "READY":
            pass

    def say(self, line):
        self.writer.write(line.encode() + b"\n")

    async def line(self, patience=PATIENCE):
        return (await asyncio.wait_for(self.reader.readline(), patience)).decode().rstrip("\n")

    async def close(self):
        self.writer.close()
        await self.writer.wait_closed()


def line_read(line):
    """Sender, command and parameters of a line; the values here have nothing to un-escape."""
    sender, _, rest = line[1:].partition(" ") if line.startswith("<") else (None, None, line)
    receiver, _, parameters = rest.partition(" ")
    pairs = (item.partition("=") for item in parameters.split(";") if item)
    return sender, receiver.rpartition("/")[2], {name: value for name, _, value in pairs}


class CommunicatorAgent:
    """A service as it was written for the original; of aldis it knows one parameter, to say that something failed."""

    title, target = "communicator", BELL

    def __init__(self):
        self.heard = Heard()

    async def start(self, place):
        self.lines = Lines()
        await self.lines.open(place, BELL)
        self.lines.say(f"COMMANDS list={SHINE},{GLOW},{BREAK},{SLEEP},{HINT}")
        self.task = asyncio.ensure_future(self.serve())

    async def serve(self):
        shone = f"SHONE seen={ANSWERED['seen']}"
        answers = {SHINE: shone, GLOW: shone, BREAK: f"ALDIS_REPLY aldis_error=E_BULB;aldis_message={TROUBLE}",
                   DANCE: f"UNKNOWN command={DANCE}"}
        while line := await self.lines.line(None):
            sender, command, parameters = line_read(line)
            if command in (*answers, SLEEP, HINT):
                self.heard.tell(command, parameters)
            if command in answers:
                self.lines.say(f"<:{BELL} {sender}/{answers[command]}")

    async def stop(self):
        self.task.cancel()
        await self.lines.close()


class CommunicatorCaller:
    title = "communicator"

    async def start(self, place):
        self.lines = Lines()
        await self.lines.open(place, "deck")
        self.lines.say("COMMANDS list=SHONE,ALDIS_REPLY")
        self.n = 0

    def whom(self, agent):
        """A name that begins with a digit is spelled."""
        return agent.target if isinstance(agent.target, str) else f"_{ord(str(agent.target)):x}"

    def parameters(self, asked):
        return ";".join(f"{name}={value}" for name, value in asked.items())

    async def call(self, agent, name, deadline_ms=None, asked=ASKED):
        self.n += 1
        ttl = "" if deadline_ms is None else f"aldis_ttl={deadline_ms / 1000}s;"
        self.lines.say(f"{self.whom(agent)}/{name} aldis_id={self.n};{ttl}{self.parameters(asked)}")
        while True:
            _, _, parameters = line_read(await self.lines.line())
            if parameters.get("aldis_id") == str(self.n):
                rest = {name: value for name, value in parameters.items() if not name.startswith("aldis_")}
                return parameters["aldis_outcome"], parameters.get("aldis_message") or rest

    async def event(self, agent, name, asked=ASKED):
        self.lines.say(f"{self.whom(agent)}/{name} {self.parameters(asked)}")

    async def stop(self):
        await self.lines.close()


# --- link -----------------------------------------------------------------------------------------------------------

SECRET = base64.b64encode(b"only for this test, and at least a little long").decode()


def token(payload):
    """A token as the original signs it (link.md 6.2)."""
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    text = b".".join(part(json.dumps(each, separators=(",", ":")).encode())
                     for each in ({"alg": "HS256", "typ": "JWT"}, {**payload, "iat": int(time.time())}))
    return (text + b"." + part(hmac.new(base64.b64decode(SECRET), text, hashlib.sha256).digest())).decode()


class Socket:
    """An end of a link: what comes is given by kind, heartbeats aside."""

    async def open(self, place, kind, **members):
        self.ws = await websockets.connect(place.link, compression=None, ping_interval=None, max_size=None)
        assert (await self.next())["type"] == "hello"
        await self.say(type=kind, data={"version": "2.0.0-alpha.25", **members})
        self.ready = await self.next()
        assert self.ready["type"] == "ready", self.ready
        self.src, self.seq = self.ready["data"]["src"], 0

    async def say(self, **frame):
        await self.ws.send(json.dumps(frame, separators=(",", ":")))

    async def route(self, kind, **members):
        self.seq += 1
        await self.say(type=kind, seq=self.seq, **members)

    async def next(self, patience=PATIENCE):
        while True:
            frame = json.loads(await asyncio.wait_for(self.ws.recv(), patience))
            if frame["type"] != "heartbeat":
                return frame

    async def close(self):
        await self.ws.close()


class LinkAgent:
    """A host."""

    title, target = "link", HOST

    def __init__(self):
        self.heard = Heard()

    async def start(self, place):
        self.link = Socket()
        await self.link.open(place, "registerHost", token=token({"aud": "host", "host": HOST}), id=HOST, plugins={})
        self.task = asyncio.ensure_future(self.serve())

    async def serve(self):
        while True:
            frame = await self.link.next(None)
            name = frame.get("name")
            if name in (SHINE, GLOW, BREAK, DANCE, SLEEP, HINT):
                self.heard.tell(name, level_of(frame.get("data", {})))
            ends = {"src": frame.get("dst"), "dst": frame.get("src")}
            if name in (SHINE, GLOW):
                await self.link.route("response", **ends, data=ANSWERED)
            elif name == BREAK:
                await self.link.route("responseError", **ends, data={"message": TROUBLE, "code": "RequestError"})
            elif name == DANCE:
                await self.link.route("responseError", **ends, data={"message": f"Unrecognized request {DANCE}",
                                                                     "code": "InvalidMessage"})

    async def stop(self):
        self.task.cancel()
        await self.link.close()


class LinkCaller:
    """A control. A request has no deadline there, so what shall have one is asked of the hub with aldis:CallRequest."""

    title = "link"
    CODES = {"InvalidMessage": "refused", "PermissionError": "refused", "SessionLost": "lost", "Expired": "expired",
             "Cancelled": "cancelled"}

    async def start(self, place):
        self.link = Socket()
        await self.link.open(place, "registerControl", token=token({"aud": "user", "user": "test"}))
        self.n = 0

    def whom(self, agent):
        return [1, {LAMP: LAMP_ID, BELL: BELL_ID}.get(agent.target, agent.target)]

    async def call(self, agent, name, deadline_ms=None, asked=ASKED):
        self.n += 1
        src = [*self.link.src, self.n]
        if deadline_ms is None:
            await self.link.route("request", src=src, dst=self.whom(agent), name=name, data=asked)
        else:
            await self.link.route("request", src=src, dst=[0, 0], name="aldis:CallRequest", data={
                "target": str(agent.target), "name": name, "payload": asked, "deadline_ms": deadline_ms})
        while (frame := await self.link.next()).get("dst") != src:
            pass
        if frame["type"] == "response":
            return "succeeded", frame["data"]
        if frame["data"]["message"].startswith("Response for "):
            return "failed", frame["data"]["message"]
        return self.CODES.get(frame["data"].get("code"), "failed"), frame["data"]["message"]

    async def event(self, agent, name, asked=ASKED):
        await self.link.route("event", src=self.link.src, dst=self.whom(agent), name=name, data=asked)

    async def stop(self):
        await self.link.close()


# --- the table ------------------------------------------------------------------------------------------------------

CALLERS = (ExchangeCaller, CommunicatorCaller, LinkCaller)
AGENTS = (ExchangeAgent, CommunicatorAgent, LinkAgent)
COLUMNS = ("command", "failure", "refusal", "event", "deadline")


class Place:
    """Where a hub is for each dialect."""

    def __init__(self, hub):
        self.exchange = f"ws://127.0.0.1:{hub.port}/exchange/controller"
        self.link = f"ws://127.0.0.1:{hub.port}/api/socket"
        self.communicator = split(hub.door("communicator-tcp"))


async def pair(caller, agent):
    """What becomes of each column: what the caller was told, after what the agent was told."""
    found = {}
    for column, name, deadline_ms in (("command", SHINE, None), ("failure", BREAK, None), ("refusal", DANCE, None),
                                      ("deadline", SLEEP, SHORT_MS)):
        outcome, said = await caller.call(agent, name, deadline_ms)
        found[column] = (await agent.heard.next(), outcome, said)
    await caller.event(agent, HINT)
    found["event"] = (await agent.heard.next(), None, None)
    return found


async def measure(hub):
    """The whole table: {(caller, agent): {column: ...}}."""
    place, table = Place(hub), {}
    for agent in (each() for each in AGENTS):
        await agent.start(place)
        for caller in (each() for each in CALLERS):
            await caller.start(place)
            table[caller.title, agent.title] = await pair(caller, agent)
            await caller.stop()
        await agent.stop()
    return table


HEAD = """# Who commands whom

Each caller is a program of its own protocol, as they exist today; so is each agent. The hub stands between. The table is what
`test/system/test_interop.py` found over real sockets: what a caller was told of a command that succeeds, of one that the agent
fails, of one that the agent does not know, of an event (which nobody answers; that the agent got it is what counts), and of one
that is not answered before its deadline. The test fails when the table is no longer true.

| caller | agent | command | failure | refusal | event | deadline |
|---|---|---|---|---|---|---|
"""

TAIL = """
The command was `SHINE` with `{"level":"3"}`, and so it arrived each time; the agent answered `{"seen":"yes"}`. The rules by which
payloads, names and outcomes pass from one protocol to another are those of the pages on each: [the extension of
exchange](wire-extension.md), [communicator](wire-communicator.md), [link](wire-link.md).

Over link both ends are held to the original's own code by `./dev interop`, which takes its library from npm: our hub to its hosts and
controls, of both generations, and `aldis call`, `send`, `watch`, `agent` and libaldis to its controller: outcomes, events, rights,
refusals, cuts and resumes under load in both roles, heartbeats and silence, goodbyes, and controllers that stop or are killed. The
package of the controller itself could not be had from npm; links, connectors, messages and their schemas, and subscriptions there are
the original's, while sessions, tokens and the way to the next hop are ours (`test/interop/controller.mjs`).
"""


def cell(column, found):
    heard, outcome, said = found
    if column == "event":
        return "arrives"
    if outcome == "succeeded":
        return f"succeeded, `{json.dumps(said, separators=(',', ':'))}`"
    return f"{outcome}: {said}"


def page(table):
    rows = (f"| {caller} | {agent} | " + " | ".join(cell(column, found[column]) for column in COLUMNS) + " |\n"
            for (caller, agent), found in sorted(table.items()))
    return HEAD + "".join(rows) + TAIL


class Interop(HubCase):
    @classmethod
    def setUpClass(cls):
        cls.secret = tempfile.NamedTemporaryFile("w", suffix=".secret")  # read by the hub while the class is tested
        cls.addClassCleanup(cls.secret.close)
        cls.secret.write(SECRET + "\n")
        cls.secret.flush()

    def table(self):
        hub = self.hub("hub.id=alpha", "communicator.tcp=127.0.0.1:0", f"link.secret={self.secret.name}",
                       "link.heartbeat_interval=5m",  # nobody here sends any
                       f"link.alias={LAMP}=host {LAMP_ID}, {BELL}=host {BELL_ID}")
        return asyncio.run(measure(hub))

    def test_everybody_commands_everybody(self):
        table = self.table()
        self.assertEqual(len(table), len(CALLERS) * len(AGENTS))
        for who, found in table.items():
            for column, name, outcome in (("command", SHINE, "succeeded"), ("failure", BREAK, "failed"),
                                          ("refusal", DANCE, "refused"), ("deadline", SLEEP, "expired"),
                                          ("event", HINT, None)):
                with self.subTest(who=who, column=column):
                    heard, told, said = found[column]
                    self.assertEqual(heard, (name, ASKED))
                    self.assertEqual(told, outcome, said)
                    if column == "command":
                        self.assertEqual(said, ANSWERED)
                    elif column == "failure":
                        self.assertIn(TROUBLE, said)
        with open(PAGE, encoding="utf-8") as file:
            self.assertEqual(file.read(), page(table), "docs/interop.md: write it anew with --write")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        Interop.setUpClass()
        case = Interop("test_everybody_commands_everybody")
        text = page(case.table())
        with open(sys.argv[2], "w", encoding="utf-8") as file:
            file.write(text)
        case.doCleanups()
        Interop.doClassCleanups()
    else:
        unittest.main()
