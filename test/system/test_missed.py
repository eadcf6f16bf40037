"""What was missed: events of a name are remembered, for readers of /api/v1/events that come back, whoever says them."""

import asyncio
import datetime
import json
import socket
import time
import unittest

from harness import PATIENCE, wait_until
from link_party import Link, LinkCase

NAME = "tide:Changed"


class Stream:
    """A reader that leaves after what it waits for, and knows what it had last, as the HTML standard, section 9.2 has it."""

    def __init__(self, hub, query, last=None, buffer=None):
        self.socket = socket.socket()
        if buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((hub.host, hub.port))
        more = "" if last is None else f"Last-Event-ID: {last}\r\n"
        self.socket.sendall(f"GET /api/v1/events?{query} HTTP/1.0\r\nHost: localhost\r\n{more}\r\n".encode())
        self.text, self.last, self.ids, self.told = "", last, [], []
        head, self.text = self.until("\r\n\r\n").split("\r\n\r\n", 1)
        assert " 200 " in head, head

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.socket.close()

    def until(self, mark):
        while mark not in self.text:
            self.more()
        return self.text

    def more(self):
        piece = self.socket.recv(65536)
        assert piece, "the stream ended"
        self.text += piece.decode()

    def take(self):
        """Read until something is told; (kind, data), or (None, None) where there is only an id."""
        block, self.text = self.until("\n\n").split("\n\n", 1)
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        self.last = fields.get("id", self.last)
        if "id" in fields and "data" in fields:
            self.ids.append(int(fields["id"]))
        return fields.get("event"), json.loads(fields["data"]) if "data" in fields else None

    def read(self, n):
        """The payloads of the next `n` events, and what else was told in `told`."""
        payloads = []
        while len(payloads) < n:
            kind, data = self.take()
            if kind == "event":
                payloads.append(data.get("payload"))
            if kind is not None:
                self.told.append((kind, data))
        return payloads

    def ready(self):
        """What is remembered has been told."""
        while self.last is None:
            self.take()
        return self


class Missed(LinkCase):
    def say(self, hub, payload, name=NAME, target="", **members):
        response = hub.request("POST", "/api/v1/events", {"Content-Type": "application/json"},
                               json.dumps({"target": target, "name": name, "payload": payload, **members}))
        self.assertEqual(response.status, 202, response.body)
        return response.json()

    def query(self, more=""):
        return f"name={NAME}&kinds=event&payload=true{more}"

    def kinds(self, stream):
        return [kind for kind, _ in stream.told]

    def test_who_comes_back_gets_what_it_missed_and_nothing_twice(self):
        hub = self.hub()
        with Stream(hub, self.query()) as reader:
            reader.ready()
            self.say(hub, 1)
            self.say(hub, 2)
            self.assertEqual(reader.read(2), [1, 2])
        self.say(hub, 3)
        self.say(hub, 4)
        with Stream(hub, self.query(), reader.last) as again:
            self.assertEqual(again.read(2), [3, 4])
            self.say(hub, 5)
            self.assertEqual(again.read(1), [5])
            self.assertEqual(self.kinds(again), ["event"] * 3)
            self.assertEqual(again.ids, sorted(set(again.ids)))

    def test_an_id_is_told_before_anything_happens(self):
        hub = self.hub()
        with Stream(hub, self.query()) as reader:
            reader.ready()
        self.say(hub, 1)
        with Stream(hub, self.query(), reader.last) as again:
            self.assertEqual(again.read(1), [1])
            self.assertEqual(self.kinds(again), ["event"])

    def test_since(self):
        hub = self.hub()
        Stream(hub, self.query()).__exit__(None, None, None)
        wait_until(lambda: hub.state()["streams"]["open"] == 0, "the reader to leave")
        self.say(hub, 1)
        wall = time.time()
        iso = datetime.datetime.fromtimestamp(wall, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.say(hub, 2)
        for since, expected in {"0": [1, 2], "1h": [1, 2], iso: [2], str(int(wall * 1000) - 60_000): [1, 2]}.items():
            with self.subTest(since=since), Stream(hub, self.query(f"&since={since}")) as reader:
                self.assertEqual(reader.read(len(expected)), expected)
                told_gap = "gap" in self.kinds(reader)
                self.assertEqual(told_gap, since not in ("0", iso), reader.told)

    def test_what_is_no_time(self):
        hub = self.hub()
        for query in ("since=yesterday", "since=10", "since=10x", "since=-5s", "since=2026-13-01T00:00:00Z", "since=1.5h",
                      "name=" + "x" * 300, "&".join(f"name={i}" for i in range(17)), "filter=" + "x" * 1100):
            with self.subTest(query=query):
                status = hub.request("GET", f"/api/v1/events?name=a&{query}").status if query != "since=10" else 400
                self.assertEqual(status, 400)

    def test_what_is_not_remembered_any_more_is_told(self):
        hub = self.hub("limits.replay_max=3")
        with Stream(hub, self.query()) as reader:
            self.say(hub, 0)
            self.assertEqual(reader.read(1), [0])
        for n in range(1, 6):
            self.say(hub, n)
        with Stream(hub, self.query(), reader.last) as again:
            self.assertEqual(again.read(3), [3, 4, 5])
            kind, gap = again.told[0]
            self.assertEqual((kind, gap["kinds"], gap["name"]), ("gap", ["event"], NAME))
            self.assertLess(gap["from"], gap["until"])
            self.assertEqual(hub.state()["streams"]["gaps"], 1)
        self.assertEqual(hub.state()["counters"]["events_forgotten"], 3)

    def test_what_is_too_old_is_not_told(self):
        hub = self.hub("limits.replay_age=200ms")
        with Stream(hub, self.query()) as reader:
            self.say(hub, 0)
            self.assertEqual(reader.read(1), [0])
        wait_until(lambda: hub.state()["counters"]["events_outdated"] == 1, "the event to be forgotten")
        with Stream(hub, self.query("&since=1m")) as again:
            self.say(hub, 1)
            self.assertEqual(again.read(1), [1])
            self.assertEqual(self.kinds(again), ["gap", "event"])

    def test_a_hub_that_was_restarted_remembers_nothing_and_says_so(self):
        hub = self.hub()
        with Stream(hub, self.query()) as reader:
            self.say(hub, 0)
            self.assertEqual(reader.read(1), [0])
        self.assertEqual(hub.stop(), 0)
        hub = self.hub()
        with Stream(hub, self.query(), reader.last) as again:
            self.say(hub, 1)
            self.assertEqual(again.read(1), [1])
            self.assertEqual(self.kinds(again), ["gap", "event"])

    def test_filters(self):
        hub = self.hub()
        Stream(hub, self.query()).__exit__(None, None, None)
        self.say(hub, "north", filters="north")
        self.say(hub, "both", filters="north,south")
        self.say(hub, "south", filters="south")
        self.say(hub, "all")
        for query, expected in {"&filter=north": ["north", "both", "all"], "&filter=south": ["both", "south", "all"],
                                "&filter=east,north": ["north", "both", "all"], "&filter=east": ["all"],
                                "": ["north", "both", "south", "all"]}.items():
            with self.subTest(query=query), Stream(hub, self.query(query + "&since=0")) as reader:
                self.assertEqual(reader.read(len(expected)), expected)
                for kind, data in reader.told:
                    self.assertEqual(kind, "event")
                    self.assertTrue(data.get("filters") or data["payload"] == "all")
        with Stream(hub, self.query("&filter=north")) as reader:
            reader.ready()
            self.say(hub, "south again", filters="south")
            self.say(hub, "north again", filters="north")
            self.assertEqual(reader.read(1), ["north again"])

    def test_several_names_in_the_order_in_which_they_came(self):
        hub = self.hub()
        Stream(hub, "name=a&name=b&name=c&kinds=event").__exit__(None, None, None)
        for n in range(30):
            self.say(hub, n, name="abc"[n % 3])
        with Stream(hub, "name=a&name=b&kinds=event&payload=true&since=0") as reader:
            self.assertEqual(reader.read(20), [n for n in range(30) if n % 3 != 2])
            self.assertEqual(reader.ids, sorted(set(reader.ids)))

    def test_a_slow_reader_of_names_loses_nothing(self):
        hub = self.hub()
        with Stream(hub, self.query(), buffer=4096) as slow:
            for n in range(40):
                self.say(hub, [n, "x" * 60_000])
            self.assertEqual([payload[0] for payload in slow.read(40)], list(range(40)))
            self.say(hub, [40])
            self.assertEqual(slow.read(1), [[40]])
            self.assertEqual(set(self.kinds(slow)), {"event"})
            self.assertEqual(slow.ids, sorted(set(slow.ids)))
        self.assertEqual(hub.state()["streams"]["lines_lost"], 0)

    def test_a_slow_reader_is_told_what_was_forgotten_meanwhile(self):
        hub = self.hub("limits.replay_max=5")
        with Stream(hub, self.query(), buffer=4096) as slow:
            for n in range(60):
                self.say(hub, [n, "x" * 60_000])
            self.say(hub, "end")
            told = []
            while not told or told[-1] != "end":
                told += slow.read(1)
            numbers = [payload[0] for payload in told[:-1]]
            self.assertEqual(numbers, sorted(set(numbers)))
            self.assertLess(len(numbers), 60)
            self.assertIn("gap", self.kinds(slow))

    def test_commands_are_not_remembered(self):
        hub = self.hub()
        with Stream(hub, f"name={NAME}") as reader:
            reader.ready()
        with Stream(hub, f"name={NAME}", reader.last) as again:
            self.say(hub, 1)
            again.read(1)
            self.assertEqual([(kind, data.get("kinds")) for kind, data in again.told],
                             [("gap", ["command"]), ("event", None)])
        with Stream(hub, "", reader.last) as again:
            self.say(hub, 1)
            again.read(1)
            self.assertEqual(again.told[0][1]["kinds"], ["command", "event", "channel"])

    def test_whoever_says_it_in_whatever_dialect(self):
        hub = self.hub()

        async def scene():
            loop = asyncio.get_running_loop()
            async with Link(hub, host=4) as host, Link(hub) as control:
                reader = await loop.run_in_executor(None, lambda: Stream(hub, self.query()))
                with reader:
                    await host.event([0, 0], NAME, data="link")
                    await host.event([0, 0], NAME, data="link, some", filters=["north", "south"])
                    await control.event([1, 4], NAME, data="to a host")
                    await loop.run_in_executor(None, lambda: self.say(hub, "http"))
                    await loop.run_in_executor(None, lambda: self.say(hub, "to it", target="4"))
                    got = await loop.run_in_executor(None, lambda: reader.read(5))
                    self.assertEqual(set(got), {"link", "link, some", "to a host", "http", "to it"})
                    with_filters = [data for _, data in reader.told if data.get("filters")]
                    self.assertEqual([data["filters"] for data in with_filters], ["north,south"])
                with await loop.run_in_executor(None, lambda: Stream(hub, self.query("&since=0"))) as again:
                    self.assertEqual(await loop.run_in_executor(None, lambda: again.read(5)), got)

        self.run_async(scene())


if __name__ == "__main__":
    unittest.main()
