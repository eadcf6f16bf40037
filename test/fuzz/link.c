/*
 * Dialect link, at the hub. The first byte chooses with whom it talks; then come messages, each ended by a NUL:
 *
 *     0x01       time passes until the deadline
 *     0x02 N...  the hub says an event, with the serial that is N higher than the last, to a hub's peer
 *     0x03 TEXT  a pong; without text, that which answers the latest ping
 *     anything   a message
 *
 * What must hold: a message makes a bounded number of signals and at most two frames; what goes out are frames that the
 * reader of frames takes, or generation A's; a pong acknowledges nothing that was not told, and not more than the latest ping
 * names; no ping follows one that has no answer; and, with jansson as a judge from outside that checks Appendix D's schemas
 * in a second way, the reader takes what they allow and nothing else, and finds the same members.
 */

#include <jansson.h>
#include <string.h>

#include "vectors/link_talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_MESSAGES_MAX = 64, FUZZ_SAID_MAX = ALD_LINK_SAID_MAX + 8 };

/* --- the judge -------------------------------------------------------------------------------------------------------- */

/* 1: it is; 0: it is not; -1: a double does not tell. */
static int is_integer(const json_t *value)
{
    return json_is_integer(value) ? 1 : json_is_real(value) ? -1 : 0;
}

static int both(int a, int b)
{
    return a == 0 || b == 0 ? 0 : a < 0 || b < 0 ? -1 : 1;
}

static int is_address(const json_t *value)
{
    const json_t *type = json_array_get(value, 0);
    int fits = json_array_size(value) >= 2 ? is_integer(type) : 0;

    if (fits == 1 && (json_integer_value(type) < 0 || json_integer_value(type) > 4)) {
        return 0;
    }
    fits = both(fits, is_integer(json_array_get(value, 1)));
    return json_array_size(value) > 2 ? both(fits, is_integer(json_array_get(value, 2))) : fits;
}

static int is_map(json_t *value)
{
    const char *name;
    json_t *member;

    if (!json_is_object(value)) {
        return 0;
    }
    json_object_foreach(value, name, member)
    {
        if (!json_is_string(member)) {
            return 0;
        }
    }
    return 1;
}

/* A letter for each kind: s string, i integer, n number, m map, a address, o object; capitals may be missing, `0` null too. */
static int member_fits(char kind, json_t *value)
{
    if (value == NULL) {
        return kind >= 'A' && kind <= 'Z';
    }
    switch (kind | 0x20) {
    case 's':
        return json_is_string(value);
    case 'i':
        return is_integer(value);
    case 'n':
        return json_is_number(value);
    case 'm':
        return is_map(value);
    case 'a':
        return is_address(value);
    case 'o':
        return json_is_object(value);
    case 'z':
        return json_is_null(value) ? 1 : is_integer(value);
    default:
        return 0;
    }
}

static const struct {
    const char *type, *members[8];
    const char *kinds;
    bool routable, named;
    bool is_old; /* generation A: there is nothing else in `data`, nor beside it */
} rules[] = {
    {"hello", {"version", "plugins"}, "sm", false, false, false},
    {"registerHost", {"token", "version", "id", "plugins"}, "ssim", false, false, false},
    {"register_slave",
     {"token", "version", "id", "plugins", "agent", "name", "public_address"},
     "ssimssS",
     false,
     false,
     true},
    {"registerControl", {"token", "version"}, "ss", false, false, false},
    {"register_control", {"token", "version", "agent"}, "sss", false, false, true},
    {"ready", {"src", "sessionToken", "sessionTimeout", "heartbeatInterval", "account"}, "asnnO", false, false, false},
    {"resume", {"sessionToken", "lastSeq"}, "sI", false, false, false},
    {"continue", {"sessionTimeout", "heartbeatInterval", "lastSeq"}, "nnI", false, false, false},
    {"invalidate", {NULL}, "", false, false, false},
    {"heartbeat", {NULL}, "", false, false, false},
    {"disconnect", {NULL}, "", false, false, false},
    {"request", {NULL}, "", true, true, false},
    {"event", {NULL}, "", true, true, false},
    {"response", {NULL}, "", true, false, false},
    {"responseError", {"message", "code", "stack"}, "sSS", true, false, false},
};

/* As many members as these names have. */
static int has_only(const json_t *object, const char *const *names, size_t n)
{
    size_t n_found = 0;

    for (size_t i = 0; i < n; i++) {
        n_found += json_object_get(object, names[i]) != NULL ? 1 : 0;
    }
    return n_found == json_object_size(object) ? 1 : 0;
}

static int old_envelope_fits(const json_t *root)
{
    static const char *const members[] = {"seq", "type", "data"};

    return both(has_only(root, members, ALD_COUNT(members)), member_fits('z', json_object_get(root, "seq")));
}

static int data_fits(size_t rule, const json_t *root)
{
    const char *kinds = rules[rule].kinds;
    const char *const *members = rules[rule].members;
    static const char *const old_members[] = {"session_token", "last_seq"};
    const json_t *data = json_object_get(root, "data");
    bool is_old = rules[rule].is_old;
    int fits = 1;

    if (kinds[0] == '\0') {
        return 1;
    }
    if (!json_is_object(data)) {
        return 0;
    }
    if (strcmp(rules[rule].type, "resume") == 0 && json_object_get(data, "sessionToken") == NULL) {
        kinds = "sz";
        members = old_members;
        is_old = true;
    }
    if (is_old) {
        fits = both(old_envelope_fits(root), has_only(data, members, strlen(kinds)));
    }
    for (size_t i = 0; kinds[i] != '\0'; i++) {
        fits = both(fits, member_fits(kinds[i], json_object_get(data, members[i])));
    }
    return fits;
}

static int routing_fits(size_t rule, const json_t *root)
{
    int fits = both(member_fits('i', json_object_get(root, "seq")), member_fits('a', json_object_get(root, "src")));

    fits = both(fits, member_fits('a', json_object_get(root, "dst")));
    return rules[rule].named ? both(fits, member_fits('s', json_object_get(root, "name"))) : fits;
}

static int frame_fits(const json_t *root)
{
    const char *type = json_string_value(json_object_get(root, "type"));
    const char *data = json_string_value(json_object_get(root, "data"));
    size_t rule = 0;

    while (type != NULL && rule < ALD_COUNT(rules) && strcmp(rules[rule].type, type) != 0) {
        rule++;
    }
    if (type == NULL || rule == ALD_COUNT(rules)) {
        return 0;
    }
    if (strcmp(type, "heartbeat") == 0) {
        return member_fits('I', json_object_get(root, "seq"));
    }
    if (strcmp(type, "disconnect") == 0) {
        return data != NULL && (strcmp(data, "prepare") == 0 || strcmp(data, "ready") == 0);
    }
    return both(rules[rule].routable ? routing_fits(rule, root) : 1, data_fits(rule, root));
}

static void check_address(const struct ald_link_address *address, const json_t *value)
{
    TALK_MUST(address->type == json_integer_value(json_array_get(value, 0)));
    TALK_MUST(address->is_odd || !json_is_integer(json_array_get(value, 1)) ||
              address->id == json_integer_value(json_array_get(value, 1)));
    TALK_MUST(ald_str_present(address->request) == (json_array_size(value) > 2));
}

static void check_frame(struct ald_str bytes)
{
    struct ald_link_frame frame;
    int r = ald_link_frame_read(bytes, &frame, NULL);
    json_t *root = json_loadb(bytes.data, bytes.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    int fits;

    if (root == NULL || r == ALD_LINK_NOT_JSON) {
        json_decref(root); /* who takes which JSON is fuzzed elsewhere */
        return;
    }
    fits = frame_fits(root);
    TALK_MUST(fits < 0 || (fits == 1) == (r == 0));
    if (r == 0 && fits == 1) {
        TALK_MUST((frame.data.type == ALD_JSON_NONE) == (json_object_get(root, "data") == NULL));
        if (json_object_get(root, "src") != NULL && frame.type >= ALD_LINK_TYPE_REQUEST &&
            frame.type <= ALD_LINK_TYPE_EVENT) {
            check_address(&frame.src, json_object_get(root, "src"));
            check_address(&frame.dst, json_object_get(root, "dst"));
        }
    }
    json_decref(root);
}

/* --- the talk --------------------------------------------------------------------------------------------------------- */

struct fuzz {
    struct talk talk;
    uint64_t told;   /* the last serial */
    bool is_awaited; /* a pong */
};

static void fuzz_tell(struct fuzz *fuzz, struct ald_str steps)
{
    for (size_t i = 0; i < steps.size; i++) {
        uint64_t before = fuzz->talk.counters[ALD_LINK_N_PINGS_OUT];
        char text[64];
        int n;

        talk_hush(&fuzz->talk);
        fuzz->told += (uint8_t)steps.data[i];
        n = snprintf(text, sizeof(text), "event serial=%" PRIu64 " name=N", fuzz->told);
        TALK_MUST(talk_tell(&fuzz->talk, ald_str_of(text, (size_t)n)));
        TALK_MUST(!fuzz->is_awaited || fuzz->talk.counters[ALD_LINK_N_PINGS_OUT] == before);
        fuzz->is_awaited = fuzz->is_awaited || fuzz->talk.counters[ALD_LINK_N_PINGS_OUT] > before;
    }
}

static void fuzz_pong(struct fuzz *fuzz, struct ald_str payload)
{
    struct talk *talk = &fuzz->talk;
    uint64_t unasked = talk->counters[ALD_LINK_N_PONGS_UNASKED], pings = talk->counters[ALD_LINK_N_PINGS_OUT];
    bool is_answer = fuzz->is_awaited && ald_str_equal(payload, ald_str_of(talk->ping, talk->ping_size));
    uint64_t answered = talk->counters[ALD_LINK_N_PONGS_IN], named = 0;

    if (is_answer) {
        TALK_MUST(sscanf(talk->ping, "aldis %" SCNu64, &named) == 1 && named <= fuzz->told);
    }
    talk->acked = 0;
    talk_feed_as(talk, ALD_FRAME_PONG, payload);
    TALK_MUST(talk->acked == 0 || (is_answer && talk->acked == named));
    TALK_MUST(talk->n_signals <= 1 && talk->n_frames <= (is_answer ? 1 : 0));
    if (talk->counters[ALD_LINK_N_PONGS_UNASKED] == unasked && talk->counters[ALD_LINK_N_PONGS_IN] == answered) {
        return; /* after its end nothing is heard */
    }
    TALK_MUST(is_answer == (talk->counters[ALD_LINK_N_PONGS_IN] > answered));
    if (is_answer) {
        fuzz->is_awaited = talk->counters[ALD_LINK_N_PINGS_OUT] > pings;
    }
}

static void fuzz_step(struct fuzz *fuzz, struct ald_str message, bool is_hub)
{
    struct talk *talk = &fuzz->talk;
    char ping[sizeof(talk->ping)];

    if (message.size == 1 && message.data[0] == 1) {
        talk->now = ALD_MIN(ald_dialect_deadline(talk->dialect), talk->now + ALD_SEC * 3600);
        TALK_MUST(ald_dialect_tick(talk->dialect, talk->now) == 0);
        talk_collect(talk);
    } else if (message.size > 0 && message.data[0] == 2 && is_hub) {
        fuzz_tell(fuzz, ald_str_from(message, 1));
    } else if (message.size > 0 && message.data[0] == 3 && is_hub) {
        memcpy(ping, talk->ping, sizeof(ping));
        fuzz_pong(fuzz, message.size > 1 ? ald_str_from(message, 1) : ald_str_of(ping, talk->ping_size));
    } else {
        check_frame(message);
        talk_feed(talk, message);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const places[] = {"new", "host", "control", "slave", "party", "asking", "clusterioctl"};
    struct ald_str rest = ald_str_of(data, size);
    struct ald_str place;
    struct fuzz fuzz = {.told = 0};
    bool is_hub;

    if (size == 0) {
        return 0;
    }
    place = ald_str(places[data[0] % ALD_COUNT(places)]);
    is_hub = !ald_str_equal(place, ALD_STR("party")) && !ald_str_equal(place, ALD_STR("asking"));
    rest = ald_str_from(rest, 1);
    talk_open(&fuzz.talk, place);
    fuzz.talk.reads_back = !ald_str_equal(place, ALD_STR("slave")) && !ald_str_equal(place, ALD_STR("new")) &&
                           !ald_str_equal(place, ALD_STR("clusterioctl"));
    for (int n = 0; n < FUZZ_MESSAGES_MAX && rest.size > 0; n++) {
        struct ald_str message = talk_word(&rest, '\0');

        talk_hush(&fuzz.talk);
        fuzz_step(&fuzz, message, is_hub);
        TALK_MUST(fuzz.talk.n_signals <= FUZZ_SAID_MAX);
        TALK_MUST(fuzz.talk.n_frames <= 2);
    }
    talk_close(&fuzz.talk);
    return 0;
}
