#include "conn/host.h"

#include "lib/test.h"

static bool ours(const char *host, const char *names)
{
    return ald_host_is_ours(ald_str(host), ald_str(names));
}

ALD_TEST(host, is_ours_when_it_is_an_address)
{
    ald_check(ours("127.0.0.1", ""));
    ald_check(ours("127.0.0.1:8062", ""));
    ald_check(ours("192.168.7.9:1", ""));
    ald_check(ours("[::1]", ""));
    ald_check(ours("[::1]:8062", ""));
}

ALD_TEST(host, is_ours_when_nobody_else_can_own_it)
{
    ald_check(ours("localhost", ""));
    ald_check(ours("LocalHost:8062", ""));
    ald_check(ours("localhost.", ""));
    ald_check(ours("aldis.localhost:8062", ""));
    ald_check(ours(NULL, ""));
    ald_check(ours("", ""));
}

ALD_TEST(host, is_ours_when_it_was_given)
{
    ald_check(ours("hub.example:8062", "hub.example"));
    ald_check(ours("HUB.example.", "other, hub.EXAMPLE ,third"));
    ald_check(ours("third", "other, hub.example,third"));
    ald_check(ours("third", ",,third,"));
    ald_check(!ours("hub", "hub.example"));
    ald_check(!ours("hub.example", ""));
    ald_check(!ours("evil", "other,hub.example"));
}

ALD_TEST(host, is_foreign_when_somebody_else_could_own_it)
{
    ald_check(!ours("evil.example", ""));
    ald_check(!ours("evil.example:8062", ""));
    ald_check(!ours("localhost.evil.example", ""));
    ald_check(!ours("evillocalhost", ""));
    ald_check(!ours("127.0.0.1.evil.example", ""));
    ald_check(!ours("127.0.0.1.nip.io", ""));
    ald_check(!ours("127.1", ""));
    ald_check(!ours("2130706433", ""));
    ald_check(!ours("0x7f.0.0.1", ""));
    ald_check(!ours(".", ""));
    ald_check(!ours(":8062", ""));
    ald_check(!ours(":8062", ","));
}

ALD_TEST_MAIN(host, ALD_CASE(host, is_ours_when_it_is_an_address), ALD_CASE(host, is_ours_when_nobody_else_can_own_it),
              ALD_CASE(host, is_ours_when_it_was_given), ALD_CASE(host, is_foreign_when_somebody_else_could_own_it))
