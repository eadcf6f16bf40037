#pragma once

/*
 * What tcp and unix listeners share: taking connections off a listening socket. Private to transport.
 */

#include "transport/bottom.h"

struct ald_sock_listener {
    struct ald_listener listener;
    struct ald_poll *poll;
    struct ald_alarm rest; /* after the system had nothing to give */
    char *path;            /* unix: the socket's file, to be removed if it is still ours; else NULL */
    uint64_t device, inode;
    bool *gone; /* set when it is closed inside its own callback; NULL outside of it */
};

/*
 * Gives a listener over `fd` (takes, also when it fails), which is bound; it listens from now on. The caller fills in
 * address, port and loopback. Errors: ALDIS_E_NOMEM, ALDIS_E_BIND.
 */
ALD_NODISCARD int ald_sock_listener_new(struct ald_net *net, int fd, int backlog,
                                        struct ald_sock_listener **ret_listener, struct ald_why *why);
