#pragma once

/*
 * Body: the JSON object of a request, read with the parser that reads everything else.
 *
 * Strict where a message of a party is lenient: a program that calls an API is told of its mistakes. A member that the
 * API does not know, or that has another type, is an error that names it and the byte where it stands; null counts as
 * not there, but for members that may be null.
 *
 * Threading: no state. Everything borrows the request.
 */

#include "mgmt/mgmt_impl.h"
#include "msg/json_scan.h"

enum { MGMT_MEMBERS_MAX = 16 };

/* What a member may be: a set of bits of enum ald_json_type. */
#define MGMT_TYPE(type) (1U << (type))
#define MGMT_TYPE_BOOL (MGMT_TYPE(ALD_JSON_TRUE) | MGMT_TYPE(ALD_JSON_FALSE))
#define MGMT_TYPE_ANY (~0U)

struct ald_mgmt_member {
    struct ald_str name;
    unsigned types;
    const char *expected; /* for people: "a string" */
};

/*
 * Read the body of `call`: the values of the `n` (at most MGMT_MEMBERS_MAX) members of `members` into `values`, of type
 * ALD_JSON_NONE where there is none. Outcome: ALD_MGMT_ANSWERED, with a problem (400, 415). Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_mgmt_body_read(struct ald_mgmt_call *call, const struct ald_mgmt_member *members, size_t n,
                                     struct ald_json_value *values);

/* Is the body said to be JSON? */
bool ald_mgmt_body_is_json(const struct ald_http_request *head);

/* Answer that the member with `value` is not `expected`. Errors: ALDIS_E_NOMEM. */
int ald_mgmt_body_problem(struct ald_mgmt_call *call, struct ald_str name, struct ald_json_value value,
                          const char *expected);
