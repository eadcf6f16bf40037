/*
 * The same client over both dialects: what a program is promised does not depend on the URL. Then what is different.
 */

#include "client/desk_test.h"

static const enum fake_manner manners[] = {FAKE_EXTENDED, FAKE_FAMILY};

#define each_manner(at) (size_t at = 0; (at) < ALD_COUNT(manners); (at)++)

static void story_open(struct desk *desk, enum fake_manner manner, const char *target)
{
    desk_start(desk, manner, target);
    desk->command_name = "SIGNAL";
}

ALD_TEST(family, a_call_has_its_reply)
{
    for
        each_manner(at)
        {
            struct desk desk;
            struct desk_call *it;
            const struct fake_heard *heard;

            story_open(&desk, manners[at], NULL);
            it = desk_call_with(&desk, 5 * ALD_SEC, ALD_STR("{\"v\":\"1\"}"));
            heard = fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
            ald_check_str(heard->msg->name, "SIGNAL");
            ald_check_str(heard->msg->to.target, "lamp");
            ald_check_str(ald_slice_str(heard->msg->payload), "{\"v\":\"1\"}");
            fake_hub_answer(&desk.hub, heard, ALD_SUCCEEDED, ALD_CAUSE_NONE, "{\"w\":\"2\"}");
            desk_check_outcome(it, ALD_SUCCEEDED, ALD_CAUSE_NONE);
            ald_check_str(ald_str(it->payload), "{\"w\":\"2\"}");
            desk_close(&desk);
        }
}

ALD_TEST(family, every_outcome_is_told_as_the_hub_has_it)
{
    static const struct {
        enum ald_outcome outcome;
        enum ald_cause cause;
    } rows[] = {{ALD_FAILED, ALD_CAUSE_AGENT_FAILED}, {ALD_REFUSED, ALD_CAUSE_NO_TARGET},
                {ALD_REFUSED, ALD_CAUSE_BUSY},        {ALD_CANCELLED, ALD_CAUSE_REPLACED},
                {ALD_EXPIRED, ALD_CAUSE_DEADLINE},    {ALD_LOST, ALD_CAUSE_LINK_ENDED}};

    for
        each_manner(at)
        {
            struct desk desk;

            story_open(&desk, manners[at], NULL);
            for (size_t i = 0; i < ALD_COUNT(rows); i++) {
                struct desk_call *it = desk_call(&desk, 5 * ALD_SEC);

                fake_hub_answer(&desk.hub, fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, i), rows[i].outcome,
                                rows[i].cause, NULL);
                desk_check_outcome(it, rows[i].outcome, rows[i].cause);
            }
            desk_close(&desk);
        }
}

ALD_TEST(family, a_call_over_a_lost_link_is_asked_for)
{
    for
        each_manner(at)
        {
            struct desk desk;
            struct desk_call *it;
            const struct fake_heard *ask;

            story_open(&desk, manners[at], NULL);
            it = desk_call(&desk, 5 * ALD_SEC);
            fake_hub_drop(fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0)->conn);
            ask = fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 1);
            ald_check_str(ask->msg->name, "aldis:Outcome");
            fake_hub_answer(&desk.hub, ask, ALD_SUCCEEDED, ALD_CAUSE_NONE,
                            "{\"id\":\"x\",\"outcome\":\"succeeded\",\"state\":\"running\",\"payload\":{\"w\":\"2\"}}");
            desk_check_outcome(it, ALD_SUCCEEDED, ALD_CAUSE_NONE);
            ald_check_str(ald_str(it->payload), "{\"w\":\"2\"}");
            desk_close(&desk);
        }
}

ALD_TEST(family, a_call_that_the_hub_does_not_know_is_lost)
{
    for
        each_manner(at)
        {
            struct desk desk;
            struct desk_call *it;

            story_open(&desk, manners[at], NULL);
            it = desk_call(&desk, 5 * ALD_SEC);
            fake_hub_drop(fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0)->conn);
            fake_hub_answer(&desk.hub, fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 1), ALD_REFUSED, ALD_CAUSE_INVALID,
                            NULL);
            desk_check_outcome(it, ALD_LOST, ALD_CAUSE_HUB_LOST);
            desk_close(&desk);
        }
}

ALD_TEST(family, a_call_is_taken_back)
{
    for
        each_manner(at)
        {
            struct desk desk;
            struct desk_call *it;
            const struct fake_heard *heard;

            story_open(&desk, manners[at], NULL);
            it = desk_call(&desk, 5 * ALD_SEC);
            heard = fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
            ald_call_cancel(it->call);
            fake_hub_wait(&desk.hub, ALD_SIGNAL_CANCEL, 0);
            fake_hub_answer(&desk.hub, heard, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK, NULL);
            desk_check_outcome(it, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK);
            desk_close(&desk);
        }
}

static void job_answer(struct desk *desk, size_t n, const char *payload)
{
    struct ald_slice slice = ALD_SLICE_NONE;
    struct ald_msg *reply = NULL;

    ald_check_int(ald_msg_new(ald_client_messages(desk->client), ALD_REPLY, &reply), 0);
    ald_check_int(ald_slice_copy(ald_str(payload), &slice), 0);
    ald_msg_set_slice(reply, &reply->payload, slice);
    ald_slice_clear(&slice);
    reply->outcome = ALD_SUCCEEDED;
    ald_msg_seal(reply);
    ald_job_reply(desk->jobs[n], reply);
    desk->jobs[n] = NULL;
    ald_msg_unref(reply);
}

ALD_TEST(family, a_job_is_answered_and_one_too_many_is_refused)
{
    for
        each_manner(at)
        {
            struct desk desk;

            desk_open(&desk, manners[at]);
            desk.options.target = "lamp";
            desk.options.jobs_max = 1;
            desk_dial(&desk);
            fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY);
            fake_hub_command(fake_hub_conn(&desk.hub), "BLINK", "{\"v\":\"1\"}", 5 * ALD_SEC);
            fake_hub_until(&desk.hub, desk.n_jobs == 1);
            ald_check_str(ald_job_command(desk.jobs[0])->name, "BLINK");
            fake_hub_command(fake_hub_conn(&desk.hub), "BLINK", NULL, 5 * ALD_SEC);
            ald_check_int(fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0)->cause, ALD_CAUSE_BUSY);
            job_answer(&desk, 0, "{\"w\":\"2\"}");
            ald_check_int(fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 1)->outcome, ALD_SUCCEEDED);
            ald_check_str(ald_slice_str(fake_hub_heard(&desk.hub, ALD_SIGNAL_REPLY, 1)->msg->payload), "{\"w\":\"2\"}");
            desk_close(&desk);
        }
}

/* --- events ------------------------------------------------------------------------------------------------------- */

static int event_send(struct desk *desk, const char *name, ald_usec ttl)
{
    const struct ald_address lamp = {.target = ALD_STR("lamp")};
    struct ald_msg *event = NULL;
    int r;

    ald_check_int(ald_msg_new(ald_client_messages(desk->client), ALD_EVENT, &event), 0);
    ald_check_int(ald_msg_set(event, &event->name, ald_str(name)), 0);
    ald_check_int(ald_msg_set_address(event, &event->to, &lamp), 0);
    event->ttl = ttl;
    ald_msg_seal(event);
    r = ald_client_send(desk->client, event);
    ald_msg_unref(event);
    return r;
}

static int n_dropped;

static void note_dropped(void *owner ALD_UNUSED, const struct ald_msg *event ALD_UNUSED)
{
    n_dropped++;
}

ALD_TEST(family, events_wait_for_a_hub_and_the_oldest_goes_first)
{
    static const char *const names[] = {"ONE", "TWO", "THREE", "FOUR"};

    for
        each_manner(at)
        {
            struct desk desk;

            n_dropped = 0;
            desk_open(&desk, manners[at]);
            desk.options.events_kept = 2;
            desk.callbacks.dropped = note_dropped;
            desk_dial(&desk);
            for (size_t i = 0; i < ALD_COUNT(names); i++) {
                ald_check_int(event_send(&desk, names[i], ALD_NEVER), 0);
            }
            ald_check_int(n_dropped, 2);
            ald_check_str(fake_hub_wait(&desk.hub, ALD_SIGNAL_EVENT, 0)->msg->name, "THREE");
            ald_check_str(fake_hub_wait(&desk.hub, ALD_SIGNAL_EVENT, 1)->msg->name, "FOUR");
            desk_close(&desk);
        }
}

ALD_TEST(family, events_that_waited_too_long_are_dropped)
{
    struct desk desk;

    n_dropped = 0;
    desk_open(&desk, FAKE_FAMILY);
    desk.options.events_kept = 9;
    desk.callbacks.dropped = note_dropped;
    desk_dial(&desk);
    ald_check_int(event_send(&desk, "LATE", 1), 0); /* a microsecond: over before there is a connection */
    ald_check_int(event_send(&desk, "GOOD", ALD_SEC), 0);
    ald_check_str(fake_hub_wait(&desk.hub, ALD_SIGNAL_EVENT, 0)->msg->name, "GOOD");
    ald_check_int(n_dropped, 1);
    ald_client_close(desk.client);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    ald_check_int(event_send(&desk, "LATER", ALD_SEC), ALD_CLIENT_AWAY);
    desk_close(&desk);
}

ALD_TEST(family, an_event_that_cannot_be_said_is_told)
{
    struct desk desk;

    story_open(&desk, FAKE_FAMILY, "a");
    ald_check_int(event_send(&desk, "no name", ALD_NEVER), ALD_CLIENT_UNSAID);
    ald_check(ald_client_trouble(desk.client)[0] != '\0');
    ald_check_int(event_send(&desk, "NAME", ALD_NEVER), 0);
    desk_close(&desk);
}

/* --- a service ---------------------------------------------------------------------------------------------------- */

static int two_names(void *owner ALD_UNUSED, struct ald_buf *out)
{
    return ald_buf_push(out, ALD_STR("TURN,DATA"));
}

ALD_TEST(family, names_are_told_when_the_hub_asks)
{
    struct desk desk;

    desk_open(&desk, FAKE_FAMILY);
    desk.options.target = "lamp";
    desk.callbacks.names = two_names;
    desk_dial(&desk);
    ald_check(strstr(fake_hub_wait(&desk.hub, ALD_SIGNAL_CAPABLE, 0)->text, "TURN") != NULL);
    desk_close(&desk);
}

ALD_TEST(family, a_drain_ends_by_itself_when_all_is_answered)
{
    struct desk desk;

    story_open(&desk, FAKE_FAMILY, "lamp");
    fake_hub_command(fake_hub_conn(&desk.hub), "BLINK", NULL, 5 * ALD_SEC);
    fake_hub_until(&desk.hub, desk.n_jobs == 1);
    ald_client_drain(desk.client);
    ald_check(fake_hub_heard(&desk.hub, ALD_SIGNAL_UNREGISTER, 0) == NULL);
    job_answer(&desk, 0, "{\"w\":\"2\"}");
    fake_hub_wait(&desk.hub, ALD_SIGNAL_UNREGISTER, 0);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    desk_close(&desk);
}

ALD_TEST_MAIN(family, ALD_CASE(family, a_call_has_its_reply), ALD_CASE(family, every_outcome_is_told_as_the_hub_has_it),
              ALD_CASE(family, a_call_over_a_lost_link_is_asked_for),
              ALD_CASE(family, a_call_that_the_hub_does_not_know_is_lost), ALD_CASE(family, a_call_is_taken_back),
              ALD_CASE(family, a_job_is_answered_and_one_too_many_is_refused),
              ALD_CASE(family, events_wait_for_a_hub_and_the_oldest_goes_first),
              ALD_CASE(family, events_that_waited_too_long_are_dropped),
              ALD_CASE(family, an_event_that_cannot_be_said_is_told),
              ALD_CASE(family, names_are_told_when_the_hub_asks),
              ALD_CASE(family, a_drain_ends_by_itself_when_all_is_answered))
