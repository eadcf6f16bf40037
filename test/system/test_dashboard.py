"""The dashboard, in a real browser: what it shows, what can be done with it, and that nothing outside can use it."""

import asyncio
import hashlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import unittest
from contextlib import asynccontextmanager

from browser import Chromium, Page
from harness import Connector, Hub, HubCase, binary, echo, wait_until, wait_until_async

SIZES = ((1280, 800), (360, 740))
HOSTILE = "<img src=x onerror=window.broken=1>"

# Every text that can be seen, against the ground it stands on, with the colours that the browser computed (WCAG 2.1,
# 1.4.3); and the edge of every field against what is around it (1.4.11). Gives what is too faint.
FAINT = """(() => {
    const parse = (text) => {
        const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
        return [r, g, b, a];
    };
    const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
    const light = (rgb) => {
        const [r, g, b] = rgb.map((c) => (c / 255 <= 0.03928 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (a, b) => {
        const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
        return (high + 0.05) / (low + 0.05);
    };
    const ground = (node) => {
        const layers = [];
        for (let at = node; at !== null; at = at.parentElement) {
            layers.unshift(parse(getComputedStyle(at).backgroundColor));
        }
        return layers.reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
    };
    const faint = [];
    let seen = 0;
    for (const node of document.body.querySelectorAll("*")) {
        const texts = [...node.childNodes].filter((one) => one.nodeType === 3 && one.data.trim() !== "");
        const box = node.getBoundingClientRect();
        const field = ["INPUT", "TEXTAREA", "SELECT"].includes(node.tagName) && node.type !== "checkbox";
        const unseen = !node.checkVisibility() || box.width < 2 || node.closest("noscript, option, .skip");
        if (unseen || (texts.length === 0 && !field)) {
            continue;
        }
        const style = getComputedStyle(node);
        const here = ground(node);
        const colours = [style.color, ...(node.placeholder ? [getComputedStyle(node, "::placeholder").color] : [])];
        seen++;
        for (const colour of colours) {
            const found = ratio(over(parse(colour), here), here);
            if (found < 4.5 && !node.disabled) {
                const text = (texts[0]?.data ?? node.placeholder).trim();
                faint.push(`${node.tagName}.${node.className} "${text}" ${found.toFixed(2)}`);
            }
        }
        if (field && ratio(parse(style.borderTopColor), ground(node.parentElement)) < 3) {
            faint.push(`edge of ${node.id}`);
        }
    }
    return { seen, faint };
})()"""

# What sticks out of the page at the right. What scrolls in a box of its own may.
WIDE = """(() => {
    const width = document.documentElement.clientWidth;
    const boxed = (node) => node.closest("pre, .unseen, thead, svg, .skip") !== null;
    const out = [...document.querySelectorAll("body *")]
        .filter((node) => !boxed(node) && node.checkVisibility() && node.getBoundingClientRect().right > width + 0.5)
        .map((node) => `${node.tagName}.${node.className}`);
    return { page: document.documentElement.scrollWidth - width, out };
})()"""



@asynccontextmanager
async def agent(hub, target, handlers=None, **options):
    async with Connector(hub.url(), target=target, handlers=handlers or {"signal": echo}, **options) as connector:
        yield connector


class Assets(HubCase):
    """Without a browser: what is served, and what is not."""

    def names(self, hub):
        front = hub.request("GET", "/").body.decode()
        names = set(re.findall(r'(?:src|href)="assets/([\w.]+)"', front))
        for name in list(names):
            if name.endswith(".js"):
                names |= self.imports(hub, name, set())
        return sorted(names)

    def imports(self, hub, name, known):
        known.add(name)
        for other in re.findall(r'from "\./([\w.]+)"', hub.request("GET", f"/assets/{name}").body.decode()):
            if other not in known:
                self.imports(hub, other, known)
        return known

    def test_each_file_is_served_as_what_it_is_and_kept_until_it_changes(self):
        hub = self.hub()
        types = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
                 "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
        names = self.names(hub)
        self.assertIn("style.css", names)
        self.assertIn("console.js", names)
        for path in ["/", *(f"/assets/{name}" for name in names)]:
            with self.subTest(path=path):
                got = hub.request("GET", path)
                self.assertEqual(got.status, 200)
                self.assertEqual(got.headers["Content-Type"], types[path.rpartition(".")[2] if path != "/" else "html"])
                policy = got.headers["Content-Security-Policy"]
                self.assertIn("default-src 'none'", policy)
                self.assertNotIn("unsafe", policy)
                self.assertEqual(got.headers["X-Content-Type-Options"], "nosniff")
                self.assertEqual(got.headers["Referrer-Policy"], "no-referrer")
                self.assertEqual(got.headers.get_all("Cache-Control"), ["no-cache"])
                etag = got.headers["ETag"]
                self.assertRegex(etag, r'\A"[0-9a-f]{32}"\Z')
                for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
                    again = hub.request("GET", path, headers={"If-None-Match": known})
                    self.assertEqual((again.status, again.body, again.headers["ETag"]), (304, b"", etag))
                    self.assertNotIn("Content-Length", again.headers)
                self.assertEqual(hub.request("GET", path, headers={"If-None-Match": '"other"'}).status, 200)
                head = hub.request("HEAD", path)
                self.assertEqual((head.status, head.body), (200, b""))
                self.assertEqual(head.headers["Content-Length"], str(len(got.body)))
                post = hub.request("POST", path, body=b"x")
                self.assertEqual((post.status, post.headers["Allow"]), (405, "GET, HEAD"))

    def test_nothing_else_is_served(self):
        hub = self.hub()
        for name in ("", "nothing", "app", "APP.JS", "app.js/", "table.cmake", "../app.js", "..%2Fapp.js",
                     "%2e%2e/app.js",
                     "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "../../../../etc/passwd", "./app.js", "app.js%00", "%00",
                     "app.js%20",
                     "..\\app.js", "%5c..%5capp.js", "%252e%252e/app.js", "//app.js", "x" * 5000):
            with self.subTest(name=name[:40]):
                response = hub.request("GET", f"/assets/{name}")
                self.assertEqual(response.status, 404)
                self.assertEqual(response.headers["Content-Type"], "application/problem+json")
                self.assertNotIn(b"root:", response.body)
        self.assertEqual(hub.request("GET", "/assets").status, 404)
        self.assertEqual(hub.request("GET", "/assets/%zz").status, 400)

    def test_no_file_names_an_address_outside(self):
        hub = self.hub()
        for path in ["/", *(f"/assets/{name}" for name in self.names(hub))]:
            text = hub.request("GET", path).body.decode().replace("http://www.w3.org/2000/svg", "")
            with self.subTest(path=path):
                self.assertEqual(re.findall(r"\w+://|@import|url\(", text), [])
                unwanted = r"innerHTML|outerHTML|insertAdjacent|\beval\b|localStorage|cookie"
                self.assertEqual(re.findall(unwanted, text), [])

    def test_stories_are_explained_in_the_words_of_aldis_explain(self):
        root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src")
        with open(os.path.join(root, "cli", "explain.c"), encoding="utf-8") as file:
            spoken = re.findall(r'\{"([^"]+)", "([^"]+)"\}', file.read())
        with open(os.path.join(root, "mgmt", "dashboard", "words.js"), encoding="utf-8") as file:
            shown = re.findall(r'\["([^"]+)", "([^"]+)"\]', file.read())
        self.assertGreater(len(spoken), 10)
        self.assertEqual(shown, spoken)


class Dashboard(HubCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Chromium().start()
        cls.addClassCleanup(cls.browser.stop)

    @asynccontextmanager
    async def page(self, hub, clean=True, **options):
        """The dashboard, live. At its end nothing may have gone wrong in it, nor anything asked for elsewhere."""
        async with Page(self.browser, **options) as page:
            await page.goto(f"http://127.0.0.1:{hub.port}/")
            yield page
            if clean:
                self.assertEqual(page.console, [])
            for url in page.requests:
                self.assertTrue(url.startswith((f"http://127.0.0.1:{hub.port}/", "about:")), url)

    async def live(self, page):
        await page.until("document.querySelector('#state')?.innerText === 'live'",
                         "the page to be live, with its stream")

    async def send(self, page, target, name, payload="", mode="any", deadline="30s"):
        """Fill in the form and send it, as somebody at the keyboard would; gives the selector of what it became."""
        await page.choose("#mode", mode)
        for field, text in (("target", target), ("name", name), ("payload", payload), ("deadline", deadline)):
            await page.type(f"#{field}", text)
        before = await page.value("document.querySelectorAll('.run').length")
        await page.press("Enter", 2)
        await page.until(f"document.querySelectorAll('.run').length === {before + 1}", "the command to be taken")
        return f".run[data-id='{await page.value('document.querySelector(`.run`).dataset.id')}']"

    async def outcome(self, page, run):
        return await page.until(
            f"(document.querySelector(\"{run} .badge:not(.is-open)\") ?? {{}}).innerText", "the outcome")

    def looks_right(self, found, wide):
        self.assertGreater(found["seen"], 30)
        self.assertEqual(found["faint"], [])
        self.assertEqual(wide, {"page": 0, "out": []})

    def test_a_command_is_typed_sent_and_its_outcome_read(self):
        """At both widths, light and dark: nothing scrolls sideways, everything can be read."""
        hub = self.hub()

        async def scene(width, height, dark):
            async with agent(hub, "lamp"), self.page(hub, width=width, height=height, dark=dark) as page:
                await self.live(page)
                self.assertEqual(await page.value("matchMedia('(prefers-color-scheme: dark)').matches"), dark)
                await page.until_text("#targets", "lamp")
                await page.until("[...document.querySelectorAll('#targets-known *')].some((o) => o.value === 'lamp')",
                                 "the target among those that are offered")
                run = await self.send(page, "lamp", "signal", '{"letters": "SOS", "big": 12345678901234567890}')
                self.assertEqual(await self.outcome(page, run), "succeeded")
                await page.until_text(f"{run} pre", '{"letters":"SOS","big":12345678901234567890}')
                for step in ("submitted", "sent", "succeeded"):
                    await page.until_text(f"{run} .story", step)
                await page.until_text(".activity", "signal → lamp")
                await page.click(".activity button.entry")
                await page.until_text(".activity .detail", "the hub has it")
                await page.until_text(".tile:nth-child(4) .value", "1")
                self.looks_right(await page.value(FAINT), await page.value(WIDE))
                if "ALDIS_SHOTS" in os.environ:
                    name = f"{width}-{'dark' if dark else 'light'}.png"
                    await page.screenshot(os.path.join(os.environ["ALDIS_SHOTS"], name))

        for width, height in SIZES:
            for dark in (False, True):
                with self.subTest(width=width, dark=dark):
                    self.run_async(scene(width, height, dark))

    def test_flags_are_listed_while_there_are_any(self):
        folder = tempfile.TemporaryDirectory(prefix="aldis-flags-")
        self.addCleanup(folder.cleanup)
        hub = self.hub(f"communicator.flags_dir={folder.name}")
        seen = "document.querySelector('#flags').checkVisibility()"

        def flag(*words):
            subprocess.run([binary("aldis"), "flag", *words, "--dir", folder.name], check=True, stderr=subprocess.DEVNULL)

        async def scene(width, height, dark):
            async with self.page(hub, width=width, height=height, dark=dark) as page:
                await self.live(page)
                self.assertFalse(await page.value(seen))
                flag("raise", "deck", "disk", "full", "low", "-p", "7")
                flag("raise", "lamp-7", "lens", "dirty", f"wipe it:\n{HOSTILE}", "-p", "60", "--manual", "-t", "optics")
                flag("raise", "lamp-7", "lens", "dirty", f"wipe it:\n{HOSTILE}", "-p", "60", "--manual", "-t", "optics")
                with open(os.path.join(folder.name, "a_b_torn.flag"), "w", encoding="ascii"):
                    pass
                await page.until(seen, "the flags to be shown")
                await page.until("document.querySelectorAll('#flags-list li').length === 3", "all of them")
                await page.until_text("#flags-summary", "2 raised, 1 urgent")
                await page.until_text("#flags-list li.urgent:nth-child(1)", HOSTILE)
                await page.until_text("#flags-list li:nth-child(1)", "lamp-7 lens dirty")
                await page.until_text("#flags-list li:nth-child(1) .when", "2 times, to be lowered by hand")
                await page.until_text("#flags-list li:nth-child(2):not(.urgent)", "deck disk full")
                await page.until_text("#flags-list li:nth-child(3)", "cannot be read: it has no unit")
                self.assertIsNone(await page.value("window.broken ?? null"))
                self.looks_right(await page.value(FAINT), await page.value(WIDE))
                for words in (("deck", "disk", "full"), ("lamp-7", "lens", "dirty"), ("a", "b", "torn")):
                    flag("lower", *words)
                await page.until(f"!{seen}", "the list to be gone")

        for width, height in SIZES:
            for dark in (False, True):
                with self.subTest(width=width, dark=dark):
                    self.run_async(scene(width, height, dark))

    def test_other_hubs_are_drawn_while_there_are_any(self):
        """At both widths, light and dark; and they go when the link does."""
        seen = "document.querySelector('#map').checkVisibility()"

        async def scene(width, height, dark):
            hub = self.hub("hub.id=near")
            far = Hub("hub.id=far", f"hub.peers=unix:{hub.unix}", clean=False)
            self.addCleanup(far.__exit__, None, None, None)
            async with self.page(hub, width=width, height=height, dark=dark) as page:
                await self.live(page)
                self.assertFalse(await page.value(seen))
                await asyncio.get_running_loop().run_in_executor(None, far.start)
                await page.until(seen, "the hubs to be shown")
                await page.until("document.querySelectorAll('#map-picture .map-node').length === 2", "both of them")
                await page.until_text("#map-list li:nth-child(1)", "near")
                await page.until_text("#map-list li:nth-child(2)", "1 link away")
                self.looks_right(await page.value(FAINT), await page.value(WIDE))
                await asyncio.get_running_loop().run_in_executor(None, far.kill)
                await page.until(f"!{seen}", "the picture to be gone")

        for width, height in SIZES:
            for dark in (False, True):
                with self.subTest(width=width, dark=dark):
                    self.run_async(scene(width, height, dark))

    def test_many_flags_do_not_fill_the_page(self):
        folder = tempfile.TemporaryDirectory(prefix="aldis-flags-")
        self.addCleanup(folder.cleanup)
        for i in range(20):
            with open(os.path.join(folder.name, f"u_s_n{i}.flag"), "w", encoding="ascii") as file:
                file.write(f"unit=u\nsection=s\nname=n{i}\nmessage=m\n")
        hub = self.hub(f"communicator.flags_dir={folder.name}")

        async def scene():
            async with self.page(hub) as page:
                await self.live(page)
                await page.until_text("#flags-more", "15 more flags")
                self.assertEqual(await page.value("document.querySelectorAll('#flags-list li').length"), 5)
                await page.click("#flags-more")
                await page.until("document.querySelectorAll('#flags-list li').length === 20", "all of them")

        self.run_async(scene())

    def test_the_states_arrive_while_it_runs_and_it_can_be_taken_back(self):
        hub = self.hub()
        slow = subprocess.Popen([binary("aldis"), "-H", f"ws://127.0.0.1:{hub.port}", "agent", "--target", "press",
                                 "--on", "burn=sleep 60"], stderr=subprocess.DEVNULL)
        self.addCleanup(slow.wait)
        self.addCleanup(slow.send_signal, signal.SIGTERM)
        wait_until(lambda: hub.channels("press"), "the agent")

        async def scene():
            async with self.page(hub) as page:
                await self.live(page)
                run = await self.send(page, "press", "burn")
                await page.until_text(f"{run} .steps .now", "running")
                await page.until_text(".tile:nth-child(3) .value", "1")
                await page.click(f"{run} .cancel")
                self.assertEqual(await self.outcome(page, run), "cancelled")
                await page.until_text(f"{run} .facts", "taken_back")
                self.assertFalse(await page.value(f"document.querySelector(\"{run} .cancel\").checkVisibility()"))

        self.run_async(scene())

    def test_every_outcome_says_why(self):
        hub = self.hub()
        handlers = {"break": lambda command: {"commandStatus": "ERROR", "errorDetails": "the shutter is stuck"},
                    "signal": echo}

        async def scene():
            pair = agent(hub, "pair"), agent(hub, "pair")
            async with agent(hub, "lamp", handlers) as one, pair[0], pair[1], self.page(hub) as page:
                await self.live(page)
                run = await self.send(page, "lamp", "break")
                self.assertEqual(await self.outcome(page, run), "failed")
                await page.until_text(f"{run} .facts", "the shutter is stuck")
                run = await self.send(page, "nobody", "signal")
                self.assertEqual(await self.outcome(page, run), "refused")
                await page.until_text(f"{run} .facts", "no_target")
                run = await self.send(page, "lamp", "silence", deadline="200ms")
                self.assertEqual(await self.outcome(page, run), "expired")
                run = await self.send(page, "pair", "signal", '"both"', mode="all")
                self.assertEqual(await self.outcome(page, run), "succeeded")
                await page.until(f"document.querySelectorAll(\"{run} .members tbody tr\").length === 2", "both members")
                await page.until("""['.tile:nth-child(1) .main', '.tile:nth-child(1) .bad',
                    '.tile:nth-child(2) .main'].every(
                    (one) => document.querySelector(one).getAttribute('d'))""", "what was drawn of it")
                self.assertRegex(await page.value("document.querySelector('.tile:nth-child(2) svg').ariaLabel"),
                                 r"\ALatency, median: .*, over three minutes\Z")
                await page.choose("#activity-kind", "bad")
                await page.until("document.querySelectorAll('.activity li').length === 3", "those that did not succeed")
                await page.type("#activity-filter", "stuck")
                await page.until("document.querySelectorAll('.activity li').length === 1", "the one with that word")
                self.assertEqual(len(one.commands), 2)

        self.run_async(scene())

    def test_the_form_says_what_is_wrong_while_one_types(self):
        hub = self.hub()

        async def scene():
            async with agent(hub, "lamp") as one, self.page(hub) as page:
                await self.live(page)
                for text, says in (('{"a": 1,}', "line 1, column 9: a member name in quotes is expected"),
                                   ('[1,\n 2', "line 2, column 3: the text ends where a comma or ] is expected"),
                                   ("01", "line 1, column 2: nothing more is expected"),
                                   ('"a\\x"', "line 1, column 3: no such escape"), ("nul", "a value is expected"),
                                   ('{"a" 1}', "a colon is expected"), ("-", "a number needs a digit"),
                                   ("{}", "JSON, 2 B"),
                                   ('  [1.5e3, "ü\\n", null]  ', "JSON, 21 B"), ("", "none")):
                    await page.type("#payload", text)
                    await page.until_text("#payload-state", says)
                    wrong = await page.value("document.querySelector('#payload').getAttribute('aria-invalid')")
                    self.assertEqual(wrong, None if "JSON" in says or says == "none" else "true", text)
                await page.type("#target", "lamp")
                await page.type("#payload", "{")
                await page.press("Enter", 2)
                await page.until_text("#console-problem", "missing or wrong")
                self.assertEqual(await page.value("document.activeElement.id"), "name")
                await page.type("#name", "signal")
                await page.type("#deadline", "soon")
                await page.until_text("#deadline-state", "a time like")
                await page.press("Enter", 2)
                self.assertEqual(await page.value("document.activeElement.id"), "payload")
                await page.type("#target", "nobody")
                await page.until_text("#target-state", "nobody is registered")
                self.assertEqual(one.commands, [])

        self.run_async(scene())

    def test_a_message_with_a_schema_has_a_form(self):
        """The fields write the payload, the payload fills the fields, and what the hub refuses is said with its place."""
        hub = self.hub()
        schema = {"$ref": "#/definitions/signal", "definitions": {
            "level": {"type": "integer", "minimum": 0, "maximum": 9},
            "signal": {"type": "object", "required": ["letters"], "properties": {
                "letters": {"type": "string", "description": HOSTILE}, "level": {"$ref": "#/definitions/level"},
                "twice": {"type": "boolean"}, "colour": {"enum": ["red", "green", 3]}, "rest": {"type": "array"}}}}}
        document = {"name": "foo:Signal", "kind": "request", "schema": schema}
        got = hub.request("PUT", "/api/v1/schemas/foo%3ASignal", headers={"Content-Type": "application/json"},
                          body=json.dumps(document), over_unix=True)
        self.assertEqual(got.status, 201)

        async def payload(page):
            return json.loads(await page.value("document.querySelector('#payload').value"))

        async def scene(width, height):
            handlers = {"foo:Signal": echo, "signal": echo}
            async with agent(hub, "lamp", handlers), self.page(hub, width=width, height=height) as page:
                await self.live(page)
                field = "#schema-fields label:nth-child({}) :is(input, select)".format
                self.assertTrue(await page.value("document.querySelector('#schema-form').hidden"))
                await page.type("#target", "lamp")
                await page.type("#name", "foo:Signal")
                await page.until("!document.querySelector('#schema-form').hidden", "the form")
                await page.until_text("#schema-fields label:nth-child(1)", "letters *")
                await page.until_text("#schema-fields label:nth-child(2)", "integer, 0 to 9")
                await page.type(field(1), 'S"O"S')
                await page.type(field(2), "7")
                await page.choose(field(3), "true")
                await page.choose(field(4), "3")
                await page.type(field(5), "[1, {}]")
                self.assertEqual(await payload(page),
                                 {"letters": 'S"O"S', "level": 7, "twice": True, "colour": 3, "rest": [1, {}]})
                self.looks_right(await page.value(FAINT), await page.value(WIDE))
                await page.type("#payload", '{"letters": "x", "level": 10, "more": 12345678901234567890}')
                self.assertEqual(await page.value(f"document.querySelector('{field(2)}').value"), "10")
                self.assertEqual(await page.value(f"document.querySelector('{field(3)}').value"), "")
                await page.type(field(1), "y")
                self.assertIn('"more":12345678901234567890', await page.value("document.querySelector('#payload').value"))
                await page.press("Enter", 2)
                await page.until_text(".run", "must be at most 9 at /level")
                await page.type(field(2), "9")
                await page.press("Enter", 2)
                await page.until("document.querySelectorAll('.run').length === 2", "the second command")
                await page.until_text(".run", "succeeded")
                await page.type(field(2), "nine")
                self.assertEqual(await page.value(f"document.querySelector('{field(2)}').getAttribute('aria-invalid')"),
                                 "true")
                await page.type("#name", "signal")
                await page.until("document.querySelector('#schema-form').hidden", "the form to go")
                self.assertFalse(await page.value("window.broken === 1"))

        for width, height in SIZES:
            with self.subTest(width=width):
                self.run_async(scene(width, height))

    def test_a_form_goes_into_objects_and_leaves_other_forms_to_text(self):
        """Members of members are fields, to some depth; lists and what may be of several forms are JSON in one."""
        hub = self.hub()
        deep = {"type": "object", "properties": {"z": {"type": "object", "properties": {"more": {"type": "integer"}}}}}
        place = {"type": "object", "required": ["x"], "properties": {"x": {"type": "number"}, "y": {"type": "number"}, "deep": deep}}
        schema = {"type": "object", "required": ["place"], "properties": {
            "place": place, "tags": {"type": "array", "items": {"type": "string"}}, "mode": {"enum": ["on", "off"]},
            "who": {"oneOf": [{"type": "string"}, {"type": "object", "properties": {"id": {"type": "integer"}}}]},
            "other": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}, "round": {"$ref": "#"}}}
        got = hub.request("PUT", "/api/v1/schemas/foo%3ADeep", headers={"Content-Type": "application/json"},
                          body=json.dumps({"name": "foo:Deep", "kind": "request", "schema": schema}), over_unix=True)
        self.assertEqual(got.status, 201)

        async def scene():
            async with agent(hub, "lamp", {"foo:Deep": echo}), self.page(hub) as page:
                await self.live(page)

                async def payload():
                    return json.loads(await page.value("document.querySelector('#payload').value"))

                await page.type("#target", "lamp")
                await page.type("#name", "foo:Deep")
                await page.until("!document.querySelector('#schema-form').hidden", "the form")
                names = await page.value("""[...document.querySelectorAll('#schema-fields label span')]
                    .map((span) => span.firstChild.textContent)""")
                self.assertEqual(names[:7], ["place.x *", "place.y", "place.deep.z", "tags", "mode", "who", "other.a"])
                self.assertEqual(names[7:10], ["round.place.x", "round.place.y", "round.place.deep"])  # and no further
                field = "#schema-fields label:nth-child({}) :is(input, select)".format
                await page.type(field(1), "1.5")
                await page.type(field(3), '{"more":1}')
                await page.type(field(4), '["a"]')
                await page.choose(field(5), '"off"')
                await page.type(field(6), '{"id":3}')
                self.assertEqual(await payload(), {"place": {"x": 1.5, "deep": {"z": {"more": 1}}}, "tags": ["a"], "mode": "off",
                                                   "who": {"id": 3}})
                await page.type("#payload", '{"place":{"y":2,"kept":12345678901234567890},"who":"me","top":1}')
                self.assertEqual([await page.value(f"document.querySelector('{field(n)}').value") for n in (1, 2, 6)],
                                 ["", "2", '"me"'])
                await page.type(field(1), "3")
                self.assertEqual(await page.value("document.querySelector('#payload').value"),
                                 '{"place":{"x":3,"y":2,"kept":12345678901234567890},"who":"me","top":1}')
                await page.press("Enter", 2)
                await page.until_text(".run", "succeeded")
                await page.type(field(6), "{")
                self.assertEqual(await page.value(f"document.querySelector('{field(6)}').getAttribute('aria-invalid')"), "true")

        self.run_async(scene())

    def test_its_json_is_that_of_the_browser(self):
        """What is taken as JSON while one types is what JSON.parse() takes: over many texts, most of them broken."""
        hub = self.hub()

        async def scene():
            async with self.page(hub) as page:
                differing = await page.value("""import("/assets/json.js").then(({ check, parse, pretty }) => {
                    let seed = 7;
                    const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
                    const whole = ['{"a":[1,-2.5e+3,{"b":null}],"c":"\\u00fc\\n","":true}', ' [false , 0, "x" ] ',
                                   '"\\"', "-0.1E-2"];
                    const bits = [...'{}[],:ue.-+01 \\n\\0"\\\\', "true", "nul"];
                    const accepts = (text) => { try { JSON.parse(text); return true; } catch { return false; } };
                    const differing = [];
                    let taken = 0;
                    for (let i = 0; i < 20000; i++) {
                        let text = whole[random(whole.length)];
                        for (let n = random(4); n > 0; n--) {
                            const at = random(text.length + 1);
                            const bit = random(3) ? bits[random(bits.length)] : "";
                            text = text.slice(0, at) + bit + text.slice(at + random(3));
                        }
                        taken += accepts(text);
                        if ((check(text) === null) !== accepts(text)) differing.push(text);
                    }
                    if (taken < 2000 || taken > 18000) differing.push(`${taken} were taken`);
                    if (check("[".repeat(100000)) === null) differing.push("depth");
                    const long = '{"n":12345678901234567890,"m":1.5}';
                    if (pretty(parse(long)) !== long) differing.push(pretty(parse(long)));
                    return differing;
                })""")
                self.assertEqual(differing, [])
                shares = await page.value("""import("/assets/tiles.js").then(({ quantile }) => [
                    quantile([{ le: 1, count: 0 }, { le: 2, count: 10 }, { le: Infinity, count: 0 }], 0.5),
                    quantile([{ le: 1, count: 50 }, { le: 10, count: 50 }], 0.99),
                    quantile([{ le: 1, count: 0 }, { le: Infinity, count: 3 }], 0.5),
                    quantile([{ le: 1, count: 0 }], 0.5)])""")
                rounded = [share if share is None else round(share, 6) for share in shares]
                self.assertEqual(rounded, [1.5, 9.82, 1, None])

        self.run_async(scene())

    def test_it_can_be_used_without_a_mouse(self):
        hub = self.hub()

        async def scene():
            async with agent(hub, "lamp"), self.page(hub) as page:
                await self.live(page)
                await page.press("Tab")
                self.assertEqual(await page.value("document.activeElement.className"), "skip")
                await page.press("Enter")
                await page.until("document.activeElement.id === 'target'", "the console")
                await page.call("Input.insertText", text="lamp")
                order = []
                for text in ("signal", '{"a":1}', "", "", "", ""):
                    await page.press("Tab")
                    order.append(await page.value("document.activeElement.id"))
                    seen = await page.value("getComputedStyle(document.activeElement).outlineStyle")
                    self.assertEqual(seen, "solid", order)
                    if text:
                        await page.call("Input.insertText", text=text)
                self.assertEqual(order, ["name", "payload", "mode", "deadline", "idempotent", "send"])
                await page.press("Enter")
                self.assertEqual(await self.outcome(page, ".run"), "succeeded")
                await page.until_text("#announcer", "signal to lamp: succeeded")
                await page.until("document.querySelector('.activity button.entry')", "the outcome in the list")
                await page.value("document.querySelector('.activity button.entry').focus()")
                await page.press("Enter")
                await page.until_text(".activity .detail", "the hub has it")
                await page.value("document.activeElement.blur()")
                await page.press("/")
                self.assertEqual(await page.value("document.activeElement.id"), "target-filter")
                nameless = await page.value("""[...document.querySelectorAll('button, input, select, textarea')].filter(
                    (node) => !(node.innerText || node.getAttribute('aria-label') || node.labels?.length))
                    .map((node) => node.id)""")
                self.assertEqual(nameless, [])

        self.run_async(scene())

    def test_what_comes_from_outside_is_text(self):
        hub = self.hub()
        handlers = {"signal": echo, HOSTILE: lambda command: {"commandStatus": "ERROR", "errorDetails": HOSTILE}}

        async def scene():
            async with agent(hub, HOSTILE, handlers) as one, agent(hub, "x" * 250), self.page(hub, width=360) as page:
                await self.live(page)
                await page.until_text("#targets", HOSTILE)
                run = await self.send(page, HOSTILE, "signal", json.dumps({"x": HOSTILE}))
                self.assertEqual(await self.outcome(page, run), "succeeded")
                await page.until_text(f"{run} pre", HOSTILE)
                run = await self.send(page, HOSTILE, HOSTILE)
                self.assertEqual(await self.outcome(page, run), "failed")
                await page.until_text(f"{run} .facts", HOSTILE)
                await page.until_text(".activity", f"{HOSTILE} →")
                self.assertEqual([command["type"] for command in one.commands], ["signal", HOSTILE])
                self.assertEqual(await page.value("document.querySelectorAll('img').length"), 1)
                self.assertIsNone(await page.value("window.broken ?? null"))
                self.assertEqual(await page.value(WIDE), {"page": 0, "out": []})

        self.run_async(scene())

    def test_the_list_holds_still_while_one_reads(self):
        hub = self.hub()

        async def scene():
            caller = Connector(hub.url(), extended=True)
            async with agent(hub, "lamp"), caller, self.page(hub) as page:
                await self.live(page)

                async def shown(count):
                    script = f"document.querySelectorAll('.activity li').length === {count}"
                    await page.until(script, f"{count} outcomes")

                async def commands(count):
                    for _ in range(count):
                        await caller.command("signal", {}, to="lamp")

                await commands(2)
                await shown(2)
                await page.click("#activity-pause")
                await commands(3)
                await page.until_text("#activity-pause", "Go on (3 new)")
                await shown(2)
                await page.click("#activity-pause")
                await shown(5)
                # With the mouse over it, which the click on an entry brings there.
                await page.click(".activity button.entry")
                await page.until_text(".activity .detail", "the hub has it")
                where = await page.value("""(() => {
                    const box = document.querySelector(".activity").getBoundingClientRect();
                    return [box.x + 20, box.y + 10];
                })()""")
                await page.call("Input.dispatchMouseEvent", type="mouseMoved", x=where[0], y=where[1])
                await commands(1)
                await page.until_text("#activity-held", "1 new")
                await shown(5)
                await page.call("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
                await shown(6)
                story = "document.querySelector('.activity .detail .story')"
                self.assertTrue(await page.value(f"{story}.checkVisibility()"))

        self.run_async(scene())

    def test_a_hub_that_stops_says_so(self):
        hub = self.hub("hub.drain_timeout=4s")

        async def scene():
            async with agent(hub, "lamp"), self.page(hub, clean=False) as page:
                await self.live(page)
                run = await self.send(page, "lamp", "silence")
                await page.until_text(f"{run} .steps .now", "sent")
                hub.send_signal(signal.SIGTERM)
                await page.until_text("#state", "draining")
                await page.until_text("#banner", "takes no new commands")
                await page.until_text("#state", "hub away")
                self.assertEqual([entry for entry in page.console if entry[0] != "network"], [])

        self.run_async(scene())
        self.assertEqual(hub.wait(), 0)

    def test_its_policy_holds_where_its_code_would_not(self):
        """The browser itself refuses text as HTML, scripts in the page, and whatever lies elsewhere."""
        hub = self.hub()

        async def scene():
            async with self.page(hub, clean=False) as page:
                await self.live(page)
                refused = await page.value("""[
                    () => (document.body.innerHTML = "x"),
                    () => document.body.insertAdjacentHTML("beforeend", "x"),
                    () => document.write("x"),
                    () => setTimeout("window.broken = 1"),
                ].map((attempt) => { try { attempt(); return null; } catch (error) { return error.name; } })""")
                self.assertEqual(refused, ["TypeError"] * 4)
                await page.value("""(() => {
                    for (const [tag, name, value] of [["div", "style", "color: red"], ["form", "action", "/livez"]]) {
                        const node = document.createElement(tag);
                        node.setAttribute(name, value);
                        document.body.append(node);
                    }
                    document.querySelector("form[action]").submit();
                })()""")
                for part in ("style-src", "form-action"):
                    await wait_until_async(lambda: any(part in text for _, text in page.console),
                                           f"a word about {part}")
                self.assertIsNone(await page.value("window.broken ?? null"))

        self.run_async(scene())

    def test_without_the_stream_it_asks(self):
        """A hub that has all the readers of events it wants: the page works, a little later."""
        hub = self.hub("limits.streams_max=0")

        async def scene():
            async with self.page(hub, clean=False) as page, agent(hub, "lamp"):
                await page.until_text("#state", "live, polling")
                await page.until_text("#targets", "lamp")
                run = await self.send(page, "lamp", "signal", "1")
                self.assertEqual(await self.outcome(page, run), "succeeded")
                await page.until_text(".activity", "signal → lamp")
                self.assertEqual([entry for entry in page.console if entry[0] != "network"], [])

        self.run_async(scene())

    def test_a_hub_that_is_killed_and_comes_back_is_noticed(self):
        first = Hub()
        self.addCleanup(first.__exit__, None, None, None)
        first.start()
        address = f"127.0.0.1:{first.port}"

        async def scene():
            async with self.page(first, clean=False) as page:
                async with agent(first, "lamp", {"signal": echo}):
                    await self.live(page)
                    run = await self.send(page, "lamp", "signal", "1")
                    self.assertEqual(await self.outcome(page, run), "succeeded")
                    open_run = await self.send(page, "lamp", "silence")
                    await page.until(f"document.querySelector(\"{open_run} .steps .now\")", "a command under way")
                    await page.until_text("#targets", "lamp")
                    first.kill()
                await page.until_text("#state", "hub away")
                await page.until_text("#banner", "The hub has not answered since")
                self.assertTrue(await page.value("document.querySelector('#send').disabled"))
                await page.until_text("#targets", "lamp")
                second = self.hub(http=address)
                async with agent(second, "siren"):
                    await page.click("#retry")
                    await self.live(page)
                    await page.until_text("#targets", "siren")
                    await page.until("!document.querySelector('#targets').innerText.includes('lamp')",
                                     "the old target to go")
                    self.assertEqual(await self.outcome(page, open_run), "unknown")
                    run = await self.send(page, "siren", "signal", "2")
                    self.assertEqual(await self.outcome(page, run), "succeeded")
                    async with agent(second, "late"):  # who comes when the page is live again
                        await page.until_text("#targets", "late")
                    await page.until("!document.querySelector('#targets').innerText.includes('late')", "it to go")
                    await page.until("!document.querySelector('#banner').checkVisibility()", "the banner to go")
                    self.assertEqual(second.state()["doors"][0]["counters"]["malformed"], 0)
                # What the browser itself says of a hub that does not answer is all that may stand there.
                self.assertEqual([entry for entry in page.console if entry[0] != "network"], [])

        self.run_async(scene())

    def test_a_token_is_asked_for_and_kept_in_this_tab_only(self):
        tokens = {"operator": ("k" * 43, "write"), "lodger": ("l" * 43, "none")}
        file = tempfile.NamedTemporaryFile("w", suffix=".tokens", encoding="ascii")
        self.addCleanup(file.close)
        for name, (secret, manage) in tokens.items():
            digest = hashlib.sha256(secret.encode()).hexdigest()
            file.write(f"[token {name}]\nhash = sha256:{digest}\nregister = lamp\ncommand = lamp:*\n"
                       f"manage = {manage}\n\n")
        file.flush()
        hub = self.hub(f"auth.tokens={file.name}")
        bearer = {"Authorization": f"Bearer {tokens['operator'][0]}"}

        async def scene():
            async with agent(hub, "lamp", headers=bearer), self.page(hub, clean=False) as page:
                await page.until_text("#state", "token needed")
                await page.until("document.querySelector('#token-dialog')?.open", "the question")
                self.assertEqual(await page.value("document.activeElement.id"), "token")
                self.looks_right(await page.value(FAINT), await page.value(WIDE))
                await page.call("Input.insertText", text="wrong")
                await page.press("Enter")
                await page.until_text("#token-problem", "does not take this token")
                await page.type("#token", tokens["lodger"][0])
                await page.press("Enter")
                await page.until_text("#banner", "The hub refuses: This needs the right to read")
                await page.click("#forget")
                await page.until("document.querySelector('#token-dialog')?.open", "the question again")
                await page.type("#token", tokens["operator"][0])
                await page.press("Enter")
                await self.live(page)
                run = await self.send(page, "lamp", "signal", "[1]")
                self.assertEqual(await self.outcome(page, run), "succeeded")
                await page.type("#target", "bell")
                await page.press("Enter", 2)
                await page.until_text("#console-problem", "Not sent: ")
                kept = await page.value("[localStorage.length, sessionStorage.length, document.cookie]")
                self.assertEqual(kept, [0, 1, ""])
                await page.goto(f"http://127.0.0.1:{hub.port}/")
                await self.live(page)
                self.assertNotIn(tokens["operator"][0], await page.value("document.documentElement.outerHTML"))
                self.assertEqual([url for url in page.requests if tokens["operator"][0] in url], [])
                self.assertEqual([entry for entry in page.console if entry[0] != "network"], [])
            async with self.page(hub, clean=False) as other:
                await other.until("document.querySelector('#token-dialog')?.open", "the question to another tab")

        self.run_async(scene())

    def test_channels_come_and_go_before_ones_eyes(self):
        hub = self.hub()

        async def scene():
            async with self.page(hub) as page:
                await self.live(page)
                await page.until_text("#targets-none", "Nobody is registered")
                async with agent(hub, "lamp"):
                    await page.until_text("#targets", "lamp")
                    await page.until_text("#targets", "primary")
                    row = await page.text("#targets tr.channel")
                    for part in ("live", "127.0.0.1:"):
                        self.assertIn(part, row)
                    await page.click("#targets .use")
                    self.assertEqual(await page.value("document.querySelector('#target').value"), "lamp")
                    self.assertEqual(await page.value("document.activeElement.id"), "name")
                    await page.click("#targets .toggle")
                    await page.until("document.querySelector('#targets tr.channel') === null",
                                     "the target to be folded")
                await page.until_text("#targets-none", "Nobody is registered")
                await page.choose("#activity-kind", "channel")
                await page.until_text(".activity", "gone")

        self.run_async(scene())

    def test_a_thousand_channels_are_not_too_many(self):
        hub = self.hub("exchange.healthcheck_interval=0")
        crowd = [self.channel_open(hub, f"target-{i % 50:02}") for i in range(1000)]
        self.addCleanup(lambda: [sock.close() for sock in crowd])
        wait_until(lambda: hub.state()["totals"]["channels"] == 1000, "all of them")

        async def scene():
            async with self.page(hub) as page:
                await self.live(page)
                await page.until_text("#targets-summary", "50 targets, 1\u202f000 channels")
                self.assertLess(await page.value("document.querySelectorAll('#targets tr').length"), 60)
                await page.type("#target-filter", "target-49")
                await page.until_text("#targets-summary", "1 of 50 targets, 20 channels")
                await page.click("#targets .toggle")
                await page.until("document.querySelectorAll('#targets tr.channel').length === 20", "its channels")
                # While nothing happens to a row, the page does not touch it: only its age changes.
                await page.value("""(() => {
                    window.touched = 0;
                    new MutationObserver((list) => (window.touched += list.filter((one) => one.type === "childList" &&
                        one.target.tagName !== "TD" && one.target.tagName !== "SPAN").length))
                        .observe(document.querySelector("#targets"), { childList: true, subtree: true });
                    window.readings = performance.getEntriesByType("resource").length;
                })()""")
                await page.until("""performance.getEntriesByType('resource')
                    .filter((one) => one.name.includes('channels')).length >= 2""",
                                 "another reading")
                self.assertEqual(await page.value("window.touched"), 0)
                self.assertEqual((await page.value(WIDE))["page"], 0)

        self.run_async(scene())

    def channel_open(self, hub, target):
        """The least that is a channel: an upgrade and a hello."""
        sock = socket.create_connection((hub.host, hub.port), timeout=20)
        sock.sendall(b"GET /exchange/controller HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                     b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
                     b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     b"X-Gravitee-Exchange-Protocol: v1\r\n\r\n")
        answer = sock.recv(4096)
        self.assertTrue(answer.startswith(b"HTTP/1.1 101 "), answer)
        hello = {"id": "hello", "type": "HELLO", "payload": {"targetId": target}}
        text = f"t:COMMAND;;e:{json.dumps(hello, separators=(',', ':'))}".encode()
        self.assertLess(len(text), 126)
        sock.sendall(struct.pack("!BB4x", 0x82, 0x80 | len(text)) + text)  # masked with zeroes
        return sock


if __name__ == "__main__":
    unittest.main()
