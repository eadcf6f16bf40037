/*
 * The figures at the top: rates and latency from what the hub's counters grew by between two readings, and how much is
 * under way now.
 */

import { Chart } from "./charts.js";
import { clock, count, duration, figure } from "./format.js";
import { el, find, setText } from "./dom.js";

const POINTS = 90; // At two seconds each: three minutes.
const BAD = ["failed", "refused", "cancelled", "expired", "lost"];

function ended(counters) {
    const bad = BAD.reduce((n, name) => n + counters[`commands_${name}`], 0);

    return { all: bad + counters.commands_succeeded, bad };
}

/* What fell between two readings of a cumulative histogram, as counts of each bucket alone; the last one is open. */
function between(before, now) {
    const bounds = [...now.buckets, { le_ms: Infinity, count: now.count }];
    let below = 0;

    return bounds.map((bucket, i) => {
        const upTo = bucket.count - (before.buckets[i]?.count ?? before.count);
        const here = upTo - below;
        below = upTo;
        return { le: bucket.le_ms, count: here };
    });
}

/* The value under which `share` of them lie, taken to be spread evenly within each bucket; null when there are none. */
export function quantile(buckets, share) {
    const total = buckets.reduce((n, bucket) => n + bucket.count, 0);
    let wanted = total * share;
    let from = 0;

    if (total <= 0) {
        return null;
    }
    for (const { le, count: here } of buckets) {
        const to = Number.isFinite(le) ? le : from;
        if (here > 0 && wanted <= here) {
            return from + ((to - from) * wanted) / here;
        }
        wanted -= here;
        from = to;
    }
    return from;
}

/* The two readings as a point of the charts. */
function pointOf(before, now) {
    const seconds = (now.uptime_ms - before.uptime_ms) / 1000;
    const then = ended(before.counters);
    const here = ended(now.counters);
    const buckets = between(before.latency, now.latency);

    return {
        at: Date.parse(now.now),
        ended: (here.all - then.all) / seconds,
        bad: (here.bad - then.bad) / seconds,
        half: quantile(buckets, 0.5),
        most: quantile(buckets, 0.99),
        inFlight: now.totals.in_flight,
        queued: now.totals.queued,
        channels: now.totals.channels,
        events: (now.counters.events_delivered - before.counters.events_delivered) / seconds,
    };
}

const TILES = [
    {
        title: "Outcomes / s",
        series: [
            { name: "ended", class: "main", area: true },
            { name: "bad", class: "bad", area: true },
        ],
        format: figure,
        value: (point) => figure(point.ended),
        more: (point) => `${figure(point.bad)} not succeeded`,
    },
    {
        title: "Latency, median",
        series: [
            { name: "most", class: "faint" },
            { name: "half", class: "main" },
        ],
        format: duration,
        value: (point) => duration(point.half),
        more: (point) => (point.most === null ? "nothing ended" : `99 % within ${duration(point.most)}`),
    },
    {
        title: "In flight",
        series: [
            { name: "queued", class: "faint" },
            { name: "inFlight", class: "main" },
        ],
        format: count,
        value: (point) => count(point.inFlight),
        more: (point) => `${count(point.queued)} queued`,
    },
    {
        title: "Channels",
        series: [{ name: "channels", class: "main" }],
        format: count,
        value: (point) => count(point.channels),
        more: (point) => `${figure(point.events)} events / s`,
    },
];

class Tile {
    constructor(parent, spec, points) {
        const drawing = el("div", { class: "drawing" });

        this.spec = spec;
        this.points = points;
        this.pointed = null;
        this.value = el("output", { class: "value", "aria-live": "off" }, "–");
        this.more = el("span", { class: "more" }, "\u00a0");
        this.when = el("span", { class: "when" });
        parent.append(
            el(
                "article",
                { class: "tile", "aria-label": spec.title },
                el("h3", {}, spec.title, this.when),
                el("p", {}, this.value, this.more),
                drawing,
            ),
        );
        this.chart = new Chart(drawing, {
            series: spec.series,
            points: POINTS,
            format: spec.format,
            hover: (index) => {
                this.pointed = index === null ? null : this.points[index];
                this.write();
            },
        });
    }

    /* The moment that is pointed at, or now. */
    write() {
        const point = this.pointed ?? this.points.at(-1);

        if (point !== undefined) {
            setText(this.value, this.spec.value(point));
            setText(this.more, this.spec.more(point));
        }
        setText(this.when, this.pointed === null ? "" : clock(this.pointed.at).slice(0, 8));
    }

    draw() {
        const columns = this.spec.series.map((one) => this.points.map((point) => point[one.name]));
        const last = this.points.at(-1);
        const words = last ? `${this.spec.value(last)}, ${this.spec.more(last)}, over three minutes` : "no readings";

        this.chart.draw(columns, `${this.spec.title}: ${words}`);
        this.write();
    }
}

export class Tiles {
    constructor(link) {
        this.points = [];
        this.before = null;
        this.tiles = TILES.map((spec) => new Tile(find("tiles"), spec, this.points));
        link.on("hub", (hub) => this.read(hub));
    }

    read(hub) {
        /* Counters of another run of the hub begin at zero. */
        if (this.before !== null && this.before.started === hub.started && hub.uptime_ms > this.before.uptime_ms) {
            this.points.push(pointOf(this.before, hub));
            this.points.splice(0, this.points.length - POINTS);
            this.tiles.forEach((tile) => tile.draw());
        }
        this.before = hub;
    }
}
