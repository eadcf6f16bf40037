#include "conn/host.h"

#include <arpa/inet.h>

/* Without its port, and without the dot that a complete name may end in. */
static struct ald_str host_name(struct ald_str host)
{
    const char *colon = host.size > 0 ? memchr(host.data, ':', host.size) : NULL;

    if (colon != NULL) {
        host.size = (size_t)(colon - host.data);
    }
    if (host.size > 0 && host.data[host.size - 1] == '.') {
        host.size--;
    }
    return host;
}

static bool name_is_address(struct ald_str name)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr address;

    if (name.size >= sizeof(text)) {
        return false;
    }
    memcpy(text, name.data, name.size);
    text[name.size] = '\0';
    return inet_pton(AF_INET, text, &address) == 1;
}

static bool name_ends(struct ald_str name, struct ald_str end)
{
    return name.size >= end.size && ald_str_equal_nocase(ald_str_from(name, name.size - end.size), end);
}

static bool name_is_listed(struct ald_str name, struct ald_str names)
{
    while (names.size > 0) {
        if (ald_str_equal_nocase(name, host_name(ald_str_trim(ald_str_pop(&names))))) {
            return true;
        }
    }
    return false;
}

bool ald_host_is_ours(struct ald_str host, struct ald_str names)
{
    struct ald_str name;

    /* The parser has made sure that what is in brackets is at least no name (http_head.c). */
    if (host.size == 0 || host.data[0] == '[') {
        return true;
    }
    name = host_name(host);
    return name.size > 0 && (name_is_address(name) || ald_str_equal_nocase(name, ALD_STR("localhost")) ||
                             name_ends(name, ALD_STR(".localhost")) || name_is_listed(name, names));
}
