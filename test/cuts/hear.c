#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cuts/json.h"
#include "cuts/world.h"
#include "loop/loop.h"

/* Codes of the hub's closes: none came; it lets go of one that leaves, or that said what is no frame; and of a host whose
 * registration came again, as that of a connection does which the host had given up, when it is late. */
enum { HEAR_CUT = 1006, HEAR_LEFT = 1000, HEAR_MALFORMED = 4000, HEAR_REPLACED = 1008, HEAR_REPLACED_OLD = 4003 };

static void hear_complain(struct cuts_client *client, const char *what, struct ald_str text)
{
    char room[160];

    (void)snprintf(room, sizeof(room), "%s: %.*s", what, (int)ALD_MIN(text.size, 90), text.data);
    cuts_complain(client->world, room, client->number);
}

static int64_t number_of(struct ald_str value)
{
    int64_t number = -1;

    return cuts_json_int(value, &number) ? number : -1;
}

static bool is_type(struct ald_str text, const char *type)
{
    return cuts_json_is(cuts_json_member(text, "type"), type);
}

/* --- serials ---------------------------------------------------------------------------------------------------------- */

static uint64_t print_of(struct ald_str text)
{
    uint64_t print = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < text.size; i++) {
        print = (print ^ (uint8_t)text.data[i]) * UINT64_C(0x100000001b3);
    }
    return print;
}

static void print_set(struct cuts_client *client, int64_t serial, uint64_t print)
{
    if (serial >= client->prints_room) {
        client->prints_room = 2 * serial;
        client->prints = realloc(client->prints, (size_t)client->prints_room * sizeof(*client->prints));
        ald_assert(client->prints != NULL);
    }
    for (int64_t n = client->heard + 1; n < serial; n++) {
        client->prints[n] = 0; /* it is missing */
    }
    client->prints[serial] = print;
}

/* A frame with this serial has come. False: it is not to be heard. */
static bool serial_take(struct cuts_client *client, int64_t serial, struct ald_str text)
{
    uint64_t print = print_of(text);

    if (serial <= 0) {
        hear_complain(client, "a frame without a serial", text);
        return false;
    }
    if (serial <= client->heard) {
        client->world->n_repeated++;
        if (!client->repeats_ok) {
            hear_complain(client, "it comes again", text);
        } else if (client->prints[serial] != 0 && client->prints[serial] != print) {
            hear_complain(client, "it comes again, and is another", text);
        }
        return false;
    }
    if (serial != client->heard + 1 && !client->gaps_ok) {
        hear_complain(client, "one before is missing", text);
    }
    print_set(client, serial, print);
    client->heard = serial;
    return true;
}

/* --- messages --------------------------------------------------------------------------------------------------------- */

static struct cuts_item *item_find(struct cuts_client *client, int64_t number, struct ald_str text)
{
    if (number < 0 || number >= client->world->n_items) {
        hear_complain(client, "nobody has said that", text);
        return NULL;
    }
    return &client->world->items[number];
}

/* In the order in which it was said: requests among themselves, and others. */
static void item_order(struct cuts_client *client, uint32_t number, struct ald_str text)
{
    struct cuts_item *item = &client->world->items[number];
    uint32_t *last = &client->last_item[item->from][item->kind == CUTS_REQUEST];

    if (number < *last && (item->must & 1U << client->number) != 0 &&
        (client->world->items[*last].must & 1U << client->number) != 0 &&
        memcmp(&item->src, &client->world->items[*last].src, sizeof(item->src)) == 0 &&
        memcmp(&item->dst, &client->world->items[*last].dst, sizeof(item->dst)) == 0) {
        hear_complain(client, "it comes behind what was said later", text);
    }
    *last = number;
}

static void item_heard(struct cuts_client *client, int64_t number, bool is_request, struct ald_str text)
{
    struct cuts_item *item = item_find(client, number, text);
    bool is_own;

    if (item == NULL) {
        return;
    }
    /* What it said in a session that it has given up comes to it as to others. */
    is_own = item->from == client->number && item->kind == CUTS_BROADCAST && item->epoch != client->epoch;
    if (((item->may & 1U << client->number) == 0 && !is_own) || is_request != (item->kind == CUTS_REQUEST)) {
        hear_complain(client, "it is for somebody else", text);
    }
    if (++item->n_heard[client->number] > 1) {
        hear_complain(client, "it is heard twice", text);
    }
    item_order(client, (uint32_t)number, text);
}

static void todo_add(struct cuts_client *client, int64_t number, struct ald_str src, struct ald_str dst)
{
    struct cuts_todo *todo;

    client->todo = realloc(client->todo, (client->n_todo + 1) * sizeof(*client->todo));
    ald_assert(client->todo != NULL);
    todo = &client->todo[client->n_todo++];
    todo->item = (uint32_t)number;
    (void)snprintf(todo->src, sizeof(todo->src), "%.*s", ALD_STR_ARG(src));
    (void)snprintf(todo->dst, sizeof(todo->dst), "%.*s", ALD_STR_ARG(dst));
}

/* Which of its requests is answered. */
static struct cuts_item *request_find(struct cuts_client *client, int64_t type, int64_t id, int64_t request)
{
    struct cuts_world *world = client->world;

    for (uint32_t n = world->n_items; n > 0; n--) {
        struct cuts_item *item = &world->items[n - 1];

        if (item->from == client->number && item->request == request && item->epoch == client->epoch &&
            (item->kind == CUTS_REQUEST || item->kind == CUTS_PING) &&
            (client->is_old || (item->src.type == type && item->src.id == id))) {
            return item;
        }
    }
    return NULL;
}

static void item_told(struct cuts_client *client, struct cuts_item *item, enum cuts_told told, struct ald_str text)
{
    struct cuts_world *world = client->world;

    if (item == NULL) {
        hear_complain(client, "an outcome of nothing", text);
        return;
    }
    if (world->sabotage == CUTS_SWALLOWS && !world->struck && world->n_resumed > 0) {
        world->struck = true;
        return;
    }
    if (++item->n_told > 1) {
        hear_complain(client, "an outcome comes twice", text);
    }
    item->told = (uint8_t)told;
    client->subscribed = client->subscribed || (client->subscribes && item == &world->items[client->subscription]);
    item->confirmed = true;
}

static enum cuts_told told_of(struct ald_str data)
{
    struct ald_str code = cuts_json_member(data, "code");

    /* Generation A has no codes. */
    return cuts_json_is(code, "Mine") || cuts_json_is(cuts_json_member(data, "message"), "no") ? CUTS_TOLD_FAILED
           : cuts_json_is(code, "SessionLost")                                                 ? CUTS_TOLD_LOST
           : cuts_json_is(code, "Expired")                                                     ? CUTS_TOLD_EXPIRED
                                                                                               : CUTS_TOLD_REFUSED;
}

static void hear_outcome(struct cuts_client *client, struct ald_str text, bool is_error)
{
    struct ald_str dst = cuts_json_member(text, "dst"), src = cuts_json_member(text, "src");
    struct ald_str data = cuts_json_member(text, "data");
    struct cuts_item *item = request_find(client, number_of(cuts_json_item(dst, 0)), number_of(cuts_json_item(dst, 1)),
                                          number_of(cuts_json_item(dst, 2)));

    if (item != NULL && !is_error &&
        (number_of(cuts_json_item(src, 0)) != item->dst.type || number_of(cuts_json_item(src, 1)) != item->dst.id)) {
        hear_complain(client, "somebody else answers", text);
    }
    if (item != NULL && !is_error && item->kind == CUTS_REQUEST &&
        number_of(cuts_json_member(data, "n")) != item - client->world->items) {
        hear_complain(client, "it is another's answer", text);
    }
    item_told(client, item, is_error ? told_of(data) : CUTS_TOLD_DONE, text);
}

/* What is for an instance that has ended meanwhile nobody answers: the hub does. */
static bool is_there(const struct cuts_client *client, struct ald_str dst)
{
    for (size_t n = 0; n < client->n_instances; n++) {
        if (number_of(cuts_json_item(dst, 0)) == CUTS_INSTANCE &&
            number_of(cuts_json_item(dst, 1)) == client->instances[n]) {
            return client->alive[n];
        }
    }
    return true;
}

/* link.md 2.6 */
static void hear_new(struct cuts_client *client, struct ald_str text)
{
    struct ald_str name = cuts_json_member(text, "name");
    int64_t number = number_of(cuts_json_member(cuts_json_member(text, "data"), "n"));

    if (is_type(text, "response") || is_type(text, "responseError")) {
        hear_outcome(client, text, is_type(text, "responseError"));
    } else if (is_type(text, "event")) {
        if (cuts_json_is(name, "t:Do")) {
            item_heard(client, number, false, text);
        }
    } else if (is_type(text, "request") && cuts_json_is(name, "t:Do")) {
        item_heard(client, number, true, text);
        if (is_there(client, cuts_json_member(text, "dst"))) {
            todo_add(client, number, cuts_json_member(text, "src"), cuts_json_member(text, "dst"));
        }
    } else {
        hear_complain(client, "nobody speaks so", text);
    }
}

/* link.md 2.15 */
static void hear_old(struct cuts_client *client, struct ald_str text, int64_t serial)
{
    struct ald_str data = cuts_json_member(text, "data");
    int64_t number = number_of(cuts_json_member(data, "n"));
    char room[24];

    if (is_type(text, "t:Do_response") || is_type(text, "ping_response")) {
        struct ald_str error = cuts_json_member(data, "error");
        int64_t request = number_of(cuts_json_member(data, "seq"));

        item_told(client, request_find(client, 0, 0, request),
                  !ald_str_present(error)                             ? CUTS_TOLD_DONE
                  : cuts_json_is(error, "no")                         ? CUTS_TOLD_FAILED
                  : ald_str_starts(error, ALD_STR("\"Session "))      ? CUTS_TOLD_LOST
                  : ald_str_starts(error, ALD_STR("\"the deadline ")) ? CUTS_TOLD_EXPIRED
                                                                      : CUTS_TOLD_REFUSED,
                  text);
    } else if (is_type(text, "t:Do_event")) {
        item_heard(client, number, false, text);
    } else if (is_type(text, "t:Do_request")) {
        item_heard(client, number, true, text);
        (void)snprintf(room, sizeof(room), "%lld", (long long)serial);
        todo_add(client, number, ald_str(room), ALD_STR(""));
    } else {
        hear_complain(client, "nobody speaks so", text);
    }
}

static void hear_routable(struct cuts_client *client, struct ald_str text)
{
    struct cuts_world *world = client->world;
    int64_t serial = number_of(cuts_json_member(text, "seq"));
    bool again = world->n_resumed > 0 && !world->struck &&
                 ald_str_present(cuts_json_member(cuts_json_member(text, "data"), "n"));

    if (!serial_take(client, serial, text)) {
        return;
    }
    if (again && world->sabotage == CUTS_LOSES) {
        world->struck = true;
        return;
    }
    if (again && world->sabotage == CUTS_REPEATS) {
        world->struck = true;
        client->is_old ? hear_old(client, text, serial) : hear_new(client, text);
    }
    client->is_old ? hear_old(client, text, serial) : hear_new(client, text);
}

/* --- frames without a serial ------------------------------------------------------------------------------------------ */

static void hear_heartbeat(struct cuts_client *client, struct ald_str text)
{
    struct ald_str seq = cuts_json_member(client->is_old ? cuts_json_member(text, "data") : text, "seq");

    if (ald_str_present(seq) && !ald_str_equal(seq, ALD_STR("null"))) {
        cuts_confirm(client, number_of(seq));
    }
}

static void greet(struct cuts_client *client)
{
    static const char *const roles[] = {"registerHost", "registerControl", "register_slave", "register_control"};
    const char *role = roles[(client->is_old ? 2 : 0) + (client->is_host ? 0 : 1)];
    char text[512];

    if (client->is_old) {
        (void)snprintf(
            text, sizeof(text),
            "{\"seq\":null,\"type\":\"%s\",\"data\":{\"token\":\"x\",\"agent\":\"test\",\"version\":\"2\"%s}}", role,
            client->is_host ? ",\"name\":\"Foo\",\"id\":3,\"plugins\":{\"t\":\"1\"}" : "");
    } else if (client->is_host) {
        (void)snprintf(
            text, sizeof(text),
            "{\"type\":\"%s\",\"data\":{\"token\":\"x\",\"version\":\"2\",\"id\":%lld,\"plugins\":{\"t\":\"1\"}}}",
            role, (long long)client->id);
    } else {
        (void)snprintf(text, sizeof(text), "{\"type\":\"%s\",\"data\":{\"token\":\"x\",\"version\":\"2\"}}", role);
    }
    cuts_trace(client, "says", ald_str(text));
    cuts_wire_say(client->wire, ald_str(text), 0);
    client->state = CUTS_ASKED;
}

static void resume(struct cuts_client *client)
{
    char text[256], last[40] = "";
    int64_t claim = client->claim == CUTS_LESS   ? client->heard / 2
                    : client->claim == CUTS_MORE ? client->heard + 1000
                                                 : client->heard;
    const char *name = client->is_old ? "last_seq" : "lastSeq";

    if (client->claim == CUTS_MORE) {
        cuts_excuse(client);
    }
    if (client->claim != CUTS_SILENT && claim > 0) {
        (void)snprintf(last, sizeof(last), ",\"%s\":%lld", name, (long long)claim);
    } else if (client->is_old) {
        (void)snprintf(last, sizeof(last), ",\"%s\":null", name);
    }
    (void)snprintf(text, sizeof(text), "{%s\"type\":\"resume\",\"data\":{\"%s\":\"%s\"%s}}",
                   client->is_old ? "\"seq\":null," : "", client->is_old ? "session_token" : "sessionToken",
                   client->token, last);
    cuts_trace(client, "says", ald_str(text));
    cuts_wire_say(client->wire, ald_str(text), 0);
    client->state = CUTS_ASKED;
}

static ald_usec seconds(struct ald_str value)
{
    char room[32];

    (void)snprintf(room, sizeof(room), "%.*s", ALD_STR_ARG(value));
    return (ald_usec)(strtod(room, NULL) * 1e6);
}

static void hear_times(struct cuts_client *client, struct ald_str data)
{
    client->timeout = seconds(cuts_json_member(data, client->is_old ? "session_timeout" : "sessionTimeout"));
    client->interval = seconds(cuts_json_member(data, client->is_old ? "heartbeat_interval" : "heartbeatInterval"));
    client->heartbeat_at = ald_loop_now(client->world->loop) + client->interval;
    client->state = CUTS_READY;
}

static void hear_ready(struct cuts_client *client, struct ald_str text)
{
    struct ald_str data = cuts_json_member(text, "data");
    struct ald_str token = cuts_json_text(cuts_json_member(data, client->is_old ? "session_token" : "sessionToken"));
    struct ald_str src = cuts_json_member(data, "src");

    if (token.size == 0 || token.size >= sizeof(client->token) || client->token[0] != '\0') {
        hear_complain(client, "it is let in strangely", text);
        return;
    }
    memcpy(client->token, token.data, token.size);
    client->token[token.size] = '\0';
    hear_times(client, data);
    if (!client->is_old && number_of(cuts_json_item(src, 0)) != (client->is_host ? CUTS_HOST : CUTS_CONTROL)) {
        hear_complain(client, "it is somebody else", text);
    }
    if (!client->is_old) {
        client->id = number_of(cuts_json_item(src, 1));
    }
    if (client->subscribes) {
        cuts_subscribe(client);
    }
    if (client->n_instances > 0) {
        cuts_name_instances(client);
    }
}

static void hear_continue(struct cuts_client *client, struct ald_str text)
{
    struct ald_str data = cuts_json_member(text, "data");
    struct ald_str last = cuts_json_member(data, client->is_old ? "last_seq" : "lastSeq");
    int64_t serial = ald_str_present(last) && !ald_str_equal(last, ALD_STR("null")) ? number_of(last) : 0;

    if (client->token[0] == '\0') {
        hear_complain(client, "it goes on with nothing", text);
        return;
    }
    client->world->n_resumed++;
    hear_times(client, data);
    if (serial > 0 || client->confirmed > client->begin) {
        cuts_confirm(client, serial);
    }
    /* What was claimed decides what is said again. */
    client->repeats_ok = client->claim == CUTS_SILENT || client->claim == CUTS_LESS;
    client->gaps_ok = client->gaps_ok || client->claim != CUTS_HONEST;
    client->is_lost =
        client->is_lost || client->claim != CUTS_HONEST; /* what was claimed may be on its way once more */
    if (client->claim == CUTS_MORE) {
        cuts_excuse(client); /* also what came since it was claimed */
    }
    client->claim = CUTS_HONEST;
    cuts_say_again(client);
    /* Of generation A the goodbye is a message like others, and is said again. */
    client->state = client->goodbye > client->confirmed ? CUTS_LEAVING : CUTS_READY;
}

/* It was away for too long, or did what ends a session, or may. */
static bool client_may_lose(const struct cuts_client *client)
{
    return client->is_lost || client->is_doubled || client->claim != CUTS_HONEST ||
           ald_loop_now(client->world->loop) - client->seen_at >= client->timeout;
}

static void hear_invalidate(struct cuts_client *client)
{
    client->world->n_invalidated++;
    if (!client_may_lose(client)) {
        cuts_complain(client->world, "the session of one that was never away for long is gone", client->number);
    }
    cuts_forget(client);
    greet(client);
}

static void hear_hub_leaves(struct cuts_client *client, struct ald_str text)
{
    if (client->state == CUTS_LEAVING && (client->is_old || cuts_json_is(cuts_json_member(text, "data"), "ready"))) {
        cuts_wire_close(client->wire, 1000);
        return;
    }
    hear_complain(client, "the hub leaves", text);
}

/* --- frames ----------------------------------------------------------------------------------------------------------- */

static void hear_greeting(struct cuts_client *client, struct ald_str text)
{
    if (client->state == CUTS_DIALING && is_type(text, "hello")) {
        client->token[0] != '\0' ? resume(client) : greet(client);
    } else if (client->state == CUTS_ASKED && is_type(text, "ready")) {
        hear_ready(client, text);
    } else if (client->state == CUTS_ASKED && is_type(text, "continue")) {
        hear_continue(client, text);
    } else if (client->state == CUTS_ASKED && is_type(text, "invalidate") && client->token[0] != '\0') {
        hear_invalidate(client);
    } else {
        hear_complain(client, "not now", text);
    }
}

static void client_heard(void *owner, struct cuts_wire *wire, struct ald_str text)
{
    struct cuts_client *client = owner;

    if (client->wire != wire) {
        return;
    }
    client->delivered = ALD_MAX(client->delivered, wire->delivered);
    client->seen_at = client->state >= CUTS_READY ? ald_loop_now(client->world->loop) : client->seen_at;
    cuts_trace(client, "hears", text);
    if (!cuts_json_check(text) || !ald_str_present(cuts_json_text(cuts_json_member(text, "type")))) {
        hear_complain(client, "that is no frame", text);
    } else if (client->state < CUTS_READY) {
        hear_greeting(client, text);
        client->seen_at = client->state == CUTS_READY ? ald_loop_now(client->world->loop) : client->seen_at;
    } else if (is_type(text, "heartbeat")) {
        hear_heartbeat(client, text);
    } else if (is_type(text, "disconnect") || is_type(text, "prepare_disconnect_response")) {
        hear_hub_leaves(client, text);
    } else if (!is_type(text, "prepare_disconnect_request")) {
        hear_routable(client, text);
    }
}

/* Has it a reason to be closed with that code? */
static bool is_due(const struct cuts_client *client, uint16_t code)
{
    switch (code) {
    case HEAR_CUT:
        return true;
    case HEAR_LEFT:
        return client->state == CUTS_LEAVING;
    case HEAR_MALFORMED:
        return client->is_odd;
    case HEAR_REPLACED:
    case HEAR_REPLACED_OLD:
        return client->is_host && client->is_old == (code == HEAR_REPLACED_OLD);
    default:
        return false;
    }
}

/* Whatever the code, it comes back, also where an existing client would not (link.md 3.2); but not to what it was leaving. */
static void client_ended(void *owner, struct cuts_wire *wire, uint16_t code)
{
    struct cuts_client *client = owner;
    bool was_leaving = client->state == CUTS_LEAVING;

    if (client->wire != wire) {
        return;
    }
    client->delivered = ALD_MAX(client->delivered, wire->delivered);
    if (!is_due(client, code)) {
        cuts_complain(client->world, "the hub ends a connection", code);
    }
    client->is_lost = client->is_lost || code == HEAR_REPLACED || code == HEAR_REPLACED_OLD;
    cuts_cut(client);
    if (was_leaving) {
        cuts_forget(client);
    }
}

static void client_broken(void *owner, const char *what, long number)
{
    struct cuts_client *client = owner;

    cuts_complain(client->world, what, number);
}

static void client_pinged(void *owner)
{
    struct cuts_client *client = owner;

    client->world->n_pings++;
}

const struct cuts_wire_ops cuts_client_ops = {
    .pinged = client_pinged, .heard = client_heard, .ended = client_ended, .broken = client_broken};
