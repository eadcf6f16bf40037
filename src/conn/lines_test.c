/* A door at which lines are spoken at once, and what the gate beside it decides. */

#include <stdio.h>
#include <stdlib.h>

#include "conn/gate.h"
#include "lib/door_rig.h"
#include "wire/communicator/communicator.h"

/* What the gate was asked. */
static struct {
    char password[32]; /* that is right */
    bool may_operate;
    int operations[ALD_N_OPERATIONS];
    char neighbors[200];
    char refused[200];
    int n_proved;
    int n_called, n_linked, n_refused, n_loads, n_asked;
} gate_saw;

static bool gate_admits(void *owner ALD_UNUSED, const struct ald_peer *peer ALD_UNUSED, struct ald_str username,
                        struct ald_str password)
{
    return ald_str_equal(username, ALD_STR("hub")) && ald_str_equal(password, ald_str(gate_saw.password));
}

static bool gate_may_operate(void *owner ALD_UNUSED, const struct ald_peer *peer ALD_UNUSED)
{
    return gate_saw.may_operate;
}

static void gate_operate(void *owner ALD_UNUSED, enum ald_operation operation, struct ald_str text ALD_UNUSED,
                         bool told ALD_UNUSED)
{
    gate_saw.operations[operation]++;
}

static void gate_neighbors(void *owner ALD_UNUSED, struct ald_str addresses, bool call, bool proved)
{
    size_t size = strlen(gate_saw.neighbors);

    (void)snprintf(gate_saw.neighbors + size, sizeof(gate_saw.neighbors) - size, "%.*s;", ALD_STR_ARG(addresses));
    gate_saw.n_called += call ? 1 : 0;
    gate_saw.n_proved += proved ? 1 : 0;
}

static void gate_linked(void *owner ALD_UNUSED, struct ald_str address, bool there)
{
    ald_check_str(address, "10.0.0.2:4042");
    gate_saw.n_linked += there ? 1 : -1;
}

static void gate_refused(void *owner ALD_UNUSED, const struct ald_peer *peer ALD_UNUSED, struct ald_str hub,
                         struct ald_str address ALD_UNUSED, struct ald_str why)
{
    (void)snprintf(gate_saw.refused, sizeof(gate_saw.refused), "%.*s: %.*s", ALD_STR_ARG(hub), ALD_STR_ARG(why));
    ald_check(why.size > 0);
    gate_saw.n_refused++;
}

static void gate_news(void *owner ALD_UNUSED, const struct ald_news *news)
{
    gate_saw.n_loads += news->topic == ALD_TOPIC_LOAD ? 1 : 0;
}

static void gate_asked(void *owner ALD_UNUSED, enum ald_topic topic)
{
    gate_saw.n_asked += topic == ALD_TOPIC_LOAD ? 1 : 0;
}

static const struct ald_gate gate = {
    .admits = gate_admits,
    .may_operate = gate_may_operate,
    .operate = gate_operate,
    .neighbors = gate_neighbors,
    .linked = gate_linked,
    .refused = gate_refused,
    .news = gate_news,
    .asked = gate_asked,
};

static const struct ald_identity identity = {.hub = {"here", 4}, .address = {"10.0.0.1:4042", 13}};

static struct ald_door_lines lines;
static struct ald_door_group group;

/* A rig that started, with `change` made to its settings before. */
#define RIG(rig, change)                                                                                               \
    struct rig rig;                                                                                                    \
    memset(&gate_saw, 0, sizeof(gate_saw));                                                                            \
    group = (struct ald_door_group){.max = 100};                                                                       \
    lines = (struct ald_door_lines){.dialect = &ald_communicator, .variant = ALD_COMMUNICATOR_OPEN, .group = &group};  \
    rig_init(&rig);                                                                                                    \
    rig.lines = &lines;                                                                                                \
    rig.spec.gate = &gate;                                                                                             \
    rig.spec.identity = &identity;                                                                                     \
    change;                                                                                                            \
    ald_check_int(rig_start(&rig), 0)

#define CONNECT "<n2:communicatord CONNECT my_address=10.0.0.2:4042;server_name=n2;version=1"

static struct rig_client *service(struct rig *rig, size_t i, const char *name)
{
    struct rig_client *client = rig_dial(rig, i, false);
    char line[100];

    (void)snprintf(line, sizeof(line), "REGISTER service=%s;version=1\n", name);
    rig_say(client, line);
    rig_until(rig, rig_heard(client, "READY"));
    rig_forget(client);
    return client;
}

ALD_TEST(lines, make_a_connection_at_once)
{
    RIG(rig, (void)0);
    struct rig_client *a = service(&rig, 0, "a"), *b = service(&rig, 1, "b");

    rig_say(a, "b/DATA v=1\n");
    rig_until(&rig, rig_heard(b, "<here:a b/DATA v=1\n"));
    ald_check_int(ald_door_counters(rig.door)->accepted, 2);
    ald_check_int(ald_door_greeting(rig.door), 0);
    ald_check_int(group.n, 2);
    ald_check_int(rig.n_notices[ALD_NOTICE_REGISTERED], 4); /* each once without a name, and once with it */
    rig_leave(a);
    rig_until(&rig, group.n == 1);
    rig_fini(&rig);
}

ALD_TEST(lines, may_follow_the_hello_in_one_chunk)
{
    RIG(rig, rig.spec.greeting_bytes = 100);
    struct rig_client *b = service(&rig, 0, "b"), *a = rig_dial(&rig, 1, false);
    char text[2000] = "REGISTER service=a;version=1\n";

    while (strlen(text) < 1900) {
        strcat(text, "b/DATA v=1\n");
    }
    strcat(text, "b/DATA v=last\n");
    rig_say(a, text);
    rig_until(&rig, rig_heard(b, "v=last"));
    ald_check(!a->closed);
    rig_fini(&rig);
}

ALD_TEST(lines, are_few_from_who_says_nothing_that_counts)
{
    RIG(rig, rig.spec.greeting_bytes = 100);
    struct rig_client *client = rig_dial(&rig, 0, false);

    for (int i = 0; i < 6; i++) {
        rig_say(client, "a//DATA is malformed\n");
    }
    rig_until(&rig, client->closed);
    ald_check_int(ald_edge_counters(rig.edge)->greeting_oversize, 1);
    rig_until(&rig, ald_door_greeting(rig.door) == 0);
    rig_fini(&rig);
}

ALD_TEST(lines, without_an_end_are_charged_to_all)
{
    RIG(rig, rig.spec.reassembly_max = 10000);
    struct rig_client *a = service(&rig, 0, "a"), *b = service(&rig, 1, "b"), *c = service(&rig, 2, "c");
    char text[6001];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    rig_say(a, text);
    rig_settle(&rig);
    rig_say(b, text);
    rig_until(&rig, b->closed);
    ald_check_int(ald_edge_counters(rig.edge)->lines_full, 1);
    ald_check(!a->closed);
    rig_say(a, "\n"); /* its end has come: there is room again */
    rig_until(&rig, rig_heard(a, "INVALID"));
    rig_say(c, text);
    rig_settle(&rig);
    ald_check(!c->closed);
    rig_fini(&rig);
}

ALD_TEST(lines, are_not_taken_from_a_browser)
{
    RIG(rig, (void)0);
    struct rig_client *client = rig_dial(&rig, 0, false);

    rig_say(client, "POST / HTTP/1.1\r\nHost: x\r\n\r\nALIVE\n");
    rig_until(&rig, client->closed);
    ald_check_int(client->text_size, 0);
    ald_check_int(ald_edge_counters(rig.edge)->pages_refused, 1);
    rig_fini(&rig);
}

ALD_TEST(lines, are_spoken_by_no_more_than_their_group_may_have)
{
    RIG(rig, group.max = 1);

    service(&rig, 0, "a");
    rig_dial(&rig, 1, false);
    rig_until(&rig, rig.clients[1].closed);
    ald_check_int(ald_door_counters(rig.door)->refused_full, 1);
    rig_leave(&rig.clients[0]);
    rig_until(&rig, group.n == 0);
    service(&rig, 2, "b");
    rig_fini(&rig);
}

ALD_TEST(lines, of_another_hub_tell_the_gate_of_neighbors)
{
    RIG(rig, (void)0);
    struct rig_client *peer = rig_dial(&rig, 0, false), *gossip = rig_dial(&rig, 1, false);

    rig_say(peer, CONNECT ";neighbors=\"10.0.0.3:4042,10.0.0.4:4042\"\n");
    rig_until(&rig, rig_heard(peer, "ACCEPT"));
    ald_check_str(ald_str(gate_saw.neighbors), "10.0.0.2:4042,10.0.0.3:4042,10.0.0.4:4042;");
    ald_check_int(gate_saw.n_linked, 1);
    rig_say(peer, "LOADAVG avg=0.5;my_address=10.0.0.2:4042;timestamp=1795226634.692451503\n");
    rig_until(&rig, gate_saw.n_loads == 1);
    rig_say(gossip, "GOSSIP my_address=10.0.0.5:4042\n");
    rig_until(&rig, rig_heard(gossip, "RECEIVED"));
    ald_check_int(gate_saw.n_called, 1);
    rig_leave(peer);
    rig_until(&rig, gate_saw.n_linked == 0);
    rig_fini(&rig);
}

ALD_TEST(lines, need_the_password_of_their_door)
{
    RIG(rig, lines.credentials = true);
    struct rig_client *bare = rig_dial(&rig, 0, false), *wrong = rig_dial(&rig, 1, false), *right;

    strcpy(gate_saw.password, "word");
    rig_say(bare, CONNECT "\n");
    rig_until(&rig, rig_heard(bare, "REFUSE"));
    ald_check_str(ald_str(gate_saw.refused), "n2: it showed no name and password");
    rig_say(wrong, CONNECT ";password=sword;username=hub\n");
    rig_until(&rig, rig_heard(wrong, "REFUSE"));
    ald_check_str(ald_str(gate_saw.refused), "n2: the name or the password is wrong");
    ald_check_str(ald_str(gate_saw.neighbors), "");
    ald_check_int(ald_edge_counters(rig.edge)->strangers_denied, 2);
    ald_check_int(gate_saw.n_refused, 2);
    right = rig_dial(&rig, 2, false);
    rig_say(right, CONNECT ";password=word;username=hub\n");
    rig_until(&rig, rig_heard(right, "ACCEPT"));
    right = rig_dial(&rig, 3, false);
    rig_say(right, "REGISTER password=word;service=a;username=hub;version=1\n");
    rig_until(&rig, rig_heard(right, "READY"));
    rig_fini(&rig);
}

ALD_TEST(lines, who_asks_to_be_called_shows_a_password_where_one_is_wanted)
{
    RIG(rig, lines.credentials = true);
    struct rig_client *bare = rig_dial(&rig, 0, false), *right = rig_dial(&rig, 1, false);

    strcpy(gate_saw.password, "word");
    rig_say(bare, "GOSSIP my_address=10.0.0.2:4042\n");
    rig_until(&rig, gate_saw.n_refused == 1);
    ald_check_str(ald_str(gate_saw.refused), ": it showed no name and password");
    ald_check_int(gate_saw.n_called, 0);
    rig_say(right, "GOSSIP my_address=10.0.0.2:4042;password=word;username=hub\n");
    rig_until(&rig, gate_saw.n_called == 1);
    ald_check_int(gate_saw.n_proved, 1);
    rig_fini(&rig);
}

ALD_TEST(lines, of_hubs_that_do_not_suit_are_told_of)
{
    RIG(rig, (void)0);
    struct rig_client *first = rig_dial(&rig, 0, false), *second = rig_dial(&rig, 1, false), *third;

    rig_say(first, CONNECT "\n");
    rig_until(&rig, rig_heard(first, "ACCEPT"));
    rig_say(second, "<n2:communicatord CONNECT my_address=10.0.0.9:4042;server_name=n2;version=1\n");
    rig_until(&rig, rig_heard(second, "REFUSE conflict=name"));
    ald_check_int(gate_saw.n_refused, 1);
    third = rig_dial(&rig, 2, false);
    rig_say(third, "<n3:communicatord CONNECT my_address=10.0.0.9:4042;server_name=n3;version=2\n");
    rig_until(&rig, third->closed);
    ald_check_int(gate_saw.n_refused, 2);
    rig_fini(&rig);
}

ALD_TEST(lines, that_are_orders_are_for_who_may_give_them)
{
    RIG(rig, (void)0);
    struct rig_client *a = service(&rig, 0, "a");

    rig_say(a, "STOP\n");
    rig_until(&rig, rig_heard(a, "INVALID command=STOP"));
    ald_check_int(gate_saw.operations[ALD_OPERATE_STOP], 0);
    ald_check_int(ald_edge_counters(rig.edge)->operations_denied, 1);
    gate_saw.may_operate = true;
    rig_say(a, "STOP\nLOG_ROTATE\nFORGET ip=10.0.0.2\n");
    rig_until(&rig, gate_saw.operations[ALD_OPERATE_FORGET] == 1);
    ald_check_int(gate_saw.operations[ALD_OPERATE_STOP], 1);
    ald_check_int(gate_saw.operations[ALD_OPERATE_ROTATE_LOGS], 1);
    rig_fini(&rig);
}

ALD_TEST(lines, that_ask_for_the_load_are_told_to_who_measures_it)
{
    RIG(rig, (void)0);
    struct rig_client *a = service(&rig, 0, "a");

    rig_say(a, "REGISTER_FOR_LOADAVG\n");
    rig_until(&rig, gate_saw.n_asked == 1);
    ald_check(ald_hub_wants_load(ald_edge_hub(rig.edge)));
    rig_fini(&rig);
}

ALD_TEST_MAIN(lines, ALD_CASE(lines, make_a_connection_at_once), ALD_CASE(lines, may_follow_the_hello_in_one_chunk),
              ALD_CASE(lines, are_few_from_who_says_nothing_that_counts),
              ALD_CASE(lines, without_an_end_are_charged_to_all), ALD_CASE(lines, are_not_taken_from_a_browser),
              ALD_CASE(lines, are_spoken_by_no_more_than_their_group_may_have),
              ALD_CASE(lines, of_another_hub_tell_the_gate_of_neighbors),
              ALD_CASE(lines, need_the_password_of_their_door),
              ALD_CASE(lines, who_asks_to_be_called_shows_a_password_where_one_is_wanted),
              ALD_CASE(lines, of_hubs_that_do_not_suit_are_told_of),
              ALD_CASE(lines, that_are_orders_are_for_who_may_give_them),
              ALD_CASE(lines, that_ask_for_the_load_are_told_to_who_measures_it))
