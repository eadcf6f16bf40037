/* What became of one command: facts, reply, and its story as a timeline. Used by the console and by the outcomes. */

import { ask, commandPath } from "./api.js";
import { brief, clock, count, duration } from "./format.js";
import { el } from "./dom.js";
import { pretty } from "./json.js";
import { MEANINGS } from "./words.js";

const MEMBERS_MAX = 200;
const TEXT_MAX = 20_000;

export const PHASES = ["submitted", "storing", "queued", "sent", "accepted", "running", "done"];

/* The word for where a command is: its outcome, or its phase. */
export function stateOf(command) {
    return command.outcome ?? command.phase;
}

export function badge(state) {
    return el("span", { class: `badge is-${PHASES.includes(state) ? "open" : state}` }, state);
}

/* How the time was spent, as one bar; of a command that is over, and was in more than one state. */
function strip(command) {
    const lines = command.outcome ? command.story : [];
    const end = command.ended_ms ?? 0;
    const bar = el("div", { class: "strip", "aria-hidden": "true" });

    lines.forEach((line, i) => {
        const to = lines[i + 1]?.at_ms ?? end;
        if (line.phase !== "done" && to > line.at_ms) {
            const part = el("i", { class: `in-${line.phase}`, title: `${line.phase}, ${duration(to - line.at_ms)}` });
            part.style.flexGrow = to - line.at_ms;
            bar.append(part);
        }
    });
    return bar.childElementCount > 1 ? bar : null;
}

function timeline(command) {
    const rows = command.story.map((line) =>
        el(
            "tr",
            { class: line.phase === "done" ? "last" : null },
            el("td", { class: "number", title: line.at }, duration(line.at_ms)),
            el("th", { scope: "row" }, line.text),
            el(
                "td",
                {},
                MEANINGS.get(line.text) ?? "",
                line.channel ? el("span", { class: "id", title: line.channel }, ` ${brief(line.channel)}`) : null,
                line.attempt > 1 ? ` (attempt ${line.attempt})` : null,
            ),
        ),
    );

    return el("table", { class: "story", "aria-label": "Story" }, el("tbody", {}, ...rows));
}

function fact(facts, name, value, title) {
    if (value !== undefined && value !== null && value !== "") {
        facts.append(el("dt", {}, name), el("dd", { title }, value));
    }
}

function facts(command) {
    const list = el("dl", { class: "facts" });
    const why = command.text && command.cause ? `${command.text} (${command.cause})` : command.text || command.cause;

    fact(list, "why", why);
    fact(list, "code", command.reply?.code);
    fact(list, "said", command.reply?.text !== command.text ? command.reply?.text : null);
    fact(list, "from", command.principal ? `${command.from ?? ""} as ${command.principal}` : command.from);
    fact(list, "submitted", clock(Date.parse(command.submitted)), command.submitted);
    fact(list, "deadline", command.deadline_ms === undefined ? null : `${duration(command.deadline_ms)} after that`);
    fact(list, "mode", command.mode === "any" ? null : command.mode);
    fact(list, "attempts", command.attempts > 1 ? command.attempts : null);
    fact(list, "id", command.id);
    return list;
}

function payload(name, value) {
    if (value === undefined) {
        return null;
    }
    const text = pretty(value);
    const left = text.length - TEXT_MAX;
    const shown = left > 0 ? `${text.slice(0, TEXT_MAX)}\n… ${count(left)} more characters` : text;

    return el("figure", { class: "payload" }, el("figcaption", {}, name), el("pre", { tabindex: "0" }, shown));
}

function member(one) {
    const last = one.story?.findLast((line) => line.channel);

    return el(
        "tr",
        {},
        el("th", { scope: "row", class: "id", title: last?.channel ?? one.to }, brief(last?.channel) || one.to),
        el("td", {}, badge(stateOf(one))),
        el("td", { class: "number" }, duration(one.ended_ms ?? one.age_ms)),
        el("td", { class: "wide" }, one.text ?? (one.reply?.payload !== undefined ? pretty(one.reply.payload) : "")),
    );
}

function members(command) {
    const shown = command.shownMembers ?? [];

    if (shown.length === 0) {
        return null;
    }
    return el(
        "table",
        { class: "members", "aria-label": "Members" },
        el("caption", {}, `${count(shown.length)} of ${count(command.members)} channels`),
        el("tbody", {}, ...shown.map(member)),
    );
}

/* The nodes that tell all about a command. */
export function tell(command) {
    const dropped = command.story_dropped;

    return [
        payload("reply", command.reply?.payload),
        payload("details", command.reply?.details),
        members(command),
        strip(command),
        timeline(command),
        dropped > 0 ? el("p", { class: "soft" }, `${count(dropped)} lines were left out`) : null,
        facts(command),
    ].filter((node) => node !== null);
}

/* A command with its story and, in mode `all`, its members. Throws as ask() does. */
export async function fetchCommand(id) {
    const command = await ask(commandPath(id));

    if (command.members > 0) {
        const page = await ask(commandPath(id, `/members?limit=${MEMBERS_MAX}`));
        command.shownMembers = page.members;
    }
    return command;
}
