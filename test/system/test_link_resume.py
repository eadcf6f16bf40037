"""Programs of ours over links that are cut all the time: nothing is lost, and nothing comes twice."""

import asyncio
import random
import socket
import struct
import threading
import unittest

from harness import binary
from library_rig import Line
from link_party import LinkCase, token


class Shears:
    """A TCP proxy that cuts each connection after so many bytes as it draws, until it is told to stop."""

    def __init__(self, port, seed, mean):
        self.to = ("127.0.0.1", port)
        self.random = random.Random(seed)
        self.mean = mean
        self.cutting = True
        self.cuts = 0
        self.ends = set()
        self.barred = False
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(self.loop.create_server(lambda: End(self), "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def draw(self):
        """How many bytes a connection lasts."""
        return int(self.random.expovariate(1 / self.mean))

    def cut(self, barred=False):
        """Cut all that stand now; `barred`: and all that come, until that is taken back."""
        self.barred = barred
        self.loop.call_soon_threadsafe(lambda: [end.transport.abort() for end in list(self.ends)])

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()


class End(asyncio.Protocol):
    """One end of a connection; the other one is its `peer`."""

    def __init__(self, shears, peer=None):
        self.shears, self.peer, self.transport = shears, peer, None
        self.waiting = []
        self.budget = shears.draw() if peer is None else None

    def connection_made(self, transport):
        self.transport = transport
        self.shears.ends.add(self)
        # Half of the cuts are resets.
        if self.shears.random.random() < 0.5:
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if self.shears.barred:
            transport.abort()
        elif self.peer is None:
            self.shears.loop.create_task(self.reach())
        else:
            for data in self.peer.waiting:
                transport.write(data)
            self.peer.peer = self

    async def reach(self):
        try:
            await self.shears.loop.create_connection(lambda: End(self.shears, self), *self.shears.to)
        except OSError:
            self.transport.abort()

    def data_received(self, data):
        near = self if self.budget is not None else self.peer
        room = min(len(data), near.budget) if self.shears.cutting else len(data)
        near.budget -= room
        if self.peer is None:
            self.waiting.append(data[:room])
        else:
            self.peer.transport.write(data[:room])
        if room < len(data):
            self.shears.cuts += 1
            self.transport.abort()

    def connection_lost(self, error):
        self.shears.ends.discard(self)
        if self.peer is not None:
            self.peer.transport.abort()


class Resume(LinkCase):
    maxDiff = None

    def shears(self, hub, seed, mean):
        shears = Shears(hub.port, seed, mean)
        self.addCleanup(shears.close)
        return shears

    def probe(self, *words, **claims):
        line = Line(binary("link_probe"), *words, env={"ALDIS_TOKEN": token(**claims)})
        self.addCleanup(lambda: line.process.poll() is None and line.process.kill())
        return line

    def counted(self, line, n=1):
        """{name: (once, more, missing)}, and every other word of the report."""
        line.wait("told", n, 240)
        report = {}
        for text in line.lines:
            words = text.split()
            report[" ".join(words[:2] if words[0] == "counted" else words[:-1])] = (
                tuple(int(word) for word in words[2:]) if words[0] == "counted" else words[-1]
            )
        return report

    def story(self, seed, count, wide, mean):
        hub = self.hub()
        near, far = self.shears(hub, seed, mean), self.shears(hub, seed + 1, mean)
        agent = self.probe("serve", "7", f"link+ws://127.0.0.1:{near.port}", aud="host", host=7)
        hub.wait_channel("7")
        caller = self.probe("ask", "7", f"link+ws://127.0.0.1:{far.port}", count, wide, aud="user", user="test")
        asked = self.counted(caller)
        near.cutting = far.cutting = False
        self.assertEqual(asked["outcome succeeded -"], str(count), asked)
        self.assertEqual(asked["counted answer"], (count, 0, 0))
        self.assertEqual((asked["wrong"], asked["dropped"]), ("0", "0"))
        agent.say("tell")
        served = self.counted(agent)
        self.assertEqual(served["counted work"], (count, 0, 0))
        self.assertEqual(served["counted note"], (count, 0, 0))
        for line in (caller, agent):
            self.assertEqual((line.end(), line.errors), (0, []))
        return hub, near, far

    def test_cut_anywhere_under_load(self):
        for seed, mean in ((1, 20000), (2, 5000)):
            with self.subTest(seed=seed, mean=mean):
                hub, near, far = self.story(seed, 3000, 200, mean)
                self.assertGreater(near.cuts + far.cuts, 20)
                self.assertGreater(self.link_counter(hub, "session_resumed"), 10)
                self.assertEqual(self.link_counter(hub, "session_invalidated"), 0)
                self.assertEqual(self.link_counter(hub, "sequence_gaps"), 0)

    def test_a_burst_as_large_as_the_hub_takes(self):
        """What is answered at once holds nothing up, so nothing of it is too much, and nothing vanishes."""
        hub = self.hub()
        agent = self.probe("serve", "7", f"link+ws://127.0.0.1:{hub.port}", aud="host", host=7)
        hub.wait_channel("7")
        caller = self.probe("ask", "7", f"link+ws://127.0.0.1:{hub.port}", 6000, 6000, aud="user", user="test")
        asked = self.counted(caller)
        self.assertEqual(asked["outcome succeeded -"], "6000", asked)
        agent.say("tell")
        served = self.counted(agent)
        self.assertEqual((served["counted work"], served["counted note"]), ((6000, 0, 0), (6000, 0, 0)))
        for line in (caller, agent):
            self.assertEqual((line.end(), line.errors), (0, []))


if __name__ == "__main__":
    unittest.main()
