#include "conn/caller.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/sm.h"
#include "conn/edge_impl.h"
#include "transport/tls.h"

enum caller_state {
    CALLER_WAITING,
    CALLER_CALLING, /* dialing, shaking hands, or not let in yet */
    CALLER_LINKED
};

static const struct ald_state caller_states[] = {
    [CALLER_WAITING] = {"waiting", ALD_STATE_INITIAL, ALD_TO(CALLER_CALLING)},
    [CALLER_CALLING] = {"calling", 0, ALD_TO(CALLER_LINKED) | ALD_TO(CALLER_WAITING)},
    [CALLER_LINKED] = {"linked", 0, ALD_TO(CALLER_WAITING)},
};

static struct ald_machine caller_machine = ALD_MACHINE("caller", caller_states);

enum { CALLER_FIELDS_MAX = 4 };

/* When a dial could not even begin: memory, or descriptors; a moment later there may be some. */
#define CALLER_SHORT (1 * ALD_SEC)

struct ald_caller {
    struct ald_edge *edge;
    struct ald_conn *conn; /* while calling or linked */
    struct ald_alarm alarm;
    const struct ald_caller_callbacks *callbacks;
    void *owner;
    const struct ald_dialect_type *dialect;
    size_t dialect_index;
    uint32_t variant;
    ald_usec hello_timeout;
    const struct ald_identity *identity;
    struct ald_tls *tls;
    enum ald_bottom_id bottom;
    uint16_t port;
    char *name;
    char *tls_name;
    char *path; /* of the upgrade; NULL: no WebSocket */
    struct ald_http_field fields[CALLER_FIELDS_MAX];
    size_t n_fields;
    unsigned n_failures;
    uint8_t state;
};

static void caller_wait(struct ald_caller *caller, ald_usec delay)
{
    struct ald_loop *loop = caller->edge->loop;

    ald_alarm_start(loop, &caller->alarm, delay == ALD_NEVER ? ALD_NEVER : ald_loop_now(loop) + delay);
}

static void caller_registered(void *owner, struct ald_str target)
{
    struct ald_caller *caller = owner;

    caller->n_failures = 0;
    ald_sm_move(&caller_machine, &caller->state, CALLER_LINKED);
    if (caller->callbacks->linked != NULL) {
        caller->callbacks->linked(caller->owner, target);
    }
}

static void caller_ended(void *owner, const struct ald_conn_end *end)
{
    struct ald_caller *caller = owner;
    ald_usec delay;

    caller->conn = NULL;
    caller->n_failures += caller->state == CALLER_LINKED ? 0 : 1;
    ald_sm_move(&caller_machine, &caller->state, CALLER_WAITING);
    delay = caller->callbacks->again(caller->owner, end);
    /* A hub that stops calls nobody any more. */
    caller_wait(caller, ald_edge_draining(caller->edge) ? ALD_NEVER : delay);
}

static bool caller_agreed(void *owner, const struct ald_stream *stream, uint32_t *variant)
{
    const struct ald_caller *caller = owner;

    return caller->callbacks->agreed == NULL || caller->callbacks->agreed(caller->owner, stream, variant);
}

static const struct ald_conn_caller caller_callbacks = {
    .agreed = caller_agreed,
    .registered = caller_registered,
    .ended = caller_ended,
};

/* --- calling ------------------------------------------------------------------------------------------------------ */

static int caller_dial(struct ald_caller *caller, struct ald_stream **ret_stream)
{
    const struct ald_ws_hello hello = {.target = caller->path, .fields = {caller->fields, caller->n_fields}};
    const struct ald_dial_spec spec = {
        .place = {caller->bottom, caller->name, caller->port},
        .tls = caller->tls,
        .tls_name = caller->tls_name,
        .ws = caller->path != NULL ? &hello : NULL,
        .options = &caller->edge->stream_options,
    };
    static const struct ald_stream_callbacks nobody = {0}; /* until the connection takes the stream */

    return ald_dial(caller->edge->net, &spec, &nobody, NULL, ret_stream);
}

/* Errors: ALDIS_E_NOMEM, ALDIS_E_INVALID. */
static int caller_try(struct ald_caller *caller)
{
    const struct ald_conn_spec spec = {
        .dialect = caller->dialect,
        .dialect_index = caller->dialect_index,
        .variant = caller->variant,
        .caller = &caller_callbacks,
        .name = caller->callbacks->name,
        .owner = caller,
        .identity = caller->identity,
        .bytes = caller->path == NULL,
        .hello_timeout = caller->hello_timeout,
    };
    struct ald_stream *stream = NULL;
    int r = caller_dial(caller, &stream);

    if (r < 0) {
        return ald_trace(r);
    }
    r = ald_conn_open(caller->edge, &spec, stream, &caller->conn);
    if (r < 0) {
        ald_stream_free(stream);
        return ald_trace(r);
    }
    return 0;
}

static void caller_alarm(void *owner)
{
    struct ald_caller *caller = owner;

    if (ald_edge_draining(caller->edge)) {
        return;
    }
    if (caller_try(caller) < 0) {
        caller_wait(caller, CALLER_SHORT);
        return;
    }
    ald_sm_move(&caller_machine, &caller->state, CALLER_CALLING);
}

void ald_caller_call(struct ald_caller *caller)
{
    if (caller->state == CALLER_WAITING) {
        caller_wait(caller, 0);
    }
}

void ald_caller_wait(struct ald_caller *caller, ald_usec delay)
{
    if (caller->state == CALLER_WAITING) {
        caller_wait(caller, delay);
    }
}

bool ald_caller_is_linked(const struct ald_caller *caller)
{
    return caller->state == CALLER_LINKED;
}

unsigned ald_caller_failures(const struct ald_caller *caller)
{
    return caller->n_failures;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

struct ald_caller *ald_caller_free(struct ald_caller *caller)
{
    if (caller == NULL) {
        return NULL;
    }
    ald_alarm_stop(caller->edge->loop, &caller->alarm);
    if (caller->conn != NULL) {
        ald_conn_hang_up(caller->conn);
    }
    for (size_t i = 0; i < caller->n_fields; i++) {
        free((char *)(uintptr_t)caller->fields[i].name.data);
        free((char *)(uintptr_t)caller->fields[i].value.data);
    }
    ald_tls_unref(caller->tls);
    free(caller->name);
    free(caller->tls_name);
    free(caller->path);
    free(caller);
    return NULL;
}

/* A copy of `from`, which stays absent when it is. False: memory is short. */
static bool text_copy(const char *from, char **to)
{
    *to = from != NULL ? strdup(from) : NULL;
    return from == NULL || *to != NULL;
}

static bool field_copy(struct ald_str from, struct ald_str *to)
{
    char *copy = strndup(from.data, from.size);

    *to = ald_str_of(copy, copy != NULL ? from.size : 0);
    return copy != NULL;
}

static bool caller_copy_ws(struct ald_caller *caller, const struct ald_ws_hello *ws)
{
    if (ws == NULL) {
        return true;
    }
    ald_assert(ws->fields.n <= CALLER_FIELDS_MAX);
    if (!text_copy(ws->target, &caller->path)) {
        return false;
    }
    for (size_t i = 0; i < ws->fields.n; i++) {
        struct ald_http_field *field = &caller->fields[caller->n_fields++];

        *field = (struct ald_http_field){ALD_STR_NONE, ALD_STR_NONE};
        if (!field_copy(ws->fields.items[i].name, &field->name) ||
            !field_copy(ws->fields.items[i].value, &field->value)) {
            return false;
        }
    }
    return true;
}

int ald_caller_new(struct ald_edge *edge, const struct ald_caller_spec *spec, struct ald_caller **ret_caller)
{
    ALD_AUTO(ald_caller_free) struct ald_caller *caller = calloc(1, sizeof(*caller));

    if (caller == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    caller->edge = edge;
    caller->callbacks = spec->callbacks;
    caller->owner = spec->owner;
    caller->dialect = spec->dialect;
    caller->dialect_index = ald_edge_dialect_index(spec->dialect);
    caller->variant = spec->variant;
    caller->hello_timeout = spec->hello_timeout;
    caller->identity = spec->identity;
    caller->bottom = spec->place.bottom;
    caller->port = spec->place.port;
    caller->tls = spec->tls != NULL ? ald_tls_ref(spec->tls) : NULL;
    ald_alarm_init(&caller->alarm, caller_alarm, caller);
    if (!text_copy(spec->place.name, &caller->name) || !text_copy(spec->tls_name, &caller->tls_name) ||
        !caller_copy_ws(caller, spec->ws)) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    caller_wait(caller, spec->first);
    *ret_caller = ald_steal(&caller);
    return 0;
}
