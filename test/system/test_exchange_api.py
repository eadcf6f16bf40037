"""The management endpoints of the original (exchange.md section 9): same paths, same bodies, same refusals."""

import json
import re
import unittest
from urllib.parse import quote

from harness import Connector, HubCase, wait_until_async

UUID = re.compile(r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


def pretty(value, depth=0):
    """JSON as the original writes it: two blanks, ` : `, `[ ]`."""
    inner = "  " * (depth + 1)
    if isinstance(value, dict):
        members = [f"{inner}{json.dumps(name, ensure_ascii=False)} : {pretty(v, depth + 1)}" for name, v in value.items()]
        return "{\n" + ",\n".join(members) + "\n" + "  " * depth + "}"
    if isinstance(value, list):
        return "[ " + ", ".join(pretty(element, depth) for element in value) + " ]" if value else "[ ]"
    return json.dumps(value, ensure_ascii=False)


class ExchangeApi(HubCase):
    def ask(self, hub, path, status=200):
        response = hub.request("GET", path)
        self.assertEqual(response.status, status, response.body)
        self.assertEqual(response.headers["Content-Type"], "application/json")
        body = response.body.decode()
        self.assertEqual(body, pretty(json.loads(body)))
        return json.loads(body)

    def assert_error(self, hub, path, message, status=404):
        self.assertEqual(self.ask(hub, path, status), {"code": status, "message": message})

    def test_an_empty_hub(self):
        hub = self.hub()
        for prefix in ("/exchange", "/_node/exchange"):
            for path in ("/targets", "/targets/t/channels", "/targets/t/batchs", "/channels", "/batchs",
                         "/batchs?status=PENDING", "/batchs?status=none&targetId=t", "/channels?active=true",
                         "/channels?targetId=t"):
                with self.subTest(path=prefix + path):
                    self.assertEqual(self.ask(hub, prefix + path), [])
                    self.assertEqual(hub.request("GET", prefix + path).body, b"[ ]")
            self.assert_error(hub, prefix + "/targets/t", "No metrics found for the given target [t]")
            self.assert_error(hub, prefix + "/channels/nope", "No channel found for the given id [nope]")
            self.assert_error(hub, prefix + "/batchs/nope", "No batch found for the given id [nope]")

    def test_the_text_of_an_error(self):
        hub = self.hub()
        self.assertEqual(hub.request("GET", "/exchange/channels/nope").body.decode(), """{
  "code" : 404,
  "message" : "No channel found for the given id [nope]"
}""")

    def test_targets_and_channels(self):
        hub = self.hub()

        async def scene():
            odd = "a b/ü:%"
            async with Connector(hub.url(), target="t"), Connector(hub.url(), target="t"), \
                    Connector(hub.url(), target=odd):
                await wait_until_async(
                    lambda: sum(c["primary"] for c in hub.get("/exchange/channels")) == 2, "a primary of each")
                channels = self.ask(hub, "/exchange/channels")
                self.assertEqual(len(channels), 3)
                for channel in channels:
                    self.assertEqual(list(channel), ["id", "targetId", "active", "primary"])
                    self.assertRegex(channel["id"], UUID)
                    self.assertIs(channel["active"], True)
                    self.assertEqual(self.ask(hub, "/exchange/channels/" + channel["id"]), channel)
                of_t = [channel for channel in channels if channel["targetId"] == "t"]
                self.assertEqual(sum(channel["primary"] for channel in of_t), 1)
                self.assertEqual(self.ask(hub, "/exchange/targets/t"), {"channels": of_t, "batchs": []})
                self.assertEqual(self.ask(hub, "/exchange/targets/t/channels"), of_t)
                targets = self.ask(hub, "/_node/exchange/targets")
                self.assertEqual(targets[0], {"id": "t", "channels": of_t, "batchs": []})
                self.assertEqual([target["id"] for target in targets], ["t", odd])
                self.assertEqual(hub.request("GET", "/exchange/targets/" + quote(odd, safe="") + "/channels").status, 200)
                for query, expected in (("targetId=t", of_t), ("targetId=T", []), ("active=true", channels),
                                        ("active=TRUE", channels), ("active=false", []), ("active=", []),
                                        ("active=1", []), ("active", []), ("active=tRuE&targetId=t", of_t),
                                        ("targetId=" + quote(odd, safe=""), channels[2:]),
                                        ("targetId=" + "x" * 3000, []), ("targetId=", []), ("other=x", channels)):
                    with self.subTest(query=query[:40]):
                        self.assertEqual(self.ask(hub, "/exchange/channels?" + query), expected)

        self.run_async(scene())

    def test_inactive_channels(self):
        hub = self.hub("exchange.healthcheck_interval=100ms", "limits.leave_timeout=20s")

        async def scene():
            connector = Connector(hub.url(), target="t")
            connector.healthy = False
            connector.answers_goodbye = False
            async with connector:
                await wait_until_async(lambda: self.ask(hub, "/exchange/channels?active=false"), "an inactive channel")
                channel, = self.ask(hub, "/exchange/channels?active=false")
                self.assertEqual((channel["active"], channel["primary"]), (False, False))
                self.assertEqual(self.ask(hub, "/exchange/channels?active=true"), [])

        self.run_async(scene())

    def test_an_identifier_is_part_of_the_path(self):
        hub = self.hub("exchange.identifier=cloud")
        for prefix in ("/exchange/cloud", "/_node/exchange/cloud"):
            self.assertEqual(self.ask(hub, prefix + "/targets"), [])
            self.assertEqual(self.ask(hub, prefix + "/targets/t/batchs"), [])
        for path in ("/exchange/targets", "/_node/exchange/targets", "/exchange/other/targets", "/exchange/cloud",
                     "/cloud/targets", "/_node/cloud/targets"):
            self.assertEqual(hub.request("GET", path).status, 404)
        self.assertEqual(self.hub().request("GET", "/exchange/exchange/targets").status, 404)

    def test_without_management_there_are_none(self):
        hub = self.hub("exchange.management=no")
        for path in ("/targets", "/targets/t", "/targets/t/channels", "/targets/t/batchs", "/channels", "/channels/c",
                     "/batchs", "/batchs/b"):
            for prefix in ("/exchange", "/_node/exchange"):
                response = hub.request("GET", prefix + path)
                self.assertEqual(response.status, 404)
                self.assertEqual(response.headers["Content-Type"], "application/problem+json")
        self.assertEqual(hub.request("GET", "/api/v1/hub").status, 200)

    def test_other_requests(self):
        hub = self.hub()
        for path in ("/exchange", "/exchange/", "/exchange/nothing", "/exchange/targets/", "/exchange/targets//channels",
                     "/exchange/targets/t/nothing", "/exchange/channels/c/d", "/_node", "/_node/targets",
                     "/_node/exchange/_node/exchange/targets"):
            with self.subTest(path=path):
                self.assertEqual(hub.request("GET", path).status, 404)
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            response = hub.request(method, "/exchange/targets")
            self.assertEqual((response.status, response.headers["Allow"]), (405, "GET, HEAD"))
        head = hub.request("HEAD", "/exchange/targets")
        self.assertEqual((head.status, head.headers["Content-Length"], head.body), (200, "3", b""))
        self.assert_error(hub, "/exchange/channels?active=%zz", "The query is not percent-encoded", 400)


if __name__ == "__main__":
    unittest.main()
