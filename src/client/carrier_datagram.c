/*
 * Datagrams, one for each frame. Nobody answers them, so a connection of them is ready as soon as the address is known,
 * and never ends by itself. One that the system does not take at once is gone: whoever waited would not learn either
 * whether it arrived.
 */

#include "base/error.h"
#include "client/carrier.h"
#include "client/client_inside.h"
#include "wire/communicator/communicator.h"
#include "wire/dialect.h"

static void datagram_ready(void *owner, struct ald_udp_sender *sender ALD_UNUSED)
{
    struct ald_client *client = owner;

    ald_link_opened(client, client->way->variant, client->way->can);
}

static void datagram_failed(void *owner, struct ald_udp_sender *sender ALD_UNUSED, const char *text)
{
    ald_link_why(owner, ald_str(text));
    ald_link_lost(owner);
}

static int datagram_dial(struct ald_client *client, const struct ald_url *url)
{
    static const struct ald_udp_sender_callbacks callbacks = {.ready = datagram_ready, .failed = datagram_failed};
    bool is_broadcast = client->way->form == ALD_WAY_INTERFACE;
    const struct ald_udp_sender_spec spec = {
        .host = is_broadcast ? NULL : url->name,
        .interface = is_broadcast ? url->name : NULL,
        .port = url->port,
        .lan_only = client->way->near,
        .size_max = ALD_COMMUNICATOR_DATAGRAM_MAX,
    };

    return ald_udp_sender_new(client->net, &spec, &callbacks, client, &client->sender);
}

static int datagram_push(struct ald_client *client, const struct ald_frame *frame)
{
    char bytes[ALD_COMMUNICATOR_DATAGRAM_MAX];
    struct ald_why why = {""};
    size_t size = 0;

    for (size_t i = 0; i < frame->n_parts; i++) {
        struct ald_str part = ald_slice_str(frame->parts[i]);

        if (part.size > sizeof(bytes) - size) {
            return ALD_CARRIER_DROPPED; /* the dialect keeps to the limit */
        }
        memcpy(bytes + size, part.data, part.size);
        size += part.size;
    }
    if (ald_udp_send(client->sender, ald_str_of(bytes, size), &why) != 0) {
        ald_client_trouble_note(client, ald_str(why.text));
        return ALD_CARRIER_DROPPED;
    }
    return 0;
}

static void datagram_close(struct ald_client *client, uint16_t code ALD_UNUSED, struct ald_str why)
{
    ald_link_why(client, why);
    ald_task_push(client->loop, &client->closed_task);
}

static void datagram_drop(struct ald_client *client)
{
    client->sender = ald_udp_sender_close(client->sender);
}

const struct ald_carrier ald_carrier_datagram = {
    .dial = datagram_dial, .push = datagram_push, .close = datagram_close, .drop = datagram_drop};
