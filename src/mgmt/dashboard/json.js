/*
 * JSON, read with care. check() says where a text stops being JSON, in the same words in every browser. parse() keeps
 * numbers that JavaScript cannot hold, such as an id of 19 digits, as they were sent, where the browser is able to.
 */

class Fault extends Error {
    constructor(at, text) {
        super(text);
        this.at = at;
    }
}

const BLANK = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING_PART = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const DEPTH_MAX = 200;

class Reader {
    constructor(text) {
        this.text = text;
        this.at = 0;
    }

    take(pattern) {
        pattern.lastIndex = this.at;
        const match = pattern.exec(this.text);
        if (match === null) {
            return false;
        }
        this.at += match[0].length;
        return true;
    }

    next() {
        this.take(BLANK);
        return this.text[this.at];
    }

    fail(text) {
        throw new Fault(this.at, this.at >= this.text.length ? `the text ends where ${text}` : text);
    }

    value(depth) {
        const first = this.next();

        if (depth > DEPTH_MAX) {
            this.fail("it is nested too deeply");
        }
        if (first === "{") {
            this.list("}", depth, () => this.member(depth));
        } else if (first === "[") {
            this.list("]", depth, () => this.value(depth + 1));
        } else if (first === '"') {
            this.string();
        } else if (first === "-" || (first >= "0" && first <= "9")) {
            if (!this.take(NUMBER)) {
                this.fail("a number needs a digit");
            }
        } else {
            this.word();
        }
    }

    word() {
        for (const word of ["true", "false", "null"]) {
            if (this.text.startsWith(word, this.at)) {
                this.at += word.length;
                return;
            }
        }
        this.fail("a value is expected");
    }

    string() {
        this.at++;
        for (;;) {
            this.take(STRING_PART);
            if (this.text[this.at] === '"') {
                this.at++;
                return;
            }
            if (!this.take(ESCAPE)) {
                this.fail(this.text[this.at] === "\\" ? "no such escape" : "a string needs its closing quote");
            }
        }
    }

    member(depth) {
        if (this.next() !== '"') {
            this.fail("a member name in quotes is expected");
        }
        this.string();
        if (this.next() !== ":") {
            this.fail("a colon is expected");
        }
        this.at++;
        this.value(depth + 1);
    }

    list(end, depth, item) {
        this.at++;
        if (this.next() === end) {
            this.at++;
            return;
        }
        for (;;) {
            item();
            const next = this.next();
            if (next !== "," && next !== end) {
                this.fail(`a comma or ${end} is expected`);
            }
            this.at++;
            if (next === end) {
                return;
            }
        }
    }
}

/* Null when `text` is one JSON value, else { line, column, text } of the first mistake. */
export function check(text) {
    const reader = new Reader(text);

    try {
        reader.value(0);
        if (reader.next() !== undefined) {
            reader.fail("nothing more is expected");
        }
        return null;
    } catch (fault) {
        if (!(fault instanceof Fault)) {
            throw fault;
        }
        const before = text.slice(0, fault.at);
        const line = before.split("\n").length;
        return { line, column: fault.at - before.lastIndexOf("\n"), text: fault.message };
    }
}

/* An integer that would come back as another one stays the text it was. */
function keep(name, value, context) {
    const lost = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "");

    return lost && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
}

export function parse(text) {
    return JSON.parse(text, keep);
}

/* A value for people: on one line while it is short. */
export function pretty(value) {
    const short = JSON.stringify(value);

    return short !== undefined && short.length > 60 ? JSON.stringify(value, null, 2) : short;
}
