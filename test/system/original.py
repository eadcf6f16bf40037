"""A communicator daemon as the original behaves on the wire (communicator.md 3 to 6), for hubs to be neighbours of.

It is written from the description alone, in one thread, for a handful of connections. It keeps what a neighbour must cope
with: it floods a unicast that it cannot deliver to every peer, wraps it as a broadcast, says nothing when nobody has the
service, answers HELP at once, and wants CONNECT first. What the description calls a crash is an exception here, which the
test sees in `broken`.
"""

import contextlib
import selectors
import socket
import threading
import time

from harness import PATIENCE, wait_until


def quote(value):
    """A parameter's value on the wire (communicator.md 1.1)."""
    quoted = ";" in value or value.startswith('"')
    text = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return '"' + text.replace('"', '\\"') + '"' if quoted else text


def unescape(text):
    out, at = [], 0
    pairs = {"\\": "\\", "n": "\n", "r": "\r"}
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] in pairs:
            out.append(pairs[text[at + 1]])
            at += 2
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


def parameters(text):
    """The parameters of a line, as the original reads them: quotes first, escapes after."""
    found, at = {}, 0
    while at < len(text):
        equals = text.index("=", at)
        name, at = text[at:equals], equals + 1
        if text[at : at + 1] == '"':
            end, value = at + 1, []
            while text[end] != '"':
                if text[end : end + 2] == '\\"':
                    value.append('"')
                    end += 2
                elif text[end : end + 2] == "\\\\":  # what our side may rely on; see the round-trip hole in 1.2
                    value.append("\\\\")
                    end += 2
                else:
                    value.append(text[end])
                    end += 1
            found[name], at = unescape("".join(value)), end + 1
            assert text[at : at + 1] in ("", ";"), text
        else:
            end = text.find(";", at)
            end = len(text) if end < 0 else end
            found[name], at = unescape(text[at:end]), end
        at += 1
    return found


class Message:
    """One message: where from, where to, what, with what."""

    def __init__(self, command, server="", service="", sent=None, **values):
        self.command, self.server, self.service, self.sent = command, server, service, sent
        self.values = {name: str(value) for name, value in values.items()}

    @classmethod
    def read(cls, line):
        sent = None
        line = line.strip()
        if line.startswith("<"):
            head, line = line[1:].split(" ", 1)
            sent = tuple(head.split(":", 1))
        head, _, rest = line.partition(" ")
        server = service = ""
        if "/" in head:
            head, command = head.split("/", 1)
            server, _, service = head.rpartition(":")
        else:
            server, _, command = head.rpartition(":")
        message = cls(command, server, service, sent)
        message.values = parameters(rest)
        return message

    def text(self):
        head = f"<{self.sent[0]}:{self.sent[1]} " if self.sent else ""
        if self.service:
            head += (f"{self.server}:" if self.server else "") + f"{self.service}/"
        tail = ";".join(f"{name}={quote(value)}" for name, value in sorted(self.values.items()))
        return f"{head}{self.command}" + (f" {tail}" if tail else "")

    def __repr__(self):
        return self.text()


class Wire:
    """A line-by-line connection of a test: a service, or a neighbour that a test plays itself."""

    def __init__(self, address):
        if isinstance(address, str):
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        else:
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(address)
        self.file = self.sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()

    def close(self):
        self.file.close()
        self.sock.close()

    def send(self, *lines):
        self.sock.sendall("".join(line + "\n" for line in lines).encode())

    def line(self, patience=PATIENCE):
        """The next line; None at the end."""
        self.sock.settimeout(patience)
        line = self.file.readline()
        return line.decode().rstrip("\n") if line else None

    def message(self, patience=PATIENCE):
        line = self.line(patience)
        return None if line is None else Message.read(line)

    def until(self, command):
        """The next message of that command; what comes before it is dropped."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self.message()
            assert message is not None, f"the connection ended before {command}"
            if message.command == command:
                return message
        raise AssertionError(f"no {command}")

    def silent(self, seconds=0.3):
        """Nothing comes for so long."""
        try:
            line = self.line(seconds)
        except TimeoutError:
            self.file = self.sock.makefile("rb")  # a timeout spoils the old one
            return True
        raise AssertionError(f"unexpected: {line!r}")

    def register(self, service, *commands):
        """REGISTER, HELP and READY, COMMANDS."""
        self.send(f"REGISTER service={service};version=1")
        self.until("READY")
        self.send("COMMANDS list=" + ",".join(("HELP", "QUITTING", "READY", "STOP", "UNKNOWN", *commands)))
        return self


class Connection:
    def __init__(self, sock, dialled=False):
        self.sock, self.dialled = sock, dialled
        self.input = b""
        self.name = None  # of a service
        self.server = None  # of a neighbour, once it is one
        self.address = None
        self.commands = set()


class Original(threading.Thread):
    """The daemon. `ip` is both its address and its identity; services connect to `local`, neighbours to `remote`."""

    HOPS_MAX = 5

    def __init__(self, name, ip, neighbors=()):
        super().__init__(daemon=True)
        self.name_, self.ip = name, ip
        self.selector = selectors.DefaultSelector()
        self.local = self._listen("local")
        self.remote = self._listen("remote")
        self.neighbors = list(neighbors)
        self.connections = []
        self.counter = 0
        self.seen = {}
        self.broken = None
        self.heard = []  # every message from a neighbour
        self.stopping = threading.Event()
        self.lock = threading.RLock()

    def _listen(self, kind):
        sock = socket.create_server((self.ip, 0))
        self.selector.register(sock, selectors.EVENT_READ, kind)
        return sock.getsockname()

    def __enter__(self):
        self.start()
        for neighbor in self.neighbors:
            self.dial(neighbor)
        return self

    def __exit__(self, kind, value, trace):
        self.stop()
        if kind is None and self.broken is not None:
            raise AssertionError(f"the original would have died: {self.broken!r}")

    def stop(self):
        self.stopping.set()
        self.join(PATIENCE)

    def dial(self, address):
        """Connect to a neighbour and say CONNECT; the one with the larger address does (communicator.md 6.1)."""
        sock = socket.create_connection(address, timeout=PATIENCE, source_address=(self.ip, 0))
        with self.lock:
            connection = self._add(sock, dialled=True)
            self._send(connection, Message("CONNECT", sent=(self.name_, "communicatord"), version=1,
                                           my_address=f"{self.ip}:{self.remote[1]}", server_name=self.name_))

    def peers(self):
        with self.lock:
            return [connection.server for connection in self.connections if connection.server]

    def wait_peer(self, server):
        wait_until(lambda: server in self.peers(), f"{self.name_} is linked with {server}")

    def cut(self, server):
        """The link to a neighbour breaks."""
        with self.lock:
            for connection in [c for c in self.connections if c.server == server]:
                self._drop(connection)

    def disconnect(self):
        """As at STOP: neighbours are told."""
        with self.lock:
            for connection in [c for c in self.connections if c.server]:
                self._send(connection, Message("DISCONNECT", sent=(self.name_, "communicatord")))

    # --- the loop ---

    def run(self):
        try:
            while not self.stopping.is_set():
                for key, _ in self.selector.select(0.02):
                    with self.lock:
                        self._ready(key)
        except Exception as error:  # what would have ended the process
            self.broken = error
        finally:
            for key in list(self.selector.get_map().values()):
                key.fileobj.close()

    def _ready(self, key):
        if isinstance(key.data, str):
            sock, _ = key.fileobj.accept()
            self._add(sock)
            return
        connection = key.data
        try:
            data = connection.sock.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            self._drop(connection)
            return
        connection.input += data
        while b"\n" in connection.input:
            line, connection.input = connection.input.split(b"\n", 1)
            if line.strip():
                self._take(connection, Message.read(line.decode()))

    def _add(self, sock, dialled=False):
        connection = Connection(sock, dialled)
        self.connections.append(connection)
        self.selector.register(sock, selectors.EVENT_READ, connection)
        return connection

    def _drop(self, connection):
        if connection in self.connections:
            self.connections.remove(connection)
            self.selector.unregister(connection.sock)
            connection.sock.close()

    def _send(self, connection, message):
        with contextlib.suppress(ConnectionError):
            connection.sock.sendall((message.text() + "\n").encode())

    # --- messages ---

    def _take(self, connection, message):
        if connection.server:
            self.heard.append(message)
        identity = message.values.get("broadcast_msgid")
        if identity is not None:
            now = time.time()
            if float(message.values["broadcast_timeout"]) < now or identity in self.seen:
                return
            self.seen[identity] = now
        if connection.name:
            message.sent = (self.name_, connection.name)
        if message.server in ("", ".", "*", self.name_) and message.service in ("", "communicatord"):
            self._serve(connection, message)
        else:
            self._forward(connection, message)

    def _serve(self, connection, message):
        ours = (self.name_, "communicatord")
        command = message.command
        if command == "REGISTER":
            connection.name = message.values["service"]
            self._send(connection, Message("HELP", sent=ours))
            self._send(connection, Message("READY", sent=ours, my_address=f"{self.ip}:{self.remote[1]}"))
        elif command == "COMMANDS":
            connection.commands.update(message.values["list"].split(","))
        elif command == "CONNECT":
            self._greet(connection, message)
            self._send(connection, Message("REGISTER_FOR_LOADAVG", sent=ours))
            self._send(connection, Message("ACCEPT", sent=ours, server_name=self.name_,
                                           my_address=f"{self.ip}:{self.remote[1]}"))
            self._send(connection, Message("HELP", sent=ours))
        elif command == "ACCEPT":
            self._greet(connection, message)
            self._send(connection, Message("HELP", sent=ours))
            self._send(connection, Message("REGISTER_FOR_LOADAVG", sent=ours))
        elif command == "HELP":
            where = message.sent[0] if message.sent else ""
            self._send(connection, Message("COMMANDS", server=where, service="communicatord" if where else "",
                                           list="ACCEPT,ALIVE,COMMANDS,CONNECT,DISCONNECT,GOSSIP,HELP,INVALID,UNKNOWN"))
        elif command == "ALIVE":
            server, service = message.sent or ("", "")
            self._send(connection, Message("ABSOLUTELY", server=server, service=service,
                                           reply_timestamp=f"{time.time():.9f}"))
        elif command == "DISCONNECT":
            self._drop(connection)
        elif command in ("REFUSE", "UNREGISTER"):
            self._drop(connection)

    def _greet(self, connection, message):
        assert message.values.get("version", "1") == "1"
        connection.server = message.values["server_name"]
        connection.address = message.values["my_address"].rsplit(":", 1)[0]

    def _forward(self, connection, message):
        if message.service in ("*", "?", "."):
            if message.server not in ("", "*") and message.service != ".":
                return
            for other in self.connections:
                if not other.server and message.command in other.commands:
                    self._send(other, message)
            if message.service != ".":
                self._relay(connection, message, [c for c in self.connections if c.server])
            return
        server = self.name_ if message.server == "." else message.server
        candidates = []
        for other in self.connections:
            if not other.server and server in ("", "*", "?", self.name_) and other.name == message.service:
                if other is not connection:
                    self._send(other, message)
                return
            if other.server and server in ("", "*", "?", other.server):
                candidates.append(other)
        if server == self.name_:
            return
        if candidates:
            message.server = "*" if message.server == "?" else message.server
            self._relay(connection, message, candidates)

    def _relay(self, source, message, candidates):
        """To those that have not heard of it, with what keeps it from going round (communicator.md 5.3)."""
        hops = int(message.values.get("broadcast_hops", 0))
        informed = set(filter(None, message.values.get("broadcast_informed_neighbors", "").split(",")))
        ways = [c for c in candidates if c.address not in informed and c is not source]
        if hops >= self.HOPS_MAX or not ways:
            return
        if "broadcast_msgid" not in message.values:
            self.counter += 1
            message.values["broadcast_msgid"] = f"{self.name_}-{self.counter}"
            message.values["broadcast_timeout"] = str(int(time.time()) + 10)
        informed.update(c.address for c in ways)
        message.values.update(broadcast_hops=str(hops + 1), broadcast_originator=self.ip, secure_remote="false",
                              broadcast_informed_neighbors=",".join(sorted(informed)))
        for way in ways:
            self._send(way, message)
