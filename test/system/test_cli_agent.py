"""Agents of the command line: what they run, how they stop, and at the controllers of others."""

import asyncio
import contextlib
import os
import re
import signal
import threading
import time
import unittest

import websockets

from cli_rig import ID, CliCase, aldis
from harness import frame, unframe, wait_until


class Agent(CliCase):
    def test_programs_get_the_payload_and_know_their_command(self):
        at = self.world("--on", 'x=cat; env | grep ^ALDIS_ >&2; exit 1')
        result = self.assert_ends(at("call", "--deadline", "20s", "--json", "lamp", "x", '{"a":1}'), 10).json()
        self.assertEqual(result["payload"], {"a": 1})
        known = dict(line.split("=", 1) for line in result["text"].splitlines())
        self.assertEqual((known["ALDIS_COMMAND"], known["ALDIS_TARGET"]), ("x", "lamp"))
        self.assertRegex(known["ALDIS_ID"], ID)
        self.assertIn("ALDIS_FROM", known)
        self.assertTrue(0 < int(known["ALDIS_DEADLINE_MS"]) <= 20000)

    def test_output_becomes_the_payload(self):
        at = self.world("--on", "json=printf '{\"a\": 1}\\n'", "--on", "text=printf 'two\\nlines\\n'", "--on", "none=true",
                        "--on", "null=echo null")
        self.assert_ends(at("call", "lamp", "json"), 0, '{"a": 1}\n')
        self.assert_ends(at("call", "lamp", "text"), 0, '"two\\nlines"\n')
        self.assert_ends(at("call", "lamp", "none"), 0, "")
        self.assertNotIn("payload", at("call", "--json", "lamp", "none").json())
        self.assertIsNone(at("call", "--json", "lamp", "null").json()["payload"])

    def test_a_program_that_crashes_broke(self):
        at = self.world("--on", "x=kill -SEGV $$")
        outcome = self.assert_ends(at("call", "--json", "lamp", "x"), 10).json()
        self.assertEqual((outcome["cause"], outcome["details"]), ("agent_broke", {"signal": 11}))

    def test_output_that_no_reply_can_carry_is_a_failure(self):
        at = self.world("--on", "x=head -c 14000000 /dev/zero | tr '\\0' x")
        self.assertEqual(self.assert_ends(at("call", "--json", "lamp", "x"), 10).json()["cause"], "too_large")

    def test_echo_answers_what_no_program_serves(self):
        at = self.world("--echo", "--on", "x=echo program")
        self.assert_ends(at("call", "lamp", "x", "1"), 0, '"program"\n')
        self.assert_ends(at("call", "lamp", "y", "1"), 0, "1\n")

    def test_at_most_so_many_programs_run_at_once(self):
        script = f"x=echo $$ >> {self.path('began')}; while [ ! -e {self.path('go')} ]; do sleep 0.05; done"
        self.world("--jobs", "2", "--on", script)
        calls = [self.running("call", "lamp", "x", url=f"unix:{self.at.unix}") for _ in range(5)]
        self.at.wait_channel("lamp", lambda channel: channel["in_flight"] == 5)
        began = lambda: self.read("began").count("\n")
        wait_until(lambda: began() == 2, "two programs")
        # The other three say that they wait their turn; that is what can be waited for.
        self.wait_phases(*["accepted"] * 3, *["running"] * 2)
        self.assertEqual(began(), 2)
        with open(self.path("go"), "w", encoding="ascii"):
            pass
        self.assertEqual([call.wait() for call in calls], [0] * 5)
        self.assertEqual(began(), 5)

    def alive(self, name):
        """The process whose number the program wrote down."""
        def read():
            with contextlib.suppress(ValueError):
                return int(self.read(name))

        pid = wait_until(read, f"{name} to begin")

        def lives():
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                    return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
            return False
        return lives

    def test_cancelled_and_expired_programs_are_stopped_with_all_they_started(self):
        self.world("--on", f"x=sh -c 'echo $$ > {self.path('child')}; sleep 60' | cat")
        call = self.running("call", "lamp", "x", url=f"unix:{self.at.unix}")
        lives = self.alive("child")
        self.assertTrue(lives())
        call.signal(signal.SIGINT)
        self.assertEqual(call.wait(), 12)
        wait_until(lambda: not lives(), "the child to be stopped")
        os.unlink(self.path("child"))
        call = self.running("call", "--deadline", "1s", "lamp", "x", url=f"unix:{self.at.unix}")
        lives = self.alive("child")
        self.assertEqual(call.wait(), 13)
        wait_until(lambda: not lives(), "the child to be stopped")

    def test_a_program_that_will_not_stop_is_killed(self):
        self.world("--on", f"x=trap '' TERM; echo $$ > {self.path('child')}; while :; do sleep 1; done")
        call = self.running("call", "lamp", "x", url=f"unix:{self.at.unix}")
        lives = self.alive("child")
        call.signal(signal.SIGTERM)
        self.assertEqual(call.wait(), 12)  # five seconds later
        self.assertFalse(lives())

    def test_health_is_what_a_program_says(self):
        hub = self.hub("exchange.healthcheck_interval=200ms", "exchange.healthcheck_failures=1000")
        self.agent(hub, "--echo", "--health", f"cat {self.path('health')}")
        failing = lambda channel: channel["health_failures"] > 0
        hub.wait_channel("lamp", failing)
        with open(self.path("health"), "w", encoding="ascii") as file:
            file.write("fine\n")
        hub.wait_channel("lamp", lambda channel: channel["health_failures"] == 0 and "health_last" in channel)

    def test_a_signal_lets_what_runs_finish(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.world("--on", "x=sleep 1; echo finished")
            call = self.running("call", "lamp", "x", url=f"unix:{self.at.unix}")
            self.at.wait_channel("lamp", lambda channel: channel["in_flight"] == 1)
            self.agents[0].signal(number)
            self.assertEqual(self.agents[0].wait(), 0)
            self.assertEqual((call.wait(), call.out), (0, '"finished"\n'))
            self.assertIn("1 still at work", self.agents[0].err)

    def test_a_signal_does_not_wait_for_ever(self):
        self.world("--on", "x=sleep 60")
        call = self.running("call", "lamp", "x", url=f"unix:{self.at.unix}")
        self.at.wait_channel("lamp", lambda channel: channel["in_flight"] == 1)
        start = time.monotonic()
        self.agents[0].signal(signal.SIGTERM)
        self.assertEqual(self.agents[0].wait(), 0)
        self.assertGreater(time.monotonic() - start, 4)
        self.assertEqual(call.wait(), 14)

    def test_a_second_signal_does_not_wait_at_all(self):
        self.world("--on", "x=sleep 60")
        self.running("call", "lamp", "x", url=f"unix:{self.at.unix}")
        self.at.wait_channel("lamp", lambda channel: channel["in_flight"] == 1)
        self.agents[0].signal(signal.SIGINT)
        self.agents[0].wait_err("still at work")
        self.agents[0].signal(signal.SIGINT)
        self.assertEqual(self.agents[0].wait(4), 0)

    def test_idle_agents_stop_at_once_also_without_a_hub(self):
        self.world()
        self.agents[0].signal(signal.SIGTERM)
        self.assertEqual(self.agents[0].wait(4), 0)
        lonely = self.running("agent", "--target", "lamp", "--echo", url="unix:/nowhere/hub.sock")
        lonely.wait_err("no hub at unix:/nowhere/hub.sock")
        lonely.signal(signal.SIGTERM)
        self.assertEqual(lonely.wait(4), 0)

    def test_it_says_what_happens_to_it(self):
        self.world()
        agent = self.agents[0]
        agent.wait_err(rf"\Aaldis: registered as lamp at unix:{self.at.unix}\n")
        agent.wait_err(r"primary of lamp, term \d+\n")
        self.at.stop()
        agent.wait_err(rf"lost the hub at unix:{self.at.unix}: .*; trying again in \d")

    def test_it_waits_longer_from_attempt_to_attempt(self):
        agent = self.running("agent", "--target", "lamp", "--echo", url="unix:/nowhere/hub.sock")
        agent.wait_err("trying again", count=4)
        waits = [float(n) * (1 if unit == "s" else 0.001) for n, unit in re.findall(r"again in ([\d.]+) (ms|s)", agent.err)]
        for failures, wait in enumerate(waits[:4]):
            span = 0.25 * 2**failures
            self.assertTrue(span / 2 - 0.06 <= wait <= span + 0.06, waits)


class Genuine:
    """A controller as the original is: no extension. `denial` refuses every hello; `commands` are sent to whoever registers."""

    def __init__(self, denial=None, commands=()):
        self.denial = denial
        self.commands = commands
        self.replies = []
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.listen())
        self.loop.run_forever()
        self.server.close()
        self.loop.run_until_complete(self.server.wait_closed())
        self.loop.close()

    async def listen(self):
        self.server = await websockets.serve(self.serve, "127.0.0.1", 0, ping_interval=None)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        self.ready.set()

    async def serve(self, ws):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in ws:
                kind, exchange = unframe(message)
                if kind == "REPLY":
                    self.replies.append(exchange)
                elif exchange["type"] == "HELLO":
                    await self.welcome(ws, exchange)

    async def welcome(self, ws, hello):
        reply = {"commandId": hello["id"], "type": "HELLO", "commandStatus": "SUCCEEDED", "payload": hello["payload"]}
        if self.denial is not None:
            reply = {"commandId": hello["id"], "type": "HELLO", "commandStatus": "ERROR", "errorDetails": self.denial}
        await ws.send(frame("REPLY", reply))
        for command in self.commands:
            await ws.send(frame("COMMAND", command))

    def __enter__(self):
        self.thread.start()
        self.ready.wait()
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


class WithGenuineControllers(CliCase):
    def test_an_agent_serves_one(self):
        commands = [{"id": "c1", "type": "x", "payload": {"a": 1}}, {"id": "c2", "type": "unheard"}, {"type": "x"}]
        with Genuine(commands=commands) as controller:
            agent = self.running("agent", "--target", "lamp", "--on", "x=cat", url=controller.url)
            agent.wait_err("registered as lamp")
            wait_until(lambda: len(controller.replies) == 3, "replies")
            agent.signal(signal.SIGTERM)
            self.assertEqual(agent.wait(), 0)
        replies = {reply["commandId"]: reply for reply in controller.replies}
        self.assertEqual(replies["c1"]["payload"], {"a": 1})
        self.assertEqual((replies["c2"]["type"], replies["c2"]["commandStatus"]), ("NO_REPLY", "ERROR"))

    def test_a_call_to_a_target_is_refused_because_it_would_reach_somebody_else(self):
        with Genuine() as controller:
            result = self.assert_ends(aldis("call", "lamp", "x", url=controller.url), 11, "")
        self.assertIn("unsupported", result.err)

    def test_a_denied_hello_is_final_and_says_why(self):
        with Genuine(denial="not you") as controller:
            call = self.assert_ends(aldis("call", "lamp", "x", url=controller.url), 3, "")
            self.assertIn("not you", call.err)
            self.assertLess(call.took, 2.5)
            agent = self.running("agent", "--target", "lamp", "--echo", url=controller.url)
            self.assertEqual(agent.wait(), 3)
            self.assertIn("not you", agent.err)


if __name__ == "__main__":
    unittest.main()
