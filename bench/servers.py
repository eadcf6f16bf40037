"""The servers that are measured, and the small programs that load them."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def memory(pid):
    """Bytes of a process that are in memory."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} has no memory")


class Trouble(Exception):
    """Something that should run does not."""


class House:
    """A folder of its own, and every process that was started, ended with it."""

    def __init__(self, programs):
        self.programs = programs
        self.folder = tempfile.mkdtemp(prefix="aldis-bench-")
        self.running = []
        self.n_names = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in list(self.running):
            self.end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name):
        return os.path.join(self.programs, name)

    def has(self, name):
        return os.path.exists(self.program(name))

    def path(self, ending):
        self.n_names += 1
        return os.path.join(self.folder, f"{self.n_names}.{ending}")

    def start(self, *command, **how):
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, text=True, **how)
        self.running.append(process)
        return process

    def end(self, process):
        if process in self.running:
            self.running.remove(process)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()

    @contextlib.contextmanager
    def lasting(self, process):
        try:
            yield process
        finally:
            self.end(process)

    # The servers.

    def hub(self, tls=None):
        """aldisd with its defaults; gives the process, its port and its socket."""
        conf, path, port = self.path("conf"), self.path("sock"), free_port()
        lines = ["[http]", f"listen = 127.0.0.1:{port}", "[unix]", f"path = {path}", "[log]", "level = warning"]
        if tls:
            lines[2:2] = [f"tls_cert = {tls[0]}", f"tls_key = {tls[1]}"]
        with open(conf, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        process = self.start(self.program("aldisd"), "-c", conf, stdout=subprocess.PIPE)
        for line in process.stdout:
            if line.strip() == "ready":
                return process, str(port), path
        raise Trouble("aldisd did not start")

    def daemon(self):
        """aldisd with the doors of the communicator family; gives the process, the port and the socket of its services."""
        path, port = self.path("sock"), free_port()
        process = self.start(self.program("aldisd"), "-s", "http.listen=127.0.0.1:0", "-s", "unix.path=", "-s", "log.level=warning",
                             "-s", f"communicator.tcp=127.0.0.1:{port}", "-s", f"communicator.unix={path}",
                             stdout=subprocess.PIPE)
        for line in process.stdout:
            if line.strip() == "ready":
                return process, str(port), path
        raise Trouble("aldisd did not start")

    LINK_HOST = "4"

    def links(self):
        """aldisd with a secret of its own; gives the process, its port, and what a control and host 4 show."""
        secret, port = self.path("secret"), free_port()
        process = self.start(self.program("aldisd"), "-s", f"http.listen=127.0.0.1:{port}", "-s", "unix.path=",
                             "-s", "log.level=warning", "-s", f"link.secret={secret}", stdout=subprocess.PIPE)
        for line in process.stdout:
            if line.strip() == "ready":
                return process, str(port), {"token": self.token(secret, "user", "bench"),
                                            "agent_token": self.token(secret, "host", self.LINK_HOST)}
        raise Trouble("aldisd did not start")

    def token(self, secret, kind, name):
        done = subprocess.run([self.program("aldis"), "token", "create", kind, name, "--secret", secret],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Trouble(f"no token was made: {done.stderr}")
        return done.stdout.strip()

    def relay(self, local):
        """The bare relay; gives the process, and where agents and callers connect."""
        wanted = [self.path("sock"), self.path("sock")] if local else ["0", "0"]
        process = self.start(self.program("bench_relay"), *wanted, stdout=subprocess.PIPE)
        places = [process.stdout.readline().strip().removeprefix("127.0.0.1:") for _ in wanted]
        if not all(places):
            raise Trouble("the relay did not start")
        return process, places[0], places[1]

    def nats(self):
        """nats-server with its defaults, on a port of its own."""
        port = free_port()
        process = self.start("nats-server", "-a", "127.0.0.1", "-p", port, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return process, str(port)
            time.sleep(0.05)
        raise Trouble("nats-server did not start")

    def certificate(self):
        cert, key = self.path("pem"), self.path("key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return cert, key

    # What loads them.

    def read(self, process):
        """The one line of JSON at the end of what a load printed."""
        lines = process.stdout.read().splitlines()
        self.end(process)
        if not lines:
            raise Trouble("a load said nothing")
        report = json.loads(lines[-1])
        if report["failure"]:
            raise Trouble(report["failure"])
        if report["refusal"]:
            raise Trouble(f"a command did not succeed: {report['refusal']}")
        return report

    def load(self, speech, agents_at, callers_at, pid, **numbers):
        words = [f"--{name.replace('_', '-')}={value}" for name, value in numbers.items()]
        process = self.start(self.program("bench_load"), f"--speech={speech}", f"--agents-at={agents_at}",
                             f"--callers-at={callers_at}", f"--server={pid}", *words, stdout=subprocess.PIPE)
        return self.read(process)

    def crowd(self, speech, place, n, ms, *more):
        """Agents that do nothing; returns when all are connected."""
        process = self.start(self.program("bench_load"), f"--speech={speech}", f"--agents-at={place}",
                             f"--callers-at={place}", f"--agents={n}", "--callers=0", f"--ms={ms}", "--warm-ms=0",
                             "--announce", *more, stdout=subprocess.PIPE)
        if process.stdout.readline().strip() != "measuring":
            raise Trouble(f"{n} agents did not all connect")
        return process

    def nats_calls(self, settings, port, pid, *numbers):
        responder = self.start(self.program("bench_nats"), "respond", port, settings, stdout=subprocess.PIPE)
        with self.lasting(responder):
            if responder.stdout.readline().strip() != "ready":
                raise Trouble("the responder on libnats did not start")
            return self.read(self.start(self.program("bench_nats"), "call", port, settings, *numbers, pid,
                                        stdout=subprocess.PIPE))
