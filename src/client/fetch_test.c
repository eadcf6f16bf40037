#include "lib/fake_hub.h"

#include <stdio.h>

#include "base/error.h"
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
    struct ald_buf streamed;
    size_t enough; /* stop the stream after so many bytes */
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
    table->enough = SIZE_MAX;
    ald_buf_init(&table->streamed, ALD_MIB);
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
    ald_buf_fini(&table->streamed);
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

static void check_asked(struct table *table, const char *part)
{
    struct ald_str request = ald_buf_str(&table->hub.conns[0].request);

    if (ald_str_find(request, ald_str(part)) == request.size) {
        fail_msg("no %s in: %.*s", part, ALD_STR_ARG(request));
    }
}

ALD_TEST(fetch, sends_method_body_and_fields)
{
    static const struct ald_http_field fields[] = {{ALD_STR("Prefer"), ALD_STR("respond-async")}};
    struct ald_fetch_spec spec = {
        .method = "POST",
        .target = "/api/v1/commands",
        .fields = {fields, ALD_COUNT(fields)},
        .token = "t0k-en",
        .body = ALD_STR("{\"a\":1}"),
        .timeout = 10 * ALD_SEC,
    };
    struct table table;

    table_open(&table, "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}");
    spec.url = table.hub.url;
    ald_check_int(ald_fetch_new(table.net, &spec, table_end, &table, NULL, &table.fetch), 0);
    fake_hub_until(&table.hub, table.n_ends == 1);
    ald_check_int(table.status, 202);
    check_asked(&table, "POST /api/v1/commands HTTP/1.1\r\n");
    check_asked(&table, "\r\nContent-Type: application/json\r\n");
    check_asked(&table, "\r\nContent-Length: 7\r\n");
    check_asked(&table, "\r\nAuthorization: Bearer t0k-en\r\n");
    check_asked(&table, "\r\nPrefer: respond-async\r\n");
    check_asked(&table, "\r\n\r\n{\"a\":1}");
    table_close(&table);
}

ALD_TEST(fetch, sends_nothing_that_could_be_read_as_two_requests)
{
    static const struct ald_http_field bad[] = {{ALD_STR("X"), ALD_STR("a\r\nEvil: 1")}};
    const struct ald_fetch_spec specs[] = {
        {.target = "/a b", .timeout = ALD_SEC},
        {.target = "/", .token = "a\nb", .timeout = ALD_SEC},
        {.target = "/", .fields = {bad, 1}, .timeout = ALD_SEC},
        {.target = "/", .method = "GET /x HTTP/1.1\r\n", .timeout = ALD_SEC},
    };

    for (size_t i = 0; i < ALD_COUNT(specs); i++) {
        struct ald_fetch_spec spec = specs[i];
        struct table table;

        table_open(&table, "");
        spec.url = table.hub.url;
        ald_check_int(ald_fetch_new(table.net, &spec, table_end, &table, NULL, &table.fetch), ALDIS_E_INVALID);
        table_close(&table);
    }
}

static bool table_bytes(void *owner, struct ald_str bytes)
{
    struct table *table = owner;

    ald_check_int(ald_buf_push(&table->streamed, bytes), 0);
    return ald_buf_size(&table->streamed) < table->enough;
}

static void table_stream(struct table *table, ald_usec silence)
{
    const struct ald_fetch_spec spec = {
        .url = table->hub.url,
        .target = "/api/v1/events",
        .accept = "text/event-stream",
        .timeout = 10 * ALD_SEC,
        .bytes = table_bytes,
        .silence = silence,
    };

    ald_check_int(ald_fetch_new(table->net, &spec, table_end, table, NULL, &table->fetch), 0);
}

ALD_TEST(fetch, gives_a_stream_as_it_comes)
{
    struct table table;

    table_open(&table, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n");
    table_stream(&table, 10 * ALD_SEC);
    fake_hub_until(&table.hub, table.n_ends == 1);
    ald_check_int(table.status, 200);
    ald_check_int(table.body_size, 0);
    ald_check_str(ald_str(table.text), "");
    ald_check_str(ald_buf_str(&table.streamed), "abcd");
    check_asked(&table, "\r\nAccept: text/event-stream\r\n");
    table_close(&table);
}

ALD_TEST(fetch, says_why_a_stream_broke_off)
{
    struct table table;

    table_open(&table, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    table_stream(&table, 10 * ALD_SEC);
    fake_hub_until(&table.hub, table.n_ends == 1);
    ald_check_int(table.status, 200);
    ald_check(table.text[0] != '\0');
    ald_check_str(ald_buf_str(&table.streamed), "abc");
    table_close(&table);
}

ALD_TEST(fetch, gives_what_is_no_stream_whole)
{
    struct table table;

    table_open(&table, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nfull");
    table_stream(&table, 10 * ALD_SEC);
    fake_hub_until(&table.hub, table.n_ends == 1);
    ald_check_int(table.status, 503);
    ald_check_str(ald_str(table.body), "full");
    ald_check_int(ald_buf_size(&table.streamed), 0);
    table_close(&table);
}

ALD_TEST(fetch, ends_a_stream_that_is_not_wanted_any_more)
{
    struct table table;

    table_open(&table, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabcdef");
    table.enough = 3;
    table_stream(&table, 10 * ALD_SEC);
    fake_hub_until(&table.hub, ald_buf_size(&table.streamed) > 0);
    fake_hub_until(&table.hub, table.hub.conns[0].stream == NULL);
    ald_check_int(table.n_ends, 0);
    table_close(&table);
}

ALD_TEST_MAIN(fetch, ALD_CASE(fetch, gets_status_type_and_body), ALD_CASE(fetch, takes_every_framing_of_a_body),
              ALD_CASE(fetch, says_why_there_is_no_answer), ALD_CASE(fetch, says_that_nobody_is_there),
              ALD_CASE(fetch, does_not_wait_for_ever), ALD_CASE(fetch, may_be_freed_in_its_callback_and_before),
              ALD_CASE(fetch, names_the_url_that_is_wrong), ALD_CASE(fetch, sends_method_body_and_fields),
              ALD_CASE(fetch, sends_nothing_that_could_be_read_as_two_requests),
              ALD_CASE(fetch, gives_a_stream_as_it_comes), ALD_CASE(fetch, says_why_a_stream_broke_off),
              ALD_CASE(fetch, gives_what_is_no_stream_whole),
              ALD_CASE(fetch, ends_a_stream_that_is_not_wanted_any_more))
