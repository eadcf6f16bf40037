"""HTTP: keep-alive, pipelining, and everything that is no HTTP or too much of it. It costs only who sends it."""

import contextlib
import hashlib
import json
import random
import re
import socket
import tempfile
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

    def test_a_request_is_never_two(self):
        """Whatever two readers could take apart differently is refused, and with it what may hide behind it."""
        hub = self.hub("limits.request_timeout=1h")
        post = b"POST /livez HTTP/1.1\r\nHost: localhost\r\n"
        hidden = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nX-Hidden: 1\r\n\r\n"
        size = str(len(hidden)).encode()
        chunked = b"Transfer-Encoding: chunked\r\n"
        heads = [
            (b"Content-Length: 5\r\n" + chunked, 400),
            (chunked + b"Content-Length: " + size + b"\r\n", 400),
            (b"Content-Length: 0\r\nContent-Length: " + size + b"\r\n", 400),
            (b"Content-Length: 0, " + size + b"\r\n", 400),
            (b"Content-Length: 0\r\n ," + size + b"\r\n", 400),
            (b"Content-Length: +" + size + b"\r\n", 400),
            (b"Content-Length: 0x10\r\n", 400),
            (b"Content-Length: 1e1\r\n", 400),
            (b"Content-Length: 18446744073709551616\r\n", 400),
            (b"Content-Length:\r\n", 400),
            (b"Content-Length : 0\r\n", 400),
            (b"Content-Length\t: 0\r\n", 400),
            (b"Content Length: 0\r\n", 400),
            (b"Content-Length\x00: 0\r\n", 400),
            (b"Content-Length: 0\x0b\r\n", 400),
            (b"Content-Length: 0\rX: y\r\n", 400),
            (b"Content-Length: 0\nX: y\r\n", 400),
            (b"Content-Length: 0\n", 400),
            (b"X: y\r\n Content-Length: " + size + b"\r\n", 400),
            (b"X: y\r\n\tTransfer-Encoding: chunked\r\n", 400),
            (b"Transfer-Encoding : chunked\r\n", 400),
            (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 501),
            (b"Transfer-Encoding: identity\r\n", 501),
            (b"Transfer-Encoding: identity, chunked\r\n", 501),
            (b"Transfer-Encoding: chunked, identity\r\n", 501),
            (b"Transfer-Encoding: chunked,\r\n", 501),
            (b"Transfer-Encoding: xchunked\r\n", 501),
            (b"Transfer-Encoding: chunked;q=1\r\n", 501),
            (b"Transfer-Encoding: \"chunked\"\r\n", 501),
            (b"Transfer-Encoding: \x0bchunked\r\n", 400),
            (b"Transfer-Encoding:\r\n", 501),
            (b"Transfer-Encoding:\r\n chunked\r\n", 400),
            (b"Host: other\r\n", 400),
            (b": chunked\r\n", 400),
        ]
        lines = [
            b"POST /livez HTTP/1.1\r\r\nHost: localhost\r\n\r\n",
            b"POST /livez HTTP/1.1 \r\nHost: localhost\r\n\r\n",
            b"POST  /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"POST /livez\tHTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"POST /livez HTTP/1.1\nHost: localhost\r\n\r\n",
            b"POST /li vez HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"POST /livez HTTP/1.1\r\n Host: localhost\r\n\r\n",
            b"\r\n\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ]
        bodies = [
            b"\n", b"\r\n", b" 0\r\n\r\n", b"0x0\r\n\r\n", b"+0\r\n\r\n", b"-1\r\n", b"0;a\n\r\n", b"0;a\rb\r\n\r\n",
            b"0\n\n", b"0 1\r\n\r\n", b"00000000000000000\r\n\r\n", b"10000000000000000\r\n", b"0;\x00\r\n\r\n",
            b"1\r\nab\r\n0\r\n\r\n", b"1\r\na\n0\r\n\r\n", b"1\r\na0\r\n\r\n", b"2\r\na\r\n0\r\n\r\n",
            b"0\r\nContent-Length: 5\n\r\n", b"0\r\n a: b\r\n\r\n", b"0\r\na : b\r\n\r\n", b"0\r\na\r\n\r\n", b"0\r\n\n",
            b"0;" + b"a" * 300 + b"\r\n\r\n",
        ]
        cases = [(post + head + b"\r\n" + hidden, status) for head, status in heads]
        cases += [(line + hidden, 400) for line in lines]
        cases += [(post + chunked + b"\r\n" + body + hidden, 400) for body in bodies]
        for data, status in cases:
            with self.subTest(data=data[:120]):
                answer = self.exchange(hub, data)
                self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+) ", answer), [str(status).encode()], answer)
                self.assertIn(b"Connection: close\r\n", answer)
                self.assertNotIn(b"ready", answer)
        self.assertEqual(hub.door_counter("malformed"), len(cases))
        self.assertEqual(hub.door_counter("requests"), 0)

    def test_equal_lengths_and_odd_chunks_are_one_request(self):
        hub = self.hub()
        last = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        for rest in (b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
                     b"Content-Length: 003\r\n\r\nabc",
                     b"Transfer-Encoding: Chunked\r\n\r\n3;a=\"b;c\" ;d\r\nabc\r\n000;e\r\nContent-Length: 9\r\n\r\n"):
            with self.subTest(rest=rest):
                answer = self.exchange(hub, b"POST /livez HTTP/1.1\r\nHost: localhost\r\n" + rest + last)
                self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+) ", answer), [b"405", b"200"])

    def test_nothing_is_answered_behind_a_last_request(self):
        hub = self.hub()
        more = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for first in (b"GET /livez HTTP/1.0\r\n\r\n", b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                      b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"):
            answer = self.exchange(hub, first + more)
            self.assertEqual(answer.count(b"HTTP/1.1 "), 1)
            self.assertTrue(answer.endswith(b"alive\n"), answer)

    def test_a_name_that_is_not_ours_is_refused(self):
        hub = self.hub("http.names=hub.example, other.example")
        port = str(hub.port)
        for host, status in (("evil.example", 421), (f"evil.example:{port}", 421), ("127.0.0.1.nip.io", 421),
                             ("localhost.evil.example", 421), ("2130706433", 421), (f"127.0.0.1:{port}", 200),
                             ("[::1]", 200), ("localhost", 200), ("aldis.localhost", 200), ("hub.example", 200),
                             (f"OTHER.example.:{port}", 200)):
            for path in ("/api/v1/hub", "/livez", "/"):
                with self.subTest(host=host, path=path):
                    response = hub.request("GET", path, {"Host": host}, over_unix=False)
                    self.assertEqual(response.status, status)
        self.assertEqual(hub.request("GET", "/api/v1/hub", {"Host": "evil.example"}, over_unix=True).status, 200)
        # What a page of evil.example that resolves to us would send to become a caller: same-origin, for its browser.
        answer = self.exchange(hub, b"GET /exchange/controller HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n"
                               b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                               b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 421 "), answer)
        self.assertEqual(hub.door_counter("host_refused"), 16)

    def test_where_a_token_is_asked_for_any_name_will_do(self):
        with tempfile.NamedTemporaryFile("w", suffix=".tokens") as file:
            token = "a-token-that-a-page-does-not-have-0123456789"
            file.write(f"[token clerk]\nhash = sha256:{hashlib.sha256(token.encode()).hexdigest()}\nmanage = read\n")
            file.flush()
            hub = self.hub(f"auth.tokens={file.name}")
            headers = {"Host": "hub.example"}
            self.assertEqual(hub.request("GET", "/api/v1/hub", headers, over_unix=False).status, 401)
            headers["Authorization"] = f"Bearer {token}"
            self.assertEqual(hub.request("GET", "/api/v1/hub", headers, over_unix=False).status, 200)

    def test_pages_of_other_sites_are_refused(self):
        hub = self.hub()
        cases = [
            ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
            ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
            ("GET", {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
            ("POST", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
            ("POST", {"Origin": "http://evil.example"}, 403),
            ("POST", {"Origin": "null"}, 403),
            ("POST", {"Origin": f"http://127.0.0.1:{hub.port}"}, 405),
        ]
        for method, headers, status in cases:
            with self.subTest(method=method, headers=headers):
                response = hub.request(method, "/api/v1/hub", headers, over_unix=False)
                self.assertEqual(response.status, status)
        self.assertEqual((hub.door_counter("site_refused"), hub.door_counter("origin_refused")), (2, 2))

    def test_a_client_that_leaves_while_it_is_answered_hurts_nobody(self):
        hub = self.hub()
        for over_unix in (False, True):
            for _ in range(200):
                with hub.socket(over_unix) as sock:
                    sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        self.assertEqual(hub.request("GET", "/livez").status, 200)
        # Who is gone does not get the hub's time before those who wait for an answer.
        self.assertLess(sum(door["counters"]["requests"] for door in hub.state()["doors"]), 2 * 200 * 20)
        wait_until(lambda: all(door["greeting"] <= 1 for door in hub.state()["doors"]), "the end of them")


if __name__ == "__main__":
    unittest.main()
