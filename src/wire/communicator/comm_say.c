/*
 * Lines of our own. They are few and small, and nobody keeps an account of those that the hub did not order; so what one
 * chunk of input may make us say is bounded here.
 */

#include <stdio.h>

#include "base/error.h"
#include "wire/communicator/comm_dialect.h"

struct ald_comm_head ald_comm_head_own(const struct ald_comm *comm, struct ald_str command)
{
    return (struct ald_comm_head){.from_server = comm->own, .from_service = ALD_COMM_DAEMON, .command = command};
}

/* A hub knows its service, whatever that says of itself; the others are who they say, if that can be said at all. */
struct ald_comm_head ald_comm_head_back(const struct ald_comm *comm, const struct ald_comm_head *line,
                                        struct ald_str command)
{
    struct ald_comm_head head = {.command = command};
    bool is_named = comm->name.size > 0;

    if (ald_comm_is_hub(comm) && comm->variant == ALD_COMMUNICATOR_SERVICE && is_named) {
        head.server = comm->own;
        head.service = ald_slice_str(comm->name);
    } else if (ald_comm_name_legal(line->from_service) &&
               (line->from_server.size == 0 || ald_comm_name_legal(line->from_server))) {
        head.server = line->from_server;
        head.service = line->from_service;
    } else if (ald_comm_is_peer(comm) && is_named) {
        head.server = ald_slice_str(comm->name);
        head.service = ALD_COMM_DAEMON;
    }
    if (!ald_comm_is_hub(comm) && is_named) {
        head.from_service = ald_slice_str(comm->name);
    }
    return head;
}

/* More answers than anybody reads at once: the bytes that wait for drain() are theirs and those of at most one signal. */
static bool answers_are_full(const struct ald_comm *comm, uint64_t ordinal)
{
    return ordinal == 0 && ald_buf_size(&comm->work->out) > ALD_COMMUNICATOR_ANSWERS_MAX;
}

bool ald_comm_fits(const struct ald_comm *comm, size_t size)
{
    size_t room = ald_comm_is_hub(comm) ? ALD_COMMUNICATOR_HUB_ROOM : 0;

    return size <=
           (comm->variant == ALD_COMMUNICATOR_DATAGRAM ? ALD_COMMUNICATOR_DATAGRAM_MAX : comm->line_max + room + 1);
}

int ald_comm_write(struct ald_comm *comm, uint64_t ordinal, const struct ald_comm_head *head,
                   const struct ald_comm_params *params, const struct ald_comm_edit *edits, size_t n_edits,
                   unsigned options)
{
    struct ald_buf *out = &comm->work->out;
    size_t from = ald_buf_size(out);
    int r;

    options |= comm->variant == ALD_COMMUNICATOR_DATAGRAM ? 0 : ALD_COMM_LF;
    r = ald_comm_line_write(out, head, params, edits, n_edits, options);
    if (r == 0 && !ald_comm_fits(comm, ald_buf_size(out) - from)) {
        ald_buf_cut(out, from);
        r = ALD_COMM_FULL;
    }
    if (r != 0) {
        ald_comm_count(comm, r == ALD_COMM_FULL ? ALD_COMMUNICATOR_N_TOO_LARGE : ALD_COMMUNICATOR_N_UNSAYABLE);
        return r < 0 ? ald_trace(r) : r;
    }
    ald_comm_push(comm, from, ALD_SLICE_NONE, 0, ordinal);
    return 0;
}

int ald_comm_say(struct ald_comm *comm, uint64_t ordinal, const struct ald_comm_head *head,
                 const struct ald_comm_edit *edits, size_t n_edits)
{
    int r;

    if (comm->variant == ALD_COMMUNICATOR_DATAGRAM) {
        return 0; /* what came by datagram is never answered (communicator.md 14: an address can be anybody's) */
    }
    if (answers_are_full(comm, ordinal)) {
        ald_comm_count(comm, ALD_COMMUNICATOR_N_ANSWER_DROPPED);
        return 0;
    }
    r = ald_comm_write(comm, ordinal, head, NULL, edits, n_edits, ALD_COMM_STRICT);
    return r < 0 ? ald_trace(r) : 0;
}

/* --- what was said wrongly -------------------------------------------------------------------------------------- */

/* A command is told in full if it is one; what is longer than a name is none that anybody could use. */
static struct ald_str command_told(struct ald_str command)
{
    return ald_comm_command_legal(command) && command.size <= ALD_NAME_MAX ? command : ALD_STR_NONE;
}

static int invalid_say(struct ald_comm *comm, const struct ald_comm_head *line, struct ald_str message)
{
    const struct ald_comm_head head = ald_comm_head_back(comm, line, ALD_STR("INVALID"));
    bool is_refusal = ald_str_present(comm->work->asked); /* of a command, whose caller waits for its outcome */
    const struct ald_comm_edit edits[] = {
        {ALD_COMM_CAUSE, is_refusal ? ald_str(ald_cause_word(ALD_CAUSE_INVALID)) : ALD_STR_NONE},
        {ALD_COMM_ID, comm->work->asked},
        {ALD_COMM_MESSAGE, is_refusal ? message : ALD_STR_NONE},
        {ALD_COMM_OUTCOME, is_refusal ? ald_str(ald_outcome_name(ALD_REFUSED)) : ALD_STR_NONE},
        {ALD_STR("command"), command_told(line->command)},
        {ALD_STR("message"), message},
    };
    int r;

    comm->work->invalid = true;
    ald_comm_count(comm, ALD_COMMUNICATOR_N_INVALID);
    r = ald_comm_say(comm, 0, &head, edits, ALD_COUNT(edits));
    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_invalid(struct ald_comm *comm, const struct ald_comm_head *line, const char *why)
{
    int r = invalid_say(comm, line, ald_str(why));

    return r < 0 ? ald_trace(r) : 0;
}

int ald_comm_invalid_about(struct ald_comm *comm, const struct ald_comm_head *line, const char *why,
                           struct ald_str about)
{
    char text[200];
    int size;
    int r;

    about.size = ALD_MIN(about.size, (size_t)64); /* enough to be recognised */
    size = snprintf(text, sizeof(text), "%s: %.*s", why, ALD_STR_ARG(about));
    r = invalid_say(comm, line, ald_str_of(text, ALD_MIN((size_t)size, sizeof(text) - 1)));
    return r < 0 ? ald_trace(r) : 0;
}

/* What may be the command of a line that is none: behind a sender, up to a blank, behind an address. */
static struct ald_str command_guess(struct ald_str text)
{
    size_t blank, at;

    text = ald_str_trim(text);
    if (ald_str_starts(text, ALD_STR("<"))) {
        text = ald_str_from(text, ald_str_find(text, ALD_STR(" ")));
        text = ald_str_trim(text);
    }
    blank = ald_str_find(text, ALD_STR(" "));
    for (at = blank; at > 0 && text.data[at - 1] != '/' && text.data[at - 1] != ':'; at--) {
    }
    return ald_str_of(text.data + at, blank - at);
}

int ald_comm_malformed(struct ald_comm *comm, struct ald_str text, const struct ald_comm_fault *fault)
{
    const struct ald_comm_head line = {.command = text.size > 0 ? command_guess(text) : ALD_STR_NONE};
    char message[160];
    int size = snprintf(message, sizeof(message), "%s, at byte %zu", fault->what, fault->where + 1);
    int r;

    ald_comm_count(comm, ALD_COMMUNICATOR_N_MALFORMED);
    r = invalid_say(comm, &line, ald_str_of(message, ALD_MIN((size_t)size, sizeof(message) - 1)));
    return r < 0 ? ald_trace(r) : 0;
}

/* --- a sign of life --------------------------------------------------------------------------------------------- */

static struct ald_str now_format(const struct ald_comm *comm, char room[static ALD_COMM_TIME_MAX])
{
    ald_wall wall = ald_comm_wall(comm);
    const struct ald_comm_time time = {.sec = (int64_t)(wall / ALD_SEC), .nsec = (uint32_t)(wall % ALD_SEC * 1000)};

    return ald_comm_time_format(time, room);
}

int ald_comm_alive(struct ald_comm *comm, const struct ald_comm_line *line)
{
    const struct ald_comm_head head = ald_comm_head_back(comm, &line->head, ALD_STR("ABSOLUTELY"));
    char room[ALD_COMM_TIME_MAX];
    struct ald_str asked = comm->work->asked; /* as a command */
    const struct ald_comm_edit edits[] = {
        {ALD_COMM_ID, asked},
        {ALD_COMM_OUTCOME, ald_str_present(asked) ? ald_str(ald_outcome_name(ALD_SUCCEEDED)) : ALD_STR_NONE},
        {ALD_STR("reply_timestamp"), now_format(comm, room)},
        {ALD_STR("serial"), ald_comm_get(comm, line, ALD_STR("serial"))},
        {ALD_STR("timestamp"), ald_comm_get(comm, line, ALD_STR("timestamp"))},
    };
    int r = ald_comm_say(comm, 0, &head, edits, ALD_COUNT(edits));

    return r < 0 ? ald_trace(r) : 0;
}
