"""HTTP: keep-alive, pipelining, and everything that is no HTTP or too much of it. It costs only who sends it."""

import contextlib
import json
import random
import re
import socket
import unittest

from harness import HubCase, wait_until


def receive_all(sock):
    """What comes until the peer ends."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while True:
            chunk = sock.recv(65536)
            if not chunk:
                break
            data += chunk
    return data


class Http(HubCase):
    def exchange(self, hub, data, over_unix=False):
        """Send `data` on a bare connection and return all that comes until the hub ends it."""
        with hub.socket(over_unix) as sock:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(data)
            return receive_all(sock)

    def test_malformed_requests_are_refused_with_their_status(self):
        hub = self.hub("limits.request_timeout=1h")
        host = b"Host: localhost\r\n"
        cases = [
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 400),
            (b"GET / HTTP/1.1\nHost: x\n\n", 400),
            (b"GET /\r\n\r\n", 400),
            (b"GET / HTTP/2.0\r\n" + host + b"\r\n", 505),
            (b"GET / HTTP/1.1\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: y\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\n" + host + b"A : b\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\n" + host + b"A: b\r\n c\r\n\r\n", 400),
            (b"GET /%zz HTTP/1.1\r\nConnection: close\r\n" + host + b"\r\n", 400),
            (b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 1, 2\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\n" + host + b"Content-Length: -1\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\n" + host + b"Transfer-Encoding: gzip\r\n\r\n", 501),
            (b"POST / HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
            (b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 9000\r\n\r\n", 413),
            (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + host + b"\r\n", 414),
            (b"GET / HTTP/1.1\r\n" + host + b"A: " + b"b" * 40000 + b"\r\n\r\n", 431),
            (b"GET / HTTP/1.1\r\n" + host + b"A: b\r\n" * 200 + b"\r\n", 431),
        ]
        for data, status in cases:
            with self.subTest(data=data[:60]):
                answer = self.exchange(hub, data)
                self.assertTrue(answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:200])
                head, _, body = answer.partition(b"\r\n\r\n")
                self.assertIn(b"Content-Type: application/problem+json", head)
                problem = json.loads(body)
                self.assertEqual(problem["status"], status)
                self.assertTrue(problem["title"])
        self.assertEqual(hub.door_counter("malformed"), len(cases) - 1)

    def test_a_connection_serves_many_requests(self):
        hub = self.hub()
        connection = hub.http()
        with contextlib.closing(connection):
            for _ in range(20):
                connection.request("GET", "/api/v1/hub")
                response = connection.getresponse()
                self.assertEqual(response.status, 200)
                response.read()
                self.assertFalse(response.will_close)
        self.assertEqual(hub.door_counter("requests"), 20)
        self.assertEqual(hub.door_counter("accepted"), 1)

    def test_requests_in_one_piece_are_answered_in_order(self):
        hub = self.hub()
        paths = ["/livez", "/readyz", "/nothing", "/livez"]
        data = "".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n" for path in paths[:-1])
        data += f"GET {paths[-1]} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answer = self.exchange(hub, data.encode())
        statuses = re.findall(rb"HTTP/1\.1 (\d+) ", answer)
        self.assertEqual(statuses, [b"200", b"200", b"404", b"200"])
        self.assertTrue(answer.endswith(b"alive\n"))

    def test_a_request_may_come_byte_by_byte(self):
        hub = self.hub("limits.request_timeout=1h")
        with hub.socket() as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n":
                sock.sendall(bytes([byte]))
            self.assertTrue(receive_all(sock).endswith(b"alive\n"))

    def test_a_body_is_waited_for(self):
        hub = self.hub()
        with hub.socket() as sock:
            sock.sendall(b"POST /api/v1/hub HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                         b"Connection: close\r\nContent-Length: 3\r\n\r\n")
            self.assertTrue(sock.recv(1000).startswith(b"HTTP/1.1 100 "))
            sock.sendall(b"abc")
            self.assertIn(b"HTTP/1.1 405 ", receive_all(sock))

    def test_http_1_0_is_answered_and_closed(self):
        hub = self.hub()
        self.assertTrue(self.exchange(hub, b"GET /livez HTTP/1.0\r\n\r\n").endswith(b"alive\n"))

    def test_head_is_get_without_a_body(self):
        hub = self.hub()
        for path in ("/livez", "/api/v1/targets", "/nothing"):
            get, head = hub.request("GET", path), hub.request("HEAD", path)
            self.assertEqual(head.status, get.status)
            self.assertEqual(head.body, b"")
            self.assertEqual(head.headers["Content-Length"], str(len(get.body)))
            self.assertEqual(head.headers["Content-Type"], get.headers["Content-Type"])

    def test_the_number_of_requests_is_bounded(self):
        hub = self.hub("limits.requests_max=3")
        answer = self.exchange(hub, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5)
        self.assertEqual(answer.count(b"HTTP/1.1 200"), 3)
        self.assertEqual(answer.count(b"Connection: close"), 1)

    def test_a_silent_connection_is_cut(self):
        hub = self.hub("limits.request_timeout=50ms")
        self.assertEqual(self.exchange(hub, b""), b"")
        self.assertEqual(hub.door_counter("silent"), 1)

    def test_a_dripping_request_is_cut_at_its_deadline(self):
        hub = self.hub("limits.request_timeout=200ms")
        with hub.socket() as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(b"GET / HTTP/1.1\r\nA: ")

            def drip():
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    sock.sendall(b"b")
                return hub.door_counter("slow_requests") == 1

            wait_until(drip, "the cut")
            self.assertIn(b"HTTP/1.1 408 ", receive_all(sock))

    def test_an_idle_connection_is_closed_quietly(self):
        hub = self.hub("limits.idle_timeout=50ms")
        with hub.socket() as sock:
            sock.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertTrue(receive_all(sock).endswith(b"alive\n"))
        self.assertEqual(hub.door_counter("silent"), 0)
        self.assertEqual(hub.door_counter("slow_requests"), 0)

    def test_a_request_that_is_cut_short_is_counted(self):
        hub = self.hub()
        with hub.socket() as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHo")
        hub.wait_counter(lambda: hub.door_counter("cut"), 1)
        self.assertEqual(hub.state()["doors"][0]["greeting"], 0)

    def test_a_client_that_does_not_read_its_answers_is_held_then_cut(self):
        hub = self.hub("limits.idle_timeout=500ms", "limits.requests_max=4000000000")
        before = hub.rss()
        request = b"GET /api/v1/hub HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with hub.socket() as sock:
            sock.setblocking(False)

            def push():
                with contextlib.suppress(BlockingIOError, ConnectionResetError, BrokenPipeError):
                    sock.send(request * 1000)
                return hub.door_counter("slow_readers") == 1

            wait_until(push, "the cut")
        self.assertLess(hub.rss() - before, 64 * 1024 * 1024)
        self.assertEqual(hub.request("GET", "/livez").status, 200)

    def test_garbage_of_every_length_hurts_nobody(self):
        hub = self.hub("limits.request_timeout=1s")
        random.seed(7)
        for size in (1, 2, 3, 10, 100, 1000, 10000, 100000):
            with hub.socket() as sock:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    sock.sendall(bytes(random.randrange(256) for _ in range(size)))
                    sock.shutdown(socket.SHUT_WR)
                receive_all(sock)
        wait_until(lambda: all(door["greeting"] <= 1 for door in hub.state()["doors"]), "the end of them")
        self.assertEqual(hub.request("GET", "/livez").status, 200)


if __name__ == "__main__":
    unittest.main()
