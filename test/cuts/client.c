#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conn/door_impl.h"
#include "cuts/world.h"
#include "loop/loop.h"

void cuts_client_init(struct cuts_world *world, uint8_t number)
{
    struct cuts_client *client = &world->clients[number];

    *client = (struct cuts_client){.world = world, .number = number};
    client->is_old = number == CUTS_SLAVE || number == CUTS_OLD_CONTROL;
    client->is_host = number == CUTS_HOST_A || number == CUTS_HOST_B || number == CUTS_SLAVE;
    client->id = number == CUTS_SLAVE ? 3 : number + 1;
    client->subscribes = number == CUTS_HOST_B || number == CUTS_CONTROL_B;
    client->n_instances = number == CUTS_HOST_A ? 2 : number == CUTS_HOST_B ? 1 : 0;
    for (int64_t n = 0; n < client->n_instances; n++) {
        client->instances[n] = 10 * client->id + n;
    }
}

static void log_free(struct cuts_client *client)
{
    for (int64_t serial = client->confirmed + 1; serial <= client->said; serial++) {
        free(client->log[serial].text);
        client->log[serial].text = NULL;
    }
    client->confirmed = client->said;
}

void cuts_client_fini(struct cuts_client *client)
{
    log_free(client);
    free(client->log);
    free(client->prints);
    free(client->todo);
}

void cuts_dial(struct cuts_client *client)
{
    struct cuts_world *world = client->world;

    ald_assert(client->wire == NULL);
    client->wire = cuts_wire_new(world->net, world->door->listener, &cuts_client_ops, client);
    client->wire->mute = client->is_mute;
    client->wire->room = world->trickle ? 0 : SIZE_MAX;
    ald_list_push_back(&world->wires, &client->wire->node);
    client->state = CUTS_DIALING;
    cuts_trace(client, "dials", ALD_STR(""));
}

void cuts_cut(struct cuts_client *client)
{
    if (client->wire != NULL) {
        client->is_doubled = client->is_doubled || (client->token[0] == '\0' && client->is_host);
        cuts_trace(client, "is cut off", ALD_STR(""));
        /* What is on its way may arrive after all, and nobody here is told. */
        for (size_t n = 0; n < client->wire->n_marks; n++) {
            client->delivered = ALD_MAX(client->delivered, client->wire->marks[n].serial);
        }
        client->wire->left = true;
        client->wire = NULL;
        client->state = CUTS_AWAY;
        client->world->n_cut++;
    }
}

void cuts_heartbeat(struct cuts_client *client)
{
    char text[96], seq[32] = "";

    if (client->state != CUTS_READY && client->state != CUTS_LEAVING) {
        return;
    }
    if (client->is_old) {
        (void)snprintf(seq, sizeof(seq), "%lld", (long long)client->heard);
        (void)snprintf(text, sizeof(text), "{\"seq\":null,\"type\":\"heartbeat\",\"data\":{\"seq\":%s}}",
                       client->heard > 0 ? seq : "null");
    } else {
        (void)snprintf(seq, sizeof(seq), ",\"seq\":%lld", (long long)client->heard);
        (void)snprintf(text, sizeof(text), "{\"type\":\"heartbeat\"%s}", client->heard > 0 ? seq : "");
    }
    cuts_trace(client, "says", ald_str(text));
    cuts_wire_say(client->wire, ald_str(text), 0);
}

void cuts_client_tick(struct cuts_client *client, ald_usec now)
{
    if (client->heartbeat_at <= now) {
        client->heartbeat_at = now + ALD_MAX(client->interval, ALD_SEC / 10);
        if (client->silent_until <= now) {
            cuts_heartbeat(client);
        }
    }
}

void cuts_leave(struct cuts_client *client)
{
    if (client->state != CUTS_READY) {
        return;
    }
    if (client->is_old) {
        cuts_say(client, CUTS_ITEMS, "\"type\":\"prepare_disconnect_request\",\"data\":{}");
        client->goodbye = client->said;
    } else {
        cuts_wire_say(client->wire, ALD_STR("{\"type\":\"disconnect\",\"data\":\"prepare\"}"), 0);
    }
    client->state = CUTS_LEAVING;
    client->is_lost = true;
}

void cuts_say_nonsense(struct cuts_client *client)
{
    if (client->state == CUTS_READY && !client->is_old) { /* of which the connection goes on (link.md 2.16) */
        client->is_odd = client->is_lost = true;
        cuts_wire_say(client->wire, ALD_STR("{\"type\":\"request\",\"seq\":\"one\"}"), 0);
    }
}

/* It says that it has heard what it has not: nobody says that again. */
void cuts_excuse(struct cuts_client *client)
{
    struct cuts_world *world = client->world;

    world->n_excused++;
    for (uint32_t n = 0; n < world->n_items; n++) {
        struct cuts_item *item = &world->items[n];

        item->must &= ~(1U << client->number);
        item->orphaned = item->orphaned || (item->from == client->number && item->epoch == client->epoch);
    }
}

/* What others said to it may be lost with the session, and what it said and nobody has confirmed. */
void cuts_forget(struct cuts_client *client)
{
    struct cuts_world *world = client->world;

    for (uint32_t n = 0; n < world->n_items; n++) {
        struct cuts_item *item = &world->items[n];

        item->must &= ~(1U << client->number);
        if (item->n_heard[client->number] > 0 && item->n_told == 0 && item->lost_at == 0) {
            item->lost_at = ald_loop_now(world->loop);
        }
        if (item->from == client->number && item->epoch == client->epoch) {
            item->orphaned = true;
            item->must = item->confirmed ? item->must : 0;
        }
    }
    log_free(client);
    client->epoch++;
    client->token[0] = '\0';
    client->heard = client->goodbye = 0;
    client->n_todo = 0;
    client->gaps_ok = client->repeats_ok = client->is_odd = client->is_lost = client->subscribed = false;
    client->claim = CUTS_HONEST;
    memset(client->last_item, 0, sizeof(client->last_item));
    if (!client->keeps_serial) {
        client->said = client->confirmed = 0;
    }
    world->n_kept_on += client->said > 0 ? 1 : 0;
    client->begin = client->delivered = client->said;
}
