"""Upgrades: how a request is judged (exchange.md 2.2), which version it gets (2.4), and whose pages may ask (DESIGN 4)."""

import unittest

import websockets

from harness import Connector, HubCase, frame, unframe

KEY = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", **KEY}
PATH = "/exchange/controller"


def without(name, **replaced):
    headers = {key: value for key, value in UPGRADE.items() if key != name}
    return {**headers, **{key.replace("_", "-"): value for key, value in replaced.items()}}


class Upgrades(HubCase):
    def test_refusals_in_the_order_of_the_reference(self):
        hub = self.hub()
        cases = [
            ("GET", "/elsewhere", UPGRADE, None, 404, b""),
            ("GET", PATH + "/more", UPGRADE, None, 404, b""),
            ("GET", PATH, {}, None, 400, b'"Connection" header must be "Upgrade".'),
            ("POST", PATH, {}, None, 400, b'"Connection" header must be "Upgrade".'),
            ("POST", PATH, UPGRADE, None, 405, None),
            ("GET", PATH, without("Sec-WebSocket-Version", Sec_WebSocket_Version="8"), None, 426, None),
            ("GET", PATH, without("Sec-WebSocket-Version"), None, 426, None),
            ("GET", PATH, without("Sec-WebSocket-Key"), None, 400, None),
            ("GET", PATH, without("Sec-WebSocket-Key", Sec_WebSocket_Key="short"), None, 400, None),
            ("GET", PATH, without("Upgrade"), None, 400, None),
            ("GET", PATH, UPGRADE, b"x" * 8193, 413, None),
        ]
        for over_unix in (False, True):
            for method, path, headers, body, status, text in cases:
                with self.subTest(method=method, path=path, headers=headers, over_unix=over_unix):
                    response = hub.request(method, path, headers=headers, body=body, over_unix=over_unix)
                    self.assertEqual(response.status, status)
                    if text is not None:
                        self.assertEqual(response.body, text)
                    if status == 426:
                        self.assertEqual(response.headers["Sec-WebSocket-Version"], "13")
                    if status == 405:
                        self.assertEqual(response.headers["Allow"], "GET")
        self.assertEqual(hub.door_counter("upgrades"), 0)
        self.assertEqual(hub.door_counter("upgrades_refused"), len(cases) - 1)
        self.assertEqual(hub.door_counter("malformed"), 1)

    def test_the_answer_is_a_plain_101(self):
        hub = self.hub()

        async def scene():
            async with Connector(hub.url()) as connector:
                names = {name.lower() for name in connector.ws.response_headers}
                self.assertLessEqual(names, {"upgrade", "connection", "sec-websocket-accept", "date"})
            async with Connector(hub.url(), extended=True) as connector:
                self.assertEqual(connector.ws.response_headers["X-Aldis-Exchange"], "1")

        self.run_async(scene())

    def test_extensions_and_subprotocols_are_not_taken(self):
        hub = self.hub()

        async def scene():
            connector = Connector(hub.url(), compression="deflate", subprotocols=["x"])
            async with connector:
                self.assertEqual(connector.ws.extensions, [])
                self.assertIsNone(connector.ws.subprotocol)

        self.run_async(scene())

    def test_versions(self):
        hub = self.hub()
        legacy = b'command: {"id":"1","type":"HELLO_COMMAND","payload":{"node":{"installationId":"old"}}}'
        modern = frame("COMMAND", {"id": "1", "type": "HELLO", "payload": {"targetId": "new"}})

        async def first_answer(path, version, hello):
            headers = {} if version is None else {"X-Gravitee-Exchange-Protocol": version}
            async with websockets.connect(hub.url(path), extra_headers=headers, compression=None) as ws:
                await ws.send(hello)
                try:
                    return await ws.recv()
                except websockets.ConnectionClosed:
                    return ws.close_code, ws.close_reason

        async def scene():
            self.assertEqual(unframe(await first_answer(PATH, "v1", modern))[1]["payload"], {"targetId": "new"})
            self.assertEqual(unframe(await first_answer("/ws/controller/x", "v1", modern))[0], "REPLY")
            for path, version in ((PATH, None), (PATH, "legacy"), (PATH, "V1"), (PATH, "v9"), ("/ws/controller/", None)):
                with self.subTest(path=path, version=version):
                    answer = await first_answer(path, version, legacy)
                    self.assertTrue(answer.startswith(b"reply: "), answer)
                    self.assertIn(b'"HELLO_REPLY"', answer)
            self.assertEqual(await first_answer(PATH, None, modern), (1002, "Exchange message unknown"))

        self.run_async(scene())

    def test_a_foreign_page_is_refused(self):
        hub = self.hub()
        host = hub.door("http")
        ours = [f"http://{host}", f"HTTP://{host}"]
        foreign = ["http://evil.example", "null", f"http://{host}.evil.example", f"http://evil.example:{hub.port}", ""]
        for origin in foreign:
            with self.subTest(origin=origin):
                response = hub.request("GET", PATH, headers={**UPGRADE, "Origin": origin}, over_unix=False)
                self.assertEqual(response.status, 403)
                self.assertEqual(response.headers["Content-Type"], "application/problem+json")
                self.assertEqual(
                    hub.request("POST", "/api/v1/hub", headers={"Origin": origin}, over_unix=False).status, 403)
                self.assertEqual(hub.request("GET", "/livez", headers={"Origin": origin}, over_unix=False).status, 200)
        self.assertEqual(hub.door_counter("origin_refused"), 2 * len(foreign))
        for origin in ours:
            with self.subTest(origin=origin):
                self.assertEqual(
                    hub.request("GET", PATH, headers={"Origin": origin}, over_unix=False).status, 400)
                self.assertEqual(
                    hub.request("POST", "/api/v1/hub", headers={"Origin": origin}, over_unix=False).status, 405)

        async def scene():
            async with Connector(hub.url(), origin=ours[0]):
                pass
            with self.assertRaises(websockets.InvalidStatusCode):
                await Connector(hub.url(), origin="http://evil.example").open()

        self.run_async(scene())


if __name__ == "__main__":
    unittest.main()
