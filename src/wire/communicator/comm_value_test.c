#include "wire/communicator/comm_value.h"

#include "lib/test.h"

static void check_int(const char *text, int64_t expected)
{
    int64_t integer = 0;

    ald_check_int(ald_comm_int_read(ald_str(text), &integer), 0);
    ald_check(integer == expected);
}

static void check_no_int(const char *text)
{
    int64_t integer = 77;

    ald_check_int(ald_comm_int_read(ald_str(text), &integer), ALD_COMM_MALFORMED);
    ald_check_int(integer, 77);
}

ALD_TEST(comm_value, reads_integers_of_every_base)
{
    check_int("0", 0);
    check_int("-0", 0);
    check_int("+101", 101);
    check_int("007", 7);
    check_int("0x1F", 31);
    check_int("-0xff", -255);
    check_int("0b101", 5);
    check_int("0o17", 15);
    check_int("0d19", 19);
    check_int("9223372036854775807", INT64_MAX);
    check_int("-9223372036854775808", INT64_MIN);
    check_int("-0x8000000000000000", INT64_MIN);
}

ALD_TEST(comm_value, refuses_what_is_no_integer_or_does_not_fit)
{
    static const char *const texts[] = {"",
                                        "-",
                                        "+",
                                        "--1",
                                        "1 ",
                                        " 1",
                                        "1.0",
                                        "0x",
                                        "0b2",
                                        "0o8",
                                        "0da",
                                        "1e3",
                                        "0x-1",
                                        "x1",
                                        "0xg",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "0xffffffffffffffff",
                                        "99999999999999999999999"};

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        check_no_int(texts[i]);
    }
}

ALD_TEST(comm_value, reads_truths)
{
    bool truth = false;

    ald_check(ald_comm_bool_read(ALD_STR("true"), &truth) == 0 && truth);
    ald_check(ald_comm_bool_read(ALD_STR("false"), &truth) == 0 && !truth);
    ald_check(ald_comm_bool_read(ALD_STR("yes"), &truth) == 0 && truth);
    ald_check(ald_comm_bool_read(ALD_STR("no"), &truth) == 0 && !truth);
    ald_check_int(ald_comm_bool_read(ALD_STR("True"), &truth), ALD_COMM_MALFORMED);
    ald_check_int(ald_comm_bool_read(ALD_STR(""), &truth), ALD_COMM_MALFORMED);
    ald_check(!truth);
}

static void check_duration(const char *text, uint64_t expected)
{
    ald_usec duration = 0;

    ald_check_int(ald_comm_duration_read(ald_str(text), &duration), 0);
    ald_check_int(duration, expected);
}

ALD_TEST(comm_value, sums_durations)
{
    check_duration("0", 0);
    check_duration("5", 5 * ALD_SEC);
    check_duration("1h30m", 5400 * ALD_SEC);
    check_duration("2.5 days", 216000 * ALD_SEC);
    check_duration(" 1 minute 1 second ", 61 * ALD_SEC);
    check_duration("1w1d", 8 * 86400 * ALD_SEC);
    check_duration("1month", 30 * 86400 * ALD_SEC);
    check_duration("2 months", 60 * 86400 * ALD_SEC);
    check_duration("1y", 365 * 86400 * ALD_SEC);
    check_duration("1 year2hours", (365 * 86400 + 7200) * ALD_SEC);
    check_duration(".5s", ALD_SEC / 2);
    check_duration("0.0000019", 1);
    check_duration("0.1234567891s", 123456);
    check_duration("10 20", 30 * ALD_SEC);
}

ALD_TEST(comm_value, refuses_what_is_no_duration)
{
    static const char *const texts[] = {"",
                                        " ",
                                        "s",
                                        "1x",
                                        "-1",
                                        "1 h m",
                                        ".",
                                        "1.",
                                        "1 fortnight",
                                        "1H",
                                        "1..5",
                                        "1,5",
                                        "1e3",
                                        "5s;",
                                        "99999999999999999999",
                                        "999999999999999999y",
                                        "200000y 200000y 200000y"};
    ald_usec duration = 77;

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        ald_check_int(ald_comm_duration_read(ald_str(texts[i]), &duration), ALD_COMM_MALFORMED);
    }
    ald_check_int(duration, 77);
}

ALD_TEST(comm_value, reads_and_writes_times)
{
    char room[ALD_COMM_TIME_MAX];
    struct ald_comm_time time = {.sec = 0};

    ald_check_int(ald_comm_time_read(ALD_STR("1795226634.692451503"), &time), 0);
    ald_check(time.sec == 1795226634 && time.nsec == 692451503);
    ald_check_str(ald_comm_time_format(time, room), "1795226634.692451503");
    ald_check_int(ald_comm_time_read(ALD_STR("7.05"), &time), 0);
    ald_check_str(ald_comm_time_format(time, room), "7.050000000");
    ald_check_int(ald_comm_time_read(ALD_STR("7"), &time), 0);
    ald_check_str(ald_comm_time_format(time, room), "7.000000000");
    time = (struct ald_comm_time){.sec = INT64_MAX, .nsec = 999999999};
    ald_check_str(ald_comm_time_format(time, room), "9223372036854775807.999999999");
}

ALD_TEST(comm_value, refuses_what_is_no_time)
{
    static const char *const texts[] = {
        "", ".", "1.", ".5", "-1", "1.0000000001", "1.x", "1 ", "1e3", "0x10", "9223372036854775808"};
    struct ald_comm_time time = {.sec = 77};

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        ald_check_int(ald_comm_time_read(ald_str(texts[i]), &time), ALD_COMM_MALFORMED);
    }
    ald_check_int(time.sec, 77);
}

ALD_TEST(comm_value, walks_lists_without_trimming)
{
    struct ald_str list = ALD_STR(",HELP,, STOP ,X,"), item;

    ald_check(ald_comm_list_next(&list, &item));
    ald_check_str(item, "HELP");
    ald_check(ald_comm_list_next(&list, &item));
    ald_check_str(item, " STOP ");
    ald_check(ald_comm_list_next(&list, &item));
    ald_check_str(item, "X");
    ald_check(!ald_comm_list_next(&list, &item));
    list = ALD_STR_NONE;
    ald_check(!ald_comm_list_next(&list, &item));
}

static void check_cache(const char *text, bool keep, bool reply, ald_usec ttl)
{
    struct ald_comm_cache cache = ald_comm_cache_read(ald_str(text));

    ald_check(cache.keep == keep);
    ald_check(cache.reply == reply);
    ald_check_int(cache.ttl, ttl);
}

ALD_TEST(comm_value, reads_what_to_do_with_a_message_that_must_wait)
{
    check_cache(NULL, true, false, 60 * ALD_SEC);
    check_cache("", true, false, 60 * ALD_SEC);
    check_cache("no", false, false, 60 * ALD_SEC);
    check_cache("no=false", false, false, 60 * ALD_SEC);
    check_cache("no;reply", false, true, 60 * ALD_SEC);
    check_cache("reply=0; no", false, true, 60 * ALD_SEC);
    check_cache("reply", true, false, 60 * ALD_SEC);
    check_cache("ttl=2h", true, false, 7200 * ALD_SEC);
    check_cache("ttl=10", true, false, 10 * ALD_SEC);
    check_cache("ttl=86400", true, false, 86400 * ALD_SEC);
    check_cache("ttl=9.9", true, false, 60 * ALD_SEC);
    check_cache("ttl=86401", true, false, 60 * ALD_SEC);
    check_cache("ttl=soon", true, false, 60 * ALD_SEC);
    check_cache("ttl", true, false, 60 * ALD_SEC);
    check_cache("nothing;;=;ttl=1m", true, false, 60 * ALD_SEC);
    check_cache("ttl=1h;ttl=30", true, false, 30 * ALD_SEC);
}

ALD_TEST_MAIN(comm_value, ALD_CASE(comm_value, reads_integers_of_every_base),
              ALD_CASE(comm_value, refuses_what_is_no_integer_or_does_not_fit), ALD_CASE(comm_value, reads_truths),
              ALD_CASE(comm_value, sums_durations), ALD_CASE(comm_value, refuses_what_is_no_duration),
              ALD_CASE(comm_value, reads_and_writes_times), ALD_CASE(comm_value, refuses_what_is_no_time),
              ALD_CASE(comm_value, walks_lists_without_trimming),
              ALD_CASE(comm_value, reads_what_to_do_with_a_message_that_must_wait))
