/*
 * POST /api/v1/commands and /api/v1/events: what is sent through the API.
 *
 * The form is judged here, and answered with a problem; what becomes of the command is judged by the hub, as for every
 * other caller, and is part of the command that is the answer: a refusal is an outcome, not an error of HTTP.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "mgmt/body.h"

/* Members of the body. Those of events come first. */
enum {
    MEMBER_TARGET,
    MEMBER_TO,
    MEMBER_NAME,
    MEMBER_PAYLOAD,
    MEMBER_CHANNEL,
    MEMBER_DEADLINE,
    MEMBER_DURABLE,
    MEMBER_COLLAPSE,
    MEMBER_VERSION,
    MEMBER_TRACE,
    MEMBER_ID,
    MEMBER_FILTERS,
    N_MEMBERS_OF_EVENT,
    MEMBER_MODE = N_MEMBERS_OF_EVENT,
    MEMBER_IDEMPOTENT,
    N_MEMBERS
};
_Static_assert((int)N_MEMBERS <= (int)MGMT_MEMBERS_MAX, "more members than the reader takes");

#define A_STRING MGMT_TYPE(ALD_JSON_STRING), "a string"
#define A_BOOL MGMT_TYPE_BOOL, "true or false"
#define MILLISECONDS "a whole number of milliseconds from 1 on"

static const struct ald_mgmt_member members[N_MEMBERS] = {
    [MEMBER_TARGET] = {ALD_STR("target"), A_STRING},
    [MEMBER_TO] = {ALD_STR("to"), A_STRING},
    [MEMBER_NAME] = {ALD_STR("name"), A_STRING},
    [MEMBER_PAYLOAD] = {ALD_STR("payload"), MGMT_TYPE_ANY, ""},
    [MEMBER_CHANNEL] = {ALD_STR("channel"), A_STRING},
    [MEMBER_DEADLINE] = {ALD_STR("deadline_ms"), MGMT_TYPE(ALD_JSON_NUMBER), MILLISECONDS},
    [MEMBER_DURABLE] = {ALD_STR("durable"), A_BOOL},
    [MEMBER_COLLAPSE] = {ALD_STR("collapse"), A_STRING},
    [MEMBER_VERSION] = {ALD_STR("version"), A_STRING},
    [MEMBER_TRACE] = {ALD_STR("traceparent"), A_STRING},
    [MEMBER_ID] = {ALD_STR("id"), A_STRING},
    [MEMBER_FILTERS] = {ALD_STR("filters"), A_STRING},
    [MEMBER_MODE] = {ALD_STR("mode"), A_STRING},
    [MEMBER_IDEMPOTENT] = {ALD_STR("idempotent"), A_BOOL},
};

/* A submit that is being read. */
struct submit {
    struct ald_mgmt_call *call;
    struct ald_json_value values[N_MEMBERS];
    struct ald_buf scratch; /* of the text that is being decoded */
    struct ald_msg *msg;
};

static void submit_fini(struct submit *submit)
{
    ald_buf_fini(&submit->scratch);
    submit->msg = ald_msg_unref(submit->msg);
}

static bool submit_has(const struct submit *submit, int member)
{
    return submit->values[member].type != ALD_JSON_NONE;
}

/* Outcome: ALD_MGMT_ANSWERED, always but for errors. */
static int submit_refuse(struct submit *submit, int member, const char *expected)
{
    int r = ald_mgmt_body_problem(submit->call, members[member].name, submit->values[member], expected);

    return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
}

static int submit_refuse_whole(struct submit *submit, const char *detail)
{
    int r = ald_mgmt_problem(submit->call, 400, detail);

    return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
}

/* The characters of a member, absent when it is not there. The view lives until the next call. Errors: ALDIS_E_NOMEM. */
static int submit_text(struct submit *submit, int member, struct ald_str *ret_text)
{
    int r;

    *ret_text = ALD_STR_NONE;
    if (!submit_has(submit, member)) {
        return 0;
    }
    ald_buf_reset(&submit->scratch);
    r = ald_json_text(submit->values[member], &submit->scratch, ret_text);
    ald_assert(r <= 0); /* it is a string, and no longer than the body */
    return r < 0 ? ald_trace(r) : 0;
}

/* Copy a text into the message. Errors: ALDIS_E_NOMEM. */
static int submit_set(struct submit *submit, int member, struct ald_str *field)
{
    struct ald_str text;
    int r;

    r = submit_text(submit, member, &text);
    r = r != 0 ? r : ald_msg_set(submit->msg, field, text);
    return r < 0 ? ald_trace(r) : 0;
}

/* `to` is an address as people write it, `target` a plain name. Outcome: ALD_MGMT_ANSWERED. */
static int submit_address(struct submit *submit)
{
    struct ald_address address;
    struct ald_str text;
    char *scratch;
    int r;

    r = submit_text(submit, MEMBER_TO, &text);
    if (r < 0) {
        return ald_trace(r);
    }
    /* Three bytes a byte, in the longest of addresses. */
    if (text.size > 3 * 3 * ALD_NAME_MAX + 8) {
        return submit_refuse(submit, MEMBER_TO, "an address, [hub:]target[#channel]");
    }
    scratch = text.size > 0 ? malloc(text.size) : NULL;
    if (scratch == NULL && text.size > 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = ald_address_parse(text, scratch, &address);
    if (r == 0) {
        r = ald_msg_set_address(submit->msg, &submit->msg->to, &address);
    } else {
        r = submit_refuse(submit, MEMBER_TO, "an address, [hub:]target[#channel]");
    }
    free(scratch);
    return r < 0 ? ald_trace(r) : r;
}

/* Outcome: ALD_MGMT_ANSWERED. */
static int submit_to(struct submit *submit)
{
    int r = 0;

    if (submit_has(submit, MEMBER_TO) == submit_has(submit, MEMBER_TARGET)) {
        return submit_refuse_whole(submit, "One of the members target and to must say where it goes");
    }
    if (submit_has(submit, MEMBER_TO)) {
        r = submit_address(submit);
    } else {
        r = submit_set(submit, MEMBER_TARGET, &submit->msg->to.target);
    }
    if (r != 0 || !submit_has(submit, MEMBER_CHANNEL)) {
        return r < 0 ? ald_trace(r) : r;
    }
    if (ald_str_present(submit->msg->to.channel)) {
        return submit_refuse(submit, MEMBER_CHANNEL, "left out, since the address names a channel");
    }
    r = submit_set(submit, MEMBER_CHANNEL, &submit->msg->to.channel);
    return r < 0 ? ald_trace(r) : 0;
}

/* Outcome: ALD_MGMT_ANSWERED. */
static int submit_mode(struct submit *submit)
{
    struct ald_str word;
    int mode, r;

    if (!submit_has(submit, MEMBER_MODE)) {
        return 0;
    }
    r = submit_text(submit, MEMBER_MODE, &word);
    if (r < 0) {
        return ald_trace(r);
    }
    mode = ald_mode_find(word);
    if (mode < 0) {
        return submit_refuse(submit, MEMBER_MODE, "any, primary, channel or all");
    }
    submit->msg->mode = (uint8_t)mode;
    return 0;
}

/* Outcome: ALD_MGMT_ANSWERED. */
static int submit_deadline(struct submit *submit)
{
    uint64_t msec;

    if (!submit_has(submit, MEMBER_DEADLINE)) {
        return 0;
    }
    if (ald_json_u64(submit->values[MEMBER_DEADLINE], &msec) != 0 || msec == 0) {
        return submit_refuse(submit, MEMBER_DEADLINE, MILLISECONDS);
    }
    /* The hub shortens what is longer than it allows. */
    submit->msg->ttl = ALD_MIN(msec, UINT64_MAX / 2 / ALD_MSEC) * ALD_MSEC;
    return 0;
}

/* Outcome: ALD_MGMT_ANSWERED. */
static int submit_id(struct submit *submit)
{
    struct ald_str text;
    struct ald_id id;
    int r;

    r = submit_text(submit, MEMBER_ID, &text);
    if (r < 0) {
        return ald_trace(r);
    }
    if (ald_str_present(text) && ald_id_parse(text, &id) != 0) {
        return submit_refuse(submit, MEMBER_ID, "a UUID");
    }
    r = ald_msg_set(submit->msg, &submit->msg->wire_id, text);
    return r < 0 ? ald_trace(r) : 0;
}

/* Outcome: ALD_MGMT_ANSWERED. */
static int submit_payload(struct submit *submit)
{
    struct ald_slice payload;
    int r;

    if (!submit_has(submit, MEMBER_PAYLOAD)) {
        return 0;
    }
    r = ald_slice_copy(submit->values[MEMBER_PAYLOAD].raw, &payload);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_set_slice(submit->msg, &submit->msg->payload, payload);
    ald_slice_clear(&payload);
    return 0;
}

/* The members into the message. Outcome: ALD_MGMT_ANSWERED. Errors: ALDIS_E_NOMEM. */
static int submit_fill(struct submit *submit)
{
    struct ald_msg *msg = submit->msg;
    int r;

    if (!submit_has(submit, MEMBER_NAME)) {
        return submit_refuse_whole(submit, "The member name must say what is sent");
    }
    if (submit_has(submit, MEMBER_FILTERS) && msg->kind != ALD_EVENT) {
        return submit_refuse(submit, MEMBER_FILTERS, "left out, since only events have them");
    }
    if (ald_json_is_true(submit->values[MEMBER_IDEMPOTENT])) {
        msg->flags |= ALD_MSG_IDEMPOTENT;
    }
    if (ald_json_is_true(submit->values[MEMBER_DURABLE])) {
        msg->flags |= ALD_MSG_DURABLE;
    }
    r = submit_to(submit);
    r = r != 0 ? r : submit_mode(submit);
    r = r != 0 ? r : submit_deadline(submit);
    r = r != 0 ? r : submit_id(submit);
    r = r != 0 ? r : submit_set(submit, MEMBER_NAME, &msg->name);
    r = r != 0 ? r : submit_set(submit, MEMBER_COLLAPSE, &msg->collapse);
    r = r != 0 ? r : submit_set(submit, MEMBER_VERSION, &msg->version);
    r = r != 0 ? r : submit_set(submit, MEMBER_TRACE, &msg->trace);
    r = r != 0 ? r : submit_set(submit, MEMBER_FILTERS, &msg->filters);
    r = r != 0 ? r : submit_payload(submit);
    return r < 0 ? ald_trace(r) : r;
}

/* Read the body into a message that is ready to be handed in. Outcome: ALD_MGMT_ANSWERED. Errors: ALDIS_E_NOMEM. */
static int submit_read(struct submit *submit, enum ald_kind kind)
{
    size_t n = kind == ALD_EVENT ? N_MEMBERS_OF_EVENT : N_MEMBERS;
    int r;

    ald_buf_init(&submit->scratch, 3 * submit->call->request->body.size + 1);
    r = ald_mgmt_body_read(submit->call, members, n, submit->values);
    r = r != 0 ? r : ald_msg_new(ald_edge_messages(submit->call->mgmt->edge), kind, &submit->msg);
    r = r != 0 ? r : submit_fill(submit);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    ald_msg_seal(submit->msg);
    return 0;
}

/* May he send it? Fills in what the guard says of the signal. Outcome: ALD_MGMT_ANSWERED. */
static int submit_judge(struct submit *submit, struct ald_signal *signal)
{
    const struct ald_guest *guest = &submit->call->guest;
    int r;

    if (guest->guard == NULL) {
        return 0;
    }
    guest->guard->judge(guest->guard->owner, guest->pass, signal);
    if (!signal->denied) {
        signal->principal = ald_guest_principal(guest); /* the command is his, not the desk's */
        return 0;
    }
    r = ald_mgmt_problem(submit->call, 403, "Your credential does not allow this command");
    return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
}

/* Hand in what was read. Outcome: ALD_MGMT_ANSWERED. Errors: ALDIS_E_NOMEM. */
static int submit_hand_in(struct submit *submit, enum ald_signal_kind kind, struct ald_visit *visit,
                          struct ald_desk_receipt *ret_receipt)
{
    struct ald_mgmt_call *call = submit->call;
    struct ald_signal signal = ald_signal_of(kind);
    int r;

    r = ald_desk_open(&call->mgmt->desk);
    if (r == ALD_DESK_CLOSED) {
        r = ald_mgmt_problem(call, 503,
                             ald_edge_draining(call->mgmt->edge) ? "The hub is stopping and takes no new work"
                                                                 : "The hub takes no further connection");
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    }
    if (r < 0) {
        return ald_trace(r);
    }
    signal.msg = ald_msg_ref(submit->msg);
    r = submit_judge(submit, &signal);
    r = r != 0 ? r : ald_desk_hand_in(&call->mgmt->desk, &signal, visit, ret_receipt);
    if (r != 0) {
        ald_signal_clear(&signal);
    }
    return r < 0 ? ald_trace(r) : r;
}

/* RFC 7240: the client would rather not wait. */
static bool prefers_no_wait(const struct ald_mgmt_call *call)
{
    struct ald_http_fields fields = call->head->fields;

    for (size_t i = 0; i < fields.n; i++) {
        struct ald_str list = fields.items[i].value, item;

        while (ald_str_equal_nocase(fields.items[i].name, ALD_STR("Prefer")) && ald_http_list_next(&list, &item)) {
            if (ald_str_equal_nocase(ald_http_item_name(item), ALD_STR("respond-async"))) {
                return true;
            }
        }
    }
    return false;
}

/* Outcome: ALD_MGMT_ANSWERED. */
static int wait_read(struct ald_mgmt_call *call, bool *ret_wait)
{
    char room[8];
    struct ald_str wait;
    int r;

    r = ald_mgmt_parameter(call, "wait", room, sizeof(room), &wait);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    if (ald_str_present(wait) && !ald_str_equal(wait, ALD_STR("true")) && !ald_str_equal(wait, ALD_STR("false"))) {
        r = ald_mgmt_problem(call, 400, "wait is true or false");
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    }
    *ret_wait = !ald_str_equal(wait, ALD_STR("false"));
    if (prefers_no_wait(call)) {
        ald_mgmt_field(call, ALD_STR("Preference-Applied"), ALD_STR("respond-async"));
        *ret_wait = false;
    }
    return 0;
}

/* 202: the command as it is now, and where to look later. */
static int submitted_answer(struct ald_mgmt_call *call, const struct ald_desk_receipt *receipt)
{
    char id[ALD_ID_TEXT];
    struct ald_command_view view;
    int r;

    ald_id_format(receipt->id, id);
    if (!receipt->taken || ald_hub_find_command(call->hub, ald_str_of(id, sizeof(id)), &view) != 0) {
        /* There was no memory for a record; or, where nothing is remembered, it has ended and nobody can tell how. */
        return ald_mgmt_problem(call, 503, "The hub keeps no record of the command; wait for its outcome instead");
    }
    (void)snprintf(call->mgmt->location, sizeof(call->mgmt->location), "/api/v1/commands/%.*s", ALD_ID_TEXT, id);
    ald_mgmt_field(call, ALD_STR("Location"), ald_str(call->mgmt->location));
    call->page->status = 202;
    r = ald_mgmt_command_answer(call, &view);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_submit(struct ald_mgmt_call *call)
{
    struct submit submit = {.call = call};
    struct ald_desk_receipt receipt;
    bool wait = true;
    int r;

    r = wait_read(call, &wait);
    r = r != 0 ? r : submit_read(&submit, ALD_COMMAND);
    r = r != 0 ? r : submit_hand_in(&submit, ALD_SIGNAL_COMMAND, wait ? call->request->visit : NULL, &receipt);
    submit_fini(&submit);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    if (wait) {
        return ALD_PAGE_LATER;
    }
    r = submitted_answer(call, &receipt);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_event(struct ald_mgmt_call *call)
{
    struct submit submit = {.call = call};
    struct ald_desk_receipt receipt;
    char id[ALD_ID_TEXT];
    int r;

    r = submit_read(&submit, ALD_EVENT);
    r = r != 0 ? r : submit_hand_in(&submit, ALD_SIGNAL_EVENT, NULL, &receipt);
    submit_fini(&submit);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    ald_id_format(receipt.id, id);
    call->page->status = 202;
    ald_json_write_object(&call->json);
    ald_json_write_member_str(&call->json, "id", ald_str_of(id, sizeof(id)));
    ald_json_write_member_some(&call->json, "fate", receipt.fate);
    ald_json_write_end(&call->json);
    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}
