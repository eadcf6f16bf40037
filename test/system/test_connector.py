"""An existing connector and the hub: hello, health, primary, commands both ways, goodbye (exchange.md 2.13)."""

import asyncio
import ssl
import subprocess
import tempfile
import unittest

import websockets

from harness import PATIENCE, Connector, HubCase, echo, frame, unframe, wait_until_async


class Connectors(HubCase):
    def test_a_complete_connection(self):
        hub = self.hub("exchange.healthcheck_interval=100ms", "exchange.ping_interval=100ms")

        async def scene():
            connector = Connector(hub.url(), target="t")
            async with connector:
                self.assertEqual(connector.target, "t")
                await wait_until_async(lambda: connector.primary is True, "the election")
                await wait_until_async(lambda: connector.health_checks >= 3, "health checks")
                channel = hub.wait_channel("t", lambda channel: channel["primary"])[0]
                self.assertEqual((channel["term"] > 0, channel["health_failures"]), (True, 0))
            await wait_until_async(lambda: not hub.channels("t"), "the end")

        self.run_async(scene())

    def test_hello_must_come_first_and_in_time(self):
        hub = self.hub("exchange.hello_timeout=200ms")

        async def scene():
            connector = await Connector(hub.url()).open()
            await connector.ws.send(frame("COMMAND", {"id": "1", "type": "OTHER", "payload": {}}))
            await asyncio.wait_for(connector.ws.wait_closed(), PATIENCE)
            self.assertEqual(connector.ws.close_code, 1002)
            self.assertEqual(connector.ws.close_reason,
                             "Hello Command is first expected to initialize the exchange channel")
            silent = await Connector(hub.url()).open()
            await asyncio.wait_for(silent.ws.wait_closed(), PATIENCE)
            self.assertNotEqual(silent.ws.close_code, 1000)

        self.run_async(scene())
        self.assertEqual(hub.dialect_counter("exchange_hello_expected"), 1)
        self.assertEqual(hub.dialect_counter("exchange_hello_timeout"), 1)
        hub.wait_counter(lambda: hub.counter("connections_closed"), 2)
        self.assertEqual(hub.edge_counter("closed_by_dialect"), 2)
        self.assertEqual(hub.state()["doors"][0]["greeting"], 0)

    def test_every_spelling_of_a_hello(self):
        hub = self.hub()

        async def scene():
            for text in (
                b't:COMMAND;;et:HELLO;;e:{"id":"h","type":"HELLO","payload":{"targetId":"x"}}',
                b't:COMMAND;;e:{"payload":{"more":[1],"targetId":"x"},"type":"HELLO","id":"h"}',
                b'et:WRONG;;t:COMMAND;;e:{"type":"HELLO","id":"h","payload":{"targetId":"x"}} trailing',
            ):
                connector = await Connector(hub.url()).open()
                await connector.ws.send(text)
                kind, reply = unframe(await connector.ws.recv())
                self.assertEqual((kind, reply), ("REPLY", {
                    "commandId": "h", "type": "HELLO", "commandStatus": "SUCCEEDED", "payload": {"targetId": "x"}}))
                await connector.ws.close()

        self.run_async(scene())

    def test_a_command_reaches_the_agent_and_its_reply_the_caller(self):
        hub = self.hub()

        async def scene():
            def fail(command):
                return {"commandStatus": "ERROR", "errorDetails": "the reason"}

            agent = Connector(hub.url(), target="t", handlers={"E": echo, "F": fail})
            caller = Connector("ws://localhost/exchange/controller", unix=hub.unix, extended=True)
            async with agent, caller:
                for payload in ({}, {"a;;b": ";;e:c"}, {"x": "ü" * 1000}):
                    reply = await caller.command("E", payload, to="t")
                    self.assertEqual((reply["outcome"], reply["payload"]), ("succeeded", payload))
                reply = await caller.command("F", {}, to="t")
                self.assertEqual((reply["outcome"], reply["errorDetails"]), ("failed", "the reason"))
                reply = await caller.command("NEVER", {}, to="t", ttl_ms=100)
                self.assertEqual((reply["outcome"], reply["cause"]), ("expired", "deadline"))

        self.run_async(scene())
        self.assertEqual(hub.counter("commands_succeeded"), 3)
        self.assertEqual(hub.counter("commands_failed"), 1)
        self.assertEqual(hub.counter("commands_expired"), 1)

    def test_a_large_command_in_many_frames(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t", handlers={"E": echo})
            caller = Connector(hub.url(), extended=True)
            async with agent, caller:
                text = "x" * (5 * 1024 * 1024)
                reply = await caller.command("E", {"text": text}, to="t")
                self.assertEqual(reply["payload"], {"text": text})

        self.run_async(scene())

    def test_a_link_that_ends_loses_what_was_sent_at_once(self):
        hub = self.hub()

        async def scene():
            agent = Connector(hub.url(), target="t")
            caller = Connector(hub.url(), extended=True)
            async with caller:
                async with agent:
                    call = asyncio.ensure_future(caller.command("W", {}, to="t"))
                    await wait_until_async(lambda: agent.commands, "the command")
                    agent.ws.transport.abort()
                    reply = await call
                self.assertEqual((reply["outcome"], reply["cause"]), ("lost", "link_ended"))

        self.run_async(scene())

    def test_the_controller_gets_what_the_hub_does_not_answer(self):
        hub = self.hub("hub.controller=boss")

        async def scene():
            boss = Connector(hub.url(), target="boss", handlers={"ASK": echo})
            connector = Connector(hub.url(), target="t")
            async with connector:
                nobody = await connector.command("ASK", {"n": 0})
                self.assertEqual(nobody["commandStatus"], "ERROR")
                async with boss:
                    reply = await connector.command("ASK", {"n": 1})
                    self.assertEqual((reply["commandStatus"], reply["payload"]), ("SUCCEEDED", {"n": 1}))

        self.run_async(scene())

    def test_an_unhealthy_channel_is_told_to_go(self):
        hub = self.hub("exchange.healthcheck_interval=50ms", "exchange.healthcheck_failures=2")

        async def scene():
            connector = Connector(hub.url(), target="t")
            connector.healthy = False
            async with connector:
                await asyncio.wait_for(connector.task, PATIENCE)
                self.assertEqual(len(connector.goodbyes), 1)
                self.assertGreaterEqual(connector.health_checks, 2)

        self.run_async(scene())
        self.assertEqual(hub.counter("health_evictions"), 1)

    def test_the_primary_moves_when_it_goes(self):
        hub = self.hub()

        async def scene():
            first, second = Connector(hub.url(), target="t"), Connector(hub.url(), target="t")
            async with first:
                await wait_until_async(lambda: first.primary is True, "the first election")
                async with second:
                    await wait_until_async(lambda: second.primary is False, "the newcomer is told")
                    await first.ws.close()
                    await wait_until_async(lambda: second.primary is True, "the second election")

        self.run_async(scene())

    def test_a_goodbye_of_the_connector_is_answered_with_its_code(self):
        hub = self.hub()

        async def scene():
            for reconnect, code, reason in (
                (True, 1013, "GoodBye Command with reconnection requested."),
                (False, 1000, "GoodBye Command without reconnection."),
            ):
                connector = Connector(hub.url(), target="t")
                async with connector:
                    await connector.ws.send(frame("COMMAND", {
                        "id": "g", "type": "GOOD_BYE", "payload": {"targetId": "t", "reconnect": reconnect}}))
                    await asyncio.wait_for(connector.task, PATIENCE)
                    self.assertEqual((connector.ws.close_code, connector.ws.close_reason), (code, reason))

        self.run_async(scene())

    def test_over_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                 "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                 f"{folder}/key.pem", "-out", f"{folder}/cert.pem"], check=True, capture_output=True)
            hub = self.hub(f"http.tls_cert={folder}/cert.pem", f"http.tls_key={folder}/key.pem")
            trust = ssl.create_default_context(cafile=f"{folder}/cert.pem")

            async def scene():
                url = f"wss://localhost:{hub.port}/exchange/controller"
                agent = Connector(url, target="t", handlers={"E": echo}, ssl=trust)
                caller = Connector(url, extended=True, ssl=trust)
                async with agent, caller:
                    text = "x" * 300000
                    self.assertEqual((await caller.command("E", {"t": text}, to="t"))["payload"], {"t": text})

            self.run_async(scene())
            with self.assertRaises((ConnectionError, OSError, websockets.InvalidMessage)):
                self.run_async(Connector(hub.url()).open())
            hub.wait_counter(lambda: hub.transport_counter("tls_failures"), 1)


if __name__ == "__main__":
    unittest.main()
