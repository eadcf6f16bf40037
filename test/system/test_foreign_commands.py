"""Commands between our hub and connectors that know nothing of aldis, both ways, and the goodbye, over TCP and TLS.

Which rows of exchange.md 12 marked W stand here: AbstractWebSocketChannelTest and WebSocketConnectorChannelTest (a
command and its reply, NO_REPLY and IGNORED_REPLY, UNKNOWN, the timeout), ChannelManagerTest (a send that reaches a
handler, one without a channel), ControllerClusterManagerTest (GOOD_BYE).
"""

import asyncio
import signal
import unittest
import uuid

import websockets

from foreign import GRAMMARS, V1, ForeignCase, Legacy, echo, failed, no_reply, silent, succeeded, unknown
from harness import wait_until_async

# How a hub that stops may close: existing connectors come back after anything but 1000 (exchange.md 4.5).
STOPPED = (1001, 1011)


class Commands(ForeignCase):
    def test_every_answer_an_agent_can_give(self):
        hub = self.hub()
        reason = "No handler found for command type 'DUMMY'. Ignoring"
        # What the agent answers; what an extended caller hears: outcome, cause, errorDetails.
        cases = [
            (succeeded({"content": "answer"}), "succeeded", None, None),
            (lambda command: {"commandStatus": "SUCCEEDED"}, "succeeded", None, None),
            (lambda command: {"commandStatus": "SUCCEEDED", "payload": None}, "succeeded", None, None),
            (lambda command: {"type": "OTHER_REPLY", "commandStatus": "SUCCEEDED"}, "succeeded", None, None),
            (lambda command: {"commandStatus": 2}, "succeeded", None, None),
            (failed("boom"), "failed", "agent_failed", "boom"),
            (lambda command: {"commandStatus": "ERROR"}, "failed", "agent_failed", None),
            (lambda command: {"commandStatus": "FAILURE", "errorDetails": "x"}, "failed", "agent_failed", "x"),
            (lambda command: {"commandStatus": 3}, "failed", "agent_failed", None),
            (lambda command: {"commandStatus": -1}, "failed", "agent_failed", None),
            (lambda command: {"commandStatus": True}, "failed", "agent_failed", None),
            (lambda command: {"commandStatus": "succeeded"}, "failed", "agent_failed", None),
            (lambda command: {"commandStatus": "ERROR", "errorDetails": 5}, "failed", "agent_failed", "5"),
            (lambda command: {"commandStatus": "ERROR", "errorDetails": {"a": 1}}, "failed", "agent_failed", None),
            (lambda command: {}, "failed", "agent_failed", None),
            (lambda command: {"commandStatus": None}, "failed", "agent_failed", None),
            (unknown, "refused", "unknown_command", "Command unknown"),
            (no_reply(reason), "refused", "no_handler", reason),
            (no_reply(), "failed", "agent_broke", "Unexpected internal error occurred"),
        ]

        async def scene():
            for grammar in GRAMMARS:
                with self.about(grammar=grammar.name):
                    async with await self.connector(hub, "t", grammar) as agent, await self.caller(hub) as caller:
                        for answer, outcome, cause, text in cases:
                            agent.answers["DUMMY"] = answer
                            reply = await caller.ask("DUMMY", {"content": "ü"}, to="t")
                            self.assertEqual((reply["outcome"], reply.get("cause"), reply.get("errorDetails")),
                                             (outcome, cause, text), answer({}))
                        self.assertEqual(len(agent.heard("DUMMY")), len(cases))
                        self.assertTrue(all(one["payload"] == {"content": "ü"} for one in agent.heard("DUMMY")))
                    await wait_until_async(lambda: not hub.channels("t"), "the end")

        self.run_async(scene())

    def test_a_legacy_agent_that_has_no_handler(self):
        hub = self.hub()

        async def scene():
            ignored = lambda command: {"type": "IGNORED_REPLY", "commandStatus": "ERROR"}
            async with await self.connector(hub, "t", Legacy, answers={"DUMMY": ignored}), \
                    await self.caller(hub) as caller:
                reply = await caller.ask("DUMMY", to="t")
                self.assertEqual((reply["type"], reply["outcome"]), ("NO_REPLY", "failed"))

        self.run_async(scene())

    def test_answers_come_in_any_order(self):
        hub = self.hub()

        async def scene():
            for grammar in GRAMMARS:
                with self.about(grammar=grammar.name):
                    async with await self.connector(hub, "t", grammar) as agent, await self.caller(hub) as caller:
                        calls = [asyncio.ensure_future(caller.ask("DUMMY", {"n": n}, to="t")) for n in range(20)]
                        commands = [await agent.hear("COMMAND", "DUMMY") for _ in calls]
                        self.assertEqual(len({command["id"] for command in commands}), len(commands))
                        for command in reversed(commands):
                            await agent.reply(command, **echo(command))
                        self.assertEqual([(await call)["payload"]["n"] for call in calls], list(range(20)))
                    await wait_until_async(lambda: not hub.channels("t"), "the end")

        self.run_async(scene())

    def test_statuses_that_are_no_answers(self):
        """PENDING and IN_PROGRESS stand in the enum and are of no use to the original (exchange.md 13.2, 15)."""
        hub = self.hub()

        async def scene():
            async with await self.connector(hub, "t") as agent, await self.caller(hub) as caller:
                call = asyncio.ensure_future(caller.ask("DUMMY", to="t"))
                command = await agent.hear("COMMAND", "DUMMY")
                for status, state in (("PENDING", "accepted"), (1, "running")):
                    await agent.reply(command, commandStatus=status)
                    self.assertEqual((await caller.hear("STATUS"))["state"], state)
                self.assertFalse(call.done())
                await agent.reply(command, commandStatus="SUCCEEDED")
                self.assertEqual((await call)["outcome"], "succeeded")

        self.run_async(scene())

    def test_replies_late_twice_and_from_strangers(self):
        hub = self.hub()

        async def scene():
            for grammar in GRAMMARS:
                with self.about(grammar=grammar.name):
                    late, stray = hub.counter("replies_late"), hub.counter("replies_stray")
                    nonsense = hub.dialect_counter("exchange_stray_reply")
                    async with await self.connector(hub, "t", grammar) as agent, await self.caller(hub) as caller, \
                            await self.connector(hub, "u", grammar) as other:
                        reply = await caller.ask("DUMMY", to="t", ttl_ms=50)
                        self.assertEqual((reply["outcome"], reply["cause"]), ("expired", "deadline"))
                        command = await agent.hear("COMMAND", "DUMMY")
                        await agent.reply(command, **echo(command))
                        await wait_until_async(lambda: hub.counter("replies_late") == late + 1, "the late one")

                        call = asyncio.ensure_future(caller.ask("DUMMY", {"n": 1}, to="t"))
                        command = await agent.hear("COMMAND", "DUMMY")
                        await other.reply(command, commandStatus="ERROR", errorDetails="not mine to answer")
                        await wait_until_async(lambda: hub.counter("replies_stray") == stray + 1, "the stranger's")
                        self.assertFalse(call.done())
                        await agent.reply(command, **echo(command))
                        await agent.reply(command, commandStatus="ERROR", errorDetails="changed my mind")
                        self.assertEqual((await call)["outcome"], "succeeded")
                        await wait_until_async(lambda: hub.counter("replies_late") == late + 2, "the second one")

                        await agent.reply({"id": str(uuid.uuid4()), "type": "DUMMY"}, commandStatus="SUCCEEDED")
                        await wait_until_async(lambda: hub.counter("replies_stray") == stray + 2, "a well-formed stray")
                        await agent.reply({"id": "nonsense", "type": "DUMMY"}, commandStatus="SUCCEEDED")
                        await wait_until_async(
                            lambda: hub.dialect_counter("exchange_stray_reply") == nonsense + 1, "a stray")
                        self.assertEqual(caller.unheard, [])  # nobody was told of any of these
                    await wait_until_async(lambda: not hub.channels("t") and not hub.channels("u"), "the end")

        self.run_async(scene())

    def test_a_link_that_drops_loses_what_was_sent_at_once(self):
        hub = self.hub()

        async def scene():
            for grammar in GRAMMARS:
                with self.about(grammar=grammar.name):
                    async with await self.connector(hub, "t", grammar) as agent, await self.caller(hub) as caller:
                        call = asyncio.ensure_future(caller.ask("DUMMY", to="t"))
                        await agent.hear("COMMAND", "DUMMY")
                        agent.cut()
                        reply = await call
                        self.assertEqual((reply["outcome"], reply["cause"]), ("lost", "link_ended"))

        self.run_async(scene())

    def test_a_target_that_nobody_serves(self):
        hub = self.hub()

        async def scene():
            async with await self.caller(hub) as caller:
                reply = await caller.ask("DUMMY", to="nobody")
                self.assertEqual((reply["outcome"], reply["cause"]), ("refused", "no_target"))

        self.run_async(scene())


class Questions(ForeignCase):
    """What connectors command. They cannot say whom: it is for the controller (exchange.md 1)."""

    def test_what_the_hub_does_not_know(self):
        hub = self.hub()
        cases = [("WRONG", "UNKNOWN", "Command unknown"), ("UNKNOWN", "UNKNOWN", "Command unknown"),
                 ("HEALTH_CHECK", "NO_REPLY", "No handler found for command type 'HEALTH_CHECK'. Ignoring"),
                 ("PRIMARY", "NO_REPLY", "No handler found for command type 'PRIMARY'. Ignoring")]

        async def scene():
            for grammar in GRAMMARS:
                with self.about(grammar=grammar.name):
                    async with await self.connector(hub, "t", grammar) as peer:
                        for name, type, text in cases:
                            reply = await peer.ask(name)
                            reply.pop("commandId")
                            expected = {"type": type, "commandStatus": "ERROR", "errorDetails": text, "payload": {}}
                            if grammar is Legacy and type == "NO_REPLY":
                                expected = {"type": "IGNORED_REPLY", "commandStatus": "ERROR"}
                            self.assertEqual(reply, expected)
                    await wait_until_async(lambda: not hub.channels("t"), "the end")

        self.run_async(scene())

    def test_the_controller_answers_in_every_grammar(self):
        hub = self.hub("hub.controller=boss")

        async def scene():
            for asks in (V1, Legacy):
                for answers in (V1, Legacy):
                    async with await self.connector(hub, "boss", answers) as boss, \
                            await self.connector(hub, "t", asks) as peer:
                        boss.answers["ASK"] = echo
                        payload = {"content": "a;;b command: c reply: d", "n": [1.50, -0, 1e400 and None, True, {}]}
                        reply = await peer.ask("ASK", payload)
                        self.assertEqual((reply["commandStatus"], reply["payload"]), ("SUCCEEDED", payload))
                        boss.answers["ASK"] = failed("boom")
                        reply = await peer.ask("ASK")
                        self.assertEqual((reply["type"], reply["errorDetails"]), ("ASK", "boom"))
                        self.assertNotIn("payload", reply)
                        boss.answers["ASK"] = unknown
                        self.assertEqual((await peer.ask("ASK"))["type"], "UNKNOWN")
                        boss.answers["ASK"] = no_reply()
                        reply = await peer.ask("ASK")
                        self.assertEqual(reply["type"], "NO_REPLY" if asks is V1 else "IGNORED_REPLY")
                        if asks is V1:
                            self.assertEqual(reply["errorDetails"], "Unexpected internal error occurred")
                    await wait_until_async(lambda: hub.state()["totals"]["connections"] == 0, "the end")

        self.run_async(scene())

    def test_an_application_type_that_answers_with_another(self):
        """exchange.md 3.2: BRIDGE_SIMPLE_REPLY and others do not match their command."""
        hub = self.hub("hub.controller=boss")

        async def scene():
            answer = lambda command: {"type": "BRIDGE_SIMPLE_REPLY", "commandStatus": "SUCCEEDED", "payload": {"a": 1}}
            async with await self.connector(hub, "boss", answers={"BRIDGE": answer}), \
                    await self.connector(hub, "t") as peer:
                self.assertEqual((await peer.ask("BRIDGE"))["type"], "BRIDGE_SIMPLE_REPLY")

        self.run_async(scene())

    def test_a_controller_that_is_not_there_or_goes(self):
        hub = self.hub("hub.controller=boss", "exchange.reply_timeout=1s")

        async def scene():
            for grammar in GRAMMARS:
                with self.about(grammar=grammar.name):
                    async with await self.connector(hub, "t", grammar) as peer:
                        reply = await peer.ask("ASK")
                        self.assertEqual((reply["commandStatus"], reply["type"]), ("ERROR", "ASK"))
                        self.assertIn("no_target", reply["errorDetails"])
                        async with await self.connector(hub, "boss", answers={"ASK": silent}) as boss:
                            reply = await peer.ask("ASK")
                            self.assertIn("expired", reply["errorDetails"])
                            call = asyncio.ensure_future(peer.ask("ASK"))
                            await boss.until(lambda: len(boss.heard("ASK")) == 2, "the command")
                            boss.cut()
                            reply = await call
                            self.assertEqual(reply["commandStatus"], "ERROR")
                            self.assertIn("lost (link_ended)", reply["errorDetails"])
                    await wait_until_async(lambda: hub.state()["totals"]["connections"] == 0, "the end")

        self.run_async(scene())

    def test_ids_are_the_askers_own(self):
        """exchange.md 2.6: any text, a number, null or none; and the same one twice."""
        hub = self.hub("hub.controller=boss")
        ids = ['"c1"', '"6F1D0E9C-8A52-4C1E-9D3B-0A7C2F4B1E10"', '"\\u00fc\\n\\"\\\\;;e:"', '""', '"' + "x" * 200 + '"']

        async def scene():
            async with await self.connector(hub, "boss", answers={"ASK": echo}) as boss, \
                    await self.connector(hub, "t") as peer, await self.connector(hub, "u") as other:
                for id in ids:
                    for one in (peer, other):
                        await one.say_raw(b't:COMMAND;;et:ASK;;e:{"id":%s,"type":"ASK","payload":{}}' % id.encode())
                    for one in (peer, other):
                        reply = await one.hear("REPLY", "ASK")
                        self.assertEqual((reply["commandId"], reply["commandStatus"]), (V1.read(
                            b't:COMMAND;;et:A;;e:{"id":%s,"type":"A"}' % id.encode(), True)[1]["id"], "SUCCEEDED"))
                await peer.say_raw(b't:COMMAND;;et:ASK;;e:{"id":12,"type":"ASK"}')
                self.assertEqual((await peer.hear("REPLY", "ASK"))["commandId"], "12")
                await peer.say_raw(b't:COMMAND;;et:ASK;;e:{"id":null,"type":"ASK"}')
                self.assertNotIn("commandId", await peer.hear("REPLY", "ASK"))
                await peer.say_raw(b't:COMMAND;;et:ASK;;e:{"type":"ASK"}')
                self.assertEqual(uuid.UUID((await peer.hear("REPLY", "ASK"))["commandId"]).version, 4)

                boss.answers["ASK"] = silent
                await peer.say("COMMAND", {"id": "twice", "type": "ASK", "payload": {}})
                await boss.until(lambda: len(boss.heard("ASK")) == 2 * len(ids) + 4, "the first")
                await peer.say("COMMAND", {"id": "twice", "type": "ASK", "payload": {}})
                self.assertIn("duplicate", (await peer.hear("REPLY", "ASK"))["errorDetails"])

        self.run_async(scene())


class Goodbye(ForeignCase):
    def test_a_close_without_a_code_and_what_comes_after_one(self):
        hub = self.hub()

        async def scene():
            async with await self.connector(hub, "t") as peer:
                peer.ws.transport.write(b"\x88\x80abcd")
                self.assertEqual(await peer.closed(), (1005, ""))
            async with await self.connector(hub, "t") as peer:
                peer.ws.transport.write(b"\x88\x82\0\0\0\0\x03\xe8\x82\x81\0\0\0\0x\x81\x82\0\0\0\0\xff\xff")
                self.assertEqual(await peer.closed(), (1000, ""))
            self.assertEqual(hub.dialect_counter("exchange_unknown_frame"), 0)

        self.run_async(scene())

    def test_the_hub_stops_and_says_so(self):
        answers = {
            "as the original": lambda peer: peer.close(1013, "GoodBye Command with reconnection requested."),
            "with a reply": None,
            "without a handler": lambda peer: peer.close(1013),
            "not at all": None,
        }

        async def one(hub, name, grammar):
            peer = await self.connector(hub, "t", grammar)
            await peer.until(lambda: peer.heard("PRIMARY"), "the news of an election")
            return name, grammar, peer

        async def goodbye(name, grammar, peer):
            async with peer:
                if grammar is Legacy:  # exchange.md 2.9: nothing is sent, the close says it
                    self.assertIn((await peer.closed())[0], STOPPED)
                    self.assertEqual(peer.unheard, [])
                    return
                command = await peer.hear("COMMAND", "GOOD_BYE")
                self.assertEqual(command["payload"], {"targetId": "t", "reconnect": True})
                if name == "with a reply":
                    await peer.reply(command, commandStatus="SUCCEEDED", payload={"targetId": "t"})
                    self.assertIn((await peer.closed())[0], STOPPED)
                elif answers[name] is not None:
                    self.assertEqual((await answers[name](peer))[0], 1013)
                else:
                    self.assertIn((await peer.closed())[0], STOPPED)

        async def scene(hub):
            peers = [await one(hub, name, V1) for name in answers] + [await one(hub, "legacy", Legacy)]
            hub.send_signal(signal.SIGTERM)
            await asyncio.gather(*(goodbye(*peer) for peer in peers))

        hub = self.hub("hub.drain_timeout=2s")
        self.run_async(scene(hub))
        self.assertEqual(hub.wait(), 0)

    def test_who_runs_a_command_may_finish_it(self):
        hub = self.hub("hub.drain_timeout=20s")

        async def scene():
            for_later = []
            async with await self.connector(hub, "t") as agent, await self.caller(hub) as caller, \
                    await self.connector(hub, "u", Legacy) as old:
                for peer, target in ((agent, "t"), (old, "u")):
                    for_later.append((peer, asyncio.ensure_future(caller.ask("DUMMY", {"n": 1}, to=target))))
                commands = [await peer.hear("COMMAND", "DUMMY") for peer, _ in for_later]
                hub.send_signal(signal.SIGTERM)
                await wait_until_async(lambda: hub.state()["draining"], "the drain")
                reply = await caller.ask("DUMMY", to="t")
                self.assertEqual((reply["outcome"], reply["cause"]), ("refused", "draining"))
                self.assertEqual(agent.heard("GOOD_BYE"), [])
                for (peer, call), command in zip(for_later, commands):
                    await peer.reply(command, **echo(command))
                    self.assertEqual((await call)["payload"], {"n": 1})
                await agent.hear("COMMAND", "GOOD_BYE")
                await agent.close(1013, "GoodBye Command with reconnection requested.")
                self.assertIn((await old.closed())[0], STOPPED)

        self.run_async(scene())
        self.assertEqual(hub.wait(), 0)

    def test_nobody_is_let_in_any_more(self):
        """exchange.md 2.2: a controller that stops answers 410."""
        hub = self.hub("hub.drain_timeout=20s")

        async def scene():
            async with await self.connector(hub, "t") as agent, await self.caller(hub) as caller:
                call = asyncio.ensure_future(caller.ask("DUMMY", to="t"))
                command = await agent.hear("COMMAND", "DUMMY")
                hub.send_signal(signal.SIGTERM)
                await wait_until_async(lambda: hub.state()["draining"], "the drain")
                try:
                    await self.connect(hub)
                    self.fail("let in")
                except websockets.InvalidStatusCode as refusal:
                    self.assertEqual(refusal.status_code, 410)
                except OSError:
                    pass  # the door is closed already
                await agent.reply(command, **echo(command))
                self.assertEqual((await call)["outcome"], "succeeded")

        self.run_async(scene())
        self.assertEqual(hub.wait(), 0)

    def test_a_connector_that_says_goodbye(self):
        """exchange.md 3.2: the other way is accepted. It is answered, which the original fails to do (4.4)."""
        hub = self.hub()
        away = (1000, "GoodBye Command without reconnection.")
        back = (1013, "GoodBye Command with reconnection requested.")
        cases = [(V1, "GOOD_BYE", {"targetId": "t", "reconnect": False}, "GOOD_BYE", away),
                 (V1, "GOOD_BYE", {"targetId": "t", "reconnect": True}, "GOOD_BYE", back),
                 (V1, "GOOD_BYE", None, "GOOD_BYE", back),  # 3.4, 4.5: the original breaks, and reconnects
                 (Legacy, "GOODBYE_COMMAND", None, "GOODBYE_REPLY", away)]

        async def scene():
            for grammar, type, payload, reply_type, ending in cases:
                with self.about(grammar=grammar.name, payload=payload):
                    async with await self.connector(hub, "t", grammar) as peer:
                        command = {"id": "g", "type": type, "payload": payload}
                        await peer.say("COMMAND", {name: value for name, value in command.items() if value is not None})
                        reply = await peer.hear("REPLY", reply_type, commandId="g")
                        self.assertEqual(reply["commandStatus"], "SUCCEEDED")
                        target = reply["payload"]["targetId"] if grammar is V1 else reply["installationId"]
                        self.assertEqual(target, "t")
                        self.assertEqual(await peer.closed(), ending)
                    await wait_until_async(lambda: not hub.channels("t"), "the end")

        self.run_async(scene())

    def test_a_close_is_echoed(self):
        """exchange.md 2.12: the connector decides by the code it gets back whether to come again."""
        hub = self.hub()

        async def scene():
            for code, reason in ((1000, ""), (1000, "GoodBye Command without reconnection."), (1001, "gone"),
                                 (1011, "Unexpected error"), (1013, "x" * 123), (3000, ""), (4999, "ü")):
                async with await self.connector(hub, "t") as peer:
                    self.assertEqual(await peer.close(code, reason), (code, reason))
                async with await self.connect(hub) as peer:
                    self.assertEqual(await peer.close(code, reason), (code, reason))

        self.run_async(scene())


class OverTls(ForeignCase):
    secure = True


class CommandsOverTls(OverTls, Commands):
    pass


class QuestionsOverTls(OverTls, Questions):
    pass


class GoodbyeOverTls(OverTls, Goodbye):
    pass


if __name__ == "__main__":
    unittest.main()
