#include "conform/rig.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/tls_cert.h"

/* A new transport joins with one line. */
const struct stack stacks[] = {
    {"tcp", ALD_BOTTOM_TCP, false, false},         {"unix", ALD_BOTTOM_UNIX, false, false},
    {"inproc", ALD_BOTTOM_INPROC, false, false},   {"tls+tcp", ALD_BOTTOM_TCP, true, false},
    {"tls+unix", ALD_BOTTOM_UNIX, true, false},    {"tls+inproc", ALD_BOTTOM_INPROC, true, false},
    {"ws+tcp", ALD_BOTTOM_TCP, false, true},       {"ws+unix", ALD_BOTTOM_UNIX, false, true},
    {"ws+inproc", ALD_BOTTOM_INPROC, false, true}, {"ws+tls+tcp", ALD_BOTTOM_TCP, true, true},
    {"ws+tls+unix", ALD_BOTTOM_UNIX, true, true},  {"ws+tls+inproc", ALD_BOTTOM_INPROC, true, true},
};
const size_t n_stacks = ALD_COUNT(stacks);

#define RIG_PATIENCE (30 * ALD_SEC)

/* Ends. */

uint8_t pattern_at(uint64_t at)
{
    return (uint8_t)(at ^ at >> 8 ^ at >> 16);
}

void end_free(struct end *end)
{
    end->stream = ald_stream_free(end->stream);
}

static void heard_opened(void *owner, struct ald_stream *stream)
{
    struct end *end = owner;

    ald_check(end->stream == stream && !end->opened && !end->closed);
    end->opened = true;
    if (end->on_opened != NULL) {
        end->on_opened(end);
    }
    if (end->free_in_opened) {
        end_free(end);
    }
}

static void end_note(struct end *end, const struct ald_chunk *chunk)
{
    size_t room = end->text.max - ald_buf_size(&end->text);

    for (size_t i = 0; i < chunk->bytes.size; i++) {
        end->mismatches += chunk->bytes.data[i] != pattern_at(end->n_bytes + i);
    }
    ald_check_int(ald_buf_push(&end->text, ald_str_of(chunk->bytes.data, ALD_MIN(room, chunk->bytes.size))), 0);
    if (end->n_messages < RIG_MESSAGES_MAX) {
        end->sizes[end->n_messages] = chunk->bytes.size;
    }
    end->n_bytes += chunk->bytes.size;
    end->n_messages++;
    end->last_kind = chunk->kind;
}

static void heard_received(void *owner, struct ald_stream *stream, const struct ald_chunk *chunk)
{
    struct end *end = owner;

    ald_check(end->stream == stream && end->opened && !end->ended && !end->closed);
    if (chunk->kind == ALD_CHUNK_PONG) {
        end->n_pongs++;
        return;
    }
    end_note(end, chunk);
    if (end->n_messages == end->pause_after) {
        ald_stream_pause(stream);
    }
    if (end->on_received != NULL) {
        end->on_received(end);
    }
    if (end->close_in_received) {
        ald_stream_close(stream, ALD_WS_CLOSE_NORMAL, ALD_STR("heard enough"));
    }
    if (end->free_in_received) {
        end_free(end);
    }
}

static void heard_written(void *owner, struct ald_stream *stream, uint64_t begun, uint64_t done)
{
    struct end *end = owner;

    ald_check(end->stream == stream && !end->closed);
    ald_check(begun >= end->begun && done >= end->done && begun >= done);
    ald_check(begun > end->begun || done > end->done);
    end->begun = begun;
    end->done = done;
    end->n_written++;
    if (end->free_in_written) {
        end_free(end);
    }
}

static void heard_drained(void *owner, struct ald_stream *stream)
{
    struct end *end = owner;

    ald_check(end->stream == stream && !end->closed);
    end->n_drained++;
    if (end->on_drained != NULL) {
        end->on_drained(end);
    }
}

static void heard_ended(void *owner, struct ald_stream *stream)
{
    struct end *end = owner;

    ald_check(end->stream == stream && end->opened && !end->ended && !end->closed);
    end->ended = true;
    if (end->on_ended != NULL) {
        end->on_ended(end);
    }
}

static void heard_closed(void *owner, struct ald_stream *stream, const struct ald_end *told)
{
    struct end *end = owner;

    ald_check(end->stream == stream && !end->closed);
    ald_check(told->text != NULL && told->text[0] != '\0');
    end->closed = true;
    end->end = *told;
    snprintf(end->reason, sizeof(end->reason), "%.*s", ALD_STR_ARG(told->reason));
    snprintf(end->why, sizeof(end->why), "%s", told->text);
    if (end->free_in_closed) {
        end_free(end);
    }
}

static const struct ald_stream_callbacks end_callbacks = {
    .opened = heard_opened,
    .received = heard_received,
    .written = heard_written,
    .drained = heard_drained,
    .closed = heard_closed,
};

static const struct ald_stream_callbacks patient_callbacks = {
    .opened = heard_opened,
    .received = heard_received,
    .written = heard_written,
    .drained = heard_drained,
    .ended = heard_ended,
    .closed = heard_closed,
};

static const struct ald_stream_callbacks *end_hears(const struct end *end)
{
    return end->wants_end ? &patient_callbacks : &end_callbacks;
}

static enum ald_chunk_kind end_kind(const struct end *end)
{
    return end->rig->stack->ws && !end->parsing && !end->raw ? ALD_CHUNK_BINARY : ALD_CHUNK_BYTES;
}

void end_say(struct end *end, const char *text)
{
    ald_stream_push_copy(end->stream, end_kind(end), ald_str(text), 0);
}

void end_push(struct end *end, size_t size, uint64_t ordinal)
{
    struct end *other = end == &end->rig->near ? &end->rig->far : &end->rig->near;
    struct ald_block *block = NULL;
    struct ald_slice slices[2];
    uint64_t from = other->expected;

    ald_check_int(ald_block_new(size + 1, &block), 0);
    for (size_t i = 0; i < size; i++) {
        block->data[i] = pattern_at(from + i);
    }
    other->expected += size;
    /* Two slices, since a message is often a head and a payload. */
    slices[0] = ald_slice_of(block, block->data, size / 5);
    slices[1] = ald_slice_of(block, block->data + size / 5, size - size / 5);
    ald_stream_push(end->stream, end_kind(end), slices, ALD_COUNT(slices), ordinal);
    ald_slice_clear(&slices[0]);
    ald_slice_clear(&slices[1]);
    ald_block_unref(block);
}

const char *end_text(struct end *end)
{
    static char text[RIG_TEXT_MAX + 1];

    snprintf(text, sizeof(text), "%.*s", ALD_STR_ARG(ald_buf_str(&end->text)));
    return text;
}

/* The door of the accepting side: reads the upgrade, then stacks ws. */

static void door_opened(void *owner ALD_UNUSED, struct ald_stream *stream ALD_UNUSED)
{
}

static void door_received(void *owner, struct ald_stream *stream, const struct ald_chunk *chunk)
{
    struct end *end = owner;
    const struct ald_ws_refusal *refusal = NULL;
    const struct ald_http_field field = {ALD_STR("X-Rig"), ALD_STR("yes")};
    struct ald_str bytes = ald_slice_str(chunk->bytes);
    struct ald_ws_upgrade upgrade;
    size_t used = 0;
    int r = ald_http_parser_collect(&end->parser, bytes, &used);

    while (r == ALD_HTTP_PARSER_HEAD) {
        bytes = ald_str_from(bytes, used);
        r = ald_http_parser_collect(&end->parser, bytes, &used);
    }
    if (r == ALD_HTTP_PARSER_HUNGRY) {
        return;
    }
    ald_check_int(r, 0);
    ald_check_int(ald_ws_upgrade_check(ald_http_parser_request(&end->parser), &upgrade, &refusal), 0);
    ald_check_int(ald_ws_accept(stream, upgrade.key, ALD_STR_NONE, (struct ald_http_fields){&field, 1},
                                ald_str_from(bytes, used), &end->rig->options, &end_callbacks, end, &end->stream),
                  0);
    end->parsing = false;
    ald_http_parser_fini(&end->parser);
}

static const struct ald_stream_callbacks door_callbacks = {
    .opened = door_opened,
    .received = door_received,
    .closed = heard_closed,
};

static void rig_accepted(void *owner, struct ald_listener *listener ALD_UNUSED, struct ald_stream *stream)
{
    struct rig *rig = owner;

    rig->n_accepted++;
    if (rig->far.stream != NULL) {
        ald_stream_free(stream);
        return;
    }
    rig->far.stream = stream;
    rig->far.raw = rig->keep_door;
    if (rig->stack->ws && !rig->keep_door) {
        rig->far.parsing = true;
        ald_http_parser_init_request(&rig->far.parser, 0);
        ald_stream_own(stream, &door_callbacks, &rig->far);
    } else {
        ald_stream_own(stream, end_hears(&rig->far), &rig->far);
    }
}

static const struct ald_listener_callbacks rig_listener_callbacks = {.accepted = rig_accepted};

/* The rig. */

static void tls_make(struct rig *rig)
{
    char ca_path[300], cert_path[300], key_path[300];
    struct tls_cert *ca = tls_cert_new("rig ca", NULL, NULL);
    struct tls_cert *cert = tls_cert_new("rig", "DNS:localhost,IP:127.0.0.1", ca);
    struct ald_why why = {""};

    snprintf(ca_path, sizeof(ca_path), "%s/ca", rig->dir);
    snprintf(cert_path, sizeof(cert_path), "%s/cert", rig->dir);
    snprintf(key_path, sizeof(key_path), "%s/key", rig->dir);
    tls_cert_save(ca, ca_path);
    tls_cert_save(cert, cert_path);
    tls_cert_save_key(cert, key_path);
    ald_check_int(ald_tls_server_new(&(struct ald_tls_server_spec){.cert_file = cert_path, .key_file = key_path},
                                     &rig->server_tls, &why),
                  0);
    ald_check_int(ald_tls_client_new(&(struct ald_tls_client_spec){.ca_file = ca_path}, &rig->client_tls, &why), 0);
    unlink(ca_path);
    unlink(cert_path);
    unlink(key_path);
    tls_cert_free(ca);
    tls_cert_free(cert);
}

static void rig_late(void *owner)
{
    fail_msg("waited in vain for: %s", (const char *)owner);
}

static void end_init(struct end *end, struct rig *rig)
{
    end->rig = rig;
    ald_buf_init(&end->text, RIG_TEXT_MAX);
}

void rig_open(struct rig *rig, const struct stack *stack)
{
    *rig = (struct rig){.stack = stack};
    end_init(&rig->near, rig);
    end_init(&rig->far, rig);
    ald_stream_options_init(&rig->options);
    snprintf(rig->dir, sizeof(rig->dir), "%s/rig.XXXXXX", P_tmpdir);
    ald_check(mkdtemp(rig->dir) != NULL);
    snprintf(rig->path, sizeof(rig->path), "%s/socket", rig->dir);
    ald_check_int(ald_loop_new(&rig->loop), 0);
    ald_check_int(ald_net_new(rig->loop, &rig->net), 0);
    ald_alarm_init(&rig->deadline, rig_late, NULL);
    if (stack->tls) {
        tls_make(rig);
    }
}

void rig_close(struct rig *rig)
{
    if (rig->far.parsing) {
        ald_http_parser_fini(&rig->far.parser);
    }
    end_free(&rig->near);
    end_free(&rig->far);
    rig->listener = ald_listener_close(rig->listener);
    rig_settle(rig);
    rig->net = ald_net_free(rig->net);
    rig->loop = ald_loop_free(rig->loop);
    ald_tls_unref(rig->server_tls);
    ald_tls_unref(rig->client_tls);
    ald_buf_fini(&rig->near.text);
    ald_buf_fini(&rig->far.text);
    ald_check_int(rmdir(rig->dir), 0); /* nothing was left in it */
}

struct ald_place rig_place(struct rig *rig)
{
    switch (rig->stack->bottom) {
    case ALD_BOTTOM_TCP:
        return (struct ald_place){ALD_BOTTOM_TCP, "127.0.0.1", rig->port};
    case ALD_BOTTOM_UNIX:
        return (struct ald_place){ALD_BOTTOM_UNIX, rig->path, 0};
    default:
        return (struct ald_place){ALD_BOTTOM_INPROC, "rig", 0};
    }
}

void rig_listen(struct rig *rig)
{
    const struct ald_listen_spec spec = {.place = rig_place(rig), .tls = rig->server_tls, .options = &rig->options};
    struct ald_why why = {""};

    if (ald_listen(rig->net, &spec, &rig_listener_callbacks, rig, &rig->listener, &why) < 0) {
        fail_msg("%s", why.text);
    }
    rig->port = ald_listener_port(rig->listener);
}

void rig_dial_part(struct rig *rig, bool tls, bool ws)
{
    const struct ald_ws_hello hello = {.target = "/rig"};
    const struct ald_dial_spec spec = {
        .place = rig_place(rig),
        .tls = tls ? rig->client_tls : NULL,
        .tls_name = rig->tls_name,
        .ws = ws ? &hello : NULL,
        .options = &rig->options,
    };

    rig->near.raw = rig->stack->ws && !ws;
    ald_check_int(ald_dial(rig->net, &spec, end_hears(&rig->near), &rig->near, &rig->near.stream), 0);
}

void rig_dial(struct rig *rig)
{
    rig_dial_part(rig, rig->stack->tls, rig->stack->ws);
}

void rig_join(struct rig *rig)
{
    rig_listen(rig);
    rig_dial(rig);
    rig_until(rig, rig->near.opened && rig->far.opened);
}

void rig_arm(struct rig *rig, const char *fact)
{
    rig->deadline.owner = (void *)fact; /* only read */
    ald_alarm_start(rig->loop, &rig->deadline, ald_loop_now(rig->loop) + RIG_PATIENCE);
}

void rig_disarm(struct rig *rig)
{
    ald_alarm_stop(rig->loop, &rig->deadline);
}

void rig_settle(struct rig *rig)
{
    /*
     * What the kernel passes between two sockets of one machine is there at once, so a quiet turn or two means quiet.
     */
    for (int i = 0; i < 50; i++) {
        ald_ignore(ald_loop_turn(rig->loop, 0)); /* whether anything is left does not matter */
    }
}
