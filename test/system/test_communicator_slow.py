"""Services that read slowly, or not at all: what the hub took in for them is theirs, their successors', or told of."""

import re
import signal
import socket
import sys
import time
import unittest

from comm_case import FamilyCase
from harness import wait_until

FILLING = "x" * 10_000


class Slow(FamilyCase):
    def post(self, sender, service, count, options=""):
        """So many messages of 10 kB, numbered from 0, which the hub has taken in."""
        for i in range(count):
            sender.send(f"{service}/DATA n={i}{options};v={FILLING}")
        return sender.flush("posted")

    def numbers(self, lines):
        """Of those lines that are whole messages."""
        found = (re.fullmatch(r"<alpha:a \w+/DATA (?:.*;)?n=(\d+)(?:;.*)?;v=" + FILLING, line) for line in lines)
        return [int(match.group(1)) for match in found if match]


class Untaken(Slow):
    """The receiver does not read, and is cut for it. What the kernel has of it can be read still."""

    COUNT = 200

    def hub_that_cuts(self, *settings):
        return self.family("limits.stall_timeout=3s", *settings)

    def left(self, service):
        """What a service that was cut can still read; the last message is only half there."""
        taken = self.numbers(service.ended())
        self.assertEqual(taken, list(range(len(taken))))
        self.assertGreater(len(taken), 0)
        self.assertLess(len(taken), self.COUNT)
        return len(taken)

    def test_what_it_did_not_take_waits_for_its_successor(self):
        hub = self.hub_that_cuts(f"communicator.services_dir={self.services('printer')}")
        sender, first = self.service(self.sock).register("a"), self.service(self.sock).register("printer", "DATA")
        self.post(sender, "printer", self.COUNT)
        wait_until(lambda: hub.counter("connections_cut_slow") == 1, "it is cut")
        wait_until(lambda: hub.counter("events_held") > 0, "what it did not take is held")
        sender.send(f"printer/DATA n={self.COUNT};v={FILLING}")
        sender.flush("one more")
        taken = self.left(first)
        self.assertEqual(hub.counter("events_untaken"), self.COUNT - taken)
        second = self.service(self.sock).register("printer", "DATA")
        self.assertEqual(self.numbers(second.lines(self.COUNT + 1 - taken)), list(range(taken, self.COUNT + 1)))
        self.works(hub)

    def test_who_asked_hears_of_what_it_did_not_take(self):
        hub = self.hub_that_cuts()
        sender, first = self.service(self.sock).register("a"), self.service(self.sock).register("printer", "DATA")
        self.assertEqual(self.post(sender, "printer", self.COUNT, ";cache=no;transmission_report=failure"), [])
        wait_until(lambda: hub.counter("connections_cut_slow") == 1, "it is cut")
        wait_until(lambda: hub.counter("events_untaken") > 0, "it did not take all")
        reports = sender.flush("reported")
        self.assertEqual(set(reports), {"<alpha:communicatord TRANSMISSION_REPORT command=DATA;status=failed"})
        self.assertEqual(len(reports) + self.left(first), self.COUNT)
        self.assertEqual(hub.counter("events_untaken"), len(reports))

    def test_what_nobody_asked_about_is_counted(self):
        hub = self.hub_that_cuts()
        sender, first = self.service(self.sock).register("a"), self.service(self.sock).register("printer", "DATA")
        self.assertEqual(self.post(sender, "printer", self.COUNT), [])
        wait_until(lambda: hub.counter("events_untaken") > 0, "it did not take all")
        self.assertEqual(hub.counter("events_untaken") + self.left(first), self.COUNT)

    def test_of_one_that_dies_as_well(self):
        hub = self.family(f"communicator.services_dir={self.services('printer')}")
        sender, first = self.service(self.tcp(hub)).register("a"), self.service(self.tcp(hub)).register("printer", "DATA")
        first.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        self.post(sender, "printer", 1000)
        first.close()
        wait_until(lambda: hub.counter("events_untaken") > 0, "it did not take all")
        second = self.service(self.tcp(hub)).register("printer", "DATA")
        untaken = hub.counter("events_untaken")
        self.assertEqual(self.numbers(second.lines(untaken)), list(range(1000 - untaken, 1000)))


class Stopping(Slow):
    """SIGTERM, and somebody has not read all that was taken in for him."""

    def stop(self, hub):
        hub.send_signal(signal.SIGTERM)
        return time.monotonic()

    def ends(self, hub, began):
        """It ends in order; how long it took."""
        self.assertEqual(hub.wait(patience=60), 0)
        return time.monotonic() - began

    def read_slowly(self, service, size, pause):
        """So many bytes at a time."""
        heard, rests = b"", 0
        while chunk := service.sock.recv(65536):
            heard += chunk
            if len(heard) // size > rests:
                rests += 1
                time.sleep(pause)  # this is what slow means
        return self.numbers(heard.decode().split("\n"))

    def slow_reader(self, address, sender, count):
        service = self.service(address).register("printer", "DATA")
        self.post(sender, "printer", count)
        return service

    def reads_slowly(self, hub, address, count):
        service = self.slow_reader(address, self.service(self.sock).register("a"), count)
        began = self.stop(hub)
        self.assertEqual(self.read_slowly(service, 10 * count // 3 * 1000, 1), list(range(count)))
        self.assertGreater(self.ends(hub, began), 2)

    def test_who_reads_slowly_gets_everything(self):
        self.reads_slowly(self.family("hub.drain_timeout=1h"), self.sock, 300)

    def test_over_tcp_too(self):
        hub = self.family("hub.drain_timeout=1h")
        self.reads_slowly(hub, self.tcp(hub), 1500)

    def test_who_never_reads_costs_the_timeout_and_no_more(self):
        hub = self.family("hub.drain_timeout=2s")
        service = self.slow_reader(self.sock, self.service(self.sock).register("a"), 300)
        took = self.ends(hub, self.stop(hub))
        self.assertGreater(took, 1.5)
        self.assertLess(took, 2 + 5)
        service.close()

    def test_when_all_is_taken_it_ends_at_once(self):
        hub = self.family("hub.drain_timeout=1h")
        service = self.slow_reader(self.sock, self.service(self.sock).register("a"), 300)
        began = self.stop(hub)
        self.assertEqual(self.read_slowly(service, 1 << 30, 0), list(range(300)))
        self.assertLess(self.ends(hub, began), 20)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
