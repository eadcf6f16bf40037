#include "daemon/config.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* Split `host:port`, `[v6]:port`; an absent host means it could not be read. */
static struct ald_str address_split(struct ald_str item, struct ald_str *ret_port)
{
    size_t colon = item.size;
    struct ald_str host;

    while (colon > 0 && item.data[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0) {
        return ALD_STR_NONE;
    }

    *ret_port = ald_str_from(item, colon);
    host = (struct ald_str){item.data, colon - 1};
    if (host.size >= 2 && host.data[0] == '[' && host.data[host.size - 1] == ']') {
        return (struct ald_str){host.data + 1, host.size - 2};
    }
    /* ::1:8062 could be an address with or without a port, so brackets are asked for. */
    return ald_str_find(host, ALD_STR(":")) < host.size ? ALD_STR_NONE : host;
}

static bool host_valid(struct ald_str host)
{
    for (size_t i = 0; i < host.size; i++) {
        char c = host.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
              c == '_' || c == ':' || c == '%')) {
            return false;
        }
    }
    return true;
}

static bool address_parse(struct ald_str item, struct ald_config_address *address)
{
    struct ald_str port_text = ALD_STR_NONE;
    struct ald_str host = address_split(item, &port_text);
    uint64_t port;

    if (!ald_str_present(host) || ald_str_u64(port_text, &port) != 0 || port > UINT16_MAX) {
        return false;
    }
    if (ald_str_equal(host, ALD_STR("*"))) {
        host.size = 0;
    }
    if (host.size >= sizeof(address->host) || !host_valid(host)) {
        return false;
    }
    memcpy(address->host, host.data, host.size);
    address->host[host.size] = '\0';
    address->port = (uint16_t)port;
    return true;
}

bool ald_config_address_next(struct ald_str *list, struct ald_config_address *ret_address)
{
    size_t comma = ald_str_find(*list, ALD_STR(","));
    struct ald_str item = ald_str_trim((struct ald_str){list->data, comma});

    if (list->size == 0 || !address_parse(item, ret_address)) {
        return false;
    }
    /* A comma at the end promises one more address, and is left there for the checker to find. */
    *list = comma + 1 == list->size ? ald_str_from(*list, comma) : ald_str_from(*list, ALD_MIN(comma + 1, list->size));
    return true;
}

bool ald_config_address_loopback(const struct ald_config_address *address)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, address->host, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (inet_pton(AF_INET6, address->host, &v6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&v6);
    }
    return ald_str_equal_nocase(ald_str(address->host), ALD_STR("localhost"));
}
