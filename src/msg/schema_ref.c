/*
 * What references mean (draft-07 section 8). Schemas are named by the address of what they stand in and a fragment: a JSON
 * Pointer, or a name that an `$id` has given. All names are known once everything that is certainly a schema was compiled;
 * what a pointer then leads to is a schema too, wherever it stands, and may bring more references with it.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "msg/schema_impl.h"
#include "msg/schema_uri.h"

enum { REFERENCES_MAX = 64 }; /* one that leads to the next, and so on, before a rule comes */

/* Give what `reference`, without its fragment, means under `base`. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
static int address_make(const struct compiler *compiler, uint32_t base, struct ald_str reference, struct ald_buf *out)
{
    ald_buf_init(out, ALD_SCHEMA_URI_MAX);
    return uri_resolve(compiler->ids[base].uri, reference, out);
}

/* The name of an address or of what stands in it; `uri` is copied, so that it ends when the ids do. */
static int id_add(struct compiler *compiler, struct ald_str uri, const struct schema_id *like, uint32_t *ret_id)
{
    struct schema_id *ids = row_grow(compiler->ids, &compiler->ids_room, compiler->n_ids, sizeof(*ids));
    char *copy;

    if (ids == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    compiler->ids = ids;
    if (compiler->n_ids >= ALD_SCHEMA_IDS_MAX) {
        return compile_fail(compiler, like->unit, like->node, "at most %d schemas may have an $id", ALD_SCHEMA_IDS_MAX);
    }
    copy = malloc(uri.size + 1);
    if (copy == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    memcpy(copy, uri.data, uri.size);
    ids[compiler->n_ids] = *like;
    ids[compiler->n_ids].uri = ald_str_of(copy, uri.size);
    *ret_id = compiler->n_ids++;
    return 0;
}

/* An `$id` of an address, of a name within the one that holds, or of both. */
static int id_read(struct compiler *compiler, uint8_t unit, uint32_t node, struct ald_str text, uint32_t *base)
{
    struct schema_id id = {.unit = unit, .node = node};
    struct ald_str fragment, address = uri_split(text, &fragment);
    struct ald_buf uri;
    uint32_t named;
    int r = 0;

    if (address.size > 0) {
        r = address_make(compiler, *base, address, &uri);
        if (r == 0) {
            r = id_add(compiler, ald_buf_str(&uri), &id, base);
        } else if (r > 0) {
            r = compile_fail(compiler, unit, node, "its $id is too long");
        }
        ald_buf_fini(&uri);
    }
    if (r == 0 && fragment.size > 0) {
        id.fragment = fragment;
        id.base = *base;
        r = id_add(compiler, ALD_STR(""), &id, &named);
    }
    return r;
}

int compile_id(struct compiler *compiler, uint8_t unit, uint32_t node, uint32_t *base)
{
    const struct doc *doc = &compiler->schema->units[unit].doc;
    uint32_t value = doc_find(doc, node, ALD_STR("$id"));

    if (value == DOC_NONE) {
        return 0;
    }
    if (doc_type(doc, value) != ALD_JSON_STRING) {
        return compile_fail(compiler, unit, value, "must be a string");
    }
    return id_read(compiler, unit, node, doc_text(doc, value), base);
}

int compile_unit(struct compiler *compiler, uint8_t unit, struct ald_str text, struct ald_str uri)
{
    struct schema_unit *made = &compiler->schema->units[unit];
    struct schema_id id = {.unit = unit};
    struct ald_json_end end;
    uint32_t base;
    int r;

    made->text = malloc(text.size + 1);
    if (made->text == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    memcpy(made->text, text.data, text.size);
    made->size = text.size;
    r = doc_read(&made->doc, ald_str_of(made->text, made->size), false, &compiler->steps, &end);
    if (r == DOC_TOO_MUCH) {
        (void)snprintf(compiler->fault->what, sizeof(compiler->fault->what), "it takes too much work to read");
        return ALD_SCHEMA_WRONG;
    }
    if (r > 0) {
        (void)snprintf(compiler->fault->what, sizeof(compiler->fault->what), "not JSON: %s (at byte %zu)",
                       ald_json_reason_text(end.reason), end.offset);
        return ALD_SCHEMA_WRONG;
    }
    if (r < 0) {
        return ald_trace(r);
    }
    made->places = malloc(made->doc.json.n_nodes * sizeof(*made->places));
    if (made->places == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    memset(made->places, 0xff, made->doc.json.n_nodes * sizeof(*made->places)); /* DOC_NONE */
    r = id_add(compiler, uri, &id, &base);
    return r != 0 ? r : compile_schema(compiler, unit, 0, base);
}

/* The id of a whole document or of a schema with an address, or NULL. */
static const struct schema_id *ids_find(const struct compiler *compiler, struct ald_str uri)
{
    for (uint32_t i = 0; i < compiler->n_ids; i++) {
        if (!ald_str_present(compiler->ids[i].fragment) && ald_str_equal(compiler->ids[i].uri, uri)) {
            return &compiler->ids[i];
        }
    }
    return NULL;
}

/* What `name` stands for within a resource, or NULL. */
static const struct schema_id *ids_find_named(const struct compiler *compiler, struct ald_str uri, struct ald_str name)
{
    for (uint32_t i = 0; i < compiler->n_ids; i++) {
        const struct schema_id *id = &compiler->ids[i];

        if (ald_str_present(id->fragment) && ald_str_equal(id->fragment, name) &&
            ald_str_equal(compiler->ids[id->base].uri, uri)) {
            return id;
        }
    }
    return NULL;
}

/* The node that a fragment leads to within a resource, or DOC_NONE; `*unit` is that of the resource, or of the name. */
static int fragment_follow(const struct compiler *compiler, const struct schema_id *id, struct ald_str fragment,
                           uint8_t *unit, uint32_t *ret_node, uint64_t *work)
{
    struct ald_buf pointer;
    const struct schema_id *named;
    int r = 0;

    *unit = id->unit;
    *ret_node = id->node;
    if (fragment.size == 0) {
        return 0;
    }
    ald_buf_init(&pointer, fragment.size);
    if (fragment.data[0] == '/') {
        r = uri_decode(fragment, &pointer);
        ald_assert(r <= 0);
        *ret_node = r < 0 ? DOC_NONE
                          : doc_follow(&compiler->schema->units[id->unit].doc, id->node, ald_buf_str(&pointer), work);
    } else {
        named = ids_find_named(compiler, id->uri, fragment);
        *ret_node = named != NULL ? named->node : DOC_NONE;
        *unit = named != NULL ? named->unit : *unit;
    }
    ald_buf_fini(&pointer);
    return r < 0 ? ald_trace(r) : 0;
}

/* The resource at an address; the meta-schema is made when it is first asked for. Outcome: ALD_SCHEMA_WRONG. */
static int resource_find(struct compiler *compiler, const struct schema_rule *rule, struct ald_str uri,
                         uint32_t *ret_id)
{
    const struct schema_id *id = ids_find(compiler, uri);
    int r;

    if (id == NULL && ald_str_equal(uri, ald_str(schema_meta_uri))) {
        r = compile_unit(compiler, UNIT_META, ald_str(schema_meta_text), uri);
        if (r != 0) {
            return r;
        }
        id = ids_find(compiler, uri);
    }
    if (id == NULL) {
        return compile_fail(
            compiler, rule->unit, rule->value,
            "refers to another document, which is not fetched; a schema can only refer to what it holds itself");
    }
    *ret_id = (uint32_t)(id - compiler->ids);
    return 0;
}

static int want_solve(struct compiler *compiler, struct schema_want want)
{
    struct schema_rule rule = compiler->schema->rules[want.rule];
    struct ald_str text = doc_text(&compiler->schema->units[rule.unit].doc, rule.value), fragment;
    struct ald_str reference = uri_split(text, &fragment);
    struct ald_buf uri;
    uint64_t work = compiler->n_ids; /* those that are looked through */
    uint32_t id = 0;
    int r;

    r = address_make(compiler, want.base, reference, &uri);
    if (r == 0) {
        r = resource_find(compiler, &rule, ald_buf_str(&uri), &id);
    } else if (r > 0) {
        r = compile_fail(compiler, rule.unit, rule.value, "is too long");
    }
    ald_buf_fini(&uri);
    if (r == 0) {
        r = fragment_follow(compiler, &compiler->ids[id], fragment, &rule.to_unit, &rule.more[0], &work);
    }
    if (r == 0 && work > compiler->steps) {
        r = compile_fail(compiler, rule.unit, rule.value, "finding what it refers to takes too much work");
    }
    compiler->steps -= ALD_MIN(work, compiler->steps);
    if (r == 0 && rule.more[0] == DOC_NONE) {
        r = compile_fail(compiler, rule.unit, rule.value, "refers to nothing");
    }
    if (r == 0) {
        r = compile_schema(compiler, rule.to_unit, rule.more[0], id);
    }
    compiler->schema->rules[want.rule] = rule;
    return r;
}

/* A row of references that never comes to a rule would ask for ever. */
static int want_check(struct compiler *compiler, struct schema_want want)
{
    const struct ald_schema *schema = compiler->schema;
    const struct schema_rule *first = &schema->rules[want.rule], *rule = first;

    for (int n = 0; n < REFERENCES_MAX; n++) {
        const struct schema_place *place = schema_place(schema, rule->to_unit, rule->more[0]);

        if (place->n_rules != 1 || schema->rules[place->rule].keyword != RULE_REF) {
            return 0;
        }
        rule = &schema->rules[place->rule];
    }
    return compile_fail(compiler, first->unit, first->value, "leads to nothing but references, or to itself");
}

int compile_references(struct compiler *compiler)
{
    int r = 0;

    while (r == 0 && compiler->n_solved < compiler->n_wants) {
        r = want_solve(compiler, compiler->wants[compiler->n_solved++]);
    }
    for (uint32_t i = 0; r == 0 && i < compiler->n_wants; i++) {
        r = want_check(compiler, compiler->wants[i]);
    }
    return r;
}
