/*
 * The envelope is looked through once, for all members that any type has; what a type demands of them, and of the members
 * of its `data`, stands in two tables. A union of thirteen schemas, tried in turn, is what the original does (link.md 9, 28).
 */

#include "wire/link/link_frame.h"

#include "msg/json_number.h"

/* --- tables ------------------------------------------------------------------------------------------------------ */

static const struct ald_str type_words[] = {
#define ALD_X(name, word) [ALD_LINK_TYPE_##name] = {word, sizeof(word) - 1},
    ALD_LINK_TYPES(ALD_X)
#undef ALD_X
};

enum member_kind {
    MEMBER_STRING,
    MEMBER_INTEGER,
    MEMBER_NUMBER,
    MEMBER_STRING_MAP,
    MEMBER_ADDRESS,
    MEMBER_OBJECT,
    MEMBER_SERIAL,
    MEMBER_ANYTHING
};

struct member_rule {
    struct ald_str name;
    uint8_t kind; /* enum member_kind */
    bool optional;
    bool nullable;
};

#define MEMBER(word, ...)                                                                                              \
    {                                                                                                                  \
        .name = {word, sizeof(word) - 1}, __VA_ARGS__                                                                  \
    }

static const struct member_rule hello_rules[] = {
    MEMBER("version", .kind = MEMBER_STRING),
    MEMBER("plugins", .kind = MEMBER_STRING_MAP),
};
static const struct member_rule register_host_rules[] = {
    MEMBER("token", .kind = MEMBER_STRING),
    MEMBER("version", .kind = MEMBER_STRING),
    MEMBER("id", .kind = MEMBER_INTEGER),
    MEMBER("plugins", .kind = MEMBER_STRING_MAP),
};
static const struct member_rule register_control_rules[] = {
    MEMBER("token", .kind = MEMBER_STRING),
    MEMBER("version", .kind = MEMBER_STRING),
};
/* Generation A's, which have nothing else in them; those of B first, at their places. */
static const struct member_rule register_slave_rules[] = {
    MEMBER("token", .kind = MEMBER_STRING),
    MEMBER("version", .kind = MEMBER_STRING),
    MEMBER("id", .kind = MEMBER_INTEGER),
    MEMBER("plugins", .kind = MEMBER_STRING_MAP),
    MEMBER("agent", .kind = MEMBER_STRING),
    MEMBER("name", .kind = MEMBER_STRING),
    MEMBER("public_address", .kind = MEMBER_STRING, .optional = true),
};
static const struct member_rule register_control_a_rules[] = {
    MEMBER("token", .kind = MEMBER_STRING),
    MEMBER("version", .kind = MEMBER_STRING),
    MEMBER("agent", .kind = MEMBER_STRING),
};
_Static_assert(ALD_COUNT(register_slave_rules) <= ALD_LINK_MEMBERS_MAX, "there is room for all members");
static const struct member_rule ready_rules[] = {
    MEMBER("src", .kind = MEMBER_ADDRESS),
    MEMBER("sessionToken", .kind = MEMBER_STRING),
    MEMBER("sessionTimeout", .kind = MEMBER_NUMBER),
    MEMBER("heartbeatInterval", .kind = MEMBER_NUMBER),
    MEMBER("account", .kind = MEMBER_OBJECT, .optional = true),
};
static const struct member_rule resume_rules[] = {
    MEMBER("sessionToken", .kind = MEMBER_STRING),
    MEMBER("lastSeq", .kind = MEMBER_SERIAL, .optional = true),
};
static const struct member_rule resume_a_rules[] = {
    MEMBER("session_token", .kind = MEMBER_STRING),
    MEMBER("last_seq", .kind = MEMBER_SERIAL, .nullable = true),
};
static const struct member_rule continue_rules[] = {
    MEMBER("sessionTimeout", .kind = MEMBER_NUMBER),
    MEMBER("heartbeatInterval", .kind = MEMBER_NUMBER),
    MEMBER("lastSeq", .kind = MEMBER_SERIAL, .optional = true),
};
static const struct member_rule error_rules[] = {
    MEMBER("message", .kind = MEMBER_STRING),
    MEMBER("code", .kind = MEMBER_STRING, .optional = true),
    MEMBER("stack", .kind = MEMBER_STRING, .optional = true),
    MEMBER("roster", .kind = MEMBER_ANYTHING, .optional = true),
    MEMBER("outcome", .kind = MEMBER_ANYTHING, .optional = true),
    MEMBER("cause", .kind = MEMBER_ANYTHING, .optional = true),
};

/* What a frame of a type must have. */
struct type_rule {
    const struct member_rule *members; /* of `data`; NULL: `data` is not looked into */
    uint8_t n_members;
    bool routable; /* seq, src and dst */
    bool named;
    bool may_have_seq;
    bool is_old; /* generation A: nothing but what is named here may stand in `data`, nor beside it */
};

#define RULES(rules) .members = (rules), .n_members = ALD_COUNT(rules)

static const struct type_rule type_rules[] = {
    [ALD_LINK_TYPE_HELLO] = {RULES(hello_rules)},
    [ALD_LINK_TYPE_REGISTER_HOST] = {RULES(register_host_rules)},
    [ALD_LINK_TYPE_REGISTER_CONTROL] = {RULES(register_control_rules)},
    [ALD_LINK_TYPE_RESUME] = {RULES(resume_rules)},
    [ALD_LINK_TYPE_READY] = {RULES(ready_rules)},
    [ALD_LINK_TYPE_CONTINUE] = {RULES(continue_rules)},
    [ALD_LINK_TYPE_INVALIDATE] = {.members = NULL},
    [ALD_LINK_TYPE_HEARTBEAT] = {.may_have_seq = true},
    [ALD_LINK_TYPE_REQUEST] = {.routable = true, .named = true},
    [ALD_LINK_TYPE_RESPONSE] = {.routable = true},
    [ALD_LINK_TYPE_RESPONSE_ERROR] = {.routable = true, RULES(error_rules)},
    [ALD_LINK_TYPE_EVENT] = {.routable = true, .named = true},
    [ALD_LINK_TYPE_DISCONNECT] = {.members = NULL},
    /* Generation A (link.md 2.15, 2.16). */
    [ALD_LINK_TYPE_REGISTER_SLAVE] = {RULES(register_slave_rules), .is_old = true},
    [ALD_LINK_TYPE_REGISTER_CONTROL_A] = {RULES(register_control_a_rules), .is_old = true},
    [ALD_LINK_TYPE_RESUME_A] = {RULES(resume_a_rules), .is_old = true},
};
_Static_assert(ALD_COUNT(type_rules) == ALD_LINK_N_TYPES, "every type has a rule");

const char *ald_link_type_word(enum ald_link_type type)
{
    ald_assert((size_t)type < ALD_COUNT(type_words));
    return type == ALD_LINK_TYPE_RESUME_A ? "resume" : type_words[type].data;
}

bool ald_link_type_is_old(uint8_t type)
{
    return type < ALD_LINK_N_TYPES && type_rules[type].is_old;
}

/* --- values ------------------------------------------------------------------------------------------------------ */

bool ald_link_serial_read(struct ald_json_value value, int64_t *ret_serial)
{
    int64_t serial = 0;
    int r = ald_json_i64(value, &serial);

    if (r != 0 && r != ALD_JSON_OUT_OF_RANGE) {
        return false;
    }
    *ret_serial = r == 0 && serial > 0 && serial <= ALD_LINK_INTEGER_MAX ? serial : 0;
    return true;
}

static size_t blanks_skip(struct ald_str json, size_t at)
{
    while (at < json.size && strchr(" \t\r\n", json.data[at]) != NULL) {
        at++;
    }
    return at;
}

/* From the opening quote to behind the closing one. */
static size_t string_skip(struct ald_str json, size_t at)
{
    at++;
    while (json.data[at] != '"') {
        at += json.data[at] == '\\' ? 2 : 1;
    }
    return at + 1;
}

bool ald_link_map_next(struct ald_json_value map, size_t *at, struct ald_str *ret_name, char *ret_value)
{
    struct ald_str json = map.raw;
    size_t begin = blanks_skip(json, *at);

    begin = json.data[begin] == ',' ? blanks_skip(json, begin + 1) : begin;
    if (json.data[begin] == '}') {
        return false;
    }
    *at = string_skip(json, begin);
    *ret_name = ald_str_of(json.data + begin, *at - begin);
    *at = blanks_skip(json, blanks_skip(json, *at) + 1); /* behind the colon */
    *ret_value = json.data[*at];
    *at = *ret_value == '"' ? string_skip(json, *at) : *at;
    return true;
}

bool ald_link_is_string_map(struct ald_json_value value)
{
    struct ald_str name;
    size_t at = 1;
    char first = '"';

    if (value.type != ALD_JSON_OBJECT) {
        return false;
    }
    while (first == '"' && ald_link_map_next(value, &at, &name, &first)) {
    }
    return first == '"';
}

static bool member_fits(const struct member_rule *rule, struct ald_json_value value)
{
    struct ald_link_address address;
    int64_t serial;

    if (value.type == ALD_JSON_NONE) {
        return rule->optional;
    }
    if (value.type == ALD_JSON_NULL && rule->nullable) {
        return true;
    }
    switch ((enum member_kind)rule->kind) {
    case MEMBER_STRING:
        return value.type == ALD_JSON_STRING;
    case MEMBER_NUMBER:
        return value.type == ALD_JSON_NUMBER;
    case MEMBER_OBJECT:
        return value.type == ALD_JSON_OBJECT;
    case MEMBER_INTEGER:
    case MEMBER_SERIAL:
        return ald_link_serial_read(value, &serial);
    case MEMBER_STRING_MAP:
        return ald_link_is_string_map(value);
    case MEMBER_ADDRESS:
        return ald_link_address_read(value, &address) == 0;
    case MEMBER_ANYTHING:
        return true;
    }
    return false;
}

/* --- frames ------------------------------------------------------------------------------------------------------ */

/* In the order in which peers write them, which is found fastest. */
enum {
    FRAME_TYPE,
    FRAME_SEQ,
    FRAME_SRC,
    FRAME_DST,
    FRAME_NAME,
    FRAME_DATA,
    FRAME_FILTERS,
    FRAME_GAP_UNTIL,
    FRAME_N_FIELDS
};

static bool type_read(struct ald_json_value value, uint8_t *ret_type)
{
    struct ald_str word;

    if (value.type != ALD_JSON_STRING) {
        return false;
    }
    word = ald_json_inner(value);
    for (size_t i = 0; i < ALD_LINK_N_TYPES; i++) {
        bool same =
            ald_json_is_plain(value) ? ald_str_equal(word, type_words[i]) : ald_json_string_is(value, type_words[i]);

        if (same && type_words[i].size > 0) {
            *ret_type = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static int data_read(struct ald_link_frame *frame, const char **ret_reason)
{
    const struct type_rule *rule = &type_rules[frame->type];
    struct ald_json_scan scan;

    for (size_t i = 0; i < rule->n_members; i++) {
        frame->members[i] = (struct ald_json_field){.name = rule->members[i].name};
    }
    if (frame->data.type != ALD_JSON_OBJECT ||
        ald_json_scan(frame->data.raw, ALD_JSON_STRICT, frame->members, rule->n_members, &scan) != 0) {
        *ret_reason = "data must be an object";
        return ALD_LINK_BAD_FRAME;
    }
    /* Which of the two generations resumes is told by how its token is called (link.md 2.17). */
    if (frame->type == ALD_LINK_TYPE_RESUME && frame->members[0].value.type == ALD_JSON_NONE) {
        frame->type = ALD_LINK_TYPE_RESUME_A;
        return data_read(frame, ret_reason);
    }
    if (rule->is_old && scan.n_unknown > 0) {
        *ret_reason = "data has a member that it must not have";
        return ALD_LINK_BAD_FRAME;
    }
    for (size_t i = 0; i < rule->n_members; i++) {
        if (!member_fits(&rule->members[i], frame->members[i].value)) {
            *ret_reason = "a member of data is missing or of the wrong type";
            return ALD_LINK_BAD_FRAME;
        }
    }
    return 0;
}

static int routing_read(const struct ald_json_field *fields, struct ald_link_frame *frame, const char **ret_reason)
{
    if (!ald_link_serial_read(fields[FRAME_SEQ].value, &frame->seq)) {
        *ret_reason = "seq must be an integer";
        return ALD_LINK_BAD_FRAME;
    }
    frame->has_seq = true;
    if (ald_link_address_read(fields[FRAME_SRC].value, &frame->src) != 0 ||
        ald_link_address_read(fields[FRAME_DST].value, &frame->dst) != 0) {
        *ret_reason = "src and dst must be addresses";
        return ALD_LINK_BAD_FRAME;
    }
    if (type_rules[frame->type].named && frame->name.type != ALD_JSON_STRING) {
        *ret_reason = "name must be a string";
        return ALD_LINK_BAD_FRAME;
    }
    return 0;
}

/* What has a meaning of its own. */
static int special_read(const struct ald_json_field *fields, struct ald_link_frame *frame, const char **ret_reason)
{
    struct ald_json_value seq = fields[FRAME_SEQ].value;

    if (frame->type == ALD_LINK_TYPE_HEARTBEAT && seq.type != ALD_JSON_NONE) {
        if (!ald_link_serial_read(seq, &frame->seq)) {
            *ret_reason = "seq must be an integer";
            return ALD_LINK_BAD_FRAME;
        }
        frame->has_seq = true;
    }
    if (frame->type == ALD_LINK_TYPE_DISCONNECT &&
        (frame->data.type != ALD_JSON_STRING ||
         !(ald_json_string_is(frame->data, ALD_STR("prepare")) || ald_json_string_is(frame->data, ALD_STR("ready"))))) {
        *ret_reason = "data must be prepare or ready";
        return ALD_LINK_BAD_FRAME;
    }
    return 0;
}

/* link.md 2.15: seq, type and data, and nothing else; seq is null, or an integer. */
static int old_envelope_read(const struct ald_json_field *fields, const struct ald_json_scan *scan,
                             const char **ret_reason)
{
    struct ald_json_value seq = fields[FRAME_SEQ].value;
    int64_t number;

    if (scan->n_unknown > 0 || fields[FRAME_SRC].value.type != ALD_JSON_NONE ||
        fields[FRAME_DST].value.type != ALD_JSON_NONE || fields[FRAME_NAME].value.type != ALD_JSON_NONE) {
        *ret_reason = "there is a member that must not be";
        return ALD_LINK_BAD_FRAME;
    }
    if (seq.type != ALD_JSON_NULL && !ald_link_serial_read(seq, &number)) {
        *ret_reason = "seq must be null or an integer";
        return ALD_LINK_BAD_FRAME;
    }
    return 0;
}

int ald_link_frame_read(struct ald_str json, struct ald_link_frame *ret_frame, const char **ret_reason)
{
    struct ald_json_field fields[] = {ALD_JSON_FIELD("type"),    ALD_JSON_FIELD("seq"),       ALD_JSON_FIELD("src"),
                                      ALD_JSON_FIELD("dst"),     ALD_JSON_FIELD("name"),      ALD_JSON_FIELD("data"),
                                      ALD_JSON_FIELD("filters"), ALD_JSON_FIELD("gapUntilMs")};
    struct ald_json_scan scan;
    const char *reason = NULL;
    const char **why = ret_reason != NULL ? ret_reason : &reason;
    int r;

    _Static_assert(ALD_COUNT(fields) == FRAME_N_FIELDS, "every field has its place");
    ret_frame->type = ALD_LINK_N_TYPES;
    r = ald_json_scan(json, ALD_JSON_STRICT, fields, FRAME_N_FIELDS, &scan);
    if (r == ALD_JSON_MALFORMED) {
        *why = ald_json_reason_text(scan.end.reason);
        return ALD_LINK_NOT_JSON;
    }
    *why = "type must be one of the protocol's";
    if (r != 0 || !type_read(fields[FRAME_TYPE].value, &ret_frame->type)) {
        return ALD_LINK_BAD_FRAME;
    }
    ret_frame->has_seq = false;
    ret_frame->seq = 0;
    ret_frame->name = fields[FRAME_NAME].value;
    ret_frame->data = fields[FRAME_DATA].value;
    ret_frame->filters = fields[FRAME_FILTERS].value;
    ret_frame->gap_until = fields[FRAME_GAP_UNTIL].value;
    r = type_rules[ret_frame->type].routable ? routing_read(fields, ret_frame, why)
                                             : special_read(fields, ret_frame, why);
    if (r == 0 && type_rules[ret_frame->type].members != NULL) {
        r = data_read(ret_frame, why);
    }
    if (r == 0 && type_rules[ret_frame->type].is_old) {
        r = old_envelope_read(fields, &scan, why);
    }
    return r;
}
