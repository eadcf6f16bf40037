#include "wire/http/http_fields.h"

#include "lib/test.h"

static const struct ald_http_field test_items[] = {
    {{"Connection", 10}, {"keep-alive , Upgrade", 20}},
    {{"X-Empty", 7}, {"", 0}},
    {{"connection", 10}, {"close", 5}},
};
static const struct ald_http_fields test_fields = {test_items, ALD_COUNT(test_items)};

ALD_TEST(http_fields, finds_names_in_any_case)
{
    ald_check_str(ald_http_fields_find(test_fields, ALD_STR("CONNECTION")), "keep-alive , Upgrade");
    ald_check_str(ald_http_fields_find(test_fields, ALD_STR("x-empty")), "");
    ald_check(ald_str_present(ald_http_fields_find(test_fields, ALD_STR("x-empty"))));
    ald_check(!ald_str_present(ald_http_fields_find(test_fields, ALD_STR("x-empt"))));
    ald_check_int(ald_http_fields_count(test_fields, ALD_STR("Connection")), 2);
    ald_check_int(ald_http_fields_count(test_fields, ALD_STR("Host")), 0);
    ald_check(!ald_str_present(ald_http_fields_find((struct ald_http_fields){NULL, 0}, ALD_STR("a"))));
}

ALD_TEST(http_fields, finds_tokens_in_lists_over_several_fields)
{
    ald_check(ald_http_fields_list(test_fields, ALD_STR("Connection"), ALD_STR("upgrade")));
    ald_check(ald_http_fields_list(test_fields, ALD_STR("Connection"), ALD_STR("Keep-Alive")));
    ald_check(ald_http_fields_list(test_fields, ALD_STR("Connection"), ALD_STR("close")));
    ald_check(!ald_http_fields_list(test_fields, ALD_STR("Connection"), ALD_STR("keep")));
    ald_check(!ald_http_fields_list(test_fields, ALD_STR("X-Empty"), ALD_STR("")));
}

ALD_TEST(http_fields, list_has_no_empty_elements)
{
    struct ald_str list = ALD_STR(" ,, a ,\tb;c=d ,, "), item;

    ald_check(ald_http_list_next(&list, &item));
    ald_check_str(item, "a");
    ald_check(ald_http_list_next(&list, &item));
    ald_check_str(item, "b;c=d");
    ald_check_str(ald_http_item_name(item), "b");
    ald_check(!ald_http_list_next(&list, &item));
    ald_check(!ald_http_list_next(&list, &item));
}

ALD_TEST(http_fields, quoted_commas_do_not_separate)
{
    struct ald_str list = ALD_STR("a; x=\"1,\\\",;2\" ; y, \"b,\\"), item;

    ald_check(ald_http_list_next(&list, &item));
    ald_check_str(item, "a; x=\"1,\\\",;2\" ; y");
    ald_check_str(ald_http_item_name(item), "a");
    ald_check(ald_http_list_next(&list, &item));
    ald_check_str(item, "\"b,\\");
    ald_check(!ald_http_list_next(&list, &item));
}

ALD_TEST(http_fields, knows_the_bytes_of_tokens_and_values)
{
    static const char token_marks[] = "!#$%&'*+-.^_`|~";
    size_t n_tokens = 0, n_values = 0;

    for (unsigned i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;

        n_tokens += ald_http_token_valid(ald_str_of(&byte, 1)) ? 1 : 0;
        n_values += ald_http_value_valid(ald_str_of(&byte, 1)) ? 1 : 0;
    }
    ald_check_int(n_tokens, 10 + 26 + 26 + strlen(token_marks));
    ald_check_int(n_values, 1 + (0x7F - 0x20) + 128);
    ald_check(ald_http_token_valid(ald_str(token_marks)));
    ald_check(!ald_http_token_valid(ALD_STR("")));
    ald_check(!ald_http_token_valid(ALD_STR("a b")));
    ald_check(ald_http_value_valid(ALD_STR("")));
    ald_check(!ald_http_value_valid(ALD_STR("a\r\nb: c")));
}

ALD_TEST(http_fields, knows_hexadecimal_digits)
{
    static const char digits[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";

    for (int i = 0; i < 16; i++) {
        ald_check_int(ald_http_hex_value(digits[i]), i);
        ald_check_int(ald_http_hex_value(upper[i]), i);
    }
    for (const char *bad = "/:@G`g \t-"; *bad != '\0'; bad++) {
        ald_check_int(ald_http_hex_value(*bad), -1);
    }
    ald_check_int(ald_http_hex_value('\0'), -1);
    ald_check_int(ald_http_hex_value((char)0xB1), -1);
}

ALD_TEST_MAIN(http_fields, ALD_CASE(http_fields, finds_names_in_any_case),
              ALD_CASE(http_fields, finds_tokens_in_lists_over_several_fields),
              ALD_CASE(http_fields, list_has_no_empty_elements), ALD_CASE(http_fields, quoted_commas_do_not_separate),
              ALD_CASE(http_fields, knows_the_bytes_of_tokens_and_values),
              ALD_CASE(http_fields, knows_hexadecimal_digits))
