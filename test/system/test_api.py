"""The API: what can be read of a hub, in which form, and how it refuses."""

import asyncio
import json
import re
import unittest
from urllib.parse import quote

from harness import Connector, HubCase, echo, wait_until_async

INSTANT = re.compile(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")


def names(value):
    """Every member name in a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names(inner)


class Api(HubCase):
    def assert_problem(self, response, status):
        self.assertEqual(response.status, status)
        self.assertEqual(response.headers["Content-Type"], "application/problem+json")
        problem = response.json()
        self.assertEqual(problem["status"], status)
        self.assertEqual(problem["type"], "about:blank")
        self.assertTrue(problem["title"])
        return problem

    def test_the_hub(self):
        hub = self.hub("hub.id=north", "exchange.identifier=cloud")
        response = hub.request("GET", "/api/v1/hub")
        self.assertEqual(response.headers["Content-Type"], "application/json")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertRegex(response.headers["Date"], r"\A\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\Z")
        state = response.json()
        self.assertEqual((state["id"], state["identifier"], state["draining"]), ("north", "cloud", False))
        self.assertRegex(state["version"], r"\A\d+\.\d+\.\d+\Z")
        self.assertRegex(state["started"], INSTANT)
        self.assertGreaterEqual(state["uptime_ms"], 0)
        self.assertEqual(state["totals"]["connections"], 0)
        self.assertEqual(state["counters"]["commands_submitted"], 0)
        self.assertEqual(state["dialects"]["exchange"]["exchange_frames_in"], 0)
        self.assertEqual([door["name"] for door in state["doors"]], ["http", "unix"])
        self.assertTrue(all(door["loopback"] for door in state["doors"]))
        self.assertGreaterEqual(state["transport"]["accepted"], 1)
        for name in names(state):
            self.assertRegex(name, r"\A[a-z][a-z0-9_]*\Z")

    def test_targets_and_channels(self):
        hub = self.hub()

        async def scene():
            odd = "a b/ü:%"
            async with Connector(hub.url(), target="t"), Connector(hub.url(), target="t"), \
                    Connector(hub.url(), target=odd):
                await wait_until_async(lambda: any(c["primary"] for c in hub.channels("t")), "a primary")
                targets = hub.get("/api/v1/targets")
                self.assertEqual([target["name"] for target in targets["targets"]], ["t", odd])
                self.assertNotIn("next", targets)
                target = hub.get("/api/v1/targets/t")
                self.assertEqual((target["channels"], target["live"], target["active"]), (2, 2, 2))
                self.assertEqual(hub.get("/api/v1/targets/" + quote(odd, safe=""))["name"], odd)
                self.assertEqual(len(hub.get("/api/v1/channels")["channels"]), 3)
                self.assertEqual(len(hub.get("/api/v1/channels?target=" + quote(odd, safe=""))["channels"]), 1)
                self.assertEqual(hub.get("/api/v1/channels?target=nobody")["channels"], [])
                for channel in hub.channels("t"):
                    self.assertEqual(hub.get("/api/v1/channels/" + channel["id"])["id"], channel["id"])
                    self.assertEqual(channel["target"], "t")
                    self.assertEqual((channel["state"], channel["active"]), ("live", True))
                    self.assertEqual(channel["dialect"], "exchange")
                    self.assertRegex(channel["peer"], r"\A127\.0\.0\.1:\d+\Z")
                    self.assertRegex(channel["since"], INSTANT)
                primaries = [channel["id"] for channel in hub.channels("t") if channel["primary"]]
                self.assertEqual(primaries, [target["primary"]])

        self.run_async(scene())
        hub.wait_counter(lambda: hub.counter("connections_closed"), 3)
        self.assertEqual(hub.get("/api/v1/targets")["targets"], [])
        self.assert_problem(hub.request("GET", "/api/v1/targets/t"), 404)

    def test_the_story_of_a_command(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t", handlers={"E": echo})
            caller = Connector(hub.url(), extended=True)
            async with agent, caller:
                reply = await caller.command("E", {"a": [1, None, "ü"]}, to="t", ttl_ms=5000)
                for id_ in (reply["commandId"], hub.get("/api/v1/commands")["commands"][0]["id"]):
                    story = hub.get(f"/api/v1/commands/{id_}")
                    self.assertEqual(story["wire_id"], reply["commandId"])
                    self.assertEqual((story["name"], story["to"], story["mode"]), ("E", "t", "any"))
                    self.assertEqual((story["phase"], story["outcome"], story["attempts"]), ("done", "succeeded", 1))
                    self.assertRegex(story["submitted"], INSTANT)
                    self.assertGreater(story["deadline_ms"], 4900)
                    self.assertLessEqual(story["deadline_ms"], 5000)
                    self.assertGreaterEqual(story["ended_ms"], 0)
                    self.assertEqual(story["reply"]["payload"], {"a": [1, None, "ü"]})
                    phases = [line["phase"] for line in story["story"]]
                    self.assertEqual((phases[0], phases[-1]), ("submitted", "done"))
                    self.assertTrue(all(INSTANT.match(line["at"]) for line in story["story"]))
                    times = [line["at_ms"] for line in story["story"]]
                    self.assertEqual(times, sorted(times))
                nobody = await caller.command("E", {}, to="nobody")
                story = hub.get(f"/api/v1/commands/{nobody['commandId']}")
                self.assertEqual((story["outcome"], story["cause"]), ("refused", "no_target"))
                self.assertTrue(story["text"])
                self.assertNotIn("reply", story)

        self.run_async(scene())

    def test_a_command_under_way(self):
        hub = self.hub()

        async def scene():
            agent, caller = Connector(hub.url(), target="t"), Connector(hub.url(), extended=True)
            async with agent, caller:
                call = asyncio.ensure_future(caller.command("W", {}, to="t"))
                await wait_until_async(lambda: agent.commands, "the command")
                command = hub.get("/api/v1/commands")["commands"][0]
                self.assertIsNone(command["outcome"])
                self.assertEqual(command["phase"], "sent")
                self.assertGreaterEqual(command["age_ms"], 0)
                self.assertEqual(hub.state()["totals"]["in_flight"], 1)
                await agent.reply(agent.commands[0], commandStatus="SUCCEEDED")
                await call

        self.run_async(scene())

    def test_the_members_of_a_roster(self):
        hub = self.hub()

        async def scene():
            def fail(command):
                return {"commandStatus": "ERROR", "errorDetails": "no"}

            agents = [Connector(hub.url(), target="t", handlers={"E": echo}),
                      Connector(hub.url(), target="t", handlers={"E": fail})]
            caller = Connector(hub.url(), extended=True)
            async with agents[0], agents[1], caller:
                reply = await caller.command("E", {}, to="t", mode="all")
                self.assertEqual(reply["outcome"], "failed")
                story = hub.get(f"/api/v1/commands/{reply['commandId']}")
                self.assertEqual((story["members"], story["mode"]), (2, "all"))
                page = hub.get(f"/api/v1/commands/{reply['commandId']}/members")
                self.assertEqual(sorted(member["outcome"] for member in page["members"]), ["failed", "succeeded"])
                self.assertNotIn("next", page)
                first = hub.get(f"/api/v1/commands/{reply['commandId']}/members?limit=1")
                second = hub.get(f"/api/v1/commands/{reply['commandId']}/members?limit=1&after={first['next']}")
                self.assertEqual(first["members"] + second["members"], page["members"])

        self.run_async(scene())

    def test_pages(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t", handlers={"E": echo})
            caller = Connector(hub.url(), extended=True)
            async with agent, caller:
                sent = [(await caller.command("E", {"n": n}, to="t"))["commandId"] for n in range(7)]
                seen, after = [], ""
                while True:
                    page = hub.get(f"/api/v1/commands?limit=3{after}")
                    self.assertLessEqual(len(page["commands"]), 3)
                    seen += [command["wire_id"] for command in page["commands"]]
                    if "next" not in page:
                        break
                    self.assertEqual(len(page["commands"]), 3)
                    after = "&after=" + quote(page["next"], safe="")
                self.assertEqual(seen, sent)
                self.assertEqual(hub.get("/api/v1/commands?limit=7")["commands"][-1]["wire_id"], sent[-1])
                self.assertNotIn("next", hub.get("/api/v1/commands?limit=7"))

        self.run_async(scene())

    def test_refusals(self):
        hub = self.hub()
        for path in ("/nothing", "/api", "/api/v1", "/api/v1/", "/api/v1/hub/", "/api/v1/hub/x", "/api/v2/hub",
                     "/api/v1/targets/nobody", "/api/v1/targets/", "/api/v1/channels/nobody",
                     "/api/v1/commands/00000000-0000-4000-8000-000000000000", "/api/v1/commands/x/members",
                     "/api/v1/commands/x/y", "//", "/livez/", "/a/b/c/d/e/f/g/h", "/api/v1/targets/" + "x" * 8000):
            with self.subTest(path=path[:40]):
                self.assert_problem(hub.request("GET", path), 404)
        for path in ("/", "/livez", "/readyz", "/api/v1/hub", "/api/v1/targets/t"):
            for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
                with self.subTest(method=method, path=path):
                    response = hub.request(method, path)
                    self.assert_problem(response, 405)
                    self.assertEqual(response.headers["Allow"], "GET, HEAD")
        for query in ("limit=0", "limit=1001", "limit=x", "limit=-1", "limit=", "limit=%zz", "after=x", "after=-1",
                      "after=99999999999999999999", "limit=" + "1" * 100):
            with self.subTest(query=query):
                self.assert_problem(hub.request("GET", f"/api/v1/commands?{query}"), 400)
        self.assert_problem(hub.request("GET", "/api/v1/channels?target=" + "x" * 300), 400)
        self.assertEqual(hub.get("/api/v1/commands?after=18446744073709551615")["commands"], [])

    def test_plain_pages(self):
        hub = self.hub()
        for path, text in (("/livez", b"alive\n"), ("/readyz", b"ready\n")):
            response = hub.request("GET", path)
            self.assertEqual((response.status, response.body), (200, text))
        self.assertEqual(hub.request("GET", "/?x=y").status, 200)

    def test_bytes_that_are_no_utf8_come_out_as_json(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t")
            caller = Connector(hub.url(), extended=True)
            async with agent, caller:
                call = asyncio.ensure_future(caller.command("W", {}, to="t"))
                await wait_until_async(lambda: agent.commands, "the command")
                await agent.ws.send(b't:REPLY;;e:{"commandId":"' + agent.commands[0]["id"].encode() +
                                    b'","type":"W","commandStatus":"SUCCEEDED","payload":{"x":"\xff"}}')
                reply = await call
                body = hub.request("GET", f"/api/v1/commands/{reply['commandId']}").body
                self.assertEqual(json.loads(body.decode("utf-8"))["reply"]["payload"], {"x": "\ufffd"})

        self.run_async(scene())


if __name__ == "__main__":
    unittest.main()
