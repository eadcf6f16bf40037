#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

/* The first allocation: most frames of commands and replies fit without a second one. */
enum { BUF_ROOM_MIN = 256 };

static void buf_check(const struct ald_buf *buf)
{
    ald_assert(buf->start <= buf->end && buf->end <= buf->room);
    ald_assert(buf->end - buf->start <= buf->max);
    ald_assert((buf->data != NULL) == (buf->room > 0));
}

void ald_buf_init(struct ald_buf *buf, size_t max)
{
    *buf = (struct ald_buf){.max = max};
}

void ald_buf_fini(struct ald_buf *buf)
{
    ald_buf_reset(buf);
}

/* The room to have next: doubled, but not past `max` as long as what is `wanted` at once fits below it. */
static size_t buf_room_next(const struct ald_buf *buf, size_t wanted)
{
    size_t doubled = buf->room > SIZE_MAX / 2 ? SIZE_MAX : buf->room * 2;
    size_t room = ALD_MAX(ALD_MAX(doubled, wanted), (size_t)BUF_ROOM_MIN);

    if (buf->room < buf->max) {
        return ALD_MIN(room, buf->max);
    }
    return ALD_MIN(room, buf->max > SIZE_MAX / 2 ? SIZE_MAX : buf->max * 2);
}

/* Move what is held to the front of a larger run. One byte more than `room` is there for vsnprintf's terminator. */
static int buf_grow(struct ald_buf *buf, size_t room)
{
    size_t held = ald_buf_size(buf);
    uint8_t *data = room < SIZE_MAX ? malloc(room + 1) : NULL;

    if (data == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    if (held > 0) {
        memcpy(data, buf->data + buf->start, held);
    }
    free(buf->data);
    buf->data = data;
    buf->room = room;
    buf->start = 0;
    buf->end = held;
    return 0;
}

int ald_buf_reserve(struct ald_buf *buf, size_t size, uint8_t **ret_room)
{
    size_t held = ald_buf_size(buf);
    int r;

    if (size > buf->max - held) {
        return ALD_BUF_FULL;
    }
    if (size > buf->room - buf->end) {
        if (held + size <= buf->room && held <= buf->start) {
            memmove(buf->data, buf->data + buf->start, held);
            buf->start = 0;
            buf->end = held;
        } else {
            r = buf_grow(buf, buf_room_next(buf, held + size));
            if (r < 0) {
                return ald_trace(r);
            }
        }
    }
    buf_check(buf);
    *ret_room = buf->data != NULL ? buf->data + buf->end : NULL;
    return 0;
}

void ald_buf_commit(struct ald_buf *buf, size_t size)
{
    ald_assert(size <= buf->room - buf->end);
    buf->end += size;
    buf_check(buf);
}

int ald_buf_push(struct ald_buf *buf, struct ald_str bytes)
{
    uint8_t *room = NULL;
    int r = ald_buf_reserve(buf, bytes.size, &room);

    if (r != 0) {
        return r;
    }
    if (bytes.size > 0) {
        memcpy(room, bytes.data, bytes.size);
        ald_buf_commit(buf, bytes.size);
    }
    return 0;
}

int ald_buf_push_byte(struct ald_buf *buf, uint8_t byte)
{
    return ald_buf_push(buf, ald_str_of(&byte, 1));
}

static int buf_pushv(struct ald_buf *buf, size_t size, const char *format, va_list arguments)
{
    uint8_t *room = NULL;
    int r = ald_buf_reserve(buf, size, &room);

    if (r != 0 || size == 0) {
        return r;
    }
    r = vsnprintf((char *)room, size + 1, format, arguments);
    ald_assert(r >= 0 && (size_t)r == size);
    ald_buf_commit(buf, size);
    return 0;
}

int ald_buf_pushf(struct ald_buf *buf, const char *format, ...)
{
    va_list arguments;
    int size, r;

    va_start(arguments, format);
    size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0) {
        return ALD_BUF_FULL; /* longer than INT_MAX: no cap of ours allows that */
    }

    va_start(arguments, format);
    r = buf_pushv(buf, (size_t)size, format, arguments);
    va_end(arguments);
    return r;
}

void ald_buf_pop(struct ald_buf *buf, size_t size)
{
    ald_assert(size <= ald_buf_size(buf));

    buf->start += size;
    if (buf->start == buf->end) {
        buf->start = 0;
        buf->end = 0;
    }
}

void ald_buf_cut(struct ald_buf *buf, size_t size)
{
    ald_assert(size <= ald_buf_size(buf));
    buf->end = buf->start + size;
}

void ald_buf_reset(struct ald_buf *buf)
{
    free(buf->data);
    *buf = (struct ald_buf){.max = buf->max};
}
