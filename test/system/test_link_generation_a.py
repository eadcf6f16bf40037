"""Slaves and controls of generation A of the link protocol, over real sockets."""

import asyncio
import unittest

from cli_rig import aldis
from link_party import Closed, Link, LinkCase, token


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


if __name__ == "__main__":
    unittest.main()
