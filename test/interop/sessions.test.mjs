// Sessions outlive their connections: cuts, resumes, and what becomes of the messages.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { CountEvent, CountRequest, EchoRequest, address, control, fails, host, lib } from "./party.mjs";
import { Hub, Way, until, within } from "./rig.mjs";

// A hub, and a control and a host each behind a way of its own.
async function apart(t, settings) {
	const hub = await Hub.start(t, settings);
	const oneWay = await Way.open(t, hub.port), fourWay = await Way.open(t, hub.port);
	const one = await control(t, oneWay.url), four = (await host(t, fourWay.url, 4)).serve();
	return { hub, one, four, oneWay, fourWay };
}

const isNot = event => entry => entry !== event;
const count = (party, event) => party.diary.filter(entry => entry === event).length;

test("after a cut a session goes on, with what was said meanwhile", async t => {
	const { one, four, fourWay } = await apart(t);
	const down = four.listen(CountEvent), up = one.listen(CountEvent);
	const resumed = four.hear("resume"), dropped = four.hear("drop");
	one.sendTo({ hostId: 4 }, new CountEvent(0));
	await until(() => down.length === 1, "the first event");
	fourWay.isOpen = false;
	fourWay.cut();
	await dropped;
	const asked = one.sendTo({ hostId: 4 }, new EchoRequest("while away"));
	one.sendTo({ hostId: 4 }, new CountEvent(1));
	four.sendTo({ controlId: one.id }, new CountEvent(2));
	fourWay.isOpen = true;
	await resumed;
	assert.equal((await asked).text, "WHILE AWAY");
	await until(() => down.length === 2 && up.length === 1, "the events");
	assert.deepEqual(four.diary.filter(isNot("hello")), ["connect", "drop", "resume"]);
	assert.deepEqual(address(four.connector.src), [lib.Address.host, 4]);
});

test("a request that waits for its answer outlives a cut on either side", async t => {
	const { one, four, oneWay, fourWay } = await apart(t);
	const waiting = [];
	four.handle(CountRequest, ({ n }) => new Promise(resolve => waiting.push(() => resolve({ n }))));
	const asked = [1, 2].map(n => one.sendTo({ hostId: 4 }, new CountRequest(n)));
	await until(() => waiting.length === 2, "the questions");
	for (const [way, party, answer] of [[oneWay, one, waiting[0]], [fourWay, four, waiting[1]]]) {
		const dropped = party.hear("drop"), resumed = party.hear("resume");
		way.cut();
		await dropped;
		answer();
		await resumed;
	}
	assert.deepEqual((await Promise.all(asked)).map(({ n }) => n), [1, 2]);
	assert.equal(waiting.length, 2);
});

// Numbers that repeat from run to run.
function* numbers(seed) {
	for (let state = seed; ; state = (Math.imul(state, 1664525) + 1013904223) >>> 0) {
		yield state;
	}
}

test("under load and many cuts nothing is lost and nothing comes twice", async t => {
	const CUTS = 24, AT_ONCE = 60;
	const { one, four, oneWay, fourWay } = await apart(t);
	const random = numbers(20261121);
	const down = four.listen(CountEvent), up = one.listen(CountEvent);
	const served = [], answered = [];
	let n = 0, nEvents = 0, isOver = false;
	four.handle(CountRequest, async request => {
		served.push(request.n);
		return { n: -request.n };
	});

	// Each asks again when it is answered, and both sides say an event with every question.
	async function caller() {
		while (!isOver) {
			const mine = ++n;
			one.sendTo({ hostId: 4 }, new CountEvent(nEvents));
			four.sendTo({ controlId: one.id }, new CountEvent(nEvents++));
			answered.push([mine, (await one.sendTo({ hostId: 4 }, new CountRequest(mine))).n]);
		}
	}
	async function cutter(way, party) {
		for (let i = 0; i < CUTS; i++) {
			const before = count(party, "resume");
			way.cutAfter(200 + random.next().value % 20000);
			await until(() => count(party, "resume") > before, `resume ${i + 1}`);
		}
	}
	const callers = Array.from({ length: AT_ONCE }, caller);
	await Promise.all([cutter(oneWay, one), cutter(fourWay, four)]);
	isOver = true;
	await within(Promise.all(callers), "all answers");
	await until(() => down.length >= nEvents && up.length >= nEvents, "all events");
	await Promise.all([one, four].map(party => party.send(new lib.PingRequest())));

	assert.equal(oneWay.nCuts + fourWay.nCuts, 2 * CUTS);
	const all = Array.from({ length: n }, (_, i) => i + 1);
	assert.deepEqual(served, all, "each question is asked once, in order");
	assert.deepEqual(answered.map(([question]) => question).sort((a, b) => a - b), all);
	assert(answered.every(([question, answer]) => answer === -question));
	for (const events of [down, up]) {
		assert.deepEqual(events.map(([event]) => event.n), all.map(number => number - 1));
	}
	assert.deepEqual(one.diary.filter(isNot("hello")).slice(0, 3), ["connect", "drop", "resume"]);
	assert.equal(count(one, "invalidate") + count(four, "invalidate"), 0);
	t.diagnostic(`${n} requests, ${2 * nEvents} events, ${2 * CUTS} cuts`);
});

test("a peer that has gone silent is cut, and comes back", async t => {
	const { one, four, fourWay } = await apart(t, { "link.heartbeat_interval": "200ms" });
	const resumed = four.hear("resume");
	fourWay.isHeld = true;
	const asked = one.sendTo({ hostId: 4 }, new EchoRequest("held"));
	// The host's own heartbeat, or the hub's, ends the connection; the next one is not held.
	four.connector.once("drop", () => { fourWay.isHeld = false; });
	await resumed;
	assert.equal((await asked).text, "HELD");
});

test("a session that is away for too long is over", async t => {
	const { one, four, fourWay } = await apart(t, { "link.session_timeout": "700ms", "link.heartbeat_interval": "5s" });
	let questions = 0;
	four.handle(CountRequest, () => { questions++; return new Promise(() => {}); });
	const lost = one.sendTo({ hostId: 4 }, new CountRequest(1));
	await until(() => questions === 1, "the question");
	const own = fails(four.sendTo({ controlId: one.id }, new CountRequest(2)), "Session Lost", "SessionLost");
	const invalid = four.hear("invalidate");
	four.connector._sessionTimeout = 3600; // it shall learn it from the hub
	fourWay.isOpen = false;
	fourWay.cut();
	await fails(lost, "Session Closed", "SessionLost");
	await fails(one.sendTo({ hostId: 4 }, new EchoRequest("")), "Host 4 is offline", "RequestError");
	const connected = four.hear("connect");
	fourWay.isOpen = true;
	await invalid;
	await connected;
	await own;
	assert.deepEqual(four.diary.filter(isNot("hello")), ["connect", "drop", "invalidate", "connect"]);
	assert.equal((await one.sendTo({ hostId: 4 }, new EchoRequest("again"))).text, "AGAIN");
});

test("a session token that is none makes a new session on the same connection", async t => {
	const { one, four, fourWay } = await apart(t);
	const connected = four.hear("connect");
	four.connector._sessionToken = "bad";
	fourWay.cut();
	await connected;
	assert.deepEqual(four.diary.slice(-4), ["drop", "hello", "invalidate", "connect"]);
	assert.equal((await one.sendTo({ hostId: 4 }, new EchoRequest("new"))).text, "NEW");
});

test("nobody resumes a session with a token of another kind or after its end", async t => {
	const { one, oneWay } = await apart(t);
	const old = one.connector._sessionToken;
	await one.connector.disconnect();
	await within(one.connector.connect(), "a new session");
	assert.notEqual(one.connector._sessionToken, old);
	for (const shown of [old, one.connector.shown]) {
		const connected = one.hear("connect"), before = count(one, "invalidate");
		one.connector._sessionToken = shown;
		oneWay.cut();
		await connected;
		assert.equal(count(one, "invalidate"), before + 1);
	}
});

test("a session is taken over by a second connection that shows its token", async t => {
	const { one, oneWay, hub } = await apart(t);
	const taken = await control(t, hub.url);
	const up = taken.listen(CountEvent);
	const dropped = one.hear("drop");
	oneWay.isOpen = false; // for the one that is thrown out, who would take it back
	// The second one is made to believe that the session is its own.
	const resumed = taken.hear("resume");
	Object.assign(taken.connector, { _sessionToken: one.connector._sessionToken, _lastReceivedSeq: undefined, src: one.connector.src });
	taken.connector._socket.terminate();
	await Promise.all([dropped, resumed]);
	taken.connector._seq = 1000; // beyond what the session has seen
	await taken.send(new lib.PingRequest());
	assert.deepEqual(up, []);
});

test("a hub that was killed and begins anew knows no session, and makes new ones", async t => {
	const { hub, one, four, oneWay, fourWay } = await apart(t);
	four.handle(CountRequest, () => new Promise(() => {}));
	const lost = fails(one.sendTo({ hostId: 4 }, new CountRequest(1)), "Session Lost", "SessionLost");
	const connected = [one.hear("connect"), four.hear("connect")];
	await hub.kill();
	const next = await Hub.start(t, {}, { place: hub.place });
	oneWay.port = fourWay.port = next.port;
	await Promise.all(connected);
	await lost;
	for (const party of [one, four]) {
		assert.deepEqual(party.diary.filter(isNot("hello")), ["connect", "drop", "invalidate", "connect"]);
	}
	assert.equal((await one.sendTo({ hostId: 4 }, new EchoRequest("after"))).text, "AFTER");
});

test("parties of a hub that stops in good order call the next one", async t => {
	const { hub, one, four, oneWay, fourWay } = await apart(t);
	const gone = [one.hear("close"), four.hear("close")];
	await hub.stop();
	await Promise.all(gone);
	const next = await Hub.start(t, {}, { place: hub.place });
	oneWay.port = fourWay.port = next.port;
	await Promise.all([one, four].map(party => within(party.connector.connect(), "a new session")));
	assert.equal((await one.sendTo({ hostId: 4 }, new EchoRequest("next"))).text, "NEXT");
});
