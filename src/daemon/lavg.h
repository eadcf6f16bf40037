#pragma once

/*
 * Lavg: the file loadavg.lavg, in which programs of the communicator family look for the machine with the least load
 * (communicator 11).
 *
 *     4 bytes  LAVG
 *     2 bytes  version 1, as this machine writes numbers
 *     then a record of 48 bytes a machine: seconds and nanoseconds since 1970 (8 bytes each), a struct sockaddr_in6 (28 bytes;
 *     IPv4 in its IPv6 form, the port is always 4040), and a float; the padding is that of a C struct on this machine
 *
 * The original writes over the old file, which keeps its tail when it becomes shorter (communicator 14.18); this one is always
 * written whole.
 *
 * Limits: LAVG_MAX machines; when there are more, the one that was heard longest ago is forgotten.
 */

#include "base/buf.h"
#include "conn/inet.h"

enum { LAVG_MAX = 256, ALD_LAVG_RECORD = 48, ALD_LAVG_BYTES_MAX = 6 + LAVG_MAX * ALD_LAVG_RECORD };

struct ald_lavg_row {
    struct ald_inet inet;
    ald_wall measured;
    float load;
};

struct ald_lavg {
    struct ald_lavg_row rows[LAVG_MAX];
    size_t n;
};

enum { ALD_LAVG_MALFORMED = 1 };

/* What the machine at `inet` said of itself. False: it makes no sense (a negative load, no number, from before 2000). */
bool ald_lavg_set(struct ald_lavg *lavg, const struct ald_inet *inet, ald_wall measured, double load);
/* Forget a machine, and those whose news are older than `oldest`. */
void ald_lavg_forget(struct ald_lavg *lavg, const struct ald_inet *inet);
void ald_lavg_forget_before(struct ald_lavg *lavg, ald_wall oldest);

/* Append the file. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_lavg_format(const struct ald_lavg *lavg, struct ald_buf *out);
/* Take the machines of a file; the rows that were there stay, unless the file is newer about them. Outcome:
 * ALD_LAVG_MALFORMED, and nothing changed. */
ALD_NODISCARD int ald_lavg_parse(struct ald_str text, struct ald_lavg *lavg);
