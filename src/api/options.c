/*
 * Everything a program hands in is looked at here, once, before anything is done with it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api.h"
#include "base/error.h"
#include "msg/json_scan.h"

/* A year. Longer than any deadline that a hub takes, and far from where sums of microseconds would overflow. */
#define SPAN_MAX ((ald_usec)365 * 24 * 3600 * ALD_SEC)

ald_usec ald_api_span(uint64_t msec)
{
    return msec >= SPAN_MAX / ALD_MSEC ? SPAN_MAX : (ald_usec)msec * ALD_MSEC;
}

bool ald_api_text_fits(const char *text)
{
    return text == NULL || ald_utf8_valid(ald_str(text));
}

bool ald_api_name_fits(const char *text)
{
    return text != NULL && text[0] != '\0' && strlen(text) <= ALD_NAME_MAX && ald_api_text_fits(text);
}

int ald_api_json(const char *json, size_t size, struct ald_slice *ret_slice)
{
    struct ald_str text = ald_str_of(json, json != NULL && size == 0 ? strlen(json) : size);
    struct ald_json_scan scan;

    if (json == NULL) {
        *ret_slice = ALD_SLICE_NONE;
        return size == 0 ? 0 : ald_trace(ALDIS_E_INVALID);
    }
    if (ald_json_check(text, ALD_JSON_STRICT, &scan) != 0) {
        return ald_trace(ALDIS_E_INVALID);
    }
    return ald_slice_copy(text, ret_slice);
}

static int options_fault(struct ald_why *why, const char *text)
{
    snprintf(why->text, sizeof(why->text), "%s", text);
    return ald_trace(ALDIS_E_INVALID);
}

/* A list of ALDIS_URL, cut apart. It is the administrator's, or the user's, and says nothing to a program with more
 * rights. */
static int options_listed(const char *listed, struct ald_api_urls *urls, struct ald_why *why)
{
    size_t n = 0;
    char *rest = urls->room;
    char *url;

    if (strlen(listed) >= sizeof(urls->room)) {
        return options_fault(why, "ALDIS_URL is too long");
    }
    memcpy(urls->room, listed, strlen(listed) + 1);
    while ((url = strsep(&rest, ",")) != NULL) {
        if (n + 1 == ALD_COUNT(urls->list)) {
            return options_fault(why, "ALDIS_URL has more than 64 hubs");
        }
        urls->list[n++] = url;
    }
    urls->list[n] = NULL;
    return 0;
}

/* Where the command line looks too: ALDIS_URL, else where aldisd puts its socket when it is told nothing (DESIGN
 * section 4). */
static int options_default(struct ald_api_urls *urls, struct ald_why *why)
{
    const char *listed = secure_getenv("ALDIS_URL");
    const char *folder = geteuid() == 0 ? "/run" : secure_getenv("XDG_RUNTIME_DIR");

    if (listed != NULL && listed[0] != '\0') {
        return options_listed(listed, urls, why);
    }
    if (folder == NULL || folder[0] != '/') {
        return options_fault(why, "no URL was given, and without XDG_RUNTIME_DIR there is no default");
    }
    snprintf(urls->room, sizeof(urls->room), "unix:%s/aldis/aldis.sock", folder);
    urls->list[0] = urls->room;
    urls->list[1] = NULL;
    return 0;
}

int ald_api_options(const struct aldis_client_options *from, struct ald_client_options *to, struct ald_api_urls *urls,
                    struct ald_why *why)
{
    static const struct aldis_client_options defaults = {ALDIS_CLIENT_OPTIONS};

    from = from != NULL ? from : &defaults;
    if (from->size != sizeof(*from)) {
        return options_fault(why, "the options were not begun with ALDIS_CLIENT_OPTIONS");
    }
    if (from->target != NULL && !ald_api_name_fits(from->target)) {
        return options_fault(why, "the target is empty, longer than 255 bytes, or not UTF-8");
    }
    ald_client_options_init(to);
    to->urls = from->urls;
    to->target = from->target;
    to->token = from->token;
    to->ca_file = from->ca_file;
    to->cert_file = from->cert_file;
    to->key_file = from->key_file;
    to->insecure = from->insecure;
    to->reconnect = !from->once;
    to->backoff_first = from->retry_min_ms != 0 ? ald_api_span(from->retry_min_ms) : to->backoff_first;
    to->backoff_max = from->retry_max_ms != 0 ? ald_api_span(from->retry_max_ms) : to->backoff_max;
    to->backoff_max = ALD_MAX(to->backoff_max, to->backoff_first);
    to->jobs_max = from->jobs_max != 0 ? from->jobs_max : to->jobs_max;
    if (from->urls != NULL) {
        return 0;
    }
    to->urls = urls->list;
    return options_default(urls, why);
}
