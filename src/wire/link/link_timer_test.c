/* What a link does as time passes: link.md 2.3, 2.4. */

#include "lib/test.h"
#include "vectors/link_talk.h"

static void check_said(struct talk *talk, const char *text)
{
    ald_check_str(talk_said(talk), text);
    talk_hush(talk);
}

/* Let time pass to the dialect's own deadline, which is `second`. */
static void pass_until(struct talk *talk, ald_usec second)
{
    ald_check(ald_dialect_deadline(talk->dialect) == second * ALD_SEC);
    talk->now = second * ALD_SEC;
    ald_check_int(ald_dialect_tick(talk->dialect, talk->now), 0);
    talk_collect(talk);
}

ALD_TEST(link_timer, heartbeats_go_out_from_ready_on_with_the_last_serial)
{
    struct talk talk;

    talk_open(&talk, ALD_STR("host"));
    pass_until(&talk, 1015);
    check_said(&talk, "out {\"type\":\"heartbeat\"}\n");
    talk_feed(&talk, ALD_STR("{\"type\":\"event\",\"seq\":7,\"src\":[1,4],\"dst\":[4,1],\"name\":\"N\"}"));
    talk_feed(&talk, ALD_STR("{\"type\":\"heartbeat\"}"));
    talk_hush(&talk);
    pass_until(&talk, 1030);
    check_said(&talk, "out {\"type\":\"heartbeat\",\"seq\":7}\n");
    talk_close(&talk);
}

ALD_TEST(link_timer, a_peer_without_heartbeats_is_cut_at_the_third_tick)
{
    struct talk talk;

    talk_open(&talk, ALD_STR("host"));
    pass_until(&talk, 1015);
    talk_feed(&talk, ALD_STR("{\"type\":\"event\",\"seq\":1,\"src\":[1,4],\"dst\":[4,1],\"name\":\"N\"}"));
    ald_dialect_alive(talk.dialect, talk.now); /* other frames do not count */
    pass_until(&talk, 1030);
    talk_hush(&talk);
    pass_until(&talk, 1045);
    check_said(&talk, "signal close text=Heartbeat timeout\n");
    ald_check(ald_dialect_deadline(talk.dialect) == ALD_NEVER);
    talk_close(&talk);
}

ALD_TEST(link_timer, a_peer_in_the_middle_of_a_message_is_waited_for)
{
    struct talk talk;

    talk_open(&talk, ALD_STR("host"));
    pass_until(&talk, 1015);
    pass_until(&talk, 1030);
    talk_hush(&talk);
    ald_dialect_alive(talk.dialect, 1044 * ALD_SEC);
    pass_until(&talk, 1045);
    check_said(&talk, "out {\"type\":\"heartbeat\"}\n");
    pass_until(&talk, 1060);
    talk_hush(&talk);
    pass_until(&talk, 1075); /* it stopped */
    check_said(&talk, "signal close text=Heartbeat timeout\n");
    talk_close(&talk);
}

ALD_TEST(link_timer, much_is_acknowledged_early)
{
    struct talk talk;
    char text[100];

    talk_open(&talk, ALD_STR("host"));
    for (int n = 1; n <= ALD_LINK_ACK_MESSAGES; n++) {
        (void)snprintf(text, sizeof(text), "{\"type\":\"event\",\"seq\":%d,\"src\":[1,4],\"dst\":[4,1],\"name\":\"N\"}",
                       n);
        talk_hush(&talk);
        talk_feed(&talk, ald_str(text));
        ald_check_int(talk.n_frames, n == ALD_LINK_ACK_MESSAGES);
    }
    ald_check_int(talk.counters[ALD_LINK_N_EARLY_ACKS], 1);
    talk_close(&talk);
}

ALD_TEST(link_timer, a_client_closes_with_its_own_code)
{
    struct talk talk;

    talk_open(&talk, ALD_STR("party"));
    pass_until(&talk, 1001);
    pass_until(&talk, 1002);
    talk_hush(&talk);
    pass_until(&talk, 1003);
    check_said(&talk, "signal close code=3008 text=Heartbeat timeout\n");
    talk_close(&talk);
}

ALD_TEST_MAIN(link_timer, ALD_CASE(link_timer, heartbeats_go_out_from_ready_on_with_the_last_serial),
              ALD_CASE(link_timer, a_peer_without_heartbeats_is_cut_at_the_third_tick),
              ALD_CASE(link_timer, a_peer_in_the_middle_of_a_message_is_waited_for),
              ALD_CASE(link_timer, much_is_acknowledged_early), ALD_CASE(link_timer, a_client_closes_with_its_own_code))
