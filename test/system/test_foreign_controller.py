"""A Gravitee controller that knows nothing of aldis, played against our connector `aldis agent`, over TCP and TLS: how the
agent comes, what it makes of nonsense, how the two part, deadlines and trust. What it serves is in
test_foreign_service.py.

Which rows of exchange.md 12 marked W stand here: WebSocketExchangeConnectorTest whole, of WebSocketConnectorChannelTest
the hello, of WebSocketEndpointTest what shows in the request, and of WebSocketConnectorClientFactoryTest endpoints and
trust.
"""

import asyncio
import base64
import os
import re
import signal
import socket
import ssl
import unittest
import uuid

from foreign import V1, Agent, Controller, ControllerCase, Gate
from harness import PATIENCE, wait_until_async
from odd_frames import HOPEFUL, HOPELESS, ODD, TEXT

UUID4 = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
REFUSED = 3  # exit status of an agent that a hub does not want


class Arrival(ControllerCase):
    def test_the_upgrade_request(self):
        """exchange.md 2.1; the one header more is ours, and means nothing to others."""

        async def scene():
            paths = {"": "/exchange/controller", "/": "/exchange/controller", "/root": "/root/exchange/controller",
                     "/root/": "/root/exchange/controller", "/a/b%20c": "/a/b%20c/exchange/controller"}
            keys = set()
            for path, asked in paths.items():
                async with self.controller() as controller, self.agent(controller, "--echo", path=path):
                    await controller.welcome()
                    found, headers = controller.requests[0]
                    self.assertEqual(found, asked)
                    names = sorted(name.lower() for name, _ in headers.raw_items())
                    self.assertEqual(names, ["connection", "host", "sec-websocket-key", "sec-websocket-version",
                                             "upgrade", "x-aldis-exchange", "x-gravitee-exchange-protocol"])
                    self.assertEqual(headers["Host"], controller.url.split("//")[1])
                    self.assertEqual(headers["Upgrade"].lower(), "websocket")
                    self.assertEqual(headers["Connection"].lower(), "upgrade")
                    self.assertEqual(headers["Sec-WebSocket-Version"], "13")
                    self.assertEqual(headers["X-Gravitee-Exchange-Protocol"], "v1")
                    self.assertEqual(len(base64.b64decode(headers["Sec-WebSocket-Key"], validate=True)), 16)
                    keys.add(headers["Sec-WebSocket-Key"])
            self.assertEqual(len(keys), len(paths))

        self.run_async(scene())

    def test_a_refused_upgrade_is_tried_again(self):
        """exchange.md 4.3: any status but 101, for ever."""

        async def scene():
            async def one(statuses):
                async with self.controller(statuses=statuses) as controller, self.agent(controller, "--echo") as agent:
                    await controller.welcome()
                    self.assertEqual(len(controller.requests), len(statuses) + 1)
                    await wait_until_async(lambda: "registered" in agent.text(), "the registration")
                    for status in statuses:
                        self.assertIn(f"answered with {status}", agent.text())

            await asyncio.gather(one([401, 404]), one([410, 500]), one([503, 302]), one([200, 426]))

        self.run_async(scene())

    def test_the_hello_to_the_letter(self):
        async def scene():
            for target in ("lamp", "ü #/:*?.%", "a;;b", 'say "hello"'):
                async with self.controller() as controller, self.agent(controller, "--echo", target=target) as agent:
                    peer = await controller.accept()
                    hello = await peer.hear("COMMAND", "HELLO")
                    self.assertEqual(hello["payload"], {"targetId": target})
                    self.assertRegex(hello["id"], f"^{UUID4}$")
                    text = V1.write("COMMAND", hello).decode()
                    at = text.index("e:{") + 2
                    self.assertEqual(peer.raw, [(text[:at] + text[at:].replace(";;", ";\\u003b")).encode()])
                    await peer.reply(hello, commandStatus="SUCCEEDED", payload={"targetId": "decided"})
                    await wait_until_async(lambda: "registered as decided" in agent.text(), "the words")

        self.run_async(scene())

    def test_a_hello_that_is_refused_is_final(self):
        """exchange.md 4.3: any status but SUCCEEDED is not tried again, and the reason is for a person."""

        async def scene():
            for members in ({"commandStatus": "ERROR", "errorDetails": "boom \x1b[31m"}, {"commandStatus": "ERROR"},
                            {"commandStatus": "FAILURE", "errorDetails": "boom"}, {"errorDetails": "boom"}):
                with self.about(members=members):
                    async with self.controller() as controller, self.agent(controller, "--echo") as agent:
                        peer = await controller.accept()
                        await peer.reply(await peer.hear("COMMAND", "HELLO"), **members)
                        self.assertEqual((await peer.closed())[0], 1000)
                        self.assertEqual(await agent.ended(), REFUSED)
                        self.assertIn("boom" if "errorDetails" in members else "refused", agent.text())
                        self.assertNotIn("\x1b", agent.text())
                        self.assertEqual(len(controller.requests), 1)

        self.run_async(scene())

    def test_a_hello_that_fails_is_tried_again(self):
        """exchange.md 4.3: NO_REPLY and UNKNOWN, the end of the connection; and a reply of another model."""
        ends = {
            "no reply": lambda peer, hello: peer.reply(hello, type="NO_REPLY", commandStatus="ERROR", errorDetails="x"),
            "unknown": lambda peer, hello: peer.reply(hello, type="UNKNOWN", commandStatus="ERROR"),
            "another model": lambda peer, hello: peer.reply(hello, type="DUMMY", commandStatus="SUCCEEDED", payload={}),
            "a close": lambda peer, hello: peer.close(1011, "No handler for hello command"),
            "no close": lambda peer, hello: peer.cut(),
        }

        async def one(name, end):
            async with self.controller() as controller, self.agent(controller, "--echo") as agent:
                peer = await controller.accept()
                hello = await peer.hear("COMMAND", "HELLO")
                ended = end(peer, hello)
                if ended is not None:
                    await ended
                again = await controller.accept()
                second = await again.hear("COMMAND", "HELLO")
                self.assertNotEqual(second["id"], hello["id"], name)
                await again.reply(second, commandStatus="SUCCEEDED", payload={"targetId": "lamp"})
                await wait_until_async(lambda: "registered as lamp" in agent.text(), "the registration")
                if name in ("no reply", "unknown", "another model"):
                    self.assertEqual((await peer.closed())[0], 1011)

        async def scene():
            await asyncio.gather(*(one(name, end) for name, end in ends.items()))

        self.run_async(scene())

    def test_what_may_come_before_the_answer(self):
        """exchange.md 4.1: a connector is active at once; replies to others are nobody's."""

        async def scene():
            async with self.controller() as controller, self.agent(controller, "--echo") as agent:
                peer = await controller.accept()
                hello = await peer.hear("COMMAND", "HELLO")
                self.assertEqual((await peer.ask("DUMMY", {"a": 1}))["payload"], {"a": 1})
                self.assertEqual((await peer.ask("HEALTH_CHECK"))["payload"], {"healthy": True})
                self.assertEqual((await peer.ask("PRIMARY", {"primary": True}))["commandStatus"], "SUCCEEDED")
                await peer.reply({**hello, "id": str(uuid.uuid4())}, commandStatus="ERROR", errorDetails="not yours")
                self.assertEqual((await peer.ask("DUMMY", {"a": 2}))["payload"], {"a": 2})
                self.assertNotIn("registered", agent.text())
                await peer.reply(hello, commandStatus="SUCCEEDED", payload={"targetId": "lamp"})
                await wait_until_async(lambda: "registered as lamp" in agent.text(), "the registration")

        self.run_async(scene())

    def test_an_answer_that_says_no_target(self):
        """Success is success: what the controller does not decide stays as it was proposed."""

        async def scene():
            for payload, name in (({}, "lamp"), (None, "lamp"), ({"targetId": None}, "lamp"),
                                  ({"targetId": ""}, "lamp"), ({"targetId": {"a": 1}}, "lamp"), ([], "lamp"),
                                  ("x", "lamp"), ({"targetId": 5}, "5"), ({"targetId": "x" * 100000}, "x" * 200)):
                async with self.controller() as controller, self.agent(controller, "--echo") as agent:
                    peer = await controller.accept()
                    members = {} if payload is None else {"payload": payload}
                    await peer.reply(await peer.hear("COMMAND", "HELLO"), commandStatus="SUCCEEDED", **members)
                    self.assertEqual((await peer.ask("DUMMY", {"a": 1}))["payload"], {"a": 1})
                    await wait_until_async(lambda: f"registered as {name}" in agent.text(), f"{name}")

        self.run_async(scene())

    def test_endpoints_take_turns(self):
        """exchange.md 4.5; one that accepts and fails the hello makes room, where the original stays with it."""

        async def scene():
            with socket.socket() as closed:  # bound, not listening: refuses
                closed.bind(("127.0.0.1", 0))
                dead = f"ws{'s' if self.secure else ''}://localhost:{closed.getsockname()[1]}"
                async with self.controller() as bad, self.controller() as good:
                    async with self.agent(bad, "--echo", "-H", good.url, path=f",{dead}"):
                        peer = await bad.accept()
                        await peer.reply(await peer.hear("COMMAND", "HELLO"), type="NO_REPLY", commandStatus="ERROR")
                        peer = await good.welcome()
                        self.assertEqual((await peer.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

        self.run_async(scene())


class Nonsense(ControllerCase):
    async def one(self, frame, ending):
        """A frame that costs the connection and nothing else: the agent comes again."""
        async with self.pair() as (controller, agent, peer):
            await peer.say_raw(frame)
            code, reason = await peer.closed()
            self.assertEqual(code, ending[0], frame[:60])
            self.assertRegex(reason, f"^{ending[1]}", frame[:60])
            self.assertEqual([one for one in peer.unheard if one[0] == "REPLY"], [])
            again = await controller.welcome()
            self.assertEqual((await again.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

    async def all(self, cases):
        for at in range(0, len(cases), 8):
            await asyncio.gather(*(self.one(*case) for case in cases[at:at + 8]))

    def test_each_odd_frame(self):
        self.run_async(self.all([(frame, (ending[0], re.escape(ending[1]) + "$"))
                                 for ending, _, frames in ODD[V1] for frame in frames]))

    def test_text(self):
        text = V1.write("COMMAND", {"id": "1", "type": "DUMMY"}).decode()
        self.run_async(self.all([(one, (TEXT[0], TEXT[1] + "$")) for one in ("", "x", text)]))

    def test_malformed_json_without_an_id(self):
        self.run_async(self.all([(prefix + text, (1007, "Malformed JSON: ."))
                                 for prefix in (b"t:COMMAND;;et:X;;e:", b"t:REPLY;;e:") for text in HOPELESS[:6]]))

    def test_malformed_json_with_one(self):
        async def scene():
            async with self.pair() as (_, agent, peer):
                for text in HOPEFUL:
                    await peer.say_raw(b"t:COMMAND;;et:X;;e:" + text)
                    reply = await peer.hear("REPLY", "NO_REPLY", commandId="1")
                    self.assertEqual(reply["commandStatus"], "ERROR")
                    self.assertRegex(reply["errorDetails"], "^Malformed JSON: .")
                self.assertEqual((await peer.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

        self.run_async(scene())

    def test_frames_that_break_the_websocket(self):
        async def one(data, code):
            async with self.pair() as (controller, agent, peer):
                peer.ws.transport.write(data)
                self.assertEqual((await peer.closed())[0], code, data)
                await controller.welcome()

        async def scene():
            await asyncio.gather(one(b"\x82\x81abcdx", 1002),  # masked by a server
                                 one(b"\x83\x01x", 1002), one(b"\xf2\x01x", 1002), one(b"\x80\x01x", 1002),
                                 one(b"\x09\x01x", 1002), one(b"\x89\x7e\x00\x7e" + b"x" * 126, 1002),
                                 one(b"\x81\x01\xff", 1007), one(b"\x82\x7f\x00\x00\x00\x00\x00\xc8\x00\x01", 1009),
                                 one(b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 1002),
                                 one(b"HTTP/1.1 400 Bad Request\r\n\r\n", 1002))

        self.run_async(scene())


class Partings(ControllerCase):
    def test_goodbye_with_reconnection(self):
        """exchange.md 2.12, 4.4; and the reply that the original fails to write."""

        async def scene():
            async with self.pair() as (controller, agent, peer):
                await peer.say("COMMAND", {"id": "g", "type": "GOOD_BYE",
                                           "payload": {"targetId": "lamp", "reconnect": True}})
                self.assertEqual(await peer.hear("REPLY"), {
                    "commandId": "g", "type": "GOOD_BYE", "commandStatus": "SUCCEEDED",
                    "payload": {"targetId": "lamp"}})
                self.assertEqual(await peer.closed(), (1013, "GoodBye Command with reconnection requested."))
                again = await controller.welcome()
                self.assertEqual((await again.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

        self.run_async(scene())

    def test_a_goodbye_waits_for_what_runs(self):
        """exchange.md 4.4: the original closes at once, and the replies of its running handlers are lost."""

        async def scene():
            gate = Gate(self)
            async with self.pair("--echo", "--on", 'WAIT=read -r line < "$GATE"; echo waited',
                                 env=gate.env) as (controller, agent, peer):
                waiting = asyncio.ensure_future(peer.ask("WAIT"))
                await peer.ask("DUMMY")
                await peer.say("COMMAND", {"id": "g", "type": "GOOD_BYE",
                                           "payload": {"targetId": "lamp", "reconnect": True}})
                self.assertEqual((await peer.ask("DUMMY"))["commandStatus"], "ERROR")
                self.assertEqual(peer.heard("GOOD_BYE"), [])
                await gate.open()
                self.assertEqual((await waiting)["payload"], "waited")
                self.assertEqual((await peer.hear("REPLY", "GOOD_BYE"))["commandStatus"], "SUCCEEDED")
                self.assertEqual((await peer.closed())[0], 1013)
                again = await controller.welcome()
                self.assertEqual((await again.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

        self.run_async(scene())

    def test_goodbye_without(self):
        async def scene():
            async with self.pair() as (controller, agent, peer):
                await peer.say("COMMAND", {"id": "g", "type": "GOOD_BYE",
                                           "payload": {"targetId": "lamp", "reconnect": False}})
                self.assertEqual((await peer.hear("REPLY", "GOOD_BYE"))["commandStatus"], "SUCCEEDED")
                self.assertEqual(await peer.closed(), (1000, "GoodBye Command without reconnection."))
                self.assertEqual(await agent.ended(), REFUSED)
                self.assertIn("goodbye", agent.text())
                self.assertEqual(len(controller.requests), 1)

        self.run_async(scene())

    def test_every_close_but_a_goodbye_brings_it_back(self):
        """WebSocketExchangeConnectorTest: 1001 makes it reconnect and say hello again. So does 1000, which takes the
        original out of service for good (exchange.md 4.6)."""

        async def one(code, reason):
            async with self.pair() as (controller, agent, peer):
                if code is None:
                    peer.cut()
                else:
                    self.assertEqual(await peer.close(code, reason), (code, reason))
                again = await controller.welcome()
                self.assertEqual((await again.ask("DUMMY"))["commandStatus"], "SUCCEEDED")
                await wait_until_async(lambda: agent.text().count("registered as lamp") == 2, "the registration")
                self.assertIn(reason, agent.text())

        async def scene():
            await asyncio.gather(one(1001, ""), one(1001, "rolling upgrade"), one(1000, ""),
                                 one(1011, "Unexpected error"), one(1013, ""), one(4000, "x" * 123), one(None, ""))

        self.run_async(scene())

    def test_a_close_without_a_code_and_what_comes_after_one(self):
        """exchange.md 2.12: the original may write a NO_REPLY behind its close; receivers discard it."""

        async def scene():
            async with self.pair() as (controller, agent, peer):
                peer.ws.transport.write(b"\x88\x00")
                again = await controller.welcome()
                self.assertEqual(await peer.closed(), (1005, ""))
                again.ws.transport.write(b"\x88\x12\x03\xf3Unexpected error\x82\x03abc\x81\x01x\xff")
                third = await controller.welcome()
                self.assertEqual(await again.closed(), (1011, "Unexpected error"))
                self.assertEqual((await third.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

        self.run_async(scene())

    def test_a_reply_goes_to_its_own_connection_or_nowhere(self):
        async def scene():
            gate = Gate(self)
            async with self.pair("--echo", "--on", 'WAIT=read -r line < "$GATE"; echo waited; echo > "$GATE.done"',
                                 env=gate.env) as (controller, agent, peer):
                await peer.say("COMMAND", {"id": "w", "type": "WAIT", "payload": {}})
                await peer.ask("DUMMY")
                await peer.close(1001)
                again = await controller.welcome()
                await gate.open()
                await wait_until_async(lambda: os.path.exists(gate.path + ".done"), "the end of the program")
                self.assertEqual((await again.ask("DUMMY"))["commandStatus"], "SUCCEEDED")
                self.assertEqual([one for one in again.log if one[1].get("commandId") == "w"], [])

        self.run_async(scene())

    def test_an_agent_that_is_told_to_stop(self):
        """A connector never says GOOD_BYE, it closes with 1000 (exchange.md 4.4): a controller that gets one closes at
        once, and the reply of what still runs would be lost."""

        async def scene():
            gate = Gate(self)
            async with self.pair("--echo", "--on", 'WAIT=read -r line < "$GATE"; echo waited',
                                 env=gate.env) as (controller, agent, peer):
                waiting = asyncio.ensure_future(peer.ask("WAIT"))
                await peer.ask("DUMMY")
                agent.signal(signal.SIGTERM)
                await wait_until_async(lambda: "still at work" in agent.text(), "the words")
                reply = await peer.ask("DUMMY")
                self.assertEqual(reply["commandStatus"], "ERROR")
                await gate.open()
                self.assertEqual((await waiting)["payload"], "waited")
                self.assertEqual((await peer.closed())[0], 1000)
                self.assertEqual(await agent.ended(), 0)
                self.assertEqual(peer.heard("GOOD_BYE"), [])
            async with self.pair() as (controller, agent, peer):
                agent.signal(signal.SIGINT)
                self.assertEqual((await peer.closed())[0], 1000)
                self.assertEqual((await agent.ended(), peer.heard("GOOD_BYE")), (0, []))

        self.run_async(scene())


class Deadlines(ControllerCase):
    """What takes its time, all at once: the times are those of the page and cannot be set."""

    async def never_answered(self, secure):
        """exchange.md 4.3, 12: keeps waiting without a hello reply; our deadline is 10 s."""
        async with self.controller(secure) as controller, self.agent(controller, "--echo"):
            peer = await controller.accept()
            hello = await peer.hear("COMMAND", "HELLO")
            self.assertEqual(await peer.closed(2 * PATIENCE), (1002, "Hello handshake timed out"))
            self.assertEqual(peer.ws.pings_heard, [])  # it pings from the answer on
            again = await controller.welcome()
            self.assertNotEqual(again.heard("HELLO")[0]["id"], hello["id"])

    async def deaf(self, secure):
        """exchange.md 2.11: a ping every 5 s, empty. That nobody answers them is noticed here."""
        async with self.pair(secure=secure) as (controller, agent, peer):
            peer.ws.deaf = True
            self.assertEqual(await peer.closed(2 * PATIENCE), (1011, "No sign of life after a ping"))
            self.assertIn(len(peer.ws.pings_heard), (2, 3))
            self.assertEqual(set(peer.ws.pings_heard), {b""})
            await controller.welcome()

    async def dead(self, secure):
        """As if a cable were cut: nothing is read and nothing said."""
        async with self.pair(secure=secure) as (controller, agent, peer):
            peer.ws.transport.pause_reading()
            again = await controller.welcome(patience=3 * PATIENCE)
            self.assertEqual((await again.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

    async def alive(self, secure):
        """Pongs keep it for longer than that."""
        async with self.pair(secure=secure) as (controller, agent, peer):
            await wait_until_async(lambda: len(peer.ws.pings_heard) >= 4, "four pings", 2 * PATIENCE)
            self.assertEqual((await peer.ask("DUMMY"))["commandStatus"], "SUCCEEDED")
            self.assertEqual(len(controller.requests), 1)
            self.assertEqual(len(peer.log), 2)  # the hello and this reply: it says nothing nobody asked for

    def test_all(self):
        async def scene():
            await asyncio.gather(*(one(secure) for one in (self.never_answered, self.deaf, self.dead, self.alive)
                                   for secure in (False, True)))

        self.run_async(scene())


class Trust(ControllerCase):
    """exchange.md 12, WebSocketConnectorClientFactoryTest: TLS fails without trust and succeeds with it."""

    async def is_welcome(self, server, *words):
        async with Controller(tls=server) as controller, Agent(controller.url, "--echo", *words) as agent:
            arrival = asyncio.ensure_future(controller.welcome())
            while not arrival.done() and "trying again" not in agent.text():
                await asyncio.wait([arrival], timeout=0.01)
            if arrival.done():
                return (await arrival).ws.transport.get_extra_info("ssl_object").version()
            arrival.cancel()
            self.assertEqual(controller.requests, [])
            return agent.text()

    def test_trust(self):
        ca = ["--ca", self.certificates.path("ca.pem")]
        other = ["--ca", self.certificates.path("other.pem")]
        old, older = self.certificates.server(), self.certificates.server()
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        older.set_ciphers("ALL:@SECLEVEL=0")
        older.minimum_version, older.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1

        async def scene():
            self.assertEqual(await self.is_welcome(self.certificates.server(), *ca), "TLSv1.3")
            self.assertEqual(await self.is_welcome(old, *ca), "TLSv1.2")
            self.assertEqual(await self.is_welcome(self.certificates.server(), "--insecure"), "TLSv1.3")
            self.assertEqual(await self.is_welcome(self.certificates.server("elsewhere"), "--insecure"), "TLSv1.3")
            for server, words in ((self.certificates.server(), []), (self.certificates.server(), other),
                                  (self.certificates.server("elsewhere"), ca)):
                self.assertRegex(await self.is_welcome(server, *words), "certificate|host ?name")
            self.assertIn("trying again", await self.is_welcome(older, *ca))

        self.run_async(scene())

    def test_a_door_that_speaks_another_protocol(self):
        async def scene():
            async with Controller(tls=self.certificates.server()) as controller:
                async with Agent(controller.url.replace("wss://localhost", "ws://127.0.0.1"), "--echo") as agent:
                    await wait_until_async(lambda: "trying again" in agent.text(), "the failure")
            async with Controller() as controller:
                async with Agent(controller.url.replace("ws://", "wss://"), "--echo", "--insecure") as agent:
                    await wait_until_async(lambda: "trying again" in agent.text(), "the failure")
                self.assertEqual(controller.requests, [])

        self.run_async(scene())


class OverTls(ControllerCase):
    secure = True


class ArrivalOverTls(OverTls, Arrival):
    pass


class NonsenseOverTls(OverTls, Nonsense):
    pass


class PartingsOverTls(OverTls, Partings):
    pass


if __name__ == "__main__":
    unittest.main()
