/*
 * A visitor, an agent and a caller, failing their first allocation, then the second, and so on. Whatever fails, the
 * one it was for is told or cut, everything else goes on, and nothing is left behind.
 */

#include <stdio.h>

#include "lib/alloc_fail.h"
#include "lib/door_rig.h"
#include "transport/stream.h"

/* Turn until `fact` holds or nobody is left to make it true. */
#define until_or_closed(rig, client, fact) rig_until(rig, (fact) || (client)->closed)

static void scene_visit(struct rig *rig)
{
    struct rig_client *client = rig_dial(rig, 0, false);

    if (client != NULL) {
        rig_say(client, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
        until_or_closed(rig, client, rig_heard(client, "page /a") || rig_heard(client, "HTTP/1.1 503 "));
    }
}

static void scene_call(struct rig *rig)
{
    struct rig_client *agent = rig_dial(rig, 1, true);
    struct rig_client *caller = rig_dial(rig, 2, true);
    char reply[256];

    if (agent == NULL || caller == NULL) {
        return;
    }
    rig_hello(agent, "lamp");
    rig_hello(caller, "me");
    rig_forget(agent);
    if (agent->closed || caller->closed) {
        return;
    }
    rig_say(caller, "t:COMMAND;;e:{\"id\":\"c1\",\"type\":\"SHINE\",\"to\":\"lamp\",\"ttl_ms\":50}");
    rig_until(rig, rig_heard(agent, "SHINE") || rig_heard(caller, "\"outcome\"") || agent->closed || caller->closed);
    if (rig_heard(agent, "SHINE")) {
        (void)snprintf(reply, sizeof(reply),
                       "t:REPLY;;e:{\"commandId\":\"%s\",\"type\":\"SHINE\",\"commandStatus\":\"SUCCEEDED\"}",
                       rig_command_id(agent));
        rig_say(agent, reply);
    }
    rig_until(rig, rig_heard(caller, "\"outcome\"") || caller->closed);
}

/* All of it, with the `n`-th allocation failing. Returns whether it got that far. */
static bool scene_fails_at(uint64_t n)
{
    struct rig rig;
    bool failed;

    rig_init(&rig);
    rig.fails = true;
    ald_alloc_fail_at(n);
    if (rig_start(&rig) == 0) {
        scene_visit(&rig);
        scene_call(&rig);
        ald_hub_check(ald_edge_hub(rig.edge));
    }
    failed = ald_alloc_fail_off();
    rig_fini(&rig);
    return failed;
}

ALD_TEST(nomem, costs_only_whom_it_hits)
{
    uint64_t n = 1;

    while (scene_fails_at(n)) {
        n++;
    }
    ald_check(n > 50); /* it did fail something */
}

ALD_TEST_MAIN(nomem, ALD_CASE(nomem, costs_only_whom_it_hits))
