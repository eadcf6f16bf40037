#include "msg/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/printable.h"
#include "msg/schema_impl.h"

enum { ROW_FIRST = 16 };

void *row_grow(void *row, size_t *room, size_t n, size_t size)
{
    size_t wanted = *room == 0 ? ROW_FIRST : *room * 2;
    void *grown;

    if (n < *room) {
        return row;
    }
    grown = realloc(row, wanted * size);
    if (grown != NULL) {
        *room = wanted;
    }
    return grown;
}

/* --- faults --- */

void fault_pointer(const struct doc *doc, uint32_t node, const char *before, char *to, size_t room)
{
    struct ald_buf pointer;
    char text[ALD_SCHEMA_PATH_MAX * 2];
    int r;

    ald_buf_init(&pointer, sizeof(text));
    r = ald_buf_push(&pointer, ald_str(before));
    if (r == 0) {
        r = doc_pointer(doc, node, &pointer);
    }
    if (r < 0) {
        (void)ald_printable(ALD_STR("?"), to, room); /* there is no memory to say it in; the rest of the fault stands */
    } else {
        (void)ald_printable(ald_buf_str(&pointer), to, room);
    }
    ald_buf_fini(&pointer);
}

const char *ald_schema_fault_text(const struct ald_schema_fault *fault, char text[ALD_SCHEMA_TEXT_MAX])
{
    _Static_assert(ALD_SCHEMA_PATH_MAX + ALD_SCHEMA_RULE_MAX + ALD_SCHEMA_WHAT_MAX + 16 < ALD_SCHEMA_TEXT_MAX,
                   "the three fit, with what joins them");
    const char *at = fault->path[0] != '\0' ? " at " : "";

    if (fault->rule[0] != '\0') {
        (void)snprintf(text, ALD_SCHEMA_TEXT_MAX, "%s%s%s (rule %s)", fault->what, at, fault->path, fault->rule);
    } else {
        (void)snprintf(text, ALD_SCHEMA_TEXT_MAX, "%s%s%s", fault->what, at, fault->path);
    }
    return text;
}

int compile_fail(struct compiler *compiler, uint8_t unit, uint32_t node, const char *format, ...)
{
    char what[ALD_SCHEMA_WHAT_MAX * 2];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    (void)ald_printable(ald_str(what), compiler->fault->what, sizeof(compiler->fault->what));
    fault_pointer(&compiler->schema->units[unit].doc, node, "", compiler->fault->path, sizeof(compiler->fault->path));
    return ALD_SCHEMA_WRONG;
}

/* --- making --- */

static void compiler_fini(struct compiler *compiler)
{
    for (uint32_t i = 0; i < compiler->n_ids; i++) {
        free((void *)(uintptr_t)compiler->ids[i].uri.data); /* its own copy, see id_add() */
    }
    free(compiler->ids);
    free(compiler->wants);
}

/* What says that it is of another draft means other things by the same words. */
static int draft_check(struct compiler *compiler)
{
    static const struct ald_str begin[] = {ALD_STR("http://json-schema.org/"), ALD_STR("https://json-schema.org/")};
    const struct doc *doc = &compiler->schema->units[UNIT_OWN].doc;
    uint32_t node = doc_find(doc, 0, ALD_STR("$schema"));

    if (node == DOC_NONE || doc_type(doc, node) != ALD_JSON_STRING) {
        return 0;
    }
    for (size_t i = 0; i < ALD_COUNT(begin); i++) {
        struct ald_str draft = doc_text(doc, node);

        if (ald_str_starts(draft, begin[i]) &&
            !ald_str_starts(ald_str_from(draft, begin[i].size), ALD_STR("draft-07/"))) {
            return compile_fail(compiler, UNIT_OWN, node, "only draft-07 is known here");
        }
    }
    return 0;
}

static int schema_compile(struct compiler *compiler, struct ald_str text)
{
    int r = compile_unit(compiler, UNIT_OWN, text, ALD_STR(""));

    if (r == 0) {
        r = draft_check(compiler);
    }
    return r != 0 ? r : compile_references(compiler);
}

int ald_schema_new(struct ald_str text, struct ald_schema **ret_schema, struct ald_schema_fault *ret_fault)
{
    ALD_AUTO(ald_schema_free) struct ald_schema *schema = NULL;
    struct compiler compiler = {.steps = ALD_SCHEMA_WORK_MAX, .fault = ret_fault};
    int r;

    ald_assert(ret_schema != NULL && ret_fault != NULL);

    *ret_fault = (struct ald_schema_fault){.path = ""};
    if (text.size > ALD_SCHEMA_BYTES_MAX) {
        (void)snprintf(ret_fault->what, sizeof(ret_fault->what), "a schema has at most %d bytes", ALD_SCHEMA_BYTES_MAX);
        return ALD_SCHEMA_WRONG;
    }
    schema = calloc(1, sizeof(*schema));
    if (schema == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (size_t i = 0; i < N_UNITS; i++) {
        doc_init(&schema->units[i].doc, ALD_SCHEMA_NODES_MAX);
    }
    compiler.schema = schema;
    r = schema_compile(&compiler, text);
    compiler_fini(&compiler);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_schema = ald_steal(&schema);
    return 0;
}

struct ald_schema *ald_schema_free(struct ald_schema *schema)
{
    if (schema == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < N_UNITS; i++) {
        doc_fini(&schema->units[i].doc);
        free(schema->units[i].text);
        free(schema->units[i].places);
    }
    for (uint32_t i = 0; i < schema->n_patterns; i++) {
        (void)pattern_free(schema->patterns[i]);
    }
    free(schema->patterns);
    free(schema->places);
    free(schema->rules);
    free(schema);
    return NULL;
}

struct ald_str ald_schema_text(const struct ald_schema *schema)
{
    return ald_str_of(schema->units[UNIT_OWN].text, schema->units[UNIT_OWN].size);
}
