#pragma once

/*
 * Log: lines on standard error, as text for people or as JSON for programs.
 *
 * It never blocks the loop and never floods: a line is written only while standard error takes it at once, and at most
 * LOG_RATE lines a second; what was left out is counted, and the count is logged when there is room again. Bytes of
 * peers are escaped.
 *
 * There is one log in a process, because there is one standard error.
 *
 * Threading: any thread, but for ald_log_start().
 */

#include "base/str.h"

/* In the order of the words of [log] level. */
enum ald_log_level { ALD_LOG_ERROR, ALD_LOG_WARNING, ALD_LOG_INFO, ALD_LOG_DEBUG };
enum ald_log_format { ALD_LOG_TEXT, ALD_LOG_JSON };

/* From now on. Before it, everything from warnings up is logged as text. */
void ald_log_start(enum ald_log_level level, enum ald_log_format format);

struct ald_log_field {
    const char *name;
    struct ald_str value; /* absent: the field is left out */
};

enum { ALD_LOG_FIELDS_MAX = 8 };

/* Log `message` (static, our own words) with the fields that say more. */
void ald_log_write(enum ald_log_level level, const char *message, const struct ald_log_field *fields, size_t n_fields);

#define ald_log(level, message, ...)                                                                                   \
    ald_log_write((level), (message), (const struct ald_log_field[]){__VA_ARGS__},                                     \
                  sizeof((const struct ald_log_field[]){__VA_ARGS__}) / sizeof(struct ald_log_field))

/*
 * Write a line into `to`, with its end; what does not fit is cut. For tests too. Returns the length. `room` is at least
 * ALD_LOG_LINE_MIN.
 */
enum { ALD_LOG_LINE_MIN = 256, ALD_LOG_LINE_MAX = 2048 };
size_t ald_log_format(enum ald_log_format format, ald_wall wall, enum ald_log_level level, const char *message,
                      const struct ald_log_field *fields, size_t n_fields, char *to, size_t room);
