// The original's controller, as far as links go, for programs of ours that are its hosts and controls.
//
// What speaks here is the original's own: Link, WebSocketBaseConnector (serials, what is kept until it is acknowledged,
// heartbeats, the goodbye), the messages and their schemas, SubscriptionController. Its controller as a whole is a package that
// npm did not give us (404 for @clusterio/controller); so who is let in, which session is whose, and where a message goes next
// stands here, as link.md 2.3, 2.9, 3.3, 6.2, 7.1 and 7.2 say.

import { strict as assert } from "node:assert";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";

import { NoticeEvent, Party, lib } from "./party.mjs";
import { Way, ended, hostToken, launch, original, payloadOf, token, until, within } from "./rig.mjs";

const { WebSocketServer } = original("ws");

const VERSION = "2.0.0-alpha.25";

// A session: it outlives its sockets (link.md 3.3).
class SessionConnector extends lib.WebSocketBaseConnector {
	constructor(dst, sessionToken, { interval, timeout }) {
		super(new lib.Address(lib.Address.controller, 0), dst);
		Object.assign(this, { sessionToken, interval, timeout, nHeartbeats: 0 });
	}

	ready(socket, account) {
		this.#attach(socket, new lib.MessageReady(
			new lib.ReadyData(this.dst, this.sessionToken, this.timeout, this.interval, account)
		));
		this.emit("connect");
	}

	continue(socket, lastSeq) {
		if (this._state === "connected") {
			this._socket.once("close", () => this.continue(socket, lastSeq));
			this._socket.terminate();
			return;
		}
		if (this._state === "closed") {
			socket.terminate();
			return;
		}
		clearTimeout(this.timer);
		this.#attach(socket, new lib.MessageContinue(
			new lib.ContinueData(this.timeout, this.interval, this._lastReceivedSeq)
		));
		this._dropSendBufferSeq(lastSeq);
		for (const message of this._sendBuffer) {
			this._sendInternal(message);
		}
		this.emit("resume");
	}

	#attach(socket, first) {
		this._socket = socket;
		this._heartbeatInterval = this.interval;
		this._sendInternal(first);
		this._state = "connected";
		this.startHeartbeat();
		socket.on("message", text => {
			const message = this._parseMessage(text);
			if (message !== undefined) {
				this._processMessage(message);
			}
		});
		socket.on("close", (code, reason) => this.#lost({ code, reason: reason.toString() }));
	}

	#lost(how) {
		this.stopHeartbeat();
		this._socket = null;
		this.lost = how;
		if (this._closing) {
			this._close();
			return;
		}
		this._state = "resuming";
		this.timer = setTimeout(() => this._close(), this.timeout * 1000);
		this.emit("drop");
	}

	_reset() {
		clearTimeout(this.timer);
		super._reset();
	}

	_processHeartbeat(message) {
		this.nHeartbeats++;
		super._processHeartbeat(message);
	}

	setClosing() {
		if (this._state === "resuming") {
			this._close();
		} else {
			this._closing = true;
		}
	}

	async close(code, reason) {
		if (this._state === "resuming") {
			this._close();
		} else if (this._state !== "closed") {
			const closed = once(this, "close");
			this._closing = true;
			this._socket.close(code, reason);
			await closed;
		}
	}
}

class User {
	constructor(name, permissions) {
		Object.assign(this, { name, permissions });
	}

	checkPermission(name) {
		if (!this.permissions.includes(name)) {
			throw new lib.PermissionError("Permission denied");
		}
	}
}

// The controller's end of a link.
class Connection extends Party {
	constructor(controller, connector, user) {
		super(connector);
		this.user = user;
		this.router = controller;
		this.serve();
		this.handle(NoticeEvent, async event => { controller.notices.push(event); });
		this.handle(lib.SubscriptionRequest, controller.subscriptions.handleRequest.bind(controller.subscriptions, this));
		connector.on("close", () => controller.subscriptions.unsubscribeLink(this));
	}

	get id() {
		return this.connector.dst.id;
	}

	// Of its messages, those that nobody has acknowledged.
	get nKept() {
		return this.connector._sendBuffer.length;
	}

	validateIngress({ src }) {
		if (!src.addressedTo(this.connector.dst)) {
			throw new lib.InvalidMessage(`Received message with invalid src ${src} from ${this.connector.dst}`);
		}
	}

	// link.md 4.6; it is asked of controls only.
	validatePermission(message, entry) {
		const { permission } = entry.Request ?? entry.Event;
		try {
			if (typeof permission === "string") {
				this.user.checkPermission(permission);
			} else if (permission !== null) {
				permission(this.user, message);
			}
		} catch (error) {
			if (error instanceof lib.PermissionError) {
				this.connector.sendResponseError(new lib.ResponseError(error.message, error.code), message.src);
			}
			throw error;
		}
	}
}

export class Controller {
	// Behind a way that can be cut, for those who are given its `way`.
	static async behind(t, settings) {
		const controller = await Controller.start(t, settings);
		controller.way = await Way.open(t, controller.port);
		return controller;
	}

	// It ends with the test, behind the programs of ours that are to say goodbye to it. Who comes as a control may do what
	// `permissions` names.
	static async start(t, settings = {}) {
		const controller = new Controller(settings);
		t.after(async () => {
			await Promise.all(controller.programs.map(end => end()));
			await controller.stop();
		});
		await controller.#listen(settings.port ?? 0);
		return controller;
	}

	// `tls`: {key, cert}.
	constructor({ interval = 1, timeout = 20, permissions = [], tls }) {
		Object.assign(this, { interval, timeout, permissions });
		this.audience = `session-${Date.now()}-${Math.random()}`; // the original has the time alone
		this.hosts = new Map();
		this.controls = new Map();
		this.sessions = new Map();
		this.notices = [];
		this.programs = [];
		this.links = []; // all that ever were
		this.sockets = new Set();
		this.nSessions = this.nControls = this.nSockets = 0;
		this.isStopping = false;
		this.subscriptions = new lib.SubscriptionController();
		this.subscriptions.handle(NoticeEvent);
		this.http = tls === undefined ? http.createServer() : https.createServer(tls);
		new WebSocketServer({ server: this.http, path: "/api/socket", maxPayload: 100 * 1024 * 1024 })
			.on("connection", socket => this.#greet(socket));
	}

	async #listen(port) {
		this.http.listen(port, "127.0.0.1");
		await once(this.http, "listening");
	}

	get port() {
		return this.http.address().port;
	}

	get url() {
		return `${this.http instanceof https.Server ? "https" : "http"}://127.0.0.1:${this.port}/`;
	}

	// The link of a host, once it is there.
	host(id) {
		return until(() => this.hosts.get(id), `host ${id}`);
	}

	// --- handshake (link.md 2.3)

	#greet(socket) {
		this.nSockets++;
		this.sockets.add(socket);
		socket.on("close", () => this.sockets.delete(socket));
		socket.on("error", () => {});
		socket.send(JSON.stringify(new lib.MessageHello(new lib.HelloData(VERSION, { foo: "1.0.0" }))));
		this.#await(socket);
	}

	#await(socket) {
		socket.once("message", text => {
			this.#take(socket, text).catch(error => socket.close(1011, `Unexpected error: ${error.message}`.slice(0, 120)));
		});
	}

	async #take(socket, text) {
		let message;
		try {
			message = lib.Message.fromJSON(JSON.parse(text));
		} catch (error) {
			socket.close(1002, `Invalid message: ${error.message}`.slice(0, 120));
			return;
		}
		if (message.type === "resume") {
			this.#resume(socket, message.data);
		} else if (!["registerHost", "registerControl"].includes(message.type)) {
			socket.close(1002, "Bad handshake");
		} else if (this.isStopping) {
			socket.close(1001, "Shutting down");
		} else {
			await this.#register(socket, message);
		}
	}

	async #register(socket, { type, data }) {
		const isHost = type === "registerHost";
		let payload;
		try {
			payload = payloadOf(data.token, isHost ? "host" : "user");
			if (isHost && payload.host !== data.id) {
				throw new Error("missmatched host id");
			}
		} catch (error) {
			socket.close(3000, `Authentication failed: ${error.message}`);
			return;
		}
		await (isHost ? this.#registerHost(socket, data) : this.#registerControl(socket, payload.user));
	}

	async #registerHost(socket, { id }) {
		// All come from one address here (link.md 7.2).
		await this.hosts.get(id)?.connector.disconnect(1008, "Newer connection for host from same address");
		const connector = this.#session(new lib.Address(lib.Address.host, id));
		this.#list(this.hosts, id, new Connection(this, connector));
		connector.ready(socket);
	}

	#registerControl(socket, name) {
		const id = ++this.nControls, roles = [{ name: "Cluster Admin", id: 0, permissions: this.permissions }];
		const connector = this.#session(new lib.Address(lib.Address.control, id));
		this.#list(this.controls, id, new Connection(this, connector, new User(name, this.permissions)));
		connector.ready(socket, new lib.AccountDetails(name, roles));
	}

	#session(dst) {
		const sid = ++this.nSessions;
		const connector = new SessionConnector(dst, token({ aud: this.audience, sid }), this);
		this.sessions.set(sid, connector);
		connector.on("close", () => this.sessions.delete(sid));
		return connector;
	}

	#list(map, id, connection) {
		map.set(id, connection);
		this.links.push(connection);
		connection.connector.on("close", () => map.delete(id));
	}

	#resume(socket, { sessionToken, lastSeq }) {
		let connector;
		try {
			connector = this.sessions.get(payloadOf(sessionToken, this.audience).sid);
		} catch {
			// as if it were none
		}
		if (connector === undefined) {
			socket.send(JSON.stringify(new lib.MessageInvalidate()));
			this.#await(socket);
			return;
		}
		connector.continue(socket, lastSeq);
	}

	// --- what is for somebody else (link.md 7.1); a router of the original's Link

	#next(origin, { type, id }) {
		const { host, instance, control, controller } = lib.Address;
		const next = type === host ? this.hosts.get(id) : type === control ? this.controls.get(id) : undefined;
		if (next !== undefined) {
			return next === origin ? { why: `Message would return back to sender ${origin.connector.dst}.` } : { next };
		}
		return { why: {
			[host]: `Host ${id} is offline`,
			[instance]: `Instance ${id} does not exist`,
			[control]: "Control connection does not exist",
			[controller]: `Unexpected message forwarded to ${new lib.Address(type, id)}`,
		}[type] };
	}

	forwardMessage(origin, message) {
		if (message.dst.type === lib.Address.broadcast) {
			this.#broadcast(origin, message);
			return true;
		}
		const { next, why } = this.#next(origin, message.dst);
		if (message.type !== "request") {
			next?.connector.forward(message);
		} else if (next !== undefined) {
			next.forwardRequest(message, origin);
		} else {
			origin.connector.sendResponseError(new lib.ResponseError(why), message.src);
		}
		return true;
	}

	#broadcast(origin, message) {
		const isForControls = message.dst.id === lib.Address.control;
		for (const connection of (isForControls ? this.controls : this.hosts).values()) {
			if (connection !== origin) {
				connection.connector.forward(message);
			}
		}
	}

	// --- the end

	// In good order (link.md 7.2); twice is once.
	stop() {
		this.stopping ??= within(this.#stop(), "the end of the controller");
		return this.stopping;
	}

	async #stop() {
		this.isStopping = true;
		const connections = [...this.hosts.values(), ...this.controls.values()];
		await Promise.all(connections.map(({ connector }) => connector.disconnect(1001, "Server Quit")));
		for (const socket of this.sockets) {
			socket.close(1001, "Server Quit");
		}
		this.http.close();
		await until(() => !this.http.listening && this.sockets.size === 0, "the last socket");
	}

	// Without a goodbye to anybody, and with nobody remembered.
	kill() {
		this.stopping ??= this.#kill();
		return this.stopping;
	}

	async #kill() {
		this.http.close();
		for (const connector of this.sessions.values()) {
			connector.setClosing();
		}
		for (const socket of this.sockets) {
			socket.terminate();
		}
		await until(() => this.sockets.size === 0 && this.sessions.size === 0, "the last socket");
	}
}

// --- programs of ours, which show what they are let in by

const ours = url => url.replace("http", "link+ws");

// The command line: {status, out, err}.
export const aldis = (url, shown, ...words) => ended(launch("aldis", ["-H", ours(url), ...words], shown));

// The same, which goes on until the test ends.
export function background(controller, shown, ...words) {
	const { url } = controller.way ?? controller;
	const running = launch("aldis", ["-H", ours(url), ...words], shown);
	controller.programs.push(async () => {
		running.child.kill("SIGTERM");
		await within(running.closed, `the end of aldis ${words.join(" ")}`);
	});
	return running;
}

// `aldis agent` at work for host `id`, once the controller has it.
export async function agent(controller, id, ...words) {
	const running = background(controller, hostToken(id), "agent", "--target", `${id}`, ...words);
	await until(() => {
		assert.equal(running.child.exitCode, null, running.err());
		return running.err().includes(`registered as ${id}`);
	}, `agent ${id}`);
	return running;
}

// A program of somebody else's, which counts (test/system/link_probe.c).
export function probe(controller, url, shown, role, target, ...words) {
	const running = launch("link_probe", [role, target, ours(url), ...words.map(String)], shown);
	controller.programs.push(async () => {
		running.child.stdin.end();
		await within(running.closed, `the end of link_probe ${role}`);
		assert.equal(running.child.exitCode, 0, running.err());
	});
	return {
		say: line => running.child.stdin.write(`${line}\n`),
		told: () => until(() => running.out().includes("told\n") && running.out(), `what link_probe ${role} counted`),
	};
}
