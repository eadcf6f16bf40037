#include "daemon/log.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/printable.h"
#include "loop/wall.h"
#include "loop/loop.h"

enum {
    LOG_RATE = 200,     /* lines a second: more nobody reads, and a disk is not filled in an hour */
    LOG_BURST = 1000,   /* lines at once: a hub that starts with its first thousand connectors is told whole */
    LOG_VALUE_MAX = 512 /* of one field */
};

static const char *const level_names[] = {"error", "warning", "info", "debug"};

static struct {
    enum ald_log_level level;
    enum ald_log_format format;
    pthread_mutex_t mutex; /* guards the rest */
    ald_usec refilled;
    uint32_t tokens;
    uint64_t n_left_out;
} the_log = {.level = ALD_LOG_WARNING, .mutex = PTHREAD_MUTEX_INITIALIZER, .tokens = LOG_BURST};

void ald_log_start(enum ald_log_level level, enum ald_log_format format)
{
    the_log.level = level;
    the_log.format = format;
}

/* A line that is being written; `at` never passes room - 1, so a line too long is cut and not lost. */
struct line {
    char *to;
    size_t at, room;
};

static void ALD_PRINTF(2, 3) line_pushf(struct line *line, const char *format, ...)
{
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(line->to + line->at, line->room - line->at, format, args);
    va_end(args);
    line->at = size < 0 ? line->at : ALD_MIN(line->at + (size_t)size, line->room - 1);
}

/* A value between quotes; printable already, so that only quotes and backslashes are left to mind. */
static void line_push_quoted(struct line *line, const char *value)
{
    line_pushf(line, "\"");
    for (; *value != '\0'; value++) {
        line_pushf(line, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
    }
    line_pushf(line, "\"");
}

static void field_push(struct line *line, enum ald_log_format format, const struct ald_log_field *field)
{
    char value[LOG_VALUE_MAX];
    /* A field that would be cut in its quotes is left out, so that a JSON line is always an object. */
    size_t least = 2 * ald_printable(field->value, value, sizeof(value)) + strlen(field->name) + 16;

    if (line->room - line->at <= least) {
        return;
    }
    if (format == ALD_LOG_JSON) {
        line_pushf(line, ",\"%s\":", field->name);
        line_push_quoted(line, value);
    } else if (field->value.size == 0 || strpbrk(value, " \"=\\") != NULL) {
        line_pushf(line, " %s=", field->name);
        line_push_quoted(line, value);
    } else {
        line_pushf(line, " %s=%s", field->name, value);
    }
}

size_t ald_log_format(enum ald_log_format format, ald_wall wall, enum ald_log_level level, const char *message,
                      const struct ald_log_field *fields, size_t n_fields, char *to, size_t room)
{
    struct line line = {.to = to, .room = room};
    char time_text[ALD_WALL_TEXT];

    ald_assert(room >= ALD_LOG_LINE_MIN && strlen(message) <= ALD_LOG_LINE_MIN / 2);
    ald_wall_iso(wall, time_text);
    line_pushf(&line, format == ALD_LOG_JSON ? "{\"time\":\"%s\",\"level\":\"%s\",\"message\":\"%s\"" : "%s %s %s",
               time_text, level_names[level], message);
    for (size_t i = 0; i < n_fields; i++) {
        if (ald_str_present(fields[i].value)) {
            field_push(&line, format, &fields[i]);
        }
    }
    line_pushf(&line, format == ALD_LOG_JSON ? "}\n" : "\n");
    return line.at;
}

/* A pipe that polls writable takes PIPE_BUF (4096) bytes at once, and a line is shorter. */
static bool log_put(const char *line, size_t size)
{
    struct pollfd descriptor = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (poll(&descriptor, 1, 0) != 1 || (descriptor.revents & POLLOUT) == 0) {
        return false;
    }
    return write(STDERR_FILENO, line, size) == (ssize_t)size;
}

static bool log_allowed(void)
{
    ald_usec now = ald_loop_fresh();
    ald_usec earned = (now - the_log.refilled) / (ALD_SEC / LOG_RATE);

    if (earned > 0) {
        the_log.tokens = (uint32_t)ALD_MIN(the_log.tokens + earned, (ald_usec)LOG_BURST);
        the_log.refilled = now;
    }
    if (the_log.tokens == 0) {
        return false;
    }
    the_log.tokens--;
    return true;
}

static void log_left_out(void)
{
    char line[ALD_LOG_LINE_MIN];
    char count[24];
    struct ald_log_field field = {"count", ALD_STR_NONE};
    size_t size;

    (void)snprintf(count, sizeof(count), "%llu", (unsigned long long)the_log.n_left_out);
    field.value = ald_str(count);
    size = ald_log_format(the_log.format, ald_loop_wall(), ALD_LOG_WARNING, "lines were left out", &field, 1, line,
                          sizeof(line));
    if (log_put(line, size)) {
        the_log.n_left_out = 0;
    }
}

static void log_line(enum ald_log_level level, const char *message, const struct ald_log_field *fields, size_t n_fields)
{
    char line[ALD_LOG_LINE_MAX];
    size_t size;

    if (!log_allowed()) {
        the_log.n_left_out++;
        return;
    }
    if (the_log.n_left_out > 0) {
        log_left_out();
    }
    size = ald_log_format(the_log.format, ald_loop_wall(), level, message, fields, n_fields, line, sizeof(line));
    if (!log_put(line, size)) {
        the_log.n_left_out++;
    }
}

void ald_log_write(enum ald_log_level level, const char *message, const struct ald_log_field *fields, size_t n_fields)
{
    if (level > the_log.level) {
        return;
    }
    ald_assert(pthread_mutex_lock(&the_log.mutex) == 0);
    log_line(level, message, fields, n_fields);
    ald_assert(pthread_mutex_unlock(&the_log.mutex) == 0);
}
