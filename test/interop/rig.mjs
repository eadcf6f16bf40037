// What the interop tests share: a hub of one's own, the way to it that can be cut, tokens, and waiting.
//
// Every hub listens on a free port and on a socket in a folder of its own, so that any number of tests may run at once.
// Nothing sleeps for a guessed time: everything waits for a condition, with a deadline.

import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

// Until a condition that should hold soon is called failed; sanitizers and a busy machine fit.
export const PATIENCE_MS = Number(process.env.ALDIS_PATIENCE_MS ?? 60000);

const programs = process.env.ALDIS_BIN ?? "";

// A library of the original, out of the folder that `./dev interop` installed them in.
export const original = createRequire(path.join(process.env.ALDIS_INTEROP_MODULES ?? process.cwd(), "package.json"));

export async function until(condition, what) {
	const deadline = Date.now() + PATIENCE_MS;
	for (;;) {
		const value = await condition();
		if (value) {
			return value;
		}
		assert(Date.now() < deadline, `${what}: not within ${PATIENCE_MS} ms`);
		await new Promise(resolve => setTimeout(resolve, 5));
	}
}

// The promise, or a failure that says what was waited for.
export async function within(promise, what) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${what}: not within ${PATIENCE_MS} ms`)), PATIENCE_MS);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

// Unlike events.once(), an error that comes first changes nothing.
export function heard(emitter, event) {
	return within(new Promise(resolve => emitter.once(event, resolve)), event);
}

// Tokens (link.md 6.2). What the hub is told is the secret as text; the key is what that is the base64 of.

export const SECRET = "TestSecretDoNotUse";

const encode = value => Buffer.from(JSON.stringify(value)).toString("base64url");

export function token(payload, { secret = SECRET, alg = "HS256" } = {}) {
	const text = `${encode({ alg, typ: "JWT" })}.${encode(payload)}`;
	if (alg === "none") {
		return `${text}.`;
	}
	const hash = createHmac(alg.replace("HS", "sha"), Buffer.from(secret, "base64"));
	return `${text}.${hash.update(text).digest("base64url")}`;
}

// What a token says that shows to be for `audience`; fails with the original's words.
export function payloadOf(shown, audience) {
	const [head, body, proof] = shown.split(".");
	if (proof === undefined) {
		throw new Error(shown === "" ? "jwt must be provided" : "jwt malformed");
	}
	if (createHmac("sha256", Buffer.from(SECRET, "base64")).update(`${head}.${body}`).digest("base64url") !== proof) {
		throw new Error("invalid signature");
	}
	const payload = JSON.parse(Buffer.from(body, "base64url"));
	if (payload.aud !== audience) {
		throw new Error(`jwt audience invalid. expected: ${audience === "host" ? "host or slave" : audience}`);
	}
	return payload;
}

const now = () => Math.floor(Date.now() / 1000);
export const hostToken = (host, more = {}) => token({ aud: "host", host, iat: now(), ...more });
export const userToken = (user = "test", more = {}) => token({ aud: "user", user, iat: now(), ...more });

// Programs.

function collected(stream) {
	const chunks = [];
	stream.on("data", chunk => chunks.push(chunk));
	return () => Buffer.concat(chunks).toString();
}

// One of our programs at work; `shown`: the token that it shows.
export function launch(program, words, shown) {
	const env = shown === undefined ? process.env : { ...process.env, ALDIS_TOKEN: shown };
	const place = program === "aldis" ? programs : process.env.ALDIS_PROBES ?? programs;
	const child = spawn(path.join(place, program), words, { env });
	return { child, out: collected(child.stdout), err: collected(child.stderr), closed: once(child, "close") };
}

// What became of it: {status, out, err}.
export async function ended({ child, out, err, closed }) {
	const [status] = await within(closed, child.spawnargs.join(" "));
	return { status, out: out(), err: err() };
}

// A folder that is gone after the test.
export function folder(t) {
	const made = mkdtempSync(path.join(tmpdir(), "aldis-interop-"));
	t.after(() => rmSync(made, { recursive: true, force: true }));
	return made;
}

export class Hub {
	// A hub that ends with the test; the end is demanded to be clean. `port` is asked for when a hub follows another one.
	static async start(t, settings = {}, { port = 0, place = folder(t) } = {}) {
		const hub = new Hub(settings, port, place);
		await hub.#begin();
		t.after(() => hub.stop());
		return hub;
	}

	constructor(settings, port, place) {
		this.place = place;
		this.socket = path.join(place, "aldis.sock");
		const secret = path.join(place, "link.secret");
		writeFileSync(secret, `${SECRET}\n`, { mode: 0o600 });
		this.settings = {
			"http.listen": `127.0.0.1:${port}`,
			"unix.path": this.socket,
			"log.level": "info",
			"link.secret": secret,
			"link.heartbeat_interval": "1s",
			"link.session_timeout": "20s",
			...settings,
		};
		this.doors = new Map();
	}

	async #begin() {
		const words = Object.entries(this.settings).flatMap(([key, value]) => ["-s", `${key}=${value}`]);
		this.process = spawn(path.join(programs, "aldisd"), words, { stdio: ["ignore", "pipe", "pipe"] });
		this.ended = once(this.process, "close");
		this.log = collected(this.process.stderr);
		for await (const line of createInterface({ input: this.process.stdout })) {
			const [word, name, address] = line.split(" ");
			if (word === "ready") {
				this.process.stdout.resume();
				return;
			}
			this.doors.set(name, address);
		}
		await this.ended;
		throw new Error(`aldisd ended with ${this.process.exitCode}: ${this.log()}`);
	}

	get port() {
		return Number(this.doors.get("http").split(":").pop());
	}

	get url() {
		return `http://127.0.0.1:${this.port}/`;
	}

	// Twice is once: a second signal would cut it short.
	stop() {
		this.stopping ??= this.#stop();
		return this.stopping;
	}

	async #stop() {
		if (this.process.exitCode === null && this.process.signalCode === null) {
			this.process.kill("SIGTERM");
			await within(this.ended, "the end of aldisd");
			assert.equal(this.process.exitCode, 0, `aldisd ended with ${this.process.exitCode}: ${this.log()}`);
		}
	}

	// Without a goodbye to anybody.
	async kill() {
		this.process.kill("SIGKILL");
		await within(this.ended, "the end of aldisd");
	}

	// The command line, at this hub: {status, out, err}.
	aldis(...words) {
		return ended(launch("aldis", ["-H", `unix:${this.socket}`, ...words]));
	}

	// A program that goes on until the test ends.
	background(t, ...words) {
		const running = launch("aldis", ["-H", `unix:${this.socket}`, ...words]);
		t.after(async () => {
			running.child.kill("SIGTERM");
			await within(running.closed, `the end of aldis ${words[0]}`);
		});
		return running;
	}

	// What the management API answers at `where`.
	async api(where) {
		const response = await fetch(new URL(`api/v1/${where}`, this.url));
		assert.equal(response.status, 200, where);
		return response.json();
	}
}

// The way to a hub, which can be cut at any byte, held, and closed to newcomers.
export class Way {
	static async open(t, port) {
		const way = new Way(port);
		way.server.listen(0, "127.0.0.1");
		await once(way.server, "listening");
		t.after(() => way.close());
		return way;
	}

	constructor(port) {
		this.port = port;
		this.pairs = new Set();
		this.isOpen = true;
		this.isHeld = false;
		this.bytesLeft = Infinity; // both ways together, until the way is cut
		this.nCuts = 0;
		this.server = net.createServer(near => this.#pair(near));
	}

	get url() {
		return `http://127.0.0.1:${this.server.address().port}/`;
	}

	#pair(near) {
		if (!this.isOpen) {
			near.destroy();
			return;
		}
		const far = net.connect(this.port, "127.0.0.1");
		const pair = [near, far];
		this.pairs.add(pair);
		for (const [from, to] of [[near, far], [far, near]]) {
			from.setNoDelay(true);
			from.on("data", bytes => this.#pass(to, bytes));
			from.on("error", () => {});
			from.on("end", () => to.end());
			from.on("close", () => {
				this.pairs.delete(pair);
				to.destroy();
			});
		}
	}

	#pass(to, bytes) {
		if (this.isHeld) {
			return; // lost: nobody hears anything any more, though the connections stand
		}
		if (bytes.length >= this.bytesLeft) {
			to.write(bytes.subarray(0, this.bytesLeft));
			this.bytesLeft = Infinity;
			this.cut();
			return;
		}
		this.bytesLeft -= bytes.length;
		to.write(bytes);
	}

	// What is on its way is lost.
	cut() {
		this.nCuts++;
		this.isHeld = false;
		for (const pair of this.pairs) {
			for (const socket of pair) {
				socket.destroy();
			}
		}
	}

	// After so many more bytes, wherever in a frame that is.
	cutAfter(bytes) {
		this.bytesLeft = bytes;
	}

	close() {
		this.cut();
		this.server.close();
	}
}
