#include "cli/watch_subscribe.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/cli.h"
#include "loop/random.h"
#include "msg/json_write.h"

#define SUBSCRIBE_DEADLINE (10 * ALD_SEC)
/* When the latest known event was, in milliseconds: later than any. A session that came back has what was said meanwhile. */
#define SUBSCRIBE_SINCE 9000000000000u
/* Of the payload: the name at its longest, escaped, and what stands around it. */
enum { SUBSCRIBE_PAYLOAD_MAX = 6 * ALD_NAME_MAX + 100 };

struct subscribing {
    struct ald_client *client;
    bool old; /* in the words of before alpha.26 */
    struct ald_str name;
    char room[];
};

/* `[name, action, since]`: the action was a truth value once, and hubs of each time refuse what the others take (link.md 2.13). */
static int subscribing_payload(const struct subscribing *it, struct ald_slice *ret_payload)
{
    struct ald_json_writer json;
    struct ald_buf text;
    int r;

    ald_buf_init(&text, SUBSCRIBE_PAYLOAD_MAX);
    ald_json_write_init(&json, &text, ALD_JSON_COMPACT);
    ald_json_write_array(&json);
    ald_json_write_str(&json, it->name);
    if (it->old) {
        ald_json_write_bool(&json, true);
    } else {
        ald_json_write_str(&json, ALD_STR("subscribe"));
    }
    ald_json_write_u64(&json, SUBSCRIBE_SINCE);
    ald_json_write_end(&json);
    r = ald_json_write_done(&json) == 0 ? ald_slice_copy(ald_buf_str(&text), ret_payload) : ald_trace(ALDIS_E_NOMEM);
    ald_buf_fini(&text);
    return r;
}

static int subscribing_build(const struct subscribing *it, struct ald_msg **ret_command)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *command = NULL;
    struct ald_slice payload = ALD_SLICE_NONE;
    char id[ALD_ID_TEXT];
    uint64_t random[2];
    int r;

    ald_random_fill(random, sizeof(random));
    ald_id_format(ald_id_make(random[0], random[1] >> 2), id);
    r = ald_msg_new(ald_client_messages(it->client), ALD_COMMAND, &command);
    r = r == 0 ? ald_msg_set(command, &command->wire_id, ald_str_of(id, ALD_ID_TEXT)) : r;
    r = r == 0 ? ald_msg_set(command, &command->name, ALD_STR("SubscriptionRequest")) : r;
    r = r == 0 ? subscribing_payload(it, &payload) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_set_slice(command, &command->payload, payload);
    ald_slice_clear(&payload);
    command->ttl = SUBSCRIBE_DEADLINE;
    ald_msg_seal(command);
    *ret_command = ald_steal(&command);
    return 0;
}

static int subscribing_ask(struct subscribing *it);

/* One whose connection went is asked anew on the next. */
static void subscribing_report(void *owner, struct ald_call *call ALD_UNUSED, const struct ald_call_report *report)
{
    struct subscribing *it = owner;
    char name[300], why[300];

    if (report->outcome == ALD_OUTCOME_NONE) {
        return;
    }
    if (report->outcome == ALD_REFUSED && report->cause == ALD_CAUSE_INVALID && !it->old) {
        it->old = true;
        if (subscribing_ask(it) == 0) {
            return;
        }
    }
    if (report->outcome != ALD_SUCCEEDED && report->outcome != ALD_LOST && report->outcome != ALD_CANCELLED) {
        ald_cli_say("cannot subscribe to %.*s: %.*s", ALD_STR_ARG(ald_cli_printable(it->name, name, sizeof(name))),
                    ALD_STR_ARG(ald_cli_printable(report->text, why, sizeof(why))));
    }
    free(it);
}

static int subscribing_ask(struct subscribing *it)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *command = NULL;
    struct ald_call *call;
    int r;

    r = subscribing_build(it, &command);
    r = r == 0 ? ald_client_call(it->client, command, subscribing_report, it, &call) : r;
    return r < 0 ? ald_trace(r) : 0;
}

static int subscribe_one(struct ald_client *client, struct ald_str name)
{
    struct subscribing *it = calloc(1, sizeof(*it) + name.size);
    int r;

    if (it == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    memcpy(it->room, name.data, name.size);
    it->client = client;
    it->name = ald_str_of(it->room, name.size);
    r = subscribing_ask(it);
    if (r < 0) {
        free(it);
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_watch_subscribe(struct ald_client *client, struct ald_str names)
{
    int r = 0;

    while (names.size > 0 && r == 0) {
        size_t end = ald_str_find(names, ALD_STR(","));

        r = end > 0 ? subscribe_one(client, ald_str_of(names.data, end)) : 0;
        names = ald_str_from(names, ALD_MIN(end + 1, names.size));
    }
    return r;
}
