#pragma once

/*
 * Call options: the arguments of `aldis call`, read and checked; and those of `aldis send`, which are some of them.
 */

#include "cli/cli.h"
#include "msg/msg.h"

struct ald_call_options {
    struct ald_address to; /* borrows from `scratch` and argv */
    const char *name;
    struct ald_slice payload; /* absent when none was given */
    enum ald_mode mode;
    uint32_t flags;       /* ALD_MSG_IDEMPOTENT, ALD_MSG_DURABLE; of events ALD_MSG_HOLD, REPORT, TELL_AWAY, EVERYONE */
    const char *collapse; /* NULL: none */
    const char *filters;  /* of events, comma separated; NULL: none */
    ald_usec deadline;
    char scratch[4 * ALD_NAME_MAX * 3];
};

enum { ALD_CALL_N_OPTIONS = 6 };
extern const struct ald_option ald_call_option_table[ALD_CALL_N_OPTIONS];

enum { ALD_SEND_N_OPTIONS = 6 };
extern const struct ald_option ald_send_option_table[ALD_SEND_N_OPTIONS];

/* Without an option that says otherwise `deadline` holds; ALD_NEVER: it is an event. Returns ALD_CALL_OPTIONS_READ, or the exit
 * status when all is said already. `options` must be ended in both cases. */
enum { ALD_CALL_OPTIONS_READ = -1 };
int ald_call_options_read(struct ald_cli *cli, ald_usec deadline, struct ald_call_options *options);
void ald_call_options_fini(struct ald_call_options *options);
