"""What the tests of who may do what share: a file of tokens, and a hub that goes by it.

The tokens and the file are made here, with nothing but the page that describes them (docs/auth.md); `aldis auth` is held
against that.
"""

import asyncio
import hashlib
import json
import os
import secrets
import signal
import subprocess
import tempfile
import uuid

import websockets

from harness import PATIENCE, Connector, HubCase, binary, frame, unframe, wait_until


class Tokens:
    """A file of tokens that the test writes: sections by name."""

    def __init__(self, path):
        self.path = path
        self.secrets = {}
        self.sections = {}

    def token(self, name, **rights):
        """A principal with a token; `rights` are the lines of its section, `serve` for register."""
        self.secrets.setdefault(name, secrets.token_urlsafe(32))
        digest = hashlib.sha256(self.secrets[name].encode()).hexdigest()
        self.section(f"token {name}", hash=f"sha256:{digest}", **rights)
        return self

    def section(self, head, **lines):
        self.sections[head] = "".join(f"{key.replace('serve', 'register')} = {value}\n" for key, value in lines.items())
        return self

    def rotate(self, name, **rights):
        del self.secrets[name]
        return self.token(name, **rights)

    def remove(self, head):
        del self.sections[head]
        return self

    def text(self):
        return "\n".join(f"[{head}]\n{body}" for head, body in self.sections.items())

    def write(self, text=None):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            file.write(self.text() if text is None else text)
        os.replace(self.path + ".new", self.path)
        return self

    def bearer(self, name):
        return {"Authorization": f"Bearer {self.secrets[name]}"}


class AuthCase(HubCase):
    """A hub with tokens. The clerk may do everything, and is who the test asks the API as."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="aldis-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.tokens = Tokens(os.path.join(self.folder, "aldis.tokens"))
        self.tokens.token("clerk", command="*:*", manage="write")

    def start(self, *settings, **options):
        self.tokens.write()
        return self.hub(f"auth.tokens={self.tokens.path}", *settings, **options)

    def ask(self, hub, method, path, who=None, headers=None, body=None, over_unix=False):
        fields = {**(self.tokens.bearer(who) if who else {}), **(headers or {})}
        if body is not None:
            body = json.dumps(body)
            fields["Content-Type"] = "application/json"
        return hub.request(method, path, headers=fields, body=body, over_unix=over_unix)

    def get(self, hub, path):
        response = self.ask(hub, "GET", path, "clerk")
        self.assertEqual(response.status, 200, response.body)
        return response.json()

    def reload(self, hub):
        """Write the file, and wait until the hub has read it."""
        before = sum("are read again file=" in line for line in hub.log)
        self.tokens.write()
        hub.send_signal(signal.SIGHUP)
        wait_until(lambda: sum("are read again file=" in line for line in hub.log) > before, "the tokens are read again")

    def agent(self, hub, who, target=None, **options):
        return Connector(hub.url(), target=target, headers=self.tokens.bearer(who), **options)

    def cli(self, *words, env=None, hub=None):
        url = ["-H", f"ws://{hub.door('http')}"] if hub else []
        return subprocess.run([binary("aldis"), *url, *words], capture_output=True, text=True, timeout=PATIENCE * 3,
                              cwd=self.folder, env={**os.environ, **(env or {})}, check=False)

    async def refused_upgrade(self, hub, **options):
        """The status that an upgrade is answered with."""
        with self.assertRaises(websockets.InvalidStatusCode) as caught:
            await Connector(hub.url(), **options).open()
        return caught.exception.status_code


class Caller:
    """A caller only, over the extension: its hello proposes no target."""

    def __init__(self, hub, headers):
        self.url = hub.url()
        self.headers = {"X-Gravitee-Exchange-Protocol": "v1", "X-Aldis-Exchange": "1", **headers}

    async def open(self):
        self.ws = await websockets.connect(self.url, extra_headers=self.headers, ping_interval=None, compression=None)
        await self.ws.send(frame("COMMAND", {"id": str(uuid.uuid4()), "type": "HELLO", "payload": {}}))
        _, reply = unframe(await asyncio.wait_for(self.ws.recv(), PATIENCE))
        assert reply["commandStatus"] == "SUCCEEDED", reply
        return self

    async def call(self, name, to, payload=None, command_id=None):
        command = {"id": command_id or str(uuid.uuid4()), "type": name, "payload": payload or {}, "to": to}
        await self.ws.send(frame("COMMAND", command))
        while True:
            kind, exchange = unframe(await asyncio.wait_for(self.ws.recv(), PATIENCE))
            if kind == "REPLY" and exchange["commandId"] == command["id"]:
                return exchange

    async def close(self):
        await self.ws.close()
