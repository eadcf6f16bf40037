"""What breaks its schema reaches nobody, whoever says it to whom, and each is told in the words of its protocol.

One table: every way to send (a program of each protocol, the API, and the command line, which is libaldis, over each protocol that
it speaks) with every kind of agent, over real sockets.
"""

import asyncio
import json
import os
import shutil
import tempfile
import unittest

from cli_rig import aldis
from harness import HubCase, wait_until_async
from test_interop import (ANSWERED, ASKED, BELL, BELL_ID, CALLERS, DANCE, GLOW, HINT, Heard, LAMP, LAMP_ID, SECRET, SHINE, AGENTS, Place,
                          token)

BAD = {"level": "30"}
LEVEL = {"type": "object", "properties": {"level": {"enum": ["3"]}}, "required": ["level"], "additionalProperties": False}
FAULT = 'must be one of ["3"] at /level (rule #/properties/level/enum)'
SEEN = "must not have more characters than 2 at /seen (rule #/properties/seen/maxLength)"
INNER, OUTER = "INNER", "OUTER"  # nobody here may say the one, or be told the other

SCHEMAS = (
    {"name": SHINE, "kind": "request", "schema": LEVEL, "response": {"required": ["seen"]}},
    {"name": GLOW, "kind": "request", "schema": LEVEL, "response": {"properties": {"seen": {"maxLength": 2}}}},
    {"name": HINT, "kind": "event", "schema": LEVEL},
    {"name": INNER, "kind": "request", "src": ["instance", "controller"]},
    {"name": OUTER, "kind": "request", "dst": ["instance", "control"]},
)


class ApiCaller:
    title = "API"

    def __init__(self, hub):
        self.hub = hub

    async def start(self, place):
        pass

    async def post(self, page, agent, name, asked):
        body = json.dumps({"target": str(agent.target), "name": name, "payload": asked})
        answer = await asyncio.to_thread(self.hub.request, "POST", f"/api/v1/{page}",
                                         headers={"Content-Type": "application/json"}, body=body)
        return answer.json()

    async def call(self, agent, name, asked=ASKED):
        told = await self.post("commands", agent, name, asked)
        return told["outcome"], told["reply"]["payload"] if told["outcome"] == "succeeded" else told["text"]

    async def event(self, agent, name, asked=ASKED):
        return (await self.post("events", agent, name, asked))["fate"]

    async def stop(self):
        pass


class AldisCaller:
    """`aldis call` and `aldis send`, which are libaldis, over a protocol each."""

    OUTCOMES = {0: "succeeded", 10: "failed", 11: "refused", 12: "cancelled", 13: "expired", 14: "lost"}

    def __init__(self, hub, title, url, **env):
        self.title, self.url, self.env = title, url, env

    async def start(self, place):
        pass

    def whom(self, agent):
        return str({LAMP: LAMP_ID, BELL: BELL_ID}.get(agent.target, agent.target)) if "link" in self.url else str(agent.target)

    async def run(self, verb, agent, name, asked):
        return await asyncio.to_thread(aldis, verb, self.whom(agent), name, json.dumps(asked), url=self.url, env=self.env)

    async def call(self, agent, name, asked=ASKED):
        done = await self.run("call", agent, name, asked)
        return self.OUTCOMES.get(done.status, done.status), done.json() if done.status == 0 else done.err

    async def event(self, agent, name, asked=ASKED):
        await self.run("send", agent, name, asked)

    async def stop(self):
        pass


class Validation(HubCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="aldis-validation-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.mkdir(self.path("schemas"))
        for document in SCHEMAS:
            with open(self.path("schemas", document["name"] + ".json"), "w", encoding="utf-8") as file:
                json.dump(document, file)
        with open(self.path("secret"), "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(SECRET)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def validating(self, *settings):
        return self.hub("hub.id=alpha", "communicator.tcp=127.0.0.1:0", f"link.secret={self.path('secret')}",
                        "link.heartbeat_interval=5m", f"link.alias={LAMP}=host {LAMP_ID}, {BELL}=host {BELL_ID}",
                        f"link.schemas={self.path('schemas')}", *settings)

    def callers(self, hub):
        control = token({"aud": "user", "user": "test"})
        return [*(each() for each in CALLERS), ApiCaller(hub),
                AldisCaller(hub, "libaldis, exchange", f"unix:{hub.unix}"),
                AldisCaller(hub, "libaldis, communicator", f"cd://{hub.door('communicator-tcp')}"),
                AldisCaller(hub, "libaldis, link", f"link+ws://{hub.door('http')}", ALDIS_TOKEN=control)]

    def counted(self, hub):
        return [hub.edge_counter(f"schema_{name}") for name in ("commands_refused", "replies_failed", "events_dropped")]

    async def check(self, hub, caller, agent):
        before = self.counted(hub)
        agent.heard = Heard()  # whatever went wrong before
        self.assertEqual(await caller.call(agent, SHINE), ("succeeded", ANSWERED))
        self.assertEqual(await agent.heard.next(), (SHINE, ASKED))

        outcome, said = await caller.call(agent, SHINE, asked=BAD)
        self.assertEqual(outcome, "refused", said)
        self.assertIn(f"Request SHINE failed validation: {FAULT}", said)

        outcome, said = await caller.call(agent, GLOW)
        self.assertEqual(outcome, "failed", said)
        self.assertIn(f"Response for request GLOW failed validation: {SEEN}", said)
        self.assertEqual(await agent.heard.next(), (GLOW, ASKED))

        for name, words in ((INNER, "Source "), (OUTER, r"Destination (host|\[Address host:4\]) is not allowed for OUTER")):
            outcome, said = await caller.call(agent, name)
            self.assertEqual(outcome, "refused", said)
            self.assertRegex(said, words)
            self.assertIn(f" is not allowed for {name}", said)

        fate = await caller.event(agent, HINT, asked=BAD)
        self.assertEqual(fate, "dropped" if caller.title == "API" else None)
        await caller.event(agent, HINT)
        name, heard = await agent.heard.next()  # and nothing came between
        heard.pop("cache", None)  # an option of an event among services, beside its parameters
        self.assertEqual((name, heard), (HINT, ASKED))

        outcome, said = await caller.call(agent, DANCE)  # no schema: the agent itself refuses it
        self.assertEqual(outcome, "refused", said)
        self.assertEqual(await agent.heard.next(), (DANCE, ASKED))
        after = self.counted(hub)
        self.assertEqual([now - then for now, then in zip(after, before)], [3, 1, 1])

    async def table(self, hub):
        place = Place(hub)
        for agent in (each() for each in AGENTS):
            await agent.start(place)
            for caller in self.callers(hub):
                await caller.start(place)
                with self.subTest(caller=caller.title, agent=agent.title):
                    await asyncio.wait_for(self.check(hub, caller, agent), 60)
                await caller.stop()
            await agent.stop()

    def test_everybody_is_held_to_the_schemas(self):
        hub = self.validating()
        asyncio.run(self.table(hub))

    async def strict(self, hub):
        place, agent = Place(hub), AGENTS[0]()
        await agent.start(place)
        for caller in self.callers(hub):
            await caller.start(place)
            with self.subTest(caller=caller.title):
                known = "link" not in caller.title
                self.assertEqual((await caller.call(agent, SHINE))[0], "succeeded")
                await agent.heard.next()
                outcome, said = await caller.call(agent, DANCE)
                self.assertEqual(outcome, "refused", said)
                if known:
                    self.assertEqual(await agent.heard.next(), (DANCE, ASKED))
                else:
                    self.assertIn("Unrecognized request DANCE", said)
                await caller.event(agent, SHINE)  # the name of a request
                await caller.event(agent, HINT)
                if known:
                    self.assertEqual(await agent.heard.next(), (SHINE, ASKED))
                self.assertEqual(await agent.heard.next(), (HINT, ASKED))
            await caller.stop()
        await agent.stop()

    def test_strict_holds_links_to_the_names_and_nobody_else(self):
        hub = self.validating("link.strict=yes")
        asyncio.run(self.strict(hub))
        self.assertEqual(hub.edge_counter("schema_unrecognized"), 4)  # a request and an event of each of two

    async def told(self, hub):
        """Who asks for a report of an event hears why it was dropped, where the protocol has a word for it."""
        place, agent = Place(hub), AGENTS[1]()
        await agent.start(place)
        service = CALLERS[1]()
        await service.start(place)
        service.lines.say(f"{BELL}/{HINT} transmission_report=failure;level=30")
        await wait_until_async(lambda: hub.edge_counter("schema_events_dropped") == 1, "it is dropped")
        line = await service.lines.line()
        while "TRANSMISSION_REPORT" not in line:
            line = await service.lines.line()
        self.assertIn("status=failed", line)
        await service.stop()
        await agent.stop()

    def test_a_dropped_event_is_reported_to_who_wants_to_know(self):
        asyncio.run(self.told(self.validating()))


if __name__ == "__main__":
    unittest.main()
