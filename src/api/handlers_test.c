#include "api/handlers.h"

#include <stdio.h>

#include "lib/test.h"

static void one(struct aldis_job *job ALD_UNUSED, void *data ALD_UNUSED)
{
}

static void other(struct aldis_job *job ALD_UNUSED, void *data ALD_UNUSED)
{
}

ALD_TEST(handlers, find_who_takes_a_name)
{
    struct ald_handlers handlers;
    int data;

    ald_handlers_init(&handlers);
    ald_check(ald_handlers_find(&handlers, ALD_STR("blink")).fn == NULL);
    ald_check_int(ald_handlers_set(&handlers, "blink", (struct ald_handler){one, &data}), 0);
    ald_check(ald_handlers_find(&handlers, ALD_STR("blink")).fn == one);
    ald_check(ald_handlers_find(&handlers, ALD_STR("blink")).data == &data);
    ald_check(ald_handlers_find(&handlers, ALD_STR("blin")).fn == NULL);
    ald_check_int(ald_handlers_set(&handlers, NULL, (struct ald_handler){other, NULL}), 0);
    ald_check(ald_handlers_find(&handlers, ALD_STR("blin")).fn == other);
    ald_check(ald_handlers_find(&handlers, ALD_STR("blink")).fn == one);
    ald_handlers_fini(&handlers);
}

ALD_TEST(handlers, are_replaced_and_taken_away)
{
    struct ald_handlers handlers;

    ald_handlers_init(&handlers);
    ald_check_int(ald_handlers_set(&handlers, "blink", (struct ald_handler){one, NULL}), 0);
    ald_check_int(ald_handlers_set(&handlers, "blink", (struct ald_handler){other, NULL}), 0);
    ald_check(ald_handlers_find(&handlers, ALD_STR("blink")).fn == other);
    ald_check_int(ald_handlers_set(&handlers, NULL, (struct ald_handler){one, NULL}), 0);
    ald_check_int(ald_handlers_set(&handlers, "blink", (struct ald_handler){NULL, NULL}), 0);
    ald_check(ald_handlers_find(&handlers, ALD_STR("blink")).fn == one);
    ald_handlers_fini(&handlers);
}

ALD_TEST(handlers, tell_the_names_that_somebody_takes)
{
    struct ald_handlers handlers;
    struct ald_buf names;

    ald_handlers_init(&handlers);
    ald_buf_init(&names, 100);
    ald_check_int(ald_handlers_names(&handlers, &names), 0);
    ald_check_str(ald_buf_str(&names), "");
    ald_check_int(ald_handlers_set(&handlers, "PING", (struct ald_handler){one, NULL}), 0);
    ald_check_int(ald_handlers_set(&handlers, "A,B", (struct ald_handler){one, NULL}), 0);
    ald_check_int(ald_handlers_set(&handlers, "GONE", (struct ald_handler){NULL, NULL}), 0);
    ald_check_int(ald_handlers_set(&handlers, NULL, (struct ald_handler){one, NULL}), 0);
    ald_check_int(ald_handlers_names(&handlers, &names), 0);
    ald_check_str(ald_buf_str(&names), "PING");
    ald_buf_fini(&names);
    ald_handlers_fini(&handlers);
}

ALD_TEST(handlers, may_be_many)
{
    struct ald_handlers handlers;
    char name[20];
    int marks[500];

    ald_handlers_init(&handlers);
    for (size_t i = 0; i < ALD_COUNT(marks); i++) {
        snprintf(name, sizeof(name), "name-%zu", i);
        ald_check_int(ald_handlers_set(&handlers, name, (struct ald_handler){one, &marks[i]}), 0);
    }
    for (size_t i = 0; i < ALD_COUNT(marks); i++) {
        snprintf(name, sizeof(name), "name-%zu", i);
        ald_check(ald_handlers_find(&handlers, ald_str(name)).data == &marks[i]);
    }
    ald_handlers_fini(&handlers);
}

ALD_TEST_MAIN(handlers, ALD_CASE(handlers, find_who_takes_a_name), ALD_CASE(handlers, are_replaced_and_taken_away),
              ALD_CASE(handlers, tell_the_names_that_somebody_takes), ALD_CASE(handlers, may_be_many))
