#include "wire/link/link_address.h"

#include <stdio.h>

#include "base/digits.h"
#include "msg/json_number.h"

static const struct ald_str kind_names[] = {
    [ALD_LINK_CONTROLLER] = {"controller", 10}, [ALD_LINK_HOST_KIND] = {"host", 4},
    [ALD_LINK_INSTANCE] = {"instance", 8},      [ALD_LINK_CONTROL_KIND] = {"control", 7},
    [ALD_LINK_BROADCAST] = {"broadcast", 9},
};

/* --- on the wire ------------------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return (uint8_t)(c - '0') <= 9;
}

/* The element of a sound array that begins at or after `*at`, taken off; of type ALD_JSON_NONE when it is no number. */
static struct ald_json_value item_take(struct ald_str *rest)
{
    struct ald_json_value value = {.raw = ALD_STR_NONE, .type = ALD_JSON_NONE};
    size_t size = 0;

    while (rest->size > 0 && strchr(" \t\r\n,", rest->data[0]) != NULL) {
        *rest = ald_str_from(*rest, 1);
    }
    while (size < rest->size && strchr("0123456789+-.eE", rest->data[size]) != NULL) {
        value.flags |= strchr(".eE", rest->data[size]) != NULL ? ALD_JSON_REAL : 0;
        size++;
    }
    if (size > 0) {
        value.type = ALD_JSON_NUMBER;
        value.raw = ald_str_of(rest->data, size);
        *rest = ald_str_from(*rest, size);
    }
    return value;
}

/* JSON schema's integer: `1.0` and `1e300` are such (link.md 1.3). */
static bool integer_read(struct ald_json_value value, int64_t *ret_id, bool *ret_odd)
{
    int64_t id = 0;
    int r = ald_json_i64(value, &id);

    if (r != 0 && r != ALD_JSON_OUT_OF_RANGE) {
        return false;
    }
    *ret_odd = r != 0 || id > ALD_LINK_INTEGER_MAX || id < -ALD_LINK_INTEGER_MAX;
    *ret_id = r == 0 ? id : 0;
    return true;
}

/* No integer of so many digits is odd. */
enum { PLAIN_DIGITS_MAX = 15 };

/* `[3,1]` or `[3,1,9]`, as every peer writes them, twice a message. False: it is read the long way. */
static bool address_read_plain(struct ald_str raw, struct ald_link_address *ret_address)
{
    struct ald_link_address address = {.request = ALD_STR_NONE};
    const char *at = raw.data + 3, *begin = at;

    if (raw.size < sizeof("[0,0]") - 1 || raw.data[1] < '0' || raw.data[1] >= '0' + ALD_LINK_N_KINDS ||
        raw.data[2] != ',') {
        return false;
    }
    address.type = (uint8_t)(raw.data[1] - '0');
    for (; is_digit(*at) && at - begin < PLAIN_DIGITS_MAX; at++) {
        address.id = 10 * address.id + (*at - '0');
    }
    if (at > begin && *at == ',') {
        begin = ++at;
        while (is_digit(*at)) {
            at++;
        }
        address.request = ald_str_of(begin, (size_t)(at - begin));
    }
    if (at == begin || *at != ']') { /* the bracket that ends a sound array also ends these loops */
        return false;
    }
    *ret_address = address;
    return true;
}

int ald_link_address_read(struct ald_json_value value, struct ald_link_address *ret_address)
{
    struct ald_link_address address = {.request = ALD_STR_NONE};
    struct ald_json_value item;
    struct ald_str rest;
    int64_t number;
    bool is_odd;

    if (value.type != ALD_JSON_ARRAY) {
        return ALD_LINK_NO_ADDRESS;
    }
    if (address_read_plain(value.raw, ret_address)) {
        return 0;
    }
    rest = ald_str_of(value.raw.data + 1, value.raw.size - 1); /* with the bracket at its end, so never empty */
    if (!integer_read(item_take(&rest), &number, &is_odd) || is_odd || number < 0 || number >= ALD_LINK_N_KINDS) {
        return ALD_LINK_NO_ADDRESS;
    }
    address.type = (uint8_t)number;
    if (!integer_read(item_take(&rest), &address.id, &address.is_odd)) {
        return ALD_LINK_NO_ADDRESS;
    }
    item = item_take(&rest);
    if (item.type == ALD_JSON_NUMBER) {
        if (!integer_read(item, &number, &is_odd)) {
            return ALD_LINK_NO_ADDRESS;
        }
        address.request = item.raw;
    } else if (rest.data[0] != ']') {
        return ALD_LINK_NO_ADDRESS; /* a third item that is no number */
    }
    *ret_address = address;
    return 0;
}

/* A request id of more digits than this is told as none: whoever makes it up has waited for that. */
enum { REQUEST_TEXT_MAX = 32 };

static bool request_fits(const struct ald_link_address *address)
{
    return ald_str_present(address->request) && address->request.size <= REQUEST_TEXT_MAX;
}

/* A type, two commas, an id and a request id. */
_Static_assert(1 + 2 + 1 + ALD_DIGITS_MAX + REQUEST_TEXT_MAX + 2 <= ALD_LINK_ADDRESS_MAX, "an address has room");

/* "3,1,9"; gives the place behind it. */
static char *address_put(const struct ald_link_address *address, char *at)
{
    *at++ = (char)('0' + address->type);
    *at++ = ',';
    at = ald_digits_put_signed(at, address->id);
    if (request_fits(address)) {
        *at++ = ',';
        memcpy(at, address->request.data, address->request.size);
        at += address->request.size;
    }
    return at;
}

size_t ald_link_wire_id(const struct ald_link_address *address, char room[ALD_LINK_ADDRESS_MAX])
{
    return (size_t)(address_put(address, room) - room);
}

size_t ald_link_address_format(const struct ald_link_address *address, char room[ALD_LINK_ADDRESS_MAX])
{
    char *at = room;

    *at++ = '[';
    at = address_put(address, at);
    *at++ = ']';
    return (size_t)(at - room);
}

/* link.md 1.3: of a broadcast the number 4 and then the name of those it aims at. */
size_t ald_link_address_describe(const struct ald_link_address *address, char room[ALD_LINK_ADDRESS_MAX])
{
    bool is_known = address->id >= 0 && address->id < ALD_LINK_N_KINDS && !address->is_odd;
    int size;

    if (address->type == ALD_LINK_BROADCAST && is_known) {
        size = snprintf(room, ALD_LINK_ADDRESS_MAX, "[Address 4:%s]", kind_names[address->id].data);
    } else if (request_fits(address)) {
        size = snprintf(room, ALD_LINK_ADDRESS_MAX, "[Address %s:%lld:%.*s]", kind_names[address->type].data,
                        (long long)address->id, ALD_STR_ARG(address->request));
    } else {
        size = snprintf(room, ALD_LINK_ADDRESS_MAX, "[Address %s:%lld]", kind_names[address->type].data,
                        (long long)address->id);
    }
    ald_assert(size > 0 && size < ALD_LINK_ADDRESS_MAX);
    return (size_t)size;
}

/* --- numbers in text --------------------------------------------------------------------------------------------- */

/* As it is printed, and in no other form: a target `04` is not host 4. */
static bool id_parse(struct ald_str text, int64_t *ret_id)
{
    bool is_negative = text.size > 1 && text.data[0] == '-';
    struct ald_str digits = is_negative ? ald_str_from(text, 1) : text;
    uint64_t number;

    if (digits.size == 0 || (digits.data[0] == '0' && (digits.size > 1 || is_negative)) ||
        ald_str_u64(digits, &number) != 0 || number > (uint64_t)ALD_LINK_INTEGER_MAX) {
        return false;
    }
    *ret_id = is_negative ? -(int64_t)number : (int64_t)number;
    return true;
}

/* The part of `*rest` up to the next `mark`, taken off with it. */
static struct ald_str part_take(struct ald_str *rest, struct ald_str mark)
{
    size_t end = ald_str_find(*rest, mark);
    struct ald_str part = ald_str_of(rest->data, end);

    *rest = ald_str_from(*rest, ALD_MIN(end + mark.size, rest->size));
    return part;
}

int ald_link_wire_id_read(struct ald_str wire_id, struct ald_link_address *ret_address)
{
    struct ald_link_address address = {.request = ALD_STR_NONE};
    struct ald_str rest = wire_id;
    int64_t type;

    if (!id_parse(part_take(&rest, ALD_STR(",")), &type) || type < 0 || type >= ALD_LINK_N_KINDS ||
        !id_parse(part_take(&rest, ALD_STR(",")), &address.id)) {
        return ALD_LINK_NO_ADDRESS;
    }
    address.type = (uint8_t)type;
    if (rest.size > 0) {
        address.request = rest;
    }
    *ret_address = address;
    return 0;
}

/* --- targets ----------------------------------------------------------------------------------------------------- */

/* What stands before the id in the name of a target; absent: such an address is none. */
static const struct ald_str target_prefixes[] = {
    [ALD_LINK_CONTROLLER] = {NULL, 0},         [ALD_LINK_HOST_KIND] = {"", 0},   [ALD_LINK_INSTANCE] = {"instance-", 9},
    [ALD_LINK_CONTROL_KIND] = {"control-", 8}, [ALD_LINK_BROADCAST] = {NULL, 0},
};

struct alias {
    struct ald_str name;
    struct ald_link_address address;
};

static bool alias_address_parse(struct ald_str text, struct ald_link_address *ret_address)
{
    for (int type = ALD_LINK_HOST_KIND; type <= ALD_LINK_INSTANCE; type++) {
        if (ald_str_starts(text, kind_names[type])) {
            *ret_address = (struct ald_link_address){.type = (uint8_t)type, .request = ALD_STR_NONE};
            return id_parse(ald_str_trim(ald_str_from(text, kind_names[type].size)), &ret_address->id) &&
                   ret_address->id >= 0;
        }
    }
    return false;
}

/* Take the first alias off `*rest`; false: what was taken is none. */
static bool alias_take(struct ald_str *rest, struct alias *ret_alias)
{
    struct ald_str part = part_take(rest, ALD_STR(","));
    size_t equals = part.size;

    while (equals > 0 && part.data[equals - 1] != '=') {
        equals--;
    }
    if (equals == 0) {
        return false;
    }
    ret_alias->name = ald_str_trim(ald_str_of(part.data, equals - 1));
    return ret_alias->name.size > 0 &&
           alias_address_parse(ald_str_trim(ald_str_from(part, equals)), &ret_alias->address);
}

static bool alias_clashes(struct ald_str aliases, const struct alias *alias)
{
    struct alias other;

    while (aliases.size > 0) {
        if (alias_take(&aliases, &other) &&
            (ald_str_equal(other.name, alias->name) || ald_link_address_same(&other.address, &alias->address))) {
            return true;
        }
    }
    return false;
}

int ald_link_aliases_check(struct ald_str aliases, struct ald_str *ret_bad)
{
    struct ald_str rest = aliases;

    while (rest.size > 0) {
        struct ald_str before = rest;
        struct alias alias;
        int r = alias_take(&rest, &alias) ? 0 : ALD_LINK_ALIAS_MALFORMED;

        if (r == 0 && alias_clashes(ald_str_of(aliases.data, aliases.size - before.size), &alias)) {
            r = ALD_LINK_ALIAS_TWICE;
        }
        if (r != 0) {
            if (ret_bad != NULL) {
                *ret_bad = ald_str_trim(part_take(&before, ALD_STR(",")));
            }
            return r;
        }
    }
    return 0;
}

struct ald_str ald_link_alias_name(struct ald_str aliases, const struct ald_link_address *address)
{
    struct alias alias;

    while (aliases.size > 0) {
        if (alias_take(&aliases, &alias) && ald_link_address_same(&alias.address, address)) {
            return alias.name;
        }
    }
    return ALD_STR_NONE;
}

struct ald_str ald_link_target(struct ald_str aliases, const struct ald_link_address *address,
                               char room[ALD_LINK_ADDRESS_MAX])
{
    struct ald_str before = target_prefixes[address->type];
    struct ald_str alias;
    char *at = room;

    if (!ald_str_present(before) || address->is_odd) {
        return ALD_STR_NONE;
    }
    alias = ald_link_alias_name(aliases, address);
    if (ald_str_present(alias)) {
        return alias;
    }
    memcpy(at, before.data, before.size);
    at = ald_digits_put_signed(at + before.size, address->id);
    return ald_str_of(room, (size_t)(at - room));
}

static bool target_parse(struct ald_str target, uint8_t type, struct ald_link_address *ret_address)
{
    struct ald_str prefix = target_prefixes[type];
    int64_t id;

    if (!ald_str_starts(target, prefix) || !id_parse(ald_str_from(target, prefix.size), &id)) {
        return false;
    }
    *ret_address = (struct ald_link_address){.type = type, .id = id, .request = ALD_STR_NONE};
    return true;
}

bool ald_link_target_read(struct ald_str aliases, struct ald_str target, struct ald_link_address *ret_address)
{
    struct alias alias;

    while (aliases.size > 0) {
        if (alias_take(&aliases, &alias) && ald_str_equal(alias.name, target)) {
            *ret_address = alias.address;
            return true;
        }
    }
    if (target_parse(target, ALD_LINK_HOST_KIND, ret_address) || target_parse(target, ALD_LINK_INSTANCE, ret_address) ||
        target_parse(target, ALD_LINK_CONTROL_KIND, ret_address)) {
        return true;
    }
    *ret_address = (struct ald_link_address){.type = ALD_LINK_CONTROLLER, .request = ALD_STR_NONE};
    return false;
}
