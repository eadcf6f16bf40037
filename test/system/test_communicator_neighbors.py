"""Hubs that call each other: who calls whom, what is kept of it, and who is let in (communicator.md 6)."""

import contextlib
import os
import signal
import socket
import threading
import time
import unittest

from auth_case import Tokens
from comm_case import FamilyCase, Service, certificate, split
from harness import PATIENCE, wait_until
from original import Message, Original


class Listener:
    """A place that a hub calls; the test says what is said there."""

    def __init__(self, ip, port=0):
        self.sock = socket.create_server((ip, port))
        self.sock.settimeout(PATIENCE)
        self.address = self.sock.getsockname()
        self.text = f"{ip}:{self.address[1]}"

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.sock.close()

    def accept(self):
        sock, _ = self.sock.accept()
        service = Service.__new__(Service)
        service.sock, service.file = sock, sock.makefile("rb")
        return service

    def silent(self, seconds):
        self.sock.settimeout(seconds)
        try:
            self.sock.accept()[0].close()
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(PATIENCE)
        return False


class Calls(FamilyCase):
    """With daemons as the original is; of all of them alpha is at 127.0.0.5."""

    def hub_at(self, *settings, ip="127.0.0.5", **options):
        return self.family(f"communicator.remote={ip}:0", *settings, **options)

    def remote(self, hub):
        return hub.door("communicator-remote")

    def accepted(self, listener, name="n", **greeting):
        """Take a call, and answer CONNECT."""
        call = listener.accept()
        self.addCleanup(call.close)
        connect = call.message()
        self.assertEqual((connect.command, connect.values["version"]), ("CONNECT", "1"))
        call.send(Message("ACCEPT", sent=(name, "communicatord"), server_name=name, my_address=listener.text,
                          **greeting).text())
        call.until("HELP")
        return call, connect

    def test_a_smaller_address_is_called(self):
        with Original("small", "127.0.0.1") as small:
            hub = self.hub_at(f"communicator.neighbors=127.0.0.1:{small.remote[1]}")
            small.wait_peer("alpha")
            wait_until(lambda: self.links(hub) == {"small"}, "it is linked")

    def test_a_larger_address_is_asked_to_call(self):
        with Listener("127.0.0.9") as large:
            hub = self.hub_at(f"communicator.neighbors={large.text}", "communicator.gossip_max=1s")
            for _ in range(2):
                call = large.accept()
                self.addCleanup(call.close)
                self.assertEqual(call.line(), f"GOSSIP my_address={self.remote(hub)}")
                call.send("<n:communicatord RECEIVED")
                self.assertEqual(call.ended(), [])
            # Now it calls, and is asked no more until its link is gone.
            with Service(split(self.remote(hub))) as call:
                call.send(f"<n:communicatord CONNECT my_address={large.text};server_name=n;version=1")
                call.until("ACCEPT")
                large.silent(1.2)  # one may have been on its way
                self.assertTrue(large.silent(2.5))
            with large.accept() as call:
                self.assertEqual(call.line(), f"GOSSIP my_address={self.remote(hub)}")

    def test_one_that_asks_is_called_at_once(self):
        with Listener("127.0.0.1") as small:
            hub = self.hub_at()
            with Service(split(self.remote(hub))) as call:
                self.assertEqual(call.ask(f"GOSSIP my_address={small.text}"), "<alpha:communicatord RECEIVED")
            _, connect = self.accepted(small)
            self.assertEqual(connect.values["my_address"], self.remote(hub))
            self.assertEqual(connect.values["server_name"], "alpha")

    def test_neighbors_of_neighbors_are_learnt_and_kept(self):
        folder = self.folder()
        path = os.path.join(folder, "neighbors.txt")
        with Listener("127.0.0.1") as small, Listener("127.0.0.2") as other:
            hub = self.hub_at(f"communicator.neighbors={small.text}", f"communicator.data_dir={folder}")
            call, _ = self.accepted(small, neighbors=f"{other.text},192.0.2.1:4042")
            self.accepted(other, "m")[0].close()
            with open(path, encoding="ascii") as file:
                kept = [line for line in file.read().split("\n") if line and not line.startswith("#")]
            self.assertEqual(kept, [small.text, other.text])
            hub.stop()
            call.close()
            self.hub_at(f"communicator.data_dir={folder}")
            for listener, name in ((small, "n"), (other, "m")):
                self.accepted(listener, name)[0].close()

    def test_one_that_is_forgotten_is_called_no_more(self):
        folder = self.folder()
        with Listener("127.0.0.1") as small:
            self.hub_at(f"communicator.neighbors={small.text}", f"communicator.data_dir={folder}")
            call, _ = self.accepted(small)
            self.service(self.sock).send(f"FORGET ip={small.text}")
            call.ended()
            self.assertTrue(small.silent(1.5))
            with open(os.path.join(folder, "neighbors.txt"), encoding="ascii") as file:
                self.assertNotIn(small.text, file.read())

    def test_a_link_that_breaks_is_called_again_and_one_that_says_goodbye_is_not(self):
        with Listener("127.0.0.1") as small:
            self.hub_at(f"communicator.neighbors={small.text}")
            self.accepted(small)[0].close()
            call, _ = self.accepted(small)
            call.send("<n:communicatord DISCONNECT")
            call.ended()
            self.assertTrue(small.silent(2))

    def test_one_that_is_silent_is_asked_and_given_up(self):
        with Listener("127.0.0.1") as small:
            hub = self.hub_at(f"communicator.neighbors={small.text}", "communicator.healthcheck_interval=300ms")
            call, _ = self.accepted(small)
            for _ in range(4):  # longer than it may be silent
                self.assertEqual(call.until("ALIVE").sent, ("alpha", "communicatord"))
                self.assertEqual(self.links(hub), {"n"})
                call.send("alpha:communicatord/ABSOLUTELY reply_timestamp=1795226634.692451503")
            call.until("ALIVE")
            call.ended()  # without an answer
            self.assertEqual(hub.dialect_counter("communicator_link_silent", "communicator"), 1)
            self.accepted(small)

    def test_a_neighbor_that_was_stopped_is_given_up_and_comes_back(self):
        first = self.hub_at("communicator.healthcheck_interval=300ms")
        self.NAME = "beta"
        second = self.hub_at(f"communicator.neighbors={self.remote(first)}", "communicator.gossip_max=1s")
        wait_until(lambda: "beta" in self.links(first), "beta is linked")
        os.kill(second.process.pid, signal.SIGSTOP)
        try:
            wait_until(lambda: "beta" not in self.links(first), "beta is given up", 10)
        finally:
            os.kill(second.process.pid, signal.SIGCONT)
        wait_until(lambda: "beta" in self.links(first), "beta is back")

    def test_one_that_is_refused_is_no_neighbor(self):
        hub = self.hub_at()
        count = hub.get("/api/v1/cluster")
        with Listener("127.0.0.7") as other, Service(split(self.remote(hub))) as call:
            call.send(f"<alpha:communicatord CONNECT my_address={other.text};neighbors=127.0.0.1:7;server_name=alpha;version=1")
            self.assertIn("REFUSE conflict=name", call.line())
            call.ended()
            self.assertEqual(hub.get("/api/v1/cluster"), count)
            self.assertTrue(other.silent(1))

    def test_one_more_than_there_is_room_for_is_told_so(self):
        hub = self.hub_at("communicator.max_connections=5")
        services = [self.service(self.sock).register(f"s{i}") for i in range(5)]
        with Service(split(self.remote(hub))) as call:
            self.assertEqual(call.ended(), ["REFUSE"])
        services[0].close()
        wait_until(lambda: hub.state()["totals"]["connections"] == 4, "there is room")
        with Service(split(self.remote(hub))) as call:
            call.send("<n:communicatord CONNECT my_address=127.0.0.1:9;server_name=n;version=1")
            self.assertIn("ACCEPT", call.lines(2)[1])

    def test_one_that_refuses_is_left_alone(self):
        for refusal in ("REFUSE", "REFUSE conflict=name", "REFUSE shutdown=true"):
            with Listener("127.0.0.1") as small:
                hub = self.hub_at(f"communicator.neighbors={small.text}")
                with small.accept() as call:
                    call.line()
                    call.send(f"<n:communicatord {refusal}")
                    call.ended()
                self.assertTrue(small.silent(1.5))
                hub.stop()

    def test_one_that_cannot_be_asked_is_unreachable(self):
        with Listener("127.0.0.9") as nobody:
            text = nobody.text
        self.hub_at(f"communicator.neighbors={text}", "communicator.gossip_max=1s")
        service = self.service(self.sock).register("a", "UNREACHABLE")
        self.assertEqual(service.line(), f"./UNREACHABLE who={text}")

    def test_two_hubs_of_one_address_differ_by_their_ports(self):
        first = self.hub_at()
        self.NAME = "beta"
        second = self.hub_at(f"communicator.neighbors={self.remote(first)}", "communicator.gossip_max=1s")
        for hub, other in ((first, "beta"), (second, "alpha")):
            wait_until(lambda: other in self.links(hub), f"{other} is linked")

    def test_a_neighbor_with_tls_and_a_password(self):
        cert, key, _ = self.tls()
        shown = ("communicator.username=hub", "communicator.password=w:r@d", f"communicator.tls_cert={cert}",
                 f"communicator.tls_key={key}")
        first = self.family("communicator.secure=127.0.0.1:0", *shown)
        address = first.door("communicator-secure")
        self.NAME = "beta"
        second = self.family(f"communicator.neighbors=cds://hub:w:r@d@{address}", "communicator.my_address=127.0.0.5",
                             f"communicator.tls_ca={cert}")
        for hub, other in ((first, "beta"), (second, "alpha")):
            wait_until(lambda: other in self.links(hub), f"{other} is linked")
        self.NAME = "gamma"
        wrong = self.family(f"communicator.neighbors=cds://hub:wrong@{address}", "communicator.my_address=127.0.0.5",
                            f"communicator.tls_ca={cert}")
        wait_until(lambda: first.edge_counter("strangers_denied") == 1, "it is denied")
        self.assertEqual(self.links(wrong), set())
        self.NAME = "delta"
        self.family(f"communicator.neighbors=cds://hub:w:r@d@{address}", "communicator.my_address=127.0.0.5")
        wait_until(lambda: first.transport_counter("tls_failures") > 0, "it does not trust the certificate")


class Peers(FamilyCase):
    """`[hub] peers`."""

    def linked(self, hub, *others):
        wait_until(lambda: set(others) <= self.links(hub), f"linked with {others}")

    def named(self, name, *settings, **options):
        return self.hub(f"hub.id={name}", *settings, **options)

    def test_are_called_over_unix_and_websocket(self):
        one, two = self.named("one"), self.named("two")
        three = self.named("three", f"hub.peers=unix:{one.unix}, ws://{two.door('http')}")
        self.linked(three, "one", "two")
        self.linked(one, "three")
        self.linked(two, "three")

    def test_are_called_again_when_they_come_back(self):
        one = self.named("one")
        two = self.named("two", f"hub.peers=ws://{one.door('http')}")
        self.linked(two, "one")
        one.kill()
        wait_until(lambda: self.links(two) == set(), "it is gone")
        again = self.named("one", http=one.door("http"))
        self.linked(two, "one")
        self.linked(again, "two")

    def test_are_proved_over_tls_and_shown_a_token(self):
        folder = self.folder()
        cert, key = certificate(folder)
        tokens = Tokens(os.path.join(folder, "tokens")).token("two", serve="hub:two", command="*:*").write()
        shown = os.path.join(folder, "two.token")
        with open(shown, "w", encoding="ascii") as file:
            file.write(tokens.secrets["two"] + "\n")
        one = self.named("one", f"http.tls_cert={cert}", f"http.tls_key={key}", f"auth.tokens={tokens.path}", unix=False)
        url = f"wss://localhost:{one.door('http').rsplit(':', 1)[1]}"
        two = self.named("two", f"hub.peers={url}", f"hub.peers_ca={cert}", f"hub.peers_token={shown}")
        self.linked(two, "one")
        nobody = self.named("nobody", f"hub.peers={url}", f"hub.peers_ca={cert}")
        wrong = self.named("three", f"hub.peers={url}", f"hub.peers_ca={cert}", f"hub.peers_token={shown}")
        untrusting = self.named("four", f"hub.peers={url}", f"hub.peers_token={shown}")
        for hub in (nobody, wrong, untrusting):
            wait_until(lambda: any("called in vain" in line for line in hub.log), "it is refused")
            self.assertEqual(self.links(hub), set())

    def test_a_hub_that_calls_itself_is_told_so_and_goes_on(self):
        with socket.create_server(("127.0.0.1", 0)) as sock:
            port = sock.getsockname()[1]
        hub = self.named("one", f"hub.peers=ws://127.0.0.1:{port}", http=f"127.0.0.1:{port}")
        wait_until(lambda: any("called in vain" in line for line in hub.log), "it is refused")
        self.assertEqual(self.links(hub), set())


class Troubles(FamilyCase):
    """Hubs that do not suit each other are told of on both sides, and nobody hears of them before they are linked."""

    def flags(self, folder):
        """Name and message of each flag, and how often it was raised."""
        found = {}
        for name in os.listdir(folder):
            if name.endswith(".flag"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    values = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
                found[values["name"]] = values
        return found

    def flagged(self, folder, name, text):
        wait_until(lambda: text in self.flags(folder).get(name, {}).get("message", ""), f"{name}: {text}")
        return self.flags(folder)[name]

    def named(self, name, *settings, **options):
        flags = self.folder()
        hub = self.hub(f"hub.id={name}", f"communicator.flags_dir={flags}",
                       f"communicator.unix={self.folder()}/c.sock", *settings, **options)
        return hub, flags

    def listener(self, hub):
        return self.service(hub.door("communicator-unix")).register(
            "ear", *"NEW_REMOTE_CONNECTION,HANGUP,DISCONNECTED,CLUSTER_UP,CLUSTER_DOWN,STATUS,TRANSMISSION_REPORT,DATA".split(","))

    def test_a_name_that_is_taken(self):
        one, one_flags = self.named("one")
        two, _ = self.named("two", f"hub.peers=unix:{one.unix}")
        wait_until(lambda: self.links(one) == {"two"}, "linked")
        twin, twin_flags = self.named("two", f"hub.peers=unix:{one.unix}")
        ear = self.listener(twin)
        self.flagged(twin_flags, "refused", "refused the link")
        self.flagged(one_flags, "refused", "the hub two: a hub of that name is linked already")
        told = [line for line in ear.flush(1) if "STATUS" not in line]
        self.assertEqual(told, [])
        self.assertEqual(self.links(two), {"one"})
        calls = sum("do not suit" in line for line in twin.log)
        self.assertLessEqual(calls, 2)

    def test_a_wrong_token(self):
        folder = self.folder()
        tokens = Tokens(os.path.join(folder, "tokens")).token("two", serve="hub:two").write()
        wrong = os.path.join(folder, "wrong.token")
        with open(wrong, "w", encoding="ascii") as file:
            file.write("x" * 43 + "\n")
        one, _ = self.named("one", f"auth.tokens={tokens.path}", unix=False)
        _, flags = self.named("two", f"hub.peers=ws://{one.door('http')}", f"hub.peers_token={wrong}")
        self.flagged(flags, "refused", "does not know the token")

    def test_the_right_to_be_a_hub_is_the_right_to_say_what_it_has(self):
        folder = self.folder()
        tokens = Tokens(os.path.join(folder, "tokens")).token("two", serve="hub:two").token("admin", manage="read").write()
        shown = os.path.join(folder, "two.token")
        with open(shown, "w", encoding="ascii") as file:
            file.write(tokens.secrets["two"] + "\n")
        one, _ = self.named("one", f"auth.tokens={tokens.path}")
        two, _ = self.named("two", f"hub.peers=ws://{one.door('http')}", f"hub.peers_token={shown}")
        self.service(two.door("communicator-unix")).register("lamp", "DATA")
        wait_until(lambda: "lamp" in {name for hub in two.get("/api/v1/hubs")["hubs"] for name in hub["targets"]}, "lamp")
        seen = lambda: one.get("/api/v1/hub", headers=tokens.bearer("admin"))["counters"]  # noqa: E731
        wait_until(lambda: seen()["adverts_heard"] > 0, "it is heard")
        self.assertEqual(seen()["adverts_denied"], 0)


    def test_a_report_is_from_the_hub_where_it_failed(self):
        one, _ = self.named("one")
        two, _ = self.named("two", f"hub.peers=unix:{one.unix}")
        wait_until(lambda: self.links(one) == {"two"}, "linked")
        ear = self.listener(two)
        ear.send("one:nobody/DATA transmission_report=failure")
        report = ear.until("TRANSMISSION_REPORT")
        self.assertEqual((report.sent, report.values["status"]), (("one", "communicatord"), "failed"))

    def test_a_link_is_asked_for_as_it_is_called(self):
        one, _ = self.named("one")
        two, _ = self.named("two")
        ear = self.listener(two)
        three, _ = self.named("three", f"hub.peers=unix:{two.unix}")
        wait_until(lambda: self.links(two) == {"three"}, "linked")
        while (status := ear.until("STATUS")).values["service"] == "ear":
            pass
        self.assertEqual(status.values["service"], "remote communicator (in): three")
        ear.send("SERVICE_STATUS service=remote communicator (in): three")
        self.assertEqual(ear.until("STATUS").values["status"], "up")
        ear.send("SERVICE_STATUS service=my-x")
        self.assertEqual(ear.until("STATUS").values, {"cache": "no", "service": "my-x", "status": "unknown"})

    def test_who_asks_to_be_called_shows_the_password_and_is_shown_it(self):
        word = ["communicator.username=hub", "communicator.password=two words", "communicator.gossip_max=1s"]
        larger, _ = self.named("larger", "communicator.remote=127.0.0.5:0", *word)
        address = larger.door("communicator-remote")
        smaller, _ = self.named("smaller", "communicator.remote=127.0.0.3:0",
                                f"communicator.neighbors=hub:two%20words@{address}", *word)
        wait_until(lambda: self.links(larger) == {"smaller"}, "linked")
        self.assertEqual(self.links(smaller), {"larger"})
        silent, flags = self.named("silent", "communicator.remote=127.0.0.2:0", f"communicator.neighbors={address}", *word)
        wait_until(lambda: any("showed no name and password" in line for line in larger.log), "it is told of")
        self.assertEqual(self.links(silent), set())

    def test_the_cluster_is_never_down_while_one_more_comes(self):
        self.NAME = "one"
        one = self.family("communicator.remote=127.0.0.3:0")
        ear = self.listener(one)
        peer = self.service(split(one.door("communicator-remote")))
        peer.send("<n2:communicatord CONNECT my_address=127.0.0.9:4042;server_name=n2;version=1")
        peer.until("ACCEPT")
        ear.until("NEW_REMOTE_CONNECTION")
        self.assertEqual(ear.until("CLUSTER_UP").values["neighbors_count"], "2")
        self.assertEqual([line for line in ear.flush(1) if "CLUSTER" in line], [])


class Graph(FamilyCase):
    """Hubs between hubs."""

    def line_of(self, *names):
        """Hubs of which each calls the one before."""
        hubs = []
        for name in names:
            peers = [f"hub.peers=unix:{hubs[-1].unix}"] if hubs else []
            hubs.append(self.hub(f"hub.id={name}", f"communicator.unix={self.folder()}/c.sock", *peers))
        return hubs

    def call(self, hub, target, *options):
        return self.aldis(hub, "call", "--deadline", "5s", *options, target, "ECHO", '{"v":"1"}')

    def wait_call(self, hub, target):
        """Call until it succeeds: how the graph looks takes a moment to be known."""
        return wait_until(lambda: (result := self.call(hub, target)).returncode == 0 and result, f"{target} is reached")

    def known(self, hub):
        """All targets that a hub knows a way to."""
        return {name for one in hub.get("/api/v1/hubs")["hubs"] for name in one["targets"]}

    def echo(self, hub, target="lamp"):
        service = self.service(hub.door("communicator-unix")).register(target, "ECHO")
        self.addCleanup(service.sock.shutdown, socket.SHUT_RDWR)  # wakes the thread

        def serve():
            with contextlib.suppress(OSError, ValueError):
                while (message := service.message()) is not None:
                    if message.command == "ECHO":
                        service.send(f"{message.sent[0]}:{message.sent[1]}/ECHOED v={message.values['v']}")

        threading.Thread(target=serve, daemon=True).start()
        return service

    def test_a_command_finds_a_service_three_hubs_away(self):
        first, _, third = self.line_of("hub1", "hub2", "hub3")
        self.echo(third)
        self.assertEqual(self.wait_call(first, "lamp").stdout, '{"v":"1"}\n')
        self.assertEqual(self.call(first, "hub3:lamp").stdout, '{"v":"1"}\n')
        result = self.call(first, "hub2:lamp")
        self.assertEqual(result.returncode, 11)
        self.assertIn("no_target", result.stderr)
        self.assertIn("at hub hub2: no such target", result.stderr)
        self.assertEqual(self.call(first, "hub9:lamp").returncode, 11)

    def test_a_hub_is_asked_whether_it_is_alive_over_others(self):
        first, _, third = self.line_of("hub1", "hub2", "hub3")
        self.echo(third)
        self.wait_call(first, "lamp")
        asks = self.service(first.door("communicator-unix")).register("asks", "ABSOLUTELY")
        wait_until(lambda: "asks" in self.known(third), "the way back is known")
        for name in ("hub2", "hub3"):
            self.matches(asks.ask(f"{name}:communicatord/ALIVE serial=5"),
                         f"<{name}:communicatord hub1:asks/ABSOLUTELY reply_timestamp=T;serial=5")
            answer = asks.ask(f"{name}:communicatord/ALIVE aldis_id=6")
            self.assertRegex(answer, rf"^<{name}:communicatord hub1:asks/ALDIS_REPLY .*aldis_id=6;"
                             r"aldis_outcome=succeeded;reply_timestamp=\d+\.\d{9}$")
        self.assertRegex(asks.ask("communicatord/ALIVE aldis_id=7"),
                         r"ABSOLUTELY aldis_id=7;aldis_outcome=succeeded;reply_timestamp=")
        # What a hub does not know is told by that hub.
        self.assertEqual(asks.ask("hub3:nobody/WAKE transmission_report=failure"), "<hub3:communicatord TRANSMISSION_REPORT "
                         "aldis_message=at hub hub3: no such target;command=WAKE;status=failed")
        self.assertEqual(asks.ask("hub3:communicatord/DANCE transmission_report=failure"), "<hub3:communicatord "
                         "TRANSMISSION_REPORT aldis_message=at hub hub3: no such target;command=DANCE;status=failed")

    def test_a_hub_that_is_gone_for_good_is_forgotten_by_its_name(self):
        first, second = self.line_of("hub1", "hub2")
        for hub in (first, second):
            wait_until(lambda: hub.get("/api/v1/cluster")["hubs"] == 2, "both are there")
        service = self.service(second.door("communicator-unix"))
        first.kill()
        wait_until(lambda: not second.get("/api/v1/cluster")["complete"], "one is missed")
        service.send("FORGET server_name=hub1")
        wait_until(lambda: second.get("/api/v1/cluster")["complete"], "nobody is")
        self.assertEqual(second.get("/api/v1/cluster")["expected"], 1)

    def test_one_that_called_and_is_gone_for_good_is_forgotten_too(self):
        first, second = self.line_of("hub1", "hub2")
        wait_until(lambda: first.get("/api/v1/cluster")["hubs"] == 2, "both are there")
        second.kill()
        wait_until(lambda: not first.get("/api/v1/cluster")["complete"], "one is missed")
        self.service(first.door("communicator-unix")).send("FORGET server_name=hub2")
        wait_until(lambda: first.get("/api/v1/cluster")["complete"], "nobody is")

    def test_a_hub_on_the_way_dies_and_another_way_is_taken(self):
        first, second, third = self.line_of("hub1", "hub2", "hub3")
        fourth = self.hub("hub.id=hub4", f"hub.peers=unix:{first.unix}, unix:{third.unix}")
        self.echo(third)
        self.wait_call(first, "lamp")
        wait_until(lambda: {"hub1", "hub3"} <= self.links(fourth), "there is another way")
        second.kill()
        begun = time.monotonic()
        self.wait_call(first, "lamp")
        self.assertLess(time.monotonic() - begun, 2.0 + 1.0)

    def test_services_of_the_family_speak_across(self):
        first, _, third = self.line_of("hub1", "hub2", "hub3")
        a, b = Service(first.door("communicator-unix")), Service(third.door("communicator-unix"))
        with a.register("a", "DATA", "NEWS"), b.register("b", "DATA", "NEWS"):
            for hub, target in ((first, "b"), (third, "a")):
                wait_until(lambda: target in self.known(hub), f"{target} is known")
            a.send("b/DATA v=1")
            self.assertEqual(b.until("DATA").values["v"], "1")
            b.send("hub1:a/DATA v=2")
            self.assertEqual(a.until("DATA").values["v"], "2")
            a.send("*/NEWS v=3")
            self.assertEqual(b.until("NEWS").values["v"], "3")


if __name__ == "__main__":
    unittest.main()
