#include "loop/loop_impl.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

struct ald_poll {
    uv_poll_t uv;
    struct ald_loop *loop;
    ald_poll_fn fn;
    void *owner;
    int fd;
    int events;
};

_Static_assert((int)ALD_POLL_READ == (int)UV_READABLE, "events pass unchanged");
_Static_assert((int)ALD_POLL_WRITE == (int)UV_WRITABLE, "events pass unchanged");

static void poll_ready(uv_poll_t *handle, int status, int events);

static void poll_arm(struct ald_poll *poll)
{
    int r = poll->events != 0 ? uv_poll_start(&poll->uv, poll->events, poll_ready) : uv_poll_stop(&poll->uv);

    /* It fails only when the same descriptor is watched twice. */
    ald_assert(r == 0);
    poll->loop->changed = true;
}

static void poll_ready(uv_poll_t *handle, int status, int events)
{
    struct ald_poll *poll = handle->data;

    if (status < 0) {
        /* libuv stopped the watch; the error itself is found by the next read or write. */
        poll_arm(poll);
        events = ALD_POLL_READ | ALD_POLL_WRITE;
    }
    poll->fn(poll->owner, events);
}

int ald_poll_new(struct ald_loop *loop, int fd, ald_poll_fn fn, void *owner, struct ald_poll **ret_poll)
{
    struct ald_poll *poll = malloc(sizeof(*poll));
    int r;

    ald_assert(fd >= 0);
    if (poll == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = uv_poll_init(&loop->uv, &poll->uv, fd);
    if (r < 0) {
        free(poll);
        return ald_trace(ald_loop_error(r));
    }
    poll->uv.data = poll;
    poll->loop = loop;
    poll->fn = fn;
    poll->owner = owner;
    poll->fd = fd;
    poll->events = 0;
    loop->n_objects++;
    *ret_poll = poll;
    return 0;
}

void ald_poll_set(struct ald_poll *poll, int events)
{
    /* libuv removes and adds the descriptor for every change: two system calls. */
    if (events != poll->events) {
        poll->events = events;
        poll_arm(poll);
    }
}

void ald_poll_own(struct ald_poll *poll, ald_poll_fn fn, void *owner)
{
    poll->fn = fn;
    poll->owner = owner;
}

int ald_poll_fd(const struct ald_poll *poll)
{
    return poll->fd;
}

static void poll_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct ald_poll *ald_poll_close(struct ald_poll *poll)
{
    if (poll == NULL) {
        return NULL;
    }
    ald_assert(poll->loop->n_objects > 0);
    poll->loop->n_objects--;
    /* libuv forgets the descriptor inside uv_close(), so its number may be used again at once. */
    uv_close((uv_handle_t *)&poll->uv, poll_closed);
    ald_ignore(
        close(poll->fd)); /* nothing can be done about it, and the descriptor is gone on Linux whatever it says */
    return NULL;
}
