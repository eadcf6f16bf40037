/* /api/v1/schemas: the messages that have a schema, and what an operator changes about them. */

#include <stdio.h>

#include "base/error.h"
#include "mgmt/body.h"
#include "mgmt/mgmt_impl.h"
#include "msg/catalog.h"

static void places_write(struct ald_mgmt_call *call, const char *member, unsigned places)
{
    ald_json_write_name(&call->json, ald_str(member));
    ald_json_write_array(&call->json);
    for (unsigned place = 1; place <= ALD_PLACE_CONTROLLER; place <<= 1) {
        if ((places & place) != 0) {
            ald_json_write_str(&call->json, ald_str(ald_place_name(place)));
        }
    }
    ald_json_write_end(&call->json);
}

/* A message at a glance; what its schemas are, its own page says. */
static void blueprint_write(struct ald_mgmt_call *call, const struct ald_blueprint *blueprint)
{
    ald_json_write_object(&call->json);
    ald_json_write_member_str(&call->json, "name", blueprint->name);
    ald_json_write_member_str(&call->json, "kind", blueprint->is_event ? ALD_STR("event") : ALD_STR("request"));
    places_write(call, "src", blueprint->src);
    places_write(call, "dst", blueprint->dst);
    ald_json_write_member_some(&call->json, "permission", blueprint->permission);
    ald_json_write_member_bool(&call->json, "has_schema", blueprint->schema != NULL);
    ald_json_write_member_bool(&call->json, "has_response", blueprint->response != NULL);
    ald_json_write_end(&call->json);
}

static const struct ald_blueprint *blueprint_at(const struct ald_mgmt_call *call, uint64_t index)
{
    const struct ald_catalog *catalog = ald_edge_catalog(call->mgmt->edge);

    return catalog != NULL && index < ALD_CATALOG_MESSAGES_MAX ? ald_catalog_at(catalog, (size_t)index) : NULL;
}

static const struct ald_blueprint *blueprint_find(const struct ald_mgmt_call *call)
{
    const struct ald_catalog *catalog = ald_edge_catalog(call->mgmt->edge);

    return catalog != NULL ? ald_catalog_find(catalog, call->segments[3]) : NULL;
}

int ald_mgmt_schemas(struct ald_mgmt_call *call)
{
    struct ald_mgmt_paging paging;
    const struct ald_blueprint *blueprint;
    int r;

    r = ald_mgmt_paging(call, &paging);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    ald_json_write_object(&call->json);
    ald_json_write_name(&call->json, ALD_STR("schemas"));
    ald_json_write_array(&call->json);
    for (; paging.left > 0 && (blueprint = blueprint_at(call, paging.cursor)) != NULL; paging.left--) {
        blueprint_write(call, blueprint);
        paging.cursor++;
    }
    ald_json_write_end(&call->json);
    ald_json_write_member_bool(&call->json, "strict", call->mgmt->schemas.strict);
    ald_json_write_member_bool(&call->json, "stored", call->mgmt->schemas.stored);
    ald_mgmt_next(call, &paging, blueprint_at(call, paging.cursor) != NULL);
    ald_json_write_end(&call->json);
    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}

/* What a PUT of it would take. */
int ald_mgmt_schema(struct ald_mgmt_call *call)
{
    const struct ald_blueprint *blueprint = blueprint_find(call);
    int r;

    if (blueprint == NULL) {
        return ald_mgmt_problem(call, 404, "No message of this name has a schema");
    }
    ald_json_write_raw(&call->json, blueprint->document);
    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}

/* Gives what the body describes. Outcome: ALD_MGMT_ANSWERED. Errors: ALDIS_E_NOMEM. */
static int blueprint_read(struct ald_mgmt_call *call, struct ald_blueprint **ret_blueprint)
{
    char why[ALD_CATALOG_WHY_MAX];
    int r;

    if (!ald_mgmt_body_is_json(call->head)) {
        r = ald_mgmt_problem(call, 415, "The body must be application/json");
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    }
    r = ald_blueprint_new(call->request->body, ret_blueprint, why);
    if (r == 0 && !ald_str_equal((*ret_blueprint)->name, call->segments[3])) {
        (void)snprintf(why, sizeof(why), "the document is of another name than the path");
        r = ALD_CATALOG_WRONG;
    }
    if (r > 0) {
        r = ald_mgmt_problem(call, 400, why);
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int change_problem(struct ald_mgmt_call *call, int result, const char *why)
{
    int r = result == ALD_MGMT_SCHEMA_UNKNOWN ? ald_mgmt_problem(call, 404, "No message of this name has a schema")
                                              : ald_mgmt_problem(call, 409, why);

    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_schema_put(struct ald_mgmt_call *call)
{
    ALD_AUTO(ald_blueprint_unref) struct ald_blueprint *blueprint = NULL;
    const struct ald_mgmt_schemas *schemas = &call->mgmt->schemas;
    char why[ALD_MGMT_SCHEMAS_WHY_MAX];
    bool known = blueprint_find(call) != NULL;
    int r;

    if (schemas->put == NULL) {
        return ald_mgmt_problem(call, 409, "This hub takes no schemas");
    }
    r = blueprint_read(call, &blueprint);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    r = schemas->put(schemas->owner, blueprint, why);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : change_problem(call, r, why);
    }
    call->page->status = known ? 200 : 201;
    blueprint_write(call, blueprint);
    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_schema_delete(struct ald_mgmt_call *call)
{
    const struct ald_mgmt_schemas *schemas = &call->mgmt->schemas;
    const struct ald_blueprint *blueprint = blueprint_find(call);
    char why[ALD_MGMT_SCHEMAS_WHY_MAX];
    int r;

    if (blueprint == NULL || schemas->remove == NULL) {
        return change_problem(call, ALD_MGMT_SCHEMA_UNKNOWN, NULL);
    }
    blueprint_write(call, blueprint); /* while it is there */
    r = ald_mgmt_done(call);
    if (r < 0 || call->page->status != 200) {
        return r < 0 ? ald_trace(r) : 0;
    }
    r = schemas->remove(schemas->owner, call->segments[3], why);
    if (r > 0) {
        r = change_problem(call, r, why);
    }
    return r < 0 ? ald_trace(r) : 0;
}
