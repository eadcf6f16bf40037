#include "wire/communicator/comm_payload.h"

#include "lib/alloc_fail.h"
#include "lib/test.h"
#include "wire/communicator/comm_lines.h"

/* What is said in both directions is in the vectors. */

ALD_TEST(comm_payload, reserves_the_names_of_the_system)
{
    static const char *const reserved[] = {"aldis_",      "aldis_id",      "aldis_payload", "broadcast_msgid",
                                           "broadcast_x", "secure_remote", "cache",         "transmission_report",
                                           "secret_code"};
    static const char *const others[] = {"",       "aldis",          "broadcast",    "Cache",   "cached",
                                         "secure", "secure_remotes", "transmission", "version", "serial"};

    for (size_t i = 0; i < ALD_COUNT(reserved); i++) {
        ald_check(ald_comm_is_reserved(ald_str(reserved[i])));
    }
    for (size_t i = 0; i < ALD_COUNT(others); i++) {
        ald_check(!ald_comm_is_reserved(ald_str(others[i])));
    }
}

/* An object with `n` members of `size` bytes. */
static void push_object(struct ald_buf *out, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++) {
        ald_check_int(ald_buf_pushf(out, "%c\"m%zu\":\"", i == 0 ? '{' : ',', i), 0);
        for (size_t k = 0; k < size; k++) {
            ald_check_int(ald_buf_push(out, ALD_STR("\\n")), 0);
        }
        ald_check_int(ald_buf_push(out, ALD_STR("\"")), 0);
    }
    ald_check_int(ald_buf_push(out, ALD_STR("}")), 0);
}

static void check_object(size_t n, size_t size, size_t n_expected)
{
    struct ald_comm_reader reader;
    struct ald_comm_params params;
    struct ald_comm_fault fault;
    struct ald_buf json, scratch, back;

    ald_comm_reader_init(&reader);
    ald_buf_init(&json, (size_t)2 * ALD_COMM_LINE_MAX);
    ald_buf_init(&scratch, (size_t)2 * ALD_COMM_LINE_MAX);
    ald_buf_init(&back, (size_t)2 * ALD_COMM_LINE_MAX);
    push_object(&json, n, size);
    ald_check_int(ald_comm_payload_params(&reader, ald_buf_str(&json), &params, &fault), 0);
    ald_check_int(params.n, n_expected);
    ald_check_int(ald_comm_payload_write(&params, &scratch, &back, &fault), 0);
    ald_check_int(ald_buf_size(&back), ald_buf_size(&json));
    ald_comm_reader_fini(&reader);
    ald_buf_fini(&json);
    ald_buf_fini(&scratch);
    ald_buf_fini(&back);
}

ALD_TEST(comm_payload, spreads_as_many_members_as_a_message_may_have)
{
    check_object(ALD_COMM_PARAMS_MAX, 3, ALD_COMM_PARAMS_MAX);
    check_object(ALD_COMM_PARAMS_MAX + 1, 3, 1);
}

ALD_TEST(comm_payload, carries_megabytes)
{
    check_object(2, ALD_COMM_LINE_MAX / 32, 2);
}

ALD_TEST(comm_payload, refuses_what_is_not_json)
{
    struct ald_comm_reader reader;
    struct ald_comm_params params;
    struct ald_comm_fault fault;

    ald_comm_reader_init(&reader);
    ald_check_int(ald_comm_payload_params(&reader, ALD_STR(""), &params, &fault), ALD_COMM_MALFORMED);
    ald_check_int(ald_comm_payload_params(&reader, ALD_STR("{\"a\":1,}"), &params, &fault), ALD_COMM_MALFORMED);
    ald_check_int(fault.where, 7);
    ald_comm_reader_fini(&reader);
}

ALD_TEST(comm_payload, adds_nothing_when_there_is_no_room)
{
    static const char *const texts[] = {"a=1\\n2;b=2", "aldis_payload={}", "aldis_payload=[\"\xff\"]",
                                        "aldis_payload=["};
    struct ald_comm_reader reader;
    struct ald_comm_params params;
    struct ald_comm_fault fault;
    struct ald_buf scratch;

    ald_comm_reader_init(&reader);
    ald_buf_init(&scratch, ALD_KIB);
    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        ald_check_int(ald_comm_params_read(&reader, ald_str(texts[i]), &params, &fault), 0);
        for (size_t room = 0; room < 30; room++) {
            struct ald_buf out;
            int r;

            ald_buf_init(&out, room);
            r = ald_comm_payload_write(&params, &scratch, &out, &fault);
            ald_check(r == 0 || r == (i == 3 ? ALD_COMM_MALFORMED : ALD_COMM_FULL));
            ald_check((r == 0) == (ald_buf_size(&out) > 0));
            ald_buf_fini(&out);
        }
    }
    ald_buf_fini(&scratch);
    ald_comm_reader_fini(&reader);
}

ALD_TEST(comm_payload, survives_memory_that_is_short)
{
    struct ald_str json = ALD_STR("{\"a\":\"\\u00e9\\n\",\"b\":[1],\"c\":\"\\\"\"}");

    for (uint64_t n = 1;; n++) {
        struct ald_comm_reader reader;
        struct ald_comm_params params;
        struct ald_comm_fault fault;
        struct ald_buf scratch, out;
        int r;

        ald_comm_reader_init(&reader);
        ald_buf_init(&scratch, ALD_KIB);
        ald_buf_init(&out, ALD_KIB);
        ald_alloc_fail_at(n);
        r = ald_comm_payload_params(&reader, json, &params, &fault);
        r = r == 0 ? ald_comm_payload_write(&params, &scratch, &out, &fault) : r;
        ald_check(r == 0 || r == ALDIS_E_NOMEM);
        ald_check_str(ald_buf_str(&out), r == 0 ? "{\"a\":\"\xc3\xa9\\n\",\"b\":\"[1]\",\"c\":\"\\\"\"}" : "");
        ald_comm_reader_fini(&reader);
        ald_buf_fini(&scratch);
        ald_buf_fini(&out);
        if (!ald_alloc_fail_off()) {
            ald_check(n > 2);
            break;
        }
    }
}

ALD_TEST_MAIN(comm_payload, ALD_CASE(comm_payload, reserves_the_names_of_the_system),
              ALD_CASE(comm_payload, spreads_as_many_members_as_a_message_may_have),
              ALD_CASE(comm_payload, carries_megabytes), ALD_CASE(comm_payload, refuses_what_is_not_json),
              ALD_CASE(comm_payload, adds_nothing_when_there_is_no_room),
              ALD_CASE(comm_payload, survives_memory_that_is_short))
