"""The wire from a stranger's view: every odd frame of exchange.md 2.10 with its exact close, malformed JSON, what
payloads may hold, and how large a message may be, over TCP and TLS, v1 and legacy.

Which rows of exchange.md 12 marked W stand here: V1ProtocolAdapterTest whole, of DefaultExchangeSerDeTest what a
controller reads and writes, of AbstractWebSocketChannelTest the `;;` in a payload and the type that is not registered.
"""

import asyncio
import unittest

from foreign import GRAMMARS, MESSAGE_MAX, V1, ForeignCase, Legacy, echo, failed, silent
from harness import PATIENCE, wait_until_async
from odd_frames import HOPEFUL, HOPELESS, ODD, OTHERS, PREFIXES, SEMICOLONS, TEXT, large, pieces


class OddFrames(ForeignCase):
    async def others_are_served(self, hub):
        async with await self.connector(hub, "other", answers={"DUMMY": echo}), await self.caller(hub) as caller:
            self.assertEqual((await caller.ask("DUMMY", {"a": 1}, to="other"))["payload"], {"a": 1})

    def test_each_costs_its_connection_with_the_code_and_words_of_the_original(self):
        hub = self.hub()

        async def scene():
            for grammar in GRAMMARS:
                for ending, counter, frames in ODD[grammar]:
                    before = hub.dialect_counter(counter)
                    for frame in frames:
                        with self.about(grammar=grammar.name, frame=frame):
                            async with await self.connector(hub, "t", grammar) as peer:
                                await peer.say_raw(frame)
                                self.assertEqual(await peer.closed(), ending)
                                self.assertEqual([one for one in peer.unheard if one[0] == "REPLY"], [])
                    self.assertEqual(hub.dialect_counter(counter), before + len(frames))
            await self.others_are_served(hub)

        self.run_async(scene())

    def test_before_the_hello_they_cost_the_same(self):
        hub = self.hub()

        async def scene():
            for grammar in GRAMMARS:
                for ending, _, frames in ODD[grammar]:
                    with self.about(grammar=grammar.name, frame=frames[0]):
                        async with await self.connect(hub, grammar) as peer:
                            await peer.say_raw(frames[0])
                            self.assertEqual(await peer.closed(), ending)

        self.run_async(scene())

    def test_text_is_not_read(self):
        hub = self.hub()

        async def scene():
            for grammar in GRAMMARS:
                for text in ("", "x", grammar.write("COMMAND", grammar.hello("t")).decode()):
                    for greeted in (True, False):
                        with self.about(grammar=grammar.name, text=text, greeted=greeted):
                            async with await self.connect(hub, grammar) as peer:
                                if greeted:
                                    await peer.hello("t")
                                await peer.say_raw(text)
                                self.assertEqual(await peer.closed(), TEXT)
            self.assertEqual(hub.dialect_counter("exchange_text_frame"), 12)

        self.run_async(scene())

    def test_nothing_is_nothing(self):
        """exchange.md 2.5: a zero-length binary message is ignored."""
        hub = self.hub()

        async def scene():
            for grammar in GRAMMARS:
                async with await self.connect(hub, grammar) as peer:
                    await peer.say_raw(b"")
                    await peer.say_raw([b"", b"", b""])
                    await peer.hello("t")
                    await peer.say_raw(b"")
                    self.assertEqual((await peer.ask("DUMMY"))["type"], "UNKNOWN")
            self.assertEqual(hub.dialect_counter("exchange_empty_frame"), 6)

        self.run_async(scene())

    def test_what_a_reader_forgives(self):
        """exchange.md 2.7 and 2.6, reading."""
        hub = self.hub("hub.controller=boss")
        good = [b't:FOO;;t:COMMAND;;e:%s', b'et:OTHER;;t:COMMAND;;e:%s', b'zzz;;;;t: COMMAND ;;et: A;;et:B ;;e: %s ',
                b't:COMMAND;;et:DUMMY;;e:%s;;', b't:COMMAND;;e:%s trailing ;;t:REPLY',
                b't:COMMAND;;e:\n\t%s\n{"id":"2"}']
        texts = [b'{"id":"1","type":"DUMMY","payload":{"a":1}}',
                 b'{"payload":{"a":1},"more":[{}],"type":"DUMMY","id":"1"}',
                 b'{"id":1,"type":"DUMMY","payload":{"a":1},"commandStatus":null,"ttl_ms":"?"}',
                 b'{"id":"0","type":"X","payload":{},"id":"1","type":"DUMMY","payload":{"a":1}}',  # the last one counts
                 b'{"\\u0069d":"\\u0031","t\\u0079pe":"D\\u0055MMY","payload":{"\\u0061":1}}']

        async def scene():
            async with await self.connector(hub, "boss", answers={"DUMMY": echo}), \
                    await self.connector(hub, "t") as peer, await self.connector(hub, "u", Legacy) as old:
                for text in texts:
                    for form in good:
                        await peer.say_raw(form % text)
                        reply = await peer.hear("REPLY", "DUMMY")
                        self.assertEqual((reply["commandId"], reply["payload"]), ("1", {"a": 1}))
                    for form in (b"command: %s", b"command:  %s \n", b"command: %s trailing"):
                        await old.say_raw(form % text)
                        self.assertEqual((await old.hear("REPLY", "DUMMY"))["payload"], {"a": 1})
                for literal in (b"primary: true", b"replica: true", b"primary: true and more"):
                    await old.say_raw(literal)  # nobody appoints a hub, and there is no one to answer to
                self.assertEqual((await old.ask("DUMMY"))["commandStatus"], "SUCCEEDED")

        self.run_async(scene())

    def test_types_that_are_none(self):
        """exchange.md 2.6: an exchange without a type is an unknown one, whatever `et` says."""
        hub = self.hub("hub.controller=boss")

        async def scene():
            async with await self.connector(hub, "boss", answers={"DUMMY": echo}), \
                    await self.connector(hub, "t") as peer:
                for text in (b'{"id":"1","payload":{}}', b'{"id":"1","type":null}', b'{"id":"1","type":{}}',
                             b'{"id":"1","type":""}'):
                    with self.about(text=text):
                        await peer.say_raw(b"t:COMMAND;;et:DUMMY;;e:" + text)
                        reply = await peer.hear("REPLY", commandId="1")
                        self.assertEqual(reply["commandStatus"], "ERROR")
                        self.assertIn(reply["type"], ("UNKNOWN", "NO_REPLY"))

        self.run_async(scene())


class Malformed(ForeignCase):
    def test_a_command_that_tells_its_id_is_answered(self):
        """exchange.md 2.10 drops it in silence; 13.1, 5 says what to do."""
        hub = self.hub()

        async def scene():
            for grammar in GRAMMARS:
                prefix = b"t:COMMAND;;et:X;;e:" if grammar is V1 else b"command: "
                before = hub.dialect_counter("exchange_malformed_json")
                async with await self.connector(hub, "t", grammar) as peer:
                    for text in HOPEFUL:
                        with self.about(grammar=grammar.name, text=text[:60]):
                            await peer.say_raw(prefix + text)
                            reply = await peer.hear("REPLY", commandId="1")
                            self.assertEqual(reply["commandStatus"], "ERROR")
                            if grammar is V1:
                                self.assertEqual(reply["type"], "NO_REPLY")
                                self.assertRegex(reply["errorDetails"], "^Malformed JSON: .")
                            else:
                                self.assertEqual(reply["type"], "IGNORED_REPLY")
                    self.assertEqual((await peer.ask("DUMMY"))["type"], "UNKNOWN")
                self.assertEqual(hub.dialect_counter("exchange_malformed_json"), before + len(HOPEFUL))

        self.run_async(scene())

    def test_one_that_does_not_is_closed_with_a_reason(self):
        hub = self.hub()

        async def scene():
            for grammar in GRAMMARS:
                prefix = b"t:COMMAND;;et:X;;e:" if grammar is V1 else b"command: "
                before = hub.dialect_counter("exchange_malformed_json")
                for text in HOPELESS:
                    with self.about(grammar=grammar.name, text=text[:60]):
                        async with await self.connector(hub, "t", grammar) as peer:
                            await peer.say_raw(prefix + text)
                            code, reason = await peer.closed()
                            self.assertEqual(code, 1007)
                            self.assertRegex(reason, "^Malformed JSON: .")
                self.assertEqual(hub.dialect_counter("exchange_malformed_json"), before + len(HOPELESS))
                for text in (HOPEFUL[0], HOPELESS[0]):  # nobody is answered who has not said hello
                    async with await self.connect(hub, grammar) as peer:
                        await peer.say_raw(prefix + text)
                        self.assertEqual((await peer.closed())[0], 1007)
                        self.assertEqual(peer.log, [])

        self.run_async(scene())

    def test_a_malformed_reply_ends_its_command(self):
        hub = self.hub()

        async def scene():
            for grammar in GRAMMARS:
                prefix = b"t:REPLY;;et:DUMMY;;e:" if grammar is V1 else b"reply: "
                async with await self.connector(hub, "t", grammar) as agent, await self.caller(hub) as caller:
                    for tail in (b"", b',"type":"DUMMY","commandStatus":"SUCCEEDED","payload":{', b",}",
                                 b',"payload":nope}'):
                        call = asyncio.ensure_future(caller.ask("DUMMY", to="t"))
                        command = await agent.hear("COMMAND", "DUMMY")
                        await agent.say_raw(prefix + b'{"commandId":"%s"' % command["id"].encode() + tail)
                        reply = await call
                        self.assertEqual((reply["outcome"], reply["cause"]), ("failed", "agent_broke"))
                        self.assertIn("malformed", reply["errorDetails"])
                    call = asyncio.ensure_future(caller.ask("DUMMY", to="t"))
                    await agent.hear("COMMAND", "DUMMY")
                    await agent.say_raw(prefix + b"{")
                    self.assertEqual((await agent.closed())[0], 1007)
                    self.assertEqual((await call)["outcome"], "lost")
                await wait_until_async(lambda: not hub.channels("t"), "the end")

        self.run_async(scene())

    def test_bytes_that_are_no_text_are_replaced(self):
        """exchange.md 2.5."""
        hub = self.hub("hub.controller=boss")

        async def scene():
            async with await self.connector(hub, "boss", answers={"DUMMY": echo}) as boss, \
                    await self.connector(hub, "t") as peer:
                await peer.say_raw(b't:COMMAND;;e:{"id":"1","type":"DUMMY","payload":{"a":"x\xffy","\xc3":"\xe2\x82"}}')
                reply = await peer.hear("REPLY", "DUMMY")  # the strict reader of foreign.py has decoded it
                self.assertEqual(reply["payload"]["a"], "x\ufffdy")
                self.assertEqual(boss.heard("DUMMY")[0]["payload"], reply["payload"])
                await peer.say_raw(b't:COMMAND;;e:{"id":"\xff","type":"\xff","payload":{}}')
                self.assertEqual((await boss.hear("COMMAND", "\ufffd"))["payload"], {})

        self.run_async(scene())


class Raw:
    """No grammar: the message itself."""

    @staticmethod
    def read(message, extended):
        return "RAW", {"is": message}


class Payloads(ForeignCase):
    def test_whatever_a_text_holds_survives_both_ways(self):
        """The reader in foreign.py makes the mistakes of old peers, so each frame must be safe from them."""
        hub = self.hub("hub.controller=boss")

        async def scene():
            for asks in GRAMMARS:
                for answers in GRAMMARS:
                    with self.about(asks=asks.name, answers=answers.name):
                        async with await self.connector(hub, "boss", answers, answers={"DUMMY": echo}) as boss, \
                                await self.connector(hub, "t", asks) as peer:
                            for text in SEMICOLONS + PREFIXES + OTHERS:
                                payload = {"content": text, text or "-": [text, {"a": text}]}
                                reply = await peer.ask("DUMMY", payload)
                                self.assertEqual(reply["payload"], payload)
                                self.assertEqual(boss.heard("DUMMY")[-1]["payload"], payload)
                        await wait_until_async(lambda: hub.state()["totals"]["connections"] == 0, "the end")

        self.run_async(scene())

    def test_errors_and_types_hold_the_same(self):
        hub = self.hub("hub.controller=boss")

        async def scene():
            for asks in GRAMMARS:
                for answers in GRAMMARS:
                    async with await self.connector(hub, "boss", answers) as boss, \
                            await self.connector(hub, "t", asks) as peer:
                        for text in SEMICOLONS + PREFIXES + OTHERS:
                            if text and len(text) < 255:
                                with self.about(asks=asks.name, answers=answers.name, text=text):
                                    boss.answers[text] = failed(text)
                                    reply = await peer.ask(text)
                                    self.assertEqual((reply["type"], reply["errorDetails"]), (text, text))
                    await wait_until_async(lambda: hub.state()["totals"]["connections"] == 0, "the end")

        self.run_async(scene())

    def test_payloads_of_any_shape_pass_untouched(self):
        hub = self.hub("hub.controller=boss")
        shapes = [b"{}", b"[]", b'""', b'"text"', b"0", b"-0.0", b"1e400", b"123456789012345678901234567890", b"true",
                  b'{"a":null}', b'[[],{},"",0]', b'{"a":1,"a":2}', b'"\\ud83d\\udca1"', b'"\\ud800"']

        async def scene():
            async with await self.connector(hub, "boss", answers={"DUMMY": silent}) as boss, \
                    await self.connector(hub, "t") as peer:
                received = []
                boss.grammar = Raw
                for shape in shapes:
                    await peer.say_raw(b't:COMMAND;;e:{"id":"%d","type":"DUMMY","payload":%s}' % (len(received), shape))
                    received.append((await boss.hear("RAW"))["is"])
                    self.assertTrue(received[-1].endswith(b'"payload":' + shape + b"}"), received[-1])
                await peer.say_raw(b't:COMMAND;;e:{"id":"n","type":"DUMMY","payload":null}')
                self.assertNotIn(b"payload", (await boss.hear("RAW"))["is"])  # exchange.md 2.6: nulls are omitted
                await peer.say_raw(b't:COMMAND;;e:{"id":"a","type":"DUMMY"}')
                self.assertNotIn(b"payload", (await boss.hear("RAW"))["is"])

        self.run_async(scene())


class Sizes(ForeignCase):
    def test_the_largest_message_crosses_both_ways(self):
        """exchange.md 2.5: 13,107,200 bytes, in frames of 65,536, and no frame that comes out is longer."""
        hub = self.hub("hub.controller=boss")
        id = "6f1d0e9c-8a52-4c1e-9d3b-0a7c2f4b1e10"

        async def scene():
            for asks in GRAMMARS:
                for answers in GRAMMARS:
                    with self.about(asks=asks.name, answers=answers.name):
                        async with await self.connector(hub, "boss", answers) as boss, \
                                await self.connector(hub, "t", asks) as peer:
                            room = min(MESSAGE_MAX, MESSAGE_MAX - len(answers.write("COMMAND", {"type": "DUMMY"})) +
                                       len(asks.write("COMMAND", {"type": "DUMMY"})))
                            message = large(asks, "COMMAND", room, id=id, type="DUMMY")
                            await peer.say_raw(pieces(message))
                            command = await boss.hear("COMMAND", "DUMMY")
                            self.assertEqual(command["payload"], asks.read(message)[1]["payload"])

                            room = min(MESSAGE_MAX, MESSAGE_MAX - len(asks.write("REPLY", {"type": "DUMMY"})) +
                                       len(answers.write("REPLY", {"type": "DUMMY"})))
                            message = large(answers, "REPLY", room, commandId=command["id"], type="DUMMY",
                                            commandStatus="SUCCEEDED")
                            await boss.say_raw(pieces(message))
                            reply = await peer.hear("REPLY", "DUMMY", commandId=id)
                            self.assertEqual(reply["payload"], answers.read(message)[1]["payload"])
                            self.assertEqual(max(boss.ws.largest_frame, peer.ws.largest_frame), 65536)
                        await wait_until_async(lambda: hub.state()["totals"]["connections"] == 0, "the end")

        self.run_async(scene())

    def test_one_byte_more_is_refused_and_counted(self):
        """exchange.md 2.5 drops it in silence; RFC 6455 has a code for it."""
        hub = self.hub("hub.controller=boss")

        async def scene():
            async with await self.connector(hub, "boss") as boss:
                for number, grammar in enumerate(GRAMMARS, 1):
                    async with await self.connector(hub, "t", grammar) as peer:
                        message = large(grammar, "COMMAND", MESSAGE_MAX + 1, id="1", type="DUMMY")
                        sending = asyncio.ensure_future(peer.say_raw(pieces(message)))
                        self.assertEqual((await peer.closed())[0], 1009)
                        await asyncio.gather(sending, return_exceptions=True)
                        await wait_until_async(lambda: hub.transport_counter("ws_oversize") == number, "the count")
                self.assertEqual(boss.heard("DUMMY"), [])

        self.run_async(scene())

    def test_what_grows_too_large_on_the_way_is_refused_and_not_lost(self):
        """The hub's own id takes the place of a short one, so the frame that would come out is over the limit."""
        hub = self.hub("hub.controller=boss")

        async def scene():
            async with await self.connector(hub, "boss") as boss, await self.connector(hub, "t") as peer:
                await peer.say_raw(pieces(large(V1, "COMMAND", MESSAGE_MAX, id="1", type="DUMMY")))
                reply = await peer.hear("REPLY", "DUMMY", commandId="1")
                self.assertEqual(reply["commandStatus"], "ERROR")
                self.assertIn("too_large", reply["errorDetails"])
                self.assertEqual(boss.heard("DUMMY"), [])

                await peer.say("COMMAND", {"id": "x" * 100, "type": "DUMMY", "payload": {}})
                command = await boss.hear("COMMAND", "DUMMY")
                await boss.say_raw(pieces(large(V1, "REPLY", MESSAGE_MAX, commandId=command["id"], type="DUMMY",
                                                commandStatus="SUCCEEDED")))
                reply = await peer.hear("REPLY", "DUMMY", commandId="x" * 100)
                self.assertEqual(reply["commandStatus"], "ERROR")
                self.assertIn("too large", reply["errorDetails"])

        self.run_async(scene())

    def test_fragments_of_any_size_with_pings_between(self):
        hub = self.hub("hub.controller=boss", "exchange.ping_interval=100ms")

        async def scene():
            async with await self.connector(hub, "boss", answers={"DUMMY": echo}), await self.connect(hub) as peer:
                hello = V1.write("COMMAND", V1.hello("t"))
                await peer.say_raw([hello[i:i + 1] for i in range(len(hello))])
                await peer.hear("REPLY", "HELLO")

                async def with_pings():
                    message = V1.write("COMMAND", {"id": "1", "type": "DUMMY", "payload": {"a": "x" * 9000}})
                    for piece in pieces(message, 1000):
                        yield piece
                        yield b""
                        await asyncio.wait_for(await peer.ws.ping(), PATIENCE)

                await peer.say_raw(with_pings())
                self.assertEqual((await peer.hear("REPLY", "DUMMY"))["payload"], {"a": "x" * 9000})
                await peer.say_raw(V1.write("COMMAND", {"id": "2", "type": "DUMMY", "payload": {"a": "x" * 1000000}}))
                self.assertEqual((await peer.hear("REPLY", "DUMMY"))["payload"], {"a": "x" * 1000000})

        self.run_async(scene())


class OverTls(ForeignCase):
    secure = True


class OddFramesOverTls(OverTls, OddFrames):
    pass


class MalformedOverTls(OverTls, Malformed):
    pass


class PayloadsOverTls(OverTls, Payloads):
    pass


class SizesOverTls(OverTls, Sizes):
    pass


if __name__ == "__main__":
    unittest.main()
