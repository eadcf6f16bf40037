#include "daemon/neighbor.h"

#include "lib/test.h"
#include "wire/communicator/communicator.h"

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
    becomes("cds://h%3Ab:two%20words%2C%25@10.0.0.2", "10.0.0.2:4043", true, "h:b", "two words,%");
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
                                      "cds://a:100%@10.0.0.2",
                                      "cds://a:%zz@10.0.0.2",
                                      "cds://a:%00@10.0.0.2",
                                      "ws://10.0.0.2:1"};
    struct ald_neighbor neighbor;

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        ald_check_int(ald_neighbor_parse(ald_str(bad[i]), &neighbor), ALD_NEIGHBOR_MALFORMED);
    }
}

static bool called(const char *ours, const char *theirs)
{
    struct ald_neighbor us, them;

    ald_check_int(ald_neighbor_parse(ald_str(ours), &us), 0);
    ald_check_int(ald_neighbor_parse(ald_str(theirs), &them), 0);
    return ald_neighbor_is_called(&us.inet, &them);
}

ALD_TEST(neighbor, is_called_by_the_larger_address)
{
    ald_check(called("10.0.0.2", "10.0.0.1"));
    ald_check(!called("10.0.0.1", "10.0.0.2"));
    ald_check(called("10.0.0.2:1", "10.0.0.1:9"));
    ald_check(called("10.0.0.1:2", "10.0.0.1:1"));
    ald_check(!called("10.0.0.1:1", "10.0.0.1:2"));
    ald_check(!called("10.0.0.1:1", "10.0.0.1:1"));
    ald_check(called("10.0.0.1", "cds://10.0.0.2"));
}

static ald_usec link_pause(unsigned failures, struct ald_conn_end end)
{
    const struct ald_neighbor_past past = {.failures = failures, .end = &end};

    return ald_neighbor_pause(&past);
}

ALD_TEST(neighbor, is_called_again_after_what_it_said)
{
    const struct ald_conn_end failed = {.greeted = false}, broke = {.greeted = true};
    const struct ald_conn_end left = {.greeted = true, .said_goodbye = true};

    ald_check_int(link_pause(0, broke), 0);
    ald_check_int(link_pause(1, failed), 1 * ALD_SEC);
    ald_check_int(link_pause(2, failed), 2 * ALD_SEC);
    ald_check_int(link_pause(6, failed), 32 * ALD_SEC);
    ald_check_int(link_pause(7, failed), 60 * ALD_SEC);
    ald_check_int(link_pause(4000000000, failed), 60 * ALD_SEC);
    ald_check_int(link_pause(0, left), 300 * ALD_SEC);
    ald_check_int(link_pause(1, (struct ald_conn_end){.code = ALD_COMMUNICATOR_CLOSE_SHUTDOWN}), 300 * ALD_SEC);
    ald_check_int(link_pause(1, (struct ald_conn_end){.code = ALD_COMMUNICATOR_CLOSE_REFUSED}), 86400 * ALD_SEC);
    ald_check_int(link_pause(1, (struct ald_conn_end){.code = ALD_COMMUNICATOR_CLOSE_NAME}), 86400 * ALD_SEC);
    ald_check_int(link_pause(1, (struct ald_conn_end){.code = ALD_COMMUNICATOR_CLOSE_LATE}), 1 * ALD_SEC);
}

ALD_TEST(neighbor, is_asked_to_call_less_and_less_often)
{
    static const unsigned expected[] = {5, 10, 20, 40, 60, 60};
    const struct ald_conn_end failed = {.greeted = false};
    struct ald_neighbor_past past = {.gossip = true, .gossip_max = 60 * ALD_SEC, .end = &failed};

    for (size_t i = 0; i < ALD_COUNT(expected); i++) {
        past.pause = ald_neighbor_pause(&past);
        ald_check_int(past.pause, expected[i] * ALD_SEC);
    }
}

ALD_TEST_MAIN(neighbor, ALD_CASE(neighbor, is_an_address_with_the_port_of_its_scheme),
              ALD_CASE(neighbor, may_want_a_name_and_a_password), ALD_CASE(neighbor, is_nothing_else),
              ALD_CASE(neighbor, is_called_by_the_larger_address),
              ALD_CASE(neighbor, is_called_again_after_what_it_said),
              ALD_CASE(neighbor, is_asked_to_call_less_and_less_often))
