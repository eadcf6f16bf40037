/* The page as a whole: its parts, its own connection to the hub, and the keys that lead around it. */

import { Activity } from "./activity.js";
import { setToken, token } from "./api.js";
import { Console } from "./console.js";
import { announce, find, setAttribute, setText, show } from "./dom.js";
import { Flags } from "./flags.js";
import { clock, count, duration } from "./format.js";
import { Link } from "./link.js";
import { Hubs } from "./map.js";
import { Registry } from "./registry.js";
import { Targets } from "./targets.js";
import { Tiles } from "./tiles.js";

const link = new Link();
let dropped = 0;

const PHASE_WORDS = {
    connecting: "connecting",
    live: "live",
    away: "hub away",
    refused: "refused",
    locked: "token needed",
};

function phaseWord() {
    if (!link.live) {
        return PHASE_WORDS[link.state.phase];
    }
    return link.hub.draining ? "draining" : link.streaming ? "live" : "live, polling";
}

/* One line that says what is wrong; nothing when nothing is. */
function bannerText() {
    const { phase, text, retryAt, since } = link.state;
    const left = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    const retry = left > 0 ? `Trying again in ${left} s.` : "Trying again.";

    if (phase === "away") {
        return `The hub has not answered since ${clock(since).slice(0, 8)}; what is shown is from before. ${retry}`;
    }
    if (phase === "refused") {
        return `The hub refuses: ${text}. ${retry}`;
    }
    if (phase === "live" && link.hub.draining) {
        return "The hub is stopping: it takes no new commands.";
    }
    return "";
}

function drawState() {
    const word = phaseWord();
    const before = document.body.dataset.phase;

    setAttribute(document.body, "data-phase", link.state.phase);
    setText(find("state"), word);
    setText(find("banner-text"), bannerText());
    show(find("banner"), bannerText() !== "");
    show(find("retry"), !link.live);
    show(find("forget"), token() !== null);
    document.title = link.hub === null ? "aldis" : `${link.live ? "" : `${word}: `}${link.hub.id} – aldis`;
    if (before !== undefined && before !== link.state.phase) {
        announce(link.live ? "The hub answers again" : word);
    }
}

function drawHub(hub) {
    setText(find("hub-id"), hub.id);
    setText(find("hub-version"), `aldis ${hub.version}`);
    setText(find("hub-uptime"), `up ${duration(hub.uptime_ms)}`);
    setAttribute(find("hub-uptime"), "title", `since ${hub.started}`);
    drawState();
}

/* The token is asked for when the hub says so, and kept for this tab only. */
function askForToken() {
    const dialog = find("token-dialog");

    if (link.state.phase !== "locked") {
        if (dialog.open) {
            dialog.close();
        }
        return;
    }
    setText(find("token-problem"), token() === null ? "" : "The hub does not take this token.");
    setToken(null);
    find("token").value = "";
    if (!dialog.open) {
        dialog.showModal();
    }
}

function listen() {
    link.on("state", () => {
        askForToken();
        drawState();
    });
    link.on("hub", drawHub);
    link.on("dropped", (n) => {
        dropped += n;
        setText(find("dropped"), `${count(dropped)} lines were left out: they came faster than this page reads`);
    });
    setInterval(() => link.live || drawState(), 500);
    find("retry").addEventListener("click", () => link.wake());
    find("forget").addEventListener("click", () => {
        setToken(null);
        location.reload();
    });
    find("token-form").addEventListener("submit", (event) => {
        event.preventDefault();
        setToken(find("token").value.trim());
        find("token").value = "";
        link.unlocked();
    });
    /* Without a token there is nothing behind the dialog. */
    find("token-dialog").addEventListener("cancel", (event) => event.preventDefault());
    document.addEventListener("keydown", (event) => {
        const typing = event.target.closest("input, textarea, select, dialog") !== null;

        if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
            event.preventDefault();
            find("target-filter").focus();
        }
    });
}

listen();
const registry = new Registry(link);
const commands = new Console(link, registry);
new Targets(link, registry, (name) => commands.use(name));
new Activity(link);
new Flags(link);
new Hubs(link);
new Tiles(link);
drawState();
link.run();
