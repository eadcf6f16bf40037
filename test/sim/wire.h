#pragma once

/*
 * Wire: the byte level. The same worlds, with the exchange dialect at both ends of every link: what one end emits travels as
 * WebSocket messages and is fed to the other. A party speaks the variant that its traits need: the extension, v1 or legacy.
 *
 * Lifetime: sim_wire_open() with its link, sim_wire_close() at the end of the world.
 */

#include "sim/link.h"

struct sim_wire;

void sim_wire_open(struct sim_link *link);
void sim_wire_close(struct sim_link *link);
/* What a party of these traits is able to say in the dialect; the nearest set that the dialect has. */
uint32_t sim_wire_traits(uint32_t traits, bool serves);
/* Its callers say where a command is to go, and hear outcomes by name. */
bool sim_wire_extended(const struct sim_party *party);

/* Carry `signal` (takes its references) as frames. */
void sim_wire_push(struct sim_link *link, enum sim_direction way, struct ald_signal *signal,
                   struct sim_handing *handing);
/* A frame has arrived: feed it to the receiver's end, and hand on what it means. */
void sim_wire_arrived(struct sim_link *link, enum sim_direction way, const struct sim_packet *packet);
