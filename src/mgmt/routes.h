#pragma once

/*
 * Routes: which request is answered by what. One table: the router, the `Allow` of a 405, and the test that holds the
 * OpenAPI document against it go by it.
 */

#include "mgmt/mgmt_impl.h"

/* A segment that may be anything: a name. */
#define MGMT_ANY ""

enum ald_mgmt_method { MGMT_GET, MGMT_POST, MGMT_DELETE, MGMT_N_METHODS };

/* What a visitor must be allowed to do. */
enum ald_mgmt_need {
    MGMT_OPEN,   /* everybody may: a supervisor has no token */
    MGMT_READ,   /* read what is there */
    MGMT_SUBMIT, /* submit; what, is judged with the command */
    MGMT_OPERATE /* close, promote, drain */
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

/* Answer the call, whose segments are there. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_mgmt_route_call(struct ald_mgmt_call *call);
