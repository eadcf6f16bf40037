#pragma once

#include "cuts/world.h"

/* A random run. */
bool cuts_run(struct cuts_world *world, uint64_t seed, uint8_t sabotage);

/* Which byte of a return is the last one that is carried, of those that are said and of those that are heard. */
struct cuts_at {
    uint8_t client;
    size_t up, down;
    bool kernel; /* the kernel takes no more, else the client reads no more */
    bool told;   /* the hub is told at once; else when the client is back */
};
/* The same few messages, and a return that is cut there. Gives how many bytes there would have been. */
bool cuts_run_at(struct cuts_world *world, const struct cuts_at *at, size_t *ret_up, size_t *ret_down);
