#pragma once

/*
 * Watch subscribe: over a link nothing is told of events but to who subscribed to them (link.md 4.10). Subscriptions stand as long
 * as the session, so each new one subscribes anew.
 *
 * Lifetime:   in its owner, until the client is freed. Nothing in it is to be freed.
 * Threading:  the loop's thread.
 */

#include "cli/watch_options.h"
#include "client/client.h"

struct ald_watch_subscribe;

struct ald_watch_subscription {
    struct ald_watch_subscribe *all;
    struct ald_str name;
    uint8_t state; /* of watch_subscribe.c */
    bool old;      /* asked for in the words of before alpha.26 */
};

struct ald_watch_subscribe {
    struct ald_client *client;
    const struct ald_watch_options *options;
    ald_wall since; /* from when on is asked at the next saying */
    bool json;
    struct ald_watch_subscription items[ALD_WATCH_EVENTS_MAX];
    size_t n;
    void (*refused)(void *owner, int status);
    void *owner;
};

/*
 * To those of `options` (borrows, until it is over), if any are named. When none of them can be had, `refused` is told the exit
 * status; what each one lacks is said on standard error, and so are gaps, or in a line when `json`.
 */
void ald_watch_subscribe_init(struct ald_watch_subscribe *all, const struct ald_watch_options *options, bool json,
                              void (*refused)(void *owner, int status), void *owner);
/* `client` is ready. Errors: ALDIS_E_NOMEM, ALDIS_E_CLOSED. */
ALD_NODISCARD int ald_watch_subscribe_ready(struct ald_watch_subscribe *all, struct ald_client *client);
