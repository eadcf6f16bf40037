/* The rules that look at a value, and at no other schema. */

#include <stdlib.h>

#include "base/error.h"
#include "msg/schema_check.h"

enum {
    STEP_BYTES = 128, /* looked at for one step */
    DIGIT_BYTES = 4,  /* of a number */
    PAIRS_MAX = 8     /* items that are compared each with each; more are sorted */
};

static const struct doc *rule_doc(const struct run *run, const struct schema_rule *rule)
{
    return &run->schema->units[rule->unit].doc;
}

/* What the keyword says, as it is written, for texts. */
static struct ald_str rule_raw(const struct run *run, const struct schema_rule *rule)
{
    struct ald_json_value value = doc_value(rule_doc(run, rule), rule->value);

    return value.type == ALD_JSON_STRING ? doc_text(rule_doc(run, rule), rule->value) : value.raw;
}

static int fail_by(struct run *run, const struct schema_rule *rule, uint32_t node, const char *what)
{
    return run_fail(run, rule, node, what, rule_raw(run, rule));
}

static int ask_never(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    return run_fail(run, rule, node, "must not be there", ALD_STR_NONE);
}

static int ask_type(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    struct ald_json_value value = doc_value(run->doc, node);

    if ((rule->types & TYPE_BIT(value.type)) != 0) {
        return HOLDS;
    }
    if (value.type == ALD_JSON_NUMBER && (rule->types & TYPE_INTEGER) != 0 && ald_json_number_is_integer(value)) {
        return HOLDS;
    }
    return fail_by(run, rule, node, "must be of type");
}

static int ask_const(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    uint64_t work = 0;
    int order = doc_compare(rule_doc(run, rule), rule->value, run->doc, node, &work);
    int r = run_spend(run, work);

    if (r != HOLDS || order == 0) {
        return r;
    }
    return fail_by(run, rule, node, "must be");
}

static int ask_enum(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    doc_each(it, rule_doc(run, rule), rule->value)
    {
        uint64_t work = 0;
        int order = doc_compare(rule_doc(run, rule), it, run->doc, node, &work);
        int r = run_spend(run, work);

        if (r != HOLDS || order == 0) {
            return r;
        }
    }
    return fail_by(run, rule, node, "must be one of");
}

/* --- numbers --- */

static int ask_multiple(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    struct ald_json_value of = doc_value(rule_doc(run, rule), rule->value);

    return ald_json_number_is_multiple(doc_value(run->doc, node), of)
               ? HOLDS
               : fail_by(run, rule, node, "must be a multiple of");
}

static int ask_bound(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    int order = ald_json_number_compare(doc_value(run->doc, node), doc_value(rule_doc(run, rule), rule->value));

    switch (rule->keyword) {
    case RULE_MAXIMUM:
        return order <= 0 ? HOLDS : fail_by(run, rule, node, "must be at most");
    case RULE_EXCLUSIVE_MAXIMUM:
        return order < 0 ? HOLDS : fail_by(run, rule, node, "must be less than");
    case RULE_MINIMUM:
        return order >= 0 ? HOLDS : fail_by(run, rule, node, "must be at least");
    case RULE_EXCLUSIVE_MINIMUM:
    default:
        return order > 0 ? HOLDS : fail_by(run, rule, node, "must be more than");
    }
}

/* --- strings --- */

/* Characters, which are code points (draft-07 validation 6.3.1): all bytes but those that go on with one, which are counted
 * eight at a time. */
static uint64_t text_length(struct ald_str text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t n = text.size, word;
    size_t at = 0;

    for (; text.size - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, text.data + at, sizeof(word));
        word = word >> 7 & ~word >> 6 & ones; /* 10xxxxxx */
        n -= word * ones >> 56;
    }
    for (; at < text.size; at++) {
        n -= ((uint8_t)text.data[at] & 0xc0) == 0x80 ? 1 : 0;
    }
    return n;
}

static int ask_length(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    struct ald_str text = doc_text(run->doc, node);
    uint64_t n;
    int r = run_spend(run, text.size / STEP_BYTES);

    if (r != HOLDS) {
        return r;
    }
    n = text_length(text);
    if (rule->keyword == RULE_MAX_LENGTH) {
        return n <= rule->limit ? HOLDS : fail_by(run, rule, node, "must not have more characters than");
    }
    return n >= rule->limit ? HOLDS : fail_by(run, rule, node, "must have at least this many characters:");
}

int rule_match(struct run *run, uint8_t unit, uint32_t node, struct ald_str subject)
{
    const struct pattern *pattern = run->schema->patterns[run->schema->units[unit].places[node]];
    int r = pattern_match(pattern, run->checker->desk, subject, &run->steps);

    switch (r) {
    case 0:
        return HOLDS;
    case PATTERN_MISSES:
        return FAILS;
    case PATTERN_TOO_MUCH:
        run->stopped = "a pattern takes too much work or memory";
        return STOPS;
    default:
        return ald_trace(r);
    }
}

static int ask_pattern(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    int r = rule_match(run, rule->unit, rule->value, doc_text(run->doc, node));

    return r != FAILS ? r : fail_by(run, rule, node, "must match");
}

/* --- arrays and objects --- */

static int ask_count(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    uint64_t n = doc_count(run->doc, node);

    switch (rule->keyword) {
    case RULE_MAX_ITEMS:
        return n <= rule->limit ? HOLDS : fail_by(run, rule, node, "must not have more items than");
    case RULE_MIN_ITEMS:
        return n >= rule->limit ? HOLDS : fail_by(run, rule, node, "must have at least this many items:");
    case RULE_MAX_PROPERTIES:
        return n <= rule->limit ? HOLDS : fail_by(run, rule, node, "must not have more members than");
    case RULE_MIN_PROPERTIES:
    default:
        return n >= rule->limit ? HOLDS : fail_by(run, rule, node, "must have at least this many members:");
    }
}

static int ask_required(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    const struct doc *doc = rule_doc(run, rule);

    doc_each(it, doc, rule->value)
    {
        int r = run_spend(run, doc_find_work(run->doc, node, doc_text(doc, it)));

        if (r != HOLDS) {
            return r;
        }
        if (doc_find(run->doc, node, doc_text(doc, it)) == DOC_NONE) {
            return run_fail(run, rule, node, "must have the member", doc_text(doc, it));
        }
    }
    return HOLDS;
}

/* 0 for all, once there is no work left: the sorting then ends soon. */
static int items_compare(struct run *run, uint32_t a, uint32_t b, int *verdict)
{
    uint64_t work = 1;
    int order;

    if (*verdict != HOLDS) {
        return 0;
    }
    order = doc_compare(run->doc, a, run->doc, b, &work);
    *verdict = run_spend(run, work);
    return order;
}

static void items_sift(struct run *run, uint32_t *items, uint32_t at, uint32_t n, int *verdict)
{
    uint32_t item = items[at];

    for (uint32_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && items_compare(run, items[child], items[child + 1], verdict) < 0) {
            child++;
        }
        if (items_compare(run, item, items[child], verdict) >= 0) {
            break;
        }
        items[at] = items[child];
        at = child;
    }
    items[at] = item;
}

/* A heap, as in schema_doc.c. */
static void items_sort(struct run *run, uint32_t *items, uint32_t n, int *verdict)
{
    for (uint32_t i = n / 2; i > 0; i--) {
        items_sift(run, items, i - 1, n, verdict);
    }
    for (uint32_t i = n - 1; i > 0; i--) {
        uint32_t last = items[i];

        items[i] = items[0];
        items[0] = last;
        items_sift(run, items, 0, i, verdict);
    }
}

static int items_gather(struct run *run, uint32_t array, uint32_t **ret_items)
{
    struct ald_schema_checker *checker = run->checker;
    uint32_t n = 0, *items;

    if (checker->order_room < doc_count(run->doc, array)) {
        items = realloc(checker->order, doc_count(run->doc, array) * sizeof(*items));
        if (items == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        checker->order = items;
        checker->order_room = doc_count(run->doc, array);
    }
    doc_each(it, run->doc, array)
    {
        checker->order[n++] = it;
    }
    *ret_items = checker->order;
    return 0;
}

/* Are two items of the array the same? One of them, or DOC_NONE. */
static uint32_t items_twin(struct run *run, const uint32_t *items, uint32_t n, uint32_t reach, int *verdict)
{
    for (uint32_t i = 1; i < n; i++) {
        for (uint32_t j = i > reach ? i - reach : 0; j < i; j++) {
            if (items_compare(run, items[j], items[i], verdict) == 0) {
                return ALD_MAX(items[i], items[j]);
            }
        }
    }
    return DOC_NONE;
}

static int ask_unique(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    uint32_t n = doc_count(run->doc, node), *items, twin;
    int r, verdict = HOLDS;

    if (rule->limit == 0 || n < 2) {
        return HOLDS;
    }
    r = items_gather(run, node, &items);
    if (r < 0) {
        return r;
    }
    if (n > PAIRS_MAX) {
        items_sort(run, items, n, &verdict);
    }
    twin = items_twin(run, items, n, n > PAIRS_MAX ? 1 : PAIRS_MAX, &verdict);
    if (verdict != HOLDS || twin == DOC_NONE) {
        return verdict;
    }
    return run_fail(run, rule, twin, "must not be there twice", ALD_STR_NONE);
}

/* --- the table --- */

static int (*const asks[N_RULES])(struct run *run, const struct schema_rule *rule, uint32_t node) = {
    [RULE_NEVER] = ask_never,
    [RULE_TYPE] = ask_type,
    [RULE_ENUM] = ask_enum,
    [RULE_CONST] = ask_const,
    [RULE_MULTIPLE_OF] = ask_multiple,
    [RULE_MAXIMUM] = ask_bound,
    [RULE_EXCLUSIVE_MAXIMUM] = ask_bound,
    [RULE_MINIMUM] = ask_bound,
    [RULE_EXCLUSIVE_MINIMUM] = ask_bound,
    [RULE_MAX_LENGTH] = ask_length,
    [RULE_MIN_LENGTH] = ask_length,
    [RULE_PATTERN] = ask_pattern,
    [RULE_MAX_ITEMS] = ask_count,
    [RULE_MIN_ITEMS] = ask_count,
    [RULE_UNIQUE_ITEMS] = ask_unique,
    [RULE_MAX_PROPERTIES] = ask_count,
    [RULE_MIN_PROPERTIES] = ask_count,
    [RULE_REQUIRED] = ask_required,
};

int rule_ask(struct run *run, const struct schema_rule *rule, uint32_t node)
{
    int r;

    ald_assert(rule->keyword < N_RULES && asks[rule->keyword] != NULL);

    /* Numbers are read anew for each rule. */
    r = doc_type(run->doc, node) == ALD_JSON_NUMBER ? run_spend(run, doc_node(run->doc, node)->size / DIGIT_BYTES)
                                                    : HOLDS;
    return r != HOLDS ? r : asks[rule->keyword](run, rule, node);
}
