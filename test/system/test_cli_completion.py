"""Completion: what the scripts for bash and zsh make of a line that somebody has begun."""

import contextlib
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import time
import unittest

from cli_rig import CliCase, aldis, environment
from harness import BINARIES, PATIENCE, binary


def path():
    return {"PATH": f"{os.path.abspath(BINARIES)}:/usr/bin:/bin"}


def verbs():
    text = subprocess.run([binary("aldis"), "help"], capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    return re.findall(r"(?m)^  ([a-z]+) {2,}\S", text.split("Verbs")[1].split("Options")[0])


def options(verb):
    text = subprocess.run([binary("aldis"), verb, "--help"], capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    return set(re.findall(r"(?m)^  (?:-\w, |    )(--[a-z-]+)", text))


class Names(CliCase):
    def test_what_the_scripts_ask_for(self):
        hub = self.hub()
        url = f"unix:{hub.unix}"
        self.agent(hub, "--echo", target="lamp")
        self.agent(hub, "--echo", target="a:b c")
        targets = self.assert_ends(aldis("completion", "targets", url=url), 0, err=r"\A\Z").out
        self.assertEqual(sorted(targets.splitlines()), ["a%3Ab%20c", "lamp"])
        self.assert_ends(aldis("completion", "names", url=url), 0, "lamp\n", r"\A\Z")
        ids = aldis("completion", "channels", url=url).out.split()
        self.assertEqual(sorted(ids), sorted(channel["id"] for channel in hub.get("/api/v1/channels")["channels"]))

    def test_no_hub_no_names_and_no_words(self):
        for what in ("targets", "names", "channels"):
            result = self.assert_ends(aldis("completion", what, url="unix:/nowhere/hub.sock"), 3, "", r"\A\Z")
            self.assertLess(result.took, 5)

    def test_wrong_usage(self):
        for words, part in {(): "which shell", ("fish",): "bash and zsh", ("bash", "zsh"): "one argument too many"}.items():
            self.assertIn(part, self.assert_ends(aldis("completion", *words, url="unix:/nowhere"), 2, "").err)


@unittest.skipUnless(shutil.which("bash"), "there is no bash")
class Bash(CliCase):
    def complete(self, line):
        """What bash is offered for the end of this line."""
        script = (f"source <(aldis completion bash) && COMP_LINE={shlex.quote(line)} COMP_POINT={len(line)} && _aldis && "
                  "printf '%s\\n' \"${COMPREPLY[@]}\"")
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=PATIENCE, env=environment(**path()))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_verbs(self):
        self.assertEqual(set(self.complete("aldis ")), set(verbs()) | {"help"})
        self.assertEqual(self.complete("aldis ch"), ["channels"])
        self.assertEqual(self.complete("aldis --json -H unix:/x ch"), ["channels"])
        self.assertEqual(self.complete("aldis help exp"), ["explain"])

    def test_every_option_of_every_verb(self):
        for verb in verbs():
            with self.subTest(verb=verb):
                self.assertEqual(set(self.complete(f"aldis {verb} --")), options(verb))

    def test_words_files_and_nothing(self):
        self.assertEqual(self.complete("aldis call --mode "), ["any", "primary", "all"])
        self.assertEqual(self.complete("aldis call --mode=p"), ["primary"])
        self.assertEqual(self.complete("aldis watch -k c"), ["command", "channel"])
        self.assertEqual(self.complete("aldis completion b"), ["bash"])
        self.assertIn("/etc/hosts", self.complete("aldis --ca /etc/host"))
        self.assertEqual(self.complete("aldis call --deadline 5"), [])
        self.assertEqual(self.complete("aldis nonsense "), [])

    def test_targets_and_channels_of_the_hub_of_this_line(self):
        hub = self.hub()
        self.agent(hub, "--echo", target="lamp")
        self.agent(hub, "--echo", target="press-1")
        head = f"aldis -H unix:{hub.unix}"
        self.assertEqual(self.complete(f"{head} call "), ["lamp", "press-1"])
        self.assertEqual(self.complete(f"aldis --hub=unix:{hub.unix} send --ttl 5s pr"), ["press-1"])
        self.assertEqual(self.complete(f"{head} call lamp "), [])
        self.assertEqual(self.complete(f"{head} watch --target l"), ["lamp"])
        channels = {channel["id"] for channel in hub.get("/api/v1/channels")["channels"]}
        self.assertEqual(set(self.complete(f"{head} channels --close ")), channels)
        self.assertEqual(self.complete("aldis -H unix:/nowhere call "), [])


@unittest.skipUnless(shutil.which("zsh"), "there is no zsh")
class Zsh(CliCase):
    def complete(self, line, expected, setup="compinit -D -u && source <(aldis completion zsh)"):
        """Type the line and a tab into a zsh, and wait until what is expected stands on the terminal."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvpe("zsh", ["zsh", "-f", "-i"], environment(TERM="dumb", HOME=self.scratch.name, **path()))
        seen = b""

        def wait_seen(part):
            nonlocal seen
            deadline = time.monotonic() + PATIENCE
            while part not in seen:
                if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
                    raise AssertionError(f"{part!r} is not in {seen!r}")
                seen += os.read(terminal, 65536)

        try:
            os.write(terminal, b"PS1=; unsetopt zle_bracketed_paste; autoload -U compinit && " +
                     setup.encode() + b" && echo set''up\n")
            wait_seen(b"setup")
            seen = b""
            os.write(terminal, line.encode() + b"\t")
            wait_seen(expected.encode())
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.close(terminal)
            os.waitpid(pid, 0)
        return seen.decode(errors="replace")

    def test_it_is_a_script(self):
        script = aldis("completion", "zsh", url="unix:/nowhere").out
        with open(self.path("_aldis"), "w", encoding="utf-8") as file:
            file.write(script)
        done = subprocess.run(["zsh", "-n", self.path("_aldis")], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for verb in verbs():
            for option in options(verb):
                self.assertRegex(script, rf"'\*{option}[\[=]")

    def test_verbs_options_and_words(self):
        self.complete("aldis chan", "channels")
        self.complete("aldis call --dead", "--deadline")
        self.complete("aldis call --mode pri", "primary")

    def test_installed_in_a_folder_of_functions(self):
        with open(self.path("_aldis"), "w", encoding="utf-8") as file:
            file.write(aldis("completion", "zsh", url="unix:/nowhere").out)
        setup = f"fpath=({self.scratch.name} $fpath) && compinit -D -u"
        self.complete("aldis chan", "channels", setup)
        self.complete("aldis call --mode pri", "primary", setup)

    def test_targets_of_the_hub_of_this_line(self):
        hub = self.hub()
        self.agent(hub, "--echo", target="searchlight")
        self.complete(f"aldis -H unix:{hub.unix} call sea", "searchlight")
        self.complete(f"aldis watch --hub unix:{hub.unix} --target sea", "searchlight")


if __name__ == "__main__":
    unittest.main()
