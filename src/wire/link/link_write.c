/*
 * Frames while they are written: `type` first, then the members in the original's order (link.md 2.2). What stands around a
 * payload goes into one buffer, the payload is passed on by reference.
 */

#include "base/digits.h"
#include "base/error.h"
#include "msg/json_write.h"
#include "wire/link/link_impl.h"

#include <stdio.h>

static void frame_push(struct ald_link *link, const struct ald_outbox_frame *frame)
{
    ald_outbox_push(&link->work->outbox, frame);
    link->dialect.dry = false;
}

void ald_link_push_parts(struct ald_link *link, const struct ald_outbox_frame *frame)
{
    ald_link_count(link, ALD_LINK_N_FRAMES_OUT);
    frame_push(link, frame);
}

void ald_link_push_text(struct ald_link *link, size_t at, uint64_t ordinal)
{
    const struct ald_outbox_frame frame = {
        .kind = ALD_FRAME_TEXT, .ordinal = ordinal, .head_at = at, .head_size = ald_buf_size(&link->work->out) - at};

    ald_link_push_parts(link, &frame);
}

void ald_link_push_ping(struct ald_link *link, size_t at)
{
    const struct ald_outbox_frame frame = {
        .kind = ALD_FRAME_PING, .head_at = at, .head_size = ald_buf_size(&link->work->out) - at};

    ald_link_count(link, ALD_LINK_N_PINGS_OUT);
    frame_push(link, &frame);
}

/* --- routable frames --------------------------------------------------------------------------------------------- */

/* Everything before `data`, but for the name: the words, a number of 20 digits and two addresses. */
enum { HEAD_MAX = 128 + 2 * ALD_LINK_ADDRESS_MAX };

static uint8_t *bytes_put(uint8_t *at, struct ald_str bytes)
{
    if (bytes.size > 0) {
        memcpy(at, bytes.data, bytes.size);
    }
    return at + bytes.size;
}

/* Type, seq, src and dst; the object is left open. Errors: ALDIS_E_NOMEM. */
static int head_write(struct ald_link *link, enum ald_link_type type, uint64_t serial,
                      const struct ald_link_address *src, const struct ald_link_address *dst)
{
    struct ald_buf *out = &link->work->out;
    uint8_t *room, *at;
    int r = ald_buf_reserve(out, HEAD_MAX, &room);

    if (r != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    at = bytes_put(room, ALD_STR("{\"type\":\""));
    at = bytes_put(at, ald_str(ald_link_type_word(type)));
    at = bytes_put(at, ALD_STR("\",\"seq\":"));
    at = (uint8_t *)ald_digits_put((char *)at, serial);
    at = bytes_put(at, ALD_STR(",\"src\":"));
    at += ald_link_address_format(src, (char *)at);
    at = bytes_put(at, ALD_STR(",\"dst\":"));
    at += ald_link_address_format(dst, (char *)at);
    ald_buf_commit(out, (size_t)(at - room));
    return 0;
}

/* A string as JSON has it. Errors: ALDIS_E_NOMEM. */
static int string_write(struct ald_buf *out, struct ald_str str)
{
    struct ald_json_writer json;

    ald_json_write_init(&json, out, ALD_JSON_COMPACT);
    ald_json_write_str(&json, str);
    return ald_json_write_done(&json) == 0 ? 0 : ald_trace(ALDIS_E_NOMEM);
}

static int member_write(struct ald_buf *out, struct ald_str name, struct ald_str value)
{
    int r;

    if (!ald_str_present(value)) {
        return 0;
    }
    r = ald_buf_push(out, name);
    if (r == 0) {
        r = string_write(out, value);
    }
    return r == 0 ? 0 : ald_trace(ALDIS_E_NOMEM);
}

/* Give up a frame that memory is too short for. */
static int write_failed(struct ald_link *link, size_t at)
{
    ald_buf_cut(&link->work->out, at);
    return ald_trace(ALDIS_E_NOMEM);
}

/* A comma stands in no filter. Errors: ALDIS_E_NOMEM. */
static int filters_write(struct ald_buf *out, struct ald_str filters)
{
    const char *before = ",\"filters\":[";
    int r = 0;

    while (r == 0 && filters.size > 0) {
        r = ald_buf_push(out, ald_str(before));
        r = r == 0 ? string_write(out, ald_str_pop(&filters)) : r;
        before = ",";
    }
    return r == 0 && ald_buf_push_byte(out, ']') == 0 ? 0 : ald_trace(ALDIS_E_NOMEM);
}

/* Members that are not the original's, and which its programs pass over (link.md 2.2). Errors: ALDIS_E_NOMEM. */
static int ours_write(struct ald_buf *out, const struct ald_link_routable *frame)
{
    int r = frame->filters.size > 0 ? filters_write(out, frame->filters) : 0;

    if (r == 0 && frame->gap != 0) {
        r = ald_buf_pushf(out, ",\"gapUntilMs\":%llu", (unsigned long long)((frame->gap + ALD_MSEC - 1) / ALD_MSEC));
    }
    return r == 0 ? 0 : ald_trace(ALDIS_E_NOMEM);
}

int ald_link_write_routable(struct ald_link *link, const struct ald_link_routable *frame)
{
    struct ald_buf *out = &link->work->out;
    struct ald_outbox_frame queued = {.kind = ALD_FRAME_TEXT, .ordinal = frame->ordinal, .head_at = ald_buf_size(out)};
    int r;

    r = head_write(link, frame->type, frame->serial, &frame->src, &frame->dst);
    if (r == 0) {
        r = member_write(out, ALD_STR(",\"name\":"), frame->name);
    }
    if (r == 0 && frame->data.data != NULL) {
        r = ald_buf_push(out, ALD_STR(",\"data\":"));
    }
    queued.head_size = ald_buf_size(out) - queued.head_at;
    if (r == 0) {
        r = ours_write(out, frame);
    }
    if (r == 0) {
        r = ald_buf_push_byte(out, '}');
    }
    if (r != 0) {
        return write_failed(link, queued.head_at);
    }
    queued.tail_at = queued.head_at + queued.head_size;
    queued.tail_size = ald_buf_size(out) - queued.tail_at;
    queued.payload = ald_slice_ref(frame->data);
    ald_link_push_parts(link, &queued);
    return 0;
}

int ald_link_write_error(struct ald_link *link, const struct ald_link_error *error)
{
    struct ald_buf *out = &link->work->out;
    struct ald_outbox_frame queued = {.kind = ALD_FRAME_TEXT, .ordinal = error->ordinal, .head_at = ald_buf_size(out)};
    int r;

    r = head_write(link, ALD_LINK_TYPE_RESPONSE_ERROR, error->serial, &error->src, &error->dst);
    if (r == 0) {
        r = member_write(out, ALD_STR(",\"data\":{\"message\":"),
                         ald_str_present(error->message) ? error->message : ALD_STR(""));
    }
    if (r == 0) {
        r = member_write(out, ALD_STR(",\"code\":"), error->code);
    }
    if (r == 0) {
        r = member_write(out, ALD_STR(",\"stack\":"), error->stack);
    }
    if (r == 0 && error->outcome != ALD_OUTCOME_NONE) {
        r = member_write(out, ALD_STR(",\"outcome\":"), ald_str(ald_outcome_name((enum ald_outcome)error->outcome)));
    }
    if (r == 0 && error->cause != ALD_CAUSE_NONE) {
        r = member_write(out, ALD_STR(",\"cause\":"), ald_str(ald_cause_word((enum ald_cause)error->cause)));
    }
    if (r == 0 && error->roster.size > 0) {
        r = ald_buf_push(out, ALD_STR(",\"roster\":"));
    }
    queued.head_size = ald_buf_size(out) - queued.head_at;
    if (r != 0 || ald_buf_push(out, ALD_STR("}}")) != 0) {
        return write_failed(link, queued.head_at);
    }
    queued.tail_at = queued.head_at + queued.head_size;
    queued.tail_size = ald_buf_size(out) - queued.tail_at;
    queued.payload = ald_slice_ref(error->roster);
    ald_link_push_parts(link, &queued);
    return 0;
}

/* --- what is not numbered ----------------------------------------------------------------------------------------- */

int ald_link_write_heartbeat(struct ald_link *link)
{
    struct ald_buf *out = &link->work->out;
    size_t at = ald_buf_size(out);
    int r;

    if (link->is_old) {
        return ald_link_old_heartbeat(link);
    }
    if (link->last_in > 0) {
        r = ald_buf_pushf(out, "{\"type\":\"heartbeat\",\"seq\":%lld}", (long long)link->last_in);
    } else {
        r = ald_buf_push(out, ALD_STR("{\"type\":\"heartbeat\"}"));
    }
    if (r != 0) {
        return write_failed(link, at);
    }
    ald_link_count(link, ALD_LINK_N_HEARTBEATS_OUT);
    ald_link_push_text(link, at, 0);
    return 0;
}

int ald_link_write_disconnect(struct ald_link *link, bool ready, uint64_t ordinal)
{
    size_t at = ald_buf_size(&link->work->out);

    if (ald_buf_push(&link->work->out, ready ? ALD_STR("{\"type\":\"disconnect\",\"data\":\"ready\"}")
                                             : ALD_STR("{\"type\":\"disconnect\",\"data\":\"prepare\"}")) != 0) {
        return write_failed(link, at);
    }
    ald_link_push_text(link, at, ordinal);
    return 0;
}

int ald_link_write_hello(struct ald_link *link)
{
    struct ald_str plugins =
        link->identity != NULL && link->identity->link_plugins.size > 0 ? link->identity->link_plugins : ALD_STR("{}");
    size_t at = ald_buf_size(&link->work->out);

    /* One form satisfies the clients of both generations (link.md 2.17). */
    if (ald_buf_pushf(&link->work->out,
                      "{\"seq\":null,\"type\":\"hello\",\"data\":{\"version\":\"aldis %s\",\"plugins\":%.*s}}",
                      ALDIS_VERSION, ALD_STR_ARG(plugins)) != 0) {
        return write_failed(link, at);
    }
    ald_link_push_text(link, at, 0);
    return 0;
}

void ald_link_write_begin(struct ald_link *link, enum ald_link_type type, struct ald_json_writer *json)
{
    ald_json_write_init(json, &link->work->out, ALD_JSON_COMPACT);
    ald_json_write_object(json);
    if (link->is_old) {
        ald_json_write_name(json, ALD_STR("seq"));
        ald_json_write_null(json);
    }
    ald_json_write_member_str(json, "type", ald_str(ald_link_type_word(type)));
    if (type != ALD_LINK_TYPE_INVALIDATE || link->is_old) {
        ald_json_write_name(json, ALD_STR("data"));
        ald_json_write_object(json);
    }
}

int ald_link_write_end(struct ald_link *link, struct ald_json_writer *json, uint64_t ordinal)
{
    size_t at = json->start;

    while (json->depth > 0) {
        ald_json_write_end(json);
    }
    if (ald_json_write_done(json) != 0) {
        return write_failed(link, at);
    }
    ald_link_push_text(link, at, ordinal);
    return 0;
}

void ald_link_write_seconds(struct ald_json_writer *json, const char *name, ald_usec duration)
{
    char text[48];
    int size = snprintf(text, sizeof(text), "%llu.%06llu", (unsigned long long)(duration / ALD_SEC),
                        (unsigned long long)(duration % ALD_SEC));

    while (text[size - 1] == '0') {
        size--;
    }
    size -= text[size - 1] == '.' ? 1 : 0;
    ald_json_write_member_raw(json, name, ald_str_of(text, (size_t)size));
}
