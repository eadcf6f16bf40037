#pragma once

/*
 * Alive: what a hub answers when somebody elsewhere asks it, under the name that hubs have among the communicator's family
 * (communicator 5.1: `n1:communicatord`), whether it is alive. Whoever is linked with it by that protocol is answered by the
 * dialect; over links between aldis hubs the question arrives here.
 */

#include "base/defs.h"

struct ald_command;
struct ald_hub;
struct ald_msg;
struct ald_parcel;

/* The message is for this hub by that name, and nobody else is called so here. */
bool ald_alive_is_meant(const struct ald_hub *hub, const struct ald_msg *msg);
/* The event asks that: who said it is told, and true. */
bool ald_alive_answer_event(struct ald_hub *hub, const struct ald_parcel *parcel);
/* The same for a command. */
bool ald_alive_answer(struct ald_hub *hub, struct ald_command *command);
