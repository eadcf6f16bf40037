#include "client/desk_test.h"

ALD_TEST(call, succeeds_with_what_the_agent_replied)
{
    struct desk desk;
    struct desk_call *call;
    const struct fake_heard *command;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    call = desk_call_with(&desk, 10 * ALD_SEC, ALD_STR("{\"a\":1}"));
    command = fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    ald_check_str(command->msg->name, "signal");
    ald_check_str(command->msg->to.target, "lamp");
    ald_check_str(ald_slice_str(command->msg->payload), "{\"a\":1}");
    ald_check(command->msg->ttl > 9 * ALD_SEC && command->msg->ttl <= 10 * ALD_SEC);
    ald_check_int(call->n_outcomes, 0);

    fake_hub_status(&desk.hub, command, ALD_PHASE_RUNNING);
    fake_hub_until(&desk.hub, call->n_statuses == 1);
    ald_check_int(call->phase, ALD_PHASE_RUNNING);
    fake_hub_answer(&desk.hub, command, ALD_SUCCEEDED, ALD_CAUSE_NONE, "[5]");
    desk_check_outcome(call, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    ald_check_str(ald_str(call->payload), "[5]");

    fake_hub_answer(&desk.hub, command, ALD_SUCCEEDED, ALD_CAUSE_NONE, "[6]"); /* a second answer reaches nobody */
    desk_call(&desk, 10 * ALD_SEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 1);
    ald_check_int(call->n_outcomes, 1);
    desk_close(&desk);
}

ALD_TEST(call, tells_every_outcome_and_cause_as_the_hub_has_it)
{
    static const struct {
        enum ald_outcome outcome;
        enum ald_cause cause;
    } rows[] = {
        {ALD_FAILED, ALD_CAUSE_AGENT_FAILED}, {ALD_REFUSED, ALD_CAUSE_NO_TARGET}, {ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK},
        {ALD_EXPIRED, ALD_CAUSE_DEADLINE},    {ALD_LOST, ALD_CAUSE_LINK_ENDED},
    };
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        struct desk_call *call = desk_call(&desk, 10 * ALD_SEC);

        fake_hub_answer(&desk.hub, fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, i), rows[i].outcome, rows[i].cause,
                        NULL);
        desk_check_outcome(call, rows[i].outcome, rows[i].cause);
    }
    desk_close(&desk);
}

/* "Before SENT, no agent has seen it": that is said only where somebody knows. */
ALD_TEST(call, of_which_nobody_tells_how_far_it_is_may_have_been_seen)
{
    static const enum fake_manner manners[] = {FAKE_LINK, FAKE_FAMILY, FAKE_PLAIN};

    for (size_t i = 0; i < ALD_COUNT(manners); i++) {
        struct desk desk;
        struct desk_call *ends, *expires;

        desk_start(&desk, manners[i], NULL);
        desk.for_hub = manners[i] == FAKE_PLAIN;
        expires = desk_call(&desk, 100 * ALD_MSEC);
        ends = desk_call(&desk, 10 * ALD_SEC);
        fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 1);
        desk_check_outcome(expires, ALD_EXPIRED, ALD_CAUSE_DEADLINE);
        ald_check_int(expires->phase, ALD_PHASE_SENT);
        fake_hub_deafen(&desk.hub);
        ald_client_abort(desk.client);
        desk_check_outcome(ends, ALD_LOST, ALD_CAUSE_HUB_LOST);
        ald_check_int(ends->phase, ALD_PHASE_SENT);
        desk_close(&desk);
    }
}

ALD_TEST(call, made_before_there_is_a_hub_is_sent_when_there_is_one)
{
    struct desk desk;
    struct desk_call *call;

    desk_open(&desk, FAKE_EXTENDED);
    desk_dial(&desk);
    call = desk_call(&desk, 10 * ALD_SEC);
    fake_hub_answer(&desk.hub, fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0), ALD_SUCCEEDED, ALD_CAUSE_NONE, "1");
    desk_check_outcome(call, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    desk_close(&desk);
}

/* Make sure that what is said from now on cannot begin: the hub reads nothing, and the socket is full. */
static struct desk_call *desk_clog(struct desk *desk, char *bytes, size_t size)
{
    memset(bytes, 'x', size);
    bytes[0] = bytes[size - 1] = '"';
    ald_stream_pause(fake_hub_conn(&desk->hub)->stream);
    return desk_call_with(desk, 20 * ALD_SEC, ald_str_of(bytes, size));
}

/* "before that it may move to another channel": what no byte was given to the kernel of was seen by nobody. */
ALD_TEST(call, whose_first_byte_had_not_left_is_submitted_again)
{
    static char bytes[4 * 1024 * 1024];
    struct desk desk;
    struct desk_call *large, *small;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    large = desk_clog(&desk, bytes, sizeof(bytes));
    small = desk_call(&desk, 20 * ALD_SEC);
    for (int turn = 0; turn < 5; turn++) {
        ald_loop_turn(desk.loop, ALD_MSEC);
    }
    fake_hub_drop(fake_hub_conn(&desk.hub));

    /* The large one was begun, so the hub is asked for it; the small one simply comes. */
    fake_hub_until(&desk.hub, fake_hub_heard(&desk.hub, ALD_SIGNAL_COMMAND, 1) != NULL);
    for (size_t i = 0; i < 2; i++) {
        const struct fake_heard *command = fake_hub_heard(&desk.hub, ALD_SIGNAL_COMMAND, i);

        if (ald_str_equal(command->msg->name, ALD_STR("aldis:Outcome"))) {
            fake_hub_answer(&desk.hub, command, ALD_REFUSED, ALD_CAUSE_INVALID, NULL);
        } else {
            ald_check_str(command->msg->wire_id, "00000000-00ab-4def-8000-000000000002");
            fake_hub_answer(&desk.hub, command, ALD_SUCCEEDED, ALD_CAUSE_NONE, "2");
        }
    }
    desk_check_outcome(small, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    desk_check_outcome(large, ALD_LOST, ALD_CAUSE_HUB_LOST);
    desk_close(&desk);
}

/* Submit, let the hub hear it, cut the link, and wait for the question. */
static const struct fake_heard *lose(struct desk *desk, struct desk_call **ret_call)
{
    const struct fake_heard *ask;

    *ret_call = desk_call(desk, 10 * ALD_SEC);
    fake_hub_status(&desk->hub, fake_hub_wait(&desk->hub, ALD_SIGNAL_COMMAND, 0), ALD_PHASE_RUNNING);
    fake_hub_until(&desk->hub, (*ret_call)->n_statuses == 1);
    fake_hub_drop(fake_hub_conn(&desk->hub));
    ask = fake_hub_wait(&desk->hub, ALD_SIGNAL_COMMAND, 1);
    ald_check_str(ask->msg->name, "aldis:Outcome");
    ald_check(ald_str_present(ask->msg->to.target) && ask->msg->to.target.size == 0);
    ald_check_str(ald_slice_str(ask->msg->payload), "{\"id\":\"00000000-00ab-4def-8000-000000000001\"}");
    return ask;
}

ALD_TEST(call, that_was_sent_over_a_lost_link_is_asked_for)
{
    struct desk desk;
    struct desk_call *call;
    const struct fake_heard *ask;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    ask = lose(&desk, &call);
    fake_hub_answer(&desk.hub, ask, ALD_SUCCEEDED, ALD_CAUSE_NONE,
                    "{\"outcome\":\"failed\",\"cause\":\"agent_failed\",\"state\":\"running\",\"text\":\"no oil\","
                    "\"payload\":[7]}");
    desk_check_outcome(call, ALD_FAILED, ALD_CAUSE_AGENT_FAILED);
    ald_check_str(ald_str(call->text), "no oil");
    ald_check_str(ald_str(call->payload), "[7]");
    ald_check_int(call->phase, ALD_PHASE_RUNNING);
    desk_close(&desk);
}

ALD_TEST(call, that_the_next_hub_does_not_know_is_lost)
{
    struct desk desk;
    struct desk_call *call;
    const struct fake_heard *ask;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    ask = lose(&desk, &call);
    fake_hub_answer(&desk.hub, ask, ALD_REFUSED, ALD_CAUSE_INVALID, NULL);
    desk_check_outcome(call, ALD_LOST, ALD_CAUSE_HUB_LOST);
    ald_check_int(call->phase, ALD_PHASE_RUNNING);
    desk_close(&desk);
}

/* A client of two hubs, which has a call at the first. */
static struct desk_call *two_hubs(struct desk *desk, struct fake_hub *other)
{
    const char *urls[] = {NULL, NULL, NULL};
    struct desk_call *call;

    desk_open(desk, FAKE_EXTENDED);
    fake_hub_open(other, desk->net, FAKE_EXTENDED, true);
    urls[0] = desk->hub.url;
    urls[1] = other->url;
    desk_dial_urls(desk, urls);
    fake_hub_until(&desk->hub, desk->state == ALD_CLIENT_READY);
    call = desk_call(desk, 10 * ALD_SEC);
    fake_hub_wait(&desk->hub, ALD_SIGNAL_COMMAND, 0);
    return call;
}

ALD_TEST(call, is_asked_for_where_it_was_sent)
{
    struct desk desk;
    struct fake_hub other;
    struct desk_call *call = two_hubs(&desk, &other);

    fake_hub_drop(fake_hub_conn(&desk.hub));
    fake_hub_answer(&desk.hub, fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 1), ALD_SUCCEEDED, ALD_CAUSE_NONE,
                    "{\"outcome\":\"succeeded\"}");
    desk_check_outcome(call, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    ald_check(fake_hub_heard(&other, ALD_SIGNAL_COMMAND, 0) == NULL);
    fake_hub_close(&other);
    desk_close(&desk);
}

ALD_TEST(call, is_not_lost_where_it_was_never_sent)
{
    struct desk desk;
    struct fake_hub other;
    struct desk_call *call = two_hubs(&desk, &other);
    const struct fake_heard *ask;

    desk.hub.manner = FAKE_RUDE; /* the first hub is away for a while */
    fake_hub_drop(fake_hub_conn(&desk.hub));
    ask = fake_hub_wait(&other, ALD_SIGNAL_COMMAND, 0);
    ald_check_str(ask->msg->name, "aldis:Outcome");
    fake_hub_answer(&other, ask, ALD_REFUSED, ALD_CAUSE_INVALID, NULL);
    desk_call(&desk, 10 * ALD_SEC); /* what is new goes there */
    fake_hub_wait(&other, ALD_SIGNAL_COMMAND, 1);
    ald_check_int(call->n_outcomes, 0);
    desk.hub.manner = FAKE_EXTENDED;
    fake_hub_drop(fake_hub_conn(&other));
    fake_hub_wait(&other, ALD_SIGNAL_COMMAND, 2); /* first where the new one is */
    other.manner = FAKE_RUDE;
    fake_hub_drop(fake_hub_conn(&other));
    ask = fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 1);
    fake_hub_answer(&desk.hub, ask, ALD_SUCCEEDED, ALD_CAUSE_NONE, "{\"outcome\":\"succeeded\"}");
    desk_check_outcome(call, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    fake_hub_close(&other);
    desk_close(&desk);
}

ALD_TEST(call, is_asked_for_again_while_the_hub_is_busy)
{
    struct desk desk;
    struct desk_call *call;
    const struct fake_heard *ask;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    ask = lose(&desk, &call);
    fake_hub_answer(&desk.hub, ask, ALD_REFUSED, ALD_CAUSE_BUSY, NULL);
    ask = fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 2);
    ald_check_int(call->n_outcomes, 0);
    fake_hub_answer(&desk.hub, ask, ALD_SUCCEEDED, ALD_CAUSE_NONE, "{\"outcome\":\"succeeded\"}");
    desk_check_outcome(call, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    desk_close(&desk);
}

ALD_TEST(call, is_asked_for_again_when_the_link_is_lost_once_more)
{
    struct desk desk;
    struct desk_call *call;
    const struct fake_heard *ask;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    ask = lose(&desk, &call);
    fake_hub_drop(ask->conn);
    ask = fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 2);
    ald_check_str(ask->msg->name, "aldis:Outcome");
    fake_hub_answer(&desk.hub, ask, ALD_SUCCEEDED, ALD_CAUSE_NONE, "{\"outcome\":\"expired\",\"cause\":\"deadline\"}");
    desk_check_outcome(call, ALD_EXPIRED, ALD_CAUSE_DEADLINE);
    desk_close(&desk);
}

ALD_TEST(call, is_lost_when_the_answer_about_it_makes_no_sense)
{
    static const char *const answers[] = {"{}", "5", "{\"outcome\":\"splendid\"}"};

    for (size_t i = 0; i < ALD_COUNT(answers); i++) {
        struct desk desk;
        struct desk_call *call;
        const struct fake_heard *ask;

        desk_start(&desk, FAKE_EXTENDED, NULL);
        ask = lose(&desk, &call);
        fake_hub_answer(&desk.hub, ask, ALD_SUCCEEDED, ALD_CAUSE_NONE, answers[i]);
        desk_check_outcome(call, ALD_LOST, ALD_CAUSE_HUB_LOST);
        desk_close(&desk);
    }
}

ALD_TEST(call, over_a_plain_hub_is_lost_as_soon_as_that_is_back)
{
    struct desk desk;
    struct desk_call *call;
    struct ald_call *given;
    struct ald_msg *command = NULL;
    ald_usec start;

    desk_start(&desk, FAKE_PLAIN, NULL);
    call = &desk.calls[desk.n_calls++];
    call->desk = &desk;
    ald_check_int(ald_msg_new(ald_client_messages(desk.client), ALD_COMMAND, &command), 0);
    ald_check_int(ald_msg_set(command, &command->wire_id, ALD_STR("80038104-686c-43db-96e4-54724ace9ae0")), 0);
    ald_check_int(ald_msg_set(command, &command->name, ALD_STR("signal")), 0);
    command->ttl = 20 * ALD_SEC;
    ald_msg_seal(command);
    ald_check_int(ald_client_call(desk.client, command, desk_report, call, &given), 0);
    ald_msg_unref(command);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    start = ald_loop_fresh();
    fake_hub_drop(fake_hub_conn(&desk.hub));
    desk_check_outcome(call, ALD_LOST, ALD_CAUSE_HUB_LOST);
    ald_check(call->ended - start < 10 * ALD_SEC);
    ald_check(fake_hub_heard(&desk.hub, ALD_SIGNAL_COMMAND, 1) == NULL);
    desk_close(&desk);
}

/* It would take the command for one to itself. */
ALD_TEST(call, to_a_target_is_refused_by_a_plain_hub)
{
    struct desk desk;
    struct desk_call *call;

    desk_start(&desk, FAKE_PLAIN, NULL);
    call = desk_call(&desk, 10 * ALD_SEC);
    ald_check_int(call->n_outcomes, 0);
    desk_check_outcome(call, ALD_REFUSED, ALD_CAUSE_UNSUPPORTED);
    ald_check(fake_hub_heard(&desk.hub, ALD_SIGNAL_COMMAND, 0) == NULL);
    desk_close(&desk);
}

/* --- deadlines ---------------------------------------------------------------------------------------------------- */

static void check_in_time(const struct desk_call *call, ald_usec start, ald_usec ttl)
{
    ald_check(call->ended - start >= ttl);
    ald_check(call->ended - start <= ttl + ALD_SEC);
}

ALD_TEST(call, that_was_never_sent_expires)
{
    struct desk desk;
    struct desk_call *call;
    ald_usec start;

    desk_open(&desk, FAKE_MUTE);
    desk_dial(&desk);
    start = ald_loop_fresh();
    call = desk_call(&desk, 200 * ALD_MSEC);
    desk_check_outcome(call, ALD_EXPIRED, ALD_CAUSE_DEADLINE);
    check_in_time(call, start, 200 * ALD_MSEC);
    desk_close(&desk);
}

ALD_TEST(call, that_was_sent_is_lost_when_no_hub_answers_until_the_deadline)
{
    struct desk desk;
    struct desk_call *call;
    ald_usec start;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    start = ald_loop_fresh();
    call = desk_call(&desk, 300 * ALD_MSEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    desk.hub.manner = FAKE_DEAF;
    fake_hub_drop(fake_hub_conn(&desk.hub));
    desk_check_outcome(call, ALD_LOST, ALD_CAUSE_HUB_LOST);
    check_in_time(call, start, 300 * ALD_MSEC);
    desk_close(&desk);
}

ALD_TEST(call, expires_although_the_hub_forgets_to_say_so)
{
    struct desk desk;
    struct desk_call *call;
    ald_usec start;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    start = ald_loop_fresh();
    call = desk_call(&desk, 100 * ALD_MSEC);
    desk_check_outcome(call, ALD_EXPIRED, ALD_CAUSE_DEADLINE);
    check_in_time(call, start, 100 * ALD_MSEC);
    desk_close(&desk);
}

/* --- cancel ------------------------------------------------------------------------------------------------------- */

ALD_TEST(call, that_waits_for_a_hub_is_cancelled_at_once)
{
    struct desk desk;
    struct desk_call *call;

    desk_open(&desk, FAKE_DEAF);
    desk_dial(&desk);
    call = desk_call(&desk, 10 * ALD_SEC);
    ald_call_cancel(call->call);
    ald_check_int(call->n_outcomes, 0); /* never inside a call of the program's */
    ald_loop_turn(desk.loop, 0);
    ald_check_int(call->n_outcomes, 1);
    desk_check_outcome(call, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK);
    desk_close(&desk);
}

ALD_TEST(call, that_was_sent_is_asked_back_and_the_first_answer_decides)
{
    struct desk desk;
    struct desk_call *call;
    const struct fake_heard *cancel;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    call = desk_call(&desk, 10 * ALD_SEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    ald_call_cancel(call->call);
    ald_call_cancel(call->call); /* asked once */
    cancel = fake_hub_wait(&desk.hub, ALD_SIGNAL_CANCEL, 0);
    ald_check_str(cancel->msg->wire_id, "00000000-00ab-4def-8000-000000000001");
    ald_check_int(call->n_outcomes, 0);
    fake_hub_answer(&desk.hub, fake_hub_heard(&desk.hub, ALD_SIGNAL_COMMAND, 0), ALD_SUCCEEDED, ALD_CAUSE_NONE, "1");
    desk_check_outcome(call, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    ald_check(fake_hub_heard(&desk.hub, ALD_SIGNAL_CANCEL, 1) == NULL);
    desk_close(&desk);
}

ALD_TEST(call, that_was_taken_back_before_its_first_byte_left_is_not_sent_again)
{
    static char bytes[4 * 1024 * 1024];
    struct desk desk;
    struct desk_call *call;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    (void)desk_clog(&desk, bytes, sizeof(bytes));
    ald_loop_turn(desk.loop, ALD_MSEC);
    call = desk_call(&desk, 20 * ALD_SEC);
    ald_call_cancel(call->call);
    ald_loop_turn(desk.loop, ALD_MSEC);
    ald_check_int(call->n_outcomes, 0);
    fake_hub_drop(fake_hub_conn(&desk.hub));
    desk_check_outcome(call, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK);
    desk_close(&desk);
}

/* A cancel means what came over its own connection, so over a new one the hub is asked by the id. */
static void check_cancel_by_id(const struct fake_heard *cancel, const struct fake_heard *ask)
{
    ald_check_str(ask->msg->name, "aldis:Outcome");
    ald_check_str(cancel->msg->name, "aldis:Cancel");
    ald_check(ald_str_present(cancel->msg->to.target) && cancel->msg->to.target.size == 0);
    ald_check_str(ald_slice_str(cancel->msg->payload), "{\"id\":\"00000000-00ab-4def-8000-000000000001\"}");
}

ALD_TEST(call, that_is_asked_for_is_asked_back_by_its_id)
{
    struct desk desk;
    struct desk_call *call;
    const struct fake_heard *ask;
    const struct fake_heard *cancel;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    call = desk_call(&desk, 10 * ALD_SEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    fake_hub_drop(fake_hub_conn(&desk.hub));
    ask = fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 1);
    ald_call_cancel(call->call);
    cancel = fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 2);
    check_cancel_by_id(cancel, ask);
    fake_hub_answer(&desk.hub, cancel, ALD_REFUSED, ALD_CAUSE_UNKNOWN_COMMAND, NULL); /* an older hub */
    fake_hub_answer(&desk.hub, ask, ALD_SUCCEEDED, ALD_CAUSE_NONE, "{\"outcome\":\"succeeded\",\"cause\":\"\"}");
    desk_check_outcome(call, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    ald_check(fake_hub_heard(&desk.hub, ALD_SIGNAL_CANCEL, 0) == NULL);
    desk_close(&desk);
}

ALD_TEST(call, ends_at_once_with_a_client_that_is_cut)
{
    struct desk desk;
    struct desk_call *sent;
    struct desk_call *unsent;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    sent = desk_call(&desk, 10 * ALD_SEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    unsent = desk_call(&desk, 10 * ALD_SEC);
    ald_client_abort(desk.client);
    ald_check_int(desk.state, ALD_CLIENT_CLOSED);
    ald_check_int(sent->n_outcomes, 1);
    ald_check_int(sent->outcome, ALD_LOST);
    ald_check_int(unsent->n_outcomes, 1);
    ald_check_int(unsent->outcome, ALD_CANCELLED);
    ald_client_abort(desk.client); /* once is enough */
    desk_close(&desk);
}

ALD_TEST(call, that_is_adrift_is_asked_for_and_asked_back)
{
    struct desk desk;
    struct desk_call *call;
    const struct fake_heard *ask;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    call = desk_call(&desk, 10 * ALD_SEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    fake_hub_drop(fake_hub_conn(&desk.hub));
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_WAITING);
    ald_call_cancel(call->call);
    ask = fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 1);
    check_cancel_by_id(fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 2), ask);
    fake_hub_answer(&desk.hub, ask, ALD_SUCCEEDED, ALD_CAUSE_NONE,
                    "{\"outcome\":\"cancelled\",\"cause\":\"taken_back\"}");
    desk_check_outcome(call, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK);
    desk_close(&desk);
}

/* --- the end of the client ---------------------------------------------------------------------------------------- */

ALD_TEST(call, ends_with_the_client)
{
    struct desk desk;
    struct desk_call *sent, *adrift, *unsent;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    adrift = desk_call(&desk, 10 * ALD_SEC);
    sent = desk_call(&desk, 10 * ALD_SEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 1);
    desk.hub.manner = FAKE_DEAF;
    fake_hub_drop(fake_hub_conn(&desk.hub));
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_WAITING);
    unsent = desk_call(&desk, 10 * ALD_SEC);
    ald_client_close(desk.client);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    desk_check_outcome(adrift, ALD_LOST, ALD_CAUSE_HUB_LOST);
    desk_check_outcome(sent, ALD_LOST, ALD_CAUSE_HUB_LOST);
    desk_check_outcome(unsent, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK);
    desk_close(&desk);
}

static void close_then(struct desk_call *call)
{
    ald_client_close(call->desk->client);
}

/* The program hears an outcome and has had enough: the other calls end too, each once. */
ALD_TEST(call, may_close_the_client_when_it_ends)
{
    static const ald_usec ttls[] = {50 * ALD_MSEC, 10 * ALD_SEC};

    for (size_t i = 0; i < ALD_COUNT(ttls); i++) {
        struct desk desk;
        struct desk_call *first, *second;

        desk_open(&desk, FAKE_DEAF);
        desk_dial(&desk);
        first = desk_call(&desk, ttls[i]);
        second = desk_call(&desk, 10 * ALD_SEC);
        first->on_end = close_then;
        if (i == 1) {
            ald_call_cancel(first->call);
        }
        fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
        fake_hub_until(&desk.hub, second->n_outcomes == 1);
        ald_check_int(first->n_outcomes, 1);
        desk_close(&desk);
    }
}

static void call_then(struct desk_call *call)
{
    desk_call(call->desk, 10 * ALD_SEC);
}

ALD_TEST(call, may_be_followed_by_another_from_within_its_report)
{
    struct desk desk;
    struct desk_call *call;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    call = desk_call(&desk, 10 * ALD_SEC);
    call->on_end = call_then;
    fake_hub_answer(&desk.hub, fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0), ALD_SUCCEEDED, ALD_CAUSE_NONE, NULL);
    fake_hub_answer(&desk.hub, fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 1), ALD_SUCCEEDED, ALD_CAUSE_NONE, "2");
    desk_check_outcome(&desk.calls[1], ALD_SUCCEEDED, ALD_CAUSE_NONE);
    desk_close(&desk);
}

ALD_TEST(call, is_not_taken_by_a_client_that_is_closed)
{
    struct desk desk;
    struct ald_call *call = NULL;
    struct ald_msg *command;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    command = desk_build(&desk, ALD_SEC, ALD_STR_NONE);
    ald_client_close(desk.client);
    ald_check_int(ald_client_call(desk.client, command, desk_report, NULL, &call), ALDIS_E_CLOSED);
    ald_msg_unref(command);
    desk_close(&desk);
}

/* The dialect itself gives back what it may not write for somebody else: HELLO and its kin. */
ALD_TEST(call, of_a_name_that_is_the_protocols_own_is_refused)
{
    struct desk desk;
    struct desk_call *call;
    struct ald_msg *command;
    struct ald_msg *renamed = NULL;

    desk_start(&desk, FAKE_EXTENDED, NULL);
    command = desk_build(&desk, 10 * ALD_SEC, ALD_STR_NONE);
    ald_check_int(ald_msg_new(ald_client_messages(desk.client), ALD_COMMAND, &renamed), 0);
    ald_check_int(ald_msg_set(renamed, &renamed->wire_id, command->wire_id), 0);
    ald_check_int(ald_msg_set(renamed, &renamed->name, ALD_STR("GOOD_BYE")), 0);
    renamed->ttl = 10 * ALD_SEC;
    ald_msg_seal(renamed);
    call = &desk.calls[desk.n_calls++];
    call->desk = &desk;
    ald_check_int(ald_client_call(desk.client, renamed, desk_report, call, &call->call), 0);
    ald_msg_unref(renamed);
    ald_msg_unref(command);
    fake_hub_until_for(&desk.hub, call->n_outcomes == 1, 2); /* and not only when something else happens to come */
    ald_check_int(call->outcome, ALD_REFUSED);
    desk_close(&desk);
}

ALD_TEST_MAIN(call, ALD_CASE(call, succeeds_with_what_the_agent_replied),
              ALD_CASE(call, tells_every_outcome_and_cause_as_the_hub_has_it),
              ALD_CASE(call, of_which_nobody_tells_how_far_it_is_may_have_been_seen),
              ALD_CASE(call, made_before_there_is_a_hub_is_sent_when_there_is_one),
              ALD_CASE(call, whose_first_byte_had_not_left_is_submitted_again),
              ALD_CASE(call, that_was_sent_over_a_lost_link_is_asked_for),
              ALD_CASE(call, that_the_next_hub_does_not_know_is_lost), ALD_CASE(call, is_asked_for_where_it_was_sent),
              ALD_CASE(call, is_not_lost_where_it_was_never_sent),
              ALD_CASE(call, is_asked_for_again_while_the_hub_is_busy),
              ALD_CASE(call, is_asked_for_again_when_the_link_is_lost_once_more),
              ALD_CASE(call, is_lost_when_the_answer_about_it_makes_no_sense),
              ALD_CASE(call, over_a_plain_hub_is_lost_as_soon_as_that_is_back),
              ALD_CASE(call, to_a_target_is_refused_by_a_plain_hub), ALD_CASE(call, that_was_never_sent_expires),
              ALD_CASE(call, that_was_sent_is_lost_when_no_hub_answers_until_the_deadline),
              ALD_CASE(call, expires_although_the_hub_forgets_to_say_so),
              ALD_CASE(call, that_waits_for_a_hub_is_cancelled_at_once),
              ALD_CASE(call, that_was_sent_is_asked_back_and_the_first_answer_decides),
              ALD_CASE(call, that_was_taken_back_before_its_first_byte_left_is_not_sent_again),
              ALD_CASE(call, that_is_asked_for_is_asked_back_by_its_id),
              ALD_CASE(call, ends_at_once_with_a_client_that_is_cut),
              ALD_CASE(call, that_is_adrift_is_asked_for_and_asked_back), ALD_CASE(call, ends_with_the_client),
              ALD_CASE(call, may_close_the_client_when_it_ends),
              ALD_CASE(call, may_be_followed_by_another_from_within_its_report),
              ALD_CASE(call, is_not_taken_by_a_client_that_is_closed),
              ALD_CASE(call, of_a_name_that_is_the_protocols_own_is_refused))
