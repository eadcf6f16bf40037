#pragma once

/*
 * Buf: a run of bytes that grows at its end and is consumed at its front, never past its cap.
 *
 * Invariants: start <= end <= room <= 2 * max, end - start <= max. Consumed bytes are reclaimed when the rest is moved to
 * the front, which happens only when at least as much was consumed as is moved, so every byte is moved O(1) times. The
 * second `max` of room is taken only by a buf that is kept nearly full while it is consumed.
 */

#include <stdarg.h>

#include "base/defs.h"
#include "base/str.h"

struct ald_buf {
    uint8_t *data;
    size_t start, end; /* the bytes held are data[start, end) */
    size_t room;       /* bytes that fit in data */
    size_t max;        /* never hold more than this */
};

enum { ALD_BUF_FULL = 1 }; /* outcome: the cap would be passed; nothing was added */

/* Make an empty buf that may hold `max` bytes; allocates nothing yet. */
void ald_buf_init(struct ald_buf *buf, size_t max);
void ald_buf_fini(struct ald_buf *buf);

static inline size_t ald_buf_size(const struct ald_buf *buf)
{
    return buf->end - buf->start;
}
static inline struct ald_str ald_buf_str(const struct ald_buf *buf)
{
    return (struct ald_str){buf->data != NULL ? (const char *)buf->data + buf->start : "", buf->end - buf->start};
}

/* Make room for `size` more bytes and give where they go. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_buf_reserve(struct ald_buf *buf, size_t size, uint8_t **ret_room);
/* `size` bytes were written into the room that ald_buf_reserve() gave. */
void ald_buf_commit(struct ald_buf *buf, size_t size);

/* Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_buf_push(struct ald_buf *buf, struct ald_str bytes);
ALD_NODISCARD int ald_buf_push_byte(struct ald_buf *buf, uint8_t byte);
ALD_NODISCARD int ald_buf_pushf(struct ald_buf *buf, const char *format, ...) ALD_PRINTF(2, 3);

/* Forget the first `size` bytes. */
void ald_buf_pop(struct ald_buf *buf, size_t size);
/* Forget everything after the first `size` bytes. */
void ald_buf_cut(struct ald_buf *buf, size_t size);
/* Forget everything and give the memory back: an idle connection holds no buffer. */
void ald_buf_reset(struct ald_buf *buf);
