"""The benchmark: every scenario once with a handful of commands, and what it says of them. Never how long anything took."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

from cli_rig import CliCase, aldis, environment
from harness import binary, wait_until

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench")


class Verb(CliCase):
    """`aldis bench` against a running hub."""

    def setUp(self):
        super().setUp()
        self.at = self.hub()
        self.unix, self.tcp = f"unix:{self.at.unix}", f"ws://{self.at.door('http')}"

    def bench(self, *words, url=None, status=0, err=r"\A\Z"):
        return self.assert_ends(aldis("--json", "bench", *words, url=url or self.unix), status, err=err).json()

    def test_counts_what_it_sent_and_what_was_answered(self):
        for url in (self.unix, self.tcp):
            with self.subTest(url=url):
                found = self.bench("-n", "200", "-c", "3", "-i", "4", "-s", "1024", url=url)
                self.assertEqual([found[name] for name in ("succeeded", "refused", "failed", "unanswered")], [200, 0, 0, 0])
                self.assertEqual([found[name] for name in ("callers", "in_flight", "agents", "size", "mode")],
                                 [3, 4, 1, 1024, "any"])
        # The hub saw as many, and nothing is left of our agents.
        self.assertEqual(self.at.counter("commands_succeeded"), 400)
        wait_until(lambda: self.at.state()["totals"]["channels"] == 0, "the agents' leaving")

    def test_latencies_are_in_order(self):
        latency = self.bench("-n", "100", "-c", "2")["latency_us"]
        shares = [latency[name] for name in ("p50", "p90", "p99", "p999", "max")]
        self.assertEqual(shares, sorted(shares))
        self.assertGreater(shares[0], 0)

    def test_a_fixed_rate_sends_what_was_asked_for(self):
        found = self.bench("--rate", "1000", "-n", "50", "-c", "5")
        self.assertEqual((found["rate"], found["succeeded"], found["unanswered"]), (1000, 50, 0))
        self.assertNotIn("in_flight", found)

    def test_mode_all_reaches_every_agent(self):
        found = self.bench("--agents", "40", "--mode", "all", "-n", "3")
        self.assertEqual((found["agents"], found["succeeded"]), (40, 3))
        self.assertEqual(self.at.counter("attempts"), 120)

    def test_an_answer_in_many_frames(self):
        # 700 members in one roster are more than the 65,536 bytes of a frame.
        found = self.bench("--agents", "700", "--mode", "all", "-n", "2")
        self.assertEqual(found["succeeded"], 2)

    def test_agents_that_are_there_already(self):
        self.agent(self.at, "--echo")
        found = self.bench("--target", "lamp", "-n", "20", "-s", "60000")
        self.assertEqual((found["agents"], found["succeeded"], found["size"]), (0, 20, 60000))

    def test_by_time_it_measures_after_warming_up(self):
        found = self.bench("-d", "50ms", "-w", "20ms")
        self.assertGreaterEqual(found["elapsed_us"], 50000)
        self.assertGreater(found["succeeded"], 0)
        self.assertLess(found["succeeded"], self.at.counter("commands_succeeded"))

    def test_nobody_serves_the_target(self):
        found = self.bench("--target", "nobody", "-n", "5", status=1, err="no such target")
        self.assertEqual((found["succeeded"], found["refused"], found["latency_us"]["max"]), (0, 5, 0))

    def test_no_hub(self):
        self.assert_ends(aldis("bench", url="unix:/nonexistent/aldis.sock"), 3, err="no measurement: .*cannot connect")

    def test_what_is_no_hub_of_ours(self):
        self.assert_ends(aldis("bench", url=self.tcp + "/elsewhere"), 3, err="does not let us in: HTTP/1.1 404")

    def test_a_hub_that_goes_away(self):
        running = self.running("--json", "bench", "-d", "1h", "-w", "1ms", url=self.unix)
        wait_until(lambda: self.at.counter("commands_succeeded") > 500, "more commands than fit into the warming up")
        self.at.kill()
        self.assertEqual(running.process.wait(60), 1)
        for collector in running.collectors:
            collector.join(60)
        self.assertRegex(running.err, "it ended early: ")
        self.assertGreater(json.loads(running.out)["succeeded"], 0)

    def test_interrupted_it_shows_what_was_measured(self):
        running = self.running("bench", "-d", "1h", "-w", "1ms", url=self.unix)
        wait_until(lambda: self.at.counter("commands_succeeded") > 500, "more commands than fit into the warming up")
        running.process.send_signal(signal.SIGINT)
        self.assertEqual(running.process.wait(60), 0)
        for collector in running.collectors:
            collector.join(60)
        self.assertRegex(running.out, r"(?m)^\d+ a second in [\d.]+ s: [1-9]\d* succeeded, 0 refused, 0 failed, 0 unanswered$")
        self.assertRegex(running.out, r"(?m)^ms +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+$")

    def test_wrong_usage(self):
        for words, text in {
            ("--size", "1"): "from 2 to 60000",
            ("--size", "60001"): "from 2 to 60000",
            ("--callers", "0"): "from 1 to",
            ("--rate", "fast"): "is a number",
            ("--duration", "5"): "is no time",
            ("--mode", "channel"): "any, primary or all",
            ("--target", ""): "is no target",
            ("--target", "lamp", "--agents", "3"): "are our own",
            ("--callers", "1000", "--in-flight", "1000"): "commands at once",
            ("more",): "one argument too many",
        }.items():
            with self.subTest(words=words):
                self.assert_ends(aldis("bench", *words, url=self.unix), 2, err=text)


class Training(unittest.TestCase):
    """The load by whose counts `./dev build` lays out the programs; any of them can bear it."""

    def train(self, folder):
        return subprocess.run([os.path.join(BENCH, "train.sh"), folder], capture_output=True, text=True, timeout=120,
                              env=environment())

    def test_runs_to_its_end_and_stops_the_hub(self):
        done = self.train(os.path.dirname(binary("aldisd")))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_fails_where_a_program_does(self):
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(binary("aldisd"), os.path.join(folder, "aldisd"))
            os.symlink("/bin/false", os.path.join(folder, "aldis"))
            self.assertNotEqual(self.train(folder).returncode, 0)


class Page(unittest.TestCase):
    """`./dev bench`, with next to no effort."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        page, kept = os.path.join(cls.folder.name, "page.md"), os.path.join(cls.folder.name, "kept.json")
        done = subprocess.run([sys.executable, os.path.join(BENCH, "run.py"), "--tiny", "--programs",
                               os.path.dirname(binary("aldisd")), "--page", page, "--keep", kept],
                              capture_output=True, text=True, timeout=240, env=environment())
        if done.returncode != 0:
            raise AssertionError(f"status {done.returncode}: {done.stdout} {done.stderr}")
        with open(page, encoding="utf-8") as file:
            cls.page = file.read()
        with open(kept, encoding="utf-8") as file:
            cls.kept = json.load(file)

    def test_every_scenario_was_run_by_everyone_and_all_was_answered(self):
        self.assertEqual([(scenario, size) for scenario, size, _ in self.kept["calls"]],
                         [(scenario, size) for scenario in ("1 synchronous caller", "50 synchronous callers",
                                                            "1,000 in flight, 4 connections") for size in (16, 1024)])
        for scenario, size, contestants in self.kept["calls"]:
            for name, reports in contestants.items():
                with self.subTest(scenario=scenario, size=size, name=name):
                    self.assertEqual([(report["refused"], report["failed"], report["unanswered"]) for report in reports],
                                     [(0, 0, 0)])
                    self.assertGreater(reports[0]["in_time"], 0)
            self.assertLessEqual({"aldis, TCP", "aldis, Unix socket", "relay, TCP", "relay, Unix socket"}, contestants.keys())

    def test_the_fan_out_reached_every_agent(self):
        n, report = self.kept["fanout"]
        self.assertEqual(report["succeeded"], 2)
        self.assertGreaterEqual(report["served"], 2 * n)

    def test_tables_are_whole(self):
        for block in re.findall(r"(?:^\|.*\|\n)+", self.page, re.M):
            widths = {line.count("|") for line in block.splitlines()}
            self.assertEqual(len(widths), 1, block)

    def test_every_figure_stands_beside_its_floor_and_its_aim(self):
        part = self.page.split("## Floors and aims", 1)[1].split("\n## ", 1)[0]
        rows = [line for line in part.splitlines() if line.startswith("|")][2:]
        self.assertGreaterEqual(len(rows), 10)
        for row in rows:
            self.assertRegex(row, r"\((–|[\d.,]+ – [\d.,]+)\) \| ([\d.]+[^|]* \| [\d.]+[^|]* \| "
                                  r"(aim reached|floor kept, aim missed|\*\*floor missed\*\*)| \|  \| for comparison: .+) \|$")

    def test_requests_and_events_of_links_arrived(self):
        self.assertEqual([(speech, in_flight) for speech, in_flight, _ in self.kept["links"]],
                         [("link", 1), ("link", 500), ("link-events", 1000)])
        for speech, in_flight, reports in self.kept["links"]:
            with self.subTest(speech=speech, in_flight=in_flight):
                self.assertEqual((reports[0]["refused"], reports[0]["failed"], reports[0]["unanswered"]), (0, 0, 0))
                self.assertGreater(reports[0]["in_time"], 0)

    def test_the_machine_is_named(self):
        for name in ("processor", "memory", "kernel", "aldis", "NATS", "date", "effort", "what else ran"):
            self.assertRegex(self.page, rf"(?m)^\| {name} \| .+ \|$")


if __name__ == "__main__":
    unittest.main()
