/*
 * Dialect communicator: every role and variant. The first byte chooses them; then come steps, each ended by a NUL:
 *
 *     0x01          time passes until the deadline
 *     0x02 NAME     what was asked for is granted, under this name; a party asks for it
 *     0x03 TEXT     and denied
 *     0x04 to 0x07  the last message is said back: as an event, a command, a reply, a report
 *     0x08 TEXT     news, of a topic that the first byte of TEXT chooses
 *     0x0b          a question: health or primary
 *     0x0c          goodbye
 *     0x0e TEXT     an operation; of a party: a question, and a list of what it understands
 *     anything      bytes
 *
 * What must hold: bytes make a bounded number of signals, and frames; every line that is written is sound, and canonical;
 * a datagram is never answered; and what a service says to another, passed on and read again, is still the same.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/comm_pair.h"
#include "msg/news.h"
#include "wire/communicator/comm_line.h"

/* Signals that one line makes: an introduction, and what it says, twice at most. */
enum { SIGNALS_MAX = 3, STEPS_MAX = 64 };

struct fuzz {
    struct comm_world world;
    struct comm_end end;
    struct comm_end receiver, reader; /* of what is passed on */
    struct ald_signal last;
    struct ald_buf text;
    enum ald_role role;
    uint32_t variant;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- what is written -------------------------------------------------------------------------------------------- */

static void line_check(struct ald_str text)
{
    struct ald_comm_reader reader;
    struct ald_comm_line line;
    struct ald_comm_fault fault;

    ald_comm_reader_init(&reader);
    COMM_MUST(ald_comm_line_read(&reader, text, &line, &fault) == 0);
    COMM_MUST(line.params.canonical && !line.json);
    COMM_MUST(line.head.command.size > 0);
    ald_comm_reader_fini(&reader);
}

static void written_check(struct fuzz *fuzz)
{
    struct ald_buf *written = &fuzz->end.written;
    struct ald_str text = ald_buf_str(written);

    if (fuzz->variant == ALD_COMMUNICATOR_DATAGRAM) {
        COMM_MUST(fuzz->role == ALD_ROLE_PARTY || text.size == 0);
        COMM_MUST(text.size <= (size_t)ALD_COMMUNICATOR_DATAGRAM_MAX * 2);
    } else {
        while (text.size > 0) {
            size_t size = ald_str_find(text, ALD_STR("\n"));

            COMM_MUST(size < text.size);
            line_check(ald_str_of(text.data, size));
            text = ald_str_from(text, size + 1);
        }
    }
    ald_buf_cut(written, 0);
}

/* --- what is passed on ------------------------------------------------------------------------------------------ */

static uint64_t unsaid(const struct comm_end *end)
{
    return end->counters[ALD_COMMUNICATOR_N_UNSAYABLE] + end->counters[ALD_COMMUNICATOR_N_TOO_LARGE] +
           end->counters[ALD_COMMUNICATOR_N_TO_ITSELF];
}

static bool slices_equal(struct ald_slice a, struct ald_slice b)
{
    return (a.size > 0) == (b.size > 0) && ald_str_equal(ald_slice_str(a), ald_slice_str(b));
}

static void messages_check(const struct ald_msg *first, const struct ald_msg *second)
{
    COMM_MUST(ald_str_equal(first->name, second->name));
    COMM_MUST(ald_str_equal(first->to.target, second->to.target));
    COMM_MUST(ald_str_equal(first->to.hub, second->to.hub));
    COMM_MUST(first->to.scope == second->to.scope);
    COMM_MUST(first->ttl == second->ttl);
    COMM_MUST((first->flags & ~(uint32_t)ALD_MSG_EVERYONE) == (second->flags & ~(uint32_t)ALD_MSG_EVERYONE));
    COMM_MUST(slices_equal(first->payload, second->payload));
    COMM_MUST(slices_equal(first->native, second->native));
}

/* What a service hears can be said by a service, and means the same. */
static void event_check(struct fuzz *fuzz, const struct ald_signal *heard)
{
    struct ald_signal event = ald_signal_of(ALD_SIGNAL_EVENT), again;
    struct comm_end *receiver = &fuzz->receiver;
    bool is_read = false;

    if (!ald_str_present(heard->msg->to.target) && heard->msg->to.scope == ALD_SCOPE_ONE) {
        return; /* to the controller */
    }
    event.msg = ald_msg_ref(heard->msg);
    comm_emit(&fuzz->world, receiver, &event);
    if (unsaid(receiver) > 0) {
        memset(receiver->counters, 0, sizeof(receiver->counters));
        COMM_MUST(ald_buf_size(&receiver->written) == 0);
        return;
    }
    comm_feed_only(&fuzz->world, &fuzz->reader, ald_buf_str(&receiver->written));
    ald_buf_cut(&receiver->written, 0);
    while (comm_next(&fuzz->reader, &again)) {
        if (again.kind == ALD_SIGNAL_EVENT) {
            messages_check(heard->msg, again.msg);
            is_read = true;
        }
        ald_signal_clear(&again);
    }
    comm_drain(&fuzz->reader);
    /* A name that is spelled like a sender of a command is the only one that a service cannot say. */
    COMM_MUST(is_read || fuzz->reader.counters[ALD_COMMUNICATOR_N_STRAY_REPLY] > 0);
    fuzz->reader.counters[ALD_COMMUNICATOR_N_STRAY_REPLY] = 0;
    ald_buf_cut(&fuzz->reader.written, 0);
}

/* --- driving the end -------------------------------------------------------------------------------------------- */

static void hear(struct fuzz *fuzz, size_t n_max)
{
    struct ald_signal signal;
    size_t n = 0;

    comm_drain(&fuzz->end);
    while (comm_next(&fuzz->end, &signal)) {
        COMM_MUST(++n <= n_max);
        comm_print_signal(&fuzz->text, &signal); /* every view of it is looked at */
        ald_buf_cut(&fuzz->text, 0);
        if (signal.msg != NULL) {
            ald_signal_clear(&fuzz->last);
            fuzz->last = ald_signal_of((enum ald_signal_kind)signal.kind);
            fuzz->last.msg = ald_msg_ref(signal.msg);
        }
        if (signal.kind == ALD_SIGNAL_EVENT && fuzz->role == ALD_ROLE_HUB &&
            fuzz->variant == ALD_COMMUNICATOR_SERVICE) {
            event_check(fuzz, &signal);
        }
        ald_signal_clear(&signal);
    }
    fuzz->end.n_frames = 0;
    comm_drain(&fuzz->end);
    COMM_MUST(fuzz->end.n_frames <= ALD_DIALECT_FRAMES);
    written_check(fuzz);
}

static void emit(struct fuzz *fuzz, struct ald_signal *signal)
{
    signal->ordinal = ++fuzz->end.ordinal;
    COMM_MUST(ald_dialect_emit(fuzz->end.dialect, fuzz->world.now, signal) == 0);
    ald_signal_clear(signal);
    hear(fuzz, SIGNALS_MAX);
}

static void bytes_step(struct fuzz *fuzz, struct ald_str bytes)
{
    size_t n_lines = 1;

    for (size_t i = 0; i < bytes.size; i++) {
        n_lines += bytes.data[i] == '\n';
    }
    comm_feed_only(&fuzz->world, &fuzz->end, bytes);
    hear(fuzz, SIGNALS_MAX * n_lines + 1);
}

static void verdict_step(struct fuzz *fuzz, struct ald_str text, bool grants)
{
    enum ald_signal_kind kind = fuzz->role == ALD_ROLE_PARTY ? ALD_SIGNAL_REGISTER
                                : grants                     ? ALD_SIGNAL_REGISTERED
                                                             : ALD_SIGNAL_DENIED;
    struct ald_signal signal = ald_signal_of(kind);

    signal.target = grants && text.size > 0 && text.size <= ALD_NAME_MAX ? text : ALD_STR_NONE;
    signal.text = text;
    signal.cause = (uint8_t)(text.size % ALD_N_CAUSES);
    emit(fuzz, &signal);
}

static void message_step(struct fuzz *fuzz, uint8_t step)
{
    static const enum ald_signal_kind kinds[] = {ALD_SIGNAL_EVENT, ALD_SIGNAL_COMMAND, ALD_SIGNAL_REPLY,
                                                 ALD_SIGNAL_REPORT};
    static const struct ald_travel travel = {.hub = {"n7", 2}, .id = {"n7-1", 4}, .hops = 2};
    struct ald_signal signal = ald_signal_of(kinds[step - 4]);
    bool is_about = signal.kind == ALD_SIGNAL_REPLY || signal.kind == ALD_SIGNAL_REPORT;

    if (fuzz->last.msg == NULL || (fuzz->role == ALD_ROLE_PARTY && signal.kind == ALD_SIGNAL_REPORT)) {
        return;
    }
    signal.id = ald_id_make(5, 17);
    signal.from = ALD_STR("some-body");
    signal.outcome = (uint8_t)(1 + fuzz->last.msg->name.size % ALD_LOST);
    signal.cause = (uint8_t)(1 + fuzz->last.msg->native.size % (ALD_N_CAUSES - 1));
    signal.msg = signal.kind != ALD_SIGNAL_REPORT ? ald_msg_ref(fuzz->last.msg) : NULL;
    signal.request = is_about ? ald_msg_ref(fuzz->last.msg) : NULL;
    signal.travel = is_about || fuzz->last.msg->name.size % 2 == 0 ? NULL : &travel;
    emit(fuzz, &signal);
}

static void news_step(struct fuzz *fuzz, struct ald_str text)
{
    struct ald_news news = {.name = text, .hub = ALD_STR("n-7"), .detail = text, .load = 0.1};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_NEWS);

    if (text.size == 0 || fuzz->role == ALD_ROLE_PARTY) {
        return;
    }
    news.topic = (uint8_t)text.data[0] % ALD_N_TOPICS;
    news.state = (uint8_t)text.data[0] / ALD_N_TOPICS % 5;
    COMM_MUST(ald_news_new(&news, &signal.news) == 0);
    signal.ok = text.size % 2 == 0;
    emit(fuzz, &signal);
}

static void link_step(struct fuzz *fuzz, uint8_t step, struct ald_str text)
{
    static const enum ald_signal_kind hub[] = {ALD_SIGNAL_HEALTH, ALD_SIGNAL_LEAVE, ALD_SIGNAL_STATUS,
                                               ALD_SIGNAL_OPERATE};
    static const enum ald_signal_kind party[] = {ALD_SIGNAL_PRIMARY, ALD_SIGNAL_LEAVE, ALD_SIGNAL_ASK,
                                                 ALD_SIGNAL_CAPABLE};
    struct ald_signal signal = ald_signal_of(fuzz->role == ALD_ROLE_HUB ? hub[step - 0x0b] : party[step - 0x0b]);

    signal.id = ald_id_make(5, 18);
    signal.text = text;
    signal.target = text.size <= ALD_NAME_MAX ? text : ALD_STR_NONE;
    signal.topic = (uint8_t)(text.size % ALD_N_TOPICS);
    signal.operation = (uint8_t)(text.size % ALD_N_OPERATIONS);
    signal.denied = text.size % 3 == 0;
    signal.ok = text.size % 2 == 0;
    emit(fuzz, &signal);
}

static void step(struct fuzz *fuzz, struct ald_str text)
{
    uint8_t first = text.size > 0 ? (uint8_t)text.data[0] : 0;
    struct ald_str rest = text.size > 0 ? ald_str_from(text, 1) : text;
    ald_usec due = ald_dialect_deadline(fuzz->end.dialect);

    switch (first) {
    case 0x01:
        if (due != ALD_NEVER) {
            fuzz->world.now = due;
            COMM_MUST(ald_dialect_tick(fuzz->end.dialect, due) == 0);
            hear(fuzz, 1);
        }
        break;
    case 0x02:
    case 0x03:
        verdict_step(fuzz, rest, first == 0x02);
        break;
    case 0x04:
    case 0x05:
    case 0x06:
    case 0x07:
        message_step(fuzz, first);
        break;
    case 0x08:
        news_step(fuzz, rest);
        break;
    case 0x0b:
    case 0x0c:
    case 0x0e:
        link_step(fuzz, first, rest);
        break;
    default:
        bytes_step(fuzz, text);
        break;
    }
}

static void fuzz_open(struct fuzz *fuzz, uint8_t how)
{
    *fuzz = (struct fuzz){.role = (how & 0x80) != 0 ? ALD_ROLE_PARTY : ALD_ROLE_HUB};
    fuzz->variant = (how & 0x7f) % ALD_COMMUNICATOR_N_VARIANTS;
    if (fuzz->role == ALD_ROLE_PARTY && fuzz->variant != ALD_COMMUNICATOR_DATAGRAM) {
        fuzz->variant = ALD_COMMUNICATOR_SERVICE;
    }
    comm_world_open(&fuzz->world);
    comm_open(&fuzz->world, &fuzz->end, fuzz->role, fuzz->variant);
    comm_open(&fuzz->world, &fuzz->receiver, ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    comm_open(&fuzz->world, &fuzz->reader, ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    ald_buf_init(&fuzz->text, COMM_TEXT_MAX);
    written_check(fuzz);
}

static void fuzz_close(struct fuzz *fuzz)
{
    ald_signal_clear(&fuzz->last);
    ald_buf_fini(&fuzz->text);
    comm_close(&fuzz->end);
    comm_close(&fuzz->receiver);
    comm_close(&fuzz->reader);
    comm_world_close(&fuzz->world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ald_str input = ald_str_of(data, size);
    struct fuzz fuzz;

    if (size == 0 || size > 64 * ALD_KIB) {
        return 0;
    }
    fuzz_open(&fuzz, data[0]);
    input = ald_str_from(input, 1);
    for (int i = 0; input.size > 0 && i < STEPS_MAX; i++) {
        const char *end = memchr(input.data, 0, input.size);
        size_t length = end != NULL ? (size_t)(end - input.data) : input.size;

        step(&fuzz, ald_str_of(input.data, length));
        input = ald_str_from(input, ALD_MIN(length + 1, input.size));
    }
    fuzz_close(&fuzz);
    return 0;
}
