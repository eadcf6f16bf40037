/*
 * A command that was submitted here: the states as they arrive, a way to take it back, and the outcome. The stream says
 * that something changed; what is shown is always what the hub says when asked, so a line that was missed does no harm.
 */

import { Problem, ask, commandPath } from "./api.js";
import { announce, el, setAttribute, setText, show } from "./dom.js";
import { duration } from "./format.js";
import { PHASES, badge, fetchCommand, stateOf, tell } from "./story.js";

const STEPS = PHASES.filter((phase) => phase !== "storing" && phase !== "done");
const INTERVAL = 1000; // Progress is no arrow of the lifecycle.
const TICK = 100;

export class Run {
    /* `command` is what the hub answered to the submit; `request` is the form that made it. */
    constructor(link, command, request, again) {
        this.link = link;
        this.request = request;
        this.id = command.id;
        this.over = false;
        this.reading = false;
        this.received = performance.now();
        this.make(again);
        this.open(true);
        this.draw(command);
        this.ticker = setInterval(() => this.tick(), TICK);
        this.timer = setInterval(() => this.read(), INTERVAL);
        this.read();
    }

    make(again) {
        const { name, target } = this.request;
        const button = (kind, word, click) => el("button", { type: "button", class: kind, onclick: click }, word);

        this.badge = el("span", {});
        this.elapsed = el("span", { class: "number elapsed" });
        this.title = button("toggle", el("span", { class: "name" }, name), () => this.open(this.body.hidden));
        this.title.append(` → ${target}`);
        this.cancelButton = button("cancel", "Cancel", () => this.cancel());
        this.againButton = button("quiet", "Again", () => again(this.request));
        show(this.againButton, false);
        this.steps = [...STEPS, "outcome"].map((word) => el("li", {}, el("span", {}, word), el("small")));
        this.progress = el("progress", { "aria-label": "Progress", hidden: true });
        this.problem = el("p", { class: "bad", role: "alert", hidden: true });
        this.detail = el("div", { class: "detail" });
        const head = [el("h3", {}, this.title), this.badge, this.elapsed, this.cancelButton, this.againButton];
        const steps = el("ol", { class: "steps", "aria-label": "States" }, ...this.steps);
        this.body = el("div", {}, steps, this.progress, this.problem, this.detail);
        const attributes = { class: "run", "aria-label": `${name} to ${target}`, "data-id": this.id };
        this.node = el("article", attributes, el("header", {}, ...head), this.body);
    }

    get target() {
        return this.request.target;
    }

    open(open) {
        show(this.body, open);
        setAttribute(this.title, "aria-expanded", open);
    }

    async read() {
        if (this.over || !this.link.live) {
            return;
        }
        if (this.reading) {
            this.again = true;
            return;
        }
        this.reading = true;
        this.again = false;
        try {
            const command = await fetchCommand(this.id);
            this.received = performance.now();
            this.draw(command);
        } catch (error) {
            if (error instanceof Problem && error.status === 404) {
                this.forgotten();
            } else {
                this.link.wake();
            }
        }
        this.reading = false;
        if (this.again) {
            this.read();
        }
    }

    end(word) {
        this.over = true;
        clearInterval(this.ticker);
        clearInterval(this.timer);
        show(this.cancelButton, false);
        show(this.againButton, true);
        show(this.progress, false);
        announce(`${this.request.name} to ${this.target}: ${word}`);
    }

    /* The hub was restarted, or has had many commands since. */
    forgotten() {
        this.badge.replaceChildren(badge("unknown"));
        this.detail.replaceChildren(
            el("p", {}, "The hub does not know this command any more. If it had been sent, it may have run."),
        );
        setText(this.elapsed, "");
        this.end("not known any more");
    }

    tick() {
        if (this.link.live) {
            setText(this.elapsed, duration(this.age + performance.now() - this.received));
        }
    }

    draw(command) {
        const state = stateOf(command);

        this.age = command.ended_ms ?? command.age_ms;
        if (state !== this.state) {
            this.state = state;
            this.badge.replaceChildren(badge(state));
            if (!command.outcome) {
                announce(`${this.request.name} to ${this.target}: ${state}`);
            }
        }
        setText(this.elapsed, duration(this.age));
        this.drawSteps(command);
        this.drawProgress(command.progress);
        this.drawDetail(command);
        if (command.outcome) {
            this.end(`${command.outcome} after ${duration(command.ended_ms)}`);
        }
    }

    /* Only when something was added: whoever reads, or has marked a word, is not disturbed. */
    drawDetail(command) {
        const mark = JSON.stringify([command.story, command.outcome, command.shownMembers]);

        if (command.story && mark !== this.mark) {
            this.mark = mark;
            this.detail.replaceChildren(...tell(command));
        }
    }

    drawSteps(command) {
        STEPS.forEach((phase, i) => {
            const line = command.story?.findLast((one) => one.phase === phase);
            const reached = line !== undefined || command.phase === phase;
            const now = command.phase === phase && !command.outcome;

            setAttribute(this.steps[i], "class", now ? "now" : reached ? "reached" : null);
            setAttribute(this.steps[i], "aria-current", now ? "step" : null);
            setText(this.steps[i].lastChild, line ? duration(line.at_ms) : "");
            /* What was left out is of no interest any more. */
            show(this.steps[i], reached || !command.outcome);
        });
        if (command.outcome) {
            const last = this.steps.at(-1);

            setAttribute(last, "class", command.outcome === "succeeded" ? "reached" : "reached bad");
            setText(last.firstChild, command.outcome);
            setText(last.lastChild, duration(command.ended_ms));
        }
    }

    drawProgress(progress) {
        show(this.progress, progress?.total > 0 && !this.over);
        if (progress?.total > 0) {
            this.progress.max = progress.total;
            this.progress.value = progress.completed;
        }
    }

    async cancel() {
        this.cancelButton.disabled = true;
        show(this.problem, false);
        try {
            await ask(commandPath(this.id, "/cancel"), { method: "POST" });
        } catch (error) {
            if (error.status !== 409) {
                setText(this.problem, `It could not be taken back: ${error.message}`);
                show(this.problem, true);
                this.cancelButton.disabled = false;
            }
        }
        this.read();
    }
}
