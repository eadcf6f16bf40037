/*
 * A check walks the rules of a schema and the values of the text together, and stops at the first rule that fails for sure.
 * It calls itself for each schema within a schema, to a depth that is counted; every rule asked takes a step, and those that
 * look at more than one thing take more, so the whole ends in time.
 */

#include "msg/schema_check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/printable.h"

static int run_schema(struct run *run, uint8_t unit, uint32_t schema, uint32_t node);

static const char too_much[] = "checking it takes too much work";

/* --- the run --- */

int run_spend(struct run *run, uint64_t n)
{
    if (n > run->steps) {
        run->steps = 0;
        run->stopped = too_much;
        return STOPS;
    }
    run->steps -= n;
    return HOLDS;
}

static void run_place(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    /* What is said of members may lack the keyword that the rule has its name from. */
    uint32_t where = rule->value != DOC_NONE ? rule->value : rule->more[0] != DOC_NONE ? rule->more[0] : rule->more[1];

    fault_pointer(run->doc, node, "", run->fault->path, sizeof(run->fault->path));
    fault_pointer(&run->schema->units[rule->unit].doc, where, rule->unit == UNIT_META ? schema_meta_place : "#",
                  run->fault->rule, sizeof(run->fault->rule));
}

int run_fail(struct run *run, const struct schema_rule *rule, uint32_t node, const char *what, struct ald_str detail)
{
    char text[ALD_SCHEMA_WHAT_MAX];

    if (run->quiet > 0) {
        return FAILS;
    }
    (void)ald_printable(detail, text, sizeof(text) / 2);
    (void)snprintf(run->fault->what, sizeof(run->fault->what), "%s%s%s", what, ald_str_present(detail) ? " " : "",
                   ald_str_present(detail) ? text : "");
    run_place(run, rule, node);
    return FAILS;
}

/* Asks without a word about what fails. */
static int run_quietly(struct run *run, uint8_t unit, uint32_t schema, uint32_t node)
{
    int r;

    run->quiet++;
    r = run_schema(run, unit, schema, node);
    run->quiet--;
    return r;
}

/* --- rules that hold other schemas --- */

static const struct doc *rule_doc(const struct run *run, const struct schema_rule *rule)
{
    return &run->schema->units[rule->unit].doc;
}

static int ask_items(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    const struct doc *doc = rule_doc(run, rule);
    bool tuple = doc_type(doc, rule->value) == ALD_JSON_ARRAY;
    uint32_t schema = tuple ? rule->value + 1 : rule->value, n = tuple ? doc_count(doc, rule->value) : UINT32_MAX;

    doc_each(it, run->doc, node)
    {
        int r;

        if (n == 0) {
            schema = rule->more[0];
        }
        if (schema == DOC_NONE) {
            return HOLDS;
        }
        r = run_schema(run, rule->unit, schema, it);
        if (r != HOLDS) {
            return r;
        }
        if (tuple && n > 0) {
            n--;
            schema = doc_after(doc, schema);
        }
    }
    return HOLDS;
}

static int ask_contains(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    doc_each(it, run->doc, node)
    {
        int r = run_quietly(run, rule->unit, rule->value, it);

        if (r != FAILS) {
            return r;
        }
    }
    return run_fail(run, rule, node, "must contain an item of a certain form", ALD_STR_NONE);
}

/* `patternProperties` for one member; `*known` becomes true when one says something of it. */
static int ask_patterns(struct run *run, const struct schema_rule *rule, const struct doc_member *member, bool *known)
{
    const struct doc *doc = rule_doc(run, rule);

    for (uint32_t i = 0; rule->more[0] != DOC_NONE && i < doc_count(doc, rule->more[0]); i++) {
        uint32_t pattern = doc_members(doc, rule->more[0])[i].node;
        int r = run_spend(run, 1);

        if (r == HOLDS) {
            r = rule_match(run, rule->unit, pattern, member->name);
        }
        if (r == FAILS) {
            continue;
        }
        if (r == HOLDS) {
            *known = true;
            r = run_schema(run, rule->unit, pattern + 1, member->node + 1);
        }
        if (r != HOLDS) {
            return r;
        }
    }
    return HOLDS;
}

static int ask_member(struct run *run, const struct schema_rule *rule, const struct doc_member *member)
{
    const struct doc *doc = rule_doc(run, rule);
    uint32_t schema = rule->value != DOC_NONE ? doc_find(doc, rule->value, member->name) : DOC_NONE;
    bool known = schema != DOC_NONE;
    int r = run_spend(run, rule->value != DOC_NONE ? doc_find_work(doc, rule->value, member->name) : 1);

    if (r == HOLDS && known) {
        r = run_schema(run, rule->unit, schema, member->node + 1);
    }
    if (r == HOLDS) {
        r = ask_patterns(run, rule, member, &known);
    }
    if (r == HOLDS && !known && rule->more[1] != DOC_NONE) {
        r = run_schema(run, rule->unit, rule->more[1], member->node + 1);
    }
    return r;
}

static int ask_properties(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    for (uint32_t i = 0; i < doc_count(run->doc, node); i++) {
        int r = ask_member(run, rule, &doc_members(run->doc, node)[i]);

        if (r != HOLDS) {
            return r;
        }
    }
    return HOLDS;
}

static int ask_names(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    for (uint32_t i = 0; i < doc_count(run->doc, node); i++) {
        const struct doc_member *member = &doc_members(run->doc, node)[i];
        int r = run_quietly(run, rule->unit, rule->value, member->node);

        if (r == FAILS) {
            return run_fail(run, rule, node, "must not have a member of the name", member->name);
        }
        if (r != HOLDS) {
            return r;
        }
    }
    return HOLDS;
}

static int ask_dependency(struct run *run, const struct schema_rule *rule, const struct doc_member *member,
                          uint32_t node)
{
    const struct doc *doc = rule_doc(run, rule);
    int r = HOLDS;

    if (doc_type(doc, member->node + 1) != ALD_JSON_ARRAY) {
        return run_schema(run, rule->unit, member->node + 1, node);
    }
    doc_each(it, doc, member->node + 1)
    {
        r = run_spend(run, doc_find_work(run->doc, node, doc_text(doc, it)));
        if (r != HOLDS) {
            return r;
        }
        if (doc_find(run->doc, node, doc_text(doc, it)) == DOC_NONE) {
            return run_fail(run, rule, node, "must, for what else it has, have the member", doc_text(doc, it));
        }
    }
    return r;
}

static int ask_dependencies(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    const struct doc *doc = rule_doc(run, rule);

    for (uint32_t i = 0; i < doc_count(doc, rule->value); i++) {
        const struct doc_member *member = &doc_members(doc, rule->value)[i];
        int r = run_spend(run, doc_find_work(run->doc, node, member->name));

        if (r == HOLDS && doc_find(run->doc, node, member->name) != DOC_NONE) {
            r = ask_dependency(run, rule, member, node);
        }
        if (r != HOLDS) {
            return r;
        }
    }
    return HOLDS;
}

static int ask_all(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    doc_each(it, rule_doc(run, rule), rule->value)
    {
        int r = run_schema(run, rule->unit, it, node);

        if (r != HOLDS) {
            return r;
        }
    }
    return HOLDS;
}

/* `anyOf` and `oneOf`: how many hold, as far as it matters. */
static int ask_some(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    unsigned n = 0;

    doc_each(it, rule_doc(run, rule), rule->value)
    {
        int r = run_quietly(run, rule->unit, it, node);

        if (r != HOLDS && r != FAILS) {
            return r;
        }
        n += r == HOLDS ? 1 : 0;
        if (n == 1 && rule->keyword == RULE_ANY_OF) {
            return HOLDS;
        }
        if (n == 2) {
            return run_fail(run, rule, node, "must fit only one of several forms, and fits two", ALD_STR_NONE);
        }
    }
    return n == 1 ? HOLDS : run_fail(run, rule, node, "must fit one of several forms, and fits none", ALD_STR_NONE);
}

static int ask_not(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    int r = run_quietly(run, rule->unit, rule->value, node);

    if (r == HOLDS) {
        return run_fail(run, rule, node, "must not be of a form that it has", ALD_STR_NONE);
    }
    return r == FAILS ? HOLDS : r;
}

static int ask_if(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    int r = run_quietly(run, rule->unit, rule->value, node);
    uint32_t next;

    if (r != HOLDS && r != FAILS) {
        return r;
    }
    next = rule->more[r == HOLDS ? 0 : 1];
    return next != DOC_NONE ? run_schema(run, rule->unit, next, node) : HOLDS;
}

/* Those that only look at the value are another table's, in schema_rules.c. */
static int (*const asks[N_RULES])(struct run *run, const struct schema_rule *rule, uint32_t node) = {
    [RULE_ITEMS] = ask_items,
    [RULE_CONTAINS] = ask_contains,
    [RULE_PROPERTIES] = ask_properties,
    [RULE_PROPERTY_NAMES] = ask_names,
    [RULE_DEPENDENCIES] = ask_dependencies,
    [RULE_ALL_OF] = ask_all,
    [RULE_ANY_OF] = ask_some,
    [RULE_ONE_OF] = ask_some,
    [RULE_NOT] = ask_not,
    [RULE_IF] = ask_if,
};

static const uint8_t applies[N_RULES] = {
#define SCHEMA_X(name, word, types) [RULE_##name] = (types),
    SCHEMA_KEYWORDS(SCHEMA_X)
#undef SCHEMA_X
};

/* --- the walk --- */

static int run_rule(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    int r = run_spend(run, 1);

    if (r != HOLDS) {
        /* said below */
    } else if (rule->keyword == RULE_REF) {
        r = run_schema(run, rule->to_unit, rule->more[0], node);
    } else if (asks[rule->keyword] != NULL) {
        r = asks[rule->keyword](run, rule, node);
    } else {
        r = rule_ask(run, rule, node);
    }
    if (r == STOPS && run->fault->rule[0] == '\0') {
        /* The innermost one says where it was; whether what is inside matters or not, nothing is known of it. */
        run_place(run, rule, node);
    }
    return r;
}

/* Does the value at `node` keep to the schema at `schema`? */
static int run_schema(struct run *run, uint8_t unit, uint32_t schema, uint32_t node)
{
    const struct schema_place *place = schema_place(run->schema, unit, schema);
    unsigned type = TYPE_BIT(doc_type(run->doc, node));
    int r = HOLDS;

    if (run->depth == ALD_SCHEMA_DEPTH_MAX) {
        run->stopped = "too many schemas within schemas";
        return STOPS;
    }
    run->depth++;
    for (uint32_t i = 0; r == HOLDS && i < place->n_rules; i++) {
        const struct schema_rule *rule = &run->schema->rules[place->rule + i];

        if ((applies[rule->keyword] & type) != 0) {
            r = run_rule(run, rule, node);
        }
    }
    run->depth--;
    return r;
}

/* --- the checker --- */

int ald_schema_checker_new(struct ald_schema_checker **ret_checker)
{
    ALD_AUTO(ald_schema_checker_free) struct ald_schema_checker *checker = calloc(1, sizeof(*checker));
    int r;

    if (checker == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    doc_init(&checker->doc, ALD_SCHEMA_VALUES_MAX);
    r = pattern_desk_new(&checker->desk);
    if (r < 0) {
        return ald_trace(r);
    }
    *ret_checker = ald_steal(&checker);
    return 0;
}

struct ald_schema_checker *ald_schema_checker_free(struct ald_schema_checker *checker)
{
    if (checker != NULL) {
        doc_fini(&checker->doc);
        (void)pattern_desk_free(checker->desk);
        free(checker->order);
        free(checker);
    }
    return NULL;
}

/* What one large text wanted is not kept for the small ones after it. */
static void checker_shrink(struct ald_schema_checker *checker)
{
    if (checker->doc.json.room > KEPT_NODES || ald_buf_size(&checker->doc.strings) > KEPT_NODES) {
        doc_fini(&checker->doc);
        doc_init(&checker->doc, ALD_SCHEMA_VALUES_MAX);
    }
    if (checker->order_room > KEPT_NODES) {
        free(checker->order);
        checker->order = NULL;
        checker->order_room = 0;
    }
}

/* Outcomes: ALD_SCHEMA_MALFORMED, ALD_SCHEMA_TOO_MUCH. Errors: ALDIS_E_NOMEM. */
static int checker_read(struct ald_schema_checker *checker, struct ald_str json, uint64_t *steps,
                        struct ald_schema_fault *fault)
{
    struct ald_json_end end;
    int r = doc_read(&checker->doc, json, true, steps, &end);

    if (r <= 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    if (r == DOC_TOO_MUCH) {
        (void)snprintf(fault->what, sizeof(fault->what), "%s", too_much);
        return ALD_SCHEMA_TOO_MUCH;
    }
    (void)snprintf(fault->what, sizeof(fault->what), "is not JSON that can be checked: %s (at byte %zu)",
                   ald_json_reason_text(end.reason), end.offset);
    return ALD_SCHEMA_MALFORMED;
}

int ald_schema_check(const struct ald_schema *schema, struct ald_schema_checker *checker, struct ald_str json,
                     struct ald_schema_fault *ret_fault)
{
    uint64_t steps = ALD_SCHEMA_STEPS_LEAST + (uint64_t)json.size * ALD_SCHEMA_STEPS_BYTE;
    struct run run = {.schema = schema,
                      .checker = checker,
                      .doc = &checker->doc,
                      .steps = ALD_MIN(steps, ALD_SCHEMA_STEPS_MAX),
                      .fault = ret_fault};
    int r;

    ald_assert(schema != NULL && checker != NULL && ret_fault != NULL);

    *ret_fault = (struct ald_schema_fault){.path = ""};
    r = checker_read(checker, json, &run.steps, ret_fault);
    if (r == 0) {
        r = run_schema(&run, UNIT_OWN, 0, 0);
        if (r == STOPS) {
            (void)snprintf(ret_fault->what, sizeof(ret_fault->what), "%s", run.stopped);
        }
    }
    checker_shrink(checker);
    return r < 0 ? ald_trace(r) : r;
}
