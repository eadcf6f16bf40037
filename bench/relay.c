/*
 * A bare relay on the loop of aldis: what comes over the k-th caller's connection is written to the k-th agent's, and back.
 * Nothing is parsed; a read is followed by a write at once. It is the least that anything between two programs can cost.
 *
 *     bench_relay AGENTS CALLERS      each a port on 127.0.0.1 (0: any) or a path; prints what it listens on
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop/loop.h"

enum { ENDS_MAX = 4096, READ_SIZE = 64 * 1024 };

struct end {
    struct ald_poll *poll;
    struct end *other; /* NULL until it has come */
    uint8_t *rest;     /* what the kernel did not take, for this end */
    size_t rest_size;
    bool blocked; /* the other end is not read until that is written */
};

struct door {
    struct ald_poll *poll;
    struct relay *relay;
    struct end *ends[ENDS_MAX];
    size_t n;
};

struct relay {
    struct ald_loop *loop;
    struct door doors[2];
};

static uint8_t room[READ_SIZE];

static void relay_die(const char *what)
{
    fprintf(stderr, "bench_relay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void end_watch(struct end *end)
{
    bool read = end->other != NULL && !end->other->blocked;

    ald_poll_set(end->poll, (read ? ALD_POLL_READ : 0) | (end->blocked ? ALD_POLL_WRITE : 0));
}

static void end_write(struct end *end, const uint8_t *bytes, size_t size)
{
    ssize_t n = send(ald_poll_fd(end->poll), bytes, size, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN) {
        return; /* it left; its own end tells */
    }
    n = n < 0 ? 0 : n;
    end->rest_size = size - (size_t)n;
    memmove(end->rest, bytes + n, end->rest_size);
    if (end->blocked != (end->rest_size > 0)) {
        end->blocked = end->rest_size > 0;
        end_watch(end);
        end_watch(end->other);
    }
}

static void end_ready(void *owner, int ready)
{
    struct end *end = owner;
    ssize_t n;

    if ((ready & ALD_POLL_WRITE) != 0 && end->blocked) {
        end_write(end, end->rest, end->rest_size);
    }
    if ((ready & ALD_POLL_READ) == 0 || end->other == NULL || end->other->blocked) {
        return;
    }
    n = recv(ald_poll_fd(end->poll), room, sizeof(room), 0);
    if (n > 0) {
        end_write(end->other, room, (size_t)n);
    } else if (n == 0 || errno != EAGAIN) {
        ald_poll_set(end->poll, 0);
        ald_ignore(shutdown(ald_poll_fd(end->other->poll), SHUT_WR)); /* it may be gone as well */
    }
}

static void door_ready(void *owner, int ready ALD_UNUSED)
{
    struct door *door = owner;
    struct door *across = &door->relay->doors[door == door->relay->doors];
    int fd = accept4(ald_poll_fd(door->poll), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    const int on = 1;
    struct end *end;

    if (fd < 0) {
        return;
    }
    end = calloc(1, sizeof(*end));
    if (end == NULL || door->n == ENDS_MAX || (end->rest = malloc(READ_SIZE)) == NULL ||
        ald_poll_new(door->relay->loop, fd, end_ready, end, &end->poll) < 0) {
        relay_die("too many");
    }
    ald_ignore(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on))); /* no TCP, no delay */
    door->ends[door->n] = end;
    if (across->n > door->n) {
        end->other = across->ends[door->n];
        end->other->other = end;
        end_watch(end->other);
    }
    door->n++;
    end_watch(end);
}

static int door_bind(const char *where, uint16_t *ret_port)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    bool local = where[0] == '/';
    int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    snprintf(path.sun_path, sizeof(path.sun_path), "%s", where);
    address.sin_port = htons((uint16_t)strtoul(where, NULL, 10));
    if (fd < 0 ||
        (local ? bind(fd, (struct sockaddr *)&path, sizeof(path))
               : bind(fd, (struct sockaddr *)&address, sizeof(address))) < 0 ||
        listen(fd, 1024) < 0) {
        relay_die(where);
    }
    *ret_port = 0;
    if (!local && getsockname(fd, (struct sockaddr *)&address, &size) == 0) {
        *ret_port = ntohs(address.sin_port);
    }
    return fd;
}

static void door_open(struct relay *relay, struct door *door, const char *where)
{
    uint16_t port;
    int fd = door_bind(where, &port);

    door->relay = relay;
    if (ald_poll_new(relay->loop, fd, door_ready, door, &door->poll) < 0) {
        relay_die(where);
    }
    ald_poll_set(door->poll, ALD_POLL_READ);
    if (port != 0) {
        printf("127.0.0.1:%u\n", port);
    } else {
        printf("%s\n", where);
    }
}

int main(int argc, char **argv)
{
    static struct relay relay;

    if (argc != 3) {
        fprintf(stderr, "usage: bench_relay AGENTS CALLERS\n");
        return 2;
    }
    if (ald_loop_new(&relay.loop) < 0) {
        relay_die("no loop");
    }
    door_open(&relay, &relay.doors[0], argv[1]);
    door_open(&relay, &relay.doors[1], argv[2]);
    fflush(stdout);
    ald_loop_run(relay.loop); /* until it is ended from outside */
    return 0;
}
