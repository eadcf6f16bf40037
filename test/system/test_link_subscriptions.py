"""Subscriptions of links, over real sockets."""

import asyncio
import json
import signal
import time
import unittest

from cli_rig import Running, aldis
from harness import wait_until
from link_party import Link, LinkCase, token


TICK = "foo:TickEvent"


class Subscriptions(LinkCase):
    """link.md 4.10, and what aldis adds: docs/wire-link.md 5."""

    async def subscribe(self, link, action="subscribe", since=-1, *filters):
        answer = await link.call([0, 0], "SubscriptionRequest", data=[TICK, action, since, *filters])
        self.assertEqual(answer["type"], "response", answer)
        return answer

    async def heard(self, link):
        """What came: a ping is answered behind it."""
        await link.call([0, 0], "PingRequest")
        events, link.events = link.events, []
        for event in events:
            self.assertEqual((event["dst"], "filters" in event), (link.src, False), event)
        return [event["data"] for event in events]

    async def publish(self, link, *data, **members):
        for value in data:
            await link.event([0, 0], TICK, data=value, **members)
        await link.call([0, 0], "PingRequest")

    def test_filters(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as control:
                async def round(action, filters, expected):
                    await self.subscribe(control, action, 9e12, *filters)
                    await self.publish(host, "a", filters=["a"])
                    await self.publish(host, "b", filters="b")
                    await self.publish(host, "ab", filters=["a", "b"])
                    await self.publish(host, "all")
                    await self.publish(host, "none", filters=[])
                    self.assertEqual(await self.heard(control), expected, (action, filters))

                await round("subscribe", [["a"]], ["a", "ab", "all"])
                await round("subscribe", [["b"]], ["a", "b", "ab", "all"])
                await round("unsubscribe", [["a"]], ["b", "ab", "all"])
                await round("replace", [["a", "c"]], ["a", "ab", "all"])
                await round("replace", [["c"]], ["all"])
                await round("subscribe", [], ["a", "b", "ab", "all"])
                await round("unsubscribe", [["a"]], ["a", "b", "ab", "all"])  # from all nothing but all can be taken
                await round("replace", [["b"]], ["b", "ab", "all"])
                await round("unsubscribe", [["b"]], [])
                await round("subscribe", ["a"], ["a", "ab", "all"])
                await round("replace", [[]], [])
                await round("subscribe", [["a"]], ["a", "ab", "all"])
                await round("unsubscribe", [], [])

        hub = self.hub()
        self.run_async(run())

    def test_the_command_line_says_for_whom_an_event_is(self):
        async def run():
            env = {"ALDIS_TOKEN": token(aud="user", user="ann")}
            url = hub.url("").replace("ws://", "link+ws://")
            async with Link(hub) as control:
                await self.subscribe(control, "subscribe", -1, ["a"])
                for name in ("b", "a"):
                    words = ("send", "--filter", name, "", TICK, json.dumps(name))
                    sent = await asyncio.to_thread(aldis, *words, url=url, env=env)
                    self.assertEqual(sent.status, 0, sent.err)
                self.assertEqual(await self.heard(control), ["a"])

        hub = self.hub()
        self.run_async(run())

    def test_the_command_line_watches_events_over_a_link(self):
        async def run():
            async with Link(hub, host=4) as host:
                await self.publish(host, "early", "early too")
                watch = await asyncio.to_thread(start)
                await self.publish(host, 1, 2)
                self.assertEqual(await asyncio.to_thread(watch.wait), 0, watch.err)
                self.assertEqual([json.loads(line)["payload"] for line in watch.out.splitlines()], [1, 2])

        def start():
            watch = Running("--json", "watch", "-n", "2", TICK, url=hub.url("").replace("ws://", "link+ws://"),
                            env={"ALDIS_TOKEN": token(aud="user", user="ann")})
            self.addCleanup(watch.close)
            wait_until(lambda: hub.state()["counters"]["subscriptions"] == 1, "the subscription")
            return watch

        hub = self.hub()
        self.run_async(run())

    def line(self, hub, *words):
        watch = Running("--json", "watch", *words, TICK, url=hub.url("").replace("ws://", "link+ws://"),
                        env={"ALDIS_TOKEN": token(aud="user", user="ann")})
        self.addCleanup(watch.close)
        return watch

    def test_the_command_line_watches_what_was_missed_and_says_what_is_not_known(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as control:
                await self.subscribe(control)
                for name in ("north", "south", "west"):
                    await self.publish(host, name, filters=[name])
                for words, expected in ((("--since", "0"), ["north", "south", "west", 0]),
                                        (("--since", "0", "--filter", "south,west"), ["south", "west", 0, 1]),
                                        (("--since", "1h", "--filter", "north"), ["north", 0, 1, "gap", 2])):
                    watch = self.line(hub, *words)
                    await asyncio.to_thread(wait_until, lambda: len(watch.output) == len(expected) - 1, f"{expected}")
                    await self.publish(host, expected[-1])
                    await asyncio.to_thread(wait_until, lambda: len(watch.output) == len(expected), "what comes")
                    watch.signal(signal.SIGINT)
                    self.assertEqual(await asyncio.to_thread(watch.wait), 0, watch.err)
                    lines = [json.loads(line) for line in watch.output]
                    self.assertEqual([line.get("payload", line["kind"]) for line in lines], expected)
                    self.assertEqual({line["name"] for line in lines}, {TICK})

        hub = self.hub()
        self.run_async(run())

    def test_the_command_line_filters_nothing_that_is_for_one_target(self):
        sent = aldis("send", "--filter", "a", "7", TICK, url="link+ws://127.0.0.1:1")
        self.assertEqual(sent.status, 2)
        self.assertIn("only of events for the hub itself", sent.err)

    def test_the_command_line_serves_numbers_only(self):
        agent = aldis("agent", "--target", "lamp", "--echo", url="link+ws://127.0.0.1:1")
        self.assertEqual(agent.status, 2)
        self.assertIn('must be the number of a host, which "lamp" is not', agent.err)

    def test_what_was_missed_comes_before_the_answer_and_once(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as early:
                await self.subscribe(early)
                await self.publish(host, 1, 2)
                await asyncio.sleep(0.002)
                since = round(time.time() * 1000)
                await asyncio.sleep(0.002)
                await self.publish(host, 3, 4)
                await self.publish(host, 5, filters=["other"])
                async with Link(hub) as late:
                    self.assertIs((await self.subscribe(late, "replace", since, ["mine"]))["data"], True)
                    self.assertEqual([event["data"] for event in late.events], [3, 4])
                    await self.publish(host, 6)
                    self.assertEqual(await self.heard(late), [3, 4, 6])
                    self.assertIs((await self.subscribe(late, "replace", time.time() * 1000 + 1000))["data"], False)
                    self.assertIs((await self.subscribe(late, "unsubscribe", 0))["data"], False)
                async with Link(hub) as late:
                    await self.subscribe(late, "subscribe", 0)
                    self.assertEqual(await self.heard(late), [1, 2, 3, 4, 5, 6])

        hub = self.hub()
        self.run_async(run())

    def test_what_is_not_remembered_is_told(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as early:
                before = time.time() * 1000 - 1000
                first = await self.subscribe(early, "subscribe", before)
                self.assertGreater(first["gapUntilMs"], before)  # nobody knew the name
                after = first["gapUntilMs"]
                self.assertNotIn("gapUntilMs", await self.subscribe(early, "replace", after))
                await asyncio.sleep(0.002)  # it is rounded up to a millisecond, and what is published in that is not after it
                await self.publish(host, *range(5))
                async with Link(hub) as late:
                    answer = await self.subscribe(late, "subscribe", after)
                    self.assertEqual((answer["data"], await self.heard(late)), (True, [2, 3, 4]))
                    self.assertGreaterEqual(answer["gapUntilMs"], after)
                    self.assertLessEqual(answer["gapUntilMs"], time.time() * 1000 + 1)
                    self.assertNotIn("gapUntilMs", await self.subscribe(late, "replace", -1))
                    self.assertNotIn("gapUntilMs", await self.subscribe(late, "unsubscribe", after))

        hub = self.hub("limits.replay_max=3")
        self.run_async(run())
        self.assertEqual(hub.state()["counters"]["subscriptions_with_gaps"], 2)

    def test_events_of_other_dialects(self):
        async def run():
            async with Link(hub) as control:
                await self.subscribe(control, "subscribe", 0, ["north"])
                for filters in ([], ["--filter", "north,x"], ["--filter", "south"]):
                    words = ("send", *filters, "", TICK, json.dumps(filters))
                    result = await asyncio.to_thread(aldis, *words, url=f"unix:{hub.unix}")
                    self.assertEqual(result.status, 0, result)
                self.assertEqual(await self.heard(control), [[], ["--filter", "north,x"]])

        hub = self.hub()
        self.run_async(run())

    def test_filters_that_are_none(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as control:
                await self.subscribe(control)
                await self.publish(host, 1, filters={"a": 1})
                await self.publish(host, 2, filters=["a,b"])
                await self.publish(host, 3, filters=[str(i) for i in range(2000)])
                await self.publish(host, 4, filters=["a"])
                self.assertEqual(await self.heard(control), [4])

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "event_dropped"), 2)

    def test_filters_that_cannot_be_are_refused_with_a_reason(self):
        async def run():
            async with Link(hub) as control:
                for filters, reason in ((["a,b"], "Request SubscriptionRequest failed validation: a filter has no comma"),
                                        (["a" * 512, "b" * 512], "the filters of a subscription have at most 1024 bytes")):
                    answer = await control.call([0, 0], "SubscriptionRequest", data=[TICK, "subscribe", 0, filters])
                    self.assertEqual(answer["data"], {"message": reason, "code": "InvalidMessage"})

        hub = self.hub()
        self.run_async(run())


if __name__ == "__main__":
    unittest.main()
