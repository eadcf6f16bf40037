"""Commands of ours over a link that is cut once, at a bad moment."""

import asyncio
import json
import os
import re
import signal
import tempfile
import unittest

from cli_rig import Running, aldis
from harness import wait_until, wait_until_async
from link_party import Link, LinkCase, token
from test_link_resume import Shears


class Once(Shears):
    """Cuts the first connection after so many bytes (None: only when it is told to), and no other."""

    def __init__(self, port, budget=None):
        self.first = budget
        super().__init__(port, 1, 1)

    def draw(self):
        budget, self.first = self.first, None
        return 1 << 30 if budget is None else budget


class CutCase(LinkCase):
    def once(self, hub, budget=None):
        shears = Once(hub.port, budget)
        self.addCleanup(shears.close)
        return shears


class Agent(CutCase):
    def start(self, port):
        """An agent for 7, whose job `slow` tells that it runs, and ends when something is written into its pipe."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.pipe, self.sign = os.path.join(folder, "pipe"), os.path.join(folder, "sign")
        os.mkfifo(self.pipe)
        agent = Running("agent", "--target", "7", "--on", f"slow=: >{self.sign}; read line <{self.pipe}; echo 5",
                        url=f"link+ws://127.0.0.1:{port}", env={"ALDIS_TOKEN": token(aud="host", host=7)})
        self.addCleanup(agent.close)
        agent.wait_err("registered as 7")
        return agent

    def finish(self):
        with open(self.pipe, "w", encoding="ascii") as pipe:
            pipe.write("\n")

    def stop(self, agent):
        wait_until(lambda: os.path.exists(self.sign), "the job to run")
        agent.signal(signal.SIGTERM)
        agent.wait_err("stopping; 1 still at work")

    def check(self, cut):
        """It is told to stop while it is at work, `cut` does the rest, and its caller gets the answer."""

        async def run():
            async with Link(hub) as control:
                asked = await control.ask([1, 7], "slow", data={})
                await asyncio.to_thread(self.stop, agent)
                await asyncio.to_thread(cut, agent, shears)
                return await asyncio.wait_for(asked, 20)

        hub = self.hub()
        shears = self.once(hub)
        agent = self.start(shears.port)
        answer = self.run_async(run())
        self.assertEqual((answer["type"], answer.get("data")), ("response", 5), answer)
        self.assertEqual(agent.wait(), 0, agent.err)
        self.assertEqual(self.link_counter(hub, "session_resumed"), 1)
        self.assertEqual(self.link_counter(hub, "session_invalidated"), 0)

    def test_that_waited_in_vain_for_its_session_does_not_wait_long_afterwards(self):
        """It looked for it several times a second; that must not count as so many failures."""
        hub = self.hub("link.session_timeout=2s")
        agent = self.start(hub.port)
        hub.kill()
        found = lambda: re.findall(r"trying again in ([0-9.]+) (ms|s)", agent.err)
        wait_until(lambda: len(found()) >= 7, "it to look for the hub often")
        waits = [float(number) * (0.001 if unit == "ms" else 1) for number, unit in found()[:7]]
        self.assertLess(max(waits), 5, waits)

    def test_that_stops_tells_what_ended_while_it_was_cut_off(self):
        def cut(agent, shears):
            shears.cut(barred=True)
            agent.wait_err("lost the hub")
            self.finish()
            agent.wait_err("no hub at", len(agent.lines))  # it did not give up
            shears.barred = False

        self.check(cut)

    def test_that_stops_comes_back_before_its_work_is_done(self):
        def cut(agent, shears):
            shears.cut()
            agent.wait_err("registered as 7", 2)
            self.finish()

        self.check(cut)


class Call(CutCase):
    """Nobody tells over a link how far a command is, so what was sent is never said to have been seen by nobody."""

    def check(self, hub, meanwhile, status, outcome, cause, state):
        async def run():
            async with Link(hub, host=7) as host:
                call = Running("--json", "call", "--deadline", "2s", "7", "slow", url=f"link+ws://127.0.0.1:{hub.port}",
                               env={"ALDIS_TOKEN": token(aud="user", user="test")})
                self.addCleanup(call.close)
                await wait_until_async(lambda: host.requests, "the request")
                meanwhile()
                self.assertEqual(await asyncio.to_thread(call.wait), status, call.err)
                told = json.loads(call.out)
                self.assertEqual((told["outcome"], told["cause"], told["state"]), (outcome, cause, state))

        self.run_async(run())

    def test_that_nobody_answers_expires_after_it_was_sent(self):
        self.check(self.hub(), lambda: None, 13, "expired", "deadline", "sent")

    def test_whose_hub_is_gone_at_the_deadline_is_lost(self):
        hub = self.hub()
        self.check(hub, hub.kill, 14, "lost", "hub_lost", "sent")


class Send(CutCase):
    def send(self, hub, budget=None):
        """One event, and whether its connection was cut."""
        shears = Once(hub.port, budget)
        result = aldis("send", "7", "note", "{}", url=f"link+ws://127.0.0.1:{shears.port}",
                       env={"ALDIS_TOKEN": token(aud="user", user="test")})
        shears.close()
        return result, shears.cuts > 0

    def test_brings_its_event_once_wherever_it_is_cut(self):
        hub = self.hub()
        n, budget, cut, outcomes = 0, 600, True, []  # from where it is about to be taken in
        while cut:
            result, cut = self.send(hub, budget)
            n += 1
            outcomes.append(result.status)
            # Nobody is there; what matters is that it came.
            self.assertEqual(hub.counter("events_dropped"), n, (budget, result))
            if result.status != 0:
                self.assertEqual(result.status, 14, result)
                self.assertIn("does not know its session any more", result.err)
            budget += 20
        self.assertGreater(self.link_counter(hub, "session_resumed"), 5)
        # It cannot know only where the goodbye came to the hub, and the answer to it got lost.
        self.assertLess(outcomes.count(14), 5, outcomes)
        self.assertLessEqual(outcomes.count(14), self.link_counter(hub, "session_invalidated"), outcomes)


if __name__ == "__main__":
    unittest.main()
