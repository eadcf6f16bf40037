#include "lib/fake_hub.h"

#include <stdio.h>

#include "client/fetch.h"

struct table {
    struct ald_loop *loop;
    struct ald_net *net;
    struct fake_hub hub;
    struct ald_fetch *fetch;
    int n_ends;
    int status;
    char type[100], body[200], text[200];
    size_t body_size;
    bool free_inside;
};

static void table_end(void *owner, const struct ald_fetch_end *end)
{
    struct table *table = owner;

    table->n_ends++;
    table->status = end->status;
    table->body_size = end->body.size;
    snprintf(table->type, sizeof(table->type), "%.*s", ALD_STR_ARG(end->type));
    snprintf(table->body, sizeof(table->body), "%.*s", ALD_STR_ARG(end->body));
    snprintf(table->text, sizeof(table->text), "%.*s", ALD_STR_ARG(end->text));
    if (table->free_inside) {
        table->fetch = ald_fetch_free(table->fetch);
    }
}

static void table_open(struct table *table, const char *canned)
{
    *table = (struct table){0};
    ald_check_int(ald_loop_new(&table->loop), 0);
    ald_check_int(ald_net_new(table->loop, &table->net), 0);
    fake_hub_open(&table->hub, table->net, canned != NULL ? FAKE_CANNED : FAKE_MUTE, true);
    table->hub.canned = canned;
}

static void table_close(struct table *table)
{
    table->fetch = ald_fetch_free(table->fetch);
    ald_check(table->n_ends <= 1);
    fake_hub_close(&table->hub);
    ald_net_free(table->net);
    ald_loop_free(table->loop);
}

static void table_get(struct table *table, const char *url, ald_usec timeout)
{
    const struct ald_fetch_spec spec = {.url = url, .target = "/api/v1/targets?limit=5", .timeout = timeout};

    ald_check_int(ald_fetch_new(table->net, &spec, table_end, table, NULL, &table->fetch), 0);
    ald_check_int(table->n_ends, 0);
    fake_hub_until(&table->hub, table->n_ends == 1);
}

static void check_got(const char *canned, int status, const char *body)
{
    struct table table;

    table_open(&table, canned);
    table_get(&table, table.hub.url, 10 * ALD_SEC);
    ald_check_int(table.status, status);
    ald_check_str(ald_str(table.body), body);
    table_close(&table);
}

ALD_TEST(fetch, gets_status_type_and_body)
{
    struct table table;
    struct ald_str request;

    table_open(&table, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    table_get(&table, table.hub.url, 10 * ALD_SEC);
    ald_check_int(table.status, 200);
    ald_check_str(ald_str(table.type), "application/json");
    ald_check_str(ald_str(table.body), "{}");
    request = ald_buf_str(&table.hub.conns[0].request);
    ald_check(ald_str_starts(request, ALD_STR("GET /api/v1/targets?limit=5 HTTP/1.1\r\nHost: localhost\r\n")));
    table_close(&table);
}

ALD_TEST(fetch, takes_every_framing_of_a_body)
{
    check_got("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc", 404, "abc");
    check_got("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", 200, "abcd");
    check_got("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end", 200, "to the end");
    check_got("HTTP/1.1 204 No Content\r\n\r\n", 204, "");
}

ALD_TEST(fetch, says_why_there_is_no_answer)
{
    static const char *const bad[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\ncut",
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        "",
    };

    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        struct table table;

        table_open(&table, bad[i]);
        table_get(&table, table.hub.url, 10 * ALD_SEC);
        ald_check_int(table.status, 0);
        ald_check(table.text[0] != '\0');
        table_close(&table);
    }
}

ALD_TEST(fetch, says_that_nobody_is_there)
{
    struct table table;

    table_open(&table, "");
    table_get(&table, "unix:/nowhere/at/all.sock", 10 * ALD_SEC);
    ald_check_int(table.status, 0);
    ald_check(strstr(table.text, "No such file") != NULL);
    table_close(&table);
}

ALD_TEST(fetch, does_not_wait_for_ever)
{
    struct table table;

    table_open(&table, NULL);
    table_get(&table, table.hub.url, 100 * ALD_MSEC);
    ald_check_int(table.status, 0);
    ald_check(strstr(table.text, "in time") != NULL);
    table_close(&table);
}

ALD_TEST(fetch, may_be_freed_in_its_callback_and_before)
{
    const struct ald_fetch_spec spec = {.target = "/", .timeout = ALD_SEC};
    struct ald_fetch_spec early = spec;
    struct table table;

    table_open(&table, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    table.free_inside = true;
    table_get(&table, table.hub.url, 10 * ALD_SEC);
    ald_check(table.fetch == NULL);
    early.url = table.hub.url;
    ald_check_int(ald_fetch_new(table.net, &early, table_end, &table, NULL, &table.fetch), 0);
    ald_loop_turn(table.loop, 0);
    table_close(&table);
}

ALD_TEST(fetch, names_the_url_that_is_wrong)
{
    const struct ald_fetch_spec spec = {.url = "ftp://x", .target = "/", .timeout = ALD_SEC};
    struct ald_why why = {""};
    struct table table;

    table_open(&table, "");
    ald_check_int(ald_fetch_new(table.net, &spec, table_end, &table, &why, &table.fetch), ALD_FETCH_BAD_URL);
    ald_check(strstr(why.text, "ftp://x") != NULL);
    table_close(&table);
}

ALD_TEST_MAIN(fetch, ALD_CASE(fetch, gets_status_type_and_body), ALD_CASE(fetch, takes_every_framing_of_a_body),
              ALD_CASE(fetch, says_why_there_is_no_answer), ALD_CASE(fetch, says_that_nobody_is_there),
              ALD_CASE(fetch, does_not_wait_for_ever), ALD_CASE(fetch, may_be_freed_in_its_callback_and_before),
              ALD_CASE(fetch, names_the_url_that_is_wrong))
