"""What the API changes: commands submitted and taken back, events, channels told to leave or made primary, the hub drained."""

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import threading
import unittest

from harness import PATIENCE, Connector, HubCase, echo, wait_until_async

JSON = {"Content-Type": "application/json"}


def fail(command):
    return {"commandStatus": "ERROR", "errorDetails": "no oil"}


class Management(HubCase):
    def post(self, hub, path, body=None, headers=None, **options):
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        return hub.request("POST", path, {**(JSON if body is not None else {}), **(headers or {})}, body, **options)

    def command(self, hub, status=200, query="", **members):
        response = self.post(hub, "/api/v1/commands" + query, {"target": "t", "name": "E", **members})
        self.assertEqual(response.status, status, response.body)
        return response.json()

    def off_loop(self, call, *arguments, **members):
        return asyncio.get_running_loop().run_in_executor(None, lambda: call(*arguments, **members))

    def assert_problem(self, response, status, *parts):
        self.assertEqual(response.status, status, response.body)
        self.assertEqual(response.headers["Content-Type"], "application/problem+json")
        for part in parts:
            self.assertIn(part, response.json()["detail"])


class Submits(Management):
    def test_the_answer_is_the_outcome_whatever_it_is(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t", handlers={"E": echo, "F": fail})
            async with agent:
                done = await self.off_loop(self.command, hub, payload={"a": [1, None, "ü"]})
                self.assertEqual((done["outcome"], done["phase"], done["reply"]["payload"]),
                                 ("succeeded", "done", {"a": [1, None, "ü"]}))
                self.assertEqual((done["from"], done["attempts"], done["mode"]), ("api", 1, "any"))
                self.assertEqual(hub.get("/api/v1/commands/" + done["id"]), done)
                failed = await self.off_loop(self.command, hub, name="F")
                self.assertEqual((failed["outcome"], failed["text"]), ("failed", "no oil"))
                expired = await self.off_loop(self.command, hub, name="W", deadline_ms=50)
                self.assertEqual((expired["outcome"], expired["cause"]), ("expired", "deadline"))
                self.assertGreaterEqual(expired["ended_ms"], 50)
                lost = self.off_loop(self.command, hub, name="W")
                await wait_until_async(lambda: len(agent.commands) == 4, "the command that will be lost")
            self.assertEqual((await lost)["outcome"], "lost")
            refused = await self.off_loop(self.command, hub)
            self.assertEqual((refused["outcome"], refused["cause"]), ("refused", "no_target"))
            self.assertEqual(hub.counter("commands_submitted"), 5)

        self.run_async(scene())

    def test_what_the_agent_is_given(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t", handlers={"E": echo}, extended=True)
            async with agent:
                await self.off_loop(self.command, hub, payload=None)
                await self.off_loop(self.command, hub, payload={}, deadline_ms=5000, idempotent=True, version="2.1",
                                    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                await self.off_loop(self.command, hub)
                await self.off_loop(self.command, hub, payload={"ä": "\u0000\n\\"}, name="E")
            null, full, bare, odd = agent.commands
            self.assertIsNone(null.get("payload"))
            self.assertEqual((full["payload"], full["version"], full["idempotent"]), ({}, "2.1", True))
            self.assertTrue(0 < full["ttl_ms"] <= 5000)
            self.assertTrue(full["traceparent"].startswith("00-0af7"))
            self.assertNotIn("payload", bare)
            self.assertEqual(odd["payload"], {"ä": "\u0000\n\\"})

        self.run_async(scene())

    def test_addresses(self):
        hub = self.hub("hub.id=north")

        async def scene():
            odd = "a b#c"
            first, second = Connector(hub.url(), target="t", handlers={"E": echo}), Connector(hub.url(), target="t")
            async with first, second, Connector(hub.url(), target=odd, handlers={"E": echo}):
                port = first.ws.local_address[1]
                channel = next(c["id"] for c in hub.channels("t") if c["peer"].endswith(f":{port}"))
                for address in ({"to": f"t#{channel}"}, {"target": "t", "channel": channel},
                                {"to": "t", "channel": channel}, {"to": f"north:t#{channel}", "mode": "channel"}):
                    for _ in range(2):
                        response = await self.off_loop(self.post, hub, "/api/v1/commands", {"name": "E", **address})
                        self.assertEqual(response.json()["outcome"], "succeeded", address)
                        self.assertEqual(response.json()["mode"], "channel")
                for address in ({"target": odd}, {"to": "a%20b%23c"}):
                    response = await self.off_loop(self.post, hub, "/api/v1/commands", {"name": "E", **address})
                    self.assertEqual((response.json()["outcome"], response.json()["to"]), ("succeeded", "a%20b%23c"))
                for address, cause in (({"to": "south:t"}, "no_target"), ({"target": "x" * 300}, "invalid"),
                                       ({"target": "t", "mode": "channel"}, "invalid"), ({"to": "*"}, "no_target")):
                    response = await self.off_loop(self.post, hub, "/api/v1/commands", {"name": "E", **address})
                    self.assertEqual(response.json()["outcome"], "refused", address)
                everybody = await self.off_loop(self.command, hub, mode="all", deadline_ms=100)
                self.assertEqual((everybody["members"], everybody["outcome"]), (2, "expired"))

        self.run_async(scene())

    def test_at_once_and_looked_up_later(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t")
            async with agent:
                for query, headers in (("?wait=false", {}), ("", {"Prefer": "respond-async"}),
                                       ("?wait=true", {"Prefer": "return=minimal, respond-async; wait=0"})):
                    response = await self.off_loop(self.post, hub, "/api/v1/commands" + query,
                                                   {"target": "t", "name": "W"}, headers)
                    self.assertEqual(response.status, 202)
                    self.assertEqual(response.headers["Preference-Applied"], "respond-async" if headers else None)
                    command = response.json()
                    self.assertIsNone(command["outcome"])
                    self.assertEqual(response.headers["Location"], "/api/v1/commands/" + command["id"])
                    await wait_until_async(lambda: agent.commands, "the command")
                    await agent.reply(agent.commands.pop(), commandStatus="SUCCEEDED", payload=5)
                    path = response.headers["Location"]
                    await wait_until_async(lambda: hub.get(path)["outcome"] == "succeeded", "the outcome")
                refused = await self.off_loop(self.command, hub, status=202, query="?wait=false", target="nobody")
                self.assertEqual(refused["outcome"], "refused")

        self.run_async(scene())

    def test_an_id_of_ones_own(self):
        hub = self.hub()
        id_ = "12345678-1234-4234-8234-123456789abc"

        async def scene():
            agent = Connector(hub.url(), target="t")
            async with agent:
                first = self.off_loop(self.command, hub, id=id_)
                await wait_until_async(lambda: agent.commands, "the command")
                second = await self.off_loop(self.command, hub, id=id_)
                self.assertEqual((second["outcome"], second["cause"]), ("refused", "duplicate"))
                await agent.reply(agent.commands[0], commandStatus="SUCCEEDED")
                self.assertEqual((await first)["wire_id"], id_)

        self.run_async(scene())
        for wrong in ("x", "", id_ + "0"):
            self.assert_problem(self.post(hub, "/api/v1/commands", {"target": "t", "name": "E", "id": wrong}), 400, "id",
                                "a UUID")

    def test_who_leaves_takes_nothing_back(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t")
            async with agent:
                sock = await self.off_loop(hub.socket)
                body = b'{"target":"t","name":"W"}'
                sock.sendall(b"POST /api/v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                await wait_until_async(lambda: agent.commands, "the command")
                sock.close()
                await wait_until_async(lambda: hub.door_counter("visits_left") == 1, "the visitor to be missed")
                command = hub.get("/api/v1/commands")["commands"][0]
                self.assertIsNone(command["outcome"])
                await agent.reply(agent.commands[0], commandStatus="SUCCEEDED")
                await wait_until_async(lambda: hub.get(f"/api/v1/commands/{command['id']}")["outcome"] == "succeeded",
                                       "the outcome")

        self.run_async(scene())

    def test_requests_behind_it_wait(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t")
            async with agent:
                reader, writer = await asyncio.open_connection(hub.host, hub.port)
                body = b'{"target":"t","name":"W"}'
                writer.write(b"POST /api/v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\n\r\n%sGET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
                             % (len(body), body))
                await wait_until_async(lambda: agent.commands, "the command")
                await agent.reply(agent.commands[0], commandStatus="SUCCEEDED")
                seen = await asyncio.wait_for(reader.readuntil(b"alive\n"), PATIENCE)
                self.assertLess(seen.index(b'"outcome":"succeeded"'), seen.index(b"alive"))
                writer.close()

        self.run_async(scene())

    def test_large_payloads(self):
        hub = self.hub()

        async def scene():
            async with Connector(hub.url(), target="t", handlers={"E": echo}):
                payload = {"x": "y" * 10_000_000}
                done = await self.off_loop(self.command, hub, payload=payload)
                self.assertEqual(done["reply"]["payload"], payload)

        self.run_async(scene())
        response = self.post(hub, "/api/v1/commands", {"target": "t", "name": "E", "payload": "x" * 14_000_000})
        self.assert_problem(response, 413)
        self.assert_problem(self.post(hub, "/api/v1/commands/x/cancel", "x" * 14_000_000), 413)

    def test_bodies_that_are_no_commands(self):
        hub = self.hub()
        whole = '{"target":"t","name":"E"'
        for body, parts in (("", ("byte 0",)), ("{", ("byte 1",)), ("[]", ("object",)), ("nul", ("JSON",)),
                            (whole + ',"payload":[1,]}', ("byte 38",)), (whole + '} {}', ("byte 26",)),
                            (whole + ',"deadlien_ms":5}', ('"deadlien_ms"', "byte 25")),
                            (whole + ',"deadline_ms":"5"}', ("deadline_ms", "byte 39", "number")),
                            (whole + ',"mode":7}', ("mode", "byte 32")), ('{"target":"t"}', ("name",)),
                            ('{"name":"E"}', ("target", "to")), (whole + ',"to":"t"}', ("target", "to")),
                            ('{"to":"a:","name":"E"}', ("to", "address")), ('{"to":"%zz","name":"E"}', ("address",)),
                            ('{"to":"' + "x" * 3000 + '","name":"E"}', ("address",)),
                            (b'{"target":"\xff","name":"E"}', ("UTF-8",)), ('{"target":"t","name":"\x01"}', ("byte 22",)),
                            ("[" * 200 + "]" * 200, ("deep",)), (whole + ',"payload":' + "[" * 200, ("deep",))):
            with self.subTest(body=body[:60]):
                self.assert_problem(self.post(hub, "/api/v1/commands", body), 400, *parts)
        self.assertEqual(hub.counter("commands_submitted"), 0)

    def test_members_given_twice_and_escaped(self):
        hub = self.hub()

        async def scene():
            async with Connector(hub.url(), target="t", handlers={"E": echo}):
                body = '{"target":"x","payload":[1,{"a":2}],"n\\u0061me":"\\u0045","target":"t","payload":7}'
                done = (await self.off_loop(self.post, hub, "/api/v1/commands", body)).json()
                self.assertEqual((done["outcome"], done["name"], done["reply"]["payload"]), ("succeeded", "E", 7))

        self.run_async(scene())

    def test_requests_of_other_kinds(self):
        hub = self.hub()
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
            response = hub.request(method, "/api/v1/commands", JSON, "{}")
            self.assert_problem(response, 405)
            self.assertEqual(response.headers["Allow"], "GET, HEAD, POST")
        for path, allow in (("/api/v1/channels/c", "GET, HEAD, DELETE"), ("/api/v1/hub/drain", "POST"),
                            ("/api/v1/commands/c/cancel", "POST"), ("/api/v1/events", "GET, HEAD, POST")):
            self.assertEqual(hub.request("PUT", path).headers["Allow"], allow)
        for path in ("/api/v1/commands/c/cancel", "/api/v1/hub/drain", "/api/v1/channels/c/primary"):
            self.assert_problem(self.post(hub, path, "{}"), 400, "no body")
        for origin in ("http://evil.example", "null"):
            response = self.post(hub, "/api/v1/commands", {"target": "t", "name": "E"}, {"Origin": origin})
            self.assert_problem(response, 403)
        self.assertEqual(hub.counter("commands_submitted"), 0)

    def test_many_at_once(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t")
            async with agent:
                body = b'{"target":"t","name":"W","payload":%d}'
                streams = []
                for n in range(300):
                    reader, writer = await asyncio.open_connection(hub.host, hub.port)
                    text = body % n
                    writer.write(b"POST /api/v1/commands HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                 b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
                    streams.append((reader, writer))
                await wait_until_async(lambda: len(agent.commands) == 300, "the commands")
                for command in reversed(agent.commands):
                    await agent.reply(command, commandStatus="SUCCEEDED", payload=command["payload"])
                for n, (reader, writer) in enumerate(streams):
                    answer = json.loads((await asyncio.wait_for(reader.read(), PATIENCE)).partition(b"\r\n\r\n")[2])
                    self.assertEqual((answer["outcome"], answer["reply"]["payload"]), ("succeeded", n))
                    writer.close()

        self.run_async(scene())

    def test_ten_thousand_in_flight_are_all_there_may_be(self):
        hub = self.hub()
        body = b'{"target":"t","name":"W"}'
        request = (b"POST /api/v1/commands?wait=false HTTP/1.1\r\nHost: localhost\r\n"
                   b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

        def submit(n):
            """So many, over one connection; returns how often the hub was busy."""
            with contextlib.closing(hub.socket()) as sock:
                threading.Thread(target=lambda: sock.sendall(request * n), daemon=True).start()
                with sock.makefile("rb") as file:
                    busy = 0
                    for _ in range(n):
                        self.assertEqual(file.readline(), b"HTTP/1.1 202 Accepted\r\n")
                        size = 0
                        while (line := file.readline()) != b"\r\n":
                            name, _, value = line.partition(b":")
                            size = int(value) if name.lower() == b"content-length" else size
                        busy += b'"cause":"busy"' in file.read(size)
                    return busy

        async def scene():
            async with Connector(hub.url(), target="t"):
                self.assertEqual(await self.off_loop(submit, 9000), 0)
                self.assertEqual(await self.off_loop(submit, 1500), 500)
                totals = hub.state()["totals"]
                self.assertEqual(totals["in_flight"] + totals["queued"], 10000)
                self.assertEqual(hub.counter("commands_refused_busy"), 500)

        self.run_async(scene())


class Operates(Management):
    def test_taking_a_command_back(self):
        hub = self.hub("limits.channel_in_flight_max=1")

        async def scene():
            agent = Connector(hub.url(), target="t")
            async with agent:
                sent = await self.off_loop(self.command, hub, status=202, query="?wait=false", name="W")
                await wait_until_async(lambda: agent.commands, "the command")
                waiting = self.off_loop(self.command, hub, name="W")
                await wait_until_async(lambda: hub.state()["totals"]["queued"] == 1, "the one that waits")
                queued = hub.get("/api/v1/commands?phase=queued")["commands"][0]
                response = await self.off_loop(self.post, hub, f"/api/v1/commands/{queued['id']}/cancel")
                self.assertEqual((response.status, response.json()["outcome"]), (202, "cancelled"))
                self.assertEqual((await waiting)["outcome"], "cancelled")
                response = await self.off_loop(self.post, hub, f"/api/v1/commands/{queued['id']}/cancel")
                self.assert_problem(response, 409)
                # A genuine connector cannot be asked: the command goes on.
                response = await self.off_loop(self.post, hub, f"/api/v1/commands/{sent['id']}/cancel")
                self.assertEqual((response.status, response.json()["outcome"]), (202, None))
                await agent.reply(agent.commands[0], commandStatus="SUCCEEDED")
            self.assert_problem(self.post(hub, "/api/v1/commands/nothing/cancel"), 404)

        self.run_async(scene())

    def test_sending_events(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t")
            async with agent:
                event = {"target": "t", "name": "lit", "payload": [1]}
                response = await self.off_loop(self.post, hub, "/api/v1/events", event)
                self.assertEqual((response.status, response.json()["fate"]), (202, "delivered"))
                await wait_until_async(lambda: agent.commands, "the event")
                self.assertEqual((agent.commands[0]["type"], agent.commands[0]["payload"]), ("lit", [1]))
            response = self.post(hub, "/api/v1/events", {"target": "nobody", "name": "lit"})
            self.assertEqual((response.status, response.json()["fate"]), (202, "dropped"))
            self.assertEqual(hub.counter("events_dropped"), 1)
            self.assertEqual(hub.counter("commands_submitted"), 0)

        self.run_async(scene())

    def test_telling_a_channel_to_leave(self):
        hub = self.hub()

        async def scene():
            for query, expected in (("", True), ("?reconnect=true", True), ("?reconnect=false", False)):
                agent = Connector(hub.url(), target="t", handlers={"E": echo})
                async with agent:
                    channel = hub.channels("t")[0]["id"]
                    response = await self.off_loop(hub.request, "DELETE", f"/api/v1/channels/{channel}{query}")
                    self.assertEqual((response.status, response.json()["leaving"]), (202, True))
                    await wait_until_async(lambda: agent.goodbyes, "a goodbye")
                    self.assertEqual(agent.goodbyes[0], {"targetId": "t", "reconnect": expected})
                    await wait_until_async(lambda: not hub.channels("t"), "the channel to be gone")
            response = hub.request("DELETE", f"/api/v1/channels/{channel}")
            self.assert_problem(response, 404)

        self.run_async(scene())

    def test_making_a_channel_primary(self):
        hub = self.hub()

        async def scene():
            first, second = Connector(hub.url(), target="t"), Connector(hub.url(), target="t")
            async with first, second:
                await wait_until_async(lambda: any(c["primary"] for c in hub.channels("t")), "a primary")
                other = next(c["id"] for c in hub.channels("t") if not c["primary"])
                term = hub.get("/api/v1/targets/t")["term"]
                response = await self.off_loop(self.post, hub, f"/api/v1/channels/{other}/primary")
                self.assertEqual((response.status, response.json()["id"]), (202, other))
                await wait_until_async(lambda: hub.get("/api/v1/targets/t")["primary"] == other, "the other as primary")
                self.assertGreater(hub.get("/api/v1/targets/t")["term"], term)
                self.assertEqual(sorted([first.primary, second.primary]), [False, True])

        self.run_async(scene())

    def test_only_the_unix_socket_may_stop_or_change_anything(self):
        hub = self.hub()

        async def scene():
            async with Connector(hub.url(), target="t"):
                channel = hub.channels("t")[0]["id"]
                for method, path in (("DELETE", f"/channels/{channel}"), ("POST", f"/channels/{channel}/primary"),
                                     ("POST", "/hub/drain")):
                    response = await self.off_loop(hub.request, method, "/api/v1" + path, over_unix=False)
                    self.assert_problem(response, 403)
                self.assertFalse(hub.channels("t")[0]["leaving"])
                self.assertFalse(hub.state()["draining"])

        self.run_async(scene())

    def test_draining_ends_the_hub_with_0(self):
        hub = self.hub()
        response = self.post(hub, "/api/v1/hub/drain")
        self.assertEqual((response.status, response.json()), (202, {"draining": True}))
        self.assertEqual(hub.wait(), 0)

    def test_draining_answers_who_waits(self):
        hub = self.hub("hub.drain_timeout=200ms")

        async def scene():
            agent = Connector(hub.url(), target="t")
            async with agent:
                waiting = self.off_loop(self.command, hub, name="W")
                await wait_until_async(lambda: agent.commands, "the command")
                await self.off_loop(self.post, hub, "/api/v1/hub/drain")
                self.assertEqual(((await waiting)["outcome"], (await waiting)["cause"]), ("lost", "hub_stopped"))

        self.run_async(scene())
        self.assertEqual(hub.wait(), 0)


class Credentials(Management):
    TOKENS = """
[token agent]
hash = sha256:{agent}
register = t

[token caller]
hash = sha256:{caller}
command = t:W

[token other]
hash = sha256:{other}
command = t:*

[token operator]
hash = sha256:{operator}
manage = write
"""

    def hub_with_tokens(self):
        folder = tempfile.mkdtemp(prefix="aldis-test-")
        self.addCleanup(shutil.rmtree, folder)
        names = ("agent", "caller", "other", "operator")
        path = os.path.join(folder, "tokens")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.TOKENS.format(**{name: hashlib.sha256(name.encode()).hexdigest() for name in names}))
        os.chmod(path, 0o600)
        return self.hub(f"auth.tokens={path}")

    def as_(self, name):
        return {"Authorization": f"Bearer {name}"}

    def test_who_may_send_and_take_back_what(self):
        hub = self.hub_with_tokens()

        async def scene():
            agent = Connector(hub.url(), target="t", headers=self.as_("agent"))
            async with agent:
                async def submit(who, status, **members):
                    response = await self.off_loop(self.post, hub, "/api/v1/commands?wait=false",
                                                   {"target": "t", "name": "W", **members}, self.as_(who),
                                                   over_unix=False)
                    self.assertEqual(response.status, status, response.body)
                    return response.json()

                async def cancel(name, command, status):
                    response = await self.off_loop(self.post, hub, f"/api/v1/commands/{command['id']}/cancel", None,
                                                   self.as_(name), over_unix=False)
                    self.assertEqual(response.status, status, response.body)

                await submit("caller", 403, name="E")
                await submit("caller", 403, target="u")
                await submit("agent", 403)
                await submit("operator", 403)
                mine = await submit("caller", 202)
                self.assertEqual(mine["principal"], "caller")
                await cancel("other", mine, 403)
                await cancel("agent", mine, 403)
                await cancel("caller", mine, 202)
                await cancel("operator", await submit("other", 202), 202)
                event = await self.off_loop(self.post, hub, "/api/v1/events", {"target": "t", "name": "E"},
                                            self.as_("caller"), over_unix=False)
                self.assert_problem(event, 403)
                state = (await self.off_loop(hub.request, "GET", "/api/v1/hub", self.as_("operator"), None, False)).json()
                self.assertGreaterEqual(state["auth"]["commands_denied"], 4)
                self.assertEqual(state["counters"]["commands_submitted"], 2)
                metrics = await self.off_loop(hub.request, "GET", "/metrics", self.as_("operator"), None, False)
                self.assertIn(b"aldis_auth_commands_denied_total ", metrics.body)

        self.run_async(scene())


class Lists(Management):
    def test_filters_of_commands(self):
        hub = self.hub()

        async def scene():
            async with Connector(hub.url(), target="t", handlers={"E": echo, "F": fail}), \
                    Connector(hub.url(), target="u", handlers={"E": echo}):
                for members in ({}, {"name": "F"}, {"target": "u"}, {"target": "nobody"}, {}, {"name": "F"}):
                    await self.off_loop(self.command, hub, **members)

        self.run_async(scene())

        def found(query):
            return [(c["to"], c["name"], c["outcome"]) for c in hub.get("/api/v1/commands?" + query)["commands"]]

        e, f = ("t", "E", "succeeded"), ("t", "F", "failed")
        self.assertEqual(found("target=t"), [e, f, e, f])
        self.assertEqual(found("target=t&name=F"), [f, f])
        self.assertEqual(found("outcome=refused"), [("nobody", "E", "refused")])
        self.assertEqual(found("name=E&order=newest"), [e, ("nobody", "E", "refused"), ("u", "E", "succeeded"), e])
        self.assertEqual(found("phase=running"), [])
        self.assertEqual(found("phase=done&outcome=failed&target=t&name=F&limit=1"), [f])
        self.assertEqual(found("target=none&order=oldest"), [])
        pages, after = [], ""
        while after is not None:
            page = hub.get("/api/v1/commands?order=newest&target=t&limit=1" + after)
            pages += [command["name"] for command in page["commands"]]
            after = f"&after={page['next']}" if "next" in page else None
        self.assertEqual(pages, ["F", "E", "F", "E"])

    def test_what_a_command_shows_of_itself(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t", extended=True)
            async with agent:
                await self.off_loop(self.command, hub, status=202, query="?wait=false", name="W", version="3",
                                    idempotent=True)
                await wait_until_async(lambda: agent.commands, "the command")
                status = {"commandId": agent.commands[0]["id"], "state": "running", "total": 10, "completed": 2.5}
                await agent.ws.send(b"t:STATUS;;e:" + json.dumps(status).encode())
                await wait_until_async(lambda: hub.get("/api/v1/commands?phase=running")["commands"], "a status")
                command = hub.get("/api/v1/commands")["commands"][0]
                self.assertEqual(command["progress"], {"completed": 2.5, "total": 10})
                self.assertEqual((command["version"], command["idempotent"]), ("3", True))

        self.run_async(scene())

    def test_latency(self):
        hub = self.hub()
        self.assertEqual(hub.state()["latency"]["count"], 0)
        self.command(hub, target="nobody")
        latency = hub.state()["latency"]
        self.assertEqual(latency["count"], 1)
        bounds = [bucket["le_ms"] for bucket in latency["buckets"]]
        counts = [bucket["count"] for bucket in latency["buckets"]]
        self.assertEqual((bounds, counts), (sorted(bounds), sorted(counts)))
        self.assertEqual(counts[-1], 1)




if __name__ == "__main__":
    unittest.main()
