#pragma once

/*
 * Fetch: one request to the HTTP door of a hub, for what is read of it and asked of it (`/api/v1/...`). One connection a
 * request. The answer's body is given whole, or, for a stream without an end (`/api/v1/events`), as it comes.
 *
 * Lifetime:   ald_fetch_new() to ald_fetch_free(), which may come before the end, but not inside `bytes`.
 * Threading:  the loop's thread.
 * Limits:     the answer's body when it is given whole, ALD_FETCH_BODY_MAX; the time for everything, or for the head of a
 *             stream, `timeout`; the silence of a stream, `silence`.
 */

#include "base/str.h"
#include "wire/http/http_fields.h"

struct ald_fetch;
struct ald_net;
struct ald_why;

/* As much as a hub answers at once (it pages what is longer), and a bound on what anybody else may send. */
enum { ALD_FETCH_BODY_MAX = 16 * 1024 * 1024 };

/* A run of bytes of a stream's body, borrowed. False: nothing more is wanted, and nothing more is called. */
typedef bool (*ald_fetch_bytes_fn)(void *owner, struct ald_str bytes);

/* Everything is borrowed for the call that takes it. */
struct ald_fetch_spec {
    const char *url;               /* of a hub: unix:PATH, ws://, wss:// (http:// and https:// mean the same) */
    const char *method;            /* NULL: GET */
    const char *target;            /* path and query, encoded; the URL's prefix is put before it */
    const char *accept;            /* NULL: application/json */
    struct ald_http_fields fields; /* further ones */
    const char *token;             /* said as `Authorization: Bearer`; NULL or "": none */
    struct ald_str body;           /* absent: none; "": one of no bytes, and of no type */
    const char *body_type;         /* NULL: application/json */
    const char *ca_file;           /* wss: trust this instead of the system's; NULL */
    const char *cert_file;         /* wss: show this; NULL */
    const char *key_file;          /* wss: its key; NULL: in cert_file */
    bool insecure;                 /* wss: do not verify */
    ald_usec timeout;
    ald_fetch_bytes_fn bytes; /* not NULL: an answer with status 200 is a stream */
    ald_usec silence;         /* of a stream: so long without a byte, and it is dead */
};

/* What came. All views are borrowed. */
struct ald_fetch_end {
    int status;          /* 0: no answer, `text` says why */
    struct ald_str type; /* Content-Type; absent when there was none */
    struct ald_str body; /* of a stream: empty */
    struct ald_str text; /* of a stream: why it ended, if not as it should */
};

typedef void (*ald_fetch_fn)(void *owner, const struct ald_fetch_end *end);

/*
 * Gives a request on its way; `fn` is called once, never inside this call, and may free it. `ret_why` (may be NULL) tells
 * what is wrong with the URL or the files. Outcome: ALD_FETCH_BAD_URL. Errors: ALDIS_E_NOMEM, ALDIS_E_TLS, ALDIS_E_INVALID
 * (the target or a field may not be sent), those of ald_dial().
 */
enum { ALD_FETCH_BAD_URL = 1 };
ALD_NODISCARD int ald_fetch_new(struct ald_net *net, const struct ald_fetch_spec *spec, ald_fetch_fn fn, void *owner,
                                struct ald_why *ret_why, struct ald_fetch **ret_fetch);
/* The callback will not come any more. NULL is fine; returns NULL. */
struct ald_fetch *ald_fetch_free(struct ald_fetch *fetch);
ALD_DEFINE_CLEANUP(struct ald_fetch *, ald_fetch_free);
