"""What the tests of libaldis share: programs that say lines, and a way between them and a hub that can be cut."""

import os
import socket
import subprocess
import threading

from harness import PATIENCE, HubCase, binary, wait_until


class Line:
    """A program that says lines."""

    def __init__(self, *words, env=None):
        self.process = subprocess.Popen([str(word) for word in words], text=True, env={**os.environ, **(env or {})},
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = []
        self.errors = []
        self.threads = [threading.Thread(target=self.collect, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def collect(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, begins, n=1, patience=PATIENCE):
        """The `n`-th line that begins so."""
        def found():
            return [line for line in list(self.lines) if line.startswith(begins)][n - 1:n]
        try:
            return wait_until(found, f"line {begins!r}", patience)[0]
        except AssertionError:
            raise AssertionError(f"no {begins!r} ({n}) in {self.lines} {self.errors}") from None

    def end(self, number=None):
        """The exit status."""
        if number is not None:
            self.process.send_signal(number)
        else:
            self.process.stdin.close()
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it does not end: {self.lines} {self.errors}") from None
        for thread in self.threads:
            thread.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        return status


class Proxy:
    """A way to a Unix socket that can be cut."""

    def __init__(self, path, to):
        self.to = to
        self.pairs = []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            far.connect(self.to)
            self.pairs.append((near, far))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass

    def cut(self):
        for pair in self.pairs:
            for end in pair:
                end.shutdown(socket.SHUT_RDWR)
                end.close()
        self.pairs = []

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()


class ProgramCase(HubCase):
    def program(self, *words, **options):
        line = Line(*words, **options)
        self.addCleanup(lambda: line.process.poll() is None and line.process.kill())
        return line

    def probe(self, target, *urls, **options):
        probe = self.program(binary("library_probe"), target, *urls, **options)
        return probe

    def ready(self, target, *urls, **options):
        probe = self.probe(target, *urls, **options)
        probe.wait("state ready")
        return probe

    def finish(self, *programs):
        for program in programs:
            self.assertEqual((program.end(), program.errors), (0, []))
