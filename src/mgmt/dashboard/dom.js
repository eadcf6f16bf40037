/*
 * Making and changing the page. Whatever comes from outside goes in as text or as an attribute of a fixed name, never
 * as HTML; and a node is touched only when what it shows is another than before, so that a thousand rows cost nothing
 * while nothing happens to them.
 */

const SVG = "http://www.w3.org/2000/svg";

function fill(node, properties, children) {
    for (const [name, value] of Object.entries(properties ?? {})) {
        if (value === undefined || value === null || value === false) {
            continue;
        }
        if (name.startsWith("on")) {
            node.addEventListener(name.slice(2), value);
        } else {
            node.setAttribute(name, value === true ? "" : value);
        }
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
}

/* An element with attributes (`onclick` and its like are listeners) and children: nodes, or text. */
export function el(tag, properties, ...children) {
    return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties, ...children) {
    return fill(document.createElementNS(SVG, tag), properties, children);
}

export function find(id) {
    return document.getElementById(id);
}

export function setText(node, text) {
    const wanted = String(text ?? "");

    if (node.textContent !== wanted) {
        node.textContent = wanted;
    }
}

/* Null or undefined removes the attribute. */
export function setAttribute(node, name, value) {
    if (value === null || value === undefined) {
        node.removeAttribute(name);
    } else if (node.getAttribute(name) !== String(value)) {
        node.setAttribute(name, value);
    }
}

export function show(node, visible) {
    if (node.hidden === visible) {
        node.hidden = !visible;
    }
}

/*
 * Make what stands in `parent` before the node `end` (null: up to the end) and behind `start` (null: from the
 * beginning) the rows of `items`, in their order. What stays is kept and updated; `make(item)` gives
 * { node, update(item) }.
 */
export class Rows {
    constructor(parent, key, make, start = null, end = null) {
        Object.assign(this, { parent, key, make, start, end });
        this.rows = new Map();
    }

    update(items) {
        const keys = items.map(this.key);
        const wanted = new Set(keys);

        /* First, so that those behind them need not move: a node that moves loses the focus. */
        for (const [key, row] of this.rows) {
            if (!wanted.has(key)) {
                row.node.remove();
                this.rows.delete(key);
            }
        }

        let place = this.start === null ? this.parent.firstChild : this.start.nextSibling;
        items.forEach((item, i) => {
            const row = this.rows.get(keys[i]) ?? this.make(item);

            this.rows.set(keys[i], row);
            row.update(item);
            if (row.node === place) {
                place = place.nextSibling;
            } else {
                this.parent.insertBefore(row.node, place ?? this.end);
            }
        });
    }
}

/* Tell it to those who cannot see it appear. */
export function announce(text) {
    setText(find("announcer"), text);
}
