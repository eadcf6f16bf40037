"""docs/performance.md, out of what was measured."""

import figures
from figures import (ALDIS_TCP, ALDIS_UNIX, NATS_LEAN, NATS_SETS, RELAY_TCP, RELAY_UNIX, SIZES, SCENARIOS, Spread, cpu_of,
                     rate_of, ratio)

SYNC, FIFTY, FLIGHT = SCENARIOS
KIB = 1024

# Said where a figure misses its floor or its aim.
REASONS = {
    "sync": "System calls and wake-ups are those of the relay, two reads, two writes and two waits a call; what is added is "
            "reading, deciding and writing two frames, and code and data that went cold while the hub slept.",
    "fifty": "Against libnats the distance is its threads; where it is small, the kernel's part of a call (one read and one "
             "write for each of the 50 connections) is most of what both servers do.",
    "flight": "Here everything is the hub's own work and nothing waits for the kernel. A call passes two frames in and two "
              "out, about 13,000 instructions: reading and checking JSON, a record with a deadline, a story and an id that can "
              "be asked for afterwards. NATS forwards two lines of text, keeps nothing, and uses both cores.",
    "cpu": "About 13,000 instructions a call (callgrind), spread thinly: reading JSON, tables and hashes, writing frames, the rest "
           "in steps of a hundred or two; and dozens of lines of memory that left the near caches since they were last used, "
           "for a thousand commands in flight and ten thousand remembered hold 15 MB. Taking messages through each half of the "
           "way sixteen at a time was tried and cost a tenth more; so did smaller reads.",
    "idle": "It is the connection, its WebSocket, dialect, party and channel, and their places in tables.",
    "messages": "Both services live in one process, whose one thread reads and writes both ends.",
    "links": "Control and host live in one process, whose one thread reads and writes both ends. Each message is read, numbered, "
             "written and kept until it is acknowledged, and a request has a record and an outcome besides.",
    "fanout": "Each member has a record and an outcome of its own, and the answer lists them all.",
}


def number(value, digits=0):
    return f"{value:,.{digits}f}"


def spread(value, digits=0, unit=""):
    if value is None:
        return "–"
    return f"{number(value.median, digits)}{unit} ({number(value.low, digits)} – {number(value.high, digits)})"


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def label(size):
    return "1 KiB" if size == KIB else f"{size} B"


def rates(reports):
    return [rate_of(report) for report in reports]


def times(reports):
    """How long a call takes: the median of each round, which others on the machine hardly move."""
    return [report["latency_us"]["p50"] for report in reports]


class Judge:
    """Each figure beside its floor and its aim."""

    def __init__(self):
        self.rows, self.missed, self.why = [], [], {}

    def add(self, figure, measured, floor, aim, unit, least, reason):
        """`least`: larger is better; else smaller is."""
        if measured is None:
            self.rows.append([figure, "not measured", f"{floor:g}{unit}", f"{aim:g}{unit}", ""])
            return
        value = measured.median
        passes = [value >= bound if least else value <= bound for bound in (floor, aim)]
        verdict = "aim reached" if passes[1] else "floor kept, aim missed" if passes[0] else "**floor missed**"
        if not passes[1]:
            self.why.setdefault(reason, []).append(figure)
        if not passes[0]:
            self.missed.append(figure)
        self.rows.append([figure, spread(measured, 2, unit), f"{floor:g}{unit}", f"{aim:g}{unit}", verdict])

    def show(self, figure, measured, unit, remark):
        """One that has no floor."""
        self.rows.append([figure, spread(measured, 2, unit), "", "", remark])


def best_libnats(found):
    names = [name for name in NATS_SETS if name in found]
    return max(names, key=lambda name: Spread.of(rates(found[name])).median) if names else None


def cpu_figure(name, size):
    return f"{FLIGHT}, {name.removeprefix('aldis, ')}, {label(size)}: processor time of the hub a call"


def cpu_in_flight(calls, size, name):
    return Spread.of([cpu_of(report) for report in calls[FLIGHT, size][name]])


def judge_calls(judge, calls):
    for size in SIZES:
        found = calls[SYNC, size]
        for ours, relay in ((ALDIS_TCP, RELAY_TCP), (ALDIS_UNIX, RELAY_UNIX)):
            judge.add(f"one synchronous caller, {ours.removeprefix('aldis, ')}, {label(size)}: time of a call against the relay",
                      ratio(times(found[ours]), times(found[relay])), 1.6, 1.3, " times", False, "sync")
    for scenario, floor, aim, reason in ((FIFTY, 1.5, 2, "fifty"), (FLIGHT, 1, 1.5, "flight")):
        for size in SIZES:
            found = calls[scenario, size]
            for other in (best_libnats(found), NATS_LEAN if NATS_LEAN in found else None):
                if other is not None:
                    judge.add(f"{scenario}, {label(size)}: calls a second against {other}",
                              ratio(rates(found[ALDIS_TCP]), rates(found[other])), floor, aim, " times", True, reason)
    small, *larger = SIZES
    for name in (ALDIS_TCP, ALDIS_UNIX):
        judge.add(cpu_figure(name, small), cpu_in_flight(calls, small, name), 2, 1.33, " µs", False, "cpu")
        for size in larger:
            others = [other for other in (RELAY_TCP, NATS_LEAN, best_libnats(calls[FLIGHT, size])) if other in calls[FLIGHT, size]]
            judge.show(cpu_figure(name, size), cpu_in_flight(calls, size, name), " µs", "for comparison: " + "; ".join(
                f"{other} {number(cpu_in_flight(calls, size, other).median, 1)} µs" for other in others))


def judge_rest(judge, idle, fanout):
    n, report = fanout
    bytes_each = idle["aldis"] / KIB
    judge.add("an idle agent, plain", Spread(bytes_each, bytes_each, bytes_each), 6, 4, " KiB", False, "idle")
    seconds = report["latency_us"]["p50"] / 1e6 * (50000 / n)
    worst = report["latency_us"]["max"] / 1e6 * (50000 / n)
    name = "one command to 50,000 agents, all answers in"
    if n != 50000:
        name += f" (measured with {n:,}, scaled)"
    judge.add(name, Spread(seconds, seconds, worst), 5, 2, " s", False, "fanout")


# What the original does on a machine of 2 cores, messages a second; and its round trip is 0.18 and 0.15 ms (communicator.md 14.7).
ORIGINAL = {ALDIS_TCP: 23000, ALDIS_UNIX: 32000}


def messages_of(reports):
    """A round trip is two messages."""
    return [2 * rate for rate in rates(reports)]


def judge_messages(judge, found):
    one, many = figures.MESSAGES_IN_FLIGHT
    for name, relay in ((ALDIS_TCP, RELAY_TCP), (ALDIS_UNIX, RELAY_UNIX)):
        way = name.removeprefix("aldis, ")
        judge.add(f"messages of 200 B between two communicator services, {way}: a second, against the original's {ORIGINAL[name]:,}",
                  Spread.of([each / ORIGINAL[name] for each in messages_of(found[many][name])]), 5, 10, " times", True, "messages")
        judge.add(f"a message of 200 B and one back, {way}: time against the relay",
                  ratio(times(found[one][name]), times(found[one][relay])), 1.6, 1.3, " times", False, "sync")


def part_messages(found):
    text = ("A round trip is a message of 200 B from one service to another and one back. The original's figures are those of its "
            "own machine of two cores; all others are of this run.\n")
    for in_flight, reports in found.items():
        rows = [[name, spread(Spread.of(messages_of(each))), spread(Spread.of([cpu_of(report) / 2 for report in each]), 2),
                 *(number(Spread.of([report["latency_us"][at] for report in each]).median) for at in ("p50", "p99"))]
                for name, each in reports.items()]
        text += f"\n### {in_flight} in flight\n\n"
        text += table(["between", "messages a second", "server's CPU a message, µs", "round trip, median, µs", "99 %, µs"], rows)
    return text


# What the original does for a control and a host on a machine of 2 cores: round trips and events a second, and the time of one
# round trip in microseconds (link.md 9).
ORIGINAL_LINKS = {"link": 31000, "link-events": 65000}
ORIGINAL_LINK_US = 140
LINK_WORDS = {"link": "requests of 100 B from a control to a host and back", "link-events": "events of 100 B from a control to a host"}


def judge_links(judge, found):
    for speech, in_flight, reports in found:
        if in_flight == 1:
            judge.show("a request of 100 B from a control to a host and back, one at a time", Spread.of(times(reports)), " µs",
                       f"for comparison: the original {ORIGINAL_LINK_US} µs")
        else:
            original = ORIGINAL_LINKS[speech]
            judge.add(f"{LINK_WORDS[speech]}, {in_flight} in flight: a second, against the original's {original:,}",
                      Spread.of([rate / original for rate in rates(reports)]), 5, 10, " times", True, "links")


def part_links(found):
    rows = [[LINK_WORDS[speech], str(in_flight), spread(Spread.of(rates(reports))),
             spread(Spread.of([cpu_of(report) for report in reports]), 2),
             *(number(Spread.of([report["latency_us"][at] for report in reports]).median) for at in ("p50", "p99"))]
            for speech, in_flight, reports in found]
    return ("The hub forwards between one control and one host, over TCP. The original's figures are those of its own machine of "
            "two cores, with a load in JavaScript. An event's time is that until the host has it.\n\n"
            + table(["what", "in flight", "a second", "hub's CPU of each, µs", "median, µs", "99 %, µs"], rows))


def part_verdict(judge):
    text = table(["figure", "measured", "floor", "aim", ""], judge.rows)
    if judge.missed:
        text += "\n**Floors that are missed:** " + "; ".join(judge.missed) + ".\n"
    if judge.why:
        text += "\nWhy what is short of its aim is so:\n\n"
        text += "".join(f"- {'; '.join(names)}. {REASONS[reason]}\n" for reason, names in judge.why.items())
    return text


def part_calls(calls):
    text = ""
    for (scenario, size), found in calls.items():
        rows = []
        for name, reports in found.items():
            split = [Spread.of([cpu_of(report, part) for report in reports]) for part in ("user_us", "system_us")]
            rows.append([name, spread(Spread.of(rates(reports))), spread(Spread.of([cpu_of(report) for report in reports]), 1),
                         " + ".join("–" if part is None else number(part.median, 1) for part in split),
                         *(number(Spread.of([report["latency_us"][at] for report in reports]).median)
                           for at in ("p50", "p99"))])
        text += f"\n### {scenario}, {label(size)}\n\n"
        text += table(["server", "calls a second", "server's CPU a call, µs", "of it user + system", "median, µs", "99 %, µs"], rows)
    return text


def part_rates(found):
    text = ""
    for rate, reports in found.items():
        rows = []
        for name, each in reports.items():
            rows.append([name] + [spread(Spread.of([report["latency_us"][at] for report in each]))
                                  for at in ("p50", "p90", "p99", "p999", "max")])
        text += f"\n{rate:,} commands a second, 16 B, over 10 connections, microseconds:\n\n"
        text += table(["server", "50 %", "90 %", "99 %", "99.9 %", "largest"], rows)
    return text


def part_idle(idle, effort):
    rows = [[who, f"{value / KIB:,.1f} KiB"] for who, value in idle.items()]
    return (f"{effort.idle_agents:,} connections that registered or subscribed and then said nothing but what keeps them alive, "
            f"over TCP; memory of the server by VmRSS before and {effort.idle_seconds} s after the last had come, divided by "
            "their number. Every aldis agent was pinged each 5 s meanwhile; nats-server asks after 2 minutes only.\n\n"
            + table(["server", "memory of each"], rows))


def part_fanout(fanout):
    n, report = fanout
    latency = report["latency_us"]
    return (f"One command in mode `all` to {n:,} agents over Unix sockets, {report['succeeded']} times one after the other: all "
            f"answers were in after {latency['p50'] / 1e6:.2f} s (median; the longest {latency['max'] / 1e6:.2f} s). They "
            f"connected and registered in {report['connecting_us'] / 1e6:.1f} s. The agents live in one process on the same "
            "cores, so their work is part of it.\n")


HOW = """\
- **aldis** is `aldisd` as `./dev build` makes it, with its defaults: optimised as a whole, and laid out by what ran most under a
  few seconds of load (`bench/train.sh`), which was of the kinds measured here. Callers and agents speak exchange with the extension
  ([wire-extension.md](wire-extension.md)); the agent answers with the payload it got.
- **relay** is `bench/relay.c`: on the same loop, the bytes of each caller's connection are written to an agent's and back,
  nothing is parsed. It gets the same frames. Each caller needs an agent's connection of its own there, where a hub has one for all.
- **NATS** is Debian's nats-server with its defaults, over TCP: it has no Unix sockets. *Our generator* speaks its protocol with
  the same program that loads aldis and the relay, so that servers are compared and nothing else; requests and replies go to
  inboxes below one wildcard subscription a connection, and responders share a queue group. *libnats* is what a C program
  gets: *for latency* with `natsOptions_SetSendAsap(true)`, and, for synchronous callers, `natsConnection_Request()` in a thread
  and a connection each; *for throughput* without it, with `natsOptions_UseGlobalMessageDelivery(true)` on one delivery
  thread, requests published asynchronously with `natsConnection_PublishRequest()` and the next one sent from the
  subscription's callback. There the 50 callers share one connection, which is the best case for it.
- Callers and agents of a run live in one process with one thread (`src/load/`), which prepares its frames once and recognises
  answers by their place: it makes the same system calls as the hub and does less between them (with 1,000 in flight 2,600
  instructions a call for both sides, the hub 13,000; counted with callgrind). libnats has a process for the
  responder and one for the callers, each with threads of its own.
- Everyone has a turn in each round, one after the other. A figure is the median of all rounds, in parentheses the lowest and the
  highest; a ratio is taken within each round, and is the median of these.
- The floor of 2 µs of processor time a call is taken for the small payload: at 1 KiB the kernel's copies and three passes over
  the payload each way (unmasking, checking, copying) come on top, and they grow with the payload, whoever the server is.
- Processor time is that of the server alone, from `/proc` (`schedstat` of its threads; user and system from `stat`, in ticks of
  10 ms).
- The fixed rates have no coordinated omission: the instant of every command is fixed before the first is sent, and its
  latency counts from there, however late we or the server were. Buckets are 1/64 wide.
- The payload is a JSON string of 16 B or 1 KiB with its quotes; NATS carries the same bytes. With its envelope a command of
  16 B is about 150 bytes of aldis's protocol and 70 of NATS's.
"""


def page(facts, effort, calls, rates_found, idle, fanout, messages, links):
    judge = Judge()
    judge_calls(judge, calls)
    judge_rest(judge, idle, fanout)
    judge_messages(judge, messages)
    judge_links(judge, links)
    parts = [
        "# Performance\n\nWritten by `./dev bench`, which measures everything on this page in one run; `aldis bench` measures a "
        "hub of yours. Absolute numbers say what this machine does; the ratios say what aldis does.\n",
        "## Where\n\n" + table(["", ""], [[name, value] for name, value in facts]),
        "## Floors and aims\n\n" + part_verdict(judge),
        "## How it was measured\n\n" + HOW,
        "## Calls\n" + part_calls(calls),
        "## Latency at a fixed rate\n" + part_rates(rates_found),
        "## Memory of an idle agent\n\n" + part_idle(idle, effort),
        "## Messages between services\n\n" + part_messages(messages),
        "## Requests and events between links\n\n" + part_links(links),
        "## One command to many agents\n\n" + part_fanout(fanout),
    ]
    return "\n".join(parts), judge.missed
