"""Runs the blocks of a page, from top to bottom, and compares what happens with what stands there.

Written for people, so the rules are few:

- A block `sh` is run, command by command. What stands behind `#` is `OUTPUT  exit N, outcome`: the output is compared when it
  begins like JSON or a number; without `exit` the status must be 0.
- A block `output` is what the commands of the block `sh` before it printed, blanks aside, but those whose output stands behind
  them.
- `…` stands for anything, a line `…` for any number of lines.
- `aldisd` and agents are left running to the end of the page, and then must end well.
- A block `python`, `ini`, `c` or `js` whose first line is a comment that begins with a name is kept under it; NAME.conf must
  satisfy `aldisd --check`.

What stands on a page is for a reader's machine. What is put in its place is decided in Session._local(), and nowhere else.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

from doc_pages import split
from harness import BINARIES, PATIENCE, UnixHttp, wait_until

SERVERS = re.compile(r"(aldisd(?!.* --check\b)|aldis agent|python3 (agent|service)\.py|node agent\.js|\./lamp|\./pinger)\b")
# Installation: what `./dev` does is tested by running it.
SKIPPED = ("git clone", "./dev", "export PATH=")
DEFAULT_SOCKET = "/run/aldis/aldis.sock"
FAMILY_SOCKET = "/run/communicator/communicatord.sock"
STATED = tuple('{["0123456789')


class Untrue(AssertionError):
    """Something happens that does not stand on the page."""


class Command:
    """A command, and what stands behind it."""

    def __init__(self, text, line):
        self.line = line
        self.text, remark = cut_remark(text)
        match = re.search(r"(?:^|\s)exit (\d+)(?:, (\w+))?$", remark)
        self.status = int(match.group(1)) if match else 0
        self.outcome = match.group(2) if match else None
        stated = remark[:match.start()].strip() if match else remark
        self.stated = stated if stated.startswith(STATED) else None


def cut_remark(text):
    """Command and remark: a `#` after a blank, outside of quotes."""
    quote = None
    for at, char in enumerate(text):
        if quote:
            quote = None if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "#" and (at == 0 or text[at - 1] == " "):
            return text[:at].strip(), text[at + 1:].strip()
    return text.strip(), ""


def commands(block):
    """The commands of a block; one ends where the shell would find it complete."""
    found, text, first = [], "", 0
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        if not text and (not line.strip() or line.startswith("#")):
            continue
        first = first if text else number
        text += line + "\n"
        if line.endswith("\\") or subprocess.run(["sh", "-nc", text], capture_output=True, check=False).returncode:
            continue
        found.append(Command(text.strip(), first))
        text = ""
    if text:
        raise Untrue(f"line {first}: this is no complete command: {text}")
    return found


def pattern(text):
    """A regular expression for one line of stated output."""
    return r".*".join(re.escape(" ".join(part.split())) for part in re.sub(r"\s*…\s*", "…", text).split("…"))


def fits(stated, said):
    """Do these lines say what is stated?"""
    wanted = [line for line in stated.splitlines() if line.strip()]
    expression = "".join(r"(?:.*\n)*" if line.strip() == "…" else pattern(line.strip()).replace(".*", r" ?.* ?") + r"\n"
                         for line in wanted)
    text = "".join(" ".join(line.split()) + "\n" for line in said.splitlines() if line.strip())
    return re.fullmatch(expression, text) is not None


class Server:
    """Something that is left running."""

    def __init__(self, text, folder, env):
        self.text = text
        self.said = []
        self.doors = {}
        # `exec`, so that a signal reaches the program and not the shell.
        self.process = subprocess.Popen(["sh", "-c", "exec " + text], cwd=folder, env=env, text=True, errors="replace",
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        for line in self.process.stdout:
            words = line.split()
            if words[:1] == ["door"]:
                self.doors.setdefault(words[1], []).append(words[2])
            self.said.append(line)

    def is_up(self):
        if self.process.poll() is not None:
            raise Untrue(f"{self.text} ended with {self.process.returncode}: {''.join(self.said)}")
        return any(line == "ready\n" or "registered as" in line for line in list(self.said))

    def stop(self, number=None):
        """The exit status."""
        if self.process.poll() is None:
            self.process.terminate() if number is None else self.process.send_signal(number)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.thread.join()
        self.process.stdout.close()
        return self.process.returncode


class Session:
    """A reader at a machine. Use as a context manager."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="aldis-docs-")
        self.socket = os.path.join(self.folder, "aldis.sock")
        self.ports = {}  # of the page: ours
        self.servers = []
        self.said = ""  # by the latest block
        self.last_id = ""
        os.mkdir(os.path.join(self.folder, "bin"))
        os.symlink(sys.executable, os.path.join(self.folder, "bin", "python3"))
        self.env = {
            "PATH": f"{self.folder}/bin:{BINARIES}:/usr/bin:/bin",
            "HOME": self.folder,
            "ALDIS_URL": f"unix:{self.socket}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "NODE_PATH": "/usr/share/nodejs",  # where Debian keeps its packages, whoever's node it is
        }
        self.env.update({name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
                         if name in os.environ})

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            ends = [(server, server.stop()) for server in reversed(self.servers)]
            for server, status in ends:
                if kind is None and status != 0 and server.text.startswith("aldis"):
                    raise Untrue(f"{server.text} ended with {status}: {''.join(server.said)}")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _local(self, text, serves=False):
        """What is put in the place of what stands on the page: the socket, the ports, and an id."""
        text = text.replace(DEFAULT_SOCKET, self.socket)
        text = text.replace(FAMILY_SOCKET, os.path.join(self.folder, "family.sock"))
        if serves:
            text = re.sub(r":(8\d{3})\b", ":0", text)  # a free one
        else:
            for page, ours in self.ports.items():
                text = text.replace(f":{page}", f":{ours}")
        return re.sub(r"(?<=explain )ID\b", self.last_id, text)

    def _serve(self, text):
        """Start a server and wait until it is up."""
        pages = []
        if text.startswith("aldisd"):
            pages = re.findall(r":(8\d{3})\b", text) or ["8062"]
            text = self._local(text, serves=True)
            text += "" if "http.listen=" in text else " -s http.listen=127.0.0.1:0"
            text += "" if "unix.path=" in text else f" -s unix.path={self.socket}"
        else:
            text = self._local(text)
        server = Server(text, self.folder, self.env)
        self.servers.append(server)
        wait_until(server.is_up, text)
        for page, address in zip(pages, server.doors.get("http", [])):
            self.ports.setdefault(page, address.rsplit(":", 1)[1])
        wait_until(self._settled, "a primary for each target")
        return server

    def _settled(self):
        """Every target of the hub at the default socket that can have a primary has it, as a reader's would have by now."""
        if not os.path.exists(self.socket):
            return True
        electing = {channel["target"] for channel in self.get("/api/v1/channels")["channels"] if channel["candidate"]}
        return all(target["primary"] for target in self.get("/api/v1/targets")["targets"] if target["name"] in electing)

    def get(self, path):
        """The JSON at a path of the hub at the default socket."""
        with contextlib.closing(UnixHttp(self.socket)) as hub:
            hub.request("GET", path)
            return json.loads(hub.getresponse().read())

    def _run(self, block):
        """Run a row of commands in one shell, so that a later one has the variables of an earlier one."""
        script = "".join(f"{{ {self._local(command.text)}\n}} >{n}.out 2>{n}.err </dev/null\necho $? >{n}.status\n"
                         for n, command in enumerate(block))
        subprocess.run(["sh", "-c", script], cwd=self.folder, env=self.env, timeout=6 * PATIENCE, check=False)
        for n, command in enumerate(block):
            out, err, status = (self._read(f"{n}.{what}") for what in ("out", "err", "status"))
            self._compare(command, out, err, int(status or -1))

    def _read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def _compare(self, command, out, err, status):
        said = f"line {command.line}: {command.text}\nexit {status}\n{out}{err}"
        if status != command.status:
            raise Untrue(f"the page says exit {command.status}: {said}")
        if command.stated is not None and not fits(command.stated, out):
            raise Untrue(f"the page says {command.stated}: {said}")
        if command.outcome not in (None, "succeeded") and f"aldis: {command.outcome}" not in err:
            raise Untrue(f"the page says {command.outcome}: {said}")
        found = re.match(r'\{"id":"([^"]+)"', out)
        self.last_id = found.group(1) if found else self.last_id
        self.said += out if command.stated is None else ""

    def _sh(self, block):
        row, self.said = [], ""
        for command in commands(block):
            if command.text.startswith(SKIPPED):
                continue
            if SERVERS.match(command.text):
                self._run(row)
                row = []
                self._serve(command.text)
            else:
                row.append(command)
        self._run(row)

    def _keep(self, block):
        named = re.match(r"(?:#|//|/\*) ([\w.]+)", block.text)
        if not named:
            raise Untrue(f"line {block.line}: the block says no name")
        with open(os.path.join(self.folder, named.group(1)), "w", encoding="utf-8") as file:
            file.write(self._local(block.text))
        if block.tag == "ini":
            check = subprocess.run(["aldisd", "-c", named.group(1), "--check"], cwd=self.folder, env=self.env,
                                   capture_output=True, text=True, check=False)
            if check.returncode != 0:
                raise Untrue(f"line {block.line}: {check.stderr}")

    def run(self, page):
        """Run a whole page; returns how many commands there were."""
        _, blocks = split(page)
        for block in blocks:
            if block.tag == "sh":
                self._sh(block)
            elif block.tag in ("python", "ini", "c", "js"):
                self._keep(block)
            elif block.tag == "output":
                if not fits(block.text, self.said):
                    raise Untrue(f"line {block.line}: the page says\n{block.text}but there was\n{self.said}")
        return sum(len(commands(block)) for block in blocks if block.tag == "sh")
