#include "wire/exchange/frame.h"

#include "wire/exchange/exchange.h"

static const struct ald_str kind_words[] = {
    [ALD_EXCHANGE_UNKNOWN] = {"", 0},      [ALD_EXCHANGE_COMMAND] = {"COMMAND", 7}, [ALD_EXCHANGE_REPLY] = {"REPLY", 5},
    [ALD_EXCHANGE_STATUS] = {"STATUS", 6}, [ALD_EXCHANGE_CANCEL] = {"CANCEL", 6},
};

/* How a v1 frame begins that says the type of what is in it. */
#define TYPED(word)                                                                                                    \
    {                                                                                                                  \
        "t:" word ";;et:", sizeof("t:" word ";;et:") - 1                                                               \
    }
static const struct ald_str kind_typed[] = {
    [ALD_EXCHANGE_UNKNOWN] = TYPED(""),      [ALD_EXCHANGE_COMMAND] = TYPED("COMMAND"),
    [ALD_EXCHANGE_REPLY] = TYPED("REPLY"),   [ALD_EXCHANGE_STATUS] = TYPED("STATUS"),
    [ALD_EXCHANGE_CANCEL] = TYPED("CANCEL"),
};
#undef TYPED

/* White space as Java has it: everything up to the blank (exchange.md 2.7). */
static struct ald_str value_trim(struct ald_str value)
{
    while (value.size > 0 && (uint8_t)value.data[0] <= ' ') {
        value = ald_str_from(value, 1);
    }
    while (value.size > 0 && (uint8_t)value.data[value.size - 1] <= ' ') {
        value.size--;
    }
    return value;
}

static uint8_t kind_find(uint32_t variant, struct ald_str word)
{
    int last = (variant & ALD_EXCHANGE_EXTENDED) != 0 ? ALD_EXCHANGE_CANCEL : ALD_EXCHANGE_REPLY;

    for (int kind = ALD_EXCHANGE_COMMAND; kind <= last; kind++) {
        if (ald_str_equal(word, kind_words[kind])) {
            return (uint8_t)kind;
        }
    }
    return ALD_EXCHANGE_UNKNOWN;
}

/* Where the first `;;` stands, or the end. */
static size_t separator_find(struct ald_str text)
{
    const char *at = text.data;
    const char *end = text.data + text.size;

    while (at < end && (at = memchr(at, ';', (size_t)(end - at))) != NULL) {
        if (at + 1 < end && at[1] == ';') {
            return (size_t)(at - text.data);
        }
        at++;
    }
    return text.size;
}

/* Take off the beginning that nearly every frame has, `t:` and its word and `;;`, which needs no search. */
static struct ald_str v1_read_usual(uint32_t variant, struct ald_str message, struct ald_exchange_frame *frame)
{
    int last = (variant & ALD_EXCHANGE_EXTENDED) != 0 ? ALD_EXCHANGE_CANCEL : ALD_EXCHANGE_REPLY;

    for (int kind = ALD_EXCHANGE_COMMAND; kind <= last; kind++) {
        if (ald_str_starts(message, kind_typed[kind])) {
            frame->kind = (uint8_t)kind;
            return ald_str_from(message, kind_typed[kind].size - ALD_STR("et:").size);
        }
    }
    return message;
}

/*
 * Segments between `;;`, in order; the last `t:` before `e:` wins, and `e:` takes everything to the end, later `;;`
 * included, so that JSON may hold them. Segments without a known prefix are skipped (exchange.md 2.7).
 */
static void v1_read(uint32_t variant, struct ald_str message, struct ald_exchange_frame *frame)
{
    message = v1_read_usual(variant, message, frame);
    while (message.size > 0) {
        struct ald_str segment;
        size_t size;

        if (ald_str_starts(message, ALD_STR("e:"))) { /* asked first, so that nobody searches all of the JSON */
            frame->json = value_trim(ald_str_from(message, 2));
            return;
        }
        size = separator_find(message);
        segment = ald_str_of(message.data, size);
        if (ald_str_starts(segment, ALD_STR("t:"))) {
            frame->kind = kind_find(variant, value_trim(ald_str_from(segment, 2)));
        }
        message = ald_str_from(message, size < message.size ? size + 2 : size);
    }
}

/* Exactly one space after the colon; what follows the two literals is ignored (exchange.md 2.9). */
static void legacy_read(struct ald_str message, struct ald_exchange_frame *frame)
{
    static const struct {
        struct ald_str prefix;
        uint8_t kind;
        bool json;
    } rows[] = {
        {{"command: ", 9}, ALD_EXCHANGE_COMMAND, true},
        {{"reply: ", 7}, ALD_EXCHANGE_REPLY, true},
        {{"primary: true", 13}, ALD_EXCHANGE_PRIMARY, false},
        {{"replica: true", 13}, ALD_EXCHANGE_REPLICA, false},
    };

    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        if (ald_str_starts(message, rows[i].prefix)) {
            frame->kind = rows[i].kind;
            frame->json = rows[i].json ? value_trim(ald_str_from(message, rows[i].prefix.size)) : ALD_STR_NONE;
            return;
        }
    }
}

void ald_exchange_frame_read(uint32_t variant, struct ald_str message, struct ald_exchange_frame *ret_frame)
{
    *ret_frame = (struct ald_exchange_frame){.kind = ALD_EXCHANGE_UNKNOWN, .json = ALD_STR_NONE};
    if ((variant & ALD_EXCHANGE_V1) != 0) {
        v1_read(variant, message, ret_frame);
    } else {
        legacy_read(message, ret_frame);
    }
}

size_t ald_exchange_frame_parts(uint32_t variant, enum ald_exchange_kind kind, struct ald_str type,
                                struct ald_str parts[ALD_EXCHANGE_FRAME_PARTS])
{
    size_t n = 0;

    if ((variant & ALD_EXCHANGE_V1) == 0) {
        ald_assert(kind == ALD_EXCHANGE_COMMAND || kind == ALD_EXCHANGE_REPLY);
        parts[n++] = kind == ALD_EXCHANGE_COMMAND ? ALD_STR("command: ") : ALD_STR("reply: ");
        return n;
    }
    /* A semicolon in the type could end the field early; a frame without `et` is as good. */
    if (type.size > 0 && memchr(type.data, ';', type.size) == NULL) {
        parts[n++] = kind_typed[kind];
        parts[n++] = type;
    } else {
        parts[n++] = ald_str_of(kind_typed[kind].data, kind_typed[kind].size - ALD_STR(";;et:").size);
    }
    parts[n++] = ALD_STR(";;e:");
    return n;
}
