#include "mgmt/dashboard.h"

#include <stdio.h>

#include "lib/test.h"
#include "mgmt/mgmt_impl.h"

/* Ask for /assets/NAME, with an If-None-Match unless it is NULL. Gives the status. */
static int asset_ask(const char *name, const char *known, struct ald_page *page)
{
    struct ald_http_field field = {ALD_STR("if-none-match"), ald_str(known)};
    struct ald_http_request head = {.method = ALD_STR("GET"), .fields = {&field, known != NULL ? 1 : 0}};
    struct ald_mgmt_call call = {.head = &head, .page = page, .n_segments = 2};

    call.segments[0] = ALD_STR("assets");
    call.segments[1] = ald_str(name);
    *page = (struct ald_page){.status = 200};
    ald_buf_init(&page->body, 1024 * 1024);
    ald_check_int(ald_mgmt_asset(&call), 0);
    return page->status;
}

static bool file_is(const char *name, const char *type)
{
    for (size_t i = 0; i < ald_dashboard_n_files; i++) {
        if (strcmp(ald_dashboard_files[i].name, name) == 0) {
            return strcmp(ald_dashboard_files[i].type, type) == 0;
        }
    }
    return false;
}

ALD_TEST(dashboard, is_a_table_of_files_by_name)
{
    for (size_t i = 0; i < ald_dashboard_n_files; i++) {
        const struct ald_dashboard_file *file = &ald_dashboard_files[i];

        ald_check(i == 0 || strcmp(ald_dashboard_files[i - 1].name, file->name) < 0);
        ald_check(strchr(file->name, '/') == NULL);
        ald_check(file->bytes.size > 0);
        ald_check_int(file->bytes.data[file->bytes.size], 0);
        ald_check(ald_utf8_valid(file->bytes));
        ald_check_int(strlen(file->etag), 34);
        ald_check(file->etag[0] == '"' && file->etag[33] == '"');
        for (size_t j = 0; j < i; j++) {
            ald_check(strcmp(ald_dashboard_files[j].etag, file->etag) != 0);
        }
    }
    ald_check(file_is("index.html", "text/html; charset=utf-8"));
    ald_check(file_is("app.js", "text/javascript; charset=utf-8"));
    ald_check(file_is("style.css", "text/css; charset=utf-8"));
    ald_check(file_is("icon.svg", "image/svg+xml"));
}

ALD_TEST(dashboard, gives_each_file_whole)
{
    struct ald_page page;

    for (size_t i = 0; i < ald_dashboard_n_files; i++) {
        ald_check_int(asset_ask(ald_dashboard_files[i].name, NULL, &page), 200);
        ald_check(ald_str_equal(ald_buf_str(&page.body), ald_dashboard_files[i].bytes));
        ald_check_str(ald_str(page.type), ald_dashboard_files[i].type);
        ald_buf_fini(&page.body);
    }
}

static void is_known(const struct ald_dashboard_file *file, const char *known)
{
    struct ald_page page;

    ald_check_int(asset_ask(file->name, known, &page), 304);
    ald_check_int(ald_buf_size(&page.body), 0);
    ald_check(page.type == NULL);
    ald_buf_fini(&page.body);
}

ALD_TEST(dashboard, gives_nothing_that_is_known_already)
{
    static const char *const before[] = {"", "W/", "\"x\", ", "\"x\" ,, W/"};
    const struct ald_dashboard_file *file = &ald_dashboard_files[0];
    struct ald_page page;
    char known[128];

    for (size_t i = 0; i < ALD_COUNT(before); i++) {
        (void)snprintf(known, sizeof(known), "%s%s", before[i], file->etag);
        is_known(file, known);
    }
    is_known(file, "*");
    ald_check_int(asset_ask(file->name, "\"x\", W/, W", &page), 200);
    ald_buf_fini(&page.body);
}

ALD_TEST(dashboard, knows_no_other_names)
{
    static const char *const names[] = {"", "app", "app.js ", "APP.JS", "../app.js", "table.cmake", "/etc/passwd"};
    struct ald_page page;

    for (size_t i = 0; i < ALD_COUNT(names); i++) {
        ald_check_int(asset_ask(names[i], NULL, &page), 404);
        ald_buf_fini(&page.body);
    }
}

ALD_TEST_MAIN(dashboard, ALD_CASE(dashboard, is_a_table_of_files_by_name), ALD_CASE(dashboard, gives_each_file_whole),
              ALD_CASE(dashboard, gives_nothing_that_is_known_already), ALD_CASE(dashboard, knows_no_other_names))
