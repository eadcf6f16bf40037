/*
 * Server-sent events over fetch(), because EventSource can send no token and tells no status.
 *
 * The hub does not wait for a slow reader: it drops lines and says how many. This reader makes use of that. It takes no
 * more than a browser can show, and leaves the rest to be dropped where that costs least.
 */

import { Away, open } from "./api.js";

const SILENCE_MAX = 40_000; // The hub says something each 15 s.
const WINDOW = 250;
const WINDOW_EVENTS = 1000;

function pause(ms) {
    return new Promise((done) => setTimeout(done, ms));
}

/*
 * Takes text and gives events: those of the HTML standard, section 9.2.6, with the line ends that the hub uses. `retry`
 * and comments say nothing here.
 */
class Parser {
    constructor() {
        this.rest = "";
        this.kind = "message";
        this.data = [];
    }

    feed(text) {
        const lines = (this.rest + text).split("\n");
        const events = [];

        this.rest = lines.pop();
        for (const line of lines) {
            if (line === "") {
                if (this.data.length > 0) {
                    events.push({ kind: this.kind, data: JSON.parse(this.data.join("\n")) });
                }
                this.kind = "message";
                this.data = [];
            } else if (line.startsWith("event:")) {
                this.kind = line.slice(6).trim();
            } else if (line.startsWith("data:")) {
                this.data.push(line.slice(5).trimStart());
            }
        }
        return events;
    }
}

/* Read until it ends, which it does by throwing. `opened()` comes first, then `take(events)` again and again. */
export async function follow(path, signal, opened, take) {
    const response = await open(path, { signal, accept: "text/event-stream" });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new Parser();
    let began = performance.now();
    let taken = 0;
    let silence = null;

    opened();
    try {
        for (;;) {
            silence = setTimeout(() => reader.cancel().catch(() => {}), SILENCE_MAX);
            const { done, value } = await reader.read().catch((error) => {
                throw signal.aborted ? error : new Away("The stream of events broke");
            });
            clearTimeout(silence);
            if (done) {
                throw new Away("The stream of events ended");
            }
            const events = parser.feed(value);
            taken += events.length;
            if (events.length > 0) {
                take(events);
            }
            if (taken > WINDOW_EVENTS) {
                await pause(Math.max(0, WINDOW - (performance.now() - began)));
            }
            if (performance.now() - began > WINDOW) {
                began = performance.now();
                taken = 0;
            }
        }
    } finally {
        clearTimeout(silence);
        reader.cancel().catch(() => {});
    }
}
