#pragma once

/*
 * The errors of aldis: what goes wrong on our own side.
 *
 * Every function that can fail returns 0 or one of these negative numbers. What a peer did wrong is never here: it is
 * an outcome, a small positive number that each function documents for itself.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, number, text). The numbers are part of the ABI: append, never renumber. */
#define ALDIS_ERRORS(X)                                                                                                \
    X(NOMEM, -1, "out of memory")                                                                                      \
    X(INVALID, -2, "invalid argument")                                                                                 \
    X(IO, -3, "input or output failed")                                                                                \
    X(BIND, -4, "address cannot be bound")                                                                             \
    X(CONNECT, -5, "connection cannot be made")                                                                        \
    X(RESOLVE, -6, "host name cannot be resolved")                                                                     \
    X(TLS, -7, "TLS failed")                                                                                           \
    X(CONFIG, -8, "configuration is wrong")                                                                            \
    X(ACCESS, -9, "permission denied by the operating system")                                                         \
    X(TIMEOUT, -10, "timed out")                                                                                       \
    X(CLOSED, -11, "closed")                                                                                           \
    X(LIMIT, -12, "a limit of the operating system is reached")                                                        \
    X(CALLBACK, -13, "not possible inside a callback")

enum {
#define ALDIS_X(name, number, text) ALDIS_E_##name = (number),
    ALDIS_ERRORS(ALDIS_X)
#undef ALDIS_X
};

#ifdef __cplusplus
}
#endif
