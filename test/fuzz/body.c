/*
 * The body of a request of the API, against the scanner that it is built on.
 *
 * - What is taken is a JSON object with no member but those asked for, each of a type that was asked for or absent, and
 *   each value lies in the body.
 * - What is refused is refused with a 400 that names a byte of the body or none.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "mgmt/body.h"
#include "msg/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAGE_MAX = 64 * 1024, NODES_MAX = 64 * 1024 };

#define must(fact)                                                                                                     \
    do {                                                                                                               \
        if (!(fact)) {                                                                                                 \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #fact);                                   \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static const struct ald_mgmt_member members[] = {
    {ALD_STR("name"), MGMT_TYPE(ALD_JSON_STRING), "a string"},
    {ALD_STR("payload"), MGMT_TYPE_ANY, ""},
    {ALD_STR("deadline_ms"), MGMT_TYPE(ALD_JSON_NUMBER), "a number"},
    {ALD_STR("idempotent"), MGMT_TYPE_BOOL, "true or false"},
};

static bool member_known(const struct ald_json_node *name)
{
    for (size_t i = 0; i < ALD_COUNT(members); i++) {
        if (ald_json_string_is(ald_json_value(name), members[i].name)) {
            return true;
        }
    }
    return false;
}

static void taken_check(struct ald_str body, const struct ald_json_value *values)
{
    struct ald_json json;

    ald_json_init(&json, NODES_MAX);
    if (ald_json_parse(&json, body, ALD_JSON_STRICT, NULL) == 0) { /* else it has more values than this test wants */
        const struct ald_json_node *root = ald_json_root(&json);

        must(ald_json_type(root) == ALD_JSON_OBJECT);
        ald_json_each_member(name, root)
        {
            must(member_known(name));
        }
        for (size_t i = 0; i < ALD_COUNT(members); i++) {
            const struct ald_json_node *node = ald_json_find(root, members[i].name);
            bool null = ald_json_type(node) == ALD_JSON_NULL && members[i].types != MGMT_TYPE_ANY;

            must(values[i].type == (null ? ALD_JSON_NONE : ald_json_type(node)));
            must(values[i].type == ALD_JSON_NONE || values[i].raw.data == node->data);
            must(values[i].type == ALD_JSON_NONE || (members[i].types & MGMT_TYPE(values[i].type)) != 0);
        }
    }
    ald_json_fini(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ald_http_field type = {ALD_STR("Content-Type"), ALD_STR("Application/JSON; charset=utf-8")};
    struct ald_http_request head = {.fields = {&type, 1}};
    struct ald_page_request request = {.head = &head, .body = ald_str_of(data, size)};
    struct ald_json_value values[ALD_COUNT(members)];
    struct ald_page page = {.status = 200};
    struct ald_mgmt_call call = {.request = &request, .head = &head, .page = &page};
    int r;

    ald_buf_init(&page.body, PAGE_MAX);
    r = ald_mgmt_body_read(&call, members, ALD_COUNT(members), values);
    if (r == 0) {
        must(page.status == 200);
        taken_check(request.body, values);
    } else {
        must(r == ALD_MGMT_ANSWERED || r == ALDIS_E_NOMEM);
        must(r != ALD_MGMT_ANSWERED || page.status == 400);
    }
    ald_buf_fini(&page.body);
    return 0;
}
