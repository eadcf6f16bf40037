/* The command console: pick a target, say what it should do, send it, and watch what becomes of it. */

import { ask } from "./api.js";
import { announce, el, find, setAttribute, setText, show } from "./dom.js";
import { parseDuration, size } from "./format.js";
import { check } from "./json.js";
import { Run } from "./run.js";
import { SchemaForm } from "./schema.js";

const RUNS_MAX = 20;
const OFFERED_MAX = 300; // Names that a browser lists under a field.
const NAMES_MAX = 100;

function offer(list, values) {
    const wanted = values.slice(0, OFFERED_MAX);
    const have = [...list.children].map((option) => option.value);

    if (wanted.length !== have.length || wanted.some((value, i) => value !== have[i])) {
        list.replaceChildren(...wanted.map((value) => el("option", { value })));
    }
}

export class Console {
    constructor(link, registry) {
        this.link = link;
        this.registry = registry;
        this.runs = [];
        this.names = new Map(); // By target: the commands that were seen, the newest first.
        this.form = find("console");
        this.target = find("target");
        this.name = find("name");
        this.payload = find("payload");
        this.mode = find("mode");
        this.channel = find("channel");
        this.deadline = find("deadline");
        this.idempotent = find("idempotent");
        this.send = find("send");
        this.problem = find("console-problem");
        this.schema = new SchemaForm(link, this.payload, () => this.checkPayload());
        this.listen();
    }

    listen() {
        this.form.addEventListener("submit", (event) => {
            event.preventDefault();
            this.submit();
        });
        this.form.addEventListener("keydown", (event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                this.submit();
            }
        });
        this.payload.addEventListener("input", () => this.checkPayload());
        this.deadline.addEventListener("input", () => this.checkDeadline());
        this.target.addEventListener("input", () => this.targetChanged());
        this.mode.addEventListener("input", () => this.targetChanged());
        this.name.addEventListener("input", () => this.schema.use(this.name.value));
        this.registry.addEventListener("change", () => this.targetChanged());
        this.link.on("state", () => (this.send.disabled = !this.link.live));
        this.link.on("resync", () => this.runs.forEach((run) => run.read()));
        this.link.on("events", (events) => this.heard(events));
    }

    /* Arrows of commands of ours, and what others command: names to offer. */
    heard(events) {
        const changed = new Set();

        for (const { kind, data } of events) {
            if (kind === "command") {
                changed.add(data.id);
                this.seen(data.to, data.name);
            }
        }
        for (const run of this.runs) {
            if (changed.has(run.id)) {
                run.read();
            }
        }
    }

    seen(target, name) {
        const names = this.names.get(target) ?? [];

        if (!names.includes(name) && names.length < NAMES_MAX && this.names.size < OFFERED_MAX) {
            this.names.set(target, [name, ...names]);
        }
    }

    targetChanged() {
        const target = this.registry.find(this.target.value);
        const away = this.target.value !== "" && target === undefined;

        offer(find("targets-known"), this.registry.targets.map((one) => one.name));
        offer(find("names-known"), [...new Set([...(this.names.get(this.target.value) ?? []), ...this.schema.names()])]);
        offer(find("channels-known"), this.registry.channelsOf(this.target.value).map((one) => one.id));
        setText(find("target-state"), away ? "nobody is registered under this name now" : "");
        show(find("channel-field"), this.mode.value === "channel");
        this.channel.required = this.mode.value === "channel";
    }

    checkPayload() {
        const text = this.payload.value;
        const fault = text.trim() === "" ? null : check(text);
        const says = find("payload-state");

        setAttribute(this.payload, "aria-invalid", fault === null ? null : "true");
        setAttribute(says, "class", fault === null ? "soft" : "bad");
        if (fault !== null) {
            setText(says, `line ${fault.line}, column ${fault.column}: ${fault.text}`);
        } else {
            setText(says, text.trim() === "" ? "none" : `JSON, ${size(new TextEncoder().encode(text.trim()).length)}`);
        }
        return fault === null;
    }

    checkDeadline() {
        const ms = parseDuration(this.deadline.value);

        setAttribute(this.deadline, "aria-invalid", ms === null ? "true" : null);
        setText(find("deadline-state"), ms === null ? "a time like 500ms, 30s or 5m" : "");
        return ms;
    }

    /* What the form says, or null when something is missing, which then has the focus. */
    read() {
        const missing = [this.target, this.name, this.channel].find((input) => !input.checkValidity());
        const ms = this.checkDeadline();
        const wrong = missing ?? (!this.checkPayload() ? this.payload : ms === null ? this.deadline : null);

        if (wrong !== null) {
            wrong.focus();
            return null;
        }
        return {
            target: this.target.value,
            name: this.name.value,
            payload: this.payload.value.trim(),
            mode: this.mode.value,
            channel: this.mode.value === "channel" ? this.channel.value : "",
            deadline: this.deadline.value,
            idempotent: this.idempotent.checked,
        };
    }

    /* The payload is put in as it was typed: a number in it may be larger than JavaScript can hold. */
    static body(request) {
        const head = {
            target: request.target,
            name: request.name,
            mode: request.mode,
            channel: request.channel || undefined,
            deadline_ms: parseDuration(request.deadline),
            idempotent: request.idempotent || undefined,
        };
        const text = JSON.stringify(head);

        return request.payload === "" ? text : `${text.slice(0, -1)},"payload":${request.payload}}`;
    }

    async submit() {
        const request = this.read();

        if (request === null || this.send.disabled) {
            if (request === null) {
                this.complain("Something in the form is missing or wrong.");
            }
            return;
        }
        this.complain("");
        this.send.disabled = true;
        try {
            const command = await ask("commands?wait=false", { method: "POST", body: Console.body(request) });
            this.seen(request.target, request.name);
            this.add(new Run(this.link, command, request, (earlier) => this.fill(earlier)));
        } catch (error) {
            this.complain(`Not sent: ${error.message}`);
            this.link.wake();
        }
        this.send.disabled = !this.link.live;
    }

    complain(text) {
        setText(this.problem, text);
        show(this.problem, text !== "");
    }

    add(run) {
        announce(`${run.request.name} to ${run.target}: submitted`);
        this.runs.filter((one) => one.over).forEach((one) => one.open(false));
        this.runs.unshift(run);
        find("runs").prepend(run.node);
        for (const old of this.runs.filter((one) => one.over).slice(RUNS_MAX)) {
            old.node.remove();
            this.runs.splice(this.runs.indexOf(old), 1);
        }
    }

    /* From the table of targets. */
    use(name) {
        this.target.value = name;
        this.targetChanged();
        this.name.focus();
        this.form.scrollIntoView({ block: "nearest" });
    }

    fill(request) {
        this.target.value = request.target;
        this.name.value = request.name;
        this.payload.value = request.payload;
        this.mode.value = request.mode;
        this.channel.value = request.channel;
        this.deadline.value = request.deadline;
        this.idempotent.checked = request.idempotent;
        this.targetChanged();
        this.schema.use(request.name).then(() => this.schema.fill());
        this.checkPayload();
        this.checkDeadline();
        this.payload.focus();
    }
}
