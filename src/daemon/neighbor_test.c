#include "daemon/neighbor.h"

#include "lib/test.h"

static void becomes(const char *text, const char *address, bool tls, const char *username, const char *password)
{
    struct ald_neighbor neighbor;
    char formatted[ALD_INET_TEXT];

    ald_check_int(ald_neighbor_parse(ald_str(text), &neighbor), 0);
    ald_inet_format(&neighbor.inet, formatted);
    ald_check_str(ald_str(formatted), address);
    ald_check_int(neighbor.tls, tls);
    ald_check_int(ald_str_present(neighbor.username), username != NULL);
    ald_check_str(neighbor.username, username != NULL ? username : "");
    ald_check_str(neighbor.password, password != NULL ? password : "");
}

ALD_TEST(neighbor, is_an_address_with_the_port_of_its_scheme)
{
    becomes("10.0.0.2", "10.0.0.2:4042", false, NULL, NULL);
    becomes("10.0.0.2:7", "10.0.0.2:7", false, NULL, NULL);
    becomes("cd://[fd00::2]", "[fd00::2]:4042", false, NULL, NULL);
    becomes("cds://10.0.0.2", "10.0.0.2:4043", true, NULL, NULL);
}

ALD_TEST(neighbor, may_want_a_name_and_a_password)
{
    becomes("cds://hub:p@ss:word@10.0.0.2:9", "10.0.0.2:9", true, "hub", "p@ss:word");
    becomes("cd://hub:secret@10.0.0.2", "10.0.0.2:4042", false, "hub", "secret");
    becomes("hub:secret@10.0.0.2", "10.0.0.2:4042", false, "hub", "secret");
}

ALD_TEST(neighbor, is_nothing_else)
{
    static const char *const bad[] = {"",
                                      "zork",
                                      "cdu://10.0.0.2",
                                      "cds://",
                                      "cds://@10.0.0.2",
                                      "cds://a@10.0.0.2",
                                      "cds://:b@10.0.0.2",
                                      "cds://a:@10.0.0.2",
                                      "ws://10.0.0.2:1"};
    struct ald_neighbor neighbor;

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        ald_check_int(ald_neighbor_parse(ald_str(bad[i]), &neighbor), ALD_NEIGHBOR_MALFORMED);
    }
}

ALD_TEST_MAIN(neighbor, ALD_CASE(neighbor, is_an_address_with_the_port_of_its_scheme),
              ALD_CASE(neighbor, may_want_a_name_and_a_password), ALD_CASE(neighbor, is_nothing_else))
