#pragma once

/*
 * Doc: a JSON text made ready for schemas: a tape whose strings are decoded and whose members are sorted by name.
 *
 * A schema asks of an object again and again whether it has a member, and of an array whether two of its items are the
 * same. Both are cheap once, for the whole text, the escapes are gone and the members stand in an order: a member is found
 * by halving, and two values are compared by walking them side by side, in time linear in the smaller one. A schema and
 * what is checked against it are both docs, so that no two readings of one text disagree.
 *
 * A name given twice: the last member counts and the others are not there, as for every reader in this house.
 *
 * Lifetime:   init to fini; what doc_read() built, until the next one. The text is borrowed for as long.
 * Limits:     `nodes_max` values, names included, at 24 bytes each, 4 for each of them and 24 for each member; it is read within
 *             a given amount of work; besides
 *             that one copy of the strings with escapes. So at most 40 bytes for a byte of text, up to the cap.
 * Threading:  one at a time; once read, a doc may be looked at by many.
 *
 * Private to the schema files of this layer.
 */

#include "base/buf.h"
#include "msg/json.h"

enum { DOC_NONE = UINT32_MAX }; /* no such value */

struct doc_member {
    struct ald_str name;
    uint32_t key;  /* how the name begins: its first bytes as a number, which decides most of the order */
    uint32_t node; /* of its name; the value is the next one */
};

struct doc {
    struct ald_json json; /* nodes are named by their place in it; 0 is the outermost */
    struct ald_buf strings;
    uint32_t *first;            /* of each node that is an object: its first member */
    struct doc_member *members; /* of all objects, those of each sorted by name, none twice */
    size_t nodes_room, members_room;
};

void doc_init(struct doc *doc, size_t nodes_max);
void doc_fini(struct doc *doc);

/* Outcome of doc_read(), beside ALD_JSON_MALFORMED. */
enum { DOC_TOO_MUCH = ALD_JSON_MALFORMED + 1 };

/*
 * Read `text`, with strings that are not UTF-8 as ALD_JSON_BROKEN_OK has them when `broken_ok`. `*ret_end` is always
 * written. It takes its work from `*steps`. Outcomes: ALD_JSON_MALFORMED; DOC_TOO_MUCH: there is not so much. Errors:
 * ALDIS_E_NOMEM.
 */
ALD_NODISCARD int doc_read(struct doc *doc, struct ald_str text, bool broken_ok, uint64_t *steps,
                           struct ald_json_end *ret_end);

static inline const struct ald_json_node *doc_node(const struct doc *doc, uint32_t node)
{
    return &doc->json.nodes[node];
}

static inline enum ald_json_type doc_type(const struct doc *doc, uint32_t node)
{
    return (enum ald_json_type)doc->json.nodes[node].type;
}

/* Elements of an array, members of an object without those that a later one replaces. */
static inline uint32_t doc_count(const struct doc *doc, uint32_t node)
{
    return doc->json.nodes[node].n_inside;
}

static inline uint32_t doc_after(const struct doc *doc, uint32_t node)
{
    return node + doc->json.nodes[node].span;
}

static inline struct ald_json_value doc_value(const struct doc *doc, uint32_t node)
{
    return ald_json_value(&doc->json.nodes[node]);
}

/* What a string says. */
struct ald_str doc_text(const struct doc *doc, uint32_t string);

static inline const struct doc_member *doc_members(const struct doc *doc, uint32_t object)
{
    return doc->members + doc->first[object];
}

/* The value of the member called `name`, or DOC_NONE; also when `node` is no object. */
uint32_t doc_find(const struct doc *doc, uint32_t node, struct ald_str name);
/* What that costs at most, in the same measure as doc_compare(). */
uint64_t doc_find_work(const struct doc *doc, uint32_t node, struct ald_str name);

/* Walks the elements of an array, which it must be. */
#define doc_each(it, doc, array)                                                                                       \
    for (uint32_t it = (array) + 1, it##_end = doc_after((doc), (array)); it < it##_end; it = doc_after((doc), it))

/*
 * The order of any two values: 0 when they mean the same. Numbers by their exact worth. `*work` grows by what it cost: about
 * one for each value and each 16 bytes that were looked at.
 */
int doc_compare(const struct doc *a, uint32_t node_a, const struct doc *b, uint32_t node_b, uint64_t *work);

/*
 * Append to `out` the JSON Pointer (RFC 6901) of a value; of a member's name it is that of the object. Outcome:
 * ALD_BUF_FULL, with a part of it appended. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int doc_pointer(const struct doc *doc, uint32_t node, struct ald_buf *out);

/* The value that a JSON Pointer leads to from `node`, or DOC_NONE. `*work` grows as above. */
uint32_t doc_follow(const struct doc *doc, uint32_t node, struct ald_str pointer, uint64_t *work);
