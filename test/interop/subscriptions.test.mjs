// Who subscribed to an event hears it when somebody says it to the hub.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { CountEvent, NoticeEvent, address, control, host, lib } from "./party.mjs";
import { Hub, until } from "./rig.mjs";

const { SubscriptionRequest } = lib;

test("a subscriber hears what is said to the hub, and only while it is one", async t => {
	const hub = await Hub.start(t);
	const one = await control(t, hub.url), two = await control(t, hub.url), four = await host(t, hub.url, 4);
	const mine = one.listen(CountEvent), theirs = two.listen(CountEvent);
	assert.equal(await one.send(new SubscriptionRequest("foo:CountEvent", true)), false);
	four.send(new CountEvent(1));
	await until(() => mine.length === 1, "the event");
	assert.equal(mine[0][0].n, 1);
	assert.deepEqual(address(mine[0][2]), [lib.Address.control, one.id]);
	assert.equal(await one.send(new SubscriptionRequest("foo:CountEvent", false)), false);
	four.send(new CountEvent(2));
	await four.send(new lib.PingRequest());
	await Promise.all([one, two].map(party => party.send(new lib.PingRequest())));
	assert.equal(mine.length, 1);
	assert.equal(theirs.length, 0);
});

test("who subscribes with a time gets what it missed before the answer", async t => {
	const hub = await Hub.start(t);
	const one = await control(t, hub.url), four = await host(t, hub.url, 4);
	const came = one.listen(CountEvent);
	await one.send(new SubscriptionRequest("foo:CountEvent", true));
	four.send(new CountEvent(1));
	await until(() => came.length === 1, "the event");
	const late = await control(t, hub.url);
	const again = late.listen(CountEvent);
	assert.equal(await late.send(new SubscriptionRequest("foo:CountEvent", true, 0)), true);
	assert.equal(again.at(-1)[0].n, 1);
});

test("filters choose among what is said to the hub", async t => {
	const hub = await Hub.start(t);
	const one = await control(t, hub.url);
	const came = one.listen(CountEvent);
	const numbers = () => came.map(([event]) => event.n);
	const send = (n, ...words) => hub.aldis("send", ...words, "", "foo:CountEvent", JSON.stringify({ n }));
	const sendAll = async from => {
		came.length = 0;
		await send(from, "--filter", "a");
		await send(from + 1, "--filter", "a,b");
		await send(from + 2, "--filter", "c");
		await send(from + 3);
		await one.send(new lib.PingRequest());
	};
	assert.equal(await one.send(new SubscriptionRequest("foo:CountEvent", true, 0, "a")), false);
	await sendAll(0);
	assert.deepEqual(numbers(), [0, 1, 3]);
	await one.send(new SubscriptionRequest("foo:CountEvent", true, Date.now() + 60000, ["c"]));
	await sendAll(10);
	assert.deepEqual(numbers(), [10, 11, 12, 13]);
	await one.send(new SubscriptionRequest("foo:CountEvent", false, 0, "a"));
	await sendAll(20);
	assert.deepEqual(numbers(), [22, 23]);
	await one.send(new SubscriptionRequest("foo:CountEvent", true, Date.now() + 60000));
	await sendAll(30);
	assert.deepEqual(numbers(), [30, 31, 32, 33]);
	await one.send(new SubscriptionRequest("foo:CountEvent", false));
	await sendAll(40);
	assert.deepEqual(numbers(), []);
});

test("an answer that tells of a gap is an answer as ever", async t => {
	const hub = await Hub.start(t, { "limits.replay_max": "2" });
	const one = await control(t, hub.url);
	const long = Date.now() - 60000;
	assert.equal(await one.send(new SubscriptionRequest("foo:CountEvent", true, long)), false);
	for (let n = 0; n < 5; n++) {
		await hub.aldis("send", "", "foo:CountEvent", JSON.stringify({ n }));
	}
	const late = await control(t, hub.url);
	const came = late.listen(CountEvent);
	assert.equal(await late.send(new SubscriptionRequest("foo:CountEvent", true, long)), true);
	assert.deepEqual(came.map(([event]) => event.n), [3, 4]);
	assert.equal((await hub.api("hub")).counters.subscriptions_with_gaps, 2);
});

test("a subscription outlives a cut", async t => {
	const hub = await Hub.start(t);
	const one = await control(t, hub.url), four = await host(t, hub.url, 4);
	const came = one.listen(NoticeEvent);
	await one.send(new SubscriptionRequest("foo:NoticeEvent", true));
	const resumed = one.hear("resume");
	one.connector._socket.terminate();
	four.send(new NoticeEvent("meanwhile"));
	await resumed;
	await until(() => came.length === 1, "the event");
	assert.equal(came[0][0].text, "meanwhile");
});
