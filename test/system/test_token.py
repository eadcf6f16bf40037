"""`aldis token`: tokens that hosts and users of links show, signed and looked at without a hub."""

import base64
import hmac
import json
import os
import tempfile
import time
import unittest

from cli_rig import CliCase, aldis
from harness import Hub

SECRET = "TestSecretDoNotUse"
KEY = bytes.fromhex("4deb2d49e72b7ad0e8368b54b1")


def digits(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(payload, header=None, key=KEY, digest="sha256"):
    head = digits(json.dumps(header or {"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode())
    text = head + "." + digits(json.dumps(payload, separators=(",", ":")).encode())
    return text + "." + digits(hmac.new(key, text.encode(), digest).digest())


def payload_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Tokens(CliCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.secret = os.path.join(folder.name, "secret")
        with open(self.secret, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(SECRET + "\n")

    def token(self, *words, stdin=b""):
        return aldis("token", *words, "--secret", self.secret, stdin=stdin)

    def test_a_host_gets_the_token_that_existing_hubs_make(self):
        before = int(time.time())
        made = self.assert_ends(self.token("create", "host", "4"), 0, err=r"\A\Z").out.strip()
        payload = payload_of(made)
        self.assertEqual(list(payload), ["aud", "host", "iat"])
        self.assertEqual((payload["aud"], payload["host"]), ("host", 4))
        self.assertTrue(before <= payload["iat"] <= time.time())
        self.assertEqual(made, sign(payload))

    def test_a_user_is_told_in_lower_case(self):
        made = self.assert_ends(self.token("create", "user", "Julia"), 0, err=r"\A\Z").out.strip()
        payload = payload_of(made)
        self.assertEqual((list(payload), payload["user"]), (["aud", "user", "iat"], "julia"))
        self.assertEqual(made, sign(payload))

    def test_a_token_may_expire(self):
        whole = self.token("create", "user", "julia", "--expires", "12h", "--json").json()
        self.assertEqual(list(whole), ["token", "aud", "user", "iat", "exp"])
        self.assertEqual(whole["exp"], whole["iat"] + 12 * 3600)
        self.assertEqual(payload_of(whole["token"])["exp"], whole["exp"])

    def test_what_a_token_says_is_told(self):
        made = sign({"aud": "host", "host": 4, "iat": 1700000000})
        run = self.assert_ends(self.token("inspect", made), 0, err=r"\A\Z")
        self.assertEqual(run.out, "for        host 4\nissued     2023-11-14T22:13:20Z\nexpires    never\n"
                                  "algorithm  HS256\nverdict    good\n")
        run = self.assert_ends(self.token("inspect", "-", stdin=made.encode() + b"\n"), 0, err=r"\A\Z")
        self.assertIn("verdict    good\n", run.out)
        whole = self.token("inspect", made, "--json").json()
        self.assertEqual(whole, {"header": {"alg": "HS256", "typ": "JWT"}, "checked": True, "good": True,
                                 "payload": {"aud": "host", "host": 4, "iat": 1700000000}})
        long = sign({"aud": ["user"], "user": "a\x1b[31m"}, {"alg": "HS512"}, digest="sha512")
        run = self.assert_ends(self.token("inspect", long), 0)
        self.assertIn("algorithm  HS512\n", run.out)
        self.assertNotIn("\x1b", run.out)

    def test_what_is_wrong_with_a_token_is_told(self):
        good = {"aud": "host", "host": 4, "iat": 1700000000}
        for token, fault in ((sign(good, key=b"another secret"), "invalid signature"),
                             (sign(good, {"alg": "none"}).rsplit(".", 1)[0] + ".", "jwt signature is required"),
                             (sign(good, {"alg": "RS256"}), "invalid algorithm"),
                             (sign({**good, "exp": 1700000001}), "jwt expired"),
                             (sign({**good, "nbf": 1 << 40}), "jwt not active")):
            run = self.assert_ends(self.token("inspect", token), 1, err=r"\A\Z")
            self.assertIn(f"verdict    {fault}\n", run.out)
            whole = self.token("inspect", token, "--json").json()
            self.assertEqual((whole["good"], whole["why"]), (False, fault))
        for token, fault in (("", "jwt must be provided"), ("x", "jwt malformed"), ("a.b.c", "invalid token"),
                             ("a" * 9000, "jwt malformed")):
            self.assert_ends(self.token("inspect", token), 1, "", fault)

    def test_without_a_secret_nothing_is_made_and_nothing_called_good(self):
        none = os.path.join(self.folder, "none")
        for words in (("create", "host", "4"), ("inspect", sign({"aud": "host"}))):
            self.assert_ends(aldis("token", *words, "--secret", none), 1, "", "none: No such file or directory")
        self.assertFalse(os.path.exists(none))
        os.chmod(self.secret, 0o644)
        self.assert_ends(self.token("create", "host", "4"), 1, "", "everybody on this machine may read")

    def test_wrong_usage(self):
        for words, part in (((), "create or inspect"), (("make",), "create or inspect"), (("create", "host"), "it is written"),
                            (("create", "slave", "4"), "for a host or a user"), (("create", "host", "lamp"), "a number"),
                            (("create", "host", "-1"), "a number"), (("create", "host", str(1 << 53)), "a number"),
                            (("create", "user", ""), "at most 255"), (("create", "user", "x" * 256), "at most 255"),
                            (("create", "user", "HOST-4"), "the name of a host"), (("inspect", "a", "b"), "it is written"),
                            (("inspect", "a", "--expires", "1h"), "when it is made"),
                            (("create", "host", "4", "--expires", "soon"), "how long"),
                            (("create", "host", "4", "--expires", "5ms"), "how long"),
                            (("create", "host", "4", "5"), "one argument too many")):
            self.assert_ends(aldis("token", *words), 2, "", part)

    def test_the_hub_makes_the_secret_once(self):
        path = os.path.join(self.folder, "made")
        texts = set()
        for _ in range(2):
            with Hub(f"link.secret={path}"):
                with open(path, encoding="utf-8") as file:
                    texts.add(file.read())
        self.assertEqual(len(texts), 1)
        self.assertEqual(len(base64.b64decode(texts.pop())), 256)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(sorted(os.listdir(self.folder)), ["made", "secret"])
        self.assert_ends(aldis("token", "create", "host", "4", "--secret", path), 0, err=r"\A\Z")


if __name__ == "__main__":
    unittest.main()
