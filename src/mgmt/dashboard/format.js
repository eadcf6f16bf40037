/* Numbers, times and ids as people read them. */

const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function count(number) {
    return plain.format(number ?? 0).replaceAll(",", "\u202f");
}

/* Three digits are all that an eye takes from something that changes. */
export function figure(number) {
    if (number === null || number === undefined || !Number.isFinite(number)) {
        return "–";
    }
    if (number >= 99.95) {
        return count(number);
    }
    return Number.isInteger(number) ? String(number) : number.toFixed(number >= 9.995 ? 1 : 2);
}

/* Milliseconds, as short as they can be said. */
export function duration(ms) {
    if (ms === null || ms === undefined || !Number.isFinite(ms)) {
        return "–";
    }
    if (ms < 1000) {
        return `${ms < 10 && ms > 0 && ms !== Math.round(ms) ? ms.toFixed(1) : Math.round(ms)} ms`;
    }
    const seconds = ms / 1000;
    if (seconds < 99.5) {
        return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`;
    }
    if (seconds < 99.5 * 60) {
        return `${seconds < 570 ? (seconds / 60).toFixed(1) : Math.round(seconds / 60)} min`;
    }
    return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
}

export function size(bytes) {
    return bytes < 1024 ? `${bytes} B` : `${figure(bytes / 1024)} KiB`;
}

const clocks = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
});

/* The time of day here, of milliseconds since the epoch. */
export function clock(at) {
    return Number.isFinite(at) ? clocks.format(at) : "–";
}

/* "1 target", "2 targets". */
export function plural(number, noun) {
    return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/*
 * What tells an id from its neighbours; the whole of it is in the title. A hub's own ids begin alike and count at their
 * end; of any other the last digits are as good as the first.
 */
export function brief(id) {
    const counted = (id ?? "").slice(-12).replace(/^0+/, "");

    return counted.length > 8 ? counted.slice(-6) : counted.padStart(Math.min(4, (id ?? "").length), "0");
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/* "500ms", "5s", "2m" or "1h" as milliseconds, as in the configuration; null when it is none of them. */
export function parseDuration(text) {
    const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)\s*$/.exec(text);
    const ms = match ? Math.round(Number(match[1]) * UNITS[match[2]]) : 0;

    return ms > 0 ? ms : null;
}
