#include "lib/test.h"
#include "msg/json_scan.h"
#include "wire/link/link_address.h"

static const char aliases[] = "lamp = host 100,deck lights=instance 7, a=b=instance 3";

static bool address_of(const char *json, struct ald_link_address *ret_address)
{
    struct ald_json_scan scan;

    ald_check_int(ald_json_check(ald_str(json), ALD_JSON_STRICT, &scan), 0);
    return ald_link_address_read(scan.value, ret_address) == 0;
}

ALD_TEST(link_address, reads_what_the_schema_allows)
{
    struct ald_link_address address;

    ald_check(address_of("[3, 1 ,9]", &address));
    ald_check_int(address.type, ALD_LINK_CONTROL_KIND);
    ald_check(address.id == 1);
    ald_check_str(address.request, "9");
    ald_check(address_of("[1,4,1,\"more\",{}]", &address));
    ald_check(address_of("[1.0,4e0]", &address));
    ald_check(address.id == 4 && !ald_str_present(address.request));
    ald_check(address_of("[1,-5]", &address));
    ald_check(address.id == -5);
    ald_check(address_of("[1,1e300]", &address));
    ald_check(address.is_odd);
}

ALD_TEST(link_address, reads_nothing_else)
{
    static const char *const texts[] = {"[]",        "[1]",        "[5,1]",     "[-1,1]",  "[1,1.5]",
                                        "[1,\"1\"]", "[1,1,null]", "[1,1,1.5]", "[[1],1]", "{}",
                                        "\"1,2\"",   "[1,true]",   "[1e300,1]"};
    struct ald_link_address address;

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        ald_check(!address_of(texts[i], &address));
    }
}

ALD_TEST(link_address, is_written_in_three_ways)
{
    struct ald_link_address address;
    char room[ALD_LINK_ADDRESS_MAX];

    ald_check(address_of("[3,1,9]", &address));
    ald_check_str(ald_str_of(room, ald_link_address_format(&address, room)), "[3,1,9]");
    ald_check_str(ald_str_of(room, ald_link_address_describe(&address, room)), "[Address control:1:9]");
    ald_check_str(ald_str_of(room, ald_link_wire_id(&address, room)), "3,1,9");
    ald_check(address_of("[4,1]", &address));
    ald_check_str(ald_str_of(room, ald_link_address_describe(&address, room)), "[Address 4:host]");
    ald_check(address_of("[4,9]", &address));
    ald_check_str(ald_str_of(room, ald_link_address_describe(&address, room)), "[Address broadcast:9]");
    ald_check_int(ald_link_wire_id_read(ALD_STR("3,1,9"), &address), 0);
    ald_check(address.type == 3 && address.id == 1 && ald_str_equal(address.request, ALD_STR("9")));
    ald_check_int(ald_link_wire_id_read(ALD_STR("0b7e7c56-5c1a"), &address), ALD_LINK_NO_ADDRESS);
    ald_check_int(ald_link_wire_id_read(ALD_STR("5,1"), &address), ALD_LINK_NO_ADDRESS);
}

static void check_pair(const char *json, const char *target)
{
    struct ald_link_address address, back;
    char room[ALD_LINK_ADDRESS_MAX];

    ald_check(address_of(json, &address));
    ald_check_str(ald_link_target(ald_str(aliases), &address, room), target);
    ald_check(ald_link_target_read(ald_str(aliases), ald_str(target), &back));
    ald_check(ald_link_address_same(&address, &back));
}

ALD_TEST(link_address, is_a_target_and_back)
{
    struct ald_link_address address;

    check_pair("[1,4]", "4");
    check_pair("[1,-5]", "-5");
    check_pair("[2,9]", "instance-9");
    check_pair("[3,1]", "control-1");
    check_pair("[1,100]", "lamp");
    check_pair("[2,7]", "deck lights");
    check_pair("[2,3]", "a=b");
    ald_check(!ald_link_target_read(ald_str(aliases), ALD_STR("04"), &address));
    ald_check(!ald_link_target_read(ald_str(aliases), ALD_STR("-0"), &address));
    ald_check(!ald_link_target_read(ald_str(aliases), ALD_STR("boiler"), &address));
    ald_check(!ald_link_target_read(ald_str(aliases), ALD_STR("9007199254740992"), &address));
    ald_check_int(address.type, ALD_LINK_CONTROLLER);
}

ALD_TEST(link_address, aliases_are_looked_through)
{
    struct ald_str bad = ALD_STR_NONE;

    static const char *const malformed[] = {"=host 1", "lamp=host", "lamp=controller 0", "lamp=control 3",
                                            "lamp=host -1"};

    ald_check_int(ald_link_aliases_check(ald_str(aliases), &bad), 0);
    ald_check_int(ald_link_aliases_check(ALD_STR(""), &bad), 0);
    ald_check_int(ald_link_aliases_check(ALD_STR("lamp=host 1, boiler=plant 2"), &bad), ALD_LINK_ALIAS_MALFORMED);
    ald_check_str(bad, "boiler=plant 2");
    for (size_t i = 0; i < ALD_COUNT(malformed); i++) {
        ald_check_int(ald_link_aliases_check(ald_str(malformed[i]), NULL), ALD_LINK_ALIAS_MALFORMED);
    }
    ald_check_int(ald_link_aliases_check(ALD_STR("a=host 1, b=host 2, a=host 3"), &bad), ALD_LINK_ALIAS_TWICE);
    ald_check_str(bad, "a=host 3");
    ald_check_int(ald_link_aliases_check(ALD_STR("a=host 1,b=instance 1,c = host 1"), &bad), ALD_LINK_ALIAS_TWICE);
    ald_check_str(bad, "c = host 1");
}

ALD_TEST_MAIN(link_address, ALD_CASE(link_address, reads_what_the_schema_allows),
              ALD_CASE(link_address, reads_nothing_else), ALD_CASE(link_address, is_written_in_three_ways),
              ALD_CASE(link_address, is_a_target_and_back), ALD_CASE(link_address, aliases_are_looked_through))
