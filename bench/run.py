"""Measure everything and write docs/performance.md: run.py --programs FOLDER --page FILE [--quick | --tiny] [--keep FILE]"""

import argparse
import dataclasses
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
import time

import figures
import page
import servers


def said(*command):
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return (result.stdout or result.stderr).strip().split("\n")[0]


def first(path, name):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith(name):
                return line.split(":", 1)[1].strip()
    return "unknown"


def commit():
    here = os.path.dirname(os.path.abspath(__file__))
    name = said("git", "-C", here, "rev-parse", "--short", "HEAD")
    changed = said("git", "-C", here, "status", "--porcelain", "--untracked-files=no", "--", "../src", "../bench")
    return (name or "unknown") + (" and changes" if changed else "")


def facts(house, effort, load_before, began):
    nats = said("nats-server", "--version") if shutil.which("nats-server") else "not installed"
    library = said("dpkg-query", "-W", "-f", "${Version}", "libnats-dev") if house.has("bench_nats") else "not built"
    memory = int(first("/proc/meminfo", "MemTotal").split()[0]) / 1048576
    return [
        ("processor", f"{first('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores"),
        ("memory", f"{memory:.0f} GiB"),
        ("kernel", f"{platform.system()} {platform.release()}"),
        ("aldis", f"{said(house.program('aldisd'), '--version')}, commit {commit()}"),
        ("NATS", f"{nats}; libnats {library}"),
        ("libuv, OpenSSL", f"{said('pkg-config', '--modversion', 'libuv')}, {said('pkg-config', '--modversion', 'openssl')}"),
        ("date", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
        ("effort", f"{effort.rounds} rounds of {effort.ms / 1000:g} s each for calls, {effort.rate_rounds} of "
                   f"{effort.rate_ms / 1000:g} s at fixed rates"
                   + (f"; everything at nice {os.nice(0)}, since the machine was shared" if os.nice(0) else "")),
        ("what else ran", f"load average {load_before:.1f} before and {os.getloadavg()[0]:.1f} after, of which the benchmark itself is "
                          f"about 2; it took {(time.monotonic() - began) / 60:.1f} minutes"),
    ]


def effort_of(words):
    if words.tiny:
        return figures.TINY
    effort = figures.QUICK if words.quick else figures.Effort()
    return dataclasses.replace(effort, rounds=words.rounds) if words.rounds else effort


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def measure(words):
    effort, began, load_before = effort_of(words), time.monotonic(), os.getloadavg()[0]
    with servers.House(words.programs) as house:
        figures.raise_descriptors(effort.idle_agents + 1000)
        found = figures.Figures(house, effort, say)
        found.prepare(shutil.which("nats-server") is not None)
        parts = found.calls(), found.rates(), found.idle(), found.fanout(), found.messages(), found.links()
        where = facts(house, effort, load_before, began)
    if words.keep:
        with open(words.keep, "w", encoding="utf-8") as file:
            json.dump({"facts": where, "calls": [[*key, value] for key, value in parts[0].items()], "rates": parts[1],
                       "idle": parts[2], "fanout": parts[3], "messages": parts[4], "links": parts[5]}, file, indent=1)
    return page.page(where, effort, *parts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    parser.add_argument("--page", required=True)
    parser.add_argument("--keep")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tiny", action="store_true")
    words = parser.parse_args()
    try:
        text, missed = measure(words)
    except servers.Trouble as trouble:
        say(f"it went wrong: {trouble}")
        return 1
    with open(words.page, "w", encoding="utf-8") as file:
        file.write(text)
    say(f"written: {words.page}")
    for figure in missed:
        say(f"floor missed: {figure}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
