"""Hubs and original communicator daemons as neighbours of each other, over real sockets."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

from harness import PATIENCE, HubCase, binary, wait_until
from original import Original, Wire

PRIVATE = ["communicator.tcp=127.0.0.1:0"]


class GraphCase(HubCase):
    def communicator(self, name, ip, *settings, neighbors=(), **options):
        """A hub that is a communicator daemon at an address of its own."""
        listed = ",".join(f"{host}:{port}" for host, port in neighbors)
        words = [f"hub.id={name}", "communicator.tcp=127.0.0.1:0", f"communicator.remote={ip}:0",
                 f"communicator.my_address={ip}", *settings]
        if listed:
            words.append(f"communicator.neighbors={listed}")
        return self.hub(*words, **options)

    def local(self, hub):
        """Where services connect."""
        host, port = hub.door("communicator-tcp").rsplit(":", 1)
        return (host, int(port))

    def remote(self, hub):
        host, port = hub.door("communicator-remote").rsplit(":", 1)
        return (host, int(port))

    def service(self, address, name, *commands):
        wire = Wire(address)
        self.addCleanup(wire.close)
        return wire.register(name, *commands)

    def aldis(self, hub, *words):
        return subprocess.run([binary("aldis"), "-H", f"unix:{hub.unix}", *words], capture_output=True, text=True,
                              timeout=3 * PATIENCE, check=False)

    def linked(self, daemon, hub, name):
        """Both have said and heard who they are; one message each way is the proof."""
        daemon.wait_peer(name)


class OneOfEach(GraphCase):
    """An original and a hub, linked either way: everything works between two that works between two originals."""

    def link(self, dialler):
        original = Original("old", "127.0.0.9" if dialler == "old" else "127.0.0.3")
        self.addCleanup(original.stop)
        original.start()
        if dialler == "old":
            hub = self.communicator("new", "127.0.0.4")
            original.dial(self.remote(hub))
        else:
            hub = self.communicator("new", "127.0.0.4", neighbors=[original.remote])
        original.wait_peer("new")
        return original, hub

    def check_messages(self, original, hub):
        a = self.service(original.local, "a", "DATA", "GO", "ANSWER")
        b = self.service(self.local(hub), "b", "DATA", "GO", "ANSWER")
        a.send("b/DATA v=1")  # by name alone
        message = b.until("DATA")
        self.assertEqual((message.sent, message.service, message.values["v"]), (("old", "a"), "b", "1"))
        b.send('a/DATA v="x;\\"y\\""')
        message = a.until("DATA")
        self.assertEqual((message.sent, message.values["v"]), (("new", "b"), 'x;"y"'))
        a.send("new:b/DATA v=2")  # by server
        self.assertEqual(b.until("DATA").values["v"], "2")
        b.send("old:a/DATA v=3")
        self.assertEqual(a.until("DATA").values["v"], "3")
        for sender, name in ((a, "old"), (b, "new")):  # everywhere, once each, the sender included
            sender.send(f"*/GO who={name}")
            for wire in (a, b):
                self.assertEqual(wire.until("GO").values["who"], name)
        self.assertTrue(a.silent() and b.silent())

    def check_commands(self, original, hub):
        """A command of another dialect reaches a service of the original, and its answer comes back."""
        a = self.service(original.local, "oven", "HEAT")
        call = subprocess.Popen([binary("aldis"), "-H", f"unix:{hub.unix}", "--json", "call", "oven", "HEAT",
                                 '{"to":"200"}'], stdout=subprocess.PIPE, text=True)
        asked = a.until("HEAT")
        self.assertEqual(asked.values["to"], "200")
        a.send(f"{asked.sent[0]}:{asked.sent[1]}/HEATED now=200")
        out, _ = call.communicate(timeout=PATIENCE)
        outcome = json.loads(out)
        self.assertEqual((call.returncode, outcome["outcome"]), (0, "succeeded"))
        self.assertEqual(outcome["payload"], {"now": "200"})

    def test_the_original_calls(self):
        original, hub = self.link("old")
        self.check_messages(original, hub)
        self.check_commands(original, hub)
        self.assertIsNone(original.broken)

    def test_the_hub_calls(self):
        original, hub = self.link("new")
        self.check_messages(original, hub)
        self.check_commands(original, hub)
        self.assertIsNone(original.broken)

    def test_services_hear_who_comes_and_goes(self):
        hub = self.communicator("new", "127.0.0.4")
        b = self.service(self.local(hub), "b", "NEW_REMOTE_CONNECTION", "HANGUP", "DISCONNECTED", "CLUSTER_UP",
                         "CLUSTER_DOWN", "CLUSTER_COMPLETE", "CLUSTER_INCOMPLETE", "STATUS")
        with Original("old", "127.0.0.9") as original:
            original.dial(self.remote(hub))
            self.assertEqual(b.until("NEW_REMOTE_CONNECTION").values["server_name"], "old")
            original.wait_peer("new")
            original.cut("new")
            self.assertEqual(b.until("HANGUP").values["server_name"], "old")
            original.dial(self.remote(hub))
            b.until("NEW_REMOTE_CONNECTION")
            original.wait_peer("new")
            original.disconnect()
            self.assertEqual(b.until("DISCONNECTED").values["server_name"], "old")


class Mixed(GraphCase):
    def test_a_message_crosses_old_and_new(self):
        """old1 - hub1 - hub2 - old2: the hubs route between each other and flood beyond."""
        first = self.communicator("hub1", "127.0.0.4")
        second = self.communicator("hub2", "127.0.0.5", f"hub.peers=unix:{first.unix}")
        olds = []
        for name, ip, hub in (("old1", "127.0.0.11", first), ("old2", "127.0.0.12", second)):
            old = Original(name, ip)
            self.addCleanup(old.stop)
            old.start()
            old.dial(self.remote(hub))
            old.wait_peer(hub.settings[2].split("=")[1])
            olds.append(old)
        wires = [self.service(address, name, "DATA", "GO") for address, name in
                 ((olds[0].local, "a"), (self.local(first), "b"), (self.local(second), "c"), (olds[1].local, "d"))]

        def hubs_are_linked():
            wires[1].send("c/DATA v=hello")
            try:
                return wires[2].message(0.3).command == "DATA"
            except TimeoutError:
                wires[2].file = wires[2].sock.makefile("rb")
                return False

        wait_until(hubs_are_linked, "the hubs are linked")
        while not self.drained(wires[2]):
            pass
        wires[0].send("d/DATA v=far")
        self.assertEqual(wires[3].until("DATA").values["v"], "far")
        wires[3].send("a/DATA v=back")
        self.assertEqual(wires[0].until("DATA").values["v"], "back")
        wires[0].send("*/GO v=all")
        for wire in wires:
            self.assertEqual(wire.until("GO").values["v"], "all")
        for wire in wires:
            self.assertTrue(wire.silent())
        for old in olds:
            self.assertIsNone(old.broken)

    def drained(self, wire):
        try:
            wire.message(0.3)
            return False
        except TimeoutError:
            wire.file = wire.sock.makefile("rb")
            return True


class Strangers(GraphCase):
    """A neighbour that is wrong is refused, and others notice nothing."""

    def connect(self, hub, line):
        wire = Wire(self.remote(hub))
        self.addCleanup(wire.close)
        wire.send(line)
        return wire

    def test_a_taken_name_and_a_wrong_version_are_refused(self):
        hub = self.communicator("new", "127.0.0.4")
        good = self.connect(hub, "<n2:communicatord CONNECT my_address=127.0.0.20:4042;server_name=n2;version=1")
        good.until("ACCEPT")
        twin = self.connect(hub, "<n2:communicatord CONNECT my_address=127.0.0.21:4042;server_name=n2;version=1")
        self.assertEqual(twin.until("REFUSE").values.get("conflict"), "name")
        namesake = self.connect(hub, "<new:communicatord CONNECT my_address=127.0.0.22:4042;server_name=new;version=1")
        self.assertEqual(namesake.until("REFUSE").values.get("conflict"), "name")
        future = self.connect(hub, "<n3:communicatord CONNECT my_address=127.0.0.23:4042;server_name=n3;version=2")
        answer = future.message()
        self.assertIn(answer.command, ("REFUSE", "INVALID"))
        good.send("<n2:communicatord new:communicatord/ALIVE serial=5")
        self.assertEqual(good.until("ABSOLUTELY").values["serial"], "5")

    def test_a_loop_ends(self):
        """A neighbour that sends everything back is not believed twice."""
        hub = self.communicator("new", "127.0.0.4")
        b = self.service(self.local(hub), "b", "GO")
        peer = self.connect(hub, "<n2:communicatord CONNECT my_address=127.0.0.20:4042;server_name=n2;version=1")
        peer.until("ACCEPT")
        b.send("*/GO v=1")
        heard = peer.until("GO")
        peer.send(heard.text())
        peer.send(heard.text())
        self.assertEqual(b.until("GO").values["v"], "1")
        self.assertTrue(b.silent())

    def test_a_loop_of_what_was_said_by_name_ends_and_is_told_of(self):
        flags = tempfile.mkdtemp(prefix="aldis-flags-")
        self.addCleanup(shutil.rmtree, flags, ignore_errors=True)
        hub = self.communicator("new", "127.0.0.4", f"communicator.flags_dir={flags}")
        b = self.service(self.local(hub), "b", "GO")
        peer = self.connect(hub, "<n2:communicatord CONNECT my_address=127.0.0.20:4042;server_name=n2;version=1")
        peer.until("ACCEPT")
        b.send("n2:far/GO v=1")
        peer.send(peer.until("GO").text())
        wait_until(lambda: hub.counter("messages_looped") == 1, "it is counted")
        wait_until(lambda: os.path.exists(f"{flags}/communicatord_remote-connection_loop.flag"), "a flag")
        peer.send("<new:b new:b/GO v=2")  # nor may it speak for who is here
        peer.send("<n2:x new:b/GO v=3")
        self.assertEqual(b.until("GO").values["v"], "3")
        self.assertEqual(hub.counter("messages_looped"), 2)


if __name__ == "__main__":
    unittest.main()
