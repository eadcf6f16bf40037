#include "cli/agent_reply.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "msg/json_scan.h"
#include "msg/json_write.h"

/* Of an error output the end is kept, because that is where programs say what made them give up. */
enum { REPLY_TEXT_MAX = 4096 };

int ald_agent_reply_new(struct ald_msg_pool *messages, enum ald_outcome outcome, enum ald_cause cause, const char *text,
                        struct ald_msg **ret_reply)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;
    int r;

    r = ald_msg_new(messages, ALD_REPLY, &reply);
    if (r == 0) {
        r = ald_msg_set(reply, &reply->text, ald_str(text != NULL ? text : ald_cause_text(cause)));
    }
    if (r < 0) {
        return ald_trace(r);
    }
    reply->outcome = (uint8_t)outcome;
    reply->cause = (uint8_t)cause;
    ald_msg_seal(reply);
    *ret_reply = ald_steal(&reply);
    return 0;
}

static struct ald_str reply_without_line_ends(struct ald_str text)
{
    while (text.size > 0 && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r')) {
        text.size--;
    }
    return text;
}

/* Gives `text` as a JSON string. Outcome: ALD_BUF_FULL. */
static int reply_wrap(struct ald_str text, struct ald_slice *ret_payload)
{
    struct ald_json_writer json;
    struct ald_buf buf;
    int r;

    ald_buf_init(&buf, ALD_AGENT_OUTPUT_MAX);
    ald_json_write_init(&json, &buf, ALD_JSON_COMPACT);
    ald_json_write_str(&json, text);
    r = ald_json_write_done(&json);
    if (r == 0) {
        r = ald_slice_copy(ald_buf_str(&buf), ret_payload);
    }
    ald_buf_fini(&buf);
    return r;
}

/* Outcome: ALD_BUF_FULL, the output does not fit into a message once it is a string. */
static int reply_payload(struct ald_str output, struct ald_slice *ret_payload)
{
    struct ald_str text = reply_without_line_ends(output);
    struct ald_json_scan scan;

    if (text.size == 0) {
        *ret_payload = ALD_SLICE_NONE;
        return 0;
    }
    return ald_json_check(text, ALD_JSON_STRICT, &scan) == 0 ? ald_slice_copy(text, ret_payload)
                                                             : reply_wrap(text, ret_payload);
}

static struct ald_str reply_tail(struct ald_str text)
{
    text = reply_without_line_ends(text);
    return text.size > REPLY_TEXT_MAX ? ald_str_from(text, text.size - REPLY_TEXT_MAX) : text;
}

static int reply_set_details(struct ald_msg *reply, const char *name, int number)
{
    struct ald_slice details;
    char text[40];
    int size = snprintf(text, sizeof(text), "{\"%s\":%d}", name, number);
    int r;

    r = ald_slice_copy(ald_str_of(text, (size_t)size), &details);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_set_slice(reply, &reply->details, details);
    ald_slice_clear(&details);
    return 0;
}

static int reply_failure(const struct ald_process_end *end, struct ald_msg *reply)
{
    struct ald_str text = reply_tail(end->error);
    char room[80];
    int r;

    if (end->signal != 0) {
        snprintf(room, sizeof(room), "the program was ended by signal %d (%s)", end->signal, strsignal(end->signal));
    } else {
        snprintf(room, sizeof(room), "the program ended with status %d", end->status);
    }
    reply->outcome = ALD_FAILED;
    reply->cause = end->signal != 0 ? ALD_CAUSE_AGENT_BROKE : ALD_CAUSE_AGENT_FAILED;
    r = ald_msg_set(reply, &reply->text, text.size > 0 ? text : ald_str(room));
    if (r == 0) {
        r = reply_set_details(reply, end->signal != 0 ? "signal" : "status",
                              end->signal != 0 ? end->signal : end->status);
    }
    return r;
}

static int reply_too_large(struct ald_msg *reply)
{
    reply->outcome = ALD_FAILED;
    reply->cause = ALD_CAUSE_TOO_LARGE;
    return ald_msg_set(reply, &reply->text, ALD_STR("the program's output is larger than a reply may be"));
}

static int reply_fill(const struct ald_process_end *end, const char *stopped, struct ald_msg *reply)
{
    struct ald_slice payload = ALD_SLICE_NONE;
    int r;

    if (stopped != NULL) {
        reply->outcome = ALD_CANCELLED;
        reply->cause = ALD_CAUSE_TAKEN_BACK;
        return ald_msg_set(reply, &reply->text, ald_str(stopped));
    }
    r = end->output_cut ? ALD_BUF_FULL : reply_payload(end->output, &payload);
    if (r == ALD_BUF_FULL) {
        return reply_too_large(reply);
    }
    if (r < 0) {
        return r;
    }
    ald_msg_set_slice(reply, &reply->payload, payload);
    ald_slice_clear(&payload);
    reply->outcome = ALD_SUCCEEDED;
    return end->status == 0 ? 0 : reply_failure(end, reply);
}

int ald_agent_reply_of(struct ald_msg_pool *messages, const struct ald_process_end *end, const char *stopped,
                       struct ald_msg **ret_reply)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *reply = NULL;
    int r;

    r = ald_msg_new(messages, ALD_REPLY, &reply);
    if (r == 0) {
        r = reply_fill(end, stopped, reply);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_seal(reply);
    *ret_reply = ald_steal(&reply);
    return 0;
}
