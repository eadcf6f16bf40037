// Our programs and the original's controller: cuts, resumes, silence, and ends of either.

import { strict as assert } from "node:assert";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { Controller, agent, aldis, probe } from "./controller.mjs";
import { CountRequest, EchoRequest, NoticeEvent, control, host, lib, note, work } from "./party.mjs";
import { Way, folder, hostToken, until, userToken, within } from "./rig.mjs";

const LOST = 14;

const count = (party, event) => party.diary.filter(entry => entry === event).length;

// A program for an agent: it leaves a file for each time that it runs, and answers when it is let.
function gate(t) {
	const place = folder(t), go = path.join(place, "go");
	return {
		command: `mktemp -q ${place}/ran.XXXXXX >/dev/null; until [ -e ${go} ]; do sleep 0.02; done; cat`,
		runs: () => readdirSync(place).filter(name => name.startsWith("ran.")).length,
		open: () => writeFileSync(go, ""),
	};
}

test("an agent that is cut off while it works answers in its session when it is back", async t => {
	const controller = await Controller.behind(t), { way } = controller, slow = gate(t);
	await agent(controller, 100, "--on", `foo:EchoRequest=${slow.command}`);
	const one = await control(t, controller.url), link = controller.hosts.get(100);
	const asked = one.sendTo({ hostId: 100 }, new EchoRequest("slow"));
	await until(() => slow.runs() === 1, "the program");
	const dropped = link.hear("drop");
	way.isOpen = false;
	way.cut();
	await dropped;
	slow.open();
	const another = one.sendTo({ hostId: 100 }, new EchoRequest("meanwhile"));
	const resumed = link.hear("resume");
	way.isOpen = true;
	await resumed;
	assert.deepEqual([(await asked).text, (await another).text], ["slow", "meanwhile"]);
	assert.equal(slow.runs(), 2);
	assert.deepEqual(link.diary, ["connect", "drop", "resume"]);
});

test("a call that is cut off while it waits is answered in its session, and asked once", async t => {
	const controller = await Controller.start(t), way = await Way.open(t, controller.port), waiting = [];
	const four = await host(t, controller.url, 4);
	four.handle(CountRequest, ({ n }) => new Promise(resolve => waiting.push(() => resolve({ n: -n }))));
	const called = aldis(way.url, userToken(), "call", "4", "foo:CountRequest", "{\"n\":7}");
	await until(() => waiting.length === 1, "the question");
	const [link] = controller.controls.values(), dropped = link.hear("drop");
	way.isOpen = false;
	way.cut();
	await dropped;
	waiting[0]();
	const resumed = link.hear("resume");
	way.isOpen = true;
	await resumed;
	const { status, out, err } = await called;
	assert.deepEqual([status, JSON.parse(out || "null")], [0, { n: -7 }], err);
	assert.equal(waiting.length, 1);
	assert.equal(controller.nControls, 1);
});

test("in both roles nothing is lost and nothing comes twice, however often they are cut", async t => {
	const COUNT = 2000, AT_ONCE = 100;
	const controller = await Controller.start(t, { interval: 0.3 });
	const near = await Way.open(t, controller.port), far = await Way.open(t, controller.port);
	const serves = probe(controller, far.url, hostToken(7), "serve", "7");
	const link = await controller.host(7);
	let isOver = false;
	async function cutter(way, seed) {
		for (let state = seed; !isOver; state = (Math.imul(state, 1664525) + 1013904223) >>> 0) {
			const { nCuts } = way;
			way.cutAfter(500 + state % 20000);
			await until(() => isOver || way.nCuts > nCuts, "a cut");
		}
		way.cutAfter(Infinity);
	}
	const cutting = [cutter(near, 20261121), cutter(far, 4)];
	const asks = probe(controller, near.url, userToken(), "ask", "7", COUNT, AT_ONCE);
	const asked = await asks.told(1);
	isOver = true;
	await Promise.all(cutting);
	assert.match(asked, new RegExp(`^outcome succeeded - ${COUNT}\ncounted answer ${COUNT} 0 0\nwrong 0\ndropped 0\n`));
	const [own] = controller.controls.values();
	await until(() => own.connector.connected && link.connector.connected, "both sessions");
	await Promise.all([own, link].map(party => party.send(new lib.PingRequest())));
	await link.send(new lib.PingRequest()); // behind all that went to it
	serves.say("tell");
	assert.match(await serves.told(1), new RegExp(`^counted work ${COUNT} 0 0\ncounted note ${COUNT} 0 0\n`));
	for (const party of [own, link]) {
		assert(count(party, "resume") > 3, party.diary.join(" "));
		assert.equal(count(party, "drop"), count(party, "resume"));
	}
	assert.equal(controller.nSessions, 2);
	t.diagnostic(`${near.nCuts + far.nCuts} cuts, ${count(own, "resume") + count(link, "resume")} resumes`);
});

test("who says nothing for a while is not cut, and acknowledges what it is told", async t => {
	const controller = await Controller.start(t, { interval: 0.15 }), waiting = [];
	const four = await host(t, controller.url, 4);
	four.handle(CountRequest, ({ n }) => new Promise(resolve => waiting.push(() => resolve({ n }))));
	await agent(controller, 100, "--on", "foo:EchoRequest=cat");
	const called = aldis(controller.url, userToken(), "call", "4", "foo:CountRequest", "{\"n\":1}");
	await until(() => waiting.length === 1, "the question");
	const links = [controller.hosts.get(100), ...controller.controls.values()];
	await links[0].send(new EchoRequest("to be acknowledged"));
	const before = links.map(link => link.connector.nHeartbeats);
	await until(() => links.every((link, i) => link.connector.nHeartbeats > before[i] + 10), "ten heartbeats");
	assert(links.every(link => link.nKept === 0));
	waiting[0]();
	assert.equal((await called).status, 0);
	assert.deepEqual(links.map(link => count(link, "drop")), [0, 0]);
});

test("a connection on which nobody is heard any more is given up, and its session comes back", async t => {
	const controller = await Controller.behind(t, { interval: 0.2 }), { way } = controller;
	await agent(controller, 100, "--on", "foo:EchoRequest=cat");
	const link = controller.hosts.get(100), resumed = link.hear("resume");
	way.isHeld = true;
	const asked = link.send(new EchoRequest("held"));
	link.connector.once("drop", () => { way.isHeld = false; });
	await resumed;
	assert.equal((await asked).text, "held");
});

test("an agent that is told to stop answers what it works on, and says goodbye", async t => {
	const controller = await Controller.start(t), slow = gate(t);
	const running = await agent(controller, 100, "--on", `foo:EchoRequest=${slow.command}`);
	const one = await control(t, controller.url), link = controller.hosts.get(100), gone = link.hear("close");
	const asked = one.sendTo({ hostId: 100 }, new EchoRequest("last"));
	await until(() => slow.runs() === 1, "the program");
	running.child.kill("SIGTERM");
	await until(() => running.err().includes("stopping"), "the signal");
	slow.open();
	assert.equal((await asked).text, "last");
	await gone;
	await within(running.closed, "the end of the agent");
	assert.equal(running.child.exitCode, 0, running.err());
	assert.deepEqual(link.diary, ["connect", "disconnectPrepare", "close"]);
	assert.equal(link.connector.lost.code, 1000);
});

test("calls and events end with a goodbye, which leaves no session behind", async t => {
	const controller = await Controller.start(t);
	await aldis(controller.url, userToken(), "call", "", "PingRequest");
	await aldis(controller.url, userToken(), "send", "", "foo:NoticeEvent", "{\"text\":\"once\"}");
	await until(() => controller.sessions.size === 0, "the end of both");
	assert.deepEqual(controller.links.map(({ diary }) => diary), Array(2).fill(["connect", "disconnectPrepare", "close"]));
	assert.equal(controller.notices.length, 1);
});

test("a controller that stops in good order is answered first, and the next one finds the agent", async t => {
	const controller = await Controller.behind(t), { way } = controller, slow = gate(t);
	await agent(controller, 100, "--on", `foo:EchoRequest=${slow.command}`);
	const link = controller.hosts.get(100), asked = link.send(new EchoRequest("before the end"));
	await until(() => slow.runs() === 1, "the program");
	const stopping = controller.stop();
	slow.open();
	await stopping;
	assert.equal((await asked).text, "before the end");
	const next = await Controller.start(t);
	way.port = next.port;
	assert.equal((await (await next.host(100)).send(new EchoRequest("again"))).text, "again");
	assert.deepEqual(link.diary, ["connect", "close"]);
});

test("a controller that was killed knows no session: who was there registers anew, and calls are lost", async t => {
	const controller = await Controller.behind(t), callers = await Way.open(t, controller.port);
	const slow = gate(t), waiting = [];
	await agent(controller, 100, "--on", `foo:EchoRequest=${slow.command}`);
	const four = await host(t, controller.url, 4);
	four.handle(CountRequest, () => new Promise(() => { waiting.push(1); }));
	const called = aldis(callers.url, userToken(), "call", "4", "foo:CountRequest", "{\"n\":1}");
	const asked = assert.rejects(controller.hosts.get(100).send(new EchoRequest("to nobody")), lib.SessionLost);
	await until(() => waiting.length === 1 && slow.runs() === 1, "the questions");
	await controller.kill();
	await asked;
	const next = await Controller.start(t);
	controller.way.port = callers.port = next.port;
	const { status, err } = await called;
	assert.equal(status, LOST, err);
	const link = await next.host(100);
	slow.open();
	assert.equal((await link.send(new EchoRequest("anew"))).text, "anew");
	assert.deepEqual(link.diary, ["connect"]);
	assert.deepEqual(link.errors, []);
});
