#include "daemon/intruders.h"

#include <stdio.h>

#include "lib/test.h"

static struct ald_inet host(unsigned number, uint16_t port)
{
    struct ald_inet inet = {.port = 0};
    char text[40];

    (void)snprintf(text, sizeof(text), "10.0.%u.%u:%u", number / 256, number % 256, port);
    ald_check_int(ald_inet_parse(ald_str(text), 0, &inet), 0);
    return inet;
}

ALD_TEST(intruders, are_counted_by_address_whatever_the_port)
{
    static struct ald_intruders intruders;
    struct ald_inet a = host(1, 1), b = host(1, 2), c = host(2, 1);

    memset(&intruders, 0, sizeof(intruders));
    ald_check_int(ald_intruders_note(&intruders, &a, ALD_SEC), 1);
    ald_check_int(ald_intruders_note(&intruders, &b, ALD_SEC), 2);
    ald_check_int(ald_intruders_note(&intruders, &c, ALD_SEC), 1);
    ald_check_int(ald_intruders_note(&intruders, &a, 2 * ALD_SEC), 3);
}

ALD_TEST(intruders, are_forgiven_after_a_quarter_of_an_hour)
{
    static struct ald_intruders intruders;
    struct ald_inet a = host(1, 1);

    memset(&intruders, 0, sizeof(intruders));
    ald_check_int(ald_intruders_note(&intruders, &a, ALD_SEC), 1);
    ald_check_int(ald_intruders_note(&intruders, &a, ALD_SEC + ALD_INTRUDERS_FORGET), 2);
    ald_check_int(ald_intruders_note(&intruders, &a, 2 * ALD_SEC + 2 * ALD_INTRUDERS_FORGET), 1);
}

ALD_TEST(intruders, are_bounded_and_the_oldest_goes)
{
    static struct ald_intruders intruders;
    struct ald_inet first = host(0, 1), last = host(INTRUDERS_MAX, 1), second = host(1, 1);

    memset(&intruders, 0, sizeof(intruders));
    for (unsigned i = 0; i <= INTRUDERS_MAX; i++) {
        struct ald_inet each = host(i, 1);

        ald_check_int(ald_intruders_note(&intruders, &each, ALD_SEC + i), 1);
    }
    ald_check_int(ald_intruders_note(&intruders, &last, 3 * ALD_SEC), 2);
    ald_check_int(ald_intruders_note(&intruders, &second, 3 * ALD_SEC), 2);
    ald_check_int(ald_intruders_note(&intruders, &first, 3 * ALD_SEC), 1);
}

ALD_TEST_MAIN(intruders, ALD_CASE(intruders, are_counted_by_address_whatever_the_port),
              ALD_CASE(intruders, are_forgiven_after_a_quarter_of_an_hour),
              ALD_CASE(intruders, are_bounded_and_the_oldest_goes))
