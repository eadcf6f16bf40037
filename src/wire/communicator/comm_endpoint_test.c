#include "wire/communicator/comm_endpoint.h"

#include <stdio.h>

#include "lib/test.h"

static void check_endpoint(const char *text, const char *host, const char *ip, unsigned port)
{
    struct ald_comm_endpoint endpoint;
    char hex[33];

    ald_check_int(ald_comm_endpoint_read(ald_str(text), &endpoint), 0);
    for (size_t i = 0; i < 16; i++) {
        snprintf(hex + 2 * i, 3, "%02x", endpoint.ip[i]);
    }
    ald_check_str(endpoint.host, host);
    assert_string_equal(hex, ip);
    ald_check_int(endpoint.port, port);
    ald_check(endpoint.is_v6 == (strchr(host, ':') != NULL));
}

ALD_TEST(comm_endpoint, reads_ipv4)
{
    check_endpoint("10.0.0.2:4042", "10.0.0.2", "00000000000000000000ffff0a000002", 4042);
    check_endpoint("255.255.255.255:65535", "255.255.255.255", "00000000000000000000ffffffffffff", 65535);
    check_endpoint("0.0.0.0:1", "0.0.0.0", "00000000000000000000ffff00000000", 1);
    check_endpoint("10.0.0.7", "10.0.0.7", "00000000000000000000ffff0a000007", 0);
}

ALD_TEST(comm_endpoint, reads_ipv6_in_every_spelling)
{
    check_endpoint("[::1]:4042", "::1", "00000000000000000000000000000001", 4042);
    check_endpoint("[::]:1", "::", "00000000000000000000000000000000", 1);
    check_endpoint("[fd00::]:1", "fd00::", "fd000000000000000000000000000000", 1);
    check_endpoint("[fe80::1:2]", "fe80::1:2", "fe800000000000000000000000010002", 0);
    check_endpoint("2001:DB8::8:800:200c:417a", "2001:DB8::8:800:200c:417a", "20010db80000000000080800200c417a", 0);
    check_endpoint("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", "00010002000300040005000600070008", 0);
    check_endpoint("1::3:4:5:6:7:8", "1::3:4:5:6:7:8", "00010000000300040005000600070008", 0);
    check_endpoint("[::ffff:10.0.0.2]:4042", "::ffff:10.0.0.2", "00000000000000000000ffff0a000002", 4042);
    check_endpoint("1:2:3:4:5:6:10.0.0.2", "1:2:3:4:5:6:10.0.0.2", "0001000200030004000500060a000002", 0);
}

ALD_TEST(comm_endpoint, refuses_anything_else)
{
    static const char *const texts[] = {
        "",
        "zork",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.01",
        "10.0.0.1.2",
        "10.0.0.1:",
        "10.0.0.1:0",
        "10.0.0.1:65536",
        "10.0.0.1:04042",
        "10.0.0.1:80x",
        "10.0.0.1 ",
        " 10.0.0.1",
        ":4042",
        "[]:1",
        "[::1",
        "[::1]4042",
        "[::1]:",
        "[::1]:0",
        "[10.0.0.1]:1",
        "::1:",
        ":::",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::8",
        "1:2:3:4:5:6:7:10.0.0.1",
        "12345::",
        "g::",
        ":1",
        "10.0.0.1::",
        "fe80::1%eth0",
    };
    struct ald_comm_endpoint endpoint = {.port = 77};

    for (size_t i = 0; i < ALD_COUNT(texts); i++) {
        ald_check_int(ald_comm_endpoint_read(ald_str(texts[i]), &endpoint), ALD_COMM_MALFORMED);
    }
    ald_check_int(endpoint.port, 77);
}

ALD_TEST_MAIN(comm_endpoint, ALD_CASE(comm_endpoint, reads_ipv4), ALD_CASE(comm_endpoint, reads_ipv6_in_every_spelling),
              ALD_CASE(comm_endpoint, refuses_anything_else))
