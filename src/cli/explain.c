/*
 * The verb explain: what became of one command, step by step.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/read.h"
#include "cli/verbs.h"
#include "msg/json_scan.h"
#include "wire/http/http_url.h"

/* What a line of a story means, by its first words as the hub says them. */
static const struct {
    const char *line;
    const char *meaning;
} meanings[] = {
    {"submitted", "the hub has it, and answers for it from here on"},
    {"queued", "it waits for a channel that may take it"},
    {"sent", "its first byte is on the way to the agent: it may have an effect now"},
    {"accepted", "the agent has it"},
    {"running", "the agent is at work on it"},
    {"moved", "its channel ended before a byte was sent; another one gets it"},
    {"another attempt", "its link was lost; being idempotent, it is sent again"},
    {"given to every channel", "each channel of the target got its own"},
    {"cancel wanted", "the caller wants it back, while it was being sent"},
    {"cancel asked", "the agent was asked to stop"},
    {"cancel refused", "the agent's protocol cannot cancel; it goes on"},
    {"late reply", "the agent answered after the outcome; nobody was told"},
    {"succeeded", "the agent says it did it"},
    {"failed", "the agent says it could not"},
    {"refused", "it never ran"},
    {"cancelled", "it was taken back, or the agent stopped it"},
    {"expired", "the deadline came first"},
    {"lost", "it was sent, and what became of it cannot be known"},
    {"nobody was there to hear the reply", "the caller had gone; the outcome is kept here"},
};

static const char *explain_meaning(const char *line)
{
    for (size_t i = 0; i < ALD_COUNT(meanings); i++) {
        if (strcmp(meanings[i].line, line) == 0) {
            return meanings[i].meaning;
        }
    }
    return "";
}

/* A channel is named where the story comes to it, and not again. */
static void explain_line(const struct ald_json_node *line, const char *indent, struct ald_read_text *channel)
{
    struct ald_read_text text, here;
    const char *meaning;

    ald_read_str(line, "text", &text);
    ald_read_str(line, "channel", &here);
    meaning = explain_meaning(text.text);
    printf("%s%8" PRIu64 " ms  %-15s", indent, ald_read_u64(line, "at_ms"), text.text);
    if (meaning[0] != '\0') {
        printf("  %s", meaning);
    }
    if (here.text[0] != '\0' && strcmp(here.text, channel->text) != 0) {
        printf("; channel %s", here.text);
        *channel = here;
    }
    if (ald_read_u64(line, "attempt") > 1) {
        printf("; attempt %" PRIu64, ald_read_u64(line, "attempt"));
    }
    putchar('\n');
}

/* `channel` is one that the reader knows already, or "". */
static void explain_story(const struct ald_json_node *command, const char *indent, const char *channel)
{
    uint64_t n_dropped = ald_read_u64(command, "story_dropped");
    struct ald_read_text known;

    snprintf(known.text, sizeof(known.text), "%s", channel);
    ald_json_each(line, ald_json_find(command, ALD_STR("story")))
    {
        explain_line(line, indent, &known);
    }
    if (n_dropped > 0) {
        printf("%s              (%" PRIu64 " further lines were not kept)\n", indent, n_dropped);
    }
}

static void explain_outcome(const struct ald_json_node *command, const char *indent)
{
    struct ald_read_text outcome, cause, text, phase;

    ald_read_str(command, "outcome", &outcome);
    ald_read_str(command, "cause", &cause);
    ald_read_str(command, "text", &text);
    if (outcome.text[0] == '\0') {
        printf("%soutcome    not yet; it is %s, for %" PRIu64 " ms\n", indent, ald_read_str(command, "phase", &phase),
               ald_read_u64(command, "age_ms"));
        return;
    }
    printf("%soutcome    %s", indent, outcome.text);
    if (cause.text[0] != '\0') {
        printf(" (%s)", cause.text);
    }
    if (text.text[0] != '\0') {
        printf(": %s", text.text);
    }
    printf(", after %" PRIu64 " ms\n", ald_read_u64(command, "ended_ms"));
}

static void explain_field(const char *title, const struct ald_json_node *command, const char *name)
{
    struct ald_read_text text;

    ald_read_str(command, name, &text);
    if (text.text[0] != '\0') {
        printf("%-10s %s\n", title, text.text);
    }
}

/* A reply may be large: what is longer than a line is for --json. */
static void explain_reply(const struct ald_json_node *command)
{
    static const char *const names[] = {"code", "payload", "details"};
    const struct ald_json_node *reply = ald_json_find(command, ALD_STR("reply"));
    char room[200];

    for (size_t i = 0; i < ALD_COUNT(names); i++) {
        const struct ald_json_node *value = ald_json_find(reply, ald_str(names[i]));
        struct ald_str text =
            value != NULL ? ald_cli_printable(ald_json_value(value).raw, room, sizeof(room)) : ALD_STR_NONE;

        if (value != NULL) {
            printf("%-10s %.*s%s\n", names[i], ALD_STR_ARG(text), value->size > sizeof(room) ? " … (see --json)" : "");
        }
    }
}

static void explain_command(const struct ald_json_node *command)
{
    struct ald_read_text name, to, mode, id, wire_id;

    printf("command    %s to %s", ald_read_str(command, "name", &name), ald_read_str(command, "to", &to));
    ald_read_str(command, "mode", &mode);
    printf("%s%s\n", strcmp(mode.text, "any") == 0 ? "" : ", mode ", strcmp(mode.text, "any") == 0 ? "" : mode.text);
    printf("id         %s\n", ald_read_str(command, "id", &id));
    ald_read_str(command, "wire_id", &wire_id);
    if (wire_id.text[0] != '\0' && strcmp(wire_id.text, id.text) != 0) {
        printf("called     %s by its sender\n", wire_id.text);
    }
    explain_field("from", command, "from");
    explain_field("as", command, "principal");
    explain_field("submitted", command, "submitted");
    if (ald_json_find(command, ALD_STR("deadline_ms")) != NULL) {
        printf("deadline   %" PRIu64 " ms after that\n", ald_read_u64(command, "deadline_ms"));
    }
    explain_outcome(command, "");
    explain_reply(command);
    putchar('\n');
    explain_story(command, "", "");
}

static int explain_member(void *owner ALD_UNUSED, const struct ald_json_node *member)
{
    struct ald_read_text to;
    const char *channel;

    printf("\n  member %s\n", ald_read_str(member, "to", &to));
    channel = strrchr(to.text, '#');
    explain_outcome(member, "  ");
    explain_story(member, "  ", channel != NULL ? channel + 1 : "");
    return 0;
}

static int explain_print(const struct ald_cli *cli, const struct ald_read *read, const char *path)
{
    struct ald_json json;
    uint64_t n_members = 0;
    char members[1100];
    int r;

    ald_json_init(&json, 8 * ALD_READ_NODES_MAX);
    r = ald_json_parse(&json, ald_buf_str(&read->answer.body), ALD_JSON_BROKEN_OK, NULL);
    if (r == 0) {
        explain_command(ald_json_root(&json));
        n_members = ald_read_u64(ald_json_root(&json), "members");
    }
    ald_json_fini(&json);
    if (r != 0) {
        ald_cli_say("its reply has too many values to be shown; see --json");
        return ALD_EXIT_TROUBLE;
    }
    snprintf(members, sizeof(members), "%s/members", path);
    r = n_members > 0 ? ald_read_list(cli, members, "members", explain_member, NULL) : 0;
    return r != 0 ? r : ald_cli_flush();
}

static int explain_show(const struct ald_cli *cli, const char *id)
{
    char name[3 * 256];
    char path[1024];
    struct ald_str encoded;
    struct ald_read read;
    int r;

    if (ald_http_encode(ald_str(id), name, sizeof(name), &encoded) != 0 || encoded.size == 0) {
        return ald_cli_usage(cli, "\"%.40s\" is no id of a command", id);
    }
    snprintf(path, sizeof(path), "/api/v1/commands/%.*s", ALD_STR_ARG(encoded));
    ald_read_init(&read);
    r = ald_read_get(&read, cli, path);
    if (r == 0 && read.answer.status == 404) {
        ald_cli_say("the hub knows no command %s: it never came here, or is forgotten, or the hub was started since",
                    id);
        r = ALD_EXIT_TROUBLE;
    } else if (r == 0 && cli->json) {
        r = ald_read_print(&read);
    } else if (r == 0) {
        r = explain_print(cli, &read, path);
    }
    ald_read_fini(&read);
    return r;
}

static int explain_run(struct ald_cli *cli)
{
    const char *id = NULL;
    struct ald_arg arg;
    int r;

    while ((r = ald_cli_next(cli, &arg)) == 0) {
        if (id != NULL) {
            return ald_cli_usage(cli, "\"%s\" is one argument too many", arg.text);
        }
        id = arg.value;
    }
    if (r == ALD_CLI_STOP) {
        return cli->status;
    }
    return id != NULL ? explain_show(cli, id) : ald_cli_usage(cli, "which command? give its id");
}

static const char explain_examples[] = "  aldis call --json lamp signal | jq -r .id      where an id comes from\n"
                                       "  aldis explain 6f1d0e9c-8a52-4c1e-9d3b-0a7c2f4b1e10\n";

static const char explain_help[] = "ID is the hub's, or the one its sender gave it; `aldis call` names it when "
                                   "something went wrong. The hub that took the "
                                   "command knows its story for a while after it ended; times count from its "
                                   "submission. Exit status 1: that hub does not "
                                   "know it (any more).\n";

const struct ald_verb ald_verb_explain = {
    .name = "explain",
    .summary = "tell what became of a command, step by step",
    .synopsis = "ID",
    .examples = explain_examples,
    .help = explain_help,
    .run = explain_run,
};
