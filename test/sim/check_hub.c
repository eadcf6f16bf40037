#include "sim/checker.h"

#include <inttypes.h>
#include <string.h>

#include "hub/view.h"
#include "sim/election.h"
#include "sim/world.h"

/* What the hub shows of itself is held against the history: commands, channels, primaries, counters and bounds. */

static void check_view_ended(struct sim_world *world, struct sim_command *command, const struct ald_command_view *view)
{
    if (command->told_at != 0) {
        if (command->outcome != view->outcome || command->cause != view->cause) {
            sim_complain(world, SIM_RULE_VIEWS, command, "it was told as %s (%s), and the hub shows %s (%s)",
                         ald_outcome_name(command->outcome), ald_cause_word(command->cause),
                         ald_outcome_name(view->outcome), ald_cause_word(view->cause));
        }
        return;
    }
    if (command->viewed != ALD_OUTCOME_NONE && command->viewed != view->outcome) {
        sim_complain(world, SIM_RULE_ONE_OUTCOME, command, "the hub showed it as %s and shows it as %s now",
                     ald_outcome_name(command->viewed), ald_outcome_name(view->outcome));
    }
    /* Its caller is gone, so nobody was told; what the hub remembers must be as true. */
    if (command->viewed == ALD_OUTCOME_NONE) {
        command->viewed = view->outcome;
        if (view->ended > command->deadline + ALD_SEC) {
            sim_complain(world, SIM_RULE_IN_TIME, command, "the hub ended it %" PRIu64 " ms after its deadline",
                         (view->ended - command->deadline) / ALD_MSEC);
        }
        sim_check_outcome(world, command, view->outcome, view->cause, view->ended);
    }
}

static void check_view(struct sim_world *world, const struct sim_hub *hub, const struct ald_command_view *view)
{
    struct sim_command *command = sim_history_named(world, view->name);

    if (command == NULL) {
        return;
    }
    if (command->life != hub->life || command->admitted == 0) {
        sim_complain(world, SIM_RULE_VIEWS, command, "the hub shows it, and never took it");
        return;
    }
    if (view->deadline != command->deadline || view->submitted != command->admitted) {
        sim_complain(world, SIM_RULE_VIEWS, command,
                     "the hub took it at %" PRIu64 " until %" PRIu64 " us after the start, and shows %" PRIu64
                     " until %" PRIu64,
                     command->admitted - world->start, command->deadline - world->start, view->submitted - world->start,
                     view->deadline - world->start);
    }
    if (view->outcome != ALD_OUTCOME_NONE) {
        check_view_ended(world, command, view);
    } else if (sim_now(world) > command->deadline + ALD_SEC) {
        sim_complain(world, SIM_RULE_IN_TIME, command,
                     "the hub shows it without an outcome %" PRIu64 " ms after its deadline",
                     (sim_now(world) - command->deadline) / ALD_MSEC);
    } else if (command->n_told > 0) {
        sim_complain(world, SIM_RULE_VIEWS, command, "it was told as %s, and the hub shows it as open",
                     ald_outcome_name(command->outcome));
    }
}

bool sim_check_ended(struct sim_world *world, const struct sim_hub *hub, const struct sim_command *command)
{
    struct ald_command_view view;

    if (ald_hub_find_command(hub->hub, ald_str(command->wire_id), &view) != 0) {
        return false;
    }
    check_view(world, hub, &view);
    return view.outcome != ALD_OUTCOME_NONE;
}

static void check_commands(struct sim_world *world, struct sim_hub *hub)
{
    struct ald_command_view view;
    uint64_t cursor = 0;

    uint64_t n = 0, n_back = 0;

    while (ald_hub_next_command(hub->hub, &cursor, &view) && !sim_broken(world)) {
        check_view(world, hub, &view);
        n++;
    }
    cursor = 0;
    while (ald_hub_previous_command(hub->hub, &cursor, &view) && !sim_broken(world)) {
        n_back++;
    }
    if (n_back != n && !sim_broken(world)) {
        sim_complain(world, SIM_RULE_VIEWS, NULL,
                     "the hub shows %" PRIu64 " commands one way and %" PRIu64 " the other", n, n_back);
    }
}

static const struct sim_link *hub_find_link(const struct sim_hub *hub, uint64_t conn)
{
    const struct sim_link *link = hub->links;

    while (link != NULL && link->conn != conn) {
        link = link->next;
    }
    return link;
}

static void check_channel(struct sim_world *world, const struct sim_hub *hub, const struct ald_channel_view *view)
{
    const struct sim_link *link = hub_find_link(hub, view->conn);

    /* One that is away has no connection; one whose connection has ended may not be worked off. */
    if (view->state == ALD_CHANNEL_AWAY || ald_hub_deadline(hub->hub) <= sim_now(world)) {
        return;
    }
    if (link == NULL || link->hub_end || !link->registered ||
        !ald_str_equal(view->target, ald_str(link->party->target))) {
        sim_complain(world, SIM_RULE_VIEWS, NULL,
                     "the hub shows a channel of %.*s on connection %" PRIu64 ", where nobody serves it",
                     ALD_STR_ARG(view->target), view->conn);
        return;
    }
    if (link->sent_away != 0 && link->sent_away + hub->config.leave_timeout + ALD_SEC < sim_now(world)) {
        sim_complain(world, SIM_RULE_OPERATOR, NULL, "an operator sent %s away %" PRIu64 " ms ago, and it is there",
                     link->party->name, (sim_now(world) - link->sent_away) / ALD_MSEC);
    }
    if (view->queued_bytes > hub->config.channel_queue_bytes_max + hub->config.queue_bytes_max) {
        sim_complain(world, SIM_RULE_BOUNDED, NULL, "%zu bytes wait for one channel", view->queued_bytes);
    }
}

/* A channel that is on its way out may be shown as what it was until it is gone. */
static bool channel_is_ending(const struct sim_hub *hub, struct ald_str channel)
{
    for (const struct sim_link *it = hub->links; it != NULL; it = it->next) {
        if (ald_str_equal(channel, ald_str(it->channel)) && (it->hub_closing || it->leaving)) {
            return true;
        }
    }
    return ald_hub_deadline(hub->hub) <= sim_now(hub->world);
}

static void check_primary(struct sim_world *world, const struct sim_hub *hub, const struct ald_target_view *view)
{
    const struct sim_election *election = NULL;

    for (const struct sim_election *it = hub->elections; it != NULL; it = it->next) {
        election = ald_str_equal(view->name, ald_str(it->target)) ? it : election;
    }
    if (ald_str_present(view->primary) && !channel_is_ending(hub, view->primary) &&
        (election == NULL || election->confirmed == NULL ||
         !ald_str_equal(view->primary, ald_str(election->confirmed->channel)))) {
        sim_complain(world, SIM_RULE_VIEWS, NULL, "the hub shows a primary of %.*s that has not confirmed it",
                     ALD_STR_ARG(view->name));
    }
}

static void check_target(struct sim_world *world, struct sim_hub *hub, const struct ald_target_view *view)
{
    check_primary(world, hub, view);
    if (view->n_live > view->n_channels || view->n_active > view->n_channels) {
        sim_complain(world, SIM_RULE_VIEWS, NULL, "the hub shows more live or active channels of %.*s than channels",
                     ALD_STR_ARG(view->name));
    }
}

static void check_lists(struct sim_world *world, struct sim_hub *hub)
{
    struct ald_channel_view channel;
    struct ald_target_view target;
    uint64_t cursor = 0;

    while (ald_hub_next_channel(hub->hub, ALD_STR_NONE, &cursor, &channel)) {
        check_channel(world, hub, &channel);
    }
    cursor = 0;
    while (ald_hub_next_target(hub->hub, &cursor, &target)) {
        check_target(world, hub, &target);
    }
}

static void check_counters(struct sim_world *world, const struct sim_hub *hub)
{
    static const enum ald_counter ends[] = {ALD_N_SUCCEEDED, ALD_N_FAILED,  ALD_N_REFUSED,
                                            ALD_N_CANCELLED, ALD_N_EXPIRED, ALD_N_LOST};
    uint64_t n_ended = 0;
    uint64_t n_submitted = ald_hub_counter(hub->hub, ALD_N_SUBMITTED);

    for (size_t n = 0; n < ALD_COUNT(ends); n++) {
        uint64_t n_outcome = ald_hub_counter(hub->hub, ends[n]);

        n_ended += n_outcome;
        if (n_outcome < hub->n_outcomes[ALD_SUCCEEDED + n]) {
            sim_complain(world, SIM_RULE_COUNTERS, NULL, "the hub told %s %" PRIu64 " times and counts %" PRIu64,
                         ald_outcome_name((enum ald_outcome)(ALD_SUCCEEDED + n)), hub->n_outcomes[ALD_SUCCEEDED + n],
                         n_outcome);
        }
    }
    if (n_submitted < hub->n_admitted || n_submitted > hub->n_admitted + hub->n_strange) {
        sim_complain(world, SIM_RULE_COUNTERS, NULL, "the hub heard %" PRIu64 " commands and counts %" PRIu64,
                     hub->n_admitted, n_submitted);
    }
    if (n_ended > n_submitted || n_ended < hub->n_told) {
        sim_complain(world, SIM_RULE_COUNTERS, NULL,
                     "of %" PRIu64 " commands %" PRIu64 " were told an outcome, and the hub counts %" PRIu64,
                     n_submitted, hub->n_told, n_ended);
    }
}

/* Connections that are being ended may be counted or not (those refused at the door are not), and those that ended may still
 * be worked off. */
static void check_connections(struct sim_world *world, const struct sim_hub *hub, const struct ald_hub_totals *totals)
{
    bool works = ald_hub_deadline(hub->hub) <= sim_now(world);
    uint32_t n_up = 0;
    uint32_t n_ending = 0;

    for (const struct sim_link *it = hub->links; it != NULL; it = it->next) {
        n_up += it->conn != 0 && !it->hub_end && !it->hub_closing;
        n_ending += it->conn != 0 && !it->hub_end && it->hub_closing;
    }
    if (totals->n_connections < n_up || (totals->n_connections > n_up + n_ending && !works)) {
        sim_complain(world, SIM_RULE_VIEWS, NULL,
                     "%" PRIu32 " connections are up and %" PRIu32 " ending, and the hub shows %" PRIu32, n_up,
                     n_ending, totals->n_connections);
    }
}

/* A message counts for half of the account at most, so one that is larger than all of it does not take the room of others. */
static size_t output_bytes(const struct sim_pipe *pipe, size_t max)
{
    size_t bytes = 0;

    ald_list_each (it, &pipe->waiting) {
        bytes += ALD_MIN(ald_list_entry(it, const struct sim_packet, node)->cost, max / 2);
    }
    return bytes;
}

/* What was said to a connection and is not written. Frames weigh a little more than what they say. */
static void check_output(struct sim_world *world, const struct sim_hub *hub)
{
    size_t max = hub->config.out_bytes_max * (world->options.bytes ? 2 : 1);

    for (const struct sim_link *it = hub->links; it != NULL; it = it->next) {
        size_t bytes = output_bytes(&it->pipes[SIM_DOWN], max);

        if (!it->hub_closing && bytes > max) {
            sim_complain(world, SIM_RULE_BOUNDED, NULL, "%zu bytes wait to be written to %s, the limit is %zu", bytes,
                         it->party->name, hub->config.out_bytes_max);
        }
    }
}

static void check_bounds(struct sim_world *world, const struct sim_hub *hub)
{
    struct ald_hub_totals totals;

    ald_hub_totals(hub->hub, &totals);
    check_connections(world, hub, &totals);
    check_output(world, hub);
    if (totals.n_history > hub->config.history_max && ald_hub_deadline(hub->hub) > sim_now(world)) {
        sim_complain(world, SIM_RULE_BOUNDED, NULL, "the hub remembers %" PRIu32 " commands, the limit is %" PRIu32,
                     totals.n_history, hub->config.history_max);
    }
    if (totals.n_in_flight + totals.n_queued > hub->config.commands_max) {
        sim_complain(world, SIM_RULE_BOUNDED, NULL, "%" PRIu32 " commands are open, the limit is %" PRIu32,
                     totals.n_in_flight + totals.n_queued, hub->config.commands_max);
    }
}

void sim_check_hub(struct sim_world *world, struct sim_hub *hub)
{
    ald_hub_check(hub->hub);
    check_bounds(world, hub);
    check_lists(world, hub);
    check_commands(world, hub);
    check_counters(world, hub);
    sim_notes_check(world, hub);
}

void sim_check_drained(struct sim_world *world, struct sim_hub *hub)
{
    for (const struct sim_link *it = hub->links; it != NULL; it = it->next) {
        if (it->conn != 0 && !it->hub_end && !it->hub_closing) {
            sim_complain(world, SIM_RULE_DRAINED, NULL, "the hub says that it has drained, and is connected with %s",
                         it->party->name);
        }
    }
    for (const struct sim_command *it = hub->open; it != NULL; it = it->open_next) {
        if (it->link->hub_closing && it->link->close_cause == ALD_CLOSE_STOPPING && !it->link->goodbye) {
            sim_complain(world, SIM_RULE_DRAINED, it, "the hub says that it has drained, and never told its outcome");
        }
    }
}

void sim_check_empty(struct sim_world *world, struct sim_hub *hub)
{
    struct ald_hub_totals totals;
    struct ald_target_view target;
    struct ald_channel_view channel;
    struct ald_command_view command;
    uint64_t cursor[3] = {0, 0, 0};

    ald_hub_totals(hub->hub, &totals);
    if (totals.n_connections + totals.n_targets + totals.n_channels + totals.n_in_flight + totals.n_queued +
                totals.n_history !=
            0 ||
        totals.queued_bytes != 0) {
        sim_complain(world, SIM_RULE_EMPTY, NULL,
                     "everybody has left, and %" PRIu32 " connections, %" PRIu32 " targets, %" PRIu32
                     " channels, %" PRIu32 " commands in flight, %" PRIu32 " queued (%zu bytes) and %" PRIu32
                     " remembered remain",
                     totals.n_connections, totals.n_targets, totals.n_channels, totals.n_in_flight, totals.n_queued,
                     totals.queued_bytes, totals.n_history);
    }
    if (ald_hub_next_target(hub->hub, &cursor[0], &target) ||
        ald_hub_next_channel(hub->hub, ALD_STR_NONE, &cursor[1], &channel) ||
        ald_hub_next_command(hub->hub, &cursor[2], &command)) {
        sim_complain(world, SIM_RULE_EMPTY, NULL, "everybody has left, and the hub still shows somebody");
    }
    if (ald_msg_pool_live(world->messages) != 0) {
        sim_complain(world, SIM_RULE_EMPTY, NULL, "everybody has left, and %zu messages are alive",
                     ald_msg_pool_live(world->messages));
    }
}
