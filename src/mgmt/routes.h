#pragma once

/*
 * Routes: which request is answered by what. One table: the router, the `Allow` of a 405, and the test that holds the
 * OpenAPI document against it go by it.
 */

#include "mgmt/mgmt_impl.h"

/* A segment that may be anything: a name. */
#define MGMT_ANY ""

enum ald_mgmt_method { MGMT_GET, MGMT_POST, MGMT_PUT, MGMT_DELETE, MGMT_N_METHODS };

/* What a visitor must be allowed to do. */
enum ald_mgmt_need {
    MGMT_OPEN,  /* everybody may: a supervisor has no token */
    MGMT_KNOWN, /* whoever is let in; what more he needs is judged with what he asks for */
    MGMT_SEND,  /* whoever is let in, with a message in the body, which the others have none of */
    MGMT_READ,
    MGMT_WRITE, /* the Unix socket, or a right: never an unauthenticated door (DESIGN section 4) */
    MGMT_STORE  /* the same, with a document in the body */
};

struct ald_mgmt_route {
    enum ald_mgmt_method method;
    enum ald_mgmt_need need;
    const char *segments[MGMT_SEGMENTS_MAX];
    int (*answer)(struct ald_mgmt_call *call);
};

/* The `i`-th row, or NULL. */
const struct ald_mgmt_route *ald_mgmt_route(size_t i);
const char *ald_mgmt_method_name(enum ald_mgmt_method method);

/* How large the body of the call may be, where that is something else than the door's limit. */
void ald_mgmt_route_limit(const struct ald_mgmt_call *call, size_t *body_max);
/* Answer the call, whose segments are there. Outcome: ALD_PAGE_LATER. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_mgmt_route_call(struct ald_mgmt_call *call);
