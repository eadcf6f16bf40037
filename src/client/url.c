#include "client/url.h"

#include <stdio.h>

enum { URL_PORT = 8062 };

static int url_malformed(const char **ret_why, const char *why)
{
    if (ret_why != NULL) {
        *ret_why = why;
    }
    return ALD_URL_MALFORMED;
}

/* A copy with its terminator, if it fits. */
static bool url_copy(char *to, size_t room, struct ald_str from)
{
    if (from.size >= room || memchr(from.data, '\0', from.size) != NULL) {
        return false;
    }
    memcpy(to, from.data, from.size);
    to[from.size] = '\0';
    return true;
}

/* Bytes that could break out of a request line or a Host header have no place in either. */
static bool url_printable(struct ald_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.data[i] <= ' ' || text.data[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static int url_port(struct ald_str text, struct ald_url *url, const char **ret_why)
{
    uint64_t port;

    if (ald_str_u64(text, &port) != 0 || port == 0 || port > UINT16_MAX) {
        return url_malformed(ret_why, "the port must be a number from 1 to 65535");
    }
    url->port = (uint16_t)port;
    return 0;
}

/* host, host:port, [v6] or [v6]:port */
static int url_authority(struct ald_str text, struct ald_url *url, const char **ret_why)
{
    struct ald_str host = text;
    struct ald_str rest;
    size_t end;

    if (ald_str_starts(text, ALD_STR("["))) {
        end = ald_str_find(text, ALD_STR("]"));
        if (end == text.size) {
            return url_malformed(ret_why, "the bracket of the IPv6 address is not closed");
        }
        host = ald_str_of(text.data + 1, end - 1);
        rest = ald_str_from(text, end + 1);
        if (rest.size > 0 && rest.data[0] != ':') {
            return url_malformed(ret_why, "only a port may follow the IPv6 address");
        }
    } else {
        end = ald_str_find(text, ALD_STR(":"));
        host.size = end;
        rest = ald_str_from(text, end);
    }
    if (host.size == 0) {
        return url_malformed(ret_why, "the host is missing");
    }
    if (!url_copy(url->name, sizeof(url->name), host)) {
        return url_malformed(ret_why, "the host is too long");
    }
    return rest.size > 0 ? url_port(ald_str_from(rest, 1), url, ret_why) : 0;
}

static int url_network(struct ald_str rest, struct ald_url *url, const char **ret_why)
{
    size_t slash = ald_str_find(rest, ALD_STR("/"));
    struct ald_str prefix = ald_str_from(rest, slash);

    url->port = URL_PORT;
    if (!url_printable(rest) || memchr(rest.data, '@', slash) != NULL || memchr(rest.data, '?', rest.size) != NULL ||
        memchr(rest.data, '#', rest.size) != NULL) {
        return url_malformed(ret_why, "a user, a query, a fragment or a blank has no meaning here");
    }
    while (prefix.size > 0 && prefix.data[prefix.size - 1] == '/') {
        prefix.size--;
    }
    if (prefix.size > 0 && !url_copy(url->prefix, sizeof(url->prefix), prefix)) {
        return url_malformed(ret_why, "the path is too long");
    }
    return url_authority(ald_str_of(rest.data, slash), url, ret_why);
}

int ald_url_parse(const char *text, struct ald_url *ret_url, const char **ret_why)
{
    static const struct {
        struct ald_str scheme;
        bool tls;
    } schemes[] = {
        {ALD_STR("ws://"), false}, {ALD_STR("wss://"), true}, {ALD_STR("http://"), false}, {ALD_STR("https://"), true}};
    struct ald_str all = ald_str(text);
    struct ald_url url = {0};
    int r;

    if (ald_str_starts(all, ALD_STR("unix:"))) {
        struct ald_str path = ald_str_from(all, 5);

        url.unix_socket = true;
        if (path.size == 0) {
            return url_malformed(ret_why, "the path of the socket is missing");
        }
        if (!url_copy(url.name, sizeof(url.name), path)) {
            return url_malformed(ret_why, "the path of the socket is too long");
        }
        *ret_url = url;
        return 0;
    }
    for (size_t i = 0; i < ALD_COUNT(schemes); i++) {
        if (ald_str_starts(all, schemes[i].scheme)) {
            url.tls = schemes[i].tls;
            r = url_network(ald_str_from(all, schemes[i].scheme.size), &url, ret_why);
            if (r == 0) {
                *ret_url = url;
            }
            return r;
        }
    }
    return url_malformed(ret_why, "it begins with none of unix:, ws:// and wss://");
}

void ald_url_format(const struct ald_url *url, char *text, size_t room)
{
    bool v6 = strchr(url->name, ':') != NULL;

    if (url->unix_socket) {
        snprintf(text, room, "unix:%s", url->name);
    } else {
        snprintf(text, room, "%s://%s%s%s:%u%s", url->tls ? "wss" : "ws", v6 ? "[" : "", url->name, v6 ? "]" : "",
                 url->port, url->prefix);
    }
}

struct ald_place ald_url_place(const struct ald_url *url)
{
    return (struct ald_place){url->unix_socket ? ALD_BOTTOM_UNIX : ALD_BOTTOM_TCP, url->name, url->port};
}
