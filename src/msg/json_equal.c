#include "base/defs.h"

#include "msg/json.h"

/*
 * As many nodes as a small text can ask for. Comparing two texts is for tests and small values, as json.h says: what is
 * larger counts as different.
 */
enum { EQUAL_NODES_MAX = 1 << 20 };

static bool array_equal(const struct ald_json_node *a, const struct ald_json_node *b)
{
    const struct ald_json_node *other = b + 1;

    if (a->n_inside != b->n_inside) {
        return false;
    }
    ald_json_each(it, a)
    {
        if (!ald_json_equal(it, other)) {
            return false;
        }
        other = ald_json_after(other);
    }
    return true;
}

/* The value of the last member of `object` with the same name as `name`. */
static const struct ald_json_node *object_find(const struct ald_json_node *object, const struct ald_json_node *name)
{
    const struct ald_json_node *found = NULL;

    ald_json_each_member(it, object)
    {
        if (ald_json_string_same(ald_json_value(it), ald_json_value(name))) {
            found = it + 1;
        }
    }
    return found;
}

/* Has `b` every member of `a`, with an equal value? A member that a later one of its name replaces does not count. */
static bool object_within(const struct ald_json_node *a, const struct ald_json_node *b)
{
    ald_json_each_member(it, a)
    {
        const struct ald_json_node *other;

        if (object_find(a, it) != it + 1) {
            continue;
        }
        other = object_find(b, it);
        if (other == NULL || !ald_json_equal(it + 1, other)) {
            return false;
        }
    }
    return true;
}

/* Are all names of `b` in `a` too? */
static bool object_covers(const struct ald_json_node *a, const struct ald_json_node *b)
{
    ald_json_each_member(it, b)
    {
        if (object_find(a, it) == NULL) {
            return false;
        }
    }
    return true;
}

/* Calls itself, at most ALD_JSON_DEPTH_MAX deep. */
bool ald_json_equal(const struct ald_json_node *a, const struct ald_json_node *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    if (a->type != b->type) {
        return false;
    }
    switch (ald_json_type(a)) {
    case ALD_JSON_NUMBER:
        return ald_json_number_same(ald_json_value(a), ald_json_value(b));
    case ALD_JSON_STRING:
        return ald_json_string_same(ald_json_value(a), ald_json_value(b));
    case ALD_JSON_ARRAY:
        return array_equal(a, b);
    case ALD_JSON_OBJECT:
        return object_within(a, b) && object_covers(a, b);
    default:
        return true;
    }
}

bool ald_json_text_equal(struct ald_str a, struct ald_str b)
{
    struct ald_json json_a, json_b;
    bool equal;

    ald_json_init(&json_a, EQUAL_NODES_MAX);
    ald_json_init(&json_b, EQUAL_NODES_MAX);
    equal = ald_json_parse(&json_a, a, ALD_JSON_STRICT, NULL) == 0 &&
            ald_json_parse(&json_b, b, ALD_JSON_STRICT, NULL) == 0 &&
            ald_json_equal(ald_json_root(&json_a), ald_json_root(&json_b));
    ald_json_fini(&json_a);
    ald_json_fini(&json_b);
    return equal;
}
