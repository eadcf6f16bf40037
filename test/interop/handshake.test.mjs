// Hello, register, ready; who is let in; how a connection ends in good order.

import { strict as assert } from "node:assert";
import { test } from "node:test";

import { BareRequest, EchoRequest, address, control, ended, fails, host, lib, newControl, newHost } from "./party.mjs";
import { Hub, hostToken, token, until, userToken } from "./rig.mjs";

const nowSeconds = () => Math.floor(Date.now() / 1000);

test("a control is greeted, and told who it is", async t => {
	const hub = await Hub.start(t, { "link.heartbeat_interval": "250ms", "link.session_timeout": "7s" });
	const one = await control(t, hub.url, userToken("Ada"));
	assert.equal(typeof one.helloData.version, "string");
	assert.deepEqual(address(one.connector.src), [lib.Address.control, 1]);
	assert.equal(one.connectData.heartbeatInterval, 0.25);
	assert.equal(one.connectData.sessionTimeout, 7);
	assert.equal(one.connectData.account.name.toLowerCase(), "ada");
	const two = await control(t, hub.url);
	assert.deepEqual(address(two.connector.src), [lib.Address.control, 2]);
	assert.deepEqual(two.diary, ["hello", "connect"]);
});

test("a host has the number that it registers, and the targets show it", async t => {
	const hub = await Hub.start(t);
	const four = await host(t, hub.url, 4);
	assert.deepEqual(address(four.connector.src), [lib.Address.host, 4]);
	const { status, out } = await hub.aldis("--json", "targets");
	assert.equal(status, 0);
	assert.match(out, /"4"/);
});

test("a ping is answered by the hub and by a host", async t => {
	const hub = await Hub.start(t);
	const one = await control(t, hub.url), four = await host(t, hub.url, 4);
	assert.equal(await one.send(new lib.PingRequest()), undefined);
	assert.equal(await four.send(new lib.PingRequest()), undefined);
	assert.equal(await one.sendTo({ hostId: 4 }, new lib.PingRequest()), undefined);
});

test("heartbeats come both ways, and nothing is dropped while they do", async t => {
	const hub = await Hub.start(t, { "link.heartbeat_interval": "200ms" });
	const four = (await host(t, hub.url, 4)).serve(), one = await control(t, hub.url);
	await one.sendTo({ hostId: 4 }, new BareRequest());
	// What was sent is kept until a heartbeat acknowledges it.
	await until(() => one.connector._sendBuffer.length === 0 && four.connector._sendBuffer.length === 0, "acknowledged");
	const since = [one.connector._lastHeartbeatMs, four.connector._lastHeartbeatMs];
	await until(() => one.connector._lastHeartbeatMs > since[0] && four.connector._lastHeartbeatMs > since[1], "another one");
	assert.deepEqual(one.diary, ["hello", "connect"]);
	assert.deepEqual(four.diary, ["hello", "connect"]);
});

const REFUSED = [
	["no token at all", "control", () => "", "jwt must be provided"],
	["a token that is none", "control", () => "bad", "jwt malformed"],
	["a token signed with another secret", "control", () => userToken("test", {}).replace(/[^.]*$/, "AAAA"), "invalid signature"],
	["a token without signature", "control", () => token({ aud: "user", user: "test", iat: nowSeconds() }, { alg: "none" }),
		"jwt signature is required"],
	["a token that is over", "control", () => userToken("test", { exp: nowSeconds() - 60 }), "jwt expired"],
	["a host's token shown by a control", "control", () => hostToken(4), "jwt audience invalid. expected: user"],
	["a user's token shown by a host", "host", () => userToken(), "jwt audience invalid. expected: host or slave"],
	["another host's token", "host", () => hostToken(5), "missmatched host id"],
];

test("who shows no good token is refused for good", async t => {
	const hub = await Hub.start(t);
	for (const [what, kind, shown, why] of REFUSED) {
		await t.test(what, async t => {
			const party = kind === "host" ? newHost(hub.url, 4, shown()) : newControl(hub.url, shown());
			t.after(() => ended(party));
			await assert.rejects(party.connector.connect(), error => {
				assert(error instanceof lib.AuthenticationFailed, `it is ${error.name}`);
				assert.equal(error.message, `Authentication failed: ${why}`);
				return true;
			});
			await until(() => party.diary.at(-1) === "close", "closed");
		});
	}
	const stays = await control(t, hub.url);
	await stays.send(new lib.PingRequest());
});

test("tokens of longer hashes and of the time before hosts had that name are good", async t => {
	const hub = await Hub.start(t);
	await control(t, hub.url, token({ aud: "user", user: "test", iat: nowSeconds() }, { alg: "HS512" }));
	await host(t, hub.url, 6, token({ aud: "slave", slave: 6, iat: nowSeconds() }));
});

test("a party that disconnects in good order is gone at once", async t => {
	const hub = await Hub.start(t);
	const one = await control(t, hub.url), four = (await host(t, hub.url, 4)).serve();
	await one.sendTo({ hostId: 4 }, new BareRequest());
	await four.connector.disconnect();
	assert.equal(four.diary.at(-1), "close");
	await fails(one.sendTo({ hostId: 4 }, new BareRequest()), "Host 4 is offline", "RequestError");
	assert.deepEqual(four.errors, []);
});

test("a hub that stops says goodbye and lets what it was asked end first", async t => {
	const hub = await Hub.start(t);
	const one = await control(t, hub.url), four = await host(t, hub.url, 4);
	let answer;
	four.handle(EchoRequest, () => new Promise(resolve => { answer = resolve; }));
	const asked = one.sendTo({ hostId: 4 }, new EchoRequest("last"));
	await until(() => answer, "the question");
	const gone = [one.hear("close"), four.hear("close")];
	const stopped = hub.stop();
	await until(() => hub.log().includes("stopping"), "the beginning of the end");
	answer({ text: "words" });
	assert.equal((await asked).text, "words");
	await Promise.all([...gone, stopped]);
	assert.deepEqual(one.diary, ["hello", "connect", "disconnectPrepare", "close"]);
	assert.deepEqual(four.diary, ["hello", "connect", "disconnectPrepare", "close"]);
});

test("a second host of the same number takes the place of the first", async t => {
	const hub = await Hub.start(t);
	const one = await control(t, hub.url);
	const first = (await host(t, hub.url, 4)).serve();
	const gone = first.hear("close");
	const second = await host(t, hub.url, 4);
	second.handle(EchoRequest, async () => ({ text: "second" }));
	await gone;
	assert.equal(first.errors.length, 1);
	assert(first.errors[0] instanceof lib.PolicyViolation);
	assert.equal(first.errors[0].message, "Newer connection for host from same address");
	assert.equal((await one.sendTo({ hostId: 4 }, new EchoRequest("who"))).text, "second");
});
