/* Role hub: news, for who listed their words and for who asked. */

#include "wire/communicator/comm_test.h"

#define ALL                                                                                                            \
    "COMMANDS list=STATUS,CLUSTER_UP,CLUSTER_DOWN,CLUSTER_COMPLETE,CLUSTER_INCOMPLETE,CLOCK_STABLE,CLOCK_UNSTABLE,"    \
    "NEW_REMOTE_CONNECTION,DISCONNECTED,HANGUP,UNREACHABLE,BLOCK,SERVICES\n"

static const struct ald_news up = {
    .topic = ALD_TOPIC_PRESENCE, .name = {"b", 1}, .state = ALD_PRESENCE_UP, .since = UINT64_C(1795226600000000)};

ALD_TEST(comm_news, nobody_hears_what_he_did_not_list)
{
    static const struct ald_news news[] = {
        {.topic = ALD_TOPIC_PRESENCE, .name = {"b", 1}, .state = ALD_PRESENCE_UP},
        {.topic = ALD_TOPIC_HUB, .hub = {"n2", 2}, .name = {"10.0.0.2:4042", 13}, .state = ALD_HUB_LINKED},
        {.topic = ALD_TOPIC_CLUSTER, .state = ALD_CLUSTER_UP, .number = 1},
        {.topic = ALD_TOPIC_CLOCK},
        {.topic = ALD_TOPIC_UNREACHABLE, .name = {"10.0.0.2:4042", 13}},
        {.topic = ALD_TOPIC_INTRUSION, .name = {"10.0.0.2", 8}},
        {.topic = ALD_TOPIC_TARGETS, .detail = {"a,b", 3}},
    };

    open_service("a");
    for (size_t i = 0; i < ALD_COUNT(news); i++) {
        comm_news(&world, &end, &news[i], false);
        check_written("");
    }
    comm_news(&world, &end, &news[2], true); /* these two are told only to who knows them, also as answers */
    comm_news(&world, &end, &news[3], true);
    check_written("");
    close_end();
}

ALD_TEST(comm_news, presence_is_status)
{
    struct ald_news news = up;

    open_service("a");
    say(ALL);
    comm_news(&world, &end, &news, false);
    check_written("<N:communicatord STATUS cache=no;server_name=N;service=b;status=up;up_since=1795226600\n");
    news.state = ALD_PRESENCE_DOWN;
    news.until = news.since;
    news.hub = ALD_STR("n2");
    news.name = ALD_STR("my-lamp");
    comm_news(&world, &end, &news, false);
    check_written("<N:communicatord STATUS cache=no;down_since=1795226600;server_name=n2;service=my_2dlamp;"
                  "status=down;up_since=1795226600\n");
    close_end();
}

ALD_TEST(comm_news, who_asked_for_a_service_is_always_told)
{
    struct ald_news news = {.topic = ALD_TOPIC_PRESENCE, .name = ALD_STR("zz"), .state = ALD_PRESENCE_UNKNOWN};

    open_service("a");
    comm_news(&world, &end, &news, true);
    check_written("<N:communicatord STATUS cache=no;service=zz;status=unknown\n");
    close_end();
}

ALD_TEST(comm_news, hubs_come_and_go)
{
    struct ald_news news = {.topic = ALD_TOPIC_HUB,
                            .hub = ALD_STR("n2"),
                            .name = ALD_STR("10.0.0.2:45356"),
                            .state = ALD_HUB_LINKED,
                            .since = UINT64_C(1795226600000000)};

    open_service("a");
    say(ALL);
    comm_news(&world, &end, &news, false);
    check_written("<N:communicatord ./NEW_REMOTE_CONNECTION server_name=n2\n"
                  "<N:communicatord STATUS cache=no;server_name=n2;service=remote communicator (in): 10.0.0.2:45356;"
                  "status=up;up_since=1795226600\n");
    news.state = ALD_HUB_BROKE;
    news.detail = ALD_STR("out");
    comm_news(&world, &end, &news, false);
    check_written("./HANGUP server_name=n2\n"
                  "<N:communicatord STATUS cache=no;server_name=n2;service=remote communicator (out): 10.0.0.2:45356;"
                  "status=down;up_since=1795226600\n");
    news.state = ALD_HUB_LEFT;
    news.name = ALD_STR_NONE;
    comm_news(&world, &end, &news, false);
    check_written("<N:communicatord ./DISCONNECTED server_name=n2\n"
                  "<N:communicatord STATUS cache=no;server_name=n2;service=remote communicator (out): n2;"
                  "status=down;up_since=1795226600\n");
    news.state = ALD_HUB_LOOPS; /* the protocol has no word for it */
    comm_news(&world, &end, &news, false);
    check_written("");
    news.state = ALD_HUB_LINKED;
    news.detail = ALD_STR("remote communicator (in): 10.0.0.2:1");
    comm_news(&world, &end, &news, true);
    check_written("<N:communicatord STATUS cache=no;server_name=n2;service=remote communicator (in): 10.0.0.2:1;"
                  "status=up;up_since=1795226600\n");
    close_end();
}

ALD_TEST(comm_news, cluster_is_told_in_two_lines)
{
    struct ald_news news = {.topic = ALD_TOPIC_CLUSTER, .state = ALD_CLUSTER_UP | ALD_CLUSTER_COMPLETE, .number = 1};

    open_service("a");
    say(ALL);
    comm_news(&world, &end, &news, true);
    check_written("<N:communicatord ./CLUSTER_UP neighbors_count=1\n"
                  "<N:communicatord ./CLUSTER_COMPLETE neighbors_count=1\n");
    news.state = 0;
    news.number = 3;
    comm_news(&world, &end, &news, false);
    check_written("<N:communicatord ./CLUSTER_DOWN neighbors_count=3\n"
                  "<N:communicatord ./CLUSTER_INCOMPLETE neighbors_count=3\n");
    close_end();
}

ALD_TEST(comm_news, the_clock_has_four_states)
{
    static const char *const written[] = {
        [ALD_CLOCK_CHECKING] = "CLOCK_UNSTABLE cache=no;clock_error=checking\n",
        [ALD_CLOCK_VERIFIED] = "CLOCK_STABLE cache=no;clock_resolution=verified\n",
        [ALD_CLOCK_NO_NTP] = "CLOCK_STABLE cache=no;clock_resolution=no_ntp\n",
        [ALD_CLOCK_INVALID] = "CLOCK_UNSTABLE cache=no;clock_error=invalid\n",
    };

    open_service("a");
    say(ALL);
    for (uint8_t state = 0; state < ALD_COUNT(written); state++) {
        struct ald_news news = {.topic = ALD_TOPIC_CLOCK, .state = state};
        char line[120];

        snprintf(line, sizeof(line), "<N:communicatord %s", written[state]);
        comm_news(&world, &end, &news, true);
        check_written(line);
        snprintf(line, sizeof(line), "<N:communicatord ./%s", written[state]);
        comm_news(&world, &end, &news, false);
        check_written(line);
    }
    close_end();
}

ALD_TEST(comm_news, load_is_told_to_who_subscribed)
{
    struct ald_news news = {.topic = ALD_TOPIC_LOAD,
                            .hub = ALD_STR("N"),
                            .name = ALD_STR("10.0.0.1:4042"),
                            .load = 0.5625,
                            .since = UINT64_C(1795226634692451)};

    open_peer();
    comm_news(&world, &end, &news, false);
    check_written("<N:communicatord LOADAVG avg=0.5625;my_address=10.0.0.1:4042;timestamp=1795226634.692451000\n");
    close_end();
}

ALD_TEST(comm_news, addresses_are_told)
{
    struct ald_news unreachable = {.topic = ALD_TOPIC_UNREACHABLE, .name = ALD_STR("10.0.0.2:4042")};
    struct ald_news intrusion = {.topic = ALD_TOPIC_INTRUSION, .name = ALD_STR("10.0.0.2")};
    struct ald_news addresses = {.topic = ALD_TOPIC_ADDRESSES, .name = ALD_STR("1.2.3.4:4042")};
    struct ald_news targets = {.topic = ALD_TOPIC_TARGETS, .detail = ALD_STR("a,b")};

    open_service("a");
    say(ALL);
    comm_news(&world, &end, &unreachable, false);
    check_written("./UNREACHABLE who=10.0.0.2:4042\n");
    comm_news(&world, &end, &intrusion, false);
    check_written("*/BLOCK period=1h;profile=system-login-attempts;reason=Three or more attempts at connecting to "
                  "communicator daemon with the wrong credentials;uri=10.0.0.2\n");
    comm_news(&world, &end, &addresses, true);
    check_written("<N:communicatord SERVER_PUBLIC_IP public_ip=1.2.3.4:4042\n");
    comm_news(&world, &end, &targets, true);
    check_written("<N:communicatord SERVICES list=a,b\n");
    close_end();
}

ALD_TEST_MAIN(comm_news, ALD_CASE(comm_news, nobody_hears_what_he_did_not_list),
              ALD_CASE(comm_news, presence_is_status), ALD_CASE(comm_news, who_asked_for_a_service_is_always_told),
              ALD_CASE(comm_news, hubs_come_and_go), ALD_CASE(comm_news, cluster_is_told_in_two_lines),
              ALD_CASE(comm_news, the_clock_has_four_states), ALD_CASE(comm_news, load_is_told_to_who_subscribed),
              ALD_CASE(comm_news, addresses_are_told))
