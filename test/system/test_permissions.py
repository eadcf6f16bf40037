"""Permissions that schemas ask for: held or not by whoever is known, live when that changes, and shown."""

import asyncio
import getpass
import json
import os
import re
import signal
import unittest

import websockets

from auth_case import AuthCase, Caller
from comm_case import Service
from harness import PATIENCE, Connector, echo, wait_until, wait_until_async
from link_party import Link, token

ECHO = {"name": "foo:Echo", "kind": "request", "permission": "foo.echo", "schema": {"type": "object"}}
BELL = {"name": "foo:Bell", "kind": "event", "permission": "foo.bell"}
FREE = {"name": "foo:Free", "kind": "request"}
DENIED = {"message": "Permission denied", "code": "PermissionError"}


class PermissionCase(AuthCase):
    def setUp(self):
        super().setUp()
        self.schemas = os.path.join(self.folder, "schemas")
        os.makedirs(self.schemas)
        for document in (ECHO, BELL, FREE):
            self.put(document)
        self.tokens.section("token host-4", serve="4", command="*:*")

    def put(self, document):
        with open(os.path.join(self.schemas, document["name"].replace(":", "-") + ".json"), "w", encoding="utf-8") as file:
            json.dump(document, file)

    def guarded(self, *settings):
        secret = os.path.join(self.folder, "link.secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write("TestSecretDoNotUse")
        os.chmod(secret, 0o600)
        return self.start(f"link.schemas={self.schemas}", f"link.secret={secret}", *settings)

    def user(self, name, **rights):
        self.tokens.section(f"token {name}", **rights)

    def control(self, hub, name, **options):
        return Link(hub, shown=token(aud="user", user=name), **options)

    def host(self, hub):
        return Link(hub, host=4, handlers={"foo:Echo": lambda frame: frame["data"], "foo:Free": lambda frame: {}})

    async def read_again(self, hub):
        await asyncio.to_thread(self.reload, hub)

    def denials(self, hub):
        return self.get(hub, "/api/v1/hub")["auth"]["commands_denied"]


def permissions(account):
    (role,) = account["roles"]
    return role["permissions"]


class Links(PermissionCase):
    def test_a_control_without_the_permission_is_denied_as_by_the_original(self):
        self.user("julia", command="4:*", permission="foo.bell")
        hub = self.guarded()

        async def run():
            async with self.host(hub) as host, self.control(hub, "julia") as julia:
                answer = await julia.call([1, 4], "foo:Echo", data={})
                self.assertEqual((answer["type"], answer["data"], answer["dst"]), ("responseError", DENIED, [*julia.src, 1]))
                self.assertEqual((await julia.call([1, 4], "foo:Free"))["type"], "response")
                await julia.event([1, 4], "foo:Bell")
                await wait_until_async(lambda: host.events, "the event that she may say")
                self.assertEqual([frame["name"] for frame in host.requests], ["foo:Free"])
        self.run_async(run())
        self.assertEqual(self.denials(hub), 1)

    def test_an_event_is_answered_too(self):
        self.user("julia", command="4:*", permission="foo.echo")
        hub = self.guarded()

        async def run():
            async with self.host(hub) as host, self.control(hub, "julia") as julia:
                await julia.event([1, 4], "foo:Bell")
                await wait_until_async(lambda: julia.errors, "the answer to the event")
                (answer,) = julia.errors
                self.assertEqual((answer["type"], answer["src"], answer["dst"], answer["data"]),
                                 ("responseError", [0, 0], julia.src, DENIED))
                self.assertEqual((await julia.call([1, 4], "foo:Echo", data={}))["type"], "response")
                self.assertEqual(host.events, [])
        self.run_async(run())

    def test_an_event_to_all_is_answered_too(self):
        self.user("julia", command="4:*, :foo:Bell, :Ring", permission="")
        hub = self.guarded("hub.controller=4")

        async def run():
            async with self.host(hub) as host, self.control(hub, "julia") as julia:
                for n, name in enumerate(("foo:Bell", "foo:Free", "foo:Other"), 1):  # no permission, and no right to all of them
                    await julia.event([4, 1], name)
                    await wait_until_async(lambda n=n: len(julia.errors) == n, "the answer to the event")
                    answer = julia.errors[-1]
                    self.assertEqual((answer["type"], answer["src"], answer["dst"], answer["data"]),
                                     ("responseError", [0, 0], julia.src, DENIED))
                await julia.event([4, 1], "Ring")
                await wait_until_async(lambda: host.events, "the event that she may say")
                self.assertEqual([frame["name"] for frame in host.events], ["Ring"])
                self.assertEqual(len(julia.errors), 3)
        self.run_async(run())
        self.assertEqual(self.denials(hub), 3)

    def test_what_is_asked_on_ones_behalf_takes_the_permission_as_well(self):
        self.user("julia", command="*:*", permission="")
        hub = self.guarded()

        async def run():
            async with self.host(hub), self.control(hub, "julia") as julia:
                answer = await julia.call([0, 0], "aldis:CallRequest",
                                          data={"target": "4", "name": "foo:Echo", "payload": {}})
                self.assertEqual(answer["data"], {**DENIED, "outcome": "refused", "cause": "not_allowed"})
                answer = await julia.call([0, 0], "SubscriptionRequest", data=["foo:Bell", "subscribe", 0])
                self.assertEqual(answer["data"], DENIED)
                answer = await julia.call([0, 0], "SubscriptionRequest", data=["foo:Other", "subscribe", 0])
                self.assertEqual(answer["data"], False)
        self.run_async(run())
        self.assertEqual(self.get(hub, "/api/v1/hub")["auth"]["subscriptions_denied"], 1)

    def test_hosts_need_it_like_everybody(self):
        self.tokens.section("token host-5", serve="5", command="*:*", permission="bar.*")
        hub = self.guarded()

        async def run():
            async with self.host(hub), Link(hub, host=5) as other:
                self.assertEqual((await other.call([1, 4], "foo:Echo", data={}))["data"], DENIED)
                self.assertEqual((await other.call([1, 4], "foo:Free"))["type"], "response")
        self.run_async(run())

    def test_the_account_shows_what_is_held(self):
        self.user("all", command="*:*")
        self.user("admin", command="4:*", permission="core.admin")
        self.user("none", command="*:*", permission="")
        self.user("some", command="4:foo:Free", permission="foo.*, deck.wash")
        hub = self.guarded()

        async def run():
            expected = {"all": ["core.admin"], "admin": ["core.admin"], "none": ["*"],
                        "some": ["foo:Free", "foo.*", "deck.wash", "foo.bell", "foo.echo"]}
            for name, shown in expected.items():
                async with self.control(hub, name) as control:
                    self.assertEqual(control.ready["data"]["account"]["name"], name)
                    self.assertEqual(permissions(control.ready["data"]["account"]), shown)
        self.run_async(run())

    def test_a_change_holds_at_once_and_is_told(self):
        self.user("julia", command="4:*", permission="foo.bell")
        self.user("other", command="4:*", permission="foo.bell")
        hub = self.guarded()

        async def run():
            async with self.host(hub) as host, self.control(hub, "julia") as julia, self.control(hub, "other") as other:
                self.assertEqual((await julia.call([1, 4], "foo:Echo", data={}))["data"], DENIED)
                self.user("julia", command="4:*", permission="foo.bell, foo.echo")
                await self.read_again(hub)
                self.assertEqual((await julia.call([1, 4], "foo:Echo", data={}))["type"], "response")
                (told,) = julia.events
                self.assertEqual((told["src"], told["dst"], told["name"]), ([0, 0], julia.src, "AccountUpdateEvent"))
                self.assertEqual(told["data"], {"roles": [{"name": "Rights", "id": 1,
                                                           "permissions": ["foo.bell", "foo.echo"]}]})
                self.user("julia", command="4:*", permission="")
                await self.read_again(hub)
                self.assertEqual((await julia.call([1, 4], "foo:Echo", data={}))["data"], DENIED)
                self.assertEqual(permissions(julia.events[1]["data"]), [])
                self.user("julia", command="*:*")
                await self.read_again(hub)
                self.assertEqual((await julia.call([1, 4], "foo:Echo", data={}))["type"], "response")
                self.assertEqual(permissions(julia.events[2]["data"]), ["core.admin"])
                await self.read_again(hub)
                self.assertEqual((await julia.call([1, 4], "foo:Echo", data={}))["type"], "response")
                self.assertEqual((len(julia.events), other.events, host.events), (3, [], []))
        self.run_async(run())

    def test_who_is_away_hears_of_it_on_his_return(self):
        self.user("julia", command="4:*")
        hub = self.guarded()

        async def run():
            async with self.host(hub):
                julia = await self.control(hub, "julia").open()
                await julia.cut()
                self.user("julia", command="4:*", permission="foo.echo")
                await self.read_again(hub)
                self.assertEqual((await julia.resume())["type"], "continue")
                await wait_until_async(lambda: julia.events, "the event that waited")
                self.assertEqual(permissions(julia.events[0]["data"]), ["foo.echo"])
                self.assertEqual((await julia.call([1, 4], "foo:Echo", data={}))["type"], "response")
                await julia.close()
        self.run_async(run())

    def test_schemas_that_change_ask_for_other_permissions_at_once(self):
        self.user("julia", command="4:*", permission="deck.*")
        hub = self.guarded()

        async def run():
            async with self.host(hub), self.control(hub, "julia") as julia:
                self.assertEqual((await julia.call([1, 4], "foo:Echo", data={}))["data"], DENIED)
                self.put({**ECHO, "permission": "deck.echo"})
                hub.send_signal(signal.SIGHUP)
                await wait_until_async(lambda: julia.events, "the control is told")
                self.assertEqual(permissions(julia.events[0]["data"]), ["deck.*", "deck.echo"])
                self.assertEqual((await julia.call([1, 4], "foo:Echo", data={}))["type"], "response")
        self.run_async(run())

    def test_a_user_who_is_taken_out_is_gone_with_his_session(self):
        self.user("julia", command="4:*")
        hub = self.guarded()

        async def run():
            async with self.host(hub) as host:
                julia = await self.control(hub, "julia").open()
                self.tokens.remove("token julia")
                await self.read_again(hub)
                closed = await julia.ended()
                self.assertEqual((closed.code, julia.events), (1006, []))  # cut, as when a token is revoked (link.md 6.2)
                self.assertEqual((await julia.resume())["type"], "invalidate")
                await julia.send(julia.registration())
                with self.assertRaisesRegex(Exception, "3000 Authentication failed: invalid user"):
                    await julia.receive()
                self.assertIsNone(host.closed)
        self.run_async(run())

    def test_a_large_registry_is_shown_whole(self):
        for number in range(1500):
            self.put({"name": f"big:M{number}", "kind": "event", "permission": f"big.permission.{number:04}"})
        self.user("julia", permission="big.*")
        hub = self.guarded()

        async def run():
            async with self.control(hub, "julia") as julia:
                shown = permissions(julia.ready["data"]["account"])
                self.assertEqual((len(shown), shown[1], shown[-1]), (1501, "big.permission.0000", "big.permission.1499"))
        self.run_async(run())


class GenerationA(PermissionCase):
    """Controls of before 2024: rights are shown in `ready`, denials are texts, and changes are not told."""

    async def ask(self, ws, kind, **data):
        self.seq += 1
        await ws.send(json.dumps({"seq": self.seq, "type": kind, "data": data}))
        while True:
            frame = json.loads(await asyncio.wait_for(ws.recv(), PATIENCE))
            self.heard.append(frame["type"])
            if frame["data"].get("seq") == self.seq and frame["type"] != "heartbeat":
                return frame

    def test_it_is_denied_and_not_told_of_changes(self):
        self.put({"name": "foo:get", "kind": "request", "permission": "foo.get"})
        self.user("julia", command="*:*", permission="foo.bell")
        hub = self.guarded()
        self.seq, self.heard = 0, []

        async def run():
            async with websockets.connect(hub.url("/api/socket"), compression=None, ping_interval=None) as ws:
                await ws.recv()
                await ws.send(json.dumps({"seq": None, "type": "register_control", "data": {
                    "token": token(aud="user", user="julia"), "agent": "clusterioctl", "version": "2.0.0-alpha.12"}}))
                ready = json.loads(await ws.recv())
                self.assertEqual(permissions(ready["data"]["account"]), ["*", "foo.bell"])
                answer = await self.ask(ws, "foo:get_request")
                self.assertEqual(answer["data"], {"seq": 1, "error": "Permission denied"})
                self.user("julia", command="*:*")
                await self.read_again(hub)
                answer = await self.ask(ws, "foo:get_request")
                self.assertNotEqual(answer["data"].get("error"), "Permission denied")
                self.assertEqual((await self.ask(ws, "ping_request"))["type"], "ping_response")
                self.assertEqual(set(self.heard) - {"heartbeat"}, {"foo:get_response", "ping_response"})
        self.run_async(run())


class Others(PermissionCase):
    """The other dialects, the API and the command line."""

    def test_an_exchange_caller(self):
        self.tokens.token("lamp-7", serve="lamp").token("caller", command="lamp:*", permission="foo.bell")
        hub = self.guarded()

        async def run():
            async with self.agent(hub, "lamp-7", handlers={"foo:Echo": echo, "foo:Free": echo}) as lamp:
                caller = await Caller(hub, self.tokens.bearer("caller")).open()
                answer = await caller.call("foo:Echo", "lamp")
                self.assertEqual((answer["outcome"], answer["cause"]), ("refused", "not_allowed"))
                self.assertEqual((await caller.call("foo:Free", "lamp"))["outcome"], "succeeded")
                self.tokens.token("caller", command="lamp:*", permission="core.admin")
                await self.read_again(hub)
                self.assertEqual((await caller.call("foo:Echo", "lamp"))["outcome"], "succeeded")
                self.assertEqual(len(lamp.commands), 2)
                await caller.close()
        self.run_async(run())

    def test_a_service(self):
        name = getpass.getuser()
        self.tokens.section(f"user {name}", serve="*", command="*:*", permission="foo.other")
        sock = os.path.join(self.folder, "c.sock")
        self.put({"name": "DATA", "kind": "event", "permission": "foo.data"})
        hub = self.guarded(f"communicator.unix={sock}")
        with Service(sock) as one, Service(sock) as two:
            for service, target in ((one, "one"), (two, "two")):
                service.send(f"REGISTER service={target};version=1")
                wait_until(lambda target=target: target in [one["name"] for one in self.get(hub, "/api/v1/targets")["targets"]],
                           "it is registered")
            one.send("two/DATA a=1")
            one.send("two/MORE a=2")
            first = next(line for line in iter(two.line, None) if "a=" in line)
            self.assertIn("MORE", first)
        self.assertEqual(self.denials(hub), 1)

    def test_the_api(self):
        self.tokens.token("reader", command="*:*", manage="read", permission="foo.bell")
        hub = self.guarded()
        body = {"target": "lamp", "name": "foo:Echo", "payload": {}}
        self.assertEqual(self.ask(hub, "POST", "/api/v1/commands", "reader", body=body).status, 403)
        self.assertEqual(self.ask(hub, "POST", "/api/v1/commands", "clerk", body=body).json()["cause"], "no_target")
        body = {"target": "lamp", "name": "foo:Bell"}
        self.assertNotEqual(self.ask(hub, "POST", "/api/v1/events", "reader", body=body).status, 403)
        self.assertEqual(self.ask(hub, "GET", "/api/v1/whoami", "reader").json()["permission"], ["foo.bell"])
        self.assertEqual(self.ask(hub, "GET", "/api/v1/whoami", "clerk").json()["permission"], ["core.admin"])

    def test_the_command_line(self):
        self.tokens.token("caller", command="lamp:*", manage="read")
        hub = self.guarded()
        env = {"ALDIS_TOKEN": self.tokens.secrets["caller"]}
        called = self.cli("call", "lamp", "foo:Echo", "{}", hub=hub, env=env)
        self.assertEqual(called.returncode, 11)
        self.assertIn("credential does not allow", called.stderr)
        why = self.cli("auth", "why", "caller", "lamp", "foo:Echo", hub=hub, env=env)
        self.assertEqual(why.returncode, 1)
        self.assertRegex(why.stdout, r"\Acaller may not command foo:Echo, which takes the permission foo\.echo: "
                                     r".*aldis\.tokens:\d+: its section has no permission\n\Z")
        self.assertEqual(self.cli("auth", "why", "caller", "lamp", "foo:Free", hub=hub, env=env).returncode, 0)
        self.assertIn("permission nothing", self.cli("auth", "whoami", hub=hub, env=env).stdout)
        file = os.path.join(self.folder, "made.tokens")
        made = self.cli("auth", "token", "x", "--permission", "foo.echo,deck.*", "--file", file)
        self.assertEqual(made.returncode, 0, made.stderr)
        with open(file, encoding="utf-8") as text:
            self.assertTrue(re.search(r"^permission = foo\.echo,deck\.\*$", text.read(), re.M))

    def test_without_a_file_nothing_is_restricted(self):
        hub = self.hub(f"link.schemas={self.schemas}")

        async def run():
            async with Connector(hub.url(), target="lamp", handlers={"foo:Echo": echo}):
                async with Connector(hub.url(), target="caller", extended=True) as caller:
                    self.assertEqual((await caller.command("foo:Echo", {}, to="lamp"))["outcome"], "succeeded")
        self.run_async(run())
        self.assertEqual(hub.get("/api/v1/whoami")["permission"], ["core.admin"])


if __name__ == "__main__":
    unittest.main()
