#include "wire/communicator/comm_payload.h"

#include "base/error.h"
#include "msg/json_bytes.h"
#include "msg/json_scan.h"
#include "msg/json_write.h"
#include "wire/communicator/comm_impl.h"
#include "wire/communicator/comm_members.h"
#include "wire/communicator/comm_name.h"

static const struct ald_str payload_name = {"aldis_payload", sizeof("aldis_payload") - 1};

bool ald_comm_is_reserved(struct ald_str name)
{
    /* One look at the first letter spares nearly every name the rest. */
    switch (name.size > 0 ? name.data[0] : 0) {
    case 'a':
        return ald_str_starts(name, ALD_STR("aldis_"));
    case 'b':
        return ald_str_starts(name, ALD_STR("broadcast_"));
    case 'c':
        return ald_str_equal(name, ALD_STR("cache"));
    case 's':
        return ald_str_equal(name, ALD_STR("secure_remote")) || ald_str_equal(name, ALD_STR("secret_code"));
    case 't':
        return ald_str_equal(name, ALD_STR("transmission_report"));
    default:
        return false;
    }
}

/* --- JSON to parameters ----------------------------------------------------------------------------------------- */

/* A string as it is said; what must be decoded goes into the reader's scratch, which was made large enough. */
static int spread_string(struct ald_comm_reader *reader, struct ald_json_value string, struct ald_str *ret_str)
{
    int r = ald_json_text(string, &reader->text, ret_str);

    if (r < 0) {
        return ald_trace(r);
    }
    return r > 0 || comm_has(*ret_str, '\0') ? ALD_COMM_ILLEGAL : 0;
}

static int spread_value(struct ald_comm_reader *reader, struct ald_json_value value, struct ald_str *ret_str)
{
    int r = 0;

    if (value.type == ALD_JSON_STRING) {
        r = spread_string(reader, value, ret_str);
    } else {
        *ret_str = value.type == ALD_JSON_NULL ? ALD_STR("") : value.raw;
    }
    return r < 0 ? ald_trace(r) : r;
}

static int spread_member(struct ald_comm_reader *reader, struct ald_json_value name, struct ald_json_value value)
{
    struct ald_comm_param *param;
    int r = ald_comm_reader_push(reader, &param);

    if (r == 0) {
        r = spread_string(reader, name, &param->name);
    }
    if (r == 0 && (!ald_comm_name_legal(param->name) || ald_comm_is_reserved(param->name))) {
        r = ALD_COMM_ILLEGAL;
    }
    if (r == 0) {
        r = spread_value(reader, value, &param->raw);
    }
    return r < 0 ? ald_trace(r) : r;
}

/* One parameter for each member. Outcomes: any means that they cannot be said so. */
static int spread_object(struct ald_comm_reader *reader, struct ald_json_value object)
{
    bool plain = (object.flags & ALD_JSON_BROKEN) == 0;
    struct ald_comm_members members;
    struct ald_json_value name, value;
    uint8_t *room;
    int r = 0;

    ald_comm_members_init(&members, object);
    if (!plain || comm_has(object.raw, '\\')) {
        r = ald_buf_reserve(&reader->text, object.raw.size * (plain ? 1 : 3), &room);
    }
    while (r == 0 && ald_comm_members_next(&members, &name, &value)) {
        r = spread_member(reader, name, value);
    }
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    ald_comm_reader_sort(reader);
    return reader->n > 0 ? 0 : ALD_COMM_ILLEGAL; /* `{}` would be nothing at all */
}

/* The payload as it stands. */
static int whole_push(struct ald_comm_reader *reader, struct ald_str payload)
{
    struct ald_comm_param *param;
    int r;

    ald_comm_reader_clear(reader);
    r = ald_comm_reader_push(reader, &param);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_assert(r == 0);
    param->name = payload_name;
    param->raw = payload;
    return 0;
}

int ald_comm_payload_params(struct ald_comm_reader *reader, struct ald_str payload, struct ald_comm_params *ret_params,
                            struct ald_comm_fault *ret_fault)
{
    struct ald_json_scan scan;
    int r;

    ald_assert(reader != NULL && ret_params != NULL && ret_fault != NULL);

    ald_comm_reader_clear(reader);
    if (!ald_str_present(payload)) {
        *ret_params = ALD_COMM_PARAMS_NONE;
        return 0;
    }
    r = ald_json_check(payload, ALD_JSON_BROKEN_OK, &scan);
    if (r == ALD_JSON_MALFORMED) {
        return comm_fault(ret_fault, ald_json_reason_text(scan.end.reason), scan.end.offset);
    }
    r = scan.value.type == ALD_JSON_OBJECT ? spread_object(reader, scan.value) : ALD_COMM_ILLEGAL;
    if (r > 0) {
        r = whole_push(reader, payload);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    *ret_params = (struct ald_comm_params){.text = ALD_STR_NONE, .items = reader->items, .n = reader->n};
    return 0;
}

/* --- parameters to JSON ----------------------------------------------------------------------------------------- */

static int whole_write(struct ald_str json, struct ald_buf *out, struct ald_comm_fault *ret_fault)
{
    struct ald_json_scan scan;
    int r = ald_json_check(json, ALD_JSON_BROKEN_OK, &scan);

    if (r == ALD_JSON_MALFORMED) {
        return comm_fault(ret_fault, ald_json_reason_text(scan.end.reason), scan.end.offset);
    }
    r = (scan.value.flags & ALD_JSON_BROKEN) != 0 ? ald_json_repair(json, out) : ald_buf_push(out, json);
    return r < 0 ? ald_trace(r) : r;
}

/*
 * `"name":"value"` behind `sign`. Names need no escaping, nor do nearly all values: those are one reservation, because
 * this is done for every message.
 */
static int member_write(struct ald_buf *out, char sign, struct ald_str name, struct ald_str value)
{
    const uint8_t *at = (const uint8_t *)(value.size > 0 ? value.data : ""), *end = at + value.size;
    bool plain = bytes_plain(at, end) == end;
    struct ald_json_writer json;
    uint8_t *room = NULL;
    int r = ald_buf_reserve(out, name.size + 4 + (plain ? value.size + 2 : 0), &room);

    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    room[0] = sign;
    room[1] = '"';
    memcpy(room + 2, name.data, name.size);
    memcpy(room + 2 + name.size, "\":", 2);
    ald_buf_commit(out, name.size + 4);
    if (!plain) {
        ald_json_write_init(&json, out, ALD_JSON_COMPACT);
        ald_json_write_str(&json, value);
        return ald_json_write_done(&json);
    }
    room += name.size + 4;
    *room = '"';
    memcpy(room + 1, at, value.size);
    room[1 + value.size] = '"';
    ald_buf_commit(out, value.size + 2);
    return 0;
}

static int object_write(const struct ald_comm_params *params, struct ald_buf *scratch, struct ald_buf *out)
{
    struct ald_str value;
    size_t n = 0;
    int r = 0;

    for (size_t i = 0; r == 0 && i < params->n; i++) {
        if (ald_comm_is_reserved(params->items[i].name)) {
            continue;
        }
        ald_buf_cut(scratch, 0);
        r = ald_comm_value(&params->items[i], scratch, &value);
        if (r == 0) {
            r = member_write(out, n++ == 0 ? '{' : ',', params->items[i].name, value);
        }
    }
    if (r == 0) {
        r = n > 0 ? ald_buf_push(out, ALD_STR("}")) : ALD_COMM_ABSENT;
    }
    return r < 0 ? ald_trace(r) : r;
}

int ald_comm_payload_write(const struct ald_comm_params *params, struct ald_buf *scratch, struct ald_buf *out,
                           struct ald_comm_fault *ret_fault)
{
    const struct ald_comm_param *whole = ald_comm_find(params, payload_name);
    size_t before = ald_buf_size(out);
    struct ald_str value;
    int r;

    ald_assert(scratch != out && ret_fault != NULL);

    ald_buf_cut(scratch, 0);
    if (whole != NULL) {
        r = ald_comm_value(whole, scratch, &value);
        r = r == 0 ? whole_write(value, out, ret_fault) : r;
    } else {
        r = object_write(params, scratch, out);
    }
    if (r != 0) {
        ald_buf_cut(out, before);
    }
    return r < 0 ? ald_trace(r) : r;
}
