/*
 * The table of targets with their channels. A target can be opened; of what is open or listed, only so much is put into
 * the page as can be looked at, and a filter finds the rest.
 */

import { brief, count, duration, plural } from "./format.js";
import { Rows, el, find, setAttribute, setText, show } from "./dom.js";

const TARGETS_SHOWN = 15;
const CHANNELS_SHOWN = 20;
const FEW_CHANNELS = 12; // So few are all shown at once.

function stateWord(channel) {
    if (channel.leaving) {
        return "leaving";
    }
    return channel.state === "live" && !channel.active ? "inactive" : channel.state;
}

function health(channel, now) {
    if (channel.health_failures > 0) {
        return `${count(channel.health_failures)} failed`;
    }
    return channel.health_last ? `${duration(Math.max(0, now - Date.parse(channel.health_last)))} ago` : "–";
}

function cell(label, kind = "") {
    return el("td", { role: "cell", "data-label": label, class: kind });
}

class ChannelRow {
    constructor() {
        this.name = el("span", { class: "id" });
        this.primary = el("span", { class: "primary" });
        this.state = cell("state");
        this.health = cell("health");
        this.inFlight = cell("in flight", "number");
        this.queued = cell("queued", "number");
        this.soFar = cell("so far", "number optional");
        this.peer = cell("peer", "peer");
        this.since = cell("since", "number");
        this.node = el(
            "tr",
            { role: "row", class: "channel" },
            el("th", { role: "rowheader", scope: "row" }, this.name, this.primary),
            this.state,
            this.health,
            this.inFlight,
            this.queued,
            this.soFar,
            this.peer,
            this.since,
        );
    }

    update({ channel, now }) {
        const state = stateWord(channel);

        setText(this.name, brief(channel.id));
        setAttribute(this.name, "title", channel.id);
        setText(this.primary, channel.primary ? "primary" : "");
        setAttribute(this.primary, "title", channel.primary ? `confirmed in term ${channel.term}` : null);
        setText(this.state, state);
        setAttribute(this.state, "class", state === "live" ? "" : "bad");
        setText(this.health, health(channel, now));
        setAttribute(this.health, "class", channel.health_failures > 0 ? "bad" : "");
        setText(this.inFlight, count(channel.in_flight));
        setText(this.queued, count(channel.queued));
        setText(this.soFar, count(channel.commands));
        setText(this.peer, channel.principal ? `${channel.peer} as ${channel.principal}` : channel.peer);
        setAttribute(this.peer, "title", channel.dialect);
        setText(this.since, duration(channel.age_ms));
        setAttribute(this.since, "title", channel.since);
    }
}

class TargetRow {
    constructor(table) {
        this.table = table;
        this.channelsShown = CHANNELS_SHOWN;
        this.title = el("span", { class: "name" });
        this.toggle = el("button", { class: "toggle", type: "button" }, this.title);
        this.toggle.addEventListener("click", () => table.toggle(this.target.name));
        this.use = el("button", { class: "use", type: "button" }, "command");
        this.use.addEventListener("click", () => table.use(this.target.name));
        this.state = cell("live");
        this.primary = cell("primary", "id");
        this.inFlight = cell("in flight", "number");
        this.queued = cell("queued", "number");
        this.rest = el("td", { role: "cell", class: "actions", colspan: "3" }, this.use);
        const head = el(
            "tr",
            { role: "row", class: "target" },
            el("th", { role: "rowheader", scope: "rowgroup" }, this.toggle),
            this.state,
            this.primary,
            this.inFlight,
            this.queued,
            this.rest,
        );
        this.more = el("button", { type: "button", class: "quiet", onclick: () => this.showMore() });
        this.moreRow = el("tr", { role: "row", class: "more-row", hidden: true });
        this.moreRow.append(el("td", { role: "cell", colspan: "8" }, this.more));
        this.node = el("tbody", { role: "rowgroup" }, head, this.moreRow);
        this.rows = new Rows(this.node, (item) => item.channel.id, () => new ChannelRow(), head, this.moreRow);
    }

    showMore() {
        this.channelsShown += 5 * CHANNELS_SHOWN;
        this.table.draw();
    }

    update({ target, channels, open, now }) {
        const shown = open ? channels.slice(0, this.channelsShown) : [];
        const left = open ? channels.length - shown.length : 0;
        const inFlight = channels.reduce((n, channel) => n + channel.in_flight, 0);
        const queued = channels.reduce((n, channel) => n + channel.queued, target.queued);

        this.target = target;
        setText(this.title, target.name);
        setAttribute(this.toggle, "aria-expanded", open);
        setAttribute(this.use, "aria-label", `Command ${target.name}`);
        setText(this.state, `${count(target.active)} of ${count(target.channels)}`);
        setAttribute(this.state, "class", target.active === 0 ? "bad" : "");
        setText(this.primary, target.primary ? brief(target.primary) : "–");
        setAttribute(this.primary, "title", target.primary ? `${target.primary}, term ${target.term}` : "none");
        setText(this.inFlight, count(inFlight));
        setText(this.queued, count(queued));
        this.rows.update(shown.map((channel) => ({ channel, now })));
        setText(this.more, `${count(left)} more`);
        show(this.moreRow, left > 0);
    }
}

export class Targets {
    constructor(link, registry, use) {
        this.link = link;
        this.registry = registry;
        this.use = use;
        this.choices = new Map(); // What somebody opened or closed by hand.
        this.limit = TARGETS_SHOWN;
        this.filter = find("target-filter");
        this.summary = find("targets-summary");
        this.more = find("targets-more");
        const table = find("targets");
        this.rows = new Rows(table, (item) => item.target.name, () => new TargetRow(this), table.tHead);
        this.filter.addEventListener("input", () => this.draw());
        this.more.addEventListener("click", () => {
            this.limit += TARGETS_SHOWN;
            this.draw();
        });
        registry.addEventListener("change", () => this.draw());
    }

    toggle(name) {
        this.choices.set(name, !this.isOpen(name));
        this.draw();
    }

    isOpen(name) {
        return this.choices.get(name) ?? this.registry.nChannels <= FEW_CHANNELS;
    }

    /* Targets whose name fits, with all their channels; others with those channels that fit. */
    found() {
        const words = this.filter.value.trim().toLowerCase();
        const fits = (text) => text.toLowerCase().includes(words);
        const found = [];

        for (const target of this.registry.targets) {
            const channels = this.registry.channelsOf(target.name);
            if (words === "" || fits(target.name)) {
                found.push({ target, channels, open: this.isOpen(target.name) });
                continue;
            }
            const text = (one) => `${one.id} ${one.peer} ${one.principal ?? ""} ${stateWord(one)}`;
            const some = channels.filter((channel) => fits(text(channel)));
            if (some.length > 0) {
                found.push({ target, channels: some, open: this.choices.get(target.name) ?? true });
            }
        }
        return found;
    }

    draw() {
        const now = this.link.hub ? Date.parse(this.link.hub.now) : Date.now();
        const found = this.found();
        const shown = found.slice(0, this.limit);
        const nChannels = found.reduce((n, item) => n + item.channels.length, 0);
        const all = found.length === this.registry.targets.length;

        this.rows.update(shown.map((item) => ({ ...item, now })));
        const targets = `${all ? "" : `${count(found.length)} of `}${plural(this.registry.targets.length, "target")}`;
        const rest = this.registry.complete ? "" : ", and more than this page reads";
        setText(this.summary, `${targets}, ${plural(nChannels, "channel")}${rest}`);
        setText(this.more, plural(found.length - shown.length, "more target"));
        show(this.more, found.length > shown.length);
        show(find("targets-none"), found.length === 0);
        setText(find("targets-none"), this.filter.value === "" ? "Nobody is registered." : "Nothing fits this filter.");
    }
}
