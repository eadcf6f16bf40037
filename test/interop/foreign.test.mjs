// Parties of other dialects: they command hosts and controls, and are commanded by them, by number and by name.

import { strict as assert } from "node:assert";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { BareRequest, CountRequest, EchoRequest, NoticeEvent, control, ended, fails, host, lib } from "./party.mjs";
import { Hub, until } from "./rig.mjs";

// Exit statuses of the command line are outcomes.
const FAILED = 10, REFUSED = 11, EXPIRED = 13, LOST = 14;

// A program that an agent runs for a command.
function program(hub, name, text) {
	const file = path.join(hub.place, name);
	writeFileSync(file, `#!/bin/sh\n${text}\n`);
	chmodSync(file, 0o755);
	return file;
}

// `aldis agent` at work, once the hub has it.
async function agent(t, hub, target, ...words) {
	const running = hub.background(t, "agent", "--target", target, ...words);
	await until(async () => {
		assert.equal(running.child.exitCode, null, running.err());
		return (await hub.aldis("--json", "targets")).out.includes(`"${target}"`);
	}, `agent ${target}`);
	return running;
}

async function called(hub, ...words) {
	const { status, out, err } = await hub.aldis("call", ...words);
	assert.equal(status, 0, err);
	return JSON.parse(out);
}

test("the command line commands a host by its number and a control by its name", async t => {
	const hub = await Hub.start(t);
	const four = (await host(t, hub.url, 4)).serve(), one = (await control(t, hub.url)).serve();
	const sources = [];
	four.handle(CountRequest, async ({ n }, src) => { sources.push(src.type); return { n: n + 1 }; });
	assert.deepEqual(await called(hub, "4", "foo:EchoRequest", "{\"text\":\"down\"}"), { text: "DOWN" });
	assert.deepEqual(await called(hub, "control-1", "foo:EchoRequest", "{\"text\":\"to you\"}"), { text: "TO YOU" });
	assert.deepEqual(await called(hub, "4", "foo:CountRequest", "{\"n\":1}"), { n: 2 });
	assert.deepEqual(sources, [lib.Address.controller]);
	assert.equal((await hub.aldis("call", "4", "foo:BareRequest")).status, 0);
	assert.equal(one.id, 1);
});

test("the command line hears how a host's request ended", async t => {
	const hub = await Hub.start(t, { "link.session_timeout": "500ms", "link.heartbeat_interval": "5s" });
	const four = await host(t, hub.url, 4);
	let questions = 0;
	four.handle(CountRequest, ({ n }) => {
		questions++;
		if (n === 0) {
			throw new lib.RequestError("not today", "Closed");
		}
		return new Promise(() => {});
	});
	const failed = await hub.aldis("call", "4", "foo:CountRequest", "{\"n\":0}");
	assert.equal(failed.status, FAILED);
	assert.match(failed.err, /not today/);
	const invalid = await hub.aldis("call", "4", "foo:CountRequest", "{\"n\":\"many\"}");
	assert.notEqual(invalid.status, 0);
	assert.match(invalid.err, /Request foo:CountRequest failed validation/);
	assert.equal((await hub.aldis("call", "99", "foo:CountRequest", "{\"n\":0}")).status, REFUSED);
	assert.equal((await hub.aldis("call", "--deadline", "300ms", "4", "foo:CountRequest", "{\"n\":1}")).status, EXPIRED);
	const lost = hub.aldis("call", "4", "foo:CountRequest", "{\"n\":2}");
	await until(() => questions === 3, "the question");
	await ended(four);
	assert.equal((await lost).status, LOST);
});

test("the command line says an event to a host", async t => {
	const hub = await Hub.start(t);
	const four = await host(t, hub.url, 4);
	const came = four.listen(NoticeEvent);
	assert.equal((await hub.aldis("send", "4", "foo:NoticeEvent", "{\"text\":\"hear\"}")).status, 0);
	await until(() => came.length === 1, "the event");
	assert.equal(came[0][0].text, "hear");
});

test("hosts and controls command an agent of another dialect by its number", async t => {
	const hub = await Hub.start(t);
	const upper = program(hub, "upper", "tr a-z A-Z | sed s/TEXT/text/"), broken = program(hub, "broken", "echo no oil >&2; exit 1");
	await agent(t, hub, "100", "--on", `foo:EchoRequest=${upper}`, "--on", `foo:CountRequest=${broken}`);
	const one = await control(t, hub.url), four = await host(t, hub.url, 4);
	for (const party of [one, four]) {
		assert.equal((await party.sendTo({ hostId: 100 }, new EchoRequest("lamp"))).text, "LAMP");
		await assert.rejects(party.sendTo({ hostId: 100 }, new CountRequest(1)), error => {
			assert(error instanceof lib.RequestError);
			assert.match(error.message, /no oil|broken|exit/i);
			return true;
		});
		await assert.rejects(party.sendTo({ hostId: 100 }, new BareRequest()), lib.RequestError);
	}
});

test("names that are no numbers have numbers by alias, both ways", async t => {
	const hub = await Hub.start(t, { "link.alias": "lamp=host 100, OTHER=instance 7" });
	const echo = program(hub, "echo", "cat");
	await agent(t, hub, "lamp", "--on", `foo:EchoRequest=${echo}`);
	await agent(t, hub, "OTHER", "--on", `foo:EchoRequest=${echo}`);
	const one = await control(t, hub.url);
	assert.equal((await one.sendTo({ hostId: 100 }, new EchoRequest("lit"))).text, "lit");
	assert.equal((await one.sendTo({ instanceId: 7 }, new EchoRequest("other"))).text, "other");
	await fails(one.sendTo({ hostId: 101 }, new EchoRequest("dark")), "Host 101 is offline", "RequestError");
});

test("an agent that goes while it is asked is lost", async t => {
	const hub = await Hub.start(t);
	const stamp = path.join(hub.place, "asked");
	const slow = program(hub, "slow", `touch ${stamp}; sleep 600`);
	const running = await agent(t, hub, "100", "--on", `foo:EchoRequest=${slow}`);
	const one = await control(t, hub.url);
	const lost = assert.rejects(one.sendTo({ hostId: 100 }, new EchoRequest("")), error => {
		assert.equal(error.code, "SessionLost");
		return true;
	});
	await until(() => existsSync(stamp), "the question");
	running.child.kill("SIGKILL");
	await lost;
});
