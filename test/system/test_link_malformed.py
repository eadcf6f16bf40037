"""What is no frame of the link protocol, and what must not be said, over real sockets."""

import asyncio
import unittest

from harness import PATIENCE
from link_party import Link, LinkCase


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


if __name__ == "__main__":
    unittest.main()
