"""Peers that misbehave on the wire: each costs only itself, and shows in a counter."""

import asyncio
import contextlib
import random
import socket
import struct
import threading
import time
import unittest

from harness import Connector, HubCase, echo, frame, unframe, wait_until, wait_until_async

UPGRADE = (b"GET /exchange/controller HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           b"X-Gravitee-Exchange-Protocol: v1\r\n\r\n")
HELLO = frame("COMMAND", {"id": "h", "type": "HELLO", "payload": {"targetId": "raw"}})


def ws_frame(payload, opcode=2, fin=True, mask=b"abcd", length=None):
    """A WebSocket frame of a client (RFC 6455 5.2)."""
    size = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | opcode])
    masked = 0x80 if mask else 0
    if size < 126:
        head += bytes([masked | size])
    elif size < 65536:
        head += bytes([masked | 126]) + struct.pack(">H", size)
    else:
        head += bytes([masked | 127]) + struct.pack(">Q", size)
    if not mask:
        return head + payload
    key = (mask * (len(payload) // 4 + 1))[: len(payload)]
    body = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(len(payload), "big")
    return head + mask + body


def frames(data):
    """Opcode and payload of every whole frame in what a server sent."""
    while len(data) >= 2:
        size, start = data[1] & 127, 2
        if size == 126:
            size, start = struct.unpack(">H", data[2:4])[0], 4
        elif size == 127:
            size, start = struct.unpack(">Q", data[2:10])[0], 10
        if len(data) < start + size:
            return
        yield data[0] & 15, data[start:start + size]
        data = data[start + size:]


def close_code(sock):
    """Read until the hub closes, and return the code it gives; None when it just ends."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := sock.recv(65536):
            data += chunk
            for opcode, payload in frames(data):
                if opcode == 8:
                    return struct.unpack(">H", payload[:2])[0] if payload else 1005
    return None


class Peers(HubCase):
    def upgraded(self, hub, hello=True):
        sock = hub.socket()
        self.addCleanup(sock.close)
        sock.sendall(UPGRADE)
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            data += sock.recv(1)
        self.assertTrue(data.startswith(b"HTTP/1.1 101 "), data)
        if hello:
            sock.sendall(ws_frame(HELLO))
            data = b""
            while not any(b"SUCCEEDED" in payload for _, payload in frames(data)):
                data += sock.recv(1)
        return sock

    def works(self, hub):
        """Somebody else is served as if nothing were."""

        async def scene():
            agent = Connector(hub.url(), target="other", handlers={"E": echo})
            caller = Connector(hub.url(), extended=True)
            async with agent, caller:
                self.assertEqual((await caller.command("E", {"a": 1}, to="other"))["outcome"], "succeeded")

        self.run_async(scene())

    def serve_serially(self, sock):
        """An agent of one thread: while it writes a reply it does not read."""
        data = b""
        with contextlib.suppress(OSError):
            while chunk := sock.recv(65536):
                data += chunk
                for opcode, payload in frames(data):
                    if opcode == 9:
                        sock.sendall(ws_frame(payload, opcode=10))
                    elif opcode == 2 and payload.startswith(b"t:COMMAND"):
                        _, command = unframe(payload)
                        sock.sendall(ws_frame(frame("REPLY", {
                            "commandId": command["id"], "type": command["type"], "commandStatus": "SUCCEEDED",
                            "payload": {} if command["type"] == "PRIMARY" else command["payload"]})))
                data = data[sum(len(ws_frame(payload, mask=b"")) for _, payload in frames(data)):]

    def test_an_agent_that_does_one_thing_after_the_other(self):
        """What waits for it is no reason not to hear its replies: neither side would ever move again."""
        hub = self.hub("limits.out_bytes_high=64KiB", "exchange.healthcheck_interval=0")
        sock = self.upgraded(hub)
        worker = threading.Thread(target=self.serve_serially, args=(sock,), daemon=True)
        worker.start()

        async def scene():
            async with Connector(hub.url(), extended=True) as caller:
                asked = [caller.command("E", "x" * 60_000, to="raw", ttl_ms=30000) for _ in range(300)]
                outcomes = [reply["outcome"] for reply in await asyncio.gather(*asked)]
                self.assertEqual(outcomes, 300 * ["succeeded"])

        self.run_async(scene())
        sock.shutdown(socket.SHUT_RDWR)
        worker.join()

    def test_what_is_half_written_is_sent(self):
        """DESIGN section 1: *sent* begins with the first byte given to the kernel. So it is lost, and no other agent gets it."""
        hub = self.hub("exchange.healthcheck_interval=0")
        sock = self.upgraded(hub)

        async def scene():
            other = Connector(hub.url(), target="raw", handlers={"E": echo})
            async with Connector(hub.url(), extended=True) as caller:
                asked = asyncio.ensure_future(caller.command("E", "x" * 12_000_000, to="raw", ttl_ms=60000))
                await wait_until_async(lambda: hub.channels("raw")[0]["in_flight"] == 1, "it")
                await wait_until_async(lambda: hub.get("/api/v1/commands?name=E")["commands"][0]["phase"] == "sent",
                                       "the first bytes")
                async with other:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    sock.close()
                    reply = await asked
                    self.assertEqual((reply["outcome"], reply["cause"]), ("lost", "link_ended"))
                    self.assertEqual(other.commands, [])

        self.run_async(scene())

    def test_too_much_before_the_hello_in_small_pieces(self):
        hub = self.hub()
        sock = self.upgraded(hub, hello=False)
        piece = ws_frame(b't:REPLY;;e:{"commandId":"' + 900 * b"x" + b'"}')
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                sock.sendall(piece)
        hub.wait_counter(lambda: hub.edge_counter("greeting_oversize"), 1)

    def test_frames_that_break_the_protocol(self):
        hub = self.hub()
        cases = [
            (ws_frame(b"x", mask=b""), 1002, "ws_violations"),
            (ws_frame(b"x", opcode=3), 1002, "ws_violations"),
            (b"\xf2" + ws_frame(b"x")[1:], 1002, "ws_violations"),
            (ws_frame(b"x", opcode=0), 1002, "ws_violations"),
            (ws_frame(b"x" * 126, opcode=9), 1002, "ws_violations"),
            (ws_frame(b"x", opcode=9, fin=False), 1002, "ws_violations"),
            (ws_frame(b"\xff", opcode=1), 1007, "ws_violations"),
            (ws_frame(b"\x03\xe9\xff", opcode=8), 1007, "ws_violations"),
            (ws_frame(b"\x00\x01", opcode=8), 1002, "ws_violations"),
            (ws_frame(b"", length=13107201), 1009, "ws_oversize"),
            (ws_frame(b"", length=2**62), 1009, "ws_oversize"),
        ]
        for data, code, counter in cases:
            with self.subTest(data=data[:20]):
                before = hub.transport_counter(counter)
                sock = self.upgraded(hub)
                sock.sendall(data)
                self.assertEqual(close_code(sock), code)
                self.assertEqual(hub.transport_counter(counter), before + 1)
        self.works(hub)

    def test_exchange_frames_that_mean_nothing(self):
        hub = self.hub()
        cases = [
            (b"x", 1002, "exchange_unknown_frame"),
            (b"t:FOO;;e:{}", 1002, "exchange_unknown_frame"),
            (b" t:COMMAND;;e:{}", 1002, "exchange_unknown_frame"),
            (b"t:COMMAND", 1002, "exchange_frame_without_exchange"),
            (b"t:COMMAND;;e:null", 1002, "exchange_frame_without_exchange"),
        ]
        for data, code, counter in cases:
            with self.subTest(data=data):
                before = hub.dialect_counter(counter)
                sock = self.upgraded(hub)
                sock.sendall(ws_frame(data))
                self.assertEqual(close_code(sock), code)
                self.assertEqual(hub.dialect_counter(counter), before + 1)
        sock = self.upgraded(hub)
        sock.sendall(ws_frame(HELLO, opcode=1))
        self.assertEqual(close_code(sock), 1003)
        self.assertEqual(hub.dialect_counter("exchange_text_frame"), 1)
        before = hub.dialect_counter("exchange_malformed_json")
        sock = self.upgraded(hub)
        sock.sendall(ws_frame(b't:COMMAND;;e:{"id":"1","type":"X","payload":{'))
        wait_until(lambda: hub.dialect_counter("exchange_malformed_json") == before + 1, "the count")
        self.works(hub)

    def test_more_than_a_greeting_before_the_hello(self):
        hub = self.hub("limits.request_timeout=1h", "exchange.hello_timeout=1h")
        for data in (ws_frame(b"t:COMMAND;;e:" + b" " * 70000), ws_frame(b"x" * 60000, fin=False) + ws_frame(
                b"y" * 60000, opcode=0), ws_frame(b"", length=13000000)):
            before = hub.edge_counter("greeting_oversize")
            sock = self.upgraded(hub, hello=False)
            with contextlib.suppress(ConnectionError):
                sock.sendall(data)
            self.assertIn(close_code(sock), (1009, None))
            wait_until(lambda: hub.edge_counter("greeting_oversize") == before + 1, "the count")
        self.works(hub)

    def test_a_truncated_message_ends_with_its_connection(self):
        hub = self.hub()
        sock = self.upgraded(hub)
        sock.sendall(ws_frame(b"t:COMMAND;;e:{}" * 100)[:-10])
        sock.close()
        hub.wait_counter(lambda: hub.counter("connections_closed"), 1)
        self.works(hub)

    def test_a_dripping_message_is_alive_and_a_silent_peer_is_dead(self):
        hub = self.hub("exchange.ping_interval=100ms", "exchange.pong_timeout=300ms",
                       "exchange.healthcheck_interval=0")
        dripping, silent = self.upgraded(hub), self.upgraded(hub)
        data = ws_frame(frame("COMMAND", {"id": "1", "type": "X", "payload": {"x": "y" * 200}}))
        dripping.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.monotonic()
        sent = 0

        def drip():
            nonlocal sent
            dripping.sendall(data[sent:sent + 1])
            sent += 1
            time.sleep(0.02)
            state = hub.state()
            return time.monotonic() - began > 1.5 and state["totals"]["connections"] == 1

        wait_until(drip, "the end of the silent one")
        self.assertEqual(hub.dialect_counter("exchange_pong_timeout"), 1)
        self.assertNotEqual(close_code(silent), 1000)
        self.works(hub)

    def test_a_half_open_peer_is_found_out(self):
        hub = self.hub("exchange.ping_interval=100ms", "exchange.pong_timeout=200ms")

        async def scene():
            agent = Connector(hub.url(), target="t")
            caller = Connector(hub.url(), extended=True)
            async with caller:
                async with agent:
                    # Nothing of it is read any more: neither pings nor commands, as if a cable were cut.
                    agent.ws.transport.pause_reading()
                    reply = await caller.command("W", {}, to="t")
                    self.assertEqual((reply["outcome"], reply["cause"]), ("lost", "link_ended"))
                    agent.ws.transport.abort()

        self.run_async(scene())
        self.assertGreaterEqual(hub.dialect_counter("exchange_pong_timeout"), 1)

    def test_a_caller_that_does_not_read_is_cut_and_its_outcomes_kept(self):
        hub = self.hub("limits.out_bytes_max=16MiB", "limits.out_bytes_high=256KiB", "limits.stall_timeout=500ms",
                       "exchange.pong_timeout=1h", "exchange.ping_interval=1h")

        async def scene():
            text = "x" * 1000000
            agent = Connector(hub.url(), target="t",
                              handlers={"E": lambda command: {"commandStatus": "SUCCEEDED", "payload": {"t": text}}})
            caller = Connector(hub.url(), extended=True, close_timeout=0.1)
            async with agent:
                await caller.open()
                await caller.hello()
                caller.ws.transport.pause_reading()
                for n in range(100):
                    await caller.ws.send(frame("COMMAND", {"id": f"c{n}", "type": "E", "to": "t", "payload": {}}))
                await wait_until_async(lambda: hub.counter("connections_cut_slow") == 1, "the cut")
                self.assertEqual(hub.get("/api/v1/commands/c0")["outcome"], "succeeded")
                caller.ws.transport.abort()

        self.run_async(scene())
        self.assertLess(hub.rss(), 600 * 1024 * 1024)
        self.works(hub)

    def test_an_agent_that_does_not_read_does_not_hold_up_the_others(self):
        hub = self.hub("limits.stall_timeout=300ms", "exchange.pong_timeout=1h", "exchange.ping_interval=1h",
                       "exchange.healthcheck_interval=0")

        async def scene():
            stuck = Connector(hub.url(), target="stuck", close_timeout=0.1)
            caller = Connector(hub.url(), extended=True)
            async with caller:
                await stuck.open()
                await stuck.hello()
                stuck.ws.transport.pause_reading()
                text = "x" * 1000000
                calls = [asyncio.ensure_future(caller.command("E", {"t": text}, to="stuck", ttl_ms=3000))
                         for _ in range(20)]
                self.assertEqual((await caller.command("X", {}, to="nobody"))["cause"], "no_target")
                replies = [await call for call in calls]
                # What it had begun to be told is lost when it is cut; the rest waits for it to come back, in vain.
                self.assertIn("link_ended", {reply["cause"] for reply in replies})
                self.assertLessEqual({reply["cause"] for reply in replies}, {"link_ended", "deadline", "no_target"})
                self.assertEqual(hub.counter("connections_cut_slow"), 1)
                stuck.ws.transport.abort()

        self.run_async(scene())
        self.works(hub)

    def test_garbage_after_the_upgrade(self):
        hub = self.hub("exchange.hello_timeout=2s")
        random.seed(11)
        for _ in range(30):
            sock = self.upgraded(hub, hello=random.random() < 0.5)
            with contextlib.suppress(ConnectionError):
                sock.sendall(random.randbytes(random.randrange(1, 5000)))
                sock.shutdown(socket.SHUT_WR)
            close_code(sock)
            sock.close()
        for _ in range(100):
            sock = self.upgraded(hub)
            text = bytearray(frame("COMMAND", {"id": "1", "type": "X", "payload": {"a": [1, {"b": None}]}}))
            for _ in range(random.randrange(1, 6)):
                text[random.randrange(len(text))] = random.randrange(256)
            sock.sendall(ws_frame(bytes(text)) + ws_frame(b"\x03\xe8", opcode=8))
            close_code(sock)
            sock.close()
        wait_until(lambda: hub.state()["totals"]["connections"] == 0, "the end of all of them")
        self.works(hub)

    def test_a_reassembly_is_paid_for_by_a_budget(self):
        hub = self.hub("limits.reassembly_max=13107200")
        socks = [self.upgraded(hub) for _ in range(4)]
        for sock in socks:
            with contextlib.suppress(ConnectionError):
                sock.sendall(ws_frame(b"x" * 6000000, fin=False))
        wait_until(lambda: hub.transport_counter("ws_no_budget") >= 1, "the refusal")
        self.assertLess(hub.rss(), 400 * 1024 * 1024)
        self.works(hub)


if __name__ == "__main__":
    unittest.main()
