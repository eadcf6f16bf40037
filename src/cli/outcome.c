#include "cli/outcome.h"

#include "base/buf.h"
#include "base/error.h"
#include "cli/cli.h"
#include "msg/json_write.h"

int ald_outcome_exit(enum ald_outcome outcome)
{
    static const int statuses[] = {
        [ALD_OUTCOME_NONE] = ALD_EXIT_TROUBLE,
        [ALD_SUCCEEDED] = ALD_EXIT_OK,
        [ALD_FAILED] = ALD_EXIT_FAILED,
        [ALD_REFUSED] = ALD_EXIT_REFUSED,
        [ALD_CANCELLED] = ALD_EXIT_CANCELLED,
        [ALD_EXPIRED] = ALD_EXIT_EXPIRED,
        [ALD_LOST] = ALD_EXIT_LOST,
    };

    return statuses[outcome];
}

void ald_outcome_put_line(FILE *out, struct ald_str raw)
{
    for (size_t i = 0; i < raw.size; i++) {
        putc(raw.data[i] == '\n' || raw.data[i] == '\r' ? ' ' : raw.data[i], out);
    }
}

static void outcome_write_raw(struct ald_json_writer *json, const char *name, struct ald_slice raw)
{
    if (raw.size > 0) {
        ald_json_write_member_raw(json, name, ald_slice_str(raw));
    }
}

static void outcome_write(struct ald_json_writer *json, struct ald_str id, const struct ald_call_report *report)
{
    const struct ald_msg *msg = report->msg;

    ald_json_write_object(json);
    ald_json_write_member_str(json, "id", id);
    ald_json_write_member_str(json, "outcome", ald_str(ald_outcome_name(report->outcome)));
    if (report->cause != ALD_CAUSE_NONE) {
        ald_json_write_member_str(json, "cause", ald_str(ald_cause_word(report->cause)));
    }
    ald_json_write_member_str(json, "state", ald_str(ald_phase_name(report->phase)));
    if (msg != NULL) {
        ald_json_write_member_some(json, "code", msg->code);
    }
    ald_json_write_member_some(json, "text", report->text);
    ald_json_write_member_some(json, "channel", report->channel);
    if (msg != NULL) {
        outcome_write_raw(json, "payload", msg->payload);
        outcome_write_raw(json, "details", msg->details);
        outcome_write_raw(json, "roster", msg->roster);
    }
    ald_json_write_end(json);
}

int ald_outcome_print_json(FILE *out, struct ald_str id, const struct ald_call_report *report)
{
    struct ald_json_writer json;
    struct ald_buf buf;
    int r;

    ald_buf_init(&buf, 4 * (size_t)13107200); /* more than a message that says it can hold */
    ald_json_write_init(&json, &buf, ALD_JSON_COMPACT);
    outcome_write(&json, id, report);
    r = ald_json_write_done(&json);
    if (r == 0) {
        ald_outcome_put_line(out, ald_buf_str(&buf));
        putc('\n', out);
    }
    ald_buf_fini(&buf);
    return r == 0 ? 0 : ald_trace(r < 0 ? r : ALDIS_E_NOMEM);
}

void ald_outcome_print_payload(FILE *out, const struct ald_call_report *report)
{
    bool answered = report->outcome == ALD_SUCCEEDED || report->outcome == ALD_FAILED;

    if (answered && report->msg != NULL && report->msg->payload.size > 0) {
        fwrite(report->msg->payload.data, 1, report->msg->payload.size, out);
        putc('\n', out);
    }
}

void ald_outcome_explain(FILE *out, const struct ald_call_report *report)
{
    const struct ald_msg *msg = report->msg;
    struct ald_str text = report->text.size > 0 ? report->text : ald_str(ald_cause_text(report->cause));
    char room[4096];

    fprintf(out, "aldis: %s", ald_outcome_name(report->outcome));
    if (report->cause != ALD_CAUSE_NONE) {
        fprintf(out, " (%s)", ald_cause_word(report->cause));
    }
    if (text.size > 0) {
        fprintf(out, ": %.*s", ALD_STR_ARG(ald_cli_printable(text, room, sizeof(room))));
    }
    putc('\n', out);
    if (report->outcome == ALD_EXPIRED || report->outcome == ALD_LOST) {
        fprintf(out, "  it was %s\n", ald_phase_name(report->phase));
    }
    if (msg != NULL && msg->code.size > 0) {
        fprintf(out, "  code %.*s\n", ALD_STR_ARG(ald_cli_printable(msg->code, room, sizeof(room))));
    }
    if (msg != NULL && msg->details.size > 0) {
        fprintf(out, "  details %.*s\n",
                ALD_STR_ARG(ald_cli_printable(ald_slice_str(msg->details), room, sizeof(room))));
    }
}
