#include "transport/sockaddr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

union ald_sockaddr ald_sockaddr_of(const struct sockaddr_storage *address)
{
    union ald_sockaddr kept = {0};

    if (address->ss_family == AF_INET) {
        memcpy(&kept.in, address, sizeof(kept.in));
    } else if (address->ss_family == AF_INET6) {
        memcpy(&kept.in6, address, sizeof(kept.in6));
    }
    return kept;
}

static bool mapped(const union ald_sockaddr *address)
{
    return address->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->in6.sin6_addr);
}

uint16_t ald_sockaddr_port(const union ald_sockaddr *address)
{
    switch (address->family) {
    case AF_INET:
        return ntohs(address->in.sin_port);
    case AF_INET6:
        return ntohs(address->in6.sin6_port);
    default:
        return 0;
    }
}

void ald_sockaddr_format(const union ald_sockaddr *address, char text[ALD_SOCKADDR_TEXT])
{
    char host[INET6_ADDRSTRLEN] = "";
    char zone[IF_NAMESIZE + 1] = "";

    text[0] = '\0';
    if (address->family == AF_INET) {
        inet_ntop(AF_INET, &address->in.sin_addr, host, sizeof(host));
        snprintf(text, ALD_SOCKADDR_TEXT, "%s:%u", host, (unsigned)ald_sockaddr_port(address));
    } else if (mapped(address)) {
        inet_ntop(AF_INET, &address->in6.sin6_addr.s6_addr[12], host, sizeof(host));
        snprintf(text, ALD_SOCKADDR_TEXT, "%s:%u", host, (unsigned)ald_sockaddr_port(address));
    } else if (address->family == AF_INET6) {
        inet_ntop(AF_INET6, &address->in6.sin6_addr, host, sizeof(host));
        if (address->in6.sin6_scope_id != 0 && if_indextoname(address->in6.sin6_scope_id, zone + 1) != NULL) {
            zone[0] = '%';
        }
        snprintf(text, ALD_SOCKADDR_TEXT, "[%.45s%.16s]:%u", host, zone, (unsigned)ald_sockaddr_port(address));
    }
}

bool ald_sockaddr_loopback(const union ald_sockaddr *address)
{
    switch (address->family) {
    case AF_INET:
        return ntohl(address->in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    case AF_INET6:
        return mapped(address) ? address->in6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET
                               : IN6_IS_ADDR_LOOPBACK(&address->in6.sin6_addr);
    default:
        return true;
    }
}

static bool lan_ip4(uint32_t ip)
{
    return ip >> 24 == IN_LOOPBACKNET || ip >> 24 == 10 || ip >> 20 == (172U << 4 | 1) ||
           ip >> 16 == (192U << 8 | 168) || ip >> 16 == (169U << 8 | 254);
}

bool ald_sockaddr_lan(const union ald_sockaddr *address)
{
    const uint8_t *bytes = address->in6.sin6_addr.s6_addr;

    switch (address->family) {
    case AF_INET:
        return lan_ip4(ntohl(address->in.sin_addr.s_addr));
    case AF_INET6:
        if (mapped(address)) {
            return lan_ip4((uint32_t)bytes[12] << 24 | (uint32_t)bytes[13] << 16 | (uint32_t)bytes[14] << 8 |
                           bytes[15]);
        }
        return IN6_IS_ADDR_LOOPBACK(&address->in6.sin6_addr) || (bytes[0] & 0xfe) == 0xfc ||
               IN6_IS_ADDR_LINKLOCAL(&address->in6.sin6_addr);
    default:
        return true;
    }
}

socklen_t ald_sockaddr_size(sa_family_t family)
{
    return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}
