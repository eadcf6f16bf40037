/*
 * A subscription is asked for when there is a session that has none: at first, and when a new one begins. What is asked and not
 * answered when a session ends is lost with it, and asked again in the next.
 */

#include "cli/watch_subscribe.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/sm.h"
#include "cli/outcome.h"
#include "cli/watch_service_view.h"
#include "loop/random.h"
#include "msg/json_write.h"

enum { SUBSCRIPTION_NONE, SUBSCRIPTION_ASKED, SUBSCRIPTION_STANDS, SUBSCRIPTION_REFUSED };

static const struct ald_state subscription_states[] = {
    [SUBSCRIPTION_NONE] = {"none", ALD_STATE_INITIAL, ALD_TO(SUBSCRIPTION_ASKED)},
    [SUBSCRIPTION_ASKED] = {"asked", 0,
                            ALD_TO(SUBSCRIPTION_NONE) | ALD_TO(SUBSCRIPTION_STANDS) | ALD_TO(SUBSCRIPTION_REFUSED)},
    [SUBSCRIPTION_STANDS] = {"stands", 0, ALD_TO(SUBSCRIPTION_NONE)},
    [SUBSCRIPTION_REFUSED] = {"refused", ALD_STATE_FINAL, 0},
};
static struct ald_machine subscription_machine = ALD_MACHINE("watch subscription", subscription_states);

#define SUBSCRIBE_DEADLINE (10 * ALD_SEC)
/* From now on: in milliseconds, later than anything that a hub remembers. */
#define SUBSCRIBE_SINCE_NOW UINT64_C(9000000000000)
/* Of the payload: the names at their longest, escaped, and what stands around them. */
enum { SUBSCRIBE_PAYLOAD_MAX = 16 * ALD_NAME_MAX };

static void subscription_move(struct ald_watch_subscription *it, uint8_t to)
{
    ald_sm_move(&subscription_machine, &it->state, to);
}

/* --- the request --------------------------------------------------------------------------------------------------- */

static void filters_write(struct ald_json_writer *json, struct ald_str filters)
{
    if (filters.size == 0) {
        return;
    }
    ald_json_write_array(json);
    while (filters.size > 0) {
        struct ald_str word = ald_str_pop(&filters);

        if (word.size > 0) {
            ald_json_write_str(json, word);
        }
    }
    ald_json_write_end(json);
}

/* `[name, action, since, filters?]`: the action was a truth value once, and hubs of each time refuse what the others take (link.md
 * 2.13). */
static int subscription_payload(const struct ald_watch_subscription *it, struct ald_slice *ret_payload)
{
    const struct ald_watch_subscribe *all = it->all;
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
    ald_json_write_u64(&json, all->since == ALD_NEVER ? SUBSCRIBE_SINCE_NOW : all->since / ALD_MSEC);
    filters_write(&json, ald_str(all->options->filters));
    ald_json_write_end(&json);
    r = ald_json_write_done(&json) == 0 ? ald_slice_copy(ald_buf_str(&text), ret_payload) : ald_trace(ALDIS_E_NOMEM);
    ald_buf_fini(&text);
    return r;
}

static int subscription_build(const struct ald_watch_subscription *it, struct ald_msg **ret_command)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *command = NULL;
    struct ald_slice payload = ALD_SLICE_NONE;
    char id[ALD_ID_TEXT];
    uint64_t random[2];
    int r;

    ald_random_fill(random, sizeof(random));
    ald_id_format(ald_id_make(random[0], random[1] >> 2), id);
    r = ald_msg_new(ald_client_messages(it->all->client), ALD_COMMAND, &command);
    r = r == 0 ? ald_msg_set(command, &command->wire_id, ald_str_of(id, ALD_ID_TEXT)) : r;
    r = r == 0 ? ald_msg_set(command, &command->name, ALD_STR("SubscriptionRequest")) : r;
    r = r == 0 ? subscription_payload(it, &payload) : r;
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

/* --- the answer ---------------------------------------------------------------------------------------------------- */

static int subscription_ask(struct ald_watch_subscription *it);

static bool all_are_refused(const struct ald_watch_subscribe *all)
{
    for (size_t i = 0; i < all->n; i++) {
        if (all->items[i].state != SUBSCRIPTION_REFUSED) {
            return false;
        }
    }
    return true;
}

static void subscription_refused(struct ald_watch_subscription *it, const struct ald_call_report *report)
{
    struct ald_watch_subscribe *all = it->all;
    char name[300], why[300];

    subscription_move(it, SUBSCRIPTION_REFUSED);
    ald_cli_say("cannot subscribe to %.*s: %.*s", ALD_STR_ARG(ald_cli_printable(it->name, name, sizeof(name))),
                ALD_STR_ARG(ald_cli_printable(report->text, why, sizeof(why))));
    if (all_are_refused(all)) {
        all->refused(all->owner, ald_outcome_exit(report->outcome));
    }
}

static void subscription_stands(struct ald_watch_subscription *it, const struct ald_call_report *report)
{
    const struct ald_watch_subscribe *all = it->all;
    ald_wall since = all->since == ALD_NEVER ? 0 : all->since;

    subscription_move(it, SUBSCRIPTION_STANDS);
    if (report->gap == 0) {
        return;
    }
    if (ald_watch_service_gap(stdout, it->name, since, report->gap, all->json) < 0) {
        all->refused(all->owner, ald_cli_broke(ALDIS_E_NOMEM));
    } else if (ald_cli_flush() != ALD_EXIT_OK) {
        all->refused(all->owner, ALD_EXIT_TROUBLE);
    }
}

/* Hubs of before alpha.26 take none of today's words. Returns whether it is asked anew. */
static bool subscription_ask_old(struct ald_watch_subscription *it)
{
    if (it->old) {
        return false;
    }
    it->old = true;
    return subscription_ask(it) == 0;
}

static void subscription_report(void *owner, struct ald_call *call ALD_UNUSED, const struct ald_call_report *report)
{
    struct ald_watch_subscription *it = owner;
    struct ald_watch_subscribe *all = it->all;

    switch (report->outcome) {
    case ALD_OUTCOME_NONE:
        break;
    case ALD_SUCCEEDED:
        subscription_stands(it, report);
        break;
    case ALD_LOST:
    case ALD_CANCELLED: /* with its session, or as we end */
        subscription_move(it, SUBSCRIPTION_NONE);
        if (ald_client_state(all->client) == ALD_CLIENT_READY && subscription_ask(it) < 0) {
            all->refused(all->owner, ald_cli_broke(ALDIS_E_NOMEM));
        }
        break;
    case ALD_REFUSED:
        if (report->cause != ALD_CAUSE_INVALID || !subscription_ask_old(it)) {
            subscription_refused(it, report);
        }
        break;
    default:
        subscription_refused(it, report);
        break;
    }
}

static int subscription_ask(struct ald_watch_subscription *it)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *command = NULL;
    struct ald_call *call;
    int r;

    r = subscription_build(it, &command);
    r = r == 0 ? ald_client_call(it->all->client, command, subscription_report, it, &call) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    if (it->state != SUBSCRIPTION_ASKED) {
        subscription_move(it, SUBSCRIPTION_ASKED);
    }
    return 0;
}

/* ----------------------------------------------------------------------------------------------------------------- */

void ald_watch_subscribe_init(struct ald_watch_subscribe *all, const struct ald_watch_options *options, bool json,
                              void (*refused)(void *owner, int status), void *owner)
{
    struct ald_str names = options->names != NULL ? ald_str(options->names) : ALD_STR("");

    *all = (struct ald_watch_subscribe){
        .options = options, .since = options->since, .json = json, .refused = refused, .owner = owner};
    while (names.size > 0 && all->n < ALD_WATCH_EVENTS_MAX) {
        struct ald_str name = ald_str_pop(&names);

        if (name.size > 0) {
            all->items[all->n++] =
                (struct ald_watch_subscription){.all = all, .name = name, .state = SUBSCRIPTION_NONE};
        }
    }
}

int ald_watch_subscribe_ready(struct ald_watch_subscribe *all, struct ald_client *client)
{
    int r = 0;

    all->client = client;
    for (size_t i = 0; i < all->n && r == 0; i++) {
        struct ald_watch_subscription *it = &all->items[i];

        if (it->state == SUBSCRIPTION_STANDS && !ald_client_resumed(client)) {
            subscription_move(it, SUBSCRIPTION_NONE);
            /* Nobody's clock but the hub's tells what was missed, and we do not know that one. */
            all->since = ALD_NEVER;
        }
        if (it->state == SUBSCRIPTION_NONE) {
            r = subscription_ask(it);
        }
    }
    return r < 0 ? ald_trace(r) : 0;
}
