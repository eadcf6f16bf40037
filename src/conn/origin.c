#include "conn/origin.h"

#include "wire/ws/ws_upgrade.h"

/* Schemes and the port that one leaves out; a WebSocket's origin is that of its page. */
static const struct {
    const char *scheme;
    const char *port;
} schemes[] = {
    {"http://", ":80"},
    {"https://", ":443"},
};

bool ald_origin_matters(const struct ald_http_request *request)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS"};

    if (ald_ws_upgrade_wanted(request)) {
        return true;
    }
    for (size_t i = 0; i < ALD_COUNT(safe); i++) {
        if (ald_str_equal(request->method, ald_str(safe[i]))) {
            return false;
        }
    }
    return true;
}

static struct ald_str port_strip(struct ald_str authority, const char *port)
{
    size_t size = strlen(port);

    if (authority.size > size && memcmp(authority.data + authority.size - size, port, size) == 0) {
        authority.size -= size;
    }
    return authority;
}

static bool origin_is(struct ald_str origin, struct ald_str host)
{
    for (size_t i = 0; i < ALD_COUNT(schemes); i++) {
        size_t size = strlen(schemes[i].scheme);
        struct ald_str start = {origin.data, ALD_MIN(size, origin.size)};

        /* Behind a proxy that ends TLS the scheme says more about the default port than our own listener does. */
        if (ald_str_equal_nocase(start, ald_str(schemes[i].scheme))) {
            return ald_str_equal_nocase(port_strip(ald_str_from(origin, size), schemes[i].port),
                                        port_strip(host, schemes[i].port));
        }
    }
    return false;
}

bool ald_origin_foreign(const struct ald_http_request *request)
{
    for (size_t i = 0; i < request->fields.n; i++) {
        const struct ald_http_field *field = &request->fields.items[i];

        if (ald_str_equal_nocase(field->name, ALD_STR("Origin")) &&
            (request->host.size == 0 || !origin_is(field->value, request->host))) {
            return true;
        }
    }
    return false;
}

bool ald_origin_cross_site(const struct ald_http_request *request)
{
    struct ald_str site = ald_http_fields_find(request->fields, ALD_STR("Sec-Fetch-Site"));
    struct ald_str mode = ald_http_fields_find(request->fields, ALD_STR("Sec-Fetch-Mode"));

    return ald_str_equal(site, ALD_STR("cross-site")) &&
           (ald_origin_matters(request) || !ald_str_equal(mode, ALD_STR("navigate")));
}
