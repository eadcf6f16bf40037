#include "msg/json_bytes.h"

#include "lib/test.h"

enum { SIZE = 160 }; /* two strides of the longest loop, and a rest */

/* The truth, byte by byte, from RFC 8259 section 7. */
static size_t plain_slowly(const uint8_t *bytes, size_t from, size_t size)
{
    while (from < size && bytes[from] >= 0x20 && bytes[from] < 0x80 && bytes[from] != '"' && bytes[from] != '\\') {
        from++;
    }
    return from;
}

static void check_run(const uint8_t *bytes, size_t from, size_t size)
{
    size_t expected = plain_slowly(bytes, from, size);

    ald_check_int(bytes_plain(bytes + from, bytes + size) - bytes, expected);
    ald_check_int(bytes_plain_in(bytes, bytes + from, bytes + size) - bytes, expected);
    ald_check_int(bytes_plain_portable(bytes + from, bytes + size) - bytes, expected);
}

ALD_TEST(json_bytes, stops_at_each_byte_that_is_not_plain_wherever_it_stands)
{
    uint8_t bytes[SIZE];

    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < SIZE; at++) {
            memset(bytes, at % 2 == 0 ? 'a' : 0x7f, SIZE);
            bytes[at] = (uint8_t)byte;
            for (size_t from = 0; from < 17; from++) {
                check_run(bytes, from, SIZE);
                check_run(bytes, from, ALD_MAX(at, from));
            }
        }
    }
}

ALD_TEST(json_bytes, stops_at_the_first_of_two)
{
    static const uint8_t stops[] = {0x00, 0x1f, '"', '\\', 0x80, 0xff};
    static const uint8_t plain[] = {0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f}; /* the neighbours */
    uint8_t bytes[SIZE];

    for (size_t at = 0; at < 20; at++) {
        for (size_t i = 0; i < ALD_COUNT(stops); i++) {
            for (size_t k = 0; k < ALD_COUNT(stops); k++) {
                memset(bytes, plain[i], SIZE);
                bytes[at] = stops[i];
                bytes[at + 1] = stops[k];
                check_run(bytes, 0, SIZE);
                bytes[at] = plain[k];
                check_run(bytes, 0, SIZE);
            }
        }
    }
}

/* Every code point, written by the table of RFC 3629 section 3. */
ALD_TEST(json_bytes, takes_every_character_and_no_surrogate)
{
    for (uint32_t code = 0x80; code < 0x110000; code++) {
        uint8_t bytes[4];
        size_t size, taken;
        bool surrogate = code >= 0xd800 && code < 0xe000;

        if (code < 0x800) {
            size = 2;
            bytes[0] = (uint8_t)(0xc0 | code >> 6);
        } else if (code < 0x10000) {
            size = 3;
            bytes[0] = (uint8_t)(0xe0 | code >> 12);
        } else {
            size = 4;
            bytes[0] = (uint8_t)(0xf0 | code >> 18);
        }
        for (size_t i = 1; i < size; i++) {
            bytes[i] = (uint8_t)(0x80 | (code >> 6 * (size - 1 - i) & 0x3f));
        }
        ald_check(bytes_utf8(bytes, bytes + size, &taken) != surrogate);
        ald_check_int(taken, surrogate ? 1 : size);
        if (!surrogate) {
            ald_check(!bytes_utf8(bytes, bytes + size - 1, &taken));
            ald_check_int(taken, size - 1);
        }
    }
}

/* The examples of Unicode 3.9, tables 3-8 to 3-11: what one U+FFFD stands for. */
ALD_TEST(json_bytes, replaces_the_longest_part_that_could_begin_a_character)
{
    static const struct {
        const char *bytes;
        size_t sizes[12]; /* of each replaced part, 0 ends them */
    } cases[] = {
        {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82", {1, 1, 1, 1, 1, 1, 1, 1}},
        {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf", {1, 1, 1, 1, 1, 1, 1, 1}},
        {"\xf4\x91\x92\x93\xff\x80\xbf", {1, 1, 1, 1, 1, 1, 1}},
        {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf", {2, 1, 3, 2}},
    };

    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        const uint8_t *at = (const uint8_t *)cases[i].bytes, *end = at + strlen(cases[i].bytes);
        size_t size, n = 0;

        for (; at != end; at += size) {
            ald_check(!bytes_utf8(at, end, &size));
            ald_check_int(size, cases[i].sizes[n++]);
        }
        ald_check_int(cases[i].sizes[n], 0);
    }
}

ALD_TEST(json_bytes, knows_hexadecimal_digits)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    for (unsigned byte = 0; byte < 256; byte++) {
        const char *found = byte != 0 ? strchr(digits, (int)byte) : NULL;
        int expected = found == NULL ? -1 : found - digits < 16 ? (int)(found - digits) : (int)(found - digits) - 6;

        ald_check_int(bytes_hex((uint8_t)byte), expected);
    }
}

ALD_TEST_MAIN(json_bytes, ALD_CASE(json_bytes, stops_at_each_byte_that_is_not_plain_wherever_it_stands),
              ALD_CASE(json_bytes, stops_at_the_first_of_two),
              ALD_CASE(json_bytes, takes_every_character_and_no_surrogate),
              ALD_CASE(json_bytes, replaces_the_longest_part_that_could_begin_a_character),
              ALD_CASE(json_bytes, knows_hexadecimal_digits))
