/*
 * Both ends wired back to back: what one is given to say, the other reads. Each row says one signal in each variant and
 * tells what arrives; where a variant has no form for it, nothing does.
 */

#include "lib/exchange_pair.h"
#include "lib/test.h"

enum { V1, LEGACY, EXTENDED, N_VARIANTS };

static const uint32_t variants[N_VARIANTS] = {
    [V1] = ALD_EXCHANGE_V1,
    [LEGACY] = 0,
    [EXTENDED] = ALD_EXCHANGE_V1 | ALD_EXCHANGE_EXTENDED,
};

#define ID "00000000-0000-4009-8000-000000000009"

/* What the rows fill in. The command is both what is sent and what replies and statuses are about. */
struct said {
    struct ald_signal signal;
    struct ald_msg *command;
    struct ald_msg *msg;
};

typedef void (*fill_fn)(struct said *said);

struct row {
    const char *name;
    enum ald_signal_kind kind;
    enum ald_role speaker;
    fill_fn fill;                  /* or NULL */
    const char *heard[N_VARIANTS]; /* NULL: nothing arrives */
};

static void set(struct ald_msg *msg, struct ald_str *field, const char *value)
{
    ald_check_int(ald_msg_set(msg, field, ald_str(value)), 0);
}

static void fill_command(struct said *said)
{
    const struct ald_address to = {.target = ALD_STR("the lamp")};
    const struct ald_address from = {.hub = ALD_STR("a"), .target = ALD_STR("de\"ck"), .channel = ALD_STR("1")};
    struct ald_msg *msg = said->command;

    ald_check_int(ald_msg_set_address(msg, &msg->to, &to), 0);
    ald_check_int(ald_msg_set_address(msg, &msg->from, &from), 0);
    msg->mode = ALD_MODE_PRIMARY;
    msg->flags = ALD_MSG_IDEMPOTENT | ALD_MSG_DURABLE;
    set(msg, &msg->collapse, "k;;");
    set(msg, &msg->version, "\x01\"\\");
    set(msg, &msg->trace, "00-1");
    set(msg, &msg->filters, "n,s\"");
    msg->payload = ald_slice_static(ALD_STR("{\"a\":\"reply: ;;\"}"));
    said->signal.ttl = 1500 * ALD_MSEC;
    said->signal.from = ALD_STR("de\"ck"); /* what the hub knows; the message's own says more, and is a claim */
}

static void fill_bare(struct said *said)
{
    said->signal.ttl = ALD_NEVER;
}

static void fill_success(struct said *said)
{
    said->signal.outcome = ALD_SUCCEEDED;
    said->signal.phase = ALD_PHASE_RUNNING;
    said->signal.channel = ALD_STR("ch1");
    said->msg->outcome = ALD_SUCCEEDED;
    set(said->msg, &said->msg->name, "DUMMY");
    said->msg->payload = ald_slice_static(ALD_STR("[1,2]"));
    said->msg->details = ald_slice_static(ALD_STR("{\"d\":1}"));
}

/* The same, said by a party: everything stands in the message. */
static void fill_party_failure(struct said *said)
{
    said->msg->outcome = ALD_FAILED;
    said->msg->cause = ALD_CAUSE_AGENT_FAILED;
    said->msg->phase = ALD_PHASE_RUNNING;
    set(said->msg, &said->msg->text, "it broke;;");
    set(said->msg, &said->msg->code, "E1");
    said->msg->details = ald_slice_static(ALD_STR("null"));
}

static void fill_party_cancelled(struct said *said)
{
    said->msg->outcome = ALD_CANCELLED;
    said->msg->cause = ALD_CAUSE_TAKEN_BACK;
    set(said->msg, &said->msg->text, "stopped");
}

static void fill_party_unknown(struct said *said)
{
    said->msg->outcome = ALD_REFUSED;
    said->msg->cause = ALD_CAUSE_UNKNOWN_COMMAND;
}

static void fill_expired(struct said *said)
{
    said->signal.outcome = ALD_EXPIRED;
    said->signal.cause = ALD_CAUSE_DEADLINE;
    said->signal.phase = ALD_PHASE_SENT;
    said->signal.text = ALD_STR("too late");
    said->signal.msg = ald_msg_unref(said->signal.msg);
}

static void fill_members(struct said *said)
{
    said->signal.outcome = ALD_FAILED;
    said->signal.cause = ALD_CAUSE_MEMBERS;
    said->signal.phase = ALD_PHASE_RUNNING;
    set(said->msg, &said->msg->text, "some");
    said->msg->roster = ald_slice_static(ALD_STR("[{\"channel\":\"1\"}]"));
}

static void fill_status(struct said *said)
{
    said->signal.phase = ALD_PHASE_RUNNING;
    said->msg->phase = ALD_PHASE_RUNNING;
    said->msg->flags = ALD_MSG_PROGRESS;
    said->msg->total = 0.1;
    said->msg->completed = 1e300;
    set(said->msg, &said->msg->text, "half");
    said->msg->details = ald_slice_static(ALD_STR("[]"));
}

static void fill_queued(struct said *said)
{
    said->signal.phase = ALD_PHASE_QUEUED;
    said->signal.channel = ALD_STR("ch1");
    said->signal.msg = ald_msg_unref(said->signal.msg);
}

static void fill_primary(struct said *said)
{
    said->signal.primary = true;
    said->signal.term = UINT64_MAX;
}

static void fill_leave(struct said *said)
{
    said->signal.reconnect = false;
}

#define WIRE_PRIMARY "primary id=" ID " primary term=18446744073709551615"

static const struct row rows[] = {
    {"a caller's command",
     ALD_SIGNAL_COMMAND,
     ALD_ROLE_PARTY,
     fill_command,
     {[V1] = "command wire=" ID " name=DUMMY ttl_ms=60000 payload={\"a\":\"reply: ;\\u003b\"}",
      [LEGACY] = "command wire=" ID " name=DUMMY ttl_ms=60000 payload={\"a\":\"reply\\u003a ;;\"}",
      [EXTENDED] = "command wire=" ID " name=DUMMY to=the%20lamp from=a:de\"ck#1 ttl_ms=1500 mode=primary idempotent "
                   "durable collapse=k;; version=\x01\"\\ trace=00-1 filters=n,s\" payload={\"a\":\"reply: ;;\"}"}},
    {"a command to an agent",
     ALD_SIGNAL_COMMAND,
     ALD_ROLE_HUB,
     fill_command,
     {[V1] = "command id=" ID " wire=" ID " name=DUMMY payload={\"a\":\"reply: ;\\u003b\"}",
      [LEGACY] = "command id=" ID " wire=" ID " name=DUMMY payload={\"a\":\"reply\\u003a ;;\"}",
      [EXTENDED] =
          "command id=" ID " wire=" ID " name=DUMMY to=the%20lamp from=de\"ck ttl_ms=1500 mode=primary "
          "idempotent durable collapse=k;; version=\x01\"\\ trace=00-1 filters=n,s\" payload={\"a\":\"reply: ;;\"}"}},
    {"a bare command of a caller",
     ALD_SIGNAL_COMMAND,
     ALD_ROLE_PARTY,
     fill_bare,
     {[V1] = "command wire=" ID " name=DUMMY ttl_ms=60000",
      [LEGACY] = "command wire=" ID " name=DUMMY ttl_ms=60000",
      [EXTENDED] = "command wire=" ID " name=DUMMY ttl_ms=60000"}},
    {"a bare command to an agent",
     ALD_SIGNAL_COMMAND,
     ALD_ROLE_HUB,
     fill_bare,
     {[V1] = "command id=" ID " wire=" ID " name=DUMMY",
      [LEGACY] = "command id=" ID " wire=" ID " name=DUMMY",
      [EXTENDED] = "command id=" ID " wire=" ID " name=DUMMY"}},
    {"a caller's event",
     ALD_SIGNAL_EVENT,
     ALD_ROLE_PARTY,
     fill_bare,
     {[V1] = "command wire=" ID " name=DUMMY ttl_ms=60000",
      [LEGACY] = "command wire=" ID " name=DUMMY ttl_ms=60000",
      [EXTENDED] = "event wire=" ID " name=DUMMY ttl_ms=60000"}},
    {"an event to an agent",
     ALD_SIGNAL_EVENT,
     ALD_ROLE_HUB,
     fill_bare,
     {[V1] = "command id=" ID " wire=" ID " name=DUMMY",
      [LEGACY] = "command id=" ID " wire=" ID " name=DUMMY",
      [EXTENDED] = "event id=" ID " wire=" ID " name=DUMMY"}},
    {"a success to its caller",
     ALD_SIGNAL_REPLY,
     ALD_ROLE_HUB,
     fill_success,
     {[V1] = "reply id=" ID " outcome=succeeded wire=" ID " name=DUMMY payload=[1,2]",
      [LEGACY] = "reply id=" ID " outcome=succeeded wire=" ID " name=DUMMY payload=[1,2]",
      [EXTENDED] = "reply id=" ID " channel=ch1 outcome=succeeded state=running wire=" ID
                   " name=DUMMY from=#ch1 payload=[1,2] details={\"d\":1}"}},
    {"an agent's failure",
     ALD_SIGNAL_REPLY,
     ALD_ROLE_PARTY,
     fill_party_failure,
     {[V1] = "reply id=" ID " outcome=failed cause=agent_failed text=it broke;; wire=" ID " name=DUMMY",
      [LEGACY] = "reply id=" ID " outcome=failed cause=agent_failed text=it broke;; wire=" ID " name=DUMMY",
      [EXTENDED] = "reply id=" ID " outcome=failed cause=agent_failed state=running text=it broke;; wire=" ID
                   " name=DUMMY code=E1 details=null"}},
    {"an agent that stopped",
     ALD_SIGNAL_REPLY,
     ALD_ROLE_PARTY,
     fill_party_cancelled,
     {[V1] = "reply id=" ID " outcome=failed cause=agent_failed text=cancelled (taken_back): stopped wire=" ID
             " name=DUMMY",
      [LEGACY] = "reply id=" ID " outcome=failed cause=agent_failed text=cancelled (taken_back): stopped wire=" ID
                 " name=DUMMY",
      [EXTENDED] = "reply id=" ID " outcome=cancelled cause=taken_back text=stopped wire=" ID " name=DUMMY"}},
    {"an agent that does not know the command",
     ALD_SIGNAL_REPLY,
     ALD_ROLE_PARTY,
     fill_party_unknown,
     {[V1] = "reply id=" ID " outcome=refused cause=unknown_command text=Command unknown wire=" ID
             " name=UNKNOWN payload={}",
      [LEGACY] = "reply id=" ID " outcome=refused cause=unknown_command text=Command unknown wire=" ID
                 " name=UNKNOWN payload={}",
      [EXTENDED] = "reply id=" ID " outcome=refused cause=unknown_command text=Command unknown wire=" ID
                   " name=UNKNOWN payload={}"}},
    {"an expired command",
     ALD_SIGNAL_REPLY,
     ALD_ROLE_HUB,
     fill_expired,
     {[V1] =
          "reply id=" ID " outcome=failed cause=agent_failed text=expired (deadline): too late wire=" ID " name=DUMMY",
      [LEGACY] =
          "reply id=" ID " outcome=failed cause=agent_failed text=expired (deadline): too late wire=" ID " name=DUMMY",
      [EXTENDED] = "reply id=" ID " outcome=expired cause=deadline state=sent text=too late wire=" ID " name=DUMMY"}},
    {"a roster",
     ALD_SIGNAL_REPLY,
     ALD_ROLE_HUB,
     fill_members,
     {[V1] = "reply id=" ID " outcome=failed cause=agent_failed text=some wire=" ID " name=DUMMY",
      [LEGACY] = "reply id=" ID " outcome=failed cause=agent_failed text=some wire=" ID " name=DUMMY",
      [EXTENDED] = "reply id=" ID " outcome=failed cause=members state=running text=some wire=" ID
                   " name=DUMMY roster=[{\"channel\":\"1\"}]"}},
    {"an agent's status",
     ALD_SIGNAL_STATUS,
     ALD_ROLE_PARTY,
     fill_status,
     {[EXTENDED] = "status id=" ID " state=running text=half wire=" ID
                   " details=[] progress=1.0000000000000001e+300/0.10000000000000001"}},
    {"a status to its caller",
     ALD_SIGNAL_STATUS,
     ALD_ROLE_HUB,
     fill_queued,
     {[EXTENDED] = "status id=" ID " channel=ch1 state=queued wire=" ID " from=#ch1"}},
    {"a caller's cancel", ALD_SIGNAL_CANCEL, ALD_ROLE_PARTY, NULL, {[EXTENDED] = "cancel wire=" ID}},
    {"a cancel to an agent", ALD_SIGNAL_CANCEL, ALD_ROLE_HUB, NULL, {[EXTENDED] = "cancel id=" ID " wire=" ID}},
    {"a health check",
     ALD_SIGNAL_HEALTH,
     ALD_ROLE_HUB,
     NULL,
     {[V1] = "health id=" ID, [LEGACY] = "health id=" ID, [EXTENDED] = "health id=" ID}},
    {"a promotion",
     ALD_SIGNAL_PRIMARY,
     ALD_ROLE_HUB,
     fill_primary,
     {[V1] = WIRE_PRIMARY, [LEGACY] = "primary primary", [EXTENDED] = WIRE_PRIMARY}},
    {"a party's goodbye",
     ALD_SIGNAL_LEAVE,
     ALD_ROLE_PARTY,
     fill_leave,
     {[V1] = "leave id=" ID " target=my-target",
      [LEGACY] = "leave id=" ID " target=my-target",
      [EXTENDED] = "leave id=" ID " target=my-target"}},
    {"the hub's goodbye",
     ALD_SIGNAL_LEAVE,
     ALD_ROLE_HUB,
     fill_leave,
     {[V1] = "leave id=" ID " target=my-target",
      [LEGACY] = "leave id=" ID " target=my-target",
      [EXTENDED] = "leave id=" ID " target=my-target"}},
};

static void said_make(struct pair *pair, const struct row *row, struct said *said)
{
    static const enum ald_kind kinds[ALD_N_SIGNALS] = {
        [ALD_SIGNAL_COMMAND] = ALD_COMMAND, [ALD_SIGNAL_EVENT] = ALD_EVENT,   [ALD_SIGNAL_REPLY] = ALD_REPLY,
        [ALD_SIGNAL_STATUS] = ALD_STATUS,   [ALD_SIGNAL_CANCEL] = ALD_CANCEL,
    };
    bool command = row->kind == ALD_SIGNAL_COMMAND || row->kind == ALD_SIGNAL_EVENT;
    bool about = row->kind == ALD_SIGNAL_REPLY || row->kind == ALD_SIGNAL_STATUS || row->kind == ALD_SIGNAL_CANCEL;

    said->signal = ald_signal_of(row->kind);
    said->signal.id = ald_id_make(9, 9);
    said->signal.ordinal = 5;
    ald_check_int(ald_msg_new(pair->messages, command ? kinds[row->kind] : ALD_COMMAND, &said->command), 0);
    set(said->command, &said->command->wire_id, ID);
    set(said->command, &said->command->name, "DUMMY");
    ald_check_int(ald_msg_new(pair->messages, kinds[row->kind], &said->msg), 0);
    if (command) {
        said->signal.msg = ald_msg_ref(said->command);
    } else if (about) {
        said->signal.msg = ald_msg_ref(said->msg);
        said->signal.request = ald_msg_ref(said->command);
    }
    if (row->fill != NULL) {
        row->fill(said);
    }
}

static void said_clear(struct said *said)
{
    ald_signal_clear(&said->signal);
    said->command = ald_msg_unref(said->command);
    said->msg = ald_msg_unref(said->msg);
}

static void check_row(const struct row *row, int variant)
{
    enum ald_role hearer = row->speaker == ALD_ROLE_HUB ? ALD_ROLE_PARTY : ALD_ROLE_HUB;
    struct pair_end *from, *to;
    struct ald_buf line;
    struct said said = {0};
    struct ald_signal heard;
    struct pair pair;

    pair_open(&pair, variants[variant]);
    pair_greet(&pair);
    ald_buf_init(&line, PAIR_MESSAGE_MAX);
    from = row->speaker == ALD_ROLE_HUB ? &pair.hub : &pair.party;
    to = row->speaker == ALD_ROLE_HUB ? &pair.party : &pair.hub;

    said_make(&pair, row, &said);
    pair_emit(&pair, from, &said.signal);
    if (row->heard[variant] == NULL) {
        ald_check_int(pair_carry(&pair, from, to), 0);
        ald_check_int(from->counters[ALD_EXCHANGE_N_DROPPED_SIGNAL], 1);
    } else {
        ald_check_int(pair_carry(&pair, from, to), 1);
        ald_check(pair_next(to, &heard));
        pair_print(&line, hearer, &heard);
        if (!ald_str_equal(ald_buf_str(&line), ald_str(row->heard[variant]))) {
            fail_msg("%s, variant %d\n     is: %.*s\n  wanted: %s", row->name, variant, ALD_STR_ARG(ald_buf_str(&line)),
                     row->heard[variant]);
        }
        ald_signal_clear(&heard);
    }
    said_clear(&said);
    ald_buf_fini(&line);
    pair_close(&pair);
}

ALD_TEST(exchange_pair, every_signal_arrives_in_v1)
{
    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        check_row(&rows[i], V1);
    }
}

ALD_TEST(exchange_pair, every_signal_arrives_in_legacy)
{
    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        check_row(&rows[i], LEGACY);
    }
}

ALD_TEST(exchange_pair, every_signal_arrives_in_the_extension)
{
    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        check_row(&rows[i], EXTENDED);
    }
}

/* One question, asked and answered; `answer` is the party's. */
static void check_question(uint32_t variant, enum ald_signal_kind kind, struct ald_signal answer, const char *line)
{
    struct ald_signal asked = ald_signal_of(kind);
    struct ald_signal heard;
    struct ald_buf text;
    struct pair pair;

    pair_open(&pair, variant);
    pair_greet(&pair);
    ald_buf_init(&text, PAIR_MESSAGE_MAX);
    asked.id = ald_id_make(9, 9);
    asked.primary = true;
    asked.term = 3;
    heard = pair_say(&pair, &pair.hub, &pair.party, &asked);
    answer.kind = (uint8_t)kind;
    answer.id = heard.id;
    heard = pair_say(&pair, &pair.party, &pair.hub, &answer);
    pair_print(&text, ALD_ROLE_HUB, &heard);
    ald_check_str(ald_buf_str(&text), line);
    ald_buf_fini(&text);
    pair_close(&pair);
}

ALD_TEST(exchange_pair, questions_are_answered)
{
    const struct ald_signal well = {.ok = true, .healthy = true};
    const struct ald_signal ill = {.ok = true, .text = ALD_STR("tired;; command: ")};
    const struct ald_signal broken = {.text = ALD_STR("broken")};

    for (int i = 0; i < N_VARIANTS; i++) {
        check_question(variants[i], ALD_SIGNAL_HEALTH, well, "health id=" ID " ok healthy");
        check_question(variants[i], ALD_SIGNAL_HEALTH, ill, "health id=" ID " ok not-healthy text=tired;; command: ");
        check_question(variants[i], ALD_SIGNAL_HEALTH, broken, "health id=" ID " not-ok not-healthy text=broken");
    }
    check_question(variants[V1], ALD_SIGNAL_PRIMARY, well, "primary id=" ID " primary term=3 ok");
    check_question(variants[EXTENDED], ALD_SIGNAL_PRIMARY, broken,
                   "primary id=" ID " primary term=3 not-ok text=broken");
}

ALD_TEST(exchange_pair, goodbyes_are_answered)
{
    for (int i = 0; i < 2 * N_VARIANTS; i++) {
        struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);
        struct pair_end *from, *to;
        struct ald_signal heard;
        struct pair pair;

        pair_open(&pair, variants[i % N_VARIANTS]);
        pair_greet(&pair);
        from = i < N_VARIANTS ? &pair.hub : &pair.party;
        to = i < N_VARIANTS ? &pair.party : &pair.hub;
        heard = pair_say(&pair, from, to, &leave);
        ald_check(heard.kind == ALD_SIGNAL_LEAVE && !heard.ok);
        if (to == &pair.party) { /* which answers when it is ready to go; a hub, at once */
            ald_check_int(pair_carry(&pair, to, from), 0);
            ald_check(!pair_next(to, &heard));
            leave.ok = true;
            pair_emit(&pair, to, &leave);
        }
        ald_check_int(pair_carry(&pair, to, from), 1);
        ald_check(pair_next(from, &heard));
        ald_check(heard.kind == ALD_SIGNAL_LEAVE && heard.ok);
        ald_check(!pair_next(from, &heard));
        if (to == &pair.party) { /* who is told to go, goes; a hub decides when it lets go */
            ald_check(pair_next(to, &heard));
            ald_check_int(heard.kind, ALD_SIGNAL_CLOSE);
            ald_check_int(heard.code, 1000);
        }
        ald_check(!pair_next(to, &heard));
        pair_close(&pair);
    }
}

ALD_TEST(exchange_pair, a_reply_to_a_command_without_an_id_names_none)
{
    struct ald_signal reply = ald_signal_of(ALD_SIGNAL_REPLY);
    struct ald_signal heard;
    struct ald_frame frame;
    struct ald_buf line;
    struct pair pair;

    pair_open(&pair, variants[V1]);
    pair_greet(&pair);
    ald_buf_init(&line, 1000);
    pair_feed(&pair, &pair.hub, ALD_STR("t:COMMAND;;e:{\"id\":null,\"type\":\"X\"}"));
    ald_check(pair_next(&pair.hub, &heard));
    ald_check(!ald_str_present(heard.msg->wire_id));
    reply.request = heard.msg;
    reply.outcome = ALD_SUCCEEDED;
    pair_emit(&pair, &pair.hub, &reply);
    ald_check(pair_drain(&pair.hub, &line, &frame));
    ald_check_str(ald_buf_str(&line), "t:REPLY;;et:X;;e:{\"type\":\"X\",\"commandStatus\":\"SUCCEEDED\"}");
    ald_signal_clear(&heard);
    ald_buf_fini(&line);
    pair_close(&pair);
}

ALD_TEST_MAIN(exchange_pair, ALD_CASE(exchange_pair, every_signal_arrives_in_v1),
              ALD_CASE(exchange_pair, every_signal_arrives_in_legacy),
              ALD_CASE(exchange_pair, every_signal_arrives_in_the_extension),
              ALD_CASE(exchange_pair, questions_are_answered), ALD_CASE(exchange_pair, goodbyes_are_answered),
              ALD_CASE(exchange_pair, a_reply_to_a_command_without_an_id_names_none))
