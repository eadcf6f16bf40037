/*
 * Asking the hub. Addresses are relative to the page, so the dashboard works behind a proxy that serves it from a
 * folder. A token lives in the storage of this tab only: it is gone with the tab, and no other page can send it.
 */

import { parse } from "./json.js";

const BASE = new URL("api/v1/", document.baseURI);
const TOKEN = "aldis.token";
const PATIENCE = 15_000;

export function token() {
    return sessionStorage.getItem(TOKEN);
}

export function setToken(value) {
    if (value) {
        sessionStorage.setItem(TOKEN, value);
    } else {
        sessionStorage.removeItem(TOKEN);
    }
}

/* The hub answered that it will not (RFC 9457). */
export class Problem extends Error {
    constructor(status, title, detail) {
        super(detail || title);
        this.status = status;
        this.title = title;
    }
}

/* The hub did not answer. */
export class Away extends Error {}

async function problemOf(response) {
    const text = await response.text().catch(() => "");
    let body = {};

    try {
        body = JSON.parse(text);
    } catch {
        body = { detail: text.slice(0, 200) }; // A proxy's own words.
    }
    return new Problem(response.status, body.title || response.statusText || `Status ${response.status}`, body.detail);
}

/* The answer's head. Throws a Problem, or Away. */
export async function open(path, { method = "GET", body, signal, accept = "application/json" } = {}) {
    const headers = { Accept: accept };
    let response;

    if (token()) {
        headers.Authorization = `Bearer ${token()}`;
    }
    if (body !== undefined) {
        headers["Content-Type"] = "application/json";
    }
    try {
        response = await fetch(new URL(path, BASE), { method, headers, body, signal, cache: "no-store" });
    } catch (error) {
        throw new Away(error.message);
    }
    if (!response.ok) {
        throw await problemOf(response);
    }
    return response;
}

/* A whole answer. Throws a Problem, or Away. */
export async function ask(path, options = {}) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), PATIENCE);

    try {
        const response = await open(path, { ...options, signal: controller.signal });
        return parse(await response.text());
    } catch (error) {
        throw error instanceof Problem ? error : new Away(error.message);
    } finally {
        clearTimeout(timer);
    }
}

/* All items of a list, page by page, but no more than `max`. */
export async function askAll(path, member, max) {
    const items = [];
    let after = null;

    do {
        const page = await ask(`${path}?limit=1000${after === null ? "" : `&after=${encodeURIComponent(after)}`}`);
        items.push(...page[member]);
        after = page.next ?? null;
    } while (after !== null && items.length < max);
    return items;
}

export function commandPath(id, rest = "") {
    return `commands/${encodeURIComponent(id)}${rest}`;
}
