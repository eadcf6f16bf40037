#pragma once

/*
 * Schema: JSON Schema draft-07, compiled once and then asked of many texts.
 *
 * Everything of draft-07 (draft-handrews-json-schema-01 and its validation) holds, but for two things: `format` and the
 * `content…` keywords are not checked, which the draft leaves open and the original does not do either (link.md 4.1); and a
 * `$ref` leads only to what stands in the same document, by a JSON Pointer or by an `$id`, or to the meta-schema of draft-07
 * itself. Unknown keywords are ignored, as are those beside a `$ref`.
 *
 * Numbers are compared by their exact worth, whatever their size. `pattern` and `patternProperties` are PCRE2's expressions with
 * the escapes and anchors of ECMA 262; `\d`, `\w` and `\s` are ASCII.
 *
 * Lifetime:   ald_schema_new() to ald_schema_free(); the text is copied.
 * Threading:  a schema never changes and may be asked by many threads at once, each with a checker of its own.
 * Limits:     below. A check is given so much work (a step is a value read, a rule asked of one, some bytes compared, or a
 *             move within a pattern) that a text of its size could honestly need; what needs more, because a pattern or a combination
 *             explodes, ends with ALD_SCHEMA_TOO_MUCH and says so. Depth is bounded too. Memory: what the checker keeps, linear
 *             in the text and never more than its caps.
 */

#include "base/str.h"

enum {
    ALD_SCHEMA_BYTES_MAX = 256 * 1024,         /* of a schema: those of whole systems stay below a quarter of this */
    ALD_SCHEMA_NODES_MAX = 64 * 1024,          /* values and names in it */
    ALD_SCHEMA_IDS_MAX = 256,                  /* `$id` in it, each looked through for every `$ref` */
    ALD_SCHEMA_URI_MAX = 2048,                 /* bytes of an address */
    ALD_SCHEMA_PATTERN_MAX = 4096,             /* bytes of a regular expression */
    ALD_SCHEMA_PATTERNS_MAX = 1024,            /* regular expressions in it, */
    ALD_SCHEMA_COMPILED_MAX = 4 * 1024 * 1024, /* and bytes of what all of them are compiled to */
    ALD_SCHEMA_WORK_MAX = 4 * 1000 * 1000,     /* steps of reading it and finding what its references mean */

    ALD_SCHEMA_DEPTH_MAX = 512,          /* schemas within schemas, while one text is checked: 4 for each level of it */
    ALD_SCHEMA_VALUES_MAX = 1024 * 1024, /* values and names in a checked text, which cost up to 52 bytes each */
    ALD_SCHEMA_STEPS_LEAST = 200 * 1000, /* for the smallest text: some milliseconds */
    ALD_SCHEMA_STEPS_BYTE = 64,          /* and these for each of its bytes, */
    ALD_SCHEMA_STEPS_MAX = 5 * 1000 * 1000 /* but never more: a tenth of a second, reading it included */
};

/* Bytes of the texts below, with the end. They hold no control characters, and what is too long is cut off. */
enum { ALD_SCHEMA_PATH_MAX = 160, ALD_SCHEMA_RULE_MAX = 160, ALD_SCHEMA_WHAT_MAX = 128, ALD_SCHEMA_TEXT_MAX = 512 };

/* What is wrong, with a text or with a schema. */
struct ald_schema_fault {
    char path
        [ALD_SCHEMA_PATH_MAX]; /* in the text: a JSON Pointer, empty for the whole of it. Of a wrong schema: in the schema */
    char rule[ALD_SCHEMA_RULE_MAX]; /* in the schema: `#` and a JSON Pointer to the keyword. Of a wrong schema: empty */
    char what[ALD_SCHEMA_WHAT_MAX]; /* "must be at least 3" */
};

/* The three as one line for people: `must be at least 3 at /a/0 (rule #/items/minimum)`. Returns `text`. */
const char *ald_schema_fault_text(const struct ald_schema_fault *fault, char text[ALD_SCHEMA_TEXT_MAX]);

struct ald_schema;

enum { ALD_SCHEMA_WRONG = 1 };

/*
 * Compile `text` (borrows). Outcome: ALD_SCHEMA_WRONG: it is no schema, or one over the limits; `*ret_fault` says why.
 * Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_schema_new(struct ald_str text, struct ald_schema **ret_schema,
                                 struct ald_schema_fault *ret_fault);
struct ald_schema *ald_schema_free(struct ald_schema *schema); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_schema *, ald_schema_free);

/* The text it was compiled from. */
struct ald_str ald_schema_text(const struct ald_schema *schema);

/* What a check needs besides the schema; kept from one to the next, so that only larger ones than before allocate. */
struct ald_schema_checker;

/* Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_schema_checker_new(struct ald_schema_checker **ret_checker);
struct ald_schema_checker *ald_schema_checker_free(struct ald_schema_checker *checker); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_schema_checker *, ald_schema_checker_free);

/* Outcomes of ald_schema_check(). */
enum {
    ALD_SCHEMA_BROKEN = 1, /* the text breaks a rule */
    ALD_SCHEMA_MALFORMED,  /* it is not JSON, or has more values than are looked at */
    ALD_SCHEMA_TOO_MUCH    /* it could not be decided within the limits; the rule named is the one that was looked at */
};

/*
 * Does `json` (borrows; invalid UTF-8 in strings is read as U+FFFD) keep to `schema`? On every outcome but 0 `*ret_fault`
 * says why. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_schema_check(const struct ald_schema *schema, struct ald_schema_checker *checker,
                                   struct ald_str json, struct ald_schema_fault *ret_fault);
