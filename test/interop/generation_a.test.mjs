// The generation before: slaves and controls of 2.0.0-alpha.12, on the same port as the others.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { AuthenticationFailed, control, lib, newSlave, slave, slaveToken } from "./party_a.mjs";
import { Hub, Way, hostToken, until, within } from "./rig.mjs";

test("a slave and a control are greeted, and pinged by hand", async t => {
	const hub = await Hub.start(t, { "link.heartbeat_interval": "250ms", "link.session_timeout": "7s" });
	const four = await slave(t, hub.url, 4), one = await control(t, hub.url);
	for (const party of [four, one]) {
		assert.equal(party.connectData.heartbeat_interval, 0.25);
		assert.equal(party.connectData.session_timeout, 7);
		assert.equal((await party.ask(lib.messages.ping)).error, undefined);
	}
	assert.equal(one.connectData.account.name, "test");
	assert.match((await hub.aldis("--json", "targets")).out, /"4"/);
	await slave(t, hub.url, 5, hostToken(5));
});

test("a bad token is refused as it was then", async t => {
	const hub = await Hub.start(t);
	const party = newSlave(hub.url, 4, slaveToken(5));
	await assert.rejects(within(party.connector.connect(), "connect"), error => {
		assert(error instanceof AuthenticationFailed);
		assert.match(error.message, /^Authentication failed: missmatched (slave|host) id$/);
		return true;
	});
});

test("heartbeats come, and acknowledge", async t => {
	const hub = await Hub.start(t, { "link.heartbeat_interval": "200ms" });
	const four = await slave(t, hub.url, 4);
	await four.ask(lib.messages.ping);
	await until(() => four.connector._sendBuffer.length === 0, "acknowledged");
	const since = four.connector._lastHeartbeat;
	await until(() => four.connector._lastHeartbeat > since, "another one");
	assert.deepEqual(four.diary, ["hello", "connect"]);
});

test("the command line asks a slave, and hears its answer and its error", async t => {
	const hub = await Hub.start(t);
	const four = await slave(t, hub.url, 4);
	const asked = [];
	lib.messages.sendRcon.attach(four, async ({ data }) => {
		asked.push(data);
		if (data.command === "fail") {
			throw new Error("no such command");
		}
		return { result: `did ${data.command}` };
	});
	const good = await hub.aldis("call", "4", "send_rcon", "{\"instance_id\":7,\"command\":\"say\"}");
	assert.equal(good.status, 0, good.err);
	assert.deepEqual(JSON.parse(good.out), { result: "did say" });
	assert.deepEqual(asked, [{ instance_id: 7, command: "say" }]);
	const bad = await hub.aldis("call", "4", "send_rcon", "{\"instance_id\":7,\"command\":\"fail\"}");
	assert.equal(bad.status, 10);
	assert.match(bad.err, /no such command/);
	assert.equal((await hub.aldis("call", "4", "ping")).status, 0);
});

test("a cut is resumed, with what was asked meanwhile", async t => {
	const hub = await Hub.start(t);
	const way = await Way.open(t, hub.port);
	const four = await slave(t, way.url, 4);
	const asked = [];
	lib.messages.sendRcon.attach(four, async ({ data }) => { asked.push(data.command); return { result: data.command }; });
	const dropped = four.hear("drop"), resumed = four.hear("resume");
	way.isOpen = false;
	way.cut();
	await dropped;
	const calls = ["a", "b", "c"].map(command =>
		hub.aldis("call", "4", "send_rcon", JSON.stringify({ instance_id: 7, command })));
	const ping = four.ask(lib.messages.ping);
	way.isOpen = true;
	await resumed;
	assert.deepEqual((await Promise.all(calls)).map(({ status }) => status), [0, 0, 0]);
	assert.deepEqual(asked.sort(), ["a", "b", "c"]);
	await ping;
	assert.deepEqual(four.diary.filter(entry => entry !== "hello"), ["connect", "drop", "resume"]);
});

test("a session token that is none makes a new session", async t => {
	const hub = await Hub.start(t);
	const way = await Way.open(t, hub.port);
	const four = await slave(t, way.url, 4);
	const again = four.hear("connect");
	four.connector._sessionToken = "bad";
	way.cut();
	await again;
	assert.deepEqual(four.diary.slice(-3), ["hello", "invalidate", "connect"]);
	await four.ask(lib.messages.ping);
});

test("what nobody knows is answered with an error", async t => {
	const hub = await Hub.start(t);
	const one = await control(t, hub.url);
	one.setValidator("nope_response", () => true);
	const answer = one.waitFor("nope_response", { seq: one.connector.send("nope_request", {}) });
	assert.equal((await within(answer, "the answer")).data.error, "No validator for nope_request on master-control");
	await one.ask(lib.messages.ping);
});

test("both sides end in good order", async t => {
	const hub = await Hub.start(t);
	const four = await slave(t, hub.url, 4), one = await control(t, hub.url);
	one.connector.setClosing();
	await one.ask(lib.messages.prepareDisconnect);
	await one.connector.close(1000, "Disconnect");
	assert.deepEqual(one.diary, ["hello", "connect", "close"]);
	const gone = four.hear("close");
	await hub.stop();
	await gone;
	assert.deepEqual(four.diary, ["hello", "connect", "close"]);
});
