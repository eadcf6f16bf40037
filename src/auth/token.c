#include "auth/token.h"

#include <stdio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/error.h"

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* 32 bytes are ten groups of three, and two that make three letters. */
static void token_write(const uint8_t bytes[ALD_TOKEN_BYTES], char *to)
{
    for (size_t i = 0; i < ALD_TOKEN_BYTES; i += 3) {
        size_t n = ALD_MIN((size_t)ALD_TOKEN_BYTES - i, (size_t)3);
        uint32_t group = (uint32_t)bytes[i] << 16;

        group |= n > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= n > 2 ? bytes[i + 2] : 0;
        for (size_t letter = 0; letter <= n; letter++) {
            *to++ = base64url[group >> (18 - 6 * letter) & 63];
        }
    }
    *to = '\0';
}

int ald_token_make(char text[ALD_TOKEN_TEXT + 1])
{
    uint8_t bytes[ALD_TOKEN_BYTES];

    if (RAND_priv_bytes(bytes, sizeof(bytes)) != 1) {
        return ald_trace(ALDIS_E_IO);
    }
    memcpy(text, "aldis_", 6);
    token_write(bytes, text + 6);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return 0;
}

int ald_token_hash(struct ald_str token, uint8_t hash[ALD_AUTH_HASH])
{
    unsigned size = 0;

    if (EVP_Digest(token.data, token.size, hash, &size, EVP_sha256(), NULL) != 1) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_assert(size == ALD_AUTH_HASH);
    return 0;
}

bool ald_token_hash_equal(const uint8_t a[ALD_AUTH_HASH], const uint8_t b[ALD_AUTH_HASH])
{
    return CRYPTO_memcmp(a, b, ALD_AUTH_HASH) == 0;
}

void ald_token_hash_format(const uint8_t hash[ALD_AUTH_HASH], char text[ALD_TOKEN_HASH_TEXT + 1])
{
    memcpy(text, "sha256:", 7);
    for (size_t i = 0; i < ALD_AUTH_HASH; i++) {
        (void)snprintf(text + 7 + 2 * i, 3, "%02x", hash[i]);
    }
}

/* RFC 6750 section 2.1: b64token. */
static bool token_valid(struct ald_str token)
{
    size_t end = token.size;

    while (end > 0 && token.data[end - 1] == '=') {
        end--;
    }
    for (size_t i = 0; i < end; i++) {
        char c = token.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (!letter && (c == '\0' || strchr("-._~+/", c) == NULL)) {
            return false;
        }
    }
    return end > 0;
}

int ald_token_of_field(struct ald_str field, struct ald_str *ret_token)
{
    struct ald_str scheme = ALD_STR("Bearer ");
    struct ald_str token;

    if (!ald_str_present(field)) {
        return ALD_TOKEN_NONE;
    }
    if (field.size < scheme.size || !ald_str_equal_nocase(ald_str_of(field.data, scheme.size), scheme)) {
        return ALD_TOKEN_MALFORMED;
    }
    token = ald_str_trim(ald_str_from(field, scheme.size));
    if (!token_valid(token)) {
        return ALD_TOKEN_MALFORMED;
    }
    *ret_token = token;
    return 0;
}
