/*
 * The replay of communicator.md 13, line for line, in its order: services of dialects in the role hub, and a hub that is
 * just enough for it. The hub itself is tested where it lives; here the lines are.
 */

#include "lib/comm_pair.h"
#include "lib/test.h"
#include "msg/news.h"

enum { A, B, O, N_SERVICES };

#define NOW_SEC "1795226634"

struct service {
    struct comm_end end;
    char name[16];
    char list[200]; /* what it listed, with a comma around each */
    uint32_t traits;
    bool closed;
};

struct bus {
    struct comm_world world;
    struct service services[N_SERVICES];
    struct ald_msg *held; /* for `off` */
};

static struct bus bus;

static void pump(struct service *service);

static void tell(struct service *service, struct ald_signal *signal)
{
    struct comm_end *end = &service->end;

    signal->ordinal = ++end->ordinal;
    ald_check_int(ald_dialect_emit(end->dialect, bus.world.now, signal), 0);
    comm_drain(end);
    ald_signal_clear(signal);
}

static struct service *service_find(struct ald_str name)
{
    for (size_t i = 0; i < N_SERVICES; i++) {
        if (bus.services[i].name[0] != '\0' && ald_str_equal(ald_str(bus.services[i].name), name)) {
            return &bus.services[i];
        }
    }
    return NULL;
}

static void tell_event(struct service *service, struct ald_msg *msg, const char *from)
{
    struct ald_signal event = ald_signal_of(ALD_SIGNAL_EVENT);

    event.msg = ald_msg_ref(msg);
    event.from = ald_str(from);
    tell(service, &event);
}

static void tell_news(struct service *service, const struct ald_news *news, bool ok)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_NEWS);

    ald_check_int(ald_news_new(news, &signal.news), 0);
    signal.ok = ok;
    tell(service, &signal);
}

static void tell_presence(const char *name, enum ald_presence state)
{
    const struct ald_news news = {.topic = ALD_TOPIC_PRESENCE,
                                  .name = ald_str(name),
                                  .state = (uint8_t)state,
                                  .since = comm_wall,
                                  .until = state == ALD_PRESENCE_DOWN ? comm_wall : 0};

    for (size_t i = 0; i < N_SERVICES; i++) {
        if ((bus.services[i].traits & ALD_CAN_NEWS) != 0) {
            tell_news(&bus.services[i], &news, false);
        }
    }
}

static void hear_register(struct service *service, const struct ald_signal *signal)
{
    struct ald_signal verdict = ald_signal_of(ALD_SIGNAL_REGISTERED);

    service->traits = signal->traits;
    snprintf(service->name, sizeof(service->name), "%.*s", ALD_STR_ARG(signal->target));
    verdict.target = ald_str_present(signal->target) ? ald_str(service->name) : ALD_STR_NONE;
    tell(service, &verdict);
    if (ald_str_present(signal->target)) {
        tell_presence(service->name, ALD_PRESENCE_UP);
    }
    if (bus.held != NULL && strcmp(service->name, "off") == 0) {
        tell_event(service, bus.held, "a");
        bus.held = ald_msg_unref(bus.held);
    }
}

static void tell_report(struct service *service, struct ald_msg *msg, enum ald_phase phase, enum ald_cause cause)
{
    struct ald_signal report = ald_signal_of(ALD_SIGNAL_REPORT);

    report.request = ald_msg_ref(msg);
    report.phase = (uint8_t)phase;
    report.cause = (uint8_t)cause;
    tell(service, &report);
}

static void hear_broadcast(const struct service *sender, struct ald_msg *msg)
{
    char item[80];

    snprintf(item, sizeof(item), ",%.*s,", ALD_STR_ARG(msg->name));
    for (size_t i = 0; i < N_SERVICES; i++) {
        if (strstr(bus.services[i].list, item) != NULL) {
            tell_event(&bus.services[i], msg, sender->name);
        }
    }
}

static void hear_event(struct service *sender, struct ald_msg *msg)
{
    struct service *receiver = service_find(msg->to.target);

    if (!ald_str_present(msg->to.target)) {
        if (msg->to.scope == ALD_SCOPE_ONE) {
            tell_report(sender, msg, ALD_PHASE_DONE, ALD_CAUSE_UNKNOWN_COMMAND);
        } else {
            hear_broadcast(sender, msg);
        }
    } else if (receiver != NULL) {
        tell_event(receiver, msg, sender->name);
    } else if (!ald_str_equal(msg->to.target, ALD_STR("off"))) {
        tell_report(sender, msg, ALD_PHASE_DONE, ALD_CAUSE_NO_TARGET);
    } else if ((msg->flags & ALD_MSG_HOLD) != 0) {
        bus.held = ald_msg_ref(msg);
        tell_report(sender, msg, ALD_PHASE_QUEUED, ALD_CAUSE_NONE);
    } else {
        tell_report(sender, msg, ALD_PHASE_DONE, ALD_CAUSE_NO_ACTIVE);
    }
}

static void hear_ask(struct service *service, const struct ald_signal *signal)
{
    struct ald_news news = {.topic = signal->topic, .name = signal->target};

    if (signal->topic == ALD_TOPIC_CLUSTER) {
        news.state = ALD_CLUSTER_UP | ALD_CLUSTER_COMPLETE;
        news.number = 1;
    }
    tell_news(service, &news, true);
}

static void hear_stop(void)
{
    for (size_t i = 0; i < N_SERVICES; i++) {
        struct ald_signal leave = ald_signal_of(ALD_SIGNAL_LEAVE);

        leave.reconnect = true;
        if ((bus.services[i].traits & ALD_CAN_LEAVE) != 0) {
            tell(&bus.services[i], &leave);
        } else {
            bus.services[i].closed = true;
        }
    }
}

static void hear_list(struct service *service, struct ald_str list)
{
    size_t used = strlen(service->list);

    snprintf(service->list + used, sizeof(service->list) - used, ",%.*s,", ALD_STR_ARG(list));
}

static void hear(struct service *service, const struct ald_signal *signal)
{
    switch ((enum ald_signal_kind)signal->kind) {
    case ALD_SIGNAL_REGISTER:
        hear_register(service, signal);
        break;
    case ALD_SIGNAL_TRAITS:
        service->traits = signal->traits;
        break;
    case ALD_SIGNAL_CAPABLE:
        hear_list(service, signal->text);
        break;
    case ALD_SIGNAL_EVENT:
        hear_event(service, signal->msg);
        break;
    case ALD_SIGNAL_ASK:
        hear_ask(service, signal);
        break;
    case ALD_SIGNAL_UNREGISTER:
        service->name[0] = '\0';
        tell_presence("off", ALD_PRESENCE_DOWN);
        break;
    case ALD_SIGNAL_OPERATE:
        ald_check_int(signal->operation, ALD_OPERATE_STOP);
        hear_stop();
        break;
    case ALD_SIGNAL_CLOSE:
        service->closed = true;
        break;
    default:
        fail_msg("nothing else is said: %s", ald_signal_name((enum ald_signal_kind)signal->kind));
    }
}

static void pump(struct service *service)
{
    struct ald_signal signal;

    comm_drain(&service->end);
    while (comm_next(&service->end, &signal)) {
        hear(service, &signal);
        ald_signal_clear(&signal);
    }
    comm_drain(&service->end);
}

static void bus_open(void)
{
    bus = (struct bus){.held = NULL};
    comm_world_open(&bus.world);
    for (size_t i = 0; i < N_SERVICES; i++) {
        comm_open(&bus.world, &bus.services[i].end, ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    }
}

static void bus_close(void)
{
    for (size_t i = 0; i < N_SERVICES; i++) {
        ald_check_int(ald_buf_size(&bus.services[i].end.written), 0); /* nothing else was said */
        comm_close(&bus.services[i].end);
    }
    comm_world_close(&bus.world);
}

/* --- the lines -------------------------------------------------------------------------------------------------- */

static void says(int who, const char *line)
{
    comm_feed_only(&bus.world, &bus.services[who].end, ald_str(line));
    pump(&bus.services[who]);
    comm_feed_only(&bus.world, &bus.services[who].end, ALD_STR("\n"));
    pump(&bus.services[who]);
}

/* Takes the next line off what was written to it. */
static void hears(int who, const char *line)
{
    struct ald_buf *written = &bus.services[who].end.written;
    struct ald_str text = ald_buf_str(written);
    size_t size = ald_str_find(text, ALD_STR("\n"));

    ald_check_str(ald_str_of(text.data, size), line);
    ald_buf_pop(written, ALD_MIN(size + 1, text.size));
}

static void hears_nothing(void)
{
    for (int who = 0; who < N_SERVICES; who++) {
        ald_check_str(ald_buf_str(&bus.services[who].end.written), "");
    }
}

#define COMMANDS_A "COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,STATUS,CLUSTER_UP,CLUSTER_COMPLETE,DATA"
#define READY "<N:communicatord READY my_address=10.0.0.1:4042"

static void register_both(void)
{
    says(A, "REGISTER service=a;version=1");
    hears(A, "<N:communicatord HELP");
    hears(A, READY);
    says(A, COMMANDS_A);
    says(A, "CLUSTER_STATUS");
    hears(A, "<N:communicatord ./CLUSTER_UP neighbors_count=1");
    hears(A, "<N:communicatord ./CLUSTER_COMPLETE neighbors_count=1");
    says(A, "FOO");
    hears(A, "N:a/UNKNOWN command=FOO");
    says(A, "ALIVE serial=7");
    hears(A, "N:a/ABSOLUTELY reply_timestamp=1795226634.692451000;serial=7");
    says(A, "SERVICE_STATUS service=zz");
    hears(A, "<N:communicatord STATUS cache=no;service=zz;status=unknown");
    says(B, "REGISTER service=b;version=1");
    hears(B, "<N:communicatord HELP");
    hears(B, READY);
    hears(A, "<N:communicatord STATUS cache=no;server_name=N;service=b;status=up;up_since=" NOW_SEC);
    says(B, "COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,DATA");
    hears_nothing();
}

static void send_messages(void)
{
    says(A, "b/DATA v=1");
    hears(B, "<N:a b/DATA v=1");
    says(A, "N:b/DATA v=2");
    hears(B, "<N:a N:b/DATA v=2");
    says(A, ".:b/DATA v=3");
    hears(B, "<N:a .:b/DATA v=3");
    says(B, "N:a/DATA z=\"a;b\"");
    hears(A, "<N:b N:a/DATA z=\"a;b\"");
    says(A, "./DATA v=1");
    hears(A, "<N:a ./DATA v=1");
    hears(B, "<N:a ./DATA v=1");
    says(A, "N:*/DATA");
    says(A, "a/DATA");
    hears_nothing();
    says(A, "N:nosvc/DATA transmission_report=failure");
    hears(A, "<N:communicatord TRANSMISSION_REPORT command=DATA;status=failed");
}

static void use_cache(void)
{
    says(A, "off/DATA v=1;transmission_report=failure");
    hears(A, "<N:communicatord TRANSMISSION_REPORT command=DATA;status=cached");
    says(A, "off/DATA v=2;cache=\"no;reply\"");
    hears(A, "<N:communicatord SERVICE_UNAVAILABLE destination_service=off;unsent_command=DATA");
    says(O, "REGISTER service=off;version=1");
    hears(A, "<N:communicatord STATUS cache=no;server_name=N;service=off;status=up;up_since=" NOW_SEC);
    hears(O, "<N:communicatord HELP");
    hears(O, READY);
    hears(O, "<N:a off/DATA transmission_report=failure;v=1");
    says(O, "UNREGISTER service=off");
    ald_check(bus.services[O].closed);
    hears(A, "<N:communicatord STATUS cache=no;down_since=" NOW_SEC
             ";server_name=N;service=off;status=down;up_since=" NOW_SEC);
}

ALD_TEST(comm_replay, the_lines_are_those_of_the_original)
{
    bus_open();
    register_both();
    send_messages();
    use_cache();
    says(A, "STOP");
    ald_check(bus.services[A].closed);
    bus_close();
}

ALD_TEST(comm_replay, who_lists_disconnecting_hears_it_first)
{
    bus_open();
    register_both();
    says(A, "COMMANDS list=DISCONNECTING");
    says(B, "STOP");
    hears(A, "<N:communicatord DISCONNECTING");
    ald_check(bus.services[B].closed);
    bus_close();
}

/* Everything that ended the original, from somebody without a name (communicator.md 14). */
ALD_TEST(comm_replay, what_killed_the_original_is_answered)
{
    static const char *const lines[] = {
        "FOO-BAR",
        "<a-b:c ALIVE",
        "UNKNOWN",
        "UNREGISTER_FROM_LOADAVG",
        "LISTEN_LOADAVG ips=zork",
        "LOADAVG avg=abc;my_address=10.0.0.1:4042;timestamp=1",
        "LOADAVG avg=1;my_address=bad;timestamp=1",
        "CONNECT version=abc",
        "CONNECT version=1;my_address=zzz;server_name=x",
        "ACCEPT my_address=zz;server_name=x",
        "FORGET ip=zork",
        "GOSSIP my_address=zork",
        "x/FOO broadcast_msgid=q-1",
        "x/FOO broadcast_hops=x;broadcast_informed_neighbors=10.0.0.1;broadcast_msgid=q-1;broadcast_timeout=1",
        "x/FOO broadcast_hops=1;broadcast_informed_neighbors=10.0.0.1;broadcast_msgid=q-1;broadcast_timeout=x",
        "PUBLIC_IP",
        "HELP",
    };

    bus_open();
    for (size_t i = 0; i < ALD_COUNT(lines); i++) {
        for (uint32_t variant = 0; variant < ALD_COMMUNICATOR_N_VARIANTS; variant++) {
            struct comm_end end;

            comm_open(&bus.world, &end, ALD_ROLE_HUB, variant);
            comm_feed(&bus.world, &end, ald_str(lines[i]));
            comm_feed(&bus.world, &end, ALD_STR("\nALIVE serial=5\n"));
            ald_check(variant == ALD_COMMUNICATOR_DATAGRAM ||
                      ald_str_find(ald_buf_str(&end.written), ALD_STR("serial=5")) < ald_buf_size(&end.written));
            comm_close(&end);
        }
    }
    bus_close();
}

ALD_TEST_MAIN(comm_replay, ALD_CASE(comm_replay, the_lines_are_those_of_the_original),
              ALD_CASE(comm_replay, who_lists_disconnecting_hears_it_first),
              ALD_CASE(comm_replay, what_killed_the_original_is_answered))
