#include "cli/watch_service_view.h"

#include "base/buf.h"
#include "base/error.h"
#include "cli/cli.h"
#include "client/news_word.h"
#include "loop/wall.h"
#include "msg/json_write.h"

/* Of a line for people; JSON has all of it. */
enum { VIEW_PAYLOAD_MAX = 400 };
/* A line holds one message, of 13 MB at most, and its escapes. */
enum { VIEW_LINE_MAX = 128 * 1024 * 1024 };

/* An address as it is written on a command line. Outcome of the buffer; errors as well. */
static int address_push(struct ald_buf *out, const struct ald_address *address)
{
    return ald_str_present(address->target) || address->scope != ALD_SCOPE_ONE ? ald_address_format(address, out) : 0;
}

/* --- for programs ------------------------------------------------------------------------------------------------ */

static void address_write(struct ald_json_writer *json, const char *name, const struct ald_address *address)
{
    struct ald_buf text;

    ald_buf_init(&text, 4 * 3 * ALD_NAME_MAX);
    if (address_push(&text, address) == 0 && ald_buf_size(&text) > 0) {
        ald_json_write_member_str(json, name, ald_buf_str(&text));
    }
    ald_buf_fini(&text);
}

static void some_write(struct ald_json_writer *json, const char *name, struct ald_str text)
{
    if (ald_str_present(text)) {
        ald_json_write_member_str(json, name, text);
    }
}

static void begin_write(struct ald_json_writer *json, const char *kind, ald_wall at)
{
    char text[ALD_WALL_TEXT];

    ald_wall_iso(at, text);
    ald_json_write_object(json);
    ald_json_write_member_str(json, "kind", ald_str(kind));
    ald_json_write_member_str(json, "at", ald_str(text));
}

static void message_write(struct ald_json_writer *json, const struct ald_msg *msg, ald_wall at)
{
    begin_write(json, msg->kind == ALD_COMMAND ? "command" : "message", at);
    address_write(json, "from", &msg->from);
    address_write(json, "to", &msg->to);
    ald_json_write_member_str(json, "name", msg->name);
    if (msg->payload.size > 0) {
        ald_json_write_name(json, ALD_STR("payload"));
        ald_json_write_raw(json, ald_slice_str(msg->payload));
    }
    ald_json_write_end(json);
}

/* Of a cluster both that it tells. */
static const char *state_word(const struct ald_news *news)
{
    if (news->topic == ALD_TOPIC_CLUSTER && (news->state & ALD_CLUSTER_COMPLETE) != 0) {
        return (news->state & ALD_CLUSTER_UP) != 0 ? "up, complete" : "down, complete";
    }
    return ald_news_word(news);
}

static void news_write(struct ald_json_writer *json, const struct ald_news *news, ald_wall at)
{
    const char *state = ald_news_word(news);

    begin_write(json, "news", at);
    ald_json_write_member_str(json, "topic", ald_str(ald_topic_name((enum ald_topic)news->topic)));
    if (state[0] != '\0') {
        ald_json_write_member_str(json, "state", ald_str(state));
    }
    some_write(json, "name", news->name);
    some_write(json, "hub", news->hub);
    some_write(json, "detail", news->detail);
    if (news->topic == ALD_TOPIC_CLUSTER) {
        ald_json_write_name(json, ALD_STR("complete"));
        ald_json_write_bool(json, (news->state & ALD_CLUSTER_COMPLETE) != 0);
        ald_json_write_name(json, ALD_STR("hubs"));
        ald_json_write_u64(json, news->number);
    }
    if (news->topic == ALD_TOPIC_LOAD) {
        char text[40];

        snprintf(text, sizeof(text), "%.6f", news->load);
        ald_json_write_name(json, ALD_STR("load"));
        ald_json_write_raw(json, ald_str(text));
    }
    ald_json_write_end(json);
}

/* --- for people -------------------------------------------------------------------------------------------------- */

static void begin_print(FILE *out, ald_wall at, const char *word)
{
    char text[ALD_WALL_TEXT];

    ald_wall_iso(at, text);
    fprintf(out, "%.12s  %-9s", text + 11, word);
}

static void text_print(FILE *out, const char *before, struct ald_str text)
{
    char room[VIEW_PAYLOAD_MAX];
    struct ald_str shown = ald_cli_printable(text, room, sizeof(room));

    if (text.size > 0) {
        fprintf(out, "%s%.*s%s", before, ALD_STR_ARG(shown), text.size > sizeof(room) ? "…" : "");
    }
}

static void address_print(FILE *out, const char *before, const struct ald_address *address)
{
    struct ald_buf text;

    ald_buf_init(&text, 4 * 3 * ALD_NAME_MAX);
    if (address_push(&text, address) == 0) {
        text_print(out, before, ald_buf_str(&text));
    }
    ald_buf_fini(&text);
}

static void message_print(FILE *out, const struct ald_msg *msg, ald_wall at, bool payload)
{
    begin_print(out, at, msg->kind == ALD_COMMAND ? "command" : "message");
    address_print(out, "  ", &msg->to);
    text_print(out, " ", msg->name);
    address_print(out, "  from ", &msg->from);
    if (payload) {
        text_print(out, "  ", ald_slice_str(msg->payload));
    }
    putc('\n', out);
}

static void news_print(FILE *out, const struct ald_news *news, ald_wall at)
{
    begin_print(out, at, ald_topic_name((enum ald_topic)news->topic));
    text_print(out, "  ", news->name);
    text_print(out, "  ", ald_str(state_word(news)));
    text_print(out, "  at ", news->hub);
    if (news->topic == ALD_TOPIC_LOAD) {
        fprintf(out, "  %.2f", news->load);
    }
    if (news->topic == ALD_TOPIC_CLUSTER && news->number > 0) {
        fprintf(out, "  of %u", news->number);
    }
    text_print(out, "  ", news->detail);
    putc('\n', out);
}

/* ----------------------------------------------------------------------------------------------------------------- */

static int line_print(FILE *out, struct ald_buf *line, struct ald_json_writer *json)
{
    int r = ald_json_write_done(json);

    if (r == 0) {
        fwrite(ald_buf_str(line).data, 1, ald_buf_size(line), out);
        putc('\n', out);
    }
    return r < 0 ? ald_trace(r) : 0; /* nothing that came is over the line's limit */
}

static void gap_write(struct ald_json_writer *json, struct ald_str name, const char *from, const char *until)
{
    ald_json_write_object(json);
    ald_json_write_member_str(json, "kind", ALD_STR("gap"));
    ald_json_write_name(json, ALD_STR("kinds"));
    ald_json_write_array(json);
    ald_json_write_str(json, ALD_STR("event"));
    ald_json_write_end(json);
    ald_json_write_member_str(json, "name", name);
    ald_json_write_member_str(json, "from", ald_str(from));
    ald_json_write_member_str(json, "until", ald_str(until));
    ald_json_write_end(json);
}

int ald_watch_service_gap(FILE *out, struct ald_str name, ald_wall from, ald_wall until, bool json)
{
    char begin[ALD_WALL_TEXT], end[ALD_WALL_TEXT], room[300];
    struct ald_json_writer writer;
    struct ald_buf line;
    int r;

    ald_wall_iso(from, begin);
    ald_wall_iso(until, end);
    if (!json) {
        ald_cli_say("events %.*s from %s to %s are missing here: the hub does not remember them",
                    ALD_STR_ARG(ald_cli_printable(name, room, sizeof(room))), begin, end);
        return 0;
    }
    ald_buf_init(&line, VIEW_LINE_MAX);
    ald_json_write_init(&writer, &line, ALD_JSON_COMPACT);
    gap_write(&writer, name, begin, end);
    r = line_print(out, &line, &writer);
    ald_buf_fini(&line);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_watch_service_message(FILE *out, const struct ald_msg *msg, ald_wall at, bool payload, bool json)
{
    struct ald_json_writer writer;
    struct ald_buf line;
    int r;

    if (!json) {
        message_print(out, msg, at, payload);
        return 0;
    }
    ald_buf_init(&line, VIEW_LINE_MAX);
    ald_json_write_init(&writer, &line, ALD_JSON_COMPACT);
    message_write(&writer, msg, at);
    r = line_print(out, &line, &writer);
    ald_buf_fini(&line);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_watch_service_news(FILE *out, const struct ald_news *news, ald_wall at, bool json)
{
    struct ald_json_writer writer;
    struct ald_buf line;
    int r;

    if (!json) {
        news_print(out, news, at);
        return 0;
    }
    ald_buf_init(&line, VIEW_LINE_MAX);
    ald_json_write_init(&writer, &line, ALD_JSON_COMPACT);
    news_write(&writer, news, at);
    r = line_print(out, &line, &writer);
    ald_buf_fini(&line);
    return r < 0 ? ald_trace(r) : 0;
}
