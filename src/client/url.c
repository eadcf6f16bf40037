#include "client/url.h"

#include <stdio.h>

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

static int url_path(struct ald_str rest, struct ald_url *url, const char **ret_why)
{
    url->unix_socket = true;
    if (rest.size == 0) {
        return url_malformed(ret_why, "the path of the socket is missing");
    }
    if (!url_copy(url->name, sizeof(url->name), rest)) {
        return url_malformed(ret_why, "the path of the socket is too long");
    }
    return 0;
}

/* What a way without a prefix has: an address, which must not be far off where nothing is encrypted. */
static int url_host(struct ald_str rest, struct ald_url *url, const char **ret_why)
{
    int r;

    if (ald_str_find(rest, ALD_STR("/")) < rest.size) {
        return url_malformed(ret_why, "a path has a meaning only after cd://, where it is a socket's: cd:///PATH");
    }
    r = url_network(rest, url, ret_why);
    if (r == 0 && url->way->near && url->way->form == ALD_WAY_HOST && ald_dial_is_far(url->name)) {
        return url_malformed(ret_why,
                             "nothing is encrypted there, so it stays in private networks, and that address is "
                             "in none; use cds");
    }
    return r;
}

static int url_rest(struct ald_str rest, struct ald_url *url, const char **ret_why)
{
    switch ((enum ald_way_form)url->way->form) {
    case ALD_WAY_PATH:
        return url_path(rest, url, ret_why);
    case ALD_WAY_PREFIX:
        return url_network(rest, url, ret_why);
    default:
        return url_host(rest, url, ret_why);
    }
}

int ald_url_parse(const char *text, struct ald_url *ret_url, const char **ret_why)
{
    struct ald_str all = ald_str(text);

    for (const struct ald_way *way = ald_ways; way->scheme != NULL; way++) {
        struct ald_url url = {.way = way, .tls = way->tls, .port = way->port};
        int r;

        if (ald_str_starts(all, ald_str(way->scheme))) {
            r = url_rest(ald_str_from(all, way->at), &url, ret_why);
            if (r == 0) {
                *ret_url = url;
            }
            return r;
        }
    }
    return url_malformed(
        ret_why,
        "it begins with none of unix:, ws://, wss://, cd://, cds://, cdu://, cdb://, link+ws:// and link+wss://");
}

int ald_url_parse_api(const char *text, struct ald_url *ret_url, const char **ret_why)
{
    struct ald_url url;
    int r = ald_url_parse(text, &url, ret_why);

    if (r == 0 && !url.way->api) {
        return url_malformed(ret_why, "a hub does this only at unix:, ws:// and wss://");
    }
    if (r == 0) {
        *ret_url = url;
    }
    return r;
}

void ald_url_format(const struct ald_url *url, char *text, size_t room)
{
    bool v6 = strchr(url->name, ':') != NULL;

    if (url->unix_socket) {
        snprintf(text, room, "%s%s", url->way->shown, url->name);
    } else {
        snprintf(text, room, "%s%s%s%s:%u%s", url->way->shown, v6 ? "[" : "", url->name, v6 ? "]" : "", url->port,
                 url->prefix);
    }
}

struct ald_place ald_url_place(const struct ald_url *url)
{
    return (struct ald_place){url->unix_socket ? ALD_BOTTOM_UNIX : ALD_BOTTOM_TCP, url->name, url->port};
}
