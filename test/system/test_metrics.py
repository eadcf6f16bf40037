"""/metrics: what monitoring reads. A small strict reader of OpenMetrics judges the form; the rest are numbers."""

import asyncio
import json
import re
import unittest

from harness import Connector, HubCase, echo, wait_until_async

OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
SAMPLE = re.compile(r'\A([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (-?[0-9.]+)\Z')
LABEL = re.compile(r'([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|\Z)')
SUFFIXES = {"counter": ["_total"], "gauge": [""], "info": ["_info"], "histogram": ["_bucket", "_count", "_sum"]}


class Family:
    def __init__(self, name, kind):
        self.name, self.kind, self.unit, self.help, self.samples = name, kind, None, None, {}


def labels_of(text):
    labels, at = [], 0
    while text and at < len(text):
        match = LABEL.match(text, at)
        assert match, f"labels: {text!r}"
        labels.append((match[1], re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], match[2])))
        at = match.end()
    assert len({name for name, _ in labels}) == len(labels), f"a label twice: {text!r}"
    return tuple(labels)


def read_metrics(text):
    """The families of an OpenMetrics text; an AssertionError for what OpenMetrics 1.0 forbids."""
    assert text.endswith("\n# EOF\n"), text[-40:]
    families, family = {}, None
    for line in text[:-len("# EOF\n")].splitlines():
        if line.startswith("# "):
            _, what, name, rest = line.split(" ", 3)
            if what == "TYPE":
                assert name not in families, f"{name} twice"
                assert rest in SUFFIXES, line
                assert not name.endswith(("_total", "_bucket", "_count", "_sum", "_info", "_created")), line
                family = families[name] = Family(name, rest)
            assert name == family.name, f"{line!r} inside {family.name}"
            if what == "UNIT":
                assert name.endswith("_" + rest) and family.unit is None, line
                family.unit = rest
            elif what == "HELP":
                assert rest and family.help is None, line
                family.help = rest
            else:
                assert what == "TYPE", line
            assert not family.samples, f"{line!r} after samples"
        else:
            match = SAMPLE.match(line)
            assert match, f"not a sample: {line!r}"
            assert match[1] in [family.name + suffix for suffix in SUFFIXES[family.kind]], f"{line!r} in {family.name}"
            key = (match[1], labels_of(match[2]))
            assert key not in family.samples, f"{line!r} twice"
            family.samples[key] = float(match[3])
            assert family.kind == "gauge" or float(match[3]) >= 0, line
    for family in families.values():
        assert family.help, family.name
        check_histogram(family)
    return families


def check_histogram(family):
    if family.kind != "histogram":
        return
    by_label = {}
    for (name, labels), value in family.samples.items():
        others = tuple(label for label in labels if label[0] != "le")
        by_label.setdefault(others, {})[(name, dict(labels).get("le"))] = value
    for samples in by_label.values():
        buckets = [(float(le.replace("+Inf", "inf")), value) for (_, le), value in samples.items() if le is not None]
        assert buckets == sorted(buckets), buckets
        assert [value for _, value in buckets] == sorted(value for _, value in buckets), buckets
        assert buckets[-1] == (float("inf"), samples[(family.name + "_count", None)]), buckets
        assert (family.name + "_sum", None) in samples


class Metrics(HubCase):
    def scrape(self, hub):
        response = hub.request("GET", "/metrics")
        self.assertEqual((response.status, response.headers["Content-Type"]), (200, OPEN))
        return read_metrics(response.body.decode())

    def value(self, families, sample_name, **labels):
        for family in families.values():
            for (sample, its_labels), value in family.samples.items():
                if sample == sample_name and dict(its_labels) == labels:
                    return value
        self.fail(f"there is no {sample_name} with {labels}")
        return None

    def test_every_counter_of_the_hub_is_there(self):
        hub = self.hub("hub.id=north")
        families = self.scrape(hub)
        state = hub.state()
        for part, counters in (("hub", state["counters"]), ("transport", state["transport"]), ("edge", state["edge"]),
                               ("dialect", state["dialects"]["exchange"]), ("door", state["doors"][0]["counters"])):
            for name in counters:
                if name not in ("connections", "streams"):
                    self.assertEqual(families[f"aldis_{part}_{name}"].kind, "counter", name)
        for name in ("aldis_connections", "aldis_streams", "aldis_targets", "aldis_channels", "aldis_commands_queued",
                     "aldis_commands_in_flight", "aldis_commands_queued_bytes", "aldis_draining"):
            self.assertEqual(families[name].kind, "gauge")
        self.assertEqual(families["aldis_transport_read_bytes"].unit, "bytes")
        self.assertEqual(families["aldis_command_duration_seconds"].unit, "seconds")
        self.assertEqual(self.value(families, "aldis_build_info", version=state["version"], hub="north",
                                    identifier="exchange"), 1)
        for door, address in hub.doors:
            self.value(families, "aldis_door_accepted_total", door=door, address=address)

    def test_who_is_there(self):
        hub = self.hub()

        async def scene():
            odd = 'a"b\\c\nd'
            async with Connector(hub.url(), target="t"), Connector(hub.url(), target="t"), \
                    Connector(hub.url(), target=odd):
                await wait_until_async(lambda: sum(c["primary"] for c in hub.get("/exchange/channels")) == 2, "primaries")
                families = self.scrape(hub)
                self.assertEqual(self.value(families, "aldis_connections"), 3)
                self.assertEqual(self.value(families, "aldis_targets"), 2)
                self.assertEqual(self.value(families, "aldis_channels", state="live"), 3)
                self.assertEqual(self.value(families, "aldis_channels_active"), 3)
                self.assertEqual(self.value(families, "aldis_channels_primary"), 2)
                self.assertEqual(self.value(families, "aldis_target_channels", target="t"), 2)
                self.assertEqual(self.value(families, "aldis_target_channels", target=odd), 1)
                self.assertEqual(self.value(families, "aldis_target_has_primary", target="t"), 1)
                self.assertGreaterEqual(self.value(families, "aldis_hub_elections_total"), 2)
                self.assertGreater(self.value(families, "aldis_transport_read_bytes_total"), 0)

        self.run_async(scene())

    def test_targets_beyond_the_bound_are_summed_up(self):
        hub = self.hub()

        async def scene():
            connectors = [Connector(hub.url(), target=f"t{n}") for n in range(260)]
            await asyncio.gather(*(connector.__aenter__() for connector in connectors))
            families = self.scrape(hub)
            samples = families["aldis_target_channels"].samples
            self.assertEqual(len(samples), 257)
            self.assertEqual(self.value(families, "aldis_target_channels", target="other"), 4)
            self.assertEqual(sum(samples.values()), 260)
            await asyncio.gather(*(connector.__aexit__(None, None, None) for connector in connectors))

        self.run_async(scene())

    def test_the_form_follows_what_is_accepted(self):
        hub = self.hub()
        prometheus = ("application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
                      "text/plain;version=0.0.4;q=0.3,*/*;q=0.2")
        for accept, expected in ((None, OPEN), ("*/*", OPEN), (prometheus, OPEN), ("application/openmetrics-text", OPEN),
                                 ("text/plain", PLAIN), ("text/plain;version=0.0.4;q=1,*/*;q=0.1", PLAIN),
                                 ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", PLAIN),
                                 ("application/json", OPEN), ("", OPEN), ("text/*;q=0.2, application/openmetrics-text;q=0",
                                                                          PLAIN)):
            with self.subTest(accept=accept):
                headers = {} if accept is None else {"Accept": accept}
                response = hub.request("GET", "/metrics", headers=headers)
                self.assertEqual(response.headers["Content-Type"], expected)
                self.assertEqual(response.headers["Vary"], "Accept")

    def test_the_older_form(self):
        hub = self.hub()
        text = hub.request("GET", "/metrics", headers={"Accept": "text/plain"}).body.decode()
        self.assertIn("# TYPE aldis_hub_elections_total counter\n", text)
        self.assertIn("# TYPE aldis_build_info gauge\n", text)
        self.assertNotIn("# EOF", text)
        self.assertNotIn("# UNIT", text)
        kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        for line in text.splitlines():
            if not line.startswith("#"):
                name = SAMPLE.match(line)[1]
                self.assertTrue(name in kinds or kinds.get(re.sub("_(bucket|count|sum)$", "", name)) == "histogram", line)

    def submit(self, hub, **members):
        response = hub.request("POST", "/api/v1/commands", {"Content-Type": "application/json"},
                               json.dumps({"target": "t", "name": "E", **members}))
        self.assertEqual(response.status, 200, response.body)

    def test_commands_by_name_and_outcome(self):
        hub = self.hub()

        def fail(command):
            return {"commandStatus": "ERROR", "errorDetails": "no"}

        async def scene():
            async with Connector(hub.url(), target="t", handlers={"E": echo, "F": fail}):
                for members in ({}, {}, {"name": "F"}, {"name": "W", "deadline_ms": 20}, {"target": "nobody"},
                                {"name": "never ran", "target": "nobody"}):
                    await asyncio.get_running_loop().run_in_executor(None, lambda m=members: self.submit(hub, **m))

        self.run_async(scene())
        families = self.scrape(hub)
        for name, outcome, n in (("E", "succeeded", 2), ("F", "failed", 1), ("W", "expired", 1), ("E", "refused", 1),
                                 ("other", "refused", 1), ("F", "succeeded", 0)):
            self.assertEqual(self.value(families, "aldis_commands_total", name=name, outcome=outcome), n, name)
        names = {dict(labels)["name"] for _, labels in families["aldis_commands"].samples}
        self.assertEqual(names, {"E", "F", "W", "other"})
        self.assertEqual(self.value(families, "aldis_command_duration_seconds_count", outcome="succeeded"), 2)
        self.assertEqual(self.value(families, "aldis_command_duration_seconds_bucket", outcome="expired", le="0.01"), 0)
        self.assertEqual(self.value(families, "aldis_command_duration_seconds_bucket", outcome="expired", le="60.0"), 1)
        self.assertGreaterEqual(self.value(families, "aldis_command_duration_seconds_sum", outcome="expired"), 0.02)
        for outcome in ("succeeded", "failed", "expired", "refused"):
            self.assertEqual(sum(value for (_, labels), value in families["aldis_commands"].samples.items()
                                 if dict(labels)["outcome"] == outcome),
                             self.value(families, f"aldis_hub_commands_{outcome}_total"), outcome)

    def test_names_of_commands_are_bounded(self):
        hub = self.hub()

        async def scene():
            names = [f"name{n}" for n in range(300)]
            async with Connector(hub.url(), target="t", handlers={name: echo for name in names}), \
                    Connector(hub.url(), extended=True) as caller:
                for name in names:
                    await caller.command(name, {}, to="t")

        self.run_async(scene())
        samples = self.scrape(hub)["aldis_commands"].samples
        self.assertEqual(len({dict(labels)["name"] for _, labels in samples}), 257)
        self.assertEqual(sum(samples.values()), 300)
        self.assertEqual(self.value(self.scrape(hub), "aldis_commands_total", name="other", outcome="succeeded"), 44)

    def test_it_can_only_be_read(self):
        hub = self.hub()
        response = hub.request("POST", "/metrics")
        self.assertEqual((response.status, response.headers["Allow"]), (405, "GET, HEAD"))


if __name__ == "__main__":
    unittest.main()
