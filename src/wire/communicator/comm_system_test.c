/* Role hub: a local service, from REGISTER to UNREGISTER, and every command of the daemon. */

#include "wire/communicator/comm_test.h"

ALD_TEST(comm_system, register_is_answered_with_help_and_ready)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    check_says("REGISTER service=a;version=1\n", "register report\nregister target=a report\n", "");
    comm_registered(&world, &end, NULL);
    check_written("");
    comm_registered(&world, &end, "a");
    check_written("<N:communicatord HELP\n<N:communicatord READY my_address=10.0.0.1:4042\n");
    ald_check_int(end.n_frames, 1);
    close_end();
}

ALD_TEST(comm_system, register_again_is_another_name)
{
    open_service("a");
    check_says("REGISTER service=b;version=1\n", "register target=b report\n", "");
    comm_registered(&world, &end, "b");
    check_written("<N:communicatord HELP\n<N:communicatord READY my_address=10.0.0.1:4042\n");
    check_says("ALIVE serial=1\n", "", "N:b/ABSOLUTELY reply_timestamp=1795226634.692451000;serial=1\n");
    close_end();
}

static void check_register_refused(const char *params, const char *why)
{
    char line[400], answer[400];

    snprintf(line, sizeof(line), "REGISTER%s\n", params);
    snprintf(answer, sizeof(answer), "INVALID command=REGISTER;message=%s\n", why);
    check_says(line, "", answer);
}

ALD_TEST(comm_system, register_says_what_is_wrong_with_it)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    check_register_refused("", "the parameter version is missing, or not a number");
    check_register_refused(" service=a;version=x", "the parameter version is missing, or not a number");
    check_register_refused(" service=a;version=2", "only version 1 of the protocol is spoken here");
    check_register_refused(" version=1", "the parameter service is missing, or empty");
    check_register_refused(" service=;version=1", "the parameter service is missing, or empty");
    check_register_refused(" service=a b;version=1", "the name of a service has letters, digits and _, up to 255");
    check_register_refused(" service=communicatord;version=1", "the name is the daemon's own");
    check_register_refused(" service=aldis_7;version=1", "the name is the daemon's own");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_REGISTER_REFUSED], 8);
    ald_check(ald_dialect_deadline(end.dialect) != ALD_NEVER); /* none of that counts as a word */
    close_end();
}

ALD_TEST(comm_system, a_taken_name_is_told_and_another_may_be_tried)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    say("REGISTER service=a;version=1\n");
    comm_registered(&world, &end, NULL);
    comm_denied(&world, &end, ALD_CAUSE_DUPLICATE, "the target is taken");
    check_written("INVALID command=REGISTER;message=the target is taken\n");
    check_says("REGISTER service=b;version=1\n", "register target=b report\n", "");
    close_end();
}

ALD_TEST(comm_system, a_hub_that_stops_quits_instead)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    say("REGISTER service=a;version=1\n");
    comm_denied(&world, &end, ALD_CAUSE_DRAINING, "the hub is stopping");
    check_written("<N:communicatord QUITTING\n");
    close_end();
}

ALD_TEST(comm_system, unregister_closes_the_connection)
{
    open_service("a");
    check_says("UNREGISTER service=zork\nALIVE\n", "unregister target=a\nclose code=1000 text=Unregistered\n", "");
    close_end();

    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    check_says("UNREGISTER\n", "close code=1000 text=Unregistered\n", "");
    close_end();
}

ALD_TEST(comm_system, who_speaks_without_a_name_is_introduced_once)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    check_says(
        "<:my_service b/EARLY v=1\n",
        "register report\nevent name=EARLY to=b claim=my_service hold ttl_ms=60000 payload={\"v\":\"1\"} native=v=1\n",
        "");
    comm_registered(&world, &end, NULL);
    check_says("b/EARLY\n", "event name=EARLY to=b hold ttl_ms=60000\n", "");
    check_says("REGISTER service=my_service;version=1\n", "register target=my_service report\n", "");
    comm_registered(&world, &end, "my_service");
    check_written("<N:communicatord HELP\n<N:communicatord READY my_address=10.0.0.1:4042\n");
    ald_check(ald_dialect_deadline(end.dialect) == ALD_NEVER);
    close_end();
}

ALD_TEST(comm_system, commands_are_capabilities)
{
    open_service("a");
    check_says("COMMANDS list=HELP,DATA\n", "capable text=HELP,DATA\n", "");
    check_says("<:a N:communicatord/COMMANDS list=STATUS\n", "traits news report\ncapable text=STATUS\n", "");
    check_says(".:communicatord/COMMANDS list=ALIVE,PRIMARY,DISCONNECTING\n",
               "traits health primary confirm leave news report\ncapable text=ALIVE,PRIMARY,DISCONNECTING\n", "");
    check_says("COMMANDS\n", "", "N:a/INVALID command=COMMANDS;message=the parameter list is missing\n");
    close_end();
}

ALD_TEST(comm_system, help_lists_what_the_original_lists)
{
    open_service("a");
    check_says("HELP\n", "",
               "N:a/COMMANDS list=ACCEPT,ALIVE,CLOCK_STATUS,CLUSTER_STATUS,COMMANDS,CONNECT,DISCONNECT,FORGET,GOSSIP,"
               "HELP,INVALID,LEAK,LISTEN_LOADAVG,LIST_SERVICES,LOADAVG,LOG_ROTATE,PUBLIC_IP,QUITTING,READY,REFUSE,"
               "REGISTER,REGISTER_FOR_LOADAVG,RESTART,SERVICE_STATUS,SERVICE_UNAVAILABLE,SHUTDOWN,STOP,UNKNOWN,"
               "UNREGISTER,UNREGISTER_FROM_LOADAVG\n");
    close_end();
}

ALD_TEST(comm_system, alive_is_answered_to_whoever_it_says_it_is)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    check_says("ALIVE\n", "", "ABSOLUTELY reply_timestamp=1795226634.692451000\n");
    check_says("<x:y ALIVE timestamp=5;serial=\"a;b\"\n", "",
               "x:y/ABSOLUTELY reply_timestamp=1795226634.692451000;serial=\"a;b\";timestamp=5\n");
    check_says("<a-b:c ALIVE\n", "", "ABSOLUTELY reply_timestamp=1795226634.692451000\n");
    check_says("<a:b:c N:communicatord/ALIVE\n", "", "ABSOLUTELY reply_timestamp=1795226634.692451000\n");
    check_says("*:communicatord/ALIVE\n", "", "ABSOLUTELY reply_timestamp=1795226634.692451000\n");
    close_end();
}

ALD_TEST(comm_system, questions_are_asked_of_the_hub)
{
    open_service("a");
    check_says(".:communicatord/CLOCK_STATUS\n", "ask topic=clock\n", "");
    check_says("communicatord/CLUSTER_STATUS\n", "ask topic=cluster\n", "");
    check_says("SERVICE_STATUS service=zz\n", "ask target=zz topic=presence text=zz\n", "");
    check_says("SERVICE_STATUS service=my_2dlamp\n", "ask target=my-lamp topic=presence text=my_2dlamp\n", "");
    check_says("SERVICE_STATUS service=remote communicator (out): 10.0.0.2:4042\n",
               "ask target=10.0.0.2:4042 topic=hub text=remote communicator (out): 10.0.0.2:4042\n", "");
    check_says("PUBLIC_IP\n", "ask topic=addresses\n", "");
    check_says("LIST_SERVICES\n", "ask topic=targets\n", "");
    check_says("REGISTER_FOR_LOADAVG\n", "ask topic=load ok\n", "");
    check_says("UNREGISTER_FROM_LOADAVG\n", "ask topic=load\n", "");
    check_says("SERVICE_STATUS\n", "",
               "N:a/INVALID command=SERVICE_STATUS;message=the parameter service is missing, or no name\n");
    check_says("LISTEN_LOADAVG ips=10.0.0.1,10.0.0.2:4042\n", "", "");
    check_says("LISTEN_LOADAVG ips=zork\n", "",
               "N:a/INVALID command=LISTEN_LOADAVG;message=the parameter ips must be addresses, with commas between "
               "them\n");
    close_end();
}

ALD_TEST(comm_system, operations_are_the_hubs_to_judge)
{
    struct ald_signal denied = ald_signal_of(ALD_SIGNAL_OPERATE);

    open_service("a");
    check_says("STOP\n", "operate operation=0\n", "");
    check_says("SHUTDOWN\n", "operate operation=1\n", "");
    check_says("communicatord/LOG_ROTATE\n", "operate operation=2\n", "");
    check_says("FORGET ip=10.0.0.7\n", "operate operation=3 text=10.0.0.7\n", "");
    check_says("FORGET ip=[::1]:4042;broadcast_hops=1\n", "operate operation=3 ok text=[::1]:4042\n", "");
    check_says("FORGET ip=zork\n", "",
               "N:a/INVALID command=FORGET;message=the parameter ip must be an address: zork\n");
    denied.operation = ALD_OPERATE_STOP;
    denied.denied = true;
    check_tells(&denied, "N:a/INVALID command=STOP;message=the sender may not do this\n");
    close_end();
}

ALD_TEST(comm_system, what_nobody_knows_is_the_controllers)
{
    struct ald_signal report = ald_signal_of(ALD_SIGNAL_REPORT), signal;

    open_service("a");
    comm_feed_only(&world, &end, ALD_STR("FOO v=1\n"));
    ald_check(comm_next(&end, &signal));
    comm_print_signal(&end.heard, &signal);
    check_heard("event name=FOO report payload={\"v\":\"1\"} native=v=1\n");
    report.request = ald_msg_ref(signal.msg);
    report.cause = ALD_CAUSE_UNKNOWN_COMMAND;
    ald_signal_clear(&signal);
    check_tells(&report, "N:a/UNKNOWN command=FOO\n");
    check_says("SERVER_PUBLIC_IP\n", "event name=SERVER_PUBLIC_IP report\n", "");
    check_says("RECEIVED\n", "event name=RECEIVED report\n", "");
    close_end();
}

ALD_TEST(comm_system, what_only_daemons_say_is_refused)
{
    static const char *const lines[] = {
        "ACCEPT my_address=10.0.0.2:4042;server_name=n2",
        "CONNECT version=abc",
        "CONNECT version=1;my_address=zzz",
        "DISCONNECT",
        "GOSSIP my_address=zork",
        "LOADAVG avg=abc;my_address=bad;timestamp=1",
        "REFUSE",
    };

    open_service("a");
    for (size_t i = 0; i < ALD_COUNT(lines); i++) {
        char line[120], answer[200];
        size_t command = ald_str_find(ald_str(lines[i]), ALD_STR(" "));

        snprintf(line, sizeof(line), "%s\n", lines[i]);
        snprintf(answer, sizeof(answer),
                 "N:a/INVALID command=%.*s;message=\"only daemons say this, at their own door\"\n", (int)command,
                 lines[i]);
        (void)answer;
        comm_feed(&world, &end, ald_str(line));
        check_heard("");
        ald_check(ald_str_find(ald_buf_str(&end.written), ALD_STR("only daemons say this")) <
                  ald_buf_size(&end.written));
        ald_buf_cut(&end.written, 0);
    }
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_INVALID], ALD_COUNT(lines));
    close_end();
}

ALD_TEST(comm_system, some_words_are_only_counted)
{
    open_service("a");
    check_says("READY my_address=1\nQUITTING\nRESTART reason=upgrade\nLEAK\nSERVICE_UNAVAILABLE\n", "", "");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_IGNORED], 5);
    check_says("UNKNOWN\nINVALID\nUNKNOWN command=X\n", "", "");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_TOLD_INVALID], 3);
    close_end();
}

ALD_TEST(comm_system, lines_that_cannot_be_read_are_answered)
{
    open_service("a");
    check_says("a/DATA v\n", "", "N:a/INVALID command=DATA;message=a parameter without = and a value, at byte 9\n");
    check_says("<a\n", "", "N:a/INVALID message=the sender is not <server:service, at byte 3\n");
    check_says("{\"command\":1}\n", "", "N:a/INVALID message=neither a string nor an object, at byte 12\n");
    check_says("{}\n", "", "N:a/INVALID message=an object without members, at byte 1\n");
    check_says("{\"service\":\"b\"}\n", "", "N:a/INVALID message=there is no command\n");
    check_says("b/DATA aldis_payload={\n", "", "N:a/INVALID command=DATA;message=aldis_payload is not JSON\n");
    check_says("b/\xff\n", "", "N:a/INVALID message=the command is no name\n");
    check_says("\xff/DATA\n", "", "N:a/INVALID command=DATA;message=the receiver is no name\n");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_MALFORMED], 4);
    check_says("ALIVE\n", "", "N:a/ABSOLUTELY reply_timestamp=1795226634.692451000\n");
    close_end();
}

ALD_TEST(comm_system, a_line_without_end_is_told_once)
{
    const struct ald_dialect_options options = {.line_max = 100, .message_max = 100};

    comm_world_open(&world);
    comm_open_with(&world, &end, ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE, &comm_identity, &options);
    for (int i = 0; i < 100; i++) {
        comm_feed(&world, &end, ALD_STR("0123456789012345678901234567890123456789"));
    }
    check_written("INVALID message=a line is longer than is taken here, at byte 101\n");
    check_says("\nALIVE\n", "", "ABSOLUTELY reply_timestamp=1795226634.692451000\n");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_LINE_TOO_LONG], 1);
    close_end();
}

ALD_TEST(comm_system, who_says_nothing_that_counts_is_closed)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    say("FOO BAR\n");
    world.now = ald_dialect_deadline(end.dialect);
    ald_check(world.now == 1010 * ALD_SEC);
    ald_check_int(ald_dialect_tick(end.dialect, world.now), 0);
    comm_hear(&end);
    check_heard("close code=1002 text=No word that counts in time\n");
    check_written("INVALID message=no word that counts in time\n");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_HELLO_TIMEOUT], 1);
    close_end();
}

/* A service, of what it may say before it is registered. */
static void open_greeting(size_t greeting_max, bool admits)
{
    comm_world_open(&world);
    world.greeting_max = greeting_max;
    world.admits = admits;
    comm_open(&world, &end, ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
}

ALD_TEST(comm_system, where_everybody_may_stay_any_word_that_counts_introduces)
{
    const char *const alive = "ABSOLUTELY reply_timestamp=1795226634.692451000\n";

    open_greeting(1000, true);
    check_says("FOO BAR\n", "", "INVALID command=FOO;message=a parameter without = and a value, at byte 8\n");
    check_says("ALIVE\n", "register report\n", alive);
    comm_registered(&world, &end, NULL);
    check_says("ALIVE\n", "", alive);
    close_end();

    open_greeting(1000, false);
    check_says("ALIVE\n", "", alive);
    close_end();
}

ALD_TEST(comm_system, a_first_line_is_no_longer_than_all_that_may_be_said_before)
{
    char line[301];

    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    open_greeting(200, true);
    check_says(line, "", "INVALID message=a line is longer than is taken here, at byte 201\n");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_LINE_TOO_LONG], 1);
    ald_check_int(ald_dialect_refuse(end.dialect, world.now, 200), 0);
    comm_drain(&end);
    check_written(""); /* it knows */
    check_says("\nALIVE\n", "register report\n", "ABSOLUTELY reply_timestamp=1795226634.692451000\n");
    comm_registered(&world, &end, NULL);
    check_says(line, "", "");
    check_says(" a=1\n", "", "INVALID message=the command is no name\n");
    close_end();
}

ALD_TEST(comm_system, who_says_too_much_without_a_word_that_counts_is_told)
{
    open_greeting(200, true);
    say("x");
    ald_check_int(ald_dialect_refuse(end.dialect, world.now, 200), 0);
    comm_drain(&end);
    check_written("INVALID message=more than 200 bytes without a word that counts\n");
    close_end();
}

ALD_TEST(comm_system, a_service_that_knows_a_goodbye_hears_one)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);

    open_service("a");
    say("COMMANDS list=DISCONNECTING,QUITTING\n");
    leave.reconnect = true;
    check_tells(&leave, "<N:communicatord DISCONNECTING\n");
    check_says("b/DATA\n", "", "<N:communicatord QUITTING\n");
    check_says("b/DATA\nALIVE\nZORK\n", "", ""); /* it is told once */
    check_says("UNREGISTER\n", "unregister target=a\nclose code=1000 text=Unregistered\n", "");
    ald_check_int(end.counters[ALD_COMMUNICATOR_N_WHILE_LEAVING], 4);
    close_end();
}

ALD_TEST(comm_system, a_service_that_shall_not_come_back_hears_quitting)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);

    open_service("a");
    say("COMMANDS list=DISCONNECTING,QUITTING\n");
    check_tells(&leave, "<N:communicatord QUITTING\n");
    close_end();
}

ALD_TEST(comm_system, commands_that_run_are_answered_after_the_goodbye)
{
    struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE), command = ald_signal_of(ALD_SIGNAL_COMMAND);

    open_service("a");
    say("COMMANDS list=DISCONNECTING\n");
    command.id = ald_id_make(9, 17);
    command.msg = comm_msg(&world, ALD_COMMAND, "TURN", "a");
    check_tells(&command, "<N:aldis_17 a/TURN\n");
    leave.reconnect = true;
    check_tells(&leave, "<N:communicatord DISCONNECTING\n");
    check_says("N:aldis_17/DONE\n", "reply N=17 outcome=succeeded name=DONE\n", "");
    close_end();
}

ALD_TEST(comm_system, a_chunk_full_of_questions_is_bounded)
{
    static char text[64 * 1024];
    const char *words[] = {"A\n", "ALIVE\n", "x y\n"};

    for (size_t w = 0; w < ALD_COUNT(words); w++) {
        size_t size = strlen(words[w]), n = sizeof(text) / size;

        for (size_t i = 0; i < n; i++) {
            memcpy(text + i * size, words[w], size);
        }
        open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
        comm_feed(&world, &end, ald_str_of(text, n * size));
        ald_check(ald_buf_size(&end.written) < (size_t)2 * ALD_COMMUNICATOR_ANSWERS_MAX);
        ald_check(end.n_frames <= 2);
        close_end();
    }
}

ALD_TEST_MAIN(
    comm_system, ALD_CASE(comm_system, register_is_answered_with_help_and_ready),
    ALD_CASE(comm_system, register_again_is_another_name), ALD_CASE(comm_system, register_says_what_is_wrong_with_it),
    ALD_CASE(comm_system, a_taken_name_is_told_and_another_may_be_tried),
    ALD_CASE(comm_system, a_hub_that_stops_quits_instead), ALD_CASE(comm_system, unregister_closes_the_connection),
    ALD_CASE(comm_system, who_speaks_without_a_name_is_introduced_once),
    ALD_CASE(comm_system, commands_are_capabilities), ALD_CASE(comm_system, help_lists_what_the_original_lists),
    ALD_CASE(comm_system, alive_is_answered_to_whoever_it_says_it_is),
    ALD_CASE(comm_system, questions_are_asked_of_the_hub), ALD_CASE(comm_system, operations_are_the_hubs_to_judge),
    ALD_CASE(comm_system, what_nobody_knows_is_the_controllers),
    ALD_CASE(comm_system, what_only_daemons_say_is_refused), ALD_CASE(comm_system, some_words_are_only_counted),
    ALD_CASE(comm_system, lines_that_cannot_be_read_are_answered),
    ALD_CASE(comm_system, a_line_without_end_is_told_once),
    ALD_CASE(comm_system, who_says_nothing_that_counts_is_closed),
    ALD_CASE(comm_system, where_everybody_may_stay_any_word_that_counts_introduces),
    ALD_CASE(comm_system, a_first_line_is_no_longer_than_all_that_may_be_said_before),
    ALD_CASE(comm_system, who_says_too_much_without_a_word_that_counts_is_told),
    ALD_CASE(comm_system, a_service_that_knows_a_goodbye_hears_one),
    ALD_CASE(comm_system, a_service_that_shall_not_come_back_hears_quitting),
    ALD_CASE(comm_system, commands_that_run_are_answered_after_the_goodbye),
    ALD_CASE(comm_system, a_chunk_full_of_questions_is_bounded))
