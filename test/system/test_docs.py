"""The documents are true: their examples run, and the names, settings, states and links in them exist.

    test_docs.py --keys     prints the guide's table of settings as it should be
"""

import configparser
import os
import re
import shlex
import signal
import subprocess
import sys
import unittest

import doc_pages
from doc_pages import ROOT, Tree
from doc_runner import Session, Untrue, fits
from harness import HubCase, binary, wait_until


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def help_keys():
    return subprocess.run([binary("aldisd"), "--help-keys"], capture_output=True, text=True, check=True).stdout


class Pages(unittest.TestCase):
    """What can be said without running anything but `--help-keys`."""

    maxDiff = None

    def test_links_lead_somewhere(self):
        paths = doc_pages.pages()
        self.assertGreaterEqual(len(paths), 5)
        self.assertEqual([], [complaint for path in paths for complaint in doc_pages.check_links(path)])

    def test_every_block_is_run_or_marked(self):
        for name in ("docs/guide.md", "docs/auth.md", "docs/flags.md", "docs/communicator.md", "ARCHITECTURE.md"):
            self.assertEqual([], doc_pages.check_tags(name, read(name)))

    def test_architecture_names_what_exists(self):
        tree, page = Tree(), read("ARCHITECTURE.md")
        self.assertGreater(len(tree.functions), 1000)
        self.assertEqual([], doc_pages.check_names("ARCHITECTURE.md", page, tree))
        self.assertEqual([], doc_pages.check_states("ARCHITECTURE.md", page, tree))
        self.assertEqual([], doc_pages.check_layers("ARCHITECTURE.md", page, tree))

    def test_the_guide_has_every_setting(self):
        found = doc_pages.settings(help_keys())
        self.assertGreater(len(found), 40)
        self.assertEqual([], doc_pages.check_settings("docs/guide.md", read("docs/guide.md"), found))

    def test_the_guide_has_every_outcome_and_cause(self):
        guide = read("docs/guide.md")
        header = read("src/msg/msg.h")
        causes = [word for word in re.findall(r"^ +X\([A-Z_]+, \"(\w*)\",", header, re.M) if word]
        self.assertIn("busy", causes)
        self.assertEqual([], doc_pages.check_same("guide", "cause", doc_pages.first_words(guide, "cause"), causes))
        outcomes = ["succeeded", "failed", "refused", "cancelled", "expired", "lost"]
        self.assertEqual([], doc_pages.check_same("guide", "outcome", doc_pages.first_words(guide, "outcome"), outcomes))

    def test_the_guide_has_every_exit_status(self):
        statuses = {name.lower(): number for name, number in
                    re.findall(r"ALD_EXIT_(\w+) = (\d+)", read("src/cli/cli.h"))}
        told = {cells[0]: cells[1] for header, body in doc_pages.tables(read("docs/guide.md"))
                if header[0] == "exit status" for _, cells in body}
        self.assertEqual(sorted(told), sorted(statuses.values()))
        for name, number in statuses.items():
            if int(number) >= 10:
                self.assertEqual(told[number], f"`{name}`")

    def test_the_unit_starts_what_there_is(self):
        unit, = (block.text for block in doc_pages.split(read("docs/guide.md"))[1] if block.tag == "systemd")
        parser = configparser.ConfigParser()
        parser.optionxform = str
        parser.read_string(unit)
        program, *options = shlex.split(parser["Service"]["ExecStart"])
        self.assertTrue(program.endswith("/aldisd"))
        self.assertEqual(options[0], "-c")
        check = subprocess.run([binary("aldisd"), *options[2:], "--check"], capture_output=True, text=True, check=False)
        self.assertEqual((check.returncode, check.stderr), (0, ""))
        self.assertEqual(parser["Service"]["Type"], "notify")


class Examples(HubCase):
    """What must be run."""

    def test_the_guide(self):
        with Session() as session:
            self.assertGreater(session.run(read("docs/guide.md")), 30)

    def test_the_management(self):
        with Session() as session:
            self.assertGreater(session.run(read("docs/management.md")), 20)

    def test_who_may_do_what(self):
        with Session() as session:
            self.assertGreater(session.run(read("docs/auth.md")), 15)

    def test_flags(self):
        with Session() as session:
            self.assertGreater(session.run(read("docs/flags.md")), 9)

    def test_services_and_graphs(self):
        with Session() as session:
            self.assertGreater(session.run(read("docs/communicator.md")), 20)

    def test_five_minutes(self):
        page = read("README.md")
        with Session() as session:
            self.assertGreater(session.run(page), 10)
            self.lose(session)

    def lose(self, session):
        """README: kill -9 the agent while `aldis call lamp burn` waits."""
        agent = session.servers[-1]
        call = subprocess.Popen([binary("aldis"), "call", "lamp", "burn"], env=session.env, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def running():
            return session.get("/api/v1/commands?limit=1000")["commands"][-1]["phase"] == "running"

        wait_until(running, "the command runs")
        # Its program leads a session of its own, and would outlive this test by a minute.
        with open(f"/proc/{agent.process.pid}/task/{agent.process.pid}/children", encoding="ascii") as file:
            programs = [int(pid) for pid in file.read().split()]
        agent.process.send_signal(signal.SIGKILL)
        for program in programs:
            os.killpg(program, signal.SIGKILL)
        out, err = call.communicate(timeout=10)
        session.servers.remove(agent)
        self.assertEqual(agent.stop(), -signal.SIGKILL)
        self.assertEqual((call.returncode, out), (14, ""))
        self.assertIn("lost (link_ended)", err)
        self.assertIn("it was running", err)

    def test_counters_and_paths_exist(self):
        guide = read("docs/guide.md")
        hub = self.hub()
        state = hub.state()
        counters = doc_pages.first_words(guide, "counter")
        self.assertGreater(len(counters), 20)
        for name in counters:
            at = state
            for step in name.split("."):
                at = at[step.removesuffix("[]")]
                at = at[0] if isinstance(at, list) else at
            self.assertIsInstance(at, int, name)
        for name in doc_pages.first_words(guide, "path"):
            path = name.replace("NAME", "nobody").replace("ID", "00000000-0000-4000-8000-000000000000")
            problem = hub.request("GET", path)
            self.assertEqual(problem.status, 404 if path != name else 200, name)
            self.assertNotIn(b"nothing at this path", problem.body)


class Failing(unittest.TestCase):
    """The tests above can fail."""

    def check(self, complaints, *parts):
        self.assertEqual(len(parts), len(complaints), complaints)
        for part, complaint in zip(parts, complaints):
            self.assertIn(part, complaint)

    def test_names_that_do_not_exist(self):
        page = ("See `src/nowhere/at_all.c`, `test/fuzz/*.xyz`, `ald_never_was()`, `struct ald_unicorn`, `ALD_NEVER_WAS` "
                "and `ald_hub_step(hub, event, effects)`.\n\n"
                "| file | functions | what happens |\n|---|---|---|\n"
                "| `src/hub/step.c` | `ald_hub_step()` `ald_submit_command()` | the second one is elsewhere |\n")
        self.check(doc_pages.check_names("x", page, Tree()), "no src/nowhere/at_all.c", "no test/fuzz/*.xyz",
                   "no function ald_never_was()", "no struct ald_unicorn", "no ALD_NEVER_WAS",
                   "ald_submit_command() is not in src/hub/step.c")

    def test_states_that_are_not_those(self):
        tree = Tree()
        true = read("ARCHITECTURE.md")
        self.assertEqual([], doc_pages.check_states("x", true, tree))
        self.check(doc_pages.check_states("x", true.replace("open, leaving, closing", "open, closing"), tree),
                   "no machine with these states", "the machine open, leaving, closing, ended of src/hub/conn.c")

    def test_layers_that_are_not_those(self):
        page = read("ARCHITECTURE.md").replace("| hub | yes | msg, base |", "| hub | yes | wire, msg, base |")
        self.check(doc_pages.check_layers("x", page, Tree()), "the layer hub is ('yes', 'msg, base'")

    def test_settings_that_are_not_those(self):
        found = doc_pages.settings(help_keys())
        page = doc_pages.settings_table(found)
        self.assertEqual([], doc_pages.check_settings("x", page, found))
        lines = page.splitlines()
        wrong = lines[:3] + [lines[3].replace("hub", "bub", 1)] + lines[5:-1] + [lines[-1].replace("`text`", "`json`")]
        self.check(doc_pages.check_settings("x", "\n".join(wrong), found), "[hub] controller is not told",
                   "[hub] primary_only is not told", "[log] format is `text`", "there is no [bub] controller")

    def test_links_that_lead_nowhere(self):
        page = ROOT / "test" / "system" / "nowhere.md"
        text = "[a](../../README.md) [b](absent.md) [c](../../README.md#no-such-heading) [d](https://example.org/)\n"

        class Paper(type(page)):
            def read_text(self, **_):
                return text if self.name == "nowhere.md" else super().read_text(**_)

        self.check(doc_pages.check_links(Paper(page)), "absent.md leads nowhere", "no heading #no-such-heading")

    def test_tags_that_nobody_runs(self):
        self.check(doc_pages.check_tags("x", "```bash\naldis\n```\n\n```\naldis\n```\n"), "bash", '""')

    def run_page(self, *blocks):
        with Session() as session:
            session.run("".join(f"```{tag}\n{text}\n```\n\n" for tag, text in blocks))

    def test_examples_that_are_wrong(self):
        hub, agent = ("sh", "aldisd"), ("sh", "aldis agent --target t --echo")
        self.run_page(hub, agent, ("sh", "aldis call t x 5    # 5    exit 0, succeeded\naldis call t x 6"), ("output", "6"))
        for wrong in (
            [("sh", "aldis call t x 5    # 5    exit 10")],
            [("sh", "aldis call t x 5    # 6    exit 0")],
            [("sh", "aldis call u x 5    # exit 11, failed")],
            [("sh", "aldis call u x 5")],
            [("sh", "aldis call t x 5"), ("output", "6")],
            [("sh", "aldis frobnicate")],
            [("ini", "# x.conf\n[hub]\nnever = 1")],
        ):
            with self.subTest(wrong=wrong), self.assertRaises(Untrue):
                self.run_page(hub, agent, *wrong)
        with self.assertRaises(Untrue):
            self.run_page(("sh", "aldisd -s never.was=1"))

    def test_output_that_does_not_fit(self):
        self.assertTrue(fits("a … c\n…\nz", "a  b   c\n1\n2\nz\n"))
        self.assertTrue(fits('{"id":"…",…}', '{"id":"5","x":[1]}'))
        for stated, said in (("a", "b"), ("a … c", "a b"), ("a\n…\nz", "a\nb"), ("a", "a\nb"), ("a.c", "abc"), ("", "a")):
            self.assertFalse(fits(stated, said), (stated, said))


if __name__ == "__main__":
    if sys.argv[1:] == ["--keys"]:
        print(doc_pages.settings_table(doc_pages.settings(help_keys())))
    else:
        unittest.main()
