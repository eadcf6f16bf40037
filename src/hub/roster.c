#include "hub/roster.h"

#include <stdlib.h>

#include "hub/cancel.h"
#include "hub/channel.h"
#include "hub/command.h"
#include "hub/delivery.h"
#include "hub/history.h"
#include "hub/party.h"
#include "hub/router.h"
#include "hub/self.h"
#include "hub/state.h"
#include "hub/target.h"
#include "msg/json_write.h"

enum {
    /* Payloads and details of members beyond this are left out of the roster of the final reply. */
    ROSTER_PAYLOADS_MAX = 1024 * 1024,
    /* 50,000 members with long texts; far more than any frame holds. */
    ROSTER_BYTES_MAX = 64 * 1024 * 1024,
    /* One member's line in a status: names, one error text, and payload and details together up to half of it. */
    ROSTER_LINE_MAX = 64 * 1024,
};

struct ald_roster {
    struct ald_node work;
    struct ald_node target_node; /* its target's, until every member is made */
    struct ald_command *whole;
    struct ald_channel *next; /* the first channel not looked at yet; NULL: every member is made */
    uint64_t since;           /* hub->last_use at submission */
    uint32_t n, n_made, n_ended, n_succeeded, n_cancelled;
    uint32_t n_closed; /* members up to here were told that the whole ends */
    uint32_t n_written;
    uint32_t n_reaped;
    bool closing; /* the whole has ended, or is to be cancelled */
    bool told;
    struct ald_buf buf; /* the final reply's roster, while it is written */
    struct ald_json_writer json;
    size_t payloads;
    struct ald_command members[];
};

struct ald_roster *ald_roster_of_work(struct ald_node *node)
{
    return ald_list_entry(node, struct ald_roster, work);
}

uint32_t ald_roster_size(const struct ald_roster *roster)
{
    return roster->n;
}

bool ald_roster_is_told(const struct ald_roster *roster)
{
    return roster->told;
}

struct ald_command *ald_roster_member(struct ald_roster *roster, uint32_t i)
{
    return i < roster->n_made ? &roster->members[i] : NULL;
}

static struct ald_roster *roster_new(struct ald_hub *hub, struct ald_command *whole, uint32_t n)
{
    struct ald_roster *roster;

    if (ald_table_reserve(&hub->members_by_number, (size_t)hub->n_promised + n) < 0) {
        return NULL;
    }
    roster = malloc(sizeof(*roster) + n * sizeof(roster->members[0]));
    if (roster == NULL) {
        return NULL;
    }
    memset(roster, 0, sizeof(*roster));
    ald_node_init(&roster->work);
    ald_node_init(&roster->target_node);
    ald_buf_init(&roster->buf, ROSTER_BYTES_MAX);
    roster->whole = whole;
    roster->n = n;
    roster->since = hub->last_use;
    hub->n_promised += n;
    return roster;
}

static struct ald_channel *channel_of(struct ald_node *node)
{
    return ald_list_entry(node, struct ald_channel, target_node);
}

void ald_roster_start(struct ald_hub *hub, struct ald_command *whole)
{
    struct ald_target *target = whole->target;
    uint32_t n = target->n_active;

    if (n == 0) {
        ald_command_refuse(hub, whole, ALD_CAUSE_EMPTY_ROSTER, NULL);
        return;
    }
    if (n > hub->config.commands_max - ALD_MIN(ald_hub_n_admitted(hub), hub->config.commands_max)) {
        ald_command_refuse(hub, whole, ALD_CAUSE_BUSY, "the hub has too many commands in flight");
        return;
    }
    whole->roster = roster_new(hub, whole, n);
    if (whole->roster == NULL) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_command_refuse(hub, whole, ALD_CAUSE_BUSY, "memory is short");
        return;
    }
    ald_history_pin(hub, whole); /* until it is told */
    ald_command_set_phase(hub, whole, ALD_PHASE_QUEUED);
    ald_command_write(hub, whole, ALD_LINE_FANNED_OUT);
    whole->roster->next = channel_of(ald_list_first(&target->channels));
    ald_list_push_back(&target->rosters, &whole->roster->target_node);
    ald_work_add(hub, &hub->work.rosters, &whole->roster->work);
}

/* Go on to the next channel. Behind the last one the roster is complete. */
static void roster_advance(struct ald_roster *roster)
{
    struct ald_node *node = roster->next->target_node.next;

    roster->next = node == &roster->next->target->channels ? NULL : channel_of(node);
    if (roster->next == NULL) {
        ald_node_remove(&roster->target_node);
    }
}

static struct ald_command *roster_make(struct ald_hub *hub, struct ald_roster *roster, struct ald_channel *channel)
{
    struct ald_command *member = &roster->members[roster->n_made];

    ald_assert(roster->n_made < roster->n);
    roster->n_made++;
    ald_command_init_member(hub, roster->whole, channel->target, member);
    memcpy(member->channel_id, channel->id, ALD_ID_TEXT);
    member->has_channel_id = true;
    return member;
}

static bool roster_has(const struct ald_roster *roster, const struct ald_channel *channel)
{
    return ald_channel_is_usable(channel) && channel->active_since <= roster->since;
}

/* The member is what any command to this channel would be at this moment. */
static void roster_place(struct ald_hub *hub, struct ald_command *member, struct ald_channel *channel)
{
    struct ald_route route;

    if (hub->draining) {
        ald_command_refuse(hub, member, ALD_CAUSE_DRAINING, NULL);
        return;
    }
    route = ald_route_channel(hub, channel, ald_command_cost(member));
    if (route.cause != ALD_CAUSE_NONE) {
        ald_command_refuse(hub, member, (enum ald_cause)route.cause, route.text);
    } else if (route.queue != NULL) {
        ald_delivery_queue(hub, member, route.queue, channel);
    } else {
        ald_delivery_hand(hub, member, channel);
    }
}

void ald_roster_channel_leaves(struct ald_hub *hub, struct ald_channel *channel)
{
    ald_list_each (it, &channel->target->rosters) {
        struct ald_roster *roster = ald_list_entry(it, struct ald_roster, target_node);

        if (roster_has(roster, channel) && channel->number >= roster->next->number) {
            ald_command_refuse(hub, roster_make(hub, roster, channel), ALD_CAUSE_NO_CHANNEL, NULL);
        }
    }
}

void ald_roster_channel_gone(struct ald_channel *channel)
{
    ald_list_each (it, &channel->target->rosters) {
        struct ald_roster *roster = ald_list_entry(it, struct ald_roster, target_node);

        if (roster->next == channel) {
            roster_advance(roster);
        }
    }
}

void ald_roster_cancel(struct ald_hub *hub, struct ald_command *whole)
{
    if (!whole->cancel_wanted) {
        whole->cancel_wanted = true;
        whole->roster->closing = true;
        ald_command_write(hub, whole, ALD_LINE_CANCEL_WANTED);
        ald_work_add(hub, &hub->work.rosters, &whole->roster->work);
    }
}

void ald_roster_ended(struct ald_hub *hub, struct ald_command *whole)
{
    struct ald_roster *roster = whole->roster;

    roster->closing = true;
    roster->n_closed = 0; /* those that only had been asked to stop are told that it is over */
    ald_work_add(hub, &hub->work.rosters, &roster->work);
}

void ald_roster_member_sent(struct ald_hub *hub, struct ald_command *member)
{
    struct ald_command *whole = member->whole;

    if (whole->phase == ALD_PHASE_QUEUED) {
        ald_command_set_phase(hub, whole, ALD_PHASE_SENT);
        ald_command_write(hub, whole, ALD_LINE_SENT);
    }
}

static void roster_write_head(struct ald_json_writer *json, const struct ald_command *member)
{
    const struct ald_msg *reply = member->reply;

    ald_json_write_object(json);
    ald_json_write_member_str(json, "channel", ald_str_of(member->channel_id, ALD_ID_TEXT));
    ald_json_write_member_str(json, "outcome", ald_str(ald_outcome_name((enum ald_outcome)member->outcome)));
    if (member->cause != ALD_CAUSE_NONE) {
        ald_json_write_member_str(json, "cause", ald_str(ald_cause_word((enum ald_cause)member->cause)));
    }
    if (reply != NULL) {
        ald_json_write_member_some(json, "code", reply->code);
        ald_json_write_member_some(json, "text", reply->text);
    } else if (member->text[0] != '\0') {
        ald_json_write_member_str(json, "text", ald_str(member->text));
    }
}

static void roster_write_raw(struct ald_json_writer *json, const char *name, struct ald_slice raw)
{
    if (raw.data != NULL) {
        ald_json_write_member_raw(json, name, ald_slice_str(raw));
    }
}

/* What the member answered, or that it is too long for here. */
static void roster_write_answer(struct ald_json_writer *json, const struct ald_msg *reply, size_t size_max)
{
    if (reply == NULL) {
        return;
    }
    if (reply->payload.size + reply->details.size > size_max) {
        ald_json_write_member_bool(json, "truncated", true);
        return;
    }
    roster_write_raw(json, "payload", reply->payload);
    roster_write_raw(json, "details", reply->details);
}

static void roster_write(struct ald_roster *roster, const struct ald_command *member)
{
    const struct ald_msg *reply = member->reply;
    size_t size = reply != NULL ? reply->payload.size + reply->details.size : 0;

    roster_write_head(&roster->json, member);
    roster_write_answer(&roster->json, reply, ROSTER_PAYLOADS_MAX - roster->payloads);
    roster->payloads += size <= ROSTER_PAYLOADS_MAX - roster->payloads ? size : 0;
    ald_json_write_end(&roster->json);
}

/* "Partial results stream": the end of one member, to a caller that takes statuses. Dropped rather than late: when this
 * step has said what it may. */
static void roster_stream(struct ald_hub *hub, struct ald_command *member)
{
    const struct ald_command *whole = member->whole;
    struct ald_slice details = ALD_SLICE_NONE;
    struct ald_json_writer json;
    struct ald_buf buf;

    if (whole->caller == NULL || (whole->caller->traits & ALD_CAN_STATUS) == 0 ||
        hub->effects->n >= hub->config.step_work) {
        ald_hub_count(hub, ALD_N_STATUSES_DROPPED);
        return;
    }
    ald_buf_init(&buf, ROSTER_LINE_MAX);
    ald_json_write_init(&json, &buf, ALD_JSON_COMPACT);
    roster_write_head(&json, member);
    roster_write_answer(&json, member->reply, ROSTER_LINE_MAX / 2);
    ald_json_write_end(&json);
    if (ald_json_write_done(&json) == 0 && ald_slice_copy(ald_buf_str(&buf), &details) == 0) {
        ald_command_tell_status(hub, member, ALD_STR("a member has ended"), details);
    } else {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        ald_hub_count(hub, ALD_N_STATUSES_DROPPED);
    }
    ald_slice_clear(&details);
    ald_buf_fini(&buf);
}

/* "the whole succeeds iff all do, … and else fails"; taken back as a whole when all of it was. */
static struct ald_end roster_end(const struct ald_roster *roster)
{
    if (roster->n_succeeded == roster->n) {
        return (struct ald_end){.outcome = ALD_SUCCEEDED};
    }
    if (roster->n_cancelled == roster->n) {
        return (struct ald_end){.outcome = ALD_CANCELLED, .cause = ALD_CAUSE_TAKEN_BACK};
    }
    return (struct ald_end){.outcome = ALD_FAILED, .cause = ALD_CAUSE_MEMBERS};
}

void ald_roster_member_ended(struct ald_hub *hub, struct ald_command *member)
{
    struct ald_command *whole = member->whole;
    struct ald_roster *roster = whole->roster;
    struct ald_end end;

    ald_history_charge(hub, whole, sizeof(*member) + (member->reply != NULL ? ald_msg_cost(member->reply) : 0));
    roster->n_ended++;
    roster->n_succeeded += member->outcome == ALD_SUCCEEDED ? 1 : 0;
    roster->n_cancelled += member->outcome == ALD_CANCELLED ? 1 : 0;
    roster_stream(hub, member);
    if (roster->n_ended < roster->n) {
        return;
    }
    if (whole->outcome == ALD_OUTCOME_NONE) {
        end = roster_end(roster);
        ald_command_end(hub, whole, &end);
    }
    ald_work_add(hub, &hub->work.rosters, &roster->work);
}

/* A member that is still open follows the whole. */
static void roster_close(struct ald_hub *hub, struct ald_roster *roster, struct ald_command *member)
{
    const struct ald_command *whole = roster->whole;

    if (member->outcome != ALD_OUTCOME_NONE) {
        return;
    }
    if (whole->outcome == ALD_OUTCOME_NONE) {
        ald_ignore(ald_cancel(hub, member)); /* its caller is told */
    } else if (whole->outcome == ALD_EXPIRED) {
        ald_command_expired(hub, member);
    } else {
        ald_command_end(hub, member,
                        &(struct ald_end){.outcome = whole->outcome, .cause = whole->cause, .text = whole->text});
    }
}

static bool roster_work_make(struct ald_hub *hub, struct ald_roster *roster)
{
    struct ald_channel *channel = roster->next;
    struct ald_command *member;

    roster_advance(roster);
    if (roster_has(roster, channel)) {
        member = roster_make(hub, roster, channel);
        if (roster->closing) {
            roster_close(hub, roster, member);
            return true;
        }
        roster_place(hub, member, channel);
    }
    return true;
}

static void roster_tell(struct ald_hub *hub, struct ald_roster *roster)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;
    struct ald_command *whole = roster->whole;
    struct ald_slice slice = ALD_SLICE_NONE;
    bool complete;

    ald_json_write_end(&roster->json);
    complete = ald_json_write_done(&roster->json) == 0 && ald_slice_copy(ald_buf_str(&roster->buf), &slice) == 0;
    if (!complete) {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY); /* the outcome is told without its roster */
    }
    if (ald_msg_new(hub->messages, ALD_REPLY, &reply) == 0) {
        reply->outcome = whole->outcome;
        reply->cause = whole->cause;
        ald_msg_set_slice(reply, &reply->roster, slice);
        if (whole->text[0] != '\0') {
            ald_ignore(ald_msg_set(reply, &reply->text, ald_str(whole->text))); /* our short texts fit inside it */
        }
        ald_msg_seal(reply);
    } else {
        ald_hub_count(hub, ALD_N_OUT_OF_MEMORY); /* the signal tells the outcome all the same */
    }
    ald_slice_clear(&slice);
    ald_buf_reset(&roster->buf);
    roster->told = true;
    whole->reply = ald_steal(&reply);
    if (whole->reply != NULL) {
        ald_history_charge(hub, whole, ald_msg_cost(whole->reply));
    }
    ald_self_ended(hub, whole);
    ald_command_answer(hub, whole);
    ald_history_unpin(hub, whole); /* which may free both */
}

static bool roster_work_tell(struct ald_hub *hub, struct ald_roster *roster)
{
    if (roster->n_written == 0) {
        ald_json_write_init(&roster->json, &roster->buf, ALD_JSON_COMPACT);
        ald_json_write_array(&roster->json);
    }
    roster_write(roster, &roster->members[roster->n_written]);
    roster->n_written++;
    if (roster->n_written < roster->n) {
        return true;
    }
    roster_tell(hub, roster);
    return false;
}

bool ald_roster_work(struct ald_hub *hub, struct ald_roster *roster)
{
    if (roster->next != NULL) {
        return roster_work_make(hub, roster);
    }
    if (roster->closing && roster->n_closed < roster->n_made) {
        roster_close(hub, roster, &roster->members[roster->n_closed++]);
        return true;
    }
    if (roster->whole->outcome != ALD_OUTCOME_NONE && roster->n_ended == roster->n && !roster->told) {
        return roster_work_tell(hub, roster);
    }
    return false;
}

void ald_roster_forget(struct ald_hub *hub, struct ald_roster *roster)
{
    ald_node_remove(&roster->work);
    ald_node_remove(&roster->target_node);
    hub->n_promised -= roster->n - roster->n_made;
    roster->whole = NULL;
    ald_work_add(hub, &hub->work.reaped, &roster->work);
}

bool ald_roster_reap(struct ald_hub *hub, struct ald_roster *roster)
{
    if (roster->n_reaped < roster->n_made) {
        ald_command_fini_member(hub, &roster->members[roster->n_reaped++]);
        return true;
    }
    ald_buf_fini(&roster->buf);
    free(roster);
    return false;
}

void ald_roster_check(const struct ald_hub *hub, struct ald_roster *roster)
{
    uint32_t n_ended = 0;

    ald_assert(roster->n_made <= roster->n);
    ald_assert(roster->next != NULL || roster->n_made == roster->n);
    for (uint32_t i = 0; i < roster->n_made; i++) {
        ald_command_check(hub, &roster->members[i]);
        n_ended += roster->members[i].outcome != ALD_OUTCOME_NONE ? 1 : 0;
    }
    ald_assert(n_ended == roster->n_ended);
}
