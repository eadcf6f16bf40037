#pragma once

/*
 * Flags: those of the folder of [communicator] flags_dir: read for the API, raised and lowered for the hub itself.
 *
 * Reading is done on the loop's thread, when somebody asks: a hundred small files at most, at most once a second, and only
 * when the folder has changed since. Raising and lowering wait for the disk and for other programs, so a thread of their
 * own does them, in the order in which they were asked for.
 *
 * Without a folder there is no object: every function takes NULL for it and does nothing.
 *
 * Lifetime:   ald_daemon_flags_new() to ald_daemon_flags_free(), which waits until what was asked for is done.
 * Threading:  the loop's thread only.
 */

#include "flag/flag.h"
#include "mgmt/mgmt.h"

struct ald_daemon_flags;
struct ald_loop;

/* What is waiting to be raised or lowered at once. Callers raise what goes on for minutes; more at once is a mistake. */
enum { ALD_DAEMON_FLAGS_MAX = 64 };

/* X(name, meaning) */
#define ALD_DAEMON_FLAGS_COUNTERS(X)                                                                                   \
    X(own_raised, "times the hub raised a flag of its own")                                                            \
    X(own_lowered, "flags of its own that it lowered")                                                                 \
    X(own_kept, "flags of its own that were not lowered: that is for an administrator to do")                          \
    X(own_failed, "flags that could not be raised or lowered")                                                         \
    X(own_dropped, "flags that were not raised or lowered: too many were waiting, or memory was short")                \
    X(reads_failed, "times the folder of flags could not be read")

/* Gives what reads and writes `folder` (copied), on `loop` (borrowed, outlives it). Errors: ALDIS_E_NOMEM, ALDIS_E_LIMIT. */
ALD_NODISCARD int ald_daemon_flags_new(struct ald_loop *loop, const char *folder, struct ald_daemon_flags **ret_flags);
struct ald_daemon_flags *ald_daemon_flags_free(struct ald_daemon_flags *flags); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_daemon_flags *, ald_daemon_flags_free);

/* What mgmt is given; it lives as long as `flags`. */
struct ald_mgmt_flags ald_daemon_flags_pages(struct ald_daemon_flags *flags);

/*
 * Raise a flag, or count it once more (borrows): its id, message, tags, priority and manual_down. Lower one; one that is
 * to be lowered by hand stays. What comes of it is logged and counted; so is what cannot be raised, as a message that is
 * too long or no UTF-8.
 */
void ald_daemon_flag_raise(struct ald_daemon_flags *flags, const struct ald_flag *flag);
void ald_daemon_flag_lower(struct ald_daemon_flags *flags, const struct ald_flag_id *id);
