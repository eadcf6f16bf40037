#include "client/desk_test.h"

static struct ald_msg *reply_new(struct desk *desk, enum ald_outcome outcome, const char *payload)
{
    struct ald_slice slice = ALD_SLICE_NONE;
    struct ald_msg *reply = NULL;

    ald_check_int(ald_msg_new(ald_client_messages(desk->client), ALD_REPLY, &reply), 0);
    reply->outcome = (uint8_t)outcome;
    if (payload != NULL) {
        ald_check_int(ald_slice_copy(ald_str(payload), &slice), 0);
        ald_msg_set_slice(reply, &reply->payload, slice);
        ald_slice_clear(&slice);
    }
    ald_msg_seal(reply);
    return reply;
}

static void answer(struct desk *desk, size_t job, enum ald_outcome outcome, const char *payload)
{
    struct ald_msg *reply = reply_new(desk, outcome, payload);

    ald_job_reply(ald_steal(&desk->jobs[job]), reply);
    ald_msg_unref(reply);
}

/* Send a command to the client and wait until its program has it. */
static struct ald_id send(struct desk *desk, ald_usec ttl)
{
    size_t n = desk->n_jobs;
    struct ald_id id = fake_hub_command(fake_hub_conn(&desk->hub), "signal", "{\"a\":1}", ttl);

    fake_hub_until(&desk->hub, desk->n_jobs == n + 1);
    return id;
}

ALD_TEST(job, is_a_command_that_the_program_answers_when_it_likes)
{
    struct desk desk;
    const struct fake_heard *reply;
    struct ald_id id;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    id = send(&desk, 5 * ALD_SEC);
    ald_check_str(ald_job_command(desk.jobs[0])->name, "signal");
    ald_check_str(ald_slice_str(ald_job_command(desk.jobs[0])->payload), "{\"a\":1}");
    ald_check(ald_job_command(desk.jobs[0])->ttl <= 5 * ALD_SEC);
    ald_check_int(ald_client_jobs(desk.client), 1);
    ald_check(!ald_job_event(desk.jobs[0]) && !ald_job_orphaned(desk.jobs[0]));
    answer(&desk, 0, ALD_SUCCEEDED, "[1]");
    ald_check_int(ald_client_jobs(desk.client), 0);
    reply = fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0);
    ald_check(ald_id_equal(reply->id, id));
    ald_check_int(reply->outcome, ALD_SUCCEEDED);
    ald_check_str(ald_slice_str(reply->msg->payload), "[1]");
    desk_close(&desk);
}

ALD_TEST(job, tells_how_far_it_is)
{
    struct desk desk;
    struct ald_msg *status = NULL;
    const struct fake_heard *heard;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    send(&desk, 5 * ALD_SEC);
    ald_check_int(ald_msg_new(ald_client_messages(desk.client), ALD_STATUS, &status), 0);
    status->phase = ALD_PHASE_RUNNING;
    status->flags = ALD_MSG_PROGRESS;
    status->total = 10;
    status->completed = 3;
    ald_msg_seal(status);
    ald_job_status(desk.jobs[0], status);
    ald_msg_unref(status);
    heard = fake_hub_wait(&desk.hub, ALD_SIGNAL_STATUS, 0);
    ald_check_int(heard->phase, ALD_PHASE_RUNNING);
    ald_check(heard->msg->completed == 3);
    answer(&desk, 0, ALD_SUCCEEDED, NULL);
    desk_close(&desk);
}

ALD_TEST(job, beyond_what_the_program_takes_is_refused_busy)
{
    struct desk desk;
    const struct fake_heard *reply;

    desk_open(&desk, FAKE_EXTENDED);
    desk.options.jobs_max = 2;
    desk.options.target = "lamp";
    desk_dial(&desk);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY);
    send(&desk, 5 * ALD_SEC);
    send(&desk, 5 * ALD_SEC);
    fake_hub_command(fake_hub_conn(&desk.hub), "signal", NULL, 5 * ALD_SEC);
    reply = fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0);
    ald_check_int(reply->outcome, ALD_REFUSED);
    ald_check_int(reply->cause, ALD_CAUSE_BUSY);
    ald_check_int(desk.n_jobs, 2);
    answer(&desk, 0, ALD_SUCCEEDED, NULL);
    send(&desk, 5 * ALD_SEC); /* there is room again */
    answer(&desk, 1, ALD_SUCCEEDED, NULL);
    answer(&desk, 2, ALD_SUCCEEDED, NULL);
    desk_close(&desk);
}

static void desk_dropped(void *owner, const struct ald_msg *event)
{
    struct desk *desk = owner;

    ald_check_str(event->name, "note");
    desk->n_dropped++;
}

static void note(struct desk *desk, const char *payload)
{
    fake_hub_event(fake_hub_conn(&desk->hub), "note", payload);
}

/* Whoever sends one cannot be told `busy`. */
ALD_TEST(job, that_is_an_event_takes_no_commands_place)
{
    struct desk desk;

    desk_open(&desk, FAKE_EXTENDED);
    desk.options.jobs_max = 1;
    desk.options.target = "lamp";
    desk_dial(&desk);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY);
    for (int i = 0; i < 5; i++) {
        note(&desk, NULL);
    }
    fake_hub_until(&desk.hub, desk.n_jobs == 5);
    send(&desk, 5 * ALD_SEC);
    ald_check_int(desk.n_jobs, 6);
    for (size_t i = 0; i < 6; i++) {
        answer(&desk, i, ALD_SUCCEEDED, NULL);
    }
    ald_check_int(ald_client_jobs(desk.client), 0);
    desk_close(&desk);
}

ALD_TEST(job, that_is_an_event_too_many_is_dropped_and_told)
{
    static char text[12 * 1024 * 1024];
    struct desk desk;

    memset(text, 'a', sizeof(text) - 1);
    text[0] = text[sizeof(text) - 2] = '"';
    desk_open(&desk, FAKE_EXTENDED);
    desk.callbacks.dropped = desk_dropped;
    desk.options.event_jobs_max = 3;
    desk.options.target = "lamp";
    desk_dial(&desk);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY);
    for (int i = 0; i < 4; i++) {
        note(&desk, NULL);
    }
    fake_hub_until(&desk.hub, desk.n_dropped == 1);
    ald_check_int(desk.n_jobs, 3);
    for (size_t i = 0; i < 3; i++) {
        answer(&desk, i, ALD_SUCCEEDED, NULL);
    }
    for (int i = 0; i < 3; i++) { /* not so many, but too much */
        note(&desk, text);
    }
    fake_hub_until(&desk.hub, desk.n_dropped == 2);
    ald_check_int(desk.n_jobs, 5);
    desk_close(&desk);
}

ALD_TEST(job, for_a_program_that_serves_nothing_is_refused)
{
    struct desk desk;

    desk_open(&desk, FAKE_EXTENDED);
    desk.callbacks.command = NULL;
    desk_dial(&desk);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY);
    fake_hub_command(fake_hub_conn(&desk.hub), "signal", NULL, 5 * ALD_SEC);
    ald_check_int(fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0)->cause, ALD_CAUSE_NO_HANDLER);
    desk_close(&desk);
}

/* Over any other connection it would be the answer to nothing. */
ALD_TEST(job, whose_connection_ended_is_answered_to_nobody)
{
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    send(&desk, 5 * ALD_SEC);
    fake_hub_drop(fake_hub_conn(&desk.hub));
    fake_hub_until(&desk.hub, desk.n_states[ALD_CLIENT_READY] == 2);
    ald_check(ald_job_orphaned(desk.jobs[0]));
    ald_check_int(ald_client_jobs(desk.client), 1);
    answer(&desk, 0, ALD_SUCCEEDED, "1");
    send(&desk, 5 * ALD_SEC);
    answer(&desk, 1, ALD_SUCCEEDED, "2");
    ald_check_str(ald_slice_str(fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0)->msg->payload), "2");
    desk_close(&desk);
}

ALD_TEST(job, is_told_once_that_it_was_taken_back)
{
    struct ald_signal cancel = ald_signal_of(ALD_SIGNAL_CANCEL);
    const struct fake_heard *reply;
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    cancel.id = send(&desk, 5 * ALD_SEC);
    fake_hub_say(fake_hub_conn(&desk.hub), &cancel);
    fake_hub_until(&desk.hub, desk.cancelled == desk.jobs[0]);
    desk.cancelled = NULL;
    fake_hub_say(fake_hub_conn(&desk.hub), &cancel);
    send(&desk, 5 * ALD_SEC); /* comes behind the second cancel */
    ald_check(desk.cancelled == NULL);
    answer(&desk, 0, ALD_CANCELLED, NULL);
    reply = fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0);
    ald_check_int(reply->outcome, ALD_CANCELLED);
    fake_hub_say(fake_hub_conn(&desk.hub), &cancel); /* crossed with the answer */
    send(&desk, 5 * ALD_SEC);
    ald_check(desk.cancelled == NULL);
    answer(&desk, 1, ALD_SUCCEEDED, NULL);
    answer(&desk, 2, ALD_SUCCEEDED, NULL);
    desk_close(&desk);
}

ALD_TEST(job, of_an_event_is_answered_to_nobody)
{
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    for (int i = 0; i < 2; i++) { /* two at once: events have no id that must differ */
        fake_hub_event(fake_hub_conn(&desk.hub), "dawn", NULL);
    }
    fake_hub_until(&desk.hub, desk.n_jobs == 2);
    ald_check(ald_job_event(desk.jobs[0]));
    answer(&desk, 0, ALD_SUCCEEDED, "1");
    answer(&desk, 1, ALD_SUCCEEDED, "2");
    send(&desk, 5 * ALD_SEC);
    answer(&desk, 2, ALD_SUCCEEDED, "3");
    ald_check_str(ald_slice_str(fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0)->msg->payload), "3");
    desk_close(&desk);
}

ALD_TEST(job, is_finished_while_the_client_drains_and_no_other_is_taken)
{
    struct desk desk;
    const struct fake_heard *reply;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    send(&desk, 5 * ALD_SEC);
    ald_client_drain(desk.client);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_LEAVE, 0);
    fake_hub_command(fake_hub_conn(&desk.hub), "signal", NULL, 5 * ALD_SEC);
    reply = fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0);
    ald_check_int(reply->outcome, ALD_REFUSED);
    ald_check_int(reply->cause, ALD_CAUSE_DRAINING);
    ald_check_str(reply->msg->text, "the agent is stopping and takes no new work");
    answer(&desk, 0, ALD_SUCCEEDED, "1");
    reply = fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 1);
    ald_check_int(reply->outcome, ALD_SUCCEEDED);
    ald_client_close(desk.client);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    ald_check(fake_hub_heard(&desk.hub, ALD_SIGNAL_LEAVE, 1) == NULL); /* one goodbye is enough */
    desk_close(&desk);
}

ALD_TEST(job, is_finished_for_a_plain_hub_that_would_hang_up_at_a_goodbye)
{
    struct desk desk;

    desk_start(&desk, FAKE_PLAIN, "lamp");
    send(&desk, 5 * ALD_SEC);
    ald_client_drain(desk.client);
    fake_hub_command(fake_hub_conn(&desk.hub), "signal", NULL, 5 * ALD_SEC);
    /* A plain hub knows no better word for it. */
    ald_check_int(fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0)->outcome, ALD_FAILED);
    answer(&desk, 0, ALD_SUCCEEDED, "1");
    ald_check_int(fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 1)->outcome, ALD_SUCCEEDED);
    ald_client_close(desk.client);
    fake_hub_until(&desk.hub, desk.hub.conns[0].stream == NULL);
    ald_check_int(desk.hub.conns[0].code, 1000);
    ald_check(fake_hub_heard(&desk.hub, ALD_SIGNAL_LEAVE, 0) == NULL);
    desk_close(&desk);
}

ALD_TEST(job, is_finished_before_a_goodbye_of_the_hub_is_answered)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    send(&desk, 5 * ALD_SEC);
    leave.reconnect = true;
    leave.target = ALD_STR("lamp");
    fake_hub_say(fake_hub_conn(&desk.hub), &leave);
    fake_hub_command(fake_hub_conn(&desk.hub), "signal", NULL, 5 * ALD_SEC);
    ald_check_int(fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0)->cause, ALD_CAUSE_DRAINING);
    ald_check(fake_hub_heard(&desk.hub, ALD_SIGNAL_LEAVE, 0) == NULL);
    answer(&desk, 0, ALD_SUCCEEDED, "1");
    ald_check(fake_hub_wait(&desk.hub, ALD_SIGNAL_LEAVE, 0)->ok);
    ald_check_int(fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 1)->outcome, ALD_SUCCEEDED);
    fake_hub_until(&desk.hub, desk.n_states[ALD_CLIENT_READY] == 2);
    ald_check_int(desk.hub.conns[0].code, 1013);
    desk_close(&desk);
}

ALD_TEST(job, ends_the_drain_when_the_hub_hangs_up)
{
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    ald_client_drain(desk.client);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_LEAVE, 0);
    fake_hub_drop(fake_hub_conn(&desk.hub));
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    ald_check_int(desk.n_states[ALD_CLIENT_WAITING], 0);
    desk_close(&desk);
}

/* Never in silence: the hub shall not wait for what cannot be said. */
ALD_TEST(job, without_memory_for_its_answer_ends_the_connection)
{
    struct desk desk;

    desk_start(&desk, FAKE_EXTENDED, "lamp");
    send(&desk, 5 * ALD_SEC);
    ald_job_reply(ald_steal(&desk.jobs[0]), NULL);
    fake_hub_until(&desk.hub, desk.hub.conns[0].stream == NULL);
    ald_check_int(desk.hub.conns[0].code, 1011);
    fake_hub_until(&desk.hub, desk.n_states[ALD_CLIENT_READY] == 2);
    desk_close(&desk);
}

ALD_TEST_MAIN(job, ALD_CASE(job, is_a_command_that_the_program_answers_when_it_likes),
              ALD_CASE(job, tells_how_far_it_is), ALD_CASE(job, beyond_what_the_program_takes_is_refused_busy),
              ALD_CASE(job, that_is_an_event_takes_no_commands_place),
              ALD_CASE(job, that_is_an_event_too_many_is_dropped_and_told),
              ALD_CASE(job, for_a_program_that_serves_nothing_is_refused),
              ALD_CASE(job, whose_connection_ended_is_answered_to_nobody),
              ALD_CASE(job, is_told_once_that_it_was_taken_back), ALD_CASE(job, of_an_event_is_answered_to_nobody),
              ALD_CASE(job, is_finished_while_the_client_drains_and_no_other_is_taken),
              ALD_CASE(job, is_finished_for_a_plain_hub_that_would_hang_up_at_a_goodbye),
              ALD_CASE(job, is_finished_before_a_goodbye_of_the_hub_is_answered),
              ALD_CASE(job, ends_the_drain_when_the_hub_hangs_up),
              ALD_CASE(job, without_memory_for_its_answer_ends_the_connection))
