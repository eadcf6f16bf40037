/* GET /api/v1/commands: what was commanded, and what became of it. */

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "mgmt/mgmt_impl.h"
#include "mgmt/value.h"

enum {
    /* Commands looked at for one page, so that a filter that fits nothing does not stop the hub: some milliseconds. */
    COMMANDS_WALK_MAX = 5000
};

static void id_write(struct ald_mgmt_call *call, struct ald_id id)
{
    char text[ALD_ID_TEXT];

    ald_id_format(id, text);
    ald_json_write_member_str(&call->json, "id", (struct ald_str){text, sizeof(text)});
}

static void outcome_write(struct ald_mgmt_call *call, const struct ald_command_view *command)
{
    struct ald_json_writer *json = &call->json;

    ald_json_write_member_str(json, "phase", ald_str(ald_phase_name((enum ald_phase)command->phase)));
    if (command->outcome == ALD_OUTCOME_NONE) {
        ald_json_write_member_str(json, "outcome", ALD_STR_NONE);
        return;
    }
    ald_json_write_member_str(json, "outcome", ald_str(ald_outcome_name((enum ald_outcome)command->outcome)));
    if (command->cause != ALD_CAUSE_NONE) {
        ald_json_write_member_str(json, "cause", ald_str(ald_cause_word((enum ald_cause)command->cause)));
    }
    ald_json_write_member_some(json, "text", command->text);
}

static void real_write(struct ald_mgmt_call *call, const char *name, double real)
{
    char text[40];

    (void)snprintf(text, sizeof(text), "%.15g", real);
    ald_json_write_member_raw(&call->json, name, isfinite(real) ? ald_str(text) : ALD_STR("null"));
}

static void progress_write(struct ald_mgmt_call *call, const struct ald_command_view *command)
{
    if (command->has_progress) {
        ald_json_write_name(&call->json, ALD_STR("progress"));
        ald_json_write_object(&call->json);
        real_write(call, "completed", command->completed);
        real_write(call, "total", command->total);
        ald_json_write_end(&call->json);
    }
}

/* What a list shows of a command. Leaves the object open. */
static void summary_write(struct ald_mgmt_call *call, const struct ald_command_view *command)
{
    struct ald_json_writer *json = &call->json;

    ald_json_write_object(json);
    id_write(call, command->id);
    ald_json_write_member_some(json, "wire_id", command->wire_id);
    ald_json_write_member_str(json, "name", command->name);
    ald_mgmt_address_write(json, "to", &command->to);
    ald_json_write_member_some(json, "from", command->from);
    ald_json_write_member_some(json, "principal", command->principal);
    ald_json_write_member_str(json, "mode", ald_str(ald_mode_name((enum ald_mode)command->mode)));
    ald_json_write_member_some(json, "version", command->version);
    ald_json_write_member_bool(json, "idempotent", command->idempotent);
    outcome_write(call, command);
    progress_write(call, command);
    ald_json_write_member_u64(json, "attempts", command->n_attempts);
    ald_json_write_member_u64(json, "members", command->n_members);
    ald_mgmt_wall(call, "submitted", command->submitted_wall);
    if (command->deadline != ALD_NEVER) {
        ald_mgmt_span(call, "deadline_ms", command->submitted, command->deadline);
    }
    ald_mgmt_span(call, command->ended != 0 ? "ended_ms" : "age_ms", command->submitted,
                  command->ended != 0 ? command->ended : call->now);
}

static void story_write(struct ald_mgmt_call *call, const struct ald_command_view *command)
{
    struct ald_json_writer *json = &call->json;

    ald_json_write_name(json, ALD_STR("story"));
    ald_json_write_array(json);
    for (size_t i = 0; i < command->n_story; i++) {
        const struct ald_story_view *line = &command->story[i];

        ald_json_write_object(json);
        ald_mgmt_span(call, "at_ms", command->submitted, line->at);
        ald_mgmt_wall(call, "at", command->submitted_wall + (line->at - ALD_MIN(line->at, command->submitted)));
        ald_json_write_member_str(json, "phase", ald_str(ald_phase_name((enum ald_phase)line->phase)));
        ald_json_write_member_u64(json, "attempt", line->attempt);
        ald_json_write_member_some(json, "channel", line->channel);
        ald_json_write_member_str(json, "text", ald_str(line->text));
        ald_json_write_end(json);
    }
    ald_json_write_end(json);
    ald_json_write_member_u64(json, "story_dropped", command->n_story_dropped);
}

static void reply_write(struct ald_mgmt_call *call, const struct ald_msg *reply)
{
    if (reply == NULL) {
        return;
    }
    ald_json_write_name(&call->json, ALD_STR("reply"));
    ald_json_write_object(&call->json);
    ald_json_write_member_some(&call->json, "code", reply->code);
    ald_json_write_member_some(&call->json, "text", reply->text);
    ald_mgmt_raw_write(&call->json, "payload", reply->payload);
    ald_mgmt_raw_write(&call->json, "details", reply->details);
    ald_mgmt_raw_write(&call->json, "roster", reply->roster);
    ald_json_write_end(&call->json);
}

/* What a list of commands is narrowed to, and its order. */
struct filter {
    char target_text[ALD_NAME_MAX + 1], name_text[ALD_NAME_MAX + 1];
    struct ald_str target, name; /* absent: any */
    int outcome, phase;          /* -1: any */
    bool newest;                 /* first */
};

/* A parameter that is one of a few words. Outcome: ALD_MGMT_ANSWERED. */
static int word_read(struct ald_mgmt_call *call, const char *name, int (*find)(struct ald_str word), int *ret_word)
{
    char room[32], detail[96];
    struct ald_str word;
    int r;

    r = ald_mgmt_parameter(call, name, room, sizeof(room), &word);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_word = -1;
    if (!ald_str_present(word)) {
        return 0;
    }
    *ret_word = find(word);
    if (*ret_word >= 0) {
        return 0;
    }
    (void)snprintf(detail, sizeof(detail), "There is no such %s", name);
    r = ald_mgmt_problem(call, 400, detail);
    return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
}

/* An outcome is asked for by its name; the word for "none yet" is no outcome. */
static int outcome_find(struct ald_str word)
{
    int outcome = ald_outcome_find(word);

    return outcome == ALD_OUTCOME_NONE ? -1 : outcome;
}

static int order_find(struct ald_str word)
{
    return ald_str_equal(word, ALD_STR("newest")) ? 1 : ald_str_equal(word, ALD_STR("oldest")) ? 0 : -1;
}

/* Outcome: ALD_MGMT_ANSWERED. */
static int filter_read(struct ald_mgmt_call *call, struct filter *filter)
{
    int newest = 0;
    int r;

    r = ald_mgmt_parameter(call, "target", filter->target_text, sizeof(filter->target_text), &filter->target);
    r = r != 0 ? r : ald_mgmt_parameter(call, "name", filter->name_text, sizeof(filter->name_text), &filter->name);
    r = r != 0 ? r : word_read(call, "outcome", outcome_find, &filter->outcome);
    r = r != 0 ? r : word_read(call, "phase", ald_phase_find, &filter->phase);
    r = r != 0 ? r : word_read(call, "order", order_find, &newest);
    filter->newest = newest == 1;
    return r < 0 ? ald_trace(r) : r;
}

static bool filter_fits(const struct filter *filter, const struct ald_command_view *command)
{
    return (!ald_str_present(filter->target) || ald_str_equal(filter->target, command->to.target)) &&
           (!ald_str_present(filter->name) || ald_str_equal(filter->name, command->name)) &&
           (filter->outcome < 0 || filter->outcome == command->outcome) &&
           (filter->phase < 0 || filter->phase == command->phase);
}

static bool command_next(const struct ald_mgmt_call *call, const struct filter *filter, uint64_t *cursor,
                         struct ald_command_view *ret_view)
{
    return filter->newest ? ald_hub_previous_command(call->hub, cursor, ret_view)
                          : ald_hub_next_command(call->hub, cursor, ret_view);
}

int ald_mgmt_commands(struct ald_mgmt_call *call)
{
    struct filter filter = {.outcome = -1};
    struct ald_mgmt_paging paging;
    struct ald_command_view command;
    uint64_t ahead;
    uint32_t seen = 0;
    int r;

    r = filter_read(call, &filter);
    r = r != 0 ? r : ald_mgmt_paging(call, &paging);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }

    ald_json_write_object(&call->json);
    ald_json_write_name(&call->json, ALD_STR("commands"));
    ald_json_write_array(&call->json);
    for (; paging.left > 0 && seen < COMMANDS_WALK_MAX && command_next(call, &filter, &paging.cursor, &command);
         seen++) {
        if (filter_fits(&filter, &command)) {
            summary_write(call, &command);
            ald_json_write_end(&call->json);
            paging.left--;
        }
    }
    ald_json_write_end(&call->json);
    ahead = paging.cursor;
    ald_mgmt_next(call, &paging,
                  (paging.left == 0 || seen == COMMANDS_WALK_MAX) && command_next(call, &filter, &ahead, &command));
    ald_json_write_end(&call->json);

    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}

static void command_write(struct ald_mgmt_call *call, const struct ald_command_view *command)
{
    summary_write(call, command);
    story_write(call, command);
    reply_write(call, command->reply);
    ald_json_write_end(&call->json);
}

int ald_mgmt_command_answer(struct ald_mgmt_call *call, const struct ald_command_view *command)
{
    int r;

    command_write(call, command);
    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}

/*
 * The command that the path names. His own is everybody's to see; who may not read learns nothing of others, not even
 * whether they are there. Outcome: ALD_MGMT_ANSWERED, with a problem. Errors: ALDIS_E_NOMEM.
 */
static int command_find(struct ald_mgmt_call *call, struct ald_command_view *ret_command)
{
    bool known = ald_hub_find_command(call->hub, call->segments[3], ret_command) == 0;
    struct ald_str principal = ald_guest_principal(&call->guest);
    bool own = known && ald_str_present(principal) && ald_str_equal(ret_command->principal, principal);
    int r = 0;

    if (!own && ald_guest_manage(&call->guest) < ALD_GUEST_MANAGE_READ) {
        r = ald_mgmt_problem(call, 403, "This is no command of yours, which needs the right to read (manage = read)");
    } else if (!known) {
        r = ald_mgmt_problem(call, 404, "No command of this id is known (any more)");
    } else {
        return 0;
    }
    return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
}

int ald_mgmt_command(struct ald_mgmt_call *call)
{
    struct ald_command_view command;
    int r = command_find(call, &command);

    r = r == 0 ? ald_mgmt_command_answer(call, &command) : r;
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_members(struct ald_mgmt_call *call)
{
    struct ald_mgmt_paging paging;
    struct ald_command_view command, member;
    uint64_t ahead;
    int r;

    r = command_find(call, &command);
    r = r != 0 ? r : ald_mgmt_paging(call, &paging);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }

    ald_json_write_object(&call->json);
    ald_json_write_name(&call->json, ALD_STR("members"));
    ald_json_write_array(&call->json);
    for (; paging.left > 0 && ald_hub_next_member(call->hub, command.id, &paging.cursor, &member); paging.left--) {
        command_write(call, &member);
    }
    ald_json_write_end(&call->json);
    ahead = paging.cursor;
    ald_mgmt_next(call, &paging, paging.left == 0 && ald_hub_next_member(call->hub, command.id, &ahead, &member));
    ald_json_write_end(&call->json);

    r = ald_mgmt_done(call);
    return r < 0 ? ald_trace(r) : 0;
}
