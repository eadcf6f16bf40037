#include "base/id.h"

/* RFC 9562 section 4: the version is bits 48 to 51 of the whole, the variant bits 64 and 65. */
static const uint64_t id_version_mask = UINT64_C(0xf000), id_version_4 = UINT64_C(0x4000);
static const uint64_t id_variant_mask = UINT64_C(3) << 62, id_variant_rfc = UINT64_C(1) << 63;

/* The counter has the low half to itself, so ids of one series differ for every n below 2^62. */
struct ald_id ald_id_make(uint64_t boot, uint64_t n)
{
    ald_assert(n < UINT64_C(1) << 62);

    return (struct ald_id){
        .high = (boot & ~id_version_mask) | id_version_4,
        .low = (n & ~id_variant_mask) | id_variant_rfc,
    };
}

static bool id_dash_at(int at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

void ald_id_format(struct ald_id id, char *text)
{
    static const char digits[] = "0123456789abcdef";
    int shift = 128;

    for (int at = 0; at < ALD_ID_TEXT; at++) {
        if (id_dash_at(at)) {
            text[at] = '-';
            continue;
        }
        shift -= 4;
        text[at] = digits[(shift >= 64 ? id.high >> (shift - 64) : id.low >> shift) & 15];
    }
}

/* -1 when it is no hexadecimal digit. */
static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

int ald_id_parse(struct ald_str text, struct ald_id *ret_id)
{
    struct ald_id id = {0, 0};

    if (text.size != ALD_ID_TEXT) {
        return ALD_ID_MALFORMED;
    }
    for (int at = 0; at < ALD_ID_TEXT; at++) {
        int value = digit_value(text.data[at]);

        if (id_dash_at(at) ? text.data[at] != '-' : value < 0) {
            return ALD_ID_MALFORMED;
        }
        if (value >= 0) {
            id.high = id.high << 4 | id.low >> 60;
            id.low = id.low << 4 | (uint64_t)value;
        }
    }
    *ret_id = id;
    return 0;
}
