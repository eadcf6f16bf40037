// More than a window holds, between two heartbeats: what the hub knows to have arrived, it knows from pongs.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { CountEvent, CountRequest, control, host } from "./party.mjs";
import { Hub, until, Way } from "./rig.mjs";

// Nobody says a heartbeat before the test is over.
const QUIET = { "link.heartbeat_interval": "5m" };

async function apart(t) {
	const hub = await Hub.start(t, QUIET);
	const way = await Way.open(t, hub.port);
	const one = await control(t, hub.url), four = await host(t, way.url, 4);
	return { hub, one, four, way };
}

// As fast as the original can, but for what else has to be done in this process.
async function say(one, from, to) {
	for (let n = from; n < to; n++) {
		one.sendTo({ hostId: 4 }, new CountEvent(n));
		if (n % 500 === 499) {
			await new Promise(setImmediate);
		}
	}
}

// Keeps no event, only whether each was the next one.
function counter(four) {
	const seen = { next: 0, wrong: 0 };
	four.handle(CountEvent, async ({ n }) => {
		seen.wrong += n === seen.next ? 0 : 1;
		seen.next = n + 1;
	});
	return seen;
}

test("more events than a window holds arrive without a heartbeat", async t => {
	const N = 150000;
	const { hub, one, four } = await apart(t);
	const seen = counter(four);
	await say(one, 0, N);
	await until(() => seen.next === N, "all events");
	const { counters, dialects } = await hub.api("hub");
	assert.equal(seen.wrong, 0);
	assert.equal(counters.events_dropped, 0);
	assert.equal(dialects.link.link_heartbeats_in, 0);
	assert.equal(dialects.link.link_pongs_unasked, 0);
	assert(dialects.link.link_pongs_in > 1);
	t.diagnostic(`${dialects.link.link_pongs_in} pongs`);
});

test("events and requests at full speed outlive many cuts, and each is accounted for", async t => {
	// Who says it is not much ahead of who hears it, so that a slow machine is not left with minutes of work.
	const N = 40000, CUTS = 20, AT_ONCE = 20, AHEAD = 50000;
	const { hub, one, four, way } = await apart(t);
	const seen = counter(four);
	const served = [];
	let isOver = false, n = 1;
	four.handle(CountRequest, async request => {
		served.push(request.n);
		return { n: -request.n };
	});

	async function asker() {
		while (!isOver) {
			const mine = n++;
			assert.equal((await one.sendTo({ hostId: 4 }, new CountRequest(mine))).n, -mine);
		}
	}
	async function cutter() {
		for (let cut = 0; cut < CUTS; cut++) {
			const before = four.diary.length;
			way.cutAfter(50000 + cut * 7919);
			await until(() => four.diary.slice(before).includes("resume"), `resume ${cut + 1}`);
		}
	}
	async function speaker() {
		let said = 0;
		for (; !isOver || said < N; said += 500) {
			await say(one, said, said + 500);
			await new Promise(resolve => setTimeout(resolve, said - seen.next > AHEAD ? 100 : 1));
		}
		return said;
	}
	const all = [speaker(), ...Array.from({ length: AT_ONCE }, asker)];
	await cutter();
	isOver = true;
	const [said] = await Promise.all(all);
	await until(() => seen.next === said, "all events");
	const { counters, dialects } = await hub.api("hub");
	assert.equal(seen.wrong, 0);
	assert.deepEqual(served, Array.from({ length: n - 1 }, (_, i) => i + 1));
	assert.equal(way.nCuts, CUTS);
	assert.equal(counters.sessions_torn, 0);
	assert.equal(counters.events_dropped, 0);
	assert.equal(dialects.link.link_session_resumed, CUTS);
	t.diagnostic(`${said} events, ${n - 1} requests, ${CUTS} cuts, ${dialects.link.link_pongs_in} pongs`);
});

test("a host that lost what its WebSocket acknowledged is told so", async t => {
	const { hub, one, four, way } = await apart(t);
	const seen = counter(four);
	await say(one, 0, 1000);
	await until(async () => (await hub.api("hub")).dialects.link.link_pongs_in > 0, "a pong");
	await until(() => seen.next === 1000, "all events");
	const connected = four.hear("connect");
	four.connector._lastReceivedSeq = 1;
	way.cut();
	await connected;
	assert.deepEqual(four.diary.slice(-4), ["drop", "hello", "invalidate", "connect"]);
	assert.equal((await hub.api("hub")).counters.sessions_torn, 1);
	one.sendTo({ hostId: 4 }, new CountEvent(1000));
	await until(() => seen.next === 1001, "an event in the new session");
	assert.equal(seen.wrong, 0);
});
