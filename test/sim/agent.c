#include "sim/party.h"

#include <string.h>

#include "sim/election.h"
#include "sim/world.h"

/* One command at work. It outlives its link: the agent finishes, and finds out then whether anybody can still be told. */
struct sim_job {
    struct sim_party *party;
    struct sim_handing *handing;
    struct sim_link *link;
    uint64_t epoch;
    uint8_t outcome, cause;
    bool stopped;
    uint32_t n_replies;
};

static bool job_lives(const struct sim_job *job)
{
    return job->epoch == job->party->epoch;
}

static struct ald_msg *agent_message(struct sim_world *world, enum ald_kind kind)
{
    struct ald_msg *msg = NULL;
    int r = ald_msg_new(world->messages, kind, &msg);

    ald_assert(r == 0);
    return msg;
}

/* The command as a dialect wants to see it again: it came under the hub's own id. */
static struct ald_msg *agent_request(const struct sim_job *job)
{
    struct ald_msg *msg = agent_message(job->party->world, ALD_COMMAND);
    char id[ALD_ID_TEXT];
    int r;

    ald_id_format(job->handing->id, id);
    r = ald_msg_set(msg, &msg->wire_id, ald_str_of(id, sizeof(id)));
    ald_assert(r == 0);
    r = ald_msg_set(msg, &msg->name, ALD_STR("do"));
    ald_assert(r == 0);
    ald_msg_seal(msg);
    return msg;
}

/* Say something about a command; of another connection's command nothing can be said, unless somebody errs. */
static void agent_say(struct sim_job *job, enum ald_signal_kind kind, struct ald_msg *msg)
{
    struct sim_party *party = job->party;
    struct ald_signal signal = ald_signal_of(kind);
    bool reachable = party->session != 0 || party->link == job->link;

    ald_msg_seal(msg);
    signal.id = job->handing->id;
    signal.msg = msg;
    signal.request = party->world->options.bytes ? agent_request(job) : NULL;
    if (job->handing->lineage != party->lineage && !sim_fault_take(party->world, SIM_FAULT_STRAY)) {
        reachable = false;
    }
    if (!reachable) {
        ald_signal_clear(&signal);
        return;
    }
    sim_party_say(party, &signal);
}

static void agent_reply(struct sim_job *job, uint8_t outcome, uint8_t cause)
{
    struct sim_party *party = job->party;
    struct sim_world *world = party->world;
    struct sim_link *link = party->link;
    struct ald_msg *msg = agent_message(world, ALD_REPLY);

    msg->outcome = outcome;
    msg->cause = cause;
    ald_msg_set_slice(msg, &msg->payload, job->handing->command->payload);
    sim_history_replied(world, job->handing, outcome);
    agent_say(job, ALD_SIGNAL_REPLY, msg);
    if (link != NULL && sim_fault_take(world, SIM_FAULT_CUT_REPLY)) {
        sim_link_cut(link, 0, 1000);
    }
}

static void agent_status(struct sim_job *job, enum ald_phase phase)
{
    struct ald_msg *msg = agent_message(job->party->world, ALD_STATUS);

    msg->phase = (uint8_t)phase;
    if (phase == ALD_PHASE_RUNNING) {
        msg->flags = ALD_MSG_PROGRESS;
        msg->total = 10;
        msg->completed = 3;
    }
    sim_note(job->party->world, SIM_FACT_STATUS, job->handing->command->number, job->party, 0, ald_phase_name(phase));
    agent_say(job, ALD_SIGNAL_STATUS, msg);
}

static void agent_running(void *who, uint64_t what)
{
    struct sim_job *job = who;

    if (job_lives(job) && !job->stopped && job->n_replies == 0) {
        agent_status(job, (enum ald_phase)what);
    }
}

static void agent_finish(void *who, uint64_t what)
{
    struct sim_job *job = who;

    if (!job_lives(job) || job->stopped) {
        return;
    }
    if (what == ALD_OUTCOME_NONE) {
        sim_party_crash(job->party);
        return;
    }
    if (job->n_replies++ == 0) {
        job->party->n_jobs--;
    }
    agent_reply(job, (uint8_t)what, job->cause);
}

static uint8_t agent_cause(struct sim_world *world, uint8_t outcome)
{
    static const uint8_t refusals[] = {ALD_CAUSE_AGENT_REFUSED, ALD_CAUSE_NO_HANDLER, ALD_CAUSE_UNKNOWN_COMMAND};
    static const uint8_t failures[] = {ALD_CAUSE_AGENT_FAILED, ALD_CAUSE_AGENT_BROKE};

    if (outcome == ALD_REFUSED) {
        return refusals[sim_below(world, ALD_COUNT(refusals))];
    }
    return outcome == ALD_FAILED ? failures[sim_below(world, ALD_COUNT(failures))] : ALD_CAUSE_NONE;
}

static uint8_t agent_fate(const struct sim_party *party)
{
    struct sim_world *world = party->world;

    if (party->manner == SIM_MANNER_FAIL || sim_fault_take(world, SIM_FAULT_FAIL)) {
        return ALD_FAILED;
    }
    if (party->manner == SIM_MANNER_REFUSE || sim_fault_take(world, SIM_FAULT_REFUSE)) {
        return ALD_REFUSED;
    }
    return ALD_SUCCEEDED;
}

static ald_usec agent_thinks(const struct sim_party *party)
{
    struct sim_world *world = party->world;

    if (sim_fault_take(world, SIM_FAULT_SLOW)) {
        return sim_between(world, 100 * ALD_MSEC, 4 * ALD_SEC);
    }
    return sim_between(world, party->think_min, party->think_max);
}

static void agent_cut_later(void *who, uint64_t what)
{
    sim_link_cut(who, (uint32_t)what, (uint32_t)what);
}

static void agent_start(struct sim_job *job)
{
    struct sim_party *party = job->party;
    struct sim_world *world = party->world;
    ald_usec at = sim_now(world) + agent_thinks(party);

    if (party->manner == SIM_MANNER_NEVER || sim_fault_take(world, SIM_FAULT_NEVER)) {
        return;
    }
    if (sim_fault_take(world, SIM_FAULT_CRASH)) {
        sim_clock_at(&world->clock, at, agent_finish, job, ALD_OUTCOME_NONE);
        return;
    }
    if (sim_fault_take(world, SIM_FAULT_CUT_RECEIVED)) {
        sim_clock_at(&world->clock, sim_between(world, sim_now(world), at), agent_cut_later, party->link, 1000);
    }
    if (job->outcome != ALD_REFUSED && (party->traits & ALD_CAN_STATUS) != 0 && sim_chance(world, 300)) {
        if (sim_chance(world, 600)) {
            sim_clock_at(&world->clock, sim_now(world), agent_running, job, ALD_PHASE_ACCEPTED);
        }
        sim_clock_at(&world->clock, sim_between(world, sim_now(world), at), agent_running, job, ALD_PHASE_RUNNING);
    }
    sim_clock_at(&world->clock, at, agent_finish, job, job->outcome);
    if (sim_fault_take(world, SIM_FAULT_TWICE)) {
        sim_clock_at(&world->clock, at + sim_below(world, ALD_SEC), agent_finish, job, ALD_FAILED);
    }
}

void sim_agent_command(struct sim_party *party, const struct ald_signal *signal)
{
    struct sim_world *world = party->world;
    struct sim_handing *handing = sim_history_handing(party, signal->id);
    struct sim_job *job;

    /* Without the extension an event is a command whose reply nobody awaits. */
    if (handing == NULL && world->options.bytes && ald_str_equal(signal->msg->name, ald_str(party->target))) {
        sim_agent_event(party, signal);
        return;
    }
    if (handing == NULL) {
        sim_complain(world, SIM_RULE_ADDRESSEE, NULL, "%s receives a command that it was not handed", party->name);
        return;
    }
    sim_history_received(world, handing);
    job = sim_arena_get(&world->arena, sizeof(*job));
    job->party = party;
    job->handing = handing;
    job->link = party->link;
    job->epoch = party->epoch;
    job->outcome = agent_fate(party);
    job->cause = agent_cause(world, job->outcome);
    handing->job = job;
    handing->fate = job->outcome;
    party->n_jobs++;
    if (job->outcome != ALD_REFUSED) {
        sim_history_executed(world, handing);
    }
    agent_start(job);
}

void sim_agent_event(struct sim_party *party, const struct ald_signal *signal)
{
    sim_note(party->world, SIM_FACT_HEARS_EVENT, 0, party, 0, NULL);
    if (ald_str_equal(signal->msg->name, ALD_STR(SIM_EVENT_DENIED))) {
        sim_complain(party->world, SIM_RULE_DENIED, NULL, "%s hears an event that the edge denied", party->name);
    }
    if (!ald_str_equal(signal->msg->name, ald_str(party->target))) {
        sim_complain(party->world, SIM_RULE_ADDRESSEE, NULL, "%s, who serves %s, hears an event for %.*s", party->name,
                     party->target, ALD_STR_ARG(signal->msg->name));
    }
}

static void agent_stopped(void *who, uint64_t what)
{
    struct sim_job *job = who;

    ald_ignore(what); /* it is stopped once */
    if (job_lives(job)) {
        agent_reply(job, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK);
    }
}

void sim_agent_cancel(struct sim_party *party, const struct ald_signal *signal)
{
    struct sim_world *world = party->world;
    struct sim_handing *handing = sim_history_handing(party, signal->id);
    struct sim_job *job = handing != NULL ? handing->job : NULL;

    if (handing == NULL) {
        sim_complain(world, SIM_RULE_ADDRESSEE, NULL, "%s is asked to stop what it was never handed", party->name);
        return;
    }
    sim_note(world, SIM_FACT_ASKED_TO_STOP, handing->command->number, party, 0, NULL);
    if (job == NULL || !job_lives(job) || job->stopped || job->n_replies > 0 || !party->stops ||
        sim_fault_take(world, SIM_FAULT_CANCEL_IGNORED)) {
        return;
    }
    job->stopped = true;
    party->n_jobs--;
    sim_clock_at(&world->clock, sim_now(world) + sim_below(world, 5 * ALD_MSEC), agent_stopped, job, 0);
}

/* An answer about the link itself, in its time. */
struct agent_answer {
    struct sim_party *party;
    struct sim_link *link;
    struct ald_signal signal;
};

static void agent_answer_now(void *who, uint64_t what)
{
    struct agent_answer *answer = who;
    struct ald_signal signal = answer->signal;

    ald_ignore(what); /* one answer a question */
    if (answer->party->link != answer->link) {
        return;
    }
    if (signal.kind == ALD_SIGNAL_HEALTH) {
        sim_note(answer->party->world, SIM_FACT_HEALTH, 0, answer->party, 0, signal.healthy ? "well" : "ill");
    } else {
        sim_note(answer->party->world, SIM_FACT_CONFIRMS, 0, answer->party, 0, signal.ok ? "yes" : "no");
    }
    sim_party_say(answer->party, &signal);
}

static void agent_answer(struct sim_party *party, const struct ald_signal *signal, ald_usec pause)
{
    struct sim_world *world = party->world;
    struct agent_answer *answer = sim_arena_get(&world->arena, sizeof(*answer));

    answer->party = party;
    answer->link = party->link;
    answer->signal = *signal;
    sim_clock_at(&world->clock, sim_now(world) + pause, agent_answer_now, answer, 0);
}

void sim_agent_health(struct sim_party *party, const struct ald_signal *signal)
{
    struct sim_world *world = party->world;
    struct ald_signal answer = ald_signal_of(ALD_SIGNAL_HEALTH);

    if (party->mute || sim_fault_take(world, SIM_FAULT_HEALTH_SILENT)) {
        return;
    }
    answer.id = signal->id;
    answer.ok = !sim_fault_take(world, SIM_FAULT_HEALTH_ERROR);
    answer.healthy = answer.ok && party->healthy && !sim_fault_take(world, SIM_FAULT_HEALTH_BAD);
    agent_answer(party, &answer, sim_below(world, 5 * ALD_MSEC));
}

void sim_agent_step_down(struct sim_party *party)
{
    if (party->leads) {
        party->leads = false;
        sim_note(party->world, SIM_FACT_FOLLOWS, 0, party, 0, NULL);
    }
}

void sim_agent_primary(struct sim_party *party, const struct ald_signal *signal)
{
    struct sim_world *world = party->world;
    struct ald_signal answer = ald_signal_of(ALD_SIGNAL_PRIMARY);
    ald_usec pause = sim_below(world, 3 * ALD_MSEC);

    if (party->mute || sim_fault_take(world, SIM_FAULT_PRIMARY_SILENT)) {
        return;
    }
    answer.id = signal->id;
    answer.ok = party->confirms && !sim_fault_take(world, SIM_FAULT_PRIMARY_ERROR);
    if (answer.ok && !signal->primary) {
        sim_agent_step_down(party);
    } else if (answer.ok && party->state == SIM_PARTY_READY) {
        party->leads = true;
        party->term = signal->term;
        sim_note(world, SIM_FACT_LEADS, 0, party, signal->term, NULL);
        sim_election_believed(party);
    }
    if (sim_fault_take(world, SIM_FAULT_PRIMARY_SLOW)) {
        pause = sim_between(world, 100 * ALD_MSEC, 2 * ALD_SEC);
    }
    if ((party->traits & ALD_CAN_CONFIRM_PRIMARY) != 0) {
        agent_answer(party, &answer, pause);
    }
}
