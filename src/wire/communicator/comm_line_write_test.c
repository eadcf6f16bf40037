#include "lib/alloc_fail.h"
#include "lib/panic.h"
#include "lib/test.h"
#include "wire/communicator/comm_line.h"

#define EDIT(name, value)                                                                                              \
    {                                                                                                                  \
        ALD_STR(name), ALD_STR(value)                                                                                  \
    }
#define REMOVE(name)                                                                                                   \
    {                                                                                                                  \
        ALD_STR(name),                                                                                                 \
        {                                                                                                              \
            NULL, 0                                                                                                    \
        }                                                                                                              \
    }

static const struct ald_comm_head plain = {.command = {"DATA", 4}};

/* `text` with edits, as a line; `expected` NULL: it cannot be written. */
static void check_edits(const char *text, const struct ald_comm_edit *edits, size_t n_edits, const char *expected)
{
    struct ald_comm_reader reader;
    struct ald_comm_params params;
    struct ald_comm_fault fault;
    struct ald_buf line, alone;

    ald_comm_reader_init(&reader);
    ald_buf_init(&line, ALD_MIB);
    ald_buf_init(&alone, ALD_MIB);
    ald_check_int(ald_comm_params_read(&reader, ald_str(text), &params, &fault), 0);
    ald_check_int(ald_buf_push(&line, ALD_STR("> ")), 0);
    if (expected == NULL) {
        ald_check_int(ald_comm_line_write(&line, &plain, &params, edits, n_edits, 0), ALD_COMM_ILLEGAL);
        ald_check_int(ald_comm_edits_write(&alone, &params, edits, n_edits), ALD_COMM_ILLEGAL);
        ald_check_str(ald_buf_str(&line), "> ");
        ald_check_int(ald_buf_size(&alone), 0);
    } else {
        ald_check_int(ald_comm_line_write(&line, &plain, &params, edits, n_edits, 0), 0);
        ald_check_int(ald_comm_edits_write(&alone, &params, edits, n_edits), 0);
        ald_check_str(ald_str_from(ald_buf_str(&line), 2), expected);
        ald_check_str(ald_buf_str(&alone), expected[4] != '\0' ? expected + 5 : "");
    }
    ald_comm_reader_fini(&reader);
    ald_buf_fini(&line);
    ald_buf_fini(&alone);
}

#define CHECK_EDITS(text, expected, ...)                                                                               \
    do {                                                                                                               \
        const struct ald_comm_edit edits_made[] = {__VA_ARGS__};                                                       \
        check_edits(text, edits_made, ALD_COUNT(edits_made), expected);                                                \
    } while (0)

ALD_TEST(comm_line_write, adds_replaces_and_removes_in_order)
{
    CHECK_EDITS("", "DATA a=1", EDIT("a", "1"));
    CHECK_EDITS("", "DATA", REMOVE("a"));
    CHECK_EDITS("b=1", "DATA a=0;b=1;c=2", EDIT("c", "2"), EDIT("a", "0"));
    CHECK_EDITS("a=1;b=2;c=3", "DATA a=1;b=x;c=3", EDIT("b", "x"));
    CHECK_EDITS("a=1;b=2;c=3", "DATA a=1;c=3", REMOVE("b"));
    CHECK_EDITS("a=1;b=2;c=3", "DATA b=2", REMOVE("a"), REMOVE("c"), REMOVE("d"));
    CHECK_EDITS("a=1;b=2", "DATA", REMOVE("a"), REMOVE("b"));
    CHECK_EDITS("a=1", "DATA a=", EDIT("a", ""));
    CHECK_EDITS("b=2;a=1", "DATA a=1;aa=x;b=2", EDIT("aa", "x")); /* from text that is not canonical */
}

ALD_TEST(comm_line_write, takes_the_last_edit_of_a_name)
{
    CHECK_EDITS("a=1", "DATA a=3", EDIT("a", "2"), EDIT("a", "3"));
    CHECK_EDITS("a=1", "DATA", EDIT("a", "2"), REMOVE("a"));
    CHECK_EDITS("a=1", "DATA a=4;b=2", EDIT("b", "2"), REMOVE("a"), EDIT("a", "4"));
}

ALD_TEST(comm_line_write, quotes_and_escapes_what_is_added)
{
    CHECK_EDITS("", "DATA a=\"x;y\"", EDIT("a", "x;y"));
    CHECK_EDITS("", "DATA a=\"\\\"\"", EDIT("a", "\""));
    CHECK_EDITS("", "DATA a=x\"\\\\\\n\\r\\\\n", EDIT("a", "x\"\\\n\r\\n"));
    CHECK_EDITS("", "DATA a=\"x;\\\\\"", EDIT("a", "x;\\"));
    CHECK_EDITS("b=1", "DATA a=x ;b=1", EDIT("a", "x "));
    CHECK_EDITS("b=1", "DATA b=1;c=\"x \"", EDIT("c", "x "));
    CHECK_EDITS("b=1", "DATA b=1;c=x\\n", EDIT("c", "x\n")); /* that is no blank when it is escaped */
}

/* Only the last value of a line has quotes because of a blank at its end. */
ALD_TEST(comm_line_write, moves_the_quotes_of_the_last_value)
{
    CHECK_EDITS("a=\"1 \"", "DATA a=1 ;b=2", EDIT("b", "2"));
    CHECK_EDITS("a=\"1 \"", "DATA a=\"1 \"", REMOVE("b"));
    CHECK_EDITS("a=\"1 \"", "DATA Z=0;a=\"1 \"", EDIT("Z", "0"));
    CHECK_EDITS("a=1 ;b=2", "DATA a=\"1 \"", REMOVE("b"));
    CHECK_EDITS("a=\"\\\" \";b=2;c=3", "DATA a=\"\\\" \"", REMOVE("b"), REMOVE("c"));
    CHECK_EDITS("a=\"; \"", "DATA a=\"; \";b=1", EDIT("b", "1"));
    CHECK_EDITS("a=x\"\\\\ ;b=2;c=3", "DATA a=\"x\\\"\\\\ \"", REMOVE("b"), REMOVE("c"));
    CHECK_EDITS("a=1;c= ", "DATA a=1;b=\" \"", EDIT("b", " "), REMOVE("c"));
    CHECK_EDITS("a=1 ;c=2", "DATA a=1 ;b=1", EDIT("b", "1"), REMOVE("c"));
}

ALD_TEST(comm_line_write, refuses_names_and_values_that_cannot_be_said)
{
    const struct ald_comm_edit nul = {ALD_STR("a"), {"x\0y", 3}};

    CHECK_EDITS("a=1", NULL, EDIT("b-c", "1"));
    CHECK_EDITS("a=1", NULL, EDIT("", "1"));
    CHECK_EDITS("a=1", NULL, EDIT("1", "1"));
    CHECK_EDITS("a=1", NULL, REMOVE("a b"));
    check_edits("a=1", &nul, 1, NULL);
}

/* How `head` is written; NULL: it is not. */
static void check_head(const struct ald_comm_head *head, unsigned options, const char *expected)
{
    struct ald_buf out;
    int r;

    ald_buf_init(&out, ALD_KIB);
    r = ald_comm_line_write(&out, head, NULL, NULL, 0, options);
    ald_check_int(r, expected != NULL ? 0 : ALD_COMM_ILLEGAL);
    ald_check_str(ald_buf_str(&out), expected != NULL ? expected : "");
    ald_buf_fini(&out);
}

static struct ald_comm_head head_of(const char *from_server, const char *from_service, const char *server,
                                    const char *service, const char *command)
{
    return (struct ald_comm_head){ald_str(from_server), ald_str(from_service), ald_str(server), ald_str(service),
                                  ald_str(command)};
}

ALD_TEST(comm_line_write, writes_only_what_is_said)
{
    struct ald_comm_head head = head_of("alpha", "a", "beta", "b", "DATA");

    check_head(&head, 0, "<alpha:a beta:b/DATA");
    check_head(&head, ALD_COMM_LF, "<alpha:a beta:b/DATA\n");
    head = head_of("alpha", "", NULL, "b", "DATA");
    check_head(&head, 0, "<alpha: b/DATA");
    head = head_of(NULL, "a", ".", "*", "DATA");
    check_head(&head, 0, "<:a .:*/DATA");
    head = head_of("", "", "beta", "", "DATA");
    check_head(&head, 0, "DATA");
}

ALD_TEST(comm_line_write, keeps_to_the_setters_unless_it_passes_on)
{
    static const struct {
        struct ald_comm_head head;
        const char *passed_on; /* NULL: not even that */
    } cases[] = {
        {{.command = {"", 0}}, NULL},
        {{.command = {NULL, 0}}, NULL},
        {{.command = {"data", 4}}, "data"},
        {{.command = {"DA-TA", 5}}, "DA-TA"},
        {{.command = {"A B", 3}}, NULL},
        {{.command = {"A/B", 3}}, NULL},
        {{.command = {"A:B", 3}}, NULL},
        {{.command = {"A\n", 2}}, NULL},
        {{.command = {"A\0", 2}}, NULL},
        {{.command = {"<A", 2}}, NULL},
        {{.command = {"{A", 2}}, NULL},
        {{.service = {"a", 1}, .command = {"<A", 2}}, "a/<A"},
        {{.service = {"<a", 2}, .command = {"A", 1}}, NULL},
        {{.service = {"a-b", 3}, .command = {"A", 1}}, "a-b/A"},
        {{.service = {"a/b", 3}, .command = {"A", 1}}, NULL},
        {{.server = {"a.b", 3}, .service = {"a", 1}, .command = {"A", 1}}, "a.b:a/A"},
        {{.server = {"{", 1}, .service = {"a", 1}, .command = {"A", 1}}, NULL},
        {{.server = {"a:b", 3}, .service = {"a", 1}, .command = {"A", 1}}, NULL},
        {{.from_server = {".", 1}, .command = {"A", 1}}, "<.: A"},
        {{.from_server = {"a:b", 3}, .command = {"A", 1}}, NULL},
        {{.from_service = {"b:c", 3}, .command = {"{A", 2}}, "<:b:c {A"},
        {{.from_service = {"b c", 3}, .command = {"A", 1}}, NULL},
        {{.from_service = {"b\x7f", 2}, .command = {"A", 1}}, NULL},
    };

    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        check_head(&cases[i].head, ALD_COMM_STRICT, NULL);
        check_head(&cases[i].head, ALD_COMM_AS_READ, cases[i].passed_on);
    }
}

ALD_TEST(comm_line_write, writes_the_head_alone_for_parameters_that_are_shared)
{
    struct ald_buf out;

    ald_buf_init(&out, ALD_KIB);
    ald_check_int(ald_comm_head_write(&out, &plain, true, 0), 0);
    ald_check_int(ald_comm_head_write(&out, &plain, false, ALD_COMM_LF), 0);
    ald_check_str(ald_buf_str(&out), "DATA DATA");
    ald_buf_fini(&out);
}

ALD_TEST(comm_line_write, adds_nothing_when_there_is_no_room)
{
    const struct ald_comm_edit edits[] = {EDIT("a", "x;y"), EDIT("c", "1")};
    struct ald_str expected = ALD_STR("DATA a=\"x;y\";b=2;c=1\n");
    struct ald_comm_reader reader;
    struct ald_comm_params params;
    struct ald_comm_fault fault;

    ald_comm_reader_init(&reader);
    ald_check_int(ald_comm_params_read(&reader, ALD_STR("b=2"), &params, &fault), 0);
    for (size_t room = 0; room <= expected.size; room++) {
        struct ald_buf out;

        ald_buf_init(&out, room);
        ald_check_int(ald_comm_line_write(&out, &plain, &params, edits, 2, ALD_COMM_LF),
                      room < expected.size ? ALD_COMM_FULL : 0);
        ald_check_int(ald_buf_size(&out), room < expected.size ? 0 : room);
        ald_check_int(ald_comm_line_write(&out, &plain, &params, NULL, 0, ALD_COMM_LF),
                      room < 9 || room == expected.size ? ALD_COMM_FULL : 0);
        ald_buf_fini(&out);
    }
    ald_comm_reader_fini(&reader);
}

ALD_TEST(comm_line_write, survives_memory_that_is_short)
{
    static char large[3000];
    const struct ald_comm_edit edits[] = {EDIT("a", "1"), {ALD_STR("c"), {large, sizeof(large)}}, EDIT("d", "x;")};

    memset(large, '\\', sizeof(large));
    for (uint64_t n = 1;; n++) {
        struct ald_buf out;
        int r;

        ald_buf_init(&out, ALD_MIB);
        ald_alloc_fail_at(n);
        r = ald_comm_line_write(&out, &plain, NULL, edits, ALD_COUNT(edits), ALD_COMM_LF);
        ald_check(r == 0 || (r == ALDIS_E_NOMEM && ald_buf_size(&out) == 0));
        ald_buf_fini(&out);
        if (!ald_alloc_fail_off()) {
            ald_check(r == 0 && n > 3);
            break;
        }
    }
}

ALD_TEST(comm_line_write, asserts_that_edits_are_few)
{
    static struct ald_comm_edit edits[ALD_COMM_EDITS_MAX + 1];
    struct ald_buf out;

    ald_buf_init(&out, ALD_KIB);
    ald_check_panics(ald_ignore(ald_comm_line_write(&out, &plain, NULL, edits, ALD_COUNT(edits), 0)));
    ald_buf_fini(&out);
}

ALD_TEST_MAIN(comm_line_write, ALD_CASE(comm_line_write, adds_replaces_and_removes_in_order),
              ALD_CASE(comm_line_write, takes_the_last_edit_of_a_name),
              ALD_CASE(comm_line_write, quotes_and_escapes_what_is_added),
              ALD_CASE(comm_line_write, moves_the_quotes_of_the_last_value),
              ALD_CASE(comm_line_write, refuses_names_and_values_that_cannot_be_said),
              ALD_CASE(comm_line_write, writes_only_what_is_said),
              ALD_CASE(comm_line_write, keeps_to_the_setters_unless_it_passes_on),
              ALD_CASE(comm_line_write, writes_the_head_alone_for_parameters_that_are_shared),
              ALD_CASE(comm_line_write, adds_nothing_when_there_is_no_room),
              ALD_CASE(comm_line_write, survives_memory_that_is_short),
              ALD_CASE(comm_line_write, asserts_that_edits_are_few))
