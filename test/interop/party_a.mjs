// Slaves and controls of the generation before, made of its library, 2.0.0-alpha.12.

import { heard, original, token, userToken, within } from "./rig.mjs";

export const lib = original("clusterio-lib-generation-a/link");
const { logger } = original("clusterio-lib-generation-a/logging");
export const { AuthenticationFailed } = original("clusterio-lib-generation-a/errors");
logger.silent = true;

export const slaveToken = id => token({ aud: "slave", slave: id, iat: Math.floor(Date.now() / 1000) });

class SlaveConnector extends lib.WebSocketClientConnector {
	constructor(url, id, shown) {
		super(url.replace("http", "ws"), 0.1);
		Object.assign(this, { id, shown });
	}

	register() {
		this.sendHandshake("register_slave", {
			token: this.shown, agent: "Clusterio Slave", version: "2.0.0-alpha.12", name: "Foo", id: this.id,
			plugins: { foo: "1.0.0" }, public_address: "localhost",
		});
	}
}

class ControlConnector extends lib.WebSocketClientConnector {
	constructor(url, shown) {
		super(url.replace("http", "ws"), 0.1);
		this.shown = shown;
	}

	register() {
		this.sendHandshake("register_control", { token: this.shown, agent: "clusterioctl", version: "2.0.0-alpha.12" });
	}
}

// The messages of the library whose handlers a slave or a control must have are many; these attach what they want.
class Party extends lib.Link {
	constructor(source, connector) {
		super(source, "master", connector);
		this.diary = [];
		this.errors = [];
		for (const event of ["hello", "connect", "drop", "resume", "invalidate", "close"]) {
			connector.on(event, data => {
				this.diary.push(event);
				this[`${event}Data`] = data;
			});
		}
		connector.on("error", error => this.errors.push(error));
		lib.messages.ping.attach(this, this.pingRequestHandler);
		lib.messages.prepareDisconnect.attach(this, async () => {
			connector.setClosing();
			await this.prepareDisconnectRequestHandler();
		});
	}

	hear(event) {
		return heard(this.connector, event);
	}

	ask(message, data) {
		if (!this._validators.has(message.responseType)) {
			message.attach(this);
		}
		return within(message.send(this, data), message.type);
	}
}

async function connected(t, party) {
	t.after(async () => {
		const { connector } = party;
		if (connector._state !== "closed") {
			const gone = party.hear("close");
			connector.setClosing();
			connector._socket?.terminate();
			await gone;
		}
	});
	await within(party.connector.connect(), "connect");
	return party;
}

export const newSlave = (url, id, shown = slaveToken(id)) => new Party("slave", new SlaveConnector(url, id, shown));
export const slave = (t, url, id, shown) => connected(t, newSlave(url, id, shown));
export const control = (t, url, shown = userToken()) => connected(t, new Party("control", new ControlConnector(url, shown)));
