"""Who asks and asks, and reads nothing, is read no more: what the hub answers waits in its memory."""

import select
import sys
import time
import unittest

from comm_case import FamilyCase
from harness import PATIENCE

ASKED_MAX = 64 * 1024 * 1024  # answers to a hundredth of it are more than a hub may keep


class Unread(FamilyCase):
    def ask_until_blocked(self, service):
        """Ask until nothing is taken any more for a while; how many bytes were."""
        chunk, sent = b"HELP\n" * 10_000, 0
        service.sock.setblocking(False)
        deadline = time.monotonic() + PATIENCE
        while sent < ASKED_MAX and time.monotonic() < deadline:
            if not select.select([], [service.sock], [], 1)[1]:
                break
            sent += service.sock.send(chunk)
        return sent

    def test_answers_are_not_piled_up(self):
        hub = self.family()
        service = self.service(self.sock).register("hog")
        before = hub.rss()
        sent = self.ask_until_blocked(service)
        self.assertLess(sent, 4 * 1024 * 1024, "it is read all the time")
        self.assertLess(hub.rss() - before, 64 * 1024 * 1024)
        self.works(hub)

    def test_who_reads_is_read_again(self):
        hub = self.family()
        service = self.service(self.sock).register("hog")
        self.ask_until_blocked(service)
        last, heard = b"\nALIVE serial=last\n", b""  # the last question may have been cut in two
        deadline = time.monotonic() + PATIENCE
        while b"serial=last\n" not in heard:
            self.assertLess(time.monotonic(), deadline, "it is not read again")
            readable, writable, _ = select.select([service.sock], [service.sock] if last else [], [], 1)
            if writable:
                last = last[service.sock.send(last):]
            if readable:
                heard = heard[-100:] + service.sock.recv(1 << 20)
        self.works(hub)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
