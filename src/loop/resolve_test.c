#include "lib/test.h"

#include <arpa/inet.h>

#include "base/str.h"
#include "loop/loop.h"
#include "loop/resolve.h"

struct asker {
    struct ald_resolve *resolve;
    struct ald_resolved resolved;
    char text[64];
    int n_answers;
};

static void asker_hear(void *owner, const struct ald_resolved *resolved)
{
    struct asker *asker = owner;

    asker->resolve = NULL;
    asker->resolved = *resolved;
    asker->n_answers++;
}

static void asker_ask(struct asker *asker, const char *host, uint16_t port)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;

    *asker = (struct asker){0};
    ald_check_int(ald_loop_new(&loop), 0);
    ald_check_int(ald_resolve_new(loop, host, port, asker_hear, asker, &asker->resolve), 0);
    ald_check_int(asker->n_answers, 0); /* never inside the call */
    ald_loop_run(loop);
    ald_check_int(asker->n_answers, 1);
}

ALD_TEST(resolve, answers_literal_addresses_by_themselves)
{
    struct asker asker;
    const struct sockaddr_in *in = (const void *)&asker.resolved.addresses[0];
    const struct sockaddr_in6 *in6 = (const void *)&asker.resolved.addresses[0];

    asker_ask(&asker, "192.0.2.7", 81);
    ald_check_int(asker.resolved.n_addresses, 1);
    ald_check_int(in->sin_family, AF_INET);
    ald_check_int(ntohs(in->sin_port), 81);
    ald_check_int(ntohl(in->sin_addr.s_addr), 0xC0000207);

    asker_ask(&asker, "2001:db8::9", 82);
    ald_check_int(asker.resolved.n_addresses, 1);
    ald_check_int(in6->sin6_family, AF_INET6);
    ald_check_int(ntohs(in6->sin6_port), 82);
}

ALD_TEST(resolve, finds_localhost)
{
    struct asker asker;
    const struct sockaddr_in *in = (const void *)&asker.resolved.addresses[0];

    asker_ask(&asker, "localhost", 83);
    ald_check(asker.resolved.n_addresses >= 1);
    ald_check_int(ntohs(in->sin_port), 83); /* at the same place in both families */
}

ALD_TEST(resolve, says_why_there_is_no_address)
{
    struct asker asker;

    asker_ask(&asker, "no such name.invalid", 1);
    ald_check_int(asker.resolved.n_addresses, 0);
    ald_check(asker.resolved.text != NULL);
}

ALD_TEST(resolve, says_nothing_after_it_was_cancelled)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;
    struct asker asker = {0};

    ald_check_int(ald_loop_new(&loop), 0);
    ald_check_int(ald_resolve_new(loop, "127.0.0.1", 1, asker_hear, &asker, &asker.resolve), 0);
    asker.resolve = ald_resolve_cancel(asker.resolve);
    ald_check_int(ald_resolve_new(loop, "localhost", 1, asker_hear, &asker, &asker.resolve), 0);
    asker.resolve = ald_resolve_cancel(asker.resolve);
    ald_loop_run(loop);
    ald_check_int(asker.n_answers, 0);
}

ALD_TEST(resolve, refuses_what_cannot_be_a_name)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;
    struct asker asker = {0};
    char name[400];

    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    ald_check_int(ald_loop_new(&loop), 0);
    ald_check_int(ald_resolve_new(loop, name, 1, asker_hear, &asker, &asker.resolve), ALDIS_E_RESOLVE);
    ald_check_int(ald_resolve_new(loop, "", 1, asker_hear, &asker, &asker.resolve), ALDIS_E_RESOLVE);
}

ALD_TEST_MAIN(resolve, ALD_CASE(resolve, answers_literal_addresses_by_themselves), ALD_CASE(resolve, finds_localhost),
              ALD_CASE(resolve, says_why_there_is_no_address), ALD_CASE(resolve, says_nothing_after_it_was_cancelled),
              ALD_CASE(resolve, refuses_what_cannot_be_a_name))
