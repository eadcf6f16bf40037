// Hosts and controls made of the original's library, and messages of a plugin of our own.

import { strict as assert } from "node:assert";

import { heard, hostToken, original, userToken, within } from "./rig.mjs";

export const lib = original("@clusterio/lib");
lib.logger.silent = true;

// A retry comes at once instead of after a second or two.
const RECONNECT_SECONDS_MAX = 0.1;

const text = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
const numbered = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
const everybody = ["controller", "host", "instance", "control"];

class Text {
	static jsonSchema = text;
	static fromJSON(json) { return new this(json.text); }
	constructor(value) { this.text = value; }
}

export class EchoRequest extends Text {
	static type = "request";
	static plugin = "foo";
	static src = everybody;
	static dst = everybody;
	static permission = null;
	static Response = class Response extends Text {};
}

// Neither it nor its answer has data.
export class BareRequest {
	static type = "request";
	static plugin = "foo";
	static src = everybody;
	static dst = everybody;
	static permission = null;
}

// Told apart by a number, so that each can be accounted for.
export class CountRequest {
	static type = "request";
	static plugin = "foo";
	static src = everybody;
	static dst = everybody;
	static permission = null;
	static jsonSchema = numbered;
	static fromJSON(json) { return new this(json.n); }
	static Response = class Response {
		static jsonSchema = numbered;
		static fromJSON(json) { return new this(json.n); }
		constructor(n) { this.n = n; }
	};
	constructor(n) { this.n = n; }
}

export class NoticeEvent extends Text {
	static type = "event";
	static plugin = "foo";
	static src = everybody;
	static dst = everybody;
	static permission = null;
}

export class BareEvent {
	static type = "event";
	static plugin = "foo";
	static src = everybody;
	static dst = everybody;
	static permission = null;
}

export class CountEvent {
	static type = "event";
	static plugin = "foo";
	static src = everybody;
	static dst = everybody;
	static permission = null;
	static jsonSchema = numbered;
	static fromJSON(json) { return new this(json.n); }
	constructor(n) { this.n = n; }
}

// Not for everybody.
export class GuardedRequest {
	static type = "request";
	static plugin = "foo";
	static src = everybody;
	static dst = everybody;
	static permission = "foo.guarded";
}

// What link_probe says, numbers without more.
class Numeral {
	static src = everybody;
	static dst = everybody;
	static permission = null;
	static jsonSchema = { type: "integer" };
	static fromJSON(json) { return new this(json); }
	constructor(n) { this.n = n; }
	toJSON() { return this.n; }
}

export class work extends Numeral {
	static type = "request";
	static Response = class Response extends Numeral {};
}

export class note extends Numeral {
	static type = "event";
}

const classes = [EchoRequest, BareRequest, CountRequest, GuardedRequest, NoticeEvent, BareEvent, CountEvent, work, note];
for (const Class of classes) {
	lib.Link.register(Class);
}

const PLUGINS = { foo: "1.0.0" };

class HostConnector extends lib.WebSocketClientConnector {
	constructor(url, id, shown) {
		super(url, RECONNECT_SECONDS_MAX);
		this.id = id;
		this.shown = shown;
	}

	register() {
		this.sendHandshake(new lib.MessageRegisterHost(
			new lib.RegisterHostData(this.shown, "2.0.0-alpha.25", this.id, PLUGINS)
		));
	}
}

class ControlConnector extends lib.WebSocketClientConnector {
	constructor(url, shown) {
		super(url, RECONNECT_SECONDS_MAX);
		this.shown = shown;
	}

	register() {
		this.sendHandshake(new lib.MessageRegisterControl(new lib.RegisterControlData(this.shown, "2.0.0-alpha.25")));
	}
}

// A link that keeps a diary of its connector, without the order of which little can be told.
export class Party extends lib.Link {
	constructor(connector) {
		super(connector);
		this.diary = [];
		this.errors = [];
		for (const event of ["hello", "connect", "drop", "resume", "invalidate", "close", "disconnectPrepare"]) {
			connector.on(event, data => {
				this.diary.push(event);
				this[`${event}Data`] = data;
			});
		}
		connector.on("error", error => this.errors.push(error));
	}

	get id() {
		return this.connector.src.id;
	}

	hear(event) {
		return heard(this.connector, event);
	}

	sendTo(destination, message) {
		const answer = super.sendTo(destination, message);
		return answer instanceof Promise ? within(answer, `the answer to ${message.constructor.name}`) : answer;
	}

	// Whatever they are asked, in the plainest way.
	serve() {
		this.handle(EchoRequest, async ({ text }) => ({ text: text.toUpperCase() }));
		this.handle(BareRequest, async () => {});
		return this;
	}

	// Keep the events of a class as [event, source, destination].
	listen(Class) {
		const came = [];
		this.handle(Class, async (event, src, dst) => { came.push([event, src, dst]); });
		return came;
	}

	// As the original would never do: any message, from any address.
	say(message) {
		this.connector._seq++;
		this.connector.send(message);
	}
}

async function connected(t, party) {
	t.after(() => ended(party));
	await within(party.connector.connect(), "connect");
	return party;
}

// Whatever state it is in, it does not call again.
export async function ended(party) {
	const { connector } = party;
	if (connector._state !== "closed") {
		const gone = party.hear("close");
		connector.setClosing();
		connector._socket?.terminate();
		await gone;
	}
}

export function newHost(url, id, shown = hostToken(id)) {
	return new Party(new HostConnector(url, id, shown));
}

export function newControl(url, shown = userToken()) {
	return new Party(new ControlConnector(url, shown));
}

export const host = (t, url, id, shown) => connected(t, newHost(url, id, shown));
export const control = (t, url, shown) => connected(t, newControl(url, shown));

// What an address says, comparably.
export const address = ({ type, id }) => [type, id];

// A request that fails must say so with these words and this code.
export async function fails(promise, message, code) {
	await assert.rejects(promise, error => {
		assert.equal(error.message, message);
		assert.equal(error.code, code);
		return true;
	});
}

// What the original's host has: pairs of connectors to its instances, and a way between these and the hub.
export class Router {
	constructor(party) {
		this.party = party;
		this.instances = new Map();
		party.router = this;
	}

	add(id) {
		const [near, far] = lib.VirtualConnector.makePair(new lib.Address(lib.Address.host, this.party.id), new lib.Address(lib.Address.instance, id));
		const inside = new lib.Link(near), instance = new lib.Link(far);
		inside.router = this;
		this.instances.set(id, inside);
		return instance;
	}

	forwardMessage(origin, message) {
		if (message.dst.type === lib.Address.broadcast) {
			for (const inside of this.instances.values()) {
				inside.connector.forward(message);
			}
			return true;
		}
		const next = message.dst.type === lib.Address.instance ? this.instances.get(message.dst.id) : this.party;
		if (next === undefined || next === origin) {
			return false;
		}
		if (message.type === "request") {
			next.forwardRequest(message, origin);
		} else {
			next.connector.forward(message);
		}
		return true;
	}
}

export const instanceUpdate = (id, status) => new lib.HostInstanceUpdate(
	new lib.InstanceConfig("host", { "instance.id": id, "instance.name": `number ${id}` }).toRemote("controller"), status
);
