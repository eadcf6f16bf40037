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
