"""The verbs that look at a hub and manage it: status, cancel, channels --close and --primary, drain."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import unittest

from cli_rig import CliCase, FakeApi, aldis, environment
from harness import PATIENCE, binary, wait_until

ID = "11111111-2222-4333-8444-555555555555"
COMMAND = f"/api/v1/commands/{ID}"
CHANNEL = f"/api/v1/channels/{ID}"


def command(outcome=None, cause=None, text=None, phase="sent", story=()):
    return {"id": ID, "name": "burn", "to": "lamp", "phase": "done" if outcome else phase, "outcome": outcome, "cause": cause,
            "text": text, "story": [{"at_ms": 0, "text": line} for line in story]}


def problem(status, detail):
    return status, {"type": "about:blank", "title": "No", "status": status, "detail": detail}


class Away(CliCase):
    def test_every_verb_says_at_once_that_there_is_no_hub(self):
        for words in (["status"], ["status", "-f"], ["status", "--json"], ["watch"], ["cancel", ID], ["cancel", "--wait", ID],
                      ["channels", "--close", ID], ["channels", "--primary", ID], ["drain"], ["send", "lamp", "x"]):
            with self.subTest(words=words):
                result = self.assert_ends(aldis(*words, url="unix:/nowhere/hub.sock"), 3, out="")
                self.assertRegex(result.err, r"\Aaldis: no hub at unix:/nowhere/hub.sock: .*No such file.*\n  is it running")
                self.assertLess(result.took, 10)

    def test_something_that_accepts_and_says_nothing_is_no_hub(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            url = f"ws://127.0.0.1:{server.getsockname()[1]}"
            running = [self.running(*words, url=url) for words in (
                ["status", "-f"], ["watch"], ["cancel", ID], ["channels", "--close", ID], ["drain"], ["completion", "targets"])]
            for process in running:
                self.assertEqual(process.wait(), 3, process.err)
            self.assertIn("no answer in time", running[0].err)


class Fake(CliCase):
    def fake(self, routes):
        fake = FakeApi(routes)
        self.addCleanup(fake.__enter__().__exit__)
        return fake


class Cancel(Fake):
    def cancel(self, answer, *words, then=()):
        """What comes of it when the hub answers so, and then so when it is asked what became of the command."""
        answers = list(then)
        fake = self.fake({("POST", COMMAND + "/cancel"): answer,
                          ("GET", COMMAND): lambda *_: (200, answers.pop(0) if len(answers) > 1 else answers[0])})
        return aldis("cancel", *words, ID, url=fake.url), fake

    def test_what_was_queued_is_cancelled_at_once(self):
        result, fake = self.cancel((202, command("cancelled", "taken_back", "taken back by an operator")))
        self.assert_ends(result, 0, "cancelled (taken_back): taken back by an operator\n", r"\A\Z")
        method, path, headers, body = fake.asked[0]
        self.assertEqual((method, path, body, headers["Content-Length"]), ("POST", COMMAND + "/cancel", b"", "0"))

    def test_what_was_sent_is_asked_for(self):
        result, _ = self.cancel((202, command(story=["submitted", "sent", "cancel asked"])))
        self.assert_ends(result, 0, f"asked for: it is sent, and its agent decides; see  aldis explain {ID}\n", r"\A\Z")

    def test_what_cannot_be_cancelled_goes_on(self):
        result, _ = self.cancel((202, command(story=["submitted", "sent", "cancel refused"])))
        self.assert_ends(result, 1, "it goes on: the protocol of its agent cannot cancel; it is sent\n")

    def test_waiting_for_the_outcome(self):
        for outcome, status in {"cancelled": 12, "succeeded": 0, "failed": 10, "expired": 13, "lost": 14}.items():
            with self.subTest(outcome=outcome):
                result, _ = self.cancel((202, command()), "--wait", then=[command(), command(outcome)])
                self.assert_ends(result, status, f"{outcome}\n")

    def test_what_has_its_outcome_keeps_it(self):
        late = problem(409, "The command has its outcome")
        self.assert_ends(self.cancel(late, then=[command("succeeded")])[0], 1, "succeeded\n", "has its outcome already")
        self.assert_ends(self.cancel(late, "-w", then=[command("expired", "deadline")])[0], 13, "expired (deadline)\n")

    def test_what_nobody_knows(self):
        self.assert_ends(self.cancel(problem(404, "unknown"))[0], 1, "", f"knows no command {ID}")

    def test_who_may_not(self):
        self.assert_ends(self.cancel(problem(403, "Not yours"))[0], 1, "", r"answered 403: Not yours\n  .*Unix socket")
        self.assert_ends(self.cancel(problem(401, "Who?"))[0], 1, "", r"answered 401: Who\?\n  .*--token-file")

    def test_json(self):
        result, _ = self.cancel((202, command()), "--json", "--wait", then=[command("cancelled")])
        self.assertEqual(self.assert_ends(result, 12).json(), command("cancelled"))

    def test_wrong_usage(self):
        for words, part in {(): "which command", ("a", "b"): "one argument too many", ("",): "no id"}.items():
            with self.subTest(words=words):
                self.assertIn(part, self.assert_ends(aldis("cancel", *words, url="unix:/nowhere"), 2, out="").err)


class Tokens(Fake):
    def test_every_request_says_who_we_are(self):
        fake = self.fake({("GET", "/api/v1/hub"): (200, {"id": "h"})})
        with open(self.path("token"), "w", encoding="ascii") as file:
            file.write("  t0ken.of-mine=\n")
        for words, env in ((["--token-file", self.path("token")], {}), ([], {"ALDIS_TOKEN": "t0ken.of-mine="}),
                           (["--token-file", self.path("token")], {"ALDIS_TOKEN": "another"})):
            self.assert_ends(aldis("status", *words, url=fake.url, env=env), 0)
            self.assertEqual(fake.asked[-1][2]["Authorization"], "Bearer t0ken.of-mine=")
        self.assert_ends(aldis("status", url=fake.url), 0)
        self.assertNotIn("Authorization", fake.asked[-1][2])

    def test_what_is_no_token(self):
        with open(self.path("token"), "w", encoding="ascii") as file:
            file.write("two words\n")
        for words, env, part in ((["--token-file", self.path("token")], {}, "no token"),
                                 (["--token-file", "/nowhere"], {}, "No such file"),
                                 (["--token-file", "/dev/null"], {}, "no token in it"),
                                 (["--token-file", "/dev/zero"], {}, "no token"),
                                 ([], {"ALDIS_TOKEN": "a\nEvil: 1"}, "ALDIS_TOKEN")):
            with self.subTest(words=words):
                result = self.assert_ends(aldis("status", *words, url="unix:/nowhere", env=env), 2, out="")
                self.assertIn(part, result.err)
                self.assertNotIn("Evil", result.err)


class Channels(Fake):
    def asked(self, *words, method="DELETE", path=CHANNEL, answer=(202, {"id": ID, "target": "lamp"})):
        fake = self.fake({(method, path): answer})
        result = aldis("channels", *words, url=fake.url)
        self.assertEqual(fake.asked[0][0], method)
        return result, fake.asked[0][1]

    def test_close(self):
        result, path = self.asked("--close", ID)
        self.assertEqual(path, CHANNEL)
        self.assert_ends(result, 0, f"channel {ID} of lamp is said goodbye, and asked to come back\n", r"\A\Z")
        result, path = self.asked("--close", ID, "--no-reconnect")
        self.assertEqual(path, CHANNEL + "?reconnect=false")
        self.assert_ends(result, 0, f"channel {ID} of lamp is said goodbye, and told to stay away\n")

    def test_primary(self):
        result, _ = self.asked("--primary", ID, method="POST", path=CHANNEL + "/primary")
        self.assert_ends(result, 0, f"channel {ID} of lamp is to be primary, as soon as it confirms\n", r"\A\Z")

    def test_json(self):
        result, _ = self.asked("--close", ID, "--json")
        self.assertEqual(self.assert_ends(result, 0).json(), {"id": ID, "target": "lamp"})

    def test_what_the_hub_has_against_it(self):
        for answer, said in ((problem(404, "gone"), f"no channel {ID}"), (problem(409, "It is leaving"), "409: It is leaving"),
                             (problem(403, "No"), "403: No\n  .*Unix socket")):
            with self.subTest(answer=answer):
                self.assert_ends(self.asked("--close", ID, answer=answer)[0], 1, "", said)

    def test_wrong_usage(self):
        for words, part in {("--close", "a", "--primary", "b"): "at a time", ("--no-reconnect",): "which channel",
                            ("--close", ""): "no id"}.items():
            with self.subTest(words=words):
                self.assertIn(part, self.assert_ends(aldis("channels", *words, url="unix:/nowhere"), 2, out="").err)


class Drain(Fake):
    def test_it_asks_for_it(self):
        fake = self.fake({("POST", "/api/v1/hub/drain"): (202, {"draining": True})})
        self.assert_ends(aldis("drain", url=fake.url), 0, f"the hub at {fake.url} takes no new commands, finishes what runs, "
                         "and ends\n", r"\A\Z")
        self.assertEqual(aldis("drain", "--json", url=fake.url).json(), {"draining": True})

    def test_who_may_not(self):
        fake = self.fake({("POST", "/api/v1/hub/drain"): problem(403, "Not over this door")})
        self.assert_ends(aldis("drain", url=fake.url), 1, "", r"403: Not over this door\n  .*Unix socket")


class WithAHub(CliCase):
    def call(self, run, *words):
        """A call that runs, and its id."""
        call = self.running("call", *words, url=f"unix:{self.at.unix}")
        self.wait_phases("running")
        return call, self.at.get("/api/v1/commands")["commands"][0]["id"]

    def test_a_command_that_runs_is_taken_back(self):
        run = self.world("--on", "burn=sleep 60")
        call, burning = self.call(run, "lamp", "burn")
        self.assert_ends(run("cancel", "--wait", burning), 12, err=r"\A\Z")
        self.assertEqual(call.wait(), 12)
        self.assert_ends(run("cancel", burning), 1, err="has its outcome already")
        self.assert_ends(run("cancel", "00000000-0000-4000-8000-000000000000"), 1, err="knows no command")

    def test_a_command_that_waits_in_a_queue_is_cancelled_at_once(self):
        run = self.world("--on", "burn=sleep 60", settings=["limits.channel_in_flight_max=1"])
        first, _ = self.call(run, "lamp", "burn")
        second = self.running("call", "lamp", "burn", url=f"unix:{self.at.unix}")
        self.wait_phases("running", "queued")
        queued, = (c["id"] for c in self.at.get("/api/v1/commands?phase=queued")["commands"])
        self.assert_ends(run("cancel", queued), 0, err=r"\A\Z")
        self.assertEqual(second.wait(), 12)
        first.signal(signal.SIGINT)
        self.assertEqual(first.wait(), 12)

    def test_a_channel_is_sent_away_and_comes_back(self):
        run = self.world("--echo")
        old = self.at.channels("lamp")[0]["id"]
        self.assert_ends(run("channels", "--close", old), 0, err=r"\A\Z")
        self.at.wait_channel("lamp", lambda channel: channel["id"] != old)
        self.assert_ends(run("channels", "--close", old), 1, err="no channel")

    def test_a_channel_is_told_to_stay_away(self):
        run = self.world("--echo")
        self.assert_ends(run("channels", "--close", self.at.channels("lamp")[0]["id"], "--no-reconnect"), 0)
        self.assertEqual(self.agents[0].wait(), 3)

    def test_another_channel_becomes_primary(self):
        run = self.world("--echo", agents=2)
        self.at.wait_channel("lamp", lambda channel: channel["primary"])
        other, = (channel["id"] for channel in self.at.channels("lamp") if not channel["primary"])
        self.assert_ends(run("channels", "--primary", other), 0, err=r"\A\Z")
        self.at.wait_channel("lamp", lambda channel: channel["primary"] and channel["id"] == other)

    def test_over_tcp_nobody_manages(self):
        run = self.world("--echo")
        url = f"ws://{self.at.door('http')}"
        for words in (["channels", "--close", self.at.channels("lamp")[0]["id"]], ["drain"]):
            result = self.assert_ends(aldis(*words, url=url), 1, out="", err="answered 403")
            self.assertIn("Unix socket", result.err)
        self.assert_ends(run("call", "lamp", "x"), 0)

    def test_a_hub_drains_and_ends(self):
        run = self.world("--on", "x=sleep 0.5; echo done")
        call, _ = self.call(run, "lamp", "x")
        self.assert_ends(run("drain"), 0, err=r"\A\Z")
        self.assertEqual(call.wait(), 0)
        self.assertEqual(self.at.wait(), 0)
        self.assert_ends(run("drain"), 3)


class Status(Fake):
    def test_a_hub_at_a_glance(self):
        run = self.world("--echo")
        self.assert_ends(run("call", "lamp", "x"), 0)
        self.assert_ends(run("call", "nobody", "x"), 11)
        out = self.assert_ends(run("status"), 0, err=r"\A\Z").out
        for line in (r"hub +\w+, aldis \d+\.\d+\.\d+", r"up +\d.*, since 2\d{3}-.*Z", r"doors +http +127\.0\.0\.1:\d+",
                     r" +unix +/.*aldis\.sock", r"connected +1 connections, 1 targets, 1 channels",
                     r"under way +0 in flight, 0 queued \(0 bytes\)",
                     r"outcomes +1 succeeded, 0 failed, 1 refused, 0 cancelled, 0 expired, 0 lost", r"trouble +none"):
            self.assertRegex(out, rf"(?m)^{line}$")
        self.assertNotIn("\x1b", out)

    def test_json_is_what_the_api_says(self):
        run = self.world("--echo")
        self.assertEqual(run("status", "--json").json()["id"], self.at.state()["id"])

    def test_trouble_is_shown_by_name(self):
        fake = self.fake({("GET", "/api/v1/hub"): (200, {
            "id": "h\x1b[2J", "draining": True, "counters": {"events_dropped": 3, "commands_failed": 2, "registrations": 9},
            "dialects": {"exchange": {"malformed": 4, "frames": 7}}, "doors": [{"name": "http", "address": "a:1",
                                                                              "counters": {"refused_full": 5}}],
            "latency": {"count": 10, "buckets": [{"le_ms": 1, "count": 5}, {"le_ms": 10, "count": 9},
                                                 {"le_ms": 100, "count": 10}]}})})
        out = self.assert_ends(aldis("status", url=fake.url), 0).out
        self.assertNotIn("\x1b", out)
        self.assertRegex(out, r"(?m)^hub .*, draining$")
        self.assertRegex(out, r"(?m)^took +half at most 1 ms, 95 % at most 100 ms, 99 % at most 100 ms$")
        self.assertEqual(re.findall(r"(?m)^(?:trouble)? +(\d+ [\w ]+)$", out),
                         ["3 events_dropped", "4 dialects exchange malformed", "5 door http refused_full"])

    def test_an_answer_that_lacks_everything(self):
        fake = self.fake({("GET", "/api/v1/hub"): (200, {})})
        self.assert_ends(aldis("status", url=fake.url), 0, err=r"\A\Z")

    def test_following_it(self):
        hub = self.hub()
        status = self.running("status", "-f", url=f"unix:{hub.unix}")
        wait_until(lambda: status.out.count("a second") >= 2, "two looks")
        hub.kill()
        status.wait_err("no hub at unix:.*; looking again every second")
        status.signal(signal.SIGINT)
        self.assertEqual(status.wait(), 0)
        self.assertNotIn("\x1b", status.out)

    def test_following_it_as_json(self):
        hub = self.hub()
        status = self.running("--json", "status", "-f", url=f"unix:{hub.unix}")
        wait_until(lambda: status.out.count("\n") >= 2, "two looks")
        status.signal(signal.SIGTERM)
        self.assertEqual(status.wait(), 0)
        self.assertEqual({json.loads(line)["id"] for line in status.out.splitlines()}, {hub.state()["id"]})

    def screen(self, hub, **env):
        """What a terminal is told in a few looks."""
        seen = b""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(binary("aldis"), ["aldis", "-H", f"unix:{hub.unix}", "status", "-f"],
                      environment(TERM="xterm", **env))
        try:
            while seen.count(b"trouble") < 2:
                seen += os.read(terminal, 65536)
            os.kill(pid, signal.SIGINT)
            try:
                while data := os.read(terminal, 65536):
                    seen += data
            except OSError:
                pass  # how the end of a terminal is told
        finally:
            os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        return seen

    def test_a_terminal_is_painted_over_and_given_back(self):
        hub = self.hub()
        seen = self.screen(hub)
        self.assertTrue(seen.startswith(b"\x1b[?1049h"), seen)
        self.assertTrue(seen.endswith(b"\x1b[?1049l"), seen)
        self.assertIn(b"\x1b[1m", seen)
        self.assertNotIn(b"\x1b[1m", self.screen(hub, NO_COLOR="1"))

    def test_wrong_usage(self):
        self.assertIn("one argument too many", self.assert_ends(aldis("status", "x", url="unix:/nowhere"), 2).err)


class Help(CliCase):
    def test_every_verb_teaches_by_example(self):
        program = subprocess.run([binary("aldis"), "help"], capture_output=True, text=True, timeout=PATIENCE, check=True)
        verbs = re.findall(r"(?m)^  ([a-z]+) {2,}\S", program.stdout.split("Verbs")[1].split("Options")[0])
        self.assertGreaterEqual(set(verbs), {"call", "send", "agent", "targets", "channels", "explain", "status", "watch",
                                             "cancel", "drain"})
        for verb in verbs:
            with self.subTest(verb=verb):
                text = self.assert_ends(aldis(verb, "--help"), 0, err=r"\A\Z").out
                self.assertRegex(text, rf"\Aaldis {verb}\b")
                self.assertRegex(text, rf"(?m)^  .*\baldis (-\S+ \S+ )?{verb}\b")
                self.assertLessEqual(max(len(line) for line in text.splitlines()), 110)


if __name__ == "__main__":
    unittest.main()
