#include "conn/origin.h"
#include "lib/test.h"

static bool foreign(const char *host, const char *origin)
{
    struct ald_http_field field = {ALD_STR("origin"), ald_str(origin)};
    struct ald_http_request request = {
        .method = ALD_STR("GET"),
        .host = ald_str(host),
        .fields = {&field, 1},
    };

    return ald_origin_foreign(&request);
}

ALD_TEST(origin, is_ours_when_it_names_the_host)
{
    ald_check(!foreign("hub.example:8062", "http://hub.example:8062"));
    ald_check(!foreign("hub.example", "http://hub.example"));
    ald_check(!foreign("HUB.example", "HTTP://hub.EXAMPLE"));
    ald_check(!foreign("hub.example", "https://hub.example:443"));
    ald_check(!foreign("hub.example:80", "http://hub.example"));
    ald_check(!foreign("[::1]:8062", "http://[::1]:8062"));
}

ALD_TEST(origin, is_foreign_when_it_names_another_host_or_port_or_nobody)
{
    ald_check(foreign("hub.example:8062", "http://evil.example:8062"));
    ald_check(foreign("hub.example:8062", "http://hub.example:8063"));
    ald_check(foreign("hub.example:8062", "http://hub.example"));
    ald_check(foreign("hub.example", "http://hub.example.evil"));
    ald_check(foreign("hub.example", "http://hub.example:443"));
    ald_check(foreign("hub.example", "null"));
    ald_check(foreign("hub.example", ""));
    ald_check(foreign("hub.example", "http://"));
    ald_check(foreign("hub.example", "file://hub.example"));
    ald_check(foreign("hub.example", "http://evil/hub.example"));
    ald_check(foreign("", "http://"));
}

ALD_TEST(origin, is_foreign_when_one_of_several_is)
{
    struct ald_http_field fields[] = {
        {ALD_STR("Origin"), ALD_STR("http://hub.example")},
        {ALD_STR("Origin"), ALD_STR("http://evil.example")},
    };
    struct ald_http_request request = {.host = ALD_STR("hub.example"), .fields = {fields, 2}};

    ald_check(ald_origin_foreign(&request));
    request.fields.n = 1;
    ald_check(!ald_origin_foreign(&request));
    request.fields.n = 0;
    ald_check(!ald_origin_foreign(&request));
}

ALD_TEST(origin, matters_for_upgrades_and_writes_only)
{
    struct ald_http_field upgrade = {ALD_STR("Upgrade"), ALD_STR("websocket")};
    struct ald_http_request request = {.method = ALD_STR("GET")};

    ald_check(!ald_origin_matters(&request));
    request.method = ALD_STR("HEAD");
    ald_check(!ald_origin_matters(&request));
    request.method = ALD_STR("POST");
    ald_check(ald_origin_matters(&request));
    request.method = ALD_STR("BREW");
    ald_check(ald_origin_matters(&request));
    request.method = ALD_STR("GET");
    request.fields = (struct ald_http_fields){&upgrade, 1};
    ald_check(ald_origin_matters(&request));
}

static bool cross_site(const char *method, const char *site, const char *mode)
{
    struct ald_http_field fields[] = {{ALD_STR("sec-fetch-site"), ald_str(site)},
                                      {ALD_STR("Sec-Fetch-Mode"), ald_str(mode)}};
    struct ald_http_request request = {.method = ald_str(method), .fields = {fields, 2}};

    return ald_origin_cross_site(&request);
}

ALD_TEST(origin, of_another_site_may_only_be_left_by_a_link)
{
    ald_check(cross_site("GET", "cross-site", "no-cors"));
    ald_check(cross_site("GET", "cross-site", "cors"));
    ald_check(cross_site("GET", "cross-site", "websocket"));
    ald_check(cross_site("GET", "cross-site", ""));
    ald_check(cross_site("POST", "cross-site", "navigate")); /* a form */
    ald_check(!cross_site("GET", "cross-site", "navigate"));
    ald_check(!cross_site("POST", "same-origin", "cors"));
    ald_check(!cross_site("GET", "none", "navigate"));
    ald_check(!cross_site("GET", "", ""));
}

ALD_TEST_MAIN(origin, ALD_CASE(origin, is_ours_when_it_names_the_host),
              ALD_CASE(origin, is_foreign_when_it_names_another_host_or_port_or_nobody),
              ALD_CASE(origin, is_foreign_when_one_of_several_is),
              ALD_CASE(origin, matters_for_upgrades_and_writes_only),
              ALD_CASE(origin, of_another_site_may_only_be_left_by_a_link))
