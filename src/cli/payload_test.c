#include "lib/test.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/payload.h"

static int payload(const char *argument, struct ald_slice *slice, struct ald_payload_why *why)
{
    *slice = ALD_SLICE_NONE;
    why->text[0] = '\0';
    return ald_payload_read(argument, slice, why);
}

ALD_TEST(payload, may_be_any_json_value)
{
    static const char *const good[] = {"{}", "null", "-5", "\"text\"", " [1, 2] ", "{\"a\": {\"b\": []}}"};

    for (size_t i = 0; i < ALD_COUNT(good); i++) {
        struct ald_payload_why why;
        struct ald_slice slice;

        ald_check_int(payload(good[i], &slice, &why), 0);
        ald_check_str(ald_slice_str(slice), good[i]);
        ald_slice_clear(&slice);
    }
}

ALD_TEST(payload, says_where_it_is_no_json)
{
    struct ald_payload_why why;
    struct ald_slice slice;

    ald_check_int(payload("{\"a\":1,\n \"b\" 2}", &slice, &why), ALD_PAYLOAD_BAD);
    ald_check(strstr(why.text, "line 2, column 6") != NULL);
    ald_check_int(payload("hello", &slice, &why), ALD_PAYLOAD_BAD);
    ald_check(strstr(why.text, "line 1, column 1") != NULL);
    ald_check_int(payload("", &slice, &why), ALD_PAYLOAD_BAD);
}

ALD_TEST(payload, may_stand_in_a_file)
{
    char path[] = "/tmp/aldis_payload_XXXXXX";
    char argument[sizeof(path) + 1];
    struct ald_payload_why why;
    struct ald_slice slice;
    int fd = mkstemp(path);

    ald_check(fd >= 0);
    ald_check_int(write(fd, "[true]\n", 7), 7);
    close(fd);
    snprintf(argument, sizeof(argument), "@%s", path);
    ald_check_int(payload(argument, &slice, &why), 0);
    ald_check_str(ald_slice_str(slice), "[true]\n");
    ald_slice_clear(&slice);
    unlink(path);

    ald_check_int(payload(argument, &slice, &why), ALD_PAYLOAD_BAD);
    ald_check(strstr(why.text, "No such file") != NULL);
}

ALD_TEST(payload, has_a_largest_size)
{
    char path[] = "/tmp/aldis_payload_XXXXXX";
    char argument[sizeof(path) + 1];
    struct ald_payload_why why;
    struct ald_slice slice;
    int fd = mkstemp(path);

    ald_check(fd >= 0);
    ald_check_int(ftruncate(fd, ALD_PAYLOAD_MAX + 1), 0);
    close(fd);
    snprintf(argument, sizeof(argument), "@%s", path);
    ald_check_int(payload(argument, &slice, &why), ALD_PAYLOAD_BAD);
    ald_check(strstr(why.text, "larger") != NULL);
    unlink(path);
}

ALD_TEST_MAIN(payload, ALD_CASE(payload, may_be_any_json_value), ALD_CASE(payload, says_where_it_is_no_json),
              ALD_CASE(payload, may_stand_in_a_file), ALD_CASE(payload, has_a_largest_size))
