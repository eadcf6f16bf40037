"""`aldis watch`: what it shows, for people and for programs, and how it comes back."""

import json
import signal
import unittest

from cli_rig import CliCase, FakeApi, Proxy, aldis
from harness import wait_until

COMMAND = {"at": "2026-11-21T07:11:09.850Z", "id": "11111111-2222-4333-8444-555555555555", "wire_id": "w1", "name": "signal",
           "to": "lamp", "from": "deck", "channel": "c1", "phase": "sent", "outcome": None, "cause": None, "text": None,
           "age_ms": 12}
ENDED = {**COMMAND, "phase": "done", "outcome": "failed", "cause": "agent_failed", "text": "the bulb broke", "age_ms": 1500,
         "payload": {"watt": 40}}
EVENT = {"at": "2026-11-21T07:11:10.000Z", "id": "e1", "name": "DAWN", "to": "lamp", "from": "deck", "fate": "delivered"}
CHANNEL = {"at": "2026-11-21T07:11:11.000Z", "id": "c9", "target": "lamp", "change": "primary", "term": 7}


def told(*events, end=True):
    """A route that tells these pairs of kind and data."""

    def answer(handler, _query):
        handler.stream()
        handler.push("retry: 50\n\n")
        for kind, data in events:
            handler.event(kind, **data)
        if end:
            handler.end()

    return answer


class Watch(CliCase):
    def fake(self, answer):
        fake = FakeApi({("GET", "/api/v1/events"): answer})
        self.addCleanup(fake.__enter__().__exit__)
        return fake

    def test_a_line_for_each_thing_that_happens(self):
        fake = self.fake(told(("command", COMMAND), ("command", ENDED), ("event", EVENT), ("channel", CHANNEL)))
        result = self.assert_ends(aldis("watch", "-n", "4", url=fake.url), 0, err=r"\A\Z")
        self.assertEqual(result.out.splitlines(), [
            f"07:11:09.850  sent       lamp signal  12 ms  {COMMAND['id']}  from deck",
            f"07:11:09.850  failed     lamp signal  1.5 s  {COMMAND['id']}  from deck  agent_failed: the bulb broke"
            '  {"watt": 40}',
            "07:11:10.000  event      lamp DAWN  delivered  e1  from deck",
            "07:11:11.000  primary    lamp  channel c9  term 7",
        ])

    def test_json_lines(self):
        fake = self.fake(told(("command", ENDED), ("event", EVENT), ("channel", {}), ("dropped", {"n": 3}),
                              ("command", COMMAND)))
        result = self.assert_ends(aldis("watch", "--json", "-n", "4", url=fake.url), 0, err=r"\A\Z")
        self.assertEqual([json.loads(line) for line in result.out.splitlines()], [
            {"kind": "command", **ENDED}, {"kind": "event", **EVENT}, {"kind": "channel"}, {"kind": "dropped", "n": 3},
            {"kind": "command", **COMMAND}])

    def test_filters_are_the_hubs_to_apply(self):
        fake = self.fake(told(("event", EVENT)))
        asked = {
            (): "/api/v1/events",
            ("--target", "a b/c"): "/api/v1/events?target=a%20b%2Fc",
            ("-t", "lamp", "--name", "signal", "--payload"): "/api/v1/events?target=lamp&name=signal&payload=true",
            ("--kind", "event", "-k", "channel,event"): "/api/v1/events?kinds=event%2Cchannel",
            ("--outcome", "failed"): "/api/v1/events?kinds=command&outcome=failed",
            ("DAWN",): "/api/v1/events?kinds=event&name=DAWN",
            ("DAWN", "a b", "--filter", "x,y", "--filter", "z", "--since", "10m", "--payload"):
                "/api/v1/events?kinds=event&name=DAWN&name=a%20b&filter=x%2Cy%2Cz&since=10m&payload=true",
            ("DAWN", "--kind", "event,channel"): "/api/v1/events?kinds=event%2Cchannel&name=DAWN",
            ("--name", "DAWN", "--since", "0"): "/api/v1/events?kinds=event&name=DAWN&since=0",
        }
        for words, path in asked.items():
            with self.subTest(words=words):
                self.assert_ends(aldis("watch", "-n", "1", *words, url=fake.url), 0)
                method, got, headers, _ = fake.asked[-1]
                self.assertEqual((method, got, headers["Accept"]), ("GET", path, "text/event-stream"))

    def test_several_outcomes(self):
        lost = {**ENDED, "outcome": "lost"}
        fake = self.fake(told(("command", COMMAND), ("command", ENDED), ("command", {**ENDED, "outcome": "succeeded"}),
                              ("command", lost)))
        result = self.assert_ends(aldis("watch", "--json", "-n", "2", "--outcome", "failed,lost", url=fake.url), 0)
        self.assertEqual([json.loads(line)["outcome"] for line in result.out.splitlines()], ["failed", "lost"])
        self.assertEqual(fake.asked[-1][1], "/api/v1/events?kinds=command")
        again = aldis("watch", "-n", "2", "--outcome", "failed", "--outcome", "lost,failed", url=fake.url)
        self.assertEqual(len(again.out.splitlines()), 2, again)

    def test_what_it_cannot_show_it_passes_over(self):
        def answer(handler, _query):
            handler.stream()
            handler.push(": a comment\n\nevent: novelty\ndata: {}\n\nevent: command\ndata: nonsense\n\n"
                         "event: command\ndata: [1]\n\nevent: event\ndata: {\"at\":5,\"name\":{\"a\":1},\"to\":null}\n\n")
            handler.event("channel", **CHANNEL)

        fake = self.fake(answer)
        result = self.assert_ends(aldis("watch", "-n", "4", url=fake.url), 0)
        self.assertEqual(len(result.out.splitlines()), 2, result)

    def test_nothing_it_shows_commands_the_terminal(self):
        evil = {**ENDED, "name": "\x1b[2Jx", "text": "a\nb\u009b0m", "payload": "\x1b"}
        fake = self.fake(told(("command", evil)))
        result = self.assert_ends(aldis("watch", "-n", "1", url=fake.url), 0)
        self.assertNotRegex(result.out[:-1], "[\x00-\x1f\x7f-\x9f]")

    def test_it_says_that_lines_are_missing(self):
        fake = self.fake(told(("dropped", {"n": 17}), ("event", EVENT)))
        self.assert_ends(aldis("watch", "-n", "1", url=fake.url), 0, err=r"\Aaldis: 17 lines are missing here")

    def test_it_comes_back_and_says_so(self):
        calls = []

        def answer(handler, query):
            calls.append(query)
            if len(calls) == 2:
                return 503, {"status": 503, "detail": "starting"}
            return told(("event", EVENT))(handler, query)

        fake = self.fake(answer)
        watch = self.running("watch", url=fake.url)
        watch.wait_err(r"back at ws://.*; what happened meanwhile is not shown", count=2)
        self.assertRegex(watch.err, r"\Aaldis: no hub at ws://\S+: it ended the stream; trying again in \d+ ms\n"
                                    r"aldis: no hub at ws://\S+: it has no stream for us now; trying again in \d+ ms\n")
        watch.signal(signal.SIGINT)
        self.assertEqual(watch.wait(), 0)
        self.assertGreaterEqual(len(watch.out.splitlines()), 3)

    def test_it_comes_back_when_the_connection_breaks(self):
        def answer(handler, query):
            told(("event", EVENT), end=False)(handler, query)
            handler.connection.close()

        fake = self.fake(answer)
        watch = self.running("watch", url=fake.url)
        watch.wait_err("back at", count=2)
        watch.signal(signal.SIGTERM)
        self.assertEqual(watch.wait(), 0)

    def test_a_stream_that_is_there_no_more_ends_it(self):
        fake = self.fake(told(("event", EVENT)))
        watch = self.running("watch", "-n", "1000", url=fake.url)
        watch.wait_err("trying again")
        fake.routes.clear()
        watch.wait_err("the hub answered 404")
        self.assertEqual(watch.wait(), 1)

    def test_lines_come_as_they_happen(self):
        fake = self.fake(told(("event", EVENT), end=False))
        answer = fake.routes[("GET", "/api/v1/events")]

        def waiting(handler, query):
            answer(handler, query)
            handler.rfile.read(1)  # until the reader leaves

        fake.routes[("GET", "/api/v1/events")] = waiting
        watch = self.running("watch", url=fake.url)
        wait_until(lambda: watch.out.count("\n") == 1, "a line")
        self.assertIsNone(watch.process.poll())
        watch.signal(signal.SIGINT)
        self.assertEqual(watch.wait(), 0)
        self.assertEqual(watch.err, "")

    def test_a_hub_that_is_away_at_the_start(self):
        result = self.assert_ends(aldis("watch", url="unix:/nowhere/hub.sock,unix:/nowhere/else.sock"), 3, out="",
                                  err="no hub at unix:/nowhere/hub.sock: .*No such file")
        self.assertIn("unix:/nowhere/else.sock", result.err)
        self.assertLess(result.took, 10)

    def test_the_second_hub_of_a_list(self):
        fake = self.fake(told(("event", EVENT)))
        self.assert_ends(aldis("watch", "-n", "1", url=f"unix:/nowhere/hub.sock,{fake.url}"), 0, err=r"\A\Z")

    def test_a_hub_that_does_not_want_us(self):
        said = {401: "ALDIS_TOKEN", 403: "Unix socket", 503: "too many streams", 404: "nothing here"}
        for status, hint in said.items():
            with self.subTest(status=status):
                fake = self.fake((status, {"status": status, "detail": "too many streams" if status == 503 else "nothing here"}))
                result = self.assert_ends(aldis("watch", url=fake.url), 1, out="")
                self.assertIn(f"answered {status}", result.err)
                self.assertIn(hint, result.err)

    def test_something_else_at_that_address(self):
        fake = self.fake((200, b""))
        self.assert_ends(aldis("watch", url=fake.url), 1, out="", err="not the API of a hub")

    def test_wrong_usage(self):
        for words, part in {tuple("abcdefghijklmnopq"): "one name too many", ("a", "--name", "b"): "given already",
                            ("--since", "1h"): "of which events", ("a", "--filter", ""): "1 to",
                            ("a", "--filter", "x" * 300): "1 to", ("x" * 300,): "255", ("--kind", "news"): "command, event or channel",
                            ("--outcome", "good"): "succeeded, failed", ("-n", "0"): "from 1", ("-n", "x"): "from 1",
                            ("--kind", "event", "--outcome", "lost"): "only commands have one",
                            ("--target", "x" * 300): "255"}.items():
            with self.subTest(words=words):
                result = self.assert_ends(aldis("watch", *words, url="unix:/nowhere"), 2, out="")
                self.assertIn(part, result.err)
                self.assertEqual(result.err.count("\n"), 1)

    def test_it_says_what_it_had_last_when_it_comes_back(self):
        calls = []

        def answer(handler, query):
            calls.append(handler.headers.get("Last-Event-ID"))
            handler.stream()
            handler.push("retry: 50\n\nid: 6\n\n")
            if len(calls) == 2:
                handler.push(f"id: 7\nevent: event\ndata: {json.dumps(EVENT)}\n\nid: 8\nevent: event\ndata: {{\n")
            if len(calls) == 3:
                handler.event("gap", kinds=["event"], name="DAWN\x1b", **{"from": "A", "until": "B"})
                handler.push(f"id: 9\nevent: event\ndata: {json.dumps(EVENT)}\n\n")
            handler.end()

        fake = self.fake(answer)
        watch = self.running("watch", "DAWN", "-n", "2", url=fake.url)
        self.assertEqual(watch.wait(), 0)
        self.assertEqual(calls, [None, "6", "7"])
        self.assertEqual(len(watch.out.splitlines()), 2, watch.out)
        self.assertRegex(watch.err, r"back at ws://\S+\n")
        self.assertNotIn("is not shown", watch.err)
        self.assertRegex(watch.err, r"events DAWN\S* from A to B are missing here: the hub does not remember them\n")
        self.assertNotIn("\x1b", watch.err)

    def test_gaps_as_json(self):
        gap = {"kinds": ["command", "event", "channel"], "from": "A", "until": "B"}
        fake = self.fake(told(("gap", gap), ("event", EVENT)))
        result = self.assert_ends(aldis("watch", "--json", "-n", "1", url=fake.url), 0, err=r"\A\Z")
        self.assertEqual([json.loads(line) for line in result.out.splitlines()],
                         [{"kind": "gap", **gap}, {"kind": "event", **EVENT}])

    def test_names_that_make_no_sense_to_a_daemon_of_the_family(self):
        for words in (["a", "--since", "1h"], ["a", "--filter", "x"], ["a", "--names", "b"]):
            with self.subTest(words=words):
                self.assert_ends(aldis("watch", *words, url="cd://127.0.0.1:1"), 2)


class WithAHub(CliCase):
    def test_events_by_name_that_were_missed(self):
        run = self.world("--echo")
        watch = self.running("watch", "--json", "tide", "-n", "1", "--payload", url=f"unix:{self.at.unix}")
        self.wait_stream()
        self.assert_ends(run("send", "", "tide", "1"), 0)
        self.assertEqual(watch.wait(), 0)
        self.assert_ends(run("send", "--filter", "north,south", "", "tide", "2"), 0)
        self.assert_ends(run("send", "--filter", "south", "lamp", "tide", "3"), 0)
        self.assert_ends(run("send", "lamp", "ebb", "4"), 0)
        result = self.assert_ends(run("watch", "--json", "tide", "--payload", "--since", "0", "-n", "3"), 0, err=r"\A\Z")
        self.assertEqual([(json.loads(line)["payload"], json.loads(line)["to"], json.loads(line).get("filters"))
                          for line in result.out.splitlines()], [(1, "", None), (2, "", "north,south"), (3, "lamp", "south")])
        result = self.assert_ends(run("watch", "tide", "--payload", "--filter", "north", "--since", "1h", "-n", "2"), 0,
                                  err="events tide from .* are missing here")
        self.assertEqual([line.split()[-1] for line in result.out.splitlines()], ["1", "2"])
        self.assertIn("  for north,south  ", result.out)

    def test_events_that_are_said_while_it_is_away(self):
        hub = self.hub()
        door = self.enterContext(Proxy(hub.port))
        watch = self.running("watch", "tide", "--payload", "-n", "3", url=f"ws://127.0.0.1:{door.port}")
        wait_until(lambda: hub.state()["streams"]["open"] == 1, "the stream")
        self.assert_ends(aldis("send", "", "tide", "1", url=f"unix:{hub.unix}"), 0)
        wait_until(lambda: watch.out, "the first")
        door.cut()
        self.assert_ends(aldis("send", "", "tide", "2", url=f"unix:{hub.unix}"), 0)
        watch.wait_err("back at")
        self.assert_ends(aldis("send", "", "tide", "3", url=f"unix:{hub.unix}"), 0)
        self.assertEqual(watch.wait(), 0)
        self.assertEqual([line.split()[-1] for line in watch.out.splitlines()], ["1", "2", "3"])
        self.assertNotIn("missing", watch.err)

    def test_a_command_from_its_submission_to_its_end(self):
        run = self.world("--on", "x=exit 3")
        watch = self.running("watch", "--target", "lamp", "--kind", "command", "--payload", "-n", "5",
                             url=f"unix:{self.at.unix}")
        self.wait_stream()
        self.assert_ends(run("call", "elsewhere", "x"), 11)
        self.assert_ends(run("call", "lamp", "x", '{"n":1}'), 10)
        self.assertEqual(watch.wait(), 0)
        self.assertEqual([line.split()[1] for line in watch.out.splitlines()],
                         ["submitted", "queued", "sent", "running", "failed"])
        self.assertIn('{"n":1}', watch.out.splitlines()[0])
        self.assertIn("agent_failed", watch.out.splitlines()[-1])

    def wait_stream(self):
        wait_until(lambda: self.at.door_counter("streams", "unix") == 1, "the stream")

    def test_events_and_channels(self):
        run = self.world("--echo")
        watch = self.running("watch", "--json", "-k", "event,channel", url=f"unix:{self.at.unix}")
        self.wait_stream()
        sent = run("send", "--json", "lamp", "dawn", "6").json()["id"]
        self.agents[0].signal(signal.SIGTERM)
        self.assertEqual(self.agents[0].wait(), 0)
        wait_until(lambda: '"gone"' in watch.out, "the channel to go")
        watch.signal(signal.SIGINT)
        self.assertEqual(watch.wait(), 0)
        said = [json.loads(line) for line in watch.out.splitlines()]
        self.assertEqual((said[0]["kind"], said[0]["wire_id"], said[0]["fate"]), ("event", sent, "delivered"))
        self.assertEqual({line["kind"] for line in said[1:]}, {"channel"})
        self.assertEqual(said[-1]["target"], "lamp")

    def test_interrupted_while_the_hub_is_away_it_ends_well(self):
        hub = self.hub()
        watch = self.running("watch", url=f"unix:{hub.unix}")
        wait_until(lambda: hub.door_counter("streams", "unix") == 1, "the stream")
        hub.kill()
        watch.wait_err("trying again", count=2)
        watch.signal(signal.SIGINT)
        self.assertEqual(watch.wait(), 0)

    def test_a_hub_that_is_restarted(self):
        hub = self.hub("hub.drain_timeout=0")
        settings = [setting for setting in hub.settings if setting.startswith("unix.path=")]
        watch = self.running("watch", "-k", "channel", url=f"unix:{hub.unix}")
        wait_until(lambda: hub.door_counter("streams", "unix") == 1, "the stream")
        self.assertEqual(hub.stop(), 0)
        watch.wait_err("no hub at unix:")
        self.hub(*settings)
        watch.wait_err("back at unix:")
        self.agent(hub, "--echo")
        wait_until(lambda: " joined " in watch.out, "the agent to be seen")
        watch.signal(signal.SIGINT)
        self.assertEqual(watch.wait(), 0)


if __name__ == "__main__":
    unittest.main()
