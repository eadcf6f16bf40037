#include "auth/token.h"

#include "lib/test.h"

ALD_TEST(token, has_its_form_and_is_another_each_time)
{
    char first[ALD_TOKEN_TEXT + 1], second[ALD_TOKEN_TEXT + 1];

    ald_check_int(ald_token_make(first), 0);
    ald_check_int(ald_token_make(second), 0);
    ald_check_int(strlen(first), ALD_TOKEN_TEXT);
    ald_check(strncmp(first, "aldis_", 6) == 0);
    ald_check(strcmp(first, second) != 0);
    ald_check_int(strspn(first + 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
}

ALD_TEST(token, is_hashed_as_fips_180_4_has_it)
{
    uint8_t hash[ALD_AUTH_HASH];
    char text[ALD_TOKEN_HASH_TEXT + 1];

    ald_check_int(ald_token_hash(ALD_STR("abc"), hash), 0);
    ald_token_hash_format(hash, text);
    ald_check_str(ald_str(text), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

ALD_TEST(token, hashes_are_equal_in_every_byte_or_not)
{
    uint8_t a[ALD_AUTH_HASH] = {1}, b[ALD_AUTH_HASH] = {1};

    ald_check(ald_token_hash_equal(a, b));
    for (size_t i = 0; i < ALD_AUTH_HASH; i++) {
        b[i] ^= 0x80;
        ald_check(!ald_token_hash_equal(a, b));
        b[i] ^= 0x80;
    }
}

ALD_TEST(token, is_found_in_its_field)
{
    struct ald_str token;

    ald_check_int(ald_token_of_field(ALD_STR("Bearer aldis_x-1"), &token), 0);
    ald_check_str(token, "aldis_x-1");
    ald_check_int(ald_token_of_field(ALD_STR("bEARER   YWJj=="), &token), 0);
    ald_check_str(token, "YWJj==");
    ald_check_int(ald_token_of_field(ALD_STR_NONE, &token), ALD_TOKEN_NONE);
}

ALD_TEST(token, is_not_found_where_none_can_be)
{
    static const char *const fields[] = {
        "",           "Bearer",     "Bearer ",      "Basic YWJj", "aldis_x",    "Bearer:",
        "Bearer a b", "Bearer a,b", "Bearer \"a\"", "Bearer ==",  "Bearer a=b",
    };
    struct ald_str token;

    for (size_t i = 0; i < ALD_COUNT(fields); i++) {
        ald_check_int(ald_token_of_field(ald_str(fields[i]), &token), ALD_TOKEN_MALFORMED);
    }
    ald_check_int(ald_token_of_field(ALD_STR("Bearer a\0b"), &token), ALD_TOKEN_MALFORMED);
}

ALD_TEST_MAIN(token, ALD_CASE(token, has_its_form_and_is_another_each_time),
              ALD_CASE(token, is_hashed_as_fips_180_4_has_it), ALD_CASE(token, hashes_are_equal_in_every_byte_or_not),
              ALD_CASE(token, is_found_in_its_field), ALD_CASE(token, is_not_found_where_none_can_be))
