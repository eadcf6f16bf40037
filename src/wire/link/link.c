/*
 * The ops, and the two small queues behind them. Both live in `work`, which a connection has only while something is going
 * on, because most of ten thousand links have nothing to say most of the time.
 */

#include <stdlib.h>

#include "base/error.h"
#include "wire/http/http_head.h"
#include "wire/link/link_impl.h"

/* link.md 2.10 */
#define LINK_INTERVAL (15 * ALD_SEC)

static const struct ald_state link_states[] = {
    [ALD_LINK_NEW] = {"new", ALD_STATE_INITIAL, ALD_TO(ALD_LINK_ASKED) | ALD_TO(ALD_LINK_CLOSED)},
    [ALD_LINK_ASKED] = {"asked", 0, ALD_TO(ALD_LINK_NEW) | ALD_TO(ALD_LINK_READY) | ALD_TO(ALD_LINK_CLOSED)},
    [ALD_LINK_READY] = {"ready", 0, ALD_TO(ALD_LINK_CLOSED)},
    [ALD_LINK_CLOSED] = {"closed", ALD_STATE_FINAL, 0},
};
static struct ald_machine link_machine = ALD_MACHINE("link", link_states);

static const char *const counter_names[] = {
#define ALD_X(name, text, meaning) [ALD_LINK_N_##name] = (text),
    ALD_LINK_COUNTERS(ALD_X)
#undef ALD_X
};
static const char *const counter_meanings[] = {
#define ALD_X(name, text, meaning) [ALD_LINK_N_##name] = (meaning),
    ALD_LINK_COUNTERS(ALD_X)
#undef ALD_X
};
_Static_assert(ALD_COUNT(counter_names) == ALD_LINK_N_COUNTERS, "every counter has a name");

static const struct ald_dialect_ops link_ops;

static struct ald_link *link_of(struct ald_dialect *dialect)
{
    ald_assert(dialect->ops == &link_ops);
    return ald_container(dialect, struct ald_link, dialect);
}
_Static_assert(offsetof(struct ald_link, dialect) == 0, "a dialect's struct begins with the dialect");

/* --- what the other files build on ------------------------------------------------------------------------------ */

void ald_link_move(struct ald_link *link, enum ald_link_state state)
{
    ald_sm_move(&link_machine, &link->state, (uint8_t)state);
}

void ald_link_ready(struct ald_link *link, ald_usec now)
{
    ald_link_move(link, ALD_LINK_READY);
    link->hello_until = ALD_NEVER;
    link->heard_at = now;
    link->heartbeat_at = link->interval > 0 ? now + link->interval : ALD_NEVER;
}

void ald_link_end(struct ald_link *link, uint16_t code, const char *text)
{
    if (link->state == ALD_LINK_CLOSED) {
        return;
    }
    ald_link_move(link, ALD_LINK_CLOSED);
    link->close_waits = true;
    link->close_code = code;
    link->close_text = text;
    link->hello_until = link->heartbeat_at = ALD_NEVER;
}

void ald_link_end_for_good(struct ald_link *link, uint16_t code, const char *text)
{
    if (link->state != ALD_LINK_CLOSED) {
        link->close_ends = link->state == ALD_LINK_READY;
        ald_link_end(link, code, text);
    }
}

static int said_grow(struct ald_link_work *work)
{
    size_t room = work->said_room == 0 ? 4 : 2 * work->said_room;
    struct ald_signal *said = realloc(work->said, room * sizeof(*said));

    if (said == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    work->said = said;
    work->said_room = room;
    return 0;
}

void ald_link_say(struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_link_work *work = link->work;
    struct ald_signal dropped = *signal;

    if (work->next_said == work->n_said) {
        work->next_said = work->n_said = 0;
    }
    if (work->n_said == ALD_LINK_SAID_MAX || (work->n_said == work->said_room && said_grow(work) < 0)) {
        ald_link_count(link, ALD_LINK_N_DROPPED_SIGNAL);
        ald_signal_clear(&dropped);
        link->is_short = true;
        return;
    }
    work->said[work->n_said++] = *signal;
}

/* link.md 2.8: an integer that no serial can be is taken as it comes. The original does not look for repetitions (2.7). */
bool ald_link_take_serial(struct ald_link *link, int64_t seq, size_t bytes)
{
    if (seq == 0) {
        ald_link_count(link, ALD_LINK_N_ODD_SEQUENCE);
        return true;
    }
    if (seq <= link->last_in) {
        ald_link_count(link, ALD_LINK_N_REPEATED);
        return false;
    }
    if (seq != link->last_in + 1) {
        ald_link_count(link, ALD_LINK_N_GAPS);
    }
    link->last_in = seq;
    link->unacked_bytes += bytes;
    return true;
}

void ald_link_say_acked(struct ald_link *link, uint64_t serial)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_ACKED);

    signal.serial = serial;
    ald_link_say(link, &signal);
}

void ald_link_acked(struct ald_link *link, int64_t seq)
{
    if (seq == 0) {
        return;
    }
    if ((uint64_t)seq > link->last_out) {
        ald_link_count(link, ALD_LINK_N_BAD_ACK);
    }
    ald_link_ping_acked(link, (uint64_t)seq);
    ald_link_say_acked(link, (uint64_t)seq);
}

int ald_link_reserve(struct ald_link *link, size_t size)
{
    uint8_t *room;

    return ald_buf_reserve(&link->work->text, size, &room) == 0 ? 0 : ald_trace(ALDIS_E_NOMEM);
}

int ald_link_keep(struct ald_link *link, struct ald_str str, struct ald_str *ret_kept)
{
    struct ald_buf *text = &link->work->text;
    size_t at = ald_buf_size(text);

    if (str.size == 0) {
        *ret_kept = ald_str_present(str) ? ALD_STR("") : ALD_STR_NONE;
        return 0;
    }
    if (ald_buf_push(text, str) != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *ret_kept = ald_str_of(ald_buf_str(text).data + at, str.size);
    return 0;
}

int ald_link_text(struct ald_link *link, struct ald_json_value value, struct ald_str *ret_text)
{
    struct ald_buf *text = &link->work->text;
    size_t at = ald_buf_size(text);

    *ret_text = ALD_STR_NONE;
    if (value.type != ALD_JSON_STRING) {
        return 0;
    }
    if (ald_json_is_plain(value)) {
        *ret_text = ald_json_inner(value);
        return 0;
    }
    if (ald_json_decode(value, text) != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *ret_text = ald_str_from(ald_buf_str(text), at);
    return 0;
}

int ald_link_text_keep(struct ald_link *link, struct ald_json_value value, struct ald_str *ret_text)
{
    struct ald_str text;
    int r;

    r = ald_link_reserve(link, 2 * value.raw.size + ALD_LINK_ADDRESS_MAX + ALD_NAME_MAX);
    if (r == 0) {
        r = ald_link_text(link, value, &text);
    }
    if (r == 0) {
        *ret_text = text;
        r = ald_json_is_plain(value) ? ald_link_keep(link, text, ret_text) : 0;
    }
    return r < 0 ? ald_trace(r) : 0;
}

struct ald_slice ald_link_share(struct ald_slice bytes, struct ald_json_value value)
{
    if (value.type == ALD_JSON_NONE) {
        return ALD_SLICE_NONE;
    }
    return ald_slice_part(bytes, (size_t)((const uint8_t *)value.raw.data - bytes.data), value.raw.size);
}

/* --- work ------------------------------------------------------------------------------------------------------- */

int ald_link_begin_work(struct ald_link *link)
{
    struct ald_link_work *work = link->work;

    if (work == NULL && link->spare != NULL) {
        work = link->work = ald_spare_take(link->spare);
    }
    if (work == NULL) {
        work = calloc(1, sizeof(*work));
        if (work == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        /* A frame may hold texts with everything in them escaped, and ALD_DIALECT_FRAMES of them may wait; the strings of a
         * frame, decoded, are no longer than the frame. */
        ald_buf_init(&work->out, ALD_DIALECT_FRAMES * (6 * link->options.link_message_max + 8 * ALD_KIB));
        ald_buf_init(&work->text, 2 * link->options.link_message_max + 8 * ALD_KIB);
        link->work = work;
    }
    ald_outbox_forget(&work->outbox, &work->out);
    return 0;
}

static bool work_is_idle(const struct ald_link_work *work)
{
    return ald_outbox_is_empty(&work->outbox) && work->next_said == work->n_said;
}

static void work_free(void *object)
{
    struct ald_link_work *work = object;

    if (work == NULL) {
        return;
    }
    ald_outbox_fini(&work->outbox);
    for (size_t i = work->next_said; i < work->n_said; i++) {
        ald_signal_clear(&work->said[i]);
    }
    free(work->said);
    ald_buf_fini(&work->out);
    ald_buf_fini(&work->text);
    free(work);
}

/* Everything was said and written, and what it showed was good until this call: the next one who talks may have it. */
static void link_rest(struct ald_link *link)
{
    struct ald_link_work *work = link->work;

    if (work == NULL || link->spare == NULL || link->state == ALD_LINK_CLOSED || !work_is_idle(work)) {
        return;
    }
    work->next_said = work->n_said = 0;
    ald_spare_give(link->spare, work, work_free);
    link->work = NULL;
}

/* --- the ops ---------------------------------------------------------------------------------------------------- */

/* What is wrong with a frame ends the session, except before there is one (link.md 2.3, 2.8). */
static void link_bad_frame(struct ald_link *link, const struct ald_link_frame *frame, int fault, const char *reason)
{
    ald_link_count(link, fault == ALD_LINK_NOT_JSON ? ALD_LINK_N_MALFORMED_JSON : ALD_LINK_N_MALFORMED);
    if (ald_link_is_hub(link) && link->state != ALD_LINK_READY) {
        ald_link_greet_bad(link, frame, reason);
    } else {
        ald_link_end_for_good(link, ALD_LINK_CLOSE_MALFORMED,
                              fault == ALD_LINK_NOT_JSON ? "Malformed JSON" : "Malformed message");
    }
}

static int link_hear(struct ald_link *link, ald_usec now, const struct ald_link_frame *frame, struct ald_slice bytes)
{
    if (!ald_link_is_hub(link)) {
        return ald_link_client_hear(link, now, frame, bytes);
    }
    if (link->state != ALD_LINK_READY) {
        return ald_link_greet(link, frame);
    }
    if (frame->type == ALD_LINK_TYPE_HEARTBEAT) {
        ald_link_count(link, ALD_LINK_N_HEARTBEATS_IN);
        link->heard_at = now;
        ald_link_acked(link, frame->seq);
        return 0;
    }
    return ald_link_hear(link, frame, bytes);
}

/* Nobody's memory should wait for the next heartbeat (link.md 9, 10). */
static int link_ack_early(struct ald_link *link)
{
    if (link->state != ALD_LINK_READY ||
        (link->last_in - link->told_in < ALD_LINK_ACK_MESSAGES && link->unacked_bytes < ALD_LINK_ACK_BYTES)) {
        return 0;
    }
    ald_link_count(link, ALD_LINK_N_EARLY_ACKS);
    link->told_in = link->last_in;
    link->unacked_bytes = 0;
    return ald_link_write_heartbeat(link);
}

static int link_feed_pong(struct ald_link *link, struct ald_slice bytes)
{
    int r = ald_link_is_hub(link) ? ald_link_begin_work(link) : 0; /* the hub's end asks, the other one is not asked */

    if (r == 0 && ald_link_is_hub(link)) {
        r = ald_link_ping_answered(link, ald_slice_str(bytes));
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int link_feed(struct ald_dialect *dialect, ald_usec now, enum ald_frame_kind kind, struct ald_slice bytes)
{
    struct ald_link *link = link_of(dialect);
    struct ald_link_frame frame;
    const char *reason = NULL;
    int r;

    link->frame_at = now;
    if (link->state == ALD_LINK_CLOSED || kind == ALD_FRAME_PING) {
        return 0;
    }
    if (kind == ALD_FRAME_PONG) {
        return link_feed_pong(link, bytes);
    }
    r = ald_link_begin_work(link);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_buf_cut(&link->work->text, 0);
    ald_link_count(link, ALD_LINK_N_FRAMES_IN);
    if (bytes.size > link->options.link_message_max) {
        /* A drop: the session may resume (link.md 2.1). A WebSocket takes no such message, and counts it. */
        ald_link_end(link, 1009, "");
        return 0;
    }
    if (link->is_old && link->state == ALD_LINK_READY) {
        r = ald_link_old_hear(link, now, bytes);
    } else {
        r = ald_link_frame_read(ald_slice_str(bytes), &frame, &reason);
        if (r > 0) {
            link_bad_frame(link, &frame, r, reason);
            return 0;
        }
        r = link_hear(link, now, &frame, bytes);
    }
    if (r == 0) {
        r = link_ack_early(link);
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int link_next(struct ald_dialect *dialect, struct ald_signal *ret_signal)
{
    struct ald_link *link = link_of(dialect);
    struct ald_link_work *work = link->work;

    if (work != NULL && work->next_said < work->n_said) {
        *ret_signal = work->said[work->next_said++];
        return 0;
    }
    if (link->is_short) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    if (link->close_waits) {
        link->close_waits = false;
        *ret_signal = ald_signal_of(ALD_SIGNAL_CLOSE);
        ret_signal->code = link->close_code;
        ret_signal->text = ald_str(link->close_text);
        ret_signal->ok = link->close_ends;
        return 0;
    }
    if (work != NULL && work->text.room > ALD_SCRATCH_KEPT) {
        ald_buf_reset(&work->text);
    }
    link_rest(link);
    return ALD_DIALECT_EMPTY;
}

static int link_emit(struct ald_dialect *dialect, ald_usec now, const struct ald_signal *signal)
{
    struct ald_link *link = link_of(dialect);
    int r;

    if (link->state == ALD_LINK_CLOSED) {
        ald_link_drop(link);
        return 0;
    }
    r = ald_link_begin_work(link);
    if (r == 0) {
        r = ald_link_is_hub(link) ? ald_link_tell(link, now, signal) : ald_link_client_tell(link, now, signal);
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int link_drain(struct ald_dialect *dialect, struct ald_frame *ret_frame)
{
    struct ald_link *link = link_of(dialect);
    struct ald_link_work *work = link->work;

    if (work != NULL && ald_outbox_take(&work->outbox, &work->out, ret_frame) == 0) {
        return 0;
    }
    link_rest(link);
    link->dialect.dry = true;
    return ALD_DIALECT_EMPTY;
}

static ald_usec link_deadline(const struct ald_dialect *dialect)
{
    const struct ald_link *link = (const struct ald_link *)dialect;

    ald_assert(dialect->ops == &link_ops);
    return ALD_MIN(link->hello_until, link->heartbeat_at);
}

/* Only heartbeats count (link.md 2.4); but of one that waits behind a long message, which is still arriving, nobody hears. */
static bool link_is_dead(const struct ald_link *link, ald_usec now)
{
    bool is_arriving = link->bytes_at > link->frame_at && now - link->bytes_at <= 2 * link->interval;

    return now - link->heard_at > 2 * link->interval && !is_arriving; /* strictly, and before the own one is sent */
}

static int link_tick(struct ald_dialect *dialect, ald_usec now)
{
    struct ald_link *link = link_of(dialect);
    int r;

    if (now >= link->hello_until) {
        ald_link_count(link, ALD_LINK_N_HANDSHAKE_TIMEOUT);
        ald_link_end(link, ald_link_is_hub(link) ? ALD_LINK_CLOSE_CUT : ALD_LINK_CLOSE_PROTOCOL,
                     "no handshake in time");
        return 0;
    }
    if (now < link->heartbeat_at) {
        return 0;
    }
    if (link_is_dead(link, now)) {
        ald_link_count(link, ALD_LINK_N_HEARTBEAT_TIMEOUT);
        ald_link_end(link, ald_link_is_hub(link) ? ALD_LINK_CLOSE_CUT : ALD_LINK_CLOSE_TIMEOUT, "Heartbeat timeout");
        return 0;
    }
    r = ald_link_begin_work(link);
    if (r < 0) {
        return ald_trace(r);
    }
    link->heartbeat_at = now + link->interval;
    link->told_in = link->last_in;
    link->unacked_bytes = 0;
    return ald_link_write_heartbeat(link);
}

static void link_alive(struct ald_dialect *dialect, ald_usec now)
{
    link_of(dialect)->bytes_at = now;
}

static void link_free(struct ald_dialect *dialect)
{
    struct ald_link *link = link_of(dialect);

    work_free(link->work);
    ald_link_client_fini(link);
    free(link->instances);
    ald_slice_clear(&link->plugins);
    free(link->calls);
    free(link);
}

static const struct ald_dialect_ops link_ops = {
    .name = "link",
    .feed = link_feed,
    .next = link_next,
    .emit = link_emit,
    .drain = link_drain,
    .deadline = link_deadline,
    .tick = link_tick,
    .alive = link_alive,
    .part = ald_link_part,
    .free = link_free,
};

static size_t link_message_max(const struct ald_dialect_options *options)
{
    return options->link_message_max > 0 ? options->link_message_max : (size_t)ALD_LINK_MESSAGE_MAX;
}

static int link_open(const struct ald_dialect_facts *facts, struct ald_dialect **ret_dialect)
{
    struct ald_link *link = calloc(1, sizeof(*link));
    int r = 0;

    if (link == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    link->dialect.ops = &link_ops;
    link->state = ALD_LINK_NEW;
    link->role = (uint8_t)facts->role;
    link->variant = (uint8_t)facts->variant;
    link->options = *facts->options;
    link->options.link_message_max = link_message_max(facts->options);
    link->messages = facts->messages;
    link->counters = facts->counters;
    link->spare = facts->spare;
    link->identity = facts->identity;
    link->lexicon = facts->lexicon;
    link->interval = facts->options->heartbeat_interval > 0 ? facts->options->heartbeat_interval : LINK_INTERVAL;
    link->heartbeat_at = ALD_NEVER;
    link->hello_until = facts->options->hello_timeout > 0 ? facts->now + facts->options->hello_timeout : ALD_NEVER;
    if (ald_link_is_hub(link)) {
        r = ald_link_begin_work(link);
        r = r < 0 ? r : ald_link_write_hello(link);
    }
    if (r < 0) {
        link_free(&link->dialect);
        return ald_trace(r);
    }
    *ret_dialect = &link->dialect;
    return 0;
}

/* link.md 2.1: exactly this path; whatever follows it in the query does not matter. */
static int link_accept(const struct ald_http_request *request, struct ald_accept *ret_accept)
{
    if (!ald_str_starts(request->path, ALD_STR(ALD_LINK_PATH))) {
        return ALD_ACCEPT_NOT_MINE;
    }
    if (request->path.size > strlen(ALD_LINK_PATH)) {
        *ret_accept = (struct ald_accept){.status = 400, .body = "Bad Request"};
        return ALD_ACCEPT_REFUSED;
    }
    *ret_accept = (struct ald_accept){.first_protocol = true, .old_version = true, .wants_token = true};
    return 0;
}

int ald_link_dial_path(struct ald_str prefix, struct ald_buf *out)
{
    int r;

    if (prefix.size > 0 && prefix.data[prefix.size - 1] == '/') {
        prefix.size--;
    }
    r = ald_buf_push(out, prefix);
    if (r == 0) {
        r = ald_buf_push(out, ALD_STR(ALD_LINK_PATH));
    }
    return r < 0 ? ald_trace(r) : r;
}

/* "each link handles" it (link.md 4.2). */
static bool link_knows(const struct ald_msg *msg)
{
    return msg->kind == ALD_COMMAND && ald_str_equal(msg->name, ALD_STR("PingRequest"));
}

/* Where a link sends a message; false: no address says it, as what has a name by an alias, or is called by its name. */
static bool destination_read(const struct ald_msg *msg, struct ald_link_address *ret_address)
{
    *ret_address = (struct ald_link_address){.type = ALD_LINK_CONTROLLER, .request = ALD_STR_NONE};
    if (ald_str_present(msg->to.target) && msg->to.target.size > 0) {
        return ald_link_target_read(ALD_STR_NONE, msg->to.target, ret_address);
    }
    if (!ald_str_present(msg->to.target) && msg->to.scope != ALD_SCOPE_ONE) {
        return ald_link_broadcast(msg, ret_address);
    }
    return true;
}

/* "[Address control:1:9]" (link.md 4.4): what a link's message says that it comes from stands in its wire id. */
static struct ald_str link_place(const struct ald_msg *msg, bool source, char room[ALD_DIALECT_PLACE_MAX])
{
    struct ald_link_address address;
    bool known = source ? ald_link_wire_id_read(msg->wire_id, &address) == 0 : destination_read(msg, &address);

    _Static_assert((int)ALD_DIALECT_PLACE_MAX >= (int)ALD_LINK_ADDRESS_MAX, "an address has room");
    return known ? ald_str_of(room, ald_link_address_describe(&address, room)) : ALD_STR_NONE;
}

const struct ald_dialect_type ald_link = {
    .name = "link",
    .counter_names = counter_names,
    .counter_meanings = counter_meanings,
    .n_counters = ALD_COUNT(counter_names),
    .resumes_late = true,
    .accept = link_accept,
    .message_max = link_message_max,
    .knows = link_knows,
    .place = link_place,
    .open = link_open,
};
