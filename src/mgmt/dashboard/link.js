/*
 * The page's own connection. One loop decides whether the hub is there: it reads /api/v1/hub every two seconds. The
 * stream of events runs beside it; when the stream breaks, the loop asks at once, and says "away" only if that fails.
 *
 * Others subscribe: "state" (this.state changed), "hub" (a new reading), "resync" (lines may have been missed, or the
 * hub is another one: read your lists again), "events" (from the stream), "dropped" (so many the hub left out).
 */

import { Away, ask } from "./api.js";
import { follow } from "./stream.js";

const INTERVAL = 2000;
const INTERVAL_HIDDEN = 15_000; // Nobody looks: only so that the charts have no hole.
const RETRY_MIN = 500;
const RETRY_MAX = 15_000;
const STREAM = "events?kinds=command,event,channel";

export class Link extends EventTarget {
    constructor() {
        super();
        this.state = { phase: "connecting" };
        this.hub = null;
        this.streaming = false;
        this.attempt = 0;
        this.wake = () => {};
        this.unlocked = () => {};
        document.addEventListener("visibilitychange", () => this.wake());
    }

    emit(type, detail) {
        this.dispatchEvent(new CustomEvent(type, { detail }));
    }

    on(type, heard) {
        this.addEventListener(type, (event) => heard(event.detail));
    }

    get live() {
        return this.state.phase === "live";
    }

    enter(phase, more = {}) {
        const before = this.state;
        const same = before.phase === phase;

        this.state = { phase, since: same ? before.since : Date.now(), ...more };
        this.emit("state");
    }

    /* Wait, but not when somebody calls wake(). */
    rest(ms) {
        return new Promise((done) => {
            const timer = setTimeout(done, ms);

            this.wake = () => {
                clearTimeout(timer);
                done();
            };
        });
    }

    async run() {
        for (;;) {
            try {
                this.read(await ask("hub"));
                await this.rest(document.hidden ? INTERVAL_HIDDEN : INTERVAL);
            } catch (error) {
                await this.recover(error);
            }
        }
    }

    /* A reading: the hub is there. */
    read(hub) {
        const back = !this.live;
        const another = this.hub !== null && this.hub.started !== hub.started;

        this.hub = hub;
        this.attempt = 0;
        if (back || another) {
            this.enter("live", { restarted: another });
            this.emit("resync", { another });
        }
        this.emit("hub", hub);
        if (!this.stream) {
            this.stream = this.keepStreaming();
        }
    }

    async recover(error) {
        if (error.status === 401) {
            const unlocked = new Promise((done) => (this.unlocked = done));
            this.enter("locked", { text: error.message });
            await unlocked;
            return;
        }
        /* Drawn anew each time, so that many pages do not come back to a restarted hub at once. */
        const wait = Math.min(RETRY_MAX, RETRY_MIN * 2 ** Math.min(this.attempt, 10)) * (0.75 + Math.random() / 2);
        this.attempt++;
        this.enter(error instanceof Away ? "away" : "refused", {
            text: error.message,
            attempt: this.attempt,
            retryAt: Date.now() + wait,
        });
        await this.rest(wait);
    }

    /* The stream comes and goes; the loop above decides what that means. */
    async keepStreaming() {
        let wait = RETRY_MIN;
        const opened = () => {
            wait = RETRY_MIN;
            this.streamOpened();
        };

        while (this.live) {
            const abort = new AbortController();
            const leave = () => this.live || abort.abort();

            this.addEventListener("state", leave);
            try {
                await follow(STREAM, abort.signal, opened, (events) => this.take(events));
            } catch (error) {
                this.streaming = false;
                this.emit("state");
                this.wake();
                if (!(error instanceof Away)) {
                    wait = RETRY_MAX;
                }
            }
            this.removeEventListener("state", leave);
            await new Promise((done) => setTimeout(done, wait));
            wait = Math.min(RETRY_MAX, wait * 2);
        }
        this.stream = null;
    }

    streamOpened() {
        this.streaming = true;
        this.emit("state");
        /* What happened before the stream began is in the lists. */
        this.emit("resync", { another: false });
    }

    take(events) {
        const shown = events.filter((event) => event.kind !== "dropped");
        const dropped = events.filter((event) => event.kind === "dropped").reduce((n, event) => n + event.data.n, 0);

        if (shown.length > 0) {
            this.emit("events", shown);
        }
        if (dropped > 0) {
            this.emit("dropped", dropped);
        }
    }
}
