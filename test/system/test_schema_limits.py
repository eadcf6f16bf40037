"""Schemas and payloads that explode: refused in time, by name and counted, and no other session feels it."""

import asyncio
import json
import os
import time

import unittest

from cli_rig import CliCase, aldis
from harness import PATIENCE, Connector, echo
from link_party import Link

ROUND = {"definitions": {"n0": {"type": "null"},
                         **{f"n{i}": {"anyOf": [{"$ref": f"#/definitions/n{i - 1}"}] * 2} for i in range(1, 40)}},
         "$ref": "#/definitions/top"}
NESTED = {"definitions": {**ROUND["definitions"], "top": {"items": {"$ref": "#/definitions/n39"}}}, "$ref": "#/definitions/top"}


class LimitCase(CliCase):
    def loaded(self, documents, *settings):
        """A hub that has read these."""
        os.makedirs(self.path("schemas"), exist_ok=True)
        for number, document in enumerate(documents):
            with open(os.path.join(self.path("schemas"), f"{number}.json"), "w", encoding="utf-8") as file:
                json.dump(document, file)
        with open(self.path("secret"), "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write("TestSecretDoNotUse")
        return self.hub(f"link.schemas={self.path('schemas')}", f"link.secret={self.path('secret')}", *settings)


class Schemas(LimitCase):
    """What an operator may load."""

    CASES = (
        ("too many values", {"enum": [1] * 70000}, r"too large \(at byte \d+\) at /schema"),
        ("too many bytes", {"const": "x" * 300000}, "a schema has at most 262144 bytes at /schema"),
        ("a reference to itself", {"$ref": "#"}, r"leads to nothing but references, or to itself at /schema/\$ref"),
        ("references that never end", {"definitions": {str(i): {"$ref": f"#/definitions/{i + 1}"} for i in range(500)}
                                       | {"500": True}, "$ref": "#/definitions/0"},
         r"leads to nothing but references, or to itself at /schema/"),
        ("references far apart", {"allOf": [True] + [{"$ref": f"#/allOf/{5000 - i}"} for i in range(5000)]},
         r"finding what it refers to takes too much work at /schema/allOf/"),
        ("many patterns", {"allOf": [{"pattern": "a"}] * 1100}, "one pattern too many: at most 1024, .* at /schema/allOf/1024"),
        ("a pattern too large", {"pattern": "((((a{1,200}){1,200}){1,200}){1,200}){1,200}"}, "not a pattern: .* too large"),
        ("too deep", json.loads('{"not":' * 130 + "true" + "}" * 130), "too deep"),
        ("elsewhere", {"$ref": "http://127.0.0.1:1/x.json"}, "refers to another document, which is not fetched"),
    )

    def test_what_is_over_a_limit_is_refused_with_the_place(self):
        hub = self.hub()
        for title, schema, words in self.CASES:
            with self.subTest(title):
                body = json.dumps({"name": "m", "kind": "request", "schema": schema}, separators=(",", ":"))
                start = time.monotonic()
                got = hub.request("PUT", "/api/v1/schemas/m", headers={"Content-Type": "application/json"}, body=body,
                                  over_unix=True)
                self.assertLess(time.monotonic() - start, PATIENCE)
                self.assertEqual(got.status, 400, got.body)
                self.assertRegex(got.json()["detail"], words)
                with open(self.path("m.json"), "w", encoding="utf-8") as file:
                    file.write(body)
                self.assert_ends(aldis("schema", "check", self.path("m.json")), 1, err=words)
        self.assertEqual(hub.get("/api/v1/schemas")["schemas"], [])

    def test_a_document_larger_than_any(self):
        hub = self.hub()
        body = json.dumps({"name": "m", "kind": "request", "description": "x" * (600 * 1024)})
        got = hub.request("PUT", "/api/v1/schemas/m", headers={"Content-Type": "application/json"}, body=body, over_unix=True)
        self.assertEqual(got.status, 413, got.body)


class Payloads(LimitCase):
    """What a party may send against a schema that lets it explode."""

    DOCUMENTS = (
        {"name": "NESTED", "kind": "request", "schema": NESTED},
        {"name": "PATTERN", "kind": "request", "schema": {"items": {"pattern": "^(a+)+$"}}},
        {"name": "BACK", "kind": "request", "schema": {"items": {"pattern": r"^(.*)\1\1x"}}},
        {"name": "NAMES", "kind": "request", "schema": {"type": "object"}},
        {"name": "UNIQUE", "kind": "event", "schema": {"uniqueItems": True}},
    )
    # As large as takes a few seconds to make and send here; none of them reaches anybody.
    MESSAGES = (("NESTED", [1] * 50000), ("PATTERN", ["a" * 40 + "!"] * 1000), ("BACK", ["ab" * 500000]),
                ("NAMES", {"n" * 100 + f"{i * 2654435761 % (1 << 32):08x}": 0 for i in range(60000)}))

    async def pings(self, control, waits):
        """Another session, which is answered all the time."""
        while True:
            start = time.monotonic()
            await control.call([0, 0], "PingRequest")
            waits.append(time.monotonic() - start)

    async def scene(self, hub):
        waits = []
        async with Connector(hub.url(), target="4", handlers={name: echo for name, _ in self.MESSAGES}) as agent, \
                Link(hub) as bad, Link(hub) as other:
            pinging = asyncio.ensure_future(self.pings(other, waits))
            for name, data in self.MESSAGES:
                answer = await bad.call([1, 4], name, data=data, patience=6 * PATIENCE)
                self.assertEqual(answer["data"]["code"], "InvalidMessage")
                self.assertRegex(answer["data"]["message"], f"Request {name} failed validation: .* takes too much work")
            await bad.event([1, 4], "UNIQUE", data=[i * 7 % 150001 for i in range(150000)])
            self.assertEqual((await bad.call([0, 0], "PingRequest", patience=6 * PATIENCE))["type"], "response")
            pinging.cancel()
            self.assertEqual(agent.commands, [])
        return waits

    async def flood(self, hub):
        waits = []
        async with Link(hub) as bad, Link(hub) as other:
            pinging = asyncio.ensure_future(self.pings(other, waits))
            asked = [await bad.ask([1, 4], "PATTERN", data=["a" * 40 + "!"]) for _ in range(40)]
            answers = await asyncio.wait_for(asyncio.gather(*asked), 6 * PATIENCE)
            self.assertEqual({answer["data"]["code"] for answer in answers}, {"InvalidMessage"})
            self.assertEqual((await bad.call([0, 0], "PingRequest", patience=6 * PATIENCE))["type"], "response")
            pinging.cancel()
            self.assertIsNone(bad.closed)
        return waits

    def test_who_makes_many_of_them_is_made_to_wait(self):
        """Each is small and within its limit; what comes behind them is heard all the same, a little later."""
        hub = self.loaded(self.DOCUMENTS)
        waits = self.run_async(self.flood(hub))
        self.assertEqual(hub.edge_counter("schema_too_much"), 40)
        self.assertGreater(hub.edge_counter("schema_rests"), 5)
        self.assertGreater(len(waits), 40)  # the other one has more of the hub's time than a check of each
        self.assertLess(max(waits), 2)

    def test_it_is_refused_and_nobody_else_feels_it(self):
        hub = self.loaded(self.DOCUMENTS)
        waits = self.run_async(self.scene(hub))
        self.assertEqual(hub.edge_counter("schema_too_much"), len(self.MESSAGES) + 1)
        self.assertEqual(hub.edge_counter("schema_events_dropped"), 1)
        self.assertGreater(len(waits), 20)
        self.assertLess(max(waits), PATIENCE)
        self.assertIn("aldis_edge_schema_too_much_total 5", hub.request("GET", "/metrics").body.decode())


if __name__ == "__main__":
    unittest.main()
