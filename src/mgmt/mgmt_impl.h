#pragma once

/* What the files of mgmt share: a request on its way to its answer, and how times and pages are written. */

#include "conn/guard.h"
#include "loop/loop.h"
#include "mgmt/desk.h"
#include "mgmt/feed.h"
#include "mgmt/mgmt.h"
#include "mgmt/tally.h"
#include "msg/json_write.h"

enum {
    /* An answer with the payload of the largest message (13,107,200 bytes) in it, as payload and as details. */
    MGMT_BODY_MAX = 32 * 1024 * 1024,
    MGMT_LIMIT_DEFAULT = 100,
    MGMT_LIMIT_MAX = 1000,
    MGMT_SEGMENTS_MAX = 6, /* of a path that means anything: _node, exchange, IDENTIFIER, targets, ID, channels */
    MGMT_PATH_MAX = 8 * 1024,
    MGMT_ENVELOPE_MAX = 64 * 1024 /* of a submit, beside its payload: names, keys, and what the escapes in them cost */
};

struct ald_mgmt {
    struct ald_edge *edge;
    struct ald_str id, identifier;
    bool exchange_pages;
    size_t message_max;
    uint32_t streams_max;
    struct ald_mgmt_counters auth;
    struct ald_mgmt_flags flags;
    struct ald_mgmt_schemas schemas;
    void (*drain)(void *owner);
    void *owner;
    ald_usec started;
    ald_wall started_wall;
    struct ald_tally tally;
    struct ald_desk desk;
    struct ald_feed feed;
    struct ald_task draining;
    char location[64]; /* of the answer that is being made: a field is only a view */
};

/* One request. */
struct ald_mgmt_call {
    struct ald_mgmt *mgmt;
    const struct ald_hub *hub;
    const struct ald_page_request *request;
    const struct ald_http_request *head;
    struct ald_guest guest; /* who asks */
    struct ald_page *page;
    struct ald_json_writer json; /* into the page */
    ald_usec now;
    ald_wall wall;
    struct ald_str segments[MGMT_SEGMENTS_MAX]; /* decoded */
    size_t n_segments;
};

/* A call whose request is not known (any more): only to write an answer. */
void ald_mgmt_call_init(struct ald_mgmt_call *call, struct ald_mgmt *mgmt, struct ald_page *page);
/* Begin an answer in JSON. */
void ald_mgmt_begin(struct ald_mgmt_call *call);

/* The routes. Each writes one value, or a problem. Outcome: ALD_PAGE_LATER. Errors: ALDIS_E_NOMEM. */
int ald_mgmt_root(struct ald_mgmt_call *call);
int ald_mgmt_livez(struct ald_mgmt_call *call);
int ald_mgmt_readyz(struct ald_mgmt_call *call);
int ald_mgmt_metrics(struct ald_mgmt_call *call);
int ald_mgmt_hub(struct ald_mgmt_call *call);
int ald_mgmt_targets(struct ald_mgmt_call *call);
int ald_mgmt_target(struct ald_mgmt_call *call);
int ald_mgmt_channels(struct ald_mgmt_call *call);
int ald_mgmt_channel(struct ald_mgmt_call *call);
int ald_mgmt_commands(struct ald_mgmt_call *call);
int ald_mgmt_command(struct ald_mgmt_call *call);
int ald_mgmt_members(struct ald_mgmt_call *call);
int ald_mgmt_openapi(struct ald_mgmt_call *call);
int ald_mgmt_submit(struct ald_mgmt_call *call);
int ald_mgmt_cancel(struct ald_mgmt_call *call);
int ald_mgmt_event(struct ald_mgmt_call *call);
int ald_mgmt_events(struct ald_mgmt_call *call);
int ald_mgmt_leave(struct ald_mgmt_call *call);
int ald_mgmt_primary(struct ald_mgmt_call *call);
int ald_mgmt_stop(struct ald_mgmt_call *call);
int ald_mgmt_whoami(struct ald_mgmt_call *call);
int ald_mgmt_why(struct ald_mgmt_call *call);
int ald_mgmt_flags(struct ald_mgmt_call *call);
int ald_mgmt_cluster(struct ald_mgmt_call *call);
int ald_mgmt_hubs(struct ald_mgmt_call *call);
int ald_mgmt_schemas(struct ald_mgmt_call *call);
int ald_mgmt_schema(struct ald_mgmt_call *call);
int ald_mgmt_schema_put(struct ald_mgmt_call *call);
int ald_mgmt_schema_delete(struct ald_mgmt_call *call);

/* Answer with a problem instead. Errors: ALDIS_E_NOMEM. */
int ald_mgmt_problem(struct ald_mgmt_call *call, uint16_t status, const char *detail);
/* Add a header; the views are literals, or live as long as the request. */
void ald_mgmt_field(struct ald_mgmt_call *call, struct ald_str name, struct ald_str value);

/* Answer with a channel. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_mgmt_channel_answer(struct ald_mgmt_call *call, const struct ald_channel_view *channel);
/* Write what there is to say of flags at a glance, a member of the hub; nothing when none are shown. */
void ald_mgmt_flags_glance(struct ald_mgmt_call *call);
/* Answer with a command and its story. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_mgmt_command_answer(struct ald_mgmt_call *call, const struct ald_command_view *command);

/* A page of a list, as asked for. */
struct ald_mgmt_paging {
    uint64_t cursor; /* of the walk; moves */
    uint32_t left;   /* items that still fit */
};

enum { ALD_MGMT_ANSWERED = 1 };

/* Read `limit` and `after`. Outcome: ALD_MGMT_ANSWERED, with a problem. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_mgmt_paging(struct ald_mgmt_call *call, struct ald_mgmt_paging *ret_paging);
/* Write the page mark, if the list goes on. */
void ald_mgmt_next(struct ald_mgmt_call *call, const struct ald_mgmt_paging *paging, bool more);
/* Read a text parameter into `room` bytes at `to`; absent when it is not there. Outcome: ALD_MGMT_ANSWERED. */
ALD_NODISCARD int ald_mgmt_parameter(struct ald_mgmt_call *call, const char *name, char *to, size_t room,
                                     struct ald_str *ret_value);

/* Write an instant as text; nothing when it is 0 ("never"). */
void ald_mgmt_wall(struct ald_mgmt_call *call, const char *name, ald_wall wall);
void ald_mgmt_instant(struct ald_mgmt_call *call, const char *name, ald_usec instant);
/* Write the milliseconds from `from` to `to`. */
void ald_mgmt_span(struct ald_mgmt_call *call, const char *name, ald_usec from, ald_usec to);
/*
 * From when on somebody wants to hear what he missed: the id of the line that he had last (Last-Event-ID; the HTML standard, section
 * 9.2), or the parameter `since`; else `none`. Outcome: ALD_MGMT_ANSWERED, with a problem. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_mgmt_since(struct ald_mgmt_call *call, ald_wall none, ald_wall *ret_since);
/* End the value. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_mgmt_done(struct ald_mgmt_call *call);
