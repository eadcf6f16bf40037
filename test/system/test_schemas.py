"""Message schemas: loaded, checked at the edge for every dialect, changed over the API and on the command line."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import unittest

from cli_rig import CliCase, aldis
from comm_case import Service, split
from harness import Connector, binary, echo, wait_until, wait_until_async
from link_party import Link

SIGNAL = {
    "name": "SIGNAL",
    "kind": "request",
    "schema": {"type": "object", "properties": {"level": {"type": "integer", "maximum": 9}}, "required": ["level"]},
    "response": {"type": "object"},
}


class SchemaCase(CliCase):
    def setUp(self):
        super().setUp()
        self.folder = self.path("schemas")
        os.makedirs(self.folder)

    def put(self, name, document):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(document if isinstance(document, str) else json.dumps(document))

    def file(self, name):
        return os.path.join(self.folder, name)

    def schema_hub(self, *settings):
        return self.hub(f"link.schemas={self.folder}", *settings)

    def names(self, hub):
        return [one["name"] for one in hub.get("/api/v1/schemas")["schemas"]]


class Start(SchemaCase):
    def check(self):
        words = [binary("aldisd"), "--check", "-s", f"link.schemas={self.folder}"]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    def test_a_wrong_file_is_named_with_the_place_in_it(self):
        self.put("good.json", SIGNAL)
        self.put("README", "no schema, and not looked at")
        self.assertEqual(self.check().returncode, 0)
        self.put("bad.json", {**SIGNAL, "name": "OTHER", "schema": {"properties": {"a": {"type": "int"}}}})
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"link.schemas: {self.folder}/bad.json: must name a type, or several in an array "
                      "at /schema/properties/a/type", done.stderr)
        self.put("bad.json", SIGNAL)
        self.assertIn("good.json: another file describes a message of this name", self.check().stderr)
        os.remove(self.file("bad.json"))
        self.folder = self.path("nowhere")
        self.assertIn("No such file or directory", self.check().stderr)

    def test_a_change_is_read_at_sighup_and_a_wrong_one_is_not(self):
        self.put("signal.json", SIGNAL)
        hub = self.schema_hub()
        self.assertEqual(self.names(hub), ["SIGNAL"])
        self.put("other.json", {"name": "OTHER", "kind": "event"})
        hub.send_signal(signal.SIGHUP)
        wait_until(lambda: self.names(hub) == ["OTHER", "SIGNAL"], "the new file is read")
        self.put("third.json", "{")
        os.remove(self.file("other.json"))
        hub.send_signal(signal.SIGHUP)
        wait_until(lambda: any("schemas stay as they were" in line and "third.json" in line for line in hub.log),
                   "the log says so")
        self.assertEqual(self.names(hub), ["OTHER", "SIGNAL"])


class Edge(SchemaCase):
    async def refused(self, hub):
        async with Connector(hub.url(), target="lamp", handlers={"SIGNAL": echo, "SIGNAL2": echo}):
            caller = Connector(hub.url(), target="caller", extended=True)
            async with caller:
                good = await caller.command("SIGNAL", {"level": 3}, to="lamp")
                bad = await caller.command("SIGNAL", {"level": 10}, to="lamp")
                free = await caller.command("SIGNAL2", {"level": 10}, to="lamp")
        return good, bad, free

    def test_a_command_is_refused_with_path_and_rule(self):
        self.put("signal.json", SIGNAL)
        hub = self.schema_hub("link.strict=yes")
        good, bad, free = self.run_async(self.refused(hub))
        self.assertEqual(good["outcome"], "succeeded")
        self.assertEqual((bad["outcome"], bad["cause"]), ("refused", "invalid"))
        self.assertIn("must be at most 9 at /level (rule #/properties/level/maximum)", json.dumps(bad))
        self.assertNotIn("failed validation", json.dumps(free))
        self.assertEqual(hub.edge_counter("schema_commands_refused"), 1)
        self.assertIn("aldis_edge_schema_commands_refused_total 1", hub.request("GET", "/metrics").body.decode())

    def test_what_comes_over_the_api_and_from_aldis_call_is_checked_too(self):
        self.put("signal.json", SIGNAL)
        hub = self.schema_hub()
        body = json.dumps({"target": "lamp", "name": "SIGNAL", "payload": {"level": "x"}})
        got = hub.request("POST", "/api/v1/commands", headers={"Content-Type": "application/json"}, body=body).json()
        self.assertEqual((got["outcome"], got["cause"]), ("refused", "invalid"))
        self.assertIn("must be of type integer at /level", json.dumps(got))
        self.assert_ends(aldis("-H", f"unix:{hub.unix}", "call", "lamp", "SIGNAL", "{}"), 11,
                         err=re.escape("must have the member level"))


class Links(SchemaCase):
    """The same for parties of the dialect that schemas come from."""

    def link_hub(self, *settings):
        self.secret = self.path("secret")
        return self.schema_hub(f"link.secret={self.secret}", *settings)

    def link(self, hub, host=None, **options):
        who = ("user", "julia") if host is None else ("host", str(host))
        made = self.assert_ends(aldis("token", "create", *who, "--secret", self.secret), 0)
        return Link(hub, host=host, shown=made.out.strip(), **options)

    async def scene(self, hub):
        handlers = {"SIGNAL": lambda frame: frame["data"]["level"], "foo:Free": lambda frame: {}}
        async with self.link(hub, host=4, handlers=handlers) as host, self.link(hub) as control:
            answers = [await control.call([1, 4], "SIGNAL", data={"level": 10}),
                       await control.call([1, 4], "SIGNAL", data={"level": 1}),
                       await control.call([1, 4], "foo:Free")]
            await control.event([1, 4], "foo:Bell", data=[])
            await control.event([1, 4], "foo:Bell", data={})
            await control.event([0, 0], "foo:Bell", data=[])
            await wait_until_async(lambda: host.events, "the event that keeps to its schema")
            answers.append(await control.call([0, 0], "PingRequest"))
            done = await asyncio.to_thread(aldis, "-H", f"unix:{hub.unix}", "call", "4", "SIGNAL", '{"level":1}')
            self.assert_ends(done, 10, out="", err="Response for request SIGNAL failed validation")
        return host, answers

    def test_refusals_are_said_in_the_words_of_the_original(self):
        self.put("signal.json", SIGNAL)
        self.put("bell.json", {"name": "foo:Bell", "kind": "event", "schema": {"type": "object"}})
        hub = self.link_hub()
        host, (bad, broken, free, ping) = self.run_async(self.scene(hub))
        self.assertEqual((bad["type"], bad["data"]["code"]), ("responseError", "InvalidMessage"))
        self.assertEqual(bad["data"]["message"], "Request SIGNAL failed validation: must be at most 9 at /level "
                                                 "(rule #/properties/level/maximum)")
        self.assertEqual((broken["type"], broken["data"]["code"]), ("responseError", "InvalidMessage"))
        self.assertEqual(broken["data"]["message"],
                         "Response for request SIGNAL failed validation: must be of type object (rule #/type)")
        self.assertEqual((free["type"], ping["type"]), ("response", "response"))
        self.assertEqual([event["data"] for event in host.events], [{}])
        self.assertEqual(len(host.requests), 3)
        self.assertEqual([hub.edge_counter(f"schema_{name}") for name in
                          ("commands_refused", "replies_failed", "events_dropped", "unrecognized")], [1, 2, 2, 0])

    def test_strict_knows_no_other_names(self):
        async def run():
            handlers = {"foo:Free": lambda frame: {}, "PingRequest": lambda frame: {}}
            async with self.link(hub, host=4, handlers=handlers) as host, self.link(hub) as control:
                answer = await control.call([1, 4], "foo:Free")
                self.assertEqual(answer["data"], {"message": "Unrecognized request foo:Free", "code": "InvalidMessage"})
                await control.event([1, 4], "foo:Bell")
                self.assertEqual((await control.call([0, 0], "PingRequest"))["type"], "response")
                self.assertEqual((await control.call([1, 4], "PingRequest"))["type"], "response")
                await wait_until_async(lambda: hub.edge_counter("schema_events_dropped") == 1, "the event is dropped")
                self.assertEqual(([request["name"] for request in host.requests], host.events), (["PingRequest"], []))
                await control.event([0, 0], "foo:Bell")  # to who subscribed and to the controller, and counted once
                self.assertEqual((await control.call([0, 0], "PingRequest"))["type"], "response")
                self.assertEqual(hub.edge_counter("schema_events_dropped"), 2)
                async with Connector(hub.url(), target="caller", extended=True) as caller:
                    self.assertEqual((await caller.command("foo:Free", {}, to="4"))["outcome"], "succeeded")

        hub = self.link_hub("link.strict=yes")
        self.run_async(run())
        self.assertEqual(hub.edge_counter("schema_unrecognized"), 3)

    def test_it_matters_what_kind_of_party_speaks_to_which(self):
        async def run():
            async with self.link(hub, host=4, handlers={"foo:Up": lambda frame: {}}) as host, self.link(hub) as control:
                answer = await control.call([1, 4], "foo:Up")
                self.assertEqual(answer["data"]["message"], "Source [Address control:1:1] is not allowed for foo:Up")
                answer = await control.call([1, 4], "foo:Down")
                self.assertEqual(answer["data"]["message"], "Destination [Address host:4] is not allowed for foo:Down")
                self.assertEqual(host.requests, [])
                done = await asyncio.to_thread(aldis, "-H", f"unix:{hub.unix}", "call", "4", "foo:Down")
                self.assertEqual(done.out, "")
                self.assertIn("Destination host is not allowed for foo:Down", done.err)

        self.put("up.json", {"name": "foo:Up", "kind": "request", "src": ["host", "instance"]})
        self.put("down.json", {"name": "foo:Down", "kind": "request", "src": "control", "dst": ["instance"]})
        hub = self.link_hub()
        self.run_async(run())


class Services(SchemaCase):
    def test_a_message_between_services_is_checked_too(self):
        """Parameters are members with text values; who is not answered anyway is not, and it is counted."""
        self.put("data.json", {"name": "DATA", "kind": "event", "schema": {"properties": {"level": {"enum": ["1", "2"]}}}})
        sock = self.path("c.sock")
        hub = self.schema_hub(f"communicator.unix={sock}", "communicator.udp=127.0.0.1:0")
        with Service(sock) as one, Service(sock) as two:
            for service, name in ((one, "one"), (two, "two")):
                service.send(f"REGISTER service={name};version=1")
                wait_until(lambda name=name: hub.channels(name), "it is registered")
            one.send("two/DATA level=3")
            one.send("two/DATA level=2")
            first = next(line for line in iter(two.line, None) if "DATA" in line)
            self.assertIn("level=2", first)
            with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as datagrams:
                for level in (3, 1):
                    datagrams.sendto(f"two/DATA level={level}".encode(), split(hub.door("communicator-udp")))
            first = next(line for line in iter(two.line, None) if "DATA" in line)
            self.assertIn("level=1", first)
        self.assertEqual(hub.edge_counter("schema_events_dropped"), 2)


class Api(SchemaCase):
    HEADERS = {"Content-Type": "application/json"}

    def ask(self, hub, method, name, status, document=None, over_unix=True):
        body = None if document is None else json.dumps(document)
        got = hub.request(method, f"/api/v1/schemas/{name}", headers=self.HEADERS if body else None, body=body,
                          over_unix=over_unix)
        self.assertEqual(got.status, status, got.body)
        return got.json()

    def test_a_schema_is_put_read_and_removed_and_so_is_its_file(self):
        hub = self.schema_hub()
        document = {"name": "foo:Echo Request", "kind": "request", "dst": "host", "schema": {"type": "string"}}
        self.assertEqual(self.ask(hub, "PUT", "foo%3AEcho%20Request", 201, document)["dst"], ["host"])
        self.assertEqual(self.ask(hub, "GET", "foo%3AEcho%20Request", 200), document)
        with open(self.file("foo%3AEcho%20Request.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file), document)
        self.ask(hub, "PUT", "foo:Echo%20Request", 200, {**document, "schema": True})
        self.assertTrue(self.ask(hub, "DELETE", "foo:Echo%20Request", 200)["has_schema"])
        self.assertEqual(os.listdir(self.folder), [])
        self.ask(hub, "DELETE", "foo:Echo%20Request", 404)
        self.ask(hub, "GET", "foo:Echo%20Request", 404)

    def test_what_was_answered_survives_a_hub_that_is_killed(self):
        hub = self.hub(f"link.schemas={self.folder}", clean=False)
        self.ask(hub, "PUT", "SIGNAL", 201, SIGNAL)
        self.ask(hub, "PUT", "OTHER", 201, {"name": "OTHER", "kind": "event"})
        self.ask(hub, "DELETE", "SIGNAL", 200)
        hub.kill()
        self.assertEqual(self.names(self.schema_hub()), ["OTHER"])

    def test_what_is_in_a_file_of_another_name_is_changed_there(self):
        self.put("a.json", SIGNAL)
        hub = self.schema_hub()
        self.ask(hub, "PUT", "SIGNAL", 200, {"name": "SIGNAL", "kind": "request"})
        self.assertEqual(os.listdir(self.folder), ["a.json"])
        self.put("b.json", {"name": "SIGNAL3", "kind": "event"})
        hub.send_signal(signal.SIGHUP)
        wait_until(lambda: len(self.names(hub)) == 2, "the file is read")
        self.ask(hub, "DELETE", "SIGNAL", 200)
        self.assertEqual(os.listdir(self.folder), ["b.json"])

    def test_what_is_wrong_is_refused_and_nothing_changes(self):
        hub = self.schema_hub()
        self.assertIn("at /schema/type", self.ask(hub, "PUT", "a", 400, {"name": "a", "kind": "event",
                                                                         "schema": {"type": 1}})["detail"])
        self.assertIn("another name", self.ask(hub, "PUT", "b", 400, {"name": "a", "kind": "event"})["detail"])
        self.ask(hub, "PUT", "a", 403, {"name": "a", "kind": "event"}, over_unix=False)
        self.put("a.json", {"name": "z", "kind": "event"})
        hub.send_signal(signal.SIGHUP)
        wait_until(lambda: self.names(hub) == ["z"], "the file is read")
        self.assertIn("a.json: this file describes another message",
                      self.ask(hub, "PUT", "a", 409, {"name": "a", "kind": "event"})["detail"])
        self.assertEqual(self.names(hub), ["z"])

    def test_without_a_folder_they_are_kept_until_the_hub_stops(self):
        hub = self.hub()
        self.assertEqual(hub.get("/api/v1/schemas"), {"schemas": [], "strict": False, "stored": False})
        self.ask(hub, "PUT", "SIGNAL", 201, SIGNAL)
        self.assertEqual(self.names(hub), ["SIGNAL"])
        body = json.dumps({"target": "lamp", "name": "SIGNAL"})
        got = hub.request("POST", "/api/v1/commands", headers=self.HEADERS, body=body).json()
        self.assertEqual(got["cause"], "invalid")
        hub.send_signal(signal.SIGHUP)
        self.ask(hub, "DELETE", "SIGNAL", 200)
        got = hub.request("POST", "/api/v1/commands", headers=self.HEADERS, body=body).json()
        self.assertEqual(got["cause"], "no_target")

    def test_long_lists_are_pages(self):
        for i in range(5):
            self.put(f"{i}.json", {"name": f"m{i}", "kind": "event"})
        hub = self.schema_hub()
        page = hub.get("/api/v1/schemas?limit=2")
        self.assertEqual([one["name"] for one in page["schemas"]], ["m0", "m1"])
        page = hub.get(f"/api/v1/schemas?limit=3&after={page['next']}")
        self.assertEqual([one["name"] for one in page["schemas"]], ["m2", "m3", "m4"])
        self.assertNotIn("next", page)


class CommandLine(SchemaCase):
    def test_a_file_is_checked_without_a_hub(self):
        self.put("signal.json", SIGNAL)
        self.put("bare.json", {"minimum": 3})
        self.put("wrong.json", {**SIGNAL, "kind": "thing"})
        file = self.file("signal.json")
        self.assert_ends(aldis("schema", "check", file), 0)
        self.assert_ends(aldis("schema", "check", file, '{"level":3}'), 0)
        self.assert_ends(aldis("schema", "check", file, '{"level":30}'), 1,
                         err=re.escape("must be at most 9 at /level (rule #/properties/level/maximum)"))
        self.assert_ends(aldis("schema", "check", file, "--response", "[]"), 1, err=re.escape("must be of type object"))
        self.assert_ends(aldis("schema", "check", self.file("bare.json"), "2"), 1, err=re.escape("must be at least 3"))
        self.assert_ends(aldis("schema", "check", self.file("wrong.json")), 1, err=re.escape('must be "request" or "event"'))
        self.assert_ends(aldis("schema", "check", self.file("nowhere.json")), 1, err=re.escape("cannot be read"))
        self.assert_ends(aldis("schema", "check"), 2, err=re.escape("aldis schema check FILE... [PAYLOAD]"))
        self.assert_ends(aldis("schema"), 2, err=re.escape("it is list, show, check, add or remove"))

    def test_several_files_and_whole_folders_are_checked(self):
        """All that is wrong is said, whatever came before, with the file, the place and the rule."""
        self.put("a.json", SIGNAL)
        self.put("b.json", {**SIGNAL, "name": "OTHER", "schema": {"properties": {"x": {"minLength": -1}}}})
        self.put("c.json", "{")
        self.put("d.json", {"name": "bell", "kind": "event", "src": "everybody"})
        self.put("README", "no schema")
        said = ("^aldis: {0}/b.json: must be an integer that is not negative at /schema/properties/x/minLength\n"
                "aldis: {0}/c.json is not JSON: line 1, column 2: .*\n"
                "aldis: {0}/d.json: must be one of controller, host, instance, control, or several in an array at /src\n$")
        files = [self.file(name) for name in ("a.json", "b.json", "c.json", "d.json")]
        for words in (files, [self.folder]):
            done = self.assert_ends(aldis("schema", "check", *words), 1)
            self.assertRegex(done.err.replace(f"{self.folder}/c.json: {self.folder}", f"{self.folder}"),
                             said.format(re.escape(self.folder)))
        lines = [json.loads(line) for line in
                 self.assert_ends(aldis("--json", "schema", "check", self.folder), 1).out.splitlines()]
        self.assertEqual([(os.path.basename(line["file"]), line["valid"]) for line in lines],
                         [("a.json", True), ("b.json", False), ("c.json", False), ("d.json", False)])
        self.assertIn("at /src", lines[3]["why"])
        for name in ("b.json", "c.json"):
            os.remove(self.file(name))
        self.put("d.json", SIGNAL)
        self.assert_ends(aldis("schema", "check", self.folder), 1, err="d.json: another file describes a message of this name")
        self.put("d.json", {"type": "string"})  # a schema by itself is no message
        self.assert_ends(aldis("schema", "check", self.folder), 1, err="d.json: no such member at /type")
        self.assert_ends(aldis("schema", "check", self.file("d.json"), self.file("a.json")), 0)
        os.remove(self.file("d.json"))
        self.assert_ends(aldis("schema", "check", self.folder, self.file("a.json")), 0)

    def test_a_payload_is_held_against_one_file(self):
        self.put("signal.json", SIGNAL)
        file = self.file("signal.json")
        with open(self.path("payload"), "w", encoding="utf-8") as text:
            text.write('{"level":30}')
        self.assert_ends(aldis("schema", "check", file, "@" + self.path("payload")), 1,
                         err=re.escape("payload: must be at most 9 at /level (rule #/properties/level/maximum)"))
        self.assert_ends(aldis("schema", "check", file, "-", stdin=b'{"level":3}'), 0)
        self.assert_ends(aldis("schema", "check", file, '{"level":'), 1, err="payload.*is not JSON: line 1, column 10")
        self.assert_ends(aldis("schema", "check", file, file, "{}"), 2, err="a payload is held against one file")
        self.assert_ends(aldis("schema", "check", self.folder, "{}"), 2, err="a payload is held against one file")
        self.assert_ends(aldis("schema", "check", file, "--response"), 2, err="--response")

    def test_a_hub_is_told_and_asked(self):
        hub = self.hub()
        self.put("signal.json", {**SIGNAL, "src": "control", "dst": ["host", "instance"], "permission": "lamp.signal"})
        at = ("-H", f"unix:{hub.unix}", "schema")
        self.assert_ends(aldis(*at, "add", self.file("signal.json")), 0)
        listed = self.assert_ends(aldis(*at, "list"), 0).out
        self.assertRegex(listed, r"SIGNAL +request +control +host,instance +payload,reply +lamp.signal")
        self.assertEqual(self.assert_ends(aldis(*at, "show", "SIGNAL"), 0).json()["permission"], "lamp.signal")
        self.assertEqual(len(self.assert_ends(aldis(*at, "list", "--json"), 0).json()["schemas"]), 1)
        self.assert_ends(aldis(*at, "remove", "SIGNAL"), 0)
        self.assert_ends(aldis(*at, "remove", "SIGNAL"), 1, err=re.escape("No message of this name"))


if __name__ == "__main__":
    unittest.main()
