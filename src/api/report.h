#pragma once

/*
 * Report: what a program is told of a call, copied out of what the client knows, so that it may outlive it and cross
 * threads.
 */

#include "aldis/caller.h"
#include "client/client.h"

/*
 * Gives a copy of `from` (borrows) about the command `id`. With `whole` its roster is made members, else its details
 * are made one where they are a line of a roster. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_report_new(const struct ald_call_report *from, const char *id, bool whole,
                                 struct aldis_report **ret_report);
struct aldis_report *ald_report_free(struct aldis_report *report); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct aldis_report *, ald_report_free);

/* The same without memory: what is said in words of ours, and `incomplete`. Borrows `id`, for as long as the report is
 * used. */
struct aldis_report ald_report_brief(const struct ald_call_report *from, const char *id);
