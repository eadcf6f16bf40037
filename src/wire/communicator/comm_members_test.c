#include "wire/communicator/comm_members.h"

#include "lib/test.h"
#include "msg/json_scan.h"

static struct ald_comm_members members_of(const char *text)
{
    struct ald_comm_members members;
    struct ald_json_scan scan;

    ald_check_int(ald_json_check(ald_str(text), ALD_JSON_BROKEN_OK, &scan), 0);
    ald_comm_members_init(&members, scan.value);
    return members;
}

static void check_next(struct ald_comm_members *members, const char *name, const char *value, int type, int flags)
{
    struct ald_json_value found_name, found_value;

    ald_check(ald_comm_members_next(members, &found_name, &found_value));
    ald_check_str(found_name.raw, name);
    ald_check_str(found_value.raw, value);
    ald_check_int(found_value.type, type);
    ald_check_int(found_value.flags, flags);
}

static void check_end(struct ald_comm_members *members)
{
    struct ald_json_value name, value;

    ald_check(!ald_comm_members_next(members, &name, &value));
    ald_check(!ald_comm_members_next(members, &name, &value));
}

ALD_TEST(comm_members, walks_values_of_every_type)
{
    struct ald_comm_members members =
        members_of("{\"a\":\"s\",\"b\":-1,\"c\":1.5,\"d\":1e3,\"e\":true,\"f\":false,\"g\":null,\"h\":[],\"i\":{}}");

    check_next(&members, "\"a\"", "\"s\"", ALD_JSON_STRING, 0);
    check_next(&members, "\"b\"", "-1", ALD_JSON_NUMBER, 0);
    check_next(&members, "\"c\"", "1.5", ALD_JSON_NUMBER, ALD_JSON_REAL);
    check_next(&members, "\"d\"", "1e3", ALD_JSON_NUMBER, ALD_JSON_REAL);
    check_next(&members, "\"e\"", "true", ALD_JSON_TRUE, 0);
    check_next(&members, "\"f\"", "false", ALD_JSON_FALSE, 0);
    check_next(&members, "\"g\"", "null", ALD_JSON_NULL, 0);
    check_next(&members, "\"h\"", "[]", ALD_JSON_ARRAY, 0);
    check_next(&members, "\"i\"", "{}", ALD_JSON_OBJECT, 0);
    check_end(&members);
}

ALD_TEST(comm_members, passes_over_what_is_within_a_value)
{
    struct ald_comm_members members = members_of("{\"a\":{\"b\":[\"]}\",{\"\\\"}\":1}]},\"c\":[[\"\\\\\"],\"[\"]}");

    check_next(&members, "\"a\"", "{\"b\":[\"]}\",{\"\\\"}\":1}]}", ALD_JSON_OBJECT, 0);
    check_next(&members, "\"c\"", "[[\"\\\\\"],\"[\"]", ALD_JSON_ARRAY, 0);
    check_end(&members);
}

ALD_TEST(comm_members, passes_over_blanks)
{
    struct ald_comm_members members = members_of(" { \"a\" : 1 ,\n\t\"b\"\r:\t\"x\" } ");

    check_next(&members, "\"a\"", "1", ALD_JSON_NUMBER, 0);
    check_next(&members, "\"b\"", "\"x\"", ALD_JSON_STRING, 0);
    check_end(&members);
    members = members_of("{ }");
    check_end(&members);
}

ALD_TEST(comm_members, tells_what_must_be_decoded)
{
    struct ald_comm_members members = members_of("{\"\\u0061\":\"\\\"\\\\\",\"b\":\"\xff\",\"c\":\"\xc3\xa9\"}");

    check_next(&members, "\"\\u0061\"", "\"\\\"\\\\\"", ALD_JSON_STRING, ALD_JSON_ESCAPED);
    check_next(&members, "\"b\"", "\"\xff\"", ALD_JSON_STRING, ALD_JSON_BROKEN);
    check_next(&members, "\"c\"", "\"\xc3\xa9\"", ALD_JSON_STRING, 0);
    check_end(&members);
}

ALD_TEST_MAIN(comm_members, ALD_CASE(comm_members, walks_values_of_every_type),
              ALD_CASE(comm_members, passes_over_what_is_within_a_value), ALD_CASE(comm_members, passes_over_blanks),
              ALD_CASE(comm_members, tells_what_must_be_decoded))
