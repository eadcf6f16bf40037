"""Hosts and controls of the link protocol at a hub, over real sockets."""

import asyncio
import json
import unittest

from cli_rig import Running, aldis
from harness import PATIENCE, Connector, echo, wait_until_async
from link_party import Closed, Link, LinkCase, Refusal, token


class Handshake(LinkCase):
    def test_hello_serves_both_generations(self):
        async def run():
            link = Link(hub)
            hello = await link.dial()
            self.assertEqual(hello["type"], "hello")
            self.assertIsNone(hello["seq"])
            self.assertEqual(hello["data"]["plugins"], {})
            await link.ws.close()

        hub = self.hub()
        self.run_async(run())

    def test_host_and_control_are_told_who_they_are(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as control:
                self.assertEqual(host.src, [1, 4])
                self.assertNotIn("account", host.ready["data"])
                self.assertEqual(control.src[0], 3)
                account = control.ready["data"]["account"]
                self.assertEqual(account["roles"][0]["permissions"], ["core.admin"])
                self.assertEqual(host.ready["data"]["sessionTimeout"], 60)
                self.assertEqual(host.ready["data"]["heartbeatInterval"], 15)
                self.assertEqual(len(hub.channels("4")), 1)

        hub = self.hub()
        self.run_async(run())

    def test_what_is_no_handshake_is_closed_with_the_originals_words(self):
        cases = [
            ("x", 1002, "Invalid message: "),
            ("[]", 1002, "Invalid message: "),
            ('{"type":"nope"}', 1002, "Invalid message: "),
            ('{"type":"registerHost","data":{"token":"","version":"1","id":4}}', 1002, "Invalid message: "),
            ('{"type":"registerControl","data":{"token":1,"version":"1"}}', 1002, "Invalid message: "),
            ('{"type":"heartbeat"}', 1002, "Bad handshake"),
            ('{"type":"request","seq":1,"src":[1,4,1],"dst":[0,0],"name":"PingRequest"}', 1002, "Bad handshake"),
        ]

        async def run():
            for text, code, reason in cases:
                link = Link(hub)
                await link.dial()
                await link.ws.send(text)
                with self.assertRaises(Closed) as closed:
                    await link.receive()
                self.assertEqual(closed.exception.code, code, text)
                self.assertTrue(closed.exception.reason.startswith(reason), closed.exception.reason)

        hub = self.hub()
        self.run_async(run())

    def test_who_says_nothing_is_cut(self):
        async def run():
            link = Link(hub)
            await link.dial()
            with self.assertRaises(Closed) as closed:
                await link.receive()
            self.assertEqual(closed.exception.code, 1006)

        hub = self.hub("exchange.hello_timeout=200ms")
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "handshake_timeout"), 1)


class Requests(LinkCase):
    def test_ping_is_answered_by_the_hub(self):
        async def run():
            async with Link(hub) as control:
                answer = await control.call([0, 0], "PingRequest")
                self.assertEqual(answer, {"type": "response", "seq": 1, "src": [0, 0], "dst": [*control.src, 1]})

        hub = self.hub()
        self.run_async(run())

    def test_request_reaches_another_link_with_everything_kept(self):
        async def run():
            handlers = {"foo:EchoRequest": lambda request: request["data"]}
            async with Link(hub, host=4, handlers=handlers) as host, Link(hub) as control:
                data = {"text": "hello ✓", "more": [1.50, None, {"x": "\u0000"}]}
                answer = await control.call([1, 4], "foo:EchoRequest", data=data)
                self.assertEqual(answer["type"], "response")
                self.assertEqual(answer["data"], data)
                self.assertEqual(answer["src"], [1, 4])
                self.assertEqual(answer["dst"], [*control.src, 1])
                request = host.requests[0]
                self.assertEqual(request["src"], [*control.src, 1])
                self.assertEqual(request["dst"], [1, 4])
                self.assertEqual(list(request), ["type", "seq", "src", "dst", "name", "data"])

        hub = self.hub()
        self.run_async(run())

    def test_error_goes_back_as_it_was(self):
        def refuse(_):
            raise Refusal("echo refused", "Refused", stack="at here")

        async def run():
            async with Link(hub, host=4, handlers={"X": refuse}), Link(hub) as control:
                answer = await control.call([1, 4], "X")
                self.assertEqual(answer["type"], "responseError")
                self.assertEqual(answer["data"], {"message": "echo refused", "code": "Refused", "stack": "at here"})

        hub = self.hub()
        self.run_async(run())

    def test_texts_of_those_who_are_not_there(self):
        cases = [
            ([1, 9], "Host 9 is offline"),
            ([2, 9], "Instance 9 does not exist"),
            ([3, 999], "Control connection does not exist"),
            ([0, 1], "Unexpected message forwarded to [Address controller:1]"),
        ]

        async def run():
            async with Link(hub) as control:
                for dst, message in cases:
                    answer = await control.call(dst, "X")
                    self.assertEqual(answer["type"], "responseError")
                    self.assertEqual(answer["data"], {"message": message})
                answer = await control.call(control.src, "X")
                self.assertEqual(answer["data"]["message"],
                                 f"Message would return back to sender [Address control:{control.src[1]}].")
                answer = await control.call([0, 0], "foo:Nope")
                self.assertEqual(answer["data"],
                                 {"message": "Unrecognized request foo:Nope", "code": "InvalidMessage"})
                answer = await control.call([4, 3], "X")
                self.assertEqual(answer["data"], {"message": "Destination [Address 4:control] is not allowed for X",
                                                  "code": "InvalidMessage"})

        hub = self.hub()
        self.run_async(run())

    def test_foreign_source_is_refused(self):
        async def run():
            async with Link(hub, host=4) as host:
                answer = await host.call([0, 0], "PingRequest", src=[1, 5])
                self.assertEqual(answer["data"],
                                 {"message": "Received message with invalid src [Address host:5:1] from "
                                             "[Address host:4]", "code": "InvalidMessage"})
                answer = await host.call([0, 0], "PingRequest", src=[4, 1])
                self.assertEqual(answer["data"]["message"], "Message src may not be broadcast")
                answer = await host.call([0, 0], "PingRequest")
                self.assertEqual(answer["type"], "response")

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "foreign_source"), 2)

    def test_the_command_line_reaches_a_host(self):
        async def run():
            async with Link(hub, host=4, handlers={"foo:Echo": lambda request: request["data"]}) as host:
                done = await asyncio.to_thread(aldis, "-H", f"unix:{hub.unix}", "call", "4", "foo:Echo", '{"a":1}')
                self.assertEqual(done.status, 0, done.err)
                self.assertEqual(json.loads(done.out), {"a": 1})
                self.assertEqual(host.requests[0]["src"][:2], [0, 0])
                self.assertEqual(len(host.requests[0]["src"]), 3)

        hub = self.hub()
        self.run_async(run())

    def test_a_control_reaches_an_agent_of_the_exchange(self):
        async def run():
            async with Connector(hub.url(), "100", {"BLINK": echo}), Link(hub) as control:
                answer = await control.call([1, 100], "BLINK", data={"times": 3})
                self.assertEqual(answer["type"], "response")
                self.assertEqual(answer["src"], [1, 100])
                self.assertEqual(answer["data"], {"times": 3})

        hub = self.hub()
        self.run_async(run())

    def test_a_call_request_may_be_for_each_channel(self):
        async def run():
            async with Connector(hub.url(), "pair", {"BLINK": echo}), Connector(hub.url(), "pair", {"BLINK": echo}) as two, \
                    Link(hub) as control:
                data = {"target": "pair", "name": "BLINK", "payload": [1], "mode": "all"}
                answer = await control.call([0, 0], "aldis:CallRequest", data=data)
                self.assertEqual(answer["type"], "response")
                self.assertEqual([(row["outcome"], row["payload"]) for row in answer["data"]], [("succeeded", [1])] * 2)
                two.handlers["BLINK"] = lambda _: {"commandStatus": "ERROR", "errorDetails": "no lamp"}
                answer = await control.call([0, 0], "aldis:CallRequest", data=data)
                self.assertEqual(answer["data"]["message"], "not every member of the roster succeeded")
                self.assertEqual(sorted(row["outcome"] for row in answer["data"]["roster"]), ["failed", "succeeded"])

        hub = self.hub()
        self.run_async(run())

    def test_a_call_request_that_makes_no_sense_is_told_where(self):
        faults = {"hub": 5, "channel": {}, "mode": "some", "idempotent": "yes", "durable": 1, "collapse": 3, "version": [],
                  "deadline_ms": "1s"}

        async def run():
            async with Link(hub) as control:
                for member, value in faults.items():
                    data = {"target": "pair", "name": "BLINK", member: value}
                    answer = await control.call([0, 0], "aldis:CallRequest", data=data)
                    self.assertRegex(answer["data"]["message"], f"failed validation: must be .* at /{member}$")
                    self.assertEqual(answer["data"]["code"], "InvalidMessage")

        hub = self.hub()
        self.run_async(run())

    def test_any_name_is_reached_by_call_request(self):
        async def run():
            async with Connector(hub.url(), "the lamp", {"BLINK": echo}), Link(hub) as control:
                data = {"target": "the lamp", "name": "BLINK", "payload": {"times": 3}}
                answer = await control.call([0, 0], "aldis:CallRequest", data=data)
                self.assertEqual(answer, {"type": "response", "seq": 1, "src": [0, 0], "dst": [*control.src, 1],
                                          "data": {"times": 3}})
                answer = await control.call([0, 0], "aldis:CallRequest", data={"target": "x", "name": "y"})
                self.assertEqual(answer["data"],
                                 {"message": "There is no target x", "outcome": "refused", "cause": "no_target"})
                answer = await control.call([0, 0], "aldis:CallRequest", data={"target": "x"})
                self.assertEqual(answer["data"]["code"], "InvalidMessage")

        hub = self.hub()
        self.run_async(run())


class Addresses(LinkCase):
    INSTANCES = [{"config": {"instance.id": 7}, "status": "running"}, {"config": {"instance.id": 8}, "status": "stopped"}]

    def test_instances_are_targets_of_their_own(self):
        async def run():
            async with Link(hub, host=4, handlers={"E": lambda request: request["dst"]}) as host, Link(hub) as control:
                answer = await control.call([2, 7], "E")
                self.assertEqual(answer["data"]["message"], "Instance 7 does not exist")
                answer = await host.call([0, 0], "InstancesUpdateRequest", data=self.INSTANCES)
                self.assertEqual(answer["type"], "response")
                self.assertNotIn("data", answer)
                future = await control.ask([2, 7], "X")
                await wait_until_async(lambda: host.requests, "the request")
                self.assertEqual(host.requests[0]["dst"], [2, 7])
                await host.answer(host.requests[0], src=[2, 7], data="from 7")
                answer = await asyncio.wait_for(future, PATIENCE)
                self.assertEqual((answer["src"], answer["data"]), ([2, 7], "from 7"))
                # And one speaks for itself.
                control.handlers["Y"] = lambda request: request["src"]
                answer = await host.call(control.src, "Y", src=[2, 8])
                self.assertEqual(answer["data"], [2, 8, 2])
                await host.call([0, 0], "InstancesUpdateRequest", data=self.INSTANCES[:1])
                answer = await control.call([2, 8], "E")
                self.assertEqual(answer["data"]["message"], "Instance 8 does not exist")
                done = await asyncio.to_thread(aldis, "-H", f"unix:{hub.unix}", "send", "instance-7", "N", "1")
                self.assertEqual(done.status, 0, done.err)
                await wait_until_async(lambda: host.events, "the event")
                self.assertEqual((host.events[0]["src"], host.events[0]["dst"]), ([0, 0], [2, 7]))

        hub = self.hub()
        self.run_async(run())

    def test_instances_come_back_with_their_host(self):
        async def run():
            async with Link(hub) as control:
                host = await Link(hub, host=4).open()
                await host.call([0, 0], "InstancesUpdateRequest", data=self.INSTANCES)
                await host.cut()
                future = await control.ask([2, 8], "X")
                self.assertEqual((await host.resume())["type"], "continue")
                await wait_until_async(lambda: host.requests, "the request")
                await host.answer(host.requests[0], src=[2, 8], data=8)
                self.assertEqual((await asyncio.wait_for(future, PATIENCE))["data"], 8)
                await host.event(control.src, "N", src=[2, 7])
                await wait_until_async(lambda: control.events, "the event")
                self.assertEqual(control.events[0]["src"], [2, 7])
                await host.close()

        hub = self.hub()
        self.run_async(run())

    def test_broadcasts_reach_their_kind_but_not_who_says_them(self):
        async def run():
            async with Link(hub, host=4) as a, Link(hub, host=5) as b, Link(hub) as c, Link(hub) as d:
                await a.event([4, 1], "N", data="hosts")
                await c.event([4, 1], "N", data="all hosts")
                await c.event([4, 3], "N", data="controls")
                await a.event([4, 3], "N", data="all controls")
                await wait_until_async(lambda: len(b.events) == 2 and len(d.events) == 2, "the events")
                self.assertEqual([event["data"] for event in b.events], ["hosts", "all hosts"])
                self.assertEqual([event["dst"] for event in b.events], [[4, 1], [4, 1]])
                self.assertEqual([event["src"] for event in b.events], [a.src, c.src])
                self.assertEqual(sorted(event["data"] for event in d.events), ["all controls", "controls"])
                await wait_until_async(lambda: a.events and c.events, "the events")
                self.assertEqual([event["data"] for event in a.events], ["all hosts"])
                self.assertEqual([event["data"] for event in c.events], ["all controls"])

        hub = self.hub()
        self.run_async(run())

    def test_messages_of_a_plugin_reach_hosts_that_have_it(self):
        async def run():
            async with Link(hub, host=4, plugins={"foo": "1"}) as a, Link(hub, host=5) as b, Link(hub) as control:
                await control.event([4, 1], "foo:N", data=1)
                await control.event([4, 1], "M", data=2)
                await wait_until_async(lambda: b.events and len(a.events) == 2, "the events")
                self.assertEqual([event["data"] for event in a.events], [1, 2])
                self.assertEqual([event["data"] for event in b.events], [2])

        hub = self.hub()
        self.run_async(run())

    def test_a_name_has_an_integer_by_alias(self):
        async def run():
            async with Connector(hub.url(), "lamp", {"BLINK": echo}), Link(hub) as control:
                answer = await control.call([1, 100], "BLINK", data={"n": 1})
                self.assertEqual((answer["src"], answer["data"]), ([1, 100], {"n": 1}))

        hub = self.hub("link.alias=lamp=host 100, deck lights=instance 7")
        self.run_async(run())

    def test_events_cross_from_other_dialects(self):
        async def run():
            async with Link(hub, host=4) as host:
                done = await asyncio.to_thread(aldis, "-H", f"unix:{hub.unix}", "send", "4", "foo:N", '{"a":1}')
                self.assertEqual(done.status, 0, done.err)
                await wait_until_async(lambda: host.events, "the event")
                self.assertEqual(host.events[0], {"type": "event", "seq": 1, "src": [0, 0], "dst": [1, 4],
                                                  "name": "foo:N", "data": {"a": 1}})

        hub = self.hub()
        self.run_async(run())


class Library(LinkCase):
    """Programs of ours that speak link themselves."""

    def url(self, hub):
        return hub.url("").replace("ws://", "link+ws://")

    def test_the_command_line_calls_as_a_control(self):
        async def run():
            async with Link(hub, host=4, handlers={"E": lambda request: request["data"]}):
                env = {"ALDIS_TOKEN": token(aud="user", user="ann")}
                done = await asyncio.to_thread(aldis, "call", "4", "E", '{"a":1}', url=self.url(hub), env=env)
                self.assertEqual((done.status, done.json()), (0, {"a": 1}), done.err)
                done = await asyncio.to_thread(aldis, "call", "5", "E", url=self.url(hub), env=env)
                self.assertEqual(done.status, 11)
                self.assertIn("Host 5 is offline", done.err)
            async with Connector(hub.url(), "the lamp", {"BLINK": echo}):
                done = await asyncio.to_thread(aldis, "call", "the lamp", "BLINK", "[1]", url=self.url(hub), env=env)
                self.assertEqual((done.status, done.json()), (0, [1]), done.err)

        hub = self.hub()
        self.run_async(run())

    def test_what_no_address_can_say_is_said_all_the_same(self):
        """Each channel of a target, one of them, another hub, and what must not be forgotten."""
        async def run():
            def call(*words):
                return asyncio.to_thread(aldis, *words, url=self.url(hub), env={"ALDIS_TOKEN": token(aud="user", user="ann")})

            async with Connector(hub.url(), "pair", {"BLINK": echo}), Connector(hub.url(), "pair", {"BLINK": echo}) as two:
                done = await call("--json", "call", "--mode", "all", "pair", "BLINK", '{"a":1}')
                self.assertEqual((done.status, [row["outcome"] for row in done.json()["roster"]]), (0, ["succeeded"] * 2))
                self.assertEqual([row["payload"] for row in done.json()["roster"]], [{"a": 1}] * 2)
                two.handlers["BLINK"] = lambda _: {"commandStatus": "ERROR", "errorDetails": "no lamp"}
                done = await call("--json", "call", "--mode", "all", "pair", "BLINK")
                self.assertEqual((done.status, done.json()["cause"]), (10, "members"), done.err)
                self.assertEqual(sorted(row["outcome"] for row in done.json()["roster"]), ["failed", "succeeded"])
                n = len(two.commands)
                for channel in hub.channels("pair"):
                    await call("call", f"pair#{channel['id']}", "BLINK")
                self.assertEqual(len(two.commands), n + 1)
                done = await call("call", "elsewhere:pair", "BLINK")
                self.assertEqual((done.status, "no_target" in done.err), (11, True), done.err)
                done = await call("call", "--durable", "pair", "BLINK")
                self.assertEqual((done.status, "durable commands need a store" in done.err), (11, True), done.err)
                self.assertEqual(len(two.commands), n + 1)

        hub = self.hub()
        self.run_async(run())

    def test_what_its_caller_cannot_be_told_is_no_success_to_anybody(self):
        """A link says 100 MiB, a caller over the Unix socket hears 12.5 MiB."""
        async def run():
            async with Link(hub, host=4, handlers={"E": lambda _: "x" * (20 << 20)}):
                done = await asyncio.to_thread(aldis, "--json", "call", "4", "E", url=f"unix:{hub.unix}")
                noted = hub.get("/api/v1/commands?order=newest&limit=1")["commands"][0]
                self.assertEqual((done.json()["outcome"], done.json()["cause"]), ("failed", "too_large"))
                self.assertEqual((noted["outcome"], noted["cause"]), ("failed", "too_large"))

        hub = self.hub()
        self.run_async(run())

    def test_a_command_has_one_outcome_whoever_asks(self):
        """The caller and the hub read the same in a host's error."""
        errors = {"Expired": ("failed", "agent_failed"), "Refused": ("failed", "agent_failed"),
                  "SessionLost": ("lost", "session_ended"), "InvalidMessage": ("refused", "invalid"),
                  "words": ("refused", "busy")}

        def handler(request):
            code = request["data"]
            if code == "words":
                raise Refusal("full", "Refused", outcome="refused", cause="busy")
            raise Refusal("so it is", code)

        async def run():
            env = {"ALDIS_TOKEN": token(aud="user", user="ann")}
            async with Link(hub, host=4, handlers={"E": handler}):
                for code, meant in errors.items():
                    for options in ((), ("--mode", "primary")):
                        done = await asyncio.to_thread(aldis, "--json", "call", *options, "4", "E", json.dumps(code),
                                                       url=self.url(hub), env=env)
                        told = (done.json()["outcome"], done.json()["cause"])
                        noted = hub.get("/api/v1/commands?order=newest&limit=1")["commands"][0]
                        self.assertEqual(told, (noted["outcome"], noted["cause"]), (code, options))
                        if not options:
                            self.assertEqual(told, meant, code)

        hub = self.hub()
        self.run_async(run())

    def test_who_is_not_let_in_is_told_why_and_does_not_come_again(self):
        hub = self.hub()
        done = aldis("call", "4", "E", url=self.url(hub))
        self.assertEqual(done.status, 3)
        self.assertRegex(done.err, "not wanted by the hub at .*Authentication failed: jwt must be provided\n  prove who you are")

    def test_an_agent_serves_as_a_host(self):
        async def run():
            async with Link(hub) as control:
                await asyncio.to_thread(hub.wait_channel, "4")
                answer = await control.call([1, 4], "E", data={"a": 1})
                self.assertEqual((answer["type"], answer["data"]), ("response", {"a": 1}))

        hub = self.hub()
        agent = Running("-H", self.url(hub), "agent", "--target", "4", "--echo",
                        env={"ALDIS_TOKEN": token(aud="host", host=4)})
        self.addCleanup(agent.close)
        self.run_async(run())


if __name__ == "__main__":
    unittest.main()
