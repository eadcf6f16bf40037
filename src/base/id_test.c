#include "base/id.h"

#include "base/rng.h"
#include "lib/test.h"
#include "lib/panic.h"

ALD_TEST(id, looks_like_a_version_4_uuid)
{
    struct ald_rng rng;
    char text[ALD_ID_TEXT];

    ald_rng_init(&rng, 1);
    for (int i = 0; i < 1000; i++) {
        ald_id_format(ald_id_make(ald_rng_next(&rng), ald_rng_next(&rng) >> 2), text);
        ald_check(text[14] == '4');
        ald_check(strchr("89ab", text[19]) != NULL);
        for (int at = 0; at < ALD_ID_TEXT; at++) {
            bool dash = at == 8 || at == 13 || at == 18 || at == 23;

            ald_check(dash ? text[at] == '-' : strchr("0123456789abcdef", text[at]) != NULL);
        }
    }
}

ALD_TEST(id, differs_for_every_number_of_a_series)
{
    static const uint64_t boots[] = {0, UINT64_MAX, UINT64_C(0x123456789abcdef0)};

    for (size_t i = 0; i < ALD_COUNT(boots); i++) {
        struct ald_id zero = ald_id_make(boots[i], 0);

        for (int bit = 0; bit < 62; bit++) {
            uint64_t n = UINT64_C(1) << bit;

            ald_check(!ald_id_equal(ald_id_make(boots[i], n), zero));
            ald_check(!ald_id_equal(ald_id_make(boots[i], n), ald_id_make(boots[i], n - 1)));
            ald_check(ald_id_make(boots[i], n).low - zero.low == n);
        }
    }
    ald_check_panics(ald_ignore(ald_id_make(1, UINT64_C(1) << 62)));
}

ALD_TEST(id, is_written_as_rfc_9562_shows_it)
{
    struct ald_id id = {UINT64_C(0xf81d4fae7dec11d0), UINT64_C(0xa76500a0c91e6bf6)};
    char text[ALD_ID_TEXT + 1] = {0};

    text[ALD_ID_TEXT] = '!';
    ald_id_format(id, text);
    ald_check(memcmp(text, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6!", sizeof(text)) == 0);
}

ALD_TEST(id, comes_back_from_its_text_in_either_case)
{
    struct ald_id expected = {UINT64_C(0xf81d4fae7dec11d0), UINT64_C(0xa76500a0c91e6bf6)};
    struct ald_id id = {0, 0};

    ald_check_int(ald_id_parse(ALD_STR("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), &id), 0);
    ald_check(ald_id_equal(id, expected));
    id.low = 0;
    ald_check_int(ald_id_parse(ALD_STR("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"), &id), 0);
    ald_check(ald_id_equal(id, expected));
}

ALD_TEST(id, refuses_every_text_with_one_byte_wrong)
{
    static const char right[] = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    struct ald_id id = {1, 2};
    char text[sizeof(right)];

    for (size_t at = 0; at < ALD_ID_TEXT; at++) {
        memcpy(text, right, sizeof(text));
        text[at] = right[at] == '-' ? '0' : '-';
        ald_check_int(ald_id_parse(ald_str(text), &id), ALD_ID_MALFORMED);
        text[at] = right[at] == '-' ? '_' : 'g';
        ald_check_int(ald_id_parse(ald_str(text), &id), ALD_ID_MALFORMED);
        ald_check_int(ald_id_parse(ald_str_of(right, at), &id), ALD_ID_MALFORMED);
    }
    ald_check_int(ald_id_parse(ald_str_of(right, sizeof(right)), &id), ALD_ID_MALFORMED);
    ald_check(id.high == 1 && id.low == 2);
}

ALD_TEST_MAIN(id, ALD_CASE(id, looks_like_a_version_4_uuid), ALD_CASE(id, differs_for_every_number_of_a_series),
              ALD_CASE(id, is_written_as_rfc_9562_shows_it), ALD_CASE(id, comes_back_from_its_text_in_either_case),
              ALD_CASE(id, refuses_every_text_with_one_byte_wrong))
