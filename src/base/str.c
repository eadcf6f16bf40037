#include "base/str.h"

struct ald_str ald_str_keep(struct ald_str str, char **room)
{
    const char *copy = *room;

    if (str.size == 0) {
        return ald_str_present(str) ? ALD_STR("") : ALD_STR_NONE;
    }
    memcpy(*room, str.data, str.size);
    *room += str.size;
    return ald_str_of(copy, str.size);
}

int ald_str_compare(struct ald_str a, struct ald_str b)
{
    size_t shorter = ALD_MIN(a.size, b.size);
    int order = shorter > 0 ? memcmp(a.data, b.data, shorter) : 0;

    if (order != 0) {
        return order;
    }
    return (a.size > b.size) - (a.size < b.size);
}

/* Not tolower(): that one asks the locale. */
static unsigned char byte_lower(char byte)
{
    unsigned char value = (unsigned char)byte;

    return value >= 'A' && value <= 'Z' ? (unsigned char)(value + ('a' - 'A')) : value;
}

bool ald_str_equal_nocase(struct ald_str a, struct ald_str b)
{
    if (a.size != b.size) {
        return false;
    }
    for (size_t i = 0; i < a.size; i++) {
        if (byte_lower(a.data[i]) != byte_lower(b.data[i])) {
            return false;
        }
    }
    return true;
}

/* Needles are short constants of our own, so the plain search is enough: no peer chooses both sides. */
size_t ald_str_find(struct ald_str str, struct ald_str needle)
{
    size_t from = 0;

    if (needle.size == 0) {
        return 0;
    }
    while (str.size - from >= needle.size) {
        const char *hit = memchr(str.data + from, needle.data[0], str.size - from - needle.size + 1);

        if (hit == NULL) {
            break;
        }
        if (memcmp(hit, needle.data, needle.size) == 0) {
            return (size_t)(hit - str.data);
        }
        from = (size_t)(hit - str.data) + 1;
    }
    return str.size;
}

static bool byte_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

struct ald_str ald_str_pop(struct ald_str *list)
{
    size_t end = ald_str_find(*list, ALD_STR(","));
    struct ald_str word = ald_str_of(list->data, end);

    *list = ald_str_from(*list, ALD_MIN(end + 1, list->size));
    return word;
}

struct ald_str ald_str_trim(struct ald_str str)
{
    while (str.size > 0 && byte_blank(str.data[0])) {
        str.data++;
        str.size--;
    }
    while (str.size > 0 && byte_blank(str.data[str.size - 1])) {
        str.size--;
    }
    return str;
}

int ald_str_u64(struct ald_str str, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (str.size == 0) {
        return ALD_STR_MALFORMED;
    }
    for (size_t i = 0; i < str.size; i++) {
        uint64_t digit = (uint64_t)(unsigned char)str.data[i] - '0';

        if (digit > 9 || number > (UINT64_MAX - digit) / 10) {
            return ALD_STR_MALFORMED;
        }
        number = number * 10 + digit;
    }
    *ret_number = number;
    return 0;
}

/*
 * RFC 3629 section 4: what may follow a lead byte. Only the second byte's range depends on the lead; it is what shuts
 * out the overlong forms (E0, F0), the surrogates (ED) and everything over U+10FFFF (F4).
 */
struct utf8_lead {
    uint8_t n_more;
    uint8_t second_low, second_high;
};

static struct utf8_lead utf8_lead_of(uint8_t lead)
{
    if (lead >= 0xC2 && lead <= 0xDF) {
        return (struct utf8_lead){1, 0x80, 0xBF};
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        return (struct utf8_lead){2, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF};
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        return (struct utf8_lead){3, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF};
    }
    return (struct utf8_lead){0, 0, 0};
}

/* Nearly everything is ASCII, so eight bytes at a time are asked whether any has its top bit set. */
static size_t utf8_skip_ascii(const uint8_t *data, size_t at, size_t size)
{
    while (size - at >= sizeof(uint64_t)) {
        uint64_t eight;

        memcpy(&eight, data + at, sizeof(eight));
        if ((eight & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
        at += sizeof(eight);
    }
    while (at < size && data[at] < 0x80) {
        at++;
    }
    return at;
}

bool ald_utf8_valid(struct ald_str str)
{
    const uint8_t *data = (const uint8_t *)str.data;
    size_t at = utf8_skip_ascii(data, 0, str.size);

    while (at < str.size) {
        struct utf8_lead lead = utf8_lead_of(data[at]);

        if (lead.n_more == 0 || str.size - at <= lead.n_more) {
            return false;
        }
        if (data[at + 1] < lead.second_low || data[at + 1] > lead.second_high) {
            return false;
        }
        for (size_t i = 2; i <= lead.n_more; i++) {
            if ((data[at + i] & 0xC0) != 0x80) {
                return false;
            }
        }
        at = utf8_skip_ascii(data, at + lead.n_more + 1, str.size);
    }
    return true;
}
