#pragma once

/*
 * Writer: JSON into a buf, with the commas put where they belong.
 *
 *     struct ald_json_writer json;
 *
 *     ald_json_write_init(&json, &buf, ALD_JSON_COMPACT);
 *     ald_json_write_object(&json);
 *     ald_json_write_member_str(&json, "id", id);
 *     ald_json_write_name(&json, ALD_STR("payload"));
 *     ald_json_write_raw(&json, payload);
 *     ald_json_write_end(&json);
 *     r = ald_json_write_done(&json);
 *
 * Failure is sticky: after the first one nothing more is written, and only ald_json_write_done() tells. The shape is
 * asserted, since only we can get it wrong: a name before each value in an object and nowhere else, one value in all,
 * everything ended.
 *
 * Strings come out compact: `"`, `\` and control characters escaped (the short form where there is one), everything else
 * raw; what is not UTF-8 becomes U+FFFD.
 *
 * Lifetime: on the stack; it borrows the buf, which nobody else touches until it is done, and holds nothing to free.
 */

#include "base/defs.h"
#include "base/str.h"
#include "msg/json_escape.h"
#include "msg/json_text.h"

struct ald_buf;

/*
 * Options beside ALD_JSON_NO_PAIRS and ALD_JSON_NO_PREFIXES of json_escape.h. Those two apply to everything written, raw
 * values too, once the whole is there.
 */
enum {
    ALD_JSON_COMPACT = 0,
    ALD_JSON_PRETTY =
        16, /* two spaces, `"a" : 1`, `[ 1, 2 ]`, `[ ]`: as exchange.md 9 shows; raw values stay as they are */
};

struct ald_json_writer {
    struct ald_buf *out;
    size_t start; /* what the buf held before */
    int status;   /* of the first failure */
    unsigned options;
    uint8_t depth;
    uint8_t n_objects; /* of the levels, those that are objects */
    bool named;        /* a name was written, its value not yet */
    bool full;         /* the innermost container has something in it; outside any: the value was written */
    uint64_t objects[ALD_JSON_DEPTH_MAX / 64]; /* one bit for each level: is it an object */
};

void ald_json_write_init(struct ald_json_writer *json, struct ald_buf *out, unsigned options);

/* 0 when the whole value is in the buf; else a part of it may be. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_json_write_done(struct ald_json_writer *json);

void ald_json_write_object(struct ald_json_writer *json);
void ald_json_write_array(struct ald_json_writer *json);
/* Ends the innermost object or array. */
void ald_json_write_end(struct ald_json_writer *json);

void ald_json_write_name(struct ald_json_writer *json, struct ald_str name);
/* The absent view is written as null. */
void ald_json_write_str(struct ald_json_writer *json, struct ald_str str);
/* `raw` must be one sound JSON value; it is not looked at. */
void ald_json_write_raw(struct ald_json_writer *json, struct ald_str raw);
void ald_json_write_i64(struct ald_json_writer *json, int64_t integer);
void ald_json_write_u64(struct ald_json_writer *json, uint64_t integer);
void ald_json_write_bool(struct ald_json_writer *json, bool truth);
void ald_json_write_null(struct ald_json_writer *json);

/* A name and its value. */
static inline void ald_json_write_member_str(struct ald_json_writer *json, const char *name, struct ald_str str)
{
    ald_json_write_name(json, ald_str(name));
    ald_json_write_str(json, str);
}

/* Nothing at all for the absent view: null fields are omitted on the wire (exchange.md 2.6). */
static inline void ald_json_write_member_some(struct ald_json_writer *json, const char *name, struct ald_str str)
{
    if (ald_str_present(str)) {
        ald_json_write_member_str(json, name, str);
    }
}

static inline void ald_json_write_member_raw(struct ald_json_writer *json, const char *name, struct ald_str raw)
{
    ald_json_write_name(json, ald_str(name));
    ald_json_write_raw(json, raw);
}

static inline void ald_json_write_member_i64(struct ald_json_writer *json, const char *name, int64_t integer)
{
    ald_json_write_name(json, ald_str(name));
    ald_json_write_i64(json, integer);
}

static inline void ald_json_write_member_u64(struct ald_json_writer *json, const char *name, uint64_t integer)
{
    ald_json_write_name(json, ald_str(name));
    ald_json_write_u64(json, integer);
}

static inline void ald_json_write_member_bool(struct ald_json_writer *json, const char *name, bool truth)
{
    ald_json_write_name(json, ald_str(name));
    ald_json_write_bool(json, truth);
}
