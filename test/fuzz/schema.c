/*
 * A schema and a text, one after the other with a NUL byte between them: any bytes.
 *
 * Laws:
 * - No pair crashes, or takes longer than its steps allow; a verdict is one of four, and says what it is when it is no yes.
 * - The same pair again gives the same verdict and the same words, with a fresh checker and with one that was used.
 * - `{"allOf":[S]}`, `{"not":{"not":S}}`, `{"anyOf":[S,false]}` and `{"if":true,"then":S}` say of every text what S says, and
 *   `{"not":S}` the opposite, unless the work ran out. (Wrapped, a schema must not refer to itself by a pointer, so those with a
 *   `$ref` are left out.)
 * - An array of the text keeps to `{"items":S}` if the text keeps to S.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "msg/json.h"
#include "msg/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 20 };

/* A broken law stops the fuzzer, in every build. */
#define law(fact) ((fact) ? (void)0 : law_broken(#fact, __LINE__))

static _Noreturn void law_broken(const char *fact, int line)
{
    fprintf(stderr, "schema.c:%d: law broken: %s\n", line, fact);
    abort();
}

static struct ald_schema_checker *used; /* by all inputs, one after the other */

static void check_fault(const struct ald_schema_fault *fault)
{
    char text[ALD_SCHEMA_TEXT_MAX];

    law(fault->what[0] != '\0');
    law(strlen(ald_schema_fault_text(fault, text)) < ALD_SCHEMA_TEXT_MAX);
    for (const char *at = text; *at != '\0'; at++) {
        law((unsigned char)*at >= ' ');
    }
    law(ald_utf8_valid(ald_str(text)));
}

static int verdict(const struct ald_schema *schema, struct ald_str json)
{
    ALD_AUTO(ald_schema_checker_free) struct ald_schema_checker *fresh = NULL;
    struct ald_schema_fault fault, again;
    int r;

    law(ald_schema_checker_new(&fresh) == 0);
    r = ald_schema_check(schema, used, json, &fault);
    law(r >= 0 && r <= ALD_SCHEMA_TOO_MUCH);
    law(ald_schema_check(schema, fresh, json, &again) == r);
    if (r != 0) {
        check_fault(&fault);
        law(strcmp(fault.what, again.what) == 0 && strcmp(fault.path, again.path) == 0);
        law(strcmp(fault.rule, again.rule) == 0);
    }
    return r;
}

/* What a schema made of `before`, the one at hand and `after` says. */
static int wrapped(const char *before, struct ald_str text, const char *after, struct ald_str json)
{
    ALD_AUTO(ald_schema_free) struct ald_schema *schema = NULL;
    struct ald_schema_fault fault;
    struct ald_buf whole;
    int r;

    ald_buf_init(&whole, TEXT_MAX);
    law(ald_buf_push(&whole, ald_str(before)) == 0 && ald_buf_push(&whole, text) == 0);
    law(ald_buf_push(&whole, ald_str(after)) == 0);
    r = ald_schema_new(ald_buf_str(&whole), &schema, &fault);
    ald_buf_fini(&whole);
    law(r >= 0);
    if (r != 0) { /* one level too deep */
        check_fault(&fault);
        return ALD_SCHEMA_TOO_MUCH;
    }
    return verdict(schema, json);
}

static void check_same(int r, int other)
{
    law(r == other || r == ALD_SCHEMA_TOO_MUCH || other == ALD_SCHEMA_TOO_MUCH);
}

static void check_wrapped(struct ald_str text, struct ald_str json, int r)
{
    int opposite = r == 0 ? ALD_SCHEMA_BROKEN : r == ALD_SCHEMA_BROKEN ? 0 : r;

    check_same(r, wrapped("{\"allOf\":[", text, "]}", json));
    check_same(r, wrapped("{\"not\":{\"not\":", text, "}}", json));
    check_same(r, wrapped("{\"anyOf\":[", text, ",false]}", json));
    check_same(r, wrapped("{\"if\":true,\"then\":", text, "}", json));
    check_same(opposite, wrapped("{\"not\":", text, "}", json));
}

static void check_items(struct ald_str text, struct ald_str json, int r)
{
    struct ald_buf list;
    int other;

    ald_buf_init(&list, TEXT_MAX);
    law(ald_buf_push(&list, ALD_STR("[")) == 0 && ald_buf_push(&list, json) == 0);
    law(ald_buf_push(&list, ALD_STR("]")) == 0);
    other = wrapped("{\"items\":", text, "}", ald_buf_str(&list));
    ald_buf_fini(&list);
    law(r == other || r == ALD_SCHEMA_TOO_MUCH || other == ALD_SCHEMA_TOO_MUCH || other == ALD_SCHEMA_MALFORMED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ALD_AUTO(ald_schema_free) struct ald_schema *schema = NULL;
    struct ald_str whole = ald_str_of(data != NULL ? (const char *)data : "", size), text, json;
    struct ald_schema_fault fault;
    size_t at = ald_str_find(whole, ald_str_of("", 1));
    int r;

    if (size >= TEXT_MAX / 2) {
        return 0;
    }
    if (used == NULL) {
        law(ald_schema_checker_new(&used) == 0);
    }
    text = ald_str_of(whole.data, at);
    json = at < size ? ald_str_from(whole, at + 1) : ALD_STR("null");
    r = ald_schema_new(text, &schema, &fault);
    law(r == 0 || r == ALD_SCHEMA_WRONG);
    if (r != 0) {
        check_fault(&fault);
        return 0;
    }
    r = verdict(schema, json);
    if (r != ALD_SCHEMA_MALFORMED && ald_str_find(text, ALD_STR("$ref")) == text.size &&
        ald_str_find(text, ALD_STR("\\u")) == text.size) {
        check_wrapped(text, json, r);
        check_items(text, json, r);
    }
    return 0;
}
