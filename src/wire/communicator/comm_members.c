#include "wire/communicator/comm_members.h"

#include "wire/communicator/comm_bytes.h"

/* Every step stays within the text also if it were not sound. */
static uint8_t members_peek(const struct ald_comm_members *members)
{
    return members->at != members->end ? *members->at : 0;
}

static void members_blanks(struct ald_comm_members *members)
{
    while (members->at != members->end && comm_is_blank(*members->at)) {
        members->at++;
    }
}

/* Pass over blanks and one byte that stands there. */
static void members_pass(struct ald_comm_members *members)
{
    members_blanks(members);
    if (members->at != members->end) {
        members->at++;
    }
}

static void pass_string(struct ald_comm_members *members)
{
    const uint8_t *at = members->at + 1;

    for (;;) {
        at = comm_until(at, at, members->end, (const uint8_t *)"\"\\\"\\");
        if (members->end - at < 2 || *at == '"') {
            break;
        }
        at += 2;
    }
    members->at = at != members->end ? at + 1 : at;
}

static void pass_container(struct ald_comm_members *members)
{
    size_t depth = 0;

    do {
        switch (*members->at) {
        case '"':
            pass_string(members);
            continue;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            depth--;
            break;
        default:
            break;
        }
        members->at++;
    } while (depth > 0 && members->at != members->end);
}

/* A number or a word: up to what cannot be in one. */
static void pass_plain(struct ald_comm_members *members)
{
    while (members->at != members->end && *members->at != ',' && *members->at != '}' && *members->at != ']' &&
           !comm_is_blank(*members->at)) {
        members->at++;
    }
}

static uint8_t string_flags(struct ald_str raw)
{
    return (uint8_t)((comm_has(raw, '\\') ? ALD_JSON_ESCAPED : 0) | (ald_utf8_valid(raw) ? 0 : ALD_JSON_BROKEN));
}

static uint8_t number_flags(struct ald_str raw)
{
    return comm_has(raw, '.') || comm_has(raw, 'e') || comm_has(raw, 'E') ? ALD_JSON_REAL : 0;
}

static struct ald_json_value members_value(struct ald_comm_members *members)
{
    struct ald_json_value value = {.type = ALD_JSON_NONE};
    const uint8_t *begin;

    members_blanks(members);
    begin = members->at;
    switch (members_peek(members)) {
    case '"':
        value.type = ALD_JSON_STRING;
        pass_string(members);
        break;
    case '{':
    case '[':
        value.type = *begin == '{' ? ALD_JSON_OBJECT : ALD_JSON_ARRAY;
        pass_container(members);
        break;
    default:
        value.type = members_peek(members) == 't'   ? ALD_JSON_TRUE
                     : members_peek(members) == 'f' ? ALD_JSON_FALSE
                     : members_peek(members) == 'n' ? ALD_JSON_NULL
                                                    : ALD_JSON_NUMBER;
        pass_plain(members);
        break;
    }
    value.raw = ald_str_of(begin, (size_t)(members->at - begin));
    value.flags = value.type == ALD_JSON_STRING   ? string_flags(value.raw)
                  : value.type == ALD_JSON_NUMBER ? number_flags(value.raw)
                                                  : 0;
    return value;
}

void ald_comm_members_init(struct ald_comm_members *members, struct ald_json_value object)
{
    ald_assert(object.type == ALD_JSON_OBJECT && object.raw.size >= 2);

    members->at = (const uint8_t *)object.raw.data + 1;
    members->end = members->at + object.raw.size - 2;
}

bool ald_comm_members_next(struct ald_comm_members *members, struct ald_json_value *ret_name,
                           struct ald_json_value *ret_value)
{
    members_blanks(members);
    if (members->at == members->end) {
        return false;
    }
    if (*members->at == ',') {
        members_pass(members);
    }
    *ret_name = members_value(members);
    members_pass(members); /* the colon */
    *ret_value = members_value(members);
    ald_assert(ret_name->type == ALD_JSON_STRING);
    return true;
}
