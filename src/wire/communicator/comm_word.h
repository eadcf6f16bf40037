#pragma once

/*
 * Words: the commands that the dialect itself writes only to who listed them in COMMANDS (communicator.md 3), one bit
 * each. What else a peer lists is the hub's to remember (ALD_SIGNAL_CAPABLE).
 */

#include "base/str.h"

/* In the byte order of their names. */
#define ALD_COMM_WORDS(X)                                                                                              \
    X(ALIVE)                                                                                                           \
    X(BLOCK)                                                                                                           \
    X(CLOCK_STABLE)                                                                                                    \
    X(CLOCK_UNSTABLE)                                                                                                  \
    X(CLUSTER_COMPLETE)                                                                                                \
    X(CLUSTER_DOWN)                                                                                                    \
    X(CLUSTER_INCOMPLETE)                                                                                              \
    X(CLUSTER_UP)                                                                                                      \
    X(DISCONNECTED)                                                                                                    \
    X(DISCONNECTING)                                                                                                   \
    X(HANGUP)                                                                                                          \
    X(LOADAVG)                                                                                                         \
    X(NEW_REMOTE_CONNECTION)                                                                                           \
    X(PRIMARY)                                                                                                         \
    X(QUITTING)                                                                                                        \
    X(SERVER_PUBLIC_IP)                                                                                                \
    X(SERVICES)                                                                                                        \
    X(STATUS)                                                                                                          \
    X(UNREACHABLE)

enum ald_comm_word {
#define ALD_X(name) ALD_COMM_WORD_##name,
    ALD_COMM_WORDS(ALD_X)
#undef ALD_X
        ALD_COMM_N_WORDS
};

#define ALD_COMM_BIT(name) (UINT32_C(1) << ALD_COMM_WORD_##name)
_Static_assert(ALD_COMM_N_WORDS <= 32, "a bit for each");

/* Those that a party hears without having asked. */
#define ALD_COMM_BITS_NEWS                                                                                             \
    (ALD_COMM_BIT(BLOCK) | ALD_COMM_BIT(CLOCK_STABLE) | ALD_COMM_BIT(CLOCK_UNSTABLE) |                                 \
     ALD_COMM_BIT(CLUSTER_COMPLETE) | ALD_COMM_BIT(CLUSTER_DOWN) | ALD_COMM_BIT(CLUSTER_INCOMPLETE) |                  \
     ALD_COMM_BIT(CLUSTER_UP) | ALD_COMM_BIT(DISCONNECTED) | ALD_COMM_BIT(HANGUP) |                                    \
     ALD_COMM_BIT(NEW_REMOTE_CONNECTION) | ALD_COMM_BIT(STATUS) | ALD_COMM_BIT(UNREACHABLE))

/* Its name. */
struct ald_str ald_comm_word_name(enum ald_comm_word word);
/* Those among the comma separated `list`. */
uint32_t ald_comm_words_of(struct ald_str list);
