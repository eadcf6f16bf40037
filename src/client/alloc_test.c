/*
 * A client whose memory is short: one allocation fails, then the next one, through a whole life: dial, hello, a call, a
 * command served, goodbye. Whatever failed, nothing leaks, every call has exactly one outcome, and the client comes back.
 */

#include "client/elsewhere_test.h"

#include "lib/alloc_fail.h"

/* --- a life ------------------------------------------------------------------------------------------------------- */

struct life {
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_client *client;
    int n_ready, n_closed;
    int n_jobs;
    int n_outcomes;
    bool called;
    uint64_t n; /* the allocation that fails */
    enum ald_outcome outcome;
};

static void life_state(void *owner, enum ald_client_state state, const char *text ALD_UNUSED, ald_usec in ALD_UNUSED)
{
    struct life *life = owner;

    life->n_ready += state == ALD_CLIENT_READY;
    life->n_closed += state == ALD_CLIENT_CLOSED;
}

static void life_command(void *owner, struct ald_job *job)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;
    struct life *life = owner;

    life->n_jobs++;
    if (ald_msg_new(ald_client_messages(life->client), ALD_REPLY, &reply) == 0) {
        reply->outcome = ALD_SUCCEEDED;
        ald_msg_seal(reply);
    }
    ald_job_reply(job, reply);
}

static void life_report(void *owner, struct ald_call *call ALD_UNUSED, const struct ald_call_report *report)
{
    struct life *life = owner;

    if (report->outcome != ALD_OUTCOME_NONE) {
        life->n_outcomes++;
        life->outcome = report->outcome;
    }
}

static int life_build(struct life *life, struct ald_msg **ret_command)
{
    const struct ald_address lamp = {.target = ALD_STR("lamp")};
    ALD_AUTO(ald_msg_unref) struct ald_msg *command = NULL;
    int r;

    r = ald_msg_new(ald_client_messages(life->client), ALD_COMMAND, &command);
    if (r == 0) {
        r = ald_msg_set(command, &command->wire_id, ALD_STR("80038104-686c-43db-96e4-54724ace9ae0"));
    }
    if (r == 0) {
        r = ald_msg_set(command, &command->name, ALD_STR("SIGNAL"));
    }
    if (r == 0) {
        r = ald_msg_set_address(command, &command->to, &lamp);
    }
    if (r < 0) {
        return r;
    }
    command->ttl = 20 * ALD_SEC;
    ald_msg_seal(command);
    *ret_command = ald_steal(&command);
    return 0;
}

static void life_call(struct life *life)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *command = NULL;
    struct ald_call *call;

    life->called =
        life_build(life, &command) == 0 && ald_client_call(life->client, command, life_report, life, &call) == 0;
}

static void life_wait(struct life *life, const int *count, const char *what)
{
    ald_usec end = ald_loop_fresh() + 20 * ALD_SEC;

    while (*count == 0 && ald_loop_fresh() < end) {
        ald_loop_turn(life->loop, 50 * ALD_MSEC);
    }
    if (*count == 0) {
        fail_msg("%s, after allocation %d failed", what, (int)life->n);
    }
}

static int life_names(void *owner ALD_UNUSED, struct ald_buf *out)
{
    return ald_buf_push(out, ALD_STR("WORK"));
}

static void life_run(struct life *life, const char *url)
{
    static const struct ald_client_callbacks callbacks = {
        .state = life_state, .command = life_command, .names = life_names};
    const char *urls[] = {url, NULL};
    struct ald_client_options options;

    ald_client_options_init(&options);
    options.urls = urls;
    options.target = strncmp(url, "link", 4) == 0 ? "7" : "lamp";
    options.backoff_first = ALD_MSEC;
    options.backoff_max = 5 * ALD_MSEC;
    if (ald_client_new(life->net, &options, &callbacks, life, NULL, &life->client) < 0) {
        return;
    }
    life_call(life);
    if (life->called) {
        life_wait(life, &life->n_outcomes, "the call has no outcome");
    }
    life_wait(life, &life->n_ready, "the client is not ready");
    life_wait(life, &life->n_jobs, "no command came");
    ald_client_close(life->client);
    life_wait(life, &life->n_closed, "the client is not closed");
}

static void lives_run(enum fake_manner manner)
{
    struct elsewhere elsewhere;
    uint64_t n_succeeded = 0;
    uint64_t n = 0;
    bool failed;

    elsewhere_start(&elsewhere, manner);
    do {
        struct life life = {.n = ++n};

        ald_check_int(ald_loop_new(&life.loop), 0);
        ald_check_int(ald_net_new(life.loop, &life.net), 0);
        ald_alloc_fail_at(n);
        life_run(&life, elsewhere.url);
        failed = ald_alloc_fail_off();
        ald_check_int(life.n_outcomes, life.called ? 1 : 0);
        n_succeeded += life.outcome == ALD_SUCCEEDED;
        ald_client_free(life.client);
        ald_net_free(life.net);
        ald_loop_free(life.loop);
    } while (failed);
    elsewhere_stop(&elsewhere);
    ald_check(n > 20);              /* it came as far as allocating */
    ald_check(n_succeeded > n / 2); /* most failures cost a reconnection and no more */
}

ALD_TEST(alloc, may_fail_anywhere_and_a_client_lives_on)
{
    lives_run(FAKE_EXTENDED);
}

ALD_TEST(alloc, may_fail_anywhere_in_a_service_of_the_family)
{
    lives_run(FAKE_FAMILY);
}

ALD_TEST(alloc, may_fail_anywhere_in_a_session)
{
    lives_run(FAKE_LINK);
}

ALD_TEST_MAIN(alloc, ALD_CASE(alloc, may_fail_anywhere_in_a_session),
              ALD_CASE(alloc, may_fail_anywhere_in_a_service_of_the_family),
              ALD_CASE(alloc, may_fail_anywhere_and_a_client_lives_on))
