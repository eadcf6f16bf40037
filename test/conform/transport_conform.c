/*
 * The conformance suite of transports: every check over every stack of the table in rig.c.
 */

#include <stdio.h>
#include <unistd.h>

#include "conform/rig.h"

/* exchange.md 2.5: the largest message. */
enum { LARGE = 13107200 };

static const struct stack *stack_of(void **state)
{
    return *state;
}

#define CONFORM(sentence) static void conform_##sentence(void **state)
#define RIG(rig)                                                                                                       \
    struct rig rig;                                                                                                    \
    rig_open(&(rig), stack_of(state))

CONFORM(opens_both_ends_and_knows_them)
{
    struct ald_peer peer;

    RIG(rig);
    rig_listen(&rig);
    rig_dial(&rig);
    ald_check(!rig.near.opened && !ald_stream_opened(rig.near.stream)); /* never inside the call */
    rig_until(&rig, rig.near.opened && rig.far.opened);
    ald_check(ald_stream_opened(rig.near.stream) && ald_stream_net(rig.near.stream) == rig.net);
    ald_check_int(ald_net_streams(rig.net), 2);

    ald_stream_peer(rig.far.stream, &peer);
    ald_check(peer.loopback);
    ald_check_int(peer.tls, rig.stack->tls);
    ald_check_int(peer.has_ids, rig.stack->bottom != ALD_BOTTOM_TCP);
    ald_check(!peer.has_ids || peer.pid == getpid());
    if (rig.stack->tls) {
        ald_check_str(ald_str(peer.tls_sni), rig.stack->bottom == ALD_BOTTOM_TCP ? "" : "localhost");
    }
    ald_stream_peer(rig.near.stream, &peer);
    if (rig.stack->bottom == ALD_BOTTOM_TCP) {
        ald_check_str(ald_str(peer.address), ald_listener_address(rig.listener));
    }
    ald_check_int(peer.tls_verified, rig.stack->tls);
    ald_check_str(ald_str(peer.tls_common_name), rig.stack->tls ? "rig" : "");
    rig_close(&rig);
}

CONFORM(carries_small_messages_both_ways)
{
    RIG(rig);
    rig_join(&rig);
    end_say(&rig.near, "ping");
    end_say(&rig.far, "pong");
    rig_until(&rig, rig.near.n_bytes == 4 && rig.far.n_bytes == 4);
    ald_check_str(ald_str(end_text(&rig.far)), "ping");
    ald_check_str(ald_str(end_text(&rig.near)), "pong");
    ald_check_int(rig.far.last_kind, rig.stack->ws ? ALD_CHUNK_BINARY : ALD_CHUNK_BYTES);
    rig_close(&rig);
}

CONFORM(carries_large_messages_both_ways_at_once)
{
    RIG(rig);
    rig_join(&rig);
    end_push(&rig.near, LARGE, 1);
    end_push(&rig.far, LARGE, 1);
    rig_until(&rig, rig.near.n_bytes == LARGE && rig.far.n_bytes == LARGE);
    ald_check_int(rig.near.mismatches, 0);
    ald_check_int(rig.far.mismatches, 0);
    if (rig.stack->ws) {
        ald_check_int(rig.far.n_messages, 1);
        ald_check_int(rig.near.n_messages, 1);
    }
    rig_until(&rig, rig.near.done == 1 && rig.far.done == 1);
    rig_close(&rig);
}

CONFORM(keeps_the_size_of_each_message)
{
    static const size_t sizes[] = {1, 125, 126, 1000, 1024, 1025, 65535, 65536, 65537, 200000, 7};
    size_t all = 0;

    RIG(rig);
    rig_join(&rig);
    for (size_t i = 0; i < ALD_COUNT(sizes); i++) {
        end_push(&rig.near, sizes[i], i + 1);
        end_push(&rig.far, sizes[i], i + 1);
        all += sizes[i];
    }
    rig_until(&rig, rig.far.n_bytes == all && rig.near.n_bytes == all);
    ald_check_int(rig.far.mismatches + rig.near.mismatches, 0);
    for (size_t i = 0; rig.stack->ws && i < ALD_COUNT(sizes); i++) {
        ald_check_int(rig.far.sizes[i], sizes[i]);
        ald_check_int(rig.near.sizes[i], sizes[i]);
    }
    rig_close(&rig);
}

CONFORM(keeps_what_is_pushed_before_it_opens)
{
    RIG(rig);
    rig_listen(&rig);
    rig_dial(&rig);
    end_push(&rig.near, 10, 1);
    end_push(&rig.near, 5000, 2);
    ald_check(ald_stream_queued(rig.near.stream) >= 5010);
    rig_until(&rig, rig.far.n_bytes == 5010);
    ald_check_int(rig.far.mismatches, 0);
    rig_until(&rig, rig.near.done == 2);
    rig_close(&rig);
}

CONFORM(writes_many_small_messages_of_a_turn_at_once)
{
    uint64_t writes;

    RIG(rig);
    rig_join(&rig);
    writes = ald_net_counters(rig.net)->writes;
    for (uint64_t i = 1; i <= 1000; i++) {
        end_push(&rig.near, 20, i);
    }
    ald_check_int(rig.near.n_written, 0); /* never inside the call */
    rig_until(&rig, rig.far.n_bytes == 20000);
    ald_check_int(rig.far.mismatches, 0);
    ald_check_int(rig.near.done, 1000);
    ald_check(ald_net_counters(rig.net)->writes - writes <= 4);
    ald_check(rig.near.n_written <= 4);
    ald_check(!rig.stack->ws || rig.far.n_messages == 1000);
    rig_close(&rig);
}

CONFORM(tells_exactly_which_messages_were_begun_and_done)
{
    enum { MESSAGES = 200, SIZE = 100 * 1000 };
    size_t left;

    RIG(rig);
    rig_join(&rig);
    ald_stream_pause(rig.far.stream);
    for (uint64_t i = 1; i <= MESSAGES; i++) {
        end_push(&rig.near, SIZE, i);
    }
    rig_settle(&rig);
    /* Nobody reads: what fits into the system's buffers was begun, the rest was not. */
    ald_check(rig.near.begun >= 1 && rig.near.begun < MESSAGES && rig.near.done < MESSAGES);
    ald_check(rig.near.begun == rig.near.done || rig.near.begun == rig.near.done + 1);
    left = ald_stream_queued(rig.near.stream);
    ald_check(left >= (MESSAGES - rig.near.begun) * (size_t)SIZE);
    ald_check(left <= (MESSAGES - rig.near.done) * (size_t)(SIZE + 1000));

    ald_stream_resume(rig.far.stream);
    rig_until(&rig, rig.far.n_bytes == (size_t)MESSAGES * SIZE);
    ald_check_int(rig.near.done, MESSAGES);
    ald_check_int(rig.near.begun, MESSAGES);
    ald_check_int(rig.far.mismatches, 0);
    ald_check_int(ald_stream_queued(rig.near.stream), 0);
    ald_check(rig.near.n_drained >= 1);
    rig_close(&rig);
}

CONFORM(knows_ordinals_of_messages_without_bytes)
{
    RIG(rig);
    rig_join(&rig);
    end_push(&rig.near, 0, 1);
    rig_until(&rig, rig.near.done == 1);
    end_push(&rig.near, 10, 2);
    end_push(&rig.near, 0, 3);
    rig_until(&rig, rig.near.done == 3 && rig.far.n_bytes == 10);
    rig_close(&rig);
}

CONFORM(receives_nothing_after_a_pause_until_the_resume)
{
    enum { MESSAGES = 100 };
    size_t heard;

    RIG(rig);
    rig.far.pause_after = 1;
    rig_join(&rig);
    for (uint64_t i = 1; i <= MESSAGES; i++) {
        end_push(&rig.near, 3000, i);
    }
    rig_until(&rig, rig.far.n_messages > 0);
    heard = rig.far.n_bytes;
    rig_settle(&rig);
    ald_check_int(rig.far.n_messages, 1);
    ald_check_int(rig.far.n_bytes, heard);
    if (rig.stack->ws) {
        ald_check_int(heard, 3000); /* not one message more, although many were read with it */
    }
    rig.far.pause_after = 3; /* again, in the middle of what was held back */
    ald_stream_resume(rig.far.stream);
    rig_until(&rig, rig.far.n_messages == 3);
    rig_settle(&rig);
    ald_check_int(rig.far.n_messages, 3);
    rig.far.pause_after = 0;
    ald_stream_resume(rig.far.stream);
    rig_until(&rig, rig.far.n_bytes == (size_t)MESSAGES * 3000);
    ald_check_int(rig.far.mismatches, 0);
    rig_close(&rig);
}

CONFORM(holds_back_a_sender_whose_peer_does_not_read)
{
    enum { SIZE = 64 * 1024, ALL = 24 * 1024 * 1024 };

    RIG(rig);
    rig_join(&rig);
    ald_stream_pause(rig.far.stream);
    for (size_t pushed = 0; pushed < ALL; pushed += SIZE) {
        end_push(&rig.near, SIZE, 0);
    }
    rig_settle(&rig);
    /* The receiving side took no more than buffers of fixed size: the rest waits where it is accounted for. */
    ald_check(ald_stream_queued(rig.near.stream) > ALL - 12 * ALD_MIB);
    ald_check_int(rig.far.n_bytes, 0);
    ald_check(ald_net_counters(rig.net)->read_bytes < 2 * ALD_MIB);
    ald_stream_resume(rig.far.stream);
    rig_until(&rig, rig.far.n_bytes == ALL);
    ald_check_int(rig.far.mismatches, 0);
    rig_close(&rig);
}

static void closes_in_order(struct rig *rig, struct end *closer, struct end *other)
{
    const struct stack *stack = rig->stack;

    end_say(closer, "last words");
    ald_stream_close(closer->stream, 1013, ALD_STR("come back later"));
    ald_check(!closer->closed);
    end_say(closer, "too late");
    rig_until(rig, closer->closed && other->closed);

    ald_check_str(ald_str(end_text(other)), "last words");
    ald_check_int(closer->end.cause, ALD_END_LOCAL);
    ald_check_int(closer->end.code, 1013);
    ald_check_str(ald_str(closer->reason), "come back later");
    ald_check_int(other->end.cause, ALD_END_PEER);
    ald_check_int(other->end.code, stack->ws ? 1013 : 1006);
    ald_check_str(ald_str(other->reason), stack->ws ? "come back later" : "");
    ald_check_int(other->end.received, stack->ws ? 1013 : 1006);
    ald_check_int(closer->end.received, stack->ws ? 1013 : 1006); /* the echo */
}

CONFORM(closes_in_order_from_the_dialing_side)
{
    RIG(rig);
    rig_join(&rig);
    closes_in_order(&rig, &rig.near, &rig.far);
    rig_close(&rig);
}

CONFORM(closes_in_order_from_the_accepting_side)
{
    RIG(rig);
    rig_join(&rig);
    closes_in_order(&rig, &rig.far, &rig.near);
    rig_close(&rig);
}

CONFORM(sends_everything_before_it_closes)
{
    RIG(rig);
    rig_join(&rig);
    end_push(&rig.near, LARGE / 4, 1);
    ald_stream_close(rig.near.stream, 1000, ALD_STR(""));
    rig_until(&rig, rig.near.closed && rig.far.closed);
    ald_check_int(rig.far.n_bytes, LARGE / 4);
    ald_check_int(rig.far.mismatches, 0);
    ald_check_int(rig.near.done, 1);
    ald_check_int(rig.far.end.cause, ALD_END_PEER);
    rig_close(&rig);
}

CONFORM(closes_in_order_although_it_was_freed)
{
    RIG(rig);
    rig_join(&rig);
    end_push(&rig.near, 100000, 1);
    ald_stream_close(rig.near.stream, 1000, ALD_STR("bye"));
    end_free(&rig.near);
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.n_bytes, 100000);
    ald_check_int(rig.far.end.cause, ALD_END_PEER);
    ald_check_str(ald_str(rig.far.reason), rig.stack->ws ? "bye" : "");
    ald_check(!rig.near.closed);
    end_free(&rig.far);
    rig_until(&rig, ald_net_streams(rig.net) == 0);
    rig_close(&rig);
}

CONFORM(closes_when_both_ends_close_at_once)
{
    RIG(rig);
    rig_join(&rig);
    ald_stream_close(rig.near.stream, 1000, ALD_STR("near"));
    ald_stream_close(rig.far.stream, 1001, ALD_STR("far"));
    rig_until(&rig, rig.near.closed && rig.far.closed);
    ald_check_int(rig.near.end.cause, ALD_END_LOCAL);
    ald_check_int(rig.far.end.cause, ALD_END_LOCAL);
    ald_check_int(rig.near.end.code, 1000);
    ald_check_int(rig.far.end.code, 1001);
    ald_check_int(rig.near.end.received, rig.stack->ws ? 1001 : 1006);
    rig_close(&rig);
}

CONFORM(counts_only_the_first_close)
{
    RIG(rig);
    rig_join(&rig);
    ald_stream_close(rig.near.stream, 1000, ALD_STR("first"));
    ald_stream_close(rig.near.stream, 1001, ALD_STR("second"));
    rig_until(&rig, rig.near.closed && rig.far.closed);
    ald_check_int(rig.near.end.code, 1000);
    ald_check_str(ald_str(rig.near.reason), "first");
    rig_close(&rig);
}

CONFORM(closes_a_paused_stream)
{
    RIG(rig);
    rig_join(&rig);
    ald_stream_pause(rig.near.stream);
    end_push(&rig.far, 500000, 1);
    rig_settle(&rig);
    ald_stream_close(rig.near.stream, 1000, ALD_STR("enough"));
    rig_until(&rig, rig.near.closed && rig.far.closed);
    ald_check_int(rig.near.end.cause, ALD_END_LOCAL);
    ald_check_int(rig.near.n_bytes, 0);
    rig_close(&rig);
}

CONFORM(gives_up_on_a_peer_that_does_not_answer_a_close)
{
    RIG(rig);
    rig.options.close_timeout = 30 * ALD_MSEC;
    rig_join(&rig);
    ald_stream_pause(rig.far.stream); /* reads neither close frame nor end */
    ald_stream_close(rig.near.stream, 1000, ALD_STR("hello?"));
    rig_until(&rig, rig.near.closed);
    ald_check_int(rig.near.end.cause, ALD_END_TIMEOUT);
    ald_check_int(rig.near.end.code, 1000);
    ald_check_int(rig.near.end.received, 1006);
    ald_check(ald_net_counters(rig.net)->timeouts >= 1);
    rig_close(&rig);
}

static void sees_a_break(struct rig *rig, struct end *breaker, struct end *other)
{
    /* A unix socket without anything on it has no way to say that its end was not meant. */
    bool silent = rig->stack->bottom == ALD_BOTTOM_UNIX && !rig->stack->tls && !rig->stack->ws;

    end_push(breaker, 20 * ALD_MIB, 1); /* more than anybody will take of it */
    ald_stream_abort(breaker->stream);
    ald_check_int(ald_stream_queued(breaker->stream), 0);
    ald_check(!breaker->closed);
    rig_until(rig, breaker->closed && other->closed);
    ald_check_int(breaker->end.cause, ALD_END_LOCAL);
    ald_check_int(breaker->done, 0);
    ald_check_int(other->end.cause, silent ? ALD_END_PEER : ALD_END_BROKEN);
    ald_check_int(other->end.received, 1006);
}

CONFORM(sees_that_the_other_end_was_aborted)
{
    RIG(rig);
    rig_join(&rig);
    sees_a_break(&rig, &rig.near, &rig.far);
    rig_close(&rig);
}

CONFORM(sees_that_the_accepting_end_was_aborted)
{
    RIG(rig);
    rig_join(&rig);
    sees_a_break(&rig, &rig.far, &rig.near);
    rig_close(&rig);
}

CONFORM(aborts_an_end_whose_owner_frees_it)
{
    RIG(rig);
    rig_join(&rig);
    end_free(&rig.near);
    rig_until(&rig, rig.far.closed);
    ald_check(rig.far.end.cause == ALD_END_BROKEN || rig.far.end.cause == ALD_END_PEER);
    ald_check(!rig.near.closed);
    rig_close(&rig);
}

CONFORM(tells_why_nobody_can_be_reached)
{
    RIG(rig);
    rig_listen(&rig);
    rig.listener = ald_listener_close(rig.listener);
    rig_dial(&rig);
    rig_until(&rig, rig.near.closed);
    ald_check(!rig.near.opened);
    ald_check_int(rig.near.end.cause, ALD_END_REFUSED);
    ald_check(strstr(rig.near.why, rig_place(&rig).name) != NULL);
    ald_check(ald_net_counters(rig.net)->refused >= 1);
    rig_close(&rig);
}

CONFORM(ends_a_dial_that_is_closed_before_it_opens)
{
    RIG(rig);
    rig_listen(&rig);
    rig_dial(&rig);
    ald_stream_close(rig.near.stream, 1001, ALD_STR("changed my mind"));
    ald_check(!rig.near.closed);
    rig_until(&rig, rig.near.closed);
    ald_check(!rig.near.opened);
    ald_check_int(rig.near.end.cause, ALD_END_LOCAL);
    ald_check_int(rig.near.end.code, 1001);
    rig_close(&rig);
}

/* A peer that accepts the connection and then says nothing. */
CONFORM(gives_up_on_a_silent_handshake)
{
    struct ald_tls *tls;

    RIG(rig);
    rig.options.tls_timeout = rig.options.ws_timeout = 20 * ALD_MSEC;
    rig.keep_door = true;
    tls = ald_steal(&rig.server_tls);
    rig_listen(&rig);
    rig.server_tls = tls;
    rig_dial(&rig);
    rig_until(&rig, rig.near.closed);
    ald_check(!rig.near.opened);
    ald_check_int(rig.near.end.cause, ALD_END_TIMEOUT);
    rig_close(&rig);
}

CONFORM(gives_up_on_a_caller_that_never_begins_tls)
{
    RIG(rig);
    rig.options.tls_timeout = 20 * ALD_MSEC;
    rig_listen(&rig);
    rig_dial_part(&rig, false, false);
    rig_until(&rig, rig.far.closed && rig.near.closed);
    ald_check(!rig.far.opened);
    ald_check_int(rig.far.end.cause, ALD_END_TIMEOUT);
    rig_close(&rig);
}

static const char upgrade[] = "GET /rig HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/* Garbage below TLS, and garbage below the WebSocket, cost only their own connection. */
CONFORM(survives_garbage_at_each_layer)
{
    RIG(rig);
    rig_listen(&rig);
    if (rig.stack->tls) {
        rig_dial_part(&rig, false, false);
        end_say(&rig.near, "GET / HTTP/1.1\r\nHost: this is not a TLS hello\r\n\r\n");
        rig_until(&rig, rig.far.closed && rig.near.closed);
        ald_check_int(rig.far.end.cause, ALD_END_TLS);
        ald_check(ald_net_counters(rig.net)->tls_failures >= 1);
        ald_http_parser_fini(&rig.far.parser);
        end_free(&rig.near);
        end_free(&rig.far);
        rig.near.closed = rig.far.closed = rig.near.opened = rig.far.parsing = false;
    }
    if (rig.stack->ws) {
        rig_dial_part(&rig, rig.stack->tls, false);
        end_say(&rig.near, upgrade);
        end_say(&rig.near, "this is no frame at all");
        rig_until(&rig, rig.far.closed && rig.near.closed);
        ald_check(rig.far.opened);
        ald_check_int(rig.far.end.cause, ALD_END_PROTOCOL);
        ald_check_int(rig.far.end.code, 1002);
        ald_check(ald_net_counters(rig.net)->ws_violations == 1);
        /* What the raw end saw: the 101, and behind it the close frame of a server, 1002. */
        ald_check(memmem(end_text(&rig.near), RIG_TEXT_MAX, "101", 3) != NULL);
        ald_check(memmem(rig.near.text.data, ald_buf_size(&rig.near.text), "\x03\xea", 2) != NULL);
    }
    rig_close(&rig);
}

CONFORM(sees_a_peer_that_ends_in_the_middle)
{
    RIG(rig);
    rig_listen(&rig);
    if (rig.stack->ws) {
        rig_dial_part(&rig, rig.stack->tls, false);
        end_say(&rig.near, upgrade);
        end_say(&rig.near, "\x82\x85"
                           "key"); /* half a header */
        rig_until(&rig, rig.far.opened);
        ald_stream_close(rig.near.stream, 1000, ALD_STR(""));
    } else {
        rig_dial_part(&rig, false, false);
        end_say(&rig.near, "\x16\x03\x01"); /* the first bytes of a TLS hello */
        rig_until(&rig, rig.near.opened && rig.far.stream != NULL);
        ald_stream_close(rig.near.stream, 1000, ALD_STR(""));
    }
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.end.cause, ALD_END_BROKEN);
    ald_check_int(rig.far.n_messages, 0);
    rig_close(&rig);
}

/* Frees in each callback, under a sanitizer that would notice what is used afterwards. */
CONFORM(may_be_freed_in_any_callback)
{
    for (int i = 0; i < 8; i++) {
        RIG(rig);
        rig.near.free_in_opened = i == 0;
        rig.far.free_in_opened = i == 1;
        rig.near.free_in_written = i == 2;
        rig.far.free_in_received = i == 3;
        rig.near.free_in_closed = i == 4;
        rig.far.free_in_closed = i == 5;
        rig.far.close_in_received = i == 6;
        rig_listen(&rig);
        rig_dial(&rig);
        for (uint64_t n = 1; n <= 50; n++) {
            end_push(&rig.near, 500, n);
        }
        rig_until(&rig, rig.near.stream == NULL || rig.far.stream == NULL || rig.far.closed || rig.near.done == 50);
        if (rig.near.stream != NULL) {
            ald_stream_close(rig.near.stream, 1000, ALD_STR(""));
        }
        rig_settle(&rig);
        rig_close(&rig);
    }
}

CONFORM(dies_with_its_net)
{
    RIG(rig);
    rig_join(&rig);
    end_push(&rig.near, 3 * ALD_MIB, 1);
    ald_stream_pause(rig.far.stream);
    rig_settle(&rig);
    ald_stream_close(rig.near.stream, 1000, ALD_STR(""));
    end_free(&rig.near); /* it lingers */
    end_free(&rig.far);
    rig.listener = ald_listener_close(rig.listener);
    rig_close(&rig); /* without another turn for what was closed */
}

CONFORM(turns_away_dials_to_a_listener_that_closed)
{
    RIG(rig);
    rig_listen(&rig);
    rig_dial(&rig);
    rig.listener = ald_listener_close(rig.listener);
    rig_until(&rig, rig.near.closed);
    ald_check(rig.far.stream == NULL);
    ald_check(rig.near.end.cause != ALD_END_LOCAL);
    rig_close(&rig);
}

CONFORM(carries_a_thousand_exchanges)
{
    RIG(rig);
    rig_join(&rig);
    for (uint64_t i = 1; i <= 1000; i++) {
        end_push(&rig.near, i, i);
        rig_until(&rig, rig.far.n_bytes == i * (i + 1) / 2);
        end_push(&rig.far, 10, i);
        rig_until(&rig, rig.near.n_bytes == i * 10);
    }
    ald_check_int(rig.far.mismatches + rig.near.mismatches, 0);
    ald_check_int(rig.near.done, 1000);
    rig_close(&rig);
}

/* What a stack must have for a check to mean anything: bytes alone have neither a handshake nor a middle. */
enum needs { NEEDS_NOTHING, NEEDS_HANDSHAKE, NEEDS_TLS };

struct check {
    const char *sentence;
    void (*fn)(void **state);
    enum needs needs;
};

#define CHECK(sentence)                                                                                                \
    {                                                                                                                  \
#sentence, conform_##sentence, NEEDS_NOTHING                                                                   \
    }
#define CHECK_WITH(needs, sentence)                                                                                    \
    {                                                                                                                  \
#sentence, conform_##sentence, needs                                                                           \
    }

static const struct check checks[] = {
    CHECK(opens_both_ends_and_knows_them),
    CHECK(carries_small_messages_both_ways),
    CHECK(carries_large_messages_both_ways_at_once),
    CHECK(keeps_the_size_of_each_message),
    CHECK(keeps_what_is_pushed_before_it_opens),
    CHECK(writes_many_small_messages_of_a_turn_at_once),
    CHECK(tells_exactly_which_messages_were_begun_and_done),
    CHECK(knows_ordinals_of_messages_without_bytes),
    CHECK(receives_nothing_after_a_pause_until_the_resume),
    CHECK(holds_back_a_sender_whose_peer_does_not_read),
    CHECK(closes_in_order_from_the_dialing_side),
    CHECK(closes_in_order_from_the_accepting_side),
    CHECK(sends_everything_before_it_closes),
    CHECK(closes_in_order_although_it_was_freed),
    CHECK(closes_when_both_ends_close_at_once),
    CHECK(counts_only_the_first_close),
    CHECK(closes_a_paused_stream),
    CHECK(gives_up_on_a_peer_that_does_not_answer_a_close),
    CHECK(sees_that_the_other_end_was_aborted),
    CHECK(sees_that_the_accepting_end_was_aborted),
    CHECK(aborts_an_end_whose_owner_frees_it),
    CHECK(tells_why_nobody_can_be_reached),
    CHECK(ends_a_dial_that_is_closed_before_it_opens),
    CHECK_WITH(NEEDS_HANDSHAKE, gives_up_on_a_silent_handshake),
    CHECK_WITH(NEEDS_TLS, gives_up_on_a_caller_that_never_begins_tls),
    CHECK_WITH(NEEDS_HANDSHAKE, survives_garbage_at_each_layer),
    CHECK_WITH(NEEDS_HANDSHAKE, sees_a_peer_that_ends_in_the_middle),
    CHECK(may_be_freed_in_any_callback),
    CHECK(dies_with_its_net),
    CHECK(turns_away_dials_to_a_listener_that_closed),
    CHECK(carries_a_thousand_exchanges),
};

static bool check_fits(const struct check *check, const struct stack *stack)
{
    switch (check->needs) {
    case NEEDS_HANDSHAKE:
        return stack->tls || stack->ws;
    case NEEDS_TLS:
        return stack->tls;
    default:
        return true;
    }
}

/* Every check over every stack, or over the one that is named. */
int main(int argc, char **argv)
{
    enum { TESTS_MAX = 1024 };
    static char names[TESTS_MAX][96];
    static struct CMUnitTest tests[TESTS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < n_stacks; i++) {
        for (size_t j = 0; j < ALD_COUNT(checks) && n < TESTS_MAX; j++) {
            if ((argc > 1 && strcmp(argv[1], stacks[i].name) != 0) || !check_fits(&checks[j], &stacks[i])) {
                continue;
            }
            snprintf(names[n], sizeof(names[n]), "%s %s", stacks[i].name, checks[j].sentence);
            tests[n] =
                (struct CMUnitTest){.name = names[n], .test_func = checks[j].fn, .initial_state = (void *)&stacks[i]};
            n++;
        }
    }
    return _cmocka_run_group_tests("transport_conform", tests, n, NULL, NULL);
}
