/*
 * The ops: what is fed waits in `chunk`, and next() takes one line after the other out of it, so that a signal is heard by
 * the hub before the line behind it is read, and answers stand in the order of what they answer.
 */

#include "wire/communicator/communicator.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

static const struct ald_state comm_states[] = {
    [ALD_COMM_NEW] = {"new", ALD_STATE_INITIAL,
                      ALD_TO(ALD_COMM_ASKED) | ALD_TO(ALD_COMM_READY) | ALD_TO(ALD_COMM_LEAVING) |
                          ALD_TO(ALD_COMM_CLOSED)},
    [ALD_COMM_ASKED] = {"asked", 0,
                        ALD_TO(ALD_COMM_NEW) | ALD_TO(ALD_COMM_READY) | ALD_TO(ALD_COMM_LEAVING) |
                            ALD_TO(ALD_COMM_CLOSED)},
    [ALD_COMM_READY] = {"ready", 0, ALD_TO(ALD_COMM_ASKED) | ALD_TO(ALD_COMM_LEAVING) | ALD_TO(ALD_COMM_CLOSED)},
    [ALD_COMM_LEAVING] = {"leaving", 0, ALD_TO(ALD_COMM_CLOSED)},
    [ALD_COMM_CLOSED] = {"closed", ALD_STATE_FINAL, 0},
};
static struct ald_machine comm_machine = ALD_MACHINE("communicator", comm_states);

static const char *const counter_names[] = {
#define ALD_X(name, text) [ALD_COMMUNICATOR_N_##name] = text,
    ALD_COMMUNICATOR_COUNTERS(ALD_X)
#undef ALD_X
};
_Static_assert(ALD_COUNT(counter_names) == ALD_COMMUNICATOR_N_COUNTERS, "every counter has a name");

static const struct ald_dialect_ops comm_ops;

static struct ald_comm *comm_of(struct ald_dialect *dialect)
{
    ald_assert(dialect->ops == &comm_ops);
    return ald_container(dialect, struct ald_comm, dialect);
}
_Static_assert(offsetof(struct ald_comm, dialect) == 0, "a dialect's struct begins with the dialect");

/* --- what the other files build on ------------------------------------------------------------------------------ */

void ald_comm_move(struct ald_comm *comm, enum ald_comm_state state)
{
    ald_sm_move(&comm_machine, &comm->state, (uint8_t)state);
}

void ald_comm_close(struct ald_comm *comm, uint16_t code, const char *text)
{
    if (comm->state == ALD_COMM_CLOSED) {
        return;
    }
    ald_comm_move(comm, ALD_COMM_CLOSED);
    comm->close_waits = true;
    comm->close_code = code;
    comm->close_text = text;
    comm->hello_until = ALD_NEVER;
    comm->alive_at = ALD_NEVER;
    ald_slice_clear(&comm->chunk);
}

void ald_comm_greeted(struct ald_comm *comm)
{
    comm->lines.max = comm->long_max;
}

void ald_comm_drop(struct ald_comm *comm)
{
    ald_comm_count(comm, ALD_COMMUNICATOR_N_DROPPED_SIGNAL);
}

int ald_comm_keep(struct ald_slice *slice, struct ald_str value)
{
    struct ald_slice kept = ALD_SLICE_NONE;
    int r = ald_str_present(value) ? ald_slice_copy(value, &kept) : 0;

    if (r < 0) {
        return ald_trace(r);
    }
    ald_slice_clear(slice);
    *slice = kept;
    return 0;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

/* What a caller waits for must not be refused without its id: it would wait until its deadline. With an outcome beside it,
 * the id is that of an answer. */
static struct ald_str line_asked(struct ald_comm *comm, const struct ald_comm_line *line)
{
    struct ald_str id = ald_comm_get(comm, line, ALD_COMM_ID);
    bool asks = ald_comm_is_hub(comm) && id.size > 0 && id.size <= ALD_NAME_MAX &&
                ald_comm_find(&line->params, ALD_COMM_OUTCOME) == NULL;

    return asks ? id : ALD_STR_NONE;
}

static int line_hear(struct ald_comm *comm, struct ald_str text)
{
    struct ald_comm_work *work = comm->work;
    struct ald_comm_fault fault;
    struct ald_comm_line line;
    int r;

    ald_comm_count(comm, ALD_COMMUNICATOR_N_LINES_IN);
    work->invalid = false;
    work->asked = ALD_STR_NONE;
    ald_buf_cut(&work->text, 0);
    r = ald_comm_line_read(&work->in, text, &line, &fault);
    if (r == ALD_COMM_MALFORMED) {
        r = ald_comm_malformed(comm, text, &fault);
    } else if (r == 0) {
        r = ald_comm_text_reserve(comm, &line);
        if (r == 0) {
            work->asked = line_asked(comm, &line);
            r = ald_comm_is_hub(comm) ? ald_comm_hear(comm, &line) : ald_comm_client_hear(comm, &line);
        }
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int line_too_long(struct ald_comm *comm)
{
    const struct ald_comm_fault fault = {"a line is longer than is taken here", comm->lines.max};
    int r;

    ald_comm_count(comm, ALD_COMMUNICATOR_N_LINE_TOO_LONG);
    r = ald_comm_malformed(comm, ALD_STR(""), &fault);
    return r < 0 ? ald_trace(r) : 0;
}

/* The next line of what was fed. Outcomes: as ald_comm_lines_next(). */
static int line_take(struct ald_comm *comm)
{
    struct ald_comm_work *work = comm->work;
    int r;

    if (comm->variant == ALD_COMMUNICATOR_DATAGRAM) { /* communicator.md 1.4: an LF within is no end */
        if (comm->chunk.size == 0) {
            return ALD_COMM_LINES_HUNGRY;
        }
        work->line = comm->chunk;
        comm->chunk = ALD_SLICE_NONE;
        return 0;
    }
    r = ald_comm_lines_next(&comm->lines, &comm->chunk, &work->line);
    return r < 0 ? ald_trace(r) : r;
}

/* Hear one line. Outcome: ALD_DIALECT_EMPTY, there is none. */
static int comm_step(struct ald_comm *comm)
{
    int r;

    ald_comm_work_forget_line(comm->work);
    r = line_take(comm);
    if (comm->chunk.size == 0) {
        ald_slice_clear(&comm->chunk); /* lines are references of their own */
    }
    if (r == ALD_COMM_LINES_HUNGRY) {
        return ALD_DIALECT_EMPTY;
    }
    if (r == ALD_COMM_LINES_LONG) {
        r = line_too_long(comm);
    } else if (r == 0) {
        r = line_hear(comm, ald_slice_str(comm->work->line));
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* --- the ops ---------------------------------------------------------------------------------------------------- */

static int comm_feed(struct ald_dialect *dialect, ald_usec now, enum ald_frame_kind kind, struct ald_slice bytes)
{
    struct ald_comm *comm = comm_of(dialect);
    int r;

    comm->now = now;
    if (comm->state == ALD_COMM_CLOSED || kind == ALD_FRAME_PING || kind == ALD_FRAME_PONG || bytes.size == 0) {
        return 0;
    }
    r = ald_comm_work_begin(comm);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_assert(comm->chunk.size == 0); /* it is asked until it has nothing more before it is fed again */
    comm->chunk = ald_slice_ref(bytes);
    return 0;
}

static bool comm_has_said(const struct ald_comm *comm)
{
    return comm->work != NULL && comm->work->next_said < comm->work->n_said;
}

static int comm_next(struct ald_dialect *dialect, struct ald_signal *ret_signal)
{
    struct ald_comm *comm = comm_of(dialect);
    int r = 0;

    while (!comm_has_said(comm) && comm->chunk.size > 0) {
        r = ald_comm_work_begin(comm);
        r = r == 0 ? comm_step(comm) : r;
        if (r < 0) {
            return ald_trace(r);
        }
    }
    if (comm_has_said(comm)) {
        *ret_signal = comm->work->said[comm->work->next_said++];
        return 0;
    }
    if (comm->close_waits) {
        comm->close_waits = false;
        *ret_signal = ald_signal_of(ALD_SIGNAL_CLOSE);
        ret_signal->code = comm->close_code;
        ret_signal->text = ald_str(comm->close_text);
        return 0;
    }
    ald_comm_work_rest(comm);
    return ALD_DIALECT_EMPTY;
}

static int comm_emit(struct ald_dialect *dialect, ald_usec now, const struct ald_signal *signal)
{
    struct ald_comm *comm = comm_of(dialect);
    int r;

    comm->now = now;
    if (comm->state == ALD_COMM_CLOSED) {
        ald_comm_drop(comm);
        return 0;
    }
    r = ald_comm_work_begin(comm);
    if (r == 0) {
        r = ald_comm_is_hub(comm) ? ald_comm_tell(comm, signal) : ald_comm_client_tell(comm, signal);
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int comm_drain(struct ald_dialect *dialect, struct ald_frame *ret_frame)
{
    struct ald_comm *comm = comm_of(dialect);
    struct ald_comm_work *work = comm->work;

    if (work != NULL && ald_outbox_take(&work->outbox, &work->out, ret_frame) == 0) {
        return 0;
    }
    ald_comm_work_rest(comm);
    return ALD_DIALECT_EMPTY;
}

static ald_usec comm_deadline(const struct ald_dialect *dialect)
{
    const struct ald_comm *comm = (const struct ald_comm *)dialect;

    return ALD_MIN(comm->hello_until, comm->alive_at);
}

/* Say INVALID, about nothing in particular, to who came in here. */
static int comm_complain(struct ald_comm *comm, const char *why)
{
    const struct ald_comm_head nothing = {.command = ALD_STR_NONE};
    int r;

    if (!ald_comm_is_hub(comm) || comm->variant == ALD_COMMUNICATOR_LINK || comm->variant == ALD_COMMUNICATOR_GOSSIP) {
        return 0;
    }
    r = ald_comm_work_begin(comm);
    r = r == 0 ? ald_comm_invalid(comm, &nothing, why) : r;
    return r < 0 ? ald_trace(r) : 0;
}

static int comm_tick(struct ald_dialect *dialect, ald_usec now)
{
    struct ald_comm *comm = comm_of(dialect);
    int r = 0;

    comm->now = now;
    if (now >= comm->hello_until) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_HELLO_TIMEOUT);
        r = comm_complain(comm, "no word that counts in time");
        ald_comm_close(comm, ALD_COMMUNICATOR_CLOSE_LATE, "No word that counts in time");
    } else if (now >= comm->alive_at) {
        r = ald_comm_work_begin(comm);
        r = r == 0 ? ald_comm_peer_look(comm) : r;
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* Of a line that was too long it has been told. */
static int comm_refuse(struct ald_dialect *dialect, ald_usec now, size_t max)
{
    struct ald_comm *comm = comm_of(dialect);
    char why[80];
    int r;

    comm->now = now;
    if (comm->state == ALD_COMM_CLOSED || comm->lines.skipping) {
        return 0;
    }
    (void)snprintf(why, sizeof(why), "more than %zu bytes without a word that counts", max);
    r = comm_complain(comm, why);
    return r < 0 ? ald_trace(r) : 0;
}

static void comm_alive(struct ald_dialect *dialect, ald_usec now)
{
    struct ald_comm *comm = comm_of(dialect);

    comm->heard = ALD_MAX(comm->heard, now);
}

static void comm_free(struct ald_dialect *dialect)
{
    struct ald_comm *comm = comm_of(dialect);

    (void)ald_comm_work_free(comm->work);
    ald_comm_lines_fini(&comm->lines);
    ald_slice_clear(&comm->chunk);
    ald_slice_clear(&comm->name);
    ald_slice_clear(&comm->name_plain);
    ald_slice_clear(&comm->own_spelled);
    if (comm->client != NULL) {
        ald_slice_clear(&comm->client->listed);
        ald_slice_clear(&comm->client->asked);
        free(comm->client);
    }
    free(comm);
}

static const struct ald_dialect_ops comm_ops = {
    .name = "communicator",
    .feed = comm_feed,
    .next = comm_next,
    .emit = comm_emit,
    .drain = comm_drain,
    .deadline = comm_deadline,
    .tick = comm_tick,
    .refuse = comm_refuse,
    .alive = comm_alive,
    .free = comm_free,
};

/* How we call ourselves. A hub that has no name to say is called as the original calls itself (communicator.md 5.1). */
static int own_init(struct ald_comm *comm)
{
    struct ald_str hub = comm->identity != NULL ? comm->identity->hub : ALD_STR_NONE, word;
    struct ald_buf scratch;
    int r;

    comm->own = ALD_COMM_DAEMON;
    ald_buf_init(&scratch, (size_t)8 * ALD_NAME_MAX);
    r = ald_comm_spell(hub, &scratch, &word);
    if (r == 0 && word.data == hub.data) {
        comm->own = hub;
    } else if (r == 0) {
        r = ald_comm_keep(&comm->own_spelled, word);
        comm->own = r == 0 ? ald_slice_str(comm->own_spelled) : comm->own;
    }
    ald_buf_fini(&scratch);
    return r < 0 ? ald_trace(r) : 0;
}

static int comm_init(struct ald_comm *comm)
{
    int r;

    if (!ald_comm_is_hub(comm)) {
        comm->client = calloc(1, sizeof(*comm->client));
        return comm->client != NULL ? 0 : ald_trace(ALDIS_E_NOMEM);
    }
    r = own_init(comm);
    if (r == 0 && (comm->variant == ALD_COMMUNICATOR_LINK || comm->variant == ALD_COMMUNICATOR_GOSSIP)) {
        r = ald_comm_work_begin(comm);
        r = r == 0 ? ald_comm_peer_open(comm) : r;
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* Hubs add to what they pass on. Who has not said who it is cannot say more in one line than in all of them. */
static void comm_init_lines(struct ald_comm *comm, size_t greeting_max)
{
    bool from_hub = comm->role == ALD_ROLE_PARTY || comm->variant != ALD_COMMUNICATOR_SERVICE;

    comm->long_max = comm->line_max + (from_hub ? ALD_COMMUNICATOR_HUB_ROOM : 0);
    ald_comm_lines_init(&comm->lines, greeting_max > 0 ? ALD_MIN(greeting_max, comm->long_max) : comm->long_max);
}

static int comm_open(const struct ald_dialect_facts *facts, struct ald_dialect **ret_dialect)
{
    const struct ald_dialect_options *options = facts->options;
    struct ald_comm *comm = calloc(1, sizeof(*comm));
    int r;

    ald_assert(facts->variant < ALD_COMMUNICATOR_N_VARIANTS);

    if (comm == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    comm->dialect.ops = &comm_ops;
    comm->state = ALD_COMM_NEW;
    comm->role = (uint8_t)facts->role;
    comm->variant = (uint8_t)facts->variant;
    comm->options = *options;
    comm->messages = facts->messages;
    comm->counters = facts->counters;
    comm->spare = facts->spare;
    comm->wall = facts->wall;
    comm->identity = facts->identity;
    comm->now = facts->now;
    comm->hello_until = ALD_NEVER;
    comm->alive_at = ALD_NEVER;
    if (options->hello_timeout > 0 && comm->variant != ALD_COMMUNICATOR_DATAGRAM) {
        comm->hello_until = facts->now + options->hello_timeout;
    }
    comm->line_max = options->line_max > 0 ? options->line_max : ALD_COMM_LINE_MAX;
    comm->admits = facts->admits;
    comm_init_lines(comm, facts->greeting_max);
    r = comm_init(comm);
    if (r < 0) {
        comm_free(&comm->dialect);
        return ald_trace(r);
    }
    *ret_dialect = &comm->dialect;
    return 0;
}

const struct ald_dialect_type ald_communicator = {
    .name = "communicator",
    .counter_names = counter_names,
    .n_counters = ALD_COUNT(counter_names),
    .open = comm_open,
};
