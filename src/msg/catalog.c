#include "msg/catalog.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/printable.h"
#include "msg/json.h"
#include "msg/signal.h"

_Static_assert(ALD_PLACE_HOST == 1 << ALD_PARTY_HOST && ALD_PLACE_INSTANCE == 1 << ALD_PARTY_INSTANCE &&
                   ALD_PLACE_CONTROL == 1 << ALD_PARTY_CONTROL,
               "a kind of party is a place");

/* Values and names in a document: those of two schemas and a little more. */
enum { DOCUMENT_NODES_MAX = 2 * ALD_SCHEMA_NODES_MAX + 64 };

struct ald_catalog {
    uint32_t refs;
    uint32_t n;
    struct ald_blueprint *messages[]; /* by name */
};

static const char *const places[] = {"host", "instance", "control", "controller"};

const char *ald_place_name(unsigned place)
{
    for (unsigned i = 0; i < ALD_COUNT(places); i++) {
        if (place == 1U << i) {
            return places[i];
        }
    }
    return "party";
}

/* --- one document --- */

static int document_wrong(char why[ALD_CATALOG_WHY_MAX], const char *what, const char *where)
{
    (void)snprintf(why, ALD_CATALOG_WHY_MAX, "%s at %s", what, where);
    return ALD_CATALOG_WRONG;
}

static uint8_t place_bit(const struct ald_json_node *node)
{
    for (unsigned i = 0; ald_json_type(node) == ALD_JSON_STRING && i < ALD_COUNT(places); i++) {
        if (ald_json_string_is(ald_json_value(node), ald_str(places[i]))) {
            return (uint8_t)(1U << i);
        }
    }
    return 0;
}

/* One kind of party, or several; absent: any. 0: it is neither. */
static uint8_t document_places(const struct ald_json_node *node)
{
    uint8_t found = 0;

    if (node == NULL) {
        return ALD_PLACE_ANY;
    }
    if (ald_json_type(node) != ALD_JSON_ARRAY) {
        return place_bit(node);
    }
    ald_json_each(it, node)
    {
        uint8_t bit = place_bit(it);

        if (bit == 0) {
            return 0;
        }
        found |= bit;
    }
    return found;
}

/* A name in the document becomes one of the blueprint. Outcome: ALD_CATALOG_WRONG without a word. Errors: ALDIS_E_NOMEM. */
static int document_name(const struct ald_json_node *node, struct ald_str *ret_name)
{
    struct ald_buf text;
    char *copy = NULL;
    size_t size;
    int r;

    if (ald_json_type(node) != ALD_JSON_STRING) {
        return ALD_CATALOG_WRONG;
    }
    ald_buf_init(&text, ALD_CATALOG_NAME_MAX);
    r = ald_json_decode(ald_json_value(node), &text);
    size = ald_buf_size(&text);
    if (r == 0 && size > 0) {
        copy = malloc(size);
        r = copy != NULL ? 0 : ALDIS_E_NOMEM;
    }
    if (copy != NULL) {
        memcpy(copy, ald_buf_str(&text).data, size);
        *ret_name = ald_str_of(copy, size);
    }
    ald_buf_fini(&text);
    if (r < 0) {
        return ald_trace(r);
    }
    return r > 0 || size == 0 ? ALD_CATALOG_WRONG : 0;
}

static int document_schema(const struct ald_json_node *root, const char *member, struct ald_schema **ret_schema,
                           char why[ALD_CATALOG_WHY_MAX])
{
    const struct ald_json_node *node = ald_json_find(root, ald_str(member));
    struct ald_schema_fault fault;
    int r;

    if (node == NULL) {
        return 0;
    }
    r = ald_schema_new(ald_json_value(node).raw, ret_schema, &fault);
    if (r > 0) {
        (void)snprintf(why, ALD_CATALOG_WHY_MAX, "%s at /%s%s", fault.what, member, fault.path);
        return ALD_CATALOG_WRONG;
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* A member that nobody reads is a mistake somebody would look for in vain. */
static int document_check_members(const struct ald_json_node *root, char why[ALD_CATALOG_WHY_MAX])
{
    static const char *const known[] = {"name",   "kind",     "src",      "dst",   "permission",
                                        "schema", "response", "$comment", "title", "description"};
    char name[64];

    ald_json_each_member(it, root)
    {
        bool found = false;

        for (size_t i = 0; i < ALD_COUNT(known); i++) {
            found = found || ald_json_string_is(ald_json_value(it), ald_str(known[i]));
        }
        if (!found) {
            (void)ald_printable(ald_json_inner(ald_json_value(it)), name, sizeof(name));
            (void)snprintf(why, ALD_CATALOG_WHY_MAX, "no such member at /%s", name);
            return ALD_CATALOG_WRONG;
        }
    }
    return 0;
}

static int document_kind(struct ald_blueprint *blueprint, const struct ald_json_node *root,
                         char why[ALD_CATALOG_WHY_MAX])
{
    const struct ald_json_node *kind = ald_json_find(root, ALD_STR("kind"));
    bool string = ald_json_type(kind) == ALD_JSON_STRING;

    blueprint->is_event = string && ald_json_string_is(ald_json_value(kind), ALD_STR("event"));
    if (!blueprint->is_event && !(string && ald_json_string_is(ald_json_value(kind), ALD_STR("request")))) {
        return document_wrong(why, "must be \"request\" or \"event\"", "/kind");
    }
    if (blueprint->is_event && ald_json_find(root, ALD_STR("response")) != NULL) {
        return document_wrong(why, "an event has no answer", "/response");
    }
    return 0;
}

static int document_members(struct ald_blueprint *blueprint, const struct ald_json_node *root,
                            char why[ALD_CATALOG_WHY_MAX])
{
    const struct ald_json_node *permission = ald_json_find(root, ALD_STR("permission"));
    int r;

    blueprint->src = document_places(ald_json_find(root, ALD_STR("src")));
    blueprint->dst = document_places(ald_json_find(root, ALD_STR("dst")));
    if (blueprint->src == 0 || blueprint->dst == 0) {
        return document_wrong(why, "must be one of controller, host, instance, control, or several in an array",
                              blueprint->src == 0 ? "/src" : "/dst");
    }
    r = document_name(ald_json_find(root, ALD_STR("name")), &blueprint->name);
    if (r != 0) {
        return r < 0 ? r : document_wrong(why, "must be a string of 1 to 255 bytes", "/name");
    }
    if (ald_json_type(permission) != ALD_JSON_NONE && ald_json_type(permission) != ALD_JSON_NULL) {
        r = document_name(permission, &blueprint->permission);
        if (r != 0) {
            return r < 0 ? r : document_wrong(why, "must be null or a string of 1 to 255 bytes", "/permission");
        }
    }
    return document_kind(blueprint, root, why);
}

static int document_read(struct ald_blueprint *blueprint, const struct ald_json_node *root,
                         char why[ALD_CATALOG_WHY_MAX])
{
    int r;

    if (ald_json_type(root) != ALD_JSON_OBJECT) {
        (void)snprintf(why, ALD_CATALOG_WHY_MAX, "must be an object");
        return ALD_CATALOG_WRONG;
    }
    r = document_check_members(root, why);
    if (r == 0) {
        r = document_members(blueprint, root, why);
    }
    if (r == 0) {
        r = document_schema(root, "schema", &blueprint->schema, why);
    }
    if (r == 0) {
        r = document_schema(root, "response", &blueprint->response, why);
    }
    return r;
}

static int blueprint_parse(struct ald_blueprint *blueprint, char why[ALD_CATALOG_WHY_MAX])
{
    struct ald_json json;
    struct ald_json_end end;
    int r;

    ald_json_init(&json, DOCUMENT_NODES_MAX);
    r = ald_json_parse(&json, blueprint->document, ALD_JSON_STRICT, &end);
    if (r == 0) {
        r = document_read(blueprint, ald_json_root(&json), why);
    } else if (r > 0) {
        (void)snprintf(why, ALD_CATALOG_WHY_MAX, "not JSON: %s (at byte %zu)", ald_json_reason_text(end.reason),
                       end.offset);
        r = ALD_CATALOG_WRONG;
    }
    ald_json_fini(&json);
    return r;
}

int ald_blueprint_new(struct ald_str document, struct ald_blueprint **ret_blueprint, char why[ALD_CATALOG_WHY_MAX])
{
    ALD_AUTO(ald_blueprint_unref) struct ald_blueprint *blueprint = NULL;
    char *copy;
    int r;

    ald_assert(ret_blueprint != NULL && why != NULL);

    if (document.size > ALD_CATALOG_DOCUMENT_MAX) {
        (void)snprintf(why, ALD_CATALOG_WHY_MAX, "a document has at most %d bytes", ALD_CATALOG_DOCUMENT_MAX);
        return ALD_CATALOG_WRONG;
    }
    blueprint = calloc(1, sizeof(*blueprint));
    if (blueprint == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    blueprint->refs = 1;
    copy = malloc(document.size + 1);
    if (copy == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    if (document.size > 0) {
        memcpy(copy, document.data, document.size);
    }
    blueprint->document = ald_str_of(copy, document.size);
    r = blueprint_parse(blueprint, why);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_blueprint = ald_steal(&blueprint);
    return 0;
}

struct ald_blueprint *ald_blueprint_ref(struct ald_blueprint *blueprint)
{
    ald_assert(blueprint->refs > 0);
    blueprint->refs++;
    return blueprint;
}

static void str_free(struct ald_str str)
{
    free((void *)(uintptr_t)str.data); /* a copy of our own */
}

struct ald_blueprint *ald_blueprint_unref(struct ald_blueprint *blueprint)
{
    if (blueprint == NULL || --blueprint->refs > 0) {
        return NULL;
    }
    (void)ald_schema_free(blueprint->schema);
    (void)ald_schema_free(blueprint->response);
    str_free(blueprint->name);
    str_free(blueprint->permission);
    str_free(blueprint->document);
    free(blueprint);
    return NULL;
}

/* --- the catalog --- */

static int catalog_alloc(uint32_t n, struct ald_catalog **ret_catalog)
{
    struct ald_catalog *catalog = malloc(sizeof(*catalog) + n * sizeof(catalog->messages[0]));

    if (catalog == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *catalog = (struct ald_catalog){.refs = 1};
    *ret_catalog = catalog;
    return 0;
}

int ald_catalog_new(struct ald_catalog **ret_catalog)
{
    return catalog_alloc(0, ret_catalog);
}

struct ald_catalog *ald_catalog_ref(struct ald_catalog *catalog)
{
    ald_assert(catalog->refs > 0);
    catalog->refs++;
    return catalog;
}

struct ald_catalog *ald_catalog_unref(struct ald_catalog *catalog)
{
    if (catalog == NULL || --catalog->refs > 0) {
        return NULL;
    }
    for (uint32_t i = 0; i < catalog->n; i++) {
        (void)ald_blueprint_unref(catalog->messages[i]);
    }
    free(catalog);
    return NULL;
}

/* Where `name` is, or would be. */
static uint32_t catalog_place(const struct ald_catalog *catalog, struct ald_str name, bool *ret_found)
{
    uint32_t low = 0, high = catalog->n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = ald_str_compare(name, catalog->messages[middle]->name);

        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    *ret_found = false;
    return low;
}

static void catalog_append(struct ald_catalog *catalog, const struct ald_catalog *from, uint32_t begin, uint32_t end)
{
    for (uint32_t i = begin; i < end; i++) {
        catalog->messages[catalog->n++] = ald_blueprint_ref(from->messages[i]);
    }
}

int ald_catalog_with(const struct ald_catalog *catalog, struct ald_blueprint *blueprint,
                     struct ald_catalog **ret_catalog)
{
    struct ald_catalog *made;
    bool found;
    uint32_t place = catalog_place(catalog, blueprint->name, &found);
    int r;

    if (!found && catalog->n == ALD_CATALOG_MESSAGES_MAX) {
        return ALD_CATALOG_FULL;
    }
    r = catalog_alloc(catalog->n + 1, &made);
    if (r < 0) {
        return ald_trace(r);
    }
    catalog_append(made, catalog, 0, place);
    made->messages[made->n++] = ald_blueprint_ref(blueprint);
    catalog_append(made, catalog, place + (found ? 1 : 0), catalog->n);
    *ret_catalog = made;
    return 0;
}

int ald_catalog_without(const struct ald_catalog *catalog, struct ald_str name, struct ald_catalog **ret_catalog)
{
    struct ald_catalog *made;
    bool found;
    uint32_t place = catalog_place(catalog, name, &found);
    int r;

    if (!found) {
        return ALD_CATALOG_UNKNOWN;
    }
    r = catalog_alloc(catalog->n, &made);
    if (r < 0) {
        return ald_trace(r);
    }
    catalog_append(made, catalog, 0, place);
    catalog_append(made, catalog, place + 1, catalog->n);
    *ret_catalog = made;
    return 0;
}

const struct ald_blueprint *ald_catalog_find(const struct ald_catalog *catalog, struct ald_str name)
{
    bool found;
    uint32_t place = catalog_place(catalog, name, &found);

    return found ? catalog->messages[place] : NULL;
}

const struct ald_blueprint *ald_catalog_at(const struct ald_catalog *catalog, size_t index)
{
    return index < catalog->n ? catalog->messages[index] : NULL;
}
