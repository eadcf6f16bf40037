/*
 * The JSON form of a line (communicator.md 1.3): the text is checked whole, then its members are walked. Strings without
 * escapes stay where they are; the others, and numbers that are written anew, go into the reader's scratch. That is made
 * as large as it can become before the first of them, so that views into it stay where they are.
 *
 * A string that is a parameter's value is un-escaped a second time, `\"`, `\\`, `\n` and `\r`, which is just what quotes
 * mean in the text form; so its item is one that stood in quotes.
 *
 * Stricter than the original: names of parameters must be legal and no string may hold a NUL, because what it would
 * pass on could not be read by anybody.
 */

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "msg/json_scan.h"
#include "wire/communicator/comm_impl.h"
#include "wire/communicator/comm_members.h"
#include "wire/communicator/comm_name.h"

/* "-", the digits of DBL_MAX, a point of any locale, six digits. */
enum { REAL_SIZE_MAX = 1 + DBL_MAX_10_EXP + 1 + 8 + 6 };

/* Below this every double has room in 64 bits. */
#define INTEGER_MAX 9.2e18

static const char too_large[] = "too large";

struct json {
    struct ald_comm_reader *reader;
    struct ald_str text;
    bool broken; /* there is invalid UTF-8 in it */
    struct ald_comm_head head;
    struct ald_comm_fault *fault;
};

static int json_fault(struct json *json, const char *what, struct ald_json_value value)
{
    return comm_fault(json->fault, what, (size_t)(value.raw.data - json->text.data));
}

/* Make room for everything that may still be put into the scratch. */
static int json_reserve(struct json *json)
{
    size_t n_reals = ALD_MIN(json->text.size / 4 + 1, (size_t)ALD_COMM_PARAMS_MAX);
    uint8_t *room;
    int r;

    if (ald_buf_size(&json->reader->text) > 0) {
        return 0;
    }
    r = ald_buf_reserve(&json->reader->text, json->text.size * (json->broken ? 3 : 1) + n_reals * REAL_SIZE_MAX, &room);
    return r < 0 ? ald_trace(r) : r;
}

/* The characters of a string. Outcomes: ALD_COMM_MALFORMED. */
static int json_string(struct json *json, struct ald_json_value string, struct ald_str *ret_str)
{
    int r;

    if (!ald_json_is_plain(string)) {
        r = json_reserve(json);
        if (r != 0) {
            return r < 0 ? ald_trace(r) : json_fault(json, too_large, string);
        }
    }
    r = ald_json_text(string, &json->reader->text, ret_str);
    if (r < 0) {
        return ald_trace(r);
    }
    if (r > 0) {
        return json_fault(json, too_large, string);
    }
    return comm_has(*ret_str, '\0') ? json_fault(json, "a NUL, which no line can carry", string) : 0;
}

/* Put a point where a locale may have something else. */
static size_t real_point(char *text)
{
    size_t whole = strspn(text, "-0123456789"), point = strcspn(text + whole, "0123456789");
    size_t digits = strlen(text + whole + point);

    text[whole] = '.';
    memmove(text + whole + 1, text + whole + point, digits);
    return whole + 1 + digits;
}

/*
 * A number as the original writes it on: an integer in decimal, anything else with six decimals. What has a point or an
 * exponent is a double first, so that 1.0 and what no double can tell from it are both 1.
 */
static int json_number(struct json *json, struct ald_json_value number, struct ald_str *ret_str)
{
    char text[REAL_SIZE_MAX + 1];
    size_t before, size;
    double real;
    int r;

    if ((number.flags & ALD_JSON_REAL) == 0) {
        *ret_str = ald_str_equal(number.raw, ALD_STR("-0")) ? ALD_STR("0") : number.raw;
        return 0;
    }
    if (ald_json_double(number, &real) != 0) {
        return json_fault(json, "a number too large to be written on", number);
    }
    if (fabs(real) < INTEGER_MAX && (double)(int64_t)real == real) {
        size = (size_t)snprintf(text, sizeof(text), "%lld", (long long)(int64_t)real);
    } else {
        snprintf(text, sizeof(text), "%f", real);
        size = real_point(text);
    }
    r = json_reserve(json);
    before = ald_buf_size(&json->reader->text);
    r = r == 0 ? ald_buf_push(&json->reader->text, ald_str_of(text, size)) : r;
    if (r != 0) {
        return r < 0 ? ald_trace(r) : json_fault(json, too_large, number);
    }
    *ret_str = ald_str_from(ald_buf_str(&json->reader->text), before);
    return 0;
}

static int json_value(struct json *json, struct ald_json_value value, struct ald_comm_param *param)
{
    int r;

    switch ((enum ald_json_type)value.type) {
    case ALD_JSON_STRING:
        r = json_string(json, value, &param->raw);
        param->flags = ALD_COMM_QUOTED | (r == 0 && comm_has(param->raw, '\\') ? ALD_COMM_ESCAPED : 0);
        return r < 0 ? ald_trace(r) : r;
    case ALD_JSON_NUMBER:
        r = json_number(json, value, &param->raw);
        return r < 0 ? ald_trace(r) : r;
    case ALD_JSON_TRUE:
    case ALD_JSON_FALSE:
        param->raw = value.raw;
        return 0;
    case ALD_JSON_NULL:
        param->raw = ALD_STR("");
        return 0;
    default:
        return json_fault(json, "a parameter cannot be an array or an object", value);
    }
}

static int json_params(struct json *json, struct ald_json_value object)
{
    struct ald_comm_members members;
    struct ald_comm_param *param;
    struct ald_json_value name, value;
    int r;

    ald_comm_members_init(&members, object);
    while (ald_comm_members_next(&members, &name, &value)) {
        r = ald_comm_reader_push(json->reader, &param);
        if (r != 0) {
            return r < 0 ? ald_trace(r) : json_fault(json, ald_comm_too_many, name);
        }
        r = json_string(json, name, &param->name);
        if (r == 0 && !ald_comm_name_legal(param->name)) {
            r = json_fault(json, "names of parameters have letters, digits and _", name);
        }
        if (r == 0) {
            r = json_value(json, value, param);
        }
        if (r != 0) {
            return r < 0 ? ald_trace(r) : r;
        }
    }
    return 0;
}

/* The member of the head that a name means, or NULL. */
static struct ald_str *head_find(struct ald_comm_head *head, struct ald_json_value name)
{
    const struct {
        const char *name;
        struct ald_str *str;
    } members[] = {
        {"sent-from-server", &head->from_server},
        {"sent-from-service", &head->from_service},
        {"server", &head->server},
        {"service", &head->service},
        {"command", &head->command},
    };

    for (size_t i = 0; i < ALD_COUNT(members); i++) {
        if (ald_json_string_is(name, ald_str(members[i].name))) {
            return members[i].str;
        }
    }
    return NULL;
}

static int json_member(struct json *json, struct ald_json_value name, struct ald_json_value value)
{
    struct ald_str *str;
    int r = 0;

    switch ((enum ald_json_type)value.type) {
    case ALD_JSON_STRING:
        str = head_find(&json->head, name);
        if (str != NULL) { /* a string of any other name is ignored */
            r = json_string(json, value, str);
        }
        return r < 0 ? ald_trace(r) : r;
    case ALD_JSON_OBJECT:
        if (!ald_json_string_is(name, ALD_STR("parameters"))) {
            return json_fault(json, "only parameters can be an object", name);
        }
        r = json_params(json, value);
        return r < 0 ? ald_trace(r) : r;
    default:
        return json_fault(json, "neither a string nor an object", value);
    }
}

static int json_walk(struct json *json, struct ald_json_value object)
{
    struct ald_comm_members members;
    struct ald_json_value name, value;
    size_t n = 0;
    int r;

    ald_comm_members_init(&members, object);
    for (; ald_comm_members_next(&members, &name, &value); n++) {
        r = json_member(json, name, value);
        if (r != 0) {
            return r < 0 ? ald_trace(r) : r;
        }
    }
    return n > 0 ? 0 : json_fault(json, "an object without members", object);
}

int ald_comm_json_read(struct ald_comm_reader *reader, struct ald_str text, struct ald_comm_line *ret_line,
                       struct ald_comm_fault *ret_fault)
{
    struct json json = {.reader = reader, .text = text, .fault = ret_fault};
    struct ald_json_scan scan;
    int r = ald_json_check(text, ALD_JSON_BROKEN_OK, &scan);

    if (r == ALD_JSON_MALFORMED) {
        return comm_fault(ret_fault, ald_json_reason_text(scan.end.reason), scan.end.offset);
    }
    json.broken = (scan.value.flags & ALD_JSON_BROKEN) != 0;
    r = json_walk(&json, scan.value);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    ald_comm_reader_sort(reader);
    *ret_line = (struct ald_comm_line){
        .head = json.head,
        .params = {.text = ALD_STR_NONE, .items = reader->items, .n = reader->n, .canonical = reader->n == 0},
        .json = true,
    };
    return 0;
}
