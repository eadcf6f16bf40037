/*
 * Writing a message, in either role: its receiver as it was written, its command, and its parameters, which are shared by
 * reference when they are this protocol's own and nothing is added.
 */

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

/* Up to this a copy costs less than one more part of a frame: the transport copies small parts in any case. */
enum { NATIVE_COPIED_MAX = 512 };

/* Four names, each byte of them spelled. */
enum { SCRATCH_ROOM = 4 * 3 * ALD_NAME_MAX + 64 };

int ald_comm_scratch_begin(struct ald_comm *comm)
{
    uint8_t *room;
    int r;

    ald_buf_cut(&comm->work->scratch, 0);
    r = ald_buf_reserve(&comm->work->scratch, SCRATCH_ROOM, &room);
    ald_assert(r <= 0);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_spelled(struct ald_comm *comm, struct ald_str name, struct ald_str *ret_word)
{
    struct ald_buf *scratch = &comm->work->scratch;
    int r;

    *ret_word = ALD_STR_NONE;
    if (name.size == 0) {
        return 0;
    }
    if (scratch->room - scratch->end < (size_t)3 * ALD_NAME_MAX) {
        return 0; /* a fifth name: nobody writes so many, and views must not move */
    }
    r = ald_comm_spell(name, scratch, ret_word);
    return r < 0 ? ald_trace(r) : 0;
}

struct ald_str ald_comm_command_of(const struct ald_msg *msg)
{
    return ald_str_equal(msg->name, ALD_STR("aldis:Outcome"))  ? ALD_STR("ALDIS_OUTCOME")
           : ald_str_equal(msg->name, ALD_STR("aldis:Cancel")) ? ALD_STR("ALDIS_CANCEL")
                                                               : msg->name;
}

static struct ald_str scope_word(const struct ald_comm *comm, enum ald_scope scope, bool is_targeted)
{
    switch (scope) {
    case ALD_SCOPE_HERE:
        return ALD_STR(".");
    case ALD_SCOPE_NETWORK:
        /* communicator.md 5.2: what is for another hub is told to another hub as being for any. */
        return is_targeted && ald_comm_is_hub(comm) && ald_comm_is_peer(comm) ? ALD_STR("*") : ALD_STR("?");
    case ALD_SCOPE_EVERYWHERE:
        return ALD_STR("*");
    default:
        return ALD_STR_NONE;
    }
}

int ald_comm_head_to(struct ald_comm *comm, const struct ald_address *to, struct ald_comm_head *head)
{
    struct ald_str scope = scope_word(comm, to->scope, ald_str_present(to->target));
    int r;

    head->server = head->service = ALD_STR_NONE;
    if (!ald_str_present(to->target)) {
        head->service = scope;
        return 0;
    }
    if (to->target.size == 0) {
        head->service = ALD_COMM_DAEMON;
    } else {
        r = ald_comm_spelled(comm, to->target, &head->service);
        if (r != 0 || !ald_str_present(head->service)) {
            return r < 0 ? ald_trace(r) : ALD_COMM_ILLEGAL;
        }
    }
    head->server = scope;
    if (to->scope == ALD_SCOPE_ONE && to->hub.size > 0) {
        r = ald_comm_spelled(comm, to->hub, &head->server);
        return r < 0 ? ald_trace(r) : ald_str_present(head->server) ? 0 : ALD_COMM_ILLEGAL;
    }
    return 0;
}

int ald_comm_params_of(struct ald_comm *comm, const struct ald_msg *msg, struct ald_comm_params *ret_params)
{
    struct ald_comm_fault fault;
    int r;

    if (msg->native_of == &ald_communicator) {
        r = ald_comm_params_read(&comm->work->back, ald_slice_str(msg->native), ret_params, &fault);
        ald_assert(r <= 0); /* we wrote it, or found it to be what we would have written */
    } else {
        r = ald_comm_payload_params(&comm->work->back, ald_comm_slice_str(msg->payload), ret_params, &fault);
    }
    return r < 0 ? ald_trace(r) : r;
}

/* Head and native text, which is shared. */
static int native_write(struct ald_comm *comm, uint64_t ordinal, const struct ald_comm_head *head,
                        struct ald_slice native)
{
    struct ald_buf *out = &comm->work->out;
    bool ends = comm->variant != ALD_COMMUNICATOR_DATAGRAM;
    bool copies = native.size <= NATIVE_COPIED_MAX;
    size_t from = ald_buf_size(out);
    int r;

    r = ald_comm_head_write(out, head, native.size > 0, ALD_COMM_AS_READ);
    r = r == 0 && copies ? ald_buf_push(out, ald_slice_str(native)) : r;
    r = r == 0 && ends ? ald_buf_push(out, ALD_STR("\n")) : r;
    if (r == 0 && !ald_comm_fits(comm, ald_buf_size(out) - from + (copies ? 0 : native.size))) {
        r = ALD_COMM_FULL;
    }
    if (r != 0) {
        ald_buf_cut(out, from);
        return r < 0 ? ald_trace(r) : r;
    }
    ald_comm_push(comm, from, copies ? ALD_SLICE_NONE : native, !copies && ends ? 1 : 0, ordinal);
    return 0;
}

int ald_comm_write_msg(struct ald_comm *comm, uint64_t ordinal, const struct ald_comm_head *head,
                       const struct ald_msg *msg, const struct ald_comm_edit *edits, size_t n_edits)
{
    struct ald_comm_params params;
    int r;

    if (n_edits == 0 && msg->native_of == &ald_communicator) {
        r = native_write(comm, ordinal, head, msg->native);
        if (r > 0) {
            ald_comm_count(comm, r == ALD_COMM_FULL ? ALD_COMMUNICATOR_N_TOO_LARGE : ALD_COMMUNICATOR_N_UNSAYABLE);
        }
        return r < 0 ? ald_trace(r) : r;
    }
    r = ald_comm_params_of(comm, msg, &params);
    if (r == ALD_COMM_MALFORMED) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_UNSAYABLE);
        return r;
    }
    r = r == 0 ? ald_comm_write(comm, ordinal, head, &params, edits, n_edits, ALD_COMM_AS_READ) : r;
    return r < 0 ? ald_trace(r) : r;
}
