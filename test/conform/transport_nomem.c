/*
 * One short conversation over every stack, failing its first allocation, then its second, and so on. Whatever fails,
 * both ends learn that it is over, nothing is used after it was freed, and nothing is left behind.
 */

#include "conform/rig.h"

#include <stdio.h>

#include "lib/alloc_fail.h"

struct talk {
    struct rig *rig;
    struct ald_stream *near, *far;
    struct ald_http_parser parser;
    bool parsing;
    bool near_closed, far_closed;
    bool answered;
};

static enum ald_chunk_kind talk_kind(const struct talk *talk)
{
    return talk->rig->stack->ws ? ALD_CHUNK_TEXT : ALD_CHUNK_BYTES;
}

/* The far end: a door, then an echo. */

static void far_received(void *owner, struct ald_stream *stream, const struct ald_chunk *chunk)
{
    struct talk *talk = owner;

    ald_stream_push(stream, talk_kind(talk), &chunk->bytes, 1, 1);
}

static void far_closed(void *owner, struct ald_stream *stream, const struct ald_end *end)
{
    struct talk *talk = owner;

    ald_check(stream == talk->far && end->text != NULL);
    talk->far_closed = true;
}

static const struct ald_stream_callbacks far_callbacks = {.received = far_received, .closed = far_closed};

static void door_received(void *owner, struct ald_stream *stream, const struct ald_chunk *chunk)
{
    struct talk *talk = owner;
    struct ald_str bytes = ald_slice_str(chunk->bytes);
    const struct ald_ws_refusal *refusal = NULL;
    struct ald_ws_upgrade wanted;
    size_t used = 0;
    int r = ald_http_parser_collect(&talk->parser, bytes, &used);

    while (r == ALD_HTTP_PARSER_HEAD) {
        bytes = ald_str_from(bytes, used);
        r = ald_http_parser_collect(&talk->parser, bytes, &used);
    }
    if (r == ALD_HTTP_PARSER_HUNGRY) {
        return;
    }
    if (r == 0) {
        r = ald_ws_upgrade_check(ald_http_parser_request(&talk->parser), &wanted, &refusal);
    }
    if (r == 0) {
        r = ald_ws_accept(stream, wanted.key, ALD_STR_NONE, (struct ald_http_fields){NULL, 0}, ALD_STR(""), NULL,
                          &far_callbacks, talk, &talk->far);
    }
    if (r != 0) {
        ald_stream_abort(stream);
    }
}

static const struct ald_stream_callbacks door_callbacks = {.received = door_received, .closed = far_closed};

static void talk_accepted(void *owner, struct ald_listener *listener ALD_UNUSED, struct ald_stream *stream)
{
    struct talk *talk = owner;

    talk->far = stream;
    ald_stream_own(stream, talk->rig->stack->ws ? &door_callbacks : &far_callbacks, talk);
}

static const struct ald_listener_callbacks listener_callbacks = {.accepted = talk_accepted};

/* The near end: says something before it is open, hears it again, closes. */

static void near_received(void *owner, struct ald_stream *stream, const struct ald_chunk *chunk)
{
    struct talk *talk = owner;

    talk->answered = chunk->bytes.size > 0;
    ald_stream_close(stream, 1000, ALD_STR("thanks"));
}

static void near_closed(void *owner, struct ald_stream *stream, const struct ald_end *end)
{
    struct talk *talk = owner;

    ald_check(stream == talk->near && end->text != NULL);
    talk->near_closed = true;
}

static const struct ald_stream_callbacks near_callbacks = {.received = near_received, .closed = near_closed};

static void talk_run(struct talk *talk)
{
    const struct ald_ws_hello hello = {.target = "/rig"};
    struct rig *rig = talk->rig;
    struct ald_listen_spec listen = {.place = rig_place(rig), .tls = rig->server_tls};
    struct ald_dial_spec dial = {.tls = rig->client_tls, .ws = rig->stack->ws ? &hello : NULL};
    char words[3000];

    if (ald_listen(rig->net, &listen, &listener_callbacks, talk, &rig->listener, NULL) < 0) {
        return;
    }
    rig->port = ald_listener_port(rig->listener);
    dial.place = rig_place(rig);
    if (ald_dial(rig->net, &dial, &near_callbacks, talk, &talk->near) < 0) {
        return;
    }
    memset(words, 'w', sizeof(words));
    ald_stream_push_copy(talk->near, talk_kind(talk), ald_str_of(words, sizeof(words)), 1);
    rig_until(rig, talk->near_closed && (talk->far == NULL || talk->far_closed));
}

/* Returns whether an allocation was failed. */
static bool talk_fail(const struct stack *stack, uint64_t n)
{
    struct talk talk = {0};
    struct rig rig;
    bool failed;

    rig_open(&rig, stack);
    talk.rig = &rig;
    ald_http_parser_init_request(&talk.parser, 0);
    ald_alloc_fail_at(n);
    talk_run(&talk);
    failed = ald_alloc_fail_off();
    ald_check(failed || talk.answered);
    talk.near = ald_stream_free(talk.near);
    talk.far = ald_stream_free(talk.far);
    ald_http_parser_fini(&talk.parser);
    rig_close(&rig);
    return failed;
}

static void nomem_ends_both_sides(void **state)
{
    const struct stack *stack = *state;
    uint64_t n = 1;

    while (talk_fail(stack, n)) {
        n++;
    }
    ald_check(n > 10); /* there were some to fail */
}

int main(void)
{
    enum { TESTS_MAX = 64 };
    static struct CMUnitTest tests[TESTS_MAX];

    ald_assert(n_stacks <= TESTS_MAX);
    for (size_t i = 0; i < n_stacks; i++) {
        tests[i] = (struct CMUnitTest){
            .name = stacks[i].name, .test_func = nomem_ends_both_sides, .initial_state = (void *)&stacks[i]};
    }
    return _cmocka_run_group_tests("transport_nomem", tests, n_stacks, NULL, NULL);
}
