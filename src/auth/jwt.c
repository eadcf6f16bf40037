/*
 * A signature is compared as text, and a text that is not the one that we would write is none: so there is one token for a
 * payload and a key, and nobody can make a second one by changing bits that do not count. The comparison takes the same time
 * wherever they differ.
 *
 * The algorithm is the token's to name, which is how tokens are forged where `none`, or a public key, is accepted as well.
 * Here all that can be named is one of three, and each of them needs the secret.
 */

#include "auth/jwt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/base64.h"
#include "base/error.h"
#include "msg/json.h"
#include "msg/json_scan.h"

enum { JWT_PARTS = 3 };

static const char header_made[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";

struct algorithm {
    const char *name;
    const EVP_MD *(*digest)(void);
};

static const struct algorithm algorithms[] = {{"HS256", EVP_sha256}, {"HS384", EVP_sha384}, {"HS512", EVP_sha512}};

const char *ald_jwt_fault_text(enum ald_jwt_fault fault)
{
    static const char *const texts[ALD_JWT_N_FAULTS] = {[ALD_JWT_SOUND] = "good",
#define ALD_X(name, text) [ALD_JWT_##name] = text,
                                                        ALD_JWT_FAULTS(ALD_X)
#undef ALD_X
    };

    ald_assert(fault < ALD_JWT_N_FAULTS);
    return texts[fault];
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* Between the dots. False: they are not three. */
static bool parts_find(struct ald_str text, struct ald_str parts[JWT_PARTS])
{
    for (size_t i = 0; i < JWT_PARTS; i++) {
        size_t dot = ald_str_find(text, ALD_STR("."));

        if ((dot == text.size) != (i == JWT_PARTS - 1)) {
            return false;
        }
        parts[i] = ald_str_of(text.data, dot);
        text = ald_str_from(text, ALD_MIN(dot + 1, text.size));
    }
    return true;
}

/* Decode an object to `to`. False: it is none. */
static bool object_read(struct ald_str digits, char *to, struct ald_str *ret_object)
{
    struct ald_json_scan scan;
    size_t size;

    if (ald_base64url_read(digits, to, &size) != 0 ||
        ald_json_check(ald_str_of(to, size), ALD_JSON_STRICT, &scan) != 0 || scan.value.type != ALD_JSON_OBJECT) {
        return false;
    }
    *ret_object = ald_str_of(to, size);
    return true;
}

int ald_jwt_read(struct ald_str text, struct ald_jwt *ret_jwt)
{
    struct ald_str parts[JWT_PARTS];
    struct ald_jwt *jwt = ret_jwt;

    if (text.size == 0) {
        return ALD_JWT_MISSING;
    }
    if (text.size > ALD_JWT_MAX || !parts_find(text, parts)) {
        return ALD_JWT_MALFORMED;
    }
    jwt->signed_part = ald_str_of(text.data, parts[0].size + 1 + parts[1].size);
    jwt->signature = parts[2];
    if (!object_read(parts[0], jwt->room, &jwt->header) ||
        !object_read(parts[1], jwt->room + jwt->header.size, &jwt->payload)) {
        return ALD_JWT_INVALID;
    }
    return 0;
}

static struct ald_json_value member_find(struct ald_str object, const char *name)
{
    struct ald_json_field field = {.name = ald_str(name)};
    struct ald_json_scan scan;
    int r = ald_json_scan(object, ALD_JSON_STRICT, &field, 1, &scan);

    ald_assert(r == 0); /* it was read before */
    return field.value;
}

struct ald_json_value ald_jwt_claim(const struct ald_jwt *jwt, const char *name)
{
    return member_find(jwt->payload, name);
}

static bool value_is(struct ald_json_value value, struct ald_str text)
{
    return value.type == ALD_JSON_STRING && ald_json_string_is(value, text);
}

bool ald_jwt_algorithm_is(const struct ald_jwt *jwt, const char *name)
{
    return value_is(member_find(jwt->header, "alg"), ald_str(name));
}

bool ald_jwt_time(const struct ald_jwt *jwt, const char *name, uint64_t *ret_seconds)
{
    struct ald_json_value value = ald_jwt_claim(jwt, name);
    double seconds = 0;
    int r;

    if (value.type != ALD_JSON_NUMBER) {
        return false;
    }
    r = ald_json_double(value, &seconds);
    if (r != 0 || seconds >= 0x1p63) {
        *ret_seconds = value.raw.data[0] == '-' ? 0 : (uint64_t)1 << 63;
    } else {
        *ret_seconds = seconds < 0 ? 0 : (uint64_t)seconds;
    }
    return true;
}

/* RFC 7519 section 4.1.3: one string, or several in an array. */
bool ald_jwt_is_for(const struct ald_jwt *jwt, struct ald_str audience)
{
    struct ald_json_value value = ald_jwt_claim(jwt, "aud");
    struct ald_json_node nodes[64];
    struct ald_json json;
    bool found = false;

    if (value.type != ALD_JSON_ARRAY) {
        return value_is(value, audience);
    }
    ald_json_init_lent(&json, nodes, ALD_COUNT(nodes));
    if (ald_json_parse(&json, value.raw, ALD_JSON_STRICT, NULL) == 0) {
        ald_json_each(one, ald_json_root(&json))
        {
            found = found || value_is(ald_json_value(one), audience);
        }
    }
    ald_json_fini(&json);
    return found;
}

/* --- signatures --------------------------------------------------------------------------------------------------- */

/* The digits of the signature, in `room`. Errors: ALDIS_E_NOMEM. */
static int signature_make(const struct algorithm *algorithm, struct ald_str signed_part, struct ald_str key,
                          char room[2 * ALD_JWT_SIGNATURE_MAX], struct ald_str *ret_signature)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (HMAC(algorithm->digest(), key.data, (int)key.size, (const uint8_t *)signed_part.data, signed_part.size, bytes,
             &size) == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_assert(size <= ALD_JWT_SIGNATURE_MAX);
    ald_base64url_write(ald_str_of(bytes, size), room);
    *ret_signature = ald_str_of(room, ald_base64_digits(size));
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return 0;
}

static const struct algorithm *algorithm_find(const struct ald_jwt *jwt)
{
    for (size_t i = 0; i < ALD_COUNT(algorithms); i++) {
        if (ald_jwt_algorithm_is(jwt, algorithms[i].name)) {
            return &algorithms[i];
        }
    }
    return NULL;
}

static int signature_check(const struct ald_jwt *jwt, struct ald_str key)
{
    const struct algorithm *algorithm = algorithm_find(jwt);
    char room[2 * ALD_JWT_SIGNATURE_MAX];
    struct ald_str expected;
    bool equal;
    int r;

    if (jwt->signature.size == 0) {
        return ALD_JWT_UNSIGNED;
    }
    if (algorithm == NULL) {
        return ALD_JWT_ALGORITHM;
    }
    r = signature_make(algorithm, jwt->signed_part, key, room, &expected);
    if (r < 0) {
        return ald_trace(r);
    }
    equal =
        jwt->signature.size == expected.size && CRYPTO_memcmp(jwt->signature.data, expected.data, expected.size) == 0;
    OPENSSL_cleanse(room, sizeof(room));
    return equal ? 0 : ALD_JWT_SIGNATURE;
}

/* RFC 7519 sections 4.1.4 and 4.1.5: good from `nbf` on, and before `exp`. */
static int times_check(const struct ald_jwt *jwt, uint64_t now)
{
    uint64_t time = 0;

    if (ald_jwt_claim(jwt, "nbf").type != ALD_JSON_NONE) {
        if (!ald_jwt_time(jwt, "nbf", &time)) {
            return ALD_JWT_NOT_BEFORE;
        }
        if (time > now) {
            return ALD_JWT_EARLY;
        }
    }
    if (ald_jwt_claim(jwt, "exp").type != ALD_JSON_NONE) {
        if (!ald_jwt_time(jwt, "exp", &time)) {
            return ALD_JWT_EXPIRY;
        }
        if (now >= time) {
            return ALD_JWT_EXPIRED;
        }
    }
    return 0;
}

int ald_jwt_verify(const struct ald_jwt *jwt, struct ald_str key, uint64_t now)
{
    int r = signature_check(jwt, key);

    r = r == 0 ? times_check(jwt, now) : r;
    return r < 0 ? ald_trace(r) : r;
}

/* --- making ------------------------------------------------------------------------------------------------------- */

/* Append the digits of `bytes`. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
static int digits_push(struct ald_buf *out, struct ald_str bytes)
{
    size_t size = ald_base64_digits(bytes.size);
    uint8_t *room;
    int r = ald_buf_reserve(out, size, &room);

    if (r != 0) {
        return r;
    }
    ald_base64url_write(bytes, (char *)room);
    ald_buf_commit(out, size);
    return 0;
}

int ald_jwt_sign(struct ald_str payload, struct ald_str key, struct ald_buf *out)
{
    char room[2 * ALD_JWT_SIGNATURE_MAX];
    size_t begun = ald_buf_size(out);
    struct ald_str signature;
    int r = digits_push(out, ald_str_of(header_made, sizeof(header_made) - 1));

    r = r == 0 ? ald_buf_push_byte(out, '.') : r;
    r = r == 0 ? digits_push(out, payload) : r;
    r = r == 0 ? signature_make(&algorithms[0], ald_str_from(ald_buf_str(out), begun), key, room, &signature) : r;
    r = r == 0 ? ald_buf_push_byte(out, '.') : r;
    r = r == 0 ? ald_buf_push(out, signature) : r;
    if (r != 0) {
        ald_buf_cut(out, begun);
    }
    return r < 0 ? ald_trace(r) : r;
}
