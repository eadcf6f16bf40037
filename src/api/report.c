/*
 * A report is the struct that the program sees, its members, and one arena for all their text. The arena gets all its
 * room before anything is written to it, because what points into it must not move.
 */

#include "api/report.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "msg/json_scan.h"

struct report {
    struct aldis_report seen;
    struct ald_buf arena;
    struct aldis_member *members;
};

/* Every text of a report gets a NUL; there are fewer than this of them outside of the roster. */
enum { REPORT_TEXTS = 8 };

/* The words of a member of a roster, or of a status that is about one (docs/wire-extension.md, section 7). */
enum {
    MEMBER_CHANNEL,
    MEMBER_OUTCOME,
    MEMBER_CAUSE,
    MEMBER_CODE,
    MEMBER_TEXT,
    MEMBER_PAYLOAD,
    MEMBER_DETAILS,
    MEMBER_N
};

static size_t blanks(struct ald_str text, size_t at)
{
    while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\t' || text.data[at] == '\n' ||
                              text.data[at] == '\r' || text.data[at] == ',')) {
        at++;
    }
    return at;
}

static bool member_read(struct ald_str text, struct ald_json_field fields[MEMBER_N], size_t *ret_size)
{
    static const struct ald_json_field wanted[MEMBER_N] = {
        [MEMBER_CHANNEL] = ALD_JSON_FIELD("channel"), [MEMBER_OUTCOME] = ALD_JSON_FIELD("outcome"),
        [MEMBER_CAUSE] = ALD_JSON_FIELD("cause"),     [MEMBER_CODE] = ALD_JSON_FIELD("code"),
        [MEMBER_TEXT] = ALD_JSON_FIELD("text"),       [MEMBER_PAYLOAD] = ALD_JSON_FIELD("payload"),
        [MEMBER_DETAILS] = ALD_JSON_FIELD("details"),
    };
    struct ald_json_scan scan;

    memcpy(fields, wanted, sizeof(wanted));
    if (ald_json_scan(text, ALD_JSON_TAIL_OK, fields, MEMBER_N, &scan) != 0) {
        return false;
    }
    *ret_size = scan.end.offset;
    return fields[MEMBER_OUTCOME].value.type == ALD_JSON_STRING && fields[MEMBER_CHANNEL].value.type == ALD_JSON_STRING;
}

/* A view of the arena's next text; NULL for an absent one. There is room: it was made for all of them. */
static const char *arena_push(struct ald_buf *arena, struct ald_str text)
{
    const char *at = (const char *)arena->data + arena->end;

    if (!ald_str_present(text)) {
        return NULL;
    }
    ald_assert(ald_buf_push(arena, text) == 0 && ald_buf_push_byte(arena, '\0') == 0);
    return at;
}

/* A JSON text, decoded. Errors: ALDIS_E_NOMEM. */
static int arena_decode(struct ald_buf *arena, struct ald_json_value value, const char **ret_text)
{
    struct ald_str text = ALD_STR_NONE;
    struct ald_buf scratch;
    int r;

    ald_buf_init(&scratch, 3 * value.raw.size + 1);
    r = ald_json_text(value, &scratch, &text);
    if (r == 0) {
        *ret_text = arena_push(arena, text);
    }
    ald_buf_fini(&scratch);
    return r < 0 ? ald_trace(r) : 0;
}

static enum aldis_outcome member_outcome(struct ald_json_value word)
{
    int outcome = ald_json_is_plain(word) ? ald_outcome_find(ald_json_inner(word)) : -1;

    return outcome > 0 ? (enum aldis_outcome)outcome : ALDIS_FAILED; /* a word of a later version: not a success */
}

static int member_fill(struct ald_buf *arena, const struct ald_json_field fields[MEMBER_N], struct aldis_member *member)
{
    int r;

    *member =
        (struct aldis_member){.channel = "", .cause = "", .outcome = member_outcome(fields[MEMBER_OUTCOME].value)};
    r = arena_decode(arena, fields[MEMBER_CHANNEL].value, &member->channel);
    if (r == 0) {
        r = arena_decode(arena, fields[MEMBER_CAUSE].value, &member->cause);
    }
    if (r == 0) {
        r = arena_decode(arena, fields[MEMBER_CODE].value, &member->code);
    }
    if (r == 0) {
        r = arena_decode(arena, fields[MEMBER_TEXT].value, &member->text);
    }
    member->payload = arena_push(arena, fields[MEMBER_PAYLOAD].value.raw);
    member->payload_size = fields[MEMBER_PAYLOAD].value.raw.size;
    member->details = arena_push(arena, fields[MEMBER_DETAILS].value.raw);
    member->details_size = fields[MEMBER_DETAILS].value.raw.size;
    return r;
}

/* How many members the roster has: as many of its lines as can be read. */
static size_t members_count(struct ald_str roster)
{
    struct ald_json_field fields[MEMBER_N];
    size_t at = roster.size > 0 ? blanks(roster, roster.data[0] == '[' ? 1 : 0) : 0;
    size_t size;
    size_t n = 0;

    while (at < roster.size && roster.data[at] == '{' && member_read(ald_str_from(roster, at), fields, &size)) {
        at = blanks(roster, at + size);
        n++;
    }
    return n;
}

static int members_fill(struct report *report, struct ald_str roster, size_t n)
{
    struct ald_json_field fields[MEMBER_N];
    size_t at = blanks(roster, roster.data[0] == '[' ? 1 : 0);
    size_t size = 0;
    int r = 0;

    report->members = calloc(n, sizeof(*report->members));
    if (report->members == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    report->seen.members = report->members;
    for (; r == 0 && report->seen.n_members < n; report->seen.n_members++) {
        ald_assert(member_read(ald_str_from(roster, at), fields, &size)); /* it was read when they were counted */
        r = member_fill(&report->arena, fields, &report->members[report->seen.n_members]);
        at = blanks(roster, at + size);
    }
    return r;
}

struct aldis_report ald_report_brief(const struct ald_call_report *from, const char *id)
{
    return (struct aldis_report){
        .outcome = (enum aldis_outcome)from->outcome,
        .phase = (enum aldis_phase)from->phase,
        .id = id,
        .cause = ald_cause_word(from->cause),
        .text = ald_cause_text(from->cause),
        .incomplete = true,
    };
}

static void report_fill(struct report *report, const struct ald_call_report *from)
{
    struct aldis_report *seen = &report->seen;
    const struct ald_msg *msg = from->msg;

    seen->incomplete = false;
    if (from->text.size > 0) {
        seen->text = arena_push(&report->arena, from->text);
    }
    seen->channel = arena_push(&report->arena, from->channel);
    if (msg == NULL) {
        return;
    }
    seen->code = arena_push(&report->arena, msg->code);
    seen->payload = arena_push(&report->arena, ald_slice_str(msg->payload));
    seen->payload_size = msg->payload.size;
    seen->details = arena_push(&report->arena, ald_slice_str(msg->details));
    seen->details_size = msg->details.size;
    seen->has_progress = (msg->flags & ALD_MSG_PROGRESS) != 0;
    seen->completed = msg->completed;
    seen->total = msg->total;
}

/* Decoded text is no longer than its literal but for what is not UTF-8, which the strict reading above leaves out. */
static size_t report_room(const struct ald_call_report *from, struct ald_str roster)
{
    size_t room = ALD_ID_TEXT + from->text.size + from->channel.size + roster.size + REPORT_TEXTS;

    if (from->msg != NULL) {
        room += from->msg->code.size + from->msg->payload.size + from->msg->details.size;
    }
    return room;
}

int ald_report_new(const struct ald_call_report *from, const char *id, bool whole, struct aldis_report **ret_report)
{
    ALD_AUTO(ald_report_free) struct aldis_report *seen = NULL;
    struct ald_str roster = from->msg == NULL ? ALD_STR_NONE
                            : whole           ? ald_slice_str(from->msg->roster)
                                              : ald_slice_str(from->msg->details);
    size_t room = report_room(from, roster);
    size_t n = members_count(roster);
    struct report *report = calloc(1, sizeof(*report));
    uint8_t *unused;

    if (report == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    seen = &report->seen;
    ald_buf_init(&report->arena, room);
    if (ald_buf_reserve(&report->arena, room, &unused) != 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *seen = ald_report_brief(from, NULL);
    seen->id = arena_push(&report->arena, ald_str(id));
    report_fill(report, from);
    if (n > 0 && members_fill(report, roster, n) < 0) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *ret_report = ald_steal(&seen);
    return 0;
}

struct aldis_report *ald_report_free(struct aldis_report *seen)
{
    struct report *report;

    if (seen != NULL) {
        report = ald_container(seen, struct report, seen);
        ald_buf_fini(&report->arena);
        free(report->members);
        free(report);
    }
    return NULL;
}

struct aldis_report *aldis_report_free(struct aldis_report *report)
{
    return ald_report_free(report);
}
