#include "cli/payload.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "msg/json_scan.h"

static int ALD_PRINTF(2, 3) payload_bad(struct ald_payload_why *why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(why->text, sizeof(why->text), format, args);
    va_end(args);
    return ALD_PAYLOAD_BAD;
}

static int payload_read_all(FILE *file, const char *name, struct ald_buf *buf, struct ald_payload_why *why)
{
    char bytes[16 * 1024];
    size_t n;
    int r;

    while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0) {
        r = ald_buf_push(buf, ald_str_of(bytes, n));
        if (r == ALD_BUF_FULL) {
            return payload_bad(why, "%s is larger than the %d bytes that a payload may have", name, ALD_PAYLOAD_MAX);
        }
        if (r < 0) {
            return ald_trace(r);
        }
    }
    return ferror(file) ? payload_bad(why, "%s cannot be read: %s", name, strerror(errno)) : 0;
}

static int payload_read_file(const char *path, struct ald_buf *buf, struct ald_payload_why *why)
{
    FILE *file = fopen(path, "re");
    int r;

    if (file == NULL) {
        return payload_bad(why, "%s cannot be read: %s", path, strerror(errno));
    }
    r = payload_read_all(file, path, buf, why);
    fclose(file);
    return r;
}

/* "line 3, column 14" is what an editor understands; columns count bytes from 1. */
static int payload_check(const char *name, struct ald_str text, struct ald_payload_why *why)
{
    struct ald_json_scan scan;
    size_t line = 1, column = 1;

    if (ald_json_check(text, ALD_JSON_STRICT, &scan) == 0) {
        return 0;
    }
    for (size_t i = 0; i < scan.end.offset && i < text.size; i++) {
        column++;
        if (text.data[i] == '\n') {
            line++;
            column = 1;
        }
    }
    return payload_bad(why, "%s is not JSON: line %zu, column %zu: %s%s", name, line, column,
                       ald_json_reason_text(scan.end.reason),
                       text.size == 0 ? "" : " (text needs quotes of its own: '\"text\"')");
}

static int payload_take(const char *argument, struct ald_buf *buf, struct ald_slice *ret_payload,
                        struct ald_payload_why *why)
{
    const char *name = "the payload";
    int r;

    if (strcmp(argument, "-") == 0) {
        name = "standard input";
        r = payload_read_all(stdin, name, buf, why);
    } else if (argument[0] == '@') {
        name = argument + 1;
        r = payload_read_file(name, buf, why);
    } else {
        r = ald_buf_push(buf, ald_str(argument));
        if (r == ALD_BUF_FULL) {
            return payload_bad(why, "the payload is larger than the %d bytes that it may have", ALD_PAYLOAD_MAX);
        }
    }
    if (r == 0) {
        r = payload_check(name, ald_buf_str(buf), why);
    }
    return r == 0 ? ald_slice_copy(ald_buf_str(buf), ret_payload) : r;
}

int ald_payload_read(const char *argument, struct ald_slice *ret_payload, struct ald_payload_why *ret_why)
{
    struct ald_buf buf;
    int r;

    ald_buf_init(&buf, ALD_PAYLOAD_MAX);
    r = payload_take(argument, &buf, ret_payload, ret_why);
    ald_buf_fini(&buf);
    return r < 0 ? ald_trace(r) : r;
}
