#include "mgmt/exchange.h"

#include "base/error.h"
#include "lib/alloc_fail.h"
#include "lib/door_rig.h"

/* A hub with an agent at the target `t`, and its pages. */
struct site {
    struct rig rig;
    struct ald_mgmt *mgmt;
    struct ald_page page;
};

static void site_open(struct site *site, size_t body_max)
{
    struct ald_mgmt_spec spec = {.id = ALD_STR("north"), .identifier = ALD_STR("exchange"), .exchange_pages = true};

    rig_init(&site->rig);
    ald_check_int(rig_start(&site->rig), 0);
    rig_hello(rig_dial(&site->rig, 0, true), "t");
    spec.edge = site->rig.edge;
    ald_check_int(ald_mgmt_new(&spec, &site->mgmt), 0);
    ald_buf_init(&site->page.body, body_max);
}

static void site_close(struct site *site)
{
    ald_buf_fini(&site->page.body);
    site->mgmt = ald_mgmt_free(site->mgmt);
    rig_fini(&site->rig);
}

static int ask(struct site *site, const char *path)
{
    struct ald_http_request head = {.method = ALD_STR("GET"), .path = ald_str(path)};
    struct ald_page_request request = {.head = &head};
    struct ald_pages pages = ald_mgmt_pages(site->mgmt);

    ald_buf_reset(&site->page.body);
    site->page = (struct ald_page){.status = 200, .type = "text/plain", .body = site->page.body};
    return pages.answer(pages.owner, &request, &site->page);
}

static void fails(struct site *site, const char *path, const char *message)
{
    ald_check_int(ask(site, path), 0);
    ald_check_int(site->page.status, 500);
    ald_check_str(ald_str(site->page.type), "application/json");
    ald_check_str(ald_buf_str(&site->page.body), message);
}

#define FAILED(text) "{\n  \"code\" : 500,\n  \"message\" : \"" text "\"\n}"

ALD_TEST(exchange, says_in_its_own_words_that_it_cannot)
{
    struct site site = {0};

    /* Room for the words, and not for a channel. */
    site_open(&site, 100);
    fails(&site, "/exchange/targets", FAILED("Unable to retrieve targets metrics"));
    fails(&site, "/exchange/targets/t", FAILED("Unable to retrieve target metrics for the given target [t]"));
    fails(&site, "/_node/exchange/targets/t/channels",
          FAILED("Unable to retrieve channels metrics for the given target id [t]"));
    fails(&site, "/exchange/channels", FAILED("Unable to retrieve channels metrics"));
    site_close(&site);
}

ALD_TEST(exchange, says_so_too_when_memory_is_short)
{
    struct site site = {0};
    uint64_t n = 0;
    int r;

    site_open(&site, 1024 * 1024);
    do {
        ald_alloc_fail_at(++n);
        r = ask(&site, "/exchange/targets");
        ald_check(r == 0 || r == ALDIS_E_NOMEM);
        ald_check(r != 0 || site.page.status == 500 || site.page.status == 200);
    } while (ald_alloc_fail_off());
    ald_check(r == 0 && site.page.status == 200);
    ald_check(n > 1);
    site_close(&site);
}

ALD_TEST(exchange, has_the_eight_endpoints_of_the_original)
{
    for (size_t i = 0; i < ALD_MGMT_EXCHANGE_ENDPOINTS; i++) {
        ald_check(ald_mgmt_exchange_path(i) != NULL);
    }
    ald_check(ald_mgmt_exchange_path(ALD_MGMT_EXCHANGE_ENDPOINTS) == NULL);
}

ALD_TEST_MAIN(exchange, ALD_CASE(exchange, says_in_its_own_words_that_it_cannot),
              ALD_CASE(exchange, says_so_too_when_memory_is_short),
              ALD_CASE(exchange, has_the_eight_endpoints_of_the_original))
