/* Two hubs in one loop: one has a door in memory, the other calls it. */

#include "conn/caller.h"

#include <stdlib.h>

#include "lib/door_rig.h"
#include "wire/communicator/communicator.h"

static const struct ald_identity identity = {.hub = {"here", 4}, .address = {"10.0.0.1:4042", 13}};
static const struct ald_identity other_identity = {.hub = {"there", 5}, .address = {"10.0.0.2:4042", 13}};

struct calling {
    struct ald_edge *edge;
    struct ald_caller *caller;
    struct ald_hub_config hub;
    int n_linked, n_ended;
    struct ald_conn_end end;
    ald_usec pause;
};

static void linked(void *owner, struct ald_str target ALD_UNUSED)
{
    ((struct calling *)owner)->n_linked++;
}

static ald_usec again(void *owner, const struct ald_conn_end *end)
{
    struct calling *calling = owner;

    calling->n_ended++;
    calling->end = *end;
    return calling->pause;
}

static const struct ald_caller_callbacks callbacks = {.name = "test", .linked = linked, .again = again};

static struct ald_door_lines lines;

static void scene_start(struct rig *rig, struct calling *calling)
{
    struct ald_edge_spec spec;
    const struct ald_caller_spec call = {
        .place = {ALD_BOTTOM_INPROC, "door", 0},
        .dialect = &ald_communicator,
        .variant = ALD_COMMUNICATOR_LINK,
        .callbacks = &callbacks,
        .owner = calling,
    };

    lines = (struct ald_door_lines){.dialect = &ald_communicator, .variant = ALD_COMMUNICATOR_OPEN};
    rig_init(rig);
    rig->lines = &lines;
    rig->spec.identity = &identity;
    rig->hub.id = ALD_STR("here");
    ald_check_int(rig_start(rig), 0);

    *calling = (struct calling){.hub = rig->hub, .pause = ALD_MSEC};
    calling->hub.id = ALD_STR("there");
    spec = rig->spec;
    spec.hub = &calling->hub;
    spec.identity = &other_identity;
    ald_check_int(ald_edge_new(&spec, &calling->edge), 0);
    ald_check_int(ald_caller_new(calling->edge, &call, &calling->caller), 0);
}

static void scene_end(struct rig *rig, struct calling *calling)
{
    ald_caller_free(calling->caller);
    ald_edge_free(calling->edge);
    rig_fini(rig);
}

ALD_TEST(caller, links_and_links_again)
{
    struct rig rig;
    struct calling calling;

    scene_start(&rig, &calling);
    rig_until(&rig, calling.n_linked == 1);
    ald_check(ald_caller_is_linked(calling.caller));
    ald_edge_drain(rig.edge, ald_loop_now(rig.loop)); /* the other one goes */
    rig_until(&rig, calling.n_ended == 1);
    ald_check(calling.end.greeted);
    ald_check(calling.end.said_goodbye);
    ald_check(!ald_caller_is_linked(calling.caller));
    rig_until(&rig, calling.n_ended == 2); /* it is called again, and refuses */
    ald_check(!calling.end.greeted);
    ald_check_int(calling.n_linked, 1);
    ald_check(ald_caller_failures(calling.caller) >= 1);
    scene_end(&rig, &calling);
}

ALD_TEST(caller, counts_calls_in_vain_and_rests_when_told_to)
{
    struct rig rig;
    struct calling calling;
    int n;

    scene_start(&rig, &calling);
    rig.door = ald_door_close(rig.door);
    rig_until(&rig, calling.n_ended == 3);
    ald_check_int(ald_caller_failures(calling.caller), 3);
    ald_check_int(calling.end.code, 0);
    ald_check(!calling.end.greeted);
    calling.pause = ALD_NEVER;
    n = calling.n_ended;
    rig_until(&rig, calling.n_ended == n + 1);
    rig_settle(&rig);
    ald_check_int(calling.n_ended, n + 1);
    ald_caller_call(calling.caller);
    rig_until(&rig, calling.n_ended == n + 2);
    ald_caller_wait(calling.caller, 0);
    rig_until(&rig, calling.n_ended == n + 3);
    scene_end(&rig, &calling);
}

ALD_TEST(caller, stops_with_its_hub)
{
    struct rig rig;
    struct calling calling;

    scene_start(&rig, &calling);
    rig_until(&rig, calling.n_linked == 1);
    ald_edge_drain(calling.edge, ald_loop_now(rig.loop));
    rig_until(&rig, calling.n_ended == 1);
    ald_caller_call(calling.caller);
    rig_settle(&rig);
    ald_check_int(calling.n_ended, 1);
    scene_end(&rig, &calling);
}

ALD_TEST(caller, may_go_at_any_moment)
{
    struct rig rig;
    struct calling calling;

    for (int turns = 0; turns < 12; turns++) {
        scene_start(&rig, &calling);
        for (int i = 0; i < turns; i++) {
            (void)ald_loop_turn(rig.loop, 0);
        }
        calling.caller = ald_caller_free(calling.caller);
        rig_settle(&rig);
        ald_check_int(calling.n_ended, 0);
        ald_check_int(ald_edge_conns(calling.edge), 0);
        scene_end(&rig, &calling);
    }
}

ALD_TEST_MAIN(caller, ALD_CASE(caller, links_and_links_again),
              ALD_CASE(caller, counts_calls_in_vain_and_rests_when_told_to), ALD_CASE(caller, stops_with_its_hub),
              ALD_CASE(caller, may_go_at_any_moment))
