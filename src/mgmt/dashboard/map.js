/*
 * The hubs that can be reached, and how they are linked. The panel is there only while there are others. Hubs stand in
 * columns by the number of links that lead to them, which is how messages see them; the list beside the picture says the
 * same in words.
 */

import { askAll } from "./api.js";
import { count, plural } from "./format.js";
import { Rows, el, find, setAttribute, setText, show, svg } from "./dom.js";

const INTERVAL = 2_000;
const HUBS_MAX = 500;
const DRAWN_MAX = 60; // More are a list only: a picture of them says nothing.
const COLUMN = 150;
const ROW = 44;
const BOX = { width: 116, height: 28 };

function targetsWord(hub) {
    return hub.daemon ? "communicatord" : plural(hub.n_targets, "target");
}

class Row {
    constructor() {
        this.name = el("b");
        this.text = el("span", { class: "text" });
        this.node = el("li", {}, this.name, this.text);
    }

    update(hub) {
        const way = hub.self ? "this hub" : hub.daemon ? `linked with ${hub.by}` : plural(hub.hops, "link") + " away";

        setText(this.name, hub.id);
        setText(this.text, `${way}, ${targetsWord(hub)}`);
        setAttribute(this.node, "title", (hub.targets ?? []).join(", "));
    }
}

/* Hubs, and the daemons that are linked with them, each with its column. */
function nodesOf(hubs) {
    const nodes = hubs.map((hub) => ({ ...hub, key: `hub ${hub.id}`, column: hub.hops }));

    for (const hub of hubs) {
        for (const id of hub.daemons) {
            if (!nodes.some((node) => node.key === `daemon ${id}`)) {
                nodes.push({ id, key: `daemon ${id}`, daemon: true, by: hub.id, column: hub.hops + 1, links: [] });
            }
        }
    }
    return nodes;
}

function linksOf(hubs) {
    const links = new Map();

    for (const hub of hubs) {
        for (const [kind, ids] of [["hub", hub.links], ["daemon", hub.daemons]]) {
            for (const id of ids) {
                const ends = [`hub ${hub.id}`, `${kind} ${id}`];
                links.set([...ends].sort().join("\n"), ends);
            }
        }
    }
    return [...links.values()];
}

export class Hubs {
    constructor(link) {
        this.link = link;
        this.panel = find("map");
        this.picture = find("map-picture");
        this.rows = new Rows(find("map-list"), (hub) => hub.key, () => new Row());
        this.drawn = "";
        link.on("hub", () => this.look());
    }

    async look() {
        if (this.readAt !== undefined && Date.now() - this.readAt < INTERVAL) {
            return;
        }
        this.readAt = Date.now();
        try {
            const hubs = await askAll("hubs", "hubs", HUBS_MAX);
            const now = JSON.stringify(hubs);

            if (now !== this.drawn) {
                this.drawn = now;
                this.draw(hubs);
            }
        } catch {
            this.link.wake(); // The loop finds out what is wrong, and says so.
        }
    }

    draw(hubs) {
        const nodes = nodesOf(hubs);

        show(this.panel, nodes.length > 1);
        setText(find("map-summary"), `${count(hubs.length)} hubs, ${plural(linksOf(hubs).length, "link")}`);
        this.rows.update(nodes);
        show(this.picture, nodes.length <= DRAWN_MAX);
        if (nodes.length <= DRAWN_MAX) {
            this.paint(nodes, linksOf(hubs));
        }
    }

    paint(nodes, links) {
        const heights = [];
        const places = new Map();

        for (const node of nodes) {
            const row = heights[node.column] ?? 0;

            heights[node.column] = row + 1;
            places.set(node.key, { x: node.column * COLUMN, y: row * ROW });
        }
        const width = (heights.length - 1) * COLUMN + BOX.width;
        const height = Math.max(...heights.map((n) => n ?? 0)) * ROW;
        const middle = ({ x, y }) => [x + BOX.width / 2, y + BOX.height / 2];

        setAttribute(this.picture, "viewBox", `-4 -4 ${width + 8} ${height + 8}`);
        setAttribute(this.picture, "width", width + 8);
        setAttribute(this.picture, "height", height + 8);
        this.picture.replaceChildren(
            ...links.filter((ends) => ends.every((end) => places.has(end))).map(([from, to]) => {
                const [x1, y1] = middle(places.get(from));
                const [x2, y2] = middle(places.get(to));
                return svg("line", { class: "map-link", x1, y1, x2, y2 });
            }),
            ...nodes.map((node) => {
                const { x, y } = places.get(node.key);
                const kind = node.self ? "self" : node.daemon ? "daemon" : "hub";
                const name = node.id.length > 14 ? `${node.id.slice(0, 13)}…` : node.id;

                return svg("g", { class: `map-node ${kind}`, transform: `translate(${x} ${y})` },
                    svg("title", {}, `${node.id}: ${(node.targets ?? []).join(", ") || targetsWord(node)}`),
                    svg("rect", { ...BOX, rx: 4 }),
                    svg("text", { x: BOX.width / 2, y: BOX.height / 2 + 4, "text-anchor": "middle" }, name));
            }));
    }
}
