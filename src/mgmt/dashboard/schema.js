/*
 * A form for the payload of a message that has a schema: one field for each member that the schema names, and for those of an
 * object within it, some levels deep. The text of the payload stays what is sent; the fields write it, and what is typed into
 * the text fills the fields. What a field cannot say (a list, one of several forms) is JSON in it; what the schema does not
 * name stays in the text.
 */

import { ask, askAll } from "./api.js";
import { el, find, setAttribute, setText, show } from "./dom.js";
import { check, parse } from "./json.js";

const MESSAGES_MAX = 5000;
const FIELDS_MAX = 40;
const LEVELS_MAX = 3;
const REFERENCES_MAX = 16;
/* With one of these an object may be of several forms, and fields would say only a part of it. */
const FORMS = ["oneOf", "anyOf", "allOf", "if", "not"];
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/* The schema that one with a `$ref` into its own document stands for; an empty one when it leads elsewhere. */
function follow(root, schema) {
    let at = schema;

    for (let n = 0; n < REFERENCES_MAX && typeof at?.$ref === "string"; n++) {
        if (!at.$ref.startsWith("#")) {
            return {};
        }
        const steps = decodeURIComponent(at.$ref.slice(1)).split("/").slice(1);
        at = steps.reduce((node, step) => node?.[step.replaceAll("~1", "/").replaceAll("~0", "~")], root);
    }
    return typeof at === "object" && at !== null && at.$ref === undefined ? at : {};
}

/* What kind of field a member gets. */
function kindOf(schema) {
    const types = [schema.type ?? []].flat().filter((type) => type !== "null");

    if (Array.isArray(schema.enum)) {
        return "choice";
    }
    return types.length === 1 && ["string", "integer", "number", "boolean"].includes(types[0]) ? types[0] : "json";
}

/* In a few words, what the schema says of a member. */
function hintOf(schema, kind) {
    const words = [kind === "choice" || kind === "boolean" ? "" : kind === "json" ? "JSON" : kind];

    if (schema.minimum !== undefined || schema.maximum !== undefined) {
        words.push(`${schema.minimum ?? "…"} to ${schema.maximum ?? "…"}`);
    }
    if (typeof schema.description === "string") {
        words.push(schema.description);
    }
    return words.filter((word) => word !== "").join(", ");
}

/* A large number that was kept as it was written is none. */
function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value) && !JSON.isRawJSON?.(value);
}

/* An object whose members get fields of their own. */
function isGroup(schema) {
    return schema.type === "object" && isObject(schema.properties) && Object.keys(schema.properties).length > 0 &&
        !FORMS.some((form) => form in schema);
}

/* The members of an object that get a field: how one gets there, and what the schema says. Of one that is required only within
 * something that may be left out, nothing is demanded. */
function membersOf(root, schema, path = [], required = true, found = []) {
    const named = Array.isArray(schema.required) ? schema.required : [];

    for (const [name, given] of Object.entries(schema.properties ?? {})) {
        const member = follow(root, given);
        const here = [...path, name];
        const wanted = required && named.includes(name);

        if (found.length === FIELDS_MAX) {
            break;
        }
        if (here.length < LEVELS_MAX && isGroup(member)) {
            membersOf(root, member, here, wanted, found);
        } else {
            found.push({ path: here, schema: member, required: wanted });
        }
    }
    return found;
}

/* The object that `fields`, which all begin with the same `depth` names, and what `value` has besides, make: JSON, or undefined
 * when there is nothing in it. */
function compose(fields, depth, value) {
    const names = [...new Set(fields.map((field) => field.path[depth]))];
    const others = isObject(value) ? Object.entries(value).filter(([name]) => !names.includes(name)) : [];
    const mine = names.map((name) => {
        const inside = fields.filter((field) => field.path[depth] === name);
        const said = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
        const leaf = inside[0].path.length === depth + 1;
        return [name, leaf ? inside[0].text() : compose(inside, depth + 1, said)];
    });
    const members = [...mine.filter(([, text]) => text !== undefined && text !== null),
        ...others.map(([name, other]) => [name, JSON.stringify(other)])];
    return members.length === 0 && depth > 0 ? undefined
        : `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
}

class Field {
    constructor({ path, schema, required }, changed) {
        const name = path.join(".");

        this.path = path;
        this.kind = kindOf(schema);
        this.required = required;
        this.input = this.makeInput(schema);
        this.input.addEventListener("input", changed);
        this.node = el("label", { class: "field half" },
            el("span", null, required ? `${name} *` : name, " ", el("small", { class: "soft" }, hintOf(schema, this.kind))),
            this.input);
    }

    makeInput(schema) {
        const values = this.kind === "choice" ? schema.enum : this.kind === "boolean" ? [true, false] : null;

        if (values !== null) {
            const options = values.map((value) => JSON.stringify(value));
            return el("select", null, el("option", { value: "" }, ""), ...options.map((text) => el("option", { value: text }, text)));
        }
        const numeric = this.kind === "integer" || this.kind === "number";
        return el("input", { spellcheck: "false", autocapitalize: "off", inputmode: numeric ? "decimal" : null });
    }

    /* JSON; undefined when nothing is given; null when it cannot be. */
    text() {
        const value = this.input.value;

        if (value === "" && !(this.kind === "string" && this.required)) {
            return undefined;
        }
        if (this.kind === "string") {
            return JSON.stringify(value);
        }
        if (this.kind === "integer" || this.kind === "number") {
            return NUMBER.test(value.trim()) ? value.trim() : null;
        }
        return check(value) === null ? value.trim() : null;
    }

    mark(text) {
        setAttribute(this.input, "aria-invalid", text === null ? "true" : null);
    }

    fill(value) {
        const wanted = value === undefined ? "" : this.kind === "string" && typeof value === "string" ? value : JSON.stringify(value);

        if (this.input.value !== wanted) {
            this.input.value = wanted;
        }
        this.mark(this.text());
    }
}

export class SchemaForm {
    /* `payload` is the text field; `changed()` is called when the form has written it. */
    constructor(link, payload, changed) {
        this.payload = payload;
        this.changed = changed;
        this.node = find("schema-form");
        this.known = new Set();
        this.name = "";
        this.drawn = ""; // What the fields were made of.
        this.fields = [];
        link.on("resync", () => this.learn());
        payload.addEventListener("input", () => this.fill());
    }

    /* Which messages have one; who may not ask has no form. */
    async learn() {
        try {
            const messages = await askAll("schemas", "schemas", MESSAGES_MAX);
            this.known = new Set(messages.filter((one) => one.has_schema && one.kind === "request").map((one) => one.name));
        } catch {
            this.known = new Set();
        }
        await this.use(this.name, true);
    }

    names() {
        return [...this.known].sort();
    }

    /* The name that is in the console now. */
    async use(name, again = false) {
        if (name === this.name && !again) {
            return;
        }
        this.name = name;
        if (!this.known.has(name)) {
            this.draw([]);
            return;
        }
        const message = await ask(`schemas/${encodeURIComponent(name)}`).catch(() => ({}));
        if (this.name === name) {
            this.draw(membersOf(message.schema, follow(message.schema, message.schema)));
        }
    }

    draw(members) {
        const write = () => this.write();
        const drawn = JSON.stringify([this.name, members]);

        if (drawn === this.drawn) {
            return; // Nobody loses the field he is in because the hub was away.
        }
        this.drawn = drawn;
        this.fields = members.map((member) => new Field(member, write));
        find("schema-fields").replaceChildren(...this.fields.map((field) => field.node));
        setText(find("schema-name"), this.name);
        show(this.node, this.fields.length > 0);
        this.fill();
    }

    /* What the text says now; undefined when it is not JSON. */
    said() {
        try {
            return parse(this.payload.value);
        } catch {
            return undefined;
        }
    }

    write() {
        this.fields.forEach((field) => field.mark(field.text() ?? (field.text() === null ? null : "")));
        this.payload.value = compose(this.fields, 0, this.said());
        this.changed();
    }

    fill() {
        if (this.fields.length === 0 || this.fields.some((field) => field.input === document.activeElement)) {
            return;
        }
        try {
            const value = this.payload.value.trim() === "" ? {} : parse(this.payload.value);
            this.fields.forEach((field) => field.fill(field.path.reduce(
                (at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), value)));
        } catch {
            /* Not JSON yet: the fields stay as they are until it is. */
        }
    }
}
