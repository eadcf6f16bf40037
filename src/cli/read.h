#pragma once

/*
 * Read: what a hub tells of itself over `/api/v1`, for the verbs that show it.
 */

#include "cli/api.h"
#include "msg/json.h"

/* More values than a page of the largest hub has. */
enum { ALD_READ_NODES_MAX = 2 * 1024 * 1024 };

struct ald_read {
    struct ald_api_answer answer; /* 200 or 404, and one JSON object */
};

void ald_read_init(struct ald_read *read);
void ald_read_fini(struct ald_read *read);

/*
 * Ask the first hub of `cli` that answers for `target` (path and query, encoded). Returns 0 when it said a JSON object with
 * status 200 or 404, else the exit status, and all is said already.
 */
int ald_read_get(struct ald_read *read, const struct ald_cli *cli, const char *target);

/*
 * Ask for a whole list, page by page: `fn` is given each element of the member `name`, borrowed, and returns 0 or the exit
 * status to stop with. Returns 0 or the exit status.
 */
typedef int (*ald_read_fn)(void *owner, const struct ald_json_node *element);
int ald_read_list(const struct ald_cli *cli, const char *target, const char *name, ald_read_fn fn, void *owner);

/* Print the list as one object, as the API would if it had no pages, and flush. Returns the exit status. */
int ald_read_list_json(const struct ald_cli *cli, const char *target, const char *name);

/* Print the answer as it came, and flush. Returns the exit status. */
int ald_read_print(const struct ald_read *read);

/* Members of an object, whatever they are: printable text ("" when there is none), a number (0), a truth (false). */
struct ald_read_text {
    char text[400];
};
const char *ald_read_str(const struct ald_json_node *object, const char *name, struct ald_read_text *room);
uint64_t ald_read_u64(const struct ald_json_node *object, const char *name);
bool ald_read_bool(const struct ald_json_node *object, const char *name);
