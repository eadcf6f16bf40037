#include <stdio.h>

#include "lib/test.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/loop.h"

struct watch {
    struct ald_loop *loop;
    struct ald_poll *poll;
    int other; /* the far end */
    int ready;
    int n_calls;
};

static void watch_ready(void *owner, int ready)
{
    struct watch *watch = owner;

    watch->ready = ready;
    watch->n_calls++;
}

static void watch_open(struct watch *watch)
{
    int ends[2];

    *watch = (struct watch){0};
    ald_check_int(ald_loop_new(&watch->loop), 0);
    ald_check_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    ald_check_int(ald_poll_new(watch->loop, ends[0], watch_ready, watch, &watch->poll), 0);
    watch->other = ends[1];
}

static void watch_close(struct watch *watch)
{
    ald_check(ald_poll_close(watch->poll) == NULL);
    close(watch->other);
    ald_check(ald_loop_free(watch->loop) == NULL);
}

ALD_TEST(poll, reports_nothing_until_asked)
{
    struct watch watch;

    watch_open(&watch);
    ald_check_int(write(watch.other, "x", 1), 1);
    ald_check(!ald_loop_turn(watch.loop, 0));
    ald_check_int(watch.n_calls, 0);
    ald_poll_set(watch.poll, ALD_POLL_WRITE);
    ald_check(ald_loop_turn(watch.loop, ALD_NEVER));
    ald_check_int(watch.ready, ALD_POLL_WRITE);
    watch_close(&watch);
}

ALD_TEST(poll, reports_again_what_was_not_dealt_with)
{
    struct watch watch;

    watch_open(&watch);
    ald_check_int(write(watch.other, "x", 1), 1);
    ald_poll_set(watch.poll, ALD_POLL_READ);
    ald_check(ald_loop_turn(watch.loop, ALD_NEVER));
    ald_check(ald_loop_turn(watch.loop, ALD_NEVER));
    ald_check_int(watch.n_calls, 2);
    ald_poll_set(watch.poll, 0);
    ald_check(!ald_loop_turn(watch.loop, 0));
    ald_check_int(watch.n_calls, 2);
    watch_close(&watch);
}

ALD_TEST(poll, closes_its_descriptor)
{
    struct watch watch;
    int fd;

    watch_open(&watch);
    fd = ald_poll_fd(watch.poll);
    ald_poll_set(watch.poll, ALD_POLL_READ | ALD_POLL_WRITE);
    watch.poll = ald_poll_close(watch.poll);
    ald_check(close(fd) < 0 && errno == EBADF);
    ald_check(!ald_loop_turn(watch.loop, 0));
    ald_check_int(watch.n_calls, 0);
    watch_close(&watch);
}

ALD_TEST(poll, reports_an_error_for_the_next_read_to_find)
{
    struct watch watch;

    watch_open(&watch);
    /* Unread data at its close makes a unix socket's peer see ECONNRESET. */
    ald_check_int(write(ald_poll_fd(watch.poll), "x", 1), 1);
    close(watch.other);
    ald_poll_set(watch.poll, ALD_POLL_READ);
    ald_check(ald_loop_turn(watch.loop, ALD_NEVER));
    ald_check((watch.ready & ALD_POLL_READ) != 0);
    watch.other = dup(0);
    watch_close(&watch);
}

ALD_TEST(poll, refuses_what_cannot_be_watched)
{
    struct watch watch;
    struct ald_poll *poll = NULL;
    FILE *file = tmpfile();

    watch_open(&watch);
    ald_check(file != NULL);
    ald_check_int(ald_poll_new(watch.loop, fileno(file), watch_ready, &watch, &poll), ALDIS_E_IO);
    fclose(file);
    watch_close(&watch);
}

ALD_TEST_MAIN(poll, ALD_CASE(poll, reports_nothing_until_asked), ALD_CASE(poll, reports_again_what_was_not_dealt_with),
              ALD_CASE(poll, closes_its_descriptor), ALD_CASE(poll, reports_an_error_for_the_next_read_to_find),
              ALD_CASE(poll, refuses_what_cannot_be_watched))
