#include "msg/schema_doc.h"

#include <stdlib.h>

#include "base/error.h"

enum {
    DOC_DECODED = 128, /* flag of a node: its data are the characters themselves, in `strings` */
    SORT_SMALL = 12,   /* members that are sorted by insertion: nearly all objects have fewer */
    WORK_BYTES = 16,   /* compared for one unit of work */
    /* What reading costs, in the same measure: bytes that are looked at, and bytes of strings that are decoded. */
    READ_BYTES = 128,
    DECODE_BYTES = 16
};

_Static_assert((DOC_DECODED & (ALD_JSON_ESCAPED | ALD_JSON_BROKEN | ALD_JSON_REAL)) == 0, "a flag of our own");

void doc_init(struct doc *doc, size_t nodes_max)
{
    *doc = (struct doc){.first = NULL};
    ald_json_init(&doc->json, nodes_max);
    ald_buf_init(&doc->strings, SIZE_MAX / 4); /* bounded by what is decoded into it */
}

void doc_fini(struct doc *doc)
{
    ald_json_fini(&doc->json);
    ald_buf_fini(&doc->strings);
    free(doc->first);
    free(doc->members);
    *doc = (struct doc){.first = NULL};
}

struct ald_str doc_text(const struct doc *doc, uint32_t string)
{
    const struct ald_json_node *node = doc_node(doc, string);

    ald_assert(node->type == ALD_JSON_STRING);
    return (node->flags & DOC_DECODED) != 0 ? ald_str_of(node->data, node->size)
                                            : ald_str_of(node->data + 1, node->size - 2);
}

/* --- reading --- */

/* False: there is not so much work left. */
static bool work_take(uint64_t *steps, uint64_t n)
{
    bool enough = n <= *steps;

    *steps -= enough ? n : *steps;
    return enough;
}

/* What decoded strings need: a string is then no longer than it was, or three times that when it is broken. */
static size_t doc_needs(const struct ald_json *json)
{
    size_t needed = 0;

    for (uint32_t i = 0; i < json->n_nodes; i++) {
        if (json->nodes[i].type == ALD_JSON_STRING && !ald_json_is_plain(ald_json_value(&json->nodes[i]))) {
            needed += (size_t)json->nodes[i].size * ((json->nodes[i].flags & ALD_JSON_BROKEN) != 0 ? 3 : 1);
        }
    }
    return needed;
}

/* Room for all is made at once, so that none of them moves any more. Outcome: DOC_TOO_MUCH. Errors: ALDIS_E_NOMEM. */
static int doc_decode(struct doc *doc, uint64_t *steps)
{
    struct ald_json *json = &doc->json;
    size_t needed = doc_needs(json);
    uint8_t *room;
    int r;

    ald_buf_cut(&doc->strings, 0);
    if (needed == 0) {
        return 0;
    }
    if (!work_take(steps, needed / DECODE_BYTES)) {
        return DOC_TOO_MUCH;
    }
    r = ald_buf_reserve(&doc->strings, needed, &room);
    if (r != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (uint32_t i = 0; i < json->n_nodes; i++) {
        struct ald_json_node *node = &json->nodes[i];
        size_t before = ald_buf_size(&doc->strings);

        if (node->type != ALD_JSON_STRING || ald_json_is_plain(ald_json_value(node))) {
            continue;
        }
        r = ald_json_decode(ald_json_value(node), &doc->strings);
        ald_assert(r == 0);
        node->data = (const char *)doc->strings.data + doc->strings.start + before;
        node->size = (uint32_t)(ald_buf_size(&doc->strings) - before);
        node->flags = DOC_DECODED;
    }
    return 0;
}

/* Room for `needed` elements of `size` bytes, or NULL with nothing changed. */
static void *array_grow(void *array, size_t *room, size_t needed, size_t size)
{
    size_t wanted = ALD_MAX(needed, *room * 2);
    void *grown;

    if (needed <= *room) {
        return array;
    }
    grown = realloc(array, wanted * size);
    if (grown != NULL) {
        *room = wanted;
    }
    return grown;
}

/* Room for what is said beside the tape. Errors: ALDIS_E_NOMEM. */
static int doc_reserve(struct doc *doc)
{
    struct doc_member *members;
    size_t n_members = 1; /* so that the pointer is never NULL */
    uint32_t *first;

    for (uint32_t i = 0; i < doc->json.n_nodes; i++) {
        n_members += doc->json.nodes[i].type == ALD_JSON_OBJECT ? doc->json.nodes[i].n_inside : 0;
    }
    first = array_grow(doc->first, &doc->nodes_room, doc->json.n_nodes, sizeof(*first));
    if (first == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    doc->first = first;
    members = array_grow(doc->members, &doc->members_room, n_members, sizeof(*members));
    if (members == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    doc->members = members;
    return 0;
}

/* The first bytes of a name as a number, in whose order names are; those of a short one are followed by zeros. */
static uint32_t name_key(struct ald_str name)
{
    uint32_t key = 0;

    for (size_t i = 0; i < sizeof(key); i++) {
        key = key << 8 | (i < name.size ? (uint8_t)name.data[i] : 0);
    }
    return key;
}

/* By name, and among equal ones as they stand in the text. */
static int member_compare(const struct doc_member *a, const struct doc_member *b, uint64_t *work)
{
    int order;

    *work += 1;
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    *work += ALD_MIN(a->name.size, b->name.size) / WORK_BYTES;
    order = ald_str_compare(a->name, b->name);
    return order != 0 ? order : a->node < b->node ? -1 : 1;
}

static void sort_insert(struct doc_member *members, uint32_t n, uint64_t *work)
{
    for (uint32_t i = 1; i < n; i++) {
        struct doc_member member = members[i];
        uint32_t at = i;

        for (; at > 0 && member_compare(&members[at - 1], &member, work) > 0; at--) {
            members[at] = members[at - 1];
        }
        members[at] = member;
    }
}

/* A heap: in place, without memory, and never quadratic, whoever chose the names. */
static void sort_sift(struct doc_member *members, uint32_t at, uint32_t n, uint64_t *work)
{
    struct doc_member member = members[at];

    for (uint32_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && member_compare(&members[child], &members[child + 1], work) < 0) {
            child++;
        }
        if (member_compare(&member, &members[child], work) >= 0) {
            break;
        }
        members[at] = members[child];
        at = child;
    }
    members[at] = member;
}

/* False: there is not so much work left. A comparison that finds its names in the cache costs less than a step. */
static bool sort_pay(uint64_t *work, uint64_t *steps)
{
    bool enough = work_take(steps, *work / 2);

    *work = 0;
    return enough;
}

/* False: there is not so much work left, and the order is none. */
static bool members_sort(struct doc_member *members, uint32_t n, uint64_t *steps)
{
    uint64_t work = 0;

    if (n <= SORT_SMALL) {
        sort_insert(members, n, &work);
        return sort_pay(&work, steps);
    }
    for (uint32_t i = n / 2; i > 0; i--) {
        sort_sift(members, i - 1, n, &work);
        if (!sort_pay(&work, steps)) {
            return false;
        }
    }
    for (uint32_t i = n - 1; i > 0; i--) {
        struct doc_member last = members[i];

        members[i] = members[0];
        members[0] = last;
        sort_sift(members, 0, i, &work);
        if (!sort_pay(&work, steps)) {
            return false;
        }
    }
    return true;
}

/* Of equal names only the last stays. Returns how many are left. */
static uint32_t members_unique(struct doc_member *members, uint32_t n)
{
    uint32_t n_kept = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (i + 1 < n && ald_str_equal(members[i].name, members[i + 1].name)) {
            continue;
        }
        members[n_kept++] = members[i];
    }
    return n_kept;
}

/* The members of `object`, from `place` on. False: there is not so much work left. */
static bool doc_index_object(struct doc *doc, uint32_t object, uint32_t place, uint64_t *steps)
{
    struct doc_member *members = doc->members + place;
    uint32_t n = 0;

    for (uint32_t it = object + 1, end = doc_after(doc, object); it < end; it = doc_after(doc, it + 1)) {
        struct ald_str name = doc_text(doc, it);

        members[n++] = (struct doc_member){.name = name, .key = name_key(name), .node = it};
    }
    if (!members_sort(members, n, steps)) {
        return false;
    }
    doc->first[object] = place;
    doc->json.nodes[object].n_inside = members_unique(members, n);
    return true;
}

int doc_read(struct doc *doc, struct ald_str text, bool broken_ok, uint64_t *steps, struct ald_json_end *ret_end)
{
    uint32_t place = 0;
    int r;

    r = ald_json_parse(&doc->json, text, broken_ok ? ALD_JSON_BROKEN_OK : ALD_JSON_STRICT, ret_end);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    if (!work_take(steps, text.size / READ_BYTES + doc->json.n_nodes)) {
        return DOC_TOO_MUCH;
    }
    r = doc_decode(doc, steps);
    if (r == 0) {
        r = doc_reserve(doc);
    }
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    for (uint32_t i = 0; i < doc->json.n_nodes; i++) {
        if (doc->json.nodes[i].type == ALD_JSON_OBJECT) {
            if (!doc_index_object(doc, i, place, steps)) {
                return DOC_TOO_MUCH;
            }
            place += doc->json.nodes[i].n_inside;
        }
    }
    return 0;
}

/* --- asking --- */

uint32_t doc_find(const struct doc *doc, uint32_t node, struct ald_str name)
{
    const struct doc_member *members;
    uint32_t low = 0, high;

    if (doc_type(doc, node) != ALD_JSON_OBJECT) {
        return DOC_NONE;
    }
    members = doc_members(doc, node);
    high = doc_count(doc, node);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = ald_str_compare(name, members[middle].name);

        if (order == 0) {
            return members[middle].node + 1;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return DOC_NONE;
}

uint64_t doc_find_work(const struct doc *doc, uint32_t node, struct ald_str name)
{
    uint64_t n = 1;

    for (uint32_t left = doc_type(doc, node) == ALD_JSON_OBJECT ? doc_count(doc, node) : 0; left > 0; left /= 2) {
        n++;
    }
    return 1 + n * (name.size / WORK_BYTES);
}

/* Calls doc_compare(), and so itself, at most ALD_JSON_DEPTH_MAX deep. */
static int array_compare(const struct doc *a, uint32_t node_a, const struct doc *b, uint32_t node_b, uint64_t *work)
{
    uint32_t it_b = node_b + 1;

    if (doc_count(a, node_a) != doc_count(b, node_b)) {
        return doc_count(a, node_a) < doc_count(b, node_b) ? -1 : 1;
    }
    doc_each(it, a, node_a)
    {
        int order = doc_compare(a, it, b, it_b, work);

        if (order != 0) {
            return order;
        }
        it_b = doc_after(b, it_b);
    }
    return 0;
}

static int object_compare(const struct doc *a, uint32_t node_a, const struct doc *b, uint32_t node_b, uint64_t *work)
{
    const struct doc_member *members_a = doc_members(a, node_a), *members_b = doc_members(b, node_b);

    if (doc_count(a, node_a) != doc_count(b, node_b)) {
        return doc_count(a, node_a) < doc_count(b, node_b) ? -1 : 1;
    }
    for (uint32_t i = 0; i < doc_count(a, node_a); i++) {
        int order = ald_str_compare(members_a[i].name, members_b[i].name);

        *work += 1 + members_a[i].name.size / WORK_BYTES;
        if (order == 0) {
            order = doc_compare(a, members_a[i].node + 1, b, members_b[i].node + 1, work);
        }
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

int doc_compare(const struct doc *a, uint32_t node_a, const struct doc *b, uint32_t node_b, uint64_t *work)
{
    enum ald_json_type type = doc_type(a, node_a);

    *work += 1;
    if (type != doc_type(b, node_b)) {
        return type < doc_type(b, node_b) ? -1 : 1;
    }
    switch (type) {
    case ALD_JSON_NUMBER:
        *work += (doc_node(a, node_a)->size + doc_node(b, node_b)->size) / WORK_BYTES;
        return ald_json_number_compare(doc_value(a, node_a), doc_value(b, node_b));
    case ALD_JSON_STRING:
        *work += ALD_MIN(doc_node(a, node_a)->size, doc_node(b, node_b)->size) / WORK_BYTES;
        return ald_str_compare(doc_text(a, node_a), doc_text(b, node_b));
    case ALD_JSON_ARRAY:
        return array_compare(a, node_a, b, node_b, work);
    case ALD_JSON_OBJECT:
        return object_compare(a, node_a, b, node_b, work);
    default:
        return 0;
    }
}

/* --- pointers --- */

/* RFC 6901 section 3: `~` is `~0`, `/` is `~1`. */
static int pointer_push(struct ald_buf *out, struct ald_str name)
{
    int r = ald_buf_push_byte(out, '/');

    for (size_t i = 0; r == 0 && i < name.size; i++) {
        switch (name.data[i]) {
        case '~':
            r = ald_buf_push(out, ALD_STR("~0"));
            break;
        case '/':
            r = ald_buf_push(out, ALD_STR("~1"));
            break;
        default:
            r = ald_buf_push_byte(out, (uint8_t)name.data[i]);
            break;
        }
    }
    return r < 0 ? ald_trace(r) : r;
}

int doc_pointer(const struct doc *doc, uint32_t node, struct ald_buf *out)
{
    uint32_t at = 0;
    int r = 0;

    /* From the outermost value down, always into what contains the node. */
    while (at != node && r == 0) {
        bool object = doc_type(doc, at) == ALD_JSON_OBJECT;
        uint32_t it = at + 1, index = 0;

        while ((object ? doc_after(doc, it + 1) : doc_after(doc, it)) <= node) {
            it = object ? doc_after(doc, it + 1) : doc_after(doc, it);
            index++;
        }
        if (object && it == node) {
            return 0;
        }
        at = object ? it + 1 : it;
        r = object ? pointer_push(out, doc_text(doc, it)) : ald_buf_pushf(out, "/%u", index);
    }
    return r < 0 ? ald_trace(r) : r;
}

/* One step of a pointer, still with its `~0` and `~1`. */
static bool token_is(struct ald_str token, struct ald_str name)
{
    size_t at = 0;

    for (size_t i = 0; i < name.size; i++, at++) {
        char wanted = name.data[i];

        if (wanted == '~' || wanted == '/') {
            if (token.size - at < 2 || token.data[at] != '~' || token.data[at + 1] != (wanted == '~' ? '0' : '1')) {
                return false;
            }
            at++;
        } else if (at == token.size || token.data[at] != wanted) {
            return false;
        }
    }
    return at == token.size;
}

static uint32_t follow_index(const struct doc *doc, uint32_t array, struct ald_str token, uint64_t *work)
{
    uint64_t index;

    /* RFC 6901 section 4: no zeros in front. */
    if ((token.size > 1 && token.data[0] == '0') || ald_str_u64(token, &index) != 0) {
        return DOC_NONE;
    }
    doc_each(it, doc, array)
    {
        *work += 1;
        if (index-- == 0) {
            return it;
        }
    }
    return DOC_NONE;
}

static uint32_t follow_step(const struct doc *doc, uint32_t node, struct ald_str token, uint64_t *work)
{
    if (doc_type(doc, node) == ALD_JSON_ARRAY) {
        return follow_index(doc, node, token, work);
    }
    if (doc_type(doc, node) != ALD_JSON_OBJECT) {
        return DOC_NONE;
    }
    *work += doc_find_work(doc, node, token);
    if (memchr(token.data, '~', token.size) == NULL) {
        return doc_find(doc, node, token);
    }
    for (uint32_t i = 0; i < doc_count(doc, node); i++) {
        const struct doc_member *member = doc_members(doc, node) + i;

        *work += 1;
        if (token_is(token, member->name)) {
            return member->node + 1;
        }
    }
    return DOC_NONE;
}

uint32_t doc_follow(const struct doc *doc, uint32_t node, struct ald_str pointer, uint64_t *work)
{
    while (node != DOC_NONE && pointer.size > 0) {
        struct ald_str token;

        if (pointer.data[0] != '/') {
            return DOC_NONE;
        }
        pointer = ald_str_from(pointer, 1);
        token = ald_str_of(pointer.data, ald_str_find(pointer, ALD_STR("/")));
        pointer = ald_str_from(pointer, token.size);
        node = follow_step(doc, node, token, work);
    }
    return node;
}
