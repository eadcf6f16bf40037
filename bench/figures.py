"""What is measured: each figure as rounds in which everyone has a turn, so that what else the machine does hits all alike."""

import dataclasses
import resource
import statistics
import time

import servers


@dataclasses.dataclass
class Effort:
    """How long all of it may take."""
    rounds: int = 9
    warm_ms: int = 150
    ms: int = 400
    rate_rounds: int = 3
    rate_ms: int = 2000
    idle_agents: int = 10000
    idle_seconds: int = 31
    fanout_agents: int = 50000
    fanout_count: int = 5
    rates: tuple = (1000, 10000)
    pace: dict = dataclasses.field(default_factory=dict)  # instead of by time


QUICK = Effort(rounds=3, warm_ms=80, ms=200, rate_rounds=1, rate_ms=1000, idle_agents=3000, idle_seconds=8,
               fanout_agents=8000, fanout_count=3)
# By number of commands, so that it does not matter how slow everything is.
TINY = Effort(rounds=1, warm_ms=10, ms=40, rate_rounds=1, rate_ms=40, idle_agents=20, idle_seconds=0, fanout_agents=30,
              fanout_count=2, rates=(5000,), pace={"count": 1500})

SIZES = (16, 1024)
# Messages of communicator services: 200 bytes with this value, one at a time and as many as fit a connection well.
MESSAGE_VALUE = 174
MESSAGES_IN_FLIGHT = (1, 500)
# Between a control and a host: 100 bytes, one at a time and as many as fit a connection well. An event's number is 17 of them.
LINK_SIZES = {"link": 100, "link-events": 83}
LINK_RUNS = (("link", 1), ("link", 500), ("link-events", 1000))
# name: callers' connections, in flight over each; and with libnats (callers, connections, in flight) for both sets of options.
SCENARIOS = {
    "1 synchronous caller": (1, 1, {"latency": (1, 1, 1), "throughput": (1, 1, 1)}),
    "50 synchronous callers": (50, 1, {"latency": (50, 50, 1), "throughput": (1, 1, 50)}),
    "1,000 in flight, 4 connections": (4, 250, {"latency": (4, 4, 250), "throughput": (4, 4, 250)}),
}

ALDIS_TCP, ALDIS_UNIX, RELAY_TCP, RELAY_UNIX = "aldis, TCP", "aldis, Unix socket", "relay, TCP", "relay, Unix socket"
NATS_LATENCY, NATS_THROUGHPUT = "NATS, libnats for latency", "NATS, libnats for throughput"
NATS_LEAN = "NATS, our generator"
NATS_SETS = {NATS_LATENCY: "latency", NATS_THROUGHPUT: "throughput"}


@dataclasses.dataclass
class Spread:
    """A median and what lay around it."""
    median: float
    low: float
    high: float

    @staticmethod
    def of(values):
        values = [value for value in values if value is not None]
        return Spread(statistics.median(values), min(values), max(values)) if values else None


def rate_of(report):
    return report["in_time"] / report["elapsed_us"] * 1e6 if report["elapsed_us"] else 0.0


def cpu_of(report, part="cpu_us"):
    return report["server"][part] / report["in_time"] if report["in_time"] else None


def ratio(above, below):
    """Taken within each round, whose two runs stand side by side; the median of all rounds. One rule for every figure."""
    return Spread.of([a / b for a, b in zip(above, below) if a is not None and b])


def raise_descriptors(wanted):
    """How many descriptors each process may have: as many as wanted, where we may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (max(wanted, hard), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            return limit
        except (ValueError, OSError):
            continue
    return hard


class Figures:
    def __init__(self, house, effort, say):
        self.house, self.effort, self.say = house, effort, say
        self.with_nats = False

    def prepare(self, with_nats):
        self.hub, self.hub_port, self.hub_socket = self.house.hub()
        self.with_nats = with_nats
        if with_nats:
            self.nats, self.nats_port = self.house.nats()

    def contestants(self):
        names = [ALDIS_TCP, ALDIS_UNIX, RELAY_TCP, RELAY_UNIX]
        if self.with_nats:
            names += [NATS_LEAN] + (list(NATS_SETS) if self.house.has("bench_nats") else [])
        return names

    def relayed(self, local, callers, speech="bare", **numbers):
        process, agents_at, callers_at = self.house.relay(local)
        with self.house.lasting(process):
            return self.house.load(speech, agents_at, callers_at, process.pid, callers=callers, agents=callers, **numbers)

    def once(self, name, callers, libnats=None, **numbers):
        """One run of one contestant."""
        numbers.update(self.effort.pace)
        if name in (RELAY_TCP, RELAY_UNIX):
            return self.relayed(name == RELAY_UNIX, callers, **numbers)
        if name == NATS_LEAN:
            return self.house.load("nats", self.nats_port, self.nats_port, self.nats.pid, callers=callers, **numbers)
        if name in NATS_SETS:
            settings = NATS_SETS[name]
            return self.house.nats_calls(settings, self.nats_port, self.nats.pid, *libnats[settings], numbers["size"],
                                         numbers["warm_ms"], numbers["ms"])
        place = self.hub_port if name == ALDIS_TCP else self.hub_socket
        return self.house.load("exchange", place, place, self.hub.pid, callers=callers, **numbers)

    def calls(self):
        """{(scenario, size): {contestant: [report of each round]}}"""
        found = {}
        for scenario, (callers, in_flight, libnats) in SCENARIOS.items():
            for size in SIZES:
                self.say(f"{scenario}, {size} B")
                reports = found[scenario, size] = {name: [] for name in self.contestants()}
                for _ in range(self.effort.rounds):
                    for name in reports:
                        reports[name].append(self.once(name, callers, libnats, in_flight=in_flight, size=size,
                                                       warm_ms=self.effort.warm_ms, ms=self.effort.ms))
        return found

    def messages(self):
        """Services that send each other messages: {in flight: {contestant: [report of each round]}}"""
        process, port, path = self.house.daemon()
        places = {ALDIS_TCP: port, ALDIS_UNIX: path}
        found = {}
        with self.house.lasting(process):
            for in_flight in MESSAGES_IN_FLIGHT:
                self.say(f"messages between two services, {in_flight} in flight")
                numbers = {"in_flight": in_flight, "size": MESSAGE_VALUE, "warm_ms": self.effort.warm_ms,
                           "ms": self.effort.ms, **self.effort.pace}
                found[in_flight] = {name: [] for name in (ALDIS_TCP, ALDIS_UNIX, RELAY_TCP, RELAY_UNIX)}
                for _ in range(self.effort.rounds):
                    for name, reports in found[in_flight].items():
                        if name in places:
                            reports.append(self.house.load("communicator", places[name], places[name], process.pid,
                                                           callers=1, **numbers))
                        else:
                            reports.append(self.relayed(name == RELAY_UNIX, 1, speech="communicator-bare", **numbers))
        return found

    def links(self):
        """Requests and events from a control to a host: [(speech, in flight, [report of each round])]"""
        process, port, tokens = self.house.links()
        with self.house.lasting(process):
            found = []
            for speech, in_flight in LINK_RUNS:
                self.say(f"{speech} from a control to a host, {in_flight} in flight")
                numbers = {"in_flight": in_flight, "size": LINK_SIZES[speech], "warm_ms": self.effort.warm_ms,
                           "ms": self.effort.ms, **self.effort.pace}
                found.append((speech, in_flight, [
                    self.house.load(speech, port, port, process.pid, callers=1, agents=1, target=self.house.LINK_HOST,
                                    **tokens, **numbers) for _ in range(self.effort.rounds)]))
            return found

    def rates(self):
        """{rate: {contestant: [report of each round]}}"""
        found = {}
        names = [name for name in self.contestants() if name not in NATS_SETS]
        for rate in self.effort.rates:
            self.say(f"{rate:,} commands a second")
            found[rate] = {name: [] for name in names}
            for _ in range(self.effort.rate_rounds):
                for name in names:
                    found[rate][name].append(self.once(name, 10, rate=rate, size=16, warm_ms=self.effort.warm_ms,
                                                       ms=self.effort.rate_ms))
        return found

    def idle(self):
        """Bytes of an idle agent, {who: bytes}; all servers at the same time, since none of them has anything to do."""
        n, ms = self.effort.idle_agents, (self.effort.idle_seconds + 120) * 1000
        hub, port, _ = self.house.hub()
        tls_hub, tls_port, _ = self.house.hub(self.house.certificate())
        rows = [("aldis", hub, "exchange", port, ()), ("aldis, TLS", tls_hub, "exchange", tls_port, ("--tls",))]
        if self.with_nats:
            nats, nats_port = self.house.nats()
            rows.append(("NATS", nats, "nats", nats_port, ()))
        self.say(f"memory of {n:,} idle agents")
        before = {who: servers.memory(process.pid) for who, process, *_ in rows}
        crowds = [self.house.crowd(speech, place, n, ms, *more) for _, _, speech, place, more in rows]
        time.sleep(self.effort.idle_seconds)
        found = {who: (servers.memory(process.pid) - before[who]) / n for who, process, *_ in rows}
        for process in crowds + [process for _, process, *_ in rows]:
            self.house.end(process)
        return found

    def fanout(self):
        """One command in mode `all`; gives the number of agents and the report."""
        n = min(self.effort.fanout_agents, raise_descriptors(self.effort.fanout_agents + 1000) - 1000)
        self.say(f"one command to {n:,} agents")
        hub, _, path = self.house.hub()
        with self.house.lasting(hub):
            return n, self.house.load("exchange", path, path, hub.pid, agents=n, callers=1, mode="all",
                                      count=self.effort.fanout_count, size=16)
