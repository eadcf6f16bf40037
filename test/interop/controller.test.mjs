// Our programs as hosts and controls of the original's controller: what they are asked, ask, and say.

import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { Controller, agent, aldis, background } from "./controller.mjs";
import { BareRequest, CountRequest, EchoRequest, GuardedRequest, NoticeEvent, control, fails, host, lib } from "./party.mjs";
import { ended, folder, hostToken, token, until, userToken } from "./rig.mjs";

// Exit statuses of the command line are outcomes.
const NO_HUB = 3, FAILED = 10, REFUSED = 11, EXPIRED = 13;

test("an agent is a host of the original's controller", async t => {
	const controller = await Controller.start(t), heard = path.join(folder(t), "heard");
	await agent(controller, 100, "--on", "foo:EchoRequest=tr a-z A-Z | sed s/TEXT/text/",
		"--on", "foo:CountRequest=echo no oil >&2; exit 1", "--on", `foo:NoticeEvent=cat >${heard}`);
	const one = await control(t, controller.url), four = await host(t, controller.url, 4);
	for (const party of [one, four]) {
		assert.equal((await party.sendTo({ hostId: 100 }, new EchoRequest("lamp"))).text, "LAMP");
		await assert.rejects(party.sendTo({ hostId: 100 }, new CountRequest(1)), /no oil/);
		await fails(party.sendTo({ hostId: 100 }, new BareRequest()), "No handler for BareRequest", "RequestError");
	}
	one.sendTo({ hostId: 100 }, new NoticeEvent("dusk"));
	await until(() => existsSync(heard) && readFileSync(heard, "utf8") === "{\"text\":\"dusk\"}", "the event");
});

test("the controller itself asks an agent, also what no agent knows", async t => {
	const controller = await Controller.start(t);
	await agent(controller, 100, "--on", "foo:EchoRequest=cat");
	const link = controller.hosts.get(100);
	assert.equal((await link.send(new EchoRequest("from above"))).text, "from above");
	await link.send(new lib.PingRequest());
	// What the original asks each of its hosts every ten seconds (link.md 7.3).
	await fails(link.send(new lib.SystemInfoRequest()), "No handler for SystemInfoRequest", "RequestError");
	link.send(new lib.SyncUserListsEvent(["test"], [], []));
	await link.send(new lib.PingRequest());
	assert.deepEqual(link.diary, ["connect"]);
	assert.deepEqual(link.errors, []);
});

test("the command line is a control of the original's controller", async t => {
	const controller = await Controller.start(t), four = await host(t, controller.url, 4), sources = [];
	four.handle(EchoRequest, async ({ text }, src) => { sources.push(src.type); return { text: text.toUpperCase() }; });
	four.handle(BareRequest, async () => {});
	const call = (...words) => aldis(controller.url, userToken(), "call", ...words);
	const succeeds = async (answer, ...words) => {
		const { status, out, err } = await call(...words);
		assert.deepEqual([status, out.trim(), err], [0, answer, ""]);
	};
	await succeeds("{\"text\":\"DOWN\"}", "4", "foo:EchoRequest", "{\"text\":\"down\"}");
	await succeeds("", "4", "foo:BareRequest");
	await succeeds("{\"text\":\"UP\"}", "", "foo:EchoRequest", "{\"text\":\"up\"}");
	await succeeds("", "", "PingRequest");
	assert.deepEqual(sources, [lib.Address.control]);
	const one = (await control(t, controller.url)).serve();
	await succeeds("{\"text\":\"ACROSS\"}", `control-${one.id}`, "foo:EchoRequest", "{\"text\":\"across\"}");
});

test("the command line hears how the original's requests ended", async t => {
	const controller = await Controller.start(t), four = await host(t, controller.url, 4);
	four.handle(CountRequest, ({ n }) => {
		if (n === 0) {
			throw new lib.RequestError("not today", "Closed");
		}
		return new Promise(() => {});
	});
	const ends = async (expected, words, ...command) => {
		const { status, err } = await aldis(controller.url, userToken(), "call", ...command);
		assert.equal(status, expected, err);
		assert.match(err, words);
	};
	await ends(FAILED, /not today\n.*Closed/, "4", "foo:CountRequest", "{\"n\":0}");
	await ends(REFUSED, /Request foo:CountRequest failed validation/, "4", "foo:CountRequest", "{\"n\":\"many\"}");
	await ends(REFUSED, /No handler for EchoRequest/, "4", "foo:EchoRequest", "{\"text\":\"\"}");
	await ends(REFUSED, /Unrecognized request foo:NopeRequest/, "4", "foo:NopeRequest");
	await ends(REFUSED, /Host 99 is offline/, "99", "foo:CountRequest", "{\"n\":0}");
	await ends(REFUSED, /Instance 7 does not exist/, "instance-7", "foo:CountRequest", "{\"n\":0}");
	await ends(REFUSED, /Control connection does not exist/, "control-99", "foo:CountRequest", "{\"n\":0}");
	await ends(REFUSED, /Permission denied/, "4", "foo:GuardedRequest");
	// What only a hub of ours can do is refused by the original, not waited for.
	await ends(REFUSED, /Unrecognized request aldis:CallRequest/, "lamp", "foo:EchoRequest", "{\"text\":\"\"}");
	await ends(REFUSED, /Unrecognized request aldis:CallRequest/, "--mode", "all", "4", "foo:EchoRequest", "{\"text\":\"\"}");
	await ends(EXPIRED, /./, "--deadline", "300ms", "4", "foo:CountRequest", "{\"n\":1}");
});

test("a user with the permission is let through", async t => {
	const controller = await Controller.start(t, { permissions: ["foo.guarded"] });
	const four = await host(t, controller.url, 4);
	four.handle(GuardedRequest, async () => {});
	assert.equal((await aldis(controller.url, userToken(), "call", "4", "foo:GuardedRequest")).status, 0);
});

test("the command line says events to hosts, to controls and to the controller", async t => {
	const controller = await Controller.start(t);
	const four = await host(t, controller.url, 4), one = await control(t, controller.url);
	const down = four.listen(NoticeEvent), across = one.listen(NoticeEvent);
	const says = async (...words) => assert.equal((await aldis(controller.url, userToken(), "send", ...words)).status, 0);
	await says("4", "foo:NoticeEvent", "{\"text\":\"hear\"}");
	await says(`control-${one.id}`, "foo:NoticeEvent", "{\"text\":\"me\"}");
	await says("", "foo:NoticeEvent", "{\"text\":\"all\"}");
	await until(() => down.length === 1 && across.length === 1 && controller.notices.length === 1, "the events");
	assert.deepEqual([down, across, [controller.notices]].map(([[event]]) => (event[0] ?? event).text), ["hear", "me", "all"]);
});

test("the command line watches events that the original lets one subscribe to", async t => {
	const controller = await Controller.start(t);
	const watch = background(controller, userToken(), "--json", "watch", "-n", "2", "foo:NoticeEvent", "foo:NobodyKnowsEvent");
	await until(() => watch.err().includes("cannot subscribe to foo:NobodyKnowsEvent"), "the answers");
	controller.subscriptions.broadcast(new NoticeEvent("tick"));
	(await control(t, controller.url)).sendTo("allControls", new NoticeEvent("to all"));
	const { status, out, err } = await ended(watch);
	assert.equal(status, 0, err);
	const lines = out.trim().split("\n").map(line => JSON.parse(line));
	assert.deepEqual(lines.map(({ name, payload }) => [name, payload]), [
		["foo:NoticeEvent", { text: "tick" }], ["foo:NoticeEvent", { text: "to all" }],
	]);
});

test("over TLS the controller is asked for a certificate that is trusted", async t => {
	const place = folder(t), key = path.join(place, "key.pem"), cert = path.join(place, "cert.pem");
	execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test",
		"-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", key, "-out", cert], { stdio: "pipe" });
	const controller = await Controller.start(t, { tls: { key: readFileSync(key), cert: readFileSync(cert) } });
	await agent(controller, 100, "--ca", cert, "--on", "foo:EchoRequest=cat");
	const call = (...words) => aldis(controller.url, userToken(), "call", ...words, "100", "foo:EchoRequest", "{\"text\":\"safe\"}");
	const { status, out, err } = await call("--ca", cert);
	assert.deepEqual([status, out.trim()], [0, "{\"text\":\"safe\"}"], err);
	const strange = await call();
	assert.equal(strange.status, NO_HUB, strange.err);
	assert.match(strange.err, /certificate/);
});

test("who shows no good token is told so, and does not come again", async t => {
	const controller = await Controller.start(t);
	const bad = [
		["", /jwt must be provided/],
		["nonsense", /jwt malformed/],
		[token({ aud: "user", user: "test" }, { secret: "another" }), /invalid signature/],
		[hostToken(4), /jwt audience invalid. expected: user/],
	];
	for (const [shown, words] of bad) {
		const { status, err } = await aldis(controller.url, shown, "call", "4", "PingRequest");
		assert.equal(status, NO_HUB, err);
		assert.match(err, words);
	}
	assert.match((await aldis(controller.url, hostToken(4), "agent", "--target", "5", "--echo")).err, /missmatched host id/);
	assert.equal(controller.nSockets, bad.length + 1);
});

test("of two agents with one number the second one stays, and the first one ends", async t => {
	const controller = await Controller.start(t);
	const first = await agent(controller, 100, "--on", "foo:EchoRequest=echo '{\"text\":\"first\"}'");
	const replaced = controller.hosts.get(100);
	await agent(controller, 100, "--on", "foo:EchoRequest=echo '{\"text\":\"second\"}'");
	await until(() => first.child.exitCode !== null, "the end of the first");
	assert.equal(first.child.exitCode, NO_HUB, first.err());
	assert.match(first.err(), /Newer connection for host from same address/);
	assert.deepEqual(replaced.diary, ["connect", "close"]);
	assert.equal((await controller.hosts.get(100).send(new EchoRequest(""))).text, "second");
});
