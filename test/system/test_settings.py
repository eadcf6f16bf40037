"""Settings: what is wrong is said in one line that names file, line and key, before anything opens (exit status 1)."""

import os
import socket
import subprocess
import tempfile
import unittest

from harness import PATIENCE, Hub, HubCase, binary


def aldisd(*words):
    """Run it to its end: status, standard output, standard error."""
    done = subprocess.run([binary("aldisd"), *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


class Settings(HubCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="aldis-test-")
        self.addCleanup(self.folder.cleanup)
        self.file = os.path.join(self.folder.name, "aldis.conf")

    def refused(self, text, line, *options, check=True):
        """`text` as a file is refused with exactly `line`, when it is run and when it is checked."""
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)
        expected = (1, "", line.replace("FILE", self.file) + "\n")
        self.assertEqual(aldisd("-c", self.file, *options), expected)
        if check:
            self.assertEqual(aldisd("-c", self.file, *options, "--check"), expected)

    def test_bad_values_name_file_line_and_key(self):
        address = 'is not host:port, like 127.0.0.1:8062, [::1]:8062 or *:8062, several separated by commas'
        self.refused("[http]\n\nlisten = nowhere\n", f'FILE:3: [http] listen: "nowhere" {address}')
        self.refused("[hub]\ndrain_timeout = soon\n",
                     'FILE:2: [hub] drain_timeout: "soon" is not a duration like 500ms, 5s, 2m or 1h')
        self.refused("[limits]\nmessage_max = 1 MB\n",
                     'FILE:2: [limits] message_max: "1 MB" is not a size like 4096, 64KiB, 16MiB or 1GiB')
        self.refused("[exchange]\nhealthcheck_failures = few\n",
                     'FILE:2: [exchange] healthcheck_failures: "few" is not a number')
        self.refused("[hub]\nid = my hub\n",
                     'FILE:2: [hub] id: "my hub" is not a name: letters, digits and _, no digit first')
        self.refused("[http]\ninsecure = perhaps\n", 'FILE:2: [http] insecure: "perhaps" is not yes or no')
        self.refused("[unix]\nmode = rw\n", 'FILE:2: [unix] mode: "rw" is not a mode like 0600')
        self.refused("[log]\nformat = xml\n", 'FILE:2: [log] format: "xml" is not one of text, json')
        self.refused("[hub]\nio_threads = 4\n", "FILE:2: [hub] io_threads: 4 is not possible; only 0 is")

    def test_unknown_keys_and_sections_say_what_there_is(self):
        self.refused("[unix]\nsocket = x\n", "FILE:2: [unix] socket: unknown key; the section has path, mode")
        self.refused("[lynx]\nsecret = x\n",
                     "FILE:2: [lynx] secret: unknown section; there are hub, http, unix, exchange, communicator, link, "
                     "auth, limits, log")

    def test_lines_that_are_no_settings(self):
        self.refused("[unix\n", "FILE:1: a section is written [name], with nothing behind the bracket")
        self.refused("path = /x\n", "FILE:1: a key stands before the first [section]")
        self.refused("[unix]\npath /x\n", "FILE:2: neither [section] nor key = value nor a comment")

    def test_options_name_themselves(self):
        self.assertEqual(
            aldisd("-s", "hub.drain_timeout=5"),
            (1, "", '-s hub.drain_timeout: "5" is not a duration like 500ms, 5s, 2m or 1h\n'))
        self.assertEqual(aldisd("-s", "nonsense"), (1, "", "-s nonsense: not SECTION.KEY=VALUE\n"))
        self.assertEqual(
            aldisd("-s", "hub.name=x"),
            (1, "", "-s hub.name: unknown key; the section has id, controller, primary_only, peers, peers_token, "
                    "peers_ca, peers_cert, peers_key, hops_max, drain_timeout, io_threads\n"))

    def test_a_listener_for_strangers_needs_proof_or_a_word(self):
        self.refused(
            "[http]\nlisten = 0.0.0.0:0\n",
            "FILE:2: [http] listen: 0.0.0.0 can be reached from other machines and nobody there has to prove who they "
            "are; set [auth] tokens, [http] tls_client_ca, or insecure = yes")
        hub = self.hub("http.insecure=yes", http="0.0.0.0:0")
        self.assertEqual(hub.door("http").rsplit(":", 1)[0], "0.0.0.0")

    def test_a_taken_port(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with open(self.file, "w", encoding="utf-8") as file:
                file.write(f"[http]\nlisten = 127.0.0.1:{port}\n[unix]\npath =\n")
            status, out, err = aldisd("-c", self.file)
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, rf"\A{self.file}:2: \[http\] listen: [^\n]*127\.0\.0\.1[^\n]*{port}[^\n]*in use\n\Z")

    def test_an_address_that_is_not_ours(self):
        status, out, err = aldisd("-s", "http.listen=192.0.2.1:0", "-s", "http.insecure=yes", "-s", "unix.path=")
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"\A-s http.listen: [^\n]*192\.0\.2\.1[^\n]*\n\Z")

    def test_a_socket_that_cannot_be(self):
        path = os.path.join(self.folder.name, "missing", "deeper", "aldis.sock")
        status, out, err = aldisd("-s", "http.listen=", "-s", f"unix.path={path}")
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, rf"\A-s unix.path: [^\n]*{path}[^\n]*\n\Z")
        occupied = os.path.join(self.folder.name, "file")
        with open(occupied, "w", encoding="utf-8") as file:
            file.write("precious")
        status, out, err = aldisd("-s", "http.listen=", "-s", f"unix.path={occupied}")
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, rf"\A-s unix.path: [^\n]*{occupied}[^\n]*\n\Z")
        with open(occupied, encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious")

    def test_certificates_that_cannot_be_read(self):
        missing = os.path.join(self.folder.name, "missing.pem")
        rubbish = os.path.join(self.folder.name, "rubbish.pem")
        with open(rubbish, "w", encoding="utf-8") as file:
            file.write("no certificate\n")
        self.refused(f"[http]\ntls_cert = {missing}\n",
                     f"FILE:2: [http] tls_cert: {missing} cannot be read: No such file or directory")
        self.refused("[http]\ntls_key = x\n", "FILE:2: [http] tls_key: needs [http] tls_cert beside it")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(f"[http]\ntls_cert = {rubbish}\n")
        for words in (["-c", self.file], ["-c", self.file, "--check"]):
            status, out, err = aldisd(*words)
            self.assertEqual((status, out), (1, ""))
            self.assertRegex(err, rf"\A{self.file}:2: \[http\] tls_cert: [^\n]*{rubbish}[^\n]*\n\Z")

    def test_a_file_that_cannot_be_read(self):
        self.assertEqual(aldisd("-c", "/nowhere.conf"), (1, "", "/nowhere.conf: No such file or directory\n"))

    def test_check_is_content_with_the_defaults(self):
        self.assertEqual(aldisd("--check"), (0, "", ""))

    def test_help_keys_are_a_configuration(self):
        status, text, err = aldisd("--help-keys")
        self.assertEqual((status, err), (0, ""))
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)
        self.assertEqual(aldisd("-c", self.file, "--check"), (0, "", ""))
        self.assertIn("[exchange]", text)

    def test_help_version_and_manual(self):
        status, text, _ = aldisd("--help")
        self.assertEqual(status, 0)
        self.assertIn("Example", text)
        status, text, _ = aldisd("--version")
        self.assertEqual(status, 0)
        self.assertRegex(text, r"\Aaldisd \d+\.\d+\.\d+\n\Z")
        status, text, _ = aldisd("--manual-keys")
        self.assertEqual(status, 0)
        self.assertIn(".SS \"[http]\"\n", text)

    def test_a_command_line_that_is_none(self):
        self.assertEqual(aldisd("--frobnicate"),
                         (2, "", "aldisd: --frobnicate: unknown option; see aldisd --help\n"))
        self.assertEqual(aldisd("start")[0], 2)

    def test_a_file_is_read(self):
        hub = Hub(config="[hub]\nid = filed\n[exchange]\nidentifier = cloud\n")
        with hub:
            self.assertEqual((hub.state()["id"], hub.state()["identifier"]), ("filed", "cloud"))


if __name__ == "__main__":
    unittest.main()
