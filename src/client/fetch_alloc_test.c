/*
 * A fetch whose memory is short: one allocation fails, then the next one. It is told why, or tells why at its end, once;
 * nothing leaks. Who answers is another process, whose memory is its own.
 */

#include "lib/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "client/fetch.h"
#include "client/fetch_events.h"
#include "lib/alloc_fail.h"
#include "loop/loop.h"
#include "transport/net.h"

static const char canned[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "20\r\nevent: command\ndata: {\"id\":\"x\"}\n\r\n1\r\n\n\r\n0\r\n\r\n";

struct server {
    char folder[64], path[100], url[120];
    int listener;
    pid_t pid;
};

/* Answers one after the other, whatever is asked, and never ends by itself. */
static void server_serve(int listener)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        char room[4096];

        if (fd < 0) {
            _exit(1);
        }
        if (read(fd, room, sizeof(room)) > 0 && write(fd, canned, sizeof(canned) - 1) < 0) {
            _exit(2);
        }
        close(fd);
    }
}

static void server_start(struct server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(server->folder, sizeof(server->folder), "/tmp/aldis_fetch_XXXXXX");
    ald_check(mkdtemp(server->folder) != NULL);
    snprintf(server->path, sizeof(server->path), "%s/s", server->folder);
    snprintf(server->url, sizeof(server->url), "unix:%s", server->path);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", server->path);
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ald_check(server->listener >= 0);
    ald_check_int(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ald_check_int(listen(server->listener, 16), 0);
    server->pid = fork();
    ald_check(server->pid >= 0);
    if (server->pid == 0) {
        signal(SIGPIPE, SIG_IGN);
        server_serve(server->listener);
    }
}

static void server_stop(struct server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    close(server->listener);
    unlink(server->path);
    rmdir(server->folder);
}

struct life {
    struct ald_loop *loop;
    struct ald_fetch_events events;
    int n_ends, n_events;
    int status;
    bool short_of_memory; /* a reader of events has no other way to go on */
};

static bool life_bytes(void *owner, struct ald_str bytes)
{
    struct life *life = owner;
    struct ald_fetch_event event;
    int r;

    while ((r = ald_fetch_events_next(&life->events, &bytes, &event)) == 0) {
        ald_check_str(event.data, "{\"id\":\"x\"}");
        life->n_events++;
    }
    life->short_of_memory = r < 0;
    return r >= 0;
}

static void life_end(void *owner, const struct ald_fetch_end *end)
{
    struct life *life = owner;

    life->n_ends++;
    life->status = end->status;
    ald_check(end->status != 0 || end->text.size > 0);
}

static void life_run(struct life *life, struct ald_net *net, const char *url, bool stream)
{
    const struct ald_fetch_spec spec = {
        .url = url,
        .method = "POST",
        .target = "/",
        .token = "token",
        .body = ALD_STR("{}"),
        .timeout = 20 * ALD_SEC,
        .bytes = stream ? life_bytes : NULL,
        .silence = 20 * ALD_SEC,
    };
    struct ald_fetch *fetch = NULL;
    ald_usec end = ald_loop_fresh() + 20 * ALD_SEC;

    if (ald_fetch_new(net, &spec, life_end, life, NULL, &fetch) != 0) {
        return;
    }
    while (life->n_ends == 0 && !life->short_of_memory) {
        ald_check(ald_loop_fresh() < end);
        ald_loop_turn(life->loop, 50 * ALD_MSEC);
    }
    ald_fetch_free(fetch);
}

/* Returns whether an allocation failed. */
static bool life_fails_at(uint64_t n, const char *url, bool stream, int *ret_status, int *ret_events)
{
    struct life life = {.loop = NULL};
    struct ald_net *net = NULL;
    bool failed;

    ald_check_int(ald_loop_new(&life.loop), 0);
    ald_check_int(ald_net_new(life.loop, &net), 0);
    ald_fetch_events_init(&life.events, 1000);
    ald_alloc_fail_at(n);
    life_run(&life, net, url, stream);
    failed = ald_alloc_fail_off();
    ald_check(life.n_ends <= 1);
    *ret_status = life.status;
    *ret_events = life.n_events;
    ald_fetch_events_fini(&life.events);
    ald_net_free(net);
    ald_loop_free(life.loop);
    return failed;
}

static void check_lives(bool stream)
{
    struct server server;
    int status, n_events;
    uint64_t n = 1;

    server_start(&server);
    while (life_fails_at(n, server.url, stream, &status, &n_events)) {
        n++;
    }
    server_stop(&server);
    ald_check(n > 5); /* it came as far as allocating */
    ald_check_int(status, 200);
    ald_check_int(n_events, stream ? 1 : 0);
}

ALD_TEST(fetch_alloc, may_fail_anywhere_in_a_request)
{
    check_lives(false);
}

ALD_TEST(fetch_alloc, may_fail_anywhere_in_a_stream)
{
    check_lives(true);
}

ALD_TEST_MAIN(fetch_alloc, ALD_CASE(fetch_alloc, may_fail_anywhere_in_a_request),
              ALD_CASE(fetch_alloc, may_fail_anywhere_in_a_stream))
