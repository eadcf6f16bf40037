#include "transport/sock_bind.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "transport/bottom.h"

const char *ald_sock_name_bare(const char *name, char bare[ALD_SOCK_NAME_MAX])
{
    size_t size = strlen(name);

    if (size < 2 || size > ALD_SOCK_NAME_MAX || name[0] != '[' || name[size - 1] != ']') {
        return name;
    }
    memcpy(bare, name + 1, size - 2);
    bare[size - 2] = '\0';
    return bare;
}

/* Gives a socket bound to an address of a list, or returns the errno. */
static int bind_address(int type, const struct addrinfo *it, int *ret_fd)
{
    const int on = 1, off = 0;
    int fd = socket(it->ai_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error;

    if (fd < 0) {
        return errno;
    }
    if (type == SOCK_STREAM) {
        /*
         * A daemon that is started again must not wait for the connections of the last one to be forgotten. Datagrams
         * have none, and there it would let another program share the address.
         */
        ald_ignore(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on))); /* binding tells */
    }
    if (it->ai_family == AF_INET6) {
        ald_ignore(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off))); /* "all" means IPv4 as well */
    }
    if (bind(fd, it->ai_addr, it->ai_addrlen) < 0) {
        error = errno;
        close(fd);
        return error;
    }
    *ret_fd = fd;
    return 0;
}

int ald_sock_bind_error(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return ALDIS_E_ACCESS;
    case EMFILE:
    case ENFILE:
        return ALDIS_E_LIMIT;
    case ENOMEM:
    case ENOBUFS:
        return ALDIS_E_NOMEM;
    default:
        return ALDIS_E_BIND;
    }
}

int ald_sock_bind(int type, const char *name, uint16_t port, int *ret_fd, struct ald_why *why)
{
    struct addrinfo hints = {.ai_socktype = type, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    static const int families[] = {AF_INET6, AF_INET};
    bool all = name[0] == '\0' || strcmp(name, "*") == 0;
    char service[6];
    int error = EADDRNOTAVAIL, r = 0;

    snprintf(service, sizeof(service), "%u", (unsigned)port);
    for (size_t i = 0; i < ALD_COUNT(families) && error != 0; i++) {
        struct addrinfo *list = NULL;

        hints.ai_family = all ? families[i] : AF_UNSPEC;
        r = getaddrinfo(all ? NULL : name, service, &hints, &list);
        for (struct addrinfo *it = list; r == 0 && it != NULL && error != 0; it = it->ai_next) {
            error = bind_address(type, it, ret_fd);
        }
        if (r == 0) {
            freeaddrinfo(list);
        }
        if (!all || error == EADDRINUSE || error == EACCES) {
            break; /* IPv4 alone is for machines without IPv6 */
        }
    }
    if (error == 0) {
        return 0;
    }
    ald_why_say(why, "cannot listen on %s port %u: %s", all ? "all addresses" : name, (unsigned)port,
                r != 0 ? gai_strerror(r) : strerror(error));
    return ald_trace(ald_sock_bind_error(error));
}
