#pragma once

/*
 * One check of a text, while it runs: what schema_check.c (the walk, and the rules that hold other schemas) and
 * schema_rules.c (those that only look at a value) share.
 *
 * Private to the schema files of this layer.
 */

#include "msg/schema_impl.h"

enum { KEPT_NODES = 16 * 1024 }; /* of a checked text, for which a checker keeps memory */

struct ald_schema_checker {
    struct doc doc;
    struct pattern_desk *desk;
    uint32_t *order; /* items of an array, while they are compared */
    size_t order_room;
};

/* Verdicts of a rule, beside ALDIS_E_NOMEM. */
enum { HOLDS = 0, FAILS = ALD_SCHEMA_BROKEN, STOPS = ALD_SCHEMA_TOO_MUCH };

struct run {
    const struct ald_schema *schema;
    struct ald_schema_checker *checker;
    const struct doc *doc; /* the checker's */
    uint64_t steps;        /* left */
    unsigned depth;
    unsigned quiet;      /* within how many rules that may go on when something inside fails */
    const char *stopped; /* why it could not be decided; NULL: it could, so far */
    struct ald_schema_fault *fault;
};

/* Takes `n` steps; STOPS when there are not so many. */
ALD_NODISCARD int run_spend(struct run *run, uint64_t n);

/* The value at `node` fails a rule: FAILS, and it is said how, unless that may not matter. Absent texts say nothing. */
ALD_NODISCARD int run_fail(struct run *run, const struct schema_rule *rule, uint32_t node, const char *what,
                           struct ald_str detail);

/* Asks a rule that only looks at the value. */
ALD_NODISCARD int rule_ask(struct run *run, const struct schema_rule *rule, uint32_t node);

/* Is there a match of a pattern of `unit` (by the node it stands at) in `subject`? HOLDS or FAILS, without a word. */
ALD_NODISCARD int rule_match(struct run *run, uint8_t unit, uint32_t pattern, struct ald_str subject);
