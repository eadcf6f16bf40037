#include "wire/communicator/comm_bytes.h"

#include "lib/test.h"

enum { SIZE = 40 };

static const uint8_t stops[4] = {';', '\\', '\r', '\n'};

/* Both ways of looking, from every place, with as much before and behind it as there is. */
static void check_run(const uint8_t *bytes, size_t from, size_t size)
{
    const uint8_t *until = comm_until_portable(bytes + from, bytes + size, stops);
    const uint8_t *name = comm_name_end_portable(bytes + from, bytes + size);

    ald_check(comm_until(bytes, bytes + from, bytes + size, stops) == until);
    ald_check(comm_until(bytes + from, bytes + from, bytes + size, stops) == until);
    ald_check(comm_name_end(bytes, bytes + from, bytes + size) == name);
    ald_check(comm_name_end(bytes + from, bytes + from, bytes + size) == name);
}

/* The truth, from communicator.md 1.1. */
static bool name_slowly(unsigned byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

ALD_TEST(comm_bytes, knows_each_byte)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        bool digit = byte >= '0' && byte <= '9';

        ald_check(comm_is_name((uint8_t)byte) == name_slowly(byte));
        ald_check(comm_is_name_first((uint8_t)byte) == (name_slowly(byte) && !digit));
        ald_check(comm_is_blank((uint8_t)byte) == (byte > 0 && strchr("\t\n\v\f\r ", (int)byte) != NULL));
    }
}

ALD_TEST(comm_bytes, stops_at_each_byte_wherever_it_stands)
{
    uint8_t bytes[SIZE];

    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < SIZE; at++) {
            memset(bytes, at % 2 == 0 ? 'a' : 'Z', SIZE);
            bytes[at] = (uint8_t)byte;
            for (size_t from = 0; from < 18; from++) {
                check_run(bytes, from, SIZE);
                check_run(bytes, from, ALD_MAX(at, from));
            }
            ald_check((comm_name_end(bytes, bytes, bytes + SIZE) == bytes + SIZE) == name_slowly(byte));
        }
    }
}

ALD_TEST(comm_bytes, does_not_stop_at_what_stands_before)
{
    uint8_t bytes[SIZE];

    memset(bytes, ';', SIZE);
    for (size_t from = 0; from < SIZE; from++) {
        memset(bytes, ';', from);
        memset(bytes + from, 'a', SIZE - from);
        check_run(bytes, from, SIZE);
        ald_check(comm_until(bytes, bytes + from, bytes + SIZE, stops) == bytes + SIZE);
        ald_check(comm_name_end(bytes, bytes + from, bytes + SIZE) == bytes + SIZE);
    }
}

ALD_TEST_MAIN(comm_bytes, ALD_CASE(comm_bytes, knows_each_byte),
              ALD_CASE(comm_bytes, stops_at_each_byte_wherever_it_stands),
              ALD_CASE(comm_bytes, does_not_stop_at_what_stands_before))
