"""libaldis and libaldis-hub as others see them: what they export and link, what is installed, what programs hear."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from doc_pages import split
from doc_runner import Session
from harness import BINARIES, PATIENCE, Hub, binary
from library_rig import ProgramCase, Proxy

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(BINARIES).resolve().parent
HEADERS = ROOT / "include" / "aldis"
SYSTEM = ("linux-vdso", "libc.", "libm.", "libpthread", "libasan", "libubsan")


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)


def must(*words, **options):
    done = run(*words, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def cache(name):
    """A variable of the build's configuration."""
    found = re.search(rf"^{name}:\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(), re.M)
    return found.group(1) if found else ""


SANITIZE = ["-fsanitize=address,undefined"] if cache("ALDIS_SANITIZE") == "ON" else []
CC = cache("CMAKE_C_COMPILER") or "cc"


def text_of(name):
    return (HEADERS / name).read_text(encoding="utf-8")


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def declared(*names):
    """The functions that these headers say are exported."""
    found = set()
    for name in names:
        found |= set(re.findall(r"ALDIS_API[^;(]*?\b(aldis_\w+)\(", without_comments(text_of(name))))
    return found


# What each example links.
PACKAGES = {"agent": "aldis", "caller": "aldis", "foreign_loop": "aldis", "service": "aldis", "embedded": "aldis-hub"}
CLIENT_HEADERS = ("version.h", "client.h", "caller.h", "agent.h", "service.h", "flag.h", "schemas.h")


class Symbols(unittest.TestCase):
    """What the files themselves say."""

    maxDiff = None

    def exported(self, path):
        lines = must("nm", "-D", "--defined-only", path).splitlines()
        return {line.split()[2].split("@")[0] for line in lines if line.split()[1] != "A"}

    def test_exactly_what_the_headers_declare_is_exported(self):
        client = declared(*CLIENT_HEADERS)
        self.assertGreater(len(client), 40)
        self.assertEqual(client, self.exported(BUILD / "lib" / "libaldis.so"))
        self.assertEqual(client | declared("hub.h"), self.exported(BUILD / "lib" / "libaldis-hub.so"))

    def test_the_archives_show_no_more(self):
        for name, headers in (("libaldis.a", CLIENT_HEADERS), ("libaldis-hub.a", (*CLIENT_HEADERS, "hub.h"))):
            lines = must("nm", "-g", "--defined-only", BUILD / "lib" / name).splitlines()
            found = {line.split()[2] for line in lines if len(line.split()) == 3}
            self.assertEqual(declared(*headers), found)

    def needed(self, path):
        found = re.findall(r"\(NEEDED\)\s+Shared library: \[(.*?)\]", must("readelf", "-d", path))
        return sorted(name for name in found if not name.startswith(SYSTEM))

    def test_it_links_libuv_openssl_and_pcre2_and_nothing_else(self):
        few = ["libcrypto", "libpcre2-8", "libssl", "libuv"]
        for name in ("libaldis.so", "libaldis-hub.so"):
            self.assertEqual([name.split(".so")[0] for name in self.needed(BUILD / "lib" / name)], few)

    def test_a_plain_client_has_no_hub_in_it(self):
        hub = re.compile(r"\b(ald_hub_\w+|ald_edge_\w+|ald_mgmt_\w+|ald_config_\w+|ald_door_\w+)$", re.M)
        with_hub = must("nm", BUILD / "lib" / "libaldis-hub.a")
        self.assertGreater(len(set(hub.findall(with_hub))), 20)
        self.assertEqual([], hub.findall(must("nm", BUILD / "lib" / "libaldis.a")))

    def test_the_shared_library_is_named_by_its_version(self):
        version = tuple(re.search(rf"ALDIS_VERSION_{part} (\d+)", text_of("version.h")).group(1)
                        for part in ("MAJOR", "MINOR", "PATCH"))
        for name in ("libaldis", "libaldis-hub"):
            soname = re.search(r"soname: \[(.*?)\]", must("readelf", "-d", BUILD / "lib" / f"{name}.so")).group(1)
            self.assertEqual(soname, f"{name}.so.{version[0]}.{version[1]}")
            self.assertTrue((BUILD / "lib" / f"{name}.so.{'.'.join(version)}").is_file())


class Headers(unittest.TestCase):
    """What is installed for a compiler."""

    maxDiff = None

    def test_each_header_stands_alone_in_c_and_cpp(self):
        compilers = [(CC, "-std=c11", "-pedantic", "-xc")]
        if shutil.which("g++"):
            compilers.append(("g++", "-std=c++11", "-pedantic", "-xc++"))
        for header in sorted(HEADERS.glob("*.h")):
            for words in compilers:
                text = f"#include <aldis/{header.name}>\n#include <aldis/{header.name}>\nint unused;\n"
                must(*words, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{ROOT}/include", "-", input=text)

    def test_every_function_is_documented(self):
        for name in (*CLIENT_HEADERS, "hub.h"):
            text = text_of(name)
            for function in declared(name):
                at = re.search(rf"\b{function}\(", without_comments(text))
                self.assertIsNotNone(at, function)
                before = text[:re.search(rf"ALDIS_API[^;]*?\b{function}\(", text).start()]
                declaration = text[len(before):].split("\n", 1)[0]
                # A comment above it, above a row of declarations of one kind, or behind it.
                block = before.rsplit("\n\n", 1)[-1]
                self.assertTrue("/*" in block or "/*" in declaration, f"{name}: {function} has no comment")

    def test_every_function_is_given_bad_arguments(self):
        tests = "".join((ROOT / folder / "arguments_test.c").read_text() for folder in ("src/api", "src/embed"))
        self.assertEqual([], [name for name in sorted(declared(*CLIENT_HEADERS, "hub.h")) if f"{name}(" not in tests])

    def test_names_are_those_of_the_code(self):
        names = dict(re.findall(r'^#define (ALDIS_\w+) "([^"]*)"', text_of("names.h"), re.M))
        by_kind = {}
        for name, value in names.items():
            by_kind.setdefault(name.split("_")[1], set()).add(value)
        message = (ROOT / "src/msg/msg.h").read_text()
        self.assertEqual(by_kind["CAUSE"], set(re.findall(r'^ +X\([A-Z_]+, "(\w+)",', message, re.M)))
        words = set()
        for enum in ("outcome", "phase", "mode"):
            words |= set(re.findall(r'"(\w+)"', re.search(rf"{enum}_names\[\] = {{(.*?)}}",
                                                          (ROOT / "src/msg/msg.c").read_text(), re.S).group(1)))
        self.assertEqual(by_kind["WORD"], words)
        wire = "".join(path.read_text() for path in sorted((ROOT / "src/wire/exchange").glob("*.[ch]"))
                       if "_test" not in path.name)
        written = r"ald_exchange_put_\w+\(&?\w+, |ALD_EXCHANGE_NAME\(|ALD_JSON_FIELD\("
        members = set(re.findall(rf'(?:{written})"(\w+)"', wire))
        members |= set(re.findall(r'\[ALD_EXCHANGE_AT_\w+\] = \{"(\w+)"', wire))
        self.assertGreater(len(members), 30)
        self.assertEqual(by_kind["PARAM"], members)
        types = re.search(r"define ALD_EXCHANGE_TYPES\(X\)(.*?)\n\n", wire, re.S).group(1)
        hub = (ROOT / "src/hub/self.c").read_text()
        own = set(re.findall(r'ald_str_equal\(msg->name, ALD_STR\("(aldis:\w+)"\)', hub))
        self.assertEqual(own, {"aldis:Outcome", "aldis:Cancel"})
        self.assertEqual(by_kind["NAME"], set(re.findall(r"X\((\w+)\)", types)) | own)
        for header in by_kind["HEADER"] | by_kind["PATH"]:
            self.assertIn(f'"{header}"', wire)
        codes = {name: int(code) for name, code in
                 re.findall(r"ALD_WS_CLOSE_(\w+) = (\d+)", (ROOT / "src/wire/ws/ws_frame.h").read_text())
                 if name not in ("NONE", "ABNORMAL")}
        ours = {name: int(code) for name, code in re.findall(r"ALDIS_CLOSE_(\w+) = (\d+)", text_of("names.h"))}
        self.assertEqual(ours, codes)


class Outcomes(ProgramCase):
    """A hub that is away, restarts, says goodbye or is killed is seen by every caller as a named outcome, in time."""

    def outcome(self, caller, n=1, patience=PATIENCE):
        """(outcome, cause, payload, milliseconds)"""
        words = caller.wait("outcome", n, patience).split(" ")
        return words[1], words[2], words[3], int(words[4])

    def held(self, hub, deadline=8000):
        """A command that an agent holds; agent and caller."""
        url = f"unix:{hub.unix}"
        agent = self.ready("lamp", url)
        caller = self.ready("-", url)
        caller.say(f"call hold lamp {deadline} 1")
        agent.wait("job hold")
        return agent, caller

    def test_no_hub_at_all(self):
        caller = self.probe("-", "unix:/nowhere/at/all")
        caller.say("call echo lamp 300 1")
        outcome, cause, _, msec = self.outcome(caller)
        self.assertEqual((outcome, cause), ("expired", "deadline"))
        self.assertTrue(300 <= msec <= 1300, msec)
        caller.say("event dawn lamp 1")
        caller.wait("sent 1")
        self.finish(caller)

    def test_a_hub_that_comes_late(self):
        hub = Hub()
        self.addCleanup(hub.__exit__, None, None, None)
        caller = self.probe("-", f"unix:{hub.unix}")
        agent = self.probe("lamp", f"unix:{hub.unix}")
        caller.wait("state waiting")
        agent.wait("state waiting")
        hub.start()
        agent.wait("state ready")
        caller.say("call echo lamp 8000 [1]")
        self.assertEqual(self.outcome(caller)[:3], ("succeeded", "-", "[1]"))
        self.finish(agent, caller)

    def restart(self, hub, clean=True):
        """The same hub again, at the same place."""
        again = Hub(clean=clean)
        shutil.rmtree(again.folder)
        again.folder, again.unix, again.settings = hub.folder, hub.unix, hub.settings
        self.addCleanup(again.__exit__, None, None, None)
        return again.start()

    def test_a_hub_that_is_killed_and_comes_back(self):
        hub = self.hub(clean=False)
        agent, caller = self.held(hub)
        hub.kill()
        again = self.restart(hub)
        outcome, cause, _, msec = self.outcome(caller)
        self.assertEqual((outcome, cause), ("lost", "hub_lost"))
        self.assertLess(msec, 8000)
        agent.say("answer 7")  # to nobody
        agent.wait("state ready", 2)
        caller.say("call echo lamp 8000 [2]")
        self.assertEqual(self.outcome(caller, 2)[:3], ("succeeded", "-", "[2]"))
        self.finish(agent, caller)
        self.assertEqual(again.stop(), 0)

    def test_a_hub_that_is_killed_for_good(self):
        hub = self.hub(clean=False)
        agent, caller = self.held(hub, deadline=1500)
        hub.kill()
        outcome, cause, _, msec = self.outcome(caller)
        self.assertEqual((outcome, cause), ("lost", "hub_lost"))
        self.assertTrue(1500 <= msec <= 2500, msec)
        agent.say("answer 7")
        self.finish(agent, caller)

    def test_a_hub_that_hangs(self):
        hub = self.hub()
        caller = self.ready("-", f"unix:{hub.unix}")
        hub.send_signal(signal.SIGSTOP)
        self.addCleanup(hub.send_signal, signal.SIGCONT)
        caller.say("call echo lamp 700 1")
        outcome, cause, _, msec = self.outcome(caller)
        self.assertEqual((outcome, cause), ("expired", "deadline"))
        self.assertTrue(700 <= msec <= 1700, msec)
        hub.send_signal(signal.SIGCONT)
        caller.say("call echo nobody 8000 1")
        self.assertEqual(self.outcome(caller, 2)[:2], ("refused", "no_target"))
        self.finish(caller)

    def test_a_hub_that_is_killed_again_and_again(self):
        """Each command has one outcome, whatever it is doing when the hub dies."""
        hub = self.hub(clean=False)
        url = f"unix:{hub.unix}"
        agent, caller = self.ready("lamp", url), self.ready("-", url)
        for n in range(300):
            caller.say(f"call {'hold' if n % 50 == 49 else 'echo'} lamp 4000 {n}")
            if n % 100 == 60:
                caller.wait("outcome", n // 2)
                hub.kill()
                hub = self.restart(hub, clean=False)
                agent.wait("state ready", n // 100 + 2)  # else all that follows is refused at once
        caller.wait("outcome", 300)
        caller.say("quit")
        caller.wait("freed")
        outcomes = [line.split(" ")[1:5] for line in caller.lines if line.startswith("outcome")]
        self.assertEqual(len(outcomes), 300)
        self.assertLessEqual(max(int(words[3]) for words in outcomes), 5000)
        self.assertGreater(sum(words[0] == "succeeded" for words in outcomes), 100)
        self.assertEqual({words[0] for words in outcomes} - {"succeeded", "lost", "expired", "refused"}, set())
        self.assertEqual({words[1] for words in outcomes if words[0] == "refused"} - {"no_target"}, set())
        agent.process.kill()
        agent.end()
        self.finish(caller)

    def test_a_hub_that_says_goodbye(self):
        hub = self.hub("hub.drain_timeout=300ms")
        agent, caller = self.held(hub)
        self.assertEqual(hub.stop(), 0)
        outcome, cause, _, _ = self.outcome(caller)
        self.assertEqual(outcome, "lost")
        self.assertIn(cause, ("hub_stopped", "link_ended"))
        agent.say("answer 7")
        self.finish(agent, caller)

    def test_a_hub_that_waits_for_what_runs(self):
        hub = self.hub("hub.drain_timeout=10s")
        agent, caller = self.held(hub)
        hub.send_signal(signal.SIGTERM)
        agent.wait("state ")
        agent.say("answer [7]")
        self.assertEqual(self.outcome(caller)[:3], ("succeeded", "-", "[7]"))
        self.finish(agent, caller)
        self.assertEqual(hub.wait(), 0)

    def test_the_next_hub_of_the_list(self):
        first, second = self.hub(clean=False), self.hub()
        urls = [f"unix:{first.unix}", f"unix:{second.unix}"]
        caller = self.ready("-", *urls)
        agent = self.ready("lamp", urls[1])
        first.kill()
        self.assertIn(second.unix, caller.wait("state ready", 2))
        caller.say("call echo lamp 8000 3")
        self.assertEqual(self.outcome(caller)[:3], ("succeeded", "-", "3"))
        self.finish(agent, caller)

    def test_an_agent_that_is_killed(self):
        hub = self.hub()
        agent, caller = self.held(hub)
        agent.process.kill()
        self.assertEqual(self.outcome(caller)[:2], ("lost", "link_ended"))
        self.assertEqual(agent.end(), -signal.SIGKILL)
        self.finish(caller)

    def through_a_proxy(self):
        """An agent that holds a command, a caller whose connection can be cut, and what cuts it."""
        hub = self.hub()
        path = os.path.join(hub.folder, "proxy")
        proxy = Proxy(path, hub.unix)
        self.addCleanup(proxy.close)
        agent = self.ready("lamp", f"unix:{hub.unix}")
        caller = self.ready("-", f"unix:{path}")
        caller.say("call hold lamp 15000 1")
        agent.wait("job hold")
        return agent, caller, proxy

    def test_a_connection_that_is_cut_is_asked_for(self):
        agent, caller, proxy = self.through_a_proxy()
        proxy.cut()
        caller.wait("state ready", 2)
        agent.say("answer [9]")
        self.assertEqual(self.outcome(caller)[:3], ("succeeded", "-", "[9]"))
        self.finish(agent, caller)

    def test_a_connection_that_is_cut_is_cancelled_by_its_id(self):
        agent, caller, proxy = self.through_a_proxy()
        proxy.cut()
        caller.wait("state ready", 2)
        caller.say("cancel")
        agent.wait("cancelled hold")
        agent.say("stop")
        self.assertEqual(self.outcome(caller)[:2], ("cancelled", "taken_back"))
        self.finish(agent, caller)

    def test_an_agent_that_leaves_in_order(self):
        hub = self.hub()
        agent, caller = self.held(hub)
        agent.say("drain")
        agent.say("answer [3]")
        self.assertEqual(self.outcome(caller)[:3], ("succeeded", "-", "[3]"))
        agent.wait("state closed")
        self.finish(agent, caller)

    def test_a_client_that_is_freed_tells_what_it_waited_for(self):
        hub = self.hub()
        agent, caller = self.held(hub)
        caller.say("quit")
        self.assertEqual(self.outcome(caller)[:1], ("lost",))
        caller.wait("freed")
        agent.say("answer 1")
        self.finish(caller, agent)


class Events(ProgramCase):
    """An event's job is a job: it stands until it is answered, from whatever thread, and outlives its client."""

    def held(self):
        hub = self.hub()
        agent, caller = (self.ready(name, f"unix:{hub.unix}") for name in ("lamp", "-"))
        caller.say("event hold lamp [1]")
        agent.wait("job hold")
        caller.say("call echo lamp 8000 2")  # the handler of the event has returned by then
        self.assertEqual(caller.wait("outcome").split(" ")[1:4], ["succeeded", "-", "2"])
        return agent, caller

    def test_one_that_is_answered_later_from_another_thread(self):
        agent, caller = self.held()
        agent.say("answer [7]")
        caller.say("call echo lamp 8000 3")
        self.assertEqual(caller.wait("outcome", 2).split(" ")[1:4], ["succeeded", "-", "3"])
        self.finish(agent, caller)
        self.assertEqual([], [line for line in agent.lines if line.startswith("kept")])

    def test_one_that_outlives_its_client(self):
        agent, caller = self.held()
        self.finish(agent, caller)
        self.assertEqual(agent.lines[-2:], ["kept hold", "freed"])


class Tls(ProgramCase):
    """wss://, with a certificate that the hub asks for."""

    def certificates(self):
        folder = tempfile.mkdtemp(prefix="aldis-test-")
        self.addCleanup(shutil.rmtree, folder)
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        must("openssl", "req", "-x509", *curve, "-days", "2", "-subj", "/CN=authority", "-keyout", "ca.key",
             "-out", "ca.pem", cwd=folder)
        with open(os.path.join(folder, "names"), "w", encoding="utf-8") as file:
            file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        for name in ("hub", "lamp"):
            must("openssl", "req", *curve, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                 cwd=folder)
            must("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                 "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", f"{name}.pem", cwd=folder)
        return {path.name: str(path) for path in pathlib.Path(folder).iterdir()}

    def test_a_certificate_is_shown(self):
        files = self.certificates()
        hub = self.hub(f"http.tls_cert={files['hub.pem']}", f"http.tls_key={files['hub.key']}",
                       f"http.tls_client_ca={files['ca.pem']}")
        url = f"wss://localhost:{hub.port}"
        shown = {"PROBE_CA": files["ca.pem"], "PROBE_CERT": files["lamp.pem"], "PROBE_KEY": files["lamp.key"]}
        agent = self.ready("lamp", url, env=shown)
        caller = self.ready("-", url, env=shown)
        caller.say("call echo lamp 8000 5")
        self.assertEqual(caller.wait("outcome").split(" ")[1:4], ["succeeded", "-", "5"])
        for wrong in ({"PROBE_CA": files["ca.pem"]}, {}):
            stranger = self.probe("-", url, env=wrong)
            stranger.wait("state waiting", 2)
            self.assertEqual([], [line for line in stranger.lines if "ready" in line])
            self.finish(stranger)
        self.finish(agent, caller)


class Tokens(ProgramCase):
    def test_a_token_is_shown(self):
        folder = tempfile.mkdtemp(prefix="aldis-test-")
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "tokens")
        secret = "sesame" * 8
        digest = must("sh", "-c", f"printf %s {secret} | sha256sum").split()[0]
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"[token deck]\nhash = sha256:{digest}\nregister = lamp\ncommand = *:*\n")
        hub = self.hub(f"auth.tokens={path}")
        url = f"ws://{hub.door('http')}"
        agent = self.ready("lamp", url, env={"ALDIS_TOKEN": secret})
        caller = self.ready("-", url, env={"ALDIS_TOKEN": secret})
        caller.say("call echo lamp 8000 5")
        self.assertEqual(caller.wait("outcome").split(" ")[1:4], ["succeeded", "-", "5"])
        stranger = self.probe("-", url, env={"ALDIS_TOKEN": "wrong" * 8})
        self.assertIn("401", stranger.wait("state waiting"))
        self.finish(agent, caller, stranger)


class ExampleCase(ProgramCase):
    """What each example must do, wherever it was built."""

    folder = BINARIES
    prefix = "example_"

    def example(self, name, *words, **options):
        return self.program(os.path.join(self.folder, self.prefix + name), *words, **options)

    def check(self):
        hub = self.hub()
        url = f"unix:{hub.unix}"
        agent = self.example("agent", url)
        agent.wait("ready")
        caller = self.example("caller", url)
        self.assertEqual((caller.end(), caller.errors), (0, []))
        self.assertEqual(caller.lines[0], 'succeeded {"blinked":true}')
        self.assertEqual(sum("succeeded" in line for line in caller.lines), 4)
        self.assertGreaterEqual(sum("running" in line for line in caller.lines), 1)
        loop = self.example("foreign_loop", url)
        for line in ("blink", 'blink {"times":3}', "dance", "blink oops"):
            loop.say(line)
        self.assertEqual((loop.end(), loop.errors), (0, []))
        self.assertEqual(sorted(loop.lines), ["not sent: invalid argument", "refused this lamp can only blink",
                                              'succeeded {"blinked":true}', 'succeeded {"blinked":true}'])
        self.assertEqual((agent.end(signal.SIGTERM), agent.errors), (0, []))
        self.assertIn('blink {"times":2}', agent.lines)
        self.assertTrue(agent.lines[-1].startswith("closed"), agent.lines)
        self.check_embedded()

    def check_embedded(self):
        embedded = self.example("embedded", "127.0.0.1:0")
        address = embedded.wait("door").split(" ")[1]
        self.assertEqual(embedded.lines[:2], ['succeeded "ahoy"', 'succeeded "ahoy"'])
        call = run(binary("aldis"), "-H", f"ws://{address}", "call", "desk", "greet", "[1]")
        self.assertEqual((call.returncode, call.stdout), (0, "[1]\n"))
        self.assertEqual((embedded.end(signal.SIGTERM), embedded.errors), (0, []))
        alone = self.example("embedded")
        self.assertEqual((alone.end(), alone.lines), (0, ['succeeded "ahoy"', 'succeeded "ahoy"']))


class Examples(ExampleCase):
    """Each example, as it was built with the tree."""

    def test_they_do_what_they_say(self):
        self.check()

    def test_they_are_short(self):
        for path in (ROOT / "examples").glob("*.c"):
            self.assertLess(len(path.read_text().splitlines()), 80, path.name)

    def test_a_caller_without_a_hub_is_told_so_in_time(self):
        begun = time.monotonic()
        caller = self.example("caller", "unix:/nowhere/at/all")
        self.assertEqual(caller.end(), 0)
        self.assertEqual(caller.lines[0], "expired the deadline came first")
        self.assertLess(time.monotonic() - begun, 15)


class Prefix:
    """A folder in which everything is installed."""

    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.mkdtemp(prefix="aldis-install-")
        cls.root = os.path.join(cls.place, "usr")
        must("cmake", "--install", BUILD, "--prefix", cls.root)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.place)

    def libdir(self):
        return str(next(pathlib.Path(self.root).rglob("libaldis.so")).parent)


class Installed(Prefix, ExampleCase):
    """The examples against what is installed, found by pkg-config and by CMake."""

    def use(self, folder):
        self.folder, self.prefix = folder, ""
        os.makedirs(folder, exist_ok=True)

    def test_what_is_installed(self):
        found = {str(path.relative_to(self.root)) for path in pathlib.Path(self.root).rglob("*") if not path.is_dir()}
        self.assertIn("bin/aldisd", found)
        self.assertIn("bin/aldis", found)
        self.assertLessEqual({"share/man/man1/aldis.1", "share/man/man5/aldis.conf.5", "share/man/man8/aldisd.8",
                              "share/bash-completion/completions/aldis", "share/zsh/site-functions/_aldis"}, found)
        headers = {name for name in found if name.startswith("include/")}
        self.assertEqual(headers, {f"include/aldis/{path.name}" for path in HEADERS.glob("*.h")})
        # Nothing of the inside, and nothing that says where it was built.
        self.assertEqual([], [name for name in found if "ald_" in name or "internal" in name])
        for name in found:
            if name.endswith((".pc", ".cmake", ".h")):
                self.assertNotIn(str(ROOT), (pathlib.Path(self.root) / name).read_text(), name)

    def pkg_config(self, package, *words):
        env = {**os.environ, "PKG_CONFIG_PATH": f"{self.libdir()}/pkgconfig"}
        return must("pkg-config", *words, package, env=env).split()

    def test_by_pkg_config(self):
        self.use(os.path.join(self.place, "pkg-config"))
        for name, package in PACKAGES.items():
            flags = self.pkg_config(package, "--cflags", "--libs")
            must(CC, "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", *SANITIZE, ROOT / "examples" / f"{name}.c", *flags,
                 f"-Wl,-rpath,{self.libdir()}", "-o", os.path.join(self.folder, name))
        self.check()

    def test_statically(self):
        self.use(os.path.join(self.place, "static"))
        for name, package in PACKAGES.items():
            flags = self.pkg_config(package, "--static", "--cflags", "--libs")
            archive = os.path.join(self.libdir(), f"lib{package}.a")
            flags = [archive if flag == f"-l{package}" else flag for flag in flags]
            out = os.path.join(self.folder, name)
            must(CC, "-D_GNU_SOURCE", *SANITIZE, ROOT / "examples" / f"{name}.c", *flags, "-o", out)
            self.assertNotIn("libaldis", must("readelf", "-d", out))
        self.check()

    def test_by_cmake(self):
        source = os.path.join(self.place, "cmake-source")
        self.use(os.path.join(self.place, "cmake"))
        os.makedirs(source)
        flags = " ".join(SANITIZE)
        with open(os.path.join(source, "CMakeLists.txt"), "w", encoding="utf-8") as file:
            file.write("cmake_minimum_required(VERSION 3.25)\nproject(user LANGUAGES C)\n"
                       "find_package(aldis 0.1 REQUIRED)\nadd_compile_definitions(_GNU_SOURCE)\n"
                       f"add_compile_options({flags})\nadd_link_options({flags})\n")
            targets = {"agent": "aldis", "caller": "aldis", "foreign_loop": "aldis_static", "embedded": "hub"}
            for name, target in targets.items():
                file.write(f"add_executable({name} {ROOT}/examples/{name}.c)\n"
                           f"target_link_libraries({name} PRIVATE aldis::{target})\n")
        must("cmake", "-GNinja", "-S", source, "-B", self.folder, f"-DCMAKE_PREFIX_PATH={self.root}",
             f"-DCMAKE_C_COMPILER={CC}")
        must("cmake", "--build", self.folder)
        self.check()


class Tour(Prefix, unittest.TestCase):
    """docs/library.md, from top to bottom, on a machine where the libraries are installed."""

    def tools(self, session):
        """cc as the page has it, for libraries in an odd place that may be built with sanitizers."""
        flags = " ".join((*SANITIZE, "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", f"-Wl,-rpath,{self.libdir()}"))
        path = os.path.join(session.folder, "bin", "cc")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec {CC} "$@" {flags}\n')
        os.chmod(path, 0o755)
        session.env["PKG_CONFIG_PATH"] = f"{self.libdir()}/pkgconfig"

    def test_it_is_true(self):
        page = (ROOT / "docs/library.md").read_text(encoding="utf-8")
        with Session() as session:
            self.tools(session)
            self.assertGreater(session.run(page), 15)

    def test_every_block_is_run(self):
        page = (ROOT / "docs/library.md").read_text(encoding="utf-8")
        known = {"sh", "c", "js", "python", "output", "text"}
        self.assertEqual({block.tag for block in split(page)[1]} - known, set())


if __name__ == "__main__":
    unittest.main()
