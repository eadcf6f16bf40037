#pragma once

/*
 * What the schema files share. A schema is a doc, and beside it, for each value of it that is a schema, the rules it
 * makes: compiling checks the shape of every keyword once, finds what references mean, and leaves to the checking nothing
 * but to ask. There are two docs at most, since a schema may refer to the meta-schema of draft-07; it is compiled only then.
 *
 * Private to the schema files of this layer.
 */

#include "msg/schema.h"
#include "msg/schema_doc.h"
#include "msg/schema_pattern.h"

/* X(NAME, "keyword", the types of values it says something about). REF and NEVER stand for a whole schema. */
#define SCHEMA_KEYWORDS(X)                                                                                             \
    X(NEVER, "false", TYPES_ALL)                                                                                       \
    X(REF, "$ref", TYPES_ALL)                                                                                          \
    X(TYPE, "type", TYPES_ALL)                                                                                         \
    X(ENUM, "enum", TYPES_ALL)                                                                                         \
    X(CONST, "const", TYPES_ALL)                                                                                       \
    X(MULTIPLE_OF, "multipleOf", TYPE_BIT(ALD_JSON_NUMBER))                                                            \
    X(MAXIMUM, "maximum", TYPE_BIT(ALD_JSON_NUMBER))                                                                   \
    X(EXCLUSIVE_MAXIMUM, "exclusiveMaximum", TYPE_BIT(ALD_JSON_NUMBER))                                                \
    X(MINIMUM, "minimum", TYPE_BIT(ALD_JSON_NUMBER))                                                                   \
    X(EXCLUSIVE_MINIMUM, "exclusiveMinimum", TYPE_BIT(ALD_JSON_NUMBER))                                                \
    X(MAX_LENGTH, "maxLength", TYPE_BIT(ALD_JSON_STRING))                                                              \
    X(MIN_LENGTH, "minLength", TYPE_BIT(ALD_JSON_STRING))                                                              \
    X(PATTERN, "pattern", TYPE_BIT(ALD_JSON_STRING))                                                                   \
    X(MAX_ITEMS, "maxItems", TYPE_BIT(ALD_JSON_ARRAY))                                                                 \
    X(MIN_ITEMS, "minItems", TYPE_BIT(ALD_JSON_ARRAY))                                                                 \
    X(UNIQUE_ITEMS, "uniqueItems", TYPE_BIT(ALD_JSON_ARRAY))                                                           \
    X(ITEMS, "items", TYPE_BIT(ALD_JSON_ARRAY))                                                                        \
    X(CONTAINS, "contains", TYPE_BIT(ALD_JSON_ARRAY))                                                                  \
    X(MAX_PROPERTIES, "maxProperties", TYPE_BIT(ALD_JSON_OBJECT))                                                      \
    X(MIN_PROPERTIES, "minProperties", TYPE_BIT(ALD_JSON_OBJECT))                                                      \
    X(REQUIRED, "required", TYPE_BIT(ALD_JSON_OBJECT))                                                                 \
    X(PROPERTIES, "properties", TYPE_BIT(ALD_JSON_OBJECT))                                                             \
    X(PROPERTY_NAMES, "propertyNames", TYPE_BIT(ALD_JSON_OBJECT))                                                      \
    X(DEPENDENCIES, "dependencies", TYPE_BIT(ALD_JSON_OBJECT))                                                         \
    X(ALL_OF, "allOf", TYPES_ALL)                                                                                      \
    X(ANY_OF, "anyOf", TYPES_ALL)                                                                                      \
    X(ONE_OF, "oneOf", TYPES_ALL)                                                                                      \
    X(NOT, "not", TYPES_ALL)                                                                                           \
    X(IF, "if", TYPES_ALL)

#define TYPE_BIT(type) (1U << (type))
#define TYPES_ALL 0xffU
#define TYPE_INTEGER TYPE_BIT(ALD_JSON_NONE) /* no value has that type: a number is one, if it is an integer */

enum schema_keyword {
#define SCHEMA_X(name, word, types) RULE_##name,
    SCHEMA_KEYWORDS(SCHEMA_X)
#undef SCHEMA_X
        N_RULES
};

struct schema_rule {
    uint8_t keyword; /* enum schema_keyword */
    uint8_t unit;    /* the doc it stands in */
    uint8_t types;   /* TYPE: those it allows */
    uint8_t to_unit; /* REF: the doc of the schema meant */
    uint32_t value;  /* node of the keyword's value; of a schema that is `false`: itself */
    /* PROPERTIES: patternProperties and additionalProperties; ITEMS: additionalItems; IF: then and else. REF: the schema meant */
    uint32_t more[2];
    uint64_t limit; /* of the lengths and counts */
};

/* A schema: a row of rules, which are made one after the other; DOC_NONE: of a value that is none. */
struct schema_place {
    uint32_t rule, n_rules;
};

/* One doc. */
struct schema_unit {
    struct doc doc;
    char *text;
    size_t size;
    uint32_t *places; /* of each node: its place if it is a schema, its pattern if it is one, else DOC_NONE */
};

enum { UNIT_OWN, UNIT_META, N_UNITS };

struct ald_schema {
    struct schema_unit units[N_UNITS];
    struct schema_place *places;
    struct schema_rule *rules;
    struct pattern **patterns;
    uint32_t n_places, n_rules, n_patterns;
    size_t places_room, rules_room, patterns_room;
};

/* The place of a schema, by its node. */
static inline const struct schema_place *schema_place(const struct ald_schema *schema, uint8_t unit, uint32_t node)
{
    return &schema->places[schema->units[unit].places[node]];
}

/* The meta-schema of draft-07, and its name without the fragment. */
extern const char schema_meta_text[];
extern const char schema_meta_uri[];
extern const char schema_meta_place[]; /* with the `#` before a pointer */

/* An address under which a schema can be found, or under which those inside it are. */
struct schema_id {
    struct ald_str uri;      /* owned; without a fragment */
    struct ald_str fragment; /* borrowed from the doc; absent: it names a whole resource */
    uint32_t node;
    uint8_t unit;
    uint32_t base; /* of what names only a fragment: the id that it belongs to */
};

/* A reference whose meaning is looked for when all ids are known. */
struct schema_want {
    uint32_t rule;
    uint32_t base; /* the id it stands under */
};

/* Compiling: the schema that is made, and what only that needs. */
struct compiler {
    struct ald_schema *schema;
    struct schema_id *ids;
    struct schema_want *wants;
    uint32_t n_ids, n_wants, n_solved;
    size_t ids_room, wants_room;
    size_t compiled; /* bytes of the patterns so far */
    uint64_t steps;  /* left */
    struct ald_schema_fault *fault;
};

/* Make the rules of the schema at `node` and of all inside it, `base` being the id it stands under. Outcome:
 * ALD_SCHEMA_WRONG. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int compile_schema(struct compiler *compiler, uint8_t unit, uint32_t node, uint32_t base);

/* Read `text` as a doc of its own, whose outermost schema is named `uri`. Outcome and errors as above. */
ALD_NODISCARD int compile_unit(struct compiler *compiler, uint8_t unit, struct ald_str text, struct ald_str uri);

/* `$id` of a schema: `*base` becomes the id that holds inside it. Outcome and errors as above. */
ALD_NODISCARD int compile_id(struct compiler *compiler, uint8_t unit, uint32_t node, uint32_t *base);

/* Find out what all references mean. Outcome and errors as above. */
ALD_NODISCARD int compile_references(struct compiler *compiler);

/* One more element at the end of a growing row; NULL when memory is short. */
void *row_grow(void *row, size_t *room, size_t n, size_t size);

/* The schema is wrong at `node`: ALD_SCHEMA_WRONG, or ALDIS_E_NOMEM. */
ALD_NODISCARD int compile_fail(struct compiler *compiler, uint8_t unit, uint32_t node, const char *format, ...)
    ALD_PRINTF(4, 5);

/* The pointer to `node` after `before` into `to`, as fault texts have it. Cut off when it is too long. */
void fault_pointer(const struct doc *doc, uint32_t node, const char *before, char *to, size_t room);
