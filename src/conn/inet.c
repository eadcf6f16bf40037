#include "conn/inet.h"

#include <arpa/inet.h>
#include <stdio.h>

/* What an IPv4 address begins with in its IPv6 form. */
static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool inet_is_v4(const struct ald_inet *inet)
{
    return memcmp(inet->bytes, mapped, sizeof(mapped)) == 0;
}

/* Take the port off the end of `*text`, if there is one. */
static int port_take(struct ald_str *text, uint16_t *port)
{
    const char *bracket = text->size > 0 ? memrchr(text->data, ']', text->size) : NULL;
    const char *first = text->size > 0 ? memchr(text->data, ':', text->size) : NULL;
    const char *last = text->size > 0 ? memrchr(text->data, ':', text->size) : NULL;
    uint64_t number;

    /* Several colons and no bracket: an IPv6 address, whose last group looks like a port and is none. */
    if (last == NULL || (bracket == NULL && first != last) || (bracket != NULL && last < bracket)) {
        return 0;
    }
    if (ald_str_u64(ald_str_from(*text, (size_t)(last - text->data) + 1), &number) != 0 || number == 0 ||
        number > UINT16_MAX) {
        return ALD_INET_MALFORMED;
    }
    text->size = (size_t)(last - text->data);
    *port = (uint16_t)number;
    return 0;
}

int ald_inet_parse(struct ald_str text, uint16_t port, struct ald_inet *ret_inet)
{
    struct ald_inet inet = {.port = 0};
    char host[INET6_ADDRSTRLEN];
    bool brackets;

    inet.port = port;
    if (port_take(&text, &inet.port) != 0 || inet.port == 0) {
        return ALD_INET_MALFORMED;
    }
    brackets = text.size >= 2 && text.data[0] == '[' && text.data[text.size - 1] == ']';
    if (brackets) {
        text = ald_str_of(text.data + 1, text.size - 2);
    }
    if (text.size == 0 || text.size >= sizeof(host) || memchr(text.data, '\0', text.size) != NULL) {
        return ALD_INET_MALFORMED;
    }
    memcpy(host, text.data, text.size);
    host[text.size] = '\0';
    if (!brackets && inet_pton(AF_INET, host, inet.bytes + sizeof(mapped)) == 1) {
        memcpy(inet.bytes, mapped, sizeof(mapped));
    } else if (inet_pton(AF_INET6, host, inet.bytes) != 1) {
        return ALD_INET_MALFORMED;
    }
    *ret_inet = inet;
    return 0;
}

static bool separates(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool ald_inet_item(struct ald_str *list, struct ald_str *ret_item)
{
    size_t end = 0;

    while (list->size > 0 && separates(list->data[0])) {
        *list = ald_str_from(*list, 1);
    }
    while (end < list->size && !separates(list->data[end])) {
        end++;
    }
    *ret_item = ald_str_of(list->data, end);
    *list = ald_str_from(*list, end);
    return end > 0;
}

int ald_inet_next(struct ald_str *list, uint16_t port, struct ald_inet *ret_inet)
{
    struct ald_str item;

    return ald_inet_item(list, &item) ? ald_inet_parse(item, port, ret_inet) : ALD_INET_END;
}

void ald_inet_format_host(const struct ald_inet *inet, char to[ALD_INET_TEXT])
{
    bool v4 = inet_is_v4(inet);
    const void *from = v4 ? inet->bytes + sizeof(mapped) : inet->bytes;

    /* It fails for want of room only, and there is enough. */
    ald_assert(inet_ntop(v4 ? AF_INET : AF_INET6, from, to, ALD_INET_TEXT) != NULL);
}

void ald_inet_format(const struct ald_inet *inet, char to[ALD_INET_TEXT])
{
    char host[ALD_INET_TEXT];
    bool v4 = inet_is_v4(inet);

    ald_inet_format_host(inet, host);
    (void)snprintf(to, ALD_INET_TEXT, "%s%.45s%s:%u", v4 ? "" : "[", host, v4 ? "" : "]", inet->port);
}

int ald_inet_compare(const struct ald_inet *a, const struct ald_inet *b)
{
    int order = memcmp(a->bytes, b->bytes, ALD_INET_BYTES);

    return order != 0 ? order : (int)a->port - (int)b->port;
}

bool ald_inet_same_host(const struct ald_inet *a, const struct ald_inet *b)
{
    return memcmp(a->bytes, b->bytes, ALD_INET_BYTES) == 0;
}

bool ald_inet_any(const struct ald_inet *inet)
{
    static const uint8_t zero[ALD_INET_BYTES];

    return memcmp(inet_is_v4(inet) ? inet->bytes + sizeof(mapped) : inet->bytes, zero, inet_is_v4(inet) ? 4 : 16) == 0;
}

bool ald_inet_loopback(const struct ald_inet *inet)
{
    static const uint8_t one[ALD_INET_BYTES] = {[15] = 1};

    return inet_is_v4(inet) ? inet->bytes[12] == 127 : memcmp(inet->bytes, one, sizeof(one)) == 0;
}

bool ald_inet_private(const struct ald_inet *inet)
{
    const uint8_t *v4 = inet->bytes + sizeof(mapped);

    if (!inet_is_v4(inet)) {
        return inet->bytes[0] == 0xfd;
    }
    return v4[0] == 10 || (v4[0] == 172 && v4[1] >> 4 == 1) || (v4[0] == 192 && v4[1] == 168);
}
