"""Signals: a stop is clean and in time whether or not the peers help; a second one ends it at once."""

import asyncio
import signal
import socket
import time
import unittest

from harness import PATIENCE, Connector, HubCase, echo, wait_until, wait_until_async
import websockets


class Signals(HubCase):
    def test_an_idle_hub_ends_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            hub = self.hub("hub.drain_timeout=1h")
            self.assertEqual(hub.stop(number), 0)

    def test_a_goodbye_is_said_and_answered(self):
        hub = self.hub("hub.drain_timeout=1h")

        async def scene():
            connector = Connector(hub.url(), target="t")
            async with connector:
                hub.send_signal(signal.SIGTERM)
                await asyncio.wait_for(connector.task, PATIENCE)
                self.assertEqual([goodbye["reconnect"] for goodbye in connector.goodbyes], [True])
                self.assertEqual(connector.ws.close_code, 1013)

        self.run_async(scene())
        self.assertEqual(hub.wait(), 0)

    def test_a_running_command_may_finish(self):
        hub = self.hub("hub.drain_timeout=1h")

        async def scene():
            agent = Connector(hub.url(), target="t")
            caller = Connector("ws://localhost/exchange/controller", unix=hub.unix, extended=True)
            async with agent, caller:
                call = asyncio.ensure_future(caller.command("WORK", {"n": 1}, to="t"))
                await wait_until_async(lambda: agent.commands, "the command at the agent")
                hub.send_signal(signal.SIGTERM)
                await wait_until_async(lambda: hub.request("GET", "/readyz").status == 503, "draining")
                refused = await caller.command("WORK", {"n": 2}, to="t")
                self.assertEqual(refused["outcome"], "refused")
                self.assertEqual(refused["cause"], "draining")
                self.assertFalse(call.done())
                await agent.reply(agent.commands[0], commandStatus="SUCCEEDED", payload={"done": True})
                reply = await call
                self.assertEqual(reply["payload"], {"done": True})

        self.run_async(scene())
        self.assertEqual(hub.wait(), 0)

    def test_peers_that_do_not_answer_cost_the_timeout_and_no_more(self):
        hub = self.hub("hub.drain_timeout=300ms", "limits.leave_timeout=1h")

        async def scene():
            agent = Connector(hub.url(), target="t")
            agent.answers_goodbye = False
            async with agent:
                with socket.create_connection((hub.host, hub.port)):
                    began = time.monotonic()
                    hub.send_signal(signal.SIGTERM)
                    await asyncio.get_running_loop().run_in_executor(None, hub.process.wait)
                    took = time.monotonic() - began
            self.assertGreaterEqual(took, 0.25)
            self.assertLess(took, 0.3 + 5)

        self.run_async(scene())
        self.assertEqual(hub.wait(), 0)

    def test_new_work_is_turned_away_while_draining(self):
        hub = self.hub("hub.drain_timeout=1h")

        async def scene():
            agent = Connector(hub.url(), target="t")
            agent.answers_goodbye = False
            async with agent:
                hub.send_signal(signal.SIGTERM)
                await wait_until_async(lambda: hub.request("GET", "/readyz").status == 503, "draining")
                self.assertEqual(hub.request("GET", "/livez").status, 200)
                self.assertTrue(hub.state()["draining"])
                with self.assertRaises(websockets.InvalidStatusCode) as refused:
                    await websockets.connect(hub.url())
                self.assertEqual(refused.exception.status_code, 410)
                self.assertEqual(hub.door_counter("upgrades_draining"), 1)

        self.run_async(scene())
        self.assertEqual(hub.wait(), 0)

    def test_a_second_signal_ends_it_at_once(self):
        hub = self.hub("hub.drain_timeout=1h")

        async def scene():
            agent = Connector(hub.url(), target="t")
            agent.answers_goodbye = False
            async with agent:
                hub.send_signal(signal.SIGTERM)
                await wait_until_async(lambda: hub.request("GET", "/readyz").status == 503, "draining")
                hub.send_signal(signal.SIGINT)
                await asyncio.get_running_loop().run_in_executor(None, hub.process.wait)

        self.run_async(scene())
        self.assertEqual(hub.wait(), 128 + signal.SIGINT)

    def test_a_hangup_changes_nothing(self):
        hub = self.hub("log.level=info")

        async def scene():
            agent = Connector(hub.url(), target="t", handlers={"E": echo})
            caller = Connector(hub.url(), extended=True)
            async with agent, caller:
                hub.send_signal(signal.SIGHUP)
                wait_until(lambda: any("SIGHUP" in line for line in hub.log), "the line in the log")
                self.assertEqual((await caller.command("E", {"a": 1}, to="t"))["payload"], {"a": 1})

        self.run_async(scene())

    def test_a_broken_standard_output_is_survived(self):
        hub = self.hub()
        hub.process.stdout.close()
        hub.send_signal(signal.SIGPIPE)
        self.assertEqual(hub.request("GET", "/livez").status, 200)


if __name__ == "__main__":
    unittest.main()
