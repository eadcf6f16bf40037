"""The communicator family over real sockets: what the original answers, and what it would have died of."""

import contextlib
import os
import re
import signal
import ssl
import subprocess
import sys
import unittest

from auth_case import Tokens
from comm_case import FamilyCase, Service, certificate
from harness import PATIENCE, binary, wait_until

LISTED = "HELP,QUITTING,READY,STOP,UNKNOWN,STATUS,CLUSTER_UP,CLUSTER_COMPLETE,DATA"


class Replay(FamilyCase):
    """The table at the end of section 13 of the reference, line by line."""

    def online(self, address):
        a, b = self.service(address), self.service(address)
        a.send("REGISTER service=a;version=1")
        self.matches(a.line(), "<alpha:communicatord HELP")
        self.matches(a.line(), "<alpha:communicatord READY my_address=ADDRESS")
        a.send(f"COMMANDS list={LISTED}", "CLUSTER_STATUS")
        self.assertEqual(a.line(), "<alpha:communicatord ./CLUSTER_UP neighbors_count=1")
        self.assertEqual(a.line(), "<alpha:communicatord ./CLUSTER_COMPLETE neighbors_count=1")
        self.assertEqual(a.ask("FOO"), "alpha:a/UNKNOWN command=FOO")
        self.matches(a.ask("ALIVE serial=7"), "alpha:a/ABSOLUTELY reply_timestamp=T;serial=7")
        self.assertEqual(a.ask("SERVICE_STATUS service=zz"),
                         "<alpha:communicatord STATUS cache=no;service=zz;status=unknown")
        b.send("REGISTER service=b;version=1")
        self.matches(b.line(), "<alpha:communicatord HELP")
        self.matches(b.line(), "<alpha:communicatord READY my_address=ADDRESS")
        b.send(f"COMMANDS list={LISTED}")
        b.flush("listed")
        self.matches(a.line(), "<alpha:communicatord STATUS cache=no;server_name=alpha;service=b;status=up;up_since=T")
        for destination in ("b/DATA v=1", "alpha:b/DATA v=2", ".:b/DATA v=3"):
            a.send(destination)
            self.assertEqual(b.line(), f"<alpha:a {destination}")
        b.send('alpha:a/DATA z="a;b"')
        self.assertEqual(a.line(), '<alpha:b alpha:a/DATA z="a;b"')
        a.send("./DATA v=1")
        self.assertEqual(a.line(), "<alpha:a ./DATA v=1")
        self.assertEqual(b.line(), "<alpha:a ./DATA v=1")
        a.send("alpha:*/DATA", "a/DATA")
        self.assertEqual(a.flush("nobody"), [])
        self.assertEqual(b.flush("nobody"), [])
        self.assertEqual(a.ask("alpha:nosvc/DATA transmission_report=failure"),
                         "<alpha:communicatord TRANSMISSION_REPORT command=DATA;status=failed")
        return a

    def offline(self, a, address):
        self.assertEqual(a.ask("off/DATA v=1;transmission_report=failure"),
                         "<alpha:communicatord TRANSMISSION_REPORT command=DATA;status=cached")
        self.assertEqual(a.ask('off/DATA v=2;cache="no;reply"'),
                         "<alpha:communicatord SERVICE_UNAVAILABLE destination_service=off;unsent_command=DATA")
        off = self.service(address)
        off.send("REGISTER service=off;version=1")
        self.matches(off.line(), "<alpha:communicatord HELP")
        self.matches(off.line(), "<alpha:communicatord READY my_address=ADDRESS")
        self.assertEqual(off.line(), "<alpha:a off/DATA transmission_report=failure;v=1")
        off.send("UNREGISTER service=off")
        self.assertEqual(off.ended(), [])
        self.matches(a.line(), "<alpha:communicatord STATUS cache=no;server_name=alpha;service=off;status=up;up_since=T")
        self.matches(a.line(), "<alpha:communicatord STATUS cache=no;down_since=T;server_name=alpha;service=off;"
                               "status=down;up_since=T")

    def start(self):
        return self.family(f"communicator.services_dir={self.services('off')}")

    def test_over_a_unix_socket(self):
        hub = self.start()
        a = self.online(self.sock)
        self.offline(a, self.sock)
        a.send("STOP")
        self.assertEqual(a.ended(), [])
        self.assertEqual(hub.wait(), 0)

    def test_over_tcp(self):
        hub = self.start()
        a = self.online(self.tcp(hub))
        self.offline(a, self.tcp(hub))
        self.assertTrue(a.ask("STOP").startswith("alpha:a/INVALID command=STOP;message="))
        self.works(hub)


class Orders(FamilyCase):
    """STOP and the like: from whom, and what comes of it."""

    def test_stop_is_a_clean_end_that_who_listed_it_is_told(self):
        hub = self.family()
        listener = self.service(self.sock).register("listener", "DISCONNECTING")
        other = self.service(self.tcp(hub)).register("other")
        self.service(self.sock).send("STOP")
        self.assertEqual(listener.ended(), ["<alpha:communicatord DISCONNECTING"])
        self.assertEqual(other.ended(), [])
        self.assertEqual(hub.wait(), 0)

    def test_shutdown_is_one_too(self):
        hub = self.family()
        service = self.service(self.sock).register("a")
        service.send("communicatord/SHUTDOWN")
        self.assertEqual(service.ended(), [])
        self.assertEqual(hub.wait(), 0)

    def test_over_tcp_nobody_may(self):
        hub = self.family()
        service = self.service(self.tcp(hub)).register("a")
        for order in ("STOP", "SHUTDOWN", "LOG_ROTATE", "FORGET ip=10.0.0.1"):
            self.assertIn(f"INVALID command={order.split()[0]}", service.ask(order))
        self.assertEqual(hub.edge_counter("operations_denied"), 4)
        self.works(hub)

    def test_the_log_is_turned_over_by_who_keeps_it(self):
        hub = self.family()
        self.service(self.sock).send("LOG_ROTATE")
        wait_until(lambda: any("LOG_ROTATE" in line for line in hub.log), "a word in the log")
        self.works(hub)

    @unittest.skipUnless(os.geteuid() == 0, "only root may be somebody else")
    def test_other_users_may_if_they_are_in_the_group(self):
        script = ("import os, socket, sys\nos.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(65534)\n"
                  "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(b'STOP\\n')\n"
                  "print(s.makefile().readline(), end='')\n")

        def stranger(gid):
            result = subprocess.run([sys.executable, "-c", script, self.sock, str(gid)], capture_output=True, text=True,
                                    timeout=60, check=True)
            return result.stdout

        hub = self.family("communicator.unix_mode=0666", "communicator.admin_group=4242")
        self.assertIn("INVALID command=STOP", stranger(65534))
        self.works(hub)
        self.assertEqual(stranger(4242), "")
        self.assertEqual(hub.wait(), 0)


class Mistakes(FamilyCase):
    """What kills or blocks the original (14 of the reference): the sender is told, and nobody else notices."""

    DEADLY = ["FOO-BAR", "<a-b:c ALIVE", "UNKNOWN", "UNREGISTER_FROM_LOADAVG", "LISTEN_LOADAVG ips=zork",
              "LOADAVG avg=abc;my_address=10.0.0.2:4042;timestamp=1", "LOADAVG avg=1;my_address=bad;timestamp=1",
              "CONNECT version=abc;my_address=10.0.0.2:4042;server_name=x", "CONNECT version=1;my_address=zzz;server_name=x",
              "ACCEPT server_name=x;my_address=zz", "FORGET ip=zork", "GOSSIP my_address=zork",
              "x/FOO broadcast_msgid=q-1", "x/FOO broadcast_msgid=q-1;broadcast_hops=many;broadcast_timeout=soon",
              "*/FOO broadcast_msgid=q-2;broadcast_hops=1;broadcast_timeout=99999999999999999999",
              "HELP", "ALIVE", "PUBLIC_IP", "NOBODY_KNOWS_THIS", "nosvc/DATA transmission_report=failure"]
    BROKEN = ["<a", "<a:b", "<a b:c X", "/DATA", "a//DATA", "a/", ":a/DATA", "a:b:c/DATA", "a/b/DATA", "a/b:DATA",
              "a/DATA v", "a/DATA =1", 'a/DATA v="x', 'a/DATA v="x"y', "a/DATA  v=1", "a/DATA v=1;;w=2", "a/DATA 1v=2",
              "a/DATA v-x=2", "{", "{}", '{"command":"X"}x', '{"command":[]}', '{"parameters":{"a":[1]}}', "\x01",
              "REGISTER", "REGISTER service=x", "REGISTER version=1", "REGISTER service=;version=1",
              "REGISTER service=x;version=2", "REGISTER service=x;version=abc", "COMMANDS", "UNREGISTER", "SERVICE_STATUS",
              "REGISTER service=communicatord;version=1"]

    def every_line(self, hub, address, context=None):
        for line in self.DEADLY + self.BROKEN:
            with Service(address, context) as service, contextlib.suppress(AssertionError):
                service.send(line)
                service.flush("answered")  # or the connection has ended, which is no harm either
        self.works(hub)

    def test_over_a_unix_socket(self):
        self.every_line(self.family(), self.sock)

    def test_over_tcp(self):
        hub = self.family()
        self.every_line(hub, self.tcp(hub))

    def test_at_the_door_for_other_hubs(self):
        hub = self.family("communicator.remote=127.0.0.1:0")
        self.every_line(hub, self.tcp(hub, "communicator-remote"))

    def test_at_the_door_with_tls(self):
        cert, key, context = self.tls()
        hub = self.family("communicator.secure=127.0.0.1:0", f"communicator.tls_cert={cert}",
                          f"communicator.tls_key={key}")
        self.every_line(hub, self.tcp(hub, "communicator-secure"), context)

    def test_all_of_them_on_one_connection(self):
        hub = self.family()
        service = self.service(self.sock)
        service.send(*(line for line in self.DEADLY + self.BROKEN if line != "UNREGISTER"))
        service.flush("end")
        self.works(hub)

    def test_what_is_wrong_is_said_and_the_connection_stays(self):
        self.family()
        service = self.service(self.sock)
        for line, command in (("REGISTER service=x;version=2", "REGISTER"), ("REGISTER service=a b;version=1", "REGISTER"),
                              ("LISTEN_LOADAVG ips=zork", "LISTEN_LOADAVG")):
            answer = service.ask(line)
            self.assertIn(f"INVALID command={command};message=", answer, line)
        service.register("x")
        self.assertIn("INVALID command=REGISTER", self.service(self.sock).ask("REGISTER service=x;version=1"))

    def test_a_large_value_takes_no_time_to_speak_of(self):
        hub = self.family()
        a, b = self.service(self.sock).register("a", "DATA"), self.service(self.sock).register("b", "DATA")
        value = "\\\\\\n;" * 500_000
        a.send(f'b/DATA v="{value}"')
        self.assertEqual(b.line(), f'<alpha:a b/DATA v="{value}"')
        self.works(hub)

    def test_a_line_without_an_end_is_cut_off(self):
        hub = self.family("communicator.line_max=100KiB", "limits.greeting_bytes=10KiB")
        stranger = self.service(self.tcp(hub))
        with self.cut_off():
            stranger.sock.sendall(b"x" * 1_000_000)
        self.assertEqual(stranger.ended(), ["INVALID message=a line is longer than is taken here, at byte 10241"])
        wait_until(lambda: hub.edge_counter("greeting_oversize") == 1, "it is counted")
        self.assertEqual(hub.dialect_counter("communicator_line_too_long", "communicator"), 1)
        service = self.service(self.sock).register("a")
        with self.cut_off():
            service.sock.sendall(b"b/DATA v=" + b"x" * 1_000_000 + b"\n")
        self.assertIn("INVALID", "".join(service.flush("on")))
        self.assertEqual(hub.dialect_counter("communicator_line_too_long", "communicator"), 2)
        self.works(hub)

    def test_who_only_asks_the_daemon_may_stay(self):
        hub = self.family("limits.greeting_bytes=10KiB")
        for address in (self.sock, self.tcp(hub)):
            monitor = self.service(address)
            for i in range(2000):
                self.assertIn(f"serial={i}", monitor.ask(f"ALIVE serial={i}"))
            self.assertIn("COMMANDS list=", monitor.ask("HELP"))
        self.assertEqual(hub.edge_counter("greeting_oversize"), 0)
        self.works(hub)

    def test_who_says_nothing_but_nonsense_is_told_when_it_was_too_much(self):
        hub = self.family("limits.greeting_bytes=10KiB")
        service = self.service(self.sock)
        with self.cut_off():
            service.send(*["FOO BAR"] * 2000)
        *answers, last = service.ended()
        self.assertEqual(set(answers), {"INVALID command=FOO;message=a parameter without = and a value, at byte 8"})
        self.assertEqual(last, "INVALID message=more than 10240 bytes without a word that counts")
        self.assertEqual(hub.edge_counter("greeting_oversize"), 1)
        self.works(hub)

    def test_who_shows_no_password_may_ask_so_much_and_no_more(self):
        hub = self.family("communicator.remote=127.0.0.1:0", "communicator.username=hub", "communicator.password=p",
                          "limits.greeting_bytes=10KiB")
        stranger = self.service(self.tcp(hub, "communicator-remote"))
        with self.cut_off():
            stranger.send(*["ALIVE"] * 3000)
        *answers, last = stranger.ended()
        self.assertGreater(len(answers), 1000)
        self.assertEqual(last, "INVALID message=more than 10240 bytes without a word that counts")
        self.works(hub)

    def test_many_lines_without_an_end_share_a_budget(self):
        hub = self.family("communicator.line_max=1MiB", "limits.message_max=1MiB", "limits.reassembly_max=2MiB")
        services = [self.service(self.sock).register(f"s{i}") for i in range(4)]
        for service in services:
            with self.cut_off():
                service.sock.sendall(b"b/DATA v=" + b"x" * 900_000)
        wait_until(lambda: hub.edge_counter("lines_full") >= 1, "one is closed")
        self.works(hub)

    def test_ten_thousand_registrations(self):
        hub = self.family(env={"ASAN_OPTIONS": "quarantine_size_mb=1"})
        service = self.service(self.sock)
        before = None
        for i in range(10_000):
            service.send(f"REGISTER service=s{i};version=1")
            if i % 500 == 499:
                service.flush(i)
                before = before or hub.rss()
        self.assertLess(hub.rss() - before, 8 << 20)
        self.works(hub)

    def test_ten_thousand_services(self):
        hub = self.family("communicator.max_connections=5000", "log.level=warning")
        services = []
        try:
            for i in range(10_000):
                service = Service(self.sock)
                services.append(service)
                with self.cut_off():
                    service.send(f"REGISTER service=s{i};version=1")
            wait_until(lambda: hub.state()["totals"]["targets"] == 5000, "half of them are there")
            self.assertGreater(hub.door_counter("refused_full", "communicator-unix"), 4000)
        finally:
            for service in services:
                service.close()
        wait_until(lambda: hub.state()["totals"]["targets"] == 0, "all are gone")
        self.works(hub)


class Datagrams(FamilyCase):
    """One message a datagram, one way, and never an order."""

    def start(self, *settings):
        self.hub_ = self.family("communicator.udp=127.0.0.1:0", *settings)
        self.listener = self.service(self.sock).register("a", "DATA", "NEWS")
        self.listener.flush("ready")
        return self.hub_

    def post(self, hub, line):
        with self.udp() as sock:
            sock.sendto(line if isinstance(line, bytes) else line.encode(), self.tcp(hub, "communicator-udp"))

    def test_reach_services(self):
        hub = self.start()
        self.post(hub, "a/DATA v=1")
        self.assertEqual(self.listener.line(), "a/DATA v=1")
        self.post(hub, "<x:y a/DATA v=2\n")
        self.assertEqual(self.listener.line(), "<x:y a/DATA v=2")
        self.post(hub, "./NEWS v=3")
        self.assertEqual(self.listener.line(), "./NEWS v=3")

    def test_never_stop_or_change_the_hub(self):
        hub = self.start()
        for line in ("STOP", "SHUTDOWN", "communicatord/STOP", "FORGET ip=10.0.0.1", "LOG_ROTATE", "*:communicatord/STOP"):
            self.post(hub, line)
        self.post(hub, "a/DATA v=1")
        self.assertEqual(self.listener.line(), "a/DATA v=1")
        self.works(hub)

    def test_kill_nobody(self):
        hub = self.start()
        for line in Mistakes.DEADLY + Mistakes.BROKEN + ["REGISTER service=u;version=1", "COMMANDS list=DATA"]:
            self.post(hub, line)
        for rubbish in (b"", b"\n", b"\0", os.urandom(500), b"x" * 1024, b"a/DATA v=" + b"x" * 2000, b"a/DATA v=\xff"):
            self.post(hub, rubbish)
        self.post(hub, "a/DATA v=last")
        while (line := self.listener.line()) != "a/DATA v=last":
            self.assertIsNotNone(line)
        self.works(hub)

    def test_need_the_secret_where_there_is_one(self):
        hub = self.start("communicator.secret=abracadabra")
        self.post(hub, "a/DATA v=1")
        self.post(hub, "a/DATA secret_code=wrong;v=2")
        self.post(hub, "a/DATA secret_code=abracadabra;v=3")
        self.assertEqual(self.listener.line(), "a/DATA v=3")
        self.assertEqual(hub.dialect_counter("communicator_wrong_secret", "communicator"), 2)


class Life(FamilyCase):
    def test_a_service_that_is_killed_is_down_at_once(self):
        hub = self.family()
        for address in (self.sock, self.tcp(hub)):
            watcher = self.service(address).register("watcher", "STATUS")
            watcher.flush("ready")
            script = ("import socket, sys, time\naddress = eval(sys.argv[1])\n"
                      "s = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)\n"
                      "s.connect(address); s.sendall(b'REGISTER service=victim;version=1\\n')\ntime.sleep(600)\n")
            victim = subprocess.Popen([sys.executable, "-c", script, repr(address)])
            self.matches(watcher.line(), "<alpha:communicatord STATUS cache=no;server_name=alpha;service=victim;status=up;"
                                         "up_since=T")
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            self.matches(watcher.line(), "<alpha:communicatord STATUS cache=no;server_name=alpha;service=victim;"
                                         "status=down;up_since=T")
            watcher.close()

    def test_who_writes_and_closes_loses_nothing(self):
        """The original delivers 68 of 100 short messages, 8 of 1000 longer ones."""
        hub = self.family()
        listener = self.service(self.sock).register("a", "DATA")
        for address in (self.sock, self.tcp(hub)):
            for count, size in ((100, 1), (1000, 110), (50, 60_000)):
                sender = Service(address)
                sender.send(*(f"a/DATA n={i};v={'x' * size}" for i in range(count)))
                sender.close()
                for i in range(count):
                    self.assertTrue(listener.line().startswith(f"a/DATA n={i};"))

    def test_who_says_no_more_is_answered_still(self):
        hub = self.family()
        for address in (self.sock, self.tcp(hub)):
            service = self.service(address)
            service.send("SERVICE_STATUS service=zz", "ALIVE serial=1")
            service.sock.shutdown(1)
            self.assertEqual(len(service.lines(2)), 2)
            self.assertEqual(service.ended(), [])

    def test_who_says_nothing_is_cut(self):
        hub = self.family("communicator.hello_timeout=200ms")
        silent, talking = self.service(self.sock), self.service(self.sock).register("a")
        self.assertEqual(silent.ended(), ["INVALID message=no word that counts in time"])
        talking.flush("still there")
        self.assertEqual(hub.dialect_counter("communicator_hello_timeout", "communicator"), 1)

    def test_services_that_are_expected_are_read_again(self):
        folder = self.services()
        hub = self.family(f"communicator.services_dir={folder}")
        a = self.service(self.sock).register("a")
        report = "<alpha:communicatord TRANSMISSION_REPORT command=DATA;status="
        self.assertEqual(a.ask("late/DATA transmission_report=failure"), report + "failed")
        self.touch(folder, "late.service")
        hub.send_signal(signal.SIGHUP)
        wait_until(lambda: a.ask("late/DATA transmission_report=failure") == report + "cached", "late is expected")

    def test_everybody_else_reaches_a_service(self):
        hub = self.family()
        service = self.service(self.tcp(hub)).register("lamp", "SIGNAL", "DATA")
        self.assertEqual(self.aldis(hub, "send", "lamp", "DATA", '{"v":"1"}').returncode, 0)
        self.assertEqual(service.line(), "lamp/DATA v=1")

    def test_commands_are_answered_by_services(self):
        hub = self.family()
        service = self.service(self.sock).register("lamp", "SIGNAL")
        call = self.aldis_start(hub, "call", "lamp", "SIGNAL", '{"letters":"SOS"}')
        line = service.line()
        self.assertRegex(line, r"^<alpha:aldis_\d+ lamp/SIGNAL letters=SOS$")
        sender = line[1:].split(" ")[0]
        service.send(f"{sender}/SEEN light=on")
        out, _ = call.communicate(timeout=60)
        self.assertEqual((call.returncode, out.strip()), (0, '{"light":"on"}'))


class Commands(FamilyCase):
    """A service commands another one, and hears at once what cannot be."""

    def start(self, *settings):
        self.hub_ = self.family(*settings)
        self.lamp = self.service(self.sock).register("lamp", "SIGNAL")
        self.boss = self.service(self.sock).register("boss", "SEEN")
        return self.hub_

    def command(self, line):
        """Give it; what the lamp is to answer to."""
        self.boss.send(line)
        found = re.match(r"<alpha:(aldis_\d+) lamp/", line := self.lamp.line())
        self.assertIsNotNone(found, line)
        return "alpha:" + found.group(1)

    def outcome(self):
        """What the boss hears, without the channel."""
        return re.sub(r"aldis_channel=[^;]*;", "", self.boss.line())

    def test_an_answer_that_cannot_be_read_fails_the_command_at_once(self):
        self.start()
        sender = self.command("lamp/SIGNAL aldis_id=1;aldis_ttl=1h")
        self.assertEqual(self.lamp.ask(f"{sender}/SEEN aldis_payload={{"),
                         "alpha:lamp/INVALID command=SEEN;message=aldis_payload is not JSON")
        self.assertEqual(self.outcome(), "<alpha:lamp alpha:boss/ALDIS_REPLY aldis_cause=agent_failed;"
                         "aldis_error=invalid;aldis_id=1;aldis_message=the answer cannot be read: aldis_payload is not JSON;"
                         "aldis_outcome=failed")

    def test_what_is_refused_has_the_id_of_the_command(self):
        self.start()
        for line in ("lamp/SIGNAL aldis_id=1;aldis_mode=most", "alpha:*/SIGNAL aldis_id=1", "STOP aldis_id=1",
                     "nobody/SIGNAL aldis_id=1", "communicatord/ALDIS_OUTCOME aldis_id=1;id=none"):
            with self.subTest(line):
                answer = self.boss.ask(line)
                self.assertIn("aldis_id=1;", answer)
                self.assertIn("aldis_outcome=refused", answer)
                self.assertNotIn("aldis:", answer)
        self.works(self.hub_)

    def test_a_cancel_that_cannot_be_is_refused_and_the_command_goes_on(self):
        self.start()
        sender = self.command("lamp/SIGNAL aldis_id=1")
        self.lamp.flush("written")
        self.assertEqual(self.boss.ask("ALDIS_CANCEL id=1"), "alpha:boss/INVALID command=ALDIS_CANCEL;id=1;"
                         "message=\"the agent's protocol cannot cancel; the command goes on\"")
        answers = self.boss.ask("ALDIS_CANCEL aldis_id=2;id=1", 2)
        self.assertIn("aldis_cause=unsupported;aldis_id=2;", answers[1])
        self.lamp.send(f"{sender}/SEEN light=on")
        self.assertEqual(self.outcome(), "<alpha:lamp alpha:boss/SEEN aldis_id=1;aldis_outcome=succeeded;light=on")


class Waiting(FamilyCase):
    def test_a_message_waits_as_long_as_the_settings_say(self):
        self.family(f"communicator.services_dir={self.services('off')}", "limits.hold_ttl=1s")
        service = self.service(self.sock).register("a", "TRANSMISSION_REPORT")
        for status in ("cached", "failed"):
            if status == "cached":
                service.send("off/DATA transmission_report=failure")
            self.assertEqual(service.line(), f"<alpha:communicatord TRANSMISSION_REPORT command=DATA;status={status}")


class Crowds(FamilyCase):
    """Who comes is news for everybody, and nobody else waits for it."""

    SIZE = 600

    def test_a_command_is_answered_while_thousands_of_news_wait(self):
        hub = self.family("log.level=warning")
        lamp = self.service(self.sock).register("lamp", "SIGNAL")
        boss = self.service(self.sock).register("boss", "SEEN")
        crowd = [self.service(self.sock) for _ in range(self.SIZE)]
        for i, service in enumerate(crowd):
            service.send("COMMANDS list=STATUS")
            service.send(f"REGISTER service=s{i};version=1")
        boss.send("lamp/SIGNAL aldis_id=1")
        sender = lamp.line().split(" ")[0][1:]
        lamp.send(f"{sender}/SEEN")
        self.assertIn("aldis_id=1;aldis_outcome=succeeded", boss.line())
        self.assertLess(hub.counter("news_delivered"), self.SIZE * self.SIZE // 2)
        # Not one of them has read anything yet, and everybody comes to hear of everybody in the end.
        for i, service in enumerate(crowd):
            names = set()
            while len(names) < self.SIZE - i:
                line = service.line()
                self.assertIsNotNone(line)
                found = re.search(r"STATUS .*service=s(\d+);status=up", line)
                if found and int(found.group(1)) >= i:
                    names.add(found.group(1))
        self.assertEqual(hub.counter("news_undelivered"), 0)
        self.assertEqual(hub.counter("news_dropped"), 0)


class Rights(FamilyCase):
    """Who is who: tokens, certificates, passwords."""

    def register(self, address, line, context=None):
        service = self.service(address, context)
        return service, service.ask(line)

    def test_who_has_to_be_known_shows_a_token_as_password(self):
        tokens = Tokens(os.path.join(self.folder(), "tokens")).token("lamp", serve="lamp")
        tokens.token("boss", serve="boss", command="lamp:*", manage="write").write()
        hub = self.family(f"auth.tokens={tokens.path}")
        address = self.tcp(hub)
        _, answer = self.register(address, "REGISTER service=lamp;version=1")
        self.assertIn("INVALID ", answer)
        _, answer = self.register(address, "REGISTER password=wrong;service=lamp;version=1")
        self.assertIn("INVALID ", answer)
        lamp, answer = self.register(address, f"REGISTER password={tokens.secrets['lamp']};service=lamp;version=1")
        self.assertIn("HELP", answer)
        lamp.until("READY")
        boss, _ = self.register(address, f"REGISTER password={tokens.secrets['boss']};service=boss;version=1")
        boss.until("READY")
        boss.send("lamp/DATA v=1")
        self.assertEqual(lamp.line(), "<alpha:boss lamp/DATA v=1")
        lamp.send("boss/DATA v=1")
        lamp.flush("denied")
        state = hub.get("/api/v1/hub", headers=tokens.bearer("boss"))
        self.assertEqual(state["counters"]["events_denied"], 1)
        self.assertIn("INVALID command=STOP", lamp.ask("STOP"))
        boss.send("STOP")
        self.assertEqual(hub.wait(), 0)

    def test_a_user_is_known_by_the_unix_socket(self):
        tokens = Tokens(os.path.join(self.folder(), "tokens")).section(f"user {os.getuid()}", serve="lamp").write()
        hub = self.family(f"auth.tokens={tokens.path}")
        _, answer = self.register(self.sock, "REGISTER service=other;version=1")
        # It may serve one name only, so that is the one it gets.
        self.assertIn("HELP", answer)
        wait_until(lambda: any("target=lamp" in line for line in hub.log), "it is lamp")

    def test_services_from_elsewhere_come_in_over_tls(self):
        cert, key, context = self.tls()
        client = certificate(self.folder(), "lamp")
        bundle = os.path.join(self.folder(), "ca")
        with open(bundle, "w", encoding="ascii") as file:
            file.write(open(client[0], encoding="ascii").read())
        hub = self.family("communicator.secure=127.0.0.1:0", f"communicator.tls_cert={cert}",
                          f"communicator.tls_key={key}", f"communicator.tls_ca={bundle}",
                          "communicator.username=hub", "communicator.password=word")
        address = self.tcp(hub, "communicator-secure")
        _, answer = self.register(address, "REGISTER service=a;version=1", context)
        self.assertIn("INVALID ", answer)
        _, answer = self.register(address, "REGISTER password=word;service=a;username=hub;version=1", context)
        self.assertIn("HELP", answer)
        sent = subprocess.run([binary("aldis"), "--ca", cert, "-H", f"cds://localhost:{address[1]}", "send", "a", "DATA"],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(sent.returncode, 14, sent.stderr)  # lost: it is not let in, and not asked for more
        known = ssl.create_default_context(cafile=cert)
        known.load_cert_chain(*client)
        _, answer = self.register(address, "REGISTER service=b;version=1", known)
        self.assertIn("HELP", answer)
        self.assertEqual([c["principal"] for c in hub.channels("b")], ["CN=lamp"])


class Doors(FamilyCase):
    def test_the_socket_has_its_mode_and_a_stale_one_is_replaced(self):
        hub = self.family("communicator.unix_mode=0640")
        self.assertEqual(os.stat(self.sock).st_mode & 0o777, 0o640)
        hub.kill()
        self.assertTrue(os.path.exists(self.sock))
        again = self.hub(f"communicator.unix={self.sock}")
        self.assertEqual(again.door("communicator-unix"), self.sock)
        self.refused(f"communicator.unix={self.sock}", in_words="communicator.unix")

    def test_bad_settings_are_found_before_ready(self):
        folder = self.folder()
        plain = os.path.join(folder, "plain")
        self.touch(folder, "plain")
        for settings in (
                ["communicator.tcp=10.0.0.1:0"], ["communicator.tcp=0.0.0.0:0"], ["communicator.tcp=nowhere"],
                ["communicator.remote=0.0.0.0:0", "communicator.insecure=yes"],
                ["communicator.remote=192.0.2.1:0", "communicator.insecure=yes"], ["communicator.remote=10.0.0.1:0"],
                ["communicator.secure=127.0.0.1:0"], ["communicator.tls_cert=/nowhere", "communicator.secure=127.0.0.1:0"],
                [f"communicator.tls_cert={plain}", "communicator.secure=127.0.0.1:0"],
                ["communicator.udp=0.0.0.0:0"], ["communicator.broadcast=lo:4041"],
                [f"communicator.unix={plain}"], ["communicator.unix=/nowhere/at/all/x.sock"],
                [f"communicator.unix={folder}/x.sock", "communicator.unix_group=no-such-group"],
                ["communicator.services_dir=/nowhere"], ["communicator.my_address=zork"],
                ["communicator.neighbors=zork", "communicator.my_address=127.0.0.1"], ["communicator.neighbors=10.0.0.2"],
                ["communicator.username=u"], ["communicator.line_max=1"], ["communicator.max_connections=1"],
                ["communicator.gossip_max=0"], ["hub.peers=http:/x"], ["hub.peers=cd://x"],
                ["hub.peers_token=/nowhere", "hub.peers=ws://127.0.0.1:1"],
                ["hub.peers_ca=/nowhere", "hub.peers=ws://127.0.0.1:1"], ["hub.hops_max=0"]):
            with self.subTest(settings=settings):
                self.refused(*settings, in_words=settings[0].split("=")[0])

    def test_hubs_at_a_door_with_a_password_must_know_it(self):
        flags = self.folder()
        flag = os.path.join(flags, "communicatord_remote-connection_refused.flag")
        hub = self.family("communicator.remote=127.0.0.1:0", "communicator.username=hub", "communicator.password=word",
                          f"communicator.flags_dir={flags}")
        address = self.tcp(hub, "communicator-remote")
        listener = self.service(self.sock).register("ipwall", "BLOCK")
        listener.flush("ready")
        connect = "<n:communicatord CONNECT my_address=127.0.0.9:4042;server_name=n;version=1"
        for _ in range(3):
            stranger = self.service(address)
            self.assertIn("REFUSE", stranger.ask(f"{connect};username=hub;password=wrong"))
        self.assertIn("BLOCK", listener.line())
        bare = self.service(address)
        bare.send(connect)
        self.assertIn("REFUSE", bare.line())
        self.assertEqual(hub.state()["totals"]["targets"], 1)
        wait_until(lambda: os.path.exists(flag), "an administrator is told")
        friend = self.service(address)
        friend.send(f"{connect};username=hub;password=word")
        friend.until("ACCEPT")

    def test_a_hub_that_was_refused_is_let_in_later(self):
        flags = self.folder()
        flag = os.path.join(flags, "communicatord_remote-connection_refused.flag")
        hub = self.family("communicator.remote=127.0.0.1:0", f"communicator.flags_dir={flags}")
        address = self.tcp(hub, "communicator-remote")
        connect = "<n:communicatord CONNECT my_address=127.0.0.1:4042;server_name=n;version="
        for line, answer in ((f"{connect}2", "REFUSE conflict=version"), ("<n:communicatord CONNECT my_address=127.0.0.1:1;server_name=alpha;"
                                                          "version=1", "REFUSE conflict=name")):
            self.assertIn(answer, self.service(address).ask(line))
        wait_until(lambda: os.path.exists(flag), "an administrator is told")
        self.service(address).send(f"{connect}1")
        wait_until(lambda: not os.path.exists(flag), "it is well again")

    def test_a_page_in_a_browser_is_no_service(self):
        hub = self.family()
        listener = self.service(self.sock).register("a", "DATA")
        page = self.service(self.tcp(hub))
        with self.cut_off():
            page.send("POST / HTTP/1.1", "Host: 127.0.0.1", "Content-Length: 20", "", "a/DATA v=evil", "")
        self.assertEqual(page.ended(), [])
        self.assertEqual(listener.flush("quiet"), [])
        self.assertEqual(hub.edge_counter("pages_refused"), 1)

    def test_files_tell_of_the_cluster(self):
        folder = self.folder()
        self.family(f"communicator.data_dir={folder}")
        path = os.path.join(folder, "cluster-status.txt")
        wait_until(lambda: os.path.exists(path), "the file")
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read(), "CLUSTER_UP\nCLUSTER_COMPLETE\n")

    def test_the_load_is_told_while_somebody_wants_it(self):
        self.family("communicator.my_address=127.0.0.1")
        service = self.service(self.sock).register("a", "LOADAVG")
        service.send("REGISTER_FOR_LOADAVG")
        self.assertRegex(service.line(), r"^<alpha:communicatord LOADAVG avg=[0-9.e-]+;my_address=127\.0\.0\.1:4042;"
                                         r"timestamp=\d+\.\d+$")
        service.send("UNREGISTER_FROM_LOADAVG")
        service.flush("enough")

    def test_the_clock_is_asked_of_the_kernel(self):
        self.family()
        service = self.service(self.sock).register("a", "CLOCK_STABLE", "CLOCK_UNSTABLE")
        self.assertRegex(service.ask("CLOCK_STATUS"), r"CLOCK_(STABLE cache=no;clock_resolution=verified|"
                                                      r"UNSTABLE cache=no;clock_error=checking)$")


if __name__ == "__main__":
    unittest.main()
