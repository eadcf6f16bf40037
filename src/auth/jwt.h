#pragma once

/*
 * Jwt: tokens that are signed with a secret (RFC 7519, HMAC of RFC 7518 section 3.2), as hosts and controls of the link
 * dialect show them: HS256, HS384 and HS512 are accepted, HS256 is made, `none` and every other algorithm is refused.
 *
 * What is wrong with a token is said in the words that existing peers know (link.md 2.11), and is found in their order: its
 * form, its signature, its times, its audience.
 *
 * Lifetime:   struct ald_jwt keeps all it shows, and owns no memory.
 * Threading:  no state.
 * Limits:     a token of more than ALD_JWT_MAX bytes is malformed.
 */

#include "base/buf.h"
#include "msg/json_text.h"

enum {
    ALD_JWT_MAX = 8 * 1024,     /* those that clusters make have 150 bytes */
    ALD_JWT_KEY_MAX = 4 * 1024, /* bytes of a secret; theirs have 256 */
    ALD_JWT_KEY_MIN = 8,        /* fewer are guessed: some mistake in a file */
    ALD_JWT_SIGNATURE_MAX = 64
};

/* What is wrong with a token. X(NAME, text for whoever showed it). */
#define ALD_JWT_FAULTS(X)                                                                                              \
    X(MISSING, "jwt must be provided")                                                                                 \
    X(MALFORMED, "jwt malformed")                                                                                      \
    X(INVALID, "invalid token")                                                                                        \
    X(UNSIGNED, "jwt signature is required")                                                                           \
    X(ALGORITHM, "invalid algorithm")                                                                                  \
    X(SIGNATURE, "invalid signature")                                                                                  \
    X(NOT_BEFORE, "invalid nbf value")                                                                                 \
    X(EARLY, "jwt not active")                                                                                         \
    X(EXPIRY, "invalid exp value")                                                                                     \
    X(EXPIRED, "jwt expired")                                                                                          \
    X(AUDIENCE, "jwt audience invalid")

enum ald_jwt_fault {
    ALD_JWT_SOUND,
#define ALD_X(name, text) ALD_JWT_##name,
    ALD_JWT_FAULTS(ALD_X)
#undef ALD_X
        ALD_JWT_N_FAULTS
};

/* Never NULL. Behind that of AUDIENCE goes `. expected: ` and who it should be for. */
const char *ald_jwt_fault_text(enum ald_jwt_fault fault);

/* A token that was read. The views lie in it, or in the text it was read from. */
struct ald_jwt {
    struct ald_str signed_part; /* of the text: header and payload, as they came */
    struct ald_str signature;   /* of the text: its digits, may be empty */
    struct ald_str header;      /* JSON objects */
    struct ald_str payload;
    char room[ALD_JWT_MAX]; /* where these lie */
};

/* Take `text` apart; nothing is said about its signature. Outcomes: ALD_JWT_MISSING, ALD_JWT_MALFORMED, ALD_JWT_INVALID. */
ALD_NODISCARD int ald_jwt_read(struct ald_str text, struct ald_jwt *ret_jwt);

/* A member of the payload; type ALD_JSON_NONE: there is none of that name. */
struct ald_json_value ald_jwt_claim(const struct ald_jwt *jwt, const char *name);
/* A time of it, in whole seconds of the calendar, cut to what fits. False: there is none, or it is no number. */
bool ald_jwt_time(const struct ald_jwt *jwt, const char *name, uint64_t *ret_seconds);
/* It is for `audience`, alone or among others. */
bool ald_jwt_is_for(const struct ald_jwt *jwt, struct ald_str audience);
/* The algorithm that its header names is `name`. */
bool ald_jwt_algorithm_is(const struct ald_jwt *jwt, const char *name);

/*
 * Was it signed with `key`, in an algorithm that is accepted, and is it good at `now`, in seconds of the calendar? For whom
 * it is remains to be asked. Outcomes: ALD_JWT_* but those of ald_jwt_read() and AUDIENCE. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_jwt_verify(const struct ald_jwt *jwt, struct ald_str key, uint64_t now);

/* Append the token with `payload`, one JSON object, signed with `key` (HS256). Outcome: ALD_BUF_FULL. Errors:
 * ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_jwt_sign(struct ald_str payload, struct ald_str key, struct ald_buf *out);
