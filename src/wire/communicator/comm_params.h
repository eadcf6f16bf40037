#pragma once

/*
 * Parameters of a communicator message: an index over their text (communicator.md 1.1), which stays where it is.
 *
 * Nothing is decoded until somebody asks. What a daemon does with nearly all messages is to pass them on, and for that it
 * must only know that the text is what the sender algorithm would write: sorted, each name once, quoted and escaped
 * exactly so. The index tells (`canonical`), and then the text is shared as it came; else it is written anew.
 *
 * Two departures from the page, both readable for every receiver of it:
 *   - within quotes `\\` is understood before `\"`, so that a value that ends with a backslash can be read back (1.2,
 *     round-trip hole);
 *   - the last value is quoted also when it ends with a blank, which a reader would otherwise trim (14.15).
 *
 * Lifetime:   ald_comm_reader_init() to ald_comm_reader_fini(). What a reader gave is good until it reads again, and
 *             borrows the text that was read.
 * Threading:  one thread.
 * Limits:     ALD_COMM_PARAMS_MAX parameters in a message. The longest one of the protocol (CONNECT, wrapped as a
 *             broadcast) has fifteen; a thousand leaves room for whoever sends a table, and keeps the index of a
 *             hostile line of 16 MiB at 48 KiB and its sorting a matter of microseconds.
 */

#include "base/buf.h"
#include "base/str.h"

enum { ALD_COMM_PARAMS_MAX = 1024 };

/* Outcomes of this codec; each function names those it has. */
enum {
    ALD_COMM_FULL = ALD_BUF_FULL, /* the buf may not hold it; nothing was added */
    ALD_COMM_MALFORMED,           /* it cannot be read; a fault says what and where */
    ALD_COMM_ILLEGAL,             /* it cannot be said on this wire; nothing was added */
    ALD_COMM_ABSENT               /* there is none */
};

/* What is wrong with a text: for people, such as the `message` of an INVALID. */
struct ald_comm_fault {
    const char *what; /* static */
    size_t where;     /* the first byte that cannot stand there, from 0; the size of the text: it ends too early */
};

enum {
    ALD_COMM_QUOTED = 1, /* it stood in quotes, which `raw` leaves out */
    ALD_COMM_ESCAPED = 2 /* it has backslashes, so that it must be decoded */
};

struct ald_comm_param {
    struct ald_str name;
    struct ald_str raw; /* without ALD_COMM_ESCAPED: the value itself */
    uint32_t order;     /* where it stood among the others */
    uint32_t flags;
};

struct ald_comm_params {
    struct ald_str text;                /* as it stood; of JSON: absent */
    const struct ald_comm_param *items; /* in the byte order of their names, each name once: the last of it */
    size_t n;
    bool canonical; /* `text` is what ald_comm_params_write() would write */
};

#define ALD_COMM_PARAMS_NONE ((struct ald_comm_params){.text = ALD_STR(""), .canonical = true})

/* Scratch of reading, used again for each line, so that an ordinary one allocates nothing. */
struct ald_comm_reader {
    struct ald_comm_param *items;
    size_t n, room;
    struct ald_buf text; /* what could not be read where it stands: JSON with escapes */
};

void ald_comm_reader_init(struct ald_comm_reader *reader);
void ald_comm_reader_fini(struct ald_comm_reader *reader);

/*
 * Read the text of parameters (1.1 step 5), such as one that ald_comm_params_write() wrote: `a=1;b="x;y"`. A name that is
 * repeated: the last one counts. `*ret_fault` is written on ALD_COMM_MALFORMED. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_params_read(struct ald_comm_reader *reader, struct ald_str text,
                                       struct ald_comm_params *ret_params, struct ald_comm_fault *ret_fault);

/* Append their canonical text, which is `text` itself when they are canonical. Outcome: ALD_COMM_FULL. Errors:
 * ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_comm_params_write(const struct ald_comm_params *params, struct ald_buf *out);

/* The parameter of this name, or NULL. */
const struct ald_comm_param *ald_comm_find(const struct ald_comm_params *params, struct ald_str name);

/*
 * What a parameter says, by 1.1 step 6: a view of the text, or, when it must be decoded, of `scratch` (appended, so
 * earlier views into it may move). Any byte may be in it but NUL. Outcomes: ALD_COMM_ABSENT (`param` is NULL),
 * ALD_COMM_FULL. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_comm_value(const struct ald_comm_param *param, struct ald_buf *scratch,
                                 struct ald_str *ret_value);

/* Does it say this? NULL says nothing at all. Decodes nothing into memory. */
bool ald_comm_value_is(const struct ald_comm_param *param, struct ald_str value);
