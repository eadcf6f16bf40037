#include "daemon/log.h"

#include "lib/test.h"
#include "msg/json_scan.h"

static const ald_wall wall = 1700000000123456;

/* The line that `format` gives for these fields. */
static void writes(enum ald_log_format format, const struct ald_log_field *fields, size_t n_fields,
                   const char *expected)
{
    char line[ALD_LOG_LINE_MAX];
    size_t size = ald_log_format(format, wall, ALD_LOG_INFO, "it happened", fields, n_fields, line, sizeof(line));

    ald_check_str(((struct ald_str){line, size}), expected);
}

ALD_TEST(log, writes_text_with_quotes_only_where_needed)
{
    struct ald_log_field fields[] = {
        {"peer", ALD_STR("127.0.0.1:1")}, {"text", ALD_STR("two words")}, {"none", ALD_STR_NONE},
        {"empty", ALD_STR("")},           {"odd", ALD_STR("a\"b\\c")},
    };

    writes(ALD_LOG_TEXT, fields, ALD_COUNT(fields),
           "2023-11-14T22:13:20.123Z info it happened peer=127.0.0.1:1 text=\"two words\" empty=\"\" "
           "odd=\"a\\\"b\\\\c\"\n");
}

ALD_TEST(log, writes_one_json_object_a_line)
{
    struct ald_log_field fields[] = {{"peer", ALD_STR("a\"b\\c\n\xFF\xC3\xA9")}};

    writes(ALD_LOG_JSON, fields, ALD_COUNT(fields),
           "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"info\",\"message\":\"it happened\","
           "\"peer\":\"a\\\"b\\\\c\\\\x0A\\\\xFF\xC3\xA9\"}\n");
    writes(ALD_LOG_JSON, NULL, 0,
           "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"info\",\"message\":\"it happened\"}\n");
}

ALD_TEST(log, stays_one_sound_line_however_much_a_peer_says)
{
    char evil[5000];
    struct ald_log_field fields[ALD_LOG_FIELDS_MAX];

    memset(evil, '"', sizeof(evil));
    for (size_t i = 0; i < ALD_COUNT(fields); i++) {
        fields[i] = (struct ald_log_field){"evil", {evil, sizeof(evil)}};
    }
    for (size_t room = ALD_LOG_LINE_MIN; room <= ALD_LOG_LINE_MAX; room++) {
        char line[ALD_LOG_LINE_MAX];
        size_t size =
            ald_log_format(ALD_LOG_JSON, wall, ALD_LOG_INFO, "it happened", fields, ALD_COUNT(fields), line, room);
        struct ald_json_scan scan;

        ald_check(size < room && line[size - 1] == '\n');
        ald_check(memchr(line, '\n', size - 1) == NULL);
        ald_check_int(ald_json_check((struct ald_str){line, size - 1}, ALD_JSON_STRICT, &scan), 0);
    }
}

ALD_TEST_MAIN(log, ALD_CASE(log, writes_text_with_quotes_only_where_needed),
              ALD_CASE(log, writes_one_json_object_a_line),
              ALD_CASE(log, stays_one_sound_line_however_much_a_peer_says))
