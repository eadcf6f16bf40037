#include "sim/arena.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_CHUNK = 256 * 1024, ARENA_ALIGN = 16 };

struct sim_chunk {
    struct sim_chunk *next;
    size_t size;
    _Alignas(ARENA_ALIGN) uint8_t data[];
};

void sim_arena_init(struct sim_arena *arena)
{
    *arena = (struct sim_arena){0};
}

void sim_arena_fini(struct sim_arena *arena)
{
    while (arena->first != NULL) {
        struct sim_chunk *chunk = arena->first;

        arena->first = chunk->next;
        free(chunk);
    }
    *arena = (struct sim_arena){0};
}

void sim_arena_reset(struct sim_arena *arena)
{
    arena->current = arena->first;
    arena->used = 0;
}

/* The chunk after the current one, made when there is none or when it is too small for `size`. */
static struct sim_chunk *arena_advance(struct sim_arena *arena, size_t size)
{
    struct sim_chunk *next = arena->current != NULL ? arena->current->next : arena->first;
    struct sim_chunk *chunk = next;

    if (chunk == NULL || chunk->size < size) {
        size_t room = ALD_MAX(size, (size_t)ARENA_CHUNK);

        chunk = malloc(sizeof(*chunk) + room);
        ald_assert(chunk != NULL);
        chunk->size = room;
        chunk->next = next;
        if (arena->current != NULL) {
            arena->current->next = chunk;
        } else {
            arena->first = chunk;
        }
    }
    arena->current = chunk;
    arena->used = 0;
    return chunk;
}

void *sim_arena_get(struct sim_arena *arena, size_t size)
{
    struct sim_chunk *chunk = arena->current;
    void *memory;

    size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (chunk == NULL || chunk->size - arena->used < size) {
        chunk = arena_advance(arena, size);
    }
    memory = chunk->data + arena->used;
    arena->used += size;
    return memset(memory, 0, size);
}
