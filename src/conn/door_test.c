#include "lib/door_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "transport/stream.h"

/* A rig that started, with `change` made to its settings before. */
#define RIG(rig, change)                                                                                               \
    struct rig rig;                                                                                                    \
    rig_init(&rig);                                                                                                    \
    change;                                                                                                            \
    ald_check_int(rig_start(&rig), 0)

static uint64_t hub_counter(struct rig *rig, enum ald_counter counter)
{
    return ald_hub_counter(ald_edge_hub(rig->edge), counter);
}

ALD_TEST(door, answers_requests_in_order_on_one_connection)
{
    RIG(rig, (void)0);
    struct rig_client *client = rig_dial(&rig, 0, false);

    rig_say(client, "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    rig_until(&rig, rig_heard(client, "page /b"));
    ald_check(rig_heard(client, "page /a"));
    ald_check(!client->closed);
    ald_check_int(ald_door_counters(rig.door)->requests, 2);
    rig_fini(&rig);
}

ALD_TEST(door, closes_after_the_last_request_allowed)
{
    RIG(rig, rig.limits.requests_max = 2);
    struct rig_client *client = rig_dial(&rig, 0, false);

    rig_say(client,
            "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\nGET /c HTTP/1.1\r\nHost: x\r\n\r\n");
    rig_until(&rig, client->closed);
    ald_check(rig_heard(client, "page /b"));
    ald_check(rig_heard(client, "Connection: close"));
    ald_check(!rig_heard(client, "page /c"));
    rig_fini(&rig);
}

ALD_TEST(door, looks_at_no_further_request_while_answers_wait_to_be_read)
{
    RIG(rig, rig.page_size = 200 * 1024);
    struct rig_client *client = rig_dial(&rig, 0, false);

    rig_until(&rig, client->opened);
    ald_stream_pause(client->stream);
    for (int i = 0; i < 100; i++) {
        rig_say(client, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    rig_settle(&rig);
    ald_check(ald_door_counters(rig.door)->requests > 0);
    ald_check(ald_door_counters(rig.door)->requests < 100);
    ald_stream_resume(client->stream);
    for (int i = 0; i < 100; i++) {
        rig_until(&rig, ald_door_counters(rig.door)->requests > (uint64_t)i);
        rig_forget(client);
    }
    ald_check(!client->closed);
    rig_fini(&rig);
}

ALD_TEST(door, cuts_who_says_nothing_and_who_never_ends)
{
    RIG(rig, rig.limits.request_timeout = 20 * ALD_MSEC);
    struct rig_client *silent = rig_dial(&rig, 0, false);
    struct rig_client *slow = rig_dial(&rig, 1, false);

    rig_say(slow, "GET / HT");
    rig_until(&rig, silent->closed && slow->closed);
    ald_check_int(ald_door_counters(rig.door)->silent, 1);
    ald_check_int(ald_door_counters(rig.door)->slow_requests, 1);
    ald_check(rig_heard(slow, "HTTP/1.1 408 "));
    ald_check_int(ald_door_greeting(rig.door), 0);
    rig_fini(&rig);
}

ALD_TEST(door, cuts_who_does_not_read_its_answer)
{
    RIG(rig, rig.limits.idle_timeout = 20 * ALD_MSEC; rig.page_size = 600 * 1024);
    struct rig_client *client = rig_dial(&rig, 0, false);

    rig_until(&rig, client->opened);
    ald_stream_pause(client->stream);
    rig_say(client, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    rig_until(&rig, ald_door_counters(rig.door)->slow_readers == 1);
    ald_check_int(ald_door_greeting(rig.door), 0);
    rig_fini(&rig);
}

ALD_TEST(door, turns_away_more_than_may_wait)
{
    RIG(rig, rig.limits.greeting_max = 2);

    rig_dial(&rig, 0, false);
    rig_dial(&rig, 1, false);
    rig_until(&rig, ald_door_greeting(rig.door) == 2);
    rig_dial(&rig, 2, false);
    rig_until(&rig, rig.clients[2].closed);
    ald_check_int(ald_door_counters(rig.door)->refused_greeting, 1);
    ald_check_int(rig.n_notices[ALD_NOTICE_REFUSED], 1);
    rig_leave(&rig.clients[0]);
    rig_until(&rig, ald_door_greeting(rig.door) == 1);
    rig_fini(&rig);
}

ALD_TEST(door, turns_away_more_than_may_be_there_in_all)
{
    RIG(rig, rig.spec.connections_max = 3); /* both ends of an inproc connection are streams of one net */

    rig_dial(&rig, 0, false);
    rig_until(&rig, rig.clients[0].opened);
    rig_dial(&rig, 1, false);
    rig_until(&rig, rig.clients[1].closed);
    ald_check_int(ald_door_counters(rig.door)->refused_full, 1);
    rig_fini(&rig);
}

ALD_TEST(door, makes_a_connection_of_an_upgrade)
{
    RIG(rig, (void)0);
    struct rig_client *client = rig_dial(&rig, 0, true);

    rig_until(&rig, client->opened);
    rig_until(&rig, ald_edge_conns(rig.edge) == 1);
    ald_check_int(ald_door_greeting(rig.door), 1);
    rig_hello(client, "t");
    ald_check_int(ald_door_greeting(rig.door), 0);
    ald_check_int(rig.n_notices[ALD_NOTICE_OPENED], 1);
    ald_check_int(rig.n_notices[ALD_NOTICE_REGISTERED], 1);
    rig_leave(client);
    rig_until(&rig, ald_edge_conns(rig.edge) == 0);
    ald_check_int(rig.n_notices[ALD_NOTICE_CLOSED], 1);
    ald_check_int(hub_counter(&rig, ALD_N_CONNECTIONS_CLOSED), 1);
    rig_fini(&rig);
}

ALD_TEST(door, refuses_an_upgrade_to_nowhere_and_one_of_a_foreign_page)
{
    static const char upgrade[] =
        "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    RIG(rig, (void)0);
    struct rig_client *nowhere = rig_dial(&rig, 0, false);
    struct rig_client *foreign = rig_dial(&rig, 1, false);
    char text[512];

    (void)snprintf(text, sizeof(text), "GET /nowhere HTTP/1.1\r\n%s\r\n", upgrade);
    rig_say(nowhere, text);
    (void)snprintf(text, sizeof(text), "GET /exchange/controller HTTP/1.1\r\n%sOrigin: http://evil\r\n\r\n", upgrade);
    rig_say(foreign, text);
    rig_until(&rig, nowhere->closed && foreign->closed);
    ald_check(rig_heard(nowhere, "HTTP/1.1 404 "));
    ald_check(rig_heard(foreign, "HTTP/1.1 403 "));
    ald_check_int(ald_door_counters(rig.door)->origin_refused, 1);
    ald_check_int(ald_edge_conns(rig.edge), 0);
    rig_fini(&rig);
}

ALD_TEST(door, may_close_while_somebody_is_greeting)
{
    RIG(rig, (void)0);

    rig_dial(&rig, 0, false);
    rig_dial(&rig, 1, true);
    rig_until(&rig, ald_edge_conns(rig.edge) == 1 && ald_door_greeting(rig.door) == 2);
    rig.door = ald_door_close(rig.door);
    rig_until(&rig, rig.clients[0].closed);
    ald_check_int(ald_edge_conns(rig.edge), 1);
    rig_hello(&rig.clients[1], "t");
    rig_fini(&rig);
}

ALD_TEST(conn, carries_a_command_to_the_agent_and_its_reply_back)
{
    RIG(rig, (void)0);
    struct rig_client *agent = rig_dial(&rig, 0, true);
    struct rig_client *caller = rig_dial(&rig, 1, true);
    char reply[256];

    rig_hello(agent, "lamp");
    rig_hello(caller, "me");
    rig_forget(agent);
    rig_say(caller, "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"SHINE\",\"to\":\"lamp\",\"payload\":{\"a\":1}}");
    rig_until(&rig, rig_heard(agent, "\"type\":\"SHINE\",\"payload\":{\"a\":1}"));
    (void)snprintf(
        reply, sizeof(reply),
        "t:REPLY;;e:{\"commandId\":\"%s\",\"type\":\"SHINE\",\"commandStatus\":\"SUCCEEDED\",\"payload\":{}}",
        rig_command_id(agent));
    rig_say(agent, reply);
    rig_until(&rig, rig_heard(caller, "\"outcome\":\"succeeded\""));
    ald_hub_check(ald_edge_hub(rig.edge));
    rig_fini(&rig);
}

ALD_TEST(conn, loses_what_was_sent_when_its_link_ends)
{
    RIG(rig, (void)0);
    struct rig_client *agent = rig_dial(&rig, 0, true);
    struct rig_client *caller = rig_dial(&rig, 1, true);

    rig_hello(agent, "lamp");
    rig_hello(caller, "me");
    rig_say(caller, "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"SHINE\",\"to\":\"lamp\"}");
    rig_until(&rig, rig_heard(agent, "SHINE"));
    ald_stream_abort(agent->stream);
    rig_until(&rig, rig_heard(caller, "\"outcome\":\"lost\""));
    rig_fini(&rig);
}

ALD_TEST(conn, is_cut_when_it_says_too_much_before_its_hello)
{
    RIG(rig, rig.spec.greeting_bytes = 1024);
    struct rig_client *large = rig_dial(&rig, 0, true);
    struct rig_client *many = rig_dial(&rig, 1, true);
    char text[1500];

    memset(text, 'x', sizeof(text));
    memcpy(text, "t:COMMAND;;e:", 13);
    text[sizeof(text) - 1] = '\0';
    rig_say(large, text);
    rig_until(&rig, large->closed);
    ald_check_int(large->code, 1009);
    ald_check_int(ald_edge_counters(rig.edge)->greeting_oversize, 1);

    rig_hello(many, "t"); /* and afterwards the same is fine */
    (void)snprintf(text, sizeof(text),
                   "t:COMMAND;;e:{\"id\":\"1\",\"type\":\"X\",\"to\":\"no\",\"payload\":{\"x\":\"%01200d\"}}", 0);
    rig_say(many, text);
    rig_until(&rig, rig_heard(many, "no_target"));
    rig_fini(&rig);
}

ALD_TEST(conn, is_closed_with_a_reason_for_what_it_says)
{
    RIG(rig, (void)0);
    struct rig_client *client = rig_dial(&rig, 0, true);

    rig_hello(client, "t");
    rig_say(client, "nonsense");
    rig_until(&rig, client->closed);
    ald_check_int(client->code, 1002);
    ald_check_str(ald_str(client->reason), "Exchange message unknown");
    ald_check_int(ald_edge_counters(rig.edge)->closed_by_dialect, 1);
    rig_until(&rig, ald_edge_conns(rig.edge) == 0);
    rig_fini(&rig);
}

ALD_TEST(conn, is_cut_at_once_when_it_does_not_read)
{
    RIG(rig, rig.hub.stall_timeout = 20 * ALD_MSEC; rig.hub.out_bytes_high = 64 * 1024);
    struct rig_client *agent = rig_dial(&rig, 0, true);
    struct rig_client *caller = rig_dial(&rig, 1, true);
    size_t size = 900 * 1024;
    char *text = malloc(size + 100);

    rig_hello(agent, "lamp");
    rig_hello(caller, "me");
    ald_stream_pause(agent->stream);
    (void)snprintf(text, 100, "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"SHINE\",\"to\":\"lamp\",\"payload\":{\"x\":\"");
    memset(text + strlen(text), 'x', size);
    text[size] = '\0';
    strcpy(text + size, "\"}}");
    rig_say(caller, text);
    free(text);
    rig_until(&rig, hub_counter(&rig, ALD_N_SLOW_CUT) == 1);
    rig_until(&rig, ald_edge_conns(rig.edge) == 1);
    ald_check(!caller->closed);
    rig_fini(&rig);
}

ALD_TEST(edge, turns_upgrades_away_and_says_goodbye_while_it_drains)
{
    RIG(rig, (void)0);
    struct rig_client *agent = rig_dial(&rig, 0, true);
    struct rig_client *late;

    rig_hello(agent, "lamp");
    ald_edge_drain(rig.edge, ald_loop_now(rig.loop) + 3600 * ALD_SEC);
    ald_edge_drain(rig.edge, ald_loop_now(rig.loop) + 3600 * ALD_SEC);
    rig_until(&rig, rig_heard(agent, "GOOD_BYE"));
    late = rig_dial(&rig, 1, true);
    rig_until(&rig, late->closed);
    ald_check_int(ald_door_counters(rig.door)->upgrades_draining, 1);
    ald_check(!rig.drained);
    rig_leave(agent);
    rig_until(&rig, rig.drained);
    rig_fini(&rig);
}

ALD_TEST(edge, cuts_everybody_when_the_drain_takes_too_long)
{
    RIG(rig, (void)0);
    struct rig_client *agent = rig_dial(&rig, 0, true);

    rig_hello(agent, "lamp");
    ald_edge_drain(rig.edge, ald_loop_now(rig.loop) + 20 * ALD_MSEC);
    rig_until(&rig, rig.drained);
    rig_fini(&rig);
}

ALD_TEST(edge, may_be_freed_with_everybody_on_board)
{
    RIG(rig, (void)0);

    rig_hello(rig_dial(&rig, 0, true), "a");
    rig_hello(rig_dial(&rig, 1, true), "a");
    rig_dial(&rig, 2, true);
    rig_until(&rig, rig.clients[2].opened);
    rig_dial(&rig, 3, true);
    rig_dial(&rig, 4, false);
    rig_say(&rig.clients[0], "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"SHINE\",\"to\":\"a\"}");
    rig_settle(&rig);
    rig_fini(&rig);
}

ALD_TEST_MAIN(door, ALD_CASE(door, answers_requests_in_order_on_one_connection),
              ALD_CASE(door, closes_after_the_last_request_allowed),
              ALD_CASE(door, looks_at_no_further_request_while_answers_wait_to_be_read),
              ALD_CASE(door, cuts_who_says_nothing_and_who_never_ends),
              ALD_CASE(door, cuts_who_does_not_read_its_answer), ALD_CASE(door, turns_away_more_than_may_wait),
              ALD_CASE(door, turns_away_more_than_may_be_there_in_all),
              ALD_CASE(door, makes_a_connection_of_an_upgrade),
              ALD_CASE(door, refuses_an_upgrade_to_nowhere_and_one_of_a_foreign_page),
              ALD_CASE(door, may_close_while_somebody_is_greeting),
              ALD_CASE(conn, carries_a_command_to_the_agent_and_its_reply_back),
              ALD_CASE(conn, loses_what_was_sent_when_its_link_ends),
              ALD_CASE(conn, is_cut_when_it_says_too_much_before_its_hello),
              ALD_CASE(conn, is_closed_with_a_reason_for_what_it_says),
              ALD_CASE(conn, is_cut_at_once_when_it_does_not_read),
              ALD_CASE(edge, turns_upgrades_away_and_says_goodbye_while_it_drains),
              ALD_CASE(edge, cuts_everybody_when_the_drain_takes_too_long),
              ALD_CASE(edge, may_be_freed_with_everybody_on_board))
