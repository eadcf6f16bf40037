/* Services, another hub and datagrams at doors for lines, failing the first allocation, then the second, and so on. */

#include <stdlib.h>
#include <unistd.h>

#include "conn/caller.h"
#include "lib/alloc_fail.h"
#include "lib/door_rig.h"
#include "transport/udp.h"
#include "wire/communicator/communicator.h"

static const struct ald_identity identity = {.hub = {"here", 4}, .address = {"10.0.0.1:4042", 13}};
static struct ald_door_lines lines;
static struct ald_door_group group;

/* Turn until `fact` holds or nobody is left to make it true. */
#define until_or_closed(rig, client, fact) rig_until(rig, (fact) || (client)->closed)

static ald_usec again(void *owner ALD_UNUSED, const struct ald_conn_end *end ALD_UNUSED)
{
    return ALD_NEVER;
}

static const struct ald_caller_callbacks callbacks = {.name = "test", .again = again};

static void scene_services(struct rig *rig)
{
    struct rig_client *a = rig_dial(rig, 0, false), *b = rig_dial(rig, 1, false);

    if (a == NULL || b == NULL) {
        return;
    }
    rig_say(a, "REGISTER service=a;version=1\n");
    until_or_closed(rig, a, rig_heard(a, "READY") || rig_heard(a, "INVALID"));
    rig_say(b, "REGISTER service=b;version=1\nCOMMANDS list=DATA\n");
    until_or_closed(rig, b, rig_heard(b, "READY") || rig_heard(b, "INVALID"));
    if (!a->closed && !b->closed) {
        rig_say(a, "b/DATA v=1\n");
        rig_say(a, "STOP\n");
        rig_settle(rig); /* it may be lost, and is counted then */
    }
    rig_leave(a);
    rig_leave(b);
}

static void scene_call(struct rig *rig)
{
    const struct ald_caller_spec call = {
        .place = {ALD_BOTTOM_INPROC, "door", 0},
        .dialect = &ald_communicator,
        .variant = ALD_COMMUNICATOR_GOSSIP,
        .callbacks = &callbacks,
    };
    struct ald_caller *caller = NULL;

    if (ald_caller_new(rig->edge, &call, &caller) == 0) {
        rig_settle(rig);
        ald_caller_free(caller);
    }
}

static void posted(void *owner, int outcome ALD_UNUSED, const char *text ALD_UNUSED)
{
    *(struct ald_udp_post **)owner = NULL;
}

static void scene_datagrams(struct rig *rig)
{
    const struct ald_door_lines datagrams = {.dialect = &ald_communicator, .variant = ALD_COMMUNICATOR_DATAGRAM};
    const struct ald_udp_spec udp = {.host = "127.0.0.1"};
    const struct ald_udp_sender_spec to = {.host = "127.0.0.1"};
    struct ald_udp_sender_spec spec = to;
    const struct ald_door_spec door_spec = {.name = "udp", .lines = &datagrams, .udp = &udp};
    struct ald_door *door = NULL;
    struct ald_udp_post *post = NULL;

    if (ald_door_open(rig->edge, &door_spec, &door, NULL) < 0) {
        return;
    }
    spec.port = (uint16_t)atoi(strrchr(ald_door_address(door), ':') + 1);
    if (ald_udp_post_new(rig->net, &spec, ALD_STR("b/DATA v=1"), posted, &post, &post) == 0) {
        for (int i = 0; i < 100 && ald_door_counters(door)->datagrams == 0; i++) {
            (void)ald_loop_turn(rig->loop, ALD_MSEC);
        }
    }
    ald_udp_post_cancel(post);
    ald_door_close(door);
    rig_settle(rig);
}

/* Tells whether the `n`-th allocation was one of it. */
static bool scenario(uint64_t n)
{
    struct rig rig;
    bool failed;

    group = (struct ald_door_group){.max = 100};
    lines = (struct ald_door_lines){.dialect = &ald_communicator, .variant = ALD_COMMUNICATOR_OPEN, .group = &group};
    rig_init(&rig);
    rig.lines = &lines;
    rig.spec.identity = &identity;
    rig.fails = true;
    ald_alloc_fail_at(n);
    if (rig_start(&rig) == 0) {
        scene_services(&rig);
        scene_call(&rig);
        scene_datagrams(&rig);
    }
    failed = ald_alloc_fail_off();
    rig_fini(&rig);
    ald_check_int(group.n, 0);
    return failed;
}

ALD_TEST(lines_nomem, cost_only_whom_they_were_for)
{
    uint64_t n = 0;

    do {
        n++;
    } while (scenario(n));
    ald_check(n > 50);
}

ALD_TEST_MAIN(lines_nomem, ALD_CASE(lines_nomem, cost_only_whom_they_were_for))
