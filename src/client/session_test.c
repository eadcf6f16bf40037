/*
 * A client at a hub that gives it a session, which breaks off in every way.
 */

#include "client/desk_test.h"
#include "transport/stream.h"

/* A client that serves 7 (NULL: a caller) in a session that may be away for `ttl`. */
static void session_start(struct desk *desk, const char *target, ald_usec ttl)
{
    desk_open(desk, FAKE_LINK);
    desk->hub.options.session_timeout = ttl;
    desk->options.target = target;
    desk_dial(desk);
    fake_hub_until(&desk->hub, desk->state == ALD_CLIENT_READY);
}

/* The connection breaks, and the client knows. */
static void session_break(struct desk *desk)
{
    int n = desk->n_states[ALD_CLIENT_WAITING];

    fake_hub_drop(fake_hub_conn(&desk->hub));
    fake_hub_until(&desk->hub, desk->n_states[ALD_CLIENT_WAITING] > n);
}

static void session_back(struct desk *desk)
{
    fake_hub_until(&desk->hub, desk->state == ALD_CLIENT_READY);
}

static size_t session_count(const struct desk *desk, enum ald_signal_kind kind)
{
    size_t n = 0;

    while (fake_hub_heard(&desk->hub, kind, n) != NULL) {
        n++;
    }
    return n;
}

static struct ald_msg *reply_new(struct desk *desk)
{
    struct ald_msg *reply = NULL;

    ald_check_int(ald_msg_new(ald_client_messages(desk->client), ALD_REPLY, &reply), 0);
    reply->outcome = ALD_SUCCEEDED;
    ald_msg_seal(reply);
    return reply;
}

static void answer(struct desk *desk, size_t job)
{
    struct ald_msg *reply = reply_new(desk);

    ald_job_reply(ald_steal(&desk->jobs[job]), reply);
    ald_msg_unref(reply);
}

static struct ald_msg *event_new(struct desk *desk)
{
    const struct ald_address to = {.target = ALD_STR("4")};
    struct ald_msg *event = NULL;

    ald_check_int(ald_msg_new(ald_client_messages(desk->client), ALD_EVENT, &event), 0);
    ald_check_int(ald_msg_set(event, &event->name, ALD_STR("note")), 0);
    ald_check_int(ald_msg_set_address(event, &event->to, &to), 0);
    ald_msg_seal(event);
    return event;
}

static int event_send(struct desk *desk)
{
    struct ald_msg *event = event_new(desk);
    int r = ald_client_send(desk->client, event);

    ald_msg_unref(event);
    return r;
}

/* --- it comes back ------------------------------------------------------------------------------------------------ */

ALD_TEST(session, brings_the_answer_to_what_was_asked_before_it_broke)
{
    struct desk desk;
    struct desk_call *it;
    const struct fake_heard *heard;
    struct fake_heard later;

    session_start(&desk, NULL, 60 * ALD_SEC);
    it = desk_call(&desk, 20 * ALD_SEC);
    heard = fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    ald_check(!ald_client_resumed(desk.client));
    session_break(&desk);
    session_back(&desk);
    ald_check(ald_client_resumed(desk.client));
    ald_check(fake_hub_heard(&desk.hub, ALD_SIGNAL_RESUME, 0) != NULL);
    later = *heard;
    later.conn = fake_hub_conn(&desk.hub);
    fake_hub_answer(&desk.hub, &later, ALD_SUCCEEDED, ALD_CAUSE_NONE, "{\"w\":2}");
    desk_check_outcome(it, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    ald_check_str(ald_str(it->payload), "{\"w\":2}");
    ald_check_int(session_count(&desk, ALD_SIGNAL_COMMAND), 1);
    ald_check_int(desk.hub.n_repeated, 0); /* it was told what the hub has */
    desk_close(&desk);
}

ALD_TEST(session, says_again_what_the_hub_never_got)
{
    struct desk desk;
    struct desk_call *it;

    session_start(&desk, NULL, 60 * ALD_SEC);
    desk_call(&desk, 20 * ALD_SEC);
    it = desk_call(&desk, 20 * ALD_SEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 1);
    desk.hub.serial_in = 1; /* the second one got lost on its way */
    session_break(&desk);
    session_back(&desk);
    fake_hub_answer(&desk.hub, fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 2), ALD_SUCCEEDED, ALD_CAUSE_NONE, NULL);
    desk_check_outcome(it, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    ald_check_int(fake_hub_heard(&desk.hub, ALD_SIGNAL_COMMAND, 2)->serial, 2);
    ald_check_int(desk.hub.n_repeated, 0);
    desk_close(&desk);
}

ALD_TEST(session, takes_the_answers_that_were_given_while_it_was_away)
{
    struct desk desk;

    session_start(&desk, "7", 60 * ALD_SEC);
    fake_hub_command(fake_hub_conn(&desk.hub), "work", NULL, 20 * ALD_SEC);
    fake_hub_until(&desk.hub, desk.n_jobs == 1);
    session_break(&desk);
    ald_check(!ald_job_orphaned(desk.jobs[0]));
    answer(&desk, 0);
    session_back(&desk);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0);
    session_break(&desk);
    session_back(&desk);
    ald_check_int(session_count(&desk, ALD_SIGNAL_REPLY), 1);
    ald_check_int(desk.hub.n_repeated, 0);
    ald_check_str(ald_client_target(desk.client), "7");
    desk_close(&desk);
}

ALD_TEST(session, keeps_the_calls_that_were_made_while_it_was_away)
{
    struct desk desk;
    struct desk_call *it, *taken_back;

    session_start(&desk, NULL, 60 * ALD_SEC);
    session_break(&desk);
    it = desk_call(&desk, 20 * ALD_SEC);
    taken_back = desk_call(&desk, 20 * ALD_SEC);
    ald_check_int(event_send(&desk), ALD_CLIENT_AWAY);
    ald_call_cancel(taken_back->call);
    desk_check_outcome(taken_back, ALD_CANCELLED, ALD_CAUSE_TAKEN_BACK);
    fake_hub_answer(&desk.hub, fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0), ALD_SUCCEEDED, ALD_CAUSE_NONE, NULL);
    desk_check_outcome(it, ALD_SUCCEEDED, ALD_CAUSE_NONE);
    ald_check_int(session_count(&desk, ALD_SIGNAL_COMMAND), 1);
    desk_close(&desk);
}

ALD_TEST(session, answers_a_ping_in_its_turn)
{
    struct desk desk;

    session_start(&desk, "7", 60 * ALD_SEC);
    ald_check_int(event_send(&desk), 0);
    fake_hub_command(fake_hub_conn(&desk.hub), "PingRequest", NULL, 20 * ALD_SEC);
    ald_check_int(fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0)->serial, 2);
    ald_check_int(desk.n_jobs, 0);
    desk_close(&desk);
}

/* --- it does not come back ----------------------------------------------------------------------------------------- */

ALD_TEST(session, that_the_hub_forgot_is_begun_anew_on_the_same_connection)
{
    struct desk desk;
    struct desk_call *it;

    session_start(&desk, "7", 60 * ALD_SEC);
    fake_hub_command(fake_hub_conn(&desk.hub), "work", NULL, 20 * ALD_SEC);
    fake_hub_until(&desk.hub, desk.n_jobs == 1);
    it = desk_call(&desk, 20 * ALD_SEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    desk.hub.knows_session = false;
    session_break(&desk);
    session_back(&desk);
    desk_check_outcome(it, ALD_LOST, ALD_CAUSE_HUB_LOST);
    ald_check(ald_job_orphaned(desk.jobs[0]));
    answer(&desk, 0);
    ald_check_int(desk.hub.n_conns, 2);
    ald_check_int(session_count(&desk, ALD_SIGNAL_REGISTER), 2);
    ald_check_int(session_count(&desk, ALD_SIGNAL_REPLY), 0);
    desk_call(&desk, 20 * ALD_SEC);
    ald_check_int(fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 1)->serial, 1);
    desk_close(&desk);
}

ALD_TEST(session, that_is_away_for_too_long_is_over)
{
    struct desk desk;
    struct desk_call *it;

    session_start(&desk, "7", 100 * ALD_MSEC);
    fake_hub_command(fake_hub_conn(&desk.hub), "work", NULL, 20 * ALD_SEC);
    fake_hub_until(&desk.hub, desk.n_jobs == 1);
    it = desk_call(&desk, 500 * ALD_MSEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    fake_hub_deafen(&desk.hub);
    session_break(&desk);
    fake_hub_until(&desk.hub, ald_job_orphaned(desk.jobs[0]));
    desk_check_outcome(it, ALD_LOST, ALD_CAUSE_HUB_LOST);
    answer(&desk, 0);
    desk_close(&desk);
}

/* As where there are no sessions: nobody can tell what became of it, before the deadline and for long after it. */
ALD_TEST(session, whose_hub_is_gone_at_the_deadline_has_lost_what_was_sent)
{
    struct desk desk;
    struct desk_call *sent, *unsent;

    session_start(&desk, NULL, 60 * ALD_SEC);
    sent = desk_call(&desk, 300 * ALD_MSEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    fake_hub_deafen(&desk.hub);
    session_break(&desk);
    unsent = desk_call(&desk, 300 * ALD_MSEC);
    desk_check_outcome(unsent, ALD_EXPIRED, ALD_CAUSE_DEADLINE);
    ald_check_int(unsent->phase, ALD_PHASE_SUBMITTED);
    desk_check_outcome(sent, ALD_LOST, ALD_CAUSE_HUB_LOST);
    ald_check_int(sent->phase, ALD_PHASE_SENT);
    desk_close(&desk);
}

ALD_TEST(session, does_not_come_back_to_a_hub_that_said_goodbye)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);
    struct desk desk;

    session_start(&desk, "7", 60 * ALD_SEC);
    leave.reconnect = true;
    fake_hub_say(fake_hub_conn(&desk.hub), &leave);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_LEAVE, 0);
    session_break(&desk);
    session_back(&desk);
    ald_check_int(session_count(&desk, ALD_SIGNAL_RESUME), 0);
    ald_check_int(session_count(&desk, ALD_SIGNAL_REGISTER), 2);
    desk_close(&desk);
}

/* The original's controller parts in good order with a host whose number somebody else has taken (link.md 7.2). */
ALD_TEST(session, ends_for_good_with_the_reason_that_follows_the_goodbye)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);
    struct desk desk;

    session_start(&desk, "7", 60 * ALD_SEC);
    leave.reconnect = true;
    fake_hub_say(fake_hub_conn(&desk.hub), &leave);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_LEAVE, 0);
    ald_stream_close(fake_hub_conn(&desk.hub)->stream, 1008, ALD_STR("there is a newer one"));
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    ald_check_str(ald_str(desk.text), "there is a newer one");
    ald_check_int(session_count(&desk, ALD_SIGNAL_REGISTER), 1);
    desk_close(&desk);
}

ALD_TEST(session, is_let_go_of_when_another_hub_takes_us_in)
{
    struct fake_hub other;
    struct desk desk;
    struct desk_call *it;
    const char *urls[] = {desk.hub.url, other.url, NULL};

    desk_open(&desk, FAKE_LINK);
    fake_hub_open(&other, desk.net, FAKE_LINK, false);
    desk.hub.options.session_timeout = other.options.session_timeout = 60 * ALD_SEC;
    desk_dial_urls(&desk, urls);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY);
    it = desk_call(&desk, 300 * ALD_MSEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    fake_hub_deafen(&desk.hub);
    session_break(&desk);
    fake_hub_until(&other, desk.state == ALD_CLIENT_READY);
    ald_check(fake_hub_heard(&other, ALD_SIGNAL_RESUME, 0) == NULL);
    desk_check_outcome(it, ALD_LOST, ALD_CAUSE_HUB_LOST);
    desk.client = ald_client_free(desk.client);
    fake_hub_close(&other);
    desk_close(&desk);
}

/* The longest wait of `n` breaks; `says`: something goes over each connection. */
static ald_usec session_break_often(struct desk *desk, int n, bool says)
{
    ald_usec longest = 0;

    for (int i = 0; i < n; i++) {
        if (says) {
            desk_call(desk, 20 * ALD_SEC);
            fake_hub_wait(&desk->hub, ALD_SIGNAL_COMMAND, (size_t)i);
        }
        session_break(desk);
        longest = ALD_MAX(longest, desk->retry_in);
        session_back(desk);
    }
    ald_check_int(session_count(desk, ALD_SIGNAL_RESUME), n);
    ald_check_int(session_count(desk, ALD_SIGNAL_REGISTER), 1);
    return longest;
}

static void session_start_slow(struct desk *desk, ald_usec ttl)
{
    desk_open(desk, FAKE_LINK);
    desk->hub.options.session_timeout = ttl;
    desk->options.backoff_first = 50 * ALD_MSEC;
    desk->options.backoff_max = 30 * ALD_SEC;
    desk_dial(desk);
    session_back(desk);
}

ALD_TEST(session, that_goes_on_is_resumed_as_soon_each_time)
{
    struct desk desk;

    session_start_slow(&desk, 60 * ALD_SEC);
    ald_check(session_break_often(&desk, 6, true) <= 50 * ALD_MSEC);
    desk_close(&desk);
}

ALD_TEST(session, is_looked_for_more_slowly_where_it_is_dropped_at_once)
{
    struct desk desk;

    session_start_slow(&desk, 60 * ALD_SEC);
    ald_check(session_break_often(&desk, 4, false) >= 200 * ALD_MSEC);
    desk_close(&desk);
}

ALD_TEST(session, is_looked_for_several_times_before_it_is_over)
{
    struct desk desk;

    session_start_slow(&desk, 2 * ALD_SEC);
    ald_check(session_break_often(&desk, 6, false) <= 500 * ALD_MSEC);
    desk_close(&desk);
}

/* --- the window --------------------------------------------------------------------------------------------------- */

static void window_start(struct desk *desk, size_t events_kept)
{
    desk_open(desk, FAKE_LINK);
    desk->hub.options.session_timeout = 60 * ALD_SEC;
    desk->options.window_max = 3;
    desk->options.events_kept = events_kept;
    desk_dial(desk);
    fake_hub_until(&desk->hub, desk->state == ALD_CLIENT_READY);
    for (int i = 0; i < 6; i++) {
        desk_call(desk, 20 * ALD_SEC);
    }
    fake_hub_wait(&desk->hub, ALD_SIGNAL_COMMAND, 3); /* one more than it holds makes it full */
}

ALD_TEST(session, has_calls_wait_while_nothing_is_acknowledged)
{
    struct desk desk;

    window_start(&desk, 0);
    ald_check_int(event_send(&desk), ALD_CLIENT_UNSAID);
    ald_check(strstr(ald_client_trouble(desk.client), "acknowledged") != NULL);
    ald_check_int(session_count(&desk, ALD_SIGNAL_COMMAND), 4);
    fake_hub_heartbeat(fake_hub_conn(&desk.hub));
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 5);
    ald_check_int(event_send(&desk), 0);
    desk_close(&desk);
}

ALD_TEST(session, keeps_events_for_then_where_they_may_wait)
{
    struct desk desk;

    window_start(&desk, 10);
    ald_check_int(event_send(&desk), 0);
    ald_check_int(session_count(&desk, ALD_SIGNAL_EVENT), 0);
    fake_hub_heartbeat(fake_hub_conn(&desk.hub));
    fake_hub_wait(&desk.hub, ALD_SIGNAL_EVENT, 0);
    desk_close(&desk);
}

ALD_TEST(session, gives_up_a_hub_that_acknowledges_nothing)
{
    struct desk desk;

    desk_open(&desk, FAKE_LINK);
    desk.hub.options.session_timeout = 60 * ALD_SEC;
    desk.options.window_max = 2;
    desk.options.target = "7";
    desk.options.jobs_max = 1; /* the others are refused, which is said to the hub as well */
    desk_dial(&desk);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_READY);
    for (int i = 0; i < 12; i++) {
        fake_hub_command(fake_hub_conn(&desk.hub), "work", NULL, 20 * ALD_SEC);
    }
    fake_hub_until(&desk.hub, desk.n_states[ALD_CLIENT_WAITING] > 0);
    ald_check(strstr(desk.text, "acknowledges nothing") != NULL);
    session_back(&desk);
    ald_check_int(session_count(&desk, ALD_SIGNAL_RESUME), 0);
    answer(&desk, 0);
    desk_close(&desk);
}

/* --- its end ------------------------------------------------------------------------------------------------------ */

/* The goodbye that was said is answered, and the client is closed. */
static void leave_answer(struct desk *desk, size_t n)
{
    fake_hub_part(fake_hub_wait(&desk->hub, ALD_SIGNAL_LEAVE, n)->conn);
    fake_hub_until(&desk->hub, desk->state == ALD_CLIENT_CLOSED);
}

ALD_TEST(session, ends_in_order_when_the_hub_has_everything)
{
    struct desk desk;

    session_start(&desk, "7", 60 * ALD_SEC);
    fake_hub_command(fake_hub_conn(&desk.hub), "work", NULL, 20 * ALD_SEC);
    fake_hub_until(&desk.hub, desk.n_jobs == 1);
    ald_client_drain(desk.client);
    answer(&desk, 0);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_LEAVE, 0);
    ald_check(desk.state == ALD_CLIENT_READY);
    leave_answer(&desk, 0);
    desk_close(&desk);
}

ALD_TEST(session, resumes_to_tell_its_last_words)
{
    struct desk desk;

    session_start(&desk, "7", 60 * ALD_SEC);
    fake_hub_command(fake_hub_conn(&desk.hub), "work", NULL, 20 * ALD_SEC);
    fake_hub_until(&desk.hub, desk.n_jobs == 1);
    session_break(&desk);
    ald_client_drain(desk.client);
    answer(&desk, 0);
    session_back(&desk);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0);
    leave_answer(&desk, 0);
    desk_close(&desk);
}

ALD_TEST(session, resumes_when_it_breaks_before_the_last_words)
{
    struct desk desk;

    session_start(&desk, "7", 60 * ALD_SEC);
    fake_hub_command(fake_hub_conn(&desk.hub), "work", NULL, 20 * ALD_SEC);
    fake_hub_until(&desk.hub, desk.n_jobs == 1);
    ald_client_drain(desk.client);
    session_break(&desk);
    ald_check(strstr(desk.text, "closed by us") == NULL);
    ald_check(ald_client_in_session(desk.client));
    answer(&desk, 0);
    ald_client_drain(desk.client); /* again: there is something to stay for */
    session_back(&desk);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_REPLY, 0);
    leave_answer(&desk, 0);
    ald_check_int(session_count(&desk, ALD_SIGNAL_RESUME), 1);
    desk_close(&desk);
}

ALD_TEST(session, says_its_last_words_again_when_it_breaks_after_the_goodbye)
{
    struct desk desk;

    session_start(&desk, "7", 60 * ALD_SEC);
    ald_check_int(event_send(&desk), 0);
    ald_client_drain(desk.client);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_LEAVE, 0);
    desk.hub.serial_in = 0; /* neither came */
    session_break(&desk);
    session_back(&desk);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_EVENT, 1);
    leave_answer(&desk, 1);
    desk_close(&desk);
}

ALD_TEST(session, is_looked_for_nowhere_else_once_it_shall_end)
{
    struct fake_hub other;
    struct desk desk;
    const char *urls[] = {desk.hub.url, other.url, NULL};

    desk_open(&desk, FAKE_LINK);
    fake_hub_open(&other, desk.net, FAKE_LINK, false);
    desk.hub.options.session_timeout = 200 * ALD_MSEC;
    desk_dial_urls(&desk, urls);
    session_back(&desk);
    ald_check_int(event_send(&desk), 0);
    ald_client_drain(desk.client);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_LEAVE, 0);
    fake_hub_deafen(&desk.hub);
    session_break(&desk);
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    ald_check_int(other.n_conns, 0);
    desk.client = ald_client_free(desk.client);
    fake_hub_close(&other);
    desk_close(&desk);
}

ALD_TEST(session, that_is_unknown_while_it_ends_has_ended)
{
    struct desk desk;

    session_start(&desk, "7", 60 * ALD_SEC);
    fake_hub_command(fake_hub_conn(&desk.hub), "work", NULL, 20 * ALD_SEC);
    fake_hub_until(&desk.hub, desk.n_jobs == 1);
    ald_client_drain(desk.client);
    answer(&desk, 0);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_LEAVE, 0);
    desk.hub.knows_session = false; /* the goodbye was heard, and the answer got lost */
    fake_hub_drop(fake_hub_conn(&desk.hub));
    fake_hub_until(&desk.hub, desk.state == ALD_CLIENT_CLOSED);
    ald_check_int(session_count(&desk, ALD_SIGNAL_REGISTER), 1);
    desk_close(&desk);
}

ALD_TEST(session, ends_with_a_client_that_is_closed_while_it_is_away)
{
    struct desk desk;
    struct desk_call *it;

    session_start(&desk, NULL, 60 * ALD_SEC);
    it = desk_call(&desk, 20 * ALD_SEC);
    fake_hub_wait(&desk.hub, ALD_SIGNAL_COMMAND, 0);
    session_break(&desk);
    ald_client_close(desk.client);
    ald_check(desk.state == ALD_CLIENT_CLOSED);
    desk_check_outcome(it, ALD_LOST, ALD_CAUSE_HUB_LOST);
    desk_close(&desk);
}

ALD_TEST_MAIN(session, ALD_CASE(session, brings_the_answer_to_what_was_asked_before_it_broke),
              ALD_CASE(session, says_again_what_the_hub_never_got),
              ALD_CASE(session, takes_the_answers_that_were_given_while_it_was_away),
              ALD_CASE(session, keeps_the_calls_that_were_made_while_it_was_away),
              ALD_CASE(session, answers_a_ping_in_its_turn),
              ALD_CASE(session, that_the_hub_forgot_is_begun_anew_on_the_same_connection),
              ALD_CASE(session, that_is_away_for_too_long_is_over),
              ALD_CASE(session, whose_hub_is_gone_at_the_deadline_has_lost_what_was_sent),
              ALD_CASE(session, does_not_come_back_to_a_hub_that_said_goodbye),
              ALD_CASE(session, ends_for_good_with_the_reason_that_follows_the_goodbye),
              ALD_CASE(session, is_let_go_of_when_another_hub_takes_us_in),
              ALD_CASE(session, that_goes_on_is_resumed_as_soon_each_time),
              ALD_CASE(session, is_looked_for_more_slowly_where_it_is_dropped_at_once),
              ALD_CASE(session, is_looked_for_several_times_before_it_is_over),
              ALD_CASE(session, has_calls_wait_while_nothing_is_acknowledged),
              ALD_CASE(session, keeps_events_for_then_where_they_may_wait),
              ALD_CASE(session, gives_up_a_hub_that_acknowledges_nothing),
              ALD_CASE(session, ends_in_order_when_the_hub_has_everything),
              ALD_CASE(session, resumes_to_tell_its_last_words),
              ALD_CASE(session, resumes_when_it_breaks_before_the_last_words),
              ALD_CASE(session, says_its_last_words_again_when_it_breaks_after_the_goodbye),
              ALD_CASE(session, is_looked_for_nowhere_else_once_it_shall_end),
              ALD_CASE(session, that_is_unknown_while_it_ends_has_ended),
              ALD_CASE(session, ends_with_a_client_that_is_closed_while_it_is_away))
