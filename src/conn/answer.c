#include "conn/answer.h"

#include "base/error.h"
#include "loop/wall.h"
#include "msg/json_write.h"

bool ald_answer_has_body(uint16_t status)
{
    return status >= 200 && status != 204 && status != 304;
}

int ald_answer_write_head(struct ald_buf *out, const struct ald_page *page, enum ald_http_framing framing, bool close,
                          ald_wall wall)
{
    char date[ALD_WALL_TEXT];
    struct ald_http_response_out response = {
        .status = page->status,
        /* The length of a 304 would be taken for that of what was not sent (RFC 9110 section 8.6). */
        .framing = ald_answer_has_body(page->status) ? framing : ALD_HTTP_FRAMING_NONE,
        .length = ald_buf_size(&page->body),
        .close = close,
        .type = ald_str(page->type),
        .fields = {page->fields, page->n_fields},
    };
    int r;

    ald_wall_http(wall, date);
    response.date = ald_str(date);
    r = ald_http_response_write(out, &response);
    return r < 0 ? ald_trace(r) : r;
}

int ald_answer_problem(struct ald_page *page, uint16_t status, struct ald_str detail)
{
    struct ald_json_writer json;
    int r;

    page->status = status;
    page->type = "application/problem+json";
    ald_buf_reset(&page->body);

    ald_json_write_init(&json, &page->body, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_json_write_member_str(&json, "type", ALD_STR("about:blank"));
    ald_json_write_member_str(&json, "title", ald_str(ald_http_reason(status)));
    ald_json_write_member_u64(&json, "status", status);
    ald_json_write_member_some(&json, "detail", detail);
    ald_json_write_end(&json);
    r = ald_json_write_done(&json);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_answer_unauthorized(struct ald_page *page, bool shown)
{
    struct ald_str challenge = shown ? ALD_STR("Bearer error=\"invalid_token\"") : ALD_STR("Bearer");
    int r;

    ald_assert(page->n_fields < ALD_PAGE_FIELDS);
    page->fields[page->n_fields++] = (struct ald_http_field){ALD_STR("WWW-Authenticate"), challenge};
    r = ald_answer_problem(page, 401, shown ? ALD_STR("Nobody here has this credential") : ALD_STR("Say who you are"));
    return r < 0 ? ald_trace(r) : 0;
}
