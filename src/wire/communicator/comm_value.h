#pragma once

/*
 * Values: the conventions of communicator.md 1.1 for what parameters say, and the `cache` parameter of 5.5.
 *
 * Every reader takes all of its text, or gives ALD_COMM_MALFORMED and writes nothing.
 *
 * Threading: no state.
 */

#include "base/buf.h"
#include "base/str.h"
#include "wire/communicator/comm_params.h"

/* An optional sign, then decimal digits, or other digits behind `0x`, `0b`, `0o` or `0d`; 64 bits with a sign. */
ALD_NODISCARD int ald_comm_int_read(struct ald_str text, int64_t *ret_integer);

/* `true` or `false`; some say `yes` or `no`. */
ALD_NODISCARD int ald_comm_bool_read(struct ald_str text, bool *ret_truth);

/*
 * A sum of numbers with units, `1h30m`, `2.5 days`: s second(s), m minute(s), h hour(s), d day(s), w week(s), month(s)
 * of 30 days, y year(s) of 365 days; without one, seconds. Blanks may stand anywhere but in numbers and units. Less than
 * a microsecond is cut off.
 */
ALD_NODISCARD int ald_comm_duration_read(struct ald_str text, ald_usec *ret_duration);

/* `seconds[.fraction]`, with up to nine digits of a fraction; never before 1970. */
struct ald_comm_time {
    int64_t sec;
    uint32_t nsec;
};

ALD_NODISCARD int ald_comm_time_read(struct ald_str text, struct ald_comm_time *ret_time);
/* With all nine digits, as in reply_timestamp: `1795226634.692451503`. Gives a view of `room`. */
enum { ALD_COMM_TIME_MAX = 32 };
struct ald_str ald_comm_time_format(struct ald_comm_time time, char room[static ALD_COMM_TIME_MAX]);

/*
 * Takes the next item from a list with commas, `*list`; blanks are part of it, and items with nothing in them are passed
 * over. False: there is none.
 */
bool ald_comm_list_next(struct ald_str *list, struct ald_str *ret_item);

/* What to do with a message whose service is away (5.5). */
struct ald_comm_cache {
    bool keep;  /* not `no` */
    bool reply; /* `reply` together with `no`: tell the sender */
    bool says_ttl;
    ald_usec ttl; /* how long to keep it */
};

#define ALD_COMM_CACHE_TTL (60 * ALD_SEC) /* where the message says none, or none within the next two */
#define ALD_COMM_CACHE_TTL_MIN (10 * ALD_SEC)
#define ALD_COMM_CACHE_TTL_MAX (86400 * ALD_SEC)

/* Read the `cache` parameter, items `name[=value]` with semicolons; absent is as good as empty. It cannot fail: what is
 * not understood is passed over, as the original does. */
struct ald_comm_cache ald_comm_cache_read(struct ald_str text);
