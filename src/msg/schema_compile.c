/*
 * A schema becomes its rules in two passes: first its own keywords, so that its rules stand in one row, then the schemas
 * inside it. It calls itself no deeper than a JSON text is.
 */

#include <stdlib.h>

#include "base/error.h"
#include "msg/schema_impl.h"

static struct doc *unit_doc(struct compiler *compiler, uint8_t unit)
{
    return &compiler->schema->units[unit].doc;
}

/* --- the shapes of keywords --- */

/* Checks the value of a keyword and completes its rule. Outcome: ALD_SCHEMA_WRONG. Errors: ALDIS_E_NOMEM. */
typedef int (*shape_fn)(struct compiler *compiler, struct schema_rule *rule);

static int shape_any(struct compiler *compiler, struct schema_rule *rule)
{
    (void)compiler;
    (void)rule;
    return 0;
}

static int shape_of_type(struct compiler *compiler, struct schema_rule *rule, enum ald_json_type type, const char *what)
{
    return doc_type(unit_doc(compiler, rule->unit), rule->value) == type
               ? 0
               : compile_fail(compiler, rule->unit, rule->value, "must be %s", what);
}

static int shape_number(struct compiler *compiler, struct schema_rule *rule)
{
    return shape_of_type(compiler, rule, ALD_JSON_NUMBER, "a number");
}

static int shape_list(struct compiler *compiler, struct schema_rule *rule)
{
    return shape_of_type(compiler, rule, ALD_JSON_ARRAY, "an array");
}

static int shape_map(struct compiler *compiler, struct schema_rule *rule)
{
    return shape_of_type(compiler, rule, ALD_JSON_OBJECT, "an object");
}

static int shape_divisor(struct compiler *compiler, struct schema_rule *rule)
{
    return ald_json_number_divides(doc_value(unit_doc(compiler, rule->unit), rule->value))
               ? 0
               : compile_fail(compiler, rule->unit, rule->value, "must be a number above 0 of at most 19 digits");
}

static int shape_limit(struct compiler *compiler, struct schema_rule *rule)
{
    struct ald_json_value value = doc_value(unit_doc(compiler, rule->unit), rule->value);

    switch (ald_json_u64(value, &rule->limit)) {
    case 0:
        return 0;
    case ALD_JSON_OUT_OF_RANGE:
        if (value.raw.data[0] != '-') {
            rule->limit = UINT64_MAX; /* nothing is that long */
            return 0;
        }
        break;
    default:
        break;
    }
    return compile_fail(compiler, rule->unit, rule->value, "must be an integer that is not negative");
}

static int shape_flag(struct compiler *compiler, struct schema_rule *rule)
{
    enum ald_json_type type = doc_type(unit_doc(compiler, rule->unit), rule->value);

    rule->limit = type == ALD_JSON_TRUE ? 1 : 0;
    return type == ALD_JSON_TRUE || type == ALD_JSON_FALSE
               ? 0
               : compile_fail(compiler, rule->unit, rule->value, "must be true or false");
}

static int shape_strings_at(struct compiler *compiler, uint8_t unit, uint32_t node)
{
    struct doc *doc = unit_doc(compiler, unit);

    if (doc_type(doc, node) != ALD_JSON_ARRAY) {
        return compile_fail(compiler, unit, node, "must be an array of strings");
    }
    doc_each(it, doc, node)
    {
        if (doc_type(doc, it) != ALD_JSON_STRING) {
            return compile_fail(compiler, unit, it, "must be a string");
        }
    }
    return 0;
}

static int shape_strings(struct compiler *compiler, struct schema_rule *rule)
{
    return shape_strings_at(compiler, rule->unit, rule->value);
}

/* The bits of a name of `type`; 0: there is no such type. */
static uint8_t type_bits(const struct doc *doc, uint32_t node)
{
    static const struct {
        const char *name;
        uint8_t bits;
    } types[] = {
        {"null", TYPE_BIT(ALD_JSON_NULL)},
        {"boolean", TYPE_BIT(ALD_JSON_FALSE) | TYPE_BIT(ALD_JSON_TRUE)},
        {"integer", TYPE_INTEGER},
        {"number", TYPE_BIT(ALD_JSON_NUMBER)},
        {"string", TYPE_BIT(ALD_JSON_STRING)},
        {"array", TYPE_BIT(ALD_JSON_ARRAY)},
        {"object", TYPE_BIT(ALD_JSON_OBJECT)},
    };

    for (size_t i = 0; doc_type(doc, node) == ALD_JSON_STRING && i < ALD_COUNT(types); i++) {
        if (ald_str_equal(doc_text(doc, node), ald_str(types[i].name))) {
            return types[i].bits;
        }
    }
    return 0;
}

static int shape_type(struct compiler *compiler, struct schema_rule *rule)
{
    const struct doc *doc = unit_doc(compiler, rule->unit);
    uint32_t wrong = DOC_NONE;

    if (doc_type(doc, rule->value) != ALD_JSON_ARRAY) {
        rule->types = type_bits(doc, rule->value);
        wrong = rule->types == 0 ? rule->value : DOC_NONE;
    } else if (doc_count(doc, rule->value) == 0) {
        wrong = rule->value;
    } else {
        doc_each(it, doc, rule->value)
        {
            uint8_t bits = type_bits(doc, it);

            rule->types |= bits;
            wrong = bits == 0 ? it : wrong;
        }
    }
    return wrong == DOC_NONE ? 0
                             : compile_fail(compiler, rule->unit, wrong, "must name a type, or several in an array");
}

/* The expression in the string `node`. */
static int compile_pattern(struct compiler *compiler, uint8_t unit, uint32_t node)
{
    struct ald_schema *schema = compiler->schema;
    struct ald_str source = doc_text(&schema->units[unit].doc, node);
    char why[PATTERN_WHY_MAX];
    struct pattern **patterns;
    int r;

    if (source.size > ALD_SCHEMA_PATTERN_MAX) {
        return compile_fail(compiler, unit, node, "a pattern has at most %d bytes", ALD_SCHEMA_PATTERN_MAX);
    }
    patterns = row_grow(schema->patterns, &schema->patterns_room, schema->n_patterns, sizeof(struct pattern *));
    if (patterns == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    schema->patterns = patterns;
    r = pattern_new(source, &patterns[schema->n_patterns], why);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : compile_fail(compiler, unit, node, "not a pattern: %s", why);
    }
    compiler->compiled += pattern_size(patterns[schema->n_patterns]);
    schema->units[unit].places[node] = schema->n_patterns++;
    if (schema->n_patterns > ALD_SCHEMA_PATTERNS_MAX || compiler->compiled > ALD_SCHEMA_COMPILED_MAX) {
        return compile_fail(compiler, unit, node, "one pattern too many: at most %d, of %d bytes compiled",
                            ALD_SCHEMA_PATTERNS_MAX, ALD_SCHEMA_COMPILED_MAX);
    }
    return 0;
}

static int shape_pattern(struct compiler *compiler, struct schema_rule *rule)
{
    int r = shape_of_type(compiler, rule, ALD_JSON_STRING, "a string");

    return r != 0 ? r : compile_pattern(compiler, rule->unit, rule->value);
}

static const struct {
    const char *word;
    shape_fn shape;
} keywords[N_RULES] = {
#define SCHEMA_X(name, word, types) [RULE_##name] = {word, NULL},
    SCHEMA_KEYWORDS(SCHEMA_X)
#undef SCHEMA_X
};

static const shape_fn shapes[N_RULES] = {
    [RULE_NEVER] = NULL, /* these four are made below */
    [RULE_REF] = NULL,
    [RULE_PROPERTIES] = NULL,
    [RULE_IF] = NULL,
    [RULE_TYPE] = shape_type,
    [RULE_ENUM] = shape_list,
    [RULE_CONST] = shape_any,
    [RULE_MULTIPLE_OF] = shape_divisor,
    [RULE_MAXIMUM] = shape_number,
    [RULE_EXCLUSIVE_MAXIMUM] = shape_number,
    [RULE_MINIMUM] = shape_number,
    [RULE_EXCLUSIVE_MINIMUM] = shape_number,
    [RULE_MAX_LENGTH] = shape_limit,
    [RULE_MIN_LENGTH] = shape_limit,
    [RULE_PATTERN] = shape_pattern,
    [RULE_MAX_ITEMS] = shape_limit,
    [RULE_MIN_ITEMS] = shape_limit,
    [RULE_UNIQUE_ITEMS] = shape_flag,
    [RULE_ITEMS] = shape_any, /* the schemas inside are looked at in the second pass */
    [RULE_CONTAINS] = shape_any,
    [RULE_MAX_PROPERTIES] = shape_limit,
    [RULE_MIN_PROPERTIES] = shape_limit,
    [RULE_REQUIRED] = shape_strings,
    [RULE_PROPERTY_NAMES] = shape_any,
    [RULE_DEPENDENCIES] = shape_map,
    [RULE_ALL_OF] = shape_list,
    [RULE_ANY_OF] = shape_list,
    [RULE_ONE_OF] = shape_list,
    [RULE_NOT] = shape_any,
};

/* --- the first pass: the rules of one schema --- */

static int rule_add(struct compiler *compiler, const struct schema_rule *rule)
{
    struct ald_schema *schema = compiler->schema;
    struct schema_rule *rules = row_grow(schema->rules, &schema->rules_room, schema->n_rules, sizeof(*rules));

    if (rules == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    schema->rules = rules;
    rules[schema->n_rules++] = *rule;
    return 0;
}

static int place_add(struct compiler *compiler, uint8_t unit, uint32_t node, uint32_t *ret_place)
{
    struct ald_schema *schema = compiler->schema;
    struct schema_place *places = row_grow(schema->places, &schema->places_room, schema->n_places, sizeof(*places));

    if (places == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    schema->places = places;
    places[schema->n_places] = (struct schema_place){.rule = schema->n_rules};
    schema->units[unit].places[node] = schema->n_places;
    *ret_place = schema->n_places++;
    return 0;
}

/* A `$ref` makes its schema mean another one, whatever stands beside it. */
static int rule_ref(struct compiler *compiler, uint8_t unit, uint32_t value, uint32_t base)
{
    struct schema_rule rule = {.keyword = RULE_REF, .unit = unit, .value = value};
    struct schema_want *wants;
    int r;

    r = shape_of_type(compiler, &rule, ALD_JSON_STRING, "a string");
    if (r == 0) {
        r = rule_add(compiler, &rule);
    }
    if (r != 0) {
        return r;
    }
    wants = row_grow(compiler->wants, &compiler->wants_room, compiler->n_wants, sizeof(*wants));
    if (wants == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    compiler->wants = wants;
    wants[compiler->n_wants++] = (struct schema_want){.rule = compiler->schema->n_rules - 1, .base = base};
    return 0;
}

/* What three keywords say about the members of an object together, or none of them. */
static int rule_properties(struct compiler *compiler, struct schema_rule *rule, uint32_t node)
{
    const struct doc *doc = unit_doc(compiler, rule->unit);

    rule->more[0] = doc_find(doc, node, ALD_STR("patternProperties"));
    rule->more[1] = doc_find(doc, node, ALD_STR("additionalProperties"));
    if (rule->value == DOC_NONE && rule->more[0] == DOC_NONE && rule->more[1] == DOC_NONE) {
        return 0;
    }
    return rule_add(compiler, rule);
}

static int rule_if(struct compiler *compiler, struct schema_rule *rule, uint32_t node)
{
    const struct doc *doc = unit_doc(compiler, rule->unit);

    rule->more[0] = doc_find(doc, node, ALD_STR("then"));
    rule->more[1] = doc_find(doc, node, ALD_STR("else"));
    if (rule->value == DOC_NONE || (rule->more[0] == DOC_NONE && rule->more[1] == DOC_NONE)) {
        return 0;
    }
    return rule_add(compiler, rule);
}

static int rule_make(struct compiler *compiler, uint8_t unit, uint32_t node, enum schema_keyword keyword)
{
    const struct doc *doc = unit_doc(compiler, unit);
    struct schema_rule rule = {.keyword = (uint8_t)keyword, .unit = unit};
    int r;

    rule.value = doc_find(doc, node, ald_str(keywords[keyword].word));
    rule.more[0] = keyword == RULE_ITEMS ? doc_find(doc, node, ALD_STR("additionalItems")) : DOC_NONE;
    if (keyword == RULE_PROPERTIES) {
        return rule_properties(compiler, &rule, node);
    }
    if (keyword == RULE_IF) {
        return rule_if(compiler, &rule, node);
    }
    if (rule.value == DOC_NONE || shapes[keyword] == NULL) {
        return 0;
    }
    r = shapes[keyword](compiler, &rule);
    return r != 0 ? r : rule_add(compiler, &rule);
}

/* --- the second pass: the schemas inside --- */

enum inside { INSIDE_ONE, INSIDE_LIST, INSIDE_MAP, INSIDE_PATTERNS, INSIDE_ITEMS, INSIDE_DEPENDENCIES };

static const struct {
    const char *word;
    uint8_t inside;
} insides[] = {
    {"definitions", INSIDE_MAP}, /* the first one: all that is left beside a `$ref` */
    {"items", INSIDE_ITEMS},
    {"additionalItems", INSIDE_ONE},
    {"contains", INSIDE_ONE},
    {"properties", INSIDE_MAP},
    {"patternProperties", INSIDE_PATTERNS},
    {"additionalProperties", INSIDE_ONE},
    {"propertyNames", INSIDE_ONE},
    {"dependencies", INSIDE_DEPENDENCIES},
    {"allOf", INSIDE_LIST},
    {"anyOf", INSIDE_LIST},
    {"oneOf", INSIDE_LIST},
    {"not", INSIDE_ONE},
    {"if", INSIDE_ONE},
    {"then", INSIDE_ONE},
    {"else", INSIDE_ONE},
};

static int inside_list(struct compiler *compiler, uint8_t unit, uint32_t node, uint32_t base)
{
    struct doc *doc = unit_doc(compiler, unit);

    if (doc_type(doc, node) != ALD_JSON_ARRAY || doc_count(doc, node) == 0) {
        return compile_fail(compiler, unit, node, "must be an array of at least one schema");
    }
    doc_each(it, doc, node)
    {
        int r = compile_schema(compiler, unit, it, base);

        if (r != 0) {
            return r;
        }
    }
    return 0;
}

static int inside_member(struct compiler *compiler, uint8_t unit, uint32_t name, enum inside inside, uint32_t base)
{
    int r = 0;

    if (inside == INSIDE_PATTERNS) {
        r = compile_pattern(compiler, unit, name);
    }
    if (inside == INSIDE_DEPENDENCIES && doc_type(unit_doc(compiler, unit), name + 1) == ALD_JSON_ARRAY) {
        return shape_strings_at(compiler, unit, name + 1);
    }
    return r != 0 ? r : compile_schema(compiler, unit, name + 1, base);
}

static int inside_map(struct compiler *compiler, uint8_t unit, uint32_t node, enum inside inside, uint32_t base)
{
    struct doc *doc = unit_doc(compiler, unit);

    if (doc_type(doc, node) != ALD_JSON_OBJECT) {
        return compile_fail(compiler, unit, node, "must be an object of schemas");
    }
    for (uint32_t i = 0; i < doc_count(doc, node); i++) {
        int r = inside_member(compiler, unit, doc_members(doc, node)[i].node, inside, base);

        if (r != 0) {
            return r;
        }
    }
    return 0;
}

static int inside_make(struct compiler *compiler, uint8_t unit, uint32_t node, enum inside inside, uint32_t base)
{
    switch (inside) {
    case INSIDE_ITEMS:
        if (doc_type(unit_doc(compiler, unit), node) != ALD_JSON_ARRAY) {
            return compile_schema(compiler, unit, node, base);
        }
        return doc_count(unit_doc(compiler, unit), node) == 0 ? 0 : inside_list(compiler, unit, node, base);
    case INSIDE_LIST:
        return inside_list(compiler, unit, node, base);
    case INSIDE_MAP:
    case INSIDE_PATTERNS:
    case INSIDE_DEPENDENCIES:
        return inside_map(compiler, unit, node, inside, base);
    case INSIDE_ONE:
    default:
        return compile_schema(compiler, unit, node, base);
    }
}

static int compile_insides(struct compiler *compiler, uint8_t unit, uint32_t node, uint32_t base, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t value = doc_find(unit_doc(compiler, unit), node, ald_str(insides[i].word));
        int r = value == DOC_NONE ? 0 : inside_make(compiler, unit, value, (enum inside)insides[i].inside, base);

        if (r != 0) {
            return r;
        }
    }
    return 0;
}

/* --- both --- */

static int compile_boolean(struct compiler *compiler, uint8_t unit, uint32_t node)
{
    const struct schema_rule never = {.keyword = RULE_NEVER, .unit = unit, .value = node};
    uint32_t place;
    int r = place_add(compiler, unit, node, &place);

    if (r == 0 && doc_type(unit_doc(compiler, unit), node) == ALD_JSON_FALSE) {
        r = rule_add(compiler, &never);
        compiler->schema->places[place].n_rules = 1;
    }
    return r;
}

static int compile_rules(struct compiler *compiler, uint8_t unit, uint32_t node)
{
    for (int keyword = RULE_TYPE; keyword < N_RULES; keyword++) {
        int r = rule_make(compiler, unit, node, (enum schema_keyword)keyword);

        if (r != 0) {
            return r;
        }
    }
    return 0;
}

int compile_schema(struct compiler *compiler, uint8_t unit, uint32_t node, uint32_t base)
{
    struct ald_schema *schema = compiler->schema;
    struct doc *doc = unit_doc(compiler, unit);
    enum ald_json_type type = doc_type(doc, node);
    uint32_t place, ref;
    int r;

    if (type == ALD_JSON_TRUE || type == ALD_JSON_FALSE) {
        return schema->units[unit].places[node] != DOC_NONE ? 0 : compile_boolean(compiler, unit, node);
    }
    if (type != ALD_JSON_OBJECT) {
        return compile_fail(compiler, unit, node, "must be a schema: an object, true or false");
    }
    if (schema->units[unit].places[node] != DOC_NONE) {
        return 0; /* a reference has led here before */
    }
    r = place_add(compiler, unit, node, &place);
    ref = doc_find(doc, node, ALD_STR("$ref"));
    if (r == 0 && ref != DOC_NONE) {
        r = rule_ref(compiler, unit, ref, base);
    } else if (r == 0) {
        r = compile_id(compiler, unit, node, &base);
        if (r == 0) {
            r = compile_rules(compiler, unit, node);
        }
    }
    if (r != 0) {
        return r;
    }
    schema->places[place].n_rules = schema->n_rules - schema->places[place].rule;
    return compile_insides(compiler, unit, node, base, ref != DOC_NONE ? 1 : ALD_COUNT(insides));
}
