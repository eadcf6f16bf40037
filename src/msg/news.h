#pragma once

/*
 * News: what a hub tells about the world around it: who comes and goes, which other hubs are linked, whether the cluster
 * is whole, the clock, the load of machines. Made once, and shared by all who hear it.
 *
 * Lifetime:   ald_news_new(), which copies; then const until the last ald_news_unref().
 * Threading:  one thread.
 */

#include "base/str.h"

/* What is told. The comments name the members that have a meaning; all others are absent or 0. */
enum ald_topic {
    ALD_TOPIC_PRESENCE,    /* `name`: a target; `state`: enum ald_presence; `hub`; `since`, `until`; `detail`: how it came
                              to be known, for targets that are no party of ours; of an answer: what it was asked for as */
    ALD_TOPIC_TARGETS,     /* `detail`: all targets of this hub, comma separated; only as an answer */
    ALD_TOPIC_HUB,         /* `hub`: another one; `name`: its address, absent: nobody calls it; `state`: enum ald_hub_news;
                              `detail`: "out": we called it, "in": it called us; of an answer: as above; `since` */
    ALD_TOPIC_CLUSTER,     /* `state`: enum ald_cluster_state; `number`: hubs that there should be */
    ALD_TOPIC_CLOCK,       /* `state`: enum ald_clock_state */
    ALD_TOPIC_LOAD,        /* `hub`, `name`: address; `load`; `since`: when it was measured */
    ALD_TOPIC_UNREACHABLE, /* `name`: the address that does not answer */
    ALD_TOPIC_ADDRESSES,   /* `name`: where other hubs find this one, `detail`: where they find it with TLS; only as an answer */
    ALD_TOPIC_INTRUSION,   /* `name`: the address that tried to get in, three times or more; `detail`: for people */
    ALD_N_TOPICS
};

enum ald_presence { ALD_PRESENCE_UNKNOWN, ALD_PRESENCE_UP, ALD_PRESENCE_DOWN };

enum ald_hub_news {
    ALD_HUB_LINKED, /* it is there, directly */
    ALD_HUB_LEFT,   /* it said goodbye */
    ALD_HUB_BROKE,  /* the link broke */
    ALD_HUB_LOOPS,  /* it sends back what it was sent; that is not heard */
    ALD_HUB_TWIN    /* there is another hub of that name somewhere */
};

/* Bits. Quorum and completeness: communicator 6.6. */
enum ald_cluster_state { ALD_CLUSTER_UP = 1, ALD_CLUSTER_COMPLETE = 2 };

/* communicator 7. */
enum ald_clock_state { ALD_CLOCK_CHECKING, ALD_CLOCK_VERIFIED, ALD_CLOCK_NO_NTP, ALD_CLOCK_INVALID };

struct ald_news {
    uint32_t refs;
    uint8_t topic; /* enum ald_topic */
    uint8_t state;
    uint32_t number;
    double load;     /* of one processor, 1: as much as it can do */
    ald_wall since;  /* 0: not known */
    ald_wall until;  /* 0: it has not ended */
    struct ald_str name, hub, detail;
    char text[];
};

/* Gives a copy of `news` with its texts, with one reference. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_news_new(const struct ald_news *news, struct ald_news **ret_news);
struct ald_news *ald_news_ref(struct ald_news *news);
struct ald_news *ald_news_unref(struct ald_news *news); /* NULL is fine; returns NULL */
ALD_DEFINE_CLEANUP(struct ald_news *, ald_news_unref);
const char *ald_topic_name(enum ald_topic topic); /* "presence", "targets", … */
