#include "msg/json.h"

#include <stdlib.h>

#include "base/error.h"
#include "msg/json_lex.h"

_Static_assert(sizeof(struct ald_json_node) <= 24, "json.h tells callers what a node costs");

enum { NODES_FIRST = 32 }; /* as many as most small texts need, 768 bytes */

/* What the walk records into: a tape, and the containers that are open, by their index since nodes move when it grows. */
struct recorder {
    struct ald_json *json;
    uint32_t open[ALD_JSON_DEPTH_MAX];
    unsigned depth;
    int error; /* of ours, which stopped the walk */
};

static int tape_grow(struct ald_json *json)
{
    uint64_t room = json->room == 0 ? NODES_FIRST : (uint64_t)json->room * 2;
    struct ald_json_node *nodes;

    room = ALD_MIN(room, json->nodes_max);
    nodes = realloc(json->nodes, (size_t)room * sizeof(*nodes));
    if (nodes == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    json->nodes = nodes;
    json->room = (uint32_t)room;
    return 0;
}

/* Room for one more node, or false with the reason or the error set. */
static bool recorder_reserve(struct recorder *recorder, struct ald_json_lex *lex, const uint8_t *begin)
{
    struct ald_json *json = recorder->json;

    if (json->n_nodes < json->room) {
        return true;
    }
    if (json->n_nodes == json->nodes_max) {
        return lex_fail(lex, begin, ALD_JSON_HUGE);
    }
    recorder->error = tape_grow(json);
    return recorder->error == 0;
}

LEX_INLINE bool recorder_add(struct recorder *recorder, struct ald_json_lex *lex, const uint8_t *begin,
                             enum ald_json_type type)
{
    struct ald_json *json = recorder->json;
    struct ald_json_node *node, *parent;

    if (!recorder_reserve(recorder, lex, begin)) {
        return false;
    }
    node = &json->nodes[json->n_nodes++];
    *node = (struct ald_json_node){
        .data = (const char *)begin,
        .size = (uint32_t)(lex->at - begin),
        .span = 1,
        .type = (uint8_t)type,
        .flags = (uint8_t)lex->flags,
    };
    if (recorder->depth > 0) {
        parent = &json->nodes[recorder->open[recorder->depth - 1]];
        /* In an object every second node is a name; it is halved when the object is closed. */
        parent->n_inside++;
        parent->flags |= lex->flags & ALD_JSON_BROKEN;
    }
    lex->flags = 0;
    return true;
}

LEX_INLINE bool recorder_leaf(void *sink, struct ald_json_lex *lex, const uint8_t *begin, enum ald_json_type type)
{
    return recorder_add(sink, lex, begin, type);
}

LEX_INLINE bool recorder_open(void *sink, struct ald_json_lex *lex, enum ald_json_type type)
{
    struct recorder *recorder = sink;

    if (!recorder_add(recorder, lex, lex->at - 1, type)) {
        return false;
    }
    recorder->open[recorder->depth++] = recorder->json->n_nodes - 1;
    return true;
}

LEX_INLINE void recorder_close(void *sink, struct ald_json_lex *lex)
{
    struct recorder *recorder = sink;
    struct ald_json_node *nodes = recorder->json->nodes;
    struct ald_json_node *node = &nodes[recorder->open[--recorder->depth]];

    node->size = (uint32_t)((const char *)lex->at - node->data);
    node->span = recorder->json->n_nodes - (uint32_t)(node - nodes);
    if (node->type == ALD_JSON_OBJECT) {
        node->n_inside /= 2;
    }
    if (recorder->depth > 0) {
        nodes[recorder->open[recorder->depth - 1]].flags |= node->flags & ALD_JSON_BROKEN;
    }
}

static const struct lex_sink record = {.leaf = recorder_leaf, .open = recorder_open, .close = recorder_close};

void ald_json_init(struct ald_json *json, size_t nodes_max)
{
    ald_assert(json != NULL);
    ald_assert(nodes_max > 0);
    *json = (struct ald_json){.nodes_max = (uint32_t)ALD_MIN(nodes_max, UINT32_MAX)};
}

void ald_json_init_lent(struct ald_json *json, struct ald_json_node *nodes, size_t n_nodes)
{
    ald_assert(json != NULL);
    ald_assert(nodes != NULL && n_nodes > 0);
    *json = (struct ald_json){.nodes = nodes, .lent = true, .nodes_max = (uint32_t)ALD_MIN(n_nodes, UINT32_MAX)};
    json->room = json->nodes_max;
}

void ald_json_fini(struct ald_json *json)
{
    if (!json->lent) {
        free(json->nodes);
    }
    *json = (struct ald_json){.nodes = NULL};
}

int ald_json_parse(struct ald_json *json, struct ald_str text, unsigned options, struct ald_json_end *ret_end)
{
    bool huge = text.size > UINT32_MAX; /* more than a node can tell */
    struct ald_json_lex lex = lex_make(huge ? ALD_STR_NONE : text, options);
    struct recorder recorder = {.json = json};
    const uint8_t *start = lex.at;
    bool sound;

    ald_assert(json != NULL && json->nodes_max > 0);

    json->n_nodes = 0;
    if (huge) {
        sound = lex_fail(&lex, lex.at, ALD_JSON_HUGE);
    } else {
        sound = lex_walk(&lex, 0, &record, &recorder) && lex_tail(&lex);
    }
    if (ret_end != NULL) {
        *ret_end = (struct ald_json_end){.offset = (size_t)(lex.at - start), .reason = lex.reason};
    }
    if (!sound) {
        json->n_nodes = 0;
        return recorder.error < 0 ? ald_trace(recorder.error) : ALD_JSON_MALFORMED;
    }
    return 0;
}

const struct ald_json_node *ald_json_root(const struct ald_json *json)
{
    ald_assert(json->n_nodes > 0);
    return json->nodes;
}

const struct ald_json_node *ald_json_find(const struct ald_json_node *object, struct ald_str name)
{
    const struct ald_json_node *found = NULL;

    ald_json_each_member(it, object)
    {
        if (ald_json_string_is(ald_json_value(it), name)) {
            found = it + 1;
        }
    }
    return found;
}

const struct ald_json_node *ald_json_at(const struct ald_json_node *array, size_t index)
{
    ald_json_each(it, array)
    {
        if (index-- == 0) {
            return it;
        }
    }
    return NULL;
}
