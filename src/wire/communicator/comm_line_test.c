#include "wire/communicator/comm_line.h"

#include "lib/alloc_fail.h"
#include "lib/test.h"
#include "wire/communicator/comm_lines.h"

struct rig {
    struct ald_comm_reader reader;
    struct ald_comm_line line;
    struct ald_comm_fault fault;
    struct ald_buf out;
};

static void rig_open(struct rig *rig)
{
    *rig = (struct rig){.fault = {.what = NULL}};
    ald_comm_reader_init(&rig->reader);
    ald_buf_init(&rig->out, (size_t)4 * ALD_COMM_LINE_MAX);
}

static void rig_close(struct rig *rig)
{
    ald_comm_reader_fini(&rig->reader);
    ald_buf_fini(&rig->out);
}

static int rig_read(struct rig *rig, struct ald_str text)
{
    return ald_comm_line_read(&rig->reader, text, &rig->line, &rig->fault);
}

/* --- reading; most of it is in the vectors ---------------------------------------------------------------------- */

ALD_TEST(comm_line, tells_absent_from_empty)
{
    struct rig rig;

    rig_open(&rig);
    ald_check_int(rig_read(&rig, ALD_STR("DATA")), 0);
    ald_check(!ald_str_present(rig.line.head.from_server) && !ald_str_present(rig.line.head.from_service));
    ald_check(!ald_str_present(rig.line.head.server) && !ald_str_present(rig.line.head.service));
    ald_check(rig.line.params.canonical && rig.line.params.n == 0 && rig.line.params.text.size == 0);
    ald_check_int(rig_read(&rig, ALD_STR("<: DATA")), 0);
    ald_check(ald_str_present(rig.line.head.from_server) && ald_str_present(rig.line.head.from_service));
    ald_check_int(rig_read(&rig, ALD_STR("{\"server\":\"\"}")), 0);
    ald_check(ald_str_present(rig.line.head.server) && !ald_str_present(rig.line.head.command));
    rig_close(&rig);
}

ALD_TEST(comm_line, leaves_everything_where_it_stands)
{
    struct ald_str text = ALD_STR(" <alpha:a alpha:b/DATA v=1;w=\"x;y\"\r");
    uint64_t before;
    struct rig rig;

    rig_open(&rig);
    ald_check_int(rig_read(&rig, text), 0);
    before = ald_alloc_count();
    ald_check_int(rig_read(&rig, text), 0);
    ald_check_int(ald_alloc_count() - before, 0);
    ald_check(rig.line.params.canonical && !rig.line.json);
    ald_check(rig.line.params.text.data == text.data + 23);
    ald_check_str(rig.line.params.text, "v=1;w=\"x;y\"");
    rig_close(&rig);
}

ALD_TEST(comm_line, counts_faults_from_the_first_byte_of_the_line)
{
    struct rig rig;

    rig_open(&rig);
    ald_check_int(rig_read(&rig, ALD_STR("  <alpha:a b/DATA v=1;x")), ALD_COMM_MALFORMED);
    ald_check_int(rig.fault.where, 23);
    ald_check_int(rig_read(&rig, ALD_STR("  {\"command\":1}")), ALD_COMM_MALFORMED);
    ald_check_int(rig.fault.where, 13);
    ald_check_int(rig_read(&rig, ALD_STR_NONE), ALD_COMM_MALFORMED);
    ald_check_int(rig.fault.where, 0);
    rig_close(&rig);
}

ALD_TEST(comm_line, reads_16_mib_of_anything)
{
    static const char *const units[] = {" ",  "a",   ":", "/",       "<",  "=",        ";",    "\"",
                                        "\\", "x=;", "{", "{\"a\":", "[[", "a/b c=\"", "\xff", "\r\n"};
    char *text = malloc(ALD_COMM_LINE_MAX);
    struct rig rig;

    rig_open(&rig);
    ald_check(text != NULL);
    for (size_t i = 0; i < ALD_COUNT(units); i++) {
        for (size_t at = 0, size = strlen(units[i]); at < ALD_COMM_LINE_MAX; at++) {
            text[at] = units[i][at % size];
        }
        if (rig_read(&rig, ald_str_of(text, ALD_COMM_LINE_MAX)) != 0) {
            ald_check(rig.fault.what != NULL && rig.fault.where <= ALD_COMM_LINE_MAX);
        }
    }
    free(text);
    rig_close(&rig);
}

ALD_TEST(comm_line, reads_large_json_and_gives_its_memory_back)
{
    struct ald_buf text;
    struct rig rig;

    rig_open(&rig);
    ald_buf_init(&text, (size_t)2 * ALD_COMM_LINE_MAX);
    ald_check_int(ald_buf_push(&text, ALD_STR("{\"command\":\"A\",\"parameters\":{\"v\":\"")), 0);
    while (ald_buf_size(&text) < ALD_COMM_LINE_MAX - 100) {
        ald_check_int(ald_buf_push(&text, ALD_STR("\\u00e9\\n\xff")), 0);
    }
    ald_check_int(ald_buf_push(&text, ALD_STR("\",\"w\":2.5}}")), 0);
    ald_check_int(rig_read(&rig, ald_buf_str(&text)), 0);
    ald_check_int(rig.line.params.n, 2);
    ald_check_str(rig.line.params.items[1].raw, "2.500000");
    ald_check_int(ald_comm_line_write(&rig.out, &rig.line.head, &rig.line.params, NULL, 0, ALD_COMM_STRICT), 0);
    ald_check_int(rig_read(&rig, ALD_STR("A")), 0);
    ald_check_int(rig.reader.text.room, 0);
    ald_buf_fini(&text);
    rig_close(&rig);
}

/* Each byte that is no UTF-8 becomes three. */
ALD_TEST(comm_line, reads_json_that_grows_when_it_is_decoded)
{
    struct ald_buf text, expected;
    struct rig rig;

    rig_open(&rig);
    ald_buf_init(&text, 4 * ALD_MIB);
    ald_buf_init(&expected, 4 * ALD_MIB);
    for (int i = 0; i < 400000; i++) {
        ald_check_int(ald_buf_push(&text, ALD_STR("\xff")), 0);
        ald_check_int(ald_buf_push(&expected, ALD_STR("\xef\xbf\xbd")), 0);
    }
    ald_check_int(ald_buf_pushf(&rig.out, "{\"command\":\"\xff\",\"parameters\":{\"v\":\"%.*s\",\"w\":\"%.*s\"}}",
                                ALD_STR_ARG(ald_buf_str(&text)), ALD_STR_ARG(ald_buf_str(&text))),
                  0);
    ald_check_int(rig_read(&rig, ald_buf_str(&rig.out)), 0);
    ald_check_str(rig.line.head.command, "\xef\xbf\xbd");
    ald_check(ald_str_equal(rig.line.params.items[0].raw, ald_buf_str(&expected)));
    ald_check(ald_str_equal(rig.line.params.items[1].raw, ald_buf_str(&expected)));
    ald_buf_fini(&text);
    ald_buf_fini(&expected);
    rig_close(&rig);
}

ALD_TEST(comm_line, takes_no_more_parameters_of_json_than_of_text)
{
    struct ald_buf text;
    struct rig rig;

    rig_open(&rig);
    ald_buf_init(&text, ALD_MIB);
    ald_check_int(ald_buf_push(&text, ALD_STR("{\"parameters\":{\"a\":0")), 0);
    for (int i = 1; i < ALD_COMM_PARAMS_MAX; i++) {
        ald_check_int(ald_buf_pushf(&text, ",\"a%d\":1.5e300", i), 0);
    }
    ald_check_int(ald_buf_push(&text, ALD_STR("},\"parameters\":{}}")), 0);
    ald_check_int(rig_read(&rig, ald_buf_str(&text)), 0);
    ald_check_int(rig.line.params.n, ALD_COMM_PARAMS_MAX);
    for (size_t i = 1; i < ALD_COMM_PARAMS_MAX; i++) { /* all of them in one place, which did not move */
        ald_check_int(rig.line.params.items[i].raw.size, 308);
        ald_check(ald_str_starts(rig.line.params.items[i].raw, ALD_STR("1500000000000000")));
    }
    ald_buf_cut(&text, ald_buf_size(&text) - 2);
    ald_check_int(ald_buf_push(&text, ALD_STR("\"b\":1}}")), 0);
    ald_check_int(rig_read(&rig, ald_buf_str(&text)), ALD_COMM_MALFORMED);
    assert_string_equal(rig.fault.what, "more than 1024 parameters");
    ald_buf_fini(&text);
    rig_close(&rig);
}

ALD_TEST(comm_line, survives_memory_that_is_short)
{
    static const char *const texts[] = {
        "<a:b c/DATA b=1;a=2",
        "{\"command\":\"\\u0041\",\"parameters\":{\"v\":1}}",
        "{\"command\":\"A\",\"parameters\":{\"\\u0076\":\"\xff\"}}",
        "{\"command\":\"A\",\"parameters\":{\"v\":2.5}}",
    };

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        for (uint64_t n = 1;; n++) {
            struct rig rig;
            int r;

            rig_open(&rig);
            ald_alloc_fail_at(n);
            r = rig_read(&rig, ald_str(texts[i]));
            ald_check(r == 0 || r == ALDIS_E_NOMEM);
            rig_close(&rig);
            if (!ald_alloc_fail_off()) {
                ald_check(r == 0 && n > (i == 0 ? 1 : 2));
                break;
            }
        }
    }
}

ALD_TEST_MAIN(comm_line, ALD_CASE(comm_line, tells_absent_from_empty),
              ALD_CASE(comm_line, leaves_everything_where_it_stands),
              ALD_CASE(comm_line, counts_faults_from_the_first_byte_of_the_line),
              ALD_CASE(comm_line, reads_16_mib_of_anything),
              ALD_CASE(comm_line, reads_large_json_and_gives_its_memory_back),
              ALD_CASE(comm_line, reads_json_that_grows_when_it_is_decoded),
              ALD_CASE(comm_line, takes_no_more_parameters_of_json_than_of_text),
              ALD_CASE(comm_line, survives_memory_that_is_short))
