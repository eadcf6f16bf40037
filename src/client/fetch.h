#pragma once

/*
 * Fetch: one GET to the HTTP door of a hub, for what is read of it (`/api/v1/...`). One connection a request.
 *
 * Lifetime:   ald_fetch_new() to ald_fetch_free(), which may come before the end.
 * Threading:  the loop's thread.
 * Limits:     the answer's body, ALD_FETCH_BODY_MAX; the time for everything, `timeout`.
 */

#include "base/str.h"

struct ald_fetch;
struct ald_net;
struct ald_why;

/* As much as a hub answers at once (it pages what is longer), and a bound on what anybody else may send. */
enum { ALD_FETCH_BODY_MAX = 16 * 1024 * 1024 };

struct ald_fetch_spec {
    const char *url;     /* of a hub: unix:PATH, ws://, wss:// (http:// and https:// mean the same) */
    const char *target;  /* path and query, encoded; the URL's prefix is put before it */
    const char *ca_file; /* wss: trust this instead of the system's; NULL */
    bool insecure;       /* wss: do not verify */
    ald_usec timeout;
};

/* What came. All views are borrowed. */
struct ald_fetch_end {
    int status;          /* 0: no answer, `text` says why */
    struct ald_str type; /* Content-Type; absent when there was none */
    struct ald_str body;
    struct ald_str text;
};

typedef void (*ald_fetch_fn)(void *owner, const struct ald_fetch_end *end);

/*
 * Gives a request on its way; `fn` is called once, never inside this call, and may free it. Borrows `spec`. `ret_why` (may be
 * NULL) tells what is wrong with the URL or the CA file. Outcome: ALD_FETCH_BAD_URL. Errors: ALDIS_E_NOMEM, ALDIS_E_TLS,
 * ALDIS_E_INVALID (the target may not be sent), those of ald_dial().
 */
enum { ALD_FETCH_BAD_URL = 1 };
ALD_NODISCARD int ald_fetch_new(struct ald_net *net, const struct ald_fetch_spec *spec, ald_fetch_fn fn, void *owner,
                                struct ald_why *ret_why, struct ald_fetch **ret_fetch);
/* The callback will not come any more. NULL is fine; returns NULL. */
struct ald_fetch *ald_fetch_free(struct ald_fetch *fetch);
ALD_DEFINE_CLEANUP(struct ald_fetch *, ald_fetch_free);
