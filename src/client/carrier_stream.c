/*
 * A stream, with a WebSocket on top of it or without.
 */

#include <stdio.h>

#include "base/error.h"
#include "client/carrier.h"
#include "client/client_inside.h"
#include "transport/frame.h"
#include "transport/tls.h"
#include "transport/ws.h"
#include "wire/exchange/exchange.h"
#include "wire/link/link.h"

static void stream_received(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_chunk *chunk)
{
    ald_link_received(owner, chunk);
}

static void stream_written(void *owner, struct ald_stream *stream ALD_UNUSED, uint64_t begun, uint64_t done ALD_UNUSED)
{
    ald_link_written(owner, begun);
}

/* link.md 2.11: three codes mean that another attempt would fare no better, whatever a goodbye before it asked for: why, the
 * goodbye did not say (7.2). */
static void stream_judge(struct ald_client *client, const struct ald_end *end)
{
    uint16_t code = end->code;

    if ((client->way->can & ALD_WAY_CODES) != 0 &&
        (code == ALD_LINK_CLOSE_UNAUTHORIZED || code == ALD_LINK_CLOSE_PROTOCOL || code == ALD_LINK_CLOSE_POLICY)) {
        client->final = true;
        if (client->sent_away && ald_str_present(end->reason)) {
            client->why[0] = '\0';
        }
    }
}

/* The program hears the most telling of: what we noted ourselves, the peer's reason, the system's words. */
static void stream_closed(void *owner, struct ald_stream *stream ALD_UNUSED, const struct ald_end *end)
{
    if (end->cause == ALD_END_PEER) {
        stream_judge(owner, end);
        ald_link_why(owner, end->reason);
    }
    ald_link_why(owner, ald_str(end->text));
    ald_link_lost(owner);
}

/* Both ends announce the extension in the upgrade. */
static void ws_opened(void *owner, struct ald_stream *stream)
{
    struct ald_client *client = owner;
    struct ald_str announced = ald_ws_header(stream, ALD_STR(ALD_EXCHANGE_EXTENSION_HEADER));
    uint32_t variant = ald_exchange_dial_result(client->way->variant, announced);
    bool is_extended = (variant & ALD_EXCHANGE_EXTENDED) != 0;

    ald_ws_set_message_max(stream, client->dialect_options.message_max + (is_extended ? ALD_EXCHANGE_HUB_ROOM : 0));
    ald_link_opened(client, variant, is_extended ? client->way->can : 0);
}

static void link_opened(void *owner, struct ald_stream *stream)
{
    struct ald_client *client = owner;

    ald_ws_set_message_max(stream, ALD_LINK_MESSAGE_MAX);
    ald_link_opened(client, client->way->variant, client->way->can);
}

static void bytes_opened(void *owner, struct ald_stream *stream ALD_UNUSED)
{
    struct ald_client *client = owner;

    ald_link_opened(client, client->way->variant, client->way->can);
}

static const struct ald_stream_callbacks ws_callbacks = {
    .opened = ws_opened,
    .received = stream_received,
    .written = stream_written,
    .closed = stream_closed,
};

static const struct ald_stream_callbacks link_callbacks = {
    .opened = link_opened,
    .received = stream_received,
    .written = stream_written,
    .closed = stream_closed,
};

static const struct ald_stream_callbacks bytes_callbacks = {
    .opened = bytes_opened,
    .received = stream_received,
    .written = stream_written,
    .closed = stream_closed,
};

static struct ald_dial_spec spec_of(const struct ald_client *client, const struct ald_url *url)
{
    return (struct ald_dial_spec){
        .place = url != NULL ? ald_url_place(url) : (struct ald_place){ALD_BOTTOM_INPROC, client->inproc, 0},
        .tls = client->way->tls ? client->tls : NULL,
    };
}

static int ws_dial(struct ald_client *client, const struct ald_url *url)
{
    struct ald_http_field fields[ALD_EXCHANGE_FIELDS_MAX + 1];
    size_t n_fields = ald_exchange_dial_fields(client->way->variant, fields);
    char target[sizeof(url->prefix) + sizeof(ALD_EXCHANGE_PATH)];
    struct ald_ws_hello hello = {.target = target};
    struct ald_dial_spec spec = spec_of(client, url);

    if (client->authorization != NULL) {
        fields[n_fields++] = (struct ald_http_field){ALD_STR("Authorization"), ald_str(client->authorization)};
    }
    hello.fields = (struct ald_http_fields){fields, n_fields};
    snprintf(target, sizeof(target), "%s%s", url != NULL ? url->prefix : "", ALD_EXCHANGE_PATH);
    spec.ws = &hello;
    return ald_dial(client->net, &spec, &ws_callbacks, client, &client->stream);
}

/* Nothing is shown in the upgrade: the token stands in the first frame (link.md 2.1). */
static int link_dial(struct ald_client *client, const struct ald_url *url)
{
    char target[sizeof(url->prefix) + sizeof(ALD_LINK_PATH)];
    struct ald_ws_hello hello = {.target = target};
    struct ald_dial_spec spec = spec_of(client, url);

    snprintf(target, sizeof(target), "%s%s", url != NULL ? url->prefix : "", ALD_LINK_PATH);
    spec.ws = &hello;
    return ald_dial(client->net, &spec, &link_callbacks, client, &client->stream);
}

static int bytes_dial(struct ald_client *client, const struct ald_url *url)
{
    struct ald_dial_spec spec = spec_of(client, url);
    struct ald_stream_options options;

    ald_stream_options_init(&options);
    options.lan_only = client->way->near;
    spec.options = &options;
    return ald_dial(client->net, &spec, &bytes_callbacks, client, &client->stream);
}

static int stream_push(struct ald_client *client, const struct ald_frame *frame)
{
    return ald_frame_push(client->stream, frame);
}

static void stream_close(struct ald_client *client, uint16_t code, struct ald_str why)
{
    ald_stream_close(client->stream, code, why);
}

static void stream_drop(struct ald_client *client)
{
    client->stream = ald_stream_free(client->stream);
}

const struct ald_carrier ald_carrier_ws = {
    .dial = ws_dial, .push = stream_push, .close = stream_close, .drop = stream_drop};
const struct ald_carrier ald_carrier_link = {
    .dial = link_dial, .push = stream_push, .close = stream_close, .drop = stream_drop};
const struct ald_carrier ald_carrier_bytes = {
    .dial = bytes_dial, .push = stream_push, .close = stream_close, .drop = stream_drop};
