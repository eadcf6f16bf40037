"""The command line: every verb, option and exit status, against real hubs, agents and interruptions."""

import http.server
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

from cli_rig import ID, CliCase, Proxy, aldis, environment
from harness import PATIENCE, Hub, binary, wait_until


class Usage(CliCase):
    def test_help_is_everywhere_and_teaches_by_example(self):
        for words in (["--help"], ["help"], ["-h"]):
            result = self.assert_ends(aldis(*words), 0)
            for verb in ("call", "agent", "targets", "channels", "explain"):
                self.assertRegex(result.out, rf"(?m)^  {verb} ")
        for verb in ("call", "agent", "targets", "channels", "explain"):
            long = self.assert_ends(aldis(verb, "--help"), 0, err=r"\A\Z")
            self.assertRegex(long.out, rf"(?m)^  aldis {verb}\b")
            self.assertIn("--json", long.out)
            self.assertEqual(self.assert_ends(aldis("help", verb), 0).out, long.out)
            self.assertLessEqual(max(len(line) for line in long.out.splitlines()), 132)

    def test_version(self):
        self.assertRegex(self.assert_ends(aldis("--version"), 0).out, r"\Aaldis \d+\.\d+\.\d+\n\Z")

    def test_wrong_usage_is_one_line_that_says_what_and_where_to_look(self):
        wrong = {
            (): "name a verb",
            ("shout",): "no verb shout",
            ("--nonsense",): "no option --nonsense",
            ("help", "shout"): "no verb shout",
            ("-H", "ftp://x", "targets"): "ftp://x",
            ("-H",): "needs a value",
            ("targets", "extra"): "extra",
            ("channels", "extra"): "extra",
            ("channels", "--target"): "needs a value",
            ("explain",): "which command",
            ("explain", "a", "b"): "one argument too many",
            ("explain", ""): "no id",
            ("call",): "TARGET and NAME",
            ("call", "lamp"): "NAME after TARGET",
            ("call", "lamp", ""): "name must be",
            ("call", "lamp", "n" * 300): "name must be",
            ("call", "lamp", "x", "{}", "more"): "one argument too many",
            ("call", "lamp", "x", "hello"): "line 1, column 1",
            ("call", "lamp", "x", '{"a":1,\n"b" 2}'): "line 2, column 5",
            ("call", "lamp", "x", "@/nowhere/at/all"): "/nowhere/at/all",
            ("call", "a:b:c", "x"): "no target",
            ("call", "a#", "x"): "no target",
            ("call", "*", "x"): "many targets",
            ("call", "--deadline", "5", "lamp", "x"): "5s",
            ("call", "--deadline", "0s", "lamp", "x"): "more than nothing",
            ("call", "--deadline", "99999h", "lamp", "x"): "at most",
            ("call", "--mode", "some", "lamp", "x"): "any, primary or all",
            ("call", "--mode", "channel", "lamp", "x"): "which one",
            ("call", "--mode", "all", "--channel", "c", "lamp", "x"): "channel is named",
            ("call", "--channel", "c", "lamp#d", "x"): "another channel",
            ("call", "--durable=yes", "lamp", "x"): "takes no value",
            ("agent",): "--target NAME",
            ("agent", "--target", "lamp"): "--on NAME=PROGRAM",
            ("agent", "--target", "", "--echo"): "name must be",
            ("agent", "--target", "lamp", "--on", "x"): "NAME=PROGRAM",
            ("agent", "--target", "lamp", "--on", "=x"): "NAME=PROGRAM",
            ("agent", "--target", "lamp", "--on", "x=a", "--on", "x=b"): "has a program already",
            ("agent", "--target", "lamp", "--echo", "--jobs", "0"): "from 1",
            ("agent", "--target", "lamp", "--echo", "more"): "one argument too many",
            ("-H", "wss://localhost:1", "--ca", "/nowhere/ca.pem", "targets"): "/nowhere/ca.pem",
            ("-H", "wss://localhost:1", "--ca", "/nowhere/ca.pem", "call", "a", "b"): "/nowhere/ca.pem",
        }
        for words, part in wrong.items():
            with self.subTest(words=words):
                result = self.assert_ends(aldis(*words, env={"XDG_RUNTIME_DIR": self.scratch.name}), 2, out="")
                self.assertEqual(result.err.count("\n"), 1, result)
                self.assertIn(part, result.err)
                self.assertIn("see: aldis help", result.err)

    def test_the_hub_may_come_from_the_environment(self):
        hub = self.hub()
        self.assert_ends(aldis("targets", env={"ALDIS_URL": f"unix:{hub.unix}"}), 0)
        result = self.assert_ends(aldis("targets", env={"ALDIS_URL": "mailto:me"}), 2)
        self.assertIn("ALDIS_URL", result.err)

    def test_output_that_cannot_be_written_is_trouble(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([binary("aldis"), "help"], stdout=full, stderr=subprocess.PIPE, env=environment())
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)


class NoHub(CliCase):
    def test_reading_says_at_once_where_it_looked_and_what_to_do(self):
        for words in (["targets"], ["channels"], ["explain", "x"], ["--json", "targets"]):
            result = self.assert_ends(aldis(*words, url="unix:/nowhere/hub.sock"), 3, out="")
            self.assertIn("unix:/nowhere/hub.sock", result.err)
            self.assertIn("No such file", result.err)
            self.assertIn("-H URL", result.err)
            self.assertLess(result.took, 2.5)

    def test_a_call_looks_for_a_hub_for_three_seconds(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        result = self.assert_ends(aldis("call", "lamp", "x", url=f"ws://127.0.0.1:{port},unix:/nowhere/hub.sock"), 3, out="")
        self.assertIn(f"ws://127.0.0.1:{port}", result.err)
        self.assertIn("unix:/nowhere/hub.sock", result.err)
        self.assertGreater(result.took, 2.5)
        self.assertLess(result.took, 8)

    def test_a_call_looks_no_longer_than_its_deadline(self):
        result = self.assert_ends(aldis("call", "--deadline", "300ms", "lamp", "x", url="unix:/nowhere/hub.sock"), 3)
        self.assertLess(result.took, 2)

    def test_the_default_is_the_local_socket(self):
        result = self.assert_ends(aldis("targets", env={"XDG_RUNTIME_DIR": self.scratch.name}), 3)
        place = "/run" if os.geteuid() == 0 else self.scratch.name
        self.assertIn(f"unix:{place}/aldis/aldis.sock", result.err)
        self.assertIn("aldisd", result.err)

    def test_something_that_accepts_and_says_nothing_is_no_hub(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            url = f"ws://127.0.0.1:{server.getsockname()[1]}"
            self.assert_ends(aldis("call", "--deadline", "500ms", "lamp", "x", url=url), 3, out="")

    def test_a_call_waits_for_a_hub_that_is_just_starting(self):
        hub = Hub()
        self.addCleanup(hub.__exit__, None, None, None)
        call = self.running("call", "nobody", "x", url=f"unix:{hub.unix}")
        hub.start()
        self.assertEqual(call.wait(), 11)


class Call(CliCase):
    def test_prints_the_payload_and_nothing_else(self):
        at = self.world()
        self.assert_ends(at("call", "lamp", "signal", '{"letters": "SOS"}'), 0, '{"letters": "SOS"}\n', r"\A\Z")
        self.assert_ends(at("call", "lamp", "signal", "-5"), 0, "-5\n")
        self.assert_ends(at("call", "lamp", "signal"), 0, "")

    def test_takes_its_payload_from_standard_input_and_from_a_file(self):
        at = self.world()
        self.assert_ends(at("call", "lamp", "signal", "-", stdin=b"[1,2]\n"), 0, "[1,2]\n")
        with open(self.path("payload"), "w", encoding="utf-8") as file:
            file.write('{"from": "a file"}')
        self.assert_ends(at("call", "lamp", "signal", "@" + self.path("payload")), 0, '{"from": "a file"}\n')
        self.assert_ends(at("call", "lamp", "signal", "-", stdin=b"{"), 2, "", "standard input is not JSON: line 1, column 2")

    def test_tells_the_whole_outcome_as_json(self):
        at = self.world("--echo", "--on", "bad=echo oops >&2; exit 7")
        good = self.assert_ends(at("--json", "call", "lamp", "signal", "[\n1]"), 0)
        self.assertEqual(good.out.count("\n"), 1)
        outcome = good.json()
        self.assertRegex(outcome.pop("id"), ID)
        self.assertRegex(outcome.pop("channel"), ID)
        outcome.pop("state")
        self.assertEqual(outcome, {"outcome": "succeeded", "payload": [1]})
        bad = self.assert_ends(at("call", "--json", "lamp", "bad"), 10).json()
        self.assertEqual(
            {name: bad[name] for name in ("outcome", "cause", "text", "details")},
            {"outcome": "failed", "cause": "agent_failed", "text": "oops", "details": {"status": 7}},
        )

    def test_failed_is_10(self):
        at = self.world("--on", "bad=echo 'no lamp' >&2; exit 7")
        result = self.assert_ends(at("call", "lamp", "bad"), 10, "")
        self.assertIn("failed (agent_failed): no lamp", result.err)
        self.assertIn('{"status":7}', result.err)
        command = re.search(rf"explain ({ID})", result.err).group(1)
        self.assert_ends(at("explain", command), 0)

    def test_refused_is_11(self):
        at = self.world("--on", "x=true")
        for words, cause in (
            (["nobody", "x"], "no_target"),
            (["lamp", "unheard"], "no_handler"),
            (["--channel", "00000000-0000-4000-8000-000000000000", "lamp", "x"], "no_channel"),
            (["--durable", "lamp", "x"], "unsupported"),
            (["lamp", "HELLO"], "invalid"),
        ):
            self.assert_ends(at("call", *words), 11, "", cause)

    def test_expired_is_13_and_comes_by_the_deadline_plus_a_second(self):
        at = self.world("--on", "burn=sleep 60")
        result = self.assert_ends(at("call", "--deadline", "500ms", "lamp", "burn"), 13, "", "expired")
        self.assertLess(result.took, 5)
        self.assertIn("it was running", result.err)

    def test_lost_is_14(self):
        at = self.world("--on", "burn=sleep 60")
        call = self.running("call", "lamp", "burn", url=f"unix:{self.at.unix}")
        self.wait_phases("running")
        self.agents[0].signal(signal.SIGKILL)
        self.assertEqual(call.wait(), 14)
        self.assertIn("lost (link_ended)", call.err)
        self.assertIn("it was running", call.err)

    def interrupt(self, number, burn="burn=sleep 60"):
        self.world("--on", burn)
        call = self.running("call", "lamp", "burn", url=f"unix:{self.at.unix}")
        self.at.wait_channel("lamp", lambda channel: channel["in_flight"] == 1)
        call.signal(number)
        return call

    def test_cancelled_is_12_after_an_interrupt(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            call = self.interrupt(number)
            self.assertEqual(call.wait(), 12)
            self.assertIn("cancelled (taken_back)", call.err)

    def test_a_second_interrupt_leaves_at_once(self):
        deaf = self.path("deaf")
        self.world("--on", f"burn=trap '' TERM; : >{deaf}; while [ -e {deaf} ]; do sleep 0.1; done")
        call = self.running("call", "lamp", "burn", url=f"unix:{self.at.unix}")
        wait_until(lambda: os.path.exists(deaf), "a program that does not hear TERM")
        call.signal(signal.SIGINT)
        self.at.wait_counter(lambda: self.at.counter("cancels_asked"), 1)

        def left():
            call.signal(signal.SIGINT)
            return call.process.poll() is not None
        wait_until(left, "the call to leave")
        self.assertEqual(call.wait(2), 14)
        self.assertRegex(call.err, rf"left before the outcome was known\n.*explain {ID}")

    def test_an_interrupt_sent_to_the_process_and_to_its_group_is_one(self):
        call = self.interrupt(signal.SIGINT)
        call.signal(signal.SIGINT)
        self.assertEqual(call.wait(), 12)
        self.assertIn("cancelled (taken_back)", call.err)

    def test_an_interrupt_before_there_is_a_hub_cancels(self):
        call = self.running("call", "lamp", "x", url="unix:/nowhere/hub.sock")
        # It can be told only that the process runs and catches the signal.
        wait_until(lambda: self.catches(call.process.pid, signal.SIGINT), "handler")
        call.signal(signal.SIGINT)
        self.assertEqual(call.wait(), 12)

    @staticmethod
    def catches(pid, number):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            caught = next(line for line in status if line.startswith("SigCgt:")).split()[1]
        return int(caught, 16) >> (number - 1) & 1

    def test_mode_all_prints_a_line_a_member_as_they_come(self):
        hub = self.hub()
        self.agent(hub, "--on", "who=echo quick")
        self.agent(hub, "--on", f"who=while [ ! -e {self.path('go')} ]; do sleep 0.05; done; echo slow")
        call = self.running("call", "--mode", "all", "lamp", "who", url=f"unix:{hub.unix}")
        wait_until(lambda: call.out.count("\n") == 1, "the first member")
        self.assertRegex(call.out, rf'\A{ID} succeeded "quick"\n\Z')
        with open(self.path("go"), "w", encoding="ascii"):
            pass
        self.assertEqual(call.wait(), 0)
        self.assertRegex(call.out, rf'\A{ID} succeeded "quick"\n{ID} succeeded "slow"\n\Z')

    def test_mode_all_fails_when_a_member_does(self):
        hub = self.hub()
        self.agent(hub, "--on", "x=echo fine")
        self.agent(hub, "--on", "x=echo broken >&2; exit 1")
        result = self.assert_ends(aldis("call", "--mode", "all", "lamp", "x", url=f"unix:{hub.unix}"), 10)
        self.assertEqual(sorted(line.split(" ", 1)[1] for line in result.out.splitlines()),
                         ['failed "broken"', 'succeeded "fine"'])
        roster = aldis("call", "--json", "--mode", "all", "lamp", "x", url=f"unix:{hub.unix}").json()["roster"]
        self.assertEqual(sorted(member["outcome"] for member in roster), ["failed", "succeeded"])

    def test_mode_all_has_large_payloads_too(self):
        at = self.world("--on", "x=head -c 100000 /dev/zero | tr '\\0' x", agents=2)
        result = self.assert_ends(at("call", "--mode", "all", "lamp", "x"), 0)
        self.assertEqual([len(line.split(" ", 2)[2]) for line in result.out.splitlines()], [100002, 100002])

    def test_mode_primary_and_a_named_channel(self):
        at = self.world("--on", "who=echo $PPID", agents=2)
        primary = self.at.wait_channel("lamp", lambda channel: channel["primary"])[0]
        self.assert_ends(at("call", "--mode", "primary", "lamp", "who"), 0)
        for channel in self.at.channels("lamp"):
            by_option = at("call", "--json", "--channel", channel["id"], "lamp", "who").json()
            by_address = at("call", "--json", f"lamp#{channel['id']}", "who").json()
            self.assertEqual((by_option["channel"], by_address["channel"]), (channel["id"], channel["id"]))
            self.assertEqual(by_option["payload"], by_address["payload"])
        self.assertEqual(at("call", "--json", "--mode", "primary", "lamp", "who").json()["channel"], primary["id"])

    def test_idempotent_commands_get_another_attempt(self):
        hub = self.hub()
        first = self.agent(hub, "--on", "x=sleep 60")
        call = self.running("call", "--idempotent", "lamp", "x", url=f"unix:{hub.unix}")
        hub.wait_channel("lamp", lambda channel: channel["in_flight"] == 1)
        self.agent(hub, "--on", "x=echo again")
        first.signal(signal.SIGKILL)
        self.assertEqual(call.wait(), 0)
        self.assertEqual(call.out, '"again"\n')

    def test_ten_megabytes_go_there_and_back(self):
        at = self.world("--on", "x=cat")
        payload = json.dumps({"big": "x" * 10_000_000}).encode()
        result = self.assert_ends(at("call", "lamp", "x", "-", stdin=payload), 0)
        self.assertEqual(result.out.encode(), payload + b"\n")

    def test_a_payload_that_no_message_can_carry_is_wrong_usage(self):
        at = self.world()
        result = self.assert_ends(at("call", "lamp", "x", "-", stdin=b'"' + b"x" * 13_100_000 + b'"'), 2, "")
        self.assertIn("larger", result.err)

    def test_a_reader_that_leaves_is_no_drama(self):
        self.world("--on", "x=head -c 1000000 /dev/zero | tr '\\0' x")
        call = subprocess.Popen(
            [binary("aldis"), "-H", f"unix:{self.at.unix}", "call", "lamp", "x"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        call.stdout.read(1)
        call.stdout.close()
        err = call.stderr.read()
        call.stderr.close()
        self.assertEqual((call.wait(PATIENCE), err), (1, b""))

    def test_names_that_only_percents_can_say(self):
        hub = self.hub()
        self.agent(hub, "--echo", target="a:b #ü")
        self.assert_ends(aldis("call", "a%3Ab%20%23ü", "x", "1", url=f"unix:{hub.unix}"), 0, "1\n")

    def test_text_from_an_agent_commands_no_terminal(self):
        at = self.world("--on", "x=printf '\\033[2Jgone' >&2; exit 1")
        self.assertNotIn("\x1b", self.assert_ends(at("call", "lamp", "x"), 10).err)


class Restart(CliCase):
    def restart(self, hub):
        hub.kill()
        hub.doors.clear()
        hub.process.stdout.close()
        hub.start()

    def test_a_call_in_flight_at_a_hub_that_is_killed_is_lost(self):
        hub = self.hub()
        agent = self.agent(hub, "--on", "burn=sleep 60", "--echo")
        call = self.running("call", "lamp", "burn", url=f"unix:{hub.unix}")
        hub.wait_channel("lamp", lambda channel: channel["in_flight"] == 1)
        self.restart(hub)
        self.assertEqual(call.wait(), 14)
        self.assertIn("lost (hub_lost)", call.err)
        agent.wait_err("registered as", count=2)
        self.assert_ends(aldis("call", "lamp", "x", "1", url=f"unix:{hub.unix}"), 0, "1\n")

    def test_a_call_whose_hub_never_comes_back_is_lost_by_its_deadline(self):
        hub = self.hub(clean=False)
        self.agent(hub, "--on", "burn=sleep 60")
        start = time.monotonic()
        call = self.running("call", "--deadline", "2s", "lamp", "burn", url=f"unix:{hub.unix}")
        hub.wait_channel("lamp", lambda channel: channel["in_flight"] == 1)
        hub.kill()
        self.assertEqual(call.wait(), 14)
        self.assertLess(time.monotonic() - start, 5)

    def test_an_outcome_is_asked_for_when_only_the_link_was_lost(self):
        hub = self.hub()
        self.agent(hub, "--on", f"wait=while [ ! -e {self.path('go')} ]; do sleep 0.05; done; echo done")
        with Proxy(hub.port) as proxy:
            call = self.running("call", "lamp", "wait", url=f"ws://127.0.0.1:{proxy.port}")
            hub.wait_channel("lamp", lambda channel: channel["in_flight"] == 1)
            proxy.cut()
            wait_until(lambda: proxy.accepted == 2, "coming back")
            with open(self.path("go"), "w", encoding="ascii"):
                pass
            self.assertEqual(call.wait(), 0, call.err)
            self.assertEqual(call.out, '"done"\n')

    def test_an_agent_moves_along_its_list_of_hubs_and_comes_back(self):
        first, second = self.hub(clean=False), self.hub(clean=False)
        urls = f"unix:{first.unix},unix:{second.unix}"
        agent = self.agent(first, "--echo", url=urls)
        first.wait_channel("lamp")
        first.kill()
        agent.wait_err(re.escape(f"lost the hub at unix:{first.unix}"))
        second.wait_channel("lamp")
        agent.wait_err(r"trying again in \d+ ms")
        first.doors.clear()
        first.process.stdout.close()
        first.start()
        second.kill()
        first.wait_channel("lamp")
        self.assert_ends(aldis("call", "lamp", "x", "2", url=urls), 0, "2\n")
        self.assertIsNone(agent.process.poll())

    def test_a_hub_that_stops_sends_its_agents_to_the_next(self):
        first, second = self.hub(), self.hub()
        agent = self.agent(first, "--echo", url=f"unix:{first.unix},unix:{second.unix}")
        first.wait_channel("lamp")
        self.assertEqual(first.stop(), 0)
        second.wait_channel("lamp")
        agent.wait_err("asked us to reconnect")


class Tls(CliCase):
    def test_wss_is_verified_unless_told_otherwise(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", self.path("key.pem"), "-out", self.path("cert.pem")], check=True, capture_output=True)
        hub = self.hub(f"http.tls_cert={self.path('cert.pem')}", f"http.tls_key={self.path('key.pem')}")
        url = f"wss://127.0.0.1:{hub.port}"
        self.agent(hub, "--echo", "--ca", self.path("cert.pem"), url=url)
        for words in (["call", "lamp", "x", "1"], ["targets"]):
            self.assert_ends(aldis("--ca", self.path("cert.pem"), *words, url=url), 0)
            self.assert_ends(aldis("--insecure", *words, url=url), 0)
            self.assert_ends(aldis(*words, url=url), 3, err="certificate")


class Read(CliCase):
    def test_targets(self):
        at = self.world(agents=2)
        table = self.assert_ends(at("targets"), 0).out.splitlines()
        self.assertEqual(table[0].split(), ["TARGET", "CHANNELS", "LIVE", "ACTIVE", "QUEUED", "PRIMARY"])
        self.assertEqual(table[1].split()[:5], ["lamp", "2", "2", "2", "0"])
        self.assertEqual(at("--json", "targets").json()["targets"][0]["name"], "lamp")
        self.assertEqual(at("--json", "channels", "--target", "nobody").json(), {"channels": []})

    def test_channels(self):
        at = self.world(agents=2)
        self.agent(self.at, "--echo", target="other one")
        self.at.wait_channel("lamp", lambda channel: channel["primary"])
        table = self.assert_ends(at("channels"), 0).out.splitlines()
        self.assertEqual(len(table), 4)
        self.assertEqual(sum("live,primary" in line for line in table), 2)
        self.assertRegex(table[1], rf"\A{ID}  lamp ")
        self.assertEqual(len(self.assert_ends(at("channels", "--target", "other one"), 0).out.splitlines()), 2)
        self.assertEqual(self.assert_ends(at("channels", "--target", "no&one"), 0).out.count("\n"), 1)
        self.assertEqual(len(at("channels", "--json", "--target", "lamp").json()["channels"]), 2)

    def test_explain_tells_the_story(self):
        at = self.world("--on", "x=echo oops >&2; exit 3")
        command = at("call", "--json", "lamp", "x", '"hi"').json()["id"]
        story = self.assert_ends(at("explain", command), 0).out
        self.assertRegex(story, r"(?m)^command    x to lamp$")
        self.assertIn(f"called     {command} by its sender", story)
        self.assertRegex(story, r"(?m)^outcome    failed \(agent_failed\): oops, after \d+ ms$")
        lines = re.findall(r"(?m)^ +(\d+) ms  (\w+)  +\S", story)
        self.assertEqual([word for _, word in lines], ["submitted", "sent", "running", "failed"])
        self.assertEqual([int(ms) for ms, _ in lines], sorted(int(ms) for ms, _ in lines))
        whole = at("explain", "--json", command).json()
        self.assertEqual((whole["wire_id"], whole["outcome"]), (command, "failed"))
        self.assert_ends(at("explain", whole["id"]), 0, story)  # the hub's own id means the same

    def test_explain_tells_of_each_member(self):
        at = self.world(agents=2)
        command = at("call", "--json", "--mode", "all", "lamp", "x").json()["id"]
        story = self.assert_ends(at("explain", command), 0).out
        self.assertIn("mode all", story)
        self.assertEqual(len(re.findall(rf"(?m)^  member lamp#{ID}$", story)), 2)

    def test_explain_shows_what_still_runs(self):
        at = self.world("--on", "x=sleep 60")
        call = self.running("call", "lamp", "x", url=f"unix:{self.at.unix}")
        self.at.wait_channel("lamp", lambda channel: channel["in_flight"] == 1)
        command = self.at.get("/api/v1/commands")["commands"][0]["id"]
        self.assertIn("not yet; it is", self.assert_ends(at("explain", command), 0).out)
        call.signal(signal.SIGTERM)
        self.assertEqual(call.wait(), 12)

    def test_explain_of_an_unknown_command_says_so(self):
        at = self.world()
        for name in ("nonsense", "a/b?c#d%e", "ü", "00000000-0000-4000-8000-000000000000"):
            result = self.assert_ends(at("explain", name), 1, "")
            self.assertIn(f"knows no command {name}", result.err)

    def api(self, pages):
        """An API that is not a hub's: `pages` are the answers to paths."""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = pages(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if body:
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"ws://127.0.0.1:{server.server_port}/prefix/"

    def test_long_lists_are_read_page_by_page(self):
        pages = {
            "/prefix/api/v1/targets?limit=1000": b'{"targets":[{"name":"a"},{"name":"b"}],"next":"17"}',
            "/prefix/api/v1/targets?limit=1000&after=17": b'{"targets":[{"name":"c"}]}',
        }
        url = self.api(lambda path: (200, pages[path]))
        self.assertEqual([line.split()[0] for line in aldis("targets", url=url).out.splitlines()], ["TARGET", "a", "b", "c"])
        self.assertEqual(aldis("targets", "--json", url=url).out, '{"targets":[{"name":"a"},{"name":"b"},{"name":"c"}]}\n')

    def test_what_is_no_hub_is_told_from_one(self):
        for status, body, word in (
            (200, b"<html>", "not the API of a hub"),
            (404, b"", "not the API of a hub"),
            (503, b'{"status":503,"detail":"draining"}', "503: draining"),
        ):
            result = aldis("targets", url=self.api(lambda path, status=status, body=body: (status, body)))
            self.assertEqual(result.status, 1, result)
            self.assertIn(word, result.err)

    def test_the_next_hub_is_asked_when_one_is_gone(self):
        at = self.world()
        result = aldis("targets", url=f"unix:/nowhere/hub.sock,unix:{self.at.unix}")
        self.assert_ends(result, 0, at("targets").out)


if __name__ == "__main__":
    unittest.main()
