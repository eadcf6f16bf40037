#include "lib/test.h"

#include "cli/params.h"

#define OPERANDS(...) ((const char *const[]){__VA_ARGS__}), ALD_COUNT(((const char *const[]){__VA_ARGS__}))

ALD_TEST(params, are_told_from_json)
{
    static const char *const good[] = {"a=", "a=1", "_a1=b=c", "Q_=\"x\""};
    static const char *const bad[] = {"",     "=", "1a=2", "{\"a\":1}", "\"a=b\"", "a",
                                      "true", "-", "@a=b", "a b=c",     "a-b=c"};

    for (size_t i = 0; i < ALD_COUNT(good); i++) {
        ald_check(ald_params_fits(good[i]));
    }
    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        ald_check(!ald_params_fits(bad[i]));
    }
}

ALD_TEST(params, become_an_object_of_strings)
{
    struct ald_slice payload = ALD_SLICE_NONE;
    size_t at;

    ald_check_int(ald_params_read(OPERANDS("a=1", "b=x;\"y\"", "c="), &payload, &at), 0);
    ald_check_str(ald_slice_str(payload), "{\"a\":\"1\",\"b\":\"x;\\\"y\\\"\",\"c\":\"\"}");
    ald_slice_clear(&payload);
}

ALD_TEST(params, say_which_one_is_wrong)
{
    struct ald_slice payload = ALD_SLICE_NONE;
    size_t at = 0;

    ald_check_int(ald_params_read(OPERANDS("a=1", "b"), &payload, &at), ALD_PARAMS_BAD);
    ald_check_int(at, 1);
    ald_check_int(ald_params_read(OPERANDS("a=1", "b=1", "a=2"), &payload, &at), ALD_PARAMS_BAD);
    ald_check_int(at, 2);
}

ALD_TEST_MAIN(params, ALD_CASE(params, are_told_from_json), ALD_CASE(params, become_an_object_of_strings),
              ALD_CASE(params, say_which_one_is_wrong))
