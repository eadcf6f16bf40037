/*
 * The dialect is asked for signals in two places: after bytes were fed or a deadline came, when the hub may be
 * stepped at once; and after something was emitted, which happens while the effects of a step are applied, so that
 * its signals (a command that this peer cannot be told comes back as a refusal) must wait for the end of the turn.
 *
 * A connection that is to be closed has said things that are not written yet. The hub hears of the end when the last of
 * them is with the kernel, or the stream ended: until then it may not take a command for unsent and give it to another
 * channel. The closing handshake itself goes on without us: the stream lingers.
 */

#include "conn/conn.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/sm.h"
#include "conn/conn_close.h"
#include "conn/conn_impl.h"
#include "conn/door_impl.h"
#include "transport/frame.h"
#include "transport/ws.h"
#include "wire/exchange/exchange.h"
#include "wire/ws/ws_frame.h"

/*
 * From a close until the last of what was said must be with the kernel. The commands that the agent has are lost only
 * then, so a dead peer may not take the ten seconds of a closing handshake (exchange.md 2.12) for it, which goes on
 * without us. While the hub stops, what was taken in for a slow reader has nowhere else to go: it has what is left of that.
 */
#define CONN_FLUSH (1 * ALD_SEC)

static const struct ald_state conn_states[] = {
    [CONN_OPENING] = {"opening", ALD_STATE_INITIAL, ALD_TO(CONN_GREETING) | ALD_TO(CONN_ENDED)},
    [CONN_GREETING] = {"greeting", 0, ALD_TO(CONN_READY) | ALD_TO(CONN_CLOSING) | ALD_TO(CONN_ENDED)},
    [CONN_READY] = {"ready", 0, ALD_TO(CONN_CLOSING) | ALD_TO(CONN_ENDED)},
    [CONN_CLOSING] = {"closing", 0, ALD_TO(CONN_ENDED)},
    [CONN_ENDED] = {"ended", ALD_STATE_FINAL, 0},
};

/* Codes from here on are a dialect's own words for hubs that do not suit each other (RFC 6455 7.4.2: for private use). */
enum { CONN_CODE_REFUSED = 4000 };

static struct ald_machine conn_machine = ALD_MACHINE("conn", conn_states);

size_t ald_conn_size(void)
{
    return sizeof(struct ald_conn);
}

static void conn_greeted(struct ald_conn *conn)
{
    if (conn->door != NULL) {
        ald_door_greeted(conn->door);
        conn->door = NULL;
    }
}

/* The connection needs its stream no more. It leaves as it is: what was told to close goes on closing. */
static void conn_end(struct ald_conn *conn, const char *text)
{
    struct ald_edge *edge = conn->edge;

    ald_sm_move(&conn_machine, &conn->state, CONN_ENDED);
    (void)ald_conn_hold(conn, 0);
    conn->end_text = text;
    conn->stream = ald_stream_free(conn->stream);
    ald_alarm_stop(edge->loop, &conn->alarm);
    ald_node_remove(&conn->speaker.talk);
    ald_list_push_back(&edge->ending, &conn->speaker.end);
    ald_edge_settle_later(edge);
}

static ald_usec conn_flush_until(const struct ald_conn *conn)
{
    ald_usec until = ald_loop_now(conn->edge->loop) + CONN_FLUSH;

    return conn->edge->draining ? ALD_MAX(until, conn->edge->leave_until) : until;
}

/* A stream that closes has a deadline of its own, which is shorter. What the peer says until then is read, and not heard:
 * it may have to say something before it reads on. */
static void conn_close_later(struct ald_conn *conn, uint16_t code, struct ald_str reason)
{
    conn->closes_late = true;
    conn->late_code = code;
    conn->late_reason = reason;
    if (!ald_conn_reads(conn)) {
        ald_stream_resume(conn->stream);
    }
}

void ald_conn_close(struct ald_conn *conn, uint16_t code, struct ald_str reason, const char *text)
{
    if (!ald_conn_hears(conn)) {
        return; /* the first close decides (exchange.md 2.12) */
    }
    ald_sm_move(&conn_machine, &conn->state, CONN_CLOSING);
    ald_alarm_start(conn->edge->loop, &conn->alarm, conn_flush_until(conn));
    conn->end_text = text;
    if (conn->edge->draining && conn->done < conn->pushed) {
        conn_close_later(conn, code, reason);
        return;
    }
    ald_stream_close(conn->stream, code, reason);
    if (conn->done >= conn->pushed) {
        conn_end(conn, text);
    }
}

/* The peer gets no more. Nothing that waits will be begun, so the hub may move it at once. */
static void conn_cut(struct ald_conn *conn, const char *text)
{
    if (conn->state != CONN_ENDED) {
        ald_stream_abort(conn->stream);
        conn_end(conn, text);
    }
}

static void conn_fail(struct ald_conn *conn)
{
    conn->edge->counters.no_memory++;
    conn_cut(conn, "out of memory");
}

/* Everything that the dialect has to write. Errors: ALDIS_E_NOMEM. */
static int conn_drain(struct ald_conn *conn)
{
    struct ald_frame frame;

    while (ald_dialect_drain(conn->dialect, &frame) == 0) {
        int r = ald_frame_push(conn->stream, &frame);

        if (r < 0) {
            return ald_trace(r);
        }
        if (frame.ordinal == 0) {
            ald_conn_answered(conn, &frame);
        }
        conn->pushed = ALD_MAX(conn->pushed, frame.ordinal);
    }
    return 0;
}

/* An alarm that rings too early finds out by itself, so it is moved only when it would ring too late. */
void ald_conn_arm(struct ald_conn *conn)
{
    ald_usec due = ALD_MIN(ALD_MIN(ald_dialect_deadline(conn->dialect), conn->rests_until),
                           ALD_MIN(conn->quit_at, conn->clogged_until));

    if (due < conn->alarm.timer.due) {
        ald_alarm_start(conn->edge->loop, &conn->alarm, due);
    }
}

static void conn_closed_by_dialect(struct ald_conn *conn, const struct ald_signal *signal)
{
    const char *text;

    conn->edge->counters.closed_by_dialect++;
    conn->close_code = signal->code;
    if (signal->code >= CONN_CODE_REFUSED && !conn->greeted) {
        ald_conn_refused(conn, signal->text);
    }
    /* What is said of the end is worth a moment's memory, and can do without. */
    if (conn->why == NULL && signal->text.size > 0) {
        conn->why = strndup(signal->text.data, signal->text.size);
    }
    text = conn->why != NULL ? conn->why : "closed by the dialect";
    if (signal->code == 0) {
        conn_cut(conn, text);
    } else {
        ald_conn_close(conn, signal->code, conn->why != NULL ? ald_str(conn->why) : ALD_STR(""), text);
    }
    if (signal->ok) {
        ald_conn_end_session(conn, signal->party);
    }
}

/* Somebody else will have to say something to it. */
static bool signal_is_answered(const struct ald_signal *signal)
{
    return signal->kind == ALD_SIGNAL_COMMAND || (signal->kind == ALD_SIGNAL_EVENT && signal->msg != NULL &&
                                                  (signal->msg->flags & (ALD_MSG_REPORT | ALD_MSG_TELL_AWAY)) != 0);
}

static void conn_hear(struct ald_conn *conn, struct ald_signal *signal)
{
    struct ald_peer peer;
    struct ald_event event = {
        .kind = ALD_EVENT_SIGNAL, .conn = conn->number, .dialect = ald_str(conn->type->name), .signal = signal};

    if (signal->kind == ALD_SIGNAL_CLOSE) {
        conn_closed_by_dialect(conn, signal);
        return;
    }
    conn->asked = conn->asked || signal_is_answered(signal);
    if (signal->kind == ALD_SIGNAL_UNREGISTER) {
        conn->serves = false;
    }
    if (signal->kind == ALD_SIGNAL_LEAVE && !signal->ok) {
        conn->goodbye = signal->reconnect ? CONN_GOODBYE_RETURNS : CONN_GOODBYE_STAYS_AWAY;
    }
    if (ald_conn_judge(conn, &peer, signal) == 0) {
        ald_usec before = conn->edge->judging;

        ald_edge_step(conn->edge, &event);
        ald_conn_stepped(conn, signal);
        ald_conn_worked(conn, conn->edge->judging - before);
    }
}

/* What the dialect has to tell, then what it has to write, then when it wants to be asked again. */
static void conn_pump(struct ald_conn *conn)
{
    struct ald_signal signal;
    int next = 0, r = conn_drain(conn);

    while (r == 0 && ald_conn_hears(conn) && conn->rests_until == ALD_NEVER &&
           (next = ald_dialect_next(conn->dialect, &signal)) == 0) {
        if (signal.kind == ALD_SIGNAL_CLOSE) {
            r = conn_drain(conn); /* a refusal is heard before the door shuts */
        }
        conn_hear(conn, &signal);
        ald_signal_clear(&signal);
    }
    if (r == 0 && ald_conn_hears(conn)) {
        r = conn_drain(conn);
        ald_conn_arm(conn);
    }
    if (r < 0 || next < 0) {
        conn_fail(conn); /* what it said would be lost without a word */
    }
}

/* Half a large message is a sign of life too; it is looked for only when it matters. */
static void conn_alive(struct ald_conn *conn, ald_usec heard)
{
    if (heard > conn->heard) {
        conn->heard = heard;
        ald_dialect_alive(conn->dialect, heard);
    }
}

void ald_conn_refuse(struct ald_conn *conn)
{
    struct ald_edge *edge = conn->edge;
    int r = ald_dialect_refuse(conn->dialect, ald_loop_now(edge->loop), edge->greeting_bytes);

    if ((r == 0 ? conn_drain(conn) : r) < 0) {
        edge->counters.no_memory++; /* it is closed all the same */
    }
}

void ald_conn_feed(struct ald_conn *conn, const struct ald_chunk *chunk)
{
    enum ald_frame_kind kind = ald_frame_kind_of(chunk->kind);
    int r = ald_dialect_feed(conn->dialect, ald_loop_now(conn->edge->loop), kind, chunk->bytes);

    if (r < 0) {
        conn_fail(conn);
        return;
    }
    conn_pump(conn);
}

static void conn_received(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_chunk *chunk)
{
    struct ald_conn *conn = owner;

    if (!ald_conn_hears(conn)) {
        return;
    }
    conn_alive(conn, ald_loop_now(conn->edge->loop));
    if (conn->bytes) {
        ald_conn_received_bytes(conn, chunk);
    } else if (ald_conn_spend(conn, chunk->bytes.size)) {
        ald_conn_feed(conn, chunk);
    }
}

/* What waits in the dialect comes before what is still to be read. */
static void conn_go_on(struct ald_conn *conn)
{
    ald_conn_rested(conn);
    conn_pump(conn);
    if (ald_conn_hears(conn) && ald_conn_reads(conn)) {
        ald_stream_resume(conn->stream);
    }
}

static void conn_alarm(void *owner)
{
    struct ald_conn *conn = owner;
    ald_usec now = ald_loop_now(conn->edge->loop);

    if (conn->state == CONN_CLOSING) {
        conn_cut(conn, conn->end_text);
        return;
    }
    if (conn->clogged_until <= now) {
        conn->edge->counters.answers_unread++;
        conn_cut(conn, "it does not read what it is answered");
        return;
    }
    if (conn->quit_at <= now) {
        ald_conn_close(conn, ALD_WS_CLOSE_NORMAL, ALD_STR(""), "closed by the peer");
        return;
    }
    /* Of a peer that is not read nothing can be heard; whether it drains is the hub's to watch. */
    conn_alive(conn, !ald_conn_reads(conn) ? now : ald_stream_heard(conn->stream));
    if (ald_dialect_deadline(conn->dialect) <= now && ald_dialect_tick(conn->dialect, now) < 0) {
        conn_fail(conn);
        return;
    }
    if (conn->rests_until <= now) {
        conn_go_on(conn);
        return;
    }
    conn_pump(conn);
}

static void conn_written(void *owner, struct ald_stream *stream ALD_UNUSED, uint64_t begun, uint64_t done)
{
    struct ald_conn *conn = owner;

    conn->done = done;
    ald_conn_report_written(conn, begun);
    if (conn->state == CONN_CLOSING && conn->done >= conn->pushed) {
        if (conn->closes_late) {
            ald_stream_close(conn->stream, conn->late_code, conn->late_reason);
        }
        conn_end(conn, conn->end_text);
    }
}

static void conn_opened(void *owner, struct ald_stream *stream)
{
    struct ald_conn *conn = owner;
    struct ald_edge *edge = conn->edge;
    struct ald_dialect_options options = edge->dialect_options;
    struct ald_dialect_facts facts = {
        .role = ALD_ROLE_HUB,
        .options = &options,
        .messages = edge->messages,
        .counters = edge->dialect_counters[conn->dialect_index],
        .spare = &edge->dialect_spares[conn->dialect_index],
        .seed = ald_rng_next(&edge->rng),
        .now = ald_loop_now(edge->loop),
        .wall = ald_edge_wall(edge),
        .identity = conn->identity,
        .lexicon = &edge->lexicon,
        .greeting_max = conn->trusted ? 0 : edge->greeting_bytes,
        .variant = conn->variant,
    };

    if (conn->caller != NULL && !conn->caller->agreed(conn->owner, stream, &facts.variant)) {
        conn_cut(conn, "it does not speak as we do");
        return;
    }
    if (conn->hello_timeout > 0) {
        options.hello_timeout = conn->hello_timeout;
    }
    if (ald_conn_identify(conn) < 0) {
        conn_fail(conn);
        return;
    }
    facts.admits = ald_conn_is_known(conn);
    if (conn->type->open(&facts, &conn->dialect) < 0) {
        conn_fail(conn);
        return;
    }
    conn->number = ++edge->last_number;
    ald_sm_move(&conn_machine, &conn->state, CONN_GREETING);
    ald_conn_report_opened(conn);
    if (ald_conn_hears(conn)) {
        conn_pump(conn);
    }
}

static void conn_forget(struct ald_conn *conn)
{
    conn_greeted(conn);
    ald_conn_release(conn);
    if (conn->group != NULL) {
        conn->group->n--;
    }
    free(conn->hub);
    free(conn->linked);
    free(conn->neighbors);
    free(conn->why);
    ald_dialect_free(conn->dialect);
    ald_node_remove(&conn->speaker.node);
    ald_pool_put(&conn->edge->conns, conn);
}

static void conn_tell_caller(struct ald_conn *conn, struct ald_str text, int http_status)
{
    const struct ald_conn_end end = {
        .greeted = conn->greeted,
        .said_goodbye = conn->goodbye != CONN_GOODBYE_NONE,
        .code = conn->close_code,
        .http_status = http_status,
        .text = text,
    };

    if (conn->caller != NULL) {
        conn->caller->ended(conn->owner, &end);
    }
}

/* Tells who is to know, and frees it. */
static void conn_bury(struct ald_conn *conn, struct ald_str text, int http_status)
{
    struct ald_edge *edge = conn->edge;
    struct ald_event event = {.kind = ALD_EVENT_CLOSED, .conn = conn->number, .text = text};

    ald_assert(conn->state == CONN_ENDED);
    if (conn->number != 0) {
        ald_edge_step(edge, &event);
        ald_edge_notice(edge, &(struct ald_notice){.kind = ALD_NOTICE_CLOSED, .conn = conn->number, .text = text});
    }
    if (conn->leads) {
        edge->gate->linked(edge->gate->owner, ald_str(conn->linked), false);
    }
    conn_tell_caller(conn, text, http_status);
    conn_forget(conn);
}

static void conn_closed(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_end *end)
{
    struct ald_conn *conn = owner;
    char text[sizeof(((struct ald_why *)0)->text)];

    if (end->reason.size > 0) {
        (void)snprintf(text, sizeof(text), "%s (%u %.*s)", end->text, end->code, ALD_STR_ARG(end->reason));
    } else {
        (void)snprintf(text, sizeof(text), "%s (%u)", end->text, end->code);
    }
    if (conn->state == CONN_GREETING && end->cause == ALD_END_LIMIT) {
        conn->edge->counters.greeting_oversize++;
    }
    conn_end(conn, NULL);
    ald_node_remove(&conn->speaker.end);
    conn_bury(conn, ald_str(text), end->http_status);
}

static const struct ald_speaker_ops conn_ops;

/* What was said to it before may still be written. */
void ald_conn_expel(void *who)
{
    struct ald_conn *conn = who;

    conn->edge->counters.expelled++;
    if (ald_conn_hears(conn) && conn->vouched) {
        /* Its peer's clients come back after a cut, and are told then why they may not (link.md 6.2). */
        conn_cut(conn, "not allowed any more");
        ald_conn_end_session(conn, 0);
    } else if (ald_conn_hears(conn)) {
        ald_conn_close(conn, ALD_WS_CLOSE_POLICY, ALD_STR("Not allowed any more"), "not allowed any more");
    } else if (conn->state == CONN_OPENING) {
        conn_cut(conn, "not allowed any more");
    }
}

static const struct ald_stream_callbacks conn_callbacks = {
    .opened = conn_opened,
    .received = conn_received,
    .written = conn_written,
    .drained = ald_conn_drained,
    .ended = ald_conn_heard_out,
    .closed = conn_closed,
};

int ald_conn_open(struct ald_edge *edge, const struct ald_conn_spec *spec, struct ald_stream *stream,
                  struct ald_conn **ret_conn)
{
    struct ald_conn *conn = ald_pool_get(&edge->conns);

    if (conn == NULL) {
        edge->counters.no_memory++;
        return ald_trace(ALDIS_E_NOMEM);
    }
    *conn = (struct ald_conn){
        .speaker = {.ops = &conn_ops},
        .edge = edge,
        .door = spec->door,
        .group = spec->group,
        .pass = spec->pass,
        .caller = spec->caller,
        .owner = spec->owner,
        .called_as = spec->name,
        .stream = stream,
        .type = spec->dialect,
        .identity = spec->identity != NULL ? spec->identity : edge->identity,
        .dialect_index = (uint16_t)spec->dialect_index,
        .variant = spec->variant,
        .greeting_left = edge->greeting_bytes,
        .quit_at = ALD_NEVER,
        .clogged_until = ALD_NEVER,
        .rests_until = ALD_NEVER,
        .hello_timeout = spec->hello_timeout,
        .wants_token = spec->wants_token && edge->gate != NULL && edge->gate->vouch != NULL,
        .trusted = spec->caller != NULL,
        .bytes = spec->bytes,
        .credentials = spec->credentials,
        .state = CONN_OPENING,
    };
    ald_node_init(&conn->speaker.talk);
    ald_node_init(&conn->speaker.end);
    ald_alarm_init(&conn->alarm, conn_alarm, conn);
    ald_list_push_back(&edge->all, &conn->speaker.node);
    ald_stream_own(stream, &conn_callbacks, conn);
    if (conn->pass != NULL) {
        edge->guard->enter(edge->guard->owner, conn->pass, ALD_GUEST_MANAGE_NONE, ald_conn_expel, conn);
    }
    if (ret_conn != NULL) {
        *ret_conn = conn;
    }
    return 0;
}

void ald_conn_hang_up(struct ald_conn *conn)
{
    conn->caller = NULL;
    if (ald_conn_hears(conn)) {
        ald_conn_close(conn, ALD_WS_CLOSE_NORMAL, ALD_STR(""), "not wanted any more");
    } else if (conn->state == CONN_OPENING) {
        conn_cut(conn, "not wanted any more");
    }
}

/* It said who it is, and may say more from now on. One that came without a target may come again with one. */
static void conn_registered(struct ald_conn *conn, const struct ald_signal *signal)
{
    struct ald_notice notice = {.kind = ALD_NOTICE_REGISTERED, .conn = conn->number, .target = signal->target};

    conn->serves = ald_str_present(signal->target);
    if (conn->state == CONN_GREETING) {
        ald_sm_move(&conn_machine, &conn->state, CONN_READY);
        conn_greeted(conn);
        if (!conn->bytes) {
            /* Another hub passes on what it took itself, and adds to it. */
            const struct ald_dialect_options *options = &conn->edge->dialect_options;
            size_t room = signal->greeting != NULL ? ALD_EXCHANGE_HUB_ROOM : 0;

            ald_ws_set_message_max(conn->stream, ald_dialect_message_max(conn->type, options) + room);
        }
    }
    if (!conn->greeted) {
        conn->learns = conn->linked != NULL || conn->neighbors != NULL; /* at the end of the turn: see conn_talk() */
    }
    if (!conn->greeted && conn->caller != NULL && conn->caller->registered != NULL) {
        conn->caller->registered(conn->owner, signal->target);
    }
    conn->greeted = true;
    ald_edge_notice(conn->edge, &notice);
}

/* Say it, and ask later what came of it. */
static void conn_emit(struct ald_conn *conn, const struct ald_signal *signal)
{
    struct ald_edge *edge = conn->edge;
    int r = ald_conn_translate(conn, signal);

    conn->said = ALD_MAX(conn->said, signal->ordinal);
    if (r == 0) {
        r = conn_drain(conn);
    }
    if (r < 0) {
        conn_fail(conn);
        return;
    }

    if (signal->kind == ALD_SIGNAL_REGISTERED && ald_conn_hears(conn)) {
        conn_registered(conn, signal);
    } else if (signal->kind == ALD_SIGNAL_DENIED && conn->greets) {
        ald_conn_refused(conn, signal->text);
    }
    if (!ald_node_linked(&conn->speaker.talk)) {
        ald_list_push_back(&edge->talking, &conn->speaker.talk);
    }
}

static struct ald_conn *conn_of(struct ald_speaker *speaker)
{
    return ald_container(speaker, struct ald_conn, speaker);
}

/* The hub ends it: in its dialect's words, if that has some. */
static void conn_part(struct ald_conn *conn, const struct ald_effect *effect)
{
    struct ald_conn_code code = effect->cause == ALD_CLOSE_LEFT && conn->goodbye != CONN_GOODBYE_NONE
                                    ? ald_conn_code_of_goodbye(conn->goodbye == CONN_GOODBYE_RETURNS)
                                    : ald_conn_code_of((enum ald_close_cause)effect->cause);

    if (conn->dialect->ops->part != NULL &&
        conn->dialect->ops->part(conn->dialect, ald_conn_parting((enum ald_close_cause)effect->cause), &code.code,
                                 &code.reason) &&
        conn_drain(conn) < 0) {
        conn_fail(conn);
        return;
    }
    if (code.code == 0) {
        conn_cut(conn, effect->text);
    } else {
        ald_conn_close(conn, code.code, ald_str(code.reason), effect->text);
    }
}

static void conn_apply(struct ald_speaker *speaker, const struct ald_effect *effect)
{
    struct ald_conn *conn = conn_of(speaker);

    if (!ald_conn_hears(conn)) {
        conn->edge->counters.effects_late++;
        return;
    }
    switch ((enum ald_effect_kind)effect->kind) {
    case ALD_EFFECT_SIGNAL:
        conn_emit(conn, &effect->signal);
        break;
    case ALD_EFFECT_PAUSE:
        conn->paused = true;
        ald_stream_pause(conn->stream);
        break;
    case ALD_EFFECT_RESUME:
        conn->paused = false;
        if (ald_conn_reads(conn)) {
            ald_stream_resume(conn->stream);
        }
        break;
    case ALD_EFFECT_CLOSE:
        conn->edge->counters.closed_by_hub++;
        if (effect->cause == ALD_CLOSE_SLOW) {
            conn_cut(conn, effect->text); /* it would not read the close frame either */
            break;
        }
        conn_part(conn, effect);
        break;
    }
}

static void conn_talk(struct ald_speaker *speaker)
{
    struct ald_conn *conn = conn_of(speaker);

    if (conn->learns) { /* which the hub hears of, so not within its step */
        ald_conn_learn(conn);
    }
    if (ald_conn_hears(conn)) {
        conn_pump(conn);
    }
    /* What became no frame will never be reported by the stream. */
    if (ald_conn_hears(conn) && conn->done >= conn->pushed && conn->told < conn->said) {
        ald_conn_report_written(conn, conn->done);
    }
}

static void conn_bury_late(struct ald_speaker *speaker)
{
    struct ald_conn *conn = conn_of(speaker);

    conn_bury(conn, ald_str(conn->end_text), 0);
}

static void conn_drop(struct ald_speaker *speaker)
{
    struct ald_conn *conn = conn_of(speaker);
    struct ald_edge *edge = conn->edge;

    conn->stream = ald_stream_free(conn->stream);
    ald_alarm_stop(edge->loop, &conn->alarm);
    (void)ald_conn_hold(conn, 0);
    ald_node_remove(&speaker->talk);
    ald_node_remove(&speaker->end);
    conn_forget(conn);
}

static const struct ald_speaker_ops conn_ops = {
    .apply = conn_apply,
    .talk = conn_talk,
    .bury = conn_bury_late,
    .drop = conn_drop,
};
