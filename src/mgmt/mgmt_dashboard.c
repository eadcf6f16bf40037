/*
 * GET / and /assets/NAME: the dashboard, plain files that the program carries in itself (dashboard.h).
 *
 * A file is found by comparing its decoded name with those of the table and by nothing else: there is no folder behind
 * it that a path could leave. The browser is told to trust nothing but these files: no script, style or image from
 * elsewhere or from inside a page, no frame around it, no form that goes anywhere, no text that becomes HTML.
 */

#include "base/error.h"
#include "mgmt/dashboard.h"
#include "mgmt/mgmt_impl.h"

#define CONTENT_SECURITY_POLICY                                                                                        \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "   \
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

static const struct ald_dashboard_file *file_find(struct ald_str name)
{
    for (size_t i = 0; i < ald_dashboard_n_files; i++) {
        if (ald_str_equal(name, ald_str(ald_dashboard_files[i].name))) {
            return &ald_dashboard_files[i];
        }
    }
    return NULL;
}

/* The browser has this very file: If-None-Match (RFC 9110 section 13.1.2, weak comparison) lists its tag, or `*`. */
static bool file_known(const struct ald_mgmt_call *call, const struct ald_dashboard_file *file)
{
    struct ald_str list = ald_http_fields_find(call->head->fields, ALD_STR("If-None-Match"));
    struct ald_str item;

    while (ald_http_list_next(&list, &item)) {
        if (ald_str_starts(item, ALD_STR("W/"))) {
            item = ald_str_from(item, 2);
        }
        if (ald_str_equal(item, ald_str(file->etag)) || ald_str_equal(item, ALD_STR("*"))) {
            return true;
        }
    }
    return false;
}

static int file_answer(struct ald_mgmt_call *call, const struct ald_dashboard_file *file)
{
    struct ald_page *page = call->page;
    int r;

    /* Kept by the browser, and asked about each time: a new hub is never seen through an old page. */
    page->n_fields = 0;
    ald_mgmt_field(call, ALD_STR("Cache-Control"), ALD_STR("no-cache"));
    ald_mgmt_field(call, ALD_STR("ETag"), ald_str(file->etag));
    ald_mgmt_field(call, ALD_STR("Content-Security-Policy"), ALD_STR(CONTENT_SECURITY_POLICY));
    ald_mgmt_field(call, ALD_STR("X-Content-Type-Options"), ALD_STR("nosniff"));
    ald_mgmt_field(call, ALD_STR("Referrer-Policy"), ALD_STR("no-referrer"));
    ald_mgmt_field(call, ALD_STR("Cross-Origin-Resource-Policy"), ALD_STR("same-origin"));

    if (file_known(call, file)) {
        page->status = 304;
        page->type = NULL;
        return 0;
    }
    page->type = file->type;
    r = ald_buf_push(&page->body, file->bytes);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_mgmt_root(struct ald_mgmt_call *call)
{
    const struct ald_dashboard_file *file = file_find(ALD_STR("index.html"));

    ald_assert(file != NULL);
    return file_answer(call, file);
}

int ald_mgmt_asset(struct ald_mgmt_call *call)
{
    const struct ald_dashboard_file *file = file_find(call->segments[1]);

    if (file == NULL) {
        return ald_mgmt_problem(call, 404, "There is no such file");
    }
    return file_answer(call, file);
}
