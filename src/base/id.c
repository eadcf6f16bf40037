#include "base/id.h"

#include "base/word.h"

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

/*
 * The text is five groups of digits with a dash between: 8, 4, 4, 4 and 12. Every command's id is written once and read
 * once, so the digits are turned eight at a time, each in its byte of a word (the first in the lowest). A digit is a
 * letter exactly when its bit 6 is set; from there on the same sums hold for both.
 */
static const uint8_t id_dashes[] = {8, 13, 18, 23};

enum { ID_DIGITS = 32 };

#define ONES (UINT64_MAX / 0xff)

static uint64_t digits_format(uint32_t number)
{
    uint64_t pairs = __builtin_bswap32(number), digits;

    pairs = (pairs | pairs << 16) & UINT64_C(0x0000ffff0000ffff);
    pairs = (pairs | pairs << 8) & UINT64_C(0x00ff00ff00ff00ff);
    digits = (pairs >> 4 & UINT64_C(0x000f000f000f000f)) | (pairs & UINT64_C(0x000f000f000f000f)) << 8;
    /* Ten and more carry into bit 4 when six is added. */
    return digits + ONES * '0' + ((digits + ONES * 6) >> 4 & ONES) * ('a' - '0' - 10);
}

/* Eight digits; adds to `*faults` what is not zero when they are none. */
static uint32_t digits_parse(uint64_t digits, uint64_t *faults)
{
    uint64_t letters = digits >> 6 & ONES;
    uint64_t values = (digits & ONES * 0x0f) + letters * 9;
    uint64_t pairs;

    *faults |= ((digits | letters << 5) & ONES * 0xf0) ^ (ONES + letters) * 0x30; /* '0' or 'a', by the high half */
    *faults |= ((values + ONES * 6) >> 4 & ONES) ^ letters;                       /* ten and more are letters */
    *faults |= values & ONES * 0x10;                                              /* and sixteen is none */

    pairs = (values << 4 | values >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    pairs = (pairs | pairs >> 8) & UINT64_C(0x0000ffff0000ffff);
    return __builtin_bswap32((uint32_t)(pairs | pairs >> 16));
}

void ald_id_format(struct ald_id id, char *text)
{
    char digits[ID_DIGITS];

    ald_word_store(digits, digits_format((uint32_t)(id.high >> 32)));
    ald_word_store(digits + 8, digits_format((uint32_t)id.high));
    ald_word_store(digits + 16, digits_format((uint32_t)(id.low >> 32)));
    ald_word_store(digits + 24, digits_format((uint32_t)id.low));
    memcpy(text, digits, 8);
    memcpy(text + 9, digits + 8, 4);
    memcpy(text + 14, digits + 12, 4);
    memcpy(text + 19, digits + 16, 4);
    memcpy(text + 24, digits + 20, 12);
    for (size_t i = 0; i < ALD_COUNT(id_dashes); i++) {
        text[id_dashes[i]] = '-';
    }
}

int ald_id_parse(struct ald_str text, struct ald_id *ret_id)
{
    char digits[ID_DIGITS];
    uint64_t faults = 0;
    struct ald_id id;

    if (text.size != ALD_ID_TEXT) {
        return ALD_ID_MALFORMED;
    }
    for (size_t i = 0; i < ALD_COUNT(id_dashes); i++) {
        faults |= (uint64_t)(text.data[id_dashes[i]] != '-');
    }
    memcpy(digits, text.data, 8);
    memcpy(digits + 8, text.data + 9, 4);
    memcpy(digits + 12, text.data + 14, 4);
    memcpy(digits + 16, text.data + 19, 4);
    memcpy(digits + 20, text.data + 24, 12);
    id.high = (uint64_t)digits_parse(ald_word_load(digits), &faults) << 32;
    id.high |= digits_parse(ald_word_load(digits + 8), &faults);
    id.low = (uint64_t)digits_parse(ald_word_load(digits + 16), &faults) << 32;
    id.low |= digits_parse(ald_word_load(digits + 24), &faults);
    if (faults != 0) {
        return ALD_ID_MALFORMED;
    }
    *ret_id = id;
    return 0;
}
