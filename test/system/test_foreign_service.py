"""What our connector `aldis agent` serves to a Gravitee controller that knows nothing of aldis, over TCP and TLS.

Which rows of exchange.md 12 marked W stand here: WebSocketConnectorChannelTest and AbstractWebSocketChannelTest from the
connector's side, HealthCheckCommandHandlerTest, PrimaryCommandHandlerTest, V1ProtocolAdapterTest, and of
DefaultExchangeSerDeTest what a connector reads and writes.
"""

import asyncio
import unittest
import uuid

from foreign import MESSAGE_MAX, V1, ControllerCase, Gate
from harness import PATIENCE, wait_until_async
from odd_frames import OTHERS, PREFIXES, SEMICOLONS, large, pieces

UUID4 = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


class Service(ControllerCase):
    def test_programs_answer(self):
        words = ["--on", "CAT=cat", "--on", "SAY=echo hello", "--on", "JSON=echo '{\"a\": [1, 2]}'",
                 "--on", "NOTHING=true", "--on", "WHO=echo \"$ALDIS_COMMAND $ALDIS_TARGET\"",
                 "--on", "FAIL=echo no such lamp >&2; exit 4",
                 "--on", "DIE=kill -9 $$", "--on", "MISSING=/no/such/program"]

        async def scene():
            async with self.pair(*words) as (_, agent, peer):
                reply = await peer.ask("CAT", {"content": "ü"})
                reply.pop("commandId")
                self.assertEqual(reply, {"type": "CAT", "commandStatus": "SUCCEEDED", "payload": {"content": "ü"}})
                self.assertEqual((await peer.ask("SAY"))["payload"], "hello")
                self.assertEqual((await peer.ask("JSON"))["payload"], {"a": [1, 2]})
                self.assertNotIn("payload", await peer.ask("NOTHING"))
                self.assertEqual((await peer.ask("WHO"))["payload"], "WHO lamp")

                reply = await peer.ask("FAIL")
                reply.pop("commandId")
                self.assertEqual(reply, {"type": "FAIL", "commandStatus": "ERROR", "errorDetails": "no such lamp"})
                self.assertEqual((await peer.ask("MISSING"))["commandStatus"], "ERROR")
                reply = await peer.ask("DIE")
                self.assertEqual((reply["type"], reply["commandStatus"]), ("NO_REPLY", "ERROR"))
                self.assertIn("signal 9", reply["errorDetails"])
                self.assertEqual((await peer.ask("CAT", {"still": "there"}))["payload"], {"still": "there"})

        self.run_async(scene())

    def test_what_programs_do(self):
        words = ["--on", "BINARY=printf '\\377;;a\\0b'", "--on", "ERROR=printf '\\377x;;' >&2; exit 1",
                 "--on", "BOTH=echo out; echo err >&2; exit 3", "--on", "BEHIND=sleep 15 & echo hi",
                 "--on", "DEAF=true", "--on", "MUCH=head -c 14000000 /dev/zero", "--on", "LOUD=head -c 5000000 /dev/zero >&2; exit 1",
                 "--on", "CAT=cat"]

        async def scene():
            async with self.pair(*words) as (_, agent, peer):
                self.assertEqual((await peer.ask("BINARY"))["payload"], "\ufffd;;a\0b")
                self.assertEqual((await peer.ask("ERROR"))["errorDetails"], "\ufffdx;;")
                reply = await peer.ask("BOTH")
                self.assertEqual((reply["commandStatus"], reply["errorDetails"]), ("ERROR", "err"))
                self.assertEqual((await peer.ask("BEHIND", patience=10))["payload"], "hi")  # the rest is not waited for
                await peer.say_raw(pieces(large(V1, "COMMAND", 13000000, id="c", type="DEAF")))
                self.assertEqual((await peer.hear("REPLY", "DEAF"))["commandStatus"], "SUCCEEDED")
                self.assertIn("larger than", (await peer.ask("MUCH"))["errorDetails"])
                self.assertLess(len((await peer.ask("LOUD"))["errorDetails"]), 10000)
                for payload in (b"", b',"payload":null', b',"payload":[1]', b',"payload":"s"', b',"payload":5'):
                    await peer.say_raw(b't:COMMAND;;e:{"id":"c","type":"CAT"%s}' % payload)
                    reply = await peer.hear("REPLY", "CAT")
                    expected = {b"": None, b"null": None, b"[1]": [1], b'"s"': "s", b"5": 5}[payload[11:]]
                    self.assertEqual((reply["commandStatus"], reply.get("payload")), ("SUCCEEDED", expected))

        self.run_async(scene())

    def test_what_nobody_handles(self):
        """exchange.md 2.10, 3.4: NO_REPLY with the original's words, and UNKNOWN."""

        async def scene():
            async with self.pair("--on", "KNOWN=true") as (_, agent, peer):
                text = "No handler found for command type '{}'. Ignoring"
                for name in ("DUMMY", "HELLO", "HELLO_COMMAND", "known", "it's"):
                    reply = await peer.ask(name)
                    reply.pop("commandId")
                    self.assertEqual(reply, {"type": "NO_REPLY", "commandStatus": "ERROR", "payload": {},
                                             "errorDetails": text.format(name)})
                for exchange in ({"id": "1", "type": "UNKNOWN", "payload": {}}, {"id": "1"}, {"id": "1", "type": ""}):
                    await peer.say("COMMAND", exchange)
                    self.assertEqual(await peer.hear("REPLY"), {
                        "commandId": "1", "type": "UNKNOWN", "commandStatus": "ERROR",
                        "errorDetails": "Command unknown", "payload": {}})

        self.run_async(scene())

    def test_commands_run_beside_each_other(self):
        """exchange.md 2.5: no order is promised, handlers run concurrently."""

        async def scene():
            gate = Gate(self)
            async with self.pair("--on", 'WAIT=read -r line < "$GATE"; echo waited', "--echo",
                                 env=gate.env) as (_, _, peer):
                waiting = asyncio.ensure_future(peer.ask("WAIT"))
                for n in range(20):
                    self.assertEqual((await peer.ask("DUMMY", {"n": n}))["payload"], {"n": n})
                self.assertFalse(waiting.done())
                await gate.open()
                self.assertEqual((await waiting)["payload"], "waited")

        self.run_async(scene())

    def test_ids_are_the_controllers_own(self):
        async def scene():
            async with self.pair() as (_, agent, peer):
                for id in ("c1", "x" * 200, "ü\n\"\\;;e:", "6F1D0E9C-8A52-4C1E-9D3B-0A7C2F4B1E10", ""):
                    await peer.say("COMMAND", {"id": id, "type": "DUMMY", "payload": {"a": 1}})
                    self.assertEqual((await peer.hear("REPLY", "DUMMY"))["commandId"], id)
                await peer.say_raw(b't:COMMAND;;e:{"id":5,"type":"DUMMY"}')
                self.assertEqual((await peer.hear("REPLY", "DUMMY"))["commandId"], "5")
                await peer.say_raw(b't:COMMAND;;e:{"id":null,"type":"DUMMY"}')
                self.assertNotIn("commandId", await peer.hear("REPLY", "DUMMY"))
                await peer.say_raw(b't:COMMAND;;e:{"type":"DUMMY"}')
                self.assertRegex((await peer.hear("REPLY", "DUMMY"))["commandId"], f"^{UUID4}$")

        self.run_async(scene())

    def test_whatever_a_text_holds_survives(self):
        async def scene():
            async with self.pair("--on", "CAT=cat", "--echo") as (_, agent, peer):
                for text in SEMICOLONS + PREFIXES + OTHERS:
                    payload = {"content": text, text or "-": [text]}
                    self.assertEqual((await peer.ask("DUMMY", payload))["payload"], payload)
                    self.assertEqual((await peer.ask("CAT", payload))["payload"], payload)

        self.run_async(scene())

    def test_health(self):
        async def scene():
            async with self.pair() as (_, agent, peer):
                reply = await peer.ask("HEALTH_CHECK")
                reply.pop("commandId")
                self.assertEqual(reply, {"type": "HEALTH_CHECK", "commandStatus": "SUCCEEDED",
                                         "payload": {"healthy": True}})
            for program, payload in (("true", {"healthy": True}), ("echo fine", {"healthy": True, "detail": "fine"}),
                                     ("echo db down; false", {"healthy": False, "detail": "db down"}),
                                     ("false", {"healthy": False})):
                async with self.pair("--echo", "--health", program) as (_, agent, peer):
                    reply = await peer.ask("HEALTH_CHECK")
                    self.assertEqual((reply["commandStatus"], reply["payload"]), ("SUCCEEDED", payload))
                    for more in ("", ',"payload":null', ',"payload":[1]'):
                        await peer.say_raw(f't:COMMAND;;e:{{"id":"h","type":"HEALTH_CHECK"{more}}}'.encode())
                        self.assertEqual((await peer.hear("REPLY", commandId="h"))["payload"], payload)

        self.run_async(scene())

    def test_primary(self):
        async def scene():
            async with self.pair() as (_, agent, peer):
                yes, no = "aldis: primary of lamp\n", "aldis: not primary of lamp\n"
                for payload, word in (({"primary": True}, yes), ({"primary": False}, no), ({"primary": True}, yes),
                                      ({"primary": True, "term": 7}, "aldis: primary of lamp, term 7\n"),
                                      ({"primary": True, "term": "x"}, yes), ({"term": -1.5}, no)):
                    said = agent.text().count(word)
                    reply = await peer.ask("PRIMARY", payload)
                    reply.pop("commandId")
                    self.assertEqual(reply, {"type": "PRIMARY", "commandStatus": "SUCCEEDED", "payload": {}})
                    await wait_until_async(lambda: agent.text().count(word) > said, word)
                self.assertEqual((await peer.ask("PRIMARY", {}))["commandStatus"], "SUCCEEDED")  # 2.6: false
                # Without a payload the original's handler fails and costs the connection (3.4).
                await peer.say("COMMAND", {"id": "1", "type": "PRIMARY"})
                self.assertEqual((await peer.hear("REPLY", commandId="1"))["commandStatus"], "ERROR")
                self.assertEqual((await peer.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

        self.run_async(scene())

    def test_replies_to_nothing(self):
        async def scene():
            async with self.pair() as (_, agent, peer):
                for id in ("nonsense", str(uuid.uuid4()), ""):
                    for type in ("DUMMY", "HELLO", "NO_REPLY", "PRIMARY", "GOOD_BYE", "WRONG"):
                        await peer.reply({"id": id, "type": type}, commandStatus="SUCCEEDED", payload={"targetId": "x"})
                self.assertEqual((await peer.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

        self.run_async(scene())

    def test_the_largest_messages(self):
        async def scene():
            async with self.pair("--echo", "--on", "CAT=cat", "--on", "SIZE=wc -c") as (_, agent, peer):
                reply = {"commandId": "c1", "type": "DUMMY", "commandStatus": "SUCCEEDED"}
                command = {"id": "c1", "type": "DUMMY"}
                room = MESSAGE_MAX - (len(V1.write("REPLY", reply)) - len(V1.write("COMMAND", command)))
                # What a program writes may be 13,000,000 bytes.
                for name, size in (("DUMMY", room), ("CAT", 12990000)):
                    message = large(V1, "COMMAND", size, id="c1", type=name)
                    await peer.say_raw(pieces(message))
                    answer = await peer.hear("REPLY", commandId="c1")
                    self.assertEqual(answer["payload"], V1.read(message)[1]["payload"])
                    self.assertEqual(len(V1.write("REPLY", answer)), size + MESSAGE_MAX - room)
                self.assertEqual(peer.ws.largest_frame, 65536)

                await peer.say_raw(pieces(large(V1, "COMMAND", MESSAGE_MAX, id="c1", type="SIZE")))
                self.assertGreater((await peer.hear("REPLY", "SIZE"))["payload"], MESSAGE_MAX - 100)
                await peer.say_raw(pieces(large(V1, "COMMAND", MESSAGE_MAX, id="c1", type="DUMMY")))
                self.assertEqual((await peer.hear("REPLY"))["commandStatus"], "ERROR")  # the echo would be too large
                self.assertEqual((await peer.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

        self.run_async(scene())

    def test_one_byte_more_costs_the_connection(self):
        async def scene():
            async with self.pair() as (controller, agent, peer):
                message = large(V1, "COMMAND", MESSAGE_MAX + 1, id="1", type="DUMMY")
                sending = asyncio.ensure_future(peer.say_raw(pieces(message)))
                self.assertEqual((await peer.closed())[0], 1009)
                await asyncio.gather(sending, return_exceptions=True)
                peer = await controller.welcome()
                self.assertEqual((await peer.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

        self.run_async(scene())

    def test_fragments_and_pings_between_them(self):
        async def scene():
            async with self.pair() as (_, agent, peer):
                message = V1.write("COMMAND", {"id": "1", "type": "DUMMY", "payload": {"a": "x" * 500}})

                async def with_pings():
                    for at in range(0, len(message), 7):
                        yield message[at:at + 7]
                        yield b""
                        await asyncio.wait_for(await peer.ws.ping(), PATIENCE)

                await peer.say_raw(with_pings())
                self.assertEqual((await peer.hear("REPLY", "DUMMY"))["payload"], {"a": "x" * 500})
                for payload in (b"", b"x", b"y" * 125):
                    await asyncio.wait_for(await peer.ws.ping(payload), PATIENCE)
                await peer.ws.pong(b"nobody asked")
                await peer.say_raw(b"")
                self.assertEqual((await peer.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

        self.run_async(scene())


class ServiceOverTls(Service):
    secure = True


if __name__ == "__main__":
    unittest.main()
