#include "daemon/lavg.h"

#include <math.h>
#include <stdio.h>

#include "lib/test.h"

#define NOW (1795226634 * (ald_wall)ALD_SEC + 692451)

static struct ald_lavg lavg;

static struct ald_inet host(unsigned number)
{
    struct ald_inet inet = {.port = 0};
    char text[40];

    (void)snprintf(text, sizeof(text), "10.0.%u.%u:4042", number / 256, number % 256);
    ald_check_int(ald_inet_parse(ald_str(text), 0, &inet), 0);
    return inet;
}

static void set(unsigned number, ald_wall measured, double load, bool good)
{
    struct ald_inet inet = host(number);

    ald_check_int(ald_lavg_set(&lavg, &inet, measured, load), good);
}

ALD_TEST(lavg, is_written_as_the_original_reads_it)
{
    static const uint8_t expected[] = {
        'L',  'A',  'V',  'G',  1, 0, /* on a machine that writes the low byte first */
        0x0a, 0xfc, 0x00, 0x6b, 0, 0, 0, 0,    0xb8, 0xf6, 0x45, 0x29, 0,  0, 0, 0, /* 1795226634, 692451000 */
        10,   0,    0x0f, 0xc8, 0, 0, 0, 0,                                         /* AF_INET6, 4040, flow */
        0,    0,    0,    0,    0, 0, 0, 0,    0,    0,    0xff, 0xff, 10, 0, 0, 2, /* address */
        0,    0,    0,    0,    0, 0, 0, 0x3f,                                      /* scope, 0.5 */
    };
    struct ald_buf out;

    lavg.n = 0;
    set(2, NOW, 0.5, true);
    ald_buf_init(&out, ALD_LAVG_BYTES_MAX);
    ald_check_int(ald_lavg_format(&lavg, &out), 0);
    ald_check_int(ald_buf_size(&out), sizeof(expected));
    ald_check(memcmp(ald_buf_str(&out).data, expected, sizeof(expected)) == 0);
    ald_buf_fini(&out);
}

ALD_TEST(lavg, is_read_again_as_it_was_written)
{
    struct ald_buf out;
    static struct ald_lavg other;

    lavg.n = other.n = 0;
    set(2, NOW, 0.56, true);
    set(3, NOW + 7, 1.5, true);
    ald_buf_init(&out, ALD_LAVG_BYTES_MAX);
    ald_check_int(ald_lavg_format(&lavg, &out), 0);
    ald_check_int(ald_lavg_parse(ald_buf_str(&out), &other), 0);
    ald_check_int(other.n, 2);
    ald_check(other.rows[0].measured == NOW && other.rows[1].measured == NOW + 7);
    ald_check(other.rows[0].load == 0.56F && other.rows[1].load == 1.5F);
    for (size_t size = 0; size < ald_buf_size(&out); size++) {
        bool whole = size >= 6 && (size - 6) % ALD_LAVG_RECORD == 0;

        ald_check_int(ald_lavg_parse(ald_str_of(ald_buf_str(&out).data, size), &other), whole ? 0 : ALD_LAVG_MALFORMED);
    }
    ald_buf_fini(&out);
}

ALD_TEST(lavg, takes_nothing_that_makes_no_sense)
{
    lavg.n = 0;
    set(2, NOW, -0.1, false);
    set(2, NOW, NAN, false);
    set(2, NOW, INFINITY, false);
    set(2, ALD_SEC, 0.5, false);
    set(2, NOW, 0.5, true);
    set(2, NOW - 1, 0.7, false);
    ald_check_int(lavg.n, 1);
    ald_check(lavg.rows[0].load == 0.5F);
}

ALD_TEST(lavg, becomes_shorter_when_machines_go)
{
    struct ald_buf out;
    struct ald_inet gone = host(3);

    lavg.n = 0;
    set(2, NOW, 0.5, true);
    set(3, NOW + 1, 0.5, true);
    set(4, NOW + 2, 0.5, true);
    ald_lavg_forget(&lavg, &gone);
    ald_check_int(lavg.n, 2);
    ald_lavg_forget_before(&lavg, NOW + 1);
    ald_check_int(lavg.n, 1);
    ald_buf_init(&out, ALD_LAVG_BYTES_MAX);
    ald_check_int(ald_lavg_format(&lavg, &out), 0);
    ald_check_int(ald_buf_size(&out), 6 + ALD_LAVG_RECORD);
    ald_buf_fini(&out);
}

ALD_TEST(lavg, is_bounded_and_the_oldest_goes)
{
    struct ald_inet first = host(0);

    lavg.n = 0;
    for (unsigned i = 0; i <= LAVG_MAX; i++) {
        set(i, NOW + i, 0.5, true);
    }
    ald_check_int(lavg.n, LAVG_MAX);
    for (size_t i = 0; i < lavg.n; i++) {
        ald_check(!ald_inet_same_host(&lavg.rows[i].inet, &first));
    }
}

ALD_TEST_MAIN(lavg, ALD_CASE(lavg, is_written_as_the_original_reads_it),
              ALD_CASE(lavg, is_read_again_as_it_was_written), ALD_CASE(lavg, takes_nothing_that_makes_no_sense),
              ALD_CASE(lavg, becomes_shorter_when_machines_go), ALD_CASE(lavg, is_bounded_and_the_oldest_goes))
