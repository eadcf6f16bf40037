#pragma once

/*
 * Door: a listener on which everything that is HTTP comes in: upgrades to a dialect, and pages; or on which one dialect is
 * spoken at once, in bytes or in datagrams.
 *
 * Who is accepted at an HTTP door is a *visitor* (visitor.h) until the upgrade, and must have said what it wants within a
 * few seconds and a few kilobytes. An upgrade that a dialect takes makes it a connection (conn.h); any other request is
 * answered by the pages of the program. Who is accepted at a door for lines is a connection from the start. What comes as
 * datagrams is one connection a door (datagram.h).
 *
 * Lifetime:   ald_door_open() to ald_door_close(), which ends its visitors; connections that came through it stay,
 *             and must be gone before the edge.
 * Threading:  the loop's thread only.
 * Limits:     struct ald_door_limits; who is turned away by one is counted.
 */

#include "conn/edge.h"
#include "conn/guard.h"
#include "transport/dial.h"
#include "wire/http/http_head.h"

/* What a door counts, since it was opened. X(name, meaning) */
#define ALD_DOOR_COUNTERS(X)                                                                                           \
    X(accepted, "connections accepted")                                                                                \
    X(refused_full, "connections turned away because there were too many in all, or in its section")                   \
    X(refused_greeting, "connections turned away because too many had not said hello")                                 \
    X(requests, "HTTP requests that could be read")                                                                    \
    X(upgrades, "requests that became a connection")                                                                   \
    X(upgrades_refused, "upgrade requests that a dialect or the handshake refused")                                    \
    X(upgrades_draining, "upgrade requests refused because the hub stops")                                             \
    X(unauthorized, "upgrades and requests refused because nobody knows who asks")                                     \
    X(origin_refused, "upgrades and writes refused because of a foreign Origin")                                       \
    X(site_refused, "requests refused because a page of another site makes a browser send them")                       \
    X(host_refused, "requests refused because they are for a name that is not ours")                                   \
    X(malformed, "requests that are no HTTP, or over a limit")                                                         \
    X(cut, "connections that ended inside a request")                                                                  \
    X(silent, "connections that sent nothing until the deadline")                                                      \
    X(slow_requests, "connections that did not finish a request by its deadline")                                      \
    X(slow_readers, "connections that did not read their answer in time")                                              \
    X(answers_failed, "requests that could not be answered because memory was short")                                  \
    X(answers_full, "requests refused because too much of other answers waits to be read")                             \
    X(bodies_full, "requests refused because too many large bodies are coming in")                                     \
    X(visits, "requests whose answer came later")                                                                      \
    X(visits_left, "of these, those whose visitor left before the end")                                                \
    X(streams, "of these, those answered with a stream")                                                               \
    X(streams_full, "pieces of streams not taken because their reader is too slow")                                    \
    X(ignored_bytes, "bytes received from the readers of streams, who are not asked")                                  \
    X(datagrams, "datagrams received")                                                                                 \
    X(datagrams_dropped, "datagrams dropped because the hub stops, or memory was short")

struct ald_door_counters {
#define ALD_X(name, meaning) uint64_t name;
    ALD_DOOR_COUNTERS(ALD_X)
#undef ALD_X
};

struct ald_door_limits {
    uint32_t greeting_max;    /* visitors and connections without a hello, at once */
    uint32_t requests_max;    /* on one connection; the answer to the last one closes it */
    size_t body_max;          /* of a request, where its page takes no more: see ald_pages.admit */
    ald_usec request_timeout; /* from the accept, or the first byte of a further request, to its end; of a large body
                                 each 256 KiB get it anew */
    ald_usec idle_timeout;    /* after an answer; and for a reader to take 64 KiB of what waits for it, or all */
};

struct ald_udp_spec; /* transport/udp.h */
struct ald_visit;    /* visit.h */

/* Borrowed for the call: the bytes of the request are gone after it. */
struct ald_page_request {
    const struct ald_http_request *head;
    struct ald_str body;
    struct ald_visit *visit; /* whose request it is; to be kept by who says ALD_PAGE_LATER */
    const struct ald_door *door;
    const struct ald_guest *guest; /* who asks: lives as long as the visit */
};

enum { ALD_PAGE_FIELDS = 12 };
/* a dashboard has about eight: caching, policy, type, frames, referrer, vary */ /* what a page for a browser needs, and a few more */

struct ald_page {
    uint16_t status;     /* 200 when asked */
    const char *type;    /* Content-Type; static */
    struct ald_buf body; /* empty when asked, with its cap */
    struct ald_http_field fields[ALD_PAGE_FIELDS];
    size_t n_fields;
};

/*
 * Outcomes of a page. LATER: the request is a visit from now on, see visit.h; the page's body is the door's. REFUSED: the
 * page is the answer, and the body that belongs to the request is not wanted.
 */
enum { ALD_PAGE_LATER = 1, ALD_PAGE_REFUSED };

/* Whoever answers what is no upgrade. */
struct ald_pages {
    /*
     * Fill in `page`; borrows both. For HEAD it does as for GET: the door leaves the body out. The views in the
     * fields are literals or views of the request. Outcome: ALD_PAGE_LATER. Errors: ALDIS_E_NOMEM, which becomes a 503.
     */
    int (*answer)(void *owner, const struct ald_page_request *request, struct ald_page *page);
    /*
     * The head of a request with a body is there and nothing of the body: say through `*body_max` (the door's limit when
     * asked) how large it may be, or fill in `page`. NULL: the door's limit is for all. Outcome: ALD_PAGE_REFUSED.
     * Errors: ALDIS_E_NOMEM.
     */
    int (*admit)(void *owner, const struct ald_page_request *request, struct ald_page *page, size_t *body_max);
    void *owner;
    size_t body_max; /* cap of a page's body */
};

/* Doors that have a number of connections among them. Outlives the edge. */
struct ald_door_group {
    uint32_t n, max;
};

/* What is spoken at a door for lines. */
struct ald_door_lines {
    const struct ald_dialect_type *dialect; /* a row of ald_dialects */
    uint32_t variant;
    ald_usec hello_timeout; /* 0: the edge's */
    bool credentials;       /* who comes in must show a name and a password that the gate knows, or a certificate */
    struct ald_door_group *group; /* NULL: none */
    const char *turned_away;      /* what somebody is told for whom the group has no room; static. NULL: nothing */
};

struct ald_door_spec {
    const char *name;                   /* copied; "http", "unix" */
    const struct ald_door_lines *lines; /* NULL: HTTP is spoken. Copied */
    const struct ald_udp_spec *udp;     /* instead of `listen`, for datagrams; borrowed for the call */
    /*
     * Copied: host names, separated by commas, that the door is known by beside addresses, `localhost` and the one it
     * listens on; requests for another one are answered with 421. It matters where only this machine can come in and nobody is asked who he is: see
     * host.h for why. NULL: any name will do.
     */
    const char *names;
    bool ours; /* only the program that the hub is in can come in: without a guard, who wants to show a token need not */
    struct ald_listen_spec listen;
    struct ald_door_limits limits;
    struct ald_pages pages;
};

/* Gives an open door. Errors: those of ald_listen(), whose `ret_why` this is. */
ALD_NODISCARD int ald_door_open(struct ald_edge *edge, const struct ald_door_spec *spec, struct ald_door **ret_door,
                                struct ald_why *ret_why);
/* NULL is fine; returns NULL. */
struct ald_door *ald_door_close(struct ald_door *door);

const char *ald_door_name(const struct ald_door *door);
/* host:port with the port that was picked, or a path. */
const char *ald_door_address(const struct ald_door *door);
/* Only this machine can reach it. */
bool ald_door_loopback(const struct ald_door *door);
const struct ald_door_counters *ald_door_counters(const struct ald_door *door);
/* Visitors, and connections without a hello, that are here now. */
uint32_t ald_door_greeting(const struct ald_door *door);

/* For conn.c: a connection that came through the door said its hello, or ended before it did. */
void ald_door_greeted(struct ald_door *door);
