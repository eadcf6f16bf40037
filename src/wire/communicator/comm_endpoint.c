#include "wire/communicator/comm_endpoint.h"

#include "wire/communicator/comm_bytes.h"

/* Takes decimal digits: up to `most`, without zeros in front, which some programs take for octal. */
static bool number_take(struct ald_str *text, uint32_t most, uint32_t *ret_number)
{
    uint32_t number = 0;
    size_t size = 0;

    while (size < text->size && text->data[size] >= '0' && text->data[size] <= '9') {
        number = number * 10 + (uint32_t)(text->data[size++] - '0');
        if (number > most) {
            return false;
        }
    }
    if (size == 0 || (size > 1 && text->data[0] == '0')) {
        return false;
    }
    *text = ald_str_from(*text, size);
    *ret_number = number;
    return true;
}

static bool sign_take(struct ald_str *text, char sign)
{
    if (text->size == 0 || text->data[0] != sign) {
        return false;
    }
    *text = ald_str_from(*text, 1);
    return true;
}

/* Takes four numbers with points. */
static bool v4_take(struct ald_str *text, uint8_t ip[static 4])
{
    uint32_t number;

    for (size_t i = 0; i < 4; i++) {
        if ((i > 0 && !sign_take(text, '.')) || !number_take(text, 255, &number)) {
            return false;
        }
        ip[i] = (uint8_t)number;
    }
    return true;
}

static unsigned hex_of(char byte)
{
    char lower = (char)(byte | 0x20);

    return byte >= '0' && byte <= '9'     ? (unsigned)(byte - '0')
           : lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10
                                          : 16;
}

/* Takes up to four hexadecimal digits. */
static bool group_take(struct ald_str *text, uint8_t ip[static 2])
{
    unsigned group = 0;
    size_t size = 0;

    while (size < 4 && size < text->size && hex_of(text->data[size]) < 16) {
        group = group << 4 | hex_of(text->data[size++]);
    }
    *text = ald_str_from(*text, size);
    ip[0] = (uint8_t)(group >> 8);
    ip[1] = (uint8_t)group;
    return size > 0;
}

/* An IPv4 address may stand for the last two groups (RFC 4291 section 2.2). */
static bool tail_take(struct ald_str *text, uint8_t *ip, size_t room)
{
    struct ald_str tail = *text;

    if (room < 4 || !v4_take(&tail, ip) || tail.size > 0) {
        return false;
    }
    *text = tail;
    return true;
}

/* Move what was read behind the `::` to the end. */
static void groups_spread(uint8_t ip[static 16], size_t gap, size_t size)
{
    memmove(ip + 16 - (size - gap), ip + gap, size - gap);
    memset(ip + gap, 0, 16 - size);
}

/* All of `text`: eight groups, of which `::`, once, stands for one or more that are zero. */
static bool v6_read(struct ald_str text, uint8_t ip[static 16])
{
    size_t size = 0, gap = 16;

    if (ald_str_starts(text, ALD_STR("::"))) {
        text = ald_str_from(text, 2);
        gap = 0;
    }
    while (text.size > 0 && size < 16) {
        if (tail_take(&text, ip + size, 16 - size)) {
            size += 4;
            break;
        }
        if (!group_take(&text, ip + size)) {
            return false;
        }
        size += 2;
        if (text.size == 0) {
            break;
        }
        if (!sign_take(&text, ':') || text.size == 0) {
            return false;
        }
        if (sign_take(&text, ':')) {
            if (gap < 16) {
                return false;
            }
            gap = size;
        }
    }
    if (text.size > 0 || (gap == 16 ? size != 16 : size > 14)) {
        return false;
    }
    if (gap < 16) {
        groups_spread(ip, gap, size);
    }
    return true;
}

/* `:port` and the end, or only that. */
static bool port_read(struct ald_str text, uint16_t *ret_port)
{
    uint32_t port = 0;

    if (text.size > 0 && (!sign_take(&text, ':') || !number_take(&text, UINT16_MAX, &port) || port == 0)) {
        return false;
    }
    *ret_port = (uint16_t)port;
    return text.size == 0;
}

static bool endpoint_v4(struct ald_str text, struct ald_comm_endpoint *endpoint)
{
    struct ald_str rest = text;

    memset(endpoint->ip, 0, 10);
    memset(endpoint->ip + 10, 0xff, 2);
    if (!v4_take(&rest, endpoint->ip + 12)) {
        return false;
    }
    endpoint->host = ald_str_of(text.data, text.size - rest.size);
    return port_read(rest, &endpoint->port);
}

static bool endpoint_v6(struct ald_str text, struct ald_comm_endpoint *endpoint)
{
    const char *end = text.size > 0 && text.data[0] == '[' ? memchr(text.data, ']', text.size) : NULL;

    endpoint->is_v6 = true;
    endpoint->host = text;
    endpoint->port = 0;
    if (end == NULL) {
        return v6_read(text, endpoint->ip);
    }
    endpoint->host = ald_str_of(text.data + 1, (size_t)(end - text.data) - 1);
    return v6_read(endpoint->host, endpoint->ip) &&
           port_read(ald_str_from(text, endpoint->host.size + 2), &endpoint->port);
}

int ald_comm_endpoint_read(struct ald_str text, struct ald_comm_endpoint *ret_endpoint)
{
    struct ald_comm_endpoint endpoint = {.is_v6 = false};

    if (!endpoint_v4(text, &endpoint) && !endpoint_v6(text, &endpoint)) {
        return ALD_COMM_MALFORMED;
    }
    *ret_endpoint = endpoint;
    return 0;
}
