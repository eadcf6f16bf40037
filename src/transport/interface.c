#include "transport/interface.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#include "base/error.h"
#include "transport/bottom.h"

/* What is known against an interface, the least first: of its several addresses the best one counts. */
enum fitness { FIT_NOT_THERE, FIT_DOWN, FIT_NO_BROADCAST, FIT };

static enum fitness address_fitness(const struct ifaddrs *it)
{
    if ((it->ifa_flags & IFF_UP) == 0) {
        return FIT_DOWN;
    }
    if ((it->ifa_flags & IFF_BROADCAST) == 0 || it->ifa_addr == NULL || it->ifa_addr->sa_family != AF_INET ||
        it->ifa_broadaddr == NULL) {
        return FIT_NO_BROADCAST;
    }
    return FIT;
}

int ald_interface_broadcast(const char *name, uint16_t port, struct sockaddr_in *ret_address, struct ald_why *why)
{
    static const char *const texts[] = {
        [FIT_NOT_THERE] = "does not exist",
        [FIT_DOWN] = "is down",
        [FIT_NO_BROADCAST] = "has no IPv4 broadcast address",
    };
    enum fitness best = FIT_NOT_THERE;
    struct ifaddrs *list = NULL;

    if (getifaddrs(&list) < 0) {
        ald_why_say(why, "cannot look for the interface %s: %s", name, strerror(errno));
        return errno == ENOMEM ? ald_trace(ALDIS_E_NOMEM) : ALD_INTERFACE_UNFIT;
    }
    for (const struct ifaddrs *it = list; it != NULL && best != FIT; it = it->ifa_next) {
        if (strcmp(it->ifa_name, name) != 0) {
            continue;
        }
        best = ALD_MAX(best, address_fitness(it));
        if (best == FIT) {
            memcpy(ret_address, it->ifa_broadaddr, sizeof(*ret_address));
            ret_address->sin_port = htons(port);
        }
    }
    freeifaddrs(list);
    if (best != FIT) {
        ald_why_say(why, "the interface %s %s", name, texts[best]);
        return ALD_INTERFACE_UNFIT;
    }
    return 0;
}

void ald_interface_bind(int fd, const char *name)
{
    size_t size = strlen(name);

    ald_ignore(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)size)); /* see the header */
}
