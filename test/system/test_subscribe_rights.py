"""Who may subscribe to which events, over the link protocol: judged, live when the rules change, and shown."""

import os
import re
import signal
import unittest

from cli_rig import Running
from harness import wait_until_async
from link_party import Link, token
from test_permissions import DENIED, PermissionCase, permissions

TICK, SECRET = "foo:Tick", "foo:Secret"


class SubscribeCase(PermissionCase):
    async def subscribe(self, link, name, action="subscribe", since=0, *filters):
        answer = await link.call([0, 0], "SubscriptionRequest", data=[name, action, since, *filters])
        return answer["data"]

    async def publish(self, host, *names):
        for name in names:
            await host.event([0, 0], name, data={"of": name})
        await host.call([0, 0], "PingRequest")

    async def heard(self, link):
        """What came: a ping is answered behind it."""
        await link.call([0, 0], "PingRequest")
        events, link.events = link.events, []
        return [event["name"] for event in events if event["name"] != "AccountUpdateEvent"]

    def refusals(self, hub):
        return self.get(hub, "/api/v1/hub")["auth"]["subscriptions_denied"]


class Subscriptions(SubscribeCase):
    def test_who_may_command_next_to_nothing_hears_nothing(self):
        self.user("clerk-7", command="nothing:x")
        self.user("boss", command="*:*")
        hub = self.guarded()

        async def run():
            async with self.host(hub) as host, self.control(hub, "clerk-7") as clerk, self.control(hub, "boss") as boss:
                self.assertIs(await self.subscribe(boss, SECRET), False)
                await self.publish(host, SECRET)
                for action, filters in (("subscribe", ()), ("subscribe", (["a"],)), ("replace", ()), ("replace", (["a"],)),
                                        (True, ()), (True, ("a",))):
                    self.assertEqual(await self.subscribe(clerk, SECRET, action, 0, *filters), DENIED, (action, filters))
                await self.publish(host, SECRET)
                self.assertEqual((await self.heard(clerk), await self.heard(boss)), ([], [SECRET, SECRET]))
        self.run_async(run())
        self.assertEqual(self.refusals(hub), 6)

    def test_the_command_line_says_what_it_may_not_hear_and_ends_when_that_is_all(self):
        self.user("julia", command="4:*", subscribe=TICK)
        hub = self.guarded()

        def watch(*names):
            line = Running("watch", *names, url=hub.url("").replace("ws://", "link+ws://"),
                           env={"ALDIS_TOKEN": token(aud="user", user="julia")})
            self.addCleanup(line.close)
            return line

        none = watch(SECRET, "foo:Other")
        self.assertEqual(none.wait(), 11, none.err)
        self.assertIn(f"cannot subscribe to {SECRET}: Permission denied", none.err)
        some = watch(SECRET, TICK)
        some.wait_err("cannot subscribe")
        some.signal(signal.SIGINT)
        self.assertEqual(some.wait(), 0, some.err)

    def test_the_names_of_the_list_and_no_others(self):
        self.user("julia", command="4:*", subscribe=f"{TICK}, deck.*")
        hub = self.guarded()

        async def run():
            async with self.host(hub) as host, self.control(hub, "julia") as julia:
                for name in (TICK, "deck.wash"):
                    self.assertIs(await self.subscribe(julia, name), False)
                for name in (SECRET, "foo:Ticks", "foo:Tic", "deck", "*", ""):
                    self.assertEqual(await self.subscribe(julia, name), DENIED, name)
                await self.publish(host, SECRET, TICK, "foo:Ticks", "deck.wash", "deck")
                self.assertEqual(await self.heard(julia), [TICK, "deck.wash"])
        self.run_async(run())

    def test_hosts_need_the_right_like_everybody(self):
        self.tokens.section("token host-5", serve="5", command="4:*")
        self.tokens.section("token host-6", serve="6", subscribe=TICK)
        hub = self.guarded()

        async def run():
            async with Link(hub, host=5) as none, Link(hub, host=6) as some:
                self.assertEqual(await self.subscribe(none, TICK), DENIED)
                self.assertIs(await self.subscribe(some, TICK), False)
                self.assertEqual(await self.subscribe(some, SECRET), DENIED)
        self.run_async(run())

    def test_who_has_no_line_and_may_command_all_or_read_may_hear_all(self):
        self.user("reader", manage="read")
        self.user("boss", command="*:*")
        self.user("some", command="*:foo:*", permission="*")
        self.user("none", command="*:*", manage="write", subscribe="")
        hub = self.guarded()

        async def run():
            for name, expected in (("reader", False), ("boss", False), ("some", DENIED), ("none", DENIED)):
                async with self.control(hub, name) as control:
                    self.assertEqual(await self.subscribe(control, SECRET), expected, name)
        self.run_async(run())

    def test_the_permission_of_the_event_is_needed_as_well(self):
        self.user("julia", subscribe="foo:*", permission="foo.echo")
        self.user("other", subscribe="foo:*", permission="foo.bell")
        self.user("third", subscribe="bar:*", permission="*")
        hub = self.guarded()

        async def run():
            for name, expected in (("julia", DENIED), ("other", False), ("third", DENIED)):
                async with self.control(hub, name) as control:
                    self.assertEqual(await self.subscribe(control, "foo:Bell"), expected, name)
        self.run_async(run())

    def test_everybody_may_unsubscribe_and_that_makes_no_name_known(self):
        self.user("none")
        hub = self.guarded()

        async def run():
            async with self.control(hub, "none") as none:
                for action, filters in (("unsubscribe", ()), ("unsubscribe", (["a"],)), ("replace", ([],)), (False, ())):
                    answer = await none.call([0, 0], "SubscriptionRequest", data=[SECRET, action, 1, *filters])
                    self.assertEqual((answer["type"], answer["data"], "gapUntilMs" in answer), ("response", False, False))
        self.run_async(run())
        self.assertEqual(self.refusals(hub), 0)

    def test_the_next_request_is_judged_by_the_newest_rules(self):
        self.user("julia", subscribe=TICK)
        hub = self.guarded()

        async def run():
            async with self.control(hub, "julia") as julia:
                self.assertEqual(await self.subscribe(julia, SECRET), DENIED)
                self.user("julia", subscribe=f"{TICK}, {SECRET}")
                await self.read_again(hub)
                self.assertIs(await self.subscribe(julia, SECRET), False)
                self.user("julia", subscribe="")
                await self.read_again(hub)
                self.assertEqual(await self.subscribe(julia, TICK), DENIED)
        self.run_async(run())

    def test_what_one_may_hear_no_more_ends(self):
        self.user("julia", subscribe="foo:*, deck")
        self.user("other", subscribe="*")
        hub = self.guarded()

        async def run():
            async with self.host(hub) as host, self.control(hub, "julia") as julia, self.control(hub, "other") as other:
                away = await self.control(hub, "julia").open()
                for name in (TICK, "deck", SECRET, "foo:More"):
                    for link in (julia, other, away):
                        self.assertIs(await self.subscribe(link, name), False)
                await away.cut()
                self.user("julia", subscribe=f"{TICK}, deck")
                await self.read_again(hub)
                await self.publish(host, SECRET, TICK, "foo:More", "deck")
                self.assertEqual(await self.heard(julia), [TICK, "deck"])
                self.assertEqual(await self.heard(other), [SECRET, TICK, "foo:More", "deck"])
                self.assertEqual((await away.resume())["type"], "continue")
                self.assertEqual(await self.heard(away), [TICK, "deck"])
                self.user("julia", subscribe="*")
                await self.read_again(hub)
                await self.publish(host, SECRET)
                self.assertEqual((await self.heard(julia), await self.heard(other)), ([], [SECRET]))
                self.assertIs(await self.subscribe(julia, SECRET, "replace", 9e12), False)
                await self.publish(host, SECRET)
                self.assertEqual(await self.heard(julia), [SECRET])
                await away.close()
        self.run_async(run())
        self.assertEqual(self.get(hub, "/api/v1/hub")["auth"]["subscriptions_ended"], 4)

    def test_a_schema_that_asks_for_a_permission_ends_them_too(self):
        self.user("julia", subscribe="*")
        hub = self.guarded()

        async def run():
            async with self.host(hub) as host, self.control(hub, "julia") as julia:
                self.assertIs(await self.subscribe(julia, TICK), False)
                self.put({"name": TICK, "kind": "event", "permission": "foo.tick"})
                hub.send_signal(signal.SIGHUP)
                await wait_until_async(lambda: self.get(hub, "/api/v1/hub")["auth"]["subscriptions_ended"] == 1, "it ends")
                await self.publish(host, TICK)
                self.assertEqual(await self.heard(julia), [])
        self.run_async(run())

    def test_without_a_file_everybody_hears_all(self):
        secret = os.path.join(self.folder, "link.secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write("TestSecretDoNotUse")
        os.chmod(secret, 0o600)
        hub = self.hub(f"link.secret={secret}")

        async def run():
            async with Link(hub, shown=token(aud="user", user="anybody")) as control:
                self.assertIs(await self.subscribe(control, SECRET), False)
        self.run_async(run())
        self.assertEqual(hub.get("/api/v1/whoami")["subscribe"], ["*"])


class Shown(SubscribeCase):
    def test_who_may_not_hear_everything_is_shown_as_no_admin(self):
        self.user("boss", command="*:*", subscribe=TICK)
        hub = self.guarded()

        async def run():
            async with self.control(hub, "boss") as boss:
                self.assertEqual(permissions(boss.ready["data"]["account"]), ["*", "foo.bell", "foo.echo"])
                self.user("boss", command="*:*")
                await self.read_again(hub)
                await wait_until_async(lambda: boss.events, "it is told")
                self.assertEqual(permissions(boss.events[0]["data"]), ["core.admin"])
        self.run_async(run())

    def test_the_api(self):
        self.tokens.token("reader", manage="read").token("caller", command="lamp:*").token("some", subscribe="foo:*, x")
        hub = self.guarded()
        for name, shown in (("clerk", ["*"]), ("reader", ["*"]), ("caller", []), ("some", ["foo:*", "x"])):
            self.assertEqual(self.ask(hub, "GET", "/api/v1/whoami", name).json()["subscribe"], shown, name)
        why = self.get(hub, "/api/v1/auth/why?principal=some&name=foo%3ATick")
        self.assertEqual((why["allowed"], why["why"].rpartition(": ")[2]), (True, "subscribe = foo:*, x"))
        self.assertEqual(self.ask(hub, "GET", "/api/v1/auth/why?principal=some", "clerk").status, 400)
        # The stream of the API shows more than a subscriber is told.
        self.assertEqual(self.ask(hub, "GET", "/api/v1/events?name=foo:Tick", "some").status, 403)

    def test_the_command_line(self):
        self.tokens.token("caller", command="lamp:*", manage="read", subscribe="foo:*")
        hub = self.guarded()
        env = {"ALDIS_TOKEN": self.tokens.secrets["caller"]}

        def why(*words, **options):
            done = self.cli("auth", "why", *words, **options)
            return done.returncode, done.stdout.replace(self.tokens.path, "FILE")

        for options in ({"hub": hub, "env": env}, {}):
            where = [] if options else ["--file", self.tokens.path]
            status, text = why("caller", "--subscribe", TICK, *where, **options)
            self.assertEqual(status, 0, text)
            self.assertRegex(text, r"\Acaller may subscribe to foo:Tick: FILE:\d+: subscribe = foo:\*\n\Z")
            status, text = why("caller", "--subscribe", "bar", *where, **options)
            self.assertEqual(status, 1, text)
            self.assertRegex(text, r"\Acaller may not subscribe to bar: FILE:\d+: subscribe = foo:\*\n\Z")
        status, text = why("caller", "--subscribe", "foo:Bell", hub=hub, env=env)
        self.assertEqual(status, 1, text)
        self.assertRegex(text, r"\Acaller may not subscribe to foo:Bell, which takes the permission foo\.bell: FILE:\d+: "
                               r"its section has no permission\n\Z")
        self.assertEqual([self.cli("auth", "why", "caller", *words).returncode
                          for words in ((), ("lamp", "--subscribe", "x"))], [2, 2])
        self.assertIn("subscribe  foo:*\n", self.cli("auth", "whoami", hub=hub, env=env).stdout)
        file = os.path.join(self.folder, "made.tokens")
        made = self.cli("auth", "token", "x", "--subscribe", "foo:Tick,deck.*", "--file", file)
        self.assertEqual(made.returncode, 0, made.stderr)
        with open(file, encoding="utf-8") as text:
            self.assertTrue(re.search(r"^subscribe = foo:Tick,deck\.\*$", text.read(), re.M))


if __name__ == "__main__":
    unittest.main()
