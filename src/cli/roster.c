#include "cli/roster.h"

#include <stdlib.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/outcome.h"
#include "msg/json.h"
#include "msg/json_scan.h"

/* 50,000 members of a few dozen values each (DESIGN section 6); a larger roster is not printed member by member. */
enum { ROSTER_NODES_MAX = 4 * 1024 * 1024 };

struct roster_channel {
    struct roster_channel *next;
    size_t size;
    char text[];
};

void ald_roster_print_init(struct ald_roster_print *roster, const uint64_t seed[2])
{
    *roster = (struct ald_roster_print){0};
    ald_table_init(&roster->printed, seed);
}

void ald_roster_print_fini(struct ald_roster_print *roster)
{
    struct roster_channel *channel;

    ald_table_fini(&roster->printed);
    while ((channel = roster->channels) != NULL) {
        roster->channels = channel->next;
        free(channel);
    }
}

static int roster_remember(struct ald_roster_print *roster, struct ald_str id)
{
    struct roster_channel *channel = malloc(sizeof(*channel) + id.size);
    int r;

    if (channel == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    channel->size = id.size;
    memcpy(channel->text, id.data, id.size);
    channel->next = roster->channels;
    roster->channels = channel;
    r = ald_table_add(&roster->printed, ald_str_of(channel->text, id.size), channel);
    return r < 0 ? ald_trace(r) : 0;
}

/* Ids and outcomes are plain words; whatever else stands there is nothing we know. */
static struct ald_str roster_word(struct ald_json_value value)
{
    return value.type == ALD_JSON_STRING && ald_json_is_plain(value) ? ald_json_inner(value) : ALD_STR_NONE;
}

static int roster_print(struct ald_roster_print *roster, FILE *out, struct ald_str member, bool last_chance)
{
    enum { CHANNEL, OUTCOME, TEXT, PAYLOAD, TRUNCATED };
    struct ald_json_field fields[] = {ALD_JSON_FIELD("channel"), ALD_JSON_FIELD("outcome"), ALD_JSON_FIELD("text"),
                                      ALD_JSON_FIELD("payload"), ALD_JSON_FIELD("truncated")};
    struct ald_json_scan scan;
    struct ald_str channel, outcome;
    struct ald_json_value answer;
    char room[128];

    if (ald_json_scan(member, ALD_JSON_BROKEN_OK, fields, ALD_COUNT(fields), &scan) != 0) {
        return 0;
    }
    channel = roster_word(fields[CHANNEL].value);
    outcome = roster_word(fields[OUTCOME].value);
    if (channel.size == 0 || ald_outcome_find(outcome) < 0 || ald_table_find(&roster->printed, channel) != NULL) {
        return 0;
    }
    if (ald_json_is_true(fields[TRUNCATED].value) && !last_chance) {
        return 0; /* the last reply may have room for what it answered */
    }
    /* A member that gave no payload says why in its place, so that a line is never mute about a failure. */
    answer = fields[PAYLOAD].value.type != ALD_JSON_NONE ? fields[PAYLOAD].value : fields[TEXT].value;
    fprintf(out, "%.*s %.*s", ALD_STR_ARG(ald_cli_printable(channel, room, sizeof(room))), ALD_STR_ARG(outcome));
    if (answer.type != ALD_JSON_NONE) {
        putc(' ', out);
        ald_outcome_put_line(out, answer.raw);
    }
    putc('\n', out);
    return roster_remember(roster, channel);
}

int ald_roster_print_member(struct ald_roster_print *roster, FILE *out, struct ald_str member)
{
    return roster_print(roster, out, member, false);
}

int ald_roster_print_rest(struct ald_roster_print *roster, FILE *out, struct ald_str members)
{
    struct ald_json json;
    int r;

    ald_json_init(&json, ROSTER_NODES_MAX);
    r = ald_json_parse(&json, members, ALD_JSON_BROKEN_OK, NULL);
    if (r == 0) {
        ald_json_each(member, ald_json_root(&json))
        {
            r = roster_print(roster, out, ald_str_of(member->data, member->size), true);
            if (r < 0) {
                break;
            }
        }
    }
    ald_json_fini(&json);
    return r < 0 ? ald_trace(r) : 0;
}
