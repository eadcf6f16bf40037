/*
 * Everything a program hands in is looked at here, once, before anything is done with it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/api.h"
#include "base/error.h"
#include "msg/json_scan.h"

/* A year. Longer than any deadline that a hub takes, and far from where sums of microseconds would overflow. */
#define SPAN_MAX ((ald_usec)365 * 24 * 3600 * ALD_SEC)
/* As <aldis/client.h> promises. */
enum { OPTIONS_URLS_MAX = ALD_COUNT(((struct ald_api_urls *)NULL)->list) - 1 };

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

/* What would be cut or fail at each attempt to dial is said now. That it is a URL at all is seen by whoever takes it
 * apart. */
static int options_check_urls(const char *const *urls, struct ald_why *why)
{
    struct sockaddr_un unix_address;
    size_t n = 0;

    for (; urls[n] != NULL; n++) {
        if (n == OPTIONS_URLS_MAX) {
            return options_fault(why, "there are more than 64 URLs");
        }
        if (!ald_api_text_fits(urls[n])) {
            return options_fault(why, "a URL is not UTF-8");
        }
        bool is_path = ald_str_starts(ald_str(urls[n]), ALD_STR("unix:")) ||
                       ald_str_starts(ald_str(urls[n]), ALD_STR("cd:///")); /* both begin with five bytes */

        if (is_path && strlen(urls[n]) - strlen("unix:") >= sizeof(unix_address.sun_path)) {
            snprintf(why->text, sizeof(why->text), "a path of a Unix socket has more than %zu bytes",
                     sizeof(unix_address.sun_path) - 1);
            return ald_trace(ALDIS_E_INVALID);
        }
    }
    return 0;
}

static int options_check_files(const struct aldis_client_options *from, struct ald_why *why)
{
    if (!ald_api_text_fits(from->ca_file) || !ald_api_text_fits(from->cert_file) ||
        !ald_api_text_fits(from->key_file)) {
        return options_fault(why, "the path of a file is not UTF-8");
    }
    if (from->key_file != NULL && from->cert_file == NULL) {
        return options_fault(why, "key_file says nothing without cert_file");
    }
    return 0;
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
        if (n == OPTIONS_URLS_MAX) {
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

/* Where only one is given, the default of the other gives way. */
static void options_retries(const struct aldis_client_options *from, struct ald_client_options *to)
{
    if (from->retry_max_ms != 0) {
        to->backoff_max = ald_api_span(from->retry_max_ms);
        to->backoff_first = ALD_MIN(to->backoff_first, to->backoff_max);
    }
    if (from->retry_min_ms != 0) {
        to->backoff_first = ald_api_span(from->retry_min_ms);
        to->backoff_max = ALD_MAX(to->backoff_max, to->backoff_first);
    }
}

int ald_api_options(const struct aldis_client_options *from, struct ald_client_options *to, struct ald_api_urls *urls,
                    struct ald_why *why)
{
    static const struct aldis_client_options defaults = {ALDIS_CLIENT_OPTIONS};
    int r;

    from = from != NULL ? from : &defaults;
    if (from->size != sizeof(*from)) {
        return options_fault(why, "the options were not begun with ALDIS_CLIENT_OPTIONS");
    }
    if (from->target != NULL && !ald_api_name_fits(from->target)) {
        return options_fault(why, "the target is empty, longer than 255 bytes, or not UTF-8");
    }
    if (from->retry_min_ms != 0 && from->retry_max_ms != 0 && from->retry_min_ms > from->retry_max_ms) {
        return options_fault(why, "retry_min_ms is more than retry_max_ms");
    }
    r = options_check_files(from, why);
    if (r < 0) {
        return r;
    }
    if (!ald_api_text_fits(from->secret)) {
        return options_fault(why, "the secret is not UTF-8");
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
    options_retries(from, to);
    to->jobs_max = from->jobs_max != 0 ? from->jobs_max : to->jobs_max;
    to->events_kept = from->events_kept;
    to->secret = from->secret;
    if (from->urls == NULL) {
        to->urls = urls->list;
        r = options_default(urls, why);
    }
    return r == 0 ? options_check_urls(to->urls, why) : r;
}
