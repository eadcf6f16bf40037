#include "load/load_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "transport/stream.h"

/* On their way at once: what a listener's backlog takes in any case, and what a hub greets in its few seconds. */
enum { PEERS_DIALING_MAX = 64 };

void ald_load_say(struct ald_load_peer *peer, struct ald_str bytes)
{
    if (peer->stream != NULL) {
        ald_stream_push_copy(peer->stream, ALD_CHUNK_BYTES, bytes, 0);
    }
}

void ald_load_peer_ready(struct ald_load_peer *peer)
{
    if (!peer->ready) {
        peer->ready = true;
        peer->load->n_ready++;
        ald_load_check(peer->load);
    }
}

void ald_load_broken(struct ald_load_peer *peer, const char *format, ...)
{
    char text[256];
    va_list list;
    int n = snprintf(text, sizeof(text), "%s: ", peer->agent ? "an agent's connection" : "a caller's connection");

    va_start(list, format);
    vsnprintf(text + n, sizeof(text) - (size_t)n, format, list);
    va_end(list);
    ald_load_fail(peer->load, ald_str(text));
}

static void peer_opened(void *owner, struct ald_stream *stream ALD_UNUSED)
{
    struct ald_load_peer *peer = owner;
    int r = peer->load->spec.speech->greet(peer);

    if (r < 0) {
        ald_load_broken(peer, "%s", ald_error_text(r));
    }
}

/* What is whole is read where it lies; only the beginning of something that is not whole is kept. */
static void peer_take(struct ald_load_peer *peer, uint8_t *bytes, size_t size)
{
    size_t used = peer->load->spec.speech->take(peer, bytes, size);

    if (used < size && ald_buf_push(&peer->rest, ald_str_of(bytes + used, size - used)) != 0) {
        ald_load_broken(peer, "the hub sends what is too large for a benchmark");
    }
}

static void peer_received(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_chunk *chunk)
{
    struct ald_load_peer *peer = owner;
    struct ald_str bytes = ald_slice_str(chunk->bytes);

    if (ald_buf_size(&peer->rest) == 0 && chunk->writable) {
        peer_take(peer, (uint8_t *)(uintptr_t)bytes.data, bytes.size);
        return;
    }
    if (ald_buf_push(&peer->rest, bytes) != 0) {
        ald_load_broken(peer, "the hub sends what is too large for a benchmark");
        return;
    }
    ald_buf_pop(&peer->rest,
                peer->load->spec.speech->take(peer, peer->rest.data + peer->rest.start, ald_buf_size(&peer->rest)));
    if (ald_buf_size(&peer->rest) == 0) {
        ald_buf_reset(&peer->rest);
    }
}

static void peer_closed(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_end *end)
{
    struct ald_load_peer *peer = owner;

    ald_load_broken(peer, "%s", end->text);
}

static const struct ald_stream_callbacks peer_callbacks = {
    .opened = peer_opened,
    .received = peer_received,
    .closed = peer_closed,
};

static int peer_dial(struct ald_load *load, size_t at)
{
    struct ald_load_peer *peer = &load->peers[at];
    struct ald_stream_options options;
    struct ald_dial_spec dial = {.tls = load->spec.tls, .options = &options};

    ald_stream_options_init(&options);
    peer->load = load;
    peer->agent = at < load->spec.n_agents;
    peer->index = (uint32_t)(peer->agent ? at : at - load->spec.n_agents);
    peer->mask_state = (load->salt ^ (at * UINT64_C(0x9E3779B97F4A7C15))) | 1;
    ald_buf_init(&peer->rest, (size_t)4 * ALD_LOAD_SIZE_MAX);
    dial.place = peer->agent ? load->spec.agent_place : load->spec.caller_place;
    return ald_dial(load->net, &dial, &peer_callbacks, peer, &peer->stream);
}

/* Callers come when every agent is there: a command would else find nobody. */
void ald_load_dial(struct ald_load *load)
{
    size_t until = load->n_ready < load->spec.n_agents ? load->spec.n_agents : load->n_peers;

    while (load->n_dialed < until && load->n_dialed - load->n_ready < PEERS_DIALING_MAX) {
        int r = peer_dial(load, load->n_dialed++);

        if (r < 0) {
            ald_load_fail(load, ald_str(ald_error_text(r)));
            return;
        }
    }
}

void ald_load_peers_free(struct ald_load *load)
{
    for (size_t i = 0; load->peers != NULL && i < load->n_dialed; i++) {
        ald_stream_free(load->peers[i].stream);
        ald_buf_fini(&load->peers[i].rest);
    }
    free(load->peers);
    load->peers = NULL;
}
