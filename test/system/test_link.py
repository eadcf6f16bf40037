"""Hosts and controls of the link protocol at a hub, over real sockets."""

import asyncio
import contextlib
import json
import os
import tempfile
import time
import unittest

import websockets

from cli_rig import Running, aldis
from harness import PATIENCE, Connector, HubCase, echo, wait_until, wait_until_async
from link_party import SECRET, Closed, Link, Refusal, token


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
                self.assertEqual(answer["data"], {"message": "There is no target x"})
                answer = await control.call([0, 0], "aldis:CallRequest", data={"target": "x"})
                self.assertEqual(answer["data"]["code"], "InvalidMessage")

        hub = self.hub()
        self.run_async(run())


class Sessions(LinkCase):
    def test_a_cut_session_resumes_and_loses_nothing(self):
        async def run():
            async with Link(hub, host=4, handlers={"E": lambda request: request["data"]}) as host:
                async with Link(hub) as control:
                    await control.call([1, 4], "E", data=1)
                    await host.cut()
                    waiting = [await control.ask([1, 4], "E", data=n) for n in range(10)]
                    answer = await host.resume()
                    self.assertEqual(answer["type"], "continue")
                    self.assertEqual(answer["data"]["lastSeq"], 1)
                    for n, future in enumerate(waiting):
                        self.assertEqual((await asyncio.wait_for(future, PATIENCE))["data"], n)
                    self.assertEqual(len(host.requests), 11)

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "session_resumed"), 1)

    def test_an_answer_after_a_resume_still_finds_its_question(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as control:
                future = await control.ask([1, 4], "E")
                await wait_until_async(lambda: host.requests, "the request")
                await host.ack()
                await host.cut()
                await host.resume()
                await host.answer(host.requests[0], data="late")
                self.assertEqual((await asyncio.wait_for(future, PATIENCE))["data"], "late")

        hub = self.hub()
        self.run_async(run())

    def test_an_unknown_session_is_invalidated_and_may_register(self):
        async def run():
            link = Link(hub, host=4)
            link.session = "nobody's"
            answer = await link.resume()
            self.assertEqual(answer, {"type": "invalidate"})
            await link.register()
            link.run()
            self.assertEqual((await link.call([0, 0], "PingRequest"))["type"], "response")
            await link.close()

        hub = self.hub()
        self.run_async(run())

    def test_what_was_sent_twice_is_done_once(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as control:
                await control.event([1, 4], "N", data=1)
                await control.send(control.sent[-1])
                await control.send({**control.sent[-1], "seq": -5, "data": 3})
                await control.event([1, 4], "N", data=2)
                await wait_until_async(lambda: len(host.events) == 3, "the events")
                self.assertEqual([event["data"] for event in host.events], [1, 3, 2])

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "repeated_sequence"), 1)
        self.assertEqual(self.link_counter(hub, "odd_sequence"), 1)

    def test_lost_session_answers_those_who_wait(self):
        async def run():
            async with Link(hub) as control:
                host = await Link(hub, host=4).open()
                future = await control.ask([1, 4], "E")
                await wait_until_async(lambda: host.requests, "the request")
                await host.send({"type": "disconnect", "data": "bogus"})
                closed = await host.ended()
                self.assertEqual((closed.code, closed.reason), (4000, "Malformed message"))
                answer = await asyncio.wait_for(future, PATIENCE)
                self.assertEqual(answer["src"], [1, 4])
                self.assertEqual(answer["data"], {"message": "Session Closed", "code": "SessionLost"})
                host.stop()
                self.assertEqual((await host.resume())["type"], "invalidate")
                await host.ws.close()

        hub = self.hub()
        self.run_async(run())

    def test_orderly_disconnect_of_the_peer(self):
        async def run():
            host = await Link(hub, host=4).open()
            await host.send({"type": "disconnect", "data": "prepare"})
            closed = await host.ended()
            self.assertEqual(host.disconnects, ["ready"])
            self.assertEqual((closed.code, closed.reason), (1000, "Disconnect"))
            host.stop()

        hub = self.hub()
        self.run_async(run())

    def test_orderly_disconnect_of_the_hub(self):
        async def run():
            host = await Link(hub, host=4).open()
            hub.send_signal(15)
            await wait_until_async(lambda: host.disconnects, "the goodbye")
            self.assertEqual(host.disconnects, ["prepare"])
            await host.send({"type": "disconnect", "data": "ready"})
            closed = await host.ended()
            self.assertEqual((closed.code, closed.reason), (1001, "Server Quit"))
            host.stop()

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(hub.wait(), 0)

    def stops(self, hub):
        hub.send_signal(15)
        return wait_until_async(lambda: hub.state()["draining"], "the drain")

    def test_while_the_hub_stops_sessions_are_resumed_and_answers_arrive(self):
        """link.md 2.3, 5."""
        async def run():
            host, control = await Link(hub, host=4).open(), await Link(hub).open()
            waiting = [await control.ask([1, 4], "E", data=n) for n in range(3)]
            await wait_until_async(lambda: len(host.requests) == 3, "the requests")
            await self.stops(hub)
            for party in (control, host):
                await party.cut()
                self.assertEqual((await party.resume())["type"], "continue")
            for n, request in enumerate(host.requests):
                await host.answer(request, data=n)
            for n, future in enumerate(waiting):
                self.assertEqual((await asyncio.wait_for(future, PATIENCE))["data"], n)
            for party in (control, host):
                await wait_until_async(lambda party=party: party.disconnects == ["prepare"], "the goodbye")
                await party.send({"type": "disconnect", "data": "ready"})
                closed = await party.ended()
                self.assertEqual((closed.code, closed.reason), (1001, "Server Quit"))
                party.stop()

        hub = self.hub("hub.drain_timeout=60s")
        self.run_async(run())
        self.assertEqual(hub.wait(), 0)

    def test_a_hub_that_stops_waits_for_whoever_an_answer_is_for(self):
        async def run():
            host, control = await Link(hub, host=4).open(), await Link(hub).open()
            future = await control.ask([1, 4], "E")
            await wait_until_async(lambda: host.requests, "the request")
            await control.cut()
            await self.stops(hub)
            await host.answer(host.requests[0], data="kept")
            await wait_until_async(lambda: host.disconnects, "the goodbye")
            await host.send({"type": "disconnect", "data": "ready"})
            await host.ended()
            host.stop()
            self.assertEqual((await control.resume())["type"], "continue")
            self.assertEqual((await asyncio.wait_for(future, PATIENCE))["data"], "kept")
            await wait_until_async(lambda: control.disconnects, "the goodbye")
            await control.send({"type": "disconnect", "data": "ready"})
            await control.ended()
            control.stop()

        hub = self.hub("hub.drain_timeout=60s")
        self.run_async(run())
        self.assertEqual(hub.wait(), 0)

    def test_nobody_registers_while_the_hub_stops(self):
        async def run():
            host, control = await Link(hub, host=4).open(), await Link(hub).open()
            future = await control.ask([1, 4], "E")
            await wait_until_async(lambda: host.requests, "the request")
            await self.stops(hub)
            late = Link(hub, host=5)
            late.session = "nobody's"
            self.assertEqual(await late.resume(), {"type": "invalidate"})
            await late.send(late.registration())
            with self.assertRaises(Closed) as closed:
                await late.receive()
            self.assertEqual((closed.exception.code, closed.exception.reason), (1001, "Shutting down"))
            await host.answer(host.requests[0])
            await asyncio.wait_for(future, PATIENCE)
            await host.close()
            await control.close()

        hub = self.hub("hub.drain_timeout=60s")
        self.run_async(run())
        self.assertEqual(hub.wait(), 0)

    def test_newer_connection_of_a_host_takes_its_place(self):
        async def run():
            first = await Link(hub, host=4).open()
            async with Link(hub, host=4) as second:
                closed = await first.ended()
                self.assertEqual((closed.code, closed.reason),
                                 (1008, "Newer connection for host from same address"))
                self.assertEqual((await second.call([0, 0], "PingRequest"))["type"], "response")
            first.stop()

        hub = self.hub()
        self.run_async(run())


    def test_a_second_host_of_a_number_from_another_address_is_turned_away(self):
        async def run():
            async with Link(hub, host=4) as first:
                second = Link(hub, host=4, place="127.0.0.2")
                for _ in range(2):
                    await second.dial()
                    await second.send(second.registration())
                    with self.assertRaises(Closed) as closed:
                        await second.receive()
                    self.assertEqual((closed.exception.code, closed.exception.reason),
                                     (1008, "Host already connected from another address"))
                self.assertEqual((await first.call([0, 0], "PingRequest"))["type"], "response")
                await first.cut()
                await wait_until_async(lambda: hub.channels("4")[0]["state"] == "away", "the loss of the first")
                # It may have moved; and who comes back to the session that it had is told so.
                async with second:
                    self.assertEqual((await second.call([0, 0], "PingRequest"))["type"], "response")
                    self.assertEqual((await first.resume())["type"], "invalidate")
                    await first.send(first.registration())
                    with self.assertRaises(Closed) as closed:
                        await first.receive()
                    self.assertEqual(closed.exception.code, 1008)

        hub = self.hub()
        self.run_async(run())


class Counted(LinkCase):
    """docs/wire-link.md 5: what counts which bad input."""

    def test_acknowledgements_of_what_was_never_said(self):
        async def run():
            async with Link(hub) as control:
                await control.send({"type": "heartbeat", "seq": 99999})
                await control.call([0, 0], "PingRequest")

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "acknowledged_unsaid"), 1)

    def test_answers_that_nobody_asked_for(self):
        async def run():
            async with Link(hub, host=4) as host:
                for dst in ([0, 0, 77], [3, 5, 1], [0, 0]):
                    await host.say({"type": "response", "src": [1, 4], "dst": dst})
                await host.call([0, 0], "PingRequest")

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(hub.counter("replies_stray"), 3)
        self.assertEqual(self.link_counter(hub, "stray_answer"), 1)

    def test_resumes_that_name_what_cannot_be(self):
        async def run():
            control = await Link(hub).open()
            await control.call([0, 0], "PingRequest")
            await control.ack()
            await control.call([0, 0], "PingRequest")
            await control.cut()
            for last, answer in ((999, "invalidate"), (None, "invalidate"), (2, "continue")):
                control.last = last
                self.assertEqual((await control.resume())["type"], answer)
            await control.close()

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(hub.counter("sessions_torn"), 2)
        self.assertEqual(self.link_counter(hub, "session_invalidated"), 2)
        self.assertEqual(self.link_counter(hub, "session_resumed"), 1)

    def test_controls_that_ask_to_be_let_in(self):
        async def run():
            async with Link(hub):
                other = Link(hub, shown="nothing")
                await other.dial()
                await other.send(other.registration())
                with self.assertRaises(Closed):
                    await other.receive()

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "controls_asked"), 2)
        self.assertEqual(self.link_counter(hub, "register_refused"), 1)


class Malformed(LinkCase):
    CLOSED = [
        ("x", "Malformed JSON"),
        ("[]", "Malformed message"),
        ('{"type":"bogus"}', "Malformed message"),
        ('{"type":"event","seq":1,"src":[5,4],"dst":[0,0],"name":"N"}', "Malformed message"),
        ('{"type":"event","seq":1,"src":[1],"dst":[0,0],"name":"N"}', "Malformed message"),
        ('{"type":"event","seq":1,"src":[1,1.5],"dst":[0,0],"name":"N"}', "Malformed message"),
        ('{"type":"event","seq":1,"src":[1,4],"dst":[0,0]}', "Malformed message"),
        ('{"type":"event","seq":null,"src":[1,4],"dst":[0,0],"name":"N"}', "Malformed message"),
        ('{"type":"heartbeat","seq":null}', "Malformed message"),
        ('{"type":"responseError","seq":1,"src":[1,4],"dst":[0,0,1]}', "Malformed message"),
    ]
    TAKEN = [
        '{"type":"request","seq":1,"src":[1,4,1,9],"dst":[0,0,7],"name":"PingRequest","x":1}',
        '{"type":"request","seq":1.0,"src":[1,4,1],"dst":[0,0],"name":"PingRequest","data":null}',
        '{"type":"request","seq":-5,"src":[1,4,1],"dst":[0,0],"name":"PingRequest"}',
        '{"type":"request","seq":1e300,"src":[1,4.0,1],"dst":[0,0],"name":"PingRequest"}',
        '{"type":"request","seq":7,"seq":1,"src":[1,4,1],"dst":[0,0],"name":"PingRequest"}',
    ]

    def test_malformed_frames_end_the_session(self):
        async def run():
            for text, reason in self.CLOSED:
                link = await Link(hub, host=4).open()
                await link.ws.send(text)
                closed = await link.ended()
                self.assertEqual((closed.code, closed.reason), (4000, reason), text)
                link.stop()

        hub = self.hub()
        self.run_async(run())

    def test_what_the_original_takes_is_taken(self):
        async def run():
            for text in self.TAKEN:
                async with Link(hub, host=4) as link:
                    future = link.waiting[(1, 4, 1)] = asyncio.get_running_loop().create_future()
                    await link.ws.send(text)
                    self.assertEqual((await asyncio.wait_for(future, PATIENCE))["type"], "response", text)

        hub = self.hub()
        self.run_async(run())

    def test_handshake_frames_and_answers_to_nothing_are_only_counted(self):
        async def run():
            async with Link(hub, host=4) as link:
                await link.send({"type": "hello", "data": {"version": "1", "plugins": {}}})
                await link.send({"type": "invalidate"})
                await link.say({"type": "response", "src": [1, 4], "dst": [0, 0, 77]})
                await link.say({"type": "response", "src": [1, 4], "dst": [3, 1, 77]})
                self.assertEqual((await link.call([0, 0], "PingRequest"))["type"], "response")

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "unexpected_frame"), 2)
        self.assertEqual(hub.counter("replies_stray"), 2)

    def test_a_silent_peer_is_cut_and_may_resume(self):
        async def run():
            async with Link(hub) as other:
                link = await Link(hub, host=4, beats=False).open()
                closed = await link.ended()
                self.assertEqual(closed.code, 1006)
                self.assertEqual((await link.resume())["type"], "continue")
                self.assertEqual((await other.call([0, 0], "PingRequest"))["type"], "response")
                await link.close()

        hub = self.hub("link.heartbeat_interval=200ms")
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "heartbeat_timeout"), 1)


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


class GenerationA(LinkCase):
    """A slave of 2020, by hand."""

    def test_a_newer_slave_takes_the_place_of_the_first_which_does_not_come_again(self):
        async def run():
            first = await self.slave(hub)
            second = await self.slave(hub)
            with self.assertRaises(Closed) as closed:
                await first.receive()
            self.assertEqual((closed.exception.code, closed.exception.reason),
                             (4003, "Registered from another connection"))
            await second.send({"seq": 1, "type": "ping_request", "data": {}})
            self.assertEqual((await second.receive())["type"], "ping_response")
            third = Link(hub, host=4, place="127.0.0.2")
            with self.assertRaises(Closed) as closed:
                await self.register_slave(third)
            self.assertEqual(closed.exception.code, 1008)
            await second.ws.close()

        hub = self.hub()
        self.run_async(run())

    async def slave(self, hub):
        return await self.register_slave(Link(hub, host=4))

    async def register_slave(self, link):
        await link.dial()
        data = {"token": token(aud="slave", slave=4), "agent": "Clusterio Slave", "version": "2.0.0-alpha.0",
                "name": "Foo", "id": 4, "plugins": {}}
        await link.send({"seq": None, "type": "register_slave", "data": data})
        ready = await link.receive()
        self.assertEqual((ready["seq"], ready["type"]), (None, "ready"))
        link.session = ready["data"]["session_token"]
        return link

    def test_the_first_frame_is_held_to_its_schema(self):
        control = {"token": token(aud="user", user="test"), "agent": "clusterioctl", "version": "2.0.0-alpha.0"}
        slave = {"token": token(aud="slave", slave=4), "agent": "Clusterio Slave", "version": "2.0.0-alpha.0",
                 "name": "Foo", "id": 4, "plugins": {}}
        cases = [
            {"seq": None, "type": "register_slave", "data": {k: v for k, v in slave.items() if k != "agent"}},
            {"seq": None, "type": "register_slave", "data": {k: v for k, v in slave.items() if k != "name"}},
            {"seq": None, "type": "register_slave", "data": {**slave, "more": 1}},
            {"seq": None, "type": "register_control", "data": control, "more": 1},
            {"seq": None, "type": "register_control", "data": {**control, "more": 1}},
            {"type": "register_control", "data": control},
            {"seq": None, "type": "resume", "data": {"session_token": "x"}},
        ]

        async def run():
            for case in cases:
                link = Link(hub)
                await link.dial()
                await link.send(case)
                with self.assertRaises(Closed) as closed:
                    await link.receive()
                self.assertEqual((closed.exception.code, closed.exception.reason), (1002, "Bad handshake"), case)
            link = Link(hub)
            await link.dial()
            await link.send({"seq": 7, "type": "register_slave", "data": {**slave, "public_address": "localhost"}})
            self.assertEqual((await link.receive())["type"], "ready")
            await link.ws.close()

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "malformed_message"), len(cases))

    def test_a_request_that_breaks_the_format_is_answered(self):
        async def run():
            slave = await self.slave(hub)
            for seq, frame in enumerate([{"data": None}, {}, {"data": {}, "more": 1}, {"data": []}], 1):
                await slave.send({"seq": seq, "type": "ping_request", **frame})
                self.assertEqual(await slave.receive(), {"seq": seq, "type": "ping_response",
                                                         "data": {"seq": seq, "error": "Malformed"}})
            await slave.send({"seq": 5, "type": "ping_request", "data": {"a": 1}})
            self.assertEqual((await slave.receive())["data"], {"seq": 5, "error": "Validation failed for ping_request"})
            await slave.send({"seq": 6, "type": "ping_request", "data": {}})
            self.assertEqual((await slave.receive())["data"], {"seq": 6})
            await slave.ws.close()

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "malformed_message"), 4)

    def test_a_session_keeps_its_generation(self):
        async def run():
            slave = await self.slave(hub)
            slave.ws.transport.abort()
            self.assertEqual(await slave.resume(), {"type": "invalidate"})
            await slave.ws.close()
            again = Link(hub)
            await again.dial()
            await again.send({"seq": None, "type": "resume", "data": {"session_token": slave.session, "last_seq": None}})
            self.assertEqual((await again.receive())["type"], "continue")
            await again.ws.close()

            host = await Link(hub, host=5).open()
            await host.cut()
            await again.dial()
            await again.send({"seq": None, "type": "resume", "data": {"session_token": host.session, "last_seq": None}})
            self.assertEqual(await again.receive(), {"seq": None, "type": "invalidate", "data": {}})
            await again.ws.close()
            self.assertEqual((await host.resume())["type"], "continue")
            await host.close()

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "session_invalidated"), 2)
        self.assertEqual(self.link_counter(hub, "session_resumed"), 2)

    def test_slave_is_called_and_pings(self):
        async def run():
            slave = await self.slave(hub)
            await slave.send({"seq": 1, "type": "ping_request", "data": {}})
            self.assertEqual(await slave.receive(), {"seq": 1, "type": "ping_response", "data": {"seq": 1}})
            call = asyncio.ensure_future(
                asyncio.to_thread(aldis, "-H", f"unix:{hub.unix}", "call", "4", "foo:get", '{"a":1}'))
            self.assertEqual(await slave.receive(), {"seq": 2, "type": "foo:get_request", "data": {"a": 1}})
            await slave.send({"seq": 2, "type": "foo:get_response", "data": {"seq": 2, "b": 2}})
            done = await call
            self.assertEqual((done.status, done.json()), (0, {"b": 2}), done.err)
            await slave.send({"seq": 3, "type": "nope_request", "data": {}})
            self.assertEqual((await slave.receive())["data"], {"seq": 3, "error": "No validator for nope_request on master-slave"})
            await slave.send({"seq": None, "type": "heartbeat", "data": {"seq": 3}})
            slave.ws.transport.abort()
            again = Link(hub)
            await again.dial()
            await again.send({"seq": None, "type": "resume", "data": {"session_token": slave.session, "last_seq": 3}})
            answer = await again.receive()
            self.assertEqual((answer["type"], answer["data"]["last_seq"]), ("continue", 3))
            await again.send({"seq": 4, "type": "prepare_disconnect_request", "data": {}})
            self.assertEqual(await again.receive(),
                             {"seq": 4, "type": "prepare_disconnect_response", "data": {"seq": 4}})
            with self.assertRaises(Closed) as closed:
                await again.receive()
            self.assertEqual(closed.exception.code, 1000)

        hub = self.hub()
        self.run_async(run())


class Load(LinkCase):
    def test_large_messages_pass_and_larger_ones_drop_the_connection(self):
        largest = 100 * 1024 * 1024

        async def run():
            async with Link(hub, host=4, handlers={"E": lambda request: request["data"]}) as host:
                async with Link(hub) as control:
                    # The response has no name, so it is a little smaller than what was asked.
                    frame = {"type": "request", "seq": 1, "src": [*control.src, 1], "dst": [1, 4], "name": "E", "data": ""}
                    size = largest - 1 - len(json.dumps(frame, separators=(",", ":")))
                    answer = await control.call([1, 4], "E", patience=120, data="x" * size)
                    self.assertEqual(len(answer["data"]), size)
                    # What waits to be acknowledged is in nobody's way.
                    for _ in range(3):
                        self.assertEqual((await control.call([1, 4], "E", data="small"))["data"], "small")
                    with contextlib.suppress(websockets.ConnectionClosed):
                        await host.ws.send('"' + "x" * (largest - 1) + '"')
                    closed = await host.ended()
                    self.assertEqual(closed.code, 1009)
                    self.assertEqual((await host.resume())["type"], "continue")
                    self.assertEqual((await control.call([1, 4], "E", data="small"))["data"], "small")

        hub = self.hub()
        self.run_async(run())

    def test_many_messages_are_acknowledged_before_the_heartbeat(self):
        async def run():
            async with Link(hub, host=4) as host:
                for n in range(1200):
                    await host.event([0, 0], "N", data=n)
                await host.call([0, 0], "PingRequest")
                self.assertGreaterEqual(host.acked, 1024)

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "early_acknowledgements"), 2)

    def test_flood_of_unanswered_requests_is_bounded_and_disturbs_nobody(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as control, Link(hub) as other:
                futures = [await control.ask([1, 4], "Never") for _ in range(300)]
                answers = []
                while len(answers) < 200:
                    done, _ = await asyncio.wait(futures, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
                    answers += [future.result() for future in done]
                    futures = [future for future in futures if future not in done]
                for answer in answers:
                    self.assertEqual(answer["data"]["code"], "Refused")
                self.assertEqual((await other.call([0, 0], "PingRequest"))["type"], "response")
                await wait_until_async(lambda: len(host.requests) > 0, "the requests")
                for request in list(host.requests):
                    await host.answer(request, data=1)
                await asyncio.wait(futures, timeout=0.2)

        hub = self.hub("limits.caller_in_flight_max=100")
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


TICK = "foo:TickEvent"


class Subscriptions(LinkCase):
    """link.md 4.10, and what aldis adds: docs/wire-link.md 5."""

    async def subscribe(self, link, action="subscribe", since=-1, *filters):
        answer = await link.call([0, 0], "SubscriptionRequest", data=[TICK, action, since, *filters])
        self.assertEqual(answer["type"], "response", answer)
        return answer

    async def heard(self, link):
        """What came: a ping is answered behind it."""
        await link.call([0, 0], "PingRequest")
        events, link.events = link.events, []
        for event in events:
            self.assertEqual((event["dst"], "filters" in event), (link.src, False), event)
        return [event["data"] for event in events]

    async def publish(self, link, *data, **members):
        for value in data:
            await link.event([0, 0], TICK, data=value, **members)
        await link.call([0, 0], "PingRequest")

    def test_filters(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as control:
                async def round(action, filters, expected):
                    await self.subscribe(control, action, 9e12, *filters)
                    await self.publish(host, "a", filters=["a"])
                    await self.publish(host, "b", filters="b")
                    await self.publish(host, "ab", filters=["a", "b"])
                    await self.publish(host, "all")
                    await self.publish(host, "none", filters=[])
                    self.assertEqual(await self.heard(control), expected, (action, filters))

                await round("subscribe", [["a"]], ["a", "ab", "all"])
                await round("subscribe", [["b"]], ["a", "b", "ab", "all"])
                await round("unsubscribe", [["a"]], ["b", "ab", "all"])
                await round("replace", [["a", "c"]], ["a", "ab", "all"])
                await round("replace", [["c"]], ["all"])
                await round("subscribe", [], ["a", "b", "ab", "all"])
                await round("unsubscribe", [["a"]], ["a", "b", "ab", "all"])  # from all nothing but all can be taken
                await round("replace", [["b"]], ["b", "ab", "all"])
                await round("unsubscribe", [["b"]], [])
                await round("subscribe", ["a"], ["a", "ab", "all"])
                await round("replace", [[]], [])
                await round("subscribe", [["a"]], ["a", "ab", "all"])
                await round("unsubscribe", [], [])

        hub = self.hub()
        self.run_async(run())

    def test_what_was_missed_comes_before_the_answer_and_once(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as early:
                await self.subscribe(early)
                await self.publish(host, 1, 2)
                await asyncio.sleep(0.002)
                since = round(time.time() * 1000)
                await asyncio.sleep(0.002)
                await self.publish(host, 3, 4)
                await self.publish(host, 5, filters=["other"])
                async with Link(hub) as late:
                    self.assertIs((await self.subscribe(late, "replace", since, ["mine"]))["data"], True)
                    self.assertEqual([event["data"] for event in late.events], [3, 4])
                    await self.publish(host, 6)
                    self.assertEqual(await self.heard(late), [3, 4, 6])
                    self.assertIs((await self.subscribe(late, "replace", time.time() * 1000 + 1000))["data"], False)
                    self.assertIs((await self.subscribe(late, "unsubscribe", 0))["data"], False)
                async with Link(hub) as late:
                    await self.subscribe(late, "subscribe", 0)
                    self.assertEqual(await self.heard(late), [1, 2, 3, 4, 5, 6])

        hub = self.hub()
        self.run_async(run())

    def test_what_is_not_remembered_is_told(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as early:
                before = time.time() * 1000 - 1000
                first = await self.subscribe(early, "subscribe", before)
                self.assertGreater(first["gapUntilMs"], before)  # nobody knew the name
                after = first["gapUntilMs"]
                self.assertNotIn("gapUntilMs", await self.subscribe(early, "replace", after))
                await self.publish(host, *range(5))
                async with Link(hub) as late:
                    answer = await self.subscribe(late, "subscribe", after)
                    self.assertEqual((answer["data"], await self.heard(late)), (True, [2, 3, 4]))
                    self.assertGreaterEqual(answer["gapUntilMs"], after)
                    self.assertLessEqual(answer["gapUntilMs"], time.time() * 1000 + 1)
                    self.assertNotIn("gapUntilMs", await self.subscribe(late, "replace", -1))
                    self.assertNotIn("gapUntilMs", await self.subscribe(late, "unsubscribe", after))

        hub = self.hub("limits.replay_max=3")
        self.run_async(run())
        self.assertEqual(hub.state()["counters"]["subscriptions_with_gaps"], 2)

    def test_events_of_other_dialects(self):
        async def run():
            async with Link(hub) as control:
                await self.subscribe(control, "subscribe", 0, ["north"])
                for filters in ([], ["--filter", "north,x"], ["--filter", "south"]):
                    words = ("send", *filters, "", TICK, json.dumps(filters))
                    result = await asyncio.to_thread(aldis, *words, url=f"unix:{hub.unix}")
                    self.assertEqual(result.status, 0, result)
                self.assertEqual(await self.heard(control), [[], ["--filter", "north,x"]])

        hub = self.hub()
        self.run_async(run())

    def test_filters_that_are_none(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as control:
                await self.subscribe(control)
                await self.publish(host, 1, filters={"a": 1})
                await self.publish(host, 2, filters=["a,b"])
                await self.publish(host, 3, filters=[str(i) for i in range(2000)])
                await self.publish(host, 4, filters=["a"])
                self.assertEqual(await self.heard(control), [4])

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "event_dropped"), 2)


if __name__ == "__main__":
    unittest.main()
