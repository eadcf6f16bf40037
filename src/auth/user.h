#pragma once

/*
 * User: what the machine knows of its users. For the rule that a local process may stop or change the hub when it is
 * root's, the hub's own user's, or belongs to somebody in a configured group.
 *
 * Threading:  any thread. Asking may block as long as the system looks for users (a directory on the network), so the
 *             answer for a connection is kept by whoever needs it again.
 */

#include "base/defs.h"

enum { ALD_USER_NO_GROUP = 1 }; /* outcome: the machine knows no such group */

/*
 * Tell whether user `uid`, whose process runs with the group `gid`, is in `group`, which is given by name or number: as
 * its process's group, or by the user's entry. A user without an entry is in the group of its process only. Outcome:
 * ALD_USER_NO_GROUP. Errors: ALDIS_E_NOMEM; and ALDIS_E_IO when the system could not look, upon which nobody should be
 * let in.
 */
ALD_NODISCARD int ald_user_in_group(uint64_t uid, uint64_t gid, const char *group, bool *ret_member);
