#include "mgmt/mgmt.h"

#include "lib/alloc_fail.h"
#include "lib/door_rig.h"
#include "msg/json_scan.h"

/* A hub with an agent at the target `t`, and its pages. */
struct site {
    struct rig rig;
    struct ald_mgmt *mgmt;
    struct ald_page page;
};

static void site_open(struct site *site)
{
    struct ald_mgmt_spec spec = {.id = ALD_STR("north"), .identifier = ALD_STR("exchange")};

    rig_init(&site->rig);
    ald_check_int(rig_start(&site->rig), 0);
    rig_hello(rig_dial(&site->rig, 0, true), "t");
    spec.edge = site->rig.edge;
    ald_check_int(ald_mgmt_new(&spec, &site->mgmt), 0);
    ald_buf_init(&site->page.body, 1024 * 1024);
}

static void site_close(struct site *site)
{
    ald_buf_fini(&site->page.body);
    site->mgmt = ald_mgmt_free(site->mgmt);
    rig_fini(&site->rig);
}

static int site_ask(struct site *site, const char *method, const char *path, const char *query)
{
    struct ald_http_request head = {.method = ald_str(method), .path = ald_str(path), .query = ald_str(query)};
    struct ald_page_request request = {.head = &head};
    struct ald_pages pages = ald_mgmt_pages(site->mgmt);

    ald_buf_reset(&site->page.body);
    site->page = (struct ald_page){.status = 200, .type = "text/plain", .body = site->page.body};
    return pages.answer(pages.owner, &request, &site->page);
}

/* The answer has this status, and its body is JSON where it says so. */
static void answers(struct site *site, const char *method, const char *path, const char *query, int status)
{
    struct ald_json_scan scan;

    ald_check_int(site_ask(site, method, path, query), 0);
    ald_check_int(site->page.status, status);
    if (strstr(site->page.type, "json") != NULL) {
        ald_check_int(ald_json_check(ald_buf_str(&site->page.body), ALD_JSON_STRICT, &scan), 0);
    }
}

static bool says(struct site *site, const char *part)
{
    struct ald_str body = ald_buf_str(&site->page.body);

    return ald_str_find(body, ald_str(part)) < body.size;
}

ALD_TEST(mgmt, shows_the_hub_and_who_is_there)
{
    struct site site = {0};

    site_open(&site);
    answers(&site, "GET", "/api/v1/hub", NULL, 200);
    ald_check(says(&site, "\"id\":\"north\""));
    ald_check(says(&site, "\"name\":\"test\",\"address\":\""));
    ald_check(says(&site, "\"exchange_frames_in\":1"));
    answers(&site, "GET", "/api/v1/targets", NULL, 200);
    ald_check(says(&site, "{\"targets\":[{\"name\":\"t\",\"channels\":1,"));
    answers(&site, "GET", "/api/v1/targets/%74", NULL, 200);
    answers(&site, "GET", "/api/v1/channels", "target=%74&limit=1", 200);
    ald_check(says(&site, "\"dialect\":\"exchange\""));
    ald_check(!says(&site, "\"next\""));
    answers(&site, "GET", "/api/v1/commands", NULL, 200);
    ald_check_str(ald_buf_str(&site.page.body), "{\"commands\":[]}");
    site_close(&site);
}

ALD_TEST(mgmt, refuses_with_problems)
{
    struct site site = {0};

    site_open(&site);
    answers(&site, "GET", "/api/v1/targets/nobody", NULL, 404);
    ald_check_str(ald_str(site.page.type), "application/problem+json");
    answers(&site, "GET", "/api/v1/targets/%", NULL, 400);
    answers(&site, "GET", "*", NULL, 404);
    answers(&site, "GET", "/api/v1/channels", "limit=1001", 400);
    answers(&site, "GET", "/api/v1/channels", "after=next", 400);
    answers(&site, "GET", "/api/v1/commands/x/members", NULL, 404);
    answers(&site, "DELETE", "/api/v1/targets/t", NULL, 405);
    ald_check_int(site.page.n_fields, 1);
    ald_check_str(site.page.fields[0].value, "GET, HEAD");
    answers(&site, "DELETE", "/api/v1/nothing", NULL, 404);
    site_close(&site);
}

ALD_TEST(mgmt, is_ready_until_the_hub_drains)
{
    struct site site = {0};

    site_open(&site);
    answers(&site, "GET", "/readyz", NULL, 200);
    answers(&site, "HEAD", "/livez", NULL, 200);
    ald_edge_drain(site.rig.edge, ALD_NEVER);
    answers(&site, "GET", "/readyz", NULL, 503);
    answers(&site, "GET", "/livez", NULL, 200);
    site_close(&site);
}

ALD_TEST(mgmt, says_so_when_memory_is_short)
{
    static const char *const paths[] = {"/", "/api/v1/hub", "/api/v1/targets/t", "/api/v1/channels", "/nothing"};
    struct site site = {0};

    site_open(&site);
    for (size_t i = 0; i < ALD_COUNT(paths); i++) {
        uint64_t n = 0;
        int r;

        do {
            ald_alloc_fail_at(++n);
            r = site_ask(&site, "GET", paths[i], NULL);
            ald_check(r == 0 || r == ALDIS_E_NOMEM);
        } while (ald_alloc_fail_off());
        ald_check_int(r, 0);
        ald_check(n > 1);
    }
    site_close(&site);
}

ALD_TEST_MAIN(mgmt, ALD_CASE(mgmt, shows_the_hub_and_who_is_there), ALD_CASE(mgmt, refuses_with_problems),
              ALD_CASE(mgmt, is_ready_until_the_hub_drains), ALD_CASE(mgmt, says_so_when_memory_is_short))
