#pragma once

/*
 * Elsewhere: a fake hub in a process of its own, where memory is never short.
 */

#include "client/desk_test.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct elsewhere {
    pid_t pid;
    char url[300];
};

/* Welcomes with a command, again when that is refused, and answers one; does not know what became of any other. */
static _Noreturn void elsewhere_serve(enum fake_manner manner, int to_parent)
{
    struct ald_loop *loop = NULL;
    struct ald_net *net = NULL;
    static struct fake_hub hub;
    size_t n_seen = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ald_check_int(ald_loop_new(&loop), 0);
    ald_check_int(ald_net_new(loop, &net), 0);
    fake_hub_open(&hub, net, manner, true);
    ald_check(write(to_parent, hub.url, sizeof(hub.url)) == (ssize_t)sizeof(hub.url));
    for (;;) {
        ald_loop_turn(loop, ALD_NEVER);
        for (; n_seen < hub.n_heard; n_seen++) {
            struct fake_heard *heard = &hub.heard[n_seen];

            if (heard->conn->dialect == NULL) {
                continue;
            }
            hub.knows_session = false; /* a session would bring back what a fake hub does not keep */
            if (heard->kind == ALD_SIGNAL_REGISTER ||
                (heard->kind == ALD_SIGNAL_REPLY && heard->outcome != ALD_SUCCEEDED)) {
                fake_hub_command(heard->conn, "WORK", "{}", 5 * ALD_SEC);
            } else if (heard->kind == ALD_SIGNAL_COMMAND && ald_str_equal(heard->msg->name, ALD_STR("SIGNAL"))) {
                fake_hub_answer(&hub, heard, ALD_SUCCEEDED, ALD_CAUSE_NONE, "[1]");
            } else if (heard->kind == ALD_SIGNAL_COMMAND) {
                fake_hub_answer(&hub, heard, ALD_REFUSED, ALD_CAUSE_INVALID, NULL);
            }
        }
        fake_hub_forget(&hub);
        n_seen = 0;
    }
}

static inline void elsewhere_start(struct elsewhere *elsewhere, enum fake_manner manner)
{
    int ends[2];

    ald_check_int(pipe(ends), 0);
    elsewhere->pid = fork();
    ald_check(elsewhere->pid >= 0);
    if (elsewhere->pid == 0) {
        elsewhere_serve(manner, ends[1]);
    }
    ald_check(read(ends[0], elsewhere->url, sizeof(elsewhere->url)) == (ssize_t)sizeof(elsewhere->url));
    close(ends[0]);
    close(ends[1]);
}

static inline void elsewhere_stop(struct elsewhere *elsewhere)
{
    char *name = strrchr(elsewhere->url, '/');

    kill(elsewhere->pid, SIGKILL);
    waitpid(elsewhere->pid, NULL, 0);
    if (strncmp(elsewhere->url, "link", 4) == 0) {
        return;
    }
    unlink(elsewhere->url + strlen("unix:")); /* `cd://` has as many bytes */
    *name = '\0';
    rmdir(elsewhere->url + strlen("unix:"));
}
