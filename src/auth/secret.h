#pragma once

/*
 * Secret: what signed tokens are signed with (jwt.h), kept in a file as base64 (link.md 6.1). Whoever reads the file can make
 * himself any token.
 *
 * Threading:  any thread; errno says what the system said.
 */

#include "auth/jwt.h"

struct ald_secret {
    uint8_t key[ALD_JWT_KEY_MAX];
    size_t size; /* 0: there is none */
};

static inline struct ald_str ald_secret_key(const struct ald_secret *secret)
{
    return ald_str_of(secret->key, secret->size);
}

/* One line for people, `PATH: ...`. */
struct ald_secret_why {
    char text[512];
};

enum { ALD_SECRET_PATH_MAX = 4096 };

/* Where it is when nobody says: in the state of the user, as /var/lib/aldis/link.secret of root, else in $XDG_STATE_HOME, or
 * ~/.local/state, as aldis/link.secret. Empty: this user has no such place. */
void ald_secret_default_path(char to[ALD_SECRET_PATH_MAX]);

enum { ALD_SECRET_MISSING = 1, ALD_SECRET_BAD }; /* outcomes; `ret_why` says what and where */

/* Read the file. Outcomes: ALD_SECRET_MISSING: there is no file; ALD_SECRET_BAD: it cannot be read, it holds no secret, or
 * everybody on this machine may read or write it. */
ALD_NODISCARD int ald_secret_load(const char *path, struct ald_secret *ret_secret, struct ald_secret_why *ret_why);

/* Make one of 256 random bytes that lasts as long as the struct. Errors: ALDIS_E_IO: the machine has no random to give. */
ALD_NODISCARD int ald_secret_draw(struct ald_secret *ret_secret);

/*
 * Have the file, which nobody else may read, hold one of 256 random bytes, and read it; when somebody else was faster, his.
 * Folders that `path` needs are made. Outcome: ALD_SECRET_BAD. Errors: ALDIS_E_IO: there is no random.
 */
ALD_NODISCARD int ald_secret_make(const char *path, struct ald_secret *ret_secret, struct ald_secret_why *ret_why);
