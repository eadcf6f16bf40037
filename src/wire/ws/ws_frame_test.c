#include "wire/ws/ws_frame.h"

#include "lib/panic.h"
#include "lib/test.h"

static const uint8_t test_key[ALD_WS_KEY_SIZE] = {0x37, 0xfa, 0x21, 0x3d};

static void check_bytes(const uint8_t *actual, size_t size, const char *expected, size_t expected_size)
{
    ald_check_int(size, expected_size);
    assert_memory_equal(actual, expected, size);
}
#define CHECK_BYTES(actual, size, literal) check_bytes((actual), (size), (literal), sizeof(literal) - 1)

ALD_TEST(ws_frame, length_takes_the_fewest_bytes)
{
    uint8_t head[ALD_WS_HEAD_MAX];

    CHECK_BYTES(head, ald_ws_head_write(head, true, ALD_WS_TEXT, 0, NULL), "\x81\x00");
    CHECK_BYTES(head, ald_ws_head_write(head, true, ALD_WS_BINARY, 125, NULL), "\x82\x7d");
    CHECK_BYTES(head, ald_ws_head_write(head, false, ALD_WS_BINARY, 126, NULL), "\x02\x7e\x00\x7e");
    CHECK_BYTES(head, ald_ws_head_write(head, true, ALD_WS_CONTINUATION, 65535, NULL), "\x80\x7e\xff\xff");
    CHECK_BYTES(head, ald_ws_head_write(head, true, ALD_WS_BINARY, 65536, NULL),
                "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00");
}

ALD_TEST(ws_frame, masked_head_ends_in_the_key)
{
    uint8_t head[ALD_WS_HEAD_MAX];

    CHECK_BYTES(head, ald_ws_head_write(head, true, ALD_WS_TEXT, 5, test_key), "\x81\x85\x37\xfa\x21\x3d");
    ald_check_int(ald_ws_head_write(head, true, ALD_WS_BINARY, UINT64_C(1) << 62, test_key), ALD_WS_HEAD_MAX);
}

ALD_TEST(ws_frame, head_that_nobody_would_accept_is_our_mistake)
{
    uint8_t head[ALD_WS_HEAD_MAX];

    ald_check_panics((void)ald_ws_head_write(head, false, ALD_WS_PING, 0, NULL));
    ald_check_panics((void)ald_ws_head_write(head, true, ALD_WS_PING, 126, NULL));
    ald_check_panics((void)ald_ws_head_write(head, true, ALD_WS_BINARY, UINT64_C(1) << 63, NULL));
    ald_check_panics((void)ald_ws_head_write(head, true, 16, 0, NULL));
}

/* RFC 6455 section 5.7: "Hello" under this key. */
ALD_TEST(ws_frame, masks_as_the_specification_shows)
{
    uint8_t data[] = {'H', 'e', 'l', 'l', 'o'};

    ald_ws_mask(data, sizeof(data), test_key, 0);
    CHECK_BYTES(data, sizeof(data), "\x7f\x9f\x4d\x51\x58");
    ald_ws_mask(data, sizeof(data), test_key, 0);
    CHECK_BYTES(data, sizeof(data), "Hello");
}

/* Against the one-line definition of section 5.3, for every alignment, offset and length around a word. */
ALD_TEST(ws_frame, masks_the_same_at_every_offset_and_length)
{
    uint8_t plain[128], masked[128];

    for (size_t i = 0; i < sizeof(plain); i++) {
        plain[i] = (uint8_t)(i * 37);
    }
    for (size_t from = 0; from < 9; from++) {
        for (size_t size = 0; size + from <= 110; size++) {
            for (uint64_t offset = 0; offset < 9; offset++) {
                memset(masked, 0xEE, sizeof(masked));
                ald_ws_mask_copy(masked + from, plain + from, size, test_key, UINT64_C(0xFFFFFFFF0) + offset);
                for (size_t i = 0; i < size; i++) {
                    ald_check_int(masked[from + i], plain[from + i] ^ test_key[(offset + i) % 4]);
                }
                ald_check_int(masked[from + size], 0xEE);
                ald_ws_mask(masked + from, size, test_key, UINT64_C(0xFFFFFFFF0) + offset); /* where it lies */
                ald_check(memcmp(masked + from, plain + from, size) == 0);
                ald_check_int(masked[from + size], 0xEE);
            }
        }
    }
}

ALD_TEST(ws_frame, control_frame_is_written_whole)
{
    uint8_t frame[ALD_WS_CONTROL_FRAME_MAX];
    char body[ALD_WS_CONTROL_MAX + 1] = {0};

    CHECK_BYTES(frame, ald_ws_control_write(frame, ALD_WS_PING, ALD_STR(""), NULL), "\x89\x00");
    CHECK_BYTES(frame, ald_ws_control_write(frame, ALD_WS_PONG, ALD_STR("Hello"), NULL), "\x8a\x05Hello");
    CHECK_BYTES(frame, ald_ws_control_write(frame, ALD_WS_PONG, ALD_STR("Hello"), test_key),
                "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    ald_check_int(ald_ws_control_write(frame, ALD_WS_PING, ald_str_of(body, ALD_WS_CONTROL_MAX), test_key),
                  ALD_WS_CONTROL_FRAME_MAX);
    ald_check_panics((void)ald_ws_control_write(frame, ALD_WS_PING, ald_str_of(body, sizeof(body)), NULL));
    ald_check_panics((void)ald_ws_control_write(frame, ALD_WS_TEXT, ALD_STR("x"), NULL));
}

ALD_TEST(ws_frame, close_frame_carries_code_and_reason)
{
    uint8_t frame[ALD_WS_CONTROL_FRAME_MAX];

    CHECK_BYTES(frame, ald_ws_close_write(frame, 1000, ALD_STR(""), NULL), "\x88\x02\x03\xe8");
    CHECK_BYTES(frame, ald_ws_close_write(frame, 1002, ALD_STR("no"), NULL), "\x88\x04\x03\xeano");
    CHECK_BYTES(frame, ald_ws_close_write(frame, ALD_WS_CLOSE_NONE, ALD_STR("dropped"), NULL), "\x88\x00");
    ald_check_panics((void)ald_ws_close_write(frame, 1006, ALD_STR(""), NULL));
    ald_check_panics((void)ald_ws_close_write(frame, 0, ALD_STR(""), NULL));
}

/* A character of two bytes lies across the limit of 123 bytes: it goes as a whole. */
ALD_TEST(ws_frame, close_reason_is_cut_between_characters)
{
    uint8_t frame[ALD_WS_CONTROL_FRAME_MAX];
    char reason[200];

    memset(reason, 'a', sizeof(reason));
    ald_check_int(ald_ws_close_write(frame, 1011, ald_str_of(reason, 123), NULL), 2 + 125);
    ald_check_int(ald_ws_close_write(frame, 1011, ald_str_of(reason, 200), NULL), 2 + 125);
    memcpy(reason + 122, "\xc3\xa9", 2);
    ald_check_int(ald_ws_close_write(frame, 1011, ald_str_of(reason, 200), NULL), 2 + 124);
    memcpy(reason + 120, "\xf0\x9f\x9a\xa2", 4);
    ald_check_int(ald_ws_close_write(frame, 1011, ald_str_of(reason, 124), NULL), 2 + 122);
}

ALD_TEST(ws_frame, close_reason_that_is_no_text_is_left_out)
{
    uint8_t frame[ALD_WS_CONTROL_FRAME_MAX];

    CHECK_BYTES(frame, ald_ws_close_write(frame, 1011, ALD_STR("\xff"), NULL), "\x88\x02\x03\xf3");
}

ALD_TEST(ws_frame, only_some_close_codes_may_travel)
{
    static const uint32_t good[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                                    1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999};
    static const uint32_t bad[] = {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535};

    for (size_t i = 0; i < ALD_COUNT(good); i++) {
        ald_check(ald_ws_close_code_valid(good[i]));
    }
    for (size_t i = 0; i < ALD_COUNT(bad); i++) {
        ald_check(!ald_ws_close_code_valid(bad[i]));
    }
}

static void check_piece(struct ald_ws_splitter *splitter, uint8_t opcode, uint64_t size, bool fin)
{
    struct ald_ws_piece piece;

    ald_check(ald_ws_splitter_next(splitter, &piece));
    ald_check_int(piece.opcode, opcode);
    ald_check_int(piece.size, size);
    ald_check(piece.fin == fin);
}

ALD_TEST(ws_frame, message_that_fits_is_one_frame)
{
    struct ald_ws_splitter splitter;
    struct ald_ws_piece piece;

    ald_ws_splitter_init(&splitter, ALD_WS_BINARY, 0, ALD_WS_FRAME_SIZE);
    check_piece(&splitter, ALD_WS_BINARY, 0, true);
    ald_check(!ald_ws_splitter_next(&splitter, &piece));
    ald_check(!ald_ws_splitter_next(&splitter, &piece));

    ald_ws_splitter_init(&splitter, ALD_WS_TEXT, 65536, ALD_WS_FRAME_SIZE);
    check_piece(&splitter, ALD_WS_TEXT, 65536, true);
    ald_check(!ald_ws_splitter_next(&splitter, &piece));
}

/* exchange.md section 2.5. */
ALD_TEST(ws_frame, longer_message_is_split)
{
    struct ald_ws_splitter splitter;
    struct ald_ws_piece piece;

    ald_ws_splitter_init(&splitter, ALD_WS_BINARY, 65537, ALD_WS_FRAME_SIZE);
    check_piece(&splitter, ALD_WS_BINARY, 65536, false);
    check_piece(&splitter, ALD_WS_CONTINUATION, 1, true);
    ald_check(!ald_ws_splitter_next(&splitter, &piece));

    ald_ws_splitter_init(&splitter, ALD_WS_BINARY, 30, 10);
    check_piece(&splitter, ALD_WS_BINARY, 10, false);
    check_piece(&splitter, ALD_WS_CONTINUATION, 10, false);
    check_piece(&splitter, ALD_WS_CONTINUATION, 10, true);
    ald_check(!ald_ws_splitter_next(&splitter, &piece));
}

ALD_TEST_MAIN(
    ws_frame, ALD_CASE(ws_frame, length_takes_the_fewest_bytes), ALD_CASE(ws_frame, masked_head_ends_in_the_key),
    ALD_CASE(ws_frame, head_that_nobody_would_accept_is_our_mistake),
    ALD_CASE(ws_frame, masks_as_the_specification_shows), ALD_CASE(ws_frame, masks_the_same_at_every_offset_and_length),
    ALD_CASE(ws_frame, control_frame_is_written_whole), ALD_CASE(ws_frame, close_frame_carries_code_and_reason),
    ALD_CASE(ws_frame, close_reason_is_cut_between_characters),
    ALD_CASE(ws_frame, close_reason_that_is_no_text_is_left_out), ALD_CASE(ws_frame, only_some_close_codes_may_travel),
    ALD_CASE(ws_frame, message_that_fits_is_one_frame), ALD_CASE(ws_frame, longer_message_is_split))
