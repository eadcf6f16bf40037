#include "wire/ws/ws_utf8.h"

#include "lib/test.h"

/* Fed in pieces of `piece` bytes: is it all of it valid? */
static bool utf8_valid(struct ald_str text, size_t piece)
{
    struct ald_ws_utf8 utf8;

    ald_ws_utf8_init(&utf8);
    for (size_t at = 0; at < text.size; at += piece) {
        if (!ald_ws_utf8_feed(&utf8, ald_str_of(text.data + at, ALD_MIN(piece, text.size - at)))) {
            return false;
        }
    }
    return ald_ws_utf8_whole(&utf8);
}

/* Every sequence of two bytes, and every one of four over the bytes at the edges of the rules. */
ALD_TEST(ws_utf8, agrees_with_the_check_of_the_whole)
{
    static const uint8_t edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
                                    0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
    uint8_t bytes[4];

    for (unsigned i = 0; i < 65536; i++) {
        struct ald_str text = ald_str_of(bytes, 2);

        bytes[0] = (uint8_t)(i >> 8);
        bytes[1] = (uint8_t)i;
        ald_check(utf8_valid(text, 2) == ald_utf8_valid(text));
        ald_check(utf8_valid(text, 1) == ald_utf8_valid(text));
    }
    for (size_t i = 0; i < 24 * 24 * 24 * 24; i++) {
        struct ald_str text = ald_str_of(bytes, 4);

        for (size_t k = 0, n = i; k < 4; k++, n /= 24) {
            bytes[k] = edges[n % 24];
        }
        ald_check(utf8_valid(text, 4) == ald_utf8_valid(text));
        ald_check(utf8_valid(text, 1) == utf8_valid(text, 3));
    }
}

ALD_TEST(ws_utf8, finds_the_bad_byte_behind_long_ascii)
{
    char text[70];

    for (size_t at = 0; at < sizeof(text); at++) {
        memset(text, 'a', sizeof(text));
        ald_check(utf8_valid(ald_str_of(text, sizeof(text)), 70));
        text[at] = (char)0xFF;
        for (size_t piece = 1; piece <= 70; piece += 23) {
            ald_check(!utf8_valid(ald_str_of(text, sizeof(text)), piece));
        }
    }
}

ALD_TEST(ws_utf8, knows_a_character_that_is_cut_off)
{
    struct ald_ws_utf8 utf8;

    ald_ws_utf8_init(&utf8);
    ald_check(ald_ws_utf8_whole(&utf8));
    ald_check(ald_ws_utf8_feed(&utf8, ALD_STR("k\xc3")));
    ald_check(!ald_ws_utf8_whole(&utf8));
    ald_check(ald_ws_utf8_feed(&utf8, ALD_STR("")));
    ald_check(!ald_ws_utf8_whole(&utf8));
    ald_check(ald_ws_utf8_feed(&utf8, ALD_STR("\xa9")));
    ald_check(ald_ws_utf8_whole(&utf8));
}

ALD_TEST_MAIN(ws_utf8, ALD_CASE(ws_utf8, agrees_with_the_check_of_the_whole),
              ALD_CASE(ws_utf8, finds_the_bad_byte_behind_long_ascii),
              ALD_CASE(ws_utf8, knows_a_character_that_is_cut_off))
