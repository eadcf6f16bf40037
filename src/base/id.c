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

/* The text is five groups of bytes, each two digits, with a dash between: 4, 2, 2, 2 and 6 bytes. Every command's id is
 * written once and read once, so both go byte by byte through tables, not digit by digit. */
static const uint8_t id_places[] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
static const uint8_t id_dashes[] = {8, 13, 18, 23};

/* One more than the value of a hexadecimal digit; 0 for every other byte. */
static const uint8_t digit_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static void half_format(uint64_t half, const uint8_t *places, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < sizeof(half); i++) {
        text[places[i]] = digits[half >> 60];
        text[places[i] + 1] = digits[half >> 56 & 15];
        half <<= 8;
    }
}

void ald_id_format(struct ald_id id, char *text)
{
    half_format(id.high, id_places, text);
    half_format(id.low, id_places + sizeof(id.high), text);
    for (size_t i = 0; i < ALD_COUNT(id_dashes); i++) {
        text[id_dashes[i]] = '-';
    }
}

static bool half_parse(const char *text, const uint8_t *places, uint64_t *ret_half)
{
    uint64_t half = 0;
    bool sound = true;

    for (size_t i = 0; i < sizeof(half); i++) {
        uint8_t high = digit_values[(uint8_t)text[places[i]]];
        uint8_t low = digit_values[(uint8_t)text[places[i] + 1]];

        sound = sound && high != 0 && low != 0;
        half = half << 8 | (uint64_t)(uint8_t)(high - 1) << 4 | (uint8_t)(low - 1);
    }
    *ret_half = half;
    return sound;
}

int ald_id_parse(struct ald_str text, struct ald_id *ret_id)
{
    struct ald_id id;

    if (text.size != ALD_ID_TEXT) {
        return ALD_ID_MALFORMED;
    }
    for (size_t i = 0; i < ALD_COUNT(id_dashes); i++) {
        if (text.data[id_dashes[i]] != '-') {
            return ALD_ID_MALFORMED;
        }
    }
    if (!half_parse(text.data, id_places, &id.high) || !half_parse(text.data, id_places + sizeof(id.high), &id.low)) {
        return ALD_ID_MALFORMED;
    }
    *ret_id = id;
    return 0;
}
