/*
 * Dialect exchange, every variant, role and state. The first byte chooses them; then come messages, each ended by a
 * NUL:
 *
 *     0x01       time passes until the deadline
 *     0x02 TEXT  a text message
 *     0x03       the end under test asks for health, under an id that a message can name
 *     anything   a binary message
 *
 * What must hold: a message makes a bounded number of signals and frames; every frame that is written is understood by
 * the other end; and a signal that was read, written by the other end and read again has become what it stays, however
 * often that is repeated, and has kept its meaning.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/exchange_pair.h"

enum { SIGNALS_MAX = 4, FRAMES_MAX = 2, MESSAGE_LIMIT = 64 };

struct fuzz {
    uint32_t variant;
    enum ald_role role;
    bool fresh;
    struct pair pair;
    struct pair_end *end;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t counters_said(const struct pair_end *end)
{
    return end->counters[ALD_EXCHANGE_N_DROPPED_SIGNAL] + end->counters[ALD_EXCHANGE_N_RESERVED_NAME] +
           end->counters[ALD_EXCHANGE_N_TOO_LARGE];
}

/* What a frame says to the other end, which is ready for anything; false when the frame was for nobody. */
static bool frame_read(enum ald_role reader, struct ald_str bytes, struct ald_buf *line, struct pair *pair,
                       struct ald_signal *ret_signal)
{
    struct pair_end *end;

    end = reader == ALD_ROLE_HUB ? &pair->hub : &pair->party;
    pair_feed(pair, end, bytes);
    if (!pair_next(end, ret_signal)) {
        return false;
    }
    pair_print(line, reader, ret_signal);
    return true;
}

/* Write what `read` means at the other end, in a conversation of its own, and read it again. */
static bool signal_again(const struct fuzz *fuzz, struct pair *pair, const struct ald_signal *read,
                         struct ald_buf *line, struct ald_signal *ret_signal)
{
    bool hub = fuzz->role == ALD_ROLE_HUB;
    struct pair_end *writer = hub ? &pair->party : &pair->hub;
    struct ald_signal said;
    struct ald_frame frame;
    struct ald_buf bytes;
    uint64_t before;
    bool again = false;

    pair_open(pair, fuzz->variant);
    if (read->kind != ALD_SIGNAL_REGISTER) {
        pair_greet(pair);
    }
    ald_buf_init(&bytes, 16 * PAIR_MESSAGE_MAX);
    before = counters_said(writer);
    PAIR_MUST(pair_mirror(pair, fuzz->role, read, ALD_STR_NONE, &said));
    if (said.msg != NULL) {
        said.from = said.msg->from.target; /* as if the hub knew it to be true */
    }
    pair_emit(pair, writer, &said);
    if (pair_drain(writer, &bytes, &frame)) {
        PAIR_MUST(frame.ordinal == said.ordinal);
        again = frame_read(fuzz->role, ald_buf_str(&bytes), line, pair, ret_signal);
        PAIR_MUST(again);
        PAIR_MUST(!pair_drain(writer, &bytes, &frame));
    } else {
        PAIR_MUST(counters_said(writer) > before || read->kind == ALD_SIGNAL_LEAVE); /* legacy closes instead */
    }
    ald_signal_clear(&said);
    ald_buf_fini(&bytes);
    return again;
}

/* Of whoever submitted, a hub says the target and nothing else, whatever another one said. */
static bool sender_is_a_target(const struct ald_address *from)
{
    return !ald_str_present(from->hub) && !ald_str_present(from->channel) && from->scope == ALD_SCOPE_ONE;
}

/* A signal that loses nothing by being said again: the extension has a word for everything in it. */
static bool signal_is_whole(const struct fuzz *fuzz, const struct ald_signal *signal)
{
    char id[ALD_ID_TEXT];

    if ((fuzz->variant & ALD_EXCHANGE_EXTENDED) == 0) {
        return false;
    }
    switch (signal->kind) {
    case ALD_SIGNAL_REGISTER:
        return true;
    case ALD_SIGNAL_STATUS:
        ald_id_format(signal->id, id);
        if (ald_str_present(signal->msg->name) || signal->msg->payload.data != NULL) {
            return false; /* it was a pending reply */
        }
        return fuzz->role == ALD_ROLE_PARTY || ald_str_equal(signal->msg->wire_id, ald_str_of(id, sizeof(id)));
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
        if (fuzz->role == ALD_ROLE_PARTY && !sender_is_a_target(&signal->msg->from)) {
            return false;
        }
        /* fall through */
    case ALD_SIGNAL_CANCEL:
        ald_id_format(signal->id, id);
        return fuzz->role == ALD_ROLE_HUB ? ald_str_present(signal->msg->wire_id)
                                          : ald_str_equal(signal->msg->wire_id, ald_str_of(id, sizeof(id)));
    default:
        return false;
    }
}

static void check_meaning(const struct fuzz *fuzz, const struct ald_signal *first, const struct ald_signal *second)
{
    bool event = first->kind == ALD_SIGNAL_EVENT && (fuzz->variant & ALD_EXCHANGE_EXTENDED) == 0;

    PAIR_MUST(event || first->kind == second->kind);
    if (first->kind == ALD_SIGNAL_REPLY && (fuzz->variant & ALD_EXCHANGE_V1) != 0) {
        PAIR_MUST(first->outcome == second->outcome && first->cause == second->cause);
    }
}

/* Signals whose other half is a conversation of their own, which the vectors and the unit tests have. */
static bool signal_is_alone(const struct fuzz *fuzz, const struct ald_signal *signal)
{
    switch (signal->kind) {
    case ALD_SIGNAL_HEALTH:
    case ALD_SIGNAL_PRIMARY:
        return fuzz->role == ALD_ROLE_PARTY;
    case ALD_SIGNAL_LEAVE:
        return !signal->ok;
    case ALD_SIGNAL_REGISTERED:
    case ALD_SIGNAL_DENIED:
    case ALD_SIGNAL_CLOSE:
        return false;
    case ALD_SIGNAL_STATUS:
        return (fuzz->variant & ALD_EXCHANGE_EXTENDED) != 0;
    default:
        return true;
    }
}

static void check_signal(const struct fuzz *fuzz, const struct ald_signal *first)
{
    struct ald_buf lines[3];
    struct ald_signal second, third;
    struct pair pairs[2];

    if (!signal_is_alone(fuzz, first)) {
        return;
    }
    for (size_t i = 0; i < ALD_COUNT(lines); i++) {
        ald_buf_init(&lines[i], 16 * PAIR_MESSAGE_MAX);
    }
    pair_print(&lines[0], fuzz->role, first);
    if (signal_again(fuzz, &pairs[0], first, &lines[1], &second)) {
        check_meaning(fuzz, first, &second);
        PAIR_MUST(!signal_is_whole(fuzz, first) || ald_str_equal(ald_buf_str(&lines[0]), ald_buf_str(&lines[1])));
        PAIR_MUST(signal_again(fuzz, &pairs[1], &second, &lines[2], &third));
        PAIR_MUST(ald_str_equal(ald_buf_str(&lines[1]), ald_buf_str(&lines[2])));
        ald_signal_clear(&third);
        pair_close(&pairs[1]);
        ald_signal_clear(&second);
    }
    pair_close(&pairs[0]);
    for (size_t i = 0; i < ALD_COUNT(lines); i++) {
        ald_buf_fini(&lines[i]);
    }
}

/* --- the end under test ----------------------------------------------------------------------------------------- */

/* A frame of the end under test is understood: it ends nothing but a hello. */
static void check_frame(struct fuzz *fuzz, struct ald_str bytes)
{
    struct ald_signal signal;
    struct pair pair;
    struct pair_end *reader;

    if (ald_str_find(bytes, ALD_STR("\"commandId\"")) == bytes.size &&
        ald_str_find(bytes, ALD_STR("\"id\"")) == bytes.size) {
        return; /* the reply to a null id, which the original could not read either */
    }
    pair_open(&pair, fuzz->variant);
    pair_greet(&pair);
    reader = fuzz->role == ALD_ROLE_HUB ? &pair.party : &pair.hub;
    pair_feed(&pair, reader, bytes);
    while (pair_next(reader, &signal)) {
        PAIR_MUST(signal.kind != ALD_SIGNAL_CLOSE);
        ald_signal_clear(&signal);
    }
    pair_close(&pair);
}

static void take_all(struct fuzz *fuzz)
{
    struct ald_signal signal;
    struct ald_frame frame;
    struct ald_buf bytes;
    size_t n = 0;

    while (pair_next(fuzz->end, &signal)) {
        PAIR_MUST(++n <= SIGNALS_MAX);
        check_signal(fuzz, &signal);
        ald_signal_clear(&signal);
    }
    ald_buf_init(&bytes, 16 * PAIR_MESSAGE_MAX);
    for (n = 0; pair_drain(fuzz->end, &bytes, &frame);) {
        PAIR_MUST(++n <= FRAMES_MAX);
        if (frame.kind == ALD_FRAME_BINARY) {
            check_frame(fuzz, ald_buf_str(&bytes));
        }
    }
    ald_buf_fini(&bytes);
}

static void pass_time(struct fuzz *fuzz)
{
    ald_usec due = ald_dialect_deadline(fuzz->end->dialect);

    if (due != ALD_NEVER) {
        PAIR_MUST(due >= fuzz->pair.now);
        fuzz->pair.now = due;
        PAIR_MUST(ald_dialect_tick(fuzz->end->dialect, due) == 0);
        PAIR_MUST(ald_dialect_deadline(fuzz->end->dialect) > due); /* it does not ask for the same time again */
    }
}

static void ask(struct fuzz *fuzz)
{
    struct ald_signal health = ald_signal_of(ALD_SIGNAL_HEALTH);
    struct ald_frame frame;
    struct ald_buf bytes;

    if (fuzz->role != ALD_ROLE_HUB) {
        return;
    }
    health.id = ald_id_make(9, 9);
    ald_buf_init(&bytes, PAIR_MESSAGE_MAX);
    pair_emit(&fuzz->pair, fuzz->end, &health);
    while (pair_drain(fuzz->end, &bytes, &frame)) {
    }
    ald_buf_fini(&bytes);
}

static void fuzz_message(struct fuzz *fuzz, struct ald_str message)
{
    uint8_t first = message.size > 0 ? (uint8_t)message.data[0] : 0;

    switch (first) {
    case 1:
        pass_time(fuzz);
        break;
    case 2:
        pair_feed_kind(&fuzz->pair, fuzz->end, ALD_FRAME_TEXT, ald_str_from(message, 1));
        break;
    case 3:
        ask(fuzz);
        break;
    default:
        pair_feed(&fuzz->pair, fuzz->end, message);
        break;
    }
    take_all(fuzz);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t variants[] = {ALD_EXCHANGE_V1, 0, ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED};
    struct ald_str left = ald_str_of(data, size);
    struct fuzz fuzz;

    if (size == 0) {
        return 0;
    }
    fuzz = (struct fuzz){.variant = variants[data[0] / 4 % ALD_COUNT(variants)], .fresh = (data[0] & 2) != 0};
    fuzz.role = (data[0] & 1) != 0 ? ALD_ROLE_PARTY : ALD_ROLE_HUB;
    left = ald_str_from(left, 1);
    pair_open(&fuzz.pair, fuzz.variant);
    fuzz.end = fuzz.role == ALD_ROLE_HUB ? &fuzz.pair.hub : &fuzz.pair.party;
    if (!fuzz.fresh) {
        pair_greet(&fuzz.pair);
    }
    for (int i = 0; i < MESSAGE_LIMIT && left.size > 0; i++) {
        size_t end = ald_str_find(left, (struct ald_str){"", 1});

        fuzz_message(&fuzz, ald_str_of(left.data, end));
        left = ald_str_from(left, ALD_MIN(end + 1, left.size));
    }
    pair_close(&fuzz.pair);
    return 0;
}
