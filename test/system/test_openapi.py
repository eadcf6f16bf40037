"""The OpenAPI document against the hub: every path, every documented status, and nothing else in any answer."""

import asyncio
import contextlib
import hashlib
import json
import os
import re
import tempfile
import unittest

from harness import Connector, Hub, HubCase, echo, wait_until, wait_until_async
from openapi import Document, Unfit

JSON = {"Content-Type": "application/json"}
NOBODY = "00000000-0000-4000-8000-000000000000"

TOKENS = """
[token reader]
hash = sha256:{reader}
manage = read

[token writer]
hash = sha256:{writer}
manage = write
command = *:*
register = t

[token bare]
hash = sha256:{bare}
"""


class Judged:
    """A hub whose every answer is judged; keeps which statuses of which operations were seen."""

    def __init__(self, hub, document, seen):
        self.hub, self.document, self.seen = hub, document, seen

    def ask(self, method, target, status, headers=None, body=None, **options):
        if isinstance(body, dict):
            body, headers = json.dumps(body), {**JSON, **(headers or {})}
        response = self.hub.request(method, target, headers=headers, body=body, **options)
        if response.status != status:
            raise AssertionError(f"{method} {target}: {response.status} {response.body!r}, not {status}")
        self.seen.add(self.document.judge(method, target, response))
        return response


class OpenApi(HubCase):
    @classmethod
    def setUpClass(cls):
        with Hub() as hub:
            cls.document = Document(hub.request("GET", "/api/v1/openapi.json").body)

    def judged(self, seen, *settings, **options):
        return Judged(self.hub(*settings, **options), self.document, seen)

    def test_every_documented_answer(self):
        seen = set()
        self.scene_of_plain_pages(seen)
        self.scene_of_flags(seen)
        self.scene_of_the_cluster(seen)
        self.scene_of_other_hubs(seen)
        self.scene_of_schemas(seen)
        self.run_async(self.scene_of_commands(seen))
        self.run_async(self.scene_of_channels(seen))
        self.run_async(self.scene_of_draining(seen))
        self.scene_of_streams(seen)
        self.scene_of_bad_requests(seen)
        self.scene_of_credentials(seen)
        documented = {(path, method, status) for path, method, operation in self.document.operations()
                      for status in operation["responses"] if status != "default"}
        self.assertEqual(documented - seen, set())

    def scene_of_plain_pages(self, seen):
        hub = self.judged(seen)
        page = hub.ask("GET", "/", 200)
        hub.ask("GET", "/", 304, headers={"If-None-Match": page.headers["ETag"]})
        asset = re.search(rb'"(?:\./)?(assets/[\w.-]+)"', page.body)[1].decode()
        file = hub.ask("GET", "/" + asset, 200)
        hub.ask("GET", "/" + asset, 304, headers={"If-None-Match": file.headers["ETag"]})
        hub.ask("GET", "/assets/nothing", 404)
        for path in ("/livez", "/readyz", "/metrics", "/api/v1/openapi.json", "/api/v1/whoami", "/api/v1/hub",
                     "/api/v1/auth/why?principal=a&target=t", "/api/v1/auth/why?principal=a&name=e", "/api/v1/targets",
                     "/api/v1/channels", "/api/v1/commands"):
            hub.ask("GET", path, 200)
        for path in ("/exchange/targets", "/exchange/targets/t/channels", "/exchange/targets/t/batchs",
                     "/exchange/channels", "/exchange/batchs"):
            hub.ask("GET", path, 200)
            hub.ask("GET", "/_node" + path, 200)
        for path in ("/exchange/targets/t", "/exchange/channels/c", "/exchange/batchs/b", "/api/v1/targets/t",
                     "/api/v1/channels/c", "/api/v1/commands/c", "/api/v1/commands/c/members"):
            hub.ask("GET", path, 404)

    def scene_of_the_cluster(self, seen):
        hub = self.judged(seen, "hub.id=alone")
        cluster = hub.ask("GET", "/api/v1/cluster", 200).json()
        self.assertEqual((cluster["hub"], cluster["up"], cluster["complete"], cluster["hubs"], cluster["quorum"]),
                         ("alone", True, True, 1, 1))

    def scene_of_other_hubs(self, seen):
        first = self.judged(seen, "hub.id=first")
        second = self.judged(seen, "hub.id=second", f"hub.peers=unix:{first.hub.unix}")
        third = self.judged(seen, "hub.id=third", f"hub.peers=unix:{second.hub.unix}")

        def known():
            hubs = {hub["id"]: hub for hub in third.ask("GET", "/api/v1/hubs", 200).json()["hubs"]}
            return hubs if len(hubs) == 3 else None

        hubs = wait_until(known, "the third knows the first")
        self.assertEqual((hubs["first"]["hops"], hubs["first"]["next"], hubs["third"]["self"]), (2, "second", True))
        self.assertEqual(sorted(hubs["second"]["links"]), ["first", "third"])
        page = third.ask("GET", "/api/v1/hubs?limit=1", 200).json()
        self.assertEqual((len(page["hubs"]), page["hubs"][0]["id"]), (1, "third"))
        third.ask("GET", "/api/v1/hubs?limit=0", 400)

    def scene_of_schemas(self, seen):
        hub = self.judged(seen)
        near = {"over_unix": True}
        document = {"name": "foo:Echo", "kind": "request", "src": "control", "dst": ["host"], "permission": "foo",
                    "schema": {"type": "object"}, "response": True}
        hub.ask("GET", "/api/v1/schemas", 200)
        hub.ask("GET", "/api/v1/schemas?limit=0", 400)
        hub.ask("PUT", "/api/v1/schemas/foo:Echo", 201, body=document, **near)
        hub.ask("PUT", "/api/v1/schemas/foo:Echo", 200, body=document, **near)
        self.assertEqual(hub.ask("GET", "/api/v1/schemas/foo:Echo", 200).json(), document)
        self.assertEqual(hub.ask("GET", "/api/v1/schemas", 200).json()["schemas"][0]["permission"], "foo")
        hub.ask("PUT", "/api/v1/schemas/other", 400, body=document, **near)
        hub.ask("PUT", "/api/v1/schemas/foo:Echo", 415, body="{}", **near)
        hub.ask("PUT", "/api/v1/schemas/foo:Echo", 403, body=document, over_unix=False)
        hub.ask("DELETE", "/api/v1/schemas/foo:Echo", 403, over_unix=False)
        hub.ask("DELETE", "/api/v1/schemas/foo:Echo", 400, body="x", **near)
        hub.ask("DELETE", "/api/v1/schemas/foo:Echo", 200, **near)
        hub.ask("DELETE", "/api/v1/schemas/foo:Echo", 404, **near)
        hub.ask("GET", "/api/v1/schemas/foo:Echo", 404)
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "a.json"), "w", encoding="ascii") as file:
                file.write('{"name": "b", "kind": "event"}')
            hub = self.judged(seen, f"link.schemas={folder}")
            hub.ask("PUT", "/api/v1/schemas/a", 409, body={"name": "a", "kind": "event"}, **near)

    def scene_of_flags(self, seen):
        self.assertEqual(self.judged(seen).ask("GET", "/api/v1/flags", 200).json(),
                         {"flags": [], "unreadable": [], "files": 0})
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("a_b_c", "function=f\nhostname=h\nline=1\ntags=x,y\ndate=1\nmodified=1\nversion=1\n"
                                         "source_file=f.c\nunit=a\nsection=b\nname=c\nmessage=m\n"),
                               ("a_b_d", "unit=a\nsection=b\nname=d\nmessage=m\n"), ("a_b_e", "")):
                with open(os.path.join(folder, name + ".flag"), "w", encoding="ascii") as file:
                    file.write(text)
            hub = self.judged(seen, f"communicator.flags_dir={folder}")
            flags = hub.ask("GET", "/api/v1/flags", 200).json()
            self.assertEqual((len(flags["flags"]), len(flags["unreadable"]), flags["files"]), (2, 1, 3))
            self.assertEqual(hub.ask("GET", "/api/v1/hub", 200).json()["flags"]["raised"], 2)
            hub = self.judged(seen, f"communicator.flags_dir={folder}/a_b_c.flag")
            self.assertIn("Not a directory", hub.ask("GET", "/api/v1/flags", 200).json()["problem"])
            self.assertIn("Not a directory", hub.ask("GET", "/api/v1/hub", 200).json()["flags"]["problem"])

    async def scene_of_commands(self, seen):
        hub = self.judged(seen)

        def fail(command):
            return {"commandStatus": "ERROR", "errorDetails": "no"}

        handlers = {"E": echo, "F": fail}
        agent = Connector(hub.hub.url(), target="t", handlers=handlers)
        async with agent, Connector(hub.hub.url(), target="t", handlers=handlers):
            await self.off_loop(self.commands_of, hub, agent)

    def off_loop(self, call, *arguments):
        """Requests that block, while the connectors of the scene go on."""
        return asyncio.get_running_loop().run_in_executor(None, call, *arguments)

    def commands_of(self, hub, agent):
        body = {"target": "t", "name": "E", "payload": {"a": [1, None, "ü"]}}
        for members in ({}, {"name": "F"}, {"target": "nobody"}, {"mode": "all"}, {"mode": "primary"},
                        {"deadline_ms": 60000, "idempotent": True, "version": "2", "durable": None,
                         "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
                        {"durable": True}, {"collapse": "k"}, {"id": NOBODY},
                        {"channel": hub.hub.channels("t")[0]["id"], "mode": "channel"}):
            hub.ask("POST", "/api/v1/commands", 200, body={**body, **members})
        everybody = hub.ask("POST", "/api/v1/commands", 200, body={**body, "mode": "all"}).json()
        hub.ask("GET", f"/api/v1/commands/{everybody['id']}/members", 200)
        hub.ask("GET", f"/api/v1/commands/{everybody['id']}/members?limit=1", 200)
        late = hub.ask("POST", "/api/v1/commands?wait=false", 202,
                       body={**body, "name": "W", "channel": self.channel_of(hub, agent)})
        hub.ask("GET", late.headers["Location"], 200)
        hub.ask("POST", late.headers["Location"] + "/cancel", 202)
        hub.ask("POST", f"/api/v1/commands/{everybody['id']}/cancel", 409)
        hub.ask("POST", f"/api/v1/commands/{NOBODY[:-1]}1/cancel", 404)
        hub.ask("POST", "/api/v1/events", 202, body=body)
        hub.ask("POST", "/api/v1/events", 202, body={**body, "target": "nobody"})
        for query in ("order=newest", "target=t&limit=1", "name=E&outcome=succeeded", "phase=done"):
            hub.ask("GET", "/api/v1/commands?" + query, 200)
        for path in ("/api/v1/hub", "/api/v1/targets", "/api/v1/targets/t", "/exchange/targets/t", "/metrics",
                     "/exchange/channels/" + self.channel_of(hub, agent)):
            hub.ask("GET", path, 200)

    def channel_of(self, hub, agent):
        port = agent.ws.local_address[1]
        return next(c["id"] for c in hub.hub.channels("t") if c["peer"].endswith(f":{port}"))

    async def scene_of_channels(self, seen):
        hub = self.judged(seen)
        first, second = Connector(hub.hub.url(), target="t"), Connector(hub.hub.url(), target="t")
        second.answers_goodbye = False
        async with first, second:
            await wait_until_async(lambda: any(c["primary"] for c in hub.hub.channels("t")), "a primary")
            await self.off_loop(self.channels_of, hub, second)

    def channels_of(self, hub, second):
        channel = self.channel_of(hub, second)
        hub.ask("GET", "/api/v1/channels/" + channel, 200)
        hub.ask("POST", f"/api/v1/channels/{channel}/primary", 202)
        hub.hub.wait_channel("t", lambda c: c["id"] == channel and c["primary"])
        hub.ask("POST", f"/api/v1/channels/{NOBODY}/primary", 404)
        for method, path in (("DELETE", ""), ("POST", "/primary")):
            hub.ask(method, f"/api/v1/channels/{channel}{path}", 403, over_unix=False)
        hub.ask("POST", "/api/v1/hub/drain", 403, over_unix=False)
        hub.ask("DELETE", f"/api/v1/channels/{channel}?reconnect=perhaps", 400)
        hub.ask("DELETE", f"/api/v1/channels/{NOBODY}", 404)
        hub.ask("DELETE", f"/api/v1/channels/{channel}?reconnect=false", 202)
        hub.ask("DELETE", f"/api/v1/channels/{channel}", 409)
        hub.ask("POST", f"/api/v1/channels/{channel}/primary", 409)

    async def scene_of_draining(self, seen):
        hub = self.judged(seen, "hub.drain_timeout=60s")
        agent = Connector(hub.hub.url(), target="t")
        async with agent:
            await self.off_loop(hub.ask, "POST", "/api/v1/commands?wait=false", 202, None,
                                {"target": "t", "name": "W"})
            await wait_until_async(lambda: agent.commands, "the command")
            await self.off_loop(self.draining_of, hub)
            await agent.reply(agent.commands[0], commandStatus="SUCCEEDED")
            status = await self.off_loop(hub.hub.wait)
            self.assertEqual(status, 0)

    def draining_of(self, hub):
        hub.ask("POST", "/api/v1/hub/drain", 202)
        wait_until(lambda: hub.hub.state()["draining"], "draining")
        hub.ask("GET", "/readyz", 503)
        hub.ask("POST", "/api/v1/commands", 503, body={"target": "t", "name": "E"})
        hub.ask("POST", "/api/v1/events", 503, body={"target": "t", "name": "E"})

    def scene_of_streams(self, seen):
        hub = self.judged(seen, "limits.streams_max=1")
        with contextlib.closing(hub.hub.http()) as connection:
            connection.request("GET", "/api/v1/events")
            response = connection.getresponse()
            self.assertEqual((response.status, response.headers["Content-Type"]), (200, "text/event-stream"))
            seen.add(("/api/v1/events", "GET", "200"))
            hub.ask("GET", "/api/v1/events", 503)
            self.assertEqual(hub.hub.state()["streams"]["refused_full"], 1)

    def scene_of_bad_requests(self, seen):
        hub = self.judged(seen, "limits.message_max=64KiB")
        for path in ("/api/v1/targets?limit=0", "/api/v1/channels?after=x", "/api/v1/commands?order=random",
                     "/api/v1/commands?outcome=none", "/api/v1/commands?phase=x", "/api/v1/events?kinds=all",
                     "/api/v1/events?kinds=", "/api/v1/events?outcome=x", "/api/v1/events?payload=1",
                     "/api/v1/auth/why?principal=%zz", "/exchange/channels?active=%zz"):
            hub.ask("GET", path, 400)
        done = hub.ask("POST", "/api/v1/commands", 200, body={"target": "nobody", "name": "E"}).json()
        hub.ask("GET", f"/api/v1/commands/{done['id']}/members?limit=0", 400)
        for path in ("/api/v1/commands", "/api/v1/events"):
            hub.ask("POST", path, 400, body="{", headers=JSON)
            hub.ask("POST", path, 413, body={"target": "t", "name": "E", "payload": "x" * 200_000})
            for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx"):
                hub.ask("POST", path, 415, body="{}", headers={"Content-Type": kind})
        hub.ask("POST", "/api/v1/commands?wait=perhaps", 400, body={"target": "t", "name": "E"})

    def scene_of_credentials(self, seen):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "tokens")
            words = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("reader", "writer", "bare")}
            with open(file, "w", encoding="utf-8") as out:
                out.write(TOKENS.format(**words))
            os.chmod(file, 0o600)
            hub = self.judged(seen, f"auth.tokens={file}")
            for path, method, operation in self.document.operations():
                target = re.sub(r"\{\w+\}", "x", path)
                if "401" in operation["responses"]:
                    self.ask_as(hub, method, target, 401, None)
                    self.ask_as(hub, method, target, 401, "unknown")
                if "403" in operation["responses"]:
                    if path != "/api/v1/commands/{id}/cancel":
                        self.ask_as(hub, method, target, 403, "bare")
            done = self.ask_as(hub, "POST", "/api/v1/commands", 200, "writer").json()
            self.ask_as(hub, "POST", f"/api/v1/commands/{done['id']}/cancel", 403, "bare")
            self.ask_as(hub, "GET", "/api/v1/hub", 200, "reader")
            self.assertEqual(self.ask_as(hub, "GET", "/api/v1/whoami", 200, "bare").json()["principal"], "bare")
            self.assertFalse(self.ask_as(hub, "GET", "/api/v1/auth/why?principal=bare&target=t", 200,
                                         "reader").json()["allowed"])
            self.ask_as(hub, "POST", "/api/v1/hub/drain", 403, "reader")
            self.ask_as(hub, "GET", "/api/v1/auth/why", 400, "reader")
            self.ask_as(hub, "POST", "/api/v1/hub/drain", 202, "writer")
            self.assertEqual(hub.hub.wait(), 0)

    def ask_as(self, hub, method, target, status, token):
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        sends = method == "POST" and target in ("/api/v1/commands", "/api/v1/events")
        return hub.ask(method, target, status, headers=headers, over_unix=False,
                       body={"target": "t", "name": "E"} if sends else None)

    def test_every_kind_of_line_of_the_stream(self):
        hub = self.hub()
        schemas = self.document.feed_schemas()
        kinds = set()

        async def scene():
            reader, writer = await asyncio.open_connection(hub.host, hub.port)
            writer.write(b"GET /api/v1/events?payload=true HTTP/1.0\r\nLast-Event-ID: 1795279434437474\r\n\r\n")
            await reader.readuntil(b"retry: 1000\n\n")
            async with Connector(hub.url(), target="t", handlers={"E": echo}):
                for path in ("commands", "events"):
                    await asyncio.get_running_loop().run_in_executor(
                        None, hub.request, "POST", "/api/v1/" + path, JSON, '{"target":"t","name":"E","payload":\n[1]}')
            while "gone" not in kinds:
                lines = (await asyncio.wait_for(reader.readuntil(b"\n\n"), 20)).decode().rstrip("\n").split("\n")
                if lines[0].startswith(":"):
                    continue
                fields = dict(line.split(": ", 1) for line in lines)
                if set(fields) == {"id"}:
                    continue
                data = json.loads(fields["data"])
                self.document.validate(data, schemas[fields["event"]], fields["event"])
                kinds.update((fields["event"], data.get("change", "")))
            writer.close()

        self.run_async(scene())
        self.assertLessEqual({"gap", "command", "event", "channel"}, kinds)

    def test_bodies_that_the_document_forbids_are_refused(self):
        hub = self.hub()
        whole = {"target": "nobody", "name": "E"}
        for path, schema in (("commands", "Submit"), ("events", "SubmitEvent")):
            for body in (whole, {"name": "E", "to": "nobody"}, {**whole, "to": "x"}, {"name": "E"}, {"target": "t"}, {},
                         {**whole, "payload": None}, {**whole, "payload": [{}]}, {**whole, "mode": "all"},
                         {**whole, "mode": "some"}, {**whole, "mode": None}, {**whole, "deadline_ms": 0},
                         {**whole, "deadline_ms": 1.5}, {**whole, "deadline_ms": "1"}, {**whole, "deadline_ms": 1},
                         {**whole, "deadline_ms": -1}, {**whole, "idempotent": 1}, {**whole, "idempotent": True},
                         {**whole, "durable": "yes"}, {**whole, "version": 2}, {**whole, "collapse": {}},
                         {**whole, "extra": 1}, {**whole, "name": None}, {**whole, "name": 5}, {**whole, "channel": 1},
                         {**whole, "traceparent": []}, [], "text", 5, None, True):
                with self.subTest(path=path, body=body):
                    fits = self.document.fits(body, {"$ref": f"#/components/schemas/{schema}"})
                    response = hub.request("POST", f"/api/v1/{path}", JSON, json.dumps(body))
                    self.assertEqual(response.status, (202 if path == "events" else 200) if fits else 400, response.body)

    def test_the_judge_finds_what_is_not_documented(self):
        hub = self.document.root["components"]["schemas"]["Targets"]
        self.document.validate({"targets": []}, hub)
        for wrong in ({}, {"targets": [], "more": 1}, {"targets": [{}]}, {"targets": {}}, [], {"targets": [], "next": 5}):
            with self.assertRaises(Unfit):
                self.document.validate(wrong, hub)
        for wrong in (("GET", "/nothing"), ("PUT", "/api/v1/hub")):
            with self.assertRaises(Unfit):
                self.document.find(*wrong)
        with self.assertRaises(NotImplementedError):
            self.document.validate(1, {"multipleOf": 2})

    def test_the_document_is_whole(self):
        ids = [operation["operationId"] for _, _, operation in self.document.operations()]
        self.assertEqual(len(ids), len(set(ids)))
        used = set(re.findall(r'#/components/schemas/(\w+)', json.dumps(self.document.root)))
        self.assertEqual(used, set(self.document.root["components"]["schemas"]))
        for path, _, operation in self.document.operations():
            told = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            self.assertEqual(told, set(re.findall(r"\{(\w+)\}", path)), path)
            self.assertTrue(operation["summary"].endswith((".", "?")), path)


if __name__ == "__main__":
    unittest.main()
