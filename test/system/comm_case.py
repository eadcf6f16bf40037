"""What the tests of the communicator family share: a hub with its doors, and services that speak lines."""

import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile

from harness import PATIENCE, HubCase, binary
from original import Wire


class Service(Wire):
    """A line-by-line connection to a hub, over whatever door."""

    def __init__(self, address, context=None):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.connect(address)  # waits for room in a Unix door's queue, which a timeout would not
        self.sock.settimeout(PATIENCE)
        if context is not None:
            self.sock = context.wrap_socket(self.sock, server_hostname="localhost")
        self.file = self.sock.makefile("rb")

    def line(self, patience=PATIENCE):
        self.sock.settimeout(patience)
        line = self.file.readline()
        return line.decode(errors="replace").rstrip("\n") if line else None

    def lines(self, count):
        """The next so many lines; fewer at the end."""
        found = []
        while len(found) < count and (line := self.line()) is not None:
            found.append(line)
        return found

    def ask(self, line, count=1):
        self.send(line)
        found = self.lines(count)
        return found[0] if count == 1 else found

    def ended(self):
        """Read to the end, which must come; what was read."""
        found = []
        with contextlib.suppress(ConnectionResetError):
            while (line := self.line()) is not None:
                found.append(line)
        return found

    def flush(self, mark):
        """Everything that was said before is dealt with: the hub answers lines in their order."""
        self.send(f"ALIVE serial={mark}")
        found = []
        while True:
            line = self.line()
            assert line is not None, "the connection ended"
            if f"serial={mark}" in line and "ABSOLUTELY" in line:
                return found
            found.append(line)


def split(address):
    """host:port as a socket wants it."""
    host, port = address.rsplit(":", 1)
    return host.strip("[]"), int(port)


def certificate(folder, name="localhost", issuer=None):
    """A certificate and its key, signed by itself or by an issuer (its certificate and key); their paths."""
    cert, key = os.path.join(folder, f"{name}.crt"), os.path.join(folder, f"{name}.key")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-keyout", key, "-out", cert, "-days", "2", "-subj", f"/CN={name}",
               "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"]
    if issuer is not None:
        command += ["-CA", issuer[0], "-CAkey", issuer[1]]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


class FamilyCase(HubCase):
    NAME = "alpha"

    def folder(self):
        folder = tempfile.mkdtemp(prefix="aldis-comm-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def touch(self, folder, name):
        with open(os.path.join(folder, name), "w", encoding="ascii"):
            pass

    def services(self, *names):
        """A folder of services that are expected."""
        folder = self.folder()
        for name in names:
            self.touch(folder, f"{name}.service")
        return folder

    def family(self, *settings, **options):
        """A hub with a Unix door in a folder of its own, and one over TCP on a free port."""
        folder = self.folder()
        os.chmod(folder, 0o755)
        self.sock = os.path.join(folder, "c.sock")
        return self.hub(f"hub.id={self.NAME}", f"communicator.unix={self.sock}", "communicator.tcp=127.0.0.1:0", *settings,
                        **options)

    def tcp(self, hub, door="communicator-tcp"):
        return split(hub.door(door))

    def tls(self):
        """A certificate and its key, and what trusts it."""
        cert, key = certificate(self.folder())
        return cert, key, ssl.create_default_context(cafile=cert)

    def udp(self):
        return contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def service(self, address, context=None):
        service = Service(address, context)
        self.addCleanup(service.close)
        return service

    def cut_off(self):
        """What is written in here may find nobody who reads it."""
        return contextlib.suppress(BrokenPipeError, ConnectionResetError)

    def works(self, hub):
        """Two others are served as if nothing were."""
        left, right = Service(self.sock).register("left_", "DATA"), Service(self.tcp(hub)).register("right_", "DATA")
        with left, right:
            left.send("right_/DATA v=1")
            while (line := right.line()) != f"<{self.NAME}:left_ right_/DATA v=1":
                self.assertIsNotNone(line)

    def matches(self, line, pattern):
        """A line that is `pattern`, in which =T stands for a time and ADDRESS for an address."""
        text = re.escape(pattern).replace(re.escape("=T"), r"=\d+(\.\d+)?").replace("ADDRESS", r"[0-9.:\[\]a-f]+")
        self.assertIsNotNone(line, pattern)
        self.assertRegex(line, "^" + text + "$")

    def links(self, hub):
        """The names of the hubs that a hub is linked with."""
        return {name for one in hub.get("/api/v1/hubs")["hubs"] if one["self"] for name in one["links"] + one["daemons"]}

    def refused(self, *settings, in_words):
        """aldisd does not start, and says of which setting that is."""
        words = [word for setting in ("http.listen=127.0.0.1:0", "unix.path=", *settings) for word in ("-s", setting)]
        result = subprocess.run([binary("aldisd"), *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(result.returncode, 1, result)
        self.assertNotIn("ready", result.stdout)
        self.assertIn(f"-s {in_words}: ", result.stderr)

    def aldis(self, hub, *words):
        return subprocess.run([binary("aldis"), "-H", f"unix:{hub.unix}", *words], capture_output=True, text=True,
                              timeout=3 * PATIENCE, check=False)

    def aldis_start(self, hub, *words):
        return subprocess.Popen([binary("aldis"), "-H", f"unix:{hub.unix}", *words], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
