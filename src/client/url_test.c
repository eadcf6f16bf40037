#include "lib/test.h"

#include "client/url.h"

ALD_TEST(url, takes_a_socket_path)
{
    struct ald_url url;

    ald_check_int(ald_url_parse("unix:/run/aldis/aldis.sock", &url, NULL), 0);
    ald_check(url.unix_socket && !url.tls);
    ald_check_str(ald_str(url.name), "/run/aldis/aldis.sock");
}

ALD_TEST(url, takes_hosts_ports_and_prefixes)
{
    struct ald_url url;

    ald_check_int(ald_url_parse("ws://hub.example", &url, NULL), 0);
    ald_check(!url.unix_socket && !url.tls && url.port == 8062);
    ald_check_str(ald_str(url.name), "hub.example");
    ald_check_str(ald_str(url.prefix), "");

    ald_check_int(ald_url_parse("wss://under_score:443/a/b/", &url, NULL), 0);
    ald_check(url.tls && url.port == 443);
    ald_check_str(ald_str(url.prefix), "/a/b");

    ald_check_int(ald_url_parse("ws://[::1]:1", &url, NULL), 0);
    ald_check_str(ald_str(url.name), "::1");
    ald_check_int(url.port, 1);
}

ALD_TEST(url, takes_the_originals_endpoints)
{
    struct ald_url url;

    ald_check_int(ald_url_parse("http://h:8062/root/", &url, NULL), 0);
    ald_check(!url.tls);
    ald_check_int(ald_url_parse("https://h", &url, NULL), 0);
    ald_check(url.tls);
}

ALD_TEST(url, says_what_is_wrong)
{
    static const char *const bad[] = {
        "",           "unix:",          "hub.example", "ftp://h",     "ws://",    "ws://:1",     "ws://h:0",
        "ws://h:x",   "ws://h:65536",   "ws://[::1",   "ws://[::1]x", "ws://u@h", "ws://h/?a=b", "ws://h/#f",
        "ws://h/a b", "ws://h\r\nX: y", "wss://h:1:2",
    };

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        struct ald_url url;
        const char *why = NULL;

        ald_check_int(ald_url_parse(bad[i], &url, &why), ALD_URL_MALFORMED);
        ald_check(why != NULL);
    }
}

ALD_TEST(url, is_written_as_people_write_it)
{
    static const char *const urls[] = {"unix:/run/aldis/aldis.sock", "ws://hub.example:8062", "wss://[::1]:443/a/b"};
    char text[ALD_URL_MAX];

    for (size_t i = 0; i < ALD_COUNT(urls); i++) {
        struct ald_url url;

        ald_check_int(ald_url_parse(urls[i], &url, NULL), 0);
        ald_url_format(&url, text, sizeof(text));
        ald_check_str(ald_str(text), urls[i]);
    }
}

ALD_TEST_MAIN(url, ALD_CASE(url, is_written_as_people_write_it), ALD_CASE(url, takes_a_socket_path),
              ALD_CASE(url, takes_hosts_ports_and_prefixes), ALD_CASE(url, takes_the_originals_endpoints),
              ALD_CASE(url, says_what_is_wrong))
