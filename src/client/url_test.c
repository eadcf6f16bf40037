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
        "ws://h/a b", "ws://h\r\nX: y", "wss://h:1:2", "cd://",       "cd:",      "cds:///x",    "cdu:///x",
        "cd://h/x",   "cds://u@h",      "cdb://",
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
    static const char *const urls[] = {"unix:/run/aldis/aldis.sock", "ws://hub.example:8062", "wss://[::1]:443/a/b",
                                       "cd:///run/x.sock",           "cd://[::1]:4040",       "cds://h:4043",
                                       "cdu://127.0.0.1:4041",       "cdb://eth0:4041"};
    char text[ALD_URL_MAX];

    for (size_t i = 0; i < ALD_COUNT(urls); i++) {
        struct ald_url url;

        ald_check_int(ald_url_parse(urls[i], &url, NULL), 0);
        ald_url_format(&url, text, sizeof(text));
        ald_check_str(ald_str(text), urls[i]);
    }
}

ALD_TEST(url, takes_those_of_the_communicator_family)
{
    static const struct {
        const char *text, *name;
        uint16_t port;
        bool unix_socket, tls;
    } rows[] = {
        {"cd:///run/communicator/communicatord.sock", "/run/communicator/communicatord.sock", 0, true, false},
        {"cd://127.0.0.1", "127.0.0.1", 4040, false, false},
        {"cd://[fd00::1]:9", "fd00::1", 9, false, false},
        {"cd://some.name", "some.name", 4040, false, false},
        {"cds://hub.example", "hub.example", 4043, false, true},
        {"cds://8.8.8.8:1", "8.8.8.8", 1, false, true},
        {"cdu://10.0.0.1", "10.0.0.1", 4041, false, false},
        {"cdb://eth0", "eth0", 4041, false, false},
        {"cdb://eth0:7", "eth0", 7, false, false},
    };
    struct ald_url url;

    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        ald_check_int(ald_url_parse(rows[i].text, &url, NULL), 0);
        ald_check_str(ald_str(url.name), rows[i].name);
        ald_check_int(url.port, rows[i].port);
        ald_check(url.unix_socket == rows[i].unix_socket && url.tls == rows[i].tls);
        ald_check_int(ald_url_parse_api(rows[i].text, &url, NULL), ALD_URL_MALFORMED);
    }
    ald_check_int(ald_url_parse_api("unix:/x", &url, NULL), 0);
}

ALD_TEST(url, keeps_what_is_not_encrypted_near)
{
    static const char *const bad[] = {"cd://8.8.8.8", "cd://172.32.0.1:1", "cd://[2001:db8::1]", "cdu://192.0.2.1",
                                      "cd://0.0.0.0"};
    struct ald_url url;
    const char *why = NULL;

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        ald_check_int(ald_url_parse(bad[i], &url, &why), ALD_URL_MALFORMED);
        ald_check(strstr(why, "use cds") != NULL);
    }
}

ALD_TEST_MAIN(url, ALD_CASE(url, takes_those_of_the_communicator_family),
              ALD_CASE(url, keeps_what_is_not_encrypted_near), ALD_CASE(url, is_written_as_people_write_it),
              ALD_CASE(url, takes_a_socket_path), ALD_CASE(url, takes_hosts_ports_and_prefixes),
              ALD_CASE(url, takes_the_originals_endpoints), ALD_CASE(url, says_what_is_wrong))
