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

ALD_TEST(sockaddr, is_of_a_private_network_or_not)
{
    static const struct {
        const char *address;
        bool lan;
    } cases[] = {
        {"127.0.0.1", true},
        {"10.0.0.1", true},
        {"10.255.255.255", true},
        {"11.0.0.1", false},
        {"9.255.255.255", false},
        {"172.16.0.1", true},
        {"172.31.255.1", true},
        {"172.32.0.1", false},
        {"172.15.255.1", false},
        {"192.168.77.7", true},
        {"192.169.0.1", false},
        {"192.167.0.1", false},
        {"169.254.3.4", true},
        {"0.0.0.0", false},
        {"8.8.8.8", false},
        {"255.255.255.255", false},
        {"::1", true},
        {"::", false},
        {"fd00::2", true},
        {"fc00::1", true},
        {"fe80::1", true},
        {"febf::1", true},
        {"fec0::1", false},
        {"2001:db8::7", false},
        {"::ffff:192.168.0.1", true},
        {"::ffff:8.8.8.8", false},
        {"ff02::1", false},
    };
    struct sockaddr_storage none = {.ss_family = AF_UNIX};
    union ald_sockaddr address;

    for (size_t i = 0; i < ALD_COUNT(cases); i++) {
        address = address_of(cases[i].address, 1);
        if (ald_sockaddr_lan(&address) != cases[i].lan) {
            fail_msg("%s", cases[i].address);
        }
    }
    address = ald_sockaddr_of(&none);
    ald_check(ald_sockaddr_lan(&address));
}

ALD_TEST_MAIN(sockaddr, ALD_CASE(sockaddr, is_written_as_in_a_url), ALD_CASE(sockaddr, of_a_unix_socket_is_none),
              ALD_CASE(sockaddr, is_of_a_private_network_or_not))
