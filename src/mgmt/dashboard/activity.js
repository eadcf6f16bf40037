/*
 * What happened lately: outcomes, events, and channels that came and went, the newest first. It is held still while
 * somebody points at it, so that nothing moves away from under a finger. An outcome opens to its story.
 */

import { Problem, ask } from "./api.js";
import { brief, clock, count, duration } from "./format.js";
import { Rows, el, find, setAttribute, setText, show } from "./dom.js";
import { badge, fetchCommand, tell } from "./story.js";

const KEPT = 1000;
const SHOWN = 40;
const EARLIER = 100;
const REFRESH = 250;

let serial = 0;

function fromList(command) {
    return {
        kind: "command",
        key: command.id,
        id: command.id,
        at: Date.parse(command.submitted) + command.ended_ms,
        word: command.outcome,
        title: command.name,
        to: command.to,
        took: command.ended_ms,
        text: command.text ?? "",
    };
}

function fromStream({ kind, data }) {
    const at = Date.parse(data.at);

    if (kind === "command") {
        /* An answer after the outcome changes nothing here; it is in the story. */
        if (!data.outcome || data.late) {
            return null;
        }
        const text = data.text ?? "";
        const { id, outcome: word, name: title, to, age_ms: took } = data;
        return { kind, key: id, id, at, word, title, to, took, text };
    }
    serial++;
    if (kind === "event") {
        const { name: title, to, fate, filters } = data;
        const text = filters ? `${fate}, for ${filters}` : fate;
        return { kind, key: serial, at, word: "event", title, to, took: null, text };
    }
    const term = data.term ? ` in term ${data.term}` : "";
    const { change: word, target: to } = data;
    return { kind, key: serial, at, word, title: brief(data.id), to, took: null, text: `channel ${word}${term}` };
}

class Entry {
    constructor(item) {
        const id = `entry-${serial++}`;
        const parts = [
            el("time", { datetime: new Date(item.at).toISOString(), class: "number" }, clock(item.at)),
            item.kind === "command" ? badge(item.word) : el("span", { class: "badge is-note" }, item.word),
            el("span", { class: "what" }, el("b", {}, item.title), " → ", item.to ?? ""),
            el("span", { class: "number took" }, item.took === null ? "" : duration(item.took)),
            el("span", { class: "text" }, item.text),
        ];

        this.item = item;
        if (item.kind === "command") {
            const attributes = { type: "button", class: "entry", "aria-expanded": "false", "aria-controls": id };
            this.button = el("button", { ...attributes, onclick: () => this.toggle() }, ...parts);
            this.detail = el("div", { class: "detail", id, hidden: true });
            this.node = el("li", {}, this.button, this.detail);
        } else {
            this.node = el("li", {}, el("div", { class: "entry" }, ...parts));
        }
    }

    update() {}

    async toggle() {
        const open = this.detail.hidden;

        setAttribute(this.button, "aria-expanded", open);
        show(this.detail, open);
        if (!open) {
            return;
        }
        try {
            this.detail.replaceChildren(...tell(await fetchCommand(this.item.id)));
        } catch (error) {
            const gone = error instanceof Problem && error.status === 404;
            const text = gone ? "The hub does not remember it any more." : error.message;
            this.detail.replaceChildren(el("p", { class: "soft" }, text));
        }
    }
}

export class Activity {
    constructor(link) {
        this.link = link;
        this.items = [];
        this.waiting = [];
        this.known = new Set();
        this.limit = SHOWN;
        this.paused = false;
        this.pointed = false;
        this.timer = null;
        this.list = find("activity");
        this.pause = find("activity-pause");
        this.more = find("activity-more");
        this.kind = find("activity-kind");
        this.filter = find("activity-filter");
        this.rows = new Rows(this.list, (item) => item.key, (item) => new Entry(item));
        this.listen();
        link.on("events", (events) => this.take(events.map(fromStream).filter((item) => item !== null)));
        link.on("resync", () => this.catchUp());
        /* A hub that has too many readers of its stream can still be asked. */
        link.on("hub", () => link.streaming || this.catchUp());
    }

    listen() {
        this.list.addEventListener("pointerenter", (event) => this.hold(event.pointerType === "mouse"));
        this.list.addEventListener("pointerleave", () => this.hold(false));
        this.pause.addEventListener("click", () => {
            this.paused = !this.paused;
            setAttribute(this.pause, "aria-pressed", this.paused);
            this.flush();
        });
        this.more.addEventListener("click", () => {
            this.limit += 2 * SHOWN;
            this.draw();
        });
        for (const input of [this.kind, this.filter]) {
            input.addEventListener("input", () => this.draw());
        }
    }

    hold(pointed) {
        this.pointed = pointed;
        this.flush();
    }

    /* What the hub remembers and this page has not seen. */
    async catchUp() {
        try {
            const page = await ask(`commands?order=newest&limit=${EARLIER}`);
            this.take(page.commands.filter((command) => command.outcome).map(fromList).reverse());
        } catch {
            this.link.wake();
        }
    }

    /* Newer than what was taken before, oldest first. */
    take(items) {
        const fresh = items.filter((item) => !this.known.has(item.key));

        fresh.forEach((item) => this.known.add(item.key));
        this.waiting.push(...fresh);
        /* More than can be shown at all needs no place while it waits. */
        this.forget(this.waiting.splice(0, this.waiting.length - KEPT));
        if (fresh.length > 0) {
            this.timer ??= setTimeout(() => this.flush(), REFRESH);
        }
    }

    forget(items) {
        items.forEach((item) => this.known.delete(item.key));
    }

    flush() {
        clearTimeout(this.timer);
        this.timer = null;
        if (!this.paused && !this.pointed && this.waiting.length > 0) {
            this.items.unshift(...this.waiting.reverse());
            this.items.sort((a, b) => b.at - a.at);
            this.forget(this.items.splice(KEPT));
            this.waiting = [];
        }
        this.draw();
    }

    fits(item) {
        const kind = this.kind.value;
        const words = this.filter.value.trim().toLowerCase();
        const bad = item.kind === "command" && item.word !== "succeeded";
        const text = `${item.word} ${item.title} ${item.to} ${item.text} ${item.id ?? ""}`.toLowerCase();

        return (kind === "all" || kind === item.kind || (kind === "bad" && bad)) && text.includes(words);
    }

    draw() {
        const fitting = this.items.filter((item) => this.fits(item));
        const waits = this.waiting.length;

        this.rows.update(fitting.slice(0, this.limit));
        setText(this.pause, this.paused ? `Go on${waits > 0 ? ` (${count(waits)} new)` : ""}` : "Pause");
        const held = this.pointed && !this.paused && waits > 0;
        setText(find("activity-held"), held ? `held while you point at it, ${count(waits)} new` : "");
        setText(this.more, `${count(fitting.length - this.limit)} more`);
        show(this.more, fitting.length > this.limit);
        show(find("activity-none"), fitting.length === 0);
        setText(find("activity-none"), this.items.length > 0 ? "Nothing fits this filter." : "Nothing so far.");
    }
}
