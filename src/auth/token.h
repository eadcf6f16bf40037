#pragma once

/*
 * Token: what a program shows to prove who it is, and its hash, which is all that a hub keeps of it.
 *
 * A token is 256 bits of random, so its hash needs neither salt nor stretching: those make guessing what people choose
 * expensive, and nobody guesses this. For the same reason one that is no token of ours is hashed all the same.
 */

#include "auth/rules.h"

/* `aldis_` and 32 bytes as base64url (RFC 4648 section 5) without padding: a word for a header, found by whoever searches
 * for secrets that slipped into a log or a repository. */
enum { ALD_TOKEN_BYTES = 32, ALD_TOKEN_TEXT = 6 + 43 };

/* Make one, terminated. Errors: ALDIS_E_IO: the machine has no random to give. */
ALD_NODISCARD int ald_token_make(char text[ALD_TOKEN_TEXT + 1]);

/* Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_token_hash(struct ald_str token, uint8_t hash[ALD_AUTH_HASH]);
/* Takes the same time whether they differ, and where. */
bool ald_token_hash_equal(const uint8_t a[ALD_AUTH_HASH], const uint8_t b[ALD_AUTH_HASH]);

/* `sha256:` and hexadecimal digits, as it stands in the file; terminated. */
enum { ALD_TOKEN_HASH_TEXT = 7 + 2 * ALD_AUTH_HASH };
void ald_token_hash_format(const uint8_t hash[ALD_AUTH_HASH], char text[ALD_TOKEN_HASH_TEXT + 1]);

enum { ALD_TOKEN_NONE = 1, ALD_TOKEN_MALFORMED };

/*
 * The token in the value of an `Authorization` field (RFC 6750 section 2.1): the word Bearer, whatever its case, a blank,
 * and the token; a view of `field`. Outcomes: ALD_TOKEN_NONE: the field is absent; ALD_TOKEN_MALFORMED: another scheme, or
 * nothing that a token could be.
 */
ALD_NODISCARD int ald_token_of_field(struct ald_str field, struct ald_str *ret_token);
