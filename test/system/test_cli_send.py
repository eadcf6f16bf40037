"""`aldis send`: an event reaches a program of an agent, and what is told when it cannot."""

import socket
import threading
import unittest

from cli_rig import ID, CliCase, aldis
from harness import wait_until


class Send(CliCase):
    def test_a_program_of_the_agent_gets_it(self):
        run = self.world("--on", f"dawn=cat >{self.path('dawn')}.new; mv {self.path('dawn')}.new {self.path('dawn')}")
        self.assert_ends(run("send", "lamp", "dawn", '{"at":6}'), 0, out="", err=r"\A\Z")
        wait_until(lambda: self.read("dawn"), "the program to run")
        self.assertEqual(self.read("dawn"), '{"at":6}')
        self.assertEqual(self.at.counter("events_delivered"), 1)
        self.assertEqual(self.at.counter("commands_submitted"), 0)

    def test_the_hub_has_it_when_it_ends(self):
        run = self.world("--echo")
        for n in range(1, 6):
            self.assert_ends(run("send", "lamp", "tick"), 0)
            self.assertEqual(self.at.counter("events_delivered"), n)
        self.assertEqual(self.at.counter("events_dropped"), 0)

    def test_its_id_is_told_to_programs(self):
        run = self.world()
        result = self.assert_ends(run("--json", "send", "lamp", "tick", "5"), 0)
        self.assertRegex(result.json()["id"], ID)

    def test_payload_channel_and_time_are_passed_on(self):
        run = self.world("--on", f'tick=cat >>{self.path("said")}; echo " $ALDIS_DEADLINE_MS" >>{self.path("said")}')
        channel = self.at.channels("lamp")[0]["id"]
        self.assert_ends(run("send", "--ttl", "1h", "--channel", channel, "lamp", "tick", "-", stdin=b"[1]"), 0)
        wait_until(lambda: "\n" in self.read("said"), "the program to run")
        payload, left = self.read("said").split()
        self.assertEqual(payload, "[1]")
        self.assertTrue(3590000 < int(left) <= 3600000, left)

    def test_nobody_there_is_dropped_and_counted(self):
        hub = self.hub()
        self.assert_ends(aldis("send", "nobody", "tick", url=f"unix:{hub.unix}"), 0, out="", err=r"\A\Z")
        self.assertEqual(hub.counter("events_dropped"), 1)

    def test_a_hub_that_is_away(self):
        result = self.assert_ends(aldis("send", "lamp", "tick", url="unix:/nowhere/hub.sock"), 3, out="",
                                  err="no hub at unix:/nowhere/hub.sock: .*No such file")
        self.assertLess(result.took, 10)

    def test_something_that_accepts_and_says_nothing_is_no_hub(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            result = self.assert_ends(aldis("send", "lamp", "tick", url=f"ws://127.0.0.1:{server.getsockname()[1]}"), 3)
            self.assertLess(result.took, 10)

    def test_a_hub_that_does_not_say_that_it_has_read_it(self):
        hub = self.hub()
        with Muffler(hub.unix, self.path("muffled")) as muffler:
            self.assert_ends(aldis("send", "lamp", "tick", url=f"unix:{muffler.path}"), 14, out="", err="lost: ")

    def test_wrong_usage(self):
        for words, part in {(): "TARGET and NAME", ("lamp",): "NAME after TARGET", ("lamp", "x", "{"): "line 1",
                            ("--everyone", "*", "x"): "everybody already", ("lamp", "x", "a=1", "b"): "name=value", ("--ttl", "5", "lamp", "x"): "--ttl 5 is no time",
                            ("--deadline", "5s", "lamp", "x"): "no option --deadline",
                            ("lamp", "x", "1", "2"): "one argument too many"}.items():
            with self.subTest(words=words):
                result = self.assert_ends(aldis("send", *words, url="unix:/nowhere"), 2, out="")
                self.assertIn(part, result.err)
                self.assertEqual(result.err.count("\n"), 1)


class Muffler:
    """A way to a hub that passes on what the hub says only until somebody registered, and never its end."""

    def __init__(self, hub, path):
        self.hub, self.path = hub, path
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def __enter__(self):
        self.listener.bind(self.path)
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def serve(self):
        client, _ = self.listener.accept()
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.connect(self.hub)
        with client, server:
            threading.Thread(target=self.back, args=(server, client), daemon=True).start()
            while data := client.recv(65536):
                server.sendall(data)

    @staticmethod
    def back(server, client):
        seen = b""
        while b"SUCCEEDED" not in seen and (data := server.recv(65536)):
            seen += data
            client.sendall(data)

    def __exit__(self, *_):
        self.listener.close()


if __name__ == "__main__":
    unittest.main()
