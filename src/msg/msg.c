/*
 * A message keeps its strings in one run of bytes: first the room inside itself, which holds the envelope of an
 * ordinary command, and one block of its own when they are longer. A view is never more than an offset away from that
 * run, so when it moves, every view is moved by the same rule. Setting a field twice leaves its first value behind in
 * the run; nobody does that often enough to matter.
 */

#include "msg/msg.h"

#include <stdlib.h>

#include "base/error.h"

struct ald_msg_pool {
    struct ald_pool objects;
};

/* Where the views of a message lie, so that no list of them is ever written twice. */
static const size_t msg_views[] = {
    offsetof(struct ald_msg, wire_id),  offsetof(struct ald_msg, name),        offsetof(struct ald_msg, version),
    offsetof(struct ald_msg, to.hub),   offsetof(struct ald_msg, to.target),   offsetof(struct ald_msg, to.channel),
    offsetof(struct ald_msg, from.hub), offsetof(struct ald_msg, from.target), offsetof(struct ald_msg, from.channel),
    offsetof(struct ald_msg, trace),    offsetof(struct ald_msg, collapse),    offsetof(struct ald_msg, code),
    offsetof(struct ald_msg, text),     offsetof(struct ald_msg, filters),
};

static const size_t msg_slices[] = {
    offsetof(struct ald_msg, payload),
    offsetof(struct ald_msg, details),
    offsetof(struct ald_msg, roster),
    offsetof(struct ald_msg, native),
};

static struct ald_str *msg_view(struct ald_msg *msg, size_t i)
{
    return (struct ald_str *)(void *)((char *)msg + msg_views[i]);
}

static struct ald_slice *msg_slice(struct ald_msg *msg, size_t i)
{
    return (struct ald_slice *)(void *)((char *)msg + msg_slices[i]);
}

int ald_msg_pool_new(size_t kept_max, struct ald_msg_pool **ret_pool)
{
    struct ald_msg_pool *pool = malloc(sizeof(*pool));

    if (pool == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_pool_init(&pool->objects, sizeof(struct ald_msg), kept_max);
    *ret_pool = pool;
    return 0;
}

struct ald_msg_pool *ald_msg_pool_free(struct ald_msg_pool *pool)
{
    if (pool != NULL) {
        ald_pool_fini(&pool->objects);
        free(pool);
    }
    return NULL;
}

size_t ald_msg_pool_live(const struct ald_msg_pool *pool)
{
    return pool->objects.n_live;
}

int ald_msg_new(struct ald_msg_pool *pool, enum ald_kind kind, struct ald_msg **ret_msg)
{
    struct ald_msg *msg = ald_pool_get(&pool->objects);

    if (msg == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    /* Everything but the room for strings, whose bytes are written before they are shown. */
    memset(msg, 0, offsetof(struct ald_msg, inline_strings));
    msg->refs = 1;
    msg->kind = (uint8_t)kind;
    msg->ttl = ALD_NEVER;
    msg->pool = pool;
    msg->strings = msg->inline_strings;
    msg->strings_room = sizeof(msg->inline_strings);
    *ret_msg = msg;
    return 0;
}

struct ald_msg *ald_msg_ref(struct ald_msg *msg)
{
    ald_assert(msg->refs > 0 && msg->refs < UINT32_MAX);
    msg->refs++;
    return msg;
}

static bool msg_is_inline(const struct ald_msg *msg)
{
    return msg->strings == msg->inline_strings;
}

static __attribute__((noinline)) void msg_free(struct ald_msg *msg)
{
    for (size_t i = 0; i < ALD_COUNT(msg_slices); i++) {
        ald_slice_clear(msg_slice(msg, i));
    }
    if (!msg_is_inline(msg)) {
        free(msg->strings);
    }
    ald_pool_put(&msg->pool->objects, msg);
}

struct ald_msg *ald_msg_unref(struct ald_msg *msg)
{
    if (msg != NULL) {
        ald_assert(msg->refs > 0);
        if (--msg->refs == 0) {
            msg_free(msg);
        }
    }
    return NULL;
}

/* Give the strings `room` bytes, somewhere else, and let every view follow them. The old run is given back by the
 * caller. */
static int msg_move_strings(struct ald_msg *msg, size_t room, char **ret_old)
{
    char *moved = malloc(room);

    if (moved == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    memcpy(moved, msg->strings, msg->strings_size);
    for (size_t i = 0; i < ALD_COUNT(msg_views); i++) {
        struct ald_str *view = msg_view(msg, i);

        if (view->data != NULL) {
            view->data = moved + (view->data - msg->strings);
        }
    }
    *ret_old = msg_is_inline(msg) ? NULL : msg->strings;
    msg->strings = moved;
    msg->strings_room = room;
    return 0;
}

/* There must be room. */
static void msg_put(struct ald_msg *msg, struct ald_str *field, struct ald_str value)
{
    char *place = msg->strings + msg->strings_size;

    msg->strings_size += value.size;
    *field = ald_str_of(place, value.size);
    memcpy(place, value.data, value.size);
}

/* Beyond the room there is. Apart, so that the usual way stays short. */
static __attribute__((noinline)) int msg_set_long(struct ald_msg *msg, struct ald_str *field, struct ald_str value)
{
    char *old = NULL;
    int r;

    if (value.size > SIZE_MAX / 4) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = msg_move_strings(msg, 2 * msg->strings_room + value.size, &old);
    if (r < 0) {
        return ald_trace(r);
    }
    msg_put(msg, field, value);
    free(old); /* only now: `value` may have lain in it */
    return 0;
}

int ald_msg_set(struct ald_msg *msg, struct ald_str *field, struct ald_str value)
{
    ald_assert(!msg->sealed);
    ald_assert((char *)field >= (char *)msg && (char *)field < (char *)(msg + 1));

    if (!ald_str_present(value)) {
        *field = ALD_STR_NONE;
        return 0;
    }
    if (value.size > msg->strings_room - msg->strings_size) {
        return msg_set_long(msg, field, value);
    }
    msg_put(msg, field, value);
    return 0;
}

int ald_msg_set_address(struct ald_msg *msg, struct ald_address *field, const struct ald_address *value)
{
    const struct ald_address copy = *value; /* `value` may be one of the message's own, whose views move */
    int r;

    r = ald_msg_set(msg, &field->hub, copy.hub);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_msg_set(msg, &field->target, copy.target);
    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_msg_set(msg, &field->channel, copy.channel);
    if (r < 0) {
        return ald_trace(r);
    }
    field->scope = copy.scope;
    return 0;
}

void ald_msg_set_slice(struct ald_msg *msg, struct ald_slice *field, struct ald_slice value)
{
    struct ald_slice old = *field;

    ald_assert(!msg->sealed);
    ald_assert((char *)field >= (char *)msg && (char *)field < (char *)(msg + 1));

    *field = ald_slice_ref(value);
    ald_slice_clear(&old);
}

void ald_msg_seal(struct ald_msg *msg)
{
    ald_assert(!msg->sealed);
    ald_assert(msg->refs == 1);
    msg->sealed = true;
}

size_t ald_msg_cost(const struct ald_msg *msg)
{
    /* The fixed share holds the strings while they are short. */
    return sizeof(*msg) + (msg_is_inline(msg) ? 0 : msg->strings_room) + msg->payload.size + msg->details.size +
           msg->roster.size + msg->native.size;
}

/* How much of `block` this message shows: a block that is mostly ours pins nothing. */
static size_t msg_share(struct ald_msg *msg, const struct ald_block *block)
{
    size_t size = 0;

    for (size_t i = 0; i < ALD_COUNT(msg_slices); i++) {
        size += msg_slice(msg, i)->block == block ? msg_slice(msg, i)->size : 0;
    }
    return size;
}

int ald_msg_compact(struct ald_msg *msg)
{
    struct ald_slice copies[ALD_COUNT(msg_slices)] = {ALD_SLICE_NONE};
    int r = 0;

    ald_assert(msg->refs == 1);

    for (size_t i = 0; i < ALD_COUNT(msg_slices) && r == 0; i++) {
        const struct ald_slice *slice = msg_slice(msg, i);

        if (slice->block != NULL && msg_share(msg, slice->block) < slice->block->size / 2) {
            r = ald_slice_copy(ald_slice_str(*slice), &copies[i]);
        }
    }
    for (size_t i = 0; i < ALD_COUNT(msg_slices); i++) {
        if (r == 0 && copies[i].data != NULL) {
            ald_slice_clear(msg_slice(msg, i));
            *msg_slice(msg, i) = copies[i];
        } else {
            ald_slice_clear(&copies[i]);
        }
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* A word with its size, which must not be counted anew for every message. */
#define WORD(word)                                                                                                     \
    {                                                                                                                  \
        word, sizeof(word) - 1                                                                                         \
    }

static const struct ald_str kind_names[] = {
    [ALD_COMMAND] = WORD("command"), [ALD_STATUS] = WORD("status"), [ALD_REPLY] = WORD("reply"),
    [ALD_EVENT] = WORD("event"),     [ALD_CANCEL] = WORD("cancel"),
};

static const struct ald_str outcome_names[] = {
    [ALD_OUTCOME_NONE] = WORD(""),   [ALD_SUCCEEDED] = WORD("succeeded"), [ALD_FAILED] = WORD("failed"),
    [ALD_REFUSED] = WORD("refused"), [ALD_CANCELLED] = WORD("cancelled"), [ALD_EXPIRED] = WORD("expired"),
    [ALD_LOST] = WORD("lost"),
};

static const struct ald_str phase_names[] = {
    [ALD_PHASE_SUBMITTED] = WORD("submitted"), [ALD_PHASE_STORING] = WORD("storing"),
    [ALD_PHASE_QUEUED] = WORD("queued"),       [ALD_PHASE_SENT] = WORD("sent"),
    [ALD_PHASE_ACCEPTED] = WORD("accepted"),   [ALD_PHASE_RUNNING] = WORD("running"),
    [ALD_PHASE_DONE] = WORD("done"),
};

static const struct ald_str mode_names[] = {
    [ALD_MODE_ANY] = WORD("any"),
    [ALD_MODE_PRIMARY] = WORD("primary"),
    [ALD_MODE_CHANNEL] = WORD("channel"),
    [ALD_MODE_ALL] = WORD("all"),
};

static const struct ald_str cause_words[] = {
#define ALD_X(name, word, text) WORD(word),
    ALD_CAUSES(ALD_X)
#undef ALD_X
};

static const char *const cause_texts[] = {
#define ALD_X(name, word, text) text,
    ALD_CAUSES(ALD_X)
#undef ALD_X
};

/* "No outcome yet" and "no cause" have the empty name, which is no word: it is not found. */
static int word_find(const struct ald_str *words, size_t n_words, struct ald_str word)
{
    for (size_t i = 0; word.size > 0 && i < n_words; i++) {
        if (ald_str_equal(words[i], word)) {
            return (int)i;
        }
    }
    return -1;
}

const char *ald_kind_name(enum ald_kind kind)
{
    ald_assert((size_t)kind < ALD_COUNT(kind_names));
    return kind_names[kind].data;
}

const char *ald_outcome_name(enum ald_outcome outcome)
{
    ald_assert((size_t)outcome < ALD_COUNT(outcome_names));
    return outcome_names[outcome].data;
}

const char *ald_phase_name(enum ald_phase phase)
{
    ald_assert((size_t)phase < ALD_COUNT(phase_names));
    return phase_names[phase].data;
}

const char *ald_mode_name(enum ald_mode mode)
{
    ald_assert((size_t)mode < ALD_COUNT(mode_names));
    return mode_names[mode].data;
}

const char *ald_cause_word(enum ald_cause cause)
{
    ald_assert((size_t)cause < ALD_COUNT(cause_words));
    return cause_words[cause].data;
}

const char *ald_cause_text(enum ald_cause cause)
{
    ald_assert((size_t)cause < ALD_COUNT(cause_texts));
    return cause_texts[cause];
}

int ald_outcome_find(struct ald_str word)
{
    return word_find(outcome_names, ALD_COUNT(outcome_names), word);
}

int ald_phase_find(struct ald_str word)
{
    return word_find(phase_names, ALD_COUNT(phase_names), word);
}

int ald_mode_find(struct ald_str word)
{
    return word_find(mode_names, ALD_COUNT(mode_names), word);
}

int ald_cause_find(struct ald_str word)
{
    return word_find(cause_words, ALD_COUNT(cause_words), word);
}
