#include "lib/test.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include "base/str.h"
#include "transport/sockaddr.h"

static union ald_sockaddr address_of(const char *text, uint16_t port)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *in = (void *)&storage;
    struct sockaddr_in6 *in6 = (void *)&storage;

    if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
    } else {
        ald_check_int(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(port);
    }
    return ald_sockaddr_of(&storage);
}

ALD_TEST(sockaddr, is_written_as_in_a_url)
{
    static const struct {
        const char *address;
        uint16_t port;
        const char *text;
        bool loopback;
    } cases[] = {
        {"127.0.0.1", 80, "127.0.0.1:80", true},
        {"127.9.9.9", 1, "127.9.9.9:1", true},
        {"192.0.2.1", 65535, "192.0.2.1:65535", false},
        {"::1", 8062, "[::1]:8062", true},
        {"2001:db8::7", 0, "[2001:db8::7]:0", false},
        {"::ffff:127.0.0.1", 80, "127.0.0.1:80", true},
        {"::ffff:192.0.2.1", 80, "192.0.2.1:80", false},
        {"::", 80, "[::]:80", false},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 65535, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
         false},
    };
    char text[ALD_SOCKADDR_TEXT];

    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        union ald_sockaddr address = address_of(cases[i].address, cases[i].port);

        ald_sockaddr_format(&address, text);
        ald_check_str(ald_str(text), cases[i].text);
        ald_check_int(ald_sockaddr_port(&address), cases[i].port);
        ald_check_int(ald_sockaddr_loopback(&address), cases[i].loopback);
    }
}

ALD_TEST(sockaddr, of_a_unix_socket_is_none)
{
    struct sockaddr_storage storage = {.ss_family = AF_UNIX};
    union ald_sockaddr address = ald_sockaddr_of(&storage);
    char text[ALD_SOCKADDR_TEXT];

    ald_sockaddr_format(&address, text);
    ald_check_str(ald_str(text), "");
    ald_check_int(ald_sockaddr_port(&address), 0);
    ald_check(ald_sockaddr_loopback(&address));
}

ALD_TEST_MAIN(sockaddr, ALD_CASE(sockaddr, is_written_as_in_a_url), ALD_CASE(sockaddr, of_a_unix_socket_is_none))
