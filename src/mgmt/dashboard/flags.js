/*
 * The flags of the hub's machine: what somebody should see to, the most urgent first. The panel is there only while there
 * are any. Whether there are is said by every reading of the hub; what they say is asked for when that changes, and now
 * and then.
 */

import { ask } from "./api.js";
import { count, duration, plural } from "./format.js";
import { Rows, el, find, setAttribute, setText, show } from "./dom.js";

const SHOWN = 5;
const INTERVAL = 10_000;
const URGENT = 50;

function fromFlag(flag) {
    return {
        key: `flag ${flag.unit} ${flag.section} ${flag.name}`,
        priority: flag.priority,
        name: `${flag.unit} ${flag.section} ${flag.name}`,
        text: flag.message,
        again: flag.modified ?? flag.date,
        times: flag.count,
        byHand: flag.manual_down,
        title: [flag.hostname, flag.version, ...flag.tags].filter(Boolean).join(", "),
    };
}

function fromFile({ file, why }) {
    return { key: `file ${file}`, priority: null, name: file, text: `cannot be read: ${why}`, again: null, title: "" };
}

class Row {
    constructor() {
        this.priority = el("span", { class: "number priority" });
        this.name = el("b", { class: "flag-name" });
        this.when = el("span", { class: "when" });
        this.text = el("span", { class: "text" });
        this.node = el("li", { class: "flag" }, this.priority, this.name, this.when, this.text);
    }

    update({ item, now }) {
        const since = item.again ? `${duration(Math.max(0, now - Date.parse(item.again)))} ago` : "";
        const times = item.times > 1 ? `, ${count(item.times)} times` : "";

        setText(this.priority, item.priority ?? "!");
        setAttribute(this.priority, "title", item.priority === null ? null : "priority");
        setAttribute(this.node, "class", item.priority === null || item.priority >= URGENT ? "flag urgent" : "flag");
        setText(this.name, item.name);
        setAttribute(this.name, "title", item.title);
        setText(this.when, `${since}${times}${item.byHand ? ", to be lowered by hand" : ""}`);
        setAttribute(this.when, "title", item.again);
        setText(this.text, item.text);
    }
}

export class Flags {
    constructor(link) {
        this.link = link;
        this.items = [];
        this.seen = "";
        this.limit = SHOWN;
        this.panel = find("flags");
        this.more = find("flags-more");
        this.rows = new Rows(find("flags-list"), ({ item }) => item.key, () => new Row());
        this.more.addEventListener("click", () => {
            this.limit = Infinity;
            this.draw();
        });
        link.on("hub", (hub) => this.look(hub.flags));
    }

    async look(glance) {
        const { counters, ...facts } = glance ?? {};
        const seen = JSON.stringify(facts);
        const old = this.readAt !== undefined && Date.now() - this.readAt > INTERVAL;

        this.glance = glance;
        if (!glance || (glance.raised === 0 && glance.unreadable === 0 && !glance.problem)) {
            this.seen = "";
            this.items = [];
        } else if (seen !== this.seen || old) {
            this.seen = seen;
            await this.read();
        }
        this.draw();
    }

    async read() {
        this.readAt = Date.now();
        try {
            const { flags, unreadable } = await ask("flags");
            this.items = [...flags.map(fromFlag), ...unreadable.map(fromFile)];
        } catch {
            this.seen = "";
            this.link.wake(); // The loop finds out what is wrong, and says so.
        }
    }

    draw() {
        const now = this.link.hub ? Date.parse(this.link.hub.now) : Date.now();
        const { raised = 0, urgent = 0, problem = "", folder = "" } = this.glance ?? {};
        const left = Math.max(0, this.items.length - this.limit);

        show(this.panel, this.items.length > 0 || problem !== "");
        this.rows.update(this.items.slice(0, this.limit).map((item) => ({ item, now })));
        setText(find("flags-summary"), problem || `${count(raised)} raised, ${count(urgent)} urgent`);
        setAttribute(find("flags-summary"), "title", folder);
        setText(this.more, plural(left, "more flag"));
        show(this.more, left > 0);
    }
}
