/*
 * WebSocket decoding, against wslay as its oracle and against itself.
 *
 * An input is four bytes of settings and a stream: role, the seed of the splits, and the cap of messages in two bytes.
 *
 * - What a stream means does not depend on how it was split.
 * - wslay hears the same messages with the same bytes, in the same order, and refuses the same streams with the same
 *   close code. It differs lawfully in this:
 *   1. It judges a frame when its header is whole and its payload has begun; we judge as soon as the bytes tell. So when
 *      we have refused and it has not, it is given more bytes, and must then refuse.
 *   2. It does not know the close codes 1012 to 1014, which were registered after RFC 6455 and which peers of ours send.
 *   3. It takes a close frame of one byte, although section 5.5.1 wants two or none.
 *   4. Of a close frame whose code and reason are both bad it names the reason (1007), we the code (1002).
 *   5. It judges the reason of a close frame as it comes, we when the frame is whole.
 *   6. Its cap of messages holds for control frames, too: the caps tried here are never so small.
 */

#include <wslay/wslay.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "wire/ws/ws_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SETTINGS_SIZE = 4, STORY_MAX = 1 << 22, HEADER_REST = 16 };

/* wslay reads 4096 bytes at a time, and checks a close reason wrongly where one such piece ends. */
enum { ORACLE_MAX = 4000 };

#define must(fact)                                                                                                     \
    do {                                                                                                               \
        if (!(fact)) {                                                                                                 \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #fact);                                   \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

struct settings {
    enum ald_ws_role role;
    uint8_t seed;
    uint64_t message_max;
};

/* What came of a stream: each message as opcode, close code, size and bytes; and how it was refused, or 0. */
struct story {
    struct ald_buf messages;
    uint16_t refused;
    uint8_t fault; /* enum ald_ws_fault_kind, of ours */
    bool closed;
    bool in_close;  /* ended inside a close frame */
    bool late_code; /* closed with a code that wslay does not know */
};

static void story_push(struct story *story, uint8_t opcode, uint16_t code, const void *bytes, size_t size)
{
    must(ald_buf_pushf(&story->messages, "%u %u %zu:", (unsigned)opcode, (unsigned)code, size) == 0);
    must(ald_buf_push(&story->messages, ald_str_of(bytes, size)) == 0);
}

/* Feed one piece, in a block just as large; false when the reader broke. */
static bool reader_feed(struct ald_ws_reader *reader, const uint8_t *data, size_t size, uint64_t message_max,
                        struct story *story)
{
    ALD_AUTO(ald_block_unref) struct ald_block *block = NULL;
    struct ald_ws_message message;
    size_t at = 0, used = 0;
    int r;

    must(ald_block_new(size, &block) == 0);
    if (size > 0) {
        memcpy(block->data, data, size);
    }
    while ((r = ald_ws_reader_next(reader, block, block->data + at, size - at, &used, &message)) == 0) {
        at += used;
        if (ald_ws_opcode_control(message.opcode)) {
            story_push(story, message.opcode, message.close_code, message.control.data, message.control.size);
            story->late_code = message.close_code >= 1012 && message.close_code <= 1014;
            continue;
        }
        must(message.payload.size <= message_max);
        story_push(story, message.opcode, 0, message.payload.data, message.payload.size);
        ald_slice_clear(&message.payload);
    }
    must(r == ALD_WS_READER_BROKEN || at + used == size);
    must(ald_ws_reader_held(reader) <= ALD_MAX(message_max, (uint64_t)1));
    return r != ALD_WS_READER_BROKEN;
}

/* Read the stream in pieces that follow from `seed`; 0 means in one. */
static void reader_tell(const struct settings *settings, uint8_t seed, const uint8_t *data, size_t size,
                        struct story *story)
{
    struct ald_ws_reader reader;
    uint32_t state = seed;
    size_t at = 0, piece;

    *story = (struct story){.refused = 0};
    ald_buf_init(&story->messages, STORY_MAX);
    ald_ws_reader_init(&reader, settings->role, INT64_MAX, settings->message_max);
    while (at < size) {
        state = state * 1664525 + 1013904223;
        piece = seed == 0 ? size : (seed == 1 ? 1 : 1 + (state >> 24) % seed);
        piece = ALD_MIN(piece, size - at);
        if (!reader_feed(&reader, data + at, piece, settings->message_max, story)) {
            story->refused = ald_ws_reader_fault(&reader)->code;
            story->fault = reader.decoder.fault;
            break;
        }
        at += piece;
    }
    story->closed = ald_ws_reader_closed(&reader);
    story->in_close = story->refused == 0 && reader.decoder.frame_opcode == ALD_WS_CLOSE &&
                      reader.decoder.frame_taken < reader.decoder.frame_size;
    ald_ws_reader_fini(&reader);
}

static bool story_equal(const struct story *a, const struct story *b)
{
    return a->refused == b->refused && a->closed == b->closed &&
           ald_str_equal(ald_buf_str(&a->messages), ald_buf_str(&b->messages));
}

/* wslay, what it reads from, and what it sends. */
struct oracle {
    wslay_event_context_ptr context;
    const uint8_t *data;
    size_t size, at;
    struct story story;
    struct ald_buf sent;
};

static ssize_t oracle_recv(wslay_event_context_ptr context, uint8_t *to, size_t room, int flags ALD_UNUSED, void *user)
{
    struct oracle *oracle = user;
    size_t n = ALD_MIN(room, oracle->size - oracle->at);

    if (n == 0) {
        wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(to, oracle->data + oracle->at, n);
    oracle->at += n;
    return (ssize_t)n;
}

static ssize_t oracle_send(wslay_event_context_ptr context ALD_UNUSED, const uint8_t *data, size_t size,
                           int flags ALD_UNUSED, void *user)
{
    struct oracle *oracle = user;

    must(ald_buf_push(&oracle->sent, ald_str_of(data, size)) == 0);
    return (ssize_t)size;
}

static int oracle_mask(wslay_event_context_ptr context ALD_UNUSED, uint8_t *key, size_t size, void *user ALD_UNUSED)
{
    memset(key, 0, size);
    return 0;
}

static void oracle_message(wslay_event_context_ptr context ALD_UNUSED,
                           const struct wslay_event_on_msg_recv_arg *message, void *user)
{
    struct oracle *oracle = user;
    size_t skip = message->opcode == WSLAY_CONNECTION_CLOSE && message->msg_length >= 2 ? 2 : 0;
    uint16_t code = message->opcode == WSLAY_CONNECTION_CLOSE ? ALD_WS_CLOSE_NONE : 0;

    if (message->opcode == WSLAY_CONNECTION_CLOSE) {
        oracle->story.closed = true;
        code = message->msg_length >= 2 ? message->status_code : code;
    }
    if (message->msg_length > skip) {
        story_push(&oracle->story, message->opcode, code, message->msg + skip, message->msg_length - skip);
    } else {
        story_push(&oracle->story, message->opcode, code, NULL, 0);
    }
}

/* The code of the close frame among what it wants to send, all of it pongs otherwise; 0 when there is none. */
static uint16_t oracle_close_code(struct oracle *oracle)
{
    const uint8_t *sent;
    size_t at = 0, size, head;

    while (wslay_event_want_write(oracle->context)) {
        must(wslay_event_send(oracle->context) == 0);
    }
    sent = (const uint8_t *)ald_buf_str(&oracle->sent).data;
    size = ald_buf_size(&oracle->sent);
    while (at + 2 <= size) {
        head = (sent[at + 1] & 0x80) != 0 ? 6 : 2; /* the key is zero */
        if ((sent[at] & 0x0F) == WSLAY_CONNECTION_CLOSE && (sent[at + 1] & 0x7F) >= 2) {
            return (uint16_t)(sent[at + head] << 8 | sent[at + head + 1]);
        }
        at += head + (sent[at + 1] & 0x7F);
    }
    return 0;
}

static void oracle_open(struct oracle *oracle, const struct settings *settings)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = oracle_recv,
        .send_callback = oracle_send,
        .genmask_callback = oracle_mask,
        .on_msg_recv_callback = oracle_message,
    };

    *oracle = (struct oracle){.data = NULL};
    ald_buf_init(&oracle->story.messages, STORY_MAX);
    ald_buf_init(&oracle->sent, STORY_MAX);
    must((settings->role == ALD_WS_SERVER ? wslay_event_context_server_init : wslay_event_context_client_init)(
             &oracle->context, &callbacks, oracle) == 0);
    wslay_event_config_set_max_recv_msg_length(oracle->context, settings->message_max);
}

static void oracle_close(struct oracle *oracle)
{
    wslay_event_context_free(oracle->context);
    ald_buf_fini(&oracle->story.messages);
    ald_buf_fini(&oracle->sent);
}

/* Feed `data`; afterwards it has refused, has heard a close, or waits for more. */
static void oracle_tell(struct oracle *oracle, const uint8_t *data, size_t size)
{
    oracle->data = data;
    oracle->size = size;
    oracle->at = 0;
    while (wslay_event_want_read(oracle->context) && oracle->at < oracle->size) {
        if (wslay_event_recv(oracle->context) != 0) {
            /* A frame that is none. It queues a close without a code, although it means 1002. */
            oracle->story.refused = ALD_WS_CLOSE_PROTOCOL;
            return;
        }
    }
    if (!wslay_event_want_read(oracle->context) && !oracle->story.closed) {
        oracle->story.refused = oracle_close_code(oracle);
        must(oracle->story.refused != 0);
    }
}

static void compare(const struct settings *settings, const uint8_t *data, size_t size, const struct story *ours)
{
    static const uint8_t more[HEADER_REST];
    struct oracle oracle;

    oracle_open(&oracle, settings);
    oracle_tell(&oracle, data, size);
    if (ours->refused != 0 && oracle.story.refused == 0) {
        oracle_tell(&oracle, more, sizeof(more)); /* 1 */
    }
    if (!ours->late_code && ours->fault != ALD_WS_FAULT_CLOSE_SHORT && !ours->in_close) { /* 2, 3, 5 */
        must((ours->refused != 0) == (oracle.story.refused != 0));
        must(ours->refused == oracle.story.refused || ours->fault == ALD_WS_FAULT_CLOSE_CODE); /* 4 */
        must(ours->closed == oracle.story.closed);
        must(ald_str_equal(ald_buf_str(&ours->messages), ald_buf_str(&oracle.story.messages)));
    }
    oracle_close(&oracle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings;
    struct story whole, split, single;

    if (size < SETTINGS_SIZE) {
        return 0;
    }
    settings.role = (data[0] & 1) == 0 ? ALD_WS_SERVER : ALD_WS_CLIENT;
    settings.seed = data[1];
    settings.message_max = ALD_WS_CONTROL_MAX + ((uint64_t)data[2] << 8 | data[3]); /* 6 */
    data += SETTINGS_SIZE;
    size -= SETTINGS_SIZE;

    reader_tell(&settings, 0, data, size, &whole);
    reader_tell(&settings, 1, data, size, &single);
    reader_tell(&settings, settings.seed, data, size, &split);
    must(story_equal(&whole, &single));
    must(story_equal(&whole, &split));
    if (size <= ORACLE_MAX) {
        compare(&settings, data, size, &whole);
    }
    ald_buf_fini(&whole.messages);
    ald_buf_fini(&single.messages);
    ald_buf_fini(&split.messages);
    return 0;
}
