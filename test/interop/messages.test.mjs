// Requests, answers and events between hosts, controls, instances and the hub.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import {
	BareEvent, BareRequest, CountEvent, CountRequest, EchoRequest, NoticeEvent, Router, address, control, fails, host,
	instanceUpdate, lib,
} from "./party.mjs";
import { Hub, until, within } from "./rig.mjs";

const { Address, Link } = lib;

// A hub, a control and a host that serves.
async function three(t, settings) {
	const hub = await Hub.start(t, settings);
	const one = await control(t, hub.url), four = (await host(t, hub.url, 4)).serve();
	return { hub, one, four };
}

test("a request and its answer pass both ways, with data and without", async t => {
	const { one, four } = await three(t);
	one.serve();
	assert.equal((await one.sendTo({ hostId: 4 }, new EchoRequest("down"))).text, "DOWN");
	assert.equal((await four.sendTo({ controlId: one.id }, new EchoRequest("up"))).text, "UP");
	assert.equal(await one.sendTo({ hostId: 4 }, new BareRequest()), undefined);
	assert.equal(await four.sendTo({ controlId: one.id }, new BareRequest()), undefined);
});

test("hosts ask hosts and controls ask controls", async t => {
	const { hub, one, four } = await three(t);
	const five = (await host(t, hub.url, 5)).serve(), two = (await control(t, hub.url)).serve();
	assert.equal((await four.sendTo({ hostId: 5 }, new EchoRequest("host"))).text, "HOST");
	assert.equal((await one.sendTo({ controlId: two.id }, new EchoRequest("control"))).text, "CONTROL");
	assert.equal((await five.sendTo({ hostId: 4 }, new EchoRequest("back"))).text, "BACK");
});

test("who is asked hears from whom, and for whom it is", async t => {
	const { one, four } = await three(t);
	const seen = [];
	four.handle(CountRequest, async ({ n }, src, dst) => {
		seen.push([address(src), address(dst)]);
		return { n };
	});
	await one.sendTo({ hostId: 4 }, new CountRequest(1));
	assert.deepEqual(seen, [[[Address.control, one.id], [Address.host, 4]]]);
});

test("text of any alphabet arrives as it was", async t => {
	const { one } = await three(t);
	for (const text of ["", "\"quoted\\\"", "\u0000\u001f\n", "Grüße, 世界 🌍", "\ud83d", "</script>"]) {
		assert.equal((await one.sendTo({ hostId: 4 }, new EchoRequest(text))).text, text.toUpperCase());
	}
});

test("megabytes pass, and what is small beside them", async t => {
	const { one } = await three(t);
	const large = "x".repeat(8 * 1024 * 1024);
	const [big, small] = await Promise.all([
		one.sendTo({ hostId: 4 }, new EchoRequest(large)), one.sendTo({ hostId: 4 }, new EchoRequest("small")),
	]);
	assert.equal(big.text.length, large.length);
	assert.equal(small.text, "SMALL");
});

test("many requests run beside each other, and are answered in any order", async t => {
	const { one, four } = await three(t);
	const waiting = [];
	four.handle(CountRequest, request => new Promise(resolve => waiting.push([request.n, resolve])));
	const asked = Array.from({ length: 500 }, (_, n) => one.sendTo({ hostId: 4 }, new CountRequest(n)));
	await until(() => waiting.length === 500, "all questions");
	for (const [n, resolve] of waiting.reverse()) {
		resolve({ n: n * 2 });
	}
	const answers = await Promise.all(asked);
	assert(answers.every((answer, n) => answer.n === n * 2));
	assert.equal(one.pendingRequestCount, 0);
});

test("what a handler throws comes back in its words", async t => {
	const { one, four } = await three(t);
	const errors = [new lib.RequestError("echo refused"), new lib.RequestError("with code", "Busy"), new Error("broken")];
	four.handle(CountRequest, async ({ n }) => { throw errors[n]; });
	await fails(one.sendTo({ hostId: 4 }, new CountRequest(0)), "echo refused", "RequestError");
	await fails(one.sendTo({ hostId: 4 }, new CountRequest(1)), "with code", "Busy");
	await fails(one.sendTo({ hostId: 4 }, new CountRequest(2)), "broken", "RequestError");
});

test("who cannot be reached is named", async t => {
	const { one, four } = await three(t);
	for (const party of [one, four]) {
		await fails(party.sendTo({ hostId: 99 }, new EchoRequest("")), "Host 99 is offline", "RequestError");
		await fails(party.sendTo({ instanceId: 7 }, new EchoRequest("")), "Instance 7 does not exist", "RequestError");
		await fails(party.sendTo({ controlId: 77 }, new EchoRequest("")), "Control connection does not exist", "RequestError");
	}
});

test("the hub does not know every request", async t => {
	const { one } = await three(t);
	await fails(one.send(new EchoRequest("")), "Unrecognized request foo:EchoRequest", "InvalidMessage");
});

test("what the last receiver refuses is told", async t => {
	const { one, four } = await three(t);
	await fails(one.sendTo({ hostId: 4 }, new CountRequest(1)), "No handler for CountRequest", "RequestError");
	four.handle(CountRequest, async () => ({ n: 1 }));
	one.validateSent = false;
	await fails(one.sendTo({ hostId: 4 }, new CountRequest("many")), "Request foo:CountRequest failed validation", "InvalidMessage");
});

test("nobody speaks for another", async t => {
	const { hub, one, four } = await three(t);
	const five = await host(t, hub.url, 5);
	const came = five.listen(NoticeEvent);
	const heardErrors = [];
	four.connector.on("message", message => message.type === "responseError" && heardErrors.push(message.data));
	four.say(new lib.MessageRequest(1, new Address(Address.host, 5, 1), new Address(Address.host, 5), "foo:BareRequest"));
	await until(() => heardErrors.length === 1, "an error");
	assert.equal(heardErrors[0].message, "Received message with invalid src [Address host:5:1] from [Address host:4]");
	assert.equal(heardErrors[0].code, "InvalidMessage");
	four.say(new lib.MessageEvent(2, new Address(Address.control, one.id), new Address(Address.host, 5), "foo:NoticeEvent",
		{ text: "forged" }));
	four.sendTo({ hostId: 5 }, new NoticeEvent("true"));
	await until(() => came.length === 1, "the event");
	assert.equal(came[0][0].text, "true");
});

test("events pass both ways, in order, with data and without", async t => {
	const { one, four } = await three(t);
	const down = four.listen(CountEvent), up = one.listen(CountEvent), bare = four.listen(BareEvent);
	for (let n = 0; n < 300; n++) {
		one.sendTo({ hostId: 4 }, new CountEvent(n));
		four.sendTo({ controlId: one.id }, new CountEvent(n));
	}
	one.sendTo({ hostId: 4 }, new BareEvent());
	await until(() => down.length === 300 && up.length === 300 && bare.length === 1, "all events");
	assert(down.every(([event], n) => event.n === n));
	assert(up.every(([event], n) => event.n === n));
	assert.deepEqual(address(down[0][1]), [Address.control, one.id]);
	assert.deepEqual(address(up[0][1]), [Address.host, 4]);
	assert.deepEqual(address(up[0][2]), [Address.control, one.id]);
});

test("a broadcast reaches all of a kind but who says it", async t => {
	const { hub, one, four } = await three(t);
	const five = await host(t, hub.url, 5), two = await control(t, hub.url);
	const came = new Map([one, two, four, five].map(party => [party, party.listen(NoticeEvent)]));
	const texts = party => came.get(party).map(([event]) => event.text).sort();
	one.sendTo("allHosts", new NoticeEvent("a"));
	four.sendTo("allHosts", new NoticeEvent("b"));
	one.sendTo("allControls", new NoticeEvent("c"));
	four.sendTo("allControls", new NoticeEvent("d"));
	await until(() => texts(five).length === 2 && texts(four).length === 1 && texts(two).length === 2 && texts(one).length === 1,
		"all broadcasts");
	// Whatever came too much would stand before the answer to a ping.
	await Promise.all([one, two, four, five].map(party => party.send(new lib.PingRequest())));
	assert.deepEqual([one, two, four, five].map(texts), [["d"], ["c", "d"], ["a"], ["a", "b"]]);
	assert.deepEqual(address(came.get(five)[0][2]), [Address.broadcast, Address.host]);
});

test("an instance behind a host is asked, asks, and hears broadcasts", async t => {
	const { hub, one, four } = await three(t);
	const five = (await host(t, hub.url, 5)).serve();
	const router = new Router(four), seven = router.add(7);
	const notices = [];
	seven.handle(EchoRequest, async ({ text }) => ({ text: `7: ${text}` }));
	seven.handle(NoticeEvent, async event => { notices.push(event.text); });
	await four.send(new lib.InstancesUpdateRequest([instanceUpdate(7, "running")]));
	assert.equal((await one.sendTo({ instanceId: 7 }, new EchoRequest("ask"))).text, "7: ask");
	assert.equal((await seven.sendTo({ hostId: 5 }, new EchoRequest("up"))).text, "UP");
	const called = await hub.aldis("call", "instance-7", "foo:EchoRequest", "{\"text\":\"called\"}");
	assert.deepEqual([called.status, JSON.parse(called.out)], [0, { text: "7: called" }]);
	one.sendTo({ instanceId: 7 }, new NoticeEvent("to you"));
	await until(() => notices.length === 1, "the event");
	five.sendTo("allInstances", new NoticeEvent("to all"));
	await until(() => notices.length === 2, "the broadcast");
	assert.deepEqual(notices, ["to you", "to all"]);
});

// The original takes any number (docs/wire-link.md 6). ALDIS_FLOOD=50000 with the default limits is the same, and takes long.
test("far too many requests at once all end, and nobody else feels it", async t => {
	const total = Number(process.env.ALDIS_FLOOD ?? 4000);
	const limits = process.env.ALDIS_FLOOD ? {} : { "limits.caller_in_flight_max": "500" };
	// While they are made, and read, nobody here has time for heartbeats.
	const { hub, one, four } = await three(t, { "link.heartbeat_interval": "15s", ...limits });
	const two = await control(t, hub.url);
	four.handle(CountRequest, async ({ n }) => ({ n }));
	const ends = { answered: 0, refused: 0 };
	const asked = Array.from({ length: total }, (_, n) => Link.prototype.sendTo.call(one, { hostId: 4 }, new CountRequest(n)).then(
		answer => {
			assert.equal(answer.n, n);
			ends.answered++;
		},
		error => {
			assert.equal(error.code, "Refused", error.message);
			assert.match(error.message, /too many commands in flight|a queue is full|does not acknowledge/);
			ends.refused++;
		},
	));
	assert.equal((await two.sendTo({ hostId: 4 }, new EchoRequest("meanwhile"))).text, "MEANWHILE");
	await within(Promise.all(asked), "all ends");
	assert.equal(ends.answered + ends.refused, total);
	assert(ends.answered >= 500, `${ends.answered} answered`);
	assert.deepEqual(one.diary, ["hello", "connect"]);
	await one.send(new lib.PingRequest());
});
