"""Who somebody is by a TLS client certificate, and what the command line has to do with tokens."""

import asyncio
import hashlib
import http.client
import json
import os
import ssl
import subprocess
import unittest

from auth_case import AuthCase
from foreign import Certificates
from harness import PATIENCE, Connector, binary, wait_until


class Subjects(AuthCase):
    """TLS client certificates."""

    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates()
        cls.addClassCleanup(cls.certificates.close)
        cls.certificates.leaf("lamp-8", "ca", "extendedKeyUsage=clientAuth")
        cls.certificates.leaf("forged", "other", "extendedKeyUsage=clientAuth")

    def tls(self):
        path = self.certificates.path
        return (f"http.tls_cert={path('server.pem')}", f"http.tls_key={path('server.key')}",
                f"http.tls_client_ca={path('ca.pem')}")

    def fetch(self, hub, client=None, who=None, path="/api/v1/whoami"):
        connection = http.client.HTTPSConnection("localhost", hub.port, timeout=PATIENCE,
                                                 context=self.certificates.trust(client=client))
        connection.request("GET", path, headers=self.tokens.bearer(who) if who else {})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    def test_a_certificate_or_a_token(self):
        self.tokens.section('subject "CN=lamp-8"', serve="lamp", manage="read")
        hub = self.start(*self.tls())
        status, body = self.fetch(hub, "lamp-8")
        self.assertEqual((status, json.loads(body)["principal"]), (200, "CN=lamp-8"))
        self.assertEqual(self.fetch(hub, "client")[0], 401)  # signed, and nobody's
        self.assertEqual(self.fetch(hub)[0], 401)
        status, body = self.fetch(hub, None, "clerk")
        self.assertEqual((status, json.loads(body)["principal"]), (200, "clerk"))
        status, body = self.fetch(hub, "lamp-8", "clerk")
        self.assertEqual((status, json.loads(body)["principal"]), (200, "clerk"))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.fetch(hub, "forged")

    def test_the_subject_is_the_principal_of_the_channel(self):
        self.tokens.section("subject CN=lamp-8", serve="lamp")
        hub = self.start(*self.tls())

        async def serve():
            async with Connector(f"wss://localhost:{hub.port}/exchange/controller",
                                 ssl=self.certificates.trust(client="lamp-8")) as agent:
                self.assertEqual(agent.target, "lamp")
                channels = json.loads(self.fetch(hub, None, "clerk", "/api/v1/channels")[1])["channels"]
                self.assertEqual([channel["principal"] for channel in channels], ["CN=lamp-8"])
                self.tokens.remove("subject CN=lamp-8")
                await asyncio.to_thread(self.reload, hub)
                await asyncio.wait_for(agent.ws.wait_closed(), PATIENCE)
                self.assertEqual(agent.ws.close_code, 1008)
        self.run_async(serve())

    def test_without_tokens_a_certificate_is_demanded_and_names_the_party(self):
        hub = self.hub(*self.tls())
        with self.assertRaises((ssl.SSLError, ConnectionError, http.client.BadStatusLine)):
            self.fetch(hub)

        async def serve():
            async with Connector(f"wss://localhost:{hub.port}/exchange/controller", target="lamp",
                                 ssl=self.certificates.trust(client="lamp-8")):
                self.assertEqual([channel["principal"] for channel in hub.channels("lamp")], ["CN=lamp-8"])
        self.run_async(serve())

    def test_the_command_line_shows_a_certificate(self):
        self.tokens.section("subject CN=lamp-8", manage="read")
        hub = self.start(*self.tls())
        path = self.certificates.path
        words = [binary("aldis"), "-H", f"wss://localhost:{hub.port}", "--ca", path("ca.pem")]
        run = subprocess.run([*words, "--cert", path("lamp-8.pem"), "--key", path("lamp-8.key"), "auth", "whoami"],
                             capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(run.returncode, 0, run)
        self.assertIn("principal  CN=lamp-8\n", run.stdout)


class CommandLine(AuthCase):
    """`aldis auth`, and the other verbs with a token."""

    def test_a_token_is_made_and_works(self):
        file = os.path.join(self.folder, "made.tokens")
        run = self.cli("auth", "token", "lamp-7", "--register", "lamp", "--command", "press:*", "--file", file)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        token = run.stdout.strip()
        self.assertRegex(token, r"^aldis_[A-Za-z0-9_-]{43}$")
        with open(file, encoding="utf-8") as opened:
            text = opened.read()
        self.assertNotIn(token, text)
        self.assertEqual(text, f"[token lamp-7]\nhash = sha256:{hashlib.sha256(token.encode()).hexdigest()}\n"
                               "register = lamp\ncommand = press:*\n")
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        hub = self.hub(f"auth.tokens={file}")
        who = hub.get("/api/v1/whoami", headers={"Authorization": f"Bearer {token}"}, over_unix=False)
        self.assertEqual(who, {"principal": "lamp-7", "register": ["lamp"], "command": ["press:*"], "permission": [],
                               "subscribe": [], "manage": "none"})
        # A running hub finds what is added.
        more = self.cli("auth", "token", "clerk", "--manage", "read", "--file", file)
        wait_until(lambda: hub.request("GET", "/api/v1/hub", over_unix=False,
                                       headers={"Authorization": f"Bearer {more.stdout.strip()}"}).status == 200,
                   "the hub knows the new token")

    def test_a_section_that_would_be_wrong_is_not_written(self):
        file = os.path.join(self.folder, "made.tokens")
        self.assertEqual(self.cli("auth", "token", "a", "--file", file).returncode, 0)
        with open(file, encoding="utf-8") as opened:
            before = opened.read()
        for words, part in ((("a",), "stands in line 1 already"), (("b", "--register", "la*mp"), "register"),
                            (("b", "--command", "lamp"), "TARGET:NAME"), (("b", "--manage", "all"), "manage"),
                            (("b\n[user 0]",), "one line"), (("b", "--register", "x\nmanage = write"), "one line")):
            run = self.cli("auth", "token", *words, "--file", file)
            self.assertNotEqual(run.returncode, 0, words)
            self.assertIn(part, run.stderr)
            self.assertEqual(run.stdout, "")
        with open(file, encoding="utf-8") as opened:
            self.assertEqual(opened.read(), before)

    def test_the_section_goes_to_standard_error_without_a_file(self):
        run = self.cli("auth", "token", "lamp-7", "--register", "lamp")
        self.tokens.write(run.stderr)
        hub = self.hub(f"auth.tokens={self.tokens.path}")
        headers = {"Authorization": f"Bearer {run.stdout.strip()}"}
        self.assertEqual(hub.get("/api/v1/whoami", headers=headers, over_unix=False)["principal"], "lamp-7")
        whole = json.loads(self.cli("auth", "token", "x", "--json").stdout)
        self.assertEqual(whole["hash"], "sha256:" + hashlib.sha256(whole["token"].encode()).hexdigest())
        self.assertIn(whole["hash"], whole["section"])

    def test_why_says_the_same_with_a_file_and_with_a_hub(self):
        self.tokens.token("lamp-7", serve="lamp", command="press:start")
        hub = self.start()
        path = os.path.join(self.folder, "clerk.token")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.tokens.secrets["clerk"] + "\n")
        for words, allowed in ((("lamp-7", "press", "start"), True), (("lamp-7", "press", "stop"), False),
                               (("lamp-7", "lamp"), True), (("lamp-7", "press"), False), (("nobody", "lamp", "x"), False),
                               (("lamp-7", "", "aldis:Outcome"), True),
                               (("lamp-7", ".", "start"), False), (("clerk", ".", "start"), True), (("clerk", "a%3Ab", "x y"), True)):
            by_file = self.cli("auth", "why", *words, "--file", self.tokens.path)
            by_hub = self.cli("auth", "why", *words, "--token-file", path, hub=hub)
            self.assertEqual((by_file.returncode, by_hub.returncode), (0 if allowed else 1,) * 2, (words, by_hub))
            self.assertEqual(by_file.stdout, by_hub.stdout)
            self.assertEqual(json.loads(self.cli("auth", "why", *words, "--file", self.tokens.path, "--json").stdout)["allowed"],
                             allowed)
        line = self.tokens.text().splitlines().index("command = press:start") + 1
        self.assertIn(f"{self.tokens.path}:{line}: command = press:start",
                      self.cli("auth", "why", "lamp-7", "press", "stop", "--file", self.tokens.path).stdout)

    def test_verbs_show_a_token(self):
        self.tokens.token("lamp-7", serve="lamp").token("caller", command="lamp:signal")
        hub = self.start()
        url = f"ws://{hub.door('http')}"
        agent = subprocess.Popen([binary("aldis"), "agent", "-H", url, "--target", "whatever", "--echo"],
                                 env={**os.environ, "ALDIS_TOKEN": self.tokens.secrets["lamp-7"]},
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.terminate)
        wait_until(lambda: self.get(hub, "/api/v1/channels?target=lamp")["channels"], "the agent serves what it was given")
        env = {"ALDIS_TOKEN": self.tokens.secrets["caller"]}
        run = self.cli("call", "lamp", "signal", '{"a":1}', env=env, hub=hub)
        self.assertEqual((run.returncode, run.stdout), (0, '{"a":1}\n'), run)
        run = self.cli("call", "lamp", "burn", env=env, hub=hub)
        self.assertEqual(run.returncode, 11, run)
        self.assertIn("not_allowed", run.stderr)
        for name in ("signal", "burn"):
            self.cli("send", "lamp", name, env=env, hub=hub)
        wait_until(lambda: self.get(hub, "/api/v1/hub")["counters"]["events_denied"] == 1, "the event is denied")
        run = self.cli("targets", env=env, hub=hub)
        self.assertEqual(run.returncode, 1, run)
        run = self.cli("call", "lamp", "signal", "--deadline", "2s", hub=hub)
        self.assertEqual(run.returncode, 3, run)
        self.assertRegex(run.stderr, r"401: The server does not know who asks.*\n  prove who you are: with a token")


if __name__ == "__main__":
    unittest.main()
