#pragma once

/*
 * Roster: the members of a command in mode `all`, one line `CHANNEL OUTCOME PAYLOAD` each. They come one by one in the
 * details of statuses as they end, and all together in the last reply: who was printed already is remembered.
 */

#include <stdio.h>

#include "base/str.h"
#include "base/table.h"

struct ald_roster_print {
    struct ald_table printed; /* by channel, to our copy of its id */
    struct roster_channel *channels;
};

void ald_roster_print_init(struct ald_roster_print *roster, const uint64_t seed[2]);
void ald_roster_print_fini(struct ald_roster_print *roster);
/* Print the member that `member`, a JSON object, tells of; anything else is passed over. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_roster_print_member(struct ald_roster_print *roster, FILE *out, struct ald_str member);
/* Print those of `members`, a JSON array, that were not printed yet. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_roster_print_rest(struct ald_roster_print *roster, FILE *out, struct ald_str members);
