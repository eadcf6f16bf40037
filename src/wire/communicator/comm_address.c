#include "wire/communicator/comm_address.h"

#include "base/error.h"
#include "wire/communicator/comm_bytes.h"
#include "wire/communicator/comm_params.h"

/* Takes what stands before the first `sign`, and that; all of it where there is none, which is told. */
static bool part_take(struct ald_str *text, char sign, struct ald_str *ret_part)
{
    const char *end = text->size > 0 ? memchr(text->data, sign, text->size) : NULL;
    size_t size = end != NULL ? (size_t)(end - text->data) : text->size;

    *ret_part = ald_str_of(text->data, size);
    *text = ald_str_from(*text, end != NULL ? size + 1 : size);
    return end != NULL;
}

static bool is_number(struct ald_str digits, size_t size_max, uint64_t min, uint64_t max)
{
    uint64_t number;

    return digits.size <= size_max && ald_str_u64(digits, &number) == 0 && number >= min && number <= max;
}

static bool is_ipv4(struct ald_str text)
{
    struct ald_str part;
    int n = 0;

    do {
        bool more = part_take(&text, '.', &part);

        if (!is_number(part, 3, 0, 255) || (part.size > 1 && part.data[0] == '0')) {
            return false;
        }
        n++;
        if (!more) {
            break;
        }
    } while (n < 4);
    return n == 4 && text.size == 0;
}

static bool is_hex(struct ald_str digits)
{
    for (size_t i = 0; i < digits.size; i++) {
        char lower = (char)(digits.data[i] | 0x20);

        if (!(digits.data[i] >= '0' && digits.data[i] <= '9') && !(lower >= 'a' && lower <= 'f')) {
            return false;
        }
    }
    return digits.size >= 1 && digits.size <= 4;
}

/* Groups with a colon between two, the last one perhaps an IPv4 address, which counts for two. Returns how many; 9: it is
 * none of this. */
static int groups_count(struct ald_str text, bool is_end)
{
    struct ald_str group;
    int n = 0;

    while (text.size > 0) {
        bool more = part_take(&text, ':', &group);

        if (is_hex(group)) {
            n++;
        } else if (is_end && !more && is_ipv4(group)) {
            n += 2;
        } else {
            return 9;
        }
        if (more && text.size == 0) {
            return 9;
        }
    }
    return ALD_MIN(n, 9);
}

static bool is_ipv6(struct ald_str text)
{
    size_t gap = ald_str_find(text, ALD_STR("::"));

    if (text.size > 45) { /* the longest there is */
        return false;
    }
    if (gap == text.size) {
        return groups_count(text, true) == 8;
    }
    return groups_count(ald_str_of(text.data, gap), false) + groups_count(ald_str_from(text, gap + 2), true) < 8;
}

bool ald_comm_is_ip(struct ald_str text)
{
    return is_ipv4(text) || is_ipv6(text);
}

/* Takes `[…]` or what stands before the colon; what remains begins with the colon, or is nothing. */
static struct ald_str host_take(struct ald_str *text)
{
    size_t size = ald_str_starts(*text, ALD_STR("[")) ? ald_str_find(*text, ALD_STR("]")) + 1
                                                      : ald_str_find(*text, ALD_STR(":"));
    struct ald_str host = ald_str_of(text->data, ALD_MIN(size, text->size));

    *text = ald_str_from(*text, host.size);
    return host;
}

static bool is_bracketed(struct ald_str host)
{
    return host.size > 2 && host.data[0] == '[' && host.data[host.size - 1] == ']';
}

static struct ald_str without_brackets(struct ald_str host)
{
    return is_bracketed(host) ? ald_str_of(host.data + 1, host.size - 2) : host;
}

bool ald_comm_is_address(struct ald_str text)
{
    struct ald_str host = host_take(&text);

    if (text.size == 0 || text.data[0] != ':' || !is_number(ald_str_from(text, 1), 5, 1, 65535)) {
        return false;
    }
    return is_bracketed(host) ? is_ipv6(without_brackets(host)) : is_ipv4(host);
}

bool ald_comm_is_host(struct ald_str text)
{
    return ald_comm_is_ip(without_brackets(text)) || ald_comm_is_address(text);
}

struct ald_str ald_comm_address_ip(struct ald_str address)
{
    struct ald_str rest = address;

    return ald_comm_is_address(address) ? without_brackets(host_take(&rest)) : without_brackets(address);
}

/* Takes the next item; absent: there is none. */
static struct ald_str item_take(struct ald_str *list)
{
    struct ald_str item;

    while (list->size > 0 && (comm_is_blank((uint8_t)list->data[0]) || list->data[0] == ',')) {
        *list = ald_str_from(*list, 1);
    }
    item = ald_str_of(list->data, 0);
    while (item.size < list->size && !comm_is_blank((uint8_t)list->data[item.size]) && list->data[item.size] != ',') {
        item.size++;
    }
    *list = ald_str_from(*list, item.size);
    return item.size > 0 ? item : ALD_STR_NONE;
}

int ald_comm_addresses_read(struct ald_str list, bool (*is_one)(struct ald_str text), struct ald_buf *out,
                            struct ald_str *ret_list)
{
    size_t before = ald_buf_size(out);
    struct ald_str item;
    int r = 0;

    while (r == 0 && ald_str_present(item = item_take(&list))) {
        r = !is_one(item) ? ALD_COMM_MALFORMED : ald_buf_size(out) > before ? ald_buf_push(out, ALD_STR(",")) : 0;
        r = r == 0 ? ald_buf_push(out, item) : r;
    }
    if (r != 0) {
        ald_buf_cut(out, before);
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_list = ald_buf_size(out) > before ? ald_str_from(ald_buf_str(out), before) : ALD_STR_NONE;
    return 0;
}
