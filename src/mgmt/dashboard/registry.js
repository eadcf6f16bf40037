/*
 * Who can be commanded, and over which connections: read again when channels come and go, and every few seconds for
 * the counts. A hub with many channels is read more rarely, so that the page never keeps it from its work.
 */

import { askAll } from "./api.js";

const CHANNELS_MAX = 5000;
const TARGETS_MAX = 5000;
const MANY = 200;
const INTERVAL = 2000;
const INTERVAL_MANY = 5000;
const EAGER = 400; // From a channel's coming or going until it is read: more of them come at once.

export class Registry extends EventTarget {
    constructor(link) {
        super();
        this.link = link;
        this.targets = [];
        this.byTarget = new Map();
        this.complete = true;
        this.timer = null;
        this.reading = false;
        this.again = false;
        link.on("resync", () => this.read());
        link.on("events", (events) => {
            if (events.some((event) => event.kind === "channel")) {
                this.schedule(EAGER);
            }
        });
        link.on("state", () => link.live || this.stop());
        document.addEventListener("visibilitychange", () => document.hidden || this.schedule(0));
    }

    stop() {
        clearTimeout(this.timer);
        this.timer = null;
    }

    schedule(ms) {
        const due = Date.now() + ms;

        if (this.timer !== null && this.due <= due) {
            return;
        }
        this.stop();
        this.due = due;
        this.timer = setTimeout(() => {
            this.timer = null;
            this.read();
        }, ms);
    }

    async read() {
        if (this.reading) {
            this.again = true;
            return;
        }
        this.reading = true;
        this.again = false;
        try {
            const targets = await askAll("targets", "targets", TARGETS_MAX);
            const channels = await askAll("channels", "channels", CHANNELS_MAX);
            this.take(targets, channels);
        } catch {
            this.link.wake(); // The loop finds out what is wrong, and says so.
        }
        this.reading = false;
        if (this.link.live && !document.hidden) {
            this.schedule(this.again ? EAGER : this.nChannels > MANY ? INTERVAL_MANY : INTERVAL);
        }
    }

    take(targets, channels) {
        this.byTarget = new Map(targets.map((target) => [target.name, []]));
        for (const channel of channels) {
            /* One that came between the two lists waits for the next reading. */
            this.byTarget.get(channel.target)?.push(channel);
        }
        this.targets = targets.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
        this.nChannels = channels.length;
        this.complete = channels.length < CHANNELS_MAX && targets.length < TARGETS_MAX;
        this.dispatchEvent(new Event("change"));
    }

    channelsOf(name) {
        return this.byTarget.get(name) ?? [];
    }

    find(name) {
        return this.targets.find((target) => target.name === name);
    }
}
