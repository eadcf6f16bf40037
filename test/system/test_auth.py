"""Who may do what: every door with every credential, and what a principal may serve and command."""

import asyncio
import hashlib
import itertools
import json
import os
import secrets
import unittest
import uuid

from auth_case import AuthCase, Caller
from foreign import GRAMMARS, connect
from harness import PATIENCE, Connector, echo, wait_until, wait_until_async


class Doors(AuthCase):
    """What each door answers to each credential."""

    def test_every_path_with_every_credential(self):
        self.tokens.token("reader", manage="read").token("nobody").token("caller", command="lamp:signal")
        hub = self.start()
        nowhere = str(uuid.uuid4())
        signal_lamp = {"target": "lamp", "name": "signal", "deadline_ms": 1000}
        wrong = {"Authorization": "Bearer " + secrets.token_urlsafe(32)}
        # Nothing shown, a wrong token, and principals; 404 and 200 mean: let in.
        cases = [
            ("GET", "/livez", None, (200, 401, 200, 200, 200, 200)),
            ("GET", "/readyz", None, (200, 401, 200, 200, 200, 200)),
            ("GET", "/", None, (200, 401, 200, 200, 200, 200)),
            ("GET", "/api/v1/whoami", None, (401, 401, 200, 200, 200, 200)),
            ("GET", "/api/v1/hub", None, (401, 401, 403, 403, 200, 200)),
            ("GET", "/api/v1/targets", None, (401, 401, 403, 403, 200, 200)),
            ("GET", "/api/v1/channels", None, (401, 401, 403, 403, 200, 200)),
            ("GET", "/api/v1/commands", None, (401, 401, 403, 403, 200, 200)),
            ("GET", f"/api/v1/commands/{nowhere}", None, (401, 401, 403, 403, 404, 404)),
            ("GET", "/api/v1/auth/why?principal=clerk&target=lamp&name=x", None, (401, 401, 403, 403, 200, 200)),
            ("GET", "/api/v1/openapi.json", None, (401, 401, 403, 403, 200, 200)),
            ("GET", "/metrics", None, (401, 401, 403, 403, 200, 200)),
            ("POST", "/api/v1/commands", signal_lamp, (401, 401, 403, 200, 403, 200)),
            ("POST", "/api/v1/events", {"target": "lamp", "name": "signal"}, (401, 401, 403, 202, 403, 202)),
            ("POST", f"/api/v1/commands/{nowhere}/cancel", None, (401, 401, 404, 404, 404, 404)),
            ("DELETE", f"/api/v1/channels/{nowhere}", None, (401, 401, 403, 403, 403, 404)),
            ("POST", f"/api/v1/channels/{nowhere}/primary", None, (401, 401, 403, 403, 403, 404)),
            ("GET", "/exchange/exchange/targets", None, (401, 401, 403, 403, None, None)),
        ]
        shown = [(None, None), (None, wrong), ("nobody", None), ("caller", None), ("reader", None), ("clerk", None)]
        for method, path, body, statuses in cases:
            for over_unix, ((who, headers), status) in itertools.product((False, True), zip(shown, statuses)):
                with self.subTest(method=method, path=path, who=who or ("wrong" if headers else "nothing"), unix=over_unix):
                    response = self.ask(hub, method, path, who, headers, body, over_unix)
                    if status is None:
                        self.assertNotIn(response.status, (401, 403), response.body)
                        continue
                    self.assertEqual(response.status, status, response.body)
                    if status >= 400:
                        self.assertEqual(response.headers["Content-Type"], "application/problem+json")
                        self.assertEqual(response.json()["status"], status)
                    if status == 401:
                        self.assertTrue(response.headers["WWW-Authenticate"].startswith("Bearer"), response.headers)

    def test_a_token_in_the_wrong_place_is_no_token(self):
        hub = self.start()
        token = self.tokens.secrets["clerk"]
        places = [
            (f"/api/v1/hub?access_token={token}", {}),
            (f"/api/v1/hub?token={token}", {}),
            (f"/api/v1/hub?authorization=Bearer%20{token}", {}),
            ("/api/v1/hub", {"Authorization": token}),
            ("/api/v1/hub", {"Authorization": f"Basic {token}"}),
            ("/api/v1/hub", {"Authorization": f"Token {token}"}),
            ("/api/v1/hub", {"Authorization": f"Bearer {token[:-1]}"}),
            ("/api/v1/hub", {"Authorization": f"Bearer {token}x"}),
            ("/api/v1/hub", {"Authorization": f"Bearer {token}, Bearer {token}"}),
            ("/api/v1/hub", {"Authorization": "Bearer"}),
            ("/api/v1/hub", {"Authorization": ""}),
            ("/api/v1/hub", {"Authorization": "Bearer sha256:" + hashlib.sha256(token.encode()).hexdigest()}),
            ("/api/v1/hub", {"X-Authorization": f"Bearer {token}"}),
            ("/api/v1/hub", {"Cookie": f"token={token}"}),
            ("/api/v1/hub", {"Proxy-Authorization": f"Bearer {token}"}),
        ]
        for path, headers in places:
            with self.subTest(path=path.replace(token, "TOKEN"), headers=list(headers)):
                self.assertEqual(self.ask(hub, "GET", path, headers=headers).status, 401)
        good = self.ask(hub, "GET", "/api/v1/hub", headers={"Authorization": f"bearer  {token}"})
        self.assertEqual(good.status, 200)
        self.assertFalse(any(token in line for line in hub.log), "the log has a token in it")

    def test_two_tokens_in_one_request_are_none(self):
        hub = self.start()
        connection = hub.http()
        connection.putrequest("GET", "/api/v1/hub")
        for _ in range(2):
            connection.putheader("Authorization", self.tokens.bearer("clerk")["Authorization"])
        connection.endheaders()
        self.assertEqual(connection.getresponse().status, 401)
        connection.close()

    def test_each_request_of_a_connection_shows_its_own(self):
        hub = self.start()
        connection = hub.http()
        for headers, status in ((self.tokens.bearer("clerk"), 200), ({}, 401), (self.tokens.bearer("clerk"), 200)):
            connection.request("GET", "/api/v1/hub", headers=headers)
            response = connection.getresponse()
            response.read()
            self.assertEqual(response.status, status)
        connection.close()

    def test_a_body_is_not_taken_from_a_stranger(self):
        hub = self.start()
        sock = hub.socket()
        sock.sendall(b"POST /api/v1/commands HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n"
                     b"Content-Type: application/json\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n")
        answer = sock.recv(65536)
        self.assertTrue(answer.startswith(b"HTTP/1.1 401 "), answer)
        sock.close()

    def test_upgrades_are_answered_as_existing_connectors_know_it(self):
        hub = self.start()

        async def knock():
            self.assertEqual(await self.refused_upgrade(hub), 401)
            self.assertEqual(await self.refused_upgrade(hub, headers={"Authorization": "Bearer wrong"}), 401)
            self.assertEqual(await self.refused_upgrade(hub, headers={"Authorization": "Basic YTpi"}), 401)
        self.run_async(knock())
        # exchange.md 2.2: an empty body, no WWW-Authenticate, and before the request is known to be an upgrade.
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            response = self.ask(hub, "GET", "/exchange/controller", headers=headers)
            self.assertEqual((response.status, response.body), (401, b""))
            self.assertNotIn("WWW-Authenticate", response.headers)
        self.assertEqual(self.ask(hub, "GET", "/exchange/controller", "clerk").status, 400)
        wait_until(lambda: sum("turned away" in line for line in hub.log) == 5, "the log has them all")
        refused = [line for line in hub.log if "turned away" in line]
        self.assertTrue(all("peer=127.0.0.1:" in line for line in refused), refused)
        self.assertEqual([line.count("the credential is nobody's") for line in refused], [0, 1, 1, 0, 1])
        state = self.get(hub, "/api/v1/hub")
        self.assertEqual(sum(door["counters"]["unauthorized"] for door in state["doors"]), 5)

    def test_a_user_of_the_unix_socket(self):
        hub = self.start()
        self.assertEqual(self.ask(hub, "GET", "/api/v1/hub", over_unix=True).status, 401)
        self.assertEqual(self.ask(hub, "GET", "/livez", over_unix=True).status, 200)
        self.assertEqual(self.ask(hub, "GET", "/api/v1/hub", "clerk", over_unix=True).status, 200)
        self.tokens.section(f"user {os.getuid()}", serve="lamp", manage="read")
        self.reload(hub)
        self.assertEqual(self.ask(hub, "GET", "/api/v1/hub", over_unix=True).status, 200)
        self.assertEqual(self.ask(hub, "DELETE", f"/api/v1/channels/{uuid.uuid4()}", over_unix=True).status, 403)
        self.assertEqual(self.ask(hub, "GET", "/api/v1/hub").status, 401)
        # A token that is wrong is not made good by who shows it.
        self.assertEqual(self.ask(hub, "GET", "/api/v1/hub", headers={"Authorization": "Bearer x"}, over_unix=True).status,
                         401)

        async def serve():
            async with Connector("ws://localhost/exchange/controller", unix=hub.unix) as agent:
                self.assertEqual(agent.target, "lamp")
                channel, = self.get(hub, "/api/v1/channels")["channels"]
                self.assertEqual(channel["principal"], str(os.getuid()))
        self.run_async(serve())

    def test_without_tokens_everything_is_as_it_was(self):
        hub = self.hub()
        for over_unix in (False, True):
            self.assertEqual(self.ask(hub, "GET", "/api/v1/hub", headers={"Authorization": "Bearer whatever"},
                                      over_unix=over_unix).status, 200)
        who = hub.get("/api/v1/whoami")
        self.assertEqual(who, {"principal": None, "register": ["*"], "command": ["*:*"], "permission": ["core.admin"],
                               "subscribe": ["*"], "manage": "write"})
        self.assertEqual(hub.get("/api/v1/whoami", over_unix=False)["manage"], "read")
        self.assertEqual(self.ask(hub, "POST", "/api/v1/hub/drain").status, 403)


class Rights(AuthCase):
    """What a principal may serve and command."""

    async def alone(self, hub, target, principal):
        """The one channel there is is this; the one before it may be on its way out."""
        await wait_until_async(
            lambda: [(channel["target"], channel["principal"]) for channel in self.get(hub, "/api/v1/channels")["channels"]]
            == [(target, principal)], f"{principal} serves {target}, and nobody else is there")

    def test_a_single_target_is_assigned_whatever_the_connector_proposes(self):
        self.tokens.token("lamp-7", serve="lamp")
        hub = self.start()

        async def come_and_go():
            for proposal in (None, "lamp", "press", ""):
                async with self.agent(hub, "lamp-7", proposal) as agent:
                    self.assertEqual(agent.target, "lamp")
                    await self.alone(hub, "lamp", "lamp-7")
        self.run_async(come_and_go())

    def test_existing_connectors_of_both_grammars_get_their_target(self):
        self.tokens.token("lamp-7", serve="lamp", command="lamp:ping")
        hub = self.start()

        async def come():
            for grammar in GRAMMARS:
                peer = await connect(hub.url(), grammar, headers=self.tokens.bearer("lamp-7"))
                reply = await peer.hello(str(uuid.uuid4()))
                self.assertEqual(grammar.target_of(reply), "lamp", grammar.name)
                await self.alone(hub, "lamp", "lamp-7")
                await peer.ws.close()
        self.run_async(come())

    def test_several_targets_must_be_proposed(self):
        self.tokens.token("works", serve="lamp, press-*").token("idle")
        hub = self.start()

        async def propose():
            for target in ("lamp", "press-", "press-9"):
                async with self.agent(hub, "works", target) as agent:
                    self.assertEqual(agent.target, target)
            for who, target in (("works", "press"), ("works", "lamps"), ("works", "*"), ("idle", "lamp"), ("clerk", "lamp")):
                agent = await self.agent(hub, who, target).open()
                reply = await agent.hello()
                self.assertEqual(reply["commandStatus"], "ERROR", (who, target))
                await asyncio.wait_for(agent.ws.wait_closed(), PATIENCE)
                self.assertEqual(agent.ws.close_code, 1008)
        self.run_async(propose())
        self.assertEqual(self.get(hub, "/api/v1/channels")["channels"], [])

    def test_commands_are_refused_that_are_not_written(self):
        self.tokens.token("lamp-7", serve="lamp").token("caller", command="lamp:signal, *:ping")
        hub = self.start()

        async def call():
            async with self.agent(hub, "lamp-7", handlers={"signal": echo, "ping": echo, "burn": echo}) as lamp:
                caller = await Caller(hub, self.tokens.bearer("caller")).open()
                channel, = self.get(hub, "/api/v1/channels?target=lamp")["channels"]
                for name, to, outcome, cause in (
                        ("signal", "lamp", "succeeded", None),
                        ("ping", "lamp", "succeeded", None),
                        ("burn", "lamp", "refused", "not_allowed"),
                        ("signal", f"lamp#{channel['id']}", "succeeded", None),
                        ("burn", f"lamp#{channel['id']}", "refused", "not_allowed"),
                        ("burn", f"#{channel['id']}", "refused", "not_allowed"),
                        ("signal", f"#{channel['id']}", "refused", "not_allowed"),
                        ("signal", "press", "refused", "not_allowed"),
                        ("ping", "press", "refused", "no_target")):
                    reply = await caller.call(name, to)
                    self.assertEqual((reply.get("outcome"), reply.get("cause")), (outcome, cause), (name, to, reply))
                self.assertEqual([command["type"] for command in lamp.commands], ["signal", "ping", "signal"])
                await caller.close()
        self.run_async(call())
        commands = self.get(hub, "/api/v1/commands?outcome=refused")["commands"]
        self.assertEqual({command["principal"] for command in commands}, {"caller"})
        denied = [command for command in commands if command["name"] == "burn"]
        story = self.get(hub, f"/api/v1/commands/{denied[0]['id']}")
        self.assertIn("denied", json.dumps(story["story"]))
        self.assertGreaterEqual(self.get(hub, "/api/v1/hub")["counters"]["commands_denied"], 4)

    def test_what_has_no_target_counts_as_the_controllers(self):
        self.tokens.token("boss", serve="boss").token("lamp-7", serve="lamp", command="boss:report")
        hub = self.start("hub.controller=boss")

        async def report():
            async with self.agent(hub, "boss", handlers={"report": echo, "rule": echo}), \
                    self.agent(hub, "lamp-7") as lamp:
                self.assertEqual((await lamp.command("report", {"a": 1}))["commandStatus"], "SUCCEEDED")
                self.assertEqual((await lamp.command("rule", {"a": 1}))["commandStatus"], "ERROR")
        self.run_async(report())

    def test_a_command_of_primaries(self):
        self.tokens.token("lamp-7", serve="lamp", command="press:*").token("press", serve="press")
        self.tokens.section("primary_only", commands="deploy, reset-*")
        hub = self.start()

        async def deploy():
            async with self.agent(hub, "press", handlers={"deploy": echo, "reset-all": echo, "print": echo}):
                async with self.agent(hub, "lamp-7", extended=True) as first, \
                        self.agent(hub, "lamp-7", extended=True) as second:
                    await wait_until_async(lambda: first.primary or second.primary, "one of them is primary")
                    lamps = sorted((first, second), key=lambda lamp: not lamp.primary)
                    await wait_until_async(
                        lambda: any(channel["primary"] for channel in self.get(hub, "/api/v1/channels?target=lamp")["channels"]),
                        "it is confirmed")
                    for lamp, names in ((lamps[0], ("deploy", "reset-all", "print")), (lamps[1], ("print",))):
                        for name in names:
                            reply = await lamp.command(name, to="press")
                            self.assertEqual(reply["commandStatus"], "SUCCEEDED", (name, reply))
                    for name in ("deploy", "reset-all"):
                        reply = await lamps[1].command(name, to="press")
                        self.assertEqual(reply.get("cause"), "not_allowed", reply)
        self.run_async(deploy())
        response = self.ask(hub, "POST", "/api/v1/commands", "clerk", body={"target": "press", "name": "deploy"})
        self.assertEqual(response.json()["cause"], "not_allowed")

    def test_outcomes_are_told_to_who_asked_for_them(self):
        self.tokens.token("lamp-7", serve="lamp").token("one", command="lamp:*").token("two", command="lamp:*")
        hub = self.start()

        async def ask():
            async with self.agent(hub, "lamp-7", handlers={"signal": echo}):
                one = await Caller(hub, self.tokens.bearer("one")).open()
                two = await Caller(hub, self.tokens.bearer("two")).open()
                mine = str(uuid.uuid4())
                self.assertEqual((await one.call("signal", "lamp", {"secret": 1}, command_id=mine))["outcome"], "succeeded")
                reply = await one.call("aldis:Outcome", "", {"id": mine})
                self.assertEqual(reply["payload"]["outcome"], "succeeded", reply)
                for name in ("aldis:Outcome", "aldis:Cancel"):
                    reply = await two.call(name, "", {"id": mine})
                    self.assertEqual(reply["outcome"], "refused", reply)
                    self.assertNotIn("secret", json.dumps(reply))
                await one.close()
                await two.close()
            return mine
        mine = self.run_async(ask())
        # Nor through the API, where everybody's commands come from one desk.
        command = self.ask(hub, "POST", "/api/v1/commands", "one", body={"target": "lamp", "name": "secret"}).json()
        self.assertEqual(command["principal"], "one")
        for who, outcome in (("one", "succeeded"), ("two", "refused"), ("lamp-7", "refused")):
            for sought in (mine, command["id"]):
                answer = self.ask(hub, "POST", "/api/v1/commands", who,
                                  body={"to": "", "name": "aldis:Outcome", "payload": {"id": sought}})
                self.assertEqual(answer.json().get("outcome"), outcome, answer.body)

    def test_a_command_is_shown_to_who_submitted_it(self):
        self.tokens.token("one", command="lamp:*").token("two", command="lamp:*").token("reader", manage="read")
        hub = self.start()
        answer = self.ask(hub, "POST", "/api/v1/commands?wait=false", "one", body={"target": "lamp", "name": "signal"})
        for path in (answer.headers["Location"], answer.headers["Location"] + "/members"):
            for who, status in (("one", 200), ("two", 403), ("reader", 200), ("clerk", 200), (None, 401)):
                self.assertEqual(self.ask(hub, "GET", path, who).status, status, (who, path))

    def test_commands_of_others_are_cancelled_with_the_right_to_write(self):
        self.tokens.token("lamp-7", serve="lamp").token("one", command="lamp:*").token("two", command="lamp:*")
        hub = self.start()

        async def work():
            async with self.agent(hub, "lamp-7") as lamp:
                answer = await asyncio.to_thread(
                    self.ask, hub, "POST", "/api/v1/commands?wait=false", "one", None,
                    {"target": "lamp", "name": "burn", "deadline_ms": 60000})
                self.assertEqual(answer.status, 202, answer.body)
                path = answer.headers["Location"] + "/cancel"
                self.assertEqual((await asyncio.to_thread(self.ask, hub, "POST", path, "two")).status, 403)
                self.assertIn((await asyncio.to_thread(self.ask, hub, "POST", path, "one")).status, (202, 409))
                self.assertIn((await asyncio.to_thread(self.ask, hub, "POST", path, "clerk")).status, (202, 409))
                self.assertIsNotNone(lamp)
        self.run_async(work())


if __name__ == "__main__":
    unittest.main()
