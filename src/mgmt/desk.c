#include "mgmt/desk.h"

#include <stdlib.h>

#include "base/error.h"
#include "conn/local.h"
#include "hub/note.h"
#include "mgmt/mgmt_impl.h"

struct errand {
    struct ald_node node;
    struct ald_desk *desk;
    struct ald_msg *msg;     /* our reference: its address is the key */
    struct ald_visit *visit; /* NULL: nobody waits (any more) */
};

static uint64_t key_of(const struct ald_msg *msg)
{
    return (uint64_t)(uintptr_t)msg;
}

static void errand_free(struct errand *errand)
{
    ald_table_remove_number(&errand->desk->by_message, key_of(errand->msg));
    ald_node_remove(&errand->node);
    ald_msg_unref(errand->msg);
    free(errand);
}

static const struct ald_visit_callbacks nobody = {0};

/* It came to nothing, and its visit is answered by somebody else. */
static void errand_drop(struct errand *errand)
{
    if (errand->visit != NULL) {
        ald_visit_own(errand->visit, &nobody, NULL);
    }
    errand_free(errand);
}

/* The visitor left; what he asked for goes on. */
static void visit_gone(void *owner)
{
    struct errand *errand = owner;

    errand->visit = NULL;
}

static const struct ald_visit_callbacks visit_callbacks = {.gone = visit_gone};

/* Errors: ALDIS_E_NOMEM. */
static int errand_new(struct ald_desk *desk, struct ald_msg *msg, struct ald_visit *visit, struct errand **ret_errand)
{
    struct errand *errand = calloc(1, sizeof(*errand));
    int r;

    if (errand == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = ald_table_add_number(&desk->by_message, key_of(msg), errand);
    if (r != 0) {
        free(errand);
        return ald_trace(ALDIS_E_NOMEM);
    }
    errand->desk = desk;
    errand->msg = ald_msg_ref(msg);
    errand->visit = visit;
    ald_list_push_back(&desk->errands, &errand->node);
    ald_visit_own(visit, &visit_callbacks, errand);
    *ret_errand = errand;
    return 0;
}

/* What is known of a command that no record is kept of: nothing was remembered, or there was no memory for it. */
static void view_of_reply(const struct errand *errand, const struct ald_signal *reply, ald_usec now, ald_wall wall,
                          struct ald_command_view *view)
{
    const struct ald_msg *msg = errand->msg;

    *view = (struct ald_command_view){
        .id = reply->id,
        .wire_id = msg->wire_id,
        .name = msg->name,
        .to = msg->to,
        .version = msg->version,
        .idempotent = (msg->flags & ALD_MSG_IDEMPOTENT) != 0,
        .mode = msg->mode,
        .phase = ALD_PHASE_DONE,
        .outcome = reply->outcome,
        .cause = reply->cause,
        .submitted = now,
        .deadline = ALD_NEVER,
        .ended = now,
        .submitted_wall = wall,
        .reply = reply->msg,
        .text = reply->outcome == ALD_SUCCEEDED ? ALD_STR_NONE
                : reply->msg != NULL            ? reply->msg->text
                                                : reply->text,
    };
}

/* Answer the visit with the command, or with a problem where `reply` is NULL. */
static void errand_answer(struct errand *errand, const struct ald_signal *reply)
{
    struct ald_mgmt *mgmt = errand->desk->mgmt;
    struct ald_visit *visit = errand->visit;
    struct ald_mgmt_call call;
    struct ald_command_view view;
    struct ald_page page;
    char id[ALD_ID_TEXT];
    int r;

    errand->visit = NULL;
    ald_visit_page_init(visit, &page);
    ald_mgmt_call_init(&call, mgmt, &page);
    if (reply == NULL) {
        r = ald_mgmt_problem(&call, 503, "The hub stopped before the command had its outcome");
    } else {
        ald_id_format(reply->id, id);
        if (ald_hub_find_command(call.hub, ald_str_of(id, sizeof(id)), &view) != 0) {
            view_of_reply(errand, reply, call.now, call.wall, &view);
        }
        ald_mgmt_begin(&call);
        r = ald_mgmt_command_answer(&call, &view);
    }
    if (r < 0) {
        ald_buf_reset(&page.body);
        page.status = 503;
    }
    /* When memory is short the visitor was told so, or cut. */
    ald_ignore(ald_visit_answer(visit, &page));
}

static void local_signal(void *owner, const struct ald_signal *signal)
{
    struct ald_desk *desk = owner;
    struct errand *errand;

    if (signal->kind != ALD_SIGNAL_REPLY || signal->request == NULL) {
        return; /* the answer to the registration; and what the hub tells callers that run something */
    }
    errand = ald_table_find_number(&desk->by_message, key_of(signal->request));
    if (errand == NULL) {
        return;
    }
    if (errand->visit != NULL) {
        errand_answer(errand, signal);
    }
    errand_free(errand);
}

static void desk_clear(struct ald_desk *desk)
{
    struct ald_node *node;

    while ((node = ald_list_first(&desk->errands)) != NULL) {
        struct errand *errand = ald_list_entry(node, struct errand, node);

        if (errand->visit != NULL) {
            errand_answer(errand, NULL);
        }
        errand_free(errand);
    }
}

static void local_closed(void *owner)
{
    struct ald_desk *desk = owner;

    desk_clear(desk);
    desk->local = ald_local_close(desk->local);
}

static const struct ald_local_callbacks local_callbacks = {.signal = local_signal, .closed = local_closed};

void ald_desk_init(struct ald_desk *desk, struct ald_mgmt *mgmt, const uint64_t seed[2])
{
    *desk = (struct ald_desk){.mgmt = mgmt};
    ald_node_init(&desk->errands);
    ald_table_init(&desk->by_message, seed);
}

void ald_desk_fini(struct ald_desk *desk)
{
    desk_clear(desk);
    desk->local = ald_local_close(desk->local);
    ald_table_fini(&desk->by_message);
}

int ald_desk_open(struct ald_desk *desk)
{
    struct ald_edge *edge = desk->mgmt->edge;
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);
    int r;

    if (ald_edge_draining(edge)) {
        return ALD_DESK_CLOSED;
    }
    if (desk->local != NULL) {
        return 0;
    }
    r = ald_local_open(edge, ALD_STR("api"), ALD_STR("api"), &local_callbacks, desk, &desk->local);
    if (r < 0) {
        return ald_trace(r);
    }
    hello.taken = ALD_TAKEN_SHARE;
    hello.traits = ALD_CAN_OUTCOME;
    r = ald_local_say(desk->local, &hello);
    if (r < 0) {
        desk->local = ald_local_close(desk->local);
        return ald_trace(r);
    }
    /* The hub may have turned it away (too many connections), and then it is gone again. */
    return desk->local != NULL ? 0 : ALD_DESK_CLOSED;
}

static void desk_noted(void *owner, const struct ald_note *note)
{
    struct ald_desk *desk = owner;

    if (desk->handing != NULL && note->msg == desk->handing) {
        desk->receipt->taken = true;
        desk->receipt->id = note->id;
        desk->receipt->fate = note->change;
    }
}

/* Step the hub with the signal, and hear what it says of it meanwhile. Errors: ALDIS_E_NOMEM. */
static int desk_say(struct ald_desk *desk, struct ald_signal *signal, struct ald_desk_receipt *receipt)
{
    struct ald_edge *edge = desk->mgmt->edge;
    int r;

    r = ald_edge_watch_hub(edge, ALD_NOTE_BIT(ALD_NOTE_SUBMITTED) | ALD_NOTE_BIT(ALD_NOTE_EVENT), desk_noted, desk);
    if (r < 0) {
        return ald_trace(r);
    }
    desk->handing = signal->msg;
    desk->receipt = receipt;
    r = ald_local_say(desk->local, signal);
    desk->handing = NULL;
    desk->receipt = NULL;
    ald_ignore(ald_edge_watch_hub(edge, 0, desk_noted, desk)); /* to stop watching cannot fail */
    return r < 0 ? ald_trace(r) : 0;
}

int ald_desk_hand_in(struct ald_desk *desk, struct ald_signal *signal, struct ald_visit *visit,
                     struct ald_desk_receipt *ret_receipt)
{
    struct ald_desk_receipt receipt = {.taken = false};
    struct errand *errand = NULL;
    int r;

    ald_assert(desk->local != NULL);

    if (visit != NULL) {
        r = errand_new(desk, signal->msg, visit, &errand);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    r = desk_say(desk, signal, &receipt);
    if (r < 0) {
        if (errand != NULL) {
            errand_drop(errand);
        }
        return ald_trace(r);
    }
    *ret_receipt = receipt;
    return 0;
}
