"""Who is let in at /api/socket: the upgrade, the tokens of hosts and controls, and what becomes of them later."""

import asyncio
import base64
import hashlib
import hmac
import http.client
import json
import os
import tempfile
import time
import unittest

import websockets

from harness import PATIENCE, HubCase, wait_until_async

SECRET = "TestSecretDoNotUse"
KEY = bytes.fromhex("4deb2d49e72b7ad0e8368b54b1")


def digits(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(payload, header=None, key=KEY, digest="sha256"):
    head = digits(json.dumps(header or {"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode())
    text = head + "." + digits(json.dumps(payload, separators=(",", ":")).encode())
    return text + "." + digits(hmac.new(key, text.encode(), digest).digest())


def host_token(number, **more):
    return sign({"aud": "host", "host": number, "iat": int(time.time()), **more})


def user_token(name, **more):
    return sign({"aud": "user", "user": name, "iat": int(time.time()), **more})


class Closed(Exception):
    def __init__(self, code, reason):
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


class Peer:
    """A host or control, as far as the handshake goes. Use as an asynchronous context manager."""

    def __init__(self, hub, **options):
        self.url = f"ws://127.0.0.1:{hub.port}/api/socket"
        self.options = options
        self.socket = None

    async def __aenter__(self):
        self.socket = await websockets.connect(self.url, max_size=None, ping_interval=None, **self.options)
        hello = await self.frame()
        assert hello["type"] == "hello", hello
        return self

    async def __aexit__(self, *error):
        await self.socket.close()

    async def say(self, kind, **data):
        await self.socket.send(json.dumps({"type": kind, "data": data}))

    async def frame(self):
        try:
            return json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE))
        except websockets.ConnectionClosed as error:
            raise Closed(self.socket.close_code, self.socket.close_reason) from error

    async def awaited(self, *kinds):
        while True:
            frame = await self.frame()
            if frame["type"] in kinds:
                return frame

    async def host(self, number, token):
        await self.say("registerHost", token=token, version="2.0.0", id=number, plugins={})
        return await self.awaited("ready")

    async def control(self, token):
        await self.say("registerControl", token=token, version="2.0.0")
        return await self.awaited("ready")

    async def resume(self, token):
        await self.say("resume", sessionToken=token)
        return await self.awaited("continue", "invalidate")


class LinkCase(HubCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.secret = os.path.join(self.folder, "secret")
        with open(self.secret, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(SECRET)

    def link_hub(self, *settings):
        return self.hub(f"link.secret={self.secret}", "link.session_timeout=5s", "link.heartbeat_interval=1s", *settings)

    def guarded_hub(self, text):
        self.write(text)
        return self.link_hub(f"auth.tokens={self.tokens()}")

    def tokens(self):
        return os.path.join(self.folder, "tokens")

    def write(self, text):
        with open(self.tokens() + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.tokens() + ".new", self.tokens())

    def run_async(self, story):
        asyncio.run(asyncio.wait_for(story, 4 * PATIENCE))

    async def refused(self, hub, token, number=None):
        """The reason for which somebody with this token is closed, with code 3000."""
        async with Peer(hub) as peer:
            with self.assertRaises(Closed) as closed:
                await (peer.control(token) if number is None else peer.host(number, token))
        self.assertEqual(closed.exception.code, 3000, closed.exception)
        self.assertTrue(closed.exception.reason.startswith("Authentication failed: "), closed.exception)
        return closed.exception.reason.removeprefix("Authentication failed: ")


class Upgrades(LinkCase):
    """link.md 2.1."""

    def upgrade(self, hub, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=PATIENCE)
        fields = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                  "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
                  **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request("GET", path, headers=fields)
        response = connection.getresponse()
        fields = dict(response.getheaders())
        body = b"" if response.status == 101 else response.read()
        connection.close()
        return response.status, fields, body

    def test_exactly_this_path(self):
        hub = self.link_hub()
        for path in ("/api/socket", "/api/socket?a=b&token=x"):
            self.assertEqual(self.upgrade(hub, path)[0], 101)
        for path in ("/api/socket/", "/api/socket/x?y", "/api/sockets"):
            status, fields, body = self.upgrade(hub, path)
            self.assertEqual((status, fields.get("Connection"), body), (400, "close", b"Bad Request"), path)

    def test_the_first_subprotocol_is_echoed(self):
        hub = self.link_hub()
        _, fields, _ = self.upgrade(hub, "/api/socket", Sec_WebSocket_Protocol="chat, other")
        self.assertEqual(fields.get("Sec-WebSocket-Protocol"), "chat")
        _, fields, _ = self.upgrade(hub, "/api/socket")
        self.assertNotIn("Sec-WebSocket-Protocol", fields)

    def test_versions_13_and_8(self):
        hub = self.link_hub()
        self.assertEqual(self.upgrade(hub, "/api/socket", Sec_WebSocket_Version="8")[0], 101)
        status, fields, _ = self.upgrade(hub, "/api/socket", Sec_WebSocket_Version="7")
        self.assertEqual((status, fields.get("Sec-WebSocket-Version")), (426, "13, 8"))

    def test_nothing_is_compressed(self):
        hub = self.link_hub()
        _, fields, _ = self.upgrade(hub, "/api/socket",
                                    Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
        self.assertNotIn("Sec-WebSocket-Extensions", fields)

    def test_no_credential_is_wanted_before_and_a_wrong_one_is_refused(self):
        hub = self.guarded_hub("")
        self.assertEqual(self.upgrade(hub, "/api/socket")[0], 101)
        self.assertEqual(self.upgrade(hub, "/api/socket", Authorization="Bearer nobodys")[0], 401)
        self.assertEqual(self.upgrade(hub, "/exchange/controller")[0], 401)


class Tokens(LinkCase):
    """link.md 2.3, 2.11, 6.2."""

    def test_good_ones(self):
        hub = self.link_hub("link.alias=lamp=host 100")

        async def story():
            async with Peer(hub) as host, Peer(hub) as slave, Peer(hub) as lamp, Peer(hub) as one, Peer(hub) as two:
                ready = await host.host(4, host_token(4))
                self.assertEqual(ready["data"]["src"], [1, 4])
                self.assertEqual((ready["data"]["sessionTimeout"], ready["data"]["heartbeatInterval"]), (5, 1))
                self.assertNotIn("account", ready["data"])
                session = json.loads(base64.urlsafe_b64decode(ready["data"]["sessionToken"].split(".")[1] + "=="))
                self.assertEqual(sorted(session), ["aud", "iat", "sid"])
                self.assertRegex(session["aud"], r"\Asession-\d{13}\Z")
                self.assertEqual(ready["data"]["sessionToken"], sign(session))
                await slave.host(5, sign({"aud": ["x", "slave"], "slave": 5, "iat": 1}, {"alg": "HS512"}, digest="sha512"))
                self.assertEqual((await lamp.host(100, host_token(100)))["data"]["src"], [1, 100])
                ready = await one.control(user_token("Test"))
                self.assertEqual(ready["data"]["src"], [3, 1])
                self.assertEqual(ready["data"]["account"]["name"], "test")
                self.assertEqual((await two.control(sign({"aud": "user", "user": "test"})))["data"]["src"], [3, 2])
                channels = {channel["target"]: channel for channel in hub.get("/api/v1/channels")["channels"]}
                self.assertEqual({name: channel["principal"] for name, channel in channels.items()},
                                 {"4": "host-4", "5": "host-5", "lamp": "host-100", "control-1": "test",
                                  "control-2": "test"})

        self.run_async(story())

    def test_bad_ones(self):
        hub = self.link_hub()
        good = {"aud": "host", "host": 4, "iat": int(time.time())}

        async def story():
            for token, cause in (
                    ("", "jwt must be provided"),
                    ("nonsense", "jwt malformed"),
                    ("a.b.c", "invalid token"),
                    (sign(good, key=b"another secret"), "invalid signature"),
                    (sign(good)[:-1], "invalid signature"),
                    (sign(good).rsplit(".", 1)[0] + ".", "jwt signature is required"),
                    (sign(good, {"alg": "none"}).rsplit(".", 1)[0] + ".", "jwt signature is required"),
                    (sign(good, {"alg": "none"}), "invalid algorithm"),
                    (sign(good, {"alg": "RS256"}), "invalid algorithm"),
                    (sign({**good, "exp": int(time.time()) - 1}), "jwt expired"),
                    (sign({**good, "nbf": int(time.time()) + 60}), "jwt not active"),
                    (user_token("test"), "jwt audience invalid. expected: host or slave"),
                    (host_token(5), "missmatched host id"),
                    (sign({"aud": "host", "host": 4}), "invalid token"),
                    ("x" * 9000, "jwt malformed")):
                self.assertEqual(await self.refused(hub, token, 4), cause, token)
            self.assertEqual(await self.refused(hub, host_token(4)), "jwt audience invalid. expected: user")
            self.assertEqual(await self.refused(hub, user_token("host-4")), "invalid user")
            self.assertEqual(hub.get("/api/v1/channels")["channels"], [])

        self.run_async(story())

    def test_two_hosts_with_one_id(self):
        hub = self.link_hub()

        async def story():
            async with Peer(hub) as first:
                await first.host(4, host_token(4))
                # Another place on this machine: 127.0.0.2.
                async with Peer(hub, local_addr=("127.0.0.2", 0)) as second:
                    with self.assertRaises(Closed) as closed:
                        await second.host(4, host_token(4))
                self.assertEqual((closed.exception.code, closed.exception.reason),
                                 (1008, "Host already connected from another address"))
                async with Peer(hub) as third:
                    await third.host(4, host_token(4))
                    with self.assertRaises(Closed) as closed:
                        while True:
                            await first.frame()
                self.assertEqual((closed.exception.code, closed.exception.reason),
                                 (1008, "Newer connection for host from same address"))

        self.run_async(story())


class Sessions(LinkCase):
    """link.md 2.9."""

    def test_a_session_is_resumed_with_its_token(self):
        hub = self.link_hub()

        async def story():
            async with Peer(hub) as peer:
                token = (await peer.control(user_token("test")))["data"]["sessionToken"]
                peer.socket.transport.abort()
            async with Peer(hub) as peer:
                self.assertEqual((await peer.resume(token))["type"], "continue")

        self.run_async(story())

    def test_no_other_token_resumes_anything(self):
        hub = self.link_hub()

        async def story():
            async with Peer(hub) as peer:
                token = (await peer.control(user_token("test")))["data"]["sessionToken"]
                session = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
                peer.socket.transport.abort()
            for wrong in ("", "x", user_token("test"), sign(session, key=b"another secret"),
                          sign({**session, "sid": session["sid"] ^ 1}), sign({**session, "aud": "session-1700000000000"})):
                async with Peer(hub) as peer:
                    self.assertEqual((await peer.resume(wrong))["type"], "invalidate", wrong)
                    # and registers on the same socket
                    self.assertEqual((await peer.control(user_token("test")))["type"], "ready")

        self.run_async(story())


class Rights(LinkCase):
    """With [auth] tokens."""

    FILE = "[token host-4]\nregister = 4\ncommand = *:foo:EchoRequest\n[token test]\ncommand = *:*\n"

    def test_only_who_is_in_the_file(self):
        hub = self.guarded_hub(self.FILE + "[token old]\nvalid_after = 2000000000\n[token host-6]\nregister = 7\n")

        async def story():
            async with Peer(hub) as host, Peer(hub) as control:
                await host.host(4, host_token(4))
                ready = await control.control(user_token("TEST"))
                self.assertEqual(ready["data"]["account"]["roles"][0]["permissions"], ["core.admin"])
                self.assertEqual(await self.refused(hub, user_token("nobody")), "invalid user")
                self.assertEqual(await self.refused(hub, user_token("old")), "invalid token")
                self.assertEqual(await self.refused(hub, host_token(5), 5), "invalid token")
                self.assertEqual(await self.refused(hub, host_token(6), 6), "Permission denied")

        self.run_async(story())

    def test_an_instance_that_a_host_may_not_serve_is_not_there(self):
        manager = f"[token manager]\nhash = sha256:{hashlib.sha256(b'manager').hexdigest()}\nmanage = read\n"
        hub = self.guarded_hub("[token host-4]\nregister = 4, instance-7\n" + manager)

        async def story():
            async with Peer(hub) as host:
                await host.host(4, host_token(4))
                for seq, name, data in ((1, "InstancesUpdateRequest", [{"id": number, "status": "running"} for number in (7, 8)]),
                                        (2, "PingRequest", None)):
                    await host.socket.send(json.dumps({"type": "request", "seq": seq, "src": [1, 4, seq], "dst": [0, 0],
                                                       "name": name, **({"data": data} if data else {})}))
                    self.assertEqual((await host.awaited("response", "responseError"))["type"], "response")
                channels = hub.get("/api/v1/channels", headers={"Authorization": "Bearer manager"})["channels"]
                self.assertEqual({channel["target"]: channel["principal"] for channel in channels},
                                 {"4": "host-4", "instance-7": "host-4"})

        self.run_async(story())

    def test_what_they_may_do_is_told(self):
        hub = self.guarded_hub("[token test]\ncommand = *:foo:EchoRequest, 4:*, 5:*, 5:foo:EchoRequest\n")

        async def story():
            async with Peer(hub) as control:
                ready = await control.control(user_token("test"))
                self.assertEqual(ready["data"]["account"]["roles"][0]["permissions"], ["foo:EchoRequest"])

        self.run_async(story())

    async def cut(self, hub, peer, token, change):
        """`change` takes the right away: the connection is cut, and its session is over."""
        change()
        with self.assertRaises(Closed):
            while True:
                await peer.frame()
        await wait_until_async(lambda: hub.get("/api/v1/channels", headers=self.who)["channels"] == [], "nobody is there")
        async with Peer(hub) as again:
            self.assertEqual((await again.resume(token))["type"], "invalidate")

    def test_a_change_reaches_who_is_there(self):
        manager = f"[token manager]\nhash = sha256:{hashlib.sha256(b'manager').hexdigest()}\nmanage = read\n"
        self.who = {"Authorization": "Bearer manager"}
        hub = self.guarded_hub(self.FILE + manager)

        async def story():
            for change in ("", "[token host-4]\nregister = 5\n", f"[token host-4]\nregister = 4\nvalid_after = {1 << 33}\n"):
                async with Peer(hub) as host:
                    token = (await host.host(4, host_token(4)))["data"]["sessionToken"]
                    await self.cut(hub, host, token, lambda text=change: self.write(text + manager))
                self.write(self.FILE + manager)
                await self.back(hub)

        self.run_async(story())

    def test_what_is_good_no_more_is_not_made_good_by_coming_back(self):
        manager = f"[token manager]\nhash = sha256:{hashlib.sha256(b'manager').hexdigest()}\nmanage = read\n"
        self.who = {"Authorization": "Bearer manager"}
        self.write(self.FILE + manager)
        hub = self.hub(f"link.secret={self.secret}", "link.heartbeat_interval=1m", f"auth.tokens={self.tokens()}")
        revoked = f"[token host-4]\nregister = 4\nvalid_after = {int(time.time()) - 5}\n"

        async def story():
            async with Peer(hub) as first:
                token = (await first.host(4, host_token(4, iat=1700000000)))["data"]["sessionToken"]
                first.socket.transport.abort()
            for _ in range(2):
                async with Peer(hub) as again:
                    self.assertEqual((await again.resume(token))["type"], "continue")
                    again.socket.transport.abort()
            async with Peer(hub) as host:
                self.assertEqual((await host.resume(token))["type"], "continue")
                await self.cut(hub, host, token, lambda: self.write(revoked + manager))

        self.run_async(story())

    def test_a_token_that_is_revoked_while_its_host_is_away_does_not_resume(self):
        manager = f"[token manager]\nhash = sha256:{hashlib.sha256(b'manager').hexdigest()}\nmanage = read\n"
        hub = self.guarded_hub(self.FILE + manager)

        async def story():
            async with Peer(hub) as first:
                token = (await first.host(4, host_token(4, iat=1700000000)))["data"]["sessionToken"]
                first.socket.transport.abort()
            self.write(f"[token host-4]\nregister = 4\nvalid_after = {int(time.time()) - 5}\n" + manager)
            await wait_until_async(lambda: any("read again" in line for line in hub.log), "the change is read")
            async with Peer(hub) as again:
                self.assertEqual((await again.resume(token))["type"], "invalidate")

        self.run_async(story())

    def test_a_change_reaches_who_is_away(self):
        manager = f"[token manager]\nhash = sha256:{hashlib.sha256(b'manager').hexdigest()}\nmanage = read\n"
        self.who = {"Authorization": "Bearer manager"}
        self.write(self.FILE + manager)
        hub = self.hub(f"link.secret={self.secret}", "link.session_timeout=1h", f"auth.tokens={self.tokens()}")

        async def story():
            async with Peer(hub) as host:
                token = (await host.host(4, host_token(4)))["data"]["sessionToken"]
                host.socket.transport.abort()
            await wait_until_async(
                lambda: [channel["state"] for channel in hub.get("/api/v1/channels", headers=self.who)["channels"]] == ["away"],
                "it is away")
            self.write(manager)
            await wait_until_async(lambda: hub.get("/api/v1/channels", headers=self.who)["channels"] == [], "it is gone")
            async with Peer(hub) as again:
                self.assertEqual((await again.resume(token))["type"], "invalidate")

        self.run_async(story())

    async def back(self, hub):
        """The file with everybody in it is read."""
        deadline = time.monotonic() + PATIENCE
        while True:
            async with Peer(hub) as host:
                try:
                    await host.host(4, host_token(4))
                    await host.socket.send(json.dumps({"type": "disconnect", "data": "prepare"}))
                    return
                except Closed:
                    if time.monotonic() > deadline:
                        raise
            await asyncio.sleep(0.05)


class Limits(LinkCase):
    def test_a_large_message_of_who_is_in(self):
        hub = self.link_hub()

        async def story():
            async with Peer(hub) as control:
                await control.control(user_token("test"))
                size = 20 * 1024 * 1024  # more than [limits] message_max, less than link.md 2.10
                await control.socket.send(json.dumps(
                    {"type": "request", "seq": 1, "src": [3, 1, 1], "dst": [1, 77], "name": "foo:EchoRequest", "data": "x" * size}))
                frame = await control.awaited("responseError")
                self.assertEqual(frame["dst"], [3, 1, 1])

        self.run_async(story())

    def test_a_large_message_of_who_is_not(self):
        hub = self.link_hub()

        async def story():
            async with Peer(hub) as peer:
                with self.assertRaises(Closed) as closed:
                    await peer.socket.send(json.dumps({"type": "registerControl", "data": {"token": "x" * 1000000, "version": ""}}))
                    await peer.frame()
                self.assertEqual(closed.exception.code, 1009)

        self.run_async(story())


if __name__ == "__main__":
    unittest.main()
