"""A connector that knows nothing of aldis, against our hub: how it comes in, stays alive and becomes primary, over TCP
and TLS, v1 and legacy. Its commands and its leaving are in test_foreign_commands.py, odd frames in
test_foreign_frames.py.

Which rows of exchange.md 12 marked W stand here: HealthCheckCommandHandlerTest and PrimaryCommandHandlerTest as seen by
the controller, ChannelManagerTest (primary after the hello, health check, eviction), PrimaryChannelManagerTest
(elections as PRIMARY), DefaultWebSocketControllerAuthenticationTest, of AbstractWebSocketChannelTest the pings, and of
WebSocketConnectorClientFactoryTest the TLS of the door.
"""

import asyncio
import ssl
import unittest
import uuid

import websockets

from foreign import GRAMMARS, V1, ForeignCase, Legacy, connect, failed, no_reply, silent, succeeded, unknown
from harness import PATIENCE, wait_until_async

HELLO_EXPECTED = (1002, "Hello Command is first expected to initialize the exchange channel")


class Handshake(ForeignCase):
    def test_only_the_two_paths_are_doors(self):
        """exchange.md 2.1, 2.2: a prefix belongs to a proxy that takes it away; here it is another path."""
        hub = self.hub()

        async def status_of(path):
            try:
                async with await self.connect(hub, path=path):
                    return 101
            except websockets.InvalidStatusCode as refusal:
                return refusal.status_code

        async def scene():
            for path in ("/root/exchange/controller", "/exchange/controller/", "/exchange/controllers", "/exchange",
                         "/", "/ws/controller", "//exchange/controller", "/Exchange/controller"):
                with self.about(path=path):
                    self.assertEqual(await status_of(path), 404)
            for path in ("/exchange/controller", "/exchange/controller?a=b", "/ws/controller/", "/ws/controller/a/b"):
                with self.about(path=path):
                    self.assertEqual(await status_of(path), 101)

        self.run_async(scene())

    def test_the_answer_to_a_hello_to_the_letter(self):
        hub = self.hub()
        cases = {
            V1: (b't:COMMAND;;et:HELLO;;e:{"id":"6f1d0e9c-8a52-4c1e-9d3b-0a7c2f4b1e10","type":"HELLO",'
                 b'"payload":{"targetId":"my-target"}}',
                 b't:REPLY;;et:HELLO;;e:{"commandId":"6f1d0e9c-8a52-4c1e-9d3b-0a7c2f4b1e10","type":"HELLO",'
                 b'"commandStatus":"SUCCEEDED","payload":{"targetId":"my-target"}}'),
            Legacy: (b'command: {"id":"80038104-686c-43db-96e4-54724ace9ae0","type":"HELLO_COMMAND",'
                     b'"payload":{"node":{"installationId":"my-target"}}}',
                     b'reply: {"commandId":"80038104-686c-43db-96e4-54724ace9ae0","type":"HELLO_REPLY",'
                     b'"commandStatus":"SUCCEEDED","payload":{"installationId":"my-target"}}'),
        }

        async def scene():
            for grammar, (hello, answer) in cases.items():
                with self.about(grammar=grammar.name):
                    async with websockets.connect(self.place(hub), extra_headers=grammar.headers,
                                                  ssl=self.trust()) as ws:
                        await ws.send(hello)
                        self.assertEqual(await asyncio.wait_for(ws.recv(), PATIENCE), answer)

        self.run_async(scene())

    def test_anybody_may_propose_any_name(self):
        """The default authentication accepts everyone; the stock connector proposes a fresh UUID."""
        hub = self.hub()

        async def scene():
            for grammar in GRAMMARS:
                with self.about(grammar=grammar.name):
                    for target in (str(uuid.uuid4()), "my-target", "ü #/:*?.%", "x" * 255, 'a"b\\c', ";;e:"):
                        async with await self.connector(hub, target, grammar) as peer:
                            self.assertEqual(peer.target, target)
                            self.assertEqual(len(hub.get("/api/v1/channels")["channels"]), 1)
                        await wait_until_async(lambda: hub.state()["totals"]["connections"] == 0, "the end")

        self.run_async(scene())

    def test_what_may_stand_in_a_hello(self):
        """exchange.md 2.6, reading; and fields that products add, as `provider` (2.3)."""
        hub = self.hub()
        fresh = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
        cases = [
            ('{"id":"h","type":"HELLO","payload":{"targetId":"t","provider":"AWS","more":[{}]},"x":null}', "h", "^t$"),
            ('{"payload":{"targetId":"t"},"type":"HELLO","id":"h"} and more', "h", "^t$"),
            (' {"id" : "h" , "type" : "HELLO", "payload" : {"targetId" : "t"}} ', "h", "^t$"),
            ('{"id":5,"type":"HELLO","payload":{"targetId":7}}', "5", "^7$"),
            ('{"id":null,"type":"HELLO","payload":{"targetId":"t"}}', None, "^t$"),
            ('{"id":"h","type":"HELLO","payload":{}}', "h", fresh),
            ('{"id":"h","type":"HELLO","payload":{"targetId":null}}', "h", fresh),
            ('{"id":"h","type":"HELLO"}', "h", fresh),
        ]

        async def scene():
            for text, id, target in cases:
                with self.about(text=text):
                    async with await self.connect(hub) as peer:
                        await peer.say_raw(f"t:COMMAND;;e:{text}".encode())
                        reply = await peer.hear("REPLY", "HELLO")
                        self.assertEqual((reply.get("commandId"), reply["commandStatus"]), (id, "SUCCEEDED"))
                        self.assertRegex(reply["payload"]["targetId"], target)
            async with await self.connect(hub) as peer:
                await peer.say_raw(b't:COMMAND;;e:{"type":"HELLO","payload":{"targetId":"t"}}')
                self.assertRegex((await peer.hear("REPLY", "HELLO"))["commandId"], fresh)

        self.run_async(scene())

    def test_a_refused_hello_is_answered_and_closed(self):
        """exchange.md 4.2, 4, where the original leaves it open for nobody's use."""
        hub = self.hub()

        async def scene():
            for grammar, payload in ((V1, {"targetId": {"a": 1}}), (V1, {"targetId": ""}),
                                     (V1, {"targetId": "x" * 5000}), (Legacy, {"node": {"installationId": []}})):
                with self.about(grammar=grammar.name, payload=payload):
                    async with await self.connect(hub, grammar) as peer:
                        hello = {**grammar.hello("x"), "payload": payload}
                        await peer.say("COMMAND", hello)
                        reply = await peer.hear("REPLY", grammar.hello_reply, commandId=hello["id"])
                        self.assertEqual(reply["commandStatus"], "ERROR")
                        self.assertTrue(reply["errorDetails"])
                        self.assertNotIn("payload", reply)
                        self.assertEqual(reply.get("message"), reply["errorDetails"] if grammar is Legacy else None)
                        self.assertEqual((await peer.closed())[0], 1008)
            self.assertEqual(hub.dialect_counter("exchange_hello_refused"), 4)

        self.run_async(scene())

    def test_the_hello_comes_first(self):
        hub = self.hub()
        first = [("COMMAND", {"id": "1", "type": "DUMMY", "payload": {}}), ("COMMAND", {"id": "1", "type": "PRIMARY"}),
                 ("COMMAND", {"id": "1", "type": "GOOD_BYE", "payload": {"reconnect": True}}),
                 ("COMMAND", {"id": "1", "type": "UNKNOWN", "payload": {}})]

        async def scene():
            for grammar in GRAMMARS:
                with self.about(grammar=grammar.name):
                    for frame in first:
                        async with await self.connect(hub, grammar) as peer:
                            await peer.say(*frame)
                            self.assertEqual(await peer.closed(), HELLO_EXPECTED)
                            self.assertEqual(peer.log, [])
                    async with await self.connect(hub, grammar) as peer:
                        await peer.say("REPLY", {"commandId": "1", "type": "DUMMY", "commandStatus": "SUCCEEDED"})
                        self.assertEqual((await peer.hello("t"))["commandStatus"], "SUCCEEDED")  # a stray is nothing
            self.assertEqual(hub.dialect_counter("exchange_hello_expected"), 2 * len(first))

        self.run_async(scene())

    def test_the_hello_has_a_deadline(self):
        hub = self.hub("exchange.hello_timeout=150ms")

        async def scene():
            for grammar in GRAMMARS:
                with self.about(grammar=grammar.name):
                    async with await self.connect(hub, grammar) as peer:
                        self.assertEqual(await peer.closed(), HELLO_EXPECTED)
                        self.assertEqual(peer.ws.pings_heard, [])
            self.assertEqual(hub.dialect_counter("exchange_hello_timeout"), 2)

        self.run_async(scene())

    def test_a_second_hello_changes_nothing(self):
        hub = self.hub()

        async def scene():
            for grammar in GRAMMARS:
                with self.about(grammar=grammar.name):
                    async with await self.connector(hub, "first", grammar) as peer:
                        reply = await peer.hello("second")
                        self.assertEqual((reply["commandStatus"], peer.target), ("SUCCEEDED", "first"))
                        self.assertEqual([channel["target"] for channel in hub.get("/api/v1/channels")["channels"]],
                                         ["first"])
                    await wait_until_async(lambda: not hub.channels("first"), "the end")

        self.run_async(scene())

    def test_a_plain_hello_in_legacy_is_as_good(self):
        """exchange.md 2.9 has two defects there: a controller that refuses it, and one that cannot say no."""
        hub = self.hub()

        async def scene():
            async with await self.connect(hub, Legacy) as peer:
                await peer.say("COMMAND", V1.hello("t"))
                reply = await peer.hear("REPLY", "HELLO")
                self.assertEqual(reply["payload"], {"targetId": "t"})

        self.run_async(scene())

    def test_the_extension_is_for_who_announces_it(self):
        hub = self.hub()

        async def scene():
            async with await self.connect(hub, extended=True) as peer:
                reply = await peer.hello("t")
                self.assertEqual(reply["payload"]["targetId"], "t")
                self.assertEqual([reply["payload"]["channel"]], [channel["id"] for channel in hub.channels("t")])
            for headers in ({"X-Aldis-Exchange": "2"}, {"X-Aldis-Exchange": ""}):
                async with await self.connect(hub, headers=headers) as peer:  # connect() checks that nothing comes back
                    await peer.hello("t")
            async with await self.connect(hub, Legacy, headers={"X-Aldis-Exchange": "1"}) as peer:
                await peer.hello("t")

        self.run_async(scene())


class KeepAlive(ForeignCase):
    def test_pings_go_both_ways(self):
        hub = self.hub("exchange.ping_interval=100ms")

        async def scene():
            for grammar in GRAMMARS:
                with self.about(grammar=grammar.name):
                    async with await self.connect(hub, grammar) as peer:
                        pong = await peer.ws.ping(b"before the hello")
                        await asyncio.wait_for(pong, PATIENCE)
                        self.assertEqual(peer.ws.pings_heard, [])
                        await peer.hello("t")
                        await wait_until_async(lambda: len(peer.ws.pings_heard) >= 3, "pings")
                        self.assertEqual(set(peer.ws.pings_heard), {b""})
                        for payload in (b"", b"x", b"y" * 125):
                            await asyncio.wait_for(await peer.ws.ping(payload), PATIENCE)
                        await peer.ws.pong(b"nobody asked")
                        await asyncio.wait_for(await peer.ws.ping(b"still there"), PATIENCE)

        self.run_async(scene())

    def test_who_answers_no_ping_is_dead(self):
        hub = self.hub("exchange.ping_interval=100ms", "exchange.pong_timeout=200ms")

        async def scene():
            for grammar in GRAMMARS:
                with self.about(grammar=grammar.name):
                    async with await self.connector(hub, "t", grammar, answers={"HEALTH_CHECK": silent}) as peer:
                        peer.ws.deaf = True
                        self.assertEqual(await peer.closed(), (1011, "No sign of life after a ping"))
            self.assertEqual(hub.dialect_counter("exchange_pong_timeout"), 2)

        self.run_async(scene())

    def test_any_frame_is_a_sign_of_life(self):
        hub = self.hub("exchange.ping_interval=100ms", "exchange.pong_timeout=800ms")

        async def scene():
            async with await self.connector(hub, "t") as peer:
                peer.ws.deaf = True
                while len(peer.ws.pings_heard) < 15:
                    await peer.ask("DUMMY")
                self.assertEqual(hub.dialect_counter("exchange_pong_timeout"), 0)

        self.run_async(scene())

    def test_health_is_asked_and_told(self):
        hub = self.hub("exchange.healthcheck_interval=50ms")

        async def scene():
            async with await self.connector(hub, "t") as peer:
                await peer.until(lambda: len(peer.heard("HEALTH_CHECK")) >= 4, "health checks")
                asked = peer.heard("HEALTH_CHECK")
                self.assertTrue(all(command["payload"] == {} for command in asked))
                self.assertEqual(len({command["id"] for command in asked}), len(asked))
                self.assertEqual([(channel["active"], channel["health_failures"]) for channel in hub.channels("t")],
                                 [(True, 0)])

        self.run_async(scene())

    def test_an_error_that_says_healthy_is_healthy(self):
        """exchange.md 3.3: the payload is looked at, and nothing else."""
        hub = self.hub("exchange.healthcheck_interval=50ms", "exchange.healthcheck_failures=1")

        async def scene():
            answers = {"HEALTH_CHECK": lambda command: {"commandStatus": "ERROR", "payload": {"healthy": True}}}
            async with await self.connector(hub, "t", answers=answers) as peer:
                await peer.until(lambda: len(peer.heard("HEALTH_CHECK")) >= 4, "health checks")
                self.assertEqual(peer.heard("GOOD_BYE"), [])

        self.run_async(scene())

    def test_who_is_not_healthy_is_told_to_go(self):
        hub = self.hub("exchange.healthcheck_interval=30ms", "exchange.healthcheck_timeout=100ms",
                       "exchange.healthcheck_failures=2")
        ill = {
            "it says so": succeeded({"healthy": False, "detail": "db down"}),
            "it says nothing of it": succeeded({}),
            "no payload": lambda command: {"commandStatus": "SUCCEEDED"},
            "an error": failed("boom"),
            "no handler": no_reply("No handler found for command type 'HEALTH_CHECK'. Ignoring"),
            "unknown": unknown,
            "silence": silent,
        }

        async def scene():
            for number, (name, answer) in enumerate(ill.items(), 1):
                with self.about(name):
                    async with await self.connector(hub, "t", answers={"HEALTH_CHECK": answer}) as peer:
                        goodbye = await peer.hear("COMMAND", "GOOD_BYE")
                        self.assertEqual(goodbye["payload"], {"targetId": "t", "reconnect": True})
                        self.assertEqual(len(peer.heard("HEALTH_CHECK")), 2)
                        self.assertEqual(await peer.close(1013, "GoodBye Command with reconnection requested."),
                                         (1013, "GoodBye Command with reconnection requested."))
                    self.assertEqual(hub.counter("health_evictions"), number)
            await wait_until_async(lambda: not hub.channels("t"), "the end of the last one")

        self.run_async(scene())

    def test_one_good_answer_forgives_the_bad_ones(self):
        hub = self.hub("exchange.healthcheck_interval=30ms", "exchange.healthcheck_failures=2")

        async def scene():
            moods = iter([False, True] * 4 + [True] * 1000)
            answer = lambda command: {"commandStatus": "SUCCEEDED", "payload": {"healthy": next(moods)}}
            async with await self.connector(hub, "t", answers={"HEALTH_CHECK": answer}) as peer:
                await peer.until(lambda: len(peer.heard("HEALTH_CHECK")) >= 10, "health checks")
                self.assertEqual(peer.heard("GOOD_BYE"), [])
            self.assertEqual(hub.counter("health_failures"), 4)

        self.run_async(scene())

    def test_a_legacy_connector_is_never_ill(self):
        """exchange.md 2.9: the answer to a legacy health check is not waited for."""
        hub = self.hub("exchange.healthcheck_interval=30ms", "exchange.healthcheck_timeout=50ms",
                       "exchange.healthcheck_failures=1", "exchange.ping_interval=100ms")

        async def scene():
            answers = {"HEALTH_CHECK": succeeded({"healthy": False})}
            async with await self.connector(hub, "t", Legacy, answers=answers) as peer:
                await wait_until_async(lambda: len(peer.ws.pings_heard) >= 3, "three ping intervals")
                self.assertTrue(peer.ws.open)

        self.run_async(scene())


class Primary(ForeignCase):
    def elected(self, hub, target="t"):
        """The term of the confirmed primary."""
        terms = [channel["term"] for channel in hub.channels(target) if channel["primary"]]
        return terms[0] if terms else None

    def test_the_first_is_elected_and_newcomers_are_told(self):
        hub = self.hub()

        async def scene():
            async with await self.connector(hub, "t") as first:
                told = await first.until(lambda: first.heard("PRIMARY"), "the election")
                term = told[0]["payload"]["term"]
                self.assertEqual(told[0]["payload"], {"primary": True, "term": term})
                self.assertGreater(term, 0)
                await wait_until_async(lambda: self.elected(hub) == term, "the confirmation")
                async with await self.connector(hub, "t") as second, await self.connector(hub, "t") as third:
                    for newcomer in (second, third):
                        told = await newcomer.until(lambda: newcomer.heard("PRIMARY"), "the news")
                        self.assertIs(told[0]["payload"]["primary"], False)
                    self.assertEqual(first.told(), [True])  # sticky: nobody preempts it
                async with await self.connector(hub, "u") as other:
                    await other.until(lambda: other.told() == [True], "the election of another target")

        self.run_async(scene())

    def test_another_is_elected_when_it_leaves(self):
        hub = self.hub()

        async def scene():
            first = await self.connector(hub, "t")
            await first.until(lambda: first.told() == [True], "the first election")
            async with await self.connector(hub, "t") as second, await self.connector(hub, "t") as third:
                for newcomer in (second, third):
                    await newcomer.until(lambda: newcomer.told() == [False], "the news")
                await first.close()
                await wait_until_async(lambda: second.told() + third.told() == [False, True, False] or
                                       second.told() + third.told() == [False, False, True], "the second election")
                await wait_until_async(lambda: (self.elected(hub) or 0) > 1, "its confirmation")

        self.run_async(scene())

    def test_a_dropped_link_is_as_good_as_a_goodbye(self):
        hub = self.hub()

        async def scene():
            first = await self.connector(hub, "t")
            await first.until(lambda: first.told() == [True], "the first election")
            async with await self.connector(hub, "t") as second:
                first.cut()
                await second.until(lambda: second.told() == [False, True], "the second election")

        self.run_async(scene())

    def test_who_does_not_confirm_steps_down_before_another_is_elected(self):
        hub = self.hub("exchange.primary_timeout=1s")
        refusals = {"silence": silent, "an error": failed("boom"), "no handler": no_reply(), "unknown": unknown}

        async def scene():
            for name, refusal in refusals.items():
                with self.about(name):
                    order = []
                    demotion = asyncio.get_running_loop().create_future()

                    def reluctant(command):
                        order.append(("first", command["payload"]["primary"]))
                        if command["payload"]["primary"]:
                            return refusal(command)
                        if not demotion.done():  # when all others have gone, its turn comes again
                            demotion.set_result(command)
                        return None

                    def willing(command):
                        order.append(("second", command["payload"]["primary"]))
                        return succeeded()(command)

                    async with await self.connector(hub, name, answers={"PRIMARY": reluctant}) as first:
                        async with await self.connector(hub, name, answers={"PRIMARY": willing}) as second:
                            command = await asyncio.wait_for(demotion, PATIENCE)
                            await second.until(lambda: order.count(("second", False)) == 1, "the news")
                            before = hub.counter("promotions_confirmed")
                            self.assertNotIn(("second", True), order)
                            await first.reply(command, commandStatus="SUCCEEDED", payload={})
                            await second.until(lambda: order[-1] == ("second", True), "the second election")
                            await wait_until_async(lambda: hub.counter("promotions_confirmed") > before, "confirmation")
                            terms = [command["payload"]["term"] for command in first.heard("PRIMARY")]
                            self.assertGreater(second.heard("PRIMARY")[-1]["payload"]["term"], max(terms))
                            self.assertEqual([entry for entry in order if entry[0] == "first"],
                                             [("first", True), ("first", False)])

        self.run_async(scene())

    def test_who_does_not_step_down_is_told_to_go(self):
        hub = self.hub("exchange.primary_timeout=100ms", "limits.leave_timeout=1s")

        async def scene():
            async with await self.connector(hub, "t", answers={"PRIMARY": silent}) as first:
                async with await self.connector(hub, "t") as second:
                    goodbye = await first.hear("COMMAND", "GOOD_BYE")
                    self.assertEqual(goodbye["payload"], {"targetId": "t", "reconnect": True})
                    self.assertEqual(second.told(), [False])  # until the other is gone, nobody
                    self.assertEqual((await first.closed())[0], 1011)
                    await second.until(lambda: second.told() == [False, True], "the second election")

        self.run_async(scene())

    def test_who_cannot_confirm_is_never_elected(self):
        """DESIGN section 3: legacy has the word, and no answer to it."""
        hub = self.hub()

        async def scene():
            async with await self.connector(hub, "t", Legacy) as old:
                await old.until(lambda: old.told() == [False], "the news")
                async with await self.connector(hub, "t") as young:
                    await young.until(lambda: young.heard("PRIMARY"), "the election")
                    await wait_until_async(lambda: self.elected(hub), "the confirmation")
                    self.assertEqual((old.told(), young.told()[-1]), ([False], True))

        self.run_async(scene())


class Doors(ForeignCase):
    """The TLS of the door, as a connector with its own trust and key store finds it."""

    secure = True

    async def enter(self, hub, context):
        async with await connect(self.place(hub), V1, tls=context) as peer:
            self.assertEqual((await peer.hello("t"))["commandStatus"], "SUCCEEDED")
            return peer.ws.transport.get_extra_info("ssl_object").version()

    def test_trust(self):
        hub = self.hub()

        async def scene():
            self.assertEqual(await self.enter(hub, self.certificates.trust()), "TLSv1.3")
            old = self.certificates.trust()
            old.maximum_version = ssl.TLSVersion.TLSv1_2
            self.assertEqual(await self.enter(hub, old), "TLSv1.2")
            blind = ssl.create_default_context()
            blind.check_hostname = False
            blind.verify_mode = ssl.CERT_NONE
            self.assertEqual(await self.enter(hub, blind), "TLSv1.3")
            with self.assertRaises(ssl.SSLCertVerificationError):
                await self.enter(hub, self.certificates.trust("other"))
            older = self.certificates.trust()
            older.set_ciphers("ALL:@SECLEVEL=0")
            older.minimum_version, older.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
            with self.assertRaises((ssl.SSLError, OSError)):
                await self.enter(hub, older)
            with self.assertRaises((OSError, websockets.InvalidMessage)):
                await connect(self.place(hub).replace("wss", "ws"), V1)
            self.assertEqual(await self.enter(hub, self.certificates.trust()), "TLSv1.3")

        self.run_async(scene())

    def test_a_certificate_may_be_asked_for(self):
        hub = self.hub(f"http.tls_client_ca={self.certificates.path('ca.pem')}")

        async def scene():
            with self.assertRaises((ssl.SSLError, OSError, websockets.InvalidMessage, websockets.ConnectionClosed)):
                await self.enter(hub, self.certificates.trust())
            await self.enter(hub, self.certificates.trust(client="client"))

        self.run_async(scene())


class OverTls(ForeignCase):
    secure = True


class HandshakeOverTls(OverTls, Handshake):
    pass


class KeepAliveOverTls(OverTls, KeepAlive):
    pass


class PrimaryOverTls(OverTls, Primary):
    pass


if __name__ == "__main__":
    unittest.main()
