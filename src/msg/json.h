#pragma once

/*
 * Tape: a JSON text as a row of nodes, for everything that needs more than the scanner: schemas, the API, tests.
 *
 * A node stands before the nodes of what it contains, and knows how many nodes it spans, so its next sibling is
 * `node + node->span`. An object holds a name (a string) and a value by turns. A node needs nothing but itself to be
 * read, and points into the text, which is borrowed for as long as the tape is used.
 *
 * Lifetime:   ald_json_init() to ald_json_fini(); the nodes until the next parse.
 * Limits:     texts under 4 GiB, ALD_JSON_DEPTH_MAX deep, `nodes_max` nodes. A text makes at most one node for each of
 *             its bytes: with 24 bytes a node, 13 MB of `[[[],[],…` would ask for 300 MB, so callers give a cap that
 *             fits what they read and charge it to the party.
 * Threading:  one thread at a time; a parsed tape may be read by many.
 */

#include "msg/json_number.h"
#include "msg/json_text.h"

struct ald_json_node {
    const char *data;  /* the raw value in the text */
    uint32_t size;     /* its bytes */
    uint32_t span;     /* nodes from this one to its next sibling: 1 for anything but arrays and objects */
    uint32_t n_inside; /* elements of an array, members of an object (a name given twice counts twice) */
    uint8_t type;      /* enum ald_json_type */
    uint8_t flags;
};

struct ald_json {
    struct ald_json_node *nodes;
    uint32_t n_nodes;
    uint32_t room;
    uint32_t nodes_max;
    bool lent; /* the nodes are the caller's */
};

/* An empty tape that may grow to `nodes_max` nodes; allocates nothing yet. */
void ald_json_init(struct ald_json *json, size_t nodes_max);
/* A tape in the caller's `nodes` (borrows until fini), which never allocates. */
void ald_json_init_lent(struct ald_json *json, struct ald_json_node *nodes, size_t n_nodes);
void ald_json_fini(struct ald_json *json);

/*
 * Read `text` (borrows, for as long as the nodes are used), any JSON value, in place of what the tape held.
 * `*ret_end` (NULL: not wanted) is written in every case. Outcome: ALD_JSON_MALFORMED (also over a limit, with the
 * reason ALD_JSON_HUGE or ALD_JSON_DEEP); the tape is then empty. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_json_parse(struct ald_json *json, struct ald_str text, unsigned options,
                                 struct ald_json_end *ret_end);

/* The outermost value; the tape must have been parsed. */
const struct ald_json_node *ald_json_root(const struct ald_json *json);

/* The node as a value, for the readers of json_text.h and json_number.h. NULL gives ALD_JSON_NONE. */
static inline struct ald_json_value ald_json_value(const struct ald_json_node *node)
{
    return node == NULL ? (struct ald_json_value){{NULL, 0}, ALD_JSON_NONE, 0}
                        : (struct ald_json_value){{node->data, node->size}, node->type, node->flags};
}

static inline enum ald_json_type ald_json_type(const struct ald_json_node *node)
{
    return node == NULL ? ALD_JSON_NONE : (enum ald_json_type)node->type;
}

static inline const struct ald_json_node *ald_json_after(const struct ald_json_node *node)
{
    return node + node->span;
}

/* Walks the elements of an array in order; any other node, and NULL, has none. */
#define ald_json_each(it, array)                                                                                       \
    for (const struct ald_json_node *it = ald_json_inside((array), ALD_JSON_ARRAY),                                    \
                                    *it##_end = (array) != NULL ? ald_json_after(array) : NULL;                        \
         it != it##_end; it = ald_json_after(it))

/* Walks the members of an object as they are written, duplicates too; `it` is the name, `it + 1` the value. */
#define ald_json_each_member(it, object)                                                                               \
    for (const struct ald_json_node *it = ald_json_inside((object), ALD_JSON_OBJECT),                                  \
                                    *it##_end = (object) != NULL ? ald_json_after(object) : NULL;                      \
         it != it##_end; it = ald_json_after(it + 1))

/* The first node inside a container of `type`, or the end of `node`; NULL for NULL. For the walks above. */
static inline const struct ald_json_node *ald_json_inside(const struct ald_json_node *node, enum ald_json_type type)
{
    return node == NULL ? NULL : node->type == type ? node + 1 : ald_json_after(node);
}

/* The value of the last member called `name`, or NULL; also NULL when `object` is NULL or no object. O(members). */
const struct ald_json_node *ald_json_find(const struct ald_json_node *object, struct ald_str name);
/* The element at `index`, or NULL; also NULL when `array` is NULL or no array. O(index). */
const struct ald_json_node *ald_json_at(const struct ald_json_node *array, size_t index);

/*
 * Do both values mean the same? Members in any order, the last of a name; strings decoded; numbers by their exact value
 * (`1.0` is `1e0`, and numbers too large for a double still differ). Quadratic in the members of an object: for tests
 * and small values.
 */
bool ald_json_equal(const struct ald_json_node *a, const struct ald_json_node *b);

/* The same for two texts; false when either is malformed or memory is short. */
bool ald_json_text_equal(struct ald_str a, struct ald_str b);
