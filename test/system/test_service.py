"""Programs of ours as services of the communicator family: at a script, at a daemon like the original, and at aldisd."""

import contextlib
import json
import os
import signal
import socket
import ssl
import unittest

from cli_rig import Running, aldis
from comm_case import FamilyCase, certificate
from harness import PATIENCE, binary, wait_until
from library_rig import Line, Proxy
from original import Original, Wire

BASE = "ALIVE,{}DISCONNECTING,HELP,INVALID,{}PRIMARY,QUITTING,READY,SERVICE_UNAVAILABLE,STOP,TRANSMISSION_REPORT,UNKNOWN"


class Accepted(Wire):
    """The daemon's end of a connection."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(PATIENCE)
        self.file = sock.makefile("rb")

    def ended(self):
        """The client has closed, and said nothing more; then so do we."""
        assert self.line() is None
        self.close()

    def welcome(self):
        """HELP and READY; the names that are listed then."""
        self.send("<alpha:communicatord HELP", "<alpha:communicatord READY my_address=127.0.0.1:4042")
        return set(self.until("COMMANDS").values["list"].split(","))


class Script(contextlib.AbstractContextManager):
    """A daemon that does what the test says."""

    def __init__(self, context=None):
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.sock.settimeout(PATIENCE)
        self.context = context

    @property
    def address(self):
        return f"127.0.0.1:{self.sock.getsockname()[1]}"

    @property
    def url(self):
        return f"cd://{self.address}"

    def accept(self):
        sock = self.sock.accept()[0]
        return Accepted(self.context.wrap_socket(sock, server_side=True) if self.context else sock)

    def __exit__(self, *_):
        self.sock.close()


class ServiceCase(FamilyCase):
    def script(self, **options):
        return self.enterContext(Script(**options))

    def probe(self, url, name, *known, kept=0, start=True, **env):
        probe = Line(binary("service_probe"), url, name, kept, *known, env=env)
        self.addCleanup(lambda: probe.process.poll() is None and (probe.process.kill(), probe.end(0)))
        if start:
            probe.say("start")
        return probe

    def running(self, *words, **options):
        process = Running(*words, **options)
        self.addCleanup(process.close)
        return process

    def end(self, *probes):
        for probe in probes:
            self.assertEqual((probe.end(), probe.errors), (0, []))


class Reporter(ServiceCase):
    """The scenarios of the family's own tests (communicator.md 13), with the script's part played over a socket."""

    def begin(self, script, name, *known):
        probe = self.probe(script.url, name, *known)
        daemon = script.accept()
        self.assertEqual(daemon.line(), f"REGISTER service={name};version=1")
        return probe, daemon

    def test_7_complete(self):
        script = self.script()
        probe, daemon = self.begin(script, "responder")
        sender = "<reporter_test_extension:test_processor reporter_test:accept_one_message"
        daemon.send(f"{sender}/READY status=alive")
        probe.wait("state ready")
        daemon.send(f"{sender}/HELP")
        commands = daemon.message()
        self.assertEqual((commands.command, commands.server, commands.service, commands.sent[1]),
                         ("COMMANDS", "reporter_test_extension", "test_processor", "responder"))
        self.assertLessEqual({"HELP", "READY", "STOP"}, set(commands.values["list"].split(",")))
        daemon.send("STOP")
        self.assertEqual(daemon.line(), "UNREGISTER service=responder")
        daemon.ended()
        probe.wait("state closed")
        self.end(probe)

    def until_done(self, script):
        name = "test_communicator_client"
        probe, daemon = self.begin(script, name, "DATA")
        daemon.send("<alpha:communicatord READY my_address=127.0.0.1:4042")
        probe.wait("state ready")
        daemon.send("<monster:test_communicator_client communicatord:communicator_test/DATA "
                    "filename=/var/log/communicator/communicatord.log")
        self.assertEqual(probe.wait("event DATA"), "event DATA monster:test_communicator_client "
                         '{"filename":"/var/log/communicator/communicatord.log"}')
        done = daemon.message()
        self.assertEqual((done.sent, done.server, done.service, done.command),
                         (("", name), "monster", name, "DONE"))
        return probe, daemon

    def test_14_quitting(self):
        """Without UNREGISTER; a later send must fail."""
        probe, daemon = self.until_done(self.script())
        daemon.send("<monster:test_communicator_client communicatord:communicator_test/QUITTING")
        daemon.ended()
        probe.wait("state closed")
        probe.say("send LATE monster:test_communicator_client")
        probe.wait("said -11")
        self.end(probe)

    def test_15_stop(self):
        probe, daemon = self.until_done(self.script())
        daemon.send("<monster:test_communicator_client communicatord:communicator_test/STOP")
        self.assertEqual(daemon.line(), "UNREGISTER service=test_communicator_client")
        daemon.ended()
        probe.wait("state closed")
        self.end(probe)

    def test_sending_before_there_is_a_connection_fails(self):
        probe = self.probe("cd://127.0.0.1:1", "early", start=False)
        probe.say("send EARLY x")
        probe.wait("said 1")
        self.end(probe)


class Library(ServiceCase):
    """What the library does by itself."""

    def test_it_answers_help_with_the_names_that_have_handlers(self):
        script = self.script()
        probe = self.probe(script.url, "a", "TURN", "DATA")
        daemon = script.accept()
        self.assertEqual(daemon.line(), "REGISTER service=a;version=1")
        daemon.send("<alpha:communicatord HELP", "<alpha:communicatord READY my_address=127.0.0.1:4042")
        self.assertEqual(daemon.line(), "<:a alpha:communicatord/COMMANDS list=" + BASE.format("DATA,", "").replace(
            "TRANSMISSION_REPORT,", "TRANSMISSION_REPORT,TURN,"))
        probe.say("know MORE")
        self.assertIn("MORE", daemon.until("COMMANDS").values["list"].split(","))
        daemon.send("<alpha:x a/ALIVE serial=7")
        self.assertEqual(daemon.message().values["serial"], "7")
        daemon.send("<alpha:x a/DANCE")
        unknown = daemon.message()
        self.assertEqual((unknown.command, unknown.server, unknown.service, unknown.values["command"]),
                         ("UNKNOWN", "alpha", "x", "DANCE"))
        daemon.send("<alpha:x */DANCE")  # what is for many is for those who know it
        probe.say("close")
        self.assertEqual(daemon.line(), "UNREGISTER service=a")
        daemon.ended()
        self.end(probe)

    def test_it_comes_back_and_says_what_it_kept_after_ready(self):
        script = self.script()
        probe = self.probe(script.url, "a", "DATA", kept=3, start=False)
        for i in range(5):
            probe.say(f'silently EARLY x {{"n":{i}}}')
            probe.wait("said 0", i + 1)
        probe.say("start")
        with contextlib.closing(script.accept()) as daemon:
            self.assertEqual(daemon.line(), "REGISTER service=a;version=1")
            daemon.welcome()
            self.assertEqual([daemon.line() for _ in range(3)], [f"<:a x/EARLY cache=no;n={i}" for i in (2, 3, 4)])
        probe.wait("state waiting")
        probe.say("dropped")
        probe.wait("dropped 2")
        probe.say('silently AWAY x {"n":5}')
        daemon = script.accept()
        self.assertEqual(daemon.line(), "REGISTER service=a;version=1")
        self.assertIn("DATA", daemon.welcome())
        probe.say('silently NOW x {"n":6}')
        self.assertEqual([daemon.line(), daemon.line()], ["<:a x/AWAY cache=no;n=5", "<:a x/NOW cache=no;n=6"])
        daemon.close()
        self.end(probe)

    def test_a_name_that_is_taken_is_tried_again_by_who_had_it(self):
        script = self.script()
        refusal = "INVALID command=REGISTER;message=the name is taken"
        probe = self.probe(script.url, "a")
        with contextlib.closing(script.accept()) as daemon:
            daemon.line()
            daemon.welcome()
            probe.wait("state ready")
        daemon = script.accept()
        daemon.line()
        daemon.send(refusal)
        daemon.ended()
        with contextlib.closing(script.accept()) as daemon:
            daemon.line()
            daemon.welcome()
            probe.wait("state ready", 2)
            other = self.probe(script.url, "a")
            second = script.accept()
            second.line()
            second.send(refusal)
            second.ended()
            self.assertIn("the name is taken", other.wait("state closed"))
        self.end(other)
        self.end(probe)

    def test_drain_answers_what_runs_and_then_unregisters(self):
        script = self.script()
        at = os.path.join(self.folder(), "at")
        agent = self.running("agent", "--target", "a", "--on", f"SLOW=touch {at}; sleep 0.3; cat", url=script.url)
        daemon = script.accept()
        daemon.line()
        daemon.welcome()
        daemon.send("<alpha:aldis_3 a/SLOW v=1")
        wait_until(lambda: os.path.exists(at), "the program to run")
        agent.signal(signal.SIGTERM)
        agent.wait_err("still at work")
        reply = daemon.message()
        self.assertEqual((reply.service, reply.values["aldis_outcome"], reply.values["v"]), ("aldis_3", "succeeded", "1"))
        self.assertEqual(daemon.line(), "UNREGISTER service=a")
        daemon.ended()
        self.assertEqual(agent.wait(), 0)

    def test_news_are_told_to_who_wants_them(self):
        script = self.script()
        probe = self.probe(script.url, "a", NEWS="1")
        daemon = script.accept()
        daemon.line()
        self.assertLessEqual({"STATUS", "CLUSTER_UP", "CLOCK_STABLE", "HANGUP"}, daemon.welcome())
        daemon.send("<alpha:communicatord STATUS cache=no;server_name=alpha;service=b;status=up;up_since=1795226633",
                    "./HANGUP server_name=n3", "<alpha:communicatord ./CLUSTER_UP neighbors_count=3")
        probe.wait("news 0 b alpha up told")
        probe.wait("news 2  n3 broke told")
        probe.wait("news 3   up told")
        probe.say("ask 0 zz")
        self.assertEqual(daemon.until("SERVICE_STATUS").values, {"service": "zz"})
        daemon.send("<alpha:communicatord STATUS cache=no;service=zz;status=unknown")
        probe.wait("news 0 zz  unknown answer")
        daemon.close()
        self.end(probe)


class WithOriginal(ServiceCase):
    """Beside a daemon that is none of ours."""

    def original(self):
        original = self.enterContext(Original("alpha", "127.0.0.1"))
        return original, f"cd://127.0.0.1:{original.local[1]}"

    def registered(self, original, *names):
        wait_until(lambda: set(names) <= {c.name for c in original.connections if c.commands}, f"{names} to be there")

    def test_two_services_talk(self):
        original, url = self.original()
        one, other = self.probe(url, "one", "DONE"), self.probe(url, "other", "DATA")
        self.registered(original, "one", "other")
        one.say('send DATA other {"v":"1;2"}')
        other.wait("event DATA alpha:one ")
        one.wait("event DONE alpha:other")
        one.say("send DANCE other")
        one.wait("report DANCE unknown_command")
        one.say("send DONE *")
        one.wait("event DONE alpha:one")  # whoever listed it, the sender too
        self.end(one, other)

    def test_the_command_line_sends_serves_and_watches(self):
        original, url = self.original()
        watch = self.running("watch", "--as", "probe", "--names", "DAWN,STATUS", "--json", "-n", "3", url=url)
        agent = self.running("agent", "--target", "lamp", "--on", "BLINK=cat >&2", url=url)
        self.registered(original, "probe", "lamp")
        self.assertEqual(aldis("send", "probe", "HI", "v=1", "w=x;y", env={"ALDIS_URL": "cd://127.0.0.1:1"},
                               url=url, patience=10).status, 14)  # it does not know PUBLIC_IP, and says nothing
        aldis("send", ".", "DAWN", url=url)
        with Wire(original.local) as wire:
            wire.register("c")
            wire.send("probe/HI z=1", "alpha:lamp/BLINK n=1")
            self.assertEqual(watch.wait(), 0)
        lines = [json.loads(line) for line in watch.output]
        self.assertEqual([(line["kind"], line["name"], line.get("from"), line.get("payload")) for line in lines],
                         [("message", "HI", None, {"v": "1", "w": "x;y"}), ("message", "DAWN", None, None),
                          ("message", "HI", "alpha:c", {"z": "1"})])
        agent.signal(signal.SIGTERM)
        self.assertEqual(agent.wait(), 0)

    def test_a_call_expires_where_nobody_answers_commands(self):
        _, url = self.original()
        result = aldis("call", "--deadline", "300ms", "nobody", "TURN", url=url)
        self.assertEqual(result.status, 13, result)

    def test_the_example(self):
        original, url = self.original()
        pinger = Line(binary("example_service"), url)
        self.addCleanup(lambda: pinger.process.poll() is None and pinger.process.kill())
        self.registered(original, "pinger")
        with Wire(original.local) as wire:
            wire.register("c", "PONG")
            wire.send("pinger/PING serial=4")
            pong = wire.until("PONG")
            self.assertEqual((pong.sent, pong.values["serial"]), (("alpha", "pinger"), "4"))
            wire.send("pinger/STOP")
            self.assertEqual(pinger.process.wait(PATIENCE), 0)


class WithAldisd(ServiceCase):
    """At a hub of ours, through its own doors."""

    def urls(self, hub):
        return [f"cd://{self.sock}", f"cd://{hub.door('communicator-tcp')}"]

    def test_commands_and_events_over_each_door(self):
        hub = self.family()
        for at, url in enumerate(self.urls(hub)):
            with self.subTest(url=url):
                name = f"lamp{at}"
                agent = self.running("agent", "--target", name, "--on", "BLINK=cat", "--on", "FAIL=exit 3", url=url)
                agent.wait_err("registered as")
                for caller in (*self.urls(hub), f"unix:{hub.unix}"):
                    result = aldis("call", name, "BLINK", "times=2", "c=a;b", url=caller)
                    self.assertEqual((result.status, json.loads(result.out or "null")), (0, {"times": "2", "c": "a;b"}), result)
                    self.assertEqual(aldis("call", name, "FAIL", url=caller).status, 10)
                    self.assertEqual(aldis("call", name, "DANCE", url=caller).status, 11)
                    self.assertEqual(aldis("call", "nobody", "DANCE", url=caller).status, 11)

    def test_what_a_door_cannot_say_of_a_command_is_refused(self):
        hub = self.family()
        agent = self.running("agent", "--target", "lamp", "--echo", url=self.urls(hub)[0])
        agent.wait_err("registered as")
        for url in self.urls(hub):
            for option in ("--durable", "--collapse=k"):
                with self.subTest(url=url, option=option):
                    result = aldis("call", option, "lamp", "BLINK", url=url)
                    self.assertEqual((result.status, "unsupported" in result.err), (11, True), result)

    def test_destinations(self):
        hub = self.family()
        url = self.urls(hub)[1]
        watch = self.running("watch", "--as", "probe", "--names", "DAWN", "--json", "-n", "7", url=url)
        watch.wait_err("registered as")
        for target in ("probe", "alpha:probe", ".", "?", "*", ".:probe", "*:probe"):
            result = aldis("send", target, "DAWN", f"to={'many' if len(target) == 1 else 'one'}", url=url)
            self.assertEqual(result.status, 0, result)
        self.assertEqual(aldis("send", "--everyone", "*", "DAWN", url=url).status, 2)
        self.assertEqual(watch.wait(), 0)
        self.assertEqual([json.loads(line)["payload"]["to"] for line in watch.output],
                         ["one", "one", "many", "many", "many", "one", "one"])

    def test_reports_and_the_cache(self):
        hub = self.family(f"communicator.services_dir={self.services('off')}")
        url = self.urls(hub)[0]
        send = lambda *words: aldis("send", "--report", *words, url=url)
        self.assertEqual(send("nobody", "DATA").status, 11)
        away = send("--cache", "no;reply", "off", "DATA", "v=1")
        self.assertEqual(away.status, 11, away)
        kept = send("--cache", "1h", "off", "DATA", "v=2")
        self.assertEqual(kept.status, 0)
        self.assertIn("kept at the hub", kept.err)
        off = self.probe(url, "off", "DATA")
        off.wait('event DATA  {"v":"2"}')
        self.assertEqual(send("off", "DATA", "v=3").status, 0)
        self.assertEqual(aldis("send", "--cache", "5s", "off", "DATA", url=url).status, 2)
        self.end(off)

    def test_news_of_the_hub(self):
        hub = self.family()
        one, two = self.urls(hub)
        watcher = self.probe(one, "watcher", NEWS="1")
        watcher.wait("state ready")
        watcher.say("ask 3")
        watcher.wait("news 3   up answer")  # and so it has listed what it wants to hear
        other = self.probe(two, "other")
        watcher.wait("news 0 other alpha up told")
        self.end(other)
        watcher.wait("news 0 other alpha down told")
        watcher.say("ask 0 zz")
        watcher.wait("news 0 zz")
        self.end(watcher)

    def caught(self, hub, path):
        """A call that its agent holds, until a file is there."""
        go = os.path.join(self.folder(), "go")
        program = f"touch {go}.at; until test -e {go}; do sleep 0.05; done; cat"
        agent = self.running("agent", "--target", "lamp", "--on", f"WAIT={program}", url=f"unix:{hub.unix}")
        agent.wait_err("registered as")
        call = self.running("call", "--deadline", "15s", "lamp", "WAIT", "v=1", url=f"cd://{path}")
        wait_until(lambda: os.path.exists(f"{go}.at"), "the command to arrive")
        return call, go

    def test_a_call_survives_its_connection(self):
        path = os.path.join(self.folder(), "proxy.sock")
        hub = self.family()
        proxy = Proxy(path, self.sock)
        self.addCleanup(proxy.close)
        call, go = self.caught(hub, path)
        proxy.cut()
        with open(go, "w", encoding="ascii"):
            pass
        self.assertEqual(call.wait(), 0, call.err)
        self.assertEqual(json.loads(call.out), {"v": "1"})

    def test_a_call_is_lost_with_its_hub(self):
        hub = self.family()
        call, go = self.caught(hub, self.sock)
        again = [setting for setting in hub.settings if not setting.startswith(("http.", "unix."))]
        hub.kill()
        self.hub(*again)
        self.assertEqual(call.wait(), 14, call.err)
        self.assertIn("hub_lost", call.err)
        with open(go, "w", encoding="ascii"):  # the agent's program ends too
            pass

    def test_a_call_is_lost_where_nobody_can_be_asked(self):
        for answer in ("UNKNOWN command=ALDIS_OUTCOME", "communicatord/UNKNOWN aldis_id={id};aldis_outcome=refused;"
                       "aldis_cause=invalid;aldis_message=no such command"):
            with self.subTest(answer=answer):
                script = self.script()
                call = self.running("call", "--deadline", "20s", "lamp", "WAIT", url=script.url)
                with contextlib.closing(script.accept()) as daemon:
                    sent = daemon.until("WAIT").values["aldis_id"]
                with contextlib.closing(script.accept()) as daemon:
                    asked = daemon.until("ALDIS_OUTCOME").values
                    self.assertEqual(asked["id"], sent)
                    daemon.send(answer.format(id=asked["aldis_id"]))
                    self.assertEqual(call.wait(), 14, call.err)

    def test_datagrams(self):
        hub = self.family("communicator.udp=127.0.0.1:0", "communicator.secret=open")
        url = f"cdu://{hub.door('communicator-udp')}"
        probe = self.probe(self.urls(hub)[0], "probe", "DATA", "DAWN")
        probe.wait("state ready")
        send = lambda *words, **env: aldis("send", *words, url=url, env=env)
        self.assertEqual(send("probe", "DATA", "v=1", ALDIS_SECRET="wrong").status, 0)  # nobody says that it was dropped
        self.assertEqual(send("probe", "DATA", "v=2", ALDIS_SECRET="open").status, 0)
        probe.wait("event DATA")
        self.assertIn('"v":"2"', probe.wait("event DATA"))
        self.assertEqual(send("--report", "probe", "DATA", ALDIS_SECRET="open").status, 11)
        self.assertEqual(send("probe", "DATA", "v=" + 1024 * "x", ALDIS_SECRET="open").status, 11)
        self.assertEqual(aldis("call", "probe", "DATA", url=url).status, 11)
        sayer = self.probe(url, "-", SECRET="open")
        sayer.wait("state ready")
        sayer.say('silently DATA probe {"v":"3"}')
        self.assertIn('"v":"3"', probe.wait("event DATA", 2))
        self.end(sayer, probe)


class Ways(ServiceCase):
    """The schemes themselves."""

    def test_what_is_not_encrypted_stays_near(self):
        for url in ("cd://192.0.2.1", "cd://8.8.8.8:4040", "cdu://8.8.8.8", "cd://[2001:db8::1]:4040"):
            result = aldis("send", "a", "B", url=url)
            self.assertEqual(result.status, 2)
            self.assertIn("use cds", result.err)

    def test_other_urls_of_the_family(self):
        for url in ("cds:///tmp/x", "cdu:///tmp/x", "cd://", "cd://h/x", "cdb://"):
            self.assertEqual(aldis("send", "a", "B", url=url).status, 2, url)
        self.assertEqual(aldis("targets", url="cd://127.0.0.1").status, 2)
        self.assertEqual(aldis("watch", "--target", "a", url="cd://127.0.0.1").status, 2)
        self.assertEqual(aldis("watch", "--as", "a", url="unix:/nowhere").status, 2)
        result = aldis("send", ".", "B", url="cdb://nosuch0")
        self.assertEqual(result.status, 3)
        self.assertIn("nosuch0", result.err)

    def secure(self, client_ca=None):
        folder = self.folder()
        cert, key = certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        if client_ca is not None:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return self.script(context=context), cert

    def test_tls_and_whom_it_trusts(self):
        script, cert = self.secure()
        probe = self.probe(f"cds://{script.address}", "a", CA=cert)
        daemon = script.accept()
        self.assertEqual(daemon.line(), "REGISTER service=a;version=1")
        daemon.welcome()
        probe.wait("state ready")
        daemon.close()
        self.end(probe)
        doubter = self.probe(f"cds://{script.address}", "a")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            script.accept().line()
        self.assertIn("certificate", doubter.wait("state waiting"))
        script.sock.close()
        self.end(doubter)

    def test_tls_with_a_certificate_of_our_own(self):
        mine, mine_key = certificate(self.folder(), "lamp")
        script, cert = self.secure(client_ca=mine)
        probe = self.probe(f"cds://{script.address}", "a", CA=cert, CERT=mine, KEY=mine_key)
        daemon = script.accept()
        self.assertEqual(daemon.line(), "REGISTER service=a;version=1")
        self.assertIn((("commonName", "lamp"),), daemon.sock.getpeercert()["subject"])
        daemon.close()
        self.end(probe)


if __name__ == "__main__":
    unittest.main()
