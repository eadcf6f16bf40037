/*
 * Signed tokens, against themselves. An input is taken twice:
 *
 * - as a token: whatever comes is read or refused, every question about it has an answer, and it is good only if signing its
 *   header and payload again gives the same text.
 * - as a payload: what can be signed is read back as it was, is good, and is good no more when any byte of it changes, here the
 *   one that the first byte of the input chooses.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/base64.h"
#include "auth/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(fact)                                                                                                     \
    do {                                                                                                               \
        if (!(fact)) {                                                                                                 \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #fact);                                   \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* link.md 6.1: so that the corpus can hold tokens that are good. */
static const char key_bytes[] = "\x4d\xeb\x2d\x49\xe7\x2b\x7a\xd0\xe8\x36\x8b\x54\xb1";
static const struct ald_str key = {key_bytes, sizeof(key_bytes) - 1};

enum { NOW = 1700000100, MADE_MAX = 4 * ALD_JWT_MAX };

static void as_token(struct ald_str text)
{
    static struct ald_jwt jwt;
    struct ald_buf again;
    uint64_t seconds = 0;
    int r = ald_jwt_read(text, &jwt);

    must(r >= 0 && r < ALD_JWT_N_FAULTS);
    if (r != 0) {
        return;
    }
    must(jwt.header.size + jwt.payload.size <= text.size);
    (void)ald_jwt_is_for(&jwt, ALD_STR("host"));
    (void)ald_jwt_time(&jwt, "iat", &seconds);
    (void)ald_jwt_claim(&jwt, "user");
    r = ald_jwt_verify(&jwt, key, NOW);
    must(r >= 0 && r < ALD_JWT_N_FAULTS);
    if (r == 0 && ald_str_equal(jwt.header, ALD_STR("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"))) {
        ald_buf_init(&again, MADE_MAX);
        must(ald_jwt_sign(jwt.payload, key, &again) == 0);
        must(ald_str_equal(ald_buf_str(&again), text));
        ald_buf_fini(&again);
    }
}

static void as_payload(struct ald_str payload)
{
    static struct ald_jwt jwt;
    struct ald_buf made;
    size_t at;
    char *text;
    int r;

    ald_buf_init(&made, MADE_MAX);
    must(ald_jwt_sign(payload, key, &made) == 0);
    if (ald_jwt_read(ald_buf_str(&made), &jwt) == 0) {
        must(ald_str_equal(jwt.payload, payload));
        r = ald_jwt_verify(&jwt, key, NOW);
        must(r != ALD_JWT_SIGNATURE && r != ALD_JWT_ALGORITHM && r != ALD_JWT_UNSIGNED);
        text = (char *)made.data + made.start;
        at = (uint8_t)payload.data[0] * (size_t)131 % ald_buf_size(&made);
        text[at] = text[at] == 'x' ? 'y' : 'x';
        must(ald_jwt_read(ald_buf_str(&made), &jwt) != 0 || ald_jwt_verify(&jwt, key, NOW) != 0);
    }
    ald_buf_fini(&made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = malloc(size + 1); /* its end is the end of an allocation: a byte too far is seen */

    must(exact != NULL);
    memcpy(exact, data, size);
    as_token(ald_str_of(exact, size));
    if (size > 0 && size <= ALD_JWT_MAX) {
        as_payload(ald_str_of(exact, size));
    }
    free(exact);
    return 0;
}
