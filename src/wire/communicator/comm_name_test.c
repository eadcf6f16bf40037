#include "wire/communicator/comm_name.h"

#include "lib/test.h"
#include "msg/address.h"
#include "wire/communicator/comm_params.h"

ALD_TEST(comm_name, knows_legal_names)
{
    ald_check(ald_comm_name_legal(ALD_STR("a")) && ald_comm_name_legal(ALD_STR("_")));
    ald_check(ald_comm_name_legal(ALD_STR("Test_Communicator_client_22_with_a_long_name")));
    ald_check(!ald_comm_name_legal(ALD_STR("")) && !ald_comm_name_legal(ALD_STR_NONE));
    ald_check(!ald_comm_name_legal(ALD_STR("1a")) && !ald_comm_name_legal(ALD_STR("a-b")));
    ald_check(!ald_comm_name_legal(ALD_STR(".")) && !ald_comm_name_legal(ALD_STR("a_long_enough_name_with.dot")));
}

ALD_TEST(comm_name, knows_legal_commands)
{
    ald_check(ald_comm_command_legal(ALD_STR("DATA")) && ald_comm_command_legal(ALD_STR("_2")));
    ald_check(!ald_comm_command_legal(ALD_STR("")) && !ald_comm_command_legal(ALD_STR("DATa")));
    ald_check(!ald_comm_command_legal(ALD_STR("DA-TA")) && !ald_comm_command_legal(ALD_STR("2")));
}

ALD_TEST(comm_name, knows_scopes)
{
    ald_check(ald_comm_is_scope(ALD_STR(".")) && ald_comm_is_scope(ALD_STR("*")) && ald_comm_is_scope(ALD_STR("?")));
    ald_check(!ald_comm_is_scope(ALD_STR("")) && !ald_comm_is_scope(ALD_STR("..")) && !ald_comm_is_scope(ALD_STR("a")));
}

static void check_spelling(const char *name, const char *expected)
{
    struct ald_str word, back;
    struct ald_buf scratch;

    ald_buf_init(&scratch, ALD_KIB);
    ald_check_int(ald_comm_spell(ald_str(name), &scratch, &word), 0);
    ald_check_str(word, expected);
    ald_check_int(ald_comm_unspell(ald_str(expected), &scratch, &back), 0);
    ald_check_str(back, name);
    ald_buf_fini(&scratch);
}

ALD_TEST(comm_name, spells_what_the_wire_cannot_say)
{
    check_spelling("my-lamp", "my_2dlamp");
    check_spelling("9lives", "_39lives");
    check_spelling("a b", "a_20b");
    check_spelling("été", "_c3_a9t_c3_a9");
    check_spelling("Class.method", "Class_2emethod");
    check_spelling("550e8400-e29b", "_3550e8400_2de29b");
    check_spelling(".", "_2e");
}

ALD_TEST(comm_name, leaves_names_of_services_alone)
{
    static const char *const names[] = {"ps",
                                        "snap_backend",
                                        "worker_01",
                                        "fluid_settings",
                                        "a_61",
                                        "x_ca",
                                        "x_5fca",
                                        "_",
                                        "__",
                                        "_5f",
                                        "_5f5f",
                                        "a_2",
                                        "a_2D",
                                        "a_30",
                                        "test_communicator_client"};

    for (size_t i = 0; i < ALD_COUNT(names); i++) {
        check_spelling(names[i], names[i]);
    }
}

ALD_TEST(comm_name, spells_what_would_be_taken_for_a_spelling)
{
    check_spelling("my_2dlamp", "my_5f2dlamp");
    check_spelling("my_5f2dlamp", "my_5f5f2dlamp");
    check_spelling("a-_2d", "a_2d_5f2d");
    check_spelling("x_ca-", "x_5fca_2d");
}

ALD_TEST(comm_name, cannot_say_some)
{
    struct ald_buf scratch;
    struct ald_str word;
    char many[ALD_NAME_MAX + 1];

    ald_buf_init(&scratch, 4 * ALD_KIB);
    memset(many, 'a', sizeof(many));
    ald_check_int(ald_comm_spell(ALD_STR(""), &scratch, &word), ALD_COMM_ILLEGAL);
    ald_check_int(ald_comm_spell(ALD_STR("a\x01"), &scratch, &word), ALD_COMM_ILLEGAL);
    ald_check_int(ald_comm_spell(ALD_STR("a\x7f"), &scratch, &word), ALD_COMM_ILLEGAL);
    ald_check_int(ald_comm_spell(ALD_STR("a\xff"), &scratch, &word), ALD_COMM_ILLEGAL);
    ald_check_int(ald_comm_spell(ald_str_of(many, sizeof(many)), &scratch, &word), ALD_COMM_ILLEGAL);
    ald_check_int(ald_comm_spell(ALD_STR("a_5f5f5f5f5f5f5f5f5f5f2d"), &scratch, &word), 0);
    ald_check_int(ald_buf_size(&scratch), 0);
    memset(many, '-', sizeof(many));
    ald_check_int(ald_comm_spell(ald_str_of(many, ALD_NAME_MAX), &scratch, &word), 0);
    ald_check_int(word.size, 3 * ALD_NAME_MAX);
    ald_buf_fini(&scratch);
}

ALD_TEST(comm_name, adds_nothing_when_there_is_no_room)
{
    struct ald_buf scratch;
    struct ald_str word;

    ald_buf_init(&scratch, 8);
    ald_check_int(ald_buf_push(&scratch, ALD_STR("xxx")), 0);
    ald_check_int(ald_comm_spell(ALD_STR("my-lamp"), &scratch, &word), ALD_COMM_FULL);
    ald_check_int(ald_comm_unspell(ALD_STR("my_2dlamp"), &scratch, &word), ALD_COMM_FULL);
    ald_check_str(ald_buf_str(&scratch), "xxx");
    ald_buf_fini(&scratch);
}

ALD_TEST_MAIN(comm_name, ALD_CASE(comm_name, knows_legal_names), ALD_CASE(comm_name, knows_legal_commands),
              ALD_CASE(comm_name, knows_scopes), ALD_CASE(comm_name, spells_what_the_wire_cannot_say),
              ALD_CASE(comm_name, leaves_names_of_services_alone),
              ALD_CASE(comm_name, spells_what_would_be_taken_for_a_spelling), ALD_CASE(comm_name, cannot_say_some),
              ALD_CASE(comm_name, adds_nothing_when_there_is_no_room))
