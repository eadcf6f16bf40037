// What one party of the generation before says to another: the hub's schemas say what is sent on, `instance_id` where to.

import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { EchoRequest, NoticeEvent, Router, control as controlB, host as hostB, instanceUpdate, lib as libB } from "./party.mjs";
import { control, lib, slave } from "./party_a.mjs";
import { Hub, Way, folder, until, within } from "./rig.mjs";

const text = { text: { type: "string" } };
const links = ["control-master", "master-slave"];

// The same on the wire as EchoRequest and NoticeEvent of today's.
const echo = new lib.Request({
	type: "foo:EchoRequest", links, permission: null, forwardTo: "instance",
	requestProperties: text, responseProperties: text,
});
const notice = new lib.Event({
	type: "foo:NoticeEvent", links: ["slave-master", "master-slave"], eventProperties: text,
});

const documents = [
	{ name: "send_rcon", kind: "request", src: "control", dst: "instance", schema: { type: "object", required: ["command"] } },
	{ name: "foo:EchoRequest", kind: "request", dst: "instance" },
	{ name: "foo:NoticeEvent", kind: "event", dst: "instance" },
];

async function start(t, settings = {}) {
	const schemas = folder(t);
	documents.forEach((document, i) => writeFileSync(path.join(schemas, `${i}.json`), JSON.stringify(document)));
	return await Hub.start(t, { "link.schemas": schemas, ...settings });
}

// A slave that has instances, and keeps what it is asked.
async function slaveWith(t, url, id, instances) {
	const party = await slave(t, url, id);
	party.asked = [];
	party.notices = [];
	lib.messages.sendRcon.attach(party, async ({ data }) => {
		party.asked.push(data);
		if (data.command === "fail") {
			throw new Error("Instance ID 7 is not running");
		}
		return { result: `${id} did ${data.command}` };
	});
	echo.attach(party, async ({ data }) => {
		party.asked.push(data);
		return { text: data.text.toUpperCase() };
	});
	notice.attach(party, async ({ data }) => { party.notices.push(data); });
	await party.ask(lib.messages.updateInstances, {
		instances: instances.map(instance => ({
			serialized_config: { groups: [{ name: "instance", fields: { name: `number ${instance}`, id: instance } }] },
			status: "running",
		})),
	});
	return party;
}

test("a control asks the instance that a slave has, and hears its answer and its errors", async t => {
	const hub = await start(t);
	const four = await slaveWith(t, hub.url, 4, [7, 8]), five = await slaveWith(t, hub.url, 5, [9]);
	const one = await control(t, hub.url);
	assert.deepEqual((await one.ask(lib.messages.sendRcon, { instance_id: 8, command: "a" })).result, "4 did a");
	assert.deepEqual((await one.ask(lib.messages.sendRcon, { instance_id: 9, command: "b" })).result, "5 did b");
	assert.deepEqual([four.asked, five.asked], [[{ instance_id: 8, command: "a" }], [{ instance_id: 9, command: "b" }]]);
	const errors = [
		[lib.messages.sendRcon, { instance_id: 7, command: "fail" }, "Instance ID 7 is not running"],
		[lib.messages.sendRcon, { instance_id: 70, command: "x" }, "Instance with ID 70 does not exist"],
		[lib.messages.stopInstance, { instance_id: 7 }, "No validator for stop_instance_request on master-control"],
	];
	for (const [message, data, error] of errors) {
		await assert.rejects(one.ask(message, data), { message: error });
	}
});

test("what breaks its schema, and what may not come from there, is not sent on", async t => {
	const hub = await start(t);
	const four = await slaveWith(t, hub.url, 4, [7]), five = await slaveWith(t, hub.url, 5, []);
	const one = await control(t, hub.url);
	for (const [party, data, words] of [
		[one, { instance_id: 7 }, /send_rcon failed validation/],
		[five, { instance_id: 7, command: "x" }, /Source .*host.* is not allowed for send_rcon/],
	]) {
		party.setValidator("send_rcon_response", () => true);
		const answer = party.waitFor("send_rcon_response", { seq: party.connector.send("send_rcon_request", data) });
		assert.match((await within(answer, "the answer")).data.error, words);
	}
	assert.deepEqual(four.asked, []);
});

test("a control of today asks an instance of a slave, and one of then an instance of a host", async t => {
	const hub = await start(t);
	const four = await slaveWith(t, hub.url, 4, [7]);
	const today = await controlB(t, hub.url), then = await control(t, hub.url);
	echo.attach(then);
	assert.equal((await today.sendTo({ instanceId: 7 }, new EchoRequest("up"))).text, "UP");
	assert.deepEqual(four.asked, [{ text: "up", instance_id: 7 }]);
	const five = await hostB(t, hub.url, 5);
	new Router(five).add(8).handle(EchoRequest, async ({ text: said }) => ({ text: `8: ${said}` }));
	await five.send(new libB.InstancesUpdateRequest([instanceUpdate(8, "running")]));
	// Its schema of then allows no member beside; a host of today does not look at them.
	assert.equal((await then.ask(echo, { instance_id: 8, text: "down" })).text, "8: down");
	const called = await hub.aldis("call", "instance-7", "foo:EchoRequest", "{\"text\":\"called\"}");
	assert.deepEqual([called.status, called.out && JSON.parse(called.out)], [0, { text: "CALLED" }]);
});

test("an event to all instances reaches those of the other slaves and hosts", async t => {
	const hub = await start(t);
	const four = await slaveWith(t, hub.url, 4, [7, 8]), five = await slaveWith(t, hub.url, 5, [9]);
	const six = await hostB(t, hub.url, 6);
	const heard = [];
	new Router(six).add(10).handle(NoticeEvent, async event => { heard.push(event.text); });
	await six.send(new libB.InstancesUpdateRequest([instanceUpdate(10, "running")]));
	notice.send(four, { text: "all" });
	await until(() => five.notices.length === 1 && heard.length === 1, "the event");
	await four.ask(lib.messages.ping);
	assert.deepEqual([four.notices, five.notices, heard], [[], [{ text: "all" }], ["all"]]);
});

test("the answer to what was asked, and acknowledged, before a resume arrives", async t => {
	const hub = await start(t, { "link.heartbeat_interval": "100ms" });
	const way = await Way.open(t, hub.port);
	const four = await slaveWith(t, way.url, 4, []);
	let answer;
	four._handlers.delete("send_rcon_request");
	four._validators.delete("send_rcon_request");
	lib.messages.sendRcon.attach(four, () => new Promise(resolve => { answer = () => resolve({ result: "late" }); }));
	await four.ask(lib.messages.updateInstances, {
		instances: [{ serialized_config: { groups: [{ name: "instance", fields: { id: 7 } }] }, status: "running" }],
	});
	const called = hub.aldis("call", "instance-7", "send_rcon", "{\"command\":\"x\"}");
	await until(() => answer, "the request");
	const beat = four.connector._lastHeartbeat;
	await until(() => four.connector._lastHeartbeat > beat + 200, "heartbeats: it is acknowledged");
	const resumed = four.hear("resume");
	way.cut();
	await resumed;
	answer();
	const { status, out } = await called;
	assert.deepEqual([status, JSON.parse(out)], [0, { result: "late" }]);
});
