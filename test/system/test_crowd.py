"""A crowd that never says hello: it costs little, is cut at the deadline, and does not keep others out."""

import contextlib
import resource
import select
import socket
import time
import unittest

from harness import Connector, HubCase, echo, wait_until

UPGRADE = (b"GET /exchange/controller HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def crowd_size(wanted=10000):
    """As many as the system lets us have; says so when that is fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    size = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard - 200)
    if size < wanted:
        print(f"only {size} connections: the limit of descriptors is {hard}")
    return size


class Crowd(HubCase):
    def connect(self, hub, count, say=b""):
        """So many connections; one that is turned away may be so while it is made, and is left out."""
        socks = []
        self.addCleanup(lambda: [sock.close() for sock in socks])
        for _ in range(count):
            with contextlib.suppress(ConnectionResetError):
                sock = socket.create_connection((hub.host, hub.port), timeout=20)
                socks.append(sock)
                if say:
                    sock.sendall(say)
        return socks

    def works(self, hub):
        async def scene():
            agent = Connector(hub.url(), target="other", handlers={"E": echo})
            caller = Connector(hub.url(), extended=True)
            async with agent, caller:
                self.assertEqual((await caller.command("E", {"a": 1}, to="other"))["outcome"], "succeeded")

        self.run_async(scene())

    def gone(self, socks, patience=60):
        """Wait until the hub has ended every one of them."""
        poll = select.poll()
        left = {sock.fileno(): sock for sock in socks}
        for number in left:
            poll.register(number, select.POLLIN)
        deadline = time.monotonic() + patience
        while left:
            self.assertLess(time.monotonic(), deadline, f"{len(left)} are still there")
            for number, _ in poll.poll(1000):
                data = b"?"
                with contextlib.suppress(ConnectionResetError):
                    data = left[number].recv(65536)
                if data in (b"", b"?"):
                    poll.unregister(number)
                    del left[number]

    def test_connections_that_say_nothing(self):
        size = crowd_size()
        hub = self.hub("limits.request_timeout=1m")
        before = hub.rss()
        socks = self.connect(hub, size)
        hub.wait_counter(lambda: hub.door_counter("accepted"), size, "accepted")
        each = (hub.rss() - before) / size
        print(f"{size} silent connections cost {each:.0f} bytes each (with the sanitizers' share, if built with them)")
        self.assertLess(each, 16384)
        self.works(hub)

    def test_they_are_cut_at_the_deadline(self):
        size = crowd_size(2000)
        hub = self.hub("limits.request_timeout=500ms")
        self.gone(self.connect(hub, size))
        self.assertEqual(hub.door_counter("silent"), size)
        self.works(hub)

    def test_upgraded_connections_that_say_no_hello(self):
        size = crowd_size()
        hub = self.hub("exchange.hello_timeout=3s")
        before = hub.rss()
        socks = self.connect(hub, size, UPGRADE)
        hub.wait_counter(lambda: hub.door_counter("upgrades"), size, "upgrades")
        print(f"{size} connections without a hello cost {(hub.rss() - before) / size:.0f} bytes each")
        self.works(hub)
        self.gone(socks)
        hub.wait_counter(lambda: hub.dialect_counter("exchange_hello_timeout"), size, "hello timeouts")
        wait_until(lambda: hub.state()["totals"]["connections"] == 0, "the end of all")
        self.assertEqual(hub.state()["doors"][0]["greeting"], 0)
        self.works(hub)

    def test_too_many_without_a_hello_are_turned_away(self):
        hub = self.hub("limits.greeting_max=50", "limits.request_timeout=1m")
        socks = self.connect(hub, 60)
        hub.wait_counter(lambda: hub.door_counter("accepted"), 60, "accepted")
        self.assertEqual(hub.door_counter("refused_greeting"), 10)
        self.gone(socks[50:])
        # The Unix door has a crowd of its own, so whoever looks after the hub still gets in.
        self.assertEqual(hub.state()["doors"][0]["greeting"], 50)
        for sock in socks:
            sock.close()
        wait_until(lambda: hub.state()["doors"][0]["greeting"] == 0, "room")
        self.works(hub)

    def test_too_many_in_all_are_turned_away(self):
        hub = self.hub("limits.connections_max=50", "limits.request_timeout=1m")
        first = self.connect(hub, 50)
        more = self.connect(hub, 10)
        self.gone(more)
        for sock in first:
            sock.close()

        def refusals():
            # Until the hub has noticed that there is room again, it turns us away too.
            with contextlib.suppress(ConnectionError):
                return hub.door_counter("refused_full") >= 10

        wait_until(refusals, "refusals")
        self.works(hub)


if __name__ == "__main__":
    unittest.main()
