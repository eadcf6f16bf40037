"""Answers that come later, and streams: who waits for them, who leaves, who does not read, and what large bodies may cost."""

import asyncio
import contextlib
import json
import re
import resource
import select
import signal
import socket
import ssl
import time
import unittest

from foreign import Certificates
from harness import Connector, HubCase, wait_until, wait_until_async

LARGEST = 13107200  # the largest message, exchange.md section 2.5


def request(method, path, body=None, *headers, version="1.1"):
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/{version}", "Host: localhost", *headers]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def command(target, payload=None, **members):
    return json.dumps({"target": target, "name": "SHINE", "payload": payload, **members}).encode()


def receive_until(sock, end):
    """What comes up to and with `end`, or until the peer ends."""
    data = b""
    while end not in data:
        chunk = sock.recv(65536)
        if not chunk:
            break
        data += chunk
    return data


class Visits(HubCase):
    idle_bytes_max = 12 * 1024  # a stream without a byte in flight; 1.5 KiB without sanitizers

    def dial(self, hub):
        """A bare connection to the HTTP door."""
        sock = hub.socket()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.addCleanup(sock.close)
        return sock

    def agent(self, hub):
        return Connector("ws://localhost/exchange/controller", target="lamp", unix=hub.unix)

    def door(self, hub, name="http"):
        return next(door for door in hub.state()["doors"] if door["name"] == name)

    def stream(self, hub, query="", version="1.1"):
        """A reader of events whose stream has begun."""
        sock = self.dial(hub)
        sock.sendall(request("GET", f"/api/v1/events{query}", version=version))
        head = receive_until(sock, b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 200 "), head)
        return sock, head

    def busy(self, hub, count=1, payload=None):
        """Something happens: commands that nobody is there for."""
        body = command("nobody", payload)
        for _ in range(count):
            self.assertEqual(hub.request("POST", "/api/v1/commands", {"Content-Type": "application/json"}, body).status, 200)

    def test_an_answer_comes_when_the_command_has_its_outcome(self):
        hub = self.hub()

        async def scene():
            agent = self.agent(hub)
            async with agent:
                with self.dial(hub) as sock:
                    sock.sendall(request("POST", "/api/v1/commands", command("lamp", {"a": 1})) +
                                 request("GET", "/livez", None, "Connection: close"))
                    await wait_until_async(lambda: agent.commands, "the command")
                    self.assertEqual(self.door(hub)["greeting"], 0)
                    readable, _, _ = select.select([sock], [], [], 0)
                    self.assertEqual(readable, [])
                    await agent.reply(agent.commands[0], commandStatus="SUCCEEDED", payload={"b": 2})
                    loop = asyncio.get_running_loop()
                    answer = await loop.run_in_executor(None, receive_until, sock, b"alive\n")
                    self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+) ", answer), [b"200", b"200"])
                    self.assertIn(b'"outcome":"succeeded"', answer.replace(b" ", b""))

        self.run_async(scene())

    def test_a_visitor_that_leaves_costs_nothing_and_its_command_goes_on(self):
        hub = self.hub()

        async def scene():
            agent = self.agent(hub)
            async with agent:
                for number in range(20):
                    sock = self.dial(hub)
                    sock.sendall(request("POST", "/api/v1/commands", command("lamp", deadline_ms=60000)))
                    if number % 2:
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    await wait_until_async(lambda: hub.door_counter("visits") == number + 1, "the visit")
                    sock.close()
                await wait_until_async(lambda: hub.door_counter("visits_left") == 20, "the end of all")
                await wait_until_async(lambda: len(agent.commands) == 20, "the commands")
                self.assertEqual(hub.state()["totals"]["in_flight"], 20)
                for received in list(agent.commands):
                    await agent.reply(received, commandStatus="SUCCEEDED")
                await wait_until_async(lambda: hub.counter("commands_succeeded") == 20, "the outcomes")

        self.run_async(scene())

    def test_large_bodies_come_in_whole_or_in_chunks(self):
        hub = self.hub()
        payload = "x" * (LARGEST - 300)
        body = command("nobody", payload)
        headers = {"Content-Type": "application/json"}
        response = hub.request("POST", "/api/v1/commands", headers, body)
        self.assertEqual(response.status, 200, response.body[:300])
        with self.dial(hub) as sock:
            sock.sendall(b"POST /api/v1/commands HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                         b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            for at in range(0, len(body), 1000003):
                part = body[at:at + 1000003]
                sock.sendall(b"%x\r\n%s\r\n" % (len(part), part))
            sock.sendall(b"0\r\nX-Trailer: y\r\n\r\n")
            self.assertTrue(receive_until(sock, b"never").startswith(b"HTTP/1.1 200 "))

    def test_a_body_that_is_too_large_is_refused_before_it_comes(self):
        hub = self.hub()
        for length, path in ((LARGEST + 10 * 1024 * 1024, "/api/v1/commands"), (100000, "/api/v1/hub"),
                             (2 ** 63, "/api/v1/commands"), (2 ** 64 - 1, "/api/v1/commands")):
            with self.subTest(length=length), self.dial(hub) as sock:
                sock.sendall(request("POST", path, None, "Content-Type: application/json", f"Content-Length: {length}",
                                     "Expect: 100-continue"))
                answer = receive_until(sock, b"never")
                self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)
                self.assertIn(b"application/problem+json", answer)

    def test_many_large_bodies_share_what_there_is(self):
        hub = self.hub("limits.reassembly_max=32MiB")
        size = 12 * 1024 * 1024
        socks = []
        for _ in range(12):
            sock = self.dial(hub)
            socks.append(sock)
            sock.sendall(request("POST", "/api/v1/commands", None, "Content-Type: application/json",
                                 f"Content-Length: {size}"))
            with contextlib.suppress(ConnectionError):
                sock.sendall(b" " * (size - 1))
        hub.wait_counter(lambda: hub.door_counter("bodies_full"), 10)
        self.busy(hub)  # what is small comes in all the same
        for sock in socks:
            sock.close()
        wait_until(lambda: self.door(hub)["greeting"] == 0, "the end of them")
        body = command("nobody", "x" * (LARGEST - 300))
        headers = {"Content-Type": "application/json"}
        self.assertEqual(hub.request("POST", "/api/v1/commands", headers, body).status, 200)

    def test_a_slow_upload_has_time_as_long_as_it_goes_on(self):
        hub = self.hub("limits.request_timeout=1s")
        size = 3 * 1024 * 1024
        body = command("nobody", "x" * size)
        with self.dial(hub) as sock:
            sock.sendall(request("POST", "/api/v1/commands", None, "Connection: close", "Content-Type: application/json",
                                 f"Content-Length: {len(body)}"))
            begin = time.monotonic()
            while body and time.monotonic() - begin < 2.0:  # twice what a small request has
                select.select([], [], [], 0.1)
                sock.sendall(body[:150 * 1024])
                body = body[150 * 1024:]
            sock.sendall(body)
            self.assertTrue(receive_until(sock, b"never").startswith(b"HTTP/1.1 200 "))
        self.assertEqual(hub.door_counter("slow_requests"), 0)

    def test_a_thousand_idle_streams(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        hub = self.hub("limits.request_timeout=300ms", "limits.idle_timeout=300ms", "limits.greeting_max=20")
        self.stream(hub)[0].close()
        wait_until(lambda: hub.door_counter("visits_left") == 1, "the end of the first")
        before = hub.rss()
        socks = [self.stream(hub)[0] for _ in range(1000)]
        each = (hub.rss() - before) / len(socks)
        print(f"1000 idle streams cost {each:.0f} bytes each (with the sanitizers' share, if built with them)")
        self.assertLess(each, self.idle_bytes_max)
        self.assertEqual(self.door(hub)["greeting"], 0)
        with self.dial(hub) as sock:
            sock.sendall(request("GET", "/api/v1/events", None, "Connection: close"))
            self.assertTrue(receive_until(sock, b"never").startswith(b"HTTP/1.1 503 "))
        self.busy(hub)
        for sock in socks:
            self.assertIn(b"event: command", receive_until(sock, b"event: command"))
        wait_until(lambda: self.door(hub)["counters"]["slow_readers"] == 0, "nobody cut")
        for sock in socks:
            sock.close()
        hub.wait_counter(lambda: hub.door_counter("visits_left"), 1001)

    def test_a_reader_that_is_too_slow_loses_lines_and_is_told(self):
        hub = self.hub()
        sock, _ = self.stream(hub, "?kinds=command&payload=true")
        before = hub.rss()
        body = command("nobody", "x" * 60000)
        headers = {"Content-Type": "application/json"}

        def more():
            self.assertEqual(hub.request("POST", "/api/v1/commands", headers, body).status, 200)
            return hub.door_counter("streams_full") > 0

        wait_until(more, "a full stream", 60)
        for _ in range(20):
            more()
        self.assertLess(hub.rss() - before, 512 * 1024 * 1024)
        text = b""
        while b"event: dropped" not in text:
            readable, _, _ = select.select([sock], [], [], 0.05)
            if readable:
                text += sock.recv(1024 * 1024)
            else:
                more()  # it is told with the next thing that happens

    def test_a_reader_that_reads_nothing_is_cut(self):
        hub = self.hub("limits.idle_timeout=300ms")
        sock, _ = self.stream(hub, "?kinds=command&payload=true")
        body = command("nobody", "x" * 60000)
        headers = {"Content-Type": "application/json"}

        def more():
            self.assertEqual(hub.request("POST", "/api/v1/commands", headers, body).status, 200)
            return hub.door_counter("slow_readers") == 1

        wait_until(more, "the cut", 60)
        self.assertEqual(hub.door_counter("visits_left"), 1)
        with contextlib.suppress(ConnectionError):
            receive_until(sock, b"never")

    def test_streams_and_old_clients_and_heads(self):
        hub = self.hub()
        _, head = self.stream(hub)
        self.assertIn(b"Transfer-Encoding: chunked\r\n", head)
        sock, head = self.stream(hub, version="1.0")
        self.assertNotIn(b"chunked", head)
        self.busy(hub)
        self.assertIn(b"event: command", receive_until(sock, b"event: command"))
        with self.dial(hub) as sock:
            sock.sendall(request("HEAD", "/api/v1/events") + request("GET", "/livez", None, "Connection: close"))
            answer = receive_until(sock, b"never")
            self.assertIn(b"text/event-stream", answer)
            self.assertTrue(answer.endswith(b"alive\n"), answer)

    def test_the_hub_stops_with_visits_and_streams_open(self):
        hub = self.hub("hub.drain_timeout=300ms")

        async def scene():
            agent = self.agent(hub)
            async with agent:
                waiting = self.dial(hub)
                waiting.sendall(request("POST", "/api/v1/commands", command("lamp", deadline_ms=60000)))
                hub.wait_counter(lambda: hub.door_counter("visits"), 1)
                stream, _ = self.stream(hub)
                hub.send_signal(signal.SIGTERM)
                loop = asyncio.get_running_loop()
                answer = await loop.run_in_executor(None, receive_until, waiting, b"never")
                self.assertTrue(answer.startswith(b"HTTP/1.1 "), answer)
                self.assertIn(b"Connection: close\r\n", answer)
                text = await loop.run_in_executor(None, receive_until, stream, b"never")
                self.assertTrue(text.endswith(b"0\r\n\r\n"), text[-200:])
                waiting.close()

        self.run_async(scene())
        self.assertEqual(hub.wait(), 0)

    def test_requests_behind_a_visit_wait_bounded(self):
        hub = self.hub()

        async def scene():
            agent = self.agent(hub)
            async with agent:
                with self.dial(hub) as sock:
                    sock.sendall(request("POST", "/api/v1/commands", command("lamp", deadline_ms=60000)))
                    hub.wait_counter(lambda: hub.door_counter("visits"), 1)
                    before = hub.rss()
                    sock.setblocking(False)
                    sent = 0
                    with contextlib.suppress(BlockingIOError, ssl.SSLWantWriteError):
                        while sent < 64 * 1024 * 1024:
                            sent += sock.send(request("GET", "/livez") * 1000)
                    self.assertLess(sent, 64 * 1024 * 1024)
                    self.assertLess(hub.rss() - before, 16 * 1024 * 1024)
                    self.assertEqual(hub.door_counter("requests"), 1)

        self.run_async(scene())


class SecureVisits(Visits):
    """The same through TLS."""

    idle_bytes_max = 512 * 1024  # mostly the sanitizers' share of what OpenSSL keeps

    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates()
        cls.addClassCleanup(cls.certificates.close)
        cls.trust = cls.certificates.trust()

    def hub(self, *settings, **options):
        path = self.certificates.path
        return super().hub(f"http.tls_cert={path('server.pem')}", f"http.tls_key={path('server.key')}", *settings, **options)

    def dial(self, hub):
        sock = self.trust.wrap_socket(super().dial(hub), server_hostname="localhost", suppress_ragged_eofs=True)
        self.addCleanup(sock.close)
        return sock


if __name__ == "__main__":
    unittest.main()
