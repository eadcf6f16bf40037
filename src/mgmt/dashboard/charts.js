/*
 * Small charts: some lines over the last few minutes, drawn by ourselves. What a chart shows is also said in words
 * beside it; pointing at it reads one moment.
 */

import { el, setAttribute, setText, svg } from "./dom.js";

const WIDTH = 200;
const HEIGHT = 56;
const HEAD = 14; // Above the highest value, for the word that says what it is.

/* A path through the points that are there; a hole where one is missing. */
function line(values, max, points) {
    let path = "";
    let pen = "M";

    values.forEach((value, i) => {
        if (value === null) {
            pen = "M";
            return;
        }
        const x = ((i + points - values.length) * WIDTH) / (points - 1);
        const y = HEIGHT - 1 - (value / max) * (HEIGHT - HEAD);
        /* Without the h0 a point that stands alone would not be seen. */
        path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}${pen === "M" ? "h0" : ""}`;
        pen = "L";
    });
    return path;
}

/* The same, down to the ground. */
function area(values, max, points) {
    const known = values.map((value) => value ?? 0);
    const first = ((points - known.length) * WIDTH) / (points - 1);

    return known.length === 0 ? "" : `${line(known, max, points)}L${WIDTH} ${HEIGHT}L${first.toFixed(1)} ${HEIGHT}Z`;
}

/* A round number that is not below `value`. */
function ceiling(value) {
    if (!(value > 0)) {
        return 1;
    }
    const unit = 10 ** Math.floor(Math.log10(value));
    return [1, 2, 5, 10].map((step) => step * unit).find((step) => step >= value);
}

export class Chart {
    /*
     * `series` are { name, class, area }, the highest one first; `points` is how many readings fit; `format` writes a
     * value; `hover(index or null)` is told where somebody points.
     */
    constructor(parent, { series, points, format, hover }) {
        this.series = series;
        this.points = points;
        this.format = format;
        this.hover = hover;
        this.n = 0;
        this.paths = series.map((one) => svg("path", { class: `series ${one.class}${one.area ? " area" : ""}` }));
        this.cursor = svg("path", { class: "cursor" });
        this.top = el("span", { class: "top", "aria-hidden": "true" });
        this.drawing = svg(
            "svg",
            { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
            svg("path", { class: "ground", d: `M0 ${HEIGHT - 0.5}H${WIDTH}` }),
            ...this.paths,
            this.cursor,
        );
        this.drawing.addEventListener("pointermove", (event) => this.point(event));
        this.drawing.addEventListener("pointerleave", () => this.unpoint());
        parent.append(this.drawing, this.top);
    }

    point(event) {
        const box = this.drawing.getBoundingClientRect();
        const step = Math.round(((event.clientX - box.left) / box.width) * (this.points - 1));
        const index = step - (this.points - this.n);

        if (index < 0 || index >= this.n) {
            this.unpoint();
            return;
        }
        const x = (step * WIDTH) / (this.points - 1);
        setAttribute(this.cursor, "d", `M${x} 0V${HEIGHT}`);
        this.hover(index);
    }

    unpoint() {
        setAttribute(this.cursor, "d", null);
        this.hover(null);
    }

    /* `columns` are the values of each series, oldest first; `words` describe them. */
    draw(columns, words) {
        const max = ceiling(Math.max(0, ...columns.flat().filter((value) => value !== null)));

        this.n = columns[0].length;
        columns.forEach((values, i) => {
            const path = (this.series[i].area ? area : line)(values, max, this.points);
            setAttribute(this.paths[i], "d", path);
        });
        setText(this.top, this.format(max));
        setAttribute(this.drawing, "aria-label", words);
    }
}
