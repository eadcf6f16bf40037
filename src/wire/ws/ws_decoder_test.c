#include "wire/ws/ws_decoder.h"

#include "wire/ws/ws_test.h"

/* The rules of the protocol are tested where whole messages come out, in ws_reader_test.c; here, how the parts lie. */

struct decoder_rig {
    struct ald_ws_decoder decoder;
    struct ald_block *block;
    size_t at;
};

static void rig_open(struct decoder_rig *rig, enum ald_ws_role role, const char *hex)
{
    struct ws_bytes bytes = ws_hex(hex);

    ald_ws_decoder_init(&rig->decoder, role, 1000, 1000);
    rig->block = ws_block(bytes.data, bytes.size);
    rig->at = 0;
}

static void rig_close(struct decoder_rig *rig)
{
    ald_check_int(rig->block->refs, 1);
    rig->block = ald_block_unref(rig->block);
}

/* The next part from at most `size` further bytes. */
static int rig_next(struct decoder_rig *rig, size_t size, struct ald_ws_part *ret_part)
{
    size_t used = 0, rest = ALD_MIN(size, rig->block->size - rig->at);
    int r = ald_ws_decoder_next(&rig->decoder, rig->block, rig->block->data + rig->at, rest, &used, ret_part);

    ald_check(used <= rest);
    ald_check(r != ALD_WS_DECODER_HUNGRY || used == rest);
    rig->at += used;
    return r;
}

static void check_part(struct ald_ws_part *part, const char *payload, bool begins, bool ends, uint64_t frame_left)
{
    ald_check_str(ald_slice_str(part->payload), payload);
    ald_check(part->begins == begins);
    ald_check(part->ends == ends);
    ald_check_int(part->frame_left, frame_left);
    ald_slice_clear(&part->payload);
}

ALD_TEST(ws_decoder, unmasks_where_the_bytes_lie)
{
    struct ald_ws_part part;
    struct decoder_rig rig;

    rig_open(&rig, ALD_WS_SERVER, "81 85 37fa213d 7f9f4d5158");
    ald_check_int(rig_next(&rig, 100, &part), 0);
    ald_check(part.payload.block == rig.block && part.payload.data == rig.block->data + 6);
    ald_check_int(part.opcode, ALD_WS_TEXT);
    ald_check(part.frame_fin);
    assert_memory_equal(rig.block->data + 6, "Hello", 5);
    check_part(&part, "Hello", true, true, 0);
    rig_close(&rig);
}

ALD_TEST(ws_decoder, gives_one_part_a_call_and_leaves_the_rest)
{
    struct ald_ws_part part;
    struct decoder_rig rig;

    rig_open(&rig, ALD_WS_CLIENT, "82 01 61 89 01 70 82 02 6263 82");
    ald_check_int(rig_next(&rig, 100, &part), 0);
    check_part(&part, "a", true, true, 0);
    ald_check_int(rig.at, 3);
    ald_check_int(rig_next(&rig, 100, &part), 0);
    ald_check_int(part.opcode, ALD_WS_PING);
    ald_check_str(part.control, "p");
    ald_check_int(rig.at, 6);
    ald_check_int(rig_next(&rig, 100, &part), 0);
    check_part(&part, "bc", true, true, 0);
    ald_check(ald_ws_decoder_idle(&rig.decoder));
    ald_check_int(rig_next(&rig, 100, &part), ALD_WS_DECODER_HUNGRY);
    ald_check(!ald_ws_decoder_idle(&rig.decoder));
    rig_close(&rig);
}

ALD_TEST(ws_decoder, reports_what_is_missing_of_a_partial_frame)
{
    struct ald_ws_part part;
    struct decoder_rig rig;

    rig_open(&rig, ALD_WS_SERVER, "02 86 01020304 606066 656769 80 81 00000000 67");
    ald_check_int(rig_next(&rig, 6, &part), ALD_WS_DECODER_HUNGRY);
    ald_check_int(rig_next(&rig, 3, &part), 0);
    ald_check_int(part.opcode, ALD_WS_BINARY);
    ald_check(!part.frame_fin);
    check_part(&part, "abe", true, false, 3);
    ald_check_int(rig_next(&rig, 0, &part), ALD_WS_DECODER_HUNGRY);
    ald_check_int(rig_next(&rig, 3, &part), 0);
    check_part(&part, "afk", false, false, 0);
    ald_check(!ald_ws_decoder_idle(&rig.decoder)); /* between the fragments of a message */
    ald_check_int(rig_next(&rig, 100, &part), 0);
    ald_check_int(part.opcode, ALD_WS_BINARY);
    ald_check(part.frame_fin);
    check_part(&part, "g", false, true, 0);
    ald_check(ald_ws_decoder_idle(&rig.decoder));
    rig_close(&rig);
}

ALD_TEST(ws_decoder, control_frame_is_whole_however_it_was_split)
{
    struct ald_ws_part part;
    struct decoder_rig rig;

    rig_open(&rig, ALD_WS_SERVER, "8a 85 37fa213d 7f9f4d5158");
    for (size_t i = 0; i < 10; i++) {
        ald_check_int(rig_next(&rig, 1, &part), ALD_WS_DECODER_HUNGRY);
    }
    ald_check_int(rig_next(&rig, 1, &part), 0);
    ald_check_int(part.opcode, ALD_WS_PONG);
    ald_check_str(part.control, "Hello");
    rig_close(&rig);
}

/* Refused with the header, so a peer cannot make us take what we will not keep. */
ALD_TEST(ws_decoder, refuses_before_the_payload_comes)
{
    struct ald_ws_part part;
    struct decoder_rig rig;

    rig_open(&rig, ALD_WS_CLIENT, "82 7e 03e9");
    ald_check_int(rig_next(&rig, 100, &part), ALD_WS_DECODER_BROKEN);
    ald_check_int(ald_ws_decoder_fault(&rig.decoder)->code, ALD_WS_CLOSE_TOO_BIG);
    ald_check_int(rig_next(&rig, 100, &part), ALD_WS_DECODER_BROKEN);
    rig_close(&rig);
}

/* The two bytes of a frame that can already be judged are, without waiting for its length and key. */
ALD_TEST(ws_decoder, refuses_as_soon_as_two_bytes_tell)
{
    struct ald_ws_part part;
    struct decoder_rig rig;

    rig_open(&rig, ALD_WS_SERVER, "82 7f");
    ald_check_int(rig_next(&rig, 1, &part), ALD_WS_DECODER_HUNGRY);
    ald_check_int(rig_next(&rig, 1, &part), ALD_WS_DECODER_BROKEN);
    ald_check_str(ald_str(ald_ws_decoder_fault(&rig.decoder)->reason), "Frame of a client is not masked");
    rig_close(&rig);
}

/* Found by fuzzing against wslay, which did not wait for the key either. */
ALD_TEST(ws_decoder, refuses_a_length_before_the_key_comes)
{
    struct ald_ws_part part;
    struct decoder_rig rig;

    rig_open(&rig, ALD_WS_SERVER, "82 ff ffffffffffffff00");
    ald_check_int(rig_next(&rig, 9, &part), ALD_WS_DECODER_HUNGRY);
    ald_check_int(rig_next(&rig, 1, &part), ALD_WS_DECODER_BROKEN);
    ald_check_str(ald_str(ald_ws_decoder_fault(&rig.decoder)->reason), "Length has its top bit set");
    rig_close(&rig);
}

/* The bytes before the bad one have been handed on by then, the message they belong to never ends. */
ALD_TEST(ws_decoder, refuses_text_at_its_first_bad_byte)
{
    struct ald_ws_part part;
    struct decoder_rig rig;

    rig_open(&rig, ALD_WS_CLIENT, "01 7e 0100 6162 63ff");
    ald_check_int(rig_next(&rig, 6, &part), 0);
    check_part(&part, "ab", true, false, 254);
    ald_check_int(rig_next(&rig, 2, &part), ALD_WS_DECODER_BROKEN);
    ald_check_int(ald_ws_decoder_fault(&rig.decoder)->code, ALD_WS_CLOSE_DATA);
    rig_close(&rig);
}

ALD_TEST(ws_decoder, has_a_code_and_a_fitting_reason_for_every_fault)
{
    uint8_t frame[ALD_WS_CONTROL_FRAME_MAX];

    for (uint8_t i = 1; i < ALD_WS_FAULT_KINDS; i++) {
        struct ald_ws_decoder decoder = {.fault = i};
        const struct ald_ws_fault *fault = ald_ws_decoder_fault(&decoder);

        ald_check(ald_ws_close_code_valid(fault->code));
        ald_check_int(ald_ws_close_write(frame, fault->code, ald_str(fault->reason), NULL), 4 + strlen(fault->reason));
    }
}

ALD_TEST_MAIN(ws_decoder, ALD_CASE(ws_decoder, unmasks_where_the_bytes_lie),
              ALD_CASE(ws_decoder, gives_one_part_a_call_and_leaves_the_rest),
              ALD_CASE(ws_decoder, reports_what_is_missing_of_a_partial_frame),
              ALD_CASE(ws_decoder, control_frame_is_whole_however_it_was_split),
              ALD_CASE(ws_decoder, refuses_before_the_payload_comes),
              ALD_CASE(ws_decoder, refuses_as_soon_as_two_bytes_tell),
              ALD_CASE(ws_decoder, refuses_a_length_before_the_key_comes),
              ALD_CASE(ws_decoder, refuses_text_at_its_first_bad_byte),
              ALD_CASE(ws_decoder, has_a_code_and_a_fitting_reason_for_every_fault))
