#include "conn/inet.h"

#include "lib/test.h"

static void becomes(const char *text, uint16_t port, const char *expected)
{
    struct ald_inet inet;
    char formatted[ALD_INET_TEXT];

    ald_check_int(ald_inet_parse(ald_str(text), port, &inet), 0);
    ald_inet_format(&inet, formatted);
    ald_check_str(ald_str(formatted), expected);
}

static struct ald_inet inet_of(const char *text)
{
    struct ald_inet inet = {.port = 0};

    ald_check_int(ald_inet_parse(ald_str(text), 4042, &inet), 0);
    return inet;
}

ALD_TEST(inet, reads_addresses_with_and_without_a_port)
{
    becomes("10.0.0.2:7", 0, "10.0.0.2:7");
    becomes("10.0.0.2", 4042, "10.0.0.2:4042");
    becomes("[fd00::1]:7", 0, "[fd00::1]:7");
    becomes("[fd00::1]", 4042, "[fd00::1]:4042");
    becomes("fd00::1", 4042, "[fd00::1]:4042");
    becomes("::ffff:10.0.0.2", 4042, "10.0.0.2:4042");
    becomes("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 65535, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

ALD_TEST(inet, refuses_what_is_no_address)
{
    static const char *const bad[] = {
        "",         "zork",  "10.0.0.2",     "10.0.0.2:",   "10.0.0.2:0", "10.0.0.2:65536",
        "10.0.0:1", ":4042", "[10.0.0.2]:1", "[::1",        "[]:1",       "10.0.0.2:4x",
        "[::1]x:1", "::1:",  "1.2.3.4:5:6",  "a.b.c.d:4042"};
    struct ald_inet inet;

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        ald_check_int(ald_inet_parse(ald_str(bad[i]), 0, &inet), ALD_INET_MALFORMED);
    }
    ald_check_int(ald_inet_parse(ALD_STR("1.2.3.4\0x"), 1, &inet), ALD_INET_MALFORMED);
    ald_check_int(ald_inet_parse(ALD_STR_NONE, 1, &inet), ALD_INET_MALFORMED);
}

ALD_TEST(inet, takes_lists_apart_however_they_are_written)
{
    struct ald_str list = ALD_STR(" 10.0.0.1:1,10.0.0.2:2 zork\n\n[::1]:3\r\n,");
    static const char *const expected[] = {"10.0.0.1:1", "10.0.0.2:2", NULL, "[::1]:3"};
    struct ald_inet inet;
    struct ald_str item;
    char text[ALD_INET_TEXT];

    for (size_t i = 0; i < ALD_COUNT(expected); i++) {
        int r = ald_inet_next(&list, 0, &inet);

        ald_check_int(r, expected[i] == NULL ? ALD_INET_MALFORMED : 0);
        if (r == 0) {
            ald_inet_format(&inet, text);
            ald_check_str(ald_str(text), expected[i]);
        }
    }
    ald_check_int(ald_inet_next(&list, 0, &inet), ALD_INET_END);
    ald_check(!ald_inet_item(&list, &item));
    list = ALD_STR(" a b,");
    ald_check(ald_inet_item(&list, &item));
    ald_check_str(item, "a");
    ald_check(ald_inet_item(&list, &item));
    ald_check_str(item, "b");
    ald_check(!ald_inet_item(&list, &item));
}

ALD_TEST(inet, orders_by_address_and_then_by_port)
{
    struct ald_inet small = inet_of("10.0.0.1:5000"), large = inet_of("10.0.0.2:4000"),
                    other = inet_of("10.0.0.1:5001");

    ald_check(ald_inet_compare(&small, &large) < 0);
    ald_check(ald_inet_compare(&large, &small) > 0);
    ald_check(ald_inet_compare(&small, &other) < 0);
    ald_check_int(ald_inet_compare(&small, &small), 0);
    ald_check(ald_inet_same_host(&small, &other));
    ald_check(!ald_inet_same_host(&small, &large));
}

ALD_TEST(inet, knows_who_can_be_reached_from_where)
{
    static const struct {
        const char *text;
        bool any, loopback, private;
    } cases[] = {
        {"0.0.0.0", true, false, false},      {"::", true, false, false},           {"127.0.0.1", false, true, false},
        {"127.9.9.9", false, true, false},    {"::1", false, true, false},          {"10.255.0.1", false, false, true},
        {"11.0.0.1", false, false, false},    {"172.15.0.1", false, false, false},  {"172.16.0.1", false, false, true},
        {"172.31.0.1", false, false, true},   {"172.32.0.1", false, false, false},  {"192.168.0.1", false, false, true},
        {"192.169.0.1", false, false, false}, {"fd00::1", false, false, true},      {"fc00::1", false, false, false},
        {"2001:db8::1", false, false, false}, {"169.254.1.1", false, false, false},
    };

    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        struct ald_inet inet = inet_of(cases[i].text);

        ald_check_int(ald_inet_any(&inet), cases[i].any);
        ald_check_int(ald_inet_loopback(&inet), cases[i].loopback);
        ald_check_int(ald_inet_private(&inet), cases[i].private);
    }
}

ALD_TEST_MAIN(inet, ALD_CASE(inet, reads_addresses_with_and_without_a_port), ALD_CASE(inet, refuses_what_is_no_address),
              ALD_CASE(inet, takes_lists_apart_however_they_are_written),
              ALD_CASE(inet, orders_by_address_and_then_by_port), ALD_CASE(inet, knows_who_can_be_reached_from_where))
