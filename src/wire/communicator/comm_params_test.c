#include "wire/communicator/comm_params.h"

#include "lib/alloc_fail.h"
#include "lib/test.h"
#include "wire/communicator/comm_lines.h"

struct rig {
    struct ald_comm_reader reader;
    struct ald_comm_params params;
    struct ald_comm_fault fault;
    struct ald_buf out, scratch;
};

static void rig_open(struct rig *rig)
{
    *rig = (struct rig){.fault = {.what = NULL}};
    ald_comm_reader_init(&rig->reader);
    ald_buf_init(&rig->out, (size_t)4 * ALD_COMM_LINE_MAX);
    ald_buf_init(&rig->scratch, (size_t)2 * ALD_COMM_LINE_MAX);
}

static void rig_close(struct rig *rig)
{
    ald_comm_reader_fini(&rig->reader);
    ald_buf_fini(&rig->out);
    ald_buf_fini(&rig->scratch);
}

static int rig_read(struct rig *rig, struct ald_str text)
{
    return ald_comm_params_read(&rig->reader, text, &rig->params, &rig->fault);
}

/* The canonical text of what was read. */
static struct ald_str rig_text(struct rig *rig)
{
    ald_buf_cut(&rig->out, 0);
    ald_check_int(ald_comm_params_write(&rig->params, &rig->out), 0);
    return ald_buf_str(&rig->out);
}

static void check_text(const char *text, const char *expected)
{
    struct rig rig;

    rig_open(&rig);
    ald_check_int(rig_read(&rig, ald_str(text)), 0);
    ald_check_str(rig_text(&rig), expected);
    ald_check(rig.params.canonical == (strcmp(text, expected) == 0));
    rig_close(&rig);
}

ALD_TEST(comm_params, knows_text_that_a_sender_would_write)
{
    static const char *const texts[] = {
        "",          "a=",     "a=1;b=2",      "A=1;_=2;a=3;a1=4;a_=5", "a=\"x;y\"", "a=\"\\\"\"",
        "a=b\"c",    "a=\\\\", "a=\\n\\r\\\\", "a=\"x;\\\\\"",          "a=\"1 \"",  "a= 1 ;b=\"\t\"",
        "a=\x01\xff"};

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        check_text(texts[i], texts[i]);
    }
}

ALD_TEST(comm_params, writes_anew_what_no_sender_would_write)
{
    check_text("b=1;a=2", "a=2;b=1");
    check_text("a=1;a=2", "a=2");
    check_text("a=1;", "a=1");
    check_text("a=\"1\"", "a=1");
    check_text("a=\"\"", "a=");
    check_text("a=\"1 \";b=2", "a=1 ;b=2");
    check_text("a=1 ", "a=\"1 \"");
    check_text("a=\\t", "a=\\\\t");
    check_text("a=\\", "a=\\\\");
    check_text("a=x\ry\nz", "a=x\\ry\\nz");
    check_text("a=\";\r\"", "a=\";\\r\"");
    check_text("a=\"x\\t;\"", "a=\"x\\\\t;\"");
    check_text("a=\"x\\\"y\"", "a=x\"y");
}

ALD_TEST(comm_params, tells_what_is_wrong_and_where)
{
    struct rig rig;

    rig_open(&rig);
    ald_check_int(rig_read(&rig, ALD_STR("a=1;b")), ALD_COMM_MALFORMED);
    ald_check_int(rig.fault.where, 5);
    assert_string_equal(rig.fault.what, "a parameter without = and a value");
    ald_check_int(rig_read(&rig, ald_str_of("a=1\0;b=2", 8)), ALD_COMM_MALFORMED);
    ald_check_int(rig.fault.where, 3);
    ald_check_int(rig_read(&rig, ALD_STR("a=1")), 0); /* it can be used again */
    rig_close(&rig);
}

ALD_TEST(comm_params, finds_values_and_decodes_only_what_must_be)
{
    struct ald_str value;
    struct rig rig;

    rig_open(&rig);
    ald_check_int(rig_read(&rig, ALD_STR("plain=x y;quoted=\"a;b\";z=1\\n2")), 0);
    ald_check_int(ald_comm_value(ald_comm_find(&rig.params, ALD_STR("plain")), &rig.scratch, &value), 0);
    ald_check_str(value, "x y");
    ald_check_int(ald_comm_value(ald_comm_find(&rig.params, ALD_STR("quoted")), &rig.scratch, &value), 0);
    ald_check_str(value, "a;b");
    ald_check_int(ald_buf_size(&rig.scratch), 0);
    ald_check_int(ald_comm_value(ald_comm_find(&rig.params, ALD_STR("z")), &rig.scratch, &value), 0);
    ald_check_str(value, "1\n2");
    ald_check(value.data == ald_buf_str(&rig.scratch).data);
    ald_check(ald_comm_find(&rig.params, ALD_STR("plai")) == NULL);
    ald_check_int(ald_comm_value(NULL, &rig.scratch, &value), ALD_COMM_ABSENT);
    rig_close(&rig);
}

ALD_TEST(comm_params, compares_values_without_decoding)
{
    const struct ald_comm_param *param;
    struct rig rig;

    rig_open(&rig);
    ald_check_int(rig_read(&rig, ALD_STR("a=failure;b=x\\ny;c=")), 0);
    param = ald_comm_find(&rig.params, ALD_STR("a"));
    ald_check(ald_comm_value_is(param, ALD_STR("failure")) && !ald_comm_value_is(param, ALD_STR("failures")));
    ald_check(!ald_comm_value_is(param, ALD_STR("fail")) && !ald_comm_value_is(param, ALD_STR_NONE));
    param = ald_comm_find(&rig.params, ALD_STR("b"));
    ald_check(ald_comm_value_is(param, ALD_STR("x\ny")) && !ald_comm_value_is(param, ALD_STR("x\\ny")));
    ald_check(ald_comm_value_is(ald_comm_find(&rig.params, ALD_STR("c")), ALD_STR("")));
    ald_check(!ald_comm_value_is(NULL, ALD_STR("")));
    rig_close(&rig);
}

/* `n` parameters, from the last to the first, each `pNNNN=N`. */
static void push_many(struct ald_buf *buf, size_t n)
{
    for (size_t i = n; i > 0; i--) {
        ald_check_int(ald_buf_pushf(buf, "%sp%04zu=%zu", i == n ? "" : ";", i, i), 0);
    }
}

ALD_TEST(comm_params, takes_no_more_than_it_may)
{
    struct ald_buf text;
    struct rig rig;

    rig_open(&rig);
    ald_buf_init(&text, ALD_MIB);
    push_many(&text, ALD_COMM_PARAMS_MAX);
    ald_check_int(rig_read(&rig, ald_buf_str(&text)), 0);
    ald_check_int(rig.params.n, ALD_COMM_PARAMS_MAX);
    ald_check(!rig.params.canonical);
    ald_check_str(rig.params.items[9].raw, "10");
    ald_check(ald_comm_value_is(ald_comm_find(&rig.params, ALD_STR("p1024")), ALD_STR("1024")));
    ald_check_int(ald_buf_push(&text, ALD_STR(";q=1")), 0);
    ald_check_int(rig_read(&rig, ald_buf_str(&text)), ALD_COMM_MALFORMED);
    assert_string_equal(rig.fault.what, "more than 1024 parameters");
    ald_check_int(rig.fault.where, ald_buf_size(&text) - 3);
    ald_buf_fini(&text);
    rig_close(&rig);
}

/* Of a name given often only the last counts, but each is a place in the index. */
ALD_TEST(comm_params, counts_a_repeated_name_each_time)
{
    struct ald_buf text;
    struct rig rig;

    rig_open(&rig);
    ald_buf_init(&text, ALD_MIB);
    for (int i = 0; i < ALD_COMM_PARAMS_MAX; i++) {
        ald_check_int(ald_buf_pushf(&text, "v=%d;", i), 0);
    }
    ald_check_int(rig_read(&rig, ald_buf_str(&text)), 0);
    ald_check_str(rig_text(&rig), "v=1023");
    ald_check_int(ald_buf_push(&text, ALD_STR("v=1024")), 0);
    ald_check_int(rig_read(&rig, ald_buf_str(&text)), ALD_COMM_MALFORMED);
    ald_buf_fini(&text);
    rig_close(&rig);
}

/* A value of about `size` bytes that repeats `unit`, read, decoded and written: what the original needs days for. */
static void check_large(const char *unit, bool quoted, size_t size)
{
    size_t unit_size = strlen(unit), n = size / unit_size;
    struct ald_buf text;
    struct ald_str value;
    struct rig rig;
    uint8_t *room;

    rig_open(&rig);
    ald_buf_init(&text, (size_t)2 * ALD_COMM_LINE_MAX);
    ald_check_int(ald_buf_push(&text, quoted ? ALD_STR("v=\"") : ALD_STR("v=")), 0);
    ald_check_int(ald_buf_reserve(&text, n * unit_size, &room), 0);
    for (size_t i = 0; i < n; i++) {
        memcpy(room + i * unit_size, unit, unit_size);
    }
    ald_buf_commit(&text, n * unit_size);
    ald_check_int(ald_buf_push(&text, quoted ? ALD_STR("\"") : ALD_STR("")), 0);
    ald_check_int(rig_read(&rig, ald_buf_str(&text)), 0);
    ald_check_int(ald_comm_value(rig.params.items, &rig.scratch, &value), 0);
    ald_check(value.size >= n && value.size <= size);
    rig.params.canonical = false; /* so that it is written in any case */
    ald_check(ald_str_equal(rig_text(&rig), ald_buf_str(&text)));
    ald_buf_fini(&text);
    rig_close(&rig);
}

ALD_TEST(comm_params, reads_and_writes_16_mib_in_linear_time)
{
    check_large("0123456789abcdef", false, ALD_COMM_LINE_MAX);
    check_large("\\n", false, ALD_COMM_LINE_MAX);
    check_large("\\\\", false, ALD_MIB);
    check_large("\\\";", true, ALD_MIB);
}

ALD_TEST(comm_params, allocates_nothing_for_the_next_ordinary_text)
{
    struct ald_str text = ALD_STR("a=1;b=\"x;y\";c=\\n;z=0;d=5");
    uint64_t before;
    struct rig rig;

    rig_open(&rig);
    ald_check_int(rig_read(&rig, text), 0);
    before = ald_alloc_count();
    ald_check_int(rig_read(&rig, text), 0);
    ald_check_int(ald_alloc_count() - before, 0);
    rig_close(&rig);
}

ALD_TEST(comm_params, adds_nothing_when_there_is_no_room)
{
    struct ald_str value;
    struct ald_buf small;
    struct rig rig;

    rig_open(&rig);
    ald_check_int(rig_read(&rig, ALD_STR("b=1\\n2345;a=1")), 0);
    for (size_t room = 0; room < 14; room++) {
        ald_buf_init(&small, room);
        ald_check_int(ald_comm_params_write(&rig.params, &small), room < 13 ? ALD_COMM_FULL : 0);
        ald_check_int(ald_buf_size(&small), room < 13 ? 0 : 13);
        ald_buf_fini(&small);
    }
    ald_buf_init(&small, 5);
    ald_check_int(ald_comm_value(ald_comm_find(&rig.params, ALD_STR("b")), &small, &value), ALD_COMM_FULL);
    ald_check_int(ald_buf_size(&small), 0);
    ald_buf_fini(&small);
    rig_close(&rig);
}

ALD_TEST(comm_params, survives_memory_that_is_short)
{
    struct ald_buf text;
    int failures = 0;

    ald_buf_init(&text, ALD_MIB);
    push_many(&text, 100);
    for (uint64_t n = 1;; n++) {
        struct ald_str value;
        struct rig rig;
        int r;

        rig_open(&rig);
        ald_alloc_fail_at(n);
        r = rig_read(&rig, ald_buf_str(&text));
        r = r == 0 ? ald_comm_params_write(&rig.params, &rig.out) : r;
        r = r == 0 ? rig_read(&rig, ALD_STR("a=\\n")) : r;
        r = r == 0 ? ald_comm_value(rig.params.items, &rig.scratch, &value) : r;
        ald_check(r == 0 || r == ALDIS_E_NOMEM);
        failures += r != 0 ? 1 : 0;
        rig_close(&rig);
        if (!ald_alloc_fail_off()) {
            break;
        }
    }
    ald_check(failures >= 4);
    ald_buf_fini(&text);
}

ALD_TEST_MAIN(comm_params, ALD_CASE(comm_params, knows_text_that_a_sender_would_write),
              ALD_CASE(comm_params, writes_anew_what_no_sender_would_write),
              ALD_CASE(comm_params, tells_what_is_wrong_and_where),
              ALD_CASE(comm_params, finds_values_and_decodes_only_what_must_be),
              ALD_CASE(comm_params, compares_values_without_decoding), ALD_CASE(comm_params, takes_no_more_than_it_may),
              ALD_CASE(comm_params, counts_a_repeated_name_each_time),
              ALD_CASE(comm_params, reads_and_writes_16_mib_in_linear_time),
              ALD_CASE(comm_params, allocates_nothing_for_the_next_ordinary_text),
              ALD_CASE(comm_params, adds_nothing_when_there_is_no_room),
              ALD_CASE(comm_params, survives_memory_that_is_short))
