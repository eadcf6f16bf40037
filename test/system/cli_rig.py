"""What the tests of the command line share: running `aldis` to its end, or beside the test, and a hub that is not one."""

import contextlib
import http.server
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

from harness import PATIENCE, HubCase, binary, wait_until

ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def environment(**changes):
    env = {name: value for name, value in os.environ.items() if name not in ("ALDIS_URL", "ALDIS_TOKEN", "XDG_RUNTIME_DIR")}
    env["ASAN_OPTIONS"] = "detect_leaks=1:" + os.environ.get("ASAN_OPTIONS", "")
    return {**env, **changes}


class Result:
    def __init__(self, status, out, err, took):
        self.status, self.out, self.err, self.took = status, out, err, took

    def __repr__(self):
        return f"status {self.status}, out {self.out[-2000:]!r}, err {self.err[-2000:]!r}, took {self.took:.2f} s"

    def json(self):
        return json.loads(self.out)


def aldis(*words, url=None, stdin=b"", env=None, patience=60.0):
    """Run `aldis` to its end."""
    head = ["-H", url] if url else []
    start = time.monotonic()
    done = subprocess.run(
        [binary("aldis"), *head, *words], input=stdin, capture_output=True, timeout=patience, env=environment(**(env or {}))
    )
    took = time.monotonic() - start
    return Result(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), took)


class Running:
    """An `aldis` that goes on; its standard error is collected."""

    def __init__(self, *words, url=None, env=None, **options):
        head = ["-H", url] if url else []
        self.process = subprocess.Popen(
            [binary("aldis"), *head, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(**(env or {})), text=True, errors="replace", **options
        )
        self.lines = []
        self.output = []
        self.collectors = [
            threading.Thread(target=self.collect, args=pair, daemon=True)
            for pair in ((self.process.stderr, self.lines), (self.process.stdout, self.output))
        ]
        for collector in self.collectors:
            collector.start()

    @staticmethod
    def collect(stream, lines):
        for line in stream:
            lines.append(line)

    @property
    def err(self):
        return "".join(self.lines)

    @property
    def out(self):
        return "".join(self.output)

    def wait_err(self, pattern, count=1, patience=PATIENCE):
        try:
            wait_until(lambda: len(re.findall(pattern, self.err)) >= count, f"{pattern!r} on stderr", patience)
        except AssertionError as error:
            raise AssertionError(f"{error}; there was {self.err!r}") from None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        status = self.process.wait(patience)
        for collector in self.collectors:
            collector.join(PATIENCE)
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for collector in self.collectors:
            collector.join(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()


class CliCase(HubCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="aldis-cli-")
        self.addCleanup(self.scratch.cleanup)

    def path(self, name):
        return os.path.join(self.scratch.name, name)

    def read(self, name):
        """What stands in a file of the scratch folder; nothing when it is not there."""
        with contextlib.suppress(FileNotFoundError), open(self.path(name), encoding="ascii") as file:
            return file.read()
        return ""

    def running(self, *words, **options):
        process = Running(*words, **options)
        self.addCleanup(process.close)
        return process

    def agent(self, hub, *words, target="lamp", url=None, wait=True, **options):
        agent = self.running("agent", "--target", target, *words, url=url or f"unix:{hub.unix}", **options)
        if wait:
            agent.wait_err(r"registered as")
        return agent

    def world(self, *agent_words, settings=(), agents=1):
        """A hub with so many agents; returns what runs `aldis` at it."""
        hub = self.hub(*settings)
        self.agents = [self.agent(hub, *(agent_words or ("--echo",))) for _ in range(agents)]
        self.at = hub
        return lambda *words, **options: aldis(*words, url=f"unix:{hub.unix}", **options)

    def wait_phases(self, *phases):
        """Wait until the hub's commands are in these phases, in any order."""
        found = lambda: sorted(command["phase"] for command in self.at.get("/api/v1/commands")["commands"])
        wait_until(lambda: found() == sorted(phases), f"commands to be {phases}")

    def assert_ends(self, result, status, out=None, err=None):
        self.assertEqual(result.status, status, result)
        if out is not None:
            self.assertEqual(result.out, out, result)
        if err is not None:
            self.assertRegex(result.err, err)
        return result


class FakeApi:
    """The API of a hub, as far as a test says. `routes[(method, path)]` is `(status, object)`, or a function that is given
    the handler and the query; what was asked is kept in `asked`. Use as a context manager."""

    def __init__(self, routes):
        self.routes = routes
        self.asked = []
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                path, _, query = self.path.partition("?")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fake.asked.append((self.command, self.path, dict(self.headers.items()), body))
                answer = fake.routes.get((self.command, path), (404, {"status": 404, "detail": "nothing at this path"}))
                with contextlib.suppress(OSError):
                    if callable(answer):
                        answer = answer(self, dict(urllib.parse.parse_qsl(query)))
                    if answer is not None:
                        self.answer(*answer)

            do_GET = do_POST = do_DELETE = handle_any

            def answer(self, status, value, kind="application/json"):
                data = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def stream(self):
                """Begin a stream of events; `push` goes on with it."""
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.close_connection = True

            def push(self, text):
                data = text.encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()

            def event(self, kind, **data):
                self.push(f"event: {kind}\ndata: {json.dumps(data)}\n\n")

            def end(self):
                self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"ws://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Proxy:
    """A TCP proxy whose connections can be cut."""

    def __init__(self, port):
        self.to = port
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.pairs = []
        self.accepted = 0
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.server.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                self.pairs += [near, far]
                self.accepted += 1
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self.pump, args=pair, daemon=True).start()

    @staticmethod
    def pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)

    def cut(self):
        pairs, self.pairs = self.pairs, []
        for sock in pairs:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()
        self.cut()
