/*
 * Calls: commands and events on their way out.
 *
 * A call is made whole on the thread that asks for it: text copied and checked, payload in a slice of its own. The post
 * carries it inside, where it becomes a message. From then on the promise of src/client/client.h holds; whatever
 * prevents that (memory, the end of the client) is an outcome too, so a program that was told 0 is always told an
 * outcome.
 */

#include <stdlib.h>

#include "api/api.h"
#include "api/report.h"
#include "api/schemas.h"
#include "base/error.h"
#include "loop/random.h"

/* As the command line (DESIGN section 1). */
#define CALL_DEADLINE (30 * ALD_SEC)

/* A command as the program wants it, in memory of ours. The views lie in `text`. */
enum { ORDER_EVENT_FLAGS = ALD_MSG_HOLD | ALD_MSG_TELL_AWAY | ALD_MSG_REPORT | ALD_MSG_EVERYONE };

struct order {
    char *text;
    struct ald_str name, collapse, version, trace;
    struct ald_address to;
    struct ald_slice payload;
    uint8_t mode;
    uint32_t flags;
    ald_usec ttl;
    char id[ALD_ID_TEXT + 1];
};

struct aldis_call {
    atomic_uint refs;
    struct aldis_client *client; /* shares */
    struct order order;          /* empty once it was submitted */
    aldis_report_fn *fn;
    void *data;
    struct ald_post submit_post;
    struct ald_post cancel_post;
    atomic_bool cancel_posted;
    /* Inside. */
    struct ald_node node; /* in client->calls */
    struct ald_call *inner;
    ald_usec submitted;
    /* Of one that somebody waits for; guarded by the engine's lock. */
    bool waited_for;
    bool done;
    struct aldis_report *report; /* NULL: there was no memory, and `brief` says it */
    struct ald_call_report last;
};

/* --- the order ---------------------------------------------------------------------------------------------------- */

static void order_fini(struct order *order)
{
    free(order->text);
    order->text = NULL;
    ald_slice_clear(&order->payload);
}

static struct ald_str order_copy(char **room, const char *text)
{
    struct ald_str copy = ALD_STR_NONE;

    if (text != NULL) {
        copy = ald_str_of(*room, strlen(text));
        memcpy(*room, text, copy.size + 1);
        *room += copy.size + 1;
    }
    return copy;
}

static bool order_optional_fits(const char *text)
{
    return text == NULL || ald_api_name_fits(text);
}

static bool order_makes_sense(const struct aldis_command *command)
{
    return command->size == sizeof(*command) && ald_api_name_fits(command->name) &&
           ald_api_text_fits(command->target) && order_optional_fits(command->collapse) &&
           order_optional_fits(command->version) && order_optional_fits(command->traceparent) &&
           (unsigned)command->mode <= ALDIS_MODE_ALL;
}

static int order_take_id(struct order *order, const char *text)
{
    uint64_t random[2];
    struct ald_id id;

    if (text != NULL) {
        if (ald_id_parse(ald_str(text), &id) != 0) {
            return ald_trace(ALDIS_E_INVALID);
        }
    } else {
        ald_random_fill(random, sizeof(random));
        id = ald_id_make(random[0], random[1] >> 2);
    }
    ald_id_format(id, order->id);
    order->id[ALD_ID_TEXT] = '\0';
    return 0;
}

/* The channel of an address means that one; a mode that means others contradicts it. */
static int order_take_mode(struct order *order, enum aldis_mode mode)
{
    bool named = ald_str_present(order->to.channel);

    if (named && mode == ALDIS_MODE_ANY) {
        mode = ALDIS_MODE_CHANNEL;
    }
    if (named != (mode == ALDIS_MODE_CHANNEL)) {
        return ald_trace(ALDIS_E_INVALID);
    }
    order->mode = (uint8_t)mode;
    return 0;
}

static int order_take_address(struct order *order, char **room, const char *target)
{
    if (target == NULL) {
        return 0;
    }
    if (ald_address_parse(ald_str(target), *room, &order->to) != 0) {
        return ald_trace(ALDIS_E_INVALID);
    }
    *room += strlen(target) + 1;
    return 0;
}

static size_t order_room(const struct aldis_command *command)
{
    const char *const texts[] = {command->name, command->target, command->collapse, command->version,
                                 command->traceparent};
    size_t room = 0;

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        room += texts[i] != NULL ? strlen(texts[i]) + 1 : 0;
    }
    return room;
}

static uint32_t order_flags(const struct aldis_command *command)
{
    return (command->idempotent ? ALD_MSG_IDEMPOTENT : 0U) | (command->durable ? ALD_MSG_DURABLE : 0U) |
           (command->hold ? ALD_MSG_HOLD : 0U) | (command->tell_away ? ALD_MSG_TELL_AWAY : 0U) |
           (command->report ? ALD_MSG_REPORT : 0U) | (command->everyone ? ALD_MSG_EVERYONE : 0U);
}

/* On failure the order is to be ended all the same. */
static int order_init(struct order *order, const struct aldis_command *command)
{
    char *room;
    int r;

    if (command == NULL || !order_makes_sense(command)) {
        return ald_trace(ALDIS_E_INVALID);
    }
    order->text = room = malloc(order_room(command));
    if (room == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    order->name = order_copy(&room, command->name);
    order->collapse = order_copy(&room, command->collapse);
    order->version = order_copy(&room, command->version);
    order->trace = order_copy(&room, command->traceparent);
    order->flags = order_flags(command);
    order->ttl = command->deadline_ms != 0 ? ald_api_span(command->deadline_ms) : 0;
    r = order_take_address(order, &room, command->target);
    if (r == 0) {
        r = order_take_mode(order, command->mode);
    }
    if (r == 0) {
        r = order_take_id(order, command->id);
    }
    if (r == 0) {
        r = ald_api_json(command->payload, command->payload_size, &order->payload);
    }
    return r;
}

/* Inside: the order as a message, sealed. `ttl` is what is left of its time. */
static int order_build(const struct order *order, struct ald_msg_pool *messages, enum ald_kind kind, ald_usec ttl,
                       struct ald_msg **ret_msg)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    int r;

    r = ald_msg_new(messages, kind, &msg);
    if (r == 0) {
        r = ald_msg_set(msg, &msg->wire_id, ald_str(order->id));
    }
    if (r == 0) {
        r = ald_msg_set(msg, &msg->name, order->name);
    }
    if (r == 0) {
        r = ald_msg_set(msg, &msg->collapse, order->collapse);
    }
    if (r == 0) {
        r = ald_msg_set(msg, &msg->version, order->version);
    }
    if (r == 0) {
        r = ald_msg_set(msg, &msg->trace, order->trace);
    }
    if (r == 0) {
        r = ald_msg_set_address(msg, &msg->to, &order->to);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_set_slice(msg, &msg->payload, order->payload);
    msg->mode = order->mode;
    msg->flags = order->flags;
    msg->ttl = ttl;
    ald_msg_seal(msg);
    *ret_msg = ald_steal(&msg);
    return 0;
}

/* --- a call ------------------------------------------------------------------------------------------------------- */

static struct aldis_call *call_unref(struct aldis_call *call)
{
    if (call == NULL || atomic_fetch_sub_explicit(&call->refs, 1, memory_order_acq_rel) > 1) {
        return NULL;
    }
    order_fini(&call->order);
    ald_report_free(call->report);
    ald_api_unref(call->client);
    free(call);
    return NULL;
}
ALD_DEFINE_CLEANUP(struct aldis_call *, call_unref);

static struct aldis_call *call_ref(struct aldis_call *call)
{
    atomic_fetch_add_explicit(&call->refs, 1, memory_order_relaxed);
    return call;
}

/* Tell the program; the report is lent for that, or given when somebody waits for it. */
static void call_tell(struct aldis_call *call, const struct ald_call_report *from)
{
    ALD_AUTO(ald_report_free) struct aldis_report *report = NULL;
    struct aldis_report brief = ald_report_brief(from, call->order.id);
    bool whole = from->outcome != ALD_OUTCOME_NONE;

    if (!call->waited_for && call->fn == NULL) {
        return;
    }
    if (call->waited_for && !whole) {
        return; /* who waits wants the outcome */
    }
    ald_ignore(ald_report_new(from, call->order.id, whole, &report)); /* else the brief one says what it can */
    if (!call->waited_for) {
        call->fn(call, report != NULL ? report : &brief, call->data);
        return;
    }
    ald_engine_lock(call->client->engine);
    call->report = ald_steal(&report);
    call->last = *from;
    call->done = true;
    ald_engine_unlock(call->client->engine);
}

/* The outcome. Takes the reference of the inside. */
static void call_end(struct aldis_call *call, const struct ald_call_report *from)
{
    call->inner = NULL;
    ald_node_remove(&call->node);
    call_tell(call, from);
    call_unref(call);
}

static void call_end_as(struct aldis_call *call, enum ald_outcome outcome, enum ald_cause cause)
{
    const struct ald_call_report report = {
        .outcome = outcome,
        .phase = ALD_PHASE_SUBMITTED,
        .cause = cause,
        .text = ald_str(ald_cause_text(cause)),
    };

    call_end(call, &report);
}

/* A reply of ours that says that the agent's is none. NULL: memory is short, and it goes without. */
static struct ald_msg *broken_reply(struct ald_client *inner, const char *text)
{
    struct ald_msg *reply = NULL;

    if (ald_msg_new(ald_client_messages(inner), ALD_REPLY, &reply) < 0) {
        return NULL;
    }
    if (ald_msg_set(reply, &reply->code, ALD_STR("InvalidMessage")) < 0 ||
        ald_msg_set(reply, &reply->text, ald_str(text)) < 0) {
        return ald_msg_unref(reply);
    }
    ald_msg_seal(reply);
    return reply;
}

/* The outcome, held against the schemas: the program relies on the form of what it is shown. It was done, so it is not held back
 * because memory is short. */
static void call_judge(struct aldis_call *call, const struct ald_msg *command, const struct ald_call_report *report)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;
    struct ald_call_report broken = *report;
    char text[ALD_BLUEPRINT_TEXT_MAX];

    if (report->outcome != ALD_SUCCEEDED || report->msg == NULL || report->msg->roster.size > 0 ||
        ald_api_schemas_hear(call->client, ALD_API_REPLY, command->name, ald_slice_str(report->msg->payload), text) <=
            0) {
        call_end(call, report);
        return;
    }
    reply = broken_reply(call->client->inner, text);
    broken.outcome = ALD_FAILED;
    broken.cause = ALD_CAUSE_AGENT_BROKE;
    broken.msg = reply;
    broken.text = ald_str(text);
    call_end(call, &broken);
}

static void call_report(void *owner, struct ald_call *inner, const struct ald_call_report *report)
{
    struct aldis_call *call = owner;

    if (report->outcome != ALD_OUTCOME_NONE) {
        call_judge(call, ald_call_command(inner), report);
        return;
    }
    call_ref(call); /* the callback may let go of everything */
    call_tell(call, report);
    call_unref(call);
}

static void call_failed(struct aldis_call *call, int error)
{
    if (error == ALDIS_E_CLOSED) {
        call_end_as(call, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK);
    } else if (error == ALDIS_E_INVALID) {
        call_end_as(call, ALD_REFUSED, ALD_CAUSE_DUPLICATE);
    } else {
        call_end_as(call, ALD_REFUSED, ALD_CAUSE_BUSY);
    }
}

static void call_submit_run(struct ald_post *post, bool ended)
{
    struct aldis_call *call = ald_container(post, struct aldis_call, submit_post);
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_client *inner = ended ? NULL : call->client->inner;
    ald_usec now = ald_loop_fresh();
    ald_usec passed = ALD_MIN(now - call->submitted, call->order.ttl);
    int r = ALDIS_E_CLOSED;

    if (inner != NULL) {
        r = order_build(&call->order, ald_client_messages(inner), ALD_COMMAND, call->order.ttl - passed, &msg);
        if (r == 0) {
            r = ald_client_call(inner, msg, call_report, call, &call->inner);
        }
    }
    order_fini(&call->order);
    if (r < 0) {
        call_failed(call, r);
    } else {
        ald_list_push_back(&call->client->calls, &call->node);
    }
}

static void call_cancel_run(struct ald_post *post, bool ended ALD_UNUSED)
{
    struct aldis_call *call = ald_container(post, struct aldis_call, cancel_post);

    if (call->inner != NULL) {
        ald_call_cancel(call->inner);
    }
    call_unref(call);
}

void ald_api_calls_end(struct aldis_client *client)
{
    struct ald_node *node;

    while ((node = ald_list_first(&client->calls)) != NULL) {
        call_end_as(ald_list_entry(node, struct aldis_call, node), ALD_LOST, ALD_CAUSE_HUB_LOST);
    }
}

/* Gives a call with one reference, which is the program's. */
static int call_new(struct aldis_client *client, const struct aldis_command *command, struct aldis_call **ret_call)
{
    ALD_AUTO(call_unref) struct aldis_call *call = NULL;
    int r;

    ald_api_schemas_begin();
    call = calloc(1, sizeof(*call));
    if (call == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    atomic_init(&call->refs, 1);
    call->client = ald_api_ref(client);
    ald_node_init(&call->node);
    call->submit_post = (struct ald_post){.run = call_submit_run, .says = true};
    call->cancel_post = (struct ald_post){.run = call_cancel_run, .says = true};
    call->submitted = ald_loop_fresh();
    r = order_init(&call->order, command);
    if (r < 0) {
        return ald_trace(r);
    }
    if ((call->order.flags & ORDER_EVENT_FLAGS) != 0) {
        return ald_trace(ALDIS_E_INVALID);
    }
    r = ald_api_schemas_say(client, ALD_API_COMMAND, call->order.name, ald_slice_str(call->order.payload));
    if (r < 0) {
        return ald_trace(r);
    }
    call->order.ttl = call->order.ttl != 0 ? call->order.ttl : CALL_DEADLINE;
    *ret_call = ald_steal(&call);
    return 0;
}

static int call_post(struct aldis_call *call)
{
    int r = ald_engine_post(call->client->engine, &call_ref(call)->submit_post);

    if (r < 0) {
        call_unref(call);
    }
    return r;
}

int aldis_client_submit(struct aldis_client *client, const struct aldis_command *command, aldis_report_fn *fn,
                        void *data, struct aldis_call **ret_call)
{
    ALD_AUTO(call_unref) struct aldis_call *call = NULL;
    int r;

    if (client == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    r = call_new(client, command, &call);
    if (r < 0) {
        return ald_trace(r);
    }
    call->fn = fn;
    call->data = data;
    if (aldis_client_state(client) == ALDIS_STATE_CLOSED) {
        return ALDIS_E_CLOSED;
    }
    r = call_post(call);
    if (r == 0 && ret_call != NULL) {
        *ret_call = ald_steal(&call);
    }
    return r;
}

/* --- waiting for it ----------------------------------------------------------------------------------------------- */

static bool call_is_done(const void *owner)
{
    const struct aldis_call *call = owner;

    return call->done;
}

/* Memory was short when the outcome came; perhaps it is no more, and else a brief report is made of what the call
 * holds. */
static int call_give_report(struct aldis_call *call, struct aldis_report **ret_report)
{
    struct ald_call_report last = call->last;
    int r;

    if (call->report == NULL) {
        last.msg = NULL;
        last.text = ald_str(ald_cause_text(last.cause));
        last.channel = ALD_STR_NONE;
        r = ald_report_new(&last, call->order.id, true, &call->report);
        if (r < 0) {
            return ald_trace(r);
        }
        call->report->incomplete = true;
    }
    *ret_report = ald_steal(&call->report);
    return 0;
}

int aldis_client_call(struct aldis_client *client, const struct aldis_command *command,
                      struct aldis_report **ret_report)
{
    ALD_AUTO(call_unref) struct aldis_call *call = NULL;
    int r;

    if (client == NULL || ret_report == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    r = call_new(client, command, &call);
    if (r < 0) {
        return ald_trace(r);
    }
    if (ald_engine_inside(client->engine)) {
        return ald_trace(ALDIS_E_CALLBACK);
    }
    if (aldis_client_state(client) == ALDIS_STATE_CLOSED) {
        return ALDIS_E_CLOSED;
    }
    if (!ald_engine_running(client->engine)) {
        return ald_trace(ALDIS_E_INVALID);
    }
    call->waited_for = true;
    r = call_post(call);
    if (r < 0) {
        return r;
    }
    ald_ignore(ald_engine_wait(client->engine, call_is_done, call, ALD_NEVER)); /* the promise: it ends */
    ald_assert(call->done);
    return call_give_report(call, ret_report);
}

/* --- the rest ----------------------------------------------------------------------------------------------------- */

int aldis_call_cancel(struct aldis_call *call)
{
    if (call == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    if (!atomic_exchange(&call->cancel_posted, true) &&
        ald_engine_post(call->client->engine, &call_ref(call)->cancel_post) < 0) {
        call_unref(call); /* it ends, and the call has its outcome */
    }
    return 0;
}

const char *aldis_call_id(const struct aldis_call *call)
{
    return call != NULL ? call->order.id : NULL;
}

struct aldis_call *aldis_call_free(struct aldis_call *call)
{
    return call_unref(call);
}

struct sending {
    struct ald_post post;
    struct aldis_client *client;
    struct order order;
};

static void sending_free(struct sending *sending)
{
    order_fini(&sending->order);
    ald_api_unref(sending->client);
    free(sending);
}

/* An option is never ignored. Which hub will take what waits is not known yet. */
static bool sending_fits(const struct sending *sending, const struct ald_client *inner)
{
    return (sending->order.flags & ORDER_EVENT_FLAGS) == 0 || ald_client_state(inner) != ALD_CLIENT_READY ||
           ald_client_can_say(inner, ALD_WAY_EVENT_OPTIONS);
}

static void sending_run(struct ald_post *post, bool ended)
{
    struct sending *sending = ald_container(post, struct sending, post);
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_client *inner = ended ? NULL : sending->client->inner;
    ald_usec ttl = sending->order.ttl != 0 ? sending->order.ttl : ALD_NEVER;

    if (inner == NULL || order_build(&sending->order, ald_client_messages(inner), ALD_EVENT, ttl, &msg) < 0 ||
        !sending_fits(sending, inner) || ald_client_send(inner, msg) != 0) {
        atomic_fetch_add(&sending->client->n_dropped, 1);
    }
    sending_free(sending);
}

void ald_api_dropped(void *owner, const struct ald_msg *event ALD_UNUSED)
{
    struct aldis_client *client = owner;

    atomic_fetch_add(&client->n_dropped, 1);
}

int aldis_client_send(struct aldis_client *client, const struct aldis_command *event)
{
    struct sending *sending;
    enum aldis_state state;
    int r;

    ald_api_schemas_begin();
    if (client == NULL || event == NULL || event->mode != ALDIS_MODE_ANY) {
        return ald_trace(ALDIS_E_INVALID);
    }
    sending = calloc(1, sizeof(*sending));
    if (sending == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    sending->post = (struct ald_post){.run = sending_run, .says = true};
    sending->client = ald_api_ref(client);
    r = order_init(&sending->order, event);
    if (r == 0) {
        r = ald_api_schemas_say(client, ALD_API_EVENT, sending->order.name, ald_slice_str(sending->order.payload));
    }
    state = aldis_client_state(client);
    if (r == 0 && state != ALDIS_STATE_READY) {
        r = state == ALDIS_STATE_CLOSED ? ALDIS_E_CLOSED : client->keeps_events ? 0 : ALDIS_SEND_AWAY;
    }
    if (r == 0) {
        r = ald_engine_post(client->engine, &sending->post);
    }
    if (r != 0) {
        sending_free(sending);
    }
    return r;
}

uint64_t aldis_client_events_dropped(const struct aldis_client *client)
{
    return client != NULL ? atomic_load(&client->n_dropped) : 0;
}

const char *aldis_outcome_name(enum aldis_outcome outcome)
{
    _Static_assert((int)ALDIS_LOST == (int)ALD_LOST && (int)ALDIS_CANCELLED == (int)ALD_CANCELLED, "they are the same");

    if (outcome == ALDIS_PENDING) {
        return "pending";
    }
    return (unsigned)outcome <= ALDIS_LOST ? ald_outcome_name((enum ald_outcome)outcome) : "unknown";
}

const char *aldis_phase_name(enum aldis_phase phase)
{
    _Static_assert((int)ALDIS_PHASE_DONE == (int)ALD_PHASE_DONE, "they are the same");

    return (unsigned)phase <= ALDIS_PHASE_DONE ? ald_phase_name((enum ald_phase)phase) : "unknown";
}

const char *aldis_mode_name(enum aldis_mode mode)
{
    _Static_assert((int)ALDIS_MODE_ALL == (int)ALD_MODE_ALL, "they are the same");

    return (unsigned)mode <= ALDIS_MODE_ALL ? ald_mode_name((enum ald_mode)mode) : "unknown";
}
