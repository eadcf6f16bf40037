#pragma once

/*
 * Line: one communicator message as it stands on the wire, read and written (communicator.md 1.1 to 1.3).
 *
 *     <alpha:a alpha:b/DATA text="a;b";v=1
 *      |     |  |    | |    `- parameters: comm_params.h
 *      |     |  |    | `- command
 *      |     |  |    `- service
 *      |     |  `- server
 *      |     `- from_service
 *      `- from_server
 *
 * The reader is as lenient as the page: it checks no character of a name or command, because an original daemon passes
 * those on; whoever acts on one asks ald_comm_name_legal() first. The writer is as strict as the setters of the page, or,
 * for what is only passed on (ALD_COMM_AS_READ), refuses what would not be read back the same.
 *
 * Lifetime:   a line borrows the text it was read from, and the reader until it reads again.
 * Threading:  one thread for a reader; writing has no state.
 * Limits:     time is linear in the text. Its size is the caller's to limit (comm_lines.h, ald_buf).
 */

#include "wire/communicator/comm_params.h"

/*
 * Who says what to whom. Absent and empty differ only in what was read: `<:a DATA` has an empty from_server, `DATA` an
 * absent one; writing makes no difference.
 */
struct ald_comm_head {
    struct ald_str from_server, from_service;
    struct ald_str server, service; /* a server without a service is read, and never written */
    struct ald_str command;         /* of JSON it may be empty or absent, which nobody can act on */
};

struct ald_comm_line {
    struct ald_comm_head head;
    struct ald_comm_params params;
    bool json; /* it came in the JSON form: its parameters have no text to share */
};

/*
 * Read one line, without its LF. Blanks at its ends are nothing, nor is what follows a NUL in the text form. A line that
 * begins with a brace is JSON. Outcome: ALD_COMM_MALFORMED (`*ret_fault` says why; also when nothing but blanks is
 * there). Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_line_read(struct ald_comm_reader *reader, struct ald_str text,
                                     struct ald_comm_line *ret_line, struct ald_comm_fault *ret_fault);

/* --- writing ---------------------------------------------------------------------------------------------------- */

/* Options of writing. */
enum {
    ALD_COMM_STRICT = 0,
    ALD_COMM_AS_READ = 1, /* names and command are those of a line that was read, to be passed on */
    ALD_COMM_LF = 2       /* end the line */
};

/* A parameter to be added, or put in place of one of its name; with an absent value, to be removed. */
struct ald_comm_edit {
    struct ald_str name, value;
};

/* How many at once: all that the system ever adds to one message are about twenty. */
enum { ALD_COMM_EDITS_MAX = 40 };

/*
 * Append a line, by the sender algorithm of 1.1: `head`, then `params` (NULL: none) with the `edits` made, sorted. The
 * edits may stand in any order; the last of a name counts. Outcomes: ALD_COMM_FULL, ALD_COMM_ILLEGAL (a name or command
 * that the options forbid, no command, a NUL in a value). Errors: ALDIS_E_NOMEM. Nothing is added on any of them.
 */
ALD_NODISCARD int ald_comm_line_write(struct ald_buf *out, const struct ald_comm_head *head,
                                      const struct ald_comm_params *params, const struct ald_comm_edit *edits,
                                      size_t n_edits, unsigned options);

/*
 * Append only what stands before the parameters, with the blank that separates them if `parametered`: for a relay that
 * shares the text of canonical parameters instead of copying it. Outcomes and errors as above.
 */
ALD_NODISCARD int ald_comm_head_write(struct ald_buf *out, const struct ald_comm_head *head, bool parametered,
                                      unsigned options);

/*
 * Append the parameters alone, with edits: canonical text, as a message keeps it that waits. Outcomes: ALD_COMM_FULL,
 * ALD_COMM_ILLEGAL. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_edits_write(struct ald_buf *out, const struct ald_comm_params *params,
                                       const struct ald_comm_edit *edits, size_t n_edits);
