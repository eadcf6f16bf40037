#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cuts/world.h"
#include "loop/loop.h"

enum { SAY_MAX = 2048, SAY_PAD_MAX = 100000 };

static void log_grow(struct cuts_client *client)
{
    size_t room = (size_t)client->said + 2;

    if ((room & (room - 1)) == 0 || client->log == NULL) {
        client->log = realloc(client->log, 2 * room * sizeof(*client->log));
        ald_assert(client->log != NULL);
    }
}

/* `format` begins behind the serial. */
void cuts_say(struct cuts_client *client, uint32_t item, const char *format, ...)
{
    char *text = NULL, *rest = NULL;
    va_list arguments;
    int64_t serial;
    int r;

    va_start(arguments, format);
    r = vasprintf(&rest, format, arguments);
    va_end(arguments);
    ald_assert(r >= 0);
    log_grow(client);
    serial = ++client->said;
    if (client->is_old) {
        r = asprintf(&text, "{\"seq\":%lld,%s}", (long long)serial, rest);
    } else {
        const char *comma = strchr(rest, ','); /* `type` comes first */

        r = asprintf(&text, "{%.*s,\"seq\":%lld%s}", (int)(comma - rest), rest, (long long)serial, comma);
    }
    ald_assert(r >= 0);
    free(rest);
    client->log[serial] = (struct cuts_said){text, item};
    if (item < CUTS_ITEMS) {
        client->world->items[item].serial = serial;
        client->world->items[item].epoch = client->epoch;
    }
    cuts_trace(client, client->state == CUTS_READY ? "says" : "keeps", ald_str(text));
    if (client->state == CUTS_READY) {
        cuts_wire_say(client->wire, ald_str(text), serial);
    }
}

/* Under another serial. */
static void said_double(struct cuts_client *client, const struct cuts_said *said)
{
    const char *rest = strstr(said->text, client->is_old ? "\"type\"" : "\"src\"");
    int size = (int)strlen(rest) - 1;

    if (client->is_old) {
        cuts_say(client, CUTS_ITEMS, "%.*s", size, rest);
    } else {
        cuts_say(client, CUTS_ITEMS, "\"type\":\"%s\",%.*s",
                 strstr(said->text, "\"event\"") != NULL ? "event" : "request", size, rest);
    }
}

/* Two of one sort for one place, of which the numbers have as many digits. False: they are not. */
static bool said_swap(struct cuts_world *world, struct cuts_said *one, struct cuts_said *two)
{
    char *a = strstr(one->text, "\"n\":"), *b = strstr(two->text, "\"n\":");
    const struct cuts_item *items = world->items;
    uint32_t item = one->item;
    char room[SAY_MAX];

    if (a == NULL || b == NULL || strlen(a) >= SAY_MAX || strlen(a) != strlen(b) ||
        strlen(one->text) != strlen(two->text) || items[item].kind != items[two->item].kind ||
        memcmp(&items[item].dst, &items[two->item].dst, sizeof(items[item].dst)) != 0) {
        return false;
    }
    (void)snprintf(room, sizeof(room), "%s", a);
    memcpy(a, b, strlen(b));
    memcpy(b, room, strlen(room));
    one->item = two->item;
    two->item = item;
    return true;
}

/* A saboteur breaks the law once, so that the account can be seen to tell. True: this is not said again. */
static bool said_sabotage(struct cuts_client *client, int64_t serial)
{
    struct cuts_world *world = client->world;
    struct cuts_said *said = &client->log[serial];

    if (world->struck || said->item >= CUTS_ITEMS) {
        return false;
    }
    if (world->sabotage == CUTS_DOUBLES) {
        world->struck = true;
        said_double(client, said);
    } else if (world->sabotage == CUTS_SWAPS && serial < client->said && said[1].item < CUTS_ITEMS) {
        world->struck = said_swap(world, said, &said[1]);
    }
    world->struck = world->struck || world->sabotage == CUTS_SKIPS;
    return world->sabotage == CUTS_SKIPS;
}

void cuts_say_again(struct cuts_client *client)
{
    int64_t said = client->said;

    for (int64_t serial = client->confirmed + 1; serial <= said; serial++) {
        client->world->n_again++;
        if (!said_sabotage(client, serial)) {
            cuts_trace(client, "repeats", ald_str(client->log[serial].text));
            cuts_wire_say(client->wire, ald_str(client->log[serial].text), serial);
        }
    }
}

void cuts_confirm(struct cuts_client *client, int64_t serial)
{
    if (serial < client->confirmed || serial > client->said || serial > client->delivered) {
        cuts_complain(client->world, "the hub says that it has what it cannot have, or not what it had", (long)serial);
        return;
    }
    while (client->confirmed < serial) {
        struct cuts_said *said = &client->log[++client->confirmed];

        if (said->item < CUTS_ITEMS) {
            client->world->items[said->item].confirmed = true;
        }
        free(said->text);
        said->text = NULL;
    }
}

/* --- items ----------------------------------------------------------------------------------------------------------- */

static struct cuts_client *client_of(struct cuts_world *world, struct cuts_party party)
{
    for (size_t i = 0; i < CUTS_CLIENTS; i++) {
        struct cuts_client *client = &world->clients[i];

        if ((party.type == CUTS_HOST && client->is_host && client->id == party.id) ||
            (party.type == CUTS_CONTROL && !client->is_host && !client->is_old && client->id == party.id)) {
            return client;
        }
        for (size_t n = 0; party.type == CUTS_INSTANCE && n < client->n_instances; n++) {
            if (client->instances[n] == party.id) {
                return client;
            }
        }
    }
    return NULL;
}

static bool is_alive(const struct cuts_client *client, struct cuts_party party)
{
    if (client->token[0] == '\0') {
        return false;
    }
    for (size_t n = 0; party.type == CUTS_INSTANCE && n < client->n_instances; n++) {
        if (client->instances[n] == party.id) {
            return client->alive[n];
        }
    }
    return true;
}

/* It is, and the hub knows. */
static bool is_known(const struct cuts_client *client, struct cuts_party party)
{
    for (size_t n = 0; party.type == CUTS_INSTANCE && n < client->n_instances; n++) {
        if (client->instances[n] == party.id && client->changed[n] > client->confirmed) {
            return false;
        }
    }
    return is_alive(client, party);
}

static bool is_of_kind(const struct cuts_client *client, int64_t type)
{
    bool instance = false;

    for (size_t n = 0; n < client->n_instances; n++) {
        instance = instance || is_known(client, (struct cuts_party){CUTS_INSTANCE, client->instances[n]});
    }
    return type == CUTS_INSTANCE ? instance : client->is_host == (type == CUTS_HOST);
}

/* Who may hear it, and who has to. */
static void item_aim(struct cuts_world *world, struct cuts_item *item)
{
    for (uint8_t i = 0; i < CUTS_CLIENTS; i++) {
        struct cuts_client *client = &world->clients[i];
        bool is_meant;

        if (item->kind == CUTS_BROADCAST) {
            is_meant = i != item->from && is_of_kind(client, item->dst.id);
            /* One whose instances end and come back may hear it in between. */
            item->may |= i != item->from && (is_meant || (item->dst.id == CUTS_INSTANCE && client->n_instances > 0))
                             ? 1U << i
                             : 0;
            item->must |= is_meant && client->token[0] != '\0' ? 1U << i : 0;
            continue;
        }
        if (item->dst.type == CUTS_HUB && item->kind == CUTS_EVENT && client->subscribes) {
            item->may |= 1U << i;
            item->must |= i != item->from && client->subscribed ? 1U << i : 0;
        }
        is_meant = item->dst.type == CUTS_HUB ? i == CUTS_HOST_A : client_of(world, item->dst) == client;
        if (is_meant && item->kind != CUTS_PING) {
            item->may |= 1U << i;
            item->must |= is_known(client, item->dst) ? 1U << i : 0;
        }
    }
}

/* What a message holds beside its number: in a large world some have more than a frame takes, or is read at once. */
static const char *item_pad(struct cuts_world *world)
{
    static char pad[SAY_PAD_MAX + 16];
    size_t size = 1 + ald_rng_below(&world->rng, SAY_PAD_MAX);

    if (!world->large || ald_rng_below(&world->rng, 4) != 0) {
        return "";
    }
    memset(pad, 'x', sizeof(pad));
    memcpy(pad, ",\"pad\":\"", 8);
    memcpy(pad + 8 + size, "\"", 2);
    return pad;
}

static void item_say_old(struct cuts_client *client, uint32_t number, enum cuts_kind kind)
{
    if (kind == CUTS_PING) {
        cuts_say(client, number, "\"type\":\"ping_request\",\"data\":{}");
    } else {
        cuts_say(client, number, "\"type\":\"t:Do_%s\",\"data\":{\"n\":%u%s}", kind == CUTS_EVENT ? "event" : "request",
                 number, item_pad(client->world));
    }
    client->world->items[number].request = client->said;
}

static void item_say_new(struct cuts_client *client, uint32_t number)
{
    struct cuts_item *item = &client->world->items[number];
    long long src_type = item->src.type, src = item->src.id, dst_type = item->dst.type, dst = item->dst.id;

    if (item->kind == CUTS_EVENT || item->kind == CUTS_BROADCAST) {
        cuts_say(client, number,
                 "\"type\":\"event\",\"src\":[%lld,%lld],\"dst\":[%lld,%lld],\"name\":\"t:Do\",\"data\":{\"n\":%u%s}",
                 src_type, src, dst_type, dst, number, item_pad(client->world));
        return;
    }
    item->request = ++client->n_requests;
    if (item->kind == CUTS_PING) {
        cuts_say(client, number, "\"type\":\"request\",\"src\":[%lld,%lld,%lld],\"dst\":[0,0],\"name\":\"PingRequest\"",
                 src_type, src, (long long)item->request);
        return;
    }
    cuts_say(
        client, number,
        "\"type\":\"request\",\"src\":[%lld,%lld,%lld],\"dst\":[%lld,%lld],\"name\":\"t:Do\",\"data\":{\"n\":%u%s}",
        src_type, src, (long long)item->request, dst_type, dst, number, item_pad(client->world));
}

void cuts_say_item(struct cuts_client *client, struct cuts_party src, struct cuts_party dst, enum cuts_kind kind)
{
    struct cuts_world *world = client->world;
    uint32_t number = world->n_items;

    if (number == CUTS_ITEMS || client->token[0] == '\0' || client->state == CUTS_LEAVING || !is_alive(client, src)) {
        return;
    }
    world->n_items++;
    world->items[number] = (struct cuts_item){.kind = (uint8_t)kind, .from = client->number, .src = src, .dst = dst};
    world->items[number].said_at = ald_loop_now(world->loop);
    item_aim(world, &world->items[number]);
    if (client->is_old) {
        item_say_old(client, number, kind);
    } else {
        item_say_new(client, number);
    }
}

/* --- what chance says ------------------------------------------------------------------------------------------------- */

static struct cuts_party party_of(struct cuts_client *client)
{
    uint64_t n = ald_rng_below(&client->world->rng, client->n_instances + 1U);

    if (n > 0 && client->alive[n - 1]) {
        return (struct cuts_party){CUTS_INSTANCE, client->instances[n - 1]};
    }
    return (struct cuts_party){client->is_host ? CUTS_HOST : CUTS_CONTROL, client->id};
}

void cuts_say_something(struct cuts_client *client)
{
    struct cuts_world *world = client->world;
    uint64_t what = ald_rng_below(&world->rng, 16);
    struct cuts_client *other = &world->clients[ald_rng_below(&world->rng, CUTS_CLIENTS)];
    enum cuts_kind kind = what < 6 ? CUTS_REQUEST : what < 12 ? CUTS_EVENT : what < 15 ? CUTS_BROADCAST : CUTS_PING;
    struct cuts_party src = party_of(client), dst = {CUTS_HUB, 0};

    if (client->is_old) {
        kind = kind == CUTS_BROADCAST ? CUTS_EVENT : kind;
    } else if (kind == CUTS_BROADCAST) {
        dst = (struct cuts_party){CUTS_ALL, 1 + (int64_t)ald_rng_below(&world->rng, 3)};
    } else if (kind != CUTS_PING && other != client && !(other->is_old && !other->is_host)) {
        dst = party_of(other);
    } else if (client->number == CUTS_HOST_A) {
        kind = CUTS_PING; /* the controller is itself */
    }
    cuts_say_item(client, src, dst, kind);
}

/* --- answers ---------------------------------------------------------------------------------------------------------- */

/* Some are refused by whoever is asked. */
static bool is_failure(uint32_t item)
{
    return item % 7 == 3;
}

static void answer_old(struct cuts_client *client, const struct cuts_todo *todo)
{
    if (is_failure(todo->item)) {
        cuts_say(client, CUTS_ITEMS, "\"type\":\"t:Do_response\",\"data\":{\"seq\":%s,\"error\":\"no\"}", todo->src);
    } else {
        cuts_say(client, CUTS_ITEMS, "\"type\":\"t:Do_response\",\"data\":{\"seq\":%s,\"n\":%u}", todo->src,
                 todo->item);
    }
}

void cuts_answer(struct cuts_client *client)
{
    struct cuts_todo todo;

    if (client->n_todo == 0 || client->token[0] == '\0') {
        return;
    }
    todo = client->todo[0];
    client->n_todo--;
    memmove(client->todo, client->todo + 1, client->n_todo * sizeof(client->todo[0]));
    if (client->is_old) {
        answer_old(client, &todo);
    } else if (is_failure(todo.item)) {
        cuts_say(client, CUTS_ITEMS,
                 "\"type\":\"responseError\",\"src\":%s,\"dst\":%s,\"data\":{\"message\":\"no\",\"code\":\"Mine\"}",
                 todo.dst, todo.src);
    } else {
        cuts_say(client, CUTS_ITEMS, "\"type\":\"response\",\"src\":%s,\"dst\":%s,\"data\":{\"n\":%u}", todo.dst,
                 todo.src, todo.item);
    }
}

/* --- instances -------------------------------------------------------------------------------------------------------- */

/* A question to the hub; CUTS_ITEMS: there is no room for it. */
static uint32_t item_ask_hub(struct cuts_client *client)
{
    struct cuts_world *world = client->world;
    uint32_t number = world->n_items;

    if (number < CUTS_ITEMS) {
        world->n_items++;
        world->items[number] =
            (struct cuts_item){.kind = CUTS_PING, .from = client->number, .request = ++client->n_requests};
        world->items[number].src = (struct cuts_party){client->is_host ? CUTS_HOST : CUTS_CONTROL, client->id};
    }
    return number;
}

/* Nothing that was said before is wanted: its time has not come yet. */
void cuts_subscribe(struct cuts_client *client)
{
    uint32_t number = item_ask_hub(client);

    if (number < CUTS_ITEMS) {
        client->subscription = number;
        cuts_say(client, number,
                 "\"type\":\"request\",\"src\":[%lld,%lld,%lld],\"dst\":[0,0],\"name\":\"SubscriptionRequest\","
                 "\"data\":[\"t:Do\",\"subscribe\",9000000000000]",
                 (long long)client->world->items[number].src.type, (long long)client->id,
                 (long long)client->n_requests);
    }
}

void cuts_name_instances(struct cuts_client *client)
{
    uint32_t number = item_ask_hub(client);
    char list[128] = "";

    for (size_t n = 0; n < client->n_instances; n++) {
        size_t at = strlen(list);

        client->alive[n] = true;
        (void)snprintf(list + at, sizeof(list) - at, "%s{\"id\":%lld,\"status\":\"running\"}", n > 0 ? "," : "",
                       (long long)client->instances[n]);
    }
    if (number == CUTS_ITEMS) {
        return;
    }
    cuts_say(
        client, number,
        "\"type\":\"request\",\"src\":[1,%lld,%lld],\"dst\":[0,0],\"name\":\"InstancesUpdateRequest\",\"data\":[%s]",
        (long long)client->id, (long long)client->n_requests, list);
    for (size_t n = 0; n < client->n_instances; n++) {
        client->changed[n] = client->said;
    }
}

/* It has nothing to say any more. */
static void todo_drop(struct cuts_client *client, int64_t id)
{
    char dst[40];
    size_t n = 0;

    (void)snprintf(dst, sizeof(dst), "[2,%lld]", (long long)id);
    for (size_t i = 0; i < client->n_todo; i++) {
        if (strcmp(client->todo[i].dst, dst) != 0) {
            client->todo[n++] = client->todo[i];
        }
    }
    client->n_todo = n;
}

/* What is for one that ends may be lost with it, and so may its own outcomes. */
void cuts_end_instance(struct cuts_client *client, uint8_t instance)
{
    struct cuts_world *world = client->world;
    int64_t id = client->instances[instance];

    if (client->token[0] == '\0' || client->state == CUTS_LEAVING) {
        return;
    }
    client->alive[instance] = !client->alive[instance];
    for (uint32_t n = 0; n < world->n_items; n++) {
        struct cuts_item *item = &world->items[n];

        if (item->dst.type == CUTS_INSTANCE && item->dst.id == id) {
            item->must = 0;
        }
        if (item->kind == CUTS_BROADCAST && item->dst.id == CUTS_INSTANCE) {
            item->must &= ~(1U << client->number);
        }
        if (item->src.type == CUTS_INSTANCE && item->src.id == id) {
            item->orphaned = true;
            item->must = 0;
        }
    }
    client->gaps_ok = true;
    world->n_ended++;
    todo_drop(client, id);
    cuts_say(client, CUTS_ITEMS,
             "\"type\":\"event\",\"src\":[1,%lld],\"dst\":[0,0],\"name\":\"InstanceStatusChangedEvent\","
             "\"data\":{\"instanceId\":%lld,\"status\":\"%s\"}",
             (long long)client->id, (long long)id, client->alive[instance] ? "running" : "deleted");
    client->changed[instance] = client->said;
}
