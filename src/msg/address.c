/*
 * The first plain `:` ends the hub, the first plain `#` begins the channel; a second one of either would make two
 * readings possible, so it is refused. The other reserved bytes are written encoded but read as they stand: nothing
 * else can be meant by `com.example.agent`, and people type that. A scope other than one target takes the target's
 * place: `.`, `?` and `*`, alone.
 */

#include "msg/address.h"

#include "base/error.h"

static const char scope_marks[] = {
    [ALD_SCOPE_HERE] = '.',
    [ALD_SCOPE_NETWORK] = '?',
    [ALD_SCOPE_EVERYWHERE] = '*',
};

/* Blanks are every byte that would not show: controls too, so that an address is always one word of one line. Every
 * address that is written asks this of each of its bytes, so the answer is a bit of a map. */
static bool byte_is_reserved(uint8_t byte)
{
#define BIT(byte) (UINT64_C(1) << ((byte) % 64))
    static const uint64_t map[4] = {
        ((BIT(' ') << 1) - 1) | BIT(':') | BIT('#') | BIT('/') | BIT('*') | BIT('?') | BIT('.') | BIT('%'),
        BIT(0x7F),
    };
#undef BIT

    return (map[byte / 64] >> byte % 64 & 1) != 0;
}

static bool name_is_plain(struct ald_str name, uint8_t not_bits)
{
    uint8_t bits = 0;

    for (size_t i = 0; i < name.size; i++) {
        if (byte_is_reserved((uint8_t)name.data[i])) {
            return false;
        }
        bits |= (uint8_t)name.data[i];
    }
    return (bits & not_bits) == 0;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Decode `text` into `*scratch` and move it on. Outcome: ALD_ADDRESS_MALFORMED. */
static int name_decode(struct ald_str text, char **scratch, struct ald_str *ret_name)
{
    char *out = *scratch;

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '%') {
            int high = text.size - i > 2 ? hex_value(text.data[i + 1]) : -1;
            int low = text.size - i > 2 ? hex_value(text.data[i + 2]) : -1;

            if (high < 0 || low < 0) {
                return ALD_ADDRESS_MALFORMED;
            }
            *out++ = (char)(high * 16 + low);
            i += 2;
        } else {
            *out++ = text.data[i];
        }
    }
    *ret_name = text.size > 0 ? ald_str_of(*scratch, (size_t)(out - *scratch)) : ALD_STR("");
    *scratch = out;
    return ret_name->size <= ALD_NAME_MAX && ald_utf8_valid(*ret_name) ? 0 : ALD_ADDRESS_MALFORMED;
}

static size_t name_find(struct ald_str text, char mark)
{
    const char *found = text.size > 0 ? memchr(text.data, mark, text.size) : NULL;

    return found != NULL ? (size_t)(found - text.data) : text.size;
}

static enum ald_scope scope_find(struct ald_str text)
{
    for (int scope = ALD_SCOPE_HERE; scope <= ALD_SCOPE_EVERYWHERE; scope++) {
        if (text.size == 1 && text.data[0] == scope_marks[scope]) {
            return (enum ald_scope)scope;
        }
    }
    return ALD_SCOPE_ONE;
}

/* A name of ASCII with no mark in it: nothing to find, to decode or to check. */
static bool parse_plain(struct ald_str text, char *scratch, struct ald_address *ret_address)
{
    if (text.size == 0 || text.size > ALD_NAME_MAX || !name_is_plain(text, 0x80)) {
        return false;
    }
    memcpy(scratch, text.data, text.size);
    *ret_address = (struct ald_address){.target = ald_str_of(scratch, text.size)};
    return true;
}

static int parse_any(struct ald_str text, char *scratch, struct ald_address *ret_address)
{
    struct ald_address address = {.scope = scope_find(text)};
    size_t hub = name_find(text, ':');
    size_t channel = name_find(text, '#');
    struct ald_str target;

    if (address.scope != ALD_SCOPE_ONE) {
        *ret_address = address;
        return 0;
    }
    if (channel < text.size) {
        struct ald_str name = ald_str_from(text, channel + 1);

        if (name.size == 0 || name_find(name, '#') < name.size || name_find(name, ':') < name.size ||
            name_decode(name, &scratch, &address.channel) != 0) {
            return ALD_ADDRESS_MALFORMED;
        }
    }
    target = ald_str_of(text.data, channel);
    if (hub < channel) {
        if (hub == 0 || name_decode(ald_str_of(text.data, hub), &scratch, &address.hub) != 0) {
            return ALD_ADDRESS_MALFORMED;
        }
        target = ald_str_from(target, hub + 1);
        if (target.size == 0 || name_find(target, ':') < target.size) {
            return ALD_ADDRESS_MALFORMED;
        }
    }
    if (name_decode(target, &scratch, &address.target) != 0) {
        return ALD_ADDRESS_MALFORMED;
    }
    *ret_address = address;
    return 0;
}

int ald_address_parse(struct ald_str text, char *scratch, struct ald_address *ret_address)
{
    return parse_plain(text, scratch, ret_address) ? 0 : parse_any(text, scratch, ret_address);
}

static int name_format(struct ald_str name, struct ald_buf *buf)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n_reserved = 0;
    uint8_t *out;
    int r;

    for (size_t i = 0; i < name.size; i++) {
        n_reserved += byte_is_reserved((uint8_t)name.data[i]);
    }
    r = ald_buf_reserve(buf, name.size + 2 * n_reserved, &out);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = (uint8_t)name.data[i];

        if (byte_is_reserved(byte)) {
            *out++ = '%';
            *out++ = (uint8_t)digits[byte >> 4];
            *out++ = (uint8_t)digits[byte & 15];
        } else {
            *out++ = byte;
        }
    }
    ald_buf_commit(buf, name.size + 2 * n_reserved);
    return 0;
}

bool ald_address_is_plain(const struct ald_address *address)
{
    return !ald_str_present(address->hub) && !ald_str_present(address->channel) && ald_str_present(address->target) &&
           address->scope == ALD_SCOPE_ONE && name_is_plain(address->target, 0);
}

static int part_format(struct ald_str before, struct ald_str name, struct ald_str after, struct ald_buf *buf)
{
    int r;

    if (!ald_str_present(name)) {
        return 0;
    }
    r = ald_buf_push(buf, before);
    r = r != 0 ? r : name_format(name, buf);
    r = r != 0 ? r : ald_buf_push(buf, after);
    return r < 0 ? ald_trace(r) : r;
}

int ald_address_format(const struct ald_address *address, struct ald_buf *buf)
{
    int r;

    if (address->scope != ALD_SCOPE_ONE) {
        r = ald_buf_push_byte(buf, (uint8_t)scope_marks[address->scope]);
        return r < 0 ? ald_trace(r) : r;
    }
    r = part_format(ALD_STR(""), address->hub, ALD_STR(":"), buf);
    r = r != 0 ? r : part_format(ALD_STR(""), address->target, ALD_STR(""), buf);
    r = r != 0 ? r : part_format(ALD_STR("#"), address->channel, ALD_STR(""), buf);
    return r < 0 ? ald_trace(r) : r;
}
