#pragma once

/*
 * Scene: what a literal scenario needs. A plain world in which nothing is drawn, links take 1 ms each way and agents 5 ms, so
 * that its story can be written down beforehand, in full:
 *
 *     ALD_TEST(scene, a_reply_comes_back)
 *     {
 *         ALD_AUTO(sim_scene_end) struct sim_world *world = sim_scene_begin(NULL);
 *         ...
 *         sim_expect(world, "[    1] a serves lamp\n" ...);
 *     }
 *
 * Whatever the checker complains of fails the test, and so does what remains at the end.
 */

#include "sim/world.h"

/* Limits of a scene's hub: short times, so that stories are short. */
void sim_scene_config(struct ald_hub_config *ret_config);
/* Gives a world with a hub of `config` (borrows; NULL: sim_scene_config()'s). */
struct sim_world *sim_scene_begin(const struct ald_hub_config *config);
/* Everybody leaves; fails the test when anything broke. */
struct sim_world *sim_scene_end(struct sim_world *world);
ALD_DEFINE_CLEANUP(struct sim_world *, sim_scene_end);

/* Everything that a party can express but sessions. */
#define SIM_TRAITS                                                                                                     \
    (ALD_CAN_HEALTH | ALD_CAN_PRIMARY | ALD_CAN_CONFIRM_PRIMARY | ALD_CAN_CANCEL | ALD_CAN_STATUS | ALD_CAN_OUTCOME |  \
     ALD_CAN_LEAVE)

/* An agent that serves `target`, dialling now. */
struct sim_party *sim_scene_agent(struct sim_world *world, const char *name, const char *target, uint32_t traits);
struct sim_party *sim_scene_caller(struct sim_world *world, const char *name);
/* `caller` asks `target` now, with a second to the deadline. */
struct sim_command *sim_scene_ask(struct sim_world *world, struct sim_party *caller, const char *target,
                                  enum ald_mode mode);
struct sim_command *sim_scene_order(struct sim_world *world, struct sim_party *caller, const struct sim_order *order);

/* Let time pass until so many milliseconds after the start. */
void sim_scene_run(struct sim_world *world, uint32_t until_msec);

/* What happened since the last call is exactly this; fails the test and shows what it was. */
void sim_expect(struct sim_world *world, const char *story);
