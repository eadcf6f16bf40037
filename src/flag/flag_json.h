#pragma once

/*
 * Json: flags for programs: what `aldis flag --json` and `/api/v1/flags` say. Members are called as the keys of the file;
 * instants are ISO 8601 text in UTC. What is not known is left out.
 */

#include "flag/flag_list.h"
#include "msg/json_write.h"

enum { ALD_FLAG_INSTANT = 40 }; /* room for an instant as text */

/* "2026-11-21T03:45:53Z"; "" for 0. */
void ald_flag_instant(uint64_t seconds, char to[ALD_FLAG_INSTANT]);

/* Write one flag, an object. */
void ald_flag_json(struct ald_json_writer *json, const struct ald_flag *flag);
/* Write the members of a list into an object that was begun: folder, flags, unreadable, files. */
void ald_flag_json_list(struct ald_json_writer *json, const struct ald_flag_list *list);
