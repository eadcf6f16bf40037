#include <stdio.h>

#include "lib/door_rig.h"
#include "msg/catalog.h"

static struct ald_catalog *catalog_add(struct ald_catalog *catalog, const char *document)
{
    ALD_AUTO(ald_blueprint_unref) struct ald_blueprint *blueprint = NULL;
    struct ald_catalog *made = NULL;
    char why[ALD_CATALOG_WHY_MAX];

    ald_check_int(ald_blueprint_new(ald_str(document), &blueprint, why), 0);
    ald_check_int(ald_catalog_with(catalog, blueprint, &made), 0);
    (void)ald_catalog_unref(catalog);
    return made;
}

/* SHINE wants a level, and is answered with a number; ONLY is for controls; RANG is an event. */
static void rig_begin(struct rig *rig, bool strict)
{
    struct ald_catalog *catalog = NULL;

    rig_init(rig);
    rig->hub.controller = ALD_STR("boss");
    ald_check_int(rig_start(rig), 0);
    ald_check_int(ald_catalog_new(&catalog), 0);
    catalog = catalog_add(catalog, "{\"name\":\"SHINE\",\"kind\":\"request\",\"schema\":{\"required\":[\"level\"],"
                                   "\"properties\":{\"level\":{\"maximum\":9}}},\"response\":{\"type\":\"integer\"}}");
    catalog = catalog_add(catalog, "{\"name\":\"ONLY\",\"kind\":\"request\",\"src\":\"control\",\"dst\":[\"host\"]}");
    catalog = catalog_add(catalog, "{\"name\":\"RANG\",\"kind\":\"event\",\"schema\":{\"type\":\"object\"}}");
    ald_check_int(ald_edge_set_catalog(rig->edge, catalog, strict), 0);
    (void)ald_catalog_unref(catalog);
    rig_hello(rig_dial(rig, 0, true), "lamp");
    rig_hello(rig_dial(rig, 1, true), "caller");
    rig_forget(&rig->clients[0]);
    rig_forget(&rig->clients[1]);
}

static const struct ald_edge_counters *counters(const struct rig *rig)
{
    return ald_edge_counters(rig->edge);
}

static void rig_answer(struct rig_client *agent, const char *payload)
{
    char reply[512];

    (void)snprintf(
        reply, sizeof(reply),
        "t:REPLY;;e:{\"commandId\":\"%s\",\"type\":\"SHINE\",\"commandStatus\":\"SUCCEEDED\",\"payload\":%s}",
        rig_command_id(agent), payload);
    rig_say(agent, reply);
}

ALD_TEST(edge_schema, refuses_a_command_with_path_and_rule)
{
    struct rig rig;

    rig_begin(&rig, false);
    rig_say(&rig.clients[1],
            "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"SHINE\",\"to\":\"lamp\",\"payload\":{\"level\":10}}");
    rig_until(&rig, rig_heard(&rig.clients[1], "\"outcome\":\"refused\""));
    ald_check(rig_heard(&rig.clients[1], "Request SHINE failed validation: must be at most 9 at /level "
                                         "(rule #/properties/level/maximum)"));
    ald_check(rig_heard(&rig.clients[1], "\"cause\":\"invalid\""));
    ald_check(rig_heard(&rig.clients[1], "\"code\":\"InvalidMessage\""));
    ald_check(!rig_heard(&rig.clients[0], "SHINE"));
    ald_check_int(counters(&rig)->schema_commands_refused, 1);

    /* No payload is null. */
    rig_forget(&rig.clients[1]);
    rig_say(&rig.clients[1], "t:COMMAND;;e:{\"id\":\"c2\",\"type\":\"SHINE\",\"to\":\"lamp\"}");
    rig_until(&rig, rig_heard(&rig.clients[0], "SHINE"));
    rig_fini(&rig);
}

ALD_TEST(edge_schema, lets_pass_what_keeps_to_it)
{
    struct rig rig;

    rig_begin(&rig, true); /* strict is for the dialect link */
    rig_say(&rig.clients[1],
            "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"SHINE\",\"to\":\"lamp\",\"payload\":{\"level\":9}}");
    rig_until(&rig, rig_heard(&rig.clients[0], "SHINE"));
    rig_answer(&rig.clients[0], "5");
    rig_until(&rig, rig_heard(&rig.clients[1], "\"outcome\":\"succeeded\""));
    rig_forget(&rig.clients[0]);
    rig_say(&rig.clients[1], "t:COMMAND;;e:{\"id\":\"c2\",\"type\":\"OTHER\",\"to\":\"lamp\",\"payload\":[]}");
    rig_until(&rig, rig_heard(&rig.clients[0], "OTHER"));
    ald_check_int(counters(&rig)->schema_commands_refused, 0);
    rig_fini(&rig);
}

ALD_TEST(edge_schema, makes_a_failure_of_a_reply_that_breaks_it)
{
    struct rig rig;

    rig_begin(&rig, false);
    rig_say(&rig.clients[1],
            "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"SHINE\",\"to\":\"lamp\",\"payload\":{\"level\":9}}");
    rig_until(&rig, rig_heard(&rig.clients[0], "SHINE"));
    rig_answer(&rig.clients[0], "\"five\"");
    rig_until(&rig, rig_heard(&rig.clients[1], "\"outcome\":\"failed\""));
    ald_check(rig_heard(&rig.clients[1],
                        "Response for request SHINE failed validation: must be of type integer (rule #/type)"));
    ald_check(rig_heard(&rig.clients[1], "\"cause\":\"agent_broke\""));
    ald_check(!rig_heard(&rig.clients[1], "five"));
    ald_check_int(counters(&rig)->schema_replies_failed, 1);
    rig_fini(&rig);
}

ALD_TEST(edge_schema, looks_at_where_a_message_comes_from_and_goes_to)
{
    struct rig rig;

    rig_begin(&rig, false);
    rig_say(&rig.clients[1], "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"ONLY\",\"to\":\"lamp\"}");
    rig_until(&rig, rig_heard(&rig.clients[1], "Source host is not allowed for ONLY"));
    rig_hello(rig_dial(&rig, 2, true), "boss");
    rig_say(&rig.clients[2], "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"ONLY\",\"to\":\"lamp\"}");
    rig_until(&rig, rig_heard(&rig.clients[2], "Source controller is not allowed for ONLY"));
    ald_check_int(counters(&rig)->schema_commands_refused, 2);
    rig_fini(&rig);
}

ALD_TEST(edge_schema, drops_an_event)
{
    struct rig rig;

    rig_begin(&rig, false);
    rig_say(&rig.clients[1],
            "t:COMMAND;;e:{\"id\":\"e1\",\"type\":\"RANG\",\"to\":\"lamp\",\"event\":true,\"payload\":[]}");
    rig_until(&rig, counters(&rig)->schema_events_dropped == 1);
    rig_say(&rig.clients[1],
            "t:COMMAND;;e:{\"id\":\"e2\",\"type\":\"RANG\",\"to\":\"lamp\",\"event\":true,\"payload\":{}}");
    rig_until(&rig, rig_heard(&rig.clients[0], "RANG"));
    ald_check(!rig_heard(&rig.clients[0], "[]"));
    rig_fini(&rig);
}

ALD_TEST(edge_schema, goes_by_the_newest_catalog)
{
    struct rig rig;

    rig_begin(&rig, false);
    ald_check_int(ald_edge_set_catalog(rig.edge, NULL, false), 0);
    ald_check(ald_edge_catalog(rig.edge) == NULL);
    rig_say(&rig.clients[1],
            "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"SHINE\",\"to\":\"lamp\",\"payload\":{\"level\":10}}");
    rig_until(&rig, rig_heard(&rig.clients[0], "SHINE"));
    rig_fini(&rig);
}

ALD_TEST_MAIN(edge_schema, ALD_CASE(edge_schema, refuses_a_command_with_path_and_rule),
              ALD_CASE(edge_schema, lets_pass_what_keeps_to_it),
              ALD_CASE(edge_schema, makes_a_failure_of_a_reply_that_breaks_it),
              ALD_CASE(edge_schema, looks_at_where_a_message_comes_from_and_goes_to),
              ALD_CASE(edge_schema, drops_an_event), ALD_CASE(edge_schema, goes_by_the_newest_catalog))
