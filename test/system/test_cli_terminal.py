"""What a person at a terminal sees while a call goes on: one line that is written over, and gone before the outcome."""

import asyncio
import contextlib
import os
import pty
import re
import signal
import subprocess
import threading
import time
import unittest

from cli_rig import CliCase, environment
from harness import PATIENCE, Connector, binary, frame, wait_until, wait_until_async


class Terminal:
    """`aldis` with a terminal as its standard error, and as its standard output too if `both`."""

    def __init__(self, *words, both=False, **env):
        self.seen = b""
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([binary("aldis"), *words], stdin=subprocess.DEVNULL, stderr=slave,
                                        stdout=slave if both else subprocess.PIPE, env=environment(**{"TERM": "xterm", **env}))
        os.close(slave)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        with contextlib.suppress(OSError):  # how the end of a terminal is told
            while data := os.read(self.master, 65536):
                self.seen += data

    def wait_seen(self, part):
        try:
            wait_until(lambda: part in self.seen, f"{part!r} on the terminal")
        except AssertionError as error:
            raise AssertionError(f"{error}; there was {self.seen!r}") from None

    def end(self):
        """Its exit status and its standard output."""
        out, _ = self.process.communicate(timeout=PATIENCE)
        self.reader.join(PATIENCE)
        os.close(self.master)
        return self.process.returncode, out

    def screen(self):
        """What stands on the terminal, line by line."""
        lines, column = [""], 0
        for part in re.findall(r"\r|\n|\x1b\[[0-9;?]*[a-zA-Z]|[^\r\n\x1b]+", self.seen.decode()):
            if part == "\r":
                column = 0
            elif part == "\n":
                lines.append("")
                column = 0
            elif part == "\x1b[K":
                lines[-1] = lines[-1][:column]
            elif not part.startswith("\x1b"):
                lines[-1] = lines[-1][:column].ljust(column) + part + lines[-1][column + len(part):]
                column += len(part)
        return lines


class Progress(CliCase):
    def call(self, hub, *words, **options):
        return Terminal("-H", f"unix:{hub.unix}", "call", *words, **options)

    def gate(self):
        """A program that runs until `open_gate`."""
        return f"until test -e {self.path('gate')}; do sleep 0.02; done; echo done"

    def open_gate(self):
        with open(self.path("gate"), "w", encoding="ascii"):
            pass

    def test_a_line_that_is_gone_before_the_outcome(self):
        self.world("--on", f"x={self.gate()}")
        call = self.call(self.at, "lamp", "x")
        call.wait_seen(b"running  ")
        self.open_gate()
        self.assertEqual(call.end(), (0, b'"done"\n'))
        self.assertEqual(call.screen(), [""])

    def test_it_is_gone_before_it_is_told_what_went_wrong(self):
        self.world("--on", f"x={self.gate()} >&2; exit 3")
        call = self.call(self.at, "lamp", "x", both=True)
        call.wait_seen(b"running  ")
        self.open_gate()
        self.assertEqual(call.end()[0], 10)
        screen = call.screen()
        self.assertEqual(screen[0], "aldis: failed (agent_failed): done")
        self.assertNotIn("running  ", "\n".join(screen))

    def test_what_is_over_at_once_shows_nothing(self):
        self.world("--echo")
        start = time.monotonic()
        call = self.call(self.at, "lamp", "x", "5")
        self.assertEqual(call.end(), (0, b"5\n"))
        if time.monotonic() - start < 0.3:  # a busy machine may take longer, and see some of it
            self.assertEqual(call.seen, b"")
        self.assertEqual(call.screen(), [""])

    def test_the_time_goes_on(self):
        self.world("--on", f"x={self.gate()}")
        call = self.call(self.at, "lamp", "x")
        wait_until(lambda: len(set(re.findall(rb"running  (\d+\.\d) s", call.seen))) >= 2, "two times")
        self.open_gate()
        self.assertEqual(call.end()[0], 0)

    def measured(self, **env):
        """A call whose agent is half done, says so, and goes on when somebody has seen it."""
        hub = self.hub()

        async def play():
            loop = asyncio.get_running_loop()
            async with Connector(hub.url(), "lamp", extended=True) as agent:
                call = await loop.run_in_executor(None, lambda: self.call(hub, "lamp", "count", **env))
                command, = await wait_until_async(lambda: agent.commands, "the command to come")
                await agent.ws.send(frame("STATUS", {"commandId": command["id"], "state": "running", "total": 6,
                                                     "completed": 3, "text": "third\x1b[2J blink"}))
                await loop.run_in_executor(None, call.wait_seen, b"third")
                await agent.reply(command, commandStatus="SUCCEEDED", payload=1)
                return call, await loop.run_in_executor(None, call.end)

        return self.run_async(play())

    def test_a_bar_where_the_agent_says_how_far_it_is(self):
        call, end = self.measured()
        self.assertEqual(end, (0, b"1\n"))
        self.assertIn("running  ██████████░░░░░░░░░░  50 %  3/6  ", call.seen.decode())
        self.assertNotIn(b"\x1b[2J", call.seen)
        self.assertIn(b"\x1b[2m", call.seen)
        self.assertEqual(call.screen(), [""])

    def test_no_colour_where_it_is_not_wanted(self):
        call, _ = self.measured(NO_COLOR="1")
        self.assertNotRegex(call.seen, rb"\x1b\[[0-9;]*m")
        self.assertIn("██", call.seen.decode())

    def test_plain_lines_where_the_cursor_cannot_move(self):
        call, end = self.measured(TERM="dumb")
        self.assertEqual(end, (0, b"1\n"))
        self.assertNotIn(b"\x1b", call.seen)
        self.assertIn("aldis: running 3 of 6: third?[2J blink", call.screen())

    def test_members_of_a_roster_are_not_written_over(self):
        self.world("--on", f"x={self.gate()}", agents=2)
        call = self.call(self.at, "--mode", "all", "lamp", "x", both=True)
        call.wait_seen(b"running  ")
        self.open_gate()
        self.assertEqual(call.end()[0], 0)
        self.assertEqual(sorted(line.split(" ", 1)[1] for line in call.screen() if line), ['succeeded "done"'] * 2)

    def test_an_interrupt_is_answered_on_a_line_of_its_own(self):
        self.world("--on", "x=sleep 60")
        call = self.call(self.at, "lamp", "x")
        call.wait_seen(b"running  ")
        call.process.send_signal(signal.SIGINT)
        self.assertEqual(call.end()[0], 12)
        self.assertEqual(call.screen()[0], "aldis: asking for it back; once more to leave at once")

    def test_a_hub_that_is_not_there_yet(self):
        call = Terminal("-H", f"unix:{self.path('none')}", "call", "lamp", "x")
        self.assertEqual(call.end()[0], 3)
        self.assertIn("trying again in", call.screen()[0])
        self.assertRegex(call.screen()[-3], "no hub at unix:")

    def test_how_many_files_of_a_large_folder_are_checked(self):
        for number in range(330):
            with open(self.path(f"{number:03}.json"), "w", encoding="utf-8") as file:
                file.write(f'{{"name":"m{number}","kind":"{"request" if number < 325 else "thing"}"}}')
        check = Terminal("schema", "check", self.scratch.name)
        self.assertEqual(check.end()[0], 1)
        self.assertIn(b"checked 320 of 330 files", check.seen)
        self.assertEqual([line.partition(".json: ")[0][-3:] for line in check.screen()],
                         [str(number) for number in range(325, 330)] + [""])

    def test_nothing_of_it_where_nobody_watches(self):
        run = self.world("--on", "x=sleep 0.6; echo done")
        self.assert_ends(run("call", "lamp", "x"), 0, '"done"\n', r"\A\Z")


if __name__ == "__main__":
    unittest.main()
