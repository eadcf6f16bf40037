/*
 * The verb send: one event.
 *
 * Nobody answers an event, so there is no outcome: all that can be known is that the hub has it. It is said, then goodbye, and
 * a hub ends a connection that says goodbye when it has read everything before it. A daemon of the communicator family reads in
 * order too, so it is asked something that each of them answers (PUBLIC_IP, communicator.md 4). Of datagrams nothing is known.
 * In a session (client/session.h) the goodbye is said again when the connection breaks, behind what the hub did not get.
 */

#include <stdio.h>

#include "base/error.h"
#include "cli/call_options.h"
#include "cli/reach.h"
#include "cli/verbs.h"
#include "client/client.h"
#include "loop/loop.h"
#include "loop/random.h"
#include "transport/net.h"

/* To find a first hub; as for `aldis call`. */
#define SEND_REACH (3 * ALD_SEC)
/* For the hub to read an event and end the connection. */
#define SEND_READ (3 * ALD_SEC)
/* For a report, when the hub has read the event: one of the hub itself came before, this is for hubs behind it. */
#define SEND_REPORT (500 * ALD_MSEC)

struct sending {
    const struct ald_cli *cli;
    const struct ald_call_options *options;
    struct ald_loop *loop;
    struct ald_client *client;
    char id[ALD_ID_TEXT];
    struct ald_reach reach;
    struct ald_alarm alarm;
    bool said;
    bool read;    /* the hub has it */
    bool drained; /* the goodbye is said, or will be */
    bool resumes; /* and the session that it was said in is away */
    int status;
};

static void sending_stop(struct sending *sending, int status)
{
    sending->status = status;
    ald_loop_stop(sending->loop);
}

/* In time no hub was found, or the one that was found did not take it. */
static void sending_alarm(void *owner)
{
    struct sending *sending = owner;

    if (sending->read) {
        sending_stop(sending, ALD_EXIT_OK); /* no report is a good one */
    } else if (sending->said) {
        ald_cli_say("lost: the event was sent, and the hub does not say that it has read it");
        sending_stop(sending, ALD_EXIT_LOST);
    } else {
        sending_stop(sending, ald_reach_report(&sending->reach, sending->cli));
    }
}

static int sending_build(struct sending *sending, struct ald_msg **ret_event)
{
    const struct ald_call_options *options = sending->options;
    ALD_AUTO(ald_msg_unref) struct ald_msg *event = NULL;
    uint64_t random[2];
    int r;

    ald_random_fill(random, sizeof(random));
    ald_id_format(ald_id_make(random[0], random[1] >> 2), sending->id);
    r = ald_msg_new(ald_client_messages(sending->client), ALD_EVENT, &event);
    if (r == 0) {
        r = ald_msg_set(event, &event->wire_id, ald_str_of(sending->id, ALD_ID_TEXT));
    }
    if (r == 0) {
        r = ald_msg_set(event, &event->name, ald_str(options->name));
    }
    if (r == 0) {
        r = ald_msg_set_address(event, &event->to, &options->to);
    }
    if (r == 0) {
        r = ald_msg_set(event, &event->filters, ald_str(options->filters));
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_set_slice(event, &event->payload, options->payload);
    event->mode = (uint8_t)options->mode;
    event->ttl = options->deadline;
    event->flags = options->flags;
    ald_msg_seal(event);
    *ret_event = ald_steal(&event);
    return 0;
}

/* What the hub that was found cannot take. Returns NULL when it can. */
static const char *sending_judge(const struct sending *sending)
{
    static const uint32_t options = ALD_MSG_HOLD | ALD_MSG_TELL_AWAY | ALD_MSG_REPORT | ALD_MSG_EVERYONE;

    if (!ald_client_can_say(sending->client, ALD_WAY_ADDRESSES)) {
        return "speaks the plain protocol, which has no events for a target";
    }
    if ((sending->options->flags & options) != 0 && !ald_client_can_say(sending->client, ALD_WAY_EVENT_OPTIONS)) {
        return "takes --cache, --report and --everyone only where it speaks to the communicator family (cd:)";
    }
    if ((sending->options->flags & ALD_MSG_REPORT) != 0 && ald_client_can_say(sending->client, ALD_WAY_UNHEARD)) {
        return "is not heard there, so there is nothing to wait for with --report";
    }
    return NULL;
}

/* It is said: how does one know that it was read? */
static int sending_wait(struct sending *sending)
{
    sending->said = true;
    ald_alarm_start(sending->loop, &sending->alarm, ald_loop_now(sending->loop) + SEND_READ);
    if (ald_client_can_say(sending->client, ALD_WAY_NEWS)) {
        return ald_client_ask(sending->client, ALD_TOPIC_ADDRESSES, ALD_STR_NONE, true);
    }
    sending->drained = true;
    ald_client_drain(sending->client);
    return 0;
}

static void sending_ready(struct sending *sending)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *event = NULL;
    const char *why = sending_judge(sending);
    int r;

    if (why != NULL) {
        ald_cli_say("refused: the hub at %s %s", ald_client_url(sending->client), why);
        sending_stop(sending, ALD_EXIT_REFUSED);
        return;
    }
    r = sending_build(sending, &event);
    r = r == 0 ? ald_client_send(sending->client, event) : r;
    if (r == ALD_CLIENT_UNSAID) {
        ald_cli_say("refused: the event cannot be sent to %s: %s", ald_client_url(sending->client),
                    ald_client_trouble(sending->client));
        sending_stop(sending, ALD_EXIT_REFUSED);
        return;
    }
    r = r == 0 ? sending_wait(sending) : r;
    if (r != 0) {
        sending_stop(sending, ald_cli_broke(r < 0 ? r : ALDIS_E_CLOSED));
    }
}

/* The answer to our question: everything before it was read. */
static void sending_news(void *owner, const struct ald_news *news, bool is_answer)
{
    struct sending *sending = owner;

    if (news->topic != ALD_TOPIC_ADDRESSES || !is_answer || !sending->said || sending->read) {
        return;
    }
    sending->read = true;
    if ((sending->options->flags & ALD_MSG_REPORT) != 0) {
        ald_alarm_start(sending->loop, &sending->alarm, ald_loop_now(sending->loop) + SEND_REPORT);
    } else {
        sending_stop(sending, ALD_EXIT_OK); /* a goodbye would tell nobody anything */
    }
}

static void sending_report(void *owner, const struct ald_event_report *report)
{
    struct sending *sending = owner;

    if (!ald_str_equal(report->name, ald_str(sending->options->name)) || sending->status != ALD_EXIT_OK) {
        return;
    }
    if (report->kept) {
        ald_cli_say("kept at the hub until the target is there");
        return;
    }
    ald_cli_say("refused: not delivered: %s", ald_cause_text(report->cause));
    sending_stop(sending, ALD_EXIT_REFUSED);
}

static void sending_waiting(struct sending *sending, const char *text)
{
    if (sending->drained) { /* who drains waits for nothing but its session, in which nothing comes twice */
        sending->resumes = true;
    } else if (sending->said && !sending->read) { /* saying it again could be saying it twice */
        ald_cli_say("lost: the event was sent, and the hub at %s ended the connection: %s",
                    ald_client_url(sending->client), text);
        sending_stop(sending, ALD_EXIT_LOST);
    } else {
        ald_reach_failed(&sending->reach, ald_client_url(sending->client), ald_str(text));
    }
}

static void sending_closed(struct sending *sending, const char *text)
{
    if (!sending->said) {
        ald_reach_denied(&sending->reach, ald_client_url(sending->client), ald_str(text));
        sending_stop(sending, ald_reach_report(&sending->reach, sending->cli));
    } else if (sending->resumes) { /* it may have had the goodbye, or have been started anew */
        ald_cli_say(
            "lost: the event was sent, the connection broke, and the hub at %s does not know its session any more",
            ald_client_url(sending->client));
        sending_stop(sending, ALD_EXIT_LOST);
    } else {
        sending_stop(sending, ALD_EXIT_OK);
    }
}

static void sending_state(void *owner, enum ald_client_state state, const char *text, ald_usec retry_in ALD_UNUSED)
{
    struct sending *sending = owner;

    switch (state) {
    case ALD_CLIENT_READY:
        sending->resumes = false;
        if (!sending->said) {
            sending_ready(sending);
        }
        break;
    case ALD_CLIENT_WAITING:
        sending_waiting(sending, text);
        break;
    case ALD_CLIENT_CLOSED:
        sending_closed(sending, text);
        break;
    default:
        break;
    }
}

static int sending_run(struct sending *sending, struct ald_net *net)
{
    static const struct ald_client_callbacks callbacks = {
        .state = sending_state, .news = sending_news, .report = sending_report};
    struct ald_client_options options;
    struct ald_why why = {""};
    int r;

    ald_client_options_init(&options);
    ald_cli_client_options(sending->cli, &options);
    options.backoff_first = 100 * ALD_MSEC;
    options.backoff_max = ALD_SEC;
    r = ald_client_new(net, &options, &callbacks, sending, &why, &sending->client);
    if (r != 0 && why.text[0] != '\0') {
        return ald_cli_usage(sending->cli, "%s", why.text);
    }
    if (r < 0) {
        return ald_cli_broke(r);
    }
    ald_alarm_start(sending->loop, &sending->alarm, ald_loop_now(sending->loop) + SEND_REACH);
    ald_loop_run(sending->loop);
    if (sending->status == ALD_EXIT_OK && sending->cli->json) {
        printf("{\"id\":\"%.*s\"}\n", ALD_ID_TEXT, sending->id);
        return ald_cli_flush();
    }
    return sending->status;
}

static int send_do(const struct ald_cli *cli, const struct ald_call_options *options)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;
    ALD_AUTO(ald_net_free) struct ald_net *net = NULL;
    struct sending sending = {.cli = cli, .options = options};
    int r;

    r = ald_loop_new(&loop);
    if (r == 0) {
        r = ald_net_new(loop, &net);
    }
    if (r < 0) {
        return ald_cli_broke(r);
    }
    sending.loop = loop;
    ald_alarm_init(&sending.alarm, sending_alarm, &sending);
    r = sending_run(&sending, net);
    ald_alarm_stop(loop, &sending.alarm);
    ald_client_free(sending.client);
    return r;
}

static int send_run(struct ald_cli *cli)
{
    struct ald_call_options options;
    int status = ald_call_options_read(cli, ALD_NEVER, &options);

    if (status == ALD_CALL_OPTIONS_READ) {
        status = send_do(cli, &options);
    }
    ald_call_options_fini(&options);
    return status;
}

static const char send_examples[] =
    "  aldis send lamp dawn '{\"at\":6}'\n"
    "  date +'\"%c\"' | aldis send lamp tick -         payload from standard input; @FILE from a file\n"
    "  aldis send --ttl 2s lamp blink                of no use after two seconds\n"
    "  aldis send --filter north '' tide:Changed '{\"m\":3}'    to the hub itself: for all who subscribed to it\n"
    "  aldis send -H cd:///run/communicator/communicatord.sock --report lamp BLINK times=2 colour=red\n"
    "  aldis send -H cd://127.0.0.1 --cache 1h alpha:lamp BLINK\n"
    "  aldis send -H cd://127.0.0.1 '*' LOCK_STARTED          to all who listed the name, on all hubs\n"
    "  aldis watch --kind event --payload            see what becomes of events\n";

static const char send_help[] =
    "An event is a message that nobody answers: one live channel of the target gets it now, or nobody does, and then "
    "the hub "
    "counts it as dropped. Whoever must know uses `aldis call`.\n"
    "\n"
    "TARGET is [HUB:]TARGET[#CHANNEL], with : # / * ? . % and blanks inside a name percent-encoded; . for all of this "
    "hub "
    "who know the name, ? for this private network, * for everywhere; one of them and : before a target is its scope. "
    "PAYLOAD is JSON, or any number of name=value, which are an object of strings. An empty TARGET, '', is the hub "
    "itself: "
    "the event is for all who subscribed to NAME.\n"
    "\n"
    "Over cd:, cds:, cdu: and cdb: the event is a message of the communicator family, NAME its command: capital "
    "letters, "
    "digits and _.\n";

static const char send_notes[] =
    "Exit status: 0 the hub has it, which does not say that anybody else had (with cdu: and cdb: not even that); 2 "
    "wrong "
    "usage, 3 no hub can be reached, 11 the hub cannot take it, or --report says that it was not delivered; 14 the hub "
    "went away before it was clear that it had read it. With --json the event's id is "
    "printed.\n";

const struct ald_verb ald_verb_send = {
    .name = "send",
    .summary = "send an event to a target, which nobody answers",
    .synopsis = "[OPTION...] TARGET NAME [PAYLOAD | name=value...]",
    .examples = send_examples,
    .help = send_help,
    .notes = send_notes,
    .options = ald_send_option_table,
    .n_options = ALD_SEND_N_OPTIONS,
    .run = send_run,
};
