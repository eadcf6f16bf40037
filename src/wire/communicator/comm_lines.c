#include "wire/communicator/comm_lines.h"

#include "base/error.h"

/* The first block of a line that comes in parts: most lines fit. */
enum { LINES_ROOM_MIN = 480 };

static void lines_check(const struct ald_comm_lines *lines)
{
    ald_assert(lines->held_size <= lines->max);
    ald_assert(!lines->skipping || lines->held == NULL);
    ald_assert(lines->held_size <= ald_comm_lines_held(lines));
}

void ald_comm_lines_init(struct ald_comm_lines *lines, size_t max)
{
    ald_assert(max > 0);
    *lines = (struct ald_comm_lines){.max = max};
}

static void lines_drop(struct ald_comm_lines *lines)
{
    lines->held = ald_block_unref(lines->held);
    lines->held_size = 0;
}

void ald_comm_lines_fini(struct ald_comm_lines *lines)
{
    lines_drop(lines);
}

static void chunk_pop(struct ald_slice *chunk, size_t size)
{
    ald_assert(size <= chunk->size);
    if (size > 0) {
        chunk->data += size;
        chunk->size -= size;
    }
}

/* Room for a line of `wanted` bytes: no more than that when it `ends` there, else as much again. */
static size_t lines_room(const struct ald_comm_lines *lines, size_t wanted, bool ends)
{
    return ends ? wanted : ALD_MIN(ALD_MAX(2 * wanted, (size_t)LINES_ROOM_MIN), lines->max);
}

/* Hold `size` bytes more. The block doubles, so each byte is copied O(1) times. */
static int lines_hold(struct ald_comm_lines *lines, const uint8_t *data, size_t size, bool ends)
{
    ALD_AUTO(ald_block_unref) struct ald_block *block = NULL;
    size_t wanted = lines->held_size + size;
    int r;

    ald_assert(wanted <= lines->max);

    if (lines->held == NULL || wanted > lines->held->size) {
        r = ald_block_new(lines_room(lines, wanted, ends), &block);
        if (r < 0) {
            return ald_trace(r);
        }
        if (lines->held_size > 0) {
            memcpy(block->data, lines->held->data, lines->held_size);
        }
        (void)ald_block_unref(lines->held);
        lines->held = ald_steal(&block);
    }
    if (size > 0) {
        memcpy(lines->held->data + lines->held_size, data, size);
    }
    lines->held_size = wanted;
    return 0;
}

/* The line whose last `size` bytes begin the chunk; the LF is behind them. */
static int lines_end(struct ald_comm_lines *lines, struct ald_slice *chunk, size_t size, struct ald_slice *ret_line)
{
    int r;

    if (lines->held == NULL) {
        *ret_line = ald_slice_part(*chunk, 0, size);
    } else {
        r = lines_hold(lines, chunk->data, size, true);
        if (r < 0) {
            return ald_trace(r);
        }
        *ret_line = ald_slice_of(lines->held, lines->held->data, lines->held_size);
        lines_drop(lines);
    }
    chunk_pop(chunk, size + 1);
    return 0;
}

/* Nothing of a line that is too long is kept; `size` bytes of it are in the chunk, and its LF when it `ends`. */
static int lines_skip(struct ald_comm_lines *lines, struct ald_slice *chunk, size_t size, bool ends)
{
    lines_drop(lines);
    lines->skipping = !ends;
    chunk_pop(chunk, size + (ends ? 1 : 0));
    return ALD_COMM_LINES_LONG;
}

static int lines_step(struct ald_comm_lines *lines, struct ald_slice *chunk, struct ald_slice *ret_line)
{
    const uint8_t *lf = memchr(chunk->data, '\n', chunk->size);
    size_t size = lf != NULL ? (size_t)(lf - chunk->data) : chunk->size;
    int r;

    if (lines->skipping) {
        lines->skipping = lf == NULL;
        chunk_pop(chunk, size + (lf != NULL ? 1 : 0));
        return ALD_COMM_LINES_HUNGRY;
    }
    if (size > lines->max - lines->held_size) {
        return lines_skip(lines, chunk, size, lf != NULL);
    }
    if (lf != NULL) {
        return lines_end(lines, chunk, size, ret_line);
    }
    r = lines_hold(lines, chunk->data, size, false);
    if (r < 0) {
        return ald_trace(r);
    }
    chunk_pop(chunk, size);
    return ALD_COMM_LINES_HUNGRY;
}

static bool line_is_empty(struct ald_slice line)
{
    return line.size == 0 || (line.size == 1 && line.data[0] == '\r');
}

int ald_comm_lines_next(struct ald_comm_lines *lines, struct ald_slice *chunk, struct ald_slice *ret_line)
{
    struct ald_slice line = ALD_SLICE_NONE;
    int r;

    ald_assert(lines != NULL && chunk != NULL && ret_line != NULL);

    while (chunk->size > 0) {
        r = lines_step(lines, chunk, &line);
        lines_check(lines);
        if (r < 0) {
            return ald_trace(r);
        }
        if (r == ALD_COMM_LINES_LONG) {
            return ALD_COMM_LINES_LONG;
        }
        if (r == 0 && !line_is_empty(line)) {
            *ret_line = line;
            return 0;
        }
        ald_slice_clear(&line);
    }
    return ALD_COMM_LINES_HUNGRY;
}
