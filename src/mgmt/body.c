#include "mgmt/body.h"

#include <stdio.h>

#include "base/error.h"

enum { DETAIL_MAX = 256, NAME_SHOWN_MAX = 64 };

/* RFC 9110 section 8.3.1: types compare without case, and may have parameters. */
bool ald_mgmt_body_is_json(const struct ald_http_request *head)
{
    struct ald_str type = ald_http_fields_find(head->fields, ALD_STR("Content-Type"));

    return ald_str_equal_nocase(ald_http_item_name(type), ALD_STR("application/json"));
}

static size_t offset_of(const struct ald_mgmt_call *call, const char *at)
{
    return (size_t)(at - call->request->body.data);
}

int ald_mgmt_body_problem(struct ald_mgmt_call *call, struct ald_str name, struct ald_json_value value,
                          const char *expected)
{
    char detail[DETAIL_MAX];
    int r;

    (void)snprintf(detail, sizeof(detail), "%.*s, at byte %zu, must be %s", ALD_STR_ARG(name),
                   offset_of(call, value.raw.data), expected);
    r = ald_mgmt_problem(call, 400, detail);
    return r < 0 ? ald_trace(r) : 0;
}

static int malformed(struct ald_mgmt_call *call, const struct ald_json_end *end)
{
    char detail[DETAIL_MAX];
    int r;

    (void)snprintf(detail, sizeof(detail), "The body is not JSON: at byte %zu, %s", end->offset,
                   ald_json_reason_text(end->reason));
    r = ald_mgmt_problem(call, 400, detail);
    return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
}

static int unknown(struct ald_mgmt_call *call, struct ald_json_value name)
{
    struct ald_str shown = ald_json_inner(name);
    char detail[DETAIL_MAX];
    int r;

    shown.size = ALD_MIN(shown.size, NAME_SHOWN_MAX);
    (void)snprintf(detail, sizeof(detail), "There is no member \"%.*s\", at byte %zu", ALD_STR_ARG(shown),
                   offset_of(call, name.raw.data));
    r = ald_mgmt_problem(call, 400, detail);
    return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static struct ald_str blanks_skip(struct ald_str text)
{
    while (text.size > 0 && is_blank(text.data[0])) {
        text = ald_str_from(text, 1);
    }
    return text;
}

/* Take one value off `*text`, which is sound. */
static struct ald_json_value value_take(struct ald_str *text)
{
    struct ald_json_scan scan;
    struct ald_str from = blanks_skip(*text);
    int r = ald_json_check(from, ALD_JSON_TAIL_OK, &scan);

    ald_assert(r == 0);
    *text = blanks_skip(ald_str_from(from, scan.value.raw.size));
    return scan.value;
}

/* The value of a member that was asked for is known, and need not be read a second time. */
static void value_skip(struct ald_str *text, const struct ald_json_field *field)
{
    struct ald_str from = blanks_skip(*text);

    if (field->value.raw.data == from.data) {
        *text = blanks_skip(ald_str_from(from, field->value.raw.size));
    } else { /* given twice, and this is not the one that counts */
        (void)value_take(text);
    }
}

/* Look for a member of the object, known to be sound, that is none of `fields`. False: there is none. */
static bool unknown_find(struct ald_str object, const struct ald_json_field *fields, size_t n,
                         struct ald_json_value *ret_name)
{
    struct ald_str text = blanks_skip(ald_str_from(object, 1));

    while (text.data[0] != '}') {
        struct ald_json_value name = value_take(&text);
        size_t i = 0;

        while (i < n && !ald_json_string_is(name, fields[i].name)) {
            i++;
        }
        if (i == n) {
            *ret_name = name;
            return true;
        }
        text = ald_str_from(text, 1); /* the colon */
        value_skip(&text, &fields[i]);
        if (text.data[0] == ',') {
            text = blanks_skip(ald_str_from(text, 1));
        }
    }
    return false;
}

static int types_check(struct ald_mgmt_call *call, const struct ald_mgmt_member *members, size_t n,
                       struct ald_json_value *values)
{
    for (size_t i = 0; i < n; i++) {
        if ((members[i].types & MGMT_TYPE(values[i].type)) != 0 || values[i].type == ALD_JSON_NONE) {
            continue;
        }
        if (values[i].type != ALD_JSON_NULL) {
            int r = ald_mgmt_body_problem(call, members[i].name, values[i], members[i].expected);

            return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
        }
        values[i] = (struct ald_json_value){.type = ALD_JSON_NONE};
    }
    return 0;
}

int ald_mgmt_body_read(struct ald_mgmt_call *call, const struct ald_mgmt_member *members, size_t n,
                       struct ald_json_value *values)
{
    struct ald_json_field fields[MGMT_MEMBERS_MAX];
    struct ald_json_value name;
    struct ald_json_scan scan;
    int r;

    ald_assert(n <= MGMT_MEMBERS_MAX);

    if (!ald_mgmt_body_is_json(call->head)) {
        r = ald_mgmt_problem(call, 415, "The body must be application/json");
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    }
    for (size_t i = 0; i < n; i++) {
        fields[i] = (struct ald_json_field){.name = members[i].name};
    }
    switch (ald_json_scan(call->request->body, ALD_JSON_STRICT, fields, n, &scan)) {
    case 0:
        break;
    case ALD_JSON_NOT_OBJECT:
        r = ald_mgmt_problem(call, 400, "The body must be a JSON object");
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    default:
        return malformed(call, &scan.end);
    }
    if (unknown_find(scan.value.raw, fields, n, &name)) {
        return unknown(call, name);
    }
    for (size_t i = 0; i < n; i++) {
        values[i] = fields[i].value;
    }
    r = types_check(call, members, n, values);
    return r < 0 ? ald_trace(r) : r;
}
