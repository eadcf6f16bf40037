#include "mgmt/routes.h"

#include "base/error.h"
#include "mgmt/dashboard.h"
#include "mgmt/exchange.h"
#include "msg/catalog.h"

#define ANY MGMT_ANY

static const struct ald_mgmt_route routes[] = {
    {MGMT_GET, MGMT_OPEN, {ANY}, ald_mgmt_root}, /* "/" has one empty segment, and nothing else may be empty */
    {MGMT_GET, MGMT_OPEN, {"assets", ANY}, ald_mgmt_asset},
    {MGMT_GET, MGMT_OPEN, {"livez"}, ald_mgmt_livez},
    {MGMT_GET, MGMT_OPEN, {"readyz"}, ald_mgmt_readyz},
    {MGMT_GET, MGMT_READ, {"metrics"}, ald_mgmt_metrics},
    {MGMT_GET, MGMT_READ, {"api", "v1", "openapi.json"}, ald_mgmt_openapi},
    {MGMT_GET, MGMT_KNOWN, {"api", "v1", "whoami"}, ald_mgmt_whoami},
    {MGMT_GET, MGMT_READ, {"api", "v1", "auth", "why"}, ald_mgmt_why},
    {MGMT_GET, MGMT_READ, {"api", "v1", "flags"}, ald_mgmt_flags},
    {MGMT_GET, MGMT_READ, {"api", "v1", "cluster"}, ald_mgmt_cluster},
    {MGMT_GET, MGMT_READ, {"api", "v1", "hub"}, ald_mgmt_hub},
    {MGMT_POST, MGMT_WRITE, {"api", "v1", "hub", "drain"}, ald_mgmt_stop},
    {MGMT_GET, MGMT_READ, {"api", "v1", "hubs"}, ald_mgmt_hubs},
    {MGMT_GET, MGMT_READ, {"api", "v1", "schemas"}, ald_mgmt_schemas},
    {MGMT_GET, MGMT_READ, {"api", "v1", "schemas", ANY}, ald_mgmt_schema},
    {MGMT_PUT, MGMT_STORE, {"api", "v1", "schemas", ANY}, ald_mgmt_schema_put},
    {MGMT_DELETE, MGMT_WRITE, {"api", "v1", "schemas", ANY}, ald_mgmt_schema_delete},
    {MGMT_GET, MGMT_READ, {"api", "v1", "targets"}, ald_mgmt_targets},
    {MGMT_GET, MGMT_READ, {"api", "v1", "targets", ANY}, ald_mgmt_target},
    {MGMT_GET, MGMT_READ, {"api", "v1", "channels"}, ald_mgmt_channels},
    {MGMT_GET, MGMT_READ, {"api", "v1", "channels", ANY}, ald_mgmt_channel},
    {MGMT_DELETE, MGMT_WRITE, {"api", "v1", "channels", ANY}, ald_mgmt_leave},
    {MGMT_POST, MGMT_WRITE, {"api", "v1", "channels", ANY, "primary"}, ald_mgmt_primary},
    {MGMT_GET, MGMT_READ, {"api", "v1", "commands"}, ald_mgmt_commands},
    {MGMT_POST, MGMT_SEND, {"api", "v1", "commands"}, ald_mgmt_submit},
    {MGMT_GET, MGMT_KNOWN, {"api", "v1", "commands", ANY}, ald_mgmt_command},
    {MGMT_POST, MGMT_KNOWN, {"api", "v1", "commands", ANY, "cancel"}, ald_mgmt_cancel},
    {MGMT_GET, MGMT_KNOWN, {"api", "v1", "commands", ANY, "members"}, ald_mgmt_members},
    {MGMT_GET, MGMT_READ, {"api", "v1", "events"}, ald_mgmt_events},
    {MGMT_POST, MGMT_SEND, {"api", "v1", "events"}, ald_mgmt_event},
};

static const char *const method_names[] = {
    [MGMT_GET] = "GET",
    [MGMT_POST] = "POST",
    [MGMT_PUT] = "PUT",
    [MGMT_DELETE] = "DELETE",
};
_Static_assert(ALD_COUNT(method_names) == MGMT_N_METHODS, "a method has no name");

/* For every set of methods that a path may have, in the order of the enum. HEAD is GET without its body. */
static const char *const allows[1 << MGMT_N_METHODS] = {
    "",
    "GET, HEAD",
    "POST",
    "GET, HEAD, POST",
    "PUT",
    "GET, HEAD, PUT",
    "POST, PUT",
    "GET, HEAD, POST, PUT",
    "DELETE",
    "GET, HEAD, DELETE",
    "POST, DELETE",
    "GET, HEAD, POST, DELETE",
    "PUT, DELETE",
    "GET, HEAD, PUT, DELETE",
    "POST, PUT, DELETE",
    "GET, HEAD, POST, PUT, DELETE",
};

const struct ald_mgmt_route *ald_mgmt_route(size_t i)
{
    return i < ALD_COUNT(routes) ? &routes[i] : NULL;
}

const char *ald_mgmt_method_name(enum ald_mgmt_method method)
{
    return method_names[method];
}

static bool route_fits(const struct ald_mgmt_route *route, const struct ald_mgmt_call *call)
{
    for (size_t i = 0; i < MGMT_SEGMENTS_MAX; i++) {
        const char *expected = route->segments[i];

        if (expected == NULL || i >= call->n_segments) {
            return expected == NULL && i >= call->n_segments;
        }
        if (expected[0] != '\0' ? !ald_str_equal(call->segments[i], ald_str(expected))
                                : (call->segments[i].size == 0) != (call->n_segments == 1)) {
            return false;
        }
    }
    return true;
}

static bool method_is(const struct ald_mgmt_route *route, struct ald_str method)
{
    return ald_str_equal(method, ald_str(method_names[route->method])) ||
           (route->method == MGMT_GET && ald_str_equal(method, ALD_STR("HEAD")));
}

/* Gives the route, or NULL with the methods that the path has (none: there is no such path). */
static const struct ald_mgmt_route *route_find(const struct ald_mgmt_call *call, unsigned *ret_methods)
{
    unsigned methods = 0;

    for (size_t i = 0; i < ALD_COUNT(routes); i++) {
        if (route_fits(&routes[i], call)) {
            if (method_is(&routes[i], call->head->method)) {
                return &routes[i];
            }
            methods |= 1U << routes[i].method;
        }
    }
    *ret_methods = methods;
    return NULL;
}

static int call_refuse(struct ald_mgmt_call *call, unsigned methods)
{
    if (methods == 0) {
        return ald_mgmt_problem(call, 404, "There is nothing at this path");
    }
    /* RFC 9110 section 15.5.6: a 405 must say what is allowed. */
    ald_mgmt_field(call, ALD_STR("Allow"), ald_str(allows[methods]));
    return ald_mgmt_problem(call, 405,
                            methods == 1U << MGMT_GET ? "This can only be read" : "This path does not know the method");
}

/* A message may come in where one is expected, or a document; anything else is small. */
void ald_mgmt_route_limit(const struct ald_mgmt_call *call, size_t *body_max)
{
    unsigned methods;
    const struct ald_mgmt_route *route = route_find(call, &methods);

    if (route != NULL && route->need == MGMT_SEND) {
        *body_max = call->mgmt->message_max + MGMT_ENVELOPE_MAX;
    } else if (route != NULL && route->need == MGMT_STORE) {
        *body_max = ALD_CATALOG_DOCUMENT_MAX;
    }
}

/* Outcome: ALD_MGMT_ANSWERED: what the route needs is not there. */
static int access_check(struct ald_mgmt_call *call, enum ald_mgmt_need need)
{
    enum ald_guest_manage manage = ald_guest_manage(&call->guest);
    int r;

    if (need == MGMT_OPEN) {
        return 0;
    }
    if (!ald_guest_known(&call->guest)) {
        /* RFC 6750 section 3. */
        ald_mgmt_field(call, ALD_STR("WWW-Authenticate"), ALD_STR("Bearer"));
        r = ald_mgmt_problem(call, 401, "This needs a credential");
    } else if (need == MGMT_READ && manage < ALD_GUEST_MANAGE_READ) {
        r = ald_mgmt_problem(call, 403, "This needs the right to read (manage = read)");
    } else if ((need == MGMT_WRITE || need == MGMT_STORE) && manage < ALD_GUEST_MANAGE_WRITE) {
        r = ald_mgmt_problem(call, 403, "This needs the Unix socket, or the right to write (manage = write)");
    } else {
        return 0;
    }
    return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
}

static int route_answer(struct ald_mgmt_call *call, const struct ald_mgmt_route *route)
{
    int r = access_check(call, route->need);

    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    if (route->need != MGMT_SEND && route->need != MGMT_STORE && call->request->body.size > 0) {
        r = ald_mgmt_problem(call, 400, "This takes no body");
        return r < 0 ? ald_trace(r) : 0;
    }
    ald_mgmt_begin(call);
    r = route->answer(call);
    return r < 0 ? ald_trace(r) : r;
}

int ald_mgmt_route_call(struct ald_mgmt_call *call)
{
    const struct ald_mgmt_route *route;
    unsigned methods;
    int r;

    if (ald_mgmt_exchange_is(call)) {
        r = access_check(call, MGMT_READ);
        r = r == 0 ? ald_mgmt_exchange(call) : r == ALD_MGMT_ANSWERED ? 0 : r;
        return r < 0 ? ald_trace(r) : 0;
    }
    route = route_find(call, &methods);
    r = route != NULL ? route_answer(call, route) : call_refuse(call, methods);
    return r < 0 ? ald_trace(r) : r;
}
