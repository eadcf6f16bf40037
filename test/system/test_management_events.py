"""/api/v1/events: what passes through the hub, as server-sent events, to readers that may be slow or go away."""

import asyncio
import json
import re
import socket
import unittest

from harness import PATIENCE, Connector, HubCase, echo, wait_until, wait_until_async


class Reader:
    """One that reads the stream as a browser does (the HTML standard, section 9.2)."""

    def __init__(self, hub, query="", version="1.1", method="GET"):
        self.hub, self.query, self.version, self.method = hub, query, version, method
        self.lines = []
        self.raw = b""

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection(self.hub.host, self.hub.port)
        head = f"{self.method} /api/v1/events{self.query} HTTP/{self.version}\r\nHost: localhost\r\n\r\n"
        self.writer.write(head.encode())
        self.head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        self.task = asyncio.ensure_future(self.run())
        return self

    async def __aexit__(self, kind, value, trace):
        self.writer.close()
        await asyncio.gather(self.task, return_exceptions=True)

    async def run(self):
        """Collect what comes, chunked or not."""
        text = ""
        while True:
            if b"chunked" in self.head:
                size = int(await self.reader.readuntil(b"\r\n"), 16)
                piece = (await self.reader.readexactly(size + 2))[:-2]
                if size == 0:
                    return
            else:
                piece = await self.reader.read(65536)
                if not piece:
                    return
            self.raw += piece
            text += piece.decode()
            *whole, text = text.split("\n\n")
            for line in whole:
                fields = [part.split(": ", 1) for part in line.split("\n")]
                if fields[0][0] != "":
                    self.take(dict(fields))

    def take(self, fields):
        if "data" in fields:
            self.lines.append((fields["event"], json.loads(fields["data"]), int(fields.get("id", -1))))

    def of(self, kind):
        return [data for its_kind, data, _ in self.lines if its_kind == kind]

    async def until(self, condition, what):
        await wait_until_async(lambda: condition(self), what)


class Events(HubCase):
    def off_loop(self, call, *arguments):
        return asyncio.get_running_loop().run_in_executor(None, call, *arguments)

    def post(self, hub, path, **members):
        response = hub.request("POST", "/api/v1/" + path, {"Content-Type": "application/json"},
                               json.dumps({"target": "t", "name": "E", **members}))
        self.assertLess(response.status, 300, response.body)
        return response.json()

    def test_the_life_of_a_command(self):
        hub = self.hub()

        async def scene():
            async with Reader(hub, "?payload=true") as reader:
                self.assertIn(b"Content-Type: text/event-stream\r\n", reader.head)
                self.assertIn(b"Cache-Control: no-store\r\n", reader.head)
                async with Connector(hub.url(), target="t", handlers={"E": echo}):
                    done = await self.off_loop(lambda: self.post(hub, "commands", payload={"a": ["ü", "\n"]}))
                    await reader.until(lambda r: any(d["outcome"] for d in r.of("command")), "the outcome")
                    phases = [(d["phase"], d["outcome"]) for d in reader.of("command")]
                    self.assertEqual(phases, [("submitted", None), ("queued", None), ("sent", None),
                                              ("done", "succeeded")])
                    for data in reader.of("command"):
                        self.assertEqual((data["id"], data["name"], data["to"], data["payload"]),
                                         (done["id"], "E", "t", {"a": ["ü", "\n"]}))
                    await self.off_loop(lambda: self.post(hub, "events", name="lit", payload=5))
                    await reader.until(lambda r: r.of("event"), "the event")
                    self.assertEqual((reader.of("event")[0]["fate"], reader.of("event")[0]["payload"]), ("delivered", 5))
                await reader.until(lambda r: any(d["change"] == "gone" for d in r.of("channel")), "the end")
                changes = [data["change"] for data in reader.of("channel")]
                self.assertEqual(changes[0], "joined")
                self.assertIn("primary", changes)
                ids = [id_ for _, _, id_ in reader.lines]
                self.assertEqual(ids, sorted(set(ids)))
                self.assertTrue(reader.raw.startswith(b"retry: 1000\n\n"))

        self.run_async(scene())

    def test_filters(self):
        hub = self.hub()

        async def scene():
            expected = {"": 7, "?kinds=command&target=t": 2, "?kinds=command&name=E": 4, "?outcome=refused": 3,
                        "?name=F": 3, "?kinds=event": 1, "?kinds=event,command&name=F": 3, "?target=nobody": 2,
                        "?kinds=channel": 0}
            readers = {query: await Reader(hub, query).__aenter__() for query in expected}
            await self.off_loop(lambda: self.post(hub, "commands", target="nobody"))  # two lines
            await self.off_loop(lambda: self.post(hub, "commands", target="t"))  # two
            await self.off_loop(lambda: self.post(hub, "events", target="t", name="F"))  # one
            await self.off_loop(lambda: self.post(hub, "commands", target="u", name="F"))  # two
            await readers[""].until(lambda r: len(r.lines) == 7, "all of it")
            seen = {query: len(reader.lines) for query, reader in readers.items()}
            self.assertEqual(seen, expected)
            self.assertFalse(any("payload" in data for _, data, _ in readers[""].lines))
            for reader in readers.values():
                await reader.__aexit__(None, None, None)

        self.run_async(scene())

    def test_large_payloads_are_only_measured(self):
        hub = self.hub()

        async def scene():
            async with Reader(hub, "?payload=true") as reader:
                await self.off_loop(lambda: self.post(hub, "commands", payload="x" * 100_000))
                await reader.until(lambda r: r.of("command"), "the command")
                data = reader.of("command")[0]
                self.assertEqual((data["payload_bytes"], "payload" in data), (100_002, False))

        self.run_async(scene())

    def test_a_slow_reader_loses_lines_and_is_told(self):
        hub = self.hub()

        async def scene():
            slow = socket.socket()
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect((hub.host, hub.port))
            slow.settimeout(PATIENCE)
            slow.sendall(b"GET /api/v1/events?payload=true HTTP/1.0\r\n\r\n")
            async with Reader(hub) as quick:
                await wait_until_async(lambda: hub.state()["streams"]["open"] == 2, "both readers")
                sent = 0
                while hub.state()["streams"]["lines_lost"] == 0:
                    for _ in range(20):
                        await self.off_loop(lambda: self.post(hub, "events", payload="x" * 60_000))
                        sent += 1
                    self.assertLess(sent, 2000)
                await quick.until(lambda r: len(r.lines) == sent, "all lines at the quick one")
                received, told = b"", 0
                lost = hub.state()["streams"]["lines_lost"]
                while told < lost:
                    piece = await self.off_loop(slow.recv, 1 << 20)
                    self.assertTrue(piece)
                    received += piece
                    told = sum(int(n) for n in re.findall(rb'event: dropped\ndata: {"n":(\d+)}\n\n', received))
                self.assertEqual(told, lost)
                self.assertGreater(hub.door_counter("streams_full"), 0)
            slow.close()

        self.run_async(scene())

    def test_a_thousand_idle_streams_do_no_harm(self):
        hub = self.hub()
        streams = [hub.socket(over_unix=True) for _ in range(1000)]
        for sock in streams:
            sock.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for sock in streams:
            received = b""
            while b"retry: 1000\n\n" not in received:
                received += sock.recv(4096)
        self.assertEqual(hub.state()["streams"]["open"], 1000)
        full = hub.request("GET", "/api/v1/events")
        self.assertEqual((full.status, full.headers["Retry-After"]), (503, "1"))
        self.assertEqual(self.post(hub, "commands")["outcome"], "refused")
        self.assertIn(b'"outcome":"refused"', self.drain(streams[-1]))
        for sock in streams:
            sock.close()
        wait_until(lambda: hub.state()["streams"]["open"] == 0, "the readers to be missed")

    def drain(self, sock):
        received = b""
        while b'"phase":"done"' not in received:
            received += sock.recv(65536)
        return received

    def test_readers_of_other_kinds(self):
        hub = self.hub()

        async def scene():
            async with Reader(hub, version="1.0") as old:
                self.assertNotIn(b"chunked", old.head)
                await self.off_loop(lambda: self.post(hub, "commands"))
                await old.until(lambda r: len(r.lines) == 2, "the command")
            async with Reader(hub, method="HEAD") as head:
                self.assertIn(b" 200 ", head.head)
            await wait_until_async(lambda: hub.state()["streams"]["open"] == 0, "nobody to read")

        self.run_async(scene())

    def test_a_drain_ends_the_streams(self):
        hub = self.hub()

        async def scene():
            async with Reader(hub) as reader:
                await self.off_loop(hub.stop)
                await asyncio.wait_for(reader.task, PATIENCE)

        self.run_async(scene())


if __name__ == "__main__":
    unittest.main()
