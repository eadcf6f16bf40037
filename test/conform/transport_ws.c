/*
 * The WebSocket filter against peers that speak it badly, and what only messages have: pings, limits, close codes. The
 * peer is a raw end that says bytes; what both ends of every stack do alike is in transport_conform.c.
 */

#include "conform/rig.h"

#include <stdio.h>

static const struct stack ws_inproc = {"ws+inproc", ALD_BOTTOM_INPROC, false, true};
static const struct stack ws_tcp = {"ws+tcp", ALD_BOTTOM_TCP, false, true};

static const char upgrade[] = "GET /rig HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/* A far end that is a WebSocket, a near one that says bytes and has said the upgrade. */
static void raw_join(struct rig *rig)
{
    rig_listen(rig);
    rig_dial_part(rig, false, false);
    end_say(&rig->near, upgrade);
    rig_until(rig, rig->far.opened && rig->near.n_bytes > 0);
    ald_buf_cut(&rig->near.text, 0);
}

/* Push a frame of a client; `size` is what its header announces. */
static void raw_frame(struct rig *rig, bool fin, uint8_t opcode, struct ald_str payload, uint64_t size)
{
    static const uint8_t key[ALD_WS_KEY_SIZE] = {1, 2, 3, 4};
    uint8_t frame[ALD_WS_HEAD_MAX + 2000];
    size_t head = ald_ws_head_write(frame, fin, opcode, size, key);

    ald_check(payload.size <= 2000);
    if (payload.size > 0) {
        ald_ws_mask_copy(frame + head, (const uint8_t *)payload.data, payload.size, key, 0);
    }
    ald_stream_push_copy(rig->near.stream, ALD_CHUNK_BYTES, ald_str_of(frame, head + payload.size), 0);
}

static void raw_message(struct rig *rig, uint8_t opcode, const char *text)
{
    raw_frame(rig, true, opcode, ald_str(text), strlen(text));
}

/* What the raw end has heard since it joined is exactly `bytes`. */
static void raw_expect(struct rig *rig, struct ald_str bytes)
{
    rig_until(rig, ald_buf_size(&rig->near.text) >= bytes.size);
    ald_check_int(ald_buf_size(&rig->near.text), bytes.size);
    ald_check(memcmp(ald_buf_str(&rig->near.text).data, bytes.data, bytes.size) == 0);
}

/* Handshake. */

static struct ald_str header_heard;
static char header_text[32];

static void header_note(struct end *end)
{
    header_heard = ald_ws_header(end->stream, ALD_STR("x-rig"));
    snprintf(header_text, sizeof(header_text), "%.*s", ALD_STR_ARG(header_heard));
}

ALD_TEST(ws, gives_headers_of_the_answer_while_it_opens)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    rig.near.on_opened = header_note;
    rig_join(&rig);
    ald_check_str(ald_str(header_text), "yes");
    ald_check(!ald_str_present(ald_ws_header(rig.near.stream, ALD_STR("x-rig"))));
    ald_check(!ald_str_present(ald_ws_header(rig.far.stream, ALD_STR("x-rig"))));
    rig_close(&rig);
}

ALD_TEST(ws, refuses_to_send_a_header_that_is_two)
{
    const struct ald_http_field field = {ALD_STR("X-Bad"), ALD_STR("a\r\nX-Smuggled: b")};
    const struct ald_ws_hello hello = {.target = "/", .fields = {&field, 1}};
    static const struct ald_stream_callbacks nobody;
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    ald_check_int(ald_dial(rig.net, &(struct ald_dial_spec){.place = rig_place(&rig), .ws = &hello}, &nobody, NULL,
                           &rig.near.stream),
                  ALDIS_E_INVALID);
    rig_close(&rig);
}

static void answers(const char *answer, enum ald_end_cause cause, int status)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    rig.keep_door = true;
    rig_listen(&rig);
    rig_dial(&rig);
    rig_until(&rig, rig.far.n_bytes > 0);
    ald_check(strncmp(end_text(&rig.far), "GET /rig HTTP/1.1\r\n", 19) == 0);
    end_say(&rig.far, answer);
    rig_until(&rig, rig.near.closed);
    ald_check(!rig.near.opened);
    ald_check_int(rig.near.end.cause, cause);
    ald_check_int(rig.near.end.http_status, status);
    ald_check_int(ald_net_counters(rig.net)->ws_refused, 1);
    rig_close(&rig);
}

ALD_TEST(ws, tells_the_status_of_a_server_that_refuses)
{
    answers("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", ALD_END_HTTP, 401);
    answers("HTTP/1.1 410 Gone\r\n\r\n", ALD_END_HTTP, 410);
    answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", ALD_END_HTTP, 200);
}

ALD_TEST(ws, believes_no_server_that_answers_wrongly)
{
    answers("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
            ALD_END_PROTOCOL, 0);
    answers("SSH-2.0-OpenSSH_9.2\r\n", ALD_END_PROTOCOL, 0);
    answers("\x16\x03\x01\r\n\r\n", ALD_END_PROTOCOL, 0);
}

ALD_TEST(ws, sees_an_answer_that_is_cut_off)
{
    struct rig rig;

    rig_open(&rig, &ws_tcp);
    rig.keep_door = true;
    rig_listen(&rig);
    rig_dial(&rig);
    rig_until(&rig, rig.far.n_bytes > 0);
    end_say(&rig.far, "HTTP/1.1 101 Swit");
    ald_stream_close(rig.far.stream, 1000, ALD_STR(""));
    rig_until(&rig, rig.near.closed);
    ald_check_int(rig.near.end.cause, ALD_END_BROKEN);
    rig_close(&rig);
}

struct drip {
    struct rig *rig;
    struct ald_alarm alarm;
};

static void drip_fall(void *owner)
{
    struct drip *drip = owner;

    end_say(&drip->rig->far, "x");
    ald_alarm_start(drip->rig->loop, &drip->alarm, ald_loop_now(drip->rig->loop) + 2 * ALD_MSEC);
}

ALD_TEST(ws, has_no_patience_for_an_answer_that_drips)
{
    struct rig rig;
    struct drip drip = {.rig = &rig};

    rig_open(&rig, &ws_inproc);
    rig.keep_door = true;
    rig.options.ws_timeout = 30 * ALD_MSEC;
    rig_listen(&rig);
    rig_dial(&rig);
    rig_until(&rig, rig.far.n_bytes > 0);
    end_say(&rig.far, "HTTP/1.1 101 Switching Protocols\r\nX-Drip: ");
    ald_alarm_init(&drip.alarm, drip_fall, &drip);
    drip_fall(&drip);
    rig_until(&rig, rig.near.closed); /* each drop is a sign of life, but none is an answer */
    ald_alarm_stop(rig.loop, &drip.alarm);
    ald_check_int(rig.near.end.cause, ALD_END_TIMEOUT);
    rig_close(&rig);
}

ALD_TEST(ws, takes_frames_that_come_right_behind_the_request)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    rig_listen(&rig);
    rig_dial_part(&rig, false, false);
    end_say(&rig.near, upgrade);
    raw_message(&rig, ALD_WS_BINARY, "early");
    raw_message(&rig, ALD_WS_TEXT, " bird");
    rig_until(&rig, rig.far.n_messages == 2);
    ald_check_str(ald_str(end_text(&rig.far)), "early bird");
    ald_check_int(rig.far.last_kind, ALD_CHUNK_TEXT);
    rig_close(&rig);
}

static void say_hello(struct end *end)
{
    end_say(end, "hello");
}

ALD_TEST(ws, takes_frames_that_come_right_behind_the_answer)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    rig.far.on_opened = say_hello;
    rig_join(&rig);
    rig_until(&rig, rig.near.n_messages == 1);
    ald_check_str(ald_str(end_text(&rig.near)), "hello");
    rig_close(&rig);
}

ALD_TEST(ws, works_byte_by_byte)
{
    static const uint8_t frames[] = {0x01, 0x83, 0, 0,    0,    0, 'a', 'b', 'c', 0x89, 0x80, 0,
                                     0,    0,    0, 0x80, 0x82, 0, 0,   0,   0,   'd',  'e'};
    struct rig rig;

    rig_open(&rig, &ws_tcp);
    rig_listen(&rig);
    rig_dial_part(&rig, false, false);
    rig_until(&rig, rig.near.opened);
    for (size_t i = 0; i < sizeof(upgrade) - 1 + sizeof(frames); i++) {
        const void *byte = i < sizeof(upgrade) - 1 ? (const void *)&upgrade[i] : &frames[i - (sizeof(upgrade) - 1)];

        ald_stream_push_copy(rig.near.stream, ALD_CHUNK_BYTES, ald_str_of(byte, 1), i + 1);
        rig_until(&rig, rig.near.done == i + 1);
        ald_ignore(ald_loop_turn(rig.loop, 0)); /* for the far end to read it */
    }
    rig_until(&rig, rig.far.n_messages == 1);
    ald_check_str(ald_str(end_text(&rig.far)), "abcde");
    ald_check_int(rig.far.last_kind, ALD_CHUNK_TEXT);
    rig_close(&rig);
}

/* Pings. */

ALD_TEST(ws, answers_pings_and_tells_of_pongs)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    rig_join(&rig);
    ald_stream_push_copy(rig.near.stream, ALD_CHUNK_PING, ALD_STR("are you there"), 1);
    rig_until(&rig, rig.near.n_pongs == 1);
    ald_check_int(rig.near.done, 1);
    ald_stream_push_copy(rig.far.stream, ALD_CHUNK_PING, ALD_STR(""), 0); /* exchange.md 2.11: empty */
    rig_until(&rig, rig.far.n_pongs == 1);
    ald_check_int(rig.near.n_messages + rig.far.n_messages, 0);
    rig_close(&rig);
}

ALD_TEST(ws, answers_pings_of_one_turn_with_the_last)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    raw_join(&rig);
    raw_message(&rig, ALD_WS_PING, "one");
    raw_message(&rig, ALD_WS_PING, "two");
    raw_message(&rig, ALD_WS_PING, "six");
    raw_expect(&rig, ALD_STR("\x8a\x03six"));
    ald_check_int(ald_net_counters(rig.net)->ws_pings_merged, 2);
    rig_close(&rig);
}

ALD_TEST(ws, does_not_grow_under_a_flood_of_pings)
{
    struct rig rig;
    char body[126];

    rig_open(&rig, &ws_inproc); /* whose buffers are smaller than the flood */
    raw_join(&rig);
    memset(body, 'p', sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    ald_stream_pause(rig.near.stream); /* floods and does not read */
    for (int i = 0; i < 20000; i++) {
        raw_message(&rig, ALD_WS_PING, body);
        if (i % 4 == 0) {
            ald_ignore(ald_loop_turn(rig.loop, 0)); /* the flood is what counts */
        }
    }
    rig_until(&rig, ald_stream_queued(rig.near.stream) == 0);
    rig_settle(&rig);
    ald_check(ald_stream_queued(rig.far.stream) < 66 * ALD_KIB);
    ald_check(!rig.far.closed);
    ald_check(ald_net_counters(rig.net)->ws_pings_merged > 0);
    rig_close(&rig);
}

/* Limits. */

ALD_TEST(ws, closes_on_a_message_over_its_limit)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    rig.options.message_max = 1000;
    rig_join(&rig);
    end_push(&rig.near, 1000, 1);
    rig_until(&rig, rig.far.n_messages == 1);
    end_push(&rig.near, 1001, 2);
    rig_until(&rig, rig.far.closed && rig.near.closed);
    ald_check_int(rig.far.n_messages, 1);
    ald_check_int(rig.far.end.cause, ALD_END_LIMIT);
    ald_check_int(rig.far.end.code, 1009);
    ald_check_int(rig.near.end.cause, ALD_END_PEER);
    ald_check_int(rig.near.end.code, 1009);
    ald_check_int(rig.near.end.received, 1009);
    ald_check_int(ald_net_counters(rig.net)->ws_oversize, 1);
    rig_close(&rig);
}

ALD_TEST(ws, reserves_nothing_for_what_is_only_announced)
{
    struct ald_budget budget = {.max = 64 * ALD_MIB};
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    rig.options.budget = &budget;
    raw_join(&rig);
    raw_frame(&rig, true, ALD_WS_BINARY, ALD_STR("x"), 13 * ALD_MIB / 2);
    rig_settle(&rig);
    ald_check(budget.used > 0 && budget.used <= 4 * ALD_KIB);
    end_free(&rig.far);
    ald_check_int(budget.used, 0);
    rig_close(&rig);
}

/* Whoever lends it may be gone before the closing handshake is over. */
ALD_TEST(ws, gives_its_budget_back_when_its_owner_leaves_it_to_close)
{
    struct ald_budget *budget = calloc(1, sizeof(*budget));
    struct rig rig;

    ald_check(budget != NULL);
    budget->max = 64 * ALD_MIB;
    rig_open(&rig, &ws_inproc);
    rig.options.budget = budget;
    raw_join(&rig);
    raw_frame(&rig, true, ALD_WS_BINARY, ALD_STR("x"), 200 * ALD_KIB);
    rig_settle(&rig);
    ald_check(budget->used > 0);
    ald_stream_close(rig.far.stream, 1001, ALD_STR_NONE);
    end_free(&rig.far);
    ald_check_int(budget->used, 0);
    free(budget);
    rig_settle(&rig);
    rig_close(&rig);
}

ALD_TEST(ws, shares_a_budget_for_what_is_put_together)
{
    struct ald_budget budget = {.max = 300 * ALD_KIB};
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    rig.options.budget = &budget;
    rig_join(&rig);
    end_push(&rig.near, 200 * ALD_KIB, 1);
    rig_until(&rig, rig.far.n_messages == 1); /* alone it has room */
    ald_check_int(budget.used, 0);
    budget.used = 200 * ALD_KIB; /* others have taken theirs */
    end_push(&rig.near, 200 * ALD_KIB, 2);
    rig_until(&rig, rig.far.closed && rig.near.closed);
    ald_check_int(rig.far.end.cause, ALD_END_LIMIT);
    ald_check_int(rig.near.end.code, 1013);
    ald_check_int(budget.used, 200 * ALD_KIB);
    ald_check_int(ald_net_counters(rig.net)->ws_no_budget, 1);
    rig_close(&rig);
}

/* Violations. */

static void violates(struct ald_str bytes, uint16_t code)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    raw_join(&rig);
    ald_stream_push_copy(rig.near.stream, ALD_CHUNK_BYTES, bytes, 0);
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.end.cause, ALD_END_PROTOCOL);
    ald_check_int(rig.far.end.code, code);
    ald_check(rig.far.reason[0] != '\0');
    ald_check_int(ald_net_counters(rig.net)->ws_violations, 1);
    ald_check_int(rig.far.n_messages, 0);
    rig_until(&rig, rig.near.closed);
    ald_check_int((uint8_t)rig.near.text.data[rig.near.text.start], 0x88); /* it was told */
    rig_close(&rig);
}

ALD_TEST(ws, closes_with_the_code_of_the_violation)
{
    violates(ALD_STR("\x82\x01x"), 1002);                /* not masked */
    violates(ALD_STR("\xf2\x80\0\0\0\0"), 1002);         /* reserved bits */
    violates(ALD_STR("\x83\x80\0\0\0\0"), 1002);         /* an opcode of the future */
    violates(ALD_STR("\x80\x80\0\0\0\0"), 1002);         /* the continuation of nothing */
    violates(ALD_STR("\x09\x80\0\0\0\0"), 1002);         /* a fragmented ping */
    violates(ALD_STR("\x88\x81\0\0\0\0\x03"), 1002);     /* half a close code */
    violates(ALD_STR("\x88\x82\0\0\0\0\x03\xee"), 1002); /* 1006 travels never */
    violates(ALD_STR("\x81\x82\0\0\0\0\xc3\x28"), 1007); /* not UTF-8 */
}

/* Closing. */

ALD_TEST(ws, echoes_a_close_without_a_code)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    raw_join(&rig);
    raw_message(&rig, ALD_WS_CLOSE, "");
    raw_expect(&rig, ALD_STR("\x88\x00"));
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.end.cause, ALD_END_PEER);
    ald_check_int(rig.far.end.code, 1005);
    ald_check_int(rig.far.end.received, 1005);
    rig_close(&rig);
}

ALD_TEST(ws, echoes_code_and_reason)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    raw_join(&rig);
    raw_message(&rig, ALD_WS_CLOSE, "\x0f\xa0 private");
    raw_expect(&rig, ALD_STR("\x88\x0a\x0f\xa0 private"));
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.end.code, 4000);
    ald_check_str(ald_str(rig.far.reason), " private");
    rig_close(&rig);
}

ALD_TEST(ws, drops_what_comes_between_its_close_and_the_echo)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    raw_join(&rig);
    ald_stream_close(rig.far.stream, 1001, ALD_STR("off"));
    raw_expect(&rig, ALD_STR("\x88\x05\x03\xe9off"));
    raw_message(&rig, ALD_WS_BINARY, "I was not done");
    rig_settle(&rig);
    ald_check(!rig.far.closed && rig.far.n_messages == 0);
    raw_message(&rig, ALD_WS_CLOSE, "\x03\xe9off");
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.end.cause, ALD_END_LOCAL);
    ald_check_int(rig.far.end.received, 1001);
    ald_check_int(rig.far.n_messages, 0);
    rig_close(&rig);
}

ALD_TEST(ws, that_hears_no_echo_has_received_1006)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    raw_join(&rig);
    ald_stream_close(rig.far.stream, 1000, ALD_STR(""));
    rig_settle(&rig);
    ald_stream_close(rig.near.stream, 1000, ALD_STR("")); /* of the bytes, without a frame */
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.end.cause, ALD_END_LOCAL);
    ald_check_int(rig.far.end.code, 1000);
    ald_check_int(rig.far.end.received, 1006);
    rig_close(&rig);
}

ALD_TEST(ws, sends_no_code_that_may_not_travel)
{
    struct rig rig;

    rig_open(&rig, &ws_inproc);
    raw_join(&rig);
    ald_stream_close(rig.far.stream, ALD_WS_CLOSE_ABNORMAL, ALD_STR("never"));
    raw_expect(&rig, ALD_STR("\x88\x00"));
    rig_close(&rig);
}

/*
 * The peer closes while much is queued for it and it does not read. What it is sent nevertheless must be told as sent,
 * up to the moment the stream is told to be closed; what is not told was not sent.
 */
static void closes_with_a_queue(bool reads_on)
{
    enum { MESSAGES = 300, SIZE = 64 * 1024 };
    struct rig rig;

    rig_open(&rig, &ws_tcp);
    rig.options.close_timeout = reads_on ? 20 * ALD_SEC : 30 * ALD_MSEC;
    raw_join(&rig);
    ald_stream_pause(rig.near.stream);
    rig.near.n_bytes = 0;
    for (uint64_t i = 1; i <= MESSAGES; i++) {
        end_push(&rig.far, SIZE, i);
    }
    rig_settle(&rig);
    ald_check(rig.far.begun > 0 && rig.far.begun < MESSAGES);
    raw_message(&rig, ALD_WS_CLOSE, "\x03\xe8");
    rig_settle(&rig);
    if (reads_on) {
        ald_check(!rig.far.closed);
        ald_stream_resume(rig.near.stream);
    }
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.end.received, 1000);
    ald_check_int(rig.far.end.cause, ALD_END_PEER);
    if (reads_on) {
        ald_check_int(rig.far.done, MESSAGES);
        rig_until(&rig, rig.near.n_bytes > (size_t)MESSAGES * SIZE);
    } else {
        ald_check(rig.far.done < MESSAGES);
        ald_stream_resume(rig.near.stream);
        rig_until(&rig, rig.near.closed);
        ald_check(rig.near.n_bytes <= (rig.far.begun + 1) * (size_t)(SIZE + ALD_WS_HEAD_MAX));
    }
    rig_close(&rig);
}

ALD_TEST(ws, keeps_its_ordinals_true_while_the_peer_closes)
{
    closes_with_a_queue(true);
    closes_with_a_queue(false);
}

ALD_TEST_MAIN(ws, ALD_CASE(ws, gives_headers_of_the_answer_while_it_opens),
              ALD_CASE(ws, refuses_to_send_a_header_that_is_two),
              ALD_CASE(ws, tells_the_status_of_a_server_that_refuses),
              ALD_CASE(ws, believes_no_server_that_answers_wrongly), ALD_CASE(ws, sees_an_answer_that_is_cut_off),
              ALD_CASE(ws, has_no_patience_for_an_answer_that_drips),
              ALD_CASE(ws, takes_frames_that_come_right_behind_the_request),
              ALD_CASE(ws, takes_frames_that_come_right_behind_the_answer), ALD_CASE(ws, works_byte_by_byte),
              ALD_CASE(ws, answers_pings_and_tells_of_pongs), ALD_CASE(ws, answers_pings_of_one_turn_with_the_last),
              ALD_CASE(ws, does_not_grow_under_a_flood_of_pings), ALD_CASE(ws, closes_on_a_message_over_its_limit),
              ALD_CASE(ws, reserves_nothing_for_what_is_only_announced),
              ALD_CASE(ws, gives_its_budget_back_when_its_owner_leaves_it_to_close),
              ALD_CASE(ws, shares_a_budget_for_what_is_put_together),
              ALD_CASE(ws, closes_with_the_code_of_the_violation), ALD_CASE(ws, echoes_a_close_without_a_code),
              ALD_CASE(ws, echoes_code_and_reason), ALD_CASE(ws, drops_what_comes_between_its_close_and_the_echo),
              ALD_CASE(ws, that_hears_no_echo_has_received_1006), ALD_CASE(ws, sends_no_code_that_may_not_travel),
              ALD_CASE(ws, keeps_its_ordinals_true_while_the_peer_closes))
