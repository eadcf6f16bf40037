"""Rules that change under live sessions, and files of tokens that are wrong."""

import asyncio
import http.client
import os
import signal
import subprocess
import unittest

from auth_case import AuthCase, Caller
from harness import PATIENCE, Connector, binary, echo, wait_until, wait_until_async


class Changes(AuthCase):
    """Rules that change while sessions live."""

    async def closed(self, agent):
        await asyncio.wait_for(agent.ws.wait_closed(), PATIENCE)
        return agent.ws.close_code, agent.ws.close_reason

    async def read_again(self, hub):
        await asyncio.to_thread(self.reload, hub)

    def test_who_is_taken_out_is_put_out(self):
        self.tokens.token("lamp-7", serve="lamp").token("lamp-8", serve="lamp").token("lamp-9", serve="lamp")
        hub = self.start()

        async def change():
            async with self.agent(hub, "lamp-7") as gone, self.agent(hub, "lamp-8") as stays, \
                    self.agent(hub, "lamp-9") as rotated:
                self.tokens.remove("token lamp-7")
                self.tokens.rotate("lamp-9", serve="lamp")
                await self.read_again(hub)
                self.assertEqual(await self.closed(gone), (1008, "Not allowed any more"))
                self.assertEqual(await self.closed(rotated), (1008, "Not allowed any more"))
                self.assertTrue(stays.ws.open)
                self.assertEqual(await self.refused_upgrade(hub, headers=self.tokens.bearer("lamp-7")), 401)
                async with self.agent(hub, "lamp-9"):
                    pass
        self.run_async(change())
        self.assertEqual(self.get(hub, "/api/v1/hub")["edge"]["expelled"], 2)

    def test_two_hashes_let_one_token_replace_another(self):
        self.tokens.token("lamp-7", serve="lamp")
        hub = self.start()
        old = dict(self.tokens.bearer("lamp-7"))

        async def change():
            async with self.agent(hub, "lamp-7") as agent:
                first = self.tokens.sections["token lamp-7"].split("hash = ")[1].split("\n")[0]
                self.tokens.rotate("lamp-7", serve="lamp")
                second = self.tokens.sections["token lamp-7"].split("hash = ")[1].split("\n")[0]
                self.tokens.section("token lamp-7", hash=f"{first}, {second}", serve="lamp")
                await self.read_again(hub)
                async with self.agent(hub, "lamp-7"), Connector(hub.url(), headers=old):
                    self.assertTrue(agent.ws.open)
                self.tokens.section("token lamp-7", hash=second, serve="lamp")
                await self.read_again(hub)
                self.assertEqual((await self.closed(agent))[0], 1008)
        self.run_async(change())

    def test_who_may_not_serve_its_target_any_more_is_put_out(self):
        self.tokens.token("works", serve="lamp, press")
        hub = self.start()

        async def change():
            async with self.agent(hub, "works", "lamp") as lamp, self.agent(hub, "works", "press") as press:
                self.tokens.token("works", serve="press, deck")
                await self.read_again(hub)
                self.assertEqual((await self.closed(lamp))[0], 1008)
                self.assertTrue(press.ws.open)
        self.run_async(change())

    def test_commands_are_judged_by_the_newest_rules(self):
        self.tokens.token("lamp-7", serve="lamp").token("caller", command="lamp:signal")
        hub = self.start()

        async def change():
            async with self.agent(hub, "lamp-7", handlers={"signal": echo, "burn": echo}):
                caller = await Caller(hub, self.tokens.bearer("caller")).open()
                self.assertEqual((await caller.call("signal", "lamp"))["outcome"], "succeeded")
                self.assertEqual((await caller.call("burn", "lamp"))["outcome"], "refused")
                self.tokens.token("caller", command="lamp:burn")
                await self.read_again(hub)
                self.assertEqual((await caller.call("signal", "lamp"))["outcome"], "refused")
                self.assertEqual((await caller.call("burn", "lamp"))["outcome"], "succeeded")
                await caller.close()
        self.run_async(change())

    def test_what_runs_is_lost_with_the_agent_that_is_put_out(self):
        self.tokens.token("lamp-7", serve="lamp")
        hub = self.start()

        async def change():
            async with self.agent(hub, "lamp-7") as agent:
                waiting = asyncio.ensure_future(asyncio.to_thread(
                    self.ask, hub, "POST", "/api/v1/commands", "clerk", None, {"target": "lamp", "name": "burn"}))
                await wait_until_async(lambda: agent.commands, "the command is there")
                self.tokens.remove("token lamp-7")
                await self.read_again(hub)
                answer = (await asyncio.wait_for(waiting, PATIENCE)).json()
                self.assertEqual((answer["outcome"], answer["cause"]), ("lost", "link_ended"))
        self.run_async(change())

    def test_a_stream_ends_when_its_reader_may_not_see_any_more(self):
        self.tokens.token("reader", manage="read").token("other", manage="read")
        hub = self.start()
        streams = []
        for who in ("reader", "other"):
            connection = hub.http()
            connection.request("GET", "/api/v1/events", headers=self.tokens.bearer(who))
            response = connection.getresponse()
            self.assertEqual(response.status, 200)
            streams.append((connection, response))
        self.tokens.token("reader", manage="none")
        self.reload(hub)
        with self.assertRaises((http.client.IncompleteRead, ConnectionError)):
            while streams[0][1].read1():
                pass
            raise ConnectionError("the stream ended")
        self.assertEqual(self.get(hub, "/api/v1/hub")["edge"]["expelled"], 1)
        for connection, _ in streams:
            connection.close()

    def test_a_mistake_changes_nothing(self):
        self.tokens.token("lamp-7", serve="lamp")
        hub = self.start()

        async def change():
            async with self.agent(hub, "lamp-7") as agent:
                for text, place in (("nonsense\n", ":1: "), (self.tokens.text() + "[user nobody-of-this-name]\n", "no such user"),
                                    ("[token lamp-7]\nhash = x\n", ":2: [token lamp-7] hash: ")):
                    before = len(hub.log)
                    self.tokens.write(text)
                    hub.send_signal(signal.SIGHUP)
                    await wait_until_async(lambda b=before, p=place: any(
                        "the old rules hold" in line and p in line for line in hub.log[b:]), place)
                os.unlink(self.tokens.path)
                hub.send_signal(signal.SIGHUP)
                await wait_until_async(lambda: any("No such file" in line for line in hub.log), "the file is gone")
                self.assertTrue(agent.ws.open)
                async with self.agent(hub, "lamp-7"):
                    pass
        self.run_async(change())
        self.assertFalse(any("hash = x" in line for line in hub.log))

    def test_a_changed_file_is_read_without_a_signal(self):
        self.tokens.token("lamp-7", serve="lamp")
        hub = self.start()

        async def change():
            async with self.agent(hub, "lamp-7") as agent:
                self.tokens.remove("token lamp-7").write()
                self.assertEqual((await self.closed(agent))[0], 1008)
        self.run_async(change())

    def test_many_sessions_and_many_changes(self):
        for number in range(20):
            self.tokens.token(f"lamp-{number}", serve="lamp")
        hub = self.start()

        async def change():
            agents = [await self.agent(hub, f"lamp-{number}").__aenter__() for number in range(20)]
            for number in range(0, 20, 2):
                self.tokens.remove(f"token lamp-{number}")
                self.tokens.write()
                hub.send_signal(signal.SIGHUP)
            for number, agent in enumerate(agents):
                if number % 2 == 0:
                    self.assertEqual((await self.closed(agent))[0], 1008)
            self.assertEqual(len(self.get(hub, "/api/v1/channels")["channels"]), 10)
            self.assertTrue(all(agent.ws.open for agent in agents[1::2]))
            for agent in agents:
                await agent.ws.close()
        self.run_async(change())


class Files(AuthCase):
    """What the hub does not start with, and what it does."""

    def check(self, *settings):
        words = [binary("aldisd"), "-s", "unix.path=", "-s", "http.listen=127.0.0.1:0"]
        for setting in settings:
            words += ["-s", setting]
        return [subprocess.run([*words, *more], capture_output=True, text=True, timeout=PATIENCE, check=False)
                for more in (["--check"], [])]

    def test_a_bad_file_is_named_with_its_line(self):
        good = self.tokens.text()
        for text, complaint in (
                (good + "[tokn x]\n", "[tokn x]: a section is"),
                (good + "[user 1]\nvalid_after = 1\n", "[user 1] valid_after: only tokens are made at some time"),
                (good + "[user 1]\nregister = la*mp\n", '[user 1] register: "la*mp" '),
                (good + "[user 1]\ncommand = lamp\n", '[user 1] command: "lamp" '),
                (good + "[user 1]\nmanage = all\n", '[user 1] manage: "all" '),
                (good + "[token clerk]\n", '"clerk" stands in line 1 already'),
                (good + "[user 1]\nrights = all\n", "[user 1] rights: there is no such key"),
                (good + "[user 1]\nregister = \x01\n", "not plain UTF-8 text")):
            self.tokens.write(text)
            line = text.count("\n")
            for run in self.check(f"auth.tokens={self.tokens.path}"):
                self.assertEqual(run.returncode, 1, run)
                self.assertIn(f"auth.tokens: {self.tokens.path}:{line}: ", run.stderr)
                self.assertIn(complaint, run.stderr)
                self.assertNotIn("ready", run.stdout)

    def test_a_file_that_is_not_there(self):
        for path in (os.path.join(self.folder, "none"), self.folder):
            for run in self.check(f"auth.tokens={path}"):
                self.assertEqual(run.returncode, 1)
                self.assertIn(f"auth.tokens: {path}: ", run.stderr)

    def test_an_empty_file_lets_nobody_in(self):
        self.tokens.write("")
        hub = self.hub(f"auth.tokens={self.tokens.path}")
        self.assertEqual(self.ask(hub, "GET", "/api/v1/hub").status, 401)
        self.assertEqual(self.ask(hub, "GET", "/livez").status, 200)

    def test_tokens_open_a_door_that_others_can_reach(self):
        hub = self.start(http="0.0.0.0:0")
        wait_until(lambda: any("tokens cross the network in the clear" in line for line in hub.log), "the hub warns")
        refused = subprocess.run([binary("aldisd"), "-s", "http.listen=0.0.0.0:0", "-s", "unix.path=", "--check"],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("set [auth] tokens", refused.stderr)


if __name__ == "__main__":
    unittest.main()
