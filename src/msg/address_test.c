#include "msg/address.h"

#include "lib/test.h"

static char scratch[2048];

static struct ald_address parsed(const char *text)
{
    struct ald_address address = ALD_ADDRESS_NONE;

    ald_check_int(ald_address_parse(ald_str(text), scratch, &address), 0);
    return address;
}

static void check_malformed(struct ald_str text)
{
    struct ald_address address = ALD_ADDRESS_NONE;

    address.scope = ALD_SCOPE_HERE;
    ald_check_int(ald_address_parse(text, scratch, &address), ALD_ADDRESS_MALFORMED);
    ald_check_int(address.scope, ALD_SCOPE_HERE);
}

static void check_round_trip(struct ald_address address, const char *text)
{
    struct ald_buf buf;
    struct ald_address again;

    ald_buf_init(&buf, 4096);
    ald_check_int(ald_address_format(&address, &buf), 0);
    ald_check_str(ald_buf_str(&buf), text);
    ald_check_int(ald_address_parse(ald_buf_str(&buf), scratch, &again), 0);
    ald_check(ald_str_equal(again.hub, address.hub) && ald_str_present(again.hub) == ald_str_present(address.hub));
    ald_check(ald_str_equal(again.target, address.target));
    ald_check(ald_str_equal(again.channel, address.channel));
    ald_check_int(again.scope, address.scope);
    ald_buf_fini(&buf);
}

ALD_TEST(address, reads_a_bare_target)
{
    struct ald_address address = parsed("lamp");

    ald_check_str(address.target, "lamp");
    ald_check(!ald_str_present(address.hub) && !ald_str_present(address.channel));
    ald_check_int(address.scope, ALD_SCOPE_ONE);
}

ALD_TEST(address, reads_hub_target_and_channel)
{
    struct ald_address address = parsed("bridge:lamp#42");

    ald_check_str(address.hub, "bridge");
    ald_check_str(address.target, "lamp");
    ald_check_str(address.channel, "42");
}

ALD_TEST(address, reads_the_empty_text_as_the_hub_itself)
{
    struct ald_address address = parsed("");

    ald_check(ald_str_present(address.target) && address.target.size == 0);
}

ALD_TEST(address, reads_a_scope_in_place_of_a_target)
{
    ald_check_int(parsed(".").scope, ALD_SCOPE_HERE);
    ald_check_int(parsed("?").scope, ALD_SCOPE_NETWORK);
    ald_check_int(parsed("*").scope, ALD_SCOPE_EVERYWHERE);
    ald_check(!ald_str_present(parsed("*").target));
}

ALD_TEST(address, never_takes_a_scope_out_of_a_name)
{
    ald_check_int(parsed("%2A").scope, ALD_SCOPE_ONE);
    ald_check_str(parsed("%2A").target, "*");
    ald_check_str(parsed("..").target, "..");
    ald_check_str(parsed("com.example.lamp").target, "com.example.lamp");
}

ALD_TEST(address, decodes_names)
{
    struct ald_address address = parsed("a%3ab:c%23%25d#%c3%a9");

    ald_check_str(address.hub, "a:b");
    ald_check_str(address.target, "c#%d");
    ald_check_str(address.channel, "\xc3\xa9");
}

ALD_TEST(address, refuses_what_could_be_read_in_two_ways)
{
    check_malformed(ALD_STR("a:"));
    check_malformed(ALD_STR(":a"));
    check_malformed(ALD_STR("a:#c"));
    check_malformed(ALD_STR("a:b:c"));
    check_malformed(ALD_STR("a#"));
    check_malformed(ALD_STR("a#b#c"));
    check_malformed(ALD_STR("a#b:c"));
}

ALD_TEST(address, refuses_a_bad_percent)
{
    check_malformed(ALD_STR("%"));
    check_malformed(ALD_STR("%2"));
    check_malformed(ALD_STR("a%2g"));
    check_malformed(ALD_STR("h%:a"));
    check_malformed(ALD_STR("a#c%2"));
}

ALD_TEST(address, refuses_bytes_that_are_not_utf8)
{
    check_malformed(ALD_STR("\xff"));
    check_malformed(ALD_STR("%c3"));
    check_malformed(ALD_STR("\xc3:a"));
}

ALD_TEST(address, refuses_a_name_over_the_limit)
{
    char text[ALD_NAME_MAX + 1];

    memset(text, 'n', sizeof(text));
    check_malformed(ald_str_of(text, sizeof(text)));
    ald_check_int(ald_address_parse(ald_str_of(text, ALD_NAME_MAX), scratch, &(struct ald_address){0}), 0);
}

ALD_TEST(address, writes_what_it_reads)
{
    check_round_trip((struct ald_address){.target = ALD_STR("lamp")}, "lamp");
    check_round_trip((struct ald_address){.target = ALD_STR("")}, "");
    check_round_trip(
        (struct ald_address){ALD_STR("a b"), ALD_STR("c:d#e/f*g?h.i%j"), ALD_STR("\xc3\xa9\t"), ALD_SCOPE_ONE},
        "a%20b:c%3Ad%23e%2Ff%2Ag%3Fh%2Ei%25j#\xc3\xa9%09");
    check_round_trip((struct ald_address){.target = ALD_STR("*")}, "%2A");
    check_round_trip((struct ald_address){.scope = ALD_SCOPE_NETWORK}, "?");
}

ALD_TEST(address, tells_when_there_is_no_room)
{
    struct ald_buf buf;

    ald_buf_init(&buf, 4);
    ald_check_int(ald_address_format(&(struct ald_address){.target = ALD_STR("lamp")}, &buf), 0);
    ald_check_int(ald_address_format(&(struct ald_address){.target = ALD_STR("lamp")}, &buf), ALD_BUF_FULL);
    ald_buf_fini(&buf);
}

ALD_TEST_MAIN(address, ALD_CASE(address, reads_a_bare_target), ALD_CASE(address, reads_hub_target_and_channel),
              ALD_CASE(address, reads_the_empty_text_as_the_hub_itself),
              ALD_CASE(address, reads_a_scope_in_place_of_a_target),
              ALD_CASE(address, never_takes_a_scope_out_of_a_name), ALD_CASE(address, decodes_names),
              ALD_CASE(address, refuses_what_could_be_read_in_two_ways), ALD_CASE(address, refuses_a_bad_percent),
              ALD_CASE(address, refuses_bytes_that_are_not_utf8), ALD_CASE(address, refuses_a_name_over_the_limit),
              ALD_CASE(address, writes_what_it_reads), ALD_CASE(address, tells_when_there_is_no_room))
