#pragma once

/*
 * Arena: memory of one simulated world. Everything a run records lives exactly as long as the run, so it is taken from
 * large chunks and given back all at once; the chunks are kept for the next run of the same process.
 *
 * Threading: one thread. Memory comes zeroed. A simulator that is out of memory has nothing to prove: it asserts.
 */

#include "base/defs.h"

struct sim_chunk;

struct sim_arena {
    struct sim_chunk *first, *current;
    size_t used; /* of the current chunk */
};

void sim_arena_init(struct sim_arena *arena);
void sim_arena_fini(struct sim_arena *arena);
/* Forget everything handed out; keep the chunks. */
void sim_arena_reset(struct sim_arena *arena);
void *sim_arena_get(struct sim_arena *arena, size_t size);
