#include "wire/ws/ws_reader.h"

#include "lib/alloc_fail.h"
#include "wire/ws/ws_test.h"

/* What a stream of bytes means. Caps: frames of 300 bytes, messages of 400. */
struct reader_case {
    const char *name;
    enum ald_ws_role role;
    const char *hex;
    const char *story;
};

enum { CASE_FRAME_MAX = 300, CASE_MESSAGE_MAX = 400 };

/* The server's cases use the key 00000000 where the bytes shall stay readable; any key is a good one. */
static const struct reader_case reader_cases[] = {
    /* RFC 6455 section 5.7 */
    {"unmasked text", ALD_WS_CLIENT, "81 05 48656c6c6f", "T(Hello)"},
    {"masked text", ALD_WS_SERVER, "81 85 37fa213d 7f9f4d5158", "T(Hello)"},
    {"fragmented text", ALD_WS_CLIENT, "01 03 48656c 80 02 6c6f", "T(Hello)"},
    {"ping", ALD_WS_CLIENT, "89 05 48656c6c6f", "I[Hello]"},
    {"masked pong", ALD_WS_SERVER, "8a 85 37fa213d 7f9f4d5158", "O[Hello]"},

    {"empty messages", ALD_WS_CLIENT, "82 00 81 00 82 00", "B()T()B()"},
    {"empty masked message", ALD_WS_SERVER, "82 80 01020304", "B()"},
    {"empty fragments", ALD_WS_CLIENT, "02 00 00 00 80 00", "B()"},
    {"empty fragments around text", ALD_WS_CLIENT, "01 00 00 01 61 00 00 00 01 62 80 00", "T(ab)"},
    {"two messages", ALD_WS_CLIENT, "82 01 61 82 01 62", "B(a)B(b)"},
    {"fragments with their own keys", ALD_WS_SERVER, "02 83 01010101 606362 80 82 ffffffff 9b9a", "B(abcde)"},
    {"ping between fragments", ALD_WS_CLIENT, "02 01 61 89 01 70 00 01 62 8a 00 80 01 63", "I[p]O[]B(abc)"},
    {"length in two bytes", ALD_WS_CLIENT, "02 7e 0100", ""},

    {"close without code", ALD_WS_CLIENT, "88 00", "C1005[]"},
    {"close with a code", ALD_WS_CLIENT, "88 02 03e8", "C1000[]"},
    {"close with code and reason", ALD_WS_SERVER, "88 85 00000000 03e9 627965", "C1001[bye]"},
    {"close 1012", ALD_WS_CLIENT, "88 02 03f4", "C1012[]"},
    {"close 1013", ALD_WS_CLIENT, "88 02 03f5", "C1013[]"},
    {"close 1014", ALD_WS_CLIENT, "88 02 03f6", "C1014[]"},
    {"close 4999", ALD_WS_CLIENT, "88 02 1387", "C4999[]"},
    {"close inside a message", ALD_WS_CLIENT, "02 01 61 88 02 03e8", "C1000[]"},
    {"nothing follows a close", ALD_WS_CLIENT, "88 02 03e8 82 01 61 ff ff", "C1000[]"},

    {"close with half a code", ALD_WS_CLIENT, "88 01 03", "!1002 Close frame has half a code"},
    {"close 999", ALD_WS_CLIENT, "88 02 03e7", "!1002 Close code may not be sent"},
    {"close 1004", ALD_WS_CLIENT, "88 02 03ec", "!1002 Close code may not be sent"},
    {"close 1005", ALD_WS_CLIENT, "88 02 03ed", "!1002 Close code may not be sent"},
    {"close 1006", ALD_WS_CLIENT, "88 02 03ee", "!1002 Close code may not be sent"},
    {"close 1015", ALD_WS_CLIENT, "88 02 03f7", "!1002 Close code may not be sent"},
    {"close 2999", ALD_WS_CLIENT, "88 02 0bb7", "!1002 Close code may not be sent"},
    {"close 5000", ALD_WS_CLIENT, "88 02 1388", "!1002 Close code may not be sent"},
    {"close with a bad reason", ALD_WS_CLIENT, "88 03 03e8 ff", "!1007 Close reason is not UTF-8"},
    {"close with a cut reason", ALD_WS_CLIENT, "88 03 03e8 c3", "!1007 Close reason is not UTF-8"},

    {"unmasked frame of a client", ALD_WS_SERVER, "82 01 61", "!1002 Frame of a client is not masked"},
    {"unmasked close of a client", ALD_WS_SERVER, "88 00", "!1002 Frame of a client is not masked"},
    {"masked frame of a server", ALD_WS_CLIENT, "82 81 00000000 61", "!1002 Frame of a server is masked"},
    {"first reserved bit", ALD_WS_CLIENT, "c2 01 61", "!1002 Reserved bits are set"},
    {"second reserved bit", ALD_WS_CLIENT, "a2 01 61", "!1002 Reserved bits are set"},
    {"third reserved bit", ALD_WS_CLIENT, "92 01 61", "!1002 Reserved bits are set"},
    {"reserved bit of a ping", ALD_WS_CLIENT, "c9 00", "!1002 Reserved bits are set"},
    {"opcode 3", ALD_WS_CLIENT, "83 01 61", "!1002 Unknown opcode"},
    {"opcode 7", ALD_WS_CLIENT, "87 01 61", "!1002 Unknown opcode"},
    {"opcode 11", ALD_WS_CLIENT, "8b 01 61", "!1002 Unknown opcode"},
    {"opcode 15", ALD_WS_CLIENT, "8f 01 61", "!1002 Unknown opcode"},
    {"fragmented ping", ALD_WS_CLIENT, "09 00", "!1002 Control frame is fragmented"},
    {"fragmented close", ALD_WS_CLIENT, "08 00", "!1002 Control frame is fragmented"},
    {"ping of 126 bytes", ALD_WS_CLIENT, "89 7e 007e", "!1002 Control frame is too long"},
    {"pong in the long form", ALD_WS_CLIENT, "8a 7f 0000000000000001 61", "!1002 Control frame is too long"},
    {"continuation of nothing", ALD_WS_CLIENT, "80 01 61", "!1002 Continuation of no message"},
    {"continuation after the end", ALD_WS_CLIENT, "82 01 61 80 01 62", "B(a)!1002 Continuation of no message"},
    {"binary inside a message", ALD_WS_CLIENT, "01 01 61 82 01 62", "!1002 New message inside a fragmented one"},
    {"text inside a message", ALD_WS_CLIENT, "02 00 01 00", "!1002 New message inside a fragmented one"},
    {"125 in two bytes", ALD_WS_CLIENT, "82 7e 007d", "!1002 Length is not in its shortest form"},
    {"0 in eight bytes", ALD_WS_CLIENT, "82 7f 0000000000000000", "!1002 Length is not in its shortest form"},
    {"65535 in eight bytes", ALD_WS_CLIENT, "82 7f 000000000000ffff", "!1002 Length is not in its shortest form"},
    {"length with its top bit", ALD_WS_CLIENT, "82 7f 8000000000000000", "!1002 Length has its top bit set"},
    {"length of all ones", ALD_WS_SERVER, "82 ff ffffffffffffffff 00000000", "!1002 Length has its top bit set"},
    {"largest length", ALD_WS_CLIENT, "82 7f 7fffffffffffffff", "!1009 Frame is too big"},
    {"frame over its cap", ALD_WS_CLIENT, "82 7e 012d", "!1009 Frame is too big"},
    {"frame over its cap, masked", ALD_WS_SERVER, "82 fe 012d 00000000", "!1009 Frame is too big"},

    {"text of two bytes a character", ALD_WS_CLIENT, "81 02 c3a9", "T(\xc3\xa9)"},
    {"character across fragments", ALD_WS_CLIENT, "01 01 c3 89 00 80 01 a9", "I[]T(\xc3\xa9)"},
    {"binary of any bytes", ALD_WS_CLIENT, "82 03 ff80c0", "B(\xff\x80\xc0)"},
    {"text cut off before a ping", ALD_WS_CLIENT, "01 02 61ff 89 00", "!1007 Text message is not UTF-8"},
    {"text cut off", ALD_WS_CLIENT, "81 01 c3", "!1007 Text message is not UTF-8"},
    {"text with a stray byte", ALD_WS_CLIENT, "81 01 80", "!1007 Text message is not UTF-8"},
    {"text with a surrogate", ALD_WS_CLIENT, "81 03 eda080", "!1007 Text message is not UTF-8"},
    {"text with an overlong form", ALD_WS_CLIENT, "81 02 c080", "!1007 Text message is not UTF-8"},
    {"character across messages", ALD_WS_CLIENT, "01 01 c3 80 00", "!1007 Text message is not UTF-8"},
};

static void check_story(const char *name, const struct ald_buf *story, const char *expected)
{
    if (!ald_str_equal(ald_buf_str(story), ald_str(expected))) {
        fail_msg("%s: \"%.*s\", not \"%s\"", name, ALD_STR_ARG(ald_buf_str(story)), expected);
    }
}

/* What the first `n` of `bytes` tell when they come in pieces of `piece` bytes. */
static void reader_tell(enum ald_ws_role role, const struct ws_bytes *bytes, size_t n, size_t piece,
                        struct ald_buf *story)
{
    struct ald_ws_reader reader;

    ald_buf_init(story, WS_STORY_MAX);
    ald_ws_reader_init(&reader, role, CASE_FRAME_MAX, CASE_MESSAGE_MAX);
    for (size_t at = 0; at < n; at += piece) {
        if (!ws_tell_messages(&reader, bytes->data + at, ALD_MIN(piece, n - at), story)) {
            break;
        }
    }
    ald_ws_reader_fini(&reader);
}

ALD_TEST(ws_reader, tells_what_the_bytes_mean_however_they_are_split)
{
    for (size_t i = 0; i < ALD_COUNT(reader_cases); i++) {
        const struct reader_case *it = &reader_cases[i];
        struct ws_bytes bytes = ws_hex(it->hex);

        for (size_t piece = 1; piece <= bytes.size; piece++) {
            struct ald_buf story;

            reader_tell(it->role, &bytes, bytes.size, piece, &story);
            check_story(it->name, &story, it->story);
            ald_buf_fini(&story);
        }
    }
}

/* Cut anywhere, a stream tells the begin of what the whole one does, and never a fault that the whole one has not. */
ALD_TEST(ws_reader, tells_the_begin_of_it_when_cut)
{
    for (size_t i = 0; i < ALD_COUNT(reader_cases); i++) {
        const struct reader_case *it = &reader_cases[i];
        struct ws_bytes bytes = ws_hex(it->hex);

        for (size_t n = 0; n < bytes.size; n++) {
            struct ald_buf whole, single;

            reader_tell(it->role, &bytes, n, WS_BYTES_MAX, &whole);
            reader_tell(it->role, &bytes, n, 1, &single);
            ald_check(ald_str_starts(ald_str(it->story), ald_buf_str(&whole)));
            ald_check(ald_str_equal(ald_buf_str(&whole), ald_buf_str(&single)));
            ald_buf_fini(&whole);
            ald_buf_fini(&single);
        }
    }
}

/* Encode again what a story of a server says, as a client would, with a key for each frame. */
static void encode_part(struct ws_bytes *out, const struct ald_ws_part *part, bool first)
{
    const uint8_t key[ALD_WS_KEY_SIZE] = {(uint8_t)(out->size * 7 + 1), 0x80, (uint8_t)out->size, 0xff};
    uint8_t opcode = first ? part->opcode : ALD_WS_CONTINUATION;

    if (part->opcode == ALD_WS_CLOSE) {
        out->size += ald_ws_close_write(out->data + out->size, part->close_code, part->control, key);
        return;
    }
    if (ald_ws_opcode_control(part->opcode)) {
        out->size += ald_ws_control_write(out->data + out->size, part->opcode, part->control, key);
        return;
    }
    out->size += ald_ws_head_write(out->data + out->size, part->ends, opcode, part->payload.size, key);
    ald_ws_mask_copy(out->data + out->size, part->payload.data, part->payload.size, key, 0);
    out->size += part->payload.size;
}

static void encode_again(const struct reader_case *it, struct ws_bytes *out)
{
    struct ws_bytes bytes = ws_hex(it->hex);
    ALD_AUTO(ald_block_unref) struct ald_block *block = ws_block(bytes.data, bytes.size);
    struct ald_ws_decoder decoder;
    struct ald_ws_part part;
    size_t at = 0, used;

    out->size = 0;
    ald_ws_decoder_init(&decoder, it->role, CASE_FRAME_MAX, CASE_MESSAGE_MAX);
    while (ald_ws_decoder_next(&decoder, block, block->data + at, bytes.size - at, &used, &part) == 0) {
        at += used;
        encode_part(out, &part, part.begins);
        ald_slice_clear(&part.payload);
    }
}

ALD_TEST(ws_reader, server_hears_what_a_client_encodes)
{
    size_t n = 0;

    for (size_t i = 0; i < ALD_COUNT(reader_cases); i++) {
        const struct reader_case *it = &reader_cases[i];
        struct ws_bytes bytes;

        if (strchr(it->story, '!') != NULL || it->story[0] == '\0') {
            continue;
        }
        encode_again(it, &bytes);
        for (size_t piece = 1; piece <= bytes.size; piece++) {
            struct ald_buf story;

            reader_tell(ALD_WS_SERVER, &bytes, bytes.size, piece, &story);
            check_story(it->name, &story, it->story);
            ald_buf_fini(&story);
        }
        n++;
    }
    ald_check(n > 15);
}

/* One reader, and what it is fed with. */
struct reader_rig {
    struct ald_ws_reader reader;
    struct ald_block *block;
};

static void rig_open(struct reader_rig *rig, enum ald_ws_role role, uint64_t message_max)
{
    rig->block = NULL;
    ald_ws_reader_init(&rig->reader, role, 1 << 20, message_max);
}

static void rig_close(struct reader_rig *rig)
{
    rig->block = ald_block_unref(rig->block);
    ald_ws_reader_fini(&rig->reader);
}

/* Feed all of `bytes` in a block of their own; the outcome of the first call, whose message is given. */
static int rig_feed(struct reader_rig *rig, const uint8_t *data, size_t size, struct ald_ws_message *ret_message)
{
    size_t used = 0;

    (void)ald_block_unref(rig->block);
    rig->block = ws_block(data, size);
    return ald_ws_reader_next(&rig->reader, rig->block, rig->block->data, size, &used, ret_message);
}

ALD_TEST(ws_reader, whole_frame_is_handed_on_without_a_copy)
{
    struct ws_bytes bytes = ws_hex("82 85 01020304 49676f686e");
    struct ald_ws_message message;
    struct reader_rig rig;

    rig_open(&rig, ALD_WS_SERVER, 1000);
    ald_check_int(rig_feed(&rig, bytes.data, bytes.size, &message), 0);
    ald_check(message.payload.block == rig.block);
    ald_check(message.payload.data == rig.block->data + 6);
    ald_check_int(rig.block->refs, 2);
    ald_check_int(ald_ws_reader_held(&rig.reader), 0);
    ald_check_str(ald_slice_str(message.payload), "Hello");
    ald_slice_clear(&message.payload);
    rig_close(&rig);
}

ALD_TEST(ws_reader, split_frame_is_copied_and_pins_no_range)
{
    struct ws_bytes bytes = ws_hex("82 05 48656c6c6f");
    struct ald_ws_message message;
    struct reader_rig rig;

    rig_open(&rig, ALD_WS_CLIENT, 1000);
    ald_check_int(rig_feed(&rig, bytes.data, 4, &message), ALD_WS_READER_HUNGRY);
    ald_check_int(rig.block->refs, 1);
    ald_check_int(ald_ws_reader_held(&rig.reader), 5); /* the frame is the last: no byte more than it needs */
    ald_check(!ald_ws_reader_idle(&rig.reader));
    ald_check_int(rig_feed(&rig, bytes.data + 4, 3, &message), 0);
    ald_check_int(rig.block->refs, 1);
    ald_check_str(ald_slice_str(message.payload), "Hello");
    ald_check_int(ald_ws_reader_held(&rig.reader), 0);
    ald_check(ald_ws_reader_idle(&rig.reader));
    ald_slice_clear(&message.payload);
    rig_close(&rig);
}

/* A header that promises a megabyte costs us nothing before the bytes come. */
ALD_TEST(ws_reader, memory_follows_what_has_arrived)
{
    struct ws_bytes bytes = ws_hex("82 7f 00000000000f4240 61");
    struct ald_ws_message message;
    struct reader_rig rig;
    uint8_t filler[997];
    size_t sent = 1, largest = 0;
    int r;

    memset(filler, 'b', sizeof(filler));
    rig_open(&rig, ALD_WS_CLIENT, 2000000);
    ald_check_int(rig_feed(&rig, bytes.data, 10, &message), ALD_WS_READER_HUNGRY);
    ald_check_int(ald_ws_reader_held(&rig.reader), 0);
    ald_check_int(rig_feed(&rig, bytes.data + 10, 1, &message), ALD_WS_READER_HUNGRY);
    while (sent < 1000000) {
        size_t held = ald_ws_reader_held(&rig.reader);
        size_t n = ALD_MIN(sizeof(filler), 1000000 - sent);

        ald_check(held >= sent && held <= ALD_MAX(2 * sent, (size_t)2048) && held <= 1000000);
        largest = ALD_MAX(largest, held);
        r = rig_feed(&rig, filler, n, &message);
        sent += n;
        ald_check_int(r, sent < 1000000 ? ALD_WS_READER_HUNGRY : 0);
    }
    ald_check_int(largest, 1000000);
    ald_check_int(message.payload.size, 1000000);
    ald_slice_clear(&message.payload);
    rig_close(&rig);
}

ALD_TEST(ws_reader, refuses_a_message_over_its_cap_before_taking_its_bytes)
{
    struct ws_bytes bytes = ws_hex("02 7e 00c8");
    struct ws_bytes rest = ws_hex("00 7e 00c8");
    struct ws_bytes over = ws_hex("80 01");
    struct ald_ws_message message;
    struct reader_rig rig;
    uint8_t filler[200] = {0};

    rig_open(&rig, ALD_WS_CLIENT, 400);
    ald_check_int(rig_feed(&rig, bytes.data, bytes.size, &message), ALD_WS_READER_HUNGRY);
    ald_check_int(rig_feed(&rig, filler, sizeof(filler), &message), ALD_WS_READER_HUNGRY);
    ald_check_int(rig_feed(&rig, rest.data, rest.size, &message), ALD_WS_READER_HUNGRY);
    ald_check_int(rig_feed(&rig, filler, sizeof(filler), &message), ALD_WS_READER_HUNGRY);
    ald_check(ald_ws_reader_held(&rig.reader) <= 400);
    ald_check_int(rig_feed(&rig, over.data, over.size, &message), ALD_WS_READER_BROKEN);
    ald_check_int(ald_ws_reader_fault(&rig.reader)->code, ALD_WS_CLOSE_TOO_BIG);
    ald_check_str(ald_str(ald_ws_reader_fault(&rig.reader)->reason), "Message is too big");
    rig_close(&rig);
}

ALD_TEST(ws_reader, takes_a_message_of_exactly_its_cap)
{
    uint8_t data[4 + 200] = {0x02, 0x7e, 0x00, 0xc8};
    struct ws_bytes last = ws_hex("80 00");
    struct ald_ws_message message;
    struct reader_rig rig;

    rig_open(&rig, ALD_WS_CLIENT, 400);
    ald_check_int(rig_feed(&rig, data, sizeof(data), &message), ALD_WS_READER_HUNGRY);
    data[0] = 0x00;
    ald_check_int(rig_feed(&rig, data, sizeof(data), &message), ALD_WS_READER_HUNGRY);
    ald_check_int(rig_feed(&rig, last.data, last.size, &message), 0);
    ald_check_int(message.payload.size, 400);
    ald_slice_clear(&message.payload);
    rig_close(&rig);
}

/* The cap is one message's, not the sum of all. */
ALD_TEST(ws_reader, counts_each_message_by_itself)
{
    uint8_t data[4 + 200] = {0x82, 0x7e, 0x00, 0xc8};
    struct ald_ws_message message;
    struct reader_rig rig;

    rig_open(&rig, ALD_WS_CLIENT, 200);
    for (size_t i = 0; i < 5; i++) {
        ald_check_int(rig_feed(&rig, data, sizeof(data), &message), 0);
        ald_slice_clear(&message.payload);
    }
    rig_close(&rig);
}

ALD_TEST(ws_reader, stays_broken)
{
    struct ws_bytes bad = ws_hex("83 00"), good = ws_hex("82 01 61");
    struct ald_ws_message message;
    struct reader_rig rig;

    rig_open(&rig, ALD_WS_CLIENT, 400);
    ald_check(ald_ws_reader_fault(&rig.reader) == NULL);
    ald_check_int(rig_feed(&rig, bad.data, bad.size, &message), ALD_WS_READER_BROKEN);
    ald_check_int(rig_feed(&rig, good.data, good.size, &message), ALD_WS_READER_BROKEN);
    ald_check_int(ald_ws_reader_fault(&rig.reader)->code, ALD_WS_CLOSE_PROTOCOL);
    ald_check(!ald_ws_reader_closed(&rig.reader));
    ald_check(!ald_ws_reader_idle(&rig.reader));
    rig_close(&rig);
}

ALD_TEST(ws_reader, drops_what_follows_a_close)
{
    struct ws_bytes bytes = ws_hex("88 02 03e8"), more = ws_hex("82 01 61 83");
    struct ald_ws_message message;
    struct reader_rig rig;

    rig_open(&rig, ALD_WS_CLIENT, 400);
    ald_check(!ald_ws_reader_closed(&rig.reader));
    ald_check_int(rig_feed(&rig, bytes.data, bytes.size, &message), 0);
    ald_check_int(message.opcode, ALD_WS_CLOSE);
    ald_check(ald_ws_reader_closed(&rig.reader));
    ald_check_int(rig_feed(&rig, more.data, more.size, &message), ALD_WS_READER_HUNGRY);
    ald_check(ald_ws_reader_closed(&rig.reader) && ald_ws_reader_idle(&rig.reader));
    rig_close(&rig);
}

/* The splitter's frames, encoded as exchange.md section 2.5 has them, come back as one message of the largest size. */
ALD_TEST(ws_reader, largest_message_survives_splitting_and_reassembly)
{
    uint8_t *frame = malloc(ALD_WS_HEAD_MAX + ALD_WS_FRAME_SIZE);
    struct ald_ws_message message = {.opcode = 0};
    struct ald_ws_splitter splitter;
    struct ald_ws_piece piece;
    struct reader_rig rig;
    size_t n_frames = 0;
    int r = ALD_WS_READER_HUNGRY;

    rig_open(&rig, ALD_WS_SERVER, ALD_WS_MESSAGE_MAX);
    ald_ws_splitter_init(&splitter, ALD_WS_BINARY, ALD_WS_MESSAGE_MAX, ALD_WS_FRAME_SIZE);
    while (ald_ws_splitter_next(&splitter, &piece)) {
        const uint8_t key[ALD_WS_KEY_SIZE] = {(uint8_t)n_frames, 1, 2, 3};
        size_t n = ald_ws_head_write(frame, piece.fin, piece.opcode, piece.size, key);

        ald_check_int(r, ALD_WS_READER_HUNGRY);
        memset(frame + n, (int)n_frames, (size_t)piece.size);
        ald_ws_mask(frame + n, (size_t)piece.size, key, 0);
        r = rig_feed(&rig, frame, n + (size_t)piece.size, &message);
        n_frames++;
    }
    ald_check_int(r, 0);
    ald_check_int(n_frames, 200);
    ald_check_int(message.payload.size, 13107200);
    for (size_t i = 0; i < message.payload.size; i += 4096) {
        ald_check_int(message.payload.data[i], i / 65536);
    }
    ald_slice_clear(&message.payload);
    rig_close(&rig);
    free(frame);
}

/* Each allocation fails in turn: the reader says so, holds nothing that it forgets, and takes the range's slices back. */
ALD_TEST(ws_reader, survives_short_memory)
{
    struct ws_bytes bytes = ws_hex("02 03 616263 00 03 646566 80 01 67");
    uint64_t n = 1;

    for (bool failed = true; failed; n++) {
        ALD_AUTO(ald_block_unref) struct ald_block *block = ws_block(bytes.data, bytes.size);
        struct ald_ws_message message = {.opcode = 0};
        struct ald_ws_reader reader;
        size_t used;
        int r;

        ald_ws_reader_init(&reader, ALD_WS_CLIENT, 1000, 1000);
        ald_alloc_fail_at(n);
        r = ald_ws_reader_next(&reader, block, block->data, bytes.size, &used, &message);
        failed = ald_alloc_fail_off();
        ald_check_int(r, failed ? ALDIS_E_NOMEM : 0);
        ald_check_int(block->refs, 1);
        ald_check_str(ald_slice_str(message.payload), failed ? "" : "abcdefg");
        ald_slice_clear(&message.payload);
        ald_ws_reader_fini(&reader);
    }
    ald_check(n > 2);
}

ALD_TEST_MAIN(ws_reader, ALD_CASE(ws_reader, tells_what_the_bytes_mean_however_they_are_split),
              ALD_CASE(ws_reader, tells_the_begin_of_it_when_cut),
              ALD_CASE(ws_reader, server_hears_what_a_client_encodes),
              ALD_CASE(ws_reader, whole_frame_is_handed_on_without_a_copy),
              ALD_CASE(ws_reader, split_frame_is_copied_and_pins_no_range),
              ALD_CASE(ws_reader, memory_follows_what_has_arrived),
              ALD_CASE(ws_reader, refuses_a_message_over_its_cap_before_taking_its_bytes),
              ALD_CASE(ws_reader, takes_a_message_of_exactly_its_cap),
              ALD_CASE(ws_reader, counts_each_message_by_itself), ALD_CASE(ws_reader, stays_broken),
              ALD_CASE(ws_reader, drops_what_follows_a_close), ALD_CASE(ws_reader, survives_short_memory),
              ALD_CASE(ws_reader, largest_message_survives_splitting_and_reassembly))
